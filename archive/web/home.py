"""The home page: what is new, what changed, how the sources are. Its template stands in for Datasette's index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from archive.models import moment, stamp
from archive.web import changes, counts, frame, outlets, queries
from archive.web.changes import Asked
from archive.web.counts import Days
from archive.web.queries import Row

# articles, changes and stories that are listed
_NEWEST, _CHANGES, _STORIES = 15, 8, 6
# the small charts, those of the sources that publish most: more are a page of their own
_CHARTS = 24
# days before the last capture within which edits are counted
_LATELY = timedelta(days=7)


def extra_css_urls(datasette: Any) -> list[str]:
    """Our style sheet on every page of Datasette; a packaged plugin's address has the distribution's name."""
    return [datasette.urls.static_plugins("communique", "communique.css")]


def extra_template_vars(
    template: str | None, view_name: str | None, request: Any, datasette: Any
) -> Callable[[], Awaitable[Row]]:
    """What the templates that stand in for Datasette's own show besides."""

    async def variables() -> Row:
        home = view_name == "index"
        ours = home or (template or "").startswith(("communique_", "query-archive-"))
        db = await frame.archive(datasette, request) if ours else None
        if db is None:
            return {}
        found = await frame.read(datasette, db, _home if home else _ours)
        return {**found, "snapshot": (datasette.plugin_config("communique") or {}).get("snapshot")}

    return variables


async def _ours(here: Any) -> Row:
    """What every page of ours has."""
    return {"readable": True, "fictional": await queries.fictional(here)}


async def _home(here: Any) -> Row:
    sources = await outlets.listed(here)
    span = await outlets.span(here)
    found: Row = {
        "articles": sum(source["articles"] for source in sources),
        "last_run": await queries.last_run(here),
        "claims": span["claims"],
        "latest": await queries.latest(here, _NEWEST),
        "changes": (await changes.listed(here, Asked(), _CHANGES)).rows,
        "stories": await queries.newest_stories(here, _STORIES),
        "sources": sources,
        **_glance(sources),
        **await _lately(here, span["last_capture"]),
        **await _charts(here, sources),
    }
    return {**await _ours(here), "archive": found}


def _glance(sources: Sequence[Row]) -> Row:
    """The sources that need a look, and the others."""
    look = [s for s in sources if s["state"] not in ("ok", "paused") or s["findings"]]
    look.sort(key=lambda s: (s["state"] in ("ok", "paused"), s["state"]))
    return {"look": look, "well": [s for s in sources if s not in look]}


async def _lately(here: Any, last: str | None) -> Row:
    """What changed in the days before the last capture, counted up to a bound."""
    if last is None:
        return {"lately": None}
    since = stamp(moment(last) - _LATELY)[:10]
    return {
        "lately": await outlets.edits_since(here, since),
        "since": since,
        "counted": outlets.COUNTED,
        "addresses": {kind: Asked(kind=kind, since=since).address() for kind in changes.KINDS},
    }


async def _charts(here: Any, sources: Sequence[Row]) -> Row:
    """Articles a day of the sources that published most in the last days that the archive has."""
    newest = await outlets.newest_day(here)
    if newest is None:
        return {"charts": []}
    days = Days.upto(newest, counts.SMALL)
    by_source: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await outlets.days(here, days.since, days.until):
        by_source[row["source"]][row["day"]] = row["articles"]
    drawn = [{"source": s, **counts.small(by_source[s["id"]], days)} for s in sources if s["id"] in by_source]
    drawn.sort(key=lambda one: -one["total"])
    return {
        "charts": drawn[:_CHARTS],
        "undrawn": drawn[_CHARTS:],
        "without": [s for s in sources if s["id"] not in by_source],
        "days": days,
    }

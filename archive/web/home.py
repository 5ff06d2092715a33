"""The home page: what is new, what changed, how the sources are. It stands in for Datasette's index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from archive.models import moment, stamp
from archive.web import audience, changes, counts, frame, outlets, permissions, queries
from archive.web.changes import Asked
from archive.web.counts import Days
from archive.web.queries import Row

# articles, edits, pages that went and stories that are listed: an outlet that clears its shelves hides no edit
_NEWEST, _EDITS, _GONE, _STORIES = 15, 8, 2, 6
# the small charts, those of the sources that publish most: more are a page of their own
_CHARTS = 24
# days before the last capture within which edits are counted
_LATELY = timedelta(days=7)


def extra_css_urls(datasette: Any) -> list[str]:
    """Our style sheet on every page of Datasette; a packaged plugin's address has the distribution's name."""
    return [datasette.urls.static_plugins("communique", "communique.css")]


def extra_template_vars(template: str | None, request: Any, datasette: Any) -> Callable[[], Awaitable[Row]]:
    """What every template of ours shows besides."""

    async def variables() -> Row:
        ours = (template or "").startswith(("communique_", "query-archive-", "index"))
        db = await frame.archive(datasette, request) if ours else None
        if not ours:
            return {}
        signing = None if audience.signed_in(request) else audience.sign_in(datasette)
        shared = {"snapshot": _snapshot(datasette), "sign_in": signing}
        return shared if db is None else {**await _ours(db), **shared}

    return variables


async def _ours(db: Any) -> Row:
    return {"readable": True, "fictional": await queries.fictional(db)}


def _snapshot(datasette: Any) -> str | None:
    """When the copy was made that is served; None: the archive itself is."""
    return (datasette.plugin_config("communique") or {}).get("snapshot")


async def _index(request: Any, datasette: Any) -> Any:
    """The archive's home page; Datasette's own index where there is none, or none for whoever asks.

    With that one behind it a home page would take 140 ms instead of 20: it asks for each table whether it may be
    seen, and copies all metadata each time.
    """
    db = await frame.archive(datasette, request)
    if db is None:
        # not above: where this is imported first, it would load us as a plugin while we are half made
        from datasette.views.index import IndexView

        return await IndexView(datasette).get(request)
    found = await frame.read(datasette, db, _home)
    metadata = await frame.metadata(datasette)
    of_tables = metadata.get("databases", {}).get(frame.DATABASE, {}).get("tables", {})
    tables = found["archive"]["tables"]
    for kind, names in tables.items():
        tables[kind] = [name for name in names if not of_tables.get(name, {}).get("hidden")]
    context = {
        **found,
        "metadata": metadata,
        "databases": await _databases(datasette, request),
    }
    return await frame.page(request, datasette, "index.html", context)


async def _databases(datasette: Any, request: Any) -> list[str]:
    """The databases whose tables whoever asks may see."""
    return [name for name in datasette.databases if await permissions.may_see(datasette, request.actor, name)]


async def _home(here: Any) -> Row:
    sources = await outlets.listed(here)
    span = await outlets.span(here)
    found: Row = {
        "articles": sum(source["articles"] for source in sources),
        "last_run": await queries.last_run(here),
        "claims": span["claims"],
        "latest": await queries.latest(here, _NEWEST),
        "changes": await _changes(here),
        "stories": await queries.newest_stories(here, _STORIES),
        "sources": sources,
        "tables": await queries.tables(here),
        **_glance(sources),
        **await _lately(here, span["last_capture"]),
        **await _charts(here, sources),
    }
    return {**await _ours(here), "archive": found}


async def _changes(here: Any) -> list[Row]:
    edited = await changes.listed(here, Asked(kind="edited"), _EDITS)
    gone = await changes.listed(here, Asked(kind="gone"), _GONE)
    return sorted([*edited.rows, *gone.rows], key=lambda row: row["at"], reverse=True)


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
    by_source = await outlets.days(here, days.since, days.until)
    found = [{"source": s, **counts.short(by_source[s["id"]])} for s in sources if s["id"] in by_source]
    found.sort(key=lambda one: -one["total"])
    return {
        "charts": [{**one, **counts.small(by_source[one["source"]["id"]], days)} for one in found[:_CHARTS]],
        "undrawn": found[_CHARTS:],
        "without": [s for s in sources if s["id"] not in by_source],
        "days": days,
    }


ROUTES = [
    # the group is what Datasette's index asks for
    (r"^/(?P<format>)$", _index),
]

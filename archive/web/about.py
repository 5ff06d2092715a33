"""The page about the archive: what is collected and how, what is not, and how anybody can verify a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from archive.fingerprint import EXTRACTOR
from archive.web import frame, outlets
from archive.web.queries import Row

# runs that are listed
_RUNS = 10
KINDS = {"official": "official bodies", "news": "newsrooms", "aggregator": "aggregators"}


async def _about(request: Any, datasette: Any) -> Any:
    """What this archive is; who runs it stands in the metadata (``about``, ``about_url``) where that is set."""
    db = await frame.archive(datasette, request)
    if db is None:
        return await frame.not_found(request, datasette, "There is no archive here.")
    found = await frame.read(datasette, db, _found)
    context = {**found, "here": "about", "operator": await _operator(datasette), "extractor": EXTRACTOR}
    return await frame.page(request, datasette, "communique_about.html", context)


async def _found(here: Any) -> Row:
    sources = await outlets.listed(here)
    return {
        "sources": sources,
        "articles": sum(source["articles"] for source in sources),
        "kinds": _counted(sources, lambda s: KINDS.get(s["kind"], s["kind"])),
        "countries": _counted(sources, lambda s: s["country"] or "no country stated"),
        "languages": _counted(sources, lambda s: s["language"] or "no language stated"),
        "newest_day": await outlets.newest_day(here),
        "blocked": [source for source in sources if source["state"] == "blocked"],
        "paused": [source for source in sources if source["state"] == "paused"],
        "reserved": [source for source in sources if source["mining"]],
        "licensed": [source for source in sources if source["licence"]],
        "readers": await outlets.readers(here),
        "recent": outlets.RECENT,
        "runs": await outlets.runs(here, _RUNS),
        "proved": await outlets.proved(here),
        **await outlets.versions(here),
        **await outlets.span(here),
    }


def _counted(sources: Iterable[Row], name: Any) -> list[tuple[str, int, int]]:
    """Names with how many sources and articles they have, those with most sources first."""
    of: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    for source in sources:
        of[name(source)] += 1
        articles[name(source)] += source["articles"]
    return [(one, n, articles[one]) for one, n in sorted(of.items(), key=lambda pair: (-pair[1], pair[0]))]


async def _operator(datasette: Any) -> Row:
    """Who runs the archive and what they say of it."""
    metadata = await frame.metadata(datasette)
    return {name: metadata.get(name) for name in ("description", "about", "about_url", "license", "license_url")}


ROUTES = [
    (r"^/about$", _about),
]

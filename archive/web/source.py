"""The pages of sources: all of them in a list, and one with what it publishes when, edits, shares, and how it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urljoin

from datasette.utils import tilde_decode

from archive.urls import url_key
from archive.web import changes, counts, frame, outlets
from archive.web.cells import http
from archive.web.changes import Asked
from archive.web.counts import Days
from archive.web.frame import DATABASE
from archive.web.queries import Row

# articles and changes that are listed; of the articles that were found last, which a first crawl finds in any order
_NEWEST, _CHANGES, _FOUND = 12, 8, 60
# how the list of sources can be sorted: what by, whether downwards first, and the heading
_SORTS = {
    "name": (lambda s: (s["name"] or "").casefold(), False),
    "kind": (lambda s: (s["kind"], (s["name"] or "").casefold()), False),
    "language": (lambda s: (s["language"] or "~", (s["name"] or "").casefold()), False),
    "articles": (lambda s: s["articles"], True),
    "seen": (lambda s: s["newest_seen"] or "", True),
    "state": (lambda s: (s["state"] in ("ok", "paused"), s["state"], (s["name"] or "").casefold()), False),
}
# what captures became, in words; several are possible of one page
# of one request, and of several
OUTCOMES: dict[str, str | tuple[str, str]] = {
    "new": ("new article", "new articles"),
    "revised": ("text changed", "texts changed"),
    "unchanged": "fetched, unchanged",
    "not_modified": "not modified (said the server)",
    "not_article": ("page that is no article", "pages that are no articles"),
    "redirect": "led elsewhere",
    "discovery": ("list, feed or sitemap", "lists, feeds and sitemaps"),
    "blocked": "blocked",
    "gone": "gone",
    "failed": "failed",
}


async def _sources(request: Any, datasette: Any) -> Any:
    """All sources; ``?sort=`` one of name, kind, language, articles, seen, state."""
    db = await frame.archive(datasette, request)
    if db is None:
        return await frame.not_found(request, datasette, "There is no archive here.")
    sort = request.args.get("sort")
    sort = sort if sort in _SORTS else "name"
    key, downwards = _SORTS[sort]
    found = sorted(await frame.read(datasette, db, outlets.listed), key=key, reverse=downwards)
    context = {"sources": found, "sort": sort, "downwards": downwards, "here": "sources"}
    return await frame.page(request, datasette, "communique_sources.html", context)


async def _source(request: Any, datasette: Any) -> Any:
    """One source, by its id."""
    asked = tilde_decode(request.url_vars["source"])
    db = await frame.archive(datasette, request)

    async def ask(here: Any) -> Row | None:
        found = await outlets.one(here, asked)
        return None if found is None else await _found(here, found)

    context = await frame.read(datasette, db, ask) if db else None
    if context is None:
        return await frame.not_found(request, datasette, f"There is no source {asked[:40]} in this archive.")
    context |= {"data": _data(datasette, asked), "counted": outlets.COUNTED}
    return await frame.page(request, datasette, "communique_source.html", context)


async def _found(here: Any, source: Row) -> Row:
    """What the page shows of a source."""
    name = source["id"]
    newest = await outlets.newest_day(here)
    days = Days.upto(newest, counts.LARGE) if newest else None
    chart = None
    if days:
        counted = {r["day"]: r["articles"] for r in await outlets.days_of(here, name, days.since, days.until)}
        chart = counts.large(counted, days) if counted else None
    times = await outlets.published(here, name)
    robots = urljoin(source["homepage"], "/robots.txt") if http(source["homepage"]) else None
    visits = await outlets.visits(here, name)
    return {
        "source": source,
        "days": days,
        "chart": chart,
        "hours": counts.hours(((t["published"], t["published_printed"]) for t in times), source["timezone"]),
        "newest": sorted(await outlets.newest(here, name, _FOUND), key=_at, reverse=True)[:_NEWEST],
        "edited": await outlets.edited(here, name),
        "changes": (await changes.listed(here, Asked(source=name), _CHANGES)).rows,
        "addresses": {kind: Asked(source=name, kind=kind).address() for kind in changes.KINDS},
        "shares": await outlets.shares(here, name),
        "shared_of": outlets.SHARED,
        "findings": await outlets.findings(here, name),
        "visits": [{**visit, "said": _said(visit)} for visit in visits],
        "visited": sum(v["captures"] for v in visits),
        "visited_since": min((v["since"] for v in visits), default=None),
        "robots": await outlets.robots(here, url_key(robots)) if robots else None,
        "feed": f"/feed.atom?{urlencode({'source': name})}",
    }


def _said(visit: Row) -> str:
    """What requests with one outcome led to, as it stands behind their number."""
    said = OUTCOMES.get(visit["outcome"]) or str(visit["outcome"])
    return said if isinstance(said, str) else said[visit["captures"] != 1]


def _at(article: Row) -> tuple[str, int]:
    """When an article came out, else when it was seen first."""
    return article["published"] or article["first_seen"], article["id"]


def _data(datasette: Any, source: str) -> Row:
    """Addresses of the same rows in Datasette's tables."""
    of = urlencode({"source": source})
    tables = {
        name: f"{datasette.urls.table(DATABASE, name)}?{of}" for name in ("articles", "changes", "gone", "captures")
    }
    return {
        **tables,
        "days": f"{datasette.urls.table(DATABASE, 'days')}?{of}&_sort_desc=day",
        "repeats": f"{datasette.urls.query(DATABASE, 'repeats')}?{of}",
        "carried": f"{datasette.urls.query(DATABASE, 'most_carried')}?{of}",
    }


ROUTES = [
    (r"^/source$", _sources),
    (r"^/source/(?P<source>[^/]+)$", _source),
]

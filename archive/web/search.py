"""The search page: what was asked, what it finds, and by what it can be narrowed. As JSON and CSV too."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from datasette import Response
from datasette.database import QueryInterrupted

from archive.snippets import END, HIT
from archive.web import frame
from archive.web.asked import DEEPEST, Asked
from archive.web.cells import day
from archive.web.found import Found, find
from archive.web.hits import Group, lets
from archive.web.queries import Row
from archive.web.searches import saving

# results on a page: two to three screens; of a list for machines; values of a filter that are shown at once
_PAGE, _LIST, _VALUES = 20, 500, 8
# months of hits up to which they are counted by month
_MONTHS = 24
# words of a snippet
_WORDS = 40
LANGUAGES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hu": "Hungarian", "hy": "Armenian", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "und": "unknown",
    "zh": "Chinese",
}  # fmt: skip
_COLUMNS = (
    "article", "source", "kind", "published", "first_seen", "language", "title", "revisions", "gone_at", "story",
    "dropped_by", "had_from", "had_to", "snippet", "url",
)  # fmt: skip


class Value(NamedTuple):
    """A value of a filter: how many hits have it, and the address that adds or removes it."""

    label: str
    value: str
    hits: int
    chosen: bool
    address: str


class Facet(NamedTuple):
    """A filter with its values, those with most hits first; ``more``: those that are folded."""

    name: str
    title: str
    values: list[Value]
    more: list[Value]


async def _search(request: Any, datasette: Any) -> Response:
    """``/search``, ``/search.json`` and ``/search.csv``."""
    db = await frame.archive(datasette, request)
    if db is None:
        return await frame.not_found(request, datasette, "There is no archive to search.")
    form = request.url_vars["format"]
    if not form and (plain := _plain(request.query_string)) is not None:
        return Response.redirect(datasette.urls.path(f"/search{plain}"))
    asked = Asked.read(request.args)
    try:
        if form:
            return await _listed(db, asked, form, datasette.urls)
        found = await find(db, asked, *_stretch(asked, _PAGE), groups=True, words=_WORDS)
    except QueryInterrupted:
        return await _interrupted(request, datasette, asked, form)
    context = {**_context(asked, found), "here": "search", "saving": saving(datasette, request)}
    return await frame.page(request, datasette, "communique_search.html", context)


def _stretch(asked: Asked, size: int) -> tuple[int, int]:
    """How many results, and after how many: none on a page behind the last one that can be asked for."""
    deep = asked.page > DEEPEST // size
    return (0, 0) if deep else (size, (asked.page - 1) * size)


def _pages(found: Found, size: int) -> int:
    """How many pages of results there are that can be asked for."""
    return min(-(-found.total // size), DEEPEST // size)


def _plain(query: str) -> str | None:
    """An address's query string without the empty fields that a form sends along; None: it has none."""
    given = parse_qsl(query, keep_blank_values=True)
    kept = [pair for pair in given if pair[1].strip()]
    return None if kept == given else f"?{urlencode(kept)}" if kept else ""


def _context(asked: Asked, found: Found) -> Row:
    pages = _pages(found, _PAGE)
    return {
        "asked": asked,
        "q": asked.q,
        "query": found.query,
        "odd": _odd(asked, found, _PAGE),
        "found": found,
        "first": (asked.page - 1) * _PAGE + 1,
        "pages": pages,
        "around": [n for n in range(1, pages + 1) if n in (1, pages) or abs(n - asked.page) <= 2],
        "deepest": DEEPEST if found.total > DEEPEST else None,
        "facets": facets(asked, found),
        "chosen": chosen(asked, found.sources),
        "otherwise": otherwise(asked, found),
        "languages": LANGUAGES,
    }


async def _interrupted(request: Any, datasette: Any, asked: Asked, form: str | None) -> Response:
    seconds = datasette.setting("sql_time_limit_ms") / 1000
    line = f"This search asks for what takes longer than the {seconds:g} seconds that a query may take."
    if form:
        return Response.json({"ok": False, "error": line}, status=503)
    context = {
        "asked": asked,
        "q": asked.q,
        "query": asked.query,
        "odd": [*asked.odd, *asked.query.notes],
        "stopped": line,
        "chosen": [],
        "here": "search",
    }
    return await frame.page(request, datasette, "communique_search.html", context, status=503)


def _odd(asked: Asked, found: Found, size: int) -> list[str]:
    """What was asked that is none."""
    kinds = sorted({row["kind"] for row in found.sources.values()})
    odd = [*asked.odd, *found.query.notes]
    odd += [f"There is no source “{name}” in this archive." for name in asked.source if name not in found.sources]
    odd += [
        f"There are no sources of a kind “{kind}”, only of {' and '.join(kinds) or 'none'}."
        for kind in asked.kind
        if kind not in kinds
    ]
    if asked.page > 1 and not found.rows and found.total:
        odd.append(f"There are no results on page {asked.page}: the last one is {_pages(found, size)}.")
    return odd


def facets(asked: Asked, found: Found) -> list[Facet]:
    """The hits by source, language, kind and time: of each filter by what the others let through."""
    groups = found.groups or []
    names = {"source": "Source", "language": "Language", "kind": "Kind"}
    out = []
    for name, title in names.items():
        others = asked.but(**{name: ()})
        counted: Counter[str] = Counter()
        for group in groups:
            if lets(others, group, found.sources):
                counted[_value(group, name, found.sources)] += group.hits
        labels = {value: _label(name, value, found.sources) for value in [*counted, *getattr(asked, name)]}
        held = getattr(asked, name)
        values = [
            Value(labels[v], v, counted[v], v in held, asked.toggled(name, v).address())
            for v in sorted(labels, key=lambda v: (v not in held, -counted[v], labels[v]))
        ]
        shown = max(_VALUES, len(held))
        out.append(Facet(name, title, values[:shown], values[shown:]))
    return [*out, _when(asked, [group for group in groups if lets(asked, group, found.sources)])]


def _when(asked: Asked, groups: Iterable[Group]) -> Facet:
    """The hits by month or, where these are many, by year; the latest first."""
    counted: Counter[str] = Counter()
    for group in groups:
        counted[group.month] += group.hits
    if len(counted) > _MONTHS:
        years: Counter[str] = Counter()
        for month, hits in counted.items():
            years[month[:4]] += hits
        counted = years
    values = []
    for span in sorted(counted, reverse=True):
        narrowed = asked.within(span)
        within = (narrowed.since, narrowed.until) == (asked.since, asked.until)
        address = asked.but(since="", until="") if within else narrowed
        values.append(Value(_span(span), span, counted[span], within, address.address()))
    return Facet("when", "Time", values[:_VALUES], values[_VALUES:])


def _span(span: str) -> str:
    """A month (YYYY-MM) or year for people."""
    return day(f"{span}-01").partition(" ")[2] if "-" in span else span


def _value(group: Group, name: str, sources: Mapping[str, Row]) -> str:
    return str(sources[group.source]["kind"]) if name == "kind" else str(getattr(group, name))


def _label(name: str, value: str, sources: Mapping[str, Row]) -> str:
    if name == "source":
        return str(sources[value]["name"]) if value in sources else value
    return LANGUAGES.get(value, value) if name == "language" else value


def chosen(asked: Asked, sources: Mapping[str, Row]) -> list[Row]:
    """The filters that hold, each with the address of the search without it."""
    out = [
        {"name": name, "value": _label(name, value, sources), "address": asked.toggled(name, value).address()}
        for name in ("source", "language", "kind")
        for value in getattr(asked, name)
    ]
    for name, words in (("since", "from"), ("until", "to")):
        if date := getattr(asked, name):
            out.append({"name": words, "value": date, "address": asked.but(**{name: ""}).address()})
    return out


def otherwise(asked: Asked, found: Found) -> list[Row]:
    """What could be tried where nothing was found, with the hits of it where they are known."""
    out = []
    if found.groups and asked.filtered:
        every = sum(group.hits for group in found.groups if group.source in found.sources)
        without = asked.but(source=(), language=(), kind=())
        if every:
            out.append({"words": "without the filters by source, language and kind", "hits": every, "asked": without})
    if asked.since or asked.until:
        out.append({"words": "of any time", "hits": None, "asked": asked.but(since="", until="")})
    if '"' in asked.q:
        out.append({"words": "without the quotation marks", "hits": None, "asked": asked.but(q=_unquoted(asked.q))})
    elif len(asked.q.split()) > 1:
        out.append({"words": "any of the words", "hits": None, "asked": asked.but(q=" OR ".join(asked.q.split()))})
    if not asked.history:
        out.append(
            {"words": "in all revisions, what was deleted too", "hits": None, "asked": asked.but(history=True)}
        )
    return out


def _unquoted(q: str) -> str:
    return " ".join(q.replace('"', " ").split())


def _unmarked(text: str) -> str:
    return text.replace(HIT, "").replace(END, "")


async def _listed(db: Any, asked: Asked, form: str, urls: Any) -> Response:
    """The results as data, some hundred at a time."""
    found = await find(db, asked, *_stretch(asked, _LIST), words=_WORDS if form == "json" else 0)
    rows = [{name: row.get("id" if name == "article" else name) for name in _COLUMNS} for row in found.rows]
    for row in rows:
        row["snippet"] = _unmarked(row["snippet"] or "")
    more = asked.page < _pages(found, _LIST)
    following = urls.path(asked.but(page=asked.page + 1).address(f"/search.{form}")) if more else None
    if form == "json":
        return Response.json(
            {
                "ok": True,
                "query": asked.q,
                "notes": _odd(asked, found, _LIST),
                "total": found.total,
                "next": following,
                "rows": rows,
            }
        )
    out = io.StringIO()
    writer = csv.DictWriter(out, [name for name in _COLUMNS if name != "snippet"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    headers = {"link": f'<{following}>; rel="next"'} if following else {}
    return Response(out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


ROUTES = [(r"^/search(?:\.(?P<format>json|csv))?$", _search)]

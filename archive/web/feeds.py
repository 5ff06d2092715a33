"""Feeds out: the newest in the archive or of a source, what a search finds, and edits.

``/feed.atom`` and ``/feed.json`` take the parameters of ``/search``; with ``changes=1`` those of ``/changes``. They
are read as pages are, on the handle of whoever asks: a feed reader that is not signed in gets what the public gets.
Nothing in them comes from the clock: a feed that is asked for again is the same, byte for byte, until an article or
an edit comes, and is then answered by its ETag alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from datasette import Response
from datasette.database import QueryInterrupted

from archive.web import changes, frame, queries
from archive.web.asked import Asked
from archive.web.cells import http
from archive.web.found import find
from archive.web.queries import Row, fetch, fetch_one
from archive.web.syndication import (
    EXCERPT,
    Entry,
    Feed,
    atom,
    excerpt,
    identity,
    iri,
    json_feed,
    language,
    plain,
    stamp,
)

# entries: a week of a busy outlet, and 60 KB
ENTRIES = 50
# feed readers ask again and again: an answer that did not change is a few bytes
_HEADERS = {"cache-control": "private, no-cache", "x-robots-tag": "noindex"}
_TYPES = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json; charset=utf-8"}
# what a server may be called in its own addresses
_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_RIGHTS = "Every text is its outlet’s, and what it states is the outlet’s claim."

_OF_ARTICLE = (
    "a.id, a.url, a.part, a.source, a.title, a.language, a.section, a.licence, s.name as source_name,"
    " s.homepage, s.licence as source_licence"
)
_ARTICLES = f"""
select {_OF_ARTICLE}, a.published, a.published_doubt, a.first_seen, substr(a.summary, 1, :characters) as summary,
    substr(a.text, 1, :characters) as text,
    (select r.seen_from from revisions r where r.article = a.id and r.number = a.revisions) as changed
from ({{ids}}) i cross join articles a on a.id = i.id join sources s on s.id = a.source
order by a.first_seen desc, a.id desc
"""  # noqa: S608
_NEWEST = "select id from articles{where} order by first_seen desc, id desc limit :limit"
_NAMED = f"""
select {_OF_ARTICLE} from json_each(:ids) i cross join articles a on a.id = i.value
join sources s on s.id = a.source
"""  # noqa: S608


async def _feed(request: Any, datasette: Any) -> Response:
    """``/feed.atom`` and ``/feed.json``."""
    db = await frame.archive(datasette, request)
    if db is None:
        return await frame.not_found(request, datasette, "There is no such feed.")
    place = Place.of(datasette, request)
    if place is None:
        return bad_host()
    if request.args.get("changes") != "1":
        asked = Asked.read(request.args)
        if asked.q:
            return await of_search(request, datasette, db, asked)
        if asked != Asked(source=asked.source[:1]):
            return Response.text("A feed without words to search for is of everything or of one source.", status=400)
    source = request.args.get("source")
    of = await fetch_one(db, "select id, name from sources where id = :source", source=source) if source else None
    if source and of is None:
        return await frame.not_found(request, datasette, f"There is no source {source[:80]} in this archive.")
    name = of["name"] if of else ""
    if request.args.get("changes") == "1":
        return await _changes(request, place, db, name)
    title = f"Newest of {name}" if of else "Newest in the archive"
    page = f"/source/{quote(source, safe='')}" if source else "/"
    query = urlencode({"source": source}) if source else ""
    return await answer(request, place, db, title, "/feed", query, page, await newest(place, db, source))


async def of_search(
    request: Any, datasette: Any, db: Any, asked: Asked, name: str = "", path: str = "/feed"
) -> Response:
    """The feed of a search: what it finds, first seen last. ``name``, ``path``: of one that was saved."""
    place = Place.of(datasette, request)
    if place is None:
        return bad_host()
    asked = asked.but(newest=False)  # a feed has one order
    try:
        found = await find(db, asked, ENTRIES, order="seen", words=0)
    except QueryInterrupted:
        return Response.text("This search takes too long for a feed: narrow it down.", status=503)
    ids = json.dumps([row["id"] for row in found.rows])
    entries = await _articles(place, db, "select value as id from json_each(:found)", found=ids)
    query = "" if name else asked.parameters()
    return await answer(request, place, db, name or f"Search: {asked.q}", path, query, asked.address(), entries)


async def _changes(request: Any, place: Place, db: Any, name: str) -> Response:
    """The feed of what ``/changes`` shows for the same parameters."""
    asked = changes.Asked.read({name: request.args.get(name) for name in request.args if name != "before"})
    if asked.odd:
        return Response.text(" ".join(asked.odd), status=400)
    title = f"Changes by {name}" if name else "Changes seen in the archive"
    title += f": {changes.KINDS[asked.kind]}" if asked.kind else ""
    query = "&".join(part for part in ("changes=1", asked.query()) if part)
    entries = await edits(place, db, (await changes.listed(db, asked, ENTRIES)).rows)
    return await answer(request, place, db, title, "/feed", query, asked.address(), entries)


class Place:
    """Where this server is for whoever asks: makes absolute addresses of paths, behind a proxy too."""

    def __init__(self, datasette: Any, request: Any) -> None:
        self._datasette = datasette
        self._request = request

    @classmethod
    def of(cls, datasette: Any, request: Any) -> Place | None:
        """None: the request names a host that can be none."""
        return cls(datasette, request) if _HOST.fullmatch(request.host) else None

    def address(self, path: str) -> str:
        """The absolute address of a path of ours."""
        return str(self._datasette.absolute_url(self._request, str(self._datasette.urls.path(path))))


def bad_host() -> Response:
    """The answer to a request that names no host that addresses can be made of."""
    return Response.text("The host that this request names is none.", status=400)


async def newest(place: Place, db: Any, source: str | None) -> list[Entry]:
    """The articles that were found last, of a source or of all."""
    ids = _NEWEST.format(where=" where source = :source" if source else "")
    return await _articles(place, db, ids, source=source, limit=ENTRIES)


async def _articles(place: Place, db: Any, ids: str, **values: object) -> list[Entry]:
    rows = await fetch(db, _ARTICLES.format(ids=ids), characters=2 * EXCERPT, **values)
    return [_article(place, row) for row in rows]


def _article(place: Place, row: Row) -> Entry:
    return _entry(
        place,
        row,
        id=identity("article", row["url"], row["part"]),
        path=f"/article/{row['id']}",
        title=row["title"],
        text=excerpt(f"{row['summary'] or ''} {row['text']}"),
        # of one revision there is nothing newer than the article; a text may have none yet
        updated=stamp(row["changed"]) or row["first_seen"],
        # a time that is doubtful would put the entry where it does not belong
        published=None if row["published_doubt"] else stamp(row["published"]),
    )


async def edits(place: Place, db: Any, rows: Sequence[Row]) -> list[Entry]:
    """Changes as ``/changes`` lists them: one entry each, however often a text is edited."""
    named = await fetch(db, _NAMED, ids=json.dumps(sorted({row["article"] for row in rows})))
    articles = {row["id"]: row for row in named}
    return [_change(place, row, articles[row["article"]]) for row in rows if row["article"] in articles]


def _change(place: Place, row: Row, article: Row) -> Entry:
    edit = row["change"] == "edit"
    return _entry(
        place,
        article,
        id=identity("revision" if edit else "gone", article["url"], article["part"], row["at"]),
        path=f"/article/{article['id']}" + (f"/diff?revision_id={row['revision']}" if edit else ""),
        title=f"{row['title']} ({'revision ' + str(row['number']) if edit else 'page gone'})",
        text=_changed(row) if edit else f"The page was there last on {row['seen_before'] or article['first_seen']}.",
        updated=row["at"],
        published=None,
    )


def _changed(row: Row) -> str:
    """An edit in words."""
    said = [f"Words added: {row['words_added'] or 0}, removed: {row['words_removed'] or 0}."]
    pairs = [f"{', '.join(n['old']) or '–'} → {', '.join(n['new']) or '–'}" for n in row["replaced"]]
    said += [f"Numbers: {'; '.join(pairs)}."] if pairs else []
    said += [f"Title before: {row['title_before']}"] if row["title_before"] not in (None, row["title"]) else []
    if row["stated"] is not None:
        said.append(f"The page {'states' if row['stated'] else 'does not state'} that it was changed.")
    return excerpt(" ".join(said))


def _entry(place: Place, row: Row, path: str, title: str, **fields: Any) -> Entry:
    return Entry(
        url=place.address(path),
        external=iri(row["url"]) if http(row["url"]) else None,
        title=" ".join(plain(title).split()) or "Untitled",
        author=plain(row["source_name"]),
        homepage=iri(row["homepage"]) if http(row["homepage"]) else None,
        rights=plain(row["licence"] or row["source_licence"] or "") or None,
        language=language(row["language"]),
        category=plain(row["section"] or "") or None,
        **fields,
    )


async def answer(
    request: Any, place: Place, db: Any, title: str, path: str, query: str, page: str, entries: list[Entry]
) -> Response:
    """A feed in the format that is asked for. ``path``, ``query``: of its own address; ``page``: what it is of."""
    fictional = await queries.fictional(db)
    own = {form: place.address(f"{path}.{form}{'?' if query else ''}{query}") for form in _TYPES}
    feed = Feed(
        title=f"{'FICTIONAL: ' if fictional else ''}{plain(title)}",
        subtitle=f"Outlets, people and events were made up. {_RIGHTS}" if fictional else _RIGHTS,
        atom=own["atom"],
        json=own["json"],
        page=place.address(page),
        entries=entries,
    )
    form = request.url_vars["format"]
    body = (atom if form == "atom" else json_feed)(feed)
    changed = datetime.fromisoformat(feed.updated).astimezone(UTC).replace(microsecond=0)
    headers = {
        **_HEADERS,
        "etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "last-modified": format_datetime(changed, usegmt=True),
    }
    if _known(request, headers["etag"], changed):
        return Response(b"", status=304, headers=headers, content_type=_TYPES[form])
    return Response(body, headers=headers, content_type=_TYPES[form])


def _known(request: Any, etag: str, changed: datetime) -> bool:
    """Whether whoever asks holds this already (RFC 9110, 13.1: a tag goes before a time)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in re.findall(r'"[^"]*"', tags)
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= changed
    except (ValueError, TypeError, IndexError, OverflowError):  # no date, or one without a zone
        return False


ROUTES = [(r"^/feed\.(?P<format>atom|json)$", _feed)]

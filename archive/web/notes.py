"""The readers' notes and tags as they are shown: beside an article, all of them on a page, and in files.

Every reader who takes part sees all of them with their authors; only the author changes or deletes.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from datasette import Response
from markupsafe import Markup, escape

from archive.spreadsheet import inert
from archive.web import audience, cells, frame, places, readers
from archive.web.frame import number
from archive.web.notes_store import Notes, NotesError
from archive.web.queries import Row
from archive.web.readers import Reader, signed

# characters: of a note some pages, of a quotation a long paragraph, of a tag a few words
LONGEST, QUOTATION, TAG = 20_000, 2_000, 60
# notes on a page; tags to choose from; notes in a file
_PAGE, _TAGS, _EXPORTED = 50, 300, 100_000
# pages that can be asked for: more than any notes have, and a number that SQLite holds
_PAGES = 1_000_000
# characters and words of a search in the notes
_ASKED, _WORDS = 200, 20
_LINK = re.compile(r"https?://[^\s<>\"]+")
# what stands behind an address in a sentence, and is no part of it
_BEHIND = ".,;:!?)]}'»”’"
# of an export, in this order
_COLUMNS = (
    "id", "source", "url", "part", "article", "title", "author", "created", "edited", "text", "revision", "seen_from",
    "text_sha256", "quotation", "field", "start", "stop", "tags",
)  # fmt: skip


class Desk(NamedTuple):
    """Where a reader writes: their notes, and the handle on which they read the archive."""

    reader: Reader
    notes: Notes
    db: Any


async def desk(request: Any, datasette: Any) -> Desk | None:
    """The desk of whoever asks; None: they have no part in the notes, or there is no archive."""
    who, kept = readers.reader(datasette, request), readers.notes(datasette)
    if who is None or kept is None:
        return None
    db = await frame.archive(datasette, request)
    return None if db is None else Desk(who, kept, db)


async def here(datasette: Any, request: Any, db: Any, article: Mapping[str, Any], revision: int | None = None) -> Row:
    """What the page of an article shows of notes, for its template: ``noting``, None for who has no part in them.

    ``article``: its row (id, source, url, part, title, summary, text); ``revision``: the number (``revisions.id``) of
    the one that is shown, None: the latest.
    """
    who, notes = readers.reader(datasette, request), readers.notes(datasette)
    if who is None or notes is None:
        return {"noting": None}
    told: Row = {
        "notes": [], "tags": [], "known": [], "problem": None, "article": article["id"], "revision": revision,
    }  # fmt: skip
    if notes.exists:
        keys = await places.keys(db, dict(article))
        try:
            kept, tags, told["known"] = await asyncio.to_thread(notes.around, keys, _TAGS)
        except NotesError as error:
            return {"noting": {**told, "problem": str(error)}}
        found = {note["place"]: {"id": article["id"]} for note in kept}
        revisions = await places.revisions(db, kept, found)
        told["notes"] = [{**shown(note, who, found, revisions), "stands": _stands(note, article)} for note in kept]
        told["tags"] = [{**tag, "own": tag["author"] == who.name} for tag in tags]
    return {"noting": told}


def shown(note: Row, reader: Reader, found: Mapping[int, Row], revisions: Mapping[int, int]) -> Row:
    """A note as the templates take it. What stands in an article that this reader may not see is not quoted."""
    article = found.get(note["place"])
    return {
        **note,
        "html": linked(note["text"]),
        "signed": signed(note["author"]),
        "own": note["author"] == reader.name,
        "on": article,
        "quotation": note["quotation"] if article else None,
        "revision_here": revisions.get(note["id"]),
    }


def _stands(note: Row, article: Mapping[str, Any]) -> bool:
    """Whether what a note quotes still stands in the article."""
    return bool(note["quotation"]) and place_of(note["quotation"], article) is not None


def linked(text: str) -> Markup:
    """A note, escaped, with its line breaks and links."""
    out = []
    for line in text.split("\n"):
        parts, last = [], 0
        for match in _LINK.finditer(line):
            address = match[0].rstrip(_BEHIND)
            parts += [escape(line[last : match.start()]), cells.link(address)]
            last = match.start() + len(address)
        out.append(Markup("").join([*parts, escape(line[last:])]))
    return Markup("<br>\n").join(out)


def place_of(quotation: str, texts: Mapping[str, Any]) -> tuple[str, int, int] | None:
    """Where a quotation stands in a text, its summary or title, however its words are spaced: field, start, stop."""
    words = re.compile(r"\s+".join(re.escape(word) for word in quotation.split()))
    for field in ("text", "summary", "title"):
        if found := words.search(texts[field] or ""):
            return field, found.start(), found.end()
    return None


def _quoted(datasette: Any) -> bool:
    """Whether words are looked for in quotations: not while some may be those of a restricted article."""
    archive = audience.guarded(datasette)
    return archive is None or not archive.held.restricted


async def _listing(request: Any, datasette: Any) -> Response:
    """All notes, by tag, author or words."""
    this = await desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    asked = _asked(request.args)
    page = min(max(number(request.args.get("page") or "1") or 1, 1), _PAGES)
    context: Row = {"here": "notes", "asked": asked, "notes": [], "tags": [], "tagged": [], "total": 0, "page": page}
    listed = partial(this.notes.listed, asked["tag"], asked["q"], asked["by"], _PAGE)
    try:
        rows, total = await asyncio.to_thread(listed, (page - 1) * _PAGE, _quoted(datasette))
        if not rows and page > 1:  # behind the last page
            context["page"] = page = max(-(-total // _PAGE), 1)
            rows, total = await asyncio.to_thread(listed, (page - 1) * _PAGE, _quoted(datasette))
        tags = await asyncio.to_thread(this.notes.tags, _TAGS)
        tagged = await asyncio.to_thread(this.notes.tagged, asked["tag"], _PAGE) if asked["tag"] else []
        tagged = [{**row, "place": row["id"]} for row in tagged]
        own_tags = await asyncio.to_thread(this.notes.tags_of, [row["place"] for row in rows])
    except NotesError as error:
        return await frame.page(request, datasette, "communique_notes.html", {**context, "problem": str(error)})
    found = await places.articles(this.db, [*rows, *tagged])
    revisions = await places.revisions(this.db, rows, found)
    context |= {
        "notes": [
            {**shown(row, this.reader, found, revisions), "tags": own_tags.get(row["place"], [])} for row in rows
        ],
        "tags": tags,
        "tagged": [{**row, "on": found.get(row["place"]), "signed": signed(row["author"])} for row in tagged],
        "total": total,
        "older": _address(asked, page + 1) if page * _PAGE < total else None,
        "newer": _address(asked, page - 1) if page > 1 else None,
        "files": {form: _address(asked, 1, f"/notes.{form}") for form in ("json", "csv")},
        "addresses": {tag["folded"]: _address({**asked, "tag": tag["tag"]}, 1) for tag in tags},
    }
    return await frame.page(request, datasette, "communique_notes.html", context)


def _asked(args: Any) -> dict[str, str]:
    words = readers.typed(args.get("q") or "")[:_ASKED].split()[:_WORDS]
    return {
        "q": " ".join(words),
        "tag": readers.typed(args.get("tag") or "")[:TAG],
        "by": readers.typed(args.get("by") or "")[:_ASKED],
    }


def _address(asked: Mapping[str, str], page: int, path: str = "/notes") -> str:
    given = {**{name: value for name, value in asked.items() if value}, **({"page": page} if page > 1 else {})}
    return f"{path}?{urlencode(given)}" if given else path


async def _file(request: Any, datasette: Any) -> Response:
    """The notes that the page of the same parameters shows, all of them, as JSON or CSV."""
    this = await desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    asked = _asked(request.args)
    try:
        rows, _ = await asyncio.to_thread(
            this.notes.listed, asked["tag"], asked["q"], asked["by"], _EXPORTED, 0, _quoted(datasette)
        )
        tagged = await asyncio.to_thread(this.notes.tagged, asked["tag"], _EXPORTED)
    except NotesError as error:
        return Response.text(str(error), status=503)
    tagged = [{**row, "place": row["id"]} for row in tagged]
    found: dict[int, Row] = {}
    every = [*rows, *tagged]
    for n in range(0, len(every), 500):
        found |= await places.articles(this.db, every[n : n + 500])
    make = _csv if request.url_vars["format"] == "csv" else _json
    body, kind = await asyncio.to_thread(make, rows, tagged, found)
    name = f"notes.{request.url_vars['format']}"
    return Response(
        body,
        content_type=kind,
        headers={"content-disposition": f'attachment; filename="{name}"', "x-robots-tag": "noindex"},
    )


def _exported(row: Row, tagged: Sequence[Row], found: Mapping[int, Row]) -> Row:
    article = found.get(row["place"])
    more = {
        "article": article["id"] if article else None,
        "title": article["title"] if article else None,
        "author": signed(row["author"]),
        "quotation": row["quotation"] if article else None,
        "tags": sorted(tag["tag"] for tag in tagged),
    }
    return {name: more.get(name, row.get(name)) for name in _COLUMNS}


def _json(rows: Sequence[Row], tagged: Sequence[Row], found: Mapping[int, Row]) -> tuple[str, str]:
    tags = [
        {
            **{name: row[name] for name in ("source", "url", "part", "tag", "created")},
            "article": found[row["place"]]["id"] if row["place"] in found else None,
            "author": signed(row["author"]),
        }
        for row in tagged
    ]
    by_place = _by_place(tagged)
    document = {"notes": [_exported(row, by_place.get(row["place"], ()), found) for row in rows], "tags": tags}
    return json.dumps(document, ensure_ascii=False, indent=1), "application/json; charset=utf-8"


def _csv(rows: Sequence[Row], tagged: Sequence[Row], found: Mapping[int, Row]) -> tuple[str, str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    by_place = _by_place(tagged)
    for row in rows:
        cells = _exported(row, by_place.get(row["place"], ()), found)
        cells["tags"] = ", ".join(cells["tags"])
        writer.writerow([inert(cells[name]) for name in _COLUMNS])
    return out.getvalue(), "text/csv; charset=utf-8"


def _by_place(tagged: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in tagged:
        found.setdefault(row["place"], []).append(row)
    return found


ROUTES = [
    (r"^/notes$", _listing),
    (r"^/notes\.(?P<format>json|csv)$", _file),
]

"""The page of what outlets changed: edits of texts and pages that went, the newest first, by what is odd of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from archive.diff import Piece, around, compare
from archive.models import asked_day
from archive.web import edits, frame, outlets
from archive.web.edits import Place, Wanted
from archive.web.queries import Row

KINDS = {
    "": "All",
    "edited": "Text edited",
    "silent": "Stated time unchanged",
    "numbers": "Numbers changed",
    "title": "Title changed",
    "gone": "Page gone",
}
# changes on a page: each is compared word by word, about 2 ms, and shown in some lines
_PAGE = 20
# characters of a text that is compared for an excerpt, and of all on a page together: a rewritten text of that length
# takes 0.1 s, as many as are on a page 0.5 s
_LONGEST, _COMPARED = 30_000, 400_000
# words that did not change around those that did; characters of an excerpt, and of one piece of it
_AROUND, _EXCERPT, _PIECE = 8, 420, 180
_WORDS = 100_000
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z),([eg])([0-9]{1,18})")
_LATEST = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of an address of changes. ``before``: a place in the list; ``odd``: what could not be read."""

    source: str = ""
    language: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""
    words: int = 0
    before: str = ""
    odd: tuple[str, ...] = ()

    @classmethod
    def read(cls, args: Any) -> Asked:
        """Those of a request (or a mapping); what cannot be read is left out and explained in ``odd``."""
        given = {name: " ".join((args.get(name) or "").split()) for name in cls.__slots__ if name != "odd"}
        odd = []
        for name in ("since", "until"):
            try:
                given[name] = asked_day(given[name]) if given[name] else ""
            except ValueError as error:
                odd.append(f"“{name}” was left out: {error}.")
                given[name] = ""
        if given["kind"] not in KINDS:
            kinds = ", ".join(kind for kind in KINDS if kind)
            odd.append(f"“kind” was left out: {given['kind'][:40]} is none of {kinds}.")
            given["kind"] = ""
        words = 0
        if given["words"]:
            number = frame.number(given["words"])
            words = min(number or 0, _WORDS)
            if number is None:
                odd.append(f"“words” was left out: {given['words'][:40]} is not a number.")
        if words and given["kind"] == "gone":
            odd.append("“words” was left out: of a page that is gone no words are counted.")
            words = 0
        if given["since"] and given["until"] and given["since"] > given["until"]:
            odd.append("“from” is later than “to”: no day lies between them.")
        if given["before"] and not _STAMP.fullmatch(given["before"]):
            odd.append("“before” was left out: it is no place in this list, which is shown from its beginning.")
            given["before"] = ""
        return cls(**{**given, "words": words, "odd": tuple(odd)})  # type: ignore[arg-type]

    def query(self, **other: str) -> str:
        """The parameters as a query string, with others in their place; empty where all changes are asked for."""
        own = {name: str(getattr(self, name)) for name in self.__slots__ if name not in ("odd", "words")}
        given = {**own, "words": str(self.words or ""), **other}
        return urlencode({name: value for name, value in given.items() if value})

    def address(self, **other: str) -> str:
        """The path of the page of these changes, under the base of the site."""
        query = self.query(**other)
        return f"/changes?{query}" if query else "/changes"

    @property
    def feed(self) -> str:
        """The path of the feed of these changes."""
        return f"/feed.atom?{urlencode({'changes': '1'})}" + (f"&{q}" if (q := self.query(before="")) else "")

    @property
    def wanted(self) -> Wanted:
        """The same for the query."""
        day = _next(self.until) if self.until else _LATEST
        upto = Place(day, 0, 0)
        if match := _STAMP.fullmatch(self.before):
            upto = min(upto, Place(match[1], int(match[2] == "e"), int(match[3])))
        return Wanted(self.since, upto, self.source, self.language, self.kind, self.words)


class Listed(NamedTuple):
    """Changes; ``older``: the place behind which there are more, as ``before`` takes it; None: there are none.
    ``walked``: a bounded search ended there."""

    rows: list[Row]
    older: str | None
    walked: bool = False


async def listed(db: Any, asked: Asked, limit: int) -> Listed:
    """The changes that are asked for, the newest first: ``change`` is edit or gone, ``at`` when it was seen.

    Of edits, ``stated``: 0 where the time that the page states stayed as it was; ``replaced``: the numbers that are
    others now, each with ``old`` and ``new``, as printed; ``title_before``. ``seen_before``: when the text before, or
    the page that went, was there last.
    """
    wanted = asked.wanted
    rows: list[Row] = []
    ends: list[Place] = []
    if wanted.kind != "gone":
        found, ended = await edits.edits(db, wanted, limit + 1)
        rows += ({**row, "change": "edit", "replaced": json.loads(row["numbers"] or "[]")} for row in found)
        ends += [ended] if ended else []
    if wanted.kind in ("", "gone") and not wanted.words:
        found, ended = await edits.gone(db, wanted, limit + 1)
        rows += ({**row, "change": "gone"} for row in found)
        ends += [ended] if ended else []
    rows.sort(key=_place, reverse=True)
    # what lies behind the nearest end of a walk may not be all there is
    walked = max(ends, default=None)
    shown = [row for row in rows if walked is None or _place(row) >= walked]
    if len(shown) > limit:
        return Listed(shown[:limit], _before(_place(shown[limit - 1])))
    return Listed(shown, _before(walked) if walked else None, walked is not None)


def _place(row: Mapping[str, Any]) -> Place:
    edit = row["change"] == "edit"
    return Place(row["at"], int(edit), row["revision"] if edit else row["article"])


def _before(place: Place) -> str:
    return f"{place.at},{'e' if place.kind else 'g'}{place.id}"


async def _changes(request: Any, datasette: Any) -> Any:
    """What changed, with a few words of each edit."""
    db = await frame.archive(datasette, request)
    if db is None:
        return await frame.not_found(request, datasette, "There is no archive here.")
    asked = Asked.read(request.args)

    async def ask(here: Any) -> tuple[Listed, dict[int, Row], list[Row]]:
        found = await listed(here, asked, _PAGE)
        numbers = [row["revision"] for row in found.rows if row["change"] == "edit"]
        return found, await edits.texts(here, numbers, _LONGEST), await outlets.named(here)

    found, texts, sources = await frame.read(datasette, db, ask)
    # beside the server's loop
    shown = await asyncio.to_thread(excerpts, found.rows, texts)
    names = {source["id"]: source["name"] for source in sources}
    odd = list(asked.odd)
    if asked.source and asked.source not in names:
        odd.append(f"There is no source {asked.source[:40]} in this archive.")
    context = {
        "here": "changes",
        "asked": asked,
        "odd": odd,
        "rows": [{**row, "excerpt": shown.get(row.get("revision", 0))} for row in found.rows],
        "older": asked.address(before=found.older) if found.older else None,
        "walked": edits.WALKED if found.walked else None,
        "kinds": [{"key": key, "words": words, "path": _of_kind(asked, key)} for key, words in KINDS.items()],
        "sources": sources,
        "source_name": names.get(asked.source),
        "languages": sorted({row["language"] for row in sources if row["language"]} | {asked.language} - {""}),
        "filtered": bool(asked.query(before="", kind="")),
    }
    return await frame.page(request, datasette, "communique_changes.html", context)


def _of_kind(asked: Asked, kind: str) -> str:
    """The address of the same changes of another kind."""
    return replace(asked, kind=kind, before="", words=0 if kind == "gone" else asked.words).address()


def excerpts(rows: Iterable[Row], texts: Mapping[int, Row]) -> dict[int, Row]:
    """By revision, the words that changed in their context: ``pieces``, and ``more`` where they are not all of them.

    Without those whose texts are too long to be compared for a list.
    """
    left = _COMPARED
    found = {}
    for row in rows:
        text = texts.get(row["revision"]) if row["change"] == "edit" else None
        if text is None or text["text"] is None or left < len(text["text"]) + len(text["text_before"]):
            continue
        left -= len(text["text"]) + len(text["text_before"])
        pieces: list[Piece] = []
        for before, after in ((text["summary_before"], text["summary"]), (text["text_before"], text["text"])):
            compared = compare(before, after)
            if any(piece.kind != "same" for piece in compared):
                pieces += [*([Piece("gap", "")] if pieces else []), *around(compared, _AROUND)]
        if pieces:
            found[row["revision"]] = shortened(pieces)
    return found


def shortened(pieces: Sequence[Piece]) -> Row:
    """So many pieces as a list has room for, long ones cut at a word."""
    out: list[Piece] = []
    left = _EXCERPT
    for piece in pieces:
        if left <= 0:
            return {"pieces": out, "more": True}
        text = piece.text
        if len(text) > _PIECE:
            head = text[:_PIECE].rsplit(None, 1)
            text = f"{head[0] if len(head) > 1 else text[:_PIECE]} … "
        left -= len(text)
        words = text.rstrip()  # the white space after a change is no part of it
        out += [Piece(kind, part) for kind, part in ((piece.kind, words), ("same", text[len(words) :])) if part]
        out += [piece] if piece.kind == "gap" else []
    return {"pieces": out, "more": any(len(piece.text) > _PIECE for piece in pieces)}


def _next(day: str) -> str:
    """The day behind one; no stamp of ours is later than the last."""
    return _LATEST if day >= _LATEST else (date.fromisoformat(day) + timedelta(days=1)).isoformat()


ROUTES = [
    (r"^/changes$", _changes),
]

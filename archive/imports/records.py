"""A record of an article as it was exported (one JSON object), checked and taken apart.

Whoever wrote it, nothing of it is believed that is not as it must be: types, times and sizes are looked at here, and
everything that follows from other fields (texts, digests, counts, figures, copies) is worked out anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from archive.dates import is_zone
from archive.doubt import of_capture
from archive.exports.record import FORMAT
from archive.fingerprint import block_hash
from archive.imports.fields import (
    DIGEST,
    list_of,
    number_of,
    number_or_none,
    object_of,
    parsed,
    slug_of,
    text_of,
    text_or_none,
    time_of,
    url_of,
    web_or_none,
)
from archive.models import Block, Entry, Hints, Link, Mark, Media, Quote, Reading, Role, Source, stamp
from archive.settling import EXTRAS, METADATA
from archive.urls import is_web, url_key

_KINDS = frozenset({"p", "heading", "li", "quote", "row", "code", "line"})
_MARKS = frozenset(get_args(Mark))
_ROLES = frozenset(get_args(Role))
_OUTCOMES = frozenset({"new", "revised", "unchanged", "not_modified", "gone"})
_SOURCE_KINDS = frozenset({"official", "news", "aggregator"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# of the fields of a reading: lists of words, and moments
_LISTS = {"authors", "tags", "steps"}
_TIMES = {"published", "modified"}
_ADDRESSES = {"image", "permalink"}
# words behind the position that a link, a picture and a quotation have in any case
_NEEDED = {"links": 2, "media": 1, "quotes": 1, "entries": 0}
# a clock that runs a day fast is still believed
_FAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Imported:
    """A capture of the exporting archive. ``identity`` and ``confirms``: as they were numbered there.

    ``reading``: which reading of the record it was read to, None where the page said that the article is gone.
    """

    identity: int
    url: str
    source: str
    fetched_from: str | None
    fetched_at: str
    status: int | None
    etag: str | None
    last_modified: str | None
    payload_sha256: str | None
    outcome: str
    message: str | None
    via: tuple[str, ...]
    confirms: int | None
    reading: int | None
    position: int

    @property
    def key(self) -> str:
        """The identity of its address."""
        return url_key(self.url)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading of the exporting archive with its marks.

    ``extractor``: the one that read it there. ``spared``: why nothing was hidden.
    """

    reading: Reading
    marks: tuple[Mark | None, ...]
    payload_sha256: str
    extractor: str
    spared: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A revision's number in the exporting archive, and that of the capture that was the first to show it."""

    identity: int
    capture: int


@dataclass(frozen=True, slots=True)
class Record:
    """An article of another archive, without its raw pages.

    ``sources``: rows of the table, by slug. ``restricted``: when and why, None where everybody may see it. ``bare``:
    it says what the article shows alone; the numbers of its captures are none.
    """

    identity: int
    url: str
    part: int
    source: str
    addresses: tuple[str, ...]
    captures: tuple[Imported, ...]
    readings: Mapping[int, Kept]
    revisions: tuple[Numbered, ...]
    sources: Mapping[str, Mapping[str, Any]]
    fictional: bool
    restricted: tuple[str, str] | None
    bare: bool


def record_of(value: object, now: datetime | None = None) -> Record:
    """A record, checked; ``now``: nothing was captured more than a day after that, as clocks differ.

    Raises:
        ValueError: what is wrong with it, in words.
    """
    row = object_of(value, "record")
    if row.get("format") != FORMAT:
        stated = text_or_none(row, "format") or ""
        if stated.startswith(FORMAT.partition("/")[0]):
            raise ValueError(f"of another version of Communique ({stated[:40]}; this one reads {FORMAT})")
        raise ValueError(f"no record of the form {FORMAT}")
    url = url_of(row, "url")
    revisions: list[Mapping[str, Any]] = []
    if row.get("captures") is None:
        captures, readings = _from_text(row)
    else:
        captures = tuple(_capture(object_of(one, "capture")) for one in list_of(row, "captures"))
        readings = _readings(row, parsed(row.get("readings"), "readings"))
        revisions = [object_of(one, "revision") for one in list_of(row, "revisions")]
    if not any(capture.reading is not None for capture in captures):
        raise ValueError("no capture has a text")
    for capture in captures:
        if capture.reading is not None and capture.reading not in readings:
            raise ValueError(f"capture {capture.identity}: its reading {capture.reading} is missing")
    latest = stamp(now + _FAST) if now else "9999"
    if any(capture.fetched_at > latest for capture in captures):
        raise ValueError("captured in the future")
    if len({capture.identity for capture in captures}) < len(captures):
        raise ValueError("two captures have one number")
    sources = [_source(object_of(one, "source")) for one in list_of(row, "sources")] if row.get("sources") else []
    if row.get("source_row"):
        sources.append(_source(object_of(row["source_row"], "source_row")))
    restricted = object_of(row["restricted"], "restricted") if row.get("restricted") else None
    return Record(
        identity=number_of(row, "id"),
        url=url,
        part=number_of(row, "part"),
        source=slug_of(row, "source"),
        addresses=tuple(text_of({"address": one}, "address") for one in list_of(row, "addresses")),
        captures=tuple(sorted(captures, key=lambda capture: capture.identity)),
        readings=readings,
        revisions=tuple(
            Numbered(number_of(one, "id"), number_of(one, "first_capture")) for one in revisions if one.get("number")
        ),
        sources={one["id"]: one for one in sources},
        fictional=row.get("fictional") is True,
        restricted=(time_of(restricted, "at"), text_of(restricted, "reason")) if restricted else None,
        bare=row.get("captures") is None,
    )


def _capture(row: Mapping[str, Any]) -> Imported:
    outcome = text_of(row, "outcome")
    if outcome not in _OUTCOMES:
        raise ValueError(f"outcome {outcome[:40]!r} is none that a capture of an article has")
    via = row.get("via")
    digest = text_or_none(row, "payload_sha256")
    if digest is not None and not DIGEST.fullmatch(digest):
        raise ValueError("payload_sha256 is none")
    return Imported(
        identity=number_of(row, "id"),
        url=url_of(row, "url"),
        source=slug_of(row, "source"),
        fetched_from=text_or_none(row, "fetched_from"),
        fetched_at=time_of(row, "fetched_at"),
        status=number_or_none(row, "status"),
        etag=text_or_none(row, "etag"),
        last_modified=text_or_none(row, "last_modified"),
        payload_sha256=digest,
        outcome=outcome,
        message=text_or_none(row, "message"),
        via=() if via is None else tuple(url_of({"via": one}, "via") for one in parsed(via, "via")),
        confirms=number_or_none(row, "confirms"),
        reading=number_or_none(row, "reading"),
        position=number_of(row, "position") if row.get("position") is not None else 1,
    )


def _readings(row: Mapping[str, Any], given: Iterable[object]) -> dict[int, Kept]:
    """The readings of a record; the one that its article shows knows why nothing of it was hidden."""
    shown = next((c.get("reading") for c in row["captures"] if c.get("id") == row.get("capture")), None)
    found: dict[int, Kept] = {}
    for one in given:
        reading = object_of(one, "reading")
        identity = number_of(reading, "id")
        metadata = dict(object_of(parsed(reading.get("metadata"), "metadata"), "metadata"))
        extras = object_of(parsed(reading.get("extras") or {}, "extras"), "extras")
        blocks, marks = _blocks(list_of(reading, "blocks"))
        spared = metadata.pop("spared", None)
        if identity == shown and row.get("spared") is not None:
            spared = row["spared"]
        found[identity] = Kept(
            _reading(text_of(reading, "title"), blocks, metadata, extras),
            marks,
            text_of(reading, "payload_sha256"),
            text_of(metadata if "extractor" in metadata else reading, "extractor"),
            text_or_none({"spared": spared}, "spared"),
        )
    return found


def _blocks(given: Sequence[object]) -> tuple[tuple[Block, ...], tuple[Mark | None, ...]]:
    blocks: list[Block] = []
    marks: list[Mark | None] = []
    for one in given:
        if not isinstance(one, list | tuple) or len(one) != 5:
            raise ValueError("a block is none")
        kind, text, share, role, mark = one
        if (
            any(isinstance(word, list | dict) for word in one)
            or kind not in _KINDS
            or (role is not None and role not in _ROLES)
            or (mark is not None and mark not in _MARKS)
            or isinstance(share, bool)
            or not isinstance(share, int | float)
            or not 0 <= share <= 1
        ):
            raise ValueError("a block is none")
        text = text_of({"text": text}, "text")
        blocks.append(Block(kind, text, block_hash(text), float(share), role))
        marks.append(mark)
    return tuple(blocks), tuple(marks)


def _reading(
    title: str, blocks: tuple[Block, ...], metadata: Mapping[str, Any], extras: Mapping[str, Any]
) -> Reading:
    fields: dict[str, Any] = {}
    for name in METADATA:
        value = metadata.get(name)
        if name in _LISTS:
            fields[name] = tuple(text_of({name: one}, name) for one in parsed(value or [], name))
        elif name in _TIMES:
            fields[name] = None if value is None else time_of(metadata, name)
        elif name in _ADDRESSES:
            fields[name] = web_or_none(text_or_none(metadata, name))
        else:
            fields[name] = text_or_none(metadata, name)
    day = fields.get("published_day")
    if day is not None and not _DAY.fullmatch(day):
        raise ValueError("published_day is no day")
    shapes: Mapping[str, Callable[..., Any]] = {"links": Link, "media": Media, "quotes": Quote, "entries": Entry}
    for name in EXTRAS:
        found = (_extra(one, name, shapes[name]) for one in list_of(extras, name))
        fields[name] = tuple(one for one in found if one is not None)
    return Reading(title=title, blocks=blocks, **fields)


def _extra(value: object, name: str, shape: Callable[..., Any]) -> Any:
    """A link, picture, quotation or entry: a position, then words; None for one that leads nowhere on the web."""
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{name}: one is none")
    position = number_of({"position": value[0]}, "position")
    try:
        found = shape(position, *(text_or_none({name: word}, name) for word in value[1:]))
    except TypeError:
        raise ValueError(f"{name}: one is none") from None
    if None in found[1 : 1 + _NEEDED[name]]:
        raise ValueError(f"{name}: one is none")
    if isinstance(found, Quote):
        return found._replace(url=web_or_none(found.url))
    if isinstance(found, Link | Media):
        return found if is_web(found.url) else None
    if isinstance(found, Entry) and found.at is not None:
        time_of({name: found.at}, name)
    return found


def _from_text(row: Mapping[str, Any]) -> tuple[tuple[Imported, ...], dict[int, Kept]]:
    """What a bare record says: one text, seen from when to when, whose lines are its blocks."""
    text, summary = text_of(row, "text"), text_or_none(row, "summary")
    lines: list[tuple[str, str]] = []
    for paragraph in text.split("\n\n"):
        first, *rest = paragraph.split("\n")
        lines += [("p", first), *(("line", line) for line in rest)]
    standfirst = [
        Block("p", line, block_hash(line), 0.0, "summary") for line in (summary or "").split("\n\n") if line
    ]
    blocks = (*standfirst, *(Block(kind, line, block_hash(line)) for kind, line in lines))
    marks: list[Mark | None] = ["summary" for _ in standfirst]
    marks += [None] * len(lines)
    first, last = time_of(row, "first_seen"), time_of(row, "last_checked")
    metadata = {name: row.get(name) for name in METADATA}
    for name in ("published", "modified"):  # what speaks against it by its capture is found again
        found = of_capture(row.get(name), first, row.get(f"{name}_day"))
        if found and isinstance(line := row.get(f"{name}_doubt"), str):
            metadata[f"{name}_doubt"] = line.removesuffix(found).removesuffix("; ") or None
    reading = _reading(text_of(row, "title"), blocks, metadata, {})
    kept = Kept(reading, tuple(marks), "", text_of(row, "extractor"), text_or_none(row, "spared"))
    base = {"url": row["url"], "source": row.get("source"), "status": 200, "reading": 0}
    seen = [{**base, "id": 0, "fetched_at": first, "outcome": "new"}]
    if last > first:
        seen.append({**base, "id": 1, "fetched_at": last, "outcome": "unchanged"})
    return tuple(map(_capture, seen)), {0: kept}


_SOURCE_TEXTS = ("name", "publisher", "country", "language", "homepage", "timezone", "licence", "mining")


def _source(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of sources: what is known of the outlet, not how it was when it was crawled elsewhere.

    Raises:
        ValueError: a field is not as it must be.
    """
    found: dict[str, Any] = {"id": slug_of(row, "id"), **{name: text_or_none(row, name) for name in _SOURCE_TEXTS}}
    found["name"] = text_of(row, "name")
    found["kind"] = kind if (kind := text_or_none(row, "kind")) in _SOURCE_KINDS else "news"
    found["timezone"] = found["timezone"] or "UTC"
    if not is_zone(found["timezone"]):
        raise ValueError(f"source {found['id']}: no such time zone")
    found["public"] = 1 if row.get("public", 1) else 0
    found["keep"] = "changes" if row.get("keep") == "changes" else "all"
    found["clock"] = "12h" if row.get("clock") == "12h" else "24h"
    patterns = [text_of({"articles": one}, "articles") for one in parsed(row.get("articles") or [], "articles")]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error:
            raise ValueError(f"source {found['id']}: a pattern is none") from None
    found["articles"] = patterns
    hints = object_of(parsed(row.get("hints") or {}, "hints"), "hints")
    found["hints"] = {
        name: [text_of({name: one}, name) for one in list_of(hints, name)] for name in ("container", "drop", "split")
    }
    return found


def source_of(row: Mapping[str, Any]) -> Source:
    """An outlet by its row.

    Raises:
        ValueError: a field is not as it must be.
    """
    found = _source(row)
    hints = {name: tuple(selectors) for name, selectors in found.pop("hints").items()}
    return Source(
        **{
            **found,
            "homepage": found["homepage"] or "",
            "public": bool(found["public"]),
            "articles": tuple(found["articles"]),
            "hints": Hints(**hints),
        }
    )

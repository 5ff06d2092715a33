"""What an article shows, worked out from its captures, its readings and their marks. Reads the store, writes nothing.

:class:`archive.revise.Reviser` writes what this works out, and :mod:`archive.verify` compares it with what stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from archive.diff import Seen, Stretch, differences, stated_changed, stretches
from archive.doubt import joined, of_capture
from archive.fingerprint import IMPORTED
from archive.marking import Marked, Marker
from archive.models import Block, Reading
from archive.query import indexed
from archive.store import Step

# of the text, by positions of blocks: not compared (links and images carry tokens that change with each request)
EXTRAS = ("links", "media", "quotes", "entries")
METADATA = tuple(f.name for f in fields(Reading) if f.name not in ("title", "blocks", *EXTRAS))
# of these the article's row has a column
_COLUMNS = tuple(name for name in METADATA if name != "steps")


class Worked(NamedTuple):
    """What an article shows.

    ``readings`` and ``texts`` by id; ``stretches`` one for each revision; ``reading``: the one that is shown, with
    its date; ``row``: what the article's row says of it.
    """

    steps: list[Step]
    readings: dict[int, dict[str, Any]]
    texts: dict[int, Marked]
    stretches: list[Stretch]
    reading: dict[str, Any]
    row: dict[str, Any]

    @property
    def search(self) -> tuple[str, str, str]:
        """What it is found by: title, text, stems (2 ms for a page)."""
        last, language = self.stretches[-1].first, self.language
        return indexed(last.title, last.whole, language)

    @property
    def language(self) -> str | None:
        """That of the text: as it looks, else as declared."""
        metadata = self.reading["metadata"]
        found: str | None = metadata.get("language_detected") or metadata.get("language")
        return found


def work_out(marker: Marker, article: dict[str, Any], invented: bool) -> Worked | None:
    """What an article shows; None where no capture of it was read. ``article``: its row.

    ``invented``: its pages are a demonstration's, whose days are none of ours.
    """
    store = marker.store
    steps = store.history(article["id"])
    readings = store.readings(article["id"])
    texts = {r: marker.marked(readings[r], article) for r in {s.reading for s in steps} if r is not None}
    seen = [_seen(s, readings[s.reading], texts[s.reading]) for s in steps if s.reading is not None]
    found = list(stretches(seen))
    if not found:
        return None
    last = found[-1].first
    proof = _proof(steps, found[-1])
    reading = dated(readings[proof.reading or 0], steps, readings)
    metadata = reading["metadata"]
    row = {
        **{name: metadata.get(name) for name in _COLUMNS},
        "authors": json.dumps(metadata.get("authors", []), ensure_ascii=False),
        "tags": json.dumps(metadata["tags"], ensure_ascii=False),
        **_doubts(reading, invented),
        "title": last.title,
        "summary": last.summary or None,
        "first_seen": seen[0].at,
        "last_checked": steps[-1].at,
        "gone_at": _gone_at(steps),
        "text": last.text,
        "words": len(last.text.split()),
        "text_sha256": sha256(last.text),
        "spared": texts[reading["id"]].spared,
        "revisions": len(found),
        "position": store.place(article["id"]),
        "capture": proof.capture,
        "extractor": reading["extractor"],
        "proof": _rests_on(proof, reading),
    }
    return Worked(steps, readings, texts, found, reading, row)


def lasting(found: Sequence[Stretch], number: int) -> dict[str, object]:
    """What a revision's row says of its time; ``number`` from 1."""
    stretch = found[number - 1]
    before = found[number - 2] if number > 1 else None
    return {
        "seen_from": stretch.first.at,
        "seen_to": stretch.seen_to,
        "superseded": number < len(found),
        "stated": stated_changed(before.last.stated, stretch.first.stated) if before else None,
    }


def worded(found: Sequence[Stretch], number: int) -> dict[str, object]:
    """What a revision's row says of its words; ``number`` from 1."""
    first = found[number - 1].first
    change = differences(_parts(found[number - 2].first), _parts(first)) if number > 1 else None
    return {
        "number": number,
        "first_capture": first.capture,
        "title": first.title,
        "summary": first.summary or None,
        "text": first.text,
        "text_sha256": sha256(first.text),
        "words_added": change and change.added,
        "words_removed": change and change.removed,
        "numbers": json.dumps(change.replaced, ensure_ascii=False) if change and change.replaced else None,
        "folded_into": None,
    }


def dated(reading: dict[str, Any], steps: list[Step], readings: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """A reading with the date that its page stated for the story while it was the only one or the first on it."""
    metadata = reading["metadata"]
    if metadata["published"] is None and "split" in metadata.get("steps", ()):
        for step in reversed(steps):
            stated = readings[step.reading]["metadata"] if step.reading is not None else metadata
            if stated["published"] is not None:
                dates = {name: value for name, value in stated.items() if name.startswith("published")}
                return {**reading, "metadata": {**metadata, **dates}}
    return reading


def sha256(text: str) -> str:
    """The SHA-256 of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_sha256(reading: Reading) -> str:
    """The SHA-256 of all a reading says: equal for pages that differ in their scripts and adverts alone."""
    return content(reading)[0]


def content(reading: Reading) -> tuple[str, str]:
    """The SHA-256 of all a reading says, and its metadata as JSON."""
    metadata = json.dumps({name: getattr(reading, name) for name in METADATA}, ensure_ascii=False)
    return said_sha256(reading.title, metadata, reading.blocks), metadata


def said_sha256(title: str, metadata: str, blocks: Iterable[Block]) -> str:
    """What ``content_sha256`` of a reading must be; ``metadata``: as JSON."""
    said = [(b.kind, b.text, b.link_share, b.role) for b in blocks]
    return sha256(json.dumps([title, metadata, said], ensure_ascii=False))


def extras(reading: Reading) -> str:
    """What is of the text by its blocks' positions, as JSON."""
    return json.dumps({name: getattr(reading, name) for name in EXTRAS}, ensure_ascii=False)


def _proof(steps: list[Step], last: Stretch) -> Step:
    """The latest capture of a stretch that carries its text itself; of those, one whose record is kept."""
    inside = set(last.captures)
    own = [s for s in steps if s.capture in inside]
    carrying = [s for s in own if s.own] or own[-1:]
    return next((s for s in reversed(carrying) if s.kept), carrying[-1])


def _rests_on(proof: Step, reading: dict[str, Any]) -> str:
    """What a text rests on: page, file, none; see the column ``proof``."""
    if reading["extractor"] == IMPORTED or not proof.kept:
        return "none"
    return "file" if "file" in reading["metadata"].get("steps", ()) else "page"


def _doubts(reading: dict[str, Any], invented: bool) -> dict[str, str | None]:
    """What speaks against the times of a reading: what its page says, and when it was captured first."""
    metadata, first = reading["metadata"], reading["first_at"]
    return {
        f"{name}_doubt": joined(
            metadata.get(f"{name}_doubt"),
            None if invented else of_capture(metadata.get(name), first, metadata.get(f"{name}_day")),
        )
        for name in ("published", "modified")
    }


def _gone_at(steps: list[Step]) -> str | None:
    """Since when an article has been gone without coming back, None where it is there."""
    gone_at = None
    for step in steps:
        gone_at = (gone_at or step.at) if step.reading is None else None
    return gone_at


def _seen(step: Step, reading: dict[str, Any], marked: Marked) -> Seen:
    """What a capture said, with when the page was changed last as it says itself."""
    stated = reading["metadata"].get("modified") or reading["metadata"].get("published")
    return Seen(step.capture, step.at, reading["title"], marked.text, marked.summary, stated)


def _parts(seen: Seen) -> tuple[str, str, str]:
    return seen.title, seen.summary, seen.text

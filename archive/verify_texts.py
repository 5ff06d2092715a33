"""Checks what articles show: worked out again from their readings and marks, and held against what stands."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from archive.elements import shown
from archive.findings import Findings, counted, short
from archive.fingerprint import EXTRACTOR, IMPORTED, block_hash
from archive.marking import Marker
from archive.models import Progress
from archive.settling import EXTRAS, METADATA, Worked, lasting, said_sha256, sha256, worded, work_out
from archive.store import Store

# a look at so many articles is told
_TOLD = 20
# characters of a value that is named as a whole, and on either side of where a longer one differs
_LONG, _AROUND = 80, 20
# what stumbles over values that are not what they were
_ODD = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, sqlite3.OperationalError)


class Texts:
    """Works out every article again. ``busy``: another command is writing, perhaps a rebuild."""

    def __init__(self, store: Store, found: Findings, busy: bool) -> None:
        self.store, self.found, self.busy = store, found, busy
        self.marker = Marker(store)
        self._invented = bool(store.fictional())
        self._sightings = 0

    def check(self, article: int | None, tell: Progress) -> None:
        """Check every article, or one."""
        store, found = self.store, self.found
        of = 1 if article is not None else store.count_articles()
        pending = store.pending()
        tell("articles", of, of)
        skipped = 0
        for n, row in enumerate(store.every_article(article), 1):
            found.checked["articles"] += 1
            try:
                revisions = store.revision_rows(row["id"])
                self._check_stated(row, revisions)
                if row["id"] in pending:
                    skipped += 1
                else:
                    self._check(row, revisions)
            except _ODD as error:
                found.differs(f"article {row['id']}", f"what it shows cannot be worked out ({short(error)})")
            if n % _TOLD == 0:
                tell("articles", of, of - n)
        if skipped:
            left = f"{counted(skipped, 'articles')} left that cannot be checked"
            if self.busy:
                found.note(f"a rebuild is not finished, {left} before")
            else:
                found.differs("a rebuild", f"it was not finished, {left}: `communique rebuild` goes on")
        if article is None and (verdicts := store.count_verdicts()):
            found.note(
                f"{counted(verdicts, 'verdicts')} of people on what is text are as they stand: no entry has them"
            )
        if article is None and store.count_sightings() != self._sightings:
            found.differs("table sightings", f"{store.count_sightings()} rows, and readings give {self._sightings}")
        for capture, stands, right in store.wrong_outcomes(article):
            found.differs(f"capture {capture}", f"its outcome is {right} by the revisions, and {stands} in its row")
        tell("articles", of, 0)

    def _check_stated(self, row: Mapping[str, Any], revisions: list[dict[str, Any]]) -> None:
        """Hold texts against the digests beside them, whoever read them, and the evidence against the readings."""
        store, found, where = self.store, self.found, f"article {row['id']}"
        if sha256(row["text"]) != row["text_sha256"]:
            found.differs(where, "its text is not that of its text_sha256")
        for revision in revisions:
            if sha256(revision["text"]) != revision["text_sha256"]:
                found.differs(_revision(row, revision), "its text is not that of its text_sha256")
        for block, at in store.sighted(row["id"]).items():
            self._sightings += 1
            if not store.sighting(row["source"], block, at, row["id"]):
                found.differs(
                    where, f"the evidence for marks does not say that it carries block {block & (1 << 64) - 1:016x}"
                )

    def _check(self, row: dict[str, Any], revisions: list[dict[str, Any]]) -> None:
        store, found = self.store, self.found
        readings = store.readings(row["id"])
        others = {reading["extractor"] for reading in readings.values()} - {EXTRACTOR, IMPORTED}
        if others:
            found.checked["texts not recomputed"] += 1
            return
        for reading in readings.values():
            self._check_reading(row, reading)
        for capture in store.texts_from_nowhere(row["id"]):
            found.differs(
                f"capture {capture}", f"it has no record, and article {row['id']} is said to be read from it"
            )
        worked = work_out(self.marker, row, self._invented)
        if worked is None:
            found.differs(f"article {row['id']}", "no capture of it was read")
            return
        self._check_row(row, worked)
        self._check_marks(row, worked)
        self._check_revisions(row, revisions, worked)
        self._check_beside(row, worked)
        unproven = any(reading["extractor"] == IMPORTED for reading in readings.values())
        found.checked["texts without a raw page" if unproven else "texts recomputed"] += 1

    def _check_reading(self, row: Mapping[str, Any], reading: Mapping[str, Any]) -> None:
        """Hold a reading's blocks against the digest that pages are held against."""
        blocks = self.store.blocks(reading["id"])[0]
        stated = self.store.fields_of(reading["id"])
        if reading["extractor"] == IMPORTED:  # beside what it says stands what it came with: who had read it
            stated = json.dumps({name: reading["metadata"][name] for name in METADATA}, ensure_ascii=False)
        where = f"article {row['id']}, reading {reading['id']}"
        if said_sha256(reading["title"], stated, blocks) != reading["content_sha256"]:
            self.found.differs(where, "its title, fields or blocks are not those of its content_sha256")
        if reading["extractor"] == EXTRACTOR and not self.store.has_payload(row["id"], reading["payload_sha256"]):
            self.found.differs(where, f"no capture of it has the payload {short(reading['payload_sha256'])}")
        for position, block in enumerate(blocks):
            if block.hash != block_hash(block.text):
                self.found.differs(where, f"block {position} has another hash than its text")

    def _check_row(self, row: Mapping[str, Any], worked: Worked) -> None:
        for name, right in worked.row.items():
            if row[name] != right:
                self.found.differs(f"article {row['id']}", _other(name, right, row[name]))

    def _check_marks(self, row: Mapping[str, Any], worked: Worked) -> None:
        for reading, marked in worked.texts.items():
            for position, mark in marked.changed.items():
                self.found.differs(
                    f"article {row['id']}, reading {reading}",
                    f"block {position} is to be {'marked ' + mark if mark else 'without a mark'}, and is not",
                )

    def _check_revisions(self, row: Mapping[str, Any], kept: list[dict[str, Any]], worked: Worked) -> None:
        by_first = {revision["first_capture"]: revision for revision in kept if revision["number"] is not None}
        for number in range(1, len(worked.stretches) + 1):
            right = {**lasting(worked.stretches, number), **worded(worked.stretches, number), "source": row["source"]}
            revision = by_first.pop(right["first_capture"], None)
            if revision is None:
                self.found.differs(
                    f"article {row['id']}", f"revision {number} is missing, which {right['seen_from']} began"
                )
                continue
            for name, value in right.items():
                if revision[name] != value:
                    self.found.differs(_revision(row, revision), _other(name, value, revision[name]))
        for revision in by_first.values():
            self.found.differs(_revision(row, revision), "no capture of the article begins it")

    def _check_beside(self, row: Mapping[str, Any], worked: Worked) -> None:
        """What it is found by, and the links, media, quotes and entries of the text."""
        store, found, where = self.store, self.found, f"article {row['id']}"
        if store.search_row(row["id"]) != worked.search:
            found.differs(where, "the words that it is found by are not those of its text")
        left = worked.texts[worked.reading["id"]]
        parts = shown(json.loads(worked.reading["extras"]), left.blocks, left.marks)
        for table in EXTRAS:
            right = [list(part) for part in parts.get(table, [])]
            if sorted(map(repr, store.part_rows(table, row["id"]))) != sorted(map(repr, right)):
                found.differs(where, f"its {table} are not those of its text")


def _revision(row: Mapping[str, Any], revision: Mapping[str, Any]) -> str:
    number = revision["number"] if revision["number"] is not None else "folded"
    return f"article {row['id']}, revision {number} (id {revision['id']})"


def _other(name: str, right: object, stands: object) -> str:
    """That a column says something else; of a long text, from which character on."""
    if isinstance(right, str) and isinstance(stands, str) and max(len(right), len(stands)) > _LONG:
        pairs = zip(right, stands, strict=False)
        place = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(right), len(stands)))
        here = slice(max(0, place - _AROUND), place + _AROUND)
        told = f"“{short(right[here])}” as worked out, and “{short(stands[here])}” stands"
        return f"its {name} is another from character {place} on: {told}"
    return f"its {name} is {short(right)} as worked out, and {short(stands)} stands"

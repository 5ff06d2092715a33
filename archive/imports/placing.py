"""Articles of another archive into this one's rows, without their raw pages.

Each text is kept as it came, as a reading of its own kind (:data:`archive.fingerprint.IMPORTED`) under captures that
name no record; from there on everything goes the way of a crawled page. What is there already stays: a capture whose
page lies here is never replaced by a text that came without one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from archive.fingerprint import IMPORTED
from archive.imports.records import Imported, Kept, Record
from archive.models import Counts, Reading
from archive.parts import Traits, match
from archive.revise import Reviser
from archive.settling import content, extras
from archive.urls import url_key

# what became of a record: known: there was nothing in it that is not here
Taken = Literal["new", "added", "known", "forgotten"]


class _Whose(NamedTuple):
    """An article, and whether it was here before."""

    number: int
    known: bool


class Placer:
    """Works within the transaction its caller holds; ``run``: the one that the records come with.

    ``counts``: of all that the run brings, as it is told in the end. ``shown``: articles that were here before, and
    are shown although a record calls them restricted: whoever wrote a file takes nothing off the web here.
    """

    def __init__(self, reviser: Reviser, run: int, counts: Counts) -> None:
        self.store, self.reviser, self.run, self.counts = reviser.store, reviser, run, counts
        self.shown: list[int] = []

    def take(self, records: Iterable[Record], now: str) -> list[Taken]:
        """Keep records and bring in line what follows from them; says what became of each."""
        store = self.store
        taken: list[Taken] = []
        own: set[int] = set()
        affected: set[int] = set()
        captures: list[int] = []
        numbered = store.is_unwritten()
        for record in records:
            became, article, others, added = self._take(record, numbered)
            taken.append(became)
            captures += added
            affected |= others
            if article is not None:
                own.add(article)
        settled: list[int] = []
        for article in sorted(own | affected):
            settled += self.reviser.settle(article, now, None if article in own else "marks")
        store.correct_outcomes(settled)
        counts = Counts()
        for outcome in store.outcomes(captures):
            counts.add(outcome)
            self.counts.add(outcome)
        store.add_counts(self.run, counts)
        return taken

    def _take(self, record: Record, numbered: bool) -> tuple[Taken, int | None, set[int], list[int]]:
        """(what became of it, the article to be settled, those it may change, captures that are new)."""
        store = self.store
        keys = list(dict.fromkeys([url_key(record.url), *record.addresses, *(c.key for c in record.captures)]))
        if store.are_forgotten(keys):
            return "forgotten", None, set(), []
        self._know_sources(record)
        rows, added = self._captures(record, numbered)
        placed = store.placed(rows.values())
        article, others = self._article(record, rows, placed, numbered)
        before = store.sighted(article.number) if article.known else {}
        linked = self._link(record, rows, placed, article.number)
        self._lead(record, article.number)
        if record.restricted and not store.restrictions([article.number]):
            if article.known:
                self.shown.append(article.number)
            else:
                store.restrict([article.number], *record.restricted)
        if not linked:
            return "known", None, others, added
        if numbered and not article.known:
            free = store.free_numbers("revisions", [one.identity for one in record.revisions])
            for one in record.revisions:
                if one.identity in free and one.capture in rows:
                    store.number_revision(
                        {"id": one.identity, "article": article.number, "first_capture": rows[one.capture]}
                    )
        others |= self.reviser.sight(article.number, store.article(article.number)["source"], before)
        return "added" if article.known else "new", article.number, others - {article.number}, added

    def _know_sources(self, record: Record) -> None:
        for slug in {record.source, *(capture.source for capture in record.captures)}:
            row = record.sources.get(slug) or {"id": slug, "name": slug, "kind": "news", "timezone": "UTC"}
            lists = {name: json.dumps(row[name]) for name in ("articles", "hints") if name in row}
            self.store.add_source({**row, "publisher": row.get("publisher") or row["name"], **lists})

    def _captures(self, record: Record, numbered: bool) -> tuple[dict[int, int], list[int]]:
        """The record's captures by their numbers there → here, those that are new made; and these."""
        store = self.store
        rows: dict[int, int] = {}
        added: list[int] = []
        alike: Counter[tuple[str, str, str | None, int | None]] = Counter()
        for capture in record.captures:
            key = capture.key
            said = (key, capture.fetched_at, capture.payload_sha256, capture.status)
            there = [
                row["id"]
                for row in store.captures_at(key, capture.fetched_at)
                if None in (row["payload_sha256"], capture.payload_sha256)
                or (row["payload_sha256"], row["status"]) == (capture.payload_sha256, capture.status)
            ]
            nth = alike[said]
            alike[said] += 1
            if nth < len(there):
                rows[capture.identity] = there[nth]
                continue
            keeps = numbered and not record.bare and store.free_numbers("captures", [capture.identity])
            identity = {"id": capture.identity} if keeps else {}
            rows[capture.identity] = store.add_bare_capture({**identity, **self._row(capture)})
            added.append(rows[capture.identity])
        for capture in record.captures:
            if capture.confirms in rows and rows[capture.identity] in added:
                store.confirm_as(rows[capture.identity], rows[capture.confirms])
        return rows, added

    def _row(self, capture: Imported) -> dict[str, object]:
        names = (
            "url", "source", "fetched_from", "fetched_at", "status", "etag", "last_modified", "payload_sha256",
            "outcome", "message",
        )  # fmt: skip
        return {
            **{name: getattr(capture, name) for name in names},
            "url_key": capture.key,
            "run": self.run,
            "kind": "imported",
            "via": json.dumps(capture.via) if capture.via else None,
        }

    def _article(
        self, record: Record, rows: Mapping[int, int], placed: list[tuple[int, int, int | None, int]], numbered: bool
    ) -> tuple[_Whose, set[int]]:
        """The article that a record is of, made where it is new, and whose marks may change by it.

        Of a page with several stories it is the one that stood at its place when they were captured together; else
        the one that it is known by, as when a page is crawled.
        """
        store = self.store
        seen = [(rows[c.identity], c) for c in record.captures if c.reading is not None]
        at = min(capture.fetched_at for _, capture in seen)
        places = {
            (capture, position): article for capture, article, reading, position in placed if reading is not None
        }
        found = next((places[row, c.position] for row, c in seen if (row, c.position) in places), None)
        keys = dict.fromkeys([url_key(record.url), *record.addresses])
        first = found or next((a for key in keys if (a := store.article_at(key)) is not None), None)
        parts = store.parts(first) if first is not None else {}
        if found is None and parts:
            mine = {capture for capture, _ in seen}
            beside = {article for capture, article, _, _ in placed if capture in mine}
            left = {part: article for part, article in parts.items() if article not in beside}
            stories = [*left.values()]
            traits = [self.reviser.traits(story) for story in stories]
            for kept in record.readings.values():
                [which] = match([Traits.of_reading(kept.reading)], traits)
                if which is not None:
                    found = stories[which]
                    break
            if found is None and record.part == 1 and len(parts) == len(left) == 1:
                found = next(iter(left.values()))  # a page with one story, whatever became of it
        if found is not None:
            row = store.article(found)
            others: set[int] = set()
            if at < row["first_seen"]:
                others |= self.reviser.few_near(row["source"], found, row["first_seen"])
                others |= self.reviser.few_near(row["source"], found, at)
                store.seen_first(found, at)
            return _Whose(found, known=True), others
        url = store.article(first)["url"] if first is not None else record.url
        part = store.next_part(url) if store.has_part(url, record.part) else record.part
        number = record.identity if numbered and store.free_numbers("articles", [record.identity]) else None
        capture, last = max(seen, key=lambda one: (one[1].fetched_at, one[0]))
        title = record.readings[last.reading or 0].reading.title
        article = store.add_article(url, part, record.source, capture, at, Reading(title=title, blocks=()), number)
        return _Whose(article, known=False), self.reviser.few_near(record.source, article, at)

    def _link(
        self, record: Record, rows: Mapping[int, int], placed: list[tuple[int, int, int | None, int]], article: int
    ) -> bool:
        """Say what the captures held of the article; True where that is more than was known, or something else.

        What came without its page before gives way to what comes now; what was read from a page here stays.
        """
        store = self.store
        known = {capture: reading for capture, owner, reading, _ in placed if owner == article}
        raw = store.with_records(rows.values())
        readings: dict[int, tuple[int, bool]] = {}
        more = False
        for capture in record.captures:
            row = rows[capture.identity]
            if row in raw:
                continue
            if capture.reading is None:
                if row not in known:
                    store.link_none(row, article)
                    more = True
                continue
            if capture.reading not in readings:
                at = min(c.fetched_at for c in record.captures if c.reading == capture.reading)
                readings[capture.reading] = self._reading(article, record.readings[capture.reading], at)
            reading, changed = readings[capture.reading]
            if changed or known.get(row) != reading:
                store.link(row, article, reading, capture.position)
                more = True
        if more:
            store.drop_unused_readings(article)
        return more

    def _reading(self, article: int, kept: Kept, at: str) -> tuple[int, bool]:
        """A reading as it came, made where there is none with that content; True where it is new or marked anew."""
        store = self.store
        digest, fields = content(kept.reading)
        found = store.find_reading(article, IMPORTED, digest)
        if found is not None:
            marks = store.blocks(found)[1]
            changed = {n: new for n, (new, old) in enumerate(zip(kept.marks, marks, strict=True)) if new != old}
            store.set_marks(found, changed)
            if at < store.first_at(found):
                store.first_at(found, at)
                return found, True
            return found, bool(changed)
        said = {"extractor": kept.extractor, **({"spared": kept.spared} if kept.spared is not None else {})}
        metadata = json.dumps({**json.loads(fields), **said}, ensure_ascii=False)
        found = store.add_reading(article, IMPORTED, kept.payload_sha256, kept.reading, (digest, metadata), at)
        store.set_extras(found, extras(kept.reading))
        store.set_marks(found, {n: mark for n, mark in enumerate(kept.marks) if mark is not None})
        return found, True

    def _lead(self, record: Record, article: int) -> None:
        """Have its addresses lead to it, or to the first story of its page."""
        store = self.store
        parts = store.parts(article)
        store.lead_to(parts[min(parts)], dict.fromkeys([url_key(record.url), *record.addresses]))

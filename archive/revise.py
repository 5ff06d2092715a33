"""Brings an article in line with its captures: readings, marks, text, revisions, search text.

The one way to a text, for a crawl, an import of older captures and a rebuild alike: everything here is a function
of captures, marks and rules, never of the order in which they came.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from archive.boilerplate import Document, compose, mark_blocks, repeated_blocks
from archive.diff import Seen, Stretch, differences, stated_changed, stretches
from archive.fingerprint import EXTRACTOR, block_hash
from archive.group import Groups
from archive.models import Page, Reading
from archive.store import NEAR, Revision, Step, Store, seconds
from archive.urls import is_article, url_key

# documents kept at hand: neighbours in time are asked for again and again (about 10 KB each)
_DOCUMENTS = 512
# of the text, by positions of blocks: not compared (links and images carry tokens that change with each request)
_EXTRAS = ("links", "media", "quotes", "entries")
_METADATA = tuple(f.name for f in fields(Reading) if f.name not in ("title", "blocks", *_EXTRAS))
# of these the article's row has a column
_COLUMNS = tuple(name for name in _METADATA if name != "steps")


class Reviser:
    """Works within the transaction its caller holds on ``store``. One thread only."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.groups = Groups(store)
        self._documents: OrderedDict[int, Document] = OrderedDict()
        self._patterns: dict[str, tuple[str, ...]] = {}

    def attach(
        self, capture: int, url: str, via: Iterable[str], source: str, at: str, page: Page
    ) -> tuple[set[int], set[int]]:
        """Say what a page capture held: its articles, made where they are new, and their readings.

        ``at``: when it was captured. Returns the page's articles that are to be settled, and the others.
        """
        store = self.store
        own: set[int] = set()
        # a redirect leads to the article, and so does a canonical address, which names it best
        canonical = page.canonical if page.canonical and self._is_article(source, page.canonical) else None
        keys = list(dict.fromkeys(url_key(u) for u in (canonical, url, *via) if u))
        first = next((found for key in keys if (found := store.article_at(key)) is not None), None)
        affected: set[int] = set()
        for part, reading in enumerate(page.readings, 1):
            article = first if part == 1 else store.part(first, part) if first else None
            before = store.sighted(article) if article is not None else {}
            if article is not None:
                source = store.article(article)["source"]  # whose evidence it is, whoever led here
            else:
                article = store.add_article(canonical or url, part, source, capture, at, reading)
                near = store.documents_near(source, article, at, NEAR)
                if len(near) == 2:  # the third document speaks for what the first two share
                    affected.update(near)
            if part == 1:
                first = article
                for key in keys:  # a story of its own until now: it moved to where this one is
                    if store.article_at(key) not in (None, article):
                        affected.update(store.link_gone(capture, key))
                store.add_addresses(article, keys, url_key(url))
            content = _content(reading)
            known = store.find_reading(article, EXTRACTOR, content[0])
            if known is None:
                known = store.add_reading(article, EXTRACTOR, page.payload_sha256, reading, content, at)
                store.set_extras(known, _extras(reading))
                changed = True
            else:
                changed = at < store.first_at(known)
                if changed:  # what the earliest capture of it says stands, in whatever order they come
                    store.first_at(known, at)
                    store.set_extras(known, _extras(reading))
            confirmed = not changed and store.shown_reading(article) == known
            store.link(capture, article, known)
            if confirmed and store.touch(article, capture, at):
                continue  # what was captured last once more: nothing follows from it
            own.add(article)
            if changed:
                affected |= self._sight(article, source, before, {at})
        return own, affected - own

    def _is_article(self, source: str, url: str) -> bool:
        """Whether a canonical address can be one: templates declare lists and front pages by mistake."""
        if source not in self._patterns:
            self._patterns[source] = self.store.source(source).articles
        return is_article(url, self._patterns[source])

    def _sight(self, article: int, source: str, before: dict[int, int], ats: set[str]) -> set[int]:
        """Bring the evidence in line with an article's readings; returns whose marks may change by it."""
        after = self.store.sighted(article)
        self.store.set_sightings(source, article, before, after)
        self._documents.pop(article, None)
        moved = {at for h, at in before.items() if after.get(h) != at}
        affected: set[int] = set()
        for at in {seconds(at) for at in ats} | moved:
            for sides in self.store.neighbours(source, article, after.keys() | before.keys(), at).values():
                for side in sides:
                    if len(side) < NEAR:  # with more on this side, they had one another before
                        affected.update(side)
        return affected

    def settle(self, article: int, now: str, cause: str | None) -> list[int]:
        """Recompute an article from its captures. ``cause``: why, where the reason is ours; None for a capture.

        Returns the captures whose outcomes this may have made wrong (:meth:`Store.correct_outcomes`).
        """
        store = self.store
        row = store.article(article)
        steps = store.history(article)
        readings = store.readings(article)
        texts = {r: self._text(readings[r], row) for r in {s.reading for s in steps} if r is not None}
        seen = [
            Seen(s.capture, s.at, readings[s.reading]["title"], *texts[s.reading], _stated(readings[s.reading]))
            for s in steps
            if s.reading is not None
        ]
        found = list(stretches(seen))
        if not found:
            return []
        kept = {revision.first_capture: revision for revision in store.revisions(article)}
        self._write_revisions(row, found, kept)
        last = found[-1].first
        digest = _sha256(last.text)
        earlier = kept.get(last.capture)
        ours = cause if earlier is None else cause or "marks"
        if row["text_sha256"] not in ("", digest) and (earlier is None or earlier.text_sha256 != digest) and ours:
            store.add_derivation(article, now, ours, EXTRACTOR, digest)
        proof = _proof(steps, found[-1])
        reading = readings[proof.reading or 0]
        metadata = reading["metadata"]
        store.set_text(
            article,
            {
                **{name: metadata.get(name) for name in _COLUMNS},
                "authors": json.dumps(metadata.get("authors", []), ensure_ascii=False),
                "tags": json.dumps(metadata["tags"], ensure_ascii=False),
                "title": last.title,
                "summary": last.summary or None,
                "first_seen": seen[0].at,
                "last_checked": steps[-1].at,
                "gone_at": _gone_at(steps),
                "text": last.text,
                "words": len(last.text.split()),
                "text_sha256": digest,
                "revisions": len(found),
                "capture": proof.capture,
                "extractor": reading["extractor"],
            },
            (last.title, last.whole, "")
            if (row["text_sha256"], row["title"], row["summary"] or "") != (digest, last.title, last.summary)
            else None,
        )
        store.set_parts(article, json.loads(reading["extras"]))
        self.groups.update(article)
        return [s.capture for s in seen]

    def _text(self, reading: dict[str, Any], row: dict[str, Any]) -> tuple[str, str]:
        """Mark a reading's blocks by the evidence of its time; returns what is left as text, and the standfirst."""
        store, article, source = self.store, row["id"], row["source"]
        blocks, old = store.blocks(reading["id"])
        near = store.neighbours(source, article, {b.hash for b in blocks}, seconds(reading["first_at"]))
        others = {h: [*earlier, *later] for h, (earlier, later) in near.items()}
        many = bool(others) and len(store.documents_near(source, article, reading["first_at"], 2)) == 2
        metadata = reading["metadata"]
        marks = mark_blocks(
            blocks,
            _titles(reading),
            metadata["byline"],
            repeated_blocks(self._document(article), others, self._document, many),
        )
        changed = {i: mark for i, (mark, was) in enumerate(zip(marks, old, strict=True)) if mark != was}
        if changed:
            store.set_marks(reading["id"], changed)
        standfirst = [block for block, mark in zip(blocks, marks, strict=True) if mark == "summary"]
        return compose(blocks, marks), compose(standfirst, [None] * len(standfirst))

    def _document(self, article: int) -> Document:
        document = self._documents.get(article)
        if document is None:
            readings = self.store.readings(article)
            document = Document.of(
                (title for reading in readings.values() for title in _titles(reading)),
                (block for reading in readings for block in self.store.blocks(reading)[0]),
            )
            self._documents[article] = document
            if len(self._documents) > _DOCUMENTS:
                self._documents.popitem(last=False)
        else:
            self._documents.move_to_end(article)
        return document

    def _write_revisions(self, article: dict[str, Any], found: list[Stretch], kept: dict[int, Revision]) -> None:
        ids: dict[int, int] = {}  # capture → its revision
        unchanged_before = True
        for number, stretch in enumerate(found, 1):
            first = stretch.first
            old = kept.get(first.capture)
            digest = _sha256(first.text)
            same = old is not None and (old.number, old.text_sha256, old.title, old.summary or "") == (
                number,
                digest,
                first.title,
                first.summary,
            )
            before = found[number - 2] if number > 1 else None
            row: dict[str, object] = {
                "seen_from": first.at,
                "seen_to": stretch.seen_to,
                "superseded": number < len(found),
                "stated": stated_changed(before.last.stated, first.stated) if before else None,
            }
            if not (same and unchanged_before):
                change = differences(_parts(before.first), _parts(first)) if before else None
                row |= {
                    "article": article["id"],
                    "source": article["source"],
                    "number": number,
                    "first_capture": first.capture,
                    "title": first.title,
                    "summary": first.summary or None,
                    "text": first.text,
                    "text_sha256": digest,
                    "words_added": change and change.added,
                    "words_removed": change and change.removed,
                    "numbers": json.dumps(change.replaced, ensure_ascii=False)
                    if change and change.replaced
                    else None,
                    "folded_into": None,
                }
            identity = self.store.put_revision(old.id if old else None, row)
            ids.update((capture, identity) for capture in stretch.captures)
            unchanged_before = same
        starts = {stretch.first.capture for stretch in found}
        for capture, revision in kept.items():
            if capture not in starts and (revision.number is not None or revision.folded_into != ids.get(capture)):
                self.store.put_revision(
                    revision.id,
                    {
                        "number": None,
                        "superseded": False,
                        "stated": None,
                        "numbers": None,
                        "words_added": None,
                        "words_removed": None,
                        "folded_into": ids.get(capture),
                    },
                )


def _proof(steps: list[Step], last: Stretch) -> Step:
    """The latest capture of a stretch that carries its text itself."""
    inside = set(last.captures)
    own = [s for s in steps if s.capture in inside]
    return next((s for s in reversed(own) if s.own), own[-1])


def _gone_at(steps: list[Step]) -> str | None:
    """Since when an article has been gone without coming back, None where it is there."""
    gone_at = None
    for step in steps:
        gone_at = (gone_at or step.at) if step.reading is None else None
    return gone_at


def _stated(reading: dict[str, Any]) -> str | None:
    """When a page was changed last, as it says itself."""
    stated: str | None = reading["metadata"].get("modified") or reading["metadata"].get("published")
    return stated


def _parts(seen: Seen) -> tuple[str, str, str]:
    return seen.title, seen.summary, seen.text


def _titles(reading: dict[str, Any]) -> frozenset[int]:
    return frozenset(block_hash(t) for t in (reading["title"], reading["metadata"]["headline"]) if t)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def content_sha256(reading: Reading) -> str:
    """The SHA-256 of all a reading says: equal for pages that differ in their scripts and adverts alone."""
    return _content(reading)[0]


def _content(reading: Reading) -> tuple[str, str]:
    """The SHA-256 of all a reading says, and its metadata as JSON."""
    metadata = json.dumps({name: getattr(reading, name) for name in _METADATA}, ensure_ascii=False)
    blocks = [(b.kind, b.text, b.link_share, b.role) for b in reading.blocks]
    return _sha256(json.dumps([reading.title, metadata, blocks], ensure_ascii=False)), metadata


def _extras(reading: Reading) -> str:
    """What is of the text by its blocks' positions, as JSON."""
    return json.dumps({name: getattr(reading, name) for name in _EXTRAS}, ensure_ascii=False)

"""Brings an article in line with its captures: readings, marks, text, revisions, search text.

The one way to a text, for a crawl, an import of older captures and a rebuild alike: everything here is a function
of captures, marks and rules, never of the order in which they came.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from archive.boilerplate import Document, Own, compose, mark_blocks, repeated_blocks
from archive.diff import Seen, Stretch, differences, stated_changed, stretches
from archive.doubt import joined, of_capture
from archive.elements import shown
from archive.figures import Figures, Told
from archive.fingerprint import EXTRACTOR, block_hash
from archive.group import Groups
from archive.models import WINDOW, Block, Mark, Page, Reading
from archive.parts import Traits, match
from archive.query import indexed
from archive.store import Revision, Step, Store, seconds
from archive.urls import is_article, url_key

# documents kept at hand: neighbours in time are asked for again and again (about 10 KB each)
_DOCUMENTS = 512
# of the text, by positions of blocks: not compared (links and images carry tokens that change with each request)
_EXTRAS = ("links", "media", "quotes", "entries")
_METADATA = tuple(f.name for f in fields(Reading) if f.name not in ("title", "blocks", *_EXTRAS))
# of these the article's row has a column
_COLUMNS = tuple(name for name in _METADATA if name != "steps")


class _Marked(NamedTuple):
    """What marks leave of a reading: its text and standfirst, and why nothing was hidden, where that is so."""

    text: str
    summary: str
    spared: str | None
    blocks: tuple[Block, ...]
    marks: tuple[Mark | None, ...]


class Reviser:
    """Works within the transaction its caller holds on ``store``. One thread only."""

    def __init__(self, store: Store, without: frozenset[str] = frozenset()) -> None:
        self.store, self.without = store, without
        self.groups = Groups(store)
        self.figures = Figures(store)
        self._invented = bool(store.fictional())
        self._documents: OrderedDict[int, Document] = OrderedDict()
        self._patterns: dict[str, tuple[str, ...]] = {}
        self._publishers: dict[str, str] = {}
        self._verdicts: dict[str, dict[int, str]] = {}

    def attach(
        self, capture: int, url: str, via: Iterable[str], source: str, at: str, page: Page
    ) -> tuple[set[int], set[int]]:
        """Say what a page capture held: its articles, made where they are new, and their readings.

        A story that left a page of several keeps the text it had; it is gone when the page is. Ids and the numbers of
        parts are given as stories arrive, and a story that was rewritten from title to text between two captures is
        told from a new one by what arrived before it; places, texts and revisions follow the order of the captures.

        ``at``: when it was captured. Returns the page's articles that are to be settled, and the others.
        """
        store = self.store
        own: set[int] = set()
        # a redirect leads to the article, and so does a canonical address, which names it best
        canonical = page.canonical if page.canonical and self._is_article(source, page.canonical) else None
        keys = list(dict.fromkeys(url_key(u) for u in (canonical, url, *via) if u))
        first = next((found for key in keys if (found := store.article_at(key)) is not None), None)
        affected: set[int] = set()
        parts = store.parts(first) if first is not None else {}
        page_url = store.article(first)["url"] if first is not None else canonical or url
        known = self._stories(page.readings, parts)
        for position, (reading, article) in enumerate(zip(page.readings, known, strict=True), 1):
            before = store.sighted(article) if article is not None else {}
            if article is not None:
                row = store.article(article)
                source = row["source"]  # whose evidence it is, whoever led here
                renamed = (row["title"], row["headline"]) != (reading.title, reading.headline)
                if at < row["first_seen"]:
                    affected |= self._few_near(source, article, row["first_seen"])
                    affected |= self._few_near(source, article, at)
                    store.seen_first(article, at)
            else:
                part = store.next_part(page_url)
                article = parts[part] = store.add_article(page_url, part, source, capture, at, reading)
                affected |= self._few_near(source, article, at)
                renamed = True
            if position == 1:
                first = parts[min(parts)]
                for key in keys:  # a story of its own until now: it moved to where this one is
                    if store.article_at(key) not in (None, first):
                        affected.update(store.link_gone(capture, key))
                store.add_addresses(first, keys, url_key(url))
            content = _content(reading)
            kept = store.find_reading(article, EXTRACTOR, content[0])
            if kept is None:
                kept = store.add_reading(article, EXTRACTOR, page.payload_sha256, reading, content, at)
                store.set_extras(kept, _extras(reading))
                changed = True
            else:
                changed = at < store.first_at(kept)
                if changed:  # what the earliest capture of it says stands, in whatever order they come
                    store.first_at(kept, at)
                    store.set_extras(kept, _extras(reading))
            confirmed = not changed and store.shown_reading(article) == kept
            store.link(capture, article, kept, position)
            if confirmed and store.touch(article, capture, at):
                if len(parts) > 1:
                    store.set_place(article, position)
                continue  # what was captured last once more: nothing follows from it
            own.add(article)
            if changed:
                affected |= self._sight(article, source, before, renamed)
        return own, affected - own

    def _stories(self, readings: Sequence[Reading], parts: Mapping[int, int]) -> list[int | None]:
        """The article that each story of a page is, None where it is new; ``parts``: those seen on the page so far.

        A page with one story that never had another is that story whatever became of it.
        """
        if len(readings) <= 1 and len(parts) <= 1:
            return [next(iter(parts.values()), None)] * len(readings)
        articles = list(parts.values())
        found = match([Traits.of_reading(reading) for reading in readings], [self._traits(a) for a in articles])
        return [None if n is None else articles[n] for n in found]

    def _traits(self, article: int) -> Traits:
        """What an article is known by: all that was read of it, without what is known to be the page's."""
        store, readings = self.store, self.store.readings(article)
        metadata = [reading["metadata"] for reading in readings.values()]
        pairs = [pair for reading in readings for pair in zip(*store.blocks(reading), strict=True)]
        return Traits.of(
            (title for r in readings.values() for title in (r["title"], r["metadata"]["headline"])),
            (row.get("permalink") for row in metadata),
            (row["published_day"] for row in metadata),
            (block for block, mark in pairs if mark not in ("repeated", "links", "aside", "hidden")),
        )

    def renew(self, article: int) -> set[int]:
        """After captures of an article were read again: what they were read to before goes, and what follows from it.

        Returns whose marks may change by it.
        """
        store = self.store
        before = store.sighted(article)
        store.relink_confirmed(article)
        store.drop_unused_readings(article)
        return self._sight(article, store.article(article)["source"], before) - {article}

    def remove(self, article: int, into: int) -> set[int]:
        """Remove an article that no capture carries any more; its addresses lead to another one from now on.

        Returns whose marks may change by it.
        """
        store = self.store
        source, before = store.article(article)["source"], store.sighted(article)
        self.groups.remove(article)
        self.figures.remove(article)
        store.remove_article(article, into)
        return self._sight(article, source, before) - {article}

    def _is_article(self, source: str, url: str) -> bool:
        """Whether a canonical address can be one: templates declare lists and front pages by mistake."""
        if source not in self._patterns:
            self._patterns[source] = self.store.source(source).articles
        return is_article(url, self._patterns[source])

    def _few_near(self, source: str, article: int, at: str) -> set[int]:
        """The source's other articles around a stamp where they are few: a third speaks for what two share."""
        return {
            other
            for side in self.store.documents_near(source, article, at)
            if not side.full
            for other in side.articles
        }

    def _sight(self, article: int, source: str, before: dict[int, int], renamed: bool = True) -> set[int]:
        """Bring the evidence in line with an article's readings; returns whose marks may change by it.

        ``before``: since when it carried each block, empty for an article that is new. ``renamed``: it may have
        another title than it had.
        """
        store, after = self.store, self.store.sighted(article)
        store.set_sightings(source, article, before, after)
        self._documents.pop(article, None)
        document = self._document(article) if after else Document.of((), ())
        # its title and its prose decide whether another document is the same, for all that they share; where neither
        # changed, that can change for one of its title alone
        other = bool(before) and (renamed or not before.keys() <= after.keys() or not document.prose <= before.keys())
        moved = before.items() ^ after.items()
        by_time: dict[int, list[int]] = {}
        for block, at in before.items() | after.items():
            by_time.setdefault(at, []).append(block)
        affected: set[int] = set()
        for at, blocks in by_time.items():
            near = store.neighbours(source, article, blocks, at)
            for block, sides in near.items():
                for side in sides:
                    # with more than so many on this side of a new document, they had one another before
                    if other or ((block, at) in moved and not side.full):
                        affected.update(side.articles)
                    elif before:
                        affected.update(n for n in side.articles if self._document(n).titles & document.titles)
            concerned = [block for block in blocks if other or (block, at) in moved]
            windows = [(at - WINDOW, at), (at, at + WINDOW)]
            for n, window in enumerate(windows if store.has_later(source, at) else windows[:1]):
                rare = [block for block in concerned if block not in near or not near[block][n].full]
                affected |= store.seen_again(source, article, rare, at, window)
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
        seen = [_seen(s, readings[s.reading], texts[s.reading]) for s in steps if s.reading is not None]
        found = list(stretches(seen))
        if not found:
            return []
        kept = {revision.first_capture: revision for revision in store.revisions(article)}
        revisions = self._write_revisions(row, found, kept)
        last = found[-1].first
        digest = _sha256(last.text)
        earlier = kept.get(last.capture)
        ours = cause if earlier is None else cause or "marks"
        if row["text_sha256"] not in ("", digest) and (earlier is None or earlier.text_sha256 != digest) and ours:
            store.add_derivation(article, now, ours, EXTRACTOR, digest)
        proof = _proof(steps, found[-1])
        reading = _dated(readings[proof.reading or 0], steps, readings)
        metadata = reading["metadata"]
        language = metadata.get("language_detected") or metadata.get("language")
        store.set_text(
            article,
            {
                **{name: metadata.get(name) for name in _COLUMNS},
                "authors": json.dumps(metadata.get("authors", []), ensure_ascii=False),
                "tags": json.dumps(metadata["tags"], ensure_ascii=False),
                **_doubts(reading, self._invented),
                "title": last.title,
                "summary": last.summary or None,
                "first_seen": seen[0].at,
                "last_checked": steps[-1].at,
                "gone_at": _gone_at(steps),
                "text": last.text,
                "words": len(last.text.split()),
                "text_sha256": digest,
                "spared": texts[reading["id"]].spared,
                "revisions": len(found),
                "position": store.place(article),
                "capture": proof.capture,
                "extractor": reading["extractor"],
            },
            indexed(last.title, last.whole, language)
            if (row["text_sha256"], row["title"], row["summary"] or "", row["language_detected"] or row["language"])
            != (digest, last.title, last.summary, language)
            or not store.stemmed(article)
            else None,
        )
        left = texts[reading["id"]]
        store.set_parts(article, shown(json.loads(reading["extras"]), left.blocks, left.marks))
        self.groups.update(article)
        if not self._invented:  # an invented ministry's losses are nobody's
            self.figures.update(article, self._told(row["source"], revisions, steps, readings, texts))
        return [s.capture for s in seen]

    def _told(
        self,
        source: str,
        revisions: Mapping[int, int],
        steps: list[Step],
        readings: dict[int, dict[str, Any]],
        texts: Mapping[int, _Marked],
    ) -> Iterator[Told]:
        """What an article's revisions show; ``revisions``: first capture → revision."""
        for step in steps:
            if step.capture not in revisions or step.reading is None:
                continue
            metadata = _dated(readings[step.reading], steps, readings)["metadata"]
            yield Told(
                revisions[step.capture],
                readings[step.reading]["title"],
                texts[step.reading].blocks,
                texts[step.reading].marks,
                metadata.get("language"),
                metadata.get("published_day"),
                metadata.get("publisher") or self._publisher(source),
            )

    def _publisher(self, source: str) -> str:
        if source not in self._publishers:
            known = self.store.source(source)
            self._publishers[source] = known.publisher or known.name
        return self._publishers[source]

    def _text(self, reading: dict[str, Any], row: dict[str, Any]) -> _Marked:
        """Mark a reading's blocks by the evidence of its time."""
        store, article, source = self.store, row["id"], row["source"]
        blocks, old = store.blocks(reading["id"])
        near = store.neighbours(source, article, {b.hash for b in blocks}, seconds(reading["first_at"]))
        others = {h: [*earlier.articles, *later.articles] for h, (earlier, later) in near.items()}
        many = (
            bool(others)
            and sum(len(side.articles) for side in store.documents_near(source, article, row["first_seen"])) >= 2
        )
        repeated = repeated_blocks(self._document(article), others, self._document, many)
        if source not in self._verdicts:
            self._verdicts[source] = store.verdicts(source)
        marking = mark_blocks(blocks, _own(reading), repeated, self._verdicts[source], self.without)
        marks = marking.marks
        changed = {i: mark for i, (mark, was) in enumerate(zip(marks, old, strict=True)) if mark != was}
        if changed:
            store.set_marks(reading["id"], changed)
        standfirst = [block for block, mark in zip(blocks, marks, strict=True) if mark == "summary"]
        summary = compose(standfirst, [None] * len(standfirst))
        return _Marked(compose(blocks, marks), summary, marking.spared, blocks, marks)

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

    def _write_revisions(
        self, article: dict[str, Any], found: list[Stretch], kept: dict[int, Revision]
    ) -> dict[int, int]:
        """Returns the revisions by the first capture of each."""
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
        return {capture: ids[capture] for capture in starts}


def _proof(steps: list[Step], last: Stretch) -> Step:
    """The latest capture of a stretch that carries its text itself."""
    inside = set(last.captures)
    own = [s for s in steps if s.capture in inside]
    return next((s for s in reversed(own) if s.own), own[-1])


def _doubts(reading: dict[str, Any], invented: bool) -> dict[str, str | None]:
    """What speaks against the times of a reading: what its page says, and when it was captured first.

    ``invented``: its pages are a demonstration's, whose days are none of ours.
    """
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


def _dated(reading: dict[str, Any], steps: list[Step], readings: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """A reading with the date that its page stated for the story while it was the only one or the first on it."""
    metadata = reading["metadata"]
    if metadata["published"] is None and "split" in metadata.get("steps", ()):
        for step in reversed(steps):
            stated = readings[step.reading]["metadata"] if step.reading is not None else metadata
            if stated["published"] is not None:
                dates = {name: value for name, value in stated.items() if name.startswith("published")}
                return {**reading, "metadata": {**metadata, **dates}}
    return reading


def _own(reading: dict[str, Any]) -> Own:
    """What a reading says of itself by its fields."""
    metadata = reading["metadata"]
    days = (metadata.get(name) for name in ("published", "published_day", "modified"))
    return Own(
        _titles(reading),
        metadata.get("byline"),
        metadata.get("agency"),
        frozenset(day[:10] for day in days if day),
    )


def _seen(step: Step, reading: dict[str, Any], marked: _Marked) -> Seen:
    """What a capture said, with when the page was changed last as it says itself."""
    stated = reading["metadata"].get("modified") or reading["metadata"].get("published")
    return Seen(step.capture, step.at, reading["title"], marked.text, marked.summary, stated)


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

"""Brings an article in line with its captures: readings, marks, text, revisions, search text.

The one way to a text, for a crawl, an import of older captures and a rebuild alike: everything here is a function
of captures, marks and rules, never of the order in which they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archive.boilerplate import Document
from archive.diff import Stretch
from archive.elements import shown
from archive.figures import Figures, Told
from archive.fingerprint import EXTRACTOR
from archive.group import Groups
from archive.marking import Marker
from archive.models import WINDOW, Page, Reading
from archive.parts import Traits, match
from archive.settling import Worked, content, dated, extras, lasting, sha256, worded, work_out
from archive.store import Revision, Store
from archive.urls import is_article, url_key


class Reviser:
    """Works within the transaction its caller holds on ``store``. One thread only."""

    def __init__(self, store: Store, without: frozenset[str] = frozenset()) -> None:
        self.store = store
        self.marker = Marker(store, without)
        self.groups = Groups(store)
        self.figures = Figures(store)
        self._patterns: dict[str, tuple[str, ...]] = {}
        self._publishers: dict[str, str] = {}

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
                    affected |= self.few_near(source, article, row["first_seen"])
                    affected |= self.few_near(source, article, at)
                    store.seen_first(article, at)
            else:
                part = store.next_part(page_url)
                article = parts[part] = store.add_article(page_url, part, source, capture, at, reading)
                affected |= self.few_near(source, article, at)
                renamed = True
            if position == 1:
                first = parts[min(parts)]
                for key in keys:  # a story of its own until now: it moved to where this one is
                    if store.article_at(key) not in (None, first):
                        affected.update(store.link_gone(capture, key))
                store.add_addresses(first, keys, url_key(url))
            says = content(reading)
            kept = store.find_reading(article, EXTRACTOR, says[0])
            if kept is None:
                kept = store.add_reading(article, EXTRACTOR, page.payload_sha256, reading, says, at)
                store.set_extras(kept, extras(reading))
                changed = True
            else:
                changed = at < store.first_at(kept)
                if changed:  # what the earliest capture of it says stands, in whatever order they come
                    store.first_at(kept, at)
                    store.set_extras(kept, extras(reading))
            confirmed = not changed and store.shown_reading(article) == kept
            store.link(capture, article, kept, position)
            if confirmed and store.touch(article, capture, at):
                if len(parts) > 1:
                    store.set_place(article, position)
                continue  # what was captured last once more: nothing follows from it
            own.add(article)
            if changed:
                affected |= self.sight(article, source, before, renamed)
        return own, affected - own

    def _stories(self, readings: Sequence[Reading], parts: Mapping[int, int]) -> list[int | None]:
        """The article that each story of a page is, None where it is new; ``parts``: those seen on the page so far.

        A page with one story that never had another is that story whatever became of it.
        """
        if len(readings) <= 1 and len(parts) <= 1:
            return [next(iter(parts.values()), None)] * len(readings)
        articles = list(parts.values())
        found = match([Traits.of_reading(reading) for reading in readings], [self.traits(a) for a in articles])
        return [None if n is None else articles[n] for n in found]

    def traits(self, article: int) -> Traits:
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
        return self.sight(article, store.article(article)["source"], before) - {article}

    def remove(self, article: int, into: int) -> set[int]:
        """Remove an article that no capture carries any more; its addresses lead to another one from now on.

        Returns whose marks may change by it.
        """
        source, before = self._leave(article)
        self.store.remove_article(article, into)
        return self.sight(article, source, before) - {article}

    def forget(self, article: int, seq: int) -> set[int]:
        """Remove an article for good; ``seq``: the entry of the chain that says so.

        Returns whose marks may change by it.
        """
        source, before = self._leave(article)
        self.store.drop_article(article, seq)
        affected = self.sight(article, source, before) - {article}
        self.store.drop_verdicts(source, before)
        return affected

    def _leave(self, article: int) -> tuple[str, dict[int, int]]:
        """Take an article that is about to go out of stories and figures; its source, and the evidence it gave."""
        self.groups.remove(article)
        self.figures.remove(article)
        return self.store.article(article)["source"], self.store.sighted(article)

    def _is_article(self, source: str, url: str) -> bool:
        """Whether a canonical address can be one: templates declare lists and front pages by mistake."""
        if source not in self._patterns:
            self._patterns[source] = self.store.source(source).articles
        return is_article(url, self._patterns[source])

    def few_near(self, source: str, article: int, at: str) -> set[int]:
        """The source's other articles around a stamp where they are few: a third speaks for what two share."""
        return {
            other
            for side in self.store.documents_near(source, article, at)
            if not side.full
            for other in side.articles
        }

    def sight(self, article: int, source: str, before: dict[int, int], renamed: bool = True) -> set[int]:
        """Bring the evidence in line with an article's readings; returns whose marks may change by it.

        ``before``: since when it carried each block, empty for an article that is new. ``renamed``: it may have
        another title than it had.
        """
        store, after = self.store, self.store.sighted(article)
        store.set_sightings(source, article, before, after)
        self.marker.drop(article)
        document = self.marker.document(article) if after else Document.of((), ())
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
                        affected.update(n for n in side.articles if self.marker.document(n).titles & document.titles)
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
        row, invented = store.article(article), bool(store.fictional())
        worked = work_out(self.marker, row, invented)
        if worked is None:
            return []
        for reading, marked in worked.texts.items():
            if marked.changed:
                store.set_marks(reading, marked.changed)
        found, shows = worked.stretches, worked.row
        kept = {revision.first_capture: revision for revision in store.revisions(article)}
        revisions = self._write_revisions(row, found, kept)
        last, digest = found[-1].first, shows["text_sha256"]
        earlier = kept.get(last.capture)
        ours = cause if earlier is None else cause or "marks"
        if row["text_sha256"] not in ("", digest) and (earlier is None or earlier.text_sha256 != digest) and ours:
            store.add_derivation(article, now, ours, EXTRACTOR, digest)
        was = (row["text_sha256"], row["title"], row["summary"] or "", row["language_detected"] or row["language"])
        same = was == (digest, last.title, last.summary, worked.language) and store.stemmed(article)
        store.set_text(article, shows, None if same else worked.search)
        left = worked.texts[worked.reading["id"]]
        store.set_parts(article, shown(json.loads(worked.reading["extras"]), left.blocks, left.marks))
        self.groups.update(article)
        if not invented:  # an invented ministry's losses are nobody's
            self.figures.update(article, self._told(row["source"], revisions, worked))
        return [s.capture for s in worked.steps if s.reading is not None]

    def _told(self, source: str, revisions: Mapping[int, int], worked: Worked) -> Iterator[Told]:
        """What an article's revisions show; ``revisions``: first capture → revision."""
        for step in worked.steps:
            if step.capture not in revisions or step.reading is None:
                continue
            reading, text = worked.readings[step.reading], worked.texts[step.reading]
            metadata = dated(reading, worked.steps, worked.readings)["metadata"]
            yield Told(
                revisions[step.capture],
                reading["title"],
                text.blocks,
                text.marks,
                metadata.get("language"),
                metadata.get("published_day"),
                metadata.get("publisher") or self._publisher(source),
            )

    def _publisher(self, source: str) -> str:
        if source not in self._publishers:
            known = self.store.source(source)
            self._publishers[source] = known.publisher or known.name
        return self._publishers[source]

    def _write_revisions(
        self, article: dict[str, Any], found: list[Stretch], kept: dict[int, Revision]
    ) -> dict[int, int]:
        """Returns the revisions by the first capture of each."""
        ids: dict[int, int] = {}  # capture → its revision
        unchanged_before = True
        for number, stretch in enumerate(found, 1):
            first = stretch.first
            old = kept.get(first.capture)
            same = old is not None and (old.number, old.text_sha256, old.title, old.summary or "") == (
                number,
                sha256(first.text),
                first.title,
                first.summary,
            )
            row = lasting(found, number)
            if not (same and unchanged_before):
                row |= {"article": article["id"], "source": article["source"], **worded(found, number)}
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

"""Which blocks of an article's readings are its text, by the evidence of their time.

Reads the store, writes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

from archive.boilerplate import Document, Own, compose, mark_blocks, repeated_blocks
from archive.fingerprint import IMPORTED, block_hash
from archive.models import Block, Mark
from archive.store import Store, seconds

# documents kept at hand: neighbours in time are asked for again and again (about 10 KB each)
_DOCUMENTS = 512


class Marked(NamedTuple):
    """What marks leave of a reading: its text and standfirst, and why nothing was hidden, where that is so.

    ``changed``: the marks that stand otherwise in the store, by position.
    """

    text: str
    summary: str
    spared: str | None
    blocks: tuple[Block, ...]
    marks: tuple[Mark | None, ...]
    changed: dict[int, Mark | None]


class Marker:
    """Marks readings; keeps some documents at hand, which :meth:`drop` lets go of where one changed.

    ``without``: marks that are not given.
    """

    def __init__(self, store: Store, without: frozenset[str] = frozenset()) -> None:
        self.store, self.without = store, without
        self._documents: OrderedDict[int, Document] = OrderedDict()
        self._verdicts: dict[str, dict[int, str]] = {}

    def marked(self, reading: dict[str, Any], row: dict[str, Any]) -> Marked:
        """A reading with its marks; ``row``: of its article.

        One that came without its page keeps the marks that it came with: what they rest on was left behind.
        """
        store, article, source = self.store, row["id"], row["source"]
        blocks, old = store.blocks(reading["id"])
        if reading["extractor"] == IMPORTED:
            return _marked(blocks, old, reading["metadata"].get("spared"), {})
        near = store.neighbours(source, article, {b.hash for b in blocks}, seconds(reading["first_at"]))
        others = {h: [*earlier.articles, *later.articles] for h, (earlier, later) in near.items()}
        many = (
            bool(others)
            and sum(len(side.articles) for side in store.documents_near(source, article, row["first_seen"])) >= 2
        )
        repeated = repeated_blocks(self.document(article), others, self.document, many)
        if source not in self._verdicts:
            self._verdicts[source] = store.verdicts(source)
        marking = mark_blocks(blocks, _own(reading), repeated, self._verdicts[source], self.without)
        marks = marking.marks
        changed = {i: mark for i, (mark, was) in enumerate(zip(marks, old, strict=True)) if mark != was}
        return _marked(blocks, marks, marking.spared, changed)

    def document(self, article: int) -> Document:
        """An article as evidence."""
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

    def learn(self) -> None:
        """Something was decided on blocks: it is asked for again."""
        self._verdicts.clear()

    def drop(self, article: int) -> None:
        """What an article was read to changed."""
        self._documents.pop(article, None)


def _marked(
    blocks: tuple[Block, ...], marks: tuple[Mark | None, ...], spared: str | None, changed: dict[int, Mark | None]
) -> Marked:
    standfirst = [block for block, mark in zip(blocks, marks, strict=True) if mark == "summary"]
    summary = compose(standfirst, [None] * len(standfirst))
    return Marked(compose(blocks, marks), summary, spared, blocks, marks, changed)


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


def _titles(reading: dict[str, Any]) -> frozenset[int]:
    return frozenset(block_hash(t) for t in (reading["title"], reading["metadata"]["headline"]) if t)

"""Keeps figures in line with the texts: what each text of an article states, and how that stands to other pages.

Every text that shows has its figures, so that what was claimed for a day can be asked as of any moment. A text is
read again where it changed, or the reader did (:data:`archive.facts.VERSION`); which of several pages' figures for
one day is taken is decided anew whenever one of these pages changes.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from archive.facts import VERSION, read_figures
from archive.facts.registry import registry
from archive.models import Block, Facts, Mark, Unread
from archive.standings import stand
from archive.store import Store
from archive.store_figures import Day

logger = logging.getLogger(__name__)

# blocks and characters of a text that are read, from its beginning: a page of nothing but so many lines of losses
# takes a second or two
BLOCKS, CHARACTERS = 1_000, 200_000


class Told(NamedTuple):
    """What a revision shows: its title and the blocks of its reading with their marks; ``day``: published on.

    ``publisher``: as the page states it, else as is known of its source.
    """

    revision: int
    title: str
    blocks: Sequence[Block]
    marks: Sequence[Mark | None]
    language: str | None
    day: str | None
    publisher: str | None


class Figures:
    """Works within the transaction its caller holds on ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def update(self, article: int, texts: Iterable[Told]) -> None:
        """Bring an article's figures in line with its texts, their times and its source.

        ``texts``: of all its revisions that are not folded.
        """
        store = self.store
        read = store.figures_read(article)
        before = store.figure_days(article)
        for told in texts:
            shown = {n: b for n, (b, mark) in enumerate(zip(told.blocks, told.marks, strict=True)) if _is_text(mark)}
            digest = _digest(told, shown)
            if read.pop(told.revision, None) == digest:
                continue
            places = _first(shown)
            facts = _read(told, [shown[place] for place in places])
            store.put_figures(
                article,
                told.revision,
                digest,
                [f if f.position < 0 else f._replace(position=places[f.position]) for f in facts.figures],
                [u if u.position < 0 else u._replace(position=places[u.position]) for u in facts.unread],
            )
        for folded in read:
            store.drop_figures(article, folded)
        if days := before | store.figure_days(article):
            store.date_figures(article)
            self._settle(days)

    def remove(self, article: int) -> None:
        """Take an article's figures out, before its row goes."""
        days = self.store.figure_days(article)
        self.store.drop_figures(article)
        self._settle(days)

    def _settle(self, days: Iterable[Day]) -> None:
        for day in sorted(days):
            self.store.set_standings(day, stand(self.store.claims_of(day)))


def _read(told: Told, blocks: Sequence[Block]) -> Facts:
    """What a text states; one that the reader fails at is noted among those that were not read."""
    try:
        return read_figures(told.title, blocks, language=told.language, day=told.day, publisher=told.publisher)
    except Exception as error:  # noqa: BLE001  an odd page costs its figures, not the crawl that brought it
        logger.warning("revision %s: its figures could not be read: %r", told.revision, error)
        return Facts(unread=(Unread(-1, told.title, f"the reader failed: {type(error).__name__}"),))


def _is_text(mark: Mark | None) -> bool:
    """Whether readers see a block as part of the text; the standfirst stands above it."""
    return mark is None or mark == "summary"


def _first(shown: Mapping[int, Block]) -> list[int]:
    """The places of the blocks that are read."""
    read = accumulate(len(block.text) for block in shown.values())
    return [place for place, sofar in zip(shown, read, strict=True) if sofar <= CHARACTERS][:BLOCKS]


def _digest(told: Told, shown: Mapping[int, Block]) -> str:
    """The SHA-256 of all that a text's figures follow from."""
    blocks = [(n, block.kind, block.text) for n, block in shown.items()]
    stated = [told.title, told.language, told.day, told.publisher]
    said = json.dumps([_version(), *stated, blocks], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def _version() -> str:
    """What texts are read with: the reader's version, and the words it knows."""
    tables = json.dumps(registry().tables, ensure_ascii=False, sort_keys=True, default=str)
    return f"{VERSION} {hashlib.sha256(tables.encode()).hexdigest()}"

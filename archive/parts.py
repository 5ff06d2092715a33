"""Which of a page's stories is which of those that were seen on it before. Pure.

A story is known by its own address, else by its heading, else by its text; of several that could be it, the one with
most of its text is. Nothing depends on where it stands on the page. A heading is not enough where both state a day
and it is another one: daily reports are titled alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.fingerprint import letters, words_in
from archive.models import Block, Reading

# a story with another heading is the same one from this share of the shorter text on, by the words of its blocks:
# what stands on the page with both of them (a sidebar) is less where a story is as long as a story
SAME = 0.5


@dataclass(frozen=True, slots=True)
class Traits:
    """What a story is known by. ``words``: of each of its blocks, by hash."""

    permalinks: frozenset[str]
    titles: frozenset[str]
    days: frozenset[str]
    words: Mapping[int, int]

    @classmethod
    def of(
        cls,
        titles: Iterable[str | None],
        permalinks: Iterable[str | None],
        days: Iterable[str | None],
        blocks: Iterable[Block],
    ) -> Traits:
        """The traits of a story, of all that was read of it; what is None is not known."""
        return cls(
            frozenset(link for link in permalinks if link),
            frozenset(key for title in titles if title and (key := letters(title))),
            frozenset(day for day in days if day),
            {block.hash: words_in(block.text) or 1 for block in blocks},
        )

    @classmethod
    def of_reading(cls, reading: Reading) -> Traits:
        """The traits of what one page says."""
        return cls.of(
            (reading.title, reading.headline), (reading.permalink,), (reading.published_day,), reading.blocks
        )

    def shares(self, other: Traits) -> float:
        """How much of the shorter text stands in the other one too, 0 to 1."""
        shorter, longer = sorted((self.words, other.words), key=lambda words: sum(words.values()))
        total = sum(shorter.values())
        return sum(count for block, count in shorter.items() if block in longer) / total if total else 0.0


def match(stories: Sequence[Traits], known: Sequence[Traits]) -> list[int | None]:
    """The index of the known story that each story of a page is, None where it is new; each is one at most."""
    pairs = []
    for n, story in enumerate(stories):
        for k, other in enumerate(known):
            linked = not story.permalinks.isdisjoint(other.permalinks)
            if story.permalinks and other.permalinks and not linked:
                continue
            share = story.shares(other)
            another_day = bool(story.days and other.days) and story.days.isdisjoint(other.days)
            titled = not story.titles.isdisjoint(other.titles) and (share >= SAME or not another_day)
            if linked or titled or share >= SAME:
                pairs.append((-linked, -titled, -share, k, n))
    found: list[int | None] = [None] * len(stories)
    for *_, k, n in sorted(pairs):
        if found[n] is None and k not in found:
            found[n] = k
    return found

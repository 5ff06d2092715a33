"""Revisions as stretches of captures, and the words that changed between two texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# changed words of one text times those of the other up to which they are compared one by one (some 10 ms)
WORD_BY_WORD = 250_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture of an article, with the text its page held then. ``at`` is a stamp."""

    capture: int
    at: str
    title: str
    text: str
    summary: str = ""

    @property
    def whole(self) -> str:
        """Standfirst and text: what is searched, and counted where words changed."""
        return f"{self.summary}\n\n{self.text}" if self.summary else self.text


@dataclass(slots=True)
class Stretch:
    """Consecutive captures with one title, standfirst and text: a revision."""

    first: Seen
    seen_to: str
    captures: list[int]


def stretches(history: Iterable[Seen]) -> Iterator[Stretch]:
    """The stretches of a history in order of time; what is compared is compared without regard to white space.

    A text that returns later opens a new stretch (A, B, A is three).
    """
    current: Stretch | None = None
    for seen in history:
        if (
            current is not None
            and _equal(seen.whole, current.first.whole)
            and _equal(seen.title, current.first.title)
        ):
            current.seen_to = seen.at
            current.captures.append(seen.capture)
            continue
        if current is not None:
            yield current
        current = Stretch(seen, seen.at, [seen.capture])
    if current is not None:
        yield current


def _equal(a: str, b: str) -> bool:
    return a == b or a.split() == b.split()


def words_changed(old: str, new: str) -> tuple[int, int]:
    """(added, removed) words from one text to the next, by longest matching runs (Ratcliff and Obershelp).

    Where more changed than is compared word by word, whole sentences count as changed.
    """
    before, after = old.split(), new.split()
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    # most edits touch one place: what is equal at both ends never reaches the quadratic part
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(before) * len(after) > WORD_BY_WORD:
        before, after = _sentences(before), _sentences(after)
    added = removed = 0
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += sum(len(text.split()) for text in before[a1:a2])
            added += sum(len(text.split()) for text in after[b1:b2])
    return added, removed


def _sentences(words: list[str]) -> list[str]:
    return re.split(r"(?<=[.!?…;:]) ", " ".join(words)) if words else []

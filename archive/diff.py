"""Revisions as stretches of captures, and the words that changed between two texts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture of an article, with the text its page held then. ``at`` is a stamp."""

    capture: int
    at: str
    title: str
    text: str


@dataclass(slots=True)
class Stretch:
    """Consecutive captures with one title and text: a revision."""

    first_capture: int
    seen_from: str
    seen_to: str
    title: str
    text: str
    captures: list[int]


def stretches(history: Iterable[Seen]) -> Iterator[Stretch]:
    """The stretches of a history in order of time; title and text are compared without regard to white space.

    A text that returns later opens a new stretch (A, B, A is three).
    """
    current: Stretch | None = None
    for seen in history:
        if current is not None and _equal(seen.text, current.text) and _equal(seen.title, current.title):
            current.seen_to = seen.at
            current.captures.append(seen.capture)
            continue
        if current is not None:
            yield current
        current = Stretch(seen.capture, seen.at, seen.at, seen.title, seen.text, [seen.capture])
    if current is not None:
        yield current


def _equal(a: str, b: str) -> bool:
    return a == b or a.split() == b.split()


def words_changed(old: str, new: str) -> tuple[int, int]:
    """(added, removed) words from one text to the next, by longest matching runs (Ratcliff and Obershelp)."""
    added = removed = 0
    for tag, a, b in _opcodes(old.split(), new.split()):
        if tag != "equal":
            removed += a
            added += b
    return added, removed


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    # most edits touch one place: what is equal at both ends never reaches the quadratic part
    middle = SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=len(old) + len(new) > 4000
    )
    for tag, a1, a2, b1, b2 in middle.get_opcodes():
        yield tag, a2 - a1, b2 - b1

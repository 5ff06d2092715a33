"""What a check finds: differences, each named exactly, and what could not be told. Pure values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

# differences that are kept to be said; all are counted. One takes 300 bytes
MOST = 10_000
# and notes
_NOTES = 100
# of one kind, lines that are said before the rest of them is counted
_SAID = 20
# what a kind is told by: so many words, without numbers, digests and what stands in quotes
_WORDS = 4
_PARTICULAR = re.compile(r"“[^”]*”|\([^)]*\)|\b[0-9a-f]{16,}\b|\d+")


class Difference(NamedTuple):
    """Something that is not as it should be. ``where``: what it is about (capture 17); ``what``: how it differs."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Findings:
    """What a check finds.

    ``checked`` counts what was looked at, by its name; ``notes``: lines on what could not be told, and why, none of
    which says that anything is wrong; ``unread``: texts by the extractor version that read them and is not at hand.
    ``signed``: the key that signed last, and which entry of the chain; ``unsigned``: entries behind a key that are
    without a signature.
    """

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.total = 0
        self.checked: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.signed: tuple[str, int] | None = None
        self.unsigned = 0
        self.notes: list[str] = []

    def differs(self, where: str, what: str) -> None:
        """Note a difference."""
        self.total += 1
        if len(self.differences) < MOST:
            self.differences.append(Difference(where, what))

    def note(self, line: str) -> None:
        """Note what could not be told."""
        if line not in self.notes and len(self.notes) < _NOTES:
            self.notes.append(line)

    def lines(self, every: bool) -> Iterator[str]:
        """The differences as lines; of one kind the first ones and how many more, or every one that is kept."""
        kinds: Counter[str] = Counter()
        for one in self.differences:
            kind = " ".join(_PARTICULAR.sub("", one.what).split()[:_WORDS])
            kinds[kind] += 1
            if every or kinds[kind] <= _SAID:
                yield str(one)
        more = sum(kinds.values()) - sum(min(count, _SAID) for count in kinds.values()) if not every else 0
        if more:
            yield f"and {more} more of these kinds (--all names them)"
        if self.total > len(self.differences):
            yield f"and {self.total - len(self.differences)} differences more"


def counted(count: int, what: str) -> str:
    """So many of something; ``what`` in the plural, one word of which is made singular where there is one."""
    if count != 1:
        return f"{count:,} {what}"
    first, _, rest = what.removeprefix("WARC ").partition(" ")
    one = f"{first[:-3]}y" if first.endswith("ies") else first.removesuffix("s")
    return " ".join(["1", *(["WARC"] if what.startswith("WARC ") else []), one, *([rest] if rest else [])])


def short(value: object) -> str:
    """A value as a line names it."""
    text = "nothing" if value is None else " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:77]}…"

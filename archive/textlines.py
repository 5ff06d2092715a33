"""The lines of a text as one would set them: what was wrapped or broken off made whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from archive.fingerprint import letters

# a line with more letters than this is text, as against what stands with a title
SHORT = 60
# characters of a line that is prose
_LONG = 120
# a file's lines are wrapped where so many breaks, and this share of all, stand where the next word would not fit
_BREAKS, _WRAPPED, _WIDTHS = 5, 0.85, range(40, 121)
_ITEMS = "-*•·‣◦●▪■+"
_BULLET = re.compile(rf"^(?:[{re.escape(_ITEMS)}]|\d{{1,2}}[.)])\s+(?=\S)")
# rows of stars and dashes
_RULE = re.compile(r"[\W_]{3,}")
SENTENCE = re.compile(r"[.!?…。！？][»\"”’')\]]*$")
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u200e\u200f\ufdd0-\ufdd2\ufeff\ufffe\uffff]")


class Line(NamedTuple):
    """A line of a text: what it is made of, and its words. ``ruled``: a row of stars or dashes stands before it."""

    kind: str
    text: str
    ruled: bool = False

    @property
    def bare(self) -> str:
        """Its words without what makes it an item."""
        return _BULLET.sub("", self.text, count=1) if self.kind == "li" else self.text

    @property
    def short(self) -> bool:
        """Whether it can stand with a title."""
        return len(letters(self.text)) <= SHORT


def read_lines(text: str) -> list[Line]:
    """The lines of a text as one would set them: what was wrapped or broken within a sentence is one line again."""
    raws = [_UNSEEN.sub("", line).replace("\t", "    ").rstrip() for line in _BREAK.sub("\n", text).split("\n")]
    found = [" ".join(line.split()) for line in raws]
    width = _width(raws)
    separated = _is_separated(found)
    lines: list[Line] = []
    before = ""  # the line right above, none behind a blank one
    ruled, indent = False, 0
    for raw, plain in zip(raws, found, strict=True):
        if not letters(plain):
            ruled, before = ruled or _RULE.fullmatch(plain) is not None, ""
            continue
        bullet = _BULLET.match(plain)
        inner, indent = len(raw) - len(raw.lstrip()) > indent + 1, len(raw) - len(raw.lstrip())
        if before and not bullet and not inner and _goes_on(before, plain, width):
            lines[-1] = lines[-1]._replace(text=f"{lines[-1].text} {plain}")
        elif bullet and bullet[0][0] in _ITEMS:
            lines.append(Line("li", plain, ruled))
        else:
            paragraph = not before or (SENTENCE.search(before) if width else not separated)
            lines.append(Line("p" if paragraph else "line", plain, ruled))
        before, ruled = raw, False
    return lines


def _width(lines: Sequence[str]) -> int:
    """The width at which a file's lines are wrapped, 0 where they are not."""
    pairs = [(line, after) for line, after in pairwise(lines) if line and after and not SENTENCE.search(line)]
    if len(pairs) < _BREAKS:
        return 0
    lengths = sorted(len(line) for line, _ in pairs)
    width = lengths[-1 - len(lengths) // 50]  # an address or two may be longer
    if width not in _WIDTHS:
        return 0
    full = sum(len(line) + 1 + len(after.split()[0]) > width for line, after in pairs)
    return width if full >= _BREAKS and full >= _WRAPPED * len(pairs) else 0


def _is_separated(lines: Sequence[str]) -> bool:
    """Whether blank lines part the paragraphs: behind most of the lines that end as prose does one stands."""
    prose = [not after for line, after in pairwise(lines) if len(line) > _LONG and SENTENCE.search(line)]
    return 2 * sum(prose) >= len(prose) if prose else not all(lines[:-1])


def _goes_on(before: str, line: str, width: int) -> bool:
    """Whether a line is the rest of the one before: that was full, or it is long and breaks off between two words."""
    if width:
        return len(before) + 1 + len(line.split()[0]) > width
    return len(before) > _LONG and before[-1].isalpha() and line[0].islower()

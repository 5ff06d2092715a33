"""The sentences of a page in order, with the block that each stands in. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archive.facts.registry import plain
from archive.models import Block

# a longer block is no report's paragraph; what is behind that is not read
_MOST = 20_000
# nor is a longer sentence one of its: the longest that close a briefing have 900 characters
_LONGEST = 4_000
# an abbreviation is no longer
_LAST = 12
# the signs that reports put before a paragraph: arrows, boxes, dingbats, pictures
_SIGNS = "•\u2190-\u21ff\u25a0-\u27bf\U0001f300-\U0001faff"
_ENDS = re.compile(
    r"\n+|(?<=[.!?…])[\"'”’»)]{0,3}\s+(?=[\"'“«„(\W]{0,4}[A-ZА-ЯІЇЄҐ\d" + _SIGNS + r"])|\s+(?=[" + _SIGNS + "])"
)
# behind these a full stop ends no sentence; behind a thousand even where a number follows
_SHORT = re.compile(
    r"(?:\b(?:U\.S|U\.K|Gen|Lt|Maj|Col|Mr|No|St|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|approx|тыс|млн|ед|им|ул|г|гг|т|н\.п|р|[A-ZА-ЯІ]))\.$"
)
_BULLET = re.compile(f"[{_SIGNS}]" + r"|[-–—*]\s")


class Sentence(NamedTuple):
    """``position``: of its block, -1 the title. ``plain``: its text as patterns read it, as long as ``text``.

    ``opens``: a new section begins with it: a bullet or a heading.
    """

    position: int
    text: str
    plain: str
    opens: bool


def read_sentences(title: str, blocks: Sequence[Block]) -> Iterator[Sentence]:
    """Title and blocks, sentence by sentence."""
    if title.strip():
        yield Sentence(-1, title.strip(), plain(title.strip()), True)
    for position, block in enumerate(blocks):
        for text in _parted(block.text[:_MOST]):
            opens = _BULLET.match(text) is not None or block.kind == "heading"
            yield Sentence(position, text, plain(text), opens)


def _parted(text: str) -> Iterator[str]:
    start = 0
    for end in _ENDS.finditer(text):
        piece = text[start : end.start()]
        if "\n" not in end.group() and _SHORT.search(piece[-_LAST:].rstrip("\"'”’»)")):
            continue
        if piece.strip():
            yield piece.strip()[:_LONGEST]
        start = end.end()
    if text[start:].strip():
        yield text[start:].strip()[:_LONGEST]

"""Which blocks of a reading are not part of its text, and why. Pure.

What repeats is judged over distinct documents of one source within 90 days either side of a capture.

Observed (540 labelled pages of 94 hosts, plain trafilatura page-F1 .865, rules below .918, no page loses more
than .2 of its recall):
  - a text that stands on two addresses must not be taken for boilerplate of itself: telling documents apart
    matters more than any other guard (without it 42 pages are damaged);
  - evidence from the readings is worth as much as from all elements of the pages (.918 against .919);
  - a block counts as links from half of its letters, its own or its whole list's.
The unacceptable error is to hide what the page itself says. So: only an unbroken run at the head or the tail of
the text is hidden, and three or more link blocks in a row within it; figure lines ("tanks – 3667 (+2)") are
never hidden and end a run; headline, byline and date lines are never hidden and do not end one; and where
hardly anything would be left, nothing is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.models import Block, Mark

# a block is a list of links from this share of its letters on (measured: .3 and .4 cost a page, .7 gains less)
LINKS = 0.5
# fewer words than this left: nothing is hidden (a one-sentence flash has about as many)
LEAST = 10
# this many link blocks in a row are a menu wherever they stand
MENU = 3
# same title: one document from this share of the shorter text on
SAME_TITLE = 0.7
# any title: one document from this share of the shorter text's paragraphs on, of at least so many words
SAME_PROSE, PROSE_WORDS = 0.5, 30
# a paragraph, as against a line of furniture, has this many words
PARAGRAPH = 20

_NUMBER = r"(?:[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f,.]\d{3})+|\d+)"
_FIGURE = re.compile(
    r"\(\+\s?\d[\d\s,.]*[^()\d]{0,30}\)|\(\+\)|\d\s?\(0\)"  # (+2), (+20 over the day), (+), 3617 (0)
    r"|^(?!.*(?:©|copyright))\D{2,80}(?:\s[‒–—-]\s?|[‒–—:]\s)(?:\D{2,20}\s)?"  # tanks – about …
    rf"{_NUMBER}(?:\s[^\W\d][\w. ]{{0,40}})?\W*$",  # … 3667 units
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:by|from|von|author|source|photo|text|published|updated|автор\w*|джерело|источник|фото|текст|опубліковано)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b\d{1,2}[./]\d{1,2}[./](?:\d{2}|\d{4})\b|\b\d{1,2}(?:st|nd|rd|th)?\b.{1,40}\b(?:19|20)\d\d\b")
# a line of furniture or a figure has at most this many letters; longer ones are not looked at for either
_LINE = 200


@dataclass(frozen=True, slots=True)
class Document:
    """An article as evidence: all its readings together.

    ``titles``: block hashes of its titles. ``words``: words of each of its blocks, by hash. ``prose``: the hashes of
    its paragraphs.
    """

    titles: frozenset[int]
    words: Mapping[int, int]
    prose: frozenset[int]

    @classmethod
    def of(cls, titles: Iterable[int], blocks: Iterable[Block]) -> Document:
        """The document of these titles and of the blocks of all its readings."""
        words: dict[int, int] = {}
        prose: set[int] = set()
        for block in blocks:
            words[block.hash] = count = len(block.text.split())
            if count >= PARAGRAPH and block.link_share < LINKS:
                prose.add(block.hash)
        return cls(frozenset(titles), words, frozenset(prose))


def same_document(a: Document, b: Document, on_third: Callable[[int], bool], many: bool) -> bool:
    """Whether two articles are one document published twice.

    ``on_third`` says of a block whether it also stands on a third document: what does is the site's, and does not
    count. ``many``: the source has three or more documents, without which no third can speak for a sidebar.
    """
    shared = a.words.keys() & b.words.keys()
    if not shared:
        return False
    if a.titles & b.titles:
        own = [{h: w for h, w in d.words.items() if h not in shared or not on_third(h)} for d in (a, b)]
        if not all(own):
            own = [dict(a.words), dict(b.words)]
        shorter = min(own, key=lambda words: sum(words.values()))
        if sum(w for h, w in shorter.items() if h in shared) >= SAME_TITLE * sum(shorter.values()):
            return True
    if not many:
        return False
    paragraphs = [{h: d.words[h] for h in d.prose if h not in shared or not on_third(h)} for d in (a, b)]
    shorter = min(paragraphs, key=lambda words: sum(words.values()))
    total = sum(shorter.values())
    return total >= PROSE_WORDS and sum(w for h, w in shorter.items() if h in shared) >= SAME_PROSE * total


def repeated_blocks(
    document: Document, others: Mapping[int, Sequence[int]], load: Callable[[int], Document], many: bool
) -> frozenset[int]:
    """The hashes of a document that stand on at least one other distinct document.

    ``others``: for each hash the articles of the source that carry it within the window, without this one;
    ``load`` gives their documents.
    """
    distinct: dict[int, bool] = {}

    def is_distinct(other: int) -> bool:
        if other not in distinct:
            distinct[other] = not same_document(
                document, load(other), lambda h: any(third != other for third in others.get(h, ())), many
            )
        return distinct[other]

    return frozenset(h for h, articles in others.items() if any(is_distinct(other) for other in articles))


def mark_blocks(
    blocks: Sequence[Block], titles: frozenset[int], byline: str | None, repeated: frozenset[int]
) -> tuple[Mark | None, ...]:
    """Why each block is not part of the text, None where it is.

    ``titles``: block hashes of the page's own title and headline. ``repeated``: hashes that stand on other documents.
    """
    # what a block could be hidden for; "" where it may stand within a run but is kept; None where it ends one
    found: list[Mark | str | None] = []
    for block in blocks:
        if block.hash in titles or _is_credit(block.text, byline):
            found.append("")
        elif len(block.text) <= _LINE and _FIGURE.search(block.text):
            found.append(None)
        elif block.hash in repeated:
            found.append("repeated")
        else:
            found.append("links" if block.link_share >= LINKS else None)
    marks: list[Mark | None] = [None] * len(blocks)
    for order in (range(len(blocks)), range(len(blocks) - 1, -1, -1)):
        for i in order:
            if found[i] is None:
                break
            marks[i] = found[i] or None  # type: ignore[assignment]
    start = 0
    while start < len(blocks):
        end = start
        while end < len(blocks) and found[end]:
            end += 1
        if end - start >= MENU and 2 * sum(f == "links" for f in found[start:end]) >= end - start:
            marks[start:end] = found[start:end]  # type: ignore[assignment]
        start = max(end, start + 1)
    left = sum(len(b.text.split()) for b, mark, f in zip(blocks, marks, found, strict=True) if not mark and f != "")
    if left < LEAST:
        marks = [None] * len(blocks)
    for i, block in enumerate(blocks):
        if marks[i] is None and block.hash in titles and len(blocks) > 1:
            marks[i] = "headline"
            break
        if marks[i] is None and found[i] != "":  # the text has begun; a date or byline may stand before the headline
            break
    return tuple(marks)


def _is_credit(text: str, byline: str | None) -> bool:
    """Whether a line names who wrote it or when: short, and equal to the byline, led by its word, or a date."""
    if len(text) > _LINE or len(text.split()) > 7:
        return False
    if byline and text.casefold().removeprefix("by ").strip() in byline.casefold():
        return True
    return bool(_CREDIT.match(text) or _DATE.search(text))


def compose(blocks: Sequence[Block], marks: Sequence[Mark | None]) -> str:
    """The text of a reading: its unmarked blocks, a blank line between paragraphs, list items and lines below
    each other."""
    parts: list[str] = []
    before: str | None = None
    for block, mark in zip(blocks, marks, strict=True):
        if mark is not None:
            continue
        if before is not None:
            close = block.kind == "line" or (block.kind == before and block.kind in ("li", "row"))
            parts.append("\n" if close else "\n\n")
        parts.append(block.text)
        before = "li" if block.kind == "line" and before == "li" else block.kind
    return "".join(parts)

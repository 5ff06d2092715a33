"""Which blocks of a reading are not part of its text, and why. Pure.

What repeats is judged over distinct documents of one source within 90 days either side of a capture.

Observed (540 labelled pages of 94 hosts, page-F1; plain trafilatura .865, our blocks without any mark .910, with
all marks .931; a mark left out: repeated .923, links .927, aside .929, credit .931, headline .935: the labels often
have the headline in the text):
  - a text that stands on two addresses must not be taken for boilerplate of itself: telling documents apart
    matters more than any other guard (without it 42 pages are damaged);
  - evidence from the readings is worth as much as from all elements of the pages (.918 against .919, once);
  - a block counts as links from half of its letters, its own or its whole list's.
The unacceptable error is to hide what the page itself says. So: only an unbroken run at the head or the tail of
the text is hidden, and lists of links within it; figure lines ("tanks – 3667 (+2)") are never hidden and end a run;
headline, byline and date lines do not end one, and are no part of the text where a field says the same; and where
hardly anything would be left, nothing is hidden. To reach over short lines that are new on each page (dates, counts)
to further furniture was worth .010 on trafilatura's blocks and .0005 on ours: not done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from archive.fingerprint import letters, words_in
from archive.models import Block, Mark

# a block is a list of links from this share of its letters on (measured: .3 and .4 cost a page, .7 gains less)
LINKS = 0.5
# fewer words than this left (a one-sentence flash has about as many), or more than this share of all words hidden:
# nothing is hidden. A short report with an essay beside it is four fifths essay, and sparing pages from
# .8 on costs .002; no page of the set has more than .9 hidden
LEAST, MOST = 10, 0.95
# this many link blocks in a row are a menu wherever they stand
MENU = 3
# a list of as many items, of which this share are all link, is made of teasers, of at most so many words each
TEASERS, TEASING, WHOLE, TEASER = 4, 0.45, 0.9, 60
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
_COUNT = re.compile(rf"({_NUMBER})\s[^\W\d][^\d:]{{1,60}}(?:\(\+?\d+\))?[^\w\s]?$")
_CREDIT = re.compile(
    r"(?:by|from|von|author|source|photo|text|published|posted|(?:last )?updated"
    r"|автор\w*|джерело|источник|фото|текст|опубліковано)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\b\d{1,2}[./]\d{1,2}[./](?:\d{2}|\d{4})\b|\b\d{1,2}(?:st|nd|rd|th)?\b.{1,40}\b(?:19|20)\d\d\b"
)
# what stands with a time besides its numbers
_HOUR = re.compile(r"\b(?:[AaPp]\.?[Mm]\b\.?|[A-Z]{1,4}T\b|UTC\b)|[年月日时時分]")
_WORD = re.compile(r"[^\W\d_]+")
_CREDIT_WORDS = 7
# whatever stands before it, the number behind such a word is no figure
_CONTACT = re.compile(r"©|\b(?:copyright|tel|phone|fax|icq|viber|whatsapp|тел|факс|телефон)\b", re.IGNORECASE)
# a line of furniture or a figure has at most this many letters; longer ones are not looked at for either
_LINE = 200

# kept: somebody decided so; box: the reader found it to be no text, or somebody decided so. These, title and credit
# may stand within a run of furniture and do not end it
_Look = Literal["repeated", "links", "title", "credit", "figure", "box", "text", "kept"]
_HIDING = ("repeated", "links")
_NEUTRAL = ("title", "credit")
NO_VERDICTS: Mapping[int, str] = MappingProxyType({})


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
            words[block.hash] = count = words_in(block.text)
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


@dataclass(frozen=True, slots=True)
class Own:
    """What a page says of itself, which is never taken for furniture.

    ``titles``: block hashes of its title and headline. ``byline`` and ``agency`` as stated. ``days``: those on which
    it was published and modified, as far as they are known (YYYY-MM-DD).
    """

    titles: frozenset[int] = frozenset()
    byline: str | None = None
    agency: str | None = None
    days: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Marking:
    """Why each block is not part of the text, None where it is; and why nothing was hidden, where that is so."""

    marks: tuple[Mark | None, ...]
    spared: str | None = None


def mark_blocks(
    blocks: Sequence[Block],
    own: Own,
    repeated: Set[int],
    verdicts: Mapping[int, str] = NO_VERDICTS,
    without: Set[str] = frozenset(),
) -> Marking:
    """Why each block is not part of the text.

    ``repeated``: hashes that stand on other documents. ``verdicts``: what somebody decided for good of a hash: keep,
    hide. ``without``: marks that are not given.
    """
    looks = [_look(block, own, repeated, verdicts, without) for block in blocks]
    _add_counts(blocks, looks)
    if "links" not in without:
        _add_teasers(blocks, looks)
    marks: list[Mark | None] = [None] * len(blocks)
    _mark_run(looks, range(len(blocks)), marks)
    _mark_run(looks, range(len(blocks) - 1, -1, -1), marks)
    _mark_menus(looks, marks)
    for i, block in enumerate(blocks):
        if marks[i] is None and block.role and block.role not in without and looks[i] != "kept":
            again = block.role == "summary" and block.hash in repeated and "repeated" not in without
            marks[i] = "repeated" if again else block.role
    spared = None
    words, left = sum(words_in(block.text) for block in blocks), _left(blocks, looks, marks)
    if any(marks) and (left < LEAST or left < (1 - MOST) * words):
        spared = f"{left} of {words} words would be left"
        marks = [None] * len(blocks)
    if "headline" not in without:
        _mark_headline(blocks, looks, marks)
    if "credit" not in without and spared is None and "figure" not in looks:
        _mark_credits(blocks, looks, own, marks)
    for i, block in enumerate(blocks):
        if verdicts.get(block.hash) == "hide":
            marks[i] = "hidden"
    return Marking(tuple(marks), spared)


def _look(block: Block, own: Own, repeated: Set[int], verdicts: Mapping[int, str], without: Set[str]) -> _Look:
    """What a block looks like by itself."""
    if decided := verdicts.get(block.hash):
        return "kept" if decided == "keep" else "box"
    if block.hash in own.titles:
        return "title"
    if len(block.text) <= _LINE:
        if _is_credit(block.text, own):
            return "credit"
        if _FIGURE.search(block.text) and not _CONTACT.search(block.text):
            return "figure"
    if block.hash in repeated and "repeated" not in without:
        return "repeated"
    if block.link_share >= LINKS and "links" not in without:
        return "links"
    return "box" if block.role in ("aside", "twice") and block.role not in without else "text"


def _add_counts(blocks: Sequence[Block], looks: list[_Look]) -> None:
    """A line that begins with its number is a figure beside another, or where its thousands stand apart."""
    counts = {
        i: match
        for i, block in enumerate(blocks)
        if looks[i] != "figure"
        and len(block.text) <= _LINE
        and block.link_share < LINKS
        and (match := _COUNT.match(block.text))
    }
    if not counts:
        return
    for order in (sorted(counts), sorted(counts, reverse=True)):
        for i in order:
            beside = "figure" in looks[max(0, i - 1) : i + 2]
            if looks[i] in ("text", "repeated") and (beside or not counts[i][1].isdigit()):
                looks[i] = "figure"


def _add_teasers(blocks: Sequence[Block], looks: list[_Look]) -> None:
    """In a list of which nearly every second item is a link, the items between are what the links lead to."""
    start = 0
    while start < len(blocks):
        end = start + 1
        if blocks[start].kind == "li":
            while end < len(blocks) and blocks[end].kind == "li":
                end += 1
            items = range(start, end)
            linked = sum(blocks[i].link_share >= WHOLE or looks[i] in _HIDING for i in items)
            if end - start >= TEASERS and linked >= TEASING * (end - start):
                for i in items:
                    if looks[i] == "text" and words_in(blocks[i].text) <= TEASER:
                        looks[i] = "links"
        start = end


def _mark_run(looks: Sequence[_Look], order: range, marks: list[Mark | None]) -> None:
    """Mark the unbroken run of furniture in which the text begins, or ends, read in this order."""
    for i in order:
        look = looks[i]
        if look in ("text", "figure"):
            break
        if look in _HIDING:
            marks[i] = look  # type: ignore[assignment]


def _mark_menus(looks: Sequence[_Look], marks: list[Mark | None]) -> None:
    """Three links in a row, and what repeats among them, are a menu wherever they stand."""
    start = 0
    while start < len(looks):
        end = start
        while end < len(looks) and looks[end] in _HIDING:
            end += 1
        if end - start >= MENU and 2 * sum(look == "links" for look in looks[start:end]) >= end - start:
            marks[start:end] = looks[start:end]  # type: ignore[assignment]
        start = max(end, start + 1)


def _left(blocks: Sequence[Block], looks: Sequence[_Look], marks: Sequence[Mark | None]) -> int:
    """The words of the text, and of the standfirst, besides headline, credits and dates."""
    return sum(
        words_in(block.text)
        for block, look, mark in zip(blocks, looks, marks, strict=True)
        if mark in (None, "summary") and look not in _NEUTRAL
    )


def _mark_headline(blocks: Sequence[Block], looks: Sequence[_Look], marks: list[Mark | None]) -> None:
    """The headline at the top of the text; a date or byline may stand before it."""
    for i in range(len(blocks)):
        if marks[i] is None and looks[i] == "title" and len(blocks) > 1:
            marks[i] = "headline"
            return
        if marks[i] is None and looks[i] not in _NEUTRAL:
            return


def _mark_credits(blocks: Sequence[Block], looks: Sequence[_Look], own: Own, marks: list[Mark | None]) -> None:
    """Bylines, datelines and agency credits at either end of the text, where a field says the same."""
    for order in (range(len(blocks)), range(len(blocks) - 1, -1, -1)):
        for i in order:
            if marks[i] is None:
                if looks[i] == "credit" and _is_field(blocks[i].text, own):
                    marks[i] = "credit"
                elif looks[i] not in _NEUTRAL:
                    break


def _is_credit(text: str, own: Own) -> bool:
    """Whether a line names who wrote the page or when: short, and byline or agency, led by such a word, or a date."""
    if len(text.split()) > _CREDIT_WORDS:
        return False
    named = _CREDIT.match(text) or _names(text, own.byline) or _names(text, own.agency)
    return bool(named or _DATE.search(text))


def _is_field(text: str, own: Own) -> bool:
    """Whether fields say all that a credit says: the day, and besides its month at most a name in a field."""
    bare = _CREDIT.sub("", text, count=1)
    if not _DATE.search(text):
        return _names(bare, own.byline) or _names(bare, own.agency)
    rest = _WORD.findall(_HOUR.sub("", bare))
    named = all(_names(word, own.byline) or _names(word, own.agency) for word in rest[:-1])
    return any(_says(text, day) for day in own.days) and (len(rest) <= 1 or named)


def _names(text: str, field: str | None) -> bool:
    """Whether a line is (part of) a field."""
    return bool(field) and len(key := letters(text).removeprefix("by")) > 1 and key in letters(field or "")


def _says(text: str, day: str) -> bool:
    """Whether a line prints a day (YYYY-MM-DD): its year, also short, and its day of the month."""
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    year, month, number = map(int, day.split("-"))
    named = month in numbers or any(map(str.isalpha, text))
    return number in numbers and named and (year in numbers or year % 100 in numbers)


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

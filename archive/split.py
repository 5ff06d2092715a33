"""Whether a page carries several stories, and where each begins in its blocks. Pure.

Observed: aggregators set stories below each other with title, source line and date, some titles bare; archive pages
hold whole posts in repeated boxes. But a third of news pages hold headings within the text, a tenth on the level and
with the markup of the title, and linked headings with dates are teasers wherever they stand.

The unacceptable error is to split one story. So a heading and prose are a sub-headline; a story begins where a line
of its own stands with the heading (date, byline, source), where boxes of one shape repeat, or, beside such a one on
the page, where a heading of the very same markup opens a text that shares hardly a word with the one before.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.dates import Moment, read_moment, read_printed
from archive.fingerprint import letters, letters_hash
from archive.layout import BOLD, LEVELS, Line, align, read_lines
from archive.models import Block, Clock
from archive.stories import Story
from archive.urls import absolute, site

# a story has at least so many letters of text that is no link (some 40 words): fewer are a teaser or a flash
LEAST = 200
# one in a box of its own so many (some 60 words): teasers stand in boxes
_BOX = 300
# a line with more letters than this is text: what stands with a title is shorter
_LINE = 60
# lines below a title that may date or sign it
_HEAD = 4
# a title has so many words, or letters in scripts without spaces; "Related", "Comments" have fewer
_TITLE_WORDS, _TITLE_LETTERS = 3, 12
BYLINE = re.compile(
    r"(?:by|von|par|por|autor(?:in)?|auteur|автор|від|text)\b:?\s+(?=(?-i:[^\W\d_a-zа-яіїєґ]))", re.IGNORECASE
)
SOURCE = re.compile(r"(?:source|quelle|fuente|fonte|źródło|kaynak|джерело|источник)\s*:\s*", re.IGNORECASE)
_COMMENT = re.compile(r"\bcomm\b|comment|koment|komment|reply|replies|disqus", re.IGNORECASE)
# a heading without any line of its own has so many words where it is a story's
_BARE_WORDS = 5
# headings that are looked at: a page with more of them is none that a person wrote
_MANY = 2000
# the level of a paragraph that may be a title
_PLAIN = 0
# letters of the month and of a word such as "published" beside a date
_STRICT = 22
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DIGITS = re.compile(r"\d+")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CJK_LINE = re.compile(f"[{_CJK}]")
# names that a text must have to be compared by them
_NAMES = 8
# a bare heading begins a story where the texts share less than this of their names; one with a line of its own, less
# than that
BARE, SIGNED = 0.12, 0.25
_WORD = re.compile(rf"[{_CJK}]{{2}}|[^\W\d_{_CJK}]{{5,}}")


@dataclass(slots=True)
class _Head:
    """A heading that may be a story's title: ``line`` of it, ``first`` line of the story (a date may stand above),
    ``end`` behind its last line, ``size`` of its text in letters."""

    line: int
    first: int
    end: int
    size: int = 0
    published: Moment | None = None
    byline: str | None = None
    publisher: str | None = None
    permalink: str | None = None
    box: HtmlElement | None = None

    @property
    def signed(self) -> bool:
        """Whether a line of its own, or an address, says that it is a story."""
        return self.published is not None or self.byline is not None or self.permalink is not None


def _date(line: Line, zone: str, clock: Clock, strict: bool) -> Moment | None:
    """The moment of a line that is little else than a date; ``strict``: and names nobody, as comments do."""
    if line.linked >= 0.5 or len(line.key) > 2 * _LINE:
        return None
    if strict and sum(c.isalpha() for c in line.key) > _STRICT:
        return None
    if line.time and (found := read_moment(line.time, zone, "time-element")):
        return found
    return read_printed(line.text, zone, clock) if len(line.key) <= _LINE else None


def is_source(text: str) -> bool:
    """Whether a short line can name who published: words with capitals, and nothing that ends a sentence."""
    words = re.findall(r"[^\W\d_]+", text)
    long = [word for word in words if len(word) > 3]
    return (
        1 <= len(words) <= 7
        and bool(long)
        and all(word[0].isupper() for word in long)
        and not any(c.isdigit() for c in text)
        and text[-1] not in '.?!:;,…"”»)'
    )


def _read_head(lines: Sequence[Line], head: _Head, zone: str, clock: Clock) -> None:
    """What stands with a title: below it down to the first line of text, and a date right above it."""
    strict = lines[head.line].level in (_PLAIN, BOLD)
    for n in range(head.line + 1, min(head.end, head.line + 1 + _HEAD)):
        line = lines[n]
        if len(line.key) > _LINE and not line.time:
            break
        if line.level and line.level < BOLD:
            break
        if head.published is None and (found := _date(line, zone, clock, strict)):
            head.published = found
        elif head.byline is None and (match := BYLINE.match(line.text)) and len(line.text.split()) <= 8:
            head.byline = line.text[match.end() :]
        elif head.publisher is None and (match := SOURCE.match(line.text)):
            head.publisher = line.text[match.end() :]
        elif head.publisher is None and line.linked < 0.5 and n <= head.line + 2 and is_source(line.text):
            head.publisher = line.text
    if head.published is None and head.line and not lines[head.line - 1].level:
        above = lines[head.line - 1]  # of the text: above a heading a teaser's may end
        if above.block is not None and len(above.key) <= _LINE and (found := _date(above, zone, clock, strict)):
            head.published, head.first = found, head.line - 1


def _words(texts: Sequence[str]) -> tuple[set[str], set[str]]:
    """The longer words of some lines, and those of them with a capital: names, for the most part."""
    found = [w for text in texts for w in _WORD.findall(text)]
    return {w[:8].casefold() for w in found}, {w[:8].casefold() for w in found if w[0].isupper()}


def likeness(one: Sequence[Line], other: Sequence[Line]) -> float:
    """:func:`shared_names` of the lines that are no links."""
    return shared_names(*([line.text for line in lines if line.linked < 0.5] for lines in (one, other)))


def shared_names(one: Sequence[str], other: Sequence[str]) -> float:
    """How many of the names of the text with fewer of them stand in the other one too, 0 to 1.

    Where there are few names (a list of figures, a script without capitals) all longer words speak, which agree
    1.6 times as often. Of 387 sections below sub-headlines 14% share less than .12 with what stands before them, of
    928 pairs of two stories 90%.
    """
    (all_one, names_one), (all_other, names_other) = _words(one), _words(other)
    fewer = min(len(names_one), len(names_other))
    if fewer >= _NAMES:
        return len(names_one & names_other) / fewer
    fewer = min(len(all_one), len(all_other))
    return len(all_one & all_other) / fewer / 1.6 if fewer >= _NAMES else 1.0


def _is_title(line: Line) -> bool:
    if line.text[-1] in ":" or len(line.text) > 300 or len(line.key) < _TITLE_LETTERS:
        return False
    return len(line.text.split()) >= _TITLE_WORDS or _CJK_LINE.search(line.text) is not None


def _is_plain_title(line: Line) -> bool:
    """Whether a paragraph without any markup can be a title: one sentence's length, and it does not end as one."""
    return _BARE_WORDS <= len(line.text.split()) <= 30 and line.text[-1] not in ".!?:;,…"


def _is_comment(line: Line) -> bool:
    above = (line.element, *islice(line.element.iterancestors(), 6))
    return any(_COMMENT.search(f"{element.get('class')} {element.get('id')}") for element in above)


def _flows(lines: Sequence[Line], at: int) -> bool:
    """Whether a linked heading stands among the paragraphs of a long text of its own: a teaser's stands in a box."""
    own: HtmlElement = lines[at].element
    while own.tag not in LEVELS and (above := own.getparent()) is not None:
        own = above
    size = 0
    for line in lines[at + 1 :]:
        if line.level == lines[at].level:
            break
        if own.getparent() not in (line.element, *line.element.iterancestors()):
            break
        if len(line.key) > _LINE and line.block is not None:
            size += len(line.key)
    return size >= 4 * LEAST


def _markup(line: Line) -> tuple[int, str]:
    """What tells kinds of headings apart: level and class, numbers left out."""
    element: HtmlElement | None = line.element
    while line.level < BOLD and element is not None and element.tag not in LEVELS:
        element = element.getparent()
    names = "" if element is None or line.level >= BOLD else element.get("class") or ""
    return line.level, _DIGITS.sub("", names)


def _size(lines: Sequence[Line], start: int, end: int) -> int:
    """Letters of the text in these lines that are no links."""
    return sum(len(line.key) for line in lines[start:end] if line.block is not None and line.linked < 0.5)


def find_stories(
    tree: HtmlElement,
    blocks: Sequence[Block],
    titles: Sequence[str | None],
    url: str,
    zone: str,
    clock: Clock = "24h",
    split: Sequence[str] = (),
) -> tuple[Story, ...]:
    """The stories of a page that carries several, in page order; none where it carries one.

    ``titles``: what the page is called. ``split``: CSS selectors of the elements that are each a story, where known.
    A story with a ``box`` has no blocks among these: its text is to be read from that element alone.
    """
    known = {letters(title) for title in titles if title}
    boxes = _boxes(tree)
    hinted = _hinted(tree, split)
    headings = _headings(tree, blocks, known)
    whole = bool(boxes or hinted) or _has_dates(blocks, zone, clock)
    if not whole and not headings:
        return ()
    lines = read_lines(tree if whole else _around(headings))
    align(lines, blocks)
    best: tuple[_Head, ...] = ()
    if hinted:
        best = tuple(_boxed(lines, hinted, url, zone, clock, LEAST // 2))
    for elements in [] if len(best) > 1 else boxes:
        heads = _kept_boxes(lines, _boxed(lines, elements, url, zone, clock, _BOX))
        if len(heads) > len(best):
            best = heads
    if len(best) > 1:
        return _stories(lines, best, blocks)
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for n, line in enumerate(lines):
        named = _is_title(line) and (bool(line.level) or (line.block is not None and _is_plain_title(line)))
        if named and (line.linked < 0.5 or _flows(lines, n)) and not _is_comment(line):
            groups[_markup(line) if line.level else (_PLAIN, "")].append(n)
    for rank in (range(1, BOLD), (BOLD,), (_PLAIN,)):
        for (level, _), found in groups.items():
            heads = _confirmed(lines, _headed(lines, found, known, zone, clock), known) if level in rank else ()
            if len(heads) > len(best):
                best = heads
        if best:
            break
    return _stories(lines, best, blocks)


def _headings(tree: HtmlElement, blocks: Sequence[Block], known: set[str]) -> list[HtmlElement]:
    """The headings of the text, where one stands with a line that may sign it or has the markup of the page's own:
    6 pages in 10 have no such and need no closer look."""
    places = {block.hash: n for n, block in enumerate(blocks)}
    own, others = set(), set()
    found: list[HtmlElement] = []
    near = False
    for element in islice(tree.iter(*LEVELS, "b", "strong"), _MANY):
        text = str(element.text_content())
        if not _TITLE_LETTERS <= len(text) <= 400:
            continue
        key = letters(text)
        markup = (element.tag, element.get("class"))
        if key in known:
            own.add(markup)
            found.append(element)
        elif (at := places.get(letters_hash(key))) is not None:
            others.add(markup)
            found.append(element)
            beside = [block.text for block in blocks[max(0, at - 1) : at + 3] if block.text not in text]
            near = near or any(map(_may_sign, beside)) or any(map(_may_sign, _next_texts(element, len(key))))
    return found if near or not own.isdisjoint(others) else []


def _around(headings: Sequence[HtmlElement]) -> HtmlElement:
    """The element around that which holds all of them: the text, without what stands beside it."""
    common = [*headings[0].iterancestors()][::-1]
    for heading in headings[1:]:
        above = [*heading.iterancestors()][::-1]
        common = [one for one, other in zip(common, above, strict=False) if one is other]
    return common[-2] if len(common) > 1 else common[-1]


def _may_sign(text: str) -> bool:
    """Whether a text is short enough to date or sign a story, and holds a number or names."""
    return (
        0 < len(text) <= _LINE
        and text[-1] not in ".!?:;"
        and bool(_DIGITS.search(text) or BYLINE.match(text) or SOURCE.match(text) or is_source(text))
    )


def _next_texts(heading: HtmlElement, size: int) -> Iterator[str]:
    """The texts of the two elements after a heading's, or the boxes around it that hold nothing else."""
    element = heading
    for above in islice(heading.iterancestors(), 6):
        if not _is_all(above, size):
            break
        element = above
    for following in islice(element.itersiblings(), 2):
        yield " ".join(str(following.text_content())[: 4 * _LINE].split())


def _is_all(element: HtmlElement, size: int) -> bool:
    """Whether an element holds no more letters than these; a text is not read to its end to say so."""
    held = 0
    return all((held := held + len(letters(text))) <= size for text in element.itertext())


def _has_dates(blocks: Sequence[Block], zone: str, clock: Clock) -> bool:
    """Whether a line within the text is a date: plain paragraphs may be titles then."""
    return any(
        len(block.text) <= _LINE and _YEAR.search(block.text) and read_printed(block.text, zone, clock)
        for block in blocks[_HEAD:]
    )


def _hinted(tree: HtmlElement, split: Sequence[str]) -> list[HtmlElement]:
    """The elements that a source's hint says are each a story, none where that matches fewer than two."""
    found = [element for selector in split for element in tree.cssselect(selector)]
    inner = {above for element in found for above in element.iterancestors()}
    found = [element for element in dict.fromkeys(found) if element not in inner]
    if len(found) < 2:
        return []
    wanted = set(found)
    return [element for element in tree.iter() if element in wanted]


def _boxes(tree: HtmlElement) -> list[list[HtmlElement]]:
    """Repeated boxes: siblings of one tag and class that each hold one heading of one markup, and a text."""
    groups: dict[tuple[str, str], list[HtmlElement]] = defaultdict(list)
    for element in tree.iter(*LEVELS):
        groups[str(element.tag), _DIGITS.sub("", element.get("class") or "")].append(element)
    found = []
    for headings in groups.values():
        if not 2 <= len(headings) <= _MANY // 4:
            continue
        held: Counter[HtmlElement] = Counter(above for heading in headings for above in heading.iterancestors())
        siblings: dict[tuple[HtmlElement | None, str, str], list[HtmlElement]] = defaultdict(list)
        for heading in headings:
            box = heading
            while (above := box.getparent()) is not None and held[above] == 1:
                box = above
            if box is not heading and not _COMMENT.search(f"{box.get('class')} {box.get('id')}"):
                siblings[box.getparent(), str(box.tag), _DIGITS.sub("", box.get("class") or "")].append(box)
        found += [
            boxes
            for group in siblings.values()
            if len(group) >= 2 and len(boxes := [box for box in group if _holds_text(box)]) >= 2
        ]
    return found


def _holds_text(box: HtmlElement) -> bool:
    """Whether a box can be a story: a line counts whose letters are half or less in links, so half a text's are."""
    text = str(box.text_content())
    if len(text) < _BOX:
        return False
    linked = sum(len(letters(str(link.text_content()))) for link in box.iter("a"))
    return 2 * (len(letters(text)) - linked) >= _BOX


def _boxed(
    lines: Sequence[Line], boxes: Sequence[HtmlElement], url: str, zone: str, clock: Clock, least: int
) -> list[_Head]:
    """The stories of boxes: those with a heading right at their start and so many letters of text."""
    found = []
    owner = {element: box for box in boxes for element in box.iter()}
    within: dict[HtmlElement, list[int]] = defaultdict(list)
    for n, line in enumerate(lines):
        if line.element in owner:
            within[owner[line.element]].append(n)
    for box in boxes:
        inside = within[box]
        at = next((n for n in inside[:_HEAD] if lines[n].level and lines[n].key), None)
        if at is None:
            continue
        size = sum(len(lines[n].key) for n in inside if n > at and lines[n].linked < 0.5)
        if size < least:
            continue
        head = _Head(at, inside[0], inside[-1] + 1, size, permalink=_permalink(lines[at], url), box=box)
        _read_head(lines, head, zone, clock)
        head.first = inside[0]
        found.append(head)
    return found


def _permalink(line: Line, url: str) -> str | None:
    """The address of its own that a title leads to, on the same site."""
    element: HtmlElement | None = line.element
    while element is not None and element.tag != "a" and element.tag not in LEVELS:
        element = element.getparent()
    if element is None or element.tag != "a":
        above = line.element.getparent()
        element = above if above is not None and above.tag == "a" else None
    own = absolute(url, element.get("href")) if element is not None else None
    return own if own and site(own) == site(url) and urlsplit(own).path.strip("/") and own != url else None


def _kept_boxes(lines: Sequence[Line], heads: Sequence[_Head]) -> tuple[_Head, ...]:
    """Boxes that are stories: two of them signed, or article elements whose texts speak of different things; what
    stands before them is no text (they would be teasers below it)."""
    if len(heads) < 2 or _size(lines, 0, heads[0].first) > LEAST:
        return ()
    if sum(head.signed for head in heads) >= 2:
        return tuple(heads)
    if any(head.box is None or head.box.tag != "article" for head in heads):
        return ()
    texts = [lines[head.line : head.end] for head in heads]
    return tuple(heads) if all(likeness(*pair) < SIGNED for pair in pairwise(texts)) else ()


def _headed(lines: Sequence[Line], found: Sequence[int], known: set[str], zone: str, clock: Clock) -> list[_Head]:
    """The headings of one markup that have a text each, and before them what stands under the page's own title."""
    heads: list[_Head] = []
    for n, at in enumerate(found):
        end = found[n + 1] if n + 1 < len(found) else len(lines)
        size = _size(lines, at + 1, end)
        if size >= LEAST:
            heads.append(_Head(at, at, end, size))
        elif heads:
            heads[-1].end = end
    if heads and not any(lines[head.line].key in known for head in heads):
        lead = _size(lines, 0, heads[0].line)
        if lead >= LEAST:
            first = next((n for n, line in enumerate(lines) if line.block is not None), 0)
            named = [n for n, line in enumerate(lines[: heads[0].line]) if line.level and line.key in known]
            at = named[-1] if named else first
            heads.insert(0, _Head(at, at, heads[0].line, lead))
    for head in heads:
        _read_head(lines, head, zone, clock)
    return heads


def _confirmed(lines: Sequence[Line], heads: Sequence[_Head], known: set[str]) -> tuple[_Head, ...]:
    """Those headings that begin a story, the first of them the page's; none where only one does."""
    if len(heads) < 2:
        return ()
    level = lines[heads[1].line].level
    signed = sum(head.signed for head in heads)
    inner = sum(head.signed for head in heads[1:])
    named = sum(head.signed or len((head.publisher or "").split()) > 1 for head in heads)
    called = lines[heads[0].line].key in known
    # without a markup of headings two must be signed: in bold one by its source at least, or by being what the page
    # is called; in plain text by a date
    if not signed or (level == BOLD and named + called < 2) or (level == _PLAIN and (signed < 2 or not inner)):
        return ()
    # only the page's own date or byline: the others must be marked up as its title is, or name their source
    alike = inner > 0 or ((called or level != BOLD) and len({_markup(lines[head.line]) for head in heads}) == 1)
    stories, bare = [heads[0]], 0
    for head in heads[1:]:
        before, text = lines[stories[-1].line : head.first], lines[head.line : head.end]
        if head.signed:
            begins = signed >= 3 or likeness(before, text) < SIGNED
        else:
            sourced = head.publisher is not None and (alike or len(head.publisher.split()) > 1)
            # a list of figures has words of its field, and no names to compare: the page's own markup speaks
            listed = alike and called and _is_list(before) and not _is_list(text)
            begins = (
                (alike or sourced)
                and len(lines[head.line].text.split()) >= _BARE_WORDS
                and likeness(before, text)
                < (SIGNED if listed or (sourced and (alike or heads[0].publisher)) else BARE)
            )
            bare += begins and not sourced
        if begins:
            stories.append(head)
    if bare > signed + 1:  # dates stand with about half of the titles: these are sub-headlines
        stories = [heads[0], *(head for head in stories[1:] if head.signed or head.publisher)]
    return tuple(stories) if len(stories) > 1 else ()


def _is_list(lines: Sequence[Line]) -> bool:
    """Whether what stands below a title is short lines, half of which and more hold figures."""
    inside = [line for line in lines[1:] if line.block is not None]
    figures = sum(bool(_DIGITS.search(line.text)) for line in inside)
    return len(inside) >= _NAMES and 2 * figures >= len(inside) and _size(lines, 1, len(lines)) < _LINE * len(inside)


def _stories(lines: Sequence[Line], heads: Sequence[_Head], blocks: Sequence[Block]) -> tuple[Story, ...]:
    """What begins at these headings, by the blocks; boxes of which the blocks hold less than half stay boxes."""
    if len(heads) < 2:
        return ()
    starts, missing = [], False
    for n, head in enumerate(heads):
        end = heads[n + 1].first if n + 1 < len(heads) else len(lines)
        starts.append(min((at for line in lines[head.first : end] if (at := line.block) is not None), default=-1))
        missing |= head.box is not None and 2 * _size(lines, head.line + 1, head.end) < head.size
    if missing:
        return tuple(_story(lines, head, 0, 0) for head in heads)
    if any(b <= a for a, b in pairwise(starts)):
        return ()
    starts[0] = 0
    return tuple(
        _story(lines, head, start, end)
        for head, start, end in zip(heads, starts, [*starts[1:], len(blocks)], strict=True)
    )


def _story(lines: Sequence[Line], head: _Head, start: int, end: int) -> Story:
    return Story(
        start,
        end,
        lines[head.line].text,
        head.published,
        head.byline,
        head.publisher,
        head.permalink,
        head.box if start == end else None,
    )

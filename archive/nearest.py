"""Where two extractors disagree about a page: the answer that is nearest to the others. Pure.

trafilatura's own extractor is compared with resiliparse's (a twelfth of its time; it finds nearly all, and too much).
Where they disagree, two more answers are asked for: the container on the page with most prose in it, and, where that
is of another opinion too, trafilatura with its fallbacks. The answer is taken whose words the others hold most of.

Measured (134 and 728 labelled pages, marks as the archive gives them): F1 .958 without it, .961 with it; page-F1 of
hosts with two or more pages .913 before, .929 with this alone; one page loses more than .2 of its recall by it.
trafilatura's precise mode as one more answer gains nothing, its baseline loses .001. What loses: the plain medoid
(resiliparse holds too much and draws to what is long: F1 .945).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from lxml import etree
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text

from archive.fingerprint import letters, words_in
from archive.lines import INLINE, PAGE, SILENT, Line, read_lines

# trafilatura's text is taken as it is where so much of the word pairs of both is shared (.85 gains .002 less)
_AGREE = 0.9
# where the container agrees so well with trafilatura's own extractor, its fallbacks are not asked (.95 gains nothing,
# and takes a tenth more time; to ask them always gains .0015 page-F1 for a fifth more)
_CLOSE = 0.7
# where resiliparse and the container agree so well, they outvote a text that agrees less than that with resiliparse
_TOGETHER, _APART = 0.85, 0.7
# how much it counts that an answer's words stand in another's, against that the other's stand in it (.7 to .9 gain
# the same; at .5 what is long wins, at 1 a piece of the text)
_HELD = 0.8
# another answer must be nearer by so much (.02 loses 2 pages more, .1 gains .002 less)
_MARGIN = 0.05
# an answer of fewer word pairs is none
_LEAST = 30
# the text below a headline that is no link; how many letters make a line of it (a date has fewer), and how many lines
# a body (where the body is elsewhere, a credit or a search form stands below the headline)
_BELOW = etree.XPath("following::text()[position() <= 120][not(parent::script or parent::style or ancestor::a)]")
_LINE, _LINES = 15, 4
# a page of more characters is not asked about again: 3 MB take resiliparse 50 ms and 30 MB
_SANE = 3_000_000
# a paragraph has so many characters, and at most this share of them in links
_PARAGRAPH, _LINKED = 60, 0.3
# elements that can be the container of what stands in them without a paragraph around it
_BOXES = frozenset(("article", "body", "center", "div", "main", "section", "td"))
# a container grows to the next one around it where that has so many times its prose, most of it prose, few links
_GROWS, _PROSE, _LINKS = 1.15, 0.85, 0.25
# a paragraph of the lead, as against a line of furniture, has this many words
_LEAD = 8
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")
_WHOLE, _UNSPACED = re.compile(r"\w+"), re.compile(f"[{_CJK}]")

Pairs = Counter[tuple[str, str]]


def nearest(
    tree: HtmlElement, full: Callable[[], list[Line]], fast: Callable[[], list[Line]], join: bool = True
) -> tuple[list[Line], str | None]:
    """The lines of the page's text, and whose they are where they are not trafilatura's.

    ``full`` asks trafilatura, ``fast`` its own extractor alone, without the others that it falls back on. ``join``:
    the container takes in the others of the same article, and the lead above it.
    """
    second = _second(tree)
    if second is None:
        return full(), None
    quick = fast()
    quickly = _pairs(quick)
    if _agreement(quickly, second) >= _AGREE:
        return quick, None
    bare = _container(tree, join)
    container = _with_lead(bare, quick) if join else bare
    apart = _agreement(_pairs(container), quickly) < _CLOSE
    whole = full() if apart else quick
    ours = _pairs(whole)
    agreed = _agreement(ours, second)
    if agreed >= _AGREE:
        return whole, None
    if apart and join:
        container = _with_lead(bare, whole)
    held = _pairs(container)
    answers = {"": (whole, ours), "container": (container, held)}
    below = _below(tree)
    if (ours & second).total() < _AGREE * ours.total() or not _holds(whole, below):  # it may be of its fallbacks
        answers["fast"] = (quick, quickly)
    # what has nothing of the lines right below the headline is another text on the page
    usable = {name for name, (lines, own) in answers.items() if own.total() >= _LEAST and _holds(lines, below)}
    if not usable:
        return whole, None
    if "container" in usable and agreed < _APART and _agreement(held, second) >= _TOGETHER:
        return container, "container"
    best, most = "", -1.0
    for name, (_, own) in answers.items():
        if name in usable:
            # trafilatura's two answers do not speak for each other
            near = (_near(own, ours if name == "container" else held) + _near(own, second)) / 2
            if near > most + (_MARGIN if not best else 0):
                best, most = name, near
    return answers[best][0], best or None


def _below(tree: HtmlElement) -> list[str]:
    """The letters of the first lines below the headline that are no links; none where there are hardly any."""
    h1 = next(tree.iter("h1"), None)
    found = [key for text in _BELOW(h1) if len(key := letters(text)) >= _LINE][:10] if h1 is not None else []
    return found if len(found) >= _LINES else []


def _holds(lines: Sequence[Line], below: Sequence[str]) -> bool:
    """Whether a text holds any of these lines, and not several of them run into one."""
    keys = [letters(line.text) for line in lines]
    if len(keys) <= 2 and any(sum(key in whole for key in below) >= 3 for whole in keys):
        return False
    return not below or any(key in "".join(keys) for key in below)


def _second(tree: HtmlElement) -> Pairs | None:
    """What resiliparse takes for the text; None where the page is too large to ask."""
    body = tree.find("body")  # without its head a fifth less is written and parsed again
    source = etree.tostring(tree if body is None else body, encoding="unicode", method="html", with_tail=False)
    if len(source) > _SANE:
        return None
    text = extract_plain_text(
        source, preserve_formatting=False, main_content=True, list_bullets=False, alt_texts=False, comments=False
    )
    return _count(text)


def _count(text: str) -> Pairs:
    text = text.casefold()
    words = (_WORD if _UNSPACED.search(text) else _WHOLE).findall(text)
    return Counter(pairwise(words))


def _pairs(lines: Sequence[Line]) -> Pairs:
    return _count("\n".join(line.text for line in lines))


def _agreement(a: Pairs, b: Pairs) -> float:
    return 2 * (a & b).total() / (a.total() + b.total() or 1)


def _near(own: Pairs, other: Pairs) -> float:
    shared = (own & other).total()
    return _HELD * shared / (own.total() or 1) + (1 - _HELD) * shared / (other.total() or 1)


def _container(tree: HtmlElement, join: bool) -> list[Line]:
    """The lines of the element with most prose in it, and of the others of the same article."""
    prose = _prose(tree)
    if not prose:
        return []
    best = max(prose, key=lambda element: prose[element])
    if not join:
        return read_lines([best], PAGE)
    inside: dict[etree._Element, int] = {}
    for element, size in prose.items():
        for around in (element, *element.iterancestors()):
            inside[around] = inside.get(around, 0) + size
    for around in best.iterancestors():
        if inside[around] >= _GROWS * inside[best]:
            every = _size(around)
            linked = sum(_size(link) for link in around.iter("a"))
            if linked > _LINKS * every or inside[around] < _PROSE * every:
                break
            best = around
    parts = [
        element
        for element in tree.iter(str(best.tag))
        if element is best or (element in inside and _like(element, best))
    ]
    return read_lines(parts, PAGE)


def _like(element: etree._Element, best: etree._Element) -> bool:
    """Whether it is another container of the same kind: the next section, or one of the very same class."""
    shape = best.get("class")
    return element.get("class") == shape and (bool(shape) or element.getparent() is best.getparent())


def _size(element: etree._Element) -> int:
    return len(" ".join("".join(element.itertext()).split()))


def _prose(tree: HtmlElement) -> dict[etree._Element, int]:
    """How many characters of prose stand right within each element that holds paragraphs, in page order."""
    found: dict[etree._Element, int] = {}
    stack = list(tree.iter("body"))[:1]
    while stack:
        element = stack.pop()
        parts, linked = [element.text or ""], 0
        for child in reversed(element):
            if child.tag in INLINE:
                parts.append(child.text or "" if not len(child) else "".join(child.itertext()))
                linked += sum(len("".join(link.itertext())) for link in child.iter("a"))
            elif isinstance(child.tag, str) and child.tag not in SILENT:
                stack.append(child)
            parts.append(child.tail or "")
        size = len(" ".join("".join(parts).split()))
        if size >= _PARAGRAPH and linked <= _LINKED * size:
            holder = element if element.tag in _BOXES else element.getparent()
            if holder is not None:
                found[holder] = found.get(holder, 0) + size
    return found


def _with_lead(lines: list[Line], full: list[Line]) -> list[Line]:
    """The container's lines, and before them the paragraphs that trafilatura has right above its first one."""
    keys = [letters(line.text) for line in full]
    first = next((key for line in lines if len(key := letters(line.text)) >= _PARAGRAPH // 2), None)
    if first is None or first not in keys:
        return lines
    end = start = keys.index(first)
    own = {letters(line.text) for line in lines}
    while start and (
        full[start - 1].kind == "heading" or words_in(full[start - 1].text) >= _LEAD or keys[start - 1] in own
    ):
        start -= 1
    return [line for line, key in zip(full[start:end], keys[start:end], strict=True) if key not in own] + lines

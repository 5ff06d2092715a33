"""What stands within a text without being of it: teasers, boxes, captions, and what is printed twice. Pure.

A block is no text for what it is made of and where it stands, never for the name of a class: it is a link from end
to end; a heading or label with nothing below it but such links; in an element that HTML has for something else (a
form, a caption, an ``<aside>``); in a box with a field to fill in, or a button, of its own. Figure lines are never
taken, and where a rule would take much of a text it takes nothing.

Measured on 862 labelled pages: 92% of the letters in blocks that are all link are not of the text, all 424 in
captions, 99% in boxes with fields, 100% in boxes with a button below the first paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from lxml.html import HtmlElement

from archive.fingerprint import letters, words_in
from archive.letters import PageLetters
from archive.models import Block, Role

# a block is a teaser from this share of its letters within links on; headings link to themselves
_TEASER = 0.75
# a paragraph, as against a headline, has this many words
_PARAGRAPH = 20
# a label above teasers has at most so many words
_LABEL = 5
# elements for something else than text
_OTHER = ("aside", "figcaption", "form")
# a field to fill in makes a box of what stands around it, up to so many words; a button one of half as many, below
# the first paragraph (above it stands the standfirst, with buttons to share it)
_FIELDS, _BUTTONS, _BOX = ("input", "select", "textarea"), ("button",), 80
# a box does not grow over these
_WHOLE = frozenset(("article", "blockquote", "body", "h1", "h2", "h3", "h4", "html", "li", "main", "p", "td", "th"))
# a rule that takes more of a text than this takes nothing: the text is what it takes for something else
_MOST = 0.4
# letters of a text that is printed twice; short ones ("Yes.") are said again, and so are those that stand three times
# on a page ("Over the past day the enemy made no attempts here.")
_TWICE, _AGAIN = 40, 3
# a passage of several paragraphs that is printed again is a copy where it is so much of the text before: less is said
# again (as people label it on all 3 such pages, which lost .3 of their recall)
_ALL = 0.9
_FIGURE = re.compile(r"\(\+|[‒–—:-]\s(?:\D{2,20}\s)?\d[\d\s.,]*(?:\s[^\W\d][\w. ]{0,40})?\W*$")
_LINE = 200


def mark_asides(
    tree: HtmlElement, page: PageLetters, blocks: Sequence[Block], dropped: Iterable[HtmlElement] = ()
) -> list[Block]:
    """The blocks, those that are not of the text with the role "aside".

    ``dropped``: elements that are known to hold no text.
    """
    keys = [letters(block.text) for block in blocks]
    roles: list[Role | None] = [block.role for block in blocks]
    links = {
        i for i, block in enumerate(blocks) if block.link_share >= _TEASER and block.kind not in ("heading", "row")
    }
    _take(blocks, keys, roles, links)
    _take(blocks, keys, roles, _labels(page, blocks, keys, roles))
    first = next(
        (i for i, key in enumerate(keys) if words_in(blocks[i].text) >= _PARAGRAPH and roles[i] is None), len(keys)
    )
    for elements, start in (
        (_outermost(tree.iter(*_OTHER)), 0),
        (_boxes(tree.iter(*_FIELDS), _BOX), 0),
        (_boxes(tree.iter(*_BUTTONS), _BOX // 2), first),
    ):
        _take(blocks, keys, roles, {i for i in _within(elements, page.page, keys) if i >= start})
    for i in _within(list(dropped), page.page, keys):
        roles[i] = roles[i] or "aside"
    return [
        block if block.role == role else block._replace(role=role) for block, role in zip(blocks, roles, strict=True)
    ]


def mark_twice(page: str, blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those that were printed before, whole or within a longer one, with the role "twice"."""
    first: dict[str, int] = {}  # the block that prints it first
    before = ""
    copies: dict[int, int | None] = {}
    for i, block in enumerate(blocks):
        key = letters(block.text)
        if block.role is not None or block.kind == "heading":  # a headline is no text
            continue
        if len(key) >= _TWICE and key in before and page.count(key) < _AGAIN and not _is_figure(block.text):
            copies[i] = first.get(key)
        else:
            before += f" {key}"
            first.setdefault(key, i)
    for run in _passages(copies):
        above = sum(len(key) for key, i in first.items() if i < run[0] and len(key) >= _TWICE)
        if sum(len(letters(blocks[i].text)) for i in run) < _ALL * above:
            for i in run:
                del copies[i]
    return [block._replace(role="twice") if i in copies else block for i, block in enumerate(blocks)]


def _passages(copies: Mapping[int, int | None]) -> list[list[int]]:
    """Runs of two and more blocks in a row that copy blocks in a row."""
    runs: list[list[int]] = []
    for i, original in copies.items():
        last = runs[-1][-1] if runs else None
        if last is not None and i == last + 1 and original is not None and original - 1 == copies[last]:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [run for run in runs if len(run) > 1]


def _is_figure(text: str) -> bool:
    return len(text) <= _LINE and _FIGURE.search(text) is not None


def _take(blocks: Sequence[Block], keys: Sequence[str], roles: list[Role | None], found: Iterable[int]) -> None:
    """Give these blocks the role, if they are not much of what is left."""
    taken = [i for i in found if roles[i] is None and not _is_figure(blocks[i].text)]
    left = sum(len(key) for key, role in zip(keys, roles, strict=True) if role is None)
    if sum(len(keys[i]) for i in taken) <= _MOST * left:
        for i in taken:
            roles[i] = "aside"


def _labels(
    page: PageLetters, blocks: Sequence[Block], keys: Sequence[str], roles: Sequence[Role | None]
) -> set[int]:
    """Headings and labels right above teasers, also such as are on the page alone, with no other text below them."""
    found: set[int] = set()
    places: list[int] = []
    for i in range(len(blocks) - 1, 0, -1):
        block = blocks[i]
        heading = block.kind == "heading"
        if roles[i] is not None or not (
            heading or (words_in(block.text) <= _LABEL and not block.text.endswith((".", "!", "?")))
        ):
            continue
        end = i + 1
        while end < len(blocks) and (roles[end] == "aside" or end in found):
            end += 1
        teasers = end - i - 1
        if not teasers:
            places = places or page.places(keys)
            start = places[i] + len(keys[i])
            stop = places[end] if end < len(blocks) else start
            teasers = _links(page, start, stop) if 0 <= places[i] < start < stop else 0
        if teasers > int(heading and end < len(blocks) and blocks[end].kind != "heading"):
            found.add(i)
    return found


def _links(page: PageLetters, start: int, stop: int) -> int:
    """How many links stand between two places of the page; 0 where other text stands there."""
    first, last = bisect_left(page.starts, start), bisect_left(page.starts, stop)
    linked = sum(min(stop, page.ends[n]) - page.starts[n] for n in range(first, last))
    return last - first if linked >= _TEASER * (stop - start) else 0


def _outermost(elements: Iterable[HtmlElement]) -> list[HtmlElement]:
    """Those that stand in no other one, and not around the headline."""
    found: list[HtmlElement] = []
    seen: set[HtmlElement] = set()
    for element in elements:
        if not any(around in seen for around in element.iterancestors()):
            seen.add(element)
            if next(element.iter("h1"), None) is None:
                found.append(element)
    return found


def _boxes(controls: Iterable[HtmlElement], most: int) -> list[HtmlElement]:
    """The largest boxes of at most so many words around these controls, without those that hold the headline."""
    found: dict[HtmlElement, None] = {}
    fits: dict[HtmlElement, bool] = {}
    for control in controls:
        if (control.get("type") or "").lower() in ("hidden", "image"):
            continue
        box, around = None, control.getparent()
        while around is not None and around.tag not in _WHOLE:
            if around not in fits:
                words = str(around.text_content()).split(None, most)
                fits[around] = len(words) <= most and next(around.iter("h1"), None) is None
            if not fits[around]:
                break
            box, around = around, around.getparent()
        if box is not None:
            found[box] = None
    return list(found)


def _within(elements: Sequence[HtmlElement], page: str, keys: Sequence[str]) -> set[int]:
    """The blocks that stand on the page in these elements, and nowhere else on it."""
    if not elements:
        return set()
    text = " ".join(letters(str(element.text_content())) for element in elements)
    return {i for i, key in enumerate(keys) if key and key in text and text.count(key) >= page.count(key) > 0}

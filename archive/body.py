"""From the tree of a page to the blocks of its text. Pure.

The text is trafilatura's (comments off, its own deduplication off: it depends on order and process); what it
keeps is cut into blocks here, each with the share of its letters that stand within links on the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Extractor
from trafilatura.utils import sanitize

from archive.fingerprint import ALL_STEPS, letters, letters_hash
from archive.models import NO_HINTS, Block, Hints

# trafilatura's body elements that hold a block, and what it is called here
_KINDS = {"p": "p", "head": "heading", "item": "li", "quote": "quote", "code": "code", "div": "p"}
# elements at which the line before ends; every other element runs on inside its line
_BREAKS = {*_KINDS, "row", "list", "table", "cell", "lb", "body", "doc", "main", "graphic"}
# a table with a cell of more letters than this lays out a page: its cells are paragraphs, not a row
_LAYOUT_CELL = 300
# the text below a headline that is no link; how many letters make a line of it (a date has fewer), and how many
# lines a body (where the body is elsewhere, a credit or a search form stands below the headline)
_BELOW = etree.XPath("following::text()[position() <= 120][not(parent::script or parent::style or ancestor::a)]")
_LINE, _LINES = 15, 4
# trafilatura's options, made once; as "txt" it does not put its result in words that nobody reads
_FULL, _FAST = (Extractor(output_format="txt", fast=fast, comments=False, dedup=False) for fast in (False, True))


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a page as blocks in page order, and what was done to find it."""

    blocks: tuple[Block, ...]
    steps: tuple[str, ...] = ()


def read_body(tree: HtmlElement, url: str | None, hints: Hints = NO_HINTS, steps: frozenset[str] = ALL_STEPS) -> Body:
    """The text of the page; without blocks where there is none. ``tree`` stays as it is.

    ``hints``: what is known of the source's pages. ``steps``: which of ``fingerprint.STEPS`` are taken.
    """
    return Body(read_blocks(tree, url))


def read_blocks(tree: HtmlElement, url: str | None = None) -> tuple[Block, ...]:
    """The blocks of the page's text, in page order; none where trafilatura finds no text. ``tree`` stays as it is.

    A block's link share is its own or that of the whole list or table it stands in, whichever is larger: a menu
    with one item that is no link is still a menu.
    """
    found = _extracted(tree, url)
    links = _Links(tree)
    rows = []
    whole: dict[int, list[float]] = {}
    for kind, raw, group in found:
        text = raw if raw.isprintable() and "&" not in raw else sanitize(unescape(raw))
        key = letters(text or "")
        if not text or not key:
            continue
        share = links.share(key)
        rows.append((kind, text, key, share, group))
        if group:
            sums = whole.setdefault(group, [0.0, 0.0])
            sums[0] += share * len(key)
            sums[1] += len(key)
    shares = {group: linked / all_letters for group, (linked, all_letters) in whole.items()}
    return tuple(
        Block(kind, text, letters_hash(key), round(max(share, shares.get(group, 0.0)), 3))
        for kind, text, key, share, group in rows
    )


def _extracted(tree: HtmlElement, url: str | None) -> list[tuple[str, str, int]]:
    """The lines of trafilatura's text.

    On a page with a short text and a long sidebar its fallbacks take the sidebar, or a text without its line breaks.
    Where nothing of the lines right below the headline is in the text, or several of them are one, and its own
    extractor alone has them, that one's text is taken (1 of 862 labelled pages; all short reports with a sidebar).
    """
    lines = _lines(_body(tree, url, fast=False))
    h1 = next(tree.iter("h1"), None)
    below = [key for text in _BELOW(h1) if len(key := letters(text)) >= _LINE][:10] if h1 is not None else []
    if len(below) < _LINES or _holds(lines, below):
        return lines
    plain = _lines(_body(tree, url, fast=True))
    return plain if _holds(plain, below) else lines


def _holds(lines: list[tuple[str, str, int]], wanted: list[str]) -> bool:
    keys = [letters(text) for _, text, _ in lines]
    if len(keys) <= 2 and any(sum(key in whole for key in wanted) >= 3 for whole in keys):
        return False
    return any(key in "".join(keys) for key in wanted)


def _body(tree: HtmlElement, url: str | None, fast: bool) -> etree._Element:
    document = bare_extraction(tree, url=url, options=_FAST if fast else _FULL)
    body = getattr(document, "body", None)  # None: no text
    return etree.Element("body") if body is None else body


def _lines(body: etree._Element) -> list[tuple[str, str, int]]:
    """(kind, text, group) of each line of trafilatura's body; group numbers the outermost list or table, else 0.

    Every character lands in exactly one line. No recursion: pages nest thousands deep.
    """
    out: list[tuple[str, str, int]] = []
    parts: list[str] = []
    groups = 0
    after_break = False

    def close(kind: str, group: int) -> None:
        nonlocal after_break
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            out.append(("line" if after_break else kind, text, group))
        after_break = False

    stack: list[tuple[str, etree._Element, str, int]] = [("in", body, "p", 0)]
    while stack:
        step, element, kind, group = stack.pop()
        if step == "tail":
            parts.append(element.tail or "")
            continue
        if element.tag in _BREAKS:
            close(kind, group)
        if step == "out":
            after_break = element.tag == "lb" and bool(out)
            continue
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("list", "table") and not group:
            groups += 1
            group = groups
        inner = _KINDS.get(element.tag, kind)
        if inner == "p" and kind in ("li", "quote"):
            inner = kind  # a paragraph in an item is still the item
        if element.tag == "row":
            cells = [" ".join(" ".join(cell.itertext()).split()) for cell in element.iter("cell")]
            if element.find(".//row") is None and all(len(letters(cell)) <= _LAYOUT_CELL for cell in cells):
                parts.append(" | ".join(cell for cell in cells if cell))
                close("row", group)
                continue
            inner = "p"
        parts.append(element.text or "")
        stack.append(("out", element, inner, group))
        for child in reversed(element):
            stack += [("tail", child, inner, group), ("in", child, inner, group)]
    close("p", 0)
    return out


# the page's text in order with each link between two noncharacters, made in C: a walk in Python costs 2 ms a page
LINK, END = "\ufdd0", "\ufdd1"
_SHEET = etree.XSLT(
    etree.XML(f"""
    <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
      <xsl:output method="text"/>
      <xsl:template match="a">{LINK}<xsl:apply-templates/>{END}</xsl:template>
      <xsl:template match="script|style|noscript|template|head|textarea|select|svg|iframe|object|comment()"/>
    </xsl:stylesheet>""")
)
_NOT_LETTER = re.compile(rf"[^\w{LINK}{END}]+|_+")
_SENTINEL = re.compile(f"[{LINK}{END}]")


class _Links:
    """The page's letters in order, and which stretches of them stand within ``<a>``."""

    def __init__(self, tree: HtmlElement) -> None:
        try:
            text = _NOT_LETTER.sub("", str(_SHEET(tree))).casefold()
        except etree.XSLTApplyError:  # nested deeper than a page is: no shares, nothing is hidden for its links
            text = ""
        self.starts: list[int] = []
        self.ends: list[int] = []
        depth = 0
        for n, match in enumerate(_SENTINEL.finditer(text)):
            opening = match.group() == LINK
            depth += 1 if opening else -1
            if opening and depth == 1:
                self.starts.append(match.start() - n)
            elif not opening and depth == 0:
                self.ends.append(match.start() - n)
        self.page = _SENTINEL.sub("", text)
        self.cursor = 0

    def share(self, wanted: str) -> float:
        """The share of a block's letters within links, 0 to 1; blocks are asked in page order.

        0 where the page does not hold the block as one run of letters (trafilatura cut something out of it).
        """
        start = self.page.find(wanted, self.cursor)
        if start < 0:
            start = self.page.find(wanted)
        if start < 0 or not wanted:
            return 0.0
        end = self.cursor = start + len(wanted)
        i = max(0, bisect_right(self.starts, start) - 1)
        linked = 0
        while i < len(self.starts) and self.starts[i] < end:
            linked += max(0, min(end, self.ends[i]) - max(start, self.starts[i]))
            i += 1
        return linked / len(wanted)

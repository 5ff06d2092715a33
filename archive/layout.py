"""The lines of a page as a reader sees them, and the blocks of its text among them. Pure.

A walk in Python, 2 to 3 ms a page: only for pages that are worth a closer look.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.fingerprint import letters
from archive.models import Block

LEVELS = {f"h{n}": n for n in range(1, 7)}
# a line all in bold is a heading of the lowest level
BOLD = 7
_UNSEEN = {"script", "style", "noscript", "template", "head", "textarea", "select", "svg", "iframe", "button"}
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd",
    "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """A line of the page.

    ``start``: where its letters (``key``) begin among all the page's. ``element``: in which its first word stands.
    ``level``: 1 to 6 of a heading, BOLD, else 0. ``linked``: share of its letters within links. ``time``: what a
    ``<time>`` in it states. ``block``: the block of the text that it belongs to.
    """

    text: str
    key: str
    start: int
    element: HtmlElement
    level: int = 0
    linked: float = 0.0
    time: str | None = None
    block: int | None = None


def read_lines(tree: HtmlElement) -> list[Line]:
    """The lines of the page in its order. No recursion: pages nest thousands deep."""
    out: list[Line] = []
    parts: list[str] = []
    offset = linked = bold = size = level = 0
    first: HtmlElement | None = None
    time: str | None = None

    def close() -> None:
        nonlocal offset, linked, bold, size, level, first, time
        if first is not None:
            text = " ".join("".join(parts).split())
            if key := letters(text):
                kind = BOLD if not level and bold >= 0.95 * size else level
                out.append(Line(text, key, offset, first, kind, linked / size, time))
                offset += len(key)
            linked = bold = size = level = 0
            first = None
        time = None
        parts.clear()

    def add(text: str | None, element: HtmlElement, in_link: bool, in_bold: bool, in_heading: int) -> None:
        nonlocal linked, bold, size, level, first
        if not text:
            return
        if text.isspace():
            parts.append(" ")
            return
        parts.append(text)
        count = len(text.strip())
        size += count
        linked += count * in_link
        bold += count * in_bold
        if first is None:
            first, level = element, in_heading

    body = tree.find("body") if tree.tag == "html" else None
    stack: list[tuple[str, HtmlElement, bool, bool, int]] = [("in", tree if body is None else body, False, False, 0)]
    while stack:
        step, element, in_link, in_bold, in_heading = stack.pop()
        if step == "tail":
            parent = element.getparent()
            add(element.tail, element if parent is None else parent, in_link, in_bold, in_heading)
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN:
            continue
        if (parts or time) and tag not in _INLINE:
            close()
        if step == "out":
            continue
        in_link, in_bold = in_link or tag == "a", in_bold or tag in ("b", "strong")
        in_heading = LEVELS.get(tag, in_heading)
        if tag == "time":
            time = time or element.get("datetime")
        add(element.text, element, in_link, in_bold, in_heading)
        stack.append(("out", element, False, False, 0))
        for child in reversed(element):
            if child.tail:
                stack.append(("tail", child, in_link, in_bold, in_heading))
            stack.append(("in", child, in_link, in_bold, in_heading))
    close()
    return out


def align(lines: Sequence[Line], blocks: Sequence[Block]) -> None:
    """Let every line know which block of the text it belongs to, by their letters."""
    page = "".join(line.key for line in lines)
    starts = [line.start for line in lines]
    cursor = 0
    for n, block in enumerate(blocks):
        key = letters(block.text)
        at = page.find(key, cursor)
        if at < 0:
            at = page.find(key)
        else:
            cursor = at + len(key)
        if at < 0:
            continue
        i = bisect_right(starts, at) - 1
        while i < len(lines) and starts[i] < at + len(key):
            if lines[i].block is None:
                lines[i].block = n
            i += 1

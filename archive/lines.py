"""From elements to the lines of a text: what kind each is, and where it begins and ends. Pure.

Two vocabularies are read by one walk: trafilatura's, for what it kept, and HTML, for a part of the page itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lxml import etree

from archive.fingerprint import letters

# a table with a cell of more letters than this lays out a page: its cells are paragraphs, not a row
_LAYOUT_CELL = 300


class Line(NamedTuple):
    """A line of a text; ``group`` numbers the outermost list or table it stands in, 0 outside of any."""

    kind: str
    text: str
    group: int


class Vocabulary(NamedTuple):
    """What elements mean.

    ``kinds``: elements that hold a block, and what it is called. ``breaks``: elements at which the line before ends,
    or None: all but ``inline``. ``silent``: elements without text. ``rows``, ``cells``, ``line_breaks`` and
    ``groups`` (lists and tables) by their names.
    """

    kinds: Mapping[str, str]
    breaks: frozenset[str] | None
    inline: frozenset[str]
    silent: frozenset[str]
    rows: str
    cells: tuple[str, ...]
    line_break: str
    groups: frozenset[str]


KEPT = Vocabulary(
    kinds={"p": "p", "head": "heading", "item": "li", "quote": "quote", "code": "code", "div": "p"},
    breaks=frozenset({
        "p", "head", "item", "quote", "code", "div", "row", "list", "table", "cell", "lb", "body", "doc", "main",
        "graphic",
    }),
    inline=frozenset(),
    silent=frozenset(),
    rows="row",
    cells=("cell",),
    line_break="lb",
    groups=frozenset(("list", "table")),
)  # fmt: skip
INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "data", "del", "em", "font", "i", "ins",
    "mark", "nobr", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr",
})  # fmt: skip
# elements that hold no text of the story, whatever their class is called
SILENT = frozenset({
    "aside", "audio", "button", "canvas", "dialog", "embed", "figcaption", "figure", "footer", "form",
    "head", "iframe", "img", "input", "link", "map", "menu", "meta", "nav", "noscript", "object",
    "picture", "script", "select", "style", "svg", "template", "textarea", "title", "video",
})  # fmt: skip
PAGE = Vocabulary(
    kinds={"p": "p", "li": "li", "dt": "li", "dd": "li", "blockquote": "quote", "pre": "code"}
    | dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    breaks=None,
    inline=INLINE,
    silent=SILENT,
    rows="tr",
    cells=("td", "th"),
    line_break="br",
    groups=frozenset(("ul", "ol", "dl", "table")),
)


def read_lines(
    roots: Iterable[etree._Element], words: Vocabulary, without: frozenset[etree._Element] = frozenset()
) -> list[Line]:
    """The lines of these elements, those in ``without`` left out.

    Every character lands in exactly one line. No recursion: pages nest thousands deep.
    """
    out: list[Line] = []
    parts: list[str] = []
    groups = 0
    after_break = False
    columns: dict[etree._Element, dict[int, list[bool]]] = {}

    def close(kind: str, group: int) -> None:
        nonlocal after_break
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            out.append(Line("line" if after_break else kind, text, group))
        after_break = False

    stack: list[tuple[str, etree._Element, str, int]] = [("in", root, "p", 0) for root in reversed(list(roots))]
    while stack:
        step, element, kind, group = stack.pop()
        if step == "tail":
            parts.append(element.tail or "")
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in words.silent or (without and element in without):
            if step == "in" and tag not in words.inline:
                parts.append(" ")
            continue
        if (tag in words.breaks) if words.breaks is not None else (tag not in words.inline):
            close(kind, group)
        if step == "out":
            after_break = tag == words.line_break and bool(out)
            continue
        if tag in words.groups and not group:
            groups += 1
            group = groups
        inner = words.kinds.get(tag, kind)
        if inner == "p" and kind in ("li", "quote"):
            inner = kind  # a paragraph in an item is still the item
        if tag == words.rows:
            cells = [" ".join(" ".join(cell.itertext()).split()) for cell in element.iter(*words.cells)]
            nested = element.find(f".//{words.rows}") is not None
            if not nested and all(len(letters(cell)) <= _LAYOUT_CELL for cell in cells):
                table = next((e for e in element.iterancestors() if e.tag in words.groups), element)
                if table not in columns:
                    columns[table] = _columns(table, words)
                used = columns[table].get(len(cells), [])
                filled = [cell for cell in cells if cell]
                # an empty cell keeps the figures behind it in their columns, where other rows have something in it
                shown = [cell for cell, held in zip(cells, used, strict=False) if cell or held]
                parts.append(" | ".join(shown).rstrip("| ") if len(filled) > 1 else "".join(filled))
                close("row", group)
                continue
            inner = "p"
        parts.append(element.text or "")
        stack.append(("out", element, inner, group))
        for child in reversed(element):
            stack += [("tail", child, inner, group), ("in", child, inner, group)]
    close("p", 0)
    return out


def _columns(table: etree._Element, words: Vocabulary) -> dict[int, list[bool]]:
    """Which columns of a table hold text in any row, by the number of cells in a row."""
    columns: dict[int, list[bool]] = {}
    for row in table.iter(words.rows):
        held = [any(text.strip() for text in cell.itertext()) for cell in row.iter(*words.cells)]
        before = columns.setdefault(len(held), held)
        columns[len(held)] = [one or other for one, other in zip(before, held, strict=True)]
    return columns

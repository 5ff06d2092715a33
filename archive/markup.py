"""Markdown, and texts in HTML out of tables. Pure.

Here all that stands in the file is its text, so that nothing searches for it as in a page: the elements are read as
they are, and titles, dates and stories are told as in any text (``plain``).
"""

from __future__ import annotations

from typing import Any

from lxml.html import HtmlElement
from markdown_it import MarkdownIt

from archive import lines as markup
from archive.elements import read_elements
from archive.extract import parse_html
from archive.fingerprint import letters
from archive.letters import PageLetters
from archive.models import Clock, Reading
from archive.plain import read_stories
from archive.stated import Given
from archive.textlines import Line

# what is drawn and not said
_SILENT = ("script", "style", "svg", "template", "head")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def read_markdown(text: str, url: str, zone: str, clock: Clock, given: Given) -> tuple[Reading, ...]:
    """The stories of a Markdown text without its front matter."""
    return read_markup(_MARKDOWN.render(text), url, zone, clock, given)


def read_markup(html: str, url: str, zone: str, clock: Clock, given: Given) -> tuple[Reading, ...]:
    """The stories of a text in HTML, all of which is text."""
    tree = parse_html(f"<html><body>{html}</body></html>")
    if tree is None:
        return ()
    for element in list(tree.iter(*_SILENT)):
        if element.getparent() is not None:
            element.drop_tree()
    found = markup.read_lines(_roots(tree), markup.PAGE)
    lines = [Line(one.kind, one.text) for one in found if letters(one.text)]

    def elements(stories: Reading) -> dict[str, Any]:
        return read_elements(tree, url, stories.blocks, PageLetters(tree))._asdict()

    return read_stories(lines, zone, clock, given, elements)


def _roots(tree: HtmlElement) -> list[HtmlElement]:
    body = tree.find("body")
    return [tree if body is None else body]

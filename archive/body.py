"""From the tree of a page to the blocks of its text. Pure.

The text is trafilatura's (comments off, its own deduplication off: it depends on order and process), or of another
where it stands alone (``nearest``), or what a source's hints name. It is cut into blocks, each with the share of its
letters that stand within links on the page, and with a role where it is no part of the text (``asides``) or its
standfirst (``standfirst``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from html import unescape

from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Extractor
from trafilatura.utils import sanitize

from archive.asides import mark_asides, mark_twice
from archive.asked_once import ask_once
from archive.fingerprint import ALL_STEPS, letters, letters_hash, words_in
from archive.letters import PageLetters
from archive.lines import KEPT, PAGE, Line, read_lines
from archive.models import NO_HINTS, Block, Hints
from archive.nearest import nearest
from archive.standfirst import add_standfirst

ask_once()
# trafilatura's options, made once; as "txt" it does not put its result in words that nobody reads
_FULL, _FAST = (Extractor(output_format="txt", fast=fast, comments=False, dedup=False) for fast in (False, True))
# a hinted container holds a text from so many words on, or from this share of what is found without it
_ENOUGH, _SHARE = 60, 0.5


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a page as blocks in page order, and what was done to find it."""

    blocks: tuple[Block, ...]
    steps: tuple[str, ...] = ()
    page: PageLetters | None = None  # made once for all that ask where on the page something stands


def read_body(
    tree: HtmlElement,
    url: str | None,
    hints: Hints = NO_HINTS,
    steps: frozenset[str] = ALL_STEPS,
    titles: Sequence[str] = (),
    description: str | None = None,
) -> Body:
    """The text of the page; without blocks where there is none. ``tree`` stays as it is.

    ``hints``: what is known of the source's pages. ``steps``: which of ``fingerprint.STEPS`` are taken. ``titles``
    and ``description``: as the page states them.
    """
    done: list[str] = []
    page = PageLetters(tree)
    dropped = _selected(tree, hints.drop) if "hints" in steps else []
    if "hints" in steps and hints.drop and not dropped:
        done.append("hint:drop unmatched")
    lines = _hinted(tree, url, hints, frozenset(dropped), steps, done)
    blocks = _in_order(_blocks(lines, page), page)
    if "twice" in steps:
        blocks = mark_twice(page.page, blocks)
    if "asides" in steps or dropped:
        blocks = mark_asides(tree, page, blocks, dropped)
    roles = Counter(block.role for block in blocks)
    done += [f"{role}:{roles[role]}" for role in ("twice", "aside") if roles[role]]
    if "standfirst" in steps:
        blocks, found = add_standfirst(tree, blocks, titles, description)
        blocks = _in_order(blocks, page) if found else blocks
        done += found
    return Body(tuple(blocks), tuple(done), page)


def _in_order(blocks: Sequence[Block], page: PageLetters) -> list[Block]:
    """The blocks as the page has them: trafilatura moves tables, and what it takes in late, and says some twice."""
    return [blocks[i] for i in page.in_order([letters(block.text) for block in blocks])]


def _hinted(
    tree: HtmlElement,
    url: str | None,
    hints: Hints,
    dropped: frozenset[HtmlElement],
    steps: frozenset[str],
    done: list[str],
) -> list[Line]:
    """The lines of the hinted containers where they hold a text, else those that are found without."""
    wanted = bool(hints.container) and "hints" in steps
    lines = read_lines(_selected(tree, hints.container), PAGE, dropped) if wanted else []
    words = sum(words_in(line.text) for line in lines)
    if words >= _ENOUGH:
        done.append("hint:container")
        return lines
    done_here: list[str] = []
    found = _found(tree, url, steps, done_here)
    if wanted and words and words >= _SHARE * sum(words_in(line.text) for line in found):
        done.append("hint:container")
        return lines
    if wanted:
        done.append("hint:container unmatched")
    done += done_here
    return found


def _found(tree: HtmlElement, url: str | None, steps: frozenset[str], done: list[str]) -> list[Line]:
    if "nearest" not in steps:
        return _extracted(tree, url, _FULL)
    full, fast = (partial(_extracted, tree, url, options) for options in (_FULL, _FAST))
    lines, whose = nearest(tree, full, fast, "join" in steps)
    if whose:
        done.append(f"nearest:{whose}")
    return lines


def _extracted(tree: HtmlElement, url: str | None, options: Extractor) -> list[Line]:
    """The lines of trafilatura's text."""
    document = bare_extraction(tree, url=url, options=options)
    body = getattr(document, "body", None)  # None: no text
    return [] if body is None else read_lines([body], KEPT)


@lru_cache(256)
def _selector(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def _selected(tree: HtmlElement, selectors: Sequence[str]) -> list[HtmlElement]:
    """The elements that the selectors name, in page order, none within another."""
    named = {element for selector in selectors for element in _selector(selector)(tree)}
    outer = {element for element in named if not any(around in named for around in element.iterancestors())}
    return [element for element in tree.iter() if element in outer] if len(outer) > 1 else list(outer)


def _apart(lines: Sequence[Line], page: PageLetters) -> Iterator[Line]:
    """A row that is no run of the page's letters (other rows stand within its cells) as its cells, each by itself."""
    for line in lines:
        if line.kind == "row" and " | " in line.text and letters(line.text) not in page.page:
            yield from (line._replace(text=cell) for cell in line.text.split(" | "))
        else:
            yield line


def _blocks(lines: Sequence[Line], page: PageLetters) -> list[Block]:
    """A block's link share is its own or that of the whole list or table it stands in, whichever is larger: a menu
    with one item that is no link is still a menu."""
    rows = []
    whole: dict[int, list[float]] = {}
    for kind, raw, group in _apart(lines, page):
        text = raw if raw.isprintable() and "&" not in raw else sanitize(unescape(raw))
        key = letters(text or "")
        if not text or not key:
            continue
        share = page.share(key)
        rows.append((kind, text, key, share, group))
        if group:
            sums = whole.setdefault(group, [0.0, 0.0])
            sums[0] += share * len(key)
            sums[1] += len(key)
    shares = {group: linked / all_letters for group, (linked, all_letters) in whole.items()}
    return [
        Block(kind, text, letters_hash(key), round(max(share, shares.get(group, 0.0)), 3))
        for kind, text, key, share, group in rows
    ]

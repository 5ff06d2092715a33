"""The dated entries of a live blog: one story that is written on, however often it is titled and dated. Pure.

A page is one where it declares itself so (schema.org LiveBlogPosting), or where three or more boxes of one shape, or
headings of one markup, each open with a time of day and nothing else of a date: posts of an archive page carry days.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from html import unescape

from lxml.html import HtmlElement

from archive.dates import is_time, read_moment
from archive.fingerprint import letters, letters_hash
from archive.jsonld import read_things, types
from archive.layout import Line, align, read_lines
from archive.models import Block, Entry

# fewer entries are a text with times in it
LEAST = 3
# letters of an entry's text at least, and of those that a declared one is found by
_TEXT, _OPENING = 60, 40
# so many entries are read
_MANY = 1000
_LIVE = "LiveBlogPosting"
_OPENS = re.compile(r"(?P<clock>\d{1,2}[:.]\d{2})(?:\s?(?:Uhr|[ap]\.?m\.?))?\s*[-–—:|•]?\s+(?=\w)", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]{0,500}>")
_DIGITS = re.compile(r"\d+")


def read_entries(tree: HtmlElement, blocks: Sequence[Block], zone: str) -> tuple[bool, tuple[Entry, ...]]:
    """Whether the page is a live blog, and its entries in page order, as far as they stand in its text."""
    posting = _posting(tree)
    found = _declared(posting, blocks, zone) if posting is not None else ()
    if not found and (posting is not None or _may_be(tree, blocks)):
        lines = read_lines(tree)
        align(lines, blocks)
        found = _printed(lines, zone)
    return posting is not None or bool(found), found


def _posting(tree: HtmlElement) -> dict[str, object] | None:
    """The page's LiveBlogPosting."""
    return next((thing for thing in read_things(tree, _LIVE) if _LIVE in types(thing)), None)


def _declared(posting: dict[str, object], blocks: Sequence[Block], zone: str) -> tuple[Entry, ...]:
    """The declared entries that the text holds, by their headline, else by how their text opens."""
    updates = posting.get("liveBlogUpdate")
    first: dict[int, int] = {}
    openings: dict[str, int] = {}
    for n, block in enumerate(blocks):
        first.setdefault(block.hash, n)
        openings.setdefault(letters(block.text)[:_OPENING], n)
    found: dict[int, Entry] = {}
    for update in updates[:_MANY] if isinstance(updates, list) else [updates]:
        if not isinstance(update, dict):
            continue
        title, body, printed = (_text(update.get(key)) for key in ("headline", "articleBody", "datePublished"))
        key = letters(body)[:_OPENING]
        at = first.get(letters_hash(letters(title))) if title else None
        if at is None and len(key) == _OPENING:
            at = openings.get(key)
        moment = read_moment(printed, zone, "json-ld") if printed else None
        if at is not None and moment is not None:
            found.setdefault(at, Entry(at, moment.at, printed, title or None))
    return tuple(found[at] for at in sorted(found))


def _text(value: object) -> str:
    return " ".join(unescape(_TAGS.sub(" ", value)).split()) if isinstance(value, str) else ""


def _may_be(tree: HtmlElement, blocks: Sequence[Block]) -> bool:
    """Whether so many times stand on the page that its lines are worth a look."""
    times = sum(1 for element in tree.iter("time") if is_time(str(element.text_content())))
    opened = sum(len(block.text) <= 200 and _OPENS.match(f"{block.text} x") is not None for block in blocks)
    return times >= LEAST or opened >= LEAST


def _printed(lines: Sequence[Line], zone: str) -> tuple[Entry, ...]:
    """The entries that the page shows: what opens with a time of day, in boxes or below headings of one kind."""
    kinds: dict[tuple[object, ...], list[int]] = defaultdict(list)
    timed = [n for n, line in enumerate(lines) if is_time(line.text)][:_MANY]
    held = Counter(above for n in timed for above in (lines[n].element, *lines[n].element.iterancestors()))
    for n in timed:
        box = lines[n].element
        while (above := box.getparent()) is not None and held[above] == 1:
            box = above
        kinds[box.getparent(), box.tag, _DIGITS.sub("", box.get("class") or "")].append(n)
    for n, line in enumerate(lines):
        if line.level and _OPENS.match(line.text):
            kinds["heading", line.level].append(n)
    found: tuple[Entry, ...] = ()
    for starts in kinds.values():
        entries: list[Entry] = []
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            entry = _entry(lines, start, end, zone)
            if entry is not None and (not entries or entry.position > entries[-1].position):
                entries.append(entry)
        if len(entries) >= LEAST and len(entries) > len(found):
            found = tuple(entries)
    return found


def _entry(lines: Sequence[Line], start: int, end: int, zone: str) -> Entry | None:
    inside = [line for line in lines[start:end] if line.block is not None]
    if sum(len(line.key) for line in inside if line.linked < 0.5) < _TEXT:
        return None
    line = lines[start]
    opened = _OPENS.match(line.text)
    title = line.text[opened.end() :] if opened and line.level else None
    if title is None and (after := next((x for x in lines[start + 1 : start + 4] if x.level), None)) is not None:
        title = after.text
    moment = read_moment(line.time, zone, "time-element") if line.time else None
    printed = opened["clock"] if opened and line.level else line.text
    position = min(x.block for x in inside if x.block is not None)
    return Entry(position, moment.at if moment else None, printed, title)

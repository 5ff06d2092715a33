"""Reads what somebody handed over as a file: plain text, Markdown, a row of a table, a page saved by a browser. Pure.

What it is, its Content-Type says, which an import gives it. Its readings carry the step "file".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace

from archive import extract
from archive.characters import decoded
from archive.complete import complete
from archive.dates import read_moment
from archive.fingerprint import block_hash, letters
from archive.fronts import HTML, LIMIT, MARKDOWN, PLAIN, RECORD, ROW, kind_of, opened
from archive.language import detect
from archive.markup import read_markdown, read_markup
from archive.models import NO_HINTS, Block, Clock, Hints, Page, Reading
from archive.plain import read_plain
from archive.stated import Stated
from archive.urls import canonical, is_web

# the step of every reading of a file
FILE = "file"
# blocks at the head of a text that may be its own description
_HEAD = 4
# the standfirst below the title as our own export sets it: no other line of that begins like it
_SLANTED = re.compile(r"\s*#[^\n]*\n\n((?:\*[^\n]+\*\n\n)+)")


def read(
    data: bytes,
    content_type: str | None,
    url: str,
    zone: str,
    language: str | None,
    clock: Clock = "24h",
    announced: str | None = None,
    hints: Hints = NO_HINTS,
) -> Page:
    """Read a file that was handed over. See :func:`archive.extract.read` for what is not said here.

    ``announced``: when it came out, as whoever handed it over says (a stamp), where the text does not say it.
    """
    kind, own_zone, own_language = kind_of(content_type)
    zone = own_zone or zone
    if kind == HTML:
        page = extract.read(data, None, HTML, url, zone, own_language or language, clock, announced, hints)
        return replace(page, readings=tuple(replace(r, steps=(FILE, *r.steps)) for r in page.readings))
    digest = hashlib.sha256(data).hexdigest()
    if kind not in (PLAIN, MARKDOWN, ROW, RECORD):
        return Page(digest, reason=f"not a text: {kind[:80]}")
    if len(data) > LIMIT:
        return Page(digest, reason=f"a text of more than {LIMIT >> 20} MiB")
    text = decoded(data, content_type)
    if text is None:
        return Page(digest, reason="not a text: its bytes are no characters")
    stated = opened(text, kind, zone, clock)
    if stated is None:
        return Page(digest, reason="not a record")
    if own_language and not stated.given.language:
        stated = stated._replace(given=stated.given._replace(language=own_language))
    readings = _readings(kind, stated, url, zone, clock)
    if not readings:
        return Page(digest, reason="no text")
    listed = read_moment(announced, zone, "file") if announced else None
    if listed and len(readings) == 1 and readings[0].published is None:
        dated = replace(readings[0], published=listed.at, published_from=listed.found, published_day=listed.day)
        readings = (dated,)
    # a short one among several is in the language of the whole
    fallback = (detect(stated.text or "") if len(readings) > 1 else None) or language
    addresses = [url] if is_web(url) else []
    done = (complete(replace(r, steps=(FILE, *r.steps)), fallback, addresses) for r in readings)
    declared = canonical(url, stated.url) if is_web(url) else None
    return Page(digest, tuple(done), declared)


def _readings(kind: str, stated: Stated, url: str, zone: str, clock: Clock) -> tuple[Reading, ...]:
    given = stated.given
    body = stated.text or given.description
    if not body:
        return ()
    above: list[str] = []
    if kind == MARKDOWN:
        slanted = _SLANTED.match(body) if stated.digest else None
        above = slanted[1].split("\n\n") if slanted else []
        found = read_markdown(body, url, zone, clock, given)
    elif stated.html:
        found = read_markup(body, url, zone, clock, given)
    else:
        found = tuple(_below(given.standfirst, reading) for reading in read_plain(body, zone, clock, given))
    return tuple(_with_standfirst(reading, (given.description, *above)) for reading in found)


def _below(standfirst: str | None, reading: Reading) -> Reading:
    """A reading of lines alone, in which nothing has a place, below the standfirst that is given apart from it."""
    texts = [text for text in (standfirst or "").split("\n\n") if letters(text)]
    blocks = (Block("p", text, block_hash(text), role="summary") for text in texts)
    return replace(reading, blocks=(*blocks, *reading.blocks))


def _with_standfirst(reading: Reading, texts: Collection[str | None]) -> Reading:
    """A reading whose standfirst is what its text begins with, where that is what describes it."""
    keys = {block_hash(text) for text in texts if text}
    last = len(reading.blocks) - 1
    blocks = (
        block._replace(role="summary") if n < min(_HEAD, last) and block.hash in keys else block
        for n, block in enumerate(reading.blocks)
    )
    return replace(reading, blocks=tuple(blocks)) if keys else reading

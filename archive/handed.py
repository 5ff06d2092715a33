"""Reads what somebody handed over as a file: plain text, Markdown, a row of a table, a page saved by a browser. Pure.

What it is, its Content-Type says, which an import gives it. Its readings carry the step "file".
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from archive import extract
from archive.characters import decoded
from archive.complete import complete
from archive.dates import read_moment
from archive.fingerprint import block_hash
from archive.fronts import HTML, LIMIT, MARKDOWN, PLAIN, RECORD, ROW, kind_of, opened
from archive.language import detect
from archive.markup import read_markdown, read_markup
from archive.models import NO_HINTS, Clock, Hints, Page, Reading
from archive.plain import read_plain
from archive.stated import Stated
from archive.urls import canonical, is_web

# the step of every reading of a file
FILE = "file"
# blocks at the head of a text that may be its own description
_HEAD = 4


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
    if kind == MARKDOWN:
        found = read_markdown(body, url, zone, clock, given)
    elif stated.html:
        found = read_markup(body, url, zone, clock, given)
    else:
        found = read_plain(body, zone, clock, given)
    return tuple(_with_standfirst(reading, given.description) for reading in found)


def _with_standfirst(reading: Reading, description: str | None) -> Reading:
    """A reading whose standfirst is what its text begins with, where that is what describes it."""
    key = block_hash(description) if description else None
    for n, block in enumerate(reading.blocks[:_HEAD]):
        if block.hash == key and n + 1 < len(reading.blocks):
            marked = block._replace(role="summary")
            return replace(reading, blocks=(*reading.blocks[:n], marked, *reading.blocks[n + 1 :]))
    return reading

"""Pages named by an RSS or Atom feed. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import feedparser

from crawler.discovery import Brought, Found
from crawler.spiders.answer import address, in_bounds, once

# bytes of a feed that are read (a hundred whole articles are 3 MB); feedparser takes 2 s for a MB of entries, and
# up to 6 s for one of broken tags
_LIMIT = 4 << 20
_ENDS = (b"</item>", b"</entry>")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")


def feed(body: bytes, url: str, content_type: str | None) -> Brought:
    """The pages of a feed's entries, in its order, each once. ``body`` without its Content-Encoding.

    ``published`` as the entry states it; ``modified`` is Atom's updated, in RSS only what is later than the
    publication: there dc:date stands beside pubDate and says the same. Nothing where it is no feed: feedparser reads
    what it can of a broken one.
    """
    if len(body) > _LIMIT:  # an entry that is cut through would name another page
        body = body[: max(0, *(body.rfind(end, 0, _LIMIT) for end in _ENDS))]
    body = _REFERENCE.sub(_plausible, body)
    headers = {"content-type": content_type} if content_type else {}
    for stated in (headers, {}):  # where the charset stated does not exist, the document's own word is next
        try:
            parsed = feedparser.parse(body, response_headers={**stated, "content-location": url}, sanitize_html=False)
        except (LookupError, ValueError):  # a charset that does not exist, a name that is none
            continue
        except (ArithmeticError, AssertionError, AttributeError, RecursionError, TypeError):
            break  # feedparser promises nothing for a document that is meant to break it
        return Brought(once(_entries(parsed, url)))
    return Brought()


def _plausible(reference: re.Match[bytes]) -> bytes:
    """A character reference, nothing where it is to no character: feedparser gives up the whole feed for one.

    Halves of an emoji ("&#55357;&#56832;") are what some programs write.
    """
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    digits = digits.lstrip(b"0")
    number = int(digits or b"0", base) if len(digits) <= 7 else 0x110000
    return b"" if 0xD800 <= number <= 0xDFFF or number > 0x10FFFF else reference[0]


def _entries(parsed: feedparser.FeedParserDict, url: str) -> Iterator[Found]:
    atom = str(parsed.get("version", "")).startswith("atom")
    for entry in parsed.entries:
        target = address(url, entry.get("link"))
        if target is None:
            continue
        # asked for with "in" first: feedparser gives published for an updated that is not there
        updated = _moment(entry["updated_parsed"]) if "updated_parsed" in entry else None
        published = _moment(entry.get("published_parsed"))
        if not atom and (published is None or updated is None or updated <= published):
            published, updated = published or updated, None
        yield Found(target, updated, published)


def _moment(parsed: time.struct_time | None) -> datetime | None:
    """feedparser's nine numbers, in UTC, as a moment."""
    if parsed is None:
        return None
    try:
        return in_bounds(datetime(*parsed[:6], tzinfo=UTC))
    except (ValueError, OverflowError):  # a leap second, a year 0
        return None

"""What the readers of all answers share: bounds, addresses, moments, JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from archive.dates import EARLIEST, LATEST
from archive.urls import absolute, url_key
from crawler.discovery import Found

# entries taken from one answer (the sitemap protocol's own bound); no outlet publishes as much between two visits
ENTRIES = 50_000
# characters of an address (the sitemap protocol allows 2,048; percent-encoded Cyrillic is three times as long as it
# looks). A longer one is left out: cut short it would be another page's
ADDRESS = 4_096
# characters of a date: what is longer is none
_DATE = 64
# bytes of JSON that are read: the longest answer asked for, 10,000 lines of a web archive, has about 2 MB; nested
# lists take 30 times their bytes in memory
_JSON = 8 << 20


def address(base: str, href: object) -> str | None:
    """The web address that ``href`` means on the page ``base``, None where it is none, or too long."""
    if not isinstance(href, str) or len(href) > ADDRESS:
        return None
    target = absolute(base, href)
    if target is None or len(target) > ADDRESS:
        return None
    try:
        url_key(target)  # raises where nothing can be found by it
    except ValueError:
        return None
    return target


def moment(value: object) -> datetime | None:
    """The moment of an ISO 8601 string (W3C datetime is a part of it), in UTC, None where it is none.

    A time without an offset is taken as UTC, and so a day alone is its first moment there.
    """
    if not isinstance(value, str) or len(value) > _DATE:
        return None
    try:
        local = datetime.fromisoformat(value.strip())
        return in_bounds(local if local.tzinfo else local.replace(tzinfo=UTC))
    except ValueError:  # words, or a zero date
        return None


def in_bounds(local: datetime) -> datetime | None:
    """An aware moment in UTC; None where its year cannot be a page's."""
    if not EARLIEST <= local.year <= LATEST:
        return None
    return local.astimezone(UTC)


def once(found: Iterable[Found]) -> tuple[Found, ...]:
    """The first of each address (of each copy, where copies are named), at most ``ENTRIES``."""
    out: dict[str, Found] = {}
    for item in found:
        if len(out) >= ENTRIES:
            break
        out.setdefault(item.fetch or item.url, item)
    return tuple(out.values())


def from_json(body: bytes) -> object:
    """The value of a JSON text, None where it is none, or too large to be looked at."""
    if len(body) > _JSON:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # no JSON, no text, nested thousands deep
        return None

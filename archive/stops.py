"""The stop-list at work: whether an exchange is of an address that was forgotten, or brings its words along. Pure.

The list has hashes alone, so an address is looked up and never searched for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import urljoin

from archive.models import Exchange
from archive.payload import decode
from archive.traces import named
from archive.urls import url_key

# what is said of a feed or list that was not kept
WITHHELD = "names an address that was forgotten: what it says is not kept"
# how what stands in an address's place begins
FORGOTTEN = "forgotten:"
# a sitemap of addresses alone has no words of any page
_SITEMAPS, _TITLES = (b"<urlset", b"<sitemapindex"), b":title"
_BEGINNING = 4096


def key_sha256(url_key: str) -> str:
    """By what the stop-list knows an address."""
    return hashlib.sha256(url_key.encode()).hexdigest()


def list_sha256(keys: Iterable[str]) -> str:
    """SHA-256 of what one removal put on the list: its hashes in order, one a line."""
    return hashlib.sha256("".join(f"{key}\n" for key in sorted(keys)).encode()).hexdigest()


def instead(url: str) -> str:
    """What stands in rows where an address that was forgotten stood."""
    return f"{FORGOTTEN}{hashlib.sha256(url.encode()).hexdigest()}"


class Stops:
    """The addresses that are never kept again; ``keys``: their hashes."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    def has(self, urls: Iterable[str]) -> bool:
        """Whether one of some addresses is among them."""
        return bool(self._keys) and any(self._has(url) for url in urls)

    def _has(self, url: str) -> bool:
        try:
            return key_sha256(url_key(url)) in self._keys
        except ValueError:  # an address that is none
            return False

    def stop(self, exchange: Exchange) -> bool:
        """Whether an exchange is of one of them, or was led to from there."""
        return self.has((exchange.url, *exchange.via))

    def withhold(self, exchange: Exchange) -> bool:
        """Whether a feed or a list names one of them, with more than its address."""
        if not self._keys or exchange.kind != "discovery" or exchange.status != 200:
            return False
        try:
            body = decode(exchange.body, exchange.header("content-encoding"))
        except ValueError:  # whatever it says
            return False
        if any(name in body[:_BEGINNING] for name in _SITEMAPS) and _TITLES not in body:
            return False
        return self.has(
            _absolute(exchange.url, url) for url in dict.fromkeys(named(body, exchange.header("content-type")))
        )


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""

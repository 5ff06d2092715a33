"""A page ready to send: validators, 304 and gzip, computed once per page and never per request.

Owns the HTTP semantics of one representation; knows neither hosts nor sockets.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache

from crawler.demo.pages import Page

Pair = tuple[bytes, bytes]
Sent = tuple[list[Pair], list[Pair], bytes]  # headers of a full answer, those of a 304, body

SMALL = 256  # bytes; below this gzip's own frame eats what it saves


class Held:
    """A page ready to send: as it is, and gzipped from the first time that is asked for."""

    __slots__ = ("_headers", "_packed", "_plain", "_tags", "page")

    def __init__(self, page: Page, extra: Mapping[str, str] | None = None) -> None:
        self.page = page
        headers = {"content-type": page.content_type}
        if page.location:
            headers["location"] = page.location
        if page.status == 200:
            headers["etag"] = f'"{hashlib.sha256(page.body).hexdigest()[:24]}"'
            headers["last-modified"] = format_datetime(page.modified, usegmt=True)
        packable = len(page.body) >= SMALL and "content-encoding" not in {name.lower() for name in extra or ()}
        if packable:
            headers["vary"] = "Accept-Encoding"
        headers |= {name.lower(): value for name, value in (extra or {}).items()}
        self._headers = {name: value for name, value in headers.items() if value}  # "" takes a header away
        tag = self._headers.get("etag", "")
        # A strong tag names one representation: the gzip one has its own (RFC 9110 8.8.3.3).
        packed_tag = tag[:-1] + '-gzip"' if tag.startswith('"') else tag
        self._tags = {known.removeprefix("W/") for known in (tag, packed_tag) if known}
        self._plain = _sent(self._headers, page.body)
        self._packed = None if packable else self._plain

    def fresh(self, asked: Mapping[bytes, bytes]) -> bool:
        """True where the client's validator holds; If-None-Match goes before the date (RFC 9110 13.2.2)."""
        if self.page.status != 200:
            return False
        given = asked.get(b"if-none-match")
        if given is not None:
            tags = {tag.strip().removeprefix("W/") for tag in given.decode("latin-1").split(",")}
            return "*" in tags or not tags.isdisjoint(self._tags)
        since = asked.get(b"if-modified-since", b"").decode("latin-1")
        stated = self._headers.get("last-modified")
        if not since or not stated:
            return False
        try:
            return since == stated or parsedate_to_datetime(since) >= parsedate_to_datetime(stated)
        except (TypeError, ValueError):  # a date nobody can read, or one without a zone beside one with it
            return False

    def send(self, asked: Mapping[bytes, bytes]) -> tuple[int, list[Pair], bytes]:
        """Status, headers and body for these request headers."""
        sent = self._plain
        if _takes_gzip(asked.get(b"accept-encoding", b"")):
            sent = self._packed = self._packed or self._gzipped()
        full, bare, body = sent
        return (304, bare, b"") if self.fresh(asked) else (self.page.status, full, body)

    def _gzipped(self) -> Sent:
        headers = self._headers | {"content-encoding": "gzip"}
        if headers.get("etag", "").startswith('"'):
            headers["etag"] = headers["etag"][:-1] + '-gzip"'
        return _sent(headers, gzip.compress(self.page.body, mtime=0))


@cache
def _takes_gzip(accepted: bytes) -> bool:
    for offer in accepted.decode("latin-1").lower().split(","):
        coding, _, weight = offer.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return not weight or weight.strip("0.") != ""
    return False


def _sent(headers: Mapping[str, str], body: bytes) -> Sent:
    bare = {name: headers[name] for name in ("etag", "last-modified", "vary", "cache-control") if name in headers}
    return pairs({**headers, "content-length": str(len(body))}), pairs(bare), body


def pairs(headers: Mapping[str, str]) -> list[Pair]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

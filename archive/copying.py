"""Records of other archives on their way in: which are there already, and whose page a revisit stands for.

Used by the archive's own thread alone. What a revisit refers to must have its row before it can be found: until then
the revisit waits.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import replace
from typing import Any, NamedTuple

from archive import warc
from archive.errors import DamagedError
from archive.home import Home
from archive.models import Exchange, Found, Position, Record, stamp
from archive.payload import payload_sha256
from archive.store import Known, Store
from archive.urls import url_key

# what a revisit says and a record that carries its page again does not
_OF_REVISITS = (
    b"warc-type:", b"warc-profile:", b"warc-refers-to", b"warc-block-digest:", b"warc-truncated:",
    b"warc-record-id:", b"content-length:", b"content-type:",
)  # fmt: skip


class Looked(NamedTuple):
    """What is to be done with a record: kept, as ``exchange`` and ``found`` say, or waited with, or passed over.

    ``confirms``: the capture whose page it stands for. ``digest``: of its payload.
    """

    exchange: Exchange
    found: Found | None
    confirms: Known | None = None
    digest: str | None = None


class Copying:
    """Looks records up. ``there``: how many the archive had; ``unknown``: how many refer to what it does not have."""

    def __init__(self, home: Home, store: Store) -> None:
        self.there = self.unknown = 0
        self._home, self._store = home, store
        # url key → moment, digest and whether another record may refer to it
        self._underway: defaultdict[str, set[tuple[str, str | None, bool]]] = defaultdict(set)

    def waits(self, exchange: Exchange, found: Found) -> bool:
        """Whether what a record may refer to is still on its way."""
        if exchange.status != 304 and found.refers_to is None:
            return False
        keys = [url_key(exchange.url), *([url_key(found.refers_to[0])] if found.refers_to else [])]
        return any(carries for key in keys for _, _, carries in self._underway.get(key, ()))

    def is_there(self, exchange: Exchange, digest: str | None) -> bool:
        """Whether the archive has it, or has just been given it; counted."""
        key, at = url_key(exchange.url), stamp(exchange.fetched_at)
        one = (at, digest, exchange.status != 304)
        if one in self._underway.get(key, ()) or self._store.has_copy(key, at, digest):
            self.there += 1
            return True
        self._underway[key].add(one)
        return False

    def look(self, exchange: Exchange, found: Found) -> Looked | None:
        """What to keep of a record; None: nothing, as it is there or refers to nothing that is known."""
        if exchange.status != 304 and found.refers_to is None:
            there = self.is_there(exchange, found.payload_sha256)
            return None if there else Looked(exchange, found, None, found.payload_sha256)
        known = self._referred(exchange, found)
        if known is None:
            if exchange.status == 304 and exchange.kind != "imported" and found.refers_to is None:
                # as our own crawl keeps it where a list, or a page that was no article, did not change
                return None if self.is_there(exchange, None) else Looked(exchange, found)
            self.unknown += 1
            return None
        if exchange.status == 304:
            return None if self.is_there(exchange, None) else Looked(exchange, found, known)
        row = self._store.capture(known.capture)
        if found.payload_sha256 is not None:  # a note, which states the digest of a page that nobody kept
            there = self.is_there(exchange, found.payload_sha256)
            return None if there else Looked(exchange, found, known, found.payload_sha256)
        if row["url_key"] == url_key(exchange.url) and row["outcome"] in ("new", "revised", "unchanged"):
            there = self.is_there(exchange, row["payload_sha256"])
            return None if there else Looked(exchange, found, known, row["payload_sha256"])
        return self._whole(exchange, found, row)

    def _referred(self, exchange: Exchange, found: Found) -> Known | None:
        """The capture that a record refers to, as it states, or else the latest of its address before it."""
        if found.refers_to is not None:
            url, date = found.refers_to
            return self._store.captured_at(url_key(url), date)
        key = url_key(exchange.url)
        return self._store.known([key], stamp(exchange.fetched_at)).get(key)

    def _whole(self, exchange: Exchange, found: Found, row: dict[str, Any]) -> Looked | None:
        """A page under another address than what it refers to: with the payload of that, so that it stands alone."""
        try:
            source = self._store.capture(row["confirms"]) if row["confirms"] else row
            if source["warc_file"] is None:
                raise LookupError
            other = warc.read(self._home.warc, Position(source["warc_file"], source["warc_offset"]))
        except (DamagedError, LookupError):
            self.unknown += 1
            return None
        digest = payload_sha256(other.body, other.header("content-encoding"))
        headers = exchange.headers or other.headers
        whole = replace(exchange, headers=headers, body=other.body)
        if self.is_there(whole, digest):
            return None
        first, *requests = found.records
        lines = [line for line in first.head.split(b"\r\n") if not line.lower().startswith(_OF_REVISITS)]
        status = f"HTTP/1.1 {exchange.status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
        block = status.encode("utf-8", "surrogateescape") + b"\r\n" + other.body
        url, date = found.refers_to or ("", "")
        stated = (
            "WARC-Type: response",
            f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, exchange.url + stamp(exchange.fetched_at))}>",
            "Content-Type: application/http; msgtype=response",
            f"Content-Length: {len(block)}",
            f"Communique-Payload-Of: {url} {date}",
        )
        head = b"\r\n".join([*lines, *(line.encode() for line in stated)])
        return Looked(whole, Found((Record(head, block), *requests), digest, None, found.run), None, digest)

    def kept(self, exchange: Exchange) -> None:
        """It has its row now."""
        key, at = url_key(exchange.url), stamp(exchange.fetched_at)
        left = {one for one in self._underway.pop(key, ()) if one[0] != at}
        if left:
            self._underway[key] = left

    def forget(self) -> None:
        """Nothing is on its way any more."""
        self._underway.clear()

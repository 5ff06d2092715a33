"""WARC files of whoever: what of them are pages of known sources goes the way of a page, its records as they are.

Taken are answers, revisits (nothing new on the server; the same payload as another) with the request beside them, and
of our own files also notes and files that were handed over. The rest is counted.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urljoin

from archive.errors import RefusedError
from archive.imports.exchanges import Answer, Stated, address, answer, date, exchange, noted, stated
from archive.imports.fields import DIGEST, NAMED
from archive.imports.intake import Intake
from archive.imports.manifests import introduce_beside
from archive.imports.rows import same_kind
from archive.imports.streams import Head, Records, Torn
from archive.models import Exchange, Found, Record, Source, stamp
from archive.payload import payload_sha256
from archive.urls import is_web, url_key

# a record's block is at most this long, in bytes: as long as a page may be that we fetch, with its headers
LONGEST = (32 << 20) + (256 << 10)
# a request or a note is at most this long, in bytes
_SMALL = 256 << 10
# redirects that are remembered until the page comes that they lead to, how long it may take, and how many in a row
_REDIRECTS, _LATER, _HOPS = 1_000, timedelta(minutes=5), 10
_PAGE = re.compile(r"\b(?:html|xhtml)\b|\+?xml\b|^text/plain", re.IGNORECASE)
_SECRET = re.compile(rb"^(?:cookie|authorization|proxy-authorization):", re.IGNORECASE | re.MULTILINE)
_TAKEN = frozenset({"response", "revisit", "resource", "metadata"})


def read(path: Path, kind: str, intake: Intake, runs: Mapping[int, int] | None = None) -> None:
    """Hand the exchanges of a WARC file to the intake.

    ``runs``: of another archive of ours, its runs by number → runs here.

    Raises:
        RefusedError: there is no WARC record in it, or it is packed as no crawl is.
    """
    if runs is None:
        introduce_beside(path, intake)
    with path.open("rb") as file:
        read_stream(str(path), file, intake, runs)


def read_stream(name: str, stream: IO[bytes], intake: Intake, runs: Mapping[int, int] | None = None) -> None:
    """As :func:`read`, from a stream that can be gone through from any place; ``name``: as it is to be named."""
    _Reading(name, stream, intake, runs).go()


class _Held(NamedTuple):
    """An exchange with its records, until it is seen whether its request follows."""

    head: Head
    exchange: Exchange
    found: Found

    def asked_by(self, request: Record) -> _Held:
        """The same with its request."""
        return self._replace(found=replace(self.found, records=(*self.found.records, request)))


class _Reading:
    def __init__(self, name: str, stream: IO[bytes], intake: Intake, runs: Mapping[int, int] | None) -> None:
        self.name, self.intake, self.runs = name, intake, runs
        self.records = Records(name, stream, intake.progress)
        self.any = False
        self._decided: set[tuple[bool, bool]] = set()
        self._held: _Held | None = None
        self._request: tuple[Head, Record] | None = None
        self._redirects: OrderedDict[str, tuple[tuple[str, ...], datetime]] = OrderedDict()

    def go(self) -> None:
        """From the first record to the last."""
        first: Torn | None = None
        for head in self.records:
            if isinstance(head, Torn):
                if not self.any:
                    first = first or head
                self._torn(head)
                continue
            self.any = True
            try:
                self._one(head)
            except Torn as torn:  # told here alone: what was met in a block the records go on behind, unsaid
                self._torn(torn)
        self._release()
        if not self.any:
            raise RefusedError(self.name, f"no WARC record in it{f' ({first.problem})' if first else ''}")

    def _torn(self, torn: Torn) -> None:
        self.intake.damaged(self.name, torn.offset, torn.problem)

    def _one(self, head: Head) -> None:
        kind = (head.get("warc-type") or "").lower()
        if kind == "request":
            self._take_request(head)
            return
        self._release()
        if kind not in _TAKEN or head.get("warc-segment-number") is not None:
            self.intake.passed("other records")
            return
        said, url = stated(head), address(head)
        own = said.source is not None
        if kind == "metadata" and (not own or head.get("warc-refers-to-date") is None):
            self.intake.passed("other records")
            return
        if kind == "resource" and not said.file:
            self.intake.passed("other records")
            return
        if url is None:
            url = head.get("warc-target-uri") or ""
            if not (kind == "resource" and NAMED.fullmatch(url)):
                self.intake.passed("no web addresses")
                return
        source = self._source(said, url)
        if source is None:
            self.intake.passed("of no known source")
            return
        if head.length > LONGEST:
            self.intake.passed(f"longer than {LONGEST >> 20} MB")
            return
        at = date(head, self.intake.now)
        self._decide(own, said.fictional)
        self._keep(kind, head, said, url, source, at)

    def _source(self, said: Stated, url: str) -> Source | None:
        named = self.intake.source_named(said.source) if said.source else None
        asked = self.intake.given.source
        if named is not None and asked is not None and named.id != asked:
            return None
        return named or (self.intake.source_of(url) if is_web(url) else None)

    def _decide(self, own: bool, fictional: bool) -> None:
        """A file of others is of real outlets; one of ours says where it is a demo's, and is else what the archive is
        that it goes to (records of earlier versions say nothing)."""
        if (own, fictional) in self._decided:
            return
        if fictional or not own or self.intake.store.fictional() is None:
            same_kind(fictional, Path(self.name), self.intake)
        self._decided.add((own, fictional))

    def _keep(self, kind: str, head: Head, said: Stated, url: str, source: Source, at: datetime) -> None:
        block = self.records.block()
        run = self.runs.get(said.run) if self.runs is not None and said.run is not None else None
        refers_to = _refers_to(head)
        digest: str | None = None
        if kind == "response":
            got = answer(head.offset, block)
            digest = None if got.status == 304 else payload_sha256(got.body, got.header("content-encoding"))
            refers_to = refers_to if got.status == 304 else None
        elif kind == "resource":
            got = Answer(200, (("Content-Type", head.get("content-type") or "application/octet-stream"),), block)
            digest = payload_sha256(block, None)
            refers_to = None
        elif kind == "metadata":
            got, digest = _note(head, block)
        elif "identical-payload" in (head.get("warc-profile") or ""):
            if refers_to is None:
                self.intake.passed("revisits of nothing that is named")
                return
            got = answer(head.offset, block) if block.strip() else Answer(200, (), b"")
            got = replace(got, body=b"")
        else:
            got = Answer(304, (), b"")
        if said.source is None and got.status == 200 and kind == "response" and not _is_page(got):
            self.intake.passed("no pages (images, scripts, data)")
            return
        one = exchange(url, source.id, at, said, got)
        if said.source is None:
            one = self._led(one)
        found = Found((Record(head.raw, block),), digest, refers_to, run)
        self._held = _Held(head, one, found)
        if self._request is not None:
            if _belongs(self._request[0], head):
                self._held = self._held.asked_by(self._request[1])
                self._release()
            self._request = None

    def _led(self, one: Exchange) -> Exchange:
        """An exchange of another crawler with the redirects before it, which has them as records of their own."""
        try:
            key = url_key(one.url)
            before, at = self._redirects.get(key, ((), one.fetched_at))
            via = before if before and abs(one.fetched_at - at) <= _LATER else ()
            target = one.header("location")
            if one.status in (301, 302, 303, 307, 308) and target is not None:
                to = urljoin(one.url, target)
                if is_web(to) and url_key(to) != key and len(via) < _HOPS:
                    self._redirects[url_key(to)] = ((*via, one.url), one.fetched_at)
                    if len(self._redirects) > _REDIRECTS:
                        self._redirects.popitem(last=False)
                return one
        except ValueError:  # an address that is none
            return one
        return replace(one, via=via)

    def _take_request(self, head: Head) -> None:
        if head.length > _SMALL:
            return
        held = self._held
        after = held is not None and _belongs(head, held.head)
        if held is not None and not after:
            self._release()
        block = self.records.block()
        if _SECRET.search(block.split(b"\r\n\r\n", 1)[0]):
            self._request = None
            self._release()
            return
        record = Record(head.raw, block)
        if held is not None and after:
            self._held = held.asked_by(record)
            self._release()
        else:
            self._request = (head, record)

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.intake.take(held.exchange, held.found)


def _belongs(request: Head, response: Head) -> bool:
    """Whether a request is that of a response: one names the other, or address and date are the same."""
    ours, theirs = request.get("warc-concurrent-to"), response.get("warc-concurrent-to")
    if ours or theirs:
        return (ours is not None and ours == response.get("warc-record-id")) or (
            theirs is not None and theirs == request.get("warc-record-id")
        )
    return all(request.get(name) == response.get(name) for name in ("warc-target-uri", "warc-date"))


def _refers_to(head: Head) -> tuple[str, str] | None:
    url = (head.get("warc-refers-to-target-uri") or "").strip("<> ")
    try:
        at = datetime.fromisoformat(head.get("warc-refers-to-date") or "")
        return (url, stamp(at)) if is_web(url) and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _note(head: Head, block: bytes) -> tuple[Answer, str]:
    fields = noted(block)
    digest = fields.get("payload-sha256") or ""
    if not DIGEST.fullmatch(digest) or fields.get("status") != "200":
        raise Torn(head.offset, "a note that does not say of what")
    headers = tuple((name[7:], value) for name, value in fields.items() if name.startswith("header-"))
    return Answer(200, headers, b""), digest


def _is_page(got: Answer) -> bool:
    kind = got.header("content-type")
    return bool(_PAGE.search(kind)) if kind else got.body[:512].lstrip()[:1] == b"<"

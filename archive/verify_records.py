"""Checks WARC files against the chain, records against the rows that name them, and readings against payloads."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from functools import cache
from typing import Any

from archive import gaps, records, warc
from archive.errors import DamagedError
from archive.findings import Findings, counted, short
from archive.fingerprint import EXTRACTOR, IMPORTED
from archive.home import Home
from archive.models import Exchange, Page, Position, Progress, moment, stamp
from archive.outcomes import first_outcome
from archive.payload import payload_sha256
from archive.reading import read_later
from archive.settling import content_sha256, extras
from archive.store import Store
from archive.urls import url_key
from archive.verify_chain import Chain
from archive.workers import Workers, settled

# pages at the workers, for each of them
_AHEAD = 4
# a look at so many captures is told
_TOLD = 50
# what stumbles over values that are not what they were: a bit makes bytes of a text
_ODD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def check_files(home: Home, store: Store, chain: Chain, article: int | None, tell: Progress, found: Findings) -> None:
    """Hold the WARC files against what the chain states of them, by all their bytes."""
    named = store.record_files(article)
    wanted = sorted(named if article is not None else named | chain.files.keys())
    paths = {name: warc.locate(home.warc, name) for name in wanted}
    sizes = {name: path.stat().st_size for name, path in paths.items() if path.is_file()}
    of = left = sum(sizes.values())

    def read(count: int) -> None:
        nonlocal left
        left -= count
        tell("bytes of WARC", of, left)

    if unstated := [name for name in wanted if name in sizes and name not in chain.files]:
        found.note(f"not in the chain yet: {counted(len(unstated), 'WARC files')}; the next run states what is whole")
    for name in wanted:
        if name not in sizes:
            found.differs(name, "the file is missing" + (": captures lie in it" if name in named else ""))
            continue
        if name not in chain.files:
            _name_damages(home, store, name, found)
            read(sizes[name])
            continue
        length, stated, seq = chain.files[name]
        found.checked["WARC files"] += 1
        try:
            there, digest = records.digest(paths[name], read)
        except OSError as error:
            found.differs(name, f"the file cannot be read ({error.strerror})")
            continue
        if (there, digest) == (length, stated):
            if article is None:
                _name_unplaced(home, store, name, found)
            continue
        if there != length:
            found.differs(name, f"it has {there} bytes and entry {seq} of the chain states {length}")
        else:
            found.differs(name, f"its bytes are not those that entry {seq} of the chain states")
        _name_damages(home, store, name, found)


def _name_unplaced(home: Home, store: Store, name: str, found: Findings) -> None:
    """Name the captures whose record is in a file while their rows say that they have none."""
    for offset, url, at in gaps.exchanges(warc.locate(home.warc, name), store.offsets(name)):
        for capture in store.without_record(url, at):
            found.differs(f"capture {capture}", f"its row names no record, and one of it is in {name} at {offset}")


def _name_damages(home: Home, store: Store, name: str, found: Findings) -> None:
    """Name the records of a file that are not what their digests say."""
    path, offsets = warc.locate(home.warc, name), store.offsets(name)
    for offset, problem in records.damages(path, offsets):
        # what a run that was killed, or goes on, has not yet written to its end was promised to nobody
        if offset in offsets or not path.name.endswith(warc.OPEN):
            whose = f" (capture {offsets[offset]})" if offset in offsets else ""
            found.differs(f"{name} at {offset}{whose}", problem)


class Records:
    """Reads every record again: its row, its payload, and what its page is read to."""

    def __init__(self, home: Home, store: Store, workers: Workers, found: Findings) -> None:
        self.home, self.store, self.workers, self.found = home, store, workers, found
        self._sources = cache(store.source)
        self._declared: dict[int, bool] = {}  # articles at addresses that their pages declare: whether one does

    def check(self, article: int | None, tell: Progress) -> None:
        """Check every record, or those of an article."""
        of = self.store.count_records(article)
        waiting: deque[tuple[dict[str, Any], Exchange, Future[Page]]] = deque()
        tell("captures", of, of)
        for n, row in enumerate(self.store.records(article), 1):
            try:
                exchange = self._read(row)
                if exchange is not None and self._is_page(row, exchange):
                    waiting.append((row, exchange, read_later(self.workers, exchange, self._sources(row["source"]))))
            except _ODD as error:
                self.found.differs(f"capture {row['id']}", f"its row or its source's cannot be read ({short(error)})")
            if len(waiting) >= self.workers.count * _AHEAD:
                self._take(*waiting.popleft())
            if n % _TOLD == 0:
                tell("captures", of, of - n)
        while waiting:
            self._take(*waiting.popleft())
        for one, declared in self._declared.items():
            if not declared:
                self.found.differs(
                    f"article {one}", "its address is that of none of its pages, nor what one declares"
                )
        for capture, url in self.store.without_address(article):
            self.found.differs(f"capture {capture}", f"its address leads to no article ({short(url)})")
        tell("captures", of, 0)

    def _read(self, row: dict[str, Any]) -> Exchange | None:
        """The exchange of a capture, whose row is held against it; None where there is none to be had."""
        where, position = f"capture {row['id']}", Position(row["warc_file"], row["warc_offset"])
        self.found.checked["captures"] += 1
        try:
            if row["confirms"] is not None and row["status"] == 200:
                self._check_note(row, position)
                return None
            exchange = warc.read(self.home.warc, position)
        except DamagedError as error:
            self.found.differs(where, f"its record cannot be read back: {error}")
            return None
        for name, kept in _stated(exchange):
            if row[name] != kept:
                self.found.differs(where, f"its {name} is {short(kept)} in WARC, and {short(row[name])} in its row")
        if row["url_key"] != url_key(row["url"]):
            self.found.differs(where, f"its url_key is not that of {short(row['url'])}")
        if exchange.status != 304:
            self._check_payload(row, payload_sha256(exchange.body, exchange.header("content-encoding")))
        return exchange

    def _check_payload(self, row: dict[str, Any], kept: str) -> None:
        self.found.checked["payloads"] += 1
        if row["payload_sha256"] == kept:
            return
        if row["payload_sha256"] is None and row["custody"] is None:
            self.found.note("payloads of an earlier version have no hash yet: the end of the next run makes them")
            return
        self.found.differs(
            f"capture {row['id']}", f"its payload has SHA-256 {kept}, and its row states {row['payload_sha256']}"
        )

    def _check_note(self, row: dict[str, Any], position: Position) -> None:
        """Hold a page that was not kept again against the note on it; its body is not there to be hashed."""
        noted = records.note(self.home.warc, position)
        digest = noted.payload_sha256
        if digest is None:  # a revisit of another crawler, which has the payload of what it refers to
            digest = self.store.capture(row["confirms"])["payload_sha256"]
        for name, kept in (
            ("url", noted.url),
            ("fetched_at", stamp(moment(noted.at))),
            ("payload_sha256", digest),
        ):
            if row[name] != kept:
                self.found.differs(
                    f"capture {row['id']}", f"its {name} is {short(kept)} in WARC, and {short(row[name])} in its row"
                )

    def _is_page(self, row: dict[str, Any], exchange: Exchange) -> bool:
        return (
            row["kind"] in ("page", "imported")
            and row["confirms"] is None
            and first_outcome(exchange) is None
            # the crawl could not read it either
            and (row["outcome"] != "failed" or bool(self.store.held(row["id"])))
        )

    def _take(self, row: dict[str, Any], exchange: Exchange, future: Future[Page]) -> None:
        """Hold what a capture was read to against what its page is read to now."""
        where, held = f"capture {row['id']}", self.store.held(row["id"])
        if others := {one.extractor for one in held} - {EXTRACTOR, IMPORTED}:
            for extractor in others:
                self.found.unread[extractor] += 1
            return
        read_to = settled(future)
        page, problem = read_to
        if page is None:
            self.found.note(f"{where} could not be read again ({problem}): what it was read to is not checked")
            return
        self.found.checked["pages read again"] += 1
        for article in {one.article for one in held}:
            if stated := self.store.stated_address(article):
                declares = page.canonical is not None and url_key(page.canonical) == url_key(stated)
                self._declared[article] = declares or self._declared.get(article, False)
        there = [one.content_sha256 for one in held]
        now = [content_sha256(reading) for reading in page.readings]
        if not held and not now:
            outcome = page.outcome or "not_article"
            if row["outcome"] != outcome:
                self.found.differs(where, f"its outcome is {outcome} as read again, and {row['outcome']} in its row")
            return
        if there != now:
            self.found.differs(where, self._how(there, now, [one.article for one in held]))
            return
        for one, reading in zip(held, page.readings, strict=True):
            # of a reading stands what the first of its captures gave; of several of one moment, any
            other = one.first_at == row["fetched_at"] and extras(reading) != one.extras
            if other and self.store.first_captures(one.reading) == 1:
                self.found.differs(where, f"its page has other links, media or quotes than article {one.article}")

    def _how(self, there: list[str], now: list[str], articles: list[int]) -> str:
        if len(there) != len(now):
            read, stand = counted(len(now), "articles"), counted(len(there), "articles")
            return f"its page is read to {read}, and {stand} stand on it"
        wrong = [str(a) for a, t, n in zip(articles, there, now, strict=True) if t != n and t not in now]
        return (
            f"its page is read to something else than what stands of article {', '.join(wrong or map(str, articles))}"
        )


def _stated(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    """What a record says that its row says too."""
    yield "url", exchange.url
    yield "fetched_at", stamp(exchange.fetched_at)
    yield "status", exchange.status
    if exchange.status != 304:  # of one that was not modified, the record holds no headers
        yield "etag", exchange.header("etag")
        yield "last_modified", exchange.header("last-modified")
    if exchange.source:
        yield "source", exchange.source
    yield "kind", exchange.kind
    yield "fetched_from", exchange.fetched_from
    yield "via", json.dumps(exchange.via) if exchange.via else None

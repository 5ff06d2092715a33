"""The thread that keeps: exchanges in, WARC first, then workers, then rows in one transaction a batch.

Nothing here fetches. A crawl, ``save`` and an import hand it exchanges; a rebuild shares :class:`Reviser` with it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from archive import warc
from archive.copying import Copying, Looked
from archive.errors import DamagedError
from archive.fingerprint import EXTRACTOR
from archive.home import Home
from archive.models import Counts, Exchange, Found, Kept, Outcome, Page, Position, Source, stamp, writable
from archive.outcomes import first_outcome
from archive.payload import payload_sha256
from archive.reading import read_later
from archive.reread import Again, reread
from archive.revise import Reviser
from archive.room import Room
from archive.settling import content_sha256
from archive.stops import WITHHELD, Stops
from archive.store import Known, Store
from archive.urls import is_memento, url_key
from archive.walls import header_wall
from archive.workers import Workers, settled

logger = logging.getLogger(__name__)

# captures a transaction: 200 to 500 are 3 to 4 times cheaper a row than one by one
BATCH = 200
# a reader sees what was fetched after this long at the latest, in seconds
LATEST = 1.0
# what stumbles over a page that was read to something that cannot be kept
_UNKEPT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
# pages handed to the workers and not back yet, for each of them: enough that none runs dry while rows are written
AHEAD = 8


@dataclass(frozen=True, slots=True)
class _Item:
    """An exchange that is on disk, and what its page was read to (an error's line where it could not be).

    ``digest``: the SHA-256 of a payload that no worker read.
    """

    kept: Kept
    page: Page | None = None
    problem: str | None = None
    confirms: Known | None = None  # the capture whose page it did not keep again
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """An exchange that is handed over; once ``page`` or ``problem`` is there, one that was read before it is kept."""

    exchange: Exchange
    done: Callable[[], None] | None
    page: Page | None = None
    problem: str | None = None
    earlier: Known | None = None
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class _Soon:
    """Something to be written behind what is pending, at once."""

    write: Callable[[Store], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """What a worker made of a page that is kept."""

    item: _Item
    done: Callable[[], None] | None


class Ingest:
    """Owns the archive's writing connection and the WARC file while it runs.

    ``error`` is what ended it early, for the one who feeds it to stop; :meth:`close` raises it.
    """

    def __init__(
        self, home: Home, sources: Mapping[str, Source], run: int | None, software: str, quota: int | None = None
    ) -> None:
        self.home, self.sources, self.run = home, sources, run
        self.workers = Workers()
        self.error: Exception | None = None
        self.counts = Counts()
        self.stopped = 0  # exchanges of forgotten addresses, of which nothing is written
        self.full: str | None = None  # why no more should be handed over
        self._writer = warc.Writer(home.warc, software)
        self._queue: queue.SimpleQueue[_Arrival | _Read | _Soon | Callable[[Store], None] | None] = (
            queue.SimpleQueue()
        )
        self._notes: list[Callable[[Store], None]] = []
        self._room = Room(home, quota)
        self._pending: list[_Item] = []
        self._oldest = 0.0
        self._removed: set[int] = set()  # articles that went while a batch was applied
        self._away = 0  # pages at the workers
        self._waiting: list[_Arrival] = []  # records of others that refer to what is on its way
        self._ending = False  # told to end
        self._thread = threading.Thread(target=self._main, name="ingest", daemon=True)

    @property
    def there(self) -> int:
        """How many records of others the archive had already."""
        return self._copies.there

    @property
    def unknown(self) -> int:
        """How many of them refer to a page that it does not have."""
        return self._copies.unknown

    @property
    def capacity(self) -> int:
        """How many exchanges may be on their way at once: bounds memory, and keeps every worker busy."""
        return self.workers.count * AHEAD

    @property
    def reviser(self) -> Reviser:
        """What brings articles in line, for functions that are noted: in the archive's own thread alone."""
        return self._reviser

    def start(self) -> None:
        """Begin; what a killed run left in unfinished WARC files is kept first."""
        self._thread.start()

    def submit(self, exchange: Exchange, done: Callable[[], None], found: Found | None = None) -> None:
        """Keep an exchange. ``done`` is called, from another thread, when there is room for the next.

        ``found``: the records it was read from, which are kept instead of new ones, once each.
        """
        self._queue.put(_Arrival(exchange, done, found=found))

    def note(self, write: Callable[[Store], None]) -> None:
        """Have something written with the next transaction: what lists say, a host's wish for patience."""
        self._queue.put(write)

    def soon(self, write: Callable[[Store], None]) -> None:
        """Have something written in a transaction of its own, behind what was handed over and is not being read."""
        self._queue.put(_Soon(write))

    def close(self) -> None:
        """Keep everything that was handed over, then end.

        Raises:
            Exception: what went wrong on the way (the disk, the database); what was committed before stays.
        """
        self._queue.put(None)
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _main(self) -> None:
        store = None
        try:
            store = Store(self.home.database, write=True)
            self._store, self._reviser = store, Reviser(store)
            self._writer.fictional = bool(store.fictional())
            self._stops = Stops(store.stop_list())
            self._copies = Copying(self.home, store)
            self.full = self.full or self._room.problem()
            self._recover()
            self._loop()
            self._flush()
            self._writer.close()
        except Exception as error:  # noqa: BLE001  whatever it is, the crawl must hear of it and nobody may wait for ever
            self.error = error
            logger.error("%s: %s", type(error).__name__, error)
            self._writer.leave()
            self._let_go()
        finally:
            self.workers.close(wait_for=self.error is None)
            if store is not None:
                store.close()

    def _let_go(self) -> None:
        """After an error: answer everybody who waits, until told to end."""
        while not self._ending:
            given = self._queue.get()
            if isinstance(given, _Arrival | _Read) and given.done is not None:
                given.done()
            self._ending = given is None

    def _loop(self) -> None:
        while not self._ending or self._away or self._waiting or not self._queue.empty():
            if self._waiting and not self._away:
                self._flush()
                self._take_up()
                continue
            try:
                given = self._queue.get(timeout=LATEST if self._pending or self._notes else None)
            except queue.Empty:
                self._flush()
                continue
            if isinstance(given, _Arrival):
                self._keep(given)
            elif isinstance(given, _Read):
                self._away -= 1
                self._add(given.item)
                if given.done is not None:
                    given.done()
            elif isinstance(given, _Soon):
                self._flush()
                self._notes.append(given.write)
                self._flush()
            elif given is None:
                self._ending = True
            else:
                self._notes.append(given)
            if len(self._pending) >= BATCH or (self._pending and time.monotonic() - self._oldest > LATEST):
                self._flush()

    def _keep(self, given: _Arrival) -> None:
        exchange = given.exchange
        if given.page is not None or given.problem is not None:
            self._keep_read(given)
            return
        if self._stops.stop(exchange):
            self._pass_over(given)
            return
        if given.found is not None or exchange.kind == "imported":
            self._keep_found(given)
            return
        outcome = first_outcome(exchange)
        sparing = outcome is None and self._source(exchange).keep == "changes"
        known = self._known(exchange.url) if sparing or outcome == "not_modified" else None
        if outcome is None and (known is not None or self._stops):
            self._read_first(given, known)
            return
        refers_to = (known.url, known.fetched_at) if outcome == "not_modified" and known else None
        self._keep_now(given, outcome, refers_to)

    def _keep_found(self, given: _Arrival) -> None:
        """Keep a record of another archive, or a file: as it is, and once."""
        exchange, found = given.exchange, given.found
        if found is None:
            digest = payload_sha256(exchange.body, exchange.header("content-encoding"))
            looked = None if self._copies.is_there(exchange, digest) else Looked(exchange, None)
        elif self._copies.waits(exchange, found):
            self._waiting.append(given)
            return
        else:
            looked = self._copies.look(exchange, found)
        if looked is None:
            if given.done is not None:
                given.done()
            return
        given = replace(given, exchange=looked.exchange, found=looked.found)
        outcome = first_outcome(looked.exchange)
        if looked.confirms is not None:
            item = _Item(warc.bodiless(self._written(given)), confirms=looked.confirms, digest=looked.digest)
            self._add(item)
            if given.done is not None:
                given.done()
        elif outcome is None and self._stops:
            self._read_first(given, None)
        else:
            self._keep_now(given, outcome, None)

    def _take_up(self) -> None:
        """Look again at what waited."""
        waiting, self._waiting = self._waiting, []
        for given in waiting:
            self._keep(given)

    def _read_first(self, given: _Arrival, known: Known | None) -> None:
        """Have a page read whose raw form is kept or not by what it says."""
        self._away += 1
        future = self._read(given.exchange)
        future.add_done_callback(
            lambda f: self._queue.put(_Arrival(given.exchange, given.done, *settled(f), known, given.found))
        )

    def _written(self, given: _Arrival, refers_to: tuple[str, str] | None = None) -> Kept:
        """Put an exchange into the WARC file, or the records it was read from."""
        if given.found is not None:
            return self._writer.copy(given.exchange, given.found, self.run)
        return self._writer.write(given.exchange, self.run, refers_to)

    def _keep_now(self, given: _Arrival, outcome: Outcome | None, refers_to: tuple[str, str] | None) -> None:
        exchange, done = given.exchange, given.done
        if self._stops.withhold(exchange):
            self._add(_Item(warc.bodiless(Kept(exchange, None, self.run)), None, WITHHELD, digest=_digest(exchange)))
            if done is not None:
                done()
            return
        small = warc.bodiless(self._written(given, refers_to))
        if outcome is not None:
            self._add(_Item(small, digest=_digest(exchange)))
            if done is not None:
                done()
            return
        self._away += 1
        self._read(exchange).add_done_callback(lambda f: self._queue.put(_Read(_result(small, f), done)))

    def _keep_read(self, given: _Arrival) -> None:
        """Keep a page that was read: its raw form where it says something else than the capture before."""
        self._away -= 1
        exchange, page, earlier = given.exchange, given.page, given.earlier
        if page is not None and page.canonical and self._stops.has([page.canonical]):
            self._pass_over(given)
            return
        same = (
            page is not None
            and earlier is not None
            and page.readings
            and [content_sha256(r) for r in page.readings] == self._store.contents(earlier.capture, EXTRACTOR)
        )
        if same and page is not None and earlier is not None:
            kept = self._writer.note(exchange, self.run, (earlier.url, earlier.fetched_at), page.payload_sha256)
            self._add(_Item(warc.bodiless(kept), page, None, earlier))
        else:
            self._add(_Item(warc.bodiless(self._written(given)), page, given.problem))
        if given.done is not None:
            given.done()

    def _pass_over(self, given: _Arrival) -> None:
        """Write nothing of what was forgotten, whoever brings it."""
        self.stopped += 1
        if given.done is not None:
            given.done()

    def _known(self, url: str, until: str = "9999") -> Known | None:
        key = url_key(url)
        return self._store.known([key], until).get(key)

    def _source(self, exchange: Exchange) -> Source:
        # a killed run's page may be of a source that left the catalogue since
        return self.sources.get(exchange.source) or self._store.source(exchange.source)

    def _read(self, exchange: Exchange) -> Future[Page]:
        return read_later(self.workers, exchange, self._source(exchange))

    def _add(self, item: _Item) -> None:
        if not self._pending:
            self._oldest = time.monotonic()
        self._pending.append(item)

    def _flush(self) -> None:
        """Commit what is pending: the WARC is on the disk before the rows that name it."""
        if not self._pending and not self._notes:
            return
        self.full = self.full or self._room.problem()
        self._writer.sync()
        try:
            self._commit(self._pending)
        except _UNKEPT:
            if not self._pending:
                raise
            self._commit_one_by_one()
        for item in self._pending:
            self._copies.kept(item.kept.exchange)
        if not self._away:
            self._copies.forget()
        self._pending = []

    def _commit_one_by_one(self) -> None:
        """Keep what is pending each by itself: one that cannot be kept is a failed capture, and costs only itself."""
        for item in self._pending:
            try:
                self._again()
                self._commit([item])
            except _UNKEPT as found:
                problem = writable(f"what was read cannot be kept ({type(found).__name__}: {str(found)[:150]})")
                logger.warning("%s: %s", item.kept.exchange.url, problem)
                self._again()
                self._commit([replace(item, page=None, problem=problem)])

    def _again(self) -> None:
        """Forget what a transaction worked out that did not come to its end."""
        self._reviser = Reviser(self._store)
        self._removed = set()

    def _commit(self, items: Sequence[_Item]) -> None:
        now = stamp(datetime.now(UTC))
        with self._store.transaction():
            for write in self._notes:
                write(self._store)
            captures: list[int] = []
            fresh: set[int] = set()
            affected: set[int] = set()
            for item in items:
                capture, own, others = self._apply(item)
                captures.append(capture)
                fresh |= own
                affected |= others
            fresh, affected = fresh - self._removed, affected - self._removed
            self._removed = set()
            causes: dict[int, str] = {}
            for article in sorted(fresh):
                again = self._reread(article) if article in fresh else Again()
                causes |= again.causes
                affected = (affected | again.causes.keys()) - again.removed
                fresh -= again.removed
            settled: list[int] = []
            for article in sorted(affected | fresh):
                cause = None if article in fresh else causes.get(article, "marks")
                settled += self._reviser.settle(article, now, cause)
            self._store.correct_outcomes(settled)
            by_run: dict[int, Counts] = {}  # what a killed run had fetched counts as its own
            outcomes = self._store.outcomes(captures)
            for item, outcome in zip(items, outcomes, strict=True):
                if item.kept.run is not None:
                    by_run.setdefault(item.kept.run, Counts()).add(outcome)
            for run, counts in by_run.items():
                self._store.add_counts(run, counts)
        for item, outcome in zip(items, outcomes, strict=True):
            if item.kept.run == self.run:
                self.counts.add(outcome)
        self._notes = []
        self._writer.fictional = bool(self._store.fictional())  # an empty archive is what it takes first

    def _apply(self, item: _Item) -> tuple[int, set[int], set[int]]:
        """Rows for one exchange: (capture, articles to settle for it, articles it may change)."""
        store, exchange, page = self._store, item.kept.exchange, item.page
        key, at = url_key(exchange.url), stamp(exchange.fetched_at)
        outcome = first_outcome(exchange)
        message = exchange.error or item.problem
        if outcome is None:
            if item.confirms is not None and page is None:
                outcome = "unchanged"
            elif page is None:
                outcome = "failed"
            else:
                outcome = "unchanged" if page.readings else page.outcome or "not_article"
                message = page.reason
        elif message is None and outcome in ("failed", "blocked"):
            message = header_wall(exchange.status or 0, exchange.headers) or f"HTTP {exchange.status}"
        digest = page.payload_sha256 if page else item.digest or self._digest(item.kept)
        if item.kept.position and (bare := store.bare_capture(key, at, exchange.status, digest)):
            return self._prove(bare, item, digest)
        known = item.confirms
        if outcome == "not_modified" and known is None:
            known = self._known(exchange.url, at)
        capture = store.add_capture(
            item.kept,
            key,
            outcome,
            digest,
            message,
            (known.confirms or known.capture) if known else None,
        )
        if outcome == "gone":
            if is_memento(exchange.fetched_from):  # the copy is, of which the page knows nothing
                return capture, set(), set()
            return capture, set(store.link_gone(capture, key)), set()
        if known is not None:
            articles = store.link_as(capture, known.capture)
            return capture, {a for a in articles if not store.touch(a, None, at)}, set()
        if page is None or not page.readings:
            return capture, set(), set()
        return capture, *self._reviser.attach(capture, exchange.url, exchange.via, exchange.source, at, page)

    def _prove(self, bare: dict[str, Any], item: _Item, digest: str | None) -> tuple[int, set[int], set[int]]:
        """Give a capture whose text came without its page the page: as :meth:`_apply`, with the same row."""
        self._store.give_record(bare["id"], item.kept, digest)
        if item.page is None or not item.page.readings:  # it keeps the text that it came with
            return bare["id"], set(), set()
        again = reread(self._reviser, [(bare, item.page)])
        self._removed |= again.removed
        return bare["id"], set(again.causes), set()

    def _digest(self, kept: Kept) -> str | None:
        """The SHA-256 of a payload that is on disk alone: its page could not be read, or a killed run kept it."""
        if kept.position is None:
            return None
        try:
            return _digest(warc.read(self.home.warc, kept.position))
        except DamagedError as error:
            logger.warning("%s", error)
            return None

    def _reread(self, article: int) -> Again:
        """Read an article's earlier captures again where another extractor version read them last."""
        pages = []
        for row in self._store.outdated(article, EXTRACTOR):
            position = Position(row["warc_file"], row["warc_offset"])
            try:
                exchange = warc.read(self.home.warc, position)
            except DamagedError as error:  # it keeps what it was read to
                logger.warning("%s", error)
                continue
            item = _result(Kept(exchange, position, None), self._read(exchange))
            if item.page is None:
                logger.warning("capture %s: %s", row["id"], item.problem)
                continue
            pages.append((row, item.page))
        return reread(self._reviser, pages)

    def _recover(self) -> None:
        """Keep what a killed run had written to its WARC file and not yet to a row."""
        for file in warc.unfinished(self.home.warc):
            waiting: list[tuple[Kept, Future[Page] | None]] = []
            for kept in file.records():
                if kept.position is None or self._store.has_record(kept.position):
                    continue
                if not self._store.has_source(kept.exchange.source):
                    continue  # an import made it up and was killed before it had a row: it comes again with its file
                run = kept.run if kept.run is not None and self._store.has_run(kept.run) else None
                needed = first_outcome(kept.exchange) is None
                future = self._read(kept.exchange) if needed else None
                waiting.append((Kept(warc.bodiless(kept).exchange, kept.position, run), future))
                if len(waiting) >= self.capacity:
                    self._take(*waiting.pop(0))
            for pair in waiting:
                self._take(*pair)
            self._flush()
            file.finish()

    def _take(self, kept: Kept, future: Future[Page] | None) -> None:
        self._add(_Item(kept) if future is None else _result(kept, future))
        if len(self._pending) >= BATCH:
            self._flush()


def _digest(exchange: Exchange) -> str | None:
    """The SHA-256 of a payload; None where the answer has none by its nature."""
    if exchange.status in (None, 304):
        return None
    return payload_sha256(exchange.body, exchange.header("content-encoding"))


def _result(kept: Kept, future: Future[Page]) -> _Item:
    read_to = settled(future)
    return _Item(kept, *read_to)

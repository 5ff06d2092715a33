"""The thread that keeps: exchanges in, WARC first, then workers, then rows in one transaction a batch.

Nothing here fetches. A crawl, ``save`` and an import hand it exchanges; a rebuild shares :class:`Reviser` with it.
"""

from __future__ import annotations

import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from archive import warc
from archive.errors import DamagedError
from archive.fingerprint import EXTRACTOR
from archive.home import Home
from archive.models import Counts, Exchange, Kept, Outcome, Page, Position, Source, stamp
from archive.reading import read_later
from archive.reread import Again, reread
from archive.revise import Reviser, content_sha256
from archive.store import Known, Store
from archive.urls import is_memento, url_key
from archive.walls import header_wall
from archive.workers import Workers, settled

logger = logging.getLogger(__name__)

# captures a transaction: 200 to 500 are 3 to 4 times cheaper a row than one by one
BATCH = 200
# a reader sees what was fetched after this long at the latest, in seconds
LATEST = 1.0
# bytes of the disk that are kept free: a transaction of 200 pages takes 20 MB at most, and others use the disk too
RESERVE = 512 << 20
# seconds between two looks at the size of a home that has a quota: it is the sum of all its files
SIZED = 10.0
# statuses by which a server says that it will not answer us
REFUSED = frozenset({401, 403, 451})
# pages handed to the workers and not back yet, for each of them: enough that none runs dry while rows are written
AHEAD = 8


def first_outcome(exchange: Exchange) -> Outcome | None:
    """What came of an exchange by its status alone; None where its page must be read to say."""
    status, kind = exchange.status, exchange.kind
    if status is None:
        return "failed"
    if header_wall(status, exchange.headers):
        return "blocked"
    if status >= 500 or status == 429:
        return "failed"
    if kind == "robots":
        return "discovery"
    if status == 304:
        return "not_modified"
    if 300 <= status < 400:
        return "redirect"
    if status in REFUSED:
        return "blocked"
    if status in (404, 410) and kind != "discovery":
        return "gone"
    if status >= 400:
        return "failed"
    if status != 200 and kind != "discovery":
        return "not_article"  # accepted, partial, without content: no page
    return "discovery" if kind == "discovery" else None


@dataclass(frozen=True, slots=True)
class _Item:
    """An exchange that is on disk, and what its page was read to (an error's line where it could not be)."""

    kept: Kept
    page: Page | None = None
    problem: str | None = None
    confirms: Known | None = None  # the capture whose page it did not keep again


@dataclass(frozen=True, slots=True)
class _Arrival:
    """An exchange that is handed over; once ``page`` or ``problem`` is there, one that was read before it is kept."""

    exchange: Exchange
    done: Callable[[], None] | None
    page: Page | None = None
    problem: str | None = None
    earlier: Known | None = None


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
        self.home, self.sources, self.run, self.quota = home, sources, run, quota
        self.workers = Workers()
        self.error: Exception | None = None
        self.counts = Counts()
        self.full: str | None = None  # why no more should be handed over
        self._writer = warc.Writer(home.warc, software)
        self._queue: queue.SimpleQueue[_Arrival | _Read | Callable[[Store], None] | None] = queue.SimpleQueue()
        self._notes: list[Callable[[Store], None]] = []
        self._pending: list[_Item] = []
        self._oldest = 0.0
        self._sized = -SIZED
        self._away = 0  # pages at the workers
        self._ending = False  # told to end
        self._thread = threading.Thread(target=self._main, name="ingest", daemon=True)

    @property
    def capacity(self) -> int:
        """How many exchanges may be on their way at once: bounds memory, and keeps every worker busy."""
        return self.workers.count * AHEAD

    def start(self) -> None:
        """Begin; what a killed run left in unfinished WARC files is kept first."""
        self._thread.start()

    def submit(self, exchange: Exchange, done: Callable[[], None]) -> None:
        """Keep an exchange. ``done`` is called, from another thread, when there is room for the next."""
        self._queue.put(_Arrival(exchange, done))

    def note(self, write: Callable[[Store], None]) -> None:
        """Have something written with the next transaction: what lists say, a host's wish for patience."""
        self._queue.put(write)

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
            self._check_room()
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
        while not self._ending or self._away or not self._queue.empty():
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
            elif given is None:
                self._ending = True
            else:
                self._notes.append(given)
            if len(self._pending) >= BATCH or (self._pending and time.monotonic() - self._oldest > LATEST):
                self._flush()

    def _keep(self, given: _Arrival) -> None:
        exchange, done = given.exchange, given.done
        if given.page is not None or given.problem is not None:
            self._keep_read(given)
            return
        outcome = first_outcome(exchange)
        sparing = outcome is None and self._source(exchange).keep == "changes"
        known = self._known(exchange.url) if sparing or outcome == "not_modified" else None
        if sparing and known is not None:
            # whether its raw page is kept depends on what it says: it is read first
            self._away += 1
            future = self._read(exchange)
            future.add_done_callback(lambda f: self._queue.put(_Arrival(exchange, done, *settled(f), known)))
            return
        refers_to = (known.url, known.fetched_at) if outcome == "not_modified" and known else None
        kept = self._writer.write(exchange, self.run, refers_to)
        small = warc.bodiless(kept)
        if outcome is not None:
            self._add(_Item(small))
            if done is not None:
                done()
            return
        self._away += 1
        self._read(exchange).add_done_callback(lambda f: self._queue.put(_Read(_result(small, f), done)))

    def _keep_read(self, given: _Arrival) -> None:
        """Keep a page that was read: its raw form where it says something else than the capture before."""
        self._away -= 1
        exchange, page, earlier = given.exchange, given.page, given.earlier
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
            kept = self._writer.write(exchange, self.run)
            self._add(_Item(warc.bodiless(kept), page, given.problem))
        if given.done is not None:
            given.done()

    def _known(self, url: str) -> Known | None:
        key = url_key(url)
        return self._store.known([key]).get(key)

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
        self._check_room()
        self._writer.sync()
        now = stamp(datetime.now(UTC))
        with self._store.transaction():
            for write in self._notes:
                write(self._store)
            captures: list[int] = []
            fresh: set[int] = set()
            affected: set[int] = set()
            for item in self._pending:
                capture, own, others = self._apply(item)
                captures.append(capture)
                fresh |= own
                affected |= others
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
            for item, outcome in zip(self._pending, self._store.outcomes(captures), strict=True):
                if item.kept.run is not None:
                    by_run.setdefault(item.kept.run, Counts()).add(outcome)
                if item.kept.run == self.run:
                    self.counts.add(outcome)
            for run, counts in by_run.items():
                self._store.add_counts(run, counts)
        self._pending, self._notes = [], []

    def _check_room(self) -> None:
        """Note that the disk, or what the archive may use of it, is nearly full, while what is pending still fits."""
        if self.full is None:
            free = shutil.disk_usage(self.home.path).free
            if free < RESERVE:
                self.full = f"{free >> 20} MB are free on the disk and {RESERVE >> 20} are kept free"
            elif self.quota is not None and time.monotonic() >= self._sized + SIZED:
                used, self._sized = self.home.size(), time.monotonic()
                if used < self.quota:
                    return
                self.full = f"the archive uses {used >> 20} MB of a quota of {self.quota >> 20}"

    def _apply(self, item: _Item) -> tuple[int, set[int], set[int]]:
        """Rows for one exchange: (capture, articles to settle for it, articles it may change)."""
        store, exchange, page = self._store, item.kept.exchange, item.page
        key, at = url_key(exchange.url), stamp(exchange.fetched_at)
        outcome = first_outcome(exchange)
        message = exchange.error or item.problem
        if outcome is None:
            if page is None:
                outcome = "failed"
            else:
                outcome = "unchanged" if page.readings else page.outcome or "not_article"
                message = page.reason
        elif message is None and outcome in ("failed", "blocked"):
            message = header_wall(exchange.status or 0, exchange.headers) or f"HTTP {exchange.status}"
        known = item.confirms
        if outcome == "not_modified":
            known = self._known(exchange.url)
        capture = store.add_capture(
            item.kept,
            key,
            outcome,
            page.payload_sha256 if page else None,
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


def _result(kept: Kept, future: Future[Page]) -> _Item:
    read_to = settled(future)
    return _Item(kept, *read_to)

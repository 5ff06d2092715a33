"""The thread that keeps: exchanges in, WARC first, then workers, then rows in one transaction a batch.

Nothing here fetches. A crawl, ``save`` and an import hand it exchanges; a rebuild shares :class:`Reviser` with it.
"""

from __future__ import annotations

import logging
import queue
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
from archive.revise import Reviser
from archive.store import Store
from archive.urls import url_key
from archive.workers import Workers, settled

logger = logging.getLogger(__name__)

# captures a transaction: 200 to 500 are 3 to 4 times cheaper a row than one by one
BATCH = 200
# a reader sees what was fetched after this long at the latest, in seconds
LATEST = 1.0
# pages handed to the workers and not back yet, for each of them: enough that none runs dry while rows are written
AHEAD = 8


def first_outcome(exchange: Exchange) -> Outcome | None:
    """What came of an exchange by its status alone; None where its page must be read to say."""
    status, kind = exchange.status, exchange.kind
    if status is None or status >= 500 or status == 429:
        return "failed"
    if kind == "robots":
        return "discovery"
    if status == 304:
        return "not_modified"
    if 300 <= status < 400:
        return "redirect"
    if status in (401, 403, 451):
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


class Ingest:
    """Owns the archive's writing connection and the WARC file while it runs.

    ``error`` is what ended it early, for the one who feeds it to stop; :meth:`close` raises it.
    """

    def __init__(self, home: Home, sources: Mapping[str, Source], run: int | None, software: str) -> None:
        self.home, self.sources, self.run = home, sources, run
        self.workers = Workers()
        self.error: Exception | None = None
        self.counts = Counts()
        self._writer = warc.Writer(home.warc, software)
        self._queue: queue.SimpleQueue[tuple[Exchange | None, _Item | None, Callable[[], None] | None]] = (
            queue.SimpleQueue()
        )
        self._pending: list[_Item] = []
        self._oldest = 0.0
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
        self._queue.put((exchange, None, done))

    def close(self) -> None:
        """Keep everything that was handed over, then end.

        Raises:
            Exception: what went wrong on the way (the disk, the database); what was committed before stays.
        """
        self._queue.put((None, None, None))
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _main(self) -> None:
        store = None
        try:
            store = Store(self.home.database, write=True)
            self._store, self._reviser = store, Reviser(store)
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
            exchange, item, done = self._queue.get()
            if done is not None:
                done()
            self._ending = exchange is None and item is None

    def _loop(self) -> None:
        while not self._ending or self._away or not self._queue.empty():
            try:
                exchange, item, done = self._queue.get(timeout=LATEST if self._pending else None)
            except queue.Empty:
                self._flush()
                continue
            if exchange is not None:
                self._keep(exchange, done)
            elif item is not None:
                self._away -= 1
                self._add(item)
                if done is not None:
                    done()
            else:
                self._ending = True
            if len(self._pending) >= BATCH or (self._pending and time.monotonic() - self._oldest > LATEST):
                self._flush()

    def _keep(self, exchange: Exchange, done: Callable[[], None] | None) -> None:
        refers_to = None
        if exchange.status == 304:
            key = url_key(exchange.url)
            if known := self._store.known([key]).get(key):
                refers_to = (known.url, known.fetched_at)
        kept = self._writer.write(exchange, self.run, refers_to)
        if first_outcome(exchange) is not None:
            self._add(_Item(warc.bodiless(kept)))
            if done is not None:
                done()
            return
        small = warc.bodiless(kept)
        self._away += 1
        self.read(kept).add_done_callback(lambda f: self._queue.put((None, _result(small, f), done)))

    def read(self, kept: Kept) -> Future[Page]:
        """Have a worker read a kept page."""
        exchange = kept.exchange
        # a killed run's page may be of a source that left the catalogue since
        source = self.sources.get(exchange.source) or self._store.source(exchange.source)
        return read_later(self.workers, exchange, source.timezone, source.language)

    def _add(self, item: _Item) -> None:
        if not self._pending:
            self._oldest = time.monotonic()
        self._pending.append(item)

    def _flush(self) -> None:
        """Commit what is pending: the WARC is on the disk before the rows that name it."""
        if not self._pending:
            return
        self._writer.sync()
        now = stamp(datetime.now(UTC))
        with self._store.transaction():
            captures: list[int] = []
            fresh: set[int] = set()
            affected: set[int] = set()
            for item in self._pending:
                capture, own, others = self._apply(item)
                captures.append(capture)
                fresh |= own
                affected |= others
            for article in sorted(fresh):
                affected |= self._reread(article)
            settled: list[int] = []
            for article in sorted(affected | fresh):
                settled += self._reviser.settle(article, now, None if article in fresh else "marks")
            self._store.correct_outcomes(settled)
            by_run: dict[int, Counts] = {}  # what a killed run had fetched counts as its own
            for item, outcome in zip(self._pending, self._store.outcomes(captures), strict=True):
                if item.kept.run is not None:
                    by_run.setdefault(item.kept.run, Counts()).add(outcome)
                if item.kept.run == self.run:
                    self.counts.add(outcome)
            for run, counts in by_run.items():
                self._store.add_counts(run, counts)
        self._pending = []

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
                outcome = "unchanged" if page.readings else "not_article"
                message = page.reason
        elif message is None and outcome in ("failed", "blocked"):
            message = f"HTTP {exchange.status}"
        known = store.known([key]).get(key) if outcome == "not_modified" else None
        capture = store.add_capture(item.kept, key, outcome, page.payload_sha256 if page else None, message)
        if outcome == "gone":
            return capture, set(store.link_gone(capture, key)), set()
        if known is not None:
            articles = store.link_as(capture, known.capture)
            return capture, {a for a in articles if not store.touch(a, None, at)}, set()
        if page is None or not page.readings:
            return capture, set(), set()
        return capture, *self._reviser.attach(capture, exchange.url, exchange.via, exchange.source, at, page)

    def _reread(self, article: int) -> set[int]:
        """Read an article's earlier captures again where another extractor version read them last.

        Returns the articles whose marks may change by it.
        """
        affected: set[int] = set()
        rows = self._store.outdated(article, EXTRACTOR)
        before = self._store.sighted(article) if rows else {}
        for row in rows:
            position = Position(row["warc_file"], row["warc_offset"])
            try:
                exchange = warc.read(self.home.warc, position)
            except DamagedError as error:  # it keeps what it was read to
                logger.warning("%s", error)
                continue
            item = _result(Kept(exchange, position, None), self.read(Kept(exchange, position, None)))
            if item.page is None:
                logger.warning("capture %s: %s", row["id"], item.problem)
                continue
            own, others = self._reviser.attach(
                row["id"], row["url"], exchange.via, row["source"], row["fetched_at"], item.page
            )
            affected |= own | others
        if rows:
            self._store.relink_confirmed(article)
            self._store.drop_unused_readings(article)
            source = self._store.article(article)["source"]
            self._store.set_sightings(source, article, before, self._store.sighted(article))
        return affected

    def _recover(self) -> None:
        """Keep what a killed run had written to its WARC file and not yet to a row."""
        for file in warc.unfinished(self.home.warc):
            waiting: list[tuple[Kept, Future[Page] | None]] = []
            for kept in file.records():
                if kept.position is None or self._store.has_record(kept.position):
                    continue
                run = kept.run if kept.run is not None and self._store.has_run(kept.run) else None
                needed = first_outcome(kept.exchange) is None
                future = self.read(kept) if needed else None
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

"""What every reader of an import hands its finds to: the way into the archive, and the account of what came of them.

Owns the run's counts and how much may be on its way at once. Reads no file itself, and fetches nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Counts, Exchange, Found, Source
from archive.revise import Reviser
from archive.store import Store

T = TypeVar("T")

# bytes of bodies that are on their way at once: a page is 0.1 to 2 MB, and the longest that is taken 32
UNDERWAY = 96 << 20
# and how many pages for each worker: none runs dry while a second's rows are written
_AHEAD = 48
# lines on what is wrong that are kept to be said
LINES = 100
# seconds after which whoever waits for room looks whether the archive still takes anything
_LOOK = 1.0


@dataclass(frozen=True, slots=True)
class Given:
    """What the user said of the files: whose they are, where from, of when; None: what each says itself counts.

    ``every``: pages of outlets that the catalogue does not have, too. ``kind``: what the files are, unlooked at.
    """

    source: str | None = None
    url: str | None = None
    at: datetime | None = None
    zone: str | None = None
    language: str | None = None
    every: bool = False
    kind: str | None = None


class Sources(Protocol):
    """Whose an address is; the catalogue is the crawler's business."""

    def of(self, url: str, every: bool) -> Source | None:
        """The source of an article's address: None where the catalogue has none (with ``every``: one made up)."""

    def named(self, name: str) -> Source | None:
        """The source of that name, None where the catalogue has none."""


@dataclass(slots=True)
class Account:
    """What came of the finds beside the captures' outcomes. ``passed``: why they were passed over, and how often.

    ``damaged``: how many could not be read. ``problems``: lines to be said, 100 at most; ``more``: how many more.
    """

    passed: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    problems: list[str] = field(default_factory=list)
    more: int = 0

    def problem(self, line: str) -> None:
        """Something that the user must hear of; the command ends with 1."""
        if len(self.problems) < LINES:
            self.problems.append(line)
        else:
            self.more += 1


class Stopped(Exception):
    """The archive takes no more."""


class Intake:
    """Takes exchanges from a reader and hands them to the archive. One thread only.

    ``now``: when the import began. ``progress``: told how many bytes were gone through. ``origins``: run → what is
    said of it in the chain (:func:`archive.custody.seal`).
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        ingest: Ingest,
        sources: Sources,
        known: MutableMapping[str, Source],
        given: Given,
        now: datetime,
    ) -> None:
        self.home, self.store, self.given, self.now = home, store, given, now
        self.progress: Callable[[int], None] = lambda _bytes: None
        self.account = Account()
        self.origins: dict[int, dict[str, object]] = {}
        self._ingest, self._sources, self._known = ingest, sources, known
        self.run = ingest.run
        self._room = threading.Condition()
        self._count = self._bytes = 0

    def take(self, exchange: Exchange, found: Found | None = None) -> None:
        """Keep an exchange by the one way of a page; waits until there is room for it.

        ``found``: the records that it was read from, which are kept as they are. Without, it is kept as one that was
        fetched. Its source is one of :meth:`source_of`, :meth:`source_named` or :meth:`add_source`. One that the
        archive has (same address, time and payload) is passed over.

        Raises:
            Stopped: the disk is full, or the archive failed; :class:`Ingest` says why.
        """
        size = (
            len(exchange.body) + sum(len(record.block) for record in found.records) if found else len(exchange.body)
        )
        self._wait(
            lambda: (
                self._count < self._ingest.workers.count * _AHEAD
                and (not self._count or self._bytes + size <= UNDERWAY)
            )
        )
        with self._room:
            self._count += 1
            self._bytes += size

        def done() -> None:
            with self._room:
                self._count -= 1
                self._bytes -= size
                self._room.notify()

        self._ingest.submit(exchange, done, found)

    def _wait(self, free: Callable[[], bool]) -> None:
        with self._room:
            while True:
                if self._ingest.error is not None or self._ingest.full is not None:
                    raise Stopped
                if free():
                    return
                self._room.wait(_LOOK)

    def source_of(self, url: str) -> Source | None:
        """Whose an article's address is, None where nobody's: with ``--all`` it is one named after its host."""
        source = self._sources.of(url, self.given.every)
        return None if source is None else self._there(source)

    def source_named(self, name: str) -> Source | None:
        """A source of the catalogue or of this archive by its name, None where neither has it."""
        if name in self._known:
            return self._known[name]
        source = self._sources.named(name)
        return None if source is None else self._there(source)

    def add_source(self, source: Source) -> None:
        """Let a source be known from now on (its row is written with the next transaction)."""
        self._there(source)

    def _there(self, source: Source) -> Source:
        if source.id not in self._known:
            self._known[source.id] = source
            self._ingest.note(lambda store: store.sync_sources([source]))
        return self._known[source.id]

    def settle(self) -> None:
        """Wait until everything that was taken is in the database.

        Raises:
            Stopped: it never will be.
        """
        self.write(lambda _store: None)

    def write(self, function: Callable[[Store], T]) -> T:
        """Have something written in a transaction of the archive's own thread, behind all that was taken; its result.

        Raises:
            Stopped: the archive takes no more. What ``function`` raises ends the import.
        """
        self._wait(lambda: not self._count)
        written: Future[T] = Future()
        self._ingest.soon(lambda store: written.set_result(function(store)))
        with self._room:
            while not written.done():
                if self._ingest.error is not None:
                    raise Stopped
                self._room.wait(0.05)
        return written.result()

    def revise(self, function: Callable[[Reviser], T]) -> T:
        """As :meth:`write`, with what brings articles in line with what is written."""
        return self.write(lambda _store: function(self._ingest.reviser))

    @property
    def counts(self) -> Counts:
        """What came of everything that was kept so far; the archive's own thread adds to it."""
        return self._ingest.counts

    def passed(self, why: str) -> None:
        """Count what is passed over; ``why`` in a few words, of which there are few."""
        self.account.passed[why] += 1

    def damaged(self, name: str, offset: int, problem: str) -> None:
        """Count something that cannot be read, by its file and the bytes before it."""
        self.account.damaged += 1
        self.account.problem(f"{name} at {offset}: {problem}")


class Reader(Protocol):
    """How a kind of file is read."""

    def __call__(self, path: Path, kind: str, intake: Intake) -> None:
        """Hand everything in a file (or a folder that is one thing) to the intake.

        Raises:
            RefusedError: it cannot be imported at all, in one line. Stopped: as the intake raised it.
        """

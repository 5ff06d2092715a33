"""Everything after the raw captures, once more from WARC, into the same ids.

What is to be done is noted in the archive before anything is: pages to be read again, by article, then articles to
be brought in line. Each batch is struck off the list in the transaction that does it, so that a rebuild that was
killed goes on where it was, and readers never wait. Between two batches an article is as it was or as it will be.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from archive import warc
from archive.errors import ConfigurationError, DamagedError
from archive.fingerprint import EXTRACTOR
from archive.home import Home
from archive.models import Page, Position, Progress, Source, stamp
from archive.reading import read_later
from archive.reread import reread
from archive.revise import Reviser
from archive.schedule import parse_age
from archive.store import Store
from archive.workers import Workers, settled

# captures a transaction, and articles
BATCH = 200
# pages at the workers, for each of them
AHEAD = 4
# rows of evidence looked at in one question
_EVIDENCE = 5000
# lines on pages that could not be read back that are kept to be said
_LINES = 100
# what a text changed for, as a person is told
_CAUSES = {
    "extractor": "read by another version",
    "hints": "read by other hints",
    "marks": "other marks",
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. ``problems``: a line for each raw page that could not be read back, 100 at most."""

    summary: str
    problems: tuple[str, ...]


def rebuild(
    home: Home,
    sources: Collection[str] = (),
    since: str | None = None,
    known: Collection[Source] = (),
    progress: Progress = lambda _what, _of, _left: None,
) -> Rebuilt:
    """Read page captures again and bring their articles in line; the caller holds the home's lock.

    ``sources``: only theirs, none: all. ``since``: only pages of articles captured since this day (``2026-11-01``,
    UTC) or age (``10d``); their marks are made anew, those of others where they depend on them. ``known``: sources as
    the catalogue has them now, for those that the archive has. One that was stopped goes on; asked for with other
    options, what it left is done too. A page that cannot be read back keeps what it was read to before.

    Raises:
        ConfigurationError: a source that the archive does not have, or ``since`` is neither.
    """
    now = datetime.now(UTC)
    moment = _moment(since, now) if since else None
    store = Store(home.database, write=True)
    workers = Workers()
    try:
        work = _Rebuild(home, store, workers, progress)
        work.plan(sorted(set(sources)), since, moment, known, stamp(now))
        work.read()
        work.gather()
        work.settle()
        return work.finish()
    finally:
        workers.close(wait_for=False)
        store.close()


def _moment(since: str, now: datetime) -> str:
    try:
        return stamp(now - parse_age(since))
    except ValueError:
        pass
    try:
        day = datetime.fromisoformat(since)
        return stamp(day if day.tzinfo else day.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # the last hours of all years, west of UTC
        raise ConfigurationError(f"--since: {since!r} is neither a day (2026-11-01) nor an age (12h, 10d)") from None


class _Rebuild:
    def __init__(self, home: Home, store: Store, workers: Workers, progress: Progress) -> None:
        self.home, self.store, self.workers, self.progress = home, store, workers, progress
        self.problems: list[str] = []
        self.unreadable = 0

    def plan(
        self, sources: Sequence[str], since: str | None, moment: str | None, known: Collection[Source], now: str
    ) -> None:
        """Note what is to be done, or take up what was left."""
        store = self.store
        there = sorted(store.source_rows())
        if unknown := [source for source in sources if source not in there]:
            raise ConfigurationError(f"no such source in this archive: {', '.join(unknown)}")
        with store.transaction():
            store.sync_sources(source for source in known if source.id in there)
            asked = {"sources": ",".join(sources) or None, "since": since, "extractor": EXTRACTOR}
            left = store.unfinished_rebuild()
            if left is None or any(left[name] != value for name, value in asked.items()):
                store.begin_rebuild({"started": now, **asked})
                store.plan_rebuild(sources or there, moment)
        state = store.unfinished_rebuild()
        assert state is not None  # noqa: S101
        self.id, self.whole = state["id"], since is None
        self.sources = sources or there
        self.unread = state["unread"]

    def read(self) -> None:
        """Read the captures that are to be read, by article."""
        reviser = Reviser(self.store)
        batch: list[tuple[dict[str, Any], Page | None]] = []
        left = self.unread
        self.progress("pages", self.unread, left)
        for row, page in self._pages():
            # the captures of an article are kept together, unless they are very many
            whole = not row["owner"] or not batch or batch[-1][0]["owner"] != row["owner"]
            if len(batch) >= (BATCH if whole else 5 * BATCH):
                self._attach(reviser, batch)
                left -= len(batch)
                batch = []
                self.progress("pages", self.unread, left)
            batch.append((row, page))
        self._attach(reviser, batch)
        self.progress("pages", self.unread, 0)

    def _attach(self, reviser: Reviser, batch: list[tuple[dict[str, Any], Page | None]]) -> None:
        if not batch:
            return
        store, now = self.store, stamp(datetime.now(UTC))
        with store.transaction():
            read = [(row, page) for row, page in batch if page is not None]
            again = reread(reviser, read)
            store.unsettle(again.causes)
            captures: list[int] = []
            for article in sorted(again.made):  # nobody should see it without its text
                captures += reviser.settle(article, now, "extractor")
            store.correct_outcomes(captures)
            store.read_again(self.id, [(row["owner"], row["id"]) for row, _ in batch], len(read))

    def _pages(self) -> Iterator[tuple[dict[str, Any], Page | None]]:
        """Every capture that is to be read with what it is read to; None: it cannot be read back."""
        waiting: deque[tuple[dict[str, Any], Future[Page] | None]] = deque()
        sources = cache(self.store.source)
        for row in self._rows():
            future = None
            try:
                exchange = warc.read(self.home.warc, Position(row["warc_file"], row["warc_offset"]))
                future = read_later(self.workers, exchange, sources(row["source"]))
            except DamagedError as error:
                self._cannot(str(error))
            waiting.append((row, future))
            if len(waiting) >= self.workers.count * AHEAD:
                yield self._take(*waiting.popleft())
        while waiting:
            yield self._take(*waiting.popleft())

    def _rows(self) -> Iterator[dict[str, Any]]:
        article = capture = 0
        while rows := self.store.unread_after(article, capture, BATCH):
            yield from rows
            article, capture = rows[-1]["owner"], rows[-1]["id"]

    def _take(self, row: dict[str, Any], future: Future[Page] | None) -> tuple[dict[str, Any], Page | None]:
        if future is None:
            return row, None
        read_to = settled(future)
        page, problem = read_to
        if page is None and row["outcome"] != "failed":  # the crawl could not read it either
            self._cannot(f"capture {row['id']}: {problem}")
        return row, page

    def _cannot(self, line: str) -> None:
        self.unreadable += 1
        if len(self.problems) < _LINES:
            self.problems.append(line)

    def gather(self) -> None:
        """Bring the evidence for marks in line with the readings: what is missing, and what stands on none."""
        if not self.whole:
            return
        store = self.store
        for some in self._unsettled():
            with store.transaction():
                for article, _, source in some:
                    store.set_sightings(source, article, {}, store.sighted(article))
        for source in self.sources:
            after: tuple[int, int, int] | None = (-(1 << 63), 0, 0)
            while after is not None:
                stray, after = store.stray_sightings(source, after, _EVIDENCE)
                if stray:
                    with store.transaction():
                        store.drop_sightings(source, stray)

    def settle(self) -> None:
        """Bring articles in line: marks, text, revisions."""
        store = self.store
        reviser = Reviser(store)
        state = store.unfinished_rebuild()
        assert state is not None  # noqa: S101
        of = left = state["unsettled"]
        changed = Counter(state["changed"])
        self.progress("texts", of, left)
        for some in self._unsettled():
            with store.transaction():
                now = stamp(datetime.now(UTC))
                ids = [article for article, _, _ in some]
                before = store.text_digests(ids)
                store.forget_texts(ids)
                captures: list[int] = []
                for article, cause, _ in some:
                    captures += reviser.settle(article, now, cause)
                store.correct_outcomes(captures)
                after = store.text_digests(ids)
                changed.update(cause for article, cause, _ in some if before[article] != after[article])
                store.settled(self.id, ids, changed)
            left -= len(ids)
            self.progress("texts", of, left)

    def _unsettled(self) -> Iterator[list[tuple[int, str, str]]]:
        after = 0
        while some := self.store.unsettled(after, BATCH):
            yield some
            after = some[-1][0]

    def finish(self) -> Rebuilt:
        """Say what was done, by the whole of it where it went on."""
        store = self.store
        state = store.unfinished_rebuild()
        assert state is not None  # noqa: S101
        with store.transaction():
            store.finish_rebuild(self.id, stamp(datetime.now(UTC)))
        changed = state["changed"]
        why = ", ".join(f"{changed[cause]} {words}" for cause, words in _CAUSES.items() if changed.get(cause))
        summary = (
            f"{state['pages']} pages read again, {state['articles']} articles,"
            f" {sum(changed.values())} texts changed{f' ({why})' if why else ''}"
        )
        more = self.unreadable - len(self.problems)
        return Rebuilt(summary, (*self.problems, *([f"and {more} pages more"] if more else [])))

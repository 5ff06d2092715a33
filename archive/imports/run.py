"""One import, from its row in ``runs`` to its exit code. The caller holds the home's lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from archive import __version__
from archive.custody import seal
from archive.errors import CommuniqueError, ConfigurationError, RefusedError
from archive.home import Home
from archive.imports.intake import Given, Intake, Sources, Stopped
from archive.imports.kinds import Kind, files_of, kind_of
from archive.imports.readers import read
from archive.ingest import Ingest
from archive.models import Source, stamp
from archive.store import Store

SOFTWARE = f"communique/{__version__}"
# what Ctrl-C ends with everywhere (128 + SIGINT)
INTERRUPTED = 130
# what captures come to, in the order in which it is told
_TOLD = ("new", "revised", "unchanged", "not_modified", "not_article", "redirect", "discovery", "gone", "blocked",
         "failed")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """How an import ended. ``problems``: a line for each thing that the user must hear of."""

    run: int
    exit_code: int
    summary: str
    problems: tuple[str, ...]


def bring_in(
    home: Home,
    paths: Sequence[Path],
    given: Given,
    sources: Sources,
    known: Iterable[Source],
    progress: Callable[[int, int], None] = lambda _of, _left: None,
) -> Result:
    """Import files into ``home``; one that cannot be read costs only itself.

    ``known``: the catalogue. ``progress`` is told how many bytes there are and how many are left.

    Raises:
        ConfigurationError: there is no such file. CommuniqueError: the disk or the database failed; what was kept
        before stays.
    """
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path}: no such file")
    now = datetime.now(UTC)
    of_name = {source.id: source for source in known}
    store = Store(home.database, write=True)
    try:
        with store.transaction():
            store.sync_sources(of_name.values())
            run = store.begin_run(stamp(now), (), "import")
        of_name |= {name: store.source(name) for name in store.source_rows() if name not in of_name}
    finally:
        store.close()
    ingest = Ingest(home, of_name, run, SOFTWARE)
    work = _Import(
        home, run, ingest, Intake(home, Store(home.database), ingest, sources, of_name, given, now), progress
    )
    ingest.start()
    return work.go(paths)


class _Import:
    def __init__(
        self, home: Home, run: int, ingest: Ingest, intake: Intake, progress: Callable[[int, int], None]
    ) -> None:
        self.home, self.run, self.ingest, self.intake = home, run, ingest, intake
        self.failure: Exception | None = None
        self.interrupted = False
        self._progress = progress
        self._left = self._of = 0

    def go(self, paths: Sequence[Path]) -> Result:
        """All files, one after the other."""
        try:
            files = self._files(paths)
            self._of = self._left = sum(_size(path) for path in files)
            self.intake.progress = self._passed
            self._passed(0)
            for path in files:
                self._one(path)
        except KeyboardInterrupt:
            self.interrupted = True
        except Stopped:
            pass
        finally:
            self._close()
        if self.failure is None and not self.interrupted:
            self._progress(self._of, 0)
        return self._finish()

    def _files(self, paths: Sequence[Path]) -> list[Path]:
        found: list[Path] = []
        for path in paths:
            try:
                found += files_of(path)
            except RefusedError as error:
                self.intake.account.problem(str(error))
        return found

    def _one(self, path: Path) -> None:
        left = self._left
        try:
            kind = cast("Kind", self.intake.given.kind) if self.intake.given.kind else kind_of(path)
            read(path, kind, self.intake)
        except RefusedError as error:
            self.intake.account.problem(str(error))
        self._left = min(self._left, left - _size(path))  # what a reader did not tell of
        self._passed(0)

    def _passed(self, count: int) -> None:
        self._left -= count
        self._progress(self._of, max(0, self._left))

    def _close(self) -> None:
        """Keep what was taken, whatever ended the import."""
        try:
            self.ingest.close()
        except Exception as error:  # noqa: BLE001  told to the user with the run's exit code
            self.failure = error
        self.intake.store.close()

    def _finish(self) -> Result:
        run, account = self.run, self.intake.account
        try:
            store = Store(self.home.database, write=True)
        except Exception as error:
            raise CommuniqueError(f"the archive cannot be written to: {self.failure or error}") from error
        try:
            problems = [*self._sealed(), *account.problems]
            if account.more:
                problems.append(f"and {account.more} lines more")
            if self.ingest.full:
                problems.insert(0, f"stopped before the disk is full: {self.ingest.full}")
            if self.failure is not None:
                problems.insert(0, f"the archive could not be written to: {self.failure}")
            status, code = "done", 1 if problems else 0
            if self.failure is not None:
                status = "failed"
            elif self.interrupted:
                status, code = "interrupted", INTERRUPTED
            with store.transaction():
                store.name_sources(run)
                store.finish_run(run, stamp(datetime.now(UTC)), status, code, "; ".join(problems)[:1000] or None)
        finally:
            store.close()
        return Result(run, code, f"run {run} {status}: {self._counted()}", tuple(problems))

    def _sealed(self) -> list[str]:
        """Put what was kept into the custody chain; returns what of it went wrong."""
        if self.failure is not None:
            return []
        try:
            return list(seal(self.home, datetime.now(UTC), self.intake.origins).problems)
        except (OSError, sqlite3.Error) as error:  # the next run makes up for it
            return [f"not put into the custody chain: {error}"]

    def _counted(self) -> str:
        account, counts = self.intake.account, self.ingest.counts
        passed = account.passed.copy()
        passed["already here"] += self.ingest.there
        passed["of pages that are not here"] += self.ingest.unknown
        passed["forgotten"] += self.ingest.stopped
        numbers = {name: getattr(counts, name, counts.other.get(name, 0)) for name in _TOLD}
        kept = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in numbers.items() if number)
        told = ", ".join(f"{number:,} {why}" for why, number in passed.most_common() if number)
        damaged = f"; {account.damaged:,} damaged" if account.damaged else ""
        return (
            f"{counts.fetched:,} kept{f': {kept}' if kept else ''}{f'; passed over: {told}' if told else ''}{damaged}"
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0

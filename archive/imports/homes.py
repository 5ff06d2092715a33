"""Reads another archive of ours: a home folder, a bag of one, or its database alone.

Its texts come first, under the numbers that they have there where this archive is empty; then its raw pages go the
way of any WARC file, and each that is the page of a text takes its place: what is shown is read from it, and the text
rests on it. What has no raw page stays as it came. Of a database alone that is everything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import warc
from archive.errors import CommuniqueError, RefusedError
from archive.exports.chosen import Asked, Chosen
from archive.home import Home
from archive.imports import rows, warcs
from archive.imports.intake import Intake
from archive.imports.records import Record, record_of, source_of
from archive.models import stamp
from archive.revise import Reviser
from archive.stops import FORGOTTEN
from archive.store import Store
from archive.store_export import Choice
from archive.store_rows import to_be_read
from archive.store_verify import ADDED, is_migrated

# rows written in a transaction
_BATCH = 500
# steps of SQLite's machine, a few milliseconds, after which it is looked whether the user wants to stop
_STEPS = 100_000
# bytes of a value at most: records are bounded by :data:`rows.LONGEST`, which costs one that is longer alone
_LONGEST = 4 * rows.LONGEST
_COUNTS = ("fetched", "new", "revised", "unchanged", "not_modified", "failed")


@dataclass(frozen=True, slots=True)
class _Database(Home):
    """A home of which there is nothing but its database, under whatever name."""

    file: Path

    @property
    def database(self) -> Path:
        return self.file


def read(path: Path, kind: str, intake: Intake) -> None:
    """Merge another archive into this one; nothing is doubled, and one that was stopped goes on.

    Raises:
        RefusedError: it is damaged, of another version, in use, a demo archive's, or this archive itself.
    """
    home = _Database(path.parent, path) if kind == "sqlite" else Home(_checked(path) if kind == "bag" else path)
    if home.database.resolve() == intake.home.database.resolve():
        raise RefusedError(str(path), "this archive itself")
    if kind == "home" and home.busy():
        raise RefusedError(str(path), "another command is writing to it: wait until it has ended")
    try:
        _merge(home, path, intake, pages=kind != "sqlite")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raise RefusedError(str(path), f"its database cannot be read ({error})") from error


def _checked(path: Path) -> Path:
    """The folder of a bag's contents, which are what its manifest says."""
    import bagit

    try:
        bagit.Bag(str(path)).validate()
    except (bagit.BagError, OSError, ValueError) as error:
        raise RefusedError(str(path), f"a damaged bag: {error}"[:500]) from error
    return path / "data"


def _merge(home: Home, path: Path, intake: Intake, pages: bool) -> None:
    try:
        with _opened(home, path) as store:
            rows.same_kind(bool(store.fictional()), path, intake)
            sources = store.source_rows()
            for row in sources.values():
                source = source_of(row)
                if intake.source_named(source.id) is None:
                    intake.add_source(source)
            asked = Asked(sources=tuple(sources), restricted=True)
            store.choose_articles(Choice(sources=asked.sources, restricted=True))
            _decide(store, intake)
            rows.keep(_records(Chosen(home, store, asked).lines(), path, intake), path, intake)
            if pages:
                found = store.runs_with_captures()
                runs = _runs(store, found, intake)
                _copy_failures(store, runs, intake)
                _read_pages(home, runs, intake)
                _settle_counts(found, runs, intake)
    except RefusedError:
        raise
    except (CommuniqueError, ValueError, RecursionError) as error:
        raise RefusedError(str(path), str(error)) from error


@contextmanager
def _opened(home: Home, path: Path) -> Iterator[Store]:
    """The database, in one read transaction; nothing is asked of it before it is known to be made as ours are.

    A table of ours could be a view that never ends, or have columns that are worked out as somebody likes. Ctrl-C
    ends each query all the same.

    Raises:
        RefusedError: it is not. CommuniqueError: none of ours, or of another version.
    """
    with closing(sqlite3.connect(to_be_read(home.require().database), uri=True)) as conn:
        _guard(conn)
        if not is_migrated(conn):
            raise RefusedError(str(path), "a database whose list of migrations is none")
    with closing(Store(home.database)) as store:
        _guard(store.conn)
        store.conn.execute("begin")
        for kind, name, how in store.changed_schema():
            if how != ADDED:
                raise RefusedError(str(path), f"its {kind} {name} is not as Communique makes it: {how}")
        yield store


def _guard(conn: sqlite3.Connection) -> None:
    """Let a connection do nothing that its database asks for, make no value without bounds, and be interrupted."""
    conn.execute("pragma trusted_schema = off")
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    # a signal is heeded whenever Python is called; what it raises there SQLite says as "interrupted"
    conn.set_progress_handler(lambda: 0, _STEPS)


def _records(given: Iterable[bytes], path: Path, intake: Intake) -> Iterator[tuple[Record, int]]:
    for number, line in enumerate(given, 1):
        value = rows.parsed(line)
        if isinstance(value, str):
            intake.damaged(path.name, number, f"an article that cannot be read: {value}")
            continue
        try:
            if value["url"].startswith(FORGOTTEN):
                continue
            value["captures"] = [one for one in value["captures"] if one.get("forgotten") is None]
            record = record_of(value, intake.now)
        except (ValueError, TypeError, LookupError, AttributeError) as error:  # a column holds what it should not
            intake.damaged(path.name, value.get("id") or 0, f"an article that cannot be read: {error}"[:300])
            continue
        yield record, len(line)


def _decide(other: Store, intake: Intake) -> None:
    """Take over what was decided there on blocks, where nothing was here; articles that carry them follow."""
    decided = other.all_verdicts()

    def write(reviser: Reviser) -> None:
        store = reviser.store
        new = [row for row in decided if store.add_verdict(row)]
        if not new:
            return
        reviser.marker.learn()
        settled: list[int] = []
        for article in sorted({one["id"] for row in new for one in store.carriers(row["source"], row["hash"])}):
            settled += reviser.settle(article, stamp(intake.now), "verdict")
        store.correct_outcomes(settled)

    if decided:
        intake.settle()  # the rows of their sources
        intake.revise(write)


def _runs(other: Store, found: Sequence[dict[str, Any]], intake: Intake) -> dict[int, int]:
    """The runs that captures there name → the same here, made where they are new."""
    head = other.custody_head()
    runs: dict[int, int] = intake.write(lambda store: {row["id"]: store.copy_run(row) for row in found})
    if head is not None:
        for run in [intake.run, *runs.values()]:
            if run is not None:
                intake.origins[run] = {"head": head["hash"], "seq": head["seq"], "key": head["key"]}
    return runs


def _copy_failures(other: Store, runs: dict[int, int], intake: Intake) -> None:
    """Rows of requests to which nothing answered: no record says that they were made."""
    after = 0
    while batch := other.failures(after, _BATCH):
        after = batch[-1]["id"]

        def write(store: Store, batch: Sequence[dict[str, Any]] = batch) -> None:
            for row in batch:
                if not store.captures_at(row["url_key"], row["fetched_at"]):
                    kept = {name: row[name] for name in row if name not in ("id", "custody", "forgotten")}
                    store.add_bare_capture({**kept, "run": runs.get(row["run"], intake.run)})

        intake.write(write)


def _read_pages(home: Home, runs: dict[int, int], intake: Intake) -> None:
    """Its WARC files, the earliest first, those too that a killed run left unfinished."""
    for file in sorted(home.warc.glob(f"*.warc.gz{warc.OPEN}")) + sorted(home.warc.glob("*.warc.gz")):
        warcs.read(file, "warc", intake, runs)
    intake.settle()


def _settle_counts(found: Sequence[dict[str, Any]], runs: dict[int, int], intake: Intake) -> None:
    """What each run brought is what was counted then."""
    counted = {runs[row["id"]]: [row[name] for name in _COUNTS] for row in found}
    intake.write(lambda store: store.set_counts(_COUNTS, counted))

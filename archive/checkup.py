"""What can be said of an archive's own health by looking at its files and rows. Changes nothing.

Each check costs seconds at most, however large the archive is: what would have to read all of it stops when its time
is over and says how far it came, unless ``full`` is asked for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from archive import store_health as ask
from archive.custody_health import backups, looked_at
from archive.errors import BusyError
from archive.findings import counted
from archive.forecast import Forecast, forecast, measured
from archive.home import Home
from archive.models import RESERVE, moment, stamp
from archive.schema_custody import migrations
from archive.stems import LANGUAGES
from archive.warc import OPEN

Level = Literal["ok", "warning", "problem"]

# a clock that stands before this is wrong: the release was made then
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
# seconds that a check may read the database for
PATIENCE = 3.0
# clocks of one machine that is set right from time to time may differ by so much from one capture to the next
_SKEW = timedelta(minutes=5)
# without a run for so long nothing is archived, whoever was to start it
_QUIET = timedelta(days=2)
# the log of SQLite that a busy reader kept from being folded in, in bytes
_LARGE_WAL = 1 << 30
# articles that are looked for in the full-text index from either end
_SAMPLE = 1000
# WARC files that are compared with the rows: with one a run and a run every 15 minutes three years of them
_FILES = 100_000
# names of one kind that are printed
_SOME = 5
RESTORE = (
    "stop the crawl, keep a copy of archive.db, restore it from a backup, or run `sqlite3 archive.db .recover`;"
    " then `communique rebuild` (the WARC files hold every page)"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``line``: how it is; ``mend``: what to do where it is not well, else None."""

    name: str
    level: Level
    line: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at. ``quota``: bytes the home may use, None: all; ``busy``: another command writes."""

    home: Home
    now: datetime
    full: bool
    quota: int | None
    busy: bool

    @property
    def patience(self) -> float | None:
        """Seconds a check may read the database for; None: as long as it takes."""
        return None if self.full else PATIENCE


# the database


def _database(patient: Patient) -> Iterator[Check]:
    name = "integrity_check" if patient.full else "quick_check"
    with ask.reading(patient.home.database) as conn:
        try:
            with ask.within(conn, patient.patience):
                damage = ask.damage(conn, patient.full)
        except TimeoutError:
            yield _stopped("database", name)
            damage = []
        else:
            line = "; ".join(damage)[:500] if damage else f"SQLite finds nothing wrong ({name})"
            yield Check("database", "problem" if damage else "ok", line, RESTORE if damage else None)
        if damage:
            return
        try:
            with ask.within(conn, patient.patience):
                dangling = ask.dangling(conn)
        except TimeoutError:
            yield _stopped("references", "foreign_key_check")
        else:
            line = "; ".join(dangling) or "every row that is named is there"
            mend = "`communique rebuild`; if it stays, restore archive.db from a backup" if dangling else None
            yield Check("references", "problem" if dangling else "ok", line, mend)


def _stopped(name: str, what: str) -> Check:
    return Check(name, "ok", f"nothing wrong within {PATIENCE:g} seconds of {what} (--full reads all of it)")


def _version(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        pending = migrations.pending(Database(conn))
    if pending:
        mend = "`communique crawl` or `communique rebuild` brings it to this version"
        yield Check("version", "problem", "the archive was made by another version", mend)
    else:
        yield Check("version", "ok", "the archive has the tables of this version")


def _words(patient: Patient) -> Iterator[Check]:
    mend = "`communique rebuild` writes it anew"
    with ask.reading(patient.home.database) as conn:
        missing = ask.unindexed(conn, _SAMPLE)
    if missing:
        some = ", ".join(map(str, missing[:_SOME]))
        yield Check("search", "problem", f"{len(missing)} articles cannot be found by their words ({some})", mend)
        return
    busy = Check("search", "ok", "the last articles are in the index; no more was looked at, as somebody is writing")
    if patient.busy:
        yield busy
        return
    try:
        # a crawl that starts now must not meet SQLite's lock in its midst, and is told of ours at once
        with patient.home.writing():
            ask.check_words(patient.home.database, patient.patience)
    except BusyError:
        yield busy
    except TimeoutError:
        yield _stopped("search", "FTS5's integrity-check")
    except sqlite3.OperationalError:  # locked: nothing is wrong with the index
        raise
    except sqlite3.DatabaseError as error:
        yield Check("search", "problem", f"the full-text index differs from the texts: {error}", mend)
    else:
        yield Check("search", "ok", "the full-text index agrees with the texts")


def _stems(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        bare = [] if migrations.pending(Database(conn)) else ask.unstemmed(conn, LANGUAGES, _SAMPLE)
    if bare:
        some = ", ".join(map(str, bare[:_SOME]))
        line = f"{len(bare)} articles are found by the words they print alone, not by other forms of them ({some})"
        yield Check("stems", "warning", line, "`communique rebuild` writes them")
    else:
        yield Check("stems", "ok", "the first and the last articles are found by other forms of their words")


def _wal(patient: Patient) -> Iterator[Check]:
    wal = patient.home.database.with_name("archive.db-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size <= _LARGE_WAL:
        yield Check("log", "ok", f"SQLite's log has {_bytes(size)}")
        return
    mend = "restart `communique serve` and whatever else reads the archive; the next crawl folds the log in"
    yield Check("log", "warning", f"SQLite's log has {_bytes(size)}: a reader keeps it from being folded in", mend)


# disk and clock


def _disk(patient: Patient) -> Iterator[Check]:
    free = shutil.disk_usage(patient.home.path).free
    used = patient.home.size()
    mend = "make room, or move the home folder to a larger disk"
    if free < RESERVE:
        line = f"{_bytes(free)} are free; a crawl stops below {_bytes(RESERVE)}"
        yield Check("disk", "problem", line, mend)
    else:
        yield Check("disk", "ok", f"{_bytes(used)} in use, {_bytes(free)} free")
    if patient.quota is not None:
        share = used / patient.quota
        line = f"{_bytes(used)} of {_bytes(patient.quota)} ({share:.0%})"
        level: Level = "problem" if share >= 1 else "warning" if share >= 0.9 else "ok"
        yield Check("quota", level, line, None if level == "ok" else "raise --quota, or make room")
    yield _forecast(patient, used, free)


def _forecast(patient: Patient, used: int, free: int) -> Check:
    with ask.reading(patient.home.database) as conn:
        first, _ = ask.span(conn)
        since = measured(moment(first) if first else None, patient.now)
        if since is None:
            return Check("forecast", "ok", "disk in use in a year: unknown yet, under 3 days of history")
        found = [(moment(began), _size(patient.home, name)) for name, _, began in ask.warc_files(conn, _FILES)]
        rows = ask.captures_between(conn, stamp(since), stamp(patient.now)), ask.captures_bound(conn)
    size = sum(_size(patient.home.path, f"archive.db{end}") for end in ("", "-wal"))
    made = forecast(since, patient.now, used, found, size, rows)
    room = used + free if patient.quota is None else min(used + free, patient.quota)
    if made.in_a_year <= room:
        return Check("forecast", "ok", _forecast_line(made))
    days = (room - used) / made.daily
    line = f"{_forecast_line(made)}; there is room for {_bytes(room)}: full in {days:.0f} days"
    mend = 'make room, or set keep = "changes" for sources that keep every copy'
    return Check("forecast", "problem" if days < 14 else "warning", line, mend)


def _forecast_line(made: Forecast) -> str:
    return (
        f"{_bytes(made.in_a_year)} in use in a year, by {_bytes(made.daily)} a day over the last {made.days:.0f} days"
        f" (WARC files begun since: {_bytes(made.warc)} a day; database by its share of new captures:"
        f" {_bytes(made.database)} a day)"
    )


def _size(folder: Path | Home, name: str) -> int:
    path = (folder.warc if isinstance(folder, Home) else folder) / name
    for place in (path, path.with_name(name + OPEN)):
        if place.exists():
            return place.stat().st_size
    return 0


def _clock(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        _, last = ask.span(conn)
    mend = "set this machine's clock (timedatectl set-ntp true)"
    if patient.now < RELEASED:
        line = f"it is {stamp(patient.now)[:16]}Z here, before this version was released"
        yield Check("clock", "problem", line, mend)
    elif last is not None and moment(last) > patient.now + _SKEW:
        line = f"the newest capture is of {last[:16]}Z, which is still to come: the clock is wrong now or was then"
        yield Check("clock", "problem", line, f"{mend}; a capture's time is never changed")
    else:
        yield Check("clock", "ok", f"{stamp(patient.now)[:16]}Z, after every capture")


# WARC


def _warc(patient: Patient) -> Iterator[Check]:
    folder = patient.home.warc
    with ask.reading(patient.home.database) as conn:
        named = ask.warc_files(conn, _FILES)
    try:
        there = {entry.name: entry.stat().st_size for entry in os.scandir(folder)}
    except FileNotFoundError:
        there = {}
        if not named:
            yield Check("warc", "ok", "nothing was fetched yet")
            return
    if there and not os.access(folder, os.W_OK | os.X_OK):
        yield Check("warc", "problem", f"{folder} cannot be written to", f"let this user write to {folder}")
    left = [name for name in there if name.endswith(OPEN)]
    if left and not patient.busy:
        line = f"{len(left)} files were left open by a crawl that died ({_some(left)})"
        yield Check("warc", "warning", line, "the next `communique crawl` makes them whole")
    missing = [name for name, _, _ in named if name not in there and name + OPEN not in there]
    if missing:
        line = f"{len(missing)} files that rows name are not there ({_some(missing)})"
        yield Check("warc", "problem", line, f"bring them back into {folder} from a backup")
    torn = [name for name, last, _ in named if 0 <= there.get(name, there.get(name + OPEN, -1)) <= last]
    if torn:
        line = f"{len(torn)} files end before records that rows name ({_some(torn)})"
        yield Check("warc", "problem", line, f"bring them back into {folder} from a backup")
    if not missing and not torn:
        yield Check("warc", "ok", f"the {len(named)} WARC files that rows name are there and long enough")


def _some(names: list[str]) -> str:
    return ", ".join(sorted(names)[:_SOME]) + (" …" if len(names) > _SOME else "")


def _runs(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        running, last = ask.open_run(conn), ask.last_run(conn)
    if running is not None and not patient.busy:
        line = f"run {running[0]} began {running[1][:16]}Z and died"
        yield Check("runs", "warning", line, f"see its log in {patient.home.logs}; the next crawl closes it")
    if last is None:
        if running is None:
            yield Check("runs", "warning", "nothing was crawled yet", "run `communique crawl`")
        return
    number, finished, status, code, message = last
    line = f"run {number} ended {finished[:16]}Z: {status}, exit code {code if code is not None else 'unknown'}"
    if message:
        line += f" ({message[:200]})"
    if not patient.busy and patient.now - moment(finished) > _QUIET:
        yield Check("runs", "warning", f"{line}; none since", "run `communique schedule --install`")
    else:
        yield Check("runs", "warning" if status == "failed" else "ok", line,
                    f"see its log in {patient.home.logs}" if status == "failed" else None)  # fmt: skip


def _forgetting(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        left = ask.unfinished_forgetting(conn)
    if left:
        mend = "run `communique forget`: it does what is left, and says what keeps it from that"
        yield Check("forget", "problem", "a removal was not completed: files may still hold what was to go", mend)
    else:
        yield Check("forget", "ok", "no removal was left uncompleted")


def _custody(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        pending = migrations.pending(Database(conn))
    if pending:
        yield Check("custody", "ok", "the chain begins with this version")
        return
    for level, line, mend in looked_at(patient.home, patient.now):
        yield Check("custody", level, line, mend)
    count, size = backups(patient.home)
    if count:
        line = f"{counted(count, 'copies')} from before an upgrade in {patient.home.backup}"
        yield Check("backup", "ok", f"{line}: {_bytes(size)} (may be deleted once all is well)")


def _rebuild(patient: Patient) -> Iterator[Check]:
    with ask.reading(patient.home.database) as conn:
        left = ask.unfinished_rebuild(conn)
        old = 0 if left or migrations.pending(Database(conn)) else ask.uncompared(conn)
    if left is None and old:
        line = f"{old} articles were kept by an earlier version: their copies, stories and figures are not known"
        yield Check("rebuild", "warning", line, "run `communique rebuild`")
        return
    if left is None:
        yield Check("rebuild", "ok", "no rebuild was left unfinished")
        return
    line = f"a rebuild of {left[0][:16]}Z has {left[1]} pages to read and {left[2]} articles to bring in line"
    if patient.busy:
        yield Check("rebuild", "ok", line)
    else:
        yield Check("rebuild", "warning", line, "`communique status` says by which command it goes on")


CHECKS: dict[str, Callable[[Patient], Iterator[Check]]] = {
    "database": _database,
    "version": _version,
    "search": _words,
    "stems": _stems,
    "log": _wal,
    "disk": _disk,
    "clock": _clock,
    "warc": _warc,
    "runs": _runs,
    "rebuild": _rebuild,
    "custody": _custody,
    "forget": _forgetting,
}


def _bytes(size: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"

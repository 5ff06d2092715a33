"""Looks an archive and its surroundings over, and says how to mend what is wrong. Changes nothing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import checkup
from archive import store_health as ask
from archive.checkup import Check, Patient
from archive.errors import BusyError, CommuniqueError, ConfigurationError
from archive.health import findings
from archive.home import Home
from archive.models import stamp
from crawler import cron
from crawler.sources import catalogue

# a crawl of everything takes hours; one that holds the lock for longer may hang
_LONG_RUN = timedelta(days=1)


def examine(home: Home, now: datetime, full: bool = False, quota: int | None = None) -> list[Check]:
    """Every check of an archive, in a fixed order.

    Raises:
        NoArchiveError: there is none.
    """
    home.require()
    lock, busy = _lock(home, now)
    patient = Patient(home, now, full, quota, busy)
    checks = [lock]
    for name, look in _CHECKS.items():
        try:
            checks += look(patient)
        except sqlite3.Error as error:
            mend = "see the check of the database" if name != "database" else checkup.RESTORE
            checks.append(Check(name, "problem", f"the database cannot be read: {error}", mend))
        except OSError as error:
            mend = f"see to it that this user can read and write {home.path}"
            checks.append(Check(name, "problem", f"{error.filename or home.path}: {error.strerror or error}", mend))
    return checks


def _lock(home: Home, now: datetime) -> tuple[Check, bool]:
    try:
        with home.writing():
            return Check("lock", "ok", "nobody is writing to the archive"), False
    except BusyError as busy:
        holder, since = _holder(busy.lock)
        who = f"process {holder}" if holder else "another process"
        line = f"{who} is writing to the archive" + (f" since {stamp(since)[:16]}Z" if since else "")
        if since and now - since > _LONG_RUN:
            mend = f"see whether its log in {home.logs} goes on; if not, end it: kill {holder}"
            return Check("lock", "warning", line, mend), True
        return Check("lock", "ok", line), True
    except ConfigurationError as error:
        return Check("lock", "problem", str(error), f"let this user write to {home.path}"), True


def _holder(lock: Path) -> tuple[int | None, datetime | None]:
    """Who holds a lock and since when it runs, as far as this system tells (Linux: /proc/locks)."""
    try:
        at = lock.stat()
        place = f"{os.major(at.st_dev):02x}:{os.minor(at.st_dev):02x}:{at.st_ino}"
        rows = [row.split() for row in Path("/proc/locks").read_text("ascii").splitlines()]
        holder = next((int(row[4]) for row in rows if len(row) > 5 and row[1] == "FLOCK" and row[5] == place), None)
        # the time of /proc/PID itself is when somebody looked at it first
        ticks = int(Path(f"/proc/{holder}/stat").read_text("utf-8").rpartition(")")[2].split()[19])
        up = float(Path("/proc/uptime").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None, None
    age = up - ticks / os.sysconf("SC_CLK_TCK")
    return holder, datetime.now(UTC) - timedelta(seconds=age)


def _sources(patient: Patient) -> Iterator[Check]:
    try:
        outlets = catalogue(patient.home.sources)
    except CommuniqueError as error:
        yield Check("catalogue", "problem", str(error), f"mend the entry in {patient.home.sources}")
    else:
        yield Check("catalogue", "ok", f"{len(outlets)} sources, every entry is sound")
    with ask.reading(patient.home.database) as conn:
        troubled = ask.troubled_sources(conn)
        unusual = findings(conn, patient.now)
    for source, state, reason in troubled:
        mend = f"`communique sources check {source}` shows what of it answers"
        yield Check("source", "warning", f"{source} is {state}: {reason or 'no reason was noted'}", mend)
    told = {source for source, state, _ in troubled if state == "stale"}
    for found in unusual:
        if found.kind != "silent" or found.source not in told:
            mend = f"look at the last captures of {found.source}; `communique sources check {found.source}`"
            yield Check("source", "warning", f"{found.source}: {found.line}", mend)
    if not troubled and not unusual:
        yield Check("source", "ok", "no source is blocked, failing, silent or unlike itself")


def _cron(patient: Patient) -> Iterator[Check]:
    home = patient.home.path.resolve()
    advice = "`communique schedule --install`, or the systemd units that `communique schedule` prints"
    try:
        line = cron.find(cron.read(), home)
    except ConfigurationError as error:
        yield Check("cron", "warning", f"{error}", advice)
        return
    if line is None:
        yield Check("cron", "warning", "this user's crontab has no line for this archive", advice)
        return
    try:
        words = cron.words(line)
    except ValueError:
        words = []
    program = Path(words[0]) if words else Path()
    if not words or not program.is_absolute():
        yield Check("cron", "problem", "the crontab line names no program", "`communique schedule --install` again")
    elif not os.access(program, os.X_OK) or not program.is_file():
        yield Check("cron", "problem", f"the crontab line names {program}, which is not there or cannot be run",
                    "`communique schedule --install` again")  # fmt: skip
    else:
        yield Check("cron", "ok", f"the crontab has: {os.fsdecode(line)}")


_CHECKS = {**checkup.CHECKS, "sources": _sources, "cron": _cron}

"""Puts the crawl into cron's or systemd's hands: what to write there, and the one line of the user's crontab.

cron runs a command with almost no PATH, in the user's own folder and through ``sh``, and takes an unescaped ``%`` for
the end of the line; so everything is absolute, quoted and escaped here.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zlib import crc32

from archive.errors import ConfigurationError
from archive.home import Home
from archive.schedule import parse_age

# minutes that divide an hour, hours that divide a day: cron knows no others
EVERY = tuple(timedelta(minutes=n) for n in (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440))
# seconds a crawl waits at most before it begins, so that outlets do not see us on the minute
JITTER = 120
# cron cuts a command off at 999 characters (MAX_COMMAND in Vixie cron and its children)
LONGEST = 999
_PATH = "/usr/local/bin:/usr/bin:/bin"
_MARK = " # communique crawl of "
# seconds that the crontab program may take
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run and how often. ``home`` and ``program`` are absolute; ``arguments``: after the program."""

    home: Path
    program: Path
    arguments: tuple[str, ...]
    every: timedelta

    @property
    def phase(self) -> int:
        """Minutes from midnight to the first run: another one for each home, so that not all ask on the hour."""
        return crc32(os.fsencode(self.home)) % (self.every // timedelta(minutes=1))

    @property
    def path(self) -> str:
        """The PATH to run with."""
        return f"{self.program.parent}:{_PATH}"


def interval(text: str) -> timedelta:
    """How often, as ``15m``, ``1h`` or ``1d``.

    Raises:
        ConfigurationError: no such age, or one that divides neither an hour nor a day.
    """
    try:
        every = parse_age(text)
    except ValueError as error:
        raise ConfigurationError(f"--every: {error}") from None
    if every not in EVERY:
        names = ", ".join(_age(time) for time in EVERY)
        raise ConfigurationError(f"--every takes one of {names}, not {text}")
    return every


def plan(home: Home, every: timedelta, arguments: tuple[str, ...] = ()) -> Plan:
    """A plan that crawls what is due in ``home``; ``arguments``: sources and further options.

    Raises:
        ConfigurationError: the program is not installed, or a word cannot be written into a crontab.
    """
    program = Path(sys.executable).absolute().with_name("communique")
    if not program.is_file():
        raise ConfigurationError(f"there is no program {program}: install the project first")
    jitter = min(JITTER, int(every.total_seconds() // 2))
    path = home.path.resolve()
    words = ("crawl", "--due", "--jitter", str(jitter), "--home", str(path), *arguments)
    for word in (str(program), *words):
        # what \ means before % and before itself differs from cron to cron
        if "\\" in word or not word.isprintable():
            raise ConfigurationError(f"{word!r} cannot be written into a crontab")
    return Plan(path, program, words, every)


def crontab_line(plan: Plan) -> str:
    """The line of a crontab, without its end.

    Raises:
        ConfigurationError: it is longer than cron takes.
    """
    command = f"PATH={shlex.quote(plan.path)} {_command(plan)}{_MARK}{plan.home}".replace("%", "\\%")
    if len(os.fsencode(command)) > LONGEST:
        raise ConfigurationError(f"the command is longer than the {LONGEST} characters that cron takes")
    return f"{_fields(plan)} {command}"


def _command(plan: Plan) -> str:
    """Program and arguments for ``sh``."""
    return shlex.join((str(plan.program), *plan.arguments))


def _fields(plan: Plan) -> str:
    minutes = plan.every // timedelta(minutes=1)
    if minutes == 1:
        return "* * * * *"
    if minutes < 60:
        return f"{plan.phase}-59/{minutes} * * * *"
    hour, minute = divmod(plan.phase, 60)
    if minutes == 60:
        return f"{minute} * * * *"
    hours = str(hour) if minutes == 1440 else f"{hour}-23/{minutes // 60}"
    return f"{minute} {hours} * * *"


def units(plan: Plan) -> dict[str, str]:
    """File name and text of a systemd service and its timer, for one user's own systemd."""
    name = f"communique-{crc32(os.fsencode(plan.home)):08x}"
    # through sh, as cron does: systemd itself takes no program with a quotation mark in its path
    command = f"/bin/sh -c {_unit_word(f'exec {_command(plan)}'.replace('$', '$$'))}"
    service = (
        f"[Unit]\nDescription=Communique crawl of {str(plan.home).replace('%', '%%')}\n\n"
        # 75: another command is writing to the archive, so there is nothing to mend
        f"[Service]\nType=oneshot\nEnvironment={_unit_word('PATH=' + plan.path)}\nExecStart={command}\n"
        "SuccessExitStatus=75\nNice=10\n"
    )
    timer = (
        f"[Unit]\nDescription=When to crawl into {str(plan.home).replace('%', '%%')}\n\n"
        f"[Timer]\nOnCalendar={_calendar(plan)}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{name}.service": service, f"{name}.timer": timer}


def _unit_word(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _calendar(plan: Plan) -> str:
    minutes = plan.every // timedelta(minutes=1)
    if minutes < 60:
        return f"*:{plan.phase}/{minutes}"
    hour, minute = divmod(plan.phase, 60)
    hours = {60: "*", 1440: str(hour)}.get(minutes, f"{hour}/{minutes // 60}")
    return f"{hours}:{minute:02d}"


def find(table: bytes, home: Path) -> bytes | None:
    """The line of a crontab that crawls into ``home`` (absolute); one that is commented out does not."""
    return next((line for line in table.split(b"\n") if _is_ours(line, home)), None)


def _is_ours(line: bytes, home: Path) -> bool:
    mark = os.fsencode(f"{_MARK}{home}".replace("%", "\\%"))
    return line.endswith(mark) and not line.lstrip().startswith(b"#")


def with_line(table: bytes, home: Path, line: str) -> bytes:
    """A crontab with our line, in the place of the one it had or at its end; every other byte as it was."""
    new, lines = os.fsencode(line), table.split(b"\n")
    places = [n for n, old in enumerate(lines) if _is_ours(old, home)]
    if places:
        lines[places[0]] = new
        for n in reversed(places[1:]):
            del lines[n]
        return b"\n".join(lines)
    # a last line without its end would swallow ours, and cron does not take one
    return table + (b"" if not table or table.endswith(b"\n") else b"\n") + new + b"\n"


def without_line(table: bytes, home: Path) -> bytes:
    """A crontab without our line; every other byte as it was."""
    return b"\n".join(line for line in table.split(b"\n") if not _is_ours(line, home))


def words(line: bytes) -> list[str]:
    """The words of a crontab line's command as ``sh`` reads them, assignments in front of the program left out.

    Raises:
        ValueError: it is quoted wrongly.
    """
    command = os.fsdecode(line).replace("\\%", "%").split(None, 5)[5:]
    found = shlex.split(command[0], comments=True) if command else []
    while found and "=" in found[0].partition("/")[0]:
        found.pop(0)
    return found


def read() -> bytes:
    """The user's crontab, empty where there is none.

    Raises:
        ConfigurationError: there is no crontab program, or it does not say what the crontab holds.
    """
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    # the only failure that means that there is nothing to lose
    if b"no crontab for" in done.stderr.lower():
        return b""
    raise ConfigurationError(f"cannot read the crontab: {_said(done)}")


def install(plan: Plan) -> str | None:
    """Write our line into the user's crontab; returns it, or None where it stood there already.

    Raises:
        ConfigurationError: the crontab cannot be read or written.
    """
    line, before = crontab_line(plan), read()
    after = with_line(before, plan.home, line)
    if after == before:
        return None
    _write(after)
    return line


def remove(home: Home) -> str | None:
    """Take our line out of the user's crontab; returns it, or None where there was none.

    Raises:
        ConfigurationError: the crontab cannot be read or written.
    """
    path, before = home.path.resolve(), read()
    line = find(before, path)
    if line is None:
        return None
    _write(without_line(before, path))
    return os.fsdecode(line)


def _write(table: bytes) -> None:
    done = _crontab("-", table)
    if done.returncode != 0:
        raise ConfigurationError(f"cannot write the crontab: {_said(done)}")


def _crontab(argument: str, table: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("crontab")
    if program is None:
        raise ConfigurationError("there is no crontab program here: install cron, or use the systemd units")
    try:
        return subprocess.run(  # noqa: S603  no shell, and the user's own crontab
            [program, argument],
            input=table,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            env={**os.environ, "LC_ALL": "C"},  # the message for an empty crontab is compared
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"the crontab program fails: {error}") from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else f"exit code {done.returncode}"


def _age(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h" if minutes < 1440 else "1d"

"""Connections that write down what runs on them: each statement with its plan and the steps that SQLite took for it.

The plan is asked for on the same connection with the same values, before the statement runs: what stands on the
connection (temporary views) and what is known of a value when SQLite plans are part of it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# steps between two looks
EVERY = 20
_REAL = sqlite3.connect
_READS = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


@dataclass(slots=True)
class Statement:
    """One that ran. ``steps``: of SQLite's machine, to within EVERY; ``whole``: tables (their rows) and indexes that
    are read from end to end by plan, without a limit that could stop it; ``plan`` as SQLite prints it."""

    sql: str
    plan: tuple[str, ...]
    whole: tuple[str, ...]
    steps: int = 0

    def __str__(self) -> str:
        lines = "\n    ".join(self.plan)
        return f"{self.steps} steps: {' '.join(self.sql.split())[:600]}\n    {lines}"


@dataclass(slots=True)
class Log:
    """What ran on connections to one file while it was written down."""

    file: str
    statements: list[Statement] = field(default_factory=list)
    on: bool = False


_logs: list[Log] = []


@contextmanager
def tracing(file: str) -> Iterator[Log]:
    """Write down what runs on connections to a file that are opened from now on, while ``log.on``."""
    log = Log(file)
    _logs.append(log)
    sqlite3.connect = _connect
    try:
        yield log
    finally:
        sqlite3.connect = _REAL
        _logs.remove(log)


def _connect(database: Any, *args: Any, factory: Any = sqlite3.Connection, **options: Any) -> Any:
    log = next((log for log in _logs if log.file in str(database)), None)
    if log is None:
        return _REAL(database, *args, factory=factory, **options)
    conn = _REAL(database, *args, factory=_mixed(factory, _Connection), **options)
    conn.log = log
    conn.watch()
    return conn


_classes: dict[tuple[type, type], type] = {}


def _mixed(own: type, ours: type) -> type:
    """A class of theirs whose statements come to ours in the end."""
    if issubclass(ours, own):
        return ours
    if issubclass(own, ours):
        return own
    if (own, ours) not in _classes:
        _classes[own, ours] = type(f"Traced{own.__name__}", (own, ours), {})
    return _classes[own, ours]


class _Cursor(sqlite3.Cursor):
    connection: _Connection

    def execute(self, sql: str, values: Any = (), /) -> Any:
        self.connection.begin(sql, values)
        return super().execute(sql, values)


class _Connection(sqlite3.Connection):
    log: Log
    last: Statement | None = None

    def watch(self) -> None:
        super().set_progress_handler(self._step, EVERY)

    def set_progress_handler(self, handler: Any, n: int) -> None:
        """Time limits are not what is tested here, and there is one such handler."""

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        return super().cursor(_mixed(factory, _Cursor))

    def execute(self, sql: str, values: Any = (), /) -> Any:
        return self.cursor().execute(sql, values)

    def _step(self) -> int:
        if self.last is not None:
            self.last.steps += EVERY
        return 0

    def begin(self, sql: str, values: Any) -> None:
        self.last = None
        if self.log.on and _READS.match(sql):
            plain = super().cursor(sqlite3.Cursor)
            plain.row_factory = None
            plan = tuple(row[3] for row in plain.execute(f"explain query plan {sql}", values))
            whole = tuple(_whole(plain, sql, values))
            plain.close()
            self.last = Statement(sql, plan, whole)
            self.log.statements.append(self.last)


def _whole(cursor: sqlite3.Cursor, sql: str, values: Any) -> Iterator[str]:
    """What a statement reads from end to end unless something stops it, by its program: a count of all, or a loop that
    begins at the first or last entry of a tree, goes from one to the next, and holds no limit that ends it (nor hands
    its rows on to a loop that has one)."""
    program = [(row[0], row[1], row[2], row[3]) for row in cursor.execute(f"explain {sql}", values)]
    names = dict(cursor.execute("select rootpage, name from main.sqlite_master where rootpage > 0"))
    roots = {p1: p2 for _, code, p1, p2 in program if code in ("OpenRead", "ReopenIdx")}
    begins = {p1: at for at, code, p1, _ in program if code in ("Rewind", "Last", "Sort")}
    limits = [at for at, code, *_ in program if code == "DecrJumpZero"]
    found = {p1 for _, code, p1, _ in program if code == "Count"}
    for at, code, p1, _ in program:
        if code not in ("Next", "Prev") or p1 not in begins:
            continue
        within = range(begins[p1], at)
        handed_on = any(other == "Yield" and place in within for place, other, *_ in program)
        if not any(place in within for place in limits) and not (handed_on and limits):
            found.add(p1)
    yield from sorted({names[roots[p1]] for p1 in found if roots.get(p1) in names})

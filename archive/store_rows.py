"""What every part of the store does with a connection."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote


def to_be_read(path: Path) -> str:
    """The address (URI) at which SQLite opens a database to read it.

    On a file system that is mounted read-only nobody writes to it, nor can the files be made by which readers and
    writers tell each other: without this it could not be read at all.
    """
    log = path.with_name(path.name + "-wal")
    still = os.statvfs(path).f_flag & os.ST_RDONLY and not (log.exists() and log.stat().st_size)
    return f"file:{quote(str(path.absolute()))}" + ("?immutable=1" if still else "")


class Rows:
    """Queries over one connection."""

    conn: sqlite3.Connection

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a query as dicts (for the commands that list)."""
        return [dict(row) for row in self.conn.execute(sql, values)]

    def _one(self, sql: str, *values: object) -> Any:
        row = self.conn.execute(sql, values).fetchone()
        return row[0] if row else None

    def _insert(self, table: str, row: Mapping[str, object]) -> int:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        cursor = self.conn.execute(f"insert into {table} ({names}) values ({marks})", tuple(row.values()))  # noqa: S608
        return int(cursor.lastrowid or 0)

"""What every part of the store does with a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any


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

"""Rows from which marks are made: which documents of a source carry which blocks, and since when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from archive.models import WINDOW, moment
from archive.store_rows import Rows

# this many neighbours before and as many after a document in time are asked for a block: with as many on one side
# the marks of all of them are settled (they lie within one window of each other)
NEAR = 4


def seconds(at: str) -> int:
    """A stamp as whole seconds since 1970."""
    return int(moment(at).timestamp())


class Evidence(Rows):
    """Which documents of a source carry a block."""

    def sighted(self, article: int) -> dict[int, int]:
        """Since when (seconds) an article has carried each block, over all its readings."""
        return {
            row[0]: row[1]
            for row in self.conn.execute(
                "select b.hash, cast(strftime('%s', min(r.first_at)) as integer) from readings r"
                " join blocks b on b.reading = r.id where r.article = ? group by b.hash",
                (article,),
            )
        }

    def set_sightings(self, source: str, article: int, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Bring the evidence in line with what an article carries since when."""
        self.conn.executemany(
            "delete from sightings where source = ? and hash = ? and at = ? and article = ?",
            [(source, h, at, article) for h, at in before.items() if after.get(h) != at],
        )
        self.conn.executemany(
            "insert or ignore into sightings values (?, ?, ?, ?)",
            sorted((source, h, at, article) for h, at in after.items() if before.get(h) != at),
        )

    def neighbours(
        self, source: str, article: int, hashes: Iterable[int], at: int
    ) -> dict[int, tuple[list[int], list[int]]]:
        """The other articles of a source that carry each block within the window: up to NEAR before, as many after.

        Only the blocks that some other article carries are in it. ``at`` in seconds.
        """
        wanted = [
            row[0]
            for row in self.conn.execute(
                "select value from json_each(?) where exists (select 1 from sightings"
                " where source = ? and hash = value and article <> ?)",
                (json.dumps(list(hashes)), source, article),
            )
        ]
        sql = "select article from sightings where source = ? and hash = ? and at {} ? and at {} ? and article <> ?"
        earlier = sql.format("<=", ">=") + " order by at desc, article desc limit ?"
        later = sql.format(">", "<=") + " order by at, article limit ?"
        found = {}
        for h in wanted:
            sides = tuple(
                [row[0] for row in self.conn.execute(query, (source, h, at, edge, article, NEAR))]
                for query, edge in ((earlier, at - WINDOW), (later, at + WINDOW))
            )
            if any(sides):
                found[h] = (sides[0], sides[1])
        return found

    def documents_near(self, source: str, article: int, at: str, limit: int) -> list[int]:
        """Some of the source's other articles first seen within the window around a stamp, at most ``limit``."""
        return [
            row[0]
            for row in self.conn.execute(
                "select id from articles where source = ? and first_seen between"
                " strftime('%Y-%m-%dT%H:%M:%fZ', ?, ?) and strftime('%Y-%m-%dT%H:%M:%fZ', ?, ?) and id <> ? limit ?",
                (source, at, f"-{WINDOW} seconds", at, f"+{WINDOW} seconds", article, limit),
            )
        ]

    def drop_unused_readings(self, article: int | None = None) -> None:
        """Remove readings, of one article or all, that no capture stands on any more (another extractor's)."""
        unused = (
            "select id from readings r where (:article is null or article = :article)"
            " and not exists (select 1 from capture_articles where reading = r.id)"
        )
        for table, column in (("blocks", "reading"), ("readings", "id")):
            self.conn.execute(f"delete from {table} where {column} in ({unused})", {"article": article})  # noqa: S608

"""Rows from which marks are made: which documents of a source carry which blocks, and since when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archive.models import WINDOW, moment
from archive.store_rows import Rows

# the neighbours on this many pages before and as many after a document in time are asked for a block: with as many on
# one side the marks of all of them are settled (they lie within one window of each other). Stories of one page are no
# evidence for each other, so pages count
NEAR = 4
# and so many articles that carried a block longer ago than a window: one of them may have been read anew within it
AGAIN = 16


def seconds(at: str) -> int:
    """A stamp as whole seconds since 1970."""
    return int(moment(at).timestamp())


class Side(NamedTuple):
    """The articles on the nearest pages before or after one in time; ``full``: there are NEAR such pages."""

    articles: list[int]
    full: bool


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

    def neighbours(self, source: str, article: int, hashes: Iterable[int], at: int) -> dict[int, tuple[Side, Side]]:
        """The other articles of a source that carry each block within the window: on up to NEAR pages before, and on
        as many after.

        The other stories of its page are none: what stands with two of them does not stand on two pages for that.
        Only the blocks that some other article carries are in it. ``at`` in seconds.
        """
        wanted = [
            row[0]
            for row in self.conn.execute(
                "select value from json_each(?) where exists (select 1 from sightings"
                " where source = ? and hash = value and article not in"
                " (select p.id from articles a join articles p on p.url = a.url where a.id = ?))",
                (json.dumps(list(hashes)), source, article),
            )
        ]
        sql = (
            "select s.article, a.url from sightings s cross join articles a on a.id = s.article"
            " where s.source = ? and s.hash = ? and s.at {} ? and s.at {} ?"
            " and s.article not in (select p.id from articles a join articles p on p.url = a.url where a.id = ?)"
        )
        earlier = sql.format("<=", ">=") + " order by s.at desc, s.article desc"
        later = sql.format(">", "<=") + " order by s.at, s.article"
        found = {}
        for h in wanted:
            before, after = (
                self._side(query, (source, h, at, edge, article))
                for query, edge in ((earlier, at - WINDOW), (later, at + WINDOW))
            )
            if before.articles or after.articles:
                found[h] = (before, after)
        return found

    def _side(self, sql: str, values: tuple[object, ...]) -> Side:
        """Of rows (article, page) those on the first NEAR pages."""
        articles: list[int] = []
        pages: set[str] = set()
        for article, page in self.conn.execute(sql, values):
            if len(pages) == NEAR and page not in pages:
                break
            pages.add(page)
            articles.append(article)
        return Side(articles, len(pages) == NEAR)

    def seen_again(
        self, source: str, article: int, hashes: Iterable[int], at: int, window: tuple[int, int]
    ) -> set[int]:
        """The other articles of a source, without those of the same page, that carried one of these blocks before
        the window around ``at``, and were read to something new within ``window``; of each block its latest AGAIN
        carriers. Times in seconds."""
        sql = (
            "select article from sightings where source = ? and hash = ? and at < ? and article not in"
            " (select p.id from articles a join articles p on p.url = a.url where a.id = ?) order by at desc limit ?"
        )
        earlier = {row[0] for h in hashes for row in self.conn.execute(sql, (source, h, at - WINDOW, article, AGAIN))}
        return {
            row[0]
            for row in self.conn.execute(
                "select value from json_each(?) where exists (select 1 from readings"
                " where article = value and cast(strftime('%s', first_at) as integer) between ? and ?)",
                (json.dumps(sorted(earlier)), *window),
            )
        }

    def has_later(self, source: str, at: int) -> bool:
        """Whether anything of a source was captured after a time (seconds)."""
        return bool(
            self._one(
                "select exists (select 1 from captures where source = ?"
                " and fetched_at > strftime('%Y-%m-%dT%H:%M:%fZ', ?, 'unixepoch'))",
                source,
                at + 1,
            )
        )

    def documents_near(self, source: str, article: int, at: str) -> tuple[Side, Side]:
        """The source's other articles first seen nearest to a stamp and within the window around it: those on up to
        NEAR pages not after it, and on as many after."""
        sql = (
            "select id, url from articles where source = ?1 and first_seen {} ?3"
            " and first_seen {} strftime('%Y-%m-%dT%H:%M:%fZ', ?3, ?4)"
            " and url is not (select url from articles where id = ?2) order by first_seen {}"
        )
        before, after = (
            self._side(sql.format(*part), (source, article, at, f"{edge} seconds"))
            for part, edge in ((("<=", ">=", "desc"), -WINDOW), ((">", "<=", ""), f"+{WINDOW}"))
        )
        return before, after

    def seen_first(self, article: int, at: str) -> None:
        """An article was seen earlier than was known."""
        self.conn.execute("update articles set first_seen = ? where id = ?", (at, article))

    def drop_unused_readings(self, article: int) -> None:
        """Remove an article's readings that no capture stands on any more (another extractor's)."""
        unused = (
            "select id from readings r where article = ?"
            " and not exists (select 1 from capture_articles where reading = r.id)"
        )
        for table, column in (("blocks", "reading"), ("readings", "id")):
            self.conn.execute(f"delete from {table} where {column} in ({unused})", (article,))  # noqa: S608

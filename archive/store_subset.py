"""A database of just some articles of another one: the SQL that copies what belongs to them.

It is written from rows, never by deleting from a copy: nothing that is left out was ever in its file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from archive.standings import stand
from archive.store_copies import Copies
from archive.store_figures import Day, FigureRows

# rows that are read and written at once
_STEP = 2000
_FULL_TEXT = ("search_text_fts", "earlier_texts_fts")


def copy_whole(source: sqlite3.Connection, path: Path) -> None:
    """Copy a database as its connection sees it, without what was deleted in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        source.backup(target)
        target.execute("pragma journal_mode = delete")
        _compact(target)


def _compact(conn: sqlite3.Connection) -> None:
    for table in _FULL_TEXT:  # an index keeps deleted words until then
        conn.execute(f"insert into {table}({table}) values ('optimize')")  # noqa: S608
    conn.execute("vacuum")


# what of each table belongs to some articles; NULL: nothing, it is the crawl's own, and of the whole archive.
# :articles, :captures and :sources are JSON lists; of a table that stands in neither list nothing is copied
_ARTICLES = "(select value from json_each(:articles))"
_CAPTURES = "(select value from json_each(:captures))"
_SOURCES = "(select value from json_each(:sources))"
_OF = f"article in {_ARTICLES}"
_OTHER = f"other in {_ARTICLES}"
# the plus keeps the key of both from being used, by which each of the articles would be looked up with each other one
_BOTH = f"{_OF} and +{_OTHER}"
_READ = f"in (select id from readings where {_OF})"  # noqa: S608
KEPT: dict[str, str] = {
    "_sqlite_migrations": "true",
    "home": "key <> 'forgetting'",
    "sources": f"id in {_SOURCES}",
    "custody": "true",
    "witnesses": "true",
    "runs": f"id in (select run from captures where id in {_CAPTURES})",  # noqa: S608
    "captures": f"id in {_CAPTURES}",
    "articles": f"id in {_ARTICLES}",
    "addresses": _OF,
    "readings": _OF,
    "blocks": f"reading {_READ}",
    "capture_articles": _OF,
    "revisions": _OF,
    "derivations": _OF,
    "sightings": _OF,
    "search_text": _OF,
    "links": _OF,
    "media": _OF,
    "quotes": _OF,
    "entries": _OF,
    # a verdict holds the words of its block: those alone that stand in a text that is there
    "verdicts": f"source in {_SOURCES} and +hash in (select hash from blocks where reading {_READ})",  # noqa: S608
    "removed": _OTHER,
    "restricted": _OF,
    "signatures": _OF,
    "lookups": _OF,
    "copies": _BOTH,
    "shared_quotations": _BOTH,
    "figures": _OF,
    "figures_unread": _OF,
}
# filled by triggers, or found anew; or the crawl's own
MADE = ("days", "totals", "stories")
EMPTY = ("hosts", "announced", "findings", "rebuilds", "unread", "unsettled", "forgotten", "forgotten_articles")


class Subset(Copies, FigureRows):
    """A database with some articles of another one: the same tables, views, triggers and full-text search.

    ``positions``: where the captures' records lie in files that go with it; None: they stay named as in the archive.
    """

    def __init__(self, source: sqlite3.Connection, path: Path) -> None:
        self.source = source
        self.conn = sqlite3.connect(path, isolation_level=None)
        self.conn.row_factory = sqlite3.Row
        # a file that is not finished is thrown away
        self.conn.execute("pragma journal_mode = off")
        self.conn.execute("pragma synchronous = off")

    def fill(
        self,
        articles: Sequence[int],
        captures: Sequence[int],
        positions: Mapping[int, tuple[str, int]] | None,
        told: Callable[[str], None],
    ) -> None:
        """Copy what belongs to articles and captures; ``told``: is told of each table before it is copied."""
        chosen = {"articles": json.dumps(list(articles)), "captures": json.dumps(list(captures))}
        sources = self.source.execute(
            f"select source from captures where id in {_CAPTURES}"  # noqa: S608
            f" union select source from articles where id in {_ARTICLES}",
            chosen,
        ).fetchall()
        chosen["sources"] = json.dumps([row[0] for row in sources])
        before, after = self._schema()
        for sql in before:
            self.conn.execute(sql)
        self.conn.execute("begin")
        for table, condition in KEPT.items():
            told(table)
            self._copy(table, condition, chosen)
        self.conn.execute("insert or ignore into home values ('part', 'yes')")
        if positions is not None:
            self._place(positions)
        for sql in after:
            self.conn.execute(sql)
        self._keep_to_itself(chosen["sources"])
        self._regroup()
        self._restand()
        self.conn.execute("commit")
        dangling = self.conn.execute("pragma foreign_key_check").fetchone()
        if dangling:
            raise ValueError(f"a row of {dangling[0]} names one of {dangling[2]} that is not there")
        _compact(self.conn)

    def close(self) -> None:
        """Finish the file."""
        self.conn.close()

    def _schema(self) -> tuple[list[str], list[str]]:
        """What makes the same tables, and what is made when they are full: indexes."""
        shadow = {row[1] for row in self.source.execute("pragma table_list") if row[2] == "shadow"}
        rows = self.source.execute(
            "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite^_%' escape '^'"
            " order by rowid"
        ).fetchall()
        kinds: dict[str, list[str]] = {}
        for kind, name, sql in rows:
            if name not in shadow:
                virtual = kind == "table" and sql.lower().startswith("create virtual")
                kinds.setdefault("virtual" if virtual else kind, []).append(sql)
        first = [sql for kind in ("table", "view", "virtual", "trigger") for sql in kinds.get(kind, [])]
        return first, kinds.get("index", [])

    def _copy(self, table: str, condition: str, chosen: Mapping[str, str]) -> None:
        wanted = {name: value for name, value in chosen.items() if f":{name}" in condition}
        key = [
            row[1] for row in sorted(self.source.execute(f"pragma table_info({table})"), key=lambda r: r[5]) if row[5]
        ]
        rows = self.source.execute(
            f"select * from {table} where {condition} order by {', '.join(key) or 'rowid'}",  # noqa: S608
            wanted,
        )
        marks = ", ".join("?" * len(rows.description))
        while step := rows.fetchmany(_STEP):
            self.conn.executemany(f"insert into {table} values ({marks})", map(tuple, step))  # noqa: S608

    def _place(self, positions: Mapping[int, tuple[str, int]]) -> None:
        """Name the records as they lie in the files that go with this database; the others are not there."""
        self.conn.execute("update captures set warc_file = null, warc_offset = null")
        self.conn.executemany(
            "update captures set warc_file = ?, warc_offset = ? where id = ?",
            ((*position, capture) for capture, position in positions.items()),
        )

    def _keep_to_itself(self, sources: str) -> None:
        """Take out of rows what they say of others: what a run was asked for besides, and of which page a part is."""
        self.conn.execute(
            "update runs set message = null, sources = (select group_concat(value, ',') from json_each(?)"
            " where ',' || runs.sources || ',' like '%,' || value || ',%')",
            (sources,),
        )
        # addresses name part 1 of a page; where that is left out, the first that is there
        missing = self.source.execute("select d.url_key, p.url from addresses d join articles p on p.id = d.article")
        self.conn.execute("create temp table own (url text primary key, article integer)")
        self.conn.execute(
            "insert into own select url, id from (select url, id, row_number() over"
            " (partition by url order by part) as n from articles) where n = 1"
        )
        while step := missing.fetchmany(_STEP):
            self.conn.executemany(
                "insert or ignore into addresses select ?, article from own where url = ?", map(tuple, step)
            )
        self.conn.execute("drop table own")

    def _regroup(self) -> None:
        """Find the stories of articles whose story is led by one that is not there, and count those of the others."""
        lost = self.rows("select id from articles where story is not null and story not in (select id from articles)")
        orphans = {row["id"] for row in lost}
        self.conn.executemany("update articles set story = null where id = ?", [(one,) for one in orphans])
        for place in sorted(self.places(orphans).values()):
            fellows = self.places(self.fellows(place.article))
            leaders = self.stories_of(fellows)
            earlier = [
                other for other in fellows.values() if other < place and leaders[other.article] == other.article
            ]
            self.set_story(place.article, min(earlier).article if earlier else place.article)
        for row in self.conn.execute("select distinct story from articles where story is not null").fetchall():
            self.write_story(row[0])

    def _restand(self) -> None:
        """Tell anew how figures stand for their day where the one that was taken is not there."""
        days = self.conn.execute(
            "select distinct as_of, claimed_by, series from figures"
            " where taken is not null and taken not in (select id from figures)"
        ).fetchall()
        for row in days:
            day = Day(*row)
            self.set_standings(day, stand(self.claims_of(day)))

"""What is exported: which articles are chosen, and the record of each as JSON that SQLite writes.

SQLite's own JSON takes 45 µs for a record of 13 KB; as rows that Python makes into JSON it would be ten times that.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archive.store_rows import Rows
from archive.store_search import DAY, Only

# columns that hold JSON: they are lists in a record, not texts
LISTS = {"articles": ("authors", "tags"), "captures": ("via",), "revisions": ("numbers",)}
# what a record has besides the columns of its article; each is a list
PARTS = (
    "addresses", "revisions", "captures", "links", "media", "quotes", "entries", "hidden", "figures", "copies",
    "readings",
)  # fmt: skip
# 15 digits, as SQLite's JSON writes a number, are not enough to read the same one again
_EXACT = "json(printf('%!.17g', {0}))"
_HIDDEN = ("position", "integer"), ("text", "text"), ("reason", "text")
_CAPTURE = ("reading", "integer"), ("revision", "integer"), ("position", "integer")
_COPIES = "article", "other", "relation", "score", "reason"


class Column(NamedTuple):
    """A column as its table declares it: integer, real or text; ``json``: a list that is kept as JSON."""

    name: str
    kind: str
    json: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which articles are exported.

    Without ``sources``: of all that are public; one that is not public is there where it is named. ``match``: an
    expression over the search index. ``restricted``: those too that are shown to nobody.
    """

    sources: tuple[str, ...] = ()
    only: Only = field(default_factory=Only)
    match: str | None = None
    story: int | None = None
    article: int | None = None
    restricted: bool = False


class Exports(Rows):
    """Articles that are chosen, in temporary tables of the connection: ``chosen`` and ``withheld``."""

    def choose_articles(self, choice: Choice) -> None:
        """Fill ``temp.chosen`` with what is exported, ``temp.withheld`` with what is nowhere to be named."""
        self.conn.execute("pragma temp_store = memory")
        for table in ("withheld", "chosen"):
            self.conn.execute(f"create temp table if not exists {table} (id integer primary key)")
            self.conn.execute(f"delete from temp.{table}")  # noqa: S608
        values: dict[str, object] = {
            "sources": json.dumps(choice.sources),
            "restricted": choice.restricted,
            "match": choice.match,
            "story": choice.story,
            "article": choice.article,
        }
        self.conn.execute(
            "insert into temp.withheld select article from restricted where not :restricted"
            " union select a.id from articles a join sources s on s.id = a.source"
            " where not s.public and s.id not in (select value from json_each(:sources))",
            values,
        )
        where, more = choice.only.sql()
        if choice.sources:
            where += " and a.source in (select value from json_each(:sources))"
        if choice.match is not None:
            where += " and a.id in (select rowid from search_text_fts where search_text_fts match :match)"
        if choice.story is not None:
            where += " and a.story = :story"
        if choice.article is not None:
            where += " and a.id = :article"
        self.conn.execute(
            "insert into temp.chosen select a.id from articles a"  # noqa: S608
            f" where a.id not in (select id from temp.withheld){where}",
            {**values, **more},
        )

    def chosen_by_month(self) -> list[tuple[str, array[int]]]:
        """The ids of what is chosen by month (YYYY-MM) of the day on which they count."""
        months: dict[str, array[int]] = {}
        sql = (
            f"select substr({DAY}, 1, 7), a.id from temp.chosen x cross join articles a on a.id = x.id order by x.id"  # noqa: S608
        )
        for month, article in self.conn.execute(sql):
            months.setdefault(month, array("q")).append(article)
        return sorted(months.items())

    def chosen_sources(self) -> list[dict[str, Any]]:
        """The rows of the sources of what is chosen, by name."""
        return self.rows(
            "select * from sources where id in"
            " (select a.source from temp.chosen x cross join articles a on a.id = x.id) order by id"
        )

    def is_source(self, name: str) -> bool:
        """Whether the archive knows a source of this name."""
        return self._one("select 1 from sources where id = ?", name) is not None

    def is_withheld(self, article: int) -> bool:
        """Whether an article is one that no export may name."""
        return self._one("select 1 from temp.withheld where id = ?", article) is not None

    def is_story(self, story: int) -> bool:
        """Whether there is a story of this number."""
        return self._one("select 1 from stories where id = ?", story) is not None

    def custody_head(self) -> dict[str, Any] | None:
        """The end of the chain, with the public key (PEM) of its signature; None where there is no chain."""
        rows = self.rows(
            "select c.seq, c.hash, c.signature, c.key, (select json_extract(k.details, '$.public') from custody k"
            " where k.event = 'key' and json_extract(k.details, '$.key') = c.key order by k.seq limit 1) as public"
            " from custody c order by c.seq desc limit 1"
        )
        return rows[0] if rows else None

    def choose_only(self, articles: Iterable[int]) -> None:
        """Leave of what is chosen these articles alone."""
        self.conn.execute("delete from temp.chosen")
        self.conn.executemany("insert into temp.chosen values (?)", ((article,) for article in articles))

    def chosen_articles(self) -> Iterator[int]:
        """The ids of what is chosen, in their order."""
        return (row[0] for row in self.conn.execute("select id from temp.chosen order by id"))

    def table_columns(self, table: str) -> list[Column]:
        """A table's columns in its order."""
        lists = LISTS.get(table, ())
        found = self.conn.execute("select name, lower(type) from pragma_table_info(?) order by cid", (table,))
        return [Column(name, kind, name in lists) for name, kind in found]

    def part_columns(self, part: str) -> list[Column]:
        """The columns of a part of a record that is a list of rows."""
        if part == "hidden":
            return [Column(*column) for column in _HIDDEN]
        if part == "captures":
            return [*self.table_columns(part), *(Column(*column) for column in _CAPTURE)]
        left_out = () if part == "copies" else ("article",)
        return [column for column in self.table_columns(part) if column.name not in left_out]

    def sources_named(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The rows of sources, by name."""
        return self.rows(
            "select * from sources where id in (select value from json_each(?)) order by id", json.dumps(list(names))
        )

    def chosen_restrictions(self) -> dict[int, dict[str, str]]:
        """Since when and why articles that are chosen are restricted."""
        rows = self.rows("select article, at, reason from restricted where article in (select id from temp.chosen)")
        return {row["article"]: {"at": row["at"], "reason": row["reason"]} for row in rows}

    def chosen_rows(self) -> Iterator[sqlite3.Row]:
        """The rows of what is chosen, by id."""
        yield from self.conn.execute(
            "select a.* from temp.chosen x cross join articles a on a.id = x.id order by x.id"
        )

    def chosen_records(self, whole: bool, readings_as_text: bool) -> Iterator[tuple[int, bytes, bytes, str]]:
        """Of each chosen article, by id: its columns and its parts as JSON objects, its sources as a JSON list.

        The sources are its own and those of its captures. ``whole``: with its parts and sources, else ``{}`` and
        ``[]``; ``readings_as_text``: the readings are one text, which is JSON.
        """
        parts = ", ".join(f"'{part}', {self._part(part, readings_as_text)}" for part in PARTS if whole)
        # how many revisions there are is told by their list
        article = _object(
            "a", (one for one in self.table_columns("articles") if not whole or one.name != "revisions")
        )
        sources = _SOURCES if whole else "'[]'"
        sql = (
            f"select a.id, cast({article} as blob), cast(json_object({parts}) as blob), {sources}"  # noqa: S608
            " from temp.chosen x cross join articles a on a.id = x.id order by x.id"
        )
        yield from (tuple(row) for row in self.conn.execute(sql))

    def _part(self, part: str, readings_as_text: bool) -> str:
        """A list of a record, as an expression over ``a`` (articles)."""
        if part == "addresses":
            rows = "select url_key from addresses where article = a.id order by url_key"
            return f"(select json_group_array(url_key) from ({rows}))"  # noqa: S608
        if part == "readings":
            return ("'' || " if readings_as_text else "") + _READINGS
        return f"(select json_group_array({_object('p', self.part_columns(part))}) from ({_ROWS[part]}) p)"  # noqa: S608


def _object(alias: str, columns: Iterable[Column]) -> str:
    """An expression for a row as a JSON object."""
    values = (f"'{name}', " + (f"json({alias}.{name})" if json else f"{alias}.{name}") for name, _, json in columns)
    return f"json_object({', '.join(values)})"


_ROWS = {
    "revisions": "select * from revisions where article = a.id and number is not null order by number",
    "captures": (
        "select c.*, ca.reading, ca.position, iif(ca.reading is null, null, (select max(r.number) from revisions r"
        " where r.article = a.id and r.seen_from <= c.fetched_at)) as revision"
        " from capture_articles ca join captures c on c.id = ca.capture where ca.article = a.id"
        " order by c.fetched_at, c.id"
    ),
    **{
        part: f"select * from {part} where article = a.id order by position, rowid"  # noqa: S608
        for part in ("links", "media", "quotes", "entries")
    },
    "hidden": (
        "select b.position, b.text, b.mark as reason from capture_articles ca join blocks b on b.reading = ca.reading"
        " where ca.capture = a.capture and ca.article = a.id and b.mark is not null order by b.position"
    ),
    "figures": "select * from figures where article = a.id order by id",
    # a pair stands once, and is told of both; of what is withheld nothing is said
    "copies": (
        "select * from (select * from copies where article = a.id union all select * from copies where other = a.id)"
        " where article not in (select id from temp.withheld) and other not in (select id from temp.withheld)"
        " order by article, other"
    ),
}
_READINGS = """
(select json_group_array(json_object('id', r.id, 'title', r.title, 'metadata', json(r.metadata),
    'extras', json(r.extras), 'payload_sha256', r.payload_sha256, 'extractor', r.extractor, 'first_at', r.first_at,
    'blocks', (select json_group_array(json_array(b.kind, b.text, {share}, b.role, b.mark))
        from (select * from blocks where reading = r.id order by position) b)))
from (select * from readings where article = a.id
    and id in (select reading from capture_articles where article = a.id) order by id) r)
""".replace("{share}", f"iif(b.link_share in (0.0, 1.0), b.link_share, {_EXACT.format('b.link_share')})")
_SOURCES = (
    "(select json_group_array(source) from (select source from captures where id in (select capture from"
    " capture_articles where article = a.id) union select a.source order by 1))"
)

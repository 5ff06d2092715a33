"""What a search finds: ranked by relevance with recency, counted by source, language, kind and month.

The score of an article is the bm25 of FTS5 (a hit in the title counts four times) divided by 1 + its age in months:
news is asked for while it is news, yet an old text that says much of what is asked stands before a new one that names
it in passing. The age is that against the newest article of the archive, never the clock, and by ``_AT``.

A common word is not ranked from end to end. What the newest articles score gives the least that the page's last
result scores; no score is above what bm25 can be at most (2.2 times the weights of the phrases) at that age; so only
articles younger than that are looked at, and the result is the same, to the last place, as of ranking all.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from datasette.database import QueryInterrupted
from datasette.utils import sqlite_timelimit

from archive.query import Query
from archive.snippets import highlight, snippet
from archive.web.asked import Asked
from archive.web.queries import Row

__all__ = ["Asked", "Found", "find"]

Order = Literal["relevance", "newest", "seen"]
# when an article came: no page is from after we saw it first
_AT = "min(coalesce(a.published, a.first_seen), a.first_seen)"
_DAY = "coalesce(a.published_day, substr(a.first_seen, 1, 10))"
# up to so many hits all are ranked (3 ms); else so many of the newest are, to learn what a good score is
_FEW, _FIRST = 2_000, 1_000
# days in which an article's score halves for the first time
_MONTH = 30.0
# at most what bm25 gives a phrase of weight 1 (k1 + 1; SQLite's FTS5, fts5_aux.c)
_MOST = 2.2
# times within a second compare as they are written
_SLACK = 1 + 1e-6
_UNKNOWN = "und"
_WEIGHTS = "4.0, 1.0, 1.0"
_PHRASE = re.compile(r'"((?:[^"]|"")*)"( \*)?')

# what a reader may not find: no page shows a restricted article, and their connection's own view of the sources
# (archive/web/shown.py) is without those that are held back. The tables themselves are asked: views have no indexes
_OPEN = "f.rowid not in (select article from main.restricted)"
_HITS = (
    "from main.search_text_fts f cross join main.articles a indexed by articles_facets on a.id = f.rowid"
    f" where f.search_text_fts match :match and {_OPEN}"
)
_SCORE = (
    f"-bm25(search_text_fts, {_WEIGHTS}) / (1 + max(0, :newest - coalesce(julianday({_AT}), 0)) / {_MONTH})"
)


class Group(NamedTuple):
    """Hits that are alike: how many of a source, language and month (YYYY-MM)."""

    source: str
    language: str
    month: str
    hits: int


@dataclass(frozen=True, slots=True)
class Found:
    """``rows``: those of the page, in order; ``total``: of all pages; ``dropped``: how many of them no longer have
    what is asked (``in=history``). ``groups``: the hits without the filters by source, language and kind, None where
    they were not asked for; ``sources``: those that may be seen, by id."""

    rows: list[Row]
    total: int
    dropped: int
    groups: list[Group] | None
    sources: Mapping[str, Row]


async def find(
    db: Any,
    asked: Asked,
    limit: int,
    offset: int = 0,
    *,
    order: Order | None = None,
    seen_after: str = "",
    groups: bool = False,
    words: int = 40,
) -> Found:
    """Search on a reader's handle, in one visit to its thread.

    ``order``: as in ``asked`` where None; ``seen``: first seen last. ``seen_after``: only articles that the archive saw
    first after that stamp. ``words`` of a snippet, 0: none.

    Raises:
        QueryInterrupted: it takes longer than a query may.
    """
    wanted = order or ("newest" if asked.newest else "relevance")

    def visit(conn: sqlite3.Connection) -> Found:
        query = asked.query  # the first one reads the dictionaries, for a second
        conn.execute("begin")  # what is counted is what is ranked, beside a crawl that writes
        try:
            with sqlite_timelimit(conn, db.ds.sql_time_limit_ms):
                found = _Search(conn, asked, wanted, seen_after).find(limit, offset, groups)
        except sqlite3.OperationalError as error:
            if error.args == ("interrupted",):
                raise QueryInterrupted(error, _HITS, {"match": query.match}) from error
            raise
        finally:
            conn.rollback()
        for row in found.rows:
            _mark(row, query, words)
        return found

    return await db.execute_fn(visit)  # type: ignore[no-any-return]


class _Search:
    """One search on one connection."""

    def __init__(self, conn: sqlite3.Connection, asked: Asked, order: Order, seen_after: str) -> None:
        self._conn = conn
        self._asked = asked
        self._query: Query = asked.query
        self._order = order
        self._after = seen_after
        every = self._rows("select id, name, kind, language, timezone from sources")
        self._sources = {row["id"]: row for row in every}
        self._held = [id for (id,) in conn.execute("select id from main.sources") if id not in self._sources]
        self._values: Row = {
            "match": self._query.match,
            "history": self._query.history,
            "since": asked.since,
            "until": asked.until,
            "after": seen_after,
            "languages": json.dumps([value.lower() for value in asked.language]),
            "sources": json.dumps([id for id, row in self._sources.items() if self._wanted(row)]),
            "held": json.dumps(self._held),
        }

    def _wanted(self, source: Row) -> bool:
        asked = self._asked
        return (not asked.source or source["id"] in asked.source) and (not asked.kind or source["kind"] in asked.kind)

    def _rows(self, sql: str, **values: object) -> list[Row]:
        return [dict(row) for row in self._conn.execute(sql, values)]

    def _one(self, sql: str, **values: object) -> Any:
        return self._conn.execute(sql, {**self._values, **values}).fetchone()[0]

    def find(self, limit: int, offset: int, groups: bool) -> Found:
        if self._query.empty:
            return Found([], 0, 0, [] if groups else None, self._sources)
        every = self._dropped() if self._asked.history else []
        dropped = [row for row in every if self.has(Group(row["source"], language(row["language"]), "", 1))]
        cube = self._groups() if groups else None
        total = self._total(cube)
        rows = dropped[offset : offset + limit]
        if total and limit > len(rows):
            first = max(offset - len(dropped), 0)
            ids = self._ranked(first + limit - len(rows), total)[first:]
            rows += [{"id": id} for id in ids]
        if cube is not None:
            cube = _added(cube, every)
        return Found(self._shown(rows), total + len(dropped), len(dropped), cube, self._sources)

    def _filters(self, dates_alone: bool = False) -> str:
        """The conditions on an article besides the words, each beginning with "and"."""
        asked, parts = self._asked, []
        if self._held:
            parts.append("a.source not in (select value from json_each(:held))")
        if asked.since:
            parts.append(f"{_DAY} >= :since")
        if asked.until:
            parts.append(f"{_DAY} <= :until")
        if self._after:
            parts.append("a.first_seen > :after")
        if not dates_alone and (asked.source or asked.kind):
            parts.append("a.source in (select value from json_each(:sources))")
        if not dates_alone and asked.language:
            tag = f"coalesce(a.language, '{_UNKNOWN}') || '-'"
            parts.append(f"lower(substr({tag}, 1, instr({tag}, '-') - 1)) in (select value from json_each(:languages))")
        return "".join(f" and {part}" for part in parts)

    def _groups(self) -> list[Group]:
        """All hits by source, language and month, in one row: handing 60,000 rows from SQLite to Python costs as
        much again as finding them, and sorting them by group there twice that."""
        (found,) = self._conn.execute(
            "select group_concat(a.source || char(31) || substr("
            f"{_DAY}, 1, 7) || char(31) || coalesce(a.language, '{_UNKNOWN}'), char(30)) {_HITS}"
            + self._filters(dates_alone=True),
            self._values,
        ).fetchone()
        counted: Counter[tuple[str, str, str]] = Counter()
        for key, hits in Counter((found or "").split("\x1e")).items():
            parts = key.split("\x1f")
            if len(parts) == 3:
                counted[parts[0], language(parts[2]), parts[1]] += hits
        return [Group(*key, hits) for key, hits in counted.items()]

    def _total(self, cube: list[Group] | None) -> int:
        if cube is not None:
            return sum(group.hits for group in cube if self.has(group))
        filters = self._filters()
        if filters:
            return int(self._one(f"select count(*) {_HITS}{filters}"))
        return int(
            self._one(f"select count(*) from main.search_text_fts f where f.search_text_fts match :match and {_OPEN}")
        )

    def has(self, group: Group) -> bool:
        """Whether the filters by source, kind and language let a group through."""
        source = self._sources.get(group.source)
        languages = self._asked.language
        return (
            source is not None
            and self._wanted(source)
            and (not languages or group.language in [value.lower() for value in languages])
        )

    def _ranked(self, many: int, total: int) -> list[int]:
        """The first so many articles."""
        self._values["newest"] = self._newest()
        if total <= max(_FEW, 2 * many):
            return [id for id, _ in self._window(many, "")]
        size = self._one("select max(id) from main.articles")
        wanted = max(_FIRST, 4 * many)
        while True:
            horizon = self._horizon(math.ceil(wanted * size / total))
            found = self._window(many, horizon)
            if horizon == "" or (len(found) == many and self._order != "relevance"):
                break
            if len(found) == many:
                enough = self._enough(found[-1][1])
                if enough < horizon:
                    found = self._window(many, enough)
                break
            wanted *= 8
        return [id for id, _ in found]

    def _horizon(self, articles: int) -> str:
        """The time since which so many articles came; empty: all did."""
        time, index = self._clock()
        row = self._conn.execute(
            f"select {time} from main.articles a indexed by {index} order by {time} desc limit 1 offset ?", (articles,)
        ).fetchone()
        return row[0] if row else ""

    def _clock(self) -> tuple[str, str]:
        return ("a.first_seen", "articles_first_seen") if self._order == "seen" else (_AT, "articles_newest")

    def _window(self, many: int, horizon: str) -> list[tuple[int, float]]:
        """The best of the articles since a time, with their scores."""
        time, index = self._clock()
        sort = f"{_SCORE} as score" if self._order == "relevance" else f"{time} as score"
        sql, values = f"select f.rowid, {sort} {_HITS}", {**self._values, "horizon": horizon, "many": many}
        if horizon:
            since = f"from main.articles a indexed by {index} where {time} >= :horizon"
            low, high, within = self._conn.execute(f"select min(a.id), max(a.id), count(*) {since}", values).fetchone()
            sql += " and f.rowid between :low and :high"
            if high - low + 1 > 2 * within:  # numbers do not follow time: the archive was filled from behind
                sql += f" and +f.rowid in (select a.id {since})"
            sql += f" and {time} >= :horizon"
            values |= {"low": low, "high": high}
        sql += f"{self._filters()} order by score desc, f.rowid desc limit :many"
        return [(row[0], row[1]) for row in self._conn.execute(sql, values)]

    def _enough(self, least: float) -> str:
        """The time before which nothing can score as much as that; empty: there is none."""
        days = _MONTH * (self._most() * _SLACK / max(least, 1e-300) - 1)
        try:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=self._values["newest"] - 2440587.5 - days)
        except (OverflowError, ValueError):
            return ""
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at.year > 1000 else ""

    def _most(self) -> float:
        """The most that bm25 can give: a text has stems of one language, and one of each group of stems at most in
        another script."""
        rows = self._one("select max(article) from main.search_text")
        found = 0.0
        for phrase, star in set(_PHRASE.findall(self._query.match)):
            column = "title : " if "title :" in self._query.match else ""
            hits = self._conn.execute(
                "select count(*) from main.search_text_fts f where f.search_text_fts match ?",
                (f'{column}"{phrase}"{star}',),
            ).fetchone()[0]
            found += max(math.log((rows - hits + 0.5) / (hits + 0.5)), 1e-6)
        return _MOST * found

    def _dropped(self) -> list[Row]:
        """Articles that had what is asked and have it no more, the best first, with the number of the last revision
        that had it; by day alone among the filters."""
        # earlier texts are searched by what inflected forms begin with: a text that stands is no loss by that either
        there = f"({self._query.match}) OR ({{title text}} : ({self._query.history}))"
        sort = {"relevance": "max(score)", "newest": "at", "seen": "seen"}[self._order]
        return self._rows(
            f"with hits as materialized (select r.article as id, r.number, r.seen_from, r.seen_to, a.source,"
            f" coalesce(a.language, '{_UNKNOWN}') as language, {_DAY} as day, {_AT} as at, a.first_seen as seen,"
            f" {_SCORE.replace('search_text_fts', 'earlier_texts_fts')} as score"
            " from main.earlier_texts_fts f cross join main.revisions r indexed by revisions_earlier"
            " on r.id = f.rowid and r.superseded"
            " cross join main.articles a indexed by articles_facets on a.id = r.article"
            " where f.earlier_texts_fts match :history and r.article not in (select article from main.restricted)"
            " and r.article not in (select rowid from main.search_text_fts s where s.search_text_fts match :there)"
            f"{self._filters(dates_alone=True)})"
            " select id, max(number) as number, min(seen_from) as had_from, max(seen_to) as had_to, source, language, day"
            f" from hits group by id order by {sort} desc, id desc",
            **{**self._values, "there": there, "newest": self._newest()},
        )

    def _newest(self) -> float:
        """When the newest article came, as a Julian day."""
        row = self._conn.execute(
            f"select julianday({_AT}) from main.articles a indexed by articles_newest order by {_AT} desc limit 1"
        ).fetchone()
        return float(row[0] or 0) if row else 0.0

    def _shown(self, rows: Sequence[Row]) -> list[Row]:
        """What is shown of each."""
        found = {
            row["id"]: row
            for row in self._rows(
                "select a.id, a.url, a.source, s.name as source_name, s.kind, s.timezone, a.title, a.published,"
                " a.published_printed, a.published_day, a.published_doubt, a.first_seen, a.language, a.revisions,"
                " a.gone_at, a.story, t.articles as story_articles, t.sources as story_sources, a.summary, a.text"
                " from articles a join sources s on s.id = a.source left join stories t on t.id = a.story"
                " where a.id in (select value from json_each(:ids))",
                ids=json.dumps([row["id"] for row in rows]),
            )
        }
        earlier = {
            row["id"]: row
            for row in self._rows(
                "select r.article as id, r.title, r.summary, r.text, d.id as dropped_by_revision,"
                " d.number as dropped_by from json_each(:those) j"
                " join main.revisions r on r.article = j.value ->> 'id' and r.number = j.value ->> 'number'"
                " left join main.revisions d on d.article = r.article and d.number = r.number + 1",
                those=json.dumps([row for row in rows if "number" in row]),
            )
        }
        return [
            {**row, "dropped_by": None, **found[row["id"]], **earlier.get(row["id"], {})}
            for row in rows
            if row["id"] in found  # else it is held back
        ]


def _mark(row: Row, query: Query, words: int) -> None:
    """Cut the snippet out of a row's text, and mark the hits."""
    summary, text = row.pop("summary"), row.pop("text")
    row["marked"] = highlight(query, row["title"], row["language"])
    row["snippet"] = snippet(query, f"{summary}\n\n{text}" if summary else text, row["language"], words) if words else ""


def language(tag: str) -> str:
    """The language of a tag without its region or script, as facets count it."""
    return tag.partition("-")[0].lower() or _UNKNOWN


def _added(groups: Iterable[Group], rows: Iterable[Row]) -> list[Group]:
    counted = Counter({group[:3]: group.hits for group in groups})
    for row in rows:
        counted[row["source"], language(row["language"]), row["day"][:7]] += 1
    return [Group(*key, hits) for key, hits in counted.items()]

"""The hits of a search, in SQL: how many there are of what, and which ones stand first.

The score of an article is the bm25 of FTS5 (by the weights of archive/query.py) divided by 1 + its age in months:
news is asked for while it is news, yet an old text that says much of what is asked stands before a new one that names
it in passing. The age is that against the newest article of the archive, never the clock, and by ``_AT``.

A common word is not ranked from end to end. What the newest articles score gives the least that the last result of a
page scores; no score is above what bm25 can be at most at that age; so only articles younger than that are looked at,
with those that hold a rare form of what is asked, and the result is the same, to the last place, as of ranking all.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from datasette.utils import sqlite_timelimit

from archive.query import WEIGHTS, Query, parse
from archive.stems import LANGUAGES, SIGN, codes
from archive.web.asked import Asked
from archive.web.queries import Row

Order = Literal["relevance", "newest", "seen"]
UNKNOWN = "und"
# when an article came: no page is from after we saw it first
_AT = "min(coalesce(a.published, a.first_seen), a.first_seen)"
_DAY = "coalesce(a.published_day, substr(a.first_seen, 1, 10))"
_TAG = f"coalesce(a.language, '{UNKNOWN}') || '-'"
# up to so many hits all are ranked (5 ms); else so many of the newest are, to learn what a good score is
_FEW, _FIRST = 2_000, 1_000
# days in which an article's score halves for the first time
_MONTH = 30.0
# at most what bm25 gives a phrase of weight 1, and the least weight of one (SQLite's fts5_aux.c: k1 + 1, and 1e-6)
_MOST, _LEAST = 2.2, 1e-6
# times within a second compare as they are written
_SLACK = 1 + 1e-6
_PHRASE = re.compile(r'"((?:[^"]|"")*)"( \*)?')
_STEM = re.compile(f"{SIGN}([a-z]{{2}})")
# languages whose stems stand in texts of that language alone: words of a text in another script or in no stated
# language may have stems of the others, each by its letters (archive/stems.py)
_MIXED = frozenset({"en", "de", "pl", "tr", "uk", "ru", "el", "ar"})
_ALONE = LANGUAGES - _MIXED

# the index itself, and the articles as the reader's handle shows them (archive/web/shown.py puts what is held back
# behind hints, and leaves an index that is named with its schema alone)
_HITS = (
    "from main.search_text_fts f cross join articles a indexed by articles_facets on a.id = f.rowid"
    " where f.search_text_fts match :match"
)
_SCORE = f"-bm25({{index}}, {{weights}}) / (1 + max(0, :newest - coalesce(julianday({_AT}), 0)) / {_MONTH})"
# as the index articles_groups has it: SQLite takes it from there
_GROUP = (
    "a.source || char(31) || substr(coalesce(a.published_day, a.first_seen), 1, 7)"
    f" || char(31) || coalesce(a.language, '{UNKNOWN}')"
)
# of title, standfirst and text: earlier texts have no stems
_EARLIER_WEIGHTS = "4.0, 1.0, 1.0"
_EARLIER = f"""
with hits as materialized (
  select r.article as id, r.number, r.seen_from, r.seen_to, a.source, coalesce(a.language, '{UNKNOWN}') as language,
    {_DAY} as day, {_AT} as at, a.first_seen as seen,
    {_SCORE.format(index="earlier_texts_fts", weights=_EARLIER_WEIGHTS)} as score
  from main.earlier_texts_fts f cross join revisions r indexed by revisions_earlier on r.id = f.rowid
  cross join articles a indexed by articles_facets on a.id = r.article
  where f.earlier_texts_fts match :history and r.superseded
    and r.article not in (select s.rowid from main.search_text_fts s where s.search_text_fts match :there){{filters}})
select id, max(number) as number, min(seen_from) as had_from, max(seen_to) as had_to, source, language, day
from hits group by id order by {{sort}} desc, id desc
"""  # noqa: S608
# one step in the index for each tag, however many articles there are; a text that is in another language than its
# page states has the stems of its own
_TAGS = """
with recursive tags(tag) as (select min(language) from main.articles where language is not null
  union all select (select min(language) from main.articles where language > tag) from tags where tag is not null)
select tag from tags where tag is not null
union select language_detected from main.articles where language_detected is not null
"""
_SHOWN = """
select a.id, a.url, a.source, s.name as source_name, s.kind, s.timezone, a.title, a.published, a.published_printed,
  a.published_day, a.published_doubt, a.first_seen, a.language, a.language_detected, a.revisions, a.gone_at, a.story,
  t.articles as story_articles, t.sources as story_sources, a.summary, a.text
from json_each(:ids) i cross join articles a on a.id = i.value cross join sources s on s.id = a.source
left join stories t on t.id = a.story
"""
_TEXTS = """
select r.article as id, r.title, r.summary, r.text, d.id as dropped_by_revision, d.number as dropped_by
from json_each(:ids) i cross join revisions r on r.article = i.value ->> 'id' and r.number = i.value ->> 'number'
left join revisions d on d.article = r.article and d.number = r.number + 1
"""


class Group(NamedTuple):
    """Hits that are alike: how many of a source, language and month (YYYY-MM)."""

    source: str
    language: str
    month: str
    hits: int


def language(tag: str | None) -> str:
    """The language of a tag without its region or script, as hits are counted and narrowed by it."""
    return (tag or UNKNOWN).partition("-")[0].lower()


def lets(asked: Asked, group: Group, sources: Mapping[str, Row]) -> bool:
    """Whether the filters by source, kind and language let a group through."""
    source = sources.get(group.source)
    return source is not None and _wanted(asked, source) and (not asked.language or group.language in asked.language)


def _wanted(asked: Asked, source: Row) -> bool:
    return (not asked.source or source["id"] in asked.source) and (not asked.kind or source["kind"] in asked.kind)


def _and(*conditions: tuple[object, str]) -> str:
    return "".join(f" and {condition}" for asked, condition in conditions if asked)


def understood(conn: sqlite3.Connection, q: str) -> Query:
    """A query for the texts of an archive: stems of languages that none of them has are left out, each would cost."""
    return parse(q, codes(tag for (tag,) in conn.execute(_TAGS)) | _MIXED)


class Hits:
    """Those of one search, on one connection, within one transaction.

    ``limit``: of a statement, in milliseconds. ``after``: a stamp (see :func:`archive.web.found.find`).
    """

    def __init__(
        self, conn: sqlite3.Connection, limit: int, asked: Asked, query: Query, order: Order, after: str
    ) -> None:
        self._conn = conn
        self._limit = limit
        self.order = order
        self.sources = {row["id"]: row for row in self._rows("select id, name, kind, timezone from sources")}
        self._held = self._all("select count(*) from main.sources", {})[0][0] > len(self.sources)
        self._values: Row = {
            "match": query.match,
            "history": query.history,
            # earlier texts are searched by what inflected forms begin with: what stands by that is not gone either
            "there": f"({query.match}) OR ({{title text}} : ({query.history}))",
            "since": asked.since,
            "until": asked.until,
            "after": after,
            "languages": json.dumps(asked.language),
            "sources": json.dumps([id for id, row in self.sources.items() if _wanted(asked, row)]),
        }
        tongue = f"lower(substr({_TAG}, 1, instr({_TAG}, '-') - 1))"
        self._dates = _and(
            (asked.since, f"{_DAY} >= :since"),
            (asked.until, f"{_DAY} <= :until"),
            (after, "a.first_seen > :after"),
        )
        self._filters = self._dates + _and(
            (asked.source or asked.kind, "a.source in (select value from json_each(:sources))"),
            (asked.language, f"{tongue} in (select value from json_each(:languages))"),  # noqa: S608
        )

    def _all(self, sql: str, values: Any) -> list[Any]:
        with sqlite_timelimit(self._conn, self._limit):
            return self._conn.execute(sql, values).fetchall()

    def _rows(self, sql: str, **values: object) -> list[Row]:
        return [dict(row) for row in self._all(sql, values)]

    def _one(self, sql: str, *values: object) -> Any:
        rows = self._all(sql, values or self._values)
        return rows[0][0] if rows else None

    def groups(self) -> list[Group]:
        """All hits by source, language and month, without the filters by these but for dates.

        In one row: handing 60,000 rows from SQLite to Python costs as much again as finding them, and sorting them
        by group there twice that.
        """
        # days stand in the wider of the two indexes alone
        hits = _HITS if self._dates else _HITS.replace("articles_facets", "articles_groups")
        listed = self._one(f"select group_concat({_GROUP}, char(30)) {hits}{self._dates}")
        counted: Counter[tuple[str, str, str]] = Counter()
        for key, many in Counter((listed or "").split("\x1e")).items():
            parts = key.split("\x1f")
            if len(parts) == 3:
                counted[parts[0], language(parts[2]), parts[1]] += many
        return [Group(*key, many) for key, many in counted.items()]

    def total(self) -> int:
        """How many hits the filters let through."""
        if self._filters or self._held:
            return int(self._one(f"select count(*) {_HITS}{self._filters}"))
        hits = "from main.search_text_fts f where f.search_text_fts match :match"
        # the plus: where nothing is restricted, nothing is looked up
        restricted = f"(select count(*) from main.restricted where +article in (select f.rowid {hits}))"  # noqa: S608
        return int(self._one(f"select count(*) - {restricted} {hits}"))

    def ranked(self, many: int, total: int) -> list[int]:
        """The first so many of all hits."""
        self._values["newest"] = self._newest()
        if total <= max(_FEW, 2 * many):
            return [id for id, _ in self._window(many, "")]
        size = self._one("select max(id) from main.articles")
        wanted = max(_FIRST, 4 * many)
        while True:
            horizon = self._horizon(math.ceil(wanted * size / total))
            best = self._window(many, horizon)
            if not horizon or len(best) == many:
                break
            wanted *= 8
        if horizon and self.order == "relevance":
            most, rare = self._most()
            if rare:
                best = _merged(many, best, self._window(many, "", " OR ".join(rare)))
            if (enough := self._enough(most, best[-1][1])) < horizon:
                best = _merged(many, best, self._window(many, enough, before=horizon))
        return [id for id, _ in best]

    def _newest(self) -> float:
        """When the newest article came, as a Julian day."""
        return self._one(f"select julianday({_AT}) from main.articles a order by {_AT} desc limit 1") or 0.0  # noqa: S608

    def _clock(self) -> str:
        return "a.first_seen" if self.order == "seen" else _AT

    def _horizon(self, articles: int) -> str:
        """The time since which so many articles came; empty: all did."""
        clock = self._clock()
        return (
            self._one(f"select {clock} from main.articles a order by {clock} desc limit 1 offset ?", articles) or ""  # noqa: S608
        )

    def _window(self, many: int, horizon: str, holding: str = "", before: str = "") -> list[tuple[int, float]]:
        """The best of the articles since a time, and before another one, or of those that hold something, with their
        scores."""
        clock = self._clock()
        score = _SCORE.format(index="search_text_fts", weights=WEIGHTS) if self.order == "relevance" else clock
        values = {**self._values, "horizon": horizon, "many": many, "holding": holding, "before": before}
        within = ""
        if horizon:
            stretch = f"{clock} >= :horizon" + (f" and {clock} < :before" if before else "")
            since = f"from main.articles a where {stretch}"
            low, high, articles = self._all(f"select min(a.id), max(a.id), count(*) {since}", values)[0]
            if not articles:
                return []
            values |= {"low": low, "high": high}
            within = f" and f.rowid between :low and :high and {stretch}"
            if high - low + 1 > 2 * articles:  # numbers do not follow time: the archive was filled from behind
                within = f" and +f.rowid in (select a.id {since}){within}"
        if holding:
            within = (
                " and +f.rowid in (select h.rowid from main.search_text_fts h where h.search_text_fts match :holding)"
            )
        sql = f"select f.rowid, {score} as score {_HITS}{within}{self._filters}"
        rows = self._all(f"{sql} order by score desc, f.rowid desc limit :many", values)
        return [(row[0], row[1]) for row in rows]

    def _enough(self, most: float, least: float) -> str:
        """The time before which nothing can score ``least``, where bm25 is at most ``most``; empty: there is none."""
        days = _MONTH * (most * _SLACK / max(least, 1e-300) - 1)
        try:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=self._values["newest"] - 2440587.5 - days)
        except OverflowError:
            return ""
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at.year > 1000 else ""

    def _most(self) -> tuple[float, list[str]]:
        """The most that bm25 can give an article without a rare phrase, 2.2 times the weights of the others that one
        text can hold; and the rare ones, a weight of which would outdo all else."""
        rows = self._one("select max(article) from main.search_text")
        titles = "title :" in self._values["match"]
        weights: defaultdict[str, float] = defaultdict(float)
        rare = []
        for words, star in sorted(set(_PHRASE.findall(self._values["match"]))):
            phrase, stem = f'"{words}"{star}', _STEM.match(words)
            hits = self._holding(phrase)
            if hits <= _FEW:
                rare += [phrase] if hits else []
                continue
            hits = self._holding(f"title : {phrase}") if titles and not stem else hits
            alone = stem[1] if stem and stem[1] in _ALONE else ""
            weights[alone] += max(math.log((rows - hits + 0.5) / (hits + 0.5)), _LEAST)
        return _MOST * (weights.pop("", 0.0) + max(weights.values(), default=0.0)), rare

    def _holding(self, phrase: str) -> int:
        """How many articles hold a phrase."""
        return int(self._one("select count(*) from main.search_text_fts f where f.search_text_fts match ?", phrase))

    def dropped(self) -> list[Row]:
        """The articles that had what is asked and have it no more, the best first; by day alone among the filters.

        ``number``: of the last revision that had it; ``had_from``, ``had_to``: when it was seen first and last.
        """
        sort = {"relevance": "max(score)", "newest": "at", "seen": "seen"}[self.order]
        sql = _EARLIER.format(filters=self._dates, sort=sort)
        return self._rows(sql, **self._values, newest=self._newest())

    def shown(self, rows: Sequence[Row]) -> list[Row]:
        """Articles (``id``; ``number`` of a revision where that is shown) with what is shown of them."""
        ids = json.dumps([row["id"] for row in rows])
        found = {row["id"]: row for row in self._rows(_SHOWN, ids=ids)}
        earlier = json.dumps([{"id": row["id"], "number": row["number"]} for row in rows if "number" in row])
        texts = {row["id"]: row for row in self._rows(_TEXTS, ids=earlier)}
        return [
            {**row, "dropped_by": None, **found[row["id"]], **texts.get(row["id"], {})}
            for row in rows
            if row["id"] in found
        ]


def _merged(many: int, *parts: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The best of several lists of articles with their scores."""
    every = {id: score for part in parts for id, score in part}
    return sorted(every.items(), key=lambda one: (one[1], one[0]), reverse=True)[:many]


def added(groups: Iterable[Group], rows: Iterable[Row]) -> list[Group]:
    """Groups with some more hits."""
    counted = Counter({group[:3]: group.hits for group in groups})
    for row in rows:
        counted[row["source"], language(row["language"]), row["day"][:7]] += 1
    return [Group(*key, hits) for key, hits in counted.items()]

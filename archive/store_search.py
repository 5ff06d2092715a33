"""The searches of the command line: in the texts of today, and where words stood that are gone by now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archive.query import WEIGHTS, Query
from archive.stems import codes
from archive.store_rows import Rows

_NOW = """
select a.id, a.published, a.source, a.title, coalesce(a.summary || char(10), '') || a.text as text, a.url,
  coalesce(a.language_detected, a.language) as language
from search_text_fts f cross join articles a on a.id = f.rowid
where search_text_fts match :words and f.rank match :weights {only}
order by f.rank, a.id limit :limit
"""
# where the words stood in texts that others took the place of, then where they stand and nothing was edited
_EVER = """
with earlier as materialized (
  select r.article, max(r.number) as number, min(r.seen_from) as first_seen, max(r.seen_to) as last_seen,
    min(f.rank) as rank
  from earlier_texts_fts f cross join revisions r on r.id = f.rowid join articles a on a.id = r.article
  where earlier_texts_fts match :earlier {only}
  group by r.article order by min(f.rank) limit :limit),
shown as materialized (
  select f.rowid as article, f.rank as rank from search_text_fts f cross join articles a on a.id = f.rowid
  where search_text_fts match :words and f.rank match :weights {only}
  order by f.rank limit :limit),
found as (
  select e.*, exists (select 1 from search_text_fts where search_text_fts match :there and rowid = e.article) as there
  from earlier e
  union all
  select article, null, null, null, rank, 1 from shown where article not in (select article from earlier)),
best as materialized (select * from found order by there, rank, article limit :limit)
select a.id, a.source, a.published, coalesce(f.first_seen, c.seen_from) as first_seen,
  iif(f.there, c.seen_to, f.last_seen) as last_seen, d.number as dropped_by, d.id as dropped_by_revision,
  coalesce(r.title, a.title) as title,
  iif(r.id is null, coalesce(a.summary || char(10), '') || a.text, coalesce(r.summary || char(10), '') || r.text)
    as text,
  a.url, coalesce(a.language_detected, a.language) as language
from best f join articles a on a.id = f.article
left join revisions c on c.article = a.id and c.number = a.revisions
left join revisions r on r.article = a.id and r.number = f.number and not f.there
left join revisions d on d.article = a.id and d.number = f.number + 1 and not f.there
order by f.there, f.rank, a.id
"""
_LANGUAGES = (
    "select language from articles union select language_detected from articles where language_detected is not null"
)
# the day on which an article counts
DAY = "coalesce(a.published_day, substr(a.first_seen, 1, 10))"
_ONLY = {
    "source": "a.source = :source",
    "kind": "a.source in (select id from sources where kind = :kind)",
    "language": "lower(a.language || '-') like lower(:language) || '-%'",
    "since": f"{DAY} >= :since",
    "until": f"{DAY} <= :until",
}


@dataclass(frozen=True, slots=True)
class Only:
    """Which articles are searched: of a source, a kind of source, a language, and days (YYYY-MM-DD) from and to."""

    source: str | None = None
    kind: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None

    def sql(self) -> tuple[str, dict[str, str]]:
        """Conditions on ``a`` (articles), each after an ``and``, and their values."""
        values = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return "".join(f" and {_ONLY[name]}" for name in values), values


class Searches(Rows):
    """Articles by what is asked."""

    def languages(self) -> frozenset[str] | None:
        """The languages that texts are in, stated or found; None where one's is not known."""
        found = {row[0] for row in self.conn.execute(_LANGUAGES)}
        return None if None in found else codes(found)

    def search(self, query: Query, only: Only, limit: int) -> list[dict[str, Any]]:
        """Articles whose texts hold what is asked, the best first."""
        return self._found(_NOW, query, only, limit)

    def search_history(self, query: Query, only: Only, limit: int) -> list[dict[str, Any]]:
        """Articles in any of whose texts stood what is asked: first those that dropped it, the best matches first.

        ``first_seen`` and ``last_seen``: when a text with it was seen; ``dropped_by``: the number of the revision
        that is without it, None where it stands still; ``text``: the last one that had it.
        """
        return self._found(_EVER, query, only, limit)

    def _found(self, sql: str, query: Query, only: Only, limit: int) -> list[dict[str, Any]]:
        asked: dict[str, object] = {
            "words": query.match,
            "earlier": query.history,
            # earlier texts are searched by what forms begin with: what stands so in the latest text is there too
            "there": f"({query.match}) OR ({{title text}} : ({query.history}))",
            "weights": f"bm25({WEIGHTS})",
            "limit": limit,
        }
        conditions, values = only.sql()
        return [dict(row) for row in self.conn.execute(sql.replace("{only}", conditions), {**asked, **values})]

"""What is asked of revisions: two of them with what proves each, and where words stood that are gone by now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archive.store_rows import Rows

# where the words stood in texts that others took the place of, then where they stand and nothing was edited
_SEARCH = """
with earlier as materialized (
  select r.article, max(r.number) as number, min(r.seen_from) as first_seen, max(r.seen_to) as last_seen,
    min(f.rank) as rank
  from earlier_texts_fts f cross join revisions r on r.id = f.rowid
  where earlier_texts_fts match :words and (:source is null or r.source = :source)
  group by r.article order by min(f.rank) limit :limit),
shown as materialized (
  select f.rowid as article, f.rank as rank from search_text_fts f cross join articles a on a.id = f.rowid
  where search_text_fts match :words and (:source is null or a.source = :source)
  order by f.rank limit :limit),
found as (
  select e.*, exists (select 1 from search_text_fts where search_text_fts match :words and rowid = e.article) as there
  from earlier e
  union all
  select article, null, null, null, rank, 1 from shown where article not in (select article from earlier))
select a.id, a.source, a.published, coalesce(f.first_seen, c.seen_from) as first_seen,
  iif(f.there, c.seen_to, f.last_seen) as last_seen, d.number as dropped_by, d.id as dropped_by_revision,
  coalesce(r.title, a.title) as title,
  coalesce(
    (select snippet(earlier_texts_fts, -1, :hit, :end, ' … ', 16) from earlier_texts_fts
      where earlier_texts_fts match :words and rowid = r.id),
    (select snippet(search_text_fts, -1, :hit, :end, ' … ', 16) from search_text_fts
      where search_text_fts match :words and rowid = a.id)) as snippet,
  a.url
from found f join articles a on a.id = f.article
left join revisions c on c.article = a.id and c.number = a.revisions
left join revisions r on r.article = a.id and r.number = f.number and not f.there
left join revisions d on d.article = a.id and d.number = f.number + 1 and not f.there
order by f.there, f.rank, a.id limit :limit
"""


class History(Rows):
    """Revisions as they are asked for, not as they are written."""

    def texts(self, article: int) -> list[dict[str, Any]]:
        """An article's revisions without the folded ones, the first first, each with the captures that prove it."""
        return self.rows(
            "select r.title, r.summary, r.text, r.text_sha256, r.words_added, r.words_removed, r.stated, p.*"
            " from revisions r join proofs p on p.revision = r.id where r.article = ? order by r.number",
            article,
        )

    def moved_to(self, article: int) -> int | None:
        """The article at the address to which one that is gone leads for good, None where it leads nowhere."""
        return self._one("select moved_to from gone where id = ?", article)  # type: ignore[no-any-return]

    def search_history(self, phrases: Sequence[str], source: str | None, limit: int) -> list[dict[str, Any]]:
        """Articles in any of whose texts all phrases stood: first those that dropped them, the best matches first.

        ``first_seen`` and ``last_seen``: when a text with them was seen; ``dropped_by``: the number of the revision
        that is without them, None where they stand still. The snippet is of the last text that had them, ``[`` and
        ``]`` stand around the hits.
        """
        words = " ".join('"' + phrase.replace('"', '""').replace("\0", " ") + '"' for phrase in phrases)
        values = {"words": words, "source": source, "limit": limit, "hit": "[", "end": "]"}
        return [dict(row) for row in self.conn.execute(_SEARCH, values)]

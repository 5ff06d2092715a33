"""Rows of articles that are kept and shown to nobody over the web."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from archive.store_rows import Rows


class Restrictions(Rows):
    """What somebody decided to show no more."""

    def restrict(self, articles: Iterable[int], at: str, reason: str) -> None:
        """Restrict articles; one that was already stays so since then, for the new reason."""
        self.conn.executemany(
            "insert into restricted values (?, ?, ?) on conflict do update set reason = excluded.reason",
            [(article, at, reason) for article in articles],
        )

    def lift(self, articles: Iterable[int]) -> None:
        """Show articles again."""
        self.conn.executemany("delete from restricted where article = ?", [(article,) for article in articles])

    def restrictions(self, articles: Iterable[int] | None = None) -> list[dict[str, Any]]:
        """What is restricted, the latest first; of some articles, those that are."""
        asked = None if articles is None else json.dumps(list(articles))
        return self.rows(
            "select r.article, r.at, r.reason, a.source, a.title, a.url from restricted r"
            " join articles a on a.id = r.article where ?1 is null or r.article in (select value from json_each(?1))"
            " order by r.at desc, r.article desc",
            asked,
        )

    def by_number(self, articles: Iterable[int]) -> dict[int, int]:
        """Articles by any number that they ever had: themselves, or the one that has what they had."""
        return dict(
            self.conn.execute(
                "select j.value, a.id from json_each(?) j join articles a"
                " on a.id = coalesce((select other from removed where article = j.value), j.value)",
                (json.dumps(list(articles)),),
            ).fetchall()
        )

    def also_shown(self, articles: Iterable[int]) -> list[dict[str, Any]]:
        """Articles that still show what restricted ones have: ``relation`` with ``article``, and ``other``."""
        return self.rows(
            "with asked as (select value as id from json_each(?)),"
            " pairs as (select c.article as one, c.other as two, c.relation"
            "  from asked join copies c on c.article = id"
            "  where c.relation in ('same_text', 'near_copy', 'contains')"
            " union select c.other, c.article, c.relation from asked join copies c on c.other = id"
            "  where c.relation in ('same_text', 'near_copy', 'contains')"
            " union select a.id, p.id, 'same_page' from asked join articles a on a.id = asked.id"
            "  join articles p on p.url = a.url and p.id <> a.id)"
            " select one as article, relation, two as other from pairs"
            " where two not in (select article from restricted) order by one, two",
            json.dumps(list(articles)),
        )

"""What a search finds: the one way in which the search page, feeds and saved searches ask. See :mod:`.hits`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasette.database import QueryInterrupted

from archive.query import Query
from archive.snippets import highlight, snippet
from archive.web.asked import Asked
from archive.web.hits import Group, Hits, Order, added, language, lets, understood
from archive.web.queries import Row

__all__ = ["Asked", "Found", "find"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    ``rows``: articles in order, with ``marked`` (the title) and ``snippet``, hits between HIT and END; with
    ``in=history`` those first that no longer have what is asked (``dropped_by``, ``dropped_by_revision``,
    ``had_from``, ``had_to``), and ``dropped``: how many these are. ``total``: of all pages. ``groups``: the hits
    without the filters by source, language and kind, None where they were not asked for. ``sources``: all that the
    reader may see, by id. ``query``: as it was understood.
    """

    rows: list[Row]
    total: int
    dropped: int
    groups: list[Group] | None
    sources: Mapping[str, Row]
    query: Query


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

    ``order``: as in ``asked`` where None; ``seen``: the articles first that the archive found last, those that no
    longer have what is asked among them. ``seen_after``: only those that it found after that stamp. ``words`` of a
    snippet, 0: none.

    Raises:
        QueryInterrupted: one of its statements takes longer than a query may.
    """
    wanted = order or ("newest" if asked.newest else "relevance")

    def visit(conn: sqlite3.Connection) -> Found:
        query = understood(conn, asked.q)  # the first one reads dictionaries
        conn.execute("begin")  # what is counted is what is ranked, beside a crawl that writes
        try:
            hits = Hits(conn, db.ds.sql_time_limit_ms, asked, query, wanted, seen_after)
            found = _find(hits, asked, query, limit, offset, groups)
        except sqlite3.OperationalError as error:
            if error.args == ("interrupted",):
                raise QueryInterrupted(error, "search", {"match": query.match}) from error
            raise
        finally:
            conn.rollback()
        for row in found.rows:
            _mark(row, query, words)
        return found

    return await db.execute_fn(visit)  # type: ignore[no-any-return]


def _find(hits: Hits, asked: Asked, query: Query, limit: int, offset: int, groups: bool) -> Found:
    if query.empty:
        return Found([], 0, 0, [] if groups else None, hits.sources, query)
    every = hits.dropped() if asked.history else []
    dropped = [
        row
        for row in every
        if lets(asked, Group(row["source"], language(row["language"]), row["day"][:7], 1), hits.sources)
    ]
    counted = hits.groups() if groups else None
    if counted is None:
        total = hits.total()
    else:
        total = sum(group.hits for group in counted if lets(asked, group, hits.sources))
        counted = added(counted, every)
    if hits.order == "seen":  # one order for all, or what is new would never stand before many that dropped it
        last = offset + limit
        both = hits.shown(dropped[:last] + ([{"id": id} for id in hits.ranked(last, total)] if total else []))
        both.sort(key=lambda row: (row["first_seen"], row["id"]), reverse=True)
        return Found(both[offset:last], total + len(dropped), len(dropped), counted, hits.sources, query)
    rows = dropped[offset : offset + limit]
    if total and limit > len(rows):
        first = max(offset - len(dropped), 0)
        rows += [{"id": id} for id in hits.ranked(first + limit - len(rows), total)[first:]]
    return Found(hits.shown(rows), total + len(dropped), len(dropped), counted, hits.sources, query)


def _mark(row: Row, query: Query, words: int) -> None:
    """Cut the snippet out of a row's text, and mark the hits."""
    summary, text, tag = row.pop("summary"), row.pop("text"), row.pop("language_detected") or row["language"]
    row["marked"] = highlight(query, row["title"], tag)
    text = f"{summary}\n\n{text}" if summary else text
    row["snippet"] = snippet(query, text, tag, words) if words else ""

"""The SQL of what outlets changed: edits of texts, and pages that went. Along an index, or a bounded walk of one.

What stands in an index decides where a walk begins: the moment, the source, that the stated time did not change, that
numbers did. What does not (language, words, a title that changed) is looked at edit by edit.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from archive.web.queries import Row, fetch, fetch_one

# edits that are looked at for a page which asks for what stands in no index (10 µs each)
WALKED = 2_000
_MOST = 10**18  # above every id


class Place(NamedTuple):
    """A place in the list of changes, which runs from the newest on. ``kind``: 1 an edit, 0 a page that went."""

    at: str
    kind: int
    id: int


class Wanted(NamedTuple):
    """Which changes, from ``since`` on and behind ``upto``. Empty strings and 0 stand for all."""

    since: str
    upto: Place
    source: str = ""
    language: str = ""
    kind: str = ""
    words: int = 0


# the conditions of the partial indexes: only a query that has them word for word is answered from one, and one that
# has two of them may take the wrong one (an edit without a new time has a number above 1 anyhow)
_EDITS = {"silent": "stated = 0", "numbers": "numbers is not null"}
_LANGUAGE = "(:language = '' or a.language = :language or a.language like :language || '-%')"


async def edits(db: Any, wanted: Wanted, limit: int) -> tuple[list[Row], Place | None]:
    """The edits behind a place, the newest first, and where the walk ended before that many were found."""
    where = [_EDITS.get(wanted.kind, "number > 1"), "seen_from >= :since", "seen_from <= :at"]
    where += ["(seen_from < :at or id < :edit)", *(["source = :source"] if wanted.source else [])]
    walk = f"from revisions where {' and '.join(where)} order by seen_from desc, id desc limit"
    values = _values(wanted)
    sought = bool(wanted.language or wanted.words or wanted.kind == "title")
    # in the order of the walk: it stops at the last one that is wanted
    rows = await fetch(
        db,
        "select r.id as revision, r.article, r.source, s.name as source_name, s.timezone, r.seen_from as at,"  # noqa: S608
        " r.number, r.title, r.words_added, r.words_removed, r.stated, r.numbers, p.id as before,"
        " p.seen_to as seen_before, p.title as title_before, a.language, a.published, a.modified, a.url, a.gone_at"
        f" from (select id {walk} :walked) w cross join revisions r on r.id = w.id"
        " cross join articles a on a.id = r.article left join sources s on s.id = r.source"
        " left join revisions p on p.article = r.article and p.number = r.number - 1"
        f" where {_LANGUAGE} and (:words = 0 or r.words_added + r.words_removed >= :words)"
        " and (:kind <> 'title' or p.title <> r.title) limit :limit",
        walked=WALKED if sought else limit,
        limit=limit,
        **values,
    )
    wanting = sought and len(rows) < limit
    return rows, await _ended(db, f"seen_from as at, 1 as kind, id {walk}", values) if wanting else None


async def gone(db: Any, wanted: Wanted, limit: int) -> tuple[list[Row], Place | None]:
    """The pages that went behind a place, in the same way."""
    where = ["gone_at is not null", "gone_at >= :since", "gone_at <= :at", "(gone_at < :at or id < :page)"]
    where += ["source = :source"] if wanted.source else []
    walk = f"from articles where {' and '.join(where)} order by gone_at desc, id desc limit"
    values = _values(wanted)
    sought = bool(wanted.language)
    rows = await fetch(
        db,
        "select a.id as article, a.source, s.name as source_name, s.timezone, a.gone_at as at, a.title, a.language,"  # noqa: S608
        " a.published, a.modified, a.url, a.gone_at, a.words, a.revisions as number,"
        " (select g.last_seen from gone g where g.id = a.id) as seen_before,"
        " (select g.moved_to from gone g where g.id = a.id) as moved_to"
        f" from (select id {walk} :walked) w cross join articles a on a.id = w.id"
        " left join sources s on s.id = a.source"
        f" where {_LANGUAGE} limit :limit",
        walked=WALKED if sought else limit,
        limit=limit,
        **values,
    )
    wanting = sought and len(rows) < limit
    return rows, await _ended(db, f"gone_at as at, 0 as kind, id {walk}", values) if wanting else None


async def _ended(db: Any, walk: str, values: Row) -> Place | None:
    """The last place that a walk looked at; None: it came to the end of all there is."""
    last = await fetch_one(db, f"select {walk} 1 offset :walked", walked=WALKED - 1, **values)
    return Place(**last) if last else None


def _values(wanted: Wanted) -> dict[str, Any]:
    at, kind, identity = wanted.upto
    return {
        "since": wanted.since,
        "at": at,
        # at one moment edits stand before pages that went
        "edit": identity if kind else 0,
        "page": (_MOST if identity else 0) if kind else identity,
        "source": wanted.source,
        "language": wanted.language,
        "kind": wanted.kind,
        "words": wanted.words,
    }


async def texts(db: Any, revisions: Collection[int], most: int) -> dict[int, Row]:
    """By revision, its summary and text and those before it; None where one is longer than ``most`` characters."""
    rows = await fetch(
        db,
        "select r.id, coalesce(r.summary, '') as summary, coalesce(p.summary, '') as summary_before,"
        " iif(length(r.text) <= :most and length(p.text) <= :most, r.text, null) as text,"
        " iif(length(r.text) <= :most and length(p.text) <= :most, p.text, null) as text_before"
        " from json_each(:revisions) j cross join revisions r on r.id = j.value"
        " cross join revisions p on p.article = r.article and p.number = r.number - 1",
        revisions=json.dumps(list(revisions)),
        most=most,
    )
    return {row["id"]: row for row in rows}

"""Which article a note is on: what :mod:`archive.web.notes_store` keeps of it, looked up in the archive as it is now.

By canonical address and part; an article that was removed leads to the one that has what it had, and a page whose
canonical address became another is found by any address it was seen at. Runs on the handle of whoever asks: an
article that they may not see is not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from archive.urls import url_key
from archive.web.queries import Row, fetch, fetch_one

# addresses of one article: a page is seen at a handful
_MOST = 200

_FOUND = """
with p(place, url, part, url_key) as (
    select json_extract(value, '$.place'), json_extract(value, '$.url'), json_extract(value, '$.part'),
        json_extract(value, '$.url_key') from json_each(:places))
select p.place, a.id, a.title, a.language, a.source, s.name as source_name, a.url, a.part
from p cross join articles a on a.id = coalesce(
    (select id from articles where url = p.url and part = p.part),
    (select other from removed where url = p.url and part = p.part),
    (select o.id from addresses d join articles f on f.id = d.article join articles o on o.url = f.url
        and o.part = p.part where d.url_key = p.url_key))
join sources s on s.id = a.source
"""
_REVISIONS = """
with n(note, article, revision, at) as (
    select json_extract(value, '$.note'), json_extract(value, '$.article'), json_extract(value, '$.revision'),
        json_extract(value, '$.at') from json_each(:asked))
select n.note, coalesce(
    (select id from revisions where id = n.revision and article = n.article),
    (select id from revisions where article = n.article and seen_from = n.at and number is not null)) as revision
from n
"""


def place(article: Row) -> Row:
    """What is kept of an article."""
    return {
        "source": article["source"],
        "url": article["url"],
        "url_key": url_key(article["url"]),
        "part": article["part"],
        "article": article["id"],
    }


async def keys(db: Any, article: Row) -> list[tuple[str, int]]:
    """By what an article's notes may be kept: every url key and part that lead to it."""
    rows = await fetch(
        db,
        "select d.url_key, null as url, :part as part from articles f join addresses d on d.article = f.id"
        " where f.url = :url union all select null, url, part from removed where other = :id limit :most",
        id=article["id"],
        url=article["url"],
        part=article["part"],
        most=_MOST,
    )
    found = {(url_key(article["url"]), article["part"]): None}
    for row in rows:
        with suppress(ValueError):  # an address that none can be made of
            found[row["url_key"] or url_key(row["url"]), row["part"]] = None
    return list(found)


async def articles(db: Any, rows: Iterable[Row]) -> dict[int, Row]:
    """The articles of notes (or tags) by ``place``, as lists name them; those that are not there are missing."""
    known = {row["place"]: {name: row[name] for name in ("place", "url", "url_key", "part")} for row in rows}
    if not known:
        return {}
    found = await fetch(db, _FOUND, places=json.dumps(list(known.values())))
    return {row["place"]: row for row in found}


async def revisions(db: Any, rows: Sequence[Row], found: dict[int, Row]) -> dict[int, int]:
    """By note, the revision it is on, where the archive still has it: by its number, else by when it was first seen.

    ``rows``: notes; ``found``: their articles.
    """
    asked = [
        {"note": row["id"], "article": found[row["place"]]["id"], "revision": row["revision"], "at": row["seen_from"]}
        for row in rows
        if row["revision"] is not None and row["place"] in found
    ]
    if not asked:
        return {}
    known = await fetch(db, _REVISIONS, asked=json.dumps(asked))
    return {row["note"]: row["revision"] for row in known if row["revision"] is not None}


async def cited(db: Any, article: int, revision: int | None) -> Row | None:
    """The texts of a revision of an article, of its latest where none is named; None: it has no such one."""
    where = "id = :revision and article = :article" if revision is not None else "article = :article"
    return await fetch_one(
        db,
        "select id, number, seen_from, text_sha256, title, summary, text from revisions"  # noqa: S608
        f" where {where} and number is not null order by number desc limit 1",
        article=article,
        revision=revision,
    )

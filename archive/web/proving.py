"""The SQL of integrity records: the captures that an article rests on, and where these stand in the chain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from archive.chain import leaf
from archive.web.queries import Row, fetch, fetch_one

# captures that a record names: the first and the last of each revision, so that few articles have more
CAPTURES = 100
# captures of an entry up to which the way to its root is worked out (100,000: 0.4 s)
COVERED = 120_000
_CAPTURE = (
    "c.id, c.url, c.fetched_at, c.fetched_from, c.status, c.outcome, c.payload_sha256, c.warc_file, c.warc_offset,"
    " c.confirms, c.custody, exists (select 1 from capture_articles o join readings r on r.id = o.reading,"
    " json_each(r.metadata, '$.steps') s where o.capture = c.id and s.value = 'file') as file"
)


async def texts(db: Any, article: int) -> list[Row]:
    """An article's revisions with what they say, and the captures that prove them."""
    return await fetch(
        db,
        "select r.id, r.number, r.seen_from, r.seen_to, r.title, r.summary, r.text, r.text_sha256,"
        " p.first_capture, p.last_capture from revisions r join proofs p on p.revision = r.id"
        " where r.article = :article order by r.number",
        article=article,
    )


async def captures(db: Any, ids: str) -> list[Row]:
    """Captures by their numbers (a JSON list), and those that they confirm, by time."""
    return await fetch(
        db,
        "with asked(id) as (select value from json_each(:ids))"  # noqa: S608
        f" select {_CAPTURE} from captures c where c.id in (select id from asked union select o.confirms from asked a"
        " join captures o on o.id = a.id where o.confirms is not null) order by c.fetched_at, c.id limit :most",
        ids=ids,
        most=CAPTURES,
    )


async def derivations(db: Any, article: int) -> list[Row]:
    """When its text changed for a reason of the archive's own, and why."""
    return await fetch(
        db,
        "select at, cause, extractor, text_sha256 from derivations where article = :article"
        " order by at desc limit 20",
        article=article,
    )


async def entry(db: Any, seq: int | None) -> Row | None:
    """An entry of the chain."""
    return await fetch_one(db, "select * from custody where seq = :seq", seq=seq)


async def last_entry(db: Any) -> Row | None:
    """The end of the chain."""
    return await fetch_one(db, "select * from custody order by seq desc limit 1")


async def public_key(db: Any, key: str | None) -> str | None:
    """A key in PEM, as the chain names it."""
    row = await fetch_one(
        db,
        "select json_extract(details, '$.public') as public from custody where event = 'key'"
        " and json_extract(details, '$.key') = :key",
        key=key,
    )
    return None if row is None else row["public"]


async def file(db: Any, name: str | None) -> Row | None:
    """What the chain states of a WARC file last: seq, bytes, sha256."""
    return await fetch_one(
        db,
        "select c.seq, json_extract(f.value, '$[0]') as bytes, json_extract(f.value, '$[1]') as sha256"
        " from custody c, json_each(c.details, '$.files') f where f.key = :name order by c.seq desc limit 1",
        name=name,
    )


async def witnesses(db: Any, seq: int) -> list[Row]:
    """What authorities say of an entry."""
    return await fetch(db, "select authority, at, token from witnesses where seq = :seq order by at", seq=seq)


async def leaves(archive: Any, seq: int) -> tuple[list[int], list[str]] | None:
    """The captures that an entry covers and their leaf hashes; None: there are too many.

    ``archive``: with what is held back, of which the hashes alone go out. A forgotten capture's is taken from the
    entry that its row names.
    """
    count = await archive.whole("select count(*) as n from captures where custody = :seq", {"seq": seq})
    if count[0]["n"] > COVERED:
        return None
    gone = await archive.whole(
        "select json_extract(f.value, '$[0]') as id, c.seq, json_extract(f.value, '$[1]') as leaf from custody c,"
        " json_each(c.details, '$.captures') f where c.event = 'forgotten'"
        " and c.seq in (select forgotten from captures where custody = :seq and forgotten is not null)",
        {"seq": seq},
    )
    rows = await archive.whole(
        "select id, forgotten, url, fetched_at, status, payload_sha256 from captures"
        " where custody = :seq order by id",
        {"seq": seq},
    )
    tombstones = {(row["id"], row["seq"]): row["leaf"] for row in gone}
    return [row["id"] for row in rows], await asyncio.to_thread(_hashed, rows, tombstones)


def _hashed(rows: Sequence[Any], tombstones: Mapping[tuple[int, int], str]) -> list[str]:
    return [tombstones.get((id_, forgotten)) or leaf(*stated) for id_, forgotten, *stated in map(tuple, rows)]


async def restricted(archive: Any) -> list[int]:
    """The articles that are shown to nobody."""
    return [row["article"] for row in await archive.whole("select article from restricted", {})]


async def closed(archive: Any, articles: str) -> list[int]:
    """Of some articles (a JSON list) and those of their pages, the ones whose source is not public."""
    rows = await archive.whole(
        "select p.id from articles a join articles p on p.url = a.url join sources s on s.id = p.source"
        " where a.id in (select value from json_each(:articles)) and not s.public",
        {"articles": articles},
    )
    return [row["id"] for row in rows]

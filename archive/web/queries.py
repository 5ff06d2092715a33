"""The SQL of our own pages. Each query walks an index; each returns plain dicts.

``db`` is Datasette's handle on the archive: read only, with its time limit.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
# a page checked every hour for half a year is 4,400 captures: the page shows these, the table has them all
CAPTURES = 200
# articles among whose stories those of several sources are looked for: a source that prints its own texts again has
# many
_IN_STORIES = 500
# documents of a source that carry a line are counted so far: a footer stands on all of them
DOCUMENTS = 100


async def fetch(db: Any, sql: str, **values: object) -> list[Row]:
    """The rows of a query."""
    return [dict(row) for row in (await db.execute(sql, values)).rows]


async def fetch_one(db: Any, sql: str, **values: object) -> Row | None:
    """Its first row, None where there is none."""
    rows = await fetch(db, sql, **values)
    return rows[0] if rows else None


async def fictional(db: Any) -> bool:
    """Whether this is a demo archive."""
    row = await fetch_one(db, "select value from home where key = 'fictional'")
    return row is not None and row["value"] == "yes"


async def article(db: Any, identity: int) -> Row | None:
    """An article with the name, zone and licence of its source, and ``reading``, the one that it shows."""
    return await fetch_one(
        db,
        "select a.*, s.name as source_name, s.kind as source_kind, s.timezone, s.licence as source_licence,"
        " ca.reading from articles a join sources s on s.id = a.source"
        " left join capture_articles ca on ca.capture = a.capture and ca.article = a.id where a.id = :id",
        id=identity,
    )


async def instead(db: Any, identity: int | None) -> int | None:
    """The article that has what one had which was removed."""
    row = await fetch_one(db, "select other from removed where article = :id", id=identity)
    return None if row is None else int(row["other"])


async def blocks(db: Any, reading: int | None, source: str) -> list[Row]:
    """A reading's blocks in page order; ``documents`` counts those of the source that carry a repeated one, one more
    than :data:`DOCUMENTS` at most."""
    return await fetch(
        db,
        "select b.position, b.kind, b.text, b.mark, case when b.mark = 'repeated' then (select count(*) from"
        " (select 1 from sightings s where s.source = :source and s.hash = b.hash limit :most)) end as documents"
        " from blocks b where b.reading = :reading order by b.position",
        reading=reading,
        source=source,
        most=DOCUMENTS + 1,
    )


async def extras(db: Any, reading: int | None) -> str | None:
    """The links, media, quotes and entries of a reading (JSON), whatever is marked of it."""
    row = await fetch_one(db, "select extras from readings where id = :reading", reading=reading)
    return None if row is None else str(row["extras"])


async def captures(db: Any, identity: int) -> list[Row]:
    """The captures that say something of an article, the latest first, one more than :data:`CAPTURES` at most."""
    return await fetch(
        db,
        "select c.id, c.url, c.fetched_at, c.fetched_from, c.outcome, c.status, c.payload_sha256, c.warc_file,"
        " c.warc_offset, c.message, exists (select 1 from readings r, json_each(r.metadata, '$.steps') s"
        " where r.id = ca.reading and s.value = 'file') as file"
        " from capture_articles ca join captures c on c.id = ca.capture"
        " where ca.article = :id order by c.fetched_at desc, c.id desc limit :limit",
        id=identity,
        limit=CAPTURES + 1,
    )


async def revisions(db: Any, identity: int) -> list[Row]:
    """An article's revisions without the folded ones and without their texts, the first first."""
    return await fetch(
        db,
        "select id, number, seen_from, seen_to, words_added, words_removed from revisions"
        " where article = :id and number is not null order by number",
        id=identity,
    )


async def revision(db: Any, identity: int) -> Row | None:
    """A revision with its text, its first capture and what was read from that."""
    return await fetch_one(
        db,
        "select r.id, r.number, r.seen_from, r.seen_to, r.title, r.summary, r.text, r.first_capture as capture,"
        " ca.reading from revisions r"
        " left join capture_articles ca on ca.capture = r.first_capture and ca.article = r.article where r.id = :id",
        id=identity,
    )


async def proof(db: Any, capture: int) -> Row | None:
    """The capture that holds the page which a capture stands for: itself, or the one that it confirms."""
    return await fetch_one(
        db,
        "select p.id, p.url, p.fetched_at, p.fetched_from, p.status, p.payload_sha256, p.warc_file, p.warc_offset"
        " from captures c join captures p on p.id = coalesce(c.confirms, c.id) where c.id = :id",
        id=capture,
    )


async def moved_to(db: Any, identity: int) -> int | None:
    """The article at the address to which one that is gone leads for good."""
    row = await fetch_one(db, "select moved_to from gone where id = :id", id=identity)
    return None if row is None else row["moved_to"]


async def proved(db: Any, revision: int) -> Row | None:
    """A revision's texts and the captures that prove it."""
    return await fetch_one(
        db,
        "select r.title, r.summary, r.text, p.* from revisions r join proofs p on p.revision = r.id where r.id = :id",
        id=revision,
    )


async def unfolded(db: Any, revision: int) -> int | None:
    """The revision that one is part of by now: itself where it was not folded, None where there is none."""
    row = await fetch_one(
        db,
        "with recursive into_(id) as (select :id union select r.folded_into from into_ join revisions r"
        " on r.id = into_.id where r.folded_into is not null)"
        " select r.id from into_ join revisions r on r.id = into_.id where r.folded_into is null",
        id=revision,
    )
    return None if row is None else int(row["id"])


async def latest(db: Any, limit: int) -> list[Row]:
    """The articles that were found last."""
    return await fetch(
        db,
        "select l.*, s.name as source_name, s.timezone from (select id, source, title, language, published,"
        " published_printed, published_day, first_seen, revisions, gone_at from articles"
        " order by first_seen desc, id desc limit :limit) l join sources s on s.id = l.source",
        limit=limit,
    )


async def newest_stories(db: Any, limit: int) -> list[Row]:
    """The stories that more than one source carries and that an article came to last, the latest story first."""
    return await fetch(
        db,
        "select t.*, a.language from (select distinct story from (select story from articles where story is not null"
        " order by first_seen desc limit :walked)) l cross join stories t on t.id = l.story"
        " cross join articles a on a.id = t.id where t.sources > 1 order by t.first_published desc limit :limit",
        walked=_IN_STORIES,
        limit=limit,
    )


async def tables(db: Any) -> dict[str, list[str]]:
    """Names of the tables and of the views; without those that hold an index of words."""
    rows = await fetch(
        db,
        "select type, name from sqlite_master where type in ('table', 'view') and name not glob '*_fts*'"
        " and name not glob '_*' and name not glob 'sqlite_*' order by name",
    )
    return {kind: [row["name"] for row in rows if row["type"] == kind] for kind in ("table", "view")}


async def last_run(db: Any) -> str | None:
    """When the last run ended."""
    row = await fetch_one(db, "select finished from runs where finished is not null order by id desc limit 1")
    return None if row is None else row["finished"]

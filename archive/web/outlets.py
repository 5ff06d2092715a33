"""The SQL of the pages on sources: how many articles when, how a source is, what it edits and shares.

As in :mod:`archive.web.queries`: each query keeps to an index, or to so many of a source's last rows.
"""

from __future__ import annotations

import json
from typing import Any

from archive.web.queries import Row, fetch, fetch_one

# of a source's last articles, as many are looked at for the hours it publishes at; of those whose text another
# article carries, for who has it
TIMED, SHARED = 1_000, 500
# articles that carry those texts, at most: a wire text has hundreds
_CARRIED = 20_000
# captures that say how its last visits went
VISITS = 200
# what is counted stops here, and the page says that there are more
COUNTED = 1_000
# the newest articles by which the versions in use are told
RECENT = 500
_NEWEST_SEEN = (
    "(select a.first_seen from articles a where a.source = s.id order by a.first_seen desc limit 1) as newest_seen"
)


async def newest_day(db: Any) -> str | None:
    """The last day that has articles; one that lies after the archive's last capture is a misprint, but in a demo."""
    row = await fetch_one(
        db,
        "select day from days where day <= iif(exists (select 1 from home where key = 'fictional'"
        " and value = 'yes'), '9999', coalesce((select date(first_seen, '+1 day') from articles"
        " order by first_seen desc limit 1), '9999')) order by day desc limit 1",
    )
    return None if row is None else row["day"]


async def days(db: Any, since: str, until: str) -> dict[str, dict[str, int]]:
    """Articles of each source on each of these days that has any; sources without any are missing."""
    rows = await fetch(
        db,
        "select source, json_group_object(day, articles) as days from days where day between :since and :until"
        " group by +source",  # else they are read in that order, all of them
        since=since,
        until=until,
    )
    return {row["source"]: json.loads(row["days"]) for row in rows}


async def days_of(db: Any, source: str, since: str, until: str) -> list[Row]:
    """The same of one source."""
    return await fetch(
        db,
        "select day, articles from days where source = :source and day between :since and :until",
        source=source,
        since=since,
        until=until,
    )


async def listed(db: Any) -> list[Row]:
    """Every source with how it is: ``articles``, ``newest_seen``, ``findings``."""
    return await fetch(
        db,
        "select s.id, s.name, s.publisher, s.kind, s.country, s.language, s.licence, s.mining, s.public, s.state,"  # noqa: S608
        " s.state_reason, s.last_success, s.next_try, coalesce(t.articles, 0) as articles,"
        f" {_NEWEST_SEEN},"
        " (select group_concat(f.line, '; ') from findings f where f.source = s.id) as findings,"
        " (select min(f.since) from findings f where f.source = s.id) as findings_since"
        " from sources s left join totals t on t.source = s.id order by s.name collate nocase, s.id",
    )


async def named(db: Any) -> list[Row]:
    """The name and language of every source."""
    return await fetch(db, "select id, name, language from sources order by name collate nocase, id")


async def one(db: Any, source: str) -> Row | None:
    """A source's row, with how many articles it has and when the archive saw the newest one first."""
    return await fetch_one(
        db,
        "select s.*, coalesce((select t.articles from totals t where t.source = s.id), 0) as total,"  # noqa: S608
        " (select day from days d where d.source = s.id order by day limit 1) as first_day,"
        f" (select day from days d where d.source = s.id order by day desc limit 1) as last_day, {_NEWEST_SEEN}"
        " from sources s where s.id = :source",
        source=source,
    )


async def findings(db: Any, source: str) -> list[Row]:
    """What is unusual of a source, and since when."""
    return await fetch(
        db, "select kind, line, since from findings where source = :source order by since, kind", source=source
    )


async def newest(db: Any, source: str, limit: int) -> list[Row]:
    """The articles of a source that were found last."""
    return await fetch(
        db,
        "select id, title, language, published, published_printed, published_day, published_doubt, first_seen,"
        " gone_at, revisions from articles where source = :source order by first_seen desc, id desc limit :limit",
        source=source,
        limit=limit,
    )


async def published(db: Any, source: str) -> list[Row]:
    """When a source's latest articles were published, as stated and as printed."""
    return await fetch(
        db,
        "select published, published_printed from articles where source = :source"
        " and published is not null order by published desc limit :limit",
        source=source,
        limit=TIMED,
    )


async def edited(db: Any, source: str, since: str = "") -> Row:
    """How many edits a source made, by what is odd of them, up to :data:`COUNTED` of each; since a moment."""
    row = await fetch_one(
        db,
        "select (select count(*) from (select 1 from articles where source = :source and revisions > 1 limit :most))"
        " as changed, (select count(*) from (select 1 from revisions where source = :source and number > 1"
        " and seen_from >= :since limit :most)) as edits,"
        " (select count(*) from (select 1 from revisions where source = :source and stated = 0"
        " and seen_from >= :since limit :most)) as silent,"
        " (select count(*) from (select 1 from revisions where source = :source and numbers is not null"
        " and seen_from >= :since limit :most)) as numbers,"
        " (select count(*) from (select 1 from articles where source = :source and gone_at >= :since"
        " and gone_at is not null limit :most)) as gone",
        source=source,
        since=since,
        most=COUNTED + 1,
    )
    return row or {}


async def edits_since(db: Any, since: str) -> Row:
    """The same of all sources together."""
    row = await fetch_one(
        db,
        "select (select count(*) from (select 1 from revisions where number > 1 and seen_from >= :since limit :most))"
        " as edits, (select count(*) from (select 1 from revisions where stated = 0 and seen_from >= :since"
        " limit :most)) as silent, (select count(*) from (select 1 from revisions where numbers is not null"
        " and seen_from >= :since limit :most)) as numbers, (select count(*) from (select 1 from articles"
        " where gone_at is not null and gone_at >= :since limit :most)) as gone",
        since=since,
        most=COUNTED + 1,
    )
    return row or {}


async def shares(db: Any, source: str) -> list[Row]:
    """With which sources the last of its articles that are in stories share texts: how many, the most first."""
    return await fetch(
        db,
        "select c.source, s.name, count(distinct c.story) as stories, max(c.story) as story from ("
        " select m.source, m.story from (select story from articles where source = :source and story is not null"
        " order by first_seen desc limit :last) l cross join articles m on m.story = l.story"
        " where m.source <> :source limit :most) c join sources s on s.id = c.source"
        " group by c.source order by stories desc, s.name limit 12",
        source=source,
        last=SHARED,
        most=_CARRIED,
    )


async def visits(db: Any, source: str) -> list[Row]:
    """What its last captures became, the most frequent first; ``since``: the earliest of them."""
    return await fetch(
        db,
        "select outcome, count(*) as captures, min(fetched_at) as since, sum(kind = 'page') as pages from ("
        " select outcome, fetched_at, kind from captures where source = :source order by fetched_at desc limit :last)"
        " group by outcome order by captures desc, outcome",
        source=source,
        last=VISITS,
    )


async def robots(db: Any, key: str) -> Row | None:
    """The latest capture of a host's robots.txt; ``key``: its address as :func:`archive.urls.url_key` has it."""
    return await fetch_one(
        db,
        "select id, url, fetched_at, status, outcome, warc_file, warc_offset from captures where url_key = :key"
        " order by fetched_at desc limit 1",
        key=key,
    )


async def span(db: Any) -> Row:
    """From when to when: the days of the articles, and the first and last capture."""
    row = await fetch_one(
        db,
        "select (select day from days order by day limit 1) as first_day,"
        " (select fetched_at from captures order by fetched_at limit 1) as first_capture,"
        " (select fetched_at from captures order by fetched_at desc limit 1) as last_capture,"
        " (select id from captures order by id desc limit 1) as captures, exists (select 1 from figures) as claims",
    )
    return row or {}


async def readers(db: Any) -> list[Row]:
    """Which versions read the newest articles, and how many each."""
    return await fetch(
        db,
        "select extractor, count(*) as articles from (select extractor from articles order by first_seen desc"
        " limit :last) group by extractor order by articles desc",
        last=RECENT,
    )


async def versions(db: Any) -> Row:
    """The last migration of the schema, and the last rebuild."""
    row = await fetch_one(
        db,
        "select (select name from _sqlite_migrations where migration_set = 'communique' order by id desc limit 1)"
        " as schema, (select finished from rebuilds where finished is not null order by id desc limit 1) as rebuilt",
    )
    return row or {}


async def runs(db: Any, limit: int) -> list[Row]:
    """The last runs of the crawl, the latest first."""
    return await fetch(
        db,
        "select id, started, finished, status, fetched, new, revised, unchanged, not_modified, failed, message"
        " from runs order by id desc limit :limit",
        limit=limit,
    )


async def proved(db: Any) -> Row | None:
    """A page that anybody can verify: the newest article whose payload stands in a WARC file."""
    return await fetch_one(
        db,
        "select l.id, l.title, l.language, l.source, c.id as capture, c.url, c.fetched_at, c.payload_sha256,"
        " c.warc_file, c.warc_offset from (select id, title, language, source, capture from articles"
        " order by first_seen desc limit 20) l cross join captures c on c.id = l.capture"
        " where c.payload_sha256 is not null and c.warc_file is not null and c.outcome in ('new', 'revised') limit 1",
    )

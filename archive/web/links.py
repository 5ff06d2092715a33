"""The SQL of who carries the same text, quotes the same words or reports the same.

As in :mod:`archive.web.queries`: each query walks an index, each returns plain dicts.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from archive.web.queries import Row, fetch, fetch_one

# related coverage: so many articles are walked on either side of an article, whatever their language (a row of the
# index each), and so many texts are compared, the nearest in time (title and head: 0.08 ms each, and their pages;
# with 400 of them an article's page took three times as long as all else on it)
_WALKED, COMPARED = 2_000, 30
# characters of a text's head that are compared; links of which reports of one form are followed
_HEAD, _CHAIN = 800, 24
# an article as lists name it
_NAMED = (
    "o.id, o.title, o.source, s.name as source_name, s.timezone, o.language, o.published, o.published_printed,"
    " o.published_day, o.published_doubt, o.first_seen, o.gone_at, o.url, o.part, o.story"
)
# what a page says of its time counts up to our first capture of it: nothing comes out after it was seen
_ORDER = "min(coalesce(o.published, o.first_seen), o.first_seen), o.url, o.part"


def _walk(column: str, order: str) -> str:
    """Articles from a moment on, one way, in the order of a column of time; the few that state no time of
    publication by when they were seen first."""
    source = "where" if column == "published" else "indexed by articles_undated where published is null and"
    stretch = f"{column} >= :at and {column} < :until" if order == "asc" else f"{column} < :at and {column} >= :since"
    return (
        f"select id, at, story from (select * from (select id, language, published, story, {column} as at"  # noqa: S608
        f" from articles {source} {stretch} order by {column} {order} limit :walked)"
        " where language is :language limit :compared)"
    )


# +: by its article, not by its relation, of which there may be a million
_SAME_DAYS = f"""
with recursive
earlier(id, step) as (
  select :id, 0 union select c.other, step + 1 from earlier
  join copies c on c.article = earlier.id and +c.relation = 'template_series' where step < :chain limit 200),
later(id, step) as (
  select :id, 0 union select c.article, step + 1 from later
  join copies c on c.other = later.id and +c.relation = 'template_series' where step < :chain limit 200),
known(id) as (
  select id from earlier union select id from later
  union select other from copies where article = :id union select article from copies where other = :id),
told(story) as (select story from articles where id in (select id from known) and story is not null)
select id, at, story from (
  {_walk("published", "asc")} union all {_walk("published", "desc")} union all
  {_walk("first_seen", "asc")} union all {_walk("first_seen", "desc")})
where id not in (select id from known) and (story is null or story not in (select story from told))
"""  # noqa: S608


async def linked(db: Any, identity: int, relations: Collection[str], end: str, limit: int) -> list[Row]:
    """The articles that an article is linked with, the earliest first; ``total``: how many there are in all.

    ``end``: where they stand in the link: "article", "other" or "either".
    """
    ends = {"article": ("article", "other"), "other": ("other", "article")}
    sides = [
        f"select {there} as id, relation, score, reason from copies where {here} = :id"  # noqa: S608
        " and relation in (select value from json_each(:relations))"
        for name, (there, here) in ends.items()
        if end in (name, "either")
    ]
    return await fetch(
        db,
        f"select c.relation, c.score, c.reason, {_NAMED}, count(*) over () as total"  # noqa: S608
        f" from ({' union all '.join(sides)}) c join articles o on o.id = c.id join sources s on s.id = o.source"
        f" order by {_ORDER} limit :limit",
        id=identity,
        relations=json.dumps(sorted(relations)),
        limit=limit,
    )


async def link(db: Any, one: int, two: int) -> Row | None:
    """How two articles are linked; ``article`` is the one that stands first in the link."""
    return await fetch_one(
        db,
        "select * from copies where article = :one and other = :two"
        " union all select * from copies where article = :two and other = :one",
        one=one,
        two=two,
    )


async def shared_quotations(db: Any, identity: int, others: Collection[int], characters: int) -> list[Row]:
    """The sentences that an article and each of some others both quote: ``other``, and the words of both."""
    sides = (
        ("q.article", "q.other", "q.start, q.stop", "q.other_start, q.other_stop"),
        ("q.other", "q.article", "q.other_start, q.other_stop", "q.start, q.stop"),
    )
    selects = [
        f"select {there} as other, q.speaker, q.wording, q.score, {_cut('a', own)} as words,"  # noqa: S608
        f" {_cut('b', theirs)} as other_words, {own.split(',')[0]} as place"
        f" from json_each(:others) o cross join shared_quotations q on {here} = :id and {there} = o.value"
        f" join articles a on a.id = {here} join articles b on b.id = {there}"
        for here, there, own, theirs in sides
    ]
    return await fetch(
        db,
        " union all ".join(selects) + " order by other, place",
        id=identity,
        others=json.dumps(list(others)),
        characters=characters,
    )


def _cut(table: str, offsets: str) -> str:
    start, stop = offsets.split(", ")
    return f"substr({table}.text, {start} + 1, min({stop} - {start}, :characters))"


async def story(db: Any, identity: int) -> Row | None:
    """A story's row."""
    return await fetch_one(db, "select * from stories where id = :id", id=identity)


async def story_of(db: Any, identity: int) -> Row | None:
    """The story that an article is in, by any number that it ever had: ``id`` and ``story``, NULL where in none."""
    return await fetch_one(db, "select id, story from articles where id = :id", id=identity)


async def earliest(db: Any, story: int) -> int | None:
    """The article of a story that was out first, by the order of lists; its leader may be another one."""
    row = await fetch_one(db, f"select id from articles o where o.story = :id order by {_ORDER} limit 1", id=story)  # noqa: S608
    return None if row is None else row["id"]


async def members(db: Any, story: int, limit: int) -> list[Row]:
    """The articles of a story, the earliest first, each with its link with the story's leader."""
    return await fetch(
        db,
        f"select {_NAMED}, coalesce(c.relation, d.relation) as relation, coalesce(c.score, d.score) as score,"  # noqa: S608
        " coalesce(c.reason, d.reason) as reason, c.article is not null as leads"
        f" from (select id from articles o where o.story = :story order by {_ORDER} limit :limit) m"
        " join articles o on o.id = m.id"
        " join sources s on s.id = o.source left join copies c on c.article = :story and c.other = o.id"
        f" left join copies d on d.article = o.id and d.other = :story order by {_ORDER}",
        story=story,
        limit=limit,
    )


async def texts(db: Any, articles: Collection[int]) -> dict[int, Row]:
    """Titles, standfirsts and texts by article."""
    rows = await fetch(
        db,
        "select id, title, summary, text from articles where id in (select value from json_each(:articles))",
        articles=json.dumps(list(articles)),
    )
    return {row["id"]: row for row in rows}


async def held(db: Any, articles: Collection[int], limit: int) -> list[Row]:
    """Which of some articles stand in others, or hold others: ``holder`` and ``held``, and of the other one what
    lists name; ``of`` is the article asked for."""
    sides = [
        f"select c.{of} as of, c.article as holder, c.score, c.reason, {_NAMED}"  # noqa: S608
        f" from json_each(:articles) j cross join copies c on c.{of} = j.value and +c.relation = 'contains'"
        f" join articles o on o.id = c.{there} join sources s on s.id = o.source"
        for of, there in (("article", "other"), ("other", "article"))
    ]
    return await fetch(
        db, " union all ".join(sides) + " limit :limit", articles=json.dumps(list(articles)), limit=limit
    )


async def same_days(db: Any, identity: int, at: str, since: str, until: str, language: str | None) -> list[Row]:
    """The articles in a language that came out nearest before and after ``at``: ``id``, ``at``, ``story``.

    Without those that an article is linked with, those of its story, and reports of its form with their copies.
    Stamps are compared as text.
    """
    return await fetch(
        db,
        _SAME_DAYS,
        id=identity,
        at=at,
        since=since,
        until=until,
        language=language,
        chain=_CHAIN,
        walked=_WALKED,
        compared=COMPARED,
    )


async def heads(db: Any, articles: Collection[int]) -> dict[int, str]:
    """Title and head of articles' texts."""
    rows = await fetch(
        db,
        "select id, title || char(10) || coalesce(summary || char(10), '') || substr(text, 1, :characters) as head"
        " from articles where id in (select value from json_each(:articles))",
        articles=json.dumps(list(articles)),
        characters=_HEAD,
    )
    return {row["id"]: row["head"] for row in rows}


async def named(db: Any, articles: Collection[int]) -> dict[int, Row]:
    """What lists name of articles."""
    rows = await fetch(
        db,
        f"select {_NAMED} from articles o join sources s on s.id = o.source"  # noqa: S608
        " where o.id in (select value from json_each(:articles))",
        articles=json.dumps(list(articles)),
    )
    return {row["id"]: row for row in rows}

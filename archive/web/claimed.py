"""The SQL of the pages on claimed losses. Each query keeps to an index; each returns plain dicts.

A series is what one side claims of one category: the headlines alone, never the parts by direction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from archive.web.queries import Row, fetch, fetch_one

# the conditions of the partial indexes: only a query that has them word for word is answered from one
_WHOLE = "coalesce(f.direction, f.direction_printed, f.formation, f.formation_printed) is null"
_TAKEN = f"f.standing = 'taken' and {_WHOLE}"
_PART = f"f.standing = 'taken' and not {_WHOLE}"
_SERIES = "f.claimed_by = :side and f.series = :series and f.category = :category"
# days a small chart shows one by one; beyond, the last claim of each month stands for it
_DAILY = 400
# figures of one article that its page lists: the longest weekly briefings have some 60
_OF_ARTICLE = 300
# numbers of a day by direction: 12 directions and groups of forces with 9 categories are 108
_OF_DAY = 1000
# a line of ten years has 3,650 claims, a misprinted date a few more
_OF_SERIES = 20_000
# longer than any sentence that states losses; a list in one paragraph is cut
_SENTENCE = 600


async def overview(db: Any, side: str) -> list[Row]:
    """What a small chart shows of each series, by series, category and day; ``last``: 1 for the latest claim of one,
    which alone has its page, source and words. ``monthly``: 1 where each row is the last of its month.
    """
    return await fetch(
        db,
        "with span as (select julianday(max(f.as_of)) - julianday(min(f.as_of)) > :daily as monthly"  # noqa: S608
        f" from figures f indexed by figures_lines where {_TAKEN} and f.claimed_by = :side),"
        " line as (select f.series, f.category, max(f.as_of) as as_of, f.id, f.total, s.monthly"
        f" from span s cross join figures f indexed by figures_lines where {_TAKEN} and f.claimed_by = :side"
        " group by f.series, f.category, substr(f.as_of, 1, iif(s.monthly, 7, 10))),"
        " marked as (select *, lead(as_of) over (partition by series, category order by as_of) is null as last"
        " from line)"
        " select m.series, m.category, m.as_of, m.total, m.monthly, m.last, g.delta, g.qualifier, g.precision,"
        " g.period_start, g.period_end, g.article, g.position, m.id as figure, s.name as source_name from marked m"
        " left join figures g on m.last and g.id = m.id left join sources s on s.id = g.source"
        " order by m.series, m.category, m.as_of",
        side=side,
        daily=_DAILY,
    )


async def series(db: Any, side: str, category: str) -> list[Row]:
    """The series of a category, the one with most claims first."""
    return await fetch(
        db,
        "select f.series, count(*) as claims, min(f.as_of) as first, max(f.as_of) as last from figures f"  # noqa: S608
        f" indexed by figures_lines where {_TAKEN} and f.claimed_by = :side and f.category = :category"
        " group by f.series order by claims desc, f.series",
        side=side,
        category=category,
    )


async def line(db: Any, side: str, series: str, category: str) -> list[Row]:
    """What is claimed, by day: one row for all pages that state it."""
    return await fetch(
        db,
        "select f.as_of, f.total, f.delta, f.precision, f.article, f.revision, f.id as figure from figures f"  # noqa: S608
        f" indexed by figures_lines where {_TAKEN} and {_SERIES} order by f.as_of desc limit :most",
        side=side,
        series=series,
        category=category,
        most=_OF_SERIES,
    )


async def periods(db: Any, figures: Iterable[int]) -> dict[int, tuple[str, str]]:
    """First and last day of the periods that figures are for."""
    rows = await fetch(
        db,
        "select f.id, f.period_start, f.period_end from json_each(:figures) j cross join figures f on f.id = j.value"
        " where f.period_start is not null and f.period_end is not null",
        figures=json.dumps(list(figures)),
    )
    return {row["id"]: (row["period_start"], row["period_end"]) for row in rows}


async def disputed(db: Any, side: str, series: str, category: str) -> set[int]:
    """The figures of a series with which another page's differ."""
    rows = await fetch(
        db,
        "select distinct f.taken from figures f indexed by figures_differ"  # noqa: S608
        f" where f.standing = 'differs' and {_WHOLE} and {_SERIES}",
        side=side,
        series=series,
        category=category,
    )
    return {row["taken"] for row in rows}


async def held(db: Any, side: str, series: str, category: str) -> list[Row]:
    """The figures of a series of every text that the archive ever had, with when it did and how they stand now."""
    return await fetch(
        db,
        "select f.id, f.article, f.revision, f.about, f.as_of, f.period_start, f.period_end, f.total, f.delta,"  # noqa: S608
        " f.qualifier, f.precision, f.official, f.position, f.known_from, f.known_until, f.standing, f.taken"
        f" from figures f indexed by figures_claim where {_SERIES} and {_WHOLE} order by f.as_of desc limit :most",
        side=side,
        series=series,
        category=category,
        most=_OF_SERIES,
    )


async def published(db: Any, articles: Iterable[int]) -> dict[int, Row]:
    """What of articles decides which one's figure stands for a day."""
    rows = await fetch(
        db,
        "select a.id, coalesce(a.published, a.first_seen) as at, a.url, a.part"
        " from json_each(:articles) j cross join articles a on a.id = j.value",
        articles=json.dumps(sorted(articles)),
    )
    return {row["id"]: row for row in rows}


async def details(db: Any, figures: Iterable[int], known: str | None = None) -> dict[int, Row]:
    """Page, sentence, words and reprints of figures. ``first_held``: when the archive first had that number for that
    day, as known at a moment. Reprints are counted as of now."""
    rows = await fetch(
        db,
        "select f.id as figure, f.period_start, f.period_end, f.qualifier, f.precision, f.definition,"  # noqa: S608
        f" substr(f.sentence, 1, {_SENTENCE}) as sentence, length(f.sentence) > {_SENTENCE} as cut, f.source,"
        " s.name as source_name, f.official, f.article, f.revision, a.language,"
        " (select count(distinct o.article) from figures o where o.taken = f.id and o.standing = 'agrees'"
        " and o.article <> f.article) as agreeing,"
        " (select count(distinct o.article) from figures o where o.taken = f.id and o.standing = 'differs'"
        " and o.article <> f.article) as differing,"
        " (select min(o.known_from) from figures o where o.claimed_by = f.claimed_by and o.series = f.series"
        " and o.category = f.category and o.as_of = f.as_of and o.total is f.total"
        " and o.known_from <= coalesce(:known, '9999')"
        " and (o.about, o.period_start, o.period_end, o.direction, o.direction_printed, o.formation,"
        " o.formation_printed) is (f.about, f.period_start, f.period_end, null, null, null, null)) as first_held"
        " from json_each(:figures) j cross join figures f on f.id = j.value"
        " left join articles a on a.id = f.article left join sources s on s.id = f.source",
        figures=json.dumps(list(figures)),
        known=known,
    )
    return {row["figure"]: row for row in rows}


async def definitions(db: Any, figures: Iterable[int]) -> list[Row]:
    """The words that say what is counted, as printed with these figures, the most frequent first."""
    return await fetch(
        db,
        "select substr(f.definition, 1, 200) as definition, count(*) as claims, min(f.as_of) as first,"
        " max(f.as_of) as last from json_each(:figures) j cross join figures f on f.id = j.value"
        " where f.definition is not null group by 1 order by claims desc, definition limit 6",
        figures=json.dumps(list(figures)),
    )


async def directions(db: Any, side: str, until: str = "9999") -> list[Row]:
    """What a side claims by direction or group of forces for the last day up to one that has any, in page order."""
    return await fetch(
        db,
        "select f.as_of, f.series, f.category, f.period_start, f.period_end, f.direction, f.direction_printed,"  # noqa: S608
        " f.formation, f.formation_printed, f.total, f.delta, f.qualifier, f.precision, f.article, f.id as figure,"
        f" substr(f.sentence, 1, {_SENTENCE}) as sentence, s.name as source_name, a.language"
        " from figures f indexed by figures_parts left join sources s on s.id = f.source"
        f" left join articles a on a.id = f.article where {_PART} and f.claimed_by = :side and f.as_of = "
        f"(select f.as_of from figures f indexed by figures_parts where {_PART} and f.claimed_by = :side"
        " and f.as_of <= :until order by f.as_of desc limit 1)"
        " order by f.series, f.period_start, f.article, f.position, f.id limit :most",
        side=side,
        until=until,
        most=_OF_DAY,
    )


async def neighbours(db: Any, side: str, day: str) -> tuple[str | None, str | None]:
    """The days before and after one that have claims by direction."""
    found = await fetch_one(
        db,
        "select (select f.as_of from figures f indexed by figures_parts"  # noqa: S608
        f" where {_PART} and f.claimed_by = :side and f.as_of < :day order by f.as_of desc limit 1) as before,"
        " (select f.as_of from figures f indexed by figures_parts"
        f" where {_PART} and f.claimed_by = :side and f.as_of > :day order by f.as_of limit 1) as after",
        side=side,
        day=day,
    )
    return (found["before"], found["after"]) if found else (None, None)


async def unread(db: Any, article: int, revision: int | None) -> list[Row]:
    """What an article states on losses and could not be read for sure, with the reason."""
    which = "not r.superseded" if revision is None else "r.id = :revision"
    return await fetch(
        db,
        f"select substr(u.sentence, 1, {_SENTENCE}) as sentence, u.reason from figures_unread u"  # noqa: S608
        f" join revisions r on r.id = u.revision where u.article = :article and {which}"
        " order by u.position limit :most",
        article=article,
        revision=revision,
        most=_OF_ARTICLE,
    )


async def of_text(db: Any, article: int, revision: int | None) -> list[Row]:
    """What an article states, by side, series and day in page order: its latest text, or one of the earlier ones.

    ``taken_total``, ``taken_delta``, ``taken_article``: of the page whose number stands for the day.
    """
    which = "f.known_until is null" if revision is None else "f.revision = :revision"
    return await fetch(
        db,
        "select f.claimed_by, f.about, f.series, f.category, f.as_of, f.period_start, f.period_end, f.total, f.delta,"  # noqa: S608
        " f.qualifier, f.precision, f.standing, coalesce(f.direction_printed, f.direction) as direction,"
        " coalesce(f.formation_printed, f.formation) as formation, t.total as taken_total, t.delta as taken_delta,"
        " t.article as taken_article from figures f left join figures t on f.standing = 'differs' and t.id = f.taken"
        f" where f.article = :article and {which}"
        " order by f.claimed_by desc, f.series, f.as_of, f.period_start, f.position, f.id limit :most",
        article=article,
        revision=revision,
        most=_OF_ARTICLE,
    )

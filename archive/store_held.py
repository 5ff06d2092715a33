"""The SQL of exports of pages: which captures belong to some articles, and where their records lie.

Functions of a connection that reads: that of an export, or that of a page which shows what proves an article.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archive.urls import url_key


class Held(NamedTuple):
    """A capture as exports of pages need it; ``withheld``: its page holds an article that no export may name."""

    id: int
    fetched_at: str
    warc_file: str | None
    warc_offset: int | None
    withheld: bool


class Shown(NamedTuple):
    """A text that an article showed, and the capture it was seen in first."""

    article: int
    number: int
    title: str
    text: str
    capture: int
    url: str
    fetched_at: str


def captures_of(conn: sqlite3.Connection, articles: Iterable[int]) -> list[int]:
    """The captures that say something of articles, those they confirm, and the redirects that led to them, by id."""
    found = {
        row[0]
        for row in conn.execute(
            "with recursive held(id) as (select capture from capture_articles"
            " where article in (select value from json_each(?)) union"
            " select c.confirms from held join captures c on c.id = held.id where c.confirms is not null)"
            " select id from held",
            (json.dumps(list(articles)),),
        )
    }
    led = conn.execute(
        "select run, fetched_at, via from captures where via is not null and id in (select value from json_each(?))",
        (json.dumps(sorted(found)),),
    ).fetchall()
    for run, at, via in led:
        for hop in json.loads(via):
            row = conn.execute(
                "select id from captures where url_key = ? and url = ? and outcome = 'redirect' and run is ?"
                " and fetched_at <= ? order by fetched_at desc, id desc limit 1",
                (url_key(hop), hop, run, at),
            ).fetchone()
            if row:
                found.add(row[0])
    return sorted(found)


class Redirect(NamedTuple):
    """A capture that led elsewhere, and where its record lies."""

    id: int
    run: int | None
    url: str
    warc_file: str
    warc_offset: int


def redirects(conn: sqlite3.Connection, captures: Iterable[int]) -> list[Redirect]:
    """The redirects that the runs of some captures met at their sources, the last first."""
    rows = conn.execute(
        "select r.id, r.run, r.url, r.warc_file, r.warc_offset from (select distinct run, source from captures"
        " where id in (select value from json_each(?))) o cross join captures r on r.run is o.run"
        " and r.source = o.source where r.outcome = 'redirect' and r.kind = 'page' and r.warc_file is not null"
        " order by r.fetched_at desc, r.id desc",
        (json.dumps(list(captures)),),
    )
    return [Redirect(*row) for row in rows]


def captured_by(conn: sqlite3.Connection, run: int | None, key: str) -> list[int]:
    """The captures of an address in a run."""
    return [row[0] for row in conn.execute("select id from captures where url_key = ? and run is ?", (key, run))]


def held(conn: sqlite3.Connection, captures: Iterable[int], withheld: Iterable[int]) -> Iterator[Held]:
    """Captures in the order in which they were made; ``withheld``: articles that no export may name."""
    rows = conn.execute(
        "select c.id, c.fetched_at, c.warc_file, c.warc_offset,"
        " exists (select 1 from capture_articles o where o.capture = c.id"
        " and o.article in (select value from json_each(:withheld)))"
        " from captures c where c.id in (select value from json_each(:captures)) order by c.fetched_at, c.id",
        {"captures": json.dumps(list(captures)), "withheld": json.dumps(list(withheld))},
    )
    return (Held(*row) for row in rows)


def held_back(conn: sqlite3.Connection) -> list[int]:
    """The articles that an export of a query leaves out whatever it asks for (a table of its connection)."""
    return [row[0] for row in conn.execute("select id from temp.withheld order by id")]


def shown(conn: sqlite3.Connection, articles: Iterable[int]) -> Iterator[Shown]:
    """The texts that articles showed, in the order in which they were seen first."""
    rows = conn.execute(
        "select r.article, r.number, r.title, r.text, c.id, c.url, c.fetched_at"
        " from revisions r join captures c on c.id = r.first_capture where r.number is not null"
        " and r.article in (select value from json_each(?))"
        " order by c.fetched_at, c.id, r.article, r.number",
        (json.dumps(list(articles)),),
    )
    return (Shown(*row) for row in rows)


def is_whole(conn: sqlite3.Connection, articles: Sequence[int], named: Iterable[str]) -> bool:
    """Whether articles are all that there are, and nothing else is held back: no source besides ``named`` ones is not
    public, no article is restricted that is not among them, and no removal by law is still to be completed."""
    total = conn.execute("select count(*) from articles").fetchone()[0]
    closed = conn.execute(
        "select exists (select 1 from sources where not public and id not in (select value from json_each(?)))",
        (json.dumps(list(named)),),
    ).fetchone()[0]
    # until it is completed its pages lie in the WARC files, and its addresses stand in what is left to do
    removing = conn.execute("select exists (select 1 from home where key = 'forgetting')").fetchone()[0]
    return bool(total == len(set(articles)) and not closed and not removing)


def last_records(conn: sqlite3.Connection) -> dict[str, int]:
    """WARC file → where its last record begins that a row names."""
    return dict(
        conn.execute("select warc_file, max(warc_offset) from captures where warc_file is not null group by 1")
    )


def stated_files(conn: sqlite3.Connection) -> set[str]:
    """The WARC files that the custody chain states: nothing is added to them any more."""
    return {row[0] for row in conn.execute("select distinct f.key from custody c, json_each(c.details, '$.files') f")}


def last_capture(conn: sqlite3.Connection) -> str | None:
    """When the last capture was made."""
    found: str | None = conn.execute("select max(fetched_at) from captures").fetchone()[0]
    return found


def covered(conn: sqlite3.Connection, captures: Iterable[int] | None) -> dict[str, int]:
    """Of some captures (None: all): how many they are, and how many entries of the custody chain they make up wholly
    and in part. Of an entry in part its root cannot be computed again from them."""
    chosen = None if captures is None else json.dumps(list(captures))
    row = conn.execute(
        "select coalesce(sum(held), 0), coalesce(sum(custody is not null and held = total), 0),"
        " coalesce(sum(custody is not null and held < total), 0) from (select custody, count(*) as total,"
        " sum(:chosen is null or id in (select value from json_each(:chosen))) as held"
        " from captures group by custody) where held > 0",
        {"chosen": chosen},
    ).fetchone()
    return dict(zip(("captures", "entries_whole", "entries_in_part"), row, strict=True))

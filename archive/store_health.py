"""The SQL of health and doctor: what they ask of an archive. Values in, values out; judges nothing.

Each function takes a connection whose rows are ``sqlite3.Row`` or plain tuples. Every question about history has a
bound (days, rows or files), so that it costs seconds at a million articles; the times are stamps.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Timer
from urllib.parse import quote

from archive.models import moment, stamp

# an article that came out longer before it was first seen than this was found in an outlet's past: it is no news
FRESH = 3
# captures among which an answered list is looked for: ten runs of as many pages as a run may ask for
_LAST = 5000
_HOUR = 13  # characters of a stamp up to its hour


@dataclass(frozen=True, slots=True)
class Latest:
    """An article as health looks at it. ``fresh``: it was seen when it came out, or has no date."""

    title: str
    words: int
    dated: bool
    fresh: bool


@contextmanager
def reading(path: Path, wait: float = 5.0) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write; ``wait``: seconds to wait for a writer.

    Raises:
        sqlite3.Error: there is no such file, or it is no database (the latter with the first question).
    """
    conn = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=wait)
    try:
        yield conn
    finally:
        conn.close()


@contextmanager
def within(conn: sqlite3.Connection, seconds: float | None) -> Iterator[None]:
    """Ends what the connection does after so many seconds; None: never.

    Raises:
        TimeoutError: it was ended.
    """
    if seconds is None:
        yield
        return
    timer = Timer(seconds, conn.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        timer.join()  # it must not interrupt what comes next


# sources, for health


def live_sources(conn: sqlite3.Connection) -> list[str]:
    """The sources that are not paused."""
    return [row[0] for row in conn.execute("select id from sources where state <> 'paused' order by id")]


def troubled_sources(conn: sqlite3.Connection) -> list[tuple[str, str, str | None]]:
    """Slug, state and reason of the sources that are neither ok nor paused."""
    rows = conn.execute("select id, state, state_reason from sources where state not in ('ok', 'paused') order by id")
    return [(row[0], row[1], row[2]) for row in rows]


def asked_until(conn: sqlite3.Connection, source: str, now: str) -> str | None:
    """When one of a source's lists answered last; None: never, or not among its last captures."""
    # a source of single pages has no list: without the bound all its captures would be looked through
    row = conn.execute(
        "select max(fetched_at) from (select fetched_at, kind, outcome from captures where source = ?"
        " and fetched_at <= ? order by fetched_at desc limit ?)"
        " where kind = 'discovery' and outcome not in ('blocked', 'failed')",
        (source, now, _LAST),
    ).fetchone()
    return row[0]  # type: ignore[no-any-return]


def first_article(conn: sqlite3.Connection, source: str) -> str | None:
    """When a source's first article was first seen."""
    return conn.execute("select min(first_seen) from articles where source = ?", (source,)).fetchone()[0]  # type: ignore[no-any-return]


def arrivals(conn: sqlite3.Connection, source: str, now: str, days: int) -> list[str]:
    """When fresh articles of a source were first seen, the first of each hour, oldest first.

    Reaches ``days`` back from the newest fresh article, not from ``now``: a source that fell silent keeps the history
    it is judged by.
    """
    fresh = f"(published is null or julianday(first_seen) - julianday(published) < {FRESH})"
    newest = conn.execute(
        f"select first_seen from articles where source = ? and first_seen <= ? and {fresh}"  # noqa: S608
        " order by first_seen desc limit 1",
        (source, now),
    ).fetchone()
    if newest is None:
        return []
    since = stamp(moment(newest[0]) - timedelta(days=days))
    # the newest is asked for whole: what the last hour brought last is when the silence begins
    rows = conn.execute(
        f"select min(first_seen) from articles where source = ? and first_seen between ? and ? and {fresh}"  # noqa: S608
        f" group by substr(first_seen, 1, {_HOUR}) order by 1",
        (source, since, newest[0]),
    )
    hours = [str(row[0]) for row in rows]
    return hours if hours[-1] == newest[0] else [*hours, str(newest[0])]


def latest(conn: sqlite3.Connection, source: str, now: str, limit: int) -> list[Latest]:
    """A source's last articles, the newest first; of a page with several stories the first."""
    rows = conn.execute(
        "select title, words, published is not null, published is null"
        " or julianday(first_seen) - julianday(published) < ? from articles"
        " where source = ? and first_seen <= ? and part = 1 order by first_seen desc, id desc limit ?",
        (FRESH, source, now, limit),
    )
    return [Latest(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]


def hints(conn: sqlite3.Connection, source: str) -> dict[str, list[str]]:
    """A source's hints by kind, those that say something."""
    row = conn.execute("select hints from sources where id = ?", (source,)).fetchone()
    return {kind: selectors for kind, selectors in json.loads(row[0]).items() if selectors}


def steps(conn: sqlite3.Connection, source: str, now: str, limit: int) -> list[list[str]]:
    """What was done to find the texts of a source's last articles, newest first; of a page's stories the first."""
    rows = conn.execute(
        "select json_extract(r.metadata, '$.steps') from articles a"
        " join capture_articles ca on ca.capture = a.capture and ca.article = a.id"
        " join readings r on r.id = ca.reading"
        " where a.source = ? and a.first_seen <= ? and a.part = 1 order by a.first_seen desc, a.id desc limit ?",
        (source, now, limit),
    )
    return [json.loads(row[0] or "[]") for row in rows]


def outcomes_by_hour(conn: sqlite3.Connection, source: str, since: str, now: str) -> list[tuple[str, str, str, int]]:
    """Hour (its first moment), kind, outcome and number of a source's page and discovery captures."""
    rows = conn.execute(
        f"select substr(fetched_at, 1, {_HOUR}) as hour, kind, outcome, count(*) from captures"  # noqa: S608
        " where source = ? and fetched_at between ? and ? and kind in ('page', 'discovery')"
        " group by hour, kind, outcome order by hour",
        (source, since, now),
    )
    return [(f"{row[0]}:00:00.000Z", row[1], row[2], row[3]) for row in rows]


# the archive as a whole, for doctor


def damage(conn: sqlite3.Connection, full: bool) -> list[str]:
    """What SQLite finds wrong in its file; ``full`` compares every index with its table too.

    Raises:
        sqlite3.Error: it cannot be read on, or the time allowed is over.
    """
    rows = conn.execute(f"pragma {'integrity_check' if full else 'quick_check'}(5)").fetchall()
    return [str(row[0]) for row in rows if row[0] != "ok"]


def dangling(conn: sqlite3.Connection) -> list[str]:
    """Rows that name a row which is not there, as "table row N → table", at most five."""
    found = []
    for row in conn.execute("pragma foreign_key_check"):
        found.append(f"{row[0]} row {row[1]} → {row[2]}")
        if len(found) == 5:
            break
    return found


def check_words(path: Path, seconds: float | None) -> None:
    """Compare the full-text index with the texts it stands on; writes nothing, but holds SQLite's write lock.

    Raises:
        sqlite3.DatabaseError: they differ ("malformed"). sqlite3.OperationalError: locked.
        TimeoutError: the time is over.
    """
    conn = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        conn.execute("begin immediate")
        with within(conn, seconds):
            # rank 1: the texts too, not only the index within itself (SQLite FTS5 manual, 6.4)
            conn.execute("insert into search_text_fts(search_text_fts, rank) values ('integrity-check', 1)")
    finally:
        if conn.in_transaction:
            conn.execute("rollback")
        conn.close()


def unindexed(conn: sqlite3.Connection, sample: int) -> list[int]:
    """Of the newest and of the oldest ``sample`` articles those whose text the full-text index does not know."""
    rows = conn.execute(
        "with some(id) as (select id from (select id from articles order by id desc limit :n)"
        " union select id from (select id from articles order by id limit :n))"
        " select id from some where id not in (select article from search_text)"
        " or id not in (select id from search_text_fts_docsize)",
        {"n": sample},
    )
    return [row[0] for row in rows]


def unstemmed(conn: sqlite3.Connection, languages: frozenset[str], sample: int) -> list[int]:
    """Of the newest and of the oldest ``sample`` articles those without stems, though in one of the languages."""
    marks = ", ".join("?" * len(languages))
    rows = conn.execute(
        "select article from search_text join articles on id = article where stems = '' and words > 0"  # noqa: S608
        " and article in (select id from (select id from articles order by id desc limit ?)"
        " union select id from (select id from articles order by id limit ?))"
        f" and coalesce(language_detected, language) in ({marks}) order by article",
        (sample, sample, *sorted(languages)),
    )
    return [row[0] for row in rows]


def span(conn: sqlite3.Connection) -> tuple[str | None, str | None]:
    """When the first and the last capture of our own were made."""
    ends = []
    for order in ("", " desc"):
        row = conn.execute(
            f"select fetched_at from captures where kind <> 'imported' order by fetched_at{order} limit 1"  # noqa: S608
        ).fetchone()
        ends.append(row and str(row[0]))
    return ends[0], ends[1]


def captures_between(conn: sqlite3.Connection, since: str, until: str) -> int:
    """How many captures were made in a time."""
    return conn.execute(  # type: ignore[no-any-return]
        "select count(*) from captures where fetched_at >= ? and fetched_at < ?", (since, until)
    ).fetchone()[0]


def captures_bound(conn: sqlite3.Connection) -> int:
    """How many captures there are at most (the largest id)."""
    return conn.execute("select coalesce(max(id), 0) from captures").fetchone()[0]  # type: ignore[no-any-return]


def warc_files(conn: sqlite3.Connection, limit: int) -> list[tuple[str, int, str]]:
    """The WARC files that rows name, the newest names first, at most ``limit``.

    Name, offset of the last record named, and when the first one named was captured. Steps through the index from
    file to file, so its cost goes with the number of files.
    """
    rows = conn.execute(
        "with recursive files(name) as ("
        " select (select max(warc_file) from captures where warc_file is not null)"
        " union all select (select max(warc_file) from captures where warc_file < files.name) from files"
        " where files.name is not null limit ?)"
        " select name, (select max(warc_offset) from captures where warc_file = name),"
        " (select fetched_at from captures where warc_file = name order by warc_offset limit 1)"
        " from files where name is not null",
        (limit,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def open_run(conn: sqlite3.Connection) -> tuple[int, str] | None:
    """Number and start of the run that has no end yet."""
    row = conn.execute(
        "select id, started from runs where finished is null and status = 'running' order by id desc limit 1"
    ).fetchone()
    return row and (int(row[0]), str(row[1]))


def last_run(conn: sqlite3.Connection) -> tuple[int, str, str, int | None, str | None] | None:
    """Number, end, status, exit code and message of the last run that ended."""
    row = conn.execute(
        "select id, finished, status, exit_code, message from runs where finished is not null"
        " order by id desc limit 1"
    ).fetchone()
    return row and (int(row[0]), str(row[1]), str(row[2]), row[3], row[4])


def unfinished_rebuild(conn: sqlite3.Connection) -> tuple[str, int, int] | None:
    """When a rebuild began that was not finished, and how many pages and articles it left."""
    row = conn.execute(
        "select started, (select count(*) from unread), (select count(*) from unsettled) from rebuilds"
        " where finished is null order by id desc limit 1"
    ).fetchone()
    return row and (str(row[0]), int(row[1]), int(row[2]))


def unfinished_forgetting(conn: sqlite3.Connection) -> bool:
    """Whether a removal was stopped before its end."""
    return bool(conn.execute("select exists (select 1 from home where key = 'forgetting')").fetchone()[0])


def uncompared(conn: sqlite3.Connection) -> int:
    """How many articles were kept before texts were compared with one another and their figures read."""
    return int(
        conn.execute(
            "select count(*) from articles where text_sha256 <> '' and id not in (select article from signatures)"
        ).fetchone()[0]
    )

"""A large invented archive, made once and kept: rows as crawls of three years leave them, without the crawls.

``python -m benchmarks.large [ARTICLES]`` makes it (in ``.bench/``, ignored by git) and prints where it is. It is
made anew where the schema, what writes stems, or what makes it has changed. The texts are those of
:mod:`benchmarks.vocabulary`, what happens is in :mod:`benchmarks.plan`, the rows are :mod:`benchmarks.rows`'. WARC
files are as long as the rows say, and empty.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

from archive import query
from archive.home import Home
from archive.models import Source
from archive.store import Store
from benchmarks import copies, plan, rows, vocabulary

CACHE = Path(__file__).resolve().parents[1] / ".bench"
ARTICLES, DAYS, SOURCES = 200_000, 3 * 365, 40
# keys that a text is looked up by (measured on texts of 300 words)
KEYS = 35


def cached(articles: int = ARTICLES) -> Home:
    """The archive of that size, made where it is not there yet; it is only to be read or copied."""
    name = f"web-{articles}"
    home = Home(CACHE / f"{name}-{_digest()}")
    if not home.database.is_file():
        CACHE.mkdir(exist_ok=True)
        for old in CACHE.glob(f"{name}-*"):
            shutil.rmtree(old)
        making = Home(CACHE / f"{name}-making")
        began = time.monotonic()
        build(making, articles)
        making.path.rename(home.path)
        print(f"made {articles:,} articles in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return home


def _digest() -> str:
    """Of all that decides what stands in it."""
    found = hashlib.sha256()
    store = Store(Path(":memory:"), write=True)
    for row in store.rows("select sql from sqlite_master where sql is not null order by name"):
        found.update(row["sql"].encode())
    store.close()
    for module in (sys.modules[__name__], copies, plan, rows, vocabulary):
        found.update(Path(str(module.__file__)).read_bytes())
    for language in vocabulary.LANGUAGES:  # and of what inflected words are found by
        words = " ".join(vocabulary.Vocabulary(language, listed=False).forms[:2000])
        found.update("\n".join(query.indexed(words, words, language)).encode())
    return found.hexdigest()[:12]


def build(
    home: Home,
    articles: int,
    days: int = DAYS,
    sources: int = SOURCES,
    end: datetime | None = None,
    stemmed: bool = True,
) -> None:
    """Make an archive of so many days until ``end`` (today); without what inflected words are found by where it is
    not ``stemmed``, which takes a minute."""
    home.path.mkdir(parents=True)
    store = Store(home.database, write=True)
    outlets = plan.outlets(sources)
    with store.transaction():
        store.set_fictional(False)  # else no figures
        store.sync_sources(
            Source(o.id, o.name, o.kind, o.language, o.zone, f"https://{o.host}/", o.name, o.country)  # type: ignore[arg-type]
            for o in outlets
        )
    store.close()
    chance = np.random.default_rng(articles)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    made = plan.make(articles, days, sources, end or today, chance)
    conn = sqlite3.connect(home.database, isolation_level=None)
    # nobody reads it before it is done, and one that was stopped is thrown away
    for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive", "cache_size = -600000"):
        conn.execute(f"pragma {pragma}")
    for tables in _beside(outlets, made, articles, stemmed):
        conn.execute("begin")
        for table, found in tables.items():
            columns = rows.COLUMNS[table]
            marks = ", ".join("?" * len(columns.split(",")))
            conn.executemany(f"insert into {table} ({columns}) values ({marks})", found)
        conn.execute("commit")
    which, common = np.arange(1, articles + 1), chance.integers(-(1 << 47), 1 << 47, 200).tolist()
    copies.spread_keys(conn, chance, which, made.born.astype(np.int64), KEYS, common)
    _troubles(conn, outlets, plan.moment(made.end))
    conn.execute("pragma locking_mode = normal")
    conn.execute("pragma journal_mode = wal")
    conn.close()
    records(home)


def _beside(outlets: list[plan.Outlet], made: plan.Plan, seed: int, stemmed: bool) -> Iterator[rows.Tables]:
    """The rows, made in a process of their own: writing them is as much work again."""
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue(maxsize=2)
    process = context.Process(target=_make, args=(queue, outlets, made, seed, stemmed), daemon=True)
    process.start()
    while True:
        try:
            tables = queue.get(timeout=5)
        except Empty:
            if not process.is_alive():
                raise SystemExit("the rows could not be made") from None
            continue
        if tables is None:
            break
        yield tables
    process.join()


def _make(queue: Any, outlets: list[plan.Outlet], made: plan.Plan, seed: int, stemmed: bool) -> None:
    for tables in rows.Rows(outlets, made, seed, stemmed).chunks():
        queue.put(tables)
    queue.put(None)


def _troubles(conn: sqlite3.Connection, outlets: list[plan.Outlet], at: str) -> None:
    """Two sources that do not answer, and one that is silent."""
    conn.execute("update sources set last_success = ?", (at,))
    states = ((6, "failing", "3 runs in a row: HTTP 500"), (9, "blocked", "answers 403"))
    conn.executemany(
        "update sources set state = ?, state_reason = ? where id = ?",
        [(state, reason, outlets[n].id) for n, state, reason in states if n < len(outlets)],
    )
    line = "nothing new for 40 hours, where 3 are usual"
    conn.execute("insert into findings values (?, 'silent', ?, ?)", (outlets[-1].id, line, at))


def records(home: Home) -> None:
    """Files as long as the rows say, that take no room."""
    home.warc.mkdir()
    conn = sqlite3.connect(home.database)
    for name, offset in conn.execute(
        "select warc_file, max(warc_offset) from captures where warc_file is not null group by warc_file"
    ):
        with (home.warc / name).open("wb") as file:
            file.truncate(offset + rows.RECORD)
    conn.close()


def main() -> None:
    """Make it where it is not there, and say where it is."""
    home = cached(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
    print(f"{home.path} ({home.database.stat().st_size / 2**20:,.0f} MB)")


if __name__ == "__main__":
    main()

"""A large invented archive, made once and kept: rows as crawls of three years leave them, without the crawls.

``python -m benchmarks.large [ARTICLES]`` makes it (in ``.bench/``, ignored by git) and prints where it is. It is
made anew where the schema, what writes stems, or what makes it has changed. The texts are those of
:mod:`benchmarks.vocabulary`, what happens is in :mod:`benchmarks.plan`, the rows are :mod:`benchmarks.rows`'. WARC
files are as long as the rows say, and empty.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import archive
from archive import stems
from archive.home import Home
from archive.models import Source
from archive.store import Store
from benchmarks import copies, plan, rows, vocabulary

CACHE = Path(__file__).resolve().parents[1] / ".bench"
ARTICLES, DAYS, SOURCES = 200_000, 3 * 365, 40


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
    sources = [
        Path(str(module.__file__)) for module in (sys.modules[__name__], copies, plan, rows, vocabulary, stems)
    ]
    for path in (*sources, *sorted(Path(str(archive.__file__)).parent.glob("names*"))):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def build(home: Home, articles: int, days: int = DAYS, sources: int = SOURCES, end: datetime | None = None) -> None:
    """Make an archive of so many days until ``end`` (today)."""
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
    rows.Rows(conn, outlets, made, chance).write()
    conn.execute("pragma locking_mode = normal")
    conn.execute("pragma journal_mode = wal")
    conn.close()
    home.warc.mkdir()
    _records(home)


def _records(home: Home) -> None:
    """Files as long as the rows say, that take no room."""
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

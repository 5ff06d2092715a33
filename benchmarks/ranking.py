"""How fast the first ten hits of a common word are found, beside putting all hits in order.

By the same score (relevance with recency) as the search page, which has to be slower by what is promised, and by
FTS5's own rank, which asks nothing of the articles. Numbers of articles on both sides, no snippets.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from archive.query import WEIGHTS
from archive.web import audience, found
from archive.web.asked import Asked
from archive.web.server import SETTINGS, metadata_path

# what the project promises
FASTER, SAME, FIRST = 5.0, 9, 10
TIMES = 9
# a common word: this share of all articles has it
COMMON = 0.05
# what the newest of two equal hits is, and the score: as the search page says, in plain words of SQL
_AT = "min(coalesce(a.published, a.first_seen), a.first_seen)"
BY_SCORE = f"""
select f.rowid, -bm25(search_text_fts, {WEIGHTS}) / (1 + max(0, :newest - julianday({_AT})) / 30.0) as score
from search_text_fts f cross join articles a on a.id = f.rowid
where search_text_fts match :match order by score desc, f.rowid desc limit {FIRST}
"""
BY_RANK = f"select rowid from search_text_fts where search_text_fts match :match order by rank limit {FIRST}"
NEWEST = f"select max(julianday({_AT})) from articles a"


def ranking(database: Path, words: list[str]) -> bool:
    """Measure with words that many texts have; whether all that is promised holds."""
    return asyncio.run(_ranking(database, words))


async def _ranking(database: Path, words: list[str]) -> bool:
    metadata = json.loads(metadata_path().read_text("utf-8"))
    datasette = Datasette(
        [str(database)], metadata=metadata, settings={**SETTINGS, "sql_time_limit_ms": 60_000, "num_sql_threads": 0}
    )
    await datasette.invoke_startup()
    db = audience.handle(datasette, None)
    newest = (await db.execute(NEWEST)).rows[0][0]
    size = (await db.execute("select max(id) from articles")).rows[0][0]
    print(
        f"\n{'first ten of a common word':<26}{'hits':>8}{'ours':>8}{'by rank':>9}{'by score':>9}{'times':>7}  same"
    )
    kept = []
    for word in words:
        asked = Asked(q=word)
        values = {"match": asked.query.match, "newest": newest}
        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "ours": lambda asked=asked: found.find(db, asked, FIRST, words=0),
            "rank": lambda values=values: _all(db, BY_RANK, values),
            "score": lambda values=values: _all(db, BY_SCORE, values),
        }
        spent: dict[str, list[float]] = {name: [] for name in ways}
        answers: dict[str, Any] = {}
        for _ in range(TIMES):  # in turns
            for name, way in ways.items():
                began = time.process_time()
                answers[name] = await way()
                spent[name].append(1000 * (time.process_time() - began))
        ours, rank, score = (statistics.median(times) for times in spent.values())
        if answers["ours"].total < COMMON * size:
            continue
        same = len({row["id"] for row in answers["ours"].rows} & {row[0] for row in answers["score"]})
        kept.append(score >= FASTER * ours and same >= SAME)
        print(
            f"{word:<26}{answers['ours'].total:>8,}{ours:>8.1f}{rank:>9.1f}{score:>9.1f}{score / ours:>7.1f}"
            f"{same:>6} of {len(answers['score'])}{'' if kept[-1] else '  MISSED'}"
        )
    promised = f"promised: {FASTER:g} times as fast as by score, {SAME} of {FIRST} the same"
    print(f"medians of {TIMES}, milliseconds of processor time; {promised}")
    for each in datasette.databases.values():
        each.close()
    return bool(kept) and all(kept)


async def _all(db: Any, sql: str, values: dict[str, Any]) -> list[Any]:
    def visit(conn: sqlite3.Connection) -> list[Any]:
        return conn.execute(sql, values).fetchall()

    return await db.execute_fn(visit)  # type: ignore[no-any-return]

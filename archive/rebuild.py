"""Everything after the raw captures, once more from WARC, into the same ids."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from archive import warc
from archive.errors import DamagedError
from archive.home import Home
from archive.models import Page, Position, stamp
from archive.reading import read_later
from archive.revise import Reviser
from archive.store import Store
from archive.workers import Workers, settled

# captures a transaction
BATCH = 200
# pages at the workers, for each of them
AHEAD = 4


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did. ``problems``: one line for each raw page that could not be read back."""

    summary: str
    problems: tuple[str, ...]


def rebuild(home: Home) -> Rebuilt:
    """Read every full page capture again and bring all articles in line; the caller holds the home's lock.

    A page that cannot be read back keeps what it was read to before.
    """
    store = Store(home.database, write=True)
    workers = Workers()
    problems: list[str] = []
    pages = 0
    try:
        reviser = Reviser(store)
        batch: list[tuple[dict[str, Any], Page]] = []
        for row, page in _read_all(home, store, workers, problems):
            pages += 1
            batch.append((row, page))
            if len(batch) >= BATCH:
                _attach(store, reviser, batch)
                batch = []
        _attach(store, reviser, batch)
        before = store.text_digests()
        articles = sorted(before)
        with store.transaction():
            for article in articles:
                store.relink_confirmed(article)
            store.drop_unused_readings()
            store.regather_sightings()
        reviser = Reviser(store)
        for start in range(0, len(articles), BATCH):
            with store.transaction():
                settled: list[int] = []
                for article in articles[start : start + BATCH]:
                    settled += reviser.settle(article, stamp(datetime.now(UTC)), "extractor")
                store.correct_outcomes(settled)
        after = store.text_digests()
    finally:
        workers.close(wait_for=False)
        store.close()
    changed = sum(after[article] != digest for article, digest in before.items())
    return Rebuilt(f"{pages} pages read again, {len(articles)} articles, {changed} texts changed", tuple(problems))


def _attach(store: Store, reviser: Reviser, batch: list[tuple[dict[str, Any], Page]]) -> None:
    with store.transaction():
        for row, page in batch:
            via = json.loads(row["via"] or "[]")
            reviser.attach(row["id"], row["url"], via, row["source"], row["fetched_at"], page)


def _read_all(
    home: Home, store: Store, workers: Workers, problems: list[str]
) -> Iterator[tuple[dict[str, Any], Page]]:
    """Every full page capture with what it is read to, in the order of the captures."""
    waiting: deque[tuple[dict[str, Any], Future[Page]]] = deque()
    sources = cache(store.source)
    for row in _rows(store):
        try:
            exchange = warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
        except DamagedError as error:
            problems.append(str(error))
            continue
        waiting.append((row, read_later(workers, exchange, sources(row["source"]))))
        if len(waiting) >= workers.count * AHEAD:
            yield from _take(waiting.popleft(), problems)
    while waiting:
        yield from _take(waiting.popleft(), problems)


def _rows(store: Store) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := store.page_captures(after, BATCH):
        yield from rows
        after = rows[-1]["id"]


def _take(pair: tuple[dict[str, Any], Future[Page]], problems: list[str]) -> Iterator[tuple[dict[str, Any], Page]]:
    row, future = pair
    read_to = settled(future)
    page, problem = read_to
    if page is not None:
        yield row, page
    elif row["outcome"] != "failed":  # the crawl could not read it either
        problems.append(f"capture {row['id']}: {problem}")

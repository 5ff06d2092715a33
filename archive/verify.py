"""Computes everything again, from WARC through payloads and texts to the chain, and names what differs.

Reads alone, in one read transaction: a crawl that writes meanwhile changes nothing of what is checked. Memory is
bounded: rows are walked, and what is wrong is kept to be said up to a bound. A text that an extractor version read
which is not installed is not recomputed, and never called wrong for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection

from archive.errors import NoArchiveError
from archive.findings import Findings, counted, short
from archive.home import Home
from archive.models import Progress
from archive.store import Store
from archive.store_health import unfinished_forgetting
from archive.verify_chain import (
    Chain,
    check_covered,
    check_entries,
    check_head,
    check_removals,
    check_uncovered,
    check_witnesses,
    read_head,
)
from archive.verify_records import Records, check_files
from archive.verify_texts import Texts
from archive.workers import Workers

# looks at an archive from which something is removed meanwhile, and seconds between them while it is
_AGAIN, _WAIT = 20, 1.0
# what stumbles over rows that are not what they were: a bit makes bytes of a text, or takes a row from an index
_ODD = (sqlite3.Error, OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
# what a forget that was killed leaves is no damage
_FORGETTING = "a `communique forget` was interrupted: `communique forget` completes it"


def verify(
    home: Home,
    article: int | None = None,
    tell: Progress = lambda _what, _of, _left: None,
    workers: Workers | None = None,
    keys: Collection[str] = (),
) -> Findings:
    """Check an archive, or one article with all that it rests on.

    Where something is removed by law meanwhile, it is checked once more. ``workers``: that read the pages, left open;
    None: some of its own. ``keys``: fingerprints that are known to be its owner's; without, the first that it names
    is taken for that.

    Raises:
        NoArchiveError: there is none, or no such article.
    """
    reading = workers or Workers()
    try:
        for attempt in range(_AGAIN):
            found, removed = _verify(home, article, tell, reading, keys)
            if not found.total or attempt + 1 == _AGAIN or not _removing(home, removed):
                break
        return found
    finally:
        if workers is None:
            reading.close(wait_for=False)


def _verify(
    home: Home, article: int | None, tell: Progress, workers: Workers, keys: Collection[str]
) -> tuple[Findings, int]:
    found = Findings()
    head = read_head(home)
    store = Store(home.database)
    try:
        store.snapshot()
        if _is_part(store):
            found.differs(
                "archive.db",
                "it is a part of an archive, without what its texts and its chain rest on: check it as it was"
                " exported, with `communique verify --export`",
            )
            return found, 0
        if article is not None:
            numbers = store.by_number([article])
            if article not in numbers:
                raise NoArchiveError(store.absence(article))
            article = numbers[article]
        removed, chain = 0, Chain()

        def removals() -> None:
            nonlocal removed
            removed = store.last_removal()
            if unfinished_forgetting(store.conn):
                found.note(_FORGETTING)

        def entries() -> None:
            nonlocal chain
            chain = check_entries(store, found, keys)
            check_head(home, store, head, chain.last, found)
            check_witnesses(home, store, found)
            check_removals(store, chain, found)

        def captures() -> None:
            seqs = None if article is None else store.entries_of(article)
            check_covered(store, chain, seqs, found)
            if article is None:
                check_uncovered(home, store, found)

        if article is None:
            _stage("structure", lambda: _check_structure(store, found), found)
        _stage("removals", removals, found)
        _stage("chain", entries, found)
        _stage("captures in the chain", captures, found)
        _stage("WARC files", lambda: check_files(home, store, chain, article, tell, found), found)
        _stage("captures", lambda: Records(home, store, workers, found).check(article, tell), found)
        _stage("articles", lambda: Texts(store, found, home.busy()).check(article, tell), found)
        for extractor, count in sorted(found.unread.items()):
            found.note(f"not recomputed: {counted(count, 'captures')} read by {extractor}, which is not installed")
        if bare := found.checked["texts without a raw page"]:
            found.note(f"unproven: {counted(bare, 'texts')} without a raw page, checked by the digests beside them")
        return found, removed
    finally:
        store.close()


def _stage(name: str, check: Callable[[], None], found: Findings) -> None:
    """Go on with the next part where the database's file is too damaged for one."""
    try:
        check()
    except _ODD as error:
        found.differs(f"archive.db, {name}", f"it cannot be read to its end ({short(error)})")


def _check_structure(store: Store, found: Findings) -> None:
    for line in store.damages():
        found.differs("archive.db", line)
    for kind, name, how in store.changed_schema():
        found.differs(f"{kind} {name}", how)


def _removing(home: Home, removed: int) -> bool:
    """Whether something was removed by law since, or is being removed: then what differs may be that."""
    try:
        store = Store(home.database)
        try:
            last, under_way = store.last_removal(), unfinished_forgetting(store.conn)
        finally:
            store.close()
    except sqlite3.Error:  # so damaged that nothing can be told
        return False
    if under_way and home.busy():
        time.sleep(_WAIT)
        return True
    return last > removed


def _is_part(store: Store) -> bool:
    try:
        return store.is_part()
    except sqlite3.Error:  # damaged: its parts are looked at one by one
        return False

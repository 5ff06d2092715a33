"""What people decide on blocks for good, and the articles that follow from it; the caller holds the home's lock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.errors import ConfigurationError, NoArchiveError
from archive.home import Home
from archive.models import stamp
from archive.revise import Reviser
from archive.store import Store
from archive.store_verdicts import from_id

# articles a transaction: readers never wait, and what is done stays done
BATCH = 200


@dataclass(frozen=True, slots=True)
class Overruled:
    """How many articles carry the blocks that were decided on, and how many texts changed by it."""

    articles: int
    changed: int


def check_source(store: Store, source: str) -> None:
    """See that there is such a source.

    Raises:
        NoArchiveError: there is none.
    """
    if not store.has_source(source):
        raise NoArchiveError(f"there is no source {source!r} in this archive")


def overrule(
    home: Home, source: str, keep: Iterable[str] = (), hide: Iterable[str] = (), forget: Iterable[str] = ()
) -> Overruled:
    """Keep or hide blocks of a source for good, or withdraw that; ids as the view ``boilerplate`` has them.

    All verdicts are written at once, then the articles that carry the blocks follow. One that was stopped is gone on
    with by the same call.

    Raises:
        NoArchiveError: no such source, or it has no such block. ConfigurationError: a block is asked for twice.
    """
    decided = ((keep, "keep"), (hide, "hide"), (forget, None))
    asked = [(block.lower(), verdict) for ids, verdict in decided for block in ids]
    twice = {block for n, (block, _) in enumerate(asked) if block in [other for other, _ in asked[:n]]}
    if twice:
        raise ConfigurationError(f"block {min(twice)} is named twice")
    now = stamp(datetime.now(UTC))
    store = Store(home.database, write=True)
    try:
        check_source(store, source)
        found: list[tuple[int, str | None, str]] = []
        for block, verdict in asked:
            number = from_id(block)
            text = None if number is None else store.block_text(source, number)
            if number is None or text is None:
                raise NoArchiveError(f"source {source!r} has no block {block!r}")
            found.append((number, verdict, text))
        with store.transaction():
            for number, verdict, text in found:
                if verdict is None:
                    store.drop_verdict(source, number)
                else:
                    store.put_verdict(source, number, verdict, text, now)
        articles = sorted({row["id"] for number, _, _ in found for row in store.carriers(source, number)})
        changed = 0
        reviser = Reviser(store)
        for start in range(0, len(articles), BATCH):
            with store.transaction():
                settled: list[int] = []
                for article in articles[start : start + BATCH]:
                    before = store.article(article)["text_sha256"]
                    settled += reviser.settle(article, now, "verdict")
                    changed += store.article(article)["text_sha256"] != before
                store.correct_outcomes(settled)
        return Overruled(len(articles), changed)
    finally:
        store.close()

"""Puts what a capture is read to now in the place of what it was read to: for a rebuild and for a crawl alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from archive.fingerprint import EXTRACTOR
from archive.models import Page
from archive.revise import Reviser
from archive.settling import content_sha256


@dataclass(slots=True)
class Again:
    """What came of reading captures again.

    ``causes``: the articles to be settled, with why: extractor (another version read something else), hints (what is
    known of the source changed), marks (others of the source, and those that were read to the same).
    ``made``: those of them that are new. ``removed``: those on which no capture stands any more; they are gone.
    """

    causes: dict[int, str] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)


def reread(reviser: Reviser, captures: Iterable[tuple[dict[str, Any], Page]]) -> Again:
    """Attach pages that were read again, by their captures' rows, within the caller's transaction.

    A page that is no article now leaves what it was read to, and what other captures of the article were read to
    goes with all that follows from it.
    """
    store, again = reviser.store, Again()
    replaced: set[tuple[int, int]] = set()
    moved: dict[int, int] = {}  # article that lost a capture → one that has it now
    touched: set[int] = set()
    for row, page in captures:
        capture = row["id"]
        before = store.linked(capture)
        if not page.readings:
            if not before:
                store.set_read(capture, page.outcome or "not_article", page.reason)
            continue
        store.set_read(capture, "unchanged", None)
        via = json.loads(row["via"] or "[]")
        own, others = reviser.attach(capture, row["url"], via, row["source"], row["fetched_at"], page)
        _add(again.causes, others, "marks")
        lost = store.keep_links(capture, [content_sha256(reading) for reading in page.readings])
        after = store.linked(capture)
        holding = [article for article, (reading, _) in after.items() if reading is not None]
        moved.update((article, min(holding)) for article in lost if holding)
        touched |= own | before.keys() | after.keys()
        for article, (reading, _) in after.items():
            old, extractor = before.get(article, (None, None))
            if old is None or old == reading:
                _add(again.causes, [article], "marks" if old else "extractor")
                continue
            _add(again.causes, [article], "hints" if extractor == EXTRACTOR else "extractor")
            if reading is not None and (old, reading) not in replaced:
                replaced.add((old, reading))
                store.carry_marks(old, reading)
    for article in sorted(touched):
        _add(again.causes, reviser.renew(article), "marks")
        if article in moved and store.is_without_captures(article):
            _add(again.causes, reviser.remove(article, moved[article]), "marks")
            again.removed.add(article)
        elif not store.text_digests([article])[article]:
            again.made.add(article)
    for article in again.removed:
        again.causes.pop(article, None)
    return again


def _add(causes: dict[int, str], articles: Iterable[int], cause: str) -> None:
    order = ("marks", "hints", "extractor")
    for article in articles:
        causes[article] = max(causes.get(article, cause), cause, key=order.index)

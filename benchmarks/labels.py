"""How much of what pages state is read right: `python -m benchmarks.labels`, beside plain trafilatura.

Ends with 1 where a figure is below its floor.

``labels.json`` holds, for each page of fundus-dev by name, what somebody saw on it and in its markup, and nothing
that our reader said: the outlet's zone, when it came out and was changed (to the minute), the people in its byline,
and the hashes (``archive.fingerprint``) of its headline's letters: of the h1, and where the page prints its headline
another way too (below a kicker, or a second one that readers see in the h1's place) of that as well. What the page
leaves open (two moments, a day alone) has no label, an empty list of authors says that it names nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura

from archive.extract import read
from archive.fingerprint import block_hash, letters
from benchmarks.corpus import load
from benchmarks.measure import SHARED

LABELS = Path(__file__).with_name("labels.json")
SET = SHARED / "fundus-dev.jsonl.gz"
# what reading JSON-LD, then meta and time elements by itself was worth on 181 publishers
FLOORS = {"published": 0.961, "title": 0.834, "authors": 0.883}
# trafilatura's dates are days unless it is asked for more
_MINUTES = {"original_date": True, "extensive_search": True, "outputformat": "%Y-%m-%dT%H:%M:%S%z"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody, a page or a program says of a page; None where nothing."""

    published: str | None = None
    modified: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """``right`` by the sum of the pages' scores; ``missed`` names those below 1."""

    right: float = 0.0
    pages: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, name: str, score: float, said: object) -> None:
        """Count a page."""
        self.right += score
        self.pages += 1
        if score < 1:
            self.missed.append(f"{name} ({said})")

    @property
    def share(self) -> float:
        """Of the labelled pages, 0 to 1."""
        return self.right / self.pages if self.pages else 0.0


def ours(html: bytes, zone: str) -> Stated:
    """What our reader says."""
    page = read(html, None, "text/html; charset=utf-8", "http://outlet.example/page", zone, None)
    if not page.readings:
        return Stated()
    reading = page.readings[0]
    return Stated(reading.published, reading.modified, reading.title, reading.authors)


def plain(html: bytes, _zone: str) -> Stated:
    """What trafilatura says; it knows no zones."""
    found = trafilatura.extract_metadata(html.decode("utf-8", "replace"), date_config=_MINUTES)
    authors = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
    return Stated(found.date, None, found.title, authors)


def same_minute(said: str | None, wanted: str, zone: str) -> bool:
    """Whether two moments are in one minute; without an offset a moment is taken in ``zone``."""
    try:
        moment = datetime.fromisoformat(said or "")
    except ValueError:
        return False
    if len(said or "") <= len("2031-04-20"):
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return abs((moment.replace(second=0) - datetime.fromisoformat(wanted)).total_seconds()) < 60


def set_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """2 x both / (said + wanted), by the names' letters; 1 where neither names anybody."""
    have, want = {letters(name) for name in said}, {letters(name) for name in wanted}
    return 2 * len(have & want) / (len(have) + len(want)) if have or want else 1.0


def measure(labels: dict[str, dict[str, Any]], say: Callable[[bytes, str], Stated]) -> dict[str, Tally]:
    """How often ``say`` (of a page and its outlet's zone) is right, by figure."""
    tallies = {name: Tally() for name in ("published", "modified", "title", "authors")}
    for page in load(SET):
        label = labels.get(page.name)
        if label is None:
            continue
        said = say(page.html, label["zone"])
        for name in ("published", "modified"):
            if name in label:
                value = getattr(said, name)
                tallies[name].add(page.name, same_minute(value, label[name], label["zone"]), value)
        if "titles" in label:
            tallies["title"].add(page.name, block_hash(said.title or "") in label["titles"], said.title)
        if "authors" in label:
            tallies["authors"].add(page.name, set_f1(said.authors, label["authors"]), said.authors)
    return tallies


def main() -> None:
    """Print the figures and our misses by name."""
    if not SET.exists():
        print(f"skipped: the pages are not at {SET}")
        return
    labels = json.loads(LABELS.read_text("utf-8"))
    mine, theirs = measure(labels, ours), measure(labels, plain)
    print("right, of the labelled pages    ours   floor   plain trafilatura")
    for name, tally in mine.items():
        floor = f"{FLOORS[name]:.3f}" if name in FLOORS else "    –"
        print(f"{name:<12} of {tally.pages:>4}            {tally.share:.3f}   {floor}   {theirs[name].share:.3f}")
    for name, tally in mine.items():
        for line in tally.missed:
            print(f"  {name}: {line}")
    sys.exit(int(any(mine[name].share < floor for name, floor in FLOORS.items())))


if __name__ == "__main__":
    main()

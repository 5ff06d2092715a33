"""What happened in a large invented archive: who publishes, what comes out when, and when it was captured.

Numbers alone, all of them at once (100 bytes a capture); the rows are :mod:`benchmarks.large`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from archive.models import stamp
from benchmarks.vocabulary import LANGUAGES
from benchmarks.year import RHYTHM, WEEKEND

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DAY = 86_400
# a run starts every six hours and asks each source for one list
RUN = DAY // 4
# a capture follows within a month
FOLLOWED = 30 * DAY
# texts that were never edited, edited once, twice and so on (to eight edits)
EDITED = (0.80, 0.14, 0.03, 0.01, 0.008, 0.005, 0.004, 0.002, 0.001)
# captures besides the first and those that found an edit
AGAIN = 1.6
# what a day of reports is: a side's own, who prints it again; and their share of all articles at most
REPORTS = (("ukraine", 0), ("ukraine", 3), ("ukraine", 5), ("russia", 1), ("russia", 3))
OF_ALL = 0.03
_LANGUAGE_OF = ("uk", "ru", "en", "en", "uk", "uk", "pl", "uk", "de", "uk", "en", "tr", "uk", "ru", "ar", "en")
_ZONES = {
    "uk": "Europe/Kyiv", "ru": "Europe/Moscow", "en": "Europe/London", "pl": "Europe/Warsaw",
    "de": "Europe/Berlin", "tr": "Europe/Istanbul", "ar": "Asia/Amman",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source."""

    id: str
    name: str
    kind: str
    language: str
    country: str | None
    zone: str

    @property
    def host(self) -> str:
        """Where its pages are."""
        return f"{self.id}.example"


def outlets(count: int) -> list[Outlet]:
    """The sources, those that publish most first; the first two are the sides' own."""
    found = []
    for n in range(count):
        language = _LANGUAGE_OF[n % len(_LANGUAGE_OF)]
        kind = "official" if n < 2 or n % 5 == 4 else "aggregator" if n % 20 == 11 else "news"
        country = ("UA", "RU")[n] if n < 2 else None
        found.append(
            Outlet(f"outlet{n:02}", f"Outlet {n:02} ({language})", kind, language, country, _ZONES[language])
        )
    assert {outlet.language for outlet in found} <= set(LANGUAGES)
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All that happens, times in seconds since 1970.

    Of each article, in the order they came out: ``born``, ``source``, ``revisions``, ``report`` (its place in
    REPORTS, -1: none), ``starts`` (of its captures; one more than articles). Of each capture of an article:
    ``captured`` and ``ids``. Of each answered list: ``listed``, ``list_source`` and ``list_ids``.
    """

    begin: int
    end: int
    born: Floats
    source: Ints
    revisions: Ints
    report: Ints
    starts: Ints
    captured: Floats
    ids: Ints
    listed: Floats
    list_source: Ints
    list_ids: Ints


def make(articles: int, days: int, sources: int, end: datetime, chance: np.random.Generator) -> Plan:
    """What happens in so many days until ``end``."""
    last = int(end.timestamp())
    begin = last - days * DAY
    born, source, report = _births(articles, days, sources, begin, end, chance)
    revisions = 1 + chance.choice(len(EDITED), articles, p=np.array(EDITED) / sum(EDITED))
    counts = revisions + chance.poisson(AGAIN, articles)
    starts = np.concatenate(([0], np.cumsum(counts)))
    owner = np.repeat(np.arange(articles), counts)
    room = np.minimum(1, (last - born) / FOLLOWED)[owner]
    after = np.exp(chance.uniform(np.log(600), np.log(FOLLOWED), len(owner))) * room
    after[starts[:-1]] = 0
    order = np.lexsort((after, owner))
    captured = born[owner] + after[order]
    per_day = DAY // RUN
    listed = (
        begin + np.repeat(np.arange(days * per_day), sources) * RUN + chance.uniform(0, 600, days * per_day * sources)
    )
    list_source = np.tile(np.arange(sources), days * per_day)
    every = np.concatenate((captured, listed))
    ids = np.empty(len(every), dtype=np.int64)
    ids[np.argsort(every, kind="stable")] = np.arange(1, len(every) + 1)
    return Plan(
        begin, last, born, source, revisions, report, starts, captured, ids[: len(captured)], listed, list_source,
        ids[len(captured) :],
    )  # fmt: skip


def _births(
    articles: int, days: int, sources: int, begin: int, end: datetime, chance: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """When each article came out, where, and which report it is."""
    reports = min(days, int(articles * OF_ALL) // len(REPORTS))
    plain = articles - reports * len(REPORTS)
    first = (end - timedelta(days=days)).weekday()
    by_day = np.where((np.arange(days) + first) % 7 >= 5, WEEKEND, 1.0)
    by_hour = np.array(RHYTHM)
    day = chance.choice(days, plain, p=by_day / by_day.sum())
    hour = chance.choice(24, plain, p=by_hour / by_hour.sum())
    rates = 1 / (np.arange(sources) + 3)
    born = begin + day * DAY + hour * 3600 + chance.uniform(0, 3600, plain)
    source = chance.choice(sources, plain, p=rates / rates.sum())
    # the reports of the last days, in the morning, each reprint some hours behind
    mornings = begin + (days - reports + np.repeat(np.arange(reports), len(REPORTS))) * DAY + 5 * 3600
    place = np.tile(np.arange(len(REPORTS)), reports)
    born = np.concatenate((born, mornings + place * 1800 + chance.uniform(0, 600, len(place))))
    source = np.concatenate((source, np.array([s for _, s in REPORTS])[place] % sources))
    report = np.concatenate((np.full(plain, -1), place))
    order = np.argsort(born, kind="stable")
    return born[order], source[order], report[order]


def moment(at: float) -> str:
    """A stamp."""
    return stamp(datetime.fromtimestamp(at, UTC))

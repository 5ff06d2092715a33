"""How many articles when: bars of days and a table of weekdays and hours. Counts in, what the templates draw out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from archive import chart
from archive.chart import Frame
from archive.web.cells import day as shown
from archive.web.cells import is_day
from archive.web.queries import Row

# days of the small charts, and of a source's own
SMALL, LARGE = 30, 90
# user units: small charts are 240 by 64 and drawn 220 to 340 pixels wide, the large one is 640 by 170
_SMALL_BOX = (0.0, 4.0, 240.0, 60.0)
_LARGE_BOX = (8.0, 10.0, 638.0, 140.0)
_LETTER = 5.3
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# shades of the table of hours
_SHADES = 5


class Days(NamedTuple):
    """A stretch of days, both ends with it."""

    first: date
    last: date

    @classmethod
    def upto(cls, newest: str, many: int) -> Days:
        """So many days up to one (YYYY-MM-DD); no calendar is older than that of year 1."""
        last = date.fromisoformat(newest)
        return cls(date.fromordinal(max(last.toordinal() - many + 1, 1)), last)

    @property
    def since(self) -> str:
        """The first day, as SQLite has it."""
        return self.first.isoformat()

    @property
    def until(self) -> str:
        """The last one."""
        return self.last.isoformat()

    @property
    def words(self) -> str:
        """For people: 2 Apr to 1 May 2031."""
        start, end = shown(self.since), shown(self.until)
        return f"{start.removesuffix(f' {self.first.year}') if self.first.year == self.last.year else start} to {end}"


@lru_cache(maxsize=8)
def _each(days: Days) -> list[str]:
    return [date.fromordinal(day).isoformat() for day in range(days.first.toordinal(), days.last.toordinal() + 1)]


def short(counted: Mapping[str, int]) -> Row:
    """A stretch of days in some numbers. ``counted``: days of it that have any, and how many."""
    most = max(counted.values(), default=0)
    return {
        "total": sum(counted.values()),
        "most": most,
        "busiest": shown(max(day for day, n in counted.items() if n == most)) if counted else None,
        "with_any": len(counted),
    }


def small(counted: Mapping[str, int], days: Days) -> Row:
    """A bar for each day, by a scale of its own from 0 to the day with most; ``numbers``: the same in words."""
    return _small(tuple(counted.items()), days)


@lru_cache(512)
def _small(counted: tuple[tuple[str, int], ...], days: Days) -> Row:
    row, spans = _counts(dict(counted), days)
    frame = Frame(days.first.toordinal(), days.last.toordinal(), 0, max(row["most"], 1), *_SMALL_BOX)
    return {**row, "bars": chart.bars(spans, frame), "top": frame.top, "bottom": frame.bottom}


def large(counted: Mapping[str, int], days: Days) -> Row:
    """The same with a scale beside it, and ``lines``: the days and numbers as a table, the last day first."""
    row, spans = _counts(counted, days)
    edge = chart.frame((days.first.toordinal(), days.last.toordinal()), [0, row["most"]], _LARGE_BOX, zero=True)
    frame = edge._replace(left=round(edge.left + len(f"{edge.high:,}") * _LETTER, 1))
    return {
        **row,
        "frame": frame,
        "bars": chart.bars(spans, frame),
        "grid": [{"y": round(frame.y(n), 1), "label": f"{n:,}"} for n in chart.number_ticks(frame)],
        "ticks": [
            {"x": round(frame.x(at), 1), "label": label, "anchor": "start" if n == 0 else "middle"}
            for n, (at, label) in enumerate(chart.day_ticks(frame))
        ],
        "lines": [(shown(day), day, n) for day, n in reversed(row.pop("by_day"))],
    }


def _counts(counted: Mapping[str, int], days: Days) -> tuple[Row, list[tuple[chart.Stretch, int]]]:
    by_day = [(day, counted.get(day, 0)) for day in _each(days)]
    first = days.first.toordinal()
    row = {
        **short({day: n for day, n in by_day if n}),
        "by_day": by_day,
        "numbers": ", ".join(str(n) for _, n in by_day),
        "words": days.words,
    }
    return row, [((first + n, first + n), count) for n, (_, count) in enumerate(by_day) if count]


def hours(times: Iterable[tuple[str, str | None]], zone: str | None) -> Row:
    """How many of these (stamp, as printed) fall on which weekday and hour in a zone.

    ``lines``: of each hour its cells (number, shade 0 to 5) from Monday on; ``timed``: how many have an hour,
    ``days``: how many state a day alone.
    """
    place = _zone(zone)
    found: Counter[tuple[int, int]] = Counter()
    days = 0
    for stamp, printed in times:
        if is_day(printed):
            days += 1
            continue
        try:
            at = datetime.fromisoformat(stamp).astimezone(place or UTC)
        except (ValueError, OverflowError):
            continue
        found[at.weekday(), at.hour] += 1
    most = max(found.values(), default=0)
    return {
        "timed": found.total(),
        "days": days,
        "zone": zone if place else "UTC",
        "most": most,
        "weekdays": [(name, sum(found[n, hour] for hour in range(24))) for n, name in enumerate(WEEKDAYS)],
        "lines": [
            (hour, [(found[n, hour], -(-_SHADES * found[n, hour] // most) if most else 0) for n in range(7)])
            for hour in range(24)
        ],
    }


def _zone(name: str | None) -> ZoneInfo | None:
    """A zone by its name; None where there is no such."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None

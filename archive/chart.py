"""Where the lines, bars, marks and ticks of a chart over days stand. Pure: days and numbers in, coordinates out.

Days are proleptic ordinals (``date.toordinal``), coordinates are user units of an SVG with y downwards, paths are
values of its attribute ``d``. A day is a column of its own: a point stands in its middle. Nothing is filled in
between days that have no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

# months between two ticks; days where less than a hundred are shown
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 600, 1200, 6000, 12000, 24000)
_DAYS = (1, 2, 7, 14)
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# below this, a scale that does not begin at 0 makes much of little
_FEW = 100
# a mark's half width
_MARK = 4.5

Point = tuple[int, int]  # day, number
Stretch = tuple[int, int]  # first and last day


class Frame(NamedTuple):
    """The days and numbers that a chart shows, and the edges between which it does."""

    first: int
    last: int
    low: int
    high: int
    left: float
    top: float
    right: float
    bottom: float

    def x(self, day: float) -> float:
        """The middle of a day's column."""
        return self.left + (day - self.first + 0.5) * self.column

    def y(self, number: float) -> float:
        """The height of a number."""
        return self.bottom - (number - self.low) * (self.bottom - self.top) / (self.high - self.low)

    @property
    def column(self) -> float:
        """The width of a day."""
        return (self.right - self.left) / (self.last - self.first + 1)


def frame(
    days: Stretch, numbers: Iterable[int], box: tuple[float, float, float, float], *, zero: bool = False
) -> Frame:
    """The frame that holds these days and numbers, both ends on a tick.

    From 0 on where that costs less than half of the height or the numbers are small, or always (``zero``). ``box``:
    left, top, right, bottom.
    """
    found = list(numbers)
    low, high = min(found), max(found)
    if zero or 0 <= low <= high / 2 or 0 <= high < _FEW:
        low, high = min(low, 0), max(high, 0)
    step = _step(low, high)
    low = low // step * step
    return Frame(*days, low, max(-(-high // step) * step, low + step), *box)


def number_ticks(of: Frame) -> list[int]:
    """Round numbers from the lower edge to the upper one."""
    return list(range(of.low, of.high + 1, _step(of.low, of.high)))


def _step(low: int, high: int) -> int:
    """1, 2 or 5 times a power of ten: at most six ticks."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if -(-high // step) - low // step <= 5:
                return step
        unit *= 10


def day_ticks(of: Frame, most: int = 7) -> list[tuple[int, str]]:
    """Days with their labels, as many as fit: beginnings of years or months, else single days."""
    first, last = date.fromordinal(of.first), date.fromordinal(of.last)
    if of.last - of.first < most * _DAYS[-1]:
        for step in _DAYS:
            days = [day for day in range(of.first, of.last + 1) if (day - of.first) % step == 0]
            if len(days) <= most:
                labels = [_day(date.fromordinal(day)) for day in days]
                return list(zip(days, [f"{labels[0]} {first.year}", *labels[1:]], strict=True))
    # months from the first one on that begins within
    start, end = first.year * 12 + first.month - (first.day == 1), last.year * 12 + last.month - 1
    step = next(step for step in _MONTHS if end // step - -(-start // step) < most)
    ticks = [date(month // 12, month % 12 + 1, 1) for month in range(-(-start // step) * step, end + 1, step)]
    return [
        (day.toordinal(), str(day.year) if step >= 12 else f"{_NAMES[day.month - 1]} {day.year}") for day in ticks
    ]


def _day(day: date) -> str:
    return f"{day.day} {_NAMES[day.month - 1]}"


def line(points: Sequence[Point], of: Frame, step: int = 1) -> str:
    """A line through points in the order of their days, broken where more than ``step`` days lie between two; one
    that stands alone is a dot."""
    out = []
    before = None
    for n, (day, number) in enumerate(points):
        joined = before is not None and day - before <= step
        out.append(f"{'L' if joined else 'M'}{_at(of.x(day))} {_at(of.y(number))}")
        if not joined and (n + 1 == len(points) or points[n + 1][0] - day > step):
            out.append("h0")  # with round ends
        before = day
    return "".join(out)


def bars(spans: Iterable[tuple[Stretch, int]], of: Frame) -> str:
    """A bar from 0 for each stretch of days and its number; a number 0 has a bar without height."""
    zero = _at(of.y(0))
    out = []
    for (first, last), number in spans:
        left, right = of.x(max(first, of.first)) - of.column / 2, of.x(min(last, of.last)) + of.column / 2
        inset = min((right - left) * 0.12, 1)
        out.append(f"M{_at(left + inset)} {zero}V{_at(of.y(number))}H{_at(right - inset)}V{zero}z")
    return "".join(out)


def gaps(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The stretches of days that are missing between the first and the last of these, which are in order."""
    reached = accumulate((last for _, last in stretches), max)
    return [
        (before + 1, first - 1)
        for before, (first, _) in zip(reached, stretches[1:], strict=False)
        if first - before > 1
    ]


def strips(stretches: Iterable[Stretch], of: Frame, least: float = 1.5) -> list[tuple[float, float]]:
    """Left edge and width of stretches of days, none narrower than can be seen; those that touch are one."""
    found: list[tuple[float, float]] = []
    for first, last in stretches:
        left, width = of.x(first) - of.column / 2, (last - first + 1) * of.column
        if width < least:
            left, width = left + (width - least) / 2, least
        if found and left - sum(found[-1]) < 0.5:
            left, width = found[-1][0], max(left + width, sum(found[-1])) - found[-1][0]
            found.pop()
        found.append((round(left, 1), round(width, 1)))
    return found


def last_of_each(days: Sequence[int], most: int) -> tuple[int, list[int]]:
    """How many days a bucket must have that there are ``most`` at most, and the places of the last day of each.

    Buckets of seven days are weeks, Monday to Sunday.
    """
    if not days:
        return 1, []
    span = days[-1] - days[0] + 1
    length = next((n for n in (1, 7) if span / n < most), -(-span // (most - 1)))
    places = [list(group)[-1] for _, group in groupby(range(len(days)), key=lambda n: (days[n] - 1) // length)]
    return length, places


def columns(days: Sequence[float], of: Frame) -> Iterator[tuple[float, float]]:
    """Left edge and width of the part of a chart that is nearest to each of these days."""
    middles = [(of.x(one) + of.x(other)) / 2 for one, other in pairwise(days)]
    for left, right in pairwise([of.left, *middles, of.right] if days else []):
        yield round(left, 1), round(right - left, 1)


def diamond(x: float, y: float) -> str:
    """A square on its corner."""
    n = _MARK
    return f"M{_at(x - n)} {_at(y)}l{n} -{n}l{n} {n}l-{n} {n}z"


def cross(x: float, y: float) -> str:
    """Two strokes that cross."""
    n = _MARK - 1
    return f"M{_at(x - n)} {_at(y - n)}l{2 * n} {2 * n}m0 -{2 * n}l-{2 * n} {2 * n}"


def triangle(x: float, y: float) -> str:
    """Its point downwards, on the place that is meant."""
    n = _MARK
    return f"M{_at(x)} {_at(y)}l-{n} -{2 * n}h{2 * n}z"


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

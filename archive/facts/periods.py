"""Of which days a sentence speaks: the day, the week, or from one date to another. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from babel.dates import get_month_names

from archive.facts.patterns import words
from archive.facts.registry import plain

_LANGUAGES = ("en", "ru", "uk", "de")
# the ministry's weeks run from Saturday to Friday
_FRIDAY = 4
# a report is about days no further back than this
_BACK = timedelta(days=45)


class Period(NamedTuple):
    """``series``: day, week or period. ``start`` and ``end`` are inclusive, None where no date says so."""

    series: str
    start: date | None = None
    end: date | None = None


@cache
def _months() -> dict[str, int]:
    """The names of the months, as dates are written, and their short forms."""
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context=context, locale=language).items():
                    names[plain(name).casefold().rstrip(".")] = number
    return names | {"sept": 9, "мая": 5}


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    month = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    to = r"\s*(?:-|–|—|to|and|till|until|through|по|до|и|та|bis)\s*"
    year = r"(?:,?\s*(?P<year>20\d\d))?"
    day, day2 = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?", r"(?P<day2>[0-3]?\d)(?:st|nd|rd|th)?"
    name, name2 = rf"(?P<month>{month})\.?", rf"(?P<month2>{month})\.?"
    ranges = (
        rf"(?<![\d.,]){day}(?:\s+{name})?{to}{day2}\s+{name2}(?!\w){year}",
        rf"(?<!\w){name}\s+{day}{to}(?:{name2}\s+)?{day2}(?![\d.,]\d|\w){year}",
    )
    single = (
        rf"(?<![\d.,]){day}\s+{name}(?!\w){year}",
        rf"(?<!\w){name}\s+{day}(?!\d|\w){year}",
        r"(?<!\d)(?P<day>[0-3]?\d)\.(?P<number>[01]?\d)\.(?P<year>20\d\d|\d\d)(?!\d)",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*ranges, *single))


def is_month(word: str) -> bool:
    """Whether a word names a month."""
    return plain(word).casefold().rstrip(".") in _months()


def read_range(text: str, day: date | None) -> Period | None:
    """The days from one date to another that a text names; the year, where it has none, from ``day``."""
    for pattern in _patterns()[:2]:
        for match in pattern.finditer(text):
            last = _months()[(match["month2"] or match["month"]).casefold()]
            first = _months()[match["month"].casefold()] if match["month"] else last
            end = _day(match["year"], last, match["day2"], day)
            if end is None:
                continue
            start = _made(end.year - (first > last), first, int(match["day"]))
            if start is not None and timedelta(0) <= end - start <= _BACK:
                days = (end - start).days + 1
                return Period("week" if 6 <= days <= 8 else "day" if days == 1 else "period", start, end)
    return None


def read_date(text: str, day: date | None) -> date | None:
    """The first date that a text names."""
    found: list[tuple[int, date]] = []
    for pattern in _patterns()[2:]:
        for match in pattern.finditer(text):
            named = match.groupdict()
            month = int(named["number"]) if named.get("number") else _months()[named["month"].casefold()]
            if (value := _day(named["year"], month, named["day"], day)) is not None:
                found.append((match.start(), value))
    return min(found)[1] if found else None


def read_period(text: str, day: date | None) -> Period | None:
    """Of which days a sentence speaks, None where it names none or two."""
    found = read_range(text, day)
    if found is not None:
        return found
    daily, weekly = words("day").search(text), words("week").search(text)
    if daily and not weekly:
        return Period("day", day, day)
    if weekly and not daily:
        if day is not None and day.weekday() == _FRIDAY:
            return Period("week", day - timedelta(days=6), day)
        return Period("week")
    return None


def _day(year: str | None, month: int, day: str, near: date | None) -> date | None:
    """A day; without a year the one nearest to ``near``."""
    if year is not None:
        return _made(int(year) % 2000 + 2000, month, int(day))
    if near is None:
        return None
    nearest = [d for y in (near.year - 1, near.year, near.year + 1) if (d := _made(y, month, int(day))) is not None]
    return min(nearest, key=lambda d: abs(d - near), default=None)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

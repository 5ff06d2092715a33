"""Days as reports print them, and the day that a report is of. Pure.

A day without a year is the one nearest to the page's own; a year of two digits is of this century.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from babel.dates import get_month_names

# the languages whose month names are known; short names of many would collide
_LANGUAGES = ("en", "uk", "ru", "de", "pl", "tr", "fr", "es", "it", "pt", "nl", "cs", "ro", "sk", "bg", "hu", "sv")
# the first day of the war: "since 24 February" says nothing of a report's day
FIRST = date(2022, 2, 24)


class Day(NamedTuple):
    """A day that a text prints; ``whole``: its year too."""

    day: date
    start: int
    stop: int
    whole: bool


@cache
def _months() -> dict[str, int]:
    names = {
        name.casefold().rstrip("."): number
        for language in _LANGUAGES
        for width in ("abbreviated", "wide")
        for context in ("format", "stand-alone")
        for number, name in get_month_names(width, context, language).items()
        if not name.isdigit()
    }
    return {name: number for name, number in names.items() if len(name) > 2} | {"sept": 9}


@cache
def _printed() -> re.Pattern[str]:
    name = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    year = r"(?:20)?2\d(?!\d)"
    return re.compile(
        rf"(?<![\d.,])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|-го|-е)?\s+(?:of\s+|de\s+)?(?P<m1>{name})\b\.?(?:,?\s+(?:de\s+)?(?P<y1>20\d\d)(?!\d))?"
        rf"|\b(?P<m2>{name})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.,]\d)(?!\d)(?:,?\s+(?P<y2>20\d\d)(?!\d))?"
        rf"|(?<![\d.])(?P<d3>\d{{1,2}})(?P<by>[./])(?P<m3>\d{{1,2}})(?:(?P=by)(?P<y3>{year}))?(?![\d])(?!\.\d)"
        r"|(?<!\d)(?P<y4>20\d\d)-(?P<m4>\d{2})-(?P<d4>\d{2})(?!\d)",
        re.IGNORECASE,
    )


def read_days(text: str, own: date | None) -> list[Day]:
    """The days a text prints. ``own``: the page's own day, from which a year that is not printed is told."""
    found = []
    for match in _printed().finditer(text):
        if _is_fraction(match):
            continue
        parts = {name[0]: value for name, value in match.groupdict().items() if value and name != "by"}
        month = _months().get(parts["m"].casefold()) or (int(parts["m"]) if parts["m"].isdigit() else 0)
        year = parts.get("y")
        if day := _day(int(parts["d"]), month, 2000 + int(year) % 100 if year else None, own):
            found.append(Day(day, match.start(), match.end(), year is not None))
    return found


def spans(text: str) -> list[tuple[int, int]]:
    """Where days stand in a text: their numbers count nothing."""
    return [match.span() for match in _printed().finditer(text) if not _is_fraction(match)]


def _is_fraction(match: re.Match[str]) -> bool:
    """Whether what looks like a day without a year is none (3.5 and 1/2, 16.40)."""
    if not match["by"] or match["y3"]:
        return False
    return match["by"] == "/" or len(match["d3"] + match["m3"]) < 4 or int(match["m3"]) > 12 or int(match["d3"]) > 31


def begins_month(text: str) -> bool:
    """Whether a text begins with the name of a month."""
    first = re.match(r"[^\W\d_]+", text)
    return first is not None and first.group().casefold() in _months()


def _day(day: int, month: int, year: int | None, own: date | None) -> date | None:
    try:
        if year is not None:
            return date(year, month, day)
        if own is None:
            return None
        days = [date(y, month, day) for y in (own.year - 1, own.year, own.year + 1) if month != 2 or day < 29]
        return min(days, key=lambda d: abs(d - own)) if days else date(own.year, month, day)
    except ValueError:
        return None


# "on the 664th day of the invasion": the first day of the war is its first
_WAR_DAY = re.compile(
    r"(?<!\d)(?P<n>\d{1,4})(?:st|nd|rd|th|-й|-го|-му|-ту|-у|-а)?\s+(?:day|день|дня|добу|доби|сутки)\s+(?:of\s+)?(?:the\s+)?"
    r"(?:\w+[\s-]){0,2}(?:war|invasion|війни|вторгнення|войны|вторжения)",
    re.IGNORECASE,
)


def read_war_day(text: str) -> date | None:
    """The day that a text names by its number in the war."""
    found = _WAR_DAY.search(text)
    return FIRST + timedelta(days=int(found["n"]) - 1) if found and 0 < int(found["n"]) < 9999 else None


# "as of 6:00 on the morning of": what stands between a cue and its day
_BETWEEN = re.compile(
    r"(?:\d{1,2}[:.]\d{2}|morning|of|the|ранок|ранку|утро|утра|on|day|\s|,|\(|den|dem|dzień|día|giorno)*$",
    re.IGNORECASE,
)
_LAST = re.compile(r"(?P<two>(?P<first>[^\W\d_]+)\s+)?(?P<last>[^\W\d_]+)\s*$")
_DASH = re.compile(r"[-\u2012\u2013\u2014]\s*$")
# characters between the two days of a span
_SPAN = 40


def read_day_of(text: str, own: date | None, as_of: frozenset[str], until: frozenset[str]) -> date | None:
    """The day that a head says its figures are of: behind an as-of word, else the last day of a span."""
    days = read_days(text, own)
    for at, found in enumerate(days):
        head = text[max(0, found.start - 60) : found.start]
        if _is_cue(head, as_of) or _is_cue(_BETWEEN.sub("", head), as_of):
            return found.day
        before = days[at - 1] if at else None
        if before is None or found.start - before.stop >= _SPAN:
            continue
        if found.day <= before.day and before.day != FIRST:
            continue
        if _DASH.search(head) or _is_cue(head, until) or _is_cue(_BETWEEN.sub("", head), until):
            return found.day
    return read_war_day(text)


def _is_cue(head: str, cues: frozenset[str]) -> bool:
    match = _LAST.search(head.lower())
    return match is not None and (
        match["last"] in cues or (match["first"] is not None and f"{match['first']} {match['last']}" in cues)
    )

"""Printed and declared times, as moments with a zone. Pure."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import get_month_names
from dateutil import parser

from archive.models import Clock

# years a page can have come out in: what lies outside is a date that was never set, or an identifier
EARLIEST, LATEST = 1990, 2100
# abbreviations that news sites print, in hours from UTC; each is one offset wherever it is used in news, also where
# the page prints the summer's in winter. IST and CST are several zones': the source's own is taken for them
_OFFSETS = {
    "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "BST": 1, "WEST": 1, "WET": 0, "Z": 0, "UTC": 0,
    "GMT": 0, "EST": -5, "EDT": -4, "CDT": -5, "PST": -8, "PDT": -7,
}  # fmt: skip
# these two stand for whatever the clocks there show on that day
_ABBREVIATIONS: dict[str, tzinfo] = {
    **{name: timezone(timedelta(hours=hours)) for name, hours in _OFFSETS.items()},
    "ET": ZoneInfo("America/New_York"),
    "PT": ZoneInfo("America/Los_Angeles"),
}

# the languages whose month names are known; Unicode's CLDR has them all, and short names of many would collide
_LANGUAGES = ("en", "uk", "ru", "de", "pl", "tr", "fr", "es", "it", "pt", "nl", "cs", "ro", "sv")
_MONTHS = {
    name.casefold().rstrip("."): number
    for language in _LANGUAGES
    for width in ("abbreviated", "wide")
    for context in ("format", "stand-alone")
    for number, name in get_month_names(width, context, language).items()
}
_NAME = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
# numbers parted by dots are a day first wherever that is a date
_DAY_FIRST = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")
# but parted by slashes a month first where these zones are kept: the United States alone print it so
_MONTH_FIRST = frozenset(
    f"America/{city}" for city in ("New_York", "Detroit", "Chicago", "Denver", "Phoenix", "Los_Angeles", "Anchorage")
)
_PRINTED = re.compile(
    rf"(?<!\d)(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?(?P<m1>{_NAME})\.?,?\s+(?:de\s+)?(?P<y1>\d{{4}})"
    # "about 12000" ends as October does in Portuguese
    rf"|(?<!\w)(?P<m2>{_NAME})\.?\s+(?P<d2>\d{{1,2}})(?:(?:st|nd|rd|th)?,\s*|(?:st|nd|rd|th)?\s+)(?P<y2>\d{{4}})"
    r"|(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>\d{4})|(?P<y4>\d{4})(?P<by>[-./])(?P<m4>\d{1,2})(?P=by)(?P<d4>\d{1,2})"
    # 25.04.31: with a time of day beside it alone
    r"|(?P<d5>\d{2})\.(?P<m5>\d{2})\.(?P<y5>\d{2})(?![.\d]))(?!\d)"
    r"|(?P<y6>\d{4})\s?[年년]\s?(?P<m6>\d{1,2})\s?[月월]\s?(?P<d6>\d{1,2})\s?[日일]",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2})(?::|h|\.(?=\d\d\s?Uhr)|[時点點]|시\s?)(?P<minute>\d{2})(?::\d{2})?(?!\d)[分분]?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    # in capitals: "et" and "est" are words
    r"(?:\s?\(?(?:UTC|GMT)\s?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)(?!\d)|\s*\(?(?P<name>(?-i:Z|[A-Z]{2,4}))\b)?",
    re.IGNORECASE,
)
# the zone after the time of day of a machine-readable string
_STATED = re.compile(
    r"\d:\d\d(?::\d\d)?(?:\.\d+)?(?:\s?[ap]m)?\s?\(?(?P<zone>(?:GMT|UTC)?\s?[+-]\d\d?(?::?\d\d)?|[A-Z]{1,4})\b",
    re.IGNORECASE,
)
# before a date: what the page speaks of, not when it came out
_ABOUT = re.compile(
    r"\b(?:as of|since|станом на|по состоянию на|\d{1,2}\.\d{2}\.\d{2} (?:to|до|по|[-–—]))\s+$", re.IGNORECASE
)
# what every date has: looked for first, for the rest takes 3 microseconds a character
_YEAR = re.compile(r"\d{4}|\d\d\.\d\d\.\d\d")
# before the day that a report's figures are of
_AS_OF_WORDS = "as of|as at|станом на|по состоянию на|stan na"
_AS_OF = re.compile(rf"\b(?:{_AS_OF_WORDS})\s+(?:the\s+)?$", re.IGNORECASE)
# before the last date of a span that a report covers: a date and what stands between
_FROM_WORDS = "from|since|з|із|с|vom|von|od|du|dal|desde"
_FROM = re.compile(
    rf"\b(?:{_FROM_WORDS})\s[^.!?\n]{{0,3}}\d[^!?\n]{{0,24}}?(?:to|until|till|through|до|по|bis|do|au|al|hasta|[-–—‒])\s*$",
    re.IGNORECASE,
)
_LEAD = re.compile(rf"\b(?:{_AS_OF_WORDS}|(?:{_FROM_WORDS})\s\d)", re.IGNORECASE)
# characters of a text that are looked at for it
_OPENING = 300
# between two dates: a span of days
_SPAN = re.compile(r"\s*(?:to|until|till|and|through|до|по|bis|[-–—‒])\s*", re.IGNORECASE)
# a line with more words than this beside its date is a sentence or a caption, and its date is what that speaks of: of
# 193 labelled pages that also declare their day, the line found is right on 125 and wrong on 1; without this bound it
# is right on 123 and wrong on 4
_WORDS = 10
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that a page states.

    ``at``: ISO 8601, UTC, seconds, ``Z``; a day without a time is its first moment in the source's zone.
    ``printed``: as it stood there. ``day``: YYYY-MM-DD in the source's zone. ``found``: where it stood. ``zone``: the
    offset or abbreviation stated with it, None where the source's zone was taken. ``timed``: whether it states a time
    of day.
    """

    at: str
    printed: str
    day: str
    found: str
    zone: str | None = None
    timed: bool = True


def read_moment(text: str, zone: str, found: str) -> Moment | None:
    """The moment a machine-readable string states, None where it is none.

    A time without an offset is taken in the source's ``zone`` (an IANA name). ISO 8601 first; the other forms
    that meta elements carry (RFC 2822, "2023-04-20 10:00:00 GMT") by dateutil, which must find a whole date:
    it is asked twice, from two unlike defaults, and disagrees with itself where year, month or day is missing.
    """
    printed = " ".join(text.split())
    if not 8 <= len(printed) <= 64:
        return None
    try:
        moment = datetime.fromisoformat(printed)
        timed = len(printed) > len("2031-04-25")
    except ValueError:
        # "GMT+0300" as JavaScript prints it: POSIX, and so dateutil, turns the sign round
        plain = re.sub(r"\b(?:GMT|UTC)\s?(?=[+-]\d)", "", printed)
        # unlike defaults: what is not printed comes out different
        first, second = (
            _parse(plain, datetime(1904, 2, 29, 1)),  # noqa: DTZ001
            _parse(plain, datetime(1908, 3, 31, 2)),  # noqa: DTZ001
        )
        if first is None or second is None or first.date() != second.date():
            return None
        timed = first.hour == second.hour
        moment = first if timed else first.replace(hour=0)
    if moment.tzinfo is None:
        return _moment(moment.replace(tzinfo=ZoneInfo(zone)), printed, zone, found, None, timed)
    stated = _STATED.search(printed)
    return _moment(moment, printed, zone, found, stated["zone"] if stated else f"{moment:%z}", timed)


def _parse(text: str, default: datetime) -> datetime | None:
    try:
        with warnings.catch_warnings():  # an abbreviation it does not know: the source's zone is taken
            warnings.simplefilter("ignore", parser.UnknownTimezoneWarning)
            found = parser.parse(
                text, dayfirst=_DAY_FIRST.match(text) is not None, default=default, tzinfos=_ABBREVIATIONS
            )
        found.utcoffset()
    except (ValueError, OverflowError):  # no time, or one with an offset of more than a day
        return None
    return found


def read_printed(text: str, zone: str, clock: Clock = "24h") -> Moment | None:
    """The moment printed in a short line ("12 April, 2026, 7:32 AM EEST"), None where it dates no page.

    Day before month (``04/12/2031`` the other way round in the zones of the United States), and months by name in
    fourteen languages. A time without a zone of its own is taken in ``zone``.
    A date without a year ("MOSCOW, May 7. /TASS/.") is none: no year is ever supplied. None too where the line is a
    sentence, or speaks of a span of days or of the day that a report covers ("as of").

    ``clock``: "12h" where the source prints the hours of a twelve-hour clock without AM or PM. Then 06:34 is one of
    two moments, and the day alone is believed: ``at`` is its first moment, as for a day printed without a time, and
    the time stands in ``printed`` only.
    """
    found = _PRINTED.search(text) if _YEAR.search(text) else None
    if found is None or _ABOUT.search(text, 0, found.start()):
        return None
    span = _SPAN.match(text, found.end())
    if span and _PRINTED.match(text, span.end()):
        return None
    rest = text[: found.start()] + " " + text[found.end() :]
    if len(_WORD.findall(_CLOCK.sub(" ", rest))) > _WORDS:
        return None
    time = _CLOCK.search(rest)
    if time and clock == "12h" and not time["half"] and 1 <= int(time["hour"]) <= 12:
        time = None  # before noon or after it: nothing says which
    if found["y5"] and not time:
        return None
    year, month, day = _numbers(found)
    if zone in _MONTH_FIRST and "/" in found.group() and found["y3"]:
        month, day = day, month
    hour, minute = _hour_and_minute(time) if time else (0, 0)
    stated: str | None = None
    if time and time["offset"]:
        stated = f"UTC{time['offset']}"
    elif time and time["name"] in _ABBREVIATIONS:
        stated = time["name"]
    try:
        local = datetime(year, month, day, hour, minute, tzinfo=_zone(time, zone))
    except ValueError:  # a 31 February, a 25:00
        return None
    return _moment(local, " ".join(text.split()), zone, "text", stated, time is not None)


def read_covered(text: str) -> date | None:
    """The day that a report's figures are of, as its text says it, None where it says none.

    "As of April 4, 2022"; of a span ("from 24.02.22 to 20.04.23") the last day.
    """
    opening = text[:_OPENING]
    if not _YEAR.search(opening) or not _LEAD.search(opening):
        return None
    for found in _PRINTED.finditer(opening):
        if not (_AS_OF.search(text, 0, found.start()) or _FROM.search(text, 0, found.start())):
            continue
        try:
            return date(*_numbers(found))
        except ValueError:
            continue
    return None


def is_time(text: str) -> bool:
    """Whether a line is a time of day and nothing else: the rest of a date that stands in an element of its own."""
    return _CLOCK.fullmatch(text.strip(" ,|()-–—•·")) is not None


def _numbers(found: re.Match[str]) -> tuple[int, int, int]:
    """Year, month and day of a date that was found, whether they can be or not."""
    parts = {name[0]: value for name, value in found.groupdict().items() if value and name != "by"}
    century = 2000 if len(parts["y"]) == 2 else 0
    return century + int(parts["y"]), _MONTHS.get(parts["m"].casefold()) or int(parts["m"]), int(parts["d"])


def _hour_and_minute(time: re.Match[str]) -> tuple[int, int]:
    hour, half = int(time["hour"]), time["half"]
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return hour, int(time["minute"])


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no zone's name at all; a folder of zones
        return False
    return True


def _zone(time: re.Match[str] | None, zone: str) -> tzinfo:
    """The zone that stands with a time of day, else the source's. Raises ValueError: an offset of a day or more."""
    if time and time["offset"]:
        digits = re.sub(r"\D", "", time["offset"])
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if time["offset"].startswith("-") else offset)
    return (time and _ABBREVIATIONS.get(time["name"] or "")) or ZoneInfo(zone)


def _moment(local: datetime, printed: str, zone: str, found: str, stated: str | None, timed: bool) -> Moment | None:
    if not EARLIEST <= local.year <= LATEST:
        return None
    try:
        at = local.astimezone(UTC)
        day = local.astimezone(ZoneInfo(zone)).date().isoformat()
    except (OverflowError, ValueError):  # an offset of more than a day
        return None
    stamp = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Moment(stamp, printed, day, found, stated, timed)

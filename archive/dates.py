"""Printed and declared times, as moments with a zone. Pure."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
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
_LANGUAGES = ("en", "uk", "ru", "de", "pl", "tr", "fr", "es", "it")
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
_PRINTED = re.compile(
    rf"(?<!\d)(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?(?P<m1>{_NAME})\.?,?\s+(?:de\s+)?(?P<y1>\d{{4}})"
    rf"|(?P<m2>{_NAME})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s*(?P<y2>\d{{4}})"
    r"|(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>\d{4})|(?P<y4>\d{4})-(?P<m4>\d{2})-(?P<d4>\d{2}))(?!\d)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?(?!\d)(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    # in capitals: "et" and "est" are words
    r"(?:\s?\(?(?:UTC|GMT)\s?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)(?!\d)|\s*\(?(?P<name>(?-i:Z|[A-Z]{2,4}))\b)?",
    re.IGNORECASE,
)
# before a date: what the page speaks of, not when it came out
_ABOUT = re.compile(
    r"\b(?:as of|since|станом на|по состоянию на|\d{1,2}\.\d{2}\.\d{2} (?:to|до|по|[-–—]))\s+$", re.IGNORECASE
)
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
    ``printed``: as it stood there. ``day``: YYYY-MM-DD in the source's zone. ``found``: where it stood.
    """

    at: str
    printed: str
    day: str
    found: str


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
    except ValueError:
        # "GMT+0300" as JavaScript prints it: POSIX, and so dateutil, turns the sign round
        plain = re.sub(r"\b(?:GMT|UTC)\s?(?=[+-]\d)", "", printed)
        # unlike defaults: what is not printed comes out different
        first, second = (
            _parse(plain, datetime(1904, 2, 29)),  # noqa: DTZ001
            _parse(plain, datetime(1908, 3, 31)),  # noqa: DTZ001
        )
        if first is None or second is None or first.date() != second.date():
            return None
        moment = first
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return _moment(local, printed, zone, found)


def _parse(text: str, default: datetime) -> datetime | None:
    try:
        with warnings.catch_warnings():  # an abbreviation it does not know: the source's zone is taken
            warnings.simplefilter("ignore", parser.UnknownTimezoneWarning)
            return parser.parse(
                text, dayfirst=_DAY_FIRST.match(text) is not None, default=default, tzinfos=_ABBREVIATIONS
            )
    except (ValueError, OverflowError):
        return None


def read_printed(text: str, zone: str, clock: Clock = "24h") -> Moment | None:
    """The moment printed in a short line ("12 April, 2026, 7:32 AM EEST"), None where it dates no page.

    Day before month, and months by name in nine languages. A time without a zone of its own is taken in ``zone``.
    A date without a year ("MOSCOW, May 7. /TASS/.") is none: no year is ever supplied. None too where the line is a
    sentence, or speaks of a span of days or of the day that a report covers ("as of").

    ``clock``: "12h" where the source prints the hours of a twelve-hour clock without AM or PM. Then 06:34 is one of
    two moments, and the day alone is believed: ``at`` is its first moment, as for a day printed without a time, and
    the time stands in ``printed`` only.
    """
    found = _PRINTED.search(text)
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
    parts = {name[0]: value for name, value in found.groupdict().items() if value}
    year, month, day = int(parts["y"]), _MONTHS.get(parts["m"].casefold()) or int(parts["m"]), int(parts["d"])
    hour, minute = _hour_and_minute(time) if time else (0, 0)
    try:
        local = datetime(year, month, day, hour, minute, tzinfo=_zone(time, zone))
    except ValueError:  # a 31 February, a 25:00
        return None
    return _moment(local, " ".join(text.split()), zone, "text")


def is_time(text: str) -> bool:
    """Whether a line is a time of day and nothing else: the rest of a date that stands in an element of its own."""
    return _CLOCK.fullmatch(text.strip(" ,|()-–—•·")) is not None


def _hour_and_minute(time: re.Match[str]) -> tuple[int, int]:
    hour, half = int(time["hour"]), time["half"]
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return hour, int(time["minute"])


def _zone(time: re.Match[str] | None, zone: str) -> tzinfo:
    """The zone that stands with a time of day, else the source's. Raises ValueError: an offset of a day or more."""
    if time and time["offset"]:
        digits = re.sub(r"\D", "", time["offset"])
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if time["offset"].startswith("-") else offset)
    return (time and _ABBREVIATIONS.get(time["name"] or "")) or ZoneInfo(zone)


def _moment(local: datetime, printed: str, zone: str, found: str) -> Moment | None:
    if not EARLIEST <= local.year <= LATEST:
        return None
    try:
        at = local.astimezone(UTC)
        day = local.astimezone(ZoneInfo(zone)).date().isoformat()
    except (OverflowError, ValueError):  # an offset of more than a day
        return None
    return Moment(at.isoformat(timespec="seconds").replace("+00:00", "Z"), printed, day, found)

"""Printed and declared times, as moments with a zone. Pure."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from babel.dates import get_month_names
from dateutil import parser

# years a page can have come out in: what lies outside is a date that was never set, or an identifier
EARLIEST, LATEST = 1990, 2100
# abbreviations that news sites print, as seconds from UTC; each is one offset wherever it is used in news
_ABBREVIATIONS = {
    "CET": 3600, "CEST": 7200, "EET": 7200, "EEST": 10800, "MSK": 10800, "TRT": 10800, "BST": 3600, "WEST": 3600,
    "WET": 0, "Z": 0, "UTC": 0, "GMT": 0, "EST": -18000, "EDT": -14400, "CDT": -18000, "PST": -28800, "PDT": -25200,
}  # fmt: skip


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
    r"(?<![\d.:])(\d{1,2}):(\d{2})(?::\d{2})?(?!\d)(?:\s?([ap])\.?m\b\.?)?(?:(Z|\s+[A-Z]{2,4})\b)?", re.IGNORECASE
)


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
        plain = re.sub(r"GMT(?=[+-]\d)", "", printed)
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


def read_printed(text: str, zone: str) -> Moment | None:
    """The moment printed in a short line ("12 April, 2026, 7:32 AM EEST"), None where no whole date stands in it.

    Day before month, and months by name in nine languages. A time without a zone of its own is taken in ``zone``.
    """
    found = _PRINTED.search(text)
    if found is None:
        return None
    parts = {name[0]: value for name, value in found.groupdict().items() if value}
    month = _MONTHS.get(parts["m"].casefold())
    clock = _CLOCK.search(text[: found.start()] + " " + text[found.end() :])
    hour, minute, half, short = clock.groups() if clock else ("0", "0", None, None)
    try:
        local = datetime(
            int(parts["y"]),
            month or int(parts["m"]),
            int(parts["d"]),
            int(hour) % 12 + (12 if half.lower() == "p" else 0) if half else int(hour),
            int(minute),
            tzinfo=ZoneInfo(zone),
        )
    except ValueError:  # a 31 February, a 25:00
        return None
    if short and (offset := _ABBREVIATIONS.get(short.strip().upper())) is not None:
        local = local.replace(tzinfo=timezone(timedelta(seconds=offset)))
    return _moment(local, " ".join(text.split()), zone, "text")


def _moment(local: datetime, printed: str, zone: str, found: str) -> Moment | None:
    if not EARLIEST <= local.year <= LATEST:
        return None
    try:
        at = local.astimezone(UTC)
        day = local.astimezone(ZoneInfo(zone)).date().isoformat()
    except (OverflowError, ValueError):  # an offset of more than a day
        return None
    return Moment(at.isoformat(timespec="seconds").replace("+00:00", "Z"), printed, day, found)

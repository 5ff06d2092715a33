"""Printed and declared times, as moments with a zone. Pure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil import parser

# abbreviations that news sites print, as seconds from UTC; each is one offset wherever it is used in news
_ABBREVIATIONS = {
    "CET": 3600, "CEST": 7200, "EET": 7200, "EEST": 10800, "MSK": 10800, "TRT": 10800, "BST": 3600, "WEST": 3600,
    "WET": 0, "EST": -18000, "EDT": -14400, "ET": -18000, "CDT": -18000, "PST": -28800, "PDT": -25200,
}  # fmt: skip


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
        try:
            with warnings.catch_warnings():  # an abbreviation it does not know: the source's zone is taken
                warnings.simplefilter("ignore", parser.UnknownTimezoneWarning)
                moment = parser.parse(printed, default=datetime(1904, 2, 29), tzinfos=_ABBREVIATIONS)  # noqa: DTZ001
                other = parser.parse(printed, default=datetime(1908, 3, 31), tzinfos=_ABBREVIATIONS)  # noqa: DTZ001
        except (ValueError, OverflowError):
            return None
        if moment.date() != other.date():
            return None
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    try:
        at = local.astimezone(UTC)
        day = local.astimezone(ZoneInfo(zone)).date().isoformat()
    except OverflowError:
        return None
    return Moment(at.isoformat(timespec="seconds").replace("+00:00", "Z"), printed, day, found)

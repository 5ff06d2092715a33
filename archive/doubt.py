"""What speaks against a time that a page states. Pure.

A doubtful time is kept as it is, with the reason beside it: one plain line that names both dates. Nothing is ever put
in its place, for the page may be right and what contradicts it wrong.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from urllib.parse import unquote, urlsplit

from archive.dates import EARLIEST, LATEST, read_covered
from archive.models import moment

# clocks and zones differ by up to a day
_CLOCKS = timedelta(days=1)
# a story may be published again under its address, and announced again, months after it came out; a year that is
# wrong by one is 360 days off and more
_ADDRESS = _LIST = timedelta(days=300)
# what is printed by the headline is the day it came out, or that of its last change
_PRINTED = timedelta(days=2)
# a report of figures comes out within days of the day it covers, statistics within weeks
_COVERED = timedelta(days=62)
# blocks at the head of a text that are looked at for the day it covers
_HEAD = 6
_IN_ADDRESS = re.compile(
    r"(?<!\d)(?P<y1>(?:19|20)\d\d)(?P<by>[/_-])(?P<m1>\d\d?)(?:(?P=by)(?P<d1>\d\d?))?(?!\d)"
    r"|(?<=/)(?P<y2>(?:19|20)\d\d)(?P<m2>[01]\d)(?P<d2>[0-3]\d)(?!\d)"
)


def of_page(
    published: str | None,
    day: str | None,
    addresses: Iterable[str] = (),
    printed: str | None = None,
    announced: str | None = None,
    texts: Sequence[str] = (),
) -> str | None:
    """What a page itself, its addresses and the list that led to it (``announced``, a stamp) say against its time.

    ``published`` is a stamp, ``day`` that of the source's zone, ``printed`` the one by its headline (YYYY-MM-DD).
    ``texts``: its title and its blocks. None where nothing speaks against it.
    """
    if published is None or day is None:
        return None
    own = date.fromisoformat(day)
    reasons: list[str] = []
    for address in addresses:
        for first, last, stated in _days(address):
            if first - own > _ADDRESS or own - last > _ADDRESS:
                reasons.append(f"the address says {stated}, the page {day}")
    if printed and abs(date.fromisoformat(printed) - own) > _PRINTED:
        reasons.append(f"by its headline the page prints {printed}, but declares {day}")
    if announced and abs(moment(announced) - moment(published)) > _LIST:
        reasons.append(f"the list that announced it says {announced[:10]}, the page {day}")
    for text in texts[:_HEAD]:
        if (covered := read_covered(text)) and abs(covered - own) > _COVERED:
            reasons.append(f"its figures are those of {covered}, the page is dated {day}")
    return joined(*reasons)


def earlier(published: str | None, modified: str | None) -> str | None:
    """What is wrong with a change that lies before the publication (both stamps).

    More than a day before: what comes out at a set time is often changed for the last time some hours before (9 of
    134 labelled pages).
    """
    if published and modified and moment(published) - moment(modified) > _CLOCKS:
        return f"changed on {modified[:10]}, before it came out on {published[:10]}"
    return None


def of_capture(stated: str | None, captured: str, day: str | None = None) -> str | None:
    """What the time of its capture says against a time (both stamps): that it lies in the future.

    ``day``: the stated one in the source's zone.
    """
    if stated and moment(stated) - moment(captured) > _CLOCKS:
        return f"dated {day or stated[:10]}, but captured on {captured[:10]} already"
    return None


def joined(*lines: str | None) -> str | None:
    """Several reasons as one line, None where there are none."""
    return "; ".join(dict.fromkeys(line for line in lines if line)) or None


def _days(address: str) -> Iterator[tuple[date, date, str]]:
    """The first and the last day of each date in an address's path, and the date as ISO 8601."""
    for found in _IN_ADDRESS.finditer(unquote(urlsplit(address).path)):
        parts = {name[0]: int(value) for name, value in found.groupdict().items() if value and name != "by"}
        year, month, day = parts["y"], parts["m"], parts.get("d")
        try:
            if EARLIEST <= year <= LATEST:
                first = date(year, month, day or 1)
                last = first if day else date(year, month, monthrange(year, month)[1])
                yield first, last, first.isoformat() if day else f"{first:%Y-%m}"
        except ValueError:  # an identifier
            continue

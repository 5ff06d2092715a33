"""How much disk an archive will use. Pure: sizes and times are passed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# growth is taken from this many last days: long enough for weekends, short enough to see that sources were added
WINDOW = timedelta(days=30)
# a shorter history says nothing: its first day brings what was already there
LEAST = timedelta(days=3)
FIRST = timedelta(days=1)
YEAR = 365


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes a day as measured over ``days``, and bytes in use a year from now."""

    days: float
    warc: float
    database: float
    in_a_year: float

    @property
    def daily(self) -> float:
        """Bytes a day, all together."""
        return self.warc + self.database


def measured(first: datetime | None, now: datetime) -> datetime | None:
    """Since when growth is to be measured; None: the history is too short to say anything.

    ``first``: the first capture of the archive. Its first day is left out, where a source brings its back numbers.
    """
    if first is None or now - first < LEAST:
        return None
    return max(now - WINDOW, first + FIRST)


def forecast(
    since: datetime,
    now: datetime,
    used: int,
    files: Iterable[tuple[datetime, int]],
    database: int,
    captures: tuple[int, int],
) -> Forecast:
    """Disk in use a year from now, if it goes on as since ``since``.

    Args:
        used: bytes in use now. files: of each WARC file when its first record was captured, and its bytes; those that
            began since then are what was added. database: its bytes; SQLite keeps no history of its size, so the
            share of it that is new is taken to be that of the ``captures`` (since then, ever).
    """
    days = (now - since) / timedelta(days=1)
    recent, ever = captures
    warc = sum(size for began, size in files if began >= since) / days
    rows = database * min(1.0, recent / max(ever, 1)) / days
    return Forecast(days, warc, rows, used + YEAR * (warc + rows))

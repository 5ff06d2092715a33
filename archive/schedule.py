"""When a page is asked for again. Pure: the time is passed in.

An article is looked at again at certain ages, each once: most edits come within hours, and what has stood for a
month hardly ever changes. A block is tried ever more rarely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# ages of an article at which it is looked at again; after the last one never
STEPS = tuple(timedelta(**{unit: n}) for unit, n in (
    ("minutes", 15), ("hours", 1), ("hours", 3), ("days", 1), ("days", 3), ("days", 10), ("days", 30)
))  # fmt: skip
# a visit that was missed is made up for until so long after the last one would have been
LATE = timedelta(days=1)
# how long a source that blocks us, or fails, is left alone, by how many runs in a row it did
RESTS = tuple(timedelta(**{unit: n}) for unit, n in (
    ("minutes", 0), ("hours", 1), ("hours", 6), ("days", 1), ("days", 3), ("days", 7)
))  # fmt: skip
# a host that asks for patience without saying for how long, by how many times in a row it did
PATIENCE = tuple(timedelta(minutes=n) for n in (5, 15, 60, 240, 720))
# no Retry-After counts for longer: a typing error must not silence a source for years
LONGEST_WAIT = timedelta(days=1)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_age(text: str) -> timedelta:
    """An age as the catalogue spells it: ``15m``, ``3h``, ``10d``.

    Raises:
        ValueError: anything else.
    """
    match = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{text!r} is no age such as 15m, 3h or 10d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def next_visit(born: datetime, asked: datetime, steps: Sequence[timedelta] = STEPS) -> datetime | None:
    """When an article is due next: the first of ``steps`` after its age when it was asked for last; None: never.

    ``born``: when it came out, or was first seen where the page does not say; ``asked``: when its page was asked for
    last, answered or not.
    """
    return next((born + step for step in steps if born + step > asked), None)


def rest(failures: int) -> timedelta:
    """How long a source is left alone after so many runs in a row in which it blocked or failed."""
    return RESTS[min(failures, len(RESTS) - 1)]


def patience(times: int) -> timedelta:
    """How long a host is left alone that asked for patience without saying for how long, the first time being 1."""
    return PATIENCE[min(max(times, 1), len(PATIENCE)) - 1]


def wait_until(retry_after: str | None, now: datetime, times: int) -> datetime:
    """Until when a host is left alone that answered 429 or 503, for the ``times``th time in a row.

    ``retry_after``: its header, in seconds or as a date (RFC 9110 10.2.3); what it says counts up to LONGEST_WAIT,
    and what cannot be read as one is as if it had not been sent.
    """
    wait = patience(times)
    if retry_after is not None:
        try:
            stated = retry_after.strip()
            if stated.isascii() and stated.isdigit():
                wait = timedelta(seconds=min(int(stated), LONGEST_WAIT.total_seconds()))
            else:
                date = parsedate_to_datetime(stated)
                wait = date.replace(tzinfo=date.tzinfo or UTC) - now
        except (ValueError, OverflowError):
            wait = patience(times)
    return now + max(timedelta(), min(wait, LONGEST_WAIT))


def is_wanted(
    born: datetime,
    asked: datetime,
    modified: datetime | None,
    now: datetime,
    steps: Sequence[timedelta] = STEPS,
    sure: bool = True,
) -> bool:
    """Whether an article that is known is to be asked for now.

    ``modified``: when the outlet says that it changed last. Later than we asked: yes. Not later: no, whatever its
    age, where the outlet says it of every change (``sure``). A date without a time may be any moment of its day, and
    so decides only when that day was over. What is said of the future is a mistake, and says nothing.
    """
    if modified is not None and modified <= now:
        day = (modified.hour, modified.minute, modified.second, modified.microsecond) == (0, 0, 0, 0)
        if modified > asked:
            return True
        if sure and (not day or modified + timedelta(days=1) <= asked):
            return False
    due = next_visit(born, asked, steps)
    return due is not None and due <= now <= born + steps[-1] + LATE

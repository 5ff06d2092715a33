"""When a page is asked for again. Pure: the time is passed in.

An article is looked at again at certain ages, each once: most edits come within hours, and what has stood for a
month hardly ever changes. A block is tried ever more rarely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

# ages of an article at which it is looked at again; after the last one never
STEPS = tuple(timedelta(**{unit: n}) for unit, n in (
    ("minutes", 15), ("hours", 1), ("hours", 3), ("days", 1), ("days", 3), ("days", 10), ("days", 30)
))  # fmt: skip
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

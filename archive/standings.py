"""Which of several pages' figures for one day stands for it, and which agree with that one. Pure.

A report is reprinted, and outlets misprint: of all figures that one side's reports state for one day, series and
category, one is taken and the others either agree with it or differ from it. Nothing is corrected and nothing is
counted twice. What is taken depends on the pages alone, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal, NamedTuple

Standing = Literal["taken", "agrees", "differs"]

# whose official sources speak for a side, ISO 3166
COUNTRIES = {"ukraine": "UA", "russia": "RU"}
# "more than 5,800" says that there are that many and some, "up to" that there are no more
_FLOORS = frozenset({"more than", "at least"})
_CEILINGS = frozenset({"up to", "almost"})


class Key(NamedTuple):
    """What is claimed: two figures with one key answer the same question.

    ``direction`` and ``formation``: their neutral keys, else as printed; both None: the headline.
    """

    claimed_by: str
    about: str
    series: str
    category: str
    as_of: str
    period_start: str | None
    period_end: str | None
    direction: str | None
    formation: str | None


class Claim(NamedTuple):
    """A figure as far as it decides which one is taken.

    ``official``: its page is an official source's of the side that claims. ``at``: when its page was published, else
    first seen; ``url`` and ``part`` name the page.
    """

    id: int
    key: Key
    article: int
    total: int | None
    delta: int | None
    qualifier: str | None
    precision: int
    official: int
    at: str
    url: str
    part: int
    position: int


def stand(claims: Iterable[Claim]) -> dict[int, tuple[Standing, int]]:
    """Figure → how it stands, and the figure that is taken of those with its key."""
    found: dict[int, tuple[Standing, int]] = {}
    for _, group in groupby(sorted(claims, key=_place), key=lambda claim: claim.key):
        taken, *others = group
        found[taken.id] = "taken", taken.id
        for other in others:
            found[other.id] = "agrees" if agree(taken, other) else "differs", taken.id
    return found


def _place(claim: Claim) -> tuple[object, ...]:
    """By key, the one that is taken first: printed to the last digit, official, the earliest published; of one page
    the text before the title."""
    key = tuple((part is not None, part or "") for part in claim.key)
    page = (claim.precision > 0, not claim.official, claim.at, claim.url, claim.part)
    printed = (claim.position < 0, claim.position, claim.total is None, claim.total or 0, claim.id)
    return key, page, printed


def agree(one: Claim, other: Claim) -> bool:
    """Whether two figures can both be what was claimed: equal, or within what is rounded or left open."""
    if (
        not one.precision
        and not other.precision
        and None not in (one.delta, other.delta)
        and one.delta != other.delta
    ):
        return False
    if one.total is None or other.total is None:
        return True
    if abs(one.total - other.total) <= one.precision + other.precision:
        return True
    if one.qualifier == other.qualifier:
        return False
    (low, high), (least, most) = _range(one.total, one), _range(other.total, other)
    return low <= most and least <= high


def _range(total: int, claim: Claim) -> tuple[int, int]:
    """What a figure leaves open: below "up to 5,800" lie the 99 to the next one that would be as round."""
    if claim.qualifier in _FLOORS:
        return total - claim.precision, total + claim.precision + _open(total)
    if claim.qualifier in _CEILINGS:
        return total - claim.precision - _open(total), total + claim.precision
    return total - claim.precision, total + claim.precision


def _open(total: int) -> int:
    unit = 1
    while total and total % (unit * 10) == 0:
        unit *= 10
    return unit - 1

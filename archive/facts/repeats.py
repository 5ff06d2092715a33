"""Claims that a page prints more than once: each is kept once, and what contradicts itself is not. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from archive.facts.items import Item
from archive.models import Figure, Unread


def is_same(one: Figure, other: Figure) -> bool:
    """Whether two are claims of one category for one day."""
    return (one.category, one.as_of) == (other.category, other.as_of)


def keep_once(figures: Sequence[Figure]) -> tuple[list[Figure], list[Unread]]:
    """Each claim once, and what contradicts one.

    A rounded number gives way to the exact one that it stands for. Of two others the one that is printed more often
    is believed, in a title less than in the text; where that is even neither is.
    """
    kept: list[Figure] = []
    doubtful: list[Unread] = []
    claims: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        claims.setdefault((figure.category, figure.as_of), []).append(figure)
    for same in claims.values():
        exact = [one for one in same if not any(_rounds(one, other) for other in same)]
        votes = {one.total: sum(2 - (o.position < 0) for o in exact if o.total == one.total) for one in exact}
        most = max(votes.values())
        best = [total for total, count in votes.items() if count == most]
        if len(best) == 1:
            chosen = [one for one in exact if one.total == best[0]]
            kept.append(next((one for one in chosen if one.delta is not None), chosen[0]))
        doubtful += [
            Unread(one.position, one.sentence, f"{one.category} is printed twice, unlike")
            for one in exact
            if len(best) > 1 or one.total != best[0]
        ]
    return kept, doubtful


def is_told(item: Item, figures: Sequence[Figure]) -> bool:
    """Whether a number stands among the figures, or is the rounding of one."""
    own = Figure("ukraine", "russia", "total", item.category, "", item.value, None, item.qualifier, item.precision)
    return any(
        figure.category == item.category and (figure.total == item.value or _rounds(own, figure))
        for figure in figures
    )


def _rounds(rough: Figure, exact: Figure) -> bool:
    """Whether one number is the other's rounding."""
    if rough.total is None or exact.total is None or rough.total == exact.total or exact.precision:
        return False
    zeros, others = (len(str(total)) - len(str(total).rstrip("0")) for total in (rough.total, exact.total))
    # "more than 775,000" of 776,090
    width = max(rough.precision * 2, 10**zeros) * (1 if rough.qualifier in (None, "about") else 10)
    return (zeros > others or rough.precision > 0) and abs(rough.total - exact.total) < width

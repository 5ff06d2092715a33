"""One claim once: a page prints most of its numbers twice, and some of them rounded in its title. Pure.

Where a page has two numbers for one claim, neither is taken, nor what stands beside them in their sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from archive.facts.patterns import words
from archive.facts.periods import read_range
from archive.facts.registry import plain
from archive.models import Facts, Figure, Unread

# a page with more sentences that stay unread is no briefing
_UNREAD = 20
_Key = tuple[str, str, str, str | None, str | None]


def settled(found: Sequence[Figure], unread: Sequence[Unread]) -> Facts:
    """Each claim once, in page order, and what stayed unread."""
    kept: dict[_Key, Figure] = {}
    left: dict[_Key, list[Figure]] = {}
    for figure in found:
        key = (figure.series, figure.category, figure.as_of, figure.direction, figure.formation)
        known = kept.get(key)
        if known is None or _rounds(known, figure):
            kept[key] = figure
        elif known.total != figure.total and not _rounds(figure, known):
            left.setdefault(key, [known]).append(figure)
    # where one number of a sentence is doubtful, so are those beside it; a sum's categories stand each by itself
    doubtful = {_group(f) for group in left.values() for f in group if f.series != "total"}
    parts = _Parts(kept.values())
    figures = [
        figure
        for key, figure in kept.items()
        if key not in left and _group(figure) not in doubtful and not parts.holds(figure)
    ]
    twice = [Unread(f.position, f.sentence, "two numbers for one claim") for group in left.values() for f in group]
    once = {(one.position, one.sentence): one for one in reversed([*unread, *twice])}
    return Facts(
        tuple(sorted(figures, key=lambda figure: figure.position)),
        tuple(sorted(once.values(), key=lambda one: one.position)[:_UNREAD]),
    )


def _group(figure: Figure) -> tuple[object, ...]:
    return figure.position, figure.sentence, figure.direction, figure.formation


class _Parts:
    """Which titles leave out for whom their number is: one group's, below."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        placed = [f for f in figures if f.position >= 0 and (f.direction or f.formation)]
        self.several = len({(f.direction, f.formation) for f in placed if f.period_end}) > 1
        numbers: set[tuple[str, str, int | None, str | None]] = set()
        numbers.update((f.series, f.category, f.total, None) for f in placed)
        numbers.update((f.series, f.category, f.total, f.formation) for f in placed if f.direction)
        self.numbers = numbers

    def holds(self, figure: Figure) -> bool:
        """Whether a title's number is one of these."""
        if figure.position >= 0 or figure.direction is not None:
            return False
        number = (figure.series, figure.category, figure.total, figure.formation)
        return number in self.numbers and (self.several or not _of_all(figure))


def _of_all(figure: Figure) -> bool:
    """Whether a title says that its number is the whole front's, or the whole week's by its dates."""
    text = plain(figure.sentence)
    return figure.formation is None and (
        words("whole").search(text) is not None or read_range(text, date.fromisoformat(figure.as_of)) is not None
    )


def _rounds(rough: Figure, exact: Figure) -> bool:
    """Whether one number is the other, rounded: "more than 1.6 thousand" for 1,665."""
    if rough.total is None or exact.total is None or rough.total == exact.total:
        return False
    if rough.qualifier == "almost" and rough.position < 0 and 0 < rough.total - exact.total < exact.total / 20:
        return True
    if rough.precision > exact.precision and abs(rough.total - exact.total) <= 2 * rough.precision:
        return True
    # a title's "over 7,800" for 7,815
    unit = 100 if exact.total >= 1000 else 10
    return (
        rough.position < 0 <= exact.position
        and rough.qualifier == "more than"
        and rough.total % unit == 0
        and 0 < exact.total - rough.total < 10 * unit
    )

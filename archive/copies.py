"""How two texts relate, with a score and the reason in words. Pure.

Observed (134 labelled texts of 2024 altered in ten ways, 1,625 daily reports of losses, 728 pages of 2011 and 2012;
`make bench-copies` prints what follows from it):
  - runs of three words tell re-captures from the rest at a Jaccard of about .5; a tenth of the words edited leaves
    .57, and two stories of one site that share a paragraph stay below .3;
  - two daily reports of one form share up to .53 of their runs, so numbers must be looked at: from day to day a third
    or more of them differ (all but one in a hundred: .37), while the words between them stay;
  - what one story says at its head and further down has words in common: the cosine of the counts of its longer words
    cut to six letters is .16 or more in 92 of 100 (with nine letters in 88, in Russian in 68), and below that for
    97 of 100 pairs of different stories. It is what tells a text that was cut to its head from one that stands on a
    page with others.
The unacceptable error is to call two stories one. So: a report of another day is never a copy, and a text that makes
up the smaller part of a page that goes on about something else is contained, not copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from archive.fingerprint import distinct, form, letters, numbers, overlap, runs, shingles, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from archive.fingerprint import Hashes

Kind = Literal["same_text", "near_copy", "contains", "template_series", "shared_quotes"]

# fewer words than this are everybody's (a one-sentence flash has about as many)
LEAST = 10
# copies share this much of all their runs, see above
NEAR = 0.45
# or one holds this much of the other's, and the rest of the other differs (a new lead on a cut text)
PARTLY = 0.6
# a text is held by another one from this share of its runs on
HELD = 0.8
# what goes on after a text is looked at from so many words in a row on
REST = 50
# a text and the rest of its page are about one thing from this cosine on, see above
ABOUT = 0.16
# a text begins within so many words of the page's beginning where it is its head: a dateline, a lead of its own
HEAD = 60
# reports of one form hold so many numbers, and differ in half of them; or in this share and by their numbers alone,
# where one word in so many is a number: no story is another day's for three counts that were brought up to date
FIGURES, OTHER_FIGURES, SOME_FIGURES, DENSE = 8, 0.5, 0.2, 12
# texts of one form share this much of the runs of what stands between their numbers
FORM = 0.5
# words of the same text that both have may part by so few others before it counts as left
_GAP = 12
# of longer words the first letters: endings differ within one story
_LONG, _STEM = 6, 6
# from here on scripts write in a sign what others write in two letters; Chinese characters come after kana
_SHORT_WORDS, _KANA = "\u0590", "\u3400"


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind`` of a pair, ``score`` 0 to 1 and ``reason`` in words. ``holder``: for contains, which of the two (0, 1)
    holds the other."""

    kind: Kind
    score: float
    reason: str
    holder: int = 0


class Text:
    """A text as it is compared: what of it is needed is worked out once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def letters(self) -> str:
        """Letters and digits alone."""
        return letters(self.text)

    @cached_property
    def words(self) -> list[str]:
        """Its words, case folded."""
        return words(self.text)

    @cached_property
    def runs(self) -> Hashes:
        """Its runs of three words in order."""
        return runs(self.words)

    @cached_property
    def shingles(self) -> Hashes:
        """The distinct ones."""
        return distinct(self.runs)

    @cached_property
    def numbers(self) -> Counter[str]:
        """Its numbers."""
        return Counter(numbers(self.text))

    @cached_property
    def form(self) -> list[str]:
        """The words between its numbers."""
        return words(form(self.text))


def relate(a: Text, b: Text) -> Relation | None:
    """How two texts relate, None where they are no copies and of no series; quotations are not looked at."""
    if min(len(a.words), len(b.words)) < LEAST:
        return None
    if a.letters == b.letters:
        return Relation("same_text", 1.0, "letter for letter the same text")
    shared = overlap(a.shingles, b.shingles)
    everything = len(a.shingles) + len(b.shingles) - shared
    jaccard, held = shared / everything, shared / min(len(a.shingles), len(b.shingles))
    if held < NEAR / 2:
        return None
    series = _series(a, b)
    if series is not None:
        return series if series.score >= FORM else None
    if jaccard >= NEAR or (HELD > held >= PARTLY and 2 * jaccard >= PARTLY):
        return Relation("near_copy", round(jaccard, 3), f"{_percent(jaccard)} of the wording is the same")
    return _held(a, b, held) if held >= HELD else None


def part_of(a: Text, b: Text) -> Relation | None:
    """What the shorter of two texts is to the longer where that is known to be a page of several stories.

    None where it does not stand in it, or there is no room for another story beside it.
    """
    if min(len(a.words), len(b.words)) < LEAST:
        return None
    held = overlap(a.shingles, b.shingles) / min(len(a.shingles), len(b.shingles))
    return _contains(a, b, held) if held >= HELD and has_room(len(a.words), len(b.words)) else None


def has_room(words: int, others: int, third: int = LEAST) -> bool:
    """Whether the longer of two texts can hold the other one and a third of that many words (a few are shared)."""
    return min(words, others) + third <= 1.02 * max(words, others)


def is_other_story(a: Text, b: Text) -> bool:
    """Whether two texts that stand on one page share next to nothing: neither wording nor what they are about."""
    shared = overlap(a.shingles, b.shingles)
    return shared <= 0.1 * min(len(a.shingles), len(b.shingles)) and _cosine(_terms(a.words), _terms(b.words)) < ABOUT


def _series(a: Text, b: Text) -> Relation | None:
    """Whether two texts are reports of one form with other figures."""
    fewer = min(a.numbers.total(), b.numbers.total())
    if fewer < FIGURES:
        return None
    other = 1 - (a.numbers & b.numbers).total() / fewer
    if other < SOME_FIGURES:
        return None
    if other <= OTHER_FIGURES and DENSE * fewer < min(len(a.words), len(b.words)):
        return None
    ours, theirs = Counter(a.form), Counter(b.form)
    said = 1 - (ours & theirs).total() / max(min(ours.total(), theirs.total()), 1)
    if other <= OTHER_FIGURES and 3 * said > other:
        return None  # words and numbers were edited alike
    first, second = shingles(a.form), shingles(b.form)
    shared = overlap(first, second)
    score = shared / max(len(first) + len(second) - shared, 1)
    return Relation(
        "template_series", round(score, 3), f"the same form with other figures: {_percent(other)} of them differ"
    )


def _held(a: Text, b: Text, held: float) -> Relation:
    """What a text that stands nearly whole in a longer one is to it, where it is less than half of it."""
    import numpy as np

    holder = int(len(b.words) > len(a.words))
    long, short = (b, a) if holder else (a, b)
    inside = _covered(np.isin(long.runs, short.shingles), len(long.words))
    if int(np.argmax(inside)) > HEAD:
        return _contains(a, b, held)
    start, end = _longest_gap(inside)
    own = [word for word, is_in in zip(long.words, inside, strict=True) if is_in]
    if end - start >= REST and _cosine(_terms(own), _terms(long.words[start:end])) < ABOUT:
        return _contains(a, b, held)
    share = len(short.words) / len(long.words)
    return Relation("near_copy", round(held, 3), f"cut: the one is the first {_percent(share)} of the other")


def _contains(a: Text, b: Text, held: float) -> Relation:
    holder = int(len(b.words) > len(a.words))
    share = min(len(a.words), len(b.words)) / max(len(a.words), len(b.words))
    return Relation(
        "contains",
        round(held, 3),
        f"{_percent(held)} of the one stand in the other, and make up {_percent(share)} of it",
        holder,
    )


def _covered(hits: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Which words stand in a run that was hit."""
    import numpy as np

    inside = np.zeros(count, dtype=bool)
    for place in range(count - len(hits) + 1):
        inside[place : place + len(hits)] |= hits
    return inside


def _longest_gap(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """The longest stretch of words outside; a few words inside do not end it (two texts share some by chance)."""
    best, start, last = (0, 0), 0, -1
    stretch = 0
    for place, is_in in enumerate(inside.tolist()):
        if is_in:
            stretch += 1
            continue
        if stretch > _GAP or last < 0:
            start = place
        stretch, last = 0, place
        if place + 1 - start > best[1] - best[0]:
            best = (start, place + 1)
    return best


def _terms(text: list[str]) -> Counter[str]:
    """The words that say what a text is about: longer ones, or pairs of characters where a script sets no spaces."""
    terms = Counter(word[:_STEM] for word in text if len(word) >= (_LONG if word < _SHORT_WORDS else 2))
    terms.update(a + b for a, b in pairwise(text) if len(a) == len(b) == 1 and min(a, b) > _KANA)
    return terms


def _cosine(a: Counter[str], b: Counter[str]) -> float:
    norm = (_square(a.values()) * _square(b.values())) ** 0.5
    return sum(a[term] * b[term] for term in a.keys() & b.keys()) / norm if norm else 0.0


def _square(values: Iterable[int]) -> int:
    return sum(value * value for value in values)


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"

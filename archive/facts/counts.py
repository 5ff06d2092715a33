"""Things counted in a sentence of a briefing: the number, its label's category, and what is part of another count.

Pure. A label stands behind its number, with names, models and the like between; in lists also before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from archive.facts.numbers import DASHES, Number, read_numbers
from archive.facts.patterns import labels, table, words
from archive.facts.periods import is_month
from archive.facts.registry import registry

# the languages whose number words the labels need
_LANGUAGES = ("en", "ru", "uk", "de")
# so many words may stand between a number and its label ("two US-made M109 Paladin self-propelled guns")
_BETWEEN = 5
_WORD = re.compile(r"[«“„\"'(]?([^\s,;:()]{1,30})[)»”\"']?")
_MADE = re.compile(r"[\w.]+-(?:made|built|produced)|[\w-]*\d[\w-]*", re.IGNORECASE)
_ARTICLE = re.compile(r"(?<!\w)(?:an?|another)\s+(?=\w)", re.IGNORECASE)
_SPACE = re.compile(r"[\s\u200b]*")
_SEPARATOR = re.compile(r"(?:^|[,;:—–]|\s(?:and|и|та|і|й|also|также|а также|а також))\s*$", re.IGNORECASE)
_YEARS = range(1990, 2101)
# so far before a number its qualifier is looked for, and a label
_REACH, _LABEL = 24, 120
# and so far before the first count of a sentence the word that makes it a part of something not counted here
_APART = 60
# behind "including" a new count begins with one of these
_AGAIN = re.compile(r"(?:as well as|а также|а також|along with|[;)]|\bplus\b)", re.IGNORECASE)
_JOINT = re.compile(r"\s+(?:and|or|und|oder|и|или|та|і|й|або|y|e|et)\s+", re.IGNORECASE)
# what may stand between a group's name and a number that is its troops, and behind that
_LEADING = re.compile(
    rf"[»”\"')]?\s*(?:battle)?(?:group\w{{0,4}}(?:\s+of\s+(?:forces|troops))?|группиров\w{{1,4}}|угрупован\w{{1,3}})?"
    rf"\s*[:{DASHES}]?\s*",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\s*(?:$|[,.;»”\"]|(?:and|и|та|і|а|while|over|during|за|at)(?!\w))", re.IGNORECASE)
_LED = re.compile(rf"\s*[:|\t{DASHES}]\s*$")


class Count(NamedTuple):
    """So many of one category; ``start`` is where the number begins, ``stop`` where the label ends.

    ``part``: it counts some of what a count before it holds. ``bare``: no number stands there, so it is one.
    """

    category: str
    value: int
    precision: int
    qualifier: str | None
    start: int
    stop: int
    part: bool = False
    bare: bool = False


# one sentence is asked of several times
@lru_cache(maxsize=64)
def _numbers(text: str) -> tuple[Number, ...]:
    return tuple(read_numbers(text, _LANGUAGES))


@lru_cache(maxsize=64)
def read_counts(text: str, name: str) -> tuple[Count, ...]:
    """The counts of a sentence by the labels of a table, in order; every number counts once."""
    numbers = _numbers(text)
    found = [count for number in numbers if (count := _counted(text, number, name))]
    if name == "losses":
        found += _single(text, name, found, numbers)
        found.sort(key=lambda count: count.start)
        found = _parts(text, found, numbers)
    return tuple(found)


def read_bare(text: str, start: int, stop: int) -> Count | None:
    """The number alone that a stretch of a sentence begins with: "the Yug group more than 1,135"."""
    number = next((number for number in _numbers(text) if start <= number.start < stop), None)
    if number is None or number.led or number.trailed:
        return None
    kind, begin = _qualifier(text, number.start)
    leading = _LEADING.match(text, start, begin)
    verb = words("before").match(text, leading.end(), begin) if leading is not None else None
    left = text[verb.end() if verb else leading.end() if leading else start : begin]
    if left.strip() or _ENDING.match(text, number.stop) is None:
        return None
    return Count("personnel", number.value, number.precision, kind, number.start, number.stop)


def read_led(text: str, name: str) -> list[Count]:
    """The counts of a list whose labels stand before their numbers: "aircraft: 98, helicopters - 110"."""
    found: list[Count] = []
    for number in _numbers(text):
        kind, begin = _qualifier(text, number.start)
        before = text[max(0, begin - _LABEL) : begin]
        mark = _LED.search(before)
        if mark is None:
            continue
        ends = [
            (match.end() - match.start(), category)
            for category, label in labels(name)
            for match in label.finditer(before, 0, mark.start())
            if match.end() == mark.start()
        ]
        if ends:
            found.append(Count(max(ends)[1], number.value, number.precision, kind, number.start, number.stop))
    return found


def _qualifier(text: str, start: int) -> tuple[str | None, int]:
    """What bounds the number that starts there ("more than"), and where those words begin."""
    before = text[max(0, start - _REACH) : start]
    folded = before.rstrip().casefold()
    for phrase, kind in _qualifiers():
        if folded.endswith(phrase) and not folded[: -len(phrase)][-1:].isalpha():
            return kind, start - len(before) + len(folded) - len(phrase)
    return None, start


@cache
def _qualifiers() -> tuple[tuple[str, str], ...]:
    every = {phrase: kind for row in registry().qualifiers.values() for phrase, kind in row.items()}
    return tuple(sorted(every.items(), key=lambda pair: -len(pair[0])))


def _label(text: str, at: int, name: str) -> tuple[str, int] | None:
    """The category whose label stands there, and where that ends: the longest."""
    found = [(match.end(), category) for category, label in labels(name) if (match := label.match(text, at))]
    end, category = max(found, default=(0, ""))
    return (category, end) if category else None


def _after(text: str, at: int, name: str) -> tuple[str, int] | None:
    """The label that follows, with names, model numbers and the like between; none across a comma."""
    for n in range(_BETWEEN + 1):
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if (label := _label(text, at, name)) is not None:
            return label
        word = _WORD.match(text, at)
        if word is None or n == _BETWEEN or words("unfill").match(text, word.start(1)) or is_month(word[1]):
            return None
        known = words("fill").match(text, word.start(1))
        if word[1][:1].isupper() or _MADE.fullmatch(word[1]):
            at = word.end()
        elif known is not None:
            at = known.end()
        else:
            return None
    return None


def _counted(text: str, number: Number, name: str) -> Count | None:
    if number.led or ((number.value <= 31 or number.value in _YEARS) and _dated(text, number.start)):
        return None
    label = _after(text, number.stop, name)
    if label is None or _shared(text, label, name):
        return None
    return Count(label[0], number.value, number.precision, _qualifier(text, number.start)[0], number.start, label[1])


def _shared(text: str, label: tuple[str, int], name: str) -> bool:
    """Whether a number counts two categories together: "650 planes and helicopters"."""
    joint = _JOINT.match(text, label[1])
    other = _label(text, joint.end(), name) if joint else None
    if joint is None or other is None or other[0] == label[0]:
        return False
    single = name == "losses" and any(one.match(text, joint.end()) for _, one in labels("one"))
    return not single


def _dated(text: str, start: int) -> bool:
    """Whether the name of a month stands right before."""
    before = text[max(0, start - 20) : start].split()
    return bool(before) and is_month(before[-1].strip(",("))


def _single(text: str, name: str, found: Sequence[Count], numbers: Sequence[Number]) -> list[Count]:
    """Single things without a number: "a tank", «танк» between two others."""
    taken = [(count.start, count.stop) for count in found]
    single: list[Count] = []

    def add(category: str, start: int, stop: int) -> None:
        if not any(a < stop and start < b for a, b in taken):
            taken.append((start, stop))
            single.append(Count(category, 1, 0, None, start, stop, bare=True))

    for article in _ARTICLE.finditer(text):
        label = _after(text, article.end(), name)
        if label is not None and label[0] != "personnel" and not text[: label[1]].endswith(("s", "S")):
            inside = [n for n in numbers if article.end() <= n.start < label[1] and not n.led and not n.trailed]
            if not inside:
                add(label[0], article.start(), label[1])
    for category, pattern in labels("one"):
        for match in pattern.finditer(text):
            if _SEPARATOR.search(text[max(0, match.start() - 12) : match.start()]):
                add(category, match.start(), match.end())
    return single


def _parts(text: str, found: Sequence[Count], numbers: Sequence[Number]) -> list[Count]:
    """The same counts, with those marked that stand behind "including" and count some of the one before."""
    within = table("within")
    marked: list[Count] = []
    whole: Count | None = None
    inside, left = False, 0
    for n, count in enumerate(found):
        begin = found[n - 1].stop if n else max(0, count.start - _APART)
        opened = [match.end() for match in words("including").finditer(text, begin, count.start)]
        ended = [match.end() for match in _AGAIN.finditer(text, begin, count.start)]
        opens = bool(opened) and not (ended and ended[-1] > opened[-1])
        if opens:
            inside, left = True, whole.value if whole is not None else count.value
        elif ended:
            inside = False
        same = whole is not None and (
            count.category == whole.category or count.category in within.get(whole.category, ())
        )
        # "nine tanks, including one Abrams, five cars": the one is the part, the five are not
        first = opens and not any(opened[-1] <= number.start < count.start for number in numbers)
        if inside and (first or same) and count.value <= left:
            left -= count.value
            marked.append(count._replace(part=True))
            continue
        inside, whole = False, count
        marked.append(count)
    return marked

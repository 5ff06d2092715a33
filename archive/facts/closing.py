"""The sum that closes the Russian ministry's briefings: what it claims to have destroyed since February 2022. Pure.

Told by its words ("since the beginning of the special military operation"), or by its own categories where five of
the eight stand together ("tanks and other armoured combat vehicles", "special military vehicles"): nobody else
counts so. In March 2022 it parted the aircraft into those on the ground and those in the air: their sum is the claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archive.facts.counts import Count, read_counts, read_led
from archive.facts.numbers import read_numbers
from archive.facts.patterns import labels, words
from archive.facts.sentences import Sentence
from archive.facts.speakers import Voice, other_side

# without the operation's name so many of the eight categories must stand together
_LEAST = 5
# no other list has them
_OWN = frozenset({"aircraft", "helicopters", "uavs", "tanks_and_armoured_vehicles", "special_vehicles"})
# people and these are counted by group or region, never in the sum
_GROUPS = frozenset({"personnel", "infantry_fighting_vehicles", "armoured_personnel_carriers", "mortars", "pickups"})
# so many sentences before, the operation may be named
_BEFORE = 3
# a list goes on in lines no longer than this, and in so many
_LINE, _LINES = 200, 12
# an item of a list is no longer, and begins with its number
_SHORT = 120
_LISTED = re.compile(r"[\W_]*(?:[^\W\d]{1,10}\s+){0,2}\d")
_WEAK = re.compile(r"(?:during|in|over|throughout|за|в|während|durante|au)\b", re.IGNORECASE)
_PART = r"(?P<{}>on\s+the\s+ground|in\s+(?:the\s+|mid-?)?air|на\s+земле|в\s+воздухе|на\s+землі|[ву]\s+повітрі)"
_AND = re.compile(rf"\s*{_PART.format('one')}\s*(?:,|and|и|та|і|,\s*and)\s*", re.IGNORECASE)
_REST = re.compile(rf"\s*(?:\w+\s+)?{_PART.format('two')}", re.IGNORECASE)


class Closing(NamedTuple):
    """The counts of a sum, each with the sentence it stands in; ``stop``: the first sentence behind it."""

    counts: tuple[tuple[Sentence, Count], ...]
    definition: str | None
    stop: int


def read_closing(sentences: Sequence[Sentence], at: int, voice: Voice | None, regional: bool) -> Closing | None:
    """The sum that begins with a sentence. ``regional``: a region with a sum of its own is spoken of."""
    first = sentences[at]
    since = words("since").search(first.plain)
    if other_side(first.plain) or (regional and not (since and "spe" in since.group().casefold())):
        return None
    if since and _WEAK.match(since.group()) and words("day").search(first.plain):
        return None
    if since is None and (voice != "russia" or words("day").search(first.plain) or words("week").search(first.plain)):
        return None
    if since is None and not _leads_up(sentences, at):
        return None
    if since is None and dict(labels("labels"))["tanks_and_armoured_vehicles"].search(first.plain) is None:
        return None
    counts = [(first, item) for item in _items(first, since)]
    stop = at + 1
    # most of the eight, and a full stop: what follows is no part of it
    whole = len(counts) >= _LEAST and first.text.rstrip().endswith((".", ".»", '."', ".”"))
    while (
        (since or counts)
        and not whole
        and stop < min(len(sentences), at + 1 + _LINES)
        and _goes_on(first, sentences[stop])
    ):
        counts += [(sentences[stop], item) for item in _items(sentences[stop], None)]
        stop += 1
    categories = {item.category for _, item in counts}
    if since:
        least = 2 if first.position < 0 or voice != "russia" else 1
    else:
        least = _LEAST if "tanks_and_armoured_vehicles" in categories else len(_OWN) + _LEAST
    if len(categories) < least or not categories & _OWN or any(_by_group(s) for s in sentences[at:stop]):
        return None
    done = next((m for s in sentences[at:stop] if (m := words("done").search(s.plain))), None)
    holder = next((s for s in sentences[at:stop] if words("done").search(s.plain)), first)
    definition = holder.text[slice(*done.span())] if done else None
    return Closing(_unequal_left_out(counts), definition, stop)


def _leads_up(sentences: Sequence[Sentence], at: int) -> bool:
    """Whether a sentence without the operation's name says that it sums up, or stands behind one that names it."""
    before = sentences[max(0, at - _BEFORE) : at]
    named = [sentence for sentence in before if words("since").search(sentence.plain)]
    if any(words("elsewhen").search(s.plain) for s in (*before, sentences[at]) if s not in named):
        return False
    return bool(named) or words("sum").search(sentences[at].plain) is not None


def _items(sentence: Sentence, since: re.Match[str] | None) -> list[Count]:
    """The counts of a sentence; behind the words of the sum alone where it also speaks of a day."""
    led = read_led(sentence.plain, "labels")
    found = list(read_counts(sentence.plain, "labels"))
    if len(led) > len(found) / 2:
        found = led
    if since is not None and words("day").search(sentence.plain):
        found = [item for item in found if item.start > since.end()]
    return [_whole(sentence.plain, item) for item in found]


def _whole(text: str, item: Count) -> Count:
    """An aircraft's count with the one in the air added to the one on the ground."""
    link = _AND.match(text, item.stop) if item.category == "aircraft" else None
    if link is None:
        return item
    for number in read_numbers(text[link.end() : link.end() + 30], ("en", "ru", "uk")):
        rest = _REST.match(text, link.end() + number.stop)
        if number.start == 0 and rest and rest["two"].casefold() != link["one"].casefold():
            return item._replace(value=item.value + number.value, stop=rest.end())
    return item


def _goes_on(first: Sentence, line: Sentence) -> bool:
    """Whether a list goes on in this line."""
    if len(line.text) > _LINE or words("since").search(line.plain) or words("day").search(line.plain):
        return False
    if len(line.text) <= _SHORT and _LISTED.match(line.plain):
        return bool(read_counts(line.plain, "labels"))
    listed = first.text.rstrip().endswith((":", ",", ";", "–", "—")) or line.position == first.position or line.opens
    return listed and bool(read_led(line.plain, "labels") or read_counts(line.plain, "labels"))


def _by_group(sentence: Sentence) -> bool:
    return any(item.category in _GROUPS for item in read_counts(sentence.plain, "losses") if not item.bare)


def _unequal_left_out(counts: Sequence[tuple[Sentence, Count]]) -> tuple[tuple[Sentence, Count], ...]:
    """One count a category; none where two differ."""
    values: dict[str, set[int]] = {}
    for _, item in counts:
        values.setdefault(item.category, set()).add(item.value)
    kept: dict[str, tuple[Sentence, Count]] = {}
    for sentence, item in counts:
        if len(values[item.category]) == 1:
            kept.setdefault(item.category, (sentence, item))
    return tuple(kept.values())

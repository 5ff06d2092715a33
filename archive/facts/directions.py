"""Directions and groups of forces as the Russian ministry names them, with a neutral key for each. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from archive.facts.patterns import compiled, expression, table

_QUOTES = "«»“”„\"'"


class Mention(NamedTuple):
    """A direction or a group of forces that a sentence names; two named together have both keys, joined by ``+``."""

    kind: Literal["direction", "formation"]
    key: str
    printed: str
    start: int
    stop: int


def _named(name: str) -> str:
    return "|".join(expression(p) for patterns in table(name).values() for p in patterns)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    names, where = _named("directions"), _named("direction")
    groups = _named("formations")
    regional = "|".join(
        expression(pattern) for key in table("keys")["regional"] for pattern in table("directions")[key]
    )
    region = r"(?:border\s+)?(?:region|oblast|област\w+|пригранич\w+|прикордонн\w+)"
    gloss = r"(?:\s*\([^()]{1,30}\))?"
    troops = r"(?:\s+(?:of\s+)?(?:forces|troops)|\s+войск|\s+військ)?"
    patterns = (
        # "in Kupyansk and Krasny Liman directions", "на купянском направлении"
        rf"(?P<name>(?:{names})(?:(?:,|\s+and|\s+и|\s+та|\s+і)\s+(?:{names})){{0,2}}){gloss}\s+(?:{where})",
        # "the direction of Kupyansk", "в направлении Купянска"
        rf"(?:direction\s+of|направлении|напрямку)\s+(?P<name>{names})",
        rf"(?P<name>{regional})\s+(?:{region})",
        # the groups: "Battlegroup North", "the Zapad (West) Group of Forces", «Юг», "южной группировки"
        rf"(?:battle)?group(?:ing)?(?:\s+of\s+(?:forces|troops))?\s+[{_QUOTES}]?(?P<group>{groups})",
        rf"[{_QUOTES}]?(?P<group>{groups})[{_QUOTES}]?{gloss}\s+(?:battle-?|military\s+)?group(?:ing|ings|s)?{troops}",
        rf"russian?\s+(?P<group>{groups})\s+troops",
        rf"(?:группиров\w{{1,4}}|угрупован\w{{1,3}})(?:\s+российских|\s+російських)?{troops}(?:\s+ВС\s+РФ)?\s*[{_QUOTES}]?(?P<group>{groups})",
        rf"[«“„\"](?P<group>{groups})[»”“\"]",
        rf"(?P<group>{groups})\s+(?:группиров\w{{1,4}}|угрупован\w{{1,3}})",
    )
    return tuple(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE) for pattern in patterns)


@cache
def _keys(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((key, compiled(patterns)) for key, patterns in table(name).items())


def read_mentions(text: str, printed: str) -> list[Mention]:
    """What a sentence names, in order; ``text`` is ``printed`` as patterns read it."""
    found: list[Mention] = []
    folded = text.casefold()
    if not any(stem in folded for stem in table("keys")["named"]):
        return found
    for pattern in _patterns():
        for match in pattern.finditer(text):
            of = "direction" if "name" in pattern.groupindex else "formation"
            span = match.span("name" if of == "direction" else "group")
            if any(m.kind == of and m.start < match.end() and match.start() < m.stop for m in found):
                continue
            key = _key("directions" if of == "direction" else "formations", text[slice(*span)])
            kind: Literal["direction", "formation"] = "direction" if of == "direction" else "formation"
            found.append(Mention(kind, key, printed[slice(*span)].strip(_QUOTES + " "), *match.span()))
    return sorted(found, key=lambda mention: mention.start)


def _key(name: str, text: str) -> str:
    """The keys of the names that a text holds, in the order they are printed."""
    at: dict[str, tuple[int, int]] = {}
    taken: list[tuple[int, int]] = []
    for key, pattern in _keys(name):
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < stop for start, stop in taken):
                taken.append(match.span())
                at.setdefault(key, match.span())
    return "+".join(sorted(at, key=lambda key: at[key]))

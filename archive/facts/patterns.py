"""Patterns of words: how the registry writes what a briefing may say, made into regular expressions. Pure.

``*`` is up to fourteen letters, a blank any white space, ``-`` a hyphen, a blank or nothing, ``W`` any one word,
``[a |b ]`` may be left out, ``(a|b)`` may not. A pattern matches whole words, whatever their case; none can
backtrack far, for each part of it is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from archive.facts.registry import plain, registry

_PARTS = re.compile(r"(?<![^\W_])W(?![^\W_])|.", re.DOTALL)
_LAST = re.compile(r" \[([^][]*[^][ ])\]")
_MEANING = {
    "*": r"\w{0,14}",
    " ": r"\s+[\"'“„«]?",
    "-": r"[-\u2010\u2011\s]?",
    "W": r"[^\s,;:]{1,25}",
    "[": "(?:",
    "]": ")?",
    "(": "(?:",
    ")": ")",
    "|": "|",
}


def expression(pattern: str) -> str:
    """A pattern as a regular expression."""
    # a blank before what may be left out is left out with it
    pattern = _LAST.sub(r"[ (\1)]", plain(pattern))
    parts = (match.group() for match in _PARTS.finditer(pattern))
    return "".join(_MEANING.get(part) or re.escape(part) for part in parts)


def compiled(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for all, in the order given."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(expression, patterns))})(?!\w)", re.IGNORECASE)


def table(*path: str) -> Mapping[str, Any]:
    """A table of Russia's claims in the registry."""
    found: Mapping[str, Any] = registry().tables["russia"]
    for name in path:
        found = found[name]
    return found


@cache
def words(*path: str) -> re.Pattern[str]:
    """Any word of a table, in every language it has."""
    return compiled(pattern for patterns in table(*path).values() for pattern in patterns)


@cache
def labels(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The labels of a table of labels: each category with its words in every language."""
    kinds: dict[str, list[str]] = {}
    for by_category in table(name).values():
        for category, patterns in by_category.items():
            kinds.setdefault(category, []).extend(patterns)
    return tuple((category, compiled(patterns)) for category, patterns in kinds.items())

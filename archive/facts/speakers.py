"""Whose word a sentence is: the Russian ministry's, Ukraine's side's, or somebody else's. Pure.

A page may print both sides; so the side is taken from the sentence, else from the one before it that names a
speaker, and only at last from the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from re import Pattern
from typing import Literal

from archive.facts.patterns import compiled, table, words

Voice = Literal["russia", "ukraine", "other"]


@cache
def _voice(side: Voice) -> Pattern[str]:
    return compiled(pattern for patterns in table("voice", side).values() for pattern in patterns)


def named_voice(text: str) -> Voice | None:
    """The speaker that a sentence names; None where it names none, or leaves it to the sentence before."""
    russia, ukraine = _voice("russia").search(text), _voice("ukraine").search(text)
    if russia and ukraine:
        # «министерство обороны Украины» holds «министерство обороны»: the longer name is meant
        return "ukraine" if ukraine.start() <= russia.start() < ukraine.end() else "other"
    if ukraine:
        return "ukraine"
    if _voice("other").search(text):
        return "other"
    if russia:
        return "russia"
    if words("says").search(text) and not words("same").search(text):
        return "other"
    return None


def first_voice(texts: Iterable[str]) -> Voice | None:
    """Which of the two sides a page names first as a speaker."""
    for text in texts:
        russia, ukraine = _voice("russia").search(text), _voice("ukraine").search(text)
        if russia or ukraine:
            return "ukraine" if ukraine and (not russia or ukraine.start() <= russia.start()) else "russia"
    return None


def other_side(text: str) -> bool:
    """Whether a sentence is about Russia's losses."""
    return words("other").search(text) is not None

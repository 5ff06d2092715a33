"""Fictional prose by number: the same number gives the same text, different numbers share next to nothing."""

from __future__ import annotations

import random

_SYLLABLES = "var den mor tal quil ber sto lan fen gar hol mir nes por rud sel tor ul wen yar".split()  # noqa: SIM905
_SMALL = ("the", "of", "a", "in", "to", "and", "with", "for", "at", "on")


def prose(number: int, sentences: int = 14) -> str:
    """A text of so many sentences of about 14 words, in paragraphs of three."""
    chance = random.Random(number)
    names = ["".join(chance.choices(_SYLLABLES, k=3)) for _ in range(60)]
    out = []
    for n in range(sentences):
        words = [chance.choice(_SMALL) if place % 3 == 2 else chance.choice(names) for place in range(14)]
        out.append(" ".join(words).capitalize() + ("." if (n + 1) % 3 else ".\n"))
    return " ".join(out).replace("\n ", "\n").strip()

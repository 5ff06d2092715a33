"""What a line is compared by, and which extractor is at work. Pure, and light: everybody may import it."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from importlib.metadata import version

# what is done to find the text of a page besides asking trafilatura; each can be left out to see what it is worth
STEPS = ("hints", "standfirst", "nearest", "join", "twice", "asides", "split")
ALL_STEPS = frozenset(STEPS)
# names every reading; rises with each change that can change a text
EXTRACTOR = (
    f"communique-3 trafilatura-{version('trafilatura')} resiliparse-{version('resiliparse')} {'+'.join(STEPS)}"
)

_WORDS = re.compile(r"\w+")


@lru_cache(256)  # the blocks of a page are asked for ten times while it is read: 1 ms of 40
def letters(text: str) -> str:
    """Letters and digits alone, case folded: equal for one line whatever its spaces, dashes and quotes."""
    return "".join(_WORDS.findall(text)).replace("_", "").casefold()


def block_hash(text: str) -> int:
    """The first 64 bits of BLAKE2b over a block's letters, signed as SQLite keeps integers."""
    return letters_hash(letters(text))


def letters_hash(key: str) -> int:
    """:func:`block_hash` of a text whose letters are known."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)

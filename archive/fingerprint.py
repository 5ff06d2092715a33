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

# Chinese and Japanese are written without spaces: two characters are about a word (counted as one word a clause, half
# of their pages were spared as too short to hide anything on: page-F1 .900 instead of .908 on 540 labelled pages)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORDS = re.compile(r"\w+")


@lru_cache(256)  # the blocks of a page are asked for ten times while it is read: 1 ms of 40
def letters(text: str) -> str:
    """Letters and digits alone, case folded: equal for one line whatever its spaces, dashes and quotes."""
    return "".join(_WORDS.findall(text)).replace("_", "").casefold()


def words_in(text: str) -> int:
    """How many words a text has, also in a script without spaces."""
    count = len(text.split())
    return count if text.isascii() else count + len(_UNSPACED.findall(text)) // 2


def block_hash(text: str) -> int:
    """The first 64 bits of BLAKE2b over a block's letters, signed as SQLite keeps integers."""
    return letters_hash(letters(text))


def letters_hash(key: str) -> int:
    """:func:`block_hash` of a text whose letters are known."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)

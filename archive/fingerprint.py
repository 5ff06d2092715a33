"""What lines and texts are compared by, and which extractor is at work. Pure, and light: everybody may import it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:  # imported where it is used: most who ask for the hash of a line need no arrays
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Signature = NDArray[np.uint32]

# what is done to find the text of a page besides asking trafilatura; each can be left out to see what it is worth
STEPS = ("hints", "standfirst", "nearest", "join", "twice", "asides", "split")
ALL_STEPS = frozenset(STEPS)
# names every reading; rises with each change that can change a text
EXTRACTOR = (
    f"communique-5 trafilatura-{version('trafilatura')} resiliparse-{version('resiliparse')} {'+'.join(STEPS)}"
)
# names the readings of texts that came without a raw page: they are kept as they came and never read again
IMPORTED = "imported"

# Chinese and Japanese are written without spaces: two characters are about a word (counted as one word a clause, half
# of their pages were spared as too short to hide anything on: page-F1 .900 instead of .908 on 540 labelled pages)
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_IDEOGRAPHS = re.compile(f"[{_CJK}]")
_WORDS = re.compile(r"\w+")

# words in a shingle (measured on 1,332 cleaned pages: with 3, re-captures part from the rest at a Jaccard of .5)
SHINGLE = 3
# values in a signature, and of these so many a band: 21 bands of 3 find every light edit and .97 of those of a tenth
VALUES, ROWS = 64, 3
# shingles of which they are worked out in one go
_AT_ONCE = 2_048
# a sentence of fewer words is everybody's
SENTENCE = 6
# sentences that a text is looked up by at most, those of the lowest hashes: a year's chronicle has thousands
SENTENCES = 256

# keys have 48 of 64 bits, signed: SQLite keeps such numbers in six bytes, and among 100 million of them one in three
# million meets another by chance
_SHIFT = 16

_WORD = re.compile(r"[^\W_]+")
# and Thai
_UNSPACED = re.compile(f"([{_CJK}\u0e00-\u0e7f])")
# begins with a set of characters, all others are passed over in C: a fifth of the time that an alternation takes
_SENTENCE_END = re.compile(r"[.!?…。！？\n](?:(?<=[.!?…])[\"'”’»“]*\s+|(?<=[。！？\n]))")
# a space groups three digits; with any others behind it, it parts two numbers
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+|[ \u00a0\u2009\u202f]\d{3}(?!\d))*")
# odd multipliers of three words that stand in a row (SplitMix64's and Murmur3's constants)
_PLACES = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@lru_cache(256)  # the blocks of a page are asked for ten times while it is read: 1 ms of 40
def letters(text: str) -> str:
    """Letters and digits alone, case folded: equal for one line whatever its spaces, dashes and quotes."""
    return "".join(_WORDS.findall(text)).replace("_", "").casefold()


def words_in(text: str) -> int:
    """How many words a text has, also in a script without spaces."""
    count = len(text.split())
    return count if text.isascii() else count + len(_IDEOGRAPHS.findall(text)) // 2


def block_hash(text: str) -> int:
    """The first 64 bits of BLAKE2b over a block's letters, signed as SQLite keeps integers."""
    return letters_hash(letters(text))


def letters_hash(key: str) -> int:
    """:func:`block_hash` of a text whose letters are known."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def words(text: str) -> list[str]:
    """Runs of letters and digits, case folded; where a script sets no spaces, single characters."""
    return _WORD.findall(_folded(text))


def words_and_sentences(text: str) -> tuple[list[str], list[int]]:
    """A text's words, and the hashes of its sentences of six words or more, sorted.

    Those of the lowest hashes where it has hundreds: the same ones of any two texts.
    """
    lines = [_WORD.findall(line) for line in _folded(_SENTENCE_END.sub("\n", text)).split("\n")]
    keys = {sentence_key(line) for line in lines if len(line) >= SENTENCE}
    return [word for line in lines for word in line], sorted(keys)[:SENTENCES]


def sentence_key(spoken: Sequence[str]) -> int:
    """The key of a sentence's words."""
    return letters_hash("".join(spoken)) >> _SHIFT


def _folded(text: str) -> str:
    """A text case folded, with spaces where its script sets none."""
    folded = text.casefold()
    return folded if folded.isascii() or not _UNSPACED.search(folded) else _UNSPACED.sub(r" \1 ", folded)


def form(text: str) -> str:
    """A text without its numbers: what stays the same in a report from day to day."""
    return _NUMBER.sub(" ", text)


def numbers(text: str) -> list[str]:
    """The numbers of a text in order, digits alone: 18,420 and 18 420 are one."""
    return [re.sub(r"\D", "", number) for number in _NUMBER.findall(text)]


def runs(text: Sequence[str], size: int = SHINGLE) -> Hashes:
    """The runs of ``size`` words (at most 3 tell places apart) in order, as 64-bit hashes: shingles (Broder, 1997).

    A text of fewer words is one run. CRC-32 of each word, combined by multiplication and mixed as SplitMix64 does
    (Steele and others, "Fast splittable pseudorandom number generators", 2014): the same on every machine.
    """
    import numpy as np

    hashes = np.array([*map(crc32, "\n".join(text).encode().split(b"\n"))] if text else [], dtype=np.uint64)
    size = min(size, len(hashes))
    if not size:
        return hashes
    found = np.zeros(len(hashes) - size + 1, dtype=np.uint64)
    for place in range(size):
        found += hashes[place : place + len(found)] * np.uint64(_PLACES[place])
    return _mix(found)


def shingles(text: Sequence[str], size: int = SHINGLE) -> Hashes:
    """The distinct runs of a text, sorted."""
    return distinct(runs(text, size))


def distinct(hashes: Hashes) -> Hashes:
    """Each hash once, sorted (numpy's own way takes four times as long for some hundreds)."""
    import numpy as np

    found = np.sort(hashes)
    return found if len(found) < 2 else found[np.concatenate(([True], found[1:] != found[:-1]))]


def _mix(values: Hashes) -> Hashes:
    import numpy as np

    values = (values ^ (values >> np.uint64(30))) * np.uint64(_PLACES[1])
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_PLACES[2])
    return values ^ (values >> np.uint64(31))


@cache
def _family() -> tuple[Hashes, Hashes]:
    """Multipliers and addends of the hash functions (multiply-shift, Dietzfelbinger and others, 1997)."""
    import numpy as np

    seeds = _mix(np.arange(1, 2 * VALUES + 1, dtype=np.uint64) * np.uint64(_PLACES[0]))
    return seeds[:VALUES] | np.uint64(1), seeds[VALUES:]


def signature(found: Hashes) -> Signature:
    """MinHash (Broder, 1997) of a set of shingles: 64 values of 32 bits; two agree in as many as their Jaccard says.

    Raises:
        ValueError: the set is empty.
    """
    import numpy as np

    factors, addends = _family()
    low = (found & np.uint64(0xFFFFFFFF))[:, None]
    # a part of a long text at a time: each of its words is 512 bytes here
    parts = [(low[n : n + _AT_ONCE] * factors + addends).min(axis=0) for n in range(0, len(low) or 1, _AT_ONCE)]
    least: Signature = (np.min(parts, axis=0) >> np.uint64(32)).astype(np.uint32)
    return least


def bands(values: Signature, salt: str = "", rows: int = ROWS) -> list[int]:
    """The keys that a signature (or each of several) is looked up by: one for each band of ``rows`` values.

    ``salt``: keys of another one never meet.
    """
    import numpy as np

    count = values.shape[-1] // rows
    # a band's number is part of its key: two texts must agree in the same band
    keys = np.arange(count, dtype=np.uint64) * np.uint64(_PLACES[0]) + np.uint64(crc32(salt.encode()))
    for row in range(rows):
        keys = _mix(keys ^ values[..., row : count * rows : rows].astype(np.uint64) * np.uint64(_PLACES[1]))
    signed: list[int] = (keys.astype(np.int64) >> _SHIFT).ravel().tolist()
    return signed


def small_signatures(sets: Sequence[Iterable[str]], values: int) -> Signature:
    """The MinHash of each of several sets of a dozen members, none empty: a row of ``values`` for each, in one go.

    Raises:
        ValueError: there is no set.
    """
    import numpy as np

    hashes = [[crc32(term.encode()) for term in terms] for terms in sets]
    factors, addends = _family()
    every = np.array([value for found in hashes for value in found], dtype=np.uint64)[:, None]
    all_values = (every * factors[:values] + addends[:values]) >> np.uint64(32)
    starts = np.cumsum([0, *map(len, hashes[:-1])])
    least: Signature = np.minimum.reduceat(all_values, starts).astype(np.uint32)
    return least


def sentences(text: str) -> list[str]:
    """A text's sentences and lines, in order."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        found.append(text[start : end.start() + (text[end.start()] != "\n")])
        start = end.end()
    found.append(text[start:])
    return [sentence for sentence in found if sentence]


def overlap(a: Hashes, b: Hashes) -> int:
    """How many members two sets of shingles share."""
    import numpy as np

    return len(np.intersect1d(a, b, assume_unique=True))

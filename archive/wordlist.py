"""A language's dictionary, form → lemma, as a file that is looked up in place. Pure but for that file.

simplemma ships its dictionaries as one compressed stream each, of which nothing can be looked up before all of it was
gone through: 0.2 to 2.2 s for each language, in each process. So it is gone through once, and what is kept, in the
user's cache folder, is a table that is mapped into memory: it opens in milliseconds, and processes share its pages.
Where nothing can be kept there, each process makes its own.

A file (numbers have 32 bits, as the machine has them) holds ``_MAGIC``, the CRC-32 of what follows, how many
forms and how many lemmas there are; the place of the first form for each upper half of a hash, and of the end;
the forms' hashes in order, their second hashes, the numbers of their lemmas; the place of each lemma's end; the
lemmas, UTF-8. A form is known by both hashes (CRC-32 of its bytes, and of its bytes from the end): that another word
has the same two is one in a trillion.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from array import array
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from typing import Any, overload
from zlib import crc32

import numpy as np
import numpy.typing as npt
import simplemma
from simplemma.strategies.dictionaries import frontcode
from simplemma.strategies.dictionaries.dictionary_factory import _read_decompressed

_MAGIC = b"words/2\n"
_HEAD = struct.Struct("=8sIII")
_UPPER = 1 << 16


class Wordlist:
    """Lemmas by form, both as the dictionary prints them. ``data``: a file as above.

    Raises:
        ValueError: it is none, or damaged.
    """

    __slots__ = ("_ends", "_first", "_lemma", "_second", "_starts", "_text")

    def __init__(self, data: bytes | mmap.mmap) -> None:
        view = memoryview(data)
        magic, check, forms, lemmas = _HEAD.unpack_from(view) if len(view) >= _HEAD.size else (b"", 0, 0, 0)
        sizes = [0, _UPPER + 1, forms, forms, forms, lemmas + 1]
        places = [_HEAD.size]
        for size in sizes:
            places.append(places[-1] + 4 * size)
        if magic != _MAGIC or len(view) < places[-1]:
            raise ValueError("no list of words")
        parts = [view[start:end].cast("I") for start, end in pairwise(places[1:])]
        self._starts, self._first, self._second, self._lemma, self._ends = parts
        self._text = view[places[-1] :]
        if len(self._text) != self._ends[-1] or crc32(view[_HEAD.size :]) != check:
            raise ValueError("a damaged list of words")

    @overload
    def get(self, form: str) -> str | None: ...
    @overload
    def get(self, form: str, default: str) -> str: ...
    def get(self, form: str, default: str | None = None) -> str | None:
        """The lemma of a form; ``default`` where it is not listed."""
        word = form.encode("utf-8", "surrogatepass")
        first = crc32(word)
        upper = first >> 16
        last = self._starts[upper + 1]
        place = bisect_left(self._first, first, self._starts[upper], last)
        while place < last and self._first[place] == first:
            if self._second[place] == crc32(word[::-1]):
                lemma = self._lemma[place]
                return str(self._text[self._ends[lemma] : self._ends[lemma + 1]], "utf-8")
            place += 1
        return default


def wordlist(language: str) -> Wordlist:
    """The list of a language that simplemma has; made, and kept, where it is not there yet."""
    try:
        path = _folder() / f"{language}-{simplemma.__version__}.words"
    except RuntimeError:  # a user without a home
        return Wordlist(_made(language))
    try:
        return _mapped(path)
    except (OSError, ValueError):  # none is there, or it was damaged
        data = _made(language)
    try:
        _keep(path, data)
        return _mapped(path)
    except OSError:  # it has to be made again by the next process
        return Wordlist(data)


def _folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (base if base.is_absolute() else Path.home() / ".cache") / "communique"


def _mapped(path: Path) -> Wordlist:
    with path.open("rb") as file:
        return Wordlist(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _keep(path: Path, data: bytes) -> None:
    """Put a file into its place in one step: another process may be at it too. What a crash spoils is made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        new = Path(folder) / path.name
        new.write_bytes(data)
        new.replace(path)


def _made(language: str) -> bytes:
    """Go through simplemma's stream once."""
    data = _read_decompressed(language)
    backwards, _, start = frontcode._read_header(data)
    first, second, lemma = array("I"), array("I"), array("I")
    numbers: dict[bytes, int] = {}
    for _, form, value in frontcode._iter_records(data, start):
        there, back = crc32(form), crc32(form[::-1])
        first.append(back if backwards else there)
        second.append(there if backwards else back)
        lemma.append(numbers.setdefault(value, len(numbers)))
    hashes = np.frombuffer(first, np.uint32)
    order = np.argsort(hashes, kind="stable")
    starts = np.searchsorted(hashes[order], np.arange(_UPPER + 1, dtype=np.uint64) << np.uint64(16))
    words = [value[::-1] if backwards else value for value in numbers]
    tables: list[npt.NDArray[Any]] = [starts, hashes[order]]
    tables += [np.frombuffer(one, np.uint32)[order] for one in (second, lemma)]
    tables.append(np.cumsum([0, *map(len, words)]))
    numbered = (table.astype(np.uint32).tobytes() for table in tables)
    body = b"".join([*numbered, *words])
    return _HEAD.pack(_MAGIC, crc32(body), len(order), len(words)) + body

"""Whether something holds the words of a text: to find where else they stand, once the text is to go. Pure.

A text is known by its runs of eight words and by its titles, case and markup apart, each as a hash: what it said
cannot be read from them. Eight words in a row are not the same by chance (the shingles of plagiarism detection have
5 to 10), and a feed's teaser of two lines has them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from html import unescape
from typing import Any, NamedTuple

# words in a row
RUN = 8
# a title of fewer words says nothing of its own
_TITLE = 3
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*>")
_CHARSET = re.compile(rb"(?i)(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})")
_URL = re.compile(r"https?://[^\s\"'<>\\]+|(?i:\bhref\s*=\s*)[\"']?([^\"'>\s]+)")


class Traces(NamedTuple):
    """What texts are known by: hashes of runs of words, by how many words each has."""

    runs: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, texts: Iterable[str], titles: Iterable[str] = ()) -> Traces:
        """Those of some texts and titles."""
        runs: dict[int, set[int]] = {}
        for text in texts:
            found = _words(text)
            for n in range(len(found) - RUN + 1):
                runs.setdefault(RUN, set()).add(_hash(found[n : n + RUN]))
        for title in titles:
            found = _words(title)
            if len(found) >= _TITLE:
                runs.setdefault(len(found), set()).add(_hash(found))
        return cls({length: frozenset(hashes) for length, hashes in runs.items()})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Traces:
        """From what :meth:`as_json` gave."""
        return cls({int(length): frozenset(hashes) for length, hashes in value.items()})

    def as_json(self) -> dict[str, list[int]]:
        """As a value that JSON has."""
        return {str(length): sorted(hashes) for length, hashes in sorted(self.runs.items())}

    def without(self, other: Traces) -> Traces:
        """Those that are not of other texts too."""
        none: frozenset[int] = frozenset()
        return Traces({length: hashes - other.runs.get(length, none) for length, hashes in self.runs.items()})

    def within(self, text: str) -> bool:
        """Whether a text holds one of them."""
        found = _words(text)
        return any(
            _hash(found[n : n + length]) in hashes
            for length, hashes in self.runs.items()
            if hashes
            for n in range(len(found) - length + 1)
        )

    def within_raw(self, body: bytes) -> bool:
        """Whether a raw page, feed or list holds one of them."""
        return any(self.within(text) for text in _readings(body))


def named(body: bytes) -> Iterator[str]:
    """The addresses that a raw feed or list names: absolute ones wherever they stand, others in links."""
    text = unescape(_decoded(body).replace("\\/", "/"))
    for match in _URL.finditer(text):
        yield match[1] or match[0]


def _readings(body: bytes) -> Iterator[str]:
    text = _decoded(body)
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):  # it only looked like JSON
            text = " ".join(_strings(json.loads(text)))
    # a feed's markup is escaped within its own
    yield unescape(_TAG.sub(" ", unescape(_TAG.sub(" ", text))))


def _decoded(body: bytes) -> str:
    stated = _CHARSET.search(body[:2048])
    for encoding in ("utf-8", stated[1].decode() if stated else "cp1252"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _hash(words: list[str]) -> int:
    # 63 bits: JSON and SQLite have them as whole numbers
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()) >> 1

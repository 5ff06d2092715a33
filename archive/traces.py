"""Whether something holds the words of a text: to find where else they stand, once the text is to go. Pure.

A text is known by its runs of eight words and by its titles, case and markup apart, each as a hash: what it said
cannot be read from them. Eight words in a row are not the same by chance (the shingles of plagiarism detection have
5 to 10), and a feed's teaser of two lines has them. Where a script sets no spaces, a run has as many characters as
make eight words. Of a text that is shorter, all of it is looked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import Any, NamedTuple
from unicodedata import normalize

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from archive.fingerprint import words

# in sixths of a word: an ideograph is half of one, a kana or a Thai letter a third (signs above and below the line do
# not count)
_SPACED, _IDEOGRAPH, _LETTER = 6, 3, 2
# where the scripts begin that are taken apart, and of these the ideographs (and Hangul: a word of one syllable)
_APART, _IDEOGRAPHS = "\u0900", "\u3400"
# in a row: eight words, 16 ideographs, 24 kana or Thai letters
RUN = 8 * _SPACED
# a text of fewer than five words, a title of fewer than three, says nothing of its own
_TEXT, _TITLE = 5 * _SPACED, 3 * _SPACED
# stands for the length of runs: each has as many words as it needs
_RUNS = 0
# within words, and nobody sees them: where a line may be broken
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*>")
# attributes speak too: a picture's description, what a page says to others
_ATTRIBUTE = re.compile(r"=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")
# of JSON and of scripts; within a string in a string there are more backslashes
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^\w\s])|[bfnrt])")
_URL = re.compile(r"https?://[^\s\"'<>\\]+|(?i:\bhref\s*=\s*)[\"']?([^\"'>\s]+)")


class Traces(NamedTuple):
    """What texts are known by: hashes of words in a row, by how many they are, 0: of runs."""

    runs: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, texts: Iterable[str], titles: Iterable[str] = ()) -> Traces:
        """Those of some texts and titles."""
        runs: dict[int, set[int]] = {}
        for text in texts:
            found = _words(text)
            if hashes := set(_hashes(found, _RUNS)):
                runs.setdefault(_RUNS, set()).update(hashes)
            elif _weight(found) >= _TEXT:
                runs.setdefault(len(found), set()).update(_hashes(found, len(found)))
        for title in titles:
            found = _words(title)
            if _weight(found) >= _TITLE:
                runs.setdefault(len(found), set()).update(_hashes(found, len(found)))
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
        return any(not hashes.isdisjoint(_hashes(found, length)) for length, hashes in self.runs.items() if hashes)

    def within_raw(self, body: bytes, content_type: str | None = None) -> bool:
        """Whether a raw page, feed or list holds one of them; ``content_type``: as its header declares it."""
        return any(self.within(_plain(text)) for text in _decodings(body, content_type))


def named(body: bytes, content_type: str | None = None) -> Iterator[str]:
    """The addresses that a raw feed or list names: absolute ones wherever they stand, others in links."""
    for text in _decodings(body, content_type):
        for match in _URL.finditer(unescape(_undone(text))):
            yield match[1] or match[0]


def _plain(text: str) -> str:
    """A raw page's or feed's text without markup, with what stands in its attributes at the end."""
    text = _undone(text)
    for _ in range(2):  # a feed's markup is escaped within its own
        attributes = (one or other for one, other in _ATTRIBUTE.findall(text))
        said = (value for value in attributes if " " in value or not value.isascii())
        text = unescape(" ".join([_TAG.sub(" ", text), *said]))
    return _TAG.sub(" ", text)


def _undone(text: str) -> str:
    """A text with the characters that escapes stand for."""
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_unescaped, text)
    # two escapes may make one character
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(code, 16)) if (code := match[1] or match[2]) else match[3] or " "


def _decodings(body: bytes, content_type: str | None) -> Iterator[str]:
    """The text of a body: by its mark or as UTF-8 where it is that, else by each encoding that it may be in.

    A wrong one makes no words that anybody looks for.
    """
    marked, mark = read_bom(body)
    try:
        text = body[len(mark or b"") :].decode(marked or "utf-8")
        yield text
        if "\0" not in text:
            return
    except UnicodeDecodeError:
        yield body.decode("utf-8", "replace")
    if b"\0" in body:
        yield from (body.decode(name, "replace") for name in ("utf-16-le", "utf-16-be"))
    sure = False
    for name in {http_content_type_encoding(content_type), html_body_declared_encoding(body)} - {None, "utf-8"}:
        try:
            text = body.decode(name or "", "replace")
        except (LookupError, ValueError):  # a codec of other things than text
            continue
        sure |= "\ufffd" not in text
        yield text
    if not sure and b"\0" not in body:
        from archive.characters import encoding_of  # what it stands on takes long to load, and few bodies need it

        yield from (body.decode(name, "replace") for name in {encoding_of(body), "cp1252"})


def _words(text: str) -> list[str]:
    """The words of a text, single characters where its script sets no spaces, in one of the ways to write them."""
    return words(_UNSEEN.sub("", normalize("NFKC", _undone(text))))


def _weight(found: Iterable[str]) -> int:
    return sum(map(_worth, found))


def _worth(word: str) -> int:
    if len(word) > 1 or word < _APART:
        return _SPACED
    return _LETTER if word < _IDEOGRAPHS else _IDEOGRAPH


def _hashes(found: Sequence[str], length: int) -> Iterator[int]:
    """The hash of each so many words in a row, of each run for 0."""
    joined, places = " ".join(found).encode(), [0]
    for word in found:
        places.append(places[-1] + len(word.encode()) + 1)
    for first, last in _runs(found) if length == _RUNS else enumerate(range(length, len(found) + 1)):
        # 63 bits: JSON and SQLite have them as whole numbers
        said = joined[places[first] : places[last] - 1]
        yield int.from_bytes(hashlib.blake2b(said, digest_size=8).digest()) >> 1


def _runs(found: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From each word on as many as make a run: where it begins and ends."""
    worth, weight, last = [*map(_worth, found)], 0, 0
    for first, own in enumerate(worth):
        while weight < RUN:
            if last == len(worth):
                return
            weight += worth[last]
            last += 1
        yield first, last
        weight -= own

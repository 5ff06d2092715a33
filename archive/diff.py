"""Revisions as stretches of captures, and the words that changed between two texts. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, NamedTuple

# changed words of one text times those of the other up to which they are compared one by one (some 10 ms)
WORD_BY_WORD = 250_000
# scripts that set no spaces (Chinese, Japanese, Thai, Lao, Burmese, Khmer): a character with its marks is compared
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHARACTER = re.compile(rf"[{_UNSPACED}]")
# what stands between their clauses is no word
_FULL_WIDTH = re.compile(r"[\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f]")
_MARKS = (
    r"\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    r"\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
# thousands grouped by spaces are one word
_WORD = re.compile(
    rf"(?:[^\s\d{_UNSPACED}]*\d{{1,3}}(?:[\u00a0\u2009\u202f ]\d{{3}})+(?!\d)[^\s{_UNSPACED}]*"
    rf"|[{_UNSPACED}][{_MARKS}]*|[^\s{_UNSPACED}]+)\s*"
)
_ENDS = (".", "!", "?", "…", ";", ":", "。", "！", "？")
# digits with what groups them or parts their decimals: 18 355, 18,355, 18.5; a space only where three digits follow
_NUMBER = re.compile(r"\d{1,3}(?:[.,\u00a0\u2009\u202f ]\d{3})+(?!\d)(?:[.,:/]\d+)*|\d+(?:[.,:/]\d+)*")
# what groups thousands within one of these: the same sign between all of them
_GROUPED = re.compile(r"^\d{1,3}(?:([.,\u00a0\u2009\u202f ])\d{3})(?:\1\d{3})*(?!\d)")
_SEPARATOR = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture of an article, with the text its page held then. ``at`` is a stamp.

    ``stated``: when it was changed last as the page itself says (modified, else published), None: it does not say.
    """

    capture: int
    at: str
    title: str
    text: str
    summary: str = ""
    stated: str | None = None

    @property
    def whole(self) -> str:
        """Standfirst and text: what is searched, and counted where words changed."""
        return f"{self.summary}\n\n{self.text}" if self.summary else self.text


@dataclass(slots=True)
class Stretch:
    """Consecutive captures with one title, standfirst and text: a revision."""

    first: Seen
    last: Seen
    captures: list[int]

    @property
    def seen_to(self) -> str:
        """When it was seen last."""
        return self.last.at


def stretches(history: Iterable[Seen]) -> Iterator[Stretch]:
    """The stretches of a history in order of time; what is compared is compared without regard to white space.

    A text that returns later opens a new stretch (A, B, A is three).
    """
    current: Stretch | None = None
    for seen in history:
        if (
            current is not None
            and _equal(seen.whole, current.first.whole)
            and _equal(seen.title, current.first.title)
        ):
            current.last = seen
            current.captures.append(seen.capture)
            continue
        if current is not None:
            yield current
        current = Stretch(seen, seen, [seen.capture])
    if current is not None:
        yield current


def _equal(a: str, b: str) -> bool:
    return a == b or a.split() == b.split()


class Piece(NamedTuple):
    """Some words of a comparison with the white space after them: in both texts, or in one; ``gap``: left out."""

    kind: Literal["same", "added", "removed", "gap"]
    text: str


class Numbers(NamedTuple):
    """Numbers that stood at one place in two texts, as printed; one side is empty where they came or went."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one revision to another. ``added`` and ``removed``: words of standfirst and text."""

    title: list[Piece]
    summary: list[Piece]
    text: list[Piece]
    added: int
    removed: int
    numbers: list[Numbers]

    @property
    def replaced(self) -> list[dict[str, list[str]]]:
        """The numbers that are others now, as JSON has them; without those that came or went with their words."""
        return [{"old": list(n.old), "new": list(n.new)} for n in self.numbers if n.old and n.new]


def differences(old: tuple[str, str | None, str], new: tuple[str, str | None, str]) -> Difference:
    """Two revisions, each as (title, standfirst, text), word by word."""
    title, summary, text = (compare(a or "", b or "") for a, b in zip(old, new, strict=True))
    counts = _counts([*summary, *text])
    # a number of the headline stands in the text too
    numbers = dict.fromkeys(found for part in (title, summary, text) for found in numbers_changed(part))
    return Difference(title, summary, text, counts["added"], counts["removed"], list(numbers))


def stated_changed(before: str | None, after: str | None) -> bool | None:
    """Whether the time that a page states of itself changed; None where it never stated one."""
    return None if before is None and after is None else before != after


def compare(old: str, new: str) -> list[Piece]:
    """One text against the next, word by word, by longest matching runs (Ratcliff and Obershelp).

    White space alone is no difference; what is in both stands as in the new text (where that ends and the old one
    goes on, as in the old). Where more changed than is compared word by word, sentences are, and
    then the words of those that changed. Removed words stand before those added in their place.
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    head = 0
    while head < min(len(before), len(after)) and _equal(before[head], after[head]):
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and _equal(before[-1 - tail], after[-1 - tail]):
        tail += 1
    # most edits touch one place: what is equal at both ends never reaches the quadratic part
    pieces = [Piece("same", "".join(after[:head]))]
    last = before[head - 1] if head else ""
    end = "".join(after[len(after) - tail :])
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    whole = len(before) * len(after) > WORD_BY_WORD
    if whole:
        before, after = _sentences(before), _sentences(after)
    keys = [" ".join(text.split()) for text in before], [" ".join(text.split()) for text in after]
    for tag, a1, a2, b1, b2 in _opcodes(*keys):
        if tag == "equal":
            pieces.append(Piece("same", "".join(after[b1:b2])))
        else:
            if pieces[-1].kind == "same" and pieces[-1].text == pieces[-1].text.rstrip():
                words = before[a1 - 1] if a1 else last
                pieces[-1] = Piece("same", pieces[-1].text + words[len(words.rstrip()) :])
            removed, added = "".join(before[a1:a2]), "".join(after[b1:b2])
            if whole and len(_WORD.findall(removed)) * len(_WORD.findall(added)) <= WORD_BY_WORD:
                pieces += compare(removed, added)
            else:
                pieces += [Piece("removed", removed), Piece("added", added)]
    pieces.append(Piece("same", end))
    return [
        Piece(kind, "".join(piece.text for piece in run))
        for kind, run in groupby((piece for piece in pieces if piece.text), key=lambda piece: piece.kind)
    ]


def words_changed(old: str, new: str) -> tuple[int, int]:
    """(added, removed) words from one text to the next."""
    counts = _counts(compare(old, new))
    return counts["added"], counts["removed"]


def _counts(pieces: Iterable[Piece]) -> Counter[str]:
    counts = Counter[str]()
    for piece in pieces:
        counts[piece.kind] += _words_in(piece.text)
    return counts


def _words_in(text: str) -> int:
    """How many words; two characters are one where a script sets no spaces."""
    if text.isascii() or not (characters := len(_CHARACTER.findall(text))):
        return len(text.split())
    return len(_FULL_WIDTH.sub(" ", _CHARACTER.sub(" ", text)).split()) + (characters + 1) // 2


def numbers_changed(pieces: Iterable[Piece]) -> list[Numbers]:
    """The numbers that differ, place by place, in the order of the new text."""
    found: list[Numbers] = []
    removed: tuple[str, ...] = ()
    for piece in (*pieces, Piece("same", "")):
        numbers = tuple(_NUMBER.findall(piece.text))
        if piece.kind == "removed":
            removed = numbers
        elif piece.kind == "added":
            found += _paired(removed, numbers)
            removed = ()
        else:
            found += _paired(removed, ())
            removed = ()
    return found


def _paired(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Numbers]:
    """Of the numbers at one place those that differ; as many here as there are told apart one by one."""
    for tag, a1, a2, b1, b2 in _opcodes([*map(_value, old)], [*map(_value, new)]):
        if tag == "replace" and a2 - a1 == b2 - b1:
            pairs = zip(old[a1:a2], new[b1:b2], strict=True)
            yield from (Numbers((a,), (b,)) for a, b in pairs if _value(a) != _value(b))
        elif tag != "equal":
            yield Numbers(old[a1:a2], new[b1:b2])


def _value(number: str) -> str:
    """A number however it is grouped and whatever its digits: 18,420 and 18 420 are one, so are 3.5 and 3,5."""
    plain = "".join(
        str(int(c)) if c.isdigit() else c for c in _GROUPED.sub(lambda m: _SEPARATOR.sub("", m[0]), number)
    )
    return plain.replace(",", ".")


def around(pieces: Iterable[Piece], words: int) -> list[Piece]:
    """The changes with at most so many words that did not change before and after each; a ``gap`` for the rest."""
    all_ = list(pieces)
    out: list[Piece] = []
    for n, piece in enumerate(all_):
        found = _WORD.findall(piece.text) if piece.kind == "same" else []
        head = words if n else 0
        tail = words if n < len(all_) - 1 else 0
        if len(found) <= head + tail:
            out.append(piece)
            continue
        shown = (
            Piece("same", "".join(found[:head])),
            Piece("gap", ""),
            Piece("same", "".join(found[len(found) - tail :])),
        )
        out += [part for part in shown if part.kind == "gap" or part.text]
    return out


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Steps from one list to the other, as :mod:`difflib` gives them.

    Where the same few entries stand again and again each is compared with all of its kind: one step then.
    """
    counts = Counter(old)
    if sum(counts[entry] for entry in new) > WORD_BY_WORD:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()  # type: ignore[return-value]


def _sentences(words: list[str]) -> list[str]:
    """Words joined up to each end of a sentence."""
    out: list[str] = []
    open_ = False
    for word in words:
        if open_:
            out[-1] += word
        else:
            out.append(word)
        open_ = not word.rstrip().endswith(_ENDS)
    return out

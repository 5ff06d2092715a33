"""Words of the registry found in a text: labels of categories, and the cues that tell what a sentence is about. Pure.

A text is looked through once, word by word: each word's first letters name the few entries that may begin with it.
A trie of them all in one regular expression took ten times as long.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from archive.facts.registry import plain, registry

# an elided article is a word of its own ("l'armée", "dell'ultimo"), the end behind an apostrophe is not ("Kyiv's")
_ONE_WORD = r"[a-zà-öø-ÿ]{1,5}(?='[^\W\d_]{2})|[^\W_]+(?:'[^\W\d_]+)?"
_WORD = re.compile(_ONE_WORD)
_ENTRY_WORD = re.compile(rf"(?:{_ONE_WORD})\*?")
# what may stand between two words of one entry
_GAP = re.compile(r"'|(?:[^\S\n]|[-\u2010\u2011/&(]){1,4}|[^\S\n]*/[^\S\n]*")
# an entry marked ! is no part of a longer noun: a mark, the end, or a joining word follows
_ENDS = re.compile(r"\s*(?:[^\w\s]|$|(?:and|або|та|і|й|и|или|und|oder|et|y|e|i|ve)\b|\n)")
# the most letters by which entries are looked up
_KEY = 4


# the cue that what a sentence counts is not Russia's, or not by Ukraine
VETO = "others"


class Found(NamedTuple):
    """An entry of the registry that a text holds, from ``start`` to ``stop``; ``kind``: its category or cue."""

    kind: str
    start: int
    stop: int


class _Entry(NamedTuple):
    words: tuple[str, ...]
    open: tuple[bool, ...]
    ends: bool
    kind: str
    length: int


class Lexicon:
    """Entries that are looked for together; where two begin at one word the longer one is found."""

    def __init__(self, entries: Mapping[str, Iterable[str]]) -> None:
        """``entries``: by kind, as the registry spells them."""
        self._by_key: dict[str, list[_Entry]] = defaultdict(list)
        self._lengths: set[int] = set()
        for kind, phrases in entries.items():
            for phrase in phrases:
                entry = _entry(kind, phrase)
                self._by_key[entry.words[0][:_KEY]].append(entry)
                self._lengths.add(min(_KEY, len(entry.words[0])))

    def find(self, text: str, *, overlapping: bool = False) -> list[Found]:
        """What of it a text holds, in order. ``overlapping``: also what begins within another, and of each kind."""
        folded = plain(text).lower()
        words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]
        found: list[Found] = []
        at = 0
        while at < len(words):
            word = words[at][0]
            best: dict[str, tuple[int, int]] = {}
            for length in self._lengths:
                # an entry of fewer letters is looked up by all it has
                for entry in self._by_key.get(word[:length], ()) if length <= len(word) else ():
                    if entry.length > best.get(entry.kind, (0, 0))[0] and (
                        taken := _matches(entry, words, at, folded)
                    ):
                        best[entry.kind] = (entry.length, taken)
            if not best:
                at += 1
                continue
            # what says that it is somebody else's holds all that begins with it
            first = VETO if overlapping and VETO in best else max(best, key=lambda kind: best[kind])
            kinds = [kind for kind in best if best[kind] >= best[first]] if first == VETO else list(best)
            for kind in kinds if overlapping else [first]:
                found.append(Found(kind, words[at][1], words[at + best[kind][1] - 1][2]))
            at += 1 if overlapping else best[first][1]
        return found


def _entry(kind: str, phrase: str) -> _Entry:
    ends = phrase.endswith("!")
    words = _ENTRY_WORD.findall(plain(phrase).lower())
    return _Entry(
        tuple(word.rstrip("*") for word in words),
        tuple(word.endswith("*") for word in words),
        ends,
        kind,
        sum(map(len, words)) + 10 * len(words),
    )


def _matches(entry: _Entry, words: Sequence[tuple[str, int, int]], at: int, text: str) -> int:
    """How many words from ``at`` on the entry takes, 0 where it does not stand there."""
    count = len(entry.words)
    if at + count > len(words):
        return 0
    for place, (stem, is_open) in enumerate(zip(entry.words, entry.open, strict=True)):
        word, start, _ = words[at + place]
        if not (word.startswith(stem) if is_open else word == stem):
            return 0
        if place:
            last = words[at + place - 1]
            # "U.S. officials": a stop behind a single letter parts nothing
            stop = last[2] + (last[2] - last[1] == 1 and text[last[2] : last[2] + 1] == ".")
            if not (_GAP.fullmatch(text, stop, start) or last[2] < stop == start):
                return 0
    if entry.ends and not _ENDS.match(text, words[at + count - 1][2]):
        return 0
    return count


class Wording(NamedTuple):
    """The words of one language for Ukraine's claims."""

    language: str
    gate: tuple[str, ...]
    labels: Lexicon
    cues: Lexicon
    picture: Lexicon
    heading: frozenset[str]
    counted: Lexicon
    among: Lexicon
    raised: Lexicon
    amounts: Lexicon
    fillers: Lexicon
    qualifiers: Lexicon
    as_of: frozenset[str]
    until: frozenset[str]
    raised_to: frozenset[str]

    def kinds(self, text: str) -> set[str]:
        """The categories whose labels a text holds."""
        return {found.kind for found in self.labels.find(text)}


_CUES = ("head", "total", "day", "period", "loss", "loser", "others", "staff", "claimant", "place", "recall")


@cache
def wordings() -> Mapping[str, Wording]:
    """Those of each language that has a table of labels."""
    tables = registry().tables["ukraine"]
    return {language: _wording(language, table) for language, table in tables.items() if language != "categories"}


def _wording(language: str, table: Mapping[str, Any]) -> Wording:
    labels: Mapping[str, Sequence[str]] = table["labels"]
    kinds = registry().tables["qualifiers"].get(language, {})
    return Wording(
        language,
        tuple(table["gate"]),
        Lexicon(labels),
        Lexicon({kind: table.get(kind, ()) for kind in _CUES}),
        Lexicon({"picture": table.get("picture", ())}),
        frozenset(table.get("heading", ())),
        Lexicon({"counted": table.get("counted", ())}),
        Lexicon({"among": table.get("among", ())}),
        Lexicon({"raised": table.get("raised", ())}),
        Lexicon({"amount": table.get("amounts", ())}),
        Lexicon({"filler": table.get("fillers", ())}),
        Lexicon(kinds),
        *(frozenset(plain(word).lower() for word in table.get(name, ())) for name in ("as_of", "until", "raised_to")),
    )


# so many categories in the words of the language that a text is said to be in settle it; Ukrainian and Russian share
# more, and a site of the one has pages in the other
_SETTLED, _ALIKE = 3, frozenset({"uk", "ru"})


def choose(text: str, language: str | None) -> Wording | None:
    """The language whose words a text is read with: the one it is said to be in, unless it holds more labels of
    another; None where it holds no word that every report of losses has, and where it is in a language that the
    registry has not.
    """
    if language is not None and language not in wordings():
        return None
    folded = text.lower()
    able = {name: w for name, w in wordings().items() if any(stem in folded for stem in w.gate)}
    if len(able) < 2:
        return next(iter(able.values()), None)
    counts: dict[str, int] = {}
    if language in able:
        counts[language] = len(able[language].kinds(text))
        if counts[language] >= _SETTLED:
            able = {name: w for name, w in able.items() if language in _ALIKE and name in _ALIKE}
    # another language's count where they are more by half: many are spelled alike
    best = max(able, key=lambda n: len(able[n].kinds(text)) * (3 if n == language else 2), default=language)
    return wordings()[best] if best else None

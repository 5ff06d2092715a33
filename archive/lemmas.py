"""The dictionary forms that a word may belong to, in six languages. Pure.

simplemma's dictionaries name one lemma for each form they list. That is too little by itself: they leave out forms of
ordinary words, and name one lemma where there are several. So a word's ending is also replaced by those of lemmas
(endings.toml, learned from the same dictionaries), and what comes out counts where the dictionary says that it is a
lemma. A word that leads to none, a surname or a village, is known by what is left of it without each of the endings
that its language has (inflection.toml).

A look-up takes 1 µs (archive/wordlist.py).
"""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import RLock
from typing import Any

from archive.wordlist import Wordlist, wordlist

LANGUAGES = ("uk", "ru", "en", "tr", "pl", "de")
# letters of a word, counted from its beginning, that are there whatever its ending is; of one no dictionary knows
_STAY, _ROOT = 2, 3
# letters of the longest ending (Turkish hangs one on another)
_LONGEST = 9
# a listed form of fewer letters is no form of anything else
_SURE = 4
# the most common endings of a lemma's forms that are asked for, to learn whether a word is one
_PROBES = 4
# letters of a superlative: "найти" is none
_SUPERLATIVE = 8
# stems that are left of a Turkish word
_MANY = 40
# languages whose dictionaries print names with a capital
_NAMES = ("en", "tr", "pl", "de")
_REFLEXIVE = ("ся", "сь")
_INFINITIVE = ("ти", "ть", "чь")
# what makes other words of Turkish ones: of a bookseller and a book neither is a form of the other
_DERIVED = (
    *("lı", "li", "lu", "lü", "lık", "lik", "luk", "lük", "cı", "ci", "cu", "cü", "çı", "çi", "çu", "çü"),
    *("sız", "siz", "suz", "süz"),
)
# endings before which a Ukrainian word has the vowel of an open syllable
_OPENED = ("у", "ю", "а", "я", "ом", "ем", "и", "і")
# consonants that are others before a Ukrainian і: дорозі is of дорога, дорогі is not
_HARD = "гкх"
_VOWELS = "аеєиіїоуюяьй"
_loading = RLock()

_Rules = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Language:
    """``lemma``: what stands in a lemma for an ending; ``forms``: the most common endings for a lemma's.

    The rest as inflection.toml has it, endings the longest first.
    """

    lemma: Mapping[str, tuple[str, ...]]
    forms: Mapping[str, tuple[str, ...]]
    function: frozenset[str]
    endings: tuple[str, ...]
    stems: _Rules
    others: Mapping[str, str]
    superlative: str


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((pkgutil.get_data("archive", name) or b"").decode())


def _pairs(text: str) -> _Rules:
    return tuple((one, other) for one, _, other in (rule.partition(">") for rule in text.split()))


@cache
def _language(code: str) -> _Language:
    own = _data("inflection.toml")[code]
    lemma: dict[str, list[str]] = {}
    forms: dict[str, list[str]] = {}
    for ending, other in _pairs(f"{_data('endings.toml')[code]} {own['softened']}"):
        lemma.setdefault(ending, []).append(other)
        if len(forms.setdefault(other, [])) < _PROBES:
            forms[other].append(ending)
    return _Language(
        {ending: tuple(found) for ending, found in lemma.items()},
        {ending: tuple(found) for ending, found in forms.items()},
        frozenset(own["function"].split()),
        tuple(sorted(own["endings"].split(), key=len, reverse=True)),
        _pairs(own["stems"]),
        own["others"],
        own["superlative"],
    )


@cache
def _read(language: str) -> Wordlist:
    return wordlist(language)


def dictionary(language: str) -> Wordlist:
    """The dictionary of a language; read when it is first asked for, by one thread at a time."""
    with _loading:
        return _read(language)


def lemmas(word: str, language: str) -> tuple[str, ...]:
    """The lemmas of a word as it is printed, in lower case; empty where it leads to none.

    Several where it may be a form of several words, the one that the dictionary names first.
    """
    lower = _lower(word, language)
    listed, own = dictionary(language), _language(language)
    if lower in own.function:
        return (listed.get(lower, lower),)
    forms = (word, lower, lower.capitalize())
    if language == "de" and word[:1].isupper() and listed.get(word) == word:
        forms = (word, word, word)  # a noun: die Werft is no form of werfen
    found = dict.fromkeys(lemma.lower() for form in forms if (lemma := listed.get(form)) is not None)
    if language == "tr" and lower.endswith(_DERIVED):  # kitapçı is no form of kitap, whatever the dictionary says
        found = {lower if lower[:-2].startswith(lemma) else lemma: None for lemma in found}
    found.update((own.others[lemma], None) for lemma in tuple(found) if lemma in own.others)
    if found and len(lower) < _SURE and any(_is_lemma(lemma, language) for lemma in found):
        return tuple(found)
    if found and _is_lemma(lower, language):
        found[lower] = None
    if language == "de" and lower.startswith("ge") and len(lower) > 5:
        active = lower[2:] if lower.endswith("en") else f"{lower[2:-1]}en" if lower.endswith("t") else ""
        if active and _is_lemma(active, language):  # what has gone (gegangen) goes
            found[active] = None
    if language == "en" and lower.endswith("ing") and len(lower) > 5:
        stay = lower[:-3]
        doubled = stay[:-1] if stay[-1] == stay[-2] else ""
        found.update((verb, None) for verb in (stay, f"{stay}e", doubled) if verb and _is_lemma(verb, language))
    if lower in found and language in ("en", "de"):
        return tuple(found)
    known = bool(found)
    for length in range(min(_LONGEST, len(lower) - _STAY) + 1):
        stay = lower[: len(lower) - length]
        for other in own.lemma.get(lower[len(stay) :], ()):
            lemma = stay + other
            if language == "uk" and length and (_opens(lemma) or (stay[-1] in _HARD and lower[-1] == "і" and other)):
                pass
            elif _is_lemma(lemma, language):
                found[lemma] = None
            elif not known and (further := listed.get(lemma)) is not None:
                found[further.lower()] = None
            closed = _closed(lemma) if language == "uk" else ""
            if closed and _is_lemma(closed, language) and any(listed.get(lemma + end) == closed for end in _OPENED):
                found[closed] = None
    before = own.superlative
    if before and lower.startswith(before) and len(lower) >= _SUPERLATIVE:
        found.update(dict.fromkeys(lemmas(lower[len(before) :], language)))
    if not found and lower.endswith(_REFLEXIVE) and language in ("uk", "ru"):
        plain = (lemma for lemma in lemmas(lower[:-2], language) if lemma.endswith(_INFINITIVE))
        found.update((f"{lemma}ся", None) for lemma in plain)
    return tuple(found)


@lru_cache(50_000)
def _is_lemma(word: str, language: str) -> bool:
    """Whether the dictionary names a word as a lemma: as its own, or as that of one of its common forms."""
    listed, own = dictionary(language), _language(language)
    if word in own.function:
        return False
    named = listed.get(word)
    if named is None or named == word:
        # most that is asked for is no word at all: the second look-up is for names
        return named == word or (language in _NAMES and listed.get(title := word.capitalize()) == title)
    for length in range(4):
        stay, end = word[: len(word) - length], word[len(word) - length :]
        if len(stay) >= _STAY and any(listed.get(stay + ending) == word for ending in own.forms.get(end, ())):
            return True
    return False


def _closed(word: str) -> str:
    """A Ukrainian word with the vowel that its last syllable has where nothing stands behind it: рок, рік."""
    for at in (-2, -3):
        if len(word) + at > 0 and word[at] in "ое" and word[-1] not in _VOWELS:
            return f"{word[:at]}і{word[at + 1 :]}"
    return ""


@lru_cache(20_000)
def _opens(word: str) -> bool:
    """Whether a Ukrainian word has another vowel before its endings: міст, мосту; so "міста" is none of its forms."""
    for at in (-2, -3):
        if len(word) + at > 0 and word[at] == "і" and word[-1] not in _VOWELS:
            listed, before, behind = dictionary("uk"), word[:at], word[at + 1 :]
            opened = (before + vowel + behind + end for vowel in "ое" for end in _OPENED)
            return any(listed.get(form) == word for form in opened)
    return False


def roots(word: str, language: str) -> tuple[str, ...]:
    """What is left of a word that no dictionary knows without each ending it may have, itself among them."""
    lower = _lower(word, language)
    own = _language(language)
    if language == "tr":
        return _turkish(lower)
    tail = ""
    if language in ("uk", "ru") and lower.endswith(_REFLEXIVE) and len(lower) > 5:
        lower, tail = lower[:-2], "ся"
    found = {lower: None}
    for ending in own.endings:
        if lower.endswith(ending) and len(lower) - len(ending) >= _ROOT:
            found[lower.removesuffix(ending)] = None
    for ending, other in own.stems:
        if lower.endswith(ending) and len(lower) - len(ending) >= _ROOT - 1:
            found[lower.removesuffix(ending) + other] = None
    return tuple(root + tail for root in found)


def _turkish(word: str) -> tuple[str, ...]:
    """The same where endings follow one another."""
    found: dict[str, None] = {}
    left = [word]
    endings = _language("tr").endings
    while left and len(found) < _MANY:
        one = left.pop(0)
        found[one] = None
        left += [one.removesuffix(end) for end in endings if one.endswith(end) and len(one) - len(end) >= _ROOT]
    return tuple(found)


def _lower(word: str, language: str) -> str:
    """In lower case; a Turkish I has no dot, and an İ one that is no mark of its own."""
    return (word.replace("I", "ı") if language == "tr" else word).replace("İ", "i").lower()

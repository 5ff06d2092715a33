"""What the words of a text are looked up by: one stem for all inflected forms of a word. Pure.

A stem is a token of the column ``search_text.stems``. It begins with a letter that no word begins with (``ː``) and the
language it belongs to, so that a stem never meets a word, nor a stem of another language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamDictionaryFactory

# begins a stem: a letter to FTS5 and to us that begins no word
SIGN = "ː"
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\ue000-\uf8ff])+")
_APOSTROPHES = re.compile("[\u2019\u2018\u02bc\u02b9\u02bb\u0060\u00b4\u2032\uff07]")
_FOLDED = {"ё": "е", "ı": "i"}
# letters of a word that are looked at
_LONGEST = 40
_SNOWBALL = {
    "en": "english", "de": "german", "tr": "turkish", "pl": "polish", "ru": "russian", "fr": "french", "es": "spanish",
    "it": "italian", "pt": "portuguese", "nl": "dutch", "sv": "swedish", "da": "danish", "nb": "norwegian",
    "fi": "finnish", "hu": "hungarian", "ro": "romanian", "cs": "czech",
}  # fmt: skip
_LEMMAS = ("uk", "ru", "en", "tr", "pl", "de")
_DICTIONARIES = StreamDictionaryFactory(len(_LEMMAS))
_CYRILLIC = re.compile("[\u0400-\u052f]")
_UK = re.compile("(?:ий|ій|ого|ому|ими|ої|ою|ею|ами|ями|ові|еві|ів|ах|ях|ам|ям|ом|ем|єм|ем|их|им|[аеєиіїоуюяьй])$")
_stemmers: dict[str, Stemmer.Stemmer] = {}


def fold(word: str) -> str:
    """A word in lower case, without the accents of Latin letters, with one kind of apostrophe."""
    if word.isascii():
        return word.lower().replace("`", "'")
    word = _APOSTROPHES.sub("'", word.lower())
    return "".join(_letter(c) for c in word)


@lru_cache(4096)
def _letter(letter: str) -> str:
    if "\u0300" <= letter <= "\u036f":
        return ""
    plain = unicodedata.normalize("NFD", letter)[:1]
    return plain if plain.isascii() else _FOLDED.get(letter, letter)


def tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and folded form of each word of a text, as FTS5's unicode61 cuts them."""
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), fold(found[0])


def stem(word: str, language: str | None) -> str:
    """The stem of a word of a text in a language; empty where that has none."""
    return _stem(word[:_LONGEST], (language or "").partition("-")[0].lower())


@lru_cache(50_000)
def _stem(word: str, language: str) -> str:
    if _CYRILLIC.search(word):
        if language not in ("uk", "ru"):
            language = "ru" if re.search("[ыэёъ]", word.lower()) else "uk"
    elif language in ("uk", "ru", ""):
        language = "en"
    found = None
    if language in _LEMMAS:
        dictionary = _DICTIONARIES.get_dictionary(language)
        found = dictionary.get(word) or dictionary.get(word.lower()) or dictionary.get(word.capitalize())
    found = (found or word).lower()
    if language == "uk":
        found = _UK.sub("", found) if len(found) > 4 else found
    elif language in _SNOWBALL:
        if language not in _stemmers:
            _stemmers[language] = Stemmer.Stemmer(_SNOWBALL[language])
        found = _stemmers[language].stemWord(found)
    else:
        return ""
    return f"{SIGN}{language}{fold(found)}".replace("'", "")


def stems(text: str, language: str | None) -> str:
    """The stems of a text's words, each once, by space."""
    found = dict.fromkeys(stem(word[0], language) for word in _WORD.finditer(text))
    found.pop("", None)
    return " ".join(found)


def asked(word: str) -> tuple[str, ...]:
    """The stems that a word of a query may stand for, in each language of its script and by its other spellings."""
    languages = ("uk", "ru") if _CYRILLIC.search(word) else tuple(sorted(_SNOWBALL.keys() - {"ru"}))
    found = dict.fromkeys(stem(word, language) for language in languages)
    found.pop("", None)
    return tuple(found)

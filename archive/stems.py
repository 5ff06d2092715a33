"""What the words of a text are looked up by: one token for all inflected forms of a word. Pure.

A stem is a token of the column ``search_text.stems``. It begins with a letter that no word begins with (``ː``) and
the language it belongs to, two letters: a stem never meets a word, nor a stem of another language. A word has several
where it may be a form of several words. Six languages have dictionaries (archive/lemmas.py), others Snowball's rules,
the rest none: their words are found as they are printed, and so are those of Chinese and Japanese, which no space
parts. All but Greek and Arabic words are looked up in the language of the text only: names in Latin letters in a
Cyrillic text in English, names in Cyrillic letters in a text of any other script in Ukrainian and Russian.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import cache, lru_cache
from itertools import product
from threading import local

import Stemmer

from archive import lemmas

# begins a stem, and ends one that no dictionary knows: a letter to FTS5 as to us, of no word's
SIGN = "ː"
# ends a stem whose accents were left out: "köy" and "koy" are two words, but who has no ö writes "koy" for both
BARE = "ˑ"
# stands behind a letter whose accent FTS5 would take
_ACCENT = "ˬ"
# letters of a word, and of a text, that are looked at: 1.5 MB are the words of a long book
LONGEST, MOST = 40, 1_500_000
# different words of a text that get stems: a book has 30,000
_WORDS = 50_000
# marks that belong to a word in FTS5's reading, and the letters of nobody's script; other marks part words there
_LETTERS = r"(?:[^\W_]|[\u0300-\u036f\ue000-\uf8ff])+"
_WORD = re.compile(_LETTERS)
_WHOLE = re.compile(rf"{_LETTERS}(?:['\u2019\u2018\u02bc\u02b9\u0060\u00b4\u2032\uff07]{_LETTERS})*")
_APOSTROPHES = re.compile("[\u2019\u2018\u02bc\u02b9\u0060\u00b4\u2032\uff07]")
_FOLDED = {"ё": "е", "ı": "i"}
_SNOWBALL = {
    "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch", "sv": "swedish",
    "da": "danish", "nb": "norwegian", "fi": "finnish", "hu": "hungarian", "ro": "romanian", "cs": "czech",
    "el": "greek", "ar": "arabic",
}  # fmt: skip
_SAME = {"no": "nb", "nn": "nb"}
_SCRIPTS = {
    "latin": ("en", "de", "pl", "tr", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "hu", "ro", "cs"),
    "cyrillic": ("uk", "ru"),
    "greek": ("el",),
    "arabic": ("ar",),
}
_SCRIPT_OF = {language: script for script, languages in _SCRIPTS.items() for language in languages}
# languages whose words have stems
LANGUAGES = frozenset({*_SCRIPT_OF, *_SAME})
# letters of a stem by which a word is told that somebody wrote without accents, with the signs and the language
_CERTAIN = 8
# languages of dictionaries whose letters have accents that FTS5 takes
_ACCENTED = ("de", "pl", "tr")
# languages that a name in Latin letters is looked for in besides those it is spelt for
_ANYWHERE = ("en", "de", "pl", "tr", "fr", "es", "it")
# but not one of so few: GUR is a word elsewhere
_SHORT = 3
# letters that tell languages apart which share a script
_OWN = (
    ("uk", re.compile("[іїєґ]", re.IGNORECASE)),
    ("ru", re.compile("[ыэёъ]", re.IGNORECASE)),
    ("pl", re.compile("[ąćęłńśźż]", re.IGNORECASE)),
    ("tr", re.compile("[ğışİ]")),
    ("de", re.compile("[äöüß]", re.IGNORECASE)),
)
_SAMPLE = 3000
# a ß that was written as two letters, and so many of them in a word; where a Ukrainian apostrophe was left out
_SHARP, _SHARPS = re.compile("ss", re.IGNORECASE), 3
_UNPARTED = re.compile("(?<=[бвгджзкмнпрстфхц])(?=[яюєї])", re.IGNORECASE)
_stemmers = local()


def fold(word: str) -> str:
    """A word in lower case, without the accents of Latin letters, with one kind of apostrophe, ё as е and ı as i."""
    word = word.lower()
    if word.isascii():
        return word.replace("`", "'")
    return "".join(map(_letter, _APOSTROPHES.sub("'", word)))


@lru_cache(4096)
def _letter(letter: str) -> str:
    if "\u0300" <= letter <= "\u036f":
        return ""
    plain = unicodedata.normalize("NFD", letter)[:1]
    # as FTS5's remove_diacritics does, Latin letters alone lose them: й is not и
    return plain if plain.isascii() else _FOLDED.get(letter, letter)


def tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and folded form of each word of a text, as FTS5's unicode61 cuts them."""
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), fold(found[0])


def meant(word: str, language: str | None) -> tuple[str, ...]:
    """The stems of a word of a text in a language, the likeliest first; empty where the language has none.

    ``word``: as it is printed, with its apostrophe if it has one.
    """
    return _meant(word[:LONGEST], _code(language))


def bare(token: str) -> str:
    """A stem without its signs and its language: letters that many forms of the word begin with."""
    return token[len(SIGN) + 2 :].rstrip(SIGN + BARE).replace(_ACCENT, "")


def stems(text: str, language: str | None) -> str:
    """The stems of a text's words, each once, by space."""
    text = text[:MOST]
    code = _code(language) or _written(text)
    words: dict[str, None] = {}
    for found in _WHOLE.finditer(text):
        if found[0].isdecimal():  # without stems, and so many that no cache of words would last
            continue
        words[found[0][:LONGEST]] = None
        if len(words) >= _WORDS:
            break
    return " ".join(dict.fromkeys(token for word in words for token in _meant(word, code)))


def asked(word: str, languages: Collection[str] | None = None) -> tuple[str, ...]:
    """The stems that a word of a query may stand for, in each language of its script and by its other spellings.

    ``languages``: those that the texts are in, None: any.
    """
    word = word[:LONGEST]
    own = _script(word)
    found: dict[str, None] = {}
    for language in _SCRIPTS.get(own, ()):
        if languages is None or language in languages:
            for spelling in (word, *_respelt(word, language)):
                found.update(dict.fromkeys(_asked(spelling, language)))
    for group in _groups_of(word, own):
        for language, spelling in group:
            if languages is None or language in languages:
                found.update(dict.fromkeys(_named(spelling, language)))
    return tuple(found)


def respelt(word: str, languages: Collection[str] | None = None) -> tuple[str, ...]:
    """The spellings that were meant where a word of a query has no ß, or not its apostrophe: those that are words."""
    asked = [one for one in ("de", "uk") if languages is None or one in languages]
    return tuple(dict.fromkeys(other for one in asked for other in _respelt(word[:LONGEST], one)))


def codes(tags: Iterable[str]) -> frozenset[str]:
    """The languages of tags, as texts in them have their stems: Norwegian is one, however it is tagged."""
    return frozenset(map(_code, tags))


def preload(languages: Collection[str] = lemmas.LANGUAGES) -> None:
    """Open the dictionaries now: where they have to be made, that takes 8 s, which the first query would wait for."""
    for language in languages:
        if language in lemmas.LANGUAGES:
            lemmas.dictionary(language)


@lru_cache(100_000)
def _meant(word: str, language: str) -> tuple[str, ...]:
    script = _script(word)
    if script != _SCRIPT_OF.get(language):
        if script == "cyrillic" and language not in ("be", "bg", "kk", "ky", "mk", "mn", "sr", "tg", "tt"):
            told = _written(word)  # of a word in letters of two scripts it may be one of the other
            both = (told,) if told in _SCRIPTS[script] else ("uk", "ru")
            return tuple(dict.fromkeys(token for one in both for token in _meant(word, one)))
        if script == "latin" and _SCRIPT_OF.get(language, language) in ("cyrillic", "greek", "arabic", ""):
            told = _written(word)
            return _meant(word, told if told in _SCRIPTS[script] else "en")
        if script not in ("greek", "arabic"):
            return ()
        language = _SCRIPTS[script][0]
    if language in lemmas.LANGUAGES:
        return _listed(word, language)
    root = _snowball(language).stemWord(_APOSTROPHES.sub("'", word.lower()).rpartition("'")[2])
    return (f"{SIGN}{language}{fold(root)}",) if root else ()


def _listed(word: str, language: str) -> tuple[str, ...]:
    word = unicodedata.normalize("NFC", _APOSTROPHES.sub("'", word))
    if language in ("en", "de", "tr"):  # Kiev'de, Kyiv's; but not o'clock
        head, _, tail = word.partition("'")
        word = head if language == "tr" or tail.lower() in ("s", "") else word.replace("'", "")
    sure = lemmas.lemmas(word, language)
    if not sure and "'" in word:
        word = word.replace("'", "")
        sure = lemmas.lemmas(word, language)
    found = dict.fromkeys(f"{SIGN}{language}{_exact(one)}" for one in sure)
    if not found:
        found = dict.fromkeys(f"{SIGN}{language}{_plain(one)}{SIGN}" for one in lemmas.roots(word, language))
    elif language in _ACCENTED:
        exact = tuple(token for token in found if _ACCENT in token)
        found.update((f"{token.replace(_ACCENT, '')}{BARE}", None) for token in exact)
    return tuple(found)


def _asked(word: str, language: str) -> Iterator[str]:
    """The stems of a query's word in a language: without accents only where it is no word with them."""
    found = _meant(word, language)
    sure = any(not token.endswith((SIGN, BARE)) for token in found)
    for token in found:
        if not (sure and token.endswith(BARE)):
            yield token
        if not sure and language in _ACCENTED and len(token) > _CERTAIN:
            yield f"{token.removesuffix(SIGN)}{BARE}"


@lru_cache(1024)
def _respelt(word: str, language: str) -> tuple[str, ...]:
    """Those of a language. What German writes with ss may be a word too (Masse, Maße); Ukrainian words are none."""
    if language == "de" and _SHARP.search(word):
        parts = _SHARP.split(word, _SHARPS)
        written = ("".join(map("".join, zip(parts, (*signs, ""), strict=True))) for signs in
                   product(("ß", "ss"), repeat=len(parts) - 1))  # fmt: skip
        return tuple(one for one in written if "ß" in one and _is_listed(one, language))
    if language == "uk" and "'" not in word and _UNPARTED.search(word) and not _is_listed(word, language):
        parted = (f"{word[: at.start()]}'{word[at.start() :]}" for at in _UNPARTED.finditer(word))
        return tuple(one for one in parted if lemmas.lemmas(one, language))
    return ()


def _is_listed(word: str, language: str) -> bool:
    listed, lower = lemmas.dictionary(language), word.lower()
    return any(listed.get(form) is not None for form in (word, lower, lower.capitalize()))


def _plain(word: str) -> str:
    return "".join(c for c in fold(word.replace("ß", "ss")) if c.isalnum())


def _exact(word: str) -> str:
    """The same with a sign behind each letter that lost its accent, which FTS5 would take too."""
    if word.isascii():
        return _plain(word)
    return "".join(
        _plain(c) + (_ACCENT if fold(c) not in (c, "е", "'") else "") for c in unicodedata.normalize("NFC", word)
    )


def _named(spelling: str, language: str) -> tuple[str, ...]:
    """The stems of a name: its own alone where a dictionary lists it, none where it lists another word for it."""
    found = _meant(spelling, language)
    own = f"{SIGN}{language}{_exact(spelling.lower())}"
    if own in found or language not in lemmas.LANGUAGES:
        return (own,) if own in found else found
    return tuple(token for token in found if token.endswith(SIGN))


@cache
def _groups() -> tuple[tuple[tuple[str, str], ...], ...]:
    """The spellings of each name with the language that each is looked for in."""
    data = tomllib.loads((pkgutil.get_data("archive", "names.toml") or b"").decode())
    groups = []
    for names in data["names"]:
        group: dict[tuple[str, str], None] = {}
        for language, spellings in names.items():
            for spelling in spellings.split():
                for one in (language, *(_ANYWHERE if language == "en" and len(spelling) > _SHORT else ())):
                    group[one, spelling] = None
        groups.append(tuple(group))
    return tuple(groups)


@lru_cache(1024)
def _groups_of(word: str, script: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The names that a word of a query may be a form of."""
    found = []
    for group in _groups():
        for language, spelling in group:
            if _SCRIPT_OF[language] == script and word[:1].lower() == spelling[:1].lower():
                own = set(_meant(word, language))
                if own & set(_named(spelling, language)):
                    found.append(group)
                    break
    return tuple(found)


def _code(language: str | None) -> str:
    code = (language or "").replace("_", "-").partition("-")[0].lower()
    return _SAME.get(code, code)


def _written(text: str) -> str:
    """The language that a text's letters tell, where nobody says it; empty where they tell none."""
    sample = text[:_SAMPLE]
    # a Turkish text has more of ö and ü than of its own letters
    counts = [(len(own.findall(sample)) * (3 if language == "tr" else 1), language) for language, own in _OWN]
    most, language = max(counts, key=lambda one: one[0])
    return language if most else ""


@lru_cache(50_000)
def _script(word: str) -> str:
    for letter in word:
        if letter.isalpha():
            name = unicodedata.name(letter, "").partition(" ")[0].lower()
            return name if name in _SCRIPTS else ""
    return ""


def _snowball(language: str) -> Stemmer.Stemmer:
    """A stemmer of this thread's own: it keeps the word it works on."""
    own: dict[str, Stemmer.Stemmer] = _stemmers.__dict__
    if language not in own:
        own[language] = Stemmer.Stemmer(_SNOWBALL[language], 0)
    return own[language]

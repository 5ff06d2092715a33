"""What a reader types into a search box, as expressions for the indexes of texts. Pure.

Whatever is typed gives an expression that FTS5 takes; what is odd in it is said in a note, never an error. A word
finds its inflected forms by the stems of a text (archive/stems.py); earlier texts have none and are searched by what
those forms begin with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from archive import lemmas, stems

# characters of a query that are looked at: a paragraph that somebody pastes
_LONGEST = 1000
# words and phrases of a query: each costs a look-up for each of its stems, and FTS5's parser has a depth
_MOST, _DEPTH = 24, 4
# stems that one word may stand for: a name in five spellings has about forty
_STEMS = 64
# letters that stand before a star, and that an earlier text's word must share with a stem: with one letter a star
# would read a tenth of the index, with three "war" is also "warm"
_STAR, _BEGINNING = 2, 4
# signs that nobody sees, which a pasted word may have and no text here has
_UNSEEN = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"\0": " "} | _UNSEEN)
_SPELLING = str.maketrans(dict.fromkeys("ʼʹ’‘`´′", "'") | {"ё": "е", "Ё": "Е"} | dict.fromkeys("\ue000\ue001", " "))
_PIECE = re.compile(r'"([^"]*)("?)(\**)|([()])|([^\s"()]+)')
_FIELD = re.compile(r"([^\W\d_]{1,20}):(?!//)(.*)", re.DOTALL)
# one word to a reader, two to FTS5
_APOSTROPHE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)+")
_RUSSIAN = re.compile("[а-щъ-я ]+")
# signs of other search boxes, and what a note says of each; letters of a word in a note
_ODD = {
    "*": "A star is understood only at the end of a word",
    "^": "“^” means nothing here",
    "{": "Braces name no field, only “title:” before a word does",
    "}": "Braces name no field, only “title:” before a word does",
}
_NOTED = 40
# letters of a word that may be a ё: more e's than that have few
_YO = 5
# what forms of a word differ in, beside what follows it
_VOWELS = re.compile("(?:[aeiouy]{1,2}|[аеєиіїоуюяьйыэ]{1,2})$")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\U00020000-\U0002fa1f]")

# of title, text and stems for bm25, by which hits are ranked: a word is scored by its stem, whatever form it has, and
# a little more where the form is the one that was typed. Measured on 506 pages in eight languages, 400 words in any
# of their forms: an article with the word in its title comes first for 89 % (with 4.0, 1.0, 1.0 and stems that stand
# once: 44 %; FTS5 without stems: 58 %), and before one without in 97 % of pairs.
WEIGHTS = "1.0, 0.05, 1.0"

Kind = Literal["word", "prefix", "phrase"]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a text should hold: a word, all that begins with one, or a phrase.

    ``words``: folded, as they stand in a text. ``stems``: those of the word in each language it may be of, of a word
    with a hyphen (a phrase) those of its last part. ``title``: only in titles. ``typed``: as FTS5 cuts it itself.
    ``joined``: the words where an apostrophe is a letter, empty where there is none. ``respelt``: the word with the
    ß or the apostrophe that was left out, in each spelling as FTS5 cuts it.
    """

    kind: Kind
    words: tuple[str, ...]
    stems: tuple[str, ...] = ()
    title: bool = False
    typed: str = ""
    joined: str = ""
    respelt: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was taken.

    ``match``: an expression over ``search_text_fts`` (title, text, stems), ``history`` over ``earlier_texts_fts``
    (title, summary, text); an empty phrase, which finds nothing, where nothing is asked. ``notes``: what is odd in it
    and how it was taken, a sentence each. ``terms``: what is to be marked in a text.
    """

    match: str
    history: str
    notes: tuple[str, ...] = ()
    empty: bool = False
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """``wanted``: of each of them one must be there; ``without``: none may be."""

    wanted: tuple[tuple[_Node, ...], ...]
    without: tuple[_Node, ...]


_Node = Term | _Group


def spelled(text: str) -> str:
    """A text in the one spelling in which it is searched: composed letters, one apostrophe, no ё, no marks of hits.

    FTS5 takes ʼ for a letter and ’ for none, and keeps ё and е apart: what is indexed and what is asked must both
    have gone through this.
    """
    return unicodedata.normalize("NFC", text).translate(_SPELLING)


def indexed(title: str, text: str, language: str | None) -> tuple[str, str, str]:
    """The title, text and stems of an article as they are searched (``search_text``).

    The stems of the title stand there four times, those of the text once: what :data:`WEIGHTS` rests on.
    """
    title, text = spelled(title), spelled(text)
    named = stems.stems(title, language)
    held = filter(None, (named, named, named, stems.stems(f"{title}\n{text}", language)))
    return title, text, " ".join(held)


@lru_cache(256)
def parse(text: str, languages: frozenset[str] | None = None) -> Query:
    """Read a query of any length, in any script.

    ``languages``: those that the texts are in, None where nobody knows; the dictionaries of others are not read.
    """
    reader = _Reader(text, languages)
    group = reader.group(0)
    if group is None:
        return Query('""', '""', tuple(reader.notes), True)
    terms = tuple(dict.fromkeys(_terms(group)))
    return Query(_written(group, _match), _written(group, _history), tuple(reader.notes), False, terms)


class _Reader:
    """Goes through a query once."""

    def __init__(self, text: str, languages: frozenset[str] | None) -> None:
        # names in Cyrillic letters stand in any text, and English ones in those
        self._languages = None if languages is None else languages | {"uk", "ru", "en"}
        self.notes: dict[str, None] = {}
        if len(text) > _LONGEST:
            text = text[:_LONGEST].rsplit(None, 1)[0]
            self._note(f"The query is too long: only its first {_LONGEST} characters were searched.")
        # lone surrogates are no text; the marks of hits are ours
        text = text.encode("utf-8", "ignore").decode().translate(_QUOTES)
        self._pieces = list(_PIECE.finditer(spelled(text)))
        self._at = 0
        self._left = _MOST

    def _note(self, sentence: str) -> None:
        self.notes.setdefault(sentence)

    def group(self, depth: int, title: bool = False) -> _Group | None:
        """What stands up to the bracket that closes, or to the end; None where nothing is asked."""
        wanted: list[list[_Node]] = []
        without: list[_Node] = []
        either = beside = minus = False
        field, end = title, -1
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if minus and piece.start() != end:
                self._note("A minus with nothing after it was left out.")
                minus = False
            end = piece.end()
            node: _Node | None
            if piece[4] == ")":
                if depth:
                    break
                self._note("A closing bracket without an opening one was left out.")
                continue
            if piece[4]:
                if depth == _DEPTH:
                    self._note(f"Brackets more than {_DEPTH} deep were left out.")
                    continue
                node = self.group(depth + 1, field)
                end = self._pieces[self._at - 1].end()
            elif piece[5] is None:
                if not piece[2]:
                    self._note("A quotation mark is open: the phrase was taken to the end of the query.")
                node = self._phrase(piece[1], bool(piece[3]), field)
            else:
                word = piece[5]
                if word in ("OR", "AND", "NOT"):
                    if word == "OR":
                        if not beside:
                            self._note("OR needs a word on either side and was left out.")
                        either = beside
                    elif word == "NOT":
                        minus = True
                        end = self._pieces[self._at].start() if self._at < len(self._pieces) else end
                    continue
                if word == "NEAR" and self._opens(end):
                    self._note("NEAR is no operator here: it and all in its brackets were searched as words.")
                if word.startswith("-"):
                    minus, word = True, word.lstrip("-")
                if (found := _FIELD.fullmatch(word)) and found[1].lower() == "title":
                    field, word = True, found[2]
                    if not word and self._at == len(self._pieces):
                        self._note("“title:” stands before a word of a title.")
                if not word:
                    continue
                if found and not field and (found[2][:1].isalpha() or (not found[2] and self._opens(end))):
                    self._note(f"There is no field “{found[1]}”, only “title”: its words were searched as words.")
                    if found[2]:
                        node = self._all([self._word(part, False) for part in found.groups()])
                    else:
                        node = self._word(found[1], False)
                else:
                    node = self._word(word, field)
            field = title
            if node is None:
                minus = False
                continue
            if minus:
                if either:
                    self._note("OR cannot stand beside what is to be left out.")
                without.append(node)
            elif either:
                wanted[-1].append(node)
            else:
                wanted.append([node])
            beside = not minus
            either = minus = False
        if minus:
            self._note("A minus with nothing after it was left out.")
        if either:
            self._note("OR needs a word on either side and was left out.")
        if without and not wanted:
            self._note("There are only words to leave out: add one that should be there.")
        elif not (depth or wanted or self.notes) and self._pieces:
            self._note("There is no word in it.")
        return _Group(tuple(map(tuple, wanted)), tuple(without)) if wanted else None

    def _opens(self, at: int) -> bool:
        """Whether a phrase or a bracket begins right here."""
        following = self._pieces[self._at] if self._at < len(self._pieces) else None
        return following is not None and following.start() == at and following[5] is None

    def _all(self, nodes: Iterable[_Node | None]) -> _Node | None:
        wanted = tuple((node,) for node in nodes if node is not None)
        return _Group(wanted, ()) if wanted else None

    def _take(self) -> bool:
        self._left -= 1
        if self._left == -1:
            self._note(f"The query is too long: only its first {_MOST} words and phrases were searched.")
        return self._left >= 0

    def _phrase(self, text: str, star: bool, title: bool) -> Term | None:
        words = _folded(text)
        if not words or not self._take():
            return None
        return self._exact("phrase", text, words, star, title)

    def _word(self, text: str, title: bool) -> Term | None:
        bare = text.rstrip("*")
        words = _folded(bare)
        if not words:
            if text and not bare:
                self._note("A star alone was left out: put it at the end of a word.")
            return None
        if odd := next((_ODD[sign] for sign in bare if sign in _ODD), None):
            self._note(f"{odd}: “{bare[:_NOTED]}” was searched as “{' '.join(words)[:_NOTED]}”.")
        if not self._take():
            return None
        if bare != text or _CJK.match(words[-1]):
            return self._exact("word", bare, words, bare != text, title)
        start, end = [(start, end) for start, end, word in stems.tokens(bare) if word][-1]
        kind: Kind = "word" if len(words) == 1 else "phrase"
        asked = bare[start:end]
        if kind == "phrase" and (found := _APOSTROPHE.search(bare)) and _folded(found[0]) == words:
            kind, asked = "word", found[0]
        forms = stems.asked(asked, self._languages)[:_STEMS]
        others = stems.respelt(asked, self._languages) if kind == "word" else ()
        respelt = tuple(map(_folded, others))
        return Term(kind, words, forms, title, bare, _joined(bare, words), respelt)

    def _exact(self, kind: Kind, text: str, words: tuple[str, ...], star: bool, title: bool) -> Term:
        """Words without their inflected forms; with a star, and in a script without spaces, what begins with them."""
        if star and len(words) == 1 and len(words[0]) < _STAR and not _CJK.match(words[0]):
            self._note(f"A star needs {_STAR} letters before it: “{words[0]}” was searched as a word.")
            star = False
        return Term("prefix" if star or _CJK.match(words[-1]) else kind, words, (), title, text, _joined(text, words))


def _folded(text: str) -> tuple[str, ...]:
    return tuple(word for _, _, word in stems.tokens(text) if word)


def _joined(text: str, words: tuple[str, ...]) -> str:
    """The words where an apostrophe is a letter; empty where there is none."""
    joined = [word.replace("'", "\u02bc") for word in _folded(_APOSTROPHE.sub(_lettered, text))]
    return " ".join(joined) if len(joined) < len(words) else ""


def _lettered(found: re.Match[str]) -> str:
    return found[0].replace("'", "\u02bc")


def _terms(group: _Group) -> Iterator[Term]:
    for alternatives in group.wanted:
        for node in alternatives:
            if isinstance(node, Term):
                yield node
            else:
                yield from _terms(node)


def _written(node: _Node, term: Callable[[Term], str]) -> str:
    if isinstance(node, Term):
        return term(node)
    parts = []
    for alternatives in node.wanted:
        written = " OR ".join(_written(one, term) for one in alternatives)
        parts.append(f"({written})" if len(alternatives) > 1 else written)
    wanted = " AND ".join(parts)
    if node.without:
        return f"(({wanted}) NOT ({' OR '.join(_written(one, term) for one in node.without)}))"
    return f"({wanted})" if len(parts) > 1 else wanted


def _match(term: Term) -> str:
    """A term over title, text and stems; a stem is no word, so that no column need be named."""
    exact = f'"{term.typed}"' + (" *" if term.kind == "prefix" else "")
    known = " OR ".join(f'"{stem}"' for stem in term.stems)
    if term.kind == "word" and known and not term.title:
        return f"({exact} OR {known})"
    column = "title : " if term.title else ""
    begun = " OR ".join(f'"{one}" *' for one in _beginnings(term))
    return f"({column}{exact} OR ({column}({begun}) AND ({known})))" if begun else f"{column}{exact}"


def _history(term: Term) -> str:
    """A term over texts that have no stems and are spelled as they were printed."""
    star = " *" if term.kind == "prefix" else ""
    forms = [f'"{one}"{star}' for one in _printed(" ".join(term.words), term.joined)]
    forms += [f'"{one}"' for one in _lemmas(term) for one in _printed(one)]
    for begun in _beginnings(term):
        joined = begun.replace(" ", "\u02bc") if term.kind == "word" else ""
        forms += [f'"{one}" *' for one in _printed(begun, joined)]
    written = " OR ".join(dict.fromkeys(forms))
    return f"(title : ({written}))" if term.title else f"({written})"


def _printed(words: str, joined: str = "") -> Iterator[str]:
    """How words may be printed: with an apostrophe that is a letter, or with a ё."""
    yield words
    if joined:
        yield joined
    if _RUSSIAN.fullmatch(words):
        for position in [n for n, letter in enumerate(words) if letter == "е"][:_YO]:
            yield f"{words[:position]}ё{words[position + 1 :]}"


def _lemmas(term: Term) -> list[str]:
    """The words that a word may be a form of, in other spellings too; none for one with an apostrophe."""
    if term.kind == "word" and len(term.words) > 1:
        return []
    before = " ".join(term.words[:-1])
    return [f"{before} {stems.bare(stem)}".lstrip() for stem in term.stems if _known(stem)]


def _beginnings(term: Term) -> list[str]:
    """What forms of a word, or of a phrase's last word, begin with; of those that begin alike the shortest."""
    before = " ".join(term.words[:-1])
    word = term.words[-1] if term.kind == "phrase" else "".join(term.words)  # a stem has no apostrophe
    skip = len(word) - len(term.words[-1])
    found = set()
    for stem in term.stems:
        if _known(stem):
            lemma = stems.bare(stem)
            shared = next((word[:n] for n in range(len(word), 0, -1) if lemma.startswith(word[:n])), "")
            if len(shared) < _BEGINNING and not skip:
                shared = lemma  # in another spelling
            begun = _VOWELS.sub("", shared)
            found.add(begun if len(begun) >= max(_BEGINNING, len(word) - 2) else shared)
    kept: list[str] = []
    for one in sorted(found, key=lambda one: (len(one), one)):
        if len(one) >= max(_BEGINNING, skip + 1) and not any(one.startswith(shorter) for shorter in kept):
            kept.append(one)
    begins = [f"{before} {one[skip:]}".lstrip() for one in kept]
    for words in term.respelt:
        # what was typed with its apostrophe begins so too; a stem has no ß by which more could be told
        begins += _beginnings(replace(term, words=words, respelt=())) if len(words) > 1 else []
        begins.append(" ".join(words))
    return begins


def _known(stem: str) -> bool:
    """Whether a stem is of a language with a dictionary, or of a script that no other has."""
    return stem[len(stems.SIGN) :][:2] in lemmas.LANGUAGES or not stem[-1:].isascii()

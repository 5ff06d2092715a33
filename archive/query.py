"""What a reader types into a search box, as expressions for the indexes of texts. Pure.

Whatever is typed gives an expression that FTS5 takes; what is odd in it is said in a note, never an error. A word
finds its inflected forms by the stems of a text (archive/stems.py); earlier texts have none and are searched by what
those forms begin with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from archive import stems

# characters of a query that are looked at: a paragraph that somebody pastes
_LONGEST = 1000
# words and phrases of a query: each costs a look-up for each of its stems, and FTS5's parser has a depth
_MOST, _DEPTH = 24, 4
# stems that one word may stand for: a name in five spellings has about forty
_STEMS = 64
# letters that stand before a star, and that an earlier text's word must share with a stem: with one letter a star
# would read a tenth of the index, with three "war" is also "warm"
_STAR, _BEGINNING = 2, 4
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"\0": " ", "\ue000": " ", "\ue001": " "})
_SPELLING = str.maketrans(dict.fromkeys("ʼʹ’‘`´′", "'") | {"ё": "е", "Ё": "Е"})
_PIECE = re.compile(r'"([^"]*)("?)(\**)|([()])|([^\s"()]+)')
_FIELD = re.compile(r"([^\W\d_]{1,20}):(?!//)(.*)", re.DOTALL)
# one word to a reader, two to FTS5
_APOSTROPHE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\U00020000-\U0002fa1f]")

# how hits are ranked: title, text, stems. A word is scored by its stem, whatever form it has, and a little more where
# the form is the one that was typed. Measured on 506 pages in eight languages, 400 words in any of their forms: an
# article with the word in its title comes first for 96 % (bm25(4.0, 1.0, 1.0) and stems that stand once: 46 %; FTS5
# without stems: 51 %), and for each of 158 phrases.
RANK = "bm25(1.0, 0.05, 1.0)"

Kind = Literal["word", "prefix", "phrase"]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a text should hold: a word, all that begins with one, or a phrase.

    ``words``: folded, as they stand in a text. ``stems``: those of a word in each language it may be of.
    """

    kind: Kind
    words: tuple[str, ...]
    stems: tuple[str, ...] = ()
    title: bool = False


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
    """A text in the one spelling in which it is searched: composed letters, one apostrophe, no ё.

    FTS5 takes ʼ for a letter and ’ for none, and keeps ё and е apart: what is indexed and what is asked must both
    have gone through this.
    """
    return unicodedata.normalize("NFC", text).translate(_SPELLING)


def indexed(title: str, text: str, language: str | None) -> tuple[str, str, str]:
    """The title, text and stems of an article as they are searched (``search_text``).

    The stems of the title stand there four times, those of the text once: what :data:`RANK` rests on.
    """
    title, text = spelled(title), spelled(text)
    named = stems.stems(title, language)
    held = filter(None, (named, named, named, stems.stems(f"{title}\n{text}", language)))
    return title, text, " ".join(held)


@lru_cache(256)
def parse(text: str) -> Query:
    """Read a query of any length, in any script."""
    reader = _Reader(text)
    group = reader.group(0)
    if group is None:
        return Query('""', '""', tuple(reader.notes), True)
    terms = tuple(dict.fromkeys(_terms(group)))
    return Query(_written(group, _match), _written(group, _history), tuple(reader.notes), False, terms)


class _Reader:
    """Goes through a query once."""

    def __init__(self, text: str) -> None:
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
                    elif word == "NOT" and self._at < len(self._pieces):
                        minus, end = True, self._pieces[self._at].start()
                    continue
                if word.startswith("-"):
                    minus, word = True, word.lstrip("-")
                if (found := _FIELD.fullmatch(word)) and found[1].lower() == "title":
                    field, word = True, found[2]
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
        words = tuple(word for _, _, word in stems.tokens(text))
        if not words or not self._take():
            return None
        if len(words) == 1 and star:
            return self._star(words, title)
        return Term("prefix" if star or _CJK.match(words[-1]) else "phrase", words, (), title)

    def _star(self, words: tuple[str, ...], title: bool) -> Term:
        if len(words[0]) < _STAR and not _CJK.match(words[0]):
            self._note(f"A star needs {_STAR} letters before it: “{words[0]}” was searched as a word.")
            return Term("word", words, (), title)
        return Term("prefix", words, (), title)

    def _word(self, text: str, title: bool) -> Term | None:
        bare = text.rstrip("*")
        star = bare != text
        words = tuple(word for _, _, word in stems.tokens(bare))
        if not words:
            if star and not bare:
                self._note("A star alone was left out: put it at the end of a word.")
            return None
        if "*" in bare.strip("*"):
            self._note("A star is understood only at the end of a word.")
        if not self._take():
            return None
        if star or _CJK.match(words[-1]):
            return self._star(words, title) if len(words) == 1 else Term("prefix", words, (), title)
        found = _APOSTROPHE.search(bare) if len(words) > 1 else None
        if len(words) > 1 and (found is None or sum(1 for _ in stems.tokens(found[0])) < len(words)):
            return Term("phrase", words, (), title)
        return Term("word", words, stems.asked(found[0] if found else words[0])[:_STEMS], title)


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
    exact = _quoted(term)
    if not term.stems:
        return f"title : {exact}" if term.title else exact
    if not term.title:
        return f"({exact} OR {_any(term.stems)})"
    begun = " OR ".join(_beginnings(term))
    return f"(title : {exact} OR (title : ({begun}) AND ({_any(term.stems)})))" if begun else f"title : {exact}"


def _history(term: Term) -> str:
    """A term over texts without stems."""
    forms = " OR ".join([_quoted(term), *_beginnings(term)])
    return f"(title : ({forms}))" if term.title else f"({forms})"


def _beginnings(term: Term) -> list[str]:
    """What inflected forms of a word begin with, the shortest of those that begin alike."""
    bare = sorted({stem[len(stems.SIGN) + 2 :] for stem in term.stems}, key=lambda one: (len(one), one))
    kept: list[str] = []
    for one in bare:
        if len(one) >= _BEGINNING and not any(one.startswith(shorter) for shorter in kept):
            kept.append(one)
    return [f'"{one}" *' for one in kept]


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.kind == "prefix" else "")


def _any(words: Iterable[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)

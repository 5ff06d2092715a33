"""Where in a text the words of a query stand: marked, and the stretch with most of them cut out. Pure.

FTS5's own snippet() and highlight() mark nothing where a word was found by its stem.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from archive import stems
from archive.query import Query, Term

# stand around a hit: private-use characters mean nothing in any text and HTML escaping leaves them alone, so that a
# text is escaped first and marked afterwards
HIT, END = "\ue000", "\ue001"
# characters of a text that are looked at: a long read has 60,000
_LONGEST = 300_000
# characters of a snippet for each word of it: Chinese has no spaces, and a page may hold one word of a megabyte
_WIDTH = 15
_UNMARK = str.maketrans({HIT: " ", END: " "})
_SENTENCE = re.compile(r"[\n\u2028\u2029。！？]|[.!?…][\"'”’»)\]]*\s")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_APOSTROPHES = "'’ʼ‘`ʹ"
_LETTERS = str.maketrans({"\u02bc": "'", "\u02b9": "'"})


class _Word(NamedTuple):
    """A word of a text; ``hits``: a bit for each term it is a hit of, ``hit``: where that begins, maybe words ago."""

    start: int
    end: int
    hits: int
    hit: int
    hit_end: int


def highlight(query: Query, text: str, language: str | None) -> str:
    """A text with each hit between :data:`HIT` and :data:`END`."""
    text = _clean(text)
    return _marked(
        text, 0, len(text), [(w.hit, w.end) for w in _Matcher(query.terms, language).words(text) if w.hits]
    )


def snippet(query: Query, text: str, language: str | None, words: int = 40) -> str:
    """The stretch of about so many words in which most of what is asked stands, the first of them, in one line.

    It begins with a sentence where one begins near; where nothing is found it is the beginning of the text.
    """
    text = _clean(text[:_LONGEST])
    terms = tuple(term for term in query.terms if not term.title)
    seen: list[_Word] = []
    best: tuple[int, int] | None = None  # positions of the first and the last hit
    found, wanted = 0, len(terms)
    near: deque[int] = deque()
    rest = _Matcher(terms, language).words(text)
    for word in rest:
        seen.append(word)
        if not word.hits:
            continue
        at = len(seen) - 1
        near.append(at)
        while seen[near[0]].start < word.start - words * _WIDTH or near[0] <= at - words:
            near.popleft()
        held = 0
        for position in near:
            held |= seen[position].hits
        if held.bit_count() > found:
            found, best = held.bit_count(), (near[0], at)
            if found == wanted:
                break
        if len(near) > words:
            near.popleft()
    if not seen:
        return ""
    first, last = best or (0, 0)
    begin = _beginning(text, seen, first, last, words) if best else 0
    for word in rest:
        if len(seen) >= begin + words:
            break
        seen.append(word)
    within = seen[begin : begin + words]
    start = min(within[0].start, min((w.hit for w in within if w.hits), default=within[0].start))
    limit = start + words * _WIDTH
    end = max((w.end for w in within if w.end <= limit), default=min(limit, within[0].end))
    start, end = _widened(text, start, end)
    hits = [(w.hit, min(w.hit_end, end)) for w in within if w.hits and w.hit < end]
    cut = " ".join(_marked(text, start, end, hits).split())
    return f"{'… ' if text[:start].strip() else ''}{cut}{' …' if text[end:].strip() else ''}"


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_UNMARK) if HIT in text or END in text else text)


class _Matcher:
    """What the words of one text are hits of: a bit for each term."""

    def __init__(self, terms: tuple[Term, ...], language: str | None) -> None:
        self._language = language
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._begun: list[tuple[str, int]] = []
        self._phrases: list[tuple[Term, int]] = []
        self._known: dict[str, int] = {}
        for n, term in enumerate(terms):
            bit = 1 << n
            if len(term.words) > 1:
                self._phrases.append((term, bit))
            elif term.kind == "prefix":
                self._begun.append((term.words[0], bit))
            else:
                self._words[term.words[0]] = self._words.get(term.words[0], 0) | bit
            for stem in term.stems if term.kind == "word" else ():
                self._stems[stem] = self._stems.get(stem, 0) | bit

        self._letters = {stems.bare(stem)[:1] for stem in self._stems}

    def words(self, text: str) -> Iterator[_Word]:
        """The words of the text; a phrase, and a word with an apostrophe, is a hit at its last one."""
        longest = max((len(term.words) for term, _ in self._phrases), default=1)
        before: deque[tuple[int, int, str]] = deque(maxlen=longest)
        last, known = (-2, -2), self._known
        for start, end, folded in stems.tokens(_same_length(text)):
            hits = known.get(folded)
            if hits is None:
                hits = known[folded] = self._hits(text[start:end], folded)
            hit = start
            if self._stems and start == last[1] + 1 and text[last[1]] in _APOSTROPHES:
                joined = self._meant(text[last[0] : end])
                hits, hit = hits | joined, last[0] if joined else start
            if self._phrases:
                before.append((start, end, folded))
                for term, bit in self._phrases:
                    if len(before) >= len(term.words) and self._ends(before, term, text):
                        hits, hit = hits | bit, min(hit, before[-len(term.words)][0])
            whole = not (hits and self._begun and _CJK.match(folded))
            yield _Word(start, end, hits, hit, end if whole else start + self._begins(folded))
            last = start, end

    def _hits(self, word: str, folded: str) -> int:
        hits = self._words.get(folded, 0)
        # all but a few forms (went, the best) begin as their word does; looking up the others takes 0.3 ms each
        if folded[:1] in self._letters:
            hits |= self._meant(word)
        for begun, bit in self._begun:
            hits |= bit if folded.startswith(begun) else 0
        return hits

    def _begins(self, folded: str) -> int:
        """How many letters of a stretch without spaces are what it is asked to begin with."""
        return max((len(begun) for begun, _ in self._begun if folded.startswith(begun)), default=len(folded))

    def _ends(self, before: deque[tuple[int, int, str]], term: Term, text: str) -> bool:
        """Whether a phrase ends with the last word."""
        words = term.words
        if any(before[n - len(words)][2] != word for n, word in enumerate(words[:-1])):
            return False
        start, end, last = before[-1]
        if last == words[-1] or (term.kind == "prefix" and last.startswith(words[-1])):
            return True
        if term.kind != "phrase" or not term.stems:
            return False
        return not {*stems.meant(text[start:end], self._language)}.isdisjoint(term.stems)

    def _meant(self, word: str) -> int:
        hits = 0
        for stem in stems.meant(word, self._language):
            hits |= self._stems.get(stem, 0)
        return hits


def _same_length(text: str) -> str:
    """A text whose apostrophes are no letters, as it was indexed."""
    return text.translate(_LETTERS) if "\u02bc" in text or "\u02b9" in text else text


def _beginning(text: str, seen: list[_Word], first: int, last: int, words: int) -> int:
    """Where a stretch begins that holds the words from ``first`` to ``last``: with their sentence where that fits."""
    room = max(0, words - (last - first + 1))
    earliest = max(0, first - room)
    for position in range(first, earliest - 1, -1):
        if position == 0 or _SENTENCE.search(text, seen[position - 1].end, seen[position].start):
            return position
    return max(0, first - room // 2)


def _marked(text: str, start: int, end: int, hits: list[tuple[int, int]]) -> str:
    out, at = [], start
    for begin, until in _joined(hits):
        out += [text[at:begin], HIT, text[begin:until], END]
        at = until
    return "".join([*out, text[at:end]])


def _joined(hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same without what overlaps: a word in a phrase is marked once."""
    joined: list[tuple[int, int]] = []
    for begin, until in sorted(hits):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((begin, until))
    return joined


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """With the quotation marks, brackets and stops that stand at the ends of a stretch."""
    for _ in range(3):
        start -= start > 0 and not text[start - 1].isspace() and not text[start - 1].isalnum()
        end += end < len(text) and not text[end].isspace() and not text[end].isalnum()
    return start, end

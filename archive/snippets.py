"""Where in a text the words of a query stand: marked, and the stretch with most of them cut out. Pure.

FTS5's own snippet() and highlight() mark nothing where a word was found by its stem.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from archive import stems
from archive.query import Query, Term, spelled

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


class _Word(NamedTuple):
    """A word of a text; ``hits``: a bit for each term it is a hit of, ``hit`` begins where a phrase does."""

    start: int
    end: int
    hits: int
    hit: int
    hit_end: int


def highlight(query: Query, text: str, language: str | None) -> str:
    """A text with each hit between :data:`HIT` and :data:`END`."""
    text = _clean(text)
    return _marked(text, 0, len(text), [(w.hit, w.hit_end) for w in _words(query.terms, text, language) if w.hits])


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
    rest = _words(terms, text, language)
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


def _words(terms: tuple[Term, ...], text: str, language: str | None) -> Iterator[_Word]:
    """The words of a text with what they are hits of."""
    hits_of = _matcher(terms, language)
    phrases = [(term.words, term.kind == "prefix", 1 << n) for n, term in enumerate(terms) if len(term.words) > 1]
    longest = max((len(words) for words, *_ in phrases), default=1)
    before: deque[tuple[int, int, str]] = deque(maxlen=longest)
    known: dict[str, int] = {}
    for start, end, folded in stems.tokens(spelled_alike(text)):
        hits = known.get(folded)
        if hits is None:
            hits = known[folded] = hits_of(text[start:end], folded)
        hit, hit_end = start, end
        if phrases:
            before.append((start, end, folded))
            for words, begun, bit in phrases:
                if len(before) >= len(words) and _stands(before, words, begun):
                    hits |= bit
                    hit = min(hit, before[-len(words)][0])
        yield _Word(start, end, hits, hit, hit_end)

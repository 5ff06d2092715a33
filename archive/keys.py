"""What a text is looked up by among all others, and what decides whether two of them are read side by side. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property

from archive.copies import LEAST, Text
from archive.fingerprint import ROWS, bands, form, numbers, runs, signature, words, words_and_sentences
from archive.models import Marks
from archive.quotations import Quotation, quotation_keys, quotations

# rises with each change of what texts are looked up or compared by: every text is looked up anew by a rebuild. Where
# keys change, a migration empties signatures and lookups first: which keys a row has only the code knows that made it
VERSION = 1
# of the MinHash, from which on a text is read: copies have .45, of which 64 values show .25 or more in 999 of 1,000
ALIKE = 16
# share of the sentences of the text that has fewer, from which on the other one is read
SENTENCES = 0.3
# narrow bands of stems that quotations share before texts are read (of pairs of texts of one language 1 in 30 shares
# one, none of 657 two). As that makes them popular they are looked up within a fortnight (in seconds): what was said
# is reported at once
STEMS, REPORTED = 2, 14 * 86_400
# bits of such a key; those above tell the fortnight, so what is new is written to one place of the index
STEM_BITS = 34
# bands of a text that has so many sentences to be looked up by too: of those edited by a tenth, these and a sentence
# that was left alone find as many as all 21 (recall .994 with each)
BANDS, ENOUGH = 8, 12
# of its sentences a text is looked up by half, those of the lower hashes, but by so many where it has them: a text
# that stands in another one shares half of its sentences' keys with it, which is one of 5 in 31 of 32 cases
FEW = 8
# a report's form is looked up with so many numbers in it, and one in so many words (of other texts two in three have
# that many too; daily reports have one in 3)
FIGURES, SPARSE = 8, 40
# bands of three of 24 values: forms share .85 and more of their runs, which 99 of 100 pairs show
FORM_VALUES = 24


class Own(Text):
    """The text whose links are looked for."""

    @cached_property
    def said(self) -> list[Quotation]:
        """What it quotes."""
        return quotations(self.text)


def marks_of(article: int, digest: str, at: int, own: Own, source: str) -> Marks:
    """What a text is looked up and compared by."""
    own.words, sentences = words_and_sentences(own.text)
    if len(own.words) < LEAST:
        return Marks(article, digest, at, len(own.words), b"", b"", b"", b"", b"")
    quoted, stems = quotation_keys(own.said)
    forms: list[int] = []
    figures = len(numbers(own.text))
    if figures >= FIGURES and figures * SPARSE >= len(own.words):
        plain = runs(words(form(own.text)))
        if len(plain):
            forms = bands(signature(plain)[:FORM_VALUES], f"form {source}")
    values = signature(own.runs).tobytes()
    return Marks(article, digest, at, len(own.words), values, *map(_blob, (sentences, quoted, stems, forms)))


class Keys:
    """The keys of an article: ``own``, of which it is found by those ``shared``: by one of ``texts``, or by several
    of ``stems``, which hold for a fortnight."""

    def __init__(self, marks: Marks) -> None:
        self.texts = [*_bands(marks), *_looked_up(ints(marks.sentences)), *ints(marks.quoted)]
        then = marks.at // REPORTED << STEM_BITS
        self.stems = [then + (key & (1 << STEM_BITS) - 1) for key in ints(marks.stems)]
        self.shared = {*self.texts, *self.stems}
        self.own = self.shared.union(ints(marks.forms))


def _looked_up(sentences: list[int]) -> list[int]:
    """The sentences that a text is looked up by, of all in order: those of negative hashes."""
    return sentences[: max(FEW, bisect_left(sentences, 0))]


def _bands(marks: Marks) -> list[int]:
    import numpy as np

    if not marks.values:
        return []
    values = np.frombuffer(marks.values, dtype=np.uint32)
    return bands(values[: BANDS * ROWS] if len(marks.sentences) >= 8 * ENOUGH else values)


def alike(own: Marks, others: Mapping[int, Marks]) -> dict[int, bool]:
    """Which texts are worth reading side by side with one: the same from both sides.

    True where the texts may be, False where only their quotations are; the rest are left out.
    """
    import numpy as np

    others = {other: marks for other, marks in others.items() if marks.values}
    if not own.values or not others:
        return {}
    values = np.frombuffer(b"".join(marks.values for marks in others.values()), dtype=np.uint32)
    mine = np.frombuffer(own.values, dtype=np.uint32)
    same = np.count_nonzero(values.reshape(-1, len(mine)) == mine, axis=1).tolist()
    sentences, quoted, stems = (frozenset(ints(keys)) for keys in (own.sentences, own.quoted, own.stems))
    found = {}
    for (other, marks), values_shared in zip(others.items(), same, strict=True):
        theirs = ints(marks.sentences)
        shared = len(sentences.intersection(theirs))
        if values_shared >= ALIKE or (shared and shared >= SENTENCES * min(len(sentences), len(theirs))):
            found[other] = True
        elif not quoted.isdisjoint(ints(marks.quoted)) or len(stems.intersection(ints(marks.stems))) >= STEMS:
            found[other] = False
    return found


def _blob(keys: list[int]) -> bytes:
    import numpy as np

    return np.array(keys, dtype=np.int64).tobytes()


def ints(blob: bytes) -> list[int]:
    """The keys that a row of marks holds."""
    import numpy as np

    keys: list[int] = np.frombuffer(blob, dtype=np.int64).tolist()
    return keys

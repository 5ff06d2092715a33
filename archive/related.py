"""Which texts may be about the same event: a suggestion with a score, never a link. Pure.

"Same event" is not "same text": on labelled pairs the cosine of TF-IDF (Salton and Buckley, 1988) parts them with an
area under the curve of .92 in English and .85 within other languages, too little to join anything by it. What counts
as rare is decided by the texts of those same days, so the score is the same whenever it is asked for, once these
are in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from archive.fingerprint import words

# characters of a text that are looked at: news says at its head what it is about
HEAD = 2_000
# suggestions have this much, and there are so many of them at most
LEAST, MOST = 0.2, 10
# letters of a word that count: endings differ within one story
_STEM = 7


def related(own: str, others: Mapping[int, str]) -> Sequence[tuple[int, float]]:
    """(number, score) of the texts nearest to one, the best first; ``others``: those of its days and language."""
    terms = {number: _terms(text) for number, text in others.items()}
    ours = _terms(own)
    frequency = Counter(chain(ours, *terms.values()))
    # logarithms of few numbers, asked for 100 times a text
    rare = [0.0, *(math.log((2 + len(others)) / count) for count in range(1, 2 + len(others)))]
    rarity = {term: rare[count] for term, count in frequency.items()}
    weights = {term: (1 + math.log(count)) * rarity[term] for term, count in ours.items()}
    norm = math.sqrt(sum(weight * weight for weight in weights.values()))
    found = []
    for number, counts in terms.items():
        shared = weights.keys() & counts.keys()
        if not shared:
            continue
        # what one text has and the other has not weighs by its rarity too
        theirs = math.sqrt(
            sum((rarity[t] if n == 1 else (1 + math.log(n)) * rarity[t]) ** 2 for t, n in counts.items())
        )
        product = sum(weights[t] * (1 + math.log(counts[t])) * rarity[t] for t in shared)
        score = product / (norm * theirs) if norm and theirs else 0.0
        if score >= LEAST:
            found.append((number, round(score, 3)))
    return sorted(found, key=lambda one: (-one[1], one[0]))[:MOST]


def _terms(text: str) -> Counter[str]:
    return Counter(word[:_STEM] for word in words(text[:HEAD]) if len(word) > 3 or word > "\u0590")

"""Invented prose in several languages: words as uneven as a language's, inflected, and of one subject within a text.

The first words of each language stand here (what joins a sentence, then some nouns in their forms), the rest are
those of the dictionary by which stems are found, in the forms that it lists. Where it is not asked, or has no such
language, they are made of syllables and endings, as names are. Nothing here means anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamMap

from archive.lemmas import LANGUAGES as LISTED

# words of a language in all their forms, and how uneven they are: the one of rank r is drawn in proportion to
# 1 / (r + FLAT) (Zipf's law with Mandelbrot's constant)
LEMMAS, FLAT = 3_000, 2.7
# forms of a word, and letters of the shortest and longest one that are taken from a dictionary
FORMS, LETTERS = 6, (4, 11)
# names besides, and their share of a text's words: six in 300
NAMES, NAMED = 5_000, 0.02
# subjects of a language: in each other words come first; and the share of a text's words that are its subject's
SUBJECTS, OWN = 60, 0.35
# words of a sentence, sentences of a paragraph
SENTENCE, PARAGRAPH = (6, 22), (2, 4)


@dataclass(frozen=True, slots=True)
class _Language:
    joins: str
    nouns: str  # in groups by "|": endings by comma (_: none), then the words that take them
    syllables: str
    endings: str


_LANGUAGES = {
    "uk": _Language(
        "і в на що з до за у не та про від для як по це під час його також із але або при який вже були буде після",
        "_,у,ом,и,ів,ами порт міст корабл міністр закон пожар страйк ремонт склад кран|"
        "а,и,і,у,ою,ам рад угод допомог загроз бухт робот шкод варт довідк|"
        "я,і,ю,єю,й,ям комісі поліці парті станці",
        "ба ве гри до жа зе кла лу мо ни пру ра сві та фо ху ча ши ща ян",
        "_,у,ом,и,ів,ами|а,и,і,у,ою,ам|ний,ного,ному,ним,на,ну,ні,них|ти,в,ла,ли,є,ють",
    ),
    "ru": _Language(
        "и в на что с по не за к из о от для как это у был его также но или при который уже были будет после до",
        "_,у,ом,ы,ов,ами порт мост корабл министр закон пожар склад кран груз|"
        "а,ы,е,у,ой,ам угроз работ помощниц школ набережн шахт|я,и,ю,ей,й,ям комисси полици инспекци станци",
        "ба ве гри до жа зе кла лу мо ны пру ра све та фо ху ча ши ща эн",
        "_,у,ом,ы,ов,ами|а,ы,е,у,ой,ам|ный,ного,ному,ным,ная,ную,ные,ных|ть,л,ла,ли,ет,ют",
    ),
    "en": _Language(
        "the of and to in a for that on is with said was by at it as from be are has have were will their after he",
        "_,s harbour ferry council bridge minister quay port strike budget winter crane tunnel court market|"
        "_,s,ed,ing repair report open vote load|y,ies agenc compan part deput",
        "bar ven gri dor mal tas kel lum mor nis pru rad sov tul fen hux chal shin wex yar",
        "_,s|_,s,ed,ing|_,er,est,ly|y,ies,ied,ying",
    ),
    "pl": _Language(
        "i w na z do że się nie o od za po jest jak to przez dla oraz ale przy był który już będzie też ich pod",
        "_,u,em,y,ów,ami port most minister transport strajk remont|a,y,ie,ę,ą,om rad ustaw robot przyczep szkod",
        "ba we gri do ża ze kła lu mo ny pru ra świ ta fo hu cza szy rze jan",
        "_,u,em,y,ów,ami|a,y,ie,ę,ą,om|ny,nego,nemu,nym,na,ną,ne,nych|ć,ł,ła,li,je,ją",
    ),
    "de": _Language(
        "die der und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus nach",
        "_,s,e,en Schiff Minister Gesetz Streik Hafen Kran|_,en Behörd Zeitung Fahrt Planung|_,n Brücke Kammer",
        "ba wen gri dor mal tas kel lum mor nis pru rad sof tul fen hau schal schin wech jar",
        "_,s,e,en,er|e,en|ig,ige,iger,iges,igen|en,t,te,ten",
    ),
    "tr": _Language(
        "ve bir bu için ile de da olarak daha çok olan gibi kadar sonra ancak her en ne ya göre ise karşı diye ki",
        "_,da,dan,lar,ları,larda liman gemi bakan kanun rapor|_,i,de,den,ler,leri köprü meclis gelir grev vinç",
        "ba ve gür do yal ze kıl lu mör nı pru ra şöv ta fö hu ça şi can yan",
        "_,da,dan,lar,ları,larda|_,i,de,den,ler,leri|mak,dı,yor,acak,mış|lı,lık,sız",
    ),
    "ar": _Language(
        "في من على إلى أن عن مع هذا التي الذي كان بعد قبل بين كما قد لم لا ما هو هي كل غير حتى عند",
        "_,ات,ين,ه,ها ميناء جسر وزير قانون مجلس إضراب|_,ات,نا رصيف سفين رافع شرط",
        "با ور غر دو جا زم كل لو مو ني بر را سف تا فو حو شا شم صف ين",
        "_,ات,ين,ه,ها|ة,ات,تهم|_,ون,وا",
    ),
}
LANGUAGES = tuple(_LANGUAGES)


@dataclass(frozen=True, slots=True)
class Prose:
    """A text: ``paragraphs`` of sentences; ``forms`` are the numbers of its words' forms in the vocabulary, of which
    the first ``titled`` are the title's."""

    title: str
    paragraphs: list[str]
    forms: NDArray[np.int32]
    titled: int


class Vocabulary:
    """The words of a language, the most frequent ones first. The same for everybody who asks.

    ``listed``: those of the dictionary (some seconds for all languages).
    """

    def __init__(self, language: str, listed: bool = True) -> None:
        self.language = language
        self._of = _LANGUAGES[language]
        chance = np.random.default_rng(LANGUAGES.index(language))
        self.joins = self._of.joins.split()
        lemmas: list[tuple[str, ...]] = [(word,) for word in self.joins]
        nouns = [
            tuple(stem + ending for ending in _endings(endings))
            for endings, *stems in (group.split() for group in self._of.nouns.split("|"))
            for stem in stems
        ]
        lemmas += [nouns[n] for n in chance.permutation(len(nouns))]
        known = {form for lemma in lemmas for form in lemma}
        syllables = self._of.syllables.split()
        if listed and language in LISTED:
            rest = _listed(language, LEMMAS * 2)
        else:
            rest = _made(syllables, [_endings(way) for way in self._of.endings.split("|")], chance)
        rest = [lemma for lemma in rest if known.isdisjoint(lemma)]
        # short words are the frequent ones, by and large
        lengths = np.array([len(lemma[0]) for lemma in rest])
        lemmas += [rest[n] for n in np.argsort(lengths * chance.uniform(0.5, 1.5, len(rest)))[: LEMMAS - len(lemmas)]]
        self.lemmas = lemmas
        self.forms = [form for lemma in lemmas for form in lemma]
        sizes = np.array([len(lemma) for lemma in lemmas])
        self._sizes, self._starts, self._named = sizes, np.cumsum(sizes) - sizes, len(self.forms)
        parts = chance.choice(len(syllables) ** 4, NAMES, replace=False).tolist()
        self.forms += [_name(syllables, number) for number in parts]
        weights = 1 / (np.arange(len(lemmas)) + FLAT)
        self._sums = np.cumsum(weights / weights.sum())
        free = np.arange(len(self.joins), len(lemmas))
        # of each subject the words in another order: those that are frequent with it are rare without it
        self._subjects = np.array([chance.permutation(free) for _ in range(SUBJECTS)], dtype=np.int32)

    @cached_property
    def _words(self) -> NDArray[np.object_]:
        return np.array(self.forms, dtype=object)

    def draw(self, chance: np.random.Generator, subjects: NDArray[np.int64]) -> NDArray[np.int32]:
        """The forms of as many words as there are ``subjects`` (the number of each word's own)."""
        size = len(subjects)
        ranks = np.searchsorted(self._sums, chance.random(size)).clip(0, len(self.lemmas) - 1)
        own = (chance.random(size) < OWN) & (ranks < self._subjects.shape[1])
        ranks[own] = self._subjects[subjects[own], ranks[own]]
        # the first form is the most frequent one
        form = (chance.random(size) ** 2 * self._sizes[ranks]).astype(np.int64)
        found: NDArray[np.int32] = (self._starts[ranks] + form).astype(np.int32)
        names = chance.random(size) < NAMED
        found[names] = self._named + chance.integers(0, NAMES, int(names.sum()))
        return found

    def write(self, chance: np.random.Generator, lengths: Sequence[int], subjects: Sequence[int]) -> list[Prose]:
        """Texts of so many words each, and a title for each."""
        title = 8
        sizes = np.array(lengths) + title
        forms = self.draw(chance, np.repeat(np.array(subjects), sizes))
        words: list[str] = self._words[forms].tolist()
        count = int(sizes.sum()) // SENTENCE[0] + len(lengths)
        cuts = iter(chance.integers(SENTENCE[0], SENTENCE[1] + 1, count).tolist())
        breaks = iter(chance.integers(PARAGRAPH[0], PARAGRAPH[1] + 1, count).tolist())
        texts, start = [], 0
        for size in sizes.tolist():
            end, at = start + size, start + title
            paragraphs: list[str] = []
            sentences: list[str] = []
            full = next(breaks)
            while at < end:
                stop = min(end, at + next(cuts))
                sentence = " ".join(words[at:stop])
                sentences.append(f"{sentence[0].upper()}{sentence[1:]}.")
                at = stop
                if len(sentences) == full or at == end:
                    paragraphs.append(" ".join(sentences))
                    sentences, full = [], next(breaks)
            heading = " ".join(words[start : start + title])
            texts.append(Prose(heading[0].upper() + heading[1:], paragraphs, forms[start:end], title))
            start = end
        return texts

    def frequent(self, count: int) -> list[str]:
        """The most frequent words that say something (nouns), the first form of each."""
        return [lemma[0] for lemma in self.lemmas[len(self.joins) :][:count]]

    def rare(self, chance: np.random.Generator, count: int) -> list[str]:
        """Names, each once: a few of a hundred thousand texts have one."""
        return [self.forms[self._named + n] for n in chance.choice(NAMES, count, replace=False).tolist()]


def _listed(language: str, count: int) -> list[tuple[str, ...]]:
    """Words of a dictionary from its beginning to its end, each in some of its forms, which stand side by side."""
    listed = StreamMap(language)
    forms, found = list(listed), []
    for at in range(0, len(forms) - 2 * FORMS, max(1, len(forms) // count)):
        lemma = listed[forms[at]]
        own = [form for form in forms[at : at + 2 * FORMS] if form.isalpha() and listed[form] == lemma][:FORMS]
        if own and LETTERS[0] <= len(own[0]) <= LETTERS[1]:
            found.append(tuple(own))
    return found


def _made(syllables: Sequence[str], ways: list[list[str]], chance: np.random.Generator) -> list[tuple[str, ...]]:
    """Words of two and three syllables with endings."""
    stems = ["".join(parts) for size in (2, 3) for parts in product(syllables, repeat=size)]
    way = chance.integers(0, len(ways), len(stems)).tolist()
    return [tuple(stem + ending for ending in ways[n]) for stem, n in zip(stems, way, strict=True)]


def _name(syllables: Sequence[str], number: int) -> str:
    found = ""
    for _ in range(4):
        number, part = divmod(number, len(syllables))
        found += syllables[part]
    return found[0].upper() + found[1:]


def _endings(text: str) -> list[str]:
    return [ending.strip("_") for ending in text.split(",")]

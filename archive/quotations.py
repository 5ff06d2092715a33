"""Quotations of a text with who said them, and which of two texts are the same. Pure.

Observed (seeds, 134 labelled texts):
  - a statement that was translated twice keeps few runs of words; what it keeps are the stems of its longer words,
    a half and more of them within one sentence, in any order;
  - quotations are cut where it suits the writer, so sentences are compared, not whole quotations;
  - a closing mark that was forgotten is closed by the end of the paragraph.
The unacceptable error is to put one person's words into another's mouth: a speaker is named where the text names one
beside the quotation, never guessed from what stands further away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from archive.fingerprint import sentence_key, sentences, small_bands, words

Wording = Literal["same wording", "possibly another translation"]

# quotation marks that open, and what closes them; single ones are apostrophes more often than not
_MARKS = {"“": '”“"', "«": "»", "„": '“”"', '"': '"”“', "»": "«", "「": "」", "『": "』"}
_OPENING = re.compile("[" + "".join(_MARKS) + "]")
# a quotation of fewer words is a name or a phrase; so is a sentence of fewer stems
LEAST, STEMS = 6, 4
# of two sentences: words in one order that agree; stems that agree
SAME, TRANSLATED = 0.8, 0.5
# another translation keeps so many stems, or most of them
KEPT, MOST_KEPT = 5, 0.6
# a sentence of a quotation is looked up by three bands of two of 6 values (.66 at a Jaccard of .55), and the first
# so many sentences of a text: whoever carries a statement carries several sentences of it
VALUES, ROWS, LOOKED_UP = 6, 2, 12
# quotations of a text that are looked at, the first ones: an interview has hundreds
MOST = 60

_VERBS_TEXT = """
said says told tells noted notes stressed stresses emphasized emphasizes emphasised emphasises added adds stated
states assured explained explains wrote writes announced declared warned asked replied continued concluded
insisted commented argued recalled urged сказав сказала заявив заявила зазначив зазначила наголосив наголосила
додав додала повідомив повідомила підкреслив підкреслила пояснив пояснила написав написала відзначив відзначила
сказал заявил отметил отметила подчеркнул подчеркнула добавил добавила сообщил сообщила пояснил написал sagte
erklärte betonte schrieb déclaré dit affirmé ajouté expliqué dijo afirmó declaró añadió explicó detto dichiarato
"""
_VERBS = frozenset(_VERBS_TEXT.split())
_SAID = rf"(?:a\s+|ha\s+)?(?:{'|'.join(sorted(_VERBS))})"
_WORD = r"(?:[^\W\d_]\.|[^\W\d_][\w'’-]*)"
_NAME = rf"{_WORD}(?:\s+{_WORD}){{0,6}}?"
_END = (
    r"(?=\s*(?:[.,:;!?()\n“”«»\"—–]|$|\s(?:in|at|on|during|after|before|while|as|when|who|to|that|with|following|"
    r"під|на|в|у|во|после|nach|am|im)\s))"
)
# … ,” said Ann Example. / … ,” Ann Example said. / Ann Example said: “…
_AFTER = re.compile(rf"[\s,.—–-]*(?:{_SAID}\s+(?P<a>{_NAME}){_END}|(?P<b>{_NAME})\s+{_SAID}\b)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?P<a>{_NAME})\s+{_SAID}\b[^.!?\n“”«»\"]{{0,80}}[:,]\s*$", re.IGNORECASE)
_WITHIN = re.compile(rf",\s*{_SAID}\s+(?P<a>{_NAME})[.\s]*$", re.IGNORECASE)
# who is named elsewhere: not told here
_PRONOUNS_TEXT = """
he she they it i we who which that this er sie es ihn il elle ils on він вона вони он она они que also
"""
_PRONOUNS = frozenset(_PRONOUNS_TEXT.split())
# small words within a name or an office
_JOINTS_TEXT = """
of for and the de du la le van von der den al el bin ibn ben y і и та
"""
_JOINTS = frozenset(_JOINTS_TEXT.split())
_TITLES_TEXT = """
president prime minister secretary general chief head state spokesman spokeswoman mr mrs ms dr chancellor deputy
foreign defence defense king queen ambassador governor mayor director officer leader senator nato президент
міністр министр голова глава генсек
"""
_TITLES = frozenset(_TITLES_TEXT.split())
# common words of four letters and more: what any two sentences share
_COMMON_TEXT = """
about after again also although always among another around because been before being between both cannot could
does doing down during each even ever every from further have having here into itself just like made make many
more most much must need never only other ours over same should since some such than that their them then there
these they this those through today together under until upon very want were what when where which while will
with without would your yours aber alle allem allen aller alles auch dann dass dein denn dieser diese dieses
doch durch eine einem einen einer eines euch hatte hier ihre ihrem ihren kann mein mehr nach nicht noch oder
ohne sehr sein seine sich sind soll über unser unter viel wenn werden wird wurde адже будуть вони дуже його коли
який яка яке які лише може можна нашої нашого після перед такий також тому треба цього цьому через щоб было были
будет если есть когда которые который между можно него нужно очень после потом потому также только тогда чтобы
этого этом avec cette comme dans elle mais nous pour sont vous como este esta para pero porque sobre todos
"""
_COMMON = frozenset(_COMMON_TEXT.split())
_STEM = 5


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that a text sets between quotation marks: ``start`` and ``stop`` are offsets of them, without the marks,
    in characters. ``speaker``: as named beside it, None where it is not told."""

    start: int
    stop: int
    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Shared:
    """A sentence of a quotation that stands in a quotation of the other text too.

    Offsets in characters of each text; ``score`` 0 to 1. ``speaker``: who is named in either.
    """

    start: int
    stop: int
    other_start: int
    other_stop: int
    speaker: str | None
    wording: Wording
    score: float


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    stop: int
    words: list[str]
    stems: frozenset[str]
    speaker: str | None


def quotations(text: str) -> list[Quotation]:
    """The quotations of a text of six words or more, in order."""
    found: list[Quotation] = []
    for start, stop in _marked(text):
        said = text[start:stop]
        if said.count(" ") + 1 < LEAST and len(words(said)) < 3 * LEAST:  # the latter: a script without spaces
            continue
        speaker = _speaker(text, start, stop)
        if speaker is None and _is_said(said[-80:]) and (tail := _WITHIN.search(said)) and tail.start() > 0:
            # the closing mark was forgotten
            speaker, stop = _clean(tail["a"]), start + tail.start()
        found.append(Quotation(start, stop, text[start:stop], speaker))
        if len(found) >= MOST:
            break
    return found


def _marked(text: str) -> Iterator[tuple[int, int]]:
    """What stands between marks, to the end of its paragraph where nothing closes it."""
    at = 0
    while opening := _OPENING.search(text, at):
        start = opening.end()
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        closes = [place for mark in _MARKS[opening[0]] if (place := text.find(mark, start, end)) >= 0]
        stop = min(closes, default=end)
        yield start, stop
        at = stop + 1


def _speaker(text: str, start: int, stop: int) -> str | None:
    after = text[stop + 1 : stop + 120]
    if _is_said(after) and (found := _AFTER.match(after)) and (speaker := _clean(found["a"] or found["b"])):
        return speaker
    before = text[max(text.rfind("\n", 0, start) + 1, start - 160) : start - 1]
    if _is_said(before) and (found := _BEFORE.search(before)):
        return _clean(found["a"])
    return None


def _is_said(text: str) -> bool:
    """Whether a verb of saying is among the words: asked before the costlier question who says it."""
    return not _VERBS.isdisjoint(words(text))


def _clean(name: str) -> str | None:
    """A speaker as named, None for a pronoun or for words that are no name."""
    parts = name.split()
    while parts and not parts[0][0].isupper():
        parts.pop(0)
    while parts and not parts[-1][0].isupper():
        parts.pop()
    small = {part.casefold() for part in parts if not part[0].isupper()}
    if not parts or not small <= _JOINTS or {part.casefold() for part in parts} & _PRONOUNS:
        return None
    return " ".join(parts).strip(".,'’-")


def quotation_keys(found: Sequence[Quotation]) -> tuple[list[int], list[int]]:
    """What texts with the same quotations are looked up by, sorted.

    The hashes of their sentences; and bands of the stems of each, of which those of another translation share some.
    """
    exact: set[int] = set()
    stems: set[int] = set()
    for sentence in _sentences(found):
        exact.add(sentence_key(["quotation", *sentence.words]))
        if len(exact) <= LOOKED_UP:
            stems.update(small_bands(sentence.stems, VALUES, ROWS))
    return sorted(exact), sorted(stems)


def shared_quotations(ours: Sequence[Quotation], theirs: Sequence[Quotation]) -> list[Shared]:
    """Which sentences of two texts' quotations are the same, in order of the first text; each stands once."""
    others = list(_sentences(theirs))
    pairs = [pair for sentence in _sentences(ours) for other in others if (pair := _match(sentence, other))]
    found: dict[int, Shared] = {}
    taken: set[int] = set()
    # the best match first; of equal ones that which is further up in both
    for pair in sorted(pairs, key=lambda p: (-p.score, p.start + p.other_start, abs(p.start - p.other_start))):
        if pair.start not in found and pair.other_start not in taken:
            found[pair.start] = pair
            taken.add(pair.other_start)
    return [found[start] for start in sorted(found)]


def _match(a: _Sentence, b: _Sentence) -> Shared | None:
    shared = len(a.stems & b.stems)
    score = shared / len(a.stems | b.stems)
    if shared < STEMS or score < TRANSLATED / 2:
        return None  # the order of their words is not worth looking at
    first, second = sorted((a.words, b.words))  # SequenceMatcher's ratio depends on which comes first
    order = SequenceMatcher(None, first, second, autojunk=False).ratio()
    wording: Wording = "same wording"
    if order >= SAME:
        score = order
    elif score >= (TRANSLATED if shared >= KEPT else MOST_KEPT) and not _differ(a.speaker, b.speaker):
        wording = "possibly another translation"
    else:
        return None
    speaker = max(filter(None, (a.speaker, b.speaker)), key=lambda name: (len(name), name), default=None)
    return Shared(a.start, a.stop, b.start, b.stop, speaker, wording, round(score, 3))


def _sentences(found: Sequence[Quotation]) -> Iterator[_Sentence]:
    for quotation in found:
        at = 0
        for sentence in sentences(quotation.text):
            at = quotation.text.index(sentence, at)
            spoken = words(sentence)
            stems = frozenset(w[:_STEM] for w in spoken if (len(w) >= 4 or w > "\u0e00") and w not in _COMMON)
            if len(stems) >= STEMS:
                start = quotation.start + at
                yield _Sentence(start, start + len(sentence), spoken, stems, quotation.speaker)
            at += len(sentence)


def _differ(a: str | None, b: str | None) -> bool:
    """Whether two speakers are named and are not the same one; spellings of one name begin alike."""
    names = [{w[:_STEM] for w in words(name or "") if w not in _TITLES and len(w) > 2} for name in (a, b)]
    return all(names) and not names[0] & names[1]

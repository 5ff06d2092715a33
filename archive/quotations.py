"""Quotations of a text with who said them, and which of two texts are the same. Pure.

Observed (seeds, 134 labelled texts):
  - a statement that was translated twice keeps few runs of words; what it keeps are the stems of its longer words,
    a half and more of them within one sentence, in any order;
  - quotations are cut where it suits the writer, so sentences are compared, not whole quotations;
  - a closing mark that was forgotten is closed by the end of the paragraph; where the next one opens with a mark
    again, the quotation goes on, and who is named there said both;
  - ships, books and laws stand between the same marks as what people say.
The unacceptable error is to put one person's words into another's mouth: a speaker is named where the text names one
beside the quotation, never guessed from what stands further away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from archive.fingerprint import bands, sentence_key, sentences, small_signatures, words

Wording = Literal["same wording", "possibly another translation"]

# quotation marks that open, and what closes them
_MARKS = {"“": '”“"', "«": "»", "„": '“”"', '"': '"”“', "»": "«", "「": "」", "『": "』"}
# single ones are apostrophes more often than not: they open before a word, and close after a stop or before one. A
# dash opens what is said where a paragraph begins with it
_OPENING = re.compile("[" + "".join(_MARKS) + r"]|(?<![\w’'‚])[‘'](?=\w)|^[—–―]\s?(?=\S)", re.MULTILINE)
_SINGLE = re.compile(r"(?<=[.,!?…])[’'](?!\w)|[’'](?=[.,;:])")
_STOPS = ".,!?…;:"
# a quotation of fewer words is a name or a phrase; so is a sentence of fewer stems
LEAST, STEMS = 6, 4
# of two sentences: words in one order that agree; stems that agree
SAME, TRANSLATED = 0.8, 0.5
# another translation keeps so many stems, or most of them
KEPT, MOST_KEPT = 5, 0.6
# the stems of a sentence of a quotation are looked up by 6 values: by three bands of two (at a Jaccard of .55 .66
# share one, but so do many by chance), and by two of three (.30, and hardly anybody by chance). So are the first so
# many sentences of a text: whoever carries a statement carries several sentences of it
VALUES, NARROW, WIDE, LOOKED_UP = 6, 2, 3, 12
# quotations of a text that are looked at, the first ones: an interview has hundreds
MOST = 60

_VERBS_TEXT = """
said says told tells noted notes stressed stresses emphasized emphasizes emphasised emphasises added adds stated
states assured explained explains wrote writes announced declared warned asked replied continued concluded
insisted commented argued recalled urged сказав сказала заявив заявила зазначив зазначила наголосив наголосила
додав додала повідомив повідомила підкреслив підкреслила пояснив пояснила написав написала відзначив відзначила
сказал заявил отметил отметила подчеркнул подчеркнула добавил добавила сообщил сообщила пояснил написал sagte
erklärte betonte schrieb déclaré dit affirmé ajouté expliqué dijo afirmó declaró añadió explicó detto dichiarato
отмечает говорит сказала рассказал рассказала заметил заметила подчеркивает добавляет заявляет уточнил уточнила
розповів розповіла каже говорить запевнив запевнила уточнив уточнила sagt erklärt meint meinte affirme explique
déclare souligné souligne indiqué raconté señaló aseguró indicó subrayó dice disse afirmou declarou powiedział
powiedziała mówi mówił mówiła dodał dodała stwierdził stwierdziła podkreślił podkreśliła oświadczył oświadczyła
zaznaczył zaznaczyła poinformował poinformowała wyjaśnił wyjaśniła napisał napisała dedi söyledi belirtti açıkladı
vurguladı kaydetti konuştu
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
# Ann Example, “…” dedi: in Turkish the verb comes last
_ALONE = re.compile(rf"[\s,]*{_SAID}\s*(?:[.,;:!?\n]|$)", re.IGNORECASE)
_FIRST = re.compile(rf"(?:^|[.!?]\s+)(?P<a>{_NAME}),\s*$")
# according to Ann Example, “… / Ann Example: “…
_ACCORDING = re.compile(
    r"(?:according\s+to|laut|selon|según|według|secondo|segundo|за\s+словами|по\s+словам)\s+"
    rf"(?P<a>{_NAME})\s*[,:]\s*$",
    re.IGNORECASE,
)
_SCRIPT = re.compile(rf"^\s*(?P<a>{_WORD}(?:\s+{_WORD}){{1,3}})\s*:\s*$")
_DASHED = re.compile(rf"[,.!?…]?\s*(?:[—–―]\s*|,\s+)(?={_SAID}\b)", re.IGNORECASE)
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


class _Marked(NamedTuple):
    """What stands between marks: ``opened`` and ``after`` are where the mark before it begins and the one behind it
    ends."""

    opened: int
    start: int
    stop: int
    after: int
    closed: bool


def quotations(text: str) -> list[Quotation]:
    """The quotations of a text of six words or more, in order."""
    found: list[Quotation] = []
    before: _Marked | None = None
    since = 0  # the first one of those that go on over paragraphs
    for marked in _marked(text):
        start, stop = marked.start, marked.stop
        said = text[start:stop]
        if said.count(" ") + 1 < LEAST and len(words(said)) < 3 * LEAST:  # the latter: a script without spaces
            continue
        speaker = _speaker(text, marked)
        if speaker is None and _is_said(said[-80:]) and (tail := _WITHIN.search(said)) and tail.start() > 0:
            # the closing mark was forgotten
            speaker, stop = _clean(tail["a"]), start + tail.start()
        if speaker is None and _is_name(text, marked):
            continue
        between = text[before.after : marked.opened] if before else ""
        if not before or before.closed or between.strip() or text[before.opened] != text[marked.opened]:
            since = len(found)
        elif speaker:
            found[since:] = [replace(one, speaker=one.speaker or speaker) for one in found[since:]]
        if speaker is None and found and found[-1].speaker and _goes_on(between, text[marked.after : stop + 60]):
            speaker = found[-1].speaker
        found.append(Quotation(start, stop, text[start:stop], speaker))
        before = marked
        if len(found) >= MOST:
            break
    return found


def _goes_on(between: str, after: str) -> bool:
    """Whether a quotation goes on after its speaker was named: nothing else stands between, and nobody is named
    behind it."""
    named = _AFTER.match(between) if len(between) <= 120 and "\n" not in between else None
    if named is None or _is_said(re.split(r"[.!?\n]", after, maxsplit=1)[0]):
        return False
    rest = between[named.end() :].strip()
    return rest[-1:] in (".", ",", ";", ":") and not any(mark in rest[:-1] for mark in ".!?;")


def _marked(text: str) -> Iterator[_Marked]:
    """What stands between marks, to the end of its paragraph where nothing closes it."""
    at = 0
    while opening := _OPENING.search(text, at):
        mark, start = opening[0][0], opening.end()
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if mark in _MARKS:
            closes = [place for other in _MARKS[mark] if (place := text.find(other, start, end)) >= 0]
            stop = min(closes, default=end)
            closed, after = bool(closes), stop + 1
        else:
            closing = (_SINGLE if mark in "‘'" else _DASHED).search(text, start, end)
            if closing is None or (mark == "'" and not text[start].isupper()):
                at = start
                continue
            stop, closed, after = closing.start(), True, closing.end()
        said = text[start:stop]
        shift = len(said) - len(said.lstrip())
        yield _Marked(opening.start(), start + shift, max(start + shift, start + len(said.rstrip())), after, closed)
        at = after


def _speaker(text: str, marked: _Marked) -> str | None:
    # whoever says something in the next paragraph says something else
    after = text[marked.after : marked.after + 120].partition("\n")[0]
    line = text.rfind("\n", 0, marked.opened) + 1
    before = text[max(line, marked.opened - 160) : marked.opened]
    if _is_said(after):
        if (found := _AFTER.match(after)) and (speaker := _clean(found["a"] or found["b"])):
            return speaker
        if _ALONE.match(after) and (found := _FIRST.search(before)):
            return _clean(found["a"])
    if before.rstrip()[-1:] not in (":", ","):
        return None
    if found := _ACCORDING.search(before):
        return _clean(found["a"])
    if _is_said(before):
        return _clean(found["a"]) if (found := _BEFORE.search(before)) else None
    found = _SCRIPT.match(before) if marked.opened - line < 160 else None
    speaker = _clean(found["a"]) if found else None
    return speaker if speaker and " " in speaker else None


def _is_name(text: str, marked: _Marked) -> bool:
    """Whether it stands in a sentence as the name of a ship, a book or a law does.

    All its words have capitals; or it has one and no stop of its own, and nobody says anything beside it.
    """
    said = text[marked.start : marked.stop]
    long = [word for word in said.split() if len(word) > 3 and word[0].isalpha()]
    if len(long) >= 3 and sum(word[0].isupper() for word in long) >= 0.8 * len(long):
        return True
    before = text[max(text.rfind("\n", 0, marked.opened) + 1, marked.opened - 160) : marked.opened].rstrip()
    if not said[0].isupper() or said[-1] in _STOPS or not before[-1:].isalnum():
        return False
    return not _is_said(before) and not _is_said(text[marked.after : marked.after + 120].partition("\n")[0])


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

    The hashes of their sentences and wide bands of their stems, of which one is enough; and narrow bands of these,
    of which those of another translation share some.
    """
    exact: dict[int, frozenset[str]] = {}
    for sentence in _sentences(found):
        exact.setdefault(sentence_key(["quotation", *sentence.words]), sentence.stems)
    if not exact:
        return [], []
    stems = small_signatures(list(exact.values())[:LOOKED_UP], VALUES)
    return sorted({*exact, *bands(stems, "wide", WIDE)}), sorted(set(bands(stems, "narrow", NARROW)))


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

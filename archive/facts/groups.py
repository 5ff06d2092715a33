"""The sentences of a text with what they count, and which of them go by one head. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

from archive.facts.days import begins_month
from archive.facts.items import Item, read_items
from archive.facts.numbers import DASHES, SPACES
from archive.facts.words import VETO, Wording
from archive.models import Block

# where one sentence ends and another begins
_BOUNDARY = re.compile(r"(?<=[.!?…])[\"”»)\]]*\s+(?=[\"“«„(\[]*[^\W\d_a-zа-яіїєґёäöüßçğışąćęłńóśźż])")
# behind these a full stop ends no sentence
_SHORT_TEXT = """
jan feb mar apr jun jul aug sep sept oct nov dec gen col lt maj capt mr mrs dr st no approx ca тис тыс млн ім
"""
_SHORT = frozenset(_SHORT_TEXT.split())
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
# characters of a line that are looked at: a report of all categories has some 1,200
_LONG = 4000


# sentences before a list that its head may stand in
_LEAD = 3
# letters of a line besides its items: more are a sentence, as are two words that are no unit
_LETTERS = 9
# short lines between two lines of one list
_GAP, _LINE = 2, 60
# cues of a line that begins another list
_PARTS = {"loser", "others", "day", "period", "total", "head"}
# a last cell of a number alone
_BARE_CELL = re.compile(rf"\|( )\d[\d,.{SPACES}]{{0,9}}$")
# a label, its number and the day's
_CELLS = 3
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{3,}")
_ASIDE = re.compile(r"\([^()\d]{0,60}\)")


class Sentence(NamedTuple):
    """A sentence or a line of a text. ``position``: of its block, -1 the title's."""

    position: int
    text: str


class Read(NamedTuple):
    """A sentence with what it counts and its cues. ``pure``: it holds items and nothing else. ``said``: its text
    without the deltas, as long as it was.
    """

    sentence: Sentence
    items: tuple[Item, ...]
    cues: frozenset[str]
    pure: bool
    said: str


@dataclass(slots=True)
class Group:
    """Items that go by one head: a sentence of prose, or the lines of a list with what stands before them."""

    lead: list[Read]
    reads: list[Read] = field(default_factory=list)

    @property
    def items(self) -> list[tuple[Read, Item]]:
        """Each item with the sentence that it stands in."""
        return [(read, item) for read in self.reads for item in read.items]

    @property
    def own(self) -> frozenset[str]:
        """The cues of its own sentences."""
        return frozenset().union(*(read.cues for read in self.reads))

    def before(self, count: int = _LEAD) -> frozenset[str]:
        """The cues of the sentences before it, the nearest ``count``."""
        return frozenset().union(*(read.cues for read in self.lead[-count:])) if self.lead else frozenset()


def read_sentences(title: str, blocks: Sequence[Block]) -> list[Sentence]:
    """The title and the blocks as sentences and lines; a label and the number in the next line are one line."""
    found = [Sentence(-1, title.strip())] if title.strip() else []
    for position, block in enumerate(blocks):
        for line in block.text.split("\n"):
            found += [Sentence(position, part) for part in _split(line.strip()[:_LONG])]
    return found


def _split(line: str) -> Iterator[str]:
    start = 0
    for match in _BOUNDARY.finditer(line):
        before = line[max(0, match.start() - 12) : match.start()]
        last = _LAST_WORD.search(before)
        if last and (last[1].casefold() in _SHORT or len(last[1]) == 1):
            continue
        # "24. Februar"
        if before[-2:-1].isdigit() and begins_month(line[match.end() : match.end() + 16]):
            continue
        yield line[start : match.end()].strip()
        start = match.end()
    if rest := line[start:].strip():
        yield rest


def sign_cells(sentences: Sequence[Sentence], wording: Wording) -> dict[Sentence, str]:
    """The rows of tables whose head says that the last cell is the day's, each as if that had its sign."""
    signed: dict[Sentence, str] = {}
    width = 0
    for sentence in sentences:
        if "|" not in sentence.text:
            width = 0
        elif not any(map(str.isdigit, sentence.text)):
            *cells, last = (
                {f.kind for f in wording.cues.find(c, overlapping=True)} for c in sentence.text.split("|")
            )
            width = (
                len(cells) if len(cells) > 1 and "day" in last and not any("day" in kinds for kinds in cells) else 0
            )
        elif sentence.text.count("|") == width and (bare := _BARE_CELL.search(sentence.text)):
            signed[sentence] = sentence.text[: bare.start(1)] + "+" + sentence.text[bare.end(1) :]
    return signed


def join_cells(sentences: Sequence[Sentence], wording: Wording) -> list[Sentence]:
    """The sentences with labels and numbers that stand in lines of their own put beside one another."""
    joined: list[Sentence] = []
    for kind, run in groupby(sentences, lambda sentence: _alone(sentence.text, wording) is not None):
        cells = list(run)
        joined += _join(cells, [_alone(cell.text, wording) for cell in cells]) if kind else cells
    return joined


def _join(cells: Sequence[Sentence], kinds: Sequence[str | None]) -> Iterator[Sentence]:
    """Labels and numbers that follow one another, as lines; a label's number may have its day's behind it.

    Which of the two comes first is told from both ends: where both are numbers it cannot be.
    """
    if kinds[0] == "label":
        starts = [at for at, kind in enumerate(kinds) if kind == "label"]
        for start, stop in pairwise([*starts, len(cells)]):
            width = stop - start if stop - start <= _CELLS else 1
            yield Sentence(cells[start].position, " | ".join(cell.text for cell in cells[start : start + width]))
            yield from cells[start + width : stop]
    elif kinds[-1] == "label" and all(one != other for one, other in pairwise(kinds)):
        for number, label in zip(cells[::2], cells[1::2], strict=True):
            yield Sentence(number.position, f"{number.text} {label.text}")
    else:
        yield from cells


_NUMBER_ALONE = re.compile(
    rf"[~≈+]?\d[\d,.{SPACES}]{{0,12}}(?:\s*\([+{DASHES}]?\s*\d*[\d,.{SPACES}]*\))?|\([+{DASHES}]?\d*\)|\+\s?\d[\d,.]*"
)


def _alone(text: str, wording: Wording) -> str | None:
    """Whether a line is a label and nothing else, or a number."""
    if len(text) > 60:
        return None
    if _NUMBER_ALONE.fullmatch(text):
        return "number"
    if any(map(str.isdigit, text)):
        return None
    found = [f for f in wording.labels.find(text) if f.kind != "other"]
    if len(found) == 1 and not _letters(text, wording):
        return "label"
    return None


def read_sentence(sentence: Sentence, wording: Wording, counted: Sequence[Item] | None = None) -> Read:
    """A sentence with what it counts (``counted``, where that is known) and its cues."""
    found = read_items(sentence.text, wording) if counted is None else counted
    theirs = {VETO} if any(item.category == "theirs" for item in found) else set()
    items = [item for item in found if item.category != "theirs"]
    # what stands in the brackets of a delta ("+4 over the past day") is no cue of the sentence
    said = sentence.text
    for item in items:
        start, stop = item.within
        said = said[:start] + " " * (stop - start) + said[stop:]
    cues = frozenset(cue.kind for cue in wording.cues.find(said, overlapping=True)) | theirs
    if cues & {"staff", "head"}:
        cues |= {"claimant"}
    if sentence.text.strip(" :.*#").lower() in wording.heading:
        cues |= {VETO}
    rest = _without(said, items)
    pure = bool(items) and _letters(rest, wording) <= _LETTERS and _words(rest, wording) < 2
    if pure and {"loser", "loss"} <= cues:
        # "Russia also lost 12 tanks" says by itself whose they are
        pure = not {"loser", "loss"} <= {cue.kind for cue in wording.cues.find(rest, overlapping=True)}
    return Read(sentence, tuple(items), cues, pure, said)


def _without(text: str, items: Sequence[Item]) -> str:
    rest, last = "", 0
    for item in items:
        rest += text[last : item.start] + " "
        last = max(last, item.stop)
    return rest + text[last:]


def _letters(rest: str, wording: Wording) -> int:
    """The letters that are no label, unit or word that defines what is counted, and in no brackets."""
    return len(_LETTER.findall(_unknown(rest, wording)))


def _words(rest: str, wording: Wording) -> int:
    """The words that are none of these."""
    return len(_WORD.findall(_unknown(rest, wording)))


def _unknown(rest: str, wording: Wording) -> str:
    rest = _ASIDE.sub(" ", rest)
    for lexicon in (wording.labels, wording.counted, wording.qualifiers, wording.fillers):
        for found in reversed(lexicon.find(rest)):
            rest = rest[: found.start] + rest[found.stop :]
    return rest


def read_groups(reads: Sequence[Read]) -> list[Group]:
    """The groups of a text, in order: each line of nothing but items goes with what stands before it."""
    groups: list[Group] = []
    current: Group | None = None
    above: list[Read] = []
    gap = 0
    for at, read in enumerate(reads):
        if read.items:
            if current is None or not read.pure or read.sentence.position == -1:
                lead = above or list(reads[max(0, at - _LEAD) : at])
                if at > _LEAD and reads[0].sentence.position == -1 and reads[0] not in lead:
                    lead.insert(0, reads[0])
                current = Group(lead)
                groups.append(current)
                above = []
            current.reads.append(read)
            gap = 0
        elif current is not None:
            gap += 1
            if gap > _GAP or len(read.sentence.text) > _LINE or read.cues & _PARTS:
                # the day's list, "in total:", and the list of the totals: both go by what stands above the first
                sums = read.cues & {"total", "head"} and VETO not in read.cues and read.sentence.text.endswith(":")
                above = [*current.lead, read] if sums else []
                current = None
        else:
            above = []
    return groups


def nearest(group: Group, kinds: Iterable[str]) -> frozenset[str] | None:
    """The cues of the sentence nearest before the group that has one of these kinds."""
    wanted = set(kinds)
    return next((read.cues for read in reversed(group.lead) if read.cues & wanted), None)

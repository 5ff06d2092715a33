"""Ukraine's claims of Russia's losses: totals since 24.02.22, and a day's numbers where they stand alone. Pure.

Observed (68 pages in eleven languages, and the series since 2022):
  - a list goes by its lead: whose losses, since when, as of which day; a sentence of running prose says it itself;
  - the day's number of personnel stands before the total, in the sentence or the one before it;
  - reports of a day alone are worded as those of totals are. What tells them apart for sure is size: no total is
    below what was claimed long before, and no day's number is above what any day had. What is neither is the number
    of a month, a year or a single front, and the whole list with it;
  - a page that reports one side's losses ends with what is known of the other's.
The unacceptable error is a number that was not claimed: a list whose side, day or stretch of time is not plain is
left out, and its sentence kept as unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from archive.facts.days import FIRST, read_day_of, read_days
from archive.facts.groups import (
    Group,
    Read,
    join_cells,
    nearest,
    read_groups,
    read_sentence,
    read_sentences,
    sign_cells,
)
from archive.facts.items import Item, read_items
from archive.facts.repeats import is_same, is_told, keep_once
from archive.facts.series import MANY, Row, category_of, tell_series
from archive.facts.words import Wording, choose
from archive.models import Block, Facts, Figure, Unread

# a list of so many categories needs nobody named who counts them
_LIST = 6
# so many days from the page's own a day is said to be far: a year off, or another report's
_FAR = 180
_DIGIT = re.compile(r"\d")
# what a figure's sentence is cut to, and how many sentences stay as unread: a page of lists is no report
_SENTENCE, _UNREAD = 1200, 12


def read_totals(
    title: str, blocks: Sequence[Block], *, language: str | None, day: str | None, publisher: str | None = None
) -> Facts:
    """What a text states of Russia's losses as Ukraine claims them, in page order.

    ``day``: the page's local day of publication; ``publisher``: who publishes it.
    """
    text = "\n".join([title, *(block.text for block in blocks)])
    wording = choose(text, language)
    if wording is None:
        return Facts()
    sentences = join_cells(read_sentences(title, blocks), wording)
    signed = sign_cells(sentences, wording)
    counted = {s: read_items(signed.get(s, s.text), wording) for s in sentences if _DIGIT.search(s.text)}
    if not any(counted.values()):
        # nothing is counted; figures may stand in a picture
        sentences = [s for s in sentences if wording.picture.find(s.text)]
    reads = [read_sentence(sentence, wording, counted.get(sentence)) for sentence in sentences]
    own = _own_day(day, reads)
    page = _Page(wording, own, any("claimant" in read.cues for read in reads) or _official(publisher, wording))
    for group in read_groups(reads):
        page.read(group)
    page.look_for_picture(reads)
    return page.facts()


def _official(publisher: str | None, wording: Wording) -> bool:
    return publisher is not None and any(f.kind == "claimant" for f in wording.cues.find(publisher))


def _own_day(day: str | None, reads: Sequence[Read]) -> date | None:
    """The page's own day; of a page that has none, the first whole date near its top."""
    if day:
        try:
            return date.fromisoformat(day)
        except ValueError:
            return None
    for read in reads[:6]:
        for found in read_days(read.sentence.text, None):
            if found.whole and found.day > FIRST:
                return found.day
    return None


class _Page:
    """What has been read of a page so far."""

    def __init__(self, wording: Wording, own: date | None, claimed: bool) -> None:
        self.wording = wording
        self.own = own
        self.claimed = claimed
        self.totals: list[Figure] = []
        self.days: list[Figure] = []
        self.unread: list[tuple[Unread, tuple[Item, ...]]] = []
        self.last = ""

    def read(self, group: Group) -> None:
        """Take what a group states."""
        reason = self._refusal(group)
        if reason is not None:
            if reason:
                self._leave(group, reason)
            return
        as_of, dated = self._as_of(group)
        if as_of is None:
            self._leave(group, "the day it is of is not told")
            return
        rows = self._rows(group, as_of)
        series = tell_series(group, rows, self.last, dated)
        if isinstance(series, str):
            if series:
                self._leave(group, series)
            return
        self.last = series[-1] or self.last
        for row, kind in zip(rows, series, strict=True):
            if row.category is None:
                self._leave(Group([], [row.read]), f"no report of that day counted {row.item.category}")
            elif kind == "total":
                self.totals.append(self._figure(row, row.category.key, kind, as_of))
            elif kind == "day" and (len(rows) > 1 or row.category.key == "personnel"):
                self.days.append(self._figure(row, row.category.key, kind, as_of))

    def _refusal(self, group: Group) -> str | None:
        """Why a group is no claim of Ukraine's, empty where it plainly is none; None where it may be one."""
        own, many = group.own, len(group.items) >= MANY
        marked = sum(item.marked for _, item in group.items)
        if "others" in own:
            return "whose losses or whose count it is cannot be told" if many and "loser" in own else ""
        near = nearest(group, {"loser", "others"})
        if "loser" not in own and near is not None and "others" in near and marked < MANY:
            return "whose losses they are cannot be told" if "loser" in near and many else ""
        around = own | group.before()
        if marked >= MANY:
            return (
                "whose losses they are cannot be told" if near and "others" in near and "loser" not in near else None
            )
        if "loser" not in around or "loss" not in around:
            return ""
        if not self.claimed and len({item.category for _, item in group.items}) < _LIST:
            return "who claims it is not said" if many else ""
        if "recall" in own and not read_days(" ".join(r.said for r in group.reads), self.own):
            return "another day's report is recalled" if many else ""
        return None

    def _as_of(self, group: Group) -> tuple[date | None, bool]:
        """The day a group is of, and whether it prints that itself; what speaks against the day stays unread."""
        for at, read in enumerate([*group.reads, *reversed(group.lead)]):
            # a sentence before the list that speaks of something else has days of its own
            if at >= len(group.reads) and not read.cues & {"loss", "head", "total"}:
                continue
            printed = read_day_of(read.said, self.own, self.wording.as_of, self.wording.until)
            if printed is None:
                continue
            if printed <= FIRST:
                self._doubt(read, f"the day printed, {printed.isoformat()}, is before the war")
                return self.own, False
            if self.own is not None and abs((printed - self.own).days) > _FAR:
                self._doubt(read, f"the day printed, {printed.isoformat()}, is far from the page's own")
            return printed, at < len(group.reads)
        return self.own, False

    def _doubt(self, read: Read, reason: str) -> None:
        unread = Unread(read.sentence.position, read.sentence.text[:_SENTENCE], reason)
        if (unread, ()) not in self.unread:
            self.unread.append((unread, ()))

    def _rows(self, group: Group, as_of: date) -> list[Row]:
        kinds = {item.category for _, item in group.items}
        rows = []
        for read, item in group.items:
            rows.append(Row(read, item, category_of(item, kinds, as_of.isoformat()), as_of.isoformat()))
        return rows

    def _figure(self, row: Row, category: str, series: str, as_of: date) -> Figure:
        """A row as a figure; a report's day is the one before it."""
        item = row.item
        day = (as_of - timedelta(days=1)).isoformat() if series == "day" else None
        return Figure(
            "ukraine",
            "russia",
            series,
            category,
            as_of.isoformat(),
            item.value,
            item.delta if series == "total" else None,
            item.qualifier,
            item.precision,
            day,
            day,
            definition=self._definition(row),
            sentence=row.read.sentence.text[:_SENTENCE],
            position=row.read.sentence.position,
        )

    def _definition(self, row: Row) -> str | None:
        """The words that say what is counted, as printed."""
        if row.item.category != "personnel":
            return None
        text = row.read.sentence.text
        found = self.wording.counted.find(text, overlapping=True)
        longest = max(found, key=lambda f: f.stop - f.start, default=None)
        return text[longest.start : longest.stop] if longest else None

    def _leave(self, group: Group, reason: str) -> None:
        read = group.reads[0]
        unread = Unread(read.sentence.position, read.sentence.text[:_SENTENCE], reason)
        self.unread.append((unread, tuple(item for _, item in group.items)))

    def look_for_picture(self, reads: Sequence[Read]) -> None:
        """Say where a report has its totals in a picture alone."""
        if self.totals or not self.claimed:
            return
        for read in reads:
            if "loss" in read.cues and self.wording.picture.find(read.sentence.text) and "others" not in read.cues:
                text = read.sentence.text[:_SENTENCE]
                self.unread.append((Unread(read.sentence.position, text, "the figures stand in a picture"), ()))
                return

    def facts(self) -> Facts:
        """Each claim once; a day's number that stands apart goes to its total."""
        totals, doubtful = keep_once(self.totals)
        days, _ = keep_once(self.days)
        left = []
        for figure in days:
            at = next((n for n, t in enumerate(totals) if is_same(t, figure)), None)
            if at is None:
                left.append(figure)
            elif totals[at].delta is None and figure.qualifier in (None, "about") and not figure.precision:
                totals[at] = totals[at]._replace(delta=figure.total)
            elif totals[at].delta != figure.total and figure.qualifier is None and not figure.precision:
                doubtful.append(Unread(figure.position, figure.sentence, "the day's number is printed twice, unlike"))
        figures = sorted([*totals, *left], key=lambda figure: figure.position)
        # a headline that rounds what the text has exactly is no figure that was missed
        unread = [u for u, items in self.unread if not items or not all(is_told(item, figures) for item in items)]
        return Facts(tuple(figures), tuple([*unread, *doubtful][:_UNREAD]))

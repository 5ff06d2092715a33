"""The head of a report: which day it is of, and which days its claims are for. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from archive.facts.patterns import words
from archive.facts.periods import Period, read_date, read_period
from archive.facts.sentences import Sentence

# the head of a report: its title and first sentences
_HEAD = 6
# a line that is a date has no more letters, nor has what stands behind "as of"
_DATE, _AS_OF = 40, 30
# a date in the head is the report's where it is no further from its publication
_NEAR = timedelta(days=10)
_BRACKETS = re.compile(r"\(([^()]{4,40})\)")


def read_dateline(sentences: Sequence[Sentence]) -> date | None:
    """The day of a line that is a date."""
    for sentence in sentences[:_HEAD]:
        if len(sentence.text) <= _DATE and (found := read_date(sentence.plain, None)) is not None:
            return found
    return None


def read_head(sentences: Sequence[Sentence], day: date | None) -> date | None:
    """The day that a report says it is of, published on ``day``."""
    for sentence in sentences[:_HEAD]:
        said = words("as_of").search(sentence.plain)
        texts = [sentence.plain[said.end() : said.end() + _AS_OF]] if said else []
        if words("day").search(sentence.plain):
            texts += _BRACKETS.findall(sentence.plain)
        for text in texts:
            found = read_date(text, day)
            if found is not None and (day is None or abs(found - day) <= _NEAR):
                return found
    return None


def read_whole_period(sentences: Sequence[Sentence], head: date | None) -> Period | None:
    """Of which days a page is, where its sentences agree; those of its head come first.

    A report on the progress of the operation that names no days at all is of its own day.
    """
    for part in (sentences[:_HEAD], sentences[_HEAD:]):
        periods = {found for s in part if (found := read_period(s.plain, head)) is not None}
        # dates say more than "over the week", and than a day that somebody else is quoted with
        dated = {found for found in periods if found.start is not None and found.series != "day"}
        periods = dated or periods
        if len(periods) == 1:
            return periods.pop()
        if periods:
            return None
    if head is not None and any(words("progress").search(sentence.plain) for sentence in sentences[:_HEAD]):
        return Period("day", head, head)
    return None

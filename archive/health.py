"""What is unusual of a source, judged against its own past and nothing else.

A source is never measured by another: one publishes a report a day, another a story a minute, one never prints
dates. A history that is too short to know what is usual raises no alarm. Two kinds of judgement are made:

- Against the worst that was seen (silence, length): the longest gaps and the shortest stretches of the source's own
  past hold its nights, weekends and holidays already, so no calendar is needed, and no shape of the distribution is
  assumed. This is a tolerance limit without a distribution after Wilks (1941), with a factor for what is "much".
- By shares (articles, dates, blocks, failures): both shares get the score interval of Wilson (1927), which holds for
  small numbers and for shares near 0 and 1 (Brown, Cai & DasGupta 2001). They must lie wholly apart at z = 3 and
  differ by a step that matters in practice besides: captures of one run are not independent, so significance alone
  would cry wolf.

What lasts becomes usual: a finding ends when the source is well again, or when it has been so for weeks. Hints alone
are judged by themselves: what somebody wrote down of a source's pages is so or is not.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Literal, TypeVar

from archive import store_health as ask
from archive.models import moment, stamp

Kind = Literal["silent", "fewer_articles", "shorter", "undated", "same_title", "hints", "blocked", "failed"]

T = TypeVar("T")

# silence: days with news and length of history from which on a source's gaps are known: four weekends, and as many
# days with news as two weeks have
_NEWS_DAYS = 14
_KNOWN = timedelta(days=28)
# history looked at for gaps; a source that publishes rarely needs the longer one
_GAP_DAYS = (90, 365)
# the longest usual gap is the third longest of all: two may be outages of ours, or a holiday
_RANK = 3
# "much longer": so many times the longest usual gap, and a day at least
_MUCH = 3
_LEAST = timedelta(days=1)
# the first day of a source brings its back numbers all at once
_BACKFILL = timedelta(days=1)

# shares: the shortest of these recent times with enough captures in it is compared with the 30 days before it
_LADDER = (timedelta(days=1), timedelta(days=3), timedelta(days=10))
_BEFORE = timedelta(days=30)
_ENOUGH_RECENT = 20
_ENOUGH_BEFORE = 100
_Z = 3.0

# articles: the last 20 are compared with the up to 200 before them, in stretches of 20; three stretches at least
_STRETCH = 20
_STRETCHES = 10
_LEAST_STRETCHES = 3
# titles: a daily report has the same title every day; so many in a row are too many only where that is new
_SAME = 10
# hints: the last ten articles, of which three at least; one page without its container is a page of another kind
_HINTED, _LEAST_HINTED = 10, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something unusual of a source. ``line``: what, with the numbers, for a person."""

    source: str
    kind: Kind
    line: str


def findings(connection: sqlite3.Connection, now: datetime, sources: Collection[str] | None = None) -> list[Finding]:
    """What is unusual of every source that is not paused (or of those of ``sources``), by source.

    ``silent`` is what makes a source stale; the other kinds say that something of it broke. Nothing later than
    ``now`` counts (a clock that was wrong once). Costs 0.1 s for a source of 50,000 articles a year.
    """
    found: list[Finding] = []
    until = stamp(now)
    for source in ask.live_sources(connection):
        if sources is not None and source not in sources:
            continue
        lines: list[tuple[Kind, str | None]] = [
            ("silent", _silence(connection, source, until)),
            *captures(ask.outcomes_by_hour(connection, source, stamp(now - _LADDER[-1] - _BEFORE), until), now),
            *articles(ask.latest(connection, source, until, _STRETCH * (_STRETCHES + 1))),
        ]
        if known := ask.hints(connection, source):
            lines.append(("hints", unmatched(known, ask.steps(connection, source, until, _HINTED))))
        found += [Finding(source, kind, line) for kind, line in lines if line]
    return found


def _silence(connection: sqlite3.Connection, source: str, until: str) -> str | None:
    asked, first = ask.asked_until(connection, source, until), ask.first_article(connection, source)
    if asked is None or first is None:
        return None
    for days in _GAP_DAYS:
        times = [moment(at) for at in ask.arrivals(connection, source, until, days)]
        times = [at for at in times if at >= moment(first) + _BACKFILL]
        if usual_gap(times) is not None:
            return silence(times, moment(asked))
    return None


def usual_gap(times: Sequence[datetime]) -> timedelta | None:
    """The longest usual gap between arrivals (oldest first); None where the history is too short to know it."""
    if not times or times[-1] - times[0] < _KNOWN or len({at.date() for at in times}) < _NEWS_DAYS:
        return None
    gaps = sorted((later - at for at, later in pairwise(times)), reverse=True)
    return gaps[_RANK - 1]


def silence(times: Sequence[datetime], asked: datetime) -> str | None:
    """Whether nothing new came for much longer than usual; None where that is not so, or cannot be known.

    ``times``: when articles arrived, oldest first; ``asked``: when the source's lists answered last. While we do not
    ask, a source is not silent.
    """
    usual = usual_gap(times)
    if usual is None:
        return None
    gap = asked - times[-1]
    if gap <= max(_LEAST, _MUCH * usual):
        return None
    return f"nothing new for {_span(gap)}; until now the longest gaps were {_span(usual)}"


def captures(hours: Iterable[tuple[str, str, str, int]], now: datetime) -> list[tuple[Kind, str | None]]:
    """Findings on what captures became; ``hours``: (start of the hour, kind, outcome, number) over 40 days."""
    counts = [(moment(hour), kind, outcome, number) for hour, kind, outcome, number in hours]
    read = {"new", "revised", "unchanged"}
    pages = [(at, outcome in read, n) for at, kind, outcome, n in counts if kind == "page"
             and outcome in read | {"not_article"}]  # fmt: skip
    tried = [(at, outcome, n) for at, _, outcome, n in counts if outcome != "redirect"]
    fell = _compare(pages, now)
    lines: list[tuple[Kind, str | None]] = [("fewer_articles", None)]
    if fell is not None and fell.differs and fell.now <= 0.5 * fell.before:
        lines = [("fewer_articles", f"{fell.line} pages were articles")]
    for kind in ("blocked", "failed"):
        rose = _compare([(at, outcome == kind, n) for at, outcome, n in tried], now)
        much = rose is not None and rose.differs and rose.now >= max(0.2, 3 * rose.before)
        lines.append((kind, f"{rose.line} requests {kind}" if rose is not None and much else None))
    return lines


def articles(newest: Sequence[ask.Latest]) -> list[tuple[Kind, str | None]]:
    """Findings on the last articles (newest first) against those before them."""
    return [
        ("shorter", _shorter([article.words for article in newest if article.fresh])),
        ("undated", _undated([article.dated for article in newest])),
        ("same_title", _same_title([article.title for article in newest])),
    ]


def unmatched(hints: Collection[str], steps: Sequence[Collection[str]]) -> str | None:
    """Which hints matched nothing on half of the last articles or more; ``steps``: how each was read, newest first.

    Before they were read with hints, articles say nothing of them.
    """
    missed = {kind: sum(f"hint:{kind} unmatched" in one for one in steps) for kind in hints}
    lines = [f"{kind} on {n}" for kind, n in missed.items() if n >= max(_LEAST_HINTED, len(steps) / 2)]
    return f"its hints match nothing, of the last {len(steps)} articles: {', '.join(lines)}" if lines else None


def _shorter(words: Sequence[int]) -> str | None:
    stretches = _stretches(words)
    if stretches is None:
        return None
    now, *before = (median(stretch) for stretch in stretches)
    usual = median(before)
    # never so short in any stretch before: an outlet whose short news come in bursts has had such stretches
    if now >= 0.5 * usual or now >= min(before):
        return None
    return f"the last {_STRETCH} articles have {now:.0f} words in the middle, {usual:.0f} before"


def _undated(dated: Sequence[bool]) -> str | None:
    stretches = _stretches(dated)
    if stretches is None:
        return None
    before = [value for stretch in stretches[1:] for value in stretch]
    recent = Share(stretches[0].count(False), _STRETCH)
    usual = Share(before.count(False), len(before))
    if not recent.above(usual) or recent.value < usual.value + 0.3:
        return None
    return f"{recent.hits} of the last {_STRETCH} articles have no date, {usual.value:.0%} of those before"


def _same_title(titles: Sequence[str]) -> str | None:
    folded = [" ".join(title.casefold().split()) for title in titles]
    recent, before = folded[:_SAME], folded[_SAME:]
    if len(before) < _LEAST_STRETCHES * _SAME or len(set(recent)) > 1:
        return None
    if max(Counter(before).values()) >= _SAME:
        return None
    return f"the last {_SAME} articles all have one title: {' '.join(titles[0].split())[:60]}"


def _stretches(values: Sequence[T]) -> list[list[T]] | None:
    whole = [list(values[n : n + _STRETCH]) for n in range(0, len(values) - _STRETCH + 1, _STRETCH)]
    return whole if len(whole) > _LEAST_STRETCHES else None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The score interval of Wilson (1927) at z = 3."""
        n, p, z2 = self.of, self.value, _Z * _Z
        if not n:
            return 0.0, 1.0
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return middle - half, middle + half

    def above(self, other: Share) -> bool:
        """Whether it is greater for sure."""
        return self.interval[0] > other.interval[1]


@dataclass(frozen=True, slots=True)
class _Change:
    recent: Share
    usual: Share
    time: timedelta

    @property
    def now(self) -> float:
        return self.recent.value

    @property
    def before(self) -> float:
        return self.usual.value

    @property
    def differs(self) -> bool:
        return self.recent.above(self.usual) or self.usual.above(self.recent)

    @property
    def line(self) -> str:
        return f"{self.now:.0%} (before: {self.before:.0%}) of the last {_span(self.time)}'s {self.recent.of}"


def _compare(counts: Sequence[tuple[datetime, bool, int]], now: datetime) -> _Change | None:
    for time in _LADDER:
        edge = now - time
        recent = _share([row for row in counts if row[0] > edge])
        if recent.of >= _ENOUGH_RECENT:
            usual = _share([row for row in counts if edge - _BEFORE < row[0] <= edge])
            return _Change(recent, usual, time) if usual.of >= _ENOUGH_BEFORE else None
    return None


def _share(counts: Iterable[tuple[datetime, bool, int]]) -> Share:
    hits = of = 0
    for _, hit, number in counts:
        of += number
        hits += number if hit else 0
    return Share(hits, of)


def _span(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    if hours < 48:
        return f"{hours:.0f} hours"
    return f"{hours / 24:.0f} days"

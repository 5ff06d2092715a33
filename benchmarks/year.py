"""A year of 20 sources in seconds: does the re-visit schedule keep its promises? `make bench-year`.

A simulated clock drives ``archive.schedule`` (``is_wanted``, ``rest``) by the crawl's rules through a year, beside a
crawler that each day finds what is new and asks again for every article of the last 30 days.

What is measured
    A *text* is an article as published, or as one edit left it. It counts where it stood for 3 hours or longer within
    the year and began within 10 days of publication. It is *stored* where a page request was answered while it stood;
    its *delay* is the first such answer minus the moment it appeared. Texts of articles that no list ever showed us,
    and of times when nobody could reach the source, count as well: as not stored, or by their whole delay.
    Promises: page requests at most a quarter of the other crawler's; 90% of the texts stored; the 95th percentile of
    the delays, over those stored, at most a day. Where one is not kept the command ends 1. Requests for lists have
    a column of their own; a failed page request is a request (retries within it are not counted, for either).

The rules of the crawl
    Every 15 minutes it runs, if the run before has ended: one page at a time from a source, with its delay, and at
    most so many of a source. Known pages whose time has come are asked for first, then what the list brought: pages
    not known, then pages that it says changed. ``is_wanted`` decides on every page that is known; an article is as
    old as the time since we saw it first. What a list said of a page counts for a day after it said so last. A page
    is no longer looked at a month after it was seen first, unless its list says that it changed. A list that does not
    answer or brings nothing, a refusal, and a run in which no page was answered leave the source alone for
    ``rest(failures)``; a refusal ends the source's part of the run.

The other crawler is given the benefit of every doubt: its one look a day finds whatever was published, takes no time,
never meets a faulty page, and on a day when the source is out of reach it asks for nothing.

The world: see the constants. How many articles are ever edited is measured: 165 of 600 thousand over 9 months of
publishers of every size (Tsoukaladelis and others, "The Times, They Are A-Changin'": 28%), 35% of 292 thousand of six
Flemish newsrooms ("News in motion", 2019-2021); 7.5% where only headlines were looked at (Guo and others, 2022). So
28% is what the promises are held to, and 10, 20 and 35% are printed. When and how often: the ages at the edit are
log-uniform from 5 minutes to 60 days, a fifth is edited a second time within 6 hours.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from archive.schedule import STEPS, is_wanted, next_visit, parse_age, rest
from crawler.catalogue import DELAY, MAX_PAGES, PAGES
from crawler.catalogue import WAYS as ASKED_EVERY
from crawler.frontier import HEARD, RECENT
from crawler.spiders.wordpress import SIZE

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEVER = datetime.min.replace(tzinfo=UTC)

# the crawl: cron's line, and a page every two to three seconds (half of the delay is added at random)
CRON = timedelta(minutes=15)
PAUSE = timedelta(seconds=DELAY * 1.25)
# a page request that fails by itself, retries included: what polite crawls of good hosts see
FAULTS = 0.005

# the promises
QUARTER, STORED, DELAYED = 0.25, 0.90, DAY
STOOD, WITHIN = 3 * HOUR, 10 * DAY
# the other crawler, and the hour (UTC) of its look
KEEPS_ON, LOOKS_AT = 30 * DAY, 3 * HOUR

EDITED, SENSITIVITY = 0.28, (0.10, 0.20, 0.35)
EARLIEST, LATEST = timedelta(minutes=5), 60 * DAY
TWICE, TWICE_WITHIN = 0.2, 6 * HOUR
# assumed: newsrooms sleep and keep weekends; shares of a day's stories by hour of their zone
RHYTHM = [0.25] * 6 + [0.7] + [1.3] * 3 + [1.7] * 8 + [1.2] * 3 + [0.7] * 3
WEEKEND = 0.6
# assumed: a source is out of reach three times a year, for one hour to three days (log-uniform): 0.6% of the time
OUTAGES, SHORTEST_OUTAGE, LONGEST_OUTAGE = 3, HOUR, 3 * DAY
REDESIGN_LASTS, BLOCK_LASTS = DAY, 21 * DAY


@dataclass(frozen=True, slots=True)
class Way:
    """A way of discovery. ``every``: how often it is asked; ``entries``: how many pages it names, the newest, None:
    all; ``modified``: whether it says when a page changed, and ``sure``: of every change, so that a page of which it
    says none is not asked for; ``page``: entries on a page of it where it has several."""

    name: str
    every: timedelta
    entries: int | None
    modified: bool
    sure: bool = False
    page: int | None = None


# how often: the catalogue's defaults. How much: 20 entries is what the Kremlin's Atom feed has, feeds of newsrooms
# have 10 to 50, a listing 20 a page; WordPress is asked for its last changes, of articles of whatever age
_EVERY = {kind: parse_age(every) for kind, (every, _) in ASKED_EVERY.items()}
SITEMAP = Way("sitemap with lastmod", _EVERY["sitemap"], None, True, sure=True)
WORDPRESS = Way("WordPress", _EVERY["wordpress"], SIZE, True, sure=True)
ATOM = Way("Atom", _EVERY["feed"], 20, True)
FEED = Way("RSS", _EVERY["feed"], 30, False)
LISTING = Way("listing", _EVERY["listing"], 20 * PAGES, False, page=20)
WAYS = (SITEMAP, WORDPRESS, ATOM, FEED, LISTING)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source of the world. ``rate``: articles a day; ``dated``: whether its pages say when they came out."""

    name: str
    way: Way
    rate: float
    zone: str
    dated: bool = True
    redesigned: bool = False
    blocks: bool = False


# The mix is that of the outlets of the seeds and their neighbours by what is known of them: five have a sitemap with
# lastmod (a ministry, two news sites, two agencies), three WordPress (an institute, an aggregator, a news site), two
# Atom (official ones), eight RSS without a time of change, two only listings (one without dates). Rates are
# assumed by what an outlet is: a ministry 1 to 25 a day, a news site 20 to 80, an agency 80 to 150.
OUTLETS = (
    Outlet("ministry-1", SITEMAP, 8, "Europe/Kyiv"),
    Outlet("news-1", SITEMAP, 70, "Europe/Kyiv"),
    Outlet("news-2", SITEMAP, 80, "Europe/Moscow", redesigned=True),
    Outlet("agency-1", SITEMAP, 110, "America/New_York"),
    Outlet("agency-2", SITEMAP, 120, "Europe/London"),
    Outlet("president-1", ATOM, 7, "Europe/Moscow"),
    Outlet("ministry-2", ATOM, 5, "Europe/London"),
    Outlet("institute", WORDPRESS, 2, "America/New_York"),
    Outlet("aggregator", WORDPRESS, 10, "Europe/Kyiv", dated=False),
    Outlet("news-3", WORDPRESS, 40, "Asia/Kolkata"),
    Outlet("president-2", FEED, 6, "Europe/Kyiv"),
    Outlet("alliance", FEED, 3, "Europe/Brussels"),
    Outlet("ministry-3", FEED, 4, "America/New_York"),
    Outlet("news-4", FEED, 20, "Europe/Kyiv"),
    Outlet("news-5", FEED, 60, "Europe/Istanbul", blocks=True),
    Outlet("agency-3", FEED, 80, "Europe/Kyiv"),
    Outlet("agency-4", FEED, 90, "Europe/Kyiv"),
    Outlet("agency-5", FEED, 150, "Europe/Moscow"),
    Outlet("ministry-4", LISTING, 25, "Europe/Moscow"),
    Outlet("site", LISTING, 1, "Europe/Kyiv", dated=False),
)


@dataclass(frozen=True, slots=True)
class Article:
    """When it came out, and when its text changed, in order."""

    born: datetime
    edits: tuple[datetime, ...] = ()

    def text(self, at: datetime) -> int:
        """Which of its texts stands: 0 is the first."""
        return sum(edit <= at for edit in self.edits)

    def counts(self, end: datetime) -> list[tuple[int, datetime, datetime]]:
        """The texts that the promises are about: number, from, to."""
        bounds = (self.born, *self.edits, end)
        return [
            (n, begins, min(ends, end))
            for n, (begins, ends) in enumerate(pairwise(bounds))
            if min(ends, end) - begins >= STOOD and begins - self.born <= WITHIN
        ]


@dataclass(frozen=True, slots=True)
class Site:
    """What a source does in the time: its articles by birth, when it is out of reach or refuses, its redesign."""

    outlet: Outlet
    articles: list[Article]
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    redesign: datetime | None = None

    def reached(self, at: datetime) -> bool:
        """Whether the source answers, a 403 being no answer."""
        return not any(begins <= at < ends for begins, ends in self.away)

    def lists(self, at: datetime) -> bool:
        """Whether its list, as it is read, brings anything."""
        return self.redesign is None or not self.redesign <= at < self.redesign + REDESIGN_LASTS


def build(outlets: Iterable[Outlet] = OUTLETS, days: int = 365, edited: float = EDITED, seed: int = 0) -> list[Site]:
    """A world; the same for the same arguments, and an outlet's own part of it for the same outlet."""
    return [_site(outlet, days, edited, f"{seed} {outlet.name}") for outlet in outlets]


def _site(outlet: Outlet, days: int, edited: float, seed: str) -> Site:
    # a stream of chance for each, so that another share of edited articles changes nothing else
    chance, editor = random.Random(seed), random.Random(f"edits {seed}")
    end, zone, mean = BEGIN + days * DAY, ZoneInfo(outlet.zone), sum(RHYTHM) / len(RHYTHM)
    weekly = (5 + 2 * WEEKEND) / 7
    most = outlet.rate * max(RHYTHM) / mean / weekly  # articles a day in the busiest hour: the rest are thinned out
    articles, at = [], BEGIN
    while True:
        at += chance.expovariate(most) * DAY
        if at >= end:
            break
        local = at.astimezone(zone)
        share = RHYTHM[local.hour] / max(RHYTHM) * (WEEKEND if local.weekday() >= 5 else 1)
        if chance.random() < share:
            articles.append(Article(at, _edits(at, edited, editor)))
    away = []
    for _ in range(round(OUTAGES * days / 365)):
        begins = BEGIN + chance.random() * days * DAY
        away.append((begins, begins + _log_uniform(SHORTEST_OUTAGE, LONGEST_OUTAGE, chance)))
    if outlet.blocks:
        begins = BEGIN + days * DAY * 0.6
        away.append((begins, begins + BLOCK_LASTS))
    return Site(outlet, articles, sorted(away), BEGIN + days * DAY * 0.4 + 9 * HOUR if outlet.redesigned else None)


def _edits(born: datetime, edited: float, chance: random.Random) -> tuple[datetime, ...]:
    if chance.random() >= edited:
        return ()
    first = born + _log_uniform(EARLIEST, LATEST, chance)
    return (first, first + chance.random() * TWICE_WITHIN) if chance.random() < TWICE else (first,)


def _log_uniform(least: timedelta, most: timedelta, chance: random.Random) -> timedelta:
    return least * math.exp(chance.random() * math.log(most / least))


@dataclass(slots=True)
class Result:
    """What a crawler asked for and got. ``delays``: of each stored text, in seconds."""

    articles: int = 0
    pages: int = 0
    lists: int = 0
    texts: int = 0
    delays: list[float] = field(default_factory=list)

    def __add__(self, other: Result) -> Result:
        return Result(
            self.articles + other.articles,
            self.pages + other.pages,
            self.lists + other.lists,
            self.texts + other.texts,
            self.delays + other.delays,
        )

    @property
    def stored(self) -> float:
        """Share of the texts that were stored."""
        return len(self.delays) / self.texts if self.texts else math.nan

    def delay(self, share: float) -> timedelta:
        """The delay that this share of the stored texts does not exceed."""
        ranked = sorted(self.delays)
        return timedelta(seconds=ranked[math.ceil(share * len(ranked)) - 1]) if ranked else timedelta.max


class Crawl:
    """Our crawl of one source. Articles are named by their place in ``site.articles``."""

    def __init__(self, site: Site, steps: Sequence[timedelta] = STEPS, max_pages: int = MAX_PAGES) -> None:
        self.site, self.way, self.steps, self.max_pages = site, site.outlet.way, steps, max_pages
        size = len(site.articles)
        # when it was seen first (tried, until it answered), came out as far as we know, and was asked for last
        self.first, self.born, self.asked = [NEVER] * size, [NEVER] * size, [NEVER] * size
        self.kept: list[dict[int, datetime]] = [{} for _ in range(size)]  # text: its first answer
        self.pages = self.lists = self.failures = 0
        self.next_try = self._listed = NEVER
        self._published = self._oldest = 0  # articles out by the last list, and the oldest it names
        self._new: list[int] = []
        self._moved: deque[int] = deque()
        self._due: list[tuple[datetime, int]] = []  # when to look at which article next
        self._look: list[datetime | None] = [None] * size  # the entry of _due that is still true
        # what the list said: when it named an article last (a list of all: any article), and, of a list of all, those
        # that it kept from being asked for
        self._named = [NEVER] * size if self.way.entries is not None else []
        self._heard = NEVER
        self._held: list[int] = []
        self._changes = sorted((edit, n) for n, article in enumerate(site.articles) for edit in article.edits)
        self._read = 0  # of _changes
        self._jumped = False
        self._chance = random.Random(f"faults {site.outlet.name}")

    def run(self, start: datetime) -> timedelta:
        """One run's work at this source; gives what it takes."""
        if start < self.next_try:
            return timedelta()
        at = start
        if start - self._listed >= self.way.every:
            at += PAUSE
            self.lists += 1
            self._listed = start
            if not (self.site.reached(at) and self.site.lists(at)):
                self._failed(start)
                return at - start
            self._discover(at)
        queue, answers = self._queue(start), 0
        for n in queue:
            at += PAUSE
            answers += self.fetch(n, at)
            if not self.site.reached(at):
                break
        if queue and not answers:
            self._failed(start)
        else:
            self.failures = 0
        return at - start

    def fetch(self, n: int, at: datetime) -> bool:
        """Ask for a page; whether it was answered."""
        article, kept = self.site.articles[n], self.kept[n]
        self.pages += 1
        answered = self.site.reached(at) and self._chance.random() >= FAULTS
        if (answered and not kept) or self.asked[n] == NEVER:
            self.first[n] = self.born[n] = at
            if self.site.outlet.dated and at - article.born > DAY:  # found late: it is as old as it says
                self.born[n] = article.born
        if answered:
            kept.setdefault(article.text(at), at)
        self.asked[n] = at
        self._look_at(n, next_visit(self.born[n], at, self.steps))
        return answered

    def result(self, end: datetime) -> Result:
        """What came of it."""
        found = Result(len(self.site.articles), self.pages, self.lists)
        for article, kept in zip(self.site.articles, self.kept, strict=True):
            for text, begins, _ in article.counts(end):
                found.texts += 1
                if text in kept:
                    found.delays.append((kept[text] - begins).total_seconds())
        return found

    def _failed(self, start: datetime) -> None:
        self.failures += 1
        self.next_try = start + rest(self.failures)

    def _look_at(self, n: int, at: datetime | None) -> None:
        self._look[n] = at
        if at is not None:
            heapq.heappush(self._due, (at, n))

    def _discover(self, at: datetime) -> None:
        articles, changes = self.site.articles, self._changes
        before, self._heard = self._published, at
        while self._published < len(articles) and articles[self._published].born <= at:
            self._published += 1
        if self.way.page:  # its further pages are asked for while they bring something new
            self.lists += min((self._published - before) // self.way.page, PAGES - 1)
        if self.way.entries is not None:
            self._oldest = max(0, self._published - self.way.entries)
        # what left the list before it was asked for is lost; what waits for its turn is there still
        self._new = [n for n in self._new if n >= self._oldest]
        self._new.extend(range(max(before, self._oldest), self._published))
        if not self.way.modified:
            return
        for n in range(self._oldest, self._published) if self._named else ():
            self._named[n] = at
        while self._read < len(changes) and changes[self._read][0] <= at:
            _, n = changes[self._read]
            self._read += 1
            if n >= self._oldest or self.way.sure:
                self._moved.append(n)
                if self._named:
                    self._named[n] = at
        if self.site.redesign is not None and at >= self.site.redesign and not self._jumped:
            self._jumped = True
            self._moved.extend(range(self._oldest, self._published))

    def _said(self, n: int, now: datetime) -> datetime | None:
        """When its list said that an article changed last; None: it says nothing, or said so too long ago."""
        heard = self._named[n] if self._named else self._heard
        if not self.way.modified or now - heard >= HEARD:
            return None
        article, redesign = self.site.articles[n], self.site.redesign
        said = max((edit for edit in article.edits if edit <= heard), default=article.born)
        return max(said, redesign) if redesign is not None and heard >= redesign else said

    def _wanted(self, n: int, said: datetime | None, now: datetime) -> bool:
        return is_wanted(self.born[n], self.asked[n], said, now, self.steps, self.way.sure)

    def _queue(self, start: datetime) -> list[int]:
        """The pages of this run, each once."""
        wanted: dict[int, None] = {}
        if self._held and start - self._heard >= HEARD:
            for n in self._held:
                self._look_at(n, start)
            self._held.clear()
        while self._due and self._due[0][0] <= start and len(wanted) < self.max_pages:
            due, n = heapq.heappop(self._due)
            if self._look[n] != due:  # it was asked for since
                continue
            self._look[n] = None
            if start - self.first[n] > RECENT or not (self.kept[n] or n >= self._oldest):
                continue  # too old, or never answered and no longer named
            said = self._said(n, start)
            if self._wanted(n, said, start):
                wanted[n] = None
            elif said is None or not self.way.sure:  # too late, or not yet
                visit = next_visit(self.born[n], self.asked[n], self.steps)
                self._look_at(n, visit if visit is not None and visit > start else None)
            elif self._named:
                self._look_at(n, self._named[n] + HEARD)
            else:
                self._held.append(n)
        room = self.max_pages - len(wanted)
        wanted.update(dict.fromkeys(self._new[:room]))
        del self._new[:room]
        while self._moved and len(wanted) < self.max_pages:
            n = self._moved.popleft()
            if self.asked[n] != NEVER and self._wanted(n, self._said(n, start), start):
                wanted[n] = None
        return list(wanted)


def simulate(sites: Iterable[Site], end: datetime, steps: Sequence[timedelta] = STEPS) -> list[Crawl]:
    """Our crawl of the sources, run by cron from BEGIN to ``end``; a tick finds the lock taken while a run lasts."""
    crawls = [Crawl(site, steps) for site in sites]
    tick = free = BEGIN
    while tick < end:
        if tick >= free:
            free = tick + max(crawl.run(tick) for crawl in crawls)
        tick += CRON
    return crawls


def daily(site: Site, end: datetime) -> Result:
    """The other crawler at one source."""
    first = BEGIN + LOOKS_AT
    looks = [first + n * DAY for n in range((end - first) // DAY + 1)]
    looks = [look for look in looks if look < end]
    useful = [look for look in looks if site.reached(look) and site.lists(look)]
    found = Result(len(site.articles), lists=len(looks))
    for article in site.articles:
        begins = bisect_left(useful, article.born)
        # an article that is found later than its last day is asked for once
        ends = max(bisect_left(useful, article.born + KEEPS_ON), min(begins + 1, len(useful)))
        found.pages += ends - begins
        for _, since, until in article.counts(end):
            found.texts += 1
            look = bisect_left(useful, since, begins, ends)
            if look < ends and useful[look] < until:
                found.delays.append((useful[look] - since).total_seconds())
    return found


def total(results: Iterable[Result]) -> Result:
    """All of them as one."""
    return sum(results, Result())


def broken(ours: Result, other: Result) -> list[str]:
    """The promises that are not kept, a line each."""
    lines = []
    if ours.pages > QUARTER * other.pages:
        lines.append(f"page requests are {ours.pages / other.pages:.1%} of the other crawler's, not {QUARTER:.0%}")
    if not ours.stored >= STORED:
        lines.append(f"{ours.stored:.1%} of the texts are stored, not {STORED:.0%}")
    if ours.delay(0.95) > DELAYED:
        lines.append(f"the 95th percentile of the delay is {_hours(ours.delay(0.95))}, not {_hours(DELAYED)}")
    return lines


def _hours(span: timedelta) -> str:
    return f"{span / HOUR:.2f} h"


HEAD = (
    f"{'':42}{'articles':>9}{'texts':>9}{'pages':>11}{'of daily':>9}{'lists':>9}{'stored':>8}{'median':>9}{'p95':>10}"
)


def _line(name: str, result: Result, other: Result | None = None) -> str:
    share = f"{result.pages / other.pages:.1%}" if other and other.pages else ""
    return (
        f"{name:42}{result.articles:>9,}{result.texts:>9,}{result.pages:>11,}{share:>9}{result.lists:>9,}"
        f"{result.stored:>8.1%}{_hours(result.delay(0.5)):>9}{_hours(result.delay(0.95)):>10}"
    )


def _rows(
    name: str, edited: float, days: int, steps: Sequence[timedelta], outlets: Sequence[Outlet], seed: int, full: bool
) -> list[str]:
    """Print the rows of one world; gives the promises that are not kept in it."""
    end = BEGIN + days * DAY
    sites = build(outlets, days, edited, seed)
    ours = [crawl.result(end) for crawl in simulate(sites, end, steps)]
    others = [daily(site, end) for site in sites]
    print(_line(name, total(ours), total(others)))
    if full:
        for way in WAYS:
            of = [n for n, outlet in enumerate(outlets) if outlet.way == way]
            mine, other = total(ours[n] for n in of), total(others[n] for n in of)
            print(_line(f"  {way.name} ({len(of)})", mine, other))
            print(_line("    daily crawler", other))
    print(_line("  daily crawler", total(others)), flush=True)
    return broken(total(ours), total(others))


def main() -> None:
    """Print the table; ends 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description="Simulate a year of crawling.")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", default="", help="other steps to try, such as 15m,3h,1d")
    asked = parser.parse_args()
    steps = tuple(map(parse_age, asked.steps.split(","))) if asked.steps else STEPS
    print(HEAD)
    world = (asked.days, steps)
    problems = _rows(f"ours, {EDITED:.0%} of the articles edited", EDITED, *world, OUTLETS, asked.seed, full=True)
    for edited in SENSITIVITY:
        _rows(f"ours, {edited:.0%} edited", edited, *world, OUTLETS, asked.seed, full=False)
    silent = [replace(outlet, way=FEED) if outlet.way.modified else outlet for outlet in OUTLETS]
    _rows(f"ours, {EDITED:.0%}, and no list says changes", EDITED, *world, silent, asked.seed, full=False)
    print("the promises, for the first row:", "; ".join(problems) if problems else "kept")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

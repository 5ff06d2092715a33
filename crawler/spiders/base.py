"""The spider: asks each outlet for what it published, then for each page that is new, due or said to have changed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dateutil.rrule import MONTHLY, rrule
from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from archive.errors import CommuniqueError
from archive.home import Home
from archive.models import stamp
from archive.outcomes import REFUSED
from archive.store import Store
from archive.urls import url_key
from archive.walls import header_wall
from crawler.discovery import Found, Further
from crawler.frontier import RECENT, Ask, Frontier, Plan
from crawler.middlewares import in_words, pairs
from crawler.patience import PatienceError
from crawler.pipeline import Keeper
from crawler.robots import DisallowedError
from crawler.sources import Discovery, Outlet
from crawler.spiders.telegram import widget
from crawler.spiders.ways import first_request, question, read

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

# a way of discovery that is asked a little before its time is not put off to the next run
_SLACK = timedelta(minutes=1)
# answers of one way of discovery that a run looks at, where the catalogue says nothing; in a history crawl
ANSWERS, ALL_ANSWERS = 50, 10_000
# of a copy elsewhere: a channel's preview says in the reader's language that a post is gone
_ENGLISH = {"Accept-Language": "en"}
# sitemaps in sitemaps: the protocol knows one index, some sites nest a second
DEPTH = 3


@dataclass(slots=True)
class Progress:
    """How a source's crawl goes. ``problems``: one line for each way of discovery that brought nothing.

    ``lists``: ways of discovery that were asked. ``waiting``: why they were not, or not answered. ``fallback``: what
    was asked in their stead. ``unheard``: a list broke off before its end. ``skipped``: pages that robots.txt
    disallows.
    """

    lists: int = 0
    unheard: bool = False
    found: int = 0
    answered: int = 0
    done: int = 0
    skipped: int = 0
    left: int = 0
    waiting: str | None = None
    fallback: str | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Way:
    """How one way of discovery goes. ``began``: the address asked first; ``asked``: all that were, with bodies."""

    began: str
    answers: int = 0
    asked: set[tuple[str, str | None]] = field(default_factory=set)


class _Line:
    """One source's work in this run."""

    def __init__(self, outlet: Outlet, frontier: Frontier, progress: Progress) -> None:
        self.outlet, self.frontier, self.progress = outlet, frontier, progress
        self.fallbacks: deque[Discovery] = deque()
        self.refused: list[str] = []  # lists that its hosts refused
        self.pending = 0  # discovery requests that are not answered yet
        self.ways: dict[Discovery, _Way] = {}


class OutletSpider(Spider):
    """Crawls outlets side by side; every exchange is kept by the archive middleware, pages are not read here."""

    name = "outlets"

    def __init__(self, outlets: Mapping[str, Outlet], known: Mapping[str, Outlet], plan: Plan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outlets, self.known, self.plan = outlets, known, plan
        self.progress = {name: Progress() for name in outlets}
        self.fault: str | None = None  # why known pages were not looked at
        self._changed = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        """The spider of a crawler."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider._home = Home(Path(crawler.settings["COMMUNIQUE_HOME"]))
        return spider

    _home: Home

    async def start(self) -> AsyncIterator[Request]:
        """What each outlet says is there, and what is known and due, all outlets in turn."""
        self._keeper = Keeper.of(self.crawler)
        self._lines = {
            name: _Line(outlet, Frontier(outlet, self._home, self.plan, self._announce), self.progress[name])
            for name, outlet in self.outlets.items()
        }
        now = datetime.now(UTC)
        for name, line in self._lines.items():
            if self.plan.pages:
                line.frontier.add(Found(url, fetch=widget(url)) for url in self.plan.pages.get(name, ()))
                continue
            due = await asyncio.to_thread(self._due, line.outlet, now)
            line.fallbacks.extend(way for way in line.outlet.fallback if way in due)
            for discovery in (way for way in line.outlet.discovery if way in due):
                for one in (discovery, *self._months_before(discovery, now)):
                    yield self._begin(line, one)
            try:
                line.frontier.add_known(await asyncio.to_thread(line.frontier.revisits, now))
            except (CommuniqueError, sqlite3.Error) as error:  # the run must not pass for a whole one
                self.fault = f"{type(error).__name__}: {error}"
        while True:
            self._changed.clear()
            asked = False
            for name, line in self._lines.items():
                if (ask := await line.frontier.next()) is not None:
                    asked = True
                    yield self._page(name, line, ask)
            if asked:
                continue
            if all(line.pending == 0 and line.frontier.empty for line in self._lines.values()):
                break
            await self._changed.wait()
        for line in self._lines.values():
            line.progress.left += line.frontier.left

    def _announce(self, modified: dict[str, str]) -> None:
        seen = stamp(datetime.now(UTC))
        self._keeper.note(lambda store: store.announce(modified, seen))

    def _due(self, outlet: Outlet, now: datetime) -> set[Discovery]:
        """The ways of discovery and the fallbacks that may be asked in this run."""
        ways = {*outlet.discovery, *outlet.fallback}
        if not self.plan.due or outlet.source.id in self.plan.whole:
            return ways
        store = Store(self._home.database)
        try:
            asked = store.discovered(outlet.source.id)
        finally:
            store.close()

        def is_due(way: Discovery) -> bool:
            base = url_key(way.start(now.date())).partition("?")[0]
            last = max((at for key, at in asked.items() if key.partition("?")[0] == base), default=None)
            # asked in the future: by a clock that was wrong
            return last is None or last > now or now - last >= way.every - _SLACK

        return set(filter(is_due, ways))

    # discovery

    def _begin(self, line: _Line, discovery: Discovery) -> Request:
        line.progress.lists += 1
        now = datetime.now(UTC)
        further = first_request(discovery, now, self.plan.since or now - RECENT)
        line.ways[discovery] = _Way(further.url)
        return self._discover(line, discovery, further, 1, first=True)

    def _months_before(self, discovery: Discovery, now: datetime) -> list[Discovery]:
        """A list by month, of each month back to where a history crawl begins."""
        if self.plan.since is None or "{" not in discovery.url:
            return []
        earlier = list(rrule(MONTHLY, self.plan.since.replace(day=1), until=now.replace(day=1)))[:-1]
        return [replace(discovery, url=discovery.start(day.date())) for day in reversed(earlier)]

    def _discover(
        self, line: _Line, discovery: Discovery, further: Further, depth: int, first: bool = False
    ) -> Request:
        line.pending += 1
        return question(
            further,
            callback=self._discovered,
            errback=self._undiscovered,
            cb_kwargs={"line": line, "discovery": discovery, "depth": depth, "first": first},
            meta=self._meta(line, "discovery"),
            priority=10,
        )

    def _meta(self, line: _Line, kind: str) -> dict[str, Any]:
        meta: dict[str, Any] = {"source": line.outlet.source.id, "kind": kind}
        if line.outlet.proxy:
            meta["proxy"] = line.outlet.proxy
        return meta

    async def _discovered(
        self, response: Response, line: _Line, discovery: Discovery, depth: int, first: bool
    ) -> AsyncIterator[Request]:
        """What a list brought: its pages join the source's line, what it goes on with is asked next."""
        try:
            requests = await self._take(response, line, discovery, depth, first)
        except Exception as error:  # whoever waits for this answer must not wait for ever, and a fallback may go on
            self.fault = f"{type(error).__name__}: {error}"
            self.logger.exception("%s: %s", line.outlet.source.id, response.url)
            requests = []
        for request in (*requests, *self._answered_list(line)):
            yield request

    async def _take(
        self, response: Response, line: _Line, discovery: Discovery, depth: int, first: bool
    ) -> list[Request]:
        progress = line.progress
        way = line.ways[discovery]
        way.answers += 1
        since = self.plan.since or datetime.now(UTC) - RECENT
        brought = await asyncio.to_thread(read, discovery, response, way.answers, since, way.began)
        found = await asyncio.to_thread(line.frontier.accept, brought.found)
        nested = discovery.kind == "sitemap" and bool(brought.further)
        new = bool(found) and await asyncio.to_thread(line.frontier.unknown, found)
        line.frontier.add(found)
        if found or nested:
            progress.answered += 1
        elif first:
            progress.problems.append(f"no article address in {response.url}")
        limit = discovery.pages if discovery.kind == "listing" else ANSWERS
        limit = ALL_ANSWERS if self.plan.since else limit
        # a page of a list that brings nothing new is where the last run was; an index is gone through whole
        whole = bool(found) and line.outlet.source.id in self.plan.whole
        if not ((nested and depth < DEPTH) or new or whole):
            return []
        if line.frontier.crowded:
            progress.unheard = True
            return []
        way.asked = way.asked or {(response.url, None)}
        fresh = [further for further in brought.further if (further.url, further.body) not in way.asked]
        fresh = fresh[: max(0, limit - len(way.asked))]
        way.asked.update((further.url, further.body) for further in fresh)
        return [self._discover(line, discovery, further, depth + nested) for further in fresh]

    async def _undiscovered(self, failure: Failure) -> AsyncIterator[Request]:
        request = failure.request  # type: ignore[attr-defined]
        line, first = request.cb_kwargs["line"], request.cb_kwargs["first"]
        error = failure.value
        if isinstance(error, HttpError):
            status = error.response.status
            text = f"{request.url} answers {status}"
            if status in REFUSED or header_wall(status, pairs(error.response.headers)):
                line.refused.append(request.url)
            elif status in (429, 503):
                line.progress.waiting = text
        elif isinstance(error, DisallowedError):
            text = str(error)
        elif isinstance(error, PatienceError):
            text = line.progress.waiting = str(error)
        else:
            text = f"{request.url}: {in_words(failure.value)}"[:400]
        if first:
            line.progress.problems.append(text)
        elif not isinstance(error, HttpError) or status >= 500 or status == 429:
            line.progress.unheard = True  # with any other answer a list may end
        self.logger.warning("%s: %s", line.outlet.source.id, text)
        for following in self._answered_list(line):
            yield following

    def _answered_list(self, line: _Line) -> list[Request]:
        """One answer less to wait for; where none of the ways brought anything, the next fallback."""
        line.pending -= 1
        self._changed.set()
        if line.pending or line.progress.answered:
            return []
        for url in line.refused:  # hosts that block are asked ever more rarely; one that answers elsewhere does not
            self._keeper.patience.blocked(url)
        line.refused.clear()
        if line.outlet.fallback and not line.fallbacks and not line.progress.fallback:
            line.progress.waiting = "its fallbacks are not due"
        if line.fallbacks:
            discovery = line.fallbacks.popleft()
            line.progress.fallback = f"{discovery.kind} {discovery.url}"
            return [self._begin(line, discovery)]
        return []

    # pages

    def _page(self, source: str, line: _Line, ask: Ask) -> Request:
        meta = self._meta(line, "page")
        if ask.found.published is not None:
            meta["announced"] = stamp(ask.found.published)
        if ask.found.fetch is not None:
            meta |= {"page_url": ask.found.url, "page_at": ask.found.at}
        return Request(
            ask.found.fetch or ask.found.url,
            callback=self._answered,
            errback=self._unanswered,
            cb_kwargs={"line": line},
            headers=ask.headers if ask.found.fetch is None else {**ask.headers, **_ENGLISH},
            meta=meta,
            dont_filter=True,
        )

    def _answered(self, response: Response, line: _Line) -> None:
        self._over(line)
        line.progress.done += 1

    def _unanswered(self, failure: Failure) -> None:
        line = failure.request.cb_kwargs["line"]  # type: ignore[attr-defined]
        self._over(line)
        if self.plan.pages and isinstance(failure.value, IgnoreRequest):  # of which the archive knows nothing
            line.progress.problems.append(f"{failure.request.url}: {failure.value}")  # type: ignore[attr-defined]
        if isinstance(failure.value, DisallowedError):
            line.progress.skipped += 1
            self.logger.info("%s: %s", line.outlet.source.id, failure.value)
        elif isinstance(failure.value, PatienceError):
            line.progress.left += 1
        else:
            line.progress.done += 1

    def _over(self, line: _Line) -> None:
        line.frontier.room += 1
        line.progress.found = line.frontier.found
        self._changed.set()

"""The spider: asks each outlet for what it published, then for each page, conditionally where it is known."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parsel import Selector  # Scrapy's own looks at <base> and raises where that is no address
from scrapy import Request, Spider
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError

from archive.errors import CommuniqueError
from archive.home import Home
from archive.models import stamp
from archive.store import Known, Store
from archive.urls import clean, is_article, url_key
from crawler.robots import DisallowedError
from crawler.sources import Discovery, Outlet
from crawler.spiders.feed import read_feed
from crawler.spiders.listing import read_listing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

# an article is looked at again at each crawl for so long after it was first seen (most edits come within days)
REVISIT = timedelta(days=30)
# pages of a source that are asked for and not answered yet: the rest waits where it takes no memory
AHEAD = 64


@dataclass(slots=True)
class Progress:
    """How a source's crawl goes. ``problems``: one line for each way of discovery that brought nothing."""

    found: int = 0
    answered: int = 0
    done: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)


class OutletSpider(Spider):
    """Crawls outlets side by side; every exchange is kept by the archive middleware, pages are not read here."""

    name = "outlets"

    def __init__(self, outlets: Mapping[str, Outlet], known: Mapping[str, Outlet], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outlets, self.known = outlets, known
        self.progress = {name: Progress() for name in outlets}
        self._room = {name: asyncio.Semaphore(AHEAD) for name in outlets}
        self._seen: set[int] = set()
        self.fault: str | None = None  # why known pages were not looked at

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        """The spider of a crawler."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider._home = Home(Path(crawler.settings["COMMUNIQUE_HOME"]))
        return spider

    _home: Home

    async def start(self) -> AsyncIterator[Request]:
        """First what each outlet says is there, then what is known and may have changed."""
        for name, outlet in self.outlets.items():
            for discovery in outlet.discovery:
                yield self._discover(name, discovery, discovery.url, 1)
        since = stamp(datetime.now(UTC) - REVISIT)
        for name in self.outlets:
            try:
                urls = await asyncio.to_thread(self._urls, name, since)
            except (CommuniqueError, sqlite3.Error) as error:  # the run must not pass for a whole one
                self.fault = f"{type(error).__name__}: {error}"
                return
            async for request in self._pages(name, urls):
                yield request

    def _urls(self, source: str, since: str) -> list[str]:
        store = Store(self._home.database)
        try:
            return store.urls(source, since)
        finally:
            store.close()

    def _discover(self, source: str, discovery: Discovery, url: str, page: int) -> Request:
        return Request(
            url,
            callback=self._discovered,
            errback=self._undiscovered,
            cb_kwargs={"source": source, "discovery": discovery, "page": page},
            meta={"source": source, "kind": "discovery"},
            dont_filter=True,
            priority=10,
        )

    async def _discovered(
        self, response: Response, source: str, discovery: Discovery, page: int
    ) -> AsyncIterator[Request]:
        """Pages of a feed or a listing, and the listing's next page."""
        progress, outlet = self.progress[source], self.outlets[source]
        following: str | None = None
        if discovery.kind == "feed":
            content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
            urls = await asyncio.to_thread(read_feed, response.body, response.url, content_type)
        else:
            text = response.text if isinstance(response, TextResponse) else ""
            urls, following = read_listing(Selector(text=text), response.url, discovery.links, discovery.next)
        urls = [url for url in map(clean, urls) if is_article(url, outlet.articles)]
        if urls:
            progress.answered += 1
        elif page == 1:
            progress.problems.append(f"no article address in {response.url}")
        if following and page < discovery.pages:
            yield self._discover(source, discovery, following, page + 1)
        async for request in self._pages(source, urls):
            yield request

    async def _undiscovered(self, failure: Failure) -> None:
        request = failure.request  # type: ignore[attr-defined]
        source, page = request.cb_kwargs["source"], request.cb_kwargs["page"]
        error = failure.value
        if isinstance(error, HttpError):
            line = f"{request.url} answers {error.response.status}"
        elif isinstance(error, DisallowedError):
            line = str(error)
        else:
            line = f"{request.url}: {type(error).__name__}: {' '.join(str(error).split())}"[:300]
        if page == 1:
            self.progress[source].problems.append(line)
        self.logger.warning("%s: %s", source, line)

    async def _pages(self, source: str, urls: Iterable[str]) -> AsyncIterator[Request]:
        """Requests for pages not asked for yet in this run, conditional where the archive has them."""
        fresh = []
        for url in urls:
            key = url_key(url)
            if hash(key) not in self._seen:
                self._seen.add(hash(key))
                fresh.append((url, key))
        progress = self.progress[source]
        progress.found += len(fresh)
        known = await asyncio.to_thread(self._known, [key for _, key in fresh]) if fresh else {}
        for url, key in fresh:
            await self._room[source].acquire()
            yield Request(
                url,
                callback=self._answered,
                errback=self._unanswered,
                cb_kwargs={"source": source},
                headers=_conditions(known.get(key)),
                meta={"source": source, "kind": "page"},
                dont_filter=True,
            )

    def _known(self, keys: list[str]) -> dict[str, Known]:
        store = Store(self._home.database)
        try:
            return store.known(keys)
        finally:
            store.close()

    def _answered(self, response: Response, source: str) -> None:
        self._room[source].release()
        self.progress[source].done += 1

    def _unanswered(self, failure: Failure) -> None:
        source = failure.request.cb_kwargs["source"]  # type: ignore[attr-defined]
        self._room[source].release()
        if isinstance(failure.value, DisallowedError):
            self.progress[source].skipped += 1
            self.logger.info("%s: %s", source, failure.value)
        else:
            self.progress[source].done += 1


def _conditions(known: Known | None) -> dict[str, str]:
    if known is None:
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}

"""Holds the archive's side of a crawl: starts the ingest with the engine, and ends it after the last page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals

from archive import __version__
from archive.home import Home
from archive.ingest import Ingest
from archive.models import Counts, Exchange
from archive.store import Store
from crawler.patience import Patience

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

SOFTWARE = f"communique/{__version__}"


class Keeper:
    """The extension that every part of a crawl keeps its exchanges through.

    ``failure``: what ended the archive's side early, None while it is well. ``reason``: why the spider closed
    (Scrapy's word: finished, shutdown; full: the disk nearly is). ``full``: why it stopped before the disk was, None
    where it did not. ``patience``: the hosts that are left alone.
    """

    patience: Patience

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.failure: Exception | None = None
        self.reason: str | None = None
        self.full: str | None = None
        self._ingest: Ingest | None = None
        self._counts = Counts()
        crawler.signals.connect(self._open, signals.spider_opened)
        crawler.signals.connect(self._close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Keeper:
        """The extension of a crawler."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Keeper:
        """The one of a crawl."""
        keeper = crawler.get_extension(cls)
        assert keeper is not None, "crawler.pipeline.Keeper is an extension of every crawl"  # noqa: S101
        return keeper

    @property
    def counts(self) -> Counts:
        """What the run did so far."""
        return self._ingest.counts if self._ingest else self._counts

    def _open(self) -> None:
        spider = self._crawler.spider
        home = Home(Path(self._crawler.settings["COMMUNIQUE_HOME"]))
        sources = {name: outlet.source for name, outlet in spider.known.items()}  # type: ignore[union-attr]
        settings = self._crawler.settings
        quota = settings.getint("COMMUNIQUE_QUOTA") or None
        self._ingest = Ingest(home, sources, settings.getint("COMMUNIQUE_RUN"), SOFTWARE, quota)
        store = Store(home.database)
        self.patience = Patience(store.waits(), self.note, settings.getbool("COMMUNIQUE_NAMED"))
        store.close()
        self._room = asyncio.Semaphore(self._ingest.capacity)
        self._loop = asyncio.get_running_loop()
        self._ingest.start()

    def note(self, write: Callable[[Store], None]) -> None:
        """Have something written with the archive's next transaction."""
        if self._ingest is not None:
            self._ingest.note(write)

    async def keep(self, exchange: Exchange) -> None:
        """Hand an exchange over; waits until there is room for it."""
        assert self._ingest is not None, "kept before the crawl opened"  # noqa: S101
        await self._room.acquire()
        if self._ingest.error is not None and self.failure is None:
            self.failure = self._ingest.error
            self._stopping = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="archive"))
        if self._ingest.full is not None and self.full is None:
            self.full = self._ingest.full
            self._stopping = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="full"))
        self._ingest.submit(exchange, self._release)

    def _release(self) -> None:
        self._loop.call_soon_threadsafe(self._room.release)

    async def _close(self, reason: str) -> None:
        await asyncio.to_thread(self.end)
        self.reason = reason

    def end(self) -> None:
        """Keep what was handed over, and end; once more does nothing (a forced stop passes over the spider's end)."""
        ingest, self._ingest = self._ingest, None
        if ingest is None:
            return
        self._counts = ingest.counts
        try:
            ingest.close()
        except Exception as error:  # noqa: BLE001  told to the user with the run's exit code
            self.failure = error
        self.full = self.full or ingest.full  # the last of its looks may be the first that finds too little

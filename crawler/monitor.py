"""Tells a person how a crawl goes: a live line on a terminal, plain lines elsewhere. Decides nothing."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from scrapy import signals

from crawler.pipeline import Keeper
from crawler.spiders.base import OutletSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

# seconds between two lines where the terminal cannot draw
PLAIN = 15.0
# seconds between two drawings
LIVE = 0.5


class Monitor:
    """Watches one crawler and writes to stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=4) if sys.stderr.isatty() else None
        self._task: asyncio.Task[None] | None = None

    def watch(self, crawler: Crawler) -> None:
        """Follow a crawler from its spider's opening to its closing."""
        self._crawler = crawler
        crawler.signals.connect(self._open, signals.spider_opened)
        crawler.signals.connect(self._close, signals.spider_closed)

    def _open(self) -> None:
        if self._live is not None:
            self._live.start()
        self._task = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(PLAIN if self._live is None else LIVE)
            self._show()

    def _close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._show()
        if self._live is not None:
            self._live.stop()

    def _show(self) -> None:
        spider, keeper = self._crawler.spider, self._crawler.get_extension(Keeper)
        if not isinstance(spider, OutletSpider) or keeper is None:
            return
        counts = keeper.counts
        line = f"{counts.fetched} fetched, {counts.new} new, {counts.revised} revised, {counts.failed} failed"
        if self._live is None:
            self._console.print(line, highlight=False)
            return
        table = Table(title=line, title_justify="left")
        for name, justify in (("source", "left"), ("pages found", "right"), ("answered", "right")):
            table.add_column(name, justify="left" if justify == "left" else "right")
        for source, progress in spider.progress.items():
            table.add_row(source, str(progress.found), str(progress.done))
        self._live.update(table)

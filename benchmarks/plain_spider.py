"""What a newsroom's developer would write first: Scrapy, trafilatura in the callback, a row at a time.

Run: python -m benchmarks.plain_spider DATABASE ADDRESS URLS-FILE
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
import sqlite_utils
import trafilatura
from scrapy.crawler import AsyncCrawlerProcess


class PlainSpider(scrapy.Spider):
    """Fetches a list of addresses."""

    name = "plain"

    async def start(self) -> AsyncIterator[scrapy.Request]:
        self.db = sqlite_utils.Database(self.database)
        for url in Path(self.urls).read_text("utf-8").split():
            yield scrapy.Request(url, callback=self.parse)

    def parse(self, response: scrapy.http.Response, **_: Any) -> None:
        document = trafilatura.bare_extraction(response.body, url=response.url, with_metadata=True)
        row = {"url": response.url}
        if document is not None:
            row |= {
                "title": document.title,
                "author": document.author,
                "date": document.date,
                "text": document.text,
            }
        self.db["articles"].insert(row, pk="url", alter=True)


if __name__ == "__main__":
    database, address, urls = sys.argv[1:]
    process = AsyncCrawlerProcess(
        {
            "DOWNLOAD_HANDLERS": {"http": "crawler.handlers.GuardedHandler"},
            "CONNECT_TO": {"*.example": address},
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
        }
    )
    process.crawl(PlainSpider, database=database, urls=urls)
    process.start()

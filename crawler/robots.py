"""robots.txt, obeyed by every request from the first on (RFC 9309)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser
from scrapy.utils.httpobj import urlparse_cached

from crawler.handlers import PrivateAddressError
from crawler.pipeline import Keeper

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

# the product token that rules are matched against (RFC 9309 2.2.1): the rest of the user agent is a comment
PRODUCT = "communique"
# a Crawl-delay counts up to this many seconds: with more, a run would not end
LONGEST_DELAY = 120.0


class DisallowedError(IgnoreRequest):
    """robots.txt does not allow a request, or could not be read; its message is one line for the user."""


class RobotsMiddleware:
    """Fetches each host's robots.txt once a run; all requests to the host wait for it.

    Scrapy's own lets the third simultaneous first request to a host through unchecked, and takes a server error
    for permission. Here, as RFC 9309 2.3.1 has it: 4xx means there are no rules, a server error or no answer means
    that everything is disallowed for now.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._rules: dict[tuple[str, str | None], asyncio.Task[RobotParser | str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """The middleware of a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let an allowed request pass.

        Raises:
            DisallowedError: it is not allowed.
        """
        if request.meta.get("kind") == "robots":
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        proxy = request.meta.get("proxy")
        key = (origin, proxy)
        if key not in self._rules:
            # a task of its own: it answers every waiter, whoever of them goes away
            self._rules[key] = asyncio.ensure_future(self._fetch(origin, request.meta.get("source"), proxy))
        rules = await asyncio.shield(self._rules[key])
        if isinstance(rules, str):
            raise DisallowedError(rules)
        if not rules.allowed(request.url, PRODUCT):
            raise DisallowedError(f"robots.txt disallows {request.url}")
        self._slow_down(request, rules)
        # it may have asked for patience with its robots.txt, for which this request waited
        keeper = self._crawler.get_extension(Keeper)
        if keeper is not None:
            await keeper.patience.sit_out(request.url)

    def _slow_down(self, request: Request, rules: RobotParser) -> None:
        """Hold to the host's Crawl-delay, where it is longer than ours."""
        stated = rules.rp.crawl_delay(PRODUCT) if isinstance(rules, ProtegoRobotParser) else None
        if stated is None:
            return
        downloader = self._crawler.engine.downloader
        key, delay = downloader.get_slot_key(request), min(float(stated), LONGEST_DELAY)
        slot = downloader.slots.get(key)
        if slot is not None and slot.delay < delay:
            slot.delay, slot.concurrency = delay, 1
            # a slot that nobody used for a minute is dropped, and made again with these
            downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1}

    async def _fetch(self, origin: str, source: str | None, proxy: str | None) -> RobotParser | str:
        url = f"{origin}/robots.txt"
        meta = {"kind": "robots", "source": source} | ({"proxy": proxy} if proxy else {})
        request = Request(url, priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001  whatever it was, nothing answered, and that is the answer
            logger.warning("no answer from %s: %s", url, error)
            said = str(error) if isinstance(error, PrivateAddressError) else type(error).__name__
            return f"{url} could not be read ({said}), so nothing is fetched"
        if response.status >= 500:
            return f"{url} answers {response.status}, so nothing is fetched"
        body = response.body if response.status < 300 else b""
        return ProtegoRobotParser(body, self._crawler.spider)

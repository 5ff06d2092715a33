"""Asks an outlet's servers a few questions in the crawl's own manners, and keeps nothing of what they answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response, TextResponse
from scrapy.settings import Settings

from crawler.discovery import Further
from crawler.robots import DisallowedError
from crawler.run import INTERRUPTED
from crawler.settings import user_agent
from crawler.sources import Outlet, slots
from crawler.spiders import ways

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

T = TypeVar("T")
# a person waits for the answers: no second try, half the crawl's time for each, fewer redirects than it follows
_HURRY = {"RETRY_ENABLED": False, "DOWNLOAD_TIMEOUT": 30, "REDIRECT_MAX_TIMES": 5}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: a ``response`` of any status, or why there is none, in one line."""

    url: str
    response: Response | None = None
    error: str | None = None

    @property
    def text(self) -> str:
        """The status, or why there is none."""
        return self.error or str(self.response.status if self.response is not None else "")

    @property
    def good(self) -> Response | None:
        """The response, where it is one to read."""
        return self.response if self.response is not None and self.response.status == 200 else None

    @property
    def settled(self) -> str:
        """Where the answer stands for good: a redirect for now is no address of it."""
        if self.response is None or self.response.request is None:
            return self.url
        moved = self.response.request.meta.get("redirect_reasons", ())
        return self.response.url if all(reason in (301, 308) for reason in moved) else self.url


class ProbeSpider(Spider):
    """Runs one piece of work that asks questions by :meth:`ask`, and ends with it.

    ``spent``: requests sent so far, robots.txt and redirects among them; from ``limit`` on nothing more is asked.
    ``robots``: the text of each robots.txt that was read, by host.
    """

    name = "probe"

    def __init__(self, work: Callable[[ProbeSpider], Awaitable[None]], limit: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._work, self.limit = work, limit
        self.spent = 0
        self.robots: dict[str, str] = {}
        self.failure: Exception | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> ProbeSpider:
        """The spider of a crawler."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._sent, signals.request_reached_downloader)
        crawler.signals.connect(spider._received, signals.response_received)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The work; nothing is handed to the scheduler."""
        try:
            await self._work(self)
        except Exception as error:  # noqa: BLE001  Scrapy would log it and end well: it is raised by `run`
            self.failure = error
        none: tuple[Request, ...] = ()
        for request in none:
            yield request

    async def ask(self, question: Further, proxy: str | None = None) -> Answer:
        """What a server answers. Never raises for what a server may do."""
        if self.limit is not None and self.spent >= self.limit:
            return Answer(question.url, error=f"not asked: {self.limit} requests are enough")
        request = ways.question(question, meta={"proxy": proxy} if proxy else {})
        try:
            assert self.crawler.engine is not None, "asked before the crawl opened"  # noqa: S101
            return Answer(question.url, await self.crawler.engine.download_async(request))
        except Exception as error:  # noqa: BLE001  whatever it was, that is the answer
            return Answer(question.url, error=_line(error))

    def _sent(self) -> None:
        self.spent += 1

    def _received(self, response: Response, request: Request) -> None:
        if request.meta.get("kind") == "robots" and response.status == 200 and isinstance(response, TextResponse):
            self.robots[urlsplit(request.url).netloc] = response.text


def _line(error: Exception) -> str:
    text = "".join(c for c in " ".join(str(error).split()) if c.isprintable())
    if isinstance(error, DisallowedError):
        return "robots.txt disallows it" if text.startswith("robots.txt disallows") else text
    return f"{type(error).__name__}: {text}"[:300]


def run(
    work: Callable[[ProbeSpider], Awaitable[T]],
    *,
    connect_to: Mapping[str, str],
    contact: str | None,
    outlets: Iterable[Outlet] = (),
    delay: float | None = None,
    limit: int | None = None,
) -> T:
    """What ``work`` returns, who asks by the spider it is given.

    ``outlets``: their hosts are asked with their own delays; ``delay``: of all other hosts, in seconds. May run once
    in a process (Twisted's reactor does not start twice).

    Raises:
        SystemExit: 130, stopped by a signal. What ``work`` raises.
    """
    results: list[T] = []

    async def kept(spider: ProbeSpider) -> None:
        results.append(await work(spider))

    process = AsyncCrawlerProcess(_settings(connect_to, contact, outlets, delay))
    crawler = process.create_crawler(ProbeSpider)
    process.crawl(crawler, work=kept, limit=limit)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, ProbeSpider)  # noqa: S101
    if spider.failure is not None:
        raise spider.failure
    if not results:
        raise SystemExit(INTERRUPTED)
    return results[0]


def _settings(
    connect_to: Mapping[str, str], contact: str | None, outlets: Iterable[Outlet], delay: float | None
) -> Settings:
    """The crawl's settings without what keeps, remembers and logs."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    middlewares = {
        path: order
        for path, order in settings.getdict("DOWNLOADER_MIDDLEWARES").items()
        if not path.startswith("crawler.middlewares.")  # they hand every exchange to the archive
    }
    settings.update(
        {
            **_HURRY,
            "EXTENSIONS": settings.getdict("EXTENSIONS") | {"crawler.pipeline.Keeper": None},
            "DOWNLOADER_MIDDLEWARES": middlewares,
            "CONNECT_TO": dict(connect_to),
            "DOWNLOAD_SLOTS": slots(outlets),
            "DOWNLOAD_DELAY": settings.getfloat("DOWNLOAD_DELAY") if delay is None else delay,
            "USER_AGENT": user_agent(contact),
            "LOG_ENABLED": False,  # a file would be kept, and a terminal is for what was found
        },
        priority="cmdline",
    )
    return settings

"""Takes every exchange off the wire and hands it to the archive; leaves hosts alone that ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest, ResponseDataLossError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.web.client import ResponseFailed

from archive.models import CaptureKind, Exchange
from archive.payload import decode
from archive.urls import is_article
from crawler.pipeline import Keeper

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response


class ArchiveMiddleware:
    """Order 950, next to the downloader: redirects, retried errors and bodies as they were sent all pass here.

    It waits for room in the archive, and so holds the downloads to the speed at which pages can be read.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveMiddleware:
        """The middleware of a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """What a page answered under one address is no condition for another that it leads to."""
        if request.meta.get("redirect_urls"):
            request.headers.pop("If-None-Match", None)
            request.headers.pop("If-Modified-Since", None)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Keep an answer. A page goes on without its body: it is read by the archive, not here."""
        exchange = replace(
            self._exchange(request, response),
            status=response.status,
            headers=pairs(response.headers),
            body=response.body,
        )
        await self._keeper.keep(exchange)
        if exchange.kind == "robots" and response.status < 300:
            decode(exchange.body, exchange.header("content-encoding"))  # raises: half of the rules are none
        if exchange.kind != "page":
            return response
        headers = response.headers.copy()
        headers.pop("Content-Encoding", None)
        return response.replace(body=b"", headers=headers)

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Keep that nothing came, and why."""
        if not isinstance(exception, IgnoreRequest):  # what was never asked is no exchange
            await self._keeper.keep(replace(self._exchange(request), error=in_words(exception)))

    def _exchange(self, request: Request, response: Response | None = None) -> Exchange:
        meta = request.meta
        own: str | None = meta.get("page_url")  # the page's own address, where a copy elsewhere is asked for
        return Exchange(
            url=own or request.url,
            source=meta["source"],
            kind=self._kind(request, response),
            fetched_at=meta.get("page_at") or datetime.now(UTC),
            status=None,
            request_headers=pairs(request.headers),
            via=() if own else _moved(request),
            fetched_from=request.url if own else None,
            announced=meta.get("announced"),
        )

    def _kind(self, request: Request, response: Response | None) -> CaptureKind:
        """What an answer is: an article's address that leads to a front page or a list leads to no article."""
        kind: CaptureKind = request.meta["kind"]
        if kind == "page" and response is not None and response.status == 200 and request.meta.get("redirect_urls"):
            spider = self._crawler.spider
            patterns = spider.known[request.meta["source"]].source.articles  # type: ignore[union-attr]
            if "page_url" not in request.meta and not is_article(request.url, patterns):
                return "discovery"
        return kind


class PatienceMiddleware:
    """Before robots.txt: a host that is left alone is not even asked for that."""

    def __init__(self, crawler: Crawler) -> None:
        self._keeper = Keeper.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatienceMiddleware:
        """The middleware of a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Sit out a short wait.

        Raises:
            PatienceError: the host is to be left alone for longer.
        """
        await self._keeper.patience.sit_out(request.url)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Note what a host asks for."""
        if response.status in (429, 503):
            stated = response.headers.get("Retry-After")
            self._keeper.patience.asked_for(
                request.url, response.status, stated.decode("latin-1") if stated else None
            )
        elif response.status < 400 and request.meta.get("kind") != "robots":
            self._keeper.patience.answered(request.url)
        return response


def _moved(request: Request) -> tuple[str, ...]:
    """The addresses that led here for good; one that led here for now (maintenance, consent) is no address of it."""
    reasons = request.meta.get("redirect_reasons", ())
    return tuple(request.meta.get("redirect_urls", ())) if all(r in (301, 308) for r in reasons) else ()


_WORDS: dict[type, str] = {
    DownloadCancelledError: "the body is larger than what is taken",
    ResponseDataLossError: "the answer broke off before its end",
}


def in_words(error: BaseException | None) -> str:
    """An error of the downloader as one line, at most 300 characters long."""
    said = " ".join(str(error).split()) or _WORDS.get(type(error), "no reason given")
    # it says only which classes of Twisted's it met
    if error is not None and isinstance(error.__cause__, ResponseFailed):
        lost = any(failure.check(ConnectionLost, ConnectionDone) for failure in error.__cause__.reasons)
        said = "the connection was lost" if lost else "what came is no HTTP answer"
    return f"{type(error).__name__}: {said}"[:300]


def pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Headers as the archive takes them."""
    # header bytes that are no Latin-1 text do not exist (RFC 9110 5.5); line ends cannot be in them
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )

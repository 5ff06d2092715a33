"""Takes every exchange off the wire and hands it to the archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from archive.models import Exchange
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
        keeper = crawler.get_extension(Keeper)
        assert keeper is not None, "crawler.pipeline.Keeper is an extension of every crawl"  # noqa: S101
        self._keeper: Keeper = keeper

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
            self._exchange(request),
            status=response.status,
            headers=_pairs(response.headers),
            body=response.body,
        )
        await self._keeper.keep(exchange)
        if exchange.kind != "page":
            return response
        headers = response.headers.copy()
        headers.pop("Content-Encoding", None)
        return response.replace(body=b"", headers=headers)

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Keep that nothing came, and why."""
        if not isinstance(exception, IgnoreRequest):  # what was never asked is no exchange
            error = f"{type(exception).__name__}: {' '.join(str(exception).split())}"[:300]
            await self._keeper.keep(replace(self._exchange(request), error=error))

    @staticmethod
    def _exchange(request: Request) -> Exchange:
        return Exchange(
            url=request.url,
            source=request.meta["source"],
            kind=request.meta["kind"],
            fetched_at=datetime.now(UTC),
            status=None,
            request_headers=_pairs(request.headers),
            via=_moved(request),
        )


def _moved(request: Request) -> tuple[str, ...]:
    """The addresses that led here for good; one that led here for now (maintenance, consent) is no address of it."""
    reasons = request.meta.get("redirect_reasons", ())
    return tuple(request.meta.get("redirect_urls", ())) if all(r in (301, 308) for r in reasons) else ()


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    # header bytes that are no Latin-1 text do not exist (RFC 9110 5.5); line ends cannot be in them
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )

"""Has a worker read a page, or a file that was handed over: the one way from an exchange to its readings.

Light: the extractors are imported by the workers alone, and the crawl starts without waiting for them.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from archive.models import Clock, Exchange, Hints, Page, Source
from archive.workers import Workers


def read_later(workers: Workers, exchange: Exchange, source: Source) -> Future[Page]:
    """Hand a page to a worker. ``source``: whose zone, language, clock and hints are taken."""
    return workers.submit(_read, *_asked(exchange, source))


def _asked(exchange: Exchange, source: Source) -> tuple[Any, ...]:
    return (
        exchange.body,
        exchange.header("content-encoding"),
        exchange.header("content-type"),
        exchange.url,
        source.timezone,
        source.language,
        source.clock,
        exchange.announced,
        source.hints,
        exchange.file is not None,
    )


def _read(
    body: bytes,
    encoding: str | None,
    content_type: str | None,
    url: str,
    zone: str,
    language: str | None,
    clock: Clock,
    announced: str | None,
    hints: Hints,
    handed: bool = False,
) -> Page:
    if handed:
        from archive.handed import read as read_handed

        return read_handed(body, content_type, url, zone, language, clock, announced, hints)
    from archive.extract import read

    return read(body, encoding, content_type, url, zone, language, clock, announced, hints)

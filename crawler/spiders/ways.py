"""Which reader reads what, and how each way of discovery begins."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from parsel import Selector  # Scrapy's own looks at <base> and raises where that is no address
from scrapy import Request
from scrapy.http import Response, TextResponse

from crawler.discovery import Brought, Further
from crawler.sources import Discovery
from crawler.spiders.endpoint import endpoint, query
from crawler.spiders.feed import feed
from crawler.spiders.listing import listing
from crawler.spiders.sitemap import sitemap, sitemaps_of
from crawler.spiders.telegram import telegram
from crawler.spiders.wayback import query as memento_query
from crawler.spiders.wayback import wayback
from crawler.spiders.wordpress import first, wordpress

# entries of one answer of the search endpoint, and copies of one answer of a web archive's index
_HITS, _COPIES = 50, 1000


def first_request(way: Discovery, now: datetime, since: datetime) -> Further:
    """What a way of discovery is asked first; ``since``: how far back it matters."""
    if way.kind == "wordpress":
        return Further(first(way.url, since))
    if way.kind == "search":
        return query(way.url, way.locale or "en", 0, _HITS)
    if way.kind == "wayback":
        return Further(memento_query(way.original or way.url, f"{since:%Y%m%d}", _COPIES))
    return Further(way.start(now.date()))


def question(further: Further, **kwargs: Any) -> Request:
    """The request that asks it; ``kwargs``: Scrapy's, besides method, body and headers."""
    if further.body is None:
        return Request(further.url, dont_filter=True, **kwargs)
    headers = {"Content-Type": "application/json"}
    return Request(further.url, method="POST", body=further.body, headers=headers, dont_filter=True, **kwargs)


def read(way: Discovery, response: Response, number: int, since: datetime, began: str | None = None) -> Brought:
    """What the ``number``th answer of a way of discovery brings; never raises for what a server may send.

    ``began``: the address of its first answer, where this is not it.
    """
    body, url = response.body, response.url
    if way.kind == "feed":
        return feed(body, url, (response.headers.get("Content-Type") or b"").decode("latin-1"))
    if way.kind == "sitemap":
        if urlsplit(url).path == "/robots.txt":
            text = response.text if isinstance(response, TextResponse) else ""
            return Brought(further=tuple(Further(found) for found in sitemaps_of(text, url)))
        return _sure(sitemap(body, url, way.match, since))
    if way.kind == "wordpress":
        return _sure(wordpress(body, url))
    if way.kind == "search":
        asked = response.request.body if response.request else b""
        if not asked:  # a redirect made a GET of it
            return Brought()
        start = json.loads(asked)["from"]
        return endpoint(body, url, way.address or "", start, way.locale or "en")
    if way.kind == "telegram":
        return telegram(body, url)
    if way.kind == "wayback":
        return wayback(body, url)
    text = response.text if isinstance(response, TextResponse) else ""
    return listing(Selector(text=text, type="html"), url, way.links, way.next, way.page, number, began)


def _sure(brought: Brought) -> Brought:
    """These say of every page when it changed last: what they do not say has not changed."""
    return replace(brought, found=tuple(replace(found, sure=True) for found in brought.found))

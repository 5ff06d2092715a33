"""Pages linked from an outlet's own lists of its stories. Pure."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from scrapy import Selector
from w3lib.url import safe_url_string

from archive.urls import site


def read_listing(page: Selector, url: str, links: str, following: str | None) -> tuple[list[str], str | None]:
    """The addresses a listing links to on its own site, in its order, each once, and that of its next page.

    ``links``: CSS selector of the parts that hold article links. ``following``: CSS selector of the link to the next
    page.
    """
    found = []
    for href in page.css(links).css("a::attr(href)").getall():
        target = _absolute(page, url, href)
        if target is not None and site(target) == site(url):
            found.append(target)
    step = page.css(following).attrib.get("href") if following else None
    return list(dict.fromkeys(found)), _absolute(page, url, step) if step else None


def _absolute(page: Selector, url: str, href: str) -> str | None:
    base = page.css("base::attr(href)").get()
    try:
        target = urljoin(urljoin(url, base) if base else url, href.strip())
        if urlsplit(target).scheme not in ("http", "https") or not urlsplit(target).hostname:
            return None
        return safe_url_string(target.partition("#")[0])
    except ValueError:  # an address that is none
        return None

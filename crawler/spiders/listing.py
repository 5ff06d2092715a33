"""Pages linked from an outlet's own lists of its stories. Pure."""

from __future__ import annotations

from parsel import Selector

from archive.urls import absolute, site, url_key


def read_listing(page: Selector, url: str, links: str, following: str | None) -> tuple[list[str], str | None]:
    """The addresses a listing links to on its own site, in its order, each once, and that of its next page.

    ``links``: CSS selector of the parts that hold article links. ``following``: CSS selector of the link to the next
    page.
    """
    base = absolute(url, page.css("base::attr(href)").get()) or url
    hrefs = page.css(links).css("a::attr(href)").getall()
    found = [target for href in hrefs if (target := _same_site(base, url, href)) and url_key(target) != url_key(url)]
    step = page.css(following).attrib.get("href") if following else None
    return list(dict.fromkeys(found)), _same_site(base, url, step)


def _same_site(base: str, url: str, href: str | None) -> str | None:
    target = absolute(base, href)
    return target if target and site(target) == site(url) else None

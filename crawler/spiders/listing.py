"""Pages linked from an outlet's own lists of its stories. Pure."""

from __future__ import annotations

from parsel import Selector

from archive.urls import site, url_key
from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import address, once


def listing(
    page: Selector,
    url: str,
    links: str,
    following: str | None = None,
    pattern: str | None = None,
    number: int = 1,
    first: str | None = None,
) -> Brought:
    """The addresses a listing links to on its own site, in its order, each once, and that of its next page.

    ``links``: CSS selector of the parts that hold article links. ``following``: CSS selector of the link to the next
    page. ``pattern``: where there is no such link, how an outlet numbers its pages ("?page={n}", "/page/{n}/"),
    relative to ``first``, the listing's first page (``url`` where it is not given); ``number``: which page this is,
    from 1. A page that names none of the site's is the last.
    """
    if page.type == "json":  # as parsel takes a text that is JSON, whatever was asked for
        return Brought()
    base = address(url, page.css("base::attr(href)").get()) or url
    key = url_key(url)
    hrefs = page.css(links).css("a::attr(href)").getall()
    targets = (_same_site(base, url, href) for href in hrefs)
    found = once(Found(target) for target in targets if target and url_key(target) != key)
    link = page.css(following) if following else []
    # not .attrib: it raises where any attribute has a name that XML does not allow
    step = _same_site(base, url, link[0].xpath("@href").get()) if link else None
    if pattern and found and not link:
        step = _same_site(first or url, url, pattern.replace("{n}", str(number + 1)))
    further = (Further(step),) if step and url_key(step) != key else ()
    return Brought(found, further)


def _same_site(base: str, url: str, href: str | None) -> str | None:
    target = address(base, href)
    return target if target and site(target) == site(url) else None

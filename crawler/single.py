"""Single pages that a user names: whose they are, known outlet or not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from archive.errors import ConfigurationError
from archive.models import Source
from archive.urls import clean, is_article, is_web, site
from crawler.catalogue import DELAY
from crawler.sources import Outlet


def assign(known: Mapping[str, Outlet], urls: Sequence[str]) -> tuple[dict[str, Outlet], dict[str, tuple[str, ...]]]:
    """The outlets of these addresses, and the addresses of each by its slug.

    A page belongs to the outlet of its host whose patterns it matches. An outlet that is not in the catalogue is
    named after its host, in UTC and without a language of its own.

    Raises:
        ConfigurationError: an address that cannot be asked for, or whose outlet's article patterns refuse it.
    """
    outlets: dict[str, Outlet] = {}
    pages: dict[str, list[str]] = {}
    for url in urls:
        if not is_web(url):
            raise ConfigurationError(f"{url} is no http or https address")
        hosts = {name: {h.removeprefix("www.") for h in outlet.hosts} for name, outlet in known.items()}
        own = [name for name, theirs in hosts.items() if site(url) in theirs]
        fitting = [name for name in own if is_article(clean(url), known[name].source.articles)]
        if own and not fitting:
            raise ConfigurationError(f"{url} is at {own[0]}, and no address of an article there (see its `articles`)")
        name = fitting[0] if fitting else _slug(url)
        outlets.setdefault(name, known[name] if fitting else unknown(url))
        pages.setdefault(name, []).append(url)
    return outlets, {name: tuple(them) for name, them in pages.items()}


def _slug(url: str) -> str:
    return "site-" + (re.sub(r"[^a-z0-9]+", "-", site(url).lower()).strip("-")[:50] or "unnamed")


def unknown(url: str) -> Outlet:
    """An outlet that is not in the catalogue, by an address of its."""
    parts = urlsplit(url)
    source = Source(
        id=_slug(url),
        name=site(url),
        kind="news",
        language=None,
        timezone="UTC",
        homepage=f"{parts.scheme}://{parts.netloc}/",
        keep="all",
    )
    return Outlet(source, (), (), DELAY)

"""The catalogue: which outlets there are and how their pages are found. Checked when it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from archive.errors import ConfigurationError
from archive.models import Source
from archive.schedule import STEPS
from crawler.catalogue import DELAY, MAX_PAGES, PAGES, entry, merged, tables

# hosts that carry many outlets and belong to none, with the seconds between two requests to them, whichever source
# they are for: eight is what a long crawl of the web archive was seen to need; for Telegram's preview nobody gives
# a number, so twice our own delay
SHARED = {"web.archive.org": 8.0, "t.me": 2 * DELAY}


@dataclass(frozen=True, slots=True)
class Discovery:
    """One way of finding a source's pages.

    ``links``: CSS selector of the parts of a listing that hold article links (default: the page). ``next``: CSS
    selector of the link to a listing's next page, or ``page``: its address relative to ``url``, with ``{n}`` for its
    number, from 2; ``pages``: how many of them a run looks at. ``every``: how often it is asked where only what is
    due is crawled (the catalogue gives each kind its own). ``match``: searched in the address of the sitemaps of an
    index. ``locale`` and ``address`` (with ``{slug}``): what a search endpoint is asked for, and where the pages lie
    that it names. ``original``: what the web archive is asked for: host and path, with ``*`` at the end of a prefix;
    ``url`` is its CDX server then. ``facts``: where this is known from.
    """

    kind: Literal["feed", "sitemap", "listing", "wordpress", "search", "telegram", "wayback"]
    url: str
    links: str = "body"
    next: str | None = None
    pages: int = PAGES
    page: str | None = None
    every: timedelta = timedelta(minutes=30)
    match: re.Pattern[str] | None = None
    locale: str | None = None
    address: str | None = None
    original: str | None = None
    facts: str | None = None

    def start(self, day: date) -> str:
        """The address to ask first: ``url`` with its ``{year}`` and ``{month}``, if any, as of a day."""
        return self.url.replace("{year}", f"{day.year:04}").replace("{month}", f"{day.month:02}")


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source with everything the crawler must know of it.

    ``fallback``: tried in order where no ``discovery`` answered. ``delay``: seconds between two requests to a host of
    its own; ``max_pages``: how many a run asks for. ``keep``: every copy of a page, or only one whose text changed.
    ``revisit``: ages of an article at which it is looked at again, rising; none: never. ``rewrite``: pattern and
    replacement, applied in order to every address discovered. ``mining``: the reservation of text and data mining,
    as the outlet states it.
    """

    source: Source
    discovery: tuple[Discovery, ...]
    articles: tuple[re.Pattern[str], ...]
    delay: float
    fallback: tuple[Discovery, ...] = ()
    max_pages: int = MAX_PAGES
    revisit: tuple[timedelta, ...] = STEPS
    rewrite: tuple[tuple[re.Pattern[str], str], ...] = ()
    proxy: str | None = None
    paused_because: str | None = None
    facts: str | None = None

    @property
    def keep(self) -> Literal["all", "changes"]:
        """As the archive knows it."""
        return self.source.keep

    @property
    def mining(self) -> str | None:
        """As the archive knows it."""
        return self.source.mining

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of its own that it is known to publish on; ``SHARED`` ones are nobody's own."""
        urls = [self.source.homepage, *(way.url for way in (*self.discovery, *self.fallback))]
        return frozenset(host for url in urls if (host := urlsplit(url).hostname)) - SHARED.keys()


def built_in() -> dict[str, Outlet]:
    """The catalogue that comes with the project."""
    return _outlets(_packaged("sources.toml"), "crawler/sources.toml")


def demo() -> dict[str, Outlet]:
    """The fictional outlets of the demo site."""
    return _outlets(_packaged("demo/sources.toml"), "crawler/demo/sources.toml")


def catalogue(own: Path) -> dict[str, Outlet]:
    """The built-in catalogue with the user's own file over it.

    A table with all that an entry needs stands for the built-in one of its name; one with some keys only (such as
    ``paused = false``) changes these and leaves the rest.

    Raises:
        CatalogueError: an entry is wrong; names file, table and key.
        ConfigurationError: the file cannot be read.
    """
    outlets = built_in()
    if own.is_file():
        try:
            text = own.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"cannot read {own}: {error}") from error
        outlets |= _outlets(merged(tables(text, str(own)), _packaged("sources.toml")), str(own))
    return outlets


def choose(outlets: Mapping[str, Outlet], names: tuple[str, ...]) -> dict[str, Outlet]:
    """The named outlets, or all that are not paused.

    Raises:
        ConfigurationError: a name the catalogue does not have.
    """
    unknown = [name for name in names if name not in outlets]
    if unknown:
        raise ConfigurationError(f"no such source: {', '.join(unknown)} (`communique sources` lists them)")
    return {n: o for n, o in outlets.items() if (n in names if names else not o.source.paused)}


def slots(outlets: Iterable[Outlet]) -> dict[str, dict[str, float]]:
    """Scrapy's settings for the hosts of these outlets, and of the shared ones."""
    found = {
        # a delay of nothing is for servers of our own: they may be asked several things at a time
        host: {"delay": outlet.delay, "concurrency": 1 if outlet.delay else 8}
        for outlet in outlets
        for host in outlet.hosts
    }
    return found | {host: {"delay": delay, "concurrency": 1} for host, delay in SHARED.items()}


def _packaged(file: str) -> dict[str, object]:
    return tables(files("crawler").joinpath(file).read_text("utf-8"), f"crawler/{file}")


def _outlets(found: Mapping[str, object], file: str) -> dict[str, Outlet]:
    return {slug: _outlet(slug, entry(file, slug, table)) for slug, table in found.items()}


def _outlet(slug: str, values: dict[str, Any]) -> Outlet:
    """An outlet of checked values; what the archive must know of it stands in its source too."""
    archived = {field.name: values[field.name] for field in fields(Source) if field.name in values}
    archived["articles"] = tuple(pattern.pattern for pattern in values["articles"])
    ways = {name: tuple(Discovery(**way) for way in values[name]) for name in ("discovery", "fallback")}
    ours = {field.name: values[field.name] for field in fields(Outlet) if field.name in values}
    return Outlet(source=Source(id=slug, **archived), **ours | ways)

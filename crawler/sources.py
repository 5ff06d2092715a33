"""The catalogue: which outlets there are and how their pages are found. Checked when it is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cssselect import SelectorError
from parsel.csstranslator import css2xpath

from archive.errors import CatalogueError, ConfigurationError
from archive.models import Source
from archive.urls import is_web

# seconds between two requests to one host where a source says nothing: one page every two seconds is what news
# crawlers that write their reasons down (commoncrawl/news-crawl) hold for polite towards a single site
DELAY = 2.0
# listing pages a run looks at where a source says nothing: with 10 to 30 stories a page that is some days
PAGES = 3
_KEYS = {
    "name", "publisher", "kind", "country", "language", "homepage", "timezone", "licence", "public", "paused",
    "delay", "articles", "discovery",
}  # fmt: skip
_DISCOVERY_KEYS = {"feed": {"kind", "url"}, "listing": {"kind", "url", "next", "links", "pages"}}


@dataclass(frozen=True, slots=True)
class Discovery:
    """One way of finding a source's pages.

    ``links``: CSS selector of the parts of a listing that hold article links (default: the page). ``next``: CSS
    selector of the link to a listing's next page; ``pages``: how many of them a run looks at.
    """

    kind: Literal["feed", "listing"]
    url: str
    links: str = "body"
    next: str | None = None
    pages: int = PAGES


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source with everything the crawler must know of it. ``delay`` in seconds."""

    source: Source
    discovery: tuple[Discovery, ...]
    articles: tuple[re.Pattern[str], ...]
    delay: float

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts it is known to publish on."""
        urls = [self.source.homepage, *(d.url for d in self.discovery)]
        return frozenset(host for url in urls if (host := urlsplit(url).hostname))


def built_in() -> dict[str, Outlet]:
    """The catalogue that comes with the project."""
    return _load(files("crawler").joinpath("sources.toml").read_text("utf-8"), "crawler/sources.toml")


def demo() -> dict[str, Outlet]:
    """The fictional outlets of the demo site."""
    return _load(files("crawler").joinpath("demo/sources.toml").read_text("utf-8"), "crawler/demo/sources.toml")


def catalogue(own: Path) -> dict[str, Outlet]:
    """The built-in catalogue with the user's own file over it, table by table.

    Raises:
        CatalogueError: an entry is wrong; names file, table and key.
    """
    outlets = built_in()
    if own.is_file():
        try:
            text = own.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"cannot read {own}: {error}") from error
        outlets |= _load(text, str(own))
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


def _load(text: str, file: str) -> dict[str, Outlet]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: {error}") from error
    return {slug: _Entry(file, slug, table).outlet() for slug, table in tables.items()}


class _Entry:
    """One table, read key by key."""

    def __init__(self, file: str, slug: str, table: object) -> None:
        self.file, self.slug = file, slug
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", slug):
            raise self.wrong("name", "a source is named with lower-case letters, digits and hyphens")
        if not isinstance(table, dict):
            raise self.wrong("", "is no table")
        self.table: dict[str, Any] = table
        for key in table.keys() - _KEYS:
            raise self.wrong(key, f"no such key (there are {', '.join(sorted(_KEYS))})")

    def wrong(self, key: str, problem: str) -> CatalogueError:
        return CatalogueError(self.file, self.slug, key, problem)

    def outlet(self) -> Outlet:
        zone = self.text("timezone")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # unknown; no zone's name at all; a folder of zones
            raise self.wrong("timezone", f"no time zone {zone!r}") from None
        kind = self.text("kind")
        if kind not in ("official", "news", "aggregator"):
            raise self.wrong("kind", "is one of official, news, aggregator")
        source = Source(
            id=self.slug,
            name=self.text("name"),
            kind=cast(Any, kind),
            language=self.text("language", None),
            timezone=zone,
            homepage=self.url("homepage", self.table.get("homepage")),
            publisher=self.text("publisher", None),
            country=self.text("country", None),
            licence=self.text("licence", None),
            public=self.flag("public", True),
            paused=self.flag("paused", False),
        )
        return Outlet(source, self.discovery(), self.patterns(), self.number("delay", DELAY))

    def text(self, key: str, default: str | None = "") -> Any:
        value = self.table.get(key, default)
        if (isinstance(value, str) and not value.strip()) or not (value is None or isinstance(value, str)):
            raise self.wrong(key, "must be a text" if key in self.table else "is missing")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def number(self, key: str, default: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
            raise self.wrong(key, "must be a number of seconds from 0 to 3600")
        return float(value)

    def url(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not is_web(value):
            raise self.wrong(key, "must be an http or https address")
        return value

    def patterns(self) -> tuple[re.Pattern[str], ...]:
        values = self.table.get("articles", [])
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise self.wrong("articles", "must be a list of regular expressions")
        try:
            return tuple(re.compile(value) for value in values)
        except re.error as error:
            raise self.wrong("articles", f"{error.pattern!r}: {error}") from None

    def discovery(self) -> tuple[Discovery, ...]:
        entries = self.table.get("discovery")
        if not isinstance(entries, list) or not entries:
            raise self.wrong("discovery", "needs one entry at least ([[source.discovery]])")
        found = []
        for n, entry in enumerate(entries):
            key = f"discovery[{n}]"
            kind = entry.get("kind") if isinstance(entry, dict) else None
            if not isinstance(kind, str) or kind not in _DISCOVERY_KEYS:
                raise self.wrong(f"{key}.kind", f"is one of {', '.join(_DISCOVERY_KEYS)}")
            for name in entry.keys() - _DISCOVERY_KEYS[kind]:
                raise self.wrong(f"{key}.{name}", f"no such key for a {kind}")
            pages = entry.get("pages", PAGES)
            if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= 10_000:
                raise self.wrong(f"{key}.pages", "must be a whole number from 1 to 10000")
            for name in ("next", "links"):
                if name in entry and not _is_selector(entry[name]):
                    raise self.wrong(f"{key}.{name}", "must be a CSS selector")
            found.append(
                Discovery(
                    cast(Any, kind),
                    self.url(f"{key}.url", entry.get("url")),
                    entry.get("links", "body"),
                    entry.get("next"),
                    pages,
                )
            )
        return tuple(found)


def _is_selector(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(css2xpath(value))
    except SelectorError:
        return False

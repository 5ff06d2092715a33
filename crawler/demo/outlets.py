"""The demo's outlets: where the stories, listings and feeds of each lie. Names and hosts: sources.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet's addresses; `path` is a format over prefix, slug and date."""

    slug: str
    path: str  # of a story
    prefixes: dict[str, str] = field(default_factory=lambda: {"en": ""})  # language to what stands before
    listing: str = ""  # of the first page; "" where it has none
    paged: str = "{listing}?page={number}"  # of the pages after the first
    per_page: int = 10
    feed: str = ""
    feed_kind: str = "rss"
    feed_size: int = 40
    feed_mark: str = ""  # what the feed hangs on its links
    sitemap: bool = True
    encoding: str = "utf-8"  # of its stories, listings and front page
    name: str = ""
    host: str = ""
    zone: ZoneInfo = field(default=ZoneInfo("UTC"))

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


def _outlet(slug: str, path: str, **traits: Any) -> Outlet:
    entry = CATALOGUE[slug]
    host = urlsplit(entry["homepage"]).netloc
    return Outlet(slug, path, name=entry["name"], host=host, zone=ZoneInfo(entry["timezone"]), **traits)


CATALOGUE: dict[str, Any] = tomllib.loads((HERE / "sources.toml").read_text("utf-8"))
OUTLETS = {
    outlet.slug: outlet
    for outlet in (
        # the feed holds the last ten only: older reports are reached by the listing
        _outlet("vardania-mod", "{prefix}/news/{slug}", prefixes={"en": "/en"},
                listing="/news", feed="/feed.xml", feed_size=10),
        _outlet("sarmia-mod", "{prefix}/news/{slug}", prefixes={"ru": "", "en": "/en"},
                listing="/news", per_page=3, sitemap=False),
        _outlet("vardania-president", "{prefix}/news/{slug}", prefixes={"uk": "", "en": "/en"},
                feed="/feed.atom", feed_kind="atom"),
        _outlet("meridian-alliance", "{prefix}/news/2031/{slug}", feed="/feed.atom", feed_kind="atom"),
        _outlet("vardania-gov", "{prefix}/articles/{slug}/", prefixes={"en": "", "uk": "/uk"},
                listing="/articles/", per_page=3),
        _outlet("tidewire", "{prefix}/world/{date:%Y/%m/%d}/{slug}", feed="/rss/world.xml",
                feed_mark="?utm_source=rss", sitemap=False),
        _outlet("eastern-courier", "{prefix}/{date:%Y/%m/%d}/{slug}/", feed="/feed/"),
        _outlet("two-banks-digest", "{prefix}/{slug}/", feed="/feed/", feed_size=6,
                listing="/archive/", paged="{listing}page/{number}/", per_page=5),
        _outlet("karsia-mfa", "{prefix}/news/{slug}", sitemap=False),
        _outlet("nadmorvia-visti", "{prefix}/novyny/{slug}.html", prefixes={"uk": ""},
                listing="/novyny/", per_page=4, sitemap=False),
        _outlet("estuary-herald", "{prefix}/novosti/{slug}.html", prefixes={"ru": ""},
                listing="/novosti/", sitemap=False, encoding="windows-1251"),
        _outlet("harbour-post", "{prefix}/news/{slug}", feed="/feed.xml", sitemap=False),
        _outlet("polder-bulletin", "{prefix}/news/{slug}", listing="/news", sitemap=False),
        _outlet("morvina-radio", "{prefix}/story/{slug}", feed="/feed.xml", sitemap=False,
                prefixes={"tr": "/tr", "pl": "/pl", "de": "/de", "ar": "/ar", "el": "/el"}),
    )
}  # fmt: skip
BLOCKED = OUTLETS["karsia-mfa"].host  # answers 403 to everything

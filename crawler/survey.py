"""Finds out by what an outlet that nobody described can be crawled: asks for what is usual, and reads what comes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from scrapy.http import Response, TextResponse

from archive.errors import CommuniqueError
from archive.urls import clean, site, url_key
from crawler import guess
from crawler.discovery import Found, Further
from crawler.frontier import RECENT
from crawler.middlewares import pairs
from crawler.patterns import SECTIONS, Link, accepted, patterns, stories
from crawler.probe import Answer, ProbeSpider
from crawler.rights import AI_TXT, TDMREP, licence, reservations
from crawler.sources import Discovery
from crawler.spiders.sitemap import sitemaps_of
from crawler.spiders.ways import first_request, read

# of the requests: feeds that a page declares, sitemaps of robots.txt, lists of stories
_FEEDS, _SITEMAPS, _LISTS = 4, 3, 3
# ways of discovery that are asked in every crawl, and those behind them
_DISCOVERY, _FALLBACK = 3, 5
# how far back a way is asked for: an outlet that publishes at all did so within a year
BACK = timedelta(days=366)
# what a sitemap says is older than this was never set
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# characters of a page that are looked at: front pages have up to 2 MB
_PAGE = 4 << 20
# bytes of a file that states rights: they have some lines
_FILE = 1 << 19
# addresses of articles that tell what articles look like; with fewer, what the pages link to helps
_FEW = 5
# addresses that a user is shown of what would be fetched
_SHOWN = 3
# names of an index's sitemaps that hold articles, and of those that hold none
_STORIES = re.compile(r"post|news|article|stor(?:y|ies)|publication|release", re.I)
_STANDING = re.compile(r"page|categor|tag|author|user|image|video|static|section|topic|taxonom|product", re.I)
_Kind = Literal["feed", "sitemap", "listing", "wordpress", "telegram"]
_LISTED: tuple[_Kind, ...] = ("feed", "sitemap", "wordpress")


@dataclass(slots=True)
class Tried:
    """One way of discovery that was asked. ``keys``: its own of the catalogue; ``said``: its answer in a word."""

    kind: _Kind
    url: str
    said: str
    found: tuple[Found, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether it names articles and nothing else."""
        return self.kind in ("feed", "wordpress") or any(one.published for one in self.found)

    def newest(self, urls: Iterable[str]) -> datetime | None:
        """When the latest of these came out or changed, as far as it says."""
        wanted = set(urls)
        dates = [one.modified or one.published for one in self.found if clean(one.url) in wanted]
        return max((date for date in dates if date), default=None)

    def __str__(self) -> str:
        brought = f", {len(self.found)} addresses" if self.found else ", nothing" if self.said == "200" else ""
        return f"{self.kind} {self.url}: {self.said}{brought}"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out: the entry's ``table`` by key, ``notes`` for the user, a line each."""

    table: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a site states of its rights, None where nothing. ``whole``: all that could state something was read."""

    mining: str | None = None
    licence: str | None = None
    whole: bool = False


async def stated(
    spider: ProbeSpider,
    home: str,
    front: Response | None,
    say: Callable[[str], None] | None = None,
    proxy: str | None = None,
) -> Stated:
    """What the site of the front page at ``home`` states of its rights: there, in robots.txt, and in two files.

    ``front``: the page, None where it could not be read. ``say``: told what the files answered.
    """
    ai_txt = await spider.ask(Further(urljoin(home, AI_TXT)), proxy)
    tdmrep = await spider.ask(Further(urljoin(home, TDMREP)), proxy)
    if say is not None:
        say(f"rights {ai_txt.url}: {ai_txt.text}")
        say(f"rights {tdmrep.url}: {tdmrep.text}")
    whole = front is not None and _answered(ai_txt) and _answered(tdmrep)
    robots = spider.robots.get(urlsplit(home).netloc, "")
    if front is None:
        return Stated(reservations(Selector(text="", type="html"), (), robots, _text(ai_txt), _text(tdmrep)))

    def judged() -> Stated:
        page = _page(front)
        mining = reservations(page, pairs(front.headers), robots, _text(ai_txt), _text(tdmrep))
        return Stated(mining, licence(page, front.url), whole)

    return await asyncio.to_thread(judged)


def _answered(answer: Answer) -> bool:
    """Whether a file was read or is not there: as of robots.txt, 4xx says that; an error, or "too many", does not."""
    status = answer.response.status if answer.response is not None else 0
    return status == 200 or (400 <= status < 500 and status != 429)


def _text(answer: Answer) -> str | None:
    return None if answer.good is None else answer.good.body[:_FILE].decode("utf-8-sig", "replace")


async def channel(
    spider: ProbeSpider, name: str, given: Mapping[str, Any], now: datetime, say: Callable[[str], None]
) -> Survey:
    """A Telegram channel, by its own preview.

    Raises:
        CommuniqueError: it shows no posts.
    """
    way = Discovery("telegram", f"https://t.me/s/{name}")
    answer = await spider.ask(first_request(way, now, now - BACK))
    brought = (await asyncio.to_thread(read, way, answer.good, 1, EARLIEST)).found if answer.good else ()
    tried = Tried("telegram", way.url, answer.text, brought)
    say(str(tried))
    if answer.good is None or not brought:
        raise CommuniqueError(f"nothing to crawl at {way.url}: {'no post' if answer.good else answer.text}")
    page = _page(answer.good)
    title = page.css(".tgme_channel_info_header_title").xpath("string()").get()
    title = guess.plain(title or page.xpath("//meta[@property='og:title']/@content").get() or "")
    spelled = urlsplit(brought[0].url).path.split("/")[1]  # as the channel spells itself
    table = {
        "name": title or spelled,
        "kind": "news",
        "homepage": f"https://t.me/{spelled}",
        "timezone": "UTC",  # posts carry their zone
        **given,
        "articles": [f"^/{spelled}/\\d+$"],
        "facts": _facts(now),
        "discovery": [{"kind": "telegram", "url": f"https://t.me/s/{spelled}"}],
    }
    examples = tuple(one.url for one in brought[:_SHOWN])
    return Survey(table, tuple(_notes(table, given, True, examples)))


class Explorer:
    """Tries what outlets are usually found by, the best first, and makes an entry of what answered."""

    def __init__(self, spider: ProbeSpider, url: str, now: datetime, say: Callable[[str], None]) -> None:
        self._spider, self._url, self._now, self._say = spider, url, now, say
        self._home = url  # where its front page stands
        self._tried: list[Tried] = []
        self._asked: set[str] = set()

    async def explore(self, given: Mapping[str, Any]) -> Survey:
        """Ask, and judge what came.

        Raises:
            CommuniqueError: nothing was found.
        """
        response = await self._front()
        home = self._home
        front = await asyncio.to_thread(guess.front, _page(response), response.url)
        # first of all, so that no limit leaves it out
        rights = await stated(self._spider, home, response, self._say)
        await self._ask_feeds_and_sitemaps(home, front)
        likely = self._trusted() or stories(front.links)
        asked = 0
        for url in guess.lists(front.links, likely, home):
            brought = {url_key(one.url) for one in self._tried if one.found}
            if asked < _LISTS and url_key(url) not in brought:  # there with and without a slash
                await self._ask("listing", url)
                asked += 1
        await self._read(Tried("listing", home, "200"), response)  # behind the others: it shows a selection
        articles = self._patterns(home, front)
        chosen = self._choose(articles)
        if not chosen:
            raise CommuniqueError(f"nothing to crawl found at {home}: no feed, no sitemap, no list of articles")
        zones = files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
        country = guess.country(home, zones)
        zone = guess.zone(country, zones) if country else None
        table = {
            "name": front.name or site(home),
            "kind": "official" if guess.official(home) else "news",
            **({"country": country} if country else {}),
            **({"language": front.language} if front.language else {}),
            "homepage": home,
            "timezone": zone or "UTC",
            **({"licence": rights.licence} if rights.licence else {}),
            **({"mining": rights.mining} if rights.mining else {}),
            **given,
            **({"articles": list(articles)} if articles else {}),
            "facts": _facts(self._now),
            "discovery": [_table(one) for one in chosen[:_DISCOVERY]],
            "fallback": [_table(one) for one in chosen[_DISCOVERY : _DISCOVERY + _FALLBACK]],
        }
        examples = tuple(dict.fromkeys(url for one in chosen for url in accepted(_urls(one), articles)))[:_SHOWN]
        return Survey(table, tuple(_notes(table, given, zone is not None, examples)))

    async def _front(self) -> Response:
        """The front page. Where a feed's or a sitemap's address was given, that of its site."""
        answer = await self._spider.ask(Further(self._url))
        response = self._need(answer)
        if await self._is_list(response, answer.settled):
            self._asked.add(answer.settled)
            answer = await self._spider.ask(Further(urljoin(answer.settled, "/")))
            response = self._need(answer)
        self._home = answer.settled
        return response

    async def _is_list(self, response: Response, url: str) -> bool:
        """Whether the address given is a feed's, a sitemap's or an interface's; what it names is kept."""
        head = response.text[:500].lstrip("\ufeff \t\r\n") if isinstance(response, TextResponse) else ""
        # pages may be XML too
        if not head.startswith(("<", "[")) or re.search(r"<(?:!doctype\s+)?html", head, re.IGNORECASE):
            return False
        return any([(await self._read(Tried(kind, url, "200"), response)).found for kind in _LISTED])

    def _need(self, answer: Answer) -> Response:
        if answer.good is None:
            raise CommuniqueError(f"nothing can be found at {answer.url}: {answer.text}")
        return answer.good

    async def _ask_feeds_and_sitemaps(self, home: str, front: guess.Front) -> None:
        for url in front.feeds[:_FEEDS]:
            await self._ask("feed", url)
        if not self._brought("feed"):
            await self._first("feed", home, guess.FEEDS)
        stated = sitemaps_of(self._spider.robots.get(urlsplit(home).netloc, ""), urljoin(home, "/robots.txt"))
        stated = [url for url in stated if guess.related(url, home)]
        for url in sorted(stated, key=lambda one: "news" not in one.lower())[:_SITEMAPS]:
            await self._ask("sitemap", url)
        if not self._brought("sitemap"):
            await self._first("sitemap", home, guess.SITEMAPS)
        if not any(one.kind == "sitemap" and one.trusted for one in self._tried):
            await self._first("sitemap", home, (guess.NEWS_SITEMAP,))
        await self._first("wordpress", home, (guess.WORDPRESS,))

    async def _first(self, kind: _Kind, home: str, paths: Sequence[str]) -> None:
        """Ask for one path after the other until one brings something."""
        for path in paths:
            if (await self._ask(kind, urljoin(home, path))).found:
                return

    async def _ask(self, kind: _Kind, url: str) -> Tried:
        if url in self._asked:
            return Tried(kind, url, "")
        self._asked.add(url)
        way = Discovery(kind, url)
        answer = await self._spider.ask(first_request(way, self._now, self._now - BACK))
        tried = Tried(kind, url if kind == "wordpress" else answer.settled, answer.text)
        if answer.good is None:
            return self._keep(tried)
        return await self._read(tried, answer.good)

    async def _read(self, tried: Tried, response: Response) -> Tried:
        """What an answer brings, of an index what its likeliest sitemap does."""
        way = Discovery(tried.kind, tried.url)
        brought = await asyncio.to_thread(read, way, response, 1, EARLIEST)
        if tried.kind == "listing":
            page = _page(response)
            tried.links = await asyncio.to_thread(guess.links, page, response.url)
            tried.keys = await asyncio.to_thread(guess.following, page, response.url)
        if tried.kind == "sitemap" and brought.further and not brought.found:
            nested, match = _likeliest(brought.further)
            answer = await self._spider.ask(nested)
            if match:
                tried.keys["match"] = match
            if answer.good is not None:
                brought = await asyncio.to_thread(read, way, answer.good, 2, EARLIEST)
        tried.found = tuple(one for one in brought.found if guess.related(one.url, self._home))
        return self._keep(tried)

    def _keep(self, tried: Tried) -> Tried:
        self._tried.append(tried)
        self._say(str(tried))
        return tried

    def _brought(self, kind: str) -> bool:
        return any(one.kind == kind and one.found for one in self._tried)

    def _trusted(self) -> list[str]:
        """Addresses that are articles for certain: what feeds and the like name."""
        return list(dict.fromkeys(url for one in self._tried if one.trusted for url in _urls(one)))

    def _patterns(self, home: str, front: guess.Front) -> tuple[str, ...]:
        trusted = self._trusted()
        pool = trusted
        if len(pool) < _FEW:
            linked = [url for one in self._tried for url in stories(one.links)]
            pool = list(dict.fromkeys([*pool, *linked]))
        if len(pool) < _FEW:
            mapped = [stories(map(Link, _urls(one))) for one in self._tried if one.kind == "sitemap"]
            pool = list(dict.fromkeys([*pool, *(url for urls in mapped for url in urls)]))
        lists = [one.url for one in self._tried if one.kind == "listing"]
        standing = [one.url for one in front.links if set(urlsplit(one.url).path.split("/")) & set(SECTIONS)]
        own = set(map(url_key, pool))
        return patterns(pool, [url for url in (home, *lists, *standing) if url_key(url) not in own])

    def _choose(self, articles: Sequence[str]) -> list[Tried]:
        """The ways that bring articles, the best first, each bringing one that none of its kind brought before."""
        ranked = []
        for place, one in enumerate(self._tried):
            urls = accepted(_urls(one), articles)
            if not urls or (not articles and not one.trusted) or (one.kind == "listing" and len(urls) < 2):
                continue
            newest = one.newest(urls)
            recent = newest is not None and newest >= self._now - RECENT
            rank = {"feed": 0, "wordpress": 2, "listing": 3}.get(one.kind, 1 if one.trusted or recent else 4)
            ranked.append((rank, place, one, {url_key(url) for url in urls}))
        seen: dict[str, set[str]] = {}
        chosen = []
        for _, _, one, keys in sorted(ranked, key=lambda item: item[:2]):
            if keys - seen.get(one.kind, set()):
                seen.setdefault(one.kind, set()).update(keys)
                chosen.append(one)
        return chosen


def _likeliest(nested: Sequence[Further]) -> tuple[Further, str | None]:
    """The sitemap of an index that holds the latest articles, and what names the like of it among others."""
    names = {one: Path(urlsplit(one.url).path).name for one in nested}
    fitting = [one for one in nested if not _STANDING.search(names[one])]
    fitting = [one for one in fitting if _STORIES.search(names[one])] or fitting
    if not fitting:
        return nested[0], None
    forms = sorted({re.sub(r"\d+", r"\\d+", names[one].replace(".", r"\.")) for one in fitting})
    telling = len(fitting) < len(nested) and len(forms) <= 3 and all(re.fullmatch(r"[\w.\\+-]+", f) for f in forms)
    return fitting[0], f"/(?:{'|'.join(forms)})$" if telling else None


def _page(response: Response) -> Selector:
    text = response.text if isinstance(response, TextResponse) else ""
    return Selector(text=text[:_PAGE], type="html")


def _urls(tried: Tried) -> list[str]:
    return [clean(one.url) for one in tried.found]


def _table(tried: Tried) -> dict[str, str]:
    return {"kind": tried.kind, "url": tried.url, **tried.keys}


def _facts(now: datetime) -> str:
    return f"communique add, {now:%Y-%m-%d}"


def _notes(table: Mapping[str, Any], given: Mapping[str, Any], zoned: bool, examples: Sequence[str]) -> Iterable[str]:
    """What the user should know of an entry before it is used."""
    if examples:
        yield f"it would fetch: {', '.join(examples)} and their like"
    for key in ("licence", "mining"):
        if key in table:
            yield f"{key}, as the site states it: {table[key]}"
    if "timezone" not in given and not zoned:
        yield "timezone is not known, and UTC for now: set it (--timezone), dates without a zone are read in it"
    if "kind" not in given:
        yield f"kind is taken for {table['kind']} (--kind says otherwise)"
    if "language" not in table:
        yield "language is not stated: set it in the entry where pages do not say their own"
    if "articles" not in table:
        yield "articles: their addresses have too little in common for a pattern, so all that the lists name is kept"

"""``communique sources check``: asks each way of discovery once, and says what answered and whether hints match."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml.cssselect import CSSSelector
from scrapy.http import TextResponse

from archive.home import Home
from crawler.discovery import Found, Further
from crawler.frontier import Frontier, Plan
from crawler.probe import ProbeSpider, run
from crawler.sources import SHARED, Discovery, Outlet
from crawler.spiders.ways import first_request, read
from crawler.survey import BACK, EARLIEST, stated

# sitemaps below the first answer that are looked at: robots.txt names an index, an index names a sitemap
_NESTED = 2
# newest pages of a source with hints that are asked for
_PAGES = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one way of discovery.

    ``asked``: discovery or fallback. ``answer``: a status, or why there was none. ``found``: addresses it named,
    ``articles``: those the source's patterns accept; ``newest``: the day (UTC) on which the latest of them came out
    or changed, None where it does not say. ``mining``: what the source's site states now of text and data mining, as
    far as it could be read. ``hints``: on how many of its newest pages each of them matches, None where it has none.
    """

    source: str
    asked: str
    kind: str
    url: str
    answer: str
    found: int = 0
    articles: int = 0
    newest: str | None = None
    mining: str | None = None
    hints: str | None = None


def check(
    home: Home,
    outlets: Mapping[str, Outlet],
    connect_to: Mapping[str, str],
    contact: str | None,
    say: Callable[[str], None],
) -> list[Checked]:
    """What each way of discovery of each outlet answers, in the catalogue's order; nothing is kept.

    ``say``: told, a line each, where an outlet states another reservation of mining than the catalogue says, and how
    its hints match.

    Raises:
        SystemExit: 130, stopped by a signal.
    """
    now = datetime.now(UTC)

    async def work(spider: ProbeSpider) -> list[Checked]:
        tasks = [_outlet(spider, home, name, outlet, now, say) for name, outlet in outlets.items()]
        return [row for rows in await asyncio.gather(*tasks) for row in rows]

    if not outlets:
        return []
    return run(work, connect_to=connect_to, contact=contact, outlets=outlets.values())


def silent(rows: list[Checked]) -> list[str]:
    """The sources that no way brought an article of."""
    brought = {row.source for row in rows if row.articles}
    return [name for name in dict.fromkeys(row.source for row in rows) if name not in brought]


async def _outlet(
    spider: ProbeSpider, home: Home, name: str, outlet: Outlet, now: datetime, say: Callable[[str], None]
) -> list[Checked]:
    """One way after the other: a host is asked by one question at a time."""
    frontier = Frontier(outlet, home, Plan(), lambda _modified: None)
    ways = [("discovery", way) for way in outlet.discovery] + [("fallback", way) for way in outlet.fallback]
    answers = [await _way(spider, name, frontier, asked, way, now) for asked, way in ways]
    mining = await _mining(spider, name, outlet, say)
    hints = await _hints(spider, name, outlet, [one for _, articles in answers for one in articles], say)
    return [replace(row, mining=mining, hints=hints) for row, _ in answers]


async def _hints(
    spider: ProbeSpider, name: str, outlet: Outlet, articles: list[Found], say: Callable[[str], None]
) -> str | None:
    """On how many of its newest pages each hint matches something; only a source that has some is asked."""
    hints = {kind: selectors for kind, selectors in asdict(outlet.source.hints).items() if selectors}
    if not hints:
        return None
    articles.sort(key=lambda one: one.modified or one.published or one.at or EARLIEST, reverse=True)
    addresses = list(dict.fromkeys(one.fetch or one.url for one in articles))[:_PAGES]
    pages = [answer.good for url in addresses if (answer := await spider.ask(Further(url), outlet.proxy)).good]
    trees = [page.selector.root for page in pages if isinstance(page, TextResponse)]
    found = [
        f"{kind} matches on {sum(any(CSSSelector(s, translator='html')(tree) for s in selectors) for tree in trees)}"
        for kind, selectors in hints.items()
    ]
    line = f"of {len(trees)} of its newest pages: {', '.join(found)}" if trees else "none of its pages could be read"
    say(f"{name}: hints: {line}")
    return line


async def _mining(spider: ProbeSpider, name: str, outlet: Outlet, say: Callable[[str], None]) -> str | None:
    """What its site states of mining; that it differs is told only where all that could state it was read."""
    homepage = outlet.source.homepage
    if urlsplit(homepage).hostname in SHARED:  # what such a host states, it states of itself
        return None
    front = await spider.ask(Further(homepage), outlet.proxy)
    now = await stated(spider, front.settled, front.good, proxy=outlet.proxy)
    before = " ".join((outlet.mining or "").split()) or None
    if now.whole and now.mining != before:
        say(f"{name}: mining: its site states {now.mining or 'nothing'}; the catalogue says {before or 'nothing'}")
    return now.mining


async def _way(
    spider: ProbeSpider, name: str, frontier: Frontier, asked: str, way: Discovery, now: datetime
) -> tuple[Checked, list[Found]]:
    question = first_request(way, now, now - BACK)
    answer = await spider.ask(question, frontier.outlet.proxy)
    url = way.start(now.date())
    if answer.good is None:
        return Checked(name, asked, way.kind, url, answer.text), []
    brought = await asyncio.to_thread(read, way, answer.good, 1, EARLIEST)
    for number in range(_NESTED):
        if way.kind != "sitemap" or brought.found or not brought.further:
            break
        nested = await spider.ask(brought.further[0], frontier.outlet.proxy)
        if nested.good is None:
            return Checked(name, asked, way.kind, url, f"{nested.text} from {nested.url}"), []
        brought = await asyncio.to_thread(read, way, nested.good, number + 2, EARLIEST)
    articles = frontier.accept(brought.found)
    dates = [date for one in articles if (date := one.modified or one.published or one.at)]
    newest = f"{max(dates).astimezone(UTC):%Y-%m-%d}" if dates else None
    row = Checked(name, asked, way.kind, url, answer.text, len(brought.found), len(articles), newest)
    return row, articles

"""Every address of the demo site and what stands there on each day: stories, listings, feeds, robots.

Owns which address exists, moves, is gone or fails; `crawler.demo.shapes` makes the story pages. No
clock, no chance: the same bytes on every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from zlib import crc32

from crawler.demo.outlets import BLOCKED, OUTLETS, Outlet
from crawler.demo.shapes import html, notice, render, stamp
from crawler.demo.stories import DAY_ONE, MARK, Item, items, plain, source_items
from crawler.demo.traps import break_feed, recode, traps

HTML = "text/html; charset=utf-8"
# Last-Modified is the site's time six years back: a server must not send one later than its own Date header
# (RFC 9110 8.8.2.1), and the stories' year has not come yet.
BEHIND = timedelta(days=6 * 365)
BEGIN = datetime(2031, 3, 1, tzinfo=UTC)  # when pages without a story were last touched

# A story's old addresses, each hop a 301 to the next; the feed links the first.
MOVED = {
    "meridian-alliance": {
        "relief-convoy-corridor-opened": (
            "/news/2031/412-relief-corridor",
            "/news/2031/relief-corridor-opened",
        ),
    },
}
MISSING = {"vardania-mod": "/en/news/minister-inspects-flood-wall"}  # linked in the listing, answers 404
REMOVED = {"sarmia-mod": "/en/news/40988-statement-on-grain-transit"}  # linked in the listing, answers 410
# Addresses that answer with another status first, and 200 when they are asked again.
FIRST = {
    "nadmorvia-visti": ("/novyny/porom-do-ocheretianoho.html", 500),
    "polder-bulletin": ("/news/geese-are-counted-from-a-balloon", 429),
}
BROKEN_FEED = "harbour-post"


@dataclass(frozen=True, slots=True)
class Page:
    """What one address answers; `modified` is for Last-Modified, `first` is the status of its first answer.

    `length`: bytes that the body is repeated to, negative: without end; 0: as it is.
    """

    status: int
    content_type: str
    body: bytes
    modified: datetime = BEGIN
    location: str = ""
    first: int = 200
    length: int = 0


def notice_page(status: int, text: str, title: str = "") -> Page:
    """A small page that says why there is nothing here."""
    heading = title or f"{MARK}{status}"
    body = f"{notice('en')}\n<h1>{escape(heading)}</h1>\n<p>{escape(text)}</p>"
    return Page(status, HTML, html("en", heading, "", body))


@cache
def pages(day: int) -> dict[tuple[str, str], Page]:
    """(host, path with query) to page, everything the site serves on `day`."""
    found = {}
    for outlet in OUTLETS.values():
        found.update({(outlet.host, path): _encoded(outlet, path, page) for path, page in _outlet_pages(outlet, day)})
    found["", "/"] = _index()
    before = pages(0) if day else found
    # What differs from the day before was touched since; the rest keeps its date: a 304 by date is true.
    return {
        key: replace(page, modified=(DAY_ONE if _differs(before.get(key), page) else page.modified) - BEHIND)
        for key, page in found.items()
    }


def _encoded(outlet: Outlet, path: str, page: Page) -> Page:
    if outlet.encoding == "utf-8" or page.content_type != HTML or page.status != 200:
        return page
    return replace(page, content_type="text/html", body=recode(page.body, path))


def _differs(before: Page | None, page: Page) -> bool:
    return before is None or before.body != page.body


def _index() -> Page:
    rows = "".join(
        f'<li>{escape(outlet.name)}: <code>curl -H "Host: {outlet.host}" http://ADDRESS/</code></li>\n'
        for outlet in OUTLETS.values()
    )
    text = f"<h1>{MARK}the demo site</h1>\n<p>One server, many outlets, told apart by the Host header.</p>\n"
    days = "<p>POST /day/1 moves its clock to the second day, POST /day/0 back.</p>"
    body = f"{notice('en')}\n{text}<ul>\n{rows}</ul>\n{days}"
    return Page(200, HTML, html("en", "The demo site", "", body))


def _outlet_pages(outlet: Outlet, day: int) -> Iterator[tuple[str, Page]]:
    if outlet.host == BLOCKED:
        return
    told = source_items(outlet.slug, day)
    for item in told:
        page = Page(200, HTML, render(item, day), _touched(item), first=_first(item))
        yield item.path, page
        if outlet.slug == "two-banks-digest":  # the publishing system's short address, same page
            yield f"/?p={10000 + crc32(item.slug.encode()) % 90000}", page
    for item in items(0):
        if day == 1 and item.source == outlet.slug and item.until == 0:
            yield item.path, notice_page(410, "This text was withdrawn by its publisher.")
    for slug, hops in MOVED.get(outlet.slug, {}).items():
        final = next(item.path for item in told if item.slug == slug)
        for old, new in zip(hops, (*hops[1:], final), strict=True):
            yield old, replace(notice_page(301, "This page has moved."), location=outlet.url(new))
    if outlet.slug in REMOVED:
        yield REMOVED[outlet.slug], notice_page(410, "This statement was taken down.")
    yield _internal(outlet), _draft(outlet)
    yield "/robots.txt", _robots(outlet)
    for language in outlet.prefixes:
        mine = tuple(item for item in told if item.language == language)
        if outlet.listing:
            yield from _listing(outlet, language, mine)
        if outlet.feed:
            make = _rss if outlet.feed_kind == "rss" else _atom
            prefix = outlet.prefixes[language] if len(outlet.prefixes) > 1 else ""
            yield prefix + outlet.feed, make(outlet, language, mine[: outlet.feed_size])
    yield "/", _front(outlet, told)
    for trap in traps(outlet.slug):
        yield trap.path, Page(200, HTML, trap.body, length=trap.length) if trap.body else _front(outlet, told)
    if outlet.sitemap:
        yield from _sitemaps(outlet, told)


def _first(item: Item) -> int:
    path, status = FIRST.get(item.source, ("", 200))
    return status if path == item.path else 200


def _internal(outlet: Outlet) -> str:
    """An address that robots.txt forbids and that looks like one of the outlet's stories."""
    day = datetime(2031, 4, 2, tzinfo=UTC)
    slug = {"sarmia-mod": "41000-working-draft", "vardania-president": "working-draft-of-a-statement-4100"}
    path = outlet.path.format(prefix="", slug=slug.get(outlet.slug, "working-draft-of-a-statement"), date=day)
    return f"/internal{path}"


def _draft(outlet: Outlet) -> Page:
    text = "This working draft is kept from crawlers by robots.txt: whoever reads it there did not obey."
    return replace(notice_page(200, text, f"{MARK}Working draft of a statement"), modified=BEGIN)


def _robots(outlet: Outlet) -> Page:
    lines = ["User-agent: *", "Disallow: /internal/", "Allow: /", ""]
    if outlet.sitemap:
        lines.append(f"Sitemap: {outlet.url('/sitemap.xml')}")
    return Page(200, "text/plain; charset=utf-8", ("\n".join(lines) + "\n").encode())


def _newest(told: tuple[Item, ...]) -> datetime:
    return max(_touched(item) for item in told)


def _rows(outlet: Outlet, told: tuple[Item, ...]) -> str:
    return "\n".join(
        f'<div class="item"><time datetime="{stamp(item.published)}">{item.local:%d.%m.%Y %H:%M}</time>\n'
        f'<h2><a href="{item.path}">{escape(item.headline)}</a></h2></div>'
        for item in told
    )


def _next(outlet: Outlet, address: str, language: str) -> str:
    label = {"en": "Older", "uk": "Давніші", "ru": "Далее"}[language]
    return {
        "vardania-mod": f'<a class="next" href="{address}">{label}</a>',
        "sarmia-mod": f'<a rel="next" href="{address}">{label}</a>',
        "vardania-gov": f'<a class="older" href="{address}">{label}</a>',
        "two-banks-digest": f'<a class="next page-numbers" href="{address}">{label}</a>',
        "nadmorvia-visti": f'<ul><li class="next"><a href="{address}">{label}</a></li></ul>',
    }[outlet.slug]


def _listing(outlet: Outlet, language: str, told: tuple[Item, ...]) -> Iterator[tuple[str, Page]]:
    """One listing's pages; the first also links what answers 404 or 410 and what robots.txt forbids."""
    first = outlet.prefixes[language] + outlet.listing
    parts = [told[start : start + outlet.per_page] for start in range(0, len(told), outlet.per_page)]
    later = range(2, len(parts) + 1)
    addresses = [first, *(outlet.paged.format(listing=first, number=number) for number in later)]
    dead = [table[outlet.slug] for table in (MISSING, REMOVED) if outlet.slug in table]
    others = [path for path in dead if path.startswith(first)] + [_internal(outlet)]
    more = f'\n<div class="item"><a href="{{}}">{MARK}an earlier statement</a></div>'
    for number, (address, part) in enumerate(zip(addresses, parts, strict=True)):
        rows = _rows(outlet, part)
        if number == 0:
            rows += "".join(more.format(path) for path in others)
        if number + 1 < len(addresses):
            rows += "\n" + _next(outlet, addresses[number + 1], language)
        body = f"{notice(language)}\n<h1>{MARK}{escape(outlet.name)}</h1>\n{rows}"
        page = html(language, f"{outlet.name}, {number + 1}", "", body)
        yield address, Page(200, HTML, page, _newest(told))


def _front(outlet: Outlet, told: tuple[Item, ...]) -> Page:
    links = f'<p><a href="{_internal(outlet)}">{MARK}an internal page</a></p>'
    logo = f'<h1><a href="/">{MARK}{escape(outlet.name)}</a></h1>'
    body = f"{notice('en')}\n{logo}\n{_rows(outlet, told[:5])}\n{links}"
    head = f'<link rel="canonical" href="{outlet.url("/")}">\n<meta property="og:type" content="website">\n'
    return Page(200, HTML, html("en", outlet.name, head, body), _newest(told))


def _linked(outlet: Outlet, item: Item) -> str:
    """The address a feed gives for a story: an old one where it moved, with the feed's own mark."""
    hops = MOVED.get(outlet.slug, {}).get(item.slug)
    return outlet.url(hops[0] if hops else item.path) + outlet.feed_mark


def _summary(item: Item) -> str:
    """What the feed says of a story: never the part that a silent edit touches."""
    return item.lead or plain(item.body[0]).split("\n")[0]


def _rss(outlet: Outlet, language: str, told: tuple[Item, ...]) -> Page:
    entries = "".join(
        f"<item><title>{escape(item.headline)}</title><link>{escape(_linked(outlet, item))}</link>"
        f'<guid isPermaLink="false">{item.source}-{item.slug}</guid>'
        f"<pubDate>{format_datetime(item.local)}</pubDate>"
        f"<description>{escape(_summary(item))}</description></item>\n"
        for item in told
    )
    entries += "".join(
        f"<item><title>{MARK}{escape(trap.title)}</title><link>{outlet.url(trap.path)}</link>"
        f"<pubDate>{format_datetime(_newest(told))}</pubDate></item>\n"
        for trap in traps(outlet.slug)
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{escape(outlet.name)}</title><link>{outlet.url('/')}</link>"
        f"<description>{escape(outlet.name)}</description><language>{language}</language>\n"
        f"{entries}</channel></rss>\n"
    ).encode()
    if outlet.slug == BROKEN_FEED:
        body = break_feed(body)
    return Page(200, "application/rss+xml; charset=utf-8", body, _newest(told))


def _atom(outlet: Outlet, language: str, told: tuple[Item, ...]) -> Page:
    entries = "".join(
        f"<entry><title>{escape(item.headline)}</title><id>tag:{outlet.host},2031:{item.slug}</id>"
        f'<link rel="alternate" href="{escape(_linked(outlet, item))}"/>'
        f"<published>{stamp(item.published)}</published><updated>{stamp(_touched(item))}</updated>"
        f"<summary>{escape(_summary(item))}</summary></entry>\n"
        for item in told
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">\n'
        f"<title>{escape(outlet.name)}</title><id>{outlet.url('/')}</id>"
        f"<author><name>{escape(outlet.name)}</name></author>"
        f'<link rel="alternate" href="{outlet.url("/")}"/><updated>{stamp(_newest(told))}</updated>\n'
        f"{entries}</feed>\n"
    )
    return Page(200, "application/atom+xml; charset=utf-8", body.encode(), _newest(told))


def _sitemaps(outlet: Outlet, told: tuple[Item, ...]) -> Iterator[tuple[str, Page]]:
    """An index and one map per month, the entries by address and so not in the order of their dates."""
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    months = sorted({f"{item.published:%Y-%m}" for item in told})
    maps = ""
    for month in months:
        mine = [item for item in told if f"{item.published:%Y-%m}" == month]
        newest, path = _newest(tuple(mine)), f"/sitemap-{month}.xml"
        maps += f"<sitemap><loc>{outlet.url(path)}</loc><lastmod>{stamp(newest)}</lastmod></sitemap>\n"
        rows = "".join(
            f"<url><loc>{item.url}</loc><lastmod>{stamp(_touched(item))}</lastmod></url>\n"
            for item in sorted(mine, key=lambda item: item.path)
        )
        yield path, _xml(f"<urlset {space}>\n{rows}</urlset>\n", newest)
    yield "/sitemap.xml", _xml(f"<sitemapindex {space}>\n{maps}</sitemapindex>\n", _newest(told))


def _touched(item: Item) -> datetime:
    return item.modified or item.published


def _xml(body: str, modified: datetime) -> Page:
    text = f'<?xml version="1.0" encoding="utf-8"?>\n{body}'
    return Page(200, "application/xml; charset=utf-8", text.encode(), modified)

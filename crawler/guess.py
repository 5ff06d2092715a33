"""What an outlet's front page and address say of it: name, language, feeds, lists, country, zone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from archive.urls import site, url_key
from crawler.patterns import Link, prefixes
from crawler.spiders.answer import address

# links of a page that are looked at; letters of a text that is kept
_LINKS, _TEXT = 5_000, 120
# where feeds and sitemaps lie that nobody points to, the likelier first (WordPress; static sites and the rest)
FEEDS = ("/feed", "/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml")
SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml")
NEWS_SITEMAP = "/news-sitemap.xml"
WORDPRESS = "/wp-json/wp/v2/posts"

_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|(?:text|application)/(?:xml|rss)", re.I)
_FEED_NAME = re.compile(r"(?:rss|feed|atom)(?:\.(?:xml|php|aspx?))?|.{1,60}\.(?:rss|atom|rdf)", re.I)
_COMMENTS = re.compile(r"comment|oembed|wp-json", re.I)  # alternates of a page that name no articles
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]{1,20})?", re.I)
_TITLE_PARTS = re.compile(r"\s+[|\u2013\u2014\u00b7\u2022:»-]\s+|\s*[|»]\s*")
# the parts of a front page's title that are not the outlet's name
_WELCOMES = frozenset((
    "home", "home page", "homepage", "main", "main page", "start", "startseite", "news", "latest news",
    "breaking news", "official website", "official site", "welcome", "головна", "головна сторінка", "новини",
    "офіційний сайт", "офіційний вебсайт", "главная", "главная страница", "новости", "официальный сайт",
    "accueil", "inicio", "ana sayfa", "haberler", "strona główna",
))  # fmt: skip
# the last part of the address of a list of stories, in the languages of the outlets at hand
_LISTS = re.compile(
    r"(?:all-|latest-|last-)?(?:news|latest|articles|stories|press|press-releases|releases|newsroom|media|updates"
    r"|archive|statements|publications)|novyny|novini|novosti|lenta|nachrichten|aktuelles|actualites|noticias"
    r"|haberler|aktualnosci|wiadomosci|notizie|all",
    re.I,
)
# how pages link the next one of a list
_NEXT = (
    "a[rel~=next]", "link[rel~=next]", "a.next", ".next > a", "a.older", ".pagination-next a", ".pager-next a",
    ".nav-previous a", "a.nextpostslink",
)  # fmt: skip
_OFFICIAL = frozenset(("gov", "mil", "gob", "gouv", "govt", "gc", "admin"))
_GENERIC = frozenset(("com", "org", "net", "info", "int", "news", "press"))
# country domains that anybody takes for what they look like
_FREE = frozenset((
    "ac", "ag", "ai", "bz", "cc", "co", "fm", "gg", "gl", "io", "ly", "me", "nu", "sc", "sh", "so", "st", "tk", "to",
    "tv", "vc", "ws",
))  # fmt: skip
_MOST = re.compile(r"most of |.*\((?:mainland|most areas)\)")
# hosts of Telegram, and the paths under which a channel lies there
_TELEGRAM = re.compile(r"/(?:s/)?([A-Za-z][A-Za-z0-9_]{3,31})/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Front:
    """What a front page says. ``feeds``: as it points to them, the likelier first."""

    name: str | None
    language: str | None
    feeds: tuple[str, ...]
    links: tuple[Link, ...]


def front(page: Selector, url: str) -> Front:
    """What the front page at ``url`` says."""
    return Front(_name(page), _language(page), tuple(_feeds(page, url)), links(page, url))


def links(page: Selector, url: str) -> tuple[Link, ...]:
    """The addresses that a page links to on its own site, in its order, each once with its longest text."""
    base = _base(page, url)
    found: dict[str, Link] = {}
    for anchor in page.css("a[href]")[:_LINKS]:
        target = address(base, anchor.xpath("@href").get())
        if target is None or not related(target, url):
            continue
        text = plain(" ".join(anchor.xpath(".//text()").getall()))
        before = found.setdefault(url_key(target), Link(target, text))
        if len(text) > len(before.text):
            found[url_key(target)] = Link(before.url, text)
    return tuple(found.values())


def lists(front_links: Iterable[Link], articles: Sequence[str], url: str) -> list[str]:
    """Addresses that may be the outlet's own lists of its articles, the likelier first; the front page is not.

    What articles lie under and the front page links, what is named like a list there, and what articles lie under.
    """
    parents = prefixes(articles)
    own = {url_key(url), *map(url_key, articles)}
    linked = {
        urlsplit(link.url).path.rstrip("/"): link.url
        for link in front_links
        if url_key(link.url) not in own and not urlsplit(link.url).query
    }
    named = [
        target
        for path, target in linked.items()
        if path.count("/") <= 3 and _LISTS.fullmatch(path.rpartition("/")[2])
    ]
    near = [linked[parent] for parent in parents if parent in linked]
    far = [urljoin(url, parent + slash) for parent in parents if parent not in linked for slash in ("", "/")]
    return [target for target in dict.fromkeys([*near, *named, *far]) if url_key(target) not in own]


def following(page: Selector, url: str) -> dict[str, str]:
    """How the list at ``url`` leads on to its second page, as keys of the catalogue; none where it does not."""
    base = _base(page, url)
    for selector in _NEXT:
        target = address(base, page.css(selector).xpath("@href").get())
        if target and site(target) == site(url) and url_key(target) != url_key(url):
            return {"next": selector}
    path = urlsplit(url).path.rstrip("/")
    for href in page.css("a::attr(href)").getall()[:_LINKS]:
        target = address(base, href)
        if target is None or site(target) != site(url):
            continue
        parts = urlsplit(target)
        if parts.path.rstrip("/") == path and (by := re.fullmatch(r"([a-z0-9_-]{1,20})=2", parts.query, re.I)):
            return {"page": f"?{by[1]}={{n}}"}
        if not parts.query and re.fullmatch(re.escape(path) + r"/page/2/?", parts.path):
            return {"page": re.sub(r"2(/?)$", r"{n}\1", parts.path)}
    return {}


def related(url: str, other: str) -> bool:
    """Whether two addresses are of one outlet: one host, or one below the other."""
    one, two = f".{site(url)}", f".{site(other)}"
    return one.endswith(two) or two.endswith(one)


def channel(url: str) -> str | None:
    """The Telegram channel that an address is of, None where it is of none."""
    if site(url) not in ("t.me", "telegram.me", "telegram.dog"):
        return None
    named = _TELEGRAM.fullmatch(urlsplit(url).path)
    return named[1] if named else None


def slug(url: str) -> str:
    """A name for the catalogue made of an address: its host without www and a domain such as .com."""
    labels = site(url).lower().split(".")
    if len(labels) > 1 and labels[-1] in _GENERIC:
        labels.pop()
    return re.sub(r"[^a-z0-9]+", "-", "-".join(labels)).strip("-")[:50].rstrip("-") or "source"


def official(url: str) -> bool:
    """Whether an address is a government's or an army's."""
    return bool(_OFFICIAL & set(site(url).lower().split(".")[-2:])) or site(url).endswith(".int")


def country(url: str, zones: str) -> str | None:
    """The country (ISO 3166) of an address's domain, None where it is nobody's or anybody's; ``zones``: zone.tab."""
    domain = site(url).lower().rpartition(".")[2]
    code = "GB" if domain == "uk" else domain.upper()
    return code if domain not in _FREE and any(line.startswith(f"{code}\t") for line in zones.splitlines()) else None


def zone(code: str, zones: str) -> str | None:
    """The time zone (IANA) of a country where it has one, or one for most of it; ``zones``: zone.tab."""
    rows = [line.split("\t") for line in zones.splitlines() if line.startswith(f"{code}\t")]
    if len(rows) > 1:
        rows = [row for row in rows if len(row) > 3 and _MOST.match(row[3])]
    return rows[0][2].strip() if len(rows) == 1 else None


def plain(text: str) -> str:
    """One line of a page's text, cut to a name's length, without characters that are not to be seen."""
    return "".join(c for c in " ".join(text[:2_000].split()) if c.isprintable())[:_TEXT].strip()


def _base(page: Selector, url: str) -> str:
    return address(url, page.css("base::attr(href)").get()) or url


def _name(page: Selector) -> str | None:
    for query in ("//meta[@property='og:site_name']/@content", "//meta[@name='application-name']/@content"):
        if name := plain(page.xpath(query).get() or ""):
            return name
    title = plain(page.xpath("//title/text()").get() or "")
    parts = [part.strip() for part in _TITLE_PARTS.split(title)]
    return next((part for part in parts if part and part.casefold() not in _WELCOMES), None)


def _language(page: Selector) -> str | None:
    for query in (
        "/html/@lang",
        "//meta[@property='og:locale']/@content",
        "//meta[translate(@http-equiv, 'CLANGUE', 'clangue')='content-language']/@content",
    ):
        if stated := _LANGUAGE.fullmatch((page.xpath(query).get() or "").strip()):
            return stated[1].lower()
    return None


def _feeds(page: Selector, url: str) -> list[str]:
    """Feeds that the page declares, then what it links under a feed's name on its own site."""
    base = _base(page, url)
    declared, linked = [], []
    for link in page.xpath("//link[@href]")[:200]:
        rel = (link.xpath("@rel").get() or "").lower().split()
        href = link.xpath("@href").get() or ""
        if "alternate" not in rel or not _FEED_TYPE.fullmatch((link.xpath("@type").get() or "").strip()):
            continue
        if (target := address(base, href)) and not _COMMENTS.search(href):
            declared.append(target)
    for href in page.xpath("//a/@href").getall()[:_LINKS]:
        target = address(base, href)
        if (
            target
            and related(target, url)
            and _FEED_NAME.fullmatch(urlsplit(target).path.strip("/").rpartition("/")[2])
        ):
            linked.append(target)
    return list(dict.fromkeys([*declared, *linked]))

"""`communique add` and `communique sources check`: what they make of an outlet's pages, over real HTTP, and of none."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from archive.errors import ConfigurationError
from archive.home import Home
from crawler import guess
from crawler.adding import append, written
from crawler.demo.site import Answer, DemoSite
from crawler.patterns import Link, accepted, patterns, prefixes, stories
from crawler.sources import catalogue
from tests.crawling import COMMAND, command, crawl, outlet, rows
from tests.crawling import catalogue as write_catalogue

HOST = "http://ferry.example"
ZONES = files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
XML = "application/xml"
STORY = (
    "<html lang='en'><head><meta property='og:title' content='{0}'></head><body><article><h1>{0}</h1>"
    "<p>The ferry between the two banks of the {0} ran again on Monday after a week of storms, its master said.</p>"
    "<p>About four hundred people crossed before noon, most of them to the market on the eastern side.</p>"
    "</article></body></html>"
)
PATHS = [f"/news/placeholder-story-number-{n}" for n in ("one", "two", "three", "four", "five", "six")]


def at(*paths: str) -> list[str]:
    return [HOST + path for path in paths]


def page(body: str, head: str = "", lang: str = "en") -> bytes:
    return f"<!DOCTYPE html><html lang='{lang}'><head><title>Ferry News</title>{head}</head><body>{body}</body></html>".encode()


def headlines(*paths: str) -> str:
    return "".join(f"<h2><a href='{path}'>Placeholder headline of a story at {path}</a></h2>" for path in paths)


def rss(*paths: str) -> bytes:
    items = "".join(
        f"<item><title>t</title><link>{HOST}{path}</link><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>"
        for path in paths
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()


def urlset(*paths: str, tag: str = "<lastmod>2099-01-01T00:00:00Z</lastmod>") -> bytes:
    entries = "".join(f"<url><loc>{HOST}{path}</loc>{tag}</url>" for path in paths)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>".encode()


def index(*paths: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{HOST}{path}</loc></sitemap>" for path in paths)
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</sitemapindex>".encode()


def add(home: Home, site: DemoSite, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    reach = [f"--connect-to={host}={site.address}" for host in ("*.example", "t.me")]
    return command("add", url, "--home", str(home.path), "--delay", "0", *reach, *more)


def check(home: Home, site: DemoSite, *more: str) -> subprocess.CompletedProcess[str]:
    return command("sources", "check", "--home", str(home.path), f"--connect-to=*.example={site.address}", *more)


def entry(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one table that was printed."""
    assert done.returncode == 0, done.stderr
    [table] = tomllib.loads(done.stdout).values()
    return dict(table)


def ways(table: dict[str, Any], name: str = "discovery") -> list[tuple[str, str]]:
    return [(way["kind"], way["url"].removeprefix(HOST)) for way in table.get(name, [])]


def last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.rstrip("\n").rpartition("\n")[2]


# --- patterns of articles ---

UUIDS = [f"/news/{n}8d1f3a0-1111-2222-3333-44445555666{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("paths", "refused", "like", "unlike"),
    [
        (["/news/a-b", "/news/c", "/news/d-e"], ["/news", "/tag/x"], ["/news/z", "/news/z/"], ["/news/", "/news/z/2", "/tag/news"]),
        (["/news/ab", "/news/cg", "/news/d-e-f"], ["/news/archive"], ["/news/z"], ["/news/archive", "/news/archive/"]),
        (["/news/a-b", "/news/c-d", "/news/d-e"], ["/news/archive"], ["/news/y-z"], ["/news/archive", "/news/live"]),
        (["/world/2026/04/02/a", "/world/2026/11/30/b-c"], [], ["/world/2031/1/2/z"], ["/world/2031/1/", "/sport/2031/1/2/z"]),
        (["/news/2026/04/02/a", "/arts/2026/11/30/b", "/news/2026/11/30/c"], [], ["/sport/2031/1/2/z"], ["/tag/2031/1/2/z"]),
        (["/a-b-c-d/", "/e-f-g-h/", "/i-j-k-l-m/"], ["/archive/"], ["/u-v-w/"], ["/about-us/", "/archive/", "/"]),
        (["/more.htm?id=12345678@egNews", "/more.htm?id=12345679@egNews"], [], ["/more.htm?id=1@egNews"], ["/more.htm", "/more.htm?page=2"]),
        (["/?p=12345", "/?p=12346"], [], ["/?p=99999", "/?p=99999&preview=1"], ["/", "/?page=2"]),
        (["/politics/1234567", "/world/2345678", "/arts/3456789"], [], ["/sport/9999999"], ["/politics", "/page/12"]),
        (["/rubric-a/4000001-a-b.html", "/rubric-b/4000002-b.html"], [], ["/rubric-c/4000003-z.html"], ["/rubric-a/index.html", "/tag/4000003-z.html"]),
        (["/news/a-2213", "/en/news/b-2214", "/news/c-2215", "/en/news/d-2216"], [], ["/news/z-9999", "/en/news/z-9999"], ["/news/z", "/de/news/z-9999"]),
        # all end in a year, and the next does not
        (["/news/losses-as-of-2-april-2026", "/news/losses-as-of-3-april-2026"], [], ["/news/a-statement"], ["/news"]),
        (["/news/a?from=rss", "/news/b?from=rss", "/news/c?from=rss"], [], ["/news/z?from=home", "/news/z"], ["/news?from=rss"]),
        (UUIDS, [], ["/news/00000000-1111-2222-3333-444455556666"], ["/news/archive", "/news/00000000-1111-2222"]),
        (["/news/%D0%B0-%D0%B1", "/news/%D0%B2-%D0%B3"], [], ["/news/%D0%B4"], ["/tag/%D0%B4"]),
    ],
)  # fmt: skip
def test_patterns_accept_the_like_and_refuse_the_rest(
    paths: list[str], refused: list[str], like: list[str], unlike: list[str]
) -> None:
    found = patterns(at(*paths), at(*refused))
    assert accepted(at(*paths, *like), found) == at(*paths, *like)
    assert found and accepted(at(*refused, *unlike), found) == []


def test_a_few_addresses_of_other_shapes_do_not_widen_the_pattern() -> None:
    paths = [f"/news/story-{n}-{n * n}-of-the-day" for n in range(40)]
    found = patterns(at(*paths, "/live", "/podcast/9/listen"))
    assert len(accepted(at(*paths), found)) == 40
    assert accepted(at("/then", "/podcast/8/listen"), found) == []


def test_addresses_that_have_nothing_in_common_give_no_pattern() -> None:
    assert patterns(at(*("/" + "/".join("abcdefghij"[:n]) + f".{ending}" for n, ending in enumerate(
        ("html", "php", "asp", "jsp", "htm", "xml", "cgi", "do", "aspx"), 1)))) == ()  # fmt: skip
    assert patterns([]) == () and patterns([HOST, f"{HOST}/"]) == ()


SEGMENT = st.text("abcXYZ019-_.%~!*'()$+[]{}|^\\", min_size=1, max_size=30)


@given(st.lists(st.lists(SEGMENT, min_size=1, max_size=4).map("/".join), max_size=40), st.lists(SEGMENT, max_size=10))
def test_patterns_accept_nine_in_ten_and_nothing_refused(paths: list[str], refused: list[str]) -> None:
    urls = list(dict.fromkeys(at(*(f"/{path}" for path in paths))))
    against = [url for url in at(*(f"/{path}" for path in refused)) if url not in urls]
    found = patterns(urls, against)
    if found:
        assert len(accepted(urls, found)) >= 0.9 * len(urls)
        assert accepted(against, found) == []
    text = written("ferry", {"articles": list(found)})
    assert tomllib.loads(text)["ferry"]["articles"] == list(found)


@pytest.mark.parametrize("piece", ["-", "a-", "1-", "-1", "1", "/", "%D0", "a-1-"])
def test_no_pattern_takes_long_over_a_long_address(piece: str) -> None:
    samples = (
        ["/a-b-c-d", "/e-f-g-h"],
        ["/n/a-1234", "/n/b-2345"],
        ["/n/1234-a", "/n/2345-b"],
        ["/x/y/1234", "/z/w/2345"],
    )
    found = [pattern for paths in samples for pattern in patterns(at(*paths))]
    evil = f"/n/{piece * (4000 // len(piece))}?!"
    started = time.process_time()
    assert len(found) == 4 and not any(re.search(pattern, evil) for pattern in found)
    assert time.process_time() - started < 1  # quadratic matching takes 0.1 s for these, exponential for ever


def test_stories_are_told_from_menus_months_and_tags() -> None:
    menu = [
        Link(HOST + path, "A menu's word") for path in ("/about", "/contact", "/press", "/the-big-story-page", "/en")
    ]
    months = [Link(f"{HOST}/2026/{n:02}/", f"Month {n}") for n in range(1, 10)]
    tags = [Link(f"{HOST}/tag/the-war-of-{n}", "A very long name for a tag indeed") for n in "abcdef"]
    told = [Link(HOST + path, f"Placeholder headline of {path}") for path in PATHS]
    assert stories([*menu, *told[:3], *months, *tags, *told[3:]]) == at(*PATHS)
    assert stories([Link(url) for url in at(*PATHS, "/about", "/contact", "/press")]) == at(*PATHS)
    short = [
        Link(f"{HOST}/novosti/{n}.html", "Placeholder headline that is long enough to be one")
        for n in ("a-b", "c-d", "e-f")
    ]
    assert stories(short) == [link.url for link in short]
    assert stories(told[:2]) == []


def test_what_articles_lie_under() -> None:
    assert prefixes(at("/en/news/a", "/en/news/b", "/world/2026/01/02/c", "/world/2026/02/02/d", "/x/e", "/f")) == [
        "/en/news",
        "/world",
    ]
    assert prefixes(at("/news/more.htm?id=1", "/news/more.htm?id=2")) == ["/news/more"]


# --- what a front page says ---


def front(text: str, url: str = f"{HOST}/") -> guess.Front:
    return guess.front(Selector(text=text, type="html"), url)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("<title>Home | Ministry of Tides</title>", "Ministry of Tides"),
        ("<title>The Ferry – News of both banks</title>", "The Ferry"),
        ("<title>Новини » Міністерство</title>", "Міністерство"),
        ("<title>Ferry-News</title>", "Ferry-News"),
        ("<title>x</title><meta property='og:site_name' content=' The \n Ferry '>", "The Ferry"),
        ("<title>a\u202eb\u0007c</title>", "abc"),
        ("<title>Home</title>", None),
        ("", None),
    ],
)
def test_the_name(head: str, name: str | None) -> None:
    assert front(f"<html><head>{head}</head></html>").name == name
    long = front(f"<html><head><title>{'a' * 9_000_000}</title></head></html>").name
    assert long is None or len(long) <= 120


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("<html lang='en-US'>", "en"),
        ("<html lang='UK'>", "uk"),
        ("<html lang='zh-Hant-TW'>", "zh"),
        ("<html lang=''><head><meta property='og:locale' content='uk_UA'>", "uk"),
        ("<html><head><meta http-equiv='Content-Language' content='de'>", "de"),
        ("<html lang='english language'>", None),
        ("<html>", None),
    ],
)
def test_the_language(text: str, language: str | None) -> None:
    assert front(text).language == language


def test_feeds_as_pages_declare_and_link_them() -> None:
    found = front(
        "<html><head><base href='/sub/'>"
        "<link rel='alternate' type='application/rss+xml' href='all.rss'>"
        "<link rel='ALTERNATE' type='Application/Atom+XML' href='//feeds.example/ferry'>"
        "<link rel='alternate' type='application/rss+xml' href='/comments/feed/'>"
        "<link rel='alternate' hreflang='uk' href='/uk/'>"
        "<link rel='alternate' type='application/json+oembed' href='/oembed?url=x'>"
        "<link rel='alternate' type='application/rss+xml' href='javascript:alert(1)'>"
        "</head><body><a href='/news/rss.xml'>RSS</a><a href='/world/feed/'>x</a><a href='http://other.example/rss'>y</a>"
        "<a href='/feedback'>z</a></body></html>"
    ).feeds
    assert found == (
        f"{HOST}/sub/all.rss",
        "http://feeds.example/ferry",
        f"{HOST}/news/rss.xml",
        f"{HOST}/world/feed/",
    )


@pytest.mark.parametrize(
    ("html", "url", "wanted"),
    [
        ("<a class='x next' href='?page=2'>", "/news", {"next": "a.next"}),
        ("<head><link rel='next' href='/news?o=20'></head>", "/news", {"next": "link[rel~=next]"}),
        ("<ul><li class='next'><a href='/news/2'>", "/news", {"next": ".next > a"}),
        ("<a href='?page=2'>2</a>", "/news", {"page": "?page={n}"}),
        ("<a href='/news?p=3'>3</a><a href='/news/?PAGEN_1=2'>2</a>", "/news/", {"page": "?PAGEN_1={n}"}),
        ("<a href='/en/news/page/2/'>2</a>", "/en/news/", {"page": "/en/news/page/{n}/"}),
        ("<a class='next' href='http://other.example/2'>", "/news", {}),
        ("<a class='next' href='#'>", "/news", {}),
        ("<a href='/other?page=2'>2</a>", "/news", {}),
    ],
)
def test_how_a_list_goes_on(html: str, url: str, wanted: dict[str, str]) -> None:
    assert guess.following(Selector(text=f"<html>{html}</html>", type="html"), HOST + url) == wanted


def test_lists_of_articles_are_what_articles_lie_under_and_what_is_named_so() -> None:
    links = [Link(url) for url in at("/", "/press", "/news/", "/contact", "/news/a", "/latest?x=1")]
    assert guess.lists(links, at("/news/a", "/news/b", "/world/c", "/world/d"), f"{HOST}/") == at(
        "/news/", "/press", "/world", "/world/"
    )


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.kyivindependent.com/", "kyivindependent"),
        ("https://mod.gov.ua/en/news", "mod-gov-ua"),
        ("http://FERRY.example.:8080/", "ferry-example"),
        ("https://xn--e1afmkfd.xn--p1ai/", "xn-e1afmkfd-xn-p1ai"),
        ("https://com/", "com"),
        (f"https://{'a-' * 60}b.example/", ("a-" * 25)[:-1]),
    ],
)
def test_the_slug(url: str, slug: str) -> None:
    assert guess.slug(url) == slug and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", slug)


@pytest.mark.parametrize(
    ("url", "country", "zone"),
    [
        ("https://mod.gov.ua/", "UA", "Europe/Kyiv"),
        ("https://a.co.uk/", "GB", "Europe/London"),
        ("https://a.de/", "DE", "Europe/Berlin"),
        ("https://a.pt/", "PT", "Europe/Lisbon"),
        ("https://mil.ru/", "RU", None),
        ("https://a.us/", "US", None),
        ("https://t.me/x", None, None),
        ("https://a.com/", None, None),
        ("https://ferry.example/", None, None),
    ],
)
def test_country_and_zone(url: str, country: str | None, zone: str | None) -> None:
    assert guess.country(url, ZONES) == country
    assert (guess.zone(country, ZONES) if country else None) == zone


@pytest.mark.parametrize(
    ("url", "channel"),
    [
        ("https://t.me/GeneralStaffZSU", "GeneralStaffZSU"),
        ("https://t.me/s/mod_russia/", "mod_russia"),
        ("https://telegram.me/mod_russia?before=3", "mod_russia"),
        ("https://t.me/mod_russia/12", None),
        ("https://t.me/+abcdef", None),
        ("https://ferry.example/mod_russia", None),
    ],
)
def test_channels_of_telegram(url: str, channel: str | None) -> None:
    assert guess.channel(url) == channel


def test_governments_and_outlets_of_one_site() -> None:
    assert all(
        map(guess.official, ("https://mod.gov.ua", "https://www.war.gov", "https://www.nato.int", "https://a.gc.ca"))
    )
    assert not any(map(guess.official, ("https://gov.example.com", "https://ferry.example", "https://milnews.com")))
    assert guess.related("http://www.ferry.example/", "http://feeds.ferry.example/x")
    assert not guess.related("http://ferry.example/", "http://myferry.example/")


# --- adding ---


@pytest.mark.parametrize(
    ("url", "slug", "kinds", "least"),
    [
        ("http://mod.vardania.example/", "mod-vardania-example", ["feed", "sitemap", "listing"], 30),
        ("http://visti.nadmorvia.example", "visti-nadmorvia-example", ["listing", "listing"], 4),
    ],
)
def test_an_outlet_added_by_its_address_is_crawled(
    home: Home, site: DemoSite, url: str, slug: str, kinds: list[str], least: int
) -> None:
    done = add(home, site, url, "--timezone", "Europe/Kyiv", "--kind", "official")
    table = entry(done)
    assert [way["kind"] for way in table["discovery"]] == kinds
    assert (table["timezone"], table["kind"], table["delay"]) == ("Europe/Kyiv", "official", 0)
    assert home.sources.read_text("utf-8") == done.stdout
    assert len(site.log) <= 25 and all(hit.user_agent.startswith("communique/") for hit in site.log)
    assert not [hit for hit in site.log if hit.path.startswith("/internal")]
    # nothing is kept but the entry, and the lock that it was written under
    assert {path.name for path in home.path.iterdir()} == {"sources.toml", "crawl.lock"}
    crawled = crawl(home, site.address, slug)
    assert crawled.returncode == 0, crawled.stderr
    assert len(rows(home, "select id from articles where source = ?", slug)) >= least
    checked = check(home, site, slug, "--nl")
    assert checked.returncode == 0
    assert all(json.loads(line)["articles"] for line in checked.stdout.splitlines())


def test_what_stands_in_the_file_stays_as_it_is(home: Home, site: DemoSite) -> None:
    before = outlet("tide", publisher="Припливи").replace("\n", "\r\n").encode() + b"# the end, without a line's end"
    home.path.mkdir(parents=True)
    home.sources.write_bytes(before)
    home.sources.chmod(0o640)
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    done = add(home, site, HOST)
    assert done.returncode == 0, done.stderr
    assert home.sources.read_bytes() == before + b"\n\n" + done.stdout.encode()
    assert home.sources.stat().st_mode & 0o777 == 0o640
    assert {"tide", "ferry-example"} <= catalogue(home.sources).keys()


def test_a_dry_run_writes_nothing(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    table = entry(add(home, site, HOST, "--dry-run"))
    assert ways(table) == [("listing", "/")]
    assert not home.path.exists()


def test_what_is_declared_is_found_and_put_in_order(home: Home, site: DemoSite) -> None:
    head = "<link rel='alternate' type='application/rss+xml' href='/all.rss'><meta property='og:site_name' content='The \"Ferry\"'>"
    site.add("ferry.example", "/", page(f"<a href='/news'>News</a>{headlines(*PATHS[:4])}", head, "uk-UA"))
    site.add("ferry.example", "/robots.txt", f"User-agent: *\nSitemap: {HOST}/maps.xml\n".encode(), "text/plain")
    site.add("ferry.example", "/all.rss", rss(*PATHS), XML)
    site.add(
        "ferry.example", "/maps.xml", index("/page-sitemap.xml", "/post-sitemap1.xml", "/post-sitemap2.xml"), XML
    )
    site.add("ferry.example", "/post-sitemap1.xml", urlset(*PATHS, "/news/of-old"), XML)
    site.add("ferry.example", "/news", page(headlines(*PATHS) + "<a rel='next' href='/news?p=2'>Older</a>"))
    done = add(home, site, HOST)
    table = entry(done)
    assert ways(table) == [("feed", "/all.rss"), ("sitemap", "/maps.xml"), ("listing", "/news")]
    assert table["discovery"][1]["match"] == r"/(?:post-sitemap\d+\.xml)$"
    assert table["discovery"][2]["next"] == "a[rel~=next]"
    assert (table["name"], table["language"], table["articles"]) == ('The "Ferry"', "uk", ["^/news/[^/?]+/?$"])
    assert f"feed {HOST}/all.rss: 200, 6 addresses\n" in done.stderr
    assert f"it would fetch: {HOST}{PATHS[0]}, " in done.stderr
    assert "/feed" not in {hit.path for hit in site.log}  # a feed was there: the usual places are not tried


def test_a_wordpress_site_without_a_feed_is_asked_by_its_interface(home: Home, site: DemoSite) -> None:
    posts = [{"link": HOST + path, "date_gmt": "2026-11-02T10:00:00"} for path in PATHS]
    asked = []

    def answer(_headers: object) -> Answer:
        asked.append(1)
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(posts).encode())

    site.add("ferry.example", "/", page("<p>Nothing but an image.</p>"))
    for query in _wordpress_queries(home, site):
        site.respond("ferry.example", query, answer)
    table = entry(add(home, site, HOST))
    assert asked and ways(table) == [("wordpress", "/wp-json/wp/v2/posts")]
    assert table["articles"] == ["^/news/[^/?]+/?$"]


def _wordpress_queries(home: Home, site: DemoSite) -> list[str]:
    """The addresses that WordPress is asked by: each second of the next minute has its own."""
    assert add(home, site, HOST).returncode == 1
    [path] = {hit.path for hit in site.log if hit.path.startswith("/wp-json")}
    stamp = re.search(r"modified_after=([^&]+)", path)
    assert stamp is not None
    moment = datetime.fromisoformat(stamp[1])
    return [path.replace(stamp[1], (moment + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%SZ")) for n in range(60)]


def test_an_old_sitemap_stands_behind_what_is_alive(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    site.add("ferry.example", "/sitemap.xml", urlset(*PATHS, tag="<lastmod>2019-01-01</lastmod>"), XML)
    assert ways(entry(add(home, site, HOST, "--dry-run"))) == [("listing", "/"), ("sitemap", "/sitemap.xml")]


def test_the_address_of_a_feed_is_taken_for_one(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page("<p>The front page.</p>"))
    site.add("ferry.example", "/hidden/all", rss(*PATHS), XML)
    table = entry(add(home, site, f"{HOST}/hidden/all"))
    assert ways(table) == [("feed", "/hidden/all")]
    assert (table["homepage"], table["name"]) == (f"{HOST}/", "Ferry News")


def test_a_page_that_is_xml_is_taken_for_a_page(home: Home, site: DemoSite) -> None:
    body = b"<?xml version='1.0'?>\n" + page(headlines(*PATHS)).replace(
        b"<!DOCTYPE html>", b"<!DOCTYPE html PUBLIC 'x' 'y'>"
    )
    site.add("ferry.example", "/", body)
    assert ways(entry(add(home, site, HOST, "--dry-run"))) == [("listing", "/")]


def test_what_robots_txt_disallows_is_not_asked_for(home: Home, site: DemoSite) -> None:
    head = "<link rel='alternate' type='application/rss+xml' href='/private/all.rss'>"
    site.add("ferry.example", "/", page(headlines(*PATHS), head))
    site.add("ferry.example", "/robots.txt", b"User-agent: *\nDisallow: /private/\n", "text/plain")
    site.add("ferry.example", "/private/all.rss", rss(*PATHS), XML)
    done = add(home, site, HOST, "--contact", "archive@example.org")
    assert ways(entry(done)) == [("listing", "/")]
    assert f"feed {HOST}/private/all.rss: robots.txt disallows it\n" in done.stderr
    assert not [hit for hit in site.log if hit.path.startswith("/private")]
    assert all("archive@example.org" in hit.user_agent for hit in site.log)


def test_it_asks_no_more_than_so_many_requests(home: Home, site: DemoSite) -> None:
    feeds = "".join(f"<link rel='alternate' type='application/rss+xml' href='/f{n}.rss'>" for n in range(40))
    lists = "".join(f"<a href='/{n}/news'>News</a>" for n in range(40))
    maps = "".join(f"Sitemap: {HOST}/m{n}.xml\n" for n in range(40))
    site.add("ferry.example", "/", page(headlines(*PATHS) + lists, feeds))
    site.add("ferry.example", "/robots.txt", f"User-agent: *\nDisallow:\n{maps}".encode(), "text/plain")
    for n in range(40):
        for path in (f"/f{n}.rss", f"/m{n}.xml"):  # each leads through three others to nothing
            for step in range(3):
                site.add(
                    "ferry.example", f"{path}{'x' * step}", b"", XML, 301, {"Location": f"{path}{'x' * (step + 1)}"}
                )
    done = add(home, site, HOST)
    assert done.returncode == 0
    assert "not asked: 25 requests are enough" in done.stderr
    assert len(site.log) <= 25 + 3


def test_a_telegram_channel(home: Home, site: DemoSite) -> None:
    message = (
        '<div class="tgme_widget_message" data-post="Ferry_Office/{0}"><a class="tgme_widget_message_date">'
        '<time datetime="2026-11-02T10:00:00+00:00"></time></a></div>'
    )
    title = '<div class="tgme_channel_info_header_title"><span>Ferry Office</span></div>'
    site.add("t.me", "/s/ferry_office", page(title + message.format(7) + message.format(8)))
    done = add(home, site, "t.me/ferry_office")
    table = entry(done)
    assert ways(table) == [("telegram", "https://t.me/s/Ferry_Office")]
    assert (table["name"], table["articles"], table["homepage"]) == (
        "Ferry Office",
        [r"^/Ferry_Office/\d+$"],
        "https://t.me/Ferry_Office",
    )
    assert "ferry-office" in catalogue(home.sources)


# --- and not adding ---


def nothing(_site: DemoSite) -> None:
    return None


def no_links(site: DemoSite) -> None:
    site.add("ferry.example", "/", page("<p>Nothing to see here.</p>"))


def menu_only(site: DemoSite) -> None:
    site.add("ferry.example", "/", page("".join(f"<a href='/{n}'>Menu {n}</a>" for n in ("about", "press", "jobs"))))


def endless(site: DemoSite) -> None:
    site.respond("ferry.example", "/", lambda _: Answer(302, {"Location": "/"}, b""))


def to_private(site: DemoSite) -> None:
    site.respond("ferry.example", "/", lambda _: Answer(302, {"Location": "http://10.1.2.3/"}, b""))


def forbidden(site: DemoSite) -> None:
    site.add("ferry.example", "/", b"no", status=403)


def closed(site: DemoSite) -> None:
    site.add("ferry.example", "/robots.txt", b"User-agent: *\nDisallow: /\n", "text/plain")


def image(site: DemoSite) -> None:
    site.add("ferry.example", "/", bytes(range(256)) * 50, "image/png")


@pytest.mark.parametrize(
    ("make", "url", "code", "line", "lines"),
    [
        (no_links, HOST, 1, "no feed, no sitemap, no list of articles", None),
        (menu_only, HOST, 1, "no feed, no sitemap, no list of articles", None),
        (image, HOST, 1, "no feed, no sitemap, no list of articles", None),
        (endless, HOST, 1, "max redirections reached", 1),
        (to_private, HOST, 1, "10.1.2.3", 1),
        (forbidden, HOST, 1, "403", 1),
        (nothing, HOST, 1, "404", 1),
        (closed, HOST, 1, "robots.txt disallows it", 1),
        (nothing, "http://nowhere.invalid/", 1, "nowhere.invalid", 1),
        (nothing, "http://192.168.1.1/", 2, "no address of an outlet", 1),
        (nothing, "http://[::1]/", 2, "no address of an outlet", 1),
        (nothing, "localhost", 2, "no address of an outlet", 1),
        (nothing, "ftp://ferry.example/", 2, "no address of an outlet", 1),
        (nothing, "http://[ferry/", 2, "no address of an outlet", 1),
        (nothing, "https://t.me/+secret", 2, "t.me", 1),
        (nothing, "https://mod.gov.ua/en/news", 2, "the source mod-ua already", 1),
        (nothing, "https://t.me/generalstaffzsu", 2, "the source general-staff-ua already", 1),
    ],
)
def test_what_cannot_be_added_is_one_line_and_an_exit_code(
    home: Home, site: DemoSite, make: Callable[[DemoSite], None], url: str, code: int, line: str, lines: int | None
) -> None:
    make(site)
    done = add(home, site, url)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert last(done).startswith("communique: ") and line in last(done)
    assert done.stderr.count("communique: ") == 1 and "Traceback" not in done.stderr
    assert lines is None or done.stderr.count("\n") == lines
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--slug", "tide"], "there is a source tide already"),
        (["--slug", "ap"], "there is a source ap already"),
        (["--slug", "Ferry News"], "lower-case letters"),
        (["--timezone", "Europe/Nowhere"], "no time zone"),
        (["--name", " "], "must be a text"),
    ],
)
def test_options_are_looked_at_before_anything_is_asked(
    home: Home, site: DemoSite, options: list[str], line: str
) -> None:
    write_catalogue(home, outlet("tide"))
    before = home.sources.read_bytes()
    done = add(home, site, HOST, *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and line in done.stderr
    assert home.sources.read_bytes() == before and site.log == []


def test_a_catalogue_that_is_wrong_already_is_told_first(home: Home, site: DemoSite) -> None:
    write_catalogue(home, "[tide]\nname = 3\n")
    done = add(home, site, HOST)
    assert (done.returncode, site.log) == (2, []) and "sources.toml: [tide]" in done.stderr


def test_a_host_that_is_another_sources_needs_a_name(home: Home, site: DemoSite) -> None:
    write_catalogue(home, outlet("ferry"))
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    refused = add(home, site, HOST)
    assert (refused.returncode, last(refused)) == (
        2,
        "communique: ferry.example is of the source ferry already (--slug adds it all the same)",
    )
    assert add(home, site, HOST, "--slug", "ferry-two").returncode == 0
    assert {"ferry", "ferry-two"} <= catalogue(home.sources).keys()


def test_while_a_crawl_runs_nothing_is_written(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    with home.writing():
        done = add(home, site, HOST)
    assert (done.returncode, home.sources.exists()) == (75, False)
    assert "[ferry-example]" in done.stdout and last(done).startswith("communique: another command is writing")
    assert add(home, site, HOST).returncode == 0


def test_what_would_not_load_is_not_written(home: Home) -> None:
    write_catalogue(home, outlet("tide"))
    before = home.sources.read_bytes()
    for text in ("[ferry]\nname = 1\n", "[tide]\nname = 'x'\n", "[other]\n", "[ferry"):
        with pytest.raises(ConfigurationError):
            append(home, "ferry", text)
    with pytest.raises(ConfigurationError, match="already"):
        append(home, "tide", "")
    assert home.sources.read_bytes() == before
    assert {path.name for path in home.path.iterdir()} == {"sources.toml", "crawl.lock"}


def test_a_file_behind_a_link_is_written_where_it_lies(home: Home, tmp_path: Path) -> None:
    home.path.mkdir()
    lies = tmp_path / "elsewhere.toml"
    home.sources.symlink_to(lies)
    append(home, "tide", outlet("tide"))
    assert home.sources.is_symlink() and lies.read_text("utf-8") == outlet("tide")


def test_ctrl_c_ends_it(home: Home, site: DemoSite) -> None:
    site.respond("ferry.example", "/", lambda _: Answer(200, {}, b"", delay=20))
    arguments = ["add", HOST, "--home", str(home.path), "--delay", "0", f"--connect-to=*.example={site.address}"]
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 20
    while not site.log and time.monotonic() < limit:  # robots.txt was answered: the front page is next
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "") and "Traceback" not in err
    assert time.monotonic() - started < 10 and not home.path.exists()


# --- rights ---

SIGNAL = b"User-agent: *\nContent-Signal: search=yes,ai-train=no\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /\n"
SIGNALLED = "robots.txt Content-Signal: search=yes,ai-train=no; robots.txt Disallow: / for GPTBot"


def test_what_an_outlet_states_of_its_rights_stands_in_its_entry(home: Home, site: DemoSite) -> None:
    licence = "<a rel='license' href='https://licences.example/open'>Open Placeholder \"1.0\"</a>"
    rule = [{"location": "/news/", "tdm-reservation": 1, "tdm-policy": f"{HOST}/policy"}]
    head = "<meta name='robots' content='noai'>"
    site.add("ferry.example", "/", page(headlines(*PATHS) + licence, head), headers={"TDM-Reservation": "1"})
    site.add("ferry.example", "/robots.txt", SIGNAL, "text/plain")
    site.add("ferry.example", "/ai.txt", b"User-Agent: *\nDisallow: *\n", "text/plain")
    site.add("ferry.example", "/.well-known/tdmrep.json", json.dumps(rule).encode(), "application/json")
    done = add(home, site, HOST)
    table = entry(done)
    assert table["licence"] == 'Open Placeholder "1.0" (https://licences.example/open)'
    assert table["mining"] == (
        f"header TDM-Reservation: 1; tdmrep.json tdm-reservation: 1 for /news/ (tdm-policy {HOST}/policy);"
        f" meta robots: noai; {SIGNALLED}; ai.txt Disallow: *"
    )
    added = catalogue(home.sources)["ferry-example"]
    assert (added.source.licence, added.mining) == (table["licence"], table["mining"])
    for key in ("licence", "mining"):
        assert f"{key}, as the site states it: {table[key]}\n" in done.stderr
    assert f"rights {HOST}/ai.txt: 200\n" in done.stderr
    checked = check(home, site, "ferry-example", "--json")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert [row["mining"] for row in json.loads(checked.stdout)] == [table["mining"]]


def test_an_outlet_that_states_no_rights_gets_no_keys_for_them(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    for path in ("/ai.txt", "/.well-known/tdmrep.json"):  # one page for all that is not there
        site.add("ferry.example", path, page("<p>Disallow: all</p>"))
    done = add(home, site, HOST)
    assert not entry(done).keys() & {"licence", "mining"} and "as the site states it" not in done.stderr
    assert [hit.path for hit in site.log][:4] == ["/robots.txt", "/", "/ai.txt", "/.well-known/tdmrep.json"]


def test_files_that_robots_txt_disallows_are_not_asked_for(home: Home, site: DemoSite) -> None:
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    robots = b"User-agent: *\nDisallow: /.well-known/\n\nUser-agent: CCBot\nDisallow: /\n"
    site.add("ferry.example", "/robots.txt", robots, "text/plain")
    done = add(home, site, HOST)
    assert entry(done)["mining"] == "robots.txt Disallow: / for CCBot"
    assert f"rights {HOST}/.well-known/tdmrep.json: robots.txt disallows it\n" in done.stderr
    assert not [hit for hit in site.log if hit.path.startswith("/.well-known")]


def answers(site: DemoSite, path: str, status: int, headers: dict[str, str] | None = None) -> None:
    site.respond("ferry.example", path, lambda _: Answer(status, headers or {}, b""))


@pytest.mark.parametrize(
    ("known", "make", "mining", "line"),
    [
        (None, None, SIGNALLED, f"its site states {SIGNALLED}; the catalogue says nothing"),
        ("reserved", None, SIGNALLED, f"its site states {SIGNALLED}; the catalogue says reserved"),
        (f" {SIGNALLED}\n", None, SIGNALLED, None),
        ("reserved", lambda site: answers(site, "/robots.txt", 404), None, "its site states nothing; the catalogue says reserved"),
        (None, lambda site: answers(site, "/robots.txt", 404), None, None),
        # what could not be read may state what the catalogue says
        ("reserved", lambda site: answers(site, "/", 403), SIGNALLED, None),
        ("reserved", lambda site: answers(site, "/ai.txt", 503), SIGNALLED, None),
        ("reserved", lambda site: answers(site, "/ai.txt", 429), SIGNALLED, None),
        ("reserved", lambda site: answers(site, "/ai.txt", 302, {"Location": "/ai.txt"}), SIGNALLED, None),
        ("reserved", lambda site: answers(site, "/ai.txt", 403), SIGNALLED, f"its site states {SIGNALLED}; the catalogue says reserved"),
    ],
)  # fmt: skip
def test_a_check_says_where_a_reservation_is_not_what_the_catalogue_says(
    home: Home,
    site: DemoSite,
    known: str | None,
    make: Callable[[DemoSite], None] | None,
    mining: str,
    line: str | None,
) -> None:
    write_catalogue(home, outlet("ferry", "/all.xml", "/none.xml", **({"mining": known} if known else {})))
    site.add("ferry.example", "/", page(headlines(*PATHS)))
    site.add("ferry.example", "/all.xml", rss(*PATHS), XML)
    site.add("ferry.example", "/robots.txt", SIGNAL, "text/plain")
    if make:
        make(site)
    done = check(home, site, "ferry", "--nl")
    assert done.returncode == 0  # a statement that changed is no failure
    assert [json.loads(row)["mining"] for row in done.stdout.splitlines()] == [mining, mining]
    assert done.stderr == (f"communique: ferry: mining: {line}\n" if line else "")
    csv = check(home, site, "ferry", "--csv")
    assert csv.stdout.splitlines()[0].endswith(",newest,mining,hints")


def test_what_a_shared_host_states_is_not_the_channels(home: Home, site: DemoSite) -> None:
    write_catalogue(home, outlet("ferry", "/all.xml", homepage="https://t.me/ferry"))
    site.add("ferry.example", "/all.xml", rss(*PATHS), XML)
    done = check(home, site, "ferry", "--json", f"--connect-to=t.me={site.address}")
    assert [row["mining"] for row in json.loads(done.stdout)] == [None]
    assert {hit.host for hit in site.log} == {"ferry.example"}


# --- sources check ---


def test_each_way_is_asked_and_what_it_brought_is_told(home: Home, site: DemoSite) -> None:
    ferry = outlet("ferry", "/all.xml", "/news", articles=["^/news/."]) + "".join(
        f"[[ferry.{name}]]\nkind = '{kind}'\nurl = '{HOST}{path}'\n"
        for name, kind, path in (
            ("discovery", "sitemap", "/maps.xml"),
            ("discovery", "feed", "/private/all.rss"),
            ("fallback", "wordpress", "/wp-json/wp/v2/posts"),
            ("fallback", "listing", "/empty"),
        )
    )
    write_catalogue(home, ferry + outlet("tide", "/none.xml") + outlet("asleep", "/", paused=True))
    site.add("ferry.example", "/robots.txt", b"User-agent: *\nDisallow: /private/\n", "text/plain")
    site.add("ferry.example", "/all.xml", rss(*PATHS, "/about"), XML)
    site.add("ferry.example", "/news", page(headlines(*PATHS)))
    site.add("ferry.example", "/maps.xml", index("/m1.xml", "/m2.xml"), XML)
    site.add("ferry.example", "/m1.xml", urlset(*PATHS[:2]), XML)
    site.add("ferry.example", "/empty", page("<p>Nothing.</p>"))
    done = check(home, site, "ferry", "tide", "--json")
    found = json.loads(done.stdout)
    assert [(row["source"], row["asked"], row["kind"], row["answer"], row["found"], row["articles"], row["newest"]) for row in found] == [
        ("ferry", "discovery", "feed", "200", 7, 6, "2026-11-02"),
        ("ferry", "discovery", "listing", "200", 6, 6, None),
        ("ferry", "discovery", "sitemap", "200", 2, 2, "2099-01-01"),
        ("ferry", "discovery", "feed", "robots.txt disallows it", 0, 0, None),
        ("ferry", "fallback", "wordpress", "404", 0, 0, None),
        ("ferry", "fallback", "listing", "200", 0, 0, None),
        ("tide", "discovery", "feed", "404", 0, 0, None),
    ]  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "communique: tide: no way brings an article\n")
    assert not [hit for hit in site.log if hit.path.startswith("/private") or hit.path == "/m2.xml"]
    assert {path.name for path in home.path.iterdir()} == {"sources.toml"}


def test_how_hints_match_on_the_newest_pages_is_told(home: Home, site: DemoSite) -> None:
    ferry = outlet("ferry", "/all.xml", articles=["^/news/."])
    write_catalogue(home, ferry + '[ferry.hints]\ncontainer = "div.story"\ndrop = [".none", "p.gone"]\n')
    site.add("ferry.example", "/all.xml", rss(*PATHS), XML)
    for path in PATHS[:-1]:
        site.add("ferry.example", path, page("<div class='story'><p>A text.</p></div>"))
    site.add("ferry.example", PATHS[-1], page("<div><p class='gone'>A text.</p></div>"))
    done = check(home, site, "ferry", "--json")
    [row] = json.loads(done.stdout)
    asked = [hit.path for hit in site.log if hit.path in PATHS]
    assert len(asked) == 3
    told = sum(path != PATHS[-1] for path in asked)
    assert row["hints"] == f"of 3 of its newest pages: container matches on {told}, drop matches on {3 - told}"
    assert (done.returncode, done.stderr) == (0, f"communique: ferry: hints: {row['hints']}\n")


def test_the_home_may_stand_before_the_word_check(home: Home, site: DemoSite) -> None:
    write_catalogue(home, outlet("ferry", "/all.xml"))
    site.add("ferry.example", "/all.xml", rss(*PATHS), XML)
    reach = f"--connect-to=*.example={site.address}"
    done = command("sources", "--home", str(home.path), "check", "ferry", reach)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:7] == ["source", "kind", "url", "answer", "found", "articles", "newest"]
    assert f"{HOST}/all.xml" in done.stdout and "2026-11-02" in done.stdout
    wrong = command("sources", "--json", "--home", str(home.path), "check", "ferry", reach)
    assert (wrong.returncode, wrong.stdout) == (2, "") and "--json stands behind check" in wrong.stderr


def test_sources_alone_lists_them_as_before(home: Home) -> None:
    write_catalogue(home, outlet("ferry"))
    done = command("sources", "--home", str(home.path), "--json")
    listed = {row["name"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0 and listed["ferry"]["discovery"] == f"listing {HOST}/"
    assert listed["mod-ua"]["state"] == "not crawled yet"
    unknown = command("sources", "check", "no-such", "--home", str(home.path))
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1) and "no such source" in unknown.stderr

"""Feeds and listings: every address an outlet names, and nothing that is no page of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parsel import Selector

from archive.workers import Workers
from crawler.spiders import feed as feeds
from crawler.spiders import listing as listings

SITE = "https://news.vardania.example"
FEED = f"{SITE}/en/feed.xml"
LIST = f"{SITE}/en/list?page=1"


def rss(*links: str, head: str = "", encoding: str = "utf-8") -> bytes:
    items = "".join(f"<item><title>x</title><link>{link}</link></item>" for link in links)
    channel = f"<channel><title>t</title><link>{SITE}/</link>{items}</channel>"
    return f'<?xml version="1.0" encoding="{encoding}"?>{head}<rss version="2.0">{channel}</rss>'.encode(encoding)


def feed(body: bytes, content_type: str | None = "application/rss+xml") -> list[str]:
    return [page.url for page in feeds.feed(body, FEED, content_type).found]


def test_an_rss_feed_names_its_pages_in_order_each_once() -> None:
    assert feed(
        rss(f"{SITE}/a", "/b", "c", f"{SITE}/a", f"\n {SITE}/d?x=1&amp;y=2 \n", f"<![CDATA[ {SITE}/e ]]>")
    ) == [
        f"{SITE}/a",
        f"{SITE}/b",
        f"{SITE}/en/c",
        f"{SITE}/d?x=1&y=2",
        f"{SITE}/e",
    ]


def test_an_atom_feed_names_its_alternate_pages_and_not_its_files() -> None:
    body = b"""<?xml version="1.0"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://news.vardania.example/uk/">
      <link rel="self" href="/feed"/>
      <entry><link rel="self" href="/self"/><link rel="alternate" href="a1"/></entry>
      <entry><link href="https://news.vardania.example/a2"/></entry>
      <entry><link rel="enclosure" href="/x.mp3"/><link rel="alternate" type="text/html" href="/a3"/></entry>
    </feed>"""
    assert feed(body, "application/atom+xml") == [f"{SITE}/uk/a1", f"{SITE}/a2", f"{SITE}/a3"]


def test_a_permanent_guid_is_an_address_and_another_is_not() -> None:
    body = rss(f"{SITE}/a").replace(
        b"</channel>",
        b"<item><guid>https://news.vardania.example/g</guid></item>"
        b'<item><guid isPermaLink="false">12</guid></item></channel>',
    )
    assert feed(body) == [f"{SITE}/a", f"{SITE}/g"]


@pytest.mark.parametrize("content_type", [None, "", "text/html", "text/plain", "application/xml; charset=utf-8"])
def test_a_feed_is_one_under_every_type_it_is_sent_with(content_type: str | None) -> None:
    assert feed(rss("/a"), content_type) == [f"{SITE}/a"]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-r"])
def test_a_feed_is_read_in_the_charset_it_declares(encoding: str) -> None:
    assert feed(rss("/новини#top", encoding=encoding)) == [f"{SITE}/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"]


def test_a_torn_feed_still_names_the_pages_before_the_tear() -> None:
    assert feed(rss("/a", "/b")[:-60])[:1] == [f"{SITE}/a"]


def test_a_feed_with_bare_ampersands_is_read() -> None:
    assert feed(rss("/a?x=1&y=2", "/b")) == [f"{SITE}/a?x=1&y=2", f"{SITE}/b"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        bytes(range(256)),
        b"<html><body><a href=/a>x</a></body></html>",
        b'{"items": [{"url": "/a"}]}',
        rss(),
    ],
)
def test_what_is_no_feed_names_no_page(body: bytes) -> None:
    assert feed(body) == []


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.binary(max_size=80), st.integers(40, 200))
def test_no_bytes_break_the_reading_of_a_feed(data: bytes, at: int) -> None:
    body = rss("/a", "/b")
    feed(body[:at] + data + body[at:])


@pytest.mark.parametrize("name", [b"no-such-charset", b"utf\0", b"\x80"])
def test_a_feed_with_a_charset_that_is_none_is_read_or_is_no_feed(name: bytes) -> None:
    assert feed(rss("/a").replace(b"utf-8", name)) in ([], [f"{SITE}/a"])


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS = [
    rss("/a", head=f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>').replace(b"<title>x", b"<title>&l11;"),
    rss("/a", "/&l11;", head=f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'),
    rss("/a", "/" + "&a;" * 2_000, head=f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'),
]


@pytest.mark.parametrize("body", BOMBS, ids=["title", "link", "quadratic"])
def test_a_bomb_of_entities_is_not_blown_up(body: bytes) -> None:
    workers = Workers(1)
    try:
        brought = workers.submit(feeds.feed, body, FEED, "text/xml", timeout=20).result()
    finally:
        workers.close(wait_for=False)
    assert brought.found[0].url == f"{SITE}/a"
    assert sum(len(page.url) for page in brought.found) < 100_000


def test_a_feed_reads_no_file_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("hidden-in-a-file")
    head = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    assert "hidden-in-a-file" not in "".join(feed(rss("/&x;", "/a", head=head)))


@pytest.mark.parametrize(
    "link",
    [
        "http://[bad",
        "javascript:alert(1)",
        "mailto:press@vardania.example",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://v.example/a",
        "http://news.vardania.example:bad/",
    ],
)
def test_a_feeds_link_that_is_no_page_costs_only_itself(link: str) -> None:
    assert feed(rss("/a", link, "/b")) == [f"{SITE}/a", f"{SITE}/b"]


# --- listings ---


def listing(source: str, links: str = "body", following: str | None = None) -> tuple[list[str], str | None]:
    brought = listings.listing(Selector(text=source), LIST, links, following)
    return [page.url for page in brought.found], next((step.url for step in brought.further), None)


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("/a", f"{SITE}/a"),
        ("b", f"{SITE}/en/b"),
        ("../b", f"{SITE}/b"),
        ("?page=3", f"{SITE}/en/list?page=3"),
        ("//www.news.vardania.example/c", "https://www.news.vardania.example/c"),
        ("http://news.vardania.example/d", "http://news.vardania.example/d"),
        (" /sp\n", f"{SITE}/sp"),
        ("/новини", f"{SITE}/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
        ("/a b", f"{SITE}/a%20b"),
        ("/a#part", f"{SITE}/a"),
        ("https://other.example/x", None),
        ("https://news.vardania.example.evil.example/x", None),
        ("https://sub.news.vardania.example/x", None),
        ("javascript:open()", None),
        ("JavaScript:open()", None),
        ("mailto:press@vardania.example", None),
        ("tel:+380441234567", None),
        ("data:text/html,x", None),
        ("http://[bad", None),
        ("http://news.vardania.example:bad/", None),
    ],
)
def test_a_listing_names_pages_of_its_own_site(href: str, wanted: str | None) -> None:
    found, following = listing(f"<html><body><p>x</p><a href='{href}'>Harbour</a></body></html>")
    assert found == ([wanted] if wanted else [])
    assert following is None


def test_a_listing_keeps_its_order_and_names_each_page_once() -> None:
    found, _ = listing('<a href="/b">1</a><a href="/a">2</a><a href="/b#c">3</a><a>none</a>')
    assert found == [f"{SITE}/b", f"{SITE}/a"]


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("/uk/", [f"{SITE}/uk/a"]),
        (f"{SITE}/de/x", [f"{SITE}/de/a"]),
        ("https://other.example/", []),
        ("", [f"{SITE}/en/a"]),
        ("http://[bad", [f"{SITE}/en/a"]),
    ],
)
def test_the_base_of_a_listing_counts(base: str, wanted: list[str]) -> None:
    found, _ = listing(f'<head><base href="{base}"></head><body><a href="a">x</a><a href="{SITE}/z">y</a></body>')
    assert found == [*wanted, f"{SITE}/z"]


def test_only_the_named_parts_of_a_listing_hold_articles() -> None:
    source = (
        '<nav><a href="/n">x</a></nav><div class="news"><div class="news"><a href="/a">1</a></div></div>'
        '<h2 class="news"><a href="/b">2</a></h2><a class="next" href="?page=2">next</a>'
    )
    assert listing(source, ".news", "a.next") == ([f"{SITE}/a", f"{SITE}/b"], f"{SITE}/en/list?page=2")


def test_links_may_be_named_themselves() -> None:
    assert listing('<a class="item" href="/a">1</a><a href="/b">2</a>', "a.item")[0] == [f"{SITE}/a"]


@pytest.mark.parametrize(
    ("element", "selector"),
    [
        ('<a class="next" href="javascript:more()">', "a.next"),
        ('<a class="next">', "a.next"),
        ("<span>", "a.next"),
        ('<a class="next" href="">', "a.next"),
    ],
)
def test_a_next_page_that_is_none_ends_the_listing(element: str, selector: str) -> None:
    assert listing(f"<body>{element}</body>", "body", selector)[1] is None


def test_a_next_page_may_stand_in_the_head() -> None:
    assert listing('<head><link rel="next" href="/p2"></head>', "body", "link[rel=next]")[1] == f"{SITE}/p2"


def test_a_next_page_of_another_site_is_not_followed() -> None:
    assert listing('<a class="next" href="https://other.example/2">', "body", "a.next")[1] is None


@pytest.mark.parametrize("source", ["", "<html></html>", "\0", "no markup"])
def test_an_empty_listing_names_no_page(source: str) -> None:
    assert listing(source, "body", "a.next") == ([], None)

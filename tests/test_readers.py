"""The readers of discovery answers: what each brings from answers in the shapes outlets send, and from hostile ones."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring
from parsel import Selector

from archive.post import TITLE, Post, is_post, read_post
from crawler.discovery import Brought, Found, Further
from crawler.spiders import answer, endpoint, feed, listing, sitemap, telegram, wayback, wordpress

SITE = "https://news.vardania.example"
MAP = f"{SITE}/sitemap.xml"
POSTS = f"{SITE}/wp-json/wp/v2/posts"
SEARCH = "https://mod.gov.ua/lookup/search"
ARTICLE = "https://mod.gov.ua/en/news/{slug}"
CHANNEL = "https://t.me/s/vardania"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def urls(brought: Brought) -> list[str]:
    return [page.url for page in brought.found]


def steps(brought: Brought) -> list[str]:
    return [step.url for step in brought.further]


# --- moments and addresses ---


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-04-12T07:32:00+03:00", at(2026, 4, 12, 4, 32)),
        ("2026-04-12T04:32:00Z", at(2026, 4, 12, 4, 32)),
        ("2026-04-12T04:32:00.123Z", at(2026, 4, 12, 4, 32, 0, 123_000)),
        ("2026-04-12T04:32+00:00", at(2026, 4, 12, 4, 32)),
        ("2026-04-12T04:32:00", at(2026, 4, 12, 4, 32)),
        (" 2026-04-12 ", at(2026, 4, 12)),
        ("2026-04", None),
        ("0000-00-00T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-02-31", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("yesterday", None),
        ("2" * 1_000_000, None),
        ("", None),
        (None, None),
        (20260412, None),
    ],
)
def test_a_moment_is_utc_or_none(text: object, wanted: datetime | None) -> None:
    assert answer.moment(text) == wanted


def test_an_address_that_is_too_long_is_left_out_not_cut() -> None:
    fits = f"{SITE}/{'a' * (answer.ADDRESS - len(SITE) - 1)}"
    assert answer.address(SITE, fits) == fits
    assert answer.address(SITE, f"{fits}a") is None
    assert answer.address(SITE, f"{SITE}/{'ї' * (answer.ADDRESS // 2)}") is None  # too long once encoded


# --- feeds: their dates (their addresses: test_spiders.py) ---


def rss(*items: str) -> bytes:
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    return f'<rss version="2.0" {names}><channel>{"".join(items)}</channel></rss>'.encode()


def read_feed(body: bytes) -> tuple[Found, ...]:
    return feed.feed(body, f"{SITE}/feed/", "application/xml").found


def test_an_rss_item_states_when_it_came_out() -> None:
    item = "<item><link>/a</link><pubDate>Sun, 12 Apr 2026 07:32:00 +0300</pubDate></item>"
    assert read_feed(rss(item)) == (Found(f"{SITE}/a", None, at(2026, 4, 12, 4, 32)),)


def test_an_rss_item_may_state_when_it_changed() -> None:
    item = "<item><link>/a</link><pubDate>Sun, 12 Apr 2026 07:32:00 +0300</pubDate>{}</item>"
    later = "<atom:updated>2026-04-12T06:00:00Z</atom:updated>"
    same = "<dc:date>2026-04-12T04:32:00Z</dc:date>"
    assert read_feed(rss(item.format(later)))[0].modified == at(2026, 4, 12, 6)
    assert read_feed(rss(item.format(same)))[0].modified is None


def test_a_date_alone_in_rss_is_when_it_came_out() -> None:
    item = "<item><link>/a</link><dc:date>2026-04-12T04:32:00Z</dc:date></item>"
    assert read_feed(rss(item)) == (Found(f"{SITE}/a", None, at(2026, 4, 12, 4, 32)),)


def test_an_atom_entry_states_both() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom">
      <entry><link href="/a"/><published>2026-04-12T07:32:00+03:00</published>
        <updated>2026-04-13T00:00:00Z</updated></entry>
      <entry><link href="/b"/><updated>2026-04-14T00:00:00Z</updated></entry>
      <entry><link href="/c"/></entry>
    </feed>"""
    assert read_feed(body) == (
        Found(f"{SITE}/a", at(2026, 4, 13), at(2026, 4, 12, 4, 32)),
        Found(f"{SITE}/b", at(2026, 4, 14)),
        Found(f"{SITE}/c"),
    )


@pytest.mark.parametrize("date", ["", "soon", "Sun, 99 Apr 2026 99:99:99 GMT", "0000-00-00", "1" * 100_000])
def test_a_date_that_is_none_costs_only_itself(date: str) -> None:
    item = f"<item><link>/a</link><pubDate>{date}</pubDate></item>"
    assert read_feed(rss(item)) == (Found(f"{SITE}/a"),)


@pytest.mark.parametrize("bad", ["&#55357;&#56832;", "&#xD83D;", "&#99999999;", f"&#{'9' * 5_000};", "&#x110000;"])
def test_a_reference_to_no_character_costs_only_itself(bad: str) -> None:
    item = f"<item><title>x {bad} &#38;</title><link>/a?x=1&#38;y=2</link></item>"
    assert [page.url for page in read_feed(rss(item, "<item><link>/b&#x41;</link></item>"))] == [
        f"{SITE}/a?x=1&y=2",
        f"{SITE}/bA",
    ]


def test_a_feed_that_is_too_long_is_read_to_its_last_whole_entry() -> None:
    items = [f"<item><link>/{n}</link><description>{'x' * 1_000_000}</description></item>" for n in range(6)]
    assert [page.url for page in read_feed(rss(*items))] == [f"{SITE}/{n}" for n in range(4)]
    assert read_feed(rss(f"<item><description>{'x' * 6_000_000}</description><link>/a</link></item>")) == ()


# --- listings: their next page (their addresses: test_spiders.py) ---


def listed(
    source: str,
    url: str,
    number: int = 1,
    following: str | None = None,
    pattern: str | None = None,
    first: str | None = None,
) -> Brought:
    return listing.listing(Selector(text=source), url, "body", following, pattern, number, first)


@pytest.mark.parametrize(
    ("pattern", "first", "url", "number", "wanted"),
    [
        ("?page={n}", f"{SITE}/en/news/all", f"{SITE}/en/news/all", 1, f"{SITE}/en/news/all?page=2"),
        ("?page={n}", f"{SITE}/en/news/all", f"{SITE}/en/news/all?page=9", 9, f"{SITE}/en/news/all?page=10"),
        ("page/{n}/", f"{SITE}/2024/05/", f"{SITE}/2024/05/page/2/", 2, f"{SITE}/2024/05/page/3/"),
        ("/news/page/{n}/", f"{SITE}/news/", f"{SITE}/news/", 1, f"{SITE}/news/page/2/"),
        ("?page={n}", f"{SITE}/news", f"{SITE}/news?page=2", 1, None),  # would be this very page
        ("https://other.example/{n}", f"{SITE}/news", f"{SITE}/news", 1, None),
    ],
)
def test_a_listing_that_numbers_its_pages_goes_on(
    pattern: str, first: str, url: str, number: int, wanted: str | None
) -> None:
    brought = listed('<a href="/a">x</a>', url, number, pattern=pattern, first=first)
    assert urls(brought) == [f"{SITE}/a"]
    assert steps(brought) == ([wanted] if wanted else [])


def test_a_numbered_listing_ends_with_the_page_that_names_nothing() -> None:
    assert listed("<p>none</p>", f"{SITE}/news", pattern="?page={n}").further == ()


def test_a_link_to_the_next_page_goes_before_the_number() -> None:
    source = '<a href="/a">x</a><a class="next" href="{}">next</a>'

    def following(page: str) -> list[str]:
        return steps(listed(page, f"{SITE}/news", following="a.next", pattern="?page={n}"))

    assert following(source.format("/older")) == [f"{SITE}/older"]
    assert following(source.format("javascript:x")) == []
    assert following('<a href="/a">x</a>') == [f"{SITE}/news?page=2"]


@pytest.mark.parametrize("source", ['{"a": "/b"}', "[1]", "null"])
def test_a_listing_that_is_json_names_nothing(source: str) -> None:
    assert listed(source, SITE, following="a", pattern="?page={n}") == Brought()


def test_a_listing_of_too_many_pages_is_cut() -> None:
    source = "".join(f'<a href="/{n}">x</a>' for n in range(answer.ENTRIES + 10))
    assert len(listed(source, SITE).found) == answer.ENTRIES


# --- sitemaps ---

SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*entries: tuple[str, str | None], head: str = "", encoding: str = "UTF-8") -> bytes:
    body = "".join(
        f"<url><loc>{loc}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>" for loc, lastmod in entries
    )
    return f'<?xml version="1.0" encoding="{encoding}"?>{head}<urlset {SITEMAPS}>{body}</urlset>'.encode(encoding)


def index(*entries: tuple[str, str | None]) -> bytes:
    return urlset(*entries).replace(b"urlset", b"sitemapindex").replace(b"url>", b"sitemap>")


def test_a_sitemap_is_sorted_newest_first_and_what_has_no_date_stands_last() -> None:
    body = urlset(
        ("/none-1", None),
        ("/old", "2022-02-24"),
        ("/new", "2026-04-12T07:32:00+03:00"),
        ("/none-2", None),
        ("/day", "2026-04-12"),
        ("/old", "2021-01-01"),
    )
    assert sitemap.sitemap(body, MAP) == Brought(
        (
            Found(f"{SITE}/new", at(2026, 4, 12, 4, 32)),
            Found(f"{SITE}/day", at(2026, 4, 12)),
            Found(f"{SITE}/old", at(2022, 2, 24)),
            Found(f"{SITE}/none-1"),
            Found(f"{SITE}/none-2"),
        )
    )


def test_a_news_sitemap_says_when_its_pages_came_out_and_its_images_are_no_pages() -> None:
    body = f"""<?xml version="1.0"?>
    <urlset {SITEMAPS} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <url><image:image><image:loc>https://img.example/1.jpg</image:loc></image:image>
        <loc> {SITE}/a </loc><!-- first --><changefreq>daily</changefreq>
        <news:news><news:publication><news:name>Placeholder</news:name></news:publication>
        <news:publication_date>2026-04-12T07:32:00+03:00</news:publication_date></news:news></url>
      <url><image:image><image:loc>https://img.example/2.jpg</image:loc></image:image></url>
      <url><loc>{SITE}/b</loc><lastmod>2026-04-12T05:00:00Z</lastmod></url>
    </urlset>""".encode()
    assert sitemap.sitemap(body, MAP).found == (
        Found(f"{SITE}/b", at(2026, 4, 12, 5)),
        Found(f"{SITE}/a", None, at(2026, 4, 12, 4, 32)),
    )


def test_an_index_brings_the_sitemaps_that_match_newest_first() -> None:
    body = index(
        ("/posts-1.xml", "2024-01-01"),
        ("/tags.xml", "2026-04-12"),
        ("/posts-2.xml", "2026-04-11T00:00:00Z"),
        ("/posts-3.xml.gz", None),
        ("https://www.news.vardania.example/posts-4.xml", "2026-04-10"),
        ("https://other.example/posts-5.xml", "2026-04-12"),
        (MAP, "2026-04-12"),
        ("/posts-2.xml", "2020-01-01"),
    )
    assert sitemap.sitemap(body, MAP, re.compile("posts"), at(2025, 1, 1)) == Brought(
        (),
        (
            Further(f"{SITE}/posts-2.xml", None, at(2026, 4, 11)),
            Further("https://www.news.vardania.example/posts-4.xml", None, at(2026, 4, 10)),
            Further(f"{SITE}/posts-3.xml.gz"),
        ),
    )


@pytest.mark.parametrize(
    ("lastmod", "stays"),
    [
        ("2026-04-12T05:59:59Z", False),
        ("2026-04-12T06:00:00Z", True),
        ("2026-04-12T08:59:59+03:00", False),
        ("2026-04-12", True),  # may be this evening
        ("2026-04-11", True),  # that day ends at noon of the next, on the other side of the earth
        ("2026-04-10", False),
        ("no date", True),
        (None, True),
    ],
)
def test_what_changed_last_before_since_is_left_out(lastmod: str | None, stays: bool) -> None:
    brought = sitemap.sitemap(urlset(("/a", lastmod)), MAP, None, at(2026, 4, 12, 6))
    assert urls(brought) == ([f"{SITE}/a"] if stays else [])


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-r", "utf-16"])
def test_a_sitemap_is_read_in_its_encoding(encoding: str) -> None:
    body = urlset(("/новини", None), encoding=encoding)
    assert urls(sitemap.sitemap(body, MAP)) == [f"{SITE}/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"]


@pytest.mark.parametrize("name", ["no-such", "iso-8859-99", "punycode", "zlib", "\x80"])
def test_an_encoding_that_is_none_is_utf_8(name: str) -> None:
    body = urlset(("/a", None)).replace(b"UTF-8", name.encode("latin-1"))
    assert urls(sitemap.sitemap(body, MAP)) == [f"{SITE}/a"]


def test_bytes_that_are_no_utf_8_cost_only_their_entry() -> None:
    body = urlset(("/a", None), ("/X", None), ("/b", None)).replace(b"X", b"\xff\x00\x0b")
    assert urls(sitemap.sitemap(body, MAP))[::2] == [f"{SITE}/a", f"{SITE}/b"]


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\n \n"])
def test_a_sitemap_may_begin_with_a_mark_or_blanks(start: bytes) -> None:
    assert urls(sitemap.sitemap(start + urlset(("/a", None)), MAP)) == [f"{SITE}/a"]


def test_an_ampersand_stays_in_its_address_however_it_is_written() -> None:
    body = urlset(
        ("/a?x=1&y=2", None),
        ("/b?x=1&amp;y=2", None),
        ("<![CDATA[/c?x=1&y=2]]>", None),
        ("/d?x=1&#38;y=2", None),
        ("/e?x=&nbsp;1&amp;y=2", None),
    )
    assert urls(sitemap.sitemap(body, MAP)) == [
        *(f"{SITE}/{name}?x=1&y=2" for name in "abcd"),
        f"{SITE}/e?x=&nbsp;1&y=2",
    ]


def test_a_sitemap_of_lines_names_addresses_alone() -> None:
    body = f"\ufeff{SITE}/a\r\nNot found\n  {SITE}/b\n/c\njavascript:x\n".encode()
    assert urls(sitemap.sitemap(body, MAP)) == [f"{SITE}/a", f"{SITE}/b"]


def test_a_sitemap_may_be_a_gzip_file() -> None:
    body = gzip.compress(urlset(("/a", None)))
    assert urls(sitemap.sitemap(body, f"{MAP}.gz")) == [f"{SITE}/a"]
    assert sitemap.sitemap(body[:-12], f"{MAP}.gz") == Brought()
    assert sitemap.sitemap(b"\x1f\x8b", f"{MAP}.gz") == Brought()


def test_a_gzip_bomb_is_not_unpacked() -> None:
    assert sitemap.sitemap(gzip.compress(bytes(80 << 20), 9), f"{MAP}.gz") == Brought()


def test_a_torn_sitemap_names_the_pages_before_the_tear() -> None:
    body = urlset(("/a", None), ("/b", None), ("/c", None))
    assert urls(sitemap.sitemap(body[: body.index(b"/c") + 2], MAP)) == [f"{SITE}/a", f"{SITE}/b"]


def test_of_60_000_unsorted_entries_the_newest_stay() -> None:
    start = at(2026, 1, 1)
    dates = [(start + timedelta(minutes=n * 7919 % 60_000)).isoformat() for n in range(60_000)]
    found = sitemap.sitemap(urlset(*((f"/{n}", date) for n, date in enumerate(dates))), MAP).found
    assert len(found) == answer.ENTRIES
    assert found[0].modified == start + timedelta(minutes=59_999)
    assert found[-1].modified == start + timedelta(minutes=10_000)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
LONG = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'


@pytest.mark.parametrize(
    "body",
    [
        urlset(("/a", None), ("/&l11;", None), head=f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'),
        urlset(("/a", None), ("/" + "&a;" * 20_000, None), head=LONG),
        urlset(("/a", None)).replace(b"</urlset>", b'<url x="' + b"&a;" * 20_000 + b'"/></urlset>'),
        urlset(("/a", None), head='<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>'),
        urlset(("/a", None)).replace(b"</urlset>", b"<url>" * 1_000_000),
        urlset(("/a", None)).replace(b"</urlset>", b"<url><loc>" + b"a" * 20_000_000),
        urlset(("/a", None)).replace(b"</urlset>", b"&x;" * 2_000_000),
        urlset(("/a", None)).replace(b"</urlset>", b"<![CDATA[" * 1_000_000),
    ],
    ids=["laughs", "quadratic", "attribute", "outside", "deep", "long", "references", "cdata"],
)
def test_a_document_that_is_meant_to_break_its_reader_brings_what_stands_before(body: bytes) -> None:
    found = sitemap.sitemap(body, MAP).found
    assert found[0].url == f"{SITE}/a"
    assert sum(len(page.url) for page in found) < 2 * answer.ADDRESS


def test_a_sitemap_reads_no_file_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("hidden-in-a-file")
    head = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    found = urls(sitemap.sitemap(urlset(("/&x;", None), ("/a", None), head=head), MAP))
    assert f"{SITE}/a" in found
    assert "hidden-in-a-file" not in "".join(found)


@pytest.mark.parametrize("loc", ["javascript:alert(1)", "http://[bad", "mailto:a@b.example", "", "ftp://v.example/"])
def test_a_location_that_is_no_page_costs_only_itself(loc: str) -> None:
    assert urls(sitemap.sitemap(urlset(("/a", None), (loc, None), ("/b", None)), MAP)) == [f"{SITE}/a", f"{SITE}/b"]


def test_robots_txt_names_sitemaps() -> None:
    robots = "User-agent: *\nDisallow: /x\n sitemap : /a.xml\r\nSITEMAP:https://cdn.example/b.xml # ours\nSitemap:\n"
    robots += "Sitemap: javascript:x\nSitemap: /a.xml\nNotasitemap: /c.xml\n"
    assert sitemap.sitemaps_of(robots, f"{SITE}/robots.txt")[:1] == [f"{SITE}/a.xml"]
    assert [one.split()[0][:25] for one in sitemap.sitemaps_of(robots, f"{SITE}/robots.txt")] == [
        f"{SITE}/a.xml"[:25],
        "https://cdn.example/b.xml",
    ]


# --- WordPress ---


def post(number: int, **more: object) -> dict[str, object]:
    return {"link": f"{SITE}/{number}/", "date_gmt": "2026-04-12T04:32:00", **more}


def test_wordpress_is_asked_for_what_changed_since() -> None:
    wanted = f"{POSTS}?per_page=100&_fields=link,date_gmt,modified_gmt&orderby=modified&order=desc"
    assert wordpress.first(POSTS, None) == wanted
    since = datetime(2026, 4, 12, 7, 32, tzinfo=timezone(timedelta(hours=3)))
    assert wordpress.first(POSTS, since) == f"{wanted}&modified_after=2026-04-12T04:31:59Z"


def test_an_interface_that_stands_in_the_query_stays_there() -> None:
    asked = wordpress.first(f"{SITE}/?rest_route=/wp/v2/posts&search=front+line&per_page=10", None)
    query = parse_qs(urlsplit(asked).query)
    assert (query["rest_route"], query["search"], query["per_page"]) == (["/wp/v2/posts"], ["front line"], ["100"])


def test_posts_of_wordpress_state_when_they_came_out_and_changed() -> None:
    body = json.dumps(
        [
            post(1, modified_gmt="2026-04-13T00:00:00"),
            post(2, modified_gmt="0000-00-00T00:00:00"),
            {"link": "/3/"},
            {"link": "javascript:x"},
            {"link": ["/4/"]},
            "5",
            post(1),
        ]
    ).encode()
    assert wordpress.wordpress(body, POSTS) == Brought(
        (
            Found(f"{SITE}/1/", at(2026, 4, 13), at(2026, 4, 12, 4, 32)),
            Found(f"{SITE}/2/", None, at(2026, 4, 12, 4, 32)),
            Found(f"{SITE}/3/"),
        )
    )


@pytest.mark.parametrize(
    ("query", "posts", "wanted"),
    [
        ("", 100, "2"),
        ("?per_page=100&page=2&orderby=modified", 100, "3"),
        ("?page=2", 99, None),
        ("?page=2", 0, None),
        ("?page=x", 100, None),
        ("?page=" + "9" * 30, 100, None),
    ],
)
def test_a_full_page_of_posts_has_a_next_one(query: str, posts: int, wanted: str | None) -> None:
    body = json.dumps([post(n) for n in range(posts)]).encode()
    found = steps(wordpress.wordpress(body, POSTS + query))
    assert [parse_qs(urlsplit(step).query)["page"] for step in found] == ([[wanted]] if wanted else [])
    assert all(("orderby=modified" in step) == ("orderby" in query) for step in found)


# --- the endpoint of mod.gov.ua ---


def hits(*sources: object, total: object = None) -> bytes:
    return json.dumps({"took": 3, "hits": {"total": total, "hits": [{"_source": one} for one in sources]}}).encode()


def test_the_endpoint_is_asked_for_news_of_a_locale_newest_first() -> None:
    asked = endpoint.query(SEARCH, "uk", 50)
    assert asked.url == SEARCH
    body = json.loads(asked.body or "")
    assert (body["from"], body["size"]) == (50, 50)
    assert body["query"]["bool"]["must"] == [{"term": {"locale": "uk"}}, {"term": {"type": "news"}}]
    assert body["sort"] == [{"publishedAt": {"order": "desc"}}]


def test_hits_are_articles_at_the_address_their_slug_makes() -> None:
    body = hits(
        {"slug": "placeholder-story-one", "publishedAt": "2026-04-12T04:32:00.000Z", "locale": "en"},
        {"slug": "placeholder-story-two"},
        {"slug": "../../admin"},
        {"slug": "a/b"},
        {"slug": "other-language", "locale": "uk"},
        {"slug": None},
        None,
        {"slug": "a" * 10_000},
    )
    assert endpoint.endpoint(body, SEARCH, ARTICLE, 0, "en") == Brought(
        (
            Found("https://mod.gov.ua/en/news/placeholder-story-one", None, at(2026, 4, 12, 4, 32)),
            Found("https://mod.gov.ua/en/news/placeholder-story-two"),
        )
    )


@pytest.mark.parametrize(
    ("count", "total", "start", "wanted"),
    [
        (50, None, 0, 50),
        (50, {"value": 10_000, "relation": "gte"}, 50, 100),
        (50, 51, 0, 50),
        (20, 100, 40, 60),  # the server gives fewer than it is asked for
        (50, {"value": 50}, 0, None),
        (49, None, 0, None),
        (0, 100, 0, None),
        (50, None, 9_950, None),  # it counts no further
    ],
)
def test_the_endpoint_goes_on_where_more_is_there(count: int, total: object, start: int, wanted: int | None) -> None:
    body = hits(*({"slug": f"s-{n}"} for n in range(count)), total=total)
    further = endpoint.endpoint(body, SEARCH, ARTICLE, start, "en").further
    assert [json.loads(step.body or "")["from"] for step in further] == ([] if wanted is None else [wanted])


# --- Telegram ---


def message(number: int, time: str = "2026-04-12T04:32:00+00:00", channel: str = "vardania", kind: str = "") -> str:
    return f"""
    <div class="tgme_widget_message_wrap js-widget_message_wrap">
     <div class="tgme_widget_message text_not_supported_wrap {kind} js-widget_message" data-post="{channel}/{number}">
      <div class="tgme_widget_message_bubble"><i class="tgme_widget_message_video_thumb"></i>
       <time class="message_video_duration js-message_video_duration">0:29</time>
       <div class="tgme_widget_message_text js-message_text" dir="auto">Placeholder {number}</div>
       <div class="tgme_widget_message_info short js-message_info"><span class="tgme_widget_message_meta"><a
        class="tgme_widget_message_date" href="https://t.me/{channel}/{number}"><time datetime="{time}"
        class="time">04:32</time></a></span></div></div></div></div>"""


def preview(*parts: str, more: str = "") -> bytes:
    return (
        f'<html><body><section class="tgme_channel_history">{more}{"".join(parts)}</section></body></html>'.encode()
    )


def test_a_preview_names_posts_newest_first_and_where_each_stands_alone() -> None:
    body = preview(
        '<a href="/s/vardania?before=100" class="tme_messages_more js-messages_more" data-before="100"></a>',
        message(101),
        message(102, kind="service_message"),
        message(103, channel="Other"),
        message(105, time="soon", channel="Vardania"),
        '<div class="tgme_widget_message" data-post-id="7">a comment</div>',
    )
    assert telegram.telegram(body, CHANNEL) == Brought(
        (
            Found("https://t.me/Vardania/105", fetch="https://t.me/Vardania/105?embed=1&mode=tme"),
            Found(
                "https://t.me/vardania/101",
                None,
                at(2026, 4, 12, 4, 32),
                "https://t.me/vardania/101?embed=1&mode=tme",
            ),
        ),
        (Further("https://t.me/s/vardania?before=100"),),
    )


@pytest.mark.parametrize(
    ("url", "numbers", "stated", "wanted"),
    [
        (CHANNEL, (21, 40), None, 21),
        (f"{CHANNEL}?before=21", (2, 20), None, 2),
        (f"{CHANNEL}?before=21", (2, 20), "2", 2),
        (f"{CHANNEL}?before=21", (1, 20), None, None),
        (f"{CHANNEL}?before=21", (30, 49), None, None),  # the newest page again
        (f"{CHANNEL}?before=21", (), "5", None),
        (CHANNEL, (21, 40), "-7", 21),
    ],
)
def test_a_preview_is_followed_backwards_alone(
    url: str, numbers: tuple[int, ...], stated: str | None, wanted: int | None
) -> None:
    more = f'<a class="tme_messages_more" data-before="{stated}"></a>' if stated else ""
    body = preview(*map(message, numbers), more=more)
    assert steps(telegram.telegram(body, url)) == ([f"{CHANNEL}?before={wanted}"] if wanted else [])


def test_an_attribute_that_is_none_breaks_no_page() -> None:
    body = preview(message(5)).replace(b" data-post", b" { data-post")
    assert urls(telegram.telegram(body, CHANNEL)) == ["https://t.me/vardania/5"]
    page = '<a class="next" { href="/p2">x</a>'
    assert steps(listed(page, SITE, following="a.next")) == [f"{SITE}/p2"]


@pytest.mark.parametrize("url", ["https://t.me/vardania", "https://t.me/s/", "https://t.me/", "https://t.me/s/a b"])
def test_a_channel_without_a_preview_brings_nothing(url: str) -> None:
    assert telegram.telegram(preview(message(1)), url) == Brought()


# --- the Wayback Machine ---

CDX = wayback.query("function.mil.ru/news_page/country/more.htm*", limit=2)
HEADER = ["timestamp", "original", "statuscode", "mimetype", "digest"]
ORIGINAL = "https://function.mil.ru/news_page/country/more.htm?id=12345678@egNews"


def lines(*rows: object) -> bytes:
    return json.dumps([HEADER, *rows]).encode()


def test_the_index_is_asked_for_pages_that_were_kept() -> None:
    asked = wayback.query("function.mil.ru/news_page/more.htm?id=*", "2022-02-24", 1_000_000)
    query = parse_qs(urlsplit(asked).query)
    assert asked.startswith("https://web.archive.org/cdx/search/cdx?url=function.mil.ru/news_page/more.htm%3Fid%3D*&")
    assert query["fl"] == [",".join(HEADER)]
    assert query["filter"] == ["statuscode:200", "mimetype:text/html"]
    assert (query["output"], query["collapse"], query["showResumeKey"]) == (["json"], ["digest"], ["true"])
    assert (query["from"], query["limit"]) == (["20220224"], ["10000"])
    assert "from" not in parse_qs(urlsplit(CDX).query)


def test_each_copy_of_a_page_stands_with_where_it_lies_and_when_it_was_made() -> None:
    body = lines(
        ["20220301040506", ORIGINAL, "200", "text/html", "A"],
        ["20220302040506", ORIGINAL, "200", "text/html", "B"],
        ["20220302040506", ORIGINAL, "200", "text/html", "B"],
        ["20220302040506", "http://function.mil.ru:80/x", "200", "text/html", "C"],
        ["20220231040506", ORIGINAL, "200", "text/html", "no such day"],
        ["20220303040506", ORIGINAL, "200", "image/png", "D"],
        ["20220303040506", ORIGINAL, "404", "text/html", "E"],
        ["20220303040506", "javascript:x", "200", "text/html", "F"],
        ["20220303040506", "mil.ru/x", "200", "text/html", "G"],
        ["20220303040506/../..", ORIGINAL, "200", "text/html", "H"],
        ["20220303040506", ORIGINAL],
        [None, None, None, None, None],
        "x",
    )
    brought = wayback.wayback(body, CDX)
    assert brought.found == tuple(
        Found(url, fetch=f"https://web.archive.org/web/{stamp}id_/{url}", at=moment)
        for url, stamp, moment in (
            (ORIGINAL, "20220301040506", at(2022, 3, 1, 4, 5, 6)),
            (ORIGINAL, "20220302040506", at(2022, 3, 2, 4, 5, 6)),
            ("http://function.mil.ru:80/x", "20220302040506", at(2022, 3, 2, 4, 5, 6)),
        )
    )
    assert brought.further == ()


def test_a_long_answer_goes_on_by_its_resume_key() -> None:
    key = "ru%2Cmil%2Cfunction%29%2Fnews_page%2Fmore.htm%3Fid%3D1+20220302040506%21"
    rest = [["20220301040506", ORIGINAL, "200", "text/html", "A"], [], [key]]
    (step,) = steps(wayback.wayback(lines(*rest), CDX))
    assert parse_qs(urlsplit(step).query) == {
        **parse_qs(urlsplit(CDX).query),
        "resumeKey": ["ru,mil,function)/news_page/more.htm?id=1 20220302040506!"],
    }
    assert steps(wayback.wayback(lines(*rest), step)) == []  # the same key again is no progress


@pytest.mark.parametrize("key", ["", "x" * 10_000, 7, None, ["x"]])
def test_a_resume_key_that_is_none_ends_the_answer(key: object) -> None:
    assert wayback.wayback(lines([], [key]), CDX).further == ()


# --- what all of them hold out ---

READERS: dict[str, Callable[[bytes], Brought]] = {
    "feed": lambda body: feed.feed(body, f"{SITE}/feed/", "application/xml"),
    "sitemap": lambda body: sitemap.sitemap(body, MAP, re.compile("x"), at(2026, 1, 1)),
    "wordpress": lambda body: wordpress.wordpress(body, POSTS),
    "endpoint": lambda body: endpoint.endpoint(body, SEARCH, ARTICLE, 0, "en"),
    "telegram": lambda body: telegram.telegram(body, CHANNEL),
    "wayback": lambda body: wayback.wayback(body, CDX),
}
OTHER = [
    b"",
    b"\0",
    b"<html><body><p>Placeholder</p></body></html>",
    b"null",
    b"7",
    b'"text"',
    b"[]",
    b"[[]]",
    b"{}",
    b"[null,[],{},7]",
    b'{"hits":{"hits":{"a":1}}}',
    b'{"hits":[{"hits":1}]}',
    b'{"code":"rest_post_invalid_page_number","message":"x","data":{"status":400}}',
    b"[" * 200_000,
    b'{"a":' * 200_000,
    b"[" + b"[]," * 4_000_000 + b"[]]",
    b'[{"link":"https://\\ud800.example/"}]',
    b"\xff\xfe\x00\xd8",
    b"[NaN, Infinity, 1e999]",
    b"[" + b"9" * 10_000 + b"]",
]


@pytest.mark.parametrize("name", READERS)
def test_an_answer_of_another_shape_brings_nothing(name: str) -> None:
    for body in OTHER:
        assert READERS[name](body) == Brought(), body[:60]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("20220301040506"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["hits", "_source", "slug", "total", "value", "link", "date_gmt", "timestamp", "original"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
@example([{"link": "http://a.example:bad/"}])
@example([["timestamp", "original", "timestamp"], [1, 2, 3], [], ["%ff%"]])
def test_no_json_breaks_a_reader(value: object) -> None:
    body = json.dumps(value).encode()
    for name in ("wordpress", "endpoint", "wayback"):
        assert isinstance(READERS[name](body), Brought)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60), st.integers(0, 400), st.sampled_from(sorted(READERS)))
def test_no_bytes_break_a_reader(data: bytes, place: int, name: str) -> None:
    body = {
        "feed": rss("<item><link>/a</link><pubDate>Sun, 12 Apr 2026 07:32:00 +0300</pubDate></item>"),
        "sitemap": urlset(("/a", "2026-04-12"), ("/b", None)),
        "wordpress": json.dumps([post(1)]).encode(),
        "endpoint": hits({"slug": "a"}),
        "telegram": preview(message(1)),
        "wayback": lines(["20220301040506", ORIGINAL, "200", "text/html", "A"]),
    }[name]
    brought = READERS[name](body[:place] + data + body[place:])
    assert all(url.startswith(("http://", "https://")) for url in urls(brought) + steps(brought))


@settings(max_examples=200)
@given(st.text(max_size=60) | st.sampled_from(["http://a.example:65536/", "http://a..b/", "//\udcff/", "http://%/"]))
def test_no_link_breaks_a_listing(href: str) -> None:
    page = Selector(text="<html><body><a>x</a></body></html>")
    page.root.find(".//a").set("href", re.sub("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", "", href))
    assert all(url.startswith(("http://", "https://")) for url in urls(listing.listing(page, SITE, "body")))


# --- a post that stands alone ---

ALONE = "https://t.me/vardania/101?embed=1&mode=tme"
EMOJI = """<tg-emoji emoji-id="1"><i class="emoji" style="background-image:url('//t.example/1.png')"><b>⚡</b></i></tg-emoji>"""


def alone(text: str, meta: str = "", before: str = "", post_id: str = "vardania/101") -> HtmlElement:
    return document_fromstring(f"""
    <html><body class="widget_frame_base tgme_widget"><div class="tgme_widget_message_wrap">
    <div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{post_id}" data-peer="c1_2">
     <div class="tgme_widget_message_bubble">
      <div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name"
        href="https://t.me/vardania"><span dir="auto">Vardania  News</span></a></div>
      {before}
      <time class="message_video_duration">0:29</time>{text}
      <div class="tgme_widget_message_reactions"><span class="tgme_reaction"><b>❤</b>3</span></div>
      <a class="tgme_widget_message_link_preview" href="https://v.example/"><div class="link_preview_title">Other</div></a>
      <div class="tgme_widget_message_footer js-message_footer"><div class="tgme_widget_message_info js-message_info">
       <span class="tgme_widget_message_views">12.5M</span><span class="copyonly"> views</span>
       <span class="tgme_widget_message_meta">{meta}<a class="tgme_widget_message_date"
        href="https://t.me/vardania/101"><time datetime="2026-04-11T22:30:00+00:00" class="datetime">Apr 11 at
        22:30</time></a></span></div></div></div></div></div></body></html>""")


def text(inner: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{inner}</div>'


def test_a_post_is_its_lines_its_time_and_its_channel() -> None:
    inner = (
        f"{EMOJI} <b>Placeholder headline</b><br/><br/>First\n  line &amp; more,<br>▫️ <a href='/x'>a link</a>; tail"
    )
    read = read_post(alone(text(inner)), ALONE, "Europe/Kyiv")
    assert read.lines == ("⚡ Placeholder headline", "First line & more,", "▫️ a link; tail")
    assert read.title == "⚡ Placeholder headline"
    assert read.url == "https://t.me/vardania/101"
    assert read.published is not None
    assert (read.published.at, read.published.day) == ("2026-04-11T22:30:00Z", "2026-04-12")
    assert (read.channel, read.author, read.forwarded) == ("Vardania News", None, None)
    assert not read.edited
    assert not read.gone


@pytest.mark.parametrize(
    ("meta", "edited", "author"),
    [
        ("edited &nbsp;", True, None),
        ('<span class="tgme_widget_message_from_author" dir="auto">A. Editor</span>,&nbsp;', False, "A. Editor"),
        (
            '<span class="tgme_widget_message_from_author" dir="auto">Edited Ed</span>,&nbsp;edited &nbsp;',
            True,
            "Edited Ed",
        ),
        ('<span class="tgme_widget_message_from_author" dir="auto">Edited Ed</span>,&nbsp;', False, "Edited Ed"),
    ],
)
def test_a_post_says_that_it_was_edited_and_who_signed(meta: str, edited: bool, author: str | None) -> None:
    read = read_post(alone(text("Placeholder"), meta), ALONE)
    assert (read.edited, read.author) == (edited, author)


def test_what_a_post_answers_or_passes_on_is_not_its_text() -> None:
    before = """<a class="tgme_widget_message_reply" href="https://t.me/vardania/99">
      <div class="tgme_widget_message_author"><span class="tgme_widget_message_owner_name">Quoted channel</span></div>
      <div class="tgme_widget_message_text js-message_reply_text">Quoted words</div></a>
      <div class="tgme_widget_message_forwarded_from">Forwarded from <a href="https://t.me/other"
      class="tgme_widget_message_forwarded_from_name"><span dir="auto">Other channel</span></a></div>"""
    read = read_post(alone(text("Own words"), before=before), ALONE)
    assert read.lines == ("Own words",)
    assert (read.channel, read.forwarded) == ("Vardania News", "Other channel")
    assert read_post(alone("", before=before), ALONE).lines == ()


def test_an_albums_caption_stands_once() -> None:
    assert read_post(alone(text(text("Caption<br/>of two lines"))), ALONE).lines == ("Caption", "of two lines")


def test_lines_of_quotes_and_code_are_lines() -> None:
    inner = "Before<blockquote>Quote one<br/>two</blockquote>after<pre>code a\ncode b</pre><!-- no -->tail"
    wanted = ("Before", "Quote one", "two", "after", "code a", "code b", "tail")
    assert read_post(alone(text(inner)), ALONE).lines == wanted


@pytest.mark.parametrize(
    ("inner", "title"),
    [
        ("⚡️<br/>▫️ ——<br/>Placeholder 7", "Placeholder 7"),
        ("One short. Two short.<br/>x", "One short. Two short."),
        (f"The first sentence of them ends. {'And it goes on ' * 20}", "The first sentence of them ends."),
        ("⚡️", None),
        ("", None),
    ],
)
def test_a_title_is_the_first_line_that_says_something(inner: str, title: str | None) -> None:
    assert read_post(alone(text(inner)), ALONE).title == title


@pytest.mark.parametrize("inner", ["word " * 200, "x" * 5_000, "Mr. " * 100])
def test_a_title_is_cut_at_a_word(inner: str) -> None:
    title = read_post(alone(text(inner)), ALONE).title
    assert title is not None
    assert len(title) <= TITLE
    assert inner.startswith(title.rstrip("…"))


@pytest.mark.parametrize(
    "source",
    [
        '<div class="tgme_widget_message_error">Post not found</div>',
        '<div class="tgme_widget_message text_not_supported_wrap err_message js-widget_message">'
        '<div class="tgme_widget_message_error" dir="auto">Post not found</div></div>',
    ],
)
def test_a_post_that_is_not_there_is_gone(source: str) -> None:
    assert read_post(document_fromstring(f"<html><body>{source}</body></html>"), ALONE) == Post(gone=True)


def test_a_post_that_speaks_of_a_missing_post_is_there() -> None:
    assert not read_post(alone(text("Post not found")), ALONE).gone


@pytest.mark.parametrize("source", ["<p>Placeholder</p>", "<div data-post='a/b' class='tgme_widget_message'>x</div>"])
def test_another_page_is_neither_a_post_nor_gone(source: str) -> None:
    assert read_post(document_fromstring(f"<html><body>{source}</body></html>"), ALONE) == Post()


def test_of_several_posts_the_one_that_is_asked_for_is_read() -> None:
    page = document_fromstring(f"<html><body>{message(100)}{message(101)}</body></html>")
    assert read_post(page, ALONE.replace("vardania", "Vardania")).lines == ("Placeholder 101",)
    assert read_post(page, "https://t.me/vardania/7").url == "https://t.me/vardania/100"


def test_a_post_of_hostile_size_and_depth_is_bounded() -> None:
    assert sum(map(len, read_post(alone(text("x" * 1_000_000)), ALONE).lines)) <= 50_000
    assert read_post(alone(text("<b>" * 200 + "deep")), ALONE).lines == ("deep",)
    assert len(read_post(alone(text("<br/>" * 300_000 + "end")), ALONE).lines) <= 1


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (ALONE, True),
        ("https://t.me/mod_russia/1", True),
        ("https://t.me/s/mod_russia/1", True),
        ("http://www.telegram.me/mod_russia/1/", True),
        ("https://t.me/s/mod_russia", False),
        ("https://t.me/mod_russia", False),
        ("https://t.me/mod_russia/x", False),
        ("https://t.me/c/1234/5", False),
        ("https://t.me.evil.example/mod_russia/1", False),
        ("https://[bad/mod_russia/1", False),
        (f"{SITE}/mod_russia/1", False),
    ],
)
def test_a_posts_address_is_known(url: str, wanted: bool) -> None:
    assert is_post(url) is wanted

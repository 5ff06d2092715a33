"""Feeds out: what RFC 4287 asks of them, what is in them, and that they change only when the archive does."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from datasette.app import Datasette
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from archive.home import Home
from archive.web import syndication
from archive.web.feeds import ENTRIES
from archive.web.server import SETTINGS, metadata_path
from archive.web.syndication import EXCERPT, excerpt, identity, iri, plain
from tests.keeping import captured, keep, source
from tests.test_elements import page

ATOM = "{http://www.w3.org/2005/Atom}"
METADATA: dict[str, Any] = json.loads(metadata_path().read_text())
Get = Callable[..., httpx.Response]


def served(database: Path, **settings: Any) -> Get:
    datasette = Datasette([str(database)], metadata=METADATA, settings={**SETTINGS, **settings})
    return lambda path, **more: asyncio.run(datasette.client.get(path, **more))


@pytest.fixture(scope="module")
def get(demo_home: Home) -> Get:
    return served(demo_home.database)


@pytest.fixture
def own(demo_home: Home, tmp_path: Path) -> Path:
    """A copy of the demo archive to change."""
    for file in demo_home.path.glob("archive.db*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "archive.db"


def change(database: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(sql, values)
    connection.close()


def checked(document: bytes) -> list[Any]:
    """The entries of an Atom document that is as RFC 4287 wants it (section in brackets)."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == f"{ATOM}feed"  # 2
    assert all(element.tag.startswith(ATOM) for element in root.iter())
    entries = root.findall(f"{ATOM}entry")
    for one in (root, *entries):
        for name in ("id", "title", "updated"):  # 4.1.1, 4.1.2
            assert len(one.findall(ATOM + name)) == 1, name
        for name in ("published", "summary", "rights", "subtitle", "generator"):
            assert len(one.findall(ATOM + name)) <= 1, name
        alternates = [(e.get("type"), e.get("hreflang")) for e in links(one, "alternate")]
        assert len(alternates) == len(set(alternates)) == 1  # 4.1.1: no two alike; without content there must be one
        assert urlsplit(one.findtext(f"{ATOM}id")).scheme  # 4.2.6: an absolute IRI
    assert len(links(root, "self")) == 1
    assert len({e.findtext(f"{ATOM}id") for e in entries}) == len(entries)  # 4.2.6
    for entry in entries:
        assert entry.find(f"{ATOM}author/{ATOM}name").text  # 4.1.1: the feed has none
    for name in ("title", "summary", "rights", "subtitle"):  # 3.1.1.1: text has no children
        assert not [e for e in root.iter(ATOM + name) if len(e) or e.get("type", "text") != "text"]
    for name in ("updated", "published"):  # 3.3
        for element in root.iter(ATOM + name):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", element.text)
            assert datetime.fromisoformat(element.text)
    for link in root.iter(f"{ATOM}link"):
        assert urlsplit(link.get("href")).scheme in ("http", "https")
        assert not re.search(r"[\s<>\"]", link.get("href"))
    for uri in root.iter(f"{ATOM}uri"):  # 3.2.2
        assert urlsplit(uri.text).scheme in ("http", "https")
    read = feedparser.parse(document)
    assert not read.bozo, read.get("bozo_exception")
    assert len(read.entries) == len(entries)
    return list(entries)


def links(element: Any, rel: str) -> list[Any]:
    return [link for link in element.findall(f"{ATOM}link") if link.get("rel") == rel]


def ids(response: httpx.Response) -> list[str]:
    return [str(item["id"]) for item in response.json()["items"]]


# what is in them


def test_the_feed_of_everything_has_the_newest_first(get: Get, demo_home: Home) -> None:
    response = get("/feed.atom")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    entries = checked(response.content)
    connection = sqlite3.connect(demo_home.database)
    newest = connection.execute("select id, url from latest limit ?", [ENTRIES]).fetchall()
    connection.close()
    assert len(entries) == ENTRIES == 50
    assert [urlsplit(links(e, "alternate")[0].get("href")).path for e in entries] == [
        f"/article/{i}" for i, _ in newest
    ]
    assert [links(e, "related")[0].get("href") for e in entries] == [url for _, url in newest]
    root = etree.fromstring(response.content)
    assert root.findtext(f"{ATOM}title").startswith("FICTIONAL")
    assert root.findtext(f"{ATOM}updated") == max(e.findtext(f"{ATOM}updated") for e in entries)


def test_an_entry_says_whose_it_is_and_under_which_licence(get: Get) -> None:
    entry = checked(get("/feed.atom?source=vardania-mod").content)[0]
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ministry of Defence of Vardania (FICTIONAL)"
    assert entry.findtext(f"{ATOM}author/{ATOM}uri") == "http://mod.vardania.example/"
    assert entry.findtext(f"{ATOM}rights").startswith("Apache-2.0")
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_the_feed_of_a_source_has_its_articles_alone(get: Get) -> None:
    names = {e.findtext(f"{ATOM}author/{ATOM}name") for e in checked(get("/feed.atom?source=sarmia-mod").content)}
    assert names == {"Ministry of Defence of the Sarmian Federation (FICTIONAL)"}


def test_both_formats_hold_the_same_entries(get: Get) -> None:
    for asked in ("", "?source=vardania-mod", "?changes=1"):
        entries = checked(get(f"/feed.atom{asked}").content)
        response = get(f"/feed.json{asked}")
        feed = response.json()
        assert response.headers["content-type"] == "application/feed+json; charset=utf-8"
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"] == f"http://localhost/feed.json{asked}"
        assert [item["id"] for item in feed["items"]] == [e.findtext(f"{ATOM}id") for e in entries]
        for item, entry in zip(feed["items"], entries, strict=True):
            assert item["title"] == entry.findtext(f"{ATOM}title")
            assert item["content_text"] == entry.findtext(f"{ATOM}summary")
            assert item["url"] == links(entry, "alternate")[0].get("href")
            assert item["external_url"] == links(entry, "related")[0].get("href")
            assert item["date_modified"] == entry.findtext(f"{ATOM}updated")
            assert item.get("date_published") == entry.findtext(f"{ATOM}published")
            assert item["authors"][0]["name"] == entry.findtext(f"{ATOM}author/{ATOM}name")


def test_the_feed_of_changes_has_every_edit_and_leads_to_its_comparison(get: Get) -> None:
    entries = checked(get("/feed.atom?changes=1").content)
    losses = next(e for e in entries if "April 24" in e.findtext(f"{ATOM}title"))
    assert losses.findtext(f"{ATOM}summary") == (
        "Words added: 1, removed: 1. Numbers: 2393 → 2213. The page states that it was changed."
    )
    target = urlsplit(links(losses, "alternate")[0].get("href"))
    assert re.fullmatch(r"/article/\d+/diff\?revision_id=\d+", f"{target.path}?{target.query}")
    assert get(f"{target.path}?{target.query}").status_code == 200


def test_edits_of_one_article_are_entries_of_their_own(home: Home) -> None:
    texts = ("The harbour opens on Monday.", "The harbour opens on Tuesday.", "The harbour opens on Monday.")
    keep(home, [captured("http://herald.example/a", page(f"<p>{t} It was closed for a week.</p>"), 60 * n) for n, t in enumerate(texts)])  # fmt: skip
    get = served(home.database)
    edits, articles = ids(get("/feed.json?changes=1")), ids(get("/feed.json"))
    assert len(set(edits)) == 2
    assert len(articles) == 1
    assert not set(edits) & set(articles)


def test_the_feed_of_changes_takes_the_parameters_of_its_page(get: Get) -> None:
    every = checked(get("/feed.atom?changes=1").content)
    silent = checked(get("/feed.atom?changes=1&kind=silent").content)
    assert 0 < len(silent) < len(every)
    assert all("does not state that it was changed" in e.findtext(f"{ATOM}summary") for e in silent)
    gone = checked(get("/feed.atom?changes=1&kind=gone").content)
    assert all(e.findtext(f"{ATOM}title").endswith("(page gone)") for e in gone)
    assert gone
    root = etree.fromstring(get("/feed.atom?source=vardania-mod&changes=1&kind=numbers&before=x").content)
    assert links(root, "alternate")[0].get("href") == "http://localhost/changes?source=vardania-mod&kind=numbers"
    assert links(root, "self")[0].get("href").endswith("/feed.atom?changes=1&source=vardania-mod&kind=numbers")
    odd = get("/feed.atom?changes=1&since=yesterday%3Cb%3E")
    assert (odd.status_code, odd.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "since" in odd.text


def test_the_feed_of_a_search_has_what_it_finds_by_time_and_not_by_rank(get: Get, demo_home: Home) -> None:
    items = get("/feed.json?q=harbour").json()["items"]
    found = get("/search.json?q=harbour&_size=max").json()
    connection = sqlite3.connect(demo_home.database)
    seen = dict(connection.execute("select url, first_seen from articles").fetchall())
    connection.close()
    urls = [item["external_url"] for item in items]
    assert urls == sorted(urls, key=lambda url: seen[url], reverse=True)
    assert sorted(urls) == sorted(row["url"] for row in found["rows"])
    assert len(urls) > 3
    root = etree.fromstring(get("/feed.atom?q=harbour&sort=newest&page=4&junk=1").content)
    assert links(root, "self")[0].get("href") == "http://localhost/feed.atom?q=harbour"
    assert links(root, "alternate")[0].get("href") == "http://localhost/search?q=harbour"
    assert root.findtext(f"{ATOM}title") == "FICTIONAL: Search: harbour"
    official = checked(get("/feed.atom?q=harbour&kind=official").content)
    assert 0 < len(official) < len(urls)
    assert checked(get("/feed.atom?q=%22no+such+words+anywhere%22").content) == []
    for odd in ('q="(*^:', "q=NEAR(a+b)", "q=%00", "q=" + "x" * 5000, "q=a&since=never"):
        assert get(f"/feed.atom?{odd}").status_code == 200, odd
    for none in ("language=uk", "source=vardania-mod&source=sarmia-mod", "source=vardania-mod&since=2031"):
        assert get(f"/feed.atom?{none}").status_code == 400, none


def test_a_feed_holds_what_its_reader_may_see(own: Path) -> None:
    closed = "http://mod.vardania.example/"
    for path in ("/feed.json", "/feed.json?q=losses", "/feed.json?changes=1"):
        assert any(item["external_url"].startswith(closed) for item in served(own)(path).json()["items"]), path
    change(own, "update sources set public = 0 where id = 'vardania-mod'")
    datasette = Datasette([str(own)], metadata=METADATA, settings=SETTINGS)
    actor = {"cookies": {"ds_actor": datasette.sign({"a": {"id": "ada"}}, "actor")}}
    for path in ("/feed.json", "/feed.json?q=losses", "/feed.json?changes=1"):
        for more, seen in (({}, False), (actor, True)):
            response = asyncio.run(datasette.client.get(path, **more))
            held = [item for item in response.json()["items"] if item["external_url"].startswith(closed)]
            assert bool(held) == seen, path
    assert asyncio.run(datasette.client.get("/feed.atom?source=vardania-mod")).status_code == 403
    assert asyncio.run(datasette.client.get("/feed.atom?source=vardania-mod", **actor)).status_code == 200
    newest = asyncio.run(datasette.client.get("/feed.json")).json()["items"][0]
    number = int(newest["url"].rpartition("/")[2])
    change(own, "insert into restricted values (?, '2031-05-01T00:00:00.000Z', 'a court order')", number)
    assert newest["id"] not in ids(asyncio.run(datasette.client.get("/feed.json", **actor)))


def test_an_edited_article_is_newer_and_keeps_its_id(home: Home) -> None:
    first = captured("http://herald.example/a", page("<p>The harbour opens on Monday. It was closed for a week.</p>"))
    keep(home, [first])
    before = served(home.database)("/feed.json").json()["items"][0]
    second = captured(
        "http://herald.example/a", page("<p>The harbour stays closed. It was closed for a week.</p>"), 90
    )
    keep(home, [second])
    after = served(home.database)("/feed.json").json()["items"][0]
    assert after["id"] == before["id"]
    assert (before["date_modified"], after["date_modified"]) == (
        "2031-04-20T06:00:00.000Z",
        "2031-04-20T07:30:00.000Z",
    )


def test_ids_are_those_of_another_archive_of_the_same_pages(tmp_path: Path) -> None:
    pages = [
        captured(f"http://herald.example/{n}", page(f"<p>Report {n}: the harbour of quay {n} opens again.</p>"), n)
        for n in range(3)
    ]
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    keep(one, pages)
    keep(other, [captured("http://herald.example/9", page("<p>Something else came before all of it.</p>")), *pages])
    found = [served(home.database)("/feed.json").json()["items"] for home in (one, other)]
    assert [item["id"] for item in found[0]] == [i["id"] for i in found[1] if not i["external_url"].endswith("/9")]
    assert {item["url"] for item in found[0]} != {item["url"] for item in found[1]}


# that they change only when the archive does


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json", "/feed.atom?changes=1", "/feed.json?source=sarmia-mod"])
def test_a_feed_that_did_not_change_is_not_sent_again(get: Get, path: str) -> None:
    first = get(path)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert get(path).content == first.content
    for asked in ({"if-none-match": tag}, {"if-none-match": f'"x", W/{tag}'}, {"if-modified-since": changed}):
        again = get(path, headers=asked)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), asked
    for asked in (
        {"if-none-match": '"x"'},
        {"if-none-match": '"x"', "if-modified-since": changed},  # the tag goes before the time
        {"if-modified-since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"if-modified-since": "last Tuesday"},
        {"if-modified-since": "Sat, 01 Jan 2000 00:00:00 -0000"},
    ):
        assert get(path, headers=asked).status_code == 200, asked


def test_a_new_article_changes_the_feed(own: Path) -> None:
    tag = served(own)("/feed.atom").headers["etag"]
    change(own, "update articles set title = 'Another title' where id = (select id from latest limit 1)")
    again = served(own)("/feed.atom", headers={"if-none-match": tag})
    assert again.status_code == 200
    assert checked(again.content)[0].findtext(f"{ATOM}title") == "Another title"


def test_feeds_are_for_readers_and_not_for_indexes(get: Get) -> None:
    for path in ("/feed.atom", "/feed.json"):
        headers = get(path).headers
        assert headers["x-robots-tag"] == "noindex"
        assert headers["cache-control"] == "private, no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


# where they are


def test_addresses_are_those_that_the_reader_sees(demo_home: Home) -> None:
    get = served(demo_home.database, base_url="/news/")
    response = get("/feed.atom", headers={"host": "archive.example:8443"})
    root = etree.fromstring(response.content)
    assert links(root, "self")[0].get("href") == "http://archive.example:8443/news/feed.atom"
    assert links(root, "alternate")[0].get("href") == "http://archive.example:8443/news/"
    for entry in checked(response.content):
        assert links(entry, "alternate")[0].get("href").startswith("http://archive.example:8443/news/article/")
    secure = served(demo_home.database, force_https_urls=True)(
        "/feed.json", headers={"host": "archive.example"}
    ).json()
    assert secure["feed_url"] == "https://archive.example/feed.json"
    assert secure["items"][0]["url"].startswith("https://archive.example/article/")


@pytest.mark.parametrize(
    "host", ["a b", 'x"><script>', "evil.example/path", "user@evil.example", "[::1", "é.example"]
)
def test_a_host_that_is_none_gets_no_feed(get: Get, host: str) -> None:
    response = get("/feed.atom", headers={"host": host.encode("latin-1")})
    assert response.status_code == 400
    assert host not in response.text


def test_what_is_not_there_is_said_in_one_line(get: Get, tmp_path: Path) -> None:
    assert get("/feed.atom?source=nobody").status_code == 404
    assert "There is no source &lt;b&gt;" in get("/feed.atom?source=<b>").text
    assert get("/feed.rss").status_code == 404
    empty = tmp_path / "other.db"
    change(empty, "create table t (x)")
    assert served(empty)("/feed.atom").status_code == 404


def test_an_archive_without_articles_has_a_feed_without_entries(home: Home) -> None:
    keep(home, [], {"herald": source("herald")})
    get = served(home.database)
    for path in ("/feed.atom", "/feed.atom?source=herald", "/feed.atom?changes=1"):
        assert checked(get(path).content) == []
    assert get("/feed.json").json()["items"] == []


# what was scraped is hostile


HOSTILE = "<script>alert(1)</script> & ]]> \x00\x08\x0b\x1f\x7f\x9f\ufffe\uffff =cmd|' /C calc'!A0 \u202e\u2028 <![CDATA[ &#0; &lol;"


def test_hostile_texts_are_text(own: Path) -> None:
    change(
        own,
        "update articles set title = ?1, summary = ?1, text = ?1, section = ?1, licence = ?1, language = ?1,"
        " published = ?1 where id = (select id from latest limit 1)",
        HOSTILE,
    )
    change(own, "update sources set name = ?1, homepage = 'javascript:alert(1)'", HOSTILE)
    get = served(own)
    entry = checked(get("/feed.atom").content)[0]
    said = plain(HOSTILE)
    assert "<script>alert(1)</script> & ]]>" in entry.findtext(f"{ATOM}title")
    assert entry.findtext(f"{ATOM}rights") == said
    assert entry.find(f"{ATOM}author/{ATOM}uri") is None
    assert entry.find(f"{ATOM}published") is None
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") is None
    item = get("/feed.json").json()["items"][0]
    assert not re.search("[\0-\x08\x0b\x1f\x7f\x9f\ufffe\uffff]", json.dumps(item, ensure_ascii=False))
    assert "content_html" not in item


@pytest.mark.parametrize(
    ("url", "carried"),
    [
        ("javascript:alert(1)", None),
        ("data:text/html,<script>", None),
        ("//evil.example/", None),
        ("http://herald.example/a b\"c<d>é\\{|}", "http://herald.example/a%20b%22c%3Cd%3Eé%5C%7B%7C%7D"),
        ("http://herald.example/\x01\u202e", "http://herald.example/\u202e"),
    ],
)  # fmt: skip
def test_only_web_addresses_are_linked(own: Path, url: str, carried: str | None) -> None:
    change(own, "update articles set url = ? where id = (select id from latest limit 1)", url)
    entry = checked(served(own)("/feed.atom").content)[0]
    assert [link.get("href") for link in links(entry, "related")] == ([carried] if carried else [])


@given(st.text(), st.text())
def test_any_text_makes_a_feed_that_can_be_read(title: str, text: str) -> None:
    entry = syndication.Entry(
        "urn:uuid:0", "http://a.example/", iri("http://b.example/" + title), plain(title) or "x", excerpt(text),
        "2031-04-20T06:00:00Z", None, "x" + plain(title), None, plain(text) or None, None, None,
    )  # fmt: skip
    feed = syndication.Feed("t", "s", "http://a.example/f", "http://a.example/j", "http://a.example/", [entry])
    found = etree.fromstring(syndication.atom(feed))
    assert found.findtext(f"{ATOM}entry/{ATOM}summary").split() == excerpt(text).split()
    assert json.loads(syndication.json_feed(feed))["items"][0]["content_text"] == excerpt(text)


@given(st.text())
def test_an_excerpt_is_short_and_begins_as_the_text_does(text: str) -> None:
    short = excerpt(text)
    assert len(short) <= EXCERPT
    assert " ".join(plain(text).split()).startswith(short.removesuffix("…"))


def test_a_text_is_cut_between_words_where_it_has_any() -> None:
    assert excerpt("word " * 100) == "word " * 59 + "word…"
    assert excerpt("港" * 400) == "港" * 299 + "…"


def test_an_identity_is_that_of_the_page_in_any_spelling() -> None:
    one = identity("article", "http://herald.example/a?utm_source=x", 1)
    assert one == identity("article", "https://HERALD.example:443/a/", 1)
    assert len({one, identity("article", "http://herald.example/a", 2), identity("revision", "http://herald.example/a", 1)}) == 3  # fmt: skip
    assert one.startswith("urn:uuid:")

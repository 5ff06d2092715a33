"""What a crawl that is left alone does from run to run: what it asks for again, when, and whom it leaves alone."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, Source, stamp
from crawler.demo.site import Answer, DemoSite
from tests.crawling import catalogue, command, contents, crawl_arguments, outlet, rows, warc_files
from tests.test_crawl import STORY, add_story

HOST = "ferry.example"


def crawl(home: Home, site: DemoSite, *arguments: str, code: int = 0) -> str:
    """Crawl as cron does, for what is due; returns what was said."""
    given = [a for a in crawl_arguments(home, site.address) if a != "--again"]
    done = command(*given, *arguments)
    assert done.returncode == code, done.stderr
    return done.stderr


def asked(site: DemoSite, path: str) -> int:
    return sum(hit.path == path for hit in site.log)


def age(home: Home, by: timedelta) -> None:
    """Let everything in an archive be older."""
    with sqlite3.connect(home.database) as db:
        for table, column in (
            ("captures", "fetched_at"), ("articles", "first_seen"), ("articles", "last_checked"),
            ("announced", "seen"), ("announced", "modified"), ("hosts", "wait_until"), ("sources", "next_try"), ("sources", "last_success"),
            ("revisions", "seen_from"), ("revisions", "seen_to"), ("readings", "first_at"),
        ):  # fmt: skip
            db.execute(
                f"update {table} set {column} = strftime('%Y-%m-%dT%H:%M:%fZ', {column}, ?)",
                (f"-{by.total_seconds()} seconds",),
            )
    db.close()


def sitemap(*pages: tuple[str, datetime]) -> bytes:
    entries = "".join(
        f"<url><loc>http://{HOST}{path}</loc><lastmod>{at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>" for path, at in pages
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()


def way(kind: str, path: str, table: str = "discovery", **keys: object) -> str:
    lines = [f"[[ferry.{table}]]", f'kind = "{kind}"', f'url = "http://{HOST}{path}"']
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]) + "\n"


def ferry(*ways: str, **keys: object) -> str:
    """The entry of one outlet with these ways of discovery."""
    return outlet("ferry", **keys).partition("[[")[0] + "".join(ways)


@pytest.fixture
def one(home: Home, site: DemoSite) -> Home:
    """An archive of one story that a listing links to."""
    catalogue(home, only(outlet("ferry")))
    site.add(HOST, "/", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site)
    return home


def only(text: str) -> str:
    """The text with every built-in outlet paused: runs without names crawl this one."""
    from crawler.sources import built_in

    return text + "".join(f"[{name}]\npaused = true\n" for name in built_in())


def test_a_page_is_asked_for_again_at_the_ages_of_the_schedule_and_then_never(one: Home, site: DemoSite) -> None:
    assert asked(site, "/a") == 1
    crawl(one, site)
    assert asked(site, "/a") == 1  # it is seconds old
    age(one, timedelta(minutes=20))
    crawl(one, site)
    crawl(one, site)
    assert asked(site, "/a") == 2
    age(one, timedelta(days=40))
    crawl(one, site)
    assert asked(site, "/a") == 2  # the outlet still lists it; it is older than the last step
    crawl(one, site, "--again")
    assert asked(site, "/a") == 3


def test_only_lists_that_are_due_are_asked_with_due(one: Home, site: DemoSite) -> None:
    before = asked(site, "/")
    crawl(one, site, "--due")
    assert asked(site, "/") == before
    age(one, timedelta(minutes=30))
    crawl(one, site, "--due")
    assert asked(site, "/") == before + 1


def test_a_page_whose_lastmod_has_not_moved_is_not_asked_for(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("sitemap", "/map.xml"))))
    now = datetime.now(UTC) - timedelta(hours=1)
    add_story(site, "ferry", "/a", "Morvina")
    add_story(site, "ferry", "/b", "Tessaly")
    site.add(HOST, "/map.xml", sitemap(("/a", now), ("/b", now)), "application/xml")
    crawl(home, site)
    age(home, timedelta(hours=2))
    site.add(HOST, "/map.xml", sitemap(("/a", now - timedelta(hours=10)), ("/b", now)), "application/xml")
    crawl(home, site)
    assert (asked(site, "/a"), asked(site, "/b")) == (1, 2)
    age(home, timedelta(minutes=30))
    crawl(home, site, "--due")  # what the list said counts in runs that do not ask it
    assert asked(site, "/a") == 1


def test_a_listing_is_followed_until_a_page_brings_nothing_new(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/list", page="?page={n}", pages=10))))
    for n in range(1, 6):
        add_story(site, "ferry", f"/s{n}", f"Harbour number {n} of Morvina")
        address = "/list" if n == 1 else f"/list?page={n}"
        site.add(HOST, address, f"<a href='/s{n}'>s</a>".encode())
    crawl(home, site)
    assert len(rows(home, "select id from articles")) == 5
    assert asked(site, "/list?page=5") == 1
    site.log.clear()
    crawl(home, site)
    assert (asked(site, "/list"), asked(site, "/list?page=2")) == (1, 0)
    site.log.clear()
    crawl(home, site, "--since", "2020-01-01")
    assert asked(site, "/list?page=2") == 0  # nothing unknown any more: a history crawl ends where it has been


def test_a_fallback_is_asked_only_where_no_list_answers(home: Home, site: DemoSite) -> None:
    ways = (way("listing", "/list"), way("listing", "/second", "fallback"), way("listing", "/third", "fallback"))
    catalogue(home, only(ferry(*ways)))
    add_story(site, "ferry", "/a", "Morvina")
    site.add(HOST, "/list", b"gone", status=500)
    site.add(HOST, "/second", b"<a href='/a'>a</a>")
    site.add(HOST, "/third", b"<a href='/b'>b</a>")
    crawl(home, site)
    assert [row["url"] for row in rows(home, "select url from articles")] == [f"http://{HOST}/a"]
    assert asked(site, "/third") == 0
    [row] = rows(home, "select state, state_reason from sources where id = 'ferry'")
    assert row["state"] == "ok" and "/second" in row["state_reason"] and "500" in row["state_reason"]


def test_a_host_that_asks_for_patience_is_left_alone_across_runs(one: Home, site: DemoSite) -> None:
    def busy(_: object) -> Answer:
        return Answer(429, {"Retry-After": "7200"}, b"later")

    site.respond(HOST, "/", busy)
    crawl(one, site)
    [row] = rows(one, "select wait_until, times from hosts where host = ?", HOST)
    wait = datetime.fromisoformat(row["wait_until"]) - datetime.now(UTC)
    assert timedelta(minutes=115) < wait <= timedelta(minutes=120)
    hits = len(site.log)
    crawl(one, site)
    assert len(site.log) == hits  # not even robots.txt
    [state] = rows(one, "select state from sources where id = 'ferry'")
    assert state["state"] == "ok"
    age(one, timedelta(hours=3))
    site.add(HOST, "/", b"<a href='/a'>a</a>")
    crawl(one, site)
    assert asked(site, "/a") == 2 and rows(one, "select * from hosts") == []


def test_a_source_that_blocks_is_a_state_and_tried_ever_more_rarely(one: Home, site: DemoSite) -> None:
    site.add(HOST, "/", b"no", status=403)
    assert "blocked" in crawl(one, site, code=1)
    hits = len(site.log)
    assert crawl(one, site) == ""  # known already, and left alone
    assert len(site.log) == hits
    age(one, timedelta(hours=2))
    assert crawl(one, site) == ""  # tried, still blocked: no news
    assert len(site.log) > hits
    [row] = rows(one, "select state, failures from sources where id = 'ferry'")
    assert (row["state"], row["failures"]) == ("blocked", 2)
    hits = len(site.log)
    age(one, timedelta(hours=2))
    crawl(one, site)
    assert len(site.log) == hits  # longer than the first time
    crawl(one, site, "ferry")  # who names it means it
    assert len(site.log) > hits


def page(text: str, advert: int) -> bytes:
    whole = STORY.format(text)
    return whole.replace("</body>", f"<script>advert({advert})</script></body>").encode()


def records(home: Home) -> list[tuple[str, str]]:
    found = []
    for path in warc_files(home):
        with path.open("rb") as file:
            found += [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(file)]
    return found


def test_a_page_that_says_the_same_is_not_kept_once_more(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", keep="changes")))
    site.add(HOST, "/", b"<a href='/a'>a</a>")
    for advert, text in enumerate(("Morvina", "Morvina", "Tessaly")):
        site.add(HOST, "/a", page(text, advert), headers={"ETag": "", "Last-Modified": ""})
        crawl(home, site, "--again")
    mine = [kind for kind, url in records(home) if url == f"http://{HOST}/a" and kind != "request"]
    assert mine == ["response", "metadata", "response"]
    first, second, third = rows(
        home, "select id, outcome, confirms, payload_sha256, status from captures where url like '%/a' order by id"
    )
    assert (first["outcome"], second["outcome"], third["outcome"]) == ("new", "unchanged", "revised")
    assert (first["confirms"], second["confirms"], third["confirms"]) == (None, first["id"], None)
    assert second["payload_sha256"] not in (None, first["payload_sha256"])
    [article] = rows(home, "select capture, revisions from articles")
    assert article == {"capture": third["id"], "revisions": 2}
    before = contents(home)
    assert command("rebuild", "--home", str(home.path)).returncode == 0
    assert contents(home) == before


def test_a_front_page_under_an_articles_address_is_no_edit(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", articles=["^/a$"])))
    site.add(
        HOST, "/", STORY.format("The front page of the ferry").replace("<p>", "<p><a href='/a'>a</a>", 1).encode()
    )
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site)
    site.add(HOST, "/a", b"", status=301, headers={"Location": "/"})
    crawl(home, site, "--again")
    [row] = rows(home, "select url, title, revisions, gone_at from articles")
    assert (row["url"], row["title"], row["revisions"], row["gone_at"]) == (f"http://{HOST}/a", "Morvina", 1, None)


def test_a_canonical_address_that_is_no_articles_is_not_believed(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", articles=["^/news/."])))
    site.add(HOST, "/", b"<a href='/news/a'>a</a><a href='/news/b'>b</a>")
    for path, title in (("/news/a", "Morvina"), ("/news/b", "Tessaly")):
        story = STORY.format(title).replace("</head>", f"<link rel='canonical' href='http://{HOST}/news'></head>")
        site.add(HOST, path, story.encode())
    crawl(home, site)
    assert {row["url"] for row in rows(home, "select url from articles")} == {
        f"http://{HOST}/news/a",
        f"http://{HOST}/news/b",
    }


def test_a_limit_of_pages_leaves_the_rest_for_the_next_run(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", max_pages=2)))
    site.add(HOST, "/", b"".join(b"<a href='/s%d'>s</a>" % n for n in range(5)))
    for n in range(5):
        add_story(site, "ferry", f"/s{n}", f"Harbour number {n} of Morvina")
    for kept in (2, 4, 5):
        crawl(home, site)
        assert len(rows(home, "select id from articles")) == kept


def test_a_crawl_delay_is_held(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry")))
    site.add(HOST, "/robots.txt", b"User-agent: *\nCrawl-delay: 1\n", "text/plain")
    site.add(HOST, "/", b"<a href='/a'>a</a><a href='/b'>b</a>")
    add_story(site, "ferry", "/a", "Morvina")
    add_story(site, "ferry", "/b", "Tessaly")
    crawl(home, site)
    times = [
        datetime.fromisoformat(r["fetched_at"]) for r in rows(home, "select fetched_at from captures order by id")
    ]
    assert len(times) == 4
    assert times[3] - times[2] >= timedelta(seconds=0.5)  # the delay is jittered by half


def test_single_pages_are_saved_of_known_and_unknown_outlets(one: Home, site: DemoSite) -> None:
    add_story(site, "ferry", "/b", "Tessaly")
    add_story(site, "pier", "/x", "Pier of Tessaly")
    options = ["--home", str(one.path), "--connect-to", f"*.example={site.address}"]
    done = command("save", f"http://{HOST}/b", "http://pier.example/x", *options)
    assert done.returncode == 0, done.stderr
    found = {row["url"]: row["source"] for row in rows(one, "select url, source from articles")}
    assert found[f"http://{HOST}/b"] == "ferry" and found["http://pier.example/x"] == "site-pier-example"
    assert asked(site, "/") == 1  # no list was asked
    site.add(HOST, "/none", b"no", status=404)
    done = command("save", f"http://{HOST}/none", *options)
    assert done.returncode == 1 and f"http://{HOST}/none" in done.stderr
    done = command("save", "gopher://x/", *options)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


def test_an_ingest_says_when_its_home_is_full(tmp_path: Path) -> None:
    home = Home(tmp_path)
    source = Source("t", "T", "news", "en", "UTC", "http://t.example/")
    from archive.store import Store

    store = Store(home.database, write=True)
    store.sync_sources([source])
    store.close()
    ingest = Ingest(home, {"t": source}, None, "tests", quota=1)
    ingest.start()
    ingest.submit(Exchange("http://t.example/", "t", "discovery", datetime.now(UTC), 200, body=b"x"), lambda: None)
    ingest.close()
    assert ingest.full is not None and "quota" in ingest.full
    [row] = rows(home, "select outcome, fetched_at from captures")  # what was handed over is kept all the same
    assert row["outcome"] == "discovery" and row["fetched_at"] <= stamp(datetime.now(UTC))


def test_a_limit_that_is_reached_early_ends_the_run(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("sitemap", "/map.xml"))))
    now = datetime.now(UTC)
    site.add(HOST, "/map.xml", sitemap(*((f"/s{n}", now) for n in range(700))), "application/xml")
    for n in range(2):
        add_story(site, "ferry", f"/s{n}", f"Harbour number {n} of Morvina")
    crawl(home, site, "--max-pages", "1")
    [row] = rows(home, "select state_reason, unfinished from sources where id = 'ferry'")
    assert "699 pages are left" in row["state_reason"] and row["unfinished"] == 1


def test_an_address_that_is_too_long_holds_nobody_up(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/", next="a.next"))))
    long = "x" * 3000
    site.add(HOST, "/", f"<a href='/a'>a</a><a href='/{long}'>b</a><a class='next' href='/?{long}'>n</a>".encode())
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site)
    assert len(rows(home, "select id from articles")) == 1


def test_a_list_that_cannot_be_read_leaves_the_word_to_a_fallback(home: Home, site: DemoSite) -> None:
    search = way("search", "/search", locale="en", address=f"http://{HOST}/{{slug}}")
    catalogue(home, only(ferry(search, way("listing", "/second", "fallback"))))
    site.add(HOST, "/search", b"", status=302, headers={"Location": "/maintenance"})
    site.add(HOST, "/maintenance", b"<html>later</html>")
    site.add(HOST, "/second", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site)
    assert len(rows(home, "select id from articles")) == 1


def test_pages_that_were_left_come_with_the_next_due_run(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", max_pages=2)))
    site.add(HOST, "/", b"".join(b"<a href='/s%d'>s</a>" % n for n in range(3)))
    for n in range(3):
        add_story(site, "ferry", f"/s{n}", f"Harbour number {n} of Morvina")
    crawl(home, site, "--due")
    crawl(home, site, "--due")  # the list is not due, and is asked for what was left
    assert len(rows(home, "select id from articles")) == 3


def test_a_history_that_broke_off_goes_on_where_it_was(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/list", page="?page={n}", pages=2))))
    for n in range(1, 5):
        add_story(site, "ferry", f"/s{n}", f"Harbour number {n} of Morvina")
        site.add(HOST, "/list" if n == 1 else f"/list?page={n}", f"<a href='/s{n}'>s</a>".encode())
    site.add(HOST, "/list?page=3", b"broken", status=500)
    crawl(home, site, "--since", "2020-01-01")
    assert len(rows(home, "select id from articles")) == 2
    crawl(home, site)  # an ordinary run in between
    site.add(HOST, "/list?page=3", b"<a href='/s3'>s</a>")
    crawl(home, site, "--since", "2020-01-01")
    assert len(rows(home, "select id from articles")) == 4
    assert rows(home, "select unfinished from sources where id = 'ferry'") == [{"unfinished": 0}]


def test_each_list_is_due_by_itself(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/"), way("feed", "/feed.xml"))))
    site.add(HOST, "/", b"<a href='/a'>a</a>")
    site.add(HOST, "/feed.xml", b"<rss version='2.0'><channel></channel></rss>", "application/rss+xml")
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site, "--due")
    for _ in range(2):
        age(home, timedelta(minutes=15))
        crawl(home, site, "--due")
    assert (asked(site, "/"), asked(site, "/feed.xml")) == (2, 3)


def test_one_page_that_fails_is_not_a_source_that_fails(one: Home, site: DemoSite) -> None:
    site.add(HOST, "/", b"<a href='/a'>a</a><a href='/b'>b</a>")
    site.add(HOST, "/b", b"broken", status=500)
    assert crawl(one, site) == ""
    assert asked(site, "/b") == 3  # retried


def test_a_wait_is_not_lifted_by_what_was_under_way(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/one"), way("listing", "/two"))))
    site.respond(HOST, "/robots.txt", lambda _: Answer(429, {"Retry-After": "7200"}, b"later"))
    crawl(home, site)
    assert [hit.path for hit in site.log] == ["/robots.txt"]
    assert len(rows(home, "select * from hosts")) == 1


def test_a_block_that_calls_itself_busy_is_a_block(one: Home, site: DemoSite) -> None:
    site.respond(HOST, "/", lambda _: Answer(503, {"cf-mitigated": "challenge"}, b"checking"))
    assert "blocked" in crawl(one, site, code=1)


def test_what_save_could_not_ask_for_is_said(one: Home, site: DemoSite) -> None:
    site.add(HOST, "/loop", b"", status=302, headers={"Location": "/loop"})
    site.add(HOST, "/robots.txt", b"User-agent: *\nDisallow: /closed\n", "text/plain")
    options = ["--home", str(one.path), "--connect-to", f"*.example={site.address}"]
    for path in ("/loop", "/closed"):
        done = command("save", f"http://{HOST}{path}", *options)
        assert done.returncode == 1 and path in done.stderr, done.stderr


def test_a_list_that_is_refused_silences_no_other(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/"), way("listing", "/second"))))
    site.add(HOST, "/", b"<a href='/a'>a</a>")
    site.add(HOST, "/second", b"no", status=403)
    add_story(site, "ferry", "/a", "Morvina")
    crawl(home, site)
    assert len(rows(home, "select id from articles")) == 1
    assert rows(home, "select * from hosts") == []


def test_a_fallback_is_asked_as_rarely_as_it_says(home: Home, site: DemoSite) -> None:
    catalogue(home, only(ferry(way("listing", "/list"), way("listing", "/second", "fallback", every="7d"))))
    site.add(HOST, "/list", b"broken", status=500)
    site.add(HOST, "/second", b"<a href='/a'>a</a>")
    add_story(site, "ferry", "/a", "Morvina")
    for _ in range(2):
        crawl(home, site, "--due")
        age(home, timedelta(hours=1))
    assert asked(site, "/second") == 1
    assert asked(site, "/list") == 6  # three tries a run
    assert rows(home, "select state from sources where id = 'ferry'") == [{"state": "ok"}]


def test_a_proxy_is_asked_for_robots_txt_too(home: Home, site: DemoSite) -> None:
    catalogue(home, only(outlet("ferry", proxy=f"http://{site.address}")))

    def at(path: str) -> str:  # a proxy is asked for whole addresses
        return f"http://{HOST}{path}"

    site.add(HOST, at("/robots.txt"), b"User-agent: *\nDisallow: /closed\n", "text/plain")
    site.add(HOST, at("/"), b"<a href='/a'>a</a><a href='/closed'>c</a>")
    add_story(site, "ferry", at("/a"), "Morvina")
    done = command("crawl", "--home", str(home.path))  # the name leads nowhere: only the proxy answers for it
    assert done.returncode == 0, done.stderr
    assert [row["url"] for row in rows(home, "select url from articles")] == [f"http://{HOST}/a"]
    assert (asked(site, at("/robots.txt")), asked(site, at("/closed"))) == (1, 0)

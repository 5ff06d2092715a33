"""The thread that keeps: nothing a page holds stops it, and what does stop it is told."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, Page, Source, stamp
from archive.outcomes import first_outcome
from archive.reading import read_later
from archive.rebuild import rebuild
from archive.store import Store
from archive.warc import Writer
from archive.workers import Workers
from tests.crawling import contents, rows, warc_files
from tests.keeping import START, captured, keep, source, texts
from tests.pages import own_div

PAGE = own_div(
    "The ferry ran again",
    ["The ferry between the two banks ran again on Monday after a week of storms, its master said at the landing."],
    [],
)
HOSTILE = {
    "surrogate in JSON-LD": PAGE.replace(
        "</head>", '<script type="application/ld+json">{"@type":"NewsArticle","headline":"a\\ud800b"}</script></head>'
    ),
    "canonical with an impossible port": PAGE.replace(
        "</head>", '<link rel="canonical" href="http://t.example:bad/x"></head>'
    ),
    "canonical that is no address": PAGE.replace("</head>", '<link rel="canonical" href="http://[::1"></head>'),
    "reference to a control character": PAGE.replace("storms", "sto&#11;rms"),
    "noncharacter": PAGE.replace("storms", "sto\ufdd0rms"),
    "nul": PAGE.replace("storms", "sto\x00rms"),
    "nested ten thousand deep": PAGE.replace("<p>", "<div>" * 10_000 + "<p>", 1),
    "a line of dates": PAGE.replace("storms", "1," * 20_000),
    "a hundred thousand links": PAGE.replace("</main>", "<a href='/x'>x</a>" * 100_000 + "</main>"),
    "binary": "\x7fELF" + "\x01\x02\x03\x04" * 5_000,
    "JSON nested deep": PAGE.replace(
        "</head>", '<script type="application/ld+json">' + "[" * 50_000 + "</script></head>"
    ),
    "a bad date": PAGE.replace(
        "</head>", '<meta property="article:published_time" content="2031-04-25T10:00:00+99:00"></head>'
    ),
}


@pytest.mark.parametrize("trap", HOSTILE)
def test_a_hostile_page_costs_only_itself(home: Home, trap: str) -> None:
    good = "http://t.example/good"
    keep(home, [captured("http://t.example/bad", HOSTILE[trap]), captured(good, PAGE, 1)])
    assert "ran again on Monday" in texts(home)[good]
    assert rows(home, "select id from captures where outcome is null") == []
    assert [row["outcome"] for row in rows(home, "select outcome from captures where url = ?", good)] == ["new"]


def test_what_cannot_be_kept_costs_only_itself_also_where_it_was_left_by_a_killed_run(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader that lets through what is no text must not stop this run, nor all that follow."""

    def read(workers: Workers, exchange: Exchange, of: Source) -> Future[Page]:
        page = read_later(workers, exchange, of).result()
        if exchange.url.endswith("/odd"):
            page = replace(page, readings=tuple(replace(r, title=f"{r.title} \ud83d") for r in page.readings))
        done: Future[Page] = Future()
        done.set_result(page)
        return done

    monkeypatch.setattr("archive.ingest.read_later", read)
    urls = [f"http://t.example/{name}" for name in ("first", "odd", "last")]
    exchanges = [captured(url, PAGE.replace("storms", f"storms {n}"), n) for n, url in enumerate(urls)]
    keep(home, exchanges[:1])
    writer = Writer(home.warc, "tests")
    for exchange in exchanges[1:]:
        writer.write(exchange, None)
    writer.leave()
    assert len(list(home.warc.glob("*.open"))) == 1
    for n in range(2):
        keep(home, [captured(f"http://t.example/more{n}", PAGE, 10 + n)])
        assert not list(home.warc.glob("*.open"))
    found = {row["url"]: row for row in rows(home, "select url, outcome, message, warc_file from captures")}
    assert [found[url]["outcome"] for url in urls] == ["new", "failed", "new"]
    assert "cannot be kept" in found[urls[1]]["message"] and found[urls[1]]["warc_file"]
    assert caplog.text.count("cannot be kept") == 1
    assert set(texts(home)) >= {urls[0], urls[2], "http://t.example/more1"}


def test_a_broken_archive_is_told_and_nobody_waits_for_ever(home: Home) -> None:
    keep(home, [captured("http://t.example/a", PAGE)])
    store = Store(home.database, write=True)
    store.conn.execute("drop table search_text_fts_data")
    store.close()
    ingest = Ingest(home, {"t": source("t")}, None, "tests")
    ingest.start()
    done = [threading.Event() for _ in range(40)]
    for n, event in enumerate(done):
        ingest.submit(captured(f"http://t.example/{n}", PAGE.replace("Monday", f"day {n}"), n), event.set)
    assert all(event.wait(60) for event in done)
    ending = threading.Thread(target=_close, args=(ingest,))
    ending.start()
    ending.join(60)
    assert not ending.is_alive()
    assert isinstance(ingest.error, sqlite3.DatabaseError)


def _close(ingest: Ingest) -> None:
    with pytest.raises(sqlite3.DatabaseError):
        ingest.close()


def forget_rows(home: Home) -> None:
    """Make an archive look as if its last run had been killed before its first commit."""
    [file] = warc_files(home)
    file.rename(file.with_name(file.name + ".open"))
    with closing(sqlite3.connect(home.database, isolation_level=None)) as conn:
        for table in ("search_text", "capture_articles", "revisions", "derivations", "sightings", "blocks", "readings",
                      "addresses", "articles", "captures"):  # fmt: skip
            conn.execute(f"delete from {table}")


def test_what_a_killed_run_left_is_kept_once_and_in_the_run_that_fetched_it(home: Home) -> None:
    keep(home, [captured(f"http://t.example/{n}", PAGE.replace("Monday", f"day {n}"), n) for n in range(3)])
    forget_rows(home)
    keep(home, [captured("http://t.example/later", PAGE, 9)])
    keep(home, [captured("http://t.example/later", PAGE, 10)])
    assert len(texts(home)) == 4
    assert [row["run"] for row in rows(home, "select run from captures order by fetched_at")] == [1, 1, 1, 2, 3]
    assert [row["fetched"] for row in rows(home, "select fetched from runs order by id")] == [6, 1, 1]
    assert not [path for path in warc_files(home) if path.name.endswith(".open")]


def test_a_file_that_reached_its_length_is_named_after_its_rows_are_kept(home: Home) -> None:
    writer = Writer(home.warc, "tests", rotate=1)
    for n in range(3):
        writer.write(captured(f"http://t.example/{n}", PAGE.replace("Monday", f"day {n}"), n), None)
    assert len(warc_files(home)) == 3 and all(file.name.endswith(".open") for file in warc_files(home))
    writer.leave()  # killed here, no row was written
    keep(home, [captured("http://t.example/later", PAGE, 9)])
    assert len(texts(home)) == 4
    assert not [file for file in warc_files(home) if file.name.endswith(".open")]


def test_what_a_killed_run_left_of_a_source_that_left_the_catalogue_is_kept_too(home: Home) -> None:
    keep(home, [captured("http://gone.example/a", PAGE)])
    forget_rows(home)
    keep(home, [captured("http://t.example/later", PAGE, 9)])
    assert set(texts(home)) == {"http://gone.example/a", "http://t.example/later"}


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (None, "page", "failed"),
        (200, "page", None),
        (200, "discovery", "discovery"),
        (200, "robots", "discovery"),
        (404, "robots", "discovery"),
        (503, "robots", "failed"),
        (301, "page", "redirect"),
        (304, "page", "not_modified"),
        (403, "page", "blocked"),
        (451, "page", "blocked"),
        (404, "page", "gone"),
        (410, "page", "gone"),
        (404, "discovery", "failed"),
        (429, "page", "failed"),
        (418, "page", "failed"),
        (500, "page", "failed"),
    ],
)
def test_one_outcome_for_each_status(status: int | None, kind: str, outcome: str | None) -> None:
    exchange = Exchange("http://t.example/", "t", kind, START, status)  # type: ignore[arg-type]
    assert first_outcome(exchange) == outcome


POST = (
    "<html><body><div class='tgme_widget_message' data-post='{0}'><div class='tgme_widget_message_author'>"
    "<a class='tgme_widget_message_owner_name'>Harbour Office</a></div>"
    "<div class='tgme_widget_message_text js-message_text'>{1}<br>The second line of a post.</div>"
    "<a class='tgme_widget_message_date'><time datetime='2031-04-20T05:00:00+00:00'>05:00</time></a></div></body></html>"
)


def test_a_channels_post_is_one_article_with_its_edits_and_its_end(home: Home) -> None:
    url = "https://t.me/harbouroffice/12"
    fetched = {"name": "harbour", "fetched_from": f"{url}?embed=1&mode=tme"}
    gone = "<html><body><div class='tgme_widget_message_error'>Post not found</div></body></html>"
    first = POST.format("harbouroffice/12", "Nine ships came in on Monday.")
    edited = POST.format("harbouroffice/12", "Ten ships came in on Monday.")
    pages = [captured(url, html, n, **fetched) for n, html in enumerate((first, first, edited, gone))]
    keep(home, pages)
    [row] = rows(home, "select url, source, title, text, published, revisions, gone_at from articles")
    assert row == {
        "url": url,
        "source": "harbour",
        "title": "Ten ships came in on Monday.",
        "text": "The second line of a post.",
        "published": "2031-04-20T05:00:00Z",
        "revisions": 2,
        "gone_at": stamp(pages[3].fetched_at),
    }
    captures = rows(home, "select outcome, fetched_from from captures order by id")
    assert [c["outcome"] for c in captures] == ["new", "unchanged", "revised", "gone"]
    assert {c["fetched_from"] for c in captures} == {f"{url}?embed=1&mode=tme"}


def test_a_copy_that_a_web_archive_lacks_says_nothing_of_the_page(home: Home) -> None:
    url = "http://ferries.example/1"
    copy = "https://web.archive.org/web/20300101000000id_/http://ferries.example/1"
    keep(
        home,
        [
            captured(
                url, own_div("A ferry on Monday", ["The ferry ran again on Monday after a week of storms."] * 3, [])
            ),
            captured(url, "", -9, status=404, fetched_from=copy),
        ],
    )
    assert rows(home, "select gone_at from articles") == [{"gone_at": None}]


def test_a_copy_older_than_what_it_agrees_with_is_rebuilt_as_it_was_kept(home: Home) -> None:
    url, text = "http://ferries.example/1", ["The ferry ran again on Monday after a week of storms."] * 3
    page = own_div("A ferry on Monday", text, [])
    copy = "https://web.archive.org/web/20300101000000id_/http://ferries.example/1"
    sparing = {"ferries": source("ferries", keep="changes")}
    keep(home, [captured(url, page)], sparing)
    keep(home, [captured(url, page + " ", -9, fetched_from=copy)], sparing)
    [first, second] = rows(home, "select id, confirms from captures order by id")
    assert (first["confirms"], second["confirms"]) == (None, first["id"])
    before = contents(home), rows(home, "select first_seen, gone_at, revisions from articles")
    assert rebuild(home).problems == ()
    assert (contents(home), rows(home, "select first_seen, gone_at, revisions from articles")) == before


def test_a_copy_that_failed_is_asked_for_again(home: Home) -> None:
    url = "http://ferries.example/1"
    keep(home, [captured(url, "", status=502)])
    store = Store(home.database)
    assert not store.has_capture("ferries.example/1", stamp(START))
    store.close()
    keep(home, [captured(url, own_div("A ferry", ["The ferry ran again on Monday after storms."] * 3, []), 1)])
    store = Store(home.database)
    assert store.has_capture("ferries.example/1", stamp(START + timedelta(minutes=1)))
    store.close()

"""`communique forget`: no byte of what is forgotten stays in the home folder, and nothing else is lost by it."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import figures, gaps, warc
from archive.custody import seal, state
from archive.errors import DamagedError
from archive.exports.chosen import Asked
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.forget import complete, forget
from archive.holdings import find
from archive.home import Home
from archive.models import Position
from archive.rebuild import rebuild
from archive.store import Store
from archive.traces import Traces
from archive.urls import url_key
from archive.verify import verify
from archive.web.notes_store import Notes
from crawler.demo.site import DemoSite
from tests import claiming
from tests.crawling import COMMAND, catalogue, command, crawl, demo_catalogue, rows
from tests.holding import CLOSED, PROBES, RESTRICTED, Reader, exchanges
from tests.keeping import captured, keep, source
from tests.pages import own_div
from tests.prose import prose
from tests.test_split import TITLES, digest
from tests.test_split import URL as DIGEST

# every string of this page holds the word
MARK = RESTRICTED
PAGE = f"http://staff.example/{MARK}-page"
MOVED = f"http://staff.example/{MARK}-moved"
REASON = "An order of the harbour court"
NOW = datetime(2031, 5, 1, 9, 30, tzinfo=UTC)
SOURCES = dict(claiming.SOURCES) | {CLOSED: source(CLOSED)}
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Staff</title>
<item><title>{MARK}headline of the harbour</title><link>{PAGE}</link><description>&lt;p&gt;The master of the {MARK}port
said so at {MARK}first. {MARK}words stand in this paragraph of the ferry.&lt;/p&gt;</description></item></channel></rss>"""
OTHER_FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>Staff</title></channel></rss>'


def feed(body: str, minute: int) -> Any:
    kind = {"kind": "discovery", "headers": (("Content-Type", "application/rss+xml"),)}
    return captured("http://staff.example/feed.xml", body, minute, **kind)


def pages() -> list[Any]:
    """The marked page, twice edited, what led to it, what its server said otherwise, and feeds with and without it."""
    hops = {"status": 302, "headers": (("Location", PAGE),)}
    return [
        *(replace(e, via=(MOVED,)) if e.url == PAGE and e.status == 200 else e for e in exchanges()),
        captured(f"http://staff.example/go?to={MARK}", b"", 6, **hops),
        captured(MOVED, b"", 5, **hops),
        captured(PAGE, b"", 330, status=304, headers=(("ETag", f'"{MARK}"'),)),
        feed(OTHER_FEED, 1),
        feed(FEED, 2),
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive with that page, sealed; only to be copied."""
    home = Home(tmp_path_factory.mktemp("forget") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", claiming.read)
        keep(home, sorted(pages(), key=lambda e: e.fetched_at), SOURCES)
    store = Store(home.database, write=True)
    with store.transaction():  # what a run may note
        store.conn.execute("insert into announced values (?, '2031-04-20', '2031-04-20')", (url_key(PAGE),))
        store.conn.execute("update runs set message = ?", (f"{PAGE}: failed: HTTP 503",))
        store.conn.execute("update sources set state_reason = ? where id = 'staff'", (f"see {PAGE}",))
    store.close()
    seal(home, NOW)
    return home


@pytest.fixture
def home(kept: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(kept.path, tmp_path / "home")))


def number(home: Home, url: str = PAGE) -> int:
    return int(rows(home, "select id from articles where url = ?", url)[0]["id"])


def with_files(home: Home) -> None:
    """Add what else in a home folder may hold a text: notes, logs, a back-up, a snapshot that was left."""
    notes = Notes(home.path / "notes.db")
    row = rows(home, "select id as article, source, url, part from articles where url = ?", PAGE)[0]
    place = {**row, "url_key": url_key(PAGE)}
    quoted = {"quotation": f"{MARK}words stand in this paragraph", "field": "text", "start": 1, "stop": 9}
    notes.add(place, None, "Ask the master about this", {"revision": 1, **quoted}, "2031-04-21T00:00:00Z")
    home.logs.mkdir()
    log = home.logs / "crawl-2031-04.log"
    log.write_text(f"INFO: began\nERROR: <GET {PAGE}>: 503\nINFO: ended\n")
    for folder in ("backup", "snapshot-left"):
        (home.path / folder).mkdir()
        shutil.copy(home.database, home.path / folder / "archive.db")


def bytes_of(home: Home) -> Iterator[tuple[str, bytes]]:
    """Every file of a home with its bytes, and what WARC files hold."""
    for path in sorted(path for path in home.path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        yield path.name, data
        if path.name.endswith(".gz"):
            yield f"{path.name}, unpacked", gzip.decompress(data)


def found_in(home: Home) -> list[str]:
    """The files with the mark, or with the claim that gives the page away."""
    return [name for name, data in bytes_of(home) if PROBES[MARK].search(data.decode("latin-1"))]


def held(home: Home) -> dict[tuple[str, str], bytes]:
    """What is kept of every other address: the payloads by address and time, read back by their rows."""
    found = {}
    for row in rows(home, "select * from captures where warc_file is not null and status <> 304"):
        exchange = warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
        assert exchange.url == row["url"]
        found[row["url"], row["fetched_at"]] = exchange.body
    return found


def test_no_byte_of_it_stays_in_any_file(home: Home) -> None:
    with_files(home)
    assert {"archive.db", "notes.db", "crawl-2031-04.log", "communique-000001.warc.gz, unpacked"} <= set(
        found_in(home)
    )
    before = held(home)
    done = forget(home, number(home), REASON, NOW)
    assert done.problems == () and done.notes == 1
    assert found_in(home) == []
    assert not (home.path / "backup").exists() and not (home.path / "snapshot-left").exists()
    after = held(home)
    assert {key for key in before if MARK in key[0] or before[key] == FEED.encode()} == before.keys() - after.keys()
    assert all(before[key] == body for key, body in after.items())
    assert (home.logs / "crawl-2031-04.log").read_text().splitlines()[::2] == ["INFO: began", "INFO: ended"]


def test_what_is_kept_of_its_captures_is_when_and_by_what_hash(home: Home) -> None:
    before = {row["id"]: row for row in rows(home, "select * from captures")}
    forget(home, number(home), REASON, NOW)
    after = {row["id"]: row for row in rows(home, "select * from captures")}
    gone = [row for row in after.values() if row["forgotten"]]
    assert len(gone) == 7  # two texts, two redirects, a failure, a 304, and the feed with its words
    for row in gone:
        was = before[row["id"]]
        assert re.fullmatch("forgotten:[0-9a-f]{64}", row["url"]) and row["url_key"] == row["url"]
        same = ("id", "source", "run", "kind", "fetched_at", "status", "payload_sha256", "outcome", "custody")
        assert {name: row[name] for name in same} == {name: was[name] for name in same}
        assert {row[name] for name in ("warc_file", "warc_offset", "etag", "via", "message", "last_modified")} == {
            None
        }
    assert all(after[n] == was for n, was in before.items() if not after[n]["forgotten"])


def test_the_chain_says_when_and_why_and_holds(home: Home) -> None:
    article = number(home)
    leaves = dict(_leaves(home))
    done = forget(home, article, REASON, NOW)
    store = Store(home.database)
    entry = store.entry(done.seq)
    store.close()
    assert entry is not None and entry.entry.event == "forgotten"
    details = json.loads(entry.entry.details)
    assert (details["articles"], details["reason"], entry.entry.at) == ([article], REASON, "2031-05-01T09:30:00.000Z")
    assert all(leaves[capture] == leaf for capture, leaf in details["captures"])
    assert details["files"] == {path.name: state(path) for path in home.warc.iterdir()}
    found = verify(home, None, lambda *_: None)
    assert [str(one) for one in found.differences] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("delete from forgotten where rowid_of", "the stop-list: it is not what entry"),
        (
            "update forgotten set url_key_sha256 = 'f' || substr(url_key_sha256, 2) where rowid_of",
            "the stop-list: it is not",
        ),
        ("insert into forgotten select 'abc', seq from forgotten where rowid_of", "the stop-list: it is not"),
        ("update forgotten set seq = 1 where rowid_of", "the stop-list: it names entry 1 of the chain"),
        ("delete from forgotten_articles", "its number is free again"),
        ("insert into forgotten_articles select 4000, seq from forgotten_articles", "which did not"),
        ("update forgotten_articles set seq = 1", "the removed numbers: they name entry 1"),
    ],
)
def test_a_stop_list_that_was_changed_is_found(home: Home, change: str, named: str) -> None:
    forget(home, number(home), REASON, NOW)
    forget(home, "http://ferries.example/never-kept", REASON, NOW)
    first = "url_key_sha256 = (select max(url_key_sha256) from forgotten where url_key_sha256 not like 'f%')"
    with closing(sqlite3.connect(home.database)) as conn, conn:
        conn.execute(change.replace("rowid_of", first))
    assert any(named in str(one) for one in verify(home).differences)


def test_an_export_that_is_made_meanwhile_is_named_afterwards(home: Home, tmp_path: Path) -> None:
    def exported(what: str, _of: int, _left: int) -> None:
        if what == "WARC files":
            export(home, FORMATS["jsonl"], tmp_path / "meanwhile.jsonl", Asked(), False, lambda *_: None)

    done = forget(home, number(home), REASON, NOW, exported)
    assert {made["target"] for made in done.exports} == {str(tmp_path / "meanwhile.jsonl")}


def _leaves(home: Home) -> list[tuple[int, str]]:
    store = Store(home.database)
    try:
        return store.leaves([row["id"] for row in store.rows("select id from captures")])
    finally:
        store.close()


def test_the_warc_files_are_whole_and_every_other_record_lies_where_it_lay(home: Home) -> None:
    before = {path.name: _records(path) for path in home.warc.iterdir()}
    size = sum(path.stat().st_size for path in home.warc.iterdir())
    forget(home, number(home), REASON, NOW)
    assert sum(path.stat().st_size for path in home.warc.iterdir()) == size
    for path in home.warc.iterdir():
        after = _records(path)
        assert all(MARK not in url for url in after.values())
        assert after.items() <= before[path.name].items() | {(at, "") for at in after}
    files = sorted(map(str, home.warc.iterdir()))
    done = subprocess.run([Path(sys.executable).with_name("warcio"), "check", *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _records(path: Path) -> dict[int, str]:
    found = {}
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            found[records.get_record_offset()] = record.rec_headers.get_header("WARC-Target-URI") or ""
    return found


def test_no_row_and_no_index_points_at_it(home: Home) -> None:
    article = number(home)
    forget(home, article, REASON, NOW)
    tables = rows(home, "select name from sqlite_master where type = 'table' and sql not like 'create virtual%'")
    for table in (row["name"] for row in tables):
        columns = {row["name"] for row in rows(home, f"select name from pragma_table_info('{table}')")}
        for column in columns & {"article", "other", "story"}:
            found = rows(home, f'select count(*) as n from "{table}" where "{column}" = ?', article)[0]["n"]
            assert found == (table == "forgotten_articles"), table
    assert rows(home, "pragma integrity_check") == [{"integrity_check": "ok"}]
    assert rows(home, "pragma foreign_key_check") == []
    store = Store(home.database, write=True)
    for index in ("search_text_fts", "earlier_texts_fts"):  # FTS5 compares the index with the rows
        store.conn.execute(f"insert into {index}({index}, rank) values ('integrity-check', 1)")
    store.close()
    assert rows(home, "select sum(articles) as n from days") == rows(home, "select count(*) as n from articles")


def test_who_had_its_text_leaves_its_story_and_keeps_what_it_shares_with_others(home: Home) -> None:
    article = number(home)
    links = "select article, other, relation, score from copies where ? not in (article, other) order by 1, 2"
    before = rows(home, links, article)
    assert rows(home, "select distinct story from articles where url like '%/open-c'") == [{"story": article}]
    forget(home, article, REASON, NOW)
    assert rows(home, links, article) == before != []
    assert rows(home, "select distinct story from articles where url like '%/open-c'") == [{"story": None}]
    for table in ("copies", "shared_quotations"):
        assert rows(home, f"select * from {table} where ? in (article, other)", article) == []
    assert rows(home, "select * from stories where id = ?", article) == []


def test_what_is_about_to_go_and_what_else_holds_it_is_said(home: Home) -> None:
    line = {"at": "2031-04-30T00:00:00Z", "format": "jsonl", "target": "/somewhere/all.jsonl", "ids": [[1, 99]]}
    other = {**line, "target": "/somewhere/few.jsonl", "ids": [[90, 99]]}
    (home.path / "exports.jsonl").write_text(f"{json.dumps(line)}\n{json.dumps(other)}\ntorn\n")
    store = Store(home.database)
    found = find(home, store, number(home))
    store.close()
    assert [row["url"] for row in found.articles] == [PAGE] and found.staying == ()
    assert set(found.urls) == {PAGE, MOVED} and len(found.captures) == 5 and len(found.lists) == 2
    assert [made["target"] for made in found.exports] == ["/somewhere/all.jsonl"]
    same = {row["id"] for row in rows(home, "select id from articles where url like '%/open-c'")}
    assert same <= dict(found.carried).keys()


def test_its_page_and_its_row_answer_410_with_the_tombstone(home: Home) -> None:
    article = number(home)
    done = forget(home, article, REASON, NOW)
    reader = Reader(home.database)
    for path in (f"/article/{article}", f"/article/{article}?revision=1", f"/article/{article}/diff?from=1"):
        answer = reader.one(path)
        assert answer.status == 410 and REASON in answer.text and f"entry {done.seq} of the custody" in answer.text
        assert "1 May 2031" in answer.text and PROBES[MARK].search(answer.text) is None
    assert reader.one(f"/archive/articles/{article}").status == 410
    assert json.loads(reader.one(f"/archive/articles/{article}.json").text)["status"] == 410
    assert reader.one("/article/9999").status == 404 and reader.one("/archive/articles/9999").status == 404
    for path in ("/", "/changes", "/source", "/source/staff", "/archive/captures?forgotten__notblank=1"):
        assert reader.one(path).status == 200, path


@pytest.mark.parametrize("asked", [["show"], ["diff"], ["restrict", "--reason", "An order"], ["verify", "--article"]])
def test_commands_say_that_it_was_forgotten(home: Home, asked: list[str]) -> None:
    article = number(home)
    forget(home, article, REASON, NOW)
    done = command(*asked, str(article), "--home", str(home.path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"communique: article {article} was forgotten on 2031-05-01 ({REASON})\n"


def test_no_number_is_given_twice(home: Home) -> None:
    last = int(rows(home, "select max(id) as n from articles")[0]["n"])
    url = rows(home, "select url from articles where id = ?", last)[0]["url"]
    forget(home, url, REASON, NOW)
    keep(home, [captured("http://courier.example/new", "<h1>New</h1>" + claiming_page(), 900)], SOURCES)
    assert rows(home, "select max(id) as n from articles") == [{"n": last + 1}]


def claiming_page() -> str:
    return own_div("A new report of the harbour", prose(31).splitlines(), [])


# the stop-list


def test_nothing_of_it_is_kept_again_whoever_brings_it(home: Home) -> None:
    forget(home, number(home), REASON, NOW)
    files = {path.name: path.read_bytes() for path in home.warc.iterdir()}
    captures = rows(home, "select count(*) as n from captures")
    html = next(e.body for e in exchanges() if e.url == PAGE and e.body)
    canonical = html.replace(b"<head>", f'<head><link rel="canonical" href="{PAGE}?utm_source=x">'.encode())
    keep(
        home,
        [
            captured(PAGE, html, 1000),
            captured(f"{PAGE}?utm_source=feed#top", html, 1001, kind="imported"),
            captured("http://staff.example/elsewhere", html, 1002, via=(PAGE,)),
            captured("http://staff.example/mirrored", canonical, 1003),
        ],
        SOURCES,
    )
    assert rows(home, "select count(*) as n from captures") == captures
    fresh = {path.name: path for path in home.warc.iterdir() if path.name not in files}
    assert all(b"Target-URI" not in gzip.decompress(path.read_bytes()) for path in fresh.values())
    assert found_in(home) == []


def test_a_feed_that_still_carries_it_is_noted_and_not_kept(home: Home) -> None:
    forget(home, number(home), REASON, NOW)
    sitemap = f'<?xml version="1.0"?><urlset><url><loc>{PAGE}</loc></url></urlset>'
    keep(home, [feed(FEED, 1000), feed(OTHER_FEED, 1001), feed(sitemap, 1002)], SOURCES)
    last = rows(home, "select outcome, warc_file is null as bare, message from captures order by id desc limit 3")
    assert [(row["outcome"], row["bare"]) for row in last] == [("discovery", 0), ("discovery", 0), ("discovery", 1)]
    assert last[2]["message"] == "names an address that was forgotten: what it says is not kept"
    texts = [data for name, data in bytes_of(home) if "unpacked" in name]
    assert not any(f"{MARK}words".encode() in data for data in texts)


def test_a_save_of_it_is_refused_and_says_why(home: Home) -> None:
    forget(home, number(home), REASON, NOW)
    done = command("save", PAGE, "--home", str(home.path), "--connect-to", "*.example=127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"was forgotten on 2031-05-01 ({REASON}), and is not kept again" in done.stderr


def test_a_crawl_asks_for_it_no_more_and_for_all_else(tmp_path: Path, site: DemoSite) -> None:
    home = Home(tmp_path / "crawled")
    catalogue(home, demo_catalogue())
    assert crawl(home, site.address, "harbour-post").returncode == 0
    urls = [row["url"] for row in rows(home, "select url from articles order by id")]
    forget(home, urls[1], REASON, NOW)
    site.log.clear()
    before = rows(home, "select max(id) as n from captures")[0]["n"]
    again = crawl(home, site.address, "harbour-post")
    assert again.returncode == 0, again.stderr
    asked = {hit.path for hit in site.log}
    assert {urlsplit(url).path for url in urls} - asked == {urlsplit(urls[1]).path}
    assert rows(home, "select id from captures where id > ? and url = ?", before, urls[1]) == []
    assert [row["url"] for row in rows(home, "select url from articles order by id")] == [urls[0], *urls[2:]]
    assert [str(one) for one in verify(home, None, lambda *_: None).differences] == []


def test_an_address_of_which_nothing_is_kept_is_stopped_all_the_same(home: Home) -> None:
    done = forget(home, "http://staff.example/never-seen", REASON, NOW)
    assert (done.captures, done.unproven) == (0, ())
    before = rows(home, "select count(*) as n from captures")
    keep(home, [captured("http://staff.example/never-seen", claiming_page(), 1000)], SOURCES)
    assert rows(home, "select count(*) as n from captures") == before


def test_a_rebuild_brings_nothing_back(home: Home) -> None:
    forget(home, number(home), REASON, NOW)
    before = rows(home, "select id, url, text from articles order by id")
    assert rebuild(home, (), None, ()).problems == ()
    assert rows(home, "select id, url, text from articles order by id") == before
    assert found_in(home) == []


# several stories on one page


@pytest.fixture
def day(tmp_path: Path) -> Home:
    """A page of three stories, captured twice, and once before, with one of them and another one."""
    home = Home(tmp_path / "day")
    shown = [digest(TITLES[0], TITLES[3]), digest(*TITLES[:3]), digest(*TITLES[:3])]
    keep(home, [captured(DIGEST, html, 60 * n) for n, html in enumerate(shown)])
    return home


def titles(home: Home) -> dict[int, str]:
    return {row["id"]: row["title"] for row in rows(home, "select id, title from articles order by id")}


def test_the_other_stories_of_its_page_keep_their_texts_unproven(day: Home) -> None:
    before = {row["id"]: row["text"] for row in rows(day, "select id, text from articles")}
    [article] = [n for n, title in titles(day).items() if title == TITLES[1]]
    staying = sorted(set(before) - {article})
    store = Store(day.database)
    found = find(day, store, article)
    store.close()
    assert [row["id"] for row in found.staying] == staying
    assert len(found.captures) == 2  # the page as it was before holds no word of it
    done = forget(day, article, REASON, NOW)
    # the first story is proven by the page as it was before
    proofs = {n: "none" if title == TITLES[2] else "page" for n, title in titles(day).items()}
    assert list(done.unproven) == [n for n, proof in proofs.items() if proof == "none"]
    after = rows(day, "select id, text, proof from articles order by id")
    assert [(row["id"], row["text"], row["proof"]) for row in after] == [(n, before[n], proofs[n]) for n in staying]
    assert not any(TITLES[1].encode() in data for _, data in bytes_of(day))
    assert rebuild(day, (), None, ()).problems == ()
    assert rows(day, "select id, text, proof from articles order by id") == after
    keep(day, [captured(DIGEST, digest(*TITLES[:3]), 600)])
    assert rows(day, "select id, text, proof from articles order by id") == after
    assert [str(one) for one in verify(day, None, lambda *_: None).differences] == []


def test_a_page_that_holds_it_undivided_goes_too(day: Home) -> None:
    [article] = [n for n, title in titles(day).items() if title == TITLES[0]]
    store = Store(day.database)
    found = find(day, store, article)
    store.close()
    assert len(found.captures) == 3
    forget(day, article, REASON, NOW)
    assert not any(TITLES[0].encode() in data for _, data in bytes_of(day))
    key = rows(day, "select url_key, article from addresses")
    assert [row["article"] for row in key] == [min(titles(day))]  # the address leads to a story that is there


def test_an_address_is_all_stories_of_its_page(day: Home) -> None:
    done = forget(day, DIGEST, REASON, NOW)
    assert (titles(day), done.captures) == ({}, 3)
    assert rows(day, "select count(*) as n from forgotten_articles") == [{"n": 4}]
    for title in TITLES:
        assert not any(title.encode() in data for _, data in bytes_of(day))


def test_an_address_goes_also_where_one_story_of_its_page_went_before(day: Home) -> None:
    [article] = [n for n, title in titles(day).items() if title == TITLES[1]]
    arguments = ["--reason", REASON, "--yes", "--json", "--home", str(day.path)]
    [first] = json.loads(command("forget", str(article), *arguments).stdout)
    assert len(titles(day)) == 3
    done = command("forget", DIGEST, *arguments)
    assert done.returncode == 0, done.stderr
    [second] = json.loads(done.stdout)
    assert titles(day) == {} and second["seq"] > first["seq"]
    assert not any(title.encode() in data for title in TITLES for _, data in bytes_of(day))
    # once more: what is said is the removal that was asked for, not the last one
    assert json.loads(command("forget", str(article), *arguments).stdout) == [first]


# what can go wrong

STEPS = (
    "archive.gaps.blank", "archive.custody.append", "archive.forget._remove", "archive.gaps.put_in_place",
    "archive.forget.forget_notes", "archive.forget._clean_logs", "archive.forget._snapshots",
    "archive.store.Store.compact", "archive.store.Store.empty_log",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_after_kill_9_at_any_step_a_second_forget_completes_it(home: Home, step: str) -> None:
    with_files(home)
    before = held(home)
    arguments = ["forget", PAGE, "--reason", REASON, "--yes", "--home", str(home.path)]
    module, _, name = step.rpartition(".")
    code = (
        "import os, sys, pkgutil; from crawler.cli import main\n"
        f"setattr(pkgutil.resolve_name({module!r}), {name!r}, lambda *a, **k: os.kill(os.getpid(), 9))\n"
        f"main({arguments!r})"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = command(*arguments)
    assert (again.returncode, "Traceback" in again.stderr) == (0, False), again.stderr
    assert found_in(home) == []
    assert rows(home, "select count(*) as n from custody where event = 'forgotten'") == [{"n": 1}]
    after = held(home)
    assert all(before[key] == body for key, body in after.items())
    assert [str(one) for one in verify(home, None, lambda *_: None).differences] == []


@pytest.mark.parametrize("form", ["sqlite", "bagit"])
def test_nothing_of_a_removal_that_was_not_completed_leaves_in_an_export(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gaps, "put_in_place", killed)
    with pytest.raises(KeyboardInterrupt):
        forget(home, number(home), REASON, NOW)
    assert found_in(home) != []
    target = tmp_path / "out" / "export"
    target.parent.mkdir()
    export(home, FORMATS[form], target, Asked(sources=(CLOSED,)), False, lambda *_: None)
    export(home, FORMATS[form], target, Asked(), False, lambda *_: None)
    assert found_in(Home(target.parent)) == []


def test_a_removal_that_was_not_completed_is_a_problem_for_the_doctor(home: Home) -> None:
    store = Store(home.database, write=True)
    with store.transaction():
        store.set_left({"seq": 1})
    store.close()
    done = command("doctor", "--home", str(home.path))
    assert "a removal was not completed" in done.stdout + done.stderr
    assert command("forget", "--home", str(home.path)).returncode == 0
    assert rows(home, "select * from home where key = 'forgetting'") == []


def test_a_snapshot_that_is_served_is_named_and_the_next_forget_removes_it(home: Home) -> None:
    folder = home.path / "snapshot-served"
    folder.mkdir()
    shutil.copy(home.database, folder / "archive.db")
    served = os.open(folder, os.O_RDONLY)
    fcntl.flock(served, fcntl.LOCK_EX)
    done = forget(home, number(home), REASON, NOW)
    assert [problem.partition(" is ")[0] for problem in done.problems] == ["snapshot-served"]
    os.close(served)
    assert complete(home, NOW) == (0, ())
    assert found_in(home) == [] and complete(home, NOW) is None


def test_a_file_of_somebody_else_that_holds_a_line_of_it_is_named(home: Home) -> None:
    line = rows(
        home, "select b.text from blocks b join readings r on r.id = b.reading where r.article = ?", number(home)
    )
    longest = max((row["text"] for row in line if MARK in row["text"]), key=len)
    (home.path / "own.txt").write_text("x" * (1 << 20) + longest)
    done = forget(home, number(home), REASON, NOW)
    assert [problem.partition(" still ")[0] for problem in done.problems] == ["own.txt"]


def test_a_reader_who_stays_is_said_and_nothing_is_lost(home: Home) -> None:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from articles").fetchone()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("archive.store._BUSY", 200)
            done = forget(home, number(home), REASON, NOW)
        assert any("somebody is reading" in problem for problem in done.problems)
    assert complete(home, NOW) == (0, ())
    assert found_in(home) == []


def test_what_a_killed_crawl_left_is_looked_at_too(home: Home) -> None:
    late = f"http://staff.example/{MARK}-page"
    writer = warc.Writer(home.warc, "tests")
    writer.write(captured(late, claiming_page() + MARK, 2000), None)
    writer.sync()
    writer.leave()
    assert list(home.warc.glob("*.open"))
    forget(home, number(home), REASON, NOW)
    assert not list(home.warc.glob("*.open")) and found_in(home) == []


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["77", "--reason", "An order", "--yes"], 2, "there is no article 77"),
        (["1"], 2, "give an article or an address with --reason TEXT, or neither"),
        (["--reason", "An order"], 2, "give an article or an address with --reason TEXT, or neither"),
        (["ftp://a.example/", "--reason", "An order", "--yes"], 2, "neither the number of an article nor"),
        (["1", "--reason", "An order"], 2, "there is nobody to ask: give --yes"),
        (["1", "--reason", " ", "--yes"], 2, "a line of 1 to 500 characters is wanted"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_changes_nothing(
    home: Home, arguments: list[str], code: int, line: str
) -> None:
    before = {path.name: path.read_bytes() for path in home.warc.iterdir()}
    done = command("forget", *arguments, "--home", str(home.path))
    assert (done.returncode, done.stdout) == (code, "")
    assert line in done.stderr and "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in home.warc.iterdir()} == before
    assert rows(home, "select * from forgotten") == []


def test_the_command_removes_lists_and_is_held_up_by_a_crawl(home: Home) -> None:
    article = number(home)
    arguments = ["forget", str(article), "--reason", f"  {REASON} ", "--yes", "--json", "--home", str(home.path)]
    with home.writing():
        assert command(*arguments).returncode == 75
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert (row["articles"], row["reason"], row["captures"]) == ([article], REASON, 7)
    assert f"article {article} goes: " in done.stderr
    assert json.loads(command("forget", "--json", "--home", str(home.path)).stdout) == [row]
    again = command(*arguments)  # it is gone already: nothing is left to do
    assert (again.returncode, json.loads(again.stdout)) == (0, [row])
    table = command("forget", "--home", str(home.path))
    assert table.returncode == 0 and REASON in table.stdout


@pytest.mark.parametrize(("answer", "code", "left"), [(b"y\n", 0, 0), (b"n\n", 130, 1), (b"\n", 130, 1)])
def test_somebody_at_a_terminal_is_asked_first(home: Home, answer: bytes, code: int, left: int) -> None:
    master, terminal = os.openpty()
    arguments = ["forget", PAGE, "--reason", REASON, "--home", str(home.path)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=terminal, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        os.write(master, answer)
        _, said = run.communicate(timeout=120)
    os.close(master)
    os.close(terminal)
    assert (run.returncode, b"remove all of it for good? [y/N]" in said) == (code, True), said
    assert rows(home, "select count(*) as n from articles where url = ?", PAGE) == [{"n": left}]


# the parts


@pytest.mark.parametrize("length", [177, 240, 300, 301, 302, 1000, 1001, 65_558, 65_559, 131_100, 1_000_017])
def test_a_filler_has_exactly_the_length_that_is_asked_for(length: int, tmp_path: Path) -> None:
    member = gaps.blank(length, "2031-05-01T09:30:00.000Z")
    assert len(member) == length
    path = tmp_path / "x.warc.gz"
    path.write_bytes(member * 2)
    assert len(_records(path)) == 2


def test_a_record_that_cannot_be_read_goes_too_and_what_follows_it_stays(home: Home) -> None:
    article = number(home)
    row = rows(home, "select c.* from captures c join articles a on a.capture = c.id where a.id = ?", article)[0]
    path = home.warc / row["warc_file"]
    data = bytearray(path.read_bytes())
    data[row["warc_offset"] + 40] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
    before = len(held_rows(home))
    forget(home, article, REASON, NOW)
    assert found_in(home) == []
    assert len(held(home)) == len(held_rows(home)) < before


def held_rows(home: Home) -> list[dict[str, Any]]:
    return rows(home, "select id from captures where warc_file is not null and status <> 304")


def test_words_are_found_through_markup_escapes_and_encodings_and_not_by_chance() -> None:
    text = "Der Fährmann sagte am Freitag, dass das Wasser drei Fuß höher stehe als im Vorjahr."
    traces = Traces.of([text], ["Das Wasser steigt weiter"])
    assert traces.within(f"Zitat: {text.upper()}") and traces.within("das WASSER steigt – weiter!")
    assert not traces.within("Der Fährmann sagte am Freitag, dass alles gut werde.")
    inner = text.replace("Wasser", "<b>Wasser</b>").replace("ä", "&auml;")
    escaped = inner.replace("&", "&amp;").replace("<", "&lt;")
    assert traces.within_raw(f"<description>{escaped}</description>".encode())
    assert traces.within_raw(json.dumps({"items": [{"html": inner}]}).encode())
    assert traces.within_raw(f'<?xml version="1.0" encoding="iso-8859-1"?><p>{text}</p>'.encode("latin-1"))
    assert not traces.within_raw(b"\x00\xff nothing {")
    assert Traces.from_json(json.loads(json.dumps(traces.as_json()))) == traces
    assert not traces.without(traces).within(text)

"""Exports of pages and databases: nothing of what is left out is in their bytes, and what is in them is whole."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import custody, figures, warc
from archive.chain import leaf, root
from archive.exports.chosen import Asked, choose, silent
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.models import Exchange, Hints
from archive.store import Store
from archive.store_health import reading
from archive.store_held import captures_of, held
from archive.store_subset import EMPTY, KEPT, MADE
from tests import claiming
from tests.crawling import rows
from tests.holding import CLOSED, RESTRICTED, Reader, decide, hold
from tests.holding import page as report
from tests.keeping import captured, keep, source
from tests.pages import page, paragraphs
from tests.prose import prose

ALL = ("sqlite", "warc", "wacz", "bagit")
SEALED = datetime(2031, 5, 2, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive with a closed source and a restricted article, sealed."""
    place = tmp_path_factory.mktemp("guarded")
    home = hold(Home(place / "home"), Home(place / "none"))
    decide(home, closed=True, restricted=True)
    custody.seal(home, SEALED)
    return home


def made(home: Home, form: str, folder: Path, asked: Asked = Asked()) -> Path:  # noqa: B008  # it is frozen
    """An export."""
    target = folder / f"archive{FORMATS[form].suffix}"
    export(home, FORMATS[form], target, asked, False, silent)
    return target


def opened(data: bytes) -> Iterator[bytes]:
    """Bytes, and those of what is packed in them."""
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from opened(archive.read(name))
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)


def everything(path: Path) -> bytes:
    """All bytes of an export, packed and not, its manifest too."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path, path.with_name(f"{path.name}.manifest.json")]
    return b"\n".join(part for file in files if file.is_file() for part in opened(file.read_bytes()))


@pytest.mark.parametrize("form", ALL)
def test_nothing_of_what_is_held_back_is_in_the_bytes_of_an_export(guarded: Home, form: str, tmp_path: Path) -> None:
    found = everything(made(guarded, form, tmp_path)).lower()
    assert CLOSED.encode() not in found
    assert RESTRICTED.encode() not in found
    assert b"openb0headline" in found


@pytest.mark.parametrize("form", ALL)
def test_what_is_held_back_is_there_where_it_is_asked_for_by_name(guarded: Home, form: str, tmp_path: Path) -> None:
    closed = everything(made(guarded, form, tmp_path, Asked(sources=(CLOSED, "courier")))).lower()
    assert CLOSED.encode() + b"headline" in closed and RESTRICTED.encode() not in closed
    restricted = everything(made(guarded, form, tmp_path, Asked(restricted=True))).lower()
    assert RESTRICTED.encode() + b"headline" in restricted and CLOSED.encode() not in restricted


@pytest.mark.parametrize("form", ALL)
def test_the_same_archive_gives_the_same_bytes(guarded: Home, form: str, tmp_path: Path) -> None:
    exports = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = made(guarded, form, tmp_path / name)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        exports.append([(file.relative_to(path), file.read_bytes()) for file in files if file.is_file()])
    assert exports[0] == exports[1]


# databases


def test_every_table_is_copied_made_or_left_empty_on_purpose(guarded: Home) -> None:
    tables = rows(
        guarded, "select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual')"
    )
    names = {
        row["name"] for row in tables if not row["name"].startswith("sqlite_") and not row["name"].endswith("_fts")
    }
    assert names == {*KEPT, *MADE, *EMPTY}


def test_a_part_of_an_archive_is_an_archive(guarded: Home, tmp_path: Path) -> None:
    path = made(guarded, "sqlite", tmp_path, Asked(sources=("courier", "digest")))
    with closing(Store(path)) as store:  # of this version
        conn = store.conn
        count = conn.execute("select count(*) from articles").fetchone()[0]
        assert count == 4
        assert conn.execute("pragma journal_mode").fetchone()[0] == "delete"
        assert [row[0] for row in conn.execute("pragma integrity_check")] == ["ok"]
        assert conn.execute("pragma foreign_key_check").fetchall() == []
        assert conn.execute("select sum(articles) from totals").fetchone()[0] == count
        found = conn.execute("select count(*) from search_text_fts where search_text_fts match 'ferry'").fetchone()[0]
        assert found == count
    with sqlite3.connect(path) as conn:
        for index in ("search_text_fts", "earlier_texts_fts"):
            conn.execute(f"insert into {index}({index}, rank) values ('integrity-check', 1)")
    conn.close()


def carried(home: Home) -> Home:
    """Four outlets carry one text; the first of them is not public."""
    outlets = {name: source(name, public=name != "shut") for name in ("shut", "courier", "digest", "staff")}
    html = page("The ferry runs again", paragraphs([prose(n, 4) for n in range(4)]))
    pages = [captured(f"http://{name}.example/ferry", html, n) for n, name in enumerate(outlets)]
    keep(
        home, [*pages, captured("http://staff.example/other", page("Other", paragraphs([prose(50, 9)])), 9)], outlets
    )
    return home


def test_a_story_that_lost_its_first_article_is_led_by_the_next(home: Home, tmp_path: Path) -> None:
    story = rows(carried(home), "select * from stories")
    assert [(row["id"], row["articles"]) for row in story] == [(1, 4)]
    with reading(made(home, "sqlite", tmp_path)) as conn:
        assert conn.execute("select id, title, articles, sources from stories").fetchall() == [
            (2, "The ferry runs again", 3, 3)
        ]
        found = conn.execute("select id, story from articles order by id").fetchall()
        assert found == [(2, 2), (3, 2), (4, 2), (5, None)]
        assert conn.execute("select count(*) from copies where 1 in (article, other)").fetchone() == (0,)


def test_a_story_of_which_one_article_is_left_is_none(home: Home, tmp_path: Path) -> None:
    with reading(made(carried(home), "sqlite", tmp_path, Asked(sources=("staff",)))) as conn:
        assert conn.execute("select id, story from articles order by id").fetchall() == [(4, None), (5, None)]
        assert conn.execute("select count(*) from stories").fetchone() == (0,)


def test_a_figure_that_differed_from_one_left_out_stands_for_its_day(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "read_figures", claiming.read)
    outlets = {name: source(name, public=name != "ahead") for name in ("ahead", "courier", "digest")}
    claims = (("ahead", 3667, 0), ("courier", 3700, 1), ("digest", 3700, 2))
    pages = [
        captured(f"http://{name}.example/claim", report(name, total, False, prose(n, 9)), n)
        for name, total, n in claims
    ]
    keep(home, pages, outlets)
    asked = "select source, total, standing, taken from figures order by id"
    before = [(row["source"], row["standing"]) for row in rows(home, asked)]
    assert before == [("ahead", "taken"), ("courier", "differs"), ("digest", "differs")]
    with reading(made(home, "sqlite", tmp_path)) as conn:
        ids = [row[0] for row in conn.execute("select id from figures order by id")]
        assert conn.execute(asked).fetchall() == [
            ("courier", 3700, "taken", ids[0]),
            ("digest", 3700, "agrees", ids[0]),
        ]


def test_a_part_of_an_archive_is_served_as_one(guarded: Home, tmp_path: Path) -> None:
    path = made(guarded, "sqlite", tmp_path)
    with reading(path) as conn:
        articles = [row[0] for row in conn.execute("select id from articles")]
    paths = [
        "/",
        "/search?q=ferry",
        "/losses",
        "/changes",
        "/about",
        "/feed.json",
        "/source/courier",
    ]
    paths += [f"/article/{article}" for article in articles]
    paths += ["/archive/articles.json", "/archive/claimed_losses.json", "/archive/custody.json"]
    answers = Reader(path).get(*paths)
    assert {answer.path: answer.status for answer in answers} == dict.fromkeys(paths, 200)
    assert "openb0headline" in answers[1].text


def test_what_a_part_claims_of_the_chain_is_what_can_be_checked_with_it(guarded: Home, tmp_path: Path) -> None:
    target = tmp_path / "archive.db"
    with choose(guarded, Asked()) as chosen:
        counts = FORMATS["sqlite"].writer.write(chosen, target, silent)
    assert counts is not None
    with reading(target) as conn:
        whole = 0
        for seq, stated in conn.execute("select seq, json_extract(details, '$.root') from custody").fetchall():
            held_here = conn.execute(
                "select url, fetched_at, status, payload_sha256 from captures where custody = ? order by id", (seq,)
            ).fetchall()
            whole += bool(held_here) and root(leaf(*row) for row in held_here) == stated
    assert (counts["entries_whole"], counts["entries_in_part"]) == (whole, 1) == (0, 1)
    decide(guarded, closed=False, restricted=False)
    try:
        with choose(guarded, Asked()) as chosen:
            counts = FORMATS["sqlite"].writer.write(chosen, tmp_path / "whole.db", silent)
    finally:
        decide(guarded, closed=True, restricted=True)
    assert counts is not None and (counts["entries_whole"], counts["entries_in_part"]) == (1, 0)


def test_an_archive_that_goes_as_it_is_has_nothing_of_what_was_deleted_in_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    keep(home, [captured("http://courier.example/1", page("Harbour", paragraphs([prose(1, 5), "zqgone ferry"])))])
    with closing(Store(home.database, write=True)) as store:
        store.conn.execute("update search_text set text = 'ferry', stems = ''")
        store.conn.execute("update articles set text = 'ferry'")
        store.conn.execute("update revisions set text = 'ferry'")
        store.conn.execute("delete from blocks where text like '%zqgone%'")
    assert b"zqgone" in home.database.read_bytes()
    with choose(home, Asked()) as chosen:
        FORMATS["sqlite"].writer.write(chosen, tmp_path / "archive.db", silent)
    data = (tmp_path / "archive.db").read_bytes()
    assert b"zqgone" not in data and b"Harbour" in data


@pytest.mark.parametrize("form", ["sqlite", "bagit"])
def test_what_is_written_while_an_export_is_under_way_is_not_in_it(form: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    keep(
        home, [captured(f"http://courier.example/{n}", page(f"One {n}", paragraphs([prose(n, 5)]))) for n in range(3)]
    )
    with choose(home, Asked()) as chosen:
        keep(home, [captured("http://courier.example/later", page("Later", paragraphs([prose(9, 5)])), 9)])
        FORMATS[form].writer.write(chosen, tmp_path / "export", silent)
    path = tmp_path / "export"
    with reading(path / "data/archive.db" if path.is_dir() else path) as conn:
        assert conn.execute("select count(*) from articles").fetchone() == (3,)
        assert conn.execute(
            "select count(*) from search_text_fts where search_text_fts match 'later'"
        ).fetchone() == (0,)


# WARC


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a WARC file: kind, address, date and what it refers to."""
    with path.open("rb") as file:
        return [
            {
                "type": record.rec_type,
                "url": record.rec_headers.get_header("WARC-Target-URI"),
                "date": record.rec_headers.get_header("WARC-Date"),
                "refers": record.rec_headers.get_header("WARC-Refers-To-Date"),
            }
            for record in ArchiveIterator(file)
        ]


def test_records_are_copied_byte_for_byte_in_the_order_of_capture(demo_home: Home, tmp_path: Path) -> None:
    path = made(demo_home, "warc", tmp_path)
    data = path.read_bytes()
    with choose(demo_home, Asked()) as chosen:
        captures = list(held(chosen.conn, captures_of(chosen.conn, chosen.ids), ()))
    assert len(captures) > 100
    at = 0
    for capture in captures:
        assert capture.warc_file is not None and capture.warc_offset is not None
        source_file = (demo_home.warc / capture.warc_file).read_bytes()
        member = source_file[capture.warc_offset : capture.warc_offset + 260]
        assert data.find(member) > at  # its record identifier stands in it
        at = data.find(member)
    found = records(path)
    assert found[0]["type"] == "warcinfo"
    answers = [record for record in found if record["type"] in ("response", "revisit")]
    assert [record["date"] for record in answers] == [capture.fetched_at for capture in captures]
    assert [r["url"] for r in found if r["type"] == "request"] == [
        r["url"] for r in answers if r["type"] == "response"
    ]


def test_a_revisit_and_the_redirects_that_led_to_a_page_come_with_it(demo_home: Home, tmp_path: Path) -> None:
    confirmed = rows(
        demo_home,
        "select ca.article, c.url, f.fetched_at from captures c join captures f on f.id = c.confirms"
        " join capture_articles ca on ca.capture = c.id limit 1",
    )[0]
    found = records(made(demo_home, "warc", tmp_path, Asked(article=confirmed["article"])))
    revisits = [record for record in found if record["type"] == "revisit"]
    assert revisits and revisits[0]["refers"] == confirmed["fetched_at"]
    assert confirmed["fetched_at"] in {record["date"] for record in found if record["type"] == "response"}
    moved = rows(
        demo_home,
        "select ca.article, c.via from captures c join capture_articles ca on ca.capture = c.id where c.via like '%,%'",
    )[0]
    urls = {record["url"] for record in records(made(demo_home, "warc", tmp_path, Asked(article=moved["article"])))}
    assert len([url for url in urls if url and url in moved["via"]]) == 2


def two_stories(mark: str) -> Exchange:
    body = "".join(
        f"<div class='story'><h2>{title}</h2>{paragraphs([prose(n, 6)])}</div>"
        for n, title in ((1, "The ferry runs again"), (2, f"{mark} of the pier"))
    )
    return captured("http://courier.example/two", page("Two stories", f"<main>{body}</main>"))


@pytest.mark.parametrize("form", ["warc", "wacz", "bagit"])
def test_a_page_that_holds_a_restricted_story_stays_out_whichever_of_its_stories_is_asked_for(
    form: str, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    courier = source("courier", hints=Hints(split=("div.story",)))
    other = captured("http://courier.example/one", page("Another page", paragraphs([prose(5, 6)])), 5)
    keep(home, [two_stories("Zqheld"), other], {"courier": courier})
    found = rows(home, "select id, title from articles order by id")
    restricted = next(row["id"] for row in found if row["title"].startswith("Zqheld"))
    assert len(found) == 3
    with closing(Store(home.database, write=True)) as store, store.transaction():
        store.restrict([restricted], "2031-05-01T12:00:00Z", "An order")
    export_of = everything(made(home, form, tmp_path))
    assert b"Another page" in export_of
    assert b"Zqheld" not in export_of and b"<h2>The ferry runs again" not in export_of
    assert b"Zqheld" in everything(made(home, form, tmp_path, Asked(restricted=True)))


def test_a_damaged_record_is_left_out_counted_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = Home(tmp_path / "home")
    pages = [captured(f"http://courier.example/{n}", page(f"P {n}", paragraphs([prose(n, 5)])), n) for n in range(3)]
    keep(home, pages)
    position = rows(home, "select warc_file, warc_offset from captures where url like '%/1'")[0]
    file = home.warc / position["warc_file"]
    data = bytearray(file.read_bytes())
    data[position["warc_offset"] + 100] ^= 0xFF
    file.write_bytes(data)
    with choose(home, Asked()) as chosen:
        counts = FORMATS["warc"].writer.write(chosen, tmp_path / "x.warc.gz", silent)
    assert counts is not None and (counts["captures"], counts["records_damaged"], counts["records"]) == (3, 1, 4)
    assert f"{position['warc_file']} at {position['warc_offset']}" in caplog.text
    assert [r["url"] for r in records(tmp_path / "x.warc.gz") if r["type"] == "response"] == [
        "http://courier.example/0",
        "http://courier.example/2",
    ]


def test_a_page_that_was_not_finished_by_a_crawl_is_exported_too(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    keep(home, [captured("http://courier.example/1", page("One", paragraphs([prose(1, 5)])))])
    finished = next(home.warc.glob("*.warc.gz"))
    finished.rename(finished.with_name(finished.name + warc.OPEN))  # as a crawl that goes on has it
    assert [r["type"] for r in records(made(home, "warc", tmp_path))] == ["warcinfo", "response", "request"]


@pytest.mark.parametrize("form", ["warc", "wacz"])
def test_a_text_that_somebody_handed_over_is_exported_as_it_came(home: Home, form: str, tmp_path: Path) -> None:
    body = f"The ferry runs again\n\n{prose(1, 9)}".encode()
    handed = captured("http://courier.example/handed", body, kind="imported", file="handed.txt")
    keep(home, [replace(handed, headers=(("Content-Type", "text/plain; charset=utf-8"),))])
    path = made(home, form, tmp_path)
    found = everything(path)
    assert b"WARC-Type: resource" in found and body in found
    if form == "wacz":
        with zipfile.ZipFile(path) as archive:
            line = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode()
            pages = archive.read("pages/pages.jsonl").decode()
        assert '"mime": "text/plain"' in line and "The ferry runs again" in pages

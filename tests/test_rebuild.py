"""A rebuild reads everything again from WARC into the same ids."""

from __future__ import annotations

import shutil
from pathlib import Path

from archive.home import Home
from archive.rebuild import rebuild
from archive.store import Store
from tests.crawling import command, contents, rows, warc_files
from tests.keeping import captured, keep, texts
from tests.test_revise import URL, season, story

IDS = {
    "articles": "select id, url, capture, first_seen, last_checked, gone_at from articles order by id",
    "readings": "select id, article, extractor, payload_sha256, content_sha256, first_at from readings order by id",
    "revisions": "select id, article, number, first_capture, seen_from, seen_to, text_sha256, folded_into from revisions"
    " order by id",
    "captures": "select * from captures order by id",
    "links": "select * from capture_articles order by 1, 2",
    "blocks": "select * from blocks order by 1, 2",
    "derivations": "select * from derivations order by rowid",
}


def whole(home: Home) -> dict[str, object]:
    return {**contents(home), **{f"{name} by id": rows(home, sql) for name, sql in IDS.items()}}


def test_a_rebuild_of_the_demo_is_equal_to_what_the_crawl_left(demo_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "copy")
    shutil.copytree(demo_home.path, home.path)
    before = whole(home)
    done = command("rebuild", "--home", str(home.path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    after = whole(home)
    for table, was in before.items():
        assert after[table] == was, table


def test_a_rebuild_mends_rows_that_were_damaged(home: Home) -> None:
    keep(home, season())
    before = whole(home)
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update articles set text = 'damaged', title = 'damaged'")
        store.conn.execute("update blocks set mark = null")
        store.conn.execute("update revisions set text = 'damaged', text_sha256 = 'damaged'")
        store.conn.execute("delete from sightings")
    store.close()
    with home.writing():
        result = rebuild(home)
    assert result.problems == ()
    after = whole(home)
    for table, was in before.items():
        if table not in ("derivations by id", "search"):
            assert after[table] == was, table


def test_readings_of_another_extractor_give_way_and_articles_keep_their_ids(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    ids = rows(home, "select id, url from articles order by id")
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update readings set extractor = 'older-1', content_sha256 = content_sha256 || 'x'")
        store.conn.execute("update blocks set text = text || ' (older)', hash = hash + 1, mark = null")
    store.close()
    with home.writing():
        rebuild(home)
    assert rows(home, "select id, url from articles order by id") == ids
    assert all("(older)" not in text and "timetables" not in text for text in texts(home).values())
    assert rows(home, "select id from readings where extractor = 'older-1'") == []


def test_a_page_that_cannot_be_read_back_keeps_its_text_and_is_named(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(2)])
    before = texts(home)
    [file] = warc_files(home)
    file.unlink()
    done = command("rebuild", "--home", str(home.path))
    assert done.returncode == 1
    assert done.stderr.count(file.name) == 2
    assert texts(home) == before

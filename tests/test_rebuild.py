"""A rebuild reads everything again from WARC into the same ids."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import rebuild as rebuilding
from archive.errors import ConfigurationError
from archive.group import Groups
from archive.home import Home
from archive.models import Hints
from archive.query import parse
from archive.rebuild import rebuild
from archive.store import Only, Store
from tests.crawling import command, contents, rows, warc_files
from tests.keeping import captured, keep, source, texts
from tests.pages import page, paragraphs
from tests.test_revise import SENTENCES, URL, season, story
from tests.test_split import TITLES, lines
from tests.test_split import URL as DIGEST
from tests.test_split import page as digest_page

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
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(" articles, 0 texts changed\n")
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


def test_a_text_that_cannot_be_searched_for_can_be_again(home: Home) -> None:
    keep(home, season())
    before = contents(home), rows(home, "select * from derivations")
    write(home, "delete from search_text where article % 2 = 0")
    with home.writing():
        assert rebuild(home).summary.endswith(" 0 texts changed")
    assert (contents(home), rows(home, "select * from derivations")) == before


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


def test_what_a_server_sent_does_not_move_the_cursor(home: Home) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "\x1b[2Jx"))
    keep(home, [captured(URL.format(1), story(1), headers=headers)])
    write(home, "update captures set outcome = 'not_article'")
    done = command("rebuild", "--home", str(home.path))
    assert done.returncode == 1 and "[2jx" in done.stderr and "\x1b" not in done.stderr


def write(home: Home, *statements: str) -> None:
    store = Store(home.database, write=True)
    with store.transaction():
        for statement in statements:
            store.conn.execute(statement)
    store.close()


OLDER = (
    "update readings set extractor = 'older-1', content_sha256 = content_sha256 || 'x'",
    "update blocks set text = text || ' (older)', hash = hash + 1, mark = null",
    "update articles set text = text || ' (older)', text_sha256 = 'older', extractor = 'older-1'",
    "update revisions set text = text || ' (older)', text_sha256 = 'older'",
)


def season_of_two(home: Home) -> None:
    """Two outlets with four stories each, one of them captured twice."""
    for name in ("ferries", "harbour"):
        url = URL.replace("ferries", name)
        keep(home, [captured(url.format(n), story(n), n) for n in range(4)])
        keep(home, [captured(url.format(1), story(1, frost="thaw"), 60 * 24 * 10)])


def stopped(home: Home, monkeypatch: pytest.MonkeyPatch, after: int, **options: object) -> None:
    """Begin a rebuild and stop it once so many batches are done."""
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    told = 0

    def progress(_what: str, _of: int, _left: int) -> None:
        nonlocal told
        told += 1
        if told > after:
            raise InterruptedError

    with pytest.raises(InterruptedError), home.writing():
        rebuild(home, progress=progress, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [1, 2, 4, 6, 8])
def test_one_that_was_stopped_goes_on_and_leaves_what_a_whole_one_leaves(
    home: Home, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    season_of_two(home)
    before = contents(home)
    write(home, *OLDER)
    stopped(home, monkeypatch, after)
    [row] = rows(home, "select finished, pages, articles from rebuilds")
    assert row["finished"] is None and (row["pages"], row["articles"]) < (10, 8)
    mixed = (
        "select ca.article from capture_articles ca join readings r on r.id = ca.reading"
        " group by ca.article having count(distinct r.extractor) > 1"
    )
    assert rows(home, mixed) == []
    result = rebuild(home)
    assert result.summary == "10 pages read again, 8 articles, 8 texts changed (8 read by another version)"
    assert rows(home, "select * from unread") == rows(home, "select * from unsettled") == []
    assert contents(home) == before
    assert {row["cause"] for row in rows(home, "select cause from derivations where at > '2026'")} <= {
        "extractor",
        "marks",
    }


def test_status_and_doctor_say_that_one_is_unfinished_and_how_it_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    season_of_two(home)
    stopped(home, monkeypatch, 1, sources=["ferries"], since="2031-04-20")
    said = command("status", "--home", str(home.path)).stdout
    assert "2 pages to read" in said
    assert "`communique rebuild --source ferries --since 2031-04-20` goes on" in said
    left = json.loads(command("status", "--json", "--home", str(home.path)).stdout)["unfinished_rebuild"]
    assert (left["unread"], left["sources"]) == (2, "ferries")
    [line] = [
        row for row in command("doctor", "--home", str(home.path)).stdout.splitlines() if " rebuild " in row[:20]
    ]
    assert line.startswith("warning")
    again = ("rebuild", "--source", "ferries", "--since", "2031-04-20", "--home", str(home.path))
    assert command(*again).stdout.startswith("5 pages read again, 4 articles")
    assert "rebuild" not in command("status", "--home", str(home.path)).stdout


def test_another_rebuild_does_what_a_stopped_one_left_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    season_of_two(home)
    before = contents(home)
    write(home, *OLDER)
    stopped(home, monkeypatch, 1, sources=["ferries"])
    with home.writing():
        assert rebuild(home, ["harbour"]).summary.startswith("7 pages read again, 8 articles, 8 texts changed")
    assert contents(home) == before


def test_a_crawl_between_the_halves_of_a_rebuild_is_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    season_of_two(home)
    keep(home, [captured(URL.format(9), story(9), 60 * 24 * 11)])
    before = contents(home)
    other = Home(home.path.parent / "other")
    season_of_two(other)
    write(other, *OLDER)
    stopped(other, monkeypatch, 3)
    keep(other, [captured(URL.format(9), story(9), 60 * 24 * 11)])
    rebuild(other)
    after = contents(other)
    for table, was in before.items():
        assert after[table] == was, table


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from archive import rebuild
from archive.home import Home

if __name__ == "__main__":
    rebuild.BATCH = 5
    home = Home(Path(sys.argv[2]))
    with home.writing():
        rebuild.rebuild(home)
"""


@pytest.mark.parametrize("table", ["pages", "articles"])
def test_kill_9_half_way_loses_nothing(demo_home: Home, tmp_path: Path, table: str) -> None:
    home = Home(tmp_path / "copy")
    shutil.copytree(demo_home.path, home.path)
    before = contents(home)
    script = tmp_path / "rebuild.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, script, Path(__file__).parent.parent, home.path])
    assert until(lambda: rows(home, f"select 1 from rebuilds where {table} >= 20"))
    process.kill()
    process.wait()
    [row] = rows(home, f"select finished, {table} from rebuilds")
    assert row["finished"] is None and row[table] < 140
    assert contents(home)["articles"] == before["articles"]
    done = command("rebuild", "--home", str(home.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(home) == before
    assert rows(home, "select finished is not null as done from rebuilds") == [{"done": 1}]


def until(condition: Callable[[], object]) -> bool:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            if condition():
                return True
        except Exception:  # noqa: BLE001  its tables are being made
            pass
        time.sleep(0.01)
    return False


def test_source_limits_it_to_some(home: Home) -> None:
    season_of_two(home)
    write(home, *OLDER)
    with home.writing():
        result = rebuild(home, ["harbour"])
    assert result.summary.startswith("5 pages read again, 4 articles, 4 texts changed")
    assert all(("(older)" in text) == ("ferries" in url) for url, text in texts(home).items())


def test_since_reads_all_captures_of_the_articles_captured_since_then_and_no_other(home: Home) -> None:
    season_of_two(home)
    write(home, *OLDER)
    with home.writing():
        result = rebuild(home, since="2031-04-29")
    assert result.summary.startswith("4 pages read again")
    assert {url[-1] for url, text in texts(home).items() if "(older)" not in text} == {"1"}
    mixed = rows(home, "select distinct r.article, r.extractor from readings r order by 1")
    assert len(mixed) == 8


def test_since_takes_an_age_and_nothing_else(home: Home) -> None:
    season_of_two(home)
    with home.writing():
        assert rebuild(home, since="3h").summary.startswith("10 pages")  # 2031 is later than any age ago
    for wrong in ("yesterday", "10", "2031-13-01", "5y", "9999-12-31T23:59-12:00"):
        done = command("rebuild", "--since", wrong, "--home", str(home.path))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and wrong in done.stderr


def test_a_source_that_is_not_there_is_one_line(home: Home) -> None:
    season_of_two(home)
    done = command("rebuild", "--source", "ferries", "--source", "nowhere", "--home", str(home.path))
    assert done.returncode == 2
    assert done.stderr == "communique: no such source in this archive: nowhere\n"
    with pytest.raises(ConfigurationError), home.writing():
        rebuild(home, ["nowhere"])
    assert rows(home, "select * from rebuilds") == []


def test_reading_goes_on_meanwhile(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    season_of_two(home)
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    seen: list[int] = []

    def progress(_what: str, _of: int, _left: int) -> None:
        store = Store(home.database)
        seen.append(len(store.search(parse("timber"), Only(), 20)))
        store.close()

    with home.writing():
        rebuild(home, progress=progress)
    assert len(seen) > 8 and set(seen) == {8}


def test_a_page_that_is_no_article_now_keeps_what_it_was_read_to(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1))])
    before = contents(home)
    [row] = rows(home, "select warc_file, warc_offset from captures")
    keep(home, [captured(URL.format(2), "<html><body></body></html>", 1)])
    [empty] = rows(home, "select warc_file, warc_offset from captures where url like '%2'")
    write(home, "update captures set warc_offset = -1 where url like '%2'")
    write(
        home,
        f"update captures set warc_file = '{empty['warc_file']}', warc_offset = {empty['warc_offset']} where url like '%1'",
        f"update captures set warc_file = '{row['warc_file']}', warc_offset = {row['warc_offset']} where url like '%2'",
    )
    with home.writing():
        rebuild(home)
    kept = [article for article in contents(home)["articles"] if article["url"] == URL.format(1)]
    assert kept == before["articles"]


def test_a_part_that_no_page_is_read_to_any_more_goes_and_one_that_is_new_comes(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(2)])
    before = contents(home)
    ids = rows(home, "select id, url from articles order by id")
    write(
        home,
        "insert into articles (id, url, part, position, source, title, first_seen, last_checked, text, words,"
        " text_sha256, revisions, capture, extractor) select 50, url, 2, 2, source, 'x', first_seen, last_checked, 'x',"
        " 1, 'x', 1, capture, extractor from articles where id = 1",
        "insert into readings (id, article, extractor, payload_sha256, title, metadata, content_sha256, first_at)"
        " select 50, 50, extractor, payload_sha256, 'x', metadata, 'x', first_at from readings where article = 1",
        "insert into blocks (reading, position, kind, text, hash, link_share)"
        " select 50, position, kind, 'x', 99, 0 from blocks where reading = 1",
        "insert into sightings values ('ferries', 99, 5, 50)",
        "insert into capture_articles (capture, article, reading) values (1, 50, 50)",
        "insert into search_text values (50, 'x', 'x', '')",
    )
    with home.writing():
        rebuild(home)
    assert rows(home, "select id, url from articles order by id") == ids
    assert contents(home) == before
    assert rows(home, "pragma foreign_key_check") == []


@pytest.mark.parametrize(("left", "gone"), [(0, 2), (1, 1)])
def test_the_numbers_of_a_story_that_no_page_is_read_to_any_more_are_never_given_again(
    home: Home, left: int, gone: int
) -> None:
    boxes = "".join(f'<div class="item"><h3>{title}</h3>{lines(title)}</div>' for title in TITLES[:2])
    html = digest_page(boxes, title=TITLES[left])
    keep(home, [captured(DIGEST, html)], {"digest": source("digest", hints=Hints(split=("div.item",)))})
    wanted = "select id, url, part from articles order by id"
    assert [(r["id"], r["part"]) for r in rows(home, wanted)] == [(1, 1), (2, 2)]
    plain = source("digest")
    with home.writing():
        rebuild(home, known=[plain])
    assert [r["id"] for r in rows(home, wanted)] == [3 - gone]
    assert rows(home, "select article, part, other from removed") == [
        {"article": gone, "part": gone, "other": 3 - gone}
    ]
    other = digest_page(f"<h2>{TITLES[3]}</h2>{lines(TITLES[3])}", title=TITLES[3])
    keep(home, [captured(f"{DIGEST}/other", other, 5), captured(DIGEST, html, 9)], {"digest": plain})
    assert [(r["id"], r["url"]) for r in rows(home, wanted)] == [(3 - gone, DIGEST), (3, f"{DIGEST}/other")]
    assert rows(home, "pragma foreign_key_check") == []


def test_hints_of_the_catalogue_as_it_is_now_are_taken_and_given_up_again(home: Home) -> None:
    body = "".join(
        f"<section><h2>Report of the {name} ward</h2>{paragraphs([s.format(n, n + 90) for s in SENTENCES])}</section>"
        for n, name in enumerate(("upper", "lower"), 3)
    )
    keep(
        home,
        [
            captured(
                URL.format(0), page("Reports of the wards", f"<article><h1>Reports of the wards</h1>{body}</article>")
            )
        ],
    )
    keep(home, [captured(URL.format(n), story(n), n) for n in range(1, 3)])
    before = contents(home)
    hinted = source("ferries", hints=Hints(split=("section",)))
    with home.writing():
        done = rebuild(home, known=[hinted, source("elsewhere")])
    assert "(1 read by other hints)" in done.summary
    parts = rows(home, "select part, title, text from articles where url = ? order by part", URL.format(0))
    assert [(row["part"], row["title"][:15]) for row in parts] == [(1, "Report of the u"), (2, "Report of the l")]
    assert "lower" not in parts[0]["text"] and rows(home, "select id from sources") == [{"id": "ferries"}]
    with home.writing():
        rebuild(home, known=[source("ferries")])
    assert contents(home) == before


def test_evidence_on_which_nothing_stands_goes(home: Home) -> None:
    season_of_two(home)
    before = contents(home)
    write(
        home,
        "insert into sightings select 'harbour', hash, at, article from sightings where source = 'ferries' limit 9",
        "insert into sightings values ('ferries', 7, 1, 1), ('ferries', 7, 1, 999)",
        "insert into sightings select source, hash, at + 1, article from sightings limit 4",
    )
    with home.writing():
        rebuild(home)
    assert contents(home) == before
    assert rows(home, "select count(*) as n from sightings where at % 60 <> 0") == [{"n": 0}]


def test_what_became_an_article_by_other_rules_is_one(home: Home) -> None:
    season_of_two(home)
    before = contents(home), rows(home, "select url, outcome from captures order by id")
    store = Store(home.database, write=True)
    with store.transaction():
        Groups(store).remove(3)
    store.close()
    write(
        home,
        "delete from capture_articles where article = 3",
        "delete from addresses where article = 3",
        "delete from blocks where reading in (select id from readings where article = 3)",
        "delete from readings where article = 3",
        "delete from revisions where article = 3",
        "delete from search_text where article = 3",
        "delete from links where article = 3",
        "delete from derivations where article = 3",
        "delete from sightings where article = 3",
        "delete from articles where id = 3",
        "update captures set outcome = 'not_article', message = 'no text' where id = 3",
    )
    with home.writing():
        rebuild(home)
    assert (contents(home), rows(home, "select url, outcome from captures order by id")) == before


def test_a_capture_that_confirms_another_follows_it(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    keep(home, [captured(URL.format(1), "", 9, status=304)])
    before = contents(home), rows(home, "select * from capture_articles order by 1, 2")
    write(home, *OLDER)
    with home.writing():
        rebuild(home, since="2031-04-20")
    after = contents(home), rows(home, "select capture, article from capture_articles order by 1, 2")
    assert after[0] == before[0]
    assert len(rows(home, "select distinct reading from capture_articles where article = 2")) == 1

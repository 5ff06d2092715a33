"""What an outlet changed, from the captures to the commands: an error here hides an edit or invents one."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from archive import schema
from archive.home import Home
from archive.query import parse
from archive.rebuild import rebuild
from archive.search_cli import shown
from archive.store import Only, Store
from tests.crawling import command, contents, rows
from tests.keeping import captured, keep, texts
from tests.pages import own_div
from tests.test_revise import SIDE, story

URL = "http://ferries.example/story/1"
BODY = [
    "The ferry left the eastern bank at 7:12 with 18 355 tonnes of timber for the mill, the harbour office said.",
    "Its master, who has served for 31 years, said that the water stood 40 centimetres higher than the week before.",
    "About 120 passengers crossed on the first day, and 14 carts had to wait for the second boat in the afternoon.",
    "The council of the river ward voted nine to four for a new landing stage that should be ready before the frost.",
    "Nobody was hurt, the office said, and the timetable of the upper ferries stays as it was printed in the spring.",
]
SHORTER = [BODY[0].replace("18 355", "18 360"), *BODY[1:-1]]


def page(body: list[str], title: str = "The ferry runs again", head: str = "", **times: str) -> str:
    """A page that states its times; ``published``, ``modified``."""
    metas = "".join(f'<meta property="article:{name}_time" content="{at}">' for name, at in times.items())
    return own_div(title, body, []).replace("</head>", f"{metas}{head}</head>")


def edits(home: Home) -> list[tuple[Any, ...]]:
    return [
        (row["number"], row["stated"], json.loads(row["numbers"] or "[]"))
        for row in rows(
            home, "select number, stated, numbers from revisions where number > 1 order by article, number"
        )
    ]


def search(home: Home, *phrases: str, source: str | None = None) -> list[dict[str, Any]]:
    store = Store(home.database)
    try:
        query = parse(" ".join(f'"{phrase}"' for phrase in phrases))
        return [shown(row, query) for row in store.search_history(query, Only(source=source), 20)]
    finally:
        store.close()


def indexed(home: Home) -> None:
    """The index over earlier texts holds these and nothing else."""
    connection = sqlite3.connect(home.database)
    connection.execute("insert into earlier_texts_fts (earlier_texts_fts, rank) values ('integrity-check', 1)")
    wanted = connection.execute("select id from revisions where superseded and number is not null order by id")
    assert connection.execute("select id from earlier_texts_fts_docsize order by id").fetchall() == wanted.fetchall()
    connection.close()


# what an edit is told by


def test_an_edit_says_whether_the_stated_time_changed_with_it(home: Home) -> None:
    first, later = "2031-04-20T06:00:00Z", "2031-04-20T09:00:00Z"
    captures = [
        page(BODY, published=first),
        page(SHORTER, published=first),  # silently
        page(BODY, published=first, modified=later),  # said so
        page(SHORTER, published=first, modified=later),  # silently
        page(SHORTER, published=first, modified="2031-04-20T10:00:00Z"),  # a time alone is no edit
        page(BODY, published=first, modified="2031-04-20T10:00:00Z"),  # silently: the time was there before
        page(SHORTER),  # it states none any more
        page(BODY),  # and never says
    ]
    keep(home, [captured(URL, html, n) for n, html in enumerate(captures)])
    assert [(number, stated) for number, stated, _ in edits(home)] == [
        (2, 0), (3, 1), (4, 0), (5, 0), (6, 1), (7, None),
    ]  # fmt: skip


def test_numbers_that_changed_are_kept_with_the_edit(home: Home) -> None:
    keep(home, [captured(URL, page(BODY), 0), captured(URL, page(SHORTER), 1)])
    assert edits(home) == [(2, None, [{"old": ["18 355"], "new": ["18 360"]}])]
    [change] = rows(home, "select * from changes")
    assert (change["source"], change["words_added"], change["words_removed"]) == ("ferries", 2, 23)
    assert change["seen_before"] == "2031-04-20T06:00:00.000Z"


def test_each_revision_names_the_first_and_the_last_capture_that_prove_it(home: Home) -> None:
    keep(home, [captured(URL, page(body), n) for n, body in enumerate([BODY, BODY, BODY, SHORTER])])
    found = rows(home, "select * from proofs order by number")
    assert [(row["first_capture"], row["last_capture"]) for row in found] == [(1, 3), (4, 4)]
    kept = {row["id"]: row for row in rows(home, "select * from captures")}
    for row in found:
        for place, at in (("first", "seen_from"), ("last", "seen_to")):
            capture = kept[row[f"{place}_capture"]]
            assert row[at] == capture["fetched_at"]
            for name in ("warc_file", "warc_offset", "payload_sha256", "url", "outcome"):
                assert row[f"{place}_{name}"] == capture[name] is not None


def test_a_rebuild_and_another_order_give_the_same_edits(tmp_path: Path) -> None:
    stated = [{"published": f"2031-04-20T0{n}:00:00Z"} for n in (1, 1, 2)]
    exchanges = [
        captured(URL.replace("1", str(n)), page(body, f"Ferry {n}", **stated[(n + m) % 3]), 10 * m + n)
        for n in range(3)
        for m, body in enumerate([BODY, SHORTER, BODY[1:], BODY])
    ]
    ordered, shuffled = Home(tmp_path / "ordered"), Home(tmp_path / "shuffled")
    keep(ordered, exchanges)
    random.Random(5).shuffle(exchanges)
    keep(shuffled, exchanges)
    before = contents(ordered)["revisions"]
    assert {row["stated"] for row in before} == {None, 0, 1} and {row["superseded"] for row in before} == {0, 1}
    assert contents(shuffled)["revisions"] == before
    for home in (ordered, shuffled):
        indexed(home)
        rebuild(home)
        assert contents(home)["revisions"] == before
        indexed(home)


def test_a_change_of_ours_leaves_the_edits_and_the_search(home: Home) -> None:
    item = [*SIDE, "New in the shop: the atlas of all landing stages, with a foreword by the harbour master himself."]
    url = "http://ferries.example/story/{}"
    keep(home, [captured(url.format(n), story(n), n) for n in range(3)])
    keep(home, [captured(url.format(0), story(0, item), 10), captured(url.format(0), story(0), 11)])
    assert [row["dropped_by"] for row in search(home, "atlas of all landing stages")] == [3]
    indexed(home)
    keep(home, [captured(url.format(1), story(1, item), 12)])
    assert rows(home, "select * from changes") == [] and search(home, "atlas of all landing stages") == []
    assert rows(home, "select id from revisions where folded_into is not null and superseded") == []
    indexed(home)


def test_an_older_archive_is_filled_in_steps_and_goes_on_where_it_was_stopped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [BODY, SHORTER, BODY[1:], BODY]
    keep(
        home,
        [
            captured(
                f"http://ferries.example/s/{n}", page(body, f"Ferry {n}", published="2031-04-20T06:00:00Z"), 9 * n + m
            )
            for n in range(4)
            for m, body in enumerate(bodies)
        ],
    )
    before = rows(home, "select * from revisions order by id")
    store = Store(home.database, write=True)
    store.conn.execute(
        "update revisions set source = null, superseded = 0, stated = null, numbers = null where id not in (2, 3)"
    )
    store.conn.execute("delete from _sqlite_migrations where name = 'm007_history_filled'")
    store.close()
    monkeypatch.setattr(schema, "_STEP", 3)
    Store(home.database, write=True).close()
    assert rows(home, "select * from revisions order by id") == before
    indexed(home)


def test_an_earlier_text_that_is_read_anew_is_found_by_its_new_words_alone(home: Home) -> None:
    keep(home, [captured(URL, page(BODY), 0), captured(URL, page(SHORTER), 1)])
    store = Store(home.database, write=True)
    for old, new in (("timber", "gravel"), ("gravel", "coal"), ("coal", "timber")):
        store.conn.execute("update revisions set title = title || ?1, text = replace(text, ?2, ?1)", (new, old))
        indexed(home)
        found = store.search_history(parse(f'{new} "nobody was hurt"'), Only(), 5)
        assert [row["dropped_by"] for row in found] == [2]
        assert store.search_history(parse(f'{old} "nobody was hurt"'), Only(), 5) == []
    store.close()


# words that are gone


def test_a_sentence_that_was_deleted_is_found_with_when_it_stood_there_and_what_dropped_it(home: Home) -> None:
    keep(home, [captured(URL, page(body), n) for n, body in enumerate([BODY, BODY, SHORTER, SHORTER])])
    [found] = search(home, "nobody was hurt")
    assert (found["first_seen"], found["last_seen"]) == ("2031-04-20T06:00:00.000Z", "2031-04-20T06:01:00.000Z")
    assert found["dropped_by"] == 2
    assert rows(home, "select number from revisions where id = ?", found["dropped_by_revision"]) == [{"number": 2}]
    assert "[Nobody was hurt]" in found["snippet"]
    assert search(home, "nobody", "hurt", "timber")[0]["dropped_by"] == 2
    assert search(home, "hurt nobody") == [] and search(home, "nobody", "submarine") == []


def test_words_that_stand_still_or_again_are_said_to(home: Home) -> None:
    keep(home, [captured(URL, page(body), n) for n, body in enumerate([BODY, SHORTER, BODY])])
    keep(home, [captured(f"{URL}00", page(["A quiet day on the river, without any ferry at all."]), 4)])
    [back] = search(home, "nobody was hurt")
    assert (back["dropped_by"], back["first_seen"][14:16], back["last_seen"][14:16]) == (None, "00", "02")
    [never] = search(home, "quiet day")
    assert (never["dropped_by"], never["first_seen"]) == (None, "2031-04-20T06:04:00.000Z")
    [added] = search(home, "18 360")
    assert added["dropped_by"] == 3


def test_what_was_dropped_stands_first_and_a_source_can_be_asked_alone(home: Home) -> None:
    other = "http://harbour.example/a"
    keep(home, [captured(URL, page([*BODY, "Timber, timber, timber."]), 0)])
    keep(home, [captured(other, page(BODY), 0), captured(other, page(BODY[1:]), 1)])
    assert [(row["source"], row["dropped_by"]) for row in search(home, "timber")] == [
        ("harbour", 2),
        ("ferries", None),
    ]
    assert [row["source"] for row in search(home, "timber", source="ferries")] == ["ferries"]


@pytest.mark.parametrize("words", ['"', '"""', "AND", "a OR", "NEAR(", "title:", "*", "", "\0", "^", "{}"])
def test_a_search_in_the_syntax_of_the_index_is_no_error(home: Home, words: str) -> None:
    keep(home, [captured(URL, page(BODY), 0), captured(URL, page(SHORTER), 1)])
    search(home, words)


# stories that go or move


def test_a_story_that_is_gone_is_listed_with_since_when_and_its_last_text_is_kept(home: Home) -> None:
    keep(home, [captured(URL, page(BODY), 0), captured(URL, page(SHORTER), 1), captured(URL, "", 2, status=410)])
    [gone] = rows(home, "select * from gone")
    assert (gone["gone_at"][14:16], gone["last_seen"][14:16], gone["moved_to"], gone["revisions"]) == (
        "02",
        "01",
        None,
        2,
    )
    assert "18 360" in texts(home)[URL]
    done = command("show", "1", "--home", str(home.path))
    assert "gone at: 2031-04-20T06:02:00.000Z" in done.stdout and "18 360" in done.stdout
    assert [row["dropped_by"] for row in search(home, "nobody was hurt")] == [2]
    keep(home, [captured(URL, page(SHORTER), 3)])
    assert rows(home, "select * from gone") == []


NEW = "http://ferries.example/story/renamed"


def test_a_story_that_moves_for_good_or_by_its_canonical_address_is_followed(home: Home) -> None:
    head = '<link rel="canonical" href="/story/named-again">'
    keep(
        home,
        [
            captured(URL, page(BODY), 0),
            captured(NEW, page(SHORTER), 1, via=(URL,)),
            captured(NEW, page(BODY, head=head), 2),
            captured("http://ferries.example/story/named-again", page(SHORTER, head=head), 3),
            captured(URL, "", 4, status=404),  # it answered elsewhere last
        ],
    )
    assert rows(home, "select id, revisions, gone_at from articles") == [{"id": 1, "revisions": 4, "gone_at": None}]
    assert {row["url_key"][16:] for row in rows(home, "select url_key from addresses")} == {
        "story/1", "story/renamed", "story/named-again",
    }  # fmt: skip
    store = Store(home.database)
    assert [visit.url[23:] for visit in store.revisitable("ferries", "2000")] == ["story/named-again"]
    store.close()


@pytest.mark.parametrize("way", ["redirect", "canonical"])
def test_a_story_that_was_known_under_both_addresses_is_said_to_have_moved(home: Home, way: str) -> None:
    head = '<link rel="canonical" href="/story/renamed">'
    moved = captured(NEW, page(BODY), 2, via=(URL,)) if way == "redirect" else captured(URL, page(BODY, head=head), 2)
    keep(home, [captured(URL, page(BODY), 0), captured(NEW, page(BODY), 1), moved])
    keep(home, [captured(moved.url, page(BODY), 3, status=304)])
    wanted = [
        {"id": 1, "gone_at": "2031-04-20T06:02:00.000Z", "moved_to": 2, "last_checked": "2031-04-20T06:02:00.000Z"}
    ]
    sql = "select g.id, g.gone_at, g.moved_to, a.last_checked from gone g join articles a on a.id = g.id"
    assert rows(home, sql) == wanted
    done = command("show", "1", "--home", str(home.path))
    assert "moved to: 2" in done.stdout and "timber" in done.stdout
    rebuild(home)
    assert rows(home, sql) == wanted
    keep(home, [captured(URL, page(SHORTER), 4)])
    assert rows(home, "select * from gone") == []


# the command


@pytest.fixture
def edited(home: Home) -> Home:
    """An article with three texts and one with one."""
    at = {"published": "2031-04-20T06:00:00Z"}
    keep(home, [captured(URL, page(body, **at), n) for n, body in enumerate([BODY, SHORTER, SHORTER])])
    last = [SHORTER[0].replace("mill", "mill\x1b[2J <b>"), *BODY[1:3], "Its master said no more."]
    keep(home, [captured(URL, page(last, "The ferry stands still"), 4)])
    keep(home, [captured(f"{URL}00", page(["A quiet day on the river, without any ferry at all."]), 5)])
    return home


def test_diff_prints_the_words_that_changed_and_what_proves_both_texts(edited: Home) -> None:
    done = command("diff", "1", "1", "2", "--home", str(edited.path), "--context", "2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["The ferry runs again", f"ferries, article 1: {URL}"]
    assert lines[2] == "from revision 1, seen 2031-04-20T06:00:00.000Z to 2031-04-20T06:00:00.000Z"
    kept = rows(edited, "select * from captures order by id")
    assert f"{kept[0]['warc_file']} at {kept[0]['warc_offset']}, SHA-256 {kept[0]['payload_sha256']}" in lines[3]
    assert [line.split(":")[0].strip() for line in lines[5:7]] == ["first capture 2", "last capture 3"]
    assert "stated time: did not change, 2031-04-20T06:00:00Z" in lines
    assert "words: 2 added, 23 removed" in lines and "number: 18 355 → 18 360" in lines
    assert "… 7:12 with [-18 355-]{+18 360+} tonnes of … the frost.\n\n[-Nobody was" in done.stdout
    assert done.stdout.endswith("in the spring.-]\n")


def test_diff_takes_the_last_two_texts_unless_told_and_leaves_control_characters_out(edited: Home) -> None:
    done = command("diff", "1", "--home", str(edited.path))
    assert "from revision 2" in done.stdout and "to revision 3" in done.stdout
    assert "The ferry [-runs again-]{+stands still+}" in done.stdout
    assert "stated time: changed, 2031-04-20T06:00:00Z to none" in done.stdout
    assert "\x1b" not in done.stdout
    assert "from revision 1" in command("diff", "1", "1", "--home", str(edited.path)).stdout
    back = command("diff", "1", "3", "2", "--home", str(edited.path)).stdout
    assert "The ferry [-stands still-]{+runs again+}" in back


def test_diff_as_json_has_the_whole_texts(edited: Home) -> None:
    said = json.loads(command("diff", "1", "1", "2", "--json", "--home", str(edited.path)).stdout)
    assert (said["article"], said["words_added"], said["words_removed"], said["stated_changed"]) == (1, 2, 23, False)
    assert said["numbers"] == [{"old": ["18 355"], "new": ["18 360"]}]
    for side, number in (("from", 1), ("to", 2)):
        [kept] = rows(edited, "select * from revisions where article = 1 and number = ?", number)
        assert all(
            said[side][name] == kept[name] for name in ("title", "text", "text_sha256", "seen_from", "seen_to")
        )
        assert said[side]["revision"] == kept["id"] and said[side]["first"]["capture"] == kept["first_capture"]
    new = "".join(piece["text"] for piece in said["text"] if piece["kind"] != "removed")
    assert new.split() == said["to"]["text"].split()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("9",), "there is no article 9"),
        (("2",), "article 2 has had one text only, seen since 2031-04-20T06:05:00.000Z"),
        (("1", "1", "4"), "article 1 has no revision 4; the last is 3"),
        (("1", "7"), "article 1 has no revision 7; the last is 3"),
    ],
)
def test_diff_of_what_is_not_there_is_one_line_and_two(edited: Home, arguments: tuple[str, ...], line: str) -> None:
    done = command("diff", *arguments, "--home", str(edited.path))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"communique: {line}\n")


@pytest.mark.parametrize("arguments", [("x",), ("1", "0"), ("1", "1", "2", "3"), ("1", "--context", "-1"), ()])
def test_diff_with_wrong_arguments_is_two(edited: Home, arguments: tuple[str, ...]) -> None:
    assert command("diff", *arguments, "--home", str(edited.path)).returncode == 2


def test_search_history_finds_what_search_does_not(edited: Home) -> None:
    home = ("--home", str(edited.path))
    assert json.loads(command("search", "--json", "nobody was hurt", *home).stdout) == []
    [found] = json.loads(command("search", "--history", "--json", "nobody was hurt", *home).stdout)
    assert (found["id"], found["dropped_by"]) == (1, 2)
    table = command("search", "--history", "nobody was hurt", *home).stdout
    assert "dropped by" in table and "[Nobody was hurt]" in table
    assert command("search", "--history", "xyzzy", *home).returncode == 0

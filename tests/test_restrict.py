"""`communique restrict`: what is decided stays decided, whatever is crawled or rebuilt, and is said wherever it shows."""

from __future__ import annotations

import json

import pytest

from archive.home import Home
from archive.rebuild import rebuild
from archive.revise import Reviser
from archive.store import Store
from archive.web.shown import stand_before
from tests.crawling import command, rows
from tests.holding import Reader
from tests.keeping import captured, keep
from tests.test_revise import URL, story

RESTRICTED = "select article, at, reason from restricted order by article"


def run(home: Home, *arguments: str) -> tuple[int, str, str]:
    done = command(*arguments, "--home", str(home.path))
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def ferries(home: Home) -> Home:
    """Three articles; the third has the text of the first."""
    keep(home, [captured(URL.format(n), story(n), n) for n in (1, 2)])
    keep(home, [captured("http://gulls.example/3", story(1), 9)])
    return home


def test_an_article_is_restricted_listed_and_shown_again(ferries: Home) -> None:
    code, out, said = run(ferries, "restrict", "2", "--reason", "  An order\tof the court ", "--json")
    [row] = json.loads(out)
    assert (code, said, row["article"], row["reason"], row["source"]) == (
        0,
        "",
        2,
        "An order of the court",
        "ferries",
    )
    assert rows(ferries, RESTRICTED) == [{name: row[name] for name in ("article", "at", "reason")}]
    code, out, _ = run(ferries, "restrict", "2", "1", "--reason", "Another order", "--json")
    again = {found["article"]: found for found in json.loads(out)}
    assert (code, again[2]["at"], again[2]["reason"]) == (0, row["at"], "Another order")
    assert again[1]["at"] > row["at"]
    assert {found["article"] for found in json.loads(run(ferries, "restrict", "--json")[1])} == {1, 2}
    assert run(ferries, "restrict", "2", "--lift")[0] == 0
    assert [found["article"] for found in rows(ferries, RESTRICTED)] == [1]


def test_what_still_shows_the_same_text_is_said(ferries: Home) -> None:
    code, _, said = run(ferries, "restrict", "1", "--reason", "An order")
    assert (code, said) == (0, "communique: article 3 has nearly the same text and is still shown (article 1)\n")
    assert run(ferries, "restrict", "3", "--reason", "An order")[2] == ""


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["1"], "give articles with --reason TEXT or with --lift, or neither to list them"),
        (["--reason", "An order"], "give articles with --reason TEXT or with --lift, or neither to list them"),
        (["1", "--reason", "An order", "--lift"], "give articles with --reason TEXT or with --lift, or neither"),
        (["1", "77", "--reason", "An order"], "there is no article 77"),
        (["1", "--lift"], "article 1 is not restricted"),
        (["1", "--reason", " "], "a line of 1 to 500 characters is wanted"),
        (["1", "--reason", "bell \a"], "a line of 1 to 500 characters is wanted"),
        (["0", "--reason", "An order"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_changes_nothing(ferries: Home, arguments: list[str], line: str) -> None:
    code, out, said = run(ferries, "restrict", *arguments)
    assert (code, out) == (2, "")
    assert line in said and "Traceback" not in said
    assert rows(ferries, RESTRICTED) == []


def test_a_crawl_holds_it_up_and_no_archive_is_said(ferries: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    with ferries.writing():
        assert run(ferries, "restrict", "1", "--reason", "An order")[0] == 75
        assert run(ferries, "restrict")[0] == 0
    assert run(Home(tmp_path_factory.mktemp("none")), "restrict")[0] == 2


def test_a_crawl_and_a_rebuild_go_on_keeping_it_and_leave_it_restricted(ferries: Home) -> None:
    run(ferries, "restrict", "1", "--reason", "An order")
    before = rows(ferries, RESTRICTED)
    keep(ferries, [captured(URL.format(1), story(1, ferry="barge").replace("ferry", "barge"), 60)])
    assert rows(ferries, "select revisions from articles where id = 1") == [{"revisions": 2}]
    rebuild(ferries, (), None, ())
    assert rows(ferries, RESTRICTED) == before


def test_the_article_that_has_what_a_restricted_one_had_is_restricted_too(ferries: Home) -> None:
    store = Store(ferries.database, write=True)
    with store.transaction():
        store.restrict([2], "2031-05-01T00:00:00Z", "An order")
        store.conn.execute("delete from capture_articles where article = 2")
        Reviser(store).remove(2, 1)
    assert [dict(row) for row in store.conn.execute(RESTRICTED)] == [
        {"article": 1, "at": "2031-05-01T00:00:00Z", "reason": "An order"}
    ]
    assert [dict(row) for row in store.conn.execute("select article, other from removed")] == [
        {"article": 2, "other": 1}
    ]
    stand_before(store.conn, False, None)
    assert store.conn.execute("select count(*) from removed").fetchone()[0] == 0
    store.close()
    assert [a.status for a in Reader(ferries.database).get("/article/2", "/article/1", "/article/3")] == [
        451,
        451,
        200,
    ]
    code, _, said = run(ferries, "restrict", "2", "--reason", "An order")
    assert (code, said) == (2, "communique: there is no article 2 any more: article 1 has what it had\n")


def test_commands_on_this_machine_show_it_and_say_so(ferries: Home) -> None:
    keep(ferries, [captured(URL.format(1), story(1).replace("a", "o"), 60)])
    word = rows(ferries, "select text from articles where id = 2")[0]["text"].split()[0]
    run(ferries, "restrict", "1", "2", "--reason", "An order")
    for arguments, article in ((["show", "1"], 1), (["diff", "1"], 1), (["search", word], 2)):
        code, out, said = run(ferries, *arguments)
        assert code == 0 and out
        assert f"communique: article {article} is restricted since " in said and said.endswith("Z: An order\n")
    assert run(ferries, "show", "3")[2].count("restricted") == 0

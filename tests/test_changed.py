"""Edits in Datasette: the page that marks them, the lists, the search over all revisions."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from archive.diff import Piece
from archive.home import Home
from archive.query import parse
from archive.store import Only, Store
from archive.web import cells
from archive.web.changed import folded, paragraphs
from archive.web.policy import STRICT
from tests.crawling import rows
from tests.keeping import captured, keep
from tests.test_history import BODY, SHORTER, URL, page
from tests.test_web import METADATA, PROBE, Get, serve_in_process, text, tree

QUERIES: dict[str, dict[str, Any]] = METADATA["databases"]["archive"]["queries"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A story with three texts, one that moved, one with one text."""
    made = Home(tmp_path_factory.mktemp("edited") / "home")
    at = {"published": "2031-04-20T06:00:00Z"}
    keep(made, [captured(URL, page(body, **at), n) for n, body in enumerate([BODY, SHORTER, SHORTER])])
    keep(made, [captured(URL, page(BODY, "The ferry stands still", modified="2031-04-20T07:00:00Z"), 4)])
    other = "http://harbour.example/{}"
    keep(made, [captured(other.format("a"), page(BODY), 5), captured(other.format("b"), page(BODY), 6)])
    keep(made, [captured(other.format("b"), page(BODY), 7, via=(other.format("a"),))])
    return made


@pytest.fixture(scope="module")
def get(home: Home) -> Get:
    return serve_in_process(home.database)


def test_the_page_marks_words_numbers_and_what_proves_both_texts(get: Get, home: Home) -> None:
    response = get("/article/1/diff?from=1&to=2")
    assert response.status_code == 200 and response.headers.get_list("content-security-policy") == [STRICT]
    shown = tree(response).xpath('//div[@class="cq-text"]')[0]
    assert [e.text for e in shown.xpath(".//ins")] == ["18 360"]
    assert [e.text for e in shown.xpath(".//del")] == ["18 355", BODY[-1]]
    assert text(response, '//table[contains(@class, "cq-numbers")]/tbody') == "18 355 18 360"
    said = text(response)
    assert "Revision 1 to revision 2 of 3: +2 −23 words." in said
    assert "The time that the page states did not change: 20 Apr 2031, 06:00 UTC" in said
    for capture in rows(home, "select * from captures where id in (1, 2, 3)"):
        assert f"{capture['warc_file']} at {capture['warc_offset']}" in said and capture["payload_sha256"] in said
    assert tree(response).xpath("//option[@selected]/@value") == ["1", "2"]
    assert not tree(response).xpath("//script | //style | //@style")


def test_the_page_takes_the_last_two_or_a_revision_and_the_one_before_it(get: Get, home: Home) -> None:
    [one, two, three] = [
        row["id"] for row in rows(home, "select id from revisions where article = 1 order by number")
    ]
    last = get("/article/1/diff")
    assert "Revision 2 to revision 3 of 3" in text(last)
    assert [e.text for e in tree(last).xpath("//h1/del | //h1/ins")] == ["runs again", "stands still"]
    assert "changed with it, from 20 Apr 2031, 06:00 UTC to 20 Apr 2031, 07:00 UTC" in text(last)
    for query, wanted in (
        (f"revision_id={two}", "Revision 1 to revision 2"), (f"revision_id={three}", "Revision 2 to revision 3"),
        (f"revision_id={one}", "Revision 1 to revision 2"), ("to=2", "Revision 1 to revision 2"),
        ("from=1", "Revision 1 to revision 3"), ("from=3&to=1", "Revision 3 to revision 1"),
    ):  # fmt: skip
        assert wanted in text(get(f"/article/1/diff?{query}")), query
    assert "no difference between these two" in text(get("/article/1/diff?from=2&to=2"))


@pytest.mark.parametrize(
    "path",
    ["/article/1/diff?to=4", "/article/1/diff?from=0", "/article/1/diff?from=x&to=2", "/article/1/diff?revision_id=999",
     "/article/1/diff?revision_id=x", "/article/2/diff", "/article/99/diff", "/article/x/diff", "/article/%00/diff"],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_line(get: Get, path: str) -> None:
    response = get(path)
    assert response.status_code == 404
    assert re.match("Article|There is no article", text(response))


def test_the_revisions_of_an_article_lead_to_what_changed(get: Get) -> None:
    links = tree(get("/article/1")).xpath('//section[@id="revisions"]//a[contains(@href, "/diff?")]/@href')
    assert len(links) == 2 and all(get(link).status_code == 200 for link in links)
    changes = tree(get("/archive/changes")).xpath('//td[contains(@class, "col-number ")]/a/@href')
    assert changes == links
    assert "18 355 → 18 360" in text(get("/archive/changes"), "//table")


def test_a_story_that_moved_leads_to_where_it_is(get: Get, home: Home) -> None:
    [gone] = rows(home, "select id, moved_to from gone")
    moved = get(f"/article/{gone['id']}")
    assert "No longer there since" in text(moved)
    assert tree(moved).xpath(f'//p[@class="cq-notice"]/a[@href="/article/{gone["moved_to"]}"]')
    assert " ".join(BODY[0].split()) in text(moved)
    listed = tree(get("/archive/gone"))
    assert listed.xpath(f'//td[contains(@class, "col-id")]/a[@href="/article/{gone["id"]}"]')


# queries


def test_edits_without_a_new_time_and_changed_numbers_are_listed(get: Get) -> None:
    def found(path: str) -> list[tuple[int, int]]:
        return [(row["article"], row["number"]) for row in get(f"/archive/{path}").json()]

    assert found("unstated_changes.json?_shape=array") == [(1, 2)]
    assert found("unstated_changes.json?_shape=array&source=harbour") == []
    assert found("changed_numbers.json?_shape=array") == [(1, 3), (1, 2)]
    assert found("changed_numbers.json?_shape=array&number=18+360&source=ferries") == [(1, 3), (1, 2)]
    assert found("changed_numbers.json?_shape=array&number=18") == []


def test_the_search_over_all_revisions_finds_what_the_command_finds(get: Get, home: Home) -> None:
    store = Store(home.database)
    for phrase in ("18 360", "nobody was hurt", "ferry"):
        there = store.search_history(parse(f'"{phrase}"'), Only(), 50)
        for row in there:
            del row["text"], row["language"]
        shown = get(f'/archive/search_history.json?_shape=array&q="{phrase}"').json()
        assert [
            {("id" if k == "article" else k): row[k] for k in row if k not in ("snippet", "language")}
            for row in shown
        ] == there
    store.close()
    results = tree(get('/search?in=history&q="18 360"'))
    assert results.xpath("//mark/text()") == ["18 360"]
    [dropped] = results.xpath('//a[contains(@href, "/diff?revision_id=")]/@href')
    assert "Revision 2 to revision 3" in text(get(dropped))
    assert "in the latest text" in text(get("/search?in=history&q=timber"))
    assert "No article with" in text(get("/search?in=history&q=xyzzy"))
    assert "quotation marks" in text(get("/archive/search_history"), "//body")


@pytest.mark.parametrize("query", ['"', "AND", "a OR", "NEAR(", "title:", "*", "\0", '"a\nb"'])
def test_no_search_over_all_revisions_is_a_syntax_error(get: Get, query: str) -> None:
    from httpx import URL as Address

    asked = {
        "/search": {"in": "history", "q": query},
        "/archive/search_history": {"q": query},
        "/archive/earlier_texts": {"_search": query},
    }
    for path, params in asked.items():
        response = get(str(Address(path, params=params)))
        assert response.status_code == 200 and "could not be run" not in response.text


def test_the_search_box_of_earlier_texts_finds_what_was_deleted(get: Get) -> None:
    found = get("/archive/earlier_texts.json?_shape=array&_search=nobody").json()
    assert [(row["article"], row["number"]) for row in found] == [(1, 1)]


@pytest.mark.parametrize("query", ["search_history", "unstated_changes", "changed_numbers"])
def test_no_query_over_edits_reads_a_table_from_end_to_end(home: Home, query: str) -> None:
    connection = sqlite3.connect(home.database)
    cells.prepare_connection(connection)
    values = {"q": "x", "source": "", "number": ""}
    steps = [row[3] for row in connection.execute(f"explain query plan {QUERIES[query]['sql']}", values)]
    connection.close()
    named = ("SCAN e", "SCAN f", "SCAN shown", "SCAN earlier", "SCAN json_tree")  # what a search or a value brought
    assert not [s for s in steps if s.startswith("SCAN") and "INDEX" not in s and not s.startswith(named)], steps
    assert query == "search_history" or not [s for s in steps if "FOR ORDER BY" in s], steps


# hostile texts


def test_scraped_markup_is_inert_where_it_was_edited(home: Home, tmp_path: Path) -> None:
    target = sqlite3.connect(tmp_path / "archive.db")
    with sqlite3.connect(home.database) as origin:
        origin.backup(target)
    target.execute(
        "update revisions set title = ?1 || number, summary = ?1, text = 'needle ' || ?1 || number || text,"
        ' numbers = \'[{"old": ["<img src=x>"], "new": ["alert(1)"]}]\'',
        (PROBE,),
    )
    target.execute("update captures set url = 'javascript:alert(1)', warc_file = warc_file || ?", (PROBE,))
    target.execute("update articles set url = 'javascript:alert(2)' || id, language = ?", (PROBE,))
    target.commit()
    target.close()
    get = serve_in_process(tmp_path / "archive.db")
    for path in (
        "/article/1/diff", "/archive/search_history?q=needle", "/archive/earlier_texts", "/archive/changed_numbers",
        "/archive/proofs", "/archive/gone", "/archive/changes", f"/archive/search_history?q={PROBE}",
    ):  # fmt: skip
        response = get(path)
        assert response.status_code == 200, path
        assert "alert(1)" in response.text or path == "/archive/gone", path
        found = tree(response)
        assert not found.xpath("//img | //script[contains(., 'alert')] | //@*[starts-with(name(), 'on')]"), path
        links = found.xpath("//@href | //@src | //@action")
        assert not [link for link in links if re.match(r"(?i)\s*(javascript|data|vbscript):", link)], path


def test_numbers_that_are_no_list_of_pairs_are_left_to_datasette() -> None:
    assert cells.replaced('[{"old": ["<b>"], "new": ["2", "3"]}]') == "&lt;b&gt; → 2, 3"
    for odd in ("", "[1]", "{}x", '[{"old": 1}]', '"x"'):
        assert cells.replaced(odd) is None


# paragraphs


def test_a_change_keeps_to_its_words_and_its_paragraph() -> None:
    pieces = [Piece("same", "a b "), Piece("removed", "c\n\nd "), Piece("added", "x "), Piece("same", "e\n\nf")]
    assert paragraphs(pieces) == [
        [("same", "a b"), ("same", " "), ("removed", "c")],
        [("removed", "d"), ("same", " "), ("added", "x"), ("same", " "), ("same", "e")],
        [("same", "f")],
    ]


def test_only_long_runs_without_a_change_are_folded() -> None:
    same, changed = [Piece("same", "a")], [Piece("added", "b")]
    runs = folded([same, same, changed, same, same, same, changed])
    assert [(fold, len(run)) for fold, run in runs] == [(False, 2), (False, 1), (True, 3), (False, 1)]

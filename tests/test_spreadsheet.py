"""CSV of scraped texts does nothing in a spreadsheet, and holds what it held."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.home import Home
from archive.spreadsheet import InertRows, inert
from archive.store import Store
from crawler.cli import main
from tests.test_web import serve_in_process

HOSTILE = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\rx", "\n=1+1", "  =1", "\u00a0@x", "\ufeff=1", "\u200b+x",
    "＝1+1", "＋x", "－x", "＠x", "=", "-", "--1", "+1,5", "-1e", '="a"&"b"', "-inf", "+380 44 123",
]  # fmt: skip
HARMLESS = ["", " ", "1", "-5", "+7.25", "-1e-05", "a=b", "2-1", "'=1", "x\n=1", "a\t=1", "“=1”", "−5 degrees"]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_a_spreadsheet_would_run_is_a_text(value: str) -> None:
    assert inert(value) == f"'{value}"


@pytest.mark.parametrize("value", [*HARMLESS, -5, 1.5, None])
def test_what_it_would_not_run_stays(value: object) -> None:
    assert inert(value) is value


def written(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


CELLS = (
    st.text(alphabet=st.sampled_from("=+-@＝＠ \t\r\n\",;'a1.e\u00a0\ufeffж"), max_size=8)
    | st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=6)
    | st.sampled_from(HOSTILE + HARMLESS)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5), st.data())
def test_a_reader_gets_the_same_rows_but_for_apostrophes_wherever_the_text_is_cut(
    rows: list[list[Any]], data: st.DataObject
) -> None:
    text = written(rows)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    guard = InertRows()
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    got = "".join(map(guard.feed, pieces)) + guard.close()
    assert read(got) == [[inert(cell) for cell in row] for row in read(text)]
    by_row = InertRows()
    assert "".join(by_row.feed(written([row])) for row in rows) + by_row.close() == got


def test_a_long_text_is_held_no_longer_than_its_cell_and_read_once() -> None:
    guard = InertRows()
    piece = 'said ""no"", ' * 1000
    assert guard.feed('1,"=') == "1,"
    assert [guard.feed(piece) for _ in range(50)] == [""] * 50
    assert guard.feed('",2\r\n3') == f'"\'={piece * 50}",2\r\n'
    assert guard.close() == "3"


@pytest.fixture(scope="module")
def hostile(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo archive with a title for each beginning."""
    home = Home(tmp_path_factory.mktemp("formulas"))
    Store(demo_home.database).conn.execute("vacuum into ?", (str(home.database),))
    store = Store(home.database, write=True)
    with store.transaction():
        rows = store.rows("select id from articles order by id limit ?", len(HOSTILE + HARMLESS))
        for row, title in zip(rows, HOSTILE + HARMLESS, strict=True):
            store.conn.execute("update articles set title = ? where id = ?", (title, row["id"]))
    store.close()
    return home


@pytest.mark.parametrize("options", ["", "&_dl=on", "&_stream=1", "&_stream=1&_dl=1&_labels=on"])
def test_the_csv_of_a_table_is_inert_and_otherwise_exact(hostile: Home, options: str) -> None:
    get = serve_in_process(hostile.database)
    size = "" if "_stream" in options else "&_size=max"
    answer = get(f"/archive/articles.csv?_col=title&_sort=id{size}{options}")
    assert answer.headers["content-type"].startswith("text/csv" if "_dl" in options else "text/plain")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    exact = get("/archive/articles.json?_col=title&_sort=id&_size=max&_shape=array").json()
    assert [row["title"] for row in rows] == [inert(row["title"]) for row in exact]
    assert {row["title"] for row in exact} >= set(HOSTILE)


def test_the_csv_of_a_query_is_inert_its_heading_too(hostile: Home) -> None:
    get = serve_in_process(hostile.database)
    sql = "select id, -id, title as \"=1+1\", '-1' as \"-1\", x'00' as blob from articles order by id limit 30"
    rows = read(get(f"/archive.csv?sql={sql}".replace("+", "%2B")).text)
    assert rows[0] == ["id", "'-id", "'=1+1", "-1", "blob"]
    assert rows[1][:4] == ["1", "-1", "'=1+1", "-1"]
    assert all(row[4].startswith("http") for row in rows[1:])


def test_an_error_is_said_as_it_is(hostile: Home) -> None:
    answer = serve_in_process(hostile.database)("/archive/articles.csv?_size==1")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "_size must be a positive integer" in answer.text


def test_the_csv_of_the_command_line_follows_the_same_rule(hostile: Home) -> None:
    store = Store(hostile.database, write=True)
    with store.transaction():
        store.conn.execute("update search_text set title = 'quark', text = 'quark' where article <= 30")
    store.close()
    command = ["search", "quark", "--home", str(hostile.path), "--limit", "100"]
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(main, [*command, "--csv"]).stdout, newline="")))
    exact = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert len(exact) == 30
    assert [row["title"] for row in rows] == [inert(row["title"]) for row in exact]

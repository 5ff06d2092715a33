"""`communique losses`, what the other commands say of figures, and their pages in Datasette."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from archive import figures
from archive.home import Home
from archive.web import cells
from tests import claiming
from tests.claiming import kept, report
from tests.crawling import command, rows
from tests.test_web import METADATA, Get, serve_in_process

QUERIES: dict[str, dict[str, Any]] = METADATA["databases"]["archive"]["queries"]
OURS = (
    "claimed_on_a_day",
    "claimed_in_a_week",
    "biggest_claimed_changes",
    "differing_claims",
    "days_without_a_claim",
)
VIEWS = ("claimed_losses", "claimed_losses_by_direction", "claimed_losses_wide", "disagreements", "loss_checks")


def tanks(day: int, total: int, delta: int | None = 5, side: str = "Ukraine") -> str:
    said = f" ({delta:+})" if delta is not None else ""
    return f"{side} claims {total:,} tanks{said} as of 2031-04-{day:02}"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Ten days of April: both sides, a reprint, a misprint, a correction, a week by direction, two days missing."""
    home = Home(tmp_path_factory.mktemp("losses") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", claiming.read)
        reports = []
        for day in (1, 2, 3, 4, 7, 8, 9, 10):
            lines = [
                tanks(day, 1000 + 5 * day),
                f"Ukraine claims about {40_000 + day} personnel (+1) as of 2031-04-{day:02}",
            ]
            reports.append(report("staff", str(day), lines, 1440 * (day - 20), f"2031-04-{day:02}"))
            reports.append(
                report(
                    "army",
                    str(day),
                    [tanks(day, 700 + day, None, "Russia")],
                    1440 * (day - 20) + 1,
                    f"2031-04-{day:02}",
                )
            )
        reports.append(report("courier", "8", [tanks(8, 1040)], 2, "2031-04-08"))
        reports.append(report("digest", "8", ["Perhaps 12 ships.", tanks(8, 1400)], 3, "2031-04-08"))
        week = [("Pelesk", 740), ("Velmora", 335)]
        parts = [f"Russia claims up to {n} personnel towards {where} as of 2031-04-09 [week]" for where, n in week]
        whole = "Russia claims up to 1,175 personnel as of 2031-04-09 [week]"
        reports.append(report("army", "week", [whole, *parts], 4, "2031-04-09"))
        reports.append(report("staff", "9", [tanks(9, 1043, 3)], 5, "2031-04-09"))  # corrected a fortnight later
        kept(home, *reports)
    yield home


@pytest.fixture(scope="module")
def get(archive: Home) -> Get:
    return serve_in_process(archive.database)


def losses(home: Home, *options: str) -> list[dict[str, Any]]:
    done = command("losses", *options, "--json", "--home", str(home.path))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def claimed(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["as_of"][-2:], row["claimed_by"], row["category"], row["claimed_total"]) for row in found]


# the command


def test_losses_lists_both_sides_day_by_day_each_row_with_who_claims_it(archive: Home) -> None:
    found = losses(archive)
    assert len(found) == 23  # the corrected report is without its personnel
    assert found == losses(archive, "--series", "total")
    assert claimed(found)[:3] == [
        ("01", "ukraine", "personnel", 40001), ("01", "ukraine", "tanks", 1005), ("01", "russia", "tanks", 701),
    ]  # fmt: skip
    assert found[0]["qualifier"] == "about" and found[0]["claimed_delta"] == 1
    assert found[0].keys() == set(METADATA["databases"]["archive"]["tables"]["claimed_losses"]["columns"])


def test_losses_keeps_to_what_is_asked_for(archive: Home) -> None:
    assert claimed(losses(archive, "--side", "russia", "--since", "2031-04-08", "--until", "2031-04-09")) == [
        ("08", "russia", "tanks", 708), ("09", "russia", "tanks", 709),
    ]  # fmt: skip
    assert claimed(losses(archive, "--category", "personnel", "--series", "all", "--since", "2031-04-09")) == [
        ("09", "russia", "personnel", 1175), ("10", "ukraine", "personnel", 40010),
    ]  # fmt: skip
    both = losses(archive, "--category", "personnel", "--category", "tanks", "--until", "2031-04-01")
    assert len(both) == 3
    assert losses(archive, "--category", "zeppelins") == []


def test_a_reprint_and_a_misprint_are_counted_and_no_row_of_their_own(archive: Home) -> None:
    [row] = losses(
        archive, "--side", "ukraine", "--category", "tanks", "--since", "2031-04-08", "--until", "2031-04-08"
    )
    assert (row["claimed_total"], row["source"]) == (1040, "staff")
    assert (row["reprints_agreeing"], row["reprints_differing"]) == (1, 1)


def test_what_was_claimed_as_known_on_a_day_is_what_the_archive_had_then(archive: Home) -> None:
    one = ("--side", "ukraine", "--category", "tanks", "--since", "2031-04-08", "--until", "2031-04-09")
    assert [row["claimed_total"] for row in losses(archive, *one)] == [1040, 1043]
    # report 9 was held from the 9th, 06:00, and corrected on the 20th, 06:05; the digest's came that day at 06:03
    before, at = losses(archive, *one, "--as-known-on", "2031-04-19"), "2031-04-20T06:04:00Z"
    assert [(row["claimed_total"], row["reprints_differing"]) for row in before] == [(1040, 0), (1045, 0)]
    assert [
        (row["claimed_total"], row["reprints_differing"]) for row in losses(archive, *one, "--as-known-on", at)
    ] == [(1040, 1), (1045, 0)]
    assert losses(archive, *one, "--as-known-on", "2031-04-08T05:59:59Z") == []
    assert [row["as_of"] for row in losses(archive, *one, "--as-known-on", "2031-04-08T06:00:00Z")] == ["2031-04-08"]


@pytest.mark.parametrize("options", [(), ("--series", "all"), ("--side", "russia"), ("--category", "tanks")])
def test_as_known_today_is_what_is_known(archive: Home, options: tuple[str, ...]) -> None:
    assert losses(archive, *options, "--as-known-on", "2031-04-20") == losses(archive, *options)


def test_check_lists_what_does_not_add_up(archive: Home) -> None:
    found = losses(archive, "--check", "--series", "all")
    assert [(row["as_of"][-2:], row["claimed_by"], row["finding"], row["category"]) for row in found] == [
        ("07", "ukraine", "no report", None),
        ("07", "russia", "no report", None),
        ("09", "russia", "sum", "personnel"),
        ("10", "ukraine", "delta", "tanks"),
        ("10", "ukraine", "no category", "personnel"),
    ]
    assert [row["finding"] for row in losses(archive, "--check", "--side", "ukraine", "--category", "tanks")] == [
        "delta"
    ]
    assert [row["expected"] for row in found if row["finding"] in ("sum", "delta")] == [1075, 1048]


def test_the_table_for_people_says_claimed(archive: Home) -> None:
    done = command("losses", "--until", "2031-04-01", "--home", str(archive.path))
    head, *lines = done.stdout.splitlines()
    assert "claimed by" in head and "claimed total" in head and len(lines) == 3
    assert "1005" in lines[1] and "ukraine" in lines[1]


def test_lines_and_csv_carry_every_column_and_no_formula(archive: Home, tmp_path: Path) -> None:
    lines = command("losses", "--nl", "--home", str(archive.path)).stdout.splitlines()
    assert [json.loads(line) for line in lines] == losses(archive)
    home = Home(tmp_path / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", _with_sentence('=HYPERLINK("http://x.example")'))
        kept(home, report("staff", "1", [tanks(1, 1005)]))
    done = command("losses", "--csv", "--home", str(home.path))
    [row] = csv.DictReader(done.stdout.splitlines())
    assert row["sentence"] == '\'=HYPERLINK("http://x.example")' and row["claimed_total"] == "1005"
    assert losses(home)[0]["sentence"][0] == "="  # JSON is no spreadsheet


def _with_sentence(sentence: str) -> Any:
    def read(*args: Any, **options: Any) -> Any:
        facts = claiming.read(*args, **options)
        return facts._replace(figures=tuple(f._replace(sentence=sentence) for f in facts.figures))

    return read


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "April"], "is not a day"),
        (["--until", "2031-4-1"], "is not a day"),
        (["--until", "2031-02-30"], "is not a day"),
        (["--as-known-on", "soon"], "neither a day"),
        (["--as-known-on", "9999-12-31T23:00-05:00"], "neither a day"),
        (["--side", "vardania"], "is not one of"),
        (["--check", "--as-known-on", "2031-04-20"], "known now"),
    ],
)
def test_wrong_options_are_said_in_a_line(archive: Home, options: list[str], said: str) -> None:
    done = command("losses", *options, "--home", str(archive.path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_there_is_no_archive(tmp_path: Path) -> None:
    done = command("losses", "--home", str(tmp_path))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


# what other commands say


def test_status_counts_the_sentences_that_were_not_read(archive: Home) -> None:
    done = command("status", "--home", str(archive.path))
    assert "1 sentence on losses could not be read for sure" in done.stdout
    assert json.loads(command("status", "--json", "--home", str(archive.path)).stdout)["figures_unread"] == 1


def test_show_says_what_an_article_claims(archive: Home) -> None:
    article = {row["url"]: row["id"] for row in rows(archive, "select id, url from articles")}

    def shown(url: str, *options: str) -> str:
        return command("show", str(article[url]), *options, "--home", str(archive.path)).stdout

    assert "figures: 2 claimed by Ukraine as of 2031-04-08 (totals)\n" in shown("http://staff.example/8")
    assert "figures: 3 claimed by Russia as of 2031-04-09 (the week)\n" in shown("http://army.example/week")
    other = "1 claimed by Ukraine as of 2031-04-08 (totals, 1 other than elsewhere); 1 sentence on losses could not be read for sure"
    assert f"figures: {other}\n" in shown("http://digest.example/8")
    [stated] = json.loads(shown("http://digest.example/8", "--json"))["figures"]
    assert (stated["claimed_by"], stated["as_of"], stated["figures"], stated["differing"]) == (
        "ukraine",
        "2031-04-08",
        1,
        1,
    )


# Datasette


@pytest.mark.parametrize("name", [*VIEWS, "figures", "figures_unread"])
def test_each_view_is_served_with_its_rows_and_says_that_they_are_claims(get: Get, archive: Home, name: str) -> None:
    response = get(f"/archive/{name}")
    assert response.status_code == 200
    table = METADATA["databases"]["archive"]["tables"][name]
    assert table["description"] in " ".join(response.text.replace("&#39;", "'").split())
    assert "claim" in table["title"].casefold()
    found = get(f"/archive/{name}.json?_shape=array&_size=max").json()
    assert len(found) == rows(archive, f"select count(*) as n from {name}")[0]["n"] > 0


@pytest.mark.parametrize("name", OURS)
def test_each_query_is_served_and_says_that_it_lists_claims(get: Get, name: str) -> None:
    response = get(f"/archive/{name}")
    assert response.status_code == 200
    assert QUERIES[name]["title"] in response.text
    assert "claim" in (QUERIES[name]["title"] + QUERIES[name]["description"]).casefold()
    assert get(f"/archive/{name}.json?_shape=array").json()


def query(get: Get, name: str, **values: str) -> list[dict[str, Any]]:
    response = get(str(httpx.URL(f"/archive/{name}.json", params={**values, "_shape": "array"})))
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def test_a_day_shows_each_page_and_what_was_known_of_it_when(get: Get) -> None:
    day = {"day": "2031-04-08", "side": "ukraine"}
    found = query(get, "claimed_on_a_day", **day)
    assert [(r["category"], r["claimed_total"], r["standing"]) for r in found] == [
        ("personnel", 40008, "taken"), ("tanks", 1040, "taken"), ("tanks", 1040, "agrees"), ("tanks", 1400, "differs"),
    ]  # fmt: skip
    assert len(query(get, "claimed_on_a_day", **day, known_on="2031-04-19")) == 2
    corrected = {"day": "2031-04-09", "side": "ukraine"}
    assert [r["claimed_total"] for r in query(get, "claimed_on_a_day", **corrected)] == [1043]
    assert [r["claimed_total"] for r in query(get, "claimed_on_a_day", **corrected, known_on="2031-04-19")] == [
        40009,
        1045,
    ]
    assert {r["as_of"] for r in query(get, "claimed_on_a_day")} == {"2031-04-10"}


def test_a_week_has_its_first_and_last_numbers_and_the_deltas_that_are_printed(get: Get) -> None:
    found = {
        (r["claimed_by"], r["series"], r["category"]): r for r in query(get, "claimed_in_a_week", until="2031-04-10")
    }
    week = found["ukraine", "total", "tanks"]
    assert (week["days_with_a_claim"], week["first_as_of"], week["last_as_of"]) == (5, "2031-04-04", "2031-04-10")
    assert (week["first_claimed_total"], week["last_claimed_total"], week["sum_of_claimed_deltas"]) == (
        1020,
        1050,
        23,
    )
    assert found["russia", "total", "tanks"]["sum_of_claimed_deltas"] is None
    assert found["russia", "week", "personnel"]["last_claimed_total"] == 1175
    assert len(found) == 4 and len(query(get, "claimed_in_a_week", until="2031-04-10", side="russia")) == 2


def test_the_biggest_changes_come_first_in_each_category(get: Get) -> None:
    found = query(get, "biggest_claimed_changes", side="ukraine", category="tanks")
    assert [(r["as_of"][-2:], r["difference"], r["days"]) for r in found[:3]] == [
        ("07", 15, 3),
        ("10", 7, 1),
        ("08", 5, 1),
    ]
    assert {r["claimed_by"] for r in query(get, "biggest_claimed_changes")} == {"ukraine", "russia"}


def test_disagreements_name_both_pages(get: Get) -> None:
    [row] = query(get, "differing_claims", category="tanks")
    assert (row["claimed_total"], row["other_claimed_total"]) == (1040, 1400)
    assert (row["url"], row["other_url"]) == ("http://staff.example/8", "http://digest.example/8")
    assert query(get, "differing_claims", to="2031-04-07") == query(get, "differing_claims", side="russia") == []


def test_days_without_a_report_are_found_for_each_side(get: Get) -> None:
    [gap] = query(get, "days_without_a_claim", side="ukraine")
    assert (gap["first_day"], gap["last_day"], gap["days"]) == ("2031-04-05", "2031-04-06", 2)
    assert len(query(get, "days_without_a_claim")) == 2
    assert query(get, "days_without_a_claim", **{"from": "2031-04-08"}) == []


# how it is found


@pytest.mark.parametrize(
    "sql",
    [
        *(f"select * from {view} limit 51" for view in VIEWS if view != "loss_checks"),
        "select * from claimed_losses order by as_of desc limit 51",
        "select * from claimed_losses where claimed_by = 'ukraine' and series = 'total' and category = 'tanks' order by as_of",
        "select * from claimed_losses where category = 'tanks' order by as_of desc limit 51",
        "select * from claimed_losses_by_direction where as_of = '2031-04-09'",
        QUERIES["claimed_on_a_day"]["sql"],
        QUERIES["differing_claims"]["sql"],
    ],
)
def test_no_question_on_claims_reads_all_figures(archive: Home, sql: str) -> None:
    """Of 90,000 figures a page of each took 5 ms; a scan of the table would take 100."""
    steps = plan(archive.database, sql)
    scans = [
        step
        for step in steps
        if step.startswith("SCAN") and "USING" not in step and "claimed_losses_wide" not in step
    ]
    assert scans == [], steps
    if ":day" not in sql:  # a day's figures are few
        assert not [step for step in steps if "ORDER BY" in step or "GROUP BY" in step], steps


@pytest.mark.parametrize(
    "sql",
    ["select * from loss_checks", QUERIES["biggest_claimed_changes"]["sql"], QUERIES["days_without_a_claim"]["sql"]],
)
def test_what_works_through_all_days_reads_the_days_and_no_other_figures(archive: Home, sql: str) -> None:
    scans = [step for step in plan(archive.database, sql) if step.startswith("SCAN")]
    assert not [
        step for step in scans if step.split()[1] in ("figures", "f", "d", "h", "a") and "INDEX" not in step
    ], scans
    assert [step for step in scans if step.startswith("SCAN f USING") and "figures_lines" in step], scans


def test_what_follows_from_an_article_is_found_by_it(archive: Home) -> None:
    for sql in (
        "select * from figures where revision = 1",
        "select distinct as_of, claimed_by, series from figures where article = 1",
        "select * from figures where as_of = 'a' and claimed_by = 'b' and series = 'c'",
        "select * from figures_unread where article = 1",
        "select * from figures_unread where revision = 1",
    ):
        assert all(step.startswith("SEARCH") for step in plan(archive.database, sql)), sql


def plan(database: Path, sql: str) -> list[str]:
    connection = sqlite3.connect(database)
    cells.prepare_connection(connection)
    values = dict.fromkeys(("day", "side", "known_on", "until", "category", "from", "to"), "")
    try:
        return [row[3] for row in connection.execute(f"explain query plan {sql}", values)]
    finally:
        connection.close()

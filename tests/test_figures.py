"""What each side claims, from the captures to the views: an error here invents a claim, loses one or counts it twice."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from archive import figures
from archive.facts import read_figures
from archive.facts.registry import registry
from archive.home import Home
from archive.models import Facts
from archive.rebuild import rebuild
from archive.revise import Reviser
from archive.standings import Claim, Key, agree, stand
from archive.store import Store
from tests import claiming
from tests.claiming import kept, report
from tests.crawling import rows
from tests.keeping import captured, keep
from tests.pages import own_div
from tests.prose import prose
from tests.test_revise import SIDE, URL, story
from tests.test_seeds import SEEDS, aggregated

DAY = "2031-04-20"
TANKS = f"Ukraine claims 3,667 tanks (+2) as of {DAY}"
GUNS = f"Ukraine claims 2,829 artillery (+10) as of {DAY}"
BOX = f"Perhaps you know the almanac in which Ukraine claims 9,999 tanks as of {DAY}, with a foreword by its editor."


@pytest.fixture(autouse=True)
def plain_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "read_figures", claiming.read)


def stated(home: Home, columns: str = "category, total, delta, standing") -> list[tuple[Any, ...]]:
    found = rows(home, f"select {columns} from figures order by known_from, source, as_of, category, total")
    return [tuple(row.values()) for row in found]


def view(home: Home, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(home, f"select {columns} from {name}")]


def another_reader(home: Home, later: int = 1) -> None:
    """Rebuild with a later version of the reader."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "VERSION", figures.VERSION + later)
        figures._version.cache_clear()
        rebuild(home)
    figures._version.cache_clear()


# from a page to rows


def test_a_report_becomes_a_row_a_claim_with_its_page_its_sentence_and_both_times(home: Home) -> None:
    kept(home, report("staff", "1", [TANKS, GUNS, "Perhaps 12 ships."], 7))
    [tanks, guns] = rows(
        home,
        "select f.*, r.article as of_revision from figures f join revisions r on r.id = f.revision order by f.id",
    )
    assert (tanks["claimed_by"], tanks["about"], tanks["series"], tanks["as_of"]) == (
        "ukraine",
        "russia",
        "total",
        DAY,
    )
    assert (tanks["total"], tanks["delta"], guns["total"], guns["delta"]) == (3667, 2, 2829, 10)
    assert (tanks["article"], tanks["of_revision"], tanks["source"], tanks["official"]) == (1, 1, "staff", 1)
    assert (tanks["known_from"], tanks["known_until"]) == ("2031-04-20T06:07:00.000Z", None)
    assert (tanks["standing"], tanks["taken"]) == ("taken", tanks["id"])
    # the sentence stands where the row says
    blocks = rows(home, "select position, text from blocks where reading = 1")
    assert [row["text"] for row in blocks if row["position"] == guns["position"]] == [GUNS] == [guns["sentence"]]
    [unread] = rows(home, "select * from figures_unread")
    assert (unread["sentence"], unread["reason"]) == ("Perhaps 12 ships.", "it says perhaps")
    assert [row["text"] for row in blocks if row["position"] == unread["position"]] == ["Perhaps 12 ships."]


def test_a_figure_names_its_block_also_where_others_are_hidden_before_it(home: Home) -> None:
    title = "The harbour office reports on the day"
    keep(home, [captured(URL.format(1), own_div(title, [title, TANKS, prose(3, 4)], []))])
    assert [row["mark"] for row in rows(home, "select mark from blocks order by position limit 2")] == [
        "headline",
        None,
    ]
    assert stated(home, "position, sentence") == [(1, TANKS)]


def test_a_claim_that_a_page_makes_twice_is_two_rows_and_no_reprint(home: Home) -> None:
    kept(home, report("staff", "1", [TANKS, TANKS.replace("3,667", "3,676")], title=f"The staff says: {TANKS}"))
    assert stated(home, "position < 0, total, standing") == [
        (1, 3667, "agrees"),
        (0, 3667, "taken"),
        (0, 3676, "differs"),
    ]
    columns = "claimed_total, reprints_agreeing, reprints_differing"
    assert view(home, "claimed_losses", columns) == [(3667, 0, 0)]
    assert view(home, "disagreements", "article, other, other_claimed_total") == [(1, 1, 3676)]
    before = view(home, "figures order by id", "id, total, position")
    another_reader(home)
    assert view(home, "figures order by id", "id, total, position") == before


def test_what_is_hidden_of_a_page_is_not_read(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n, [*SIDE, BOX]), n) for n in range(3)])
    assert {row["mark"] for row in rows(home, "select mark from blocks where text = ?", BOX)} == {"repeated"}
    assert stated(home) == [] and rows(home, "select * from figures_unread") == []


def test_an_edited_page_keeps_the_figures_of_each_text(home: Home) -> None:
    corrected = TANKS.replace("3,667", "3,664")
    kept(home, report("staff", "1", [TANKS, GUNS], 0), report("staff", "1", [corrected, GUNS], 60))
    assert stated(home, "category, total, known_from, known_until, standing") == [
        ("artillery", 2829, "2031-04-20T06:00:00.000Z", "2031-04-20T07:00:00.000Z", None),
        ("tanks", 3667, "2031-04-20T06:00:00.000Z", "2031-04-20T07:00:00.000Z", None),
        ("artillery", 2829, "2031-04-20T07:00:00.000Z", None, "taken"),
        ("tanks", 3664, "2031-04-20T07:00:00.000Z", None, "taken"),
    ]
    # the guns were known from the first text on
    assert view(home, "claimed_losses", "category, claimed_total, first_held, revision") == [
        ("artillery", 2829, "2031-04-20T06:00:00.000Z", 2),
        ("tanks", 3664, "2031-04-20T07:00:00.000Z", 2),
    ]
    assert view(home, "disagreements") == []  # a page that is corrected contradicts nobody


def test_a_text_that_was_never_an_edit_leaves_no_figures(home: Home) -> None:
    """A sidebar's figure opens a revision until the sidebar is known to repeat: then it is folded."""
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    keep(home, [captured(URL.format(0), story(0, [*SIDE, BOX]), 10), captured(URL.format(0), story(0), 11)])
    assert stated(home) == [("tanks", 9999, None, None)]
    assert len(rows(home, "select * from figures_unread")) == 1
    keep(home, [captured(URL.format(1), story(1, [*SIDE, BOX]), 12)])
    folded = rows(home, "select figures_sha256 from revisions where number is null")
    assert folded and {row["figures_sha256"] for row in folded} == {None}
    assert stated(home) == [] and rows(home, "select * from figures_unread") == []


def test_a_report_in_the_words_of_the_staff_goes_all_the_way(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "read_figures", read_figures)
    head = "The total combat losses of the enemy from 24.02.22 to 19.04.23 were approximately:"
    lines = ["personnel ‒ about 183 750 (+510) persons,", "tanks ‒ 3665 (+4),", "APV ‒ 7110 (+9)."]
    kept(home, report("staff", "1", [head, *lines], published="2023-04-20"))
    columns = "as_of, claimed_by, category, claimed_total, claimed_delta, qualifier, sentence"
    assert sorted(view(home, "claimed_losses", columns)) == [
        ("2023-04-19", "ukraine", "armoured_vehicles", 7110, 9, None, lines[2]),
        ("2023-04-19", "ukraine", "personnel", 183750, 510, "about", lines[0]),
        ("2023-04-19", "ukraine", "tanks", 3665, 4, None, lines[1]),
    ]


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the seed texts are not at {SEEDS}")
def test_a_page_of_the_aggregator_has_its_figures_once_its_sidebar_is_known(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "read_figures", read_figures)
    keep(home, [captured(f"http://aggregator.example/{n}", own_div(*aggregated(n)), n) for n in (0, 2)])
    found = view(
        home,
        "claimed_losses where claimed_by = 'ukraine'",
        "as_of, series, category, claimed_total, claimed_delta, official",
    )
    assert len(found) == 13 and {(row[0], row[1], row[5]) for row in found} == {("2023-04-20", "total", 0)}
    assert ("2023-04-20", "total", "vehicles_and_fuel_tanks", 5707, 15, 0) in found
    assert view(home, "figures where claimed_by = 'ukraine'", "distinct article") == [(1,)]
    week = view(home, "claimed_losses where claimed_by = 'russia'", "as_of, series, category, claimed_total")
    assert {row[0] for row in week} == {"2024-01-26"} and len([row for row in week if row[1] == "total"]) == 8
    assert ("2024-01-26", "week", "personnel", 5800) in week
    troops = view(home, "claimed_losses_by_direction where category = 'personnel'", "direction, claimed_total")
    assert len(troops) == 6 and sum(total for _, total in troops) == 5800
    assert view(home, "loss_checks") == []


# one report, many pages


def test_a_report_that_is_reprinted_is_counted_once_and_linked(home: Home) -> None:
    kept(
        home,
        report("courier", "early", [TANKS], 0, published="2031-04-19"),
        report("staff", "1", [TANKS, GUNS], 1),
        report("digest", "late", [TANKS, GUNS.replace("(+10) ", "")], 2),
    )
    assert view(home, "claimed_losses", "category, claimed_total, source, reprints_agreeing, reprints_differing") == [
        ("artillery", 2829, "staff", 1, 0),
        ("tanks", 3667, "staff", 2, 0),  # the official page, though another one came out before
    ]
    linked = rows(
        home,
        "select f.source, t.source as taken from figures f join figures t on t.id = f.taken where f.category = 'tanks' order by 1",
    )
    assert [tuple(row.values()) for row in linked] == [("courier", "staff"), ("digest", "staff"), ("staff", "staff")]
    # held since the courier's page was
    assert view(home, "claimed_losses where category = 'tanks'", "first_held") == [("2031-04-20T06:00:00.000Z",)]


def test_an_official_source_speaks_for_its_own_side_alone(home: Home) -> None:
    claim = f"Russia claims 408 aircraft as of {DAY}"
    kept(home, report("staff", "1", [claim], 0), report("digest", "1", [claim], 1, published="2031-04-19"))
    assert stated(home, "source, official, standing") == [("staff", 0, "agrees"), ("digest", 0, "taken")]
    kept(home, report("army", "1", [claim], 2, published="2031-04-21"))
    assert view(home, "claimed_losses", "source, official, reprints_agreeing") == [("army", 1, 2)]


def test_outlets_that_print_other_numbers_stand_in_disagreements_with_both_pages(home: Home) -> None:
    kept(
        home,
        report("staff", "1", [TANKS, GUNS], 0),
        report("courier", "2", [TANKS.replace("3,667", "3,676"), GUNS], 1),
        report("digest", "3", [TANKS, GUNS.replace("+10", "+1")], 2),
    )
    columns = "category, claimed_total, other_claimed_total, claimed_delta, other_claimed_delta, url, other_url, article, other"
    assert view(home, "disagreements order by category", columns) == [
        ("artillery", 2829, 2829, 10, 1, "http://staff.example/1", "http://digest.example/3", 1, 3),
        ("tanks", 3667, 3676, 2, 2, "http://staff.example/1", "http://courier.example/2", 1, 2),
    ]
    assert view(home, "claimed_losses order by category", "claimed_total, reprints_agreeing, reprints_differing") == [
        (2829, 1, 1),
        (3667, 1, 1),
    ]
    # the outlet puts it right
    kept(home, report("courier", "2", [TANKS, GUNS], 60))
    assert view(home, "disagreements", "category") == [("artillery",)]


def test_a_rounded_reprint_agrees_and_is_not_taken_where_every_digit_is_printed(home: Home) -> None:
    rounded = f"Ukraine claims about 29,200 tanks give or take 50 as of {DAY}"
    exact = f"Ukraine claims 29,180 tanks as of {DAY}"
    kept(home, report("staff", "1", [rounded], 0), report("digest", "1", [exact], 1))
    assert view(home, "claimed_losses", "claimed_total, precision, source, reprints_agreeing") == [
        (29180, 0, "digest", 1)
    ]
    kept(home, report("digest", "1", [exact.replace("180", "260")], 2))
    assert view(home, "claimed_losses", "claimed_total, reprints_differing") == [(29260, 1)]


def test_sides_series_and_directions_never_meet(home: Home) -> None:
    lines = [
        f"Ukraine claims 300 aircraft (+1) as of {DAY}",
        f"Russia claims 408 aircraft as of {DAY}",
        f"Russia claims up to 740 personnel towards Pelesk as of {DAY} [week]",
        f"Russia claims up to 335 personnel towards Velmora as of {DAY} [week]",
        f"Russia claims up to 1,075 personnel as of {DAY} [week]",
        f"Russia claims 12 aircraft as of {DAY} [kursk]",
    ]
    kept(home, report("digest", "1", lines))
    assert sorted(view(home, "claimed_losses", "claimed_by, series, category, claimed_total")) == [
        ("russia", "kursk", "aircraft", 12),
        ("russia", "total", "aircraft", 408),
        ("russia", "week", "personnel", 1075),
        ("ukraine", "total", "aircraft", 300),
    ]
    assert sorted(
        view(home, "claimed_losses_by_direction", "direction, claimed_total, qualifier, period_start, period_end")
    ) == [
        ("pelesk", 740, "up to", "2031-04-13", "2031-04-19"),
        ("velmora", 335, "up to", "2031-04-13", "2031-04-19"),
    ]
    [wide] = rows(home, "select * from claimed_losses_wide")
    assert {name: value for name, value in wide.items() if value is not None} == {
        "as_of": DAY, "claimed_by_ukraine_aircraft": 300, "claimed_by_ukraine_aircraft_delta": 1,
        "claimed_by_russia_aircraft": 408,
    }  # fmt: skip
    assert view(home, "disagreements") == view(home, "loss_checks") == []


def test_every_column_of_the_wide_view_names_the_side_and_every_category_has_one(home: Home) -> None:
    kept(home, report("digest", "1", [TANKS]))
    [wide] = rows(home, "select * from claimed_losses_wide")
    first, *columns = wide
    assert first == "as_of" and all(
        name.startswith(("claimed_by_ukraine_", "claimed_by_russia_")) for name in columns
    )
    sides = {"ukraine": registry().ukraine, "russia": registry().tables["russia"]["labels"]["en"]}
    for side, categories in sides.items():
        assert {f"claimed_by_{side}_{category}" for category in categories} <= set(columns)


# what does not add up


def finding(home: Home, name: str) -> list[tuple[Any, ...]]:
    columns = "as_of, category, claimed_total, claimed_delta, expected, days_missing, other_day, other_total"
    return view(home, f"loss_checks where finding = '{name}' order by as_of, category", columns)


def daily(day: int, total: int, delta: int | None = 5, category: str = "tanks", year: int = 2031) -> str:
    said = f"({delta:+}) " if delta is not None else ""
    return f"Ukraine claims {total:,} {category} {said}as of {year}-04-{day:02}"


def test_totals_and_deltas_that_do_not_add_up_are_shown_and_kept_as_printed(home: Home) -> None:
    kept(
        home,
        report("staff", "1", [daily(1, 1000)], 0),
        report("staff", "2", [daily(2, 1005)], 1),
        report("staff", "3", [daily(3, 1004, 2)], 2),  # below the day before, and with a delta
        report("staff", "4", [daily(4, 1009)], 3),
        report("staff", "7", [daily(7, 1040)], 4),  # two days are missing: its delta says nothing of the total before
    )
    assert view(home, "claimed_losses order by as_of", "claimed_total") == [
        (1000,),
        (1005,),
        (1004,),
        (1009,),
        (1040,),
    ]
    assert finding(home, "delta") == [("2031-04-03", "tanks", 1004, 2, 1007, None, "2031-04-02", 1005)]
    assert finding(home, "decrease") == [("2031-04-03", "tanks", 1004, 2, None, None, "2031-04-02", 1005)]
    assert finding(home, "no report") == [("2031-04-07", None, None, None, None, 2, "2031-04-04", None)]
    assert len(view(home, "loss_checks")) == 3


def test_a_category_that_was_missing_for_a_day_is_shown(home: Home) -> None:
    days = [[daily(n, 1000 + 5 * n), daily(n, 300 + 5 * n, category="mlrs")] for n in range(1, 5)]
    del days[2][1]
    kept(home, *(report("staff", str(n), lines, n) for n, lines in enumerate(days)))
    assert finding(home, "no category") == [("2031-04-04", "mlrs", 320, 5, None, 1, "2031-04-02", 310)]
    assert finding(home, "no report") == []


def test_directions_are_summed_against_the_headline_of_their_own_page(home: Home) -> None:
    def week(day: int, whole: int) -> list[str]:
        parts = [("Pelesk", 740), ("Velmora", 335)]
        lines = [
            f"Russia claims up to {n} personnel towards {where} as of 2031-04-{day} [week]" for where, n in parts
        ]
        return [f"Russia claims up to {whole:,} personnel as of 2031-04-{day} [week]", *lines]

    kept(home, report("army", "1", week(12, 1075), 0), report("army", "2", week(19, 1175), 1))
    assert finding(home, "sum") == [("2031-04-19", "personnel", 1175, None, 1075, None, None, None)]


def test_a_page_that_is_dated_a_year_off_is_found_by_its_day_and_by_its_totals(home: Home) -> None:
    categories = ("tanks", "mlrs", "artillery", "aircraft")

    def lines(year: int, day: int, base: int) -> list[str]:
        return [daily(day, base + 100 * n + day, None, category, year) for n, category in enumerate(categories)]

    reports = [report("staff", f"30-{d}", lines(2030, d, 1000), d, f"2030-04-{d:02}") for d in range(1, 8)]
    reports += [report("staff", f"31-{d}", lines(2031, d, 9000), 20 + d, f"2031-04-{d:02}") for d in range(1, 8)]
    kept(home, *reports)
    assert view(home, "loss_checks where finding like 'year%'") == []
    # last year's report, on a page that is headed with this year: first beside the day's report, then alone
    kept(home, report("digest", "old", lines(2031, 4, 1000), 60, "2031-04-04"))
    columns = "finding, as_of, other_day, article, category"
    article = rows(home, "select max(id) as id from articles")[0]["id"]
    wrong = [("year of the totals", "2031-04-04", "2030-04-04", article, None)]
    assert view(home, "loss_checks where finding like 'year%'", columns) == wrong
    # a slip in the head of the list
    kept(home, report("digest", "slip", lines(2030, 5, 9000), 70, "2031-04-05"))
    assert ("year of the date", "2030-04-05", "2031-04-05", article + 1, None) in view(home, "loss_checks", columns)
    assert ("year of the totals", "2030-04-05", "2031-04-05", article + 1, None) in view(home, "loss_checks", columns)


# the same again


def everything(home: Home, ids: bool = False) -> list[dict[str, Any]]:
    own = "f.id, f.taken, f.revision" if ids else "t.total as taken_total, b.url as taken_url, f.known_from"
    return rows(
        home,
        f"select a.url, r.number, {own}, f.claimed_by, f.series, f.category, f.as_of, f.total, f.delta, f.sentence,"
        " f.position, f.source, f.official, f.known_until, f.standing from figures f join articles a on a.id = f.article"
        " join revisions r on r.id = f.revision left join figures t on t.id = f.taken"
        " left join articles b on b.id = t.article order by 1, 2, f.category, f.total, f.position",
    )


def season() -> list[Any]:
    exchanges = [
        report(
            outlet,
            str(day),
            [daily(day, 1000 + 5 * day - slip), daily(day, 300 + day, 1, "mlrs")],
            10 * day + n,
            f"2031-04-{day:02}",
        )
        for day in range(1, 5)
        for n, (outlet, slip) in enumerate((("staff", 0), ("courier", day % 2), ("digest", 0)))
    ]
    return [*exchanges, report("courier", "1", [daily(1, 1005)], 90, "2031-04-01")]


def test_a_rebuild_changes_nothing_of_what_was_read_right(home: Home) -> None:
    kept(home, *season())
    before = everything(home, ids=True)
    assert len(before) == 25 and {row["standing"] for row in before} == {"taken", "agrees", "differs", None}
    for _ in range(2):
        rebuild(home)
        assert everything(home, ids=True) == before


def test_what_is_taken_does_not_depend_on_the_order_in_which_pages_came(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    exchanges = season()
    kept(first, *exchanges)
    random.Random(3).shuffle(exchanges)
    kept(second, *exchanges)
    assert everything(first) == everything(second)
    for name in ("claimed_losses", "disagreements", "loss_checks"):
        columns = "as_of, category, claimed_total" + (
            ", first_held, url, reprints_agreeing" if name == "claimed_losses" else ""
        )
        assert sorted(view(first, name, columns)) == sorted(view(second, name, columns))


def test_a_text_is_read_again_where_the_reader_is_another_one_and_else_never(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(home, report("staff", "1", [TANKS, GUNS]), report("staff", "2", [daily(1, 17)], 1))
    before = rows(home, "select id, category, total from figures order by id")
    calls: list[str] = []

    def counted(title: str, *args: Any, **options: Any) -> Any:
        calls.append(title)
        facts = claiming.read(title, *args, **options)
        return facts._replace(figures=tuple(f for f in facts.figures if f.category != "artillery"))

    monkeypatch.setattr(figures, "read_figures", counted)
    rebuild(home)
    kept(home, report("staff", "1", [TANKS, GUNS], 60))  # captured once more
    assert calls == [] and rows(home, "select id, category, total from figures order by id") == before
    another_reader(home)
    assert len(calls) == 2
    # what is read as before keeps its id, what is not goes
    assert rows(home, "select id, category, total from figures order by id") == [
        row for row in before if row["category"] != "artillery"
    ]


def test_a_claim_that_is_read_better_keeps_its_row_and_one_that_is_not_read_leaves_the_day_to_others(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the staff's page is settled last: the other one follows it
    kept(home, report("digest", "1", [TANKS, GUNS]), report("staff", "1", [TANKS, GUNS], 1))
    before = rows(home, "select id, source, category from figures order by id")

    def better(title: str, blocks: Any, *, publisher: str | None, **options: Any) -> Any:
        facts = claiming.read(title, blocks, publisher=publisher, **options)
        official = publisher == "Staff"
        found = [f._replace(definition="lost") for f in facts.figures if not (official and f.category == "artillery")]
        return facts._replace(figures=tuple(found))

    monkeypatch.setattr(figures, "read_figures", better)
    another_reader(home)
    after = rows(home, "select id, source, category from figures order by id")
    assert after == [row for row in before if (row["source"], row["category"]) != ("staff", "artillery")]
    assert {row["definition"] for row in rows(home, "select definition from figures")} == {"lost"}
    assert sorted(view(home, "claimed_losses", "category, source, reprints_agreeing")) == [
        ("artillery", "digest", 0),
        ("tanks", "staff", 1),
    ]

    def worse(title: str, *args: Any, publisher: str | None, **options: Any) -> Any:
        return Facts() if publisher == "Staff" else claiming.read(title, *args, publisher=publisher, **options)

    monkeypatch.setattr(figures, "read_figures", worse)
    another_reader(home, 2)
    assert stated(home, "source, standing") == [("digest", "taken"), ("digest", "taken")]


def test_an_archive_from_before_is_read_by_a_rebuild(home: Home) -> None:
    kept(home, *season())
    wanted = everything(home)
    store = Store(home.database, write=True)
    store.conn.execute("delete from figures")
    store.conn.execute("update revisions set figures_sha256 = null")
    store.close()
    rebuild(home)
    assert everything(home) == wanted


def test_older_captures_put_the_figures_of_a_page_into_their_place(home: Home) -> None:
    later = report("staff", "1", [TANKS.replace("3,667", "3,664")], 60)
    kept(home, later)
    first = view(home, "figures", "id, total, known_from")
    kept(home, report("staff", "1", [TANKS], 0))
    assert view(home, "figures order by id", "id, total, known_from, known_until, standing")[0] == (
        *first[0],
        None,
        "taken",
    )
    assert view(home, "figures where total = 3667", "known_from, known_until, standing") == [
        ("2031-04-20T06:00:00.000Z", "2031-04-20T07:00:00.000Z", None)
    ]


def test_a_text_without_end_is_read_from_its_beginning(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []

    def measured(title: str, blocks: Any, **options: Any) -> Any:
        given.append(len(blocks))
        return claiming.read(title, blocks, **options)

    monkeypatch.setattr(figures, "read_figures", measured)
    monkeypatch.setattr(figures, "BLOCKS", 3)
    kept(home, report("staff", "1", [TANKS, GUNS, *(daily(n, n) for n in range(1, 9))]))
    assert given == [3] and [row[0] for row in stated(home)] == ["artillery", "tanks"]
    monkeypatch.setattr(figures, "CHARACTERS", 400)
    kept(home, report("staff", "2", [TANKS, "x" * 400, GUNS], 1))
    assert given == [3, 2] and stated(home, "category, article")[2:] == [("tanks", 2)]


def test_a_text_that_the_reader_fails_at_is_noted_and_stops_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(title: str, *args: Any, **options: Any) -> Any:
        return claiming.read(title, *args, **options) if "odd" not in title else 1 / 0

    monkeypatch.setattr(figures, "read_figures", failing)
    kept(home, report("staff", "1", [TANKS], title="An odd report"), report("digest", "1", [TANKS], 1))
    assert stated(home, "source, category") == [("digest", "tanks")]
    columns = "article, position, sentence, reason"
    assert view(home, "figures_unread", columns) == [(1, -1, "An odd report", "the reader failed: ZeroDivisionError")]
    assert "figures could not be read" in caplog.text


def test_an_article_that_is_removed_takes_its_figures_along(home: Home) -> None:
    kept(
        home,
        report("staff", "1", [TANKS, "Perhaps 12 ships."], 0),
        report("digest", "1", [TANKS, "Perhaps 12 ships."], 1),
    )
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("delete from capture_articles where article = 1")
        Reviser(store).remove(1, into=2)
    assert store.rows("pragma foreign_key_check") == []
    store.close()
    assert stated(home, "source, standing") == [("digest", "taken")]
    assert len(rows(home, "select * from figures_unread")) == 1


# which one is taken


def claim(
    total: int | None, qualifier: str | None = None, precision: int = 0, delta: int | None = None, **fields: Any
) -> Claim:
    key = Key("ukraine", "russia", "total", "tanks", DAY, None, None, None, None)
    row: dict[str, Any] = {
        "id": 1,
        "article": 1,
        "official": 0,
        "at": DAY,
        "url": "u",
        "part": 1,
        "position": 1,
        **fields,
    }
    return Claim(key=key, total=total, delta=delta, qualifier=qualifier, precision=precision, **row)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (claim(3667), claim(3667), True),
        (claim(3667), claim(3676), False),
        (claim(3667, delta=2), claim(3667, delta=3), False),
        (claim(3667, delta=2), claim(3667), True),
        (claim(29200, precision=50, delta=2), claim(29250, delta=30), True),
        (claim(29200, precision=50), claim(29251), False),
        (claim(5800, "up to"), claim(5795), True),
        (claim(5800, "up to"), claim(5700), False),
        (claim(5800, "up to"), claim(5801), False),
        (claim(5800, "more than"), claim(5899), True),
        (claim(5800, "more than"), claim(5900), False),
        (claim(5800, "more than"), claim(5799), False),
        (claim(450, "more than"), claim(440, "more than"), False),  # said alike, so meant alike
        (claim(184420, "about"), claim(184420), True),
        (claim(184420, "about"), claim(184421), False),
        (claim(None, delta=5), claim(3667), True),
    ],
)  # fmt: skip
def test_numbers_agree_where_both_can_be_what_was_claimed(one: Claim, other: Claim, same: bool) -> None:
    assert agree(one, other) == agree(other, one) == same


def test_of_one_page_the_list_is_taken_and_not_its_title() -> None:
    title, text = claim(3670, id=1, position=-1), claim(3667, id=2, position=4)
    assert stand([title, text]) == {2: ("taken", 2), 1: ("differs", 2)}

"""Ukraine's claims of losses: every form of a list, whose they are, of which day, and what is none."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.facts import read_figures
from archive.facts.registry import registry
from archive.facts.words import wordings
from archive.models import Block, Facts, Figure
from tests.prose import prose

SHARED = Path(__file__).resolve().parents[2] / "shared"
HEAD = "Total combat losses of the enemy from 24.02.22 to 20.04.23 were approximately:"
# a day's report: label, total, delta
ROWS = {
    "personnel": ("personnel", 184_420, 670),
    "tanks": ("tanks", 3_667, 2),
    "armoured_vehicles": ("APV", 7_120, 10),
    "artillery": ("artillery systems", 2_825, 6),
    "mlrs": ("MLRS", 539, 1),
    "air_defence": ("anti-aircraft warfare systems", 285, 0),
    "aircraft": ("aircraft", 308, 0),
    "helicopters": ("helicopters", 293, 0),
    "uavs": ("UAV operational-tactical level", 2_386, 10),
    "cruise_missiles": ("cruise missiles", 911, 0),
    "ships": ("warships / boats", 18, 0),
    "vehicles_and_fuel_tanks": ("vehicles and fuel tanks", 5_707, 15),
    "special_equipment": ("special equipment", 332, 2),
}
TOTALS = {category: (total, delta) for category, (_, total, delta) in ROWS.items()}
DAY = "2023-04-20"


def read(*texts: str, title: str = "", language: str | None = "en", day: str | None = DAY) -> Facts:
    return read_figures(title, [Block("p", text, 0) for text in texts], language=language, day=day)


def rows(facts: Facts, series: str = "total") -> dict[str, tuple[int | None, int | None]]:
    found: dict[str, tuple[int | None, int | None]] = {}
    for figure in facts.figures:
        if figure.series == series:
            assert figure.category not in found
            found[figure.category] = (figure.total, figure.delta)
    return found


def the(facts: Facts, category: str) -> Figure:
    return next(figure for figure in facts.figures if figure.category == category)


def lines(form: str = "{label} ‒ {total} ({delta:+d}),") -> list[str]:
    return [form.format(label=label, total=total, delta=delta) for label, total, delta in ROWS.values()]


def test_a_list_gives_every_category_with_its_total_and_delta() -> None:
    facts = read("\n".join([HEAD, *lines()]))
    assert rows(facts) == TOTALS
    assert {(f.claimed_by, f.about, f.as_of) for f in facts.figures} == {("ukraine", "russia", DAY)}
    assert the(facts, "tanks").sentence == "tanks ‒ 3667 (+2),"
    assert not facts.unread


@pytest.mark.parametrize("dash", [" ‒ ", " – ", " — ", " - ", ": ", " —", " -", "–", ": — ", " | "])
@pytest.mark.parametrize("bullet", ["", "- ", "• ", "▫️ ", "💥 ", "1) "])
def test_every_dash_and_bullet_is_taken(dash: str, bullet: str) -> None:
    assert rows(read(HEAD, *lines(bullet + "{label}" + dash + "{total} ({delta:+d})"))) == TOTALS


@pytest.mark.parametrize(
    "form",
    [
        "{total} ({delta:+d}) {label};", "{total} {label} ({delta:+d})", "• {total} ({delta:+d}) – {label}",
        "{label} ‒ about {total} ({delta:+d}) units", "{label} | {total} | {delta:+d}", "{label}: {total} {delta:+d}",
        "{label} – {total} ({delta:+d} over the past day)", "{label} – {total} ({delta})", "{label} {total} ({delta:+d})",
    ],
)  # fmt: skip
def test_numbers_stand_on_either_side(form: str) -> None:
    assert rows(read(HEAD, *lines(form))) == TOTALS


def test_a_label_and_its_number_in_lines_of_their_own_belong_together() -> None:
    cells = [str(cell) for label, total, delta in ROWS.values() for cell in (label.title(), total, f"({delta:+d})")]
    assert rows(read(HEAD, *cells)) == TOTALS


def test_a_list_in_one_paragraph_without_a_break_is_read() -> None:
    assert rows(read(HEAD + " " + " ".join(lines()))) == TOTALS
    assert rows(read(HEAD + " " + "".join(lines("{label} ‒ {total} ({delta:+d})")))) == TOTALS


def test_an_empty_delta_is_none_and_a_zero_is_zero() -> None:
    assert rows(read(HEAD, "tanks – 3667 (+)", "APV – 7120 (0)", "MLRS – 539", "aircraft – 308 ()")) == {
        "tanks": (3667, None), "armoured_vehicles": (7120, 0), "mlrs": (539, None), "aircraft": (308, None),
    }  # fmt: skip


def test_a_total_below_the_day_before_is_kept_as_printed() -> None:
    facts = read(HEAD, "special equipment – 332 (-83)", "tanks – 3667 (−5)", "APV – 7120 (+10)")
    assert rows(facts) == {"special_equipment": (332, -83), "tanks": (3667, -5), "armoured_vehicles": (7120, 10)}


@settings(max_examples=60)
@given(
    order=st.permutations(list(ROWS)),
    separator=st.sampled_from([" ‒ ", " – ", " — ", ": ", " -", " —"]),
    mark=st.sampled_from(["", ",", " ", "\u00a0", "\u2009", "."]),
    style=st.sampled_from(["lines", "items", "semicolons", "commas"]),
    bullet=st.sampled_from(["", "- ", "• ", "▫️"]),
)
def test_no_permutation_separator_or_style_changes_the_rows(
    order: list[str], separator: str, mark: str, style: str, bullet: str
) -> None:
    printed = [f"{ROWS[c][0]}{separator}{f'{ROWS[c][1]:,}'.replace(',', mark)} ({ROWS[c][2]:+d})" for c in order]
    if style == "items":
        texts = [HEAD, *(bullet + line for line in printed)]
    elif style == "lines":
        texts = ["\n".join([HEAD, *(bullet + line for line in printed)])]
    else:
        texts = [HEAD + " " + ("; " if style == "semicolons" else ", ").join(printed) + "."]
    assert rows(read(*texts)) == TOTALS


NOISE = (
    "Call +380 44 555 01 23 or 0 800 500 442.", "On 20 April 2023 at 7:32 AM the council met.",
    "Partners pledged 31 tanks, 200 armored vehicles and $2.5 billion.", "The 72nd brigade holds 250 meters of road.",
    "They fired 155 mm shells for 24 hours.", "Troops advanced 200 meters (656 feet) in the Vardania direction.",
    "NATO allies have provided €150 billion.", "Air defence shot down 12 of 15 drones overnight.",
    "The harbour has 1,200 boats and 340 vehicles.", "A 1,000-strong crowd of 4,000 people came.",
    "Before the war the army had 12,420 tanks and 4,100 aircraft.", "Prices rose by 12.5% since 2022.",
)  # fmt: skip


@settings(max_examples=40)
@given(chosen=st.permutations(NOISE), place=st.integers(0, 12))
def test_numbers_elsewhere_on_the_page_are_no_losses(chosen: list[str], place: int) -> None:
    facts = read(*chosen[:place], "\n".join([HEAD, *lines()]), *chosen[place:])
    assert rows(facts) == TOTALS
    assert [figure for figure in facts.figures if figure.series != "total"] == []


@pytest.mark.parametrize("text", NOISE)
def test_noise_alone_states_nothing(text: str) -> None:
    assert read(text, title="News of the harbour").figures == ()
    assert read(text, "The General Staff said that Russia lost ships.").figures == ()


def test_running_prose_is_read_with_the_day_of_the_page() -> None:
    facts = read(
        "Russia has lost around 184,420 troops in Ukraine since the start of its invasion on Feb. 24, 2022, the General "
        "Staff of Ukraine's Armed Forces reported.",
        "This number includes 670 casualties over the past day.",
        "According to the report, Russia has also lost 3,667 tanks, 308 airplanes, 18 boats, and one submarine.",
        day="2023-11-02",
    )
    assert rows(facts) == {
        "personnel": (184_420, 670), "tanks": (3667, None), "aircraft": (308, None), "ships": (18, None),
        "submarines": (1, None),
    }  # fmt: skip
    assert {figure.as_of for figure in facts.figures} == {"2023-11-02"}
    assert the(facts, "personnel").qualifier == "about"


def test_a_day_and_its_total_in_one_sentence_are_one_row() -> None:
    facts = read(
        "Загальні бойові втрати противника на ранок понеділка становлять близько 294 700 осіб, з яких 870 знищено "
        "протягом доби.",
        language="uk",
        day="2023-10-23",
    )
    assert rows(facts) == {"personnel": (294_700, 870)}


def test_rounded_prose_keeps_its_precision() -> None:
    facts = read(
        "Втрати окупантів на 23 травня становлять приблизно 29,2 тис. осіб.", language="uk", day="2022-05-23"
    )
    figure = the(facts, "personnel")
    assert (figure.total, figure.precision, figure.qualifier, figure.as_of) == (29_200, 50, "about", "2022-05-23")


def test_what_defines_the_figure_is_kept_as_printed() -> None:
    facts = read(
        HEAD, "personnel ‒ about 184420 (+670) persons were liquidated,", "tanks – 3667 (+2)", "APV – 7120 (+10)"
    )
    assert the(facts, "personnel").definition == "were liquidated"
    assert the(facts, "tanks").definition is None


def test_a_report_of_one_day_alone_gives_no_total() -> None:
    facts = read(
        "During the past day, 8 October, the Russian army lost another 1,150 soldiers killed and wounded. This was "
        "reported by the General Staff.",
        "The defence forces also destroyed four Russian tanks, 11 armored combat vehicles and 55 motor vehicles.",
        "The total losses can be viewed in the infographic below:",
        day="2024-10-09",
    )
    assert rows(facts) == {}
    assert rows(facts, "day") == {
        "personnel": (1150, None), "tanks": (4, None), "armoured_vehicles": (11, None),
        "vehicles_and_fuel_tanks": (55, None),
    }  # fmt: skip
    assert {(f.as_of, f.period_start, f.period_end) for f in facts.figures} == {
        ("2024-10-09", "2024-10-08", "2024-10-08")
    }
    assert [unread.reason for unread in facts.unread] == ["the figures stand in a picture"]


@pytest.mark.parametrize(
    "text",
    [
        "Over the three winter months the enemy lost 92,850 soldiers, 322 tanks, 2,967 artillery systems, 110 MLRS and "
        "65,269 drones, the General Staff said.",
        "In the Vardania direction the enemy lost 12 tanks, 6 armoured vehicles and 120 soldiers over the past day.",
        "Since the start of the year the enemy has lost 420,000 soldiers, the General Staff said.",
    ],
)  # fmt: skip
def test_another_stretch_of_time_or_a_front_is_neither_total_nor_day(text: str) -> None:
    assert read(text, day="2026-03-02").figures == ()


@pytest.mark.parametrize(
    ("head", "day", "as_of"),
    [
        ("Combat losses of the enemy from 24.02.22 to 20.04.23:", "2023-04-21", "2023-04-20"),
        ("Total russian combat losses in Ukraine as of April 12, 2026", "2026-04-13", "2026-04-12"),
        ("Losses of the enemy as of 18 January 2024", "2024-01-18", "2024-01-18"),
        ("The enemy's losses on 11 April", "2023-04-12", "2023-04-12"),
        ("Combat losses of the enemy from 24.02 to 03.01", "2024-01-03", "2024-01-03"),
        ("Losses of the enemy, updated", "2023-04-20", "2023-04-20"),
    ],
)
def test_a_list_is_of_the_day_printed_in_its_head_else_of_the_pages_own(head: str, day: str, as_of: str) -> None:
    facts = read("tanks – 11667 (+2)", "APV – 27120 (+10)", "MLRS – 1539 (+1)", title=head, day=day)
    assert {figure.as_of for figure in facts.figures} == {as_of}


@pytest.mark.parametrize(
    ("language", "head"),
    [("uk", "Бойові втрати ворога на 5 лютого 2026 року"), ("ru", "Потери врага на 5 февраля 2026 года")],
)
def test_the_day_of_a_head_is_read_in_its_language(language: str, head: str) -> None:
    facts = read("танки – 11653 (+2)", "кораблі (корабли) – 28", title=head, language=language, day="2026-02-06")
    assert {figure.as_of for figure in facts.figures} == {"2026-02-05"}


def test_a_day_that_something_else_is_set_for_is_not_the_lists() -> None:
    facts = read(
        "Зустріч призначено на 5 травня 2023 року.", "Втрати ворога, за даними Генштабу:", "танків – 3667 (+2)",
        "ББМ – 7120 (+10)", "РСЗВ – 539 (+1)", language="uk",
    )  # fmt: skip
    assert {figure.as_of for figure in facts.figures} == {DAY}


def test_a_day_that_cannot_be_is_said_and_the_pages_own_taken() -> None:
    head = "Combat losses of the enemy from 24.02.22 to 05.01.22:"
    facts = read(head, "tanks – 3067 (+2)", "APV – 6120 (+10)", "MLRS – 439 (+1)", day="2023-01-05")
    assert {figure.as_of for figure in facts.figures} == {"2023-01-05"}
    assert "before the war" in facts.unread[0].reason


def test_without_any_day_nothing_is_dated() -> None:
    facts = read("Combat losses of the enemy", "tanks – 3667 (+2)", "APV – 7120 (+10)", "MLRS – 539 (+1)", day=None)
    assert facts.figures == ()
    assert facts.unread[0].reason == "the day it is of is not told"


def test_the_side_comes_from_the_section() -> None:
    ours = ["tanks – 3667 (+2)", "APV – 7120 (+10)", "MLRS – 539 (+1)"]
    theirs = ["aircraft – 408", "helicopters – 228", "tanks – 8570", "MLRS – 1090"]
    facts = read(
        "Losses of Russia according to the General Staff of Ukraine:", *ours,
        "Losses of Ukraine according to the Russian Defense Ministry:", *theirs,
    )  # fmt: skip
    assert rows(facts) == {"tanks": (3667, 2), "armoured_vehicles": (7120, 10), "mlrs": (539, 1)}
    facts = read("The General Staff counts:", "Russia", *ours, "Ukraine", *theirs, title="Losses of both sides")
    assert rows(facts) == {"tanks": (3667, 2), "armoured_vehicles": (7120, 10), "mlrs": (539, 1)}


def test_what_others_count_is_not_ukraines_claim() -> None:
    for text in (
        "Oryx has visually confirmed that Russia lost 3,947 tanks, 7,120 armoured vehicles and 308 aircraft.",
        "Russia lost 900,000 soldiers since the invasion began, the UK Ministry of Defence says.",
        "In total, 568 airplanes and 265 helicopters, 11,255 unmanned aerial vehicles, 14,800 tanks and other armoured "
        "combat vehicles have been destroyed during the special military operation.",
    ):
        facts = read(text, "The General Staff of Ukraine was not asked.")
        assert [figure for figure in facts.figures if figure.claimed_by == "ukraine"] == []


def test_a_report_printed_twice_gives_its_rows_once() -> None:
    text = "\n".join([HEAD, *lines()])
    assert rows(read(text, text, title=HEAD)) == TOTALS


def test_a_headline_that_rounds_gives_way_to_the_text() -> None:
    facts = read("\n".join([HEAD, *lines()]), title="Russia has lost more than 184,000 troops since the invasion")
    assert rows(facts) == TOTALS
    assert facts.unread == ()


def test_two_unlike_numbers_for_one_category_are_left_to_the_reader() -> None:
    facts = read(HEAD, "tanks – 3667", "APV – 7120 (+10)", "MLRS – 539 (+1)", "aircraft – 308 (+0)", "tanks – 3657")
    assert "tanks" not in rows(facts)
    assert {unread.reason for unread in facts.unread} == {"tanks is printed twice, unlike"}


def test_a_category_outside_its_dates_is_never_invented() -> None:
    before = read(HEAD.replace("20.04.23", "20.04.22"), "tanks – 815 (+2)", "APV – 2087 (+10)",
                  "cruise missiles – 82 (+1)", "submarines – 1 (+0)", "vehicles – 1504 (+9)", day="2022-04-20")  # fmt: skip
    assert set(rows(before)) == {"tanks", "armoured_vehicles", "vehicles"}
    after = read(HEAD, "tanks – 3667 (+2)", "APV – 7120 (+10)", "vehicles – 5707 (+15)", "fuel tanks – 76 (+0)")
    assert set(rows(after)) == {"tanks", "armoured_vehicles"}
    merged = read(HEAD, "tanks – 3667 (+2)", "APV – 7120 (+10)", "motor vehicles – 5707 (+15)")
    assert rows(merged)["vehicles_and_fuel_tanks"] == (5707, 15)


def test_a_day_that_stands_before_its_total_is_told_apart() -> None:
    facts = read(
        "Крім того, напередодні армія РФ втратила, за даними Генштабу:", "2 танки (загалом 11 261)",
        "9 бойових броньованих машин (23 384)", "42 артилерійські системи (33 713)", language="uk", day="2025-10-16",
    )  # fmt: skip
    assert rows(facts) == {"tanks": (11_261, 2), "armoured_vehicles": (23_384, 9), "artillery": (33_713, 42)}


def test_a_list_in_two_languages_is_one_list() -> None:
    facts = read(
        "Загальні бойові втрати противника з 24.02.22 по 20.04.23 орієнтовно становлять:\n"
        "особового складу / personnel ‒ близько / about 184420 (+670) осіб ліквідовано / persons were liquidated,\n"
        "танків / tanks ‒ 3667 (+2) од,\nкораблі /катери / warships / boats ‒ 18 (+0) од",
        language="uk",
    )
    assert rows(facts) == {"personnel": (184_420, 670), "tanks": (3667, 2), "ships": (18, 0)}


def test_a_page_that_names_the_wrong_language_is_read_in_its_own() -> None:
    text = "Загальні бойові втрати противника: особового складу ‒ близько 184420 (+670) осіб, танків ‒ 3667 (+2)"
    for language in ("en", "ru", "uk", None):
        assert rows(read(text, language=language)) == {"personnel": (184_420, 670), "tanks": (3667, 2)}


def test_a_language_without_a_table_gives_nothing() -> None:
    text = "Az orosz hadsereg 3667 tankot, 7120 járművet és 308 repülőgépet vesztett a háborúban."
    assert read(text, language="hu") == Facts()


@pytest.mark.parametrize("language", sorted(wordings()))
def test_every_table_of_labels_reads_a_list(language: str) -> None:
    labels = registry().tables["ukraine"][language]["labels"]
    total = registry().tables["ukraine"][language]["total"][0].rstrip("*")
    known = {c: names[0].rstrip("!") for c, names in labels.items() if c in TOTALS and "*" not in names[0]}
    known |= {c: names[0].replace("*", "") for c, names in labels.items() if c in TOTALS and c not in known}
    texts = [f"{known[c]} – {n} ({d:+d})" for c, (n, d) in TOTALS.items() if c in known]
    assert rows(read(total, *texts, language=language)) == {c: TOTALS[c] for c in TOTALS if c in known}


@pytest.mark.parametrize("language", sorted(wordings()))
def test_no_label_stands_for_two_categories(language: str) -> None:
    labels = registry().tables["ukraine"][language]["labels"]
    for one, other in itertools.combinations(labels, 2):
        assert not set(labels[one]) & set(labels[other]), (one, other)


@settings(max_examples=60)
@given(st.lists(st.text(max_size=120), max_size=8), st.sampled_from([*sorted(wordings()), None]))
def test_any_text_is_read_without_fail(texts: list[str], language: str | None) -> None:
    read(*texts, "tanks – 3667 (+2) (((", title="(+", language=language)


def test_pages_of_prose_state_nothing() -> None:
    for number in range(20):
        assert read(*prose(number).split("\n"), title="A harbour") == Facts()


def test_a_long_page_of_numbers_is_read_in_time() -> None:
    chance = random.Random(1)
    text = " ".join(f"tanks {chance.randrange(10**6)}" for _ in range(20_000))
    assert len(read(text, text, title="enemy losses, General Staff").figures) <= 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared beside the checkout")
def test_the_seeds_figures_are_read_and_none_invented() -> None:
    def seed(name: str, day: str | None) -> Facts:
        (file,) = (SHARED / "seeds").glob(f"{name}_*.txt")
        return read(*file.read_text("utf-8").split("\n\n"), day=day)

    facts = seed("000", "2023-04-20")
    row = next(
        row
        for row in json.loads((SHARED / "data" / "russia_losses_equipment.json").read_text("utf-8"))
        if row["date"] == "2023-04-20"
    )
    assert rows(facts) == TOTALS
    assert {n for n, _ in TOTALS.values()} - {184_420} <= set(row.values())
    assert {figure.as_of for figure in facts.figures} == {"2023-04-20"}
    for name, day in (("001", "2023-04-20"), ("003", None), ("004", "2023-06-13")):
        assert seed(name, day) == Facts()

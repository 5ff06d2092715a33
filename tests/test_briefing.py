"""What the Russian ministry claims is read as it was claimed: for whom, for when, and nothing else of its numbers."""

from __future__ import annotations

import itertools
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.facts import briefing
from archive.facts.briefing import read_briefing
from archive.models import Block, Facts, Figure
from benchmarks.briefings import WORDINGS, claim, made

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
SAID = "The Russian Defence Ministry reported on the special military operation over the past 24 hours."
CLOSING = (
    "In total, 98 airplanes and 110 helicopters, 118 unmanned aerial vehicles, 160 air defence missile systems, "
    "1,041 tanks and other armoured combat vehicles, 113 combat vehicles equipped with MLRS, 389 field artillery guns "
    "and mortars, as well as 843 special military motor vehicles have been destroyed during the special military "
    "operation."
)
EIGHT = {
    "aircraft": 98, "helicopters": 110, "uavs": 118, "air_defence": 160, "tanks_and_armoured_vehicles": 1041,
    "mlrs": 113, "artillery_and_mortars": 389, "special_vehicles": 843,
}  # fmt: skip


def read(*texts: str, title: str = "", day: str | None = "2024-03-15") -> Facts:
    return read_briefing(title, [Block("p", text, 0) for text in texts], day=day)


def totals(facts: Facts) -> dict[str, int | None]:
    return {figure.category: figure.total for figure in facts.figures if figure.series == "total"}


def placed(facts: Facts) -> dict[tuple[str | None, str | None, str], int | None]:
    return {(f.direction, f.formation, f.category): f.total for f in facts.figures if f.series in ("day", "week")}


def one(facts: Facts) -> Figure:
    (figure,) = facts.figures
    return figure


# --- the seeds


def seed(number: int) -> tuple[str, list[Block]]:
    if not SEEDS.is_dir():
        pytest.skip(f"the seed texts are not at {SEEDS}")
    path = next(SEEDS.glob(f"{number:03}_*.txt"))
    texts = [part.strip() for part in path.read_text("utf-8").split("\n\n") if part.strip()]
    title = next(text for text in texts if len(text) > 20)
    return title, [Block("p", text, 0) for text in texts if text != title]


def test_the_weekly_briefing_has_its_eight_totals_and_its_headline_is_the_sum_of_six_directions() -> None:
    title, blocks = seed(2)
    facts = read_briefing(title, blocks, day="2024-01-26")
    assert totals(facts) == {
        "aircraft": 568, "helicopters": 265, "uavs": 11_255, "air_defence": 455,
        "tanks_and_armoured_vehicles": 14_800, "mlrs": 1_210, "artillery_and_mortars": 7_871,
        "special_vehicles": 17_891,
    }  # fmt: skip
    weekly = [figure for figure in facts.figures if figure.series == "week" and figure.category != "uavs"]
    assert {(f.as_of, f.period_start, f.period_end) for f in weekly} == {("2024-01-26", "2024-01-20", "2024-01-26")}
    by_place: dict[str | None, dict[str, int | None]] = {}
    for figure in weekly:
        by_place.setdefault(figure.direction, {})[figure.category] = figure.total
    headline = by_place.pop(None)
    assert headline == {"personnel": 5_800}
    assert by_place == {
        "kupiansk": {"personnel": 740, "tanks": 7, "armoured_vehicles": 7, "vehicles": 18, "artillery": 14},
        "lyman": {"personnel": 1570, "tanks": 7, "armoured_vehicles": 25, "vehicles": 52, "artillery": 9},
        "donetsk": {
            "personnel": 1960, "tanks": 19, "armoured_vehicles": 22, "vehicles": 56, "mlrs": 4, "artillery": 27,
        },
        "south_donetsk": {"personnel": 745, "tanks": 1, "armoured_vehicles": 2, "vehicles": 23, "artillery": 14},
        "zaporizhzhia": {"personnel": 450, "tanks": 3, "armoured_vehicles": 4, "vehicles": 17, "artillery": 11},
        "kherson": {"personnel": 335, "vehicles": 23, "mlrs": 2, "artillery": 8},
    }  # fmt: skip
    assert sum(place["personnel"] or 0 for place in by_place.values()) == 5_800
    assert {f.formation_printed for f in weekly} == {"Zapad", "Tsentr", "Yug", "Vostok", None}
    assert facts.unread == ()


@pytest.mark.parametrize("number", [0, 1, 3, 4])
def test_no_other_seed_holds_a_claim_of_the_russian_ministry(number: int) -> None:
    assert read_briefing(*seed(number), day="2023-04-20") == Facts()


# --- the wordings


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_every_wording_is_read_whatever_its_numbers_orders_and_separators(chance: int) -> None:
    expected = made(tomllib.loads(WORDINGS.read_text("utf-8")), random.Random(chance))
    blocks = [Block("p", text, 0) for text in expected.blocks]
    facts = read_briefing(expected.title, blocks, day=expected.day)
    assert {claim(figure) for figure in facts.figures} == set(expected.claims)


# --- the sum that closes a briefing


def test_the_closing_paragraph_is_eight_totals_of_russia_about_ukraine() -> None:
    facts = read(SAID, CLOSING)
    assert totals(facts) == EIGHT
    assert {(f.claimed_by, f.about, f.as_of, f.delta) for f in facts.figures} == {
        ("russia", "ukraine", "2024-03-15", None)
    }
    assert {f.definition for f in facts.figures} == {"have been destroyed"}
    assert {(f.sentence, f.position) for f in facts.figures} == {(CLOSING, 1)}


@settings(max_examples=50)
@given(st.permutations(range(8)), st.sampled_from([", ", "; ", ",\n", "\n", "\n• ", "\n- "]))
def test_totals_are_the_same_in_any_order_and_kind_of_list(order: list[int], separator: str) -> None:
    items = [
        "98 planes", "110 helicopters", "118 drones", "160 anti-aircraft missile systems",
        "1 041 tanks and other armoured combat vehicles", "113 multiple launch rocket systems",
        "389 field artillery guns and mortars", "843 special military vehicles",
    ]  # fmt: skip
    first = "Since the beginning of the special military operation the Russian forces have destroyed:"
    listed = separator.join(items[n] for n in order)
    assert totals(read(f"{first}{separator if separator[0] == chr(10) else ' '}{listed}")) == EIGHT


def test_a_list_with_labels_before_its_numbers_is_read() -> None:
    lines = ["aircraft – 98", "helicopters: 110", "UAVs - 118", "tanks and other armoured vehicles — 1,041"]
    facts = read("Since the start of the special military operation, destroyed:\n" + "\n".join(lines))
    assert totals(facts) == {k: EIGHT[k] for k in ("aircraft", "helicopters", "uavs", "tanks_and_armoured_vehicles")}


def test_planes_on_the_ground_and_in_the_air_are_one_claim() -> None:
    facts = read(
        "Russian Defence Ministry spokesman Igor Konashenkov said that during the operation in Ukraine its forces have "
        "destroyed 41 planes on the ground and 12 in mid-air, 455 tanks and other types of armored vehicles.",
        day="2022-03-02",
    )
    assert totals(facts) == {"aircraft": 53, "tanks_and_armoured_vehicles": 455}


def test_what_is_rounded_is_kept_with_its_precision() -> None:
    facts = read(
        "С начала спецоперации уничтожено 551 самолет, более 14,1 тысячи танков и других боевых бронированных "
        "машин, 1 тыс. 218 беспилотников, 84 тыс. единиц специальной военной автомобильной техники."
    )
    got = {f.category: (f.total, f.precision, f.qualifier) for f in facts.figures}
    assert got == {
        "aircraft": (551, 0, None),
        "tanks_and_armoured_vehicles": (14_100, 50, "more than"),
        "uavs": (1_218, 0, None),
        "special_vehicles": (84_000, 500, None),
    }


def test_german_totals_need_a_table_of_labels_only() -> None:
    facts = read(
        "Das russische Verteidigungsministerium zählt seit Beginn der Spezialoperation 431 Flugzeuge, 236 Hubschrauber, "
        "4.310 Drohnen sowie 9.301 Panzer und gepanzerte Fahrzeuge, die vernichtet worden seien."
    )
    assert totals(facts) == {
        "aircraft": 431, "helicopters": 236, "uavs": 4310, "tanks_and_armoured_vehicles": 9301,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "En total, desde el inicio de la operación militar especial fueron destruidos 431 aviones, 236 helicópteros, "
        "4.310 drones y 9.301 tanques y otros vehículos blindados, según Moscú.",
        "No total, desde o início da operação militar especial foram destruídos 431 aviões, 236 helicópteros, 4.310 "
        "veículos aéreos não tripulados e 9.301 tanques e outros veículos blindados de combate.",
        "Depuis le début de l’opération militaire spéciale, 431 avions, 236 hélicoptères, 4 310 drones et 9 301 chars et "
        "autres véhicules blindés ont été détruits, selon Moscou.",
        "Dall’inizio dell’operazione militare speciale sono stati distrutti 431 aerei, 236 elicotteri, 4.310 droni e "
        "9.301 carri armati e altri veicoli corazzati da combattimento.",
    ],
)
def test_so_does_every_further_language(text: str) -> None:
    assert totals(read(text)) == {
        "aircraft": 431, "helicopters": 236, "uavs": 4310, "tanks_and_armoured_vehicles": 9301,
    }  # fmt: skip


def test_a_number_that_two_categories_share_is_neither_one() -> None:
    facts = read(
        "Since the start of the special military operation, 650 planes and helicopters, 300 drones and 9,000 tanks and "
        "other armoured vehicles were destroyed, the Russian Defence Ministry said."
    )
    assert totals(facts) == {"uavs": 300, "tanks_and_armoured_vehicles": 9000}


def test_a_sum_since_another_day_than_the_operations_first_is_no_total() -> None:
    facts = read(
        "The adversary's losses since the start of the counteroffensive on 4 June have grown, the Russian Defence Minister "
        "said.",
        "His forces destroyed 22 aircraft, 6 helicopters, 1,230 tanks and other armored vehicles, 24 multiple launch "
        "rocket systems, 410 field artillery guns and mortars and 920 special military vehicles in total.",
    )
    assert facts.figures == ()


def test_the_sum_of_kursk_stands_by_itself() -> None:
    facts = read(
        SAID,
        "In total, since the fighting in Kursk direction began, the AFU has lost more than 4,800 servicemen, 61 tanks, "
        "29 infantry fighting vehicles, 52 armoured personnel carriers and 341 armoured fighting vehicles.",
        CLOSING,
    )
    kursk = {f.category: f.total for f in facts.figures if f.series == "kursk"}
    assert kursk == {
        "personnel": 4800, "tanks": 61, "infantry_fighting_vehicles": 29, "armoured_personnel_carriers": 52,
        "armoured_vehicles": 341,
    }  # fmt: skip
    assert totals(facts) == EIGHT


# --- by direction and group


def test_what_is_counted_within_another_count_is_no_row_of_its_own() -> None:
    facts = read(
        SAID,
        "In Donetsk direction, the AFU losses amounted to up to 60 Ukrainian troops, 19 tanks, including one Leopard "
        "tank, five armoured fighting vehicles, including two Bradley infantry fighting vehicles, four multiple launch "
        "rocket systems, including one MLRS, one HIMARS, and two Grad, as well as 27 field artillery pieces.",
    )
    assert placed(facts) == {
        ("donetsk", None, category): number
        for category, number in (
            ("personnel", 60), ("tanks", 19), ("armoured_vehicles", 5), ("mlrs", 4), ("artillery", 27),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "The AFU lost up to 190 servicemen, a tank, two armoured fighting vehicles and a German-made howitzer.",
        "Противник потерял до 190 военнослужащих, танк, две боевые бронированные машины и гаубицу.",
        "Потери противника составили до 190 военнослужащих, две боевые бронированные машины, танк, гаубица «Мста-Б».",
        "ЗСУ втратили до 190 військових, танк, дві бойові броньовані машини та гармату.",
    ],
)
def test_a_thing_without_a_number_is_one(text: str) -> None:
    group = "Подразделения группировки войск «Север» улучшили положение, сообщило Минобороны РФ за сутки."
    assert placed(read(group, text)) == {
        (None, "north", "personnel"): 190,
        (None, "north", "tanks"): 1,
        (None, "north", "armoured_vehicles"): 2,
        (None, "north", "artillery"): 1,
    }


@settings(max_examples=60)
@given(st.permutations(range(5)), st.sampled_from([", ", "; "]), st.sampled_from([" and ", ", as well as ", ", "]))
def test_the_order_of_a_list_changes_nothing(order: list[int], separator: str, last: str) -> None:
    items = ["up to 60 Ukrainian troops", "one tank", "two AFVs", "23 motor vehicles", "14 field artillery pieces"]
    listed = [items[n] for n in order]
    text = f"In South Donetsk direction, the enemy lost {separator.join(listed[:-1])}{last}{listed[-1]}."
    assert sorted(n or 0 for n in placed(read(SAID, text)).values()) == [1, 2, 14, 23, 60]


GROUPS = {
    "the Zapad Group of Forces": "west",
    "Battlegroup West": "west",
    "Russia's Sever (North) group of troops": "north",
    "the Southern Group of Forces": "south",
    "the Dnepr Group": "dnipro",
    "Battlegroup Center": "centre",
    "the Vostok battlegroup": "east",
}


@pytest.mark.parametrize(("printed", "key"), GROUPS.items())
def test_a_group_has_one_key_however_it_is_named(printed: str, key: str) -> None:
    figure = one(read(SAID, f"In the area of responsibility of {printed}, the AFU lost up to 45 servicemen."))
    assert (figure.formation, figure.total, figure.qualifier, figure.definition) == (key, 45, "up to", "lost")
    assert figure.formation_printed is not None and figure.formation_printed in printed


def test_several_groups_in_one_sentence_are_taken_where_each_stands_beside_its_number() -> None:
    facts = read(
        SAID,
        "The Ukrainian losses came to over 205 troops where Battlegroup North fights, up to 230 troops where "
        "Battlegroup West does, and about 55 troops opposite Battlegroup Dnepr.",
    )
    assert {f.formation: (f.total, f.qualifier) for f in facts.figures} == {
        "north": (205, "more than"), "west": (230, "up to"), "dnipro": (55, "about"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Over the week, the Zapad Battlegroup destroyed more than 1,620 Ukrainian troops, the Yug Battlegroup more than "
        "1,145 and the Vostok Battlegroup up to 1,370, the Russian Defense Ministry said.",
        "За неделю подразделения группировки «Запад» уничтожили более 1620 украинских военных, «Юга» — более 1145, "
        "а «Восточной» группировки — до 1370, сообщили в Минобороны РФ.",
        "За неделю подразделения группировки «Запад» уничтожили более 1620, «Юг» — более 1145, на направлении «Восток» — "
        "до 1370 украинских военнослужащих, сообщили в Минобороны РФ.",
    ],
)
def test_a_number_alone_beside_a_group_counts_what_the_first_one_did(text: str) -> None:
    facts = read(text)
    assert {f.formation: (f.total, f.qualifier) for f in facts.figures} == {
        "west": (1620, "more than"), "south": (1145, "more than"), "east": (1370, "up to"),
    }  # fmt: skip
    assert {f.category for f in facts.figures} == {"personnel"}


def test_numbers_that_groups_share_stay_unread() -> None:
    facts = read(
        SAID,
        "In the zones of Battlegroup North and Battlegroup West, the AFU lost 40 and 60 troops respectively.",
        "The Zapad and Vostok battlegroups each eliminated 220 Ukrainian troops.",
    )
    assert facts.figures == ()
    assert [unread.position for unread in facts.unread] == [1, 2]


def test_a_direction_holds_until_the_next_section() -> None:
    facts = read(
        SAID,
        "▫️ In Kupyansk direction, units of the Zapad Group of Forces improved their positions.",
        "Strikes were delivered at the AFU 14th and 30th brigades.",
        "The AFU losses amounted to 40 servicemen and two tanks.",
        "▫️ Aviation hit depots in 120 areas. The AFU losses amounted to 70 servicemen.",
    )
    assert placed(facts) == {("kupiansk", "west", "personnel"): 40, ("kupiansk", "west", "tanks"): 2}
    assert [unread.position for unread in facts.unread] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "◽️ Up to 40 Ukrainian troops and two tanks have been eliminated.",
        "◽️ The enemy's losses amounted to up to 40 servicemen and two tanks.",
        "◽️ Потери противника составили до 40 военнослужащих и два танка.",
    ],
)
def test_a_sign_before_the_losses_of_a_group_does_not_part_them_from_it(text: str) -> None:
    facts = read(SAID, "▫️ In Kupyansk direction, units of the Zapad Group of Forces held the line.", text)
    assert placed(facts) == {("kupiansk", "west", "personnel"): 40, ("kupiansk", "west", "tanks"): 2}


@pytest.mark.parametrize("sign", ["▫️", "🔹", "➡️", "◽️", "•", "💥", "-"])
def test_every_sign_before_a_paragraph_begins_a_section(sign: str) -> None:
    facts = read(
        SAID,
        f"{sign} In Kupyansk direction, the AFU losses amounted to 40 servicemen.",
        f"{sign} Aviation hit depots in 120 areas. The AFU losses amounted to 70 servicemen.",
    )
    assert placed(facts) == {("kupiansk", None, "personnel"): 40}


def test_words_that_only_look_like_a_time_name_none() -> None:
    facts = read(
        "The Russian Defence Ministry wrote of fighting between two rivers; the talks were put off to 20 March.",
        "In Kherson direction, the AFU lost 40 servicemen.",
        "В Минобороны РФ сообщили: на 20 марта перенесён показ техники.",
    )
    assert facts.figures == ()
    assert [unread.reason for unread in facts.unread] == ["for no day or week that is named"]


def test_two_numbers_for_one_claim_leave_both_out() -> None:
    facts = read(
        SAID,
        "In Kherson direction, the AFU lost up to 40 servicemen and two tanks.",
        "In Kherson direction, the AFU lost up to 70 servicemen.",
    )
    assert facts.figures == ()
    assert {unread.reason for unread in facts.unread} == {"two numbers for one claim"}


def test_a_title_rounds_what_the_text_has_exactly() -> None:
    facts = read(
        "В зоне ответственности группировки войск «Север» ВСУ за неделю потеряли более 1745 военнослужащих.",
        title="Минобороны РФ: ВСУ за неделю потеряли более 1,7 тысячи военных в зоне действий «Севера»",
    )
    assert (one(facts).total, one(facts).precision, one(facts).series) == (1745, 0, "week")


# --- of which time


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("In the period from 20 to 26 January", "2024-01-20", "2024-01-26"),
        ("From January 20 to 26", "2024-01-20", "2024-01-26"),
        ("From 27 January to 2 February", "2024-01-27", "2024-02-02"),
        ("From 30 December to 5 January", "2023-12-30", "2024-01-05"),
        ("В период с 20 по 26 января", "2024-01-20", "2024-01-26"),
        ("З 20 по 26 січня", "2024-01-20", "2024-01-26"),
    ],
)
def test_a_week_is_what_its_dates_say(said: str, start: str, end: str) -> None:
    facts = read(
        f"{said}, the Russian Defence Ministry says, in Kherson direction the AFU lost 40 servicemen.",
        day="2024-01-27",
    )
    figure = one(facts)
    assert (figure.series, figure.period_start, figure.period_end, figure.as_of) == ("week", start, end, end)


def test_a_report_is_of_the_day_in_its_head_not_of_its_publication() -> None:
    facts = read(
        "Сводка Министерства обороны РФ за сутки (по состоянию на 14 марта 2024 года).",
        "На херсонском направлении потери ВСУ составили до 40 военнослужащих.",
        day="2024-03-15",
    )
    figure = one(facts)
    assert (figure.as_of, figure.series, figure.period_start, figure.period_end) == (
        "2024-03-14", "day", "2024-03-14", "2024-03-14",
    )  # fmt: skip


def test_without_a_day_or_a_date_nothing_is_dated_by_guess() -> None:
    facts = read(CLOSING, day=None)
    assert facts.figures == ()
    assert {unread.reason for unread in facts.unread} == {"no date"}


def test_a_sum_of_a_month_or_a_year_is_no_day() -> None:
    facts = read(
        SAID,
        "Since the start of the year the AFU lost more than 111 thousand troops in the zone of the special military "
        "operation, the Russian Defence Ministry said.",
        "За месяц в зоне СВО ВСУ потеряли 17 тысяч военнослужащих, сообщили в Минобороны РФ.",
    )
    assert facts.figures == ()
    assert len(facts.unread) == 2


# --- whose claim it is


def test_on_a_page_with_both_sides_each_number_stays_with_its_own() -> None:
    facts = read(
        "Ukraine's General Staff said Russia lost 5,700 troops, 198 tanks, 846 armoured vehicles, 29 aircraft and 29 "
        "helicopters since the start of the special military operation.",
        "The Russian Defence Ministry said that over the past day in Kherson direction the AFU lost 40 servicemen.",
        CLOSING,
        day="2022-03-03",
    )
    assert totals(facts) == EIGHT
    assert placed(facts) == {("kherson", None, "personnel"): 40}


@pytest.mark.parametrize(
    "text",
    [
        "A Ukrainian commander said that in Kupyansk direction the Russian troops lost 71 people and four tanks.",
        "Ukraine's General Staff: in Kupyansk direction the enemy lost 120 servicemen and three tanks over the day.",
        "Ukrainian forces destroyed 30 tanks and seven artillery systems in Kherson direction over the day.",
        "Since the beginning of the operation in Kursk region the enemy lost 38,000 servicemen, Syrskyi said.",
        "Pentagon papers say that Ukraine lost 131 thousand soldiers in the zone of the special military operation.",
        "За даними Генштабу ЗСУ, на Херсонському напрямку ворог за добу втратив 20 військових та дві гармати.",
        "Военный эксперт рассказал, что на купянском направлении ВСУ за сутки потеряли до 50 военнослужащих.",
        "Shelling by the Ukrainian army killed three people in Belgorod region over the past day, the governor said.",
        "Россия потеряла за сутки 300 военных и десять танков на донецком направлении, пишет издание.",
    ],
)
def test_what_others_say_is_no_claim_of_the_russian_ministry(text: str) -> None:
    assert read("The Russian Defence Ministry published a briefing.", text).figures == ()


# --- what is no loss


@pytest.mark.parametrize(
    "text",
    [
        "In Kupyansk direction, 43 AFU attacks were repelled, 35 Ukrainian servicemen surrendered.",
        "In Kupyansk direction, 12 tanks and 40 soldiers of the AFU were hit in 132 areas.",
        "In Kupyansk direction, strikes were delivered at the AFU 14th, 30th and 57th brigades, 155 mm howitzers.",
        "In Kherson direction, 20 Ukrainian soldiers were captured over the day.",
        "The partners supplied 31 tanks and 40 armoured vehicles to the AFU in Kherson direction.",
        "Над Брянской областью за ночь средствами ПВО уничтожены 12 беспилотников.",
        "За сутки в плен сдались 14 украинских военнослужащих на купянском направлении.",
        "Call the press centre of the Zapad Group of Forces: 8 800 100 77 07, or write before 26 January 2024.",
        "On 24 February 2022 Ukrainian troops lost contact with the Sever Group of Forces.",
        "The AFU lost three villages, 12 kilometres of road and 150 million euros in Kherson direction.",
    ],
)
def test_other_numbers_of_a_briefing_are_no_losses(text: str) -> None:
    assert read(SAID, text).figures == ()


@settings(max_examples=80)
@given(
    st.lists(
        st.sampled_from(
            [
                "Call 0800 330 22 11 before 18:30.", "The 31st and 72nd brigades hold 14 villages.", "155 mm shells",
                "It cost 2.5 million euros in 2023.", "Отражено 17 атак, взяты 12 опорных пунктов.",
                "On 24 February 2022 it began.", "132 areas were hit with 13 group strikes.", "T-72, Su-25, S-300",
                "За 24 часа выполнено 57 огневых задач.", "18 HIMARS projectiles were intercepted.",
            ]
        ),
        max_size=6,
    ),
    st.integers(0, 6),
)  # fmt: skip
def test_numbers_elsewhere_on_the_page_change_nothing(noise: list[str], at: int) -> None:
    stated = ["In Kherson direction, the AFU lost up to 40 servicemen and two tanks."]
    expected = {("kherson", None, "personnel"): 40, ("kherson", None, "tanks"): 2}
    facts = read(SAID, *noise[:at], *stated, *noise[at:], CLOSING)
    assert placed(facts) == expected
    assert totals(facts) == EIGHT


def test_drones_shot_down_in_the_briefings_time_are_counted_once_and_not_by_night_or_place() -> None:
    group = "In Kherson direction, the AFU lost up to 40 servicemen."
    facts = read(SAID, group, "Air defence units shot down 18 HIMARS projectiles and 61 unmanned aerial vehicles.")
    (drones,) = [figure for figure in facts.figures if figure.category == "uavs"]
    assert (drones.total, drones.series, drones.direction, drones.definition) == (61, "day", None, "shot down")
    for text in (
        "Air defence units shot down 12 unmanned aerial vehicles overnight.",
        "Air defence units shot down 12 unmanned aerial vehicles over the Bryansk region.",
    ):
        assert not [figure for figure in read(SAID, group, text).figures if figure.category == "uavs"]


# --- its cost


def test_a_page_without_the_ministry_is_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(briefing, "read_sentences", fail)
    assert read("The harbour of Vardania lost two ferries and 40 tonnes of ice in the storm.") == Facts()


@pytest.mark.parametrize(
    "text",
    [
        "losses " * 3000,
        "A. " * 7000,
        "1 " * 9000,
        "lost a tank and " * 1300,
        "«Север» группировка " * 900,
        "(" * 20_000,
    ],
)
def test_hostile_text_ends(text: str) -> None:
    facts = read(SAID, text, CLOSING)
    assert totals(facts) == EIGHT


def test_reading_twice_gives_the_same() -> None:
    texts = (SAID, "In Kherson direction, the AFU lost up to 40 servicemen.", CLOSING)
    assert len({read(*texts) for _ in itertools.repeat(None, 3)}) == 1


@pytest.mark.parametrize("kind", ["li", "row"])
def test_a_list_or_table_of_totals_is_read_over_its_blocks(kind: str) -> None:
    rows = {"li": "{} {}", "row": "{1} | {0}"}[kind]
    items = [("98", "aircraft"), ("118", "UAVs"), ("1,041", "tanks and other armoured vehicles")]
    blocks = [Block("p", "Since the start of the special military operation Russia's forces have destroyed:", 0)]
    blocks += [Block(kind, rows.format(*item), 0) for item in items]
    facts = read_briefing("Briefing of the Russian Defence Ministry", blocks, day="2022-03-11")
    assert {f.position: f.total for f in facts.figures} == {1: 98, 2: 118, 3: 1041}

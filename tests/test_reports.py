"""Reports in the shapes that outlets print them in, with what stands around them; and what only looks like one."""

from __future__ import annotations

import re

import pytest

from archive.facts import read_figures
from archive.models import Block, Facts

DAY = "2025-09-19"
FULL = (
    "personnel 1099530 +1150, tanks 11191 +4, armoured_vehicles 23278 +8, artillery 32896 +24, mlrs 1492 +1, "
    "aircraft 422 +0, uavs 60680 +286, vehicles_and_fuel_tanks 62044 +117"
)
NO_DELTAS = re.sub(r" \+\d+", "", FULL)


def read(language: str, text: str, *, day: str = DAY, publisher: str | None = None) -> Facts:
    """The first line is the title; blocks are parted by empty lines, rows of tables hold ``|``."""
    title, _, body = text.strip().partition("\n\n")
    blocks = [
        Block("row" if "|" in line else "p", line.strip(), 0)
        for part in body.split("\n\n")
        for line in (part.split("\n") if "|" in part else [part])
    ]
    return read_figures(title, blocks, language=language, day=day, publisher=publisher)


def printed(facts: Facts, side: str = "ukraine", series: str = "total") -> set[str]:
    """The claims of a side as "tanks 11191 +4"."""
    return {
        f"{f.category} {f.total}" + ("" if f.delta is None else f" {f.delta:+d}")
        for f in facts.figures
        if f.claimed_by == side and f.series == series
    }


# what it is, language, what is read of the totals, the page
REPORTS = [
    (
        "the day's list above the list of the totals",
        "en",
        NO_DELTAS.replace("personnel 1099530", "personnel 1099530 +1150")
        .replace("tanks 11191,", "tanks 11191 +4,")
        .replace("23278", "23278 +8")
        .replace("32896", "32896 +24")
        .replace("uavs 60680", "uavs 60680 +286"),
        """Another 1,150 troops gone, says the staff

Over the past day Russia lost:

- 1,150 troops
- 4 tanks
- 8 armoured vehicles
- 24 artillery systems
- 286 drones

Total losses since 24 February 2022, by the General Staff of Ukraine:

- 1,099,530 troops
- 11,191 tanks
- 23,278 armoured vehicles
- 32,896 artillery systems
- 1,492 multiple launch rocket systems
- 422 aircraft
- 60,680 drones
- 62,044 vehicles and fuel tanks""",
    ),
    (
        "a table whose cells became paragraphs, the label with words of its own",
        "en",
        FULL,
        """Daily table

Total combat losses of the enemy from 24.02.2022 to 19.09.2025

killed and wounded personnel

1099530 (+1150)

tanks

11191 (+4)

armored combat vehicles

23278 (+8)

artillery systems

32896 (+24)

MLRS

1492 (+1)

aircraft

422 (+0)

UAVs

60680 (+286)

vehicles and fuel tanks

62044 (+117)""",
    ),
    (
        "a table whose head says that the last cell is the day's",
        "uk",
        FULL,
        """Втрати рф станом на 19.09.2025

Вид | Усього | За добу
Особовий склад | 1 099 530 | 1 150
Танки | 11 191 | 4
ББМ | 23 278 | 8
Артилерійські системи | 32 896 | 24
РСЗВ | 1 492 | 1
Літаки | 422 | 0
БПЛА | 60 680 | 286
Автомобільна техніка та автоцистерни | 62 044 | 117
Джерело | Генштаб""",
    ),
    (
        "thousands in words within the number and within the delta",
        "uk",
        "personnel 645150 +1400, tanks 8800 +16, armoured_vehicles 17292 +40, air_defence 952, uavs 15764 +65, ships 28",
        """У порту Пелеськ відкрили музей

Загальні бойові втрати противника за час повномасштабного вторгнення серед особового складу орієнтовно склали
близько 645 тис. 150 (+1 тис. 400) осіб, повідомив Генеральний штаб на 24 вересня 2024 року.

Серед втрат у техніці 8 тис. 800 (+16) одиниць танків та 17 тис. 292 (+40) бойові броньовані машини.

Також йдеться про 952 засоби протиповітряної оборони, 28 кораблів/катерів та 15 тис. 764 (+65) безпілотників.""",
    ),
    (
        "a day's number that brings the total to another",
        "en",
        "personnel 1099530 +1150",
        """Harbour museum opens in Pelesk

Moscow lost 1,150 soldiers over the past 24 hours, according to Kyiv's military—bringing the total to 1,099,530.

The museum has 12 boats.""",
    ),
    (
        "the same in French, and two categories in the sentence behind it",
        "fr",
        "personnel 1099530 +1150, tanks 11191, aircraft 422",
        """Au port

L'armée russe a perdu 1 150 soldats au cours des dernières 24 heures, portant le total à 1 099 530 depuis le 24
février 2022, selon l'état-major général. La Russie a aussi perdu 11 191 chars et 422 avions.""",
    ),
    (
        "words of whom and since when between the label and its number",
        "uk",
        "personnel 1099530 +1150, tanks 11191 +4, aircraft 422 +0",
        """Мінус 1150

Загальні втрати особового складу РФ з початку війни – 1 099 530 (+1 150), танків – 11 191 (+4), літаків – 422 (+0).

Про це повідомив Генштаб.""",
    ),
    (
        "the day's number first, the total in brackets",
        "uk",
        "personnel 1099530 +1150, tanks 11191 +4, artillery 32896 +24",
        """Зведення

Загальні втрати ворога на 19 вересня: +1150 окупантів (усього 1 099 530), +4 танки (усього 11 191), +24 артсистеми
(усього 32 896), за даними Генштабу.""",
    ),
    (
        "the part of a day that has four digits, and a list in the next sentence",
        "ru",
        "personnel 738660 +2030, tanks 9458 +8, aircraft 369",
        """Музей

С начала полномасштабного вторжения Россия потеряла 738660 военных, из них 2030 – за последние сутки, сообщил Генштаб
Украины на 29 ноября 2024 года. Также уничтожено 9458 танков (+8), 369 самолетов.""",
    ),
    (
        "labels with other endings than the official ones",
        "en",
        "uavs 60680 +286, vehicles_and_fuel_tanks 62044 +117, tanks 11191 +4",
        """The General Staff of Ukraine on the enemy's losses

Total combat losses of the enemy from 24.02.22 to 19.09.25:

unmanned aerial vehicles of operational-tactical level - 60,680 (+286) units

motor vehicles and tank trucks - 62,044 (+117) units

tanks - 11,191 (+4) units""",
    ),
    (
        "a short form before the number",
        "pl",
        "personnel 1099530 +1150, tanks 11191 +4, aircraft 422 +0",
        """Straty Rosji

Łączne straty wroga od 24.02.22 do 19.09.25, według Sztabu Generalnego Ukrainy:

żołnierze – ok. 1 099 530 (+1 150)

czołgi – 11 191 (+4)

samoloty – 422 (+0)""",
    ),
    (
        "the total that a count has risen to",
        "sk",
        "personnel 1099530 +1150, tanks 11191",
        """Prístav

Ďalších 1 150 ruských vojakov padlo podľa Kyjeva na Ukrajine počas uplynulého dňa. Počet obetí v radoch ruských
ozbrojených síl sa tak od začiatku vojny zvýšil na 1 099 530, uviedol ukrajinský generálny štáb.

Od začiatku vojny Rusko podľa Kyjeva celkovo stratilo už 11 191 tankov.""",
    ),
]


@pytest.mark.parametrize(("language", "wanted", "text"), [r[1:] for r in REPORTS], ids=[r[0] for r in REPORTS])
def test_a_report_is_read_in_the_shape_it_is_printed_in(language: str, wanted: str, text: str) -> None:
    text = re.sub(r"(?<=[^\n])\n(?=[^\n|-])(?!.*\|)", " ", text)
    assert printed(read(language, text)) == set(wanted.split(", "))


# what it is, language, the page; nothing of it is a total
NO_TOTALS = [
    (
        "an estimate of somebody else's behind Ukraine's",
        "en",
        """War and harbours

The General Staff of Ukraine said that Moscow lost 1,150 troops over the previous day. U.S. officials said in October
that 600,000 Russian troops had been killed or wounded. Western officials put tank losses at 3,600 tanks.""",
    ),
    (
        "a week's numbers with a sum of their own",
        "en",
        """Russia loses 6,630 troops and 90 tanks in a week

Between Sunday and Saturday, Russia lost 6,630 troops, according to Kyiv, or an average of 947 a day. Ukraine's
General Staff also said Russia had lost a further 17 tanks over the previous 24 hours, making a total of 90 vehicles in
the same period.""",
    ),
    (
        "a list of a month",
        "uk",
        """Втрати за серпень

Втрати ворога за серпень 2025 року за даними Міноборони:

особовий склад – 28 790

танки – 80

ББМ – 124

артсистеми – 1 202

БпЛА – 5 092""",
    ),
    (
        "a list of a year",
        "en",
        """A year in numbers

In 2024 the Russian army lost, by the count of Ukraine's Defence Ministry:

* personnel: 430,790
* tanks: 3,689
* armoured vehicles: 8,956
* artillery systems: 13,050""",
    ),
    (
        "a list of a year whose numbers a total might have",
        "en",
        """A year in numbers, told on 17 May 2023

Losses are told by the Ukrainian military. In 2022 the Russian army lost:

* tanks: 3,689
* armoured vehicles: 8,956
* artillery systems: 13,050""",
    ),
    (
        "one front since a day of its own",
        "uk",
        """На Харківщині

Від 10 травня на Харківському напрямку противник втратив 4 073 особи особового складу, 41 танк, 98 ББМ та 224
артилерійські системи, повідомили в угрупованні.""",
    ),
    (
        "Ukraine's own losses, in the words of its president",
        "ru",
        """Президент назвал потери

Украина потеряла 43 тысячи военных погибшими, 370 тысяч были ранены. Потери России он оценил в 198 тысяч убитых.""",
    ),
    (
        "names counted by journalists",
        "en",
        """Names

Mediazona and the harbour radio have confirmed the names of 50,471 Russian soldiers killed in Ukraine since
February 24, 2022, among them 3,100 officers.""",
    ),
    (
        "photographs counted by a project",
        "uk",
        """Підрахунок

Проєкт Oryx підтвердив втрату Росією 2919 танків, 1340 бойових броньованих машин, 108 літаків і 135 гелікоптерів.""",
    ),
    (
        "an older war",
        "ru",
        """Музей открыл выставку

За десять лет войны СССР потерял в Афганистане около 15 тысяч военных, 118 самолетов, 333 вертолета, 147 танков,
1314 бронемашин и 433 артиллерийских орудия.""",
    ),
    (
        "what an ally gave since the war began",
        "en",
        """Aid for Ukraine

Since February 24, 2022, Ukraine has received 82 Leopard 1 tanks, 300 artillery systems, 39 helicopters and 1,100
armored vehicles worth 2.7 billion euros.""",
    ),
    (
        "the day at the front",
        "uk",
        """На фронті 143 боєзіткнення

Противник завдав 68 авіаударів, здійснив 4 980 обстрілів, із них 118 — з РСЗВ, застосував 3 105 дронів-камікадзе.

Авіація та артилерія уразили 14 районів зосередження особового складу, дві артилерійські системи, засіб ППО.""",
    ),
    (
        "another sea's flood",
        "en",
        """Flood in Vardania

Total losses are estimated at 1,200 houses, 340 vehicles, 12 boats and two helicopters; the army sent 900 personnel,
14 drones and six armoured vehicles. Call 0 800 500 442.""",
    ),
    (
        "numbers and labels by turns that begin and end with a number",
        "en",
        """Losses of the enemy, General Staff, as of September 19, 2025

Totals for the staff's table:

1099530

tanks

11191

armored combat vehicles

23278

artillery systems

32896""",
    ),
]


@pytest.mark.parametrize(("language", "text"), [r[1:] for r in NO_TOTALS], ids=[r[0] for r in NO_TOTALS])
def test_what_is_no_sum_since_the_beginning_is_no_total(language: str, text: str) -> None:
    text = re.sub(r"(?<=[^\n])\n(?=[^\n*])", " ", text)
    assert printed(read(language, text)) == set()


# a day's losses alone are never totals, and what is promised in the sentence behind them is no loss
DAYS = [
    (
        "en",
        "personnel 670",
        """Pelesk harbour

Putin's army has lost another 670 men in the space of 24 hours, the Ukrainian military has claimed. Norway will send
70 more combat vehicles and rounds for Challenger 2 tanks.""",
    ),
    (
        "en",
        "",
        """Vardania buys tanks

The Ukrainian military said that Russian troops lost ground over the past day. It also said its troops destroyed 25
Russian tanks in the last two days.""",
    ),
    (
        "en",
        "",
        """Tavria front: enemy loses 431 troops in a day

In the Tavria direction, enemy losses over the past day amounted to 431 personnel, 4 tanks and 7 APVs, the armed forces
of Ukraine said.""",
    ),
    (
        "uk",
        "personnel 1150, tanks 4, artillery 24, uavs 286",
        """Що втратив ворог минулої доби

Минулої доби, за даними Генштабу, противник втратив:

- особового складу – 1150;

- танків – 4;

- артилерійських систем – 24;

- БПЛА – 286.""",
    ),
]


@pytest.mark.parametrize(("language", "wanted", "text"), DAYS)
def test_a_days_losses_are_a_days(language: str, wanted: str, text: str) -> None:
    facts = read(language, re.sub(r"(?<=[^\n])\n(?=[^\n])", " ", text))
    assert printed(facts) == set()
    assert printed(facts, series="day") == set(filter(None, wanted.split(", ")))


def test_a_report_on_the_progress_of_the_operation_is_of_its_own_day() -> None:
    facts = read(
        "en",
        """Report on the progress of the special military operation (19 September 2025)

Units of the Sever Group of Forces improved the situation. The AFU losses amounted to up to 190 troops, two tanks and 13
motor vehicles.""".replace("13\n", "13 "),
        publisher="Russian Defence Ministry",
    )
    assert printed(facts, "russia", "day") == {"personnel 190", "tanks 2", "vehicles 13"}
    assert {(f.period_start, f.period_end, f.formation) for f in facts.figures} == {(DAY, DAY, "north")}


def test_casualties_inflicted_are_the_other_sides() -> None:
    facts = read(
        "en",
        "Strikes over the past day\n\nMOSCOW, September 19. /TASS/. Russia's Battlegroup Center inflicted more than 470 "
        "casualties on Ukrainian troops and destroyed two tanks in its area of responsibility over the past day, Russia's "
        "Defense Ministry reported.",
    )
    assert printed(facts, "russia", "day") == {"personnel 470", "tanks 2"}
    assert {f.qualifier for f in facts.figures if f.category == "personnel"} == {"more than"}


def test_what_follows_a_sum_that_ended_is_no_part_of_it() -> None:
    facts = read(
        "ru",
        "Сводка\n\nВсего с начала проведения специальной военной операции уничтожены: 662 самолета, 283 вертолета, 68 412 "
        "беспилотных летательных аппаратов, 611 зенитных ракетных комплексов, 23 987 танков и других боевых бронированных "
        "машин.\n\nНад портом Пелеськ сбили 71 беспилотник",
        publisher="Минобороны России",
    )
    assert "uavs 68412" in printed(facts, "russia")
    assert len(printed(facts, "russia")) == 5


def test_a_thousand_is_read_without_a_one_before_it() -> None:
    facts = read(
        "tr",
        "Liman\n\nUkrayna Genelkurmay Başkanlığı, 24 Şubat'tan bu yana Rus ordusunun yaklaşık 24 bin 200 asker, 155 helikopter, "
        "bin 62 tank ve 2 bin 567 zırhlı araç kaybettiğini duyurdu.",
        day="2022-05-03",
    )
    assert printed(facts) == {"personnel 24200", "helicopters 155", "tanks 1062", "armoured_vehicles 2567"}

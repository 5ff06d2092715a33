"""The two series of the demo's ministries, from templates and a numbers table: loss reports and briefings.

Owns their wording and arithmetic; every figure follows from its day or week number, so nothing is drawn by
chance and each start gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

YEAR = 2031  # of everything the site tells: far enough off that nobody takes it for a real report
FIRST = date(YEAR, 4, 1)  # of the daily reports
DAYS = 31  # thirty stand on day 0, the last comes on day 1
# The date whose report is printed with a slip on day 0 and put right on day 1.
CORRECTED = date(YEAR, 4, 24)
MISPRINT = ("artillery systems", 180)  # label, and by how much the first print was too high

# label, dash, total on 31 March, and of the day's figure: least, step, spread (least + day * step % spread)
LOSSES = (
    ("personnel", "‒", 61240, 140, 37, 95),
    ("tanks", "‒", 1480, 0, 3, 7),
    ("APV", "‒", 3120, 1, 5, 11),
    ("artillery systems", "–", 2015, 2, 7, 13),
    ("MLRS", "–", 239, 0, 2, 3),
    ("anti-aircraft warfare systems", "‒", 142, 0, 3, 4),
    ("aircraft", "–", 97, 0, 1, 2),
    ("helicopters", "–", 88, 0, 2, 3),
    ("UAV operational-tactical level", "–", 2786, 6, 11, 23),
    ("cruise missiles", "‒", 511, 0, 9, 10),
    ("warships / boats", "‒", 11, 0, 1, 16),
    ("vehicles and fuel tanks", "–", 4707, 4, 13, 29),
    ("special equipment", "‒", 232, 0, 2, 6),
)


def losses(day: date, corrected: bool) -> dict[str, tuple[int, int]]:
    """Each category's total and day's figure as the ministry printed them for `day`."""
    number = (day - FIRST).days + 1
    printed = {}
    for label, _, start, least, step, spread in LOSSES:
        daily = [least + (n * step) % spread for n in range(1, number + 1)]
        if label in ("aircraft", "warships / boats"):  # rare: most days lose none
            daily = [figure // (spread - 1) if n % 3 == 0 else 0 for n, figure in enumerate(daily, 1)]
        printed[label] = (start + sum(daily), daily[-1])
    if day == CORRECTED and not corrected:
        label, slip = MISPRINT
        total, daily_figure = printed[label]
        printed[label] = (total + slip, daily_figure)
    return printed


def loss_report(day: date, corrected: bool) -> tuple[str, ...]:
    """The report's lines: the heading, then one line per category."""
    lines = [f"The total combat losses of the enemy from 03.02.29 to {day:%d.%m.%y} come to approximately:"]
    printed = losses(day, corrected)
    for label, dash, *_ in LOSSES:
        total, daily = printed[label]
        if label == "personnel":
            about = "more than" if day.day % 7 == 0 else "about"
            lines.append(f"{label} {dash} {about} {total} (+{daily}) persons,")
        else:
            lines.append(f"{label} {dash} {total} (+{daily})" + ("." if label == LOSSES[-1][0] else ","))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Direction:
    """One paragraph's fixed words in a briefing, English and Russian (the Russian name in the locative)."""

    name: tuple[str, str]
    group: tuple[str, str]
    places: tuple[tuple[str, ...], tuple[str, ...]]
    brigades: tuple[int, ...]  # such as take -th in English


DIRECTIONS = (
    Direction(
        ("Dolvar", "Долварском"),
        ("Granit", "«Гранит»"),
        (("Hradel", "Uvarest", "Old Mill"), ("Граделя", "Увареста", "Старой Мельницы")),
        (14, 25, 37),
    ),
    Direction(
        ("Orvand", "Орвандском"),
        ("Mayak", "«Маяк»"),
        (("Skarbel", "Lower Pelesk", "Tolmir"), ("Скарбеля", "Нижнего Пелеска", "Толмира")),
        (5, 27, 48),
    ),
    Direction(
        ("Velmora", "Вельморском"),
        ("Bereg", "«Берег»"),
        (("Asterny", "Brannik", "Salt Ferry"), ("Астерного", "Бранника", "Соляной Переправы")),
        (9, 36, 60),
    ),
    Direction(
        ("Zhorlin", "Жорлинском"),
        ("Kovyl", "«Ковыль»"),
        (("Zhorlin", "Three Wells", "Kamyr"), ("Жорлина", "Трёх Колодцев", "Камыра")),
        (4, 18, 54),
    ),
    Direction(
        ("South Morvina", "Южно-Морвинском"),
        ("Delta", "«Дельта»"),
        (("Reed Island", "Portlav", "Belsk Ferry"), ("Камышового острова", "Портлава", "Бельской Переправы")),
        (11, 29, 40),
    ),
)
WEEK_ENDS = tuple(date(YEAR, 3, 21) + timedelta(weeks=n) for n in range(6))  # Fridays, when they appear
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS_RU = ("ни одного", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
MONTHS_RU = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
MACHINES = {  # English singular and plural; Russian after 1, 2-4 and 5+, with the gender of 1 and 2
    "tank": ("tank", "tanks", "танк", "танка", "танков", "m"),
    "afv": (
        "armoured fighting vehicle",
        "armoured fighting vehicles",
        "боевая бронированная машина",
        "боевые бронированные машины",
        "боевых бронированных машин",
        "f",
    ),
    "car": ("motor vehicle", "motor vehicles", "автомобиль", "автомобиля", "автомобилей", "m"),
    "gun": (
        "field artillery piece",
        "field artillery pieces",
        "орудие полевой артиллерии",
        "орудия полевой артиллерии",
        "орудий полевой артиллерии",
        "n",
    ),
    "mlrs": (
        "multiple launch rocket system",
        "multiple launch rocket systems",
        "реактивная система залпового огня",
        "реактивные системы залпового огня",
        "реактивных систем залпового огня",
        "f",
    ),
    "station": (
        "electronic warfare station",
        "electronic warfare stations",
        "станция радиоэлектронной борьбы",
        "станции радиоэлектронной борьбы",
        "станций радиоэлектронной борьбы",
        "f",
    ),
    "depot": (
        "ammunition depot",
        "ammunition depots",
        "склад боеприпасов",
        "склада боеприпасов",
        "складов боеприпасов",
        "m",
    ),
    "attack": ("attack", "attacks", "атака", "атаки", "атак", "f"),
    "plane": ("airplane", "airplanes", "самолёт", "самолёта", "самолётов", "m"),
    "helicopter": ("helicopter", "helicopters", "вертолёт", "вертолёта", "вертолётов", "m"),
    "uav": (
        "unmanned aerial vehicle",
        "unmanned aerial vehicles",
        "беспилотный летательный аппарат",
        "беспилотных летательных аппарата",
        "беспилотных летательных аппаратов",
        "m",
    ),
    "sam": (
        "air defence missile system",
        "air defence missile systems",
        "зенитный ракетный комплекс",
        "зенитных ракетных комплекса",
        "зенитных ракетных комплексов",
        "m",
    ),
    "armour": (
        "tank or other armoured combat vehicle",
        "tanks and other armoured combat vehicles",
        "танк и другая боевая бронированная машина",
        "танка и других боевых бронированных машин",
        "танков и других боевых бронированных машин",
        "m",
    ),
    "launcher": (
        "combat vehicle equipped with MLRS",
        "combat vehicles equipped with MLRS",
        "боевая машина реактивных систем залпового огня",
        "боевые машины реактивных систем залпового огня",
        "боевых машин реактивных систем залпового огня",
        "f",
    ),
    "barrel": (
        "field artillery cannon or mortar",
        "field artillery cannons and mortars",
        "орудие полевой артиллерии и миномёт",
        "орудия полевой артиллерии и миномёта",
        "орудий полевой артиллерии и миномётов",
        "n",
    ),
    "special": (
        "unit of special military equipment",
        "units of special military equipment",
        "единица специальной военной автомобильной техники",
        "единицы специальной военной автомобильной техники",
        "единиц специальной военной автомобильной техники",
        "f",
    ),
}


def english(number: int, noun: str) -> str:
    """A count as the briefings print it: a word below ten, a figure from ten on."""
    counted = WORDS[number] if number < 10 else f"{number:,}"
    return f"{counted} {MACHINES[noun][0 if number == 1 else 1]}"


def russian(number: int, noun: str) -> str:
    """The same in Russian, with the noun in the form its number asks for."""
    *_, one, few, many, gender = MACHINES[noun]
    counted = WORDS_RU[number] if number < 10 else f"{number:,}".replace(",", " ")
    if number == 1 and gender != "m":
        counted = "одна" if gender == "f" else "одно"
    if number == 2 and gender == "f":
        counted = "две"
    if 11 <= number % 100 <= 14 or number % 10 == 0 or number % 10 > 4:
        return f"{counted} {many}"
    return f"{counted} {one if number % 10 == 1 else few}"


def troops(end: date) -> tuple[int, ...]:
    """The personnel claimed per direction in the week up to `end`; their sum stands in the title."""
    week = WEEK_ENDS.index(end) + 1
    return tuple(120 + 5 * ((week * 17 + place * 31) % 79) for place in range(len(DIRECTIONS)))


def briefing_title(end: date, language: str) -> str:
    start, total = end - timedelta(days=6), sum(troops(end))
    if language == "ru":
        first = f"{start.day}" if start.month == end.month else f"{start.day} {MONTHS_RU[start.month - 1]}"
        total_ru = f"{total:,}".replace(",", " ")
        return (
            f"Минобороны Сармии: до {total_ru} варданских военнослужащих потеряно "
            f"с {first} по {end.day} {MONTHS_RU[end.month - 1]}"
        )
    return (
        f"Sarmian Ministry of Defence: up to {total:,} Vardanian troops killed or wounded "
        f"between {start:%B} {start.day} and {end:%B} {end.day}"
    )


def briefing(end: date, language: str) -> tuple[str, ...]:
    """The weekly briefing's paragraphs: an opening, one per direction, aviation, and the running totals."""
    week = WEEK_ENDS.index(end) + 1
    ru = language == "ru"
    paragraphs = [_opening(end, week, ru)]
    for place, (direction, lost) in enumerate(zip(DIRECTIONS, troops(end), strict=True)):
        paragraphs += (_direction_ru if ru else _direction)(direction, lost, week + place, place)
    surrendered = 3 + week * 5 % 17
    if ru:
        paragraphs.append(
            f"За неделю сдались в плен {surrendered} варданских военнослужащих, "
            f"{WORDS_RU[week % 3 + 2]} из них – на Орвандском направлении."
        )
    else:
        paragraphs.append(
            f"In the course of the week {surrendered} Vardanian servicemen gave themselves up, "
            f"{WORDS[week % 3 + 2]} of them in Orvand direction."
        )
    return (*paragraphs, *_closing(week, ru))


def _opening(end: date, week: int, ru: bool) -> str:
    start, strikes = end - timedelta(days=6), 6 + week * 5 % 9
    if ru:
        word = "групповых ударов" if strikes > 4 else "групповых удара"
        first, last = MONTHS_RU[start.month - 1], MONTHS_RU[end.month - 1]
        return (
            f"▫️С {start.day} {first} по {end.day} {last} Вооружённые силы Сармийской Федерации нанесли "
            f"{strikes} {word} по ремонтным мастерским, складам горючего и пунктам размещения резервов. "
            "Цели ударов, по данным ведомства, достигнуты."
        )
    counted = WORDS[strikes] if strikes < 10 else str(strikes)
    return (
        f"▫️From {start.day} {start:%B} to {end.day} {end:%B}, the Armed Forces of the Sarmian Federation "
        f"carried out {counted} group strikes on repair workshops, fuel stores and places where reserves "
        "are quartered. The strikes, the ministry holds, reached their aims."
    )


def _hardware(n: int) -> tuple[tuple[int, str], ...]:
    return (1 + n * 3 % 8, "tank"), (2 + n * 7 % 23, "afv"), (12 + n * 11 % 41, "car")


def _direction(direction: Direction, lost: int, n: int, place: int) -> list[str]:
    brigades = ", ".join(f"{number}th" for number in direction.brigades)
    *places, last = direction.places[0]
    qualifier = ("more than", "up to", "more than", "up to", "over")[place]
    launchers = 2 + n % 3
    machines = [english(number, noun) for number, noun in _hardware(n)]
    if place in (1, 2):
        machines.append(f"{english(launchers, 'mlrs')}, including one on a wheeled chassis")
    return [
        f"▫️In {direction.name[0]} direction, units of the {direction.group[0]} Group of Forces took better "
        f"lines and beat off {english(5 + n * 3 % 14, 'attack')}. Manpower and hardware of the {brigades} "
        f"brigades were hit near {', '.join(places)} and {last}.",
        f"The losses of the Vardanian side there amounted to {qualifier} {lost:,} troops, "
        f"{', '.join(machines)}, and {english(1 + n * 5 % 16, 'gun')}.",
    ]


def _direction_ru(direction: Direction, lost: int, n: int, place: int) -> list[str]:
    brigades = ", ".join(f"{number}-й" for number in direction.brigades)
    *places, last = direction.places[1]
    qualifier = ("более", "до", "более", "до", "свыше")[place]
    launchers = 2 + n % 3
    machines = [russian(number, noun) for number, noun in _hardware(n)]
    if place in (1, 2):
        machines.append(f"{russian(launchers, 'mlrs')}, включая одну на колёсном шасси,")
    repelled = 5 + n * 3 % 14
    return [
        f"▫️На {direction.name[1]} направлении подразделения группировки войск {direction.group[1]} заняли "
        f"более выгодные рубежи. Число отражённых атак за неделю – {repelled}. Нанесено поражение живой силе "
        f"и технике {brigades} бригад вблизи {', '.join(places)} и {last}.",
        f"Потери варданской стороны на этом участке составили {qualifier} {lost} военнослужащих, "
        f"{', '.join(machines)} и {russian(1 + n * 5 % 16, 'gun')}.",
    ]


def _closing(week: int, ru: bool) -> list[str]:
    count = russian if ru else english
    stations, depots = count(1 + week % 3, "station"), count(2 + week % 5, "depot")
    shot = count(90 + week * 13, "uav")
    planes, helicopters, *rest = (
        count(214 + week // 2, "plane"),
        count(96 + week // 3, "helicopter"),
        count(7310 + week * 143, "uav"),
        count(188 + week * 2, "sam"),
        count(6405 + week * 38, "armour"),
        count(402 + week * 3, "launcher"),
        count(3871 + week * 47, "barrel"),
        count(9880 + week * 112, "special"),
    )
    if ru:
        return [
            f"▫️Ударами авиации, беспилотных аппаратов и артиллерии за неделю поражены {stations} и {depots}. "
            f"Силы противовоздушной обороны, по утверждению ведомства, сбили самолёт и {shot}.",
            f"▫️Всего с начала операции уничтожены: {planes}, {helicopters}, {', '.join(rest)}.",
        ]
    return [
        f"▫️Aviation, unmanned aerial vehicles and artillery hit {stations} and {depots} during the week. Air "
        f"defence units shot down, the ministry claims, one aircraft and {shot}.",
        f"▫️In total, {planes} and {helicopters}, {', '.join(rest[:-1])}, as well as {rest[-1]} have been "
        "destroyed since the operation began.",
    ]

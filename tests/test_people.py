"""Who wrote a story: a place, an office or an agency taken for a person is wrong for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.people import Credits, agency, credited, read_credits, signed, split


def people(line: str, *own: str) -> Credits:
    return read_credits(split(line), own)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Ann Lee and Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Ann Lee, Bo Ray & Cy Dow", ("Ann Lee", "Bo Ray", "Cy Dow")),
        ("Von Max Bauer und Eva Roth", ("Max Bauer", "Eva Roth")),
        ("Автор: Анна Лі та Бо Рей", ("Анна Лі", "Бо Рей")),
        ("Анна Лис и Борис Рей", ("Анна Лис", "Борис Рей")),
        ("Par Anne Petit et Luc Grand", ("Anne Petit", "Luc Grand")),
        ("Por Ana Ruiz y Luis Gil", ("Ana Ruiz", "Luis Gil")),
        ("di Anna Rossi e Luca Neri", ("Anna Rossi", "Luca Neri")),
        ("Anna Lis oraz Jan Rey", ("Anna Lis", "Jan Rey")),
        ("Anna Lis i Jan Rey", ("Anna Lis", "Jan Rey")),
        ("Yazan: Ayşe Kaya ve Can Demir", ("Ayşe Kaya", "Can Demir")),
        ("Santiago Ramón y Cajal", ("Santiago Ramón y Cajal",)),
        ("Sandy Brandt", ("Sandy Brandt",)),
        ("Ludwig van der Brandt", ("Ludwig van der Brandt",)),
        ("Conan O'Brandt / Jean d’Orme", ("Conan O'Brandt", "Jean d’Orme")),
        ("ANN LEE", ("ANN LEE",)),
        ("渡辺洋介、田中一郎", ("渡辺洋介", "田中一郎")),
        ("김철수 기자", ("김철수",)),
        ("آنا لي", ("آنا لي",)),
        ("Ann Lee, Ann Lee", ("Ann Lee",)),
    ],
)
def test_people_are_told_apart_in_the_languages_of_the_sources(line: str, names: tuple[str, ...]) -> None:
    assert people(line) == (names, None)


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee, Kyiv",
        "Ann Lee (special correspondent)",
        "Ann Lee for Vardania.Example",
        "Ann Lee in Port Meridian",
        "Ann Lee, Redakteurin für Häfen",
        "Ann Lee, Staff Writer",
        "Ann Lee ann.lee@vardania.example",
        "Ann Lee, Professor of the University of Port Meridian and of its Old Town",
    ],
)
def test_where_and_what_somebody_is_stays_out_of_the_name(line: str) -> None:
    assert people(line) == (("Ann Lee",), None)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Staff Writer",
        "Newsroom",
        "Vardania staff reporter",
        "Die Redaktion",
        "Harbour-Redaktion",
        "Our correspondent",
        "Редакція порту",
        "Пресс-служба города",
        "Redakcja sportowa",
        "La redazione",
        "Haber Merkezi",
        "admin",
        "ann-lee",
        "105092",
        "https://news.vardania.example/ann",
        "vardania.example",
        "Meridian",
        "Ministry of Harbours",
        "and, und, та",
    ],
)
def test_offices_addresses_and_single_words_are_nobody(line: str) -> None:
    assert people(line) == ((), None)


@pytest.mark.parametrize("line", ["Vardania News", "Vardania", "VARDANIA NEWS Sport", "vardania news"])
def test_the_outlet_is_no_person(line: str) -> None:
    assert people(line, "Vardania News") == ((), None)


def test_whoever_shares_a_word_with_the_host_is_a_person() -> None:
    assert people("Max Bauer, News Bauer", "max", "news") == (("Max Bauer",), None)
    assert people("Max Bauer", "Vardania News", "max") == (("Max Bauer",), None)


@pytest.mark.parametrize(
    ("line", "credits"),
    [
        ("Reuters", ((), "Reuters")),
        ("Ann Lee, Reuters", (("Ann Lee",), "Reuters")),
        ("Vardania News und dpa", ((), "dpa")),
        ("The Associated Press", ((), "AP")),
        ("Associated Press in Port Meridian", ((), "AP")),
        ("Deutsche Presse-Agentur", ((), "dpa")),
        ("Інтерфакс-Україна", ((), "Interfax-Ukraine")),
        ("Anadolu Ajansı", ((), "Anadolu")),
        ("DPA", ((), "dpa")),
    ],
)
def test_an_agency_is_credited_and_no_person(line: str, credits: tuple[tuple[str, ...], str | None]) -> None:
    assert people(line, "Vardania News") == credits


def test_short_words_are_agencies_in_their_own_spelling_alone() -> None:
    assert [agency(name) for name in ("AP", "ap", "Sid", "Anna", "ANSA", "Pa", "reuters")] == [
        "AP", None, None, None, "ANSA", None, "Reuters",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["PORT MERIDIAN, April 20 (Reuters) - The harbour reopened."], "Reuters"),
        (["Port Meridian (dpa/vrd) – Der Hafen ist wieder offen."], "dpa"),
        (["PORT MERIDIAN, May 7. /TASS/. The harbour reopened."], "TASS"),
        (["МЕРИДИАН, 12 апр - РИА Новости. Порт открыт."], "RIA Novosti"),
        (["(ANSA) - PORTO MERIDIANO, 20 APR - Il porto è aperto."], "ANSA"),
        (["MERIDIAN (PAP) - Port jest otwarty."], "PAP"),
        (["新华社默里迪恩4月20日电 港口重新开放。"], "Xinhua"),
        (["The council met.", "PORT MERIDIAN (AP) — The harbour reopened."], "AP"),
        (["World", "- Reuters", "The harbour reopened."], "Reuters"),
        (["Quelle: dpa", "Der Hafen ist wieder offen."], "dpa"),
        (["The harbour reopened.", "(AFP)"], "AFP"),
        (["Ferries to the islands leave again from Wednesday, the port council said in the morning. – AFP"], "AFP"),
        (["Ferries to the islands leave again from Wednesday, the port council said in the morning. (APA)"], "APA"),
        (["The mayor told Reuters on Monday that the harbour was open."], None),
        (["The harbour (AP photo) is open."], None),
        (["The harbour is open.", "Boats in the harbour (AFP)"], None),
        (["The Agency of Pilots (PA), which runs the harbour, said so."], None),
        (["Порт відкрито, повідомляє Укрінформ."], None),
        (["Reuters reporters were in the harbour when it reopened."], None),
        ([], None),
    ],
)
def test_the_agency_that_a_report_comes_from_stands_at_its_head_or_its_end(
    texts: list[str], wanted: str | None
) -> None:
    assert credited(texts) == wanted


@pytest.mark.parametrize(
    ("line", "behind"),
    [("By Ann Lee", "Ann Lee"), ("Von:", ""), ("von", ""), ("Bytown reopens", None), ("Автор: Анна Лі", "Анна Лі")],
)
def test_a_line_that_is_signed_is_told_from_one_that_begins_alike(line: str, behind: str | None) -> None:
    assert signed(line) == behind


@given(st.text(max_size=200))
def test_no_text_can_break_the_reading_of_names(text: str) -> None:
    read_credits(split(text), [text])
    credited([text, text])


def test_a_bloated_byline_is_bounded() -> None:
    names = [f"Ann{'x' * n} Lee" for n in range(1, 50)]
    assert len(read_credits(names).people) == 20
    assert read_credits(["Ann " * 50_000]).people == ()

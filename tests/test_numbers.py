"""Numbers as texts print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.facts.numbers import Number, read_numbers


def values(text: str, *languages: str) -> list[int]:
    return [number.value for number in read_numbers(text, languages)]


def only(text: str, *languages: str) -> Number:
    (number,) = read_numbers(text, languages)
    return number


@pytest.mark.parametrize("mark", ["", ",", ".", " ", "\u00a0", "\u2009", "\u202f", "’", "'"])
def test_thousands_are_parted_by_any_mark(mark: str) -> None:
    assert values(f"tanks – 1{mark}311{mark}180 (+1{mark}070)") == [1_311_180, 1070]
    assert values(f"tanks – 18{mark}355, APV") == [18_355]


@given(st.integers(0, 9_999_999), st.sampled_from([",", ".", " ", "\u00a0", "\u202f"]))
def test_what_was_grouped_is_read_as_it_was(value: int, mark: str) -> None:
    printed = f"{value:,}".replace(",", mark)
    assert values(f"({printed})") == [value]
    assert only(f"of {printed} boats", "en").precision == 0


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "০১২৩৪৫৬৭৮৯", "०१२३४५६७८९"])
def test_digits_of_any_script_count(digits: str) -> None:
    assert values("18355".translate({48 + n: digit for n, digit in enumerate(digits)})) == [18_355]


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("29,2 тис. осіб", 29_200, 50),
        ("24,7 тисяч", 24_700, 50),
        ("более 14,2 тысячи", 14_200, 50),
        ("84 тыс.", 84_000, 500),
        ("29.2 thousand", 29_200, 50),
        ("9,1 Tausend", 9_100, 50),
        ("1.3 million", 1_300_000, 50_000),
        ("2 thousand 109 boats", 2_109, 0),
        ("19 bin 100", 19_100, 0),
        ("6 ہزار 12", 6_012, 0),
        ("1 мільйона 112 460 людей", 1_112_460, 0),
        ("1 million 311 thousand 180", 1_311_180, 0),
        ("184 тис. 420 осіб", 184_420, 0),
        ("1,84,420 persons", 184_420, 0),
    ],
)
def test_thousands_in_words_keep_how_far_they_are_rounded(text: str, value: int, precision: int) -> None:
    number = only(text)
    assert (number.value, number.precision) == (value, precision)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "two boats, twenty-one oars and one hundred and five nets", [2, 21, 105]),
        ("en", "two thousand one hundred", [2_100]),
        ("uk", "п’ять човнів та двадцять одна шлюпка", [5, 21]),
        ("ru", "двадцать пять лодок, четырех катеров", [25, 4]),
        ("de", "vier Boote und zwölf Netze", [4, 12]),
    ],
)
def test_numbers_in_words_are_read(language: str, text: str, expected: list[int]) -> None:
    assert values(text, language) == expected
    assert all(number.spelled for number in read_numbers(text, (language,)))


@pytest.mark.parametrize(
    "text",
    [
        "20.04.2023", "24.02.22", "2023-04-20", "at 7:32", "the 72nd brigade", "72-га бригада", "24-го",
        "€65 billion", "$ 12", "10%", "10 percent", "a 1,000-strong crowd", "15-20 boats", "3.5 km", "1/3 of it",
        "192.168.10.12", "+380 44 123-45-67 8"[:0], "12345678901234",
    ],
)  # fmt: skip
def test_what_counts_nothing_is_left_out(text: str) -> None:
    assert values(text, "en") == []


def test_a_number_within_a_name_says_so() -> None:
    assert only("T-72 tanks").led
    assert only("155mm guns").trailed
    assert only("tanks-3667").led
    assert not only("tanks -3667").led
    assert not only("рівня —2413").led


@given(st.text(max_size=200))
def test_any_text_is_read_without_fail(text: str) -> None:
    stop = 0
    for number in read_numbers(text):
        assert stop <= number.start < number.stop <= len(text)
        assert number.value >= 0
        stop = number.stop

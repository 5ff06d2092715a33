"""Where a chart's lines, bars, ticks and marks stand: an error here draws a claim that nobody made."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.chart import (
    Frame,
    bars,
    columns,
    cross,
    day_ticks,
    diamond,
    frame,
    gaps,
    last_of_each,
    line,
    number_ticks,
    strips,
    triangle,
)

BOX = (10.0, 20.0, 110.0, 220.0)
DAY = date(2031, 4, 20).toordinal()
NUMBERS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=30)


def nodes(path: str) -> list[tuple[str, float, float]]:
    return [(k, float(x), float(y)) for k, x, y in re.findall(r"([ML])(-?[\d.]+) (-?[\d.]+)", path)]


@given(NUMBERS, st.booleans())
def test_all_numbers_stand_between_the_edges_which_are_ticks(numbers: list[int], zero: bool) -> None:
    made = frame((DAY, DAY + 9), numbers, BOX, zero=zero)
    ticks = number_ticks(made)
    assert (ticks[0], ticks[-1]) == (made.low, made.high) and 2 <= len(ticks) <= 6
    assert all(made.top - 0.01 <= made.y(number) <= made.bottom + 0.01 for number in numbers)
    assert not zero or made.low <= 0 <= made.high


def test_a_scale_begins_at_0_unless_that_would_flatten_the_line() -> None:
    def low(*numbers: int) -> int:
        return frame((DAY, DAY), numbers, BOX).low

    assert low(400, 1000) == 0 and low(1, 2) == 0 and low(33, 35) == 0
    assert low(1_440_100, 1_456_000) == 1_440_000
    assert low(-3, 5) < 0


def test_a_line_breaks_where_a_day_is_missing_and_a_lone_day_is_a_dot() -> None:
    points = [(DAY, 1), (DAY + 1, 2), (DAY + 3, 4), (DAY + 5, 9), (DAY + 6, 10)]
    made = frame((DAY, DAY + 6), [n for _, n in points], BOX)
    path = line(points, made)
    assert [kind for kind, _, _ in nodes(path)] == ["M", "L", "M", "M", "L"]
    assert path.count("h0") == 1 and path.index("h0") > path.index("L")
    assert [kind for kind, _, _ in nodes(line(points, made, step=2))] == ["M", "L", "L", "L", "L"]
    # each node is its claim
    assert [(x, y) for _, x, y in nodes(path)] == [(round(made.x(d), 1), round(made.y(n), 1)) for d, n in points]


@given(st.sets(st.integers(DAY, DAY + 400), min_size=1, max_size=60))
def test_gaps_are_the_days_that_are_missing(days: set[int]) -> None:
    found = gaps([(day, day) for day in sorted(days)])
    missing = {day for first, last in found for day in range(first, last + 1)}
    assert missing == set(range(min(days), max(days) + 1)) - days
    assert len(missing) == sum(last - first + 1 for first, last in found)


def test_weeks_that_touch_or_overlap_leave_no_gap() -> None:
    assert gaps([(DAY, DAY + 6), (DAY + 3, DAY + 4), (DAY + 7, DAY + 13), (DAY + 21, DAY + 27)]) == [
        (DAY + 14, DAY + 20)
    ]


def test_bars_stand_on_0_and_a_negative_one_below() -> None:
    made = frame((DAY, DAY + 1), [50, -20], BOX, zero=True)
    up, down = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", bars([((DAY, DAY), 50), ((DAY + 1, DAY + 1), -20)], made))
    assert float(up[0]) == float(down[0]) == round(made.y(0), 1)
    assert float(up[1]) < made.y(0) < float(down[1])
    # as wide as the days that it is of
    [(left, right)] = re.findall(r"M([\d.]+) .*H([\d.]+)", bars([((DAY, DAY + 1), 7)], made))
    assert float(right) - float(left) > made.column * 1.7


def test_no_strip_is_too_narrow_to_be_seen_and_those_that_touch_are_one() -> None:
    made = Frame(DAY, DAY + 9999, 0, 1, *BOX)
    assert strips([(DAY + 5000, DAY + 5000)], made) == [(59.3, 1.5)]
    [(left, width)] = strips([(DAY, DAY + 400), (DAY + 402, DAY + 600)], made)
    assert (left, width) == (10.0, 6.0)
    assert len(strips([(DAY, DAY + 400), (DAY + 900, DAY + 950)], made)) == 2


@given(st.sets(st.integers(DAY, DAY + 4000), min_size=1, max_size=300), st.integers(40, 240))
def test_links_are_few_and_the_first_and_last_days_are_within_reach(days: set[int], most: int) -> None:
    ordered = sorted(days)
    length, places = last_of_each(ordered, most)
    assert 1 <= len(places) <= most and places == sorted(set(places)) and places[-1] == len(ordered) - 1
    if length == 1:
        assert places == list(range(len(ordered)))
    if length == 7:
        weeks = [date.fromordinal(ordered[place]).isocalendar()[:2] for place in places]
        assert len(set(weeks)) == len(weeks)


def test_the_parts_of_a_chart_that_lead_to_its_days_cover_it() -> None:
    made = frame((DAY, DAY + 9), [1], BOX)
    found = list(columns([DAY, DAY + 1, DAY + 8], made))
    assert found[0][0] == 10.0 and round(sum(found[-1]), 1) == 110.0
    assert [round(left + width, 1) for left, width in found[:-1]] == [left for left, _ in found[1:]]
    assert list(columns([], made)) == []


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (0, ["20 Apr 2031"]),
        (5, ["20 Apr 2031", "21 Apr", "22 Apr", "23 Apr", "24 Apr", "25 Apr"]),
        (60, ["20 Apr 2031", "4 May", "18 May", "1 Jun", "15 Jun"]),
        (120, ["May 2031", "Jun 2031", "Jul 2031", "Aug 2031"]),
        (700, ["Jul 2031", "Oct 2031", "Jan 2032", "Apr 2032", "Jul 2032", "Oct 2032", "Jan 2033"]),
        (1625, ["2032", "2033", "2034", "2035"]),
    ],
)
def test_ticks_are_beginnings_of_months_and_years(days: int, labels: list[str]) -> None:
    assert [label for _, label in day_ticks(frame((DAY, DAY + days), [1], BOX))] == labels


@settings(deadline=None)
@given(st.integers(1, date.max.toordinal()), st.integers(1, date.max.toordinal()))
def test_any_days_have_some_ticks_within_them(one: int, other: int) -> None:
    made = frame((min(one, other), max(one, other)), [1], BOX)
    ticks = day_ticks(made)
    assert len(ticks) <= 7 and all(made.first <= day <= made.last for day, _ in ticks)


def test_marks_differ_in_shape() -> None:
    shapes = {re.sub(r"-?[\d.]+", "n", shape(50, 50)) for shape in (diamond, cross, triangle)}
    assert len(shapes) == 3

"""When a page is asked for again: each step once, never after the last, and what an outlet's word changes in that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.schedule import (
    LATE,
    LONGEST_WAIT,
    PATIENCE,
    RESTS,
    STEPS,
    is_wanted,
    next_visit,
    parse_age,
    patience,
    rest,
    wait_until,
)

BORN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the clocks of Europe change half an hour later
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

spans = st.timedeltas(timedelta(0), 60 * DAY)
ages = st.lists(st.timedeltas(MINUTE, 60 * DAY), max_size=9, unique=True).map(sorted)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("15m", 15 * MINUTE),
        ("1h", HOUR),
        ("3h", 3 * HOUR),
        ("10d", 10 * DAY),
        ("9999d", 9999 * DAY),
        ("007m", 7 * MINUTE),
    ],
)
def test_an_age_is_read_as_it_is_spelt(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "15",
        "0m",
        "000d",
        "-1h",
        "+1h",
        "1.5h",
        "1 h",
        " 1h",
        "1h\n",
        "1H",
        "1w",
        "1h30m",
        "10000d",
        "١h",
        "1e3m",
    ],
)
def test_what_is_no_age_is_told_with_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="is no age such as 15m, 3h or 10d") as error:
        parse_age(text)
    assert repr(text) in str(error.value)


@given(st.integers(1, 9999), st.sampled_from("mhd"))
def test_every_age_up_to_four_digits_is_one(n: int, unit: str) -> None:
    assert parse_age(f"{n}{unit}") == n * {"m": MINUTE, "h": HOUR, "d": DAY}[unit]


def test_the_steps_rise_and_begin_within_the_hour_and_end_after_a_month() -> None:
    assert all(earlier < later for earlier, later in pairwise(STEPS))
    assert timedelta(0) < STEPS[0] <= HOUR
    assert STEPS[-1] == 30 * DAY


@given(ages, st.lists(spans, max_size=40))
def test_each_step_is_taken_once_however_late_the_crawl_comes(steps: list[timedelta], late: list[timedelta]) -> None:
    asked, taken = BORN, []
    lates = iter(late)
    while (due := next_visit(BORN, asked, steps)) is not None:
        assert due > asked
        assert due - BORN in steps
        taken.append(due - BORN)
        asked = due + next(lates, timedelta(0))
    assert all(earlier < later for earlier, later in pairwise(taken))
    assert len(taken) <= len(steps)
    if not any(late):
        assert taken == steps


@given(ages, spans)
def test_steps_that_were_missed_are_made_up_for_by_one_visit(steps: list[timedelta], age: timedelta) -> None:
    due = next_visit(BORN, BORN + age, steps)
    assert due == (BORN + min(s for s in steps if s > age) if any(s > age for s in steps) else None)


@given(ages, spans)
def test_nothing_is_due_after_the_last_step(steps: list[timedelta], more: timedelta) -> None:
    last = steps[-1] if steps else timedelta(0)
    assert next_visit(BORN, BORN + last + more, steps) is None


def test_an_article_that_says_it_comes_out_tomorrow_is_due_once_for_each_step_all_the_same() -> None:
    assert next_visit(BORN + DAY, BORN) == BORN + DAY + STEPS[0]


def test_without_steps_an_article_is_never_due() -> None:
    assert next_visit(BORN, BORN, ()) is None
    assert not is_wanted(BORN, BORN, None, BORN + 100 * DAY, ())


@given(ages, spans, spans)
def test_where_the_outlet_says_nothing_the_steps_decide(
    steps: list[timedelta], asked: timedelta, now: timedelta
) -> None:
    due = next_visit(BORN, BORN + asked, steps)
    too_late = bool(steps) and now > steps[-1] + LATE
    wanted = due is not None and due <= BORN + now and not too_late
    assert is_wanted(BORN, BORN + asked, None, BORN + now, steps) == wanted


def test_a_visit_that_was_missed_is_made_up_for_but_not_for_ever() -> None:
    asked, last = BORN + 11 * DAY, BORN + STEPS[-1]
    assert is_wanted(BORN, asked, None, last + LATE)
    assert not is_wanted(BORN, asked, None, last + LATE + MINUTE)


@given(spans, spans, spans, ages, st.booleans())
def test_a_change_later_than_we_asked_is_fetched_at_once_whatever_the_age(
    asked: timedelta, later: timedelta, ago: timedelta, steps: list[timedelta], sure: bool
) -> None:
    modified = BORN + asked + later + MINUTE / 60
    assert is_wanted(BORN, BORN + asked, modified, modified + ago, steps, sure)


@given(spans, spans, spans, ages, st.booleans())
def test_a_change_in_the_future_says_nothing(
    asked: timedelta, now: timedelta, ahead: timedelta, steps: list[timedelta], sure: bool
) -> None:
    modified = BORN + now + ahead + MINUTE / 60
    with_it = is_wanted(BORN, BORN + asked, modified, BORN + now, steps, sure)
    assert with_it == is_wanted(BORN, BORN + asked, None, BORN + now, steps, sure)


@given(spans, spans, spans, ages)
def test_where_the_outlet_does_not_say_every_change_the_steps_go_on(
    modified: timedelta, later: timedelta, now: timedelta, steps: list[timedelta]
) -> None:
    asked = BORN + modified + later
    with_it = is_wanted(BORN, asked, BORN + modified, asked + now, steps, sure=False)
    assert with_it == is_wanted(BORN, asked, None, asked + now, steps)


@given(spans, spans, spans)
def test_a_page_that_has_not_changed_since_we_asked_is_not_asked_for_at_any_step(
    modified: timedelta, later: timedelta, now: timedelta
) -> None:
    said = BORN + modified + timedelta(microseconds=1)
    if said.time() != said.min.time():  # a midnight is a day without a time
        assert not is_wanted(BORN, said + later, said, said + later + now)


def test_a_day_without_a_time_decides_only_when_that_day_was_over() -> None:
    day = datetime(2026, 3, 29, tzinfo=UTC)
    noon, due = day + 12 * HOUR, day + 2 * DAY
    assert is_wanted(BORN, noon, day, due)  # it may have changed in the afternoon: the step decides
    assert not is_wanted(BORN, noon, day, noon + MINUTE)  # no step has come
    assert not is_wanted(BORN, day + DAY, day, day + 20 * DAY)
    assert is_wanted(BORN, noon, day + DAY, noon + DAY)


def test_a_failing_source_is_left_alone_ever_longer_and_never_given_up() -> None:
    assert rest(0) == timedelta(0)
    assert all(rest(n) < rest(n + 1) for n in range(len(RESTS) - 1))
    assert rest(10_000) == RESTS[-1] <= 7 * DAY


def test_a_host_that_asks_for_patience_gets_ever_more_up_to_a_bound() -> None:
    assert patience(1) == patience(0) == PATIENCE[0] > timedelta(0)
    assert all(patience(n) < patience(n + 1) for n in range(1, len(PATIENCE)))
    assert patience(10_000) == PATIENCE[-1] <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", 2 * MINUTE),
        (" 120 ", 2 * MINUTE),
        ("0", timedelta(0)),
        ("9" * 400, LONGEST_WAIT),
        (format_datetime(BORN + HOUR, usegmt=True), HOUR),
        (format_datetime(BORN - HOUR, usegmt=True), timedelta(0)),
        (format_datetime(BORN + 900 * DAY, usegmt=True), LONGEST_WAIT),
        (None, patience(2)),
        ("", patience(2)),
        ("soon", patience(2)),
        ("-5", patience(2)),
        ("١٢٠", patience(2)),
        ("Sun, 99 Foo 2026 00:00:00 GMT", patience(2)),
    ],
)
def test_retry_after_counts_as_far_as_it_is_one(retry_after: str | None, wait: timedelta) -> None:
    assert wait_until(retry_after, BORN, 2) == BORN + wait


@given(st.text(max_size=60) | st.none(), st.integers(-3, 99))
def test_no_header_makes_a_wait_longer_than_a_day_or_fails(retry_after: str | None, times: int) -> None:
    assert BORN <= wait_until(retry_after, BORN, times) <= BORN + LONGEST_WAIT

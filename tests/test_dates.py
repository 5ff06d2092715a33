"""Times that pages state: an error here puts a story on a wrong day, or invents a time nobody stated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.dates import is_time, read_covered, read_moment, read_printed

KYIV = "Europe/Kyiv"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2031-04-25T10:00:00Z", "2031-04-25T10:00:00Z"),
        ("2031-04-25T10:00:00.123Z", "2031-04-25T10:00:00Z"),
        ("2031-04-25T10:00:00+03:00", "2031-04-25T07:00:00Z"),
        ("2031-04-25T10:00:00+0300", "2031-04-25T07:00:00Z"),
        ("2031-04-25T10:00:00-05:00", "2031-04-25T15:00:00Z"),
        ("2031-04-25 10:00", "2031-04-25T07:00:00Z"),
        ("2031-04-25T10:00:00", "2031-04-25T07:00:00Z"),  # summer
        ("2031-01-25T10:00:00", "2031-01-25T08:00:00Z"),  # winter
        ("2023-03-26T04:30:00", "2023-03-26T01:30:00Z"),  # the hour after clocks went forward
        ("2031-04-25", "2031-04-24T21:00:00Z"),
        ("20310425", "2031-04-24T21:00:00Z"),
        ("Fri, 25 Apr 2031 10:00:00 GMT", "2031-04-25T10:00:00Z"),
        ("Fri, 25 Apr 2031 10:00:00 +0300", "2031-04-25T07:00:00Z"),
        ("2031-04-25 10:00:00 GMT", "2031-04-25T10:00:00Z"),
        ("2031-04-25 10:00 EEST", "2031-04-25T07:00:00Z"),
        ("2031-04-25 10:00 XYZT", "2031-04-25T07:00:00Z"),
        ("April 25, 2031", "2031-04-24T21:00:00Z"),
        ("25.04.2031 10:00", "2031-04-25T07:00:00Z"),
        ("  2031-04-25T10:00:00Z\n", "2031-04-25T10:00:00Z"),
        ("12.04.2031", "2031-04-11T21:00:00Z"),
        ("Fri Apr 25 2031 10:00:00 GMT+0300", "2031-04-25T07:00:00Z"),
        ("25 April 2031 10:00 UTC+3", "2031-04-25T07:00:00Z"),
        ("25 April 2031 10:00 GMT +0300", "2031-04-25T07:00:00Z"),
        ("2031-04-25 10:00 ET", "2031-04-25T14:00:00Z"),
        ("2031-01-25 10:00 ET", "2031-01-25T15:00:00Z"),
    ],
)
def test_machine_readable_times_are_read_to_the_second(text: str, at: str) -> None:
    moment = read_moment(text, KYIV, "meta")
    assert moment is not None
    assert (moment.at, moment.found, moment.printed) == (at, "meta", " ".join(text.split()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "April 2031",
        "2031-04",
        "25 April",
        "10:00:00 GMT",
        "Sunday",
        "yesterday",
        "today at 10",
        "not a date at all",
        "12345678",
        "99999999",
        "1681977600",
        "2031-04-25T25:00:00",
        "2031-02-30T10:00:00",
        "0000-00-00 00:00:00",
        "10000-01-01",
        "0001-01-01",
        "9999-12-31T23:59:59-12:00",
        "1" * 7,
        "2031-04-25T10:00:00Z" + " junk" * 20,
        "0001-01-01T00:00:00Z",
        "1" * 60,
        "1989-12-31",
        "2101-01-01",
        "2031-04-25T10:00:00+99:00",
        "40/2-0:0-30",
    ],
)
def test_what_states_no_whole_date_is_none(text: str) -> None:
    assert read_moment(text, KYIV, "meta") is None


@given(st.text(max_size=64) | st.from_regex(r"[0-9TZ :.,+-]{8,32}", fullmatch=True))
def test_no_text_can_break_the_reading_of_a_time(text: str) -> None:
    read_moment(text, KYIV, "meta")
    read_printed(text, KYIV)
    read_covered(text)


# 1991 to 2090, so that every zone's year is one that a page can have come out in
MOMENTS = st.integers(662_688_000, 3_786_912_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS, st.sampled_from([KYIV, "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]))
def test_a_moment_keeps_its_second_whatever_offset_it_is_written_in(moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    read = read_moment(local.isoformat(), KYIV, "json-ld")
    assert read is not None
    assert datetime.fromisoformat(read.at) == moment
    assert read.day == moment.astimezone(ZoneInfo(KYIV)).date().isoformat()


@given(MOMENTS)
def test_a_printed_minute_is_read_back_in_the_sources_zone(moment: datetime) -> None:
    local = moment.astimezone(ZoneInfo(KYIV)).replace(second=0, microsecond=0)
    printed = read_printed(f"{local:%d.%m.%Y, %H:%M}", KYIV)
    assert printed is not None
    assert printed.day == local.date().isoformat()
    # in the hour that clocks repeat, either is right
    assert abs(datetime.fromisoformat(printed.at) - local) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2031-04-25T20:59:59Z", KYIV, "2031-04-25"),
        ("2031-04-25T21:00:00Z", KYIV, "2031-04-26"),
        ("2031-04-25T00:30:00", KYIV, "2031-04-25"),
        ("2031-04-25", "America/New_York", "2031-04-25"),
        ("2031-04-25T03:59:00Z", "America/New_York", "2031-04-24"),
        ("2031-04-25T23:30:00-11:00", "Pacific/Kiritimati", "2031-04-27"),
    ],
)
def test_the_day_is_that_of_the_sources_zone(text: str, zone: str, day: str) -> None:
    moment = read_moment(text, zone, "meta")
    assert moment is not None
    assert moment.day == day


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("April 20, 2023", "2023-04-19T21:00:00Z"),
        ("Published April 20,2023", "2023-04-19T21:00:00Z"),
        ("Apr 20, 2023", "2023-04-19T21:00:00Z"),
        ("Sept. 3, 2023", "2023-09-02T21:00:00Z"),
        ("May 3rd, 2023", "2023-05-02T21:00:00Z"),
        ("12 April, 2026, 7:32 AM EEST", "2026-04-12T04:32:00Z"),
        ("April 12, 2026, 7:32 AM EEST", "2026-04-12T04:32:00Z"),
        ("12 January 2031, 7:32 EET", "2031-01-12T05:32:00Z"),
        ("12 April 2031 7:32 MSK", "2031-04-12T04:32:00Z"),
        ("25.04.2031 (14:05)", "2031-04-25T11:05:00Z"),
        ("14:05 25.04.2031", "2031-04-25T11:05:00Z"),
        ("25/04/2031 14:05", "2031-04-25T11:05:00Z"),
        ("2031-04-25 14:05", "2031-04-25T11:05:00Z"),
        ("14 квітня 2031, 07:32", "2031-04-14T04:32:00Z"),
        ("00:15 1 січня 2031", "2030-12-31T22:15:00Z"),
        ("5 лютого 2026 року", "2026-02-04T22:00:00Z"),
        ("31 июля 2026 12:31", "2026-07-31T09:31:00Z"),
        ("5 МАЯ 2031", "2031-05-04T21:00:00Z"),
        ("Published Date: 06:34 | 13 June 2023", "2023-06-13T03:34:00Z"),
        ("Ivan PetrenSunday, 28 May 2023, 15:05", "2023-05-28T12:05:00Z"),
        ("14. März 2031, 9:05 Uhr", "2031-03-14T07:05:00Z"),
        ("03 Ağustos 2031 14:20", "2031-08-03T11:20:00Z"),
        ("3 Şubat 2031", "2031-02-02T22:00:00Z"),
        ("1 stycznia 2031 r.", "2030-12-31T22:00:00Z"),
        ("1 de mayo de 2031", "2031-04-30T21:00:00Z"),
        ("1 maggio 2031", "2031-04-30T21:00:00Z"),
        ("13\u00a0June\u00a02023, 10:00", "2023-06-13T07:00:00Z"),
        ("13 June 2023, 12:05 AM", "2023-06-12T21:05:00Z"),
        ("13 June 2023, 12:05 PM", "2023-06-13T09:05:00Z"),
        ("13 June 2023, 1:05 p.m.", "2023-06-13T10:05:00Z"),
        ("13 June 2023, 11:59pm", "2023-06-13T20:59:00Z"),
        ("2031-04-25T14:05:00Z", "2031-04-25T14:05:00Z"),
        ("12 April 2031 7:32 GMT", "2031-04-12T07:32:00Z"),
        ("12 April 2031 07:32:10 EEST", "2031-04-12T04:32:00Z"),
        ("1er mai 2031", "2031-04-30T21:00:00Z"),
        ("12 April 2031, 7:32 AM TRT", "2031-04-12T04:32:00Z"),
        ("12 January 2031, 7:32 EEST", "2031-01-12T04:32:00Z"),  # the summer's name in winter: what it says
        ("May 31, 2024, 6:45pm ET", "2024-05-31T22:45:00Z"),
        ("January 31, 2024, 6:45 pm (ET)", "2024-01-31T23:45:00Z"),
        ("31 May 2024, 9:00 a.m. PT", "2024-05-31T16:00:00Z"),
        ("31 May 2024, 18:45 (MSK)", "2024-05-31T15:45:00Z"),
        ("31 May 2024, 18:45 GMT+4", "2024-05-31T14:45:00Z"),
        ("31 May 2024, 18:45 UTC -03:30", "2024-05-31T22:15:00Z"),
        ("31 May 2024, 18:45 UTC+0530", "2024-05-31T13:15:00Z"),
        ("31 mai 2031, 10:15 et 12:20", "2031-05-31T07:15:00Z"),
        ("31 May 2024, 18:45 IST", "2024-05-31T15:45:00Z"),  # India's, Israel's or Ireland's: the source's zone
        ("Updated: 13-06-2023 | Created 12 June 2023, 21:00", "2023-06-12T18:00:00Z"),
        ("Mo 25.04.31 | 14:05 Uhr", "2031-04-25T11:05:00Z"),
        ("25.04.2031, 14.05 Uhr", "2031-04-25T11:05:00Z"),
        ("Publié le 25 avr. 2031 à 14h05", "2031-04-25T11:05:00Z"),
        ("2031年04月25日14:05 | 港", "2031-04-25T11:05:00Z"),
        ("2031年4月25日 14時05分", "2031-04-25T11:05:00Z"),
        ("2031년 4월 25일 14:05", "2031-04-25T11:05:00Z"),
        ("2031.04.25 14:05", "2031-04-25T11:05:00Z"),
        ("2031/4/25 14:05", "2031-04-25T11:05:00Z"),
        ("25 de abril de 2031, 14:05", "2031-04-25T11:05:00Z"),
        ("25. dubna 2031 14:05", "2031-04-25T11:05:00Z"),
    ],
)
def test_printed_times_are_read_to_the_minute(text: str, at: str) -> None:
    moment = read_printed(text, KYIV)
    assert moment is not None
    assert (moment.at, moment.found, moment.printed) == (at, "text", " ".join(text.split()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "April 20",
        "25 квітня, 14:05",
        "MERIDIAN, May 7.",
        "14:05",
        "2031",
        "30 February 2031",
        "29 February 2031",
        "31.02.2031",
        "12/31/2031",
        "00.04.2031",
        "2031-13-01",
        "25:00 13.06.2031",
        "13.06.2031 14:65",
        "25.04.31",
        "Room 20312 of house 5",
        "125.04.20317",
        "1 Vardania 2031",
        "31 May 2024, 18:45 UTC+24",
        "MERIDIAN, May 7. /VNA/. 2031 placeholders.",
        "МЕРИДИАН, 7 мая. /ВНА/.",
        "Меридиан. 27 апреля. ВНА - Здесь стоит текст.",
    ],
)
def test_a_line_without_a_possible_whole_date_is_none(text: str) -> None:
    assert read_printed(text, KYIV) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2031-04-25T10:00:00Z", "Z"),
        ("2031-04-25T10:00:00+03:00", "+03:00"),
        ("2031-04-25T10:00:00.123-0500", "-0500"),
        ("20310425T100000Z", "+0000"),
        ("Fri, 25 Apr 2031 10:00:00 GMT", "GMT"),
        ("Fri Apr 25 10:00:00 CEST 2031", "CEST"),
        ("Fri Apr 25 2031 10:00:00 GMT+0300", "GMT+0300"),
        ("2031-04-25 10:00 ET", "ET"),
        ("2031-04-25T10:00:00", None),
        ("2031-04-25 10:00 XYZT", None),
        ("2031-04-25", None),
    ],
)
def test_the_zone_is_kept_as_it_was_stated(text: str, zone: str | None) -> None:
    moment = read_moment(text, KYIV, "meta")
    assert moment is not None
    assert moment.zone == zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("12 April 2031, 7:32 AM EEST", "EEST"),
        ("31 May 2031, 18:45 UTC -03:30", "UTC-03:30"),
        ("31 May 2031, 18:45 IST", None),
        ("12 April 2031", None),
    ],
)
def test_a_printed_zone_is_kept_where_it_is_known(text: str, zone: str | None) -> None:
    moment = read_printed(text, KYIV)
    assert moment is not None
    assert moment.zone == zone


@pytest.mark.parametrize(
    ("text", "timed"),
    [
        ("2031-04-25", False),
        ("20310425", False),
        ("April 25, 2031", False),
        ("25.04.2031", False),
        ("2031-04-25T00:00:00", True),
        ("April 25, 2031 1:00", True),
        ("25.04.2031 10:00", True),
    ],
)
def test_a_day_alone_is_told_from_its_midnight(text: str, timed: bool) -> None:
    moment = read_moment(text, KYIV, "meta")
    assert moment is not None
    assert moment.timed is timed


def test_slashes_part_a_month_first_in_the_united_states_alone() -> None:
    days = [read_printed("04/12/2031, 10:00", zone) for zone in ("America/New_York", "America/Toronto", KYIV)]
    assert [moment and moment.day for moment in days] == ["2031-04-12", "2031-12-04", "2031-12-04"]
    dots = read_printed("12.04.2031", "America/New_York")
    assert dots is not None
    assert dots.day == "2031-04-12"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The total placeholders from 24.02.22 to 20.04.31 were approximately:", "2031-04-20"),
        ("Placeholders from 24 February 2022 to 5 April 2031", "2031-04-05"),
        ("Total placeholders as of April 4, 2031", "2031-04-04"),
        ("Втрати станом на 11.04.2031", "2031-04-11"),
        ("з 24.02.2022 по 12.04.2031", "2031-04-12"),
        ("По состоянию на 11 апреля 2031 года", "2031-04-11"),
        ("Closed since 24 February 2022", None),
        ("On 24 February 2022 it was closed, as of then", None),
        ("As of 31.02.2031", None),
        ("", None),
    ],
)
def test_the_day_that_figures_are_of_is_what_the_text_says(text: str, day: str | None) -> None:
    covered = read_covered(text)
    assert (covered and covered.isoformat()) == day


def test_a_leap_day_is_a_day() -> None:
    moment = read_printed("29 February 2032", "UTC")
    assert moment is not None
    assert moment.at == "2032-02-29T00:00:00Z"


def test_a_printed_zone_moves_the_time_and_not_the_sources_day() -> None:
    moment = read_printed("12 April 2031, 11:30 PM EDT", KYIV)
    assert moment is not None
    assert (moment.at, moment.day) == ("2031-04-13T03:30:00Z", "2031-04-13")


@pytest.mark.parametrize(
    "text",
    [
        "Total placeholders as of April 11, 2031",
        "Бойові втрати станом на 11.04.2031",
        "По состоянию на 11 апреля 2031 года",
        "Open since April 11, 2031",
        "The placeholders from 24.02.2031 to 12.04.2031 were approximately",
        "11 April 2031 – 13 April 2031",
        "The placeholders from 24.02.31 to 12.04.2031 were approximately",
        "з 24.02.2031 по 12.04.2031",
        "In a long sentence that stands below the headline somebody remembers 11 April 2031.",
    ],
)
def test_a_date_that_the_text_speaks_of_does_not_say_when_the_page_came_out(text: str) -> None:
    assert read_printed(text, KYIV) is None


@pytest.mark.parametrize(
    "text",
    [
        "By Ann Lee and Bo Ray in Port Meridian, 11 April 2031, 10:00",
        "Published: 11 April 2031, 10:00 | Updated: 12 April 2031, 11:00",
        "Published on 11 April 2031 at 10:00 AM EEST",
    ],
)
def test_a_line_with_names_and_labels_still_says_when(text: str) -> None:
    moment = read_printed(text, KYIV)
    assert moment is not None
    assert moment.at == "2031-04-11T07:00:00Z"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Published Date: 06:34 | 13 June 2031", "2031-06-12T21:00:00Z"),
        ("Published Date: 12:00 | 13 June 2031", "2031-06-12T21:00:00Z"),
        ("Published Date: 01:00 TRT | 13 June 2031", "2031-06-12T21:00:00Z"),
        ("Published Date: 06:34 PM | 13 June 2031", "2031-06-13T15:34:00Z"),
        ("Published Date: 18:34 | 13 June 2031", "2031-06-13T15:34:00Z"),
        ("Published Date: 00:34 | 13 June 2031", "2031-06-12T21:34:00Z"),
        ("Published June 13,2031", "2031-06-12T21:00:00Z"),
    ],
)
def test_of_a_twelve_hour_clock_without_am_or_pm_the_day_alone_is_believed(text: str, at: str) -> None:
    moment = read_printed(text, "Europe/Istanbul", "12h")
    assert moment is not None
    assert (moment.at, moment.day, moment.printed) == (at, "2031-06-13", text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("7:32 AM EEST", True),
        (", 14:05 |", True),
        ("(14:05)", True),
        ("14:05 Placeholder story", False),
        ("14", False),
        ("", False),
        ("at noon", False),
    ],
)
def test_a_time_of_day_is_told_from_other_lines(text: str, wanted: bool) -> None:
    assert is_time(text) is wanted

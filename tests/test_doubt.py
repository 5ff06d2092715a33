"""What speaks against a time: flagged with both dates, and never for what is usual."""

from __future__ import annotations

import pytest

from archive.doubt import earlier, joined, of_capture, of_page

AT, DAY = "2031-04-20T08:00:00Z", "2031-04-20"
HOST = "https://news.vardania.example"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/2030/04/20/harbour", "2030-04-20"),
        ("/2030/4/harbour", "2030-04"),
        ("/a/20300420/harbour", "2030-04-20"),
        ("/harbour-2030-04-20.html", "2030-04-20"),
        ("/2032_05_02/harbour", "2032-05-02"),
    ],
)
def test_a_year_that_is_not_the_addresses_is_doubtful(path: str, said: str) -> None:
    assert of_page(AT, DAY, [HOST + path]) == f"the address says {said}, the page 2031-04-20"


@pytest.mark.parametrize(
    "path",
    [
        "/2031/04/20/harbour",
        "/2031/01/harbour",
        "/2030/12/30/harbour",
        "/harbour",
        "/a/1203/04/20/harbour",
        "/news/12030-04-20",
        "/2030/44/20/harbour",
        "/2030",
        "/?date=2029-04-20",
        "/20301399",
    ],
)
def test_an_address_that_agrees_or_says_nothing_raises_no_doubt(path: str) -> None:
    assert of_page(AT, DAY, [HOST + path]) is None


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("The total losses from 24.02.30 to 20.04.30 were approximately:", "2030-04-20"),
        ("Ships in the harbour as of April 4, 2030", "2030-04-04"),
        ("Судна в порту станом на 11.04.2030", "2030-04-11"),
        ("По состоянию на 11 апреля 2030 года", "2030-04-11"),
    ],
)
def test_figures_of_another_year_make_a_date_doubtful(text: str, covered: str) -> None:
    line = of_page(AT, DAY, texts=["Harbour report", text])
    assert line == f"its figures are those of {covered}, the page is dated 2031-04-20"


@pytest.mark.parametrize(
    "text",
    [
        "The total losses from 24.02.22 to 20.04.31 were approximately:",
        "Ships in the harbour as of April 1, 2031",
        "The harbour has been closed since 24 February 2022",
        "The harbour was built on 24 February 1922.",
        "As of 31.02.2030 nothing was known",
    ],
)
def test_figures_of_these_days_and_dates_that_a_text_speaks_of_raise_no_doubt(text: str) -> None:
    assert of_page(AT, DAY, texts=["Harbour report", text]) is None


def test_a_date_by_the_headline_that_is_another_is_doubtful_and_one_of_its_neighbours_is_not() -> None:
    assert (
        of_page(AT, DAY, printed="2031-04-11")
        == "by its headline the page prints 2031-04-11, but declares 2031-04-20"
    )
    assert of_page(AT, DAY, printed="2031-04-22") is None


def test_what_a_list_announced_as_new_is_not_years_old() -> None:
    line = of_page(AT, DAY, announced="2033-04-20T08:00:00.000Z")
    assert line == "the list that announced it says 2033-04-20, the page 2031-04-20"
    assert of_page(AT, DAY, announced="2031-06-20T08:00:00.000Z") is None


def test_what_comes_out_after_its_capture_is_doubtful() -> None:
    line = of_capture(AT, "2031-04-18T08:00:00.000Z", "2031-04-21")
    assert line == "dated 2031-04-21, but captured on 2031-04-18 already"
    assert of_capture(AT, "2031-04-19T09:00:00.000Z") is None
    assert of_capture(AT, "2041-04-19T09:00:00.000Z") is None
    assert of_capture(None, "2031-04-19T09:00:00.000Z") is None


def test_a_change_days_before_the_publication_is_doubtful_and_one_of_that_morning_is_not() -> None:
    assert earlier(AT, "2031-04-11T08:00:00Z") == "changed on 2031-04-11, before it came out on 2031-04-20"
    assert earlier(AT, "2031-04-20T01:00:00Z") is None
    assert earlier(AT, "2031-05-20T01:00:00Z") is None
    assert (earlier(None, AT), earlier(AT, None)) == (None, None)


def test_several_reasons_stand_in_one_line_each_once() -> None:
    assert joined("a", None, "b", "a") == "a; b"
    assert joined(None) is None


def test_without_a_date_there_is_nothing_to_doubt() -> None:
    assert of_page(None, None, [HOST + "/2030/04/20"], DAY, AT, ["as of April 4, 2030"]) is None

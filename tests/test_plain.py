"""Texts without markup, in the shapes in which people keep them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.boilerplate import Own, compose, mark_blocks
from archive.fingerprint import block_hash, letters
from archive.models import Reading
from archive.plain import read_plain
from archive.stated import Given
from archive.textlines import read_lines
from archive.titles import is_share

TITLE = "Vardania's pilots return to work after nine days"
STRIKE = [
    "Harbour pilots in Vardania have resumed work after a strike of nine days, the port authority said on Monday.",
    "The dispute over night shifts had left forty ships waiting outside the breakwater. Talks led by mediator Ilse"
    " Brandt ended late on Sunday with an agreement that both sides described as fair.",
    "“We are glad that the cranes are moving again,” said Teodor Malk, who heads the pilots' union. “Nobody wanted"
    " this to last.”",
    "Under the agreement the pilots will work in teams of four, and the authority will hire twelve more by autumn.",
    "The mayor of Ostrand, Lena Korv, thanked the mediator and said that the town would review how it pays for the"
    " port.",
]
OTHER = "Northern theatre opens its season with songs of the sea"
SONGS = [
    "The orchestra of the northern theatre will open its season with a programme of songs, its director announced.",
    "Conductor Mirela Dusk has chosen works by three composers who grew up on the islands of Fenmark and collected"
    " the songs of fishermen there.",
    "“These melodies have never been played by a full orchestra,” Dusk said at a rehearsal. “Audiences in Fenmark"
    " deserve to hear them first.”",
]
FIGURES = [
    "The losses of the enemy from 24.02.31 to 20.04.32 were approximately:",
    "personnel ‒ about 12000 (+70) persons,",
    "tanks – 367 (+2),",
    "vehicles – 712 (+10),",
    "artillery systems – 285 (+6),",
    "helicopters – 29 (+0),",
    "aircraft – 30 (+0),",
    "boats – 18 (+1),",
    "missiles – 91 (+4),",
    "special equipment – 33 (+2).",
]


def apart(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def read(text: str, zone: str = "UTC") -> Reading:
    [reading] = read_plain(text, zone)
    return reading


def shown(reading: Reading) -> str:
    """The text that is left of a reading by itself."""
    own = Own(
        frozenset(block_hash(t) for t in (reading.title, reading.headline) if t),
        reading.byline,
        reading.agency,
        frozenset(d[:10] for d in (reading.published, reading.modified) if d),
    )
    return compose(reading.blocks, mark_blocks(reading.blocks, own, frozenset()).marks)


SHAPES = {
    "blank lines": apart(TITLE, "April 20, 2031", *STRIKE),
    "date above the title": apart("20 April 2031", TITLE, *STRIKE),
    "no blank lines": "\n".join([TITLE, "By Anna Holm", "20.04.2031", *STRIKE]),
    "lists above the title": apart("Home\nNews\nBack to all news", TITLE, "Posted on 20 April 2031", *STRIKE),
    "section and list below": "\n".join([TITLE, "- Economy", "- AFP", "- Published: 20.04.2031", *STRIKE]),
    "publisher above the title": apart("Ministry of Ports of Vardania", TITLE, "20 April 2031", *STRIKE),
    "dateline": apart(TITLE, "OSTRAND, April 20, 2031 - " + STRIKE[0], *STRIKE[1:]),
    "date at the end": apart(TITLE, *STRIKE, "Published: 20 April 2031"),
    "press release": apart("PRESS RELEASE\nFor immediate release\nApril 20, 2031", TITLE, *STRIKE),
    "wrapped": apart(TITLE, "20 April 2031", *(textwrap.fill(p, 72) for p in STRIKE)),
    "indented": f"{TITLE}\n\n20 April 2031\n" + "\n".join(textwrap.fill(p, 72, initial_indent="   ") for p in STRIKE),
    "Windows": apart(TITLE, "April 20, 2031", *STRIKE).replace("\n", "\r\n"),
    "sub-headlines": apart(
        TITLE, "20 April 2031", *STRIKE[:2], "What the two sides agreed on over the weekend", *STRIKE[2:]
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_title_day_and_whole_text_come_out_of_each_shape(shape: str) -> None:
    reading = read(SHAPES[shape])
    assert (reading.title, reading.published_day) == (TITLE, "2031-04-20")
    text = shown(reading)
    assert [p for p in STRIKE if p not in text] == []
    assert TITLE not in text
    assert "Back to all news" not in text


def test_a_time_of_day_and_a_change_are_read_with_the_sources_zone() -> None:
    lines = [
        TITLE,
        "- World",
        "- Published Date: 06:34 | 13 June 2031",
        "- Modified Date: 07:13 | 13 June 2031",
        *STRIKE,
    ]
    reading = read("\n".join(lines), "Europe/Istanbul")
    assert reading.published == "2031-06-13T03:34:00Z"
    assert reading.modified == "2031-06-13T04:13:00Z"
    assert reading.published_from == "text"


def test_a_text_without_a_title_is_called_by_its_first_words_and_loses_none_of_them() -> None:
    reading = read(apart(*STRIKE))
    assert reading.title == "Harbour pilots in Vardania have resumed work after a strike of nine days, the …"
    assert reading.headline is None
    assert shown(reading) == apart(*STRIKE)


def test_a_text_without_a_year_has_no_date() -> None:
    reading = read(apart(TITLE, "On April 20, the pilots came back.", *STRIKE))
    assert reading.published is None


def test_a_count_beside_a_word_that_ends_like_a_month_is_no_date() -> None:
    assert read(apart(TITLE, *STRIKE[:1], "personnel ‒ about 12000 (+70) persons")).published is None


def test_a_line_of_the_site_above_the_title_is_not_the_title() -> None:
    assert read(apart("To News and Stories", TITLE, *STRIKE)).title == TITLE


@pytest.mark.parametrize(
    ("line", "byline", "publisher"),
    [
        ("By Anna Holm", "Anna Holm", None),
        ("Автор: Ганна Коваль", "Ганна Коваль", None),
        ("Posted 20 April 2031 by Anna Holm", "Anna Holm", None),
        ("Source: Ostrand Herald", None, "Ostrand Herald"),
        ("Ministry of Ports", "Ministry of Ports", "Ministry of Ports"),
        ("Reuters", "Reuters", None),
        ("Economy", None, None),
    ],
)
def test_what_stands_below_the_title_signs_the_text(line: str, byline: str | None, publisher: str | None) -> None:
    reading = read(apart(TITLE, line, *STRIKE))
    assert (reading.byline, reading.publisher) == (byline, publisher)


def test_two_dated_stories_are_two() -> None:
    text = apart(TITLE, "20 April 2031", *STRIKE, OTHER, "21 April 2031", *SONGS)
    first, second = read_plain(text, "UTC")
    assert (first.title, first.published_day) == (TITLE, "2031-04-20")
    assert (second.title, second.published_day) == (OTHER, "2031-04-21")
    assert STRIKE[-1] in shown(first)
    assert shown(second) == apart(*SONGS)


def test_a_date_above_the_second_title_is_the_seconds() -> None:
    text = apart("20 April 2031", TITLE, *STRIKE, "21 April 2031", OTHER, *SONGS)
    assert [r.published_day for r in read_plain(text, "UTC")] == ["2031-04-20", "2031-04-21"]


def test_prose_under_a_title_of_its_own_below_a_list_of_figures_is_another_story() -> None:
    head = ["April 20, 2031", "Ministry: 70 enemy soldiers lost in a day", "Defence Ministry", "April 20, 2031"]
    report, release = read_plain(apart(*head, "\n".join(FIGURES), OTHER, *SONGS), "UTC")
    assert (report.title, report.published_day, report.publisher) == (head[1], "2031-04-20", "Defence Ministry")
    assert FIGURES[-1] in shown(report)
    assert (release.title, release.published_day, release.publisher) == (OTHER, None, None)
    assert shown(release) == apart(*SONGS)


@pytest.mark.parametrize(
    "text",
    [
        SHAPES["sub-headlines"],
        apart(TITLE, "20 April 2031", *STRIKE, OTHER, *SONGS),
        apart(TITLE, *STRIKE[:2], "Twelve more pilots to be hired by autumn", "20 April 2031", *STRIKE[1:]),
        apart(
            "Losses of the enemy in one day", "20 April 2031", *STRIKE, "Losses over the whole of the week", *FIGURES
        ),
    ],
    ids=["sub-headlines", "a bare heading", "a dated heading of the same story", "prose before figures"],
)
def test_one_story_stays_one(text: str) -> None:
    assert len(read_plain(text, "UTC")) == 1


def test_titles_with_their_days_below_a_text_are_no_stories() -> None:
    teasers = [
        line for n in range(6) for line in (f"The {n}th lighthouse of the coast is lit again", f"{n + 1} April 2031")
    ]
    assert len(read_plain(apart(TITLE, "20 April 2031", *STRIKE, *teasers), "UTC")) == 1


def test_a_caption_between_standfirst_and_date_is_no_title_of_a_story() -> None:
    caption = "Pilots wait on the quay of Ostrand for the boats"
    reading = read(apart(TITLE, STRIKE[0], caption, "20 April 2031", *STRIKE[1:]))
    assert (reading.title, reading.published_day) == (TITLE, "2031-04-20")


@pytest.mark.parametrize(
    "title",
    [
        "And then the cranes stood still...",
        "Γιατί σταμάτησαν οι πιλότοι του λιμανιού;",
        "多運動 薪水高",
        "Who pays for the port?",
    ],
)
def test_titles_that_end_otherwise_are_titles(title: str) -> None:
    text = apart(title, f"{title.strip('.?;')} is what this text speaks of, and it says so at some length.", *STRIKE)
    assert read(text).title == title


def test_a_row_of_stars_before_a_title_and_another_subject_part_two_stories() -> None:
    text = apart(TITLE, "20 April 2031", *STRIKE, "* * *", OTHER, *SONGS)
    assert [r.title for r in read_plain(text, "UTC")] == [TITLE, OTHER]


@pytest.mark.parametrize(
    "line",
    ["Share the Post:", "Share this article", "SHARE", "Teilen", "Artikel teilen", "Поділитися:", "Поделиться новостью",
     "Follow us on Telegram", "Share on Facebook", "Print this article"],
)  # fmt: skip
def test_an_offer_to_share_is_no_text(line: str) -> None:
    reading = read(apart(TITLE, *STRIKE, line))
    assert reading.blocks[-1].role == "aside"
    assert shown(reading) == apart(*STRIKE)


@pytest.mark.parametrize("line", ["Share prices rise in Ostrand", "Share the burden of the war", "Print is not dead"])
def test_words_that_begin_as_an_offer_to_share_stay(line: str) -> None:
    assert not is_share(line)


def test_a_line_that_breaks_off_within_a_sentence_is_made_whole() -> None:
    long = "Under the agreement the pilots of Vardania will work in teams of four, while the authority hires twelve more of them before autumn"
    reading = read(apart(TITLE, STRIKE[0], f"{long}\nand pays them twice by night.", *STRIKE[1:]))
    assert f"{long} and pays them twice by night." in [block.text for block in reading.blocks]


def test_lists_and_figures_stay_lines_of_their_own() -> None:
    kinds = [line.kind for line in read_lines(apart(STRIKE[0], "\n".join(FIGURES), "- one\n- two", *STRIKE[1:]))]
    assert kinds == ["p", "p", *["line"] * 9, "li", "li", *["p"] * 4]


def test_what_is_given_counts_before_what_the_lines_say() -> None:
    text = apart(TITLE, "By Anna Holm", *STRIKE, OTHER, "21 April 2031", *SONGS)
    [reading] = read_plain(text, "UTC", given=Given(title="Pilots back at work", byline="Ben Oake"))
    assert (reading.title, reading.headline, reading.byline) == ("Pilots back at work", None, "Ben Oake")
    [reading] = read_plain(apart(TITLE, *STRIKE), "UTC", given=Given(title=TITLE.upper()))
    assert reading.headline == TITLE
    assert shown(reading) == apart(*STRIKE)


def test_scripts_without_spaces_and_without_capitals_have_titles_too() -> None:
    reading = read(
        "港の水先人が九日ぶりに仕事を再開\n\n2031年4月20日\n\n"
        + "港の水先人は月曜日、九日間のストライキの後に仕事を再開した。" * 3
    )
    assert (reading.title, reading.published_day) == ("港の水先人が九日ぶりに仕事を再開", "2031-04-20")


@pytest.mark.parametrize("text", ["", "\n\n", " \u200b\ufeff \x00", "***\n---\n"])
def test_nothing_is_read_to_nothing(text: str) -> None:
    assert read_plain(text, "UTC") == ()


@settings(max_examples=60)
@given(st.lists(st.one_of(st.sampled_from([TITLE, OTHER, "20 April 2031", "* * *", "- item", *STRIKE, *FIGURES]), st.text(max_size=80)), max_size=14), st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n"]))  # fmt: skip
def test_every_letter_of_a_text_is_in_a_block(lines: list[str], between: str) -> None:
    text = between.join(lines)
    found = read_plain(text, "Europe/Kyiv")
    unseen = dict.fromkeys(map(ord, "\ufdd0\ufdd1\ufdd2\ufffe\uffff"))
    kept = "".join(letters(block.text) for reading in found for block in reading.blocks)
    wanted = "".join(map(letters, text.translate(unseen).replace("\x00", "").splitlines()))
    assert sorted(kept) == sorted(letters(wanted)) or letters(kept) == letters(wanted)
    assert all(reading.title.strip() and reading.blocks for reading in found)


@pytest.mark.parametrize("piece", ["a ", "20.04.2031 ", "By A ", "\n- ", "Share ", "\n* * *\n", "A B C D E F\n"])
def test_a_text_of_nothing_but_beginnings_is_one_story_at_most(piece: str) -> None:
    assert len(read_plain(piece * (100_000 // len(piece)), "UTC")) <= 1

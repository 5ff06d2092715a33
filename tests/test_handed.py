"""What a file that was handed over is read to, whatever is in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.fronts import HTML, LIMIT, MARKDOWN, PLAIN, RECORD, ROW, header_lines, kind_of, typed
from archive.handed import read
from archive.models import Page
from tests.test_plain import OTHER, SONGS, STRIKE, TITLE, apart


def handed(body: str | bytes, content_type: str, url: str = "urn:sha256:0") -> Page:
    return read(body.encode() if isinstance(body, str) else body, content_type, url, "UTC", "en")


WORDS = [
    TITLE,
    "---",
    "title: x",
    "# ",
    "> ",
    "- ",
    "| a | b |",
    "```",
    "{",
    "}",
    '"',
    "[",
    "](",
    "text,title",
    "\x00",
    *STRIKE,
]


@settings(max_examples=150)
@given(
    st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(WORDS), max_size=12).map(lambda x: "\n".join(x).encode())),
    st.sampled_from([PLAIN, MARKDOWN, ROW, RECORD, HTML, "", "image/png", PLAIN + "; charset=utf-16", PLAIN + "; zone=x"]),
)  # fmt: skip
def test_whatever_is_handed_over_is_a_page_with_a_reason_or_with_texts(body: bytes, content_type: str) -> None:
    page = handed(body, content_type)
    assert page.reason or page.readings
    assert all(reading.title.strip() and reading.blocks and reading.steps[0] == "file" for reading in page.readings)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        ("x", "image/png", "not a text: image/png"),
        (b"\x00\x01" * 90, PLAIN, "not a text: its bytes are no characters"),
        (b"x" * (LIMIT + 1), PLAIN, "a text of more than 16 MiB"),
        ("[1]", RECORD, "not a record"),
        ("a,b\n1,2\n3,4\n", ROW, "not a record"),
        ('{"title": "x"}', RECORD, "no text"),
        ("---\ntitle: x\n---\n", MARKDOWN, "no text"),
        ("\n\n", PLAIN, "no text"),
    ],
)
def test_what_is_no_text_says_why(body: str | bytes, content_type: str, reason: str) -> None:
    assert handed(body, content_type).reason == reason


def test_zone_and_language_go_with_the_content_type() -> None:
    said = typed(f"{PLAIN}; charset=utf-8", "Europe/Kyiv", "uk")
    assert kind_of(said) == (PLAIN, "Europe/Kyiv", "uk")
    assert kind_of("text/plain; zone=../../etc/passwd; language=<x>") == (PLAIN, None, None)
    [reading] = handed(apart(TITLE, "20 April 2031, 14:30", *STRIKE), said).readings
    assert (reading.published, reading.language) == ("2031-04-20T11:30:00Z", "uk")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
def test_the_characters_come_out_of_each_encoding(encoding: str) -> None:
    text = apart(
        "Лоцмани повернулися до роботи", "Лоцмани порту знову працюють після страйку, що тривав дев'ять днів. " * 4
    )
    [reading] = handed(text.encode(encoding), PLAIN).readings
    assert reading.title == "Лоцмани повернулися до роботи"


def test_lines_that_only_look_like_fields_stay_text() -> None:
    for text in (
        "Harbour: closed\nFerry: late\n\nMore.",
        "Note: nothing else",
        f"Title: {TITLE}\nAnd more text\n\nEnd.",
    ):
        assert header_lines(text) == ({}, text)


def test_several_stories_of_one_record_are_one_where_it_names_its_title() -> None:
    text = apart(TITLE, "20 April 2031", *STRIKE, OTHER, "21 April 2031", *SONGS)
    assert len(handed(json.dumps({"text": text}), RECORD).readings) == 2
    assert len(handed(json.dumps({"text": text, "title": "All of April"}), RECORD).readings) == 1


def test_the_address_that_a_record_states_is_its_canonical_one() -> None:
    body = json.dumps({"text": apart(*STRIKE), "title": TITLE, "url": "https://coast.example/7"})
    assert handed(body, RECORD, "https://coast.example/seven").canonical == "https://coast.example/7"
    assert handed(body, RECORD, "https://other.example/7").canonical is None
    assert handed(body, RECORD).canonical is None


def test_the_standfirst_of_our_own_markdown_is_none_of_its_text() -> None:
    body = f"# {TITLE}\n\n*{SONGS[0]}*\n\n*{SONGS[1]}*\n\n{apart(*STRIKE)}\n"
    for digest, roles in ((f"text_sha256: {'a' * 64}\n", ["summary"] * 2), ("", [None] * 2)):
        [reading] = handed(f'---\ntitle: "{TITLE}"\n{digest}---\n\n{body}', MARKDOWN).readings
        found = {block.text: block.role for block in reading.blocks}
        assert [found[text] for text in SONGS[:2]] == roles
        assert not {"summary"} & {found[text] for text in STRIKE}

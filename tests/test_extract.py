"""From bytes to blocks: an error here loses a page, invents text or puts it out of order."""

from __future__ import annotations

import gzip
from html import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from trafilatura.utils import load_html

from archive.body import read_body
from archive.extract import read
from archive.fingerprint import block_hash, letters
from archive.models import Block, Page

URL = "https://news.vardania.example/a/1"
FIRST = "The harbour of Vardania reopened on Monday after engineers cleared the wreckage from its northern basin."
SECOND = "Ferries to the southern islands leave again from Wednesday, the port council said in the morning."
THIRD = "Two pilots will board every larger vessel until the new lights at the breakwater are in service."


def document(*elements: str, head: str = "") -> str:
    article = f"<h1>Harbour reopens</h1>{''.join(elements)}"
    return f"<html><head>{head}<title>T</title></head><body><article>{article}</article></body></html>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


PLAIN = document(paragraphs(FIRST, SECOND)).encode()


def page(body: bytes, encoding: str | None = None, content_type: str | None = "text/html; charset=utf-8") -> Page:
    return read(body, encoding, content_type, URL, "Europe/Kyiv", "en")


def blocks(*elements: str) -> tuple[Block, ...]:
    return read_body(load_html(document(*elements)), None).blocks


def shapes(*elements: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks(*elements)]


@pytest.mark.parametrize(("encoding", "problem"), [("zstd", "unknown"), ("br", "broken"), ("gzip", "broken")])
def test_a_body_that_cannot_be_unpacked_is_an_error_of_its_own(encoding: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        page(PLAIN, encoding)


RUSSIAN = "Инженеры убрали последние обломки из северной гавани порта, сообщил город в понедельник утром."


@pytest.mark.parametrize(
    ("content_type", "head", "codec"),
    [
        ("text/html; charset=windows-1251", "", "cp1251"),
        ("text/html", '<meta charset="windows-1251">', "cp1251"),
        ("text/html", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        (None, '<meta charset="koi8-r">', "koi8-r"),
        ("text/html; charset=UTF-8", '<meta charset="windows-1251">', "utf-8"),
        ("text/html; charset=windows-1251", "", "utf-8-sig"),
        ("text/html", "", "utf-8"),
        ("text/html", "", "utf-16"),
        ("text/html", "", "cp1251"),
        ("text/html; charset=nonsense", "", "cp1251"),
    ],
)
def test_the_charset_is_that_of_mark_header_or_meta(content_type: str | None, head: str, codec: str) -> None:
    body = document(paragraphs(RUSSIAN, RUSSIAN[::-1]), head=head).encode(codec)
    readings = page(body, None, content_type).readings
    assert readings
    assert RUSSIAN in [block.text for block in readings[0].blocks]


@pytest.mark.parametrize("content_type", ["application/pdf", "image/png", "application/json", "video/mp4"])
def test_what_is_not_html_is_no_article_and_says_so(content_type: str) -> None:
    result = page(PLAIN, None, content_type)
    assert (result.readings, result.reason) == ((), f"not HTML: {content_type}")


@pytest.mark.parametrize("content_type", [None, "", "TEXT/HTML", "application/xhtml+xml", "text/plain"])
def test_html_is_read_under_every_type_it_is_sent_with(content_type: str | None) -> None:
    assert page(PLAIN, None, content_type).readings


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n\t",
        b"\0" * 9,
        b"<html></html>",
        b"<html><head><title>T</title></head><body></body></html>",
        b"just a line",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        b"%PDF-1.7" + bytes(range(128, 256)) * 50,
        bytes(range(256)) * 50,
    ],
    ids=["empty", "space", "NUL", "bare", "titled", "line", "PNG", "PDF", "bytes"],
)
def test_a_body_without_a_text_is_no_article_and_no_error(body: bytes) -> None:
    result = page(body)
    assert result.readings == ()
    assert result.reason in ("no HTML in it", "no title", "no text")
    assert len(result.payload_sha256) == 64


def test_a_page_reads_the_same_however_it_was_sent_and_its_digest_is_that_of_the_unpacked_body() -> None:
    assert page(gzip.compress(PLAIN), "gzip") == page(PLAIN)
    assert len(page(PLAIN).readings[0].blocks) == 3
    assert page(PLAIN).payload_sha256 != page(PLAIN + b" ").payload_sha256


@pytest.mark.parametrize(
    "noise",
    [
        "\0",
        "\x01",
        "\x7f",
        "\u200b",
        "&#0;",
        "\x0b",
        "&#xFDD1;",
        "&#xD83D;&#xDE00;",
        "\ufffe",
        "&#xD800;",
        "&bogus;",
        "\U0001f4a5",
        "\ufdd0",
        "&#11;",
        "&#1;",
        "&#xFFFE;",
    ],
)
def test_odd_characters_in_a_text_cost_no_more_than_themselves(noise: str) -> None:
    body = document(
        paragraphs(FIRST, SECOND).replace("Monday", f"Mon{noise}day").replace("Ferries", '<a href="/f">F</a>')
    )
    readings = page(body.encode("utf-8", "surrogatepass")).readings
    assert readings
    text = " ".join(block.text for block in readings[0].blocks)
    assert "reopened on Mon" in text
    assert "day after engineers" in text
    text.encode()


@pytest.mark.parametrize("count", [500, 5_000, 40_000])
@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<div>", "</div>"),
        ("<b>", "</b>"),
        ("<ul><li>", "</li></ul>"),
        ("<a href=x>", "</a>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<blockquote>", "</blockquote>"),
    ],
)
def test_deep_nesting_ends_and_leaves_the_text_before_it(opening: str, closing: str, count: int) -> None:
    body = document(paragraphs(FIRST, SECOND), opening * count, escape(THIRD), closing * count)
    result = page(body.encode())
    assert [block.text for block in result.readings[0].blocks[:3]] == ["Harbour reopens", FIRST, SECOND]


def test_a_page_of_noise_in_bytes_never_ends_in_an_unexpected_error() -> None:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=300), st.integers(0, len(PLAIN)))
    def noise(data: bytes, at: int) -> None:
        page(PLAIN[:at] + data + PLAIN[at:], None, "text/html")

    noise()


def test_a_page_is_read_into_all_its_fields() -> None:
    head = (
        '<link rel="canonical" href="/harbour"><meta name="author" content="Ann Lee">'
        '<meta name="date" content="2031-04-25T10:00:00">'
    )
    result = page(document(paragraphs(FIRST, SECOND), head=head).encode())
    assert result.canonical == "https://news.vardania.example/harbour"
    (reading,) = result.readings
    assert (reading.title, reading.headline, reading.byline) == ("Harbour reopens", "Harbour reopens", "Ann Lee")
    assert (reading.published, reading.published_day, reading.published_from) == (
        "2031-04-25T07:00:00Z",
        "2031-04-25",
        "meta",
    )
    assert reading.published_printed == "2031-04-25T10:00:00"
    assert reading.language == "en"


def test_a_declared_language_goes_before_the_sources() -> None:
    body = PLAIN.replace(b"<html>", b'<html lang="uk">')
    assert page(body).readings[0].language == "uk"


def test_the_same_page_read_twice_is_the_same_reading() -> None:
    pages = [page(PLAIN) for _ in range(5)]
    other = page(document(paragraphs(SECOND, THIRD)).encode())
    assert len(set(pages)) == 1
    assert page(document(paragraphs(SECOND, THIRD)).encode()) == other
    assert page(PLAIN) == pages[0], "what was read in between changed it"


def test_headings_paragraphs_lists_and_quotes_become_blocks_of_their_kind() -> None:
    assert shapes(
        paragraphs(FIRST),
        "<h2>What opens when</h2>",
        f"<ul><li>{SECOND}</li><li><p>{THIRD}</p></li></ul>",
        f"<blockquote><p>{FIRST.upper()}</p></blockquote>",
        paragraphs(SECOND.upper()),
    ) == [
        ("heading", "Harbour reopens"),
        ("p", FIRST),
        ("heading", "What opens when"),
        ("li", SECOND),
        ("li", THIRD),
        ("quote", FIRST.upper()),
        ("p", SECOND.upper()),
    ]


def test_a_table_is_a_row_a_line_with_its_cells_apart() -> None:
    table = "<table><tr><th>Berth</th><th>Opens</th></tr><tr><td>North</td><td>3 May</td></tr></table>"
    assert shapes(paragraphs(FIRST, SECOND), table)[-2:] == [("row", "Berth | Opens"), ("row", "North | 3 May")]


def test_a_table_that_lays_out_the_page_is_paragraphs() -> None:
    long = [f"{text} {text.upper()} {text[::-1]} {text.title()}" for text in (FIRST, SECOND)]
    table = f"<table><tr><td>{paragraphs(*long)}</td><td>aside</td></tr></table>"
    found = shapes(paragraphs(THIRD), table)
    assert [pair for pair in found if pair[1] in long] == [("p", text) for text in long]


def test_lines_of_a_paragraph_stand_apart_and_in_order() -> None:
    found = shapes(paragraphs(FIRST), "<p>tanks – 12 (+2)<br>ferries – 3 (+0)<br/>boats – 40</p>", paragraphs(SECOND))
    assert found[2:5] == [("p", "tanks – 12 (+2)"), ("line", "ferries – 3 (+0)"), ("line", "boats – 40")]


def test_inline_markup_neither_glues_nor_splits_words() -> None:
    found = shapes(
        paragraphs(FIRST),
        "<p>The <b>north</b>ern <i>basin, <a href='/x'>the port</a></i> said, is <em>open</em>.</p>",
    )
    assert found[-1] == ("p", "The northern basin, the port said, is open.")


LONG = paragraphs(FIRST, SECOND, THIRD, FIRST[::-1], SECOND[::-1])


def test_the_link_share_is_the_part_of_the_letters_within_links() -> None:
    half = '<p><a href="/h">Half of these</a> letters of it</p>'
    whole = f'<p><a href="/w"><b>{escape(RUSSIAN)}</b></a></p>'
    found = {block.text: block.link_share for block in blocks(LONG, half, whole)}
    assert found[FIRST] == 0
    assert found["Half of these letters of it"] == 0.5
    assert found[RUSSIAN] == 1


def test_an_item_that_is_no_link_shares_the_menu_it_stands_in() -> None:
    menu = '<ul><li>No link stands here</li><li><a href="/1">Harbour news of the first day of May</a></li></ul>'
    found = {block.text: block.link_share for block in blocks(LONG, menu, paragraphs(THIRD[::-1]))}
    assert 0.5 < found["No link stands here"] < 1
    assert found["Harbour news of the first day of May"] == 1
    assert found[SECOND] == 0


def test_a_subheading_that_also_stands_in_the_menu_above_takes_the_share_of_its_own_place() -> None:
    menu = '<nav><a href="/w">What opens when</a></nav>'
    found = blocks(menu, LONG, "<h2>What opens when</h2>", paragraphs(THIRD[::-1]))
    assert [block.link_share for block in found if block.text == "What opens when"][-1] == 0


WORDS = ["harbour", "vessel", "council", "bridge", "convoy", "minister", "river", "ferry", "market", "engineer"]


def sentence(least: int = 4, most: int = 20) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), min_size=least, max_size=most).map(" ".join)


def within(tag: str, parts: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    return parts.map(lambda found: f"<{tag}>{' '.join(found)}</{tag}>")


INLINE = st.one_of(
    sentence(),
    sentence().map(lambda text: f"<b>{text}</b>"),
    sentence(1, 5).map(lambda text: f'<a href="/x">{text}</a>'),
    sentence().map(lambda text: f"{text}<br>{text} again"),
    sentence().map(lambda text: f"<em>{text} <i>nested</i></em> tail"),
)
INLINES = st.lists(INLINE, min_size=1, max_size=3)
CELL = within("td", st.lists(sentence(1, 5), min_size=1, max_size=1))
ELEMENT = st.one_of(
    within("p", INLINES),
    within("h2", st.lists(sentence(2, 5), min_size=1, max_size=1)),
    within("ul", st.lists(within("li", INLINES), min_size=1, max_size=4)),
    within("blockquote", st.lists(within("p", INLINES), min_size=1, max_size=2)),
    within("table", st.lists(within("tr", st.lists(CELL, min_size=1, max_size=3)), min_size=1, max_size=4)),
    within("div", INLINES),
    within("section", st.lists(within("p", INLINES), min_size=1, max_size=2)),
    within("dl", st.lists(within("dd", INLINES), min_size=1, max_size=2)),
    st.just("<figure><img src=a.jpg><figcaption>the ferry at dawn</figcaption></figure>"),
    st.just("<script>var harbour = 'never text';</script><style>.never {}</style>"),
)
PAGES = st.lists(ELEMENT, min_size=1, max_size=8).map(lambda elements: document(*elements))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(PAGES)
def test_every_block_comes_from_the_page_in_page_order_and_the_tree_stays_as_it_is(source: str) -> None:
    tree = load_html(source)
    before = etree.tostring(tree)
    found = read_body(tree, None).blocks
    assert etree.tostring(tree) == before
    reference = html.fromstring(source)
    etree.strip_elements(reference, "script", "style", with_tail=False)
    text = letters(" ".join(reference.itertext()))
    position = 0
    for block in found:
        key = letters(block.text)
        start = text.find(key, position)
        assert start >= 0, block.text
        position = start + len(key)
        assert 0 <= block.link_share <= 1
        assert block.hash == block_hash(block.text)
    assert "never" not in " ".join(block.text for block in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tanks – 12 (+2)", "tanks - 12 (+ 2);"),
        ("“Harbour reopens”", '"Harbour  reopens"'),
        ("Harbour reopens", "Harbour\u00a0reopens."),
        ("port_news", "port news"),
        ("ПОРТ ВІДКРИТО", "Порт відкрито!"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_hash_ignores_spaces_punctuation_and_case(one: str, other: str) -> None:
    assert block_hash(one) == block_hash(other)


@pytest.mark.parametrize(("one", "other"), [("tanks 12", "tanks 13"), ("a b", "a c"), ("порт", "порти"), ("é", "e")])
def test_a_hash_tells_letters_and_digits_apart(one: str, other: str) -> None:
    assert block_hash(one) != block_hash(other)


@given(st.text(max_size=60))
def test_a_hash_fits_sqlites_integer(text: str) -> None:
    assert -(2**63) <= block_hash(text) < 2**63

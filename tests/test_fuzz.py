# ruff: noqa: SIM905  lists of words are easier to read as words
"""From bytes to blocks, whatever the bytes: a page or a ValueError, and what is read can be kept.

``COMMUNIQUE_FUZZ=5000`` looks at so many pages of each kind, other ones each time; without it at a few, always the
same. What was found so stands below as pages of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from archive.extract import read
from archive.fingerprint import block_hash, letters
from archive.home import Home
from archive.models import NO_HINTS, Hints, Page
from archive.workers import TIMEOUT
from tests.crawling import rows
from tests.keeping import captured, keep
from tests.pages import SHAPES

FUZZ = int(os.environ.get("COMMUNIQUE_FUZZ", "0"))
SENTENCES = (
    "The ferry left the eastern bank at seven with a load of timber for the mill.",
    "Its master has served for thirty years and said that the water stood higher than the week before.",
    "About ninety passengers crossed on the first day, and four carts had to wait for the second boat.",
    "«Паром зараз стоїть», сказав начальник порту, і додав: чекаємо на весну.",
    "Harbour News, 20 April 2031, 06:30",
    "timber – 3667 (+2)",
    "Read also: the ferry of the week",
    "Sign up for our newsletter",
)
TAGS = (
    "p div span a b i em h1 h2 h3 ul ol li table tr td th thead tbody article main section aside header footer nav"
    " blockquote q cite figure figcaption img picture source video iframe pre code br hr time address form input"
    " button select option textarea script style template noscript svg math title meta link base body html head"
    " details summary dl dt dd font center object embed frame frameset xmp x-card o:p"
).split()
ATTRIBUTES = (
    "class id href src alt title datetime itemprop rel name property content charset style lang dir data-src srcset"
    " role aria-label cite hidden onclick xmlns xml:lang"
).split()
VALUES = (
    "story entry-content share sidebar related teaser NewsArticle datePublished author og:title description canonical"
    " /news/1 http://ferries.example/news/2 //cdn.example/i.jpg javascript:alert(1) mailto:a@b.example # ?a=1&b=2"
    " http://[::1 http://ferries.example:99999/x 2031-04-20T06:30:00+03:00 2031-13-45 0000-00-00 99999999999999999999"
    " en uk zz text/html;charset=koi8-r utf-7 application/ld+json"
).split()
LD = (
    '{"@type":"NewsArticle","headline":"A ferry","datePublished":"2031-04-20T06:30:00Z","author":{"name":"A. Ferrier"}}',
    '{"@graph":[{"@type":["NewsArticle",7],"author":[null,"B",{"name":["C"]}],"datePublished":20310420}]}',
    '{"@type":"LiveBlogPosting","liveBlogUpdate":[{"headline":1,"datePublished":"x","articleBody":"y"},null]}',
    '{"@type":"NewsArticle","headline":"\\ud800","articleBody":null,"image":[[]],"keywords":{"a":1}}',
    "[[[[[", "{}", "null", '"x"', "// comment\n{}", "<!--{}-->",
)  # fmt: skip
ENTITIES = "&amp; &lt; &nbsp; &eacute; &#1090; &#x431; &#0; &#x0; &#xD800; &#x110000; &#xFDD0; &#xFFFE; &bogus; &amp &#".split()
ODD = "\0 \x01 \x0b \x1f \x7f \x80 \x9f \ufdd0 \ufdd1 \ufffd \ufffe \u202e \u200b \xad \u2028 \U0010ffff ﷽ İ ß ŉ e\u0301 \r\n \t".split(
    " "
)
BROKEN = (
    "<", "</", "<>", "< p>", "<p", "<p class=", '<p class="', "</p", "<!--", "-->", "<!DOCTYPE", "<![CDATA[", "]]>",
    "<?php", "?>", "<a href='", "<svg/onload=", "<body>", "</body>", "<html>", "</html>", "<p/>", "<br/", "<h1></h1>",
)  # fmt: skip

text = st.one_of(
    st.sampled_from(SENTENCES),
    st.sampled_from(SENTENCES),
    st.sampled_from((*ENTITIES, *ODD)),
    st.text(max_size=30),
    st.sampled_from(["word " * 300, "x" * 3000, "а" * 400, "1 " * 200]),
)
value = st.one_of(st.sampled_from(VALUES), text, st.sampled_from(["a" * 20_000, '"', "'", "<p>", ""]))
attribute = st.builds(
    lambda name, v, q: f" {name}={q}{v}{q}", st.sampled_from(ATTRIBUTES), value, st.sampled_from("\"' ")
)


def element(tag: str, attributes: list[str], inner: list[str], closed: bool) -> str:
    return f"<{tag}{''.join(attributes)}>{''.join(inner)}{f'</{tag}>' if closed else ''}"


node = st.recursive(
    st.one_of(
        text,
        text.map(lambda t: f"<p>{t}</p>"),
        st.sampled_from(BROKEN),
        st.sampled_from(LD).map(lambda ld: f'<script type="application/ld+json">{ld}</script>'),
    ),
    lambda inner: st.builds(
        element, st.sampled_from(TAGS), st.lists(attribute, max_size=3), st.lists(inner, max_size=5), st.booleans()
    ),
    max_leaves=40,
)


def document(head: list[str], body: list[str], title: str) -> str:
    return (
        f"<html><head><title>{title}</title>{''.join(head)}</head><body><h1>{title}</h1>{''.join(body)}</body></html>"
    )


documents = st.builds(document, st.lists(node, max_size=3), st.lists(node, max_size=8), st.sampled_from(SENTENCES))
outlets = st.builds(
    lambda shape, title, texts, side: shape(title, texts, side),
    st.sampled_from(SHAPES),
    text,
    st.lists(text, min_size=1, max_size=8),
    st.lists(text, max_size=4),
)
# several stories on a page, each under a heading with a date, as an aggregator and a live blog have them
DATES = (
    "20 April 2031",
    "Harbour News, 20.04.2031 06:30",
    "<time datetime=2031-04-20T06:30Z>06:30</time>",
    "",
    "31 April 2031",
)
story = st.builds(
    lambda tag, title, date, texts: (
        f"<{tag}><h2><a href=/news/{len(title)}>{title}</a></h2><p>{date}</p>{''.join(f'<p>{t}</p>' for t in texts)}</{tag}>"
    ),
    st.sampled_from(("section", "article", "div", "li itemprop=liveBlogUpdate")),
    text,
    st.sampled_from(DATES),
    st.lists(text, min_size=1, max_size=5),
)
several = st.builds(
    lambda title, stories: (
        f"<html lang=en><title>{title}</title><body><main><h1>{title}</h1>{''.join(stories)}</main></body></html>"
    ),
    st.sampled_from(SENTENCES),
    st.lists(story, min_size=2, max_size=6),
)
# where of 1, how much of it, what stands there then
cut = st.tuples(st.floats(0, 1), st.integers(0, 60), st.one_of(st.sampled_from(BROKEN), node, st.just("")))
pages = st.one_of(outlets, several)
mutated = st.builds(lambda page, cuts: mutate(page, cuts), pages, st.lists(cut, max_size=6))
encodings = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1251", "koi8-r", "latin-1", "shift_jis"]
)
content_types = st.sampled_from([
    None, "", "text/html", "text/html; charset=utf-8", "text/html; charset=windows-1251", "text/html; charset=utf-16",
    "text/html; charset=nonsense", 'text/html; charset="', "application/xhtml+xml", "text/plain", "image/png",
])  # fmt: skip
hints = st.sampled_from([
    NO_HINTS, NO_HINTS, Hints(container=("article", ".story")), Hints(container=("p",), drop=("a", "b")),
    Hints(split=("h2", "section")), Hints(container=("html",), drop=("*",), split=("*",)), Hints(drop=("body",)),
])  # fmt: skip


def mutate(page: str, cuts: list[tuple[float, int, str]]) -> str:
    for where, length, new in cuts:
        at = int(where * len(page))
        page = page[:at] + new + page[at + length :]
    return page


def check(body: bytes, content_type: str | None = "text/html; charset=utf-8", known: Hints = NO_HINTS) -> Page | None:
    """What a page is read to; None for a ValueError. Asserts all that must hold of it."""

    def once() -> Page:
        return read(body, None, content_type, "http://ferries.example/news/1", "Europe/Kyiv", "en", hints=known)

    try:
        page = once()
    except ValueError:
        with pytest.raises(ValueError):
            once()
        return None
    assert once() == page
    json.dumps(asdict(page), ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert page.readings or page.reason
    conn = sqlite3.connect(":memory:")
    for reading in page.readings:
        assert reading.title and reading.blocks
        for block in reading.blocks:
            assert conn.execute("select ?, length(?)", (block.text, block.text)).fetchone() == (
                block.text,
                len(block.text),
            )
            assert block.hash == block_hash(block.text) and letters(block.text)
            assert 0.0 <= block.link_share <= 1.0
            assert block.kind in {"p", "heading", "li", "quote", "row", "code", "line"}
        count = len(reading.blocks)
        assert all(0 <= one.position < count and one.url for one in reading.links)
        assert all(0 <= one.position <= count and one.url for one in reading.media)
        assert all(0 <= one.position < count for one in (*reading.quotes, *reading.entries))
    conn.close()
    return page


def stands_on(page: Page, source: str) -> None:
    """The letters of every block stand on the page in their order: what is cut out of the midst of one may be left."""
    forms = [unescape(unescape(source))]
    with contextlib.suppress(ValueError, html.etree.ParserError):
        parser = html.HTMLParser(encoding="utf-8")
        tree = html.document_fromstring(source.replace("\0", "").encode(), parser=parser)
        forms += ["".join(tree.itertext()), unescape("".join(tree.itertext()))]
    wholes = [letters(form) for form in forms]
    for reading in page.readings:
        for block in reading.blocks:
            assert any(is_within(letters(block.text), whole) for whole in wholes), block.text


def is_within(key: str, whole: str) -> bool:
    if key in whole:
        return True
    rest = iter(whole)
    return all(letter in rest for letter in key)


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=FUZZ or examples,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@fuzz(80)
@given(documents, hints)
def test_any_markup_is_read_to_a_page_that_can_be_kept(source: str, known: Hints) -> None:
    page = check(source.encode("utf-8", "surrogatepass"), known=known)
    assert page is not None
    stands_on(page, source.encode("utf-8", "replace").decode())


@fuzz(120)
@given(mutated, hints)
def test_a_page_with_something_broken_in_it_is_read_too(source: str, known: Hints) -> None:
    page = check(source.encode("utf-8", "replace"), known=known)
    assert page is not None
    stands_on(page, source.encode("utf-8", "replace").decode())


@fuzz(80)
@given(st.one_of(outlets, mutated), encodings, content_types, st.integers(0, 30))
def test_whatever_encoding_a_page_is_in_and_says_that_it_is_in(
    source: str, encoding: str, declared: str, cut: int
) -> None:
    check(source.encode(encoding, "replace")[cut:], declared)


@fuzz(80)
@given(st.one_of(st.binary(max_size=300), st.binary(min_size=1, max_size=8).map(lambda b: b * 500)), content_types)
def test_bytes_that_are_no_page_are_none(body: bytes, declared: str) -> None:
    page = check(body, declared)
    assert page is None or not page.readings or letters(page.readings[0].title)


# what was found, and what a server may send by mistake or on purpose

LINE = "<p>The ferry {} left the eastern bank at seven with a load of timber for the mill on the other side.</p>"


def whole(body: str) -> bytes:
    return (
        f"<html lang=en><title>A ferry</title><body><article><h1>A ferry</h1>{body}</article></body></html>".encode()
    )


def lines(count: int) -> str:
    return "".join(LINE.format(n) for n in range(count))


READ, NOT = {"new"}, {"not_article"}
BAD: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "empty": (lambda: b"", NOT),
    "spaces": (lambda: b" \n" * 1000, NOT),
    "a file called HTML": (lambda: bytes(range(256)) * 4000, NOT),
    "a picture called HTML": (lambda: b"\x89PNG\r\n\x1a\n" + hashlib.sha512(b"a").digest() * 20_000, NOT),
    "null bytes alone": (lambda: b"\0" * 1_000_000, NOT),
    "null bytes for spaces": (lambda: whole(lines(9)).replace(b" ", b"\0"), READ),
    "null bytes within words": (lambda: whole(lines(9)).replace(b"e", b"e\0"), READ),
    "UTF-16 that says UTF-8": (lambda: whole(lines(9)).decode().encode("utf-16"), READ),
    "windows-1251 that says UTF-8": (
        lambda: whole(lines(9).replace("timber", "з лісом для млина")).decode().encode("cp1251"), READ,
    ),
    "half a character at its end": (lambda: whole(lines(9)) + "ї".encode()[:1], READ),
    "elements 10,000 deep": (lambda: whole(lines(9) + "<div>" * 10_000 + lines(9)), READ),
    "words 10,000 deep": (lambda: whole(lines(9) + "<p>" + "<b>" * 10_000 + "word " * 99), READ),
    "lists 10,000 deep": (lambda: whole(lines(9) + "<ul><li>" * 10_000 + lines(9)), READ),
    "quotes 10,000 deep": (lambda: whole(lines(9) + "<blockquote>" * 10_000 + lines(9)), READ),
    "tables 3,000 deep": (lambda: whole(lines(9) + "<table><tr><td>" * 3_000 + lines(9)), READ),
    "JSON-LD a million deep": (
        lambda: whole(lines(9) + f"<script type='application/ld+json'>{'[' * 1_000_000}</script>"), READ,
    ),
    "an attribute of 20 MB": (lambda: whole(lines(9) + f"<p title='{'a' * 20_000_000}'>A line.</p>"), READ),
    "a script of 40 MB": (lambda: whole(lines(9) + f"<script>{'x = 1; ' * 6_000_000}</script>"), READ),
    "40 MB of paragraphs": (lambda: whole(LINE * 400_000), {"not_article", "failed"}),
    "a million links": (lambda: whole(lines(9) + "<a href=/a>a</a>" * 1_000_000), {"not_article", "failed"}),
    "100,000 headings": (lambda: whole("<h2>A ferry</h2><p>A line.</p>" * 100_000), NOT),
    "a million line breaks": (lambda: whole("<p>" + "A line.<br>" * 1_000_000), {"not_article", "failed"}),
    "larger than a page may be": (lambda: whole(LINE * 800_000), {"failed"}),
}  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [
        *(f"{start}{number}{end}" for start, number in (
            ("&#x", "fdd0"), ("&#x", "FDD1"), ("&#x0", "fdef"), ("&#x", "d800"), ("&#x", "DFFF"), ("&#x", "ffff"),
            ("&#", "64976"), ("&#0", "64978"), ("&#", "65007"), ("&#", "55296"), ("&#", "57343"), ("&#", "65535"),
        ) for end in (";", " ", "x")),
        "&\0#xFDD0;", "&#xFD\0D0;", "&#\0x64976;", "&#649\x0076;",
        "\ufdd0", "\ufdd1\ufdd0",
    ],
)  # fmt: skip
def test_what_stands_for_no_character_leaves_the_text_around_it_whole(found: str) -> None:
    body = (
        f"<p>Before {found} and <a href='/b'>after {found}</a> the ferry left with a load of timber for the mill.</p>"
    )
    page = check(whole(lines(5) + body).decode().encode())
    assert page is not None
    said = page.readings[0].blocks[-1].text
    assert said.startswith("Before ") and said.endswith(" the ferry left with a load of timber for the mill.")
    assert page.readings[0].links[-1].url == "http://ferries.example/b"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_page_has_one_outcome_and_one_line_and_costs_no_other(home: Home, name: str) -> None:
    make, outcomes = BAD[name]
    began = time.monotonic()
    url = "http://ferries.example/news/{}"
    keep(home, [captured(url.format("bad"), make()), captured(url.format("good"), whole(lines(9)), 1)])
    bad, good = rows(home, "select outcome, message from captures order by id")
    assert bad["outcome"] in outcomes and good == {"outcome": "new", "message": None}
    assert (bad["message"] is None) == (bad["outcome"] == "new")
    assert bad["message"] is None or (bad["message"].isprintable() and len(bad["message"]) < 200)
    assert time.monotonic() - began < 2 * TIMEOUT


def test_a_page_of_as_many_elements_as_are_read_takes_a_worker_no_longer_than_it_may(home: Home) -> None:
    body = "".join(f"<p>Line {n} of a long report on the ferries.</p>" for n in range(9_000))
    keep(home, [captured("http://ferries.example/news/long", whole(body))])
    assert rows(home, "select outcome, message from captures") == [{"outcome": "new", "message": None}]

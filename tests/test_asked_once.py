"""trafilatura's expressions find the same elements when each is asked once of elements that are alike."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from trafilatura import xpaths

from archive import asked_once, body

SPACES = {"re": "http://exslt.org/regular-expressions"}
assert body  # it puts them in their places
QUICK = [
    *xpaths.BODY_XPATH, *xpaths.OVERALL_DISCARD_XPATH, *xpaths.TEASER_DISCARD_XPATH, *xpaths.DISCARD_IMAGE_ELEMENTS,
    *xpaths.RAW_TREE_PRUNE_XPATH, *xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
    import_module("trafilatura.baseline").BASIC_CLEAN_XPATH,
]  # fmt: skip
PLAIN = [etree.XPath(str(quick.path), namespaces=SPACES) for quick in QUICK]
TAGS = ["article", "aside", "body", "details", "div", "footer", "h1", "item", "list", "main", "ol", "p", "section",
        "span", "style", "svg", "ul"]  # fmt: skip
WORDS = ["post", "entry", "share", "social-links", "cookie", "cookie-banner", "author", "teaser", "Teaser", "caption",
         "comment-list", "Comments", "commentary", "article-body", "articleBody", "story", "main", "main-content",
         "content", "text", "nav", "infinite-scroll", "hidden", "footer", "related", "x", "", "true", "meta "]  # fmt: skip
ATTRIBUTES = [
    "id",
    "class",
    "role",
    "style",
    "itemprop",
    "aria-hidden",
    "data-component",
    "data-lp-replacement-content",
]


@st.composite
def pages(draw: st.DrawFn) -> HtmlElement:
    """A page of elements with attributes such as the expressions ask for, in any order."""
    root = etree.SubElement(document_fromstring("<html></html>"), "body")
    there = [root]
    for _ in range(draw(st.integers(1, 25))):
        element = etree.SubElement(draw(st.sampled_from(there)), draw(st.sampled_from(TAGS)))
        for name in draw(st.lists(st.sampled_from(ATTRIBUTES), max_size=4, unique=True)):
            element.set(name, draw(st.sampled_from(WORDS)))
        element.append(etree.Comment("share"))
        there.append(element)
    return root.getroottree().getroot()


@settings(max_examples=300)
@given(page=pages())
def test_the_same_elements_are_found_in_the_same_order(page: HtmlElement) -> None:
    for quick, plain in zip(QUICK, PLAIN, strict=True):
        for within in (page, page[-1]):
            assert list(quick(within)) == list(plain(within)), quick.path


def test_nearly_all_are_asked_once() -> None:
    asked = [type(quick) is not etree.XPath for quick in QUICK]
    assert (sum(asked), len(asked)) == (11, 13)  # one looks for a headline within, one for two things


@pytest.mark.parametrize(
    "path",
    [
        ".//div[.//h1]", ".//div[2]", ".//div[position() = 2]", "//div[@id]", ".//div[@id]/p", ".//div[p]",
        ".//div[text() = 'share']", ".//div[@id][1]|.//p", "(.//div)[2]", ".//div[last()]", ".//div[@id]//a",
        ".//div[count(*) = 2]", ".//div[parent::p]", ".//div[string() = '']", "descendant::div[@id]",
    ],
)  # fmt: skip
def test_what_asks_for_more_than_an_element_states_is_left_as_it_is(path: str) -> None:
    plain = etree.XPath(path)
    assert asked_once.asked_once(plain) is plain


def test_an_expression_is_put_in_place_once_and_keeps_its_words() -> None:
    once = asked_once.asked_once(etree.XPath(".//p[@id = '[1]|.//div' or contains(@class, \"'\")]"))
    assert asked_once.asked_once(once) is once
    page = document_fromstring("""<div><p id="[1]|.//div">a</p><p class="it's">b</p><p id="c">c</p></div>""")
    assert [element.text for element in once(page)] == ["a", "b"]


def test_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_once, "_ANSWERS", 10)
    once = asked_once.asked_once(etree.XPath(".//p[contains(@id, 'share')]"))
    page = document_fromstring(
        "".join(f"<p id='share{n}'>a</p>" for n in range(25)) + f"<p id='{'share' * 100}'>a</p>"
    )
    assert len(list(once(page))) == 26
    assert len(once._answers) == 5  # type: ignore[attr-defined]

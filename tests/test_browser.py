"""What a person sees, in a real Chromium."""

from __future__ import annotations

import re

import pytest

from tests.browsing import CHROMIUM, Open, follow, width_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def test_a_reader_finds_a_digest_and_the_sidebar_is_not_in_its_text(visit: Open) -> None:
    page = visit("/")
    assert page.get_by_role("note").inner_text().startswith("FICTIONAL demonstration archive")
    page.get_by_role("searchbox").fill('"troops killed in 24 hours"')
    follow(page.get_by_role("button", name="Search"))
    digest = page.locator(".cq-found li", has_text="Two Banks Digest").first
    assert digest.locator("mark").count() > 0
    follow(digest.locator("h3 a"))
    page.wait_for_url(re.compile(r"/article/\d+$"))
    sidebar = "Family separation is among the quietest emergencies"
    assert sidebar not in page.locator(".cq-text").inner_text()
    assert "personnel" in page.locator(".cq-text").inner_text()
    hidden = page.locator("details.cq-hidden")  # the page's second story has the sidebar, this one the source line
    line = hidden.get_by_text("Vardania Defence Ministry", exact=True)
    assert not line.is_visible()
    hidden.locator("summary").click()
    assert line.is_visible()
    assert "on other pages of the source too" in hidden.inner_text()


def test_an_edit_leads_from_home_to_both_of_its_texts(visit: Open) -> None:
    page = visit("/")
    follow(page.locator("a[href*='revision_id=']").first)
    assert "Revision 2 of 2" in page.locator(".cq-notice").inner_text()
    latest = page.locator(".cq-text").inner_text()
    follow(page.get_by_role("link", name="Revision 1"))
    assert "This is not the latest text" in page.locator(".cq-notice").inner_text()
    assert page.locator(".cq-text").inner_text() != latest
    follow(page.get_by_role("link", name="Show the article"))
    assert page.locator(".cq-text").inner_text() == latest


def test_what_changed_is_marked_on_a_telephone_and_two_texts_can_be_chosen(visit: Open) -> None:
    page = visit("/", width=360)
    follow(page.locator("a[href*='revision_id=']").first)
    follow(page.locator("#revisions a[href*='/diff?']").first)
    assert page.locator(".cq-text ins, .cq-text del").count() > 0
    assert width_of(page) <= 360
    assert page.locator(".cq-proof code").count() >= 4
    page.get_by_label("From").select_option("2")
    follow(page.get_by_role("button", name="Compare"))
    page.wait_for_url(re.compile(r"/article/\d+/diff\?from=2&to=2$"))
    assert "no difference" in page.locator(".cq-notice").inner_text()


def test_a_story_leads_from_home_to_a_comparison_by_keyboard_on_a_telephone(visit: Open) -> None:
    page = visit("/", width=360)
    link = page.locator(".cq-carried a", has_text="Sixty grain barges")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/story/\d+$"))
    assert "Earliest seen here: Tidewire" in page.locator(".cq-size").inner_text()
    assert page.locator(".cq-timeline > li").count() == 3
    assert width_of(page) <= 360
    edited = page.locator(".cq-timeline > li", has_text="Polder Bulletin")
    compare = edited.get_by_role("link", name=re.compile("^compare"))
    assert compare.inner_text().startswith("compare")
    compare.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/article/\d+/diff\?with=\d+$"))
    assert "The bakery at Lower Sluice" in page.locator(".cq-text ins").first.inner_text()
    assert width_of(page) <= 360
    follow(page.get_by_role("link", name="the story"))
    page.wait_for_url(re.compile(r"/story/\d+$"))


def test_an_article_says_who_holds_it_quotes_it_and_came_before_it(visit: Open) -> None:
    page = visit("/search?q=geese+balloon", width=360)
    follow(page.locator(".cq-found a", has_text="Geese on the polder").first)
    assert "The week along the water" in page.locator(".cq-side section", has_text="Part of").inner_text()
    page.goto("/search?q=letters+insurers+arrangement&source=sarmia-mod")
    follow(page.locator(".cq-found a", has_text="Statement on the transit").first)
    quoted = page.locator("#quotations")
    assert "possibly another translation, Colonel Arkady Zhelvin" in quoted.inner_text()
    quoted.locator("summary").click()
    assert not quoted.locator("blockquote").first.is_visible()
    page.goto('/search?q="Combat+losses"+24.04.31&source=vardania-mod')
    follow(page.locator(".cq-found a", has_text="April 24").first)
    assert page.locator("#series li").count() == 2
    assert width_of(page) <= 360


@pytest.mark.parametrize(
    "path",
    [
        "/archive",
        "/archive/articles",
        "/archive/articles/1",
        "/archive/changes",
        "/archive?sql=select+1",
        "/archive/by_day",
        "/archive/copies",
        "/archive/most_carried",
    ],
)
def test_datasettes_own_pages_work_under_the_policy(visit: Open, path: str) -> None:
    page = visit(path)
    if path.startswith(("/archive?", "/archive/articles")) and path != "/archive/articles/1":
        # the scripts that it brings along did run
        assert page.locator(".CodeMirror, .dropdown-menu-icon").count() > 0


@pytest.mark.parametrize(
    "path",
    [
        "/", "/article/1", "/article/1?revision=1", "/search?q=losses", "/archive/by_day", "/source",
        "/source/two-banks-digest", "/source/karsia-mfa", "/changes", "/about",
    ],
)  # fmt: skip
def test_a_page_fits_a_telephone(visit: Open, path: str) -> None:
    page = visit(path, width=360)
    assert width_of(page) <= 360


def test_a_line_of_text_is_some_seventy_characters(visit: Open) -> None:
    page = visit("/article/1")
    width, zero = page.evaluate(
        "() => { const p = document.querySelector('.cq-text'); const s = document.createElement('span');"
        " s.textContent = 'the quick brown fox jumps over the lazy dog '.repeat(2); s.style.whiteSpace = 'nowrap';"
        " p.append(s); const w = s.getBoundingClientRect().width / 88; s.remove();"
        " return [p.getBoundingClientRect().width, w]; }"
    )
    assert 60 <= width / zero <= 85


def test_dark_mode_is_dark(visit: Open) -> None:
    shades = [
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        for page in (visit("/article/1", color_scheme=scheme) for scheme in ("light", "dark"))
    ]
    light, dark = (sum(int(part) for part in re.findall(r"\d+", shade)[:3]) for shade in shades)
    assert dark < 150 < 600 < light

"""Every page of the reading room in a real Chromium: axe-core's rules, how it fits, and a picture of each.

The pictures are written to ``screenshots/`` beside the tests (or to ``COMMUNIQUE_SCREENSHOTS``), to be looked at.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browsing import CHROMIUM, width_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
PICTURES = Path(os.environ.get("COMMUNIQUE_SCREENSHOTS", Path(__file__).parent.parent / "screenshots"))
# what the Web Content Accessibility Guidelines 2.2 ask for on levels A and AA, as far as a program can tell
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# where each page is found: an address, or links to follow from one
PAGES = {
    "home": ["/"],
    "article": ["/search?q=Colonel+Zhelvin", ".cq-results a[href*='/article/']"],
    "article-revised": ["/changes", "main a[href*='revision_id=']"],
    "article-long-report": ["/search?q=combat+losses+as+of", ".cq-results a[href*='/article/']"],
    "diff": ["/changes", "main a[href*='/diff?']"],
    "story": ["/", ".cq-carried a[href*='/story/']"],
    "source": ["/source/tidewire"],
    "sources": ["/source"],
    "changes": ["/changes"],
    "losses": ["/losses"],
    "about": ["/about"],
    "notes": ["/notes"],
    "searches": ["/searches"],
    "search": ["/search"],
    "search-english": ["/search?q=missiles"],
    "search-facets": ["/search?q=the&source=tidewire"],
    "search-history": ["/search?q=ferry&in=history"],
    "search-nothing": ["/search?q=zzyzx"],
    "search-malformed": ["/search?q=%22open+OR"],
    "by-day": ["/archive/by_day"],
    "not-found": ["/article/99999999"],
}


def opened(
    browser: Browser, address: str, way: list[str], width: int, scheme: str = "light", height: int = 900
) -> Page:
    """A page in a window of its own, found by an address and links from there."""
    viewport = {"width": width, "height": height}
    context = browser.new_context(base_url=address, viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(way[0])
    for link in way[1:]:
        target = page.locator(link).first.get_attribute("href")
        assert target is not None
        page.goto(target)
    return page


def wrong(page: Page) -> list[str]:
    """What axe-core finds, one line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({' '.join(node['failureSummary'].split())[:200]})"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_the_accessibility_guidelines_and_fits(
    browser: Browser, demo_address: str, name: str
) -> None:
    PICTURES.mkdir(exist_ok=True)
    for width, scheme in ((1280, "light"), (360, "light"), (320, "dark")):
        page = opened(browser, demo_address, PAGES[name], width, scheme)
        if width != 360:
            assert wrong(page) == [], f"{name} at {width}, {scheme}"
        if scheme == "light":
            page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        assert width_of(page) <= width, f"{name} is wider than {width}"
        assert (page.locator("h1").count(), page.locator("main").count()) == (1, 1)
        headings = page.eval_on_selector_all(":is(h1,h2,h3,h4)", "all => all.map(e => e.tagName)")
        levels = [int(tag[1]) for tag in headings]
        assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels)), levels
        page.context.close()


def test_a_page_is_gone_through_by_keyboard(browser: Browser, demo_address: str) -> None:
    page = opened(browser, demo_address, ["/"], 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    assert re.search("#text$", page.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.context.close()


@pytest.mark.parametrize("name", ["article", "story", "losses", "search-english", "about"])
def test_a_printed_page_is_its_text(browser: Browser, demo_address: str, name: str) -> None:
    page = opened(browser, demo_address, PAGES[name], 1280)
    page.emulate_media(media="print")
    for part in (".cq-nav", "form[role=search]", ".cq-skip"):
        assert page.locator(part).count()
        assert not page.locator(part).first.is_visible(), part
    assert page.locator("h1").is_visible()
    page.context.close()

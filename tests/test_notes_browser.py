"""Notes, tags and saved searches in a real Chromium: written by keyboard alone, without a script, and well readable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from archive.home import Home
from tests.browsing import CHROMIUM, follow, width_of
from tests.keeping import captured
from tests.test_elements import page as written
from tests.test_notes import HOSTILE, TEXTS, add, kept
from tests.test_reading_browser import wrong
from tests.test_web import serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    add(home, [captured(f"http://herald.example{path}", written(f"<p>{text}</p>"), n) for n, (path, text) in enumerate(TEXTS.items())])  # fmt: skip
    return home


@pytest.fixture
def tab(browser: Browser, home: Home) -> Iterator[Page]:
    """A page of the server; nothing may go to another host or to the console but that a form was not kept."""
    requests, said = [], []
    with serving(home.path) as address:
        context = browser.new_context(
            base_url=address, viewport={"width": 1280, "height": 900}, java_script_enabled=True
        )
        tab = context.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        yield tab
        context.close()
    assert [url for url in requests if not url.startswith(address)] == []
    assert [line for line in said if "status of 400" not in line] == []


def test_a_note_is_written_by_keyboard_alone(tab: Page, home: Home) -> None:
    tab.goto("/article/1")
    tab.get_by_text("Add a note", exact=True).focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Ask the pilots.\nToday.")
    tab.keyboard.press("Tab")
    tab.keyboard.type("counted eleven ships")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/article/1#note-1")
    assert tab.locator("#note-1 .cq-typed").inner_text() == "Ask the pilots.\nToday."
    assert tab.locator("#note-1 blockquote").inner_text() == "counted eleven ships"
    assert [row["quotation"] for row in kept(home)] == ["counted eleven ships"]


def test_what_cannot_be_kept_is_still_in_the_form(tab: Page, home: Home) -> None:
    tab.goto("/article/1")
    tab.get_by_text("Add a note", exact=True).click()
    tab.get_by_label("Note", exact=True).fill("\n  Line one\nLine two")
    tab.get_by_label("Words of the text").fill("twelve ships")
    follow(tab.get_by_role("button", name="Keep the note"))
    assert tab.get_by_role("alert").inner_text() == "The words quoted do not stand like that in revision 1."
    assert tab.get_by_label("Note", exact=True).input_value() == "Line one\nLine two"
    tab.get_by_label("Words of the text").fill("eleven ships")
    follow(tab.get_by_role("button", name="Keep the note"))
    tab.wait_for_url("**/article/1#note-1")
    assert len(kept(home)) == 1


def test_every_page_of_notes_keeps_to_the_accessibility_guidelines(tab: Page) -> None:
    tab.goto("/article/1")
    tab.get_by_text("Add a note", exact=True).click()
    tab.get_by_label("Note", exact=True).fill(HOSTILE)
    tab.get_by_label("Words of the text").fill("eleven ships")
    follow(tab.get_by_role("button", name="Keep the note"))
    tab.get_by_text("Add tags", exact=True).click()
    tab.get_by_label("Tags, by comma").fill("порт, to check, a_tag_without_any_place_to_break_it_on_a_narrow_screen")
    follow(tab.get_by_role("button", name="Add", exact=True))
    tab.goto("/search?q=pilots")
    tab.get_by_text("Save this search").click()
    follow(tab.get_by_role("button", name="Save", exact=True))
    tab.wait_for_url("**/searches")
    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in ("/article/1", "/notes", "/notes?tag=to+check", "/notes/1", "/searches", "/search?q=pilots"):
            tab.goto(path)
            for summary in tab.locator(".cq-write > summary").all():
                summary.click()
            assert wrong(tab) == [], (path, width, scheme)
            assert width_of(tab) <= width, (path, width)
            levels = [
                int(tag[1]) for tag in tab.eval_on_selector_all(":is(h1,h2,h3)", "all => all.map(e => e.tagName)")
            ]
            assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels)), (
                path,
                levels,
            )
        tab.goto("/notes/1")
        tab.get_by_label("Note", exact=True).fill(" ")
        follow(tab.get_by_role("button", name="Keep the note"))
        assert tab.get_by_role("alert").is_visible()
        assert wrong(tab) == [], (width, scheme)


def test_a_saved_search_is_opened_from_its_list(tab: Page, home: Home) -> None:
    tab.goto("/search?q=pilots")
    tab.get_by_text("Save this search").click()
    tab.get_by_label("Name").fill("Pilots")
    follow(tab.get_by_role("button", name="Save", exact=True))
    tab.wait_for_url("**/searches")
    add(home, [captured("http://herald.example/two", written("<p>The pilots of Grey Sound have boats.</p>"), 60)])
    tab.reload()
    assert tab.get_by_text("1 new").is_visible()
    follow(tab.get_by_role("button", name="Open Pilots"))
    tab.wait_for_url("**/search?q=pilots&sort=newest")
    tab.goto("/searches")
    assert tab.get_by_text("0 new").is_visible()
    follow(tab.get_by_role("button", name="Delete Pilots"))
    assert tab.get_by_text("None yet").is_visible()

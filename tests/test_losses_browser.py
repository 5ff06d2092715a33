"""The charts of claimed losses, in a real Chromium: what is drawn, what the keyboard reaches, what fits a telephone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from archive import figures
from archive.home import Home
from tests import claiming
from tests.browsing import CHROMIUM, Open, follow, visiting, width_of
from tests.claiming import kept, report
from tests.test_web import serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
PATHS = ("/losses", "/losses/ukraine/tanks", "/losses/russia/personnel", "/losses/russia/tanks?series=kursk")


@pytest.fixture(scope="module")
def charted(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four weeks of both sides, two days missing, a misprint, a number that does not add up, weeks by direction."""
    home = Home(tmp_path_factory.mktemp("drawn") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", claiming.read)
        reports = []
        for day in (n for n in range(1, 29) if n not in (13, 14)):
            said = f"2031-04-{day:02}"
            lines = [
                f"Ukraine claims {1_440_000 + 1_100 * day + (40 if day == 20 else 0):,} tanks (+1100) as of {said}"
            ]
            reports.append(report("staff", str(day), lines, day, said))
            theirs = [
                f"Russia claims {700 + day} tanks as of {said}",
                f"Russia claims {day} tanks as of {said} [kursk]",
            ]
            if day in (8, 15, 22):
                parts = [("Pelesk", 740), ("Velmora", 335), ("Karnovo", 1570)]
                theirs.append(f"Russia claims up to 2,645 personnel as of {said} [week]")
                for where, number in parts:
                    theirs.append(f"Russia claims more than {number:,} personnel towards {where} as of {said} [week]")
                    theirs.append(
                        f"Russia claims {number // 100} armoured_vehicles towards {where} as of {said} [week]"
                    )
            reports.append(report("army", str(day), theirs, day, said))
        other = "Ukraine claims 1,446,000 tanks (+1100) as of 2031-04-06"
        reports.append(report("digest", "6", [other], 40, "2031-04-06"))
        kept(home, *reports)
    return home


@pytest.fixture(scope="module")
def address(charted: Home) -> Iterator[str]:
    with serving(charted.path) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Open]:
    """Opens addresses; afterwards nothing may have gone to another host or to the console."""
    with visiting(browser, address) as visit:
        yield visit


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return {**found}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_a_page_fits_the_screen_and_its_charts_fit_the_page(visit: Open, path: str, width: int) -> None:
    page = visit(path, width=width)
    assert width_of(page) <= width
    edges = page.evaluate(
        "[...document.querySelectorAll('.cq-large text, .cq-spark text')].filter(t => t.getClientRects().length)"
        ".map(t => t.getBoundingClientRect()).map(r => [r.left, r.right, r.height])"
    )
    assert edges and all(left >= 0 and right <= width for left, right, _ in edges)
    assert all(height >= 9 for *_, height in edges)  # letters of a size to be read
    if folder := os.environ.get("SCREENSHOTS"):
        name = re.sub(r"\W+", "-", path).strip("-")
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_two_labels_of_an_axis_overlap(visit: Open, width: int) -> None:
    for path in PATHS:
        page = visit(path, width=width)
        rows = page.evaluate(
            "[...document.querySelectorAll('.cq-large, .cq-spark')].map(svg => [...svg.querySelectorAll('.cq-day')]"
            ".filter(t => t.getClientRects().length).map(t => t.getBoundingClientRect()).map(r => [r.left, r.right]))"
        )
        for labels in rows:
            assert labels
            assert all(one[1] + 3 < other[0] for one, other in pairwise(labels)), (path, labels)


def test_the_scale_of_a_small_chart_stands_above_its_line(visit: Open) -> None:
    page = visit(PATHS[0])
    edges = page.evaluate(
        "[...document.querySelectorAll('.cq-spark')].map(svg => [svg.querySelector('.cq-number'), svg.querySelector"
        "('.cq-line')].map(e => e.getBBox())).map(([label, line]) => [label.y + label.height, line.y])"
    )
    assert edges and all(label <= line + 1 for label, line in edges), edges


def test_the_line_and_the_bars_are_seen_in_light_and_dark(visit: Open) -> None:
    for scheme in ("light", "dark"):
        page = visit("/losses/ukraine/tanks", color_scheme=scheme)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        for selector, kind in ((".cq-line", "stroke"), (".cq-bars", "fill"), (".cq-mark-differs", "stroke")):
            colour = page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{kind}")
            assert contrast(colour, paper) >= 3, (scheme, selector, colour)


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_point_takes_the_focus_shows_it_and_leads_to_its_article(visit: Open) -> None:
    page = visit("/losses/ukraine/tanks")
    page.get_by_role("link", name="The same as a table").first.focus()
    page.keyboard.press("Tab")
    point = page.locator(".cq-points a").first
    assert point.evaluate("e => e === document.activeElement")
    shown = "e => getComputedStyle(e.querySelector('rect')).stroke"
    assert point.evaluate(shown) != page.locator(".cq-points a").nth(3).evaluate(shown)
    assert point.evaluate("e => getComputedStyle(e.querySelector('circle')).opacity") == "1"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/article/\d+$"))
    assert "1,441,100 tanks" in page.locator(".cq-text").inner_text()
    follow(page.locator("#figures").get_by_role("link", name="tanks"))
    page.wait_for_url(re.compile("/losses/ukraine/tanks$"))


def test_the_part_of_the_chart_that_is_pointed_at_belongs_to_the_nearest_day(visit: Open) -> None:
    page = visit("/losses/ukraine/tanks")
    for n in (0, 11, 25):
        dot = box(page, f"#totals .cq-points a:nth-of-type({n + 1}) circle")
        hit = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('a').querySelector('title').textContent",
            [dot["x"] + dot["width"] / 2, box(page, "#totals svg")["y"] + 40],
        )
        assert hit == page.locator("#totals .cq-points a title").nth(n).text_content()


def test_a_screen_reader_finds_a_named_image_named_links_and_the_table(visit: Open) -> None:
    page = visit("/losses/ukraine/tanks")
    assert page.get_by_role("img", name=re.compile("Line of 26 totals of tanks claimed by Ukraine")).count() == 1
    assert page.get_by_role("img", name=re.compile("Bars of the numbers of tanks claimed by Ukraine")).count() == 1
    link = page.locator("#totals").get_by_role(
        "link", name="6 Apr 2031: 1,446,600 (+1,100); other pages print another number"
    )
    assert link.count() == 2  # the point and its mark
    table = page.get_by_role("region", name="26 claims, the latest first").get_by_role("table")
    assert table.get_by_role("row").count() == 27
    assert table.get_by_role("rowheader").first.inner_text() == "28 Apr 2031"


def test_marks_can_be_told_apart_on_a_telephone(visit: Open) -> None:
    page = visit("/losses/ukraine/tanks", width=360)
    for kind in ("differs", "delta"):
        found = box(page, f"#totals .cq-marks .cq-mark-{kind}")
        assert min(found["width"], found["height"]) >= 5


def test_on_paper_the_whole_table_is_there(visit: Open) -> None:
    page = visit("/losses/ukraine/tanks")
    page.emulate_media(media="print")
    assert not page.locator(".cq-form").is_visible()
    assert page.locator(".cq-scroll").evaluate("e => getComputedStyle(e).overflowX") == "visible"
    assert page.locator(".cq-line").is_visible()


def test_a_reader_comes_from_home_to_a_week_by_direction(visit: Open) -> None:
    page = visit("/", width=360)
    follow(page.locator("main").get_by_role("link", name="Claimed losses"))
    follow(page.get_by_role("link", name="Earlier: 15 Apr 2031"))
    page.wait_for_url(re.compile(r"/losses/russia\?as_of=2031-04-15"))
    row = page.get_by_role("row", name=re.compile("^Karnovo"))
    sentence = row.get_by_text("towards Karnovo as of 2031-04-15").first
    assert not sentence.is_visible()
    row.locator("summary").click()
    assert sentence.is_visible()

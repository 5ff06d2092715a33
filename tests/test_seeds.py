"""The five real pages this must handle, in every page shape. Skipped where they are not beside the checkout."""

from __future__ import annotations

import itertools
from html import escape
from pathlib import Path

import pytest

from archive.home import Home
from tests.crawling import rows
from tests.keeping import captured, keep, texts
from tests.pages import SHAPES, Shape

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the seed texts are not at {SEEDS}")
BASE = "http://aggregator.example/"


def seed(number: int) -> list[str]:
    """The paragraphs of a seed: what stands between blank lines."""
    path = next(SEEDS.glob(f"{number:03}_*.txt"))
    return [p.strip() for p in path.read_text("utf-8").split("\n\n") if p.strip()]


def aggregated(number: int) -> tuple[str, list[str], list[str]]:
    """Title, text and what follows it (share line, author, essay) of one of the aggregator's pages."""
    parts = seed(number)
    cut = parts.index("Share the Post:")
    return parts[1], [parts[0], *parts[2:cut]], parts[cut:]


def flat(text: str) -> str:
    return " ".join(text.split())


def assert_clean(text: str, number: int) -> None:
    _, body, after = aggregated(number)
    for paragraph in after:
        for line in paragraph.splitlines():
            assert flat(line) not in flat(text), f"left of the sidebar: {line[:60]}"
    for line in "\n".join(body[2:]).splitlines():  # below date and author box
        assert flat(line) in flat(text), f"lost: {line[:60]}"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("order", [(0, 2), (2, 0)])
def test_after_both_aggregator_pages_neither_text_holds_sidebar_or_share_line(
    tmp_path: Path, shape: Shape, order: tuple[int, int]
) -> None:
    home = Home(tmp_path)
    keep(home, [captured(f"{BASE}{n}", shape(*aggregated(n)), at) for at, n in enumerate(order)])
    kept = texts(home)
    for number in order:
        assert_clean(kept[f"{BASE}{number}"], number)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_the_order_in_which_the_aggregator_pages_came_changes_nothing(tmp_path: Path, shape: Shape) -> None:
    found = []
    for order in ((0, 2), (2, 0)):
        home = Home(tmp_path / str(order[0]))
        keep(home, [captured(f"{BASE}{n}", shape(*aggregated(n)), at) for at, n in enumerate(order)])
        found.append(texts(home))
    assert found[0] == found[1]


def daily(day: int) -> tuple[str, list[str], list[str]]:
    """A short report of the aggregator: the seed's list with other numbers, the seed's sidebar."""
    _, body, after = aggregated(0)
    report = next(p for p in body if "total combat losses" in p)
    lines = report.replace("20.04.23", f"{day:02}.04.23").splitlines()
    counts = itertools.count(day * 37)
    changed = [lines[0]] + ["".join(_renumber(line, next(counts))) for line in lines[1:]]
    title = f"Ukraine Defense Ministry: {600 + day} Russian troops killed in 24 hours"
    return title, [f"April {day}, 2023", "Ukraine Defense Ministry", "\n".join(changed)], after


def _renumber(line: str, by: int) -> str:
    words = line.split()
    return " ".join(str(int(word) + by) if word.isdigit() else word for word in words)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_short_daily_reports_with_a_longer_sidebar_come_out_clean(tmp_path: Path, shape: Shape) -> None:
    home = Home(tmp_path)
    days = (11, 12, 13, 14)
    keep(home, [captured(f"{BASE}{day}", shape(*daily(day)), day) for day in days])
    kept = texts(home)
    for day in days:
        _, body, after = daily(day)
        text = flat(kept[f"{BASE}{day}"])
        assert not [line for p in after for line in p.splitlines() if flat(line) in text]
        assert not [line for line in body[2].splitlines() if flat(line) not in text]


@pytest.mark.parametrize("number", [1, 3, 4])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_story_alone_on_its_page_keeps_every_paragraph(tmp_path: Path, shape: Shape, number: int) -> None:
    parts = seed(3) if number == 3 else [line for p in seed(number) for line in p.splitlines()]
    title, body = {1: (parts[2], parts), 3: (parts[1], parts[2:]), 4: (parts[0], parts[1:])}[number]
    home = Home(tmp_path)
    keep(home, [captured(f"http://outlet{number}.example/story", shape(title, body, []))])
    [text] = texts(home).values()
    lost = [line for p in body for line in p.splitlines() if flat(line) not in flat(text)]
    assert not lost


def digest(shape: Shape) -> str:
    """The first aggregator page, its second story under a heading of the same markup as the page's own."""
    title, body, after = aggregated(0)
    second = next(p for p in body if p.startswith("NATO Secretary-General Jens Stoltenberg tells"))
    html = shape(title, body, after)
    tag = "div" if f"<div>{escape(second)}</div>" in html else "p"
    return html.replace(f"<{tag}>{escape(second)}</{tag}>", f"<h1>{escape(second)}</h1>")


def pages(shape: Shape) -> dict[int, str]:
    """All five as pages, the first one as two stories."""
    found = {0: digest(shape), 2: shape(*aggregated(2))}
    for number in (1, 3, 4):
        parts = seed(3) if number == 3 else [line for p in seed(number) for line in p.splitlines()]
        title, body = {1: (parts[2], parts), 3: (parts[1], parts[2:]), 4: (parts[0], parts[1:])}[number]
        found[number] = shape(title, body, [])
    return found


HOSTS = ("aggregator", "herald", "aggregator", "office", "daily")
SPLIT = [shape for shape in SHAPES if shape.__name__ not in ("elementor", "divs")]


@pytest.mark.parametrize("shape", SPLIT, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 2, 3, 0, 1)])
def test_report_and_release_are_two_stories_and_the_release_alone_shares_quotations(
    tmp_path: Path, shape: Shape, order: tuple[int, ...]
) -> None:
    home = Home(tmp_path)
    html = pages(shape)
    keep(home, [captured(f"http://{HOSTS[n]}.example/{n}", html[n], at) for at, n in enumerate(order)])
    articles = rows(
        home, "select id, url, part, position, title, text, published_day from articles order by url, position"
    )
    name = {row["id"]: (int(row["url"][-1]), row["position"]) for row in articles}
    assert sorted(name.values()) == [(0, 1), (0, 2), (1, 1), (2, 1), (3, 1), (4, 1)]
    report, release = (row for row in articles if row["url"].endswith("/0"))
    assert "184420" in report["text"] and "Stoltenberg" not in report["text"]
    assert "184420" not in release["text"] and release["title"].startswith("NATO Secretary-General")
    assert report["published_day"] == "2023-04-20"
    assert not [p for p in aggregated(0)[2] if flat(p.splitlines()[0]) in flat(report["text"] + release["text"])]
    links = {
        (*sorted((name[row["article"]], name[row["other"]])), row["relation"])
        for row in rows(home, "select article, other, relation from copies")
    }
    assert links == {((0, 2), (1, 1), "shared_quotes"), ((0, 2), (3, 1), "shared_quotes")}
    wordings = {
        (*sorted((name[row["article"]], name[row["other"]])), row["wording"])
        for row in rows(home, "select article, other, wording from shared_quotations")
    }
    assert ((0, 2), (1, 1), "possibly another translation") in wordings
    assert ((0, 2), (3, 1), "same wording") in wordings
    assert rows(home, "select id from stories") == []

"""The quality benchmark: its scores, and that a figure which drops fails it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.corpus import Labelled, Text, keep, load, read_all, score, several
from tests.pages import own_div

ROOT = Path(__file__).parent.parent

SIDEBAR = (
    "The harbour of Vardania was built by hands that nobody remembers, and its lights were lit before there were maps.",
    "Whoever crosses the bay in winter knows the bell of the northern pier, which has never been silent since.",
)


def story(n: int) -> tuple[str, list[str]]:
    texts = [
        f"Ferry number {n} left the northern pier of Vardania at {n} in the morning, with {40 + n} people on board.",
        f"It reached the island after {n} hours and {n * 3} minutes, which the harbour master called a good passage.",
        f"The next one, number {n + 1}, waits for better weather, said the office of line {n * 7} on its notice board.",
    ]
    return f"Ferry {n} reaches the island", texts


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with a set of four pages with one sidebar, labelled with what is theirs alone."""
    rows = []
    for n in range(2, 6):
        title, texts = story(n)
        html = own_div(title, texts, SIDEBAR)
        rows.append({"name": f"ferry-{n}", "host": "ferries", "lang": "en", "gold": "\n".join(texts), "html": html})
    with gzip.open(tmp_path / "ferries.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def bench(folder: Path, floors: dict[str, object], *options: str) -> subprocess.CompletedProcess[str]:
    path = folder / "floors.json"
    path.write_text(json.dumps(floors), "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.quality", "--sets", folder, "--floors", path, "--quick", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_text_is_scored_by_its_words_in_fours() -> None:
    page = Labelled("a", "h", "en", b"", "one two three four five six")
    right, half, none = (score([page], {"a": text}) for text in (page.gold, "one two three four", ""))
    assert (right.f1, right.page_f1, right.recalls) == (1.0, 1.0, (1.0,))
    assert half.recalls == (1 / 3,) and half.page_f1 == pytest.approx(0.5)
    assert none.f1 == none.page_f1 == 0.0


def test_a_script_without_spaces_is_scored_by_its_characters() -> None:
    page = Labelled("a", "h", "zh", b"", "港口今天重新开放")
    assert score([page], {"a": "港口今天重新"}).recalls == (3 / 5,)


def test_pages_go_through_the_archive_and_lose_what_repeats(labelled: Path) -> None:
    pages = load(labelled / "ferries.jsonl.gz")
    assert several(pages) == pages
    texts = keep(pages, read_all(pages))
    assert all(isinstance(text, Text) and text.whole for text in texts.values())
    assert not any(SIDEBAR[0] in text.whole for text in texts.values())
    assert score(pages, {name: text.whole for name, text in texts.items()}).page_f1 > 0.95


def test_without_a_rule_its_worth_shows(labelled: Path) -> None:
    pages = load(labelled / "ferries.jsonl.gz")
    texts = keep(pages, read_all(pages), without=frozenset({"repeated"}))
    assert all(SIDEBAR[0] in text.whole for text in texts.values())


@pytest.mark.slow
def test_a_figure_below_its_floor_fails_the_run_and_is_named(labelled: Path) -> None:
    ran = bench(labelled, {})
    assert ran.returncode == 0, ran.stderr
    assert "ferries: 4 pages, 4 of hosts with two or more" in ran.stdout

    ran = bench(labelled, {}, "--raise")
    floors = json.loads((labelled / "floors.json").read_text("utf-8"))
    assert floors["ferries"]["figures"]["empty"] == 0

    floors["ferries"]["figures"]["page-F1 gain"] = 0.99
    ran = bench(labelled, floors, "--raise")
    assert ran.returncode == 1
    assert "below its floor: ferries: page-F1 gain" in ran.stderr
    assert json.loads((labelled / "floors.json").read_text("utf-8"))["ferries"]["figures"]["page-F1 gain"] == 0.99

    floors["ferries"]["sha256"] = "of other pages"  # the floors hold for the pages they were measured on
    assert bench(labelled, floors).returncode == 0


def test_without_labelled_pages_it_says_so(tmp_path: Path) -> None:
    ran = bench(tmp_path, {})
    assert ran.returncode == 0
    assert ran.stderr.startswith("skipped: the labelled pages are not at")

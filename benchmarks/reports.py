"""Whether the daily loss reports survive: `python -m benchmarks.reports`.

1,625 reports are made anew from the series beside the checkout, in the wording of a report that was really published
and in the shapes in which an aggregator's page wraps it: title, publisher and date, the losses as lines of one
paragraph, a line to share it, and behind it an essay longer than the report in the same container. They go through
the archive in the order of their days. Each has much in common with its neighbours, and nothing but repetition tells
the essay from the report. Prints for each shape how many lines of the reports are not in their texts, and how many
lines of the sidebar still are; ends with 1 where it is any.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from html import escape
from pathlib import Path

from archive.extract import read
from archive.models import Exchange, Kept, Page, Source, stamp
from archive.revise import Reviser
from archive.store import Store
from archive.urls import url_key
from benchmarks.corpus import side_by_side
from benchmarks.measure import SHARED

HOST = "http://aggregator.example/"
PUBLISHER = "Defence Ministry"
# how the lines begin and end where no published report is beside the checkout to copy that from; in its order
LINES = {
    "personnel": "personnel ‒ about {} ({}) persons, ",
    "tank": "tanks ‒ {} ({}), ",
    "APC": "APV ‒ {} ({}), ",
    "field artillery": "artillery systems – {} ({}), ",
    "MRL": "MLRS – {} ({}), ",
    "anti-aircraft warfare": "Anti-aircraft warfare systems ‒ {} ({}),",
    "aircraft": "aircraft – {} ({}), ",
    "helicopter": "helicopters – {} ({}), ",
    "drone": "UAV operational-tactical level – {} ({}),",
    "cruise missiles": "cruise missiles ‒ {} ({}),",
    "naval ship": "warships / boats ‒ {} ({}),",
    "vehicles and fuel tanks": "vehicles and fuel tanks – {} ({}),",
    "special equipment": "special equipment ‒ {} ({}).",
}
OTHERS = {
    "submarines": "submarines – {} ({}),",
    "military auto": "vehicles – {} ({}),",
    "fuel tank": "fuel tanks – {} ({}),",
    "ground robotic systems": "ground robotic systems – {} ({}),",
}
LEAD = "The losses of the other side from 24.02.22 to {} were approximately:"
SIDEBAR = (
    "Share the Post:",
    "Institute of River Towns",
    "A town on a river lives twice: once from what it makes, and once from what it carries across. Where the ferry "
    "stops, the second life ends within a season, and the first one seldom outlasts it by more than a few years.",
    "We have gone through the account books of forty landing stages. Not one of them ever paid for itself out of its "
    "tolls alone; each was kept by the market that stood behind it, and by people who wanted to be home by evening.",
    "The usual remedy is a bridge. It is a good remedy where there are roads on both banks, and a poor one where the "
    "roads have yet to be built, for a bridge without roads is a monument, and monuments do not carry flour.",
    "What a council can do in the meantime is modest. It can print a timetable and keep to it. It can pay "
    "the ferryman in winter, so that he is still there in spring. It can mend the landing stage before it breaks.",
    "None of this is new, and that is our point: towns know what keeps them alive, and forget it whenever a larger "
    "plan is announced. We ask councils to write it down, and we offer to keep what they have written.",
    "The institute gathers such records from all rivers of the country and lends them to whoever has a use for them.",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A day's report: what must be in its text."""

    day: date
    title: str
    lines: tuple[str, ...]

    @property
    def url(self) -> str:
        """Its address."""
        return f"{HOST}{self.day.isoformat()}"


def reports(folder: Path) -> list[Report]:
    """All days of the series that have one before them, the first first."""
    equipment = json.loads((folder / "russia_losses_equipment.json").read_text("utf-8"))
    personnel = {r["date"]: r for r in json.loads((folder / "russia_losses_personnel.json").read_text("utf-8"))}
    days = [{**row, "personnel": personnel[row["date"]]["personnel"]} for row in equipment]
    lead, lines = wording(folder.parent / "seeds")
    found = []
    for before, row in itertools.pairwise(days):
        day = date.fromisoformat(row["date"])
        printed = [lead.format(f"{day:%d.%m.%y}")]
        for name, line in lines.items():
            if isinstance(total := row.get(name), int):
                printed.append(line.format(total, f"{total - (before.get(name) or 0):+d}").strip())
        killed = row["personnel"] - before["personnel"]
        title = f"{PUBLISHER}: {killed} troops lost in 24 hours, {day:%d.%m.%Y}"
        found.append(Report(day, title, tuple(printed)))
    return found


def wording(seeds: Path) -> tuple[str, dict[str, str]]:
    """The lead and the lines of a published report with the numbers left open; our own where there is none."""
    file = next(seeds.glob("000_*.txt"), None)
    parts = file.read_text("utf-8").split("\n\n") if file else []
    part = next((p for p in parts if p.count("(+") >= len(LINES)), None)
    if part is None:
        return LEAD, {**LINES, **OTHERS}
    lead, *lines = part.strip().splitlines()
    if len(lines) != len(LINES):
        return LEAD, {**LINES, **OTHERS}
    lead = re.sub(r"\d\d\.\d\d\.\d\d(?!.*\d\d\.\d\d\.\d\d)", "{}", lead)
    opened = [re.sub(r"\d+ \(\+\d+\)", "{} ({})", line) for line in lines]
    return lead, {**dict(zip(LINES, opened, strict=True)), **OTHERS}


def widget(report: Report) -> str:
    """Both in text-editor widgets of a page builder."""
    column = '<div class="elementor-column">'
    text = '<div class="elementor-widget elementor-widget-text-editor"><div class="elementor-widget-container">'
    return (
        f'<div class="elementor elementor-location-single">{column}<h1>{escape(report.title)}</h1>'
        f"{text}{_body(report)}</div></div></div>{column}{text}{_sidebar()}</div></div></div></div>"
    )


def within(report: Report) -> str:
    """The essay goes on in the report's own element."""
    return (
        f'<main><article><h1>{escape(report.title)}</h1><div class="entry-content">{_body(report)}{_sidebar()}</div>'
        "</article></main>"
    )


def table(report: Report) -> str:
    """Two cells of a table."""
    return (
        f'<table width="100%"><tr><td valign="top"><h1>{escape(report.title)}</h1>{_body(report)}</td>'
        f'<td valign="top">{_sidebar()}</td></tr></table>'
    )


SHAPES = (widget, within, table)


def _body(report: Report) -> str:
    losses = "<br>\n".join(map(escape, report.lines))
    return f"<p>{PUBLISHER}</p><p>{report.day:%B} {report.day.day}, {report.day.year}</p><p>{losses}</p>"


def _sidebar() -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in SIDEBAR)


def read_one(report: Report, shape: Callable[[Report], str]) -> Page:
    """The report's page, read as a worker would."""
    menu = '<header><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></header>'
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(report.title)}</title></head>'
        f'<body>{menu}{shape(report)}<footer><a href="/imprint">Imprint</a></footer></body></html>'
    )
    return read(html.encode(), None, "text/html; charset=utf-8", report.url, "UTC", "en")


def keep(all_of: Sequence[Report], pages: Sequence[Page], folder: Path) -> Iterator[tuple[Report, str]]:
    """Put the pages into an archive one by one, each on its day; returns each with its text in the end."""
    store = Store(folder / "archive.db", write=True)
    store.conn.execute("pragma synchronous = off")
    with store.transaction():
        store.sync_sources([Source("aggregator", "Aggregator", "aggregator", "en", "UTC", HOST)])
    reviser = Reviser(store)
    for report, page in zip(all_of, pages, strict=True):
        at = datetime(report.day.year, report.day.month, report.day.day, 12, tzinfo=UTC)
        kept = Kept(Exchange(report.url, "aggregator", "page", at, 200), None, None)
        with store.transaction():
            capture = store.add_capture(kept, url_key(report.url), "unchanged", page.payload_sha256, None)
            own, others = reviser.attach(capture, report.url, (), "aggregator", stamp(at), page)
            for article in sorted(own | others):
                reviser.settle(article, stamp(at), None if article in own else "marks")
    texts = {row["url"]: row["text"] for row in store.articles()}
    store.close()
    for report in all_of:
        yield report, texts.get(report.url, "")


def main() -> int:
    """The exit code."""
    needed = [SHARED / f"russia_losses_{name}.json" for name in ("equipment", "personnel")]
    if missing := [str(path) for path in needed if not path.is_file()]:
        print(f"skipped: there is no {' and no '.join(missing)}")
        return 0
    made = reports(SHARED)
    worst = 0
    for shape in SHAPES:
        pages = side_by_side(partial(read_one, shape=shape), made)
        hidden = left = 0
        with tempfile.TemporaryDirectory() as folder:
            for report, text in keep(made, pages, Path(folder)):
                lines = {" ".join(line.split()) for line in text.splitlines()}
                hidden += sum(" ".join(line.split()) not in lines for line in report.lines)
                left += sum(line in lines for line in SIDEBAR)
        print(f"reports {len(made)} lines hidden {hidden} sidebar lines left {left} ({shape.__name__})", flush=True)
        worst = max(worst, hidden + left)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())

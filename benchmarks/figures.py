"""Whether the figures of loss reports are read: `make bench-figures`, or `python -m benchmarks.figures`.

1,625 reports are made anew from the series beside the checkout in each wording of wordings.toml and read; so are the
seeds. Prints for each wording how many rows of (category, total) are right, missing and wrong, and how many deltas
and as-of days are; then the cases that fail, and what a page without losses costs. Ends with 1 where anything is
wrong: precision and recall are to be 1.000, also on the days that were corrected, where the total is not that of the
day before with the delta on it.

`--fast` takes every seventh day.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import get_month_names

from archive.facts import read_figures
from archive.facts.registry import registry
from archive.models import Block, Facts
from benchmarks.measure import SHARED

KEYS = {
    "aircraft": "aircraft", "helicopter": "helicopters", "tank": "tanks", "APC": "armoured_vehicles",
    "field artillery": "artillery", "MRL": "mlrs", "anti-aircraft warfare": "air_defence", "drone": "uavs",
    "cruise missiles": "cruise_missiles", "naval ship": "ships", "submarines": "submarines",
    "vehicles and fuel tanks": "vehicles_and_fuel_tanks", "military auto": "vehicles", "fuel tank": "fuel_tanks",
    "special equipment": "special_equipment", "mobile SRBM system": "mobile_srbm",
    "ground robotic systems": "ground_robotic_systems",
}  # fmt: skip
SPELLED = {
    "en": ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "uk": ("", "один", "два", "три", "чотири", "п’ять", "шість", "сім", "вісім", "дев’ять", "десять"),
    "de": ("", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
}
SHOWN = 12


class Count(NamedTuple):
    """A category of a day: total, and the day's number as the report had it."""

    total: int
    delta: int


@dataclass(frozen=True, slots=True)
class Report:
    """A day's counts by category."""

    day: date
    counts: dict[str, Count]


@dataclass(slots=True)
class Score:
    """What a wording came to: rows right, missing and wrong; deltas and as-of days; cases that failed."""

    right: int = 0
    missing: int = 0
    wrong: int = 0
    deltas: list[int] = field(default_factory=lambda: [0, 0])
    days: list[int] = field(default_factory=lambda: [0, 0])
    failures: list[str] = field(default_factory=list)


def reports(folder: Path) -> Iterator[Report]:
    """The days of the series that have one before them; on a day of correction the day's number is without it."""
    equipment = json.loads((folder / "russia_losses_equipment.json").read_text("utf-8"))
    personnel = {
        r["date"]: r["personnel"] for r in json.loads((folder / "russia_losses_personnel.json").read_text("utf-8"))
    }
    corrections = {
        row["date"]: row
        for row in json.loads((folder / "russia_losses_equipment_correction.json").read_text("utf-8"))
    }
    for before, row in itertools.pairwise(equipment):
        corrected = corrections.get(row["date"], {})
        counts = {
            # a category that is new that day had no day before
            KEYS[name]: Count(total, total - before[name] - corrected.get(name, 0) if name in before else 0)
            for name, total in row.items()
            if name in KEYS
        }
        dead = personnel[row["date"]]
        counts["personnel"] = Count(dead, dead - personnel[before["date"]] - corrected.get("personnel", 0))
        yield Report(date.fromisoformat(row["date"]), counts)


class Printer:
    """Prints reports in one wording."""

    def __init__(self, wording: dict[str, Any]) -> None:
        self.wording = wording
        self.language = wording["language"]
        self.labels: dict[str, str] = wording["labels"]
        self.months = get_month_names("wide", "format", self.language)

    def number(self, value: int, *, spelled: bool = False) -> str:
        """A number as the wording prints it."""
        if spelled and self.wording.get("spelled") and 0 < value <= 10:
            return SPELLED[self.language][value]
        if self.wording.get("rounded"):
            mark = self.wording["number"]
            return f"{round(value / 1000, 1):.1f}".replace(".", mark) + " " + self.wording["thousand"]
        return f"{value:,}".replace(",", self.wording["number"])

    def delta(self, value: int) -> str:
        """The day's number with its sign, or what stands where it is nothing."""
        if value == 0 and "zero" in self.wording:
            return str(self.wording["zero"])
        return ("+" if value >= 0 else "-") + self.number(abs(value))

    def shown(self, report: Report) -> dict[str, Count]:
        """The categories that the wording prints of a report."""
        reads, spelled = self.wording["reads"], self.wording.get("spelled")
        counts = {c: report.counts[c] for c in self.labels if c in report.counts}
        if reads == "day":
            return {c: n for c, n in counts.items() if n.delta > 0}
        if reads == "rounded":
            return {c: n for c, n in counts.items() if n.total >= 1000}
        return {c: n for c, n in counts.items() if n.total > 0 or not spelled}

    def print(self, report: Report) -> tuple[str, list[Block]]:
        """Title and blocks."""
        wording, day = self.wording, report.day
        before = day - timedelta(days=1)
        names = {
            "day": day.day, "month": self.months[day.month], "year": day.year, "yy": f"{day:%y}", "dd": f"{day:%d}",
            "mm": f"{day:%m}", "yday": before.day, "ymonth": self.months[before.month], "ydd": f"{before:%d}",
            "ymm": f"{before:%m}", "personnel": self.number(report.counts["personnel"].total),
            "gain": self.number(report.counts["personnel"].delta),
        }  # fmt: skip
        forms = itertools.cycle(wording["item"])
        items = []
        for place, (category, count) in enumerate(self.shown(report).items()):
            form = wording.get("people") if category == "personnel" else None
            if place == 0 and count.delta and "first" in wording:
                form = wording["first"]
            form = form or next(forms)
            text = form.format(
                label=self.labels[category],
                total=self.number(count.total, spelled=True),
                delta=self.delta(count.delta)
                if wording["reads"] != "day"
                else self.number(count.delta, spelled=True),
            )
            # what is nothing is left out with its brackets
            items.append(text.replace(" ()", "").replace(" ( за минулу добу)", "").rstrip(" |"))
        texts = [text.format(**names) for text in wording.get("lead", ())]
        texts += [text.format(**names) for text in wording.get("before", ())]
        blocks = [Block("p", text, 0) for text in texts]
        if wording["shape"] == "lines":
            blocks[-1:] = [Block("p", "\n".join([blocks[-1].text, *items]), 0)]
        elif wording["shape"] == "paragraph":
            head, last = items[:-1], items[-1:]
            joined = wording["join"].join(head) + (wording["last"] if head else "") + "".join(last)
            blocks.append(Block("p", wording["opening"] + joined + wording["close"], 0))
        else:
            blocks += [Block("row" if wording["shape"] == "rows" else "li", item, 0) for item in items]
        blocks += [Block("p", text.format(**names), 0) for text in wording.get("tail", ())]
        return wording["title"].format(**names), blocks

    def expected(self, report: Report) -> dict[str, tuple[int, int | None]]:
        """Totals with deltas (None where none is printed), or a day's numbers, by category."""
        deltas, zero = self.wording.get("deltas", True), self.wording.get("zero")
        personnel = report.counts["personnel"]
        if self.wording["reads"] == "day":
            rows: dict[str, tuple[int, int | None]] = {c: (n.delta, None) for c, n in self.shown(report).items()}
            return rows | {"personnel": (personnel.delta, None)}
        if self.wording["reads"] == "rounded":
            return {c: (int(round(n.total / 1000, 1) * 1000 + 0.5), None) for c, n in self.shown(report).items()}
        rows = {}
        for category, count in self.shown(report).items():
            printed = deltas is True and (count.delta != 0 or (zero is not None and any(map(str.isdigit, zero))))
            rows[category] = (count.total, count.delta if printed else None)
        texts = " ".join([self.wording["title"], *self.wording.get("lead", ())])
        if "{personnel}" in texts:
            rows["personnel"] = (personnel.total, personnel.delta if "{gain}" in texts else None)
        elif "{gain}" in texts and "personnel" in rows and rows["personnel"][1] is None:
            rows["personnel"] = (personnel.total, personnel.delta)
        return rows


def score(printer: Printer, days: list[Report]) -> Score:
    """Read every report in a wording and compare."""
    found = Score()
    series = "day" if printer.wording["reads"] == "day" else "total"
    for report in days:
        title, blocks = printer.print(report)
        facts = read_figures(title, blocks, language=printer.language, day=report.day.isoformat())
        expected = printer.expected(report)
        compare(found, report, facts, expected, series)
    return found


def compare(
    found: Score, report: Report, facts: Facts, expected: dict[str, tuple[int, int | None]], series: str
) -> None:
    """Count what is right and what is not."""
    known = registry().ukraine
    rows = {f.category: f for f in facts.figures if f.claimed_by == "ukraine" and f.series == series}
    for figure in facts.figures:
        outside = figure.as_of < known[figure.category].since
        if figure.series != series or outside or figure.category not in expected:
            found.wrong += 1
            found.failures.append(f"{report.day} {figure.series} {figure.category} {figure.total}: not printed")
    for category, (total, delta) in expected.items():
        row = rows.get(category)
        if row is None or row.total != total:
            found.missing += row is None
            found.wrong += row is not None
            found.failures.append(f"{report.day} {category} {total}: {row.total if row else 'missing'}")
            continue
        found.right += 1
        found.deltas[row.delta == delta] += 1
        found.days[row.as_of == report.day.isoformat()] += 1
        if row.delta != delta or row.as_of != report.day.isoformat():
            found.failures.append(f"{report.day} {category}: delta {row.delta} for {delta}, as of {row.as_of}")


def ratio(right: int, wrong: int) -> str:
    """A share in words of three digits."""
    return f"{right / (right + wrong):.3f}" if right + wrong else "-"


def seeds(folder: Path) -> list[str]:
    """What is wrong with what the seeds give, in words."""
    wrong = []
    for name, day, count in (
        ("000", "2023-04-20", 13),
        ("001", "2023-04-20", 0),
        ("003", None, 0),
        ("004", "2023-06-13", 0),
    ):
        file = next(folder.glob(f"{name}_*.txt"), None)
        if file is None:
            continue
        paragraphs = [p for p in file.read_text("utf-8").split("\n\n") if p.strip()]
        facts = read_figures(paragraphs[0], [Block("p", p, 0) for p in paragraphs[1:]], language="en", day=day)
        if len(facts.figures) != count or any(f.as_of != day for f in facts.figures):
            wrong.append(f"seed {name}: {len(facts.figures)} figures for {count}")
        if count and any(f.series != "total" or f.delta is None for f in facts.figures):
            wrong.append(f"seed {name}: deltas or series")
        cost(f"seed {name}", paragraphs)
    return wrong


def cost(name: str, paragraphs: list[str]) -> None:
    """Print what reading a text takes."""
    blocks = [Block("p", p, 0) for p in paragraphs]
    begun = time.perf_counter()
    for _ in range(20):
        read_figures("A title", blocks, language="en", day="2023-04-20")
    print(
        f"{name}: {(time.perf_counter() - begun) / 20 * 1000:.2f} ms a page of {sum(map(len, paragraphs))} characters"
    )


def main() -> int:
    """Print the figures."""
    if not SHARED.is_dir():
        print("no ../shared beside the checkout: nothing to measure with")
        return 0
    days = list(reports(SHARED))
    if "--fast" in sys.argv:
        days = days[::7]
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    wordings = tomllib.loads((Path(__file__).parent / "wordings.toml").read_text("utf-8"))["wording"]
    bad = 0
    print(f"{len(days)} reports in {len(wordings)} wordings: precision and recall of totals; deltas, as-of days")
    for wording in wordings:
        if names and not any(name in wording["name"] for name in names):
            continue
        begun = time.perf_counter()
        found = score(Printer(wording), days)
        spent = (time.perf_counter() - begun) / len(days) * 1000
        print(
            f"{ratio(found.right, found.wrong)} {ratio(found.right, found.missing + found.wrong)} "
            f"{ratio(*reversed(found.deltas))} {ratio(*reversed(found.days))} "
            f"{found.right:6d} rows {spent:5.1f} ms  {wording['name']}"
        )
        for failure in found.failures[:SHOWN]:
            print("   ", failure)
        bad += len(found.failures)
    wrong = seeds(SHARED.parent / "seeds")
    print(*wrong, sep="\n")
    words = "The harbour council met again and talked of berths, tides and tolls until evening. " * 60
    cost("a page without losses", [words])
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

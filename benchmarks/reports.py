"""Daily loss reports as texts, rebuilt from the figures in ../shared/data/: one form, another day each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from benchmarks.measure import SHARED

# the label of each key, in the order of the list; what a day has no figure for is not in its list
LABELS = {
    "tank": "tanks",
    "APC": "APV",
    "field artillery": "artillery systems",
    "MRL": "MLRS",
    "anti-aircraft warfare": "Anti-aircraft warfare systems",
    "aircraft": "aircraft",
    "helicopter": "helicopters",
    "drone": "UAV operational-tactical level",
    "cruise missiles": "cruise missiles",
    "naval ship": "warships / boats",
    "submarines": "submarines",
    "military auto": "vehicles",
    "fuel tank": "fuel tanks",
    "vehicles and fuel tanks": "vehicles and fuel tanks",
    "special equipment": "special equipment",
    "ground robotic systems": "ground robotic systems",
}


def reports() -> Iterator[tuple[str, str, str]]:
    """(day, title, text) of each day after the first: totals, and in brackets what the day added."""
    equipment = {row["date"]: row for row in _rows("equipment")}
    personnel = {row["date"]: row for row in _rows("personnel")}
    before: dict[str, int] = {}
    for day in sorted(equipment.keys() & personnel.keys()):
        row = {**equipment[day], "personnel": personnel[day]["personnel"]}
        figures = {key: int(row[key]) for key in ("personnel", *LABELS) if row.get(key) is not None}
        if before:
            added = {key: total - before.get(key, 0) for key, total in figures.items()}
            lines = [f"{LABELS[key]} ‒ {total} ({added[key]:+})" for key, total in figures.items() if key in LABELS]
            stated = date.fromisoformat(day)
            text = (
                f"The total combat losses of the enemy from 24.02.22 to {stated:%d.%m.%y} were approximately:\n"
                f"personnel ‒ about {figures['personnel']} ({added['personnel']:+}) persons were liquidated,\n"
                + ",\n".join(lines)
                + "."
            )
            yield day, f"{added['personnel']} troops killed in 24 hours, the ministry says", text
        before = figures


def _rows(name: str) -> list[dict[str, object]]:
    rows = json.loads((SHARED / f"russia_losses_{name}.json").read_text("utf-8"))
    assert isinstance(rows, list)
    return rows

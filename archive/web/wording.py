"""How claims are put into words on our pages: each one names the side that claims it. Values in, words out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from archive.web.cells import day
from archive.web.queries import Row

SIDES = {"ukraine": "Ukraine", "russia": "Russia"}
ABOUT = {"ukraine": "russia", "russia": "ukraine"}
# series whose numbers are of a stretch of days alone, and what such a stretch is called
PERIODS = {"day": "day", "week": "week", "period": "period"}
_SHORT = {"mlrs": "MLRS", "uavs": "UAVs", "srbm": "SRBM"}


def category(key: str) -> str:
    """A category's key as words: armoured vehicles, MLRS."""
    return " ".join(_SHORT.get(word, word) for word in key.split("_"))


def series(key: str) -> str:
    """What the numbers of a series are of."""
    if key == "total":
        return "totals since 24 February 2022"
    if key in PERIODS:
        return f"single {PERIODS[key]}s"
    return f"sums of {category(key).title()} alone"


def number(row: Mapping[str, Any]) -> str:
    """A claimed number with what the text says of it; without one a dash."""
    if row["total"] is None:
        return "–"
    said = f"{row['total']:,}"
    if qualifier := row.get("qualifier"):
        said = f"{qualifier} {said}"
    return f"{said} ±{row['precision']:,}" if row.get("precision") else said


def change(delta: int | None) -> str:
    """The day's number as it is printed beside a total."""
    return "" if delta is None else f"{delta:+,}".replace("-", "−")


def period(row: Mapping[str, Any]) -> str:
    """The days that a claim is for."""
    start, end = row.get("period_start"), row.get("period_end")
    if not start or not end:
        return f"as of {day(row['as_of'])}"
    return f"for {day(end)}" if start == end else f"for {day(start)} to {day(end)}"


def path(side: str, key: str, of_series: str = "total", **asked: str | int | None) -> str:
    """The address of a series' page, under the base of the site."""
    given = {"series": None if of_series == "total" else of_series, **asked}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/losses/{quote(side, safe='')}/{quote(key, safe='')}{f'?{query}' if query else ''}"


def stated(rows: Iterable[Row]) -> list[Row]:
    """What an article states, by side, series and day: ``head`` and ``claims``, each with the ``path`` it leads to.

    ``rows``: in the order of :func:`archive.web.claimed.of_text`.
    """
    found = []
    for (side, about, of, *_), group in groupby(
        rows,
        key=lambda r: (r["claimed_by"], r["about"], r["series"], r["as_of"], r["period_start"], r["period_end"]),
    ):
        members = list(group)
        kind = "" if of == "total" or of in PERIODS else f", {series(of)}"
        head = f"Claimed by {SIDES.get(side, side)}: losses of {SIDES.get(about, about)}{kind}, {period(members[0])}"
        found.append({"head": head, "claims": [_claim(side, of, row) for row in members]})
    return found


def _claim(side: str, of: str, row: Row) -> Row:
    parts = [part for part in (row["direction"], row["formation"]) if part]
    other = None
    if row["standing"] == "differs" and row["taken_article"] is not None:
        taken = {"total": row["taken_total"], "precision": 0}
        other = {"article": row["taken_article"], "number": number(taken), "change": change(row["taken_delta"])}
    return {
        "name": category(row["category"]),
        "parts": ", ".join(parts),
        "number": number(row),
        "change": change(row["delta"]),
        "other": other,
        "path": f"/losses/{quote(side, safe='')}?as_of={quote(row['as_of'])}"
        if parts
        else path(side, row["category"], of),
    }


def by_direction(rows: Sequence[Row]) -> list[Row]:
    """Tables of what is claimed by direction: ``head``, ``columns`` and ``lines`` with a cell or None for each.

    ``rows``: in the order of :func:`archive.web.claimed.directions`.
    """
    found = []
    for _, group in groupby(rows, key=lambda r: (r["series"], r["period_start"], r["period_end"])):
        members = list(group)
        columns = list(dict.fromkeys(row["category"] for row in members))
        lines: dict[tuple[str, str], Row] = {}
        for row in members:
            where = row["direction_printed"] or row["direction"] or ""
            force = row["formation_printed"] or row["formation"] or ""
            line = lines.setdefault((where, force), {"direction": where, "formation": force, "of": {}, "said": {}})
            line["of"].setdefault(row["category"], {"number": number(row), "article": row["article"]})
            line["said"].setdefault(row["sentence"], row)
        found.append(
            {
                "head": period(members[0]),
                "series": series(members[0]["series"]),
                "columns": [category(key) for key in columns],
                "lines": [
                    {**line, "cells": [line["of"].get(key) for key in columns], "said": list(line["said"].values())}
                    for line in lines.values()
                ],
                "formations": any(force for _, force in lines),
            }
        )
    return found

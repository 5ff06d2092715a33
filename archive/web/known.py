"""What stood for each day by the texts that the archive had at a moment: totals are revised, and pages corrected."""

from __future__ import annotations

from collections import Counter
from typing import Any

from archive.standings import Claim, Key, stand
from archive.web import claimed
from archive.web.queries import Row


async def as_known(db: Any, which: tuple[str, str, str], moment: str) -> tuple[list[Row], dict[int, Counter[str]]]:
    """A series (side, series, category) as known then, and the reprints of each claim by how they stood.

    Where the day's figures are the same ones now, they stood as they stand: of 4,500 figures from as many pages that
    spares reading nearly all of these pages' rows.
    """
    rows = await claimed.held(db, *which)
    then = [
        row
        for row in rows
        if row["known_from"] <= moment and (row["known_until"] is None or row["known_until"] > moment)
    ]
    others = {r["as_of"] for r in rows if r["known_from"] > moment or r["known_until"] is not None}
    standings = {r["id"]: (r["standing"], r["taken"]) for r in then if r["as_of"] not in others}
    open_ = [r for r in then if r["as_of"] in others]
    articles = await claimed.published(db, {r["article"] for r in open_})
    standings |= stand(_claim(which, row, articles[row["article"]]) for row in open_)
    taken = {row["id"]: row for row in then if standings[row["id"]][0] == "taken"}
    reprints: dict[int, Counter[str]] = {figure: Counter() for figure in taken}
    for standing, figure, article in {(*standings[row["id"]], row["article"]) for row in then}:
        if article != taken[figure]["article"]:
            reprints[figure][standing] += 1
    return [{**row, "figure": figure} for figure, row in taken.items()], reprints


def _claim(which: tuple[str, str, str], row: Row, page: Row) -> Claim:
    side, series, category = which
    key = Key(side, row["about"], series, category, row["as_of"], row["period_start"], row["period_end"], None, None)
    values = {**row, **page, "key": key, "id": row["id"]}
    return Claim(**{name: values[name] for name in Claim._fields})

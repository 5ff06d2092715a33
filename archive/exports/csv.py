"""CSV for spreadsheets: one row for each article, the columns of ``articles``. Loses what docs/export.md lists.

Cells that a spreadsheet would run as a formula have an apostrophe before them (archive/spreadsheet.py). The file
begins with a byte order mark: without one, Excel reads UTF-8 as something else.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any, BinaryIO

from archive.exports.blocks import BLOCK
from archive.exports.chosen import Chosen
from archive.models import Progress
from archive.spreadsheet import inert
from archive.store_export import LISTS


def write(chosen: Chosen, path: Path, progress: Progress) -> None:
    """Write the file."""
    with path.open("wb") as out:
        stream(chosen, out, progress)


def stream(chosen: Chosen, out: BinaryIO, progress: Progress) -> None:
    """Write the rows."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    names = [column.name for column in chosen.store.table_columns("articles")]
    lists = [place for place, name in enumerate(names) if name in LISTS["articles"]]
    text.write("\ufeff")
    rows.writerow(names)
    total = len(chosen.ids)
    for done, row in enumerate(chosen.store.chosen_rows(), 1):
        rows.writerow(_cells(row, lists))
        if text.tell() >= BLOCK:
            _flush(text, out)
            progress("articles", total, total - done)
    _flush(text, out)
    progress("articles", total, 0)


def _cells(row: sqlite3.Row, lists: list[int]) -> list[Any]:
    cells = list(row)
    for place in lists:
        cells[place] = "; ".join(json.loads(cells[place] or "[]"))
    return [inert(cell) for cell in cells]


def _flush(text: io.StringIO, out: BinaryIO) -> None:
    out.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()

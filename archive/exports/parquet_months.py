"""Parquet in a folder, a file for each month: ``articles/month=2031-04/articles.parquet``, as Hive names them.

The month is that of the day by which a search counts an article. The manifest lies beside ``articles/`` and not in
it: readers of such folders take every file for a part of the table.
"""

from __future__ import annotations

from pathlib import Path

from archive.exports import parquet
from archive.exports.chosen import Chosen, silent
from archive.models import Progress


def write(chosen: Chosen, path: Path, progress: Progress) -> None:
    """Write the folder."""
    whole, left = chosen.ids, len(chosen.ids)
    table = path / "articles"
    table.mkdir(parents=True)
    for month, articles in chosen.store.chosen_by_month():
        place = table / f"month={month}"
        place.mkdir()
        chosen.narrow(articles)
        parquet.write(chosen, place / "articles.parquet", silent)
        left -= len(articles)
        progress("articles", len(whole), left)
    chosen.narrow(whole)

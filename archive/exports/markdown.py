"""A folder of Markdown, a file for each article: ``SOURCE/YYYY-MM/YYYY-MM-DD-ID-title.md``.

Loses what docs/export.md lists: earlier texts, captures but the one shown, what was hidden.
"""

from __future__ import annotations

from pathlib import Path

from archive.exports import prose
from archive.exports.chosen import Chosen
from archive.models import Progress


def write(chosen: Chosen, path: Path, progress: Progress) -> None:
    """Write the folder."""
    path.mkdir()
    folders: set[Path] = set()
    total = len(chosen.ids)
    for done, record in enumerate(chosen.records(), 1):
        source, month, name = prose.name_of(record)
        folder = path / source / month
        if folder not in folders:
            folder.mkdir(parents=True, exist_ok=True)
            folders.add(folder)
        (folder / name).write_text(prose.document(record), encoding="utf-8", newline="\n")
        if not done % 128 or done == total:
            progress("articles", total, total - done)

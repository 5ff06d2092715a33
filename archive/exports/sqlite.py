"""A database of its own: the archive as it is, or a new one with what belongs to the chosen articles alone.

It has the tables, views and full-text search of the archive, and is served as one: put it into a folder of its own as
``archive.db``. Of the custody chain it holds every entry. An entry of which all captures are in it can be checked
with it alone; of the others each capture's payload can be, and not that the entry counts it (see ``counts`` of the
manifest: ``entries_whole``, ``entries_in_part``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from archive.exports.chosen import Chosen
from archive.models import Progress
from archive.store_held import captures_of, covered, is_whole
from archive.store_subset import KEPT, Subset, copy_whole


def write(chosen: Chosen, path: Path, progress: Progress) -> dict[str, int]:
    """Write the database; returns what is in it."""
    if complete(chosen):
        return whole(chosen, path)
    return subset(chosen, path, captures_of(chosen.conn, chosen.ids), None, progress)


def complete(chosen: Chosen) -> bool:
    """Whether the archive may go as it is: nothing of it is left out."""
    return is_whole(chosen.conn, chosen.ids, chosen.asked.get("sources", ()))


def whole(chosen: Chosen, path: Path) -> dict[str, int]:
    """Copy the database; returns what is in it."""
    copy_whole(chosen.conn, path)
    return covered(chosen.conn, None)


def subset(
    chosen: Chosen,
    path: Path,
    captures: Sequence[int],
    positions: Mapping[int, tuple[str, int]] | None,
    progress: Progress,
) -> dict[str, int]:
    """Write a database with the chosen articles and some captures; ``positions``: see :class:`Subset`."""
    left = len(KEPT)

    def told(table: str) -> None:
        nonlocal left
        progress(table, len(KEPT), left)
        left -= 1

    with closing(Subset(chosen.conn, path)) as database:
        database.fill(chosen.ids, captures, positions, told)
    return covered(chosen.conn, captures)

"""The copy of an older archive that is made before a migration changes it. Owns ``backup/``.

Its name says which version made the archive: ``archive-m014_near.db`` can be put in the place of ``archive.db``, by
that version alone. Nothing here removes one that is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from archive.errors import CommuniqueError
from archive.models import RESERVE

# pages copied at a time, so that Ctrl-C is heard
_PAGES = 4096
_PART = ".part"


def back_up(conn: sqlite3.Connection, database: Path, version: str) -> Path:
    """Copy a database as it is now; ``version``: its last migration. One that is there already stays.

    Raises:
        CommuniqueError: the disk is too small, or it cannot be written to.
    """
    folder = database.parent / "backup"
    copy = folder / f"archive-{version}.db"
    if copy.exists():  # it was made, and the migration did not get through
        return copy
    part = copy.with_name(copy.name + _PART)
    try:
        folder.mkdir(exist_ok=True)
        part.unlink(missing_ok=True)
        needed = conn.execute("pragma page_count").fetchone()[0] * conn.execute("pragma page_size").fetchone()[0]
        free = shutil.disk_usage(folder).free
        if free < needed + RESERVE:
            raise CommuniqueError(
                f"{database} is of an earlier version, and a copy of it has to be made before it is changed:"
                f" {needed + RESERVE >> 20} MB are needed for {folder}, {free >> 20} MB are free"
            )
        with closing(sqlite3.connect(part)) as into:
            conn.backup(into, pages=_PAGES)
        shutil.copymode(database, part)
        _sync(part)
        part.rename(copy)
        _sync(folder)
        _sync(folder.parent)
    except OSError as error:
        raise CommuniqueError(f"no copy can be made in {folder}: {error.strerror}") from error
    return copy


def _sync(path: Path) -> None:
    """As :func:`archive.warc.synced`, which nothing below the store imports."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

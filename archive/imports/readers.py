"""Which reader takes which kind of file. A reader is imported with the first file of its kind."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from archive.errors import RefusedError
from archive.imports.intake import Intake, Reader
from archive.imports.kinds import Kind

_READERS: dict[Kind, str] = {
    "warc": "warcs",
    "wacz": "wacz",
    "singlefile": "singlefile",
    "text": "texts",
    "markdown": "texts",
    "csv": "tables",
    "jsonl": "tables",
    "records": "rows",
    "parquet": "rows",
    "sqlite": "homes",
    "home": "homes",
    "bag": "homes",
}


def read(path: Path, kind: Kind, intake: Intake) -> None:
    """Hand everything in a file to the intake.

    Raises:
        RefusedError: it cannot be imported, in one line.
    """
    reader = cast("Reader", import_module(f"archive.imports.{_READERS[kind]}").read)
    try:
        reader(path, kind, intake)
    except OSError as error:
        if error.filename is None:  # not of the file: the disk of the archive
            raise
        raise RefusedError(str(path), error.strerror or str(error)) from error

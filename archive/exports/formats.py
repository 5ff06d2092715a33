"""The formats of an export, by name. Each is a module that is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from archive.exports.chosen import Chosen
from archive.models import Progress

# how many of what was written, for the manifest; the articles are counted by the caller
Counts = Mapping[str, int]


class Writer(Protocol):
    """What a format's module has; ``write`` makes the file or folder ``path``, of which nothing is there yet.

    ``stream`` in modules of formats that can be written to a pipe.
    """

    def write(self, chosen: Chosen, path: Path, progress: Progress) -> Counts | None:
        """Write all that is chosen; what is at ``path`` in the end is the export."""

    def stream(self, chosen: Chosen, out: BinaryIO, progress: Progress) -> Counts | None:
        """The same into a pipe."""


class Format(NamedTuple):
    """A format.

    ``suffix``: how its files are called. ``folder``: it makes a folder. ``records``: it is made of records, which may
    be bare; ``flat``: which are. ``streams``: it can be written to a pipe, ``text``: and to a terminal. ``parts``: an
    incremental export adds a file with what changed.
    """

    name: str
    module: str
    suffix: str = ""
    folder: bool = False
    records: bool = False
    streams: bool = False
    text: bool = False
    parts: bool = False
    flat: bool = False

    @property
    def writer(self) -> Writer:
        """The module that writes it."""
        return cast(Writer, import_module(f"archive.exports.{self.module}"))


FORMATS = {
    one.name: one
    for one in (
        Format("jsonl", "jsonl", ".jsonl", records=True, streams=True, text=True, parts=True),
        Format("jsonl.zst", "jsonl_zst", ".jsonl.zst", records=True, streams=True, parts=True),
        Format("csv", "csv", ".csv", records=True, streams=True, text=True, parts=True, flat=True),
        Format("parquet", "parquet", ".parquet", records=True, streams=True, parts=True),
        Format("parquet-by-month", "parquet_months", records=True, folder=True),
        Format("markdown", "markdown", records=True, folder=True),
        Format("sqlite", "sqlite", ".db"),
        Format("warc", "warc", ".warc.gz", parts=True),
        Format("wacz", "wacz", ".wacz", parts=True),
        Format("bagit", "bagit", folder=True),
    )
}

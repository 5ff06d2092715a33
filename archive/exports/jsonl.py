"""JSONL: the record of each article on a line of its own. Loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from archive.exports.blocks import blocks
from archive.exports.chosen import Chosen
from archive.models import Progress


def write(chosen: Chosen, path: Path, progress: Progress) -> None:
    """Write the file."""
    with path.open("wb") as out:
        stream(chosen, out, progress)


def stream(chosen: Chosen, out: BinaryIO, progress: Progress) -> None:
    """Write the lines."""
    for block in blocks(chosen, chosen.lines(), progress):
        out.write(block)

"""Reads our own records of articles: JSON lines, plain or packed, and Parquet. The texts alone, not the raw pages."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from archive.errors import RefusedError
from archive.imports.intake import Intake
from archive.imports.kinds import GZIP, ZSTD
from archive.imports.placing import Placer
from archive.imports.records import Record, record_of
from archive.models import stamp

# records a transaction, and characters of their JSON
BATCH, SIZE = 100, 8 << 20
# bytes of a line at most: a page of 32 MB that was edited some times
LONGEST = 256 << 20
# bytes read at once
_PIECE = 1 << 20
# rows of a Parquet file that are unpacked at once
_ROWS = 64


def read(path: Path, kind: str, intake: Intake) -> None:
    """Keep the articles of a file of records; a record that is damaged costs itself.

    Raises:
        RefusedError: it is a demo archive's, and this archive is none, or the other way round.
    """
    given = _parquet(path) if kind == "parquet" else _lines(path)
    keep(_checked(path.name, given, intake), path, intake)


def keep(records: Iterable[tuple[Record, int]], path: Path, intake: Intake) -> None:
    """Keep records, each with the size of its JSON, in batches; ``path``: where they are from, as it is to be named.

    Raises:
        RefusedError: a demo archive's and a real one's.
    """
    batch: list[Record] = []
    size = 0
    for record, length in records:
        same_kind(record.fictional, path, intake)
        batch.append(record)
        size += length
        if len(batch) >= BATCH or size >= SIZE:
            _put(batch, intake)
            batch, size = [], 0
    if batch:
        _put(batch, intake)


def same_kind(fictional: bool, path: Path, intake: Intake) -> None:
    """Make sure that an archive of invented outlets and one of real ones never meet."""
    kind = intake.store.fictional()
    if kind is None:
        intake.write(lambda store: store.set_fictional(fictional))
    elif kind != fictional:
        here, there = ("a demo archive", "a real one") if kind else ("a real archive", "a demo")
        raise RefusedError(str(path), f"{here} and {there} are never merged")


def _put(batch: list[Record], intake: Intake) -> None:
    taken = intake.revise(lambda r: Placer(r, intake.run or 0, intake.counts).take(batch, stamp(intake.now)))
    for became in taken:
        if became in ("known", "forgotten"):
            intake.passed({"known": "already here", "forgotten": "forgotten"}[became])


def _checked(name: str, given: Iterable[tuple[int, object, int]], intake: Intake) -> Iterator[tuple[Record, int]]:
    for at, value, length in given:
        if isinstance(value, str):
            intake.damaged(name, at, value)
            continue
        try:
            yield record_of(value, intake.now), length
        except (ValueError, RecursionError, OverflowError) as error:
            intake.damaged(name, at, f"no record that can be read: {error}"[:300])


def _lines(path: Path) -> Iterator[tuple[int, object, int]]:
    """The objects of a file of JSON lines: bytes of lines before it, the object or what is wrong, its length."""
    at = 0
    with _open(path) as file:
        while True:
            try:
                line = file.readline(LONGEST)
            except (OSError, EOFError, zlib.error) as error:  # packed, and torn or damaged
                yield at, f"cannot be unpacked from here on ({error})"[:300], 0
                return
            if len(line) == LONGEST:
                yield at, f"a line of more than {LONGEST >> 20} MB", 0
                return
            if line.strip():
                yield at, _object(line), len(line)
            if not line:
                return
            at += len(line)


def _object(line: bytes) -> object:
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON ({error})"[:300]
    return found if isinstance(found, dict) else "no object"


def _open(path: Path) -> io.BufferedIOBase:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP):
        return gzip.open(path)
    if head == ZSTD:
        import pyarrow as pa

        packed: Any = pa.input_stream(str(path), compression="zstd")
        return io.BufferedReader(packed, _PIECE)
    return path.open("rb")


def _parquet(path: Path) -> Iterator[tuple[int, Any, int]]:
    """The records of a Parquet file: rows before it, the record or what is wrong, its length."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    at = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS):
                for row in batch.to_pylist():
                    length = len(row.get("text") or "") + len(row.get("readings") or "")
                    yield at, row, length
                    at += 1
    except (pa.ArrowException, OSError) as error:
        yield at, f"cannot be read from here on ({error})"[:300], 0

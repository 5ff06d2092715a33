"""Tables of articles, and files of JSON records: each row is a text, kept by its own bytes.

A row of a table is kept below the line of names, so that what is kept can be read by itself.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from archive.characters import decoded, encoding_of
from archive.errors import RefusedError
from archive.fronts import LIMIT, RECORD, ROW, delimiter, opened
from archive.imports.handing import charset, hand, written
from archive.imports.intake import Intake
from archive.imports.kinds import GZIP
from archive.imports.streams import DENSITY
from archive.stated import field_of

# bytes that the encoding of a table is told by
_SAMPLE = 1 << 20


class _Row(NamedTuple):
    """A row by its number, from 1, its bytes, and where in the file it begins."""

    number: int
    data: bytes
    offset: int


def read(path: Path, kind: str, intake: Intake) -> None:
    """Hand each row over; what cannot be read is counted, with the bytes before it.

    Raises:
        RefusedError: its columns are none of a text, or it is packed denser than any table.
    """
    at = written(path)
    media, unit = (RECORD, "line") if kind == "jsonl" else (ROW, "row")
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        file: IO[bytes] = gzip.open(raw) if packed else raw  # type: ignore[assignment]  # noqa: SIM115
        done = 0
        try:
            # of many rows: one may be too short to tell
            encoding = encoding_of(file.read(_SAMPLE).rpartition(b"\n")[0])
            file.seek(0)
            for row in _records(file) if kind == "jsonl" else _rows(file, path):
                kind_of_row = f"{media}{charset(row.data) or f'; charset={encoding}'}"
                text = decoded(row.data, kind_of_row) if len(row.data) <= LIMIT else None
                stated = opened(text, media, intake.given.zone or "UTC") if text is not None else None
                if stated is None or not (stated.text or stated.given.description):
                    wrong = _wrong(row.data, media, readable=stated is not None)
                    intake.damaged(path.name, row.offset, f"{unit} {row.number} {wrong}")
                else:
                    hand(intake, row.data, kind_of_row, f"{path.name}#{unit}={row.number}", at, stated)
                place = raw.tell()
                if packed and row.offset > max(_SAMPLE, DENSITY * place):
                    raise RefusedError(str(path), f"packed more than {DENSITY} to 1: no table is")
                intake.progress(place - done)
                done = place
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            intake.damaged(path.name, raw.tell(), f"a damaged gzip file ({error})")


def _wrong(data: bytes, media: str, *, readable: bool) -> str:
    """Why a row or a line is no article, in words."""
    if len(data) > LIMIT:
        return f"is longer than {LIMIT >> 20} MiB"
    return "holds no text" if readable or media == ROW else "is no JSON record"


def _records(file: IO[bytes]) -> Iterator[_Row]:
    """The lines of a file, each with its place; of one that is too long only the beginning."""
    offset = number = 0
    while line := file.readline(LIMIT + 2):
        number += 1
        start = offset
        offset += len(line)
        while len(line) > LIMIT and not line.endswith(b"\n") and (rest := file.readline(LIMIT)):
            offset += len(rest)
            if rest.endswith(b"\n"):
                break
        if line.strip():
            yield _Row(number, line.rstrip(b"\r\n"), start)


def _rows(file: IO[bytes], path: Path) -> Iterator[_Row]:
    """The rows of a table, each below the line of names, with its place."""
    names = file.readline(LIMIT)
    if names.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedError(str(path), "a table in UTF-16: save it as UTF-8")
    csv.field_size_limit(2 * LIMIT)
    header = (decoded(names) or "").lstrip("\ufeff")
    mark = delimiter(header)
    try:
        columns = next(csv.reader([header], delimiter=mark), [])
    except csv.Error as error:
        raise RefusedError(str(path), f"no table ({error})") from error
    if not {"text", "html"} & {field_of(column) for column in columns}:
        raise RefusedError(str(path), f"no column of texts among {', '.join(columns)[:200]}")
    taken: list[bytes] = []
    size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        while line := file.readline(LIMIT):
            taken.append(line)
            size += len(line)
            # bytes for characters: quotes and delimiters are the same in every encoding that a table can be in
            yield line.decode("latin-1") if size <= LIMIT else '"\n'
            if size > LIMIT:
                return

    offset, number = len(names), 0
    head = names if names.endswith(b"\n") else names + b"\n"
    while True:
        reader = csv.reader(lines(), delimiter=mark)
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = []
        data, start = b"".join(taken), offset
        offset += len(data)
        taken.clear()
        size = 0
        if cells is None and not data:
            return
        if data.strip():
            number += 1
            yield _Row(number, head + data, start)

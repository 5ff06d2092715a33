"""Tables of articles, and files of JSON records: each row is a text, kept by its own bytes.

A row of a table is kept below the line of names, so that what is kept can be read by itself.
"""

from __future__ import annotations

import csv
import zlib
from collections import deque
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path
from typing import IO, NamedTuple

from archive.characters import decoded, encoding_of
from archive.errors import RefusedError
from archive.fronts import LIMIT, RECORD, ROW, delimiter, opened
from archive.imports.handing import Rows, charset, written
from archive.imports.intake import Intake
from archive.imports.unpacked import lines, unpacked
from archive.stated import field_of

# bytes that the encoding of a table is told by
_SAMPLE = 1 << 20
# bytes that are read once more, behind quotes that do not close: a file made to do harm has them in every line
_AGAIN = 4 * LIMIT


class _Row(NamedTuple):
    """A row by its number, from 1, its bytes, where in the file it begins, and why it cannot be read, if so."""

    number: int
    data: bytes
    offset: int
    wrong: str | None = None


def read(path: Path, kind: str, intake: Intake) -> None:
    """Hand each row over; what cannot be read is counted, with the bytes before it.

    Raises:
        RefusedError: its columns are none of a text, it is packed denser than any table, or a demo's where this
        archive is none.
    """
    rows = Rows(intake, path, written(path))
    media, unit = (RECORD, "line") if kind == "jsonl" else (ROW, "row")
    done = 0
    with unpacked(path, "table") as (file, tell):
        try:
            # of many rows: one may be too short to tell
            with unpacked(path, "table") as (beginning, _):
                encoding = encoding_of(beginning.read(_SAMPLE).rpartition(b"\n")[0])
            for row in starmap(_Row, lines(file, LIMIT)) if kind == "jsonl" else _rows(file, path):
                kind_of_row = f"{media}{charset(row.data) or f'; charset={encoding}'}"
                text = decoded(row.data, kind_of_row) if len(row.data) <= LIMIT else None
                stated = opened(text, media, intake.given.zone or "UTC") if text is not None else None
                if row.wrong or stated is None or not (stated.text or stated.given.description):
                    wrong = row.wrong or _wrong(row.data, media, readable=stated is not None)
                    intake.damaged(path.name, row.offset, f"{unit} {row.number} {wrong}")
                else:
                    rows.hand(row.data, kind_of_row, unit, row.number, row.offset, stated)
                place = tell()
                intake.progress(place - done)
                done = place
        except (OSError, EOFError, zlib.error) as error:  # packed, and torn or damaged
            intake.damaged(path.name, tell(), f"a damaged packed file ({error})")


def _wrong(data: bytes, media: str, *, readable: bool) -> str:
    """Why a row or a line is no article, in words."""
    if len(data) > LIMIT:
        return f"is longer than {LIMIT >> 20} MiB"
    return "holds no text" if readable or media == ROW else "is no JSON record"


def _rows(file: IO[bytes], path: Path) -> Iterator[_Row]:
    """The rows of a table, each below the line of names, with its place.

    Behind one whose quotes do not close as they should, reading goes on at its second line; lines of one cell belong
    to it.
    """
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
    ahead: deque[bytes] = deque()
    size = again = 0

    def taking() -> Iterator[str]:
        nonlocal size
        while line := ahead.popleft() if ahead else file.readline(LIMIT):
            taken.append(line)
            size += len(line)
            # bytes for characters: quotes and delimiters are the same in every encoding that a table can be in
            yield line.decode("latin-1") if size <= LIMIT else '"\n'
            if size > LIMIT:
                return

    offset, number, sound = len(names), 0, 0
    head = names if names.endswith(b"\n") else names + b"\n"
    while True:
        wrong, start = None, offset
        try:
            cells = next(csv.reader(taking(), delimiter=mark, strict=True), None)
        except csv.Error as error:
            cells, wrong = [], f"has quotes that do not close as they should ({error})"
        if cells is None and not taken:
            return
        if size > LIMIT:
            wrong = f"is longer than {LIMIT >> 20} MiB"
        if wrong and again + size <= _AGAIN:
            again += size
            sound = max(sound, start + size)
            ahead.extendleft(reversed(taken[1:]))
            del taken[1:]
        data = b"".join(taken)
        offset += len(data)
        taken.clear()
        size = 0
        if not wrong and start < sound and len(cells or ()) != len(columns):  # it may be a piece of what was given up
            if len(cells or ()) < 2:
                continue
            wrong = f"has {len(cells or ())} fields of {len(columns)}, behind one whose quotes do not close"
        if data.strip():
            number += 1
            yield _Row(number, head + data, start, wrong)

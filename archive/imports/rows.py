"""Reads our own records of articles: JSON lines, plain or packed, and Parquet. The texts alone, not the raw pages."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from archive.errors import RefusedError
from archive.imports.columns import unpack
from archive.imports.intake import Intake
from archive.imports.placing import Placer, Taken
from archive.imports.records import Record, record_of
from archive.imports.unpacked import lines, unpacked
from archive.models import stamp
from archive.revise import Reviser

# records a transaction, and characters of their JSON
BATCH, SIZE = 100, 8 << 20
# bytes of a line at most: the longest text that is taken (16 MiB) stands in its record three times, and one of 50 KB
# that was edited 500 times a thousand times
LONGEST = 64 << 20
# bytes that Python takes for an object of JSON, and for a list or another value, which a comma stands before; and for
# all of a line at most: 60 MB of ordinary records come to 300
_OBJECT, _PART, _MADE = 240, 128, 512 << 20


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
            _put(batch, path, intake)
            batch, size = [], 0
    if batch:
        _put(batch, path, intake)


def same_kind(fictional: bool, path: Path, intake: Intake) -> None:
    """Make sure that an archive of invented outlets and one of real ones never meet."""
    kind = intake.store.fictional()
    if kind is None:
        intake.write(lambda store: store.set_fictional(fictional))
    elif kind != fictional:
        here, there = ("a demo archive", "a real one") if kind else ("a real archive", "a demo")
        raise RefusedError(str(path), f"{here} and {there} are never merged")


def _put(batch: list[Record], path: Path, intake: Intake) -> None:
    def place(reviser: Reviser) -> tuple[list[Taken], list[int]]:
        placer = Placer(reviser, intake.run or 0, intake.counts)
        return placer.take(batch, stamp(intake.now)), placer.shown

    taken, shown = intake.revise(place)
    for became in taken:
        if became in ("known", "forgotten"):
            intake.passed({"known": "already here", "forgotten": "forgotten"}[became])
    for article in shown:
        intake.account.problem(
            f"{path}: article {article} is restricted there, and stays shown here (`communique restrict` hides it)"
        )


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
    with unpacked(path, "export") as (file, _):
        try:
            for _, line, at in lines(file, LONGEST):
                yield at, parsed(line), len(line)
        except (OSError, EOFError, zlib.error) as error:  # packed, and torn or damaged
            yield at, f"cannot be unpacked from here on ({error})"[:300], 0


def _parquet(path: Path) -> Iterator[tuple[int, object, int]]:
    """The records of a Parquet file: rows before it, the record or what is wrong, its length."""
    for at, row in unpack(path, LONGEST):
        yield at, row if isinstance(row, str) else parsed(row), len(row)


def parsed(line: bytes) -> dict[str, Any] | str:
    """The object of a line of JSON, or what is wrong with it, in words."""
    if len(line) > LONGEST:
        return f"a line of more than {LONGEST >> 20} MB"
    if line.count(b"{") * _OBJECT + (line.count(b"[") + line.count(b",")) * _PART > _MADE:
        return f"so many parts that they would take more than {_MADE >> 20} MB of memory"
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON ({error})"[:300]
    return found if isinstance(found, dict) else "no object"

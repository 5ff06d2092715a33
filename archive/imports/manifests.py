"""What the manifest of an export of ours says to an import: whose pages it has, and of which chain they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from archive.errors import RefusedError
from archive.imports.fields import DIGEST
from archive.imports.intake import Intake
from archive.imports.records import source_of
from archive.imports.rows import same_kind

# bytes of a manifest: ours are of 10 to 100 KB
LONGEST = 8 << 20
# sources that it may name: the catalogue has 60
_SOURCES = 10_000
# what stands behind the name of the file that it is of
_SUFFIX = ".manifest.json"


def introduce(path: Path, data: bytes, intake: Intake) -> None:
    """Let the sources be known that a manifest names, and the chain be told that it states.

    Raises:
        RefusedError: it is none, or of a demo archive where this is a real one.
    """
    try:
        told: Any = json.loads(data) if len(data) <= LONGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RefusedError(str(path), "its manifest cannot be read")
    _origin(told.get("custody"), intake)
    rows = told.get("sources")
    if not isinstance(rows, list) or not rows:
        return
    same_kind(told.get("fictional") is True, path, intake)
    for row in rows[:_SOURCES]:
        try:
            source = source_of(row)
        except (ValueError, TypeError, AttributeError) as error:
            raise RefusedError(str(path), f"a source in its manifest: {error}") from error
        if intake.source_named(source.id) is None:
            intake.add_source(source)


def introduce_beside(path: Path, intake: Intake) -> None:
    """As :func:`introduce`, where the manifest of a file stands beside it."""
    beside = path.with_name(path.name + _SUFFIX)
    if beside.is_file():
        with beside.open("rb") as file:
            introduce(path, file.read(LONGEST + 1), intake)


def _origin(custody: object, intake: Intake) -> None:
    if not isinstance(custody, dict) or intake.run is None:
        return
    head, seq, key = (custody.get(name) for name in ("hash", "seq", "key"))
    whole = isinstance(head, str) and DIGEST.fullmatch(head) and isinstance(seq, int) and 0 < seq < 1 << 53
    if whole and (key is None or (isinstance(key, str) and DIGEST.fullmatch(key))):
        intake.origins.setdefault(intake.run, {"head": head, "seq": seq, "key": key})

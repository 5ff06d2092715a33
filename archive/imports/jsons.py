"""Files that are one JSON record, or a list of them, over as many lines as they like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from archive.errors import RefusedError
from archive.fronts import RECORD
from archive.imports.handing import Rows, charset, hand, invented, written
from archive.imports.intake import Intake
from archive.stated import read_fields

# what an export leaves beside its file
MANIFEST: Final = "the manifest of an export"
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_DECODER = json.JSONDecoder()


class Piece(NamedTuple):
    """A record and the characters of the file that it is made of."""

    fields: Mapping[str, object]
    text: str
    start: int


def records(text: str) -> list[Piece]:
    """The records of a file that is one, or a list of nothing but records; none where it is neither."""
    start = _BETWEEN.match(text).end()  # type: ignore[union-attr]
    listed = text[start : start + 1] == "["
    at = start + listed
    found: list[Piece] = []
    try:
        while True:
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
            if listed and text[at : at + 1] == "]":
                end = at + 1
                break
            value, end = _DECODER.raw_decode(text, at)
            if not isinstance(value, dict):
                return []
            found.append(Piece(value, text[at:end], at))
            at = end
            if not listed:
                break
    except (ValueError, RecursionError):
        return []
    return found if not text[end:].strip() else []


def hand_records(intake: Intake, path: Path, data: bytes, found: Sequence[Piece]) -> None:
    """Hand each record over by its own bytes.

    Raises:
        RefusedError: a record alone that holds no text or has no address; one of a demo where this archive is none.
    """
    alone = len(found) == 1
    if alone and {"format", "counts", "files"} <= found[0].fields.keys():
        intake.passed(MANIFEST)
        return
    at, zone = written(path), intake.given.zone or "UTC"
    rows = Rows(intake, path, at)
    for n, piece in enumerate(found, 1):
        stated = read_fields(piece.fields, zone)
        if not (stated.text or stated.given.description):
            if alone:
                raise RefusedError(str(path), "a JSON record without a text")
            intake.damaged(path.name, piece.start, f"record {n} holds no text")
            continue
        own = piece.text.encode("utf-8", "surrogatepass")
        media = f"{RECORD}{charset(own)}"
        if alone:
            invented(intake, path, stated)
            hand(intake, own, media, path.name, at, stated)
        else:
            rows.hand(own, media, "record", n, piece.start, stated)
    intake.progress(len(data))

"""Text and Markdown files of others: each is one text, with or without fields at its head."""

from __future__ import annotations

from pathlib import Path

from archive.characters import decoded
from archive.errors import RefusedError
from archive.fronts import LIMIT, MARKDOWN, PLAIN, opened
from archive.imports.handing import charset, contents, hand, invented, written
from archive.imports.intake import Intake
from archive.imports.jsons import hand_records, records


def read(path: Path, kind: str, intake: Intake) -> None:
    """Hand a file over as it is.

    Raises:
        RefusedError: it is no text, or a very long one, or a demo's where this archive is none.
    """
    data = contents(path, LIMIT)
    media = MARKDOWN if kind == "markdown" else PLAIN
    text = decoded(data)
    if text and text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and (found := records(text)):
        hand_records(intake, path, data, found)
        return
    stated = opened(text, media, intake.given.zone or "UTC") if text else None
    if stated is None:
        raise RefusedError(str(path), "not a text: its bytes are no characters")
    invented(intake, path, stated)
    hand(intake, data, f"{media}{charset(data)}", path.name, written(path), stated)
    intake.progress(len(data))

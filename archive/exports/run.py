"""An export from beginning to end: choose, write, say what was written, give it its name."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from archive.errors import CommuniqueError, ConfigurationError
from archive.exports import manifest, parts
from archive.exports.chosen import Asked, Chosen, choose
from archive.exports.formats import Format
from archive.exports.members import Hashing
from archive.exports.target import check_note, staged, write_note
from archive.home import Home
from archive.models import Progress, stamp
from archive.store import Store

# what may still hold an article that is to be forgotten
LIST = "exports.jsonl"
# a copy of a file to a pipe, in bytes at once
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did. ``target``: None where nothing changed since the last one."""

    articles: int
    size: int
    target: Path | None
    notes: tuple[str, ...] = ()
    withdrawn: int = 0
    same: int = 0


def export(home: Home, form: Format, target: Path, asked: Asked, incremental: bool, progress: Progress) -> Exported:
    """Export what is asked to a file or a folder.

    ``incremental``: a format of parts writes what is new and what changed since the last one into a file beside it.

    Raises:
        CommuniqueError: it could not be written. ConfigurationError: target, query or format do not go together.
    """
    asked = _fitting(form, asked)
    if incremental and not (form.parts or form.folder):
        raise ConfigurationError(f"{form.name} is always written as a whole")
    target = target.absolute()
    _elsewhere(home, target)
    with choose(home, asked) as chosen:
        if not (incremental and form.parts):
            parts.drop(home, target, form.name)
            return _write(chosen, form, target, {}, progress)[0]
        before = parts.load(home, target, form.name) or parts.State(chosen.asked)
        if before.query != chosen.asked:
            raise ConfigurationError(
                f"the last export to {target} was of another query ({json.dumps(before.query, ensure_ascii=False)}):"
                " take another target, or export without --incremental"
            )
        change, now = parts.compare(before, _told(chosen, progress))
        more: dict[str, Any] = {}
        if now.part > 1:
            if not change.changed and not change.withdrawn:
                return Exported(0, 0, None, chosen.notes)
            chosen.narrow(change.changed)
            more = {"part": now.part, "follows": before.follows, "withdrawn": change.withdrawn}
        done, now.follows = _write(chosen, form, parts.named(target, form.suffix, now.part), more, progress)
        parts.save(home, target, form.name, now)
        return replace(done, withdrawn=len(change.withdrawn))


def to_pipe(home: Home, form: Format, out: BinaryIO, asked: Asked, note: Path | None, progress: Progress) -> Exported:
    """Export what is asked into a pipe; ``note``: where its manifest goes.

    Raises:
        CommuniqueError: it could not be written. ConfigurationError: a folder does not go through a pipe.
    """
    if form.folder:
        raise ConfigurationError(f"{form.name} makes a folder, which cannot be written to a pipe")
    asked = _fitting(form, asked)
    if note is not None:
        note = note.absolute()
        _elsewhere(home, note)
        check_note(note)
    with choose(home, asked) as chosen:
        _list(chosen, form, "-", None)
        counted = Hashing(out)
        name = f"stdout{form.suffix}"
        if form.streams:
            counts = form.writer.stream(chosen, counted, progress)  # type: ignore[arg-type]  # all that is asked of it
        else:
            with tempfile.TemporaryDirectory(prefix="communique-") as place:
                path = Path(place) / name
                counts = form.writer.write(chosen, path, progress)
                with path.open("rb") as file:
                    shutil.copyfileobj(file, counted, _PIECE)
        out.flush()
        if note is not None:
            beside = note.name.removesuffix(manifest.SUFFIX)  # what it is the manifest of, where it is named so
            stated = beside if beside and beside != note.name else name
            files = {stated: manifest.File(counted.size, counted.hashed.hexdigest())}
            write_note(note, manifest.make(chosen, form.name, counts or {}, files, {}))
        return Exported(len(chosen.ids), counted.size, Path("-"), chosen.notes)


def _elsewhere(home: Home, target: Path) -> None:
    if target.resolve().is_relative_to(home.path.resolve()):
        # what is removed from an archive for good must be nowhere in its folder
        raise ConfigurationError(f"{target} is within the home folder: an export goes elsewhere")


def _fitting(form: Format, asked: Asked) -> Asked:
    if asked.bare and not form.records:
        raise ConfigurationError(f"{form.name} is not made of records: there is no bare one")
    return replace(asked, bare=True) if form.flat else asked


def _write(
    chosen: Chosen, form: Format, target: Path, more: Mapping[str, Any], progress: Progress
) -> tuple[Exported, str]:
    """Write what is chosen; returns the SHA-256 of its manifest too."""
    with staged(target, form.folder) as place:
        counts = form.writer.write(chosen, place.path, progress)
        files = manifest.measured(place.path)
        same = place.keep_same()
        said = manifest.make(chosen, form.name, counts or {}, files, more)
        digest = hashlib.sha256(said).hexdigest()
        _list(chosen, form, str(target), digest)
        place.commit(said)
    size = sum(file.bytes for file in files.values())
    return Exported(len(chosen.ids), size, target, chosen.notes, same=same), digest


def _told(chosen: Chosen, progress: Progress) -> Iterator[tuple[int, int]]:
    total = len(chosen.ids)
    for done, found in enumerate(chosen.digests(), 1):
        if not done % 256 or done == total:
            progress("compared", total, total - done)
        yield found


def _list(chosen: Chosen, form: Format, target: str, digest: str | None) -> None:
    """Note in the home what leaves it, before it does; one write, so that two exports at once make two lines."""
    said = {
        "at": stamp(datetime.now(UTC)),
        "format": form.name,
        "target": target,
        "query": chosen.asked,
        "articles": len(chosen.ids),
        "ids": ranges(chosen.ids),
        "manifest_sha256": digest,
        "head": chosen.head["seq"] if chosen.head else None,
    }
    path = chosen.home.path / LIST
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            # ASCII alone: a file's name may hold what ends a line, or is no text at all
            os.write(descriptor, json.dumps(said).encode("ascii") + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CommuniqueError(f"cannot note the export in {path}: {error.strerror}") from error
    with closing(Store(chosen.home.database)) as store:
        # one that ends before the note is there does not find it; one that ends later does
        if store.last_removal() != chosen.store.last_removal():
            raise CommuniqueError("an article was removed by law meanwhile: nothing is exported, begin again")


def ranges(numbers: Any) -> list[list[int]]:
    """Sorted numbers as pairs of the first and last of those that follow each other."""
    if not numbers:
        return []
    gaps = [(a, b) for a, b in pairwise(numbers) if b != a + 1]
    starts = [numbers[0], *(b for _, b in gaps)]
    ends = [*(a for a, _ in gaps), numbers[-1]]
    return [list(pair) for pair in zip(starts, ends, strict=True)]

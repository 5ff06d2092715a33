"""The manifest of an export: what was asked for, what is in it and of which sources, the end of the custody chain.

It holds no time of its own: the same archive gives the same bytes. ``sha256`` is over the canonical form
(archive/chain.py) of all but ``sha256`` and ``signed``; ``signed`` is a signature over that by the key of ``signer``,
where the home has one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from archive import __version__, signing
from archive.chain import canonical
from archive.exports.chosen import Chosen
from archive.exports.record import FORMAT
from archive.fingerprint import EXTRACTOR

# beside a file, behind its name; in a folder
SUFFIX, NAME = ".manifest.json", "manifest.json"


class File(NamedTuple):
    """How long a file is, and the SHA-256 of its bytes."""

    bytes: int
    sha256: str


def path_of(target: Path, folder: bool) -> Path:
    """Where the manifest of an export lies."""
    return target / NAME if folder else target.with_name(target.name + SUFFIX)


def measured(path: Path) -> dict[str, File]:
    """The files of an export by name: of a folder each one in it, but for its manifest."""
    return {name: _file(file) for name, file in _files(path)}


def make(
    chosen: Chosen, form: str, counts: Mapping[str, int], files: Mapping[str, File], more: Mapping[str, Any]
) -> bytes:
    """The manifest's bytes; ``more``: what an incremental export adds."""
    manifest: dict[str, Any] = {
        "format": form,
        "query": chosen.asked,
        "counts": {"articles": len(chosen.ids), **counts},
        "files": {name: file._asdict() for name, file in sorted(files.items())},
        "versions": {
            "communique": __version__,
            "record": FORMAT,
            "extractor": EXTRACTOR,
            "pyarrow": version("pyarrow"),
        },
        "custody": chosen.head,
        "sources": chosen.store.chosen_sources(),
        **({"fictional": True} if chosen.fictional else {}),
        **more,
    }
    key = signing.load(chosen.home.keys)
    if key is not None:
        manifest["signer"] = {"key": key.fingerprint, "public": key.public}
    manifest["sha256"] = digest(manifest)
    if key is not None:
        manifest["signed"] = key.sign(manifest["sha256"])
    return written(manifest)


def digest(manifest: Mapping[str, Any]) -> str:
    """What ``sha256`` of a manifest must be."""
    said = {name: value for name, value in manifest.items() if name not in ("sha256", "signed")}
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def written(manifest: Mapping[str, Any]) -> bytes:
    """A manifest as it is written."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def names(said: bytes) -> set[str]:
    """The files that a manifest names; none where it is no manifest."""
    try:
        return set(json.loads(said)["files"])
    except (ValueError, TypeError, LookupError):
        return set()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and file != path / NAME:
                yield file.relative_to(path).as_posix(), file
    else:
        yield path.name, path


def _file(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())

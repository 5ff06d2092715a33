"""A bag (BagIt 1.0, RFC 8493) of everything: ``data/`` is a home folder that can take the place of the archive's.

In it: ``archive.db``, ``warc/``, ``sources.toml``, the head of the custody chain and the public key. Never the
private key, readers' notes, passwords, logs. Where something is left out (a query, a source that is not public, a
restricted article), the database is a new one without it and the records of its captures lie in one WARC file.

The tag files are written here, in a fixed order and with no date of today: the library's own writer orders them as
the file system does, changes the process's folder, and reads every file a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from archive import __version__
from archive.chain import canonical
from archive.errors import DamagedError
from archive.exports import manifest, sqlite, warc
from archive.exports.chosen import Chosen
from archive.exports.members import Counting, Shelf
from archive.models import Progress
from archive.signing import PUBLIC
from archive.store_held import held, held_back, last_capture, last_records, stated_files
from archive.warc import locate

# the records of a bag that is not of everything: no name that a crawl would give, or the chain states another file
PART = "exported.warc.gz"
# copied and hashed at once, in bytes
_PIECE = 1 << 20
_MANIFEST = "manifest-sha256.txt"


def write(chosen: Chosen, path: Path, progress: Progress) -> dict[str, int]:
    """Write the bag; returns what is in it."""
    data = path / "data"
    (data / "warc").mkdir(parents=True)
    complete = sqlite.complete(chosen)
    counts = _whole(chosen, data, progress) if complete else _part(chosen, data, progress)
    if chosen.head is not None:
        head = {name: chosen.head[name] for name in ("seq", "hash", "signature", "key")}
        (data / chosen.home.head.name).write_text(json.dumps(head) + "\n", "utf-8")
        if chosen.head["public"]:
            (data / chosen.home.keys.name).mkdir()
            (data / chosen.home.keys.name / PUBLIC).write_text(chosen.head["public"], "ascii")
    _tag(chosen, path)
    return {**counts, "complete": int(complete)}


def _whole(chosen: Chosen, data: Path, progress: Progress) -> dict[str, int]:
    counts = sqlite.whole(chosen, data / chosen.home.database.name)
    if chosen.home.sources.is_file():
        (data / chosen.home.sources.name).write_bytes(chosen.home.sources.read_bytes())
    found = list(_files(chosen))
    left = total = sum(size for _, size in found)
    for file, size in found:
        with locate(chosen.home.warc, file).open("rb") as source, (data / "warc" / file).open("xb") as target:
            while size and (piece := source.read(min(size, _PIECE))):
                target.write(piece)
                size -= len(piece)
                left -= len(piece)
                progress("bytes", total, left)
    return {**counts, "warc_files": len(found)}


def _files(chosen: Chosen) -> Iterator[tuple[str, int]]:
    """The WARC files and how much of each belongs to the rows as they are seen: a crawl may go on writing."""
    stated = stated_files(chosen.conn)
    last = last_records(chosen.conn)
    with closing(Shelf(chosen.home.warc)) as shelf:
        for name in sorted({*stated, *last}):
            path = locate(chosen.home.warc, name)
            if not path.is_file():
                continue  # nothing can be copied of it; the rows name it, and verify says that it is missing
            size = path.stat().st_size
            if name not in stated:
                try:
                    end = shelf.records(name, last[name])[-1]
                    size = end.offset + end.length
                except DamagedError:  # as it is, for whoever mends it
                    pass
            yield name, size


def _part(chosen: Chosen, data: Path, progress: Progress) -> dict[str, int]:
    captures = warc.belonging(chosen)
    rows = held(chosen.conn, captures, held_back(chosen.conn))
    counted = warc.Counted()
    positions: dict[int, tuple[str, int]] = {}
    with (data / "warc" / PART).open("xb") as file:
        said = warc.about(chosen, captures)
        for one in warc.copied(chosen.home.warc, rows, Counting(file), counted, said):
            positions.setdefault(one.capture.id, (PART, one.offset))
            progress("captures", len(captures), len(captures) - counted.captures)
    database = data / chosen.home.database.name
    counts = sqlite.subset(chosen, database, captures, positions, progress)
    return {**counts, **asdict(counted), "warc_files": 1}


def _tag(chosen: Chosen, path: Path) -> None:
    """Say what is in ``data``, and what the files that say so are."""
    payload = {f"data/{name}": file for name, file in manifest.measured(path / "data").items()}
    _list(path / _MANIFEST, payload)
    (path / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "utf-8")
    at = last_capture(chosen.conn)
    info = {
        "Bag-Software-Agent": f"communique {__version__}",
        **({"Bagging-Date": at[:10]} if at else {}),
        "External-Description": f"A Communique archive; query: {canonical(chosen.asked)}",
        "Payload-Oxum": f"{sum(file.bytes for file in payload.values())}.{len(payload)}",
    }
    (path / "bag-info.txt").write_text("".join(f"{name}: {value}\n" for name, value in info.items()), "utf-8")
    tags = {name: manifest.measured(path / name)[name] for name in ("bag-info.txt", "bagit.txt", _MANIFEST)}
    _list(path / "tagmanifest-sha256.txt", tags)


def _list(path: Path, files: Mapping[str, manifest.File]) -> None:
    lines = (f"{file.sha256}  {_encoded(name)}\n" for name, file in files.items())
    path.write_text("".join(lines), "utf-8")


def _encoded(name: str) -> str:
    """A file's name as a manifest spells it (RFC 8493, 2.1.3)."""
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")

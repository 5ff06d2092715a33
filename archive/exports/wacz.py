"""A WACZ file (1.1.1): raw pages with their index, a list of pages with title and text, and the hash of each part.

Viewers such as ReplayWeb.page open it without a server. The same archive gives the same bytes: its members have a
fixed time and stand in a fixed order, and its date is that of the last capture in it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from archive.exports import cdxj, manifest
from archive.exports.chosen import Chosen, silent
from archive.exports.members import Hashing
from archive.exports.warc import Counted, about, belonging, copied
from archive.models import Progress
from archive.store_held import Held, Shown, held, held_back, shown

VERSION = "1.1.1"
MANIFEST = "communique/manifest.json"
_WARC, _BLOCKS, _INDEX, _PAGES = "data.warc.gz", "index.cdx.gz", "index.idx", "pages/pages.jsonl"
# a moment before which no page was captured: what an empty export is dated
_NEVER = "1970-01-01T00:00:00Z"
# an empty field of our own in the headers of each member: its size is not known before it is written, so that its
# first header has room for a large one, and ReplayWeb.page 2.4 looks at that header only where the one at the end of
# the file has such a field too
_EXTRA = struct.pack("<HH", 0x434D, 0)


class _What(NamedTuple):
    """What goes into a file: captures in their order, texts that they showed, how many captures there are, and what
    its WARC file says of itself."""

    captures: Iterable[Held]
    texts: Iterable[Shown]
    total: int
    said: dict[str, str]


def write(chosen: Chosen, path: Path, progress: Progress) -> dict[str, int]:
    """Write all that is chosen; returns what is in it."""
    captures = belonging(chosen)
    what = _What(
        held(chosen.conn, captures, held_back(chosen.conn)),
        shown(chosen.conn, chosen.ids),
        len(captures),
        about(chosen, captures),
    )
    with zipfile.ZipFile(path, "x") as archive:
        pack = _Pack(archive)
        counts = _fill(pack, chosen.home.warc, what, progress)
        files = {name: manifest.File(size, digest) for name, size, digest in pack.members}
        pack.put(MANIFEST, manifest.make(chosen, "wacz", counts, files, {}))
        _describe(pack, f"{len(chosen.ids):,} articles of a Communique archive")
    return counts


def of_captures(
    conn: sqlite3.Connection,
    warc: Path,
    captures: Iterable[int],
    path: Path,
    articles: Iterable[int] = (),
    withheld: Iterable[int] = (),
) -> dict[str, int]:
    """Write a file of some captures alone, with the texts of ``articles`` that were seen first in them.

    ``warc``: the folder of the WARC files. ``withheld``: articles whose pages stay out; a page may hold several
    stories. Returns what is in it.
    """
    wanted = sorted(set(captures))
    texts = list(shown(conn, articles))
    title = texts[-1].title if texts else f"{len(wanted):,} captures of a Communique archive"
    said = {"description": f"{len(wanted)} captures"}
    what = _What(held(conn, wanted, withheld), texts, len(wanted), said)
    with zipfile.ZipFile(path, "x") as archive:
        pack = _Pack(archive)
        counts = _fill(pack, warc, what, silent)
        _describe(pack, title)
    return counts


def _fill(pack: _Pack, folder: Path, what: _What, progress: Progress) -> dict[str, int]:
    counted = Counted()
    lines = cdxj.Sorter()
    replayed: set[int] = set()
    with pack.member(f"archive/{_WARC}") as member:
        for one in copied(folder, what.captures, member, counted, what.said):
            line = cdxj.line(one.record, one.offset, one.sha256, _WARC)
            if line is not None:
                lines.add(line)
                replayed.add(one.capture.id)
                pack.last = max(pack.last, one.capture.fetched_at)
            progress("captures", what.total, what.total - counted.captures)
    with pack.member(f"indexes/{_BLOCKS}") as member:
        index = cdxj.write(lines.lines(), member, _BLOCKS)
    pack.put(f"indexes/{_INDEX}", "".join(index).encode())
    pages = 0
    with pack.member(_PAGES, packed=True) as member:
        header = {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
        member.write(_line(header))
        for text in what.texts:
            if text.capture not in replayed:
                continue
            page = {
                "id": f"{text.article}-{text.number}",
                "url": text.url,
                "ts": text.fetched_at,
                "title": text.title,
                "text": text.text,
            }
            member.write(_line(page))
            pages += 1
            pack.main = text
    if pages != 1:
        pack.main = None
    return {**asdict(counted), "pages": pages}


def _line(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()


def _describe(pack: _Pack, title: str) -> None:
    """The last two members: what the others are, and the hash of that."""
    package: dict[str, Any] = {
        "profile": "data-package",
        "wacz_version": VERSION,
        "software": "communique",
        "title": title,
        "created": pack.last,
        "resources": [
            {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{digest}", "bytes": size}
            for name, size, digest in pack.members
        ],
    }
    if pack.main is not None:
        package["mainPageUrl"], package["mainPageDate"] = pack.main.url, pack.main.fetched_at
    data = (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()
    pack.put("datapackage.json", data)
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    pack.put("datapackage-digest.json", (json.dumps(digest, indent=2) + "\n").encode())


class _Pack:
    """A ZIP file whose members are measured while they are written.

    ``last``: when the last page in it was captured; ``main``: its page, where it has one alone.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.members: list[tuple[str, int, str]] = []
        self.last = _NEVER
        self.main: Shown | None = None

    @contextmanager
    def member(self, name: str, packed: bool = False) -> Iterator[Hashing]:
        """A member; ``packed``: raw pages and their index are not, so that a viewer can fetch a part of them."""
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.extra = _EXTRA
        info.create_system, info.external_attr = 3, 0o644 << 16  # as on Unix, wherever it is made
        with self.archive.open(info, "w", force_zip64=True) as file:
            member = Hashing(file)
            yield member
        self.members.append((name, member.size, member.hashed.hexdigest()))

    def put(self, name: str, data: bytes) -> None:
        """A member that is small."""
        with self.member(name) as member:
            member.write(data)

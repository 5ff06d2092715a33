"""Looks into the files of an export for what is not as it should be, by the digests that each format carries itself.

Used to name what is wrong with a file whose bytes are not those that were stated, and for files that carry their own
manifest. What it passes over (spaces between values, the order of columns) is found by the file's own hash alone.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archive import records
from archive.store_health import damage, reading
from archive.store_verify import texts_in

# a line of an export is an article with all its captures; a longer one is none, nor is a longer list of members
_LINE = 256 << 20
_PIECE = 1 << 20
# what a file raises that is not as it should be, wherever in it that is
MALFORMED = (
    OSError, ValueError, TypeError, AttributeError, LookupError, EOFError, RuntimeError, zlib.error,
    zipfile.BadZipFile, sqlite3.Error,
)  # fmt: skip


class Damaged(Exception):
    """A file that cannot be read on."""


def name_contents(path: Path) -> Iterator[tuple[str, str]]:
    """What in a file differs, as (where, what).

    Raises:
        Damaged: it cannot be read on.
    """
    name = path.name
    try:
        if name.endswith((".jsonl", ".jsonl.zst")):
            yield from _lines(_jsonl(path))
        elif name.endswith(".parquet"):
            yield from _rows(_parquet(path))
        elif name.endswith(".warc.gz"):
            for offset, problem in records.damages(path, {}):
                yield f"record at {offset}", problem
        elif name.endswith(".wacz"):
            yield from _wacz(path)
        elif name.endswith(".db"):
            yield from _sqlite(path)
    except MALFORMED as error:
        raise Damaged(str(error)) from error


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member of a ZIP file as a whole.

    Raises:
        ValueError: it states that it is longer than any such member is. KeyError: there is none.
    """
    if archive.getinfo(name).file_size > _LINE:  # no more than it states is unpacked
        raise ValueError(f"{name} is too long")
    return archive.read(name)


def member_sha256(archive: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of a member of a ZIP file, however long it is; raises what :data:`MALFORMED` names."""
    with archive.open(name) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]  # all that it is asked


def _jsonl(path: Path) -> Iterator[bytes]:
    if path.name.endswith(".zst"):
        import pyarrow as pa

        with pa.input_stream(str(path), compression="zstd") as stream:
            rest = b""
            while data := stream.read(_PIECE):
                *lines, rest = (rest + data).split(b"\n")
                yield from lines
                if len(rest) > _LINE:
                    raise ValueError("a line without an end")
            if rest:
                yield rest
        return
    with path.open("rb") as file:
        while line := file.readline(_LINE):
            yield line.rstrip(b"\n")


def _lines(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("no record")
        except (ValueError, RecursionError) as error:
            yield f"line {number}", f"it cannot be read ({error})"
            continue
        for what in _record(record):
            yield f"line {number} (article {record.get('id')})", what


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(rows, 1):
        for what in _record(row):
            yield f"row {number} (article {row.get('id')})", what


def _record(record: Mapping[str, Any]) -> Iterator[str]:
    """What in an article's record is not that of its digests."""
    if "text" in record and _sha256(record["text"]) != record.get("text_sha256"):
        yield "its text is not that of its text_sha256"
    revisions = record.get("revisions") or ()
    for revision in () if isinstance(revisions, int) else revisions:  # a bare record has their number alone
        if isinstance(revision, dict) and _sha256(revision.get("text")) != revision.get("text_sha256"):
            yield f"the text of revision {revision.get('number')} is not that of its text_sha256"


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches(batch_size=64):
            yield from batch.to_pylist()


def _sqlite(path: Path) -> Iterator[tuple[str, str]]:
    with reading(path) as conn:
        for line in damage(conn, full=True):
            yield "structure", line
        for table, article, text, digest in texts_in(conn):
            if _sha256(text) != digest:
                yield f"table {table}, article {article}", "its text is not that of its text_sha256"


def _wacz(path: Path) -> Iterator[tuple[str, str]]:
    """Each member by what datapackage.json says of it, that by the file beside it, and records by their digests."""
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        package = member(archive, "datapackage.json")
        stated = json.loads(member(archive, "datapackage-digest.json"))["hash"]
        if stated != f"sha256:{hashlib.sha256(package).hexdigest()}":
            yield "datapackage.json", "its hash is not the one that datapackage-digest.json states"
        for resource in json.loads(package)["resources"]:
            name = str(resource["path"])
            if name not in members:
                yield name, "the member is missing"
                continue
            try:
                digest = f"sha256:{member_sha256(archive, name)}"
                problem = None if digest == resource["hash"] else "another hash than stated"
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                problem = f"it cannot be read ({error})"
            if problem is None:
                continue
            yield name, problem
            if name.endswith(".warc.gz"):
                yield from _within(archive, name)


def _within(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, str]]:
    """The records of a WARC file in a ZIP file, which stores it as it is."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or archive.fp is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".warc.gz") as copy:
        archive.fp.seek(info.header_offset + 26)
        lengths = archive.fp.read(4)
        archive.fp.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
        left = info.compress_size
        while left > 0 and (data := archive.fp.read(min(_PIECE, left))):
            copy.write(data)
            left -= len(data)
        copy.flush()
        for offset, problem in records.damages(Path(copy.name), {}):
            yield f"{name}, record at {offset}", problem


def _sha256(text: object) -> str | None:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if isinstance(text, str) else None

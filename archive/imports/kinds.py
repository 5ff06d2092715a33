"""What a path is, by its content; a name counts only where the content leaves it open."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Literal, get_args

from archive.errors import RefusedError

Kind = Literal[
    "warc", "wacz", "singlefile", "text", "markdown", "csv", "jsonl", "records", "parquet", "sqlite", "home", "bag"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# bytes of a file that are looked at: SingleFile's comment, a table's first row, a record's first fields are in them
_HEAD = 64 << 10
# a list of a zip's files is at most this long, in bytes: Python keeps all of it, at four times its size
_LISTED = 32 << 20
# files of a folder that are taken; more are no folder that somebody looked at
_FILES = 1_000_000
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_RECORD = re.compile(rb'"format"\s*:\s*"communique-article/')
_PAGE = re.compile(rb"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
# fields that e-mail programs write above an e-mail, and nobody above a text
_POSTED = {b"message-id", b"mime-version", b"received", b"return-path"}


def kind_of(path: Path) -> Kind:
    """What a file or folder is.

    Raises:
        RefusedError: nothing that can be imported.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if not stat.S_ISREG(path.stat().st_mode):
            raise RefusedError(str(path), "no ordinary file")
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if head.startswith((_ZIP, _EMPTY_ZIP)):
                return _zip(path, file)
    except OSError as error:
        raise RefusedError(str(path), error.strerror or str(error)) from error
    return _file(path, _unpacked(head))


def files_of(path: Path) -> Iterator[Path]:
    """The path itself, or the files below it where it is a folder that is not one thing; in the order of names.

    Raises:
        RefusedError: the folder holds nothing; or, after all others, one below it cannot be listed.
    """
    if not path.is_dir() or _is_whole(path):
        yield path
        return
    closed: list[OSError] = []
    found = sorted(
        file
        for folder, _, names in os.walk(path, onerror=closed.append)
        for file in (Path(folder, name) for name in names)
        if not file.name.startswith((".", "crawl.lock"))
    )
    if len(found) > _FILES or not (found or closed):
        raise RefusedError(str(path), f"a folder with {len(found) or 'no'} files")
    yield from found
    if closed:
        named = ", ".join(str(error.filename) for error in closed[:5])
        raise RefusedError(str(path), f"folders that cannot be listed ({len(closed)}): {named}")


def _is_whole(path: Path) -> bool:
    return (path / "archive.db").is_file() or (path / "bagit.txt").is_file()


def _folder(path: Path) -> Kind:
    if (path / "bagit.txt").is_file():
        return "bag"
    if (path / "archive.db").is_file():
        return "home"
    raise RefusedError(str(path), "a folder that is neither an archive nor a bag")


def _unpacked(head: bytes) -> bytes:
    """What stands at the beginning of a file once it is unpacked, as far as it can be."""
    if head.startswith(GZIP):
        try:
            return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(head, _HEAD)
        except zlib.error:
            return head
    if head.startswith(ZSTD):
        import pyarrow as pa

        try:
            with pa.input_stream(BytesIO(head), compression="zstd") as stream:
                return bytes(stream.read(min(_HEAD, 4096)))
        except (OSError, pa.ArrowException):
            return head
    return head


def _file(path: Path, head: bytes) -> Kind:
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    if head.startswith(b"PAR1"):
        return "parquet"
    if not head.strip():
        raise RefusedError(str(path), "empty")
    if head.startswith(GZIP) and path.name.lower().endswith((".warc.gz", ".warc.gz.open")):
        return "warc"  # its first record is damaged, which costs that record
    if head.startswith(_WIDE):  # Notepad's and Excel's "Unicode": each other byte is a zero
        head = head.decode("utf-16", "replace").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        line = text.split(b"\n", 1)[0]
        if _RECORD.search(line):
            return "records"
        if text[:1] == b"{" and (len(line) > _HEAD // 2 or _is_object(line)):
            return "jsonl"
    if _PAGE.search(text[:4096]):
        return "singlefile"
    if _BINARY.search(head):
        raise RefusedError(str(path), "of no kind that can be imported")
    if _is_mail(text):
        raise RefusedError(str(path), "an e-mail: save its text, or the page that it leads to")
    ending = path.suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        return "jsonl"
    if ending in (".csv", ".tsv"):
        return "csv"
    if ending in (".md", ".markdown") or text.startswith(b"---\n") or text.startswith(b"---\r\n"):
        return "markdown"
    return "csv" if _is_table(text) else "text"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_mail(text: bytes) -> bool:
    """Whether an e-mail begins here: its body is packed in parts, and would be no text that anybody wrote."""
    names = set()
    for line in text.removeprefix(b"From ").splitlines()[:200]:
        name, colon, _ = line.partition(b":")
        if not colon and not line[:1].isspace():
            break
        names.add(name.lower())
    return bool(names & _POSTED)


def _is_table(text: bytes) -> bool:
    """Whether the first line names columns that a table of articles has: a text and where it is from."""
    first = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    for separator in ",;\t":
        try:
            names = {cell.strip().lower() for cell in next(csv.reader([first], delimiter=separator), [])}
        except csv.Error:
            continue
        if len(names) > 1 and names & {"text", "body", "content"} and names & {"url", "title", "date", "published"}:
            return True
    return False


def _zip(path: Path, file: IO[bytes]) -> Kind:
    with open_zip(path, file) as archive:
        names = set(archive.namelist())
        if any(re.fullmatch(r"archive/[^/]+\.warc(\.gz)?", name) for name in names):
            return "wacz"
        if any(name.endswith("/bagit.txt") or name == "bagit.txt" for name in names):
            raise RefusedError(str(path), "a bag in a zip: unpack it first")
    raise RefusedError(str(path), "a zip that is no WACZ")


def open_zip(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    """A zip file whose list of files is of a bearable length and names nothing outside of it.

    Raises:
        RefusedError: it is none, or a hostile one.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - (66 << 10)))
    tail = file.read()
    end = tail.rfind(_EMPTY_ZIP)
    if end < 0 or len(tail) < end + 22:
        raise RefusedError(str(path), "a zip without its end")
    listed = int.from_bytes(tail[end + 12 : end + 16], "little")
    if listed == 0xFFFFFFFF:  # APPNOTE 4.3.14: a zip64 states it in a record of its own
        wide = tail.rfind(b"PK\x06\x06", 0, end)
        listed = int.from_bytes(tail[wide + 40 : wide + 48], "little") if wide >= 0 else length
    if listed > min(_LISTED, length):
        raise RefusedError(str(path), f"a zip whose list of files would be {listed} bytes long")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise RefusedError(str(path), f"a damaged zip ({error})") from error
    seen: set[str] = set()
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if info.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in info.orig_filename:
            raise RefusedError(str(path), f"a zip that names a file outside of it ({info.filename[:80]!r})")
        if info.filename in seen:
            raise RefusedError(str(path), f"a zip that holds {info.filename[:80]!r} twice")
        seen.add(info.filename)
    return archive

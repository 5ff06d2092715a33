"""Looks at WARC files byte by byte: what of them cannot be read, and what a note states. Reads alone.

:mod:`archive.warc` owns the files and gives back exchanges; this says what is wrong with a file that is not what it
was, as exactly as its bytes allow.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from archive.errors import DamagedError
from archive.models import Position
from archive.warc import locate

# bytes read at once
_PIECE = 1 << 20
# how each gzip member begins: magic and method (RFC 1952)
_MEMBER = b"\x1f\x8b\x08"


class Noted(NamedTuple):
    """What a note says of a page that was looked at and not kept again."""

    url: str
    at: str
    payload_sha256: str | None


def digest(path: Path, tell: Callable[[int], None] = lambda _bytes: None) -> tuple[int, str]:
    """A file's length and the SHA-256 of its bytes; ``tell`` is told how many were read since it was told last.

    Raises:
        OSError: it cannot be read.
    """
    found, length = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while data := file.read(_PIECE):
            found.update(data)
            length += len(data)
            tell(len(data))
    return length, found.hexdigest()


def damages(path: Path, offsets: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """Where in a WARC file something is wrong, as (offset of the record, what).

    ``offsets``: where records begin that the archive knows, which are looked for behind one that is torn. A byte that
    leaves every record as it was (one of a gzip header that nothing reads) is found by no record.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        known = sorted(offsets)
        start = 0
        while start < size:
            end, problem = _member(file, start)
            if problem is None:
                problem = _record(file, start)
            if problem is not None:
                yield start, problem
            if end is None:
                end = next((offset for offset in known if offset > start), None) or _next(file, start + 1)
                if end is None:
                    return
            start = end


def _member(file: IO[bytes], start: int) -> tuple[int | None, str | None]:
    """Where the gzip member that begins there ends, and what is wrong with it."""
    file.seek(start)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    end = start
    while not unpacker.eof:
        data = unpacker.unconsumed_tail or file.read(_PIECE)
        if not data:
            return None, "the record is cut off"
        try:
            unpacker.decompress(data, 16 * _PIECE)
        except zlib.error as error:
            return None, f"the record cannot be unpacked ({error})"
        end += len(data) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
    return end, None


def _record(file: IO[bytes], start: int) -> str | None:
    """What is wrong with a record by its own digests."""
    file.seek(start)
    try:
        record = next(ArchiveIterator(file, check_digests=True), None)
        if record is None:
            return "there is no record"
        while record.raw_stream.read(_PIECE):
            pass
        if record.raw_stream.limit > 0:
            return "the record is shorter than it says"
        return "; ".join(record.digest_checker.problems) or None
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError, TypeError, AttributeError) as error:
        return f"the record cannot be read ({error})"


def _next(file: IO[bytes], start: int) -> int | None:
    """Where the next whole gzip member begins."""
    file.seek(start)
    rest, base = b"", start
    while data := file.read(_PIECE):
        rest += data
        place = rest.find(_MEMBER)
        while place >= 0:
            here = file.tell()
            if _member(file, base + place)[1] is None:
                return base + place
            file.seek(here)
            place = rest.find(_MEMBER, place + 1)
        base += len(rest) - 2
        rest = rest[-2:]
    return None


def note(folder: Path, position: Position) -> Noted:
    """What the note at a position says (see :meth:`archive.warc.Writer.note`), or the revisit of another crawler:
    that has no digest of its own.

    Raises:
        DamagedError: there is none.
    """
    try:
        with locate(folder, position.file).open("rb") as file:
            file.seek(position.offset)
            record = next(ArchiveIterator(file), None)
            if record is None or record.rec_type not in ("metadata", "revisit"):
                raise DamagedError(position.file, position.offset, "no note there")
            fields: dict[str, str] = {}
            if record.rec_type == "metadata":
                lines = record.raw_stream.read().decode().split("\r\n")
                fields = dict(line.split(": ", 1) for line in lines if ": " in line)
            headers = record.rec_headers
            return Noted(
                headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Date"), fields.get("payload-sha256")
            )
    except OSError as error:
        raise DamagedError(position.file, position.offset, error.strerror or str(error)) from error
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError, TypeError, AttributeError) as error:
        raise DamagedError(position.file, position.offset, f"damaged record ({error})") from error

"""Records as they lie in WARC files: found, looked at and copied byte for byte, each with the request it answers.

Reads ``warc/`` and nothing else. A record is one gzip member; it is unpacked once to see that it is whole, never kept
in memory, and copied as it is.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from archive.errors import DamagedError
from archive.warc import locate

# what is read and unpacked at once, in bytes
_CHUNK = 1 << 18
# a record's headers, its own and those of the answer in it, are looked for in so many bytes (an answer's are bounded
# by the downloader to 64 KiB)
_HEAD = 1 << 18
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? +(\d{3})")


class Target(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Append them."""


class Counting:
    """A target that hands all on to another one; ``size``: how many bytes so far."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.size = 0

    def write(self, data: bytes) -> int:
        """Append bytes, or what has them in one piece."""
        self._target.write(data)
        size = memoryview(data).nbytes
        self.size += size
        return size


class Hashing(Counting):
    """One that also knows the SHA-256 of all that went through it, in ``hashed``."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.hashed = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Append bytes, or what has them in one piece."""
        self.hashed.update(data)
        return super().write(data)


class Record(NamedTuple):
    """A record in a file: ``length`` bytes of gzip member from ``offset`` on.

    ``fields``: its WARC headers; ``status`` and ``http`` those of the answer in it, None where it holds none.
    """

    offset: int
    length: int
    fields: Message
    status: int | None = None
    http: Message | None = None

    @property
    def type(self) -> str:
        """The kind of record, as WARC names it."""
        return str(self.fields.get("WARC-Type", ""))

    @property
    def url(self) -> str | None:
        """The address it is of; None: of none, as where a page was removed for good."""
        uri = self.fields.get("WARC-Target-URI")
        return str(uri).strip("<>") if uri else None

    @property
    def mime(self) -> str | None:
        """The media type of what it holds, as stated; of a revisit none."""
        stated = (self.http or self.fields).get("Content-Type")
        return str(stated).partition(";")[0].strip().lower() or None if stated else None


class Shelf:
    """The WARC files of a folder, one of them open at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._name: str | None = None
        self._file: IO[bytes] | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._name, self._file = None, None

    def _open(self, name: str, offset: int) -> IO[bytes]:
        if self._file is None or self._name != name:
            self.close()
            try:
                self._file = locate(self.folder, name).open("rb")
            except (OSError, ValueError) as error:  # a row that was damaged may name anything
                raise DamagedError(name, offset, getattr(error, "strerror", None) or str(error)) from error
            self._name = name
        return self._file

    def records(self, name: str, offset: int) -> list[Record]:
        """The record there and, where it is an answer, the request behind it.

        Raises:
            DamagedError: no such file, or no whole record there.
        """
        file = self._open(name, offset)
        try:
            first = _measured(file, offset)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise DamagedError(name, offset, f"damaged record ({error})") from error
        found = [first]
        if first.type == "response":
            # what else stands behind it is another record's business: its damage is told where that is asked for
            with suppress(OSError, EOFError, zlib.error, ValueError):
                after = _looked_at(file, offset + first.length)
                if after.get("WARC-Type") == "request" and _answers(after, first.fields):
                    found.append(_measured(file, offset + first.length))
        return found

    def copy(self, name: str, record: Record, target: Target) -> str:
        """Copy a record; returns the SHA-256 of its bytes as they lie in the file.

        Raises:
            DamagedError: the file ends before it.
        """
        file = self._open(name, record.offset)
        file.seek(record.offset)
        digest, left = hashlib.sha256(), record.length
        while left:
            data = file.read(min(left, _CHUNK))
            if not data:
                raise DamagedError(name, record.offset, "the file ends within this record")
            digest.update(data)
            target.write(data)
            left -= len(data)
        return digest.hexdigest()


def _answers(request: Message, response: Message) -> bool:
    """Whether a request is said to belong to a response, by either of them."""
    ids = request.get("WARC-Record-ID"), response.get("WARC-Record-ID")
    return request.get("WARC-Concurrent-To") == ids[1] or response.get("WARC-Concurrent-To") == ids[0]


def _unpacked(file: IO[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """A gzip member in pieces, each with how many of its packed bytes are read so far.

    Raises:
        EOFError: it is torn. zlib.error: it is none.
    """
    file.seek(offset)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    read = 0
    while not unpacker.eof:
        data = unpacker.unconsumed_tail
        if not data:
            data = file.read(_CHUNK)
            read += len(data)
        piece = unpacker.decompress(data, _CHUNK)
        if not data and not piece and not unpacker.eof:
            raise EOFError("torn off")
        yield piece, read - len(unpacker.unused_data)


def _looked_at(file: IO[bytes], offset: int) -> Message:
    head = b""
    for piece, _ in _unpacked(file, offset):
        head += piece
        if b"\r\n\r\n" in head or len(head) >= _HEAD:
            break
    return _fields(head)[0]


def _measured(file: IO[bytes], offset: int) -> Record:
    head, length = bytearray(), 0
    for piece, length in _unpacked(file, offset):  # noqa: B007
        head += piece[: _HEAD - len(head)]
    fields, rest = _fields(bytes(head))
    if fields.get("WARC-Type") not in ("response", "revisit") or not rest.startswith(b"HTTP/"):
        return Record(offset, length, fields)
    line, _, lines = rest.partition(b"\n")
    status = _STATUS.match(line.decode("latin-1"))
    return Record(offset, length, fields, int(status[1]) if status else None, _parsed(lines)[0])


def _fields(head: bytes) -> tuple[Message, bytes]:
    line, _, rest = head.partition(b"\n")
    if not line.startswith(b"WARC/1."):
        raise ValueError("no WARC record")
    return _parsed(rest, "utf-8")


def _parsed(lines: bytes, charset: str = "latin-1") -> tuple[Message, bytes]:
    """Header fields up to the empty line, and what stands behind it."""
    if lines.startswith((b"\r\n", b"\n")):  # none at all
        return Message(), lines.partition(b"\n")[2]
    ends = [(found, len(end)) for end in (b"\r\n\r\n", b"\n\n") if (found := lines.find(end)) >= 0]
    cut, skip = min(ends, default=(len(lines), 0))
    text = lines[:cut].decode(charset, "replace")
    return HeaderParser().parsestr(text, headersonly=True), lines[cut + skip :]

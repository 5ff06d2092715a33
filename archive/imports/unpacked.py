"""The bytes of a file that may be packed by gzip or zstd, and its lines: never more than a real file would hold.

What is packed denser than any text is refused where it is unpacked, whatever a reader makes of it or passes over.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from archive.errors import RefusedError
from archive.imports.kinds import GZIP, ZSTD
from archive.imports.streams import DENSITY

# unpacked bytes up to which density says nothing
FEW = 1 << 20
# bytes of the file that are read at once: how dense they are is known behind each
_SIP = 8 << 10
# and bytes that are unpacked at once
_PIECE = 64 << 10


def is_dense(unpacked: int, packed: int) -> bool:
    """Whether so many bytes are more than so many packed ones can be in a file that nobody made to do harm."""
    return unpacked > max(FEW, DENSITY * packed)


def too_dense(what: str) -> str:
    """What is said of such a file; ``what``: what it would be."""
    return f"packed more than {DENSITY} to 1: no {what} is"


class _Sips(io.FileIO):
    """A file that gives a little at a time to whoever unpacks it."""

    def read(self, size: int | None = -1, /) -> Any:
        """The next bytes, at most so many."""
        return super().read(_SIP if size is None or size < 0 else min(size, _SIP))


class _Unpacked(io.RawIOBase):
    """The bytes of a packed stream. Raises RefusedError: they are too many for what was read of the file."""

    def __init__(self, path: Path, what: str, stream: Any, tell: Callable[[], int]) -> None:
        self._path, self._what, self._stream, self._tell = path, what, stream, tell
        self._made = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer as far as there is something at once."""
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        self._made += len(data)
        if is_dense(self._made, self._tell()):
            raise RefusedError(str(self._path), too_dense(self._what))
        return len(data)


@contextmanager
def unpacked(path: Path, what: str) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """A file's bytes as a stream, and how many of the file were read; ``what``: what it would be ("table").

    Raises (while it is read):
        RefusedError: it is packed too densely. OSError, EOFError, zlib.error: it is torn or damaged.
    """
    with _Sips(path) as raw:
        head = raw.read(4)
        raw.seek(0)
        stream: Any = None
        if head.startswith(GZIP):
            stream = gzip.GzipFile(fileobj=raw)
        elif head == ZSTD:
            import pyarrow as pa

            stream = pa.input_stream(raw, compression="zstd")
        bytes_of: io.RawIOBase = raw if stream is None else _Unpacked(path, what, stream, raw.tell)
        yield io.BufferedReader(bytes_of, _PIECE), raw.tell


def lines(file: IO[bytes], most: int) -> Iterator[tuple[int, bytes, int]]:
    """The lines that are not blank: the number from 1, the line without its end, and the bytes before it.

    One that is longer than ``most`` has more bytes than that, and not all.
    """
    offset = number = 0
    while line := file.readline(most + 2):
        number += 1
        start = offset
        offset += len(line)
        while len(line) > most and not line.endswith(b"\n") and (rest := file.readline(_PIECE)):
            offset += len(rest)
            if rest.endswith(b"\n"):
                break
        if not line.isspace():
            yield number, line.rstrip(b"\r\n"), start

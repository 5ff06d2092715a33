"""WARC records in a stream of bytes, whoever wrote it: their heads and blocks, and where it is damaged.

A file may be plain or packed in gzip members, of a record each or of many. Memory is bounded by what a reader asks
for, whatever lengths the file states. After damage it goes on at the next place where a record begins.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from archive.errors import RefusedError

# bytes read, and unpacked, at once
_PIECE = 256 << 10
# a record's head is at most this long, in bytes: twenty lines, and our own list of redirects
_HEAD = 64 << 10
# records that cannot be read after which the rest of a file is given up: each costs a search
_TORN = 10_000
# what is packed denser than this, behind so many bytes, is no crawl (pages: 4 to 12 to 1; the most that deflate can
# is 1,032)
DENSITY, BEHIND = 200, 256 << 20
_MAGIC = b"\x1f\x8b\x08"
_PACKED_START, _ANY_START = re.compile(rb"\x1f\x8b\x08"), re.compile(rb"\x1f\x8b\x08|WARC/1\.")
_LIES = "its length is not what it says"
_VERSION = re.compile(rb"WARC/[01]\.\d{1,2}[ \t]*\r?\n")
_DIGESTS = {"sha1": hashlib.sha1, "sha-1": hashlib.sha1, "sha256": hashlib.sha256, "sha-256": hashlib.sha256}


class Torn(Exception):
    """A place where a file cannot be read: bytes from its start, and what is wrong."""

    def __init__(self, offset: int, problem: str) -> None:
        self.offset, self.problem = offset, problem
        super().__init__(f"at {offset}: {problem}")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a record. ``offset``: of the record, or of the gzip member it is in; ``fields``: in lower case."""

    offset: int
    raw: bytes
    fields: dict[str, str]
    length: int

    def get(self, name: str) -> str | None:
        """A field by its name in lower case, None where it is not stated."""
        return self.fields.get(name)


class _Bytes:
    """The unpacked bytes of a stream, from any place on; knows which packed byte each member began at."""

    def __init__(self, name: str, stream: IO[bytes], tell: Callable[[int], None]) -> None:
        self._name, self._stream, self._tell = name, stream, tell
        self._told = 0
        self._size = stream.seek(0, 2)
        self.restart(0)

    def restart(self, offset: int) -> None:
        """Begin anew at a byte of the file."""
        self._stream.seek(offset)
        self._rest = b""
        self._read = offset  # bytes of the file that were read
        self._zip: zlib._Decompress | None = None
        self.packed = False
        self._begun = False
        self.data = bytearray()
        self.at = 0  # of `data`, that were taken
        self.start = offset  # of the member that the next byte is of; of a plain file: of `data[0]`
        self._member = offset
        self._marks: list[tuple[int, int]] = []  # members that begin in `data`: index, byte of the file
        self._out = self._in = 0

    def _more(self) -> bytes:
        data = self._stream.read(_PIECE)
        self._read += len(data)
        if self._read > self._told:
            self._tell(self._read - self._told)
            self._told = self._read
        return data

    def fill(self) -> bool:
        """Have more bytes; False at the end. Raises Torn."""
        if self.at > _PIECE:
            del self.data[: self.at]
            before = [mark for mark in self._marks if mark[0] < self.at][-1:]
            self._marks = [(n - self.at, at) for n, at in (*before, *(m for m in self._marks if m[0] >= self.at))]
            if not self.packed:
                self.start += self.at
            self.at = 0
        if not self._begun:
            self._rest = self._more()
            self.packed = self._rest[:2] == _MAGIC[:2]
            self._begun = True
            if not self.packed:
                self.data += self._rest
                data, self._rest = self._rest, b""
                return bool(data)
        if not self.packed:
            data = self._more()
            self.data += data
            return bool(data)
        return self._unpack()

    def _unpack(self) -> bool:
        if not self._rest:
            self._rest = self._more()
            if not self._rest:
                if self._zip is not None:
                    raise Torn(self._member, "cut off")
                return False
        if self._zip is None:
            self._member = self._read - len(self._rest)
            self._zip = zlib.decompressobj(zlib.MAX_WBITS + 16)
            self._marks.append((len(self.data), self._member))
            self._out = self._in = 0
        before = len(self._rest)
        try:
            data = self._zip.decompress(self._rest, _PIECE)
        except zlib.error as error:
            raise Torn(self._member, f"damaged gzip member ({error})") from error
        if self._zip.eof:
            self._rest = self._zip.unused_data
            self._zip = None
        else:
            self._rest = self._zip.unconsumed_tail
        self._in += before - len(self._rest)
        self._out += len(data)
        if self._out > BEHIND and self._out > DENSITY * self._in:
            raise RefusedError(self._name, f"packed more than {DENSITY} to 1: no crawl is")
        self.data += data
        return True

    def has(self, length: int) -> bool:
        """Whether so many bytes more can be there at all: a record ends with its gzip member, or with the file."""
        left = len(self.data) - self.at
        if self.packed:
            return left >= length or self._zip is not None or not self._marks
        return left >= length or self._size - self._read >= length - left

    @property
    def at_end(self) -> bool:
        """Whether the bytes of a member are all taken, and the next one's are not looked at yet."""
        return self.packed and self._zip is None and self.at == len(self.data)

    def pass_line_ends(self) -> None:
        """Go on behind the line ends that stand next."""
        while self.at < len(self.data) and self.data[self.at] in b"\r\n":
            self.at += 1

    def place(self) -> int:
        """Where the next byte is in the file: of a packed one, where its member begins."""
        if not self.packed:
            return self.start + self.at
        for index, offset in reversed(self._marks):
            if index <= self.at:
                return offset
        return self._member

    def find_start(self, offset: int) -> bool:
        """Go on where a record may begin, behind a byte of the file; False where none does."""
        overlap = b""
        self._stream.seek(offset)
        position = offset
        wanted = _PACKED_START if self.packed else _ANY_START
        while data := self._stream.read(_PIECE):
            window = overlap + data
            base = position - len(overlap)
            for found in wanted.finditer(window):
                if self._begins(base + found.start()):
                    self.restart(base + found.start())
                    return True
            position += len(data)
            overlap = window[-6:]  # one less than what is looked for
            self._stream.seek(position)
        return False

    def _begins(self, offset: int) -> bool:
        self._stream.seek(offset)
        data = self._stream.read(512)
        if not data.startswith(_MAGIC):
            return _VERSION.match(data) is not None
        try:
            return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(data, 64).startswith(b"WARC/")
        except zlib.error:
            return False


class Records:
    """The records of a file, in its order: each is a :class:`Head`, or a :class:`Torn` where there is damage.

    ``name``: of the file, for what is said of it. ``tell``: told how many bytes of it were read since last.

    Raises (while it is gone through):
        RefusedError: packed as no crawl is, or there is no record in it.
    """

    def __init__(self, name: str, stream: IO[bytes], tell: Callable[[int], None] = lambda _bytes: None) -> None:
        self._name = name
        self._bytes = _Bytes(name, stream, tell)
        self._head: Head | None = None  # whose block was not read
        self._torn: Torn | None = None  # what a reader met in a block

    def __iter__(self) -> Iterator[Head | Torn]:
        torn = 0
        while True:
            try:
                if self._torn is not None:
                    offset, self._torn = self._torn.offset, None
                    self._head = None
                    if not self._bytes.find_start(offset + 1):
                        return
                if self._head is not None:
                    self._skip()
                head = self._next()
                if head is None:
                    return
            except Torn as error:
                self._torn = error
                torn += 1
                yield error
                if torn >= _TORN:
                    raise RefusedError(self._name, f"more than {_TORN:,} of its records are damaged") from error
                continue
            self._head = head
            yield head

    def block(self) -> bytes:
        """The block of the record that came last, whose length was looked at before.

        Raises:
            Torn: it is not as its head says.
        """
        head = self._head
        assert head is not None, "asked for once, after the head"  # noqa: S101
        self._head = None
        try:
            data = self._bytes
            while len(data.data) - data.at < head.length:
                if not data.has(head.length) or not data.fill():
                    raise Torn(head.offset, _LIES)
            block = bytes(data.data[data.at : data.at + head.length])
            data.at += head.length
            self._behind(head)
            _check(head, block)
        except Torn as error:
            # of this record, wherever it was met: the search for the next one begins behind its head
            self._torn = Torn(head.offset, error.problem)
            raise self._torn from error
        return block

    def _skip(self) -> None:
        head, self._head = self._head, None
        assert head is not None  # noqa: S101
        data, left = self._bytes, head.length
        try:
            while left:
                there = min(left, len(data.data) - data.at)
                data.at += there
                left -= there
                if left and not (data.has(left) and data.fill()):
                    raise Torn(head.offset, _LIES)
            self._behind(head)
        except Torn as error:
            raise Torn(head.offset, error.problem) from error

    def _behind(self, head: Head) -> None:
        """Behind a block there are two line ends, and then the next record or nothing."""
        data = self._bytes
        while True:
            data.pass_line_ends()
            if data.at_end:
                return
            if len(data.data) - data.at >= 5:
                break
            try:
                if not data.fill():
                    break
            except Torn as error:
                if error.offset == head.offset:
                    raise
                return  # the next one's, which is met again
        if data.at < len(data.data) and data.data[data.at : data.at + 5] != b"WARC/":
            raise Torn(head.offset, _LIES)

    def _next(self) -> Head | None:
        data = self._bytes
        while True:
            data.pass_line_ends()
            if data.at < len(data.data):
                break
            if not data.fill():
                return None
        place = data.place()
        while (end := data.data.find(b"\r\n\r\n", data.at, data.at + _HEAD)) < 0:
            if len(data.data) - data.at > _HEAD:
                raise Torn(place, "a head without an end")
            if not data.fill():
                raise Torn(place, "cut off")
        raw = bytes(data.data[data.at : end])
        if _VERSION.match(raw + b"\r\n") is None:
            raise Torn(place, "no WARC record")
        head = _parsed(place, raw)
        data.at = end + 4
        return head


def _parsed(place: int, raw: bytes) -> Head:
    fields: dict[str, str] = {}
    name = ""
    for line in raw.decode("utf-8", "replace").split("\r\n")[1:]:
        if line[:1] in (" ", "\t"):
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        fields.setdefault(name, value.strip())
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) <= 15):
        raise Torn(place, "a record without a length")
    if not fields.get("warc-type"):
        raise Torn(place, "a record without a type")
    return Head(place, raw, fields, int(length))


def _check(head: Head, block: bytes) -> None:
    """Whether a block is what its digest says, where that can be told."""
    algorithm, _, value = (head.get("warc-block-digest") or "").partition(":")
    made = _DIGESTS.get(algorithm.strip().lower())
    if made is None:
        return
    digest, value = made(block, usedforsecurity=False), value.strip()
    if value.lower() != digest.hexdigest() and value.upper().rstrip("=") != base64.b32encode(
        digest.digest()
    ).decode().rstrip("="):
        raise Torn(head.offset, "its digest is another")

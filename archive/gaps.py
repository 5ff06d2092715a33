"""Takes records out of finished WARC files for good, and leaves every other one at its place.

What a record's bytes were becomes one gzip member of exactly the same length, which holds a record that says so: no
offset moves, the file keeps its name, and whoever reads it from end to end meets whole records. Written beside the
file and put in its place by the caller, so that a file is as it was or as it will be at every moment.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from archive.warc import synced

# what a file is called until it takes the place of the one that it was made from
BESIDE = ".forgetting"
# how a gzip member begins: magic and method (RFC 1952)
_MAGIC = b"\x1f\x8b\x08"
# no flags, no time, no system
_HEADER = _MAGIC + b"\x00\x00\x00\x00\x00\x00\xff"
# a stored block of deflate holds so much at most (RFC 1951, 3.2.4), and takes so much more
_STORED, _FRAME = 65_535, 5
# a record's own headers end within so many bytes
_HEAD = 65_536
_STEP = 1 << 18
_URL = "warc-target-uri"
# WARC-Record-ID of the request that a response is the answer to
_BESIDE_FIELD, _ID = "warc-concurrent-to", "warc-record-id"

# told a record's headers, by their names in small letters: whether it is taken out
Gone = Callable[[Mapping[str, str]], bool]


class Cut(NamedTuple):
    """What became of a file. ``unread``: bytes that are no whole record."""

    bytes: int
    sha256: str
    unread: int


def cut(path: Path, gone: Gone, offsets: Collection[int], at: str) -> Cut:
    """Write a file without some of its records beside it, on the disk before this returns.

    ``offsets``: those that rows name, which go even where they cannot be read; the request that such a record is the
    answer to goes with it. ``at``: now, for the records that say so.

    Raises:
        OSError: the disk is full or gone.
    """
    target = path.with_name(path.name + BESIDE)
    digest, unread, size = hashlib.sha256(), 0, 0
    with path.open("rb") as file, target.open("wb") as out:
        target.chmod(path.stat().st_mode & 0o777)
        if path.stat().st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                answers = {head.get(_ID) for at in offsets if (head := _head(_member(data, at)[1])) is not None}
                answers.discard(None)
                for start, end, content in _pieces(data):
                    head = _head(content)
                    if head is None:
                        unread += end - start
                        out_it_goes = any(start <= at < end for at in offsets)
                    else:
                        out_it_goes = start in offsets or head.get(_BESIDE_FIELD) in answers or gone(head)
                        if out_it_goes and _ID in head:
                            answers.add(head[_ID])
                    piece = blank(end - start, at) if out_it_goes else data[start:end]
                    digest.update(piece)
                    size += out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return Cut(size, digest.hexdigest(), unread)


def exchanges(path: Path, known: Collection[int]) -> Iterator[tuple[int, str, str]]:
    """The records of exchanges in a finished file that do not begin at ``known`` offsets: (offset, address, date)."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for start, _, content in _pieces(data):
                head = None if start in known else _head(content)
                if head is not None and head.get("warc-type") not in ("warcinfo", "request") and _URL in head:
                    yield start, head[_URL].strip("<>"), head.get("warc-date", "")


def put_in_place(path: Path) -> None:
    """Let what was written beside a file take its place; once more does nothing."""
    target = path.with_name(path.name + BESIDE)
    if target.exists():
        target.replace(path)
        synced(path.parent)


def blank(length: int, at: str) -> bytes:
    """A gzip member of so many bytes: a record that says that one was removed, filled up with spaces.

    Raises:
        ValueError: shorter than any record can be.
    """
    blocks = max(1, -(-(length - 18) // (_STORED + _FRAME)))  # 10 bytes before them, 8 behind
    content = _record(length - 18 - _FRAME * blocks, at)
    packed = bytearray(_HEADER)
    for n in range(blocks):
        chunk = content[n * _STORED : (n + 1) * _STORED]
        packed += struct.pack("<BHH", n == blocks - 1, len(chunk), len(chunk) ^ 0xFFFF) + chunk
    packed += struct.pack("<LL", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return bytes(packed)


def _record(length: int, at: str) -> bytes:
    """A WARC record of so many bytes, which names no address."""
    identity = uuid.uuid4()
    head = f"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:uuid:{identity}>\r\n"
    head += f"WARC-Date: {at[:19]}Z\r\n"
    # the length is a digit longer from 10, 100, … on: one length of the whole in each of these is reached by a space
    for space in ("", " "):
        for digits in range(1, 11):
            around = len(head) + len("Content-Length: \r\n\r\n\r\n\r\n") + digits + len(space)
            body = length - around
            if body >= 0 and len(str(body)) == digits:
                start = f"{head}Content-Length: {space}{body}\r\n\r\n".encode()
                return start + b"removed"[:body] + b" " * (body - 7) + b"\r\n\r\n"
    raise ValueError(f"no record has {length} bytes")


def _pieces(data: mmap.mmap) -> Iterator[tuple[int, int, bytes | None]]:
    """A file in order: (start, end, how the member's content begins), None for what is none up to the next one."""
    start = 0
    while start < len(data):
        end, content = _member(data, start)
        if content is None:
            end = data.find(_MAGIC, start + 1)
            while end >= 0 and _head(_member(data, end)[1]) is None:
                end = data.find(_MAGIC, end + 1)
            end = len(data) if end < 0 else end
        yield start, end, content
        start = end


def _member(data: mmap.mmap, start: int) -> tuple[int, bytes | None]:
    """Where a gzip member ends, and how its content begins; None: there is no whole one."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    position, content = start, b""
    try:
        while not unpacker.eof:
            piece = data[position : position + _STEP]
            if not piece:
                return start, None
            position += len(piece)
            while piece and not unpacker.eof:  # in bounds, however much it holds
                unpacked = unpacker.decompress(piece, _STEP)
                if len(content) < _HEAD:
                    content += unpacked[: _HEAD - len(content)]
                piece = unpacker.unconsumed_tail
    except zlib.error:
        return start, None
    return position - len(unpacker.unused_data), content


def _head(content: bytes | None) -> dict[str, str] | None:
    """A record's headers by their names in small letters; None: it is no record."""
    if content is None or not content.startswith(b"WARC/"):
        return None
    lines = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}

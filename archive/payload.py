"""A body without its Content-Encoding, within bounds, and what it is known by. Pure."""

from __future__ import annotations

import hashlib
import zlib

# a body without its Content-Encoding is at most this long, in bytes (pages are 0.1-2 MB; the rest is a trap)
LIMIT = 64 << 20
# the line before a chunk is at most this long, in bytes: a length, and extensions that nobody uses
_CHUNK_LINE = 1 << 10


def decode(body: bytes, encoding: str | None, limit: int = LIMIT) -> bytes:
    """A body without its Content-Encoding (gzip and deflate, which a crawl asks for, and Brotli of others).

    Raises:
        ValueError: an encoding that is not known, broken or torn, or more than ``limit`` bytes.
    """
    coding = (encoding or "").strip().lower().removeprefix("x-")
    if coding in ("", "identity"):
        data = body
    elif coding == "gzip":
        data = _unpack(body, zlib.MAX_WBITS + 16, limit)
    elif coding == "deflate":
        try:
            data = _unpack(body, zlib.MAX_WBITS, limit)
        except ValueError:  # RFC 9110 8.4.1.2: some servers send it without the zlib wrapper
            data = _unpack(body, -zlib.MAX_WBITS, limit)
    elif coding == "br":
        data = _unbrotli(body, limit)
    else:
        raise ValueError(f"unknown Content-Encoding {coding[:40]}")
    if len(data) > limit:
        raise ValueError(f"more than {limit} bytes when decompressed")
    return data


def payload_sha256(body: bytes, encoding: str | None) -> str:
    """The SHA-256 of a body without its Content-Encoding; as it was sent where that cannot be undone.

    Cannot be undone: an encoding that is not known, broken or torn, or more than :data:`LIMIT` bytes.
    """
    try:
        data = decode(body, encoding)
    except ValueError:
        data = body
    return hashlib.sha256(data).hexdigest()


def dechunk(body: bytes) -> bytes:
    """A body without the chunks of a transfer (RFC 9112, 7.1); as it is where it is in none, as far as they go where
    they are torn."""
    parts: list[bytes] = []
    start = 0
    while (end := body.find(b"\r\n", start, start + _CHUNK_LINE)) >= 0:
        size = body[start:end].partition(b";")[0].strip()
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            break
        length = int(size, 16)
        if length == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + length])
        start = end + 2 + length + 2
    return b"".join(parts) if parts else body


def _unbrotli(body: bytes, limit: int) -> bytes:
    import brotli  # type: ignore[import-untyped]  # needed by few imports alone

    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    size, given = 0, body
    try:
        while not unpacker.is_finished() and size <= limit:
            data = unpacker.process(given, output_buffer_limit=1 << 20)
            given = b""
            parts.append(data)
            size += len(data)
            if not data and unpacker.can_accept_more_data():
                raise ValueError("torn Content-Encoding")
    except brotli.error as error:
        raise ValueError(f"broken Content-Encoding: {error}") from error
    return b"".join(parts)


def _unpack(body: bytes, wbits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    if not body:
        raise ValueError("torn Content-Encoding")
    while body and size <= limit:
        unpacker = zlib.decompressobj(wbits)
        try:
            data = unpacker.decompress(body, limit + 1 - size)
        except zlib.error as error:
            if parts:  # what follows a whole member and is none is padding, and every browser passes over it
                break
            raise ValueError(f"broken Content-Encoding: {error}") from error
        parts.append(data)
        size += len(data)
        if not unpacker.eof:
            if size <= limit:
                raise ValueError("torn Content-Encoding")
            break
        body = unpacker.unused_data
    return b"".join(parts)

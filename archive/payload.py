"""A body without its Content-Encoding, within bounds. Pure."""

from __future__ import annotations

import zlib

# a body without its Content-Encoding is at most this long, in bytes (pages are 0.1-2 MB; the rest is a trap)
LIMIT = 64 << 20


def decode(body: bytes, encoding: str | None, limit: int = LIMIT) -> bytes:
    """A body without its Content-Encoding (gzip and deflate: the only ones a crawl asks for).

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
    else:
        raise ValueError(f"unknown Content-Encoding {coding[:40]}")
    if len(data) > limit:
        raise ValueError(f"more than {limit} bytes when decompressed")
    return data


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

"""A body without its Content-Encoding: what is torn must not be taken for whole, and no page can fill the memory."""

from __future__ import annotations

import gzip
import hashlib
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.payload import LIMIT, dechunk, decode, payload_sha256

PLAIN = b"<p>The harbour of Vardania reopened on Monday.</p>\n" * 9
PACKED = gzip.compress(PLAIN, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (None, PLAIN),
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", PACKED),
        ("GZip ", PACKED),
        ("x-gzip", PACKED),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", raw_deflate(PLAIN)),
        ("gzip", PACKED + b"trailing junk"),
        ("gzip", PACKED + bytes(512)),
        ("gzip", gzip.compress(PLAIN[:200]) + gzip.compress(PLAIN[200:])),
    ],
    ids=[
        "none",
        "empty",
        "identity",
        "gzip",
        "spelling",
        "x-gzip",
        "zlib",
        "raw deflate",
        "junk after",
        "zeros after",
        "two members",
    ],
)
def test_a_body_is_the_same_however_it_was_sent(encoding: str | None, body: bytes) -> None:
    assert decode(body, encoding) == PLAIN


@pytest.mark.parametrize(
    ("encoding", "body", "problem"),
    [
        ("gzip", PLAIN, "broken"),
        ("gzip", PACKED[:-9], "torn"),
        ("gzip", b"", "torn"),
        ("deflate", b"", "torn"),
        ("gzip", PACKED[:10] + b"\xff" * 40, "broken"),
        ("gzip", PACKED + PACKED[:-9], "torn"),
        ("deflate", b"junk", "torn"),
        ("zstd", PLAIN, "unknown"),
        ("gzip, gzip", PLAIN, "unknown"),
        ("gzip", gzip.compress(bytes(LIMIT + 1)), "more than"),
        ("deflate", zlib.compress(bytes(LIMIT + 1)), "more than"),
        ("gzip", gzip.compress(bytes(LIMIT)) + PACKED, "more than"),
    ],
    ids=[
        "plain",
        "torn",
        "empty gzip",
        "empty deflate",
        "broken",
        "second member torn",
        "no deflate",
        "brotli",
        "twice",
        "gzip bomb",
        "deflate bomb",
        "bomb in parts",
    ],
)
def test_a_body_that_cannot_be_unpacked_is_an_error_of_its_own(encoding: str, body: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode(body, encoding)


@given(st.integers(0, len(PACKED) - 1))
def test_a_gzip_body_cut_anywhere_is_never_taken_for_whole(cut: int) -> None:
    with pytest.raises(ValueError, match="torn"):
        decode(PACKED[:cut], "gzip")


@given(st.sampled_from([None, "gzip", "deflate"]), st.binary(max_size=200))
def test_no_bytes_raise_another_error(encoding: str | None, body: bytes) -> None:
    try:
        decode(body, encoding)
    except ValueError as error:
        assert str(error).startswith(("broken", "torn"))


@pytest.mark.parametrize(("encoding", "body"), [(None, PLAIN), ("gzip", PACKED), ("deflate", zlib.compress(PLAIN))])
@pytest.mark.parametrize("room", [-len(PLAIN), -200, -1, 0, 1])
def test_a_payload_up_to_the_limit_is_whole_and_beyond_it_an_error(
    encoding: str | None, body: bytes, room: int
) -> None:
    limit = len(PLAIN) + room
    if room >= 0:
        assert decode(body, encoding, limit) == PLAIN
    else:
        with pytest.raises(ValueError, match="more than"):
            decode(body, encoding, limit)


@pytest.mark.parametrize(
    ("encoding", "body", "plain"),
    [
        (None, PLAIN, PLAIN),
        ("gzip", PACKED, PLAIN),
        ("deflate", raw_deflate(PLAIN), PLAIN),
        (None, b"", b""),
        ("gzip", b"", b""),
        ("zstd", PLAIN, PLAIN),
        ("gzip", PACKED[:-4], PACKED[:-4]),
        ("gzip", PLAIN, PLAIN),
    ],
)
def test_a_payload_is_known_by_its_plain_bytes_or_by_those_that_were_sent(
    encoding: str | None, body: bytes, plain: bytes
) -> None:
    assert payload_sha256(body, encoding) == hashlib.sha256(plain).hexdigest()


def test_a_payload_that_is_too_large_when_decompressed_is_known_as_it_was_sent() -> None:
    bomb = gzip.compress(bytes(LIMIT + 1), 9, mtime=0)
    assert payload_sha256(bomb, "gzip") == hashlib.sha256(bomb).hexdigest()


def test_brotli_is_unpacked_within_bounds() -> None:
    packed = brotli.compress(PLAIN * 3000)
    assert decode(packed, "br") == PLAIN * 3000
    for broken, why in ((packed[:-3], "torn"), (b"\xff" * 40, "broken"), (b"", "torn")):
        with pytest.raises(ValueError, match=why):
            decode(broken, "br")
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        decode(packed, "br", 1000)
    trap = brotli.compress(bytes(LIMIT * 2))
    assert len(trap) < 1000
    with pytest.raises(ValueError, match="more than"):
        decode(trap, "br")


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=30))
def test_the_chunks_of_a_transfer_are_taken_off(body: bytes, sizes: list[int]) -> None:
    parts, at = [], 0
    for size in [*sizes, len(body)]:
        part = body[at : at + size]
        at += size
        if part:
            parts.append(b"%x\r\n%b\r\n" % (len(part), part))
    assert dechunk(b"".join([*parts, b"0\r\n\r\n"])) == body
    assert dechunk(b"".join(parts)) == body  # torn: as far as they go


@pytest.mark.parametrize("body", [b"", b"<html>\r\n</html>", b"zz\r\nzz", b"ffffffffffffffff", PLAIN])
def test_what_is_in_no_chunks_stays(body: bytes) -> None:
    assert dechunk(body) == body

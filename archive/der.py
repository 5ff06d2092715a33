"""The certificates of a time-stamp answer in the order that DER asks for. Pure.

Authorities send their certificates from their own to the root's, `openssl ts` too; DER wants a SET OF sorted by its
bytes (X.690, 11.6), and readers that are strict refuse the rest. No signature covers their order.
"""

from __future__ import annotations

_SEQUENCE, _CONTEXT_0 = 0x30, 0xA0


def with_certificates_sorted(answer: bytes) -> bytes:
    """A TimeStampResp (RFC 3161, 2.4.2) with its certificates sorted; as it is where it cannot be taken apart."""
    try:
        response = _inside(answer, 0, len(answer), _SEQUENCE)
        content = _inside(answer, *_children(answer, *response)[1], _SEQUENCE)  # behind the status: ContentInfo
        wrapped = _inside(answer, *_children(answer, *content)[1], _CONTEXT_0)
        signed = _inside(answer, *_children(answer, *wrapped)[0], _SEQUENCE)
        # version, digest algorithms, what is signed, certificates
        start, end = _inside(answer, *_children(answer, *signed)[3], _CONTEXT_0)
        certificates = sorted(answer[a:b] for a, b in _children(answer, start, end))
    except (IndexError, ValueError):
        return answer
    return answer[:start] + b"".join(certificates) + answer[end:]


def _inside(data: bytes, start: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at ``start`` lies."""
    if data[start] != tag:
        raise ValueError("another element")
    return _content(data, start, end)


def _content(data: bytes, start: int, end: int) -> tuple[int, int]:
    size, at = data[start + 1], start + 2
    if size >= 0x80:
        digits = size & 0x7F
        if not 0 < digits <= 4:
            raise ValueError("a length of no form in DER")
        size, at = int.from_bytes(data[at : at + digits], "big"), at + digits
    if at + size > end:
        raise ValueError("cut off")
    return at, at + size


def _children(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the elements between two places begin and end."""
    found = []
    while start < end:
        behind = _content(data, start, end)[1]
        found.append((start, behind))
        start = behind
    return found

"""From bytes to the characters of a text. Pure."""

from __future__ import annotations

import re

from charset_normalizer import from_bytes

# bytes that are looked at for their encoding
_SAMPLE = 20_000
_CHARSET = re.compile(r"charset=\"?([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# of a text at most one character in so many is none: more, and it is no text
_STRANGE = 50


def encoding_of(data: bytes) -> str:
    """The encoding of what declares none: UTF-8 where it can be, else what its bytes look like."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data[:_SAMPLE]).best()
        return best.encoding if best else "windows-1252"
    return "utf-8"


def decoded(data: bytes, content_type: str | None = None) -> str | None:
    """The characters of a text, None where its bytes are none: of a picture, of a program.

    A byte order mark counts, then UTF-8 where it can be that, then what ``content_type`` declares, then what it looks
    like.
    """
    declared = _CHARSET.search(content_type or "")
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    text = None
    for name in (marked, "utf-8", declared[1] if declared else "utf-8"):
        try:
            text = data.decode(name)
            break
        except (LookupError, UnicodeDecodeError):
            continue
    if text is None:
        text = data.decode(encoding_of(data), "replace")
    strange = sum(map(text.count, "\x00\x01\x02\x03\x04\ufffd"))
    return None if strange * _STRANGE > len(text) else text

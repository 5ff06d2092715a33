"""The index of a WARC file as replay tools look pages up in it: CDXJ lines in gzip blocks, with an index of these.

The form is that of WACZ 1.1.1 (``index.cdx.gz`` and ``index.idx``); the key is the address in the sort-friendly order
that these tools share (com,example)/path), as the Internet Archive's canonicalizer writes it.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import IO
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from archive.exports.members import Record, Target

# lines that are sorted in memory, some 40 MB
_SORTED = 100_000
# lines of a block: what a viewer fetches for one address; wacz and ArchiveWeb.page take as many
_BLOCK = 1024
# what stands for itself in a key; the rest is percent-encoded
_SAFE = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_WWW = re.compile(rb"^www\d*\.")
_PORTS = {"http": 80, "https": 443}
# what names a visitor's session, not a page
_SESSION = re.compile(
    rb"(?:jsessionid=[0-9a-z]{32}|phpsessid=[0-9a-z]{32}|sid=[0-9a-z]{32}|aspsessionid[a-z]{8}=[a-z]{24}"
    rb"|cfid=[^&]+&cftoken=[^&]+)(?:&|$)"
)
_ASPX = re.compile(rb"/\((?:[0-9a-z]{24}|(?:[a-z]\([0-9a-z]{24}\))+)\)/(?=[^?]+\.aspx)")


def sort_key(url: str) -> str:
    """The key of an address; of one that is no web address, the address itself."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _PORTS or not parts.hostname:
        return url
    host = _plain(parts.hostname)
    if not host.isascii():
        with suppress(UnicodeError):  # a name that cannot be one stays as it is
            host = host.decode("utf-8", "ignore").encode("idna")
    host = _WWW.sub(b"", host.replace(b"..", b".").strip(b".").lower())
    key = ",".join(reversed(_escaped(host).split(".")))
    key += "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    path = _ASPX.sub(b"/", _escaped(_steps(_plain(parts.path))).lower().encode())
    key += ")" + (path[:-1] if path.endswith(b"/") and len(path) > 1 else path).decode()
    query = _SESSION.sub(b"", _escaped(_plain(parts.query)).lower().encode(), count=1)
    arguments = sorted(tuple(argument.split(b"=", 1)) for argument in query.split(b"&"))
    query = b"&".join(b"=".join(argument) for argument in arguments)
    return key + ("?" + query.decode() if query else "")


def _plain(text: str | bytes) -> bytes:
    """Without percent-encoding, however often it was put on."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    while (plain := unquote_to_bytes(data)) != data:
        data = plain
    return data


def _escaped(data: bytes) -> str:
    return quote_from_bytes(data, safe=_SAFE)


def _steps(path: bytes) -> bytes:
    """A path without empty steps and ``.``, and ``..`` gone back."""
    kept: list[bytes] = []
    for step in path.split(b"/")[1:]:
        if step == b".." and kept:
            kept.pop()
        elif step != b".":
            kept.append(step)
    last = kept.pop() if kept else b""
    return b"/" + b"".join(step + b"/" for step in kept if step) + last


def line(record: Record, offset: int, sha256: str, file: str) -> str | None:
    """A record's line in the index; None: tools look nothing up in records of its kind."""
    url = record.url
    if record.type not in ("response", "revisit", "resource") or url is None:
        return None
    # a page as it was, where a server said that it had not changed: viewers show nothing of a line without a status
    status = record.status or (200 if record.type == "revisit" else None)
    said = {
        "url": url,
        "mime": "warc/revisit" if record.type == "revisit" else record.mime,
        "status": status and str(status),
        "digest": record.fields.get("WARC-Payload-Digest"),
        "length": str(record.length),
        "offset": str(offset),
        "filename": file,
        "recordDigest": f"sha256:{sha256}",
    }
    date = re.sub(r"\D", "", str(record.fields.get("WARC-Date", "")))[:14]
    return f"{sort_key(url)} {date} {json.dumps({k: v for k, v in said.items() if v})}\n"


class Sorter:
    """Lines in their order, of any number: what does not fit in memory waits on disk."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()

    def add(self, text: str) -> None:
        """One line more, with its end."""
        self._lines.append(text.encode())
        if len(self._lines) >= _SORTED:
            file = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # closed by the stack
            file.writelines(sorted(self._lines))
            self._files.append(file)
            self._lines = []

    def lines(self) -> Iterator[bytes]:
        """All of them, once."""
        with self._stack:
            for file in self._files:
                file.seek(0)
            yield from heapq.merge(*self._files, sorted(self._lines))


def write(lines: Iterable[bytes], blocks: Target, name: str) -> list[str]:
    """Write sorted lines in gzip blocks; returns the lines of their index, which calls the file ``name``."""
    index = ["!meta 0 " + json.dumps({"format": "cdxj-gzip-1.0", "filename": name}) + "\n"]
    offset = 0
    block: list[bytes] = []

    def flush() -> None:
        nonlocal offset
        packer = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)
        packed = packer.compress(b"".join(block)) + packer.flush()
        blocks.write(packed)
        said = {"offset": offset, "length": len(packed), "digest": f"sha256:{hashlib.sha256(packed).hexdigest()}"}
        index.append(block[0].partition(b"{")[0].decode() + json.dumps(said) + "\n")
        offset += len(packed)
        block.clear()

    for one in lines:
        block.append(one)
        if len(block) == _BLOCK:
            flush()
    if block:
        flush()
    return index

"""Raw exchanges in WARC/1.1 files: written, read back, and made whole after a crash.

Owns ``warc/``. A file is ``*.warc.gz.open`` while it is written and gets its name when it is finished; rows name
it without ``.open``. Each record is one gzip member, handed to the system before the call returns, so that a
killed process leaves a readable prefix; :meth:`Writer.sync` puts it on the disk itself.
"""

from __future__ import annotations

import errno
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.client import responses
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from w3lib.url import safe_url_string
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.errors import DamagedError
from archive.models import Exchange, Found, Kept, Position, moment, stamp
from archive.payload import dechunk

# zlib level of the members of what was sent plain: `make bench-warc` prints sizes and times; 4 costs little more than
# half of 6 for 4% more bytes
LEVEL = 4
# a finished file is about this long, in bytes: the size the WARC guidelines name, easy to copy and to check
ROTATE = 1 << 30
OPEN = ".open"
_SERIAL = re.compile(r"communique-(\d+)\b")
_SECRET = {"cookie", "authorization", "proxy-authorization"}
# the records that have rows
_KEPT = ("response", "revisit", "resource")
_PROFILE_304 = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
# what a record must say beside its standard fields for the row to be made again from it
_FIELDS = {
    "source": "Communique-Source",
    "kind": "Communique-Kind",
    "run": "Communique-Run",
    "via": "Communique-Via",
    "fetched_from": "Communique-Fetched-From",
    "announced": "Communique-Announced",
    "file": "Communique-File",
}
# says in each record of a demo archive that its outlet is invented, wherever the record goes
_FICTIONAL = "Communique-Fictional"
# what a file that was handed over is taken for where nobody says
_TYPE = "application/octet-stream"


class Writer:
    """Appends exchanges to one WARC file after another. One thread only.

    ``fictional``: set where the archive is a demo's.
    """

    def __init__(self, folder: Path, software: str, rotate: int = ROTATE, level: int = LEVEL) -> None:
        self.folder, self.software, self.rotate, self.level = folder, software, rotate, level
        folder.mkdir(parents=True, exist_ok=True)
        self.fictional = False
        self._file: IO[bytes] | None = None
        self._name = ""
        self._end = 0
        self._dirty = False
        self._full: list[str] = []  # files that reached their length

    def write(self, exchange: Exchange, run: int | None, refers_to: tuple[str, str] | None = None) -> Kept:
        """Append response and request; an exchange without an answer is kept without a record.

        A 304 becomes a revisit without HTTP headers (with them, replay tools show an empty page); ``refers_to``
        names address and date of the capture it confirms. A file that was handed over becomes a resource record.

        Raises:
            OSError: the disk is full or gone; what was written before stays whole.
        """
        if exchange.status is None:
            return Kept(exchange, None, run)
        buffer = BytesIO()
        # the writer's own compression knows no level
        writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
        date = stamp(exchange.fetched_at)
        fields = {"WARC-Date": date, **_stated(exchange, run), **self._mark()}
        if exchange.file is not None:
            return Kept(exchange, self._append(self._resource(writer, buffer, exchange, fields)), run)
        if exchange.status == 304:
            fields["WARC-Profile"] = _PROFILE_304
            if refers_to:
                fields["WARC-Refers-To-Target-URI"], fields["WARC-Refers-To-Date"] = refers_to
            response = writer.create_warc_record(exchange.url, "revisit", warc_headers_dict=fields)
        else:
            reason = responses.get(exchange.status, "")
            status = StatusAndHeaders(f"{exchange.status} {reason}", list(exchange.headers), "HTTP/1.1")
            response = writer.create_warc_record(
                exchange.url,
                "response",
                payload=BytesIO(exchange.body),
                length=len(exchange.body),
                http_headers=status,
                warc_headers_dict=fields,
            )
        writer.write_record(response)
        cut = buffer.tell()
        if exchange.status != 304:  # a revisit is asked for with the same request as what it refers to
            headers = [(k, v) for k, v in exchange.request_headers if k.lower() not in _SECRET]
            if not any(name.lower() == "host" for name, _ in headers):  # the downloader adds it on the wire
                headers.insert(0, ("Host", urlsplit(exchange.url).netloc.rpartition("@")[2]))
            request = writer.create_warc_record(
                exchange.url,
                "request",
                http_headers=StatusAndHeaders(_request_line(exchange.url), headers, is_http_request=True),
                warc_headers_dict={
                    "WARC-Date": date,
                    "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
                },
            )
            writer.write_record(request)
        data = buffer.getbuffer()
        # what arrives compressed is stored as it is: packing it again costs time and gains nothing
        level = 0 if exchange.header("content-encoding") else self.level
        members = self._member(data[:cut], level) + (self._member(data[cut:]) if cut < len(data) else b"")
        return Kept(exchange, self._append(members), run)

    def _resource(self, writer: WARCWriter, buffer: BytesIO, exchange: Exchange, fields: dict[str, str]) -> bytes:
        """The member of a file that was handed over: its own bytes, and nothing that nobody said."""
        record = writer.create_warc_record(
            exchange.url,
            "resource",
            payload=BytesIO(exchange.body),
            length=len(exchange.body),
            warc_content_type=exchange.header("content-type") or _TYPE,
            warc_headers_dict=fields,
        )
        writer.write_record(record)
        return self._member(buffer.getbuffer())

    def note(self, exchange: Exchange, run: int | None, refers_to: tuple[str, str], payload_sha256: str) -> Kept:
        """Append that a page was looked at and says what an earlier capture says: its headers, not its body.

        A metadata record of the standard's own field form: the bodies differ (in scripts, in adverts), so it is no
        revisit, and replay tools pass over it. ``refers_to``: address and date of that capture.
        """
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
        lines = [
            ("status", str(exchange.status)),
            ("payload-sha256", payload_sha256),
            ("same-text-as", " ".join(refers_to)),
            *((f"header-{name.lower()}", value) for name, value in exchange.headers),
        ]
        body = "".join(f"{name}: {value}\r\n" for name, value in lines).encode()
        record = writer.create_warc_record(
            exchange.url,
            "metadata",
            payload=BytesIO(body),
            length=len(body),
            warc_content_type="application/warc-fields",
            warc_headers_dict={
                "WARC-Date": stamp(exchange.fetched_at),
                "WARC-Refers-To-Target-URI": refers_to[0],
                "WARC-Refers-To-Date": refers_to[1],
                _FIELDS["source"]: exchange.source,
                _FIELDS["kind"]: exchange.kind,
                **({} if run is None else {_FIELDS["run"]: str(run)}),
                **self._mark(),
            },
        )
        writer.write_record(record)
        return Kept(exchange, self._append(self._member(buffer.getbuffer())), run)

    def copy(self, exchange: Exchange, found: Found, run: int | None) -> Kept:
        """Append the records of another archive: their header lines and blocks as they were.

        What the row is made from is stated anew beside the first one's lines, as :meth:`write` states it.
        """
        run = run if found.run is None else found.run
        first, *others = found.records
        ours = tuple(f"{name}:".lower().encode() for name in _FIELDS.values())
        lines = [line for line in first.head.split(b"\r\n") if not line.lower().startswith(ours)]
        marked = any(line.lower().startswith(f"{_FICTIONAL}:".lower().encode()) for line in lines)
        stated = {**_stated(exchange, run), **({} if marked else self._mark())}
        lines += [f"{name}: {value}".encode() for name, value in stated.items()]
        level = 0 if exchange.header("content-encoding") else self.level
        members = self._member(memoryview(b"\r\n".join([*lines, b"", first.block, b"", b""])), level)
        for head, block in others:
            members += self._member(memoryview(b"\r\n".join([head, b"", block, b"", b""])))
        return Kept(exchange, self._append(members), run)

    def _mark(self) -> dict[str, str]:
        return {_FICTIONAL: "yes"} if self.fictional else {}

    def _member(self, data: memoryview, level: int | None = None) -> bytes:
        packer = zlib.compressobj(self.level if level is None else level, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        return packer.compress(data) + packer.flush()

    def _append(self, members: bytes) -> Position:
        file = self._file
        if file is not None and self._end > 0 and self._end + len(members) > self.rotate:
            # it keeps its unfinished name until the rows of all its records are committed, or a kill would lose them
            self.sync()
            self.leave()
            self._full.append(self._name)
            file = None
        if file is None:
            file = self._begin()
        offset = self._end
        try:
            if file.write(members) < len(members):  # an unbuffered file may take a part and say nothing
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._name)
        except OSError:
            os.ftruncate(file.fileno(), offset)  # a torn record would hide those after it
            file.seek(offset)
            raise
        self._end += len(members)
        self._dirty = True
        return Position(self._name, offset)

    def _begin(self) -> IO[bytes]:
        # other names than ours, as a file manager gives to copies, count by the number they begin with or not at all
        serials = (_SERIAL.match(path.name) for path in self.folder.glob("communique-*"))
        serial = 1 + max((int(found[1]) for found in serials if found), default=0)
        self._name = f"communique-{serial:06d}.warc.gz"
        self._file = (self.folder / (self._name + OPEN)).open("xb", buffering=0)
        self._end = 0
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
        info = {"software": self.software, "format": "WARC File Format 1.1", "robots": "classic"}
        writer.write_record(writer.create_warcinfo_record(self._name, info))
        self._append(self._member(buffer.getbuffer()))
        return self._file

    def sync(self) -> None:
        """Put what was written on the disk (before the transaction that names it)."""
        if self._file is not None and self._dirty:
            os.fsync(self._file.fileno())
            self._dirty = False

    def leave(self) -> None:
        """Let go of the file as it is; the next run makes it whole."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Finish the files and give them their names; only after the rows of their records are committed."""
        self.sync()
        if self._file is not None:
            self.leave()
            self._full.append(self._name)
        for name in self._full:
            _finish(self.folder / (name + OPEN))
        self._full = []


def _stated(exchange: Exchange, run: int | None) -> dict[str, str]:
    """What the row of an exchange is made from, beside what every record says."""
    fields = {_FIELDS["source"]: exchange.source, _FIELDS["kind"]: exchange.kind}
    if run is not None:
        fields[_FIELDS["run"]] = str(run)
    if exchange.via:
        fields[_FIELDS["via"]] = json.dumps(exchange.via)
    for name, value in (("fetched_from", exchange.fetched_from), ("announced", exchange.announced)):
        if value:
            fields[_FIELDS[name]] = value
    if exchange.file is not None:
        fields[_FIELDS["file"]] = quote(exchange.file, safe="#=")
    return fields


def _request_line(url: str) -> str:
    rest = safe_url_string(url).split("://", 1)[-1]
    return f"GET /{rest.split('/', 1)[1] if '/' in rest else ''} HTTP/1.1"


def synced(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _finish(path: Path) -> None:
    name = path.with_name(path.name.removesuffix(OPEN))
    if name.exists():  # another file than it was: neither may take the other's place
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name))
    path.rename(name)
    synced(path.parent)


def locate(folder: Path, name: str) -> Path:
    """A file of the folder by the name that rows have for it, finished or not."""
    path = folder / Path(name).name
    return path if path.exists() else path.with_name(path.name + OPEN)


def read(folder: Path, position: Position) -> Exchange:
    """The exchange of one record.

    Raises:
        DamagedError: no such file, or no whole record there.
    """
    try:
        with locate(folder, position.file).open("rb") as file:
            file.seek(position.offset)
            record = next(ArchiveIterator(file), None)
            if record is None or record.rec_type not in _KEPT:
                raise DamagedError(position.file, position.offset, "no response record there")
            return _exchange(record)[0]
    except OSError as error:
        raise DamagedError(position.file, position.offset, error.strerror or str(error)) from error
    except (ArchiveLoadFailed, zlib.error, EOFError, ValueError, TypeError, AttributeError) as error:
        # what warcio and we stumble over in a record that lacks what every record has
        raise DamagedError(position.file, position.offset, f"damaged record ({error})") from error


def _exchange(record: Any) -> tuple[Exchange, int | None]:
    rec = record.rec_headers
    run = rec.get_header(_FIELDS["run"])
    http = record.http_headers
    file = None
    body = b""
    if record.rec_type != "revisit":
        body = record.raw_stream.read()
        if (record.rec_type == "response" and http is None) or record.raw_stream.limit > 0:
            raise ValueError("cut off")  # warcio reads what is there
    status, headers = 304, tuple(http.headers) if http else ()
    if record.rec_type == "response":
        status = int(http.get_statuscode())
        # another crawler kept it as it was sent
        if "chunked" in (http.get_header("transfer-encoding") or "").lower():
            body = dechunk(body)
    elif record.rec_type == "resource":
        status, headers = 200, (("Content-Type", rec.get_header("Content-Type") or _TYPE),)
        file = unquote(rec.get_header(_FIELDS["file"]) or "")
    exchange = Exchange(
        url=rec.get_header("WARC-Target-URI"),
        source=rec.get_header(_FIELDS["source"]) or "",
        kind=rec.get_header(_FIELDS["kind"]) or "imported",
        fetched_at=moment(rec.get_header("WARC-Date")),
        status=status,
        headers=headers,
        body=body,
        via=tuple(json.loads(rec.get_header(_FIELDS["via"]) or "[]")),
        fetched_from=rec.get_header(_FIELDS["fetched_from"]),
        announced=rec.get_header(_FIELDS["announced"]),
        file=file,
    )
    return exchange, int(run) if run else None


def _stands_alone(record: Any) -> bool:
    """Whether a row can be made from a record: not where its page is in another one, which nobody may have kept."""
    return record.rec_type != "revisit" or "identical" not in (record.rec_headers.get_header("WARC-Profile") or "")


def unfinished(folder: Path) -> list[Unfinished]:
    """The files killed processes left open, oldest first.

    A copy that was made while a file got its name may have it under both: then what it was before goes.
    """
    found = []
    for path in sorted(folder.glob("*" + OPEN)):
        if _begins(path.with_name(path.name.removesuffix(OPEN)), path):
            path.unlink()
        else:
            found.append(Unfinished(path))
    return found


def _begins(whole: Path, beginning: Path) -> bool:
    """Whether a file begins with all of another one."""
    if not whole.exists() or whole.stat().st_size < beginning.stat().st_size:
        return False
    with whole.open("rb") as one, beginning.open("rb") as other:
        while piece := other.read(1 << 20):
            if one.read(len(piece)) != piece:
                return False
    return True


class Unfinished:
    """A file that a killed process left open: read it with :meth:`records`, keep its rows, then :meth:`finish` it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._whole = 0

    def records(self) -> Iterator[Kept]:
        """The exchanges of its whole records; what is torn off at its end was never promised to anybody."""
        name = self.path.name.removesuffix(OPEN)
        with self.path.open("rb") as file:
            for offset, end, member in _members(file):
                record = next(ArchiveIterator(BytesIO(member)))
                if record.rec_type in _KEPT and _stands_alone(record):
                    exchange, run = _exchange(record)
                    yield Kept(exchange, Position(name, offset), run)
                self._whole = end

    def finish(self) -> None:
        """Cut what is torn off its end and give it its name; only after all its records were read.

        What is cut is the one record that was being written. Where whole records follow it, it is no tear but
        damage: then nothing is cut, and the file keeps every byte.
        """
        if not self._whole:
            self.path.unlink()
            return
        with self.path.open("rb") as file:
            file.seek(self._whole + 1)
            if _MEMBER in file.read():
                _finish(self.path)
                return
        with self.path.open("r+b") as file:
            file.truncate(self._whole)
            os.fsync(file.fileno())
        _finish(self.path)


# how each of our records begins: gzip magic, method, no flags, no time (RFC 1952), as zlib writes it
_MEMBER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def _members(file: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The whole gzip members of a file as (start, end, content); ends quietly where one is torn."""
    start = 0
    rest = b""
    while True:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
        parts: list[bytes] = []
        end = start
        while not unpacker.eof:
            data = rest or file.read(1 << 20)
            rest = b""
            if not data:
                return
            try:
                parts.append(unpacker.decompress(data))
            except zlib.error:
                return
            end += len(data) - len(unpacker.unused_data)
        rest = unpacker.unused_data
        yield start, end, b"".join(parts)
        start = end


def bodiless(kept: Kept) -> Kept:
    """The same without the body, which is on disk: what waits for its transaction is small."""
    return replace(kept, exchange=replace(kept.exchange, body=b"", request_headers=()))

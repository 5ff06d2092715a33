"""A WARC file of the captures of some articles: responses, the requests for them, revisits; each byte for byte.

It begins with a warcinfo record of its own and holds no page with an article that is to stay out (a page may
hold several stories). A revisit stands with what it refers to.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from warcio.warcwriter import WARCWriter

from archive.chain import canonical
from archive.errors import DamagedError
from archive.exports.chosen import Chosen
from archive.exports.members import Counting, Record, Shelf
from archive.models import Progress
from archive.store_held import Held, captured_by, captures_of, held, held_back, redirects
from archive.urls import url_key

_LOG = logging.getLogger(__name__)


class Copied(NamedTuple):
    """A record in the new file: ``offset`` there, ``sha256`` of its member; ``capture``: whose it is, of a request
    too."""

    capture: Held
    record: Record
    offset: int
    sha256: str


@dataclass(slots=True)
class Counted:
    """What is in an export of pages and what is not, for its manifest.

    ``captures_withheld``: their pages hold an article that is to stay out; ``captures_without_record``: no raw page
    of them is kept; ``records_damaged``: could not be read, and are missing.
    """

    captures: int = 0
    records: int = 0
    captures_withheld: int = 0
    captures_without_record: int = 0
    records_damaged: int = 0


def write(chosen: Chosen, path: Path, progress: Progress) -> dict[str, int]:
    """Write the file; returns what is in it."""
    counted = Counted()
    captures = belonging(chosen)
    with path.open("xb") as file:
        target = Counting(file)
        rows = held(chosen.conn, captures, held_back(chosen.conn))
        for _ in copied(chosen.home.warc, rows, target, counted, about(chosen, captures)):
            progress("captures", len(captures), len(captures) - counted.captures)
    return asdict(counted)


def belonging(chosen: Chosen) -> list[int]:
    """The captures of what is chosen, and the redirects that led there: without them a link leads nowhere.

    A row names those that an address moved by for good; that one led there for a while is in its record alone.
    """
    found = set(captures_of(chosen.conn, chosen.ids))
    with closing(Shelf(chosen.home.warc)) as shelf:
        for redirect in redirects(chosen.conn, sorted(found)):  # the last first: each stands before where it led
            if redirect.id in found:
                continue
            with suppress(DamagedError, ValueError):  # it cannot be read, or leads to no address
                record = shelf.records(redirect.warc_file, redirect.warc_offset)[0]
                location = record.http.get("Location") if record.http else None
                target = urljoin(redirect.url, str(location or ""))
                if not found.isdisjoint(captured_by(chosen.conn, redirect.run, url_key(target))):
                    found.add(redirect.id)
    return sorted(found)


def about(chosen: Chosen, captures: list[int]) -> dict[str, str]:
    """What the file's first record says of it."""
    said = {"description": f"captures of {len(chosen.ids)} articles: {canonical(chosen.asked)}"}
    return {**said, "custody-head": str(chosen.head["hash"])} if chosen.head else said


def copied(
    folder: Path, captures: Iterable[Held], target: Counting, counted: Counted, said: dict[str, str]
) -> Iterator[Copied]:
    """Copy the records of captures, in their order, behind a warcinfo record; ``said``: its fields."""
    begun = False
    with closing(Shelf(folder)) as shelf:
        for capture in captures:
            counted.captures += 1
            if capture.withheld:
                counted.captures_withheld += 1
                continue
            if capture.warc_file is None or capture.warc_offset is None:
                counted.captures_without_record += 1
                continue
            try:
                records = shelf.records(capture.warc_file, capture.warc_offset)
            except DamagedError as error:
                _LOG.warning("left out: %s", error)
                counted.records_damaged += 1
                continue
            if records[0].url is None:  # removed for good while this was under way
                counted.captures_without_record += 1
                continue
            if not begun:
                target.write(_warcinfo(capture.fetched_at, said))
                begun = True
            for record in records:
                offset = target.size
                digest = shelf.copy(capture.warc_file, record, target)
                counted.records += 1
                yield Copied(capture, record, offset, digest)
        if not begun:
            target.write(_warcinfo("1970-01-01T00:00:00Z", said))


def _warcinfo(date: str, said: dict[str, str]) -> bytes:
    """A record that is the same wherever it is written: its name is made of what it says, and it is not packed."""
    fields = {"software": "communique", "format": "WARC File Format 1.1", **said}
    body = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
    name = uuid.UUID(bytes=hashlib.sha256(body).digest()[:16], version=4)
    record = writer.create_warc_record(
        "",
        "warcinfo",
        payload=BytesIO(body),
        length=len(body),
        warc_content_type="application/warc-fields",
        warc_headers_dict={"WARC-Record-ID": f"<urn:uuid:{name}>", "WARC-Date": date},
    )
    writer.write_record(record)
    packer = zlib.compressobj(0, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    return packer.compress(buffer.getvalue()) + packer.flush()

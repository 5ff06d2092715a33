"""WARC and WACZ files as other crawlers write them, and how they are imported in tests."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.home import Home
from archive.imports.intake import Given
from archive.imports.run import Result, bring_in
from archive.models import Source
from tests.keeping import source
from tests.pages import own_div
from tests.prose import prose

# in the past: a record of a time to come is none
START = datetime(2025, 4, 20, 6, 0, tzinfo=UTC)
HTML = [("Content-Type", "text/html; charset=utf-8")]


class Hosts:
    """A catalogue that has these outlets, each at NAME.example, where articles lie under /a/ or anywhere."""

    def __init__(self, *names: str, below: str = "/") -> None:
        self.known = {name: source(name) for name in names}
        self.below = below

    def of(self, url: str, every: bool) -> Source | None:
        """The source of an article's address."""
        parts = urlsplit(url)
        name = (parts.hostname or "").removesuffix(".example")
        if name in self.known and parts.path.startswith(self.below):
            return self.known[name]
        return source(f"site-{name}") if every else None

    def named(self, name: str) -> Source | None:
        """The source of that name."""
        return self.known.get(name)


def brought(home: Home, *paths: Path, sources: Hosts | None = None, every: bool = False) -> Result:
    """Import files, as the command does."""
    sources = sources or Hosts("harbour")
    home.path.mkdir(parents=True, exist_ok=True)
    return bring_in(home, paths, Given(every=every), sources, sources.known.values())


def story(number: int, title: str | None = None) -> str:
    """A page with a story of its own."""
    return own_div(title or f"Story {number} of the two banks", prose(number).split("\n"), [])


class Answered(NamedTuple):
    """A page as another crawler kept it; ``more``: WARC headers of its own."""

    url: str
    body: str | bytes
    minutes: int = 0
    status: str = "200 OK"
    headers: Sequence[tuple[str, str]] = tuple(HTML)
    more: dict[str, str] = {}  # noqa: RUF012  never changed
    request: Sequence[tuple[str, str]] | None = None
    type: str = "response"


def date(minutes: int) -> str:
    """A moment as WARC/1.0 states it."""
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def records(pages: Iterable[Answered]) -> list[bytes]:
    """The records of pages, plain, one by one, behind a warcinfo record."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    writer.write_record(writer.create_warcinfo_record("foreign.warc", {"software": "another crawler"}))
    found = [_cut(buffer)]
    for page in pages:
        body = page.body.encode() if isinstance(page.body, str) else page.body
        answer: Any = {}
        if page.type != "revisit" or page.status:
            answer = {"http_headers": StatusAndHeaders(page.status, list(page.headers), protocol="HTTP/1.1")}
        record = writer.create_warc_record(
            page.url, page.type, payload=BytesIO(body), length=len(body),
            warc_headers_dict={"WARC-Date": date(page.minutes), **page.more}, **answer,
        )  # fmt: skip
        writer.write_record(record)
        found.append(_cut(buffer))
        if page.request is not None:
            own = {"WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
            asked = StatusAndHeaders("GET / HTTP/1.1", list(page.request), is_http_request=True)
            request = writer.create_warc_record(
                page.url, "request", http_headers=asked, warc_headers_dict={"WARC-Date": date(page.minutes), **own}
            )
            writer.write_record(request)
            found.append(_cut(buffer))
    return found


def _cut(buffer: BytesIO) -> bytes:
    data = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return data


def warc(path: Path, *pages: Answered) -> Path:
    """A WARC file, packed record by record where its name ends so."""
    packed = path.name.endswith(".gz")
    path.write_bytes(b"".join(gzip.compress(one, mtime=0) if packed else one for one in records(pages)))
    return path


def wacz(path: Path, inner: bytes, name: str = "archive/data.warc.gz", packed: bool = False) -> Path:
    """A WACZ file with one WARC file."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("datapackage.json", '{"wacz_version": "1.1.1", "resources": []}')
        archive.writestr(name, inner, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
    return path


def at(minutes: int) -> datetime:
    """A moment of a page."""
    return START + timedelta(minutes=minutes)

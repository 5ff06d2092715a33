"""What a WARC record says of an exchange: address, time, answer, and what our own records state beside. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import cast, get_args
from urllib.parse import unquote

from warcio.statusandheaders import StatusAndHeadersParser

from archive.imports.streams import Head, Torn
from archive.models import CaptureKind, Exchange, stamp
from archive.payload import dechunk
from archive.urls import is_web

# the web's first year; a clock that runs a day fast is still believed
_EARLIEST, _FAST = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=1)
# an address is at most this long, in characters: what browsers bear, and one is kept in several rows
_ADDRESS = 8_000
# of an answer's head: bytes, and lines of a note
_HTTP, _LINES = 256 << 10, 1_000
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+([1-5]\d\d)(?:[ \t][^\r\n]*)?\r?\n")
_PARSER = StatusAndHeadersParser(["HTTP/"], verify=False)
_KINDS = frozenset(get_args(CaptureKind))
# redirects before a page; our own crawl follows five
_VIA = 20


@dataclass(frozen=True, slots=True)
class Stated:
    """What our own fields state in a record; ``source`` is None in one of others. ``fictional``: it is a demo's."""

    source: str | None
    kind: CaptureKind
    run: int | None
    via: tuple[str, ...]
    fetched_from: str | None
    announced: str | None
    file: str | None
    fictional: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: ``body`` without the chunks of its transfer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name (lower case)."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def address(head: Head) -> str | None:
    """The web address that a record is of, None where it is of something else."""
    url = (head.get("warc-target-uri") or "").strip("<> ")
    if len(url) > _ADDRESS or not is_web(url) or not url.isprintable():
        return None
    return url


def date(head: Head, now: datetime) -> datetime:
    """When a record was captured.

    Raises:
        Torn: it does not say so, or it cannot be.
    """
    text = head.get("warc-date") or ""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("no zone")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Torn(head.offset, "a record without a date") from None
    if not _EARLIEST <= at <= now + _FAST:
        raise Torn(head.offset, f"a date that cannot be ({text[:40]})")
    return at


def stated(head: Head) -> Stated:
    """Our own fields of a record; what is not as we write it counts as not there."""
    kind = head.get("communique-kind") or ""
    run = head.get("communique-run") or ""
    announced = head.get("communique-announced")
    try:
        announced = announced and stamp(datetime.fromisoformat(announced))
    except (ValueError, OverflowError):
        announced = None
    fetched_from = head.get("communique-fetched-from")
    return Stated(
        source=head.get("communique-source"),
        kind=cast("CaptureKind", kind) if kind in _KINDS else "imported",
        run=int(run) if run.isascii() and run.isdigit() and len(run) < 16 else None,
        via=_addresses(head.get("communique-via")),
        fetched_from=fetched_from if fetched_from and is_web(fetched_from) else None,
        announced=announced or None,
        file=unquote(file)[:1000] if (file := head.get("communique-file")) else None,
        fictional=head.get("communique-fictional") is not None,
    )


def _addresses(text: str | None) -> tuple[str, ...]:
    try:
        values = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    if not isinstance(values, list):
        return ()
    return tuple(url for url in values[:_VIA] if isinstance(url, str) and len(url) <= _ADDRESS and is_web(url))


def answer(offset: int, block: bytes) -> Answer:
    """The HTTP answer in a record's block, by the parser that our own records are read back with.

    Raises:
        Torn: there is none.
    """
    status = _STATUS.match(block)
    head = BytesIO(block[:_HTTP])
    if status is None:
        raise Torn(offset, "no HTTP answer in it")
    parsed = _PARSER.parse(head)
    if head.tell() >= _HTTP or parsed.get_statuscode() != status[1].decode():
        raise Torn(offset, "no HTTP answer in it")
    found = Answer(int(status[1]), tuple(parsed.headers), block[head.tell() :])
    if "chunked" in (found.header("transfer-encoding") or "").lower():
        return replace(found, body=dechunk(found.body))
    return found


def noted(block: bytes) -> Mapping[str, str]:
    """The fields of a note (application/warc-fields), each by its first line."""
    fields: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").splitlines()[:_LINES]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def exchange(url: str, source: str, at: datetime, said: Stated, got: Answer) -> Exchange:
    """The exchange of a record that is of a source of ours."""
    return Exchange(
        url=url,
        source=source,
        kind=said.kind,
        fetched_at=at,
        status=got.status,
        headers=got.headers,
        body=got.body,
        via=said.via,
        fetched_from=said.fetched_from,
        announced=said.announced,
        file=said.file,
    )

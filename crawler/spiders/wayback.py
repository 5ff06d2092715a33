"""Copies of pages named by the index (CDX) of the Internet Archive's Wayback Machine. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import address, from_json, in_bounds, once

_INDEX = "https://web.archive.org/cdx/search/cdx"
_COPIES = "https://web.archive.org/web"
_FIELDS = ("timestamp", "original", "statuscode", "mimetype", "digest")
# lines asked for at once; longer answers are slow, and run into the archive's time-out
_LINES = 10_000
_STAMP = re.compile(r"\d{14}", re.ASCII)
_KEY = 2_000  # characters of a resume key: an address and a timestamp


def query(original: str, since: str | None = None, limit: int = 1_000) -> str:
    """The address that asks for the archive's copies of a page, or of all below ("host/path*").

    Only what was answered with 200 and as HTML, of equal copies in a row the first. ``since``: copies made then or
    later, a date with as many digits as are known ("2022", "2022-02-24"). ``limit``: lines, at most 10,000; the rest
    is further.
    """
    wanted = [("url", original), ("output", "json"), ("fl", ",".join(_FIELDS))]
    wanted += [("filter", "statuscode:200"), ("filter", "mimetype:text/html"), ("collapse", "digest")]
    wanted += [("showResumeKey", "true"), ("limit", str(max(1, min(limit, _LINES))))]
    if since:
        wanted.append(("from", re.sub(r"\D", "", since, flags=re.ASCII)[:14]))
    return f"{_INDEX}?{urlencode(wanted, safe='*/:,')}"


def wayback(body: bytes, url: str) -> Brought:
    """The copies of an answer, in its order (by address, then time), each copy once, and where it goes on.

    A page stands as often as it has copies: ``url`` is its own address, ``fetch`` where the copy lies as it was
    kept (``id_``: no toolbar, no rewritten links), ``at`` when it was made.
    """
    lines = from_json(body)
    if not isinstance(lines, list) or not lines or not isinstance(lines[0], list):
        return Brought()
    further: tuple[Further, ...] = ()
    if len(lines) > 2 and lines[-2] == [] and isinstance(lines[-1], list) and len(lines[-1]) == 1:
        step = _resumed(url, lines[-1][0])
        further = (Further(step),) if step and step != url else ()
    return Brought(once(_copies(lines)), further)


def _copies(lines: list[object]) -> Iterator[Found]:
    header = lines[0]
    for line in lines[1:]:
        if not isinstance(header, list) or not isinstance(line, list) or len(line) != len(header):
            continue
        names = {name: value for name, value in zip(header, line, strict=True) if isinstance(name, str)}
        stamp, original = names.get("timestamp"), address(_COPIES, names.get("original"))
        at = _moment(stamp)
        if original is None or at is None or not str(names["original"]).startswith(("http://", "https://")):
            continue
        if names.get("statuscode", "200") == "200" and names.get("mimetype", "text/html") == "text/html":
            yield Found(original, fetch=f"{_COPIES}/{stamp}id_/{original}", at=at)


def _moment(stamp: object) -> datetime | None:
    if not isinstance(stamp, str) or not _STAMP.fullmatch(stamp):
        return None
    try:
        return in_bounds(datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:  # a 31 February
        return None


def _resumed(url: str, key: object) -> str | None:
    """The same question from where its answer ended. The key stands percent-encoded in the answer."""
    if not isinstance(key, str) or not key or len(key) > _KEY:
        return None
    parts = urlsplit(url)
    try:
        kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "resumeKey"]
        query = urlencode([*kept, ("resumeKey", unquote_plus(key))], safe="*/:,")
    except UnicodeError:  # half a character
        return None
    return parts._replace(query=query).geturl()

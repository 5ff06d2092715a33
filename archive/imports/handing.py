"""Hands a file, or a row of one, to the intake: whose it is, where it stood, when it was kept. Owns no format."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from archive.dates import read_moment
from archive.errors import RefusedError
from archive.fronts import typed
from archive.imports.intake import Intake
from archive.models import Exchange, Source, moment
from archive.stated import Stated
from archive.urls import is_web, url_key

# what is passed over, as the summary counts it
STRANGE: Final = "of no source that is known"
KNOWN: Final = "already here"
# the name of a file with the place of a row in it
_ROW = re.compile(r"(.+)#(?:row|line|record)=(\d+)", re.DOTALL)
_SLUG = re.compile(r"[^a-z0-9]+")


def hand(intake: Intake, body: bytes, media: str, name: str, kept: datetime, stated: Stated) -> None:
    """Hand the bytes of a text over.

    ``media``: its media type. ``name``: of its file, with its place in it. ``kept``: when the file was written, which
    is when it was taken where nothing else says so. A text without any address is known by its bytes, so that the
    same file is the same article wherever it lies.
    """
    given = intake.given
    url = _address(given.url, stated.url, name)
    digest = hashlib.sha256(body).hexdigest()
    source = _source(intake, stated, url)
    if source is None:
        intake.passed(STRANGE)
        return
    address = url or f"urn:sha256:{digest}"
    at = given.at or _moment(stated.at, given.zone or source.timezone)
    if at is None and intake.store.holds(url_key(address), digest):
        intake.passed(KNOWN)
        return
    exchange = Exchange(
        url=address,
        source=source.id,
        kind="imported",
        fetched_at=min(at or kept, intake.now),
        status=200,
        headers=(("Content-Type", typed(media, given.zone, given.language)),),
        body=body,
        file=name,
    )
    intake.take(exchange)


def _address(given: str | None, stated: str | None, name: str) -> str | None:
    """The address of a text: of a file the given one counts, of one row of many the one that it states."""
    row = _ROW.fullmatch(name)
    if row is None:
        file, number, url = name, "", given or stated
    else:
        file, number = row.groups()
        url = stated or (given if given and "{row}" in given else None)
    if url is None:
        return None
    url = url.replace("{name}", quote(Path(file).stem)).replace("{row}", number)
    if not is_web(url):
        raise RefusedError(name, f"no address: {url[:80]}")
    return url


def written(path: Path) -> datetime:
    """When a file was written."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def charset(data: bytes) -> str:
    """What a Content-Type says of the encoding: nothing where it is not plainly UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "; charset=utf-8"


def contents(path: Path, most: int) -> bytes:
    """The bytes of a file.

    Raises:
        RefusedError: they are more than ``most``.
    """
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise RefusedError(str(path), f"more than {most >> 20} MiB")
    return data


def _source(intake: Intake, stated: Stated, url: str | None) -> Source | None:
    """Whose a text is: as it was given, else as it states it, else by its address; None where nobody knows it.

    One that a text names and nobody knows is made with ``--all``.
    """
    given = intake.given
    name = given.source or stated.source
    if name and (found := intake.source_named(name) or intake.source_named(slug(name))):
        return found
    if url and (found := intake.source_of(url)):
        return found
    if not name or not slug(name) or not given.every:
        return None
    made = Source(slug(name), name, "news", given.language, given.zone or "UTC", "")
    intake.add_source(made)
    return made


def slug(name: str) -> str:
    """A source's name as its key."""
    return _SLUG.sub("-", name.lower()).strip("-")[:40]


def _moment(text: str | None, zone: str) -> datetime | None:
    found = read_moment(text, zone, "file") if text else None
    return moment(found.at) if found else None

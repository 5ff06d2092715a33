"""Hands a file, or a row of one, to the intake: whose it is, where it stood, when it was kept. Owns no format."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from archive.dates import read_moment
from archive.errors import RefusedError
from archive.fronts import typed
from archive.imports.intake import Intake
from archive.imports.rows import same_kind
from archive.models import Exchange, Source, moment, writable
from archive.stated import Stated
from archive.urls import is_web, url_key

# what is passed over, as the summary counts it
STRANGE: Final = "of no source that is known"
KNOWN: Final = "already here"
# the name of a file with the place of a row in it
_ROW = re.compile(r"(.+)#(?:row|line|record)=(\d+)", re.DOTALL)
_SLUG = re.compile(r"[^a-z0-9]+")
# thousandths of a second, which a date on a page does not have
_FRACTION = re.compile(r":\d\d[.,](\d{1,3})")


@dataclass(frozen=True, slots=True)
class Rows:
    """Hands the rows or records of one file over. ``kept``: when it was written."""

    intake: Intake
    path: Path
    kept: datetime
    # address and moment → the bytes that it was taken for, by their hashes: files have millions of rows
    _taken: dict[int, int] = field(default_factory=dict)

    def hand(self, body: bytes, media: str, unit: str, number: int, offset: int, stated: Stated) -> None:
        """Hand one over; ``unit``: what it is called. One with an address that is none is counted as damaged.

        Raises:
            RefusedError: it is a demo's, and this archive is none.
        """
        invented(self.intake, self.path, stated)
        try:
            name = f"{self.path.name}#{unit}={number}"
            hand(self.intake, body, media, name, self.kept, stated, self._taken)
        except RefusedError as error:
            self.intake.damaged(self.path.name, offset, f"{unit} {number} has {error.problem}")


def invented(intake: Intake, path: Path, stated: Stated) -> None:
    """Make sure that what says it is fictional comes into a demo archive alone; what does not say so comes into both.

    Raises:
        RefusedError: this archive is none.
    """
    if stated.fictional or intake.store.fictional() is None:
        same_kind(stated.fictional, path, intake)


def hand(
    intake: Intake,
    body: bytes,
    media: str,
    name: str,
    kept: datetime,
    stated: Stated,
    taken: dict[int, int] | None = None,
) -> None:
    """Hand the bytes of a text over.

    ``media``: its media type. ``name``: of its file, with its place in it. ``kept``: when the file was written, which
    is when it was taken where nothing else says so. A text without any address is known by its bytes, so that the
    same file is the same article wherever it lies; so are the further stories of a page, as they are stated or as
    ``taken``, the addresses and times of the rows before it, tells.

    Raises:
        RefusedError: its address is none.
    """
    given = intake.given
    name = writable(name)
    url = _address(given.url, stated.url, name)
    digest = hashlib.sha256(body).hexdigest()
    source = _source(intake, stated, url)
    if source is None:
        intake.passed(STRANGE)
        return
    at = given.at or _moment(stated.at, given.zone or source.timezone)
    if url and stated.digest and _is_here(intake, url_key(url), stated.digest):
        intake.passed(KNOWN)
        return
    if url and (stated.part > 1 or _is_another(taken, (url_key(url), at or kept), digest)):
        url = None
    address = url or f"urn:sha256:{digest}"
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


def _is_here(intake: Intake, key: str, digest: str) -> bool:
    """Whether a story of the page at an address has, or had, that text."""
    store = intake.store
    article = store.article_at(key)
    stories = () if article is None else store.parts(article).values()
    return any(revision.text_sha256 == digest for story in stories for revision in store.revisions(story))


def _is_another(taken: dict[int, int] | None, place: tuple[str, datetime], digest: str) -> bool:
    """Whether another row of the file stood there at that time: they are stories of one page, not edits."""
    own = hash(digest)
    return taken is not None and taken.setdefault(hash(place), own) != own


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
    if url == stated and url.startswith("urn:"):
        return url
    try:
        readable = is_web(url) and "\ufffd" not in url and url_key(url)
    except ValueError:
        readable = False
    if not readable:
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
    if url and is_web(url) and (found := intake.source_of(url)):
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
    if found is None:
        return None
    part = _FRACTION.search(found.printed)
    return moment(found.at).replace(microsecond=int(part[1].ljust(3, "0")) * 1000 if part else 0)

"""The values that pass between the stages. Frozen; a field has the name of its SQL column and JSON key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

CaptureKind = Literal["page", "discovery", "robots", "imported"]
Outcome = Literal[
    "new",
    "revised",
    "unchanged",
    "not_modified",
    "not_article",
    "redirect",
    "discovery",
    "blocked",
    "gone",
    "failed",
]
# aside: a box within the text (teaser, newsletter, paywall, share, consent); twice: printed a second time; summary:
# the standfirst, kept in a column of its own; hidden: somebody decided so
Mark = Literal["repeated", "links", "headline", "credit", "aside", "twice", "summary", "hidden"]
# what the page itself says of a block, before anything is known of other pages
Role = Literal["aside", "twice", "summary"]
# how a source prints the time of day; 12h: hours to twelve without AM or PM
Clock = Literal["24h", "12h"]
# bytes of the disk that are kept free: a transaction of 200 pages takes 20 MB at most, and others use the disk too
RESERVE = 512 << 20
# told how far it is: what is being done, how many were to be done, how many are left
Progress = Callable[[str, int, int], None]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# a source's documents fetched this many seconds before or after a capture are evidence for its marks
WINDOW = 90 * 86_400


def stamp(moment: datetime) -> str:
    """A moment as SQLite keeps it: ISO 8601, UTC, milliseconds, ``Z``.

    Milliseconds always, so that stamps sort as text.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment of a stamp."""
    return datetime.fromisoformat(text)


def writable(text: str) -> str:
    """A text that can be kept as UTF-8: a byte of a file's name that is none, or half a character, is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


def asked_day(text: str) -> str:
    """A day as somebody asked for it.

    Raises:
        ValueError: it is none (2031-04-20), in words.
    """
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError(f"{text[:40]} is not a day (2031-04-20)")


def asked_moment(text: str) -> str:
    """The stamp of a moment as somebody asked for it; a day is meant to its end, a time without a zone in UTC.

    Raises:
        ValueError: it is neither, in words.
    """
    try:
        at = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            at += timedelta(days=1, milliseconds=-1)
        return stamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]} is neither a day (2031-04-20) nor a time (2031-04-20T06:00Z)") from None


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a source's pages, as CSS selectors; tried first, and given up where they match nothing.

    ``container``: elements that hold the text, in page order. ``drop``: elements within it that are no text.
    ``split``: the elements of a page that are each a story.
    """

    container: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    split: tuple[str, ...] = ()


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Source:
    """An outlet as the archive needs it; where to find its pages is the crawler's business.

    ``mining``: its text-and-data-mining reservation as stated. ``articles``: regular expressions for path and query
    of its articles' addresses, none: every address. ``keep``: every page raw, or those whose content changed.
    ``clock``: how its pages print the time of day.
    """

    id: str
    name: str
    kind: Literal["official", "news", "aggregator"]
    language: str | None
    timezone: str
    homepage: str
    publisher: str | None = None
    country: str | None = None
    licence: str | None = None
    public: bool = True
    paused: bool = False
    mining: str | None = None
    articles: tuple[str, ...] = ()
    keep: Literal["all", "changes"] = "all"
    clock: Clock = "24h"
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange.

    ``headers`` and ``request_headers``: as the downloader hands them out, names grouped.
    ``body`` is the entity as it was sent: a Content-Encoding is still on it. ``status`` is None where nothing
    arrived; ``error`` says why.
    ``announced``: when the list that named it says that it came out (a stamp).
    ``via`` holds the addresses that redirected here, the first asked for first.
    ``file``: the name of the file in which somebody handed it over, of a row with its place in it
    ("reports.csv#row=7"); no HTTP was spoken then, its status is 200 and its one header the Content-Type.
    """

    url: str
    source: str
    kind: CaptureKind
    fetched_at: datetime
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    request_headers: tuple[tuple[str, str], ...] = ()
    via: tuple[str, ...] = ()
    error: str | None = None
    fetched_from: str | None = None
    announced: str | None = None
    file: str | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name (lower case), None where it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Record(NamedTuple):
    """A WARC record as it was found: ``head``, its version line and header lines as they stood, and its block."""

    head: bytes
    block: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """The records of an archive of others that an exchange was read from; they are kept as they are.

    ``records``: the first is the exchange's own; its request may follow. ``payload_sha256``: of its payload, None
    where it has none of its own. ``refers_to``: address and date of the capture whose page it does not carry again.
    ``run``: of which run it is, None: of the one that takes it.
    """

    records: tuple[Record, ...]
    payload_sha256: str | None
    refers_to: tuple[str, str] | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record lies: file name within ``warc/`` and bytes from its start."""

    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange that is on disk. ``position`` is None where nothing arrived, and so nothing was written."""

    exchange: Exchange
    position: Position | None
    run: int | None


class Block(NamedTuple):
    """One element of a page's text, in page order (a tuple: pages of them pass between processes).

    ``kind``: p, heading, li, quote, row, code, or line (goes on after a line break within the element before).
    ``hash``: of the text's letters and digits, case folded, signed 64 bit. ``link_share``: characters within links by
    all characters, 0 to 1. ``role``: what the page's own structure says of it.
    """

    kind: str
    text: str
    hash: int
    link_share: float = 0.0
    role: Role | None = None


class Link(NamedTuple):
    """A link within the text: ``position`` of its block, absolute ``url``, the words it stands on."""

    position: int
    url: str
    text: str


class Media(NamedTuple):
    """An image or video: ``position`` of the block it stands before (the number of blocks: after the last)."""

    position: int
    url: str
    alt: str | None = None
    caption: str | None = None


class Quote(NamedTuple):
    """A quotation set apart, or an embedded post.

    ``position`` of its first block (a post that the text is without: of the block it stands before). ``text`` is
    empty where the page names the post alone. ``speaker``: who said it, as stated; ``url``: where.
    """

    position: int
    text: str
    speaker: str | None = None
    url: str | None = None


class Entry(NamedTuple):
    """A dated entry of a live blog: ``position`` of its first block, when it came out (a stamp), its heading."""

    position: int
    at: str | None
    printed: str | None = None
    title: str | None = None


class Figure(NamedTuple):
    """One number that a report states: who claims it, about whom, for when.

    ``series``: ``total`` (since 24.02.22), ``day``, ``week`` or ``period`` (from ``period_start`` to ``period_end``,
    both inclusive), else the name of a regional series that has sums of its own. ``category``, ``direction`` and
    ``formation`` are neutral keys, ``*_printed`` as printed. ``as_of`` and the period are days, YYYY-MM-DD.
    ``total`` is the series' own number, ``delta`` the day's beside it, None where none is printed: neither is derived
    from the other. ``qualifier``: about, more than, up to, at least, almost. ``precision``: half the width of what
    was rounded (29.2 thousand is 29,200 give or take 50), 0 where every digit is printed. ``definition``: the words
    that say what is counted ("killed and wounded"). ``position``: of the block of ``sentence``, -1 the title.
    """

    claimed_by: Literal["ukraine", "russia"]
    about: Literal["ukraine", "russia"]
    series: str
    category: str
    as_of: str
    total: int | None
    delta: int | None = None
    qualifier: str | None = None
    precision: int = 0
    period_start: str | None = None
    period_end: str | None = None
    direction: str | None = None
    direction_printed: str | None = None
    formation: str | None = None
    formation_printed: str | None = None
    definition: str | None = None
    sentence: str = ""
    position: int = -1


class Unread(NamedTuple):
    """A sentence that states losses and could not be read for sure; ``reason`` says in words why."""

    position: int
    sentence: str
    reason: str


class Facts(NamedTuple):
    """What a report states, in page order, and what of it stayed unread."""

    figures: tuple[Figure, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one extractor version read for one article from one payload, before marks.

    Times are stamps or None; ``*_from`` names where they stood (json-ld, meta, time-element, url, text, feed, file),
    ``*_printed`` how, ``*_zone`` the offset or zone that was stated, None where the source's was taken, ``*_doubt``
    what on the page speaks against the time. ``byline``: as stated, ``authors`` the people in it, ``agency`` the one
    it credits. ``language``: as declared, else detected;
    ``language_detected``: only where it differs. ``description``: the page's own in its head; its standfirst is a
    block. ``permalink``: where a story among several on a page has an address of its own. ``steps``: what was done
    to find the text, in order. The last four are of the text, by the positions of its blocks.
    """

    title: str
    blocks: tuple[Block, ...]
    headline: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    publisher: str | None = None
    published: str | None = None
    published_printed: str | None = None
    published_from: str | None = None
    published_day: str | None = None
    published_zone: str | None = None
    published_doubt: str | None = None
    modified: str | None = None
    modified_printed: str | None = None
    modified_from: str | None = None
    modified_zone: str | None = None
    modified_doubt: str | None = None
    language: str | None = None
    language_detected: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    licence: str | None = None
    description: str | None = None
    permalink: str | None = None
    steps: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    quotes: tuple[Quote, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a worker made of one payload: its articles in page order, none where it holds none.

    ``canonical``: absolute rel=canonical address, None where there is none on the same site.
    ``reason`` says in words why there is no article; ``outcome`` is the capture's where it is not ``not_article``.
    """

    payload_sha256: str
    readings: tuple[Reading, ...] = ()
    canonical: str | None = None
    reason: str | None = None
    outcome: Outcome | None = None


class Marks(NamedTuple):
    """What a text is looked up and compared by. ``digest``: of everything that decides it; ``at`` in seconds.

    ``values``: its MinHash, empty where the text is too short for one. Keys are lists of 64-bit integers.
    """

    article: int
    digest: str
    at: int
    words: int
    values: bytes
    sentences: bytes
    quoted: bytes
    stems: bytes
    forms: bytes


@dataclass(slots=True)
class Counts:
    """What a run did, by outcome."""

    fetched: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    not_modified: int = 0
    failed: int = 0
    other: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one capture."""
        self.fetched += 1
        if outcome in ("new", "revised", "unchanged", "not_modified", "failed"):
            setattr(self, outcome, getattr(self, outcome) + 1)
        else:
            self.other[outcome] = self.other.get(outcome, 0) + 1

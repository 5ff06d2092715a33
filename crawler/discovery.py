"""What the ways of discovery bring: addresses of pages, and what was said of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A page that an outlet's list names.

    ``modified``: when the list says that the page changed last (sitemap lastmod, Atom updated), ``published``: when
    it says that it came out; both with a zone, None where it does not say. ``fetch``: where to ask for the page if
    not at its own address (a web archive's copy), and ``at``: when that copy was made. ``sure``: the list says of
    every change when it was (a sitemap does; a feed's entry often stays as it is when the page is edited).
    """

    url: str
    modified: datetime | None = None
    published: datetime | None = None
    fetch: str | None = None
    at: datetime | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """What one answer of a way of discovery brought, in its order, each address (of a web archive: each copy) once.

    ``further``: answers to ask for next: the listing's next page, the sitemaps of an index, the endpoint's next
    page; ``body`` of a request that is a POST stands with it.
    """

    found: tuple[Found, ...] = ()
    further: tuple[Further, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """A request that goes on with a way of discovery. ``modified``: as a sitemap index says of a sitemap in it."""

    url: str
    body: str | None = None
    modified: datetime | None = None

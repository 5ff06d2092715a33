"""Pages and sitemaps named by a sitemap (sitemaps.org), and the sitemaps named by robots.txt. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from lxml import etree

from archive.payload import decode
from archive.urls import site
from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import ADDRESS, ENTRIES, address, moment, once

# entries read of a sitemap that holds more than it may: where they are not sorted, the newest stand anywhere
_READ = 4 * ENTRIES
# a day alone is somewhere between its start 14 hours before the same day of UTC and its end 12 hours after it
_DAY = timedelta(hours=36)
_NEVER = datetime.min.replace(tzinfo=UTC)
# characters handed to the parser at once: so many may be read in vain once enough entries are
_CHUNK = 1 << 16
# sitemaps that a robots.txt may name
_SITEMAPS = 1_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# encodings that a document may declare; Python knows others, some of them slow on what is meant to be
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding=[\"'](utf-8|us-ascii|koi8-[ru]|(?:windows-|cp)125\d|iso-8859-\d{1,2})[\"']", re.I
)
# an ampersand that begins no reference to a character: addresses with several parameters are full of them, and one
# of them would end the reading. References to entities that a document makes up go the same way
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
# more ampersands than that are no addresses: each one costs 100 bytes while they are looked at
_AMPERSANDS = 1_000_000
_PROLOG = re.compile(r"<\?xml[^>]{0,300}\?>")  # says nothing more once the text is decoded
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # no characters of an XML document


def sitemap(body: bytes, url: str, match: re.Pattern[str] | None = None, since: datetime | None = None) -> Brought:
    """What a sitemap names, newest first; what has no date stands last, in the sitemap's order.

    ``body`` without its Content-Encoding; a gzip file is unpacked. XML, or text with an address a line.
    Of a list of pages: each with its lastmod as ``modified`` (a day alone is its first moment in UTC) and its
    news:publication_date as ``published``. Of an index: the sitemaps of its own site whose address ``match`` finds.
    Left out is what changed last before ``since``, where the sitemap says so; a day alone counts to its end,
    wherever on earth. Of a broken document what stands before the break.
    """
    if body[:2] == b"\x1f\x8b":
        try:
            body = decode(body, "gzip")
        except ValueError:
            return Brought()
    text = _decoded(body).strip()
    entries = _from_xml(text) if text.startswith("<") else _from_text(text)
    entries = [entry for entry in entries if since is None or not entry.ended_before(since)]
    entries.sort(key=lambda entry: entry.modified or entry.published or _NEVER, reverse=True)
    return Brought(once(_pages(entries, url)), _sitemaps(entries, url, match))


def sitemaps_of(robots: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt at ``url`` names, in its order, each once; also those of other sites."""
    out: dict[str, None] = {}
    for line in robots.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "sitemap" and (target := address(url, value.strip())):
            out[target] = None
        if len(out) >= _SITEMAPS:
            break
    return list(out)


class _Entry:
    """A url or sitemap element, or a line of text; what it does not state is empty."""

    __slots__ = ("index", "lastmod", "loc", "modified", "publication_date", "published")

    def __init__(self, index: bool, loc: str = "") -> None:
        self.index, self.loc = index, loc
        self.lastmod = self.publication_date = ""
        self.modified: datetime | None = None
        self.published: datetime | None = None

    def date(self) -> None:
        """Read its dates."""
        self.modified, self.published = moment(self.lastmod), moment(self.publication_date)

    def ended_before(self, since: datetime) -> bool:
        """Whether it says that its last change was before."""
        return self.modified is not None and self.modified + (timedelta() if ":" in self.lastmod else _DAY) < since


def _pages(entries: list[_Entry], url: str) -> Iterator[Found]:
    for entry in entries:
        if not entry.index and (target := address(url, entry.loc)):
            yield Found(target, entry.modified, entry.published)


def _sitemaps(entries: list[_Entry], url: str, match: re.Pattern[str] | None) -> tuple[Further, ...]:
    out: dict[str, Further] = {}
    for entry in entries:
        if len(out) >= ENTRIES:
            break
        if not entry.index or (target := address(url, entry.loc)) is None:
            continue
        if site(target) == site(url) and target != url and (match is None or match.search(target)):
            out.setdefault(target, Further(target, modified=entry.modified))
    return tuple(out.values())


def _decoded(body: bytes) -> str:
    """The document's text: a mark at its start, then what it declares, then UTF-8 says how; no byte breaks it."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _DECLARED.match(body.lstrip()[:300])
    try:
        return body.decode(declared[1].decode("ascii") if declared else "utf-8", "replace")
    except LookupError:  # an iso-8859-99
        return body.decode("utf-8", "replace")


def _from_text(text: str) -> list[_Entry]:
    lines = map(str.strip, text.splitlines())
    return [_Entry(False, line) for line in lines if line.startswith(("http://", "https://"))][:_READ]


def _repaired(text: str) -> str:
    """The text with bare ampersands written as they should be, but within CDATA, where they may stand."""
    if text.count("&") > _AMPERSANDS:
        return text
    parts = []
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", start)) >= 0:
        parts += [_BARE.sub("&amp;", text[at:start]), text[start:end]]
        at = end
    parts.append(_BARE.sub("&amp;", text[at:]))
    return _CONTROLS.sub("", "".join(parts))


def _from_xml(text: str) -> list[_Entry]:
    """The entries of a document.

    lxml hands the elements to ``_Reader`` and keeps no tree: memory does not grow with what a hostile document nests
    or repeats. Nothing is loaded from outside. It must not recover: behind the first error libxml2 drops every
    reference, and an address with an ampersand would lose it.
    """
    reader = _Reader()
    parser = etree.XMLParser(  # type: ignore[call-overload]  # the stubs want methods that lxml does not
        target=reader, encoding="utf-8", recover=False, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    text = _repaired(_PROLOG.sub("", text, count=1).lstrip())
    try:
        for start in range(0, len(text), _CHUNK):
            parser.feed(text[start : start + _CHUNK].encode("utf-8", "replace"))
            if len(reader.entries) >= _READ:
                break
        parser.close()
    except (etree.LxmlError, ValueError):  # torn, or no XML: the entries before stand
        return reader.entries[:_READ]
    return reader.entries[:_READ]


class _Reader:
    """Takes lxml's events: an entry is a child of the root, its loc and lastmod are children of it.

    The location of an entry's image or video is deeper, and so no page.
    """

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self._depth = 0
        self._entry: _Entry | None = None
        self._field: str | None = None
        self._text: list[str] = []
        self._size = 0

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self._depth += 1
        if self._depth == 2 and name in ("url", "sitemap"):
            self._entry = _Entry(name == "sitemap")
        elif (self._depth == 3 and name in ("loc", "lastmod")) or (self._depth == 4 and name == "publication_date"):
            self._field, self._text, self._size = name, [], 0

    def data(self, text: str) -> None:
        """A piece of text."""
        if self._field and self._size <= ADDRESS:
            self._text.append(text)
            self._size += len(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._field and tag.rpartition("}")[2] == self._field:
            if self._entry is not None and not getattr(self._entry, self._field):
                setattr(self._entry, self._field, "".join(self._text).strip())
            self._field = None
        if self._depth == 1 and self._entry is not None:
            if self._entry.loc:
                self._entry.date()
                self.entries.append(self._entry)
            self._entry = None

    def close(self) -> None:
        """The document ends."""

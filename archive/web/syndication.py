"""Feeds as documents: Atom (RFC 4287) and JSON Feed 1.1 of the same entries.

Takes values, returns bytes; asks no database and no clock, so that the same entries give the same document. Scraped
texts go in as plain text, without what XML cannot hold.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from archive.urls import url_key

# characters of a text that a feed carries: a foretaste, not the text
EXCERPT = 300
# of a feed that has no entry and an archive that has no run
_NEVER = "1970-01-01T00:00:00Z"
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# everything else is a Char of XML 1.0, 2.2; DEL and C1 are allowed there, but nobody's words
_NO_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# what may not stand in an address as it is (RFC 3987)
_NO_IRI = re.compile('[\0-\x20"<>\\\\^`{|}\x7f-\x9f]')
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Entry:
    """An article or an edit. ``url``: our page; ``external``: the outlet's; ``author``: the source's name."""

    id: str
    url: str
    external: str | None
    title: str
    text: str
    updated: str
    published: str | None
    author: str
    homepage: str | None
    rights: str | None
    language: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. ``atom``, ``json``: its own addresses; ``page``: what it is a feed of."""

    title: str
    subtitle: str
    atom: str
    json: str
    page: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> str:
        """When the entry that changed last did."""
        return max((entry.updated for entry in self.entries), key=datetime.fromisoformat, default=_NEVER)


def identity(kind: str, url: str, part: int, *more: str) -> str:
    """The id of an entry: the same in every archive that holds the article, after every rebuild."""
    name = json.dumps(["communique", kind, url_key(url), part, *more])
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn


def plain(text: str) -> str:
    """A text without what XML cannot hold."""
    return _NO_XML.sub("", text)


def excerpt(text: str) -> str:
    """The beginning of a text in one line, cut between words."""
    words = " ".join(plain(text).split())
    if len(words) <= EXCERPT:
        return words
    head, _, rest = words[:EXCERPT].rpartition(" ")
    # a word that is cut is left out, unless it is most of what there is
    return (head if len(rest) < EXCERPT // 2 else words[: EXCERPT - 1]) + "…"


def iri(url: str) -> str:
    """A scraped address as a feed can carry it."""
    return _NO_IRI.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), plain(url))


def stamp(at: str | None) -> str | None:
    """A stamp where it is one of RFC 3339."""
    return at if at and _STAMP.fullmatch(at) else None


def language(tag: str | None) -> str | None:
    """A language's tag where it is formed as one (BCP 47)."""
    return tag if tag and _LANGUAGE.fullmatch(tag) else None


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    _put(root, "id", feed.atom)
    _put(root, "title", feed.title)
    _put(root, "subtitle", feed.subtitle)
    _put(root, "updated", feed.updated)
    _put(root, "link", rel="self", type="application/atom+xml", href=feed.atom)
    _put(root, "link", rel="alternate", type="text/html", href=feed.page)
    _put(root, "generator", "Communique")
    for one in feed.entries:
        entry = _put(root, "entry")
        if one.language:
            entry.set(_LANG, one.language)
        _put(entry, "id", one.id)
        _put(entry, "title", one.title)
        _put(entry, "updated", one.updated)
        if one.published:
            _put(entry, "published", one.published)
        author = _put(entry, "author")
        _put(author, "name", one.author)
        if one.homepage:
            _put(author, "uri", one.homepage)
        _put(entry, "link", rel="alternate", type="text/html", href=one.url)
        if one.external:
            _put(entry, "link", rel="related", href=one.external)
        if one.category:
            _put(entry, "category", term=one.category)
        _put(entry, "summary", one.text)
        if one.rights:
            _put(entry, "rights", one.rights)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _put(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text is not None:
        element.text = text
    return element


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed; what it has no member for stands in ``_communique``."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.page,
        "feed_url": feed.json,
        "items": [_known(_item(entry)) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.external,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [_known({"name": entry.author, "url": entry.homepage})],
        "tags": [entry.category] if entry.category else None,
        "language": entry.language,
        "_communique": {"rights": entry.rights} if entry.rights else None,
    }


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

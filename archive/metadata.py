"""What a page says about itself: JSON-LD, meta elements, time elements, its headline. Pure.

The order of trust is measured (181 publishers): JSON-LD, then meta, then ``<time>`` is right to the minute on
.961 of them, trafilatura's own search on .740; titles .834 against .696; authors .883 against .823.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.metadata import extract_title

from archive.dates import Moment, is_time, read_moment, read_printed
from archive.models import Clock
from archive.urls import absolute

# schema.org types that are a story; a page's other objects (organisation, breadcrumbs) speak of other things
_STORY = re.compile(r"(Article|BlogPosting|Report|LiveBlogPosting|PressRelease)$")
_PUBLISHED = (
    "article:published_time", "article:published", "og:published_time", "datepublished", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "pubdate", "publishdate", "publish-date",
    "publication_date", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "article:modified", "og:updated_time", "datemodified", "dc.date.modified",
    "dcterms.modified", "last-modified", "lastmod",
)  # fmt: skip
# one JSON-LD script is at most this long, in characters (live blogs reach 300,000)
_SCRIPT = 2_000_000
# elements near the headline that may name an author; a class is looked at with _AUTHOR_CLASS
_NAMES = "[@class[contains(., 'author') or contains(., 'byline')] or @rel='author' or @itemprop='author']"
_AUTHOR = etree.XPath(f"(preceding::*[position() <= 20] | following::*[position() <= 80]){_NAMES}")
_AUTHOR_CLASS = re.compile(r"(?:^|[\s_-])(?:byline|author(?:-name|_name)?|(?:article|post)-author)(?:$|\s)")
# the text right after and before the headline, where outlets print when a story came out; the headline's own dates
# are what the story speaks of ("losses as of April 12, 2026")
_TEXT = "text()[not(parent::script or parent::style)]"
_AFTER = etree.XPath(f"following::{_TEXT}[position() <= 40]")
_BEFORE = etree.XPath(f"preceding::{_TEXT}[position() <= 20]")
_FIRST = etree.XPath(f"(//body//{_TEXT})[position() <= 40]")
_CHANGED = re.compile(r"[\W_]*(?:updated|modified|last|оновлено|обновлено|змінено)", re.IGNORECASE)
_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_WORD = re.compile(r"\w")
_AND = re.compile(r"\s*(?:,|;|\band\b|\bund\b|\bта\b|\bи\b|&)\s*")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page states about itself; None where it states nothing."""

    title: str | None
    headline: str | None
    byline: str | None
    publisher: str | None
    published: Moment | None
    modified: Moment | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    image: str | None
    description: str | None
    canonical: str | None


def read_metadata(tree: HtmlElement, url: str, zone: str, clock: Clock = "24h") -> Metadata:
    """Read what the page at ``url`` states; times without an offset are taken in ``zone`` (an IANA name).

    ``clock``: how the source prints the time of day (see ``read_printed``).
    """
    meta = _meta(tree)
    story = _story(tree)
    headline = next((text for h1 in tree.iter("h1") if (text := _text(h1))), None)
    title = _plain(story.get("headline")) or meta.get("og:title") or headline
    byline = _people(story.get("author"))
    published = (
        _moment(story.get("datePublished"), zone, "json-ld")
        or _first(meta, _PUBLISHED, zone)
        or _time_element(tree, zone)
    )
    modified = _moment(story.get("dateModified"), zone, "json-ld") or _first(meta, _MODIFIED, zone)
    publisher = _name(story.get("publisher")) or meta.get("og:site_name")
    if byline is None or byline == publisher:
        stated = _people(meta.get("author"))
        byline = (stated if stated != publisher else None) or _printed_byline(tree) or byline or stated
    return Metadata(
        title=title or extract_title(tree),
        headline=headline,
        byline=byline,
        publisher=publisher,
        published=published or _searched(tree, url, zone, clock),
        modified=modified,
        language=_language(tree, story, meta),
        section=_plain(story.get("articleSection")) or meta.get("article:section"),
        tags=_tags(story, meta),
        image=_image(story, url) or absolute(url, meta.get("og:image")),
        description=_plain(story.get("description")) or meta.get("og:description") or meta.get("description"),
        canonical=_canonical(tree),
    )


def _canonical(tree: HtmlElement) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (href := link.get("href")):
            return href
    return None


def _text(element: HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())


def _meta(tree: HtmlElement) -> dict[str, str]:
    """The first content of each name, property or itemprop, names in lower case."""
    out: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if not name and (element.get("http-equiv") or "").lower() == "content-language":
            name = "content-language"
        content = " ".join(printable(element.get("content") or "").split())
        if name and content:
            out.setdefault(name.strip().lower(), content)
    return out


def _story(tree: HtmlElement) -> dict[str, Any]:
    """The page's JSON-LD object that is a story, empty where there is none."""
    best: dict[str, Any] = {}
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json" or not script.text:
            continue
        if len(script.text) > _SCRIPT:
            continue
        plain = script.text.strip().removeprefix("<!--").removesuffix("-->")  # as old templates print it
        try:
            data = json.loads(plain.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue  # a broken script says nothing; the meta elements are next
        for thing in _things(data):
            types = thing.get("@type")
            names = types if isinstance(types, list) else [types]
            if any(isinstance(n, str) and _STORY.search(n) for n in names) and len(thing) > len(best):
                best = thing
    return best


def _things(data: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for item in data[:200]:
            yield from _things(item, depth)
    elif isinstance(data, dict):
        yield data
        if depth < 3:
            for key in ("@graph", "mainEntity", "mainEntityOfPage"):
                yield from _things(data.get(key), depth + 1)


def _plain(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    return " ".join(unescape(re.sub(r"<[^>]{0,200}>", "", printable(value))).split()) or None


def printable(text: str) -> str:
    """A text without what cannot be kept as text: lone surrogates, which JSON can spell, and control characters."""
    return _UNKEEPABLE.sub("", text)


def _name(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return _plain(value)


def _people(value: object) -> str | None:
    names: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        name = _name(item)
        if name and not name.startswith("http"):
            names += [n for n in _AND.split(name)[:20] if n and n not in names]
        if len(names) > 20:
            break
    return ", ".join(names[:20]) or None


def _printed_byline(tree: HtmlElement) -> str | None:
    """The first short text marked up as an author near the headline.

    trafilatura's own search through the whole page costs 7 ms where there is none.
    """
    h1 = next(tree.iter("h1"), None)
    for element in _AUTHOR(h1) if h1 is not None else ():
        classes = element.get("class") or ""
        if not (element.get("rel") or element.get("itemprop") or _AUTHOR_CLASS.search(classes)):
            continue
        text = re.sub(r"^(by|von|par|автор[аи]?:?)\s+", "", _text(element), flags=re.IGNORECASE)
        if 3 <= len(text) <= 80 and not any(c.isdigit() for c in text):
            return _people(text)
    return None


def _moment(value: object, zone: str, found: str) -> Moment | None:
    text = _plain(value)
    return read_moment(text, zone, found) if text else None


def _first(meta: dict[str, str], names: tuple[str, ...], zone: str) -> Moment | None:
    for name in names:
        if name in meta and (moment := read_moment(meta[name], zone, "meta")):
            return moment
    return None


def _time_element(tree: HtmlElement, zone: str) -> Moment | None:
    """The first dated ``<time>`` after the page's headline, else the first on the page (lists come before it)."""
    first: Moment | None = None
    passed = False
    for element in tree.iter("h1", "time"):
        if element.tag == "h1":
            passed = True
        elif moment := read_moment(element.get("datetime") or "", zone, "time-element"):
            if passed:
                return moment
            first = first or moment
    return first


def _searched(tree: HtmlElement, url: str, zone: str, clock: Clock) -> Moment | None:
    """The date printed by the headline, else htmldate's search (a day), where the page declares nothing.

    htmldate's own extensive search is a quarter of all the time a page takes, and knows no time of day.
    """
    h1 = next(tree.iter("h1"), None)
    near = [*_AFTER(h1), *reversed(_BEFORE(h1))] if h1 is not None else _FIRST(tree)
    lines = [line for text in near if _WORD.search(line := " ".join(text.split()))]
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if not 8 <= len(line) <= 120 or _CHANGED.match(line):
            continue
        if moment := read_printed(line, zone, clock):
            # day and time are elements of their own on many pages
            time = next((text for text in (after, before) if is_time(text)), "")
            whole = read_printed(f"{line} {time}", zone, clock)
            return whole if whole and whole.at != moment.at else moment
    day = find_date(tree, url=url, original_date=True, extensive_search=False)
    if not day:
        return None
    year, month, date = day.split("-")
    in_url = re.search(rf"{year}[/_-]?0?{int(month)}[/_-]?0?{int(date)}(?!\d)", url)
    return read_moment(day, zone, "url" if in_url else "text")


def _language(tree: HtmlElement, story: dict[str, Any], meta: dict[str, str]) -> str | None:
    root = tree if tree.tag == "html" else tree.find(".//html")
    for value in (
        root.get("lang") or root.get("xml:lang") if root is not None else None,
        _plain(story.get("inLanguage")),
        meta.get("og:locale"),
        meta.get("content-language"),
    ):
        if value and (match := re.match(r"[A-Za-z]{2,3}(?=$|[-_])", value.strip())):
            return match.group().lower()
    return None


def _tags(story: dict[str, Any], meta: dict[str, str]) -> tuple[str, ...]:
    value = story.get("keywords") or meta.get("article:tag") or meta.get("keywords") or ""
    items = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
    tags = [_plain(item) for item in items]
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:50]


def _image(story: dict[str, Any], url: str) -> str | None:
    value = story.get("image")
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url")
    return absolute(url, value) if isinstance(value, str) else None

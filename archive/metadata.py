"""What a page says about itself: JSON-LD, meta elements, time elements, its headline and what is printed by it. Pure.

The order of trust is measured (181 publishers): JSON-LD, then meta, then ``<time>`` is right to the minute on
.961 of them, trafilatura's own search on .740; titles .834 against .696; authors .883 against .823. What is added to
that here is measured on 134 labelled pages (``python -m benchmarks.labels``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.metadata import extract_title

from archive.dates import Moment, read_moment
from archive.fingerprint import letters
from archive.jsonld import UNSEEN, Story, name, named, plain, printable, read_story
from archive.models import Clock
from archive.people import Credits, read_credits, split
from archive.printed import headline, near, read_byline, read_times
from archive.urls import absolute, site

_PUBLISHED = (
    "article:published_time", "article:published", "og:published_time", "datepublished", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "pubdate", "publishdate", "publish-date",
    "publication_date", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "article:modified", "og:updated_time", "datemodified", "dc.date.modified",
    "dcterms.modified", "last-modified", "lastmod",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "article:author_name", "articleauthor", "authors", "byl", "dc.creator",
    "dcterms.creator", "parsely-author", "sailthru.author", "cxenseparse:author",
)  # fmt: skip
_TAGS = ("article:tag", "news_keywords", "keywords")
_LICENCES = ("dcterms.license", "dc.license", "license", "dcterms.rights", "dc.rights", "copyright")
_LICENSED = etree.XPath("descendant::a[@rel='license']/@href")
# a statement of rights that is a licence and not a claim
_LICENCE = re.compile(
    r"creativecommons\.org|\bCC[ -](?:BY|0)|licen[cs]|lizenz|licence|licenza|лиценз|ліценз", re.IGNORECASE
)
# characters of a licence as stated; tags; what parts a headline from a site's name
_STATED, _MOST, _PARTED = 300, 50, re.compile(r"\s[|·•»–—-]\s|\s?[｜：]\s?")
# characters of a line of names, and names of a byline
_LINE, _PEOPLE = 2000, 20
_WORD = re.compile(r"\w+")
Meta = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page states about itself; None where it states nothing.

    ``title`` as declared, ``headline`` as printed (the h1). ``byline`` as stated, ``authors`` the people in it,
    ``agency`` the one it credits. ``printed``: when the page came out, as it prints by its headline. ``language``: as
    declared.
    """

    title: str | None
    headline: str | None
    byline: str | None
    authors: tuple[str, ...]
    agency: str | None
    publisher: str | None
    published: Moment | None
    modified: Moment | None
    printed: Moment | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    image: str | None
    licence: str | None
    description: str | None
    canonical: str | None


def read_metadata(tree: HtmlElement, url: str, zone: str, clock: Clock = "24h") -> Metadata:
    """Read what the page at ``url`` states; times without an offset are taken in ``zone`` (an IANA name).

    ``clock``: how the source prints the time of day (see ``archive.dates.read_printed``).
    """
    meta, links = _head(tree)
    canonical = links.get("canonical")
    addresses = [address for address in (url, absolute(url, canonical)) if address]
    shared = _one(meta, "og:title")
    first = next((text for h1 in tree.iter("h1") if (text := _text(h1))), None)
    story = read_story(tree, addresses, [text for text in (first, shared) if text])
    declared = plain(story.get("headline"))
    head = headline(tree, [text for text in (declared, shared) if text])
    printed_title = _text(head) if head is not None else None
    publisher = name(story.get("publisher")) or _one(meta, "og:site_name")
    own = [publisher, _one(meta, "og:site_name"), *(step for a in addresses for step in site(a).split(".")[:-1])]
    outlet = [text for text in own if text and len(text) > 2]
    change = _to_the_minute([_moment(story.get("dateModified"), zone, "json-ld"), *_moments(meta, _MODIFIED, zone)])
    published_by, modified_by = read_times(near(tree, head), zone, clock, changed=not (change and change.timed))
    byline, credits = _byline(tree, head, story, meta, outlet)
    return Metadata(
        title=_title(declared, shared, printed_title, outlet) or extract_title(tree),
        headline=printed_title if head is not None and head.tag == "h1" else first,
        byline=byline,
        authors=credits.people,
        agency=credits.agency,
        publisher=publisher,
        published=_published(tree, story, meta, published_by, zone) or _searched(tree, url, zone),
        modified=_to_the_minute([change, modified_by]),
        printed=published_by,
        language=_language(tree, story, meta),
        section=plain(story.get("articleSection")) or _one(meta, "article:section"),
        tags=_tags(story, meta),
        image=_image(story, url) or absolute(url, _one(meta, "og:image")),
        licence=_licence(tree, links, story, meta, url),
        description=plain(story.get("description")) or _one(meta, "og:description") or _one(meta, "description"),
        canonical=canonical,
    )


def _text(element: HtmlElement) -> str:
    return " ".join(UNSEEN.sub("", str(element.text_content())).split())


def _head(tree: HtmlElement) -> tuple[Meta, dict[str, str]]:
    """What meta and link elements say: the contents of each name, property or itemprop (in lower case), in order, and
    the address of the first link of each relation, as it stands there.
    """
    meta: Meta = {}
    links: dict[str, str] = {}
    for element in tree.iter("meta", "link"):
        if element.tag == "link":
            for relation in (element.get("rel") or "").lower().split():
                if href := element.get("href"):
                    links.setdefault(relation, href)
            continue
        key = element.get("property") or element.get("name") or element.get("itemprop")
        if not key and (element.get("http-equiv") or "").lower() == "content-language":
            key = "content-language"
        content = " ".join(printable(element.get("content") or "").split())
        if not key or not content:
            continue
        contents = meta.setdefault(key.strip().lower(), [])
        if not contents or not element.get("itemprop"):  # the next ones are those of pictures, or of other stories
            contents.append(content)
    return meta, links


def _one(meta: Meta, key: str) -> str | None:
    return meta[key][0] if key in meta else None


def _title(declared: str | None, shared: str | None, printed: str | None, outlet: Sequence[str]) -> str | None:
    """The declared headline, else the one for sharing, else the printed one.

    The printed one stands where the declared one is that with something behind a dash, or that cut short (11 of 134
    labelled pages), or is for sharing alone and says much the same in other words (2).
    """
    title = declared or shared
    if title is None or printed is None:
        return _without_site(title, outlet) if title else printed
    before = _PARTED.split(title)[0]
    if " " in printed and letters(before) == letters(printed):
        return printed
    if _is_longer(title, printed) or _is_longer(printed, title):
        return printed
    if not declared:
        said, wanted = (set(_WORD.findall(text.casefold())) for text in (printed, title))
        if len(said & wanted) * 3 >= 2 * len(wanted):
            return printed
    return _without_site(title, outlet)


def _without_site(title: str, outlet: Sequence[str]) -> str:
    before, _, behind = title.rpartition(last[-1]) if (last := _PARTED.findall(title)) else (title, "", "")
    return before if before and letters(behind) in map(letters, outlet) else title


def _is_longer(one: str, other: str) -> bool:
    """Whether one text is the other and up to half as much behind it."""
    whole, part = letters(one), letters(other.rstrip(".… "))
    return whole.startswith(part) and 2 * len(whole) <= 3 * len(part) and whole != part


def _byline(
    tree: HtmlElement, head: HtmlElement | None, story: Story, meta: Meta, outlet: Sequence[str]
) -> tuple[str | None, Credits]:
    """The byline as stated, and who is in it: of what states one the first that names a person, else an agency, else
    anybody.
    """
    stated: list[tuple[list[str], Credits]] = []
    for line in _bylines(tree, head, story, meta, outlet):
        names: list[str] = []
        people: list[str] = []
        for text, organisation in line[:_MOST]:
            parts = [text] if organisation else split(text[:_LINE])
            names += parts
            if not organisation or read_credits(parts).agency:
                people += parts
        if names:
            stated.append((names, read_credits(people, outlet)))
            if stated[-1][1].people:
                break
    best = [s for s in stated if s[1].people] or [s for s in stated if s[1].agency] or stated
    if not best:
        return None, Credits()
    names, found = best[0]
    agency = next((s[1].agency for s in (best[0], *stated) if s[1].agency), None)
    return ", ".join(list(dict.fromkeys(names))[:_PEOPLE]), Credits(found.people, agency)


def _bylines(
    tree: HtmlElement, head: HtmlElement | None, story: Story, meta: Meta, outlet: Sequence[str]
) -> Iterator[list[tuple[str, bool]]]:
    """Who is named, and whether as an organisation, by each way to say so, the most trusted first."""
    yield named(story.get("author"))
    for key in _AUTHORS:
        yield [(text, False) for text in meta.get(key, ()) if "://" not in text]
    yield [(text, False) for text in read_byline(tree, head, outlet)]
    yield named(story.get("creator"))


def _published(tree: HtmlElement, story: Story, meta: Meta, printed: Moment | None, zone: str) -> Moment | None:
    declared = [_moment(story.get("datePublished"), zone, "json-ld"), *_moments(meta, _PUBLISHED, zone)]
    first = _to_the_minute(declared)
    return first if first and first.timed else _to_the_minute([first, _time_element(tree, zone), printed])


def _to_the_minute(moments: Iterable[Moment | None]) -> Moment | None:
    """The first moment; where it is a day alone, the first that states a time on it (3 of 134 labelled pages)."""
    found = [moment for moment in moments if moment]
    if not found:
        return None
    day = found[0].day
    return found[0] if found[0].timed else next((m for m in found if m.timed and m.day == day), found[0])


def _moment(value: object, zone: str, found: str) -> Moment | None:
    text = plain(value)
    return read_moment(text, zone, found) if text else None


def _moments(meta: Meta, names: tuple[str, ...], zone: str) -> list[Moment]:
    return [m for key in names if key in meta and (m := read_moment(meta[key][0], zone, "meta"))]


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


def _searched(tree: HtmlElement, url: str, zone: str) -> Moment | None:
    """The day that htmldate finds, where the page declares and prints nothing.

    Its own extensive search is a quarter of all the time a page takes, and knows no time of day.
    """
    day = find_date(tree, url=url, original_date=True, extensive_search=False)
    if not day:
        return None
    year, month, date = day.split("-")
    in_url = re.search(rf"{year}[/_-]?0?{int(month)}[/_-]?0?{int(date)}(?!\d)", url)
    return read_moment(day, zone, "url" if in_url else "text")


def _language(tree: HtmlElement, story: Story, meta: Meta) -> str | None:
    root = tree if tree.tag == "html" else tree.find(".//html")
    for value in (
        root.get("lang") or root.get("xml:lang") if root is not None else None,
        plain(story.get("inLanguage")),
        _one(meta, "og:locale"),
        _one(meta, "content-language"),
    ):
        # "utf-8" is found there
        if value and (match := re.match(r"(?!utf)[A-Za-z]{2,3}(?=$|[-_])", value.strip(), re.IGNORECASE)):
            return match.group().lower()
    return None


def _tags(story: Story, meta: Meta) -> tuple[str, ...]:
    value = story.get("keywords") or next((meta[key] for key in _TAGS if key in meta), [])
    if isinstance(value, str) or (isinstance(value, list) and len(value) == 1):
        value = (plain(value) or "").split(",")
    tags = [plain(item) for item in value] if isinstance(value, list) else []
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_MOST]


def _image(story: Story, url: str) -> str | None:
    value = story.get("image")
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url")
    return absolute(url, value) if isinstance(value, str) else None


def _licence(tree: HtmlElement, links: dict[str, str], story: Story, meta: Meta, url: str) -> str | None:
    """The licence as stated: an address, or in words. A claim of rights is none."""
    value = story.get("license")
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name")
    stated = plain(value) or absolute(url, links.get("license") or next(iter(_LICENSED(tree)), None))
    if stated is None:
        stated = next((text for key in _LICENCES for text in meta.get(key, ()) if _LICENCE.search(text)), None)
    return stated[:_STATED] if stated else None

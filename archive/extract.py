"""From the bytes of a page to its readings: decoded and parsed once, one tree for text, metadata and links. Pure.

What the page says about itself is read in ``metadata``, its text in ``body``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction, document_fromstring
from w3lib.encoding import html_to_unicode

from archive.body import read_body
from archive.characters import encoding_of
from archive.complete import complete
from archive.dates import read_moment
from archive.elements import read_elements
from archive.entries import read_entries
from archive.fingerprint import ALL_STEPS, letters, letters_hash
from archive.letters import PageLetters
from archive.metadata import read_metadata
from archive.models import NO_HINTS, Block, Clock, Hints, Page, Reading
from archive.payload import decode
from archive.post import is_post, read_post
from archive.split import find_stories
from archive.stories import alone, parts
from archive.urls import canonical
from archive.walls import wall

# What is taken out of a page before the parser sees it, as bytes: the same over its characters takes four times as
# long. Control characters (the parser passes over them within a reference, too):
_CONTROL = bytes((*range(9), 11, 12, *range(14, 32)))
# noncharacters: U+FDD0 to U+FDD2, which archive.letters marks places with, and U+FFFE, U+FFFF
_NOT_CHARACTERS = re.compile(b"\xef(?:\xb7[\x90-\x92]|\xbf[\xbe\xbf])")
# character references to what is no character: one of them makes the parser's tree unusable to trafilatura
_REFERENCES = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|7f|d[89a-f][0-9a-f]{2}|fd[de][0-9a-f]|fff[ef])(?![0-9a-f])"
    rb"|0*(?:[0-8]|1[124-9]|2\d|3[01]|127|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]"
    rb"|6497[6-9]|649[89]\d|6500[0-7]|6553[45])(?!\d));?",
    re.IGNORECASE,
)
# a doctype with a slash in it and a root that closes itself turn the parser: trafilatura repairs them, like this
_DOCTYPE = re.compile(rb"< ?! ?DOCTYPE[^>\n]*/[^<>\n]*>", re.IGNORECASE)
_CLOSED = re.compile(rb"(<html[^\n]*?)\s*/>(?=\s*[\r\n])", re.IGNORECASE)
# bytes of a page in which these stand
_OPENING = 4096
# every element is one plain HtmlElement: lxml.html looks up a class for each by its name, in Python, which is a tenth
# of all the time a page takes
_PARSER = etree.HTMLParser(
    encoding="utf-8", collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True
)
_PARSER.set_element_class_lookup(
    etree.ElementDefaultClassLookup(
        element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction, entity=HtmlEntity
    )
)
# a page with more than one character of so many that cannot be read is in another encoding than it declares
_SPOILT = 50
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?[\w-]{1,40}", re.IGNORECASE)
# elements of a page that is read: labelled pages have 3,349 at most, and one with 100,000 headings takes a minute
_ELEMENTS = 50_000
_COUNT = etree.XPath("count(//*)")


def read(
    body: bytes,
    encoding: str | None,
    content_type: str | None,
    url: str,
    zone: str,
    language: str | None,
    clock: Clock = "24h",
    announced: str | None = None,
    hints: Hints = NO_HINTS,
    steps: frozenset[str] = ALL_STEPS,
) -> Page:
    """Read the page that stood at ``url``.

    ``body`` and ``encoding``: the entity as sent and its Content-Encoding. ``zone``: the source's IANA zone,
    for times without an offset. ``language``: the source's, where the page declares none. ``clock``: how the
    source prints the time of day (``archive.dates.read_printed``). ``announced``: when the list that led here says
    that it came out (a stamp), where the page says nothing. ``hints``: what is known of the source's pages.
    ``steps``: which of ``fingerprint.STEPS`` are taken.

    Raises:
        ValueError: the encoding is broken or unknown, or the page too large when decompressed.
    """
    data = decode(body, encoding)
    digest = hashlib.sha256(data).hexdigest()
    if content_type and not re.search(r"html|xml|text/plain", content_type, re.IGNORECASE):
        return Page(digest, reason=f"not HTML: {content_type[:80]}")
    text = html_to_unicode(content_type, data, auto_detect_fun=encoding_of)[1]
    if text.count("\ufffd") * _SPOILT > len(text):  # what it declares is wrong
        text = html_to_unicode(None, _DECLARED.sub(b"", data), auto_detect_fun=encoding_of)[1]
    tree = parse_html(text)
    if tree is None:
        return Page(digest, reason="no HTML in it")
    _strip(tree)
    if _COUNT(tree) > _ELEMENTS:
        return Page(digest, reason=f"more than {_ELEMENTS} elements")
    if is_post(url):
        return _post(tree, digest, url, zone, language)
    meta = read_metadata(tree, url, zone, clock)
    declared = canonical(url, meta.canonical)
    titles = tuple(title for title in (meta.title, meta.headline) if title)
    body_text = read_body(tree, url, hints, steps, titles, meta.description)
    blocks = body_text.blocks
    if found := wall(tree, text, url, meta, blocks):
        return Page(digest, reason=found.reason, outcome=found.outcome)
    if not meta.title or not blocks:
        return Page(digest, canonical=declared, reason="no title" if blocks else "no text")
    listed = read_moment(announced, zone, "feed") if announced else None
    published, modified = meta.published or listed, meta.modified
    reading = Reading(
        title=meta.title,
        blocks=blocks,
        headline=meta.headline,
        byline=meta.byline,
        authors=meta.authors,
        agency=meta.agency,
        publisher=meta.publisher,
        published=published.at if published else None,
        published_printed=meta.published.printed if meta.published else None,
        published_from=published.found if published else None,
        published_day=published.day if published else None,
        published_zone=meta.published.zone if meta.published else None,
        modified=modified.at if modified else None,
        modified_printed=modified.printed if modified else None,
        modified_from=modified.found if modified else None,
        modified_zone=modified.zone if modified else None,
        language=meta.language,
        section=meta.section,
        tags=meta.tags,
        image=meta.image,
        licence=meta.licence,
        description=meta.description,
        steps=body_text.steps,
        **read_elements(tree, url, blocks, body_text.page or PageLetters(tree))._asdict(),
    )
    stories = _stories(tree, reading, url, zone, clock, hints, steps) if "split" in steps else (reading,)
    addresses = [url, declared] if declared and declared != url else [url]
    printed = meta.printed.day if meta.printed and len(stories) == 1 else None
    announced = announced if len(stories) == 1 else None  # a list speaks of the page
    return Page(digest, tuple(complete(r, language, addresses, printed, announced) for r in stories), declared)


def _stories(
    tree: HtmlElement, reading: Reading, url: str, zone: str, clock: Clock, hints: Hints, steps: frozenset[str]
) -> tuple[Reading, ...]:
    """What the page holds: one story, a live blog with its entries, or several parts."""
    live, entries = read_entries(tree, reading.blocks, zone)
    if live:
        return (replace(reading, entries=entries),)

    def read_box(box: HtmlElement) -> Reading:
        page = alone(tree, box)
        body = read_body(page, url, NO_HINTS, steps)
        elements = read_elements(page, url, body.blocks, body.page or PageLetters(page))
        return replace(reading, blocks=body.blocks, **elements._asdict())

    titles = (reading.title, reading.headline)
    split = hints.split if "hints" in steps else ()
    if split and not any(tree.cssselect(selector) for selector in split):
        reading = replace(reading, steps=(*reading.steps, "hint:split unmatched"))
    stories = find_stories(tree, reading.blocks, titles, url, zone, clock, split)
    return (stories and parts(reading, stories, read_box)) or (reading,)


def _post(tree: HtmlElement, digest: str, url: str, zone: str, language: str | None) -> Page:
    """A channel's post: its page is a widget, and what stands in it is known."""
    post = read_post(tree, url, zone)
    if post.gone:
        return Page(digest, reason="the channel has no such post", outcome="gone")
    if post.title is None or not post.lines:
        return Page(digest, reason="a post without text")
    published = post.published
    blocks = tuple(Block("p", line, letters_hash(letters(line))) for line in post.lines if letters(line))
    reading = Reading(
        title=post.title,
        blocks=blocks,
        byline=post.author,
        published=published.at if published else None,
        published_printed=published.printed if published else None,
        published_from=published.found if published else None,
        published_day=published.day if published else None,
        published_zone=published.zone if published else None,
        links=read_elements(tree, url, blocks, PageLetters(tree)).links,
    )
    return Page(digest, (complete(reading, language),), canonical(url, post.url))


def parse_html(text: str) -> HtmlElement | None:
    """The page's tree, as trafilatura's own ``load_html`` makes it; None where there is no element in it."""
    source = text.encode("utf-8", "replace").translate(None, _CONTROL)
    if b"\xef" in source:
        source = _NOT_CHARACTERS.sub(b"", source)
    source = _REFERENCES.sub(b"", source)
    if doctype := _DOCTYPE.match(source):
        source = source[doctype.end() :]
    if closed := _CLOSED.search(source, 0, _OPENING):
        source = b"%b>%b" % (closed[1], source[closed.end() :])
    try:
        return document_fromstring(source, parser=_PARSER)  # type: ignore[arg-type]
    except etree.ParserError:  # empty
        return None


def _strip(tree: HtmlElement) -> None:
    """Take out what holds no text (JSON-LD and meta elements stay: they are looked into).

    The same text comes out (all 862 labelled pages), and the half dozen copies trafilatura makes of the tree cost an
    eighth less of its time. The tags of what is said or written in a line are taken off: trafilatura would break the
    line there.
    """
    for element in list(tree.iter("script", "style", "svg", "template", "q", "code", etree.Comment)):
        around = element.getparent()
        if around is None or (element.tag == "script" and _wanted(element)):
            continue
        if element.tag not in ("q", "code"):
            element.drop_tree()
        else:
            before = element.getprevious()
            if ((around.text if before is None else before.tail) or "").strip() or (element.tail or "").strip():
                element.drop_tag()


def _wanted(script: HtmlElement) -> bool:
    """Whether a script says something of the page: data on it, or the address of a post that stands there."""
    return script.get("type", "").lower() == "application/ld+json" or "data-telegram-post" in script.attrib

"""From the bytes of a page to its readings: decoded and parsed once, one tree for text, metadata and links. Pure.

The text is trafilatura's (comments off, its own deduplication off: it depends on order and process); what it
keeps is cut into blocks here, each with the share of its letters that stand within links on the page.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from html import unescape

from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction, document_fromstring
from trafilatura import bare_extraction
from trafilatura.settings import Extractor
from trafilatura.utils import repair_faulty_html, sanitize
from w3lib.encoding import html_to_unicode

from archive.dates import read_moment
from archive.fingerprint import letters, letters_hash
from archive.metadata import read_metadata
from archive.models import Block, Clock, Page, Reading
from archive.payload import decode
from archive.post import is_post, read_post
from archive.urls import canonical
from archive.walls import wall

# trafilatura's body elements that hold a block, and what it is called here
_KINDS = {"p": "p", "head": "heading", "item": "li", "quote": "quote", "code": "code", "div": "p"}
# elements at which the line before ends; every other element runs on inside its line
_BREAKS = {*_KINDS, "row", "list", "table", "cell", "lb", "body", "doc", "main", "graphic"}
# a table with a cell of more letters than this lays out a page: its cells are paragraphs, not a row
_LAYOUT_CELL = 300
# the text below a headline that is no link; how many letters make a line of it (a date has fewer), and how many
# lines a body (where the body is elsewhere, a credit or a search form stands below the headline)
_BELOW = etree.XPath("following::text()[position() <= 120][not(parent::script or parent::style or ancestor::a)]")
_LINE, _LINES = 15, 4
# character references to what is no character: one of them makes the parser's tree unusable to trafilatura
_REFERENCES = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|7f|d[89a-f]..|fdd.|fde.|fff[ef])(?![0-9a-f])"
    r"|0*(?:[0-8]|1[124-9]|2\d|3[01]|127)(?!\d));?",
    re.IGNORECASE,
)
# trafilatura's options, made once; as "txt" it does not put its result in words that nobody reads
_FULL, _FAST = (Extractor(output_format="txt", fast=fast, comments=False, dedup=False) for fast in (False, True))
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
# bytes of a page that is looked at for its encoding
_SAMPLE = 20_000


def read(
    body: bytes,
    encoding: str | None,
    content_type: str | None,
    url: str,
    zone: str,
    language: str | None,
    clock: Clock = "24h",
    announced: str | None = None,
) -> Page:
    """Read the page that stood at ``url``.

    ``body`` and ``encoding``: the entity as sent and its Content-Encoding. ``zone``: the source's IANA zone,
    for times without an offset. ``language``: the source's, where the page declares none. ``clock``: how the
    source prints the time of day (``archive.dates.read_printed``). ``announced``: when the list that led here says
    that it came out (a stamp), where the page says nothing.

    Raises:
        ValueError: the encoding is broken or unknown, or the page too large when decompressed.
    """
    data = decode(body, encoding)
    digest = hashlib.sha256(data).hexdigest()
    if content_type and not re.search(r"html|xml|text/plain", content_type, re.IGNORECASE):
        return Page(digest, reason=f"not HTML: {content_type[:80]}")
    text = html_to_unicode(content_type, data, auto_detect_fun=_detect)[1]
    if text.count("\ufffd") * _SPOILT > len(text):  # what it declares is wrong
        text = html_to_unicode(None, _DECLARED.sub(b"", data), auto_detect_fun=_detect)[1]
    text = _REFERENCES.sub("", text)
    text = text.replace(_LINK, "").replace(_END, "")
    tree = _parse(text)
    if tree is None:
        return Page(digest, reason="no HTML in it")
    _strip(tree)
    if is_post(url):
        return _post(tree, digest, url, zone, language)
    meta = read_metadata(tree, url, zone, clock)
    declared = canonical(url, meta.canonical)
    blocks = read_blocks(tree, url)
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
        publisher=meta.publisher,
        published=published.at if published else None,
        published_printed=meta.published.printed if meta.published else None,
        published_from=published.found if published else None,
        published_day=published.day if published else None,
        modified=modified.at if modified else None,
        modified_from=modified.found if modified else None,
        language=meta.language or language,
        section=meta.section,
        tags=meta.tags,
        image=meta.image,
        summary=meta.summary,
    )
    return Page(digest, (reading,), declared)


def _post(tree: HtmlElement, digest: str, url: str, zone: str, language: str | None) -> Page:
    """A channel's post: its page is a widget, and what stands in it is known."""
    post = read_post(tree, url, zone)
    if post.gone:
        return Page(digest, reason="the channel has no such post", outcome="gone")
    if post.title is None or not post.lines:
        return Page(digest, reason="a post without text")
    published = post.published
    reading = Reading(
        title=post.title,
        blocks=tuple(Block("p", line, letters_hash(letters(line))) for line in post.lines if letters(line)),
        byline=post.author,
        published=published.at if published else None,
        published_printed=published.printed if published else None,
        published_from=published.found if published else None,
        published_day=published.day if published else None,
        language=language,
    )
    return Page(digest, (reading,), canonical(url, post.url))


def _detect(data: bytes) -> str | None:
    """The encoding of a page that declares none: UTF-8 where it can be, else what its bytes look like."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data[:_SAMPLE]).best()
        return best.encoding if best else "windows-1252"
    return "utf-8"


def _parse(text: str) -> HtmlElement | None:
    """The page's tree, as trafilatura's own ``load_html`` makes it; None where there is no element in it."""
    repaired = repair_faulty_html(text, text[:50].lower())
    try:
        return document_fromstring(repaired.encode("utf-8", "replace"), parser=_PARSER)  # type: ignore[arg-type]
    except etree.ParserError:  # empty
        return None


def _strip(tree: HtmlElement) -> None:
    """Take out what holds no text (JSON-LD and meta elements stay: they are looked into).

    The same text comes out (all 862 labelled pages), and the half dozen copies trafilatura makes of the tree cost an
    eighth less of its time.
    """
    empty = list(tree.iter("script", "style", "svg", "template", etree.Comment))
    for element in empty:
        if element.get("type", "").lower() != "application/ld+json" and element.getparent() is not None:
            element.drop_tree()


def read_blocks(tree: HtmlElement, url: str | None = None) -> tuple[Block, ...]:
    """The blocks of the page's text, in page order; none where trafilatura finds no text. ``tree`` stays as it is.

    A block's link share is its own or that of the whole list or table it stands in, whichever is larger: a menu
    with one item that is no link is still a menu.
    """
    found = _extracted(tree, url)
    links = _Links(tree)
    rows = []
    whole: dict[int, list[float]] = {}
    for kind, raw, group in found:
        text = raw if raw.isprintable() and "&" not in raw else sanitize(unescape(raw))
        key = letters(text or "")
        if not text or not key:
            continue
        share = links.share(key)
        rows.append((kind, text, key, share, group))
        if group:
            sums = whole.setdefault(group, [0.0, 0.0])
            sums[0] += share * len(key)
            sums[1] += len(key)
    shares = {group: linked / all_letters for group, (linked, all_letters) in whole.items()}
    return tuple(
        Block(kind, text, letters_hash(key), round(max(share, shares.get(group, 0.0)), 3))
        for kind, text, key, share, group in rows
    )


def _extracted(tree: HtmlElement, url: str | None) -> list[tuple[str, str, int]]:
    """The lines of trafilatura's text.

    On a page with a short text and a long sidebar its fallbacks take the sidebar, or a text without its line breaks.
    Where nothing of the lines right below the headline is in the text, or several of them are one, and its own
    extractor alone has them, that one's text is taken (1 of 862 labelled pages; all short reports with a sidebar).
    """
    lines = _lines(_body(tree, url, fast=False))
    h1 = next(tree.iter("h1"), None)
    below = [key for text in _BELOW(h1) if len(key := letters(text)) >= _LINE][:10] if h1 is not None else []
    if len(below) < _LINES or _holds(lines, below):
        return lines
    plain = _lines(_body(tree, url, fast=True))
    return plain if _holds(plain, below) else lines


def _holds(lines: list[tuple[str, str, int]], wanted: list[str]) -> bool:
    keys = [letters(text) for _, text, _ in lines]
    if len(keys) <= 2 and any(sum(key in whole for key in wanted) >= 3 for whole in keys):
        return False
    return any(key in "".join(keys) for key in wanted)


def _body(tree: HtmlElement, url: str | None, fast: bool) -> etree._Element:
    document = bare_extraction(tree, url=url, options=_FAST if fast else _FULL)
    body = getattr(document, "body", None)  # None: no text
    return etree.Element("body") if body is None else body


def _lines(body: etree._Element) -> list[tuple[str, str, int]]:
    """(kind, text, group) of each line of trafilatura's body; group numbers the outermost list or table, else 0.

    Every character lands in exactly one line. No recursion: pages nest thousands deep.
    """
    out: list[tuple[str, str, int]] = []
    parts: list[str] = []
    groups = 0
    after_break = False

    def close(kind: str, group: int) -> None:
        nonlocal after_break
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            out.append(("line" if after_break else kind, text, group))
        after_break = False

    stack: list[tuple[str, etree._Element, str, int]] = [("in", body, "p", 0)]
    while stack:
        step, element, kind, group = stack.pop()
        if step == "tail":
            parts.append(element.tail or "")
            continue
        if element.tag in _BREAKS:
            close(kind, group)
        if step == "out":
            after_break = element.tag == "lb" and bool(out)
            continue
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("list", "table") and not group:
            groups += 1
            group = groups
        inner = _KINDS.get(element.tag, kind)
        if inner == "p" and kind in ("li", "quote"):
            inner = kind  # a paragraph in an item is still the item
        if element.tag == "row":
            cells = [" ".join(" ".join(cell.itertext()).split()) for cell in element.iter("cell")]
            if element.find(".//row") is None and all(len(letters(cell)) <= _LAYOUT_CELL for cell in cells):
                parts.append(" | ".join(cell for cell in cells if cell))
                close("row", group)
                continue
            inner = "p"
        parts.append(element.text or "")
        stack.append(("out", element, inner, group))
        for child in reversed(element):
            stack += [("tail", child, inner, group), ("in", child, inner, group)]
    close("p", 0)
    return out


# the page's text in order with each link between two noncharacters, made in C: a walk in Python costs 2 ms a page
_LINK, _END = "\ufdd0", "\ufdd1"
_SHEET = etree.XSLT(
    etree.XML(f"""
    <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
      <xsl:output method="text"/>
      <xsl:template match="a">{_LINK}<xsl:apply-templates/>{_END}</xsl:template>
      <xsl:template match="script|style|noscript|template|head|textarea|select|svg|iframe|object|comment()"/>
    </xsl:stylesheet>""")
)
_NOT_LETTER = re.compile(rf"[^\w{_LINK}{_END}]+|_+")
_SENTINEL = re.compile(f"[{_LINK}{_END}]")


class _Links:
    """The page's letters in order, and which stretches of them stand within ``<a>``."""

    def __init__(self, tree: HtmlElement) -> None:
        try:
            text = _NOT_LETTER.sub("", str(_SHEET(tree))).casefold()
        except etree.XSLTApplyError:  # nested deeper than a page is: no shares, nothing is hidden for its links
            text = ""
        self.starts: list[int] = []
        self.ends: list[int] = []
        depth = 0
        for n, match in enumerate(_SENTINEL.finditer(text)):
            opening = match.group() == _LINK
            depth += 1 if opening else -1
            if opening and depth == 1:
                self.starts.append(match.start() - n)
            elif not opening and depth == 0:
                self.ends.append(match.start() - n)
        self.page = _SENTINEL.sub("", text)
        self.cursor = 0

    def share(self, wanted: str) -> float:
        """The share of a block's letters within links, 0 to 1; blocks are asked in page order.

        0 where the page does not hold the block as one run of letters (trafilatura cut something out of it).
        """
        start = self.page.find(wanted, self.cursor)
        if start < 0:
            start = self.page.find(wanted)
        if start < 0 or not wanted:
            return 0.0
        end = self.cursor = start + len(wanted)
        i = max(0, bisect_right(self.starts, start) - 1)
        linked = 0
        while i < len(self.starts) and self.starts[i] < end:
            linked += max(0, min(end, self.ends[i]) - max(start, self.starts[i]))
            i += 1
        return linked / len(wanted)

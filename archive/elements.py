"""What stands in a text besides its words: links, pictures and videos, quotations and embedded posts. Pure.

The text itself is not changed. What belongs to it is told by where it stands among the page's letters: links within
its blocks, pictures and posts between its first block and its last, and the picture right above the first.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from archive.fingerprint import letters
from archive.jsonld import printable
from archive.letters import PageLetters
from archive.models import Block, Link, Media, Quote
from archive.urls import absolute

# a page that holds more is none that a person wrote; addresses and texts in characters
LINKS, MEDIA, QUOTES = 2000, 500, 500
_URL, _WORDS, _CAPTION, _QUOTE = 2000, 500, 1000, 10_000
# a picture with a side of fewer pixels is an icon, a face beside a byline or a counter
_ICON = 90
_TINY = re.compile(r"(?:width|height)\s*:\s*\d{1,2}px", re.IGNORECASE)
# letters between the picture above a text and its first block: headline, standfirst, byline, date, caption
_ABOVE = 1200
# pictures above a text, and sources of one, that are looked at; letters of blocks that are searched for links besides
# those whose place is known: a page of a million of either is to take no longer than another
_NEAR, _PATIENCE = 30, 1_000_000
# where the address of a picture is, the best first: scripts put it into src as the reader comes near
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
_LAZY = ("data-src", "data-original", "data-lazy-src", "src")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)
# players of videos and pages of posts, in frames
_PLAYER = re.compile(
    r"//(?:www\.)?(?:youtube(?:-nocookie)?\.com/embed/|dailymotion\.com/embed/|rutube\.ru/play/embed/"
    r"|ok\.ru/videoembed/|vk(?:video)?\.(?:com|ru)/video_ext\.php|facebook\.com/plugins/video"
    r"|players?\.[a-z0-9.-]+/)",
    re.IGNORECASE,
)
_POST = re.compile(
    r"//(?:t\.me/\w+/\d+|platform\.twitter\.com/embed/|(?:www\.)?facebook\.com/plugins/post"
    r"|(?:www\.)?instagram\.com/(?:p|reel)/|embed\.bsky\.app/|[^/]+/@[\w.]+(?:@[\w.]+)?/\d+/embed)",
    re.IGNORECASE,
)
# as the networks' own instructions for embedding name them
_EMBEDS = re.compile(
    r"\b(?:twitter-(?:tweet|video)|instagram-media|bluesky-embed|tiktok-embed|mastodon-embed|fb-(?:post|video)"
    r"|fb-xfbml-parse-ignore|text-post-media|reddit-embed-bq)\b"
)
_AT = ("data-instgrm-permalink", "data-text-post-permalink", "data-embed-url", "data-href", "cite")
# "— Name (@handle) date" below the words of a post; an address may name the author too
_SIGNED = re.compile(r"(?:^|[—–-])\s*([^—–\n]{0,100}\((@[\w.-]{1,100})\))")
_HANDLE = re.compile(r"/(@[\w.-]{1,100})(?:/|$)")
_TELEGRAM = re.compile(r"(?:^|//t\.me/)(\w{3,64})/(\d{1,10})", re.ASCII)
_CITED = etree.XPath("descendant::cite | descendant::footer | parent::figure/figcaption")
_CAPTIONED = etree.XPath(
    "ancestor::div[position() <= 3][contains(@class, 'caption')][1]/*[contains(@class, 'caption')]"
)
_ASIDE = etree.XPath("boolean(ancestor::aside | ancestor::nav | ancestor::footer | ancestor::button)")
_FRAMED = etree.XPath("boolean(ancestor::figure)")
_LINKED = etree.XPath("ancestor::a[1]")
_BREAKS = {"p", "br", "div", "li", "section"}
_NO_TEXT = {"script", "style", "noscript", "template"}


class Elements(NamedTuple):
    """What stands in a text, each by the positions of its blocks, in page order."""

    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    quotes: tuple[Quote, ...] = ()


def read_elements(tree: HtmlElement, url: str, blocks: Sequence[Block], page: PageLetters) -> Elements:
    """What stands in a text. ``tree``, ``url``: its page, which stays as it is; ``page``: that page's letters."""
    text = _Text(blocks, page)
    marked = page.elements(tree)
    if not text.starts or not marked:
        return Elements()
    stated = tree.find("head/base")
    base = (_address(url, stated.get("href")) if stated is not None else None) or url
    reader = _Reader(text, base, url)
    above: list[tuple[int, HtmlElement]] = []
    for (at, end), element in zip(page.marks, marked, strict=True):
        tag = element.tag
        if tag == "a":
            if text.first < end > at < text.last:
                reader.link(element, at, end)
        elif at <= text.first and tag in ("h1", "img", "video", "iframe"):
            above.append((at, element))
        elif text.first <= at <= text.last and tag != "h1" and not reader.medium(element, at) and tag != "img":
            reader.quote(element, at)
    lead = reader.lead(above[-_NEAR:])
    pictures = [lead] if lead and lead.url not in reader.media else []
    return Elements(tuple(reader.links), tuple([*pictures, *reader.media.values()][:MEDIA]), tuple(reader.quotes))


def shown(
    extras: Mapping[str, list[list[Any]]], blocks: Sequence[Block], marks: Sequence[str | None]
) -> dict[str, list[list[Any]]]:
    """What stands in a text as marks leave it: nothing of a block that is no part of it, nothing between two such."""
    hidden = {i for i, mark in enumerate(marks) if mark and mark != "summary"}
    # headline, byline and what is printed twice are the text's own: a picture beside them stays
    away = {i for i in hidden if marks[i] not in ("headline", "credit", "twice")}

    def stays(position: int) -> bool:
        return not (position in away and position - 1 in away)

    return {
        **extras,
        "links": [row for row in extras.get("links", ()) if row[0] not in hidden],
        "media": [row for row in extras.get("media", ()) if stays(row[0])],
        "quotes": [
            row
            for row in extras.get("quotes", ())
            if (row[0] not in hidden if ends(blocks, row[0], row[1]) else stays(row[0]))
        ],
    }


def ends(blocks: Sequence[Block], position: int, text: str) -> int:
    """Behind which block the words of a quote end that begins at ``position``, 0 where they are no blocks."""
    words = letters(text)
    end = position
    while end < len(blocks) and (key := letters(blocks[end].text)) and words.startswith(key):
        words = words[len(key) :]
        end += 1
    return end if end > position else 0


class _Text:
    """Where on the page the blocks of a text stand."""

    def __init__(self, blocks: Sequence[Block], page: PageLetters) -> None:
        self.blocks = blocks
        self.keys = [letters(block.text) for block in blocks]
        self.patience = _PATIENCE
        self.size = sum(map(len, self.keys))
        found = page.places(self.keys)
        self.positions = [i for i, start in enumerate(found) if start >= 0]
        self.starts = [found[i] for i in self.positions]
        self.ends = [found[i] + len(self.keys[i]) for i in self.positions]
        self.first = self.starts[0] if self.starts else 0
        self.last = self.ends[-1] if self.ends else 0
        self.page = page.page

    def block(self, at: int, end: int) -> int | None:
        """The block in which the words of a link stand, None where they are in none."""
        n = bisect_right(self.starts, at) - 1
        if n >= 0 and at < self.ends[n]:
            return self.positions[n]
        if n + 1 < len(self.starts) and end > self.starts[n + 1]:
            return self.positions[n + 1]
        # one that is no run of the page's letters, between two that are
        first = self.positions[n] + 1 if n >= 0 else 0
        last = self.positions[n + 1] if n + 1 < len(self.positions) else len(self.keys)
        words = self.page[at:end]
        for i in range(first, last):
            self.patience -= len(self.keys[i])
            if self.patience < 0:
                break
            if words in self.keys[i]:
                return i
        return None

    def before(self, at: int) -> int:
        """The block that what stands at this place stands before."""
        n = bisect_left(self.starts, at)
        return self.positions[n] if n < len(self.positions) else len(self.keys)

    def within(self, at: int, end: int) -> list[int]:
        """The blocks that begin in a stretch."""
        return self.positions[bisect_left(self.starts, at) : bisect_left(self.starts, end)]


class _Reader:
    """Gathers what stands in a text, element by element."""

    def __init__(self, text: _Text, base: str, own: str) -> None:
        self.text, self.base, self.own = text, base, _address(own, own)
        self.links: list[Link] = []
        self.media: dict[str, Media] = {}
        self.quotes: list[Quote] = []
        # of links and figures around pictures: thousands may stand in one
        self.words: dict[HtmlElement, str] = {}
        self.looked = 0
        self.pictured = self.covered = -1

    def link(self, element: HtmlElement, at: int, end: int) -> None:
        """Keep a link that stands in a block, leads to a page and has words."""
        href = (element.get("href") or "").strip()
        if len(self.links) >= LINKS or not href or href.startswith("#"):
            return
        position = self.text.block(at, end)
        url = None if position is None else _address(self.base, href)
        if position is not None and url and not ("#" in href and url == self.own):
            words = _plain("".join(element.itertext()), _WORDS)
            self.links += [Link(position, url, words)] if words else []

    def medium(self, element: HtmlElement, at: int) -> bool:
        """Keep a picture or video of the text, each address once."""
        if len(self.media) >= MEDIA or not (found := self._medium(element)):
            return False
        # what stands in noscript is there for the picture before it
        twice = self.pictured == at and _parent(element).tag == "noscript"
        # behind the last block stands a figure, or a face beside the author's name
        if not twice and (at < self.text.last or _FRAMED(element)):
            self.media.setdefault(found.url, found._replace(position=self.text.before(at)))
            self.pictured = at
        return True

    def quote(self, element: HtmlElement, at: int) -> None:
        """Keep a quotation or an embedded post that is in none."""
        if at < self.covered or len(self.quotes) >= QUOTES:
            return
        post = _post(element, self.base)
        holds = element.tag == "blockquote" or (post and element.tag == "div")
        self.covered = at + len(letters("".join(element.itertext()))) if holds else self.covered
        inside = self.text.within(at, self.covered) if holds else []
        if post:
            self.quotes.append(post._replace(position=inside[0] if inside else self.text.before(at)))
        # one that holds most of the text is how the page is laid out
        elif holds and 2 * sum(len(self.text.keys[i]) for i in inside) < self.text.size:
            found = _quotation(element, self.base, [(i, self.text.blocks[i]) for i in inside])
            self.quotes += [found] if found else []

    def lead(self, above: list[tuple[int, HtmlElement]]) -> Media | None:
        """The picture or video right above the text: in a figure, or else between headline and text."""
        unframed = None
        headline = False
        for at, element in reversed(above):
            if self.text.first - at > _ABOVE:
                return None
            if element.tag == "h1":
                if unframed:
                    return unframed
                headline = True
            elif (not headline or _FRAMED(element)) and (found := self._medium(element)):
                if _FRAMED(element):
                    return unframed or found
                unframed = unframed or found
        return None

    def _medium(self, element: HtmlElement) -> Media | None:
        """A picture or video that can be part of a text: no icon, face or counter, no picture of a teaser."""
        self.looked += 1
        if self.looked > 2 * MEDIA:
            return None
        if element.tag != "img":
            return self._video(element)
        small = any(_pixels(element.get(side)) < _ICON for side in ("width", "height"))
        alt = _plain(element.get("alt"), _CAPTION)
        if small or _TINY.search(element.get("style") or "") or (alt and not letters(alt)) or _ASIDE(element):
            return None
        framed, caption = _FRAMED(element), self._caption(element)
        if not framed and not caption and not alt and _parent(element).tag == "noscript":
            return None
        for link in _LINKED(element):
            if link not in self.words:
                self.words[link] = letters("".join(link.itertext()))
            # what leads to another page is a teaser, but for a picture with a caption that stands in it
            said = self.words[link].replace(letters(caption or ""), "")
            if not _PICTURE.search(link.get("href") or "") and (said or not caption):
                return None
        url = _source(element, self.base)
        if not url or (not framed and url.partition("?")[0].lower().endswith(".svg")):
            return None
        return Media(0, url, alt or None, caption)

    def _video(self, element: HtmlElement) -> Media | None:
        if element.tag not in ("video", "iframe"):
            return None
        sources = (element.get("src"), element.get("data-src"), *(e.get("src") for e in element.iter("source")))
        film = next((url for source in sources if (url := _address(self.base, source))), None)
        if not film or (element.tag == "iframe" and not _PLAYER.search(film)) or _ASIDE(element):
            return None
        return Media(0, film, _plain(element.get("title"), _CAPTION) or None, self._caption(element))

    def _caption(self, element: HtmlElement) -> str | None:
        """What is printed below a picture: in the nearest figure around it that says something, or by its class."""
        for figure in element.iterancestors("figure"):
            if figure not in self.words:
                caption = next(figure.iter("figcaption"), None)
                self.words[figure] = "" if caption is None else _plain(_lines(caption, _CAPTION), _CAPTION)
            if self.words[figure]:
                return self.words[figure]
        return next((words for e in _CAPTIONED(element) if (words := _plain(_lines(e, _CAPTION), _CAPTION))), None)


def _source(element: HtmlElement, base: str) -> str | None:
    """The address of a picture: of the largest of a set, else of the one that a script would load."""
    sets = [_largest(value) for name in _SETS if (value := element.get(name))]
    own = [element.get(name) for name in _LAZY]
    # the parser takes source for an element that others stand in
    for picture in islice(element.iterancestors("picture"), 1):
        for source in islice(picture.iter("source"), _NEAR):
            sets += [_largest(value) for name in _SETS if (value := source.get(name))]
    return next((url for value in (*sets[:1], *own, *sets[1:]) if (url := _address(base, value))), None)


def _largest(srcset: str) -> str:
    """The address with the largest width or density in a ``srcset``, the first of equals (HTML standard, 4.8.4.2)."""
    best, largest = "", -1.0
    words = srcset[: 10 * _URL].split()
    while words:
        url = words.pop(0)
        size = 0.0
        if url.endswith(","):
            url = url.rstrip(",")
        elif words:
            size_said, comma, rest = words.pop(0).partition(",")
            if comma and rest:
                words.insert(0, rest)
            if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?[wx]", size_said):
                size = float(size_said[:-1])
        if size > largest:
            best, largest = url, size
    return best


def _post(element: HtmlElement, base: str) -> Quote | None:
    """An embedded post; without words where the page names it alone."""
    kinds = element.get("class") or ""
    if element.tag in ("script", "iframe"):
        source = element.get("data-telegram-post") or element.get("src") or element.get("data-src") or ""
        telegram = _TELEGRAM.search(source)
        if telegram and (element.tag == "iframe" or element.get("data-telegram-post")):
            return Quote(0, "", telegram[1], f"https://t.me/{telegram[1]}/{telegram[2]}")
        url = _address(base, source) if element.tag == "iframe" and _POST.search(source) else None
        return _signed([], url, "") if url else None
    if not _EMBEDS.search(kinds):
        return None
    links = [link.get("href") for link in element.iter("a")]
    addresses = (*(element.get(name) for name in _AT), *reversed(links))
    url = next((found for value in addresses if (found := _address(base, value))), None)
    said = _lines(element)
    return _signed(said.split("\n"), url, kinds) if url or said else None


def _signed(lines: list[str], url: str | None, kinds: str) -> Quote:
    """The words of a post, and who signed them."""
    handle = _HANDLE.search(url or "")
    speaker = handle[1] if handle else None
    for i in range(len(lines) - 1, -1, -1):
        if signed := _SIGNED.search(lines[i]):
            # Instagram says who in a sentence, in the reader's language
            speaker = signed[2] if "instagram" in kinds else signed[1].strip()
            lines[i:] = [lines[i][: signed.start()].strip()]
            break
    if "instagram" in kinds:
        lines = [line for line in lines if "Instagram" not in line or len(line) > _ICON]
    return Quote(0, "\n".join(line for line in lines if line), speaker, url)


def _quotation(element: HtmlElement, base: str, inside: list[tuple[int, Block]]) -> Quote | None:
    """A quotation set apart: the blocks in it without the one that says whose it is."""
    cited = _CITED(element)
    speaker = _plain(_lines(next((e for e in cited if e.tag == "cite"), cited[-1])), _WORDS) if cited else ""
    names = {letters(_lines(e)) for e in cited}
    own = [(i, block.text) for i, block in inside if letters(block.text) not in names]
    if not own:
        return None
    words = "\n".join(text for _, text in own)
    return Quote(
        own[0][0], words[:_QUOTE], speaker.strip("—–-,: \u00a0") or None, _address(base, element.get("cite"))
    )


def _lines(element: HtmlElement, most: int = _QUOTE) -> str:
    """The text in an element, a line for each paragraph in it."""
    parts = []
    silent = size = 0
    for event, e in etree.iterwalk(element, ("start", "end")):
        size += 1
        if size > 2 * most:
            break
        starts = event == "start"
        if e.tag in _NO_TEXT:
            silent += 1 if starts else -1
        elif e.tag in _BREAKS:
            parts.append("\n")
        piece = e.text if starts else e.tail if e is not element else None
        if piece and not silent:
            parts.append(" ".join(piece.split("\n")))
            size += len(piece)
    lines = (" ".join(line.split()) for line in printable("".join(parts)[: 2 * most]).split("\n"))
    return "\n".join(line for line in lines if line)[:most]


def _plain(text: str | None, most: int) -> str:
    return " ".join(printable(text or "").split())[:most]


def _address(base: str, href: str | None) -> str | None:
    url = absolute(base, printable(href)) if href and len(href) <= _URL else None
    return url if url and len(url) <= _URL else None


def _pixels(size: str | None) -> int:
    """A stated width or height; where none is stated, it is enough."""
    match = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*", size or "")
    return int(match[1]) if match else _ICON


def _parent(element: HtmlElement) -> HtmlElement:
    parent = element.getparent()
    return element if parent is None else parent

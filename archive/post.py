"""A Telegram post, read from the page that shows it alone (``https://t.me/CHANNEL/123?embed=1``). Pure.

Where is what on the page was taken from what many readers of it agree on: the post is ``.tgme_widget_message`` with
``data-post="CHANNEL/123"``; its text ``.js-message_text`` (a reply quotes the other post in an element with the same
look, an album's caption stands in two of them, one within the other); an emoji is a letter in ``<i><b>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from archive.dates import Moment, read_moment
from archive.jsonld import printable

# characters of a title
TITLE = 120
# characters of a text: Telegram's own bound is 4,096
_TEXT = 50_000
# characters of a name: Telegram's own bound is 128
_NAME = 200
_HOSTS = ("t.me", "telegram.me", "telegram.dog")
_PATH = re.compile(r"/(?:s/)?([A-Za-z0-9_]{3,64})/([1-9]\d{0,9})/?", re.ASCII)
_POST = re.compile(r"([A-Za-z0-9_]{3,64})/([1-9]\d{0,9})", re.ASCII)
# elements that begin and end a line; every other runs on inside its line
_LINES = {"br", "div", "p", "blockquote", "pre", "li", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
# the end of a sentence that is long enough to say something ("St. " and "No. 5" are not)
_SENTENCE = re.compile(r"(?<=.{20})[.!?…][\"'»”)]*(?=\s)")
_LETTER = re.compile(r"\w")
_WITH = "descendant-or-self::*[contains(concat(' ', normalize-space(@class), ' '), concat(' ', $name, ' '))]"
_CLASS = etree.XPath(_WITH)
_QUOTED = etree.XPath("boolean(ancestor::*[contains(@class, 'tgme_widget_message_reply')])")
_MOMENT = etree.XPath("descendant::time[@datetime]/@datetime")


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its page shows it.

    ``url``: its address as the page names it, None where it shows no post. ``title``: the first line that says
    something, or its first sentence, at most 120 characters; None and no ``lines`` where the post is a picture or a
    poll alone. ``channel``: the name the channel gives itself, ``author``: who signed, ``forwarded``: whose post
    this one passes on. ``edited``: whether it was; Telegram does not say when. ``gone``: the page says that there is
    no such post (deleted, or never there).
    """

    url: str | None = None
    title: str | None = None
    lines: tuple[str, ...] = ()
    published: Moment | None = None
    edited: bool = False
    channel: str | None = None
    author: str | None = None
    forwarded: str | None = None
    gone: bool = False


def is_post(url: str) -> bool:
    """Whether an address is that of a single post of a public channel."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return host.removeprefix("www.") in _HOSTS and _PATH.fullmatch(parts.path) is not None


def read_post(tree: HtmlElement, url: str, zone: str = "UTC") -> Post:
    """Read the page of the post at ``url``; ``zone``: the IANA zone that its day is counted in.

    Where the page shows several posts, it is the one that ``url`` names, else the first.
    """
    messages = [one for one in _CLASS(tree, name="tgme_widget_message") if _named(one)]
    if not messages:
        return Post(gone=bool(_CLASS(tree, name="tgme_widget_message_error") or _CLASS(tree, name="err_message")))
    place = _PATH.fullmatch(urlsplit(url).path)
    wanted = f"{place[1]}/{place[2]}".lower() if place else None
    message = next((one for one in messages if str(one.get("data-post")).lower() == wanted), messages[0])
    named = str(message.get("data-post"))
    text = next((one for one in _texts(message) if not _QUOTED(one)), None)
    lines = tuple(_lines(text)) if text is not None else ()
    return Post(
        url=f"https://t.me/{named}",
        title=_title(lines),
        lines=lines,
        published=_published(message, zone),
        edited=any("edited" in _own(meta).lower() for meta in _CLASS(message, name="tgme_widget_message_meta")),
        channel=_name(message, "tgme_widget_message_owner_name") or named.partition("/")[0],
        author=_name(message, "tgme_widget_message_from_author"),
        forwarded=_name(message, "tgme_widget_message_forwarded_from_name"),
    )


def _named(message: HtmlElement) -> bool:
    return _POST.fullmatch(message.get("data-post") or "") is not None


def _texts(message: HtmlElement) -> Iterator[HtmlElement]:
    yield from _CLASS(message, name="js-message_text")
    yield from _CLASS(message, name="tgme_widget_message_text")


def _own(element: HtmlElement) -> str:
    """An element's own text, without that of what is in it: there stand the author and the time."""
    return " ".join([element.text or "", *(child.tail or "" for child in element)])


def _name(message: HtmlElement, name: str) -> str | None:
    for element in _CLASS(message, name=name):
        if not _QUOTED(element):
            return " ".join(printable(str(element.text_content())).split())[:_NAME] or None
    return None


def _published(message: HtmlElement, zone: str) -> Moment | None:
    """When the post came out. A video has a time element too, with its length and no moment."""
    places = [*_CLASS(message, name="tgme_widget_message_date"), message]
    stated = (value for place in places if not _QUOTED(place) for value in _MOMENT(place))
    return next((moment for value in stated if (moment := read_moment(str(value), zone, "time-element"))), None)


def _lines(text: HtmlElement) -> Iterator[str]:
    """The lines of a post's text that hold something. No recursion: a page may nest thousands deep."""
    parts: list[str] = []
    size = 0
    stack: list[tuple[HtmlElement, bool]] = [(text, True)]
    while stack and size < _TEXT:
        element, entering = stack.pop()
        breaks = element.tag in _LINES
        if entering:
            parts += ["\n" if breaks else "", _piece(element, element.text)]
            stack.append((element, False))
            if isinstance(element.tag, str):  # not a comment
                stack += [(child, True) for child in reversed(element)]
        else:
            parts += [
                "\n" if breaks else "",
                _piece(element.getparent(), element.tail) if element is not text else "",
            ]
        size += len(parts[-1])
    for line in printable("".join(parts)[:_TEXT]).split("\n"):
        if plain := " ".join(line.split()):
            yield plain


def _piece(element: HtmlElement | None, text: str | None) -> str:
    """A piece of text; line breaks of the markup are breaks of the text in ``pre`` only."""
    if not text or element is None or not isinstance(element.tag, str):
        return ""
    return text if element.tag == "pre" else text.replace("\n", " ").replace("\r", " ")


def _title(lines: tuple[str, ...]) -> str | None:
    line = next((line for line in lines if _LETTER.search(line)), None)
    if line is None or len(line) <= TITLE:
        return line
    end = _SENTENCE.search(line, 0, TITLE + 1)
    if end:
        return line[: end.end()]
    cut = line[: TITLE - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"

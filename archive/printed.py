"""What stands printed beside a page's headline: when it came out, when it was changed, who wrote it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from archive.dates import Moment, is_time, read_printed
from archive.fingerprint import letters
from archive.models import Clock
from archive.people import read_credits, signed, split

# texts after the headline and before it that are looked at; its own dates are what the story speaks of ("losses as of
# April 12, 2026"). Of 728 pages whose day of capture is known 391 print that day, or one of the three before it, by
# their headline; among 24 texts 335 do, among 60 texts 402, but then 26 more print an older one. A longer text is a
# paragraph's
_AFTER, _BEFORE, _LONG = 40, 8, 120
# characters and texts of a byline that is marked up as one
_BYLINE, _PIECES = 200, 20
# texts after the headline among which a "by" signs this story and no other, and texts behind one that stands alone
_SIGNED, _NAMED = 16, 4
# elements near the headline that may name an author: class names of a byline, without those of somebody else (who
# comments, who took a picture, who wrote another story)
_CLASSES = " or ".join(f"contains(@class, '{part}')" for part in ("uthor", "yline", "reporter", "writer"))
_NAMES = f"[{_CLASSES} or @rel='author' or @itemprop='author']"
_BYLINES = etree.XPath(f"(preceding::*[position() <= 20] | following::*[position() <= 80]){_NAMES}")
_ANYWHERE = etree.XPath(f"(//body//*{_NAMES})[position() <= 20]")
_OTHERS = re.compile(r"comment|image|photo|media|video|card|teaser|quote|credit|caption|related|bio", re.IGNORECASE)
_CHANGED = re.compile(
    r"(?<!\w)[\W_]*(?:(?:last|zuletzt)\s+)?(?:updated?|modified|upd\b|aktualisiert|geändert|akt\.|mis à jour"
    r"|actualizado|modificado|aggiornat[oa]|aktualizacja|zaktualizowano|atualizado|güncelle(?:me|ndi)|last"
    r"|оновлено|обновлено|змінено|изменено)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w")
_DIGIT = re.compile(r"\d")


def headline(tree: HtmlElement, titles: Sequence[str]) -> HtmlElement | None:
    """The element of the page's headline: the h1 that says what one of ``titles`` (declared) says, else the first.

    Where the page has none, the first smaller heading that does.
    """
    first: HtmlElement | None = None
    keys = [key for title in titles if (key := letters(title))]
    for element in tree.iter("h1"):
        if key := letters(str(element.text_content())):
            if any(_is_same(key, other) for other in keys):
                return element
            first = element if first is None else first
    if first is None and keys:
        for element in tree.iter("h2", "h3"):
            if any(_is_same(letters(str(element.text_content())), other) for other in keys):
                return element
    return first


def _is_same(one: str, other: str) -> bool:
    """Whether one headline (its letters) is the other or most of it: a kicker or a site's name stands beside it."""
    short, long = sorted((one, other), key=len)
    return short in long and 2 * len(short) > len(long)


def near(tree: HtmlElement, head: HtmlElement | None) -> Iterator[str]:
    """The short texts after the headline, in order, then those before it, the nearest first; of a page without one,
    its first.
    """
    if head is None:
        body = tree.find(".//body")
        if body is not None:
            yield from islice(_texts(body.itertext()), _AFTER)
        return
    yield from islice(_texts(_following(head)), _AFTER)
    yield from islice(_texts(_preceding(head)), _BEFORE)


def read_times(
    lines: Iterable[str], zone: str, clock: Clock = "24h", *, changed: bool = True
) -> tuple[Moment | None, Moment | None]:
    """When the page came out and when it was changed, as the lines near its headline say (:func:`near`).

    ``changed``: whether the second is asked for.
    """
    published: Moment | None = None
    change: Moment | None = None
    for before, line, after in _threes(lines):
        if len(line) < 8 or not _DIGIT.search(line):
            continue
        label = _CHANGED.search(line)
        own = line if label is None else line[: label.start()]
        if label is not None:
            change = change or read_printed(line[label.start() :], zone, clock)
        elif len(before) < 40 and _CHANGED.match(before) and not _DIGIT.search(before):
            change = change or _with_time(line, before, after, zone, clock)
            own = ""
        if published is None and len(own) >= 8:
            published = _with_time(own, before, after, zone, clock)
        if published and (change or not changed):
            break
    return published, change


def _threes(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each line with the one before it and the one after it."""
    before, line = "", ""
    for after in lines:
        if line:
            yield before, line, after
        before, line = line, after
    if line:
        yield before, line, ""


def _with_time(line: str, before: str, after: str, zone: str, clock: Clock) -> Moment | None:
    moment = read_printed(line, zone, clock)
    if moment is None:
        return None
    # day and time are elements of their own on many pages
    time = next((text for text in (after, before) if is_time(text)), "")
    whole = read_printed(f"{line} {time}", zone, clock)
    return whole if whole and whole.at != moment.at else moment


def read_byline(tree: HtmlElement, head: HtmlElement | None, own: Sequence[str]) -> list[str]:
    """The names, as stated, in the first short element marked up as a byline that names a person or an agency, else
    behind a "by" among the lines near the headline (:func:`near`).

    ``own``: the outlet's names. trafilatura's own search through the whole page costs 7 ms where there is none.
    """
    for element in _BYLINES(head) if head is not None else _ANYWHERE(tree):
        if _OTHERS.search(element.get("class") or ""):
            continue
        texts = list(islice(_texts(element.itertext()), _PIECES))
        if len(texts) == _PIECES or sum(map(len, texts)) > _BYLINE:
            continue
        texts = [text for text in texts if not _DIGIT.search(text)]
        if len(texts) > 1 and all(" " not in text for text in texts):
            texts = [" ".join(texts)]
        names = [part for text in texts for part in split(text) if not part.endswith(":")]
        if any(read_credits(names, own)):
            return names
    lines = list(islice(near(tree, head), _SIGNED))
    for at, line in enumerate(lines):
        if (behind := signed(line)) is None:
            continue
        names = []
        for text in (behind,) if behind else lines[at + 1 : at + 1 + _NAMED]:
            parts = split(text)
            if not read_credits(parts, own).people:
                break
            names += parts
        if names:
            return names
    return []


def _texts(texts: Iterable[str]) -> Iterator[str]:
    """Texts that say something, without paragraphs and scripts."""
    for text in texts:
        if not text.isspace() and len(text) < _LONG * 4:
            line = " ".join(text.split())
            if len(line) <= _LONG and _WORD.search(line):
                yield line


def _following(element: HtmlElement) -> Iterator[str]:
    node: HtmlElement | None = element
    while node is not None:
        if node.tail:
            yield node.tail
        for sibling in node.itersiblings():
            yield from sibling.itertext()
        node = node.getparent()


def _preceding(element: HtmlElement) -> Iterator[str]:
    node: HtmlElement | None = element
    while node is not None:
        for sibling in node.itersiblings(preceding=True):
            yield from reversed(list(sibling.itertext()))
        node = node.getparent()
        if node is not None and node.text:
            yield node.text

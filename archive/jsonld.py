"""The story among what a page's JSON-LD says (https://schema.org, https://www.w3.org/TR/json-ld11/). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from archive.fingerprint import letters
from archive.urls import absolute, url_key

# schema.org types that are a story; a page's other objects (organisation, breadcrumbs) speak of other things
_STORY = re.compile(r"(Article|BlogPosting|Report|LiveBlogPosting|PressRelease)$")
# and those that name nobody's person
_ORGANISATION = re.compile(r"(Organization|Corporation|Agency|WebSite)$")
# one JSON-LD script is at most this long, in characters (live blogs reach 300,000)
_SCRIPT = 2_000_000
# objects and names in a list that are looked at
_ITEMS = 200
# letters from which on the beginning of a headline is the headline: they are printed cut short
_SAME = 20
_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# within words, and nobody sees them: where a line may be broken
UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
Story = dict[str, Any]


def read_story(tree: HtmlElement, addresses: Sequence[str], headlines: Sequence[str]) -> Story:
    """The page's JSON-LD object that is its story, empty where there is none.

    Of several stories the page's own is at one of the page's ``addresses`` (that it was asked for at comes first) or
    has one of its printed ``headlines``; where it is told twice, what one telling leaves out is taken from the next.
    Else it is one that does not say that it stands elsewhere, of these the one that says most. ``author`` and
    ``publisher`` that are only referred to are put in.
    """
    things = list(read_things(tree))
    stories = [thing for thing in things if any(_STORY.search(name) for name in types(thing))]
    if len(stories) > 1:
        printed = [key for text in headlines if (key := letters(text))]
        keys = {url_key(address) for address in addresses}
        ranks = [_rank(story, addresses[0], keys, printed) for story in stories]
        best = max(ranks)
        first = [story for story, rank in zip(stories, ranks, strict=True) if rank == best]
        stories = first if best == _OWN else [max(first, key=len)]
    told: Story = {}
    for story in stories:
        for key, value in story.items():
            if value and key not in told:
                told[key] = value
    if told:
        names = {str(thing["@id"]): thing for thing in things if "@id" in thing and thing.get("name")}
        for key in ("author", "publisher", "creator"):
            told[key] = _resolved(told.get(key), names)
    return told


def plain(value: object) -> str | None:
    """A value as a line of text, of a list the first; None where it is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    return " ".join(UNSEEN.sub("", unescape(re.sub(r"<[^>]{0,200}>", "", printable(value)))).split()) or None


def printable(text: str) -> str:
    """A text without what cannot be kept as text: lone surrogates, which JSON can spell, and control characters."""
    return _UNKEEPABLE.sub("", text)


def name(value: object) -> str | None:
    """The name of a thing or of the first of several."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return plain(value)


def named(value: object) -> list[tuple[str, bool]]:
    """The names of an author or several, and whether each is said to be an organisation's."""
    found: list[tuple[str, bool]] = []
    for item in value[:_ITEMS] if isinstance(value, list) else [value]:
        if isinstance(item, list):
            found += named(item)
        elif (text := name(item)) and not text.startswith("http"):
            stated = item.get("@type") if isinstance(item, dict) else None
            # several types say nothing: authors are found as ["Person", "Organization"]
            found.append((text, isinstance(stated, str) and _ORGANISATION.search(stated) is not None))
    return found


_ELSEWHERE, _UNKNOWN, _OWN = range(3)


def _rank(story: Story, url: str, keys: Collection[str], headlines: Sequence[str]) -> int:
    stated = [story.get("url"), story.get("@id"), story.get("mainEntityOfPage")]
    addresses = [value.get("@id") or value.get("url") if isinstance(value, dict) else value for value in stated]
    found = [absolute(url, value) if isinstance(value, str) and value.strip("#") else None for value in addresses]
    if any(address and url_key(address) in keys for address in found):
        return _OWN
    headline = letters(plain(story.get("headline")) or "")
    if headline and any(
        headline == other or (min(len(headline), len(other)) >= _SAME and _begins(headline, other))
        for other in headlines
    ):
        return _OWN
    return _ELSEWHERE if found[0] else _UNKNOWN


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _resolved(value: object, names: dict[str, Story]) -> object:
    if isinstance(value, list):
        return [_resolved(item, names) for item in value[:_ITEMS]]
    if isinstance(value, dict) and not value.get("name"):
        return names.get(str(value.get("@id")), value)
    return value


def types(thing: Story) -> list[str]:
    """The names of a thing's types."""
    stated = thing.get("@type")
    return [name for name in (stated if isinstance(stated, list) else [stated]) if isinstance(name, str)]


def read_things(tree: HtmlElement, word: str = "") -> Iterator[Story]:
    """The objects that a page's JSON-LD states, of the scripts that hold a word."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json" or not script.text:
            continue
        if len(script.text) > _SCRIPT or word not in script.text:
            continue
        text = script.text.strip().removeprefix("<!--").removesuffix("-->")  # as old templates print it
        try:
            data = json.loads(text.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue  # a broken script says nothing; the meta elements are next
        yield from _things(data)


def _things(data: object, depth: int = 0) -> Iterator[Story]:
    if isinstance(data, list):
        for item in data[:_ITEMS]:
            yield from _things(item, depth)
    elif isinstance(data, dict):
        yield data
        if depth < 3:
            for key in ("@graph", "mainEntity", "mainEntityOfPage"):
                yield from _things(data.get(key), depth + 1)

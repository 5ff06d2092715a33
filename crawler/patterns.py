"""What the addresses of an outlet's articles have in common, as patterns of the catalogue. Pure.

An address has a shape: which of its segments are words, numbers, years or UUIDs, how it ends, and the names of its
parameters. Addresses of one shape give one pattern: what is the same in all of them stays, what differs is left open.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from urllib.parse import urlsplit

from archive.urls import clean, is_article

# of the addresses given, patterns accept so many at the least, or there are none
ENOUGH = 0.9
# addresses looked at: a feed has 20 to 100, and what 2,000 have in common is what a sitemap of 50,000 has
SAMPLE = 2_000
# patterns of one outlet; different words in one place of an address that are written out (sections)
_PATTERNS, _WORDS = 6, 6
# an address that is named apart because the pattern would take it too
_APART = 8
# letters of a headline at the least, in the middle of a list: the words of a menu are shorter. With so many more they
# are headlines whatever their addresses look like
_HEADLINE, _LONG = 20, 35
# links of one shape that are a list of stories at the least
_STORIES = 3

_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,40}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_EXTENSION = re.compile(r"\.[a-z]{2,5}\Z", re.ASCII)
_ID_BEHIND = re.compile(r".*-\d{3,}", re.ASCII)
_ID_BEFORE = re.compile(r"\d{3,}-.+", re.ASCII)
# what stands before lists, people and services, never before articles
SECTIONS = (
    "tag", "tags", "topic", "topics", "category", "categories", "author", "authors", "page", "search", "login",
    "about", "contact", "contacts", "user", "users", "wp-content", "wp-json", "feed", "rss",
)  # fmt: skip
_GUARD = f"(?!(?:{'|'.join(SECTIONS)})/)"
_REGEX_SIGNS = re.compile(r"([.^$*+?{}\[\]\\|()])")


@dataclass(frozen=True, slots=True)
class Link:
    """An address on a page, and the longest text that leads to it there."""

    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Address:
    """An address in parts: ``words`` its path's segments, the last one without ``extension``.

    ``more``: it has parameters too, which say nothing of what it is.
    """

    target: str
    words: tuple[str, ...]
    extension: str
    parameters: tuple[tuple[str, str], ...]
    more: bool = False

    @property
    def shape(self) -> tuple[object, ...]:
        kinds = tuple(_kind(word) for word in self.words)
        return kinds, self.extension, tuple((name, _kind(value)) for name, value in self.parameters)


def patterns(addresses: Iterable[str], refused: Iterable[str] = ()) -> tuple[str, ...]:
    """Regular expressions for path and query that accept these addresses of articles and their like.

    They accept 90% of them or more, and none of ``refused`` (the outlet's lists and standing pages). None where the
    addresses have too little in common for that.
    """
    parts = _unique(addresses)
    against = [_target(url) for url in refused]
    by_shape: dict[tuple[object, ...], list[_Address]] = defaultdict(list)
    for one in parts:
        by_shape[one.shape].append(one)
    found: list[str] = []
    covered: set[str] = set()
    for group in sorted(by_shape.values(), key=len, reverse=True)[:_PATTERNS]:
        if found and (len(covered) >= 0.97 * len(parts) or len(group) < max(2, len(parts) // 50)):
            break
        if (pattern := _pattern(group, against)) is not None:
            found.append(pattern)
            covered.update(one.target for one in group if re.search(pattern, one.target))
    return tuple(dict.fromkeys(found)) if parts and len(covered) >= ENOUGH * len(parts) else ()


def stories(links: Iterable[Link]) -> list[str]:
    """The links that lead to articles as far as their shapes tell, in their order.

    A list of stories is several links of one shape that carry a date or an identifier, or have long texts and long
    names; menus and tags have neither.
    """
    links = list(links)
    groups: dict[tuple[object, ...], list[tuple[Link, _Address]]] = defaultdict(list)
    for link in links[:SAMPLE]:
        if (parts := _parts(link.url)) is not None and parts.words and not set(parts.words[:-1]) & set(SECTIONS):
            groups[parts.shape, parts.words[0] if len(parts.words) > 1 else ""].append((link, parts))
    chosen = {id(link) for group in groups.values() if _is_list(group) for link, _ in group}
    return [link.url for link in links[:SAMPLE] if id(link) in chosen]


def prefixes(addresses: Iterable[str]) -> list[str]:
    """The paths that articles lie under, without a slash at the end, those with most of them first.

    Up to the first segment that is a date or an identifier: "/world" of "/world/2031/04/02/slug".
    """
    counts: Counter[str] = Counter()
    for one in _unique(addresses):
        stem = one.words if one.parameters else one.words[:-1]
        fixed = next((n for n, word in enumerate(stem) if _kind(word) != "word"), len(stem))
        if fixed:
            counts["/" + "/".join(one.words[:fixed])] += 1
    return [prefix for prefix, count in counts.most_common(10) if count > 1]


def accepted(urls: Iterable[str], found: Sequence[str]) -> list[str]:
    """Those of these addresses that patterns accept (all, where there are none)."""
    compiled = [re.compile(pattern) for pattern in found]
    return [url for url in urls if is_article(clean(url), compiled)]


def _is_list(group: Sequence[tuple[Link, _Address]]) -> bool:
    if len({parts.target for _, parts in group}) < _STORIES:
        return False
    share = sum(_names_a_story(parts) for _, parts in group) / len(group)
    told = [len(link.text) for link, _ in group if link.text]
    if not told:
        return share >= 0.7
    hyphens = sum("-" in parts.words[-1] or "_" in parts.words[-1] for _, parts in group) / len(group)
    letters = median(told)
    return letters >= _HEADLINE and (share >= 0.4 or (letters >= _LONG and hyphens >= 0.5))


def _names_a_story(parts: _Address) -> bool:
    """Whether an address looks like one story's: a date, an identifier, or a name of several words."""
    kinds = {_kind(word) for word in parts.words}
    last = parts.words[-1]
    if (_kind(last) == "year" or (_kind(last) == "number" and len(last) <= 2)) and not parts.parameters:
        return False  # a year's or a month's list
    long_number = any(len(word) >= 4 for word in parts.words if _kind(word) == "number")
    identified = any(_kind(value) != "word" for _, value in parts.parameters)
    named = last.count("-") + last.count("_") >= 2 or _ID_BEHIND.fullmatch(last) or _ID_BEFORE.fullmatch(last)
    return bool(kinds & {"uuid", "year"} or long_number or identified or named)


def _kind(segment: str) -> str:
    if _YEAR.fullmatch(segment):
        return "year"
    if _NUMBER.fullmatch(segment):
        return "number"
    return "uuid" if _UUID.fullmatch(segment) else "word"


def _target(url: str) -> str:
    parts = urlsplit(clean(url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _parts(url: str) -> _Address | None:
    try:
        split = urlsplit(clean(url))
    except ValueError:
        return None
    words = [word for word in split.path.split("/") if word]
    ending = _EXTENSION.search(words[-1]) if words else None
    if ending and ending.start() > 0:
        words[-1] = words[-1][: ending.start()]
    pairs = [pair.partition("=") for pair in split.query.split("&") if pair]
    return _Address(
        _target(url), tuple(words), ending[0] if ending else "", tuple((name, value) for name, _, value in pairs)
    )


def _unique(addresses: Iterable[str]) -> list[_Address]:
    """The addresses in parts, each once, without parameters where the paths tell them apart."""
    found: dict[str, _Address] = {}
    for url in addresses:
        if len(found) >= SAMPLE:
            break
        if (one := _parts(url)) is not None and (one.words or one.parameters):
            found.setdefault(one.target, one)
    paths = Counter((one.words, one.extension) for one in found.values() if one.parameters)
    told = len(paths) > 0.5 * paths.total()
    return [
        replace(one, parameters=(), more=True) if told and one.parameters and one.words else one
        for one in found.values()
    ]


# a pattern of one shape


def _pattern(group: Sequence[_Address], refused: Sequence[str]) -> str | None:
    """The loosest pattern of a shape that refuses what it must, None where there is none."""
    hyphens = sorted(one.words[-1].count("-") for one in group if one.words)
    fewest = min(hyphens[len(hyphens) // 20], 3) if hyphens else 0
    # alone below the root stand an outlet's standing pages too ("about-us"): an article's name has more words
    alone = len(group[0].words) == 1 and not group[0].extension and not group[0].parameters
    steps = [_written(group, step) for step in range(min(fewest, 2) if alone else 0, fewest + 1)]
    for pattern in steps:
        if not any(re.search(pattern, target) for target in refused):
            return pattern
    taken = [target for target in refused if re.search(steps[0], target)]
    apart = sorted({target.partition("?")[0].rstrip("/") for target in taken})
    own = {one.target.partition("?")[0].rstrip("/") for one in group}
    if len(apart) > _APART or own & set(apart) or "" in apart:
        return None
    return f"^(?!(?:{'|'.join(map(_plain, apart))})/?(?:\\?|$)){steps[0][1:]}"


def _written(group: Sequence[_Address], hyphens: int) -> str:
    first = group[0]
    lasts = [one.words[-1] for one in group] if first.words else []
    identified = bool({_kind(word) for word in first.words} & {"year", "uuid"}) or (
        _all_identified(lasts)
        or all(any(_kind(word) == "number" and len(word) >= 4 for word in one.words) for one in group)
    )
    pieces: list[str] = []
    for n in range(len(first.words)):
        words = [one.words[n] for one in group]
        if n == len(first.words) - 1 and not first.parameters:
            pieces.append(_last(words, hyphens))
        else:
            open_before = any("[^/?]+" in piece for piece in pieces)
            pieces.append(_inner(words, identified, "" if open_before else _GUARD))
    path = "/" + "/".join(pieces) + _plain(first.extension)
    slash = "" if first.extension else "/?"
    if not first.parameters:
        return f"^{path}{slash}{'(?:[?]|$)' if any(one.more for one in group) else '$'}"
    query = "&".join(
        f"{_plain(name)}={_value([one.parameters[n][1] for one in group])}"
        for n, (name, _) in enumerate(first.parameters)
    )
    return f"^{path}{slash if first.words else ''}[?]{query}(?:&|$)"


def _inner(words: Sequence[str], identified: bool, guard: str) -> str:
    kind = _kind(words[0])
    if kind != "word":
        return _open(kind, words)
    different = sorted(set(words))
    if len(different) == 1:
        return _plain(different[0])
    # sections that an address with an identifier need not name, and too many to be sections
    if identified or len(different) > _WORDS or len(different) == len(words):
        return guard + "[^/?]+"
    return f"(?:{'|'.join(map(_plain, different))})"


def _last(words: Sequence[str], hyphens: int) -> str:
    kind = _kind(words[0])
    if kind != "word":
        return _open(kind, words)
    if _all_identified(words):
        return r"[^/?]*-\d{3,}" if _ID_BEHIND.fullmatch(words[0]) else r"\d{3,}-[^/?]+"
    # so many words with a hyphen behind them, then anything: one way to match, however long the address is
    return "[^/?-]*-" * hyphens + "[^/?]*" if hyphens else "[^/?]+"


def _all_identified(words: Sequence[str]) -> bool:
    """Whether names all begin or all end with an identifier (one that is no year)."""
    behind = all(_ID_BEHIND.fullmatch(word) for word in words)
    if behind and not all(_YEAR.fullmatch(word.rpartition("-")[2]) for word in words):
        return True
    return not behind and all(_ID_BEFORE.fullmatch(word) for word in words)


def _value(values: Sequence[str]) -> str:
    different = set(values)
    if len(different) == 1:
        return _plain(values[0])
    return _open(_kind(values[0]), values) if _kind(values[0]) != "word" else "[^&]+"


def _open(kind: str, words: Sequence[str]) -> str:
    if kind == "year":
        return r"\d{4}"
    if kind == "uuid":
        return _UUID.pattern
    if all(len(word) <= 2 for word in words):
        return r"\d{1,2}"
    return r"\d{4,}" if all(len(word) >= 4 for word in words) else r"\d+"


def _plain(text: str) -> str:
    return _REGEX_SIGNS.sub(r"\\\1", text)

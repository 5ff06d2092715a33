"""How a catalogue entry is read and checked: TOML in, checked values out, every fault told by file, table and key.

What keys there are stands in three tables, one row a key: how it is read, and what holds where it is absent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError
from parsel.csstranslator import css2xpath

from archive.dates import is_zone
from archive.errors import CatalogueError, ConfigurationError
from archive.models import NO_HINTS, Hints
from archive.schedule import STEPS, parse_age
from archive.urls import is_web

# seconds between two requests to one host where a source says nothing: one page every two seconds is what news
# crawlers that write their reasons down (commoncrawl/news-crawl) hold for polite towards a single site
DELAY = 2.0
# pages of a listing that a run looks at where a source says nothing: with 10 to 30 stories a page that is some days
PAGES = 3
# pages a run asks a source for where it says nothing: more than any newsroom here publishes in a day, and at two
# seconds a page still a quarter of an hour
MAX_PAGES = 500
# where the web archive says which copies it has
CDX = "https://web.archive.org/cdx/search/cdx"

Reader = Callable[[Any], Any]  # takes what TOML has, gives what we use; ValueError: why it cannot be used
Keys = Mapping[str, tuple[Reader, Any]]
_REQUIRED: Any = object()


def tables(text: str, file: str) -> dict[str, object]:
    """The tables of a catalogue file, unchecked.

    Raises:
        ConfigurationError: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: {error}") from error


def merged(own: Mapping[str, object], built_in: Mapping[str, object]) -> dict[str, object]:
    """The user's tables, those that are not whole filled up key by key from the built-in table of the same name.

    A table with all that an entry needs stands for itself: a built-in pattern must not linger in it. Of hints, too,
    each kind stands for itself.
    """
    needed = {key for key, (_, default) in _ENTRY.items() if default is _REQUIRED}
    found = {}
    for slug, table in own.items():
        below = built_in.get(slug)
        whole = not isinstance(table, dict) or not isinstance(below, dict) or needed <= table.keys()
        found[slug] = table if whole else _over(below, table)  # type: ignore[arg-type]
    return found


def _over(below: Mapping[str, object], table: Mapping[str, object]) -> dict[str, object]:
    filled = {**below, **table}
    hints = below.get("hints"), table.get("hints")
    if isinstance(hints[0], dict) and isinstance(hints[1], dict):
        filled["hints"] = hints[0] | hints[1]
    return filled


def entry(file: str, slug: str, table: object) -> dict[str, Any]:
    """A source's values by key, checked, defaults filled in; ``discovery`` and ``fallback``: a list of such dicts.

    Raises:
        CatalogueError: a key is wrong, missing or unknown.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", slug):
        raise CatalogueError(file, slug, "name", "a source is named with lower-case letters, digits and hyphens")
    if not isinstance(table, dict):
        raise CatalogueError(file, slug, "", "is no table")
    values = _read(table, _ENTRY, lambda key, problem: CatalogueError(file, slug, key, problem))
    for name in ("discovery", "fallback"):
        values[name] = [_way(file, slug, f"{name}[{n}]", way) for n, way in enumerate(values[name])]
    values["hints"] = _hints(file, slug, values["hints"])
    values["keep"] = values["keep"] or ("all" if values["kind"] == "official" else "changes")
    return values


def _way(file: str, slug: str, key: str, table: object) -> dict[str, Any]:
    """One way of discovery."""

    def wrong(name: str, problem: str) -> CatalogueError:
        return CatalogueError(file, slug, f"{key}.{name}", problem)

    kind = table.get("kind") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(kind, str) or kind not in WAYS:
        raise wrong("kind", f"is one of {', '.join(WAYS)}")
    every, keys = WAYS[kind]
    url = _REQUIRED if kind != "wayback" else CDX
    values = _read(
        table,
        {"kind": (_text, kind), "url": (_url, url), "every": (_age, _age(every)), "facts": (_text, None), **keys},
        wrong,
        f" for a {kind}",
    )
    if "{" in values["url"] and (kind != "listing" or "{" in re.sub(r"\{(year|month)\}", "", values["url"])):
        raise wrong("url", "may hold {year} and {month}, for a listing, and nothing else in braces")
    return values


def _hints(file: str, slug: str, table: Mapping[str, object]) -> Hints:
    """What is known of a source's pages."""

    def wrong(name: str, problem: str) -> CatalogueError:
        return CatalogueError(file, slug, f"hints.{name}", problem)

    return Hints(**_read(table, _HINTS, wrong))


def _read(
    table: Mapping[str, object], keys: Keys, wrong: Callable[[str, str], CatalogueError], of: str = ""
) -> dict[str, Any]:
    for key in table.keys() - keys.keys():
        raise wrong(key, f"no such key{of} (there are {', '.join(sorted(keys))})")
    values = {}
    for key, (read, default) in keys.items():
        if key not in table and default is _REQUIRED:
            raise wrong(key, "is missing")
        try:
            values[key] = read(table[key]) if key in table else default
        except ValueError as error:
            raise wrong(key, str(error)) from None
    return values


# how a value is read


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise ValueError("must be a number of seconds from 0 to 3600")
    return float(value)


def _whole(most: int) -> Reader:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"must be a whole number from 1 to {most}")
        return value

    return read


def _one_of(*values: str) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in values:
            raise ValueError(f"is one of {', '.join(values)}")
        return value

    return read


def _zone(value: object) -> str:
    name = _text(value)
    if not is_zone(name):
        raise ValueError(f"no time zone {name!r}")
    return name


def _url(value: object) -> str:
    if not isinstance(value, str) or not is_web(value):
        raise ValueError("must be an http or https address")
    return value


def _age(value: object) -> timedelta:
    return parse_age(_text(value))


def _ages(value: object) -> tuple[timedelta, ...]:
    ages = tuple(_age(one) for one in _list(value, "ages such as 15m, 3h or 10d"))
    if any(later <= earlier for earlier, later in pairwise(ages)):
        raise ValueError("must rise from age to age")
    return ages


def _list(value: object, of: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"must be a list of {of}")
    return value


def _regex(value: object) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError("must be a regular expression")
    try:
        return re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r}: {error}") from None


def _regexes(value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(_regex(one) for one in _list(value, "regular expressions"))


def _rules(value: object) -> tuple[tuple[re.Pattern[str], str], ...]:
    rules = []
    for rule in _list(value, "[expression, replacement] pairs"):
        if not isinstance(rule, list) or len(rule) != 2 or not isinstance(rule[1], str):
            raise ValueError("must be a list of [expression, replacement] pairs")
        pattern = _regex(rule[0])
        try:
            pattern.sub(rule[1], "")  # reads the replacement, whether it matches or not
        except (re.error, IndexError) as error:  # no such group, by number; by name
            raise ValueError(f"{rule[1]!r}: {error}") from None
        rules.append((pattern, rule[1]))
    return tuple(rules)


def _selector(value: object) -> str:
    try:
        if isinstance(value, str) and css2xpath(value):
            return value
    except SelectorError as error:
        raise ValueError(f"must be a CSS selector: {error}") from None
    raise ValueError("must be a CSS selector")


def _selectors(value: object) -> tuple[str, ...]:
    """Selectors of elements in a page, as lxml takes them: no ``::text`` and the like, unlike those of a listing."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str) or not one.strip():
            raise ValueError("must be a CSS selector or a list of them")
        try:
            CSSSelector(one, translator="html")
        except (SelectorError, XPathError) as error:
            raise ValueError(f"{one!r} is no CSS selector: {error}") from None
        found.append(one)
    return tuple(found)


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("must be a table ([source.hints])")
    return value


def _page(value: object) -> str:
    page = _text(value)
    if page.count("{n}") != 1 or "{" in page.replace("{n}", "") or not is_web(urljoin("http://a.example/", page)):
        raise ValueError("must be an address, relative to url, with {n} for the page's number")
    return page


def _template(value: object) -> str:
    address = _url(value)
    if address.count("{slug}") != 1 or "{" in address.replace("{slug}", ""):
        raise ValueError("must be an http or https address with {slug} in it")
    return address


def _original(value: object) -> str:
    original = _text(value)
    host = original.partition("/")[0]
    if "://" in original or "." not in host or re.search(r"\s|\*.", original):
        raise ValueError("must be a host and a path without a scheme, with * at its end where it is a prefix")
    return original


def _ways(value: object) -> list[object]:
    return _list(value, "tables ([[source.discovery]], [[source.fallback]])")


def _one_way(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ValueError("needs one entry at least ([[source.discovery]])")
    return value


# what keys there are

# kind of discovery: how often `--due` asks it where it does not say, and the keys of its own. Feeds are short and
# drop what is older, sitemaps are long; the web archive is a public good and its list of a site's pages grows slowly
WAYS: Mapping[str, tuple[str, Keys]] = {
    "feed": ("15m", {}),
    "sitemap": ("1h", {"match": (_regex, None)}),
    "listing": (
        "30m",
        {
            "links": (_selector, "body"),
            "next": (_selector, None),
            "page": (_page, None),
            "pages": (_whole(10_000), PAGES),
        },
    ),
    "wordpress": ("30m", {}),
    "search": ("30m", {"locale": (_text, _REQUIRED), "address": (_template, _REQUIRED)}),
    "telegram": ("30m", {}),
    "wayback": ("7d", {"original": (_original, _REQUIRED)}),
}
_HINTS: Keys = {name: (_selectors, getattr(NO_HINTS, name)) for name in ("container", "drop", "split")}
_ENTRY: Keys = {
    "name": (_text, _REQUIRED),
    "kind": (_one_of("official", "news", "aggregator"), _REQUIRED),
    "homepage": (_url, _REQUIRED),
    "timezone": (_zone, _REQUIRED),
    "discovery": (_one_way, _REQUIRED),
    "fallback": (_ways, ()),
    "publisher": (_text, None),
    "country": (_text, None),
    "language": (_text, None),
    # how its pages print the time of day: 12h, hours to twelve without AM or PM
    "clock": (_one_of("24h", "12h"), "24h"),
    "licence": (_text, None),
    "mining": (_text, None),
    "public": (_flag, True),
    "paused": (_flag, False),
    "paused_because": (_text, None),
    "facts": (_text, None),
    "proxy": (_url, None),
    "delay": (_seconds, DELAY),
    "max_pages": (_whole(100_000), MAX_PAGES),
    "keep": (_one_of("all", "changes"), None),
    "revisit": (_ages, STEPS),
    "articles": (_regexes, ()),
    "rewrite": (_rules, ()),
    "hints": (_table, {}),
}

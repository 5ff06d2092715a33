"""What there is of an article, or of an address, that is to be forgotten: found before anything is done to it.

Beside its own captures that is what its words were told by: feeds, lists and whatever of its source is no article's
page, redirects to it, exports, and other articles that carry a part of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from archive import warc
from archive.errors import DamagedError, NoArchiveError
from archive.exports.run import LIST
from archive.fingerprint import block_hash
from archive.home import Home
from archive.models import Position, Progress
from archive.payload import decode
from archive.store import Store
from archive.traces import Traces
from archive.urls import url_key

logger = logging.getLogger(__name__)

# lines of text by which a file is looked at, and how much of each: characters at most, bytes at least
_NEEDLES, NEEDLE = 20, 60


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of what is to be forgotten, before anything is done.

    ``articles``: rows (id, url, part, source, title) of those that go; ``staying``: other stories of their pages.
    ``captures``, ``lists``: the numbers of captures whose records go, of pages, and of feeds and lists that hold
    words of it. ``stops``: url keys that are never kept again; ``urls``: the addresses as they were printed.
    ``carried``: articles elsewhere that carry a part of it, and how; ``exports``: what may still hold it.
    """

    articles: tuple[dict[str, Any], ...]
    staying: tuple[dict[str, Any], ...]
    captures: tuple[int, ...]
    lists: tuple[int, ...]
    stops: tuple[str, ...]
    urls: tuple[str, ...]
    carried: tuple[tuple[int, str], ...]
    exports: tuple[dict[str, Any], ...]
    traces: Traces
    needles: tuple[bytes, ...]


def find(home: Home, store: Store, target: int | str, progress: Progress = lambda *_: None) -> Found:
    """What there is of an article, or of an address with all of its stories.

    Raises:
        NoArchiveError: there is no such article.
    """
    if isinstance(target, int):
        known = store.by_number([target])
        if target not in known:
            raise NoArchiveError(store.absence(target))
        if known[target] != target:
            raise NoArchiveError(f"there is no article {target} any more: article {known[target]} has what it had")
        asked = [target]
    else:
        try:
            article = store.article_at(url_key(target))
        except ValueError:
            raise NoArchiveError(f"{target} is no address") from None
        asked = list(store.parts(article).values()) if article is not None else []
    pages = store.pages(asked)
    articles = tuple(row for row in pages if row["id"] in asked)
    staying = tuple(row for row in pages if row["id"] not in asked)
    keys = {url_key(target)} if isinstance(target, str) else set()
    keys |= {*store.addresses_of(asked), *(url_key(row["url"]) for row in articles)}
    rows = store.captures_of(asked, keys)
    rows = [row for row in rows if row["said"] or row["kind"] in ("page", "imported")]
    urls = {row["url"] for row in articles} | ({target} if isinstance(target, str) else set())
    for row in rows:
        if row["said"] or not staying:
            keys.add(row["url_key"])
            urls |= {row["url"], *_via(row)}
    keys |= {key for url in urls if (key := key_of(url))}
    texts, titles = store.said_by(asked, own=True)
    traces = Traces.of(texts, titles)
    if staying:
        traces = traces.without(Traces.of(*store.said_by([row["id"] for row in staying], own=False)))
        rows = [row for row in rows if row["said"] or _holds(home, row, traces)]
    paged = {row["id"] for row in rows}
    # of a page of which something stays, what leads to it stays too
    lists = _lists(home, store, {row["source"] for row in articles}, traces, set() if staying else keys, progress)
    return Found(
        articles,
        staying,
        tuple(row["id"] for row in rows),
        tuple(number for number in lists if number not in paged),
        tuple(sorted(keys)),
        tuple(sorted(urls)),
        tuple(_elsewhere(store, asked, titles)),
        tuple(exports_with(home, asked)),
        traces,
        tuple(_needles(texts)),
    )


def _via(row: Mapping[str, Any]) -> list[str]:
    return [str(url) for url in json.loads(row["via"] or "[]")]


def key_of(url: str) -> str | None:
    """The url key of an address, None where it is none."""
    try:
        return url_key(url)
    except ValueError:
        return None


def _holds(home: Home, row: Mapping[str, Any], traces: Traces, keys: Collection[str] = ()) -> bool:
    """Whether a capture's raw body holds words of it, or it redirects to one of its addresses (``keys``); what cannot
    be read is taken for it."""
    if row["warc_file"] is None:
        return False
    try:
        exchange = warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
        if row["outcome"] == "redirect":
            return key_of(urljoin(exchange.url, exchange.header("location") or "")) in keys
        body = decode(exchange.body, exchange.header("content-encoding"))
        return traces.within_raw(body, exchange.header("content-type"))
    except (DamagedError, ValueError) as error:
        logger.warning("capture %s: %s", row["id"], error)
        return True


def _lists(
    home: Home, store: Store, sources: Collection[str], traces: Traces, keys: Collection[str], progress: Progress
) -> Iterator[int]:
    """The captures of feeds, lists and whatever is no article's page that hold words of it, or redirect to it."""
    for source in sorted(sources):
        rows = store.lists(source)
        for n, row in enumerate(rows):
            if _holds(home, row, traces, keys):
                yield row["id"]
            progress("feeds and lists", len(rows), len(rows) - n - 1)


def _elsewhere(store: Store, articles: Collection[int], titles: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Articles that carry a part of it and stay, with how."""
    relations = {"same_text": "has the same text", "near_copy": "has nearly the same text"}
    said: dict[int, str] = {}
    for row in store.also_shown(articles):
        if row["relation"] != "same_page":
            said.setdefault(row["other"], relations.get(row["relation"], "holds its text or part of it"))
    for article, blocks in store.also_carried(articles, map(block_hash, titles)):
        lines = f"{blocks} paragraphs" if blocks > 1 else "a paragraph"
        said.setdefault(article, f"has {lines} of it, or its title, on its page")
    yield from sorted((article, how) for article, how in said.items() if article not in articles)


def exports_with(home: Home, articles: Collection[int]) -> Iterator[dict[str, Any]]:
    """The exports that were made with one of these articles in them."""
    try:
        lines = (home.path / LIST).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            made = json.loads(line)
            ranges = [(int(first), int(last)) for first, last in made["ids"]]
        except (ValueError, TypeError, KeyError):
            continue  # a line that was torn names nothing
        if any(first <= article <= last for article in articles for first, last in ranges):
            yield {name: made.get(name) for name in ("at", "format", "target")}


def _needles(texts: Iterable[str]) -> Iterator[bytes]:
    """The longest of some texts, by their beginnings: what a file that still holds one of them is found by."""
    for text in sorted({" ".join(text.split())[:NEEDLE] for text in texts}, key=len, reverse=True)[:_NEEDLES]:
        if len(needle := text.encode()) >= NEEDLE:  # 20 of Chinese, 60 of English
            yield needle

"""What is exported: the articles of a query, as they were at one moment."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from archive.errors import ConfigurationError
from archive.exports import record
from archive.home import Home
from archive.query import parse
from archive.store import Only, Store
from archive.store_export import Choice


def silent(_what: str, _of: int, _left: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked to be exported; all of it, where nothing is asked.

    ``since``, ``until``: days (YYYY-MM-DD) of publication, or of our first capture where none is stated. ``search``:
    as typed into a search box. ``restricted``: articles too that are shown to nobody. ``bare``: what each article
    shows now and nothing else.
    """

    sources: tuple[str, ...] = ()
    kind: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None
    search: str | None = None
    story: int | None = None
    article: int | None = None
    restricted: bool = False
    bare: bool = False

    def query(self) -> dict[str, Any]:
        """What differs from asking nothing, for a manifest."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["sources"] = sorted(set(self.sources))
        return {name: value for name, value in values.items() if value}


class Chosen:
    """Articles to be exported, in one read transaction.

    ``conn`` has them in ``temp.chosen(id)``, and in ``temp.withheld(id)`` what no export may name. ``ids``: sorted.
    ``asked``: the query for the manifest. ``head``: the end of the custody chain, None where there is none.
    ``notes``: what is odd in what was asked, a sentence each.
    """

    def __init__(self, home: Home, store: Store, asked: Asked, notes: tuple[str, ...] = ()) -> None:
        self.home, self.store, self.notes = home, store, notes
        self.bare = asked.bare
        self.asked = asked.query()
        self.ids = array("q", store.chosen_articles())
        self.fictional = bool(store.fictional())
        self.head = store.custody_head()

    @property
    def conn(self) -> sqlite3.Connection:
        """The connection whose transaction it is; its rows are ``sqlite3.Row``."""
        return self.store.conn

    def narrow(self, articles: Iterable[int]) -> None:
        """Leave these articles of it alone, which are among them."""
        self.store.choose_only(articles)
        self.ids = array("q", self.store.chosen_articles())

    def lines(self, readings_as_text: bool = False) -> Iterator[bytes]:
        """The record of each article, by id, as a line of JSON without its end. One at a time may be under way."""
        store = self.store
        rows = store.chosen_records(not self.bare, readings_as_text)
        if self.bare:
            return record.bare_lines(rows)
        return record.lines(rows, store.sources_named, store.chosen_restrictions(), self.fictional)

    def digests(self) -> Iterator[tuple[int, int]]:
        """Of each article, by id, 64 bits of the hash of its record; what its sources' rows say does not count."""
        restricted = self.store.chosen_restrictions()
        for article, columns, parts, _ in self.store.chosen_records(not self.bare, False):
            hashed = hashlib.sha256(columns)
            hashed.update(parts)
            if article in restricted:
                hashed.update(restricted[article]["reason"].encode())
            yield article, int.from_bytes(hashed.digest()[:8], "little")

    def records(self) -> Iterator[dict[str, Any]]:
        """The record of each article, by id."""
        return map(json.loads, self.lines())


@contextmanager
def choose(home: Home, asked: Asked) -> Iterator[Chosen]:
    """Find what is exported, and hold it as it is until the end.

    Raises:
        NoArchiveError: there is no archive. ConfigurationError: there is no such source or story.
    """
    store = Store(home.require().database)
    try:
        store.conn.execute("begin")
        _check(store, asked)
        query = None if asked.search is None else parse(asked.search, store.languages())
        store.choose_articles(
            Choice(
                sources=asked.sources,
                only=Only(None, asked.kind, asked.language, asked.since, asked.until),
                match=query.match if query else None,
                story=asked.story,
                article=asked.article,
                restricted=asked.restricted,
            )
        )
        notes = query.notes if query else ()
        if asked.article is not None and store.is_withheld(asked.article):
            notes += (f"article {asked.article} stays out: it is restricted, or its source is not public",)
        yield Chosen(home, store, asked, notes)
    finally:
        store.close()


def _check(store: Store, asked: Asked) -> None:
    for name in asked.sources:
        if not store.is_source(name):
            raise ConfigurationError(f"there is no source {name} in this archive")
    if asked.story is not None and not store.is_story(asked.story):
        raise ConfigurationError(f"there is no story {asked.story}")
    if asked.article is not None and asked.article not in store.by_number([asked.article]):
        raise ConfigurationError(f"there is no article {asked.article}")

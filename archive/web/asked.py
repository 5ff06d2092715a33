"""What a search asks for: the parameters of ``/search``, read from an address and written into one again. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from archive.query import Query, parse

# characters of a query that an address keeps: more than are looked at, so that a note can say so
_LONGEST = 1_100
# values of one filter, and characters of one
_MANY, _WIDE = 40, 120
# results that can be paged to: who needs more asks the tables, or narrows the search
DEEPEST = 10_000
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search. ``since``, ``until``: days (YYYY-MM-DD), empty for any; of ``source``, ``language`` and ``kind`` one
    value must hold, none for any.

    ``history``: over all revisions. ``newest``: newest first instead of by relevance. ``odd``: what was asked in a
    way that is none, a sentence each, the query's own notes not among them.
    """

    q: str = ""
    source: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    history: bool = False
    newest: bool = False
    page: int = 1
    odd: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, args: Any) -> Self:
        """Read an address's parameters (``args`` as Datasette has them); those that are not ours are left alone."""
        odd: list[str] = []
        since, until = (_day(args.get(name) or "", last, odd) for name, last in (("since", False), ("until", True)))
        if since and until and since > until:
            odd.append("The first day is later than the last one: they were taken the other way round.")
            since, until = until[:10], since[:10]
        within, order = args.get("in") or "", args.get("sort") or ""
        if within not in ("", "text", "history"):
            odd.append(f"There is nothing to search in that is called “{within[:_WIDE]}”, only “history”.")
        if order not in ("", "relevance", "newest"):
            odd.append(f"There is no order “{order[:_WIDE]}”, only “newest”.")
        return cls(
            " ".join((args.get("q") or "").replace("\0", " ").split())[:_LONGEST],
            _values(args.getlist("source")),
            tuple(value.lower() for value in _values(args.getlist("language"))),
            _values(args.getlist("kind")),
            since,
            until,
            within == "history",
            order == "newest",
            _page(args.get("page") or "1", odd),
            tuple(odd),
        )

    @property
    def query(self) -> Query:
        """The query as it was understood."""
        return parse(self.q)

    @property
    def filtered(self) -> bool:
        """Whether anything besides the words narrows it."""
        return bool(self.source or self.language or self.kind or self.since or self.until)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The parameters of its address, without those that say nothing."""
        if self.q:
            yield "q", self.q
        for name in ("source", "language", "kind"):
            for value in getattr(self, name):
                yield name, value
        for name in ("since", "until"):
            if getattr(self, name):
                yield name, getattr(self, name)
        if self.history:
            yield "in", "history"
        if self.newest:
            yield "sort", "newest"
        if self.page > 1:
            yield "page", str(self.page)

    def parameters(self) -> str:
        """The part of its address behind the question mark."""
        return urlencode(list(self.pairs()))

    def address(self, path: str = "/search") -> str:
        """Its address, the shortest that says all of it."""
        parameters = self.parameters()
        return f"{path}?{parameters}" if parameters else path

    def but(self, **changes: Any) -> Self:
        """The same search with something else, on its first page."""
        return replace(self, **{"page": 1, "odd": (), **changes})

    def within(self, span: str) -> Self:
        """The same within a month (YYYY-MM) or a year."""
        return self.but(since=_day(span, False, []), until=_day(span, True, []))

    def toggled(self, name: str, value: str) -> Self:
        """The same with a value of a filter more, or without it where it has it."""
        values = getattr(self, name)
        return self.but(**{name: tuple(v for v in values if v != value) if value in values else (*values, value)})


def _values(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip()[:_WIDE] for value in given if value.strip()))[:_MANY]


def _day(text: str, last: bool, odd: list[str]) -> str:
    """A day, or the first or last one of a month or year; empty where it is none."""
    text = text.strip()
    if not text:
        return ""
    if found := _DAY.fullmatch(text):
        year, month, day = (int(part) if part else None for part in found.groups())
        try:
            month = month or (12 if last else 1)
            return date(year or 0, month, day or (monthrange(year or 0, month)[1] if last else 1)).isoformat()
        except ValueError:  # no such month or day
            pass
    odd.append(f"“{text[:_WIDE]}” is no day and was left out: write it like 2031-04-09, 2031-04 or 2031.")
    return ""


def _page(text: str, odd: list[str]) -> int:
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    odd.append(f"There is no page “{text[:20]}”: this is the first one.")
    return 1

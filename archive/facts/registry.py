"""The registry of what the two sides claim: categories with their dates, and the words of each language. Pure.

``registry.toml`` holds it all as data; a language is added there, by a table of labels, and nowhere else. Words are
compared without regard to case, spelling of apostrophes included (:func:`plain`).
"""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

# apostrophes and invisible marks as texts print them, one character for one, so that positions stay
_PLAIN = str.maketrans({"ʼ": "'", "’": "'", "‘": "'", "`": "'", "´": "'", "ё": "е", "Ё": "Е", "ı": "i", "İ": "I"})


class Category(NamedTuple):
    """A category of a side's claims and the days between which its reports had it (YYYY-MM-DD, None: to this day).

    ``most``: more than this is no day's number, None where nothing bounds it. ``least``: days from which on no total
    is below a number, in order.
    """

    key: str
    since: str
    until: str | None = None
    most: int | None = None
    least: tuple[tuple[str, int], ...] = ()


class NumberWords(NamedTuple):
    """How a language spells numbers: words with their values, words that multiply, words between two of them.

    ``alone``: words that multiply and may stand without a number before them ("bin 62" is 1,062).
    """

    words: Mapping[str, int]
    scales: Mapping[str, int]
    joints: tuple[str, ...]
    alone: Mapping[str, int]


class Registry(NamedTuple):
    """``ukraine``: categories of Ukraine's claims by key. ``tables``: the file as it stands, for what has tables of
    its own.
    """

    ukraine: Mapping[str, Category]
    numbers: Mapping[str, NumberWords]
    qualifiers: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Any]


def plain(text: str) -> str:
    """The text with one sign for each apostrophe, without ё; as long as it was."""
    return text.translate(_PLAIN)


@cache
def registry() -> Registry:
    """The registry, read once."""
    data = pkgutil.get_data(__package__, "registry.toml")
    if data is None:
        raise FileNotFoundError("registry.toml")
    tables = tomllib.loads(data.decode("utf-8"))
    return Registry(
        ukraine={key: _category(key, row) for key, row in tables["ukraine"]["categories"].items()},
        numbers={
            language: NumberWords(
                _words(table.get("words", {})),
                _words(table.get("scales", {})),
                tuple(table.get("joints", ())),
                _words(table.get("alone", {})),
            )
            for language, table in tables["numbers"].items()
        },
        qualifiers={
            language: {plain(word).casefold(): kind for kind, words in table.items() for word in words}
            for language, table in tables["qualifiers"].items()
        },
        tables=tables,
    )


def _category(key: str, row: Mapping[str, Any]) -> Category:
    least = tuple(sorted((str(day), int(number)) for day, number in row.get("least", {}).items()))
    return Category(key, row["since"], row.get("until"), row.get("most"), least)


def _words(table: Mapping[str, int]) -> dict[str, int]:
    return {plain(word).casefold(): value for word, value in table.items()}

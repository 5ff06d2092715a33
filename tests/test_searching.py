"""The quality set of the search, held over the demo archive: other forms of a word are found, other words are not."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

import pytest

from archive.home import Home
from archive.query import parse
from benchmarks.searching import FLOORS, NAME, Ours, Search, Stock, Text, checked, figures, load, tally, texts


@pytest.fixture(scope="module")
def kept(demo_home: Home) -> list[Text]:
    return texts(demo_home)


def test_the_set_is_large_and_says_what_is_true_of_the_archive(kept: list[Text]) -> None:
    searches = load()
    pairs = Counter(search.language for search in searches for _ in search.articles)
    assert pairs.total() >= 300
    assert sum(count >= 50 for count in pairs.values()) >= 4
    assert sum(not search.articles for search in searches) >= 100
    assert list(checked(searches, kept)) == []


def test_other_forms_are_found_and_other_words_are_not(kept: list[Text]) -> None:
    floors = json.loads(FLOORS.read_text("utf-8"))[NAME]["figures"]
    assert floors["recall"] >= 0.98 and floors["false hits"] <= 0.01
    counts, lines = tally(load(), kept, Ours(kept))
    now = figures(counts)
    assert now["recall"] >= floors["recall"], lines
    assert now["false hits"] <= floors["false hits"], lines


def test_the_archive_finds_by_its_own_tables_what_the_measure_says(kept: list[Text], demo_home: Home) -> None:
    ours = Ours(kept)
    with sqlite3.connect(demo_home.database) as conn:
        for query in ("порому", "лампы", "köprü", "szkołach", "Haus", "ministries"):
            found = conn.execute(
                "select url || '#' || part from search_text_fts join articles on id = search_text_fts.rowid"
                " where search_text_fts match ?",
                (parse(query).match,),
            )
            assert {url for (url,) in found} == {kept[n].url for n in ours(query)} != set(), query


def test_a_search_that_finds_nothing_or_everything_is_seen() -> None:
    kept = [Text("a", "en", "Two ferries", "Nothing else."), Text("b", "en", "A merry day", "Nothing else.")]
    searches = [Search("en", "ferry", ("ferries",), ("a",)), Search("en", "ferret", (), ())]
    none, _ = tally(searches, kept, lambda query: set())
    every, lines = tally(searches, kept, lambda query: {0, 1})
    assert (none["all"].recall, none["all"].wrong) == (0.0, 0.0)
    assert (every["all"].recall, every["all"].wrong) == (1.0, 0.75)
    assert len([line for line in lines if line.startswith("false")]) == 3
    assert tally(searches, kept, Ours(kept))[0]["all"].recall == 1.0
    assert tally(searches, kept, Stock(kept))[0]["all"].recall == 0.0


def test_a_set_that_is_wrong_about_the_archive_is_told() -> None:
    kept = [Text("a", "en", "Two ferries", "Nothing else.")]
    wrong = [
        Search("en", "ferries", ("ferries",), ("a",)),
        Search("en", "x", ("y",), ("a",)),
        Search("en", "x", (), ("b",)),
    ]
    assert list(checked(wrong, kept)) == ["ferries: printed in a", "x: no form of it in a", "x: no article b"]

"""The table that a dictionary is looked up in: it says what the dictionary says, and a damaged one is made again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from simplemma.strategies.dictionaries.stream_dictionary_factory import StreamMap

from archive.wordlist import Wordlist, wordlist


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the lists, of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "communique"


# English forms are stored as they are read, Turkish ones from their end
@pytest.mark.parametrize("language", ["en", "tr"])
def test_it_lists_what_the_dictionary_lists(cache: Path, language: str) -> None:
    theirs, ours = StreamMap(language), wordlist(language)
    some = random.Random(7).sample(list(theirs), 3000)
    asked = [*some, *(form[::-1] for form in some), *(form + "q" for form in some), "", "\ud800", "x" * 1000]
    assert [ours.get(form) for form in asked] == [theirs.get(form.replace("\ud800", "?")) for form in asked]
    assert ours.get("no such word", "itself") == "itself"


def test_what_was_kept_is_used_and_what_was_damaged_is_made_again(cache: Path) -> None:
    assert wordlist("en").get("ferries") == "ferry"
    [path] = cache.iterdir()
    whole = path.read_bytes()
    kept = path.stat().st_ino
    assert wordlist("en").get("ferries") == "ferry"
    assert path.stat().st_ino == kept
    other = whole.replace(b"ferry", b"barge")
    for damaged in (b"", b"words", whole[:-1], whole[:1000], b"X" + whole[1:], bytes(len(whole)), other):
        path.unlink()  # a file that is mapped is never written to
        path.write_bytes(damaged)
        assert wordlist("en").get("ferries") == "ferry"
        assert path.read_bytes() == whole
        assert list(cache.iterdir()) == [path]


def test_where_nothing_can_be_kept_it_is_made_all_the_same(cache: Path) -> None:
    cache.write_text("a file where the folder should be", "utf-8")
    assert wordlist("en").get("ferries") == "ferry"


def test_who_has_no_home_has_words_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("XDG_CACHE_HOME", "no/absolute/path")
    monkeypatch.setattr(Path, "home", nowhere)
    assert wordlist("en").get("ferries") == "ferry"


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of words"):
        Wordlist(b"words/2\n" + bytes(100))

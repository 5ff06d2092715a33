"""Suggestions of what else is about the same event."""

from __future__ import annotations

from archive.related import related
from tests.prose import prose

EVENT = "The harbour of Ramford was closed on Monday after a barge had struck the northern quay. "


def test_what_shares_the_rare_words_comes_first_and_the_rest_is_left_out() -> None:
    others = {n: prose(n, 5) for n in range(10, 30)}
    others[1] = "A barge struck the quay at Ramford: its harbour stays closed. " + prose(40, 1)
    assert [number for number, _ in related(EVENT + prose(3, 1), others)] == [1]


def test_words_of_everybody_count_for_nothing() -> None:
    others = {n: "Estuary News Agency reports from Vardania. " + prose(n, 5) for n in range(10, 30)}
    assert related("Estuary News Agency reports from Vardania. " + prose(3, 5), others) == []


def test_without_others_there_is_nothing() -> None:
    assert related(EVENT, {}) == []
    assert related("", {1: EVENT}) == []

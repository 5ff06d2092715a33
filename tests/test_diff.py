"""Revisions and counted words: an error here invents an edit by an outlet, or misses one."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.diff import (
    Piece,
    Seen,
    around,
    compare,
    differences,
    numbers_changed,
    stated_changed,
    stretches,
    words_changed,
)
from tests.effort import growth


def history(*texts: str, title: str = "T") -> list[Seen]:
    return [Seen(n, f"2031-04-{n:02}T00:00:00.000Z", title, text) for n, text in enumerate(texts, 1)]


def test_a_text_that_returns_opens_a_third_stretch() -> None:
    found = list(stretches(history("A", "A", "B", "A", "A")))
    assert [(s.first.text, s.first.capture, s.captures) for s in found] == [
        ("A", 1, [1, 2]),
        ("B", 3, [3]),
        ("A", 4, [4, 5]),
    ]
    assert [(s.first.at[8:10], s.seen_to[8:10]) for s in found] == [("01", "02"), ("03", "03"), ("04", "05")]


def test_white_space_alone_is_no_revision() -> None:
    (found,) = stretches(history("one two", "one\n\ntwo", " one\u00a0two ", "one\ttwo"))
    assert (found.first.text, found.captures) == ("one two", [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("old", "new"), [("one two", "onetwo"), ("a", "A"), ("a.", "a"), ("", "a"), ("é", "e\u0301")]
)
def test_every_other_difference_is_a_revision(old: str, new: str) -> None:
    assert len(list(stretches(history(old, new)))) == 2


def test_a_title_alone_makes_a_revision() -> None:
    seen = [
        Seen(1, "a", "Harbour open", "x"),
        Seen(2, "b", "Harbour closed", "x"),
        Seen(3, "c", "Harbour  closed", "x"),
    ]
    assert [s.captures for s in stretches(seen)] == [[1], [2, 3]]


def test_no_captures_are_no_revisions() -> None:
    assert list(stretches([])) == []


@given(st.lists(st.sampled_from(["A", "A ", "B", "C"])))
def test_every_capture_lies_in_one_stretch_and_neighbours_differ(texts: list[str]) -> None:
    seen = history(*texts)
    found = list(stretches(seen))
    assert [capture for s in found for capture in s.captures] == [s.capture for s in seen]
    for one, other in pairwise(found):
        assert one.first.text.split() != other.first.text.split()
    for s in found:
        assert s.first.capture == s.captures[0]
        assert {seen[capture - 1].text.strip() for capture in s.captures} == {s.first.text.strip()}


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("", "", (0, 0)),
        ("", "a b", (2, 0)),
        ("a b", "", (0, 2)),
        ("a b c", "a b c", (0, 0)),
        ("a b c", "a  b\nc", (0, 0)),
        ("a b c", "a x c", (1, 1)),
        ("a b c", "a b x c", (1, 0)),
        ("a b c", "x a b c y", (2, 0)),
        ("a a a", "a a", (0, 1)),
        ("a b", "b a", (1, 1)),
        ("Losses: 10 tanks, 2 boats", "Losses: 12 tanks, 2 boats", (1, 1)),
    ],
)
def test_words_are_counted_as_added_and_removed(old: str, new: str, wanted: tuple[int, int]) -> None:
    assert words_changed(old, new) == wanted


TEXT = st.lists(st.sampled_from("abcdef"), max_size=40).map(" ".join)


@given(TEXT, TEXT)
def test_added_less_removed_is_how_much_longer_the_text_became(old: str, new: str) -> None:
    added, removed = words_changed(old, new)
    assert added - removed == len(new.split()) - len(old.split())
    assert 0 <= added <= len(new.split())
    assert 0 <= removed <= len(old.split())


@given(TEXT, TEXT)
def test_no_fewer_words_are_counted_than_must_have_changed(old: str, new: str) -> None:
    added, removed = words_changed(old, new)
    assert added >= (Counter(new.split()) - Counter(old.split())).total()
    assert removed >= (Counter(old.split()) - Counter(new.split())).total()


@given(TEXT, TEXT, TEXT, TEXT)
def test_what_stands_around_an_edit_is_never_counted(head: str, old: str, new: str, tail: str) -> None:
    head, tail = f"{head} <", f"> {tail}"
    around = words_changed(f"{head} {old} {tail}", f"{head} {new} {tail}")
    assert around == words_changed(f"< {old} >", f"< {new} >")


@given(TEXT, TEXT, TEXT, TEXT)
def test_edits_in_two_places_add_up(a: str, b: str, x: str, y: str) -> None:
    wall = " ".join(f"w{n}" for n in range(100))
    first, second = words_changed(a, b), words_changed(x, y)
    both = words_changed(f"{a} {wall} {x}", f"{b} {wall} {y}")
    assert both == (first[0] + second[0], first[1] + second[1])


@given(TEXT)
def test_a_text_compared_with_itself_has_not_changed(text: str) -> None:
    assert words_changed(text, text) == (0, 0)


def test_one_edit_in_a_long_text_counts_as_its_words() -> None:
    long = " ".join(f"w{n % 700}" for n in range(6000))
    assert words_changed(f"{long} old {long}", f"{long} new {long}") == (1, 1)


def test_edits_far_apart_in_a_long_text_count_as_no_more_than_their_sentences() -> None:
    long = " ".join(f"Sentence {n} has five words." for n in range(1200))
    added, removed = words_changed(f"old start. {long} old end.", f"new start. {long} new end.")
    assert added == removed
    assert 2 <= added <= 4


def test_a_word_that_a_text_is_full_of_still_counts() -> None:
    long = "tanks " * 400
    assert words_changed(f"{long} old", f"new {long}") == (1, 1)


def test_two_long_texts_that_share_nothing_are_compared_in_no_time() -> None:
    old, new = (" ".join(f"{name}{n}" for n in range(20_000)) for name in "ab")
    assert words_changed(old, new) == (20_000, 20_000)


# what the words are


def joined(pieces: list[Piece], kind: str) -> list[str]:
    return "".join(piece.text for piece in pieces if piece.kind in ("same", kind)).split()


@given(TEXT, TEXT)
def test_both_texts_can_be_read_off_a_comparison(old: str, new: str) -> None:
    pieces = compare(old, new)
    assert joined(pieces, "removed") == old.split()
    assert joined(pieces, "added") == new.split()
    assert all(piece.text for piece in pieces)


@given(TEXT, TEXT)
def test_removed_words_stand_before_those_in_their_place_and_pieces_alternate(old: str, new: str) -> None:
    for one, other in pairwise(compare(old, new)):
        assert (one.kind, other.kind) in {
            ("same", "removed"), ("same", "added"), ("removed", "added"), ("removed", "same"), ("added", "same"),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("one two", "one two", [("same", "one two")]),
        ("one  two", "one\n\ntwo", [("same", "one\n\ntwo")]),
        ("18 355 t", "18\u00a0355 t", [("same", "18\u00a0355 t")]),
        ("a b c", "a x c", [("same", "a "), ("removed", "b "), ("added", "x "), ("same", "c")]),
        ("a 18 355 c", "a 18 360 c", [("same", "a "), ("removed", "18 355 "), ("added", "18 360 "), ("same", "c")]),
        ("a\n\nb", "a", [("same", "a\n\n"), ("removed", "b")]),
        ("a", "a\n\nb", [("same", "a\n\n"), ("added", "b")]),
        ("", "", []),
    ],
)
def test_a_comparison_keeps_paragraphs_and_grouped_numbers(old: str, new: str, wanted: list[tuple[str, str]]) -> None:
    assert compare(old, new) == wanted


def numbers(old: str, new: str) -> list[tuple[str, str]]:
    return [(", ".join(n.old), ", ".join(n.new)) for n in numbers_changed(compare(old, new))]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("lost 12 tanks", "lost 12 boats", []),
        ("lost 12 tanks", "lost 15 tanks", [("12", "15")]),
        ("tanks – 3667 (+2)", "tanks – 3668 (+3)", [("3667", "3668"), ("2", "3")]),
        ("18 355 men, 5 boats", "18\u202f360 men, 5 boats", [("18 355", "18\u202f360")]),
        ("in 2022 300 tanks", "in 2022 301 tanks", [("300", "301")]),
        ("1,234.5 t at 12:30", "1,234.6 t at 12:45", [("1,234.5", "1,234.6"), ("12:30", "12:45")]),
        ("on 20.04.2031 rain", "on 21.04.2031 rain", [("20.04.2031", "21.04.2031")]),
        ("from 10 to 12 men", "15 men", [("10, 12", "15")]),
        ("some men", "some 12 men", [("", "12")]),
        ("some 12 men", "some men", [("12", "")]),
        ("7 boats, 12 men.", "7 boats.", [("12", "")]),
        ("lost 12.", "lost 12, we hear.", []),
        ("٣ boats", "٤ boats", [("٣", "٤")]),
    ],
)
def test_numbers_that_changed_are_set_apart_place_by_place(old: str, new: str, wanted: list[tuple[str, str]]) -> None:
    assert numbers(old, new) == wanted


def test_numbers_that_came_with_their_words_are_not_in_the_place_of_others() -> None:
    old = ("Ten", None, "The 3 boats came. Then 40 men left.")
    new = ("Ten", "A look at 7 days", "The 4 boats came. Then 40 men left. Later 9 more did.")
    change = differences(old, new)
    assert change.replaced == [{"old": ["3"], "new": ["4"]}]
    assert [n.new for n in change.numbers if not n.old] == [("7",), ("9",)]
    assert (change.added, change.removed) == (10, 1)


def test_a_number_of_headline_and_text_is_named_once() -> None:
    change = differences(("Lost 3", "", "We lost 3."), ("Lost 4", "", "We lost 4."))
    assert change.numbers == [(("3",), ("4",))]
    assert (change.added, change.removed) == (1, 1)


@given(TEXT, TEXT, st.integers(0, 5))
def test_what_stands_around_a_change_is_cut_and_the_change_never(old: str, new: str, words: int) -> None:
    pieces = compare(old, new)
    shown = around(pieces, words)
    assert [p for p in shown if p.kind in ("added", "removed")] == [
        p for p in pieces if p.kind in ("added", "removed")
    ]
    for one, other in pairwise(shown):
        assert not one.kind == other.kind == "gap"
    assert all(len(piece.text.split()) <= 2 * words for piece in shown if piece.kind == "same")
    assert around(pieces, 1000) == pieces or not any(p.kind != "same" for p in pieces)


@pytest.mark.parametrize("text", ["No. " * 20_000, " ".join(f"S{n % 200}." for n in range(20_000)), "0 " * 20_000])
def test_what_stands_again_and_again_is_compared_in_no_time(text: str) -> None:
    pieces = compare(f"a {text} b", f"c {text}{text} d")
    assert joined(pieces, "added")[0] == "c"
    numbers_changed(pieces)


def test_a_stated_time_that_was_never_there_did_not_change() -> None:
    assert stated_changed(None, None) is None
    assert stated_changed("a", "a") is False
    assert (
        stated_changed("a", "b") is True and stated_changed(None, "a") is True and stated_changed("a", None) is True
    )


def test_a_stretch_knows_what_its_last_capture_stated() -> None:
    seen = [
        Seen(1, "a", "T", "x", stated="1"),
        Seen(2, "b", "T", "x", stated="2"),
        Seen(3, "c", "T", "y", stated="2"),
    ]
    assert [(s.first.stated, s.last.stated, s.seen_to) for s in stretches(seen)] == [("1", "2", "b"), ("2", "2", "c")]


def changes(old: str, new: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text.strip()) for piece in compare(old, new) if piece.kind != "same"]


def test_where_a_script_sets_no_spaces_characters_are_compared() -> None:
    old, new = "港口今天早上重新开放，渡轮将于3月12日恢复。", "港口昨天早上重新开放，渡轮将于3月14日恢复。"
    assert changes(old, new) == [("removed", "今"), ("added", "昨"), ("removed", "12"), ("added", "14")]
    assert numbers_changed(compare(old, new)) == [(("12",), ("14",))]
    assert words_changed(old, new) == (2, 2)
    assert words_changed("", "渡轮将于恢复，航行") == (4, 0)  # two characters are a word
    assert changes("ท่าเรือเปิดแล้ว", "ท่าเรือปิดแล้ว") == [("removed", "เ")]


def test_words_of_a_long_text_are_told_apart_within_the_sentences_that_changed() -> None:
    lines = [f"第{n}艘渡轮在早上离开港口前往河对岸的市场。" for n in range(90)]
    later = list(lines)
    later[3], later[70] = later[3].replace("早上", "晚上"), later[70].replace("市场", "磨坊")
    assert changes("".join(lines), "".join(later)) == [
        ("removed", "早"), ("added", "晚"), ("removed", "市场"), ("added", "磨坊"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("18,420", "18 420"),
        ("18,420", "18\u202f420"),
        ("184420", "184 420"),
        ("3.5", "3,5"),
        ("٣٥", "35"),
        ("1.234.567", "1,234,567"),
    ],
)
def test_a_number_that_is_printed_otherwise_did_not_change(old: str, new: str) -> None:
    assert numbers_changed(compare(f"About {old} came", f"About {new} came")) == []


@pytest.mark.parametrize(("old", "new"), [("5,800", "5,900"), ("3.5", "35"), ("18,420", "18,42"), ("1:2", "1:3")])
def test_a_number_that_is_another_did(old: str, new: str) -> None:
    assert numbers_changed(compare(f"About {old} came", f"About {new} came")) == [((old,), (new,))]


def test_of_very_long_texts_the_sentences_that_stand_once_in_both_part_the_rest() -> None:
    def edited(size: int) -> list[Piece]:
        old = [f"The boat number{n} came in." for n in range(size)]
        new = [text if n % 2 else f"The ship number{n} went out." for n, text in enumerate(old)]
        new.insert(size // 2, "A line of its own.")
        return compare(" ".join(old), " ".join(new))

    assert growth(edited, 6_000) < 3  # with its square where what matches is looked for everywhere
    pieces = edited(12_000)
    counts = Counter[str]()
    for piece in pieces:
        counts[piece.kind] += len(piece.text.split())
    assert counts["same"] == 5 * 6_000 + 2 * 6_000  # "The" and "number…" of the others
    assert (counts["removed"], counts["added"]) == (3 * 6_000, 3 * 6_000 + 5)


def test_a_text_of_one_endless_sentence_takes_as_long_as_it_is() -> None:
    assert words_changed("word " * 600_000, "other " * 600_000) == (600_000, 600_000)
    # with its square where each word makes a longer text of it
    assert growth(lambda size: words_changed("word " * size, "other " * size), 150_000) < 3

"""How two texts relate: what is a copy, what holds another text, what is only of the same form."""

from __future__ import annotations

import random

import pytest

from archive.copies import Relation, Text, is_other_story, part_of, relate
from archive.fingerprint import bands, numbers, shingles, signature, words
from tests.prose import prose

# of five letters: they say nothing of what a text is about
NAMES = [f"{a}{b}{c}on" for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]


def related(a: str, b: str) -> Relation | None:
    """The relation of two texts, which must not depend on which is asked first but for who holds whom."""
    one, other = relate(Text(a), Text(b)), relate(Text(b), Text(a))
    assert (one and (one.kind, one.score, one.reason)) == (other and (other.kind, other.score, other.reason))
    if one is not None and other is not None and one.kind == "contains":
        assert one.holder != other.holder
    return one


def kind(a: str, b: str) -> str | None:
    found = related(a, b)
    return found.kind if found else None


def edited(text: str, share: float, number: int = 3) -> str:
    chance = random.Random(number)
    return " ".join("another" if chance.random() < share else word for word in text.split(" "))


def report(day: int, more: int = 0) -> str:
    lines = (f"{name} – {1000 * n + 7 * day + more} (+{n + day % 5})" for n, name in enumerate("abcdefgh", 1))
    return f"Stores of the harbour of Vardania from 01.03.31 to {day:02d}.05.31 were:\n" + "\n".join(lines)


@pytest.mark.parametrize(
    "other",
    [
        prose(1).replace(".", " ."),
        prose(1).upper(),
        prose(1).replace("\n", "\n\n").replace(" the ", "  the "),
        "“" + prose(1).replace(". ", ".” “") + "”",
    ],
    ids=["spaces", "case", "paragraphs", "marks"],
)
def test_spaces_case_and_marks_make_no_other_text(other: str) -> None:
    assert kind(prose(1), other) == "same_text"


@pytest.mark.parametrize(
    "other",
    [
        edited(prose(1), 0.03),
        edited(prose(1), 0.10),
        "PORT VARDA, 20 April (Estuary News Agency) – " + prose(1) + "\nEditing by A. Reeve",
        prose(8, 2) + "\n" + prose(1)[200:],
        prose(1)[: len(prose(1)) * 7 // 10],
        prose(1)[: len(prose(1)) * 4 // 10],
        "Home\nWorld\nSport\nSign in\n" + prose(1) + "\nMost read\nTen walks along the estuary\nAbout us\nContact",
    ],
    ids=["edited", "much edited", "dateline", "new lead", "cut", "cut short", "boilerplate"],
)
def test_what_an_editor_does_leaves_a_near_copy(other: str) -> None:
    assert kind(prose(1), other) == "near_copy"


def test_a_cut_says_how_much_is_left() -> None:
    text = prose(1, 40)
    found = related(text, text[: len(text) * 3 // 10])
    assert found is not None
    assert found.reason == "cut: the one is the first 30% of the other"


def test_a_text_further_down_on_a_page_is_held_by_it() -> None:
    found = related(prose(1), prose(2, 30) + "\n" + prose(1))
    assert found is not None
    assert (found.kind, found.holder) == ("contains", 1)
    assert "make up 32% of it" in found.reason


def test_a_text_at_the_head_of_a_page_that_goes_on_about_something_else_is_held_by_it() -> None:
    assert kind(prose(1), prose(1) + "\n" + prose(2, 30)) == "contains"


def test_the_larger_of_two_stories_on_a_page_is_a_part_once_both_are_known() -> None:
    large, small = prose(1, 30), prose(2, 12)
    page = large + "\n" + small
    assert kind(large, page) == "near_copy"  # alone it is one
    assert is_other_story(Text(large), Text(small))
    part = part_of(Text(large), Text(page))
    assert part is not None
    assert (part.kind, part.holder) == ("contains", 1)


def test_a_text_and_what_was_cut_from_it_are_one_story() -> None:
    text = prose(1, 40)
    assert not is_other_story(Text(text[: len(text) // 2]), Text(text[len(text) // 2 :]))


def test_a_shared_paragraph_or_sidebar_makes_no_copy() -> None:
    sidebar = "\n" + prose(9, 6)
    assert kind(prose(1, 20) + sidebar, prose(2, 20) + sidebar) is None


def test_a_report_of_another_day_is_of_a_series_and_no_copy() -> None:
    found = related(report(3), report(4))
    assert found is not None
    assert found.kind == "template_series"
    assert found.reason.startswith("the same form with other figures: ")


def test_a_report_of_the_same_day_elsewhere_is_a_copy() -> None:
    assert kind(report(3), "The ministry reports.\n" + report(3)) == "near_copy"


def test_a_report_with_one_figure_corrected_is_a_copy() -> None:
    assert kind(report(3), report(3).replace("4021", "4031")) == "near_copy"


def test_a_text_full_of_numbers_that_was_edited_throughout_is_a_copy() -> None:
    text = " ".join(f"{sentence} {n * 37}." for n, sentence in enumerate(prose(1, 20).split(".")))
    assert kind(text, edited(text, 0.1)) == "near_copy"


def test_a_few_words_are_everybody_s() -> None:
    assert related("Ferry cancelled until further notice", "Ferry cancelled until further notice") is None


def test_a_script_without_spaces_has_words_too() -> None:
    text = "港口今天早上重新开放渡轮将于下周一恢复航行市长表示感谢所有参与修复工作的人员"
    assert words(text)[:3] == ["港", "口", "今"]
    assert kind(text, text.replace("今天", "昨天")) == "near_copy"


def test_numbers_are_one_however_they_are_grouped() -> None:
    assert numbers("18,420 and 18 420 and 18.420") == ["18420"] * 3


def test_hashes_are_the_same_on_every_machine() -> None:
    """They stand in databases: another value would be another archive."""
    found = signature(shingles(words("The harbour of Vardania reopened on Monday morning")))
    assert found[:2].tolist() == [1150361130, 180099119]
    assert bands(found)[0] == 115783481317946


def test_signatures_agree_in_as_many_values_as_the_texts_are_alike() -> None:
    one, other = shingles(words(prose(1, 60))), shingles(words(edited(prose(1, 60), 0.1)))
    shared = len(set(one.tolist()) & set(other.tolist()))
    jaccard = shared / (len(one) + len(other) - shared)
    assert abs((signature(one) == signature(other)).mean() - jaccard) < 0.15


def test_a_story_in_which_some_counts_were_brought_up_to_date_is_a_copy() -> None:
    text = " ".join(f"{sentence} {n * 37}." for n, sentence in enumerate(prose(1, 30).split(".")))
    later = text
    for n in (3, 9, 14, 20, 22, 26, 28):
        later = later.replace(f" {n * 37}.", f" {n * 37 + 5}.")
    assert kind(text, later) == "near_copy"


def test_a_date_written_the_other_way_round_makes_no_other_day() -> None:
    text = " ".join(f"{sentence} on 2{n} April 20{n:02}." for n, sentence in enumerate(prose(1, 9).split(". ")))
    assert kind(text, text.replace(" April 20", " 20").replace(" on 2", " on April 2")) in ("near_copy", "same_text")
    assert numbers("18 420 on 20 2031, 7 and 1 000 000") == ["18420", "20", "2031", "7", "1000000"]


@pytest.mark.parametrize(
    "words_", ["корабельным корабельного корабельному корабельными", "portowego portowemu portowym portowi"]
)
def test_a_cut_is_told_by_words_whose_endings_change(words_: str) -> None:
    forms = words_.split()
    chance = random.Random(4)
    text = " ".join(
        f"{word} {forms[n * 4 // 300]}" if n % 6 == 0 else word for n, word in enumerate(chance.choices(NAMES, k=300))
    )
    head = " ".join(text.split()[:130])
    assert kind(text, head) == "near_copy"

"""Quotations: where they stand, who is named as having said them, and which are the same."""

from __future__ import annotations

import pytest

from archive.quotations import quotation_keys, quotations, shared_quotations

SAID = "The ferries of Vardania will sail again before the autumn storms,"


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (f"“{SAID}” said Mara Quill.", "Mara Quill"),
        (f"“{SAID}” Mara Quill said on Monday.", "Mara Quill"),
        (f"“{SAID}” the President noted.", "President"),
        (f"“{SAID}” said harbour master Mara Quill in Port Varda.", "Mara Quill"),
        (f"Mara Quill said at the quay: “{SAID}”", "Mara Quill"),
        (f"«{SAID}» – сказала Мара Квіл.", "Мара Квіл"),
        (f"„{SAID}“ sagte Mara Quill.", "Mara Quill"),
        (f'"{SAID}" Mara Quill told reporters.', "Mara Quill"),
        (f"“{SAID}” he said.", None),
        (f"“{SAID}” A crowd had come. Mara Quill said nothing.", None),
        (f"“{SAID} said Mara Quill.", "Mara Quill"),  # the closing mark was forgotten
    ],
)
def test_a_speaker_is_named_where_the_text_names_one_beside_the_words(text: str, speaker: str | None) -> None:
    [found] = quotations(text)
    assert found.speaker == speaker
    assert text[found.start : found.stop] == found.text
    assert found.text.startswith("The ferries")


def test_a_mark_that_is_not_closed_ends_with_its_paragraph() -> None:
    text = f"“{SAID.rstrip(',')}.\n“And so will the boats of all our neighbours,” said Mara Quill."
    assert [q.text[:6] for q in quotations(text)] == ["The fe", "And so"]


def test_names_and_phrases_between_marks_are_no_quotations() -> None:
    assert quotations("The “Ramford” format and the so-called “new chapter” were named, he said.") == []


@pytest.mark.parametrize(
    ("a", "b", "wording"),
    [
        (SAID, SAID, "same wording"),
        (SAID, "The ferries of Vardania will sail again before the first autumn storms.", "same wording"),
        (
            "The first is Ramford, the meeting that will take place tomorrow, and decisions we expect from partners.",
            "The meeting to be held tomorrow in Ramford and the decisions we expect from the partners.",
            "possibly another translation",
        ),
    ],
)
def test_the_same_words_are_found_and_labelled(a: str, b: str, wording: str) -> None:
    first, second = f"It rained. “{a}” said Mara Quill.", f"“{b}” the harbour master said."
    [found] = shared_quotations(quotations(first), quotations(second))
    assert found.wording == wording
    assert first[found.start : found.stop].rstrip(",.") == a.rstrip(",.")
    assert second[found.other_start : found.other_stop].rstrip(",.") == b.rstrip(",.")
    assert found.speaker == "Mara Quill"
    [turned] = shared_quotations(quotations(second), quotations(first))
    assert (turned.other_start, turned.other_stop, turned.score) == (found.start, found.stop, found.score)


def test_another_person_s_like_words_are_no_translation() -> None:
    a = "“The first meeting takes place tomorrow, and decisions are expected from partners,” said Mara Quill."
    b = "“Decisions which partners expect tomorrow: that meeting is the place to be first,” said Joren Tal."
    assert shared_quotations(quotations(a), quotations(b)) == []
    assert shared_quotations(quotations(a), quotations(b.replace("Joren Tal", "the mayor, Mara Quill"))) != []


def test_each_sentence_is_matched_once() -> None:
    twice = f"“{SAID}” said Mara Quill. Later she repeated it: “{SAID}”"
    once = f"“{SAID}” said Mara Quill."
    assert len(shared_quotations(quotations(twice), quotations(once))) == 1
    assert len(shared_quotations(quotations(once), quotations(twice))) == 1


def test_translations_have_keys_in_common_and_other_words_do_not() -> None:
    a = quotation_keys(quotations("“The ferries of Vardania will sail again before the autumn storms.”"))
    b = quotation_keys(quotations("“Before storms in autumn the ferries of Vardania will again be under sail.”"))
    c = quotation_keys(quotations("“Nobody in the council had asked the fishermen what they need.”"))
    assert set(a[1]) & set(b[1])
    assert not set(a[0]) & set(b[0])
    assert not set(a[1]) & set(c[1])

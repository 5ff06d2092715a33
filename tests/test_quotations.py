"""Quotations: where they stand, who is named as having said them, and which are the same."""

from __future__ import annotations

import pytest

from archive.quotations import MOST_SENTENCES, quotation_keys, quotations, shared_quotations
from tests.effort import growth

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


def test_who_speaks_in_the_next_paragraph_did_not_say_it() -> None:
    [found] = quotations(f"She was brief. “{SAID}”\n\nThe harbour office said that it had heard of no ferry.")
    assert (found.text, found.speaker) == (SAID, None)


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
    assert not set(a[0]) & set(c[0])
    assert not set(a[1]) & set(c[1])


WINTER = {
    "uk": "Пароми Варданії знову вийдуть у море ще до осінніх штормів",
    "ru": "Паромы Вардании снова выйдут в море ещё до осенних штормов",
    "de": "Die Fähren von Vardania fahren wieder vor den Stürmen im Herbst",
    "fr": "Les bacs de Vardanie reprendront la mer avant les tempêtes d’automne",
    "es": "Los transbordadores de Vardania volverán a navegar antes de las tormentas",
    "pl": "Promy Vardanii znów wypłyną przed jesiennymi sztormami tego roku",
    "tr": "Vardania feribotları sonbahar fırtınalarından önce yeniden sefere çıkacak",
}


@pytest.mark.parametrize(
    ("text", "said", "speaker"),
    [
        (f"‘{SAID}’ said Mara Quill, the harbour master.", SAID, "Mara Quill"),
        ("‘It’s the ferries’ crews who’ll say when we don’t sail,’ Mara Quill said.", None, "Mara Quill"),
        (f"'{SAID}' said Mara Quill.", SAID, "Mara Quill"),
        (f"“The mayor told me ‘{SAID}’ and I believed her,” said Joren Tal.", None, "Joren Tal"),
        (f"«{WINTER['uk']}», — наголосила Мара Квіл.", WINTER["uk"], "Мара Квіл"),
        (f"— {WINTER['uk']}, — сказала Мара Квіл.", WINTER["uk"], "Мара Квіл"),
        (f"– {WINTER['ru']}, – подчеркнула Мара Квил журналистам.", WINTER["ru"], "Мара Квил"),
        (f"По словам Мары Квил, «{WINTER['ru']}».", WINTER["ru"], "Мары Квил"),
        (f"»{WINTER['de']}«, sagte Hafenmeisterin Mara Quill.", WINTER["de"], "Hafenmeisterin Mara Quill"),
        (f"« {WINTER['fr']} », a déclaré Mara Quill.", WINTER["fr"], "Mara Quill"),
        (f"« {WINTER['fr']} », a-t-elle ajouté.", WINTER["fr"], None),
        (f"– {WINTER['fr']}, dit Mara Quill.", WINTER["fr"], "Mara Quill"),
        (f"—{WINTER['es']} —dijo Mara Quill.", WINTER["es"], "Mara Quill"),
        (f"„{WINTER['pl']}” – powiedziała Mara Quill.", WINTER["pl"], "Mara Quill"),
        (f"Mara Quill, “{WINTER['tr']}” dedi.", WINTER["tr"], "Mara Quill"),
        (f"“{WINTER['tr']}” dedi Mara Quill.", WINTER["tr"], "Mara Quill"),
        (f"— {WINTER['tr']}, dedi Mara Quill.", WINTER["tr"], "Mara Quill"),
        (f"Mara Quill : « {WINTER['fr']} »", WINTER["fr"], "Mara Quill"),
        (f"Update: “{SAID}”", SAID, None),
    ],
)
def test_marks_and_verbs_of_many_languages(text: str, said: str | None, speaker: str | None) -> None:
    [found] = quotations(text)
    assert found.speaker == speaker
    assert text[found.start : found.stop] == found.text == found.text.strip()
    assert said is None or found.text == said


@pytest.mark.parametrize(
    "text",
    [
        "The crews' boats and the masters' houses weren't sold, and the town's ferries didn't sail for years.",
        "The mayor’s office and the ferries’ crews hadn’t come to the harbour’s yearly meeting, and the pilots’ wives had.",
        "The ferry “Pride of the Northern Estuary and its Seven Islands” left for the “Bridge to the Future of All” fair.",
        "Она вышла на пароме «О мерах по спасению всех людей на водах залива» и вернулась домой к вечеру.",
        "— The first item of a list of things to do before the ferries sail\n— The second item of the same list of things",
    ],
    ids=["apostrophes", "curly apostrophes", "title case", "a name with one capital", "list"],
)
def test_what_stands_between_such_marks_and_was_said_by_nobody_is_no_quotation(text: str) -> None:
    assert quotations(text) == []


def test_a_quotation_that_goes_on_in_the_next_paragraph_is_its_speaker_s_from_the_start() -> None:
    text = (
        f"“{SAID}\n“And so will the boats of all our neighbours,” said Mara Quill.\n“It rained for days on end here.”"
    )
    assert [q.speaker for q in quotations(text)] == ["Mara Quill", "Mara Quill", None]


def test_a_quotation_goes_on_behind_its_speaker_and_nobody_else_gets_it() -> None:
    more = "And so will the boats of all our neighbours."
    text = '"{0}" Mara Quill said. "{1}"'
    assert [q.speaker for q in quotations(text.format(SAID, more))] == ["Mara Quill"] * 2
    for after, speaker in ((" he replied.", None), (" Joren Tal replied.", "Joren Tal")):
        assert [q.speaker for q in quotations(text.format(SAID, more) + after)] == ["Mara Quill", speaker]
    apart = '"{0}" Mara Quill said. The council met on Monday. "{1}"'
    assert [q.speaker for q in quotations(apart.format(SAID, more))] == ["Mara Quill", None]


def test_a_scare_quote_or_a_title_of_a_song_links_nothing() -> None:
    song = "“Seven Ferries Went Down to the Morning Sea” was sung in the harbour."
    assert shared_quotations(quotations(song), quotations(f"It rained. {song}")) == []


@pytest.mark.parametrize("opened", ["‘a ", "'A ", "'a ", "“a b ", "„a ", "— a\n", '"'])
def test_marks_that_nothing_closes_are_not_looked_for_again_and_again(opened: str) -> None:
    assert growth(lambda size: quotations(opened * size), 30_000) < 3


def test_of_thousands_of_names_between_marks_the_first_are_asked_for_who_said_them() -> None:
    text = "and then a man said that it is so, “The Ferry Of The Great Northern Sea” "
    assert quotations(text * 20_000) == []
    assert growth(lambda size: quotations(text * size), 10_000) < 3


def test_of_a_quotation_without_an_end_the_first_sentences_are_compared() -> None:
    said = "".join(f"The ferry number{n} sails towards harbour{n} every morning. " for n in range(2_000))
    one, other = quotations("“" + said), quotations(f"It rained. “{said}")
    exact, _ = quotation_keys(one)
    assert len(exact) <= 3 * MOST_SENTENCES
    shared = shared_quotations(one, other)
    assert len(shared) == MOST_SENTENCES
    assert [pair.other_start - pair.start for pair in shared] == [11] * MOST_SENTENCES

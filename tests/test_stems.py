"""Stems: what tells forms of one word from other words, in each language and script, and what hostile texts cost."""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from archive.schema import TOKENIZE
from archive.stems import LONGEST, SIGN, asked, bare, codes, fold, meant, respelt, stems, tokens
from tests.effort import growth

# forms of a word in its language
FORMS = [
    ("uk", "рука руки руку рукою руці рук руками"),
    ("uk", "Київ Києва Києву Києвом Києві"),
    ("uk", "Харків Харкова Харкову Харковом Харкові"),
    ("uk", "дорога дороги дорозі доріг дорогами"),
    ("uk", "ніч ночі ночами ночей"),
    ("uk", "людина люди людей людям"),
    ("uk", "п'ять п’ять пʼять п`ять"),
    ("uk", "Браннік Бранніка Бранніку Бранніком"),  # in no dictionary
    ("ru", "река реки реке реку рекой рекам"),
    ("ru", "самолёт самолета самолётов самолётами"),
    ("ru", "дети детей детям ребенок ребёнка"),
    ("ru", "вернуться вернулся вернулась вернётся"),
    ("ru", "Портлав Портлава Портлаву Портлаве"),
    ("en", "ministry ministries ministry's ministry’s"),
    ("en", "foot feet"),
    ("en", "say says said"),
    ("tr", "kitap kitabı kitaplar kitaplarda kitabımız"),
    ("tr", "Velmora Velmora'da Velmora’dan Velmora'nın"),
    ("tr", "ışık ışığı ışıklar IŞIK"),
    ("pl", "noga nogi nogę nodze nóg nogami"),
    ("pl", "Kijów Kijowa Kijowem Kijowie"),
    ("pl", "ręka ręce rękę rąk"),
    ("de", "Haus Hauses Häuser Häusern"),
    ("de", "Stadt Städte Städten"),
    ("el", "γέφυρα γέφυρας γέφυρες"),
    ("ar", "الجسر جسر بالجسر"),
    ("fr", "ville villes"),
]
# words of one language that look like forms of each other
OTHERS = [
    ("uk", "міста", "мосту"),
    ("uk", "порома", "порогу"),
    ("uk", "капітан", "капітал"),
    ("ru", "карта", "карточка"),
    ("ru", "комиссия", "комиссар"),
    ("en", "university", "universe"),
    ("en", "policy", "police"),
    ("en", "general", "generous"),
    ("tr", "masal", "masada"),
    ("pl", "kapitan", "kapitał"),
    ("de", "Mann", "Mannschaft"),
]


@pytest.mark.parametrize(("language", "forms"), FORMS)
def test_the_forms_of_a_word_meet(language: str, forms: str) -> None:
    first, *others = forms.split()
    apart = [form for form in others if not set(meant(form, language)) & set(meant(first, language))]
    assert apart == []


@pytest.mark.parametrize(("language", "one", "other"), OTHERS)
def test_words_that_look_alike_do_not_meet(language: str, one: str, other: str) -> None:
    assert not set(meant(one, language)) & set(meant(other, language))


def test_stems_of_two_languages_never_meet() -> None:
    assert not set(meant("most", "pl")) & set(meant("most", "en"))
    assert all(token.startswith(SIGN) for token in (*asked("die"), *asked("міст")))


def test_a_query_finds_texts_of_every_language_of_its_script() -> None:
    for word, language, text in (
        ("порт", "uk", "у порту"), ("порт", "ru", "в порту"), ("port", "pl", "w porcie"), ("port", "en", "two ports"),
    ):  # fmt: skip
        assert set(asked(word)) & set(stems(text, language).split()), (word, language)


def test_a_word_is_respelt_only_where_a_dictionary_knows_what_comes_out() -> None:
    assert respelt("Strasse") == ("Straße",) and respelt("Aussenstrasse") == ()
    assert respelt("Klasse") == respelt("wissen") == respelt("class") == ()
    assert respelt("сімя") == ("сім'я",) and respelt("компютер") == ("комп'ютер",)
    assert respelt("свято") == respelt("порядок") == respelt("сім'я") == ()
    assert respelt("Strasse", {"uk", "en"}) == respelt("сімя", {"ru", "en"}) == ()
    assert respelt("ss" * 1_000_000) == respelt("пя" * 1_000_000) == ()


def test_only_the_languages_that_texts_are_in_are_asked() -> None:
    assert {token[1:3] for token in asked("Kyiv", frozenset({"en", "uk"}))} == {"en", "uk"}


def test_a_language_is_one_however_it_is_tagged() -> None:
    assert codes(["no", "nn-NO", "nb", "PL", "sr-Latn", "pt_BR"]) == {"nb", "pl", "sr", "pt"}


@pytest.mark.parametrize("query", ["Kyiv", "Kiev", "Києвом", "Киева", "Kijowie", "Kiew"])
def test_a_name_is_found_by_each_of_its_spellings_in_every_case(query: str) -> None:
    texts = [
        ("у Києві", "uk"),
        ("в Киеве", "ru"),
        ("in Kiev", "en"),
        ("Kyiv's", "en"),
        ("w Kijowie", "pl"),
        ("in Kiew", "de"),
    ]
    wanted = set(asked(query))
    assert [text for text, language in texts if not wanted & set(stems(text, language).split())] == []


@pytest.mark.parametrize("query", ["Zelenskyy", "Zelensky", "Zelenskiy", "Зеленського", "Зеленскому"])
def test_a_surname_is_found_by_each_of_its_spellings(query: str) -> None:
    texts = [("із Зеленським", "uk"), ("с Зеленским", "ru"), ("Zelensky’s", "en"), ("Zelenskyy", "en")]
    wanted = set(asked(query))
    assert [text for text, language in texts if not wanted & set(stems(text, language).split())] == []


@pytest.mark.parametrize(("query", "language", "text"), [("зелений", "uk", "Зеленський"), ("нато́вп", "uk", "НАТО")])
def test_a_common_word_is_no_name(query: str, language: str, text: str) -> None:
    assert not set(asked(query)) & set(stems(text, language).split())


def test_a_name_in_latin_letters_within_a_cyrillic_text_has_stems() -> None:
    assert set(stems("Компанія Harbours Ltd повідомила", "uk").split()) & set(asked("harbour"))
    assert set(stems("the word пором", "en").split()) & set(asked("порому"))


def test_a_text_of_no_known_language_is_taken_by_its_letters() -> None:
    assert set(stems("У Харкові їхав пором", None).split()) & set(asked("пороми"))
    assert set(stems("Köprüler ve şehirler", None).split()) & set(meant("şehir", "tr"))


def test_scripts_without_stems_have_none_and_stay_words() -> None:
    assert stems("東京で会議が開かれた", "ja") == stems("回到北京", "zh") == ""
    assert asked("北京") == ()
    assert [word for *_, word in tokens("שלום עולם")] == ["שלום", "עולם"]


def test_words_are_cut_and_folded_as_fts5_does() -> None:
    text = "Єгипет п’ять п'ять пʼять Ärzte naïve İstanbul ŻÓŁW e\u0301te x-y a_b 3,5 km² ґанок Їжак Йод Ñandú 12:30"
    conn = sqlite3.connect(":memory:")
    conn.execute(f'create virtual table t using fts5(x, tokenize="{TOKENIZE}")')
    conn.execute("create virtual table v using fts5vocab(t, 'instance')")
    conn.execute("insert into t values (?)", (text,))
    theirs = [row[0] for row in conn.execute("select term from v order by offset")]
    # they know neither of one apostrophe for all nor of ё
    assert [word.replace("'", "ʼ") for *_, word in tokens(text)] == theirs
    assert all(fold(text[start:end]) == word for start, end, word in tokens(text))


def test_a_stem_is_one_token_to_fts5() -> None:
    text = "П’ять поромів Ärzte İstanbul'da Braník's o'clock ёлка x² жовто-блакитний ﬁnal Ⅳ"
    conn = sqlite3.connect(":memory:")
    conn.execute(f'create virtual table t using fts5(x, tokenize="{TOKENIZE}")')
    conn.execute("create virtual table v using fts5vocab(t, 'instance')")
    for language in ("uk", "en", "tr", "pl", "de", "fr"):
        conn.execute("delete from t")
        made = stems(text, language).split()
        conn.execute("insert into t values (?)", (" ".join(made),))
        assert len(made) == conn.execute("select count(*) from v").fetchone()[0]
        for token in made:
            assert conn.execute("select count(*) from t where t match ?", (f'"{token}"',)).fetchone()[0], token


def test_bare_is_what_the_forms_begin_with() -> None:
    assert bare(meant("пороми", "uk")[0]) == "пором"
    assert all(SIGN not in bare(token) for token in asked("Бранніку"))


def test_threads_share_the_dictionaries() -> None:
    words = ["порома", "книжки", "rzeki", "houses", "Häuser", "kitaplar"] * 50
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(asked, words))
    assert found == [asked(word) for word in words]


def test_one_endless_word_costs_no_more_than_its_beginning() -> None:
    assert stems("а" * 1_000_000, "uk") == stems("а" * LONGEST, "uk")
    assert len(asked("b" * 1_000_000)) < 200


def test_the_stems_of_a_text_are_bounded() -> None:
    chance = random.Random(7)
    words = ("".join(chance.choices("абвгдежзик", k=7)) for _ in range(60_000))
    assert len(stems(" ".join(words), "uk").split()) < 1_000_000


def test_the_cost_of_new_words_grows_with_their_number() -> None:
    chance = random.Random(8)

    def work(words: int) -> object:
        return stems(" ".join("".join(chance.choices("abcdefghik", k=8)) for _ in range(words)), "en")

    assert growth(work, 200) < 3

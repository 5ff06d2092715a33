"""What a reader types: an error here finds the wrong articles, or answers a reader with a syntax error."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.home import Home
from archive.query import WEIGHTS, Query, indexed, parse
from archive.schema import TOKENIZE
from archive.snippets import END, HIT, highlight, snippet
from archive.web import cells
from tests.crawling import command
from tests.keeping import captured, keep
from tests.pages import own_div
from tests.prose import prose

# what nobody sees in a pasted word
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# what is odd to the lexer, to FTS5 and to Unicode
ODD = st.text(
    alphabet=[*"\"“”«»'’ʼ-–*():^{}+,.\0\n\t aбжeёЁıİß中文ːOR", "\ue000", "\ue001", "\ud800", "\u0301", "ע"],
    max_size=40,
)
ANYTHING = (
    st.text(max_size=60)
    | ODD
    | st.lists(st.sampled_from(["OR", "AND", "NOT", "(", ")", '"', "-", "title:", "foo:", "*", "a", "війна*"])).map(
        " ".join
    )
)


class Index:
    """The two indexes as the archive has them, over texts that are given."""

    def __init__(self, *texts: tuple[str, str, str | None]) -> None:
        """``texts``: title, text and language; numbered from 1."""
        self.conn = sqlite3.connect(":memory:")
        self.conn.execute(
            f"create virtual table search_text_fts using fts5(title, text, stems, tokenize='{TOKENIZE}')"
        )
        self.conn.execute(
            f"create virtual table earlier_texts_fts using fts5(title, summary, text, tokenize='{TOKENIZE}')"
        )
        for number, text in enumerate(texts, 1):
            self.conn.execute(
                "insert into search_text_fts (rowid, title, text, stems) values (?, ?, ?, ?)",
                (number, *indexed(*text)),
            )
            self.conn.execute(
                "insert into earlier_texts_fts (rowid, title, text) values (?, ?, ?)", (number, *text[:2])
            )

    def found(self, query: str) -> list[int]:
        """The texts with what is asked, the best first."""
        sql = f"select rowid from search_text_fts where search_text_fts match ? order by bm25(search_text_fts, {WEIGHTS})"
        return [row[0] for row in self.conn.execute(sql, (parse(query).match,))]

    def earlier(self, query: str) -> list[int]:
        sql = "select rowid from earlier_texts_fts where earlier_texts_fts match ? order by rowid"
        return [row[0] for row in self.conn.execute(sql, (parse(query).history,))]


@pytest.fixture(scope="module")
def empty() -> Iterator[Index]:
    index = Index()
    yield index
    index.conn.close()


def found(query: str, *texts: str, language: str | None = None) -> list[int]:
    with closing(Index(*((f"N{n}", text, language) for n, text in enumerate(texts))).conn) as conn:
        sql = "select rowid from search_text_fts where search_text_fts match ? order by rowid"
        return [row[0] for row in conn.execute(sql, (parse(query).match,))]


def earlier(query: str, *texts: str) -> list[int]:
    index = Index(*((f"N{n}", text, None) for n, text in enumerate(texts)))
    with closing(index.conn):
        return index.earlier(query)


# whatever is typed


@settings(max_examples=400)
@given(ANYTHING)
@example("\0")
@example("\ud800")
@example('"')
@example("(" * 500)
@example("a OR " * 300)
@example("-(" * 200 + "a")
@example("title:" * 200)
def test_whatever_is_typed_is_an_expression_for_both_indexes(empty: Index, text: str) -> None:
    query = parse(text)
    for expression in (query.match, query.history):
        for table in ("search_text_fts", "earlier_texts_fts"):
            empty.conn.execute(f"select count(*) from {table} where {table} match ?", (expression,)).fetchall()
    assert query.empty == (query.match == '""') == (not query.terms)
    assert all(note.endswith(".") and "\n" not in note for note in query.notes)
    assert len(query.match) < 200_000


@settings(max_examples=200)
@given(
    st.text(
        alphabet=st.characters(exclude_characters='"“”„‟«»＂' + UNSEEN, exclude_categories=("Cs", "Cn")), max_size=60
    )
)
@example("обʼєкт")
@example("Ёлка й Й")
@example("x\ue000y")
def test_a_text_is_found_by_itself_as_a_phrase(text: str) -> None:
    if not parse(text).empty:
        assert found(f'"{text}"', "another", text) == [2]


def test_a_query_of_a_megabyte_is_cut_and_says_so() -> None:
    started = time.process_time()
    query = parse("ферма " * 200_000)
    assert time.process_time() - started < 5  # a second of it reads the dictionary
    assert query.notes[0] == "The query is too long: only its first 1000 characters were searched."
    assert "words and phrases" in query.notes[1] and len(query.notes) == 2
    assert found("x" * 1_000_000, "x" * 1000) == [1]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('ferry "of the', "A quotation mark is open"),
        ("-ferry", "only words to leave out"),
        ('-"a ferry" -title:boat', "only words to leave out"),
        ("OR ferry", "OR needs a word on either side"),
        ("ferry OR", "OR needs a word on either side"),
        ("ferry OR OR", "OR needs a word on either side"),
        ("(ferry OR) boat", "OR needs a word on either side"),
        ("ferry OR -boat", "OR cannot stand beside"),
        ("ferry - boat", "A minus with nothing after it"),
        ("ferry -", "A minus with nothing after it"),
        ("ferry NOT", "A minus with nothing after it"),
        ("ferry *", "A star alone"),
        ("f* ferry", "A star needs 2 letters"),
        ("fe*ry", "only at the end of a word: “fe*ry” was searched as “fe ry”."),
        ("*iv", "only at the end of a word: “*iv” was searched as “iv”."),
        ("NEAR(Kyiv Kharkiv, 5)", "NEAR is no operator here"),
        ("{title}:Kyiv", "Braces name no field, only “title:” before a word does: “{title}:Kyiv” was searched as “title kyiv”."),
        ("Kyiv^2", "“^” means nothing here: “Kyiv^2” was searched as “kyiv 2”."),
        ("author:smith", "There is no field “author”"),
        ('author:"a smith"', "There is no field “author”"),
        ("ferry)", "A closing bracket"),
        ("(((((ferry)))))", "Brackets more than 4 deep"),
        ("ferry title:", "“title:” stands before"),
        ("?!", "no word in it"),
    ],
)  # fmt: skip
def test_what_is_odd_is_explained_in_a_sentence(text: str, note: str) -> None:
    notes = parse(text).notes
    assert any(note in one for one in notes), notes


@pytest.mark.parametrize(
    "text",
    ["", "  ", "ferry", '"a ferry"', "ferry OR boat", "-boat ferry", "at 12:30", "https://ferries.example/a", "Ka-52",
     "title:ferry", "(ferry OR boat) -harbour", "ferr*", "NEAR", "near (the ferry)", "a near(by) ferry", "“a ferry”", "the ferry – a boat", "AND ferry"],
)  # fmt: skip
def test_what_is_not_odd_has_no_note(text: str) -> None:
    assert parse(text).notes == ()


def test_what_nobody_asked_finds_nothing() -> None:
    for text in ("", " ", "\0", "-", "*", "OR", '""', "()", "?!", "-ferry", "\ud800", HIT + END):
        query = parse(text)
        assert query.empty and (query.match, query.history) == ('""', '""')
        assert found(text, "ferry", "OR", "") == []


# what is found


@pytest.mark.parametrize("sign", UNSEEN)
def test_signs_that_nobody_sees_are_no_part_of_a_word(sign: str) -> None:
    for typed in (f"Ха{sign}рків", f"{sign}Харків", f'"у Харко{sign}ві"', f"хар{sign}к*", f"{sign}title:N0 Харків"):
        assert found(typed, "Пором у Харкові", language="uk") == [1], ascii(typed)
    assert parse(sign).empty


@pytest.mark.parametrize(
    ("typed", "text", "language"),
    [
        ("Strasse", "Die Straßen sind gesperrt", "de"),
        ("STRASSE", "Eine Straße ist gesperrt", "de"),
        ("aussenminister", "Der Außenminister sprach", "de"),
        ("Fussballs", "Ein Fußball", "de"),
        ("Masse", "Die Masse", "de"),
        ("сімя", "У сім’ї", "uk"),
        ("пять", "Пʼяти поромів", "uk"),
        ("компютери", "Комп'ютер", "uk"),
        ("здоровя", "Про здоров’я", "uk"),
    ],
)
def test_a_word_is_found_without_its_sharp_s_or_its_apostrophe(typed: str, text: str, language: str) -> None:
    assert found(typed, text, language=language) == [1]


def test_a_title_is_found_without_its_sharp_s_or_its_apostrophe() -> None:
    for typed, title, language in (
        ("Strasse", "Straßen", "de"), ("aussenminister", "Außenminister", "de"), ("сімя", "Сім’я", "uk"),
        ("компютери", "Комп'ютер", "uk"),
    ):  # fmt: skip
        index = Index((title, "", language), (f"N {title[:3]}", title, language))
        with closing(index.conn):
            assert index.found(f"title:{typed}") == [1], typed


def test_an_earlier_text_is_found_without_its_sharp_s_or_its_apostrophe() -> None:
    for typed, text in (("Strasse", "Die Straßen"), ("компютер", "Комп’ютери"), ("компютер", "Компʼютер")):
        assert earlier(typed, text) == [1], (typed, text)


@pytest.mark.parametrize(
    ("typed", "text", "language"),
    [
        ("війна", "Про війну мовчали.", "uk"),
        ("війною", "Після війни.", "uk"),
        ("станция", "На станции тихо.", "ru"),
        ("елка", "У Ёлки.", "ru"),
        ("ёлка", "У елки.", "ru"),
        ("station", "Both stations are closed.", "en"),
        ("STATIONS", "The station is closed.", "en"),
        ("Brücke", "Beide Brücken sind gesperrt.", "de"),
        ("most", "Na mostach jest ślisko.", "pl"),
        ("köprü", "Köprüler kapalı.", "tr"),
        ("об'єкт", "Нового об’єкта немає.", "uk"),
        ("об’єкти", "Новий обʼєкт.", "uk"),
        ("обʼєкт", "Об'єкти нові.", "uk"),
        ("прес-служба", "За даними прес-служби.", "uk"),
        ("λιμάνι", "Το λιμάνι είναι κλειστό.", "el"),
        ("ميناء", "أغلق ميناء المدينة", "ar"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_its_forms_and_marked(typed: str, text: str, language: str) -> None:
    assert found(typed, "Щось інше. Nothing.", text, language=language) == [2]
    marked = highlight(parse(typed), text, language)
    assert marked.count(HIT) == marked.count(END) == 1
    assert marked.replace(HIT, "").replace(END, "") == text


def test_all_words_must_be_there_in_any_order() -> None:
    assert found("harbour ferries", "a ferry", "a harbour", "the ferry of the harbours", language="en") == [3]


def test_a_phrase_stays_as_it_is() -> None:
    texts = ("the ferry runs", "ferry the runs", "the ferries run", "The FERRY, runs")
    assert found('"the ferry runs"', *texts, language="en") == [1, 4]
    assert found("“the ferry runs”", *texts, language="en") == [1, 4]
    assert found("«новий об'єкт»", "новий обʼєкт", "нового об'єкта", "новий об’єкт", language="uk") == [1, 3]
    assert found('"елка горит"', "Ёлка горит", "елки горят", language="ru") == [1]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("ferry -harbour", [1]),
        ("ferry NOT harbour", [1]),
        ('ferry -"in the harbour"', [1, 3]),
        ("ferry -harb*", [1]),
        ("ferry -(harbour OR lake)", [1]),
        ("lake OR meadow", [4, 5]),
        ("lake OR meadow OR ferry", [1, 2, 3, 4, 5]),
        ("ferry harbour OR lake", [2, 3]),
        ("(ferry harbour) OR lake", [2, 3, 4]),
        ("ferry AND harbour", [2, 3]),
        ("har*", [2, 3]),
        ('"a fer"*', [1, 2, 3]),
        ("+ferry harbour", [2, 3]),
        ("ferry -", [1, 2, 3]),
    ],
)
def test_signs_are_understood(query: str, numbers: list[int]) -> None:
    texts = ("a ferry", "a ferry in the harbour", "a ferry, a harbour", "a lake", "a meadow")
    assert found(query, *texts, language="en") == numbers


def test_a_title_is_asked_alone_in_its_forms_too() -> None:
    index = Index(
        ("Ferries run again", "a text", "en"),
        ("A text", "the ferries", "en"),
        ("Ferryman", "of a ferry", "en"),
        ("The long night", "x", "en"),
    )
    with closing(index.conn):
        assert set(index.found("title:ferry")) == {
            1,
            3,
        }  # a title's words are not told from the text's by their stems
        assert index.found("title:again") == [1] and index.found('title:"long night"') == [4]
        assert set(index.found("title:(ferries OR night) -title:ferryman")) == {1, 4}
        assert index.found("title:night*") == [4] and index.earlier("title:ferry") == [1, 3]


def test_a_word_with_signs_in_it_is_a_phrase() -> None:
    texts = ("the S-300 there", "300 of S", "S 300", "u.s. ships", "s of u")
    assert found("S-300", *texts) == [1, 3]
    assert found("u.s.", *texts) == [4]
    assert found("Ка-52", "Ка-52", "52 Ка") == [1]
    assert found("3,5", "3,5", "5,3") == [1]


def test_an_unknown_field_is_two_words_and_an_address_a_phrase() -> None:
    assert found("ferry:boat", "a boat, a ferry", "a ferry") == [1]
    assert found("12:30", "at 12:30", "30 of 12") == [1]
    assert found("https://ferries.example/a", "see https://ferries.example/a b", "https a ferries") == [1]


def test_a_script_without_spaces_is_found_by_what_a_stretch_begins_with() -> None:
    texts = ("港口关闭，渡轮停运。", "渡轮停运，港口关闭。", "今天渡轮停运。")
    assert found("渡轮", *texts, language="zh") == [
        1,
        2,
    ]  # the third stands within a stretch, which is one word to FTS5
    assert found('"港口关闭"', *texts, language="zh") == [1, 2]
    assert found("港口 渡轮", *texts, language="zh") == [1, 2]
    assert snippet(parse("渡轮"), texts[0], "zh") == f"港口关闭，{HIT}渡轮{END}停运。"


def test_a_stem_is_no_word_of_another_language() -> None:
    assert found("мир", "мир", "мыр") == [1]
    assert found("ːukвійн", "війна", language="uk") == []


# how it is ranked


def test_a_title_hit_comes_first_in_whatever_form() -> None:
    filler = prose(1, 40)
    texts = [
        (
            "Morning news",
            f"{filler} A bridge. A bridge. A bridge. The bridge is closed, said the bridge warden.",
            "en",
        ),
        ("The bridges are closed", filler, "en"),
        ("Evening news", f"{filler} A bridge.", "en"),
    ]
    others = [(f"News {n}", prose(n, 40), "en") for n in range(20)]
    index = Index(*texts, *others)
    with closing(index.conn):
        assert index.found("bridge")[0] == 2 and index.found("bridges")[0] == 2
        assert {*index.found("bridge")[:3]} == {1, 2, 3}


def test_a_document_is_not_scored_by_how_many_forms_it_has() -> None:
    filler = prose(1, 40)
    index = Index(
        ("News", f"{filler} війна війни війні війну війною воєн", "uk"),
        ("News", f"{filler} війна", "uk"),
        *((f"News {n}", filler, "uk") for n in range(30)),
    )
    with closing(index.conn):
        sql = f"select rowid, -bm25(search_text_fts, {WEIGHTS}) from search_text_fts where search_text_fts match ?"
        scores = dict(index.conn.execute(sql, (parse("війна").match,)).fetchall())
        assert scores.keys() == {1, 2} and 0.8 < scores[1] / scores[2] < 1.25


# earlier texts, which have no stems


def test_earlier_texts_are_found_by_what_forms_begin_with() -> None:
    texts = ("Про війну мовчали.", "Війська стоять.", "Обʼєкти закрито, об’єкта немає.", "У Ёлки горит ёлка.")
    assert earlier("війна", *texts) == [1]
    assert earlier("об'єкт", *texts) == earlier("обʼєкт", *texts) == [3]
    assert earlier("елки", *texts) == earlier("ёлки", *texts) == [4]
    assert earlier('"горит елка"', *texts) == [4] and earlier('"елка горит"', *texts) == []
    assert earlier("station", "both stations", "a statue") == [1]
    assert earlier("війна -мовчали", *texts) == []


def test_a_short_stem_finds_its_own_word_alone() -> None:
    assert earlier("war", "warm words", "a war") == [2]


# snippets


def test_a_snippet_is_the_stretch_with_most_of_what_is_asked() -> None:
    filler = prose(2, 20)
    text = f"The ferry left. {filler} On Monday the ferry and two boats reached the harbours. {filler}"
    cut = snippet(parse("ferry boat harbour"), text, "en", 20)
    assert cut.startswith(f"… On Monday the {HIT}ferry{END} and two {HIT}boats{END} reached the {HIT}harbours{END}.")
    assert cut.endswith(" …") and len(cut.split()) <= 22


def test_a_snippet_without_a_hit_is_the_beginning() -> None:
    assert snippet(parse("zebra"), "One two three. Four.", "en", 3) == "One two three. …"
    assert snippet(parse("zebra"), "", "en") == "" and snippet(parse(""), "?!", None) == ""


def test_a_phrase_is_marked_whole_and_its_words_elsewhere_are_not() -> None:
    marked = highlight(parse('"the ferry" boat'), "The ferry: the boat of the other ferry", "en")
    assert marked == f"{HIT}The ferry{END}: the {HIT}boat{END} of the other ferry"
    assert highlight(parse("ferr* the"), "ferry, FERRIES", None) == f"{HIT}ferry{END}, {HIT}FERRIES{END}"


def test_what_is_left_out_and_what_is_asked_of_titles_is_not_marked_in_texts() -> None:
    assert HIT not in snippet(parse("title:ferry -boat harbour"), "A ferry, a boat.", "en")
    assert highlight(parse("title:ferry"), "A ferry", "en") == f"A {HIT}ferry{END}"


@settings(max_examples=200)
@given(ANYTHING, ODD | st.text(max_size=200), st.sampled_from([None, "uk", "en", "zh", "xx"]), st.integers(1, 50))
def test_a_snippet_is_of_the_text_and_bounded(text: str, typed: str, language: str | None, words: int) -> None:
    query = parse(typed)
    for cut in (snippet(query, text, language, words), highlight(query, text, language)):
        assert cut.count(HIT) == cut.count(END)
        assert HIT not in cut.split(END, 1)[-1].partition(HIT)[0] and str(cells.marked(cut)).count(
            "<mark>"
        ) == cut.count(HIT)
    assert len(snippet(query, text, language, words)) <= 20 * words + 60


@pytest.mark.parametrize(
    "text",
    [
        "word " * 400_000,
        "x" * 2_000_000,
        "中文" * 500_000,
        ". " * 1_000_000,
        "'" * 1_000_000,
        "ферма ферми " * 100_000,
    ],
)
def test_a_text_of_megabytes_takes_no_time(text: str) -> None:
    query = parse('ферма word "x y" zebra')
    snippet(query, "ферма word", "uk")  # the dictionaries are read
    started = time.process_time()
    cut = snippet(query, text, "uk")
    assert time.process_time() - started < 2 and len(cut) < 1000


# the command


@pytest.fixture(scope="module")
def ferries(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("query") / "home")
    bodies = {
        "http://ferries.example/1": (
            "Ferries run again",
            "The ferry left the eastern bank with timber for the mill, the harbour office said.",
        ),
        "http://harbour.example/2": (
            "A quiet day",
            "Nobody was hurt when two ferries met in the fog, and the harbours stayed open.",
        ),
        "http://harbour.example/3": (
            "Порожня пристань",
            "Про війну на пристані мовчали, а човни стояли без діла до самого вечора.",
        ),
    }
    head = '<meta property="article:published_time" content="2031-04-2{}T06:00:00Z">'
    keep(
        home,
        [
            captured(url, own_div(title, [text, prose(n)], []).replace("</head>", head.format(n) + "</head>"), n)
            for n, (url, (title, text)) in enumerate(bodies.items())
        ],
    )
    return home


def ids(home: Home, *arguments: str) -> list[int]:
    done = command("search", "--json", *arguments, "--home", str(home.path))
    assert done.returncode == 0, done.stderr
    return [row["id"] for row in json.loads(done.stdout)]


def test_the_command_finds_forms_ranks_titles_first_and_marks_hits(ferries: Home) -> None:
    done = command("search", "--json", "ferry", "--home", str(ferries.path))
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == [1, 2]
    assert list(rows[0]) == ["id", "published", "source", "title", "snippet", "url"]
    assert "[ferry]" in rows[0]["snippet"] and "[ferries]" in rows[1]["snippet"]
    assert ids(ferries, "--history", "ферма") == [] and ids(ferries, "--history", "війна") == [3]
    assert ids(ferries, '"two ferries" -mill') == [2]


def test_the_command_keeps_to_what_is_asked(ferries: Home) -> None:
    assert ids(ferries, "ferry", "--source", "harbour") == [2]
    assert ids(ferries, "ferry", "--since", "2031-04-21") == [2]
    assert (
        ids(ferries, "ferry", "--until", "2031-04-20")
        == ids(ferries, "ferry", "--until", "2031-04-20", "--history")
        == [1]
    )
    assert ids(ferries, "ferry", "--kind", "official") == []
    assert ids(ferries, "ferry", "--language", "EN") == ids(ferries, "ferry", "--language", "en") == [1, 2]
    assert ids(ferries, "ferry", "--language", "fr") == []
    wrong = command("search", "ferry", "--since", "yesterday", "--home", str(ferries.path))
    assert wrong.returncode == 2 and "is not a day" in wrong.stderr


def test_the_command_says_what_is_odd_on_stderr(ferries: Home) -> None:
    done = command("search", "--nl", '"two ferries', "--home", str(ferries.path))
    assert done.returncode == 0 and "communique: A quotation mark is open" in done.stderr
    assert json.loads(done.stdout)["id"] == 2


def test_a_query_is_a_value() -> None:
    assert parse("ferry") is parse("ferry") and isinstance(parse("ferry"), Query)
    assert parse("ferry", frozenset({"en"})).match != parse("ferry").match

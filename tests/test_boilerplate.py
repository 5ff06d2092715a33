"""What repeats goes, what the page says stays: an error here hides a claim or keeps a sidebar in every text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.boilerplate import LINKS, Document, Marking, Own, compose, mark_blocks, repeated_blocks, same_document
from archive.fingerprint import block_hash
from archive.models import Block, Mark, Role
from archive.workers import Workers


def block(text: str, share: float = 0.0, kind: str = "p") -> Block:
    return Block(kind, text, block_hash(text), share)


def marks(
    texts: Sequence[str | Block],
    repeated: Sequence[str] = (),
    titles: Sequence[str] = (),
    byline: str | None = None,
    days: Sequence[str] = (),
) -> tuple[Mark | None, ...]:
    blocks = [text if isinstance(text, Block) else block(text) for text in texts]
    own = Own(frozenset(map(block_hash, titles)), byline, days=frozenset(days))
    return mark_blocks(blocks, own, frozenset(map(block_hash, repeated))).marks


OWN = "Engineers cleared the last of the wreckage from the northern basin of the harbour on Monday morning."
MORE = "Ferries to the southern islands leave again from Wednesday, as the council of the port said."
HEAD = "Share this story with your friends"
FOOT = "The port council publishes these notices every working day"
LAST = "Subscribe to the letter of the port"


def test_runs_at_head_and_tail_are_hidden_and_the_body_stays() -> None:
    assert marks([HEAD, FOOT, OWN, MORE, LAST, FOOT], [HEAD, FOOT, LAST]) == (
        "repeated",
        "repeated",
        None,
        None,
        "repeated",
        "repeated",
    )


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_what_repeats_in_the_middle_is_never_hidden(count: int) -> None:
    middle = [f"{FOOT} and line {n}" for n in range(count)]
    assert marks([OWN, *middle, MORE], middle) == (None,) * (count + 2)


def test_three_links_in_a_row_are_a_menu_wherever_they_stand() -> None:
    menu = [block(f"Harbour news {n}", 1.0, "li") for n in range(3)]
    assert marks([OWN, *menu, MORE]) == (None, "links", "links", "links", None)
    assert marks([OWN, *menu[:2], MORE]) == (None,) * 4


def test_a_menu_takes_a_repeated_heading_with_it_and_not_one_of_the_page() -> None:
    menu = [block(f"Harbour news {n}", 1.0, "li") for n in range(3)]
    assert marks([OWN, "Read also", *menu, MORE], ["Read also"])[1] == "repeated"
    assert marks([OWN, "Read also", *menu, MORE])[1] is None


@pytest.mark.parametrize(("share", "mark"), [(0.0, None), (LINKS - 0.01, None), (LINKS, "links"), (1.0, "links")])
def test_a_block_counts_as_links_from_half_of_its_letters(share: float, mark: Mark | None) -> None:
    assert marks([OWN, MORE, block("More of the port and its ferries", share)])[2] == mark


# as many outlets print them; the first half of each line is what the two sides' reports share
FIGURES = [
    "tanks ‒ 3667 (+2)",
    "tanks – 3667 (+2),",
    "tanks — 3667 units",
    "tanks - 3667",
    "tanks: 3667;",
    "танків —2413",
    "танки - 3667 (+23)од.",
    "броньованих машин ‒ 7 012 од.",
    "особового складу ‒ близько 184420 осіб (+700)",
    "personnel ‒ about 184 420 (+700) persons were liquidated",
    "personnel – more than 12 000 people",
    "personnel - approximately 1,311,180 (+1,070)",
    "personnel – 1 311 180 (+1 070)",
    "• artillery systems – 3,667 (+10)",
    "▫️ aircraft – 303 (+0)",
    "warships / boats ‒ 18 (+0)",
    "Ships (boats) – 18",
    "UAV operational-tactical level – 2,970 (+10);",
    "cruise missiles ‒ 911 (+)",
    "Artillerie – 30.070",
    "Tanks — 19 bin 100",
    "uçak: 303",
    "MLRS‒ 540 (+1)",
    "MLRS ‒ about 540",
    "tanks –\u00a03\u00a0667\u00a0(+2)",
    "10,268 tanks (+4)",
    "tanks | 3667 (+2)",
    "submarines – 1",
    "mobile SRBM system – 4",
    "special equipment – 3617 (0)",
    "vehicles – 5 500 (+20 за минулу добу)",
]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("place", ["head", "tail"])
def test_a_figure_line_that_stands_on_other_days_too_is_never_hidden(figure: str, place: str) -> None:
    texts = [figure, OWN, MORE] if place == "head" else [OWN, MORE, figure]
    assert marks(texts, [figure]) == (None, None, None)


def test_a_figure_line_that_begins_with_its_number_is_never_hidden() -> None:
    assert marks([OWN, MORE, "10,268 tanks"], ["10,268 tanks"]) == (None, None, None)
    report = [OWN, MORE, "tanks – 3667 (+2)", "35 boats", "2 submarines", "1 lighthouse"]
    assert marks(report, report[2:]) == (None,) * 6


def test_a_count_that_stands_alone_is_furniture() -> None:
    assert marks([OWN, MORE, "12 comments", HEAD, FOOT], ["12 comments", HEAD, FOOT])[2] == "repeated"


def test_a_figure_line_ends_a_run() -> None:
    assert marks([HEAD, "submarines – 1", FOOT, OWN, MORE], [HEAD, FOOT, "submarines – 1"]) == (
        "repeated",
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Call the port: +38 044 123 45 67",
        "Phone: 044 123 45 67",
        "Tel. – 044-123-45-67",
        "© 2031 Port of Vardania",
        "Copyright – 2031",
        "© Port of Vardania – 2031",
        "Page 3 of 7",
        "Vardania Today 2019-2031",
        "Fax: 123456",
    ],
)
def test_numbers_of_the_sites_own_are_no_figures(text: str) -> None:
    assert marks([OWN, MORE, text], [text])[2] == "repeated"


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee",
        "By Ann Lee",
        "By Bo Ray",
        "Photo: port office",
        "Джерело: рада порту",
        "April 25, 2031",
        "25.04.2031 14:05",
        "14 квітня 2031, 07:32",
        "Harbour reopens",
    ],
)
def test_headline_byline_and_dates_are_never_hidden_and_do_not_end_a_run(line: str) -> None:
    found = marks([HEAD, line, FOOT, OWN, MORE], [HEAD, line, FOOT], ["Harbour reopens"], "Ann Lee, Bo Ray")
    assert found[0] == found[2] == "repeated"
    assert found[1] == (
        "headline" if line == "Harbour reopens" else "credit" if "Ann" in line or "Bo" in line else None
    )
    assert found[3:] == (None, None)


DATED = ["Harbour reopens", "Published: 25 April 2031, 14:05", OWN, MORE]


def test_a_dateline_and_a_byline_that_a_field_holds_are_no_part_of_the_text() -> None:
    assert marks(DATED, [], DATED[:1], days=["2031-04-25"]) == ("headline", "credit", None, None)
    assert marks([*DATED[2:], "Ann Lee"], byline="Ann Lee") == (None, None, "credit")
    assert marks([OWN, "Ann Lee", MORE], byline="Ann Lee") == (None, None, None)


@pytest.mark.parametrize("days", [[], ["2031-04-24"], ["2031-05-25"][:0]])
def test_a_dateline_that_no_field_holds_stays(days: list[str]) -> None:
    assert marks(DATED, [], DATED[:1], days=days) == ("headline", None, None, None)


def test_a_report_of_figures_keeps_its_day() -> None:
    report = [DATED[1], OWN, MORE, "tanks – 3667 (+2)"]
    assert marks(report, days=["2031-04-25"]) == (None,) * 4


@pytest.mark.parametrize("own", ["The order holds from Monday.", MORE, "Press office of the port", "Rain: 12 mm"])
def test_a_line_of_the_pages_own_ends_a_run_however_short_it_is(own: str) -> None:
    assert marks([OWN, HEAD, own, FOOT, LAST], [HEAD, FOOT, LAST]) == (None,) * 3 + ("repeated",) * 2
    assert marks([HEAD, own, FOOT, OWN, MORE], [HEAD, FOOT]) == ("repeated", None, None, None, None)


def test_a_list_of_links_and_what_they_lead_to_is_hidden() -> None:
    teasers = [
        block(f"{text} {n}", share, "li")
        for n in range(3)
        for text, share in (("Harbour news", 1.0), ("The council met and voted on the mole.", 0.2))
    ]
    assert marks([OWN, MORE, *teasers]) == (None, None, *["links"] * 6)
    assert marks([OWN, *teasers, MORE]) == (None, *["links"] * 6, None)
    points = [block(f"Point {n} of the order holds from Monday", 0.2, "li") for n in range(5)]
    assert marks([OWN, MORE, teasers[0], *points]) == (None,) * 8


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    own = block("港口在星期一上午清理了最后的残骸，渡轮从星期三起重新开往南方的岛屿，议会这样宣布。")
    assert mark_blocks([own, block(FOOT)], Own(), {block_hash(FOOT)}) == Marking((None, "repeated"))


@pytest.mark.parametrize("role", ["aside", "twice", "summary"])
def test_what_the_page_itself_sets_apart_is_marked(role: Role) -> None:
    blocks = [block(OWN), block(HEAD)._replace(role=role), block(MORE)]
    assert mark_blocks(blocks, Own(), frozenset()).marks == (None, role, None)
    assert mark_blocks(blocks, Own(), frozenset(), {}, frozenset({role})).marks == (None, None, None)


def test_a_standfirst_on_other_documents_is_the_sites_slogan() -> None:
    blocks = [block(OWN), block(HEAD)._replace(role="summary"), block(MORE)]
    assert mark_blocks(blocks, Own(), {block_hash(HEAD)}).marks == (None, "repeated", None)


def test_a_box_does_not_end_a_run() -> None:
    blocks = [block(OWN), block(MORE), block(HEAD), block(FOOT)._replace(role="aside"), block(LAST)]
    found = mark_blocks(blocks, Own(), {block_hash(HEAD), block_hash(LAST)}).marks
    assert found == (None, None, "repeated", "aside", "repeated")


def test_where_boxes_are_nearly_all_there_is_nothing_is_hidden() -> None:
    blocks = [block("Harbour is open"), block(MORE)._replace(role="aside")]
    assert mark_blocks(blocks, Own(), frozenset()) == Marking((None, None), "3 of 19 words would be left")


def test_a_page_of_which_hardly_a_twentieth_would_be_left_is_spared_and_says_so() -> None:
    long = [prose(f"side{n}", 40) for n in range(10)]
    found = mark_blocks([block(OWN), *map(block, long)], Own(), set(map(block_hash, long)))
    assert found == Marking((None,) * 11, "17 of 417 words would be left")
    assert mark_blocks([block(OWN), *map(block, long[:8])], Own(), set(map(block_hash, long))).spared is None


@pytest.mark.parametrize("rule", ["repeated", "links", "headline", "credit"])
def test_each_mark_can_be_left_out(rule: str) -> None:
    blocks = [
        block("Harbour reopens"),
        block("Ann Lee"),
        block(OWN),
        block(MORE),
        block("All news", 1.0),
        block(FOOT),
    ]
    own, repeated = Own(frozenset({block_hash("Harbour reopens")}), "Ann Lee"), {block_hash(FOOT)}
    whole = ("headline", "credit", None, None, "links", "repeated")
    assert mark_blocks(blocks, own, repeated).marks == whole
    left = mark_blocks(blocks, own, repeated, {}, frozenset({rule})).marks
    assert rule not in left and set(left) < set(whole)


def test_what_was_decided_to_be_kept_is_never_hidden_and_does_not_end_a_run() -> None:
    blocks = list(map(block, [OWN, MORE, HEAD, FOOT, LAST]))
    repeated = {block_hash(text) for text in (HEAD, FOOT, LAST)}
    assert mark_blocks(blocks, Own(), repeated, {block_hash(FOOT): "keep"}).marks == (
        None,
        None,
        "repeated",
        None,
        "repeated",
    )


def test_what_was_decided_to_be_hidden_is_hidden_wherever_it_stands() -> None:
    figure = "tanks – 3667 (+2)"
    for text in (HEAD, figure):
        found = mark_blocks(list(map(block, [OWN, text, MORE])), Own(), frozenset(), {block_hash(text): "hide"})
        assert found.marks == (None, "hidden", None)


def test_a_long_line_that_begins_as_a_credit_is_furniture_like_any_other() -> None:
    line = "Source of all notices on these pages is the office of the port of Vardania"
    assert marks([OWN, MORE, line], [line])[2] == "repeated"


def test_where_hardly_anything_would_be_left_nothing_is_hidden() -> None:
    assert marks([HEAD, "Harbour is open", FOOT], [HEAD, FOOT]) == (None, None, None)
    assert marks([HEAD, FOOT], [HEAD, FOOT]) == (None, None)


def test_a_headline_and_a_byline_do_not_count_as_what_is_left() -> None:
    title = "Harbour of Vardania reopens after the wreckage of seven vessels was cleared away"
    assert marks([title, "Ann Lee", FOOT], [FOOT], [title], "Ann Lee") == ("headline", None, None)


def test_the_headline_at_the_top_of_the_text_is_marked_once() -> None:
    assert marks(["Harbour reopens", OWN, "Harbour reopens"], [], ["Harbour reopens"]) == ("headline", None, None)
    assert marks([OWN, "Harbour reopens"], [], ["Harbour reopens"]) == (None, None)
    assert marks([HEAD, "HARBOUR REOPENS!", OWN], [HEAD], ["Harbour reopens"]) == ("repeated", "headline", None)
    assert marks(["Harbour reopens"], [], ["Harbour reopens"]) == (None,)


def test_an_empty_page_has_no_marks() -> None:
    assert marks([]) == ()


def test_no_page_can_hold_the_marking_up() -> None:
    workers = Workers(1)
    try:
        one = (Block("p", "1," * 100_000, 1),)
        workers.submit(mark_blocks, one, Own(), frozenset[int](), timeout=4).result()
    finally:
        workers.close(wait_for=False)


TEXTS = st.sampled_from([OWN, MORE, HEAD, FOOT, LAST, "submarines – 1", "Ann Lee", "Harbour reopens", "25.04.2031"])
BLOCKS = st.lists(st.builds(block, TEXTS, st.sampled_from([0.0, 0.4, 0.6, 1.0])), max_size=12)


@given(BLOCKS, st.sets(TEXTS))
def test_only_what_repeats_or_links_is_hidden_and_only_in_runs(blocks: list[Block], repeated: set[str]) -> None:
    found = marks(blocks, sorted(repeated), ["Harbour reopens"], "Ann Lee")
    hidden = [i for i, mark in enumerate(found) if mark in ("repeated", "links")]
    for i in hidden:
        assert found[i] == ("repeated" if blocks[i].text in repeated else "links")
        assert blocks[i].text in repeated or blocks[i].link_share >= LINKS
        assert blocks[i].text not in ("submarines – 1", "Ann Lee", "Harbour reopens", "25.04.2031")
    neutral = {i for i, b in enumerate(blocks) if b.text in ("Ann Lee", "Harbour reopens", "25.04.2031")}
    taken = neutral | set(hidden)
    for i in hidden:
        at_head = all(n in taken for n in range(i))
        at_tail = all(n in taken for n in range(i, len(blocks)))
        if not (at_head or at_tail):
            first, last = i, i
            while first - 1 in hidden:
                first -= 1
            while last + 1 in hidden:
                last += 1
            assert last - first >= 2, "hidden in the middle without a menu"
    assert found.count("headline") <= 1


@given(BLOCKS, st.sets(TEXTS))
def test_marking_looks_at_nothing_but_its_arguments(blocks: list[Block], repeated: set[str]) -> None:
    assert marks(blocks, sorted(repeated)) == marks(blocks, sorted(repeated, reverse=True))


# --- one document or two ---


def document(title: str, *texts: str) -> Document:
    return Document.of([block_hash(title)], map(block, texts))


def prose(name: str, words: int = 25) -> str:
    return " ".join(f"{name}{n}" for n in range(words))


def nowhere(_: int) -> bool:
    return False


SIDEBAR = [prose("sidebar", 40), prose("banner", 40)]


def on_third(*texts: str) -> Mapping[int, bool]:
    return {block_hash(text): True for text in texts}


def test_a_story_at_a_second_address_is_the_same_document() -> None:
    one = document("Harbour", prose("a"), prose("b"), prose("c"))
    other = document("Harbour", prose("a"), prose("b"), prose("c"), "Print version")
    assert same_document(one, other, nowhere, many=False)
    assert same_document(other, one, nowhere, many=True)


def test_a_copy_under_another_title_is_the_same_document_once_a_third_could_speak() -> None:
    one = document("Harbour", prose("a"), prose("b"))
    other = document("Port open again", prose("a"), prose("b"), prose("x"))
    assert same_document(one, other, nowhere, many=True)
    assert not same_document(one, other, nowhere, many=False)


def test_two_stories_that_share_nothing_are_two() -> None:
    assert not same_document(document("Harbour", prose("a")), document("Harbour", prose("b")), nowhere, many=True)


def test_the_same_title_over_another_text_is_another_document() -> None:
    one = document("Losses of the day", prose("a"), prose("shared", 5))
    other = document("Losses of the day", prose("b"), prose("shared", 5))
    assert not same_document(one, other, nowhere, many=True)


def test_a_sidebar_longer_than_the_text_does_not_make_two_stories_one() -> None:
    one = document("Harbour", prose("a", 20), *SIDEBAR)
    other = document("Ferry", prose("b", 20), *SIDEBAR)
    known = on_third(*SIDEBAR)
    assert not same_document(one, other, lambda h: known.get(h, False), many=True)
    assert not same_document(one, other, nowhere, many=False), "with two documents, nobody can tell: they are two"


def test_a_sidebar_longer_than_the_text_does_not_make_two_days_of_one_title_one() -> None:
    one = document("Losses of the day", prose("a", 20), *SIDEBAR)
    other = document("Losses of the day", prose("b", 20), *SIDEBAR)
    known = on_third(*SIDEBAR)
    assert not same_document(one, other, lambda h: known.get(h, False), many=True)


def test_a_copy_stays_a_copy_where_its_sidebar_stands_on_a_third() -> None:
    one = document("Harbour", prose("a", 40), *SIDEBAR)
    other = document("Port open again", prose("a", 40), *SIDEBAR)
    known = on_third(*SIDEBAR)
    assert same_document(one, other, lambda h: known.get(h, False), many=True)


def test_lists_of_links_are_no_prose() -> None:
    linked = [Block("li", prose(f"m{n}"), block_hash(prose(f"m{n}")), 1.0) for n in range(3)]
    one = Document.of([1], [block(prose("a")), *linked])
    other = Document.of([2], [block(prose("b")), *linked])
    assert not same_document(one, other, nowhere, many=True)


@given(st.lists(TEXTS, max_size=6), st.lists(TEXTS, max_size=6), st.booleans(), st.booleans())
def test_being_one_document_is_mutual(one: list[str], other: list[str], same_title: bool, many: bool) -> None:
    a, b = document("T", *one), document("T" if same_title else "U", *other)
    assert same_document(a, b, nowhere, many) == same_document(b, a, nowhere, many)


def repeated_on(documents: Sequence[Document], n: int, many: bool) -> frozenset[int]:
    others = {h: [m for m, other in enumerate(documents) if m != n and h in other.words] for h in documents[n].words}
    return repeated_blocks(documents[n], others, documents.__getitem__, many)


def test_a_sidebar_is_repeated_from_the_second_story_on() -> None:
    documents = [document("Harbour", prose("a", 60), *SIDEBAR), document("Ferry", prose("b", 60), *SIDEBAR)]
    assert repeated_on(documents, 0, many=False) == {block_hash(text) for text in SIDEBAR}


def test_a_story_at_two_addresses_repeats_nothing_of_itself() -> None:
    documents = [document("Harbour", prose("a"), prose("b")), document("Harbour", prose("a"), prose("b"))]
    assert repeated_on(documents, 0, many=False) == frozenset()


def test_a_story_at_two_addresses_still_loses_the_sidebar_that_a_third_carries() -> None:
    documents = [
        document("Harbour", prose("a", 60), *SIDEBAR),
        document("Harbour", prose("a", 60), *SIDEBAR),
        document("Ferry", prose("b", 60), *SIDEBAR),
    ]
    for n in range(3):
        assert repeated_on(documents, n, many=True) == {block_hash(text) for text in SIDEBAR}


def test_what_no_other_document_carries_is_not_repeated() -> None:
    documents = [document("Harbour", prose("a")), document("Ferry", prose("b"))]
    assert repeated_on(documents, 0, many=False) == frozenset()


# --- the text ---


def test_paragraphs_stand_apart_and_items_rows_and_lines_below_each_other() -> None:
    blocks = [
        block("One", kind="heading"),
        block("Two"),
        block("Three", kind="line"),
        block("Four", kind="li"),
        block("Five", kind="line"),
        block("Six", kind="li"),
        block("Seven", kind="row"),
        block("Eight", kind="row"),
        block("Nine"),
        block("Ten"),
    ]
    assert compose(blocks, [None] * 10) == ("One\n\nTwo\nThree\n\nFour\nFive\nSix\n\nSeven\nEight\n\nNine\n\nTen")


def test_hidden_blocks_leave_no_trace_in_the_text() -> None:
    blocks = [block(HEAD), block(OWN), block(LAST, kind="line"), block(MORE)]
    assert compose(blocks, ["repeated", None, "links", None]) == f"{OWN}\n\n{MORE}"
    assert compose(blocks, ["repeated"] * 4) == ""


KINDS = st.sampled_from(["p", "heading", "li", "quote", "row", "code", "line"])


@given(st.lists(st.tuples(st.builds(block, TEXTS, kind=KINDS), st.sampled_from([None, "repeated"])), max_size=10))
def test_the_words_of_a_text_are_those_of_its_unmarked_blocks(pairs: list[tuple[Block, Mark | None]]) -> None:
    text = compose([b for b, _ in pairs], [mark for _, mark in pairs])
    assert text.split() == [word for b, mark in pairs if mark is None for word in b.text.split()]
    assert "\n\n\n" not in text
    assert all(one or other for one, other in pairwise(text.split("\n")))

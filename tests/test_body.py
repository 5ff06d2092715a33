"""What is text on a page and what is not: an error here hides a report, or keeps what is not of it."""

from __future__ import annotations

from html import escape

import pytest
from lxml import etree
from trafilatura.utils import load_html

from archive.asides import mark_asides
from archive.body import Body, read_body
from archive.fingerprint import ALL_STEPS, block_hash
from archive.letters import PageLetters
from archive.models import Block, Hints

TITLE = "Harbour of Vardania reopens"
LEAD = "After eleven days of clearing work the first ferries leave the northern basin this morning."
TEXT = (
    "Engineers of the port lifted the last of three sunken barges on Sunday night, and pilots tried the channel twice.",
    "The council had closed the basin after a storm tore the barges from their moorings and threw them on the wall.",
    "Nobody was hurt, but two warehouses lost their roofs, and the fish market stood under water for a week or more.",
    "Ships with more than four metres of draught must wait until the dredger from Ost has gone over the sand bank.",
    "The mayor said on Monday that the insurance pays for the wall, while the city pays for the lamps and the crane.",
    "A second tug will be stationed at the breakwater from May on, as the captains have asked for years to no avail.",
)
FIGURES = ("tanks – 3667 (+2)", "barges – 41 (+3)", "ferries – 12 (+0)")


def p(*texts: str) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def page(*parts: str, head: str = "", around: str = "") -> str:
    return (
        f"<html><head><title>{TITLE}</title>{head}</head><body><main><article><h1>{TITLE}</h1>{''.join(parts)}"
        f"</article></main>{around}</body></html>"
    )


def read(source: str, hints: Hints | None = None, without: str | None = None, description: str | None = None) -> Body:
    steps = ALL_STEPS - {without} if without else ALL_STEPS
    return read_body(load_html(source), None, hints or Hints(), steps, (TITLE,), description)


def text(body: Body) -> list[str]:
    return [block.text for block in body.blocks if block.role is None and block.text != TITLE]


def of_role(body: Body, role: str) -> list[str]:
    return [block.text for block in body.blocks if block.role == role]


def described(words: str) -> str:
    return f'<meta property="og:description" content="{escape(words)}">'


# the standfirst


@pytest.mark.parametrize(
    "printed",
    [f'<div class="x"><p>{LEAD}</p></div>', f"<h2>{LEAD}</h2>", p(LEAD), f"<header><div>{LEAD}</div></header>"],
)
def test_the_standfirst_is_the_printed_description_wherever_it_stands_above_the_text(printed: str) -> None:
    body = read(page(printed, p(*TEXT), head=described(LEAD)))
    assert of_role(body, "summary") == [LEAD]
    assert text(body) == list(TEXT)
    assert "standfirst:stated" in body.steps


def test_a_description_from_the_pages_data_names_the_standfirst_too() -> None:
    assert of_role(read(page(p(LEAD), p(*TEXT)), description=LEAD), "summary") == [LEAD]


@pytest.mark.parametrize("words", [f"{LEAD[:70]}…", f"PORT. {LEAD}"])
def test_a_description_cut_short_or_longer_names_it_too(words: str) -> None:
    assert of_role(read(page(f"<div>{LEAD}</div>", p(*TEXT), head=described(words))), "summary") == [LEAD]


def test_a_sentence_by_itself_between_headline_and_text_is_a_standfirst_without_a_description() -> None:
    source = page(f'<p class="x">{LEAD}</p>', '<div class="body">', p(*TEXT), "</div>")
    body = read(source)
    assert [*of_role(body, "summary"), *text(body)] == [LEAD, *TEXT]


def test_a_description_that_is_not_printed_is_no_standfirst() -> None:
    body = read(page(p(*TEXT), head=described("All that is new in and around the harbour, every day at six.")))
    assert not of_role(body, "summary")
    assert text(body) == list(TEXT)


def test_a_report_that_is_its_own_description_stays_text() -> None:
    body = read(page(p(TEXT[0]), head=described(TEXT[0])))
    assert (of_role(body, "summary"), text(body)) == ([], [TEXT[0]])


def test_a_caption_above_the_text_is_no_standfirst() -> None:
    body = read(page(f'<div><img src="a.jpg"><div>{LEAD}</div></div>', p(*TEXT)))
    assert LEAD not in of_role(body, "summary")


def test_without_the_step_nothing_is_a_standfirst() -> None:
    body = read(page(p(LEAD), p(*TEXT), head=described(LEAD)), without="standfirst")
    assert not of_role(body, "summary")
    assert LEAD in text(body)


def test_what_is_added_stands_where_it_stands_on_the_page() -> None:
    body = read(page(f"<header><div>{LEAD}</div></header>", p("3 May 2031", *TEXT), head=described(LEAD)))
    printed = [TITLE, LEAD, "3 May 2031", *TEXT]
    assert [block.text for block in body.blocks] == [
        words for words in printed if words in {*text(body), TITLE, LEAD}
    ]


# printed twice


def test_a_text_that_is_printed_twice_is_kept_once() -> None:
    source = page("<div>", p(*TEXT), "</div><section>", p(*TEXT), "</section>")
    body = read(source)
    assert text(body) == list(TEXT)


def test_a_paragraph_that_is_printed_again_has_the_role_and_stays_without_the_step() -> None:
    source = page(p(*TEXT[:4], TEXT[1], *TEXT[4:]))
    assert of_role(read(source), "twice") == [TEXT[1]]
    assert of_role(read(source, without="twice"), "twice") == []


def test_a_pulled_quote_is_not_kept_beside_the_text_it_is_pulled_from() -> None:
    pulled = TEXT[2][:70]
    body = read(page(p(*TEXT[:4]), f"<blockquote>{pulled}</blockquote>", p(*TEXT[4:])))
    assert of_role(body, "twice") == [pulled]


@pytest.mark.parametrize("again", ["Yes, of course we do.", FIGURES[0]])
def test_short_lines_and_figures_are_said_again(again: str) -> None:
    body = read(page(p(TEXT[0], again, TEXT[1], TEXT[2], again, *TEXT[3:])))
    assert text(body).count(again) == 2


def test_a_passage_that_is_printed_again_in_another_place_is_said_again() -> None:
    body = read(page(p(*TEXT, LEAD, TEXT[1], TEXT[2])))
    assert text(body) == [*TEXT, LEAD, TEXT[1], TEXT[2]]


def test_a_formula_that_stands_three_times_is_no_copy() -> None:
    formula = "Over the past day the enemy made no attempts to advance on this section of the front."
    body = read(page(p(TEXT[0], formula, TEXT[1], formula, TEXT[2], formula)))
    assert text(body).count(formula) == 3


def test_the_text_that_begins_with_the_words_of_the_headline_is_no_copy_of_it() -> None:
    source = page(p(*TEXT)).replace(TITLE, TEXT[2])
    assert TEXT[2] in [block.text for block in read(source).blocks if block.role is None and block.kind == "p"]


# what is not of the text


@pytest.mark.parametrize(
    "box",
    [
        '<p><a href="/1">More on the storm that tore the barges from their moorings</a></p>',
        '<p>MORE: <a href="/1">The storm that tore the barges from their moorings in a night</a></p>',
        '<h3>Read also</h3><ul><li><a href="/1">The storm and the barges</a></li><li><a href="/2">The wall</a></li></ul>',
    ],
)
def test_teasers_within_the_text_are_asides(box: str) -> None:
    source = page(p(*TEXT[:3]), box, p(*TEXT[3:]))
    body = read(source)
    assert text(body) == list(TEXT)
    assert of_role(read(source, without="asides"), "aside") == []
    assert "The storm" not in " ".join(text(body))


@pytest.mark.parametrize(
    "box",
    [
        '<div><p>Sign up for the harbour letter, each morning.</p><input type="email"><button>Go</button></div>',
        "<div><p>The map is not shown before you agree to it.</p><button>Show it</button></div>",
    ],
)
def test_a_box_with_a_field_or_a_button_is_no_text(box: str) -> None:
    body = read(page(p(*TEXT[:3]), box, p(*TEXT[3:])))
    assert text(body) == list(TEXT)


def test_links_and_buttons_within_a_paragraph_make_no_box_of_it() -> None:
    linked = (
        TEXT[1].replace("the basin", '<a href="/basin">the basin</a>').replace("a storm", "<button>a storm</button>")
    )
    body = read(page(p(TEXT[0]), f"<p>{linked}</p>", p(*TEXT[2:])))
    assert len(text(body)) == len(TEXT)
    assert text(body)[1].startswith("The council had closed the basin")


def test_read_more_without_a_link_is_text() -> None:
    said = "Read more: the council put the plans for the wall on show in the town hall, where they can be seen."
    assert said in text(read(page(p(*TEXT[:3], said, *TEXT[3:]))))


def test_a_caption_is_no_text_and_its_table_is() -> None:
    figure = f'<figure><img src="a.jpg"><figcaption>{LEAD}</figcaption></figure>'
    table = "<table><tr><th>Berth</th><th>Opens</th></tr><tr><td>North</td><td>3 May</td></tr></table>"
    body = read(page(p(*TEXT[:3]), figure, table, p(*TEXT[3:])))
    assert LEAD not in text(body)
    assert "North | 3 May" in text(body)


def test_class_names_hide_nothing() -> None:
    source = page('<div class="sidebar widget newsletter share related">', p(*TEXT[2:4]), "</div>", p(*TEXT))
    assert set(TEXT) <= set(text(read(source)))


def test_figure_lines_are_never_asides() -> None:
    blocks = [Block("p", line, block_hash(line), 1.0 if line in FIGURES else 0.0) for line in (*TEXT, *FIGURES, LEAD)]
    tree = load_html(page(p(*TEXT, *FIGURES, LEAD)))
    assert mark_asides(tree, PageLetters(tree), blocks) == blocks


def test_a_page_of_links_keeps_them() -> None:
    links = "".join(f'<p><a href="/{n}">{line}</a></p>' for n, line in enumerate(TEXT))
    assert not of_role(read(page(links)), "aside")


# where two extractors disagree

SIDEBAR = [f"{words} It is told in all the taverns of the islands, and each time with another end." for words in TEXT]


@pytest.mark.parametrize(
    "where", ["<div>{}</div>", '<div class="widget"><div>{}</div></div>', "<section>{}</section>"]
)
def test_a_short_report_is_not_given_up_for_a_long_essay_beside_it(where: str) -> None:
    report = ("Losses of the fleet on 3 May:", *FIGURES, "One more barge was found on the sand bank in the night.")
    essay = where.format(p(*(line[::-1] for line in SIDEBAR)))
    body = read(page(p(*report), around=essay))
    assert set(report) <= set(text(body))


def test_the_container_with_the_prose_is_taken_where_two_find_it_and_trafilatura_does_not() -> None:
    teasers = "".join(f"<div><h3>Story {n}</h3><p>{SIDEBAR[n % 6][::-1]}</p></div>" for n in range(12))
    source = page('<div class="text">', p(*TEXT, *SIDEBAR), "</div>", around=f"<div>{teasers}</div>")
    assert text(read(source))[: len(TEXT)] == list(TEXT)


def test_the_containers_of_one_article_are_joined() -> None:
    parts = "".join(f'<div class="part"><div>{p(*chunk)}</div></div>' for chunk in (TEXT[:2], TEXT[2:4], TEXT[4:]))
    assert text(read(page(parts))) == list(TEXT)


# hints


def test_a_hinted_container_is_taken_whatever_else_is_on_the_page() -> None:
    source = page('<div class="text">', p(*TEXT), "</div>", f'<div class="more">{p(*SIDEBAR)}</div>')
    body = read(source, Hints(container=("div.text",)))
    assert text(body) == list(TEXT)
    assert "hint:container" in body.steps


def test_hinted_containers_are_read_in_page_order_with_kinds_and_lines() -> None:
    second = (
        "<div class='b'><h2>What opens</h2><ul><li>North</li></ul><p>tanks – 12 (+2)<br>ferries – 3 (+0)</p></div>"
    )
    source = page(second, f"<div class='a'>{p(*TEXT)}</div>")
    found = read(source, Hints(container=("div.a", "div.b"))).blocks
    assert [(block.kind, block.text) for block in found[:4]] == [
        ("heading", "What opens"),
        ("li", "North"),
        ("p", "tanks – 12 (+2)"),
        ("line", "ferries – 3 (+0)"),
    ]
    assert [block.text for block in found[4:]] == list(TEXT)


@pytest.mark.parametrize("selector", ["div.gone", "h1", "time"])
def test_a_container_that_matches_nothing_or_hardly_any_text_is_given_up_and_said(selector: str) -> None:
    body = read(page(p(*TEXT)), Hints(container=(selector,)))
    assert text(body) == list(TEXT)
    assert "hint:container unmatched" in body.steps


def test_what_is_dropped_is_an_aside_and_a_drop_that_matches_nothing_is_said() -> None:
    source = page(p(*TEXT[:3]), f'<div class="promo">{p(LEAD)}</div>', p(*TEXT[3:]))
    assert LEAD in text(read(source))
    body = read(source, Hints(drop=(".promo",)))
    assert text(body) == list(TEXT)
    assert "hint:drop unmatched" not in body.steps
    assert "hint:drop unmatched" in read(source, Hints(drop=(".gone",))).steps


def test_within_a_hinted_container_what_is_dropped_is_left_out() -> None:
    source = page('<div class="text">', p(*TEXT[:3]), f'<div class="promo">{p(LEAD)}</div>', p(*TEXT[3:]), "</div>")
    assert text(read(source, Hints(container=(".text",), drop=(".promo",)))) == list(TEXT)


def test_without_the_step_hints_are_not_looked_at() -> None:
    body = read(page(p(*TEXT)), Hints(container=(".gone",), drop=(".gone",)), without="hints")
    assert not [step for step in body.steps if step.startswith("hint")]


# all of it


@pytest.mark.parametrize("step", sorted(ALL_STEPS))
def test_a_plain_page_reads_the_same_without_any_step(step: str) -> None:
    source = page(p(*TEXT))
    assert read(source, without=step).blocks == read(source).blocks


def test_reading_leaves_the_tree_as_it_is_and_knows_nothing_of_other_pages() -> None:
    source = page(f"<div>{LEAD}</div>", p(*TEXT), "<p><a href='/1'>The storm</a></p>", head=described(LEAD))
    tree = load_html(source)
    before = etree.tostring(tree)
    first = read_body(tree, None, titles=(TITLE,))
    assert etree.tostring(tree) == before
    read(page(p(*SIDEBAR)))
    again = read_body(load_html(source), None, titles=(TITLE,))
    assert (first.blocks, first.steps) == (again.blocks, again.steps)


@pytest.mark.parametrize(
    "noise", ["\0" * 10, "<div>" * 10_000, "<a href=x>" * 3_000, "<input>" * 20_000, "<p>" * 20_000]
)
def test_hostile_markup_around_a_text_costs_no_more_than_time(noise: str) -> None:
    source = page(p(*TEXT), around=noise).replace("\0", "")
    assert set(TEXT) <= set(text(read(source)))

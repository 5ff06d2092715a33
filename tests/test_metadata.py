"""What a page states about itself: whom to trust first, and what a hostile page may not do."""

from __future__ import annotations

import json

import pytest
from trafilatura.utils import load_html

from archive.metadata import Metadata, read_metadata

URL = "https://news.vardania.example/harbour"
BODY = "<h1>Harbour reopens</h1><p>The harbour of Vardania reopened on Monday.</p>"


def ld(*things: object) -> str:
    """One script element for each thing; a text is put in as it is."""
    scripts = (thing if isinstance(thing, str) else json.dumps(thing) for thing in things)
    return "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)


def story(**fields: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", **fields}


def read(head: str = "", body: str = BODY, root: str = "<html>") -> Metadata:
    tree = load_html(f"{root}<head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return read_metadata(tree, URL, "Europe/Kyiv")


JSON_LD = ld(story(headline="From JSON-LD", datePublished="2031-04-25T10:00:00Z"))
META = '<meta property="og:title" content="From meta"><meta name="date" content="2031-04-24T10:00:00Z">'
TIME = '<h1>From h1</h1><time datetime="2031-04-23T10:00:00Z">then</time><p>22.04.2031, 13:00</p>'
PRINTED = "<h1>From h1</h1><p>22.04.2031, 13:00</p>"


@pytest.mark.parametrize(
    ("head", "body", "title", "at", "found"),
    [
        (META + JSON_LD, TIME, "From JSON-LD", "2031-04-25T10:00:00Z", "json-ld"),
        (META, TIME, "From meta", "2031-04-24T10:00:00Z", "meta"),
        ("", TIME, "From h1", "2031-04-23T10:00:00Z", "time-element"),
        ("", PRINTED, "From h1", "2031-04-22T10:00:00Z", "text"),
    ],
)
def test_trust_goes_from_json_ld_by_meta_and_time_to_what_is_printed(
    head: str, body: str, title: str, at: str, found: str
) -> None:
    meta = read(head, body)
    assert meta.title == title
    assert meta.headline == "From h1"
    assert meta.published is not None
    assert (meta.published.at, meta.published.found) == (at, found)


@pytest.mark.parametrize(
    "value", ["", "soon", "2031-04", 20310425, None, ["x"], {"@value": "2031-04-25"}, "31.02.2031"]
)
def test_a_time_that_is_none_falls_through_to_the_next_source(value: object) -> None:
    meta = read(ld(story(headline="x", datePublished=value)) + META)
    assert meta.published is not None
    assert meta.published.found == "meta"


def test_the_time_after_the_headline_goes_before_one_in_a_list_above_it() -> None:
    meta = read("", '<ul><li><time datetime="2031-01-01">old</time></li></ul>' + TIME)
    assert meta.published is not None
    assert meta.published.day == "2031-04-23"


def test_a_line_saying_when_it_was_updated_is_not_when_it_was_published() -> None:
    meta = read("", "<h1>Harbour</h1><p>Updated: 29.04.2031, 10:00</p><p>25.04.2031, 09:00</p>")
    assert meta.published is not None
    assert meta.published.day == "2031-04-25"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ("<p><span>12 April, 2031</span>, <span>7:32 AM EEST</span></p>", "2031-04-12T04:32:00Z"),
        ("<p><b>14:05</b> <i>12.04.2031</i></p>", "2031-04-12T11:05:00Z"),
        ("<p>12 April, 2031<!-- -->, <!-- -->7:32 AM<!-- --> EEST</p>", "2031-04-12T04:32:00Z"),
        ("<p>12.04.2031, 10:00</p><p>14:05</p>", "2031-04-12T07:00:00Z"),
        ("<p>12.04.2031</p><p>14:05 Another story</p>", "2031-04-11T21:00:00Z"),
    ],
)
def test_a_time_in_an_element_of_its_own_belongs_to_the_day_beside_it(body: str, at: str) -> None:
    meta = read("", f"<h1>Harbour</h1>{body}<p>The harbour of Vardania reopened.</p>")
    assert meta.published is not None
    assert meta.published.at == at


def test_a_date_in_the_headline_is_not_when_the_page_came_out() -> None:
    headline = "<h1>Ships in the harbour on April 11, 2031</h1>"
    assert read("", f"{headline}<p>The harbour of Vardania was full.</p>").published is None
    meta = read("", f"{headline}<p>12.04.2031 (14:05)</p>")
    assert meta.published is not None
    assert meta.published.at == "2031-04-12T11:05:00Z"


@pytest.mark.parametrize(
    "line",
    [
        "MERIDIAN, May 7. /VNA/. The harbour of Vardania reopened.",
        "Меридіан. 7 травня. ВНА - Порт Варданії відкрито.",
        "Since 24 February 2031 the harbour of Vardania had been closed, and the ships lay before it, said the port.",
    ],
)
def test_no_year_is_ever_supplied_to_a_dateline(line: str) -> None:
    furniture = "<footer><p>© 2031 Vardania News Agency</p></footer>"
    assert read("", f"<h1>Harbour</h1><p>{line}</p><p>{line} Again.</p>{furniture}").published is None
    meta = read("", f"<h1>Harbour</h1><p>8 May 2031, 10:00</p><p>{line}</p>{furniture}")
    assert meta.published is not None
    assert meta.published.at == "2031-05-08T07:00:00Z"


def test_of_a_twelve_hour_clock_the_day_is_kept_and_the_time_only_as_printed() -> None:
    tree = load_html("<html><body><h1>Harbour</h1><p>- Published Date: 06:34 | 13 June 2031</p></body></html>")
    assert tree is not None
    published = read_metadata(tree, URL, "Europe/Istanbul", "12h").published
    assert published is not None
    assert (published.at, published.day) == ("2031-06-12T21:00:00Z", "2031-06-13")
    assert published.printed == "- Published Date: 06:34 | 13 June 2031"


def test_a_page_without_any_time_has_none() -> None:
    meta = read()
    assert (meta.published, meta.modified) == (None, None)


def test_modified_is_read_apart_from_published() -> None:
    meta = read(ld(story(headline="x", datePublished="2031-04-25T10:00:00Z", dateModified="2031-04-26T11:00:00Z")))
    assert meta.published is not None and meta.modified is not None
    assert (meta.published.day, meta.modified.at) == ("2031-04-25", "2031-04-26T11:00:00Z")


@pytest.mark.parametrize(
    "things",
    [
        [story(headline="Wanted")],
        [[{"@type": "Organization", "name": "V", "url": "x", "logo": "y"}, story(headline="Wanted")]],
        [{"@context": "x", "@graph": [{"@type": "WebPage", "name": "w", "a": 1, "b": 2}, story(headline="Wanted")]}],
        [{"@type": "WebPage", "mainEntity": story(headline="Wanted")}],
        [{"@type": ["Thing", "ReportageNewsArticle"], "headline": "Wanted"}],
        [{"@type": "BreadcrumbList", "name": "x"}, story(headline="Wanted")],
        ['{"@type": "NewsArticle", "headline": "broken', story(headline="Wanted")],
        ['{"@type": "NewsArticle", "headline": "Wanted"};'],
        ['\n {"@type": "NewsArticle", "headline": "Wanted\n"} \n'],
        ["", "null", "12", '"text"', "[]", story(headline=["Wanted", "other"])],
        [story(headline="<b>Wanted</b>")],
        ['<!-- {"@type": "NewsArticle", "headline": "Wanted"} -->'],
        ['<!--\n{"@type": "NewsArticle", "headline": "Wanted"};\n-->\n'],
        [story(headline="A related story", url="/other", image="i", author="x"), story(headline="Wanted")],
    ],
)
def test_the_story_is_found_among_what_json_ld_says(things: list[object]) -> None:
    assert read(ld(*things)).title == "Wanted"


@pytest.mark.parametrize(
    "things",
    [
        [{"@type": "Organization", "headline": "No"}],
        [{"@type": "ItemList", "itemListElement": [story(headline="No")]}],
        [{"@type": {"x": 1}, "headline": "No"}],
        [{"headline": "No"}],
        ['{"@type": "NewsArticle", "headline": "No"'],
        ['{"@type": "NewsArticle", "headline": "' + "No" * 1_000_001 + '"}'],
        ["[" * 100_000 + "]" * 100_000],
        ['{"@graph":' * 50_000 + "1" + "}" * 50_000],
        ['{"@type": "NewsArticle", "headline": ' + "9" * 5000 + "}"],
    ],
    ids=["organisation", "list of others", "type", "untyped", "broken", "huge", "deep list", "deep graph", "number"],
)
def test_what_is_no_story_or_no_json_leaves_the_title_to_the_page(things: list[object]) -> None:
    assert read(ld(*things)).title == "Harbour reopens"


@pytest.mark.parametrize(
    ("author", "byline"),
    [
        ("Ann Lee", "Ann Lee"),
        ("Ann Lee and Bo Ray", "Ann Lee, Bo Ray"),
        ("Ann Lee, Bo Ray & Cy Dow", "Ann Lee, Bo Ray, Cy Dow"),
        ("Ann Brandt und Bo Anderson", "Ann Brandt, Bo Anderson"),
        ("Анна Лі та Бо Рей", "Анна Лі, Бо Рей"),
        ("Анна Лис и Борис Рей", "Анна Лис, Борис Рей"),
        ("Sandy Brandt", "Sandy Brandt"),
        ({"@type": "Person", "name": "Ann Lee"}, "Ann Lee"),
        ([{"name": "Ann Lee"}, {"name": "Bo Ray"}, "Ann Lee"], "Ann Lee, Bo Ray"),
        ([{"name": None}, {"name": "Bo Ray"}], "Bo Ray"),
        ("<b>Ann</b>\n Lee", "Ann Lee"),
        ("https://news.vardania.example/ann", None),
        (12, None),
        ({"name": {"name": "x"}}, None),
        ([], None),
        ("Ann Lee &amp; Bo Ray", "Ann Lee, Bo Ray"),
    ],
)
def test_authors_are_split_and_each_stands_once(author: object, byline: str | None) -> None:
    assert read(ld(story(headline="x", author=author))).byline == byline


@pytest.mark.parametrize(
    ("element", "byline"),
    [
        ('<span class="byline">By Ann Lee</span>', "Ann Lee"),
        ('<p class="post-author-name">Von Max Bauer und Eva Roth</p>', "Max Bauer, Eva Roth"),
        ('<a rel="author">Анна Лі</a>', "Анна Лі"),
        ('<div itemprop="author">Автор: Анна Лі</div>', "Анна Лі"),
        ('<div class="byline">12 May 2031</div><div class="byline">Ann Lee</div>', "Ann Lee"),
        (f'<div class="byline">{"words " * 30}</div>', None),
        ('<div class="byline">A</div>', None),
    ],
)
def test_a_byline_printed_on_the_page_is_read_where_nothing_declares_one(element: str, byline: str | None) -> None:
    assert read("", f"<h1>Harbour</h1>{element}<p>Text.</p>").byline == byline


def test_a_publisher_that_stands_as_author_gives_way_to_the_printed_byline() -> None:
    declared = story(headline="x", author={"name": "Vardania News"}, publisher={"name": "Vardania News"})
    meta = read(ld(declared), '<h1>x</h1><p class="byline">By Ann Lee</p>')
    assert (meta.byline, meta.publisher) == ("Ann Lee", "Vardania News")


def test_a_publisher_that_stands_as_meta_author_gives_way_to_the_printed_byline() -> None:
    head = '<meta property="og:site_name" content="Vardania News"><meta name="author" content="Vardania News">'
    assert read(head, '<h1>x</h1><p class="byline">By Ann Lee</p>').byline == "Ann Lee"


@pytest.mark.parametrize(
    ("root", "head", "language"),
    [
        ('<html lang="uk-UA">', "", "uk"),
        ('<html lang="en_US">', "", "en"),
        ('<html lang=" RU ">', "", "ru"),
        ("<html>", ld(story(headline="x", inLanguage="tr-TR")), "tr"),
        ("<html>", '<meta property="og:locale" content="de_DE">', "de"),
        ('<html lang="">', '<meta property="og:locale" content="pl_PL">', "pl"),
        ('<html lang="english">', '<meta property="og:locale" content="en_GB">', "en"),
        ("<html>", '<meta http-equiv="content-language" content="uk">', "uk"),
        ('<html xml:lang="uk">', "", "uk"),
        ("<html>", "", None),
    ],
)
def test_the_language_is_two_or_three_letters_from_the_first_that_states_one(
    root: str, head: str, language: str | None
) -> None:
    assert read(head, root=root).language == language


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ('<link rel="canonical" href="/c">', "/c"),
        ('<link rel="Canonical" href="/c"><link rel="canonical" href="/d">', "/c"),
        ('<link rel="alternate" href="/a">', None),
        ('<link rel="canonical"><link rel="bookmark canonical" href="/c">', "/c"),
    ],
)
def test_the_canonical_address_is_handed_on_as_declared(head: str, canonical: str | None) -> None:
    assert read(head).canonical == canonical


@pytest.mark.parametrize(
    ("head", "image"),
    [
        (ld(story(image="https://v.example/1.jpg")), "https://v.example/1.jpg"),
        (ld(story(image=["https://v.example/1.jpg", "https://v.example/2.jpg"])), "https://v.example/1.jpg"),
        (ld(story(image={"@type": "ImageObject", "url": "https://v.example/1.jpg"})), "https://v.example/1.jpg"),
        (ld(story(image="javascript:alert(1)")), None),
        ('<meta property="og:image" content="https://v.example/1.jpg">', "https://v.example/1.jpg"),
        ('<meta property="og:image" content="javascript:alert(1)">', None),
        ('<meta property="og:image" content="/1.jpg">', "https://news.vardania.example/1.jpg"),
        (ld(story(image="1.jpg")), "https://news.vardania.example/1.jpg"),
    ],
)
def test_an_image_is_an_http_address(head: str, image: str | None) -> None:
    assert read(head).image == image


@pytest.mark.parametrize(
    ("head", "tags"),
    [
        (ld(story(headline="x", keywords="port, ferry,port,")), ("port", "ferry")),
        (ld(story(headline="x", keywords=["port", " ferry\n", 3, None])), ("port", "ferry")),
        ('<meta name="keywords" content="port, ferry">', ("port", "ferry")),
        (ld(story(headline="x", keywords=[f"t{n}" for n in range(90)])), tuple(f"t{n}" for n in range(50))),
        ("", ()),
        (ld(story(headline="x", keywords={"a": 1})), ()),
    ],
)
def test_tags_are_texts_each_once_and_bounded(head: str, tags: tuple[str, ...]) -> None:
    assert read(head).tags == tags


def test_entities_in_a_declared_headline_are_resolved() -> None:
    assert read(ld(story(headline="Harbour &amp; ferry: city&#8217;s plan"))).title == "Harbour & ferry: city’s plan"


@pytest.mark.parametrize("field", ["headline", "author", "articleSection", "description", "keywords"])
def test_whatever_is_read_can_be_kept_as_utf_8(field: str) -> None:
    meta = read(ld('{"@type": "NewsArticle", "headline": "x", "' + field + '": "a\\ud800b"}'))
    "".join(str(value) for value in (meta.title, meta.byline, meta.section, meta.description, *meta.tags)).encode()


def test_a_title_holds_no_control_characters() -> None:
    assert "\0" not in (read(ld(story(headline="a\0b"))).title or "")


@pytest.mark.parametrize(
    "head",
    [
        "".join(f'<meta name="k{n}" content="v">' for n in range(20_000)),
        ld(story(headline="<" * 1_000_000)),
        ld(story(headline="h", author=" " * 500_000 + "x")),
        ld('{"@graph": [' + ",".join(['{"@graph": [' + ",".join(["{}"] * 200) + "]}"] * 200) + "]}"),
        ld(story(headline="h", author=[f"Name {n}" for n in range(2_000)])),
    ],
    ids=["meta elements", "tags", "spaces", "graphs", "authors"],
)
def test_a_bloated_head_does_not_keep_the_page_from_being_read(head: str) -> None:
    meta = read(head)
    assert meta.headline == "Harbour reopens"
    assert len(meta.byline or "") < 1000


def test_the_publisher_and_section_are_read_from_either_source() -> None:
    meta = read(ld(story(headline="x", publisher={"name": "Vardania News"}, articleSection=["Ports", "World"])))
    assert (meta.publisher, meta.section) == ("Vardania News", "Ports")
    meta = read('<meta property="og:site_name" content="V"><meta property="article:section" content="Ports">')
    assert (meta.publisher, meta.section) == ("V", "Ports")


LONG = "Harbour of Vardania reopens after engineers cleared its northern basin"


@pytest.mark.parametrize(
    ("head", "h1", "title"),
    [
        (ld(story(headline=LONG + " - Vardania News")), LONG, LONG),
        (ld(story(headline=LONG + " | Ports")), LONG, LONG),
        (ld(story(headline=LONG[:60] + "…")), LONG, LONG),
        (ld(story(headline="Ports: " + LONG)), LONG, "Ports: " + LONG),
        (ld(story(headline="Quite another line")), LONG, "Quite another line"),
        (ld(story(headline="Har\u00adbour re\u200bopens")), LONG, "Harbour reopens"),
        (ld(story(headline=LONG)), "Harbour", LONG),
        (f'<meta property="og:title" content="{LONG} – what we know">', LONG, LONG),
        ('<meta property="og:title" content="Ferries leave Vardania again">', LONG, "Ferries leave Vardania again"),
        (f'<meta property="og:title" content="{LONG[:-6]} is cleared">', LONG, LONG),
        (
            '<meta property="og:site_name" content="Vardania News"><meta property="og:title" content="Ferries | Vardania News">',
            "",
            "Ferries",
        ),
    ],
)
def test_the_title_is_the_declared_one_unless_it_is_the_printed_one_with_a_site_or_cut(
    head: str, h1: str, title: str
) -> None:
    assert read(head, f"<h1>{h1}</h1><p>Text.</p>" if h1 else "<p>Text.</p>").title == title


def test_the_headline_is_the_h1_that_says_what_is_declared() -> None:
    meta = read(ld(story(headline=LONG)), f"<h1>Tsunami warning</h1><h1>{LONG}</h1><p>25.04.2031, 10:00</p>")
    assert (meta.title, meta.headline) == (LONG, LONG)


@pytest.mark.parametrize(
    "things",
    [
        [story(headline="Other", author="x", image="i", url="/b"), story(headline="Wanted", url="/harbour")],
        [
            story(headline="Other", author="x", image="i"),
            story(headline="Wanted", mainEntityOfPage={"@id": URL + "#x"}),
        ],
        [story(headline="Other", author="x", image="i"), story(headline="Wanted", **{"@id": URL})],
        [{"@graph": [story(headline="Other", author="x"), story(headline="Wanted", mainEntityOfPage=URL)]}],
    ],
)
def test_of_several_stories_the_pages_own_is_at_its_address(things: list[object]) -> None:
    assert read(ld(*things)).title == "Wanted"


def test_of_several_stories_the_pages_own_has_its_headline() -> None:
    other = story(headline="Ferries run late", author="Bo Ray", image="i", datePublished="2030-01-01", keywords="x")
    meta = read(ld(other, story(headline="Harbour reopens", author="Ann Lee")))
    assert (meta.title, meta.authors, meta.published) == ("Harbour reopens", ("Ann Lee",), None)


def test_what_one_telling_of_a_story_leaves_out_is_taken_from_the_next() -> None:
    first = story(headline="Harbour reopens", datePublished="2031-04-25T10:00:00Z")
    meta = read(ld(first, story(headline="Harbour reopens", author="Ann Lee", datePublished="2030-04-25")))
    assert meta.authors == ("Ann Lee",)
    assert meta.published is not None
    assert meta.published.at == "2031-04-25T10:00:00Z"


def test_people_and_publisher_that_are_referred_to_are_looked_up() -> None:
    graph = {
        "@graph": [
            story(headline="x", author={"@id": "#ann"}, publisher={"@id": "#v"}),
            {"@type": "Person", "@id": "#ann", "name": "Ann Lee"},
            {"@type": "Organization", "@id": "#v", "name": "Vardania News"},
        ]
    }
    meta = read(ld(graph))
    assert (meta.authors, meta.publisher) == (("Ann Lee",), "Vardania News")


@pytest.mark.parametrize(
    ("author", "byline", "authors", "agency"),
    [
        (["Ann Lee", "Reuters"], "Ann Lee, Reuters", ("Ann Lee",), "Reuters"),
        ({"@type": "Organization", "name": "dpa"}, "dpa", (), "dpa"),
        ({"@type": "Organization", "name": "Ann Lee Press"}, "Ann Lee Press", (), None),
        ({"@type": ["Person", "Organization"], "name": "Ann Lee"}, "Ann Lee", ("Ann Lee",), None),
        ("Ann Lee, Kyiv", "Ann Lee, Kyiv", ("Ann Lee",), None),
        ("Staff Writer", "Staff Writer", (), None),
        ("Vardania News", "Vardania News", (), None),
    ],
)
def test_a_byline_is_kept_as_stated_and_split_into_people_and_agency(
    author: object, byline: str, authors: tuple[str, ...], agency: str | None
) -> None:
    meta = read(ld(story(headline="x", author=author, publisher={"name": "Vardania News"})))
    assert (meta.byline, meta.authors, meta.agency, meta.publisher) == (byline, authors, agency, "Vardania News")


@pytest.mark.parametrize(
    "body",
    [
        '<p class="article__authors"><span>By</span> <a>Ann Lee</a><span>Editor of Harbours</span></p>',
        '<ul class="metaAuthorList"><li>Ann Lee</li></ul>',
        "<p>Von</p><p>Ann Lee</p><p>25.04.2031</p>",
        "<p>By Ann Lee</p>",
        '<p class="photo-author">Bo Ray</p><p class="author">Ann Lee</p>',
        '<div class="byline"><b>Ann</b> <b>Lee</b></div>',
    ],
)
def test_where_only_the_outlet_is_declared_the_printed_byline_says_who_wrote_it(body: str) -> None:
    head = ld(story(headline="x", author={"@type": "Organization", "name": "Vardania News"}))
    assert read(head, f"<h1>Harbour</h1>{body}<p>Text of the story.</p>").authors == ("Ann Lee",)


def test_of_several_authors_in_meta_elements_each_is_a_person_and_a_pictures_is_none() -> None:
    meta = read('<meta name="author" content="Ann Lee"><meta name="author" content="Bo Ray">')
    assert meta.authors == ("Ann Lee", "Bo Ray")
    meta = read('<meta name="author" content="Ann Lee">', BODY + '<meta itemprop="author" content="Cy Dow">')
    assert meta.authors == ("Ann Lee",)


@pytest.mark.parametrize(
    ("head", "body", "at", "found"),
    [
        (
            ld(story(headline="x", datePublished="2031-04-25")),
            "<p>25.04.2031, 13:00</p>",
            "2031-04-25T10:00:00Z",
            "text",
        ),
        ('<meta name="date" content="2031-04-25">', "<p>25.04.2031, 13:00</p>", "2031-04-25T10:00:00Z", "text"),
        (
            ld(story(headline="x", datePublished="2031-04-25"))
            + '<meta name="dc.date" content="2031-04-25T12:00+03:00">',
            "",
            "2031-04-25T09:00:00Z",
            "meta",
        ),
        (
            ld(story(headline="x", datePublished="2031-04-25")),
            "<p>26.04.2031, 13:00</p>",
            "2031-04-24T21:00:00Z",
            "json-ld",
        ),
        (
            ld(story(headline="x", datePublished="2031-04-25")),
            "<p>Updated 25.04.2031, 13:00</p>",
            "2031-04-24T21:00:00Z",
            "json-ld",
        ),
    ],
)
def test_a_day_gets_its_time_from_the_next_that_states_that_day(head: str, body: str, at: str, found: str) -> None:
    published = read(head, f"<h1>Harbour</h1>{body}<p>Text.</p>").published
    assert published is not None
    assert (published.at, published.found) == (at, found)


@pytest.mark.parametrize(
    "body",
    [
        "<p>25.04.2031, 09:00</p><p>Updated: 26.04.2031, 10:00</p>",
        "<p>25.04.2031, 09:00 | Aktualisiert: 26.04.2031, 10:00</p>",
        "<dl><dt>Aktualizacja:</dt><dd>26.04.2031 10:00</dd><dt>Publikacja:</dt><dd>25.04.2031 09:00</dd></dl>",
        "<p>25.04.2031 09:00 (оновлено 26.04.2031 10:00)</p>",
    ],
)
def test_when_a_page_was_changed_is_read_where_it_prints_it_alone(body: str) -> None:
    meta = read("", f"<h1>Harbour</h1>{body}<p>The harbour of Vardania reopened.</p>")
    assert meta.published is not None and meta.modified is not None
    assert (meta.published.at, meta.modified.at) == ("2031-04-25T06:00:00Z", "2031-04-26T07:00:00Z")
    assert meta.modified.found == "text"


def test_a_list_with_both_dates_gives_both_as_printed() -> None:
    lines = ("World", "Reuters", "Published Date: 06:34 | 13 June 2031", "Modified Date: 07:13 | 13 June 2031")
    meta = read(
        "", "<h1>Harbour</h1><h2>It reopened.</h2><ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"
    )
    assert meta.published is not None and meta.modified is not None
    assert (meta.published.at, meta.published.printed) == ("2031-06-13T03:34:00Z", lines[2])
    assert (meta.modified.at, meta.modified.printed) == ("2031-06-13T04:13:00Z", lines[3])


@pytest.mark.parametrize(
    ("head", "body", "licence"),
    [
        (
            '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">',
            "",
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        ("", '<a rel="license" href="/terms">Terms</a>', "https://news.vardania.example/terms"),
        (ld(story(license="https://v.example/licence")), "", "https://v.example/licence"),
        (
            ld(story(license={"@type": "CreativeWork", "url": "https://v.example/licence"})),
            "",
            "https://v.example/licence",
        ),
        ('<meta name="dcterms.rights" content="CC BY-SA 4.0">', "", "CC BY-SA 4.0"),
        ('<meta name="dc.rights" content="Open Government Licence v3.0">', "", "Open Government Licence v3.0"),
        ('<meta name="copyright" content="© 2031 Vardania News, all rights reserved">', "", None),
        (f'<meta name="dc.rights" content="Licence {"x" * 900}">', "", "Licence " + "x" * 292),
        ("", "", None),
    ],
)
def test_a_licence_is_kept_as_stated_and_a_claim_of_rights_is_none(head: str, body: str, licence: str | None) -> None:
    assert read(head, BODY + body).licence == licence


def test_every_tag_of_its_own_element_is_kept() -> None:
    meta = read('<meta property="article:tag" content="port"><meta property="article:tag" content="ferry, boat">')
    assert meta.tags == ("port", "ferry, boat")


def test_an_encoding_is_no_language() -> None:
    assert read('<meta http-equiv="content-language" content="uk">', root='<html lang="utf-8">').language == "uk"

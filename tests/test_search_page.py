"""The search page: what it says of a search, its filters and counts, its address; as data; in a browser."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from datasette.utils import MultiParams, sqlite_timelimit
from playwright.sync_api import Browser, expect

from archive.home import Home
from archive.query import indexed
from archive.store import Store
from archive.web import search
from archive.web.asked import Asked
from archive.web.hits import Group
from archive.web.policy import STRICT
from tests.browsing import CHROMIUM, Open, width_of
from tests.test_found import START, Archive, stamp
from tests.test_web import Get, serve_in_process, text, tree

RESULTS = '//ol[contains(@class, "cq-results")]/li'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """45 articles with a ferry in four languages of three sources; one had a barge."""
    made = Archive(tmp_path_factory.mktemp("search"))
    for name, kind in (("harbour", "news"), ("ministry", "official"), ("digest", "aggregator")):
        made.source(name, kind)
    for n in range(1, 46):
        source, language = (("harbour", "en"), ("ministry", "uk"), ("digest", "en-GB"))[n % 3]
        title = "Пором стоїть" if language == "uk" else "The ferry <b>waits</b>"
        body = f"Пором ferry {n}." if language == "uk" else f"The ferry & its {n} cars."
        day = START.replace(month=1 + n % 4, day=1 + n % 28)
        made.article(
            n, source, title, body, stamp(day), language=language, published=stamp(day),
            published_day=f"{day:%Y-%m-%d}", published_printed=f"{day:%Y-%m-%dT%H:%M}",
        )  # fmt: skip
    made.article(50, "harbour", "עיריית הנמל", "המעבורת עוגנת בנמל", stamp(START), language="he")
    made.article(51, "harbour", "Feribot limanda", "Feribotun kaptanı limanda bekliyor.", stamp(START), language="tr")
    made.revise(3, "The ferry & its cars. The barge <i>sank</i>.")
    made.revise(3, "The ferry & its cars.")
    made.conn.commit()
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def get(small: Archive) -> Get:
    return serve_in_process(small.path)


def facet(page: Any, title: str) -> dict[str, tuple[str, str]]:
    """Label → count and address."""
    rows = page.xpath(f'//aside//section[h3="{title}"]//li')
    return {r.xpath("./a/bdi")[0].text: (r.xpath("./span")[0].text, r.xpath("./a/@href")[0]) for r in rows}


# the address


def test_an_address_says_what_is_asked_and_nothing_else() -> None:
    for address in (
        "/search", "/search?q=ferry", "/search?q=ferry&source=a&source=b&language=uk&kind=news&since=2031-01-01"
        "&until=2031-01-31&in=history&sort=newest&page=3", "/search?q=%D0%BF%D0%BE%D1%80%D0%BE%D0%BC+%22a+b%22",
    ):  # fmt: skip
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(address).query):
            given.setdefault(name, []).append(value)
        assert Asked.read(MultiParams(given)).address() == address


def test_a_form_with_empty_fields_leads_to_the_short_address(get: Get) -> None:
    response = get("/search?q=ferry&since=&until=+&sort=&source=harbour")
    assert (response.status_code, response.headers["location"]) == (302, "/search?q=ferry&source=harbour")
    assert get("/search?q=&since=").headers["location"] == "/search"


@pytest.mark.parametrize(
    "given, kept",
    [
        ("2031", ("2031-01-01", "2031-12-31")),
        ("2031-2", ("2031-02-01", "2031-02-28")),
        ("2031-02-09", ("2031-02-09",) * 2),
    ],
)
def test_a_month_and_a_year_are_days_from_and_to(given: str, kept: tuple[str, str]) -> None:
    asked = Asked.read(MultiParams({"since": [given], "until": [given]}))
    assert (asked.since, asked.until, asked.odd) == (*kept, ())


@pytest.mark.parametrize("given", ["yesterday", "2031-02-30", "2031-13", "0000", "31.1.2031", "99999"])
def test_what_is_no_day_is_explained_and_left_out(get: Get, given: str) -> None:
    said = text(get(f"/search?q=ferry&since={given}"))
    assert f"“{given}” is no day and was left out" in said and "45 articles" in said


def test_days_the_wrong_way_round_are_turned(get: Get) -> None:
    said = text(get("/search?q=ferry&since=2031-02&until=2031-01-20"))
    assert "the other way round" in said and "22 articles" not in said
    assert tree(get("/search?q=ferry&since=2031-03&until=2031-02")).xpath('//input[@name="since"]/@value') == [
        "2031-02-28"
    ]


# what it says


def test_results_are_a_list_with_headings_and_hits_marked_after_escaping(get: Get) -> None:
    response = get("/search?q=ferry")
    assert response.headers.get_list("content-security-policy") == [STRICT]
    page = tree(response)
    assert len(page.xpath(RESULTS)) == 20
    first = page.xpath(RESULTS)[0]
    assert first.xpath("./h3/a/@href")[0].startswith("/article/")
    assert page.xpath("//mark") and not page.xpath("//b[text()='waits'] | //script | //@style | //style")
    assert "The ferry <b>waits</b>" in text(response)
    assert text(response, '//*[@role="status"]').startswith("45 articles, page 1 of 3")
    assert page.xpath("//title")[0].text.startswith("ferry: 45 articles")
    cyrillic = tree(get("/search?q=пором")).xpath(RESULTS)[0]
    assert cyrillic.xpath("./h3/@lang") == ["uk"] and "Ukrainian" in cyrillic.text_content()
    hebrew = tree(get("/search?q=בנמל")).xpath(RESULTS)[0]
    assert (hebrew.xpath("./h3/@dir"), hebrew.xpath('./p[@class="cq-snippet"]/@dir')) == (["rtl"], ["rtl"])


def test_pages_hold_every_result_once(get: Get) -> None:
    seen = []
    address: str | None = "/search?q=ferry&sort=newest"
    while address:
        page = tree(get(address))
        seen += page.xpath(f"{RESULTS}/h3/a/@href")
        following = page.xpath('//a[@rel="next"]/@href')
        address = following[0] if following else None
    assert len(seen) == len(set(seen)) == 45
    assert "There are no results on page 9: the last one is 3." in text(get("/search?q=ferry&page=9"))
    assert "There is no page “x”" in text(get("/search?q=ferry&page=x"))


def test_counts_are_links_that_narrow_and_widen(get: Get) -> None:
    page = tree(get("/search?q=ferry"))
    assert {k: v[0] for k, v in facet(page, "Source").items()} == {"HARBOUR": "15", "MINISTRY": "15", "DIGEST": "15"}
    assert {k: v[0] for k, v in facet(page, "Language").items()} == {"English": "30", "Ukrainian": "15"}
    assert {k: v[0] for k, v in facet(page, "Kind").items()} == {"news": "15", "official": "15", "aggregator": "15"}
    assert sum(int(v[0]) for v in facet(page, "Time").values()) == 45
    address = facet(page, "Source")["HARBOUR"][1]
    assert address == "/search?q=ferry&source=harbour"
    narrowed = tree(get(address))
    assert text(get(address), '//*[@role="status"]').startswith("15 articles")
    # the other values of a filter stay to be added, the value itself is taken away
    assert facet(narrowed, "Source") == {
        "HARBOUR": ("15", "/search?q=ferry"),
        "MINISTRY": ("15", "/search?q=ferry&source=harbour&source=ministry"),
        "DIGEST": ("15", "/search?q=ferry&source=harbour&source=digest"),
    }
    assert text(get("/search?q=ferry&source=harbour&source=digest"), '//*[@role="status"]').startswith("30 articles")
    month, (count, within) = next(iter(facet(page, "Time").items()))
    assert text(get(within), '//*[@role="status"]').startswith(f"{count} articles")
    assert facet(tree(get(within)), "Time")[month] == (count, "/search?q=ferry")
    assert tree(get(address)).xpath('//ul[@class="cq-chosen"]//a/@href') == ["/search?q=ferry"]


def test_many_months_are_counted_by_year(small: Archive) -> None:
    groups = [Group("harbour", "en", f"{2020 + n // 12}-{1 + n % 12:02}", n + 1) for n in range(30)]
    facet = search._when(Asked(q="ferry", since="2021-01-01", until="2021-12-31"), groups)
    assert [(v.label, v.hits, v.chosen) for v in facet.values] == [
        ("2022", sum(range(25, 31)), False), ("2021", sum(range(13, 25)), True), ("2020", sum(range(1, 13)), False)
    ]  # fmt: skip
    assert facet.values[0].address == "/search?q=ferry&since=2022-01-01&until=2022-12-31"
    assert facet.values[1].address == "/search?q=ferry"


def test_what_was_deleted_leads_to_the_revision_that_dropped_it(get: Get) -> None:
    assert "No article with" in text(get("/search?q=barge"))
    [way] = tree(get("/search?q=barge")).xpath('//a[contains(., "in all revisions")]/@href')
    page = tree(get(way))
    assert len(page.xpath(RESULTS)) == 1
    [dropped] = page.xpath('//a[@class="cq-dropped"]')
    assert dropped.text == "dropped by revision 3" and "/article/3/diff?revision_id=" in dropped.get("href")
    assert get(dropped.get("href")).status_code == 200
    assert [m.text for m in page.xpath("//mark")] == ["barge"] and not page.xpath("//i[text()='sank']")
    assert "1 article, 1 of which no longer has it" in text(get(way))
    assert "in the latest text" in text(get("/search?q=ferry&in=history"))


def test_where_nothing_is_found_it_says_what_could_be_tried(get: Get) -> None:
    page = tree(get("/search?q=feribot+limanda&source=ministry&since=2030"))
    tried = {a.text: a.get("href") for a in page.xpath('//div[@class="cq-otherwise"]//a')}
    assert tried == {
        "without the filters by source, language and kind": "/search?q=feribot+limanda&since=2030-01-01",
        "of any time": "/search?q=feribot+limanda&source=ministry",
        "any of the words": "/search?q=feribot+OR+limanda&source=ministry&since=2030-01-01",
        "in all revisions, what was deleted too": "/search?q=feribot+limanda&source=ministry&since=2030-01-01&in=history",
    }
    assert "Narrow down" in page.xpath('//aside[@id="narrow"]/h2/text()')  # what narrows can be taken back
    nothing = tree(get("/search?q=xyzzy"))
    assert nothing.xpath('//aside[@id="narrow"]//*[self::h2 or self::h3]/text()') == ["Keep and take along"]
    phrase = tree(get('/search?q="ferry+barge"'))
    assert phrase.xpath('//a[text()="without the quotation marks"]/@href') == ["/search?q=ferry+barge"]


def test_what_is_asked_in_a_way_that_is_none_is_explained(get: Get) -> None:
    said = text(get("/search?q=ferry&source=nosuch&kind=blog&in=title&sort=best"))
    for part in (
        "There is no source “nosuch”", "no sources of a kind “blog”, only of aggregator and news and official",
        "called “title”", "no order “best”",
    ):  # fmt: skip
        assert part in said, part
    assert "A quotation mark is open" in text(get('/search?q=ferry+"the'))
    probe = "%3Cscript%3Ealert(1)%3C/script%3E"
    response = get(
        f"/search?q={probe}&source={probe}&language={probe}&kind={probe}&since={probe}&in={probe}&sort={probe}&page={probe}"
    )
    assert response.status_code == 200 and not tree(response).xpath("//script")


def test_the_syntax_is_shown_in_full_where_nothing_is_asked_and_every_example_finds(get: Get) -> None:
    asked_nothing = tree(get("/search"))
    assert asked_nothing.xpath('//details[@class="cq-help"]/@open') and not asked_nothing.xpath(RESULTS)
    assert not tree(get("/search?q=ferry")).xpath('//details[@class="cq-help"]/@open')
    for example in asked_nothing.xpath('//details[@class="cq-help"]//dt/code/text()'):
        response = get(str(httpx.URL("/search", params={"q": example})))
        assert response.status_code == 200 and not tree(response).xpath('//p[@class="cq-notice"]'), example


def test_a_search_that_takes_too_long_is_explained(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.web.hits.sqlite_timelimit", lambda conn, limit: sqlite_timelimit(conn, 0))
    for path in ("/search?q=ferry", "/search.json?q=ferry", "/search.csv?q=ferry"):
        response = get(path)
        assert response.status_code == 503 and "longer than the 3 seconds" in response.text, path
    assert tree(get("/search?q=ferry")).xpath('//input[@name="q"]/@value') == ["ferry"]
    monkeypatch.undo()
    assert "45 articles" in text(get("/search?q=ferry"))


# as data


def test_results_are_had_as_json_and_csv(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tree(get("/search?q=ferry&source=harbour"))
    links = {a.text: a.get("href") for a in page.xpath("//aside//section[last()]//a")}
    assert links["JSON"] == "/search.json?q=ferry&source=harbour"
    assert links["Feed of this search"] == "/feed.atom?q=ferry&source=harbour"
    data = get(links["JSON"]).json()
    assert data["total"] == len(data["rows"]) == 15 and data["next"] is None and data["ok"]
    assert {row["source"] for row in data["rows"]} == {"harbour"}
    assert "\ue000" not in get(links["JSON"]).text and "ferry" in data["rows"][0]["snippet"]
    rows = list(csv.DictReader(io.StringIO(get(links["CSV"]).text)))
    assert [int(row["article"]) for row in rows] == [row["article"] for row in data["rows"]]
    monkeypatch.setattr(search, "_LIST", 4)
    seen, address = [], "/search.json?q=ferry"
    while address:
        data = get(address).json()
        seen += [row["article"] for row in data["rows"]]
        address = data["next"]
    assert len(seen) == len(set(seen)) == 45
    # behind the last page there is nothing, however deep it is
    monkeypatch.setattr(search, "DEEPEST", 20)
    for page in (6, 12, 13, 999_999):
        deep = get(f"/search.json?q=ferry&page={page}").json()
        assert (deep["rows"], deep["next"]) == ([], None)
        assert deep["notes"] == [f"There are no results on page {page}: the last one is 5."]
    assert get("/search.json?q=ferry&page=5").json()["next"] is None
    assert not tree(get("/search?q=ferry&page=2")).xpath(RESULTS)
    assert get("/search.json?q=ferry&source=nosuch").json()["notes"] == [
        "There is no source “nosuch” in this archive."
    ]


# in a browser


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory, demo_home: Home) -> Iterator[Home]:
    """The demo archive and a page in Hebrew and in Turkish."""
    import shutil

    home = Home(tmp_path_factory.mktemp("scripts"))
    for file in demo_home.path.glob("archive.db*"):
        shutil.copy(file, home.path)
    store = Store(home.database, write=True)
    with store.transaction():
        number, source = store.conn.execute("select max(id), max(source) from articles").fetchone()
        columns = [r[0] for r in store.conn.execute("select name from pragma_table_info('articles')")]
        for n, (language, title, body) in enumerate(
            [
                ("he", "המעבורת עוגנת בנמל", "קברניט המעבורת אמר כי הספינה תישאר בנמל עד הבוקר."),
                ("tr", "Feribot limanda bekliyor", "Kaptan, feribotun sabaha kadar limanda kalacağını söyledi."),
            ],
            number + 1,
        ):
            values = {
                "id": n,
                "url": f"'http://x.example/{n}'",
                "language": f"'{language}'",
                "title": f"'{title}'",
                "text": f"'{body}'",
            }
            chosen = ", ".join(str(values.get(c, c)) for c in columns)
            store.conn.execute(f"insert into articles select {chosen} from articles where id = ?", (number,))
            store.conn.execute("insert into search_text values (?, ?, ?, ?)", (n, *indexed(title, body, language)))
    store.close()
    assert source
    yield home


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_reader_narrows_a_search_by_keyboard_and_goes_back(visit: Open) -> None:
    page = visit("/search")
    expect(page.get_by_role("searchbox")).to_be_focused()  # by itself, when the page is first drawn
    page.keyboard.type("losses")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=losses$"))
    total = page.get_by_role("status").inner_text()
    link = page.locator("#narrow").get_by_role("link", name="aggregator")
    link.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=losses&kind=aggregator$"))
    assert page.get_by_role("status").inner_text() != total
    page.get_by_role("link", name="remove this filter").press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=losses$"))
    assert page.get_by_role("status").inner_text() == total


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", [1280, 360, 320])
def test_searches_in_four_scripts_fit_the_screen(scripts: Home, browser: Browser, width: int, tmp_path: Path) -> None:
    from tests.test_web import serving

    with serving(scripts.path) as address:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        for q, language, direction in (
            ("дамба", "uk", "ltr"), ("geese", "en", "ltr"), ("בנמל", "he", "rtl"), ("feribot", "tr", "ltr"),
        ):  # fmt: skip
            page.goto(f"{address}/search?q={q}")
            first = page.locator(".cq-found li").first
            assert first.locator("h3").get_attribute("lang") == language, q
            assert first.locator(".cq-snippet").evaluate("e => getComputedStyle(e).direction") == direction
            assert first.locator("mark").count() > 0, q
            assert width_of(page) <= width, q
        page.goto(f"{address}/search?q=losses&source=nosuch&since=x&in=history&language=uk")
        assert width_of(page) <= width
        context.close()

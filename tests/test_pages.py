"""Home, sources, changes and the page about the archive: what they say, count and leave out, and what they cost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from archive.diff import Piece
from archive.home import Home
from archive.models import Source
from archive.store import Store
from archive.web import changes, counts, edits
from archive.web import source as sources
from archive.web.changes import Asked, shortened
from archive.web.counts import Days
from archive.web.policy import STRICT
from tests.crawling import rows
from tests.keeping import captured, keep, source
from tests.test_history import BODY, SHORTER, page
from tests.test_web import PROBE, Get, serve_in_process, text, tree

FERRIES = "http://ferries.example/{}"
HARBOUR = "http://harbour.example/{}"
ARABIC = "http://minaa.example/{}"
RTL = "عبارة النهر تعود إلى العمل"
FIRST, LATER = "2031-04-20T06:00:00Z", "2031-04-20T09:00:00Z"
STAGE = [
    "Carpenters drove the first of forty oak piles into the bed of the river on the meadow side of the old granary.",
    "The work is paid for by the ward and by the millers, who want their sacks unloaded nearer to the wheel.",
    "A watchman will keep a lantern on the outermost pile at night until the planks have been laid and tarred.",
]
SOURCES = {
    "ferries": source(
        "ferries", country="XV", licence="CC BY 4.0", mining="robots.txt: noai", timezone="Europe/Kyiv"
    ),
    "harbour": source("harbour", kind="official", country="XH"),
    "minaa": replace(source("minaa", language="ar", country="XA"), name="ميناء"),
    "quiet": source("quiet", language="uk"),
}


def arabic(lines: int) -> str:
    body = [f"{RTL} {n} " + " ".join(f"كلمة{n}{m}" for m in range(20)) for n in range(lines)]
    return page(body, RTL, published=FIRST).replace('lang="en"', 'lang="ar"')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four sources: one edits silently, retitles and drops a page, one carries its text, one writes from the right,
    one has nothing."""
    made = Home(tmp_path_factory.mktemp("pages") / "home")
    at = {"published": FIRST}
    keep(
        made,
        [
            captured(FERRIES.format("a"), page(BODY, **at), 0),
            captured(HARBOUR.format("a"), page(BODY, "The ferry runs again", published="2031-04-20T08:30:00Z"), 1),
            captured(FERRIES.format("b"), page(STAGE, "A landing stage", published="2031-04-18"), 2),
            captured(ARABIC.format("a"), arabic(60), 3),
            captured(FERRIES.format("a"), page(SHORTER, **at), 10),  # silently, with another number
            captured(FERRIES.format("a"), page(SHORTER, "The ferry stands still", modified=LATER, **at), 20),
            captured(ARABIC.format("a"), arabic(58), 30),
            captured(FERRIES.format("b"), "", 40, status=410),
        ],
        SOURCES,
    )
    return made


@pytest.fixture(scope="module")
def get(home: Home) -> Get:
    return serve_in_process(home.database)


@pytest.fixture
def empty(tmp_path: Path) -> Get:
    Store(tmp_path / "archive.db", write=True).close()
    return serve_in_process(tmp_path / "archive.db")


def listed(get: Get, **asked: object) -> list[tuple[str, str]]:
    """Title and what is said of it, of every change that the page lists."""
    found = tree(get(f"/changes?{urlencode(asked)}"))
    return [
        (item.xpath("string(h2)").strip(), " ".join(" ".join(item.itertext()).split()))
        for item in found.xpath('//ol[@class="cq-changes"]/li')
    ]


PATHS = ["/", "/source", "/source/ferries", "/source/quiet", "/changes", "/changes?kind=silent", "/about"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_under_the_strict_policy_and_its_headings_are_in_order(get: Get, path: str) -> None:
    response = get(path)
    assert response.status_code == 200 and response.headers.get_list("content-security-policy") == [STRICT]
    found = tree(response)
    assert not found.xpath("//script | //style | //@style | //@onclick | //img")
    levels = [int(heading.tag[1]) for heading in found.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    for region in found.xpath('//*[@role="region"]'):
        assert found.xpath(f'//*[@id="{region.get("aria-labelledby")}"]'), path
    for field in found.xpath("//main//form//*[self::input[not(@type='hidden')] or self::select]"):
        assert field.getparent().tag == "label", path


@pytest.mark.parametrize("path", PATHS)
def test_every_address_on_a_page_leads_somewhere(get: Get, path: str) -> None:
    unfinished = re.compile(r"/(searches|notes)\b")  # other pages' tests hold these
    for href in set(tree(get(path)).xpath('//main//a/@href[starts-with(., "/")]')):
        if not unfinished.match(href):
            assert get(href).status_code == 200, href


# home


def test_home_draws_each_source_that_published_and_says_which_did_not(get: Get) -> None:
    response = get("/")
    found = tree(response)
    drawn = found.xpath('//ul[@class="cq-multiples"]/li')
    assert [item.xpath("string(h3)").strip() for item in drawn] == ["Ferries", "Harbour", "ميناء"]
    assert drawn[0].xpath("string(.//title)") == "Ferries: 2 articles, 22 Mar to 20 Apr 2031"
    numbers = [int(n) for n in drawn[0].xpath("string(.//desc)").split(": ")[1].split(", ")]
    assert len(numbers) == counts.SMALL and numbers[-3:] == [1, 0, 1] and sum(numbers) == 2
    assert drawn[0].xpath('.//path[@class="cq-bars"]/@d')[0].count("M") == 2
    assert "most 1, on 20 Apr" in text(response, '//ul[@class="cq-multiples"]/li[1]')
    assert "1 source has no article of these days" in text(response)
    table = found.xpath('//details//table[@class="cq-plain"]/tbody/tr')
    assert [cell.text for cell in table[0].xpath("td")] == ["2", "2", "1", "20 Apr 2031"]


def test_home_tells_silent_edits_numbers_and_pages_that_went(get: Get) -> None:
    said = text(get("/"), '//section[@class="cq-edits"]')
    assert "3 edits , 2 without a new stated time , 1 with other numbers , 1 page gone" in said
    assert "18 355 → 18 360" in said and "stated time unchanged" in said and "page gone" in said
    counted = tree(get("/")).xpath('//p[contains(@class, "cq-lately")]/a/@href')
    assert len(counted) == 4
    for href in counted:
        assert tree(get(href)).xpath('//ol[@class="cq-changes"]/li'), href


def test_pages_count_what_the_triggers_did(home: Home, tmp_path: Path) -> None:
    """A number that disagrees with the articles shows where it comes from."""
    with sqlite3.connect(home.database) as connection:
        connection.execute(f"vacuum into '{tmp_path / 'archive.db'}'")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("update days set articles = 1234 where source = 'harbour'")
    changed = serve_in_process(tmp_path / "archive.db")
    assert "1,237 articles of 4 sources" in text(changed("/"))
    assert "1,234" in text(changed("/source/harbour"), '//p[@class="cq-size"]')


def test_a_date_after_the_last_capture_moves_no_chart(home: Home, tmp_path: Path) -> None:
    with sqlite3.connect(home.database) as connection:
        connection.execute(f"vacuum into '{tmp_path / 'archive.db'}'")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("insert into days values ('harbour', '2062-04-20', 1)")
    get = serve_in_process(tmp_path / "archive.db")
    assert "22 Mar to 20 Apr 2031" in text(get("/"))
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("insert or replace into home values ('fictional', 'yes')")
    assert "22 Mar to 20 Apr 2062" in text(get("/"))


# sources


def test_the_list_of_sources_is_sorted_as_asked(get: Get) -> None:
    def names(query: str) -> list[str]:
        return [" ".join(th.itertext()).strip() for th in tree(get(f"/source{query}")).xpath("//tbody/tr/th[1]")]

    assert names("") == names("?sort=name") == names("?sort=nonsense") == ["Ferries", "Harbour", "Quiet", "ميناء"]
    assert names("?sort=articles")[0] == "Ferries" and names("?sort=articles")[-1] == "Quiet"
    assert names("?sort=language") == ["ميناء", "Ferries", "Harbour", "Quiet"]
    assert tree(get("/source?sort=articles")).xpath("//th[@aria-sort]/@aria-sort") == ["descending"]
    assert "none yet" in text(get("/source"), "//tbody/tr[3]") and "ok" in text(get("/source"), "//tbody/tr[1]")


def test_a_source_says_what_it_publishes_edits_and_shares(get: Get) -> None:
    response = get("/source/ferries")
    said = text(response)
    assert "2 articles, 18 Apr 2031 to 20 Apr 2031" in said
    assert "1 of its 2 articles changed after they were first seen, in 2 edits" in said
    assert "1 without a new stated time" in said and "1 with other numbers" in said and "1 page is gone" in said
    assert "Harbour : 1 text" in text(response, '//section[@id="same"]')
    hours = tree(response).xpath('//table[@class="cq-hours"]')[0]
    assert hours.xpath("string(caption)") == "Articles by weekday and hour, Europe/Kyiv"
    # 06:00 UTC on a Sunday in April is 09:00 in Kyiv; a day alone has no hour
    assert [td.text for td in hours.xpath("tbody/tr[10]/td")] == [None] * 6 + ["1"]
    assert hours.xpath("count(tbody//td[text()])") == 1
    assert "1 more states a day alone" in said
    assert "robots.txt: noai as the outlet states it" in said and "CC BY 4.0" in said
    assert "4 texts changed" not in said and "2 new articles" in said and "1 gone" in said
    assert not re.search(r"\b1 (new articles|texts|pages|lists)\b", said)
    assert tree(response).xpath('//link[@rel="alternate"]/@href') == ["/feed.atom?source=ferries"]
    chart = tree(response).xpath('//svg[contains(@class, "cq-days-chart")]')[0]
    assert len(chart.xpath("string(desc)").split(", ")) == counts.LARGE
    assert len(tree(response).xpath("//details//tbody/tr")) == counts.LARGE


def test_a_source_without_articles_and_one_without_times_say_so(get: Get, empty: Get) -> None:
    said = text(get("/source/quiet"))
    assert "The archive has no article of this source" in said and "Last answered never" in said
    assert "When it publishes" not in said and "What it changed" not in said
    harbour = text(get("/source/harbour"))
    assert "No text of this source has changed since it was first seen here, and no page is gone" in harbour
    for path in ("/source/nobody", "/source/%00", "/source/x%2Fy", "/source/" + "x" * 3000):
        response = get(path)
        assert response.status_code == 404 and text(response).startswith("There is no source"), path
        assert len(text(response)) < 100
    assert empty("/source/ferries").status_code == 404


@pytest.mark.parametrize(
    ("outcome", "captures", "said"),
    [
        ("new", 1, "new article"), ("revised", 1, "text changed"), ("revised", 2, "texts changed"),
        ("discovery", 1, "list, feed or sitemap"), ("gone", 1, "gone"), ("xyzzy", 1, "xyzzy"),
    ],
)  # fmt: skip
def test_one_request_is_told_in_the_singular(outcome: str, captures: int, said: str) -> None:
    assert sources._said({"outcome": outcome, "captures": captures}) == said


@pytest.mark.parametrize("path", ["/source", "/losses", "/losses/ukraine", "/changes"])
def test_a_slash_at_the_end_leads_to_the_page(get: Get, path: str) -> None:
    response = get(f"{path}/")
    assert (response.status_code, response.headers.get("location")) == (302, path)


def test_a_source_whose_zone_is_unknown_counts_in_utc() -> None:
    found = counts.hours([("2031-04-20T23:30:00.000Z", "23:30"), ("nonsense", "1:00")], "Mars/Olympus")
    assert (found["zone"], found["timed"]) == ("UTC", 1)
    assert found["lines"][23] == (23, [(0, 0)] * 6 + [(1, 5)])
    assert counts.hours([("2031-04-20T23:30:00.000Z", "23:30")], "Europe/Kyiv")["lines"][2][1][0] == (1, 5)


def test_bars_have_the_numbers_of_their_days() -> None:
    days = Days.upto("2031-03-01", 30)
    assert (days.since, days.until, days.words) == ("2031-01-31", "2031-03-01", "31 Jan to 1 Mar 2031")
    assert Days.upto("2031-01-05", 10).words == "27 Dec 2030 to 5 Jan 2031"
    assert Days.upto("0001-01-02", 30).first == date(1, 1, 1)
    row = counts.small({"2031-02-28": 3, "2031-03-01": 7, "2030-12-31": 99}, days)
    assert (row["total"], row["most"], row["busiest"], row["with_any"]) == (10, 7, "1 Mar 2031", 2)
    heights = [float(y) for y in re.findall(r"V([\d.]+)H", row["bars"])]
    assert heights == pytest.approx([60 - 56 * 3 / 7, 4], abs=0.1)
    assert counts.small({}, days)["bars"] == "" and counts.large({}, days)["most"] == 0
    assert counts.large({"2031-03-01": 7}, days)["lines"][0] == ("1 Mar 2031", "2031-03-01", 7)


# changes


def test_changes_are_listed_with_their_words_numbers_and_stated_time(get: Get) -> None:
    found = listed(get)
    assert [title for title, _ in found] == ["A landing stage", RTL, "The ferry stands still", "The ferry runs again"]
    gone, arabic, retitled, silent = (said for _, said in found)
    assert "The page is gone" in gone and "words, is kept" in gone
    assert "stated time unchanged" in silent and "18 355 → 18 360" in silent and "+2 −23 words" in silent
    assert "stated time changed" in retitled and "Title before: The ferry runs again" in retitled
    assert "title changed" in retitled and "+0" not in retitled
    assert "stated time unchanged" in arabic
    response = get("/changes")
    quote = tree(response).xpath('//blockquote[@class="cq-excerpt"]')[-1]
    assert [e.text for e in quote.xpath(".//ins")] == ["18 360"]
    assert quote.xpath(".//del")[0].text == "18 355"
    headings = tree(response).xpath('//ol[@class="cq-changes"]//h2')
    assert [(h.get("lang"), h.get("dir")) for h in headings][1] == ("ar", "rtl")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"kind": "silent"}, [RTL, "The ferry runs again"]),
        ({"kind": "numbers"}, ["The ferry runs again"]),
        ({"kind": "title"}, ["The ferry stands still"]),
        ({"kind": "edited"}, [RTL, "The ferry stands still", "The ferry runs again"]),
        ({"kind": "gone"}, ["A landing stage"]),
        ({"source": "minaa"}, [RTL]),
        ({"source": "ferries", "kind": "silent"}, ["The ferry runs again"]),
        ({"source": "ferries", "kind": "gone"}, ["A landing stage"]),
        ({"language": "ar"}, [RTL]),
        ({"language": "en", "kind": "silent"}, ["The ferry runs again"]),
        ({"words": 20, "source": "ferries"}, ["The ferry runs again"]),
        ({"words": 1000}, []),
        ({"since": "2031-04-21"}, []),
        ({"until": "2031-04-19"}, []),
        ({"since": "2031-04-20", "until": "2031-04-20", "kind": "numbers"}, ["The ferry runs again"]),
        ({"source": "quiet"}, []),
        ({"until": "9999-12-31", "kind": "gone"}, ["A landing stage"]),
    ],
)
def test_changes_are_filtered(get: Get, asked: dict[str, object], wanted: list[str]) -> None:
    assert [title for title, _ in listed(get, **asked)] == wanted
    form = tree(get(f"/changes?{urlencode(asked)}"))
    for name, value in asked.items():
        shown = form.xpath(f'//form[@action="/changes"]//*[@name="{name}"]')
        shown = [
            f.get("value")
            if f.tag == "input"
            else "".join(f.xpath("option[@selected]/@value | option[@selected]/text()[not(../@value)]"))
            for f in shown
        ]
        assert shown == [str(value)], name


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "“since” was left out: yesterday is not a day (2031-04-20)."),
        ("until=2031-02-30", "“until” was left out"),
        ("kind=loud", "“kind” was left out: loud is none of edited, silent, numbers, title, gone."),
        ("words=many", "“words” was left out: many is not a number."),
        ("words=-1", "“words” was left out"),
        ("before=1", "“before” was left out"),
        ("since=2031-05-01&until=2031-04-01", "no day lies between them"),
        ("source=nobody", "There is no source nobody in this archive."),
        ("kind=gone&words=3", "of a page that is gone no words are counted"),
        ("since=%00%F0%9F%98%80" + "x" * 500, "“since” was left out"),
    ],
)
def test_what_cannot_be_asked_is_explained_on_the_page(get: Get, query: str, said: str) -> None:
    response = get(f"/changes?{query}")
    assert response.status_code == 200
    assert said in text(response, '//div[@role="status"]')
    assert len(text(response, '//div[@role="status"]')) < 200


def test_pages_follow_upon_each_other_without_gap_or_repeat(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_PAGE", 1)
    path: str | None = "/changes"
    seen = []
    while path:
        response = get(path)
        seen += [h.xpath("string(.)") for h in tree(response).xpath('//ol[@class="cq-changes"]//h2')]
        path = next(iter(tree(response).xpath('//a[@rel="next"]/@href')), None)
    assert seen == ["A landing stage", RTL, "The ferry stands still", "The ferry runs again"]


def test_edits_and_pages_that_went_at_one_moment_are_all_listed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(home.database) as connection:
        connection.execute(f"vacuum into '{tmp_path / 'archive.db'}'")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        at = "2031-04-20T07:00:00.000Z"
        connection.execute("update revisions set seen_from = ? where number > 1", [at])
        connection.execute("update articles set gone_at = ?", [at])
    get = serve_in_process(tmp_path / "archive.db")
    whole = tree(get("/changes")).xpath('//ol[@class="cq-changes"]//h2/a/@href')
    assert len(whole) == 7 and ["revision_id" in href for href in whole] == [True] * 3 + [False] * 4
    monkeypatch.setattr(changes, "_PAGE", 2)
    path: str | None = "/changes"
    seen: list[str] = []
    while path:
        found = tree(get(path))
        seen += found.xpath('//ol[@class="cq-changes"]//h2/a/@href')
        path = next(iter(found.xpath('//a[@rel="next"]/@href')), None)
    assert seen == whole


def test_a_bounded_walk_says_so_and_goes_on_where_it_ended(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "WALKED", 1)
    path: str | None = "/changes?kind=title"
    seen, steps = [], 0
    while path:
        response = get(path)
        steps += 1
        seen += [h.xpath("string(.)") for h in tree(response).xpath('//ol[@class="cq-changes"]//h2')]
        path = next(iter(tree(response).xpath('//a[@rel="next"]/@href')), None)
        assert ("Looked at: 1 changes" in text(response)) == (path is not None)
    assert seen == ["The ferry stands still"] and steps == 4


def test_an_address_of_changes_is_read_back_as_it_was_written() -> None:
    asked = Asked("ferries", "uk", "silent", "2031-04-01", "2031-04-30", 5)
    assert asked.address() == (
        "/changes?source=ferries&language=uk&kind=silent&since=2031-04-01&until=2031-04-30&words=5"
    )
    assert asked.feed == "/feed.atom?changes=1&" + asked.address().partition("?")[2]
    assert Asked().address() == "/changes" and Asked().feed == "/feed.atom?changes=1"
    pairs = dict(pair.split("=") for pair in asked.query().split("&"))
    assert Asked.read(pairs) == asked
    assert Asked.read({"source": "ferries", "words": str(10**17)}).words == 100_000


def test_an_excerpt_is_cut_at_words_and_says_that_there_is_more() -> None:
    pieces = [Piece("removed", "word " * 100), Piece("added", "other " * 10), Piece("same", "end")]
    cut = shortened(pieces)
    assert cut["more"]
    assert sum(len(piece.text) for piece in cut["pieces"]) < 500
    assert cut["pieces"][0].text.endswith("word …")
    whole = shortened(pieces[1:])
    assert not whole["more"] and whole["pieces"][0] == Piece("added", ("other " * 10).rstrip())
    assert len(shortened([Piece("added", "x" * 10_000)])["pieces"][0].text) < 200


def test_long_texts_are_left_to_the_page_that_compares_two() -> None:
    row = {"change": "edit", "revision": 1}
    texts = {"summary": "", "summary_before": "", "text": "a b", "text_before": "a c"}
    assert changes.excerpts([row], {1: texts})[1]["pieces"]
    assert changes.excerpts([row], {1: {**texts, "text": None}}) == {}
    many = [{"change": "edit", "revision": n} for n in range(100)]
    long_ = {**texts, "text": "a b " * 5_000, "text_before": "a b " * 4_999 + "c"}
    assert 0 < len(changes.excerpts(many, dict.fromkeys(range(100), long_))) < 20


# about


def test_about_says_what_is_collected_what_is_missing_and_how_to_verify(get: Get, home: Home) -> None:
    response = get("/about")
    said = text(response)
    assert "4 articles of 4 sources , of the days from 18 Apr 2031 to 20 Apr 2031" in said
    tables = tree(response).xpath('//section[@id="collected"]//table')
    assert [[c.text for c in row.xpath("th | td")] for row in tables[0].xpath("tbody/tr")] == [
        ["newsrooms", "3", "3"], ["official bodies", "1", "1"],
    ]  # fmt: skip
    assert "No source blocks the archive at present" in said
    assert "1 of 4 sources states a licence" in said
    assert "Ferries" in text(response, '//section[@id="rights"]')
    [capture] = rows(
        home,
        "select c.* from articles a join captures c on c.id = a.capture where c.outcome in ('new', 'revised')"
        " order by a.first_seen desc limit 1",
    )
    commands = text(response, '//section[@id="verify"]//pre')
    assert f"warcio extract --payload {capture['warc_file']} {capture['warc_offset']} | sha256sum" in commands
    assert capture["payload_sha256"] in commands
    assert "m0" in text(response, '//section[@id="data"]//dl')
    assert tree(response).xpath('//nav[@aria-label="Main"]//a[@aria-current="page"]/@href') == ["/about"]


def test_the_page_that_is_shown_can_be_verified_as_it_says(get: Get, home: Home) -> None:
    import hashlib
    import subprocess
    import sys

    steps = text(get("/about"), '//section[@id="verify"]//pre').split()
    name, offset = steps[steps.index("--payload") + 1 : steps.index("--payload") + 3]
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "extract", "--payload", str(home.path / "warc" / name), offset],
        capture_output=True, check=True,
    )  # fmt: skip
    assert hashlib.sha256(done.stdout).hexdigest() in steps


def test_about_names_who_blocks_and_who_runs_it(home: Home, tmp_path: Path) -> None:
    import asyncio

    from datasette.app import Datasette

    from archive.web.server import SETTINGS
    from tests.test_web import METADATA

    with sqlite3.connect(home.database) as connection:
        connection.execute(f"vacuum into '{tmp_path / 'archive.db'}'")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("update sources set state = 'blocked', state_reason = 'HTTP 403' where id = 'quiet'")
    for url, linked in (("https://desk.example/archive", 1), ("javascript:alert(1)", 0)):
        metadata = {**METADATA, "about": "The river desk <b>", "about_url": url}
        served = Datasette([str(tmp_path / "archive.db")], metadata=metadata, settings=SETTINGS)
        response = asyncio.run(served.client.get("/about"))
        assert "Run by The river desk <b>" in text(response)
        assert len(tree(response).xpath(f'//p[@class="cq-operator"]/a[@href="{url}"]')) == linked
        assert "Blocked at present, so what they publish is missing: Quiet" in text(response)


# every archive


def test_an_empty_archive_has_every_page(empty: Get) -> None:
    for path in ("/", "/source", "/changes", "/changes?kind=silent&language=uk&words=3", "/about"):
        response = empty(path)
        assert response.status_code == 200 and "Traceback" not in response.text, path
    assert "No source yet" in text(empty("/source")) and "No source yet" in text(empty("/"))
    assert "No outlet has changed a text since it was first seen" in text(empty("/changes"))
    assert "Nothing yet" in text(empty("/about"))


def test_what_is_scraped_or_configured_is_shown_as_text(tmp_path: Path) -> None:
    made = Home(tmp_path / "home")
    bad: dict[str, Any] = dict.fromkeys(("publisher", "country", "licence", "mining"), PROBE)
    sources = {
        "ferries": Source(
            id="ferries",
            name=PROBE,
            kind="news",
            homepage="javascript:alert(1)",
            language="en",
            timezone="No/Where",
            **bad,
        )
    }
    keep(
        made,
        [
            captured(FERRIES.format("a"), page(BODY, PROBE), 0),
            captured(FERRIES.format("a"), page(SHORTER, f"{PROBE} 2"), 9),
        ],
        sources,
    )
    with sqlite3.connect(made.database) as connection:
        connection.execute(
            "update sources set kind = ?, state = ?, state_reason = ?, next_try = ?, last_success = ?", [PROBE] * 5
        )
        connection.execute("insert into findings values ('ferries', ?, ?, ?)", [PROBE] * 3)
        connection.execute("update articles set language = ?, published = ?, published_printed = ?", [PROBE] * 3)
        connection.execute("update captures set outcome = ?", [PROBE])
        connection.execute("update runs set status = ?, message = ?", [PROBE] * 2)
    get = serve_in_process(made.database)
    for path in (
        "/",
        "/source",
        "/source/ferries",
        "/changes",
        f"/changes?{urlencode({'source': PROBE, 'language': PROBE, 'kind': PROBE, 'since': PROBE, 'words': PROBE})}",
        "/about",
    ):
        response = get(path)
        assert response.status_code == 200, path
        assert not tree(response).xpath("//script | //img | //@onerror | //@onload"), path
        assert not [h for h in tree(response).xpath("//@href") if h.lower().startswith("javascript")], path


def test_fifty_sources_fit_a_home_page(tmp_path: Path) -> None:
    Store(tmp_path / "archive.db", write=True).close()
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        for n in range(50):
            connection.execute(
                "insert into sources (id, name, kind, state) values (?, ?, 'news', ?)",
                [f"s{n}", f"Outlet {n}", "stale" if n % 25 == 7 else "ok"],
            )
            connection.execute("insert into days values (?, '2031-04-20', ?)", [f"s{n}", n + 1])
    get = serve_in_process(tmp_path / "archive.db")
    page = tree(get("/"))
    charts = [h.xpath("string(.)") for h in page.xpath('//ul[@class="cq-multiples"]/li/h3')]
    assert len(charts) == 24 and charts[0] == "Outlet 49"
    assert len(page.xpath('//details//table[@class="cq-plain"]/tbody/tr')) == 50
    assert page.xpath('count(//section[@class="cq-sources"]/ul/li)') == 2
    well = page.xpath('//details[@class="cq-well"]')[0]
    assert well.get("open") is None and len(well.xpath(".//li")) == 48
    assert "26 more sources with fewer articles stand in the table" in text(get("/"))


def test_what_is_held_back_is_on_no_page(home: Home, tmp_path: Path) -> None:
    with sqlite3.connect(home.database) as connection:
        connection.execute(f"vacuum into '{tmp_path / 'archive.db'}'")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("update sources set public = 0 where id = 'minaa'")
        connection.execute(
            "insert into restricted select id, '2031-04-21T00:00:00.000Z', 'court order' from articles"
            " where source = 'ferries' and url like '%/a'"
        )
    get = serve_in_process(tmp_path / "archive.db")
    for path in ("/", "/source", "/source/ferries", "/changes", "/changes?kind=silent", "/about"):
        response = get(path)
        assert response.status_code == 200, path
        for hidden in (RTL, "ميناء", "The ferry stands still", "18 360"):
            assert hidden not in response.text, (path, hidden)
    assert "2 articles of 3 sources" in text(get("/"))
    assert get("/source/minaa").status_code == 403
    assert listed(get) == [("A landing stage", listed(get)[0][1])]


def test_datasettes_own_index_stays_as_json_and_where_there_is_no_archive(get: Get, tmp_path: Path) -> None:
    assert get("/.json").json()["archive"]["path"] == "/archive"
    assert tree(get("/")).xpath('//section[@class="cq-data"]//a[@href="/archive/captures"]')
    assert not tree(get("/")).xpath('//section[@class="cq-data"]//a[@href="/archive/lookups"]')
    sqlite3.connect(tmp_path / "other.db").execute("create table boats (id integer primary key)").connection.close()
    other = serve_in_process(tmp_path / "other.db")("/")
    assert other.status_code == 200 and tree(other).xpath('//a[@href="/other/boats"]')


# what it costs


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """Each step of the plan of each query that a page runs, with the query."""
    from archive.web import frame

    found: list[tuple[str, str]] = []
    execute = frame.Here.execute

    async def explained(self: Any, sql: str, values: Any = None) -> Any:
        plan = self._conn.execute(f"explain query plan {sql}", values or {}).fetchall()
        found.extend((sql, row[3]) for row in plan)
        return await execute(self, sql, values)

    monkeypatch.setattr(frame.Here, "execute", explained)
    yield found


# a table with a row a source, a run or a rebuild, or what a subquery that ends found; a subquery's own steps come too
_BOUNDED = re.compile(
    r"SCAN (CONSTANT ROW|\(subquery-\d+\)|sources|s|s USING INDEX sqlite_autoindex_sources_1|findings|f|runs|rebuilds|sqlite_master"
    r"|days|l|t|w|c|j VIRTUAL TABLE.*)"
)
# an index or a table from one end on, until the limit
_WALKS = re.compile(r"SCAN (articles|captures|stories|figures|days)( USING (COVERING )?INDEX \w+)?")
KINDS = [
    f"/changes?kind={kind}{of}" for kind in ("silent", "numbers", "title", "gone") for of in ("", "&source=ferries")
]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/source", "/source/ferries", "/about", "/changes", *KINDS, "/changes?source=ferries",
        "/changes?language=ar&words=2", "/changes?source=ferries&language=ar&since=2031-04-01&until=2031-05-01",
        "/changes?before=2031-04-20T06:30:00.000Z,e3",
    ],
)  # fmt: skip
def test_no_page_reads_a_whole_table(get: Get, plans: list[tuple[str, str]], path: str) -> None:
    assert get(path).status_code == 200
    assert len(plans) > 2
    for sql, step in plans:
        if step.startswith("SCAN") and not _BOUNDED.fullmatch(step):
            # a shared alias must not hide a large table
            assert _WALKS.fullmatch(step) and ("limit" in sql or "exists (select 1 from figures)" in sql), (step, sql)


@pytest.mark.parametrize("path", KINDS)
def test_changes_of_a_kind_are_found_by_its_index(get: Get, plans: list[tuple[str, str]], path: str) -> None:
    get(path)
    kind, of = path.split("=")[1].partition("&")[0], "source" in path
    index = {"silent": "unstated", "numbers": "numbers", "title": "source" if of else "edits", "gone": "gone_at"}[
        kind
    ]
    index = (
        {"unstated": "source_unstated", "numbers": "source_numbers", "gone_at": "source_gone"}.get(index, index)
        if of
        else index
    )
    assert [step for _, step in plans if re.search(rf"INDEX (revisions|articles)_{index} ", step)], [
        s for _, s in plans
    ]
    assert not [
        step for _, step in plans if "TEMP B-TREE" in step and "name collate" not in step and "ORDER BY" not in step
    ]

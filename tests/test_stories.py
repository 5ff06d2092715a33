"""Who carries the same text: the story's page, what stands beside an article, the queries, the command."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette.database import Database

from archive.home import Home
from archive.store import Store
from archive.web import carriers, cells, frame, story
from archive.web.policy import STRICT
from tests.crawling import command, rows
from tests.keeping import captured, keep
from tests.prose import prose
from tests.test_history import BODY, page
from tests.test_web import METADATA, PROBE, Get, serve_in_process, text, tree

QUERIES: dict[str, dict[str, Any]] = METADATA["databases"]["archive"]["queries"]
SAID = "We promised the ferrymen once that their landing stage would be ready before the frost of November."
TOLD = "Before the November frost the landing stage is ready: that was promised to the ferrymen, and promised once."


def report(day: int) -> list[str]:
    """A daily report: one form, other figures."""
    a, b, c, d = (day * 37 % 91 + n * 111 for n in range(1, 5))
    return [
        f"On the morning of this day {a} boats lay at the northern quay of Ramford and {b} at the southern one.",
        f"The pilots led {c} ships through the channel, {d} of them by night, and {a + 3} waited at the outer roads.",
        f"The sluice was opened {b + 5} times; the tide stood at {c + 8} centimetres and fell to {d + 1} by noon.",
        f"In the fish auction {a + b} crates were sold, and the harbour office counted {c + d} visitors at its gate.",
    ]


def day_alone(body: list[str], title: str) -> str:
    """A page that prints the day of its publication without a time."""
    return page(body, title).replace("</h1>", '</h1><p class="date">19 April 2031</p>')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A text of four outlets, one of them with a round-up; two outlets with one statement; three daily reports."""
    made = Home(tmp_path_factory.mktemp("carried") / "home")
    edited = [BODY[0].replace("18 355", "18 360"), *BODY[1:-1]]
    week = [*prose(1, 12).split("\n"), *BODY, *prose(2, 12).split("\n")]
    statement = [
        *prose(3, 6).split("\n"),
        f"“{SAID}” said Maren Holt, who leads the office.",
        *prose(4, 6).split("\n"),
    ]
    told = [*prose(5, 6).split("\n"), f"“{TOLD}” Maren Holt said.", *prose(6, 6).split("\n")]
    pages = {
        "http://wire.example/ferry": page(BODY, "The ferry runs again", published="2031-04-20T06:00:00Z"),
        "http://gazette.example/ferry": page(BODY, "Ferry: it runs", published="2031-04-20T07:15:00Z"),
        "http://estuary.example/ferry": page(edited, "A ferry, at last"),
        "http://gazette.example/week": page(week, "The week", published="2031-04-23T07:15:00Z"),
        "http://office.example/stage": page(statement, "On the landing stage", published="2031-04-20T08:00:00Z"),
        "http://gazette.example/stage": page(told, "A promise", published="2031-04-20T09:00:00Z"),
        **{
            f"http://harbour.example/{n}": page(report(n), f"Report {n}", published=f"2031-05-0{n}T06:00:00Z")
            for n in (1, 2, 3)
        },
    }  # fmt: skip
    # long after the times that they state; the one that states none on the day
    keep(
        made,
        [
            captured(url, html, n if "estuary" in url else n + 30 * 1440)
            for n, (url, html) in enumerate(pages.items(), 5)
        ],
    )
    return made


@pytest.fixture(scope="module")
def ids(home: Home) -> dict[str, int]:
    """Number by the tail of the address."""
    found = {row["url"].split("//")[1]: row["id"] for row in rows(home, "select id, url from articles")}
    return {url.replace(".example", ""): number for url, number in found.items()}


@pytest.fixture(scope="module")
def get(home: Home) -> Get:
    return serve_in_process(home.database)


@pytest.fixture
def own(home: Home, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the archive to change, served afterwards from ``tmp_path``."""
    target = sqlite3.connect(tmp_path / "archive.db")
    with sqlite3.connect(home.database) as origin:
        origin.backup(target)
    yield target
    target.close()


# the story's page


def test_a_story_says_who_published_when_and_how_far_each_text_departs(get: Get, ids: dict[str, int]) -> None:
    leader = ids["wire/ferry"]
    response = get(f"/story/{leader}")
    assert response.status_code == 200 and response.headers.get_list("content-security-policy") == [STRICT]
    listed = tree(response).xpath('//ol[@class="cq-timeline"]/li')
    shown = [" ".join(" ".join(item.itertext()).split()) for item in listed]
    assert [item.xpath('.//p[@class="cq-titled"]/a/@href')[0] for item in listed] == [
        f"/article/{ids[name]}" for name in ("wire/ferry", "estuary/ferry", "gazette/ferry")
    ]
    first, edited, same = shown
    assert first.startswith("published 20 Apr 2031, 06:00 UTC") and "Earliest seen here" in first
    assert edited.startswith("first seen 20 Apr 2031, 06:07 UTC The ferry") or "A ferry, at last" in edited
    assert "Nearly the same text" in edited and "+2 −23 words" in edited
    assert "later" not in edited  # its page states no time: what is first seen is not compared with what is published
    assert same.startswith("published 20 Apr 2031, 07:15 UTC 1 h 15 min later")
    assert "Same text : letter for letter the same text (score 1.00)" in same and "Not a word differs" in same
    # the round-up holds the text, and is no part of the story
    assert all("Part of The week ( Gazette" in item for item in (first, same))
    assert "3 articles of 3 sources carry this text. Earliest seen here: Wire , published" in text(response)
    assert not tree(response).xpath("//script | //style | //@style")
    assert not re.search(r"(?i)copied|stole|original\b", text(response))


def test_each_text_leads_to_a_comparison_with_the_earliest(get: Get, ids: dict[str, int]) -> None:
    links = tree(get(f"/story/{ids['wire/ferry']}")).xpath('//a[contains(@href, "/diff?with=")]/@href')
    assert len(links) == 2
    response = get(links[0])
    assert response.status_code == 200 and response.headers.get_list("content-security-policy") == [STRICT]
    shown = tree(response).xpath('//div[@class="cq-text"]')[0]
    assert [e.text for e in shown.xpath(".//ins")] == ["18 360"]
    assert [e.text for e in shown.xpath(".//del")] == ["18 355", BODY[-1]]
    assert text(response, '//table[contains(@class, "cq-numbers")]/tbody') == "18 355 18 360"
    assert "From the first to the second: +2 −23 words. Nearly the same text" in text(response)
    back = tree(response).xpath('//aside//a[contains(@href, "/diff?with=")]/@href')[0]
    assert "+23 −2 words" in text(get(back))
    assert "word for word the same" in text(get(links[1]))


def test_any_two_articles_can_be_compared_and_what_cannot_is_one_line(get: Get, ids: dict[str, int]) -> None:
    one, other = ids["wire/ferry"], ids["gazette/week"]
    assert "The second holds the first" in text(get(f"/article/{one}/diff?with={other}"))
    assert "The first holds the second" in text(get(f"/article/{other}/diff?with={one}"))
    assert "These two are not linked" in text(get(f"/article/{one}/diff?with={ids['harbour/1']}"))
    for wrong in ("999", "x", "0", "%00", "-1", str(one)):
        response = get(f"/article/{one}/diff?with={wrong}")
        assert response.status_code == 404
        assert re.match(r"Article|There is no article", text(response))


def test_the_number_of_another_article_of_the_story_leads_to_it(get: Get, ids: dict[str, int]) -> None:
    for name in ("gazette/ferry", "estuary/ferry"):
        response = get(f"/story/{ids[name]}")
        assert (response.status_code, response.headers["location"]) == (302, f"/story/{ids['wire/ferry']}")


def test_the_number_of_a_removed_article_leads_to_the_story_of_the_one_that_has_what_it_had(
    own: sqlite3.Connection, tmp_path: Path, ids: dict[str, int]
) -> None:
    own.execute("insert into removed values (999, 'http://a.example/', 2, ?)", (ids["estuary/ferry"],))
    own.commit()
    response = serve_in_process(tmp_path / "archive.db")("/story/999")
    assert (response.status_code, response.headers["location"]) == (302, f"/story/{ids['wire/ferry']}")


@pytest.mark.parametrize("identity", ["0", "99999", "x", "-1", "1e3", "99999999999999999999", "%00", "١", ""])
def test_an_unknown_story_is_one_line(get: Get, identity: str) -> None:
    response = get(f"/story/{identity}")
    assert response.status_code == 404
    assert text(response).startswith("There is no story")


def test_an_article_with_a_text_of_its_own_is_in_no_story(get: Get, ids: dict[str, int]) -> None:
    response = get(f"/story/{ids['harbour/1']}")
    assert response.status_code == 404
    assert "is in no story: no other article in this archive carries its text" in text(response)


def test_a_wire_text_with_hundreds_of_carriers_shows_the_first_and_leads_to_all(
    own: sqlite3.Connection, tmp_path: Path, ids: dict[str, int]
) -> None:
    leader, count = ids["wire/ferry"], 300
    names = [row[1] for row in own.execute("pragma table_info(articles)") if row[1] not in ("id", "url", "published")]
    for n in range(count):
        [new] = own.execute(
            f"insert into articles (url, published, {', '.join(names)}) select ?1, ?2, {', '.join(names)}"
            " from articles where id = ?3 returning id",
            (f"http://gazette.example/{n}", f"2031-04-21T{n // 60:02d}:{n % 60:02d}:00Z", ids["gazette/ferry"]),
        ).fetchone()
        own.execute("insert into copies values (?, ?, 'same_text', 1.0, 'letter for letter')", (leader, new))
    own.execute("update stories set articles = articles + ? where id = ?", (count, leader))
    own.commit()
    get = serve_in_process(tmp_path / "archive.db")
    response = get(f"/story/{leader}")
    assert len(tree(response).xpath('//ol[@class="cq-timeline"]/li')) == story._SHOWN
    (all_of_them,) = tree(response).xpath('//p[@class="cq-notice"]/a/@href')
    assert all_of_them == f"/archive/articles?story={leader}"
    assert get(f"/archive/articles.json?story={leader}").json()["filtered_table_rows_count"] == count + 3
    beside = tree(get(f"/article/{leader}")).xpath('//section[@id="copies"]')[0]
    assert len(beside.xpath("./ul/li")) == carriers.LISTED
    (rest,) = beside.xpath('./p/a[contains(@href, "shares_text")]')
    assert rest.text == f"All {count + 2}"
    assert len(get(rest.get("href").replace("shares_text?", "shares_text.json?_shape=array&")).json()) == count + 2


def test_a_day_without_a_time_is_said_to_be_one(tmp_path: Path) -> None:
    made = Home(tmp_path / "home")
    keep(made, [captured("http://digest.example/a", day_alone(BODY, "Ferry"), 5),
                captured("http://wire.example/a", page(BODY, "A ferry", published="2031-04-19T04:00:00Z"), 6)])  # fmt: skip
    [leader] = rows(made, "select * from stories")
    get = serve_in_process(made.database)
    said = text(get(f"/story/{leader['id']}"))
    assert "published 19 Apr 2031 (a day without a time)" in said
    assert "counts as the beginning of that day: others of that day may have been earlier" in said
    assert " later" not in said.split("Times are UTC.")[1]
    [row] = get("/archive/earliest_seen.json?_shape=array").json()
    assert (row["source"], row["earliest_by"]) == ("digest", "published (a day alone)")


def test_a_time_after_our_own_capture_makes_nobody_later_than_who_was_seen_after_it(tmp_path: Path) -> None:
    made = Home(tmp_path / "home")
    keep(made, [captured("http://wire.example/a", page(BODY, "A ferry", published="2031-06-01T00:00:00Z"), 0),
                captured("http://digest.example/a", page(BODY, "Ferry"), 60)])  # fmt: skip
    at = {row["source"]: row["id"] for row in rows(made, "select id, source from articles")}
    get = serve_in_process(made.database)
    response = get(f"/story/{rows(made, 'select id from stories')[0]['id']}")
    assert "Earliest seen here: Wire ," in text(response)
    items = tree(response).xpath('//ol[@class="cq-timeline"]/li')
    assert [item.get("class") for item in items] == ["cq-earliest", None]
    assert [item.xpath('.//p[@class="cq-titled"]/a/@href') for item in items] == [
        [f"/article/{at['wire']}"],
        [f"/article/{at['digest']}"],
    ]
    # the leader is who says so, and what the others are compared with
    assert "The leading one" in items[1].text_content() and "Not a word differs" in items[0].text_content()
    assert "Earliest seen here: this one, of 2 articles, by our first capture" in text(get(f"/article/{at['wire']}"))
    assert "Earliest seen here" not in text(get(f"/article/{at['digest']}"))
    assert [link["article"] for link in Store(made.database).shared(at["digest"])["copies"]] == [at["wire"]]


def test_long_texts_are_not_all_compared_for_one_page() -> None:
    texts = {n: {"summary": None, "text": f"One word. {n} " * 50_000} for n in range(1, 6)}
    compared = story._departures(texts, 1)
    assert 1 <= len(compared) < 4
    few = {n: {"summary": f"About {n}", "text": "One word."} for n in range(1, 6)}
    assert story._departures(few, 1)[5] == {"added": 1, "removed": 1, "standfirst": True}


def test_how_long_after_the_first_is_told_only_where_it_can_be() -> None:
    def article(
        published: str | None, printed: str = "2031-04-20T06:00:00Z", seen: str = "2031-05-01T06:00:00Z"
    ) -> dict[str, Any]:
        return {"published": published, "published_printed": printed, "first_seen": seen}

    first = article("2031-04-20T06:00:00Z")
    for at, said in (
        ("2031-04-20T06:00:30Z", "at the same time"), ("2031-04-20T06:45:00Z", "45 min later"),
        ("2031-04-20T09:05:00.000Z", "3 h 05 min later"), ("2031-04-24T07:00:00Z", "4 days later"), ("odd", None),
    ):  # fmt: skip
        assert carriers.later(first, article(at)) == said
    assert carriers.later(first, article("2031-04-20T08:00:00Z", "20 April 2031")) is None
    assert carriers.later(first, article(None, seen="2031-04-20T08:00:00Z")) is None
    seen = (article(None, seen=f"2031-04-20T0{n}:00:00Z") for n in (6, 8))
    assert carriers.later(*seen) == "2 h 00 min later"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("11 OCT 2031", True), ("20 April 2031", True), ("2031-04-20", True), ("Sat, 20 April 2031, 7 a.m.", False),
     ("2031-04-20T0600Z", False), ("20.04.2031 06:00", False), ("", False), (None, False)],
)  # fmt: skip
def test_a_day_alone_is_told_from_a_time(printed: str | None, expected: bool) -> None:
    assert cells.is_day(printed) is expected


# beside an article


def test_an_article_names_who_else_has_its_text_and_which_page_holds_it(get: Get, ids: dict[str, int]) -> None:
    leader = ids["wire/ferry"]
    response = get(f"/article/{ids['gazette/ferry']}")
    said = text(response, '//section[@id="copies"]')
    assert "One of 3 articles that carry this text." in said
    assert tree(response).xpath(f'//section[@id="copies"]/p/a[@href="/story/{leader}"]')
    assert "The ferry runs again Wire , published 20 Apr 2031, 06:00 UTC Same text : letter for letter" in said
    assert "A ferry, at last Estuary , first seen" in said
    assert "Part of The week Gazette , published 23 Apr 2031" in text(response)
    assert "Earliest seen here: this one, of 3 articles" in text(get(f"/article/{leader}"))
    week = text(get(f"/article/{ids['gazette/week']}"))
    assert "Holds The ferry runs again Wire" in week and "Same text also at" not in week


def test_an_earlier_text_has_no_links_of_the_present_one(
    own: sqlite3.Connection, tmp_path: Path, ids: dict[str, int]
) -> None:
    get = serve_in_process(tmp_path / "archive.db")
    assert "Same text also at" not in text(get(f"/article/{ids['wire/ferry']}?revision=1"))


def test_shared_quotations_show_both_wordings(get: Get, ids: dict[str, int]) -> None:
    for here, there, own, theirs in (
        ("office/stage", "gazette/stage", SAID, TOLD), ("gazette/stage", "office/stage", TOLD, SAID),
    ):  # fmt: skip
        response = get(f"/article/{ids[here]}")
        (item,) = tree(response).xpath('//section[@id="quotations"]/ul/li')
        assert item.xpath(f'./a[@href="/article/{ids[there]}"]')
        assert item.xpath(".//blockquote/p/text()") == [own, theirs]
        assert item.xpath(".//footer")[0].text_content() == "possibly another translation, Maren Holt"


def test_a_report_names_the_one_before_and_the_next_and_calls_neither_a_copy(get: Get, ids: dict[str, int]) -> None:
    response = get(f"/article/{ids['harbour/2']}")
    said = text(response, '//section[@id="series"]')
    assert re.search(r"Previous Report 1 .* Next Report 3 ", said)
    assert "Same text also at" not in text(response)
    compared = tree(response).xpath('//section[@id="series"]//a[contains(@href, "/diff?with=")]/@href')
    assert "Another report of this form" in text(get(compared[0]))
    assert "Next" not in text(get(f"/article/{ids['harbour/3']}"), '//section[@id="series"]')


def test_related_coverage_is_a_suggestion_with_its_score(tmp_path: Path) -> None:
    made = Home(tmp_path / "home")
    event = (
        "The harbour of Ramford was closed on Monday after a barge laden with gravel had struck the northern quay."
    )
    other = "A barge with gravel struck a quay at Ramford: the harbour stays closed until pilots have seen the piles."
    far = {
        n: page(prose(n, 9).split("\n"), f"Notice {n}", published=f"2031-04-2{n % 3}T06:00:00Z")
        for n in range(20, 32)
    }
    pages = {
        "one": page([event, prose(1, 1)], "Quay struck", published="2031-04-20T06:00:00Z"),
        "two": page([other, prose(2, 1)], "Barge and quay", published="2031-04-21T09:00:00Z"),
        "late": page([other, prose(3, 1)], "Barge and quay", published="2031-04-29T09:00:00Z"),
        **{str(n): html for n, html in far.items()},
    }  # fmt: skip
    keep(made, [captured(f"http://varda.example/{name}", html) for name, html in pages.items()])
    number = {row["url"].rsplit("/", 1)[1]: row["id"] for row in rows(made, "select id, url from articles")}
    response = serve_in_process(made.database)(f"/article/{number['one']}")
    (item,) = tree(response).xpath('//section[@id="related"]/ul/li')
    assert item.xpath("./a/@href") == [f"/article/{number['two']}"]
    assert re.search(r"\(score 0\.\d\d\)", item.text_content())
    assert "A suggestion" in text(response, '//section[@id="related"]')
    assert rows(made, "select * from stories") == []


def test_what_an_article_is_linked_with_is_not_suggested_too(get: Get, ids: dict[str, int]) -> None:
    for name in ("harbour/1", "wire/ferry", "office/stage"):
        page = tree(get(f"/article/{ids[name]}"))
        suggested = set(page.xpath('//section[@id="related"]/ul/li/a/@href'))
        linked = set(page.xpath('//aside//section[not(@id="related")]//li/a/@href'))
        assert linked and not suggested & linked, name


# Datasette's own pages


def test_cells_lead_to_articles_and_stories_by_their_titles(get: Get, ids: dict[str, int]) -> None:
    leader, other = ids["wire/ferry"], ids["gazette/week"]
    copies = tree(get("/archive/copies"))
    assert copies.xpath(f'//td[starts-with(@class, "col-other")]/a[@href="/article/{leader}"]/text()')[0] == (
        "The ferry runs again"
    )
    assert (
        copies.xpath(f'//td[starts-with(@class, "col-article")]/a[@href="/article/{other}"]/text()')[0] == "The week"
    )
    quoted = tree(get("/archive/shared_quotations"))
    for column in ("article", "other"):
        assert quoted.xpath(f'//td[starts-with(@class, "col-{column}")]/a[starts-with(@href, "/article/")]')
    assert tree(get("/archive/stories")).xpath(f'//td[starts-with(@class, "col-title")]/a[@href="/story/{leader}"]')
    listed = tree(get("/archive/articles"))
    assert listed.xpath(f'//td[starts-with(@class, "col-story")]/a[@href="/story/{leader}"]')
    for query in ("most_carried", "earliest_seen"):
        found = tree(get(f"/archive/{query}"))
        assert found.xpath(f'//td[starts-with(@class, "col-title")]/a[@href="/story/{leader}"]'), query


def test_home_names_what_several_sources_carry(get: Get, ids: dict[str, int]) -> None:
    page = tree(get("/"))
    assert page.xpath('//section[@class="cq-carried"]//li/a/@href') == [f"/story/{ids['wire/ferry']}"]


def test_earliest_seen_says_by_which_time_and_keeps_to_words_source_and_language(
    get: Get, ids: dict[str, int]
) -> None:
    def found(query: str = "") -> list[dict[str, Any]]:
        return get(f"/archive/earliest_seen.json?_shape=array{query}").json()  # type: ignore[no-any-return]

    [row] = found()
    assert (row["story"], row["source"], row["earliest"], row["earliest_by"], row["articles"], row["sources"]) == (
        ids["wire/ferry"], "wire", "2031-04-20T06:00:00Z", "published", 3, 3,
    )  # fmt: skip
    assert found("&q=timber&source=wire&language=en") == [row]
    for none in ("&q=xyzzy", "&source=gazette", "&language=uk", "&q=geese"):
        assert found(none) == [], none


def test_most_carried_counts_sources_within_days(get: Get, ids: dict[str, int]) -> None:
    def found(query: str = "") -> list[dict[str, Any]]:
        return get(f"/archive/most_carried.json?_shape=array{query}").json()  # type: ignore[no-any-return]

    [row] = found()
    assert (row["story"], row["carried_by"], row["latest"]) == (
        ids["wire/ferry"], "estuary, gazette, wire", "2031-04-20T07:15:00Z",
    )  # fmt: skip
    assert found("&from=2031-04-20&to=2031-04-20&source=estuary&language=en") == [row]
    for none in ("&from=2031-04-21", "&to=2031-04-19", "&source=office", "&language=uk"):
        assert found(none) == [], none


def test_what_shares_text_with_an_article_can_be_limited_to_a_relation(get: Get, ids: dict[str, int]) -> None:
    path = f"/archive/shares_text.json?_shape=array&article={ids['gazette/week']}"
    found = get(path).json()
    assert {(row["relation"], row["direction"]) for row in found} == {("contains", "is part of this one")}
    assert get(f"{path}&relation=same_text,near_copy").json() == []
    assert get(f"{path}&relation=contains,near_copy").json() == found
    [report] = get(f"/archive/shares_text.json?_shape=array&article={ids['harbour/1']}").json()
    assert (report["article"], report["relation"]) == (ids["harbour/2"], "template_series")
    assert get("/archive/shares_text.json?_shape=array").json() == []


def test_no_page_and_no_query_on_stories_reads_a_table_from_end_to_end(
    home: Home, get: Get, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    for handle in (Database, frame.Here):

        async def recorded(
            self: Any, sql: str, params: Any = None, *rest: Any, execute: Any = handle.execute, **named: Any
        ) -> Any:
            asked[sql] = params
            return await execute(self, sql, params, *rest, **named)

        monkeypatch.setattr(handle, "execute", recorded)
    paths = [f"/story/{ids['wire/ferry']}", f"/article/{ids['wire/ferry']}/diff?with=2"]
    for path in paths + [f"/article/{ids[name]}" for name in ("wire/ferry", "office/stage", "harbour/2")]:
        assert get(path).status_code == 200
    asked = {
        sql: params for sql, params in asked.items() if re.search(r"copies|stories|shared_quotations|o\.title", sql)
    }
    assert len(asked) >= 9
    values = {"q": "x", "source": "", "language": "", "from": "", "to": "", "article": "1", "relation": ""}
    asked |= {QUERIES[name]["sql"]: values for name in ("earliest_seen", "most_carried", "shares_text")}
    orders = {
        QUERIES["earliest_seen"]["sql"]: "SCAN s USING INDEX stories_first_published",
        QUERIES["most_carried"]["sql"]: "SCAN t USING INDEX stories_sources",
    }
    connection = sqlite3.connect(home.database)
    cells.prepare_connection(connection)
    # what a search, a list of numbers or another step brought
    brought = re.compile(
        r"SCAN (\(subquery|CONSTANT|json_each|search_text_fts|(c|d|earlier|f|j|known|later|m|o|s|told)$)"
    )
    for sql, params in asked.items():
        steps = [row[3] for row in connection.execute(f"explain query plan {sql}", params)]
        wrong = [s for s in steps if s.startswith("SCAN") and "INDEX" not in s and not brought.match(s)]
        assert not wrong, (sql, steps)
        # a million reports of one form stand in the archive: nothing goes through all links of a kind
        assert not [s for s in steps if "copies_relation" in s], (sql, steps)
        if sql in orders:
            assert orders[sql] in steps, steps
    connection.close()


# the command


def test_show_prints_story_copies_and_series(home: Home, ids: dict[str, int]) -> None:
    def shown(name: str, *options: str) -> str:
        done = command("show", str(ids[name]), *options, "--home", str(home.path))
        assert done.returncode == 0, done.stderr
        return done.stdout

    leader, same = ids["wire/ferry"], ids["gazette/ferry"]
    printed = shown("gazette/ferry")
    assert (
        f"story {leader}: 3 articles of 3 sources, earliest seen here article {leader}, published 2031-04-20"
        in printed
    )
    assert (
        f"same_text article {leader}: wire, published 2031-04-20T06:00:00Z, The ferry runs again (1.00: letter"
        in printed
    )
    assert f"is part of article {ids['gazette/week']}: gazette" in printed
    assert f"contains article {same}: gazette" in shown("gazette/week")
    series = shown("harbour/2")
    assert f"previous report of this form article {ids['harbour/1']}: harbour" in series
    assert f"next report of this form article {ids['harbour/3']}: harbour" in series
    shared = json.loads(shown("gazette/ferry", "--json"))["shared"]
    assert shared["story"]["id"] == leader and shared["previous"] is None and shared["next"] == []
    assert {(link["relation"], link["article"]) for link in shared["copies"]} == {
        ("same_text", leader), ("near_copy", ids["estuary/ferry"]), ("contains", ids["gazette/week"]),
    }  # fmt: skip


# hostile texts


def test_scraped_markup_is_inert_where_texts_are_compared(
    own: sqlite3.Connection, tmp_path: Path, ids: dict[str, int]
) -> None:
    own.execute(
        "update articles set title = ?1 || id, summary = ?1, text = ?1 || text, language = ?1, published_doubt = ?1,"
        " published_printed = ?1, url = 'javascript:alert(1)' || id",
        (PROBE,),
    )
    own.execute("update sources set name = ?1 || id, licence = ?1", (PROBE,))
    own.execute("update stories set title = ?", (PROBE,))
    own.execute("update copies set reason = ?", (PROBE,))
    own.execute("update shared_quotations set speaker = ?1, wording = ?1", (PROBE,))
    own.commit()
    get = serve_in_process(tmp_path / "archive.db")
    leader = ids["wire/ferry"]
    ours = [
        "/", f"/story/{leader}", f"/article/{leader}", f"/article/{ids['office/stage']}", f"/article/{ids['harbour/2']}",
        f"/article/{leader}/diff?with={ids['gazette/ferry']}", f"/article/{leader}/diff?with={PROBE}", "/story/%3Cimg src='alert(1)'%3E",
    ]  # fmt: skip
    stock = [
        "/archive/copies", "/archive/stories", "/archive/shared_quotations", "/archive/most_carried",
        "/archive/earliest_seen", f"/archive/shares_text?article={leader}", f"/archive/earliest_seen?q={PROBE}",
    ]  # fmt: skip
    for path in ours + stock:
        response = get(path)
        assert response.status_code == (404 if path in ours[-2:] else 200), path
        assert "alert(1)" in response.text, path
        found = tree(response)
        assert not found.xpath("//img | //script[contains(., 'alert')] | //@*[starts-with(name(), 'on')]"), path
        links = found.xpath("//@href | //@src | //@action")
        assert not [link for link in links if re.match(r"(?i)\s*(javascript|data|vbscript):", link)], path
        if path in ours:
            assert not found.xpath("//script | //style | //@style"), path


def test_links_of_a_store_without_the_article_are_empty(home: Home) -> None:
    store = Store(home.database)
    assert store.shared(999) == {"story": None, "copies": [], "previous": None, "next": []}
    store.close()

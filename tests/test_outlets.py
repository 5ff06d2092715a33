"""Each outlet of the catalogue against a replica of its lists and pages, under its real name."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from archive.metadata import read_metadata
from crawler.sources import built_in
from tests.crawling import rows
from tests.outlets.crawls import Crawled, crawl
from tests.outlets.newsrooms import AMP, ANEWS, BCFAUSA, EASTERN_HERALD, NATO, SHORT, anews_amp
from tests.outlets.others import OTHERS
from tests.outlets.replica import Replica
from tests.outlets.russia import (
    ADDED,
    HOSTS,
    MIRROR,
    MOD_RU,
    MOD_RU_ARCHIVE,
    MOD_RU_CHANNEL,
    MOD_RU_MIRROR,
    MOD_RU_OLD,
    OLD_COPIES,
    OLD_URL,
    SITE,
)
from tests.outlets.ukraine import MOD_UA, PRESIDENT_REFUSED, PRESIDENT_UA, WAR_UKRAINE

OPEN = (MOD_UA, PRESIDENT_UA, WAR_UKRAINE, MOD_RU, NATO, BCFAUSA, EASTERN_HERALD, ANEWS, *OTHERS)
WALLED = (PRESIDENT_REFUSED, MOD_RU_CHANNEL)
ARCHIVED = (MOD_RU_ARCHIVE, MOD_RU_OLD)


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawled]:
    folder = tmp_path_factory.mktemp("outlets")
    return {
        "open": crawl(folder / "open", OPEN),
        "walled": crawl(folder / "walled", WALLED, HOSTS),
        "mirrored": crawl(folder / "mirrored", (MOD_RU_MIRROR,), HOSTS[:1]),
        "archived": crawl(folder / "archived", ARCHIVED, HOSTS),
    }


CASES = [
    *(pytest.param("open", replica, id=replica.source) for replica in OPEN),
    *(pytest.param("walled", replica, id=f"{replica.source}-channel") for replica in WALLED),
    pytest.param("mirrored", MOD_RU_MIRROR, id="mod-ru-mirror"),
    *(pytest.param("archived", replica, id=f"{replica.source}-archive") for replica in ARCHIVED),
]
EVERY = pytest.mark.parametrize(("name", "replica"), CASES)


def captured(crawled: Crawled, url: str) -> list[dict[str, object]]:
    """The captures of a page that became an article, in the order of their time."""
    return rows(
        crawled.home,
        "select c.* from captures c join capture_articles ca on ca.capture = c.id join articles a on a.id = ca.article"
        " where a.url = ? order by c.fetched_at",
        url,
    )


def articles(crawled: Crawled, source: str) -> dict[str, dict[str, object]]:
    found = rows(crawled.home, "select * from articles where source = ?", source)
    return {str(row["url"]): row for row in found}


@EVERY
def test_every_story_of_an_outlet_is_found_and_nothing_else(
    crawls: dict[str, Crawled], name: str, replica: Replica
) -> None:
    found = articles(crawls[name], replica.source)
    assert sorted(found) == sorted(story.url for story in replica.stories)
    assert {url: row["title"] for url, row in found.items()} == {s.url: s.title for s in replica.stories}


@EVERY
def test_what_is_no_article_of_an_outlet_is_not_asked_for(
    crawls: dict[str, Crawled], name: str, replica: Replica
) -> None:
    asked = crawls[name].asked
    assert replica.others or replica.source in ("president-ua", "mod-ru", "mod-ru-old", "general-staff-ua")
    assert not {url.partition("://")[2] for url in replica.others} & asked


@EVERY
def test_when_a_story_came_out_is_read_in_the_right_zone(
    crawls: dict[str, Crawled], name: str, replica: Replica
) -> None:
    found = articles(crawls[name], replica.source)
    keys = ("published", "published_printed", "published_from", "published_day")
    dates = {url: tuple(row[key] for key in keys) for url, row in found.items()}
    assert dates == {s.url: (s.published, s.printed, s.found, s.day) for s in replica.stories}


@EVERY
def test_a_text_is_the_story_without_the_outlets_furniture(
    crawls: dict[str, Crawled], name: str, replica: Replica
) -> None:
    found = articles(crawls[name], replica.source)
    for story in replica.stories:
        text = str(found[story.url]["text"])
        assert [paragraph for paragraph in story.texts if paragraph not in text] == []
        assert [line for line in replica.furniture if line in text] == []


@EVERY
def test_an_outlet_that_was_heard_is_well(crawls: dict[str, Crawled], name: str, replica: Replica) -> None:
    [row] = rows(crawls[name].home, "select state, state_reason from sources where id = ?", replica.source)
    assert row["state"] == "ok", row["state_reason"]


def test_every_source_of_the_catalogue_has_a_replica() -> None:
    assert {replica.source for replica in (*OPEN, *WALLED, *ARCHIVED)} == built_in().keys()


@pytest.mark.parametrize("name", ["open", "walled", "mirrored", "archived"])
def test_a_source_that_is_heard_in_whatever_way_is_no_problem_of_the_run(
    crawls: dict[str, Crawled], name: str
) -> None:
    assert (crawls[name].exit_code, crawls[name].errors) == (0, "")


def test_the_lists_of_the_ukrainian_ministry_are_all_asked_and_each_page_once(crawls: dict[str, Crawled]) -> None:
    asked = [hit.path for hit in crawls["open"].log if hit.host == "mod.gov.ua"]
    assert asked.count("/lookup/search") == 2  # once for each language
    asked = [path for path in asked if path != "/lookup/search"]
    assert sorted(asked) == sorted(set(asked))


def test_one_title_on_two_days_is_two_articles_of_the_aggregator(crawls: dict[str, Crawled]) -> None:
    found = rows(crawls["open"].home, "select url, text from articles where title = ?", BCFAUSA.stories[0].title)
    assert {row["url"] for row in found} == {story.url for story in BCFAUSA.stories[:2]}
    assert found[0]["text"] != found[1]["text"]


def test_a_short_address_of_the_aggregator_is_another_address_of_the_post_it_leads_to(
    crawls: dict[str, Crawled],
) -> None:
    sql = "select a.url from addresses d join articles a on a.id = d.article where d.url_key = ?"
    assert rows(crawls["open"].home, sql, SHORT.partition("://")[2]) == [{"url": BCFAUSA.stories[-1].url}]


def test_the_eastern_herald_is_asked_on_one_of_its_hosts_alone(crawls: dict[str, Crawled]) -> None:
    assert not [hit for hit in crawls["open"].log if hit.host == "www.easternherald.com"]


def test_of_a_news_the_page_is_asked_for_and_not_its_amp_form(crawls: dict[str, Crawled]) -> None:
    assert AMP.removesuffix("/amp").partition("://")[2] in crawls["open"].asked
    assert AMP.partition("://")[2] not in crawls["open"].asked


def test_the_clock_of_a_news_is_doubtful_and_its_day_is_believed() -> None:
    entry = built_in()["anews"].source
    page = anews_amp(ANEWS.stories[1], "06:34 | 13 June 2023", "07:13 | 13 June 2023")
    published = read_metadata(document_fromstring(page), AMP, entry.timezone, entry.clock).published
    assert published is not None
    assert (published.at, published.day) == ("2023-06-12T21:00:00Z", "2023-06-13")
    assert published.printed == "Published Date: 06:34 | 13 June 2023"


def test_behind_its_wall_the_president_is_heard_through_the_channel(crawls: dict[str, Crawled]) -> None:
    crawled, [story] = crawls["walled"], PRESIDENT_REFUSED.stories
    [row] = captured(crawled, story.url)
    assert (row["url"], row["fetched_from"]) == (story.url, f"{story.url}?embed=1&mode=tme")
    [source] = rows(crawled.home, "select state_reason from sources where id = 'president-ua'")
    assert "fallback telegram" in source["state_reason"]
    assert "answers 403" in source["state_reason"]


def test_a_wall_is_recorded_once_with_its_evidence_and_no_storm(crawls: dict[str, Crawled]) -> None:
    crawled = crawls["walled"]
    asked = [hit.path for hit in crawled.log if hit.host == "www.president.gov.ua"]
    assert sorted(asked) == sorted(set(asked))
    assert len(asked) <= 3
    blocked = rows(
        crawled.home,
        "select message, warc_file from captures where source = 'president-ua' and kind = 'discovery' and status = 403",
    )
    assert blocked
    assert all("Akamai" in row["message"] and row["warc_file"] for row in blocked)


def test_where_the_russian_ministry_is_silent_its_channel_is_asked_and_nothing_behind_that(
    crawls: dict[str, Crawled],
) -> None:
    crawled, [story] = crawls["walled"], MOD_RU_CHANNEL.stories
    [row] = captured(crawled, story.url)
    assert row["fetched_from"] == f"{story.url}?embed=1&mode=tme"
    assert not [hit for hit in crawled.log if hit.host == "web.archive.org" or hit.path.startswith("/s/mod_russia?")]
    assert "t.me/s/mod_russia" not in crawled.asked


def test_a_page_of_the_mirror_is_the_russian_ministrys_own_at_its_own_address(crawls: dict[str, Crawled]) -> None:
    [story] = MOD_RU_MIRROR.stories
    [row] = captured(crawls["mirrored"], story.url)
    assert (row["url"], row["fetched_from"]) == (story.url, story.url.replace(SITE, MIRROR))


def test_a_copy_of_the_web_archive_keeps_its_own_time_and_the_original_address(crawls: dict[str, Crawled]) -> None:
    crawled = crawls["archived"]
    [row] = captured(crawled, MOD_RU_ARCHIVE.stories[0].url)
    assert (row["url"], row["fetched_at"]) == (MOD_RU_ARCHIVE.stories[0].url, "2025-08-01T09:30:00.000Z")
    found = captured(crawled, OLD_URL)
    assert [row["fetched_at"] for row in found] == ["2022-03-12T12:00:00.000Z", "2022-04-01T06:00:00.000Z"]
    assert [row["url"] for row in found] == [OLD_URL, OLD_URL]
    stamps = [f"https://web.archive.org/web/{stamp}id_/{OLD_URL}" for stamp in OLD_COPIES]
    assert [row["fetched_from"] for row in found] == stamps


def test_two_copies_of_one_page_are_two_revisions_at_the_times_of_the_copies(crawls: dict[str, Crawled]) -> None:
    found = rows(
        crawls["archived"].home,
        "select r.seen_from, r.text, a.first_seen from revisions r join articles a on a.id = r.article"
        " where a.url = ? and r.folded_into is null order by r.number",
        OLD_URL,
    )
    assert [row["seen_from"] for row in found] == ["2022-03-12T12:00:00.000Z", "2022-04-01T06:00:00.000Z"]
    assert [ADDED in row["text"] for row in found] == [False, True]
    assert found[0]["first_seen"] == "2022-03-12T12:00:00.000Z"


def test_a_copy_is_asked_for_as_it_was_kept_and_never_with_the_archives_toolbar(crawls: dict[str, Crawled]) -> None:
    asked = [hit.path for hit in crawls["archived"].log if hit.path.startswith("/web/")]
    assert len(asked) == 4
    assert all("id_/" in path for path in asked)

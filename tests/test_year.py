"""The simulated year measures what it says: the rules of the crawl hold in it, and its numbers are what a hand finds."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from archive.schedule import LATE, STEPS, rest
from benchmarks import year
from benchmarks.year import (
    ATOM,
    BEGIN,
    CRON,
    DAY,
    FEED,
    HOUR,
    LISTING,
    PAUSE,
    SITEMAP,
    WORDPRESS,
    Article,
    Crawl,
    Outlet,
    Result,
    Site,
    Way,
    broken,
    build,
    daily,
    simulate,
)
from crawler.frontier import HEARD
from crawler.spiders.wordpress import SIZE

MONTH = 45  # days: the last step is at 30
END = BEGIN + MONTH * DAY
QUARTER = HOUR / 4  # no midnight: a list's midnight is a day without a time
FEW = (
    Outlet("a", SITEMAP, 20, "Europe/Kyiv", redesigned=True),
    Outlet("b", ATOM, 6, "Europe/London"),
    Outlet("w", WORDPRESS, 30, "Europe/Kyiv"),
    Outlet("c", FEED, 25, "Asia/Kolkata", blocks=True),
    Outlet("d", LISTING, 4, "America/New_York", dated=False),
)


class Watched(Crawl):
    """A crawl that notes what it asks for: pages by article, and the lists."""

    def __init__(self, site: Site, max_pages: int = 500) -> None:
        super().__init__(site, max_pages=max_pages)
        self.visits: dict[int, list[datetime]] = defaultdict(list)
        self.asks: list[datetime] = []
        self.sizes: list[int] = []

    def run(self, start: datetime) -> timedelta:
        lists, pages = self.lists, self.pages
        took = super().run(start)
        if self.lists > lists:
            self.asks.append(start)
        self.sizes.append(self.pages - pages)
        return took

    def fetch(self, n: int, at: datetime) -> bool:
        self.visits[n].append(at)
        return super().fetch(n, at)


def crawled(site: Site, days: int = MONTH, max_pages: int = 500) -> Watched:
    crawl = Watched(site, max_pages)
    for tick in range(days * DAY // CRON):
        crawl.run(BEGIN + tick * CRON)
    return crawl


@pytest.fixture(scope="module")
def month() -> dict[str, Watched]:
    return {site.outlet.name: crawled(site) for site in build(FEW, MONTH)}


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "month" not in request.fixturenames:
        monkeypatch.setattr(year, "FAULTS", 0.0)


def one(way: Way, *ages: timedelta, name: str = "one") -> Site:
    """A source with one article, out after a day, changed at these ages."""
    born = BEGIN + DAY + 7 * timedelta(minutes=1)
    return Site(Outlet(name, way, 1, "UTC"), [Article(born, tuple(born + age for age in ages))])


def test_the_world_is_the_same_for_the_same_seed_and_its_births_do_not_depend_on_its_edits() -> None:
    world = build(FEW, 20)
    assert build(FEW, 20) == world
    assert build(FEW, 20, seed=1) != world
    births = [[article.born for article in site.articles] for site in world]
    assert [[article.born for article in site.articles] for site in build(FEW, 20, 0.9)] == births


def test_the_world_publishes_and_edits_at_the_stated_rates() -> None:
    [site] = build([Outlet("x", FEED, 100, "Europe/Kyiv")], 70)
    assert len(site.articles) == pytest.approx(7000, rel=0.05)
    edited = [article for article in site.articles if article.edits]
    assert len(edited) / len(site.articles) == pytest.approx(year.EDITED, abs=0.03)
    twice = [article for article in edited if len(article.edits) > 1]
    assert len(twice) / len(edited) == pytest.approx(0.2, abs=0.03)
    assert all(timedelta(0) <= later - first <= 6 * HOUR for first, later in (article.edits for article in twice))
    ages = sorted(article.edits[0] - article.born for article in edited)
    assert timedelta(minutes=5) <= ages[0] and ages[-1] <= 60 * DAY
    middle = math.sqrt(timedelta(minutes=5) / HOUR * (60 * DAY / HOUR))  # the median of a log-uniform age
    assert ages[len(ages) // 2] / HOUR == pytest.approx(middle, rel=0.25)


def test_no_page_is_asked_for_after_the_last_step_where_no_list_says_that_it_changed(
    month: dict[str, Watched],
) -> None:
    for name in "cd":
        crawl = month[name]
        assert len(crawl.visits) > 100
        for n, visits in crawl.visits.items():
            assert len(visits) <= len(STEPS) + 2  # a first try that failed is one more
            assert all(before - crawl.born[n] < STEPS[-1] for before in visits[:-1])


def test_between_two_requests_for_a_page_a_step_has_come_or_its_list_says_a_change(month: dict[str, Watched]) -> None:
    repeated = 0
    for name, crawl in month.items():
        for n, visits in crawl.visits.items():
            changes = (*crawl.site.articles[n].edits, *filter(None, [crawl.site.redesign]))
            for before, after in pairwise(visits):
                repeated += 1
                steps = (crawl.born[n] + step for step in STEPS)
                said = crawl.way.modified and any(before < change <= after for change in changes)
                assert said or before < crawl.first[n] <= after or any(before < s <= after for s in steps), name
    assert repeated > 1000


def test_a_page_whose_sitemap_says_nothing_new_is_asked_for_once() -> None:
    assert len(crawled(one(SITEMAP)).visits[0]) == 1


def test_a_change_that_the_sitemap_says_is_fetched_when_the_sitemap_is_asked_next() -> None:
    crawl = crawled(one(SITEMAP, 2 * DAY, 20 * DAY))
    changes = crawl.site.articles[0].edits
    assert len(crawl.visits[0]) == 3
    for change, visit in zip(changes, crawl.visits[0][1:], strict=True):
        assert timedelta(0) < visit - change <= SITEMAP.every + CRON


def test_a_feed_that_says_nothing_is_followed_up_at_each_step_and_no_more() -> None:
    [visits] = crawled(one(FEED)).visits.values()
    assert len(visits) == 1 + len(STEPS)
    for step, visit in zip(STEPS, visits[1:], strict=True):  # a run comes every 15 minutes, and a page takes a while
        assert timedelta(0) <= visit - visits[0] - step <= CRON + 2 * PAUSE


def test_a_feed_that_says_some_changes_is_followed_up_at_the_steps_and_when_it_says_one() -> None:
    crawl = crawled(one(ATOM, 2 * DAY))
    visits, [change] = crawl.visits[0], crawl.site.articles[0].edits
    assert len(visits) == 2 + len(STEPS)
    assert any(timedelta(0) < visit - change <= ATOM.every + CRON for visit in visits)


def test_a_post_that_is_no_longer_among_the_last_changes_is_followed_up_as_if_nothing_were_said() -> None:
    born = [BEGIN + DAY + n * HOUR + QUARTER for n in range(2 * SIZE)]
    crawl = crawled(Site(Outlet("one", WORDPRESS, 1, "UTC"), [Article(at) for at in born]))
    visits = crawl.visits[0]
    assert visits[1] - visits[0] > SIZE * HOUR + HEARD - 2 * HOUR  # named so long, and a day of memory
    assert [round((visit - visits[0]) / DAY) for visit in visits[2:]] == [10, 30]


def test_a_source_that_is_found_late_is_not_followed_up_after_the_last_step_and_ends_no_run_in_a_loop() -> None:
    crawl = crawled(replace(one(FEED), away=[(BEGIN, BEGIN + 33 * DAY)]), days=80)
    [visits] = crawl.visits.values()
    assert len(visits) == 1  # it was older than the last step, with its day of grace, when it was seen first
    assert crawl.site.articles[0].born + STEPS[-1] + LATE < visits[0] < BEGIN + 45 * DAY


def test_a_late_change_of_a_post_is_fetched_at_once() -> None:
    born = [BEGIN + DAY + n * HOUR + QUARTER for n in range(2 * SIZE)]
    change = BEGIN + 20 * DAY
    articles = [Article(born[0], (change,)), *(Article(at) for at in born[1:])]
    crawl = crawled(Site(Outlet("one", WORDPRESS, 1, "UTC"), articles))
    assert any(timedelta(0) < visit - change <= WORDPRESS.every + CRON for visit in crawl.visits[0])


def test_a_page_that_left_its_feed_before_it_was_asked_for_is_lost() -> None:
    site = Site(Outlet("one", FEED, 1, "UTC"), [Article(BEGIN + HOUR + QUARTER / 3 + n * PAUSE) for n in range(50)])
    crawl = crawled(site, days=2)
    assert sorted(crawl.visits) == list(range(20, 50))


def test_a_block_ends_the_requests_for_pages_and_thins_out_those_for_lists() -> None:
    born = [BEGIN + n * HOUR for n in range(24 * MONTH)]
    site = Site(
        Outlet("one", LISTING, 24, "UTC"), [Article(at) for at in born], [(BEGIN + 10 * DAY, BEGIN + 31 * DAY)]
    )
    crawl = crawled(site)
    [(begins, ends)] = site.away
    inside = [visit for visits in crawl.visits.values() for visit in visits if begins <= visit < ends]
    assert len(inside) <= 1  # the one that met the block, if it was not a list
    tries = [ask for ask in crawl.asks if begins <= ask < ends]
    assert 5 <= len(tries) <= 8
    for n, (before, after) in enumerate(pairwise(tries), 1):
        assert rest(n) <= after - before <= rest(n) + LISTING.every
    assert any(visit > ends for visits in crawl.visits.values() for visit in visits)  # it was not given up


def test_a_redesign_asks_for_every_page_that_is_named_once_and_for_no_more_in_a_run_than_its_limit() -> None:
    born = [BEGIN + n * HOUR + QUARTER for n in range(24 * 20)]
    site = Site(Outlet("one", SITEMAP, 24, "UTC"), [Article(at) for at in born], redesign=BEGIN + 10 * DAY + HOUR)
    crawl = crawled(site, days=20, max_pages=7)
    assert max(crawl.sizes) == 7
    before = range(24 * 10 - 2)
    assert all(len(crawl.visits[n]) == 2 for n in before)
    assert all(crawl.visits[n][1] >= BEGIN + 11 * DAY for n in before)


def test_a_run_waits_for_the_one_before() -> None:
    many = [Article(BEGIN + timedelta(seconds=1 + n)) for n in range(400)]
    busy, idle = (Site(Outlet(n, SITEMAP, 1, "UTC"), a) for n, a in (("busy", many), ("idle", [])))
    starts: list[datetime] = []

    class Noted(Crawl):
        def run(self, start: datetime) -> timedelta:
            starts.append(start)
            return super().run(start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(year, "Crawl", Noted)
        simulate([busy, idle], BEGIN + 3 * HOUR)
    assert 400 * PAUSE > CRON
    gaps = {after - before for before, after in pairwise(dict.fromkeys(starts))}
    assert gaps == {CRON, 2 * CRON}


def test_a_text_counts_where_it_stood_three_hours_and_began_within_ten_days() -> None:
    born, after = BEGIN + DAY, timedelta
    article = Article(born, (born + after(hours=2), born + after(hours=5), born + after(days=10, hours=1)))
    assert [text for text, _, _ in article.counts(END)] == [1, 2]  # the first stood two hours, the last came too late
    assert Article(END - 2 * HOUR).counts(END) == []
    assert Article(END - 4 * HOUR, (END + DAY,)).counts(END) == [(0, END - 4 * HOUR, END)]


def test_a_delay_is_from_the_text_to_its_first_answer_and_a_text_nobody_saw_is_not_stored() -> None:
    # an edit at 5 hours stood 4 hours: no step comes in that time, and the one at 9 hours waits for the step at a day
    crawl = crawled(one(FEED, 5 * HOUR, 9 * HOUR))
    found = crawl.result(END)
    visits, article = crawl.visits[0], crawl.site.articles[0]
    assert (found.texts, len(found.delays)) == (3, 2)
    day = next(visit for visit in visits if visit - visits[0] > 23 * HOUR)
    assert found.delays == [(visits[0] - article.born).total_seconds(), (day - article.edits[1]).total_seconds()]


def test_an_answer_that_failed_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year, "FAULTS", 1.0)
    crawl = crawled(one(FEED), days=3)
    assert crawl.pages > 1
    assert crawl.result(END).delays == []


def test_the_other_crawler_asks_for_each_article_on_thirty_days_and_stores_what_stands_then() -> None:
    site = one(FEED, 12 * HOUR, 16 * HOUR)
    found = daily(site, END)
    assert (found.articles, found.pages, found.lists, found.texts) == (1, 30, MONTH, 3)
    look = BEGIN + 2 * DAY + year.LOOKS_AT  # the second text came and went between two looks
    assert len(found.delays) == 2
    assert (
        found.delays[1]
        == (look + (DAY if look < site.articles[0].edits[1] else 0 * DAY) - site.articles[0].edits[1]).total_seconds()
    )


def test_the_other_crawler_asks_for_nothing_while_the_source_is_out_of_reach() -> None:
    site = replace(one(FEED), away=[(BEGIN + 5 * DAY, BEGIN + 10 * DAY)])
    assert daily(site, END).pages == 25


def test_a_promise_that_is_not_kept_is_told() -> None:
    other = Result(articles=1, pages=100)
    assert broken(Result(pages=25, texts=10, delays=[86_400.0] * 9), other) == []
    assert len(broken(Result(pages=26, texts=10, delays=[86_401.0] * 8), other)) == 3
    assert len(broken(Result(pages=0, texts=0), other)) == 2


def test_the_command_prints_a_table_and_ends_with_whether_the_promises_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for outlets, arguments, code in ((FEW[1:3], [], 0), (FEW[3:], ["--steps", "1h,2h,3h,4h,5h,6h,7h,8h,9h"], 1)):
        monkeypatch.setattr(year, "OUTLETS", outlets)
        monkeypatch.setattr(sys, "argv", ["year", "--days", "35", *arguments])
        with pytest.raises(SystemExit) as ended:
            year.main()
        out = capsys.readouterr().out
        assert ended.value.code == code, out
        assert out.splitlines()[-1].endswith("kept") == (code == 0)
        assert out.count("daily crawler") == len(year.WAYS) + 5

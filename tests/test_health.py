"""Health: a source is judged by its own past; nights, weekends and small histories never alarm."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import store_health
from archive.health import Finding, Share, articles, captures, findings, silence, unmatched, usual_gap
from archive.home import Home
from archive.models import Hints, stamp
from archive.store import Store
from archive.store_health import Latest
from tests.keeping import START as KEPT
from tests.keeping import captured, keep, source
from tests.pages import own_div

START = datetime(2031, 1, 1, 6, 0, tzinfo=UTC)  # a Wednesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def daily(days: int) -> list[datetime]:
    """A report every morning, up to an hour late."""
    return [START + n * DAY + timedelta(minutes=37 * n % 60) for n in range(days)]


def weekdays(days: int) -> list[datetime]:
    """A ministry's office hours: every two hours from six to four, not on weekends."""
    hours = (START + n * DAY + k * 2 * HOUR for n in range(days) for k in range(6))
    return [at for at in hours if at.weekday() < 5]


def test_a_daily_report_is_silent_after_some_days_and_not_before() -> None:
    times = daily(30)
    assert silence(times, times[-1] + 2 * DAY) is None
    line = silence(times, times[-1] + 5 * DAY)
    assert line == "nothing new for 5 days; until now the longest gaps were 25 hours"


@pytest.mark.parametrize("make", [daily, weekdays])
def test_no_moment_of_a_regular_year_is_silent(make: object) -> None:
    times = make(365)  # type: ignore[operator]
    for n in range(30, len(times) - 1):
        before = [at for at in times[:n] if at > times[n - 1] - 90 * DAY]
        assert silence(before, times[n]) is None, times[n]


def test_a_weekend_of_three_days_is_no_silence_and_two_weeks_are() -> None:
    times = weekdays(60)
    assert silence(times, times[-1] + 4 * DAY) is None
    assert silence(times, times[-1] + 14 * DAY) is not None


def test_two_outages_of_our_own_do_not_hide_a_silence_later() -> None:
    times = [at for at in daily(80) if not (START + 20 * DAY < at < START + 30 * DAY)]
    times = [at for at in times if not (START + 50 * DAY < at < START + 62 * DAY)]
    assert usual_gap(times) < 2 * DAY  # type: ignore[operator]
    assert silence(times, times[-1] + 6 * DAY) is not None


@pytest.mark.parametrize("times", [[], daily(1), daily(27), [START + n * HOUR for n in range(300)]])
def test_a_history_too_short_to_know_a_month_is_never_silent(times: list[datetime]) -> None:
    assert silence(times, START + 4000 * DAY) is None


def hourly(
    days: float, shares: dict[str, float], per_hour: int = 5, end: datetime = START
) -> Iterator[tuple[str, str, str, int]]:
    """Captures of pages with fixed shares of outcomes, over days up to ``end``."""
    rng = random.Random(7)
    for n in range(int(days * 24), 0, -1):
        picked = rng.choices(list(shares), list(shares.values()), k=per_hour)
        for outcome in sorted(set(picked)):
            yield stamp(end - n * HOUR), "page", outcome, picked.count(outcome)


USUAL = {"new": 0.3, "unchanged": 0.5, "not_article": 0.1, "failed": 0.05, "blocked": 0.05}


def lines(found: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {kind: line for kind, line in found if line}


def changed(after: dict[str, float], days: float = 1) -> dict[str, str]:
    before = hourly(30, USUAL, end=START - days * DAY)
    return lines(captures([*before, *hourly(days, after)], START))


def test_captures_as_ever_are_nothing_to_tell() -> None:
    assert changed(USUAL) == {}


def test_pages_that_are_articles_no_more_are_told_with_the_numbers() -> None:
    found = changed({"new": 0.2, "not_article": 0.8})
    assert found.keys() == {"fewer_articles"}
    assert "before: 8" in found["fewer_articles"]
    assert found["fewer_articles"].endswith("pages were articles")


@pytest.mark.parametrize("kind", ["blocked", "failed"])
def test_more_blocked_or_failed_than_usual_is_told(kind: str) -> None:
    assert changed({"unchanged": 0.5, "new": 0.1, kind: 0.4}).keys() == {kind}


@pytest.mark.parametrize("kind", ["blocked", "failed"])
def test_a_source_that_always_fails_that_often_is_as_ever(kind: str) -> None:
    often = {"unchanged": 0.5, kind: 0.5}
    assert lines(captures(list(hourly(31, often)), START)) == {}


def test_a_few_captures_or_a_short_past_raise_no_alarm() -> None:
    broken = list(hourly(3 / 24, {"not_article": 1}))  # 15 captures
    assert lines(captures([*hourly(30, USUAL, end=START - DAY), *broken], START)) == {}
    assert lines(captures([*hourly(0.5, USUAL, end=START - DAY), *hourly(1, {"failed": 1})], START)) == {}
    assert lines(captures([], START)) == {}


def test_a_slow_source_is_seen_over_more_days() -> None:
    slow = [row for row in hourly(30, USUAL, 1, START - 10 * DAY) if row[0][11:13] in ("06", "09", "12", "15", "18")]
    broken = [(stamp(START - n * DAY), "page", "not_article", 3) for n in range(10)]
    assert lines(captures([*slow, *broken], START)).keys() == {"fewer_articles"}


def test_revisits_that_bring_nothing_new_do_not_count_as_articles_lost() -> None:
    assert "fewer_articles" not in changed({"not_modified": 0.95, "unchanged": 0.05})


def article(n: int, words: int = 300, dated: bool = True, title: str | None = None) -> Latest:
    return Latest(title or f"Harbour story {n}", words, dated, True)


def test_texts_as_long_as_ever_are_nothing_to_tell() -> None:
    rng = random.Random(3)
    assert lines(articles([article(n, rng.randint(40, 900)) for n in range(220)])) == {}


def test_texts_that_became_short_are_told() -> None:
    found = lines(articles([article(n, 30 if n < 20 else 300) for n in range(120)]))
    assert found == {"shorter": "the last 20 articles have 30 words in the middle, 300 before"}


def test_a_burst_of_short_news_as_there_was_before_is_as_ever() -> None:
    words = [*[30] * 20, *[300] * 80, *[25] * 20, *[300] * 80]
    assert lines(articles([article(n, w) for n, w in enumerate(words)])) == {}


def test_back_numbers_that_are_short_are_no_redesign() -> None:
    old = [Latest(f"Old story {n}", 30, True, False) for n in range(60)]
    assert lines(articles([*old, *(article(n) for n in range(160))])) == {}


def test_dates_that_are_missing_are_told_and_a_source_without_any_is_as_ever() -> None:
    assert lines(articles([article(n, dated=n >= 20) for n in range(120)])) == {
        "undated": "20 of the last 20 articles have no date, 0% of those before"
    }
    assert lines(articles([article(n, dated=False) for n in range(120)])) == {}
    assert lines(articles([article(n, dated=n % 10 > 0) for n in range(120)])) == {}


def test_one_title_for_all_is_told_and_a_daily_reports_is_as_ever() -> None:
    same = [article(n, title="Vardania  News" if n < 10 else None) for n in range(60)]
    assert lines(articles(same)) == {"same_title": "the last 10 articles all have one title: Vardania News"}
    assert lines(articles([article(n, title="Losses for the last day") for n in range(60)])) == {}
    mixed = [article(n, title="Losses for the last day" if n % 3 == 0 else None) for n in range(60)]
    assert lines(articles(mixed)) == {}


def test_few_articles_raise_no_alarm() -> None:
    broken = [article(n, 1, False, "Same") for n in range(20)]
    assert lines(articles([*broken, *(article(n) for n in range(19))])) == {}
    assert lines(articles([])) == {}


def test_an_interval_holds_for_nothing_and_for_all() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    low, high = Share(0, 20).interval
    assert low == pytest.approx(0, abs=1e-9)
    assert 0.2 < high < 0.4
    assert Share(20, 20).above(Share(0, 20))
    assert not Share(1, 1).above(Share(0, 1))


def test_hints_that_match_nothing_on_half_of_the_last_articles_are_told() -> None:
    well, missed = ["hint:container"], ["hint:container unmatched", "nearest"]
    assert unmatched(["container"], [well] * 10) is None
    assert unmatched(["container"], [missed] * 4 + [well] * 6) is None
    line = "its hints match nothing, of the last 10 articles: container on 5"
    assert unmatched(["container", "drop"], [missed] * 5 + [well] * 5) == line
    assert unmatched(["drop"], [missed] * 10) is None, "a hint that was taken back"
    assert unmatched(["container"], [missed] * 2) is None, "too few to say"
    assert unmatched(["container"], [missed] * 3) == line.replace("10", "3").replace("5", "3")
    assert unmatched(["container"], []) is None


# in an archive


class Archive:
    """An archive whose rows are written without pages."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path, write=True)
        self.number = itertools.count(1)

    def source(self, name: str, state: str = "ok") -> None:
        self.store.sync_sources([source(name)])
        self.store.conn.execute("update sources set state = ? where id = ?", (state, name))

    def capture(self, name: str, at: datetime, kind: str = "discovery", outcome: str = "discovery") -> int:
        cursor = self.store.conn.execute(
            "insert into captures(url, url_key, source, kind, fetched_at, outcome) values (?, ?, ?, ?, ?, ?)",
            ("u", f"u{next(self.number)}", name, kind, stamp(at), outcome),
        )
        return cursor.lastrowid or 0

    def article(self, name: str, seen: datetime, published: datetime | None) -> None:
        capture = self.capture(name, seen, "page", "new")
        self.store.conn.execute(
            "insert into articles(url, source, title, published, first_seen, last_checked, text, words, text_sha256,"
            " revisions, capture, extractor) values (?, ?, ?, ?, ?, ?, '', 100, '', 1, ?, '')",
            (f"http://{name}.example/{capture}", name, f"Title {capture}", published and stamp(published), stamp(seen),
             stamp(seen), capture),
        )  # fmt: skip

    def read(self, steps: list[str], article: int) -> None:
        """Say how the page of an article was read."""
        self.store.conn.execute(
            "insert into readings(article, extractor, payload_sha256, title, metadata, content_sha256, first_at)"
            " values (?, '', '', '', ?, '', '')",
            (article, json.dumps({"steps": steps})),
        )
        self.store.conn.execute(
            "insert into capture_articles (capture, article, reading)"
            " select capture, id, (select max(id) from readings) from articles where id = ?",
            (article,),
        )

    def findings(self, now: datetime) -> list[Finding]:
        return findings(self.store.conn, now)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path / "archive.db")
    yield made
    made.store.close()


def filled(archive: Archive, name: str, days: int, state: str = "ok", backlog: int = 60) -> datetime:
    """A source with its back numbers on the first day and a report a day after it; returns the last one's time."""
    archive.source(name, state)
    for n in range(backlog):
        archive.article(name, START + n * HOUR / 10, START - n * DAY)
    for n in range(1, days):
        archive.article(name, START + n * DAY, START + n * DAY - HOUR)
        archive.capture(name, START + n * DAY)
    return START + (days - 1) * DAY


def test_a_source_that_fell_silent_is_found_and_its_neighbour_is_not(archive: Archive) -> None:
    last = filled(archive, "quiet", 40)
    filled(archive, "lively", 46)
    archive.capture("quiet", last + 6 * DAY)
    assert archive.findings(last + 6 * DAY) == [
        Finding("quiet", "silent", "nothing new for 6 days; until now the longest gaps were 24 hours")
    ]
    assert findings(archive.store.conn, last + 6 * DAY, {"lively"}) == []
    assert len(findings(archive.store.conn, last + 6 * DAY, {"quiet"})) == 1


def test_a_hint_that_stopped_matching_is_found(archive: Archive) -> None:
    last = filled(archive, "lively", 40)
    hinted = source("lively", hints=Hints(container=("div.story",)))
    for n, article in enumerate(archive.store.articles()):
        archive.read(["hint:container unmatched"] if n >= 93 else ["hint:container"], article["id"])
    assert archive.findings(last) == []
    archive.store.sync_sources([hinted])
    line = "its hints match nothing, of the last 10 articles: container on 6"
    assert archive.findings(last) == [Finding("lively", "hints", line)]


def test_pages_that_a_hint_does_not_match_say_so_in_their_readings(home: Home) -> None:
    hinted = {"ferries": source("ferries", hints=Hints(("div.story",), ("p.promo",), ("section.news",)))}
    texts = [f"The ferry {n} crossed the river in the morning with timber for the mill." for n in range(4)]
    pages = [own_div(f"Ferry {n}", [text + f" It was crossing number {n}." for text in texts], []) for n in range(4)]
    keep(home, [captured(f"http://ferries.example/{n}", page, n) for n, page in enumerate(pages)], hinted)
    store = Store(home.database)
    found = findings(store.conn, KEPT + DAY)
    store.close()
    assert [(one.kind, one.line) for one in found] == [
        ("hints", "its hints match nothing, of the last 4 articles: container on 4, drop on 4, split on 4")
    ]


def test_a_silence_does_not_end_by_lasting(archive: Archive) -> None:
    last = filled(archive, "quiet", 40)
    archive.capture("quiet", last + 700 * DAY)
    assert [found.kind for found in archive.findings(last + 700 * DAY)] == ["silent"]


def test_while_nobody_asks_nobody_is_silent(archive: Archive) -> None:
    last = filled(archive, "quiet", 40)
    archive.capture("quiet", last + 50 * DAY, outcome="failed")
    assert archive.findings(last + 60 * DAY) == []


def test_back_numbers_are_no_news(archive: Archive) -> None:
    last = filled(archive, "quiet", 40)
    for n in range(30):  # a crawl of the history goes on all the time
        archive.article("quiet", last + n * 5 * HOUR, START - n * 9 * DAY)
    archive.capture("quiet", last + 6 * DAY)
    assert [found.kind for found in archive.findings(last + 6 * DAY)] == ["silent"]


def test_a_first_run_is_no_history(archive: Archive) -> None:
    filled(archive, "new-one", 3, backlog=300)
    archive.capture("new-one", START + 30 * DAY)
    assert archive.findings(START + 30 * DAY) == []


def test_a_source_that_is_paused_or_was_never_crawled_is_left_out(archive: Archive) -> None:
    last = filled(archive, "paused-one", 40, state="paused")
    archive.source("never")
    archive.capture("paused-one", last + 60 * DAY)
    assert archive.findings(last + 60 * DAY) == []


def test_what_lies_in_the_future_does_not_count(archive: Archive) -> None:
    last = filled(archive, "quiet", 40)
    archive.article("quiet", last + 900 * DAY, None)  # the clock was wrong once
    archive.capture("quiet", last + 6 * DAY)
    assert [found.kind for found in archive.findings(last + 6 * DAY)] == ["silent"]


def test_an_archive_is_judged_by_its_rows(archive: Archive) -> None:
    last = filled(archive, "broken", 90)
    for n in range(30):
        archive.capture("broken", last + n * HOUR / 2, "page", "not_article")
        archive.capture("broken", last + n * HOUR / 2, "page", "blocked")
    found = {one.kind: one for one in archive.findings(last + 16 * HOUR)}
    assert found == {}, "a past of thirty pages a month is too small to be judged by"
    for n in range(200):
        archive.capture("broken", last - 2 * DAY - n * HOUR, "page", "unchanged")
    found = {one.kind: one for one in archive.findings(last + 16 * HOUR)}
    assert found.keys() == {"fewer_articles", "blocked"}
    assert found["blocked"].source == "broken"


def test_a_connection_for_reading_cannot_write(archive: Archive, tmp_path: Path) -> None:
    archive.source("one")
    with store_health.reading(tmp_path / "archive.db") as conn, pytest.raises(Exception, match="readonly"):
        conn.execute("delete from sources")

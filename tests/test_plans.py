"""No page of ours reads the archive from end to end, and none reads more of an archive that goes back further.

Each page is asked for at addresses of every kind that it knows, over the demo archive and over two invented ones of
which one is four times as long, for readers to whom all is open and for those from whom something is held back. What
they ask SQLite is written down with its plan and the steps that it took.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from datasette.app import Datasette
from datasette.utils import tilde_encode

import archive.web
from archive.home import Home
from archive.web import counts, edits, links, outlets, queries
from archive.web.server import SETTINGS
from benchmarks.large import build
from tests.test_web import METADATA
from tests.tracing import Log, Statement, tracing

# tables that hold a row a source, a decision of somebody, or less, and indexes over what is rare: to read one whole is
# nothing
SMALL = {
    "sources", "home", "hosts", "findings", "verdicts", "rebuilds", "removed", "restricted", "_sqlite_migrations",
    "sqlite_master", "sqlite_schema", "sqlite_sequence", "search_text_fts_config", "earlier_texts_fts_config",
    "totals", "figures_differ", "sqlite_autoindex_sources_1",
}  # fmt: skip
# addresses of each route of ours; {names} are filled in from the archive (VALUES), and an address for which it has
# none is left out
ADDRESSES: dict[str, list[str]] = {
    r"^/(?P<format>)$": ["/"],
    r"^/about$": ["/about"],
    r"^/article/(?P<article>[^/]*)$": [
        "/article/{article}",
        "/article/{edited}",
        "/article/{edited}?revision=1",
        "/article/{edited}?revision_id={revision}",
        "/article/{gone}",
        "/article/{told}",
        "/article/{reporting}",
        "/article/999999999",
    ],
    r"^/article/(?P<article>[^/]*)/integrity(?P<form>|\.txt)$": [
        "/article/{article}/integrity",
        "/article/{edited}/integrity?quote={common}",
        "/article/{gone}/integrity.txt",
    ],
    r"^/article/(?P<article>[^/]*)/integrity\.wacz$": ["/article/{edited}/integrity.wacz"],
    r"^/article/(?P<article>[^/]*)/diff$": [
        "/article/{edited}/diff",
        "/article/{told}/diff?with={story}",
        "/article/{article}/diff?with={edited}",
    ],
    r"^/story/(?P<story>[^/]*)$": ["/story/{story}"],
    r"^/source$": ["/source", "/source?sort=articles"],
    r"^/source/(?P<source>[^/]+)$": ["/source/{source}", "/source/{official}"],
    r"^/changes$": [
        "/changes",
        "/changes?source={source}",
        "/changes?kind=silent",
        "/changes?kind=numbers",
        "/changes?kind=title",
        "/changes?kind=gone",
        "/changes?language={language}",
        "/changes?since={day}&until={day}",
        "/changes?words=20",
        "/changes?source={source}&kind=title&words=5",
    ],
    r"^/losses$": ["/losses"],
    r"^/losses/(?P<side>[^/]+)$": ["/losses/{side}"],
    r"^/losses/(?P<side>[^/]+)/(?P<category>[^/]+)$": ["/losses/{side}/{category}"],
    r"^/search(?:\.(?P<format>json|csv))?$": [
        "/search",
        "/search?q={common}",
        "/search?q={rare}",
        "/search?q={common}+{rare}",
        "/search?q={common}&source={source}&language={language}&kind=news&since={day}&until={day}",
        "/search?q={common}&sort=newest",
        "/search?q={common}&in=history",
        "/search?q={common}&page=3",
        "/search.json?q={rare}",
        "/search.csv?q={rare}",
    ],
    r"^/feed\.(?P<format>atom|json)$": [
        "/feed.atom",
        "/feed.json?source={source}",
        "/feed.atom?q={common}",
        "/feed.atom?q={rare}",
    ],
    r"^/robots\.txt$": ["/robots.txt"],
}
# routes that write, or that read nothing of the archive without a reader who is signed in and has notes
OTHERS = re.compile(r"\^/(notes|searches|article/\(\?P<article>\[\^/\]\*\)/(notes|tags))\b")
# the source that is closed
SMALLEST = "(select source from articles group by source order by count(*), source limit 1)"
STORY = (
    "(select max(id) from stories t where sources > 1"
    f" and not exists (select 1 from articles m where m.story = t.id and m.source = {SMALLEST}))"
)
# SQL by which the names in addresses are filled in
VALUES = {
    "article": "select id from articles order by id desc limit 1 offset 20",
    "edited": "select article from revisions where number = 2 order by id desc limit 1",
    "revision": "select p.id from revisions r join revisions p on p.article = r.article and p.number = 1"
    " where r.number = 2 order by r.id desc limit 1",
    "gone": "select id from articles where gone_at is not null order by id desc limit 1",
    "story": f"select {STORY}",
    "told": f"select max(id) from articles where story = {STORY}",
    "reporting": "select article from figures where known_until is null order by id desc limit 1",
    "source": "select source from articles group by source order by count(*) desc, source limit 1",
    "official": "select id from sources where kind = 'official' order by id limit 1",
    "language": "select language from articles group by language order by count(*) desc, language limit 1",
    "day": "select max(published_day) from articles",
    "side": "select max(claimed_by) from figures",
    "category": "select max(category) from figures where claimed_by = (select max(claimed_by) from figures)",
}
# pages that draw what was claimed on every day since the first one: a row a day and category, however many articles
# say so
EVERY_DAY = "/losses"
# so many rows are looked at, at most, where the last ones matter: as many as the short archive has
BOUNDS = {
    outlets: ("TIMED", "SHARED", "VISITS", "COUNTED", "RECENT"),
    queries: ("CAPTURES", "DOCUMENTS", "_IN_STORIES"),
    links: ("_WALKED", "COMPARED"),
    edits: ("WALKED",),
    counts: ("SMALL", "LARGE"),
}
FEW = 40
# what an archive of four times the time may cost more in steps: a tree is a level deeper here and
# there, a page is full
MORE, BESIDES = 1.3, 2_500
SHORT, LONG = 200, 800


class Reading:
    """An archive and what its pages asked of it: (route, address) → statements."""

    def __init__(self, home: Home, readers: str) -> None:
        self.home, self.readers = home, readers
        self.values = _values(home.database)
        self.statuses: dict[tuple[str, str], int] = {}
        self.asked: dict[tuple[str, str], list[Statement]] = {}
        with tracing(str(home.database)) as log:
            asyncio.run(self._read(log))

    async def _read(self, log: Log) -> None:
        # one thread: what is done once for each was done when a page is asked for the second time
        settings = {**SETTINGS, "num_sql_threads": 1}
        datasette = Datasette([str(self.home.database)], metadata=METADATA, settings=settings)
        for route, addresses in ADDRESSES.items():
            for template in addresses:
                if any(self.values.get(name) is None for name in re.findall(r"{(\w+)}", template)):
                    continue
                path = template.format(**self.values)
                await datasette.client.get(path)  # what is asked once and remembered
                log.statements, log.on = [], True
                response = await datasette.client.get(path)
                log.on = False
                self.statuses[route, template] = response.status_code
                self.asked[route, template] = log.statements
        for database in datasette.databases.values():
            database.close()


def _values(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as conn:
        found = {name: (conn.execute(sql).fetchone() or (None,))[0] for name, sql in VALUES.items()}
        conn.execute("create virtual table temp.words using fts5vocab(main, search_text_fts, row)")
        terms = conn.execute(
            "select term, doc from temp.words where length(term) > 4 and term glob '[a-zа-я]*' order by doc desc, term"
        ).fetchall()
    encoded = {name: tilde_encode(str(value)) if value is not None else None for name, value in found.items()}
    return {**encoded, "common": quote_plus(terms[0][0]), "rare": quote_plus(terms[-1][0])}


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Home]:
    """Archives of some sources over a time and over four times that."""
    folder = tmp_path_factory.mktemp("plans")
    found = {}
    for days in (SHORT, LONG):
        found[days] = Home(folder / str(days))
        build(found[days], 4 * days, days, sources=5, end=datetime(2031, 6, 1, tzinfo=UTC), stemmed=False)
    return found


def _hold_back(home: Home) -> None:
    """Close the smallest source, and restrict an article."""
    with closing(sqlite3.connect(home.database)) as conn, conn:
        conn.execute(f"update sources set public = 0 where id = {SMALLEST}")
        conn.execute("insert into restricted select min(id), '2031-05-01T00:00:00.000Z', 'asked' from articles")


@pytest.fixture(scope="module")
def readings(demo_home: Home, invented: dict[int, Home]) -> Iterator[dict[str, Reading]]:
    """Of each archive, as readers to whom all is open have it, and as those from whom something is held back."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in BOUNDS.items():
            for name in names:
                patch.setattr(module, name, FEW)
        yield _readings(demo_home, invented)


def _readings(demo_home: Home, invented: dict[int, Home]) -> dict[str, Reading]:
    found = {"demo": Reading(demo_home, "open")}
    for days, home in invented.items():
        found[f"open {days}"] = Reading(home, "open")
    for days, home in invented.items():
        _hold_back(home)
        found[f"held {days}"] = Reading(home, "held")
    return found


def test_every_route_has_addresses() -> None:
    registered = {regex for regex, _ in archive.web.register_routes()}
    unknown = {regex for regex in registered if regex not in ADDRESSES and not OTHERS.match(regex)}
    assert not unknown, "tests/test_plans.py has no address of these routes"
    assert set(ADDRESSES) <= registered, "these routes are gone"


def test_every_kind_of_page_is_answered(readings: dict[str, Reading]) -> None:
    for name, reading in readings.items():
        answered = {route for (route, _), status in reading.statuses.items() if status == 200}
        # an invented ministry's losses are nobody's: the demo archive has no claims
        none = {route for route in ADDRESSES if name == "demo" and "<side>" in route}
        assert answered == set(ADDRESSES) - none, name
        right = {200, 301, 404, *((403, 451) if reading.readers == "held" else ())}
        wrong = {key[1]: status for key, status in reading.statuses.items() if status not in right}
        assert not wrong, name


def test_no_page_reads_a_table_from_end_to_end(readings: dict[str, Reading]) -> None:
    found = {
        f"{address} ({name}) reads all of {', '.join(sorted(large))}: {statement}"
        for name, reading in readings.items()
        for (_, address), statements in reading.asked.items()
        for statement in statements
        if (large := set(statement.whole) - SMALL)
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("readers", ["open", "held"])
def test_no_page_reads_more_of_a_longer_archive(readings: dict[str, Reading], readers: str) -> None:
    short, long = readings[f"{readers} {SHORT}"], readings[f"{readers} {LONG}"]
    found = []
    for key, statements in long.asked.items():
        before, now = (sum(s.steps for s in asked if not _matches(s)) for asked in (short.asked[key], statements))
        if now > MORE * before + BESIDES and not key[1].startswith(EVERY_DAY):
            worst = sorted(statements, key=lambda s: -s.steps)[:3]
            found.append(f"{key[1]}: {before} steps, then {now}:\n  " + "\n  ".join(map(str, worst)))
    assert not found, "\n".join(found)


def _matches(statement: Statement) -> bool:
    """Whether it is a search by words: its hits grow with the archive, and are bounded by archive/web/found.py."""
    return " match " in statement.sql

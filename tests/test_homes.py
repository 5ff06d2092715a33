"""Another archive merged into this one: pages, runs, what was decided, and what no record says."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from archive.custody import seal
from archive.errors import RefusedError
from archive.exports.chosen import Asked, silent
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.overrule import overrule
from archive.store import Store
from tests.foreign import Hosts, at, brought
from tests.importing import NOW, bring, held, named
from tests.keeping import captured, keep, source
from tests.pages import own_div
from tests.prose import prose

FERRY, PIER = "http://courier.example/ferry", "http://courier.example/pier"
SPARING = {"courier": source("courier", keep="changes", timezone="Asia/Kathmandu")}


def ferry(number: int = 1, advert: str = "") -> str:
    return own_div("The harbour ferry", [prose(number, 4)], [prose(99, 3)]) + f"<!-- {advert} -->"


def rows(home: Home, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(Store(home.database)) as store:
        return [tuple(row) for row in store.conn.execute(sql, values)]


@pytest.fixture
def other(tmp_path: Path) -> Home:
    """An archive with two runs, a look at a page that had not changed, a failure and a page that is restricted."""
    other = Home(tmp_path / "other")
    keep(other, [captured(FERRY, ferry()), captured(PIER, ferry(2), 1)], SPARING)
    later = [
        captured(FERRY, ferry(advert="another"), 60),
        captured(PIER, b"", 61, status=None, error="DNS: no such host"),
        captured("http://courier.example/list", "<ul></ul>", 62, kind="discovery"),
        captured(PIER, ferry(3), 70),
    ]
    keep(other, later, SPARING)
    with closing(Store(other.database, write=True)) as store, store.transaction():
        store.set_fictional(False)
        [number] = [row["id"] for row in store.articles() if row["url"] == PIER]
        store.restrict([number], "2031-05-01T00:00:00.000Z", "an order of the court")
    [(block,)] = rows(other, "select block from boilerplate where text = ?", prose(99, 3).splitlines()[0])
    overrule(other, "courier", keep=[block])
    seal(other, NOW)
    return other


# all that is said of captures but where their records lie and what numbers they have
CAPTURES = (
    "select c.url, c.kind, c.fetched_at, c.status, c.payload_sha256, c.outcome, c.message, c.warc_file is not null,"
    " (select fetched_at from captures where id = c.confirms), r.fetched, r.new, r.kind"
    " from captures c join runs r on r.id = c.run order by c.fetched_at"
)


def test_an_archive_into_an_empty_one_is_the_same_archive(home: Home, other: Home) -> None:
    account = bring(home, other.path)
    assert (account.damaged, account.problems) == (0, [])
    assert named(home) == named(other)
    kept = rows(other, CAPTURES)
    assert rows(home, CAPTURES) == kept
    assert len(kept) == 6 and [row[5] for row in kept if row[8]] == ["unchanged"]  # of which a note was kept
    assert rows(home, "select hash, verdict, text from verdicts") == rows(
        other, "select hash, verdict, text from verdicts"
    )
    assert rows(home, "select reason from restricted") == [("an order of the court",)]
    assert rows(home, "select distinct proof from articles") == [("page",)]
    assert rows(home, "select timezone, keep from sources") == [("Asia/Kathmandu", "changes")]


def test_once_more_doubles_nothing(home: Home, other: Home) -> None:
    bring(home, other.path)
    before = held(home), rows(home, CAPTURES), rows(home, "select * from runs where kind <> 'import'")
    bring(home, other.path)
    assert (held(home), rows(home, CAPTURES), rows(home, "select * from runs where kind <> 'import'")) == before


def test_two_archives_of_one_outlet_become_one(home: Home, other: Home) -> None:
    mine = [captured(FERRY, ferry(), 30), captured("http://courier.example/dock", ferry(8), 40)]
    keep(home, mine, {"courier": source("courier")})
    bring(home, other.path)
    assert rows(home, "select url, revisions, first_seen from articles order by id") == [
        (FERRY, 1, "2031-04-20T06:00:00.000Z"),
        ("http://courier.example/dock", 1, "2031-04-20T06:40:00.000Z"),
        (PIER, 2, "2031-04-20T06:01:00.000Z"),
    ]
    assert rows(home, "select count(*) from captures") == [(8,)]
    assert rows(home, "select timezone from sources") == [("UTC",)]  # it stays what it was here


def test_what_is_damaged_costs_its_proof_and_not_its_text(home: Home, other: Home) -> None:
    [file] = sorted(other.warc.glob("*1.warc.gz"))
    [(offset,)] = rows(other, "select warc_offset from captures where url = ? order by id limit 1", FERRY)
    data = bytearray(file.read_bytes())
    data[offset + 300] ^= 0xFF
    file.write_bytes(data)
    account = bring(home, other.path)
    assert account.damaged == 1 and f"at {offset}: " in account.problems[0]
    there, here = held(other, raw=False), held(home, raw=False)
    assert {**here, "captures": 0, "sources": 0} == {**there, "captures": 0, "sources": 0}
    assert rows(home, "select url, proof from articles order by url") == [(FERRY, "none"), (PIER, "page")]


def test_of_its_database_alone_everything_is_unproven(home: Home, other: Home) -> None:
    bring(home, other.database)
    there, here = held(other, raw=False), held(home, raw=False)
    assert here == there
    assert rows(home, "select distinct proof from articles") == [("none",)]
    bring(home, other.path)
    assert rows(home, "select distinct proof from articles") == [("page",)]
    assert named(home)["articles"] == named(other)["articles"]


def test_the_chain_says_what_it_came_from(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    for n in range(2):
        keep(other, [captured(FERRY, ferry(n), at(n), "courier")])
    seal(other, at(9))
    with closing(Store(other.database)) as store:
        head = store.custody_head()
    assert head is not None
    result = brought(home, other.path, sources=Hosts())
    assert (result.exit_code, result.problems) == (0, ())
    assert rows(home, "select count(*), count(custody) from captures") == [(2, 2)]
    said = rows(home, "select details ->> '$.origin.head' from custody where seq in (select custody from captures)")
    assert said == [(head["hash"],)] * 2


def test_a_bag_of_a_part_brings_that_part(home: Home, other: Home, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    export(other, FORMATS["bagit"], bag, Asked(), False, silent)
    assert bring(home, bag).damaged == 0
    assert rows(home, "select url, proof from articles") == [(FERRY, "page")]


@pytest.mark.parametrize("column", ["url", "text", "tags", "published"])
@pytest.mark.parametrize("value", ["5", "x'ff00'"])
def test_a_row_that_holds_what_it_should_not_costs_itself_alone_or_is_refused(
    home: Home, other: Home, column: str, value: str
) -> None:
    [(made,)] = rows(other, "select sql from sqlite_master where name = 'articles'")
    # without its type, a column takes any; what is done with the table's words is undone
    steps = [
        ("update sqlite_master set sql = ? where name = 'articles'", made.replace(f"\n    {column} text", f"\n    {column}")),
        (f"update articles set {column} = {value} where url = ?", FERRY),
        ("update sqlite_master set sql = ? where name = 'articles'", made),
    ]  # fmt: skip
    for sql, given in steps:
        with closing(sqlite3.connect(other.database)) as conn, conn:
            conn.execute("pragma writable_schema = on")
            conn.execute(sql, (given,))
    try:
        problems = bring(home, other.database).problems
    except RefusedError as refused:
        assert "its database cannot be read" in str(refused) and value.startswith("x")
        return
    assert len(problems) <= 1 and all("cannot be read" in line for line in problems)
    kept = {url for (url,) in rows(home, "select url from articles")}
    assert kept == {PIER} | (set() if problems else {FERRY})


_ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n)"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("articles", f"create view articles as {_ENDLESS} select a.* from n cross join (select * from was) a"),
        ("_sqlite_migrations", f"create view _sqlite_migrations as {_ENDLESS} select was.* from n cross join was"),
        ("hidden_blocks", f"create view hidden_blocks as {_ENDLESS} select i as article from n"),
        ("restricted", "create virtual table restricted using fts5(article, at, reason, content='hidden_blocks')"),
        ("addresses", "create table addresses as select *, randomblob(10) as more from was"),
    ],
)
def test_a_database_whose_tables_are_not_ours_is_refused_before_it_is_asked_anything(
    home: Home, other: Home, name: str, made: str
) -> None:
    with closing(sqlite3.connect(other.database, isolation_level=None)) as conn:
        conn.execute("pragma legacy_alter_table = on")
        view = conn.execute("select type from sqlite_master where name = ?", (name,)).fetchone() == ("view",)
        conn.execute(f"drop view {name}" if view else f"alter table {name} rename to was")
        conn.execute(made)
    with pytest.raises(RefusedError, match=r"is not as Communique makes it|list of migrations is none"):
        bring(home, other.database)
    assert rows(home, "select count(*) from articles") == [(0,)]


def test_what_an_analyst_put_into_a_database_does_not_matter(home: Home, other: Home) -> None:
    with closing(sqlite3.connect(other.database, isolation_level=None)) as conn:
        conn.execute("create table notes_of_mine (article integer, said text)")
        conn.execute("create index mine on articles(title, words)")
        conn.execute(f"create view endless as {_ENDLESS} select i from n")
        conn.execute(
            "create trigger told after insert on articles begin insert into notes_of_mine values (1, 2); end"
        )
        conn.execute("analyze")
    assert bring(home, other.database).problems == []
    assert rows(home, "select url from articles order by url") == [(FERRY,), (PIER,)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Datasette has such things told
def test_whoever_waits_for_a_long_query_of_another_database_can_stop_it(
    home: Home, other: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(store: Store) -> list[Any]:
        Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        return store.conn.execute(f"{_ENDLESS} select max(i) from n").fetchall()

    monkeypatch.setattr(Store, "all_verdicts", endless)
    with pytest.raises(KeyboardInterrupt):
        bring(home, other.database)


def test_what_is_shown_here_is_not_hidden_because_another_archive_hides_it(home: Home, other: Home) -> None:
    keep(home, [captured(PIER, ferry(2), 1)], {"courier": source("courier")})
    for _ in range(2):
        problems = bring(home, other.path).problems
        assert len(problems) == 1 and "is restricted there, and stays shown here" in problems[0]
        assert rows(home, "select * from restricted") == []


def test_a_damaged_bag_is_refused_in_one_line(home: Home, other: Home, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    export(other, FORMATS["bagit"], bag, Asked(), False, silent)
    [warc] = bag.glob("data/warc/*.warc.gz")
    with warc.open("ab") as file:
        file.write(b"more")
    with pytest.raises(RefusedError, match="a damaged bag") as error:
        bring(home, bag)
    assert "\n" not in str(error.value)
    assert rows(home, "select count(*) from captures") == [(0,)]


def test_this_archive_itself_and_one_in_use_and_no_archive_are_refused(
    home: Home, other: Home, tmp_path: Path
) -> None:
    keep(home, [captured(FERRY, ferry())])
    with pytest.raises(RefusedError, match="this archive itself"):
        bring(home, home.path)
    with other.writing(), pytest.raises(RefusedError, match="another command is writing to it"):
        bring(home, other.path)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    shutil.copy(other.database, stranger / "archive.db")
    data = bytearray((stranger / "archive.db").read_bytes())
    data[4096 : 4096 * 12] = b"\xff" * 4096 * 11
    (stranger / "archive.db").write_bytes(data)
    with pytest.raises(RefusedError):
        bring(home, stranger)
    assert rows(home, "select url from articles") == [(FERRY,)]

"""``communique serve``: what it says instead of serving, snapshots, headers of every answer, and what a query may take."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import lxml.html
import pytest
from datasette.app import Datasette

from archive import stems
from archive.errors import CommuniqueError
from archive.home import Home
from archive.schema import migrations
from archive.store import Store
from archive.web import limits, snapshot
from archive.web.policy import DATA, STRICT
from archive.web.server import SETTINGS, metadata_path
from tests.test_web import METADATA, SERVE, free_port, serve_in_process, serving

Ask = Callable[..., httpx.Response]


@pytest.fixture
def own(demo_home: Home, tmp_path: Path) -> Home:
    """A copy of the demo archive to change."""
    home = Home(tmp_path / "home")
    home.path.mkdir()
    connection = sqlite3.connect(demo_home.database)
    connection.execute("vacuum into ?", (str(home.database),))
    connection.close()
    return home


def refused(home: Home, *options: str) -> tuple[int, str]:
    """Exit code and the one line of a server that does not start."""
    done = subprocess.run(
        [*SERVE, "--home", str(home.path), "--port", str(free_port()), *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


# what cannot be served


def test_no_archive_is_one_line(home: Home) -> None:
    assert refused(home) == (
        2,
        f"communique: no archive in {home.path}: run `communique crawl` or `communique demo` first\n",
    )


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        ("delete from _sqlite_migrations where id = (select max(id) from _sqlite_migrations)", 2, "was made by an earlier version: run `communique crawl`"),
        ("insert into _sqlite_migrations (migration_set, name, applied_at) values ('communique', 'm999_future', 'x')", 2, "was made by a later version: install that one (m999_future"),
        ("drop table _sqlite_migrations", 2, "is a database, but none that Communique made"),
    ],
)  # fmt: skip
def test_an_archive_of_another_version_is_one_line(own: Home, change: str, code: int, line: str) -> None:
    connection = sqlite3.connect(own.database)
    with connection:
        connection.execute(change)
    connection.close()
    got = refused(own)
    assert got[0] == code and line in got[1]


def test_another_programs_database_is_left_as_it_is(home: Home) -> None:
    home.path.mkdir()
    connection = sqlite3.connect(home.database)
    connection.execute("create table birds (name text)")
    connection.close()
    before = home.database.read_bytes()
    assert refused(home) == (2, f"communique: {home.database} is a database, but none that Communique made\n")
    assert home.database.read_bytes() == before


def _text(data: bytes) -> bytes:
    return b"The harbour is closed. " * 1000


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _overwritten(data: bytes) -> bytes:
    return data[: len(data) // 2] + b"\0" * 40_960 + data[len(data) // 2 + 40_960 :]


@pytest.mark.parametrize("damage", [_text, _cut, _overwritten])
def test_a_damaged_database_is_one_line(own: Home, damage: Callable[[bytes], bytes]) -> None:
    own.database.write_bytes(damage(own.database.read_bytes()))
    code, line = refused(own)
    assert code == 1
    assert re.search("is damaged|not a database|malformed", line)


# migrations beside readers

MIGRATION = """
import sqlite3, sys, time
from pathlib import Path
from archive.home import Home
from archive.schema import migrations
from archive.store import Store

@migrations(transactional=False)
def m900_slow(db):
    for step in range(4):
        db.execute("begin immediate")
        sql = db.execute("select sql from sqlite_master where name = 'latest'").fetchone()[0]
        db.execute("drop view latest")
        db.execute(f"alter table articles add column later{step} text")
        db.execute("update articles set title = title || ' '")
        db.execute(f"create index later{step} on articles(later{step})")
        time.sleep(0.5)
        db.execute(sql)
        db.execute(f"create table later_table{step} (id integer primary key)")
        db.execute("commit")
        print(step, flush=True)

home = Home(Path(sys.argv[1]))
with home.writing():
    Store(home.database, write=True).close()
print("done", flush=True)
"""


def test_a_migration_beside_it_breaks_no_reader(own: Home) -> None:
    paths = ["/", "/article/1", "/archive", "/archive/latest", "/archive/articles?_facet=source", "/archive/search?q=harbour",
             "/archive/articles.json", "/losses", "/archive/latest.csv?_stream=1"]  # fmt: skip
    with serving(own.path) as address, httpx.Client(base_url=address, timeout=60) as client:
        answers = [client.get(path) for path in paths]
        with subprocess.Popen(
            [sys.executable, "-c", MIGRATION, str(own.path)], stdout=subprocess.PIPE, text=True
        ) as migration:
            rounds = 0
            while migration.poll() is None:
                answers += [client.get(path) for path in paths]
                rounds += 1
            assert migration.stdout is not None and migration.stdout.read().split() == ["0", "1", "2", "3", "done"]
        answers += [client.get(path) for path in paths]
        assert "later3" in client.get("/archive/articles.json?_shape=array").json()[0]
    assert rounds >= 2
    assert {(answer.url.path, answer.text) for answer in answers if answer.status_code != 200} == set()


def test_a_server_that_starts_within_a_migration_says_to_wait(own: Home) -> None:
    connection = sqlite3.connect(own.database)
    with connection:
        connection.execute("delete from _sqlite_migrations where id = (select max(id) from _sqlite_migrations)")
    connection.close()
    with own.writing():
        assert refused(own) == (
            75,
            f"communique: another command is bringing {own.database} to this version: wait until it has ended\n",
        )
    assert not own.busy()


def test_a_crawl_that_has_just_begun_is_no_foreign_database(home: Home) -> None:
    with home.writing():
        sqlite3.connect(home.database).close()
        home.database.touch()
        assert refused(home)[0] == 75


# snapshots


def test_a_snapshot_stays_as_it_was_and_says_of_when(own: Home) -> None:
    with serving(own.path, "--snapshot") as address, httpx.Client(base_url=address, timeout=60) as client:
        (folder,) = own.path.glob("snapshot-*")
        assert [file.name for file in folder.iterdir()] == ["archive.db"]
        before = client.get("/article/1").text
        store = Store(own.database, write=True)
        with store.transaction():
            store.conn.execute("update articles set title = 'Written since' where id = 1")
        store.close()
        assert client.get("/article/1").text == before
        (said,) = lxml.html.fromstring(before).xpath('//footer//p[contains(., "a snapshot of")]//time/@datetime')
        assert abs(datetime.now(UTC) - datetime.fromisoformat(said)) < timedelta(minutes=1)
        (database,) = client.get("/-/databases.json").json()
        assert database["is_mutable"] is False
        # with the texts that are held back
        assert client.get("/archive.db").status_code == 403
    assert [file.name for file in own.path.iterdir() if file.name.startswith("snapshot")] == []
    assert "a snapshot of" not in serve_in_process(own.database)("/article/1").text


def test_a_snapshot_is_of_one_moment_and_holds_no_writer_up(own: Home) -> None:
    stop = threading.Event()
    waited = []

    def write() -> None:
        """Two tables that always say the same."""
        writer = sqlite3.connect(own.database, isolation_level=None)
        writer.execute("pragma journal_mode = wal")
        number = 0
        while not stop.is_set():
            began = time.perf_counter()
            number += 1
            writer.execute("begin immediate")
            writer.execute("update articles set section = ?", (number,))
            writer.execute("update sources set licence = ?", (number,))
            writer.execute("commit")
            waited.append(time.perf_counter() - began)
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(waited) < 2:
            time.sleep(0.01)
        for _ in range(3):
            done = len(waited)
            with snapshot.snapshot(own, "2031-04-20T06:00:00.000Z") as copy:
                connection = sqlite3.connect(copy.database)
                (numbers,) = {
                    (row[0], row[1])
                    for row in connection.execute(
                        "select distinct a.section, s.licence from articles a cross join sources s"
                    )
                }
                assert numbers[0] == numbers[1]
                assert connection.execute("pragma quick_check").fetchone()[0] == "ok"
                connection.close()
            assert len(waited) > done
    finally:
        stop.set()
        thread.join()


def test_what_a_killed_server_left_goes_at_the_next_start_and_what_is_served_stays(own: Home) -> None:
    command = [*SERVE, "--home", str(own.path), "--snapshot", "--port", str(free_port())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as killed:
        assert killed.stderr is not None
        assert killed.stderr.readline().startswith("Copying the archive")
        assert "Serving the archive as of" in killed.stderr.readline()
        (left,) = own.path.glob("snapshot-*")
        with serving(own.path) as address:
            assert left.is_dir()
            assert httpx.get(f"{address}/", timeout=60).status_code == 200
        killed.kill()
    assert left.is_dir()
    with serving(own.path):
        assert not left.exists()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_copying_too_and_nothing_is_left(own: Home, signum: int) -> None:
    connection = sqlite3.connect(own.database)
    with connection:  # 200 MB take longer than the signal
        connection.execute("create table ballast (id integer primary key, x blob)")
        connection.execute(
            "with recursive c(n) as (select 1 union all select n + 1 from c limit 200000)"
            " insert into ballast (x) select zeroblob(1000) from c"
        )
    connection.close()
    command = [*SERVE, "--home", str(own.path), "--snapshot", "--port", str(free_port())]
    # whoever runs the tests in the background has SIGINT ignored, and its children with it
    heeded = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heeded) as server:
        assert server.stderr is not None
        assert server.stderr.readline().startswith("Copying the archive (2")
        until = time.monotonic() + 20
        while not list(own.path.glob("snapshot-*/archive.db")):
            assert time.monotonic() < until
            time.sleep(0.005)
        server.send_signal(signum)
        assert (server.wait(20), server.stderr.read()) == (0, "")
    assert not list(own.path.glob("snapshot-*"))


def test_a_snapshot_that_does_not_fit_is_one_line(own: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(own.path)
    monkeypatch.setattr(snapshot.shutil, "disk_usage", lambda _: usage._replace(free=200_000_000))
    with (
        pytest.raises(CommuniqueError, match=r"a snapshot takes \d MB in .* of the 200 MB free there 268 stay"),
        snapshot.snapshot(own, "2031-04-20T06:00:00.000Z"),
    ):
        raise AssertionError
    assert not list(own.path.glob("snapshot-*"))


def test_a_copy_is_published_by_plain_datasette_or_as_a_home_of_its_own(own: Home, tmp_path: Path) -> None:
    """As the README says."""
    published = Home(tmp_path / "published")
    published.path.mkdir()
    connection = sqlite3.connect(own.database)
    connection.execute("vacuum into ?", (str(published.database),))
    connection.close()
    command = [sys.executable, "-m", "datasette", str(published.database), "-m", str(metadata_path())]
    by_hand = subprocess.run([*command, "--get", "/article/1"], check=True, capture_output=True, text=True).stdout
    with serving(published.path) as address:
        served = httpx.get(f"{address}/article/1", timeout=60).text
    for html in (by_hand, served):
        (text,) = lxml.html.fromstring(html).xpath('//div[@class="cq-text"]')
        assert len(text.text_content().split()) > 50
    assert {file.name for file in published.path.iterdir()} <= {"archive.db", "archive.db-shm", "archive.db-wal"}


# the first search


def test_a_search_waits_for_the_dictionaries_and_other_pages_do_not(
    demo_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the query it would take longer than a query may."""
    read = threading.Event()

    def preload() -> None:
        assert read.wait(60)

    monkeypatch.setattr(stems, "preload", preload)
    datasette = Datasette([str(demo_home.database)], metadata=METADATA, settings=SETTINGS)

    async def ask() -> None:
        searches = [
            asyncio.create_task(datasette.client.get(path))
            for path in ("/search?q=harbour", "/archive/articles?_search=x")
        ]
        assert (await datasette.client.get("/article/1")).status_code == 200
        await asyncio.sleep(0.3)
        assert not any(search.done() for search in searches)
        read.set()
        assert [(await search).status_code for search in searches] == [200, 200]

    asyncio.run(ask())


# the browser


def test_open_shows_the_archive_when_it_is_ready(own: Home, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {shown}\n')
    browser.chmod(0o755)
    with serving(own.path, "--open", "--host", "0.0.0.0", env={"BROWSER": f"{browser} %s"}) as address:
        until = time.monotonic() + 20
        while not (shown.is_file() and shown.read_text()):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert shown.read_text() == address.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(shown.read_text(), timeout=60).status_code == 200


# headers


@pytest.fixture(scope="module")
def ask(demo_home: Home) -> Ask:
    datasette = Datasette([str(demo_home.database)], metadata=METADATA, settings=SETTINGS)
    return lambda path, method="GET", **options: asyncio.run(datasette.client.request(method, path, **options))


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200), ("/article/1", "GET", 200), ("/article/x", "GET", 404), ("/losses", "GET", 200), ("/archive", "GET", 200),
        ("/archive/articles", "GET", 200), ("/archive/articles.json", "GET", 200), ("/archive/articles.csv?_stream=1", "GET", 200),
        ("/nothing", "GET", 404), ("/nothing.json", "GET", 404), ("/archive/", "GET", 302), ("/archive/articles/99999", "GET", 404),
        ("/archive/articles?_size=x", "GET", 400), ("/-/permissions", "GET", 403), ("/robots.txt", "GET", 200),
        ("/-/static/app.css", "GET", 200), ("/-/static-plugins/communique/communique.css", "GET", 200), ("/favicon.ico", "GET", 200),
        ("/", "HEAD", 200), ("/archive/articles", "HEAD", 200), ("/archive", "POST", 405), ("/", "TRACE", 405), ("/archive/articles", "PUT", 405),
        ("/article/1", "DELETE", 405), ("/archive/articles", "POST", 500), ("/archive", "OPTIONS", None), ("/feed.atom", "GET", 200),
        ("/feed.json", "GET", 200), ("/-/logout", "GET", 302),
    ],
)  # fmt: skip
def test_every_answer_says_what_a_browser_may_do_with_it(
    ask: Ask, path: str, method: str, status: int | None
) -> None:
    answer = ask(path, method, headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == status or status is None
    (policy,) = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert not re.search(r"\bhttps?:|\*|unsafe-eval", policy)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        assert policy == DATA
    elif path in ("/", "/losses") or path.startswith("/article"):
        assert policy == STRICT
    for name, value in (
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ):  # fmt: skip
        assert answer.headers.get_list(name) == [value]
    assert "camera=()" in answer.headers["permissions-policy"]
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_redirect_leads_to_another_host(ask: Ask) -> None:
    for path in (
        "//elsewhere.example/",
        "///elsewhere.example//",
        "/%2f%2felsewhere.example/",
        "/archive//elsewhere.example/",
    ):
        target = ask(path).headers.get("location", "/")
        assert re.match(r"/[^/\\]|/$", target), (path, target)


# arbitrary SQL

COUNT = "with recursive c(x) as (select 1 union all select x + 1 from c{}) "
WRITES = [
    "attach 'x.db' as x", "pragma user_version = 3", "vacuum into 'x.db'", "vacuum", "insert into home values ('a', 'b')",
    "delete from articles", "update articles set title = 'x'", "drop table articles", "create table x (y)", "begin", "commit",
    "with x as (select 1) insert into home select 1, 2", "with x as (select 1) delete from home", "select 1; delete from home",
    "explain delete from home; delete from home", "select load_extension('x')", "select * from pragma_user_version",
    "select * from pragma_writable_schema", "select writefile('x', 'y')", "select readfile('/etc/passwd')", "select edit('x')",
    "/* */ delete from home", "-- \ndelete from home", "replace into home values (1, 2)", "detach archive", "analyze", "reindex",
    "select * from fsdir('/')",
]  # fmt: skip
BOMBS = [
    "select zeroblob(200000000)",
    "select hex(zeroblob(100000000))",
    "select randomblob(100000000)" + ", randomblob(100000000)" * 6,
    COUNT.format("") + "select count(*) from c",
    COUNT.format("") + "select group_concat(hex(zeroblob(1000000))) from c",
    COUNT.format(" limit 1000") + "select zeroblob(60000000) from c",
    "select json_group_array(hex(zeroblob(10000000))) from articles",
    "with recursive c(x) as (select 'a' union all select x || x from c) select max(length(x)) from c",
    "select replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000)))",
    "select quote(zeroblob(100000000))",
    "select " + ", ".join(["zeroblob(1000000)"] * 300),
]


@pytest.mark.parametrize("sql", WRITES)
def test_sql_reads_only(own: Home, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where a name without a folder would be written
    files = {file.name for file in own.path.iterdir()} | {file.name for file in Path().iterdir()}
    before = own.database.read_bytes()
    get = serve_in_process(own.database)
    for path in ("/archive.json", "/archive"):
        answer = get(f"{path}?{urlencode({'sql': sql})}")
        assert answer.status_code == 400, answer.text[:500]
    assert own.database.read_bytes() == before
    new = {file.name for file in own.path.iterdir()} | {file.name for file in Path().iterdir()}
    assert new - files <= {"archive.db-wal", "archive.db-shm"}


BOMBING = """
import asyncio, json, pathlib, re, sys
from urllib.parse import urlencode
from datasette.app import Datasette
from datasette.utils import parse_metadata
import datasette.handle_exception
from archive.web.server import SETTINGS, metadata_path
datasette.handle_exception.rich = None
settings = {**SETTINGS, "sql_time_limit_ms": 1000}
served = Datasette([sys.argv[1]], metadata=parse_metadata(metadata_path().read_text()), settings=settings)
async def main():
    codes = []
    for sql in json.loads(sys.argv[2]):
        codes.append((await served.client.get("/archive.json?" + urlencode({"sql": sql}))).status_code)
    after = (await served.client.get("/article/1")).status_code
    # of this program alone: what getrusage says begins with the memory of the process that started it
    peak = re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())
    print(json.dumps([codes, after, int(peak[1]) // 1024]))
asyncio.run(main())
"""


def test_a_query_that_asks_for_gigabytes_or_for_ever_is_ended(demo_home: Home) -> None:
    command = [sys.executable, "-c", BOMBING, str(demo_home.database), json.dumps(BOMBS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    codes, after, megabytes = json.loads(done.stdout)
    assert codes == [400] * len(BOMBS)
    assert after == 200
    assert megabytes < 1500


def test_a_stream_that_takes_too_long_is_its_askers_error(ask: Ask) -> None:
    assert ask(f"/archive.csv?{urlencode({'sql': COUNT.format('') + 'select count(*) from c'})}").status_code == 400


def test_no_address_of_code_is_told_or_taken(ask: Ask) -> None:
    for sql in ("select fts3_tokenizer('simple') as x", "select fts3_tokenizer('simple', cast(:p as blob)) as x"):
        rows = ask(f"/archive.json?{urlencode({'sql': sql, 'p': 'AAAAAAAA', '_shape': 'array'})}").json()
        assert rows == [{"x": None}]


def test_the_bounds_hold_what_a_page_can_bring(own: Home) -> None:
    """The largest page that a crawl takes, in an encoding that doubles in UTF-8."""
    store = Store(own.database, write=True)
    with store.transaction():
        store.conn.execute("update articles set text = ? where id = 1", ("щось " * 8_000_000,))
    store.close()
    get = serve_in_process(own.database)
    for path in ("/", "/article/1", "/archive/articles", "/archive/articles/1", "/archive/articles.json?_size=5"):
        assert get(path).status_code == 200, path
    assert limits.LENGTH > 2 * (32 << 20)


def test_rows_are_counted_for_each_query_anew(demo_home: Home) -> None:
    connection = sqlite3.connect(demo_home.database)
    limits.bound(connection)
    for _ in range(4):
        assert len(connection.execute("select zeroblob(100000000)").fetchone()[0]) == 100_000_000
    connection.close()


def test_every_migration_has_its_name_once() -> None:
    """An archive is told from a later one by names."""
    from sqlite_utils import Database

    empty = Database(memory=True)
    names = [migration.name for migration in migrations.pending(empty)]
    empty.close()
    assert len(names) == len(set(names)) and names == sorted(names)

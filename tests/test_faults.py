"""Whatever breaks in the middle of a crawl: nothing kept is lost, the exit code is right, the message is one line.

Each test starts from an archive of one clean crawl, lets something break in the second, and crawls once more.
"""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from archive import warc
from archive.cli import Group
from archive.home import Home
from archive.models import Exchange, Position
from crawler.demo.site import Answer, DemoSite
from tests import faults
from tests.crawling import COMMAND, catalogue, contents, crawl, crawl_arguments, outlet, rows, warc_files
from tests.faults import clocked, driven, fill, mounted, remount, run

STORY = (
    "<html lang='en'><head><meta property='og:title' content='{0}'></head><body><article><h1>{0}</h1>"
    "<p>The ferry between the two banks of the {0} ran again on Monday after a week of storms, its master said.</p>"
    "<p>About four hundred people crossed before noon, most of them to the market on the eastern side.</p>"
    "</article></body></html>"
)
# each new story is so many bytes that compress and so many that do not: its rows need more room than its record
ROWS, BULK = 60_000, 60_000


def put(site: DemoSite, count: int, edited: bool = False) -> None:
    """Have the ferry's site show so many stories."""
    site.add("ferry.example", "/", "".join(f"<a href='/{n}'>{n}</a>" for n in range(count)).encode())
    for n in range(count):
        page = STORY.format(f"River {n}")
        if n == 0 and edited:
            page = page.replace("four hundred", "five hundred")
        if n >= 3:
            crossings = " ".join(f"Crossing {n} number {k}." for k in range(ROWS // 23))
            page = page.replace("</article>", f"<p>{crossings}</p></article><!-- {os.urandom(BULK).hex()} -->")
        site.add("ferry.example", f"/{n}", page.encode())


def put_many(site: DemoSite, count: int) -> None:
    """Have the river's site show so many short stories."""
    site.add("river.example", "/", links(*(f"/{n}" for n in range(count))))
    for n in range(count):
        site.add("river.example", f"/{n}", STORY.format(f"River {n}").encode())


def links(*paths: str) -> bytes:
    return "".join(f"<a href='{path}'>{path}</a>" for path in paths).encode()


@dataclass(frozen=True)
class Kept:
    """What an archive held: its captures, the raw exchanges they point to, each text that its articles had."""

    captures: dict[int, dict[str, Any]]
    exchanges: dict[tuple[str, int], Exchange]
    texts: set[tuple[str, str]]


def kept(home: Home) -> Kept:
    """Reads all of it, so it fails where any of it is damaged."""
    assert rows(home, "pragma integrity_check") == [{"integrity_check": "ok"}]
    assert rows(home, "pragma foreign_key_check") == []
    captures = rows(
        home, "select id, url, source, run, fetched_at, status, warc_file, warc_offset, confirms from captures"
    )
    exchanges = {}
    for row in captures:
        # a page whose text stayed the same is kept as a note of that
        note = row["confirms"] is not None and row["status"] == 200
        if row["warc_file"] is not None and not note:
            exchange = warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
            assert (exchange.url, exchange.status) == (row["url"], row["status"])
            exchanges[row["warc_file"], row["warc_offset"]] = exchange
    texts = rows(
        home, "select a.url, r.text from revisions r join articles a on a.id = r.article where a.gone_at is null"
    )
    return Kept({row["id"]: row for row in captures}, exchanges, {(row["url"], row["text"]) for row in texts})


@dataclass(frozen=True)
class Stage:
    """A site that went on since the archive ``base`` was made, and what a crawl makes of it that nothing disturbs."""

    site: DemoSite
    base: Home
    before: Kept
    wanted: dict[str, list[dict[str, Any]]]

    def home(self, path: Path) -> Home:
        """A copy of the archive."""
        shutil.copytree(self.base.path, path, dirs_exist_ok=True)
        return Home(path)

    def arguments(self, home: Home) -> list[str]:
        return crawl_arguments(home, self.site.address, "ferry")

    def assert_nothing_lost(self, home: Home) -> None:
        now = kept(home)
        assert now.captures.items() >= self.before.captures.items()
        assert now.exchanges.items() >= self.before.exchanges.items()
        assert now.texts >= self.before.texts

    def assert_mended(self, home: Home) -> None:
        """The next crawl is well, and its archive is the one that was never disturbed."""
        self.assert_well(run([*COMMAND, *self.arguments(home)]), home)

    def assert_well(self, done: subprocess.CompletedProcess[str], home: Home) -> None:
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        self.assert_nothing_lost(home)
        assert contents(home) == self.wanted
        assert not [file for file in warc_files(home) if file.name.endswith(".open")]
        assert rows(home, "select id from runs where finished is null") == []


def assert_said(done: subprocess.CompletedProcess[str], code: int, *lines: str) -> None:
    """It ended so, and said these things in a line each, and nothing else."""
    said = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(said)) == (code, "", len(lines)), done.stderr
    for line, part in zip(said, lines, strict=True):
        assert line.startswith("communique: ") and part in line


def wait_until(true: Callable[[], bool]) -> None:
    """Returns when it is so, or after half a minute: then the test fails over what it expected."""
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    base, clean = Home(folder / "base"), Home(folder / "clean")
    catalogue(base, outlet("ferry"))
    with DemoSite() as site:
        put(site, 3)
        assert crawl(base, site.address, "ferry").returncode == 0
        before = kept(base)
        assert len(before.texts) == 3 and len(before.exchanges) == 5
        shutil.copytree(base.path, clean.path)
        put(site, 6, edited=True)
        assert crawl(clean, site.address, "ferry").returncode == 0
        yield Stage(site, base, before, contents(clean))


# the disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with attached("-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)):
        yield folder


@contextmanager
def attached(*arguments: str, readonly: bool = False) -> Iterator[None]:
    """Something mounted for a while; the test is skipped where that is not allowed."""
    with ExitStack() as stack:
        try:
            stack.enter_context(mounted(*arguments))
            if readonly:
                remount(Path(arguments[-1]), "bind,ro")
        except PermissionError as error:
            pytest.skip(f"this needs the right to mount a file system: {error}")
        yield


# bytes left: nothing, too little for the first new page, enough for the pages and not for their rows
@pytest.mark.parametrize(
    "left",
    [
        0,
        64 << 10,
        450 << 10,
    ],
)
def test_a_disk_that_is_full_ends_the_run_in_one_line(stage: Stage, disk: Path, left: int) -> None:
    home = stage.home(disk)
    filler = fill(disk, left)
    done = run(driven(["archive.room:RESERVE=0"], stage.arguments(home)))
    assert done.returncode == 1 and done.stdout == ""
    filler.unlink()
    stage.assert_nothing_lost(home)
    again = run(driven(["archive.room:RESERVE=0"], stage.arguments(home)))
    stage.assert_well(again, home)
    assert_said(done, 1, "")
    # SQLite calls it an I/O error where there is no room for the index of its log
    assert any(words in done.stderr for words in ("is full", "No space left", "disk I/O error"))


def test_a_run_stops_before_the_disk_is_full(site: DemoSite, disk: Path) -> None:
    remount(disk, "size=2g")
    home = Home(disk)
    catalogue(home, outlet("river", delay=0.05))
    put_many(site, 120)
    with subprocess.Popen(
        [*COMMAND, *crawl_arguments(home, site.address, "river")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(lambda: len(site.log) >= 10)
        remount(disk, "size=400m")
        out, err = process.communicate(timeout=60)
    done = subprocess.CompletedProcess([], process.returncode, out, err)
    assert_said(done, 1, "stopped before the disk is full")
    first = kept(home)
    assert 0 < len(first.texts) < 120
    remount(disk, "size=2g")
    catalogue(home, outlet("river"))
    done = crawl(home, site.address, "river")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert kept(home).captures.items() >= first.captures.items()
    assert len(kept(home).texts) == 120


def test_a_short_run_says_that_the_disk_is_nearly_full(stage: Stage, disk: Path) -> None:
    remount(disk, "size=400m")
    home = stage.home(disk)
    done = run([*COMMAND, *stage.arguments(home)])
    stage.assert_nothing_lost(home)
    assert_said(done, 1, "the disk is full")


def test_a_read_only_warc_folder_ends_the_run_in_one_line(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    with attached("--bind", str(home.warc), str(home.warc), readonly=True):
        done = run([*COMMAND, *stage.arguments(home)])
        assert_said(done, 1, "Read-only file system")
        stage.assert_nothing_lost(home)
    stage.assert_mended(home)


def test_a_read_only_home_is_a_matter_of_configuration(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    with attached("--bind", str(home.path), str(home.path), readonly=True):
        assert_said(run([*COMMAND, *stage.arguments(home)]), 2, "cannot write to")
    stage.assert_nothing_lost(home)


def test_a_warc_folder_that_is_no_folder_ends_the_run_in_one_line(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    home.warc.rename(tmp_path / "aside")
    home.warc.write_bytes(b"")
    done = run([*COMMAND, *stage.arguments(home)])
    home.warc.unlink()
    (tmp_path / "aside").rename(home.warc)
    stage.assert_mended(home)
    assert_said(done, 1, "warc")


# the database


def test_a_database_that_is_locked_from_the_start_ends_the_run_in_one_line(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    with closing(sqlite3.connect(home.database, isolation_level=None)) as other:
        other.execute("begin exclusive")
        done = run(driven(["archive.store:_BUSY=300"], stage.arguments(home)))
        other.execute("rollback")
    stage.assert_nothing_lost(home)
    assert_said(done, 1, "database is locked")


def locking(stage: Stage, home: Home, at: str) -> tuple[sqlite3.Connection, Callable[[], None]]:
    """A connection that locks the database when an address is asked for, and what puts the site right again."""
    other = sqlite3.connect(home.database, isolation_level=None, check_same_thread=False)
    held = stage.site._added[("ferry.example", at)]

    def answer(_: object) -> Answer:
        if not other.in_transaction:
            other.execute("begin exclusive")
        return Answer(held.page.status, {"content-type": held.page.content_type}, held.page.body)

    stage.site.respond("ferry.example", at, answer)
    return other, lambda: stage.site.add("ferry.example", at, held.page.body)


def test_a_database_that_is_locked_in_the_middle_ends_the_run_in_one_line(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    other, restore = locking(stage, home, "/")
    with closing(other):
        done = run(driven(["archive.store:_BUSY=300"], stage.arguments(home)))
        restore()
        assert other.in_transaction
        other.execute("rollback")
    stage.assert_nothing_lost(home)
    stage.assert_mended(home)
    assert_said(done, 1, "database is locked")


def test_a_database_that_is_locked_for_a_while_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    other, restore = locking(stage, home, "/")
    with (
        closing(other),
        subprocess.Popen(
            [*COMMAND, *stage.arguments(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        wait_until(lambda: other.in_transaction)
        time.sleep(1.5)
        restore()
        other.execute("rollback")
        out, err = process.communicate(timeout=60)
    stage.assert_well(subprocess.CompletedProcess([], process.returncode, out, err), home)


# the clock


def faketime() -> None:
    if shutil.which("faketime") is None:
        pytest.skip("this needs faketime (the Debian package of that name)")


@pytest.mark.parametrize("offset", ["-1h", "-400d", "+400d"])
def test_a_clock_that_is_wrong_for_a_while_costs_nothing(stage: Stage, tmp_path: Path, offset: str) -> None:
    faketime()
    home = stage.home(tmp_path / "home")
    done = run(clocked(offset, [*COMMAND, *stage.arguments(home)]))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    stage.assert_nothing_lost(home)
    assert_history(home)
    again = run([*COMMAND, *stage.arguments(home)])
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    stage.assert_nothing_lost(home)
    assert_history(home)
    texts = rows(home, "select url, title, text from articles order by url")
    assert texts == [{k: row[k] for k in ("url", "title", "text")} for row in stage.wanted["articles"]]


def assert_history(home: Home) -> None:
    """Revisions of each article follow on each other in time, each has its length, and no two neighbours are equal."""
    for row in rows(home, "select id, first_seen, last_checked, revisions, text_sha256 from articles"):
        steps = rows(
            home, "select * from revisions where article = ? and folded_into is null order by number", row["id"]
        )
        assert [step["number"] for step in steps] == list(range(1, row["revisions"] + 1))
        assert all(step["seen_from"] <= step["seen_to"] for step in steps)
        assert all(a["seen_to"] < b["seen_from"] for a, b in pairwise(steps))
        assert all(a["text_sha256"] != b["text_sha256"] for a, b in pairwise(steps))
        assert row["first_seen"] == steps[0]["seen_from"] and row["last_checked"] == steps[-1]["seen_to"]
        assert row["text_sha256"] == steps[-1]["text_sha256"]


def test_after_a_clock_in_the_future_what_is_due_is_asked_for(stage: Stage, tmp_path: Path) -> None:
    faketime()
    home = stage.home(tmp_path / "home")
    assert run(clocked("+400d", [*COMMAND, *stage.arguments(home)])).returncode == 0
    hits = len(stage.site.log)
    due = ["crawl", "--due", "--home", str(home.path), "--connect-to", f"*.example={stage.site.address}", "ferry"]
    done = run([*COMMAND, *due])
    assert (done.returncode, done.stderr) == (0, "")
    assert "/" in [hit.path for hit in stage.site.log[hits:]]


# signals


def begun(stage: Stage, home: Home, hits: int) -> subprocess.Popen[str]:
    """A crawl in which so many requests were answered."""
    catalogue(home, outlet("ferry", delay=0.3))
    before = len(stage.site.log)
    process = subprocess.Popen(
        [*COMMAND, *stage.arguments(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(stage.site.log) - before >= hits)
    return process


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_a_signal_ends_the_run_cleanly(stage: Stage, tmp_path: Path, signals: list[signal.Signals]) -> None:
    home = stage.home(tmp_path / "home")
    with begun(stage, home, 4) as process:
        for one in signals:
            process.send_signal(one)
            time.sleep(0.1)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")
    stage.assert_nothing_lost(home)
    [last] = rows(home, "select status, exit_code from runs where id = 2")
    assert last == {"status": "interrupted", "exit_code": 130}
    assert not [file for file in warc_files(home) if file.name.endswith(".open")]
    catalogue(home, outlet("ferry"))
    stage.assert_mended(home)


def test_a_command_that_is_stopped_ends_with_130_and_not_with_what_says_that_something_is_wrong() -> None:
    @click.command()
    def slow() -> None:
        raise KeyboardInterrupt

    done = CliRunner().invoke(Group(commands=[slow]), ["slow"])
    assert (done.exit_code, done.stderr) == (130, "communique: stopped\n")


def test_a_killed_run_is_taken_up_by_the_next(stage: Stage, tmp_path: Path) -> None:
    home = stage.home(tmp_path / "home")
    with begun(stage, home, 5) as process:
        process.kill()
        process.communicate(timeout=60)
    stage.assert_nothing_lost(home)
    catalogue(home, outlet("ferry"))
    stage.assert_mended(home)
    assert [row["status"] for row in rows(home, "select status from runs order by id")] == ["done", "died", "done"]


def test_a_signal_does_not_wait_for_all_that_a_slow_source_has_in_line(home: Home, site: DemoSite) -> None:
    catalogue(home, outlet("river", delay=0.2))
    put_many(site, 100)
    with subprocess.Popen(
        [*COMMAND, *crawl_arguments(home, site.address, "river")], stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        wait_until(lambda: len(site.log) >= 4)
        asked = len(site.log)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(site.log) - asked < 8


# the web: one source for each fault, all in one crawl


LATE = STORY.format("Late story").encode()
PACKED = gzip.compress(LATE)
BOMB = 100  # megabytes that a bomb becomes: more than any bound
HTML, GZIP = "Content-Type: text/html", "Content-Encoding: gzip"
PART = b"<p>and so on</p>" * 4096


def moved(to: str) -> faults.Behaviour:
    return faults.says(b"", f"Location: {to}", status="302 Found")


@dataclass(frozen=True)
class Fault:
    """``outcome``: of a page; ``why``: a part of its message; ``listed``: of the source's line where its list does it."""

    behaviour: faults.Behaviour
    outcome: str
    why: str = ""
    listed: str = "no article address"


FAULTS = {
    "reset": Fault(faults.reset(), "failed", "", "http://"),
    "cut": Fault(faults.reset(LATE), "failed", "", "http://"),
    "short": Fault(faults.says(LATE, HTML, "Content-Length: 90000"), "failed", "", "http://"),
    "stalled": Fault(faults.stall(LATE), "failed", "took longer", "took longer"),
    "silent": Fault(faults.stall(None), "failed", "took longer", "took longer"),
    "dripping": Fault(faults.drip, "failed", "took longer", "took longer"),
    "heads": Fault(faults.endless_headers, "failed", "", "http://"),
    "endless": Fault(faults.pour("text/html", PART), "failed", "", "http://"),
    "huge": Fault(faults.pour("text/html", PART, 40 << 20), "failed", "41943040", "41943040"),
    "bomb": Fault(faults.bomb(BOMB, HTML), "failed", "decompress", "decompress"),
    "torn": Fault(faults.says(PACKED[:-40], HTML, GZIP), "failed", "torn Content-Encoding"),
    "broken": Fault(faults.says(LATE, HTML, GZIP), "failed", "broken Content-Encoding", "http://"),
    "unknown": Fault(faults.says(LATE, HTML, "Content-Encoding: zstd"), "failed", "Content-Encoding zstd", "http://"),
    "no-http": Fault(faults.no_http, "failed", "", "http://"),
    "looping": Fault(moved("/elsewhere"), "redirect", "", "max redirections"),
    "private": Fault(moved("http://127.0.0.1:22/"), "redirect", "", "127.0.0.1"),
    "lost": Fault(moved("http://no-such-host.invalid/"), "redirect", "", "no-such-host.invalid"),
    "misled": Fault(moved("http://[::1"), "redirect", "", "http://"),
    "pdf": Fault(faults.says(b"%PDF-1.7 " + bytes(900), "Content-Type: application/pdf"), "not_article", "not HTML"),
    "json": Fault(faults.says(b"{}", "Content-Type: application/json"), "not_article", "not HTML"),
    "image": Fault(faults.says(b"\x89PNG\r\n\x1a\n" + bytes(900), "Content-Type: image/png"), "not_article", "not HTML"),
    "untyped": Fault(faults.says(bytes(range(256)) * 9), "not_article"),
    "empty": Fault(faults.says(b"", HTML), "not_article"),
}  # fmt: skip
# robots.txt is asked for by the same means: some of them are enough
RULES = gzip.compress(b"# " + os.urandom(2000).hex().encode() + b"\nUser-agent: *\nDisallow: /\n")
ROBOTS = ("reset", "stalled", "endless", "bomb", "looping", "lost")
SEAS = {
    "declared": ("Content-Type: text/html; charset=windows-1251", ""),
    "undeclared": ("Content-Type: text/html", ""),
    "wrong": ("Content-Type: text/html; charset=utf-8", ""),
    "unheard-of": ("Content-Type: text/html; charset=x-sea", "<meta charset='windows-1251'>"),
}
SEA = (
    "<html lang='ru'><head>{}<title>Паром у Морвины</title></head><body><article><h1>Паром у Морвины</h1>"
    "<p>Паром между двумя берегами снова ходит после недели штормов, сообщил в понедельник его капитан.</p>"
    "<p>До полудня переправились около четырёхсот человек, большинство из них на рынок.</p></article></body></html>"
)
SITEMAP = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</sitemapindex>"


def entry(name: str, *paths: str) -> bytes:
    return SITEMAP.format(
        "".join(f"<sitemap><loc>http://{name}.example{path}</loc></sitemap>" for path in paths)
    ).encode()


SITEMAPS: dict[str, dict[str, bytes | faults.Behaviour]] = {
    "circle": {"/sitemap.xml": entry("circle", "/b.xml", "/sitemap.xml"), "/b.xml": entry("circle", "/sitemap.xml", "/b.xml")},
    "deep": {
        "/sitemap.xml": entry("deep", "/1.xml"),
        **{f"/{n}.xml": entry("deep", f"/{n + 1}.xml") for n in range(1, 30)},
    },
    "wide": {
        "/sitemap.xml": entry("wide", *(f"/{n}.xml" for n in range(300))),
        **{f"/{n}.xml": entry("wide", *(f"/{m}.xml" for m in range(300))) for n in range(300)},
    },
    "packed": {"/sitemap.xml": faults.bomb(BOMB, "Content-Type: application/xml")},
}  # fmt: skip


def sitemap_outlet(name: str) -> str:
    listing = f'kind = "listing"\nurl = "http://{name}.example/"\n'
    return outlet(name).replace(listing, f'kind = "sitemap"\nurl = "http://{name}.example/sitemap.xml"\n')


@dataclass(frozen=True)
class Storm:
    """What a crawl through all of it came to, and the crawl after it."""

    home: Home
    done: subprocess.CompletedProcess[str]
    asked: list[tuple[str, str]]
    before: Kept
    after: Kept
    captures: list[dict[str, Any]]
    again: subprocess.CompletedProcess[str]
    mended: Kept

    def lines(self, source: str) -> list[str]:
        return [line for line in self.done.stderr.splitlines() if line.startswith(f"communique: {source}: ")]

    def of(self, source: str, path: str) -> list[dict[str, Any]]:
        return [c for c in self.captures if c["source"] == source and c["url"] == f"http://{source}.example{path}"]


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    home = Home(tmp_path_factory.mktemp("storm") / "home")
    plain = [f"{where}-{name}" for where in ("page", "list") for name in FAULTS]
    plain += [f"robots-{name}" for name in ROBOTS] + [f"sea-{name}" for name in SEAS] + ["gone-name", "torn-robots"]
    names = [*plain, *SITEMAPS]
    with DemoSite() as site, faults.Misbehaving(site.address) as server:
        for name in names:
            site.add(f"{name}.example", "/", links("/0", "/1"))
            urls = "".join(f"<url><loc>http://{name}.example/{n}</loc></url>" for n in (0, 1))
            site.add(f"{name}.example", "/sitemap.xml", f"<urlset>{urls}</urlset>".encode())
            for n in (0, 1):
                site.add(f"{name}.example", f"/{n}", STORY.format(f"{name} {n}").encode())
        catalogue(home, "".join(map(outlet, plain)) + "".join(map(sitemap_outlet, SITEMAPS)))
        arguments = crawl_arguments(home, server.address, *names)
        first = run([*COMMAND, *arguments])
        assert (first.returncode, first.stderr) == (0, "")
        before = kept(home)
        begin_storm(site, server)
        catalogue(home, home.sources.read_text("utf-8").replace("//gone-name.example/", "//no-such-host.invalid/"))
        asked = len(server.asked)
        changes = ("crawler.settings:DOWNLOAD_TIMEOUT=2", "crawler.settings:RETRY_TIMES=0")
        done = run(driven(changes, arguments))
        heard = server.asked[asked:]
        captures = rows(home, "select * from captures where run = 2 order by id")
        after = kept(home)
        server.calm()
        catalogue(home, home.sources.read_text("utf-8").replace("//no-such-host.invalid/", "//gone-name.example/"))
        again = run([*COMMAND, *arguments])
        yield Storm(home, done, heard, before, after, captures, again, kept(home))


def begin_storm(site: DemoSite, server: faults.Misbehaving) -> None:
    for name, fault in FAULTS.items():
        page, listed = f"page-{name}.example", f"list-{name}.example"
        site.add(page, "/", links("/0", "/1", "/late"))
        site.add(page, "/late", LATE)
        for host, path in ((page, "/1"), (page, "/late"), (listed, "/")):
            server.on(host, path, fault.behaviour)
            server.on(host, "/elsewhere", moved(path))
    for name in ROBOTS:
        server.on(f"robots-{name}.example", "/robots.txt", FAULTS[name].behaviour)
        server.on(f"robots-{name}.example", "/elsewhere", moved("/robots.txt"))
    for name, (header, meta) in SEAS.items():
        site.add(f"sea-{name}.example", "/", links("/0", "/1", "/late"))
        server.on(f"sea-{name}.example", "/late", faults.says(SEA.format(meta).encode("windows-1251"), header))
    for name, answers in SITEMAPS.items():
        for path, body in answers.items():
            behaviour = faults.says(body, "Content-Type: application/xml") if isinstance(body, bytes) else body
            server.on(f"{name}.example", path, behaviour)
    server.on("torn-robots.example", "/robots.txt", faults.says(RULES[:-20], "Content-Type: text/plain", GZIP))


def test_a_storm_costs_nothing_that_was_kept(storm: Storm) -> None:
    for now in (storm.after, storm.mended):
        assert now.captures.items() >= storm.before.captures.items()
        assert now.exchanges.items() >= storm.before.exchanges.items()
        assert now.texts >= storm.before.texts


def test_a_storm_is_told_in_a_line_a_source_and_is_over_with_the_next_run(storm: Storm) -> None:
    said = storm.done.stderr.splitlines()
    assert (storm.done.returncode, storm.done.stdout) == (1, "")
    sources = [line.split(": ")[1] for line in said]
    wanted = {f"list-{name}" for name in FAULTS} | {f"robots-{name}" for name in ROBOTS} | {"gone-name", "packed"}
    assert len(sources) == len(set(sources)) and set(sources) - {"torn-robots"} == wanted
    assert all(line.startswith("communique: ") and len(line) < 500 and line.isprintable() for line in said)
    assert (storm.again.returncode, storm.again.stdout, storm.again.stderr) == (0, "", "")


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_that_breaks_is_one_outcome_and_its_source_is_well(storm: Storm, name: str) -> None:
    source, fault = f"page-{name}", FAULTS[name]
    for path in ("/1", "/late"):  # one that is known, one that is new
        captures = storm.of(source, path)
        assert {c["outcome"] for c in captures} == {fault.outcome}
        assert all(fault.why in (c["message"] or "") for c in captures)
        assert len(captures) == 1 or name == "looping"
    asked = [path for host, path in storm.asked if host == f"{source}.example"]
    assert len(asked) <= 3 + 2 * 9  # robots.txt, the list, a page that is well; eight hops for each of the others
    assert storm.lines(source) == []
    [state] = rows(storm.home, "select state from source_health where source = ?", source)
    assert state == {"state": "ok"}
    articles = rows(storm.home, "select url, revisions, gone_at from articles where source = ? order by url", source)
    assert articles == [
        {"url": f"http://{source}.example/{path}", "revisions": 1, "gone_at": None} for path in ("0", "1", "late")
    ]  # the late one came with the run after


@pytest.mark.parametrize("name", FAULTS)
def test_a_list_that_breaks_is_one_line(storm: Storm, name: str) -> None:
    [line] = storm.lines(f"list-{name}")
    assert line.startswith(f"communique: list-{name}: failing: ") and FAULTS[name].listed in line


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robots_txt_that_breaks_means_that_nothing_is_asked_for(storm: Storm, name: str) -> None:
    [line] = storm.lines(f"robots-{name}")
    assert "robots.txt could not be read" in line
    asked = {path for host, path in storm.asked if host == f"robots-{name}.example"}
    assert asked <= {"/robots.txt", "/elsewhere"}


def test_a_robots_txt_that_is_torn_is_not_taken_for_a_whole_one(storm: Storm) -> None:
    assert "/" not in [path for host, path in storm.asked if host == "torn-robots.example"]


def test_a_name_that_is_gone_is_one_line(storm: Storm) -> None:
    [line] = storm.lines("gone-name")
    assert "gone-name: failing" in line and "no-such-host.invalid" in line


@pytest.mark.parametrize("name", SEAS)
def test_a_charset_that_is_wrong_or_missing_does_not_spoil_the_text(storm: Storm, name: str) -> None:
    [article] = rows(storm.home, "select title, text from articles where url = ?", f"http://sea-{name}.example/late")
    assert article["title"] == "Паром у Морвины" and "снова ходит после недели штормов" in article["text"]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("circle", 6),
        ("deep", 4),
        ("wide", 60),
        ("packed", 1),
    ],
)
def test_sitemaps_that_lead_to_sitemaps_come_to_an_end(storm: Storm, name: str, most: int) -> None:
    asked = [path for host, path in storm.asked if host == f"{name}.example" and path.endswith(".xml")]
    assert 1 <= len(asked) <= most


def test_a_line_says_in_words_what_was_wrong(storm: Storm) -> None:
    for line in storm.done.stderr.splitlines():
        assert "<twisted" not in line and not line.rstrip().endswith(":"), line

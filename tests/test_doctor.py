"""Doctor: each thing that can go wrong is made to go wrong, and is told with how to mend it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import checkup, store_health
from archive.checkup import Check
from archive.cli import Group
from archive.errors import NoArchiveError
from archive.forecast import forecast, measured
from archive.home import Home
from archive.models import stamp
from archive.store import Store
from crawler import cron, doctor
from crawler.unattended import COMMANDS
from tests.keeping import START, captured, keep
from tests.pages import page, paragraphs
from tests.test_home import held

NOW = START + timedelta(hours=6)
DAY = timedelta(days=1)
MB = 1 << 20
TEXT = "was closed for three weeks after the storm, and its engineers worked on it by day and by night until Monday."


@pytest.fixture(autouse=True)
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crontab of the test's own, in the place of the user's."""
    table = tmp_path / "table"
    program = tmp_path / "programs" / "crontab"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ -f "{table}" ] && exec cat "{table}"; echo "no crontab for t" >&2; exit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("COMMUNIQUE_QUOTA", raising=False)
    return table


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive of three pages; only to be copied."""
    home = Home(tmp_path_factory.mktemp("kept") / "home")
    pages = [page(f"{word} reopens", paragraphs([f"{word} {TEXT}"] * 3)) for word in ("Harbour", "Bridge", "Market")]
    keep(home, [captured(f"http://harbour.example/{n}", html, n) for n, html in enumerate(pages)])
    store = Store(home.database, write=True)
    store.finish_run(1, stamp(NOW), "done", 0, None)
    store.close()
    return home


@pytest.fixture
def home(kept: Home, tmp_path: Path, crontab: Path) -> Home:
    """A sound archive with its cron line."""
    made = Home(tmp_path / "home")
    shutil.copytree(kept.path, made.path)
    line = cron.crontab_line(cron.plan(made, timedelta(minutes=15)))
    crontab.write_text(line + "\n")
    return made


@pytest.fixture
def rows(home: Home) -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(home.database, isolation_level=None)
    yield conn
    conn.close()


def look(home: Home, name: str, now: datetime = NOW, quota: int | None = None) -> list[Check]:
    found = [check for check in doctor.examine(home, now, quota=quota) if check.name == name]
    for check in found:
        assert check.line
        assert "\n" not in check.line
        assert (check.mend is None) == (check.level == "ok"), check
    return found


def only(home: Home, name: str, now: datetime = NOW, quota: int | None = None) -> Check:
    [check] = look(home, name, now, quota)
    return check


def run(*arguments: str) -> Result:
    main = Group("communique", commands={str(command.name): command for command in COMMANDS})
    return CliRunner().invoke(main, ["doctor", *arguments])


@pytest.mark.parametrize("full", [False, True])
def test_a_sound_archive_has_nothing_to_mend(home: Home, full: bool) -> None:
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    found = doctor.examine(home, NOW, full)
    assert [check for check in found if check.level != "ok"] == []
    names = "lock database references version search stems log disk forecast clock warc runs rebuild custody forget catalogue source cron"
    assert [check.name for check in found] == names.split()
    after = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    changed = {path.name for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed <= {"crawl.lock", "archive.db-shm", "archive.db-wal"}


def test_without_an_archive_it_says_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(NoArchiveError):
        doctor.examine(Home(tmp_path / "none"), NOW)
    done = run("--home", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_the_command_prints_for_people_and_for_programs_and_its_exit_code_says_it(home: Home) -> None:
    # the pages were kept at a time still to come, and the forecast and the clock see that
    done = run("--home", str(home.path))
    assert done.exit_code == 1
    assert "problem  clock" in done.stdout
    assert "→ set this machine's clock" in done.stdout
    told = json.loads(run("--home", str(home.path), "--json", "--full", "--quota", "1").stdout)
    assert {"lock", "quota"} < {check["name"] for check in told}
    assert {check["level"] for check in told} == {"ok", "problem"}
    assert told[0].keys() == {"name", "level", "line", "mend"}


def test_warnings_alone_are_exit_code_0(home: Home, crontab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crontab.unlink()
    monkeypatch.setattr("crawler.unattended.datetime", type("Clock", (), {"now": staticmethod(lambda _: NOW)}))
    done = run("--home", str(home.path))
    assert done.exit_code == 0, done.stdout
    assert "warning  cron" in done.stdout


# the database


def test_a_damaged_page_of_the_database_is_found(home: Home) -> None:
    data = bytearray(home.database.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    for start in range(size * 4, len(data) - size, size):
        data[start : start + 16] = b"\xee" * 16
    home.database.write_bytes(data)
    found = doctor.examine(home, NOW)
    assert any(check.level == "problem" and check.name == "database" for check in found)
    assert all("\n" not in check.line for check in found)


@pytest.mark.parametrize("data", [b"", b"no database at all" * 1000])
def test_a_file_that_is_no_database_is_a_problem_and_no_traceback(home: Home, data: bytes) -> None:
    home.database.write_bytes(data)
    for path in home.path.glob("archive.db-*"):
        path.unlink()
    found = doctor.examine(home, NOW)
    assert any(check.level == "problem" for check in found)
    assert run("--home", str(home.path)).exit_code == 1


def test_a_row_that_names_a_missing_row_is_found(home: Home, rows: sqlite3.Connection) -> None:
    rows.execute("update articles set capture = 999 where id = 1")
    check = only(home, "references")
    assert (check.level, check.line) == ("problem", "articles row 1 → captures")


def test_articles_of_an_earlier_version_are_counted_until_a_rebuild_reads_them(
    home: Home, rows: sqlite3.Connection
) -> None:
    assert only(home, "rebuild").level == "ok"
    rows.execute("delete from signatures where article < 3")
    check = only(home, "rebuild")
    assert (check.level, check.mend) == ("warning", "run `communique rebuild`")
    assert check.line.startswith("2 articles were kept by an earlier version")


def test_an_archive_of_another_version_is_told(home: Home, rows: sqlite3.Connection) -> None:
    rows.execute("delete from _sqlite_migrations where name = 'm002_views'")
    assert only(home, "version").level == "problem"


def test_a_full_text_index_that_differs_from_the_texts_is_found(home: Home, rows: sqlite3.Connection) -> None:
    trigger = rows.execute("select name from sqlite_master where type = 'trigger' and name like '%_au'").fetchone()[0]
    rows.execute(f"drop trigger {trigger}")
    rows.execute("update search_text set text = 'something else' where article = 1")
    check = only(home, "search")
    assert check.level == "problem"
    assert "differs from the texts" in check.line
    assert check.mend == "`communique rebuild` writes it anew"


def test_an_article_that_cannot_be_found_is_found(home: Home, rows: sqlite3.Connection) -> None:
    rows.execute("delete from search_text where article = 2")
    check = only(home, "search")
    assert (check.level, check.line) == ("problem", "1 articles cannot be found by their words (2)")


def test_while_somebody_writes_the_index_is_not_locked(home: Home) -> None:
    with held(home):
        assert "somebody is writing" in only(home, "search").line
        assert only(home, "search").level == "ok"


def test_a_check_that_takes_too_long_ends_and_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(conn: sqlite3.Connection, _full: bool = False) -> list[str]:
        conn.execute(
            "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
        ).fetchone()
        return []

    monkeypatch.setattr(checkup, "PATIENCE", 0.1)
    monkeypatch.setattr(store_health, "damage", slow)
    monkeypatch.setattr(store_health, "dangling", slow)
    for name in ("database", "references"):
        check = only(home, name)
        assert check.level == "ok"
        assert "within 0.1 seconds" in check.line
        assert "--full" in check.line


def test_a_log_that_grew_is_told(home: Home, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.execute("update sources set state_reason = 'x'")
    assert only(home, "log").level == "ok"
    monkeypatch.setattr(checkup, "_LARGE_WAL", 1000)
    assert only(home, "log").level == "warning"


# disk and clock


def disk(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 50, 0, free))


def test_a_disk_that_is_nearly_full_is_a_problem(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 100 * MB)
    check = only(home, "disk")
    assert (check.level, check.line) == ("problem", "100 MB are free; a crawl stops below 512 MB")


@pytest.mark.parametrize(("share", "level"), [(0.5, "problem"), (1.08, "warning"), (4, "ok")])
def test_a_quota_that_is_used_up_is_told(home: Home, share: float, level: str) -> None:
    home.writing().__enter__()  # the lock's file counts
    assert only(home, "quota", quota=int(home.size() * share)).level == level


def grown(home: Home, rows: sqlite3.Connection, megabytes: int, days: int) -> datetime:
    """A WARC file of some MB each day, sparse, with one capture each; returns the time after them."""
    rows.execute("update captures set fetched_at = ?", (stamp(START),))
    for n in range(1, days + 1):
        name = f"communique-{n + 100:06d}.warc.gz"
        with (home.warc / name).open("wb") as file:
            file.truncate(megabytes * MB)
        rows.execute(
            "insert into captures(url, url_key, source, kind, fetched_at, outcome, warc_file, warc_offset)"
            " values ('u', 'u', 'harbour', 'page', ?, 'unchanged', ?, 10)",
            (stamp(START + n * DAY), name),
        )
    return START + days * DAY + timedelta(hours=1)


def test_a_forecast_says_how_it_was_computed(
    home: Home, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(monkeypatch, 1 << 40)
    now = grown(home, rows, 10, 40)
    check = only(home, "forecast", now)
    assert check.level == "ok"
    assert "in use in a year, by 10 MB a day over the last 30 days" in check.line
    assert check.line.startswith("4.0 GB")
    assert "WARC files begun since: 10" in check.line


@pytest.mark.parametrize(("free", "level"), [(300 * MB, "problem"), (2000 * MB, "warning")])
def test_a_disk_that_will_be_full_within_the_year_is_told(
    home: Home, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    now = grown(home, rows, 30, 10)
    disk(monkeypatch, free)
    check = only(home, "forecast", now)
    assert check.level == level
    assert "full in" in check.line


def test_a_quota_is_all_the_room_there_is(
    home: Home, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = grown(home, rows, 30, 10)
    disk(monkeypatch, 1 << 40)
    assert only(home, "forecast", now).level == "ok"
    assert only(home, "forecast", now, quota=2000 * MB).level == "warning"


def test_a_history_of_two_days_forecasts_nothing(home: Home, rows: sqlite3.Connection) -> None:
    now = grown(home, rows, 10, 2)
    assert only(home, "forecast", now).line == "disk in use in a year: unknown yet, under 3 days of history"


def test_a_forecast_leaves_out_the_first_day_and_what_is_older_than_a_month() -> None:
    assert measured(None, NOW) is None
    assert measured(NOW - 2 * DAY, NOW) is None
    assert measured(NOW - 5 * DAY, NOW) == NOW - 4 * DAY
    assert measured(NOW - 500 * DAY, NOW) == NOW - 30 * DAY
    files = [(NOW - 40 * DAY, 10**9), (NOW - 5 * DAY, 100), (NOW - DAY, 200)]
    made = forecast(NOW - 30 * DAY, NOW, 5000, files, 900, (10, 90))
    assert made.warc == 10
    assert made.database == pytest.approx(900 / 9 / 30)
    assert made.in_a_year == pytest.approx(5000 + 365 * made.daily)


@pytest.mark.parametrize(
    ("now", "part"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "before this version was released"),
        (START - DAY, "which is still to come"),
    ],
)
def test_a_clock_that_is_wrong_is_a_problem(home: Home, now: datetime, part: str) -> None:
    check = only(home, "clock", now)
    assert check.level == "problem"
    assert part in check.line


# WARC


def test_a_file_that_rows_name_and_nobody_has_is_a_problem(home: Home) -> None:
    [file] = home.warc.iterdir()
    file.rename(file.with_name("elsewhere"))
    check = only(home, "warc")
    assert (check.level, check.line) == ("problem", f"1 files that rows name are not there ({file.name})")
    shutil.rmtree(home.warc)
    assert only(home, "warc").level == "problem"


def test_a_file_that_was_cut_off_is_a_problem(home: Home) -> None:
    [file] = home.warc.iterdir()
    os.truncate(file, 100)
    check = only(home, "warc")
    assert check.level == "problem"
    assert "end before records" in check.line


def test_a_file_that_a_dead_crawl_left_open_is_told_and_a_running_crawls_is_not(home: Home) -> None:
    [file] = home.warc.iterdir()
    file.rename(file.with_name(file.name + ".open"))
    assert [check.level for check in look(home, "warc")] == ["warning", "ok"]
    with held(home):
        assert only(home, "warc").level == "ok"


def test_a_folder_that_cannot_be_written_to_is_a_problem(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may write anywhere, so what the system says is put into its mouth
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != home.warc)
    assert [check.level for check in look(home, "warc")] == ["problem", "ok"]


# lock, runs, sources, cron


def test_a_lock_names_who_holds_it(home: Home) -> None:
    with held(home) as process:
        check = only(home, "lock", datetime.now(UTC))
        assert check.level == "ok"
        assert "is writing to the archive" in check.line
        if Path("/proc/locks").exists() and f"process {process.pid}" not in check.line:
            # a folder whose device /proc/locks gives another number (overlay file systems): nobody is named
            assert check.line == "another process is writing to the archive"
        later = only(home, "lock", datetime.now(UTC) + 3 * DAY)
        assert later.level == ("warning" if "since" in check.line else "ok")
    assert only(home, "lock").line == "nobody is writing to the archive"


def test_a_run_that_died_is_told_while_nobody_runs(home: Home, rows: sqlite3.Connection) -> None:
    rows.execute("insert into runs(started, status) values (?, 'running')", (stamp(NOW),))
    assert "died" in look(home, "runs")[0].line
    with held(home):
        assert only(home, "runs").level == "ok"


def test_an_archive_that_nobody_crawls_is_told(home: Home) -> None:
    check = only(home, "runs", NOW + 3 * DAY)
    assert check.level == "warning"
    assert check.line.endswith("none since")


def test_a_catalogue_that_cannot_be_read_is_a_problem(home: Home) -> None:
    home.sources.write_text('[harbour]\nname = "H"\nkind = 1\n')
    check = only(home, "catalogue")
    assert check.level == "problem"
    assert "harbour" in check.line


def test_a_source_in_trouble_is_told_once(home: Home, rows: sqlite3.Connection) -> None:
    rows.execute("update sources set state = 'blocked', state_reason = '403' where id = 'harbour'")
    check = only(home, "source")
    assert (check.level, check.line) == ("warning", "harbour is blocked: 403")
    assert "communique sources check harbour" in str(check.mend)


@pytest.mark.parametrize("state", ["ok", "stale"])
def test_a_source_unlike_itself_is_told_once(home: Home, rows: sqlite3.Connection, state: str) -> None:
    for n in range(1, 41):
        at = stamp(START + n * DAY)
        values = {"url": f"u{n}", "title": f"t{n}", "first_seen": at, "last_checked": at, "published": at}
        columns = [c[1] for c in rows.execute("pragma table_info(articles)") if c[1] not in ("id", *values)]
        rows.execute(
            f"insert into articles({', '.join([*values, *columns])}) select {', '.join('?' * len(values))},"
            f" {', '.join(columns)} from articles where id = 1",
            list(values.values()),
        )
    rows.execute(
        "insert into captures(url, url_key, source, kind, fetched_at, outcome) values"
        " ('l', 'l', 'harbour', 'discovery', ?, 'discovery')",
        (stamp(START + 50 * DAY),),
    )
    rows.execute("update sources set state = ?, state_reason = 'nothing new' where id = 'harbour'", (state,))
    check = only(home, "source", START + 50 * DAY)
    assert check.level == "warning"
    assert "nothing new" in check.line


@pytest.mark.parametrize(
    ("change", "level", "part"),
    [
        (lambda _: "", "warning", "no line for this archive"),
        (
            lambda line: re.sub(r"/communique('?) crawl", r"/gone\1 crawl", line),
            "problem",
            "is not there or cannot be run",
        ),
        (lambda line: line.replace(" crawl --due", " 'crawl --due"), "problem", "names no program"),
        (lambda line: f"#{line}", "warning", "no line for this archive"),
    ],
)
def test_a_cron_line_that_does_not_work_is_told(
    home: Home, crontab: Path, change: object, level: str, part: str
) -> None:
    line = crontab.read_text()
    assert only(home, "cron").level == "ok"
    crontab.write_text(change(line))  # type: ignore[operator]
    check = only(home, "cron")
    assert check.level == level
    assert part in check.line


def test_without_cron_the_units_are_named(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    check = only(home, "cron")
    assert check.level == "warning"
    assert "systemd" in str(check.mend)


def test_articles_without_stems_are_told_where_their_language_has_some(home: Home, rows: sqlite3.Connection) -> None:
    assert only(home, "stems").level == "ok"
    rows.execute("update search_text set stems = '' where article < 3")
    check = only(home, "stems")
    assert (check.level, check.mend) == ("warning", "`communique rebuild` writes them")
    assert check.line.startswith("2 articles are found by the words they print alone")
    rows.execute("update articles set language = 'zh', language_detected = null where id < 3")
    assert only(home, "stems").level == "ok"

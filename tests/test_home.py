"""The home folder and its lock: two commands must never write to one archive."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.errors import BusyError, CommuniqueError, ConfigurationError, NoArchiveError
from archive.home import Home
from archive.store import Store

HOLD = """
import sys
from pathlib import Path
from archive.home import Home

with Home(Path(sys.argv[1])).writing():
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
from pathlib import Path
from archive.errors import BusyError
from archive.home import Home

try:
    with Home(Path(sys.argv[1])).writing():
        print("free")
except BusyError as error:
    print("busy", error.exit_code)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@contextmanager
def held(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock until its stdin closes."""
    command = [sys.executable, "-c", HOLD, home.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def attempt(home: Home) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TRY, home.path], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def test_a_second_process_is_told_that_the_first_is_writing(home: Home) -> None:
    with held(home), pytest.raises(BusyError) as caught, home.writing():
        pass
    assert caught.value.exit_code == 75
    assert caught.value.lock == home.path / "crawl.lock"
    assert "\n" not in str(caught.value)


def test_this_process_keeps_another_out_and_lets_it_in_again(home: Home) -> None:
    with home.writing():
        assert attempt(home) == "busy 75"
    assert attempt(home) == "free"


def test_a_killed_writer_leaves_no_lock_behind(home: Home) -> None:
    with held(home) as process:
        process.kill()
        process.wait()
        with home.writing():
            assert attempt(home) == "busy 75"


def test_an_error_within_gives_the_lock_back(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), home.writing():
        raise ZeroDivisionError
    with home.writing():
        pass


def test_one_process_does_not_hold_its_lock_twice(home: Home) -> None:
    with home.writing(), pytest.raises(BusyError), home.writing():
        pass


def test_reading_never_waits_for_the_lock(home: Home) -> None:
    home.path.mkdir()
    Store(home.database, write=True).close()
    with held(home):
        store = Store(home.require().database)
        assert store.rows("select count(*) as n from articles") == [{"n": 0}]
        store.close()


def test_a_home_is_made_with_all_above_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b" / "c")
    with home.writing():
        assert [path.name for path in home.path.iterdir()] == ["crawl.lock"]


@pytest.mark.parametrize("above", ["a file", "nothing may be made"])
def test_a_home_that_cannot_be_written_to_is_an_error_in_one_line(tmp_path: Path, above: str) -> None:
    if above == "a file":
        (tmp_path / "home").write_text("")
        home = Home(tmp_path / "home")
    else:
        home = Home(Path("/proc/communique"))
    with pytest.raises(ConfigurationError) as caught, home.writing():
        pass
    assert caught.value.exit_code == 2
    assert str(home.path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_asking_for_an_archive_that_is_not_there_makes_nothing(home: Home) -> None:
    with pytest.raises(NoArchiveError) as caught:
        home.require()
    assert isinstance(caught.value, CommuniqueError)
    assert caught.value.exit_code == 2
    assert str(home.path) in str(caught.value)
    assert not home.path.exists()


def test_a_folder_named_as_the_database_is_no_archive(home: Home) -> None:
    home.database.mkdir(parents=True)
    with pytest.raises(NoArchiveError):
        home.require()


def test_an_archive_is_found(home: Home) -> None:
    home.path.mkdir()
    Store(home.database, write=True).close()
    assert home.require() is home


def test_everything_lies_within_the_folder(home: Home) -> None:
    for path in (home.database, home.warc, home.logs, home.sources):
        assert path.parent == home.path
    assert home.database.name == "archive.db", "Datasette names the database after the file"

"""A copy that was made while a crawl ran, by the commands of the documentation, is an archive of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive import warc
from archive.home import Home
from archive.store import Store
from crawler.demo.site import DemoSite
from tests.crawling import COMMAND, catalogue, command, contents, crawl, crawl_arguments, demo_catalogue, rows
from tests.keeping import captured, keep

DOCUMENT = Path(__file__).parent.parent / "docs" / "custody.md"
# outlets whose pages come in one run, at a pace that leaves time to copy in the midst of it
NAMES = ("harbour-post", "tidewire", "estuary-herald")
DELAY = 0.25


def blocks() -> tuple[str, str]:
    """The documented commands: to copy, and to restore."""
    section = DOCUMENT.read_text("utf-8").partition("\n## Back-up and restore\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert len(found) == 2, "docs/custody.md has a section on back-up and restore, with two blocks of commands"
    return found[0], found[1]


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run documented commands where ``data`` is the home."""
    script = script.replace("python3", shlex.quote(sys.executable)).replace("communique ", shlex.join(COMMAND) + " ")
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(DOCUMENT.parent.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip


@pytest.mark.slow
def test_a_copy_made_while_a_crawl_ran_is_restored_verified_and_crawled_on(tmp_path: Path) -> None:
    home, elsewhere = Home(tmp_path / "data"), Home(tmp_path / "elsewhere")
    catalogue(home, demo_catalogue(DELAY))
    copying, restoring = blocks()
    with DemoSite() as site:
        crawl(home, site.address, NAMES[0])
        running = subprocess.Popen(
            [*COMMAND, *crawl_arguments(home, site.address, *NAMES)], stderr=subprocess.DEVNULL
        )
        while running.poll() is None and not _midst(home):
            time.sleep(0.05)
        assert running.poll() is None, "the crawl ended before it could be copied"
        copied = run(copying, tmp_path)
        assert (copied.returncode, copied.stdout) == (0, ""), copied.stderr
        assert running.poll() is None and running.wait(120) == 0
        restored = run(restoring, tmp_path)
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert len(rows(elsewhere, "select id from captures")) < len(rows(home, "select id from captures"))
        assert rows(elsewhere, "pragma integrity_check") == [{"integrity_check": "ok"}]
        store = Store(elsewhere.database)
        for row in store.rows("select warc_file, warc_offset from captures where warc_file is not null"):
            warc.read(elsewhere.warc, warc.Position(row["warc_file"], row["warc_offset"]))
        store.close()
        for each in (home, elsewhere):
            assert crawl(each, site.address, *NAMES).returncode == 0
    for table, was in contents(home).items():
        assert contents(elsewhere)[table] == was, table
    assert command("verify", "--home", str(elsewhere.path)).returncode == 0


def _midst(home: Home) -> bool:
    """Whether the second run has kept pages, and its file is not finished."""
    kept = rows(home, "select count(*) as n from captures where run = (select max(id) from runs) and kind = 'page'")
    return kept[0]["n"] > 2 and bool(list(home.warc.glob("*.open")))


@pytest.fixture
def kept(home: Home) -> Home:
    keep(home, [captured("http://harbour.example/1", "<p>One</p>")])
    return home


def test_a_file_that_was_copied_under_both_names_is_the_finished_one(kept: Home) -> None:
    [path] = kept.warc.iterdir()
    beginning = path.with_name(path.name + warc.OPEN)
    beginning.write_bytes(path.read_bytes()[:200])
    assert warc.unfinished(kept.warc) == []
    assert not beginning.exists() and path.exists()


def test_two_files_of_one_name_never_take_each_others_place(kept: Home) -> None:
    [path] = kept.warc.iterdir()
    whole = path.read_bytes()
    other = path.with_name(path.name + warc.OPEN)
    other.write_bytes(whole + whole)
    [file] = warc.unfinished(kept.warc)
    list(file.records())
    with pytest.raises(FileExistsError):
        file.finish()
    assert path.read_bytes() == whole and other.exists()

"""`kill -9` at any moment: the next run leaves what a run that was never killed leaves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from archive.errors import NoArchiveError
from archive.home import Home
from crawler.demo.site import DemoSite
from tests.crawling import COMMAND, catalogue, contents, crawl, crawl_arguments, demo_catalogue, rows, warc_files

MOMENTS = 10
# seconds between two requests to a host: makes the crawl some times longer than its start
DELAY = 0.12


def names() -> list[str]:
    """The outlets but for the one that answers 429 once: its page comes with the second run, killed or not."""
    tables = [line[1:-1] for line in demo_catalogue().splitlines() if re.fullmatch(r"\[[a-z-]+\]", line)]
    return [name for name in tables if name != "polder-bulletin"]


@pytest.mark.slow
def test_after_kill_9_at_ten_moments_the_next_run_leaves_what_a_clean_run_leaves(tmp_path: Path) -> None:
    clean = Home(tmp_path / "clean")
    catalogue(clean, demo_catalogue(DELAY))
    with DemoSite() as site:
        started = time.monotonic()
        done = crawl(clean, site.address, *names())
        length = time.monotonic() - started
    assert done.returncode == 1, done.stderr  # the outlet that answers 403
    wanted = contents(clean)
    within = 0
    for n in range(MOMENTS):
        home = Home(tmp_path / str(n))
        catalogue(home, demo_catalogue(DELAY))
        with DemoSite() as site:
            fetched, finished, left = _kill_after(length * (n + 0.5) / MOMENTS, home, site)
            within += fetched and not finished
            assert not left, f"workers outlived their parent, killed at moment {n}"
            again = crawl(home, site.address, *names())
        assert again.returncode in (0, 1), again.stderr
        _assert_whole(home)
        for table, was in contents(home).items():
            assert was == wanted[table], f"{table} differs, killed at moment {n}"
    assert within >= 6, f"only {within} of {MOMENTS} kills fell between the first fetch and the last commit"


def _kill_after(seconds: float, home: Home, site: DemoSite) -> tuple[bool, bool, list[int]]:
    """Whether it had fetched a page, whether it had finished, and which of its processes are left."""
    process = subprocess.Popen(
        [*COMMAND, *crawl_arguments(home, site.address, *names())], start_new_session=True, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        finished = bool(rows(home, "select 1 from runs where finished is not null"))
    except NoArchiveError:  # killed before or while its tables were made, each step of which is a transaction
        finished = False
    _, alive = psutil.wait_procs(children, timeout=10)
    left = [child.pid for child in alive]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return any(hit.path != "/robots.txt" for hit in site.log), finished, left


def _assert_whole(home: Home) -> None:
    assert rows(home, "pragma integrity_check") == [{"integrity_check": "ok"}]
    assert rows(home, "pragma foreign_key_check") == []
    assert rows(home, "select id from captures where outcome is null or outcome = ''") == []
    assert rows(home, "select id from runs where finished is null") == []
    assert not [file for file in warc_files(home) if file.name.endswith(".open")]
    kept = {
        (row["warc_file"], row["warc_offset"])
        for row in rows(home, "select * from captures where warc_file is not null")
    }
    assert len(kept) == rows(home, "select count(*) as n from captures where warc_file is not null")[0]["n"]

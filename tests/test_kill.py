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

from archive import stems
from archive.errors import NoArchiveError
from archive.home import Home
from crawler.demo.site import DemoSite
from tests.crawling import COMMAND, catalogue, contents, crawl, crawl_arguments, demo_catalogue, rows, warc_files

# so many before anything was fetched, the rest from the first page on: on a busy machine all takes longer
EARLY, MOMENTS = 2, 10
# seconds between two requests to a host: makes the crawl some times longer than its start
DELAY = 0.12


def names() -> list[str]:
    """The outlets but for the one that answers 429 once: its page comes with the second run, killed or not."""
    tables = [line[1:-1] for line in demo_catalogue().splitlines() if re.fullmatch(r"\[[a-z-]+\]", line)]
    return [name for name in tables if name != "polder-bulletin"]


@pytest.mark.slow
def test_after_kill_9_at_ten_moments_the_next_run_leaves_what_a_clean_run_leaves(tmp_path: Path) -> None:
    stems.preload()  # what the first run of a machine takes for it is not the crawl's
    clean = Home(tmp_path / "clean")
    catalogue(clean, demo_catalogue(DELAY))
    with DemoSite() as site:
        started = time.monotonic()
        running = start(clean, site)
        first = wait_for_page(running, site) - started
        assert running.wait() == 1  # the outlet that answers 403
        length = time.monotonic() - started - first
    wanted = contents(clean)
    within = 0
    for n in range(MOMENTS):
        home = Home(tmp_path / str(n))
        catalogue(home, demo_catalogue(DELAY))
        with DemoSite() as site:
            late = n - EARLY
            after = first * (n + 0.5) / EARLY if late < 0 else length * (late + 0.5) / (MOMENTS - EARLY)
            fetched, finished, left = _kill_after(after, late >= 0, home, site)
            within += fetched and not finished
            assert not left, f"workers outlived their parent, killed at moment {n}"
            again = crawl(home, site.address, *names())
        assert again.returncode in (0, 1), again.stderr
        _assert_whole(home)
        for table, was in contents(home).items():
            assert was == wanted[table], f"{table} differs, killed at moment {n}"
    assert within >= 6, f"only {within} of {MOMENTS} kills fell between the first fetch and the last commit"


def start(home: Home, site: DemoSite) -> subprocess.Popen[bytes]:
    arguments = [*COMMAND, *crawl_arguments(home, site.address, *names())]
    return subprocess.Popen(arguments, start_new_session=True, stderr=subprocess.DEVNULL)


def wait_for_page(process: subprocess.Popen[bytes], site: DemoSite) -> float:
    """When the first page was asked for."""
    while process.poll() is None and not _fetched(site):
        time.sleep(0.02)
    return time.monotonic()


def _fetched(site: DemoSite) -> bool:
    return any(hit.path != "/robots.txt" for hit in site.log)


def _kill_after(seconds: float, page: bool, home: Home, site: DemoSite) -> tuple[bool, bool, list[int]]:
    """Whether it had fetched a page, whether it had finished, and which of its processes are left; ``page``: the
    seconds begin with the first page."""
    process = start(home, site)
    if page:
        wait_for_page(process, site)
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
    return _fetched(site), finished, left


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

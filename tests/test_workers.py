"""The pool: a page that hangs or kills its process costs only itself, and no process outlives the crawl."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pebble import ProcessExpired

from archive.workers import MEMORY, Workers, settled

# seconds for things that take a fraction of one
SOON = 10.0


def pid() -> int:
    return os.getpid()


def double(n: int) -> int:
    return 2 * n


def fail(text: str) -> None:
    raise LookupError(text)


def die(code: int) -> None:
    os._exit(code)


def allocate(size: int) -> int:
    return len(bytes(size))


def grow() -> None:
    from lxml import etree

    tree = etree.Element("body")
    while True:
        tree.append(etree.Element("p", text="x" * 10_000))


def hang() -> None:
    time.sleep(600)


def wait(path: str, seconds: float) -> int:
    began = Path(path + ".new")
    began.write_text(str(os.getpid()))
    began.rename(path)
    time.sleep(seconds)
    return os.getpid()


def until(condition: Callable[[], bool]) -> bool:
    limit = time.monotonic() + SOON
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def alive(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close(wait_for=False)


def test_results_come_back_to_whoever_asked(workers: Workers) -> None:
    futures = [workers.submit(double, n) for n in range(50)]
    assert [future.result() for future in futures] == [2 * n for n in range(50)]
    assert workers.submit(pid).result() != os.getpid()


def test_an_exception_of_a_task_comes_back_as_it_is(workers: Workers) -> None:
    with pytest.raises(LookupError, match="no such berth"):
        workers.submit(fail, "no such berth").result()
    assert workers.submit(double, 4).result() == 8


def test_a_task_that_takes_too_long_is_ended_and_costs_no_other(workers: Workers) -> None:
    hanging = workers.submit(hang, timeout=0.5)
    others = [workers.submit(double, n) for n in range(20)]
    assert [future.result(SOON) for future in others] == [2 * n for n in range(20)]
    with pytest.raises(TimeoutError):
        hanging.result(SOON)
    assert [workers.submit(double, n).result(SOON) for n in range(4)] == [0, 2, 4, 6]


def test_the_process_of_a_task_that_takes_too_long_is_gone(workers: Workers, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        workers.submit(wait, str(tmp_path / "began"), 600, timeout=1).result(SOON)
    process = int((tmp_path / "began").read_text())
    assert until(lambda: not alive(process))
    assert workers.submit(double, 4).result(SOON) == 8


def test_a_task_that_takes_too_much_memory_fails_alone_with_one_line(workers: Workers) -> None:
    greedy = [workers.submit(allocate, MEMORY + (1 << 20)) for _ in range(4)]
    modest = [workers.submit(allocate, MEMORY // 4) for _ in range(4)]
    assert [future.result(SOON) for future in modest] == [MEMORY // 4] * 4
    with pytest.raises(MemoryError):
        greedy[0].result(SOON)
    assert settled(greedy[1]) == (None, "reading it took more than 1024 MB of memory")
    assert workers.submit(double, 4).result(SOON) == 8


def test_a_tree_that_takes_too_much_memory_fails_alone(workers: Workers) -> None:
    other = workers.submit(double, 4)
    page, problem = settled(workers.submit(grow))
    assert page is None and problem in (
        "reading it took more than 1024 MB of memory",
        "reading it ended its process",
    )
    assert other.result(SOON) == workers.submit(double, 4).result(SOON) == 8


@pytest.mark.parametrize(
    ("code", "error"),
    [(1, ProcessExpired), (134, ProcessExpired), (0, TimeoutError)],  # pebble takes a 0 for a process that goes on
)
def test_a_task_that_kills_its_process_loses_only_itself(workers: Workers, code: int, error: type[Exception]) -> None:
    before = [workers.submit(double, n) for n in range(10)]
    dying = workers.submit(die, code, timeout=2)
    after = [workers.submit(double, n) for n in range(10)]
    with pytest.raises(error):
        dying.result(SOON)
    assert [future.result(SOON) for future in (*before, *after)] == [2 * n for n in range(10)] * 2


def test_a_process_that_dies_idle_does_not_end_the_pool(workers: Workers) -> None:
    idle = workers.submit(pid).result(SOON)
    os.kill(idle, signal.SIGKILL)
    assert until(lambda: not alive(idle))
    time.sleep(0.5)  # the pool looks at its processes five times a second
    assert [workers.submit(double, n).result(SOON) for n in range(4)] == [0, 2, 4, 6]


def test_workers_are_gone_after_close() -> None:
    workers = Workers(2)
    processes = {future.result(SOON) for future in [workers.submit(pid) for _ in range(20)]}
    workers.close()
    assert until(lambda: not any(map(alive, processes)))
    workers.close()  # once more is nothing


def test_closing_waits_for_what_is_under_way(tmp_path: Path) -> None:
    workers = Workers(1)
    future = workers.submit(wait, str(tmp_path / "began"), 0.3)
    workers.close()
    assert future.result(0) > 0


def test_closing_at_once_waits_for_nothing(tmp_path: Path) -> None:
    workers = Workers(1)
    workers.submit(wait, str(tmp_path / "began"), 600)
    assert until((tmp_path / "began").exists)
    start = time.monotonic()
    workers.close(wait_for=False)
    assert time.monotonic() - start < SOON
    assert not alive(int((tmp_path / "began").read_text()))


def test_a_pool_that_was_never_used_has_no_processes() -> None:
    before = psutil.Process().children()
    workers = Workers(2)
    workers.close()
    assert psutil.Process().children() == before


PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from archive.workers import Workers
from tests.test_workers import pid, wait

if __name__ == "__main__":
    workers = Workers(2)
    print(workers.submit(pid).result(), flush=True)
    other = workers.submit(wait, sys.argv[2], float(sys.argv[3]))
    try:
        open(sys.argv[2] + ".awaited", "w").close()
        print(other.result(), flush=True)
        workers.close()
    except KeyboardInterrupt:
        workers.close()  # after what is under way
        print("whole", other.result(0), flush=True)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Callable[[float], subprocess.Popen[str]]]:
    """Starts a process with workers, whose task takes so many seconds; returns when it has begun and is waited for."""
    started: list[subprocess.Popen[str]] = []
    script = tmp_path / "parent.py"
    script.write_text(PARENT)

    def start(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, script, Path(__file__).parent.parent, tmp_path / "began", str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        assert until((tmp_path / "began").exists)
        assert until((tmp_path / "began.awaited").exists)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_workers_end_with_a_parent_that_is_killed(parent: Callable[[float], subprocess.Popen[str]]) -> None:
    process = parent(600)
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(children) >= 2
    process.kill()
    process.wait()
    assert until(lambda: not any(map(alive, children)))


def test_ctrl_c_is_left_to_the_parent(parent: Callable[[float], subprocess.Popen[str]]) -> None:
    process = parent(2)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=SOON)
    assert "whole" in out, "the page under way was lost"
    assert process.returncode == 0


def test_what_each_worker_imports_again_is_light_and_heeds_ctrl_c() -> None:
    light = "import sys, crawler.__main__ as entry; assert not {'click', 'lxml', 'archive'} & set(sys.modules)\n"
    early = (
        "class Stopped:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'crawler.cli':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stopped())\n"
        "entry.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", light + early], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")

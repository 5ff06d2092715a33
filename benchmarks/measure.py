"""Runs a program and measures its whole process tree."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

# seconds between two looks at the processes, and of these looks each how many looks at the memory too: that costs
# 2 ms a process, on the cores that are being measured
SAMPLE, MEMORY = 0.1, 10
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Measured:
    """``wall`` and ``cpu`` in seconds, ``cpu`` of the program and all it started; ``peak`` in bytes of
    memory that the tree held at once, shared pages counted once (PSS).

    The processor time of what the program started is looked at every SAMPLE seconds (workers that are forked from a
    server are nobody's children to be waited for), so up to so much of each process is missed.
    """

    wall: float
    cpu: float
    peak: int
    code: int


def measure(arguments: list[str]) -> Measured:
    """Run a program to its end."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments])
    peak, others = [0], {}
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, others, done))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for here
    wall = time.perf_counter() - started
    done.set()
    watcher.join()
    return Measured(wall, usage.ru_utime + usage.ru_stime + sum(others.values()), peak[0], process.returncode)


def _watch(pid: int, peak: list[int], others: dict[int, float], done: threading.Event) -> None:
    looks = 0
    while not done.wait(SAMPLE):
        try:
            root = psutil.Process(pid)
            children = root.children(recursive=True)
            for child in children:
                times = child.cpu_times()
                others[child.pid] = times.user + times.system
            looks += 1
            if looks % MEMORY == 0:
                peak[0] = max(peak[0], sum(p.memory_full_info().pss for p in (root, *children)))
        except psutil.Error:  # one of them ended in between
            continue

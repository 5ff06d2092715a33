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

# seconds between two looks at the memory
SAMPLE = 0.1
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Measured:
    """``wall`` and ``cpu`` in seconds, ``cpu`` of the program and all it started; ``peak`` in bytes of memory that the
    tree held at once, shared pages counted once (PSS)."""

    wall: float
    cpu: float
    peak: int
    code: int


def measure(arguments: list[str]) -> Measured:
    """Run a program to its end."""
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments])
    peak = [0]
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, done))
    watcher.start()
    code = process.wait()
    wall = time.perf_counter() - started
    done.set()
    watcher.join()
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Measured(wall, cpu, peak[0], code)


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(SAMPLE):
        total = 0
        try:
            root = psutil.Process(pid)
            for process in [root, *root.children(recursive=True)]:
                total += process.memory_full_info().pss
        except psutil.Error:  # it ended in between
            continue
        peak[0] = max(peak[0], total)

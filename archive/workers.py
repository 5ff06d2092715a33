"""Runs the reading of pages in processes of its own: a page that hangs, takes too much or dies costs only itself.

Knows nothing of what is read. A cluster engine can stand behind the same interface.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")

# a page takes 20 ms and a bad one a second; what takes longer hangs, in seconds
TIMEOUT = 30.0
# a process is there within this time, in seconds; it takes 0.1, and a second where the machine is busy
STARTING = 10.0
# bytes of memory that a page may take: one of 1 MB takes 33 MB and one of 10 MB 350, and there is a worker a core
MEMORY = 1 << 30
# thresholds of the collector: parsed pages are trees of cycles' look and not of their kind, and looking for cycles as
# often as Python does by default costs a quarter of the time a page takes, and a thirtieth of that of keeping it
UNCOLLECTED = 100_000, 20, 20


class Workers:
    """A pool of processes, started with the first task.

    Raises (from a future's result):
        TimeoutError: the task took longer than its time and its process was ended.
        MemoryError: it took more memory than it may.
        pebble.ProcessExpired: the process died.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1
        self._pool: ProcessPool | None = None

    def submit(self, function: Callable[..., T], *args: Any, timeout: float = TIMEOUT) -> Future[T]:
        """Run ``function(*args)`` in one of the processes; both must be picklable."""
        if self._pool is not None and not self._pool.active:  # a process that died idle ends pebble's whole pool
            self.close(wait_for=False)
        if self._pool is None:
            context = _context()
            self._started = context.Semaphore(0)
            self._pool = ProcessPool(
                max_workers=self.count, initializer=_begin, initargs=(self._started,), context=context
            )
        future: Future[T] = self._pool.schedule(function, args=args, timeout=timeout)
        return future

    def close(self, wait_for: bool = True) -> None:
        """End the processes, after what is under way, or at once."""
        if self._pool is None:
            return
        for _ in range(self.count):  # one that finds the pool's locks gone while it starts would say so on stderr
            self._started.acquire(timeout=STARTING)
        if wait_for:
            self._pool.close()  # type: ignore[no-untyped-call]
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._pool = None


def settled(future: Future[T]) -> tuple[T | None, str | None]:
    """A finished task's result, or one line that says why there is none (a page can make its reader fail)."""
    try:
        return future.result(), None
    except TimeoutError:
        return None, f"reading it took longer than {TIMEOUT:.0f} s"
    except ProcessExpired:
        return None, "reading it ended its process"
    except MemoryError:
        return None, f"reading it took more than {MEMORY >> 20} MB of memory"
    except Exception as error:  # noqa: BLE001  whatever it is, it was raised in another process, over one page
        return None, f"{type(error).__name__}: {str(error)[:200]}"


def _context() -> ForkServerContext:
    # threads and fork do not go together: the workers are forked from a process that has none
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archive.preload"])
    return context


def prepare() -> None:
    """Start the process that workers are forked from, so that it warms up while the caller does other things."""
    _context()
    forkserver.ensure_running()


def _begin(started: Semaphore) -> None:
    """In each process: leave Ctrl-C to the parent, and end with it, however it ended."""
    started.release()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.set_threshold(*UNCOLLECTED)
    bound_memory()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True, name="parent watch").start()


def bound_memory() -> None:
    """Refuse this process more than :data:`MEMORY` besides what it has: an allocation fails then.

    Address space is what Linux bounds; lxml says that there is no more as Python does, and a library that does not
    ends its process.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:  # not Linux: what is taken cannot be told, and what is bounded is another thing
        return
    bound = pages * resource.getpagesize() + MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)

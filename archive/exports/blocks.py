"""Lines of an export in blocks, worked out in one thread and written by another. Owns how much is held in memory.

SQLite makes the JSON and compression takes the bytes, both in C without Python's lock: two threads keep two cores
busy, and no second process need see the same moment of the archive.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

from archive.exports.chosen import Chosen
from archive.models import Progress

# bytes of a block; where a block ends is decided by the lines alone, so that the same lines give the same bytes
BLOCK = 1 << 20
# blocks that wait to be written
_WAITING = 2


def blocks(chosen: Chosen, lines: Iterable[bytes], progress: Progress, size: int = BLOCK) -> Iterator[bytes]:
    """Lines, one for each article that is chosen, in blocks of at least ``size`` bytes, the last one of the rest."""
    held: list[bytes] = []
    length = done = 0
    total = len(chosen.ids)
    for line in lines:
        held.append(line)
        length += len(line) + 1
        if length >= size:
            done += len(held)
            held.append(b"")
            yield b"\n".join(held)
            held, length = [], 0
            progress("articles", total, total - done)
    if held:
        held.append(b"")
        yield b"\n".join(held)
    progress("articles", total, 0)


@contextmanager
def beside(write: Callable[[bytes], object]) -> Iterator[Callable[[bytes], None]]:
    """A function that hands blocks to ``write``, which is called in another thread, one after the other.

    All of them are written in the end; what ``write`` raises is raised by the next call, or at the end.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[object]] = deque()

        def put(block: bytes) -> None:
            waiting.append(thread.submit(write, block))
            while len(waiting) > _WAITING:
                waiting.popleft().result()

        try:
            yield put
            while waiting:
                waiting.popleft().result()
        finally:
            thread.shutdown(cancel_futures=True)


class Sink(io.RawIOBase):
    """A file for libraries that close what they write to; it stays open (a pipe is somebody else's)."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def writable(self) -> bool:
        """That is what it is for."""
        return True

    def write(self, data: Any) -> int:
        """Hand all of it on."""
        self._out.write(data)
        return memoryview(data).nbytes

"""How the processor time of some work grows with its size."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long ``work`` takes at twice a size: 2 where it grows with it, 4 where with its square.

    The least of three runs each: what else the machine does can only add to one.
    """
    return _least(work, 2 * size) / _least(work, size)


def _least(work: Callable[[int], object], size: int) -> float:
    spent = []
    for _ in range(3):
        began = time.process_time()
        work(size)
        spent.append(time.process_time() - began)
    return min(spent)

"""How the processor time of some work grows with its size."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

ROUNDS = 5


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long ``work`` takes at twice a size: 2 where it grows with it, 4 where with its square.

    Of both sizes in turns the least of some runs: what else the machine does can only add to one. Without the
    collector, which looks through all that other tests left, and more often for the larger work.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        rounds = [(_spent(work, size), _spent(work, 2 * size)) for _ in range(ROUNDS)]
    finally:
        if collecting:
            gc.enable()
    return min(large for _, large in rounds) / min(small for small, _ in rounds)


def _spent(work: Callable[[int], object], size: int) -> float:
    began = time.process_time()
    work(size)
    return time.process_time() - began

"""How the work on a text grows with its length, for tests that hostile input costs linear time."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["growth"]

_FLOOR = 0.004
"""Seconds below which the clock and the garbage collector say more than the work."""


def growth(work: Callable[[int], object], small: int, large: int) -> float:
    """Return how many times longer ``work(large)`` takes than ``work(small)``: processor time, best of two runs each."""

    def seconds(size: int) -> float:
        best = float("inf")
        for _ in range(2):
            begin = time.process_time()
            work(size)
            best = min(best, time.process_time() - begin)
        return best

    work(small)
    return seconds(large) / max(seconds(small), _FLOOR)

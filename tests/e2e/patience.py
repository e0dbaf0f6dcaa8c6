"""Waiting: for an event and with a deadline, never for time to pass. POLLUX_SLOW stretches the deadlines."""

from __future__ import annotations

import os
import threading
import time
from typing import Callable

SLOW = float(os.environ.get("POLLUX_SLOW", "1"))


def seconds(count: float) -> float:
    """A deadline for the build under test."""
    return count * SLOW


HANG = seconds(30)  # An event that has not come after so many seconds never will, however busy the machine is.
_INTERVAL = 0.01  # Seconds between two looks at a state whose changes nobody announces.


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Looks until `condition` holds; fails with `what` if it never does."""
    deadline = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < deadline, f"not within {HANG:g} s: {what}"
        time.sleep(_INTERVAL)


def in_parallel(count: int, work: Callable[[int], object]) -> list:
    """Runs work(0) to work(count - 1), each on a thread of its own, and returns what they returned.

    The first exception of any of them is raised here, after all have ended.
    """
    results: list = [None] * count
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            results[index] = work(index)
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results

"""Waiting: with a deadline, never for time to pass. POLLUX_SLOW stretches the deadlines."""

from __future__ import annotations

import os
import threading
import time
from typing import Callable

SLOW = float(os.environ.get("POLLUX_SLOW", "1"))


def seconds(count: float) -> float:
    """A deadline for the build under test."""
    return count * SLOW


def pause(count: float) -> None:
    """Paces a deliberately slow peer, or spaces out looks at a state. Never used to wait for the server."""
    threading.Event().wait(count)


def wait_until(condition: Callable[[], object], what: str, patience: float = 5) -> None:
    """Looks until `condition` holds; fails with `what` when it still does not after `patience`."""
    deadline = time.monotonic() + seconds(patience)
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds(patience):g} s: {what}"
        pause(0.01)


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

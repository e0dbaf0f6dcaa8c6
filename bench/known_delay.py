"""The server with known delays (known_delay.cpp) as a process, and what it says it has done."""

import math
import re
import signal
import statistics
import subprocess
from pathlib import Path
from typing import NamedTuple

from bench import generators
from bench.process import REPOSITORY

BINARY = REPOSITORY / "build/release/bench/bench_known_delay"
PLACES = 64


class Given(NamedTuple):
    came: float  # seconds of the steady clock
    delay: float  # seconds it was to have
    took: float  # from when it came until its response was sent


class Server:
    """A context manager."""

    def __init__(self, folder: Path, places: int = PLACES, binary: Path = BINARY):
        self.places = places
        self._log = folder / "given"
        self._process = subprocess.Popen([binary, "0", str(places), self._log], stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline() + self._process.stdout.readline()
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\ncapacity ([\d.]+)/s\n", said)
        if match is None:
            self._process.kill()
            raise RuntimeError(f"bench_known_delay said {said!r}")
        self.url = match[1] + "/"
        self.capacity = float(match[2])  # requests a second

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> list[Given]:
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(timeout=30) != 0:
            raise RuntimeError("bench_known_delay failed")
        return [Given(*(int(word) / 1e9 for word in line.split())) for line in self._log.read_text().splitlines()]


def truth(given: list[Given], unmeasured: float = 0) -> dict[float, float]:
    """Percentiles of what it gave, but for the first seconds."""
    begin = min((one.came for one in given), default=0) + unmeasured
    return generators.percentiles_of(sorted(one.took for one in given if one.came >= begin))


def delays() -> dict[float, float]:
    """Percentiles of the distribution."""
    normal = statistics.NormalDist()
    return {percent: min(0.2, max(0.001, 0.02 * math.exp(0.7 * normal.inv_cdf(percent / 100)))) for percent in generators.PERCENTS}

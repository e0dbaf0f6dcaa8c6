"""Runs of castor, our load generator, for what wrk does not do: handshakes one can count, and a fixed rate.

wrk's connections may or may not resume the TLS session before, depending on how that one was closed; and its
clients wait for one another.
"""

import json
import subprocess
from dataclasses import dataclass

from bench.process import REPOSITORY

CASTOR = REPOSITORY / "build/release/castor/castor"
AUTHORITY = REPOSITORY / "build/dev-cert/authority.pem"


@dataclass(frozen=True)
class Report:
    requests: int
    seconds: float
    p99: float  # seconds
    errors: dict[str, int]

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0


class Run:
    """A castor at work. A context manager: what is not over by its end is stopped."""

    def __init__(self, seconds: float, *options: str):
        self._seconds = seconds
        # --cacert although nothing is verified: reading all the system's authorities would take its time.
        command = [CASTOR, f"-t{seconds:g}s", "--insecure", "--cacert", AUTHORITY, "--quiet", "--json", "-", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.wait()

    def report(self) -> Report:
        """Waits until it is over."""
        try:
            out, errors = self._process.communicate(timeout=self._seconds + 60)
        except BaseException:
            self._process.kill()
            raise
        if not out:
            raise RuntimeError(f"castor failed: {errors.strip()}")
        said = json.loads(out)
        return Report(said["succeeded"], said["seconds"], said["latency_us"]["p99"] / 1e6, said["errors"])


def handshakes(url: str, seconds: float, resume: bool, rate: int = 0) -> Run:
    """A new connection for each request, 100 at a time; as many as there can be, or `rate` a second."""
    options = [*(["--resume"] if resume else []), *(["--rate", str(rate)] if rate else [])]
    return Run(seconds, "-j2", "-c100", *options, url)


def trickle(url: str, seconds: float) -> Run:
    """1,000 requests a second on 20 connections that are kept; latency counts from when each was due."""
    return Run(seconds, "-j1", "-c20", "-k", "--rate", "1000", url)

"""One run of h2load, nghttp2's load generator for HTTP/2, and its report as numbers.

Every connection keeps a number of requests under way: each answer is followed by the next request. It is told how many
there are in all: its other mode, so many seconds, may hang where connecting takes longer than that.
"""

import re
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    requests: int  # answered with 2xx
    seconds: float
    octets: int  # of bodies
    errors: dict[str, int]  # only those above 0

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0


# The end of what h2load prints.
SECONDS = re.compile(r"^finished in ([\d.]+)(us|ms|s),", re.MULTILINE)
REQUESTS = re.compile(r"^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$", re.MULTILINE)
STATUSES = re.compile(r"^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$", re.MULTILINE)
OCTETS = re.compile(r"^traffic: .*\((\d+)\) data$", re.MULTILINE)


def parse_report(text: str) -> Report:
    found = [pattern.search(text) for pattern in (SECONDS, REQUESTS, STATUSES, OCTETS)]
    if None in found:
        raise RuntimeError(f"h2load gave no report:\n{text}")
    seconds, requests, statuses, octets = found
    failures = zip(("failed", "errored", "timeout"), map(int, requests.groups()[1:]))
    others = zip(("status 3xx", "status 4xx", "status 5xx"), map(int, statuses.groups()[1:]))
    errors = {what: count for what, count in [*failures, *others] if count}
    scale = {"us": 1e-6, "ms": 1e-3, "s": 1}[seconds[2]]
    return Report(int(requests[1]), float(seconds[1]) * scale, int(octets[1]), errors)


def run(urls: list[str], connections: int, streams: int, requests: int) -> Report:
    """The URLs, of one server, are asked for in turn."""
    command = ["h2load", "-t2", f"-c{connections}", f"-m{streams}", f"-n{requests}", *urls]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"h2load failed: {(done.stderr or done.stdout).strip()}")
    return parse_report(done.stdout)

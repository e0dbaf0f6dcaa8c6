"""One run of wrk, the load generator, and its report as numbers.

wrk speaks HTTP/1.1 with keep-alive: every connection sends a request, waits for the
whole response, sends the next.
"""

import re
import subprocess
from dataclasses import dataclass

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Load:
    connections: int = 100
    seconds: int = 3
    threads: int = 2
    timeout: int = 10  # seconds until an unanswered request counts as an error


@dataclass(frozen=True)
class Report:
    requests: int
    requests_per_second: float
    p50: float  # seconds
    p99: float  # seconds
    errors: int  # socket errors, time-outs, and statuses other than 2xx and 3xx


def parse_time(text: str) -> float:
    """wrk's '83.00us', '1.20ms', '2.00s' or '1.01m', in seconds."""
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m|h)", text)
    if match is None:
        raise ValueError(f"not a time of wrk's: {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def parse_report(text: str) -> Report:
    """wrk --latency's report. Lines about errors are there only when there were any."""

    def one(pattern: str) -> str:
        match = re.search(pattern, text, re.MULTILINE)
        if match is None:
            raise ValueError(f"wrk's report has no {pattern!r}:\n{text}")
        return match[1]

    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    bad_statuses = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = [*(socket_errors.groups() if socket_errors else ()), *(bad_statuses.groups() if bad_statuses else ())]
    return Report(
        requests=int(one(r"^\s*(\d+) requests in ")),
        requests_per_second=float(one(r"^Requests/sec:\s+([\d.]+)")),
        p50=parse_time(one(r"^\s*50%\s+(\S+)")),
        p99=parse_time(one(r"^\s*99%\s+(\S+)")),
        errors=sum(int(error) for error in errors),
    )


def run(url: str, load: Load) -> Report:
    command = [
        "wrk", "--latency",
        "--threads", str(min(load.threads, load.connections)),
        "--connections", str(load.connections),
        "--duration", f"{load.seconds}s",
        "--timeout", f"{load.timeout}s",
        url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=load.seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return parse_report(done.stdout)

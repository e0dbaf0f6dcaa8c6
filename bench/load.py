"""One run of wrk, the load generator, and its report as numbers.

wrk speaks HTTP/1.1: every connection sends a request, waits for the whole response, sends the
next. Clients that wait ask less of a slow server, so wrk counts an answer that took
several times the mean as several late ones ("coordinated omission"); its percentiles are after that.
"""

import json
import math
import re
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Load:
    connections: int = 100
    seconds: float = 2
    threads: int = 2
    pipeline: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    walk: tuple[int, int] = (0, 0)  # folders, and files in each; see wrk.lua
    timeout: int = 10  # seconds until an unanswered request counts as an error


@dataclass(frozen=True)
class Report:
    requests: int
    octets: int  # received, heads and bodies
    seconds: float
    p50: float  # seconds, as the other percentiles
    p99: float
    p999: float
    errors: dict[str, int]  # of the sockets, time-outs, and statuses other than 2xx and 3xx; only those above 0

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0


def parse_report(text: str) -> Report:
    match = re.search(r"^JSON (\{.*\})$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"wrk gave no report:\n{text}")
    found = json.loads(match[1])
    kinds = ("connect", "read", "write", "timeout", "status")
    return Report(
        requests=found["requests"],
        octets=found["octets"],
        seconds=found["microseconds"] / 1e6,
        **{name: found[name] / 1e6 for name in ("p50", "p99", "p999")},
        errors={f"{kind} errors": found[kind] for kind in kinds if found[kind]},
    )


def run(url: str, load: Load) -> Report:
    command = [
        "wrk",
        "--script", str(SCRIPT),
        "--threads", str(min(load.threads, load.connections)),
        "--connections", str(load.connections),
        "--duration", f"{math.ceil(load.seconds)}s",
        "--timeout", f"{load.timeout}s",
        *(part for name, value in load.headers.items() for part in ("--header", f"{name}: {value}")),
        url, "--", str(load.pipeline), *map(str, load.walk),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as wrk:
        said = wrk.stderr.readline()  # "ready", see wrk.lua
        # wrk counts in whole seconds; an interrupt ends it earlier, with its report.
        early = threading.Timer(load.seconds, wrk.send_signal, [signal.SIGINT])
        if load.seconds != math.ceil(load.seconds):
            early.start()
        try:
            out, errors = wrk.communicate(timeout=load.seconds + 60)
        except BaseException:
            wrk.kill()
            raise
        finally:
            early.cancel()
    if wrk.returncode != 0:
        raise RuntimeError(f"wrk failed: {(said + errors).strip() or out.strip()}")
    return parse_report(out)

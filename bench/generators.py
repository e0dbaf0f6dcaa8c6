"""Load generators, castor and others: the same load by each, and what it says of it in the same words.

Two kinds of runs: a flood asks as fast as it can, on so many connections, and what counts is how many requests it
gets and its own processor time for each. A paced run has a given rate, or for those who know none so many connections
in the closed loop, and what counts is whether its percentiles are true.

Processor time is the kernel's account of the ended process (getrusage(2)).
"""

import json
import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import servers
from bench.process import REPOSITORY

CASTOR = REPOSITORY / "build/release/castor/castor"
THREADS = 2  # of a flood
PACED_THREADS = 1  # So that on two cores the server has one.
PERCENTS = (50, 90, 99, 99.9)


@dataclass(frozen=True)
class Report:
    requests: int
    seconds: float
    processor: float = 0  # seconds of the generator's own
    percentiles: dict[float, float] = field(default_factory=dict)  # seconds
    unreported: int = 0  # further requests, of a trial before

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of processor time for each request."""
        return self.processor / self.requests * 1e6


class GeneratorError(Exception):
    """It is not installed, or has not done what it was told."""


def run(command: list) -> tuple[str, float]:
    """What it printed, and its processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        raise GeneratorError("not installed") from None
    if done.returncode != 0:
        raise GeneratorError(f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def found(pattern: str, text: str) -> re.Match:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise GeneratorError(f"no report:\n{text[-300:]}")
    return match


def percentiles_of(sorted_values: list[float]) -> dict[float, float]:
    """The value that so many per cent are not above, as castor defines it."""
    count = len(sorted_values)
    if not count:
        raise GeneratorError("nothing was measured")
    return {percent: sorted_values[min(count - 1, max(0, -int(-percent * count // 100) - 1))] for percent in PERCENTS}


class Generator:
    name = ""
    program = ""
    protocols: tuple[str, ...] = ("http", "https", "h2")  # of a flood; h2: HTTP/2 over TLS
    knows_rates = True
    unmeasured = 0.0  # seconds at the begin of a paced run that are not in its percentiles

    def __init__(self, program: str = ""):
        self.command = program or shutil.which(self.program) or self.program

    def flood(self, url: str, protocol: str, connections: int, seconds: float, streams: int) -> Report:
        raise NotImplementedError

    def paced(self, url: str, connections: int, seconds: float, rate: float) -> Report:
        raise NotImplementedError


class Castor(Generator):
    name = program = "castor"
    # --cacert although nothing is verified, as others do not: reading all the system's authorities takes its time.
    OPTIONS = ["-k", "--insecure", "--cacert", servers.IDENTITY / "authority.pem", "--quiet", "--max-errors", "0", "--json", "-"]

    def __init__(self, program: str = ""):
        super().__init__(program or str(CASTOR))

    def ask(self, *options) -> Report:
        out, processor = run([self.command, *self.OPTIONS, *options])
        said = json.loads(out)
        latency = said["latency_us"]
        percentiles = {percent: latency[f"p{percent}".replace(".", "")] / 1e6 for percent in PERCENTS}
        return Report(said["requests"], said["seconds"], processor, percentiles)

    def flood(self, url, protocol, connections, seconds, streams):
        http2 = ["--http2", f"-m{streams}"] if protocol == "h2" else []
        return self.ask(f"-j{THREADS}", *http2, f"-c{connections}", f"-t{seconds:g}", url)

    def paced(self, url, connections, seconds, rate):
        return self.ask(f"-j{PACED_THREADS}", f"-c{connections}", f"-t{seconds:g}", "--rate", f"{rate:.3f}", url)


class Wrk(Generator):
    name = program = "wrk"
    protocols = ("http", "https")
    knows_rates = False

    def _run(self, url, connections, seconds, threads):
        script = Path(__file__).with_name("wrk.lua")
        out, processor = run([self.command, "-s", script, f"-t{threads}", f"-c{connections}", f"-d{seconds:.0f}", url, "--", "1", "0", "0"])
        said = json.loads(found(r"^JSON (\{.*\})$", out)[1])
        if wrong := {kind: said[kind] for kind in ("connect", "read", "write", "timeout", "status") if said[kind]}:
            raise GeneratorError(f"errors: {wrong}")
        percentiles = {percent: said[f"p{percent}".replace(".", "")] / 1e6 for percent in PERCENTS}
        return Report(said["requests"], said["microseconds"] / 1e6, processor, percentiles)

    def flood(self, url, protocol, connections, seconds, streams):
        return self._run(url, connections, seconds, THREADS)

    def paced(self, url, connections, seconds, rate):
        return self._run(url, connections, seconds, PACED_THREADS)


class Wrk2(Generator):
    """Its program is called wrk, too, and no package has it: it is used where its path is given."""

    name = program = "wrk2"
    protocols = ()
    unmeasured = 10.0

    def paced(self, url, connections, seconds, rate):
        whole = round(seconds + self.unmeasured)
        out, processor = run([self.command, f"-t{PACED_THREADS}", f"-c{connections}", f"-d{whole}", f"-R{rate:.0f}", "--latency", url])
        scale = {"us": 1e-6, "ms": 1e-3, "s": 1}
        lines = {percent: found(rf"^ *{percent:.3f}% +([\d.]+)(us|ms|s)$", out) for percent in PERCENTS}
        percentiles = {percent: float(line[1]) * scale[line[2]] for percent, line in lines.items()}
        took = found(r"(\d+) requests in ([\d.]+)s", out)
        return Report(int(took[1]), float(took[2]), processor, percentiles)


class H2load(Generator):
    """It is told a number of requests: its other mode, so many seconds, may hang while it connects."""

    name = program = "h2load"
    TRIAL = 20_000

    def _run(self, url, requests, *options):
        out, processor = run([self.command, f"-n{requests}", *options, url])
        took = found(r"^finished in ([\d.]+)(us|ms|s),", out)
        seconds = float(took[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[took[2]]
        succeeded = int(found(r"^requests: .* (\d+) succeeded,", out)[1])
        if succeeded != requests:
            raise GeneratorError(f"{requests - succeeded} failed")
        return Report(requests, seconds, processor)

    def flood(self, url, protocol, connections, seconds, streams):
        options = [f"-t{THREADS}", f"-c{connections}", *([f"-m{streams}"] if protocol == "h2" else ["--h1"])]
        trial = self._run(url, self.TRIAL, *options)
        report = self._run(url, max(connections, int(trial.rate * seconds)), *options)
        return replace(report, unreported=self.TRIAL)

    def paced(self, url, connections, seconds, rate):
        with tempfile.NamedTemporaryFile("r") as log:
            options = ["--h1", f"-c{connections}", f"--rps={rate / connections:.6f}", f"--log-file={log.name}"]
            report = self._run(url, int(rate * seconds), *options)
            took = sorted(int(line.split()[2]) / 1e6 for line in log)
        return Report(report.requests, report.seconds, report.processor, percentiles_of(took))


class Hey(Generator):
    name = program = "hey"

    def flood(self, url, protocol, connections, seconds, streams):
        # For it a worker is a request at a time; with HTTP/2 all of them share one connection.
        workers = connections * streams if protocol == "h2" else connections
        http2 = ["-h2"] if protocol == "h2" else []
        out, processor = run([self.command, *http2, "-c", str(workers), "-z", f"{seconds:g}s", url])
        seconds = float(found(r"Total:\s+([\d.]+) secs", out)[1])
        rate = float(found(r"Requests/sec:\s+([\d.]+)", out)[1])
        return Report(round(rate * seconds), seconds, processor)

    def paced(self, url, connections, seconds, rate):
        options = ["-c", str(connections), "-q", f"{rate / connections:.6f}", "-z", f"{seconds:g}s", "-o", "csv"]
        out, processor = run([self.command, *options, url])
        took = sorted(float(line.split(",")[0]) for line in out.splitlines()[1:] if "," in line)
        return Report(len(took), seconds, processor, percentiles_of(took))


class Autocannon(Generator):
    """Of npm."""

    name = program = "autocannon"
    protocols = ("http", "https")

    def _run(self, url, connections, seconds, *options):
        out, processor = run([self.command, "-j", "-n", f"-c{connections}", f"-d{seconds:.0f}", *options, url])
        said = json.loads(out)
        if wrong := {kind: said[kind] for kind in ("errors", "timeouts", "non2xx") if said[kind]}:
            raise GeneratorError(f"errors: {wrong}")
        latency = said["latency"]
        percentiles = {percent: latency[f"p{percent}".replace(".", "_")] / 1e3 for percent in PERCENTS}
        return Report(said["requests"]["total"], said["duration"], processor, percentiles)

    def flood(self, url, protocol, connections, seconds, streams):
        return self._run(url, connections, seconds, f"-w{THREADS}")

    def paced(self, url, connections, seconds, rate):
        return self._run(url, connections, seconds, f"-R{rate:.0f}")


ALL: dict[str, type[Generator]] = {kind.name: kind for kind in (Castor, Wrk, Wrk2, H2load, Hey, Autocannon)}


def chosen(names: str) -> list[Generator]:
    """castor,wrk,wrk2=/path/to/wrk: by name, or with the path of the program."""
    parts = [name.partition("=") for name in names.split(",")]
    if unknown := [name for name, _, _ in parts if name not in ALL]:
        raise SystemExit(f"no such load generator: {', '.join(unknown)}")
    return [ALL[name](program) for name, _, program in parts]

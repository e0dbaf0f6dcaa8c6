"""Interleaved rounds: every server takes its turn in every round.

What else the machine does, and how warm it is, changes from minute to minute. Servers
that take turns suffer alike, so ratios within one run mean something where absolute
figures of two runs do not. The order is turned round every time, so that none is always
the one that comes after the other's garbage.
"""

import statistics
from dataclasses import asdict, dataclass, field

from bench import load, measure
from bench.servers import Server


@dataclass(frozen=True)
class Sample:
    """One server in one round."""

    requests_per_second: float
    cpu_per_request: float  # seconds; all processes of the server
    p50: float  # seconds
    p99: float  # seconds
    requests: int
    errors: int


@dataclass
class Result:
    """One server over all rounds."""

    name: str
    version: str
    samples: list[Sample] = field(default_factory=list)

    def median(self, figure: str) -> float:
        return statistics.median(getattr(sample, figure) for sample in self.samples)

    @property
    def errors(self) -> int:
        return sum(sample.errors for sample in self.samples)

    def as_dict(self) -> dict:
        figures = ("requests_per_second", "cpu_per_request", "p50", "p99")
        return {
            "name": self.name,
            "version": self.version,
            "median": {figure: self.median(figure) for figure in figures},
            "errors": self.errors,
            "rounds": [asdict(sample) for sample in self.samples],
        }


def sample(server: Server, wanted: load.Load) -> Sample:
    before = measure.cpu_seconds(server.pid)
    report = load.run(server.url, wanted)
    spent = measure.cpu_seconds(server.pid) - before
    return Sample(
        requests_per_second=report.requests_per_second,
        cpu_per_request=spent / max(report.requests, 1),
        p50=report.p50,
        p99=report.p99,
        requests=report.requests,
        errors=report.errors + (report.requests == 0),
    )


def run(servers: list[Server], wanted: load.Load, rounds: int, on_round=lambda number: None) -> list[Result]:
    results = [Result(server.name, server.version()) for server in servers]
    turns = list(zip(servers, results))
    for number in range(rounds):
        on_round(number)
        for server, result in turns:
            result.samples.append(sample(server, wanted))
        turns.reverse()
    return results


def ratios(result: Result, baseline: Result, figure: str) -> tuple[float, float, float]:
    """Ratio of the medians, and the smallest and largest ratio within one round.

    A figure of zero (a round too short for the clock) gives nan.
    """

    def ratio(a: float, b: float) -> float:
        return a / b if b else float("nan")

    pairs = [
        ratio(getattr(a, figure), getattr(b, figure)) for a, b in zip(result.samples, baseline.samples)
    ]
    return ratio(result.median(figure), baseline.median(figure)), min(pairs), max(pairs)

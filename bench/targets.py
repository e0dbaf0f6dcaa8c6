"""What Pollux wants to reach beside the others in one run, and what must not cost more than what."""

from dataclasses import dataclass
from typing import Iterator

from bench.figures import FIGURES
from bench.results import Results, divide

PROACTOR, REACTOR, MULTI_REACTOR = "pollux-proactor", "pollux-reactor", "pollux-multi-reactor"
IO_URING = "pollux-io-uring"
ABSOLUTE = ""  # instead of a server to be compared with

# Small pages over connections that stay, few or many: what a ring is best at.
RING_RATE = {IO_URING: (1.35, "nginx")}
RING_COST = {IO_URING: (0.55, "nginx")}

AS_NGINX = {model: (1, "nginx") for model in (PROACTOR, REACTOR, MULTI_REACTOR)}

# Workload, figure, side; then the bound for each model, and beside whom.
TARGETS = (
    ("586", "requests_per_second", "at least", {PROACTOR: (1.25, "nginx"), MULTI_REACTOR: (1.3, "nginx"), **RING_RATE}),
    ("586", "cpu_per_request", "at most", {PROACTOR: (0.80, "nginx"), MULTI_REACTOR: (0.68, "nginx"), **RING_COST}),
    ("586", "cpu_per_request", "at most", {IO_URING: (0.9, MULTI_REACTOR)}),
    ("586", "p99", "at most", {PROACTOR: (1, "nginx"), MULTI_REACTOR: (1, "h2o")}),
    *((many, "requests_per_second", "at least", RING_RATE) for many in ("1000", "10000", "crowd")),
    *((many, "cpu_per_request", "at most", RING_COST) for many in ("1000", "10000", "crowd")),
    ("100k", "cpu_per_request", "at most",
     {PROACTOR: (0.62, "nginx"), MULTI_REACTOR: (0.60, "nginx"), IO_URING: (0.80, "nginx")}),
    ("100k-sendfile", "cpu_per_request", "at most", AS_NGINX),
    ("1m-sendfile", "cpu_per_request", "at most", AS_NGINX),
    ("100k-immutable", "cpu_per_request", "at most", AS_NGINX),
    ("1m-immutable", "cpu_per_request", "at most", AS_NGINX),
    ("close", "requests_per_second", "at least",
     {PROACTOR: (1.4, "nginx"), MULTI_REACTOR: (1.5, "nginx"), IO_URING: (1.2, "nginx")}),
    ("https-586", "cpu_per_request", "at most",
     {PROACTOR: (0.80, "nginx"), MULTI_REACTOR: (0.70, "nginx"), IO_URING: (0.75, "nginx")}),
    ("https-100k", "cpu_per_request", "at most", {PROACTOR: (0.85, "nginx"), MULTI_REACTOR: (0.78, "nginx")}),
    ("handshake", "requests_per_second", "at least", {PROACTOR: (1, "nginx"), MULTI_REACTOR: (1, "nginx")}),
    ("resumed", "requests_per_second", "at least", {PROACTOR: (1, "nginx"), MULTI_REACTOR: (1, "nginx")}),
    ("h2-586", "requests_per_second", "at least", {MULTI_REACTOR: (1, "h2o")}),
    ("h2-586", "cpu_per_request", "at most", {PROACTOR: (1.2, "h2o"), MULTI_REACTOR: (1, "h2o")}),
    ("h2-100k", "requests_per_second", "at least", {MULTI_REACTOR: (1, "h2o")}),
    ("h2-100k", "cpu_per_request", "at most", {PROACTOR: (1.2, "h2o"), MULTI_REACTOR: (1, "h2o")}),
    ("h2-idle", "memory_per_connection", "at most", {PROACTOR: (1, "nginx"), MULTI_REACTOR: (1, "nginx")}),
    ("idle", "memory_per_connection", "at most",
     {PROACTOR: (500, ABSOLUTE), MULTI_REACTOR: (500, ABSOLUTE), IO_URING: (500, ABSOLUTE)}),
)

# CPU time per request: of the first workload, at most so many times that of the second, in every model.
FLAT = (("crowd", "586", 1.05), ("files-100000", "files-1", 1.05))


@dataclass(frozen=True)
class Check:
    what: str
    value: float
    side: str
    bound: float

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.side == "at least" else self.value <= self.bound


def checks(results: Results) -> Iterator[Check]:
    """For what was measured."""
    for check in [*_targets(results), *_flat(results)]:
        if check.value == check.value:  # not nan
            yield check


def _targets(results: Results) -> Iterator[Check]:
    for workload, figure, side, bounds in TARGETS:
        for server, (bound, beside) in bounds.items():
            title = f"{workload}, {FIGURES[figure].title}: {server}"
            if beside == ABSOLUTE:
                yield Check(title, results.median(workload, server, figure), side, bound)
            else:
                yield Check(f"{title} / {beside}", results.ratio(workload, server, figure, beside), side, bound)


def _flat(results: Results) -> Iterator[Check]:
    figure = "cpu_per_request"
    for workload, usual, bound in FLAT:
        for server in (server for server in results.servers if server.family == "pollux"):
            growth = divide(results.median(workload, server.name, figure), results.median(usual, server.name, figure))
            yield Check(f"{FIGURES[figure].title}: {server.name}, {workload} / {usual}", growth, "at most", bound)

"""Samples, and what they come to: medians, ratios, errors."""

import statistics
from dataclasses import dataclass, field

from bench.servers import Server
from bench.workloads import Workload


@dataclass(frozen=True)
class Sample:
    """One server under one workload in one round."""

    figures: dict[str, float]  # by the names of figures.py, in seconds and octets
    errors: dict[str, int]  # how many, by what went wrong


@dataclass
class Result:
    """One server under one workload, over all rounds."""

    samples: list[Sample] = field(default_factory=list)

    @property
    def figures(self) -> list[str]:
        return list(self.samples[0].figures) if self.samples else []

    def values(self, figure: str) -> list[float]:
        return [sample.figures[figure] for sample in self.samples if figure in sample.figures]

    def median(self, figure: str) -> float:
        """nan when it was not measured."""
        values = self.values(figure)
        return statistics.median(values) if values else float("nan")

    @property
    def errors(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for sample in self.samples:
            for what, count in sample.errors.items():
                total[what] = total.get(what, 0) + count
        return total

    def as_dict(self) -> dict:
        return {
            "median": {figure: number(self.median(figure)) for figure in self.figures},
            "rounds": {figure: self.values(figure) for figure in self.figures},
            "errors": self.errors,
        }


def number(value: float) -> float | None:
    """For JSON, which has no nan."""
    return None if value != value else value


def divide(a: float, b: float) -> float:
    """nan for what cannot be divided: a round too short for the clock gives zeros."""
    return a / b if b else float("nan")


@dataclass
class Results:
    """Everything a run found out."""

    machine: dict
    settings: dict
    servers: list[type[Server]]  # those that ran
    versions: dict[str, str]  # by the server's name
    unavailable: dict[str, str]  # name to reason
    workloads: list[Workload]
    left_out: dict[str, str]  # workload to reason
    baseline: str
    by_workload: dict[str, dict[str, Result]] = field(default_factory=dict)  # workload, then server

    def result(self, workload: str, server: str) -> Result | None:
        return self.by_workload.get(workload, {}).get(server)

    def add(self, workload: str, server: str, sample: Sample) -> None:
        self.by_workload.setdefault(workload, {}).setdefault(server, Result()).samples.append(sample)

    def median(self, workload: str, server: str, figure: str) -> float:
        result = self.result(workload, server)
        return result.median(figure) if result else float("nan")

    def ratio(self, workload: str, server: str, figure: str, beside: str | None = None) -> float:
        """Of the medians, to another server; nan where there is none."""
        return divide(
            self.median(workload, server, figure), self.median(workload, beside or self.baseline, figure)
        )

    def ratios(self, workload: str, server: str, figure: str) -> list[float]:
        """Of each round, to the baseline in the same round."""
        mine, base = self.result(workload, server), self.result(workload, self.baseline)
        if not mine or not base:
            return []
        return [
            divide(a.figures[figure], b.figures[figure])
            for a, b in zip(mine.samples, base.samples)
            if figure in a.figures and figure in b.figures
        ]

    def ran(self, workload: str) -> list[type[Server]]:
        return [server for server in self.servers if self.result(workload, server.name)]

    @property
    def failures(self) -> list[str]:
        return [
            f"{server}, {workload}: {count} x {what}"
            for workload, results in self.by_workload.items()
            for server, result in results.items()
            for what, count in result.errors.items()
        ]

    def as_dict(self) -> dict:
        return {
            "machine": self.machine,
            "settings": self.settings,
            "baseline": self.baseline,
            "servers": self.versions,
            "unavailable": self.unavailable,
            "left_out": self.left_out,
            "workloads": {
                workload.name: {
                    "title": workload.title,
                    "servers": {
                        name: {
                            **result.as_dict(),
                            "ratio": {
                                figure: number(self.ratio(workload.name, name, figure)) for figure in result.figures
                            },
                        }
                        for name, result in self.by_workload.get(workload.name, {}).items()
                    },
                }
                for workload in self.workloads
            },
        }

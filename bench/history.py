"""The history of whole runs, and what has moved since one of them.

history.jsonl holds a line for each: when, of which commit, on which machine, and the ratios to the baseline. Absolute
figures of two days cannot be compared; ratios can, if they are further apart than the noise. Of a ratio, that is half
the distance, in logarithms, between the largest and the smallest of the single rounds. A ratio has *moved* if two runs
are further apart than the noise of both.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from bench.figures import FIGURES
from bench.results import Results

LAST = "LAST"
SAME_MACHINE = ("cpu", "cores", "kernel", "page_table_isolation")
LEAST_NOISE = 0.02  # Rounds may agree by luck; and a run is in one state, such as the placement of its threads.
NOISE_OF_ONE = 0.05  # Of a figure that is measured once: rounds that could be apart are missing.


class HistoryError(Exception):
    """There is no such run, or the file cannot be understood."""


@dataclass(frozen=True)
class Move:
    """Of one figure of a server under a workload."""

    workload: str
    server: str
    figure: str
    before: float  # ratio to the baseline
    now: float
    noise: float  # of both runs together, in logarithms

    @property
    def change(self) -> float:
        """In logarithms: halving and doubling are equally far from 0."""
        return math.log(self.now / self.before)

    @property
    def moved(self) -> bool:
        return abs(self.change) > self.noise

    @property
    def better(self) -> bool:
        return (self.change > 0) == FIGURES[self.figure].more_is_better


def noise(ratios: list[float]) -> float:
    """`ratios`: those of single rounds, each above 0."""
    if len(ratios) < 2:
        return NOISE_OF_ONE
    return max(LEAST_NOISE, math.log(max(ratios) / min(ratios)) / 2)


def entry(results: Results, commit: str) -> dict:
    """What a line holds. Zeros, of rounds too short for the clock, are left out."""
    ratios: dict[str, dict] = {}
    for workload, servers in results.by_workload.items():
        for server, result in servers.items():
            if server == results.baseline:
                continue
            for figure in result.figures:
                ratio = results.ratio(workload, server, figure)
                rounds = results.ratios(workload, server, figure)
                if ratio > 0 and all(one > 0 for one in rounds):  # nan is not
                    of_server = ratios.setdefault(workload, {}).setdefault(server, {})
                    of_server[figure] = [round(ratio, 4), round(noise(rounds), 4)]
    return {
        "date": results.machine["date"],
        "commit": commit,
        "machine": {name: value for name, value in results.machine.items() if name != "date"},
        "baseline": results.baseline,
        "versions": results.versions,
        "rounds": results.settings["rounds"],
        "seconds": results.settings["seconds"],
        "ratios": ratios,
    }


def append(path: Path, line: dict) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")


def load(path: Path) -> list[dict]:
    """Raises HistoryError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            lines.append(json.loads(line))
        except ValueError as error:
            raise HistoryError(f"{path}, line {number}: {error}") from None
    return lines


def find(history: list[dict], wanted: str) -> dict:
    """LAST, a line's number (from 1), or the beginning of a commit, of which the latest run counts. Raises HistoryError."""
    if wanted == LAST and history:
        return history[-1]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(history):
        return history[int(wanted) - 1]
    for line in reversed(history):
        if wanted and line["commit"].startswith(wanted):
            return line
    raise HistoryError(f"no run '{wanted}' among the {len(history)} of the history")


def compare(before: dict, now: dict) -> list[Move]:
    """All that both have, whether it moved or not."""
    if before["baseline"] != now["baseline"]:
        raise HistoryError(f"ratios to {now['baseline']} cannot be compared with ratios to {before['baseline']}")
    return [
        Move(workload, server, figure, was[0], ratio, was[1] + spread)
        for workload, servers in now["ratios"].items()
        for server, figures in servers.items()
        for figure, (ratio, spread) in figures.items()
        if (was := before["ratios"].get(workload, {}).get(server, {}).get(figure))
    ]


def lines(before: dict, now: dict) -> Iterator[str]:
    """What moved by more than the noise, as text: the furthest first."""
    moves = compare(before, now)
    found = sorted((move for move in moves if move.moved), key=lambda move: -abs(move.change))
    yield f"beside {before['commit'] or 'a run'} of {before['date']}: {len(found)} of {len(moves)} ratios moved by more than the noise"
    for what in SAME_MACHINE:
        if before["machine"].get(what) != now["machine"].get(what):
            yield f"  another {what}: {now['machine'].get(what)}, and then {before['machine'].get(what)}"
    for name, version in now["versions"].items():
        if before["versions"].get(name, version) != version:
            yield f"  another {name}: {version}, and then {before['versions'][name]}"
    for move in found:
        where = f"{move.workload}, {move.server}"
        yield (
            f"  {where:<40}{FIGURES[move.figure].title:<20}{move.before:8.2f} -> {move.now:6.2f}"
            f"  {math.expm1(move.change):+7.0%}, noise {math.expm1(move.noise):.0%}: {'better' if move.better else 'worse'}"
        )

"""The results as text: a block for each workload, medians, and beside them the ratios to the baseline."""

import math
from typing import Iterator

from bench import targets
from bench.figures import FIGURES
from bench.results import Results
from bench.workloads import Workload

NAME_WIDTH = 22


def lines(results: Results) -> Iterator[str]:
    for workload in results.workloads:
        if results.ran(workload.name):
            yield ""
            yield from _block(results, workload)
    yield from _ratios(results)
    yield from _targets(results)
    for name, reason in results.unavailable.items():
        yield f"\nnot available: {name}: {reason}"
    for name, reason in results.left_out.items():
        yield f"\nleft out: {name}: {reason}"
    if results.failures:
        yield "\nerrors"
        yield from (f"  {failure}" for failure in results.failures)


def _block(results: Results, workload: Workload) -> Iterator[str]:
    ran = results.ran(workload.name)
    figures = {name: None for server in ran for name in results.result(workload.name, server.name).figures}
    yield f"{workload.title}  [{workload.name}]"
    yield f"  {'':<{NAME_WIDTH}}" + "".join(f"{_title(name):>22}" for name in figures) + f"{'errors':>9}"
    for server in ran:
        cells = (_cell(results, workload.name, server.name, name) for name in figures)
        errors = sum(results.result(workload.name, server.name).errors.values())
        yield f"  {server.name:<{NAME_WIDTH}}" + "".join(cells) + f"{errors:>9}"


def _title(figure: str) -> str:
    return FIGURES[figure].title


def _cell(results: Results, workload: str, server: str, figure: str) -> str:
    median = results.median(workload, server, figure)
    value = "-" if math.isnan(median) else FIGURES[figure].text(median)
    return f"{value:>15}{ratio_text(results.ratio(workload, server, figure)):>7}"


def ratio_text(ratio: float) -> str:
    return "" if math.isnan(ratio) else f"{ratio:.2f}x"


def _ratios(results: Results) -> Iterator[str]:
    """How far the ratios of single rounds were apart: the noise of the machine."""
    if results.settings["rounds"] < 2 or results.baseline not in results.versions:
        return
    blocks = []
    for workload in results.workloads:
        cells = []
        for server in results.ran(workload.name):
            ratios = results.ratios(workload.name, server.name, "cpu_per_request")
            if ratios and server.name != results.baseline:
                middle = results.ratio(workload.name, server.name, "cpu_per_request")
                cells.append(f"{server.name} {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        if cells:
            blocks.append(f"  {workload.name:<14}" + f"\n{'':16}".join(cells))
    if blocks:
        yield f"\nCPU time per request / {results.baseline}: ratio of the medians (least to most within a round)"
        yield from blocks


def _targets(results: Results) -> Iterator[str]:
    found = list(targets.checks(results))
    if not found or results.settings["smoke"]:
        return
    yield "\nwanted"
    for check in found:
        word = "met" if check.met else "missed"
        yield f"  {check.what:<66}{check.value:8.2f}   {check.side} {check.bound:g}: {word}"

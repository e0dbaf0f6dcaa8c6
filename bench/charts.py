"""One chart, as SVG: a figure of all servers as bars, or their latencies as ranges.

Colours come from the page's style sheet by class, so a chart follows light and dark. Drawn 360
units wide: on a telephone about as large as on a desk.
"""

import math
from html import escape
from typing import Iterator

from bench.figures import FIGURES
from bench.results import Results
from bench.workloads import Workload

WIDTH = 360
LABELS = 132  # for the servers' names
VALUES = 64  # for the numbers at the right end
ROW = 26
TOP, BOTTOM = 6, 24
PLOT = WIDTH - LABELS - VALUES

Row = tuple[type, list[float]]  # a server and its values


def bars(results: Results, workload: Workload, figure: str) -> str:
    """The medians; a whisker from the least to the most over the rounds; a line at the baseline."""
    unit = FIGURES[figure]
    rows = [
        (server, results.result(workload.name, server.name).values(figure)) for server in results.ran(workload.name)
    ]
    rows = [row for row in rows if row[1]]
    most = max((max(values) for _, values in rows), default=0) or 1
    marks = []
    for i, (server, values) in enumerate(rows):
        median = results.median(workload.name, server.name, figure)
        y = TOP + i * ROW
        width = max(median / most * PLOT, 1)
        marks.append(label(server, y))
        marks.append(
            f'<rect class="bar {server.family}" x="{LABELS}" y="{y + 4}" width="{width:.1f}" height="16" rx="3">'
            f"<title>{escape(server.label)}: {unit.text(median)} {unit.unit}</title></rect>"
        )
        if len(values) > 1:
            left, right = (LABELS + value / most * PLOT for value in (min(values), max(values)))
            marks.append(f'<path class="whisker" d="M{left:.1f} {y + 12}H{right:.1f}"/>')
        marks.append(f'<text class="value" x="{WIDTH}" y="{y + 16}">{unit.text(median)}</text>')
    base = results.median(workload.name, results.baseline, figure)
    if not math.isnan(base):
        marks.append(line(LABELS + base / most * PLOT, len(rows), results.baseline))
    return svg(f"{unit.title}, {workload.title}", len(rows), marks)


def latencies(results: Results, workload: Workload) -> str:
    """From the median to the 99.9th percentile of each server, on a logarithmic scale."""
    names = ("p50", "p99", "p999")
    rows = []
    for server in results.ran(workload.name):
        values = [results.median(workload.name, server.name, name) * 1e3 for name in names]
        if not any(math.isnan(value) for value in values):
            rows.append((server, [max(value, 0.001) for value in values]))
    low = math.floor(math.log10(min((values[0] for _, values in rows), default=1)))
    high = math.ceil(math.log10(max((values[-1] for _, values in rows), default=10)))
    high = max(high, low + 1)

    def x(value: float) -> float:
        return LABELS + (math.log10(value) - low) / (high - low) * PLOT

    marks = [tick(x(10.0**power), len(rows), f"{10.0**power:g}") for power in range(low, high + 1)]
    for i, (server, values) in enumerate(rows):
        y = TOP + i * ROW + 12
        marks.append(label(server, TOP + i * ROW))
        marks.append(f'<path class="range {server.family}" d="M{x(values[0]):.1f} {y}H{x(values[-1]):.1f}"/>')
        for name, value, radius in zip(names, values, (5, 4, 3)):
            marks.append(
                f'<circle class="dot {server.family}" cx="{x(value):.1f}" cy="{y}" r="{radius}">'
                f"<title>{escape(server.label)}, {FIGURES[name].title}: {value:.2f}</title></circle>"
            )
        marks.append(f'<text class="value" x="{WIDTH}" y="{y + 4}">{values[1]:.2f}</text>')
    return svg(f"latencies, {workload.title}", len(rows), marks)


def label(server: type, y: float) -> str:
    return f'<text class="label" x="{LABELS - 8}" y="{y + 16}">{escape(server.label)}</text>'


def line(x: float, rows: int, text: str) -> str:
    """At the baseline's value."""
    bottom = TOP + rows * ROW
    return (
        f'<path class="base" d="M{x:.1f} {TOP}V{bottom + 4}"/>'
        f'<text class="tick" x="{x:.1f}" y="{bottom + 17}">{escape(text)}</text>'
    )


def tick(x: float, rows: int, text: str) -> str:
    bottom = TOP + rows * ROW
    return (
        f'<path class="grid" d="M{x:.1f} {TOP}V{bottom + 4}"/>'
        f'<text class="tick" x="{x:.1f}" y="{bottom + 17}">{text}</text>'
    )


def svg(title: str, rows: int, marks: list[str] | Iterator[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {TOP + rows * ROW + BOTTOM}" role="img" aria-label="{escape(title)}">'
        f"{''.join(marks)}</svg>"
    )

"""The knee as a picture: p99 by rate, a line for each server, as SVG that stands alone (docs/knee.svg).

Both axes are logarithmic. Colours follow light and dark.
"""

import math
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 40, 40
COLOURS = (("#0b6e99", "#5cc2ee"), ("#b4451b", "#ff9d70"), ("#4d7a1f", "#a5d66f"), ("#7a3e9d", "#d3a4f0"))


class Line(NamedTuple):
    name: str
    best: float  # requests a second: the rate found
    points: list[tuple[float, float]]  # requests a second, p99 in milliseconds


def text_of(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


class Axis:
    """From values to places, logarithmically."""

    def __init__(self, values: list[float], begin: float, end: float):
        self.low = math.log10(min(values)) - 0.05
        self.high = math.log10(max(values)) + 0.05
        self.begin, self.end = begin, end

    def place(self, value: float) -> float:
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> list[float]:
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        return [step * 10.0**power for power in powers for step in (1, 2, 5) if self.low <= math.log10(step * 10.0**power) <= self.high]


def style() -> str:
    light = "".join(f".l{i}{{stroke:{pair[0]}}}.t{i}{{fill:{pair[0]}}}" for i, pair in enumerate(COLOURS))
    dark = "".join(f".l{i}{{stroke:{pair[1]}}}.t{i}{{fill:{pair[1]}}}" for i, pair in enumerate(COLOURS))
    return (
        "text{font:12px system-ui,sans-serif;fill:#333}.back{fill:#fff}.grid{stroke:#ddd}.limit{stroke:#888;stroke-dasharray:4 4}"
        f".line{{fill:none;stroke-width:2}}{light}"
        f"@media(prefers-color-scheme:dark){{text{{fill:#ccc}}.back{{fill:#16181c}}.grid{{stroke:#33373d}}{dark}}}"
    )


def svg(lines: list[Line], limit: float, title: str) -> str:
    points = [point for line in lines for point in line.points]
    x = Axis([rate for rate, _ in points], LEFT, WIDTH - RIGHT)
    y = Axis([p99 for _, p99 in points] + [limit], HEIGHT - BOTTOM, TOP)
    marks = []
    for value in x.ticks():
        place = x.place(value)
        marks.append(f'<path class="grid" d="M{place:.1f} {TOP}V{HEIGHT - BOTTOM}"/><text x="{place:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{text_of(value)}</text>')
    for value in y.ticks():
        place = y.place(value)
        marks.append(f'<path class="grid" d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}"/><text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{text_of(value)}</text>')
    marks.append(f'<path class="limit" d="M{LEFT} {y.place(limit):.1f}H{WIDTH - RIGHT}"/>')
    for number, line in enumerate(lines):
        path = "L".join(f"{x.place(rate):.1f} {y.place(p99):.1f}" for rate, p99 in sorted(line.points))
        marks.append(f'<path class="line l{number}" d="M{path}"/>')
        marks.append(f'<text class="t{number}" x="{LEFT + 8}" y="{TOP + 18 + 18 * number}">{escape(line.name)}: up to {line.best:,.0f}/s</text>')
    marks.append(f'<text x="{LEFT}" y="18">{escape(title)}</text>')
    marks.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">requests/s, due</text>')
    marks.append(f'<text x="6" y="{TOP - 8}">p99, ms</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">'
        f'<title>{escape(title)}</title><style>{style()}</style><rect class="back" width="{WIDTH}" height="{HEIGHT}"/>{"".join(marks)}</svg>\n'
    )

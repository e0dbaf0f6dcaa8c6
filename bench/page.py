"""The results as one page: charts, tables, light and dark; no script, nothing loaded from elsewhere."""

import math
from html import escape
from pathlib import Path
from typing import Iterator

from bench import charts, machine
from bench.figures import FIGURES
from bench.results import Results
from bench.workloads import Workload

STYLE = Path(__file__).with_name("page.css")
LATENCIES = ("p50", "p99", "p999")
ICON = "data:,"  # or the browser would ask for one


def document(results: Results) -> str:
    sections = [
        *_head(results),
        *_leads(results),
        *_overview(results, "cpu_per_request", "CPU time per request, beside"),
        *_overview(results, "requests_per_second", "Requests per second, beside"),
        *(part for workload in results.workloads for part in _workload(results, workload)),
        *_foot(results),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>Pollux: the benchmark</title>\n<link rel="icon" href="{ICON}">\n'
        f"<style>\n{STYLE.read_text()}</style>\n</head>\n<body>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _head(results: Results) -> Iterator[str]:
    here, settings = results.machine, results.settings
    yield "<header>\n<h1>Pollux, measured</h1>"
    yield (
        f"<p>{'; '.join(map(escape, machine.lines(here)))}. "
        f"Medians over interleaved rounds of {settings['seconds']:g} s, {settings['rounds']} in all; whiskers show "
        f"how far the rounds were apart, the dashed line is {escape(results.baseline)}.</p>"
    )
    if settings["smoke"]:
        yield "<p><strong>A smoke test: too short for any of these figures to mean anything.</strong></p>"
    yield (
        '<ul class="legend"><li><i class="pollux"></i>Pollux, by model</li><li><i></i>other servers</li>'
        '<li><i class="limit"></i>the limit: canned answers, nothing else</li></ul>\n</header>'
    )


def _leads(results: Results) -> Iterator[str]:
    """The small page in large type, for each model of Pollux."""
    cards = []
    for server in results.servers:
        rate = results.ratio("586", server.name, "requests_per_second")
        cost = results.ratio("586", server.name, "cpu_per_request")
        if server.family == "pollux" and not math.isnan(rate) and not math.isnan(cost):
            cards.append(
                f'<div class="card lead"><h3>{escape(server.label)}</h3><b>{cost:.2f}×</b>'
                f"the CPU time per request of {escape(results.baseline)}, at {rate:.2f}× its requests per second</div>"
            )
    if cards:
        yield f'<div class="cards">{"".join(cards)}</div>'


def _overview(results: Results, figure: str, title: str) -> Iterator[str]:
    rows = []
    for workload in results.workloads:
        ratios = [results.ratio(workload.name, server.name, figure) for server in results.servers]
        if not all(map(math.isnan, ratios)):
            cells = "".join(_ratio_cell(ratio, FIGURES[figure].more_is_better) for ratio in ratios)
            rows.append(f"<tr><th>{escape(workload.title)}</th>{cells}</tr>")
    if not rows:
        return
    heads = "".join(f"<th>{escape(server.label)}</th>" for server in results.servers)
    yield f"<h2>{title} {escape(results.baseline)}</h2>"
    yield _scroll(heads, rows)


def _ratio_cell(ratio: float, more_is_better: bool) -> str:
    if math.isnan(ratio) or ratio <= 0:
        return "<td></td>"
    gain = math.log2(ratio) * (1 if more_is_better else -1)
    much = min(abs(gain), 1) * 45  # per cent of colour: all of it from a factor of two on
    return f'<td class="{"better" if gain > 0 else "worse"}" style="--much:{much:.0f}">{ratio:.2f}</td>'


def _workload(results: Results, workload: Workload) -> Iterator[str]:
    ran = results.ran(workload.name)
    figures = list({name: None for server in ran for name in results.result(workload.name, server.name).figures})
    if not figures:
        return
    cards = [
        _card(FIGURES[name].title, "more is better" if FIGURES[name].more_is_better else "less is better",
              charts.bars(results, workload, name))
        for name in figures
        if name not in LATENCIES
    ]  # fmt: skip
    if set(LATENCIES) <= set(figures):
        cards.append(
            _card("latency, ms", "p50, p99, p99.9; the number is p99", charts.latencies(results, workload))
        )
    yield f'<section id="{workload.name}">\n<h2>{escape(workload.title)}</h2>'
    yield f'<div class="cards">{"".join(cards)}</div>' if len(cards) > 1 else cards[0].replace("card", "card single", 1)
    yield f"<details><summary>All figures</summary>{_table(results, workload, figures)}</details>\n</section>"


def _card(title: str, note: str, chart: str) -> str:
    return f'<figure class="card"><h3>{escape(title)} <small>{escape(note)}</small></h3>{chart}</figure>'


def _table(results: Results, workload: Workload, figures: list[str]) -> str:
    heads = "".join(f"<th>{escape(FIGURES[name].title)}</th>" for name in figures)
    rows = []
    for server in results.ran(workload.name):
        cells = "".join(f"<td>{_figure(results, workload, server.name, name)}</td>" for name in figures)
        errors = sum(results.result(workload.name, server.name).errors.values())
        rows.append(f"<tr><th>{escape(server.label)}</th>{cells}<td>{errors}</td></tr>")
    return _scroll(f"{heads}<th>errors</th>", rows)


def _scroll(heads: str, rows: list[str]) -> str:
    head = f"<thead><tr><th></th>{heads}</tr></thead>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _figure(results: Results, workload: Workload, server: str, name: str) -> str:
    median = results.median(workload.name, server, name)
    if math.isnan(median):
        return "–"
    ratio = results.ratio(workload.name, server, name)
    return FIGURES[name].text(median) + ("" if math.isnan(ratio) else f" <small>{ratio:.2f}×</small>")


def _foot(results: Results) -> Iterator[str]:
    yield "<footer>"
    versions = ", ".join(f"{name} {version}".strip() for name, version in results.versions.items())
    yield (
        f"<p>{escape(versions)}. Two workers each; the configurations are in bench/servers.py, "
        "what the figures mean in docs/benchmark.md.</p>"
    )
    for name, reason in {**results.unavailable, **results.left_out}.items():
        yield f"<p>Not measured: {escape(name)}: {escape(reason)}</p>"
    for failure in results.failures:
        yield f"<p>Error: {escape(failure)}</p>"
    yield "</footer>"

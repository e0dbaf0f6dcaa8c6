"""deploy/grafana.json and the rules of deploy/alerts.yml: they mean metrics that a server has, and promtool takes them."""

import json
import re
import subprocess

import pytest

from harness import HANG, ROOT, Mode, Server

DEPLOY = ROOT / "deploy"
CASES = ROOT / "tests/deploy/alerts.yml"
OF_PROMETHEUS = {"up"}  # Metrics that it makes itself, and labels that it adds.
ITS_LABELS = {"job", "instance"}
SELECTOR = re.compile(r"\b(pollux_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')


def dashboard():
    return json.loads((DEPLOY / "grafana.json").read_text())


def alerts():
    return (DEPLOY / "alerts.yml").read_text()


def expressions():
    board = dashboard()
    found = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return found + [note["expr"] for note in board["annotations"]["list"]] + [board["templating"]["list"][1]["query"], alerts()]


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """What /metrics of a server that has just begun has: names, each with the labels of its series."""
    with Server(tmp_path_factory.mktemp("metrics"), mode=Mode("proactor", "lt", "lt")) as server:
        text = server.get("/metrics", host="localhost").body.decode()
    found = {}
    for name, labels in re.findall(r"^(pollux_\w+)(?:\{([^}]*)\})? ", text, re.M):
        found.setdefault(name, []).append(dict(re.findall(r'(\w+)="([^"]*)"', labels)))
    return found


def fits(labels, matchers):
    return all(re.fullmatch(value if kind == "=~" else re.escape(value), labels.get(label, ""))
               for label, kind, value in matchers)


def test_every_metric_exists(series):
    checked = 0
    for expression in expressions():
        for name, selector in SELECTOR.findall(expression):
            matchers = [matcher for matcher in MATCHER.findall(selector) if matcher[0] not in ITS_LABELS]
            assert name in OF_PROMETHEUS or any(fits(labels, matchers) for labels in series.get(name, [])), (name, selector)
            checked += 1
    assert checked > 50


def test_every_label_that_is_grouped_by_exists(series):
    known = ITS_LABELS | {label for found in series.values() for labels in found for label in labels}
    for expression in expressions():
        for names in re.findall(r"\b(?:by|without|ignoring) \(([^)]*)\)", expression):
            assert set(re.split(r",\s*", names)) <= known, expression


def test_the_dashboard_is_whole():
    board = dashboard()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
    variables = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(board))) <= variables


def test_promtool_takes_every_expression(tmp_path):
    """Those of the dashboard are checked as if they were rules."""
    rules = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
             for number, expression in enumerate(expressions()[:-2])]
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML.
    for command in (["rules", path], ["rules", DEPLOY / "alerts.yml"], ["config", "--syntax-only", DEPLOY / "prometheus.yml"]):
        promtool("check", *command)


def test_every_alert_fires_and_does_not():
    promtool("test", "rules", CASES)
    cases = re.findall(r"alertname: (\w+)(\n        exp_alerts:)?", CASES.read_text())
    for alert in re.findall(r"- alert: (\w+)", alerts()):
        assert {bool(fires) for name, fires in cases if name == alert} == {True, False}, alert


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=HANG)
    assert done.returncode == 0, done.stdout + done.stderr

"""bench/history.py: what a run leaves behind, and what has moved between two of them."""

import math

import pytest

from bench import history, machine
from bench.results import Results, Sample

MACHINE = {"date": "2026-11-26 10:00 UTC", "cpu": "a cpu", "cores": 2, "kernel": "6.1", "page_table_isolation": "off (Not affected)",
           "load": 0.1, "syscall_ns": 100, "switch_ns": 2000, "wake_ns": 3000}  # fmt: skip


def results(nginx, pollux, figure="requests_per_second"):
    """Of rounds with these figures."""
    made = Results(
        machine=MACHINE, settings={"rounds": len(nginx), "seconds": 2.0, "smoke": False}, servers=[],
        versions={"nginx": "1.22.1"}, unavailable={}, workloads=[], left_out={}, baseline="nginx",
    )  # fmt: skip
    for mine, base in zip(pollux, nginx):
        made.add("586", "pollux", Sample({figure: mine}, {}))
        made.add("586", "nginx", Sample({figure: base}, {}))
    return made


def line(ratio, noise=0.02, figure="requests_per_second", server="pollux", **others):
    return {"date": "then", "commit": "abc1234", "machine": MACHINE, "baseline": "nginx", "versions": {"nginx": "1.22.1"},
            "rounds": 3, "seconds": 2.0, "ratios": {"586": {server: {figure: [ratio, noise]}}}, **others}  # fmt: skip


@pytest.mark.parametrize(
    "nginx, pollux, expected",
    [
        ([100, 100, 100], [150, 150, 150], [1.5, history.LEAST_NOISE]),  # rounds that agree are not believed
        ([100, 100, 100], [120, 150, 180], [1.5, math.log(1.5) / 2]),
        ([100, 200, 50], [150, 300, 75], [1.5, history.LEAST_NOISE]),  # both were slowed down alike
        ([100], [150], [1.5, history.NOISE_OF_ONE]),
        ([100, 0], [150, 0], None),  # too short for the clock
    ],
)
def test_a_run_leaves_ratios_and_their_noise_and_nothing_absolute(nginx, pollux, expected):
    made = history.entry(results(nginx, pollux), "abc1234")
    found = made["ratios"].get("586", {}).get("pollux", {}).get("requests_per_second")
    assert found == (expected and [expected[0], pytest.approx(expected[1], abs=1e-4)])
    assert set(made["ratios"].get("586", {})) <= {"pollux"}  # the baseline's ratio to itself says nothing
    assert "date" not in made["machine"] and made["commit"] == "abc1234"


@pytest.mark.parametrize(
    "figure, before, now, moved, better",
    [
        ("requests_per_second", (1.00, 0.02), (1.03, 0.02), False, True),
        ("requests_per_second", (1.00, 0.02), (1.05, 0.02), True, True),
        ("requests_per_second", (1.00, 0.02), (0.95, 0.02), True, False),
        ("requests_per_second", (1.00, 0.20), (1.20, 0.02), False, True),  # the noise of either counts
        ("requests_per_second", (1.00, 0.02), (1.20, 0.20), False, True),
        ("cpu_per_request", (0.50, 0.02), (0.60, 0.02), True, False),
        ("cpu_per_request", (0.50, 0.02), (0.40, 0.02), True, True),
        ("requests_per_second", (2.00, 0.02), (1.00, 0.02), True, False),
    ],
)
def test_a_ratio_has_moved_when_the_runs_are_further_apart_than_the_noise_of_both(figure, before, now, moved, better):
    (move,) = history.compare(line(*before, figure), line(*now, figure))
    assert (move.moved, move.better) == (moved, better)


def test_only_what_both_runs_have_is_compared():
    assert not history.compare(line(1.0), line(1.0, server="another"))
    assert not history.compare(line(1.0), line(1.0, figure="p50"))
    assert not history.compare(line(1.0, ratios={}), line(1.0))


def test_ratios_to_different_servers_are_not_compared():
    with pytest.raises(history.HistoryError, match="ratios to h2o"):
        history.compare(line(1.0), line(1.0, baseline="h2o"))


@pytest.mark.parametrize(
    "wanted, found",
    [("LAST", 2), ("1", 0), ("3", 2), ("abc", 2), ("def", 1), ("4", None), ("0", None), ("fff", None), ("", None), ("-1", None)],
)
def test_a_run_is_found_by_its_place_or_its_commit(wanted, found):
    runs = [line(1.0), line(2.0, commit="def5678"), line(3.0)]
    if found is None:
        with pytest.raises(history.HistoryError):
            history.find(runs, wanted)
    else:
        assert history.find(runs, wanted) is runs[found]


def test_the_last_of_no_runs_is_an_error():
    with pytest.raises(history.HistoryError, match="no run 'LAST' among the 0"):
        history.find([], "LAST")


def test_lines_are_added_and_read_again(tmp_path):
    path = tmp_path / "history.jsonl"
    assert history.load(path) == []
    for made in (line(1.0), line(2.0)):
        history.append(path, made)
    assert history.load(path) == [line(1.0), line(2.0)]
    with path.open("a") as file:
        file.write('{"half a li')
    with pytest.raises(history.HistoryError, match="line 3"):
        history.load(path)


def test_what_is_said():
    before = line(1.0, versions={"nginx": "1.18"}, machine={**MACHINE, "kernel": "5.10"})
    said = list(history.lines(before, line(1.5)))
    assert said[0] == "beside abc1234 of then: 1 of 1 ratios moved by more than the noise"
    assert "another kernel: 6.1, and then 5.10" in said[1]
    assert "another nginx: 1.22.1, and then 1.18" in said[2]
    assert said[3].split() == ["586,", "pollux", "requests/s", "1.00", "->", "1.50", "+50%,", "noise", "4%:", "better"]
    assert len(list(history.lines(line(1.0), line(1.01)))) == 1


@pytest.mark.parametrize(
    "said, expected",
    [("Mitigation: PTI\n", "on (Mitigation: PTI)"), ("Not affected\n", "off (Not affected)"), ("Vulnerable\n", "off (Vulnerable)"),
     (None, "unknown")],
)  # fmt: skip
def test_page_table_isolation_in_the_kernels_words(said, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MELTDOWN", tmp_path / "meltdown")
    if said:
        machine.MELTDOWN.write_text(said)
    assert machine.page_table_isolation() == expected

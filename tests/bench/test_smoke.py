"""bench/compare --smoke: which servers meet which workloads."""

import pytest

from bench import rounds, servers
from bench.results import Results
from bench.workloads import WORKLOADS


def pairs(smoke):
    results = Results(
        machine={}, settings={"smoke": smoke}, servers=[servers.SERVERS[name] for name in servers.DEFAULT], versions={},
        unavailable={}, workloads=[workload for workload in WORKLOADS.values() if workload.default], left_out={}, baseline="nginx",
    )
    return {name: [kind.name for kind in kinds] for name, kinds in rounds.pairs(results).items()}


def test_a_whole_run_measures_each_server_under_each_workload_that_is_for_it():
    found = pairs(smoke=False)
    assert found["1m"] == list(servers.DEFAULT)
    assert {name for name in found["files-walk"]} == {name for name in servers.DEFAULT if name.startswith("pollux")}


def test_a_smoke_leaves_out_no_workload_and_stays_small():
    found = pairs(smoke=True)
    assert all(found.values()) and found.keys() == pairs(smoke=False).keys()
    assert sum(map(len, found.values())) < 60


@pytest.mark.parametrize("workload", ["586", "https-586", "h2-586"])
def test_a_smoke_has_every_server_speak_every_protocol_it_knows(workload):
    assert pairs(smoke=True)[workload] == pairs(smoke=False)[workload]


def test_a_smoke_measures_each_workload_of_a_way_of_its_own_on_one_server():
    found = pairs(smoke=True)
    assert {name: len(found[name]) for name in ("1m", "handshake", "files-walk", "idle", "h2-held")} == {
        "1m": 1, "handshake": 1, "files-walk": 1, "idle": 1, "h2-held": 1}

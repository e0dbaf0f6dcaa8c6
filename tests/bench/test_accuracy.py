"""bench/accuracy: the server whose latencies are known, the arithmetic, and whether castor's percentiles are true."""

import os
import sys
from pathlib import Path

import pytest

from bench import generators, known_delay

BINARY = Path(os.environ.get("POLLUX_BINARY", "build/release/server/pollux"))
CASTOR = os.environ.get("CASTOR_BINARY") or BINARY.parents[1] / "castor/castor"
SERVER = BINARY.parents[1] / "bench/bench_known_delay"
needs_programs = pytest.mark.skipif("POLLUX_BINARY" not in os.environ, reason="needs the programs")
RATE = 1000


@pytest.mark.parametrize(
    "count, expected",
    [
        (1, (1, 1, 1, 1)),
        (10, (5, 9, 10, 10)),
        (1000, (500, 900, 990, 999)),
        (1001, (501, 901, 991, 1000)),
    ],
)
def test_a_percentile_is_what_so_many_are_not_above(count, expected):
    assert tuple(generators.percentiles_of(list(range(1, count + 1))).values()) == expected


@pytest.fixture
def serve(tmp_path):
    def start(places):
        return known_delay.Server(tmp_path, places, SERVER)

    return start


@needs_programs
def test_the_delays_are_those_of_the_distribution(serve, tmp_path):
    """10,000 requests get each delay of the table once, and with places for all none has to wait."""
    with serve(10_000) as server:
        assert server.capacity == pytest.approx(10_000 / 0.02555, rel=0.02)
        generators.Castor(str(CASTOR)).ask("-c400", "-n10000", server.url)
        given = server.end()
    assert len(given) == 10_000
    intended = generators.percentiles_of(sorted(one.delay for one in given))
    assert intended == pytest.approx(known_delay.delays(), rel=0.02)
    assert all(one.took >= one.delay for one in given)


@needs_programs
def test_where_all_places_are_taken_requests_wait(serve):
    with serve(2) as server:
        generators.Castor(str(CASTOR)).ask("-c8", "-n100", server.url)
        given = server.end()
    assert len(given) == 100
    assert sum(one.took > 1.5 * one.delay for one in given) > 50


@needs_programs
def test_castors_percentiles_are_true(serve):
    """Never below what the server has measured; and above it by no more than what a machine adds that does other things."""
    for attempt in range(5):
        with serve(64) as server:
            report = generators.Castor(str(CASTOR)).paced(server.url, 256, 1, RATE)
            given = server.end()
        truth = known_delay.truth(given)
        assert report.requests == len(given) == RATE
        assert all(report.percentiles[percent] >= truth[percent] for percent in truth), (report, truth)
        above = {percent: report.percentiles[percent] - truth[percent] for percent in (50, 90, 99)}
        if all(above[percent] < 0.005 + 0.1 * truth[percent] for percent in above):
            return
        print(f"attempt {attempt}: {above}", file=sys.stderr)
    pytest.fail("too far above the truth, five times")

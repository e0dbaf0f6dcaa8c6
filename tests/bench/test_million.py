"""bench/million: how it divides the connections, what it makes of the limits, when it stops, and a small run of it."""

import os
import subprocess
from pathlib import Path

import pytest

from bench import holders, holding, limits, measure, servers

GIB = 1 << 30


@pytest.mark.parametrize(
    "connections, descriptors, processes, expected",
    [
        (1_000_000, 20_000, None, (54, 51)),
        (1_000_000, 1_048_576, None, (1, 1)),
        (1_000_000, 20_000, 60, (60, 51)),
        (500, 1024, None, (1, 1)),
        (1, 1024, None, (1, 1)),
    ],
)
def test_as_many_processes_as_descriptors_ask_for(connections, descriptors, processes, expected):
    plan = holders.Plan.of(connections, descriptors, processes)
    assert (plan.servers, plan.clients) == expected
    shares = plan.shares(min(1000, connections))
    assert sum(shares) == max(0, connections - 1000)
    assert max(shares) <= descriptors - holders.OWN and max(shares) - min(shares) <= 1


@pytest.mark.parametrize("descriptors", [1024, 20_000, 1_048_576])
def test_a_server_that_gets_more_than_its_part_has_room_for_them(descriptors):
    part = holders.server_room(descriptors)
    reserved = holders.OWN + min(512, descriptors // 8)
    assert part + 6 * part**0.5 <= descriptors - reserved
    assert part > 0.7 * (descriptors - reserved)


def test_addresses_are_of_the_loopback_device_and_follow_each_other():
    assert [holders.address(number) for number in (1, 255, 256, 65536)] == ["127.1.0.1", "127.1.0.255", "127.1.1.0", "127.2.0.0"]


@pytest.mark.parametrize(
    "limit, allowed, wanted",
    [
        (limits.Limit("fs.file-max", 2, 4096, 2_004_096), 1_000_000, 2_004_096),
        (limits.Limit("fs.file-max", 2, 4096, 100_000), 47_952, 2_004_096),
        (limits.Limit("nf_conntrack_max", 1, 4096, 1000), 0, 1_004_096),
    ],
)
def test_what_a_limit_allows(limit, allowed, wanted):
    assert (limit.connections, limit.wanted(1_000_000)) == (allowed, wanted)


@pytest.fixture
def sysctls(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "FOLDER", tmp_path)
    (tmp_path / "fs").mkdir()
    for name, text in (("fs.low", "100\n"), ("fs.high", "900\n"), ("fs.three", "1\t2\t3\n")):
        limits.path_of(name).write_text(text)

    def contents():
        return {path.name: path.read_text() for path in sorted((tmp_path / "fs").iterdir())}

    return contents


def test_limits_that_are_too_low_are_raised_and_put_back(sysctls):
    before = sysctls()
    with limits.raised({"fs.low": 500, "fs.high": 500, "fs.absent": 500}):
        assert sysctls() == {**before, "low": "500"}
    assert sysctls() == before
    assert limits.read("fs.three") == [1, 2, 3] and limits.read("fs.absent") == []


def test_limits_are_put_back_when_one_cannot_be_raised_and_when_the_run_fails(sysctls, monkeypatch):
    before, write = sysctls(), Path.write_text

    def refuse(path, text):
        if path.name == "high":
            raise PermissionError(path)
        return write(path, text)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", refuse)
        with pytest.raises(PermissionError), limits.raised({"fs.low": 500, "fs.high": 1000}):
            pytest.fail("one of them was not raised")
    assert sysctls() == before
    with pytest.raises(RuntimeError), limits.raised({"fs.low": 500}):
        raise RuntimeError
    assert sysctls() == before


def test_inodes_of_open_sockets_are_not_available():
    before = {"MemAvailable": 8 * GIB, "SReclaimable": 1 * GIB}
    assert measure.available_octets({"MemAvailable": 6 * GIB, "SReclaimable": 3 * GIB}, before) == 4 * GIB
    assert measure.available_octets({"MemAvailable": 6 * GIB, "SReclaimable": GIB // 2}, before) == 6 * GIB


class Crew:
    """Servers that hold whatever is opened, at 10 KiB each."""

    port, tls, url = 1, False, "http://127.0.0.1:1/"

    def __init__(self, available):
        self.available = available
        self.connections = 0

    def held(self):
        return self.connections

    def meminfo(self):
        return {"MemAvailable": self.available - 10 * 1024 * self.connections, "SReclaimable": 0, "Slab": 0,
                "MemTotal": 0, "MemFree": 0, "Buffers": 0, "Cached": 0, "AnonPages": 0}  # fmt: skip

    def octets(self):
        return 0

    def ended(self):
        return []


def run_beside(crew, connections, keep, monkeypatch, tmp_path):
    class Client:
        def __init__(self, _number, count, *_):
            crew.connections += count

        def has_ended(self):
            return False

        def pause(self):
            pass

        end = pause

        def report(self):
            return {"held": 1, "lost": 0, "memory_octets": 0}

    class Asked:
        failed = 0

        def __init__(self, _port, _tls, count):
            crew.connections += count

        def ask(self):
            return [0.001, 0.002]

        def close(self):
            pass

    monkeypatch.setattr(holders, "Client", Client)
    monkeypatch.setattr(holders, "Asked", Asked)
    monkeypatch.setattr(measure, "meminfo", crew.meminfo)
    run = holding.Run(holders.Plan.of(connections, 20_000), crew, keep, tmp_path)
    return run, run.go()


def test_it_stops_before_memory_ends_and_says_at_what_number(monkeypatch, tmp_path):
    crew = Crew(available=2 * GIB)
    run, whole = run_beside(crew, 1_000_000, GIB, monkeypatch, tmp_path)
    assert not whole and run.rows["stopped"].startswith("memory")
    assert 100_000 < crew.connections <= GIB / (10 * 1024)
    assert run.rows["connections held"] == f"{crew.connections:,}"


def test_all_are_held_where_memory_is_enough(monkeypatch, tmp_path):
    run, whole = run_beside(Crew(available=100 * GIB), 1_000_000, GIB, monkeypatch, tmp_path)
    assert whole and run.rows["connections held"] == "1,000,000" and run.rows["stopped"] == "all there were to be"


@pytest.mark.skipif("POLLUX_BINARY" not in os.environ, reason="needs the program")
def test_a_small_run(monkeypatch, tmp_path):
    """Two servers on one port, two clients, and some of the connections asked."""
    subprocess.run([servers.REPOSITORY / "scripts/dev-cert", tmp_path / "identity"], check=True)
    monkeypatch.setattr(servers, "IDENTITY", tmp_path / "identity")
    binary = Path(os.environ["POLLUX_BINARY"])
    castor = os.environ.get("CASTOR_BINARY") or binary.parent.parent / "castor/castor"
    monkeypatch.setattr(servers.Pollux, "binary", binary)
    monkeypatch.setattr(holders, "CASTOR", castor)
    monkeypatch.setattr(holding, "ASKED", 20)
    monkeypatch.setattr(holders, "SETTLED", 0.1)
    with holders.Servers("multi-reactor", False, 2, tmp_path) as crew:
        run = holding.Run(holders.Plan(120, 2, 2), crew, 0, tmp_path)
        assert run.go(), run.rows
    assert run.rows["connections held"] == "120"
    assert run.rows["20 of them asked"].startswith("0 without the page")

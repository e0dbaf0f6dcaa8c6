"""RFC 9110 and RFC 9112 as a table: every case whole, octet by octet, and cut in two at every octet.

The cases, and what is held against them, are in conformance/. Octet by octet, every boundary is one between two
reads: that is for one mode of each model. Of the cuts in two, which leave the parser with more at once, each mode takes
others: POLLUX_CUTS is the stride, and 1 takes all of them. With 9 the nine modes in plain text take each cut once, with
27 a third of them. Over TLS, where each costs a handshake, they are fewer still. (The parser's own tests cut everywhere.)
"""

import os

import pytest

from conformance import site
from conformance.cases import CASES, GROUPS
from conformance.run import Target, complaints
from harness import EACH_MODEL, HANG, SANITIZED, MODES, SLOW, Server, seconds

CUTS = int(os.environ.get("POLLUX_CUTS", "27" if SLOW == 1 else "97"))


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, site={"root": module_directory / "site", "echo": "on"}) as server:
        site.make(server.site)
        yield server


@pytest.fixture(scope="module")
def target(server, mode):
    # Each loop of a multi-reactor has connections of its own: enough requests that each gets one.
    fences = 16 if mode.model in ("multi-reactor", "io-uring") else 1
    # A connection may have to wait until hundreds of others are open.
    return Target(server.address, pollux=True, patience=4 * HANG, fences=fences, tls=server.tls)


def check(verdicts):
    failed = complaints(verdicts)
    if failed:
        pytest.fail("\n".join([f"{len(failed)} of {len(verdicts)} cases:", *failed[:20]]), pytrace=False)


def test_there_are_enough_cases():
    assert len(CASES) >= 400


@pytest.mark.parametrize("group", GROUPS)
def test_whole(target, group):
    check(target.whole(GROUPS[group]))


def test_octet_by_octet(target, mode):
    if mode not in EACH_MODEL:
        pytest.skip("what a model reads does not depend on how it is triggered")
    check(target.octet_by_octet(CASES))


def test_cut_in_two(target, mode):
    stride = CUTS * (7 if mode.tls else 1)
    check(target.in_two(CASES, MODES.index(mode) % stride, stride))


def test_a_million_chunks_cost_no_memory(server, target):
    """A chunk of one octet costs six on the wire and one in memory, whoever collects them."""
    million = [case for case in CASES if "a million chunks" in case.name]
    assert len(million) == 1
    check(target.whole(million))
    before = server.process.memory().anonymous
    cpu = server.process.cpu_seconds()
    check(target.whole(million * 8))
    assert SANITIZED or server.process.memory().anonymous - before < 64 << 20  # A sanitizer keeps what was freed.
    assert server.process.cpu_seconds() - cpu < seconds(8)

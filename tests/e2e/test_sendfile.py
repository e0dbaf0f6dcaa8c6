"""Files by sendfile(2): `[site] sendfile`. Whichever way they go, the octets are those of one version.

--trace says which way they went.
"""

import os
import random
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import MODES, Cut, Server, request, wait_until

MIB = 1 << 20
LARGE = 8 * MIB  # More than all buffers on the way.
OCTETS = random.Random(1).randbytes(LARGE)
MEDIUM = OCTETS[:100 * 1024]  # It is kept in memory, too.


# Each model with each trigger, and one over TLS, where nothing goes so, nor with a ring.
SOME_MODES = {(mode.model, mode.conn) if not mode.tls else "tls": mode for mode in reversed(MODES)}.values()


@pytest.fixture(scope="session", params=SOME_MODES, ids=str)
def mode(request):
    return request.param


class Sender(Server):
    """A server that says how it sends files."""

    def __init__(self, directory, mode, sendfile):
        super().__init__(directory, "--trace", mode=mode, site={"root": directory / "site", "sendfile": sendfile})
        self.can = not mode.tls and mode.model != "io-uring"

    def sends_large_files_so(self):
        said = len(self.errors())
        assert self.get("/large.bin").body == OCTETS
        wait_until(lambda: any(call in self.errors()[said:] for call in ("writev", "sqe send", "sendfile")), "the way is told")
        return "sendfile" in self.errors()[said:]

    def await_sendfile_of(self, target):
        """A file in memory goes so as soon as it cannot change any more without another time stamp."""
        wait_until(lambda: self.get(target).status == 200 and "sendfile" in self.errors(), f"{target} goes by sendfile")


@pytest.fixture(scope="module", params=("on", "auto", "off"))
def server(mode, module_directory, request):
    with Sender(module_directory, mode, request.param) as server:
        server.write("small.bin", OCTETS[:1000])
        server.write("medium.bin", MEDIUM)
        server.write("large.bin", OCTETS)
        if request.param == "on" and server.can:
            server.await_sendfile_of("/medium.bin")
        yield server


@pytest.mark.parametrize("target, size", [("/small.bin", 1000), ("/medium.bin", len(MEDIUM)), ("/large.bin", LARGE)])
@pytest.mark.parametrize("receive_buffer", [None, 65536], ids=["fast", "slow"])
def test_whole_files(server, target, size, receive_buffer):
    with server.connect(receive_buffer=receive_buffer) as client:
        for _ in range(2):
            response = client.get(target)
            assert response.status == 200 and response.body == OCTETS[:size]


def test_head(server):
    with server.connect() as client:
        assert client.ask("HEAD", "/large.bin")["Content-Length"] == str(LARGE)
        assert client.get("/small.bin").body == OCTETS[:1000]


@pytest.mark.parametrize("first, last", [
    (0, 0), (1, 65536), (4095, 90_000), (3 * MIB + 3, 7 * MIB), (LARGE - 70_000, LARGE - 1)])
def test_a_range(server, first, last):
    response = server.get("/large.bin", f"Range: bytes={first}-{last}")
    assert response.status == 206 and response.body == OCTETS[first:last + 1]


def test_several_ranges(server):
    ranges = [(10, 20), (MIB, 4 * MIB), (LARGE - 100_000, LARGE - 1)]
    response = server.get("/large.bin", "Range: bytes=" + ",".join(f"{first}-{last}" for first, last in ranges))
    boundary = response["Content-Type"].partition("boundary=")[2].encode()
    parts = response.body.split(b"--" + boundary)[1:-1]
    assert [part.partition(b"\r\n\r\n")[2][:-2] for part in parts] == [OCTETS[first:last + 1] for first, last in ranges]


def test_pipelined_requests(server):
    targets = {"/medium.bin": MEDIUM, "/small.bin": OCTETS[:1000], "/large.bin": OCTETS}
    with server.connect() as client:
        client.send(b"".join(request("GET", target) for target in [*targets, *targets]))
        for content in [*targets.values(), *targets.values()]:
            assert client.read_response().body == content


def test_which_files_go_so(tmp_path, mode):
    for sendfile, expected in {"on": True, "auto": False, "off": False}.items():
        with Sender(tmp_path, mode, sendfile) as server:
            server.write("large.bin", OCTETS)
            assert server.sends_large_files_so() == (expected and server.can), sendfile


@contextmanager
def immutable(path):
    attribute = lambda change: subprocess.run(["chattr", change, path], capture_output=True).returncode == 0  # noqa: E731
    if not attribute("+i"):
        pytest.skip("the attribute cannot be given here")
    try:
        yield
    finally:
        assert attribute("-i")


def test_immutable_files_go_so(tmp_path, mode):
    with Sender(tmp_path, mode, "auto") as server:
        with immutable(server.write("large.bin", OCTETS)):
            assert server.sends_large_files_so() == server.can


def test_a_file_that_loses_the_attribute(tmp_path, mode):
    """Losing it leaves another time stamp, so the file is looked at again."""
    with Sender(tmp_path, mode, "auto") as server:
        path = server.write("large.bin", OCTETS)
        with immutable(path):
            assert server.sends_large_files_so() == server.can
        assert not server.sends_large_files_so()


def replaced(path):
    new = path.with_name("new")
    new.write_bytes(bytes(LARGE))
    new.rename(path)


@pytest.mark.parametrize("change, arrives", [
    (replaced, True), (Path.unlink, True), (lambda path: os.truncate(path, LARGE - 1), False),
    (lambda path: os.truncate(path, 0), False),
], ids=["replaced", "deleted", "cut by one octet", "cut to nothing"])
def test_a_file_that_changes_while_it_is_sent(tmp_path, mode, change, arrives):
    with Sender(tmp_path, mode, "on") as server:
        path = server.write("large.bin", OCTETS)
        with server.connect(receive_buffer=64 << 10) as client:
            client.send(request("GET", "/large.bin"))
            assert client.answered()
            change(path)
            if arrives:
                assert client.read_response().body == OCTETS
            else:
                with pytest.raises(Cut):
                    client.read_response()


def test_a_file_in_memory_that_is_rewritten(tmp_path, mode):
    """It is sent whole: as it was until the server has looked again, then as it is."""
    with Sender(tmp_path, mode, "on") as server:
        path = server.write("medium.bin", MEDIUM)
        if server.can:
            server.await_sendfile_of("/medium.bin")
        new = MEDIUM[::-1]
        path.write_bytes(new)
        with server.connect() as client:
            first = client.get("/medium.bin").body
            assert first in (MEDIUM, new)
            wait_until(lambda: client.get("/medium.bin").body == new, "the new version is served")

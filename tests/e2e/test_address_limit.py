"""limits.connections_per_address: one client address cannot take all the room."""

import contextlib
import socket

import pytest

from harness import Server, request, wait_until

HELLO = b"hello\n"
MOST = 5


@pytest.fixture
def server(mode, tmp_path):
    with Server(tmp_path, mode=mode, limits={"connections_per_address": MOST}) as server:
        server.write("hello.txt", HELLO)
        yield server


@contextlib.contextmanager
def connected(server, source):
    """A connection from an address of 127.0.0.0/8, all of which are this machine's."""
    with socket.create_connection(server.address, timeout=10, source_address=(source, 0)) as peer:
        yield peer


def answer(peer, octets=b""):
    """The status of what the server says first."""
    if octets:
        peer.sendall(octets)
    return peer.recv(65536).split(b" ")[1]


def served(peer):
    return answer(peer, request("GET", "/hello.txt")) == b"200"


def test_one_more_is_told_so(server):
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(connected(server, "127.0.0.2")) for _ in range(MOST)]
        assert all(served(peer) for peer in peers)
        with connected(server, "127.0.0.2") as refused:
            said = refused.recv(65536)
            assert said.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
            assert b"\r\nRetry-After: 1\r\n" in said and b"\r\nConnection: close\r\n" in said and said.endswith(b"\r\n\r\n")
            assert refused.recv(1) == b""
        with connected(server, "127.0.0.3") as other:
            assert served(other)
        assert all(served(peer) for peer in peers)


def can_connect(server, source):
    with connected(server, source) as peer:
        try:
            return served(peer)
        except OSError:  # Refused before we asked.
            return False


def test_a_place_that_was_left_is_free(server):
    for _ in range(20):
        with contextlib.ExitStack() as stack:
            peers = [stack.enter_context(connected(server, "127.0.0.2")) for _ in range(MOST)]
            for peer in peers:
                wait_until(lambda peer=peer: served(peer), "served")
        wait_until(lambda: server.process.connections() == 0, "all connections are closed")
        wait_until(lambda: can_connect(server, "127.0.0.2"), "there is room again")
        wait_until(lambda: server.process.connections() == 0, "all connections are closed")


def test_a_flood_from_one_address_keeps_nobody_out(server):
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(connected(server, "127.0.0.2"))
        with connected(server, "127.0.0.3") as other:
            assert served(other)
        wait_until(lambda: server.process.connections() <= MOST + 1, "what is too much is closed")
        lines = (server.folder / "pollux.log").read_text().count("127.0.0.2 has 5 connections")
        assert 1 <= lines <= 10

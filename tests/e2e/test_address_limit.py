"""limits.connections_per_address: one client address cannot take all the room."""

import contextlib
import time

import pytest

from harness import Cut, Server, wait_until

HELLO = b"hello\n"
MOST = 5


@pytest.fixture
def server(mode, tmp_path):
    with Server(tmp_path, mode=mode, limits={"connections_per_address": MOST}) as server:
        server.write("hello.txt", HELLO)
        yield server


def served(client):
    return client.get("/hello.txt").body == HELLO


def test_one_more_is_told_so(server):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect(source="127.0.0.2")) for _ in range(MOST)]
        assert all(served(client) for client in clients)
        with server.connect(source="127.0.0.2", handshake=False) as refused:
            if server.tls:  # It would take a handshake to say so.
                with pytest.raises((Cut, OSError)):
                    refused.get("/hello.txt")
            else:
                said = refused.read_response()
                assert (said.status, said["Retry-After"], said["Connection"]) == (429, "1", "close")
                refused.expect_end()
        with server.connect(source="127.0.0.3") as other:
            assert served(other)
        assert all(served(client) for client in clients)


def can_connect(server, source):
    try:
        with server.connect(source=source) as client:
            return served(client)
    except (Cut, OSError):  # Refused before we asked.
        return False


def test_a_place_that_was_left_is_free(server):
    for _ in range(8):  # Were one place lost each time, the sixth would find none.
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(server.connect(source="127.0.0.2")) for _ in range(MOST)]
            assert all(served(client) for client in clients)
        wait_until(lambda: server.process.connections() == 0, "all connections are closed")
        wait_until(lambda: can_connect(server, "127.0.0.2"), "there is room again")
        wait_until(lambda: server.process.connections() == 0, "all connections are closed")


def test_a_flood_from_one_address_keeps_nobody_out(server):
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(server.connect(source="127.0.0.2", handshake=False))
        with server.connect(source="127.0.0.3") as other:
            assert served(other)
        wait_until(lambda: server.process.connections() <= MOST + 1, "what is too much is closed")
        lines = (server.directory / "pollux.log").read_text().count("127.0.0.2 has 5 connections")
        assert 1 <= lines <= 10 * (2 + time.monotonic() - begin)

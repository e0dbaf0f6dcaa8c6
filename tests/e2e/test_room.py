"""More clients than there are descriptors, workers or places for."""

import contextlib

import pytest

from crowd import HELLO, close_all, connect_all
from harness import Cut, in_parallel, wait_until


def is_served(server):
    """Whether a new client gets its answer; a refusal is an answer of another kind."""
    try:
        with server.connect(patience=1) as client:  # Without a descriptor for it, it would wait for ever.
            return client.get("/hello.txt").status == 200
    except (Cut, OSError):
        return False


# By itself the server admits no more than it has descriptors for. Told to admit more, it meets EMFILE at accept.
@pytest.mark.parametrize("max_connections", [0, 1000], ids=["within the limit", "beyond the limit"])
def test_descriptors_run_out(serve, max_connections):
    """The connection that waits keeps epoll ready, and the server must not spin on it, until the first one's time is up."""
    server = serve(nofile=64, server={"max_connections": max_connections}, timeouts={"handshake": "2s", "header": "2s"})
    server.write("hello.txt", HELLO)
    assert is_served(server)
    before = server.process.cpu_seconds()
    with contextlib.ExitStack() as stack:
        crowd = []
        for _ in range(120):  # The kernel completes them, whether the server accepts them or not.
            client = stack.enter_context(server.connect(tls=None))
            # They stay: a handshake that does not begin, or a request that is not complete.
            client.send_while_open(b"" if server.tls else b"GET /hello.txt HT")
            crowd.append(client)
        crowd[0].read_to_end()
        spent = server.process.cpu_seconds() - before
        print(f"CPU in two seconds without a free descriptor: {spent * 1e3:.1f} ms")
        assert server.running() and spent < 0.4
    wait_until(lambda: is_served(server), "served again when descriptors came free")


@pytest.mark.parametrize("max_connections", [0, 1000], ids=["within the limit", "beyond the limit"])
def test_connections_served_before_descriptors_ran_out_still_are(serve, max_connections):
    server = serve(nofile=64, server={"max_connections": max_connections})
    server.write("hello.txt", HELLO)
    first = connect_all(server, 10)
    crowd = [server.connect(handshake=False) for _ in range(120)]
    for client in first:
        assert client.get("/hello.txt").body == HELLO
    close_all(crowd)
    close_all(first)
    wait_until(lambda: is_served(server), "served again when descriptors came free")


def test_max_connections(serve):
    server = serve(server={"max_connections": 20})
    server.write("hello.txt", HELLO)
    admitted = connect_all(server, 20)
    with server.connect(handshake=False) as one_more:  # Refused with a word or, under TLS, without.
        try:
            assert one_more.get("/hello.txt").status == 503
        except (Cut, OSError):
            assert server.tls
    for client in admitted:
        assert client.get("/hello.txt").body == HELLO
    close_all(admitted)
    wait_until(lambda: is_served(server), "served again when places came free")


def test_short_request_queue_never_hangs(serve):
    """One worker and one place before it: everyone gets an answer, if only that there is no room.

    A handshake for which there is no room just ends; its last part may be on its way with the first request.
    """
    server = serve(server={"workers": 1}, limits={"request_queue": 1})
    server.write("hello.txt", HELLO * 1000)

    def ask_often(_):
        statuses = []
        client = None
        while len(statuses) < 20:
            try:
                client = client or server.connect()
                response = client.get("/hello.txt")
            except (Cut, OSError):
                assert server.tls, "closed without an answer"
                statuses.append(503)
                client = None
                continue
            statuses.append(response.status)
            if response.status == 503 or "Connection" in response:
                client.close()
                client = None
        if client:
            client.close()
        return statuses

    statuses = sum(in_parallel(50, ask_often), [])
    print(f"200: {statuses.count(200)}, 503: {statuses.count(503)}")
    assert set(statuses) <= {200, 503} and 200 in statuses
    wait_until(lambda: is_served(server), "the last connections' ends have left the queue")

"""Many connections at once: what the idle ones cost, and that all of it comes back."""

import resource
import selectors
import socket
import time

import pytest

from crowd import HELLO, close_all, connect_all
from harness import FIRST_OF_MODEL, HANG, SANITIZED, in_parallel, request, wait_until

HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
MANY = min(10_000, HARD_LIMIT - 1000)  # The server reserves some for itself.


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


def many(server):
    """As many as there may be; over TLS a fifth, since there each costs a handshake."""
    return MANY // 5 if server.tls else MANY


def await_all_closed(clients):
    """Every connection is closed by the server, without a word."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        deadline = time.monotonic() + HANG
        while selector.get_map():
            assert time.monotonic() < deadline, f"{len(selector.get_map())} connections are still open"
            for key, _ in selector.select(timeout=1):
                assert key.fileobj.recv(1000) == b""
                selector.unregister(key.fileobj)


def cpu_per_request(server, count=3000):
    before = server.process.cpu_seconds()
    with server.connect() as client:
        for _ in range(count // 10):
            client.send(request("GET", "/hello.txt") * 10)
            for _ in range(10):
                assert client.read_response().body == HELLO
    return (server.process.cpu_seconds() - before) / count


def await_memory(server, before, allowance):
    """Until it has no more than so many octets more than it had: what became idle is given back by and by."""
    def grown():
        return server.process.memory().anonymous - before.anonymous

    try:
        wait_until(lambda: grown() < allowance, f"less than {allowance} octets more than before")
    finally:
        print(f"before: {before}; now {grown()} octets more")


def server_at_work(serve, **timeouts):
    """A server whose threads, caches and allocators have found their size; and its memory."""
    server = serve(timeouts=timeouts, limits={"keepalive_requests": 100_000})
    server.write("hello.txt", HELLO)
    cpu_per_request(server)
    return server, server.process.memory()


def assert_all_is_back(server, before):
    wait_until(lambda: server.process.connections() == 0, "all connections are closed")
    if not SANITIZED:  # They keep what was freed for a while, to catch its use.
        # Less than the connections alone, bufferless; of TLS, a tenth of what there was.
        await_memory(server, before, (16 if server.tls else 4) << 20)


@pytest.mark.slow
@pytest.mark.skipif(SANITIZED, reason="what a sanitizer takes, and keeps to catch its use, is not the server's")
def test_idle_connections_cost_little(serve):
    """Their memory is small, requests beside them are as cheap as without them, and all is back when they leave."""
    server, before = server_at_work(serve)
    limit = 20_000 if server.tls else 1500  # Octets for each; OpenSSL keeps keys and a session.
    cost_alone = min(cpu_per_request(server) for _ in range(3))

    count = many(server)
    idle = connect_all(server, count)
    await_memory(server, before, count * limit)
    cost_with_idle = min(cpu_per_request(server) for _ in range(3))
    assert server.process.connections() >= count
    print(f"CPU per request {cost_alone * 1e6:.1f} us alone, {cost_with_idle * 1e6:.1f} us beside them")
    assert cost_with_idle < 2 * cost_alone + 10e-6

    close_all(idle)
    assert_all_is_back(server, before)


@pytest.mark.skipif(SANITIZED, reason="what a sanitizer takes, and keeps to catch its use, is not the server's")
def test_clients_that_have_said_nothing_take_no_buffers(serve, mode):
    """The read that is tried when a connection is accepted has found nothing, and leaves no buffer behind."""
    if mode.tls:
        pytest.skip("a TLS session takes more than a buffer does")
    server, before = server_at_work(serve, header="10m")
    count, limit = 2000, 1000
    silent = [socket.create_connection(server.address) for _ in range(count)]
    wait_until(lambda: server.process.connections() >= count, "all are accepted")
    await_memory(server, before, count * limit)
    close_all(silent)


@pytest.mark.slow
def test_idle_connections_expire(serve):
    """The first may have expired when the last one comes; in the end all have, without a word."""
    server, before = server_at_work(serve, keepalive="2s")
    idle = connect_all(server, many(server) // 5)
    await_all_closed(idle)
    close_all(idle)
    assert_all_is_back(server, before)


def test_idle_connections_beside_active_load(serve):
    server = serve()
    server.write("hello.txt", HELLO)
    idle = connect_all(server, many(server) // 5)

    def load(_):
        with server.connect() as client:
            for _ in range(200):
                assert client.get("/hello.txt").body == HELLO

    in_parallel(20, load)
    for client in idle[::50]:  # They are idle, not forgotten.
        assert client.get("/hello.txt").body == HELLO
    close_all(idle)

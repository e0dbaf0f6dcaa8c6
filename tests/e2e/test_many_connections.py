"""Many connections at once, and more than there are descriptors, workers or places for."""

import contextlib
import resource
import selectors
import socket
import time

import pytest

from harness import SANITIZED, Cut, in_parallel, pause, request, seconds, wait_until

HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
MANY = min(10_000, HARD_LIMIT - 1000)  # The server reserves some for itself.
HELLO = b"hello\n"


def connect_all(server, count):
    """`count` connections that have been served once and are kept alive."""
    clients = []
    for _ in range(count):
        client = server.connect()
        assert client.get("/hello.txt").body == HELLO
        clients.append(client)
    return clients


def close_all(clients):
    for client in clients:
        client.close()


def await_all_closed(clients, patience):
    """Every connection is closed by the server, without a word."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        deadline = time.monotonic() + patience
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


def await_quiet(server):
    """Until the server has done what it does by and by for connections that became idle or ended."""
    last = [server.process.cpu_seconds()]

    def quiet():
        pause(0.5)
        last.append(server.process.cpu_seconds())
        return len(last) > 4 and last[-1] - last[-2] < 0.002

    wait_until(quiet, "the server comes to rest", patience=20)


def server_at_work(serve, keepalive):
    """A server whose threads, caches and allocators have found their size; and its memory."""
    server = serve(timeouts={"keepalive": f"{int(keepalive)}s"}, limits={"keepalive_requests": 100_000})
    server.write("hello.txt", HELLO)
    cpu_per_request(server)
    return server, server.process.memory()


def assert_all_is_back(server, before):
    wait_until(lambda: server.process.connections() == 0, "all connections are closed", patience=10)
    await_quiet(server)
    afterwards = server.process.memory()
    print(f"before: {before}\nafterwards: {afterwards}")
    if not SANITIZED:  # They keep what was freed for a while, to catch its use.
        assert afterwards.anonymous - before.anonymous < 4 << 20  # Less than the connections alone, bufferless.


@pytest.mark.slow
def test_idle_connections_cost_little(serve):
    """Their memory is small, requests beside them are as cheap as without them, and all is back when they leave."""
    server, before = server_at_work(serve, keepalive=seconds(120))
    cost_alone = min(cpu_per_request(server) for _ in range(3))

    idle = connect_all(server, MANY)
    await_quiet(server)
    with_idle = server.process.memory()
    cost_with_idle = min(cpu_per_request(server) for _ in range(3))
    assert server.process.connections() >= MANY
    print(f"{MANY} idle connections: {(with_idle.anonymous - before.anonymous) // MANY} octets each; "
          f"CPU per request {cost_alone * 1e6:.1f} us alone, {cost_with_idle * 1e6:.1f} us beside them")
    assert cost_with_idle < 2 * cost_alone + 10e-6
    if not SANITIZED:  # Their shadow memory counts, too.
        assert with_idle.anonymous - before.anonymous < MANY * 1500

    close_all(idle)
    assert_all_is_back(server, before)


@pytest.mark.slow
def test_idle_connections_expire(serve):
    """The first may have expired when the last one comes; in the end all have, without a word."""
    server, before = server_at_work(serve, keepalive=2)
    idle = connect_all(server, MANY)
    await_all_closed(idle, 2 + seconds(10))
    close_all(idle)
    assert_all_is_back(server, before)


def test_idle_connections_beside_active_load(serve):
    server = serve()
    server.write("hello.txt", HELLO)
    idle = connect_all(server, MANY // 5)

    def load(_):
        with server.connect() as client:
            for _ in range(200):
                assert client.get("/hello.txt").body == HELLO

    in_parallel(20, load)
    for client in idle[::50]:  # They are idle, not forgotten.
        assert client.get("/hello.txt").body == HELLO
    close_all(idle)


# -- More than there is room for


def is_served(server):
    """Whether a new client gets its answer; a refusal is an answer of another kind."""
    try:
        with server.connect(patience=1) as client:
            return client.get("/hello.txt").status == 200
    except (Cut, OSError):
        return False


# By itself the server admits no more than it has descriptors for. Told to admit more, it meets EMFILE at accept.
@pytest.mark.parametrize("max_connections", [0, 1000], ids=["within the limit", "beyond the limit"])
def test_descriptors_run_out(serve, max_connections):
    """The connection that waits keeps epoll ready, and the server must not spin on it."""
    server = serve(nofile=64, server={"max_connections": max_connections})
    server.write("hello.txt", HELLO)
    assert is_served(server)
    with contextlib.ExitStack() as stack:
        crowd = []
        for _ in range(120):  # The kernel completes them, whether the server accepts them or not.
            client = stack.enter_context(server.connect())
            client.send_while_open(b"GET /hello.txt HT")  # And they stay: a request that is not complete.
            crowd.append(client)
        pause(0.3)  # The excitement of arrival is not what is measured.
        before = server.process.cpu_seconds()
        pause(1)
        spent = server.process.cpu_seconds() - before
        print(f"CPU in one second without a free descriptor: {spent * 1e3:.1f} ms")
        assert server.running() and spent < 0.2
    wait_until(lambda: is_served(server), "served again when descriptors came free", patience=10)


@pytest.mark.parametrize("max_connections", [0, 1000], ids=["within the limit", "beyond the limit"])
def test_connections_served_before_descriptors_ran_out_still_are(serve, max_connections):
    server = serve(nofile=64, server={"max_connections": max_connections})
    server.write("hello.txt", HELLO)
    first = connect_all(server, 10)
    crowd = [server.connect() for _ in range(120)]
    for client in first:
        assert client.get("/hello.txt").body == HELLO
    close_all(crowd)
    close_all(first)
    wait_until(lambda: is_served(server), "served again when descriptors came free", patience=10)


def test_max_connections(serve):
    server = serve(server={"max_connections": 20})
    server.write("hello.txt", HELLO)
    admitted = connect_all(server, 20)
    with server.connect(patience=0.5) as one_more:  # Refused with a word, without one, or left to wait.
        try:
            one_more.send(request("GET", "/hello.txt"))
            assert one_more.read_response().status == 503
        except (Cut, socket.timeout, BrokenPipeError):
            pass
    for client in admitted:
        assert client.get("/hello.txt").body == HELLO
    close_all(admitted)
    wait_until(lambda: is_served(server), "served again when places came free", patience=10)


def test_short_request_queue_never_hangs(serve):
    """One worker and one place before it: everyone gets an answer, if only that there is no room."""
    server = serve(server={"workers": 1}, limits={"request_queue": 1})
    server.write("hello.txt", HELLO * 1000)

    def ask_often(_):
        statuses = []
        client = server.connect()
        for _ in range(20):
            try:
                client.send(request("GET", "/hello.txt"))
                response = client.read_response()
            except (Cut, BrokenPipeError):
                raise AssertionError("closed without an answer") from None
            statuses.append(response.status)
            if response.status == 503 or "Connection" in response:
                client.close()
                client = server.connect()
        client.close()
        return statuses

    statuses = sum(in_parallel(50, ask_often), [])
    print(f"200: {statuses.count(200)}, 503: {statuses.count(503)}")
    assert set(statuses) <= {200, 503} and 200 in statuses
    wait_until(lambda: is_served(server), "the last connections' ends have left the queue")

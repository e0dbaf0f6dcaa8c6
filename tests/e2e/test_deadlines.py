"""Every wait has a deadline, and whoever misses it costs nobody else anything.

That no deadline comes too early is measured. How late it may be is told by unit tests, whose clock does not depend on what
else the machine has to do; here it has to come (or the client waits in vain, which is a failure).
"""

import contextlib
import select
import time

import pytest

from harness import Cut, Server, in_parallel, request, seconds, wait_until

HELLO = b"hello\n"
EARLY = 0.3  # Seconds before which nothing is cut: the deadlines under test, less what clocks and wheels round.
LARGE = 48 << 20  # More than the kernel keeps between two sockets.


@pytest.fixture(scope="module")
def server(mode, module_directory):
    """One deadline per server would be purer, but they are the same for all, and no test meets two of them."""
    timeouts = {"header": "400ms", "body": "400ms", "send": "400ms", "keepalive": "400ms"}
    with Server(module_directory, mode=mode, timeouts=timeouts) as server:
        server.write("hello.txt", HELLO)
        with open(server.site / "large.bin", "wb") as file:
            file.truncate(LARGE)
        yield server


@contextlib.contextmanager
def others_unaffected(server):
    """Before and after."""
    assert server.get("/hello.txt").body == HELLO
    yield
    assert server.get("/hello.txt").body == HELLO


def assert_due(earliest):
    """The deadline ran from a moment after this, which only the server knows, and has passed."""
    assert time.monotonic() - earliest > EARLY


STALLED = (b"", b"GET / HT", request("GET", "/hello.txt"), request("POST", "/", body=b"012345678")[:-5],
           request("GET", "/large.bin"))


def test_stalled_clients_hold_up_nobody(serve):
    """Whoever waits for a deadline waits alone: others are served before it, however many stall."""
    server = serve(server={"workers": 2})
    server.write("hello.txt", HELLO)
    with open(server.site / "large.bin", "wb") as file:
        file.truncate(LARGE)
    with contextlib.ExitStack() as stack:
        for number in range(50):
            client = stack.enter_context(server.connect(receive_buffer=4096))
            client.send(STALLED[number % len(STALLED)])
        wait_until(lambda: server.status()["connections"]["waiting_for"]["send"] == 10, "the large ones stand still")
        for _ in range(20):
            assert server.get("/hello.txt").body == HELLO


DRIPPING = b"GET /hello.txt HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 1000


def drip(client, pace):
    """Sends a header that does not end octet by octet, until the server has something to say."""
    for octet in DRIPPING:
        if client.answered(within=pace):
            return
        client.send_while_open(bytes([octet]))
    raise AssertionError("the server took it all")


@pytest.mark.parametrize("served_before", [False, True], ids=["first request", "second request"])
def test_dripping_header_is_cut_at_its_deadline(serve, served_before):
    """The deadline is for the header in all: octets that keep coming do not move it, at whatever pace."""
    server = serve(timeouts={"header": "400ms"})
    server.write("hello.txt", HELLO)

    def attack(index):
        earliest = time.monotonic()
        with server.connect() as client:
            if served_before:
                assert client.get("/hello.txt").status == 200
            drip(client, pace=0.005 + 0.002 * index)
            response = client.read_response()
            assert_due(earliest)
            assert response.status == 408 and response["Connection"].lower() == "close"
            client.expect_end()

    with others_unaffected(server):
        in_parallel(16, attack)


@pytest.mark.parametrize("part", [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_stalled_header_is_cut(server, part):
    with others_unaffected(server):
        earliest = time.monotonic()
        with server.connect() as client:
            client.send(part)
            answer = client.read_to_end()
            assert_due(earliest)
        assert answer.startswith(b"HTTP/1.1 408 ") if part.strip() else answer[:13] in (b"", b"HTTP/1.1 408 ")


def test_idle_connection_is_closed_without_a_word(server):
    with others_unaffected(server), server.connect() as client:
        for _ in range(3):
            earliest = time.monotonic()
            assert client.get("/hello.txt").status == 200
        client.expect_end()
        assert_due(earliest)


@pytest.mark.parametrize("body", [
    b"Content-Length: 1000\r\n\r\n" + b"x" * 10, b"Content-Length: 1000\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n",
])
def test_stalled_body_is_cut(server, body):
    with others_unaffected(server), server.connect() as client:
        begin = time.monotonic()  # A body's deadline runs from its last octet.
        client.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\n" + body)
        answer = client.read_to_end()
        assert_due(begin)
        assert answer == b"" or answer.split()[1] in (b"408", b"405")


def test_reader_that_stands_still_is_cut(server):
    with others_unaffected(server), server.connect(receive_buffer=4096) as client:
        client.send(request("GET", "/large.bin"))
        assert client.answered()
        wait_until(lambda: server.process.connections() == 0, "the connection is closed")
        with pytest.raises(Cut):  # and what the kernel had taken over is all there is.
            client.read_response()


def test_many_missed_deadlines_at_once(server):
    with others_unaffected(server), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(500)]
        for number, client in enumerate(clients):
            client.send(STALLED[number % 4])  # Without the large ones, which would be read.
        for client in clients:
            client.read_to_end()
        wait_until(lambda: server.process.connections() == 0, "all descriptors are back")


# -- Slow is not still: whoever makes progress outlives one who began later and does not. These deadlines are longer, lest the
# machine be what is too slow.

PATIENT = f"{1000 * seconds(2):.0f}ms"


def test_requests_keep_a_connection_alive(serve):
    server = serve(timeouts={"keepalive": PATIENT})
    server.write("hello.txt", HELLO)
    with server.connect() as busy, server.connect() as idle:
        assert busy.get("/hello.txt").body == idle.get("/hello.txt").body == HELLO
        while not idle.answered(within=0.05):
            assert busy.get("/hello.txt").body == HELLO
        idle.expect_end()
        assert busy.get("/hello.txt").body == HELLO


def test_body_that_makes_progress_is_waited_for(serve):
    server = serve(timeouts={"body": PATIENT, "header": PATIENT})
    server.write("hello.txt", HELLO)
    head = b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as slow, server.connect() as still:
        slow.send(head)
        still.send(head)
        while not still.answered(within=0.05):
            slow.send(b"1\r\nx\r\n")
        assert still.read_response().status in (405, 408)
        slow.send(b"0\r\n\r\n")
        assert slow.read_response().status == 405
        assert slow.get("/hello.txt").body == HELLO


def was_reset(client, within):
    """Whether it is, or gets so in so many seconds, although octets that nobody reads are there."""
    poll = select.poll()
    poll.register(client.socket, 0)  # Errors and hang-ups are always reported.
    return bool(poll.poll(within * 1000))


def test_reader_that_makes_progress_is_waited_for(serve):
    server = serve(timeouts={"send": PATIENT})
    with open(server.site / "large.bin", "wb") as file:
        file.truncate(LARGE)
    with server.connect(receive_buffer=65536) as slow, server.connect(receive_buffer=65536) as still:
        for client in (slow, still):
            client.send(request("GET", "/large.bin", "Connection: close"))
        received = 0
        while not was_reset(still, within=0.02):
            received += len(slow.read_exactly(50_000))
        assert received < LARGE
        assert received + len(slow.read_to_end()) > LARGE

"""Every wait has a deadline, and whoever misses it costs nobody else anything."""

import contextlib
import time

import pytest

from harness import Cut, Server, in_parallel, pause, request, seconds, wait_until

HELLO = b"hello\n"
SOON = 0.4   # The deadlines under test, in seconds; not stretched, because a clock does not slow down.
EARLY = 0.3  # Nothing is cut before this: SOON less what clocks and wheels round.
LATE = SOON + 1.5 + seconds(1)  # And all is cut before this.
LARGE = 48 << 20  # More than the kernel keeps between two sockets.


@pytest.fixture(scope="module")
def server(mode, module_folder):
    """One deadline per server would be purer, but SOON is the same for all, and no test meets two of them."""
    timeouts = {"header": "400ms", "body": "400ms", "send": "400ms", "keepalive": "400ms"}
    with Server(module_folder, mode=mode, timeouts=timeouts) as server:
        server.write("hello.txt", HELLO)
        with open(server.site / "large.bin", "wb") as file:
            file.truncate(LARGE)
        yield server


@contextlib.contextmanager
def others_unaffected(server):
    """Before and after, and not slower: whoever waits for a deadline waits alone."""
    assert server.get("/hello.txt").body == HELLO
    yield
    begin = time.monotonic()
    assert server.get("/hello.txt").body == HELLO
    assert time.monotonic() - begin < seconds(1)


def assert_due(earliest, latest):
    """The deadline ran from a moment between these, which only the server knows, and has just passed."""
    now = time.monotonic()
    assert now - earliest > EARLY
    assert now - latest < LATE


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
            latest = time.monotonic()
            drip(client, pace=0.005 + 0.002 * index)
            response = client.read_response()
            assert_due(earliest, latest)
            assert response.status == 408 and response["Connection"].lower() == "close"
            client.expect_end()

    with others_unaffected(server):
        in_parallel(16, attack)


@pytest.mark.parametrize("part", [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_stalled_header_is_cut(server, part):
    with others_unaffected(server):
        earliest = time.monotonic()
        with server.connect() as client:
            latest = time.monotonic()
            client.send(part)
            answer = client.read_to_end()
            assert_due(earliest, latest)
        assert answer.startswith(b"HTTP/1.1 408 ") if part.strip() else answer[:13] in (b"", b"HTTP/1.1 408 ")


def test_idle_connection_is_closed_without_a_word(server):
    with others_unaffected(server), server.connect() as client:
        for _ in range(3):
            earliest = time.monotonic()
            assert client.get("/hello.txt").status == 200
        latest = time.monotonic()
        client.expect_end()
        assert_due(earliest, latest)


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
        assert_due(begin, begin)
        assert answer == b"" or answer.split()[1] in (b"408", b"405")


def test_reader_that_stands_still_is_cut(server):
    with others_unaffected(server), server.connect(receive_buffer=4096) as client:
        client.send(request("GET", "/large.bin"))
        client.answered(within=seconds(5))
        wait_until(lambda: server.process.connections() == 0, "the connection is closed", patience=LATE)
        with pytest.raises(Cut):  # and what the kernel had taken over is all there is.
            client.read_response()


def test_many_missed_deadlines_at_once(server):
    with others_unaffected(server), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(500)]
        parts = (b"", b"GET / HT", request("GET", "/hello.txt"), request("POST", "/", body=b"012345678")[:-5])
        for number, client in enumerate(clients):
            client.send(parts[number % len(parts)])
        for client in clients:
            client.read_to_end()
        wait_until(lambda: server.process.connections() == 0, "all descriptors are back")


# -- Slow is not still. These deadlines are longer, lest the machine be what is too slow.


def test_requests_keep_a_connection_alive(serve):
    server = serve(timeouts={"keepalive": "2s"})
    server.write("hello.txt", HELLO)
    with server.connect() as client:
        for _ in range(16):
            assert client.get("/hello.txt").body == HELLO
            pause(0.15)


def test_body_that_makes_progress_is_waited_for(serve):
    server = serve(timeouts={"body": "2s", "header": "2s"})
    server.write("hello.txt", HELLO)
    with server.connect() as client:
        client.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n")
        for _ in range(16):
            pause(0.15)
            client.send(b"x")
        assert client.read_response().status == 405
        assert client.get("/hello.txt").body == HELLO


def test_reader_that_makes_progress_is_waited_for(serve):
    """At 8 MB/s the download outlasts the deadline."""
    server = serve(timeouts={"send": "2s"})
    with open(server.site / "large.bin", "wb") as file:
        file.truncate(LARGE)
    with server.connect(receive_buffer=65536) as client:
        client.send(request("GET", "/large.bin", "Connection: close"))
        received, begin = 0, time.monotonic()
        while chunk := client.socket.recv(1 << 20):
            received += len(chunk)
            ahead = received / 8e6 - (time.monotonic() - begin)
            if ahead > 0 and time.monotonic() < begin + 4:  # Then it may have the rest at once.
                pause(min(ahead, 0.2))
        assert received > LARGE

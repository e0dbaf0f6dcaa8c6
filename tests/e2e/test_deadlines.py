"""Every wait has a deadline, and whoever misses it costs nobody else anything.

That no deadline comes too early is measured. That it does not come too late is the unit tests' affair, whose clock does
not depend on what else the machine has to do: here it has to come, and a client that waits in vain for it is a failure.
"""

import contextlib
import select
import time

import pytest

from harness import Cut, Server, in_parallel, request, seconds, wait_until

HELLO = b"hello\n"
SHORT = seconds(0.4)  # The deadline of those who do nothing in time.
LONG = seconds(2)  # That of those who have to do something in time, and may be kept waiting by a busy machine.
LARGE = 48 << 20  # More than the kernel keeps between two sockets.


@pytest.fixture(scope="module")
def server(mode, module_directory):
    """For whoever stalls at once. No test meets two of these deadlines."""
    with Server(module_directory, mode=mode, timeouts=timeouts(SHORT, "header", "body", "send", "keepalive")) as server:
        server.write("hello.txt", HELLO)
        yield server


def timeouts(deadline, *keys):
    return {key: f"{1000 * deadline:.0f}ms" for key in keys}


@contextlib.contextmanager
def due(deadline):
    """The end that comes within is that of a deadline, which ran from some moment within: only the server knows it."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin > 0.9 * deadline  # Clocks and wheels round.


def write_large(server):
    with open(server.site / "large.bin", "wb") as file:
        file.truncate(LARGE)


STALLED = (b"", b"GET / HT", request("GET", "/hello.txt"), request("POST", "/", body=b"012345678")[:-5],
           request("GET", "/large.bin"))


def test_stalled_clients_hold_up_nobody(serve):
    """Whoever waits for a deadline waits alone: others are served before it, however many stall."""
    server = serve(server={"workers": 2})
    server.write("hello.txt", HELLO)
    write_large(server)
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
    server = serve(timeouts=timeouts(LONG, "header"))
    server.write("hello.txt", HELLO)

    def attack(index):
        with due(LONG), server.connect() as client:
            if served_before:
                assert client.get("/hello.txt").status == 200
            drip(client, pace=seconds(0.005 + 0.002 * index))
            response = client.read_response()
            assert response.status == 408 and response["Connection"].lower() == "close"
            client.expect_end()

    in_parallel(16, attack)


@pytest.mark.parametrize("part", [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_stalled_header_is_cut(server, part):
    with due(SHORT), server.connect() as client:
        client.send(part)
        answer = client.read_to_end()
    assert answer.startswith(b"HTTP/1.1 408 ") if part.strip() else answer[:13] in (b"", b"HTTP/1.1 408 ")


def test_idle_connection_is_closed_without_a_word(serve):
    server = serve(timeouts=timeouts(LONG, "keepalive"))
    server.write("hello.txt", HELLO)
    with server.connect() as client:
        for _ in range(2):
            assert client.get("/hello.txt").status == 200
        with due(LONG):
            assert client.get("/hello.txt").status == 200
            client.expect_end()


@pytest.mark.parametrize("body", [
    b"Content-Length: 1000\r\n\r\n" + b"x" * 10, b"Content-Length: 1000\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n",
])
def test_stalled_body_is_cut(server, body):
    with server.connect() as client, due(SHORT):
        client.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\n" + body)
        answer = client.read_to_end()
    assert answer == b"" or answer.split()[1] in (b"408", b"405")


def test_reader_that_stands_still_is_cut(serve):
    server = serve(timeouts=timeouts(SHORT, "send"))
    write_large(server)
    with server.connect(receive_buffer=4096) as client:
        client.send(request("GET", "/large.bin"))
        assert client.answered()
        wait_until(lambda: server.process.connections() == 0, "the connection is closed")
        with pytest.raises(Cut):  # and what the kernel had taken over is all there is.
            client.read_response()


def test_many_missed_deadlines_at_once(server):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(500)]
        for number, client in enumerate(clients):
            client.send_while_open(STALLED[number % 4])  # Without the large ones, which would be read.
        for client in clients:
            client.read_to_end()
        wait_until(lambda: server.process.connections() == 0, "all descriptors are back")
    wait_until(lambda: is_served(server), "others are served")


def is_served(server):
    """A client that is kept waiting by a busy machine may miss so short a deadline, too. Then it asks again."""
    with contextlib.suppress(Cut, BrokenPipeError, ConnectionResetError):
        return server.get("/hello.txt").body == HELLO
    return False


# -- Slow is not still: whoever makes progress outlives one who began later and does not.


def test_requests_keep_a_connection_alive(serve):
    server = serve(timeouts=timeouts(LONG, "keepalive"))
    server.write("hello.txt", HELLO)
    with server.connect() as busy, server.connect() as idle:
        assert busy.get("/hello.txt").body == idle.get("/hello.txt").body == HELLO
        while not idle.answered(within=0.05):
            assert busy.get("/hello.txt").body == HELLO
        idle.expect_end()
        assert busy.get("/hello.txt").body == HELLO


def test_body_that_drips_has_a_deadline_for_all_of_it(serve):
    """Progress alone is not enough: after the grace of timeouts.body it must come at a minimum rate."""
    server = serve(timeouts=timeouts(SHORT, "body"), limits={"body_rate": 1000})
    with server.connect() as drip:
        drip.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not drip.answered(within=SHORT / 10):
            drip.send(b"1\r\nx\r\n")
        assert drip.read_response().status == 408


def test_body_that_makes_progress_is_waited_for(serve):
    server = serve(timeouts=timeouts(LONG, "body", "header"), limits={"body_rate": 0})
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
    server = serve(timeouts=timeouts(LONG, "send"))
    write_large(server)
    with server.connect(receive_buffer=65536) as slow, server.connect(receive_buffer=65536) as still:
        for client in (slow, still):
            client.send(request("GET", "/large.bin", "Connection: close"))
        received = 0
        while not was_reset(still, within=0.02):
            received += len(slow.read_exactly(50_000))
        assert received < LARGE
        assert received + len(slow.read_to_end()) > LARGE

"""SIGTERM and SIGINT: what is in flight is finished, nothing new begins, and the end is near and orderly."""

import signal
import socket
import time

import pytest

from harness import HANG, Cut, request, wait_until

LARGE = bytes(range(1, 251)) * 80_000  # 20 MB: more than the kernel keeps between two sockets.
both_signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)


def refuses(server):
    """Whether the listener is gone."""
    try:
        socket.create_connection(server.address, HANG).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # It was waiting to be accepted when the listener went.
    return False


def begin_large(server):
    """A download of which the first octets have arrived and the rest waits for its reader."""
    client = server.connect(receive_buffer=65536)
    client.send(request("GET", "/large.bin"))
    assert client.answered()
    return client


@both_signals
def test_request_in_flight_is_finished(serve, number):
    server = serve(timeouts={"shutdown": "1h"})
    server.write("large.bin", LARGE)
    client = begin_large(server)
    server.signal(number)
    wait_until(lambda: refuses(server), "new connections are refused")
    assert server.running()
    assert client.read_response().body == LARGE
    client.expect_end()
    server.await_exit()


@both_signals
def test_idle_server_exits_at_once(serve, number):
    serve(timeouts={"shutdown": "1h"}).stop(by=number)


def test_idle_connections_are_closed_at_once(serve):
    server = serve(timeouts={"shutdown": "1h"})
    server.write("hello.txt", b"hello")
    server.write("large.bin", LARGE)
    kept_alive = [server.connect() for _ in range(20)]
    for client in kept_alive:
        assert client.get("/hello.txt").status == 200
    silent = [server.connect() for _ in range(5)]
    busy = begin_large(server)
    server.signal(signal.SIGTERM)
    for client in kept_alive + silent:  # They end while the busy one still has its time.
        client.expect_end()
    assert busy.read_response().body == LARGE
    server.await_exit()


def test_shutdown_is_bounded(serve):
    """A reader that stands still is waited for, but not for ever."""
    server = serve(timeouts={"shutdown": "700ms"})
    server.write("large.bin", LARGE)
    client = begin_large(server)
    begin = time.monotonic()
    server.signal(signal.SIGTERM)
    server.await_exit()
    assert time.monotonic() - begin > 0.6
    with pytest.raises(Cut):
        client.read_response()


@pytest.mark.parametrize("part", [b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123"])
def test_incomplete_request_does_not_hold_up_the_end_for_ever(serve, part):
    server = serve(timeouts={"shutdown": "500ms"})
    client = server.connect()
    client.send(part)
    server.stop()
    client.read_to_end()


def test_pipelined_requests_that_were_taken_are_answered_whole(serve):
    """However many of them are answered: no response is cut in its middle."""
    server = serve(timeouts={"shutdown": "1h"})
    server.write("large.bin", LARGE)
    client = server.connect(receive_buffer=65536)
    client.send(request("GET", "/large.bin") * 3)
    assert client.read_response().body == LARGE
    server.signal(signal.SIGTERM)
    octets = client.read_to_end()
    while octets:
        head, _, octets = octets.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert octets[:len(LARGE)] == LARGE
        octets = octets[len(LARGE):]
    server.await_exit()


def test_shutdown_under_load(serve):
    """Clients that keep asking see whole responses, then an end; the exit is clean whatever it interrupts."""
    server = serve(timeouts={"shutdown": "10s"})
    server.write("hello.txt", b"hello" * 1000)
    clients = [server.connect() for _ in range(50)]
    for step in range(20):
        for client in clients:
            client.send_while_open(request("GET", "/hello.txt"))
        if step == 10:
            server.signal(signal.SIGTERM)
        for client in clients:
            try:
                assert client.read_response().body == b"hello" * 1000
            except Cut as cut:
                assert step >= 10 and cut.received == b""
    for client in clients:
        client.read_to_end()
    server.await_exit()


def test_port_is_free_again(serve):
    """A restart on the same port, right after connections were closed, does not fail with EADDRINUSE."""
    server = serve()
    server.write("hello.txt", b"hello")
    clients = [server.connect() for _ in range(5)]
    for client in clients:
        assert client.get("/hello.txt").status == 200
    server.stop()
    again = serve(server={"listen": "%s:%d" % server.address})
    assert again.get("/hello.txt").body == b"hello"


def test_signals_in_a_row(serve):
    server = serve(timeouts={"shutdown": "500ms"})
    server.write("large.bin", LARGE)
    client = begin_large(server)
    server.signal(signal.SIGTERM)
    wait_until(lambda: refuses(server), "the first is heard")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGPIPE):
        server.signal(number)
    server.await_exit()
    client.close()

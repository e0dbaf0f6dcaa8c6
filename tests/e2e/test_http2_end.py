"""How connections of HTTP/2 end: GOAWAY, in two steps (RFC 9113 6.8), and deadlines."""

import signal
import time

import pytest

from client import Client
from harness import EACH_MODEL, Server, seconds, wait_until
from http2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, LAST, PING, PREFACE, Error, Gone,
                          Http2, Wire, frame)

HELLO = b"hello\n"
LARGE = bytes(range(1, 251)) * 80_000  # 20 MB: more than the kernel keeps between two sockets.
SHORT = seconds(0.4)


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture
def start(tmp_path, mode):
    """Starts a server; the test, or its end, stops it."""
    servers = []

    def begin(**sections):
        sections.setdefault("timeouts", {}).setdefault("shutdown", "1h")
        servers.append(Server(tmp_path, mode=mode, **{"server": {"h2c": "on"}, "site": {"echo": "on"}, **sections}).__enter__())
        servers[-1].write("hello.txt", HELLO)
        servers[-1].write("large.bin", LARGE)
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def ms(duration):
    return f"{1000 * duration:.0f}ms"


# -- A server that is told to stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_download_is_finished(start, number):
    server = start()
    with Http2(server, window=1 << 20, receive_buffer=65536) as client:
        client.open(0, 1 << 22)
        stream = client.begin("GET", "/large.bin")
        client.until(lambda: client.streams[stream].body, "its first octets", stream)
        server.signal(number)
        client.until(lambda: client.goaways, "the announcement")
        assert client.goaways[0] == (LAST, Error.NO_ERROR)
        assert client.read(stream).body == LARGE
        client.read_to_end()
        assert client.goaways[1:] == [(stream, Error.NO_ERROR)]
        server.await_exit()


def test_what_is_asked_for_meanwhile_is_answered(start):
    """Between the two steps: the client cannot know yet. After the second, it does, and nothing is done for it."""
    server = start()
    with Wire(server) as wire:
        wire.send(wire.headers(wire.head("POST", "/echo"), end=False))
        server.get("/hello.txt")
        server.signal(signal.SIGTERM)
        said = [wire.next_of(GOAWAY, PING) for _ in range(2)]
        goaway, ping = sorted(said, key=lambda found: found.type, reverse=True)
        assert (goaway.type, goaway.number, goaway.error, ping.type) == (GOAWAY, LAST, Error.NO_ERROR, PING)
        wire.send(wire.headers(wire.head()))
        assert wire.until(DATA, 3).payload == HELLO
        wire.send(frame(PING, ping.payload, 0, ACK))
        goaway = wire.until(GOAWAY)
        assert (goaway.number, goaway.error) == (3, Error.NO_ERROR)
        wire.send(wire.headers(wire.head()))  # Ignored.
        wire.send(frame(DATA, b"late", 1, END_STREAM))
        assert wire.until(DATA, 1).payload == b"late"
        assert {found.stream for found in wire.rest() if found.type in (HEADERS, DATA)} <= {1}
    server.await_exit()


def test_the_ping_that_is_waited_for_comes_after_the_announcement(start):
    """Or its answer does not say that the client has heard that."""
    server = start()
    with Wire(server) as wire:
        wire.send(wire.headers(wire.head()))
        assert wire.until(DATA, 1).payload == HELLO
        server.signal(signal.SIGTERM)
        assert wire.next_of(GOAWAY, PING).type == GOAWAY


def test_idle_connections_are_told_and_closed(start):
    server = start()
    clients = [Http2(server) for _ in range(10)]
    for client in clients:
        assert client.get("/hello.txt").body == HELLO
    silent = [Http2(server).settle() for _ in range(3)]
    server.signal(signal.SIGTERM)
    for client in clients:
        client.read_to_end()
        assert client.goaways[0] == (LAST, Error.NO_ERROR) or client.goaways == [(1, Error.NO_ERROR)]
        assert client.goaways[-1] == (1, Error.NO_ERROR)
    for client in silent:
        client.read_to_end()
        assert all(error == Error.NO_ERROR for _, error in client.goaways)
    server.await_exit()


@pytest.mark.parametrize("said, shutdown", [(b"", "1h"), (PREFACE, "1h"), (PREFACE[:10], "500ms"), (PREFACE + b"\0\0", "500ms")],
                         ids=["nothing", "preface", "half a preface", "half a frame"])
def test_who_has_said_little_holds_up_nobody(start, said, shutdown):
    """Who is in the midst of saying something is waited for, as over HTTP/1.1, but not for long."""
    server = start(timeouts={"shutdown": shutdown})
    with Wire(server, first=said):
        server.get("/hello.txt")
        server.stop()


@pytest.mark.parametrize("served", [False, True], ids=["silent", "served"])
def test_who_does_not_answer_the_ping_holds_up_nobody(start, served):
    """It is not waited for: timeouts.shutdown is an hour here."""
    server = start()
    with Wire(server) as wire:
        if served:
            wire.send(wire.headers(wire.head()))
            assert wire.until(DATA, 1).payload == HELLO
        server.signal(signal.SIGTERM)
        assert all(found.error == Error.NO_ERROR for found in wire.rest() if found.type == GOAWAY)
        server.await_exit()


def test_shutdown_is_bounded(start):
    server = start(timeouts={"shutdown": "700ms"})
    with Http2(server, generous=False) as client:
        stream = client.begin("GET", "/large.bin")
        client.until(lambda: client.streams[stream].body, "its first octets", stream)
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        server.await_exit()
        assert time.monotonic() - begin > 0.6
        with pytest.raises(Gone):
            client.read(stream)


def test_shutdown_under_load(start):
    """Whatever was begun before the last stream that GOAWAY names has a whole answer."""
    server = start(timeouts={"shutdown": "1h"})
    clients = [Http2(server) for _ in range(10)]
    for step in range(20):
        for client in clients:
            for _ in range(3):
                if not client.goaways:
                    client.begin("GET", "/hello.txt")
        if step == 10:
            server.signal(signal.SIGTERM)
        for client in clients:
            if not client.over:
                client.take()
    for client in clients:
        client.read_to_end()
        last = client.goaways[-1][0]
        for stream in client.streams.values():
            assert stream.id > last or bytes(stream.body) == HELLO
        client.close()
    server.await_exit()


# -- Connections that have had their time


def test_only_so_many_requests(start):
    server = start(limits={"keepalive_requests": 3})
    with Http2(server) as client:
        for _ in range(3):
            assert client.get("/hello.txt").body == HELLO
        client.read_to_end()
        assert client.goaways == [(LAST, Error.NO_ERROR), (5, Error.NO_ERROR)]
    with Http2(server) as client:  # More at a time than that: those that came before the client could know are served.
        streams = [client.begin("GET", "/hello.txt") for _ in range(10)]
        for stream in streams[:3]:
            assert client.read(stream).body == HELLO
        client.read_to_end()
        last = client.goaways[-1][0]
        assert last >= streams[2]
        assert all(bytes(client.streams[stream].body) == HELLO for stream in streams if stream <= last)


def test_an_idle_connection_ends(start):
    server = start(timeouts={"keepalive": ms(SHORT)})
    with Http2(server) as client:
        assert client.get("/hello.txt").body == HELLO
        begin = time.monotonic()
        client.read_to_end()
        assert client.goaways[-1] == (1, Error.NO_ERROR)
        assert time.monotonic() - begin > 0.8 * SHORT


def test_requests_keep_a_connection_alive(start):
    server = start(timeouts={"keepalive": ms(seconds(2))})
    with Http2(server) as busy, Http2(server) as idle:
        assert busy.get("/hello.txt").body == idle.get("/hello.txt").body == HELLO
        wait_until(lambda: busy.get("/hello.txt") and idle.client.answered(within=0.05), "the idle one is told")
        idle.read_to_end()
        assert not busy.goaways and busy.get("/hello.txt").body == HELLO


def test_pings_are_no_request(start):
    """Who never asks for anything has timeouts.header."""
    server = start(timeouts={"header": ms(SHORT)})
    with Http2(server) as client:
        client.settle()
        with pytest.raises(Gone):
            wait_until(lambda: client.ping(), "the end")


def test_a_slow_answer_is_not_idle(start):
    server = start(timeouts={"keepalive": ms(SHORT), "header": ms(SHORT)})
    with Http2(server, generous=False) as client, Http2(server) as idle:
        stream = client.begin("GET", "/large.bin")
        idle.get("/hello.txt")
        idle.read_to_end()
        assert not client.goaways
        client.open(0, len(LARGE))
        client.open(stream, len(LARGE))
        assert client.read(stream).body == LARGE


@pytest.mark.parametrize("part", ["nothing", "half a preface", "preface", "half a head"])
def test_a_head_that_does_not_come(start, part):
    server = start(timeouts={"header": ms(SHORT), "keepalive": ms(SHORT)})
    begin = time.monotonic()
    first = {"nothing": b"", "half a preface": b"PRI * HTTP/2"}.get(part)
    with (Wire(server) if first is None else Wire(server, first=first)) as wire:
        if part == "half a head":
            wire.send(frame(HEADERS, wire.block(wire.head())[:10], 1, END_STREAM))
        wire.client.read_to_end()
        assert time.monotonic() - begin > 0.8 * SHORT
    assert server.get("/hello.txt").body == HELLO


def test_a_head_that_does_not_come_beside_others(start):
    """Frames of others may not come between; but PING would, were it not forbidden as well."""
    server = start(timeouts={"header": ms(SHORT)})
    with Wire(server) as wire:
        wire.send(wire.headers(wire.head("POST", "/echo"), end=False))
        wire.send(frame(HEADERS, wire.block(wire.head()), 3, END_STREAM))
        assert wire.until(GOAWAY) is not None or wire.ended


@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside others"])
def test_a_body_that_does_not_come(start, others):
    server = start(timeouts={"body": ms(SHORT)})
    with Http2(server) as client:
        begin = time.monotonic()
        stream = client.begin("POST", "/echo", end=False)
        client.send(stream, b"half")
        if others:
            wait_until(lambda: client.get("/hello.txt") and client.streams[stream].closed, "it is ended")
        assert client.read(stream).status == 408
        assert time.monotonic() - begin > 0.9 * SHORT
        assert client.get("/hello.txt").body == HELLO


def test_a_body_that_drips(start):
    """Progress alone is not enough: limits.body_rate."""
    server = start(timeouts={"body": ms(SHORT)}, limits={"body_rate": 1000})
    with Http2(server) as client:
        stream = client.begin("POST", "/echo", end=False)

        def ended():
            if not client.streams[stream].closed:
                client.send(stream, b"x")
                client.ping()
            return client.streams[stream].closed

        wait_until(ended, "it is ended")
        assert client.read(stream).status == 408


# -- Clients that end


def test_a_client_that_says_goodbye_gets_its_answer(start):
    """GOAWAY of a client ends nothing that was begun; then the server has nothing to wait for."""
    server = start()
    with Wire(server) as wire:
        wire.send(wire.headers(wire.head()) + frame(GOAWAY, bytes(8)))
        assert wire.until(DATA, 1).payload == HELLO
        wire.rest()
    wait_until(lambda: server.process.connections() == 0, "it is closed")


def test_a_client_that_half_closes_gets_its_answer(start):
    server = start()
    with Wire(server) as wire:
        wire.send(wire.headers(wire.head()))
        wire.client.half_close()
        assert wire.until(DATA, 1).payload == HELLO
        wire.rest()
    wait_until(lambda: server.process.connections() == 0, "it is closed")


@pytest.mark.parametrize("target", ["/hello.txt", "/large.bin"])
def test_a_client_that_vanishes(start, target):
    server = start()
    for _ in range(10):
        client = Http2(server, window=1 << 20)
        stream = client.begin("GET", target)
        client.begin("POST", "/echo", end=False)
        client.until(lambda client=client, stream=stream: client.streams[stream].body, "its first octets", stream)
        client.client.reset()
    wait_until(lambda: server.process.connections() == 0, "all are closed")
    assert server.get("/hello.txt").body == HELLO


def test_octets_after_the_end_of_a_connection(start):
    """The server has ended it; what still comes disturbs nobody, and no reset overtakes GOAWAY."""
    server = start()
    with Wire(server) as wire:
        wire.send(frame(CONTINUATION, b"x", 1, END_HEADERS))
        wire.send(bytes(100_000))
        goaway = wire.until(GOAWAY)
        assert goaway.error == Error.PROTOCOL_ERROR
        wire.rest()
    with Client(server.address, tls=server.tls) as client:
        assert client.get("/hello.txt").body == HELLO

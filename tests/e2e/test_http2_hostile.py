"""Clients of HTTP/2 that mean harm: each costs the server a bounded amount, and nobody else notices.

Every attack runs beside a visitor who asks for a file on new connections, of both protocols. Every attack is bounded, too:
a server that takes all of it has failed where its frames ask for nothing, and must have stayed small where it may.
"""

import contextlib
import random
import struct
import threading
import time

import pytest

from harness import FIRST_OF_MODEL, HANG, SANITIZED, Server, in_parallel, seconds, wait_until
from http2_client import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PRIORITY, RST_STREAM,
                          SETTINGS, WINDOW_UPDATE, Error, Http2, Wire, frame, number, settings)

HELLO = b"hello\n"
MIB = 1 << 20
ROOM = 48 * MIB  # What an attack may cost in memory: the buffers of its one connection, and what malloc keeps.
# The last is what nghttp2 says by itself of too many RST_STREAM.
QUIET = (Error.ENHANCE_YOUR_CALM, Error.PROTOCOL_ERROR, Error.FLOW_CONTROL_ERROR, Error.INTERNAL_ERROR)


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, server={"h2c": "on"}, site={"echo": "on"}, limits={"body": "1m"}) as server:
        server.write("hello.txt", HELLO)
        server.write("large.bin", bytes(1 << 20))
        for _ in range(20):  # So that what is allocated once is there.
            with Http2(server) as client:
                client.get("/large.bin")
                client.ask("POST", "/echo", body=bytes(100_000))
        yield server


def visit(server):
    assert server.get("/hello.txt").body == HELLO
    with Http2(server) as client:
        assert client.get("/hello.txt").body == HELLO


class Watch:
    """Visits until the attack is over; notes how long a visit took at most, and how large the server was."""

    def __init__(self, server):
        self.server, self.over, self.longest, self.visits = server, threading.Event(), 0.0, 0
        visit(server)
        self.before = self.largest = server.process.memory().anonymous

    def __call__(self):
        while not self.over.is_set() or self.visits == 0:
            begin = time.monotonic()
            visit(self.server)
            self.longest = max(self.longest, time.monotonic() - begin)
            self.largest = max(self.largest, self.server.process.memory().anonymous)
            self.visits += 1


def under(server, attack, room=ROOM):
    """Runs the attack beside a visitor, and returns what it returned."""
    watch = Watch(server)

    def strike():
        with contextlib.ExitStack() as stack:
            stack.callback(watch.over.set)
            return attack()

    _, result = in_parallel(2, lambda index: strike() if index else watch())
    print(f"{watch.visits} visits, {watch.longest:.3f} s the longest, {(watch.largest - watch.before) / MIB:.1f} MiB more")
    assert watch.longest < seconds(5)  # About 10 ms on a machine that has nothing else to do.
    assert SANITIZED or watch.largest - watch.before < room
    visit(server)
    return result


def flooded(server, piece, most, first=b"", errors=QUIET):
    """The server ends the connection before it has taken `most` of the pieces, and says why."""
    def attack():
        with Wire(server) as wire:
            wire.send(first(wire) if callable(first) else first)
            count = wire.flood(piece, most)
            assert not wire.survives(), f"it took all {count}"
            assert wire.error is None or wire.error in errors, Error(wire.error)  # A reset may overtake the word.

    return under(server, attack)


def opened(wire):
    return wire.headers(wire.head("POST", "/echo"), end=False)


FLOODS = {
    # Frames that ask for nothing.
    "PING": (frame(PING, bytes(8)) * 10, b""),
    "SETTINGS": (frame(SETTINGS) * 10, b""),
    "SETTINGS that say something": (settings(INITIAL_WINDOW_SIZE=100_000) * 10, b""),
    "PRIORITY_UPDATE": (frame(16, struct.pack(">I", 1) + b"u=1") * 10, opened),
    "WINDOW_UPDATE": (number(WINDOW_UPDATE, 1) * 10, b""),
    "WINDOW_UPDATE of a stream": (number(WINDOW_UPDATE, 1, 1) * 10, opened),
    "empty DATA": (frame(DATA, b"", 1) * 10, opened),
    "RST_STREAM after the end": (number(RST_STREAM, 8, 1) * 10, lambda wire: wire.headers(wire.head())),
}


@pytest.mark.parametrize("piece, first", FLOODS.values(), ids=FLOODS.keys())
def test_floods_of_frames_that_ask_for_nothing(server, piece, first):
    flooded(server, piece, 10_000, first, QUIET + (Error.STREAM_CLOSED,))


@pytest.mark.parametrize("piece", [frame(PRIORITY, struct.pack(">IB", 0, 1), 1), frame(99, b""), frame(DATA, bytes([0]), 1, PADDED),
                                   number(WINDOW_UPDATE, 1, 3)],
                         ids=["PRIORITY", "unknown", "DATA of padding", "WINDOW_UPDATE of a stream that has ended"])
def test_floods_of_what_is_not_even_looked_at(server, piece):
    """nghttp2 skips such frames without a word to anyone: they cost what their octets cost."""
    def attack():
        with Wire(server) as wire:
            wire.send(opened(wire) + wire.headers(wire.head()))
            assert wire.until(DATA, 3).payload == HELLO
            wire.flood(piece * 100, 1000)
            wire.survives()

    under(server, attack)


@pytest.mark.parametrize("piece", [frame(PING, bytes(8)), frame(SETTINGS)], ids=["PING", "SETTINGS"])
def test_floods_whose_answers_nobody_reads(server, piece):
    def attack():
        with Wire(server, receive_buffer=4096) as wire:
            poured = all(wire.pour(piece * 1000) for _ in range(300))
            return not poured or not wire.survives()

    assert under(server, attack), "it took all of them"


def test_rapid_reset(server):
    """CVE-2023-44487: 10,000 requests, each called off at once."""
    def attack():
        with Wire(server) as wire:
            octets = b"".join(wire.headers(wire.head(path="/large.bin")) + number(RST_STREAM, 8, wire.next - 2)
                              for _ in range(10_000))
            wire.flood(octets, 1)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


def test_resets_that_the_server_is_made_to_send(server):
    """CVE-2025-8671: the request is whole, then comes a fault on its stream, which the server has to reset."""
    def attack():
        with Wire(server) as wire:
            octets = b"".join(wire.headers(wire.head(path="/large.bin")) + number(WINDOW_UPDATE, (1 << 31) - 1, wire.next - 2)
                              for _ in range(10_000))
            wire.flood(octets, 1)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


def test_malformed_requests_without_end(server):
    """They cost little more than those that are answered; but they end, too."""
    def attack():
        with Wire(server) as wire:
            octets = b"".join(wire.headers([("x", "y")]) for _ in range(20_000))
            wire.flood(octets, 1)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


def test_more_streams_than_there_may_be_without_end(server):
    """Each is refused (or all are ended): 20,000 of them."""
    def attack():
        with Wire(server, first=PREFACE) as wire:
            wire.send(frame(SETTINGS) + b"".join(opened(wire) for _ in range(128)))
            wire.flood(b"".join(wire.headers(wire.head()) for _ in range(20_000)), 1)

    under(server, attack)


# -- Heads


def test_continuations_without_end(server):
    """CVE-2024-28182: neither END_HEADERS nor an end of their number."""
    def attack():
        with Wire(server) as wire:
            wire.send(frame(HEADERS, wire.block(wire.head()), 1))
            wire.flood(frame(CONTINUATION, b"\x00\x01x" + b"\x7f\xe1\x5e" + bytes(8000), 1), 2000)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


@pytest.mark.parametrize("piece", [b"", b"\x82"], ids=["empty", "an octet"])
def test_small_continuations_without_end(server, piece):
    def attack():
        with Wire(server) as wire:
            wire.send(frame(HEADERS, wire.block(wire.head()), 1))
            wire.flood(frame(CONTINUATION, piece, 1) * 10, 2000)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


def bomb(times):
    """One field of 4,000 octets, and so many references of an octet each: HPACK's index 62 is the last that was added."""
    return b"\x40\x01x\x7f" + bytes([0xA1, 0x1E]) + b"a" * 4000 + b"\xbe" * times


# Not strict: whether a visitor shares a loop with the attacker is chance, and so is what else the machine does.
@pytest.mark.parametrize("frames", [1, 5])
def test_a_small_head_that_is_a_large_one(server, frames):
    """An HPACK bomb: 16 KB that mean 64 MB."""
    def attack():
        for _ in range(3):
            with Wire(server) as wire:
                whole = END_HEADERS if frames == 1 else 0
                wire.send(frame(HEADERS, wire.block(wire.head()) + bomb(10_000), 1, END_STREAM | whole))
                for index in range(1, frames):
                    wire.send(frame(CONTINUATION, b"\xbe" * 16_000, 1, END_HEADERS if index == frames - 1 else 0))
                assert wire.outcome(1) in (("status", 431), ("reset", Error.PROTOCOL_ERROR), ("reset", Error.ENHANCE_YOUR_CALM),
                                           ("reset", Error.INTERNAL_ERROR), ("goaway", Error.ENHANCE_YOUR_CALM),
                                           ("goaway", Error.PROTOCOL_ERROR), ("goaway", Error.COMPRESSION_ERROR))

    under(server, attack)


@pytest.mark.skipif(SANITIZED, reason="it is about time on a processor")
def test_a_head_costs_no_more_than_its_octets(server):
    """The bomb in five frames means 300 MB; who is over the limit need not be read with care."""
    before = server.process.cpu_seconds()
    with Wire(server) as wire:
        wire.send(frame(HEADERS, wire.block(wire.head()) + bomb(10_000), 1, END_STREAM))
        for index in range(4):
            wire.send(frame(CONTINUATION, b"\xbe" * 16_000, 1, END_HEADERS if index == 3 else 0))
        wire.survives()
    cost = server.process.cpu_seconds() - before
    print(f"{cost:.3f} s")
    assert cost < 0.05


def test_many_bombs_at_a_time(server):
    """On streams that stay open for want of their bodies."""
    def attack():
        with Wire(server) as wire:
            head = wire.block(wire.head("POST", "/echo"))
            octets = b"".join(frame(HEADERS, head + bomb(10_000), 1 + 2 * index, END_HEADERS) for index in range(20))
            wire.flood(octets, 1)
            wire.survives()

    under(server, attack)


def test_cookies_by_the_thousand(server):
    def attack():
        with Wire(server) as wire:
            crumb = wire.block([("cookie", "a" * 30)])
            again = b"\xbe" * 12_000
            wire.send(frame(HEADERS, wire.block(wire.head()) + crumb + again, 1, END_HEADERS | END_STREAM))
            assert wire.outcome(1) in (("status", 431), ("goaway", Error.ENHANCE_YOUR_CALM))

    under(server, attack)


@pytest.mark.parametrize("drip", [False, True], ids=["silent", "dripping"])
def test_heads_that_are_never_finished(mode, tmp_path, drip):
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, timeouts={"header": f"{1000 * seconds(0.5):.0f}ms"}) as server:
        server.write("hello.txt", HELLO)

        def attack():
            with contextlib.ExitStack() as stack:
                wires = [stack.enter_context(Wire(server)) for _ in range(20)]
                for wire in wires:
                    wire.send(frame(HEADERS, wire.block(wire.head()), 1))

                def gone():
                    if drip:
                        for wire in wires:
                            wire.send(frame(CONTINUATION, wire.block([("x", "y")]), 1))
                    return server.process.connections() <= 4  # The visitor's.

                wait_until(gone, "all are ended")

        under(server, attack)


# -- Bodies and answers


def test_bodies_that_are_never_finished(mode, tmp_path):
    """As many streams as there may be, each with as much of a body as its window takes."""
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, site={"echo": "on"}, limits={"body": "64m", "body_rate": 0},
                timeouts={"body": f"{1000 * seconds(2):.0f}ms"}) as server:
        server.write("hello.txt", HELLO)

        def attack():
            with Http2(server) as client:
                streams = [client.settle().begin("POST", "/echo", end=False) for _ in range(100)]
                for _ in range(16):
                    for stream in streams:
                        if not client.streams[stream].closed:
                            client.send(stream, bytes(16_384))
                client.until(lambda: all(client.streams[stream].closed for stream in streams), "the ends")
                assert {client.streams[stream].status for stream in streams if client.streams[stream].fields} <= {408}
                assert client.get("/hello.txt").body == HELLO

        under(server, attack)


def test_answers_that_nobody_reads(server):
    """128 large files to a client without windows: they cost no memory."""
    def attack():
        with contextlib.ExitStack() as stack:
            for _ in range(10):
                wire = stack.enter_context(Wire(server, first=PREFACE + settings(INITIAL_WINDOW_SIZE=0), receive_buffer=4096))
                wire.send(b"".join(wire.headers(wire.head(path="/large.bin")) for _ in range(100)))
            visit(server)

    under(server, attack)


def test_echoes_that_nobody_reads(server):
    """Bodies that are copied: of one connection, only so many are kept."""
    def attack():
        with Wire(server, first=PREFACE + settings(INITIAL_WINDOW_SIZE=0) + number(WINDOW_UPDATE, MIB)) as wire:
            for index in range(120):
                wire.send(wire.headers(wire.head("POST", "/echo"), end=False))
                stream = 1 + 2 * index
                wire.send(frame(DATA, bytes(16_384), stream) * 15 + frame(DATA, b"", stream, END_STREAM))
            wire.survives()

    under(server, attack)


def test_windows_of_one_octet(mode, tmp_path):
    """A large file in DATA frames of an octet each: the client pays as much as the server, which ends it or goes on."""
    with Server(tmp_path, mode=mode, server={"h2c": "on"}) as server:
        server.write("hello.txt", HELLO)
        server.write("large.bin", bytes(1 << 20))

        def attack():
            with Wire(server, first=PREFACE + settings(INITIAL_WINDOW_SIZE=0)) as wire:
                wire.send(wire.headers(wire.head(path="/large.bin")))
                wire.flood(number(WINDOW_UPDATE, 1, 1) * 10, 2000)

        under(server, attack)


def test_windows_that_settings_open_again_and_again(server):
    """INITIAL_WINDOW_SIZE walks over all streams, each time (CVE-2019-9514 and the like)."""
    def attack():
        with Wire(server) as wire:
            wire.send(b"".join(wire.headers(wire.head("POST", "/echo"), end=False) for _ in range(100)))
            wire.flood((settings(INITIAL_WINDOW_SIZE=1) + settings(INITIAL_WINDOW_SIZE=1 << 20)) * 10, 10_000)
            return not wire.survives()

    assert under(server, attack), "it took all of them"


def test_a_window_that_overflows(server):
    def attack():
        for _ in range(50):
            with Wire(server) as wire:
                wire.send(wire.headers(wire.head(path="/large.bin")) + number(WINDOW_UPDATE, (1 << 31) - 1))
                assert wire.until(GOAWAY).error == Error.FLOW_CONTROL_ERROR

    under(server, attack)


def test_settings_that_make_windows_overflow(server):
    def attack():
        for _ in range(50):
            with Wire(server) as wire:
                wire.send(wire.headers(wire.head("POST", "/echo"), end=False) + number(WINDOW_UPDATE, (1 << 31) - 1 - 65535, 1)
                          + settings(INITIAL_WINDOW_SIZE=(1 << 31) - 1))
                kind, error = wire.outcome(1)
                assert (kind, error) in (("goaway", Error.FLOW_CONTROL_ERROR), ("reset", Error.FLOW_CONTROL_ERROR))

    under(server, attack)


def test_tables_of_our_encoder(server):
    """HEADER_TABLE_SIZE to and fro, and as large as numbers go: our side of HPACK stays small."""
    def attack():
        with Wire(server) as wire:
            wire.send(settings(HEADER_TABLE_SIZE=(1 << 32) - 1))
            for _ in range(200):
                wire.send(settings(HEADER_TABLE_SIZE=0) + settings(HEADER_TABLE_SIZE=(1 << 32) - 1))
                wire.send(wire.headers(wire.head(path=f"/{wire.next}")))
            wire.survives()

    under(server, attack)


def test_connections_that_vanish_in_their_midst(server):
    def attack():
        for index in range(200):
            wire = Wire(server, receive_buffer=4096)
            wire.send(b"".join(wire.headers(wire.head(path="/large.bin")) for _ in range(index % 50)))
            wire.client.reset()

    under(server, attack)
    wait_until(lambda: server.process.connections() == 0, "all are closed")


@pytest.mark.parametrize("seed", range(3))
def test_frames_of_chance(server, seed):
    """Well-formed lengths and any content: whatever it means, the server survives it."""
    chance = random.Random(seed)

    def attack():
        for _ in range(100):
            with Wire(server) as wire:
                wire.client.socket.settimeout(HANG)
                octets = b""
                for _ in range(chance.randrange(1, 60)):
                    kind, stream = chance.randrange(0, 18), chance.choice([0, 1, 1, 3, 5, 2])
                    if chance.random() < 0.4:
                        head = wire.head(chance.choice(["GET", "POST", "HEAD"]), "/echo")
                        octets += wire.headers(head, end=chance.random() < 0.5)
                    else:
                        size = chance.choice([0, 1, 4, 5, 6, 8, 100])
                        octets += frame(kind, chance.randbytes(size), stream, chance.choice([0, 1, 4, 5, 8, 32, 255]))
                wire.send(octets)
                wire.client.half_close()
                wire.rest()

    under(server, attack)
    wait_until(lambda: server.process.connections() == 0, "all are closed")

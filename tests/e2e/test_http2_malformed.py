"""Requests and frames that break the rules of HTTP/2 (RFC 9113), and what each of them costs its sender."""

import struct

import pytest

from harness import EACH_MODEL, Server
from http2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HAS_PRIORITY, HEADERS, PADDED, PING, PREFACE,
                          PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, Error, Wire, frame, number)

HELLO = b"hello\n"


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    limits = {"request_line": "4k", "headers": "8k", "header_fields": 50, "body": "64k", "keepalive_requests": 100_000}
    with Server(module_directory, mode=mode, server={"h2c": "on"}, site={"echo": "on"}, limits=limits) as server:
        server.write("hello.txt", HELLO)
        yield server


@pytest.fixture
def wire(server):
    with Wire(server) as wire:
        yield wire


def still_serves(wire):
    stream = wire.next
    wire.send(wire.headers(wire.head()))
    found = wire.until(DATA, stream)
    assert found is not None and found.payload == HELLO


def without(name):
    return lambda head: [field for field in head if field[0] != name]


def given(name, value):
    return lambda head: [(key, value if key == name else old) for key, old in head]


def more(*fields):
    return lambda head: head + list(fields)


def front(*fields):
    return lambda head: list(fields) + head


def both(first, second):
    return lambda head: second(first(head))


CONNECT = both(given(":method", "CONNECT"), both(without(":scheme"), without(":path")))
EXTENDED = both(given(":method", "CONNECT"), front((":protocol", "websocket")))

# RFC 9113 8.1.1: malformed, which is a stream error (PROTOCOL_ERROR), or may be answered 400.
MALFORMED = {
    # Pseudo-fields (8.3)
    "no :method": without(":method"),
    "no :scheme": without(":scheme"),
    "no :path": without(":path"),
    "two :method": front((":method", "GET")),
    "two :path": front((":path", "/hello.txt")),
    "two :scheme": front((":scheme", "http")),
    "two :authority": front((":authority", "pollux.test")),
    "empty :path": given(":path", ""),
    "empty :method": given(":method", ""),
    "empty :scheme": given(":scheme", ""),
    "a relative :path": given(":path", "hello.txt"),
    "an absolute :path": given(":path", "http://pollux.test/hello.txt"),
    ":path *": given(":path", "*"),
    ":path with a blank": given(":path", "/hello .txt"),
    ":path with an octet of control": given(":path", "/hello\x01.txt"),
    ":path with a fragment's sign": given(":path", "/hello.txt#here"),
    ":method with a blank": given(":method", "GE T"),
    ":method with a slash": given(":method", "GET/"),
    ":scheme of its own": given(":scheme", "gopher"),
    ":status in a request": front((":status", "200")),
    "an unknown one": front((":unknown", "x")),
    "one after fields": lambda head: head[:2] + [("accept", "*/*")] + head[2:],
    "one in upper case": lambda head: [(":METHOD", "GET")] + head[1:],
    "a bare colon": front((":", "x")),
    # The host
    "no host": without(":authority"),
    "an empty :authority": given(":authority", ""),
    ":authority of a user": given(":authority", "user@pollux.test"),
    ":authority with a blank": given(":authority", "pollux test"),
    ":authority with a path": given(":authority", "pollux.test/x"),
    "a host of another name": more(("host", "other.test")),
    "a host with another port": more(("host", "pollux.test:1")),
    "two hosts": more(("host", "pollux.test"), ("host", "pollux.test")),
    "two hosts and no :authority": both(without(":authority"), more(("host", "pollux.test"), ("host", "other.test"))),
    "a host that is none": both(without(":authority"), more(("host", "a b"))),
    # CONNECT (8.5), and its extension (RFC 8441)
    "CONNECT with :scheme": both(given(":method", "CONNECT"), without(":path")),
    "CONNECT with :path": both(given(":method", "CONNECT"), without(":scheme")),
    "CONNECT without :authority": both(CONNECT, without(":authority")),
    ":protocol of GET": front((":protocol", "websocket")),
    "extended CONNECT without :path": both(EXTENDED, without(":path")),
    "extended CONNECT without :scheme": both(EXTENDED, without(":scheme")),
    # Names and values (8.2)
    "a name in upper case": more(("Accept", "*/*")),
    "an empty name": more(("", "x")),
    "a name with a blank": more(("a b", "x")),
    "a name with a colon": more(("a:b", "x")),
    "a name with an octet of control": more(("a\x01", "x")),
    "a value with NUL": more(("x", "a\0b")),
    "a value with CR": more(("x", "a\rb")),
    "a value with LF": more(("x", "a\nhost: other.test")),
    # What speaks of connections (8.2.2)
    "connection": more(("connection", "close")),
    "keep-alive": more(("keep-alive", "timeout=5")),
    "proxy-connection": more(("proxy-connection", "close")),
    "transfer-encoding": more(("transfer-encoding", "chunked")),
    "upgrade": more(("upgrade", "websocket")),
    "te": more(("te", "gzip")),
    # Lengths
    "a length that is none": more(("content-length", "x")),
    "a negative length": more(("content-length", "-1")),
    "two lengths": more(("content-length", "0"), ("content-length", "1")),
    "a list of lengths": more(("content-length", "0, 0")),
    "a length without a body": more(("content-length", "5")),
    "a length beyond numbers": more(("content-length", "99999999999999999999999")),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(wire, change):
    wire.send(wire.headers(change(wire.head())))
    assert wire.outcome(1) in (("reset", Error.PROTOCOL_ERROR), ("status", 400))
    still_serves(wire)


FINE = {
    "a host that is the same": more(("host", "pollux.test")),
    "a host that is the same but for letters": more(("host", "POLLUX.test")),
    "a host in place of :authority": both(without(":authority"), more(("host", "pollux.test"))),
    "te: trailers": more(("te", "trailers")),
    "another scheme": given(":scheme", "http"),
    "a method in lower case is another": given(":method", "get"),
    "an empty value": more(("x", "")),
    "latin-1": more(("x", "\xe9")),
    "cookies": more(("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")),
    "a length of nothing": more(("content-length", "0")),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE.keys())
def test_well_formed(wire, change):
    fields = change(wire.head())
    wire.send(wire.headers(fields))
    kind, status = wire.outcome(1)
    assert kind == "status" and status in ((200,) if (":method", "GET") in fields else (405, 501))
    still_serves(wire)


@pytest.mark.parametrize("change, status", [
    (CONNECT, {400, 405, 501}),
    (EXTENDED, {400, 404, 405, 501}),
    (given(":path", "/" + "a" * 5000), {414}),
    (given(":path", "/hello.txt?" + "a" * 4086), {414}),
    (given(":path", "/hello.txt?" + "a" * 4000), {200}),
    (more(("x", "a" * 9000)), {431}),
    (more(("a" * 9000, "x")), {431}),
    (more(*(("x", "y") for _ in range(51))), {431}),
    (more(*(("x", "y") for _ in range(49))), {200}),
    (more(*(("x", "y" * 1000) for _ in range(9))), {431}),
    (more(*(("cookie", "a=b") for _ in range(2000))), {431}),
    (more(("content-length", "65537")), {413}),
    (more(("expect", "a-miracle")), {417}),
], ids=range(13))
def test_refused(wire, change, status):
    fields = change(wire.head())
    wire.send(wire.headers(fields, end="content-length" not in dict(fields)))
    kind, answer = wire.outcome(1)
    assert kind == "status" and answer in status
    still_serves(wire)


def test_a_head_in_many_frames(wire):
    """As large as it may be, in five."""
    block = wire.block(wire.head() + [("x", "a" * 7000)])
    pieces = [block[at:at + 1500] for at in range(0, len(block), 1500)]
    wire.send(frame(HEADERS, pieces[0], 1, END_STREAM))
    for piece in pieces[1:-1]:
        wire.send(frame(CONTINUATION, piece, 1))
    wire.send(frame(CONTINUATION, pieces[-1], 1, END_HEADERS))
    assert wire.outcome(1) == ("status", 200)


def test_a_padded_head_and_body(wire):
    block = wire.block(wire.head("POST", "/echo"))
    wire.send(frame(HEADERS, bytes([9]) + struct.pack(">IB", 0, 15) + block + bytes(9), 1, END_HEADERS | PADDED | HAS_PRIORITY))
    wire.send(frame(DATA, bytes([200]) + b"body" + bytes(200), 1, PADDED))
    wire.send(frame(DATA, bytes([0]), 1, PADDED | END_STREAM))
    assert wire.until(DATA, 1).payload == b"body"


@pytest.mark.parametrize("octets", [
    frame(PRIORITY, struct.pack(">IB", 0, 10), 1), frame(99, b"unknown"), frame(99, b"unknown", 77),
    frame(WINDOW_UPDATE, struct.pack(">I", 1)), frame(PING, bytes(8)), frame(SETTINGS, struct.pack(">HI", 0x99, 7)),
    frame(16, struct.pack(">I", 5) + b"u=1"),
], ids=["PRIORITY", "unknown", "unknown stream", "WINDOW_UPDATE", "PING", "unknown setting", "PRIORITY_UPDATE"])
def test_what_may_come_at_any_time(wire, octets):
    wire.send(octets)
    still_serves(wire)
    wire.send(octets)
    still_serves(wire)


def test_a_ping_is_answered(wire):
    wire.send(frame(PING, b"12345678"))
    while (found := wire.read()) is not None and found.type != PING:
        pass
    assert found.flags & ACK and found.payload == b"12345678"


# -- Errors of the connection: GOAWAY, which says why, and the end


def opened(*after):
    """Of a stream that is open."""
    return lambda wire: wire.headers(wire.head("POST", "/echo"), end=False) + b"".join(after)


def raw(*octets):
    return lambda wire: b"".join(octets)


BROKEN = {
    # 6.1, 6.2
    "DATA on stream 0": (raw(frame(DATA, b"x", 0)), Error.PROTOCOL_ERROR),
    "DATA on an idle stream": (raw(frame(DATA, b"x", 1)), Error.PROTOCOL_ERROR),
    "DATA with too much padding": (opened(frame(DATA, bytes([9]) + b"x", 1, PADDED)), Error.PROTOCOL_ERROR),
    "HEADERS on stream 0": (lambda wire: wire.headers(wire.head(), stream=0), Error.PROTOCOL_ERROR),
    "HEADERS on an even stream": (lambda wire: wire.headers(wire.head(), stream=2), Error.PROTOCOL_ERROR),
    "HEADERS on a lower stream": (lambda wire: wire.headers(wire.head(), stream=5) + wire.headers(wire.head(), stream=3),
                                  (Error.PROTOCOL_ERROR, Error.STREAM_CLOSED)),
    "HEADERS with too much padding": (raw(frame(HEADERS, bytes([9]), 1, END_HEADERS | PADDED)), Error.PROTOCOL_ERROR),
    "HEADERS that are no HPACK": (raw(frame(HEADERS, b"\xff\xff\xff\xff\xff\xff", 1, END_HEADERS | END_STREAM)),
                                  Error.COMPRESSION_ERROR),
    "HEADERS with an index of nothing": (raw(frame(HEADERS, b"\xfe", 1, END_HEADERS | END_STREAM)), Error.COMPRESSION_ERROR),
    "HEADERS with a table too large": (raw(frame(HEADERS, b"\x3f\xff\xff\x7f", 1, END_HEADERS | END_STREAM)),
                                       Error.COMPRESSION_ERROR),
    # 6.3 to 6.5
    "PRIORITY on stream 0": (raw(frame(PRIORITY, bytes(5), 0)), Error.PROTOCOL_ERROR),
    "RST_STREAM on stream 0": (raw(number(RST_STREAM, 8, 0)), Error.PROTOCOL_ERROR),
    "RST_STREAM on an idle stream": (raw(number(RST_STREAM, 8, 1)), Error.PROTOCOL_ERROR),
    "RST_STREAM too short": (opened(frame(RST_STREAM, b"x", 1)), Error.FRAME_SIZE_ERROR),
    "SETTINGS on a stream": (raw(frame(SETTINGS, b"", 1)), Error.PROTOCOL_ERROR),
    "SETTINGS too short": (raw(frame(SETTINGS, b"12345")), Error.FRAME_SIZE_ERROR),
    "SETTINGS acknowledged with octets": (raw(frame(SETTINGS, bytes(6), 0, ACK)), Error.FRAME_SIZE_ERROR),
    "ENABLE_PUSH of 2": (raw(frame(SETTINGS, struct.pack(">HI", 2, 2))), Error.PROTOCOL_ERROR),
    "INITIAL_WINDOW_SIZE too large": (raw(frame(SETTINGS, struct.pack(">HI", 4, 1 << 31))), Error.FLOW_CONTROL_ERROR),
    "MAX_FRAME_SIZE too small": (raw(frame(SETTINGS, struct.pack(">HI", 5, 16383))), Error.PROTOCOL_ERROR),
    "MAX_FRAME_SIZE too large": (raw(frame(SETTINGS, struct.pack(">HI", 5, 1 << 24))), Error.PROTOCOL_ERROR),
    # 6.6 to 6.10
    "PUSH_PROMISE": (opened(frame(PUSH_PROMISE, bytes(4), 1, END_HEADERS)), Error.PROTOCOL_ERROR),
    "PING on a stream": (raw(frame(PING, bytes(8), 1)), Error.PROTOCOL_ERROR),
    "PING too short": (raw(frame(PING, bytes(7))), Error.FRAME_SIZE_ERROR),
    "GOAWAY on a stream": (raw(frame(GOAWAY, bytes(8), 1)), Error.PROTOCOL_ERROR),
    "WINDOW_UPDATE of nothing": (raw(number(WINDOW_UPDATE, 0)), Error.PROTOCOL_ERROR),
    "WINDOW_UPDATE too short": (raw(frame(WINDOW_UPDATE, b"123")), Error.FRAME_SIZE_ERROR),
    "WINDOW_UPDATE too much": (raw(number(WINDOW_UPDATE, (1 << 31) - 1)), Error.FLOW_CONTROL_ERROR),
    "WINDOW_UPDATE on an idle stream": (raw(number(WINDOW_UPDATE, 1, 1)), Error.PROTOCOL_ERROR),
    "CONTINUATION of nothing": (raw(frame(CONTINUATION, b"", 1, END_HEADERS)), Error.PROTOCOL_ERROR),
    "CONTINUATION of another": (lambda wire: frame(HEADERS, wire.block(wire.head()), 1) + frame(CONTINUATION, b"", 3, END_HEADERS),
                                Error.PROTOCOL_ERROR),
    "PING amidst a head": (lambda wire: frame(HEADERS, wire.block(wire.head()), 1) + frame(PING, bytes(8)),
                           Error.PROTOCOL_ERROR),
    "a frame too large": (opened(frame(DATA, bytes(16385), 1)), Error.FRAME_SIZE_ERROR),
    # RFC 9218 7.1
    "PRIORITY_UPDATE on a stream": (raw(frame(16, bytes(4) + b"u=1", 1)), Error.PROTOCOL_ERROR),
    "PRIORITY_UPDATE too short": (raw(frame(16, bytes(3), 0)), Error.FRAME_SIZE_ERROR),
}


@pytest.mark.parametrize("octets, errors", BROKEN.values(), ids=BROKEN.keys())
def test_errors_of_the_connection(server, wire, octets, errors):
    wire.send(octets(wire))
    goaway = wire.until(GOAWAY)
    assert goaway is not None, "it ended without a word"
    assert goaway.error in (errors if isinstance(errors, tuple) else (errors,)), Error(goaway.error)
    assert all(found.type == GOAWAY for found in wire.rest()), "nothing follows"
    assert server.get("/hello.txt").body == HELLO


# -- Errors of a stream: RST_STREAM, and the connection goes on

STREAM_ERRORS = {
    "WINDOW_UPDATE too much": (opened(number(WINDOW_UPDATE, (1 << 31) - 1, 1)), Error.FLOW_CONTROL_ERROR),
    "trailers that do not end": (lambda wire: opened()(wire) + wire.headers([("x", "y")], end=False, stream=1),
                                 Error.PROTOCOL_ERROR),
    "trailers with pseudo-fields": (lambda wire: opened()(wire) + wire.headers([(":method", "GET")], stream=1),
                                    Error.PROTOCOL_ERROR),
    "trailers in upper case": (lambda wire: opened()(wire) + wire.headers([("X", "y")], stream=1), Error.PROTOCOL_ERROR),
}


@pytest.mark.parametrize("octets, error", STREAM_ERRORS.values(), ids=STREAM_ERRORS.keys())
def test_errors_of_a_stream(wire, octets, error):
    wire.send(octets(wire))
    kind, told = wire.outcome(1)
    assert (kind, told) == ("reset", error)
    still_serves(wire)


def test_a_window_update_of_nothing_on_a_stream(server, wire):
    """6.9 wants a stream error; nghttp2 ends the connection, which nobody honest will notice."""
    wire.send(opened(number(WINDOW_UPDATE, 0, 1))(wire))
    kind, error = wire.outcome(1)
    assert kind in ("reset", "goaway") and error == Error.PROTOCOL_ERROR
    assert server.get("/hello.txt").body == HELLO


@pytest.mark.parametrize("octets", [frame(DATA, b"x", 1), frame(DATA, b"x", 1, END_STREAM)], ids=["DATA", "last DATA"])
def test_what_comes_after_the_end_of_a_stream(server, wire, octets):
    """STREAM_CLOSED, of the stream or of the connection (5.1)."""
    still_serves(wire)
    wire.send(octets + frame(PING, bytes(8)))
    found = wire.next_of(GOAWAY, RST_STREAM, PING)
    assert found.type != PING, "it took no notice"
    assert (found.error if found.type == GOAWAY else found.number) == Error.STREAM_CLOSED
    assert server.get("/hello.txt").body == HELLO


def test_what_crosses_a_reset_of_ours_is_no_error(wire):
    """5.1: the client did not know yet."""
    wire.send(opened(number(WINDOW_UPDATE, (1 << 31) - 1, 1))(wire))
    wire.send(frame(DATA, b"x" * 100, 1) + frame(DATA, b"x", 1, END_STREAM) + number(WINDOW_UPDATE, 5, 1))
    assert wire.outcome(1) == ("reset", Error.FLOW_CONTROL_ERROR)
    still_serves(wire)


@pytest.mark.parametrize("octets", [
    b"GET / HTTP/1.1\r\n\r\n", PREFACE[:-1] + b"x", b"\x16\x03\x01", b"\0" * 100, PREFACE + frame(PING, bytes(8)),
    PREFACE + frame(SETTINGS, b"", 0, ACK), PREFACE + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", PREFACE + PREFACE,
], ids=range(8))
def test_a_preface_that_is_none(server, mode, octets):
    """In plain text what is not HTTP/2 is HTTP/1.1, after the preface and over TLS it is an error."""
    with Wire(server, first=b"") as wire:
        wire.send(octets)
        if not mode.tls and not octets.startswith(PREFACE):
            assert wire.client.read_to_end().startswith(b"HTTP/1.1 ")
        else:
            goaway = wire.until(GOAWAY)
            assert goaway is None or goaway.error != Error.NO_ERROR
            wire.rest()
    assert server.get("/hello.txt").body == HELLO

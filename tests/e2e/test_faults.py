"""Clients that reset, vanish and talk nonsense: they cost their own connection, and not a descriptor more."""

import os
import random

import pytest

from harness import FIRST_OF_MODEL, SANITIZED, SLOW, Cut, Server, in_parallel, request, wait_until

HELLO = b"hello\n"
COUNT = int(os.environ.get("POLLUX_GOING_AWAY", 10_000 / SLOW))  # Connections of the long runs.
TLS_HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(160))

# What a client has sent when it goes away.
PHASES = {
    "connected": b"",
    "in the request line": b"GET /hel",
    "in the header": b"GET /hello.txt HTTP/1.1\r\nHost: x\r\nA:",
    "after a request": request("GET", "/hello.txt"),
    "in a large response": request("GET", "/large.bin"),
    "after many requests": request("GET", "/hello.txt") * 50,
    "in a body": b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
    "in a chunk": b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc",
    "after an error": b"BAD\r\n\r\n",
    "in a second request": request("GET", "/hello.txt") + b"GET /",
}


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode) as server:
        server.write("hello.txt", HELLO)
        with open(server.site / "large.bin", "wb") as file:
            file.truncate(64 << 20)
        assert server.get("/large.bin", "Range: bytes=0-0").status == 206  # Its descriptor is cached from now on.
        server.rest = descriptors_at_rest(server)
        yield server


def descriptors_at_rest(server):
    wait_until(lambda: server.process.connections() == 0, "all connections are closed")
    return server.process.descriptors()


@pytest.fixture(autouse=True)
def unharmed(server):
    """Whatever a test did: descriptors come back, and the server serves."""
    yield
    assert descriptors_at_rest(server) <= server.rest
    assert server.get("/hello.txt").body == HELLO


def leave(client, how):
    if how == "resets":
        client.reset()
    elif how == "half-closes, then resets":
        client.half_close()
        client.reset()
    else:
        client.close()


@pytest.mark.parametrize("how", ["resets", "closes", "half-closes, then resets"])
@pytest.mark.parametrize("octets", PHASES.values(), ids=PHASES.keys())
def test_client_goes_away(server, octets, how):
    for waits in (False, True) * 10:
        client = server.connect()
        client.send(octets)
        if waits and octets.startswith((b"GET /hello.txt HTTP/1.1\r\nHost: pollux", b"GET /large", b"BAD")):
            assert client.answered()
        leave(client, how)


def test_ten_thousand_that_go_away(server, mode):
    """All phases, ways and moments, many at a time. Over TLS, where each costs a handshake, a fifth of them.

    Triggers change little here: one mode of each model gets all, and the others a tenth.
    """
    count = COUNT // (5 if server.tls else 1) // (1 if mode in FIRST_OF_MODEL else 10)
    memory = server.process.memory()
    phases = list(PHASES.values())

    def misbehave(index):
        chance = random.Random(index)
        for _ in range(count // 10):
            client = server.connect()
            octets = chance.choice(phases)
            client.send_while_open(octets[:chance.randint(0, len(octets))] if chance.random() < 0.5 else octets)
            leave(client, chance.choice(("resets", "resets", "closes")))

    in_parallel(10, misbehave)
    descriptors_at_rest(server)
    growth = server.process.memory().anonymous - memory.anonymous
    print(f"{count} connections later: {growth >> 10} KiB more")
    if not SANITIZED:
        assert growth < 16 << 20


def answered_or_closed(server, octets):
    """Garbage gets an error or an end; what it never gets is a file."""
    with server.connect() as client:
        client.send_while_open(octets)
        try:
            client.half_close()
        except OSError:
            pass  # The server was faster.
        answer = client.read_to_end()
        assert answer == b"" or answer.split(b" ")[:1] == [b"HTTP/1.1"], answer[:100]
        assert not answer.startswith(b"HTTP/1.1 2"), answer[:100]


@pytest.mark.parametrize("octets", [
    TLS_HELLO, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), b"\0" * 10_000, b"\r\n" * 10_000, b"\n" * 100_000,
    b"\xff" * 100_000, b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO mail.test\r\n", b"*1\r\n$4\r\nPING\r\n", b"GET " * 10_000,
    b"GET / HTTP/1.1\r\n" + b":" * 100_000, b" " * 100_000, b"A: b\r\n" * 10_000, b"\r" * 100_000,
], ids=range(14))
def test_other_protocols_and_nonsense(server, octets):
    answered_or_closed(server, octets)


def test_random_octets(server):
    for seed in range(300):
        answered_or_closed(server, random.Random(seed).randbytes(1 + seed * 7))


def test_requests_with_random_damage(server):
    """One octet of a good request is another one: an answer or an end, and the connection is not confused."""
    good = request("GET", "/hello.txt", "Range: bytes=0-3", "If-None-Match: \"x\", W/\"y\"", "Accept: */*")
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(good)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with server.connect() as client:
            client.send(bytes(damaged))
            client.half_close()
            try:
                response = client.read_response()
            except Cut as cut:
                assert cut.received == b""
                continue
            assert response.status in (200, 206, 304, 400, 404, 405, 412, 414, 416, 417, 431, 501, 505)

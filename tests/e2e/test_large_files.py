"""A sparse file of 5 GB: offsets beyond 32 bits, readers that take their time, and memory."""

import contextlib

import pytest

from harness import MODES, SANITIZED, Cut, Server, request, wait_until

SIZE = 5_000_000_000
MARKS = {offset: b"<mark at %d>" % offset for offset in (
    0, 4090, (1 << 31) - 8, (1 << 32) - 8, (1 << 32) + 4096, SIZE - 20)}
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, server={"workers": 2}) as server:
        server.write("small.txt", b"small")
        with open(server.site / "large.bin", "wb") as file:
            file.truncate(SIZE)
            for offset, mark in MARKS.items():
                file.seek(offset)
                file.write(mark)
        yield server


def test_head_tells_the_length(server):
    with server.connect() as client:
        response = client.ask("HEAD", "/large.bin")
    assert response["Content-Length"] == str(SIZE)


@pytest.mark.parametrize("offset", MARKS, ids=str)
def test_range_around_every_mark(server, offset):
    first, last = max(0, offset - 100), min(SIZE, offset + 100) - 1
    response = server.get("/large.bin", f"Range: bytes={first}-{last}")
    assert response.status == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    expected = bytearray(last - first + 1)
    for at, mark in MARKS.items():
        if first <= at <= last:
            expected[at - first:at - first + len(mark)] = mark
    assert response.body == expected[:last - first + 1]


@pytest.mark.parametrize("value, first", [
    ("bytes=-20", SIZE - 20), (f"bytes={SIZE - 1}-", SIZE - 1), (f"bytes={SIZE - 20}-{SIZE + 100}", SIZE - 20),
    (f"bytes={SIZE - 3 * MIB}-", SIZE - 3 * MIB),
])
def test_range_at_the_end(server, value, first):
    response = server.get("/large.bin", f"Range: {value}")
    assert response.status == 206
    assert response["Content-Range"] == f"bytes {first}-{SIZE - 1}/{SIZE}"
    end = MARKS[SIZE - 20].ljust(20, b"\0")
    assert response.body == end.rjust(SIZE - first, b"\0")[-(SIZE - first):]


def test_range_beyond_the_end(server):
    response = server.get("/large.bin", f"Range: bytes={SIZE}-")
    assert response.status == 416 and response["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.slow
def test_one_response_of_more_than_4_gib(server, mode):
    """The counters of one response must not wrap: its last octets are right after all those before.

    Once is enough, and in a sanitizer build it would take minutes: then the response is a shorter one.
    """
    length = SIZE if mode is MODES[0] and not SANITIZED else 300 * MIB
    with server.connect() as client:
        client.send(request("GET", "/large.bin", f"Range: bytes={SIZE - length}-", "Connection: close"))
        piece, head, received, tail = bytearray(4 * MIB), b"", 0, b""
        while got := client.socket.recv_into(piece):
            if not head:
                head = bytes(piece[:got]).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            received += got
            tail = (tail + piece[max(0, got - 64):got])[-64:]
    assert b"\r\nContent-Length: %d\r\n" % length in head
    assert received - len(head) == length
    assert tail.endswith(MARKS[SIZE - 20].ljust(20, b"\0"))


def test_slow_readers_do_not_delay_others(server):
    """More of them than workers: if one of them held a thread, the small requests would never be answered.

    They go step by step: between two of the small ones, each slow reader takes a little, and then nothing.
    """
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(server.connect(receive_buffer=65536)) for _ in range(8)]
        for reader in readers:
            reader.send(request("GET", "/large.bin"))
        client = stack.enter_context(server.connect())
        for _ in range(50):
            wait_until(lambda: server.status()["connections"]["waiting_for"]["send"] == len(readers), "all stand still")
            assert client.get("/small.txt").body == b"small"
            for reader in readers:
                assert reader.socket.recv(100_000)


def test_memory_does_not_grow_with_the_file(server):
    """Sixteen downloads at once, some fast and some stalled, of a file larger than any memory allowance."""
    server.get("/small.txt")
    before = server.process.memory()
    with contextlib.ExitStack() as stack:
        for _ in range(15):  # They take what the kernel buffers, and then nothing.
            stack.enter_context(server.connect(receive_buffer=65536)).send(request("GET", "/large.bin"))
        fast = stack.enter_context(server.connect())
        fast.send(request("GET", "/large.bin"))
        peak, received, piece = before, 0, bytearray(4 * MIB)
        while received < 256 * MIB:
            got = fast.socket.recv_into(piece)
            if got == 0:
                raise Cut(b"")
            if received // (16 * MIB) != (received + got) // (16 * MIB):
                peak = max(peak, server.process.memory(), key=lambda memory: memory.total)
            received += got
    print(f"before: {before}; with 16 downloads: {peak}")
    if not SANITIZED:  # Their shadow memory counts, too.
        assert peak.anonymous - before.anonymous < 8 * MIB
        assert peak.total - before.total < 48 * MIB

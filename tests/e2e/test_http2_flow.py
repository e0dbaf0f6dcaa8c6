"""Windows of HTTP/2 (RFC 9113 5.2), and which answer comes first (RFC 9218)."""

import contextlib
import struct
import time

import pytest
from h2.settings import SettingCodes

from harness import EACH_MODEL, Server, seconds, wait_until
from http2_client import LAST, PRIORITY_UPDATE, WINDOW, Error, Http2, Reset, frame

HELLO = b"hello\n"
LARGE = bytes(range(1, 251)) * 4000  # 1 MB
HUGE = 20 << 20
SHORT = seconds(0.4)


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, server={"h2c": "on"}, site={"echo": "on"}) as server:
        write_site(server)
        yield server


def write_site(server):
    server.write("hello.txt", HELLO)
    server.write("empty.txt", b"")
    server.write("large.bin", LARGE)
    server.write("page.txt", b"p" * 50_000)
    with open(server.site / "huge.bin", "wb") as file:
        file.truncate(HUGE)


def received(client, stream):
    return len(client.streams[stream].body)


def wide(server, window=LAST, **options):
    """A client whose connection's window is no obstacle."""
    client = Http2(server, window=window, **options)
    client.open(0, LAST - WINDOW)
    return client


# -- The client's windows


def test_no_more_than_the_window(server):
    with Http2(server, generous=False) as client:
        stream = client.begin("GET", "/large.bin")
        client.until(lambda: received(client, stream) == WINDOW, "the window's worth", stream)
        client.ping()
        assert received(client, stream) == WINDOW
        for more in (1, 100, 30_000):
            before = received(client, stream)
            client.open(stream, more)
            client.open(0, more)
            client.until(lambda: received(client, stream) == before + more, "what was let in", stream)
            client.ping()
            assert received(client, stream) == before + more
        client.open(stream, 1 << 20)
        client.open(0, 1 << 20)
        assert client.read(stream).body == LARGE


def test_others_are_served_beside_a_closed_window(server):
    with wide(server, window=WINDOW, generous=False) as client:
        streams = [client.begin("GET", "/large.bin") for _ in range(5)]
        for stream in streams:
            client.until(lambda stream=stream: received(client, stream) == WINDOW, "the window's worth", stream)
        for _ in range(20):
            assert client.get("/hello.txt").body == HELLO
        for stream in reversed(streams):
            client.open(stream, 1 << 20)
            assert client.read(stream).body == LARGE


def test_a_closed_connection_lets_heads_through(server):
    """The connection's window is for DATA alone."""
    with Http2(server, generous=False, window=1 << 20) as client:
        large = client.begin("GET", "/large.bin")
        client.until(lambda: received(client, large) == WINDOW, "the window's worth")
        assert client.ask("HEAD", "/hello.txt").status == 200
        assert client.get("/empty.txt").body == b""
        assert client.get("/hello.txt", "If-None-Match: *").status == 304
        small = client.begin("GET", "/hello.txt")
        client.ping()
        assert received(client, small) == 0
        client.open(0, 1 << 20)
        assert client.read(small).body == HELLO and client.read(large).body == LARGE


def test_windows_of_nothing(server):
    with Http2(server, generous=False, window=0) as client:
        stream = client.begin("GET", "/hello.txt")
        client.until(lambda: client.streams[stream].fields, "the head", stream)
        client.ping()
        assert client.streams[stream].status == 200 and received(client, stream) == 0
        for count in range(1, len(HELLO) + 1):
            client.open(stream, 1)
            client.until(lambda: received(client, stream) == count, "one more octet", stream)
        assert client.read(stream).body == HELLO


def test_windows_that_settings_change(server):
    """RFC 9113 6.9.2: of streams that are there, too; also to less than nothing."""
    with wide(server, window=1000, generous=False) as client:
        stream = client.begin("GET", "/large.bin")
        client.until(lambda: received(client, stream) == 1000, "the window's worth", stream)
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1500})
        client.flush()
        client.until(lambda: received(client, stream) == 1500, "what was let in", stream)
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 100})
        client.open(stream, 1400)  # Now it is 0.
        client.ping()
        assert received(client, stream) == 1500
        client.open(stream, 1 << 20)
        assert client.read(stream).body == LARGE


def test_frames_are_as_small_as_the_client_wants(server):
    """MAX_FRAME_SIZE cannot be less than 16,384, and that is what it gets at most: h2 would complain."""
    with wide(server) as client:
        assert client.get("/large.bin").body == LARGE


@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside others"])
def test_a_stream_that_stalls_is_ended(mode, tmp_path, others):
    """After timeouts.send, although the connection itself is alive."""
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, timeouts={"send": f"{1000 * SHORT:.0f}ms"}) as server:
        write_site(server)
        with wide(server, window=WINDOW, generous=False) as client:
            begin = time.monotonic()
            stalled = client.begin("GET", "/large.bin")
            if others:
                wait_until(lambda: client.get("/hello.txt") and client.streams[stalled].closed, "it is ended")
            with pytest.raises(Reset) as reset:
                client.read(stalled)
            assert time.monotonic() - begin > 0.9 * SHORT
            assert reset.value.error == Error.CANCEL
            assert received(client, stalled) == WINDOW
            assert client.get("/hello.txt").body == HELLO


def test_a_connection_that_stalls_is_ended(mode, tmp_path):
    """Its own window is closed, and so all its streams end."""
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, timeouts={"send": f"{1000 * SHORT:.0f}ms"}) as server:
        write_site(server)
        with Http2(server, window=1 << 20, generous=False) as client:
            streams = [client.begin("GET", "/large.bin") for _ in range(3)]
            for stream in streams:
                with pytest.raises(Reset):
                    client.read(stream)


def test_slow_is_not_still(mode, tmp_path):
    deadline = seconds(2)
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, timeouts={"send": f"{1000 * deadline:.0f}ms"}) as server:
        write_site(server)
        with wide(server, window=WINDOW, generous=False) as client:
            slow, still = client.begin("GET", "/large.bin"), client.begin("GET", "/large.bin")
            wait_until(lambda: client.open(slow, 10) or client.ping() or client.streams[still].closed, "it is ended")
            assert not client.streams[slow].closed
            client.open(slow, 1 << 20)
            assert client.read(slow).body == LARGE


# -- The server's windows


def test_a_body_beyond_the_servers_window(server):
    """The server opens its windows as it takes octets; h2 keeps the client from sending more than it may."""
    with Http2(server) as client:
        client.settle()
        assert client.ask("POST", "/echo", body=bytes(900_000)).status == 200
        streams = [client.begin("POST", "/echo", end=False) for _ in range(4)]
        for _ in range(10):
            for stream in streams:
                client.send(stream, bytes(50_000))
        for stream in streams:
            client.send(stream, b"", end=True)
            assert len(client.read(stream).body) == 500_000


# -- Which comes first


def test_small_files_finish_beside_a_large_one(server):
    with wide(server, receive_buffer=65536) as client:
        large = client.begin("GET", "/huge.bin", "Priority: u=3, i")
        client.until(lambda: received(client, large), "its first octets", large)
        small = [client.begin("GET", "/page.txt", "Priority: u=3, i") for _ in range(20)]
        for stream in small:
            assert client.read(stream).body == b"p" * 50_000
        assert received(client, large) < HUGE / 2
        client.reset(large)


@contextlib.contextmanager
def held(server):
    """A client whose streams get heads, and no octet before release()."""
    with wide(server, window=0, generous=False) as client:
        yield client.settle()


def release(client, *streams):
    """In one segment, so that the server has the choice."""
    for stream in streams:
        client.until(lambda stream=stream: client.streams[stream].fields, "the head", stream)
    for stream in streams:
        client.h2.increment_flow_control_window(1 << 20, stream)
    client.flush()
    for stream in streams:
        assert client.read(stream).body == LARGE


def test_the_urgent_come_first(server):
    with held(server) as client:
        low, medium = client.begin("GET", "/large.bin", "Priority: u=7"), client.begin("GET", "/large.bin")
        high = client.begin("GET", "/large.bin", "Priority: u=0")
        release(client, low, medium, high)
        assert client.finished == [high, medium, low]
        assert client.order == sorted(client.order, key=[high, medium, low].index)


def test_of_the_same_urgency_the_first_comes_first(server):
    with held(server) as client:
        first, second = client.begin("GET", "/large.bin", "Priority: u=2"), client.begin("GET", "/large.bin", "Priority: u=2")
        release(client, second, first)
        assert client.order == sorted(client.order)


def test_the_incremental_take_turns(server):
    with held(server) as client:
        streams = [client.begin("GET", "/large.bin", "Priority: u=2, i") for _ in range(3)]
        release(client, *streams)
        assert set(client.order[:6]) == set(client.order[-6:]) == set(streams)


def test_the_client_changes_its_mind(server):
    """PRIORITY_UPDATE (RFC 9218 7.1)."""
    with held(server) as client:
        first, second = client.begin("GET", "/large.bin"), client.begin("GET", "/large.bin")
        client.client.send(frame(PRIORITY_UPDATE, struct.pack(">I", second) + b"u=1"))
        release(client, first, second)
        assert client.finished == [second, first]


@pytest.mark.parametrize("value", ["u=9", "u=", "i=?2", "\"u", "u=0, u=7", ",", "x" * 1000])
def test_priorities_that_say_nothing(server, value):
    with Http2(server) as client:
        assert client.get("/hello.txt", f"Priority: {value}").body == HELLO
        stream = client.begin("GET", "/hello.txt")
        client.client.send(frame(PRIORITY_UPDATE, struct.pack(">I", stream) + value.encode()))
        assert client.read(stream).body == HELLO
        assert client.get("/hello.txt").body == HELLO

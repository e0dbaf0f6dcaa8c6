"""WebSockets on streams of HTTP/2, by extended CONNECT (RFC 8441)."""

import json
import signal
import struct

import pytest
from h2.settings import SettingCodes

from harness import EACH_MODEL, Server, in_parallel, seconds, wait_until
from http2_client import WINDOW, Error, Http2, Reset
from websocket_client import BINARY, CLOSE, PING, PONG, TEXT, WebSocket, frame

HELLO = b"hello\n"
LARGE = bytes(range(1, 251)) * 4000


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, server={"h2c": "on"}, site={"echo": "on", "chat": "on"},
                websocket={"frame": "1m", "message": "1m"}, limits={"keepalive_requests": 100_000}) as server:
        server.write("hello.txt", HELLO)
        server.write("large.bin", LARGE)
        yield server


@pytest.fixture
def client(server):
    with Http2(server) as client:
        yield client.settle()


class Socket:
    """A WebSocket on a stream of its own."""

    def __init__(self, client, path="/ws/echo", *fields, **pseudo):
        self.client = client
        self.stream = client.begin("CONNECT", path, "Sec-WebSocket-Version: 13", *fields, end=False,
                                   **{"protocol": "websocket", **pseudo})
        self.heard = client.streams[self.stream]
        client.until(lambda: self.heard.fields or self.heard.closed, "the answer", self.stream)
        if not self.heard.fields:
            raise Reset(self.stream, self.heard.reset)

    def send(self, octets, end=False):
        self.client.send(self.stream, octets, end)

    def take(self, count):
        self.client.until(lambda: len(self.heard.body) >= count or self.heard.closed, f"{count} octets", self.stream)
        assert len(self.heard.body) >= count, (self.heard.reset, bytes(self.heard.body))
        taken = bytes(self.heard.body[:count])
        del self.heard.body[:count]
        return taken

    def read(self):
        """(opcode, payload)"""
        first, length = self.take(2)
        assert first & 0x80 and not length & 0x80
        if length == 126:
            length, = struct.unpack(">H", self.take(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.take(8))
        return first & 0xF, self.take(length)

    def echoes(self, payload=b"hello"):
        self.send(frame(TEXT, payload))
        assert self.read() == (TEXT, payload)

    def ended(self):
        self.client.until(lambda: self.heard.closed, "the end of the stream", self.stream)
        assert not self.heard.body
        return self.heard.reset in (None, Error.NO_ERROR)


def test_it_is_offered(client):
    assert client.h2.remote_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] == 1


def test_it_is_not_offered_by_who_has_none(tmp_path, mode):
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, site={"echo": "off", "chat": "off"}) as server:
        server.write("hello.txt", HELLO)
        with Http2(server) as client:
            client.settle()
            stream = client.begin("CONNECT", "/ws/echo", "Sec-WebSocket-Version: 13", end=False, protocol="websocket")
            client.until(lambda: client.streams[stream].fields or client.streams[stream].closed, "the answer")
            assert client.streams[stream].reset == Error.PROTOCOL_ERROR or client.streams[stream].status >= 400
            assert client.get("/hello.txt").body == HELLO


def test_messages_there_and_back(client):
    socket = Socket(client)
    assert socket.heard.status == 200
    names = {name for name, _ in socket.heard.fields}
    assert not names & {"sec-websocket-accept", "connection", "upgrade", "content-length"}
    for size in (0, 1, 125, 126, 65_535, 65_536, 300_000):
        socket.send(frame(BINARY, bytes(size)))
        assert socket.read() == (BINARY, bytes(size))
    socket.send(frame(PING, b"are you there"))
    assert socket.read() == (PONG, b"are you there")


@pytest.mark.parametrize("code", [1000, 1001, 3000])
def test_the_close_handshake(client, code):
    socket = Socket(client)
    socket.echoes()
    socket.send(frame(CLOSE, struct.pack(">H", code)))
    assert socket.read() == (CLOSE, struct.pack(">H", code))
    assert socket.ended()
    assert client.get("/hello.txt").body == HELLO


def test_the_close_handshake_with_the_end_of_the_stream(client):
    socket = Socket(client)
    socket.send(frame(CLOSE, struct.pack(">H", 1000)), end=True)
    assert socket.read() == (CLOSE, struct.pack(">H", 1000))
    assert socket.ended()


def test_the_end_of_the_stream_is_an_end(client):
    socket = Socket(client)
    socket.echoes()
    socket.send(b"", end=True)
    client.until(lambda: socket.heard.closed, "the end", socket.stream)
    assert client.get("/hello.txt").body == HELLO


def test_a_reset_ends_it(client):
    """The others of the chat are told that there is one less."""
    def count(socket):
        return json.loads(socket.read()[1]).get("count")

    stays, goes = Socket(client, "/ws/chat"), Socket(client, "/ws/chat")
    while (most := count(stays)) < 2:
        pass
    client.reset(goes.stream)
    assert client.get("/hello.txt").body == HELLO
    while count(stays) != most - 1:
        pass


def test_a_frame_against_the_rules(client):
    """1002 by the WebSocket's own rules; the connection is not to blame."""
    socket = Socket(client)
    socket.send(frame(TEXT, b"not masked", masked=False))
    opcode, payload = socket.read()
    assert (opcode, payload[:2]) == (CLOSE, struct.pack(">H", 1002))
    client.until(lambda: socket.heard.closed, "the end", socket.stream)
    assert client.get("/hello.txt").body == HELLO


def test_a_message_too_long(client):
    socket = Socket(client)
    socket.send(frame(BINARY, bytes(2 << 20))[:100])
    opcode, payload = socket.read()
    assert (opcode, payload[:2]) == (CLOSE, struct.pack(">H", 1009))
    client.until(lambda: socket.heard.closed, "the end", socket.stream)
    assert client.get("/hello.txt").body == HELLO


def test_files_beside_it(client):
    socket = Socket(client)
    for _ in range(5):
        file = client.begin("GET", "/large.bin")
        socket.echoes(b"beside")
        assert client.read(file).body == LARGE
    socket.echoes()


def test_several_at_a_time(client):
    sockets = [Socket(client) for _ in range(20)]
    for number, socket in enumerate(sockets):
        socket.send(frame(TEXT, b"%d" % number))
    for number, socket in enumerate(sockets):
        assert socket.read() == (TEXT, b"%d" % number)


def test_compressed(client):
    socket = Socket(client, "/ws/echo", "Sec-WebSocket-Extensions: permessage-deflate")
    assert dict(socket.heard.fields)["sec-websocket-extensions"].startswith("permessage-deflate")


def test_messages_under_flow_control(server):
    """What the window does not let through stays with the server, and is not lost."""
    with Http2(server, generous=False) as client:
        socket = Socket(client.settle())
        socket.send(frame(BINARY, bytes(range(256)) * 1000))
        client.until(lambda: len(socket.heard.body) == WINDOW, "the window's worth", socket.stream)
        client.ping()
        assert len(socket.heard.body) == WINDOW
        client.open(0, 1 << 20)
        client.open(socket.stream, 1 << 20)
        assert socket.read() == (BINARY, bytes(range(256)) * 1000)
        socket.echoes()


@pytest.mark.parametrize("path, fields, pseudo, statuses", [
    ("/ws/none", (), {}, {404, 405}),
    ("/hello.txt", (), {}, {400, 404, 405, 501}),
    ("/ws/echo", (), {"protocol": "gopher"}, {400, 501}),
    ("/ws/chat", ("Origin: https://evil.test",), {}, {403}),
], ids=["no such place", "a file", "another protocol", "another origin"])
def test_refused(client, path, fields, pseudo, statuses):
    socket = Socket(client, path, *fields, **pseudo)
    assert socket.heard.status in statuses
    assert client.get("/hello.txt").body == HELLO


def test_not_by_get(client):
    """The way of HTTP/1.1 does not exist here."""
    assert client.get("/ws/echo").status in (400, 404, 405, 426)
    assert client.get("/hello.txt").body == HELLO


def test_a_version_there_never_was(client):
    stream = client.begin("CONNECT", "/ws/echo", "Sec-WebSocket-Version: 7", end=False, protocol="websocket")
    answer = client.read(stream)
    assert answer.status in (400, 426)


def test_the_chat_with_others_of_http_1_1(server, client):
    socket = Socket(client, "/ws/chat")
    with WebSocket(server, "/ws/chat") as other:
        socket.send(frame(TEXT, b"from HTTP/2"))
        other.send(frame(TEXT, b"from HTTP/1.1"))
        missing = {"from HTTP/2", "from HTTP/1.1"}  # Whose is heard first, is chance.
        while missing:
            missing.discard(json.loads(socket.read()[1]).get("text"))
        while json.loads(other.read_message()[1]).get("text") != "from HTTP/1.1":
            pass


def test_shutdown_says_goodbye(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, site={"echo": "on"}, timeouts={"shutdown": "1h"}) as server:
        with Http2(server) as client:
            socket = Socket(client.settle())
            socket.echoes()
            server.signal(signal.SIGTERM)
            opcode, payload = socket.read()
            assert (opcode, payload[:2]) == (CLOSE, struct.pack(">H", 1001))
            socket.send(frame(CLOSE, payload[:2]), end=True)
            client.read_to_end()
            server.await_exit()


def test_a_silent_one_is_asked_and_ended(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, site={"echo": "on"},
                websocket={"ping": f"{1000 * seconds(3):.0f}ms"}) as server:
        server.write("hello.txt", HELLO)
        with Http2(server) as client:
            client.settle()
            alive, silent = Socket(client), Socket(client)
            assert silent.read() == (PING, b"")

            def gone():
                if alive.heard.body:
                    assert alive.read() == (PING, b"")
                    alive.send(frame(PONG))
                client.ping()
                return silent.heard.closed

            wait_until(gone, "the silent one is ended")
            assert not alive.heard.closed
            assert client.get("/hello.txt").body == HELLO


def test_many_connections_with_many_each(server):
    def work(index):
        with Http2(server) as client:
            sockets = [Socket(client.settle()) for _ in range(5)]
            for round_ in range(5):
                for number, socket in enumerate(sockets):
                    socket.send(frame(TEXT, b"%d %d %d" % (index, number, round_)))
                for number, socket in enumerate(sockets):
                    assert socket.read() == (TEXT, b"%d %d %d" % (index, number, round_))

    in_parallel(8, work)

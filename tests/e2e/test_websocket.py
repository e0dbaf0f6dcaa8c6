"""WebSockets: the handshake's ways to fail, limits, silence, the chat, broadcasts, slow readers, shutdown."""

import asyncio
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import zlib

import pytest
import websockets

from harness import EACH_MODEL, HANG, request, seconds, wait_until
from websocket_client import BINARY, CLOSE, PING, PONG, TEXT, WebSocket, frame


@pytest.fixture(autouse=True)
def some_modes(mode):
    if mode not in EACH_MODEL:
        pytest.skip("triggers have nothing to do with it")


@pytest.fixture
def chat(serve):
    server = serve(site={"chat": "on", "echo": "on"}, websocket={"outbox": "64k"})
    server.write("hello.txt", b"hello")
    return server


def said(client):
    opcode, payload = client.read_message()
    assert opcode == TEXT, payload
    return json.loads(payload)


def expect(client, **wanted):
    """Reads until something says all this."""
    while True:
        heard = said(client)
        if heard.items() >= wanted.items():
            return heard


def enter(server, **options):
    client = WebSocket(server, "/ws/chat", **options)
    client.number = expect(client, kind="here")["you"]
    return client


HEAD = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def test_handshakes_that_are_refused(chat):
    for without, extra, status in (
            (0, (), 426), (1, (), 426), (2, (), 426), (3, (), 400), (2, ("Sec-WebSocket-Version: 8",), 426),
            (None, ("Origin: https://evil.test",), 403)):
        fields = [field for index, field in enumerate(HEAD) if index != without]
        with chat.connect() as client:
            answer = client.ask("GET", "/ws/chat", *fields, *extra)
            assert answer.status == status, (without, extra)
            assert client.get("/hello.txt").status == 200, "it is an answer like others"
        if without == 2:
            assert answer["Sec-WebSocket-Version"] == "13"
    assert chat.get("/ws/chat").status == 426


def test_pages_of_the_site_itself_are_welcome(chat):
    """Scheme, host and port are the same, and the host is known to be ours: a stranger's name may lead here, too."""
    ours, theirs = ("https", "http") if chat.tls else ("http", "https")
    port = chat.address[1]
    for host, origin, status in (
            (f"127.0.0.1:{port}", f"{ours}://127.0.0.1:{port}", 101), (f"localhost:{port}", f"{ours}://localhost:{port}", 101),
            (f"127.0.0.1:{port}", f"{theirs}://127.0.0.1:{port}", 403), (f"127.0.0.1:{port}", f"x://127.0.0.1:{port}", 403),
            (f"127.0.0.1:{port}", f"{ours}://127.0.0.1", 403), ("rebound.test", f"{ours}://rebound.test", 403),
            (f"rebound.test:{port}", f"{ours}://rebound.test:{port}", 403)):
        with WebSocket(chat, "/ws/chat", host=host, fields=(f"Origin: {origin}",)) as client:
            assert client.answer.status == status, (host, origin)


def test_a_site_behind_another_name_names_it(serve):
    server = serve(site={"chat": "on"}, websocket={"origins": "https://example.org"})
    with WebSocket(server, "/ws/chat", host="example.org", fields=("Origin: https://example.org",)) as client:
        assert client.answer.status == 101


def test_an_incompressible_message_of_the_longest_size(serve):
    """Compressed, it is longer; the limit is for what it means."""
    server = serve(site={"echo": "on"}, websocket={"frame": "64k", "message": "64k"})
    message = random.Random(1).randbytes(64 << 10)
    deflater = zlib.compressobj(wbits=-12)
    compressed = deflater.compress(message) + deflater.flush(zlib.Z_SYNC_FLUSH)
    assert len(compressed) > len(message)
    with WebSocket(server, extensions="permessage-deflate; client_max_window_bits") as client:
        client.send(frame(BINARY, compressed[:-4], rsv=4))
        assert client.read_message() == (BINARY, message)


def test_frames_may_come_with_the_handshake(chat):
    with chat.connect() as client:
        client.send(request("GET", "/hello.txt") + request("GET", "/ws/echo", *HEAD) + frame(TEXT, b"early"))
        assert client.read_response().body == b"hello"
        assert client.read_response().status == 101
        assert client.read_exactly(7) == b"\x81\x05early"


def test_what_one_says_all_hear(chat):
    with enter(chat) as ada, enter(chat) as grace:
        expect(ada, kind="here", count=2)
        ada.send(frame(TEXT, 'Hello, "twin"\n\u00fc'.encode()))
        for each in (ada, grace):
            assert expect(each, kind="said") == {"kind": "said", "from": ada.number, "text": 'Hello, "twin"\n\u00fc'}
        ada.closing()
        expect(grace, kind="here", count=1)
        grace.send(frame(2, b"octets"))
        assert grace.read_close() == 1003


def test_limits(serve):
    server = serve(site={"echo": "on"}, websocket={"frame": "1k", "message": "2k"})
    for octets in (frame(TEXT, b"x" * 1025)[:20], frame(TEXT, b"x" * 1024, fin=False) + frame(0, b"x" * 1024, fin=False)
                   + frame(0, b"x")):
        with WebSocket(server) as client:
            client.send_while_open(octets)
            assert client.read_close() == 1009


def test_a_bomb_is_not_inflated(serve):
    server = serve(site={"echo": "on"}, websocket={"message": "1m"})
    deflater = zlib.compressobj(wbits=-12)
    bomb = deflater.compress(b"\0" * 50_000_000) + deflater.flush(zlib.Z_SYNC_FLUSH)
    with WebSocket(server, extensions="permessage-deflate; client_max_window_bits") as client:
        client.send_while_open(frame(TEXT, bomb, rsv=4))
        assert client.read_close() == 1009


def test_silence(serve):
    """A sign of life is asked for; who gives one stays, who does not is gone. The client has to be in time, too."""
    server = serve(site={"echo": "on"}, websocket={"ping": f"{1000 * seconds(1):.0f}ms"})
    with WebSocket(server) as client, WebSocket(server) as dead:
        for _ in range(2):
            assert client.read_message()[0] == PING
            client.send(frame(PONG))
        assert dead.read_message()[0] == PING
        dead.expect_end()


def test_a_slow_reader_holds_up_nobody(chat):
    with enter(chat) as ada, enter(chat, receive_buffer=4096) as slow:
        line = frame(TEXT, b"x" * 500)
        for _ in range(200):
            ada.send(line * 200)
            for _ in range(200):
                expect(ada, kind="said")
            if "does not read" in (chat.directory / "pollux.log").read_text():
                break
        else:
            raise AssertionError("it was never given up")
        slow.close()
        expect(ada, kind="here", count=1)


def test_shutdown_says_good_bye(serve):
    server = serve(site={"echo": "on"}, timeouts={"shutdown": "1h"})
    with WebSocket(server) as client:
        client.send(frame(TEXT, b"x"))
        client.read_message()
        server.signal(signal.SIGTERM)
        opcode, payload, _ = client.read_frame()
        assert (opcode, payload[:2]) == (CLOSE, struct.pack(">H", 1001))
        client.send(frame(CLOSE, payload[:2]))
        client.expect_end()
        server.await_exit()


def test_who_does_not_say_good_bye_is_not_waited_for_long(serve):
    server = serve(site={"echo": "on"}, timeouts={"shutdown": "500ms"})
    with WebSocket(server):
        server.stop()


def test_many_wait_and_all_hear(chat):
    """Idle sessions, a broadcast to all of them, and what a stalled one among them does: nothing."""
    count = 300
    clients = [enter(chat) for _ in range(count)]
    stalled = enter(chat, receive_buffer=4096)
    clients[0].send(frame(TEXT, b"to all"))
    for client in clients:
        assert expect(client, kind="said")["text"] == "to all"
    for client in (*clients, stalled):
        client.close()
    wait_until(lambda: chat.process.connections() == 0, "all are gone")


def test_strangers_client(chat):
    """Debian's python3-websockets, as it comes: it offers compression."""
    async def talk():
        scheme = "wss" if chat.tls else "ws"
        host = "localhost" if chat.tls else chat.address[0]
        async with websockets.connect(f"{scheme}://{host}:{chat.address[1]}/ws/echo", ssl=chat.tls) as stranger:
            for text in ("", "Hello", "\u00fc" * 10_000, b"\x00\xff" * 1000):
                await stranger.send(text)
                assert await stranger.recv() == text
            await (await stranger.ping())

    asyncio.run(asyncio.wait_for(talk(), HANG))


def test_another_stranger(chat):
    """The package ws for node, as Debian has it; it offers compression, too."""
    scheme = "wss" if chat.tls else "ws"
    script = pathlib.Path(__file__).with_name("stranger.js")
    subprocess.run(["node", script, f"{scheme}://{chat.address[0]}:{chat.address[1]}/ws/echo"], check=True,
                   timeout=HANG, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})

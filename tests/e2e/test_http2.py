"""HTTP/2 (RFC 9113), in plain text by prior knowledge and over TLS by ALPN: the answers are those of HTTP/1.1.

What goes wrong on purpose is in test_http2_malformed.py and test_http2_hostile.py, windows and priorities are in
test_http2_flow.py, ends in test_http2_end.py, WebSockets in test_http2_websocket.py.
"""

import json
import os
import re
import time

import pytest
from h2.settings import SettingCodes

import certificate
from client import Client
from harness import EACH_MODEL, Server, wait_until
from http2_client import DATA, END_STREAM, PREFACE, RST_STREAM, SETTINGS, Error, Http2, Reset, Wire, context_for, frame

HELLO = b"hello\n"
TEXT = b"0123456789abcdefghijklmnopqrstuvwxyz\n"
SCRIPT = b"".join(b"export const value%d = 'the quick brown fox %d';\n" % (i, i) for i in range(600))
LARGE = bytes(range(1, 251)) * 8000  # 2 MB
CHANGED = 1_600_000_000  # 13 September 2020, 12:26:40 UTC.
BODY = 1 << 20  # limits.body
STREAMS = 100   # limits.http2_streams


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def identity(module_directory):
    return certificate.make(module_directory / "certificate", "localhost", "pollux.test", "one.test")


@pytest.fixture(scope="module")
def context(identity):
    return context_for(identity)


@pytest.fixture(scope="module")
def server(mode, module_directory, identity):
    one = module_directory / "one"
    one.mkdir()
    (one / "index.html").write_text("one")
    sections = {
        "server": {"h2c": "on"}, "site": {"echo": "on", "listing": "on"},
        "site one.test": {"root": one, "clean_urls": "on"},
        "log": {"access": module_directory / "access.log", "access_format": "json"},
        "limits": {"body": BODY, "http2_streams": STREAMS, "ranges": 4, "keepalive_requests": 100_000},
        "cors /cors/*": {"origins": "https://app.test", "max_age": "1h"}}
    if mode.tls:
        sections["tls"] = identity.settings
    server = Server(module_directory, mode=mode, **sections)
    if mode.tls:
        server.tls = identity.client_context()
    last = build_site(server, one)
    with server:
        # What was changed less than a second ago has no Last-Modified, and no variants yet.
        wait_until(lambda: time.time() - last.stat().st_ctime > 1.2, "the files are a second old")
        wait_until(lambda: "Content-Encoding" in server.get("/app.js", "Accept-Encoding: gzip"), "the variant is there")
        yield server


def build_site(server, one):
    (one / "about.html").write_text("about")
    server.write("hello.txt", HELLO)
    server.write("text.txt", TEXT)
    os.utime(server.site / "text.txt", (CHANGED, CHANGED))
    server.write("empty.txt", b"")
    server.write("large.bin", LARGE)
    server.write("index.html", b"<h1>start</h1>")
    server.write("app.js", SCRIPT)
    server.write("cors/data.json", b"{}")
    server.write("files/a.txt", b"a")
    server.write(".hidden", b"secret")
    server.write("404.html", b"<h1>not here</h1>")
    server.write("_headers", b"/text.txt\n  X-Frame-Options: DENY\n  Link: </a.css>; rel=preload\n  Link: </b.css>; rel=preload\n")
    server.write("_redirects", b"/old /text.txt 301\n/blog/* /news/:splat 302\n/rewritten /text.txt 200\n/gone /404.html 410\n")
    for number in range(100):
        server.write(f"many/{number}.txt", b"%d" % number * (number * 97))
    return server.write("last.txt", b"last")


@pytest.fixture
def client(server, context):
    with Http2(server, context=context) as client:
        yield client.settle()


# -- The same answers as HTTP/1.1

OF_CONNECTIONS = {"connection", "keep-alive", "transfer-encoding", "upgrade", "date"}
GIVEN = "If-Modified-Since: Sun, 13 Sep 2020 12:26:40 GMT"
BEFORE = "If-Unmodified-Since: Sat, 12 Sep 2020 12:26:40 GMT"

SAME = [
    # (method, target, fields, host, status)
    ("GET", "/text.txt", (), "pollux.test", 200),
    ("GET", "/", (), "pollux.test", 200),
    ("GET", "/empty.txt", (), "pollux.test", 200),
    ("GET", "/large.bin", (), "pollux.test", 200),
    ("HEAD", "/text.txt", (), "pollux.test", 200),
    ("HEAD", "/large.bin", (), "pollux.test", 200),
    ("HEAD", "/missing", (), "pollux.test", 404),
    ("GET", "/text.txt?a=1&b=%20", (), "pollux.test", 200),
    ("GET", "/?", (), "pollux.test", 200),
    ("GET", "/%74ext.txt", (), "pollux.test", 200),
    ("GET", "/files/../text.txt", (), "pollux.test", 200),
    ("GET", "/text.txt", (), "POLLUX.test:8080", 200),
    # Ranges and conditions
    ("GET", "/text.txt", ("Range: bytes=3-5",), "pollux.test", 206),
    ("GET", "/text.txt", ("Range: bytes=-4",), "pollux.test", 206),
    ("GET", "/large.bin", ("Range: bytes=1000000-",), "pollux.test", 206),
    ("GET", "/text.txt", ("Range: bytes=0-3, 9-",), "pollux.test", 206),
    ("GET", "/large.bin", ("Range: bytes=0-99999, 200000-299999, -1",), "pollux.test", 206),
    ("HEAD", "/text.txt", ("Range: bytes=0-3",), "pollux.test", 200),
    ("GET", "/text.txt", ("Range: bytes=100-",), "pollux.test", 416),
    ("GET", "/text.txt", ("Range: lines=1-2",), "pollux.test", 200),
    ("GET", "/text.txt", (GIVEN,), "pollux.test", 304),
    ("GET", "/text.txt", ("If-None-Match: *",), "pollux.test", 304),
    ("HEAD", "/text.txt", ("If-None-Match: *",), "pollux.test", 304),
    ("GET", "/text.txt", (BEFORE,), "pollux.test", 412),
    ("GET", "/text.txt", ('If-Match: "other"',), "pollux.test", 412),
    ("GET", "/text.txt", ("Range: bytes=0-3", 'If-Range: "other"'), "pollux.test", 200),
    # What a site says
    ("GET", "/missing", (), "pollux.test", 404),
    ("GET", "/old", (), "pollux.test", 301),
    ("GET", "/blog/a/b?c=d", (), "pollux.test", 302),
    ("GET", "/rewritten", (), "pollux.test", 200),
    ("GET", "/gone", (), "pollux.test", 410),
    ("GET", "/files", (), "pollux.test", 301),
    ("GET", "/files/", (), "pollux.test", 200),
    ("GET", "/files/", ("Accept: application/json",), "pollux.test", 200),
    ("GET", "/", (), "one.test", 200),
    ("GET", "/about", (), "one.test", 200),
    ("GET", "/about.html", (), "one.test", 308),
    ("GET", "/missing", (), "one.test", 404),
    ("GET", "/app.js", ("Accept-Encoding: gzip",), "pollux.test", 200),
    ("GET", "/app.js", ("Accept-Encoding: identity",), "pollux.test", 200),
    ("GET", "/app.js", ("Accept-Encoding: gzip;q=0, *;q=0",), "pollux.test", None),
    ("HEAD", "/app.js", ("Accept-Encoding: gzip",), "pollux.test", 200),
    ("GET", "/cors/data.json", ("Origin: https://app.test",), "pollux.test", 200),
    ("OPTIONS", "/cors/data.json", ("Origin: https://app.test", "Access-Control-Request-Method: GET"), "pollux.test", None),
    # What is refused
    ("OPTIONS", "*", (), "pollux.test", None),
    ("OPTIONS", "/text.txt", (), "pollux.test", None),
    ("POST", "/text.txt", (), "pollux.test", 405),
    ("DELETE", "/text.txt", (), "pollux.test", 405),
    ("BREW", "/text.txt", (), "pollux.test", None),
    ("TRACE", "/text.txt", (), "pollux.test", None),
    ("GET", "/.hidden", (), "pollux.test", 404),
    ("GET", "/_headers", (), "pollux.test", 404),
    ("GET", "/../../etc/passwd", (), "pollux.test", None),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", (), "pollux.test", None),
    ("GET", "/a%00b", (), "pollux.test", None),
    ("GET", "/%zz", (), "pollux.test", None),
    ("GET", "/text.txt/", (), "pollux.test", None),
    ("GET", "/text.txt", ("Expect: a-miracle",), "pollux.test", 417),
    ("GET", "/echo", (), "pollux.test", None),
    ("GET", "/text.txt", (), "stranger.test", None),
    ("GET", "/status.json", (), "pollux.test", None),
]


def told(response):
    """All but what speaks of the connection, or is another each time."""
    fields = [(name.lower(), value) for name, value in response.fields if name.lower() not in OF_CONNECTIONS]
    body = response.body
    if "Content-Type" in response and (boundary := re.search("boundary=(.*)", response["Content-Type"])):
        fields = [(name, value.replace(boundary[1], "boundary")) for name, value in fields]
        body = body.replace(boundary[1].encode(), b"boundary")
    return response.status, sorted(fields, key=lambda field: field[0]), body


@pytest.mark.parametrize("method, target, fields, host, status", SAME,
                         ids=[f"{method} {target} {host} {','.join(fields)}" for method, target, fields, host, _ in SAME])
def test_same_as_http_1_1(server, client, method, target, fields, host, status):
    with server.connect() as other:
        expected = other.ask(method, target, *fields, host=host)
    answer = client.ask(method, target, *fields, authority=host)
    assert told(answer) == told(expected)
    assert status in (None, answer.status)
    assert not OF_CONNECTIONS - {"date"} & {name for name, _ in answer.fields}
    assert "date" in answer and all(name == name.lower() for name, _ in answer.fields)


def test_of_a_name_the_certificate_is_not_for(client, mode):
    assert client.get("/text.txt", authority="stranger.test").status == (421 if mode.tls else 200)
    assert client.get("/text.txt").status == 200


def test_a_version_that_the_client_has(client):
    tag = client.get("/text.txt")["etag"]
    answer = client.get("/text.txt", f"If-None-Match: {tag}")
    assert (answer.status, answer.body, answer["etag"]) == (304, b"", tag)
    assert client.get("/text.txt", f"If-Match: {tag}").status == 200


def test_cookies_come_in_crumbs(client):
    """RFC 9113 8.2.3: one field, or many."""
    for fields in (["Cookie: a=1; b=2"], ["Cookie: a=1", "Cookie: b=2"]):
        assert client.get("/text.txt", *fields).body == TEXT


# -- How HTTP/2 begins


def test_http_1_1_on_the_same_port(server):
    assert server.get("/text.txt").body == TEXT


def test_the_client_that_prefers_http_1_1_gets_it(server, mode, identity):
    if not mode.tls:
        pytest.skip("there is nothing to choose")
    for offered in (["http/1.1"], ["http/1.1", "http/1.0"]):
        with Client(server.address, tls=context_for(identity, *offered)) as client:
            assert client.socket.selected_alpn_protocol() == offered[0]
            assert client.get("/text.txt").body == TEXT


@pytest.mark.parametrize("at", [1, 3, 16, 18, 23, 24, 30])
def test_the_preface_in_pieces(server, context, at):
    whole = PREFACE + frame(SETTINGS)
    with Wire(server, context=context, first=whole[:at]) as wire:
        server.get("/text.txt")  # Meanwhile the server has read that much.
        wire.send(whole[at:])
        assert wire.until(SETTINGS) is not None
        wire.send(wire.headers(wire.head(path="/text.txt")))
        assert wire.outcome(1) == ("status", 200)


def test_off_is_off(tmp_path, mode):
    with Server(tmp_path, mode=mode, server={"http2": "off", "h2c": "off"}) as server:
        server.write("hello.txt", HELLO)
        if mode.tls:
            with Client(server.address, tls=context_for(certificate.shared())) as client:
                assert client.socket.selected_alpn_protocol() == "http/1.1"
                assert client.get("/hello.txt").body == HELLO
        else:
            with server.connect() as client:
                client.send(PREFACE)
                assert client.read_response().status in (400, 505)


# -- Requests with bodies


@pytest.mark.parametrize("size", [0, 1, 16_384, 65_535, 70_000, 1 << 20])
@pytest.mark.parametrize("length", [True, False], ids=["length", "no length"])
def test_a_body_there_and_back(client, size, length):
    body = os.urandom(size)
    answer = client.ask("POST", "/echo", body=body, length=length)
    assert (answer.status, answer.body) == (200, body)


def test_a_body_in_many_small_frames(client):
    stream = client.begin("POST", "/echo", end=False)
    for octet in range(200):
        client.send(stream, bytes([octet]))
    client.send(stream, b"", end=True)
    assert client.read(stream).body == bytes(range(200))


def test_bodies_that_overlap(client):
    streams = [client.begin("POST", "/echo", end=False) for _ in range(10)]
    for part in range(4):
        for stream in streams:
            client.send(stream, b"%d-%d " % (stream, part), end=part == 3)
    for stream in streams:
        assert client.read(stream).body == b"".join(b"%d-%d " % (stream, part) for part in range(4))


@pytest.mark.parametrize("length", [True, False], ids=["announced", "not announced"])
def test_a_body_over_the_limit(client, length):
    """413, an end of the stream, and the connection goes on (RFC 9113 8.1)."""
    stream = client.begin("POST", "/echo", body=bytes(BODY + 100_000), length=length)
    answer = client.read(stream)
    assert answer.status == 413
    assert client.ask("POST", "/echo", body=bytes(70_000)).status == 200
    assert client.streams[stream].reset in (None, Error.NO_ERROR)
    for _ in range(3):  # Whatever was sent in vain is not missing in the connection's window.
        assert client.ask("POST", "/echo", body=bytes(BODY)).body == bytes(BODY)


def test_a_body_nobody_wants(client):
    for _ in range(20):
        stream = client.begin("POST", "/text.txt", body=bytes(100_000))
        assert client.read(stream).status == 405
    assert client.get("/text.txt").body == TEXT


def test_expect_continue(client):
    stream = client.begin("POST", "/echo", "Expect: 100-continue", "Content-Length: 5", end=False)
    client.until(lambda: client.streams[stream].interim, "the interim response", stream)
    assert client.streams[stream].interim == [((":status", "100"),)]
    client.send(stream, b"hello", end=True)
    assert client.read(stream).body == b"hello"


def test_expect_continue_in_vain(client):
    stream = client.begin("POST", "/echo", "Expect: 100-continue", f"Content-Length: {BODY + 1}", end=False)
    assert client.read(stream).status == 413
    assert client.streams[stream].interim == []
    assert client.get("/text.txt").body == TEXT


def test_trailers_are_read_over(client):
    stream = client.begin("POST", "/echo", end=False)
    client.send(stream, b"hello")
    client.h2.send_headers(stream, [("x-trailer", "value")], end_stream=True)
    client.flush()
    assert client.read(stream).body == b"hello"


@pytest.mark.parametrize("announced, sent", [(10, 5), (5, 10), (5, 0), (0, 1)])
def test_a_length_that_is_not_that_of_the_body(client, announced, sent):
    """RFC 9113 8.1.1: malformed, and a stream error."""
    stream = client.begin("POST", "/echo", f"Content-Length: {announced}", body=bytes(sent), length=False)
    with pytest.raises(Reset) as reset:
        client.read(stream)
    assert reset.value.error == Error.PROTOCOL_ERROR
    assert client.get("/text.txt").body == TEXT


# -- Many at a time


def test_many_files_at_a_time(client):
    streams = [client.begin("GET", f"/many/{number}.txt") for number in range(STREAMS)]
    for number, stream in enumerate(streams):
        assert client.read(stream).body == b"%d" % number * (number * 97)


def test_many_hosts_at_a_time(client):
    streams = [(host, client.begin("GET", "/", authority=host)) for _ in range(20) for host in ("pollux.test", "one.test")]
    for host, stream in streams:
        assert client.read(stream).body == (b"one" if host == "one.test" else b"<h1>start</h1>")


def test_one_after_the_other(client):
    for _ in range(300):
        assert client.get("/text.txt").body == TEXT


def test_a_client_that_has_not_heard_of_the_limit(server, context):
    """RFC 9113 5.1.2: REFUSED_STREAM says that nothing was done, so the requests may be repeated."""
    with Wire(server, context=context, first=PREFACE) as wire:
        # It acknowledges nothing.
        wire.send(frame(SETTINGS) + b"".join(wire.headers(wire.head("POST", "/echo"), end=False) for _ in range(STREAMS)))
        wire.send(b"".join(wire.headers(wire.head(path="/text.txt")) for _ in range(10)))
        for index in range(10):
            assert wire.until(RST_STREAM, 1 + 2 * (STREAMS + index)).number == Error.REFUSED_STREAM
        for index in range(STREAMS):
            wire.send(frame(DATA, b"x", 1 + 2 * index, END_STREAM))
            assert wire.until(DATA, 1 + 2 * index).payload == b"x"
        wire.send(wire.headers(wire.head(path="/text.txt")))
        assert wire.until(DATA).payload == TEXT


def test_a_request_that_is_called_off(client, server):
    for _ in range(20):
        stream = client.begin("GET", "/large.bin")
        client.reset(stream)
    assert client.get("/text.txt").body == TEXT
    stream = client.begin("POST", "/echo", end=False)
    client.send(stream, b"half")
    client.reset(stream)
    assert client.get("/text.txt").body == TEXT


# -- The access log


def test_the_access_log_in_json(server, client, module_directory):
    path = module_directory / "access.log"
    streams = [client.begin("GET", f"/text.txt?logged-{number}", "User-Agent: me") for number in range(3)]
    for stream in streams:
        client.read(stream)
    server.get("/text.txt?logged-http1")
    wait_until(lambda: path.read_text().count("?logged-") == 4, "all lines")
    logged = {line["target"]: line for line in map(json.loads, path.read_text().splitlines()) if "?logged-" in line["target"]}
    for number, stream in enumerate(streams):
        line = logged[f"/text.txt?logged-{number}"]
        assert (line["method"], line["status"], line["octets"], line["stream"]) == ("GET", 200, len(TEXT), stream)
        assert line["host"] == "pollux.test"
        assert "HTTP/2.0" in json.dumps(line)
    assert "stream" not in logged["/text.txt?logged-http1"]
    path.write_text("")


def test_the_access_log_in_combined(tmp_path, mode):
    path = tmp_path / "access.log"
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, log={"access": path}) as server:
        server.write("hello.txt", HELLO)
        with Http2(server) as client:
            client.get("/hello.txt?q", "User-Agent: me", "Referer: https://a.test/")
            client.ask("HEAD", "/hello.txt")
            client.get("/missing")
    first, second, third = path.read_text().splitlines()
    assert f'"GET /hello.txt?q HTTP/2.0" 200 {len(HELLO)} "https://a.test/" "me"' in first
    assert '"HEAD /hello.txt HTTP/2.0" 200 ' in second and '"GET /missing HTTP/2.0" 404 ' in third

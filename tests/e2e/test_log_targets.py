"""Logs for operators: what a line of JSON tells, the daemons of the system, and disks that are full."""

import contextlib
import json
import re
import socket

import pytest

from harness import Mode, Server, wait_until
from http2_client import Http2

HELLO = b"hello\n"
ANY_MODE = Mode("proactor", "lt", "lt")  # The model has nothing to do with it.
ANY_TLS_MODE = Mode("proactor", "lt", "lt", tls=True)


@pytest.fixture
def serve(tmp_path):
    with contextlib.ExitStack() as stack:
        def start(*arguments, mode=ANY_MODE, **options):
            server = stack.enter_context(Server(tmp_path, *arguments, mode=mode, **options))
            server.write("hello.txt", HELLO)
            return server
        yield start


def lost_lines(server):
    text = server.get("/metrics", host="localhost").body.decode()
    return int(re.search(r"^pollux_log_lines_dropped_total (\d+)$", text, re.M)[1])


# -- JSON


@pytest.mark.parametrize("mode, tls", ((ANY_MODE, None), (ANY_TLS_MODE, "TLSv1.3")))
def test_a_line_of_json(serve, tmp_path, mode, tls):
    log = tmp_path / "access.log"
    server = serve(mode=mode, log={"access": log, "access_format": "json"})
    with server.connect() as client:
        client.get("/hello.txt", "X-Request-ID: made-up")  # Of nobody who is trusted.
        client.get("/hello.txt", host="example.org")
        client.get("/hello.txt", version="HTTP/1.0")
    server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["host"] for line in lines] == ["pollux.test", "example.org", "pollux.test"]
    assert [line["version"] for line in lines] == ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]
    for line in lines:
        assert line.get("tls") == tls and line["octets"] == len(HELLO)
        assert 0 <= line["microseconds_to_first"] <= line["microseconds"]
        assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", line["id"])
    assert len({line["id"] for line in lines}) == 3


def test_json_of_http2(serve, tmp_path):
    log = tmp_path / "access.log"
    server = serve(server={"h2c": "on", "trusted_proxies": "127.0.0.1"}, log={"access": log, "access_format": "json"},
                   status={"listen": "127.0.0.1:0"})
    with Http2(server) as client:
        client.get("/hello.txt", "x-request-id: of-the-proxy")
    server.stop()
    (line,) = map(json.loads, log.read_text().splitlines())
    assert (line["version"], line["id"], line["octets"]) == ("HTTP/2.0", "of-the-proxy", len(HELLO))


def test_a_trusted_proxy_names_the_request(serve, tmp_path):
    log = tmp_path / "access.log"
    server = serve(server={"trusted_proxies": "127.0.0.1"}, log={"access": log, "access_format": "json"})
    names = ("5f3759df-1", "x" * 128, "x" * 129, "a b", "a\"b", "", "\x07")
    with server.connect() as client:  # One connection: its lines are in order.
        for name in names:
            client.get("/hello.txt", f"X-Request-ID: {name}" if name != "\x07" else "X-Other: y")
    server.stop()
    ids = [json.loads(line)["id"] for line in log.read_text().splitlines()]
    assert ids[:2] == list(names[:2])
    assert all(re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", made) for made in ids[2:])


# -- The daemons of the system


@pytest.fixture
def daemon(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "daemon"))
        listening.setblocking(False)
        yield listening


def received(daemon):
    datagrams = []
    with contextlib.suppress(BlockingIOError):
        while True:
            datagrams.append(daemon.recv(65536).decode())
    return datagrams


@pytest.mark.parametrize("how", ("sync", "async"))
def test_syslog(serve, tmp_path, daemon, how):
    server = serve(log={"file": f"syslog:{tmp_path}/daemon", "mode": how})
    pid = server.process.pid
    server.stop()
    assert any(re.fullmatch(rf"<30>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d pollux\[{pid}\]: shutting down: \d+ connections are open",
                            datagram) for datagram in received(daemon))


@pytest.mark.parametrize("how", ("sync", "async"))
def test_the_journal(serve, tmp_path, daemon, how):
    server = serve(log={"file": f"journal:{tmp_path}/daemon", "mode": how})
    server.stop()
    entries = [dict(field.split("=", 1) for field in datagram.splitlines()) for datagram in received(daemon)]
    assert any(entry["MESSAGE"].startswith("shutting down: ") and entry["PRIORITY"] == "6" for entry in entries)
    assert {entry["SYSLOG_IDENTIFIER"] for entry in entries} == {"pollux"}


def test_a_daemon_that_is_not_there_costs_lines_only(serve, tmp_path):
    server = serve("--set", "log.level=debug", log={"file": f"syslog:{tmp_path}/nobody"})
    assert server.get("/hello.txt").body == HELLO
    server.stop()
    said = [line for line in server.errors().splitlines() if f"cannot write to {tmp_path}/nobody" in line]
    assert said[-1].endswith("No such file or directory; 1 line lost")


# -- Disks


@pytest.mark.parametrize("how", ("sync", "async"))
def test_a_full_disk_costs_lines_only(serve, how):
    server = serve(log={"file": "/dev/full", "access": "/dev/full", "mode": how})
    with server.connect() as client:
        for _ in range(100):
            assert client.get("/hello.txt").body == HELLO
    wait_until(lambda: lost_lines(server) >= 100, "they are counted")
    server.stop()
    said = [line for line in server.errors().splitlines() if "cannot write to /dev/full: No space left on device" in line]
    assert 1 <= len(said) <= 2  # Each log says so, once a minute.


@pytest.mark.parametrize("how", ("sync", "async"))
def test_a_disk_that_fills_up(serve, tmp_path, how):
    log = tmp_path / "access.log"
    server = serve(wrap=("prlimit", "--fsize=4096"), log={"access": log, "mode": how})
    with server.connect() as client:
        for _ in range(100):
            assert client.get("/hello.txt").body == HELLO
    wait_until(lambda: lost_lines(server) > 0, "it is full")
    server.stop()
    assert log.stat().st_size == 4096
    assert len([line for line in server.errors().splitlines() if f"cannot write to {log}: File too large" in line]) == 1

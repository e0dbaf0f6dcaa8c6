"""The logs: one line per request whatever the request says, and every line arrives."""

import json
import re
import signal
import time

import pytest

from harness import in_parallel, request, wait_until

HELLO = b"hello\n"
COMBINED = re.compile(
    r'(?P<address>\S+) - (?P<user>\S+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] '
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<octets>\d+|-) '
    r'"(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"(?: .*)?')


@pytest.fixture
def logged(serve, tmp_path):
    """Starts a server with an access log; returns it and the path of the log."""
    def start(**log):
        path = tmp_path / "access.log"
        server = serve(log={"access": path, **log}, limits={"keepalive_requests": 100_000})
        server.write("hello.txt", HELLO)
        return server, path
    return start


def lines_of(path):
    text = path.read_bytes()
    assert text == b"" or text.endswith(b"\n")
    return text.decode().split("\n")[:-1]  # Not splitlines(): that knows more line ends than a log has.


def strings(value):
    """All strings and numbers in a JSON value."""
    if isinstance(value, dict):
        return {found for inner in value.values() for found in strings(inner)}
    return {value} if isinstance(value, (str, int, float)) else set()


# -- The form of a line


def test_combined(logged):
    server, path = logged(access_format="combined")
    with server.connect() as client:
        client.get("/hello.txt?q=1", "User-Agent: test/1.0 (x)", "Referer: http://a.test/?b")
        client.ask("HEAD", "/hello.txt")
        client.get("/missing", version="HTTP/1.0")
    server.stop()
    first, second, third = (COMBINED.fullmatch(line) for line in lines_of(path))
    assert first.groupdict() == {
        "address": "127.0.0.1", "user": "-", "request": "GET /hello.txt?q=1 HTTP/1.1", "status": "200",
        "octets": str(len(HELLO)), "referer": "http://a.test/?b", "agent": "test/1.0 (x)"}
    assert (second["request"], second["octets"], second["agent"]) in (
        ("HEAD /hello.txt HTTP/1.1", "0", "-"), ("HEAD /hello.txt HTTP/1.1", "-", "-"))
    assert third["request"] == "GET /missing HTTP/1.0" and third["status"] == "404"


def test_json(logged):
    server, path = logged(access_format="json")
    with server.connect() as client:
        client.get("/hello.txt?q=1", "User-Agent: test/1.0 \"x\" \\", "Referer: http://a.test/?b")
        client.get("/missing")
    server.stop()
    first, second = (json.loads(line) for line in lines_of(path))
    assert {"127.0.0.1", "GET", 200, len(HELLO), "http://a.test/?b", 'test/1.0 "x" \\'} <= strings(first)
    assert "/hello.txt?q=1" in strings(first) or "GET /hello.txt?q=1 HTTP/1.1" in strings(first)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", first["time"])
    assert first["host"] == "pollux.test"
    assert 404 in strings(second) and second.keys() <= first.keys()


def microseconds():
    """By the clock that the server reads, too."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_json_tells_the_time_it_took(logged):
    """From the first octet of the request to the last of the response: a client that watches can tell between what."""
    server, path = logged(access_format="json")

    def logged_time(target):
        wait_until(lambda: f'"{target}"' in path.read_text(), "the line")
        now = microseconds()
        return next(line["microseconds"] for line in map(json.loads, lines_of(path)) if line["target"] == target), now

    with server.connect() as client:
        client.get("/hello.txt")
        wait_until(lambda: server.status()["connections"]["waiting_for"]["request"] == 1, "the client is idle")
        before = microseconds()
        client.send(b"GET /hello.txt?slow HTTP/1.1\r\n")
        wait_until(lambda: server.status()["connections"]["waiting_for"]["request"] == 0, "the first octets are read")
        first_read = microseconds()
        for _ in range(50):  # This takes its time.
            server.get("/hello.txt")
        second_sent = microseconds()
        client.send(b"Host: x\r\n\r\n")
        assert client.read_response().body == HELLO
        slow, after = logged_time("/hello.txt?slow")
        assert second_sent - first_read <= slow <= after - before

        before = microseconds()
        client.get("/hello.txt?quick")
        quick, after = logged_time("/hello.txt?quick")
        assert 0 < quick <= after - before


def test_what_a_second_signal_cuts_off_is_logged(logged):
    server, path = logged()
    server.write("large.bin", bytes(32 << 20))
    with server.connect(receive_buffer=64 << 10) as client:
        client.send(request("GET", "/large.bin"))
        assert client.answered()
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGINT)
        server.await_exit()
    (line,) = lines_of(path)
    assert "/large.bin" in line and 0 < int(COMBINED.fullmatch(line)["octets"]) < 32 << 20
    assert "connections cut off: 1" in (server.directory / "pollux.log").read_text()


HOSTILE = [b'quote " and \\ backslash', b"tab\tinside", b"latin \xe9\xff", b"utf-8 \xc3\xa9", b"\x1b[2Jescape", b"\x7f",
           b"\xe2\x80\xa8line separator", b"\xc2\x85next line", b'" 200 0 "-" "-"', b"%0d%0a%n%s", b"a" * 5000]


@pytest.mark.parametrize("access_format", ["combined", "json"])
@pytest.mark.parametrize("where", ["agent", "target"])
def test_nobody_writes_lines_of_their_own(logged, where, access_format):
    server, path = logged(access_format=access_format)
    for text in HOSTILE:
        with server.connect() as client:
            if where == "agent":
                client.send(b"GET /hello.txt HTTP/1.1\r\nHost: x\r\nUser-Agent: " + text + b"\r\n\r\n")
            else:
                client.send(b"GET /" + text.replace(b" ", b"%20") + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            client.read_response()
        with server.connect() as client:
            client.get("/hello.txt?marker")
    server.stop()
    lines = lines_of(path)
    assert not [line for line in lines if re.search(r"[\x00-\x1f\x7f]", line)]
    assert sum("/hello.txt?marker" in line for line in lines) == len(HOSTILE)
    assert len(HOSTILE) <= len(lines) <= 2 * len(HOSTILE)
    for line in lines:
        if access_format == "json":
            assert isinstance(json.loads(line), dict)
        else:
            assert COMBINED.fullmatch(line), line


def test_broken_requests_are_at_most_one_line_each(logged):
    server, path = logged()
    tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for octets in (tls, b"GET /\r\n\r\n", b"\0" * 100, b"GET / HTTP/1.1\r\nA\n\n"):
        with server.connect() as client:
            client.send(octets)
            client.half_close()
            client.read_to_end()
    server.stop()
    lines = lines_of(path)
    assert len(lines) <= 4 and all(COMBINED.fullmatch(line) for line in lines)


# -- Every line arrives


@pytest.mark.parametrize("log_mode", ["sync", "async"])
def test_nothing_is_lost_at_exit(logged, log_mode):
    server, path = logged(mode=log_mode)
    clients, requests = 8, 100

    def ask(index):
        with server.connect() as client:
            client.send(b"".join(request("GET", f"/hello.txt?{index}-{number}") for number in range(requests)))
            for _ in range(requests):
                assert client.read_response().body == HELLO

    in_parallel(clients, ask)
    server.stop()
    targets = [COMBINED.fullmatch(line)["request"].split()[1] for line in lines_of(path)]
    assert len(targets) == clients * requests
    for index in range(clients):  # All are there, and those of one connection in their order.
        own = [target for target in targets if target.startswith(f"/hello.txt?{index}-")]
        assert own == [f"/hello.txt?{index}-{number}" for number in range(requests)]


@pytest.mark.parametrize("log_mode", ["sync", "async"])
def test_reopens_after_being_renamed(logged, log_mode):
    server, path = logged(mode=log_mode)
    renamed = path.with_suffix(".1")
    with server.connect() as client:
        client.get("/hello.txt?before")
        path.rename(renamed)
        client.get("/hello.txt?between")
        server.signal(signal.SIGUSR1)
        wait_until(path.exists, "the log is opened anew")
        client.get("/hello.txt?after")
    server.stop()
    old, new = renamed.read_text(), path.read_text()
    assert "?before" in old and "?after" in new and "?after" not in old
    assert (old + new).count("GET /hello.txt?between ") == 1 and (old + new).count("\n") == 3


def test_reopens_every_time_it_is_told(logged):
    server, path = logged()
    for number in range(10):
        server.get(f"/hello.txt?{number}")
        path.rename(path.with_suffix(f".{number}"))
        server.signal(signal.SIGUSR1)
        wait_until(path.exists, "the log is opened anew")
    server.stop()
    text = "".join(path.with_suffix(f".{number}").read_text() for number in range(10)) + path.read_text()
    assert text.count("\n") == 10


@pytest.mark.parametrize("log_mode", ["sync", "async"])
def test_rotates_by_size_without_losing_a_line(logged, log_mode):
    server, path = logged(mode=log_mode, rotate_size="8k", rotate_keep=1000)
    with server.connect() as client:
        for number in range(500):
            client.get(f"/hello.txt?{number}")
    server.stop()
    files = sorted(path.parent.glob("access.log*"))
    assert len(files) > 3 and all(file.stat().st_size <= 8192 for file in files)
    numbers = [int(number) for file in files for number in re.findall(r"GET /hello\.txt\?(\d+) ", file.read_text())]
    assert sorted(numbers) == list(range(500))


# -- Nowhere to write to


@pytest.mark.parametrize("log_mode", ["sync", "async"])
def test_full_disk_does_not_stop_the_server(serve, log_mode):
    server = serve(log={"file": "/dev/full", "access": "/dev/full", "mode": log_mode, "level": "debug"})
    server.write("hello.txt", HELLO)
    with server.connect() as client:
        for _ in range(200):
            assert client.get("/hello.txt").body == HELLO


def test_log_that_cannot_be_opened_is_told_at_start(serve, tmp_path):
    with pytest.raises(AssertionError) as failure:
        serve(log={"access": tmp_path / "no/such/folder/access.log"})
    assert "exit status 1" in str(failure.value) and "pollux: [emerg] " in str(failure.value)

"""Castor, the load generator: what it reports is what the server's access log holds, and what a person would see."""

import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

import http2_client as h2
from harness import BINARY, SANITIZED, Server, seconds, wait_until

CASTOR = Path(os.environ.get("CASTOR_BINARY", BINARY.parents[1] / "castor/castor"))
EXAMPLE = BINARY.parents[1] / "client/client_all_at_once"
ROOT = Path(__file__).resolve().parents[2]
PAGE = b"x" * 586
KEYS = {"schema", "version", "started", "options", "urls", "requests", "succeeded", "failed", "seconds", "octets_received", "connections_opened", "status", "errors",
        "latency_us", "connect_us", "tls_us", "first_octet_us", "per_second", "client_saturated"}
HOUR = 3600  # Seconds: longer than any test.
NUMBERS = {"p50", "p90", "p99", "p999", "max", "mean"}


def castor(*arguments, expect=0, **options):
    done = subprocess.run([CASTOR, *map(str, arguments)], capture_output=True, text=True, timeout=seconds(60), **options)
    assert done.returncode == expect, f"status {done.returncode}: {done.stdout}\n{done.stderr}"
    return done


def measured(directory, *arguments, **options):
    path = directory / "result.json"
    castor("--quiet", "--json", path, *arguments, **options)
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    directory = tmp_path_factory.mktemp("identity")
    subprocess.run([ROOT / "scripts/dev-cert", directory], check=True, capture_output=True)
    return directory


class Site:
    """A server with a JSON access log, http and https."""

    def __init__(self, directory, identity, **sections):
        self.log = directory / "access.json"
        sections.setdefault("limits", {})
        self.server = Server(directory, log={"access": self.log, "access_format": "json"},
                             tls={"listen": "127.0.0.1:0", "certificate": identity / "certificate.pem",
                                  "private_key": identity / "key.pem"},
                             server={"listen": "127.0.0.1:0", "model": "multi-reactor", "conn_trigger": "et", "h2c": "on",
                                     **sections.pop("server", {})}, **sections)
        self.server._expected = 2
        self.authority = identity / "authority.pem"

    def __enter__(self):
        self.server.__enter__()
        self.server.write("page.txt", PAGE)
        return self

    def __exit__(self, *what):
        return self.server.__exit__(*what)

    def url(self, scheme="http", path="/page.txt"):
        port = next(one.port for one in self.server.listeners if one.scheme == scheme)
        return f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{port}{path}"

    def entries(self):
        """What was logged; REQUIRES: the server has stopped."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def site(tmp_path, identity):
    with Site(tmp_path, identity) as site:
        yield site


def counts(result, entries):
    assert result["requests"] == len(entries)
    assert result["octets_received"] == sum(entry["octets"] for entry in entries)
    assert result["failed"] == 0 and result["succeeded"] == result["requests"]


RUNS = {
    "closed": ("-c", 20, "-j", 2, "-t", 1),
    "closed, kept": ("-c", 20, "-j", 2, "-t", 1, "-k"),
    "so many": ("-c", 7, "-j", 3, "-n", 1003, "-k"),
    "HTTP/1.0": ("-c", 5, "-n", 200, "-1"),
    "HEAD": ("-c", 5, "-n", 200, "-k", "--head"),
    "open": ("-c", 20, "-j", 2, "-t", 1, "-k", "--rate", "2000/s"),
    "open, closing": ("-c", 20, "-j", 1, "-t", 1, "--rate", 500),
    "pipelined": ("-c", 10, "-j", 2, "-t", 1, "--pipeline", 16),
    "TLS": ("-c", 10, "-j", 2, "-t", 1, "-k", "https"),
    "TLS, closing": ("-c", 10, "-n", 300, "https"),
    "TLS, resumed": ("-c", 4, "-n", 300, "--resume", "https"),
    "TLS, pipelined": ("-c", 4, "-n", 3000, "--pipeline", 8, "https"),
    "HTTP/2": ("-c", 5, "-j", 2, "-t", 1, "--http2", "-m", 20),
    "HTTP/2, a stream": ("-c", 5, "-n", 500, "--http2"),
    "HTTP/2, so many": ("-c", 3, "-j", 2, "-n", 10_007, "--http2", "-m", 100),
    "HTTP/2, more than the server wants": ("-c", 2, "-n", 3000, "--http2", "-m", 1000),
    "HTTP/2, HEAD": ("-c", 5, "-n", 200, "--http2", "-m", 4, "--head"),
    "HTTP/2, open": ("-c", 4, "-j", 2, "-t", 1, "--http2", "-m", 10, "--rate", "2000/s"),
    "HTTP/2, TLS": ("-c", 4, "-j", 2, "-t", 1, "--http2", "-m", 10, "https"),
    "HTTP/2, TLS, so many": ("-c", 10, "-n", 5003, "--http2", "-m", 100, "https"),
}


@pytest.mark.parametrize("name", RUNS)
def test_counts_are_those_of_the_access_log(tmp_path, identity, name):
    arguments = list(RUNS[name])
    scheme = "https" if arguments[-1] == "https" else "http"
    if scheme == "https":
        arguments.pop()
    with Site(tmp_path, identity) as site:
        result = measured(tmp_path, *arguments, "--cacert", site.authority, site.url(scheme))
    entries = site.entries()
    counts(result, entries)
    assert set(result) == KEYS
    if name.startswith("HTTP/2"):
        assert {entry["version"] for entry in entries} == {"HTTP/2.0"}
        assert result["options"]["http"] == "2" and result["options"]["streams"] >= 1
    for key in ("latency_us", "connect_us", "tls_us", "first_octet_us"):
        assert NUMBERS <= set(result[key])
    assert result["status"] == {"200": result["requests"]} and result["errors"] == {}
    assert sum(second["requests"] for second in result["per_second"]) == result["requests"]
    assert [url["requests"] for url in result["urls"]] == [result["requests"]]
    if "-n" in arguments:
        assert result["requests"] == arguments[arguments.index("-n") + 1]
    if name == "TLS, resumed":
        assert result["tls_us"]["resumed"] > 200


@pytest.mark.clock
def test_not_waiting_for_the_reply(tmp_path, site):
    result = measured(tmp_path, "-f", "-c", 10, "-t", 1, site.url())
    assert result["failed"] == 0 and result["requests"] > 100
    assert 1 <= result["seconds"] < 6  # Responses that were waited for would have five seconds.


def test_failures_are_failures(tmp_path, site):
    result = measured(tmp_path, "-c", 2, "-n", 10, site.url(path="/none"), expect=1)
    assert (result["succeeded"], result["failed"]) == (0, 10)
    assert result["status"] == {"404": 10} and result["errors"] == {"response status": 10}
    result = measured(tmp_path, "-c", 2, "-n", 10, "--expect-status", 404, site.url(path="/none"))
    assert (result["succeeded"], result["failed"]) == (10, 0)


@pytest.mark.parametrize("arguments, path, status", [
    (("--expect-status", 200), "/page.txt", 0),
    (("--expect-status", 200), "/none", 1),
    (("--expect-length", 586), "/page.txt", 0),
    (("--expect-length", 585), "/page.txt", 1),
    (("--max-errors", 0), "/page.txt", 0),
    (("--max-errors", 0), "/none", 1),
    (("--max-errors", 5), "/none", 0),
    (("--max-p99", 60000), "/page.txt", 0),
    (("--max-p99", 0.0001), "/page.txt", 1),
])
def test_expectations(site, arguments, path, status):
    castor("-n", 5, *arguments, site.url(path=path), expect=status)


@pytest.mark.parametrize("wanted, status", [((), 1), (("--max-errors", 100), 0), (("--expect-status", 200), 1),
                                            (("--webbench",), 0)])
def test_a_large_part_that_fails_is_a_failure(site, wanted, status):
    """A third is. Unless one says otherwise."""
    done = castor("-n", 9, "-1", *wanted, site.url(), site.url(path="/a?b"), site.url(path="/none"), expect=status)
    if not wanted:
        assert "6 of 9 requests failed" in done.stdout


def test_a_small_part_that_fails_is_not(site):
    castor("-n", 20, *[site.url()] * 19, site.url(path="/none"))


@pytest.mark.parametrize("arguments", [(), ("-c", "0", "http://127.0.0.1/"), ("ftp://127.0.0.1/",), ("--what", "http://127.0.0.1/"),
                                       ("http://192.0.2.1/",), ("-n", "x", "http://127.0.0.1/")])
def test_bad_usage(arguments):
    assert "castor: " in castor(*arguments, expect=2).stderr


@pytest.mark.parametrize("arguments", [("http://127.0.0.1/\x1b[31m\a",), ("-t", "\x1b[31m", "http://127.0.0.1/"),
                                       ("--compare", "\x1b[31m", "--html", "-"), ("--\x1b[31m",)])
def test_what_is_refused_is_not_sent_to_the_terminal(arguments):
    done = subprocess.run([CASTOR, *arguments], capture_output=True, text=True, timeout=seconds(20))
    assert done.returncode != 0
    assert r"\x1b[31m" in done.stderr and "\x1b" not in done.stderr and "\a" not in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("-n", 1), ("-n", 1, "--json", "-", "--quiet"),
                                       ("-n", 1, "--html", "-", "--quiet"), ("-n", 1, "--webbench"),
                                       ("-n", 1, "--quiet", "--json", "/dev/full")])
def test_a_full_output_is_an_error(site, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([CASTOR, *map(str, arguments), site.url()], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=seconds(20))
    assert done.returncode == 1
    assert re.search(r"^castor: cannot write (to standard output|/dev/full): No space left on device$", done.stderr, re.M)


def test_one_output_that_is_full_costs_no_other(tmp_path, site):
    done = castor("-n", 1, "--json", "/dev/full", "--html", tmp_path / "a.html", site.url(), expect=1)
    assert "1 requests in" in done.stdout and "<svg" not in done.stdout
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")


def test_nothing_to_measure(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = measured(tmp_path, "-n", 3, f"http://127.0.0.1:{unused.getsockname()[1]}/", expect=1)
    assert result["errors"] == {"connect refused": 3} and result["failed"] == 3


def test_certificates_are_verified(tmp_path, site):
    result = measured(tmp_path, "-n", 3, site.url("https"), expect=1)
    assert result["errors"] == {"tls certificate": 3}
    assert measured(tmp_path, "-n", 3, "--insecure", site.url("https"))["succeeded"] == 3


def hostile(answer, close=True):
    """A server that gives every connection the same octets, whatever it says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        kept = []
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.recv(10_000)
            client.sendall(answer)
            if close:
                client.close()
            kept.append(client)

    threading.Thread(target=serve, daemon=True).start()
    return listener


class Run:
    """A castor that goes on until the test has seen enough: it is interrupted then. `directory` gets the result."""

    def __init__(self, directory, *arguments):
        self.path = directory / "result.json"
        self.process = subprocess.Popen([CASTOR, "-t", str(HOUR), "--json", self.path, *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.kill()
        self.process.communicate()

    def wait_for(self, pattern):
        """Until a line that tells how it goes matches: one comes every two seconds."""
        watchdog = threading.Timer(seconds(60), self.process.kill)
        watchdog.start()
        seen = []
        for line in self.process.stderr:
            seen.append(line)
            if re.search(pattern, line):
                break
        else:
            pytest.fail(f"no line says {pattern}: {seen}")
        watchdog.cancel()

    def interrupt(self, expect=0):
        """What it has said, and the result."""
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=seconds(30))
        assert self.process.returncode == expect, errors
        return out, json.loads(self.path.read_text())


def test_counts_of_an_aborted_run(tmp_path, identity):
    with Site(tmp_path, identity) as site, Run(tmp_path, "-c", 20, "-k", site.url()) as run:
        wait_until(lambda: site.log.exists() and site.log.stat().st_size > 10_000, "requests come")
        out, result = run.interrupt()
    assert "interrupted" in out
    counts(result, site.entries())


def test_a_second_interrupt_ends_it_at_once(tmp_path):
    """Without a report. A server that does not answer would be waited for."""
    with hostile(b"", close=False) as listener, Run(tmp_path, "-k", f"http://127.0.0.1:{listener.getsockname()[1]}/") as run:
        run.wait_for("0 %")
        run.process.send_signal(signal.SIGSTOP)  # So that it finds both.
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGCONT)
        assert run.process.wait(seconds(30)) == -signal.SIGTERM
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("answer, close, error", [
    (b"", True, "receive closed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", True, "receive closed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", False, "receive timeout"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", True, "receive protocol"),
    (b"nonsense\r\n\r\n", True, "receive protocol"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ntoo long", True, "receive protocol"),
    (b"HTTP/1.1 600 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True, "response status"),
    (b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True, "response status"),
    (b"", False, "receive timeout"),
])
def test_hostile_servers(tmp_path, answer, close, error):
    with hostile(answer, close) as listener:
        timeout = 0.3 if error.endswith("timeout") else seconds(30)
        result = measured(tmp_path, "-n", 3, "--timeout", timeout, f"http://127.0.0.1:{listener.getsockname()[1]}/",
                          "-k", expect=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert result["errors"] == {error: 3}


class Http2Peer:
    """A server of HTTP/2 that does what a test says: `serve(peer)` is called for each connection, in a thread."""

    def __init__(self, serve):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.answered = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                assert stream.read(len(h2.PREFACE)) == h2.PREFACE
                self.serve(self, connection, self._requests(stream))
            except OSError:
                pass  # Castor has had enough.

    @staticmethod
    def _requests(stream):
        """The numbers of streams that are asked on, until there are no more."""
        while len(head := stream.read(9)) == 9:
            length, kind = int.from_bytes(head[:3], "big"), head[3]
            stream.read(length)
            if kind == h2.HEADERS:
                yield int.from_bytes(head[5:], "big")

    def answer(self, connection, stream):
        self.answered += 1
        connection.sendall(h2.frame(h2.HEADERS, b"\x88", stream, h2.END_HEADERS) + h2.frame(h2.DATA, b"hi", stream, h2.END_STREAM))


def in_threes_then_goaway(peer, connection, requests):
    connection.sendall(h2.settings())
    for _ in range(3):
        peer.answer(connection, stream := next(requests))
    connection.sendall(h2.frame(h2.GOAWAY, struct.pack(">II", stream, 0)))
    for _ in requests:
        pass


def every_other_is_reset(peer, connection, requests):
    connection.sendall(h2.settings())
    for stream in requests:
        if stream % 4 == 1:
            peer.answer(connection, stream)
        else:
            connection.sendall(h2.number(h2.RST_STREAM, h2.Error.INTERNAL_ERROR, stream))


def every_other_is_refused(peer, connection, requests):
    """At first: none is refused as often as castor repeats it."""
    connection.sendall(h2.settings())
    for stream in requests:
        if stream % 4 == 1 or stream > 60:
            peer.answer(connection, stream)
        else:
            connection.sendall(h2.number(h2.RST_STREAM, h2.Error.REFUSED_STREAM, stream))


def two_at_a_time(peer, connection, requests):
    """Answers nothing before two have come, and a third would be one too many."""
    connection.sendall(h2.settings(MAX_CONCURRENT_STREAMS=2))
    waiting = []
    for stream in requests:
        waiting.append(stream)
        if len(waiting) == 2:
            for one in waiting:
                peer.answer(connection, one)
            waiting.clear()


def goaway_for_an_error(peer, connection, requests):
    """The first five are lost; it has not seen the others."""
    connection.sendall(h2.settings())
    for _ in range(5):
        stream = next(requests)
    connection.sendall(h2.frame(h2.GOAWAY, struct.pack(">II", stream, h2.Error.INTERNAL_ERROR)))


def closes_after_five(peer, connection, requests):
    connection.sendall(h2.settings())
    for _ in range(5):
        peer.answer(connection, next(requests))
    for _ in range(5):
        next(requests)


def garbage(peer, connection, requests):
    next(requests)
    connection.sendall(b"nonsense\r\n\r\n")
    for _ in requests:
        pass


def silence(peer, connection, requests):
    for _ in requests:
        pass


@pytest.mark.parametrize("serve, streams, failed", [
    (in_threes_then_goaway, 10, {}),
    (every_other_is_reset, 10, {"receive stream reset": 30}),
    (every_other_is_refused, 10, {}),
    (two_at_a_time, 2, {}),
    (goaway_for_an_error, 10, {"receive goaway": 60}),
    (closes_after_five, 5, {"receive closed": 30}),
    (garbage, 10, {"receive protocol": 60}),
    (silence, 10, {"receive timeout": 60}),
])
def test_hostile_servers_of_http2(tmp_path, serve, streams, failed):
    timeout = 0.3 if "receive timeout" in failed else seconds(30)
    lost = sum(failed.values())
    with Http2Peer(serve) as peer:
        result = measured(tmp_path, "--http2", "-m", streams, "-n", 60, "--timeout", timeout, peer.url,
                          expect=1 if lost > 0 else 0)
    assert result["errors"] == failed
    assert (result["requests"], result["succeeded"], result["failed"]) == (60, 60 - lost, lost)
    assert peer.answered == result["succeeded"] and result["octets_received"] == 2 * peer.answered
    if serve is in_threes_then_goaway:
        assert result["connections_opened"] == 20


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"nonsense\r\n\r\n"])
def test_servers_that_do_not_speak_http2(tmp_path, answer):
    with hostile(answer, close=False) as listener:
        result = measured(tmp_path, "--http2", "-m", 4, "-n", 12, f"http://127.0.0.1:{listener.getsockname()[1]}/", expect=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert result["errors"] == {"receive protocol": 12}


def test_a_server_that_does_not_agree_to_http2(tmp_path, identity):
    with Site(tmp_path, identity, server={"http2": "off", "h2c": "off"}) as site:
        result = measured(tmp_path, "--http2", "-m", 4, "-n", 3, "--cacert", site.authority, site.url("https"), expect=1)
        assert result["errors"] == {"tls no h2": 3}
        result = measured(tmp_path, "--http2", "-m", 4, "-n", 4, site.url(), expect=1)
        assert result["errors"] == {"receive protocol": 4}


def test_http2_bodies_both_ways(tmp_path, site):
    """100 KiB want no more than the first windows; what is sent waits for the server's."""
    site.server.write("large.bin", b"x" * 100 * 1024)
    (tmp_path / "body").write_bytes(b"y" * 300_000)
    result = measured(tmp_path, "--http2", "-m", 20, "-n", 400, site.url(path="/large.bin"))
    assert result["octets_received"] == 400 * 100 * 1024
    result = measured(tmp_path, "--http2", "-m", 5, "-n", 20, "--expect-status", 405, "--body", f"@{tmp_path / 'body'}", site.url())
    assert result["status"] == {"405": 20} and result["errors"] == {}


def test_http2_says_so(site):
    assert "HTTP/2 with 7 streams each" in castor("--http2", "-m", 7, "-n", 100, site.url()).stdout
    assert "-f ends connections" in castor("--http2", "-f", site.url(), expect=2).stderr


def test_a_folded_field_is_understood(tmp_path):
    """RFC 9112 5.2: a user agent replaces the fold by spaces. So do the library and the load generator."""
    with hostile(b"HTTP/1.1 200 OK\r\nX-Note: one\r\n two\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi") as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert measured(tmp_path, "-n", 2, url)["succeeded"] == 2
        done = subprocess.run([EXAMPLE, url], capture_output=True, text=True, timeout=seconds(20))
        listener.shutdown(socket.SHUT_RDWR)
    assert done.returncode == 0 and " 200 2 octets" in done.stdout


def test_octets_of_requests_given_up_count(tmp_path):
    """At the end of the run, and in their second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with Run(tmp_path, "-c", 2, "-k", f"http://127.0.0.1:{listener.getsockname()[1]}/") as run:
            servers = [listener.accept()[0] for _ in range(2)]
            for server in servers:
                server.recv(10_000)
                server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 700)
            result = run.interrupt(expect=1)[1]  # It waits for the rest: half a second.
    assert result["errors"] == {"receive timeout": 2}
    assert result["octets_received"] == 1400 == sum(second["octets"] for second in result["per_second"])


def test_the_live_line_claims_nothing(tmp_path):
    """Where nothing has completed there is no percentile."""
    with hostile(b"", close=False) as listener:
        with Run(tmp_path, "-k", "--timeout", HOUR, f"http://127.0.0.1:{listener.getsockname()[1]}/") as run:
            run.wait_for(r" 0/s  p99 +- ms  errors 0")
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.clock
def test_a_frozen_server_shows(tmp_path, identity):
    """The lesson of docs/castor.md: the server stands still. The open loop says so, the closed does not."""
    def with_freeze(*arguments):
        with Site(tmp_path, identity) as site, Run(tmp_path, "-c", 10, "-k", *arguments, site.url()) as run:
            run.wait_for("%")
            site.server.signal(signal.SIGSTOP)
            wait_until(lambda: "T (stopped)" in (site.server.process.directory / "status").read_text(), "it stands still")
            begun = time.monotonic()
            run.wait_for("%")
            stood = time.monotonic() - begun
            site.server.signal(signal.SIGCONT)
            run.wait_for("%")
            return stood * 1e6, run.interrupt()[1]  # Microseconds.

    stood, open_loop = with_freeze("--rate", "1000/s")
    latency = open_loop["latency_us"]
    assert latency["open_loop"]["due"] == open_loop["requests"] + latency["open_loop"]["missed"]
    share = stood / 1e6 / open_loop["seconds"]  # Of the time, and so of the requests, that the server stood still.
    assert share > 0.03 and latency["p99"] > stood * (1 - 0.02 / share) and latency["max"] > stood * 0.95
    assert latency["open_loop"]["service"]["p99"] < stood / 2
    stood, closed_loop = with_freeze()
    assert closed_loop["latency_us"]["p99"] < stood / 2 < stood * 0.95 < closed_loop["latency_us"]["max"]


def test_webbench(tmp_path, site):
    link = tmp_path / "webbench"
    link.symlink_to(CASTOR)
    done = subprocess.run([link, "-c", "5", "-t", "1", site.url()], capture_output=True, text=True, timeout=seconds(20))
    assert done.returncode == 0
    speed, requests = done.stdout.splitlines()[-2:]
    assert re.fullmatch(r"Speed=\d+ pages/min, \d+ bytes/sec\.", speed)
    assert re.fullmatch(r"Requests: [1-9]\d* susceed, 0 failed\.", requests)
    done = castor("--webbench", "-c", 5, "-t", 1, site.url(path="/none"))
    assert re.fullmatch(r"Requests: 0 susceed, [1-9]\d* failed\.", done.stdout.splitlines()[-1])
    assert "response status" in done.stdout
    castor("--webbench", "-x", expect=2)


def test_idle_connections(tmp_path, identity):
    many = min(15_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1000) if not SANITIZED else 1000
    with Site(tmp_path, identity, timeouts={"header": f"{HOUR}s"}) as site, Run(tmp_path, "--idle", many, site.url()) as run:
        run.wait_for(f"held {many} ")
        out, result = run.interrupt()
    assert result["connections_opened"] == many
    assert (result["idle"]["held"], result["idle"]["lost"]) == (many, 0)
    assert f"{many:,} held idle until the end, 0 ended by the server" in out
    print(re.search(r".*held idle.*", out)[0])


def test_idle_connections_beside_a_number_of_requests(tmp_path, site):
    """They have no part in what is sent, and do not keep it from ending."""
    result = measured(tmp_path, "--idle", 10, "-c", 1, "-j", 2, "-n", 100, site.url())
    assert (result["requests"], result["idle"]["held"]) == (100, 10)


def test_no_answer_is_not_the_expected_one(tmp_path, site):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        done = castor("-c", 2, "-n", 2, "--expect-status", 200, url, site.url(), expect=1)
    assert "NOT MET: 1 requests had no answer" in done.stdout


def test_output_for_programs_is_alone(tmp_path, site):
    done = castor("-n", 3, "--json", "-", site.url())
    assert json.loads(done.stdout)["requests"] == 3
    assert "3 requests in" in done.stderr
    done = castor("-t", 30, "--json", tmp_path / "none" / "a.json", site.url(), expect=1)  # At once.
    assert "cannot write" in done.stderr


def test_idle_connections_that_are_lost(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with Run(tmp_path, "--idle", 10, "--max-errors", 0, url) as run:
            clients = [listener.accept()[0] for _ in range(10)]
            run.wait_for("held 10 ")
            for client in clients:
                client.close()
            run.wait_for("held 0 ")
            idle = run.interrupt(expect=1)[1]["idle"]
    assert (idle["held"], idle["lost"]) == (0, 10)


def test_pages(tmp_path, site):
    castor("-n", 100, "--html", tmp_path / "a.html", "--json", tmp_path / "a.json", site.url())
    castor("-n", 100, "-k", "--json", tmp_path / "b.json", site.url())
    castor("--compare", tmp_path / "a.json", tmp_path / "b.json", "--html", tmp_path / "both.html")
    for name in ("a.html", "both.html"):
        page = (tmp_path / name).read_text()
        assert page.startswith("<!DOCTYPE html>") and "<svg" in page and "src=" not in page and "href=" not in page
    assert "a.json" in page and "b.json" in page
    done = castor("--compare", tmp_path / "a.json", tmp_path / "b.json")
    assert re.search(r"^requests/s +[\d.k]+ +[\d.k]+ +[\d.e+]+x$", done.stdout, re.M), done.stdout
    assert "a.json" in done.stdout and re.search(r"^p99 .*x$", done.stdout, re.M)
    (tmp_path / "bad.json").write_text("{}")
    castor("--compare", tmp_path / "bad.json", "--html", tmp_path / "c.html", expect=1)


def test_several_urls_are_told_apart(tmp_path, site):
    urls = [site.url(), site.url("https"), site.url(path="/none")]
    castor("-c", 2, "-j", 2, "-n", 40, "-k", "--insecure", "--max-errors", 20, "--json", tmp_path / "a.json", "--html",
           tmp_path / "a.html", *urls)
    result = json.loads((tmp_path / "a.json").read_text())
    assert [url["url"] for url in result["urls"]] == urls
    assert [(url["requests"], url["failed"], url["status"]) for url in result["urls"]] == [
        (10, 0, {"200": 10}), (20, 0, {"200": 20}), (10, 10, {"404": 10})]
    assert sum(url["octets_received"] for url in result["urls"]) == result["octets_received"]
    assert result["options"]["clients"] == 2 and result["options"]["keep_alive"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["started"])
    page = (tmp_path / "a.html").read_text()
    assert all(url in page for url in urls) and result["started"] in page


def test_is_installed(tmp_path):
    subprocess.run(["cmake", "--install", CASTOR.parents[1], "--prefix", tmp_path], check=True, capture_output=True)
    done = subprocess.run([tmp_path / "bin/castor", "--version"], capture_output=True, text=True, timeout=seconds(20))
    assert done.returncode == 0 and done.stdout.startswith("castor ")


def test_example(site):
    done = subprocess.run([EXAMPLE, "--cacert", site.authority, site.url("https"), site.url()], capture_output=True,
                          text=True, timeout=seconds(20))
    assert done.returncode == 0 and done.stdout.count(" 200 586 octets") == 2

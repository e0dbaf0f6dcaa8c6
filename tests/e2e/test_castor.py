"""Castor, the load generator: what it reports is what the server's access log holds, and what a person would see."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness import BINARY, SANITIZED, Server, seconds, wait_until

CASTOR = Path(os.environ.get("CASTOR_BINARY", BINARY.parents[1] / "castor/castor"))
EXAMPLE = CASTOR.with_name("client_example")
ROOT = Path(__file__).resolve().parents[2]
PAGE = b"x" * 586
KEYS = {"requests", "succeeded", "failed", "seconds", "octets_received", "connections_opened", "status", "errors",
        "latency_us", "connect_us", "tls_us", "first_octet_us", "per_second", "client_saturated"}
NUMBERS = {"p50", "p90", "p99", "p999", "max", "mean"}


def castor(*arguments, expect=0, **options):
    done = subprocess.run([CASTOR, *map(str, arguments)], capture_output=True, text=True, timeout=seconds(60), **options)
    assert done.returncode == expect, f"status {done.returncode}: {done.stdout}\n{done.stderr}"
    return done


def measured(folder, *arguments, **options):
    path = folder / "result.json"
    castor("--quiet", "--json", path, *arguments, **options)
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identity")
    subprocess.run([ROOT / "scripts/dev-cert", folder], check=True, capture_output=True)
    return folder


class Site:
    """A server with a JSON access log, http and https."""

    def __init__(self, folder, identity, **sections):
        self.log = folder / "access.json"
        sections.setdefault("limits", {})
        self.server = Server(folder, log={"access": self.log, "access_format": "json"},
                             tls={"listen": "127.0.0.1:0", "certificate": identity / "certificate.pem",
                                  "private_key": identity / "key.pem"},
                             server={"listen": "127.0.0.1:0", "model": "multi-reactor", "conn_trigger": "et"}, **sections)
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
}


@pytest.mark.parametrize("name", RUNS)
def test_counts_are_those_of_the_access_log(tmp_path, identity, name):
    arguments = list(RUNS[name])
    scheme = "https" if arguments[-1] == "https" else "http"
    if scheme == "https":
        arguments.pop()
    with Site(tmp_path, identity) as site:
        result = measured(tmp_path, *arguments, "--cacert", site.authority, site.url(scheme))
    counts(result, site.entries())
    assert set(result) == KEYS
    for key in ("latency_us", "connect_us", "tls_us", "first_octet_us"):
        assert NUMBERS <= set(result[key])
    assert result["status"] == {"200": result["requests"]} and result["errors"] == {}
    assert sum(second["requests"] for second in result["per_second"]) == result["requests"]
    if "-n" in arguments:
        assert result["requests"] == arguments[arguments.index("-n") + 1]
    if name == "TLS, resumed":
        assert result["tls_us"]["resumed"] > 200


def test_counts_of_an_aborted_run(tmp_path, identity):
    path = tmp_path / "result.json"
    with Site(tmp_path, identity) as site:
        with subprocess.Popen([CASTOR, "-c", "20", "-t", "60", "-k", "--json", path, site.url()], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as run:
            wait_until(lambda: site.log.exists() and site.log.stat().st_size > 10_000, "requests come")
            run.send_signal(signal.SIGINT)
            out, _ = run.communicate(timeout=seconds(10))
        assert run.returncode == 0
        assert "interrupted" in out
    counts(json.loads(path.read_text()), site.entries())


def test_not_waiting_for_the_reply(tmp_path, site):
    result = measured(tmp_path, "-f", "-c", 10, "-t", 1, site.url())
    assert result["failed"] == 0 and result["requests"] > 100 and 1 <= result["seconds"] < seconds(3)


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


@pytest.mark.parametrize("arguments", [(), ("-c", "0", "http://127.0.0.1/"), ("ftp://127.0.0.1/",), ("--what", "http://127.0.0.1/"),
                                       ("http://192.0.2.1/",), ("-n", "x", "http://127.0.0.1/")])
def test_bad_usage(arguments):
    assert "castor: " in castor(*arguments, expect=2).stderr


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


@pytest.mark.parametrize("answer, close, error", [
    (b"", True, "receive closed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", True, "receive closed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", False, "receive timeout"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", True, "receive protocol"),
    (b"nonsense\r\n\r\n", True, "receive protocol"),
    (b"", False, "receive timeout"),
])
def test_hostile_servers(tmp_path, answer, close, error):
    with hostile(answer, close) as listener:
        result = measured(tmp_path, "-n", 3, "--timeout", 0.3, f"http://127.0.0.1:{listener.getsockname()[1]}/",
                          "-k", expect=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert result["errors"] == {error: 3}


def test_a_frozen_server_shows(tmp_path, identity):
    """The lesson of docs/castor.md: the server stands still for 2 of 10 s. The open loop says so, the closed does not."""
    def with_freeze(*arguments):
        def freeze():
            time.sleep(4)  # Of the run's ten seconds.
            site.server.signal(signal.SIGSTOP)
            time.sleep(2)
            site.server.signal(signal.SIGCONT)

        with Site(tmp_path, identity) as site:
            thread = threading.Thread(target=freeze)
            thread.start()
            result = measured(tmp_path, "-c", 10, "-k", "-t", 10, *arguments, site.url())
            thread.join()
            return result

    open_loop = with_freeze("--rate", "1000/s")
    assert 1.7e6 < open_loop["latency_us"]["p99"] < 2.3e6
    assert open_loop["requests"] == open_loop["latency_us"]["open_loop"]["due"] == 10_000
    assert open_loop["latency_us"]["open_loop"]["service"]["p99"] < 0.5e6
    closed_loop = with_freeze()
    assert closed_loop["latency_us"]["p99"] < 0.5e6 < 1.7e6 < closed_loop["latency_us"]["max"]


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
    with Site(tmp_path, identity, timeouts={"header": "60s"}) as site:
        done = castor("--idle", many, "-t", 6, "--json", tmp_path / "idle.json", site.url())
    result = json.loads((tmp_path / "idle.json").read_text())
    assert result["connections_opened"] == many
    assert (result["idle"]["held"], result["idle"]["lost"]) == (many, 0)
    assert f"{many:,} held idle until the end, 0 ended by the server" in done.stdout
    print(re.search(r".*held idle.*", done.stdout)[0])


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


def test_idle_connections_that_are_lost(tmp_path, identity):
    with Site(tmp_path, identity, timeouts={"header": "300ms"}) as site:
        castor("--idle", 10, "-t", 2, "--json", tmp_path / "idle.json", "--max-errors", 0, site.url(), expect=1)
    idle = json.loads((tmp_path / "idle.json").read_text())["idle"]
    assert (idle["held"], idle["lost"]) == (0, 10)


def test_pages(tmp_path, site):
    castor("-n", 100, "--html", tmp_path / "a.html", "--json", tmp_path / "a.json", site.url())
    castor("-n", 100, "-k", "--json", tmp_path / "b.json", site.url())
    castor("--compare", tmp_path / "a.json", tmp_path / "b.json", "--html", tmp_path / "both.html")
    for name in ("a.html", "both.html"):
        page = (tmp_path / name).read_text()
        assert page.startswith("<!DOCTYPE html>") and "<svg" in page and "src=" not in page and "href=" not in page
    assert "a.json" in page and "b.json" in page
    (tmp_path / "bad.json").write_text("{}")
    castor("--compare", tmp_path / "bad.json", "--html", tmp_path / "c.html", expect=1)


def test_example(site):
    done = subprocess.run([EXAMPLE, "--cacert", site.authority, site.url("https"), site.url()], capture_output=True,
                          text=True, timeout=seconds(20))
    assert done.returncode == 0 and done.stdout.count(" 200 586 octets") == 2

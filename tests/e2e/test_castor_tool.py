"""Castor, the tool: what it asks for and where, what it writes, how it ends, and servers that other load generators have
stumbled over."""

import csv
import fcntl
import json
import os
import pty
import re
import resource
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from harness import seconds
from test_castor import CASTOR, HOUR, Run, castor, hostile, identity, measured, site  # noqa: F401 (fixtures)


def url_of(listener, host="127.0.0.1"):
    return f"http://{host}:{listener.getsockname()[1]}/"


class Origin:
    """A server that keeps connections and answers every request; `requests` has their heads and bodies as they came.

    `answer(head)` gives the octets of an answer, None for none at all: the connection is reset then."""

    def __init__(self, answer=lambda head: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", listener=None):
        self.answer = answer
        self.listener = listener or socket.create_server(("127.0.0.1", 0), backlog=512)
        self.requests = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.close()

    @property
    def url(self):
        return url_of(self.listener)

    def targets(self):
        return [head.split(b" ")[1].decode() for head, _ in self.requests]

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        octets = b""
        try:
            while True:
                while b"\r\n\r\n" not in octets:
                    more = client.recv(65536)
                    if not more:
                        return
                    octets += more
                head, octets = octets.split(b"\r\n\r\n", 1)
                length = int((re.search(rb"Content-Length: (\d+)", head) or (0, 0))[1])
                while len(octets) < length:
                    octets += client.recv(65536)
                self.requests.append((head, octets[:length]))
                octets = octets[length:]
                answer = self.answer(head)
                if answer is None:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                client.sendall(answer)
                if b"Connection: close" in answer:
                    return
        except OSError:
            pass
        finally:
            client.close()


# --- What is asked, and where ------------------------------------------------------------------------------------------

def test_a_list_of_urls(tmp_path):
    """Weights, methods and bodies; in turn, and every line is told of."""
    (tmp_path / "urls").write_text("# a comment\n3 /a\n\nPOST /form name=value and more\n2 HEAD /c\n")
    with Origin(lambda head: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (b"" if head.startswith(b"HEAD") else b"hi")) as origin:
        result = measured(tmp_path, "-c", 3, "-n", 60, "-k", "--urls", tmp_path / "urls", "--expect-length", 2, origin.url)
    assert [url["requests"] for url in result["urls"]] == [30, 10, 20] and result["failed"] == 0
    assert [url["octets_received"] for url in result["urls"]] == [60, 20, 0]
    posted = {body for head, body in origin.requests if head.startswith(b"POST /form HTTP")}
    assert posted == {b"name=value and more"}
    assert sum(head.startswith(b"HEAD /c ") for head, _ in origin.requests) == 20


def test_a_list_at_random_is_that_of_its_seed(tmp_path):
    (tmp_path / "urls").write_text("9 /often\n/rarely\n/other\n")

    def asked(*arguments):
        with Origin() as origin:
            measured(tmp_path, "-n", 300, "-k", "--urls", tmp_path / "urls", *arguments, origin.url)
            return origin.targets()

    first = asked("--seed", 7)
    assert first == asked("--seed", 7) != asked("--seed", 8)
    assert sorted(set(first)) == ["/often", "/other", "/rarely"] and 200 < first.count("/often") < 290
    assert asked("--random") == asked("--seed", 1)
    assert asked()[:11] == asked()[:11] and sorted(asked()[:11]).count("/often") == 9


@pytest.mark.parametrize("text, words", [("", "no URL in"), ("x y z", "line 1"), ("http://127.0.0.1/\n0 http://127.0.0.1/", "line 2"),
                                         ("http://127.0.0.1/\n\x1b[31m http://a/", r"\x1b[31m"), ("/path", "on the command line")])
def test_a_list_that_is_none(tmp_path, text, words):
    (tmp_path / "urls").write_text(text)
    done = castor("--urls", tmp_path / "urls", expect=2)
    assert words in done.stderr and "\x1b" not in done.stderr


def test_a_long_list_is_not_told_apart(tmp_path):
    """A thousand lines of results would take 45 MB for each thread."""
    (tmp_path / "urls").write_text("".join(f"/{i}\n" for i in range(1000)))
    with Origin() as origin:
        result = measured(tmp_path, "-n", 1000, "-k", "--urls", tmp_path / "urls", origin.url)
    assert result["urls"] == [] and result["succeeded"] == 1000
    assert set(origin.targets()) == {f"/{i}" for i in range(1000)}


def test_connect_to(tmp_path):
    """The name stays that of the URL, and need not exist; only where it leads is looked at."""
    with Origin() as origin:
        port = origin.listener.getsockname()[1]
        for mapping in (f"example.org:80:127.0.0.1:{port}", f"EXAMPLE.org::localhost:{port}", f"::127.0.0.1:{port}"):
            measured(tmp_path, "-n", 2, "--connect-to", mapping, "http://example.org/x")
        measured(tmp_path, "-n", 2, "--connect-to", f"other.invalid:{port}:127.0.0.1", f"http://other.invalid:{port}/")
    assert [re.search(rb"Host: (\S+)", head)[1] for head, _ in origin.requests] == [b"example.org"] * 6 + [b"other.invalid:%d" % port] * 2
    done = castor("-n", 1, "--connect-to", "localhost:80:192.0.2.1", "http://localhost/", expect=2)
    assert "is not this machine" in done.stderr


def test_a_unix_socket(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen(2)  # Fewer than clients: its backlog is full now and then.
        with Origin(listener=listener) as origin:
            result = measured(tmp_path, "-c", 20, "-n", 400, "--unix", tmp_path / "socket", "http://example.org/x")
    assert result["succeeded"] == 400 and set(origin.targets()) == {"/x"}
    assert origin.requests[0][0].count(b"Host: example.org") == 1
    result = measured(tmp_path, "-n", 2, "--unix", tmp_path / "none", "http://example.org/", expect=1)
    assert result["failed"] == 2


def test_a_unix_socket_that_nobody_accepts_from(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen(0)
        result = measured(tmp_path, "-c", 5, "-n", 5, "--timeout", "300ms", "--unix", tmp_path / "socket", "http://a/", expect=1)
    assert result["failed"] == 5 and result["errors"].get("connect timeout", 0) >= 3


def test_only_one_ip_version(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, Origin(listener=taken) as origin:
        port = origin.listener.getsockname()[1]
        assert measured(tmp_path, "-4", "-n", 2, f"http://localhost:{port}/")["succeeded"] == 2
        assert "no IPv6 address" in castor("-6", "-n", 1, f"http://127.0.0.1:{port}/", expect=1).stderr
    assert "no IPv4 address" in castor("-4", "-n", 1, "http://[::1]:1/", expect=1).stderr


def test_ipv6_literals(tmp_path):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with Origin(listener=listener) as origin:
        url = f"http://[::1]:{listener.getsockname()[1]}/"
        assert measured(tmp_path, "-6", "-n", 3, url)["succeeded"] == 3
    assert b"Host: [::1]:" in origin.requests[0][0]


def test_credentials_and_cookies_are_sent_and_not_told(tmp_path):
    with Origin() as origin:
        castor("-n", 1, "--auth", "user:p:ss", "--cookie", "a=1", "--cookie", "b=2", "--json", tmp_path / "a.json", origin.url)
    head = origin.requests[0][0]
    assert b"\r\nAuthorization: Basic dXNlcjpwOnNz" in head and b"\r\nCookie: a=1; b=2" in head
    text = (tmp_path / "a.json").read_text()
    assert "dXNl" not in text and "a=1" not in text and '"Authorization"' in text


@pytest.mark.parametrize("unit, pattern", [("us", r"latency( +\d+ us){6}"), ("ms", r"latency( +\d+\.\d{3} ms){6}"),
                                           ("s", r"latency( +\d\.\d{6} s){6}")])
def test_latency_unit(unit, pattern):
    with Origin() as origin:
        assert re.search(pattern, castor("-n", 5, "--latency-unit", unit, origin.url).stdout)


# --- Results for other programs ----------------------------------------------------------------------------------------

def hdr_lines(path):
    """[value, percentile, count], as HdrHistogram's plotter reads them."""
    lines = [line.split() for line in path.read_text().splitlines()[1:] if line and not line.startswith("#")]
    return [(float(value), float(part), int(count)) for value, part, count, _ in lines]


def test_all_files_agree(tmp_path):
    with Origin() as origin:
        castor("-c", 4, "-n", 500, "-k", "--hdr", tmp_path / "a.hgrm", "--csv", tmp_path / "a.csv", "--prometheus",
               tmp_path / "a.prom", "--json", tmp_path / "a.json", origin.url)
    result = json.loads((tmp_path / "a.json").read_text())
    lines = hdr_lines(tmp_path / "a.hgrm")
    assert lines == sorted(lines) and lines[-1][1:] == (1.0, 500)
    assert lines[-1][0] == pytest.approx(result["latency_us"]["max"] / 1000, abs=0.001)
    half = next(value for value, part, _ in lines if part >= 0.5)
    assert half == pytest.approx(result["latency_us"]["p50"] / 1000, abs=0.001)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert rows[-1]["second"] == "all" and int(rows[-1]["requests"]) == 500 == sum(int(row["requests"]) for row in rows[:-1])
    assert "\ncastor_requests 500\n" in (tmp_path / "a.prom").read_text()
    assert result["schema"] == 1
    assert sum(count for _, count in result["latency_us"]["histogram"]["counts"]) == 500


def test_merge(tmp_path):
    """Nine in ten requests of one machine are fast, and all of the other are slow: p50 of both is neither's mean."""
    for name, count in (("a", 900), ("b", 100)):
        with Origin() as origin:
            castor("-c", 2, "-n", count, "-k", "--connect-to", f"::127.0.0.1:{origin.listener.getsockname()[1]}", "--json",
                   tmp_path / f"{name}.json", "--quiet", "http://example.org/")
    done = castor("--merge", tmp_path / "a.json", tmp_path / "b.json", "--json", tmp_path / "sum.json", "--hdr", tmp_path / "sum.hgrm")
    assert "1,000 requests in" in done.stdout and "4 clients" in done.stdout
    a, b, both = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("a", "b", "sum"))
    counts = {}
    for result in (a, b):
        for value, count in result["latency_us"]["histogram"]["counts"]:
            counts[value] = counts.get(value, 0) + count
    assert dict(map(tuple, both["latency_us"]["histogram"]["counts"])) == counts
    assert both["latency_us"]["max"] == max(a["latency_us"]["max"], b["latency_us"]["max"])
    assert hdr_lines(tmp_path / "sum.hgrm")[-1][2] == 1000
    (tmp_path / "bad.json").write_text("{}")
    assert "bad.json: not a result" in castor("--merge", tmp_path / "a.json", tmp_path / "bad.json", expect=1).stderr


# --- Rates --------------------------------------------------------------------------------------------------------------

def test_a_rate_that_rises(tmp_path, site):
    result = measured(tmp_path, "-c", 20, "-t", 3, "-k", "--rate", "100/s..1100/s", site.url())
    assert abs(result["latency_us"]["open_loop"]["due"] - 1800) <= 1
    per_second = [second["requests"] for second in result["per_second"]]
    assert per_second[0] < per_second[1] < per_second[2]
    assert (result["options"]["rate"], result["options"]["rate_to"]) == (100, 1100)


def test_a_rate_in_steps(tmp_path, site):
    result = measured(tmp_path, "-c", 20, "-t", 3, "-k", "--rate", "100..500", "--steps", 3, site.url())
    assert abs(result["latency_us"]["open_loop"]["due"] - (100 + 300 + 500)) <= 1


def test_the_knee_is_found_and_drawn(tmp_path):
    """A server of one client at a time that takes 20 ms for a request: 50 a second."""
    lock = threading.Lock()

    def answer(_):
        with lock:
            time.sleep(0.02)  # The server's work, not a wait of the test.
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

    with Origin(answer) as origin:
        done = castor("-c", 20, "-t", 1, "-k", "--find-rate", "--rate", "10", "--max-p99", "150ms", "--json", tmp_path / "a.json",
                      "--html", tmp_path / "a.html", origin.url)
    found = re.search(r"up to ([\d.]+)/s p99 stays below 150.00 ms", done.stdout)
    assert found and 15 <= float(found[1]) <= 55, done.stdout
    search = json.loads((tmp_path / "a.json").read_text())["find_rate"]
    assert search["rate"] == pytest.approx(float(found[1]), rel=0.01)
    assert float(re.search(r"open loop of ([\d.]+)/s", done.stdout)[1]) == pytest.approx(float(found[1]), rel=0.01)
    assert any(probe["met"] for probe in search["probes"]) and not all(probe["met"] for probe in search["probes"])
    page = (tmp_path / "a.html").read_text()
    assert "Latency by rate" in page and "p99 stays below" in page


def test_until_the_median_is_known(tmp_path, site):
    done = subprocess.run([CASTOR, "--quiet", "-c", "1", "-k", "--until-stable", "-t", "20", "--json", tmp_path / "a.json", site.url()],
                          capture_output=True, text=True, timeout=seconds(60))
    result = json.loads((tmp_path / "a.json").read_text())
    low, high = result["latency_us"]["median_interval"]
    assert 0 < low < high
    stable = (high - low) / (high + low) <= 0.02
    assert (done.returncode == 0) == stable and (stable or "the median is known to" in done.stderr)
    assert not stable or 5 <= result["seconds"] < 20
    done = castor("-k", "--until-stable", "-t", 1, site.url(), expect=1)
    assert "no time to know the median" in done.stdout


def test_two_targets_in_turns(tmp_path):
    order = []

    def server(name, delay):
        def answer(_):
            order.append(name)
            time.sleep(delay)  # The server's work.
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        return Origin(answer)

    with server("A", 0.005) as a, server("B", 0.02) as b:
        done = castor("-n", 30, "-k", "--rounds", 3, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html", a.url, "--", b.url)
    assert "".join(order) == "A" * 10 + "B" * 20 + "A" * 20 + "B" * 10
    result = json.loads((tmp_path / "a.json").read_text())
    assert result["rounds"] == 3 and result["a"]["requests"] == result["b"]["requests"] == 30
    ratio = result["ratios"]["p50"]
    assert 2 < ratio["ratio"] < 5 and ratio["low"] <= ratio["ratio"] <= ratio["high"]
    assert re.search(r"^p50 .* [\d.]+ to [\d.]+", done.stdout, re.M)
    assert "B http://" in (tmp_path / "a.html").read_text()


# --- The live view ------------------------------------------------------------------------------------------------------

def test_the_live_view_of_a_terminal(tmp_path):
    """Lines that change in place: progress, rate, percentiles, a sparkline, errors by kind; none wider than the window."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with Origin(lambda head: None) as origin:
        process = subprocess.Popen([CASTOR, "-t", str(HOUR), "-c", "2", origin.url], stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        seen = b""
        deadline = time.monotonic() + seconds(30)
        while not ("▁" in seen.decode(errors="ignore") and b"receive reset: " in seen) and time.monotonic() < deadline:
            seen += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(seconds(20)) == 1
    os.close(master)
    text = seen.decode(errors="ignore")
    assert "█" in text and "░" in text and re.search(r"/s  p99 +\S+ ms  errors \d", text) and "receive reset: " in text
    for line in re.split(r"\r|\n", re.sub(r"\x1b\[\d*[A-Z]", "\n", text)):
        assert len(line) <= 60


def test_interrupted_it_ends_within_a_second_with_a_whole_report(tmp_path):
    with hostile(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", close=False) as listener:
        with Run(tmp_path, "-c", 3, "-k", url_of(listener)) as run:
            run.wait_for("%")
            begun = time.monotonic()
            out, result = run.interrupt(expect=1)
            took = time.monotonic() - begun
        listener.shutdown(socket.SHUT_RDWR)
    assert took < seconds(1)
    assert result["errors"] == {"receive timeout": 3} and result["requests"] == 3 and "interrupted" in out


def test_quiet_says_nothing(site):
    done = castor("-n", 3, "--quiet", site.url())
    assert (done.stdout, done.stderr) == ("", "")


# --- Servers that load generators have stumbled over --------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize("answer, octets", [
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50 + OK, 2),
    (b"HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n", 0),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 0),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d\"\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n", 5),
    (b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\nContent-Length: 2\r\n\r\nhi", 2),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", 2),
], ids=["interim heads", "204 with a length", "304 with a length", "chunks", "a long field", "closing"])
def test_odd_but_right(tmp_path, answer, octets):
    with Origin(lambda head: answer) as origin:
        result = measured(tmp_path, "-c", 2, "-n", 20, "-k", "--timeout", seconds(20), origin.url)
    assert (result["succeeded"], result["octets_received"]) == (20, 20 * octets)
    assert len(origin.requests) == 20


def test_head_with_a_length(tmp_path):
    with Origin(lambda head: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n") as origin:
        result = measured(tmp_path, "-n", 5, "-k", "--head", origin.url)
    assert result["succeeded"] == 5 and result["connections_opened"] == 1


@pytest.mark.parametrize("answer, error", [
    (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(5000)) + b"\r\n", "receive too large"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000, "receive too large"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "receive closed"),
], ids=["many fields", "a field without end", "no last chunk"])
def test_heads_without_end_and_bodies_without_one(tmp_path, answer, error):
    with hostile(answer) as listener:
        result = measured(tmp_path, "-n", 3, url_of(listener), expect=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert sum(result["errors"].values()) == 3 and set(result["errors"]) <= {error, "receive reset"}


def test_a_reset_in_the_middle_of_a_body(tmp_path):
    def serve(listener):
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            client.recv(10_000)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        result = measured(tmp_path, "-c", 2, "-n", 6, url_of(listener), expect=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert result["errors"] == {"receive reset": 6} and result["requests"] == 6


def test_refused_to_a_part_of_the_clients(tmp_path):
    """Every request is accounted for: those to where nobody listens, and the others."""
    with Origin() as origin, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        result = measured(tmp_path, "-c", 4, "-j", 2, "-n", 40, "-k", "--max-errors", 40, origin.url, url_of(nobody))
    assert result["requests"] == 40 == result["succeeded"] + result["failed"]
    assert result["errors"] == {"connect refused": result["failed"]} and 0 < result["failed"] < 40
    assert result["succeeded"] == len(origin.requests) == result["urls"][0]["requests"]


def test_fewer_descriptors_than_clients():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))

    done = subprocess.run([CASTOR, "-c", "100", "-n", "100", "http://127.0.0.1:1/"], capture_output=True, text=True,
                          timeout=seconds(20), preexec_fn=few)
    assert done.returncode == 1 and "the limit is 50" in done.stderr


def test_in_flight_when_the_time_is_over(tmp_path):
    """They are waited for, and count as the server has counted them."""
    released = threading.Event()

    def answer(_):
        released.wait(seconds(30))
        return OK

    with Origin(answer) as origin:
        timer = threading.Timer(1.5, released.set)  # After the end of the time.
        timer.start()
        result = measured(tmp_path, "-c", 5, "-k", "-t", 1, origin.url)
        timer.join()
    assert result["requests"] == result["succeeded"] == 5 == len(origin.requests)


def test_low_rates_with_many_clients(tmp_path):
    with Origin() as origin:
        result = measured(tmp_path, "-c", 100, "-j", 2, "-k", "--rate", "5/s", "-t", 2, origin.url)
    assert result["requests"] == 10 == len(origin.requests) == result["latency_us"]["open_loop"]["due"]
    assert result["connections_opened"] <= 10


def test_a_run_in_which_everything_times_out_ends(tmp_path):
    with hostile(b"", close=False) as listener:
        begun = time.monotonic()
        result = measured(tmp_path, "-c", 3, "-t", 1, "-k", "--timeout", "200ms", url_of(listener), expect=1)
        assert time.monotonic() - begun < seconds(8)
        listener.shutdown(socket.SHUT_RDWR)
    assert set(result["errors"]) == {"receive timeout"} and result["requests"] == result["failed"] > 3


def test_tls_that_is_cut_short_is_a_failure(tmp_path, identity):
    """A body that ends with the connection, and no close_notify: anybody could have cut it."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity / "certificate.pem", identity / "key.pem")

    def serve(listener, polite):
        while True:
            try:
                client = context.wrap_socket(listener.accept()[0], server_side=True)  # Tickets come first, in TLS 1.3.
                client.recv(10_000)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
                if polite:
                    client.unwrap()
                client.close()
            except (OSError, ssl.SSLError):
                if listener.fileno() < 0:
                    return

    for polite in (True, False):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener, polite), daemon=True).start()
            result = measured(tmp_path, "-n", 3, "--insecure", f"https://localhost:{listener.getsockname()[1]}/",
                              expect=0 if polite else 1)
            listener.shutdown(socket.SHUT_RDWR)
        assert result["succeeded"] == (3 if polite else 0) and result["requests"] == 3


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".example", ".".join(["a" * 60] * 5)])
def test_names_that_do_not_resolve(host):
    done = castor("-n", 1, f"http://{host}/", expect=1)
    assert host in done.stderr


def test_hostile_text_in_a_page(tmp_path):
    with Origin() as origin:
        url = origin.url + "<script>alert(1)</script>&\"'"
        castor("-n", 2, "--html", tmp_path / "a.html", "--json", tmp_path / "<b>.json", url, origin.url)
    castor("--compare", tmp_path / "<b>.json", tmp_path / "<b>.json", "--html", tmp_path / "b.html")
    for name in ("a.html", "b.html"):
        page = (tmp_path / name).read_text()
        assert "<script" not in page and "<b>." not in page

"""What the server says about itself: for programs, for whom, and the way of a request through it."""

import gzip
import json
import re
import signal
import subprocess

import pytest

from harness import FIRST_OF_MODEL, HANG, Client, request, wait_until
from http2_client import WINDOW, Http2
from websocket_client import CLOSE, TEXT, WebSocket, frame


@pytest.fixture(autouse=True)
def some_modes(mode):
    if mode not in FIRST_OF_MODEL:
        pytest.skip("triggers have nothing to do with it")


@pytest.fixture
def server(serve):
    server = serve()
    server.write("hello.txt", b"hello")
    return server


def ask(server, path, *fields, host="localhost"):
    return server.get(path, *fields, host=host)


class Watcher(WebSocket):
    """Somebody who looks at /live."""

    def __init__(self, server):
        super().__init__(server, "/ws/live", host="localhost")
        assert self.answer.status == 101

    def order(self, text):
        self.send(frame(TEXT, f"trace {text}".encode()))
        assert self.next("tracing")["order"] == text

    def next(self, kind):
        while True:
            opcode, payload = self.read_message()
            assert opcode == TEXT, payload
            message = json.loads(payload)
            if message["kind"] == kind:
                return message


def refuses(server):
    try:
        server.connect().close()
    except OSError:
        return True
    return False


def whats(trace):
    return [step["what"] for step in trace["steps"]]


def test_health_and_readiness(server):
    for path, body in (("/healthz", b"alive\n"), ("/readyz", b"ready\n")):
        answer = ask(server, path)
        assert (answer.status, answer.body, answer["Cache-Control"]) == (200, body, "no-store")
        with server.connect() as client:
            assert client.ask("POST", path, host="localhost", body=b"x").status == 405


def test_not_ready_while_shutting_down(server):
    with server.connect() as asking:
        # A connection with a body on its way is not ended as an idle one is.
        asking.send(request("GET", "/readyz", "Content-Length: 5", host="localhost") + b"hel")
        wait_until(lambda: server.status()["connections"]["waiting_for"]["body"] == 1, "the body is waited for")
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses(server), "new connections are refused")
        asking.send(b"lo")
        answer = asking.read_response()
        assert (answer.status, answer.body) == (503, b"draining\n")


def test_counts_what_was_asked(server, mode):
    before = server.status()
    with server.connect() as client:
        for method, target, code in (("GET", "/hello.txt", 200), ("HEAD", "/hello.txt", 200), ("GET", "/none", 404),
                                     ("POST", "/hello.txt", 405), ("GET", "/hello.txt", 200)):
            assert client.ask(method, target).status == code
        assert server.status()["connections"]["open"] >= 1
    after = server.status()

    def more(*path):
        values = []
        for told in (before, after):
            for key in path:
                told = told[key]
            values.append(told)
        return values[1] - values[0]

    assert (more("requests", "method", "HEAD"), more("requests", "method", "POST")) == (1, 1)
    assert more("requests", "status", "4xx") == 2
    assert more("requests", "total") == 7  # With both that asked for the status in between.
    assert more("file_cache", "hits") >= 2 and more("file_cache", "misses") >= 2
    assert more("octets", "out") > 5 * 100
    assert after["model"] == mode.model and after["microseconds"]["all"]["count"] >= 5
    if server.tls:
        assert more("tls", "handshakes") >= 2


def test_counts_what_its_loops_were_told(server, mode):
    """How much a call of epoll_wait or io_uring_enter brings is one counter by the other."""
    asked = 50
    before = server.status()["loops"]
    with server.connect() as client:
        for _ in range(asked):  # One after the other, so each is told in a call of its own.
            assert client.ask("GET", "/hello.txt").status == 200
    after = server.status()["loops"]
    assert after["turns"] - before["turns"] >= asked
    # By completion, a request is received and its answer sent; of the last, the second may not be known yet.
    least = 2 * asked - 1 if mode.model == "io-uring" else asked
    assert after["events"] - before["events"] >= least
    text = ask(server, "/metrics").body.decode()
    for name, told in after.items():
        assert int(re.search(rf"^pollux_loop_{name}_total (\d+)$", text, re.M)[1]) >= told


def waiting(server):
    return server.status()["connections"]["waiting_for"]


def test_connections_by_what_they_wait_for(server):
    with server.connect() as idle, server.connect() as asking:
        assert idle.ask("GET", "/hello.txt").status == 200
        asking.send(b"GET / HT")
        wait_until(lambda: waiting(server)["request"] == 1, "one waits for a request")
        assert waiting(server)["head"] >= 1, "the other for the rest of a head"
    wait_until(lambda: server.status()["connections"]["open"] == 1, "only the one that asks is there")


def test_a_real_parser_takes_the_metrics(server):
    server.get("/hello.txt")
    text = ask(server, "/metrics")
    assert text["Content-Type"].startswith("text/plain; version=0.0.4")
    subprocess.run(["promtool", "check", "metrics"], input=text.body, check=True, timeout=HANG)
    assert re.search(rb'^pollux_responses_total\{status="2xx"\} [1-9]', text.body, re.M)


def test_strangers_see_the_site(serve):
    server = serve(status={"allow": "192.0.2.7"})
    server.write("metrics", b"the site's own")
    assert ask(server, "/metrics").body == b"the site's own"
    server.write("live/index.html", b"the site's own view")
    assert ask(server, "/live/").body == b"the site's own view"
    assert ask(server, "/live/live.js").status == 404
    assert ask(server, "/healthz").status == 404
    assert WebSocket(server, "/ws/live", host="localhost").answer.status == 404


LINK = re.compile(rb'(?:href|src)="(/live/[^"]+)"')


def test_any_site_has_the_live_view(server):
    redirect = ask(server, "/live?from=here")
    assert (redirect.status, redirect["Location"]) == (301, "/live/?from=here")
    page = ask(server, "/live/")
    assert (page.status, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    files = set(LINK.findall(page.body))
    assert len(files) >= 8
    for path in files:
        answer = ask(server, path.decode())
        assert (answer.status, answer["Cache-Control"]) == (200, "no-store"), path
        assert answer.body, path
    # This site has no style sheet, no start page, no accounts: nothing of theirs is asked for.
    assert set(re.findall(rb'(?:href|src)="(/[^"]*)"', page.body)) == files | {b"/"}
    assert ask(server, "/live/none").status == 404
    with server.connect() as client:
        assert client.ask("POST", "/live/", host="localhost").status == 405


def test_the_live_view_leads_where_the_start_page_does(server):
    server.write("index.html", b'<nav><a href="/">Us</a><ul><li><a href="/shop/"><b>Shop</b></a></ul></nav>')
    assert b'<li><a href="/shop/">Shop</a></li>' in ask(server, "/live/").body


def test_who_comes_through_a_proxy_is_a_stranger(server):
    assert ask(server, "/metrics", "X-Forwarded-For: 127.0.0.1").status == 404
    assert ask(server, "/live/", "X-Forwarded-For: 127.0.0.1").status == 404
    assert ask(server, "/metrics", "Forwarded: for=127.0.0.1").status == 404
    assert ask(server, "/metrics", host="rebound.test").status == 404


def test_not_ready_while_the_site_is_gone(server):
    def answers(status):
        return ask(server, "/readyz").status == status

    def log():
        return (server.directory / "pollux.log").read_text()

    assert server.status()["site_root"] == {"there": True, "lost": 0}
    away = server.site.with_name("away")
    for times in (1, 2):
        server.site.rename(away)
        wait_until(lambda: answers(503), "it has noticed")
        assert ask(server, "/readyz").body == b"the site's directory is gone\n"
        assert server.status()["site_root"] == {"there": False, "lost": times}
        assert b"\npollux_site_root_present 0\n" in ask(server, "/metrics").body
        away.rename(server.site)
        wait_until(lambda: answers(200), "it has noticed")
        assert server.status()["site_root"] == {"there": True, "lost": times}
        assert len(re.findall(r"site root .*: No such file or directory", log())) == times, log()
        assert len(re.findall(r"site root .* is back", log())) == times, log()
    assert server.get("/hello.txt").body == b"hello"


@pytest.mark.parametrize("path", ("/metrics", "/status.json"))
def test_is_compressed_for_who_takes_that(server, path):
    answer = ask(server, path, "Accept-Encoding: gzip")
    assert (answer["Content-Encoding"], answer["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(answer.body)[:1] in (b"#", b"{")
    plain = ask(server, path)
    assert (plain.all("Content-Encoding"), plain["Vary"]) == ([], "Accept-Encoding")


def test_who_comes_through_a_plain_proxy_is_a_stranger(server):
    """As nginx forwards where nothing but proxy_pass is configured."""
    with server.connect() as client:
        client.send(f"GET /status.json HTTP/1.0\r\nHost: 127.0.0.1:{server.address[1]}\r\nConnection: close\r\n\r\n".encode())
        assert client.read_response().status == 404
    wait_until(lambda: "status.listen" in (server.directory / "pollux.log").read_text(), "the log says what helps")


@pytest.mark.parametrize("allow, status", ((None, 404), ("loopback", 200), ("auto", 404)))
def test_where_strangers_may_come_it_is_off_unless_allowed(serve, allow, status):
    server = serve(server={"listen": "0.0.0.0:0"}, status={"allow": allow})
    for path in ("/healthz", "/readyz", "/metrics", "/status.json"):
        assert ask(server, path).status == status, path
    assert WebSocket(server, "/ws/live", host="localhost").answer.status == (404 if status == 404 else 101)


def test_a_listener_of_its_own(serve, mode):
    server = serve(status={"listen": "127.0.0.1:0"})
    server.write("hello.txt", b"hello")
    assert ask(server, "/status.json").status == 404, "the site's listeners know nothing of it"
    assert WebSocket(server, "/ws/live", host="localhost").answer.status == 404
    assert server.listeners[-1].scheme == "http"
    with Client(server.listeners[-1].address) as client:
        assert json.loads(client.get("/status.json", host="localhost").body)["model"] == mode.model
        assert client.get("/hello.txt").body == b"hello", "it has the site, too"
    with Client(server.listeners[-1].address) as client:
        assert client.get("/metrics", host="rebound.test").status == 404


def test_a_listener_of_its_own_beside_a_trusted_proxy(serve):
    """As docs/deploy.md has it. The proxy does not know that listener, so whoever comes there is no client of it."""
    server = serve(server={"trusted_proxies": "127.0.0.1"}, status={"listen": "127.0.0.1:0"})
    assert ask(server, "/metrics").status == 404
    with Client(server.listeners[-1].address) as client:
        assert client.get("/metrics", host="localhost").status == 200


def test_off(serve):
    server = serve(status={"enabled": "off"})
    assert ask(server, "/healthz").status == 404
    assert ask(server, "/live/").status == 404
    assert WebSocket(server, "/ws/live", host="localhost").answer.status == 404


def test_watchers_are_told_how_it_is(server):
    with Watcher(server) as watcher:
        first = watcher.next("status")
        for _ in range(20):
            server.get("/hello.txt")
        second = watcher.next("status")
        while second["requests"]["total"] < first["requests"]["total"] + 20:
            second = watcher.next("status")
        assert {thread["name"] for thread in second["threads"]} >= {"pollux"}
        assert all(sum(thread["seen"].values()) > 0 for thread in second["threads"])


def test_nonsense_is_not_an_order(server):
    for order in ("trace every 0", "trace every x", "trace every 4294967296", "trace from ", "trace", "hello", "trace " + "x" * 1000):
        with Watcher(server) as watcher:
            watcher.send(frame(TEXT, order.encode()))
            while True:
                opcode, payload = watcher.read_message()
                if opcode == CLOSE:
                    break
            assert payload[:2] == b"\x03\xeb", order


def test_the_next_request_is_followed(server, mode):
    with Watcher(server) as watcher, server.connect() as client:
        assert client.ask("GET", "/hello.txt").status == 200
        watcher.order("next")
        assert client.ask("GET", "/hello.txt", "Cookie: secret").status == 200
        assert client.ask("GET", "/hello.txt?second").status == 200
        trace = watcher.next("trace")
        assert trace["peer"] == "127.0.0.1"
        names = whats(trace)
        shown = {step["what"]: step["detail"] for step in trace["steps"]}
        calls = ("cqe recv", "sqe send", "cqe send") if mode.model == "io-uring" else ("epoll_wait", "recv", "writev")
        for what in (*calls, "parser", "route", "file cache", "answer"):
            assert what in names, names
        assert ("octets" if mode.model == "io-uring" else "EPOLLIN") in shown[calls[0]]
        assert shown["file cache"] == "hit"
        assert ("queue" in names) == (mode.model not in ("multi-reactor", "io-uring"))
        details = " ".join(step["detail"] for step in trace["steps"])
        assert "kRequestLine <- GET /hello.txt HTTP/1.1" in details
        assert "secret" not in details and "Cookie" in details
        times = [step["at"] for step in trace["steps"]]
        assert times == sorted(times) and times[0] == 0
        # One was asked for: the next status comes without another.
        while (message := json.loads(watcher.read_message()[1]))["kind"] != "status":
            assert message["kind"] != "trace"


def test_who_goes_without_a_word_is_not_the_next_request(server):
    with Watcher(server) as watcher:
        with server.connect() as client:
            assert client.ask("GET", "/hello.txt").status == 200
            watcher.order("next")
        wait_until(lambda: server.process.connections() == 1, "it has gone")
        server.get("/hello.txt")
        assert "answer" in whats(watcher.next("trace"))


def test_a_new_connection_is_followed_from_its_accept(server):
    with Watcher(server) as watcher:
        watcher.order("every 1")
        server.get("/hello.txt")
        trace = watcher.next("trace")
        assert trace["steps"][0]["what"] == "accept"
        watcher.order("off")


def test_only_those_of_an_address(server):
    with Watcher(server) as watcher:
        watcher.order("from 127.0.0.2")
        server.get("/hello.txt")
        with server.connect(source="127.0.0.2") as client:
            client.ask("GET", "/hello.txt")
        assert watcher.next("trace")["peer"] == "127.0.0.2"


def test_a_slow_reader_is_seen_to_wait_for_room(server, mode):
    server.write("large.bin", bytes(8 << 20))
    with Watcher(server) as watcher, server.connect(receive_buffer=64 << 10, source="127.0.0.2") as client:
        watcher.order("from 127.0.0.2")
        client.send(request("GET", "/large.bin"))
        wait_until(lambda: server.status()["blocked_writes"] > 0, "the socket takes no more")
        assert len(client.read_response().body) == 8 << 20
        trace = watcher.next("trace")
        told = [f"{step['what']} {step['detail']}" for step in trace["steps"]]
        if mode.model == "io-uring":
            waits, outs, last = "sqe poll for room", "cqe poll the socket takes octets", "sqe recv"
        else:
            waits, outs, last = "EAGAIN: the socket takes no more", "epoll_wait .*EPOLLOUT", "epoll_ctl|armed"
        assert any(re.search(waits, step) for step in told)
        assert any(re.search(outs, step) for step in told)
        assert re.match(last, told[-1])


# -- Of HTTP/2, where one connection has many requests


@pytest.fixture
def h2(serve):
    server = serve(server={"h2c": "on"})
    server.write("hello.txt", b"hello")
    server.write("large.bin", bytes(1 << 20))
    return server


def lanes_of(trace):
    return {lane["asked"]: lane for lane in trace["streams"]["lanes"]}


def test_a_stream_is_followed_and_the_others_are_beside_it(h2):
    with Watcher(h2) as watcher, Http2(h2, generous=False) as client:
        before = client.begin("GET", "/large.bin")  # Its window is too small for it,
        client.until(lambda: len(client.streams[before].body) == WINDOW, "all that the window allows")
        client.open(0, 4 << 20)  # and that of the connection is large enough for all.
        client.ping()
        watcher.order("next")
        client.ping()  # Without a request, it does not count.
        large = client.begin("GET", "/large.bin?followed")
        client.until(lambda: len(client.streams[large].body) == WINDOW, "all that the window allows")
        assert client.get("/hello.txt").body == b"hello"
        client.open(large, 1 << 20)
        assert len(client.read(large).body) == 1 << 20
        trace = watcher.next("trace")
    assert trace["streams"]["followed"] == large
    lanes = lanes_of(trace)
    assert set(lanes) == {"", "GET /large.bin?followed", "GET /hello.txt"}
    followed, beside = lanes["GET /large.bin?followed"], lanes["GET /hello.txt"]
    assert lanes[""]["stream"] == before and "begun" not in lanes[""] and "ended" not in lanes[""]
    assert followed["begun"] < beside["begun"] < beside["ended"] < followed["ended"]
    assert followed["out"]["octets"] == 1 << 20 and beside["out"]["octets"] == 5
    frames = [{"way": step["what"], **step["frame"]} for step in trace["steps"] if "frame" in step]
    assert frames[0]["name"] == "HEADERS" and frames[0]["stream"] == large and frames[0]["way"] == "frame in"
    data = [frame for frame in frames if frame["name"] == "DATA" and frame["stream"] == large]
    assert sum(frame["octets"] for frame in data) == 1 << 20 and data[-1]["last"]
    assert 0 in [frame["window_out"]["stream"] for frame in data], "it waited for its client"
    windows = [frame for frame in frames if frame["name"] == "WINDOW_UPDATE"]
    assert [frame["window_out"]["stream"] for frame in windows] == [1 << 20]


def test_a_request_that_becomes_a_websocket_is_told(h2):
    """Its stream has no end to wait for."""
    with Watcher(h2) as watcher, Http2(h2, authority="localhost") as client:
        client.settle()
        watcher.order("next")
        stream = client.begin("CONNECT", "/ws/live", "Sec-WebSocket-Version: 13", end=False, protocol="websocket")
        trace = watcher.next("trace")
        assert trace["streams"]["followed"] == stream
        assert "ended" not in lanes_of(trace)["CONNECT /ws/live"]
        client.reset(stream)
        client.ping()


def test_no_more_lanes_than_so_many(h2):
    with Watcher(h2) as watcher, Http2(h2, generous=False) as client:
        client.settle()
        watcher.order("next")
        large = client.begin("GET", "/large.bin")
        client.until(lambda: len(client.streams[large].body) == WINDOW, "all that the window allows")
        client.open(0, 4 << 20)
        for _ in range(40):
            assert client.get("/hello.txt").status == 200
        client.open(large, 1 << 20)
        client.read(large)
        streams = watcher.next("trace")["streams"]
        assert streams["followed"] == large and len(streams["lanes"]) == 32 and streams["left_out"] == 41 - 32


def test_nobody_watches_nothing_is_followed(server):
    with Watcher(server) as watcher:
        watcher.order("every 1")
    wait_until(lambda: not server.status()["tracing"], "nobody watches")
    with Watcher(server) as watcher:
        server.get("/hello.txt")
        for _ in range(2):
            assert json.loads(watcher.read_message()[1])["kind"] == "status"


def test_on_the_terminal(serve, mode):
    server = serve("--trace")
    server.write("hello.txt", b"hello")
    server.get("/hello.txt", "X-Odd: \x1b[31m")
    wait_until(lambda: "answer" in server.errors(), "a trace is printed")
    server.stop()
    text = server.errors()
    way = "by completion" if mode.model == "io-uring" else "[el]t/[el]t"
    assert re.search(rf"^request 1 from 127\.0\.0\.1 \({mode.model}, {way}\): [0-9.]+ us$", text, re.M)
    assert "\x1b" not in text


def test_streams_on_the_terminal(serve):
    server = serve("--trace", server={"h2c": "on"})
    server.write("hello.txt", b"hello")
    with Http2(server) as client:
        assert client.get("/hello.txt").status == 200
        wait_until(lambda: "-> " in server.errors(), "a trace is printed")
    server.stop()
    text = server.errors()
    assert re.search(r"^ .* frame out   DATA, stream 1, 5 octets, the last; windows out: stream \d+, connection \d+; in: .*$", text, re.M), text
    assert re.search(r"^-> +1 +[0-9.]+ +[0-9.]+ +0 +5  GET /hello.txt$", text, re.M), text

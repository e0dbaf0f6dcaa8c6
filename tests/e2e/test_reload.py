"""SIGHUP: the whole configuration is read again, and nobody who is connected notices."""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

import certificate
from client import Client, request
from harness import BINARY, FIRST_OF_MODEL, HANG, MODES, Server, wait_until
from http2_client import LAST, Error, Gone, Http2
from upgradable import Upgradable
from websocket_client import TEXT, WebSocket, frame

CASTOR = Path(os.environ.get("CASTOR_BINARY", BINARY.parents[1] / "castor/castor"))
REPOSITORY = Path(__file__).resolve().parents[2]
HELLO = b"hello\n"
LARGE = bytes(range(1, 251)) * 80_000  # 20 MB: more than the kernel keeps between two sockets.
ONE_MODE = next((mode for mode in MODES if not mode.tls), MODES[0])  # Where the model makes no difference.


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path, mode=ONE_MODE) as running:
        running.write("hello.txt", HELLO)
        yield running


@pytest.fixture(params=FIRST_OF_MODEL, ids=str)
def serve(request, tmp_path):
    """A server in each model, with all that can be in flight."""
    sections = {"site": {"echo": "on", "chat": "on"}, "server": {"h2c": "on"}}
    with Server(tmp_path, mode=request.param, **sections) as running:
        running.write("index.html", b"old")
        running.write("hello.txt", HELLO)
        running.write("large.bin", LARGE)
        other = tmp_path / "other"
        other.mkdir()
        (other / "index.html").write_bytes(b"new")
        running.other = other
        yield running


def new_site(server):
    """Has another site served; returns what is said of the reload."""
    said = server.reload(site={"root": server.other})
    assert said["last_reload_successful"], server.log()
    assert server.get("/").body == b"new"
    return said


def alive(server):
    return server.status()["configuration"]["alive"]


# --- What is in force afterwards --------------------------------------------------------------------


def field_of(path, name):
    return lambda server: server.get(path).all(name)


def half_a_head(server):
    with server.connect() as client:
        client.send(b"GET / HT")
        return client.read_response().status


def from_another_origin(server):
    with WebSocket(server, fields=["Origin: https://elsewhere.test"]) as client:
        return client.answer.status


def speaks_h2c(server):
    with Http2(server) as client, contextlib.suppress(Gone):
        return client.get("/hello.txt").body


def ninth_at_a_time(server):
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(server.connect()).get("/hello.txt").status for _ in range(9)]
    wait_until(lambda: server.process.connections() == 0, "all of them have gone")
    assert found[:8] == [200] * 8
    return found[8]


# What changes, how it is looked at, what is found.
CHANGES = [
    ({"site": {"cache_control": "no-store"}}, field_of("/hello.txt", "Cache-Control"), ["no-store"]),
    ({"headers /hello.txt": {"X-Reloaded": "yes"}}, field_of("/hello.txt", "X-Reloaded"), ["yes"]),
    ({"redirects": {"/from": "/hello.txt 301"}}, field_of("/from", "Location"), ["/hello.txt"]),
    ({"types": {".txt": "text/x-other"}}, field_of("/hello.txt", "Content-Type"), ["text/x-other; charset=utf-8"]),
    ({"cors /hello.txt": {"origins": "*"}}, field_of("/hello.txt", "Access-Control-Allow-Origin"), ["*"]),
    ({"site": {"listing": "on"}}, lambda server: b"hello.txt" in server.get("/").body, True),
    ({"limits": {"request_line": "1k"}}, lambda server: server.get("/" + 2000 * "a").status, 414),
    ({"limits": {"connections_per_address": "8"}}, ninth_at_a_time, 429),
    ({"limits": {"connections_per_address": "0"}}, ninth_at_a_time, 200),
    ({"timeouts": {"header": "1s"}}, half_a_head, 408),
    ({"timeouts": {"header": "1h"}, "server": {"h2c": "on"}}, speaks_h2c, HELLO),
    ({"site": {"echo": "on"}}, from_another_origin, 403),
    ({"websocket": {"origins": "https://elsewhere.test"}}, from_another_origin, 101),
    ({"accounts": {"enabled": "on"}}, lambda server: server.get("/login").status, 200),
    ({"accounts": {"enabled": "off"}}, lambda server: server.get("/login").status, 404),
]


def test_every_kind_of_change_is_in_force(server):
    server.sections["accounts"] = {"database": f"sqlite:{server.directory}/accounts.db"}
    for number, (sections, look, expected) in enumerate(CHANGES, 2):
        if look is not half_a_head:  # It would wait for an hour.
            assert look(server) != expected, sections
        said = server.reload(**sections)
        assert (said["generation"], said["last_reload_successful"]) == (number, True), (sections, server.log())
        assert look(server) == expected, sections
    assert f"the configuration was read again; it is number {len(CHANGES) + 1}" in server.log()


def test_hosts_and_options_of_the_command_line(tmp_path):
    """An option wins over the file, as it did at the start."""
    two = tmp_path / "two"
    two.mkdir()
    (two / "index.html").write_text("two")
    with Server(tmp_path, "--set", "limits.body=1k", mode=ONE_MODE) as server:
        server.write("index.html", b"default")
        assert server.get("/", host="two.test").body == b"default"
        server.reload(**{"site two.test": {"root": two}, "limits": {"body": "1m"}})
        assert server.get("/", host="two.test").body == b"two"
        assert server.get("/", host="else.test").body == b"default"
        with server.connect() as client:
            assert client.ask("POST", "/", body=bytes(2000)).status in (405, 413)
        server.sections.pop("site two.test")
        server.reload()
        assert server.get("/", host="two.test").body == b"default"


def test_the_status_area_moves(server):
    assert server.get("/status.json", host="localhost").status == 200
    server.sections["status"] = {"enabled": "off"}
    (server.directory / "config.ini").write_text(server.config.read_text() + "[status]\nenabled = off\n")
    server.signal(signal.SIGHUP)
    wait_until(lambda: server.get("/status.json", host="localhost").status == 404, "the pages are gone")


# --- What is refused --------------------------------------------------------------------------------


def test_a_bad_configuration_changes_nothing(server):
    """The log has the words of --check."""
    rows = [{"site": {"root": "/none"}}, {"server": {"listen": "here"}}, {"nonsense": {"key": "value"}},
            {"limits": {"body": "many"}}, {"tls": {"listen": "127.0.0.1:0"}},
            {"auth /x*": {"file": "/none"}}, {"log": {"file": "/none/pollux.log"}}]
    good = {section: dict(keys) for section, keys in server.sections.items()}
    for row in rows:
        said = server.reload(**row)
        assert (said["generation"], said["last_reload_successful"]) == (1, False), row
        assert server.get("/hello.txt").body == HELLO
        checked = subprocess.run([BINARY, "--check", "--config", server.config], capture_output=True, text=True,
                                 timeout=HANG, check=False)
        why = re.findall(r"\[emerg\] (.*)", checked.stderr)
        assert checked.returncode == 1 and why, (row, checked)
        for reason in why:
            assert f"the old one goes on: {reason}" in server.log(), (row, reason, server.log())
        server.sections = {section: dict(keys) for section, keys in good.items()}
    assert server.reload()["last_reload_successful"]


def test_a_file_that_is_gone_is_no_empty_one(server):
    """Neither are the defaults in force then, nor does anybody wait for a pipe."""
    server.config.unlink()
    server.signal(signal.SIGHUP)
    wait_until(lambda: not server.status()["configuration"]["last_reload_successful"], "the refusal")
    assert 'config.ini" is ' in server.log()
    os.mkfifo(server.config)
    server.signal(signal.SIGHUP)
    wait_until(lambda: "not a regular file" in server.log(), "the refusal of the pipe")
    assert server.get("/hello.txt").body == HELLO
    server.config.unlink()
    assert server.reload()["last_reload_successful"]


def test_what_cannot_change_is_named_and_kept(server):
    other = {"server": {"model": "multi-reactor" if ONE_MODE.model == "proactor" else "proactor", "workers": "7",
                        "receive_buffers": "64"},
             "limits": {"request_queue": "77", "handshakes": "77"}, "log": {"mode": "async"},
             "site": {"cache_control": "no-store"}}
    wait_until(server.process.workers, "its workers have their names")
    workers = server.process.workers()
    assert server.reload(**other)["last_reload_successful"]
    named = re.findall(r"\] \d+: (\S+) cannot change while the server runs", server.log())
    assert sorted(named) == ["limits.handshakes", "limits.request_queue", "log.mode", "server.model",
                             "server.receive_buffers", "server.workers"]
    assert server.status()["model"] == ONE_MODE.model and server.process.workers() == workers
    assert server.get("/hello.txt")["Cache-Control"] == "no-store", "the rest is in force"


# --- What is in flight ------------------------------------------------------------------------------


def test_an_idle_connection_stays_and_sees_the_new_site(serve):
    with serve.connect() as idle:
        assert idle.get("/").body == b"old"
        new_site(serve)
        wait_until(lambda: alive(serve) == 1, "the end of the old one")
        assert idle.get("/").body == b"new"
        assert idle.get("/").body == b"new"


def test_the_first_request_is_answered_by_what_its_connection_began_with(serve):
    with serve.connect() as silent:
        serve.get("/")  # It is there by now.
        new_site(serve)
        silent.send(request("GET", "/") + request("GET", "/"))
        assert silent.read_response().body == b"old"
        assert silent.read_response().body == b"old", "it was there when the first was answered"
        assert silent.get("/").body == b"new"


def test_a_download_goes_on(serve):
    with serve.connect(receive_buffer=65536) as client:
        client.send(request("GET", "/large.bin"))
        assert client.read_exactly(15) == b"HTTP/1.1 200 OK"
        assert new_site(serve)["alive"] == 2
        client._ahead[:0] = b"HTTP/1.1 200 OK"  # pylint: disable=protected-access
        assert client.read_response().body == LARGE
        assert client.get("/").body == b"new"
        wait_until(lambda: alive(serve) == 1, "the end of the old one")


def test_an_upload_goes_on(serve):
    with serve.connect() as client:
        head = request("POST", "/echo", "Content-Length: 10")
        client.send(head + b"01234")
        serve.get("/hello.txt")  # It is at work by now.
        new_site(serve)
        client.send(b"56789")
        answer = client.read_response("POST")
        assert answer.status == 200 and answer.body.endswith(b"0123456789")


def test_streams_go_on_and_the_client_is_sent_away(serve):
    with Http2(serve, window=1 << 20, receive_buffer=65536) as client:
        client.open(0, 1 << 22)
        stream = client.begin("GET", "/large.bin")
        client.until(lambda: client.streams[stream].body, "its first octets", stream)
        new_site(serve)
        client.until(lambda: client.goaways, "the announcement")
        assert client.goaways[0] == (LAST, Error.NO_ERROR)
        assert client.read(stream).body == LARGE
        client.read_to_end()
    with Http2(serve) as client:
        assert client.get("/").body == b"new"
    wait_until(lambda: alive(serve) == 1, "the end of the old one")


def test_an_idle_connection_of_http2_is_sent_away(serve):
    with Http2(serve) as client:
        assert client.get("/").body == b"old"
        new_site(serve)
        client.read_to_end()
        assert client.goaways[0] == (LAST, Error.NO_ERROR)
    wait_until(lambda: alive(serve) == 1, "the end of the old one")


def test_websockets_go_on_and_share_the_chat(serve):
    def heard(client, kind):
        while True:
            message = json.loads(client.read_message()[1])
            if message["kind"] == kind:
                return message

    with WebSocket(serve) as echo, WebSocket(serve, "/ws/chat") as before:
        assert heard(before, "here")["count"] == 1
        assert new_site(serve)["alive"] == 2
        echo.send(frame(TEXT, b"still there"))
        assert echo.read_message() == (TEXT, b"still there")
        with WebSocket(serve, "/ws/chat") as after:
            assert heard(after, "here")["count"] == 2
            after.send(frame(TEXT, b"from the new one"))
            assert heard(before, "said")["text"] == "from the new one"
            before.send(frame(TEXT, b"from the old one"))
            assert heard(after, "said")["text"] == "from the new one"
            assert heard(after, "said")["text"] == "from the old one"
    wait_until(lambda: alive(serve) == 1, "the end of the old one")


def test_shutdown_tells_those_of_every_generation(serve):
    with WebSocket(serve) as oldest:
        new_site(serve)
        with WebSocket(serve) as newest:
            serve.signal(signal.SIGTERM)
            assert oldest.read_frame()[1][:2] == newest.read_frame()[1][:2] == b"\x03\xe9"  # 1001


# --- Many of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", FIRST_OF_MODEL, ids=str)
def test_no_request_is_lost_under_load(tmp_path, mode):
    """Ten reloads for each way to come."""
    ways = [["-k"], [], ["--http2", "-m", "8"]]
    with Server(tmp_path, mode=mode, server={"h2c": "on"}, limits={"keepalive_requests": 1_000_000}) as server:
        server.write("hello.txt", HELLO)
        url = f"{server.listeners[0].scheme}://127.0.0.1:{server.address[1]}/hello.txt"
        for way in ways:
            report = tmp_path / "report.json"
            with subprocess.Popen([CASTOR, "-c", "20", "-j", "1", "-t", "60", "--insecure", "--json", report, *way, url],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as load:
                try:
                    wait_until(lambda: server.status()["connections"]["open"] > 10, "the load")
                    for _ in range(10):
                        assert server.reload()["last_reload_successful"]
                finally:
                    load.send_signal(signal.SIGINT)
                load.wait(HANG)
            counted = json.loads(report.read_text())
            assert counted["succeeded"] > 0 and counted["failed"] == 0, (way, counted["errors"])
        wait_until(lambda: alive(server) == 1, "the end of the old ones")


def test_a_storm_is_one_reload_after_another(server):
    for number in range(500):
        server.signal(signal.SIGHUP)
        if number % 50 == 0:
            assert server.get("/hello.txt").body == HELLO
    said = server.reload(site={"cache_control": "no-store"})
    assert 2 <= said["generation"] <= 502
    wait_until(lambda: server.get("/hello.txt")["Cache-Control"] == "no-store", "the last configuration")
    wait_until(lambda: alive(server) == 1, "the end of the old ones")


def test_only_so_many_old_ones_are_kept_for_websockets(tmp_path):
    """A talk may go on for days; the oldest ones are told to come again."""
    with Server(tmp_path, mode=ONE_MODE, site={"echo": "on"}) as server:
        talks = []
        for _ in range(10):
            talks.append(WebSocket(server))
            server.reload()
        assert talks[0].read_close() == 1001  # 1 and 8 are kept; so it was at the ninth reload.
        wait_until(lambda: alive(server) == 9, "its configuration is gone")
        talks[-1].send(frame(TEXT, b"still there"))
        assert talks[-1].read_message()[:2] == (TEXT, b"still there")


def test_the_user_is_not_looked_at(server):
    """Threads of one process have one user, and clients are being served."""
    server.sections["server"] = {**server.sections.get("server", {}), "user": "nobody"}
    server.reload(site={"cache_control": "no-store"})
    assert "server.user cannot change while the server runs" in server.log()
    assert server.get("/hello.txt")["Cache-Control"] == "no-store"


def test_the_keys_that_stay_are_in_the_documents():
    source = (REPOSITORY / "server/config/fixed_keys.cpp").read_text()
    keys = re.findall(r'\("(\w+\.\w+)"\)', source)
    page = (REPOSITORY / "docs/deploy.md").read_text()
    assert len(keys) > 10 and [key for key in keys if f"`{key}`" not in page] == []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGUSR2], ids=["stop", "upgrade"])
def test_a_reload_meets_the_end(tmp_path, end):
    """While the reloader prepares its listeners, the main loop closes them."""
    for _ in range(5):
        with contextlib.ExitStack() as stack:
            server = Upgradable(tmp_path) if end == signal.SIGUSR2 else Server(tmp_path)
            stack.enter_context(server)
            for _ in range(4):
                server.signal(signal.SIGHUP)
            if end == signal.SIGUSR2:
                server.await_end(server.upgrade())
            else:
                server.signal(end)
                server.await_exit()


def test_old_generations_leave_nothing_behind(server):
    """Neither descriptors nor threads."""
    server.sections["auth /guarded/*"] = {"file": server.directory / "users"}
    (server.directory / "users").write_text("a:$2y$04$abcdefghijklmnopqrstuuJ8Yb8CZ6Q0WmLdYrGLyQ5jDNQVY9fW.\n")
    server.reload(site={"listing": "on"})
    wait_until(lambda: alive(server) == 1, "the end of the first one")
    threads, descriptors = len(list(server.process.directory.glob("task/*"))), server.process.descriptors()
    for _ in range(20):
        server.reload()
    wait_until(lambda: alive(server) == 1, "the end of the old ones")
    wait_until(lambda: len(list(server.process.directory.glob("task/*"))) <= threads, "their threads are gone")
    wait_until(lambda: server.process.descriptors() <= descriptors + 2, "their files are closed")


# --- Listeners --------------------------------------------------------------------------------------


def free_ports(count):
    """That nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


@pytest.mark.parametrize("mode", FIRST_OF_MODEL, ids=str)
def test_listeners_come_and_go(tmp_path, mode):
    section = "tls" if mode.tls else "server"
    with Server(tmp_path, mode=mode) as server:
        server.write("hello.txt", HELLO)
        first = server.address
        port, = free_ports(1)
        added = ("127.0.0.1", port)
        server.reload(**{section: {"listen": f"127.0.0.1:0, 127.0.0.1:{port}"}})
        assert server.get("/hello.txt").body == HELLO, "port 0 stays the one it was"
        with Client(added, tls=server.tls) as kept, Client(added, tls=server.tls, handshake=False) as waiting:
            assert kept.get("/hello.txt").body == HELLO
            server.reload(**{section: {"listen": "127.0.0.1:0"}})
            with pytest.raises(ConnectionRefusedError):
                Client(added).close()
            assert kept.get("/hello.txt").body == HELLO, "who is there stays"
            if waiting.socket and server.tls:
                waiting.socket.do_handshake()
            assert waiting.get("/hello.txt").body == HELLO
        assert server.address == first and server.get("/hello.txt").body == HELLO


def test_an_address_that_is_taken_is_refused(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = server.reload(server={"listen": f"127.0.0.1:0, 127.0.0.1:{taken.getsockname()[1]}"},
                             site={"cache_control": "no-store"})
    assert (said["generation"], said["last_reload_successful"]) == (1, False)
    assert "cannot listen on 127.0.0.1:" in server.log()
    assert "no-store" not in server.get("/hello.txt")["Cache-Control"]
    assert server.reload()["last_reload_successful"], "now it is free"


def test_an_address_becomes_a_wider_one_and_changes_its_kind(tmp_path):
    port, = free_ports(1)
    here = ("127.0.0.1", port)
    with Server(tmp_path, mode=ONE_MODE, server={"listen": f"127.0.0.1:0, 127.0.0.1:{port}", "sandbox": "off"}) as server:
        server.write("hello.txt", HELLO)
        with Client(here) as before:
            assert before.get("/hello.txt").body == HELLO
            server.reload(server={"listen": f"127.0.0.1:0, 0.0.0.0:{port}"}, status={"allow": "loopback"})
            with Client(here) as client:
                assert client.get("/hello.txt").body == HELLO
            with Client(("127.0.0.2", port)) as client:
                assert client.get("/hello.txt").body == HELLO
            shared = certificate.shared()
            server.reload(server={"listen": "127.0.0.1:0"}, tls={"listen": f"0.0.0.0:{port}", **shared.settings})
            with Client(here, tls=shared.client_context()) as client:
                assert client.get("/hello.txt").body == HELLO
            assert before.get("/hello.txt").body == HELLO


def test_redirects_lead_to_the_https_port_of_now(tmp_path):
    one, two = free_ports(2)
    with Server(tmp_path, mode=ONE_MODE, tls={"listen": f"127.0.0.1:{one}", "redirect_http": "on",
                                              **certificate.shared().settings}) as server:
        def leads_to():
            with Client(server.listeners[0].address) as client:
                return client.get("/x", host="localhost")["Location"]

        assert leads_to() == f"https://localhost:{one}/x"
        write = server.sections["tls"]
        write["listen"] = f"127.0.0.1:{two}"
        server.config.write_text(server.config.read_text().replace(f":{one}", f":{two}"))
        server.signal(signal.SIGHUP)
        wait_until(lambda: leads_to() == f"https://localhost:{two}/x", "the new port")


# --- TLS --------------------------------------------------------------------------------------------


def test_tickets_outlive_a_reload(tmp_path):
    shared = certificate.shared()
    context = shared.client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    with Server(tmp_path, mode=ONE_MODE, tls={"listen": "127.0.0.1:0", **shared.settings}) as server:
        def connect(session=None):
            with socket.create_connection(server.listeners[1].address, HANG) as plain:
                with context.wrap_socket(plain, server_hostname="localhost", session=session) as client:
                    return client.session, client.session_reused

        session, _ = connect()
        assert connect(session)[1]
        server.reload(site={"cache_control": "no-store"})
        assert connect(session)[1]


# --- Logs -------------------------------------------------------------------------------------------


def test_level_and_files_of_the_logs(server):
    first, second = server.directory / "first.log", server.directory / "second.log"
    server.reload(log={"access": first})
    server.get("/hello.txt?one")
    wait_until(lambda: "?one" in first.read_text(), "its line")
    with server.connect() as client:
        client.get("/hello.txt?two")
        server.reload(log={"access": second, "access_format": "json"})
        client.get("/hello.txt?three")
    server.reload(log={"level": "warn"})
    wait_until(lambda: '"/hello.txt?three"' in second.read_text(), "a line of the new one")
    assert "?two" in first.read_text() and "?three" not in first.read_text()
    said = server.log().count("was read again")
    server.reload(server={"workers": "99"})
    assert server.log().count("was read again") == said, "that is only information"
    assert "server.workers cannot change" in server.log()
    other = server.directory / "other.log"
    server.reload(log={"level": "info", "file": other})
    wait_until(lambda: "was read again" in other.read_text(), "the new file")


def test_two_generations_rotate_one_file_together(server):
    """A connection of the old one writes to the same log: no line may be lost when the new one rotates it."""
    log = server.directory / "access.log"
    server.reload(log={"access": log, "rotate_size": "4k"}, site={"echo": "on"})
    head = request("POST", "/echo?slow", "Content-Length: 10")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(20)]
        for client in slow:
            client.send(head + b"01234")
        server.get("/hello.txt")
        server.reload(site={"cache_control": "no-store"})
        assert alive(server) == 2
        for number, client in enumerate(slow):
            server.get(f"/hello.txt?fast{number}")
            client.send(b"56789")
            client.read_response("POST")

    def lines():
        return "".join(path.read_text() for path in server.directory.glob("access.log*"))

    wait_until(lambda: lines().count("/echo?slow") == 20, "every line of the old one")
    wait_until(lambda: all(f"?fast{number} " in lines() for number in range(20)), "and of the new one")
    assert len(list(server.directory.glob("access.log*"))) > 1, "it was rotated"

"""Listeners on Unix sockets: their files, and what becomes of clients that have no address."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from harness import (BINARY, EACH_MODEL, HANG, Client, Cut, Mode, Server, StartFailure, request,
                     wait_until, write_config)

HELLO = b"hello\n"
LARGE = bytes(range(256)) * 8192  # 2 MiB
ANY_MODE = [Mode("proactor", "lt", "lt")]  # For what has nothing to do with the model.


@pytest.fixture
def listen(tmp_path):
    """Starts a server that listens on tmp_path/s, and on a port."""
    with contextlib.ExitStack() as stack:
        def start(mode, **sections):
            sections["server"] = {"listen": f"unix:{tmp_path}/s, 127.0.0.1:0", **sections.get("server", {})}
            server = stack.enter_context(Server(tmp_path, mode=mode, **sections))
            server.write("hello.txt", HELLO)
            return server
        yield start


# -- Serving


@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_it_serves_as_any_other_listener(listen, mode, tmp_path):
    server = listen(mode)
    server.write("large.bin", LARGE)
    assert server.listeners[0].host == f"unix:{tmp_path}/s" and server.listeners[0].scheme == ("https" if mode.tls else "http")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(5)]  # Of several loops, each has some.
        for client in clients:
            assert client.get("/hello.txt").body == HELLO
            client.send(request("GET", "/large.bin") + request("GET", "/hello.txt"))
            assert client.read_response().body == LARGE and client.read_response().body == HELLO
        clients[0].half_close()
        clients[0].expect_end()
    with Client(server.listeners[1].address, tls=server.tls) as client:
        assert client.get("/hello.txt").body == HELLO
    server.stop()
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_a_client_that_vanishes(listen, mode):
    server = listen(mode)
    server.write("large.bin", LARGE)
    for octets in (b"", b"GET", request("GET", "/large.bin")):
        with server.connect(handshake=False) as client:
            if octets:
                client.send_while_open(octets)
    with server.connect() as client:
        assert client.get("/hello.txt").body == HELLO


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_curl(listen, mode, tmp_path):
    listen(mode)
    result = subprocess.run(["curl", "-sS", "--unix-socket", tmp_path / "s", "http://localhost/hello.txt"],
                            capture_output=True, timeout=HANG, check=True)
    assert result.stdout == HELLO


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_balancer_connects_by_it(listen, mode, tmp_path):
    log = tmp_path / "access.log"
    server = listen(mode, server={"listen": f"unix:{tmp_path}/s proxy", "trusted_proxies": "unix:"}, log={"access": log})
    for header in (b"PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n", b"PROXY UNKNOWN\r\n"):
        with server.connect(first=header) as client:
            assert client.get("/hello.txt").body == HELLO
    server.stop()
    assert sorted(line.split()[0] for line in log.read_text().splitlines()) == ["192.0.2.7", "unix:"]


# -- The file


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
@pytest.mark.parametrize("written, mode_of_file", ((None, 0o660), ("0600", 0o600), ("666", 0o666)))
def test_the_mode_of_the_file(listen, mode, tmp_path, written, mode_of_file):
    listen(mode, server={"socket_mode": written} if written else {})
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == mode_of_file


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_what_a_crash_has_left_is_replaced(listen, mode, tmp_path):
    crashed = Server(tmp_path, mode=mode, server={"listen": f"unix:{tmp_path}/s"}).__enter__()
    crashed.kill()
    assert (tmp_path / "s").is_socket()
    with listen(mode).connect() as client:
        assert client.get("/hello.txt").body == HELLO


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_server_that_listens_is_left_alone(listen, mode, tmp_path):
    server = listen(mode)
    with pytest.raises(StartFailure, match=f"cannot listen on unix:{tmp_path}/s: Address already in use"):
        Server(tmp_path, mode=mode, server={"listen": f"unix:{tmp_path}/s"}).__enter__()
    with server.connect() as client:
        assert client.get("/hello.txt").body == HELLO


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_another_file_is_left_alone(mode, tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(StartFailure, match=f"cannot listen on unix:{tmp_path}/s: File exists"):
        Server(tmp_path, mode=mode, server={"listen": f"unix:{tmp_path}/s"}).__enter__()
    assert (tmp_path / "s").read_text() == "precious"


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_successors_socket_is_left_alone(listen, mode, tmp_path):
    server = listen(mode)
    os.unlink(tmp_path / "s")
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(tmp_path / "s"))
    server.stop()
    assert (tmp_path / "s").is_socket()
    other.close()


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_it_is_gone_while_the_server_drains(listen, mode, tmp_path):
    server = listen(mode, timeouts={"shutdown": "1h"})
    with server.connect() as client:
        client.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        server.signal(signal.SIGTERM)
        wait_until(lambda: not (tmp_path / "s").exists(), "it accepts no more")
        assert server.running()
        client.send(b"x")
        assert client.read_response().status == 405


@pytest.mark.parametrize("listen, message", (
    ("unix:s", '"s" is not the absolute path of a socket'),
    ("unix:/", '"/" is not the absolute path of a socket'),
    ("unix:/" + 107 * "x", "has 108 octets, and the path of a socket may have 107"),
    ("unix:/run/a, unix:/run/a proxy", "unix:/run/a stands in the list twice"),
    ("unix:/missing/s", "cannot listen on unix:/missing/s now: No such file or directory"),
    ("127.0.0.1:0 proxy", "none that could connect is in server.trusted_proxies"),
))
def test_check_says_what_is_wrong(tmp_path, listen, message):
    config = write_config(tmp_path / "config.ini", {"server": {"listen": listen}, "site": {"root": tmp_path}})
    result = subprocess.run([BINARY, "--config", config, "--check"], capture_output=True, text=True, timeout=HANG, check=False)
    assert message in result.stdout + result.stderr


# -- Clients without an address


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_its_clients_are_not_this_machine(listen, mode):
    server = listen(mode, status={"allow": "loopback"})
    with server.connect() as client:
        assert client.get("/status.json", host="localhost").status == 404
    with Client(server.listeners[1].address) as client:
        assert client.get("/status.json", host="localhost").status == 200


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_the_status_pages_can_have_one(listen, mode, tmp_path):
    server = listen(mode, status={"listen": f"unix:{tmp_path}/status", "allow": "unix:"})
    with Client(f"{tmp_path}/status") as client:
        assert client.get("/status.json", host="localhost").status == 200
    for listener in server.listeners[:2]:
        with Client(listener.address) as client:
            assert client.get("/status.json", host="localhost").status == 404


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
@pytest.mark.parametrize("trusted, client", (("unix:", "192.0.2.7"), ("127.0.0.1", "unix:")))
def test_they_are_a_proxy_only_if_that_is_said(listen, mode, tmp_path, trusted, client):
    log = tmp_path / "access.log"
    server = listen(mode, server={"trusted_proxies": trusted}, log={"access": log})
    with server.connect() as connection:
        connection.get("/hello.txt", "X-Forwarded-For: 192.0.2.7")
    server.stop()
    assert log.read_text().split()[0] == client


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
@pytest.mark.parametrize("trusted, served", (("off", 1), ("unix:", 3)))
def test_the_limit_of_connections_knows_a_proxy(listen, mode, trusted, served):
    server = listen(mode, server={"trusted_proxies": trusted}, limits={"connections_per_address": 1})
    with contextlib.ExitStack() as stack:
        statuses = []
        for _ in range(3):
            try:
                statuses.append(stack.enter_context(server.connect()).get("/hello.txt").status)
            except (Cut, OSError):  # Refused before we asked.
                statuses.append(429)
        assert statuses.count(200) == served

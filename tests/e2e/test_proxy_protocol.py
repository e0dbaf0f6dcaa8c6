"""PROXY protocol: behind a balancer, the client that its header names is the client for everything."""

import json
import re
import shutil
import socket
import struct
import subprocess

import pytest

from harness import EACH_MODEL, FIRST_OF_MODEL, HANG, Client, Cut, Mode, Server, wait_until

HELLO = b"hello\n"
ANY_MODE = [Mode("proactor", "lt", "lt")]  # For what has nothing to do with the model.
BALANCER = "127.0.0.1"
HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin")


def v1(client, port=4711):
    family = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {family} {client} {'::1' if ':' in client else '127.0.0.1'} {port} 80\r\n".encode()


def v2(client=None, command=0x21, extensions=b""):
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    if client is None:
        return signature + bytes([command, 0]) + struct.pack(">H", len(extensions)) + extensions
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    address = socket.inet_pton(family, client)
    block = address + bytes(len(address)) + struct.pack(">HH", 4711, 80) + extensions
    return signature + bytes([command, 0x21 if ":" in client else 0x11]) + struct.pack(">H", len(block)) + block


@pytest.fixture
def behind(tmp_path):
    """Starts a server behind a balancer at 127.0.0.1; its status pages have a listener of their own."""
    started = []

    def start(mode, trusted=BALANCER, **sections):
        sections["log"] = {"access": tmp_path / "access.log", **sections.get("log", {})}
        sections["server"] = {"proxy_protocol": "on", "trusted_proxies": trusted, **sections.get("server", {})}
        sections.setdefault("status", {"listen": "127.0.0.1:0"})
        server = Server(tmp_path, mode=mode, **sections).__enter__()
        started.append(server)
        server.write("hello.txt", HELLO)
        return server

    yield start
    for server in started:
        server.stop()


def counted(server, result):
    with Client(server.listeners[-1].address) as client:
        text = client.get("/metrics", host="localhost").body.decode()
    return int(re.search(rf'pollux_proxy_headers_total{{result="{result}"}} (\d+)', text)[1])


def clients_of(path):
    """Of the requests for the file, sorted: several loops write in no order."""
    return sorted(line.split()[0] for line in path.read_text().splitlines() if "/hello.txt" in line)


# -- Whom a request comes from


@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_the_client_is_the_one_that_the_header_names(behind, mode, tmp_path):
    server = behind(mode)
    headers = {"192.0.2.7": v1("192.0.2.7"), "2001:db8::7": v1("2001:db8::7"), "192.0.2.8": v2("192.0.2.8"),
               "2001:db8::8": v2("2001:db8::8", extensions=b"\x03\x00\x04abcd" + b"\x20\x02\x00" + bytes(512))}
    for header in headers.values():
        with server.connect(first=header) as client:
            for _ in range(2):  # It stands at the beginning of the connection, and only there.
                assert client.get("/hello.txt").body == HELLO
    for header in (v2(), v2("192.0.2.9", command=0x20), b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN a b c d\r\n"):
        with server.connect(first=header) as client:
            assert client.get("/hello.txt").body == HELLO
    assert counted(server, "accepted") == 8
    server.stop()
    expected = [client for client in headers for _ in range(2)] + [BALANCER] * 4
    assert clients_of(tmp_path / "access.log") == sorted(expected)


@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_a_header_that_drips(behind, mode, tmp_path):
    server = behind(mode)
    for number, header in enumerate((v1("192.0.2.7"), v2("2001:db8::8", extensions=b"\x04\x00\x10" + bytes(16)))):
        raw = Client(server.address)
        for octet in header[:-1]:
            raw.send(bytes([octet]))
        wait_until(lambda: waiting(server)["handshake"] == 1, "it is waited for")
        raw.send(header[-1:])
        if server.tls:
            raw.socket = server.tls.wrap_socket(raw.socket, server_hostname="localhost")
        with raw as client:
            assert client.get("/hello.txt").body == HELLO
            assert counted(server, "accepted") == number + 1
    server.stop()
    assert clients_of(tmp_path / "access.log") == ["192.0.2.7", "2001:db8::8"]


def waiting(server):
    with Client(server.listeners[-1].address) as client:
        return json.loads(client.get("/status.json", host="localhost").body)["connections"]["waiting_for"]


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_http2_comes_through_as_well(behind, mode):
    server = behind(mode, server={"h2c": "on"})
    with server.connect(first=v1("192.0.2.7")) as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        assert client.read_exactly(9)[3] == 4  # SETTINGS


# -- Who may send one, and what


@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_what_is_malformed_is_closed_and_counted(behind, mode):
    server = behind(mode)
    malformed = (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", v1("192.0.2.256"),
                 v2("192.0.2.7", command=0x2f), b"PROXY TCP4 192.0.2.7\n", b"\r\n\r\n\r\n")
    for number, octets in enumerate(malformed, 1):
        with Client(server.address, first=octets) as client:
            client.expect_end()
        assert counted(server, "malformed") == number


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_header_that_is_cut_short_is_malformed_but_a_look_is_not(behind, mode):
    server = behind(mode)
    for octets, malformed in ((b"", 0), (v1("192.0.2.7")[:-3], 1)):
        with Client(server.address, first=octets) as client:
            client.half_close()
            client.expect_end()
        assert counted(server, "malformed") == malformed
    assert server.running()


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_it_has_the_deadline_of_a_handshake(behind, mode):
    server = behind(mode, timeouts={"handshake": "200ms"})
    for octets in (b"", b"PROXY TCP4"):
        with Client(server.address, first=octets) as client:
            assert client.answered(), "it is reset"


@pytest.mark.parametrize("mode", FIRST_OF_MODEL, ids=str)
def test_those_that_say_nothing_displace_each_other(behind, mode):
    """They are bounded as unfinished handshakes are, and end with the server."""
    server = behind(mode, limits={"handshakes": 2}, server={"loops": 1}, timeouts={"shutdown": "1h"})
    first, second, third = clients = [Client(server.address) for _ in range(3)]
    assert first.answered(), "it is reset"
    assert not second.answered(0) and not third.answered(0)
    server.stop()
    for client in clients:
        client.close()


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_nobody_else_may_connect(behind, mode):
    server = behind(mode, trusted="127.0.0.2")
    with pytest.raises((Cut, OSError)):
        with Client(server.address, first=v1("192.0.2.7")) as client:
            client.get("/hello.txt")
    assert counted(server, "untrusted") == 1
    with Client(server.address, first=v1("192.0.2.7"), source="127.0.0.2") as client:
        assert client.get("/hello.txt").body == HELLO
    assert "127.0.0.1 is none of server.trusted_proxies" in (server.directory / "pollux.log").read_text()


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_listener_can_have_it_alone(behind, mode):
    server = behind(mode, server={"proxy_protocol": "off", "listen": "127.0.0.1:0 proxy, 127.0.0.1:0"})
    with Client(server.listeners[0].address, first=v1("192.0.2.7")) as client:
        assert client.get("/hello.txt").body == HELLO
    with Client(server.listeners[1].address) as client:
        assert client.get("/hello.txt").body == HELLO
    with Client(server.listeners[1].address, first=v1("192.0.2.7")) as client:
        assert client.get("/hello.txt").status == 400


# -- What goes by the client's address


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_connections_are_counted_for_the_client(behind, mode):
    server = behind(mode, limits={"connections_per_address": 2})
    clients = [server.connect(first=v1(address)) for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.8")]
    try:
        assert all(client.get("/hello.txt").body == HELLO for client in clients)
        with pytest.raises((Cut, OSError)):
            with server.connect(first=v1("192.0.2.7")) as client:
                client.get("/hello.txt")
    finally:
        clients.pop(0).close()
    wait_until(lambda: serves(server, "192.0.2.7"), "a place that was left is free")
    for client in clients:
        client.close()


def serves(server, address):
    try:
        with server.connect(first=v1(address)) as client:
            return client.get("/hello.txt").body == HELLO
    except (Cut, OSError):
        return False


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_requests_are_counted_for_the_client(behind, mode):
    server = behind(mode, limits={"requests_per_address": "1/h"})
    for address, status in (("192.0.2.7", 200), ("192.0.2.7", 429), ("192.0.2.8", 200)):
        with server.connect(first=v2(address)) as client:
            assert client.get("/hello.txt").status == status


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_a_client_is_believed_about_nobody_else(behind, mode, tmp_path):
    """What stands in its requests is its own word, although its connection is a trusted proxy's."""
    server = behind(mode)
    with server.connect(first=v1("192.0.2.7")) as client:
        client.get("/hello.txt", "X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9")
    server.stop()
    assert clients_of(tmp_path / "access.log") == ["192.0.2.7"]


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_loopback_behind_a_balancer_is_not_this_machine(behind, mode):
    server = behind(mode, status={"allow": "loopback, 192.0.2.7"})
    for address, status in (("127.0.0.1", 404), ("::1", 404), ("192.0.2.8", 404), ("192.0.2.7", 200)):
        with server.connect(first=v1(address)) as client:
            assert client.get("/status.json", host="localhost").status == status, address


@pytest.mark.parametrize("mode", ANY_MODE, ids=str)
def test_the_tracer_names_the_client(behind, mode):
    server = behind(mode, status={"listen": "127.0.0.1:0", "trace": "on"})
    with server.connect(first=v1("192.0.2.7")) as client:
        assert client.get("/hello.txt").body == HELLO
    wait_until(lambda: "from 192.0.2.7" in server.errors(), "the trace")
    assert "PROXY" in server.errors() and "from 127.0.0.1" not in server.errors()


# -- The real thing in front


HAPROXY_CONFIG = """
global
  maxconn 100
defaults
  mode tcp
  timeout connect 60s
  timeout client 60s
  timeout server 60s
"""


@pytest.fixture
def haproxy(tmp_path):
    """Starts HAProxy: a frontend for each of `backends` (options of its `server` line), on sockets of ours."""
    running = []

    def start(*backends):
        config, descriptors, ports = HAPROXY_CONFIG, [], []
        for number, backend in enumerate(backends):
            listener = socket.create_server(("127.0.0.1", 0))
            descriptors.append(listener)
            ports.append(listener.getsockname()[1])
            config += (f"frontend f{number}\n  bind fd@{listener.fileno()}\n  default_backend b{number}\n"
                       f"backend b{number}\n  server s {backend}\n")
        path = tmp_path / "haproxy.cfg"
        path.write_text(config)
        running.append(subprocess.Popen([HAPROXY, "-db", "-f", path], stdin=subprocess.DEVNULL,
                                        stderr=open(tmp_path / "haproxy.err", "wb"),
                                        pass_fds=[listener.fileno() for listener in descriptors]))
        for listener in descriptors:
            listener.close()
        return ports

    yield start
    for process in running:
        process.terminate()
        process.wait(HANG)


@pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed")
@pytest.mark.parametrize("mode", EACH_MODEL, ids=str)
def test_haproxy_in_front(behind, haproxy, mode, tmp_path):
    """Both versions; TLS passes through it to us."""
    server = behind(mode)
    address = "{}:{}".format(*server.address)
    ports = haproxy(f"{address} send-proxy", f"{address} send-proxy-v2",
                    f"{address} send-proxy-v2 proxy-v2-options crc32c,unique-id")
    for number, port in enumerate(ports, 5):
        with Client(("127.0.0.1", port), source=f"127.0.0.{number}", tls=server.tls) as client:
            assert client.get("/hello.txt").body == HELLO
    server.stop()
    assert clients_of(tmp_path / "access.log") == ["127.0.0.5", "127.0.0.6", "127.0.0.7"]

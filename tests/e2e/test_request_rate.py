"""limits.requests_per_address: one client address cannot have all the work done for it."""

import json

import pytest

from client import Client
from harness import Server

HELLO = b"hello\n"
BURST = 5


@pytest.fixture
def server(mode, tmp_path):
    with Server(tmp_path, mode=mode, limits={"requests_per_address": f"{BURST}/h"}) as server:
        server.write("hello.txt", HELLO)
        yield server


def statuses(client, requests):
    return [client.get("/hello.txt").status for _ in range(requests)]


def test_a_burst_and_then_429_on_whatever_connection(server):
    with server.connect(source="127.0.0.2") as one, server.connect(source="127.0.0.2") as other:
        assert statuses(one, BURST - 1) == [200] * (BURST - 1)
        assert statuses(other, 2) == [200, 429]
        refused = one.get("/hello.txt")
        assert (refused.status, refused["Retry-After"]) == (429, "720")
        assert "Connection" not in refused, "the connection goes on"
        assert one.ask("HEAD", "/hello.txt").status == 429
    with server.connect(source="127.0.0.3") as stranger:
        assert statuses(stranger, BURST + 1) == [200] * BURST + [429]


def test_a_refused_body_ends_the_connection(server):
    with server.connect(source="127.0.0.2") as client:
        assert statuses(client, BURST) == [200] * BURST
        refused = client.ask("POST", "/hello.txt", body=b"body")
        assert (refused.status, refused["Connection"]) == (429, "close")
        client.expect_end()


def test_refusals_are_counted_and_logged(tmp_path, mode):
    with Server(tmp_path, mode=mode, limits={"requests_per_address": "2/h"},
                status={"listen": "127.0.0.1:0"}) as server:
        server.write("hello.txt", HELLO)
        with server.connect() as client:
            assert statuses(client, 5) == [200, 200, 429, 429, 429]
        for _ in range(3):  # Whoever watches the server has no limit.
            with Client(server.listeners[1].address) as watcher:
                status = json.loads(watcher.get("/status.json", host="localhost").body)
                metrics = watcher.get("/metrics", host="localhost").body.decode()
        assert status["requests"]["rate_limited"] == 3
        assert "\npollux_requests_rate_limited_total 3\n" in metrics
        assert "127.0.0.1 makes more requests than limits.requests_per_address allows" in (
            server.directory / "pollux.log").read_text()


def test_clients_of_a_trusted_proxy_are_told_apart(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"trusted_proxies": "127.0.0.1"},
                limits={"requests_per_address": "1/h"}) as server:
        server.write("hello.txt", HELLO)
        with server.connect() as proxy:
            for address, status in (("192.0.2.1", 200), ("192.0.2.1", 429), ("2001:db8::1", 200),
                                    ("2001:db8::2", 429), ("2001:db8:0:1::1", 200)):
                said = proxy.get("/hello.txt", f"X-Forwarded-For: {address}").status
                assert said == status, address

"""Proxies that speak HTTP: whose word counts about who the client is, and whether it uses https."""

import contextlib

import pytest

import certificate
from harness import Mode, Server

ANY_MODE = [Mode("proactor", "lt", "lt")]
HSTS = "max-age=3600"


@pytest.fixture
def proxied(tmp_path):
    """Starts a server behind a proxy at 127.0.0.1, whose plain listener sends everybody to https."""
    with contextlib.ExitStack() as stack:
        def start(**server):
            tls = {"listen": "127.0.0.1:0", "redirect_http": "on", "hsts": "1h", **certificate.shared().settings}
            started = stack.enter_context(Server(
                tmp_path, mode=ANY_MODE[0], server={"trusted_proxies": "127.0.0.1", **server}, tls=tls,
                log={"access": tmp_path / "access.log"}, site={"clean_urls": "on"}))
            started.write("hello.txt", b"hello\n")
            return started
        yield start


def answer(server, *fields):
    """Status, and what browsers are to remember."""
    response = server.get("/hello.txt", *fields, host="localhost")
    return response.status, response["Strict-Transport-Security"] if "Strict-Transport-Security" in response else None


SERVED = (200, HSTS)
REDIRECTED = (308, None)


def test_https_is_what_the_proxy_says(proxied):
    """Otherwise a browser would be redirected for ever to where it is."""
    server = proxied()
    assert answer(server, "X-Forwarded-Proto: https") == SERVED
    assert answer(server, "X-Forwarded-Proto: HTTPS", "X-Forwarded-For: 192.0.2.7") == SERVED
    assert answer(server, "X-Forwarded-Proto: https, http") == REDIRECTED
    assert answer(server, "X-Forwarded-Proto: http") == REDIRECTED
    assert answer(server) == REDIRECTED
    assert answer(server, "Forwarded: for=192.0.2.7;proto=https") == REDIRECTED


def test_nobody_else_is_believed(proxied):
    server = proxied(trusted_proxies="127.0.0.2")
    assert answer(server, "X-Forwarded-Proto: https") == REDIRECTED


def test_the_field_of_rfc_7239(proxied, tmp_path):
    server = proxied(forwarding_field="forwarded")
    assert answer(server, "Forwarded: for=198.51.100.1;proto=http, for=\"[2001:db8::7]:4711\";proto=https") == SERVED
    assert answer(server, "Forwarded: for=192.0.2.7;proto=http") == REDIRECTED
    # A client's own, which a proxy that writes the other field passes on.
    assert answer(server, "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.8") == REDIRECTED
    server.stop()
    log = (tmp_path / "access.log").read_text().splitlines()
    assert sorted(line.split()[0] for line in log) == ["127.0.0.1", "192.0.2.7", "2001:db8::7"]

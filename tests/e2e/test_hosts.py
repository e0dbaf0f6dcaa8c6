"""Several sites of one server: which request is for which, and that they have nothing to do with each other."""

import contextlib
import json
import ssl

import pytest

import certificate
from harness import FIRST_OF_MODEL, SANITIZED, Server, request
from patience import wait_until


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    one, two = module_directory / "one", module_directory / "two"
    for name, root in (("one", one), ("two", two)):
        root.mkdir()
        (root / "index.html").write_text(name)
        (root / "404.html").write_text(f"not in {name}")
        (root / "_headers").write_text(f"/*\n  X-Site: {name}\n")
        (root / "_redirects").write_text(f"/go /{name}\n")
    sections = {"site one.test, *.one.test": {"root": one, "access": module_directory / "one.log"},
                "site two.test, [::1], under_score.test": {"root": two, "index": "none.html, index.html"}}
    if mode.tls:
        files = certificate.make(module_directory / "certificate", "localhost", "one.test", "two.test", "*.one.test",
                                 "under_score.test", "nobody.test")
        sections["tls"] = files.settings
    server = Server(module_directory, mode=mode, log={"access": module_directory / "default.log"}, **sections)
    if mode.tls:
        server.tls = files.client_context()
    server.write("index.html", b"default")
    with server:
        yield server


@pytest.mark.parametrize("host, site", [
    ("one.test", b"one"),
    ("ONE.test:8080", b"one"),
    ("one.test.", b"one"),
    ("a.one.test", b"one"),
    ("two.test", b"two"),
    ("under_score.test", b"two"),
    ("nobody.test", b"default"),
    ("localhost", b"default"),
])
def test_the_host_chooses_the_site(server, host, site):
    assert server.get("/", host=host).body == site


def test_a_target_with_a_host_counts_more_than_the_field(server):
    assert server.get("http://two.test/", host="one.test").body == b"two"


def test_each_has_its_own_rules_and_pages(server):
    for name in ("one", "two"):
        host = f"{name}.test"
        assert server.get("/", host=host)["X-Site"] == name
        assert server.get("/go", host=host)["Location"] == f"/{name}"
        missing = server.get("/missing", host=host)
        assert (missing.status, missing.body) == (404, f"not in {name}".encode())
    assert "X-Site" not in server.get("/", host="nobody.test")


def test_rule_files_are_served_by_no_site(tmp_path, mode):
    """They may hold passwords, and sites may share a root, or have one within another's."""
    sections = {"site inner.test": {"root": tmp_path / "site" / "inner"},
                "site same.test": {"headers": "off", "redirects": "off"},
                "site other.test": {"headers": tmp_path / "site" / "rules" / "fields.txt"}}
    files = ["_headers", "_redirects", "inner/_headers", "rules/fields.txt"]
    for name in files:
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text("# secret\n")
    (tmp_path / "link").symlink_to(tmp_path / "site" / "rules")
    sections["site linked.test"] = {"headers": tmp_path / "link" / "fields.txt"}
    identity = certificate.make(tmp_path / "certificate", "localhost", "any.test", "same.test", "other.test", "inner.test")
    if mode.tls:
        sections["tls"] = identity.settings
    with Server(tmp_path, mode=mode, site={"listing": "on"}, **sections) as server:
        if mode.tls:
            server.tls = identity.client_context()
        server.write("inner/a.txt", b"a")
        for directory, listed in (("/inner/", ["a.txt"]), ("/rules/", []), ("/", ["inner", "rules"])):
            listing = json.loads(server.get(directory + "?format=json", host="any.test").body)
            assert [entry["name"] for entry in listing["entries"]] == listed, directory
        for host in ("any.test", "same.test", "other.test"):
            for name in files:
                assert server.get("/" + name, host=host).status == 404, (host, name)
            assert server.get("/inner/a.txt", host=host).body == b"a"
        assert server.get("/_headers", host="inner.test").status == 404


def test_each_has_its_own_log(server, module_directory):
    hosts = ("one.test", "two.test", "nobody.test")
    for host in hosts:
        server.get(f"/?logged-{host}", host=host)
    own, shared = module_directory / "one.log", module_directory / "default.log"
    for log, logged in ((own, hosts[:1]), (shared, hosts[1:])):
        for host in logged:
            wait_until(lambda log=log, host=host: f"logged-{host}" in log.read_text(), f"the line of {host}")
        assert not any(f"logged-{host}" in log.read_text() for host in set(hosts) - set(logged))


def test_sites_with_one_log_rotate_it_together(tmp_path, mode):
    """The quiet one would go on writing to a file that the other has renamed, and then deleted."""
    log = tmp_path / "shared.log"
    with Server(tmp_path, mode=mode, site={"access": log}, log={"rotate_size": "4k", "rotate_keep": 1},
                **{"site quiet.test": {"listing": "on"}}) as server:
        with server.connect() as client:
            for _ in range(40):
                client.get("/?" + 400 * "x")
        server.get("/?last", host="quiet.test")
        wait_until(lambda: "?last" in log.read_text(), "the line of the quiet one")


def test_two_sites_on_one_connection(server):
    with server.connect() as client:
        client.send(b"".join(request("GET", "/", host=host) for host in ("one.test", "two.test", "nobody.test")))
        assert [client.read_response().body for _ in range(3)] == [b"one", b"two", b"default"]


def test_a_host_that_the_certificate_is_not_for(server, mode):
    response = server.get("/", host="stranger.test")
    assert response.status == (421 if mode.tls else 200)


def test_the_name_that_is_asked_for_chooses_the_certificate(tmp_path, mode):
    if not mode.tls:
        pytest.skip("there is none")
    first = certificate.make(tmp_path / "first", "localhost", "one.test")
    second = certificate.make(tmp_path / "second", "two.test")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/index.html").write_text("two")
    tls = {key: f"{first.settings[key]}, {second.settings[key]}" for key in first.settings}
    with Server(tmp_path, mode=mode, tls=tls, **{"site two.test": {"root": tmp_path / "two"}}) as server:
        server.write("index.html", b"default")
        server.tls = first.client_context()
        assert server.get("/", host="localhost").body == b"default"
        assert server.get("/", host="two.test").status == 421
        context = second.client_context()
        with server.connect(tls=None) as client:
            client.socket = context.wrap_socket(client.socket, server_hostname="two.test")
            assert client.get("/", host="two.test").body == b"two"
            assert client.get("/", host="localhost").status == 421
            assert isinstance(client.socket, ssl.SSLSocket)


def start_page(link):
    return f'<nav><ul><li><a href="/{link}">{link}</a></ul></nav>'.encode()


def test_pages_of_the_server_are_those_of_the_site_that_was_asked(tmp_path, mode):
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_bytes(start_page("theirs"))
    (other / "405.html").write_text("not so")
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"},
                "site other.test, 127.0.0.1": {"root": other, "error_page_405": "/405.html"}}
    if mode.tls:
        files = certificate.make(tmp_path / "certificate", "localhost", "any.test", "other.test")
        sections["tls"] = files.settings
    with Server(tmp_path, mode=mode, **sections) as server:
        if mode.tls:
            server.tls = files.client_context()
        server.write("index.html", start_page("ours"))
        links = {"any.test": b'"/ours"', "other.test": b'"/theirs"'}
        for host, link in links.items():
            page = server.get("/login", host=host).body
            assert [one in page for one in links.values()] == [one == link for one in links.values()], host
        if not mode.tls:  # Strangers' names are not let in there.
            assert b'"/theirs"' in server.get("/live/", host="127.0.0.1").body
            assert b'"/ours"' in server.get("/live/", host="localhost").body
        with server.connect() as client:
            assert client.ask("DELETE", "/login", host="other.test").body == b"not so"
            assert b"not so" not in client.ask("DELETE", "/login", host="any.test").body


@pytest.mark.skipif(SANITIZED, reason="what a sanitizer takes, and keeps to catch its use, is not the server's")
def test_idle_connections_keep_no_long_host(tmp_path, mode):
    if mode.tls:
        pytest.skip("OpenSSL keeps as much for each")
    count, length = 1000, 30_000
    with Server(tmp_path, mode=mode, **{"site one.test": {"listing": "on"}}) as server, contextlib.ExitStack() as stack:
        server.write("hello.txt", b"hello")
        assert server.get("/hello.txt").body == b"hello"
        before = server.process.memory()
        for _ in range(count):
            client = stack.enter_context(server.connect())
            assert client.get("/hello.txt", host=length * "a").body == b"hello"
        wait_until(lambda: server.process.memory().anonymous - before.anonymous < count * length / 3, "the names are forgotten")

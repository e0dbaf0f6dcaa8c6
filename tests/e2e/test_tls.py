"""What TLS adds: certificates and their replacement, versions, resumption, and peers that get it wrong.

That HTTP is the same over it is seen by all other tests, which run over https, too.
"""

import contextlib
import dataclasses
import json
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

import certificate
from crowd import close_all, connect_all
from harness import BINARY, HANG, MODES, SANITIZED, Client, Cut, Server, in_parallel, request, wait_until

HELLO = b"hello\n"
DEV = certificate.shared()
LISTEN = "127.0.0.1:0"


@pytest.fixture(scope="module", params=[mode for mode in MODES if mode.tls], ids=str)
def mode(request):
    """One for each model: the triggers are the socket's affair, and that is the same with TLS and without."""
    return dataclasses.replace(request.param, tls=False)  # The listeners are named here.


@pytest.fixture
def server(mode, tmp_path):
    """Plain text and TLS side by side."""
    with Server(tmp_path, mode=mode, server={"listen": LISTEN}, tls={"listen": LISTEN, **DEV.settings},
                log={"level": "debug"}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        yield server


@pytest.fixture
def impatient(mode, tmp_path):
    """One with a short deadline for handshakes."""
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **DEV.settings},
                timeouts={"handshake": "500ms"}) as server:
        yield server


def https(server):
    return next(listener for listener in server.listeners if listener.scheme == "https").address


def connect(server, context=None, **options):
    return Client(https(server), tls=context or server.tls, **options)


def unharmed(server):
    with connect(server) as client:
        assert client.get("/hello.txt").body == HELLO


def log_of(server):
    return (server.directory / "pollux.log").read_text()


def s_client(server, *options, octets=b"GET /hello.txt HTTP/1.0\r\n\r\n"):
    """What openssl's own client says."""
    command = ["openssl", "s_client", "-connect", "%s:%d" % https(server), "-CAfile", DEV.authority,
               "-servername", "localhost", "-ign_eof", *options]
    return subprocess.run(command, input=octets, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=HANG, check=False).stdout.decode(errors="replace")


# --- What is agreed on -----------------------------------------------------------------------------


def test_both_listeners_serve_the_same_site(server):
    schemes = [listener.scheme for listener in server.listeners]
    assert schemes == ["http", "https"]
    with Client(server.listeners[0].address) as client:
        assert client.get("/hello.txt").body == HELLO
    unharmed(server)


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_a_strangers_client_resumes_its_session(server, version, tmp_path):
    session = str(tmp_path / "session")
    first = s_client(server, "-" + version, "-sess_out", session)
    again = s_client(server, "-" + version, "-sess_in", session)
    assert "New, TLSv1." in first and "Verification: OK" in first and first.count("hello") == 1, first
    assert "Reused, TLSv1." in again and again.count("hello") == 1, again
    assert "Compression: NONE" in first and "Max Early Data: 0" in first + "Max Early Data: 0"


@pytest.mark.parametrize("options", [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
                                     ["-tls1_2", "-cipher", "AES128-SHA"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]])
def test_what_is_out_of_date_is_refused(server, options):
    said = s_client(server, *options)
    assert "hello" not in said and ("alert" in said or "no cipher" in said), said
    unharmed(server)


def test_least_version(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"listen": "off"},
                tls={"listen": LISTEN, **DEV.settings, "min_version": "1.3"}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        unharmed(server)
        with pytest.raises(ssl.SSLError):
            connect(server, DEV.client_context(maximum_version=ssl.TLSVersion.TLSv1_2))


def test_protocol_is_agreed_on(server):
    for offered, chosen in ((["http/1.1"], "http/1.1"), (["http/1.0"], "http/1.0"), ([], None), (["http/1.1", "h2"], "h2")):
        context = DEV.client_context()
        if offered:
            context.set_alpn_protocols(offered)
        with connect(server, context) as client:
            assert client.socket.selected_alpn_protocol() == chosen
            if chosen != "h2":
                assert client.get("/hello.txt").body == HELLO
    context = DEV.client_context()
    context.set_alpn_protocols(["smb"])
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        connect(server, context)


def test_http2_is_not_offered_if_it_is_off(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"listen": "off", "http2": "off"}, tls={"listen": LISTEN, **DEV.settings}) as server:
        for offered in (["h2", "http/1.1"], ["http/1.1", "h2"]):
            context = DEV.client_context()
            context.set_alpn_protocols(offered)
            with connect(server, context) as client:
                assert client.socket.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("option, version", [("--http2", b"2"), ("--http1.1", b"1.1")])
def test_curl(server, option, version):
    said = subprocess.run(["curl", "-sS", option, "--cacert", DEV.authority, "-w", "%{ssl_verify_result} %{http_version}",
                           "https://localhost:%d/hello.txt" % https(server)[1]],
                          capture_output=True, timeout=HANG, check=True).stdout
    assert said == HELLO + b"0 " + version


def test_access_log_of_https(mode, tmp_path):
    path = tmp_path / "access.log"
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **DEV.settings},
                log={"access": path, "access_format": "json"}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        unharmed(server)
        wait_until(path.read_text, "the line")
        line = json.loads(path.read_text())
        assert (line["target"], line["status"], line["octets"]) == ("/hello.txt", 200, len(HELLO))


# --- Certificates ----------------------------------------------------------------------------------


def shown(server, name=None):
    """The serial number of the certificate that a client is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(https(server), HANG) as plain:
        with context.wrap_socket(plain, server_hostname=name) as peer:
            return peer.getpeercert(binary_form=True)


def test_new_certificates_cost_no_connection(mode, tmp_path):
    """SIGHUP under load. Whoever is connected stays; whoever comes sees the new one."""
    directory = tmp_path / "certificate"
    old, new = certificate.make(directory), certificate.make(tmp_path / "new")
    trusting = old.client_context()
    trusting.load_verify_locations(new.authority)
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **old.settings},
                limits={"keepalive_requests": 1_000_000}) as server:
        server.write("hello.txt", HELLO)
        server.tls = trusting
        before = shown(server)
        ended = threading.Event()

        def load(_):
            count = 0
            with connect(server) as client:
                while not ended.is_set():
                    assert client.get("/hello.txt").body == HELLO
                    with connect(server) as other:
                        assert other.get("/hello.txt").body == HELLO
                    count += 1
            return count

        def replace():
            try:
                for name in ("certificate.pem", "key.pem"):
                    shutil.copy(new.directory / name, directory / name)
                server.signal(signal.SIGHUP)
                wait_until(lambda: shown(server) != before, "the new certificate")
                (directory / "key.pem").write_text("no key")
                server.signal(signal.SIGHUP)
                wait_until(lambda: "the old one goes on: tls.private_key: no private key" in log_of(server), "the refusal")
                assert shown(server) != before
            finally:
                ended.set()

        counts = in_parallel(5, lambda index: load(index) if index else replace())
        assert all(counts[1:])
        assert log_of(server).count("the configuration was read again") == 1


def test_of_several_certificates_the_one_for_the_name(mode, tmp_path):
    first, second = certificate.make(tmp_path / "first"), certificate.make(tmp_path / "second", "other.test")
    both = {key: f"{first.settings[key]}, {second.settings[key]}" for key in first.settings}
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **both}) as server:
        assert shown(server, "localhost") == shown(server) == shown(server, "nobody.test") != shown(server, "other.test")


def check(*settings):
    command = [BINARY, "--check", *(part for setting in settings for part in ("--set", setting))]
    done = subprocess.run(command, capture_output=True, timeout=HANG, check=False)
    return done.returncode, done.stderr.decode()


def test_check_finds_what_is_wrong(tmp_path):
    good, other = DEV.settings, certificate.make(tmp_path / "other").settings
    site, listen = f"site.root={tmp_path}", "tls.listen=127.0.0.1:0"
    certificate_, key = f"tls.certificate={good['certificate']}", f"tls.private_key={good['private_key']}"
    alone = tmp_path / "alone.pem"
    alone.write_text(re.match(r".*?-----END CERTIFICATE-----\n", good["certificate"].read_text(), re.S)[0])
    rows = [
        ([listen, certificate_, key], 0, ""),
        ([listen, f"tls.certificate={good['private_key']}", f"tls.private_key={good['certificate']}"], 1,
         "tls.certificate: no certificate .* have the two files been swapped.*\n.*tls.private_key: no private key"),
        ([listen, "tls.certificate=/none", "tls.private_key=/none"], 1,
         "tls.certificate: cannot read .*\n.*tls.private_key: cannot read"),
        ([listen, f"tls.certificate={alone}", key], 0, "[warn] tls.certificate: .* no chain"),
        ([listen], 1, "[emerg] tls.listen: there is no tls.certificate.*\n.*there is no tls.private_key"),
        ([listen, certificate_], 1, "[emerg] tls.certificate: 0 for 1 in tls.certificate"),
        ([listen, certificate_, f"tls.private_key={other['private_key']}"], 1,
         "tls.private_key: .* is not that of the certificate"),
        ([listen, certificate_, "tls.private_key=/none"], 1, "cannot read \"/none\""),
        (["tls.redirect_http=on"], 1, "[emerg] tls.redirect_http: there is no tls.listen"),
        (["server.listen=off"], 1, "[emerg] server.listen: is off, and there is no tls.listen"),
        (["server.listen=127.0.0.1:8443", "tls.listen=127.0.0.1:8443", certificate_, key], 1, "is in server.listen already"),
    ]
    for settings, status, said in rows:
        code, errors = check(site, *settings)
        assert (code, bool(re.search(said.replace("[", r"\["), errors))) == (status, True), (settings, errors)


# --- redirect_http and hsts ------------------------------------------------------------------------


@pytest.fixture
def redirecting(mode, tmp_path):
    with Server(tmp_path, mode=mode, server={"listen": LISTEN},
                tls={"listen": LISTEN, **DEV.settings, "redirect_http": "on", "hsts": "1h"}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        yield server


def test_plain_requests_are_sent_to_https(redirecting):
    port = https(redirecting)[1]
    rows = [
        ("localhost", "/hello.txt?a=b%20c", f"https://localhost:{port}/hello.txt?a=b%20c"),
        ("localhost:80", "/", f"https://localhost:{port}/"),
        ("LOCALHOST", "/x/../y", f"https://LOCALHOST:{port}/x/../y"),
        ("127.0.0.1:1", "/", f"https://127.0.0.1:{port}/"),
        ("[::1]:80", "/", f"https://[::1]:{port}/"), ("localhost.:80", "/", f"https://localhost:{port}/"),
        ("evil.test", "/", None), ("localhost.evil.test", "/", None), ("", "/", None), ("*", "/", None),
    ]
    with Client(redirecting.listeners[0].address) as client:
        for host, target, location in rows:
            response = client.ask("GET", target, host=host)
            assert response.status == (308 if location else 421), (host, response)
            assert response.all("Location") == ([location] if location else []), host
            assert "Strict-Transport-Security" not in response
        assert client.ask("POST", "/hello.txt", host="localhost", body=b"x").status == 308
        assert client.ask("GET", "/", host=None, version="HTTP/1.0").status == 421


def test_a_certificate_for_a_new_name_can_be_had(redirecting):
    """As certbot's --webroot does it: the authority asks on port 80, by the name that has no certificate yet."""
    redirecting.write(".well-known/acme-challenge/token", b"proof")
    redirecting.write(".well-known/other", b"other")
    with Client(redirecting.listeners[0].address) as client:
        for host in ("new.test", "localhost", ""):
            response = client.ask("GET", "/.well-known/acme-challenge/token", host=host)
            assert (response.status, response.body) == (200, b"proof"), host
        assert client.ask("GET", "/.well-known/acme-challenge/none", host="new.test").status == 404
        refused = client.ask("GET", "/.well-known/acme-challenge/../other", host="new.test")
        assert refused.status == 421 and b"no certificate for the name" in refused.body


def test_browsers_are_told_to_insist(redirecting):
    with connect(redirecting) as client:
        for target, status in (("/hello.txt", 200), ("/none", 404)):
            response = client.get(target)
            assert (response.status, response["Strict-Transport-Security"]) == (status, "max-age=3600")
    with Client(https(redirecting)) as client:
        client.send(request("GET", "/hello.txt"))
        assert "Strict-Transport-Security" not in client.read_response()  # In plain text it would mean nothing.


# --- Peers that get it wrong -----------------------------------------------------------------------


def hello_of_a_client():
    """The first octets of a real handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        DEV.client_context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def test_plain_text_gets_a_readable_answer(server):
    for octets in (request("GET", "/hello.txt"), b"G", b"quit\r\n", request("POST", "/", body=b"x" * 100_000)):
        with Client(https(server)) as client:
            client.send_while_open(octets)
            response = client.read_response()
            assert response.status == 400 and b"https://" in response.body
            client.expect_end()
    unharmed(server)


def test_what_is_neither_tls_nor_text_ends_at_once(server):
    for octets in (b"\x05\x01\x00", b"\x04\x01", b"\x00"):
        with Client(https(server)) as client:
            client.send(octets)
            client.expect_end()
    unharmed(server)


@pytest.mark.parametrize("octets", [b"", b"\x16", b"\x16\x03\x01\x02\x00", "hello"], ids=["nothing", "octet", "header", "hello"])
def test_a_handshake_that_stalls_ends_at_its_deadline(impatient, octets):
    octets = hello_of_a_client() if octets == "hello" else octets
    begin = time.monotonic()  # The deadline runs from a moment after this, which only the server knows.
    with Client(https(impatient)) as client:
        client.send(octets)
        client.read_to_end()
        assert time.monotonic() - begin > 0.4


def test_a_handshake_that_drips_ends_at_its_deadline(impatient):
    """Before the hello is complete, so it is never answered."""
    begin = time.monotonic()  # The deadline runs from a moment after this, which only the server knows.
    with Client(https(impatient)) as client:
        for octet in hello_of_a_client():
            if client.answered(within=0.02):
                break
            client.send_while_open(bytes([octet]))
        client.expect_end()
        assert time.monotonic() - begin > 0.4


def damaged_records():
    hello = hello_of_a_client()
    return [
        hello[:100] + bytes(len(hello) - 100),                       # A hello of nothing.
        hello[:1] + b"\x09\x09" + hello[3:],                         # A version there never was.
        b"\x15\x03\x01\x00\x02\x02\x28",                             # An alert: handshake failure.
        b"\x15\x03\x01\x00\x02\x01\x00",                             # An alert: close_notify.
        b"\x17\x03\x03\x00\x10" + bytes(16),                         # Data before there is a key.
        b"\x16\x03\x01\xff\xff" + bytes(70000),                      # A record that is too long.
        b"\x80\x2e\x01\x00\x02" + bytes(44),                         # SSL 2.
        hello + hello,                                               # Twice.
        bytes(1000), b"\xff" * 1000,
    ]


def test_what_is_damaged_costs_its_connection(server):
    before = server.process.descriptors()
    for octets in damaged_records():
        for end in ("close", "reset", "wait"):
            with Client(https(server)) as client:
                client.send_while_open(octets)
                if end == "reset":
                    client.reset()
                elif end == "wait":
                    client.half_close()
                    client.read_to_end()
    unharmed(server)
    wait_until(lambda: server.process.connections() == 0, "all are gone")
    assert server.process.descriptors() <= before + 2
    assert "TLS with 127.0.0.1 failed: " in log_of(server)


def test_a_client_that_vanishes_at_each_stage(server):
    """After so many octets of a handshake and a request, without a word."""
    context = DEV.client_context()
    for stage in range(0, 1200, 40):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        peer = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with Client(https(server)) as client:
            left = stage
            while left > 0:
                try:
                    peer.do_handshake()
                    peer.write(request("GET", "/hello.txt"))
                except ssl.SSLWantReadError:
                    pass
                octets = outgoing.read()[:left]
                if not octets:
                    break
                left -= len(octets)
                client.send_while_open(octets)
                if left > 0:
                    incoming.write(client.socket.recv(65536))
            client.reset()
    unharmed(server)
    wait_until(lambda: server.process.connections() == 0, "all are gone")


def test_an_end_without_close_notify_is_an_end(server):
    with connect(server) as client:
        assert client.get("/hello.txt").body == HELLO
        client.send(request("GET", "/hello.txt"))
        client.half_close()  # FIN, and no close_notify.
        assert client.read_response().body == HELLO
        client.expect_end()


def test_the_servers_end_is_announced(server):
    """So that nobody can cut an answer short without being noticed."""
    with connect(server) as client:
        client.socket.suppress_ragged_eofs = False
        assert client.get("/hello.txt", "Connection: close").body == HELLO
        assert client.socket.recv(1) == b""  # Without close_notify this would be an SSLEOFError.


def test_scanners_do_not_fill_the_log(server):
    begin = time.monotonic()
    for _ in range(200):
        with Client(https(server)) as client:
            client.send_while_open(b"\x16\x03\x01\x00\x05hello")
            client.read_to_end()
    assert 1 <= log_of(server).count("TLS with 127.0.0.1 failed") <= 10 * (2 + time.monotonic() - begin)


def test_an_idle_connection_costs_little(mode, tmp_path):
    count = 200 if SANITIZED else 500
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **DEV.settings}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        unharmed(server)
        before = server.process.memory().anonymous
        clients = connect_all(server, count)
        each = (server.process.memory().anonymous - before) / count
        print(f"{each:.0f} octets for an idle TLS connection")
        if not SANITIZED:
            assert each < 40_000
        close_all(clients)


def test_room_runs_out(mode, tmp_path):
    """Whom there is no room for is not answered: it would cost a handshake."""
    with Server(tmp_path, mode=mode, server={"listen": "off", "max_connections": 2},
                tls={"listen": LISTEN, **DEV.settings}) as server:
        server.write("hello.txt", HELLO)
        server.tls = DEV.client_context()
        with connect(server) as first, connect(server) as second:
            assert first.get("/hello.txt").status == second.get("/hello.txt").status == 200
            with pytest.raises((Cut, OSError)):
                with connect(server, handshake=False) as third:
                    third.get("/hello.txt")
            assert first.get("/hello.txt").status == 200
        wait_until(lambda: server.process.connections() == 0, "all are gone")
        unharmed(server)


def test_unfinished_handshakes_displace_their_own(mode, tmp_path):
    """Of clients that begin and do not finish, only so many stay: the oldest go, and whoever has finished stays."""
    with Server(tmp_path, mode=mode, server={"listen": LISTEN, "loops": 1}, tls={"listen": LISTEN, **DEV.settings},
                limits={"handshakes": 4}) as server, contextlib.ExitStack() as stack:
        server.write("hello.txt", HELLO)
        context = DEV.client_context()  # Only here: its status is asked for on the plain listener.
        finished = stack.enter_context(connect(server, context))
        assert finished.get("/hello.txt").body == HELLO
        stalled = []
        for number in range(8):
            stalled.append(stack.enter_context(Client(https(server))))
            stalled[-1].send(hello_of_a_client()[:50])
            wait_until(lambda: server.status()["connections"]["waiting_for"]["handshake"] == min(number + 1, 4), "it is there")
        for client in stalled[:4]:
            with contextlib.suppress(Cut):
                assert client.read_to_end() == b""
        assert server.status()["tls"]["displaced"] == 4
        assert finished.get("/hello.txt").body == HELLO
        with connect(server, context) as another:
            assert another.get("/hello.txt").body == HELLO


def test_shutdown_lets_a_download_finish(mode, tmp_path):
    large = bytes(range(256)) * 40_000
    with Server(tmp_path, mode=mode, server={"listen": "off"}, tls={"listen": LISTEN, **DEV.settings}) as server:
        server.write("large.bin", large)
        server.tls = DEV.client_context()
        with connect(server, receive_buffer=65536) as client, Client(https(server)) as stalled:
            stalled.send(hello_of_a_client()[:50])
            client.send(request("GET", "/large.bin"))
            assert client.answered()
            server.signal(signal.SIGTERM)
            response = client.read_response()
            assert response.body == large
            client.expect_end()
            stalled.read_to_end()
        server.await_exit()


def test_a_reset_is_not_a_disaster(server):
    with connect(server) as client:
        client.send(request("GET", "/hello.txt"))
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    unharmed(server)

"""The client library (client/) with HTTP/2: this server, and one that somebody else has written (h2).

What hostile servers do to it is in tests/client; here its examples run (client/examples), as docs/client.md shows them,
and a project of its own that finds the installed library.
"""

import gzip
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

import certificate
from harness import BINARY, SANITIZED, Server, seconds

ROOT = Path(__file__).resolve().parents[2]
BUILD = BINARY.parents[1]
EXAMPLES = sorted(path.stem for path in (ROOT / "client/examples").glob("*.cpp"))
PAGE = b"x" * 586


def fetch(*urls, expect=0):
    """The lines of what it has to say."""
    done = subprocess.run([BUILD / "client/client_all_at_once", "--cacert", certificate.shared().authority, *urls], capture_output=True, text=True,
                          timeout=seconds(30))
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


def serve(directory, server=None, **sections):
    listen = {"listen": "127.0.0.1:0", **certificate.shared().settings}
    return Server(directory, server={"listen": "off", **(server or {})}, tls=listen, **sections)


@pytest.mark.parametrize("streams", [128, 1])
def test_one_connection_carries_all(tmp_path, streams):
    """The server would close a second one. Of what it serves at a time the client learns when it has asked for more."""
    with serve(tmp_path, limits={"connections_per_address": 1, "http2_streams": streams}) as server:
        server.write("page.txt", PAGE)
        urls = [f"https://localhost:{server.address[1]}/page.txt?{i}" for i in range(200)]
        assert fetch(*urls) == [f"{url} 200 586 octets, HTTP/2" for url in urls]


def test_a_server_that_serves_few_on_a_connection(tmp_path):
    """GOAWAY after ten."""
    with serve(tmp_path, limits={"keepalive_requests": 10}) as server:
        server.write("page.txt", PAGE)
        urls = [f"https://localhost:{server.address[1]}/page.txt?{i}" for i in range(60)]
        assert fetch(*urls) == [f"{url} 200 586 octets, HTTP/2" for url in urls]


def test_large_bodies(tmp_path):
    """Beyond all windows, and of several streams at once."""
    with serve(tmp_path) as server:
        server.write("large.bin", b"x" * (20 << 20))
        urls = [f"https://localhost:{server.address[1]}/large.bin?{i}" for i in range(4)]
        assert fetch(*urls) == [f"{url} 200 {20 << 20} octets, HTTP/2" for url in urls]


def test_a_server_of_http1(tmp_path):
    with serve(tmp_path, server={"http2": "off"}) as server:
        server.write("page.txt", PAGE)
        urls = [f"https://localhost:{server.address[1]}/page.txt?{i}" for i in range(20)]
        assert fetch(*urls) == [f"{url} 200 586 octets, HTTP/1" for url in urls]


class Stranger:
    """A server on h2, which objects to whatever a client must not do. Closes a connection after `requests` of them."""

    def __init__(self, requests):
        self.requests = requests
        self.connections = 0
        self.failures = []
        identity = certificate.shared()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(identity.settings["certificate"], identity.settings["private_key"])
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self.accept)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *what):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(seconds(20))
        self.listener.close()
        assert not self.failures

    def url(self, path):
        return f"https://localhost:{self.listener.getsockname()[1]}{path}"

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.threads.append(threading.Thread(target=self.serve, args=[client]))
            self.threads[-1].start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as stream:
                self.converse(stream)
        except Exception as failure:  # Of a thread: __exit__ tells of it.
            self.failures.append(failure)

    def converse(self, stream):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
        connection.initiate_connection()
        stream.sendall(connection.data_to_send())
        left = self.requests
        while octets := stream.recv(65536):
            if left == 0:
                continue  # Until the client ends it: there is nothing left for it.
            for event in connection.receive_data(octets):
                if isinstance(event, h2.events.StreamEnded) and left > 0:
                    connection.send_headers(event.stream_id, [(":status", "200"), ("content-length", "2")])
                    connection.send_data(event.stream_id, b"hi", end_stream=True)
                    left -= 1
                    last = event.stream_id
            if left == 0:
                connection.close_connection(last_stream_id=last)
            stream.sendall(connection.data_to_send())


def test_a_stranger():
    with Stranger(requests=1000) as server:
        urls = [server.url(f"/{i}") for i in range(200)]
        assert fetch(*urls) == [f"{url} 200 2 octets, HTTP/2" for url in urls]
        assert server.connections == 1


def test_a_stranger_that_ends_connections():
    """What its GOAWAY leaves out is asked of the next connection, and only that."""
    with Stranger(requests=50) as server:
        urls = [server.url(f"/{i}") for i in range(200)]
        assert fetch(*urls) == [f"{url} 200 2 octets, HTTP/2" for url in urls]
        assert server.connections == 4


def run(example, *arguments, expect=0, text=True, **options):
    done = subprocess.run([BUILD / f"client/client_{example}", *arguments], capture_output=True, text=text,
                          timeout=seconds(30), **options)
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Two files of a server: the URL of a small one, and that of a large one."""
    with Server(tmp_path_factory.mktemp("page")) as server:
        server.write("page.txt", PAGE)
        server.write("large.bin", b"0123456789abcdef" * (4 << 20))
        host, port = server.address
        yield f"http://{host}:{port}/page.txt", f"http://{host}:{port}/large.bin"


def test_example_own_loop(page):
    assert run("own_loop", page[0], page[0]) == 2 * (PAGE.decode() + "\n")


def test_example_coroutine(page):
    assert run("coroutine", *3 * [page[0]]) == "1758 octets\n"


def test_example_streaming(page):
    assert run("streaming", page[1], text=False) == b"0123456789abcdef" * (4 << 20)


def test_example_streaming_to_a_reader_that_waits(page):
    """64 MiB, and a slow reader: the program holds no more than it wants to."""
    with subprocess.Popen([BUILD / "client/client_streaming", page[1]], stdout=subprocess.PIPE) as program:
        peak = 0
        octets = 0
        while piece := program.stdout.read(1 << 20):
            octets += len(piece)
            status = Path(f"/proc/{program.pid}/status").read_text()
            found = re.search(r"VmRSS:\s+(\d+)", status)  # Not of a program that has just ended.
            peak = max(peak, int(found[1]) if found else 0)
    assert octets == 64 << 20
    if not SANITIZED:
        assert peak < 32 << 10  # KiB


class Receiver:
    """Says what it was asked, to whoever asks: as a server, or as a proxy for everybody."""

    def __init__(self, coding=None):
        self.coding = coding
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *what):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(seconds(20))
        self.listener.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/"

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as stream:
                self.answer(client, stream)

    def answer(self, client, stream):
        fields = []
        while line := stream.readline().rstrip():
            fields.append(line.decode())
        if not fields:
            return
        octets = 0
        if "Transfer-Encoding: chunked" in fields:
            while size := int(stream.readline(), 16):
                octets += len(stream.read(size + 2)) - 2
            stream.readline()
        cookie = next((field for field in fields if field.startswith("Cookie")), "no cookie")
        body = f"{fields[0]}, {cookie}, {octets} octets".encode()
        coded = "" if self.coding is None else f"Content-Encoding: {self.coding}\r\n"
        body = gzip.compress(body) if self.coding else body
        head = f"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nConnection: close\r\n{coded}Content-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)


def test_example_upload(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * (5 << 20))
    with Receiver() as server, path.open("rb") as body:
        assert run("upload", server.url, stdin=body) == f"PUT / HTTP/1.1, no cookie, {5 << 20} octets\n"


def test_example_options():
    with Receiver(coding="gzip") as server:
        assert run("options", server.url).splitlines() == [
            "200 GET / HTTP/1.1, no cookie, 0 octets", "200 GET / HTTP/1.1, Cookie: a=b, 0 octets"]


def test_example_options_by_a_proxy():
    with Receiver() as proxy:
        assert run("options", "http://host.invalid/", proxy.url).splitlines()[0] == (
            "200 GET http://host.invalid/ HTTP/1.1, no cookie, 0 octets")


def test_example_cancel(page):
    """The others never answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert run("cancel", url, page[0], url) == page[0] + "\n"


def test_every_example_is_shown_and_run():
    here = Path(__file__).read_text()
    page = (ROOT / "docs/client.md").read_text()
    for example in EXAMPLES:
        assert f'"{example}"' in here or f"client_{example}" in here
        assert f"../client/examples/{example}.cpp" in page


def test_excerpts_in_the_documentation_are_of_the_examples():
    """Each block of C++ on the page stands in one of the programs that were compiled, but for its indentation."""
    sources = ["\n".join(line.strip() for line in (ROOT / f"client/examples/{name}.cpp").read_text().splitlines())
               for name in EXAMPLES]
    blocks = re.findall(r"```cpp\n(.*?)```", (ROOT / "docs/client.md").read_text(), re.S)
    assert len(blocks) >= len(EXAMPLES)
    for block in blocks:
        excerpt = "\n".join(line.strip() for line in block.strip().splitlines())
        assert any(excerpt in source for source in sources), block


@pytest.mark.skipif(SANITIZED, reason="the other project would have to be sanitized as well")
def test_a_project_of_its_own_finds_the_installed_library(page, tmp_path):
    prefix = tmp_path / "prefix"
    project = tmp_path / "project"
    shutil.copytree(ROOT / "client/package/example", project)
    shutil.copy(ROOT / "client/examples/coroutine.cpp", project)

    def cmake(*arguments):
        done = subprocess.run(["cmake", *arguments], capture_output=True, text=True, timeout=seconds(240))
        assert done.returncode == 0, done.stdout + done.stderr

    cmake("--build", BUILD, "--target", "castor_library")
    cmake("--install", BUILD, "--component", "library", "--prefix", prefix)
    cmake("-S", project, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    cmake("--build", tmp_path / "build")
    done = subprocess.run([tmp_path / "build/fetch", page[0]], capture_output=True, text=True, timeout=seconds(30))
    assert done.stdout == "586 octets\n"

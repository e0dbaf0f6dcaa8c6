"""The client library (client/) with HTTP/2: this server, and one that somebody else has written (h2).

What hostile servers do to it is in tests/client; here it runs as its example, which asks for all URLs at once.
"""

import os
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
from harness import BINARY, Server, seconds

EXAMPLE = Path(os.environ.get("CLIENT_EXAMPLE_BINARY", BINARY.parents[1] / "client/client_example"))
PAGE = b"x" * 586


def fetch(*urls, expect=0):
    """The lines of what it has to say."""
    done = subprocess.run([EXAMPLE, "--cacert", certificate.shared().authority, *urls], capture_output=True, text=True,
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

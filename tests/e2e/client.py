"""A client that speaks octets: it sends what it is given and takes answers apart without mercy."""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Optional, Sequence

from patience import HANG


class Cut(EOFError):
    """The connection ended before what was read for was complete."""

    def __init__(self, received: bytes):
        super().__init__(f"the connection ended after {len(received)} octets: {received[:200]!r}")
        self.received = received


@dataclass(frozen=True)
class Response:
    version: str
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        """The one value of a field. A field that is missing or repeated is a failure."""
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values} in {self.fields}"
        return values[0]

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


def request(method: str, target: str, *fields: str, version: str = "HTTP/1.1",
            host: Optional[str] = "pollux.test", body: Optional[bytes] = None) -> bytes:
    """The octets of a request; host=None leaves Host out."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += fields
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body or b"")


class Client:
    """One connection and the octets of it that were received and not yet asked for."""

    def __init__(self, address: Sequence, patience: float = HANG, receive_buffer: Optional[int] = None,
                 source: Optional[str] = None, tls: Optional[ssl.SSLContext] = None, handshake: bool = True,
                 first: bytes = b""):
        unix = isinstance(address, str)  # The path of a socket.
        family = socket.AF_UNIX if unix else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:  # Before connect(2), so that the window is never offered larger.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source is not None:  # One of 127.0.0.0/8, all of which are this machine's.
            self.socket.bind((source, 0))
        self.socket.settimeout(patience)
        if not unix:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.connect(address if unix else tuple(address))
            self.socket.sendall(first)  # In plain text, whatever follows.
            if tls is not None:  # Without `handshake`, it comes with the first octets that are sent or read.
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost",
                                              do_handshake_on_connect=handshake)
        except BaseException:
            self.socket.close()
            raise
        self._ahead = bytearray()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def half_close(self) -> None:
        socket.socket.shutdown(self.socket, socket.SHUT_WR)  # SSLSocket's own would also drop TLS.

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # -- sending

    def send(self, octets: bytes) -> None:
        try:
            self.socket.sendall(octets)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as ended:
            raise BrokenPipeError from ended

    def send_while_open(self, octets: bytes) -> None:
        """Sends as much as the server still wants: it may answer and close before it has everything."""
        try:
            self.send(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def ask(self, method: str, target: str, *fields: str, **options) -> Response:
        self.send(request(method, target, *fields, **options))
        return self.read_response(method)

    def get(self, target: str, *fields: str, **options) -> Response:
        return self.ask("GET", target, *fields, **options)

    # -- receiving

    def answered(self, within: float = HANG) -> bool:
        """Whether the server says something, or ends, in so many seconds. Words of TLS's own do not count."""
        end = time.monotonic() + within
        while not self._ahead:
            pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0
            if not pending and not select.select([self.socket], [], [], max(0.0, end - time.monotonic()))[0]:
                return False
            patience = self.socket.gettimeout()
            self.socket.settimeout(0)
            try:
                piece = self.socket.recv(65536)
                self._ahead += piece
                if not piece:
                    return True
            except ssl.SSLWantReadError:
                pass
            except (ConnectionResetError, ssl.SSLEOFError):
                return True
            finally:
                self.socket.settimeout(patience)
        return True

    def read_response(self, method: str = "GET") -> Response:
        """Exactly one response, which must be well-formed; raises Cut when it is not complete."""
        head = self._take_through(b"\r\n\r\n")
        status_line, *lines = head[:-4].decode("latin-1").split("\r\n")
        match = re.fullmatch(r"(HTTP/1\.1) ([1-5]\d\d) ([^\r\n]*)", status_line)
        assert match, f"bad status line {status_line!r}"
        fields = []
        for line in lines:
            field = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*", line)
            assert field, f"bad field line {line!r}"
            fields.append((field[1], field[2]))
        bare = Response(match[1], int(match[2]), match[3], tuple(fields), b"")
        return Response(bare.version, bare.status, bare.reason, bare.fields, self._read_body(method, bare))

    def read_exactly(self, count: int) -> bytes:
        """The next `count` octets, straight into place: responses may be large."""
        octets = bytearray(count)
        have = min(count, len(self._ahead))
        octets[:have] = self._ahead[:have]
        del self._ahead[:have]
        view = memoryview(octets)
        while have < count:
            got = self._receive_into(view[have:])
            if got == 0:
                raise Cut(bytes(octets[:have]))
            have += got
        return bytes(octets)

    def read_to_end(self) -> bytes:
        """Everything up to the end of the connection."""
        octets = self._ahead
        self._ahead = bytearray()
        piece = bytearray(65536)
        while got := self._receive_into(memoryview(piece)):
            octets += piece[:got]
        return bytes(octets)

    def expect_end(self) -> None:
        """The server closes, and says nothing more before that."""
        rest = self.read_to_end()
        assert rest == b"", f"unexpected octets: {rest[:200]!r}"

    def _read_body(self, method: str, response: Response) -> bytes:
        status = response.status
        if method == "HEAD" or status < 200 or status in (204, 304):
            return b""
        if "Transfer-Encoding" in response:
            assert response["Transfer-Encoding"].lower() == "chunked" and "Content-Length" not in response
            return self._read_chunks()
        if "Content-Length" in response:
            assert re.fullmatch(r"\d+", response["Content-Length"]), response.fields
            return self.read_exactly(int(response["Content-Length"]))
        assert "close" in response["Connection"].lower(), f"no end of the body in sight: {response.fields}"
        return self.read_to_end()

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self._take_through(b"\r\n").split(b";")[0], 16):
            body += self.read_exactly(size)
            assert self.read_exactly(2) == b"\r\n"
        while self._take_through(b"\r\n") != b"\r\n":
            pass
        return body

    def _take_through(self, end: bytes) -> bytes:
        piece = bytearray(65536)
        searched = 0
        while (at := self._ahead.find(end, searched)) < 0:
            searched = max(0, len(self._ahead) - len(end) + 1)
            got = self._receive_into(memoryview(piece))
            if got == 0:
                raise Cut(bytes(self._ahead))
            self._ahead += piece[:got]
        taken = bytes(self._ahead[: at + len(end)])
        del self._ahead[: at + len(end)]
        return taken

    def _receive_into(self, view: memoryview) -> int:
        try:
            return self.socket.recv_into(view)
        except (ConnectionResetError, ssl.SSLEOFError):  # As much an end as FIN is; what came before was read.
            return 0

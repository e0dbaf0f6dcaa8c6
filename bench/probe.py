"""Is that really what the server answers? Asked before anything is measured, octet for octet.

During the measurement wrk counts errors of sockets and of statuses, and what it received in all
must be the number of requests times the size found here (complaint()).
"""

import re
import socket
import ssl
from dataclasses import dataclass

from bench import load
from bench.process import ServerError


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes
    open: bool  # the connection still is

    @property
    def size(self) -> int:
        return len(self.head) + len(self.body)

    def field(self, name: str) -> str | None:
        match = re.search(rf"^{name}:[ \t]*(.*?)[ \t]*\r$".encode(), self.head, re.IGNORECASE | re.MULTILINE)
        return match[1].decode("latin-1") if match else None


def unverified(protocol: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


UNVERIFIED = {protocol: unverified(protocol) for protocol in ("http/1.1", "h2")}


def connect(port: int, tls: bool, protocol: str = "http/1.1") -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    return UNVERIFIED[protocol].wrap_socket(stream) if tls else stream


def request(port: int, path: str, headers: dict[str, str]) -> bytes:
    """The request wrk sends."""
    fields = {"Host": f"127.0.0.1:{port}", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


def receive(stream: socket.socket) -> Answer:
    octets = b""
    while b"\r\n\r\n" not in octets:
        octets += take(stream)
    head, _, body = octets.partition(b"\r\n\r\n")
    answer = Answer(int(head.split()[1]), head + b"\r\n\r\n", b"", True)
    length = 0 if answer.status in (204, 304) else int(answer.field("Content-Length") or 0)
    while len(body) < length:
        body += take(stream)
    closing = (answer.field("Connection") or "").lower() == "close"
    if closing and stream.recv(1):
        raise ServerError("goes on after it said it would close")
    return Answer(answer.status, answer.head, body, not closing)


def take(stream: socket.socket) -> bytes:
    octets = stream.recv(1 << 20)
    if not octets:
        raise ServerError("closed the connection within an answer")
    return octets


def ask(port: int, path: str, headers: dict[str, str], times: int = 2, tls: bool = False) -> Answer:
    """The answer to the last of some equal requests, on one connection if the server keeps it."""
    wanted = request(port, path, headers)
    stream = None
    for _ in range(times):
        if stream is None:
            stream = connect(port, tls)
        stream.sendall(wanted)
        answer = receive(stream)
        if not answer.open:
            stream.close()
            stream = None
    if stream is not None:
        stream.close()
    return answer


def verify(port: int, path: str, headers: dict[str, str], body: bytes, tls: bool = False) -> Answer:
    """Raises ServerError unless the server answers as it must: `body`, or 304 to a conditional request."""
    answer = ask(port, path, headers, tls=tls)
    expected = (304, b"") if "If-None-Match" in headers else (200, body)
    if (answer.status, answer.body) != expected:
        raise ServerError(
            f"answers {path} with {answer.status} and {len(answer.body)} octets, "
            f"not {expected[0]} and the {len(expected[1])} octets of the page"
        )
    if answer.open != (headers.get("Connection") != "close"):
        raise ServerError("keeps the connection" if answer.open else "does not keep the connection")
    return answer


def complaint(report: load.Report, wanted: load.Load, size: int) -> str | None:
    """What is wrong with the octets that came during a run, if anything.

    Each connection may have had parts of answers when time was up. 1 % is for heads
    that differ now and then.
    """
    least = report.requests * size
    most = least + wanted.connections * wanted.pipeline * size
    if least * 0.99 <= report.octets <= most * 1.01:
        return None
    return f"{report.octets} octets for {report.requests} answers of {size}"

"""The harness of the end-to-end tests: a real pollux on a free port, and clients that speak octets.

    with Server(tmp_path, timeouts={"header": "400ms"}) as server:
        server.write("hello.txt", b"hello")
        with server.connect() as client:
            assert client.get("/hello.txt").body == b"hello"

Two rules make the tests repeatable. Nothing waits for time to pass where it can wait for an event: a
line on standard output, an end of file, a state in /proc. And every wait has a deadline, stretched by
POLLUX_SLOW (a factor; 10 suits the sanitizer builds), so a hang is a failure and not a hang.

POLLUX_BINARY names the program under test.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping, NamedTuple, Optional, Sequence

from process import Process

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("POLLUX_BINARY", ROOT / "build/release/server/pollux")).resolve()
SLOW = float(os.environ.get("POLLUX_SLOW", "1"))
SANITIZED = BINARY.exists() and re.search(rb"__(a|t)san_init", BINARY.read_bytes()) is not None

# Run a program as a user whom file permissions bind, root or not: root loses the right to override them.
_DAC = "-dac_override,-dac_read_search"
BOUND_BY_PERMISSIONS = ("setpriv", f"--bounding-set={_DAC}", f"--inh-caps={_DAC}") if os.geteuid() == 0 else ()


def seconds(count: float) -> float:
    """A deadline for the build under test."""
    return count * SLOW


def pause(count: float) -> None:
    """Paces a deliberately slow peer, or spaces out looks at a state. Never used to wait for the server."""
    threading.Event().wait(count)


def wait_until(condition: Callable[[], object], what: str, patience: float = 5) -> None:
    """Looks until `condition` holds; fails with `what` when it still does not after `patience`."""
    deadline = time.monotonic() + seconds(patience)
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds(patience):g} s: {what}"
        pause(0.01)


# ---------------------------------------------------------------------------------------------------
# The axes every suite runs over


@dataclass(frozen=True)
class Mode:
    """One way to run the server. The whole suite runs once in each of MODES."""

    model: str
    listen: str
    conn: str
    accept: str = "loop"

    def __str__(self) -> str:
        return f"{self.model}-{self.accept}-{self.listen}-{self.conn}"

    @property
    def settings(self) -> dict[str, str]:
        return {"model": self.model, "accept": self.accept,
                "listen_trigger": self.listen, "conn_trigger": self.conn}


# Every trigger combination of the default model; of the others those in which the code takes another way.
ALL_MODES = (
    Mode("proactor", "lt", "lt"),
    Mode("proactor", "lt", "et"),
    Mode("proactor", "et", "lt"),
    Mode("proactor", "et", "et"),
    Mode("reactor", "lt", "lt", accept="thread"),
    Mode("reactor", "et", "et"),
    Mode("multi-reactor", "lt", "lt", accept="reuseport"),
    Mode("multi-reactor", "lt", "et", accept="thread"),
    Mode("multi-reactor", "et", "et"),
)
# A regular expression chooses some of them, where time is short.
MODES = tuple(mode for mode in ALL_MODES if re.search(os.environ.get("POLLUX_MODES", ""), str(mode)))


# ---------------------------------------------------------------------------------------------------
# The client


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

    def __init__(self, address: Sequence, patience: float = 10, receive_buffer: Optional[int] = None):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:  # Before connect(2), so that the window is never offered larger.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds(patience))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.connect(tuple(address))
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
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # -- sending

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def send_while_open(self, octets: bytes) -> None:
        """Sends as much as the server still wants: it may answer and close before it has everything."""
        try:
            self.socket.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def ask(self, method: str, target: str, *fields: str, **options) -> Response:
        self.send(request(method, target, *fields, **options))
        return self.read_response(method)

    def get(self, target: str, *fields: str, **options) -> Response:
        return self.ask("GET", target, *fields, **options)

    # -- receiving

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
        except ConnectionResetError:  # As much an end as FIN is; what came before it has been read.
            return 0


# ---------------------------------------------------------------------------------------------------
# The server


class Listener(NamedTuple):
    scheme: str
    host: str
    port: int

    @property
    def address(self) -> tuple[str, int]:
        return self.host.strip("[]"), self.port


class StartFailure(AssertionError):
    """The server exited, or said nothing, instead of listening."""


Sections = Mapping[str, Mapping[str, object]]


def write_config(path: Path, sections: Sections) -> Path:
    """INI text; a key whose value is None is left out."""
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
    path.write_text("\n".join(lines) + "\n")
    return path


class Server:
    """A running pollux. Leaving the context stops it and demands an orderly exit.

    `folder` gets the site (folder/site, unless site.root says otherwise) and a private folder with the
    configuration and what the process said. Keyword arguments are the sections of the configuration.
    """

    def __init__(self, folder: Path, *arguments: str, mode: Optional[Mode] = None,
                 wrap: Sequence[str] = (), nofile: Optional[int] = None, **sections: Mapping[str, object]):
        self.site = folder / "site"
        self.site.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
        defaults: dict[str, dict[str, object]] = {
            "server": {"listen": "127.0.0.1:0", **(mode.settings if mode else {})},
            "site": {"root": self.site},
            "log": {"file": self.folder / "pollux.log", "access": "off"},
        }
        for section, keys in sections.items():
            defaults.setdefault(section, {}).update(keys)
        config = write_config(self.folder / "config.ini", defaults)
        limit = ("prlimit", f"--nofile={nofile}:{nofile}") if nofile else ()
        self.command = [*limit, *wrap, str(BINARY), "--config", str(config), *arguments]
        self.cwd: Path = self.folder
        self._expected = len(str(defaults["server"]["listen"]).split(","))
        self.listeners: list[Listener] = []

    def __enter__(self) -> Server:
        self._stderr = open(self.folder / "stderr", "wb")
        self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=self._stderr, cwd=self.cwd)
        self.process = Process(self._process.pid)
        self._lines: queue.Queue[Optional[str]] = queue.Queue()
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()
        try:
            self._await_listeners()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.stop()
        else:  # The test has failed already; its own message matters more than ours.
            self.kill()

    def stop(self, by: signal.Signals = signal.SIGTERM, patience: float = 15) -> None:
        """Ends the server as its users do. Does nothing when it was stopped before."""
        if self._process.poll() is None:
            self.signal(by)
        self.await_exit(patience)

    def await_exit(self, patience: float = 15) -> None:
        """REQUIRES: it was told to stop. The exit is orderly, and no sanitizer had anything to say."""
        try:
            status = self._process.wait(seconds(patience))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {seconds(patience):g} s after it was told to stop: "
                                 + self.errors()) from None
        self._close()
        errors = self.errors()
        assert status == 0, f"exit status {status}: {errors}"
        assert not re.search(r"Sanitizer|runtime error:", errors), errors

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._close()

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def errors(self) -> str:
        """What it has written to standard error so far."""
        return (self.folder / "stderr").read_text(errors="replace")

    @property
    def address(self) -> tuple[str, int]:
        return self.listeners[0].address

    def connect(self, **options) -> Client:
        return Client(self.address, **options)

    def get(self, target: str, *fields: str, **options) -> Response:
        """One request on a connection of its own."""
        with self.connect() as client:
            return client.get(target, *fields, **options)

    def write(self, name: str, content: bytes) -> Path:
        """Makes a file of the site."""
        path = self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.decode(errors="replace").rstrip("\n"))
        self._lines.put(None)

    def _await_listeners(self) -> None:
        deadline = time.monotonic() + seconds(10)
        while len(self.listeners) < self._expected:
            try:
                line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise StartFailure(f"listens on {self.listeners} only: {self.errors()}") from None
            if line is None:
                status = self._process.wait()
                raise StartFailure(f"exit status {status} instead of listening: {self.errors()}")
            if match := re.fullmatch(r"listening on (https?)://(\[[^]]+\]|[^:]+):(\d+)", line):
                self.listeners.append(Listener(match[1], match[2], int(match[3])))

    def _close(self) -> None:
        self._drain.join()
        self._process.stdout.close()
        self._stderr.close()


# ---------------------------------------------------------------------------------------------------
# Many at once


def in_parallel(count: int, work: Callable[[int], object]) -> list:
    """Runs work(0) to work(count - 1), each on a thread of its own, and returns what they returned.

    The first exception of any of them is raised here, after all have ended.
    """
    results: list = [None] * count
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            results[index] = work(index)
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results

"""What the labs in Python share: claims that are printed with whether they hold, and a Pollux to look at."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

_missing = 0


def shown(holds: object, claim: str) -> None:
    """Prints the claim. The handbook's chapter quotes it word for word, and a test compares the two."""
    global _missing
    print(f"{'shown' if holds else 'NOT SHOWN'}: {claim}", flush=True)
    _missing += not holds


def verdict() -> None:
    """Ends the program: with 0 if every claim was shown."""
    sys.exit(1 if _missing else 0)


def program(name: str) -> Path:
    """pollux or castor. It is built if need be; POLLUX_BINARY names another build's pollux."""
    given = os.environ.get("POLLUX_BINARY")
    binary = REPOSITORY / "build/release" / ("server" if name == "pollux" else name) / name
    if given:
        built = Path(given).parents[1] / binary.relative_to(REPOSITORY / "build/release")
        return built if built.exists() else binary
    subprocess.run([REPOSITORY / "scripts/build", "--no-tests", "release", name], check=True, stdout=sys.stderr)
    return binary


class Pollux:
    """The server on a free port, with an empty site of its own: `write()` fills it. Ends with the lab.

    `arguments` are those of the command line, such as "-a", "2" or "--set", "server.workers=1"; `config` is what
    only the configuration file can say, such as further sections.
    """

    def __init__(self, *arguments: str, files: dict[str, bytes] | None = None, config: str = ""):
        self.directory = Path(tempfile.mkdtemp(prefix="lab-"))
        self.site = self.directory / "site"
        self.site.mkdir()
        self.log = self.directory / "pollux.log"
        for name, octets in (files or {"index.html": b"<!DOCTYPE html><title>lab</title>"}).items():
            self.write(name, octets)
        configuration = self.directory / "config.ini"
        configuration.write_text(f"[server]\nlisten = 127.0.0.1:0\n[site]\nroot = {self.site}\n{config}")
        with (self.directory / "stderr").open("wb") as errors:
            self.process = subprocess.Popen([program("pollux"), "--config", configuration, *arguments],
                                            stdout=subprocess.PIPE, stderr=errors, cwd=self.directory)
        atexit.register(self.stop)
        line = self.process.stdout.readline().decode()
        found = re.search(r":(\d+)", line)
        if not found:
            sys.exit(f"pollux did not start: {(self.directory / 'stderr').read_text()}")
        self.port = int(found[1])

    @property
    def pid(self) -> int:
        return self.process.pid

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def write(self, name: str, octets: bytes) -> Path:
        path = self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        return path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)


def read_response(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One response with a Content-Length: status, fields by lower-case name, content. Nothing pipelined behind it."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        more = connection.recv(65536)
        if not more:
            raise EOFError(f"the connection ended after {octets!r}")
        octets += more
    head, _, content = octets.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(content) < int(fields.get("content-length", 0)):
        more = connection.recv(65536)
        if not more:
            raise EOFError("the connection ended within the content")
        content += more
    return int(status_line.split()[1]), fields, content


def get(connection: socket.socket, path: str = "/", *fields: str) -> tuple[int, dict[str, str], bytes]:
    connection.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Host: lab", *fields, "", ""]).encode())
    return read_response(connection)

"""The harness of the end-to-end tests: a real pollux on a free port.

    with Server(tmp_path, timeouts={"header": "400ms"}) as server:
        server.write("hello.txt", b"hello")
        with server.connect() as client:
            assert client.get("/hello.txt").body == b"hello"

Two rules make the tests repeatable. Nothing waits for time to pass, only for an event: a line on standard
output, an end of file, a counter of /status.json, a state in /proc. And every wait has a deadline, stretched by
POLLUX_SLOW (a factor; 4 suits the sanitizer builds), so a hang is a failure and not a hang. That deadline is
generous (HANG): how fast the server answers depends on what else the machine has to do, so no test asserts it.

POLLUX_BINARY names the program under test. POLLUX_MODES is a regular expression that chooses among ALL_MODES.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import re
import signal
import ssl
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple, Optional, Sequence

import certificate
from client import Client, Cut, Response, request
from patience import HANG, SLOW, in_parallel, seconds, wait_until
from process import Process

__all__ = ["BINARY", "BOUND_BY_PERMISSIONS", "Client", "Cut", "EACH_MODEL", "FIRST_OF_MODEL", "HANG", "HAS_IO_URING",
           "MODES", "Mode", "Response", "SANITIZED", "SLOW", "Server", "StartFailure", "in_parallel", "request", "seconds", "wait_until", "write_config"]

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("POLLUX_BINARY", ROOT / "build/release/server/pollux")).resolve()
SANITIZED = BINARY.exists() and re.search(rb"__(a|t)san_init", BINARY.read_bytes()) is not None

# Runs a program as a user whom file permissions bind, root or not: root loses the right to override them.
_DAC = "-dac_override,-dac_read_search"
BOUND_BY_PERMISSIONS = ("setpriv", f"--bounding-set={_DAC}", f"--inh-caps={_DAC}") if os.geteuid() == 0 else ()


@dataclass(frozen=True)
class Mode:
    """One way to run the server. The whole suite runs once in each of MODES."""

    model: str
    listen: str
    conn: str
    accept: str = "loop"
    tls: bool = False
    oneshot: bool = True
    loop_serves: bool = True

    def __str__(self) -> str:
        suffixes = {"no-oneshot": not self.oneshot, "all-lent": not self.loop_serves, "tls": self.tls}
        return "-".join([self.model, self.accept, self.listen, self.conn, *(name for name, on in suffixes.items() if on)])

    @property
    def settings(self) -> dict[str, str]:
        """The keys of [server] that say so."""
        return {"model": self.model, "accept": self.accept,
                "listen_trigger": self.listen, "conn_trigger": self.conn,
                "oneshot": "on" if self.oneshot else "off", "loop_serves": "on" if self.loop_serves else "off"}


# Every trigger combination of the default model; of the others those in which the code takes another way.
# With tls, the listeners speak TLS instead of plain text, and so do the clients.
ALL_MODES = (
    Mode("proactor", "lt", "lt"),
    Mode("proactor", "lt", "et", oneshot=False),
    Mode("proactor", "et", "lt", loop_serves=False),
    Mode("proactor", "et", "et", oneshot=False, loop_serves=False),
    Mode("reactor", "lt", "lt", accept="thread"),
    Mode("reactor", "et", "et", oneshot=False),
    Mode("multi-reactor", "lt", "lt", accept="reuseport"),
    Mode("multi-reactor", "lt", "et", accept="thread"),
    Mode("multi-reactor", "et", "et"),
    Mode("io-uring", "lt", "lt", accept="reuseport"),
    Mode("proactor", "et", "et", tls=True),
    Mode("reactor", "lt", "lt", tls=True),
    Mode("multi-reactor", "lt", "et", accept="reuseport", tls=True),
    Mode("io-uring", "lt", "lt", accept="thread", tls=True),
)


def _has_io_uring() -> bool:
    """Whether the kernel gives a ring of the kind that the server wants (io_uring_setup(2))."""
    flags = 1 << 12 | 1 << 13  # IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
    parameters = struct.pack("III108x", 0, 0, flags)
    ring = ctypes.CDLL(None).syscall(425, 1, ctypes.create_string_buffer(parameters, 120))
    if ring >= 0:
        os.close(ring)
    return ring >= 0


HAS_IO_URING = _has_io_uring()
# A regular expression chooses some of them, where time is short. What is not to be had here is left out, and said
# in the head of the report.
MODES = tuple(mode for mode in ALL_MODES if re.search(os.environ.get("POLLUX_MODES", ""), str(mode))
              and (HAS_IO_URING or mode.model != "io-uring"))
# One of each model, and one over TLS: for what takes its time, and has little to do with triggers.
FIRST_OF_MODEL = tuple({(mode.model, mode.tls): mode for mode in reversed(MODES)
                        if not mode.tls or mode.model == "proactor"}.values())
# The same, and each model over TLS: for what has to do with what is spoken.
EACH_MODEL = tuple({(mode.model, mode.tls): mode for mode in reversed(MODES)}.values())


class Listener(NamedTuple):
    scheme: str
    host: str  # unix:/PATH has no port.
    port: int

    @property
    def address(self) -> tuple[str, int] | str:
        if self.host.startswith("unix:"):
            return self.host.removeprefix("unix:")
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

    `directory` gets the site (directory/site, unless site.root says otherwise) and a private directory with the
    configuration and what the process said. Keyword arguments are the sections of the configuration.
    """

    def __init__(self, directory: Path, *arguments: str, mode: Optional[Mode] = None,
                 wrap: Sequence[str] = (), nofile: Optional[int] = None, descriptors: Sequence[int] = (),
                 environment: Optional[Mapping[str, str]] = None, **sections: Mapping[str, object]):
        self.site = directory / "site"
        self.site.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="server-", dir=directory))
        defaults: dict[str, dict[str, object]] = {
            # With core_dumps, the tests' user may look into /proc.
            "server": {"listen": "127.0.0.1:0", "core_dumps": "on", **(mode.settings if mode else {})},
            "site": {"root": self.site},
            "log": {"file": self.directory / "pollux.log", "access": "off"},
            # On a busy machine a client may take as long as it likes, unless the test is about that.
            "timeouts": {key: "1h" for key in ("handshake", "header", "body", "send", "keepalive")},
        }
        for section, keys in sections.items():
            defaults.setdefault(section, {}).update(keys)
        self.tls: Optional[ssl.SSLContext] = None
        if mode and mode.tls:
            self.tls = certificate.shared().client_context()
            listen = defaults["server"]["listen"]
            defaults["server"]["listen"] = "off"
            defaults["tls"] = {"listen": listen, **certificate.shared().settings, **defaults.get("tls", {})}
        self.sections = defaults
        self.config = write_config(self.directory / "config.ini", defaults)
        limit = ("prlimit", f"--nofile={nofile}:{nofile}") if nofile else ()
        self.command = [*limit, *wrap, str(BINARY), "--config", str(self.config), *arguments]
        self.cwd: Path = self.directory
        self._start = {"pass_fds": descriptors, "env": {**os.environ, **(environment or {})}}
        lists = (str(defaults.get(section, {}).get("listen", "off")) for section in ("server", "tls", "status"))
        self._expected = sum(len(addresses.split(",")) for addresses in lists if addresses != "off")
        self.listeners: list[Listener] = []

    def __enter__(self) -> Server:
        self._stderr = open(self.directory / "stderr", "wb")
        self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=self._stderr, cwd=self.cwd, **self._start)
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

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Ends the server as its users do. Does nothing when it was stopped before."""
        if self._process.poll() is None:
            self.signal(by)
        self.await_exit()

    def await_exit(self) -> None:
        """REQUIRES: it was told to stop. The exit is orderly, and no sanitizer had anything to say."""
        try:
            status = self._process.wait(HANG)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {HANG:g} s after it was told to stop: {self.errors()}") from None
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
        return (self.directory / "stderr").read_text(errors="replace")

    @property
    def address(self) -> tuple[str, int] | str:
        return self.listeners[0].address

    def connect(self, **options) -> Client:
        return Client(self.address, **{"tls": self.tls, **options})

    def get(self, target: str, *fields: str, **options) -> Response:
        """One request on a connection of its own."""
        with self.connect() as client:
            return client.get(target, *fields, **options)

    def status(self) -> dict:
        """What it says about itself, in /status.json; the connection that asks is counted, too."""
        return json.loads(self.get("/status.json", host="localhost").body)

    def log(self) -> str:
        return (self.directory / "pollux.log").read_text()

    def reload(self, **sections: Mapping[str, object]) -> dict:
        """Changes keys of the configuration, has it read again, and returns what /status.json says of that."""
        for section, keys in sections.items():
            self.sections.setdefault(section, {}).update(keys)
        write_config(self.config, self.sections)
        before = self.status()["configuration"]["last_reload"]
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.status()["configuration"]["last_reload"] != before, "the end of the reload")
        return self.status()["configuration"]

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
        deadline = time.monotonic() + HANG
        while len(self.listeners) < self._expected:
            try:
                line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise StartFailure(f"listens on {self.listeners} only: {self.errors()}") from None
            if line is None:
                status = self._process.wait()
                raise StartFailure(f"exit status {status} instead of listening: {self.errors()}")
            if match := re.fullmatch(r"listening on (https?)://(unix:/.*|\[[^]]+\]|[^:]+?)(?::(\d+))?", line):
                self.listeners.append(Listener(match[1], match[2], int(match[3] or 0)))

    def _close(self) -> None:
        self._drain.join()
        self._process.stdout.close()
        self._stderr.close()

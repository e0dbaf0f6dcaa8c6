"""Processes that hold a great many connections: servers that share a port, and castors that open connections to it."""

import json
import math
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench import measure, probe, servers, site
from bench.castor_load import AUTHORITY, CASTOR

OWN = 64  # descriptors that a process needs beside its connections
STILL = 0.5  # seconds without a change of descriptors
SETTLED = 1.5  # the same of memory: what became idle gives its buffers back a second later
LONG = "24h"
HANDSHAKES = 300  # a second
PATH = "/586.html"


@dataclass(frozen=True)
class Plan:
    """How many processes, and what each is to hold."""

    connections: int
    servers: int
    clients: int

    @staticmethod
    def of(connections: int, descriptors: int, processes: int | None = None) -> "Plan":
        return Plan(
            connections,
            processes or math.ceil(connections / server_room(descriptors)),
            math.ceil(connections / (descriptors - OWN)),
        )

    def shares(self, asked: int) -> list[int]:
        """Connections of each client process; `asked` of all are not theirs."""
        left = self.connections - asked
        return [left * (i + 1) // self.clients - left * i // self.clients for i in range(self.clients)]


def server_room(descriptors: int) -> int:
    """Connections that a server can be meant to get. The kernel deals them out by a hash: some get more than others, and
    hardly ever one so many as six standard deviations."""
    most = descriptors - OWN - min(512, descriptors // 8)  # as WebServer reserves them
    return math.floor((math.sqrt(most + 9) - 3) ** 2)  # the m for which m + 6 sqrt(m) is `most`


def kind_of(model: str, tls: bool, port: int, threads: int) -> type[servers.Pollux]:
    shared, other = f"127.0.0.1:{port}", "127.0.0.1:0"
    settings = {
        "server.model": model,
        "server.listen": other if tls else shared,
        "tls.listen": shared if tls else "off",
        "server.accept": "reuseport",
        "server.workers": str(threads),
        "server.loops": str(threads),
        "server.defer_accept": "off",  # the clients say nothing
        "timeouts.queue": LONG,
        "timeouts.handshake": LONG,
        "timeouts.header": LONG,
        "timeouts.keepalive": LONG,
    }
    schemes = ("http", "https") if tls else ("http",)
    return type("Holding", (servers.Pollux,), {"settings": settings, "schemes": schemes})


class Servers:
    """A context manager: so many of Pollux on one port (SO_REUSEPORT)."""

    def __init__(self, model: str, tls: bool, count: int, folder: Path):
        self._model = model
        self.tls = tls
        self._count = count
        self._folder = folder
        self._running: list[servers.Pollux] = []
        self._idle = 0  # descriptors of all without any connection
        self.port = 0

    def __enter__(self) -> "Servers":
        pages = site.make_small(self._folder / "site")
        threads = max(1, len(os.sched_getaffinity(0)) // self._count)
        try:
            for number in range(self._count):
                kind = kind_of(self._model, self.tls, self.port, threads)
                server = kind(pages, self._folder / f"server-{number}").__enter__()
                self._running.append(server)
                self.port = server.tls_port if self.tls else server.port
        except BaseException:
            self.__exit__()
            raise
        self._warm_up()
        self._idle = measure.settled(self._descriptors, STILL)  # Connections that warmed it up are closed by then.
        return self

    def __exit__(self, *_) -> None:
        for server in self._running:
            server.signal_group(signal.SIGTERM)  # all at once; then each is waited for
        for server in self._running:
            server.stop()

    def _warm_up(self) -> None:
        """So that each has served the page before: the kernel chooses which gets a connection."""
        body = site.body_of(PATH)
        for _ in range(20 * self._count):
            probe.verify(self.port, PATH, {}, body, tls=self.tls)

    def _descriptors(self) -> int:
        return sum(measure.descriptors(server.pid) for server in self._running)

    def held(self) -> int:
        """Connections, as the kernel knows them: descriptors."""
        return self._descriptors() - self._idle

    def octets(self) -> int:
        """Memory of their own, when it has settled."""
        return measure.settled(lambda: sum(measure.anonymous_octets(server.pid) for server in self._running), SETTLED)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{PATH}"

    def ended(self) -> list[str]:
        return [server.said() for server in self._running if server.has_ended()]


class Client:
    """A castor that opens connections and holds them."""

    def __init__(self, number: int, connections: int, url: str, ports_of_an_address: int, folder: Path):
        self.connections = connections
        self._report = folder / f"client-{number}.json"
        addresses = math.ceil(connections / (ports_of_an_address // 2))  # The fuller the range, the longer the search.
        first = 1 + number * addresses
        # Handshakes take their time: all at once would be a peak of memory, of which the heap keeps the holes.
        ramp = ["--ramp", f"{connections / HANDSHAKES:.1f}"] if url.startswith("https") else []
        self._process = subprocess.Popen(
            [CASTOR, *ramp, "--idle", str(connections), "-t", LONG, "--quiet", "--json", self._report,
             "--source-addresses", f"{address(first)}-{address(first + addresses - 1)}", "--cacert", AUTHORITY, url],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def pause(self) -> None:
        """It only holds from now on, which the kernel does for it; castor would look at each connection ten times a second."""
        self._process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        if not self.has_ended():
            self._process.send_signal(signal.SIGINT)
            self._process.send_signal(signal.SIGCONT)

    def report(self) -> dict:
        """REQUIRES: end(). What castor says of its idle connections: held, lost, memory_octets."""
        try:
            self._process.wait(60)
            return json.loads(self._report.read_text())["idle"]
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
            return {"held": 0, "lost": self.connections, "memory_octets": 0}


def address(number: int) -> str:
    """Of the loopback device, from 127.1.0.0 on."""
    return f"127.{1 + number // 65536}.{number // 256 % 256}.{number % 256}"


class Asked:
    """Connections of our own among those that are held: opened first, silent meanwhile, and each asked once in the end."""

    def __init__(self, port: int, tls: bool, count: int):
        self._request = probe.request(port, PATH, {})
        self._body = site.body_of(PATH)
        self._sockets = [probe.connect(port, tls) for _ in range(count)]
        self.failed = 0

    def ask(self) -> list[float]:
        """One after the other, in no order. Seconds from the request to the last octet of each answer."""
        times = []
        random.shuffle(self._sockets)
        for stream in self._sockets:
            begin = time.perf_counter()
            try:
                stream.sendall(self._request)
                answer = probe.receive(stream)
            except (OSError, servers.ServerError):
                self.failed += 1
                continue
            times.append(time.perf_counter() - begin)
            self.failed += (answer.status, answer.body) != (200, self._body)
        return times

    def close(self) -> None:
        for stream in self._sockets:
            stream.close()

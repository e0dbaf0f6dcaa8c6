"""deploy/cluster under load: programs are killed, upgraded and drained, and visitors notice nothing, or a 503 on their account.

A run of the whole: the real HAProxy in front, three Pollux, a MariaDB primary and its replica. Meanwhile files are read,
people register, and a member asks for a page of members. No file may fail, no registration that was acknowledged may be lost.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from client import Client
from harness import BINARY, HANG, ROOT, SANITIZED, wait_until
from visitor import Visitor
from with_mariadb import temporary_directory

PROGRAMS = ("haproxy", "mariadbd", "mariadb", "socat", "curl")
MISSING = [name for name in PROGRAMS if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
pytestmark = [pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
              pytest.mark.skipif(SANITIZED, reason="it is about several programs, and one of them would be slow")]

NODES = {"one": 11, "two": 12, "three": 13}
FILES = {"/small.html": b"<!DOCTYPE html>" + b"s" * 571, "/page.html": bytes(range(256)) * 128}
SECRET = b"for members"


class Door:
    """Where visitors come in; a Visitor takes it for a server."""

    tls = None

    def __init__(self, address, **options):
        self.address, self.options = address, options

    def connect(self):
        return Client(self.address, **self.options)


class Cluster:
    """deploy/cluster/run, on addresses and in a directory of its own."""

    def __init__(self, site, directory):
        self.directory = directory
        self.network = f"127.{random.randint(1, 254)}.{random.randint(0, 255)}"
        self.door = Door((f"{self.network}.10", 8080))
        self.output = open(directory / "run.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [ROOT / "deploy/cluster/run", "--network", self.network, "--directory", directory, "--site", site, "--pollux", BINARY],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)

    def __enter__(self):
        try:
            wait_until(lambda: "http://" in self.said() or self.process.poll() is not None, "the cluster has started")
            assert self.process.poll() is None, self.said()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(3 * HANG) == 0, self.said()  # Each group of programs may take 15 s.
        self.output.close()

    def said(self):
        return (self.directory / "run.log").read_text()

    def node(self, name):
        """The way to one node past the balancer, in the balancer's name."""
        balancer = f"{self.network}.10"
        address = f"{self.network}.{NODES[name]}"
        return Door((address, 8080), source=balancer, first=f"PROXY TCP4 192.0.2.7 {address} 4711 8080\r\n".encode())

    def pid(self, name):
        """0: it is being started again."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / f"{name}.pid").read_text())
        return 0

    def signal_and_await_next(self, name, number):
        """Ends a program; returns when another one is in its place and the balancer has seen it."""
        old = self.pid(name)
        os.kill(old, number)
        wait_until(lambda: self.pid(name) not in (0, old), f"another {name}")
        backend = "pollux" if name in NODES else "database"
        wait_until(lambda: self.state(backend, name) == "UP", f"{name} is back")

    def tell(self, line):
        """The answer of HAProxy's admin socket."""
        return self.run("socat", "-", f"UNIX-CONNECT:{self.directory}/admin.sock", given=line + "\n")

    def column(self, backend, name, title):
        head, *rows = self.tell("show stat").splitlines()
        at = head.split(",").index(title)
        return next(row.split(",")[at] for row in rows if row.startswith(f"{backend},{name},"))

    def state(self, backend, name):
        return self.column(backend, name, "status")

    def users_on(self, name):
        """Names of those who have registered, as that database has them."""
        return set(self.run("mariadb", *self.way_to(name), "--batch", "--skip-column-names",
                            "--execute=SELECT name FROM pollux.pollux_users").split())

    def promote(self):
        self.run(ROOT / "deploy/cluster/promote", self.directory / "admin.sock", *self.way_to("replica"))

    def way_to(self, name):
        """Options of MariaDB's programs."""
        return "--no-defaults", "--user=root", f"--socket={self.directory}/{name}.sock"

    @staticmethod
    def run(*command, given=""):
        done = subprocess.run(command, input=given, text=True, capture_output=True, check=False, timeout=HANG)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Load:
    """Visitors of three kinds, until the end of the context. What went wrong is raised there."""

    def __init__(self, door, member):
        self.door, self.member = door, member
        self.files, self.failures = 0, []
        self.acknowledged, self.refused = [], 0
        self.pages = {200: 0, 503: 0}
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.guarded, args=(work,), daemon=True)
                        for work in (self.read_files, self.read_on_new_connections, self.register, self.be_a_member)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(HANG)
        assert not any(thread.is_alive() for thread in self.threads)

    def guarded(self, work):
        try:
            work()
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(f"{work.__name__}: {failure!r}")

    def read(self, client, path):
        answer = client.get(path)
        if (answer.status, answer.body) == (200, FILES[path]):
            with self.lock:  # Two threads count.
                self.files += 1
        else:
            self.failures.append(f"{path}: {answer.status}, {len(answer.body)} octets")

    def read_files(self):
        with self.door.connect() as client:
            while not self.over.is_set():
                for path in FILES:
                    self.read(client, path)

    def read_on_new_connections(self):
        while not self.over.is_set():
            for path in FILES:
                with self.door.connect() as client:
                    self.read(client, path)

    def register(self):
        count = 0
        while not self.over.is_set():
            count += 1
            answer = Visitor(self.door, patient=False).register(f"user{count}")
            assert answer.status in (303, 503), answer.status
            if answer.status == 303:
                self.acknowledged.append(f"user{count}")
            else:
                self.refused += 1

    def be_a_member(self):
        while not self.over.is_set():
            answer = self.member.ask_once("GET", "/members/secret.txt")
            assert answer.status in self.pages, answer
            assert answer.status != 200 or answer.body == SECRET
            self.pages[answer.status] += 1

    def goes_on(self, after):
        """Returns when all that visitors do works again."""
        files, people, pages = self.files + 200, len(self.acknowledged) + 3, self.pages[200] + 20
        wait_until(lambda: self.failures or (self.files >= files and len(self.acknowledged) >= people and self.pages[200] >= pages),
                   f"everything goes on after: {after}")
        assert not self.failures, f"{after}: {self.failures[:5]}"

    def __str__(self):
        return (f"files read {self.files}, failed {len(self.failures)}; registrations acknowledged {len(self.acknowledged)}, refused with "
                f"503 {self.refused}; pages of members {self.pages[200]}, refused with 503 {self.pages[503]}")


@pytest.fixture
def cluster(tmp_path):
    site = tmp_path / "site"
    (site / "members").mkdir(parents=True)
    for path, content in FILES.items():
        (site / path[1:]).write_bytes(content)
    (site / "index.html").write_bytes(FILES["/small.html"])
    (site / "members/secret.txt").write_bytes(SECRET)
    with temporary_directory() as directory, Cluster(site, Path(directory)) as running:
        yield running


def drain(cluster, name):
    """Nothing new is sent there; what is there ends."""
    cluster.tell(f"set server pollux/{name} state drain")
    wait_until(lambda: cluster.column("pollux", name, "scur") == "0", "the last request there has ended")
    return cluster.column("pollux", name, "stot")


def stop_replica(cluster, load):
    """What is on the primary's disk alone is not acknowledged."""
    os.kill(cluster.pid("replica"), signal.SIGSTOP)
    try:
        refused = load.refused + 1
        wait_until(lambda: load.refused >= refused, "a registration waits in vain")
        acknowledged, files = len(load.acknowledged), load.files + 200
        wait_until(lambda: load.refused >= refused + 5 and load.files >= files, "more of them, and files are read")
        assert len(load.acknowledged) == acknowledged
    finally:
        os.kill(cluster.pid("replica"), signal.SIGCONT)


def test_visitors_notice_nothing(cluster, capsys):
    ada = Visitor(cluster.node("one"))
    assert ada.register("ada").status == 303
    for name in NODES:
        ada.server = cluster.node(name)
        assert ada.get("/members/secret.txt").body == SECRET, "a member on all nodes"
    ada.server = cluster.door

    with Load(cluster.door, ada) as load:
        load.goes_on("the start")
        cluster.signal_and_await_next("two", signal.SIGKILL)
        load.goes_on("a node was killed")
        cluster.signal_and_await_next("three", signal.SIGUSR2)
        load.goes_on("a node was upgraded")
        answered = drain(cluster, "one")
        load.goes_on("a node is drained")
        assert cluster.column("pollux", "one", "stot") == answered, "a drained node gets nothing"
        cluster.tell("set server pollux/one state ready")
        load.goes_on("it is back")
        cluster.signal_and_await_next("primary", signal.SIGKILL)
        load.goes_on("the primary was killed")
        stop_replica(cluster, load)
        load.goes_on("the replica stood still")
        cluster.promote()
        load.goes_on("the replica was promoted")
    with capsys.disabled():
        print(f"\n{load}")
    assert not load.failures
    stored = cluster.users_on("replica")
    assert {"ada", *load.acknowledged} <= stored
    assert load.acknowledged[-1] not in cluster.users_on("primary"), "the old one is out of use"

"""A server that others take the place of (SIGUSR2)."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from pathlib import Path

from client import Client, request
from harness import HANG, Server
from patience import wait_until
from process import Process

PR_SET_CHILD_SUBREAPER = 36


class Upgradable(Server):
    """Server.process is the one that serves at the moment. The end of each is awaited, and has to be orderly."""

    def __init__(self, directory: Path, *arguments: str, **options):
        # Who is left behind by its parent becomes a child of ours, so that there is somebody to see how it ends.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.pid_file = directory / "run" / "pollux.pid"
        self.pid_file.parent.mkdir(exist_ok=True)
        options["server"] = {"pid_file": self.pid_file, **options.get("server", {})}
        super().__init__(directory, *arguments, **options)
        self.log = self.directory / "pollux.log"
        self._stopped = False

    def upgrade(self) -> int:
        """Returns the process that served before, which may still be at it."""
        before = self.process.pid
        os.kill(before, signal.SIGUSR2)
        wait_until(lambda: self.pid() not in (None, before), "the new program has written its number")
        wait_until(lambda: f"process {self.pid()} serves from now on" in self.log.read_text(), "it serves")
        self.process = Process(self.pid())
        return before

    def pid(self):
        try:
            return int(self.pid_file.read_text())
        except FileNotFoundError:
            return None

    def logs(self, text: str) -> None:
        wait_until(lambda: text in self.log.read_text(), f"the log says: {text}")

    def await_end(self, pid: int) -> None:
        """REQUIRES: it was told to end, or others have taken its place."""
        if pid == self._process.pid:
            assert self._process.wait(HANG) == 0, self.errors()
            return
        wait_until(lambda: self._has_ended(pid), f"the end of process {pid}")

    def _has_ended(self, pid: int) -> bool:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # Its predecessor is still there, and looks after it.
            return not os.path.exists(f"/proc/{pid}")
        assert status == 0, f"wait status {status:#x}: {self.errors()}"
        return ended == pid

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        if self._stopped:
            return
        self._stopped = True
        os.kill(self.process.pid, by)
        self.await_end(self.process.pid)
        if self._process.poll() is None:
            self._process.wait(HANG)
        self._close()

    def kill(self) -> None:
        if self.process.pid != self._process.pid:
            os.kill(self.process.pid, signal.SIGKILL)
            os.waitpid(self.process.pid, 0)
        super().kill()


class Load:
    """Clients that ask for a file as fast as they can, each in a thread. A request that is not answered, whole, fails."""

    def __init__(self, server: Server, target: str, body: bytes, keep_alive: int = 2, new: int = 2):
        self._server, self._target, self._body = server, target, body
        self._stop = threading.Event()
        self.answers = 0
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(kept,), daemon=True)
                         for kept in [True] * keep_alive + [False] * new]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.await_answers(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(HANG)
            assert not thread.is_alive(), "a client still waits"

    def await_answers(self, more: int) -> None:
        enough = self.answers + more
        wait_until(lambda: self.answers >= enough or self.failures, f"{more} more answers")

    def _run(self, keep: bool) -> None:
        try:
            while not self._stop.is_set():
                with self._server.connect() as client:
                    self._ask(client, keep)
        except Exception as error:  # noqa: BLE001: whatever it is, the test is to see it.
            self.failures.append(repr(error))

    def _ask(self, client: Client, keep: bool) -> None:
        while not self._stop.is_set():
            client.send(request("GET", self._target, *([] if keep else ["Connection: close"])))
            response = client.read_response()
            assert (response.status, response.body) == (200, self._body)
            self.answers += 1
            if "close" in response.all("Connection"):
                return client.expect_end()

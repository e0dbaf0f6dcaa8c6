"""A server as a process: started in a folder of its own, waited for, stopped with all its children."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"  # where Debian keeps servers
ENVIRONMENT = {**os.environ, "PATH": PATH}


class ServerError(Exception):
    """The server is not there, does not start, or does not serve what it should."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def printed_version(command: list[str], pattern: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, env=ENVIRONMENT)
    except FileNotFoundError:
        raise ServerError(f"{command[0]} is not installed") from None
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else "unknown"


class Server:
    """A running server; a context manager. After __enter__, it accepts connections."""

    name = ""
    family = ""  # of servers that differ in a setting only
    label = ""  # for people
    target = ""  # what bench/build makes of it, where it is ours

    def __init__(self, site: Path, folder: Path, sendfile: str = "auto"):
        self.site = site  # what it serves
        self.sendfile = sendfile  # of which of these files, where there is a choice
        self.folder = folder  # its own: configuration, log, scratch
        self.port = free_port()
        self.tls_port = free_port()  # of its https, if it has any
        self.process: subprocess.Popen | None = None

    # What a subclass says.

    def command(self) -> list[str]:
        """The command line that runs it in the foreground; writes its configuration first."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Variables it wants beside those of this program."""
        return {}

    @classmethod
    def version(cls) -> str:
        raise NotImplementedError

    # What is the same for all.

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def __enter__(self) -> "Server":
        self.folder.mkdir(parents=True)
        with self.log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**ENVIRONMENT, **self.environment()},
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ServerError(f"{error.filename} is not installed") from None
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def said(self) -> str:
        """The last line of what it said: the one that tells why it did not go on."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "without a word"

    def wait_until_ready(self, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.has_ended():
                raise ServerError(f"ended at once: {self.said()}")
            if self.is_ready():
                return
            time.sleep(0.02)
        raise ServerError(f"was not ready after {seconds:g} s")

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def is_ready(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is None:
            return
        self.signal_group(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass
        self.signal_group(signal.SIGKILL)  # workers that outlived their master
        self.process.wait()

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)  # the group it leads, see start_new_session
        except ProcessLookupError:
            pass

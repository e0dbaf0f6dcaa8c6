"""A service manager as systemd is one to a server: it starts it with sockets, and hears what it says of itself."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import Sequence

from patience import HANG


class Manager:
    """The other end of NOTIFY_SOCKET; `abstract`: its address has no file."""

    def __init__(self, directory: Path, abstract: bool = False):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        name = f"pollux-test-{os.getpid()}-{directory.name}" if abstract else str(directory / "notify")
        self._socket.bind("\0" + name if abstract else name)
        self.environment = {"NOTIFY_SOCKET": "@" + name if abstract else name}
        self.heard: list[tuple[int, dict[str, str]]] = []  # Of whom, and what.

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def next(self, timeout: float = HANG) -> tuple[int, dict[str, str]]:
        """The next message, with the process that has sent it."""
        assert select.select([self._socket], [], [], timeout)[0], f"no message within {timeout:g} s after {self.heard}"
        text, ancillary, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
        pid = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
        message = dict(line.split("=", 1) for line in text.decode().split("\n"))
        self.heard.append((pid, message))
        return pid, message

    def expect(self, name: str) -> tuple[int, dict[str, str]]:
        """The next message that assigns `name`."""
        deadline = time.monotonic() + HANG
        while True:
            pid, message = self.next(max(0.0, deadline - time.monotonic()))
            if name in message:
                return pid, message


_ACTIVATED = """
import fcntl, os, sys
names, descriptors, command = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
beyond = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 100) for one in descriptors]
for place, one in enumerate(beyond):
    os.dup2(one, 3 + place)
    os.close(one)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(beyond)))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execvp(command[0], command)
"""


def activated(sockets: Sequence[socket.socket], names: str = "") -> dict:
    """Options for a Server that is started with these sockets, as systemd.socket(5) does it."""
    numbers = [one.fileno() for one in sockets]
    return {"wrap": (sys.executable, "-c", _ACTIVATED, names, ",".join(map(str, numbers))), "descriptors": numbers}

"""What can be seen of a process from outside, in /proc."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

EPOLLONESHOT = 1 << 30
EPOLLET = 1 << 31


class Memory(NamedTuple):
    """Resident octets. Mapped files count as resident, too, but the kernel takes them back at will."""

    total: int
    anonymous: int
    files: int

    def __str__(self) -> str:
        return f"RSS {self.total >> 10} KiB, of it files {self.files >> 10} KiB, own {self.anonymous >> 10} KiB"


@dataclass(frozen=True)
class Process:
    pid: int

    @property
    def directory(self) -> Path:
        return Path("/proc") / str(self.pid)

    def descriptors(self) -> int:
        return len(os.listdir(self.directory / "fd"))

    def targets(self) -> list[str]:
        """What its descriptors are of, such as "anon_inode:[eventpoll]"; those that are not closed meanwhile."""
        found = []
        for descriptor in os.listdir(self.directory / "fd"):
            with contextlib.suppress(FileNotFoundError):
                found.append(os.readlink(self.directory / "fd" / descriptor))
        return found

    def connections(self) -> int:
        """Sockets but the listeners: as many as there are clients that the process has not yet closed."""
        listening, found = self._listening_inodes(), 0
        for descriptor in os.listdir(self.directory / "fd"):
            try:
                inode = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(self.directory / "fd" / descriptor))
            except FileNotFoundError:  # Closed since it was listed.
                continue
            found += inode is not None and inode[1] not in listening
        return found

    def workers(self) -> int:
        """Threads of the pool, by their names: a sanitizer has threads of its own."""
        return sum(name.read_text().startswith("worker-") for name in self.directory.glob("task/*/comm"))

    def memory(self) -> Memory:
        status = (self.directory / "status").read_text()

        def octets(key: str) -> int:
            return int(re.search(rf"^{key}:\s+(\d+) kB$", status, re.M)[1]) * 1024

        return Memory(octets("VmRSS"), octets("RssAnon"), octets("RssFile"))

    def cpu_seconds(self) -> float:
        """Time on a processor, user and kernel, of all threads that still live."""
        total = 0
        for task in (self.directory / "task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])  # Nanoseconds.
        return total / 1e9

    def epoll_events(self, listeners: bool) -> list[int]:
        """The event masks of the TCP sockets that epoll watches: the listeners, or all but them."""
        listening = self._listening_inodes()
        masks = []
        for mask, target in self._epoll_targets():
            inode = re.fullmatch(r"socket:\[(\d+)\]", target)
            if inode and (inode[1] in listening) == listeners:
                masks.append(mask)
        return masks

    def _epoll_targets(self) -> list[tuple[int, str]]:
        found = []
        for descriptor in os.listdir(self.directory / "fd"):
            if os.readlink(self.directory / "fd" / descriptor) != "anon_inode:[eventpoll]":
                continue
            info = (self.directory / "fdinfo" / descriptor).read_text()
            for target, mask in re.findall(r"^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)", info, re.M):
                found.append((int(mask, 16), os.readlink(self.directory / "fd" / target)))
        return found

    def _listening_inodes(self) -> set[str]:
        inodes = set()
        for table in ("tcp", "tcp6"):
            path = self.directory / "net" / table
            rows = path.read_text().splitlines()[1:] if path.exists() else []
            inodes |= {row.split()[9] for row in rows if row.split()[3] == "0A"}
        return inodes

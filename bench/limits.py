"""The limits of a machine on the way to a great many connections: what they allow, and raising them (docs/scale.md)."""

import contextlib
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

FOLDER = Path("/proc/sys")


@dataclass(frozen=True)
class Limit:
    """A sysctl that counts something of which each connection takes some. Both ends are on this machine."""

    name: str
    per_connection: int
    used: int  # by others, and to spare
    has: int

    def wanted(self, connections: int) -> int:
        return self.used + self.per_connection * connections

    @property
    def connections(self) -> int:
        """How many it allows."""
        return max(0, (self.has - self.used) // self.per_connection)


def read(name: str) -> list[int]:
    """Its numbers; none where the kernel does not have it."""
    try:
        return [int(word) for word in path_of(name).read_text().split()]
    except FileNotFoundError:
        return []


def path_of(name: str) -> Path:
    return FOLDER / name.replace(".", "/")


def system_wide(spare: int = 4096) -> list[Limit]:
    kinds = [
        ("fs.file-max", 2, read("fs.file-nr")[0]),  # a socket at each end
        ("fs.epoll.max_user_watches", 2, 0),  # the same, and both are watched
    ]
    tracked = sum(read("net.netfilter.nf_conntrack_count"))
    if tracked > 0:  # The module may be there, and no rule of a firewall want it.
        kinds.append(("net.netfilter.nf_conntrack_max", 1, tracked))
    return [Limit(name, each, used + spare, read(name)[0]) for name, each, used in kinds]


def ports() -> int:
    """Of one address, for connections to one place."""
    low, high = read("net.ipv4.ip_local_port_range")
    return high - low + 1


def raise_descriptors(wanted: int) -> int:
    """Of this process and those it starts: as many as may be, up to `wanted`. Returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, wanted), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextlib.contextmanager
def raised(values: dict[str, int]) -> Iterator[None]:
    """Sysctls that are lower are raised, and put back at the end. Raises PermissionError: it is root's to do."""
    before: dict[str, str] = {}
    try:
        for name, value in values.items():
            if read(name) and read(name)[0] < value:
                text = path_of(name).read_text()
                path_of(name).write_text(str(value))
                before[name] = text
        yield
    finally:
        for name, text in before.items():
            path_of(name).write_text(text)

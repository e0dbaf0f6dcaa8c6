"""What a server costs: CPU time and memory, summed over all its processes.

Everything is read from /proc (proc(5)); nothing here disturbs the server.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stat:
    """The fields of /proc/PID/stat that matter here."""

    parent: int
    ticks: int  # utime + stime of all its threads, + those of children it has waited for


def parse_stat(text: str) -> Stat:
    """The command, in parentheses, may itself hold spaces and parentheses: split after the last."""
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(parent=int(fields[1]), ticks=sum(int(field) for field in fields[11:15]))


def stats() -> dict[int, Stat]:
    """One Stat for every process there is."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse_stat(Path(entry.path, "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                pass  # ended between the listing and the reading
    return found


def family(pid: int, known: dict[int, Stat]) -> list[int]:
    """The process and all its descendants."""
    members = [pid] if pid in known else []
    for member in members:  # grows while it is walked
        members += [child for child, stat in known.items() if stat.parent == member]
    return members


def cpu_seconds(pid: int) -> float:
    """User and system time that the process and all its descendants have used so far.

    A worker that has ended is counted in its parent, once that has waited for it.
    """
    known = stats()
    return sum(known[member].ticks for member in family(pid, known)) / TICKS_PER_SECOND


def anonymous_octets(pid: int) -> int:
    """Memory of its own (RssAnon) of the process and all its descendants: no files, nothing shared."""
    total = 0
    for member in family(pid, stats()):
        try:
            status = Path(f"/proc/{member}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:"))
    return total


def settled(read: Callable[[], int], still: float, most: float = 20) -> int:
    """What read() says, once it has not changed for `still` seconds; after `most` seconds in any case."""
    now = begin = since = time.monotonic()
    value = read()
    while now - since < still and now - begin < most:
        time.sleep(0.1)
        now = time.monotonic()
        found = read()
        if found != value:
            value, since = found, now
    return value


def settled_octets(pid: int, still: float) -> int:
    return settled(lambda: anonymous_octets(pid), still)


def meminfo() -> dict[str, int]:
    """/proc/meminfo, in octets."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}


def kernel_octets(info: dict[str, int]) -> int:
    """Memory that is neither free, nor the cache of files, nor a process's own: the kernel's."""
    return info["MemTotal"] - sum(info[name] for name in ("MemFree", "Buffers", "Cached", "AnonPages"))


def available_octets(now: dict[str, int], before: dict[str, int]) -> int:
    """MemAvailable counts the inodes of sockets as reclaimable. While the sockets are open, they are not."""
    return now["MemAvailable"] - max(0, now["SReclaimable"] - before["SReclaimable"])


def descriptors(pid: int) -> int:
    """How many the process has open. Linux 6.2 and later say it in one call."""
    folder = f"/proc/{pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))

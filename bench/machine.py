"""The machine of a run: the head of the tables, without which figures of two machines cannot be understood.

A server spends most of its time in system calls, and on waking threads. Both cost several times as much on one machine
as on another: page-table isolation, a virtual machine. So they are measured (machine.cpp).
"""

import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from bench.process import REPOSITORY

TARGET = "bench_machine"
PROBE = REPOSITORY / "build/release/bench" / TARGET
MELTDOWN = Path("/sys/devices/system/cpu/vulnerabilities/meltdown")


def describe() -> dict:
    """REQUIRES: TARGET is built. Takes a second."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
        "page_table_isolation": page_table_isolation(),
        **json.loads(subprocess.run([PROBE], capture_output=True, text=True, check=True).stdout),
    }


def page_table_isolation() -> str:
    """on, off, or unknown, and the kernel's own words."""
    try:
        said = MELTDOWN.read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"
    return f"{'on' if 'PTI' in said else 'off'} ({said})"


def commit() -> str:
    """Of the tree that is measured; with a + if something in it has not been committed. Empty: no git, or no repository."""
    command = ["git", "-C", REPOSITORY, "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ""


def lines(here: dict) -> list[str]:
    return [
        f"{here['cpu']}, {here['cores']} cores, Linux {here['kernel']}, load {here['load']}, {here['date']}",
        f"page-table isolation {here['page_table_isolation']}; a system call {here['syscall_ns'] / 1000:.2f} us; "
        f"a turn to another thread {here['switch_ns'] / 1000:.1f} us on one core, {here['wake_ns'] / 1000:.1f} us on any",
    ]

"""The pages that are served: a small site of a few sizes, a page of 50 files, and a site of 100,000 files."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZES = {"586": 586, "10k": 10 * 1024, "100k": 100 * 1024, "1m": 1024 * 1024}  # octets
SMALL = SIZES["586"]

PARTS = 50  # files of one page
PART = 16 * 1024  # octets of each

FOLDERS, FILES = 100, 1000  # of the large site: /00/000.html to /99/999.html


def page(size: int) -> bytes:
    """HTML of exactly that many octets."""
    head, tail = b"<!doctype html><title>Pollux</title><p>", b"\n"
    room = size - len(head) - len(tail)
    return head + (b"The quick brown fox jumps over the lazy dog. " * (room // 45 + 1))[:room] + tail


def body_of(path: str) -> bytes:
    """What must be in the answer for a path of either site."""
    name = Path(path).stem
    return page(PART if name.startswith("part-") else SIZES.get(name, SMALL))


def write(path: Path, octets: bytes) -> None:
    """A file of some age: answers about one that is a moment old may have fewer fields than later ones."""
    path.write_bytes(octets)
    an_hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))


def make_small(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, size in SIZES.items():
        write(folder / f"{name}.html", page(size))
    return folder


def make_page(folder: Path) -> Path:
    folder.mkdir()
    for path in parts():
        write(folder / path[1:], page(PART))
    return folder


def parts() -> list[str]:
    return [f"/part-{i:02}.html" for i in range(PARTS)]


def make_single(folder: Path) -> Path:
    folder.mkdir()
    write(folder / "586.html", page(SMALL))
    return folder


def make_large(folder: Path) -> Path:
    """The page of 586 octets and 100,000 more of the kind.

    They are hard links to one file a folder: as many names and look-ups as real files, without
    filling the disk.
    """
    make_single(folder)
    for i in range(FOLDERS):
        inside = folder / f"{i:02}"
        inside.mkdir()
        write(inside / "000.html", page(SMALL))
        for j in range(1, FILES):
            os.link(inside / "000.html", inside / f"{j:03}.html")
    return folder


@contextlib.contextmanager
def immutable(folder: Path) -> Iterator[None]:
    """Its files cannot be written meanwhile. Raises OSError where the attribute cannot be given: it is root's."""
    files = sorted(folder.iterdir())
    for path in files:
        chattr("+i", path)
    try:
        yield
    finally:
        for path in files:
            chattr("-i", path)


def chattr(change: str, path: Path) -> None:
    done = subprocess.run(["chattr", change, path], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"no immutable files here: {done.stderr.strip()}")


MAKERS = {"small": make_small, "page": make_page, "single": make_single, "large": make_large, "immutable": make_small}

"""The files that every server under test serves. All were last changed at the example of RFC 9110."""

from __future__ import annotations

import os
from pathlib import Path

from conformance.case import PROBE_BODY

CHANGED = 784111777
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"

HELLO = b"hello, world\n"
DIGITS = b"0123456789" * 1000
LARGE = bytes(range(256)) * 8192  # 2 MiB

FILES = {
    "hello.txt": HELLO,
    "probe.txt": PROBE_BODY,
    "digits.txt": DIGITS,
    "large.bin": LARGE,
    "empty.txt": b"",
    "index.html": b"<!DOCTYPE html><title>start</title>\n",
    "folder/index.html": b"<!DOCTYPE html><title>folder</title>\n",
    "folder/inner.txt": b"inner\n",
    "a b.txt": b"space\n",
    "percent%41.txt": b"percent\n",
    "percentA.txt": b"another\n",
    "plus+sign.txt": b"plus\n",
    "semi;colon.txt": b"semicolon\n",
    "back\\slash.txt": b"backslash\n",
    "grüße.txt": b"umlauts\n",
    "what?.txt": b"question\n",
    "hash#.txt": b"hash\n",
    "tilde~.txt": b"tilde\n",
    "colon:.txt": b"colon\n",
}


def make(folder: Path) -> None:
    for name, octets in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        os.utime(path, (CHANGED, CHANGED))

"""How the programs are linked, and what the server says about its rights."""

import os
import re
import subprocess

import pytest

from harness import BINARY, SANITIZED


@pytest.mark.skipif(SANITIZED, reason="built for debugging")
def test_the_program_is_hardened():
    def readelf(*options):
        return subprocess.run(["readelf", "-W", *options, BINARY], check=True, capture_output=True, text=True).stdout

    assert re.search(r"Type:\s+DYN", readelf("-h")), "it can be loaded anywhere"
    assert "GNU_RELRO" in readelf("-l") and re.search(r"BIND_NOW|FLAGS.*NOW", readelf("-d")), "no table of functions is writable"
    symbols = readelf("--dyn-syms")
    assert "__stack_chk_fail" in symbols, "the stack is protected"
    assert re.search(r" __\w+_chk@", symbols), "the C library checks sizes"


def test_who_runs_it_as_root_is_warned(serve):
    server = serve()
    warned = "running as root" in (server.directory / "pollux.log").read_text()
    assert warned == (os.geteuid() == 0)

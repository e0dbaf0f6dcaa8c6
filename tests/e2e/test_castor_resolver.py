"""Castor with a resolver that answers late, or never, or not to all names.

Names are looked up before the first request, so none can fail later. What is left to say: who it was, that nothing had
been sent, and that an interrupt does not wait for the resolver.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import seconds
from test_castor import CASTOR

RESOLVER = Path(__file__).with_name("resolver.py")
ALONE = ["unshare", "--net", "--mount", "--fork", "--kill-child"]
# The server has to be in the network namespace, too: it is started there, and its port comes in front of castor's words.
SERVE_AND_LOAD = """
import http.server, subprocess, sys, threading
class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        print("REQUEST", file=sys.stderr, flush=True)
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.run([word.replace("PORT", str(server.server_port)) for word in sys.argv[1:]]).returncode)
"""


def can_be_alone():
    return os.geteuid() == 0 and subprocess.run([*ALONE, "ip", "link"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_be_alone(), reason="needs namespaces of its own, which root may make")


def command(names, *arguments, serve=False):
    served = [sys.executable, "-c", SERVE_AND_LOAD] if serve else []
    return [*ALONE, sys.executable, RESOLVER, names, *served, CASTOR, *map(str, arguments)]


def load(names, *arguments, **options):
    return subprocess.run(command(names, *arguments, **options), capture_output=True, text=True, timeout=seconds(60))


def test_a_resolver_that_answers_late_costs_no_request_and_no_latency():
    done = load("slow.test=late", "-n", 20, "-k", "--quiet", "--json", "-", "http://slow.test:PORT/", serve=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("QUERY slow.test") >= 3, "it was not asked again"
    result = json.loads(done.stdout)
    assert (result["requests"], result["succeeded"]) == (20, 20) and done.stderr.count("REQUEST") == 20
    assert result["latency_us"]["max"] < 1e6, "the wait for the resolver was counted"


@pytest.mark.parametrize("names", ["gone.test=never good.test=127.0.0.1", "good.test=127.0.0.1"])
def test_one_of_several_names_that_fails_is_named_and_nothing_is_sent(names):
    done = load(names, "-n", 20, "http://good.test:PORT/", "http://gone.test:PORT/", serve=True)
    assert done.returncode == 1
    assert re.search(r"^castor: gone\.test: \S", done.stderr, re.MULTILINE), done.stderr
    assert "REQUEST" not in done.stderr and "requests" not in done.stdout


def test_an_interrupt_does_not_wait_for_the_resolver():
    with subprocess.Popen(command("gone.test=never", "-n", 1, "http://gone.test/"), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        try:
            assert run.stderr.readline() == "QUERY gone.test\n"
            begin = time.monotonic()
            os.killpg(run.pid, signal.SIGINT)  # As a terminal does.
            assert run.wait(timeout=seconds(30)) != 0
            assert time.monotonic() - begin < seconds(1)
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)

"""Where io_uring is to be had, and where it is not."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import HAS_IO_URING, HANG, MODES, Server, in_parallel, wait_until

WITHOUT = (sys.executable, str(Path(__file__).with_name("without_io_uring.py")))
PAGE = Path("/usr/share/doc/python3.11/html/library/string.html")
needs_ring = pytest.mark.skipif(not HAS_IO_URING, reason="io_uring is not to be had here")


@pytest.fixture(scope="session", params=MODES[:1], ids=str)
def mode(request):
    """Once: the models are chosen here."""
    return request.param


@pytest.mark.parametrize("error, cause", [
    (errno.EPERM, "a seccomp filter forbids it (that of a container, or SystemCallFilter=)"),
    (errno.ENOSYS, "the kernel has been built without it, or a seccomp filter hides it"),
    (errno.EINVAL, "the kernel is too old: it takes Linux 6.1"),
    (errno.ENOMEM, "too little memory may be locked (ulimit -l, LimitMEMLOCK=)"),
])
def test_one_line_says_why_there_is_none(tmp_path, error, cause):
    server = Server(tmp_path, server={"model": "io-uring"}, wrap=(*WITHOUT, "setup", str(error)), log={"file": "-", "level": "error"})
    result = subprocess.run(server.command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HANG)
    assert result.returncode == 1 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.endswith(f"server.model = io-uring: there is no io_uring to be had: {cause}. "
                                  "Choose multi-reactor, or auto: io-uring where it is to be had\n")
    assert "[emerg]" in result.stderr


@pytest.mark.parametrize("call", ["setup", "register"])
def test_auto_is_multi_reactor_without(tmp_path, call):
    """Nothing is left of what was had before the refusal."""
    with Server(tmp_path, server={"model": "auto"}, wrap=(*WITHOUT, call, str(errno.EPERM)),
                log={"level": "info"}) as server:
        assert server.status()["model"] == "multi-reactor"
        log = (server.directory / "pollux.log").read_text()
        assert "model = auto is multi-reactor: there is no io_uring to be had: a seccomp filter" in log
        assert not any("io_uring" in target for target in server.process.targets())


@needs_ring
def test_auto_is_io_uring_with(tmp_path):
    with Server(tmp_path, server={"model": "auto"}, log={"level": "info"}) as server:
        assert server.status()["model"] == "io-uring"
        assert "model = auto is io-uring\n" in (server.directory / "pollux.log").read_text()


@needs_ring
def test_auto_starts_whatever_memory_may_be_locked(tmp_path):
    """Also where the rings of all loops fit once, but not twice: with doubling limits, one of them is such a one."""
    unprivileged = ("setpriv", "--bounding-set", "-ipc_lock") if os.geteuid() == 0 else ()
    models = []
    for kib in (64 << step for step in range(12)):
        limit = ("prlimit", f"--memlock={kib * 1024}:{kib * 1024}")
        with Server(tmp_path, server={"model": "auto", "loops": 4}, wrap=(*unprivileged, *limit)) as server:
            models.append(server.status()["model"])
        if models[-1] == "io-uring":
            break
    assert models[0] == "multi-reactor" and models[-1] == "io-uring"


@needs_ring
def test_a_write_is_measured_from_its_submission_to_its_completion(tmp_path):
    """Each answer is one of every stage's observations, although it takes two turns of the loop."""
    with Server(tmp_path, server={"model": "io-uring", "loops": 1}) as server, server.connect() as client:
        server.write("hello.txt", b"hello")
        stage = re.compile(r'pollux_stage_duration_seconds_count\{stage="(handle|write|all)"\} (\d+)')

        def observed():
            text = client.get("/metrics", host="localhost").body.decode()
            return {name: int(count) for name, count in stage.findall(text)}

        before = observed()
        for _ in range(20):
            assert client.get("/hello.txt").status == 200
        assert observed() == {name: before[name] + 21 for name in ("handle", "write", "all")}


@needs_ring
@pytest.mark.skipif(not PAGE.exists(), reason="python3-doc is not installed")
@pytest.mark.parametrize("model, keeps", [("multi-reactor", True), ("io-uring", False), ("auto", False)])
def test_no_descriptor_is_kept_for_sendfile(tmp_path, model, keeps):
    """A ring has no sendfile(2), so a file that is in memory need not stay open as well; nor after a reload."""
    root = PAGE.parent.resolve()
    with Server(tmp_path, server={"model": model}, site={"root": root, "sendfile": "on"}) as server:

        def is_kept():
            assert server.get("/" + PAGE.name).body == PAGE.read_bytes()
            return str(root / PAGE.name) in server.process.targets()

        assert is_kept() == keeps
        assert server.reload()["generation"] == 2
        assert is_kept() == keeps


@needs_ring
@pytest.mark.parametrize("accept", ["loop", "thread", "reuseport"])
def test_few_buffers_for_many_clients(tmp_path, accept):
    """Each upload wants a buffer all the time; there are two for sixty of them."""
    body = bytes(range(256)) * 2048
    with Server(tmp_path, server={"model": "io-uring", "accept": accept, "receive_buffers": 1},
                site={"root": tmp_path / "site", "echo": "on"}) as server:
        server.write("hello.txt", b"hello\n")

        def send(_):
            with server.connect() as client:
                assert client.ask("POST", "/echo", body=body).body == body
                assert client.get("/hello.txt").body == b"hello\n"

        in_parallel(60, send)
        wait_until(lambda: server.process.connections() == 0, "all connections are closed")

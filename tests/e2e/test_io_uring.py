"""Where io_uring is to be had, and where it is not."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from harness import HAS_IO_URING, HANG, MODES, Server, in_parallel, wait_until

WITHOUT = (sys.executable, str(Path(__file__).with_name("without_io_uring.py")))
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
    server = Server(tmp_path, server={"model": "io-uring"}, wrap=(*WITHOUT, "setup", str(error)), log={"file": "-"})
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

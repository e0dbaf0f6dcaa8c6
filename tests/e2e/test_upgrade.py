"""SIGUSR2: the program on disk takes over, and nobody notices. Or it cannot, and nobody notices that either."""

import os
import re
import shutil
import signal
import ssl
import subprocess

import certificate
import pytest

from harness import BINARY, HAS_IO_URING, Mode, request, seconds, wait_until
from upgradable import Load, Upgradable
from websocket_client import TEXT, WebSocket, frame

LARGE = bytes(range(1, 251)) * 80_000  # 20 MB: more than the kernel keeps between two sockets.
PAGE = b"page" * 1000

# Each way to accept, with each way to wait, once in plain text or over TLS.
WAYS = [mode for mode in (Mode("proactor", "lt", "et"), Mode("multi-reactor", "et", "et", accept="reuseport"),
                          Mode("multi-reactor", "lt", "lt", accept="thread", tls=True),
                          Mode("io-uring", "lt", "lt", accept="reuseport", tls=True),
                          Mode("io-uring", "lt", "lt", accept="thread"), Mode("io-uring", "lt", "lt"))
        if HAS_IO_URING or mode.model != "io-uring"]


@pytest.fixture
def start(tmp_path):
    """Starts a server that is stopped at the end: start(mode, **options)."""
    started = []

    def start_one(mode=Mode("multi-reactor", "lt", "lt"), **options):
        server = Upgradable(tmp_path, mode=mode, **options)
        server.write("index.html", PAGE)
        server.write("large.bin", LARGE)
        server.__enter__()
        started.append(server)
        return server

    yield start_one
    for server in started:
        server.stop()


def begin_large(server):
    client = server.connect(receive_buffer=65536)
    client.send(request("GET", "/large.bin"))
    assert client.answered()
    return client


# -- That succeed


@pytest.mark.parametrize("mode", WAYS, ids=str)
def test_no_request_is_lost(start, mode):
    server = start(mode)
    before = server.process.descriptors()
    with Load(server, "/index.html", PAGE) as load:
        for _ in range(3):
            old = server.upgrade()
            load.await_answers(50)
            server.await_end(old)
    assert not load.failures
    # The last connections may still be about to be closed: those are not what would grow from one to the next.
    wait_until(lambda: server.process.descriptors() <= before + 2, f"no more than {before + 2} descriptors")


def test_what_is_under_way_goes_on(start):
    server = start(site={"echo": "on"}, timeouts={"shutdown": "1h"})
    download, talk, silent, idle = begin_large(server), WebSocket(server), server.connect(), server.connect()
    assert idle.get("/index.html").status == 200
    old = server.upgrade()
    idle.expect_end()  # It asks for nothing more.
    assert server.get("/index.html").body == PAGE  # From the new one.
    talk.send(frame(TEXT, b"still there"))
    assert talk.read_message()[:2] == (TEXT, b"still there")
    assert download.read_response().body == LARGE
    response = silent.get("/index.html")  # One that has waited with its first request.
    assert response["Connection"] == "close" and response.body == PAGE
    silent.expect_end()
    talk.closing()
    server.await_end(old)


def test_it_ends_in_time(start):
    """What has not finished by timeouts.shutdown is told, and cut off."""
    server = start(site={"echo": "on"}, timeouts={"shutdown": "1500ms"})
    talk = WebSocket(server)
    stuck = begin_large(server)
    old = server.upgrade()
    assert talk.read_close() == 1001
    server.await_end(old)
    stuck.close()
    talk.close()


def test_a_session_is_resumed(start):
    """Tickets of the old one are good for the new one, which has its keys over a private descriptor."""
    server = start(Mode("multi-reactor", "lt", "lt", tls=True))
    context = certificate.shared().client_context(maximum_version=ssl.TLSVersion.TLSv1_2)

    def session(earlier=None):
        with server.connect(tls=None) as plain:
            tls = context.wrap_socket(plain.socket, server_hostname="localhost", session=earlier)
            plain.socket = tls
            return tls.session, tls.session_reused

    first, _ = session()
    old = server.upgrade()
    server.await_end(old)
    assert session(first)[1]
    environment = (server.process.directory / "environ").read_bytes()
    assert b"POLLUX_UPGRADE=1\0" in environment and b"ticket" not in environment


def test_the_new_one_reads_its_configuration(start, tmp_path):
    server = start()
    config = server.directory / "config.ini"
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_bytes(b"other")
    config.write_text(config.read_text().replace(f"root = {server.site}", f"root = {other}"))
    server.await_end(server.upgrade())
    assert server.get("/index.html").body == b"other"


@pytest.mark.parametrize("accept, loops", [("reuseport", 1), ("reuseport", 3), ("loop", 2)])
def test_every_queue_is_served_whatever_becomes_of_the_loops(start, accept, loops):
    """Two sockets of one address are handed on. Clients of both are served, by fewer loops and by more."""
    server = start(Mode("multi-reactor", "lt", "lt", accept="reuseport"), server={"loops": 2})
    config = server.directory / "config.ini"
    config.write_text(config.read_text().replace("accept = reuseport", f"accept = {accept}")
                      .replace("loops = 2", f"loops = {loops}"))
    server.await_end(server.upgrade())
    for _ in range(40):  # The kernel chooses a socket for each; 40 times the same is not to be expected.
        assert server.get("/index.html").body == PAGE


def test_more_often_than_the_kernel_nests_sandboxes(start):
    server = start()
    for old in [server.upgrade() for _ in range(18)]:
        server.await_end(old)
    assert server.get("/index.html").body == PAGE


def test_signals_are_as_at_a_start(start):
    server = start()

    def dispositions():
        status = (server.process.directory / "status").read_text()
        of_the_c_library = 1 << 31 | 1 << 32  # 32 and 33, which posix_spawn(3) sees to.
        return [int(mask, 16) & ~of_the_c_library for mask in re.findall(r"^Sig(?:Blk|Ign|Cgt):\s*(\w+)$", status, re.M)]

    assert server.get("/index.html").status == 200  # Its threads are started, for which signals are blocked.
    before = dispositions()
    server.await_end(server.upgrade())
    assert server.get("/index.html").status == 200
    assert dispositions() == before


def test_the_old_one_may_be_hurried(start):
    server = start(site={"echo": "on"}, timeouts={"shutdown": "1h"})
    talk, stuck = WebSocket(server), begin_large(server)
    old = server.upgrade()
    os.kill(old, signal.SIGUSR2)
    server.logs("this process is about to end")
    os.kill(old, signal.SIGTERM)
    assert talk.read_close() == 1001
    os.kill(old, signal.SIGTERM)
    server.await_end(old)
    assert server.get("/index.html").body == PAGE
    stuck.close()
    talk.close()


# -- That fail


def goes_on(server, *why):
    """The upgrade fails, which the log says; the old one serves as before, and can be upgraded afterwards."""
    pid = server.process.pid
    kept = server.connect()
    assert kept.get("/index.html").status == 200
    os.kill(pid, signal.SIGUSR2)
    for text in why:
        server.logs(text)
    assert server.pid() == pid
    assert "Connection" not in kept.get("/index.html")
    assert server.get("/index.html").body == PAGE
    kept.close()


def test_a_bad_configuration(start):
    server = start()
    config = server.directory / "config.ini"
    good = config.read_text()
    config.write_text(good + "[nonsense]\nx = 1\n")
    goes_on(server, "and this one goes on: exit status 1: pollux: [emerg] ", "nonsense")
    config.write_text(good)
    server.await_end(server.upgrade())


def test_a_root_outside_of_the_sandbox(start, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site"
    elsewhere.mkdir()
    server = start()
    if "landlock" not in server.log.read_text():
        pytest.skip("this kernel has no Landlock")
    config = server.directory / "config.ini"
    config.write_text(config.read_text().replace(f"root = {server.site}", f"root = {elsewhere}"))
    goes_on(server, f"exit status 1: pollux: [emerg] site root {elsewhere} is outside of the sandbox")


@pytest.fixture
def start_copy(tmp_path):
    """A server whose program can be replaced, and a way to do that. Without a sandbox, in which no shell can be run."""
    program = tmp_path / "bin" / "pollux"
    program.parent.mkdir()
    shutil.copy(BINARY, program)

    def replace(text):
        draft = program.with_suffix(".new")
        draft.write_text(text)
        draft.chmod(0o755)
        draft.rename(program)

    server = Upgradable(tmp_path, server={"sandbox": "off"})
    server.command[0] = str(program)
    server.write("index.html", PAGE)
    with server:
        yield server, replace


def test_what_is_on_disk_fails(start_copy):
    server, replace = start_copy
    for text, why in [("#!/bin/sh\necho first >&2; echo the last words >&2; exit 3\n", "exit status 3: the last words"),
                      ("#!/bin/sh\nprintf 'no end of line' >&2; exit 4\n", "exit status 4: no end of line"),
                      ("#!/bin/sh\nexit 0\n", "goes on: exit status 0"),
                      ("#!/bin/sh\nkill -9 $$\n", "it was ended by signal 9"),
                      ("#!/nowhere\n", "cannot execute"), ("nonsense", "cannot execute")]:
        replace(text)
        goes_on(server, why)


def test_a_second_signal_is_ignored(start_copy, tmp_path):
    server, replace = start_copy
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    replace(f"#!/bin/sh\necho started >&2; read line < {gate}; exit 5\n")
    os.kill(server.process.pid, signal.SIGUSR2)
    server.logs("the new program says: started")
    os.kill(server.process.pid, signal.SIGUSR2)
    server.logs("an upgrade is under way already")
    gate.write_text("go\n")
    server.logs("exit status 5")
    assert server.log.read_text().count("the program on disk is started") == 1


def test_an_end_in_the_midst_of_an_upgrade(start_copy, tmp_path):
    server, replace = start_copy
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    replace(f"#!/bin/sh\necho started $$ >&2; read line < {gate}\n")
    os.kill(server.process.pid, signal.SIGUSR2)
    server.logs("the new program says: started")
    child = re.search(r"says: started (\d+)", server.log.read_text())[1]
    server.stop()
    wait_until(lambda: not os.path.exists(f"/proc/{child}") or reap(int(child)), "it was ended as well")


def reap(pid):
    with_status = os.waitpid(pid, os.WNOHANG)
    return with_status[0] == pid


@pytest.mark.parametrize("value", ["x", "-1", "1", "999999999"])
def test_a_variable_that_means_nothing(tmp_path, value):
    config = tmp_path / "config.ini"
    config.write_text(f"[server]\nlisten = 127.0.0.1:0\n[site]\nroot = {tmp_path}\n")
    result = subprocess.run([BINARY, "--config", config], env={"POLLUX_UPGRADE": value}, text=True,
                            capture_output=True, timeout=seconds(30), check=False)
    assert result.returncode == 1 and "POLLUX_UPGRADE" in result.stderr, result

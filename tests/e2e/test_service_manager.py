"""What a service manager hears (sd_notify(3)), and the sockets it gives (systemd.socket(5)); and the unit files for it."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness import BINARY, HANG, HAS_IO_URING, Client, Mode, Server, StartFailure, seconds, wait_until
from manager import Manager, activated
from upgradable import Upgradable

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207


@pytest.fixture(params=[False, True], ids=["path", "abstract"])
def manager(tmp_path, request):
    with Manager(tmp_path, abstract=request.param) as one:
        yield one


@pytest.fixture
def path_manager(tmp_path):
    with Manager(tmp_path) as one:
        yield one


def monotonic():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


# -- Messages


def test_the_life_of_a_service(tmp_path, manager):
    begin = monotonic()
    with Server(tmp_path, mode=Mode("multi-reactor", "lt", "lt", tls=True), environment=manager.environment) as server:
        pid, ready = manager.next()
        assert (pid, ready["READY"]) == (server.process.pid, "1")
        assert ready["STATUS"] == "serving https://127.0.0.1:%d" % server.address[1]
        server.signal(signal.SIGHUP)
        _, reloading = manager.next()
        assert reloading["RELOADING"] == "1" and begin < int(reloading["MONOTONIC_USEC"]) < monotonic()
        again = manager.next()[1]
        assert (again["READY"], again["STATUS"]) == ("1", ready["STATUS"])
        server.signal(signal.SIGTERM)
        assert manager.next()[1]["STOPPING"] == "1"
        server.await_exit()


def test_the_status_after_a_reload(tmp_path, manager):
    """It names what is listened on by now, and says when a reload was refused."""
    with Server(tmp_path, environment=manager.environment) as server:
        begin = manager.next()[1]["STATUS"]
        config = server.directory / "config.ini"
        good = config.read_text()
        config.write_text(good.replace("listen = 127.0.0.1:0", "listen = 127.0.0.1:0, [::1]:0"))
        server.signal(signal.SIGHUP)
        assert "RELOADING" in manager.next()[1]
        assert manager.next()[1]["STATUS"].startswith(f"{begin}, http://[::1]:")
        config.write_text(good + "[nonsense]\n")
        server.signal(signal.SIGHUP)
        assert "RELOADING" in manager.next()[1]
        assert "a reload was refused" in manager.next()[1]["STATUS"]


def test_ready_means_that_it_listens(tmp_path, path_manager):
    with Server(tmp_path, environment=path_manager.environment) as server:
        server.write("index.html", b"here")
        _, ready = path_manager.next()
        host, port = ready["STATUS"].removeprefix("serving http://").split(":")
        with Client((host, int(port))) as client:
            assert client.get("/").status == 200


def test_an_upgrade_has_a_new_main_process(tmp_path, path_manager):
    """Only the main process is listened to (NotifyAccess=main), so the old one speaks until it is another."""
    server = Upgradable(tmp_path, environment={**path_manager.environment, "WATCHDOG_USEC": "600000"})
    with server:
        assert path_manager.expect("READY")[0] == server.process.pid
        old = server.upgrade()
        pid, reloading = path_manager.expect("RELOADING")
        assert pid == old and "MONOTONIC_USEC" in reloading
        pid, main = path_manager.expect("MAINPID")
        assert (pid, main["MAINPID"], main["READY"]) == (old, str(server.process.pid), "1")
        server.await_end(old)
        before = len(path_manager.heard)
        wait_until(lambda: path_manager.next()[1].get("WATCHDOG") and len(path_manager.heard) > before + 3, "it is alive")
        late = [pid for pid, _ in path_manager.heard[before:]]
        assert set(late) == {server.process.pid}, path_manager.heard


def test_a_failed_upgrade_is_no_reload(tmp_path, path_manager):
    with Upgradable(tmp_path, environment=path_manager.environment) as server:
        path_manager.expect("READY")
        with open(server.directory / "config.ini", "a") as config:
            config.write("[nonsense]\n")
        os.kill(server.process.pid, signal.SIGUSR2)
        path_manager.expect("RELOADING")
        pid, ready = path_manager.expect("READY")
        assert pid == server.process.pid and "an upgrade has failed" in ready["STATUS"] and "nonsense" in ready["STATUS"]


@pytest.mark.parametrize("address", ["notify", "@", "/" + "x" * 200])
def test_an_address_that_is_none(tmp_path, address):
    with pytest.raises(StartFailure, match="NOTIFY_SOCKET"):
        Server(tmp_path, environment={"NOTIFY_SOCKET": address}).__enter__()


def test_a_manager_that_has_gone(tmp_path):
    with Server(tmp_path, environment={"NOTIFY_SOCKET": str(tmp_path / "gone")}) as server:
        wait_until(lambda: "was not told READY=1" in (server.directory / "pollux.log").read_text(), "the log says so")


# -- The watchdog


@contextlib.contextmanager
def stopped(thread):
    """One thread of another process stands still."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(PTRACE_SEIZE, thread, None, None) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    libc.ptrace(PTRACE_INTERRUPT, thread, None, None)
    os.waitpid(thread, 0x40000000)  # __WALL
    yield
    libc.ptrace(PTRACE_DETACH, thread, None, None)


@pytest.mark.parametrize("accept", ["loop", "thread"])
def test_a_loop_that_hangs_is_noticed(tmp_path, path_manager, accept):
    mode = Mode("multi-reactor", "lt", "lt", accept=accept)
    watched = {**path_manager.environment, "WATCHDOG_USEC": "900000"}
    with Server(tmp_path, mode=mode, server={"loops": 2}, environment=watched) as server:
        for _ in range(3):
            assert path_manager.expect("WATCHDOG")[0] == server.process.pid
        log = server.directory / "pollux.log"
        threads = sorted(int(name) for name in os.listdir(server.process.directory / "task"))
        with stopped(threads[-1]):  # A further loop, or the one that accepts: they are started last.
            wait_until(lambda: "has not turned" in log.read_text(), "it is noticed")
            path_manager.heard.clear()
            with pytest.raises(AssertionError, match="no message"):
                while True:  # What was sent before, and no more.
                    path_manager.next(timeout=1.2)
            assert len(path_manager.heard) < 5
        path_manager.expect("WATCHDOG")
        wait_until(lambda: "all event loops turn again" in log.read_text(), "and that it goes on")


@pytest.mark.parametrize("variables", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "300000", "WATCHDOG_PID": "1"}])
def test_nobody_watches(tmp_path, path_manager, variables):
    with Server(tmp_path, environment={**path_manager.environment, **variables}) as server:
        path_manager.expect("READY")
        server.stop()
        assert "STOPPING" in path_manager.next()[1]


# -- Socket activation


def listener(address="127.0.0.1"):
    return socket.create_server((address, 0))


def text(sock):
    return "%s:%d" % sock.getsockname()[:2]


MODELS = [Mode("proactor", "lt", "lt"), Mode("multi-reactor", "lt", "lt", accept="reuseport"),
          Mode("multi-reactor", "et", "et", accept="thread"),
          *([Mode("io-uring", "lt", "lt", accept="reuseport")] if HAS_IO_URING else [])]


@pytest.mark.parametrize("mode", MODELS, ids=str)
def test_sockets_outlive_the_server(tmp_path, mode):
    """They are not closed by its end: whoever connects meanwhile is served by the next one."""
    with listener() as given:
        options = dict(mode=mode, server={"listen": text(given)}, **activated([given]))
        with Server(tmp_path, **options) as server:
            server.write("index.html", b"here")
            assert server.address == given.getsockname()
            for _ in range(20):
                assert server.get("/").status == 200
        with Client(given.getsockname()) as early:
            early.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with Server(tmp_path, **options):
                assert early.read_response().body == b"here"


def test_sockets_are_used_as_their_names_say(tmp_path):
    """Whatever is configured: http on 127.0.0.1:1 could not be had."""
    import certificate

    with listener() as plain, listener() as encrypted, listener() as status:
        server = Server(tmp_path, server={"listen": "127.0.0.1:1"}, status={"listen": "127.0.0.1:2"},
                        tls={"listen": "127.0.0.1:3", **certificate.shared().settings},
                        **activated([status, plain, encrypted], "status:http:https"))
        with server:
            server.write("index.html", b"here")
            assert [one.address for one in server.listeners] == [
                one.getsockname() for one in (plain, encrypted, status)]
            assert [one.scheme for one in server.listeners] == ["http", "https", "http"]
            with Client(encrypted.getsockname(), tls=certificate.shared().client_context()) as client:
                assert client.get("/").body == b"here"
            with Client(status.getsockname()) as client:
                assert client.get("/status.json", host="localhost").status == 200
            with Client(plain.getsockname()) as client:
                assert client.get("/status.json", host="localhost").status == 404


def test_what_is_not_configured_is_closed(tmp_path):
    with listener() as wanted, listener("127.0.0.2") as other, socket.socket(socket.AF_UNIX) as odd:
        with Server(tmp_path, server={"listen": text(wanted)},
                    **activated([other, odd, wanted], "other:odd:pollux.socket")) as server:
            server.write("index.html", b"here")
            assert server.get("/").status == 200
            said = server.errors() + (server.directory / "pollux.log").read_text()
            assert f"the socket {text(other)} (other) that was given is not in the configuration: closed" in said
            assert "descriptor 4 (odd) of the service manager is not a TCP socket that listens: closed" in said
        with socket.create_connection(other.getsockname(), HANG):  # It was closed, and not shut down.
            pass


def test_a_socket_for_https_wants_a_certificate(tmp_path):
    with listener() as given:
        with pytest.raises(StartFailure, match="there is no tls.certificate"):
            Server(tmp_path, **activated([given], "https")).__enter__()


def test_names_that_are_too_few(tmp_path):
    with listener() as one, listener() as two:
        with pytest.raises(StartFailure, match="LISTEN_FDNAMES has 1 names for 2 sockets"):
            Server(tmp_path, **activated([one, two], "http")).__enter__()


def test_they_go_on_to_the_next_program(tmp_path):
    with listener() as given:
        with Upgradable(tmp_path, server={"listen": "127.0.0.1:1"}, **activated([given], "http")) as server:
            server.write("index.html", b"here")
            server.await_end(server.upgrade())
            assert server.get("/").body == b"here"
            environment = (server.process.directory / "environ").read_bytes()
            assert b"LISTEN_" not in environment


# -- The files in deploy/


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_files_are_good(tmp_path):
    units = []
    for unit in ("pollux.service", "pollux.socket"):
        content = (DEPLOY / unit).read_text().replace("/usr/local/bin/pollux", str(BINARY))
        (tmp_path / unit).write_text(content)
        units.append(tmp_path / unit)
    result = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True,
                            timeout=seconds(60), check=False)
    complaints = [line for line in result.stderr.splitlines() if "pollux" in line]
    assert result.returncode == 0 and not complaints, result.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_hardened():
    """"OK" ends at 2.0; docs/deploy.md has the figure."""
    result = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", DEPLOY / "pollux.service"],
                            capture_output=True, text=True, timeout=seconds(60), check=False)
    assert result.returncode == 0, result.stdout + result.stderr

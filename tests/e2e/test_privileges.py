"""What the server may do, and no more: a user in the place of root, a sandbox, and what it leaves to others."""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import certificate
import pytest

from harness import BINARY, Mode, Server, StartFailure, request, seconds, wait_until, write_config
from upgradable import Upgradable

USER = "nobody"
TLS = Mode("multi-reactor", "lt", "lt", tls=True)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def place():
    """A directory that USER reaches. Those of pytest are closed again by every pytest that starts."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o755)
        logs = place / "logs"
        logs.mkdir()
        shutil.chown(logs, USER)
        yield place


def server_of(place, *, user=USER, mode=None, kind=Server, **sections):
    sections["server"] = {"user": user, **sections.get("server", {})}
    sections["log"] = {"file": place / "logs" / "pollux.log", **sections.get("log", {})}
    server = kind(place, mode=mode, **sections)
    server.directory.chmod(0o755)
    server.log = place / "logs" / "pollux.log"
    server.write("index.html", b"here")
    return server


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.M))


def is_only(pid, name):
    """Whether all threads have no other user's ids, nor capabilities."""
    user = pwd.getpwnam(name)
    groups = {str(group) for group in os.getgrouplist(name, user.pw_gid)}
    for thread in os.listdir(f"/proc/{pid}/task"):
        status = status_of(f"{pid}/task/{thread}")
        assert set(status["Uid"].split()) == {str(user.pw_uid)}, status
        assert set(status["Gid"].split()) == {str(user.pw_gid)}, status
        assert set(status["Groups"].split()) == groups, status
        assert {int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}, status


# -- Users


@as_root
@pytest.mark.parametrize("log_mode", ["sync", "async"])  # The latter has a thread before there are rights to give up.
def test_root_is_given_up(place, log_mode):
    with server_of(place, log={"mode": log_mode}) as server:
        assert server.get("/").body == b"here"
        is_only(server.process.pid, USER)
        assert "running as root" not in server.log.read_text()


@as_root
def test_with_a_group_of_its_own(place):
    with server_of(place, server={"group": "daemon"}) as server:
        gid = str(os.stat(server.process.directory / "status").st_gid)
        assert set(status_of(server.process.pid)["Gid"].split()) == {gid} == {str(shutil._get_gid("daemon"))}


@as_root
def test_private_keys_are_roots(place):
    """They are read before root is given up; afterwards, they cannot be, which costs a reload, and nothing else."""
    key = place / "key.pem"
    shutil.copy(certificate.shared().settings["private_key"], key)
    public = place / "certificate.pem"
    shutil.copy(certificate.shared().settings["certificate"], public)
    key.chmod(0o600)
    public.chmod(0o644)
    with server_of(place, mode=TLS, tls={"certificate": public, "private_key": key}) as server:
        assert server.get("/").body == b"here"
        server.signal(signal.SIGHUP)
        wait_until(lambda: "the configuration was not read again" in server.log.read_text(), "the log says so")
        assert server.get("/").body == b"here"


@as_root
def test_logs_are_rotated(place):
    with server_of(place, log={"access": place / "logs" / "access.log"}) as server:
        for log in (place / "logs").iterdir():
            log.rename(log.with_suffix(".old"))
        server.signal(signal.SIGUSR1)
        wait_until(lambda: server.log.exists() and "opened anew" in server.log.read_text(), "it is opened anew")
        assert server.get("/").body == b"here"
        wait_until(lambda: "GET /" in (place / "logs" / "access.log").read_text(), "and so is the other one")
        for log in (place / "logs").iterdir():
            assert log.owner() == USER and stat.S_IMODE(log.stat().st_mode) == 0o640


@as_root
def test_a_planted_link_leads_nowhere(place):
    """Root would follow it."""
    precious = place / "precious"
    precious.write_text("as it was")
    precious.chmod(0o600)
    (place / "logs" / "pollux.log").symlink_to(precious)
    with pytest.raises(StartFailure, match="ermission denied"):
        server_of(place).__enter__()
    assert precious.read_text() == "as it was"


@as_root
def test_what_the_user_may_not_is_told_before(place):
    """Root may, but it is not root who will."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    config = write_config(place / "config.ini", {"server": {"user": USER, "listen": "127.0.0.1:0"},
                                                 "site": {"root": closed}, "log": {"file": closed / "log"}})
    result = check(config)
    assert result.returncode == 1
    assert "cannot enter the directory" in result.stderr and "log.file" in result.stderr, result.stderr


@as_root
def test_members_and_an_upgrade(place):
    """The database is the user's from the start; the next program is, too, and needs no rights to listen."""
    (place / "run").mkdir()
    shutil.chown(place / "run", USER)
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{place}/logs/accounts.db"}}
    with server_of(place, kind=Upgradable, **sections) as server:
        assert server.get("/login").status == 200
        server.await_end(server.upgrade())
        is_only(server.process.pid, USER)
        assert server.get("/login").status == 200
        database = place / "logs" / "accounts.db"
        assert database.owner() == USER and not database.stat().st_mode & 0o007


@as_root
def test_started_as_another(place):
    """Neither root nor the user that is named: it stays who it is."""
    wrap = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    server = server_of(place, user="daemon")
    server.command = [*wrap, *server.command]
    with server:
        assert server.get("/").body == b"here"
        assert "server.user = daemon: the server was not started as root" in server.log.read_text()
    server = server_of(place, user=USER)
    server.command = [*wrap, *server.command]
    (place / "logs" / "pollux.log").unlink()
    with server:
        assert "not started as root" not in server.log.read_text()


@pytest.mark.parametrize("settings, message", [
    ({"user": "nobody-at-all"}, "server.user: there is no user \"nobody-at-all\""),
    ({"user": USER, "group": "no-such-group"}, "server.group: there is no group \"no-such-group\""),
    ({"group": "daemon"}, "server.group: there is no server.user"),
])
def test_names_that_mean_nobody(tmp_path, settings, message):
    config = write_config(tmp_path / "config.ini", {"server": settings, "site": {"root": tmp_path}})
    for arguments in ([], ["--check"]):
        result = subprocess.run([BINARY, *arguments, "--config", config], capture_output=True, text=True,
                                timeout=seconds(30), check=False)
        assert result.returncode == 1 and message in result.stderr, result


# -- The sandbox


def has_landlock():
    result = subprocess.run([BINARY, "--check", "--set", "site.root=/tmp"], cwd="/", capture_output=True, text=True,
                            timeout=seconds(30), check=False)
    return "landlock ABI" in result.stdout


needs_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


def check(config, *arguments):
    return subprocess.run([BINARY, "--check", "--config", config, *arguments], capture_output=True, text=True,
                          timeout=seconds(30), check=False)


@pytest.mark.parametrize("sandbox", ["on", "off"])
def test_what_is_in_force_is_said(tmp_path, sandbox):
    with Server(tmp_path, server={"sandbox": sandbox}) as server:
        log = (server.directory / "pollux.log").read_text()
        (said,) = re.findall(r"sandbox: (.*)", log)
        assert f"pollux: sandbox: {said}\n" in check(server.directory / "config.ini").stdout
        assert (said == "off") == (sandbox == "off")
        for thread in os.listdir(server.process.directory / "task"):
            assert status_of(f"{server.process.pid}/task/{thread}")["NoNewPrivs"] == ("1" if sandbox == "on" else "0")


@needs_landlock
@pytest.mark.parametrize("sandbox", ["on", "off"])
def test_a_site_may_move_within_its_directory_and_not_elsewhere(tmp_path, tmp_path_factory, sandbox):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "index.html").write_bytes(b"elsewhere")
    current = tmp_path / "current"
    for release in ("1", "2"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "index.html").write_bytes(release.encode())
    current.symlink_to("1")

    def switch(target):
        draft = tmp_path / "next"
        draft.symlink_to(target)
        draft.rename(current)

    with Server(tmp_path, server={"sandbox": sandbox}, site={"root": current}) as server:
        assert server.get("/").body == b"1"
        switch("2")
        wait_until(lambda: server.get("/").body == b"2", "the other release is served")
        switch(elsewhere)
        if sandbox == "off":
            wait_until(lambda: server.get("/").body == b"elsewhere", "what is elsewhere is served")
        else:
            wait_until(lambda: server.get("/readyz", host="localhost").status == 503, "the root cannot be entered")
            assert server.get("/").body == b"2"


@needs_landlock
def test_every_thread_is_in_it(tmp_path, tmp_path_factory):
    """Those of the log, of sites and of accounts are started before the loops run. Seen from /proc/PID/task, as far as
    the kernel tells: no new privileges come with it."""
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"},
                "log": {"mode": "async"}, "site": {"listing": "on"}}
    with Server(tmp_path, mode=Mode("proactor", "lt", "lt", accept="thread"), **sections) as server:
        assert server.get("/login").status == 200
        for thread in os.listdir(server.process.directory / "task"):
            assert status_of(f"{server.process.pid}/task/{thread}")["NoNewPrivs"] == "1"


# -- The file with its number


def test_pid_file(tmp_path):
    path = tmp_path / "pollux.pid"
    with Server(tmp_path, server={"pid_file": path}) as server:
        assert path.read_text() == f"{server.process.pid}\n"
        server.stop()
        assert not path.exists()


def test_pid_file_that_cannot_be_written(tmp_path):
    with pytest.raises(StartFailure, match="server.pid_file: cannot find the directory"):
        Server(tmp_path, server={"pid_file": tmp_path / "no" / "pollux.pid"}).__enter__()

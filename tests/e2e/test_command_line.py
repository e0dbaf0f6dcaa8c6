"""The doors: options, configuration files, error messages, exit statuses and the `listening on` lines."""

import os
import re
import signal
import socket
import subprocess

import pytest

from harness import BINARY, BOUND_BY_PERMISSIONS, HANG, Client, Server, StartFailure, wait_until, write_config
from process import EPOLLET, EPOLLONESHOT

OPTIONS = ("-p", "-m", "-a", "-t", "-s", "-l", "-c", "-o", "--config", "--set", "--check", "--add-user",
           "--remove-user", "--version", "--help")


def pollux(*arguments, cwd="/", wrap=()):
    """Runs the program to its end; for calls that do not serve."""
    return subprocess.run([*wrap, BINARY, *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=HANG, check=False)


def emergencies(result):
    return [line for line in result.stderr.splitlines() if line.startswith("pollux: [emerg] ")]


@pytest.fixture
def site(tmp_path):
    directory = tmp_path / "site"
    directory.mkdir()
    (directory / "index.html").write_text("<h1>here</h1>")
    return directory


@pytest.fixture
def config(tmp_path, site):
    """Writes a config.ini: the given sections on top of what is needed to serve."""
    def write(**sections):
        base = {"server": {"listen": "127.0.0.1:0"}, "site": {"root": site}, "log": {"access": "off"}}
        for section, keys in sections.items():
            base.setdefault(section, {}).update(keys)
        return write_config(tmp_path / "config.ini", base)
    return write


# -- Calls that answer and exit


def test_help_names_every_option():
    result = pollux("--help")
    assert result.returncode == 0 and result.stderr == ""
    missing = [option for option in OPTIONS if not re.search(rf"(?<![\w-]){option}\b", result.stdout)]
    assert not missing, result.stdout


def test_version():
    result = pollux("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"pollux[ /]\d+\.\d+\.\d+.*\n", result.stdout)


@pytest.mark.parametrize("arguments", [
    ["--nonsense"], ["-z"], ["-m", "4"], ["-m", "et"], ["-p", "65536"], ["-p", "http"], ["-p"], ["-a", "4"],
    ["-l", "2"], ["-c", "yes please"], ["-t", "-1"], ["--config"], ["--set", "no-equals-sign"], ["stray"],
], ids=" ".join)
def test_bad_usage_exits_with_2(arguments, config):
    result = pollux("--check", "--config", config(), *arguments)
    assert result.returncode == 2, result
    assert result.stderr != "" and "listening on" not in result.stdout


def test_check_accepts_a_good_configuration(config):
    result = pollux("--check", "--config", config())
    assert result.returncode == 0, result.stderr
    assert "listening on" not in result.stdout


def test_what_the_demo_has_can_be_switched_off(config):
    demo = config(site={"protected": "/members/", "error_page_404": "/none.html"}, accounts={"enabled": "on"})
    off = ("--set", "accounts.enabled=off", "--set", "site.protected=off", "--set", "site.error_page_404=off")
    warned = pollux("--check", "--config", demo)
    assert warned.returncode == 0 and "/none.html" in warned.stderr, warned
    refused = pollux("--check", "--config", demo, *off[:2])
    assert refused.returncode == 1 and "site.protected" in refused.stderr and "off" in refused.stderr, refused
    silent = pollux("--check", "--config", demo, *off)
    assert (silent.returncode, silent.stderr) == (0, ""), silent


def test_check_does_not_need_the_port(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = pollux("--check", "--config", config(server={"listen": "127.0.0.1:%d" % taken.getsockname()[1]}))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("call", [["--check"], []], ids=["check", "serve"])
@pytest.mark.parametrize("section, key, value", [
    ("server", "workers", "many"), ("server", "workers", "-1"), ("server", "model", "magic"),
    ("server", "conn_trigger", "edge"), ("server", "listen_trigger", "2"), ("server", "listen", "127.0.0.1:99999"),
    ("server", "listen", "not an address"), ("timeouts", "header", "15 parsecs"), ("timeouts", "header", "-1s"),
    ("limits", "body", "1x"), ("limits", "body", "99999999999999999999g"), ("log", "level", "loudest"),
    ("log", "mode", "maybe"), ("log", "access_format", "csv"),
])
def test_bad_value_is_told_with_its_line(config, call, section, key, value):
    path = config(**{section: {key: value}})
    line = path.read_text().splitlines().index(f"{key} = {value}") + 1
    result = pollux(*call, "--config", path)
    assert result.returncode == 1, result
    (message,) = emergencies(result)
    assert message.endswith(f" in {path}:{line}") and key in message, message


@pytest.mark.parametrize("text, near", [
    ("[server]\nworkerz = 2\n", "workers"),
    ("[server]\nconn_triger = et\n", "conn_trigger"),
    ("[limits]\nheader = 3k\n", "headers"),
    ("[serwer]\nworkers = 2\n", "server"),
    ("[timeout]\nheader = 3s\n", "timeouts"),
])
def test_unknown_name_is_told_with_its_line_and_a_suggestion(tmp_path, site, text, near):
    path = tmp_path / "config.ini"
    path.write_text(text + f"[site]\nroot = {site}\n")
    result = pollux("--check", "--config", path)
    assert result.returncode == 1
    message = emergencies(result)[0]
    assert re.search(rf"{re.escape(str(path))}:[12]\b", message), message
    assert re.search(rf"did you mean\W+(\w+\.)?\[?{near}\b", message), message


def test_no_suggestion_when_nothing_is_near(config):
    (message,) = emergencies(pollux("--check", "--config", config(server={"zzzzzzzzzzzz": "1"})))
    assert "zzzzzzzzzzzz" in message and "did you mean" not in message


def test_all_errors_in_one_pass(tmp_path):
    path = tmp_path / "config.ini"
    path.write_text("[server]\n"
                    "workers = lots\n"
                    "nonsense = 1\n"
                    "[nowhere]\n"
                    "key = value\n"
                    "[site]\n"
                    f"root = {tmp_path}/missing\n"
                    "[timeouts]\n"
                    "header = soon\n")
    result = pollux("--check", "--config", path)
    assert result.returncode == 1
    told = {int(number) for number in re.findall(rf"{re.escape(str(path))}:(\d+)", result.stderr)}
    assert {2, 3, 7, 9} <= told and told & {4, 5}, result.stderr


@pytest.mark.parametrize("text", ["[server\nworkers = 2\n", "workers\n", "= 2\n", "\0\0\0", "\x7fELF\x02\x01"],
                         ids=["open bracket", "no value", "no key", "NUL", "binary"])
def test_what_is_not_ini_is_refused(tmp_path, text):
    path = tmp_path / "config.ini"
    path.write_text(text)
    result = pollux("--check", "--config", path)
    assert result.returncode == 1 and emergencies(result), result


@pytest.mark.parametrize("option", ["server.workerz=2", "nowhere.key=1", "server.workers=many", "workers=2"])
def test_bad_set_is_refused(config, option):
    result = pollux("--check", "--config", config(), "--set", option)
    assert result.returncode in (1, 2), result
    assert option.split("=")[0] in result.stderr


def test_missing_config(tmp_path):
    result = pollux("--config", tmp_path / "nowhere.ini")
    assert result.returncode == 1
    (message,) = emergencies(result)
    assert "nowhere.ini" in message and result.stderr.count("\n") == 1


def test_config_is_a_directory(tmp_path):
    result = pollux("--config", tmp_path)
    assert result.returncode == 1 and len(emergencies(result)) == 1, result


def test_unreadable_config(config):
    path = config()
    path.chmod(0)
    result = pollux("--config", path, wrap=BOUND_BY_PERMISSIONS)
    assert result.returncode == 1
    (message,) = emergencies(result)
    assert str(path) in message and "ermission" in message


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_root_that_is_no_directory(config, site, kind):
    root = site / kind
    if kind == "file":
        root.write_text("a file")
    path = config(site={"root": root})
    for call in (["--check"], []):
        result = pollux(*call, "--config", path)
        assert result.returncode == 1
        (message,) = emergencies(result)
        assert str(root) in message


def test_port_in_use_is_one_line(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = pollux("--config", config(server={"listen": f"127.0.0.1:{port}"}))
    assert result.returncode == 1 and result.stdout == ""
    assert re.fullmatch(rf"pollux: \[emerg\] [^\n]*\b{port}\b[^\n]*in use[^\n]*\n", result.stderr), result.stderr


# -- Calls that serve


def test_listens_on_several_addresses(serve):
    listen = "127.0.0.1:0, 127.0.0.2:0" + (", [::1]:0" if has_ipv6() else "")
    server = serve(server={"listen": listen})
    server.write("index.html", b"here")
    assert [listener.host for listener in server.listeners] == re.findall(r"[^ ,]+(?=:0)", listen)
    for listener in server.listeners:
        assert listener.scheme == ("https" if server.tls else "http") and listener.port > 0
        with Client(listener.address, tls=server.tls) as client:
            assert client.get("/").body == b"here"


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def test_signals_that_come_before_it_serves_do_not_end_it(tmp_path, config):
    """logrotate or a renewed certificate may meet a server that is just starting. A pipe as configuration holds it there."""
    text = config().read_text()
    pipe = tmp_path / "pipe.ini"
    os.mkfifo(pipe)
    with subprocess.Popen([BINARY, "--config", pipe], stdout=subprocess.PIPE) as process:
        with pipe.open("w") as writer:  # Returns when the server reads.
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGUSR1)
            writer.write(text)
        assert process.stdout.readline().startswith(b"listening on")
        process.terminate()
        assert process.wait(HANG) == 0


def test_config_ini_of_the_current_directory_is_read(tmp_path, config, site):
    config(site={"root": "site"})  # Relative to the file.
    serves_index(tmp_path, [], cwd=tmp_path, expected=b"<h1>here</h1>")


def test_paths_in_a_file_are_relative_to_the_file(tmp_path, config):
    path = config(site={"root": "site"})
    serves_index(tmp_path, ["--config", path], cwd="/", expected=b"<h1>here</h1>")


def test_paths_on_the_command_line_are_relative_to_the_current_directory(tmp_path, config):
    path = config()
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "public").mkdir(parents=True)
    (elsewhere / "public" / "index.html").write_text("elsewhere")
    serves_index(tmp_path, ["--config", path, "--set", "site.root=public"], cwd=elsewhere, expected=b"elsewhere")


def serves_index(directory, arguments, cwd, expected):
    with Bare(directory, arguments, cwd) as server:
        assert server.get("/").body == expected


class Bare(Server):
    """A server whose command line is all the test's own."""

    def __init__(self, directory, arguments, cwd):
        super().__init__(directory)
        self.command = [str(BINARY), *map(str, arguments)]
        self.cwd = cwd


def test_precedence_of_listen(tmp_path, config):
    path = config(server={"listen": "127.0.0.1:0"})
    with socket.create_server(("127.0.0.3", 0)) as taken:  # -p must win over this one, or starting fails.
        in_use = f"server.listen=127.0.0.3:{taken.getsockname()[1]}"
        with pytest.raises(StartFailure):
            with Bare(tmp_path, ["--config", path, "--set", in_use], "/"):
                pass
        with Bare(tmp_path, ["--config", path, "--set", in_use, "-p", "0"], "/") as server:
            assert server.listeners[0].port not in (0, taken.getsockname()[1])


def test_precedence_of_workers(tmp_path, config):
    """File, --set, short option: each wins over those before it. Counted in threads."""
    path = config(server={"workers": 2, "model": "proactor"}, log={"mode": "sync"})

    def has_workers(count, *arguments):
        with Bare(tmp_path, ["--config", path, *arguments], "/") as server:
            wait_until(lambda: server.process.workers() == count, f"{count} workers with {arguments}")

    has_workers(2)
    has_workers(4, "--set", "server.workers=4")
    has_workers(7, "--set", "server.workers=4", "-t", "7")
    has_workers(7, "-t", "7", "--set", "server.workers=4")


@pytest.mark.parametrize("option, listen_et, conn_et", [
    ("0", False, False), ("1", False, True), ("2", True, False), ("3", True, True),
])
def test_trigger_combinations_reach_epoll(tmp_path, config, option, listen_et, conn_et):
    """-m is listener + connections. The kernel's own list of what epoll watches tells the truth."""
    with Bare(tmp_path, ["--config", config(), "-m", option], "/") as server:
        for mask in server.process.epoll_events(listeners=True):
            assert bool(mask & EPOLLET) == listen_et
        with server.connect() as client:
            assert client.get("/").status == 200
            wait_until(lambda: server.process.epoll_events(listeners=False), "the idle connection is watched")
            for mask in server.process.epoll_events(listeners=False):
                assert bool(mask & EPOLLET) == conn_et
                assert mask & EPOLLONESHOT


@pytest.mark.parametrize("options", [["-l", "0"], ["-l", "1"], ["-c", "0"], ["-o", "0"], ["-o", "1"],
                                     ["-a", "0"], ["-t", "1"], ["-p", "0", "-m", "3", "-t", "2", "-l", "1", "-o", "1"]],
                         ids=" ".join)
def test_short_options_serve(tmp_path, config, options):
    serves_index(tmp_path, ["--config", config(), *options], cwd="/", expected=b"<h1>here</h1>")


def test_c_closes_the_logs(tmp_path, config):
    error_log, access_log = tmp_path / "error.log", tmp_path / "access.log"
    path = config(log={"file": error_log, "access": access_log})
    serves_index(tmp_path, ["--config", path, "-c", "1"], cwd="/", expected=b"<h1>here</h1>")
    for log in (error_log, access_log):
        assert not log.exists() or log.read_bytes() == b""
    serves_index(tmp_path, ["--config", path, "-c", "0"], cwd="/", expected=b"<h1>here</h1>")
    assert access_log.read_text().count("\n") == 1

"""--add-user and --remove-user, with standard input and with a terminal."""

import os
import pty
import select
import sqlite3
import subprocess

import pytest

from harness import BINARY, HANG

PASSWORD = "correct horse"


@pytest.fixture
def database(tmp_path):
    return tmp_path / "accounts.db"


@pytest.fixture
def pollux(database):
    """Runs the program with some standard input; what it says goes to (exit code, standard output, standard error)."""
    def run(*arguments, typed=PASSWORD + "\n"):
        result = subprocess.run([BINARY, *arguments, "--set", f"accounts.database=sqlite:{database}"], input=typed,
                                capture_output=True, text=True, timeout=HANG, check=False, cwd="/")
        return result.returncode, result.stdout, result.stderr
    return run


def names(database):
    with sqlite3.connect(database) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM pollux_users ORDER BY name")]


def test_add_and_remove(pollux, database):
    code, said, errors = pollux("--add-user", "Zo\u00eb")
    assert (code, errors) == (0, "") and "Zo\u00eb" in said
    pollux("--add-user", "anna")
    assert names(database) == ["Zo\u00eb", "anna"]
    code, _, errors = pollux("--add-user", "ZO\u00cb")
    assert code == 1 and "taken" in errors
    assert pollux("--remove-user", "zo\u00eb")[0] == 0
    assert names(database) == ["anna"]
    code, _, errors = pollux("--remove-user", "zo\u00eb")
    assert code == 1 and "no " in errors


@pytest.mark.parametrize("name, typed, reason", [
    ("anna", "", "no password"), ("anna", "short\n", "8 characters"), ("anna", "x" * 257 + "\n", "256"),
    ("anna", "x" * 1_000_000, "no password"), ("", PASSWORD + "\n", "empty"), ("a" * 33, PASSWORD + "\n", "32"),
    ("a\tb", PASSWORD + "\n", "character"),
], ids=["none", "short", "long", "endless", "no name", "long name", "tab"])
def test_refusals(pollux, name, typed, reason):
    code, said, errors = pollux("--add-user", name, typed=typed)
    assert code == 1 and said == "" and reason in errors, errors


def test_the_line_need_not_end(pollux, database):
    assert pollux("--add-user", "anna", typed=PASSWORD)[0] == 0
    assert names(database) == ["anna"]


@pytest.mark.parametrize("option", ["--add-user", "--remove-user"])
def test_no_database_is_made_by_accident(tmp_path, option):
    result = subprocess.run([BINARY, option, "anna"], input=PASSWORD, capture_output=True, text=True, timeout=HANG,
                            check=False, cwd=tmp_path)
    assert result.returncode == 1 and "which accounts?" in result.stderr, result
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_away():
    result = subprocess.run([BINARY, "--add-user", "anna", "--set", "accounts.database=mysql://u:sesame@127.0.0.1:1/n"],
                            input=PASSWORD, capture_output=True, text=True, timeout=HANG, check=False, cwd="/")
    assert result.returncode == 1
    assert "is away" in result.stderr and "sesame" not in result.stderr + result.stdout


def read_some(terminal):
    """What there is to be seen next; b"" at the end."""
    assert select.select([terminal], [], [], HANG)[0], "nothing comes any more"
    try:
        return os.read(terminal, 1000)
    except OSError:  # EIO: the other side is closed.
        return b""


def on_a_terminal(command, answers):
    """Answers each question, and returns the exit code and all that could be seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen = b""
    for question, answer in answers:
        while question not in seen:
            more = read_some(terminal)
            assert more, seen
            seen += more
        seen = seen.replace(question, b"")
        os.write(terminal, answer + b"\n")
    while more := read_some(terminal):
        seen += more
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


@pytest.mark.parametrize("again, code", [(PASSWORD, 0), ("another horse", 1)], ids=["twice the same", "two"])
def test_on_a_terminal_it_asks_twice_and_shows_nothing(database, again, code):
    command = [str(BINARY), "--add-user", "anna", "--set", f"accounts.database=sqlite:{database}"]
    result, seen = on_a_terminal(command, [(b"Password: ", PASSWORD.encode()), (b"Once more: ", again.encode())])
    assert result == code, seen
    assert b"horse" not in seen

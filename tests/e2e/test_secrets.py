"""What is left of passwords in the server's memory, and who may look there."""

import os
import re
import subprocess
import sys

import pytest

from harness import EACH_MODEL, SANITIZED
from patience import wait_until
from visitor import Visitor

# Without it, one process may look into another of the same user's unless that one forbids it.
UNPRIVILEGED = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
PASSWORDS = {"ada": "orange-giraffe-7413", "grace": "violet-hedgehog-2986", "mary": "x9-Zq.short"}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reads the memory of another process")


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


# Where the loader binds a function of a library at its first call, it saves the vector registers on the stack, and with
# them what was copied last: a password, perhaps. The service of systemd has this variable, too.
BIND_NOW = ("env", "LD_BIND_NOW=1")


def start(serve, tmp_path, accounts="on", wrap=(), **options):
    return serve(wrap=(*wrap, *BIND_NOW), accounts={"enabled": accounts, "database": f"sqlite:{tmp_path}/accounts.db"}, **options)


def places_of(text, pid):
    """Where it is in the memory of a process, by the names of the mappings."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            begin, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)", line).groups()
            if not rights.startswith("rw"):
                continue
            memory.seek(int(begin, 16))
            try:
                found += [name or "anonymous"] * memory.read(int(end, 16) - int(begin, 16)).count(text.encode())
            except OSError:  # Not to be read by anybody, as [vvar].
                continue
    return found


def gone(password, server):
    """A request is forgotten when its answer is sent, so an instant after that was read."""
    wait_until(lambda: not places_of(password, server.process.pid), f"{password} is not in memory any more")


@pytest.mark.skipif(SANITIZED, reason="what was freed is kept in quarantine")
def test_no_password_stays_in_memory(serve, tmp_path):
    server = start(serve, tmp_path)
    for name, password in PASSWORDS.items():
        visitor = Visitor(server)
        assert visitor.register(name, password).status == 303
        assert visitor.log_in(name, password).status == 303
        assert visitor.log_in(name, password + "?").status == 401
        new = {"action": "password", "password": password, "new_password": password + "!"}
        assert visitor.post("/account", new).status == 200
    assert places_of("status.json", server.process.pid), "what is searched for is found where it is"
    for password in PASSWORDS.values():
        gone(password, server)


def test_a_long_request_leaves_nothing_either(serve, tmp_path):
    """Its head does not fit into the buffer that the first read gets."""
    server = start(serve, tmp_path)
    visitor = Visitor(server)
    for octets in (1000, 1900, 4000):
        visitor.cookies["pad"] = "x" * octets
        password = f"crimson-octopus-{octets}"
        visitor.register(f"user{octets}", password)
        if not SANITIZED:
            gone(password, server)


@pytest.mark.parametrize("accounts, dumps", [("on", "off"), ("off", "off"), ("on", "on")])
def test_others_may_not_look_where_there_are_secrets(serve, tmp_path, mode, accounts, dumps):
    """Passwords and private keys, unless core dumps are asked for."""
    server = start(serve, tmp_path, accounts, wrap=UNPRIVILEGED, server={"core_dumps": dumps})
    has_secrets = accounts == "on" or mode.tls
    look = "import sys; open(f'/proc/{sys.argv[1]}/mem', 'rb')"
    looked = subprocess.run([*UNPRIVILEGED, sys.executable, "-c", look, str(server.process.pid)], capture_output=True)
    assert (looked.returncode != 0) == (has_secrets and dumps == "off"), looked.stderr

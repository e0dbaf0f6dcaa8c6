"""The database behind accounts: shared, away, stopped, killed, stolen. A real MariaDB, and SQLite where it matters."""

import re
import threading

import pytest

from harness import FIRST_OF_MODEL, HANG, in_parallel, wait_until
from visitor import PASSWORD, Visitor

CLIENTS = 4


@pytest.fixture(autouse=True)
def one_mode_of_each_model(mode):
    if mode not in FIRST_OF_MODEL:
        pytest.skip("the modes differ in nothing that a database sees")


@pytest.fixture
def start(serve, mariadb):
    """Starts servers on one and the same database."""
    database = mariadb.new_database()

    def started():
        server = serve(accounts={"enabled": "on", "database": database}, site={"protected": "/members/"})
        server.write("hello.txt", b"for all")
        server.write("members/secret.txt", b"for members")
        return server

    started.database = database.rpartition("/")[2]
    return started


@pytest.fixture
def stopped(mariadb):
    """Stops the database server with SIGSTOP; it goes on when the test is over, if not before."""
    yield mariadb.stop
    mariadb.go_on()


def test_servers_share_sessions(start):
    here, there = start(), start()
    ada = Visitor(here)
    assert ada.register("Ada").status == 303
    ada.server = there
    assert ada.get("/members/secret.txt").body == b"for members"
    assert ada.post("/logout", {}).status == 303
    taken = Visitor(here)
    assert taken.register("ADA").status == 409
    old = Visitor(here)
    old.log_in("Ada")
    copy = Visitor(there)
    copy.cookies = dict(old.cookies)
    assert (old.get("/welcome").status, copy.get("/welcome").status) == (200, 200)
    cookies = dict(copy.cookies)
    assert copy.post("/logout", {}).status == 303
    old.cookies = cookies
    assert old.get("/welcome").status == 303
    assert old.get("/members/secret.txt").status == 303


def test_what_a_thief_of_the_database_has(start, mariadb):
    server = start()
    ada = Visitor(server)
    ada.register("Ada")
    users = mariadb.query("SELECT name, password FROM pollux_users", start.database)
    sessions = mariadb.query("SELECT token FROM pollux_sessions", start.database)
    assert users[0][0] == "Ada" and users[0][1].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    stolen = str(users) + str(sessions) + sessions[0][0].hex()
    assert PASSWORD not in stolen
    thief = Visitor(server)
    for name, token in ada.cookies.items():
        assert token not in stolen
        for guess in (sessions[0][0].hex(), sessions[0][0].hex()[:43], token[:-1] + "_", token[:-1]):
            thief.cookies = {name: guess}
            assert thief.get("/members/secret.txt").status == (200 if guess == token else 303)


def test_sqlite_keeps_no_secret_and_outlives_the_server(serve, tmp_path):
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"}}
    ada = Visitor(serve(**sections))
    ada.register("Ada")
    files = list(tmp_path.glob("accounts.db*"))
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    stored = b"".join(path.read_bytes() for path in files)
    assert PASSWORD.encode() not in stored and b"$argon2id$" in stored
    for token in ada.cookies.values():
        assert token.encode() not in stored
    ada.server = serve(**sections)
    assert ada.get("/welcome").status == 200


def test_absent_at_start(start, mariadb):
    mariadb.kill()
    try:
        server = start()
        visitor = Visitor(server, patient=False)
        assert visitor.get("/login").status == 200  # Nobody needs a database for that.
        answer = visitor.register("Ada")
        assert answer.status == 503 and int(answer["Retry-After"]) >= 1
        assert "cannot be reached" in answer.body.decode()
        assert visitor.get("/hello.txt").body == b"for all"
        log = server.directory / "pollux.log"
        wait_until(lambda: "database" in log.read_text(), "the log says that the database is away")
        for _ in range(5):
            assert visitor.register("Ada").status == 503
        assert len(re.findall(r"\[(?:warn|error)\].*database", log.read_text())) == 1, log.read_text()
    finally:
        mariadb.start()
    wait_until(lambda: visitor.register("Ada").status == 303, "the accounts recover")
    assert visitor.get("/members/secret.txt").body == b"for members"


def test_stopped_it_holds_up_nobody(start, mariadb, stopped):
    """While it stands still, pages of accounts answer 503, those in the queue, too, and files are served."""
    server = start()
    ada = Visitor(server)
    assert ada.register("Ada").status == 303
    stopped()
    asked = threading.Event()

    def visit(_):
        member = Visitor(server, patient=False)
        member.cookies = dict(ada.cookies)
        asked.set()
        return [member.get("/members/secret.txt")]

    def read_files(_):
        assert asked.wait(HANG)
        with server.connect() as client:
            return [client.get("/hello.txt") for _ in range(200)]

    results = in_parallel(25, lambda index: visit(index) if index < 24 else read_files(index))
    for (answer,) in results[:24]:
        assert answer.status == 503 and int(answer["Retry-After"]) >= 1
    assert {(answer.status, answer.body) for answer in results[24]} == {(200, b"for all")}
    mariadb.go_on()
    wait_until(lambda: ada.get("/members/secret.txt").status == 200, "the pool heals")


def test_killed_in_mid_load(start, mariadb):
    """No request hangs, no registration that was acknowledged is lost, and the pool heals."""
    server = start()
    over, runs = threading.Event(), threading.Event()
    runs.set()
    acknowledged = []

    def register(index):
        count = 0
        while not over.is_set():
            visitor = Visitor(server, patient=False)
            name = f"user {index} {count}"
            answer = visitor.register(name)
            assert answer.status in (303, 503), answer.status
            if answer.status == 303:
                acknowledged.append(name)
            else:
                assert runs.wait(HANG)
            count += 1

    def kill_and_start(_):
        for _ in range(2):
            enough = len(acknowledged) + 5
            wait_until(lambda: len(acknowledged) >= enough, "registrations go on")
            runs.clear()
            mariadb.kill()
            mariadb.start()
            runs.set()
        enough = len(acknowledged) + 5
        wait_until(lambda: len(acknowledged) >= enough, "the pool heals")

    def work(index):
        try:
            (register if index < CLIENTS else kill_and_start)(index)
        finally:
            if index == CLIENTS:
                over.set()
                runs.set()

    in_parallel(CLIENTS + 1, work)
    stored = {name for (name,) in mariadb.query("SELECT name FROM pollux_users", start.database)}
    assert set(acknowledged) <= stored

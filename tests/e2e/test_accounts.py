"""Accounts through the door: register, log in, members' files, log out; as a browser without a script would.

A Visitor keeps cookies and fills in the forms it was given. The database is SQLite, in the server's own folder.
"""

import re
from urllib.parse import urlencode

import pytest

from harness import in_parallel, request

PASSWORD = "correct horse"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
def members(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"},
                   site={"root": tmp_path / "site", "protected": "/members/"})
    server.write("hello.txt", b"for all")
    server.write("members/secret.txt", b"0123456789")
    server.write("members/index.html", b"<p>inside</p>")
    return server


class Visitor:
    """A browser's worth of cookies, on connections that are kept."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}

    def ask(self, method, path, *fields, body=None):
        if self.cookies:
            fields += ("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()),)
        with self.server.connect() as client:
            client.send(request(method, path, *fields, body=body))
            answer = client.read_response(method)
        for line in answer.all("Set-Cookie"):
            self.keep(line)
        return answer

    def keep(self, line):
        assert "; HttpOnly" in line and "; SameSite=Lax" in line and "; Path=/" in line
        assert ("; Secure" in line) == bool(self.server.tls)
        name, _, value = line.partition(";")[0].partition("=")
        assert name.startswith("__Host-") == bool(self.server.tls)
        if "Max-Age=0" in line:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, *fields):
        return self.ask("GET", path, *fields)

    def csrf(self, path):
        return re.search(rb'name="csrf" value="([^"]+)"', self.get(path).body)[1].decode()

    def post(self, path, form):
        return self.ask("POST", path, FORM, body=urlencode({"csrf": self.csrf(path), **form}).encode())

    def register(self, user, password=PASSWORD):
        return self.post("/register", {"user": user, "password": password})

    def log_in(self, user, password=PASSWORD, **form):
        return self.post("/login", {"user": user, "password": password, **form})


def text_of(answer):
    return answer.body.decode()


def test_the_journey(members):
    ada = Visitor(members)
    assert ada.get("/members/secret.txt")["Location"] == "/login?next=%2Fmembers%2Fsecret.txt"

    registered = ada.register("Ada Lovelace")
    assert (registered.status, registered["Location"]) == (303, "/welcome")
    assert "Hello, <strong>Ada Lovelace</strong>" in text_of(ada.get("/welcome"))
    secret = ada.get("/members/secret.txt")
    assert (secret.status, secret.body, secret["Cache-Control"]) == (200, b"0123456789", "no-store")

    out = ada.post("/logout", {})
    assert (out.status, out["Location"]) == (303, "/")
    assert ada.get("/members/secret.txt").status == 303

    wrong = ada.log_in("Ada Lovelace", "wrong horse")
    assert wrong.status == 401 and "WWW-Authenticate" in wrong
    assert 'value="Ada Lovelace"' in text_of(wrong) and "wrong horse" not in text_of(wrong)
    back = ada.log_in("ada lovelace", next="/members/secret.txt")
    assert (back.status, back["Location"]) == (303, "/members/secret.txt")
    assert ada.get("/members/secret.txt").status == 200


@pytest.mark.parametrize("user, password, status, says", [
    ("", PASSWORD, 422, "The name is empty."),
    ("a" * 33, PASSWORD, 422, "The name has more than 32 characters."),
    (" a", PASSWORD, 422, "The name begins or ends with a space"),
    ("a\u202eb", PASSWORD, 422, "The name has a character that is invisible"),
    ("a\nb", PASSWORD, 422, "The name has a character that is invisible"),
    ("ok", "short", 422, "The password has fewer than 8 characters."),
    ("ok", "x" * 300, 422, "The password has more than 256 octets."),
    ("taken", PASSWORD, 409, "Somebody has this name already."),
    ("TAKEN", PASSWORD, 409, "Somebody has this name already."),
    ("' OR 1=1 --", PASSWORD, 303, ""),
    ("<script>alert(1)</script>", PASSWORD, 303, ""),
    ("\u5f20\u4f1f", PASSWORD, 303, ""),
])
def test_registration(members, user, password, status, says):
    assert Visitor(members).register("taken").status == 303
    visitor = Visitor(members)
    answer = visitor.register(user, password)
    assert answer.status == status
    assert says in text_of(answer)
    if status == 303:
        page = text_of(visitor.get("/welcome"))
        assert "<script>" not in page and "Hello, <strong>" in page
    elif user.isprintable():
        assert password not in text_of(answer) and f'value="{user}"' in text_of(answer)


@pytest.mark.parametrize("path", ["/members/secret.txt", "//members/secret.txt", "/%6dembers/secret.txt", "/members/",
                                  "/members", "/x/../members/secret.txt", "/members/./secret.txt", "/members//secret.txt"])
def test_members_only_however_it_is_written(members, path):
    stranger = Visitor(members)
    for method in ("GET", "HEAD"):
        answer = stranger.ask(method, path, "Range: bytes=0-3")
        assert answer.status == 303 and b"0123" not in answer.body, method
    for method in ("POST", "PUT", "OPTIONS"):
        assert stranger.ask(method, path, body=b"").status in (401, 405), method
    stranger.cookies = {"session": "A" * 43, "__Host-session": "A" * 43}
    assert stranger.get(path).status == 303


def test_members_files_have_ranges_and_conditions(members):
    ada = Visitor(members)
    ada.register("Ada")
    part = ada.get("/members/secret.txt", "Range: bytes=2-4")
    assert (part.status, part.body) == (206, b"234")
    tag = ada.get("/members/secret.txt")["ETag"]
    assert ada.get("/members/secret.txt", f"If-None-Match: {tag}").status == 304
    assert ada.get("/members/none.txt").status == 404
    assert ada.get("/members")["Location"] == "/members/"


@pytest.mark.parametrize("next_page, location", [
    ("/members/", "/members/"), ("", "/welcome"), ("//evil.test/", "/welcome"), ("https://evil.test/", "/welcome"),
    ("/\\evil.test", "/welcome"), ("/a\r\nSet-Cookie: x=y", "/welcome")])
def test_log_in_leads_nowhere_else(members, next_page, location):
    Visitor(members).register("Ada")
    assert Visitor(members).log_in("Ada", next=next_page)["Location"] == location


def test_a_form_of_another_site_does_nothing(members):
    ada, other = Visitor(members), Visitor(members)
    form = urlencode({"user": "Eve", "password": PASSWORD, "csrf": other.csrf("/register")}).encode()
    assert ada.ask("POST", "/register", FORM, body=form).status == 403  # No cookie yet.
    ada.get("/register")
    assert ada.ask("POST", "/register", FORM, body=form).status == 403  # Another one's.
    assert ada.ask("POST", "/register", body=form).status == 415
    assert ada.ask("POST", "/register", FORM, body=b"user=%zz").status == 400
    assert ada.ask("DELETE", "/register").status == 405
    assert ada.register("Eve").status == 303  # Nobody had the name.


def test_a_new_password_ends_the_other_sessions(members):
    here, there = Visitor(members), Visitor(members)
    here.register("Ada")
    there.log_in("Ada")
    assert "<dd>2</dd>" in text_of(here.get("/account"))
    change = {"action": "password", "password": "wrong horse", "new_password": "battery staple"}
    refused = here.post("/account", change)
    assert refused.status == 422 and "This is not your password." in text_of(refused)
    assert here.post("/account", {**change, "password": PASSWORD, "new_password": "short"}).status == 422
    assert "The password is changed." in text_of(here.post("/account", {**change, "password": PASSWORD}))
    assert here.get("/welcome").status == 200
    assert there.get("/welcome").status == 303
    assert there.log_in("Ada").status == 401
    assert there.log_in("Ada", "battery staple").status == 303
    assert here.post("/account", {"action": "everywhere"})["Location"] == "/"
    assert (here.get("/welcome").status, there.get("/welcome").status) == (303, 303)


def test_guessing_is_slowed_down(members):
    Visitor(members).register("Ada")
    guesser = Visitor(members)
    statuses = [guesser.log_in("Ada", f"guess number {number}").status for number in range(12)]
    assert statuses[:10] == [401] * 10
    assert statuses[-1] == 429
    late = guesser.log_in("Ada")
    assert late.status == 429 and int(late["Retry-After"]) >= 1
    assert "Please wait" in text_of(late)


def test_two_hundred_want_one_name(members):
    visitors = [Visitor(members) for _ in range(40)]
    statuses = in_parallel(40, lambda index: [visitors[index].register("Ada").status for _ in range(5)])
    found = [status for each in statuses for status in each]
    assert found.count(303) == 1
    assert set(found) <= {303, 409, 503}


def test_sessions_outlive_the_server_and_the_file_gives_none(serve, tmp_path):
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"}}
    ada = Visitor(serve(**sections))
    ada.register("Ada")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.db*"))
    assert PASSWORD.encode() not in stored and b"$argon2id$" in stored
    for token in ada.cookies.values():
        assert token.encode() not in stored
    ada.server = serve(**sections)
    assert ada.get("/welcome").status == 200


def test_while_the_database_is_away_files_are_served(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": "mysql://a:b@127.0.0.1:1/none"})
    server.write("hello.txt", b"for all")
    visitor = Visitor(server)
    assert visitor.get("/login").status == 200
    answer = visitor.register("Ada")
    assert answer.status == 503 and int(answer["Retry-After"]) >= 1
    assert "cannot be reached" in text_of(answer)
    assert visitor.get("/hello.txt").body == b"for all"


def test_without_accounts_there_are_no_pages(serve):
    server = serve(accounts={"enabled": "off"})
    for path in ("/login", "/register", "/account", "/welcome", "/logout"):
        assert Visitor(server).get(path).status == 404

"""Accounts through the door: register, log in, members' files, log out; on SQLite and on MariaDB."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import urlencode

import pytest

from harness import FIRST_OF_MODEL, in_parallel, wait_until
from visitor import FORM, PASSWORD, Visitor
from websocket_client import TEXT, WebSocket, frame


@pytest.fixture(autouse=True)
def one_mode_of_each_model(mode):
    if mode not in FIRST_OF_MODEL:
        pytest.skip("triggers have nothing to do with it")


@pytest.fixture(params=("sqlite", "mysql"))
def database(request, mode, tmp_path):
    """The address of an empty one."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/accounts.db"
    if mode is not FIRST_OF_MODEL[0]:
        pytest.skip("the models differ in nothing that a database sees")
    return request.getfixturevalue("mariadb").new_database()


@pytest.fixture
def members(serve, tmp_path, database):
    server = serve(accounts={"enabled": "on", "database": database},
                   site={"root": tmp_path / "site", "protected": "/members/"})
    server.write("hello.txt", b"for all")
    server.write("members/secret.txt", b"0123456789")
    server.write("members/index.html", b"<p>inside</p>")
    return server


def test_wrong_passwords_of_one_client_of_a_proxy_keep_no_other_out(serve, tmp_path):
    server = serve(server={"trusted_proxies": "127.0.0.1"}, accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"})
    visitor = Visitor(server)
    form = urlencode({"csrf": visitor.csrf("/login"), "user": " no name ", "password": "wrong horse"}).encode()

    def guess(address):
        return visitor.ask("POST", "/login", FORM, f"X-Forwarded-For: 203.0.113.5, {address}", body=form).status

    assert any(guess("192.0.2.1") == 429 for _ in range(300))
    assert guess("192.0.2.2") == 401


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


REGISTRATIONS = (
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
    ("'; DROP TABLE x--", PASSWORD, 303, ""),
    ("\\' OR 1=1 #", PASSWORD, 303, ""),
    ("100%_", PASSWORD, 303, ""),
    ("<script>alert(1)</script>", PASSWORD, 303, ""),
    ("\u5f20\u4f1f", PASSWORD, 303, ""),
    ("\U0001f996", "\U0001f996" * 8, 303, ""),
)


def test_pages_say_who_is_logged_in_and_lead_where_the_start_page_does(members):
    guest, ada = Visitor(members), Visitor(members)
    own_links = '<a href="/welcome">Members</a>'
    assert own_links in text_of(guest.get("/login")), "the site has no start page"
    members.write("index.html", b'<nav><ul><li><a href="/shop/">Shop</a></ul></nav>')
    name = 'Ada "<b>"'
    ada.register(name)
    # What the cache knows of the start page is a second old at most.
    wait_until(lambda: "Shop" in text_of(guest.get("/login")), "the start page is seen")
    for path in ("/login", "/register", "/logout", "/welcome", "/account"):
        page = text_of(ada.get(path))
        assert '<li><a href="/shop/">Shop</a></li>' in page and own_links not in page, path
        assert '<p class="member"><a href="/account">Ada &quot;&lt;b&gt;&quot;</a></p>' in page, path
    assert '<p class="member"><a href="/login">Log in</a></p>' in text_of(guest.get("/register"))


def test_scripts_learn_who_is_logged_in(members):
    guest, ada = Visitor(members), Visitor(members)
    name = 'Ad\u00e4 "A"'
    ada.register(name)
    for visitor, user in ((guest, None), (ada, name)):
        answer = visitor.get("/member.json")
        assert (answer.status, answer["Cache-Control"], answer["Content-Type"]) == (200, "no-store", "application/json")
        assert json.loads(answer.body) == {"user": user}
    ada.post("/logout", {})
    assert json.loads(ada.get("/member.json").body) == {"user": None}
    assert guest.ask("POST", "/member.json").status == 405


@pytest.mark.parametrize("path", ["/app/members", "/app/members/", "/app/members/secret.txt"])
def test_no_rewrite_leads_a_stranger_in(serve, tmp_path, path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/a.db"}, site={"protected": "/members/"})
    server.write("members/index.html", b"secret")
    server.write("members/secret.txt", b"secret")
    server.write("_redirects", b"/app/* /:splat 200\n")
    ada = Visitor(server)
    wait_until(lambda: ada.get(path).status != 404, "the rule is read")
    answer = ada.get(path)
    assert (answer.status, answer["Location"]) == (302, path.removeprefix("/app"))
    assert ada.get(answer["Location"])["Location"].startswith("/login")


def test_the_start_page_of_members_is_told_nobody(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/a.db"}, site={"protected": "/"})
    server.write("index.html", b'<nav><ul><li><a href="/secret/">Secret</a></ul></nav>')
    assert "Secret" not in text_of(Visitor(server).get("/login"))


def test_what_strangers_find_in_place_of_the_status_pages_is_protected_as_well(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/a.db"}, site={"protected": "/"},
                   status={"allow": "192.0.2.7"})
    server.write("live/secret.txt", b"secret")
    server.write("metrics", b"secret")
    ada = Visitor(server)
    for path in ("/live/secret.txt", "/metrics"):
        assert ada.get(path)["Location"].startswith("/login"), path
    ada.register("Ada")
    for path in ("/live/secret.txt", "/metrics"):
        assert ada.get(path).body == b"secret", path


def test_the_chat_names_members(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/a.db"}, site={"chat": "on"})
    ada = Visitor(server)
    ada.register("Ada")
    session = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    with (WebSocket(server, "/ws/chat", fields=(f"Cookie: {session}",)) as member,
          WebSocket(server, "/ws/chat", fields=("Cookie: session=" + 43 * "A",)) as guest):
        assert heard(member, "you")["name"] == "Ada"
        assert "name" not in heard(guest, "you")
        member.send(frame(TEXT, b"hello"))
        said = heard(guest, "text")
        assert (said["name"], said["text"]) == ("Ada", "hello")
        guest.send(frame(TEXT, b"hello Ada"))
        assert "name" not in heard(guest, "text")


def heard(client, member):
    """The next message that has this member."""
    while True:
        message = json.loads(client.read_message()[1])
        if member in message:
            return message


def test_registration(members):
    assert Visitor(members).register("taken").status == 303
    for user, password, status, says in REGISTRATIONS:
        visitor = Visitor(members)
        answer = visitor.register(user, password)
        assert answer.status == status, user
        assert says in text_of(answer), user
        if status == 303:
            page = text_of(visitor.get("/welcome"))
            assert f"Hello, <strong>{user}</strong>" in unescape(page) and "<script>" not in page
            assert Visitor(members).log_in(user, password).status == 303
        elif user.isprintable():
            assert password not in text_of(answer) and f'value="{user}"' in text_of(answer)


def test_what_is_no_form(members):
    """Octets that are not UTF-8, fields twice, a field without end: an answer, and the server goes on."""
    ada = Visitor(members)
    csrf = ada.csrf("/register").encode()
    for body, status in (
            (b"csrf=" + csrf + b"&user=%ff%fe&password=" + b"x" * 8, 422),
            (b"csrf=" + csrf + b"&user=Ada&password=" + b"%ff" * 8, 422),
            (b"csrf=" + csrf, 422),
            (b"csrf=" + csrf + b"&user=Ada&password=" + b"x" * 10_000, 422),
            (b"csrf=" + csrf + b"&user=" + b"x" * 10_000, 422),
            (b"\0" * 1000, 400), (b"user=a%00b", 400), (b"=&=&=", 403), (b"", 403), (b"csrf", 403), (b"%", 400)):
        assert ada.ask("POST", "/register", FORM, body=body).status == status, body[:80]
    for octets in (20_000, 1_100_000):  # A form is refused at its head, long before limits.body.
        assert ada.ask("POST", "/register", FORM, body=b"x" * octets).status == 413
    assert ada.register("Ada").status == 303


MEMBERS_PATHS = ("/members/secret.txt", "//members/secret.txt", "/%6dembers/secret.txt", "/members/", "/members",
                 "/x/../members/secret.txt", "/members/./secret.txt", "/members//secret.txt")


def test_members_only_however_it_is_written(members):
    for path in MEMBERS_PATHS:
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


NEXT_PAGES = (
    ("/members/", "/members/"), ("", "/welcome"), ("//evil.test/", "/welcome"), ("https://evil.test/", "/welcome"),
    ("/\\evil.test", "/welcome"), ("/a\r\nSet-Cookie: x=y", "/welcome"))


def test_log_in_leads_nowhere_else(members):
    Visitor(members).register("Ada")
    for next_page, location in NEXT_PAGES:
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


def test_log_ins_do_not_keep_members_from_their_pages(members):
    """Hashing has threads and a queue of its own: a page that only looks a session up waits for none of it."""
    ada = Visitor(members)
    assert ada.register("Ada").status == 303
    enough = threading.Event()

    def log_in_again_and_again(_index):
        visitor = Visitor(members, patient=False)
        statuses = set()
        while not enough.is_set():
            statuses.add(visitor.log_in("Ada").status)
        return statuses

    def look_at_pages():
        try:
            return [ada.ask_once("GET", "/welcome").status for _ in range(15)]
        finally:
            enough.set()

    with ThreadPoolExecutor(1) as looking:
        pages = looking.submit(look_at_pages)
        statuses = set().union(*in_parallel(64, log_in_again_and_again))
        assert pages.result() == [200] * 15
    assert statuses <= {303, 429, 503}


def test_without_accounts_there_are_no_pages(serve):
    server = serve(accounts={"enabled": "off"})
    for path in ("/login", "/register", "/account", "/welcome", "/logout"):
        assert Visitor(server).get(path).status == 404

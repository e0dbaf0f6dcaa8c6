"""Who may see what: [auth], Basic-Auth of _headers, [cors]."""

import base64
import contextlib
import os

import pytest

from harness import FIRST_OF_MODEL, Server, request, wait_until


def crypt(password, salt):
    """crypt(3), which Python will not have for ever."""
    import ctypes
    import ctypes.util
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password, salt).decode()


def htpasswd(**passwords):
    lines = ["# who may come in"]
    for user, password in passwords.items():
        lines.append(f"{user}:{crypt(password.encode(), b'$2y$04$abcdefghijklmnopqrstuu')}")
    return "\n".join(lines) + "\n"


def authorization(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    passwords = module_directory / "htpasswd"
    passwords.write_text(htpasswd(ada="sesame", bob="pässword"))
    server = Server(module_directory, mode=mode, site={"listing": "on", "clean_urls": "on"}, **{
        "auth /team/*": {"file": passwords, "realm": 'The "team"'},
        "auth /page.html": {"file": passwords},
        "cors /api/*": {"origins": "https://a.test, https://b.test", "methods": "GET, PUT", "headers": "X-One",
                        "max_age": "1h", "credentials": "on"},
        "cors /open/*": {"origins": "*"},
    })
    server.write("index.html", b"start")
    server.write("team/index.html", b"team")
    server.write("team/plan.txt", b"plan")
    server.write("team/files/a.txt", b"within")
    server.write("plain/secret.txt", b"secret")
    server.write("api/data.json", b"{}")
    server.write("open/data.json", b"{}")
    server.write("page.html.gz", b"page")
    server.write("one.txt.br", b"one")
    server.write("_headers", b"/plain/*\n  Basic-Auth: carl:pass dora:word\n/one.txt\n  Basic-Auth: carl:pass\n"
                             b"/team/*\n  CDN-Cache-Control: max-age=60\n")
    server.write("_redirects", b"/short /team/plan.txt 200\n/team/old /team/plan.txt 301\n")
    with server:
        yield server


@pytest.mark.parametrize("target, inside", [
    ("/team/", b"team"), ("/team/plan.txt", b"plan"), ("/team/files/a.txt", b"within"), ("/short", b"plan"),
    ("/%74eam//plan.txt", b"plan"),
])
def test_a_password_is_wanted(server, target, inside):
    refused = server.get(target)
    assert refused.status == 401
    assert refused["WWW-Authenticate"] == 'Basic realm="The \\"team\\"", charset="UTF-8"'
    assert inside not in refused.body
    for user, password in (("ada", "sesame"), ("bob", "pässword")):
        for _ in range(2):
            let_in = server.get(target, authorization(user, password))
            assert (let_in.status, let_in.body) == (200, inside)
            assert "public" not in let_in["Cache-Control"] and "private" in let_in["Cache-Control"]


@pytest.mark.parametrize("target", ["/team/missing", "/team/old", "/team/files/", "/team/plan"])
def test_what_is_not_there_is_guarded_as_well(server, target):
    assert server.get(target).status == 401


@pytest.mark.parametrize("fields", [
    [authorization("ada", "Sesame")], [authorization("eve", "sesame")], [authorization("ada", "")],
    [authorization("", "sesame")], ["Authorization: Basic"], ["Authorization: Basic !!!!"],
    ["Authorization: Bearer abc"], ["Authorization: Basic " + "A" * 6000],
    [authorization("ada", "sesame"), authorization("ada", "sesame")],
])
def test_wrong_credentials(server, fields):
    assert server.get("/team/plan.txt", *fields).status == 401


def test_plain_passwords_of_headers(server):
    assert server.get("/plain/secret.txt").status == 401
    assert server.get("/plain/secret.txt", authorization("carl", "word")).status == 401
    assert server.get("/plain/secret.txt", authorization("dora", "word")).body == b"secret"
    assert server.get("/_headers").status == 404


def test_a_compressed_sibling_is_guarded_like_its_file(server):
    assert server.get("/page.html.gz").status == 401
    assert server.get("/page.html.gz", authorization("ada", "sesame")).body == b"page"
    assert server.get("/one.txt.br").status == 401
    assert server.get("/one.txt.br", authorization("carl", "pass")).body == b"one"


def test_no_shared_cache_is_told_to_keep_what_is_guarded(server):
    let_in = server.get("/team/plan.txt", authorization("ada", "sesame"))
    assert "private" in let_in["Cache-Control"] and "CDN-Cache-Control" not in let_in


def test_the_rest_is_open(server):
    assert server.get("/").status == 200


def test_guessing_is_throttled_and_the_file_is_read_again(tmp_path, mode):
    passwords = tmp_path / "htpasswd"
    passwords.write_text(htpasswd(ada="sesame"))
    with Server(tmp_path, mode=mode, **{"auth /*": {"file": passwords}}) as server:
        server.write("a.txt", b"a")
        assert server.get("/a.txt", authorization("ada", "sesame")).status == 200
        passwords.write_text(htpasswd(ada="other"))
        wait_until(lambda: server.get("/a.txt", authorization("ada", "sesame")).status == 401, "the old password is void")
        assert server.get("/a.txt", authorization("ada", "other")).status == 200
        statuses = [server.get("/a.txt", authorization("eve", f"guess {i}")) for i in range(12)]
        assert [response.status for response in statuses[:10]] == [401] * 10
        assert statuses[-1].status == 429 and int(statuses[-1]["Retry-After"]) >= 1
        assert server.get("/a.txt", authorization("ada", "other")).status == 200


def fill_the_queue_of_passwords(server, stack):
    """Guesses until every thread that hashes has one, and so has the one place before them."""
    for guess in range(100):
        blocking = server.status()["blocking"]
        if blocking["busy"] >= len(os.sched_getaffinity(0)) and blocking["queued"] == 1:
            return
        client = stack.enter_context(server.connect())
        client.send(request("GET", "/team/plan.txt", authorization(f"user{guess}", "wrong")))
    raise AssertionError(f"it is never full: {blocking}")


def test_a_flood_of_wrong_passwords_keeps_nobody_from_what_takes_no_hash(tmp_path, mode):
    passwords = tmp_path / "htpasswd"
    passwords.write_text(f"ada:{crypt(b'sesame', b'$2y$13$abcdefghijklmnopqrstuu')}\n")
    server = Server(tmp_path, mode=mode, site={"listing": "on"}, limits={"blocking_queue": 1},
                    **{"auth /team/*": {"file": passwords}})
    server.write("team/plan.txt", b"plan")
    server.write("files/a.txt", b"a")
    server.write("_redirects", b"/short /team/plan.txt 200\n")
    with server, contextlib.ExitStack() as stack:
        assert server.get("/short", authorization("ada", "sesame")).body == b"plan"
        fill_the_queue_of_passwords(server, stack)
        assert server.get("/files/").status == 200
        assert server.get("/short", authorization("ada", "sesame")).body == b"plan"


@pytest.mark.parametrize("guarded", ["/", "/index.html", "of the configuration"])
def test_the_links_of_a_guarded_start_page_are_on_no_other(tmp_path, mode, guarded):
    sections = {"accounts": {"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"}}
    if guarded == "of the configuration":
        passwords = tmp_path / "htpasswd"
        passwords.write_text(htpasswd(ada="sesame"))
        sections["auth /*"] = {"file": passwords}
    server = Server(tmp_path, mode=mode, **sections)
    server.write("index.html", b'<nav><ul><li><a href="/plans">Plans</a></ul></nav>')
    if "auth /*" not in sections:
        server.write("_headers", f"{guarded}\n  Basic-Auth: ada:sesame\n".encode())
    with server:
        assert server.get("/").status == 401
        page = server.get("/login")
        assert page.status == 200 and b"/plans" not in page.body


@pytest.mark.parametrize("text, problem", [
    ("ada:$apr1$salt$aaaaaaaaaaaaaaaaaaaaaa\n", "has no user"),
    ("", "has no user"),
])
def test_a_password_file_that_cannot_be_used(tmp_path, text, problem):
    (tmp_path / "htpasswd").write_text(text)
    server = Server(tmp_path, **{"auth /*": {"file": tmp_path / "htpasswd"}})
    with pytest.raises(AssertionError, match=problem):
        server.__enter__()


def test_a_path_that_is_a_directory_alone_is_warned_of(tmp_path):
    (tmp_path / "site" / "team").mkdir(parents=True)
    passwords = tmp_path / "htpasswd"
    passwords.write_text(htpasswd(ada="sesame"))
    with Server(tmp_path, **{"auth /team": {"file": passwords}}) as server:
        assert "[auth /team]: this is a directory, and what lies in it is not guarded" in server.errors()


def test_a_guard_for_one_host_name_is_warned_of(tmp_path):
    passwords = tmp_path / "htpasswd"
    passwords.write_text(htpasswd(ada="sesame"))
    with Server(tmp_path, **{"auth https://a.test/team/*": {"file": passwords}}) as server:
        server.write("team/a", b"a")
        assert "[auth https://a.test/team/*]: [site] serves the same files without a password as" in server.errors()
        assert (server.get("/team/a", host="a.test").status, server.get("/team/a", host="b.test").status) == (401, 200)


def test_another_directory_brings_its_guards_along(tmp_path, mode):
    """The first file of a new site is served by the new site's rules."""
    for name, text in (("old/a", "old"), ("new/team/plan", "plan"), ("new/_headers", "/team/*\n  Basic-Auth: a:b\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "www").symlink_to("old")
    with Server(tmp_path, mode=mode, site={"root": tmp_path / "www"}) as server:
        statuses = [server.get("/team/plan").status]
        (tmp_path / "next").symlink_to("new")
        (tmp_path / "next").rename(tmp_path / "www")

        def is_there():
            statuses.append(server.get("/team/plan").status)
            return statuses[-1] != 404
        wait_until(is_there, "the new site is served")
        assert set(statuses) == {404, 401}


def test_a_section_without_a_password_file_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="there is no file"):
        Server(tmp_path, **{"auth /*": {}}).__enter__()


def test_a_password_file_within_the_site_is_refused(tmp_path):
    (tmp_path / "site").mkdir()
    passwords = tmp_path / "site" / "htpasswd"
    passwords.write_text(htpasswd(ada="sesame"))
    with pytest.raises(AssertionError, match="lies within site.root"):
        Server(tmp_path, **{"auth /*": {"file": passwords}}).__enter__()


# -- [cors]


def test_preflight(server):
    ask = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: X-One")
    with server.connect() as client:
        allowed = client.ask("OPTIONS", "/api/data.json", "Origin: https://b.test", *ask)
        assert (allowed.status, allowed["Access-Control-Allow-Origin"]) == (204, "https://b.test")
        assert allowed["Access-Control-Allow-Credentials"] == "true" and allowed["Access-Control-Max-Age"] == "3600"
        assert "Origin" in allowed["Vary"]
        refused = client.ask("OPTIONS", "/api/data.json", "Origin: https://evil.test", *ask)
        assert refused.status == 204 and "Access-Control-Allow-Origin" not in refused


@pytest.mark.parametrize("target, origin, expected", [
    ("/api/data.json", "https://a.test", "https://a.test"),
    ("/api/missing", "https://a.test", "https://a.test"),
    ("/api/data.json", "https://evil.test", None),
    ("/api/data.json", "null", None),
    ("/api/data.json", None, None),
    ("/open/data.json", "https://evil.test", "*"),
    ("/", "https://a.test", None),
])
def test_other_origins(server, target, origin, expected):
    response = server.get(target, *([f"Origin: {origin}"] if origin else []))
    assert response.all("Access-Control-Allow-Origin") == ([expected] if expected else [])
    assert ("Origin" in ", ".join(response.all("Vary"))) == target.startswith("/api/")


def test_any_origin_with_credentials_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="credentials"):
        Server(tmp_path, **{"cors /*": {"origins": "*", "credentials": "on"}}).__enter__()

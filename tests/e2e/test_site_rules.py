"""What a site says about its own answers: _headers, _redirects, clean URLs, a fallback, hidden files."""

import pytest

from harness import FIRST_OF_MODEL, Server, wait_until

HEADERS = """
# of all
/*
  X-Frame-Options: DENY
/assets/*
  Cache-Control: public, max-age=31536000, immutable
/assets/:file.css
  X-File: :file
/download/*
  Content-Disposition: attachment
  ! X-Frame-Options
https://other.test/*
  X-Host: other
/typed
  Content-Type: text/x-special
"""

REDIRECTS = """
/home            /                        301
/blog/*          /news/:splat             302
/store id=:id    /product/:id             307
/away            https://example.org/x?y#z 308
/there/*         https://example.org/:splat
/index.html      /moved                   301
/forced.txt      /elsewhere               301!
/loop/a          /loop/b                  200
/loop/b          /loop/a                  200
/rewritten       /real.txt                200
/gone/*          /gone.html               410
/lost/*          /none.html               410
/app/*           /app/index.html          200
/%2e%2e/x        /y
"""


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


def write_site(server):
    server.write("_headers", HEADERS.encode())
    server.write("_redirects", REDIRECTS.encode())
    server.write("404.html", b"<h1>not here</h1>")
    server.write("index.html", b"<h1>start</h1>")
    server.write("assets/style.css", b"a{}")
    server.write("download/paper.pdf", b"%PDF")
    server.write("typed", b"typed")
    server.write("forced.txt", b"forced")
    server.write("real.txt", b"real")
    server.write("gone.html", b"<h1>gone</h1>")
    server.write("app/index.html", b"<h1>app</h1>")
    server.write("app/main.js", b"main()")


@pytest.fixture(scope="module")
def server(mode, module_directory):
    server = Server(module_directory, mode=mode)
    write_site(server)
    with server:
        yield server


# -- _headers


@pytest.mark.parametrize("target, host, name, expected", [
    ("/real.txt", "a.test", "X-Frame-Options", ["DENY"]),
    ("/", "a.test", "X-Frame-Options", ["DENY"]),
    ("/real.txt", "a.test", "Cache-Control", ["public, max-age=0, must-revalidate"]),
    ("/assets/style.css", "a.test", "Cache-Control", ["public, max-age=31536000, immutable"]),
    ("/assets/style.css", "a.test", "X-File", ["style"]),
    ("/%61ssets//style.css", "a.test", "X-File", ["style"]),
    ("/download/paper.pdf", "a.test", "Content-Disposition", ["attachment"]),
    ("/download/paper.pdf", "a.test", "X-Frame-Options", []),
    ("/real.txt", "other.test", "X-Host", ["other"]),
    ("/real.txt", "OTHER.test.:80", "X-Host", ["other"]),
    ("/real.txt", "a.test", "X-Host", []),
    ("/typed", "a.test", "Content-Type", ["text/x-special"]),
    ("/rewritten", "a.test", "X-Frame-Options", ["DENY"]),
    ("/missing", "a.test", "X-Frame-Options", ["DENY"]),
    ("/assets/missing.css", "a.test", "Cache-Control", []),
    ("/home", "a.test", "X-Frame-Options", []),
])
def test_fields(server, target, host, name, expected):
    assert server.get(target, host=host).all(name) == expected


@pytest.mark.parametrize("method, fields, status", [
    ("POST", [], 405), ("BREW", [], 501), ("GET", ['If-Match: "x"'], 412), ("GET", ["Range: bytes=100-"], 416),
])
def test_fields_of_errors(server, method, fields, status):
    with server.connect() as client:
        refused = client.ask(method, "/assets/style.css", *fields)
        assert (refused.status, refused.all("X-Frame-Options"), refused.all("Cache-Control")) == (status, ["DENY"], [])


def test_fields_of_a_304_and_of_a_part(server):
    tag = server.get("/download/paper.pdf")["ETag"]
    same = server.get("/download/paper.pdf", f"If-None-Match: {tag}")
    assert same.status == 304 and "Content-Disposition" not in same
    tag = server.get("/assets/style.css")["ETag"]
    same = server.get("/assets/style.css", f"If-None-Match: {tag}")
    assert same["Cache-Control"] == "public, max-age=31536000, immutable" and same["X-Frame-Options"] == "DENY"
    part = server.get("/download/paper.pdf", "Range: bytes=0-1")
    assert (part.status, part["Content-Disposition"], part.body) == (206, "attachment", b"%P")


# -- _redirects


@pytest.mark.parametrize("target, status, location", [
    ("/home", 301, "/"),
    ("/home?a=b", 301, "/?a=b"),
    ("/blog/2024/x", 302, "/news/2024/x"),
    ("/blog/", 302, "/news/"),
    ("/store?id=7", 307, "/product/7?id=7"),
    ("/store?id=%0d%0aX:1", 307, None),
    ("/away", 308, "https://example.org/x?y#z"),
    ("/there//evil.test/", 302, "https://example.org/evil.test/"),
    ("/blog/%0d%0aSet-Cookie:a", 302, None),
    ("/forced.txt", 301, "/elsewhere"),
    ("/index.html", 200, None),
    ("/store", 404, None),
    ("/loop/a", 404, None),
    ("/lost/for/ever", 410, None),
])
def test_redirects(server, target, status, location):
    response = server.get(target)
    assert response.status == status
    if location is not None:
        assert response["Location"] == location
    assert "Set-Cookie" not in response and "X" not in response


@pytest.mark.parametrize("target, status, body", [
    ("/rewritten", 200, b"real"),
    ("/app/some/deep/link", 200, b"<h1>app</h1>"),
    ("/app/main.js", 200, b"main()"),
    ("/gone/for/ever", 410, b"<h1>gone</h1>"),
    ("/missing", 404, b"<h1>not here</h1>"),
    ("/_headers", 404, b"<h1>not here</h1>"),
    ("/_redirects", 404, b"<h1>not here</h1>"),
])
def test_what_is_served(server, target, status, body):
    response = server.get(target)
    assert (response.status, response.body) == (status, body)


def test_headers_that_cannot_be_read_are_refused(tmp_path):
    """They may guard something: with none of them, all would be open."""
    (tmp_path / "site" / "_headers").mkdir(parents=True)
    with pytest.raises(AssertionError, match="_headers"):
        Server(tmp_path).__enter__()


def test_rules_are_read_again(tmp_path, mode):
    server = Server(tmp_path, mode=mode)
    server.write("a.txt", b"a")
    with server:
        assert "X-New" not in server.get("/a.txt")
        server.write("_headers", b"/a.txt\n  X-New: 1\n/bad\n  Content-Length: 3\n")
        wait_until(lambda: "X-New" in server.get("/a.txt"), "the change is seen")
        server.write("_redirects", b"/old /a.txt\n/proxied/* https://example.org/:splat 200\n")
        wait_until(lambda: server.get("/old").status == 302, "the change is seen")
        (server.site / "_headers").unlink()
        wait_until(lambda: "X-New" not in server.get("/a.txt"), "the change is seen")
        log = (server.directory / "pollux.log").read_text()
        assert "_headers:4: the field Content-Length is the server's own" in log
        assert "_redirects:2: " in log


def test_a_listing_keeps_its_own_policy(tmp_path, mode):
    with Server(tmp_path, mode=mode, site={"listing": "on"}) as server:
        server.write("_headers", b"/*\n  Content-Security-Policy: default-src 'self'\n  X-Frame-Options: DENY\n")
        server.write("a.txt", b"a")
        wait_until(lambda: "X-Frame-Options" in server.get("/"), "the rules are read")
        assert "default-src 'none'" in server.get("/")["Content-Security-Policy"]
        assert server.get("/a.txt")["Content-Security-Policy"] == "default-src 'self'"


# -- Keys of [site]


@pytest.fixture(scope="module")
def clean(mode, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("clean"), mode=mode,
                    site={"clean_urls": "on", "fallback": "/app.html", "hidden": "on"})
    server.write("index.html", b"start")
    server.write("about.html", b"about")
    server.write("both.html", b"page")
    server.write("both/index.html", b"directory")
    server.write("docs/index.html", b"docs")
    server.write("docs/guide.html", b"guide")
    server.write("app.html", b"app")
    server.write(".seen", b"seen")
    with server:
        yield server


@pytest.mark.parametrize("target, status, told", [
    ("/", 200, b"start"),
    ("/index.html", 308, "/"),
    ("/index.html?q=1", 308, "/?q=1"),
    ("/about", 200, b"about"),
    ("/about.html", 308, "/about"),
    ("/about/", 308, "/about"),
    ("/docs", 301, "/docs/"),
    ("/docs/index.html", 308, "/docs/"),
    ("/docs/guide", 200, b"guide"),
    ("/docs/guide.html", 308, "/docs/guide"),
    ("/both", 200, b"page"),
    ("/both/", 200, b"directory"),
    ("/nothing.html", 404, None),
    ("/.seen", 200, b"seen"),
])
def test_clean_urls(clean, target, status, told):
    response = clean.get(target)
    assert response.status == status
    if isinstance(told, bytes):
        assert response.body == told
    elif told:
        assert response["Location"] == told


PAGE = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize("method, target, accept, status", [
    ("GET", "/users/7", PAGE, 200),
    ("HEAD", "/users/7", PAGE, 200),
    ("GET", "/users/", PAGE, 200),
    ("GET", "/users/7", "Accept: */*", 404),
    ("GET", "/users/7", "Accept: text/html;q=0, */*", 404),
    ("GET", "/users/7", "Accept: application/json", 404),
    ("GET", "/missing.js", PAGE, 404),
    ("GET", "/v1.2/users", PAGE, 200),
    ("OPTIONS", "/users/7", PAGE, 404),
    ("POST", "/users/7", PAGE, 405),
])
def test_fallback(clean, method, target, accept, status):
    with clean.connect() as client:
        response = client.ask(method, target, accept)
        assert response.status == status
        if status == 200 and method == "GET":
            assert response.body == b"app"
        assert ("Accept" in ", ".join(response.all("Vary")).split(", ")) == (
            "." not in target.rpartition("/")[2] and status in (200, 404))

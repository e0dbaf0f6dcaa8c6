"""Files as resources: what they are called, what is said about them, and which of them stay hidden."""

import contextlib
import gzip
import os
import re
import socket
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest

from harness import BOUND_BY_PERMISSIONS, Cut, Server, wait_until

TEXT = b"0123456789abcdefghijklmnopqrstuvwxyz\n"
SECRET = b"the secret beside the site"
CHANGED = 1_600_000_000  # 13 September 2020, 12:26:40 UTC.


@pytest.fixture(scope="module")
def server(mode, module_directory):
    (module_directory / "secret.txt").write_bytes(SECRET)
    pages = {"error_page_404": "/errors/404.html"}
    server = Server(module_directory, mode=mode, site=pages, wrap=BOUND_BY_PERMISSIONS)
    build_site(server)  # Before the start, which looks for the error page.
    with server:
        yield server


def build_site(server):
    server.write("text.txt", TEXT)
    os.utime(server.site / "text.txt", (CHANGED, CHANGED))
    server.write("index.html", b"<h1>start</h1>")
    server.write("sub/index.html", b"<h1>sub</h1>")
    server.write("sub/page.html", b"<p>page</p>")
    server.write("bare/file.txt", b"in a directory without index")
    server.write("empty.txt", b"")
    server.write("errors/404.html", b"<h1>our own words for 404</h1>")
    server.write(".hidden", SECRET)
    server.write(".git/config", SECRET)
    server.write("sub/.htaccess", SECRET)
    server.write("noread.txt", SECRET).chmod(0)
    server.write("closed/file.txt", SECRET).parent.chmod(0)
    server.write("searched/index.html", b"<h1>searched</h1>").parent.chmod(0o100)
    (server.site / "inside.txt").symlink_to("sub/../text.txt")
    (server.site / "inside").symlink_to("sub")
    (server.site / "outside.txt").symlink_to("../secret.txt")
    (server.site / "absolute.txt").symlink_to(server.site.parent / "secret.txt")
    (server.site / "outside").symlink_to("..")
    (server.site / "dangling.txt").symlink_to("nowhere")
    (server.site / "loop").symlink_to("loop")


# -- Representations


@pytest.mark.parametrize("target", ["/text.txt", "/", "/sub/", "/empty.txt", "/missing", "/sub", "/noread.txt"])
def test_head_is_get_without_the_body(server, target):
    def told(response):
        return response.status, sorted((k, v) for k, v in response.fields if k != "Date")

    with server.connect() as client:
        assert told(client.ask("HEAD", target)) == told(client.get(target))
        assert client.ask("HEAD", target).body == b""


@pytest.mark.parametrize("target, body", [
    ("/text.txt", TEXT), ("/", b"<h1>start</h1>"), ("/index.html", b"<h1>start</h1>"), ("/sub/", b"<h1>sub</h1>"),
    ("/empty.txt", b""), ("/text.txt?query=1", TEXT), ("/?query", b"<h1>start</h1>"), ("/%74ext.txt", TEXT),
    ("/sub/../text.txt", TEXT), ("/./text.txt", TEXT), ("/sub/%2e%2e/text.txt", TEXT),
    ("/inside.txt", TEXT), ("/inside/page.html", b"<p>page</p>"),
    ("/searched/", b"<h1>searched</h1>"), ("/searched/index.html", b"<h1>searched</h1>"),
])
def test_get(server, target, body):
    response = server.get(target)
    assert (response.status, response.body) == (200, body)


def test_fields_of_a_file(server):
    before = time.time()
    response = server.get("/text.txt")
    assert before - 2 < parsedate_to_datetime(response["Date"]).timestamp() <= time.time()
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", response["Date"])
    assert response["Last-Modified"] == formatdate(CHANGED, usegmt=True)
    assert response["Server"].lower().startswith("pollux")
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', response["ETag"])
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == str(len(TEXT))


def test_entity_tags_tell_files_and_versions_apart(server):
    tags = {server.get(target)["ETag"] for target in ("/text.txt", "/", "/sub/", "/sub/page.html")}
    assert len(tags) == 4
    assert server.get("/text.txt")["ETag"] in tags


# -- Caches

BY_DEFAULT = "public, max-age=0, must-revalidate"


@pytest.mark.parametrize("fields, status", [
    ([], 200), (["If-None-Match: *"], 304), (["Range: bytes=0-3"], 206), (["Range: bytes=0-3, 9-"], 206),
    (["Range: bytes=0-3", "If-Range: {etag}"], 206),
])
def test_cache_control_of_files(server, fields, status):
    etag = server.get("/text.txt")["ETag"]
    response = server.get("/text.txt", *(field.replace("{etag}", etag) for field in fields))
    assert (response.status, response["Cache-Control"], response["ETag"]) == (status, BY_DEFAULT, etag)


@pytest.mark.parametrize("target, fields, status", [
    ("/missing", [], 404), ("/noread.txt", [], 403), ("/sub", [], 301), ("/text.txt", ['If-Match: "other"'], 412),
    ("/text.txt", ["Range: bytes=999-"], 416),
])
def test_no_cache_control_of_anything_else(server, target, fields, status):
    response = server.get(target, *fields)
    assert response.status == status and "Cache-Control" not in response


@pytest.mark.parametrize("value, expected", [
    ("max-age=31536000, immutable", ["max-age=31536000, immutable"]), ("no-store", ["no-store"]), ("off", []),
])
def test_cache_control_of_ones_own(serve, value, expected):
    server = serve(site={"cache_control": value})
    server.write("text.txt", TEXT)
    with server.connect() as client:
        for fields, status in (([], 200), (["If-None-Match: *"], 304), (["Range: bytes=0-3"], 206)):
            response = client.get("/text.txt", *fields)
            assert (response.status, response.all("Cache-Control")) == (status, expected)


@pytest.mark.parametrize("fields, status", [([], 200), (["Range: bytes=0-3"], 206), (["Range: bytes=0-3, 9-"], 206)])
def test_a_file_from_the_future_was_modified_now(server, fields, status):
    """RFC 9110 8.8.2.1: Last-Modified is not later than Date."""
    path = server.write("future.txt", TEXT)
    os.utime(path, (time.time() + 1e6, time.time() + 1e6))
    response = server.get("/future.txt", *fields)
    assert (response.status, response["Last-Modified"]) == (status, response["Date"])
    again = server.get("/future.txt", f"If-Modified-Since: {response['Last-Modified']}")
    assert again.status == 200, "that date says nothing about the file"


@pytest.mark.parametrize("target, location", [
    ("/sub", "/sub/"), ("/searched", "/searched/"), ("/sub?a=b&c=d", "/sub/?a=b&c=d"), ("/sub?", "/sub/"), ("/inside", "/inside/"),
    ("/%73ub?x=%2F", "/sub/?x=%2F"),
])
def test_directory_without_slash_is_redirected(server, target, location):
    response = server.get(target)
    assert response.status == 301
    path = re.sub(r"^http://[^/]+", "", response["Location"])
    assert path in (location, location + "?" if target.endswith("?") else location, location.replace("s", "%73", 1))


def test_redirect_stays_on_this_host(server):
    """//sub is a path here, and must not become the host of a Location."""
    response = server.get("//sub")
    assert response.status in (301, 400, 404)
    if response.status == 301:
        assert not response["Location"].startswith("//"), response["Location"]


UTF8 = "; charset=utf-8"


@pytest.mark.parametrize("name, types", [
    ("a.html", {"text/html" + UTF8}), ("a.htm", {"text/html" + UTF8}), ("a.css", {"text/css" + UTF8}),
    ("a.js", {"text/javascript" + UTF8}), ("a.mjs", {"text/javascript" + UTF8}), ("a.txt", {"text/plain" + UTF8}),
    ("a.csv", {"text/csv" + UTF8}), ("a.md", {"text/markdown" + UTF8}),
    ("a.json", {"application/json", "application/json" + UTF8}),
    ("a.xml", {"text/xml" + UTF8, "application/xml", "application/xml" + UTF8}),
    ("a.svg", {"image/svg+xml", "image/svg+xml" + UTF8}),
    ("a.webmanifest", {"application/manifest+json", "application/manifest+json" + UTF8}),
    ("a.png", {"image/png"}), ("a.jpg", {"image/jpeg"}), ("a.jpeg", {"image/jpeg"}), ("a.gif", {"image/gif"}),
    ("a.webp", {"image/webp"}), ("a.avif", {"image/avif"}),
    ("a.ico", {"image/x-icon", "image/vnd.microsoft.icon"}), ("a.woff2", {"font/woff2"}), ("a.woff", {"font/woff"}),
    ("a.ttf", {"font/ttf"}), ("a.mp4", {"video/mp4"}), ("a.webm", {"video/webm"}), ("a.mp3", {"audio/mpeg"}),
    ("a.ogg", {"audio/ogg", "application/ogg"}), ("a.pdf", {"application/pdf"}), ("a.zip", {"application/zip"}),
    ("a.gz", {"application/gzip"}), ("a.wasm", {"application/wasm"}), ("a.unknown", {"application/octet-stream"}),
    ("noextension", {"application/octet-stream"}), ("a.tar.gz", {"application/gzip"}), ("A.HTML", {"text/html" + UTF8}),
    ("a.Png", {"image/png"}),
])
def test_content_type(server, name, types):
    server.write(f"types/{name}", b"x")
    assert server.get(f"/types/{name}")["Content-Type"].lower() in types


OF_THEMSELVES = [
    ("koi.html", b"<meta charset=koi8-r>\xf0", {"Content-Type": "text/html"}),
    ("utf.html", b"<meta charset=utf-8>", {"Content-Type": "text/html" + UTF8}),
    ("mark.txt", "\ufeffx".encode("utf-16"), {"Content-Type": "text/plain"}),
    ("large.css", b'@charset "gbk";'.ljust(2_000_000), {"Content-Type": "text/css"}),
    ("latin.svg", b'<?xml version="1.0" encoding="latin1"?>', {"Content-Type": "image/svg+xml"}),
    ("LICENSE", b"x", {"Content-Type": "text/plain" + UTF8}),
    ("apple-app-site-association", b"{}", {"Content-Type": "application/json" + UTF8}),
    ("packed.svgz", gzip.compress(b"<svg/>"), {"Content-Type": "image/svg+xml", "Content-Encoding": "gzip"}),
    ("plain.svgz", b"<svg/>", {"Content-Type": "image/svg+xml", "Content-Encoding": None}),
    ("tile.pbf", gzip.compress(b"x"), {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}),
    ("packed.gz", gzip.compress(b"x"), {"Content-Type": "application/gzip", "Content-Encoding": None}),
]


@pytest.mark.parametrize("name, content, fields", OF_THEMSELVES, ids=[row[0] for row in OF_THEMSELVES])
def test_what_the_octets_say_of_themselves(server, name, content, fields):
    server.write(f"types/{name}", content)
    response = server.get(f"/types/{name}")
    assert response.body == content
    for field, value in fields.items():
        assert response.all(field) == ([value] if value else [])


@pytest.mark.parametrize("name, target", [
    ("with space.txt", "/with%20space.txt"), ("grüße.txt", "/gr%C3%BC%C3%9Fe.txt"),
    ("日本.txt", "/%e6%97%a5%E6%9C%AC.txt"),
    ("100%.txt", "/100%25.txt"), ("%2e%2e.txt", "/%252e%252e.txt"), ("a+b.txt", "/a+b.txt"), ("q?.txt", "/q%3F.txt"),
    ("back\\slash.txt", None), ("quote'\".txt", "/quote'%22.txt"), ("a;b=c.txt", "/a;b=c.txt"), ("..dots..", None),
    ("tilde~.txt", "/tilde~.txt"), ("hash#.txt", "/hash%23.txt"), ("new\nline.txt", None), ("e" * 255, "/" + "e" * 255),
], ids=ascii)
def test_names(server, name, target):
    content = name.encode()
    server.write(f"names/{name}", content)
    if target is None:  # A name a server may refuse to know. It must answer, and stay in its wits.
        target = "/" + "".join(f"%{octet:02x}" for octet in name.encode())
        assert server.get("/names" + target).status in (200, 400, 404)
    else:
        response = server.get("/names" + target)
        assert (response.status, response.body) == (200, content)


# -- Conditional requests (RFC 9110, section 13)

OLDER, SAME, NEWER = (formatdate(CHANGED + shift, usegmt=True) for shift in (-1, 0, 1))


@pytest.mark.parametrize("fields, status", [
    (["If-None-Match: {etag}"], 304),
    (["If-None-Match: *"], 304),
    (["If-None-Match: \"other\", {etag}"], 304),
    (["If-None-Match: W/{etag}"], 304),  # Weak comparison.
    (["If-None-Match: \"other\""], 200),
    ([f"If-Modified-Since: {SAME}"], 304),
    ([f"If-Modified-Since: {NEWER}"], 304),
    ([f"If-Modified-Since: {OLDER}"], 200),
    (["If-Modified-Since: yesterday"], 200),
    (["If-None-Match: \"other\"", f"If-Modified-Since: {SAME}"], 200),
    (["If-None-Match: {etag}", f"If-Modified-Since: {OLDER}"], 304),
    (["If-Match: {etag}"], 200),
    (["If-Match: *"], 200),
    (["If-Match: \"other\", {etag}"], 200),
    (["If-Match: \"other\""], 412),
    (["If-Match: W/{etag}"], 412),  # Strong comparison.
    ([f"If-Unmodified-Since: {SAME}"], 200),
    ([f"If-Unmodified-Since: {OLDER}"], 412),
    (["If-Match: {etag}", f"If-Unmodified-Since: {OLDER}"], 200),
    (["If-Match: {etag}", "If-None-Match: {etag}"], 304),
])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(server, method, fields, status):
    with server.connect() as client:
        etag = client.get("/text.txt")["ETag"]
        response = client.ask(method, "/text.txt", *(field.replace("{etag}", etag) for field in fields))
        assert response.status == status
        if status in (200, 304):
            assert response["ETag"] == etag and "Date" in response
        if status == 304:
            assert "Content-Type" not in response
        assert client.get("/text.txt").body == TEXT  # Framing is kept: a 304 has no body.


# -- Ranges (RFC 9110, section 14)

SIZE = len(TEXT)


@pytest.mark.parametrize("value, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-9", 0, 9), ("bytes=10-", 10, SIZE - 1), ("bytes=-5", SIZE - 5, SIZE - 1),
    (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1), ("bytes=5-999999", 5, SIZE - 1), ("bytes=-999999", 0, SIZE - 1),
    ("bytes=0-99999999999999999999999", 0, SIZE - 1), ("Bytes=1-2", 1, 2), ("bytes= 1-2", 1, 2),
])
def test_range(server, value, first, last):
    response = server.get("/text.txt", f"Range: {value}")
    if response.status == 200 and value in ("Bytes=1-2", "bytes= 1-2", "bytes=0-99999999999999999999999"):
        return  # A server may ignore a Range it does not care to understand.
    assert response.status == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response.body == TEXT[first:last + 1]
    assert "ETag" in response and response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("value", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0", "bytes=999999-"])
def test_range_that_cannot_be_satisfied(server, value):
    response = server.get("/text.txt", f"Range: {value}")
    assert response.status == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("value", ["bytes=2-1", "bytes=a-b", "bytes=", "bytes", "lines=1-2", "bytes=--1", "bytes=1-2-3",
                                   "bytes=-", "bytes=1 - 2", "bytes=0x1-2", "bytes=+1-2"])
def test_malformed_range_is_ignored(server, value):
    response = server.get("/text.txt", f"Range: {value}")
    assert response.status in (200, 416)
    if response.status == 200:
        assert response.body == TEXT and "Content-Range" not in response


def test_range_of_an_empty_file(server):
    assert server.get("/empty.txt", "Range: bytes=0-").status in (200, 416)


def test_range_is_for_get_only(server):
    response = server.get("/text.txt", "Range: bytes=0-3")
    assert response.status == 206
    with server.connect() as client:
        head = client.ask("HEAD", "/text.txt", "Range: bytes=0-3")
        assert head.status == 200 and head["Content-Length"] == str(SIZE)


@pytest.mark.parametrize("condition, status", [
    ("{etag}", 206), ("\"other\"", 200), ("W/{etag}", 200), (SAME, 206), (OLDER, 200), (NEWER, 200), ("junk", 200),
])
def test_if_range(server, condition, status):
    etag = server.get("/text.txt")["ETag"]
    response = server.get("/text.txt", "Range: bytes=1-3", "If-Range: " + condition.replace("{etag}", etag))
    assert response.status == status
    assert response.body == (TEXT[1:4] if status == 206 else TEXT)


def test_conditions_come_before_ranges(server):
    etag = server.get("/text.txt")["ETag"]
    assert server.get("/text.txt", "Range: bytes=1-3", f"If-None-Match: {etag}").status == 304
    assert server.get("/text.txt", "Range: bytes=1-3", 'If-Match: "other"').status == 412
    assert server.get("/text.txt", "Range: bytes=99-", 'If-Range: "other"').status == 200


# -- Methods


def allowed(response):
    return {method.strip() for method in response["Allow"].split(",")}


def test_options(server):
    with server.connect() as client:
        response = client.ask("OPTIONS", "/text.txt")
        assert response.status in (200, 204) and response.body == b""
        assert {"GET", "HEAD", "OPTIONS"} <= allowed(response)
        assert client.get("/text.txt").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_method_not_allowed(server, method):
    response = server.get("/text.txt") and ask(server, method, "/text.txt", body=b"data")
    assert response.status == 405
    assert {"GET", "HEAD"} <= allowed(response) and method not in allowed(response)
    assert (server.site / "text.txt").read_bytes() == TEXT


@pytest.mark.parametrize("method", ["BREW", "get", "G", "PROPFIND", "X" * 200])
def test_unknown_method(server, method):
    assert ask(server, method, "/text.txt").status in (501, 405)


def ask(server, method, target, **options):
    with server.connect() as client:
        return client.ask(method, target, **options)


# -- What is not served


@pytest.mark.parametrize("target", ["/missing", "/missing/", "/text.txt/", "/text.txt/more", "/bare/", "/sub/missing",
                                    "/dangling.txt", "/loop", "/" + "n" * 300, "/" + "d/" * 1000])
def test_not_found(server, target):
    response = server.get(target)
    assert response.status in ((404, 414) if len(target) > 255 else (404,))


@pytest.mark.parametrize("target", ["/.hidden", "/.git/config", "/.git/", "/.git", "/sub/.htaccess", "/%2ehidden",
                                    "/%2Egit/config", "/inside/.htaccess", "/sub/../.hidden"])
def test_dotfiles_do_not_exist(server, target):
    response = server.get(target)
    assert response.status == 404 and SECRET not in response.body


@pytest.mark.parametrize("target", [
    "/../secret.txt", "/%2e%2e/secret.txt", "/%2e./secret.txt", "/.%2E/secret.txt", "/sub/../../secret.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt", "/..\\secret.txt",
    "/sub%2f..%2f../secret.txt",
    "/%2e%2e%2fsecret.txt", "/%252e%252e/secret.txt", "/..%00/secret.txt", "/text.txt%00", "/secret.txt%00.html",
    "/..;/secret.txt", "/.../secret.txt", "/....//secret.txt", "//../secret.txt", "/%c0%ae%c0%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt", "/outside.txt", "/outside/secret.txt", "/absolute.txt", "/sub/../outside/secret.txt",
    "/" + "../" * 40 + "etc/passwd", "/..", "/../", "/outside/", "/%2e%2e", "/\x7f", "/%", "/%4", "/%zz",
    "/noread.txt", "/closed/file.txt",
], ids=ascii)
def test_nothing_outside_gets_out(server, target):
    response = server.get(target)
    assert response.status in (400, 403, 404), response
    assert SECRET not in response.body and b"root:" not in response.body


@pytest.mark.parametrize("target", ["/noread.txt", "/closed/file.txt"])
def test_unreadable_is_forbidden(server, target):
    assert server.get(target).status == 403


def test_symbolic_links_out_of_the_root_are_refused(server):
    for target in ("/outside.txt", "/outside/secret.txt", "/absolute.txt"):
        assert server.get(target).status in (403, 404)


def test_special_files_do_not_hang(server):
    os.mkfifo(server.site / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(server.site / "socket"))
        try:
            for target in ("/pipe", "/socket"):
                assert server.get(target).status in (403, 404)
        finally:
            (server.site / "pipe").unlink()
            (server.site / "socket").unlink()


def test_a_root_that_can_be_searched_is_enough(tmp_path, mode):
    server = Server(tmp_path, mode=mode, wrap=BOUND_BY_PERMISSIONS)
    server.write("text.txt", TEXT)
    server.site.chmod(0o100)
    with server:
        assert server.get("/text.txt").body == TEXT
        assert server.get("/").status == 404


# -- Error pages


def test_error_page_of_ones_own(server):
    response = server.get("/missing")
    assert response.status == 404
    assert response.body == b"<h1>our own words for 404</h1>"
    assert response["Content-Type"].lower() == "text/html; charset=utf-8"


def test_error_page_built_in(server):
    response = server.get("/noread.txt")
    assert response.status == 403
    assert b"403" in response.body and b"<html" in response.body.lower()
    assert response["Content-Type"].lower() == "text/html; charset=utf-8"


def test_error_pages_do_not_repeat_what_was_asked(server):
    response = server.get("/<script>alert(1)</script>")
    assert b"<script>" not in response.body


# -- Files that change


def replace_by_rename(path, content):
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    new.rename(path)


def rewrite_in_place(path, content):
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()


@pytest.mark.parametrize("size", [20, 3_000_000], ids=["small", "large"])
@pytest.mark.parametrize("change", [replace_by_rename, rewrite_in_place])
def test_changed_file_is_served_new(server, change, size):
    old, new = b"o" * size, b"n" * size  # Of the same length: only the time tells.
    name = f"changing-{change.__name__}-{size}.txt"
    path = server.write(name, old)
    before = server.get("/" + name)
    assert before.body == old
    change(path, new)
    response = await_change(server, "/" + name, before)
    assert response.body == new
    assert response["ETag"] != before["ETag"]


def test_deleted_and_created_files_are_noticed(server):
    target = "/comes-and-goes.txt"
    missing = server.get(target)
    assert missing.status == 404
    path = server.write(target[1:], b"here")
    there = await_change(server, target, missing)
    assert (there.status, there.body) == (200, b"here")
    path.unlink()
    assert await_change(server, target, there).status == 404


def await_change(server, target, before):
    """The first response unlike `before`. (That the cache is a second late at most is seen by its unit tests.)"""
    responses = []

    def changed():
        with contextlib.suppress(Cut):  # A response of the old version that was overtaken by the change.
            responses.append(server.get(target))
        return responses and responses[-1].body != before.body

    wait_until(changed, "the new version")
    return responses[-1]

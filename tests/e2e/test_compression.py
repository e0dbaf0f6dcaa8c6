"""Variants of a file: which one a client gets, and what is said about it."""

import gzip
import os
import time

import pytest

from harness import FIRST_OF_MODEL, Server, wait_until

SCRIPT = b"".join(b"export const value%d = 'the quick brown fox %d';\n" % (i, i) for i in range(600))
NOISE = os.urandom(20_000)


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, site={"error_page_404": "off"}) as server:
        server.write("app.js", SCRIPT)
        server.write("picture.png", SCRIPT)
        server.write("noise.txt", NOISE)
        server.write("large.txt", SCRIPT * 60)  # Beyond what is kept in memory.
        server.write("large.txt.gz", gzip.compress(SCRIPT * 60))
        server.write("old.css", b"a { color: red }" * 100)
        server.write("old.css.br", b"of another time")
        os.utime(server.site / "old.css.br", (1_000_000_000, 1_000_000_000))
        server.write("broken.json", b"{}" * 400)
        server.write("broken.json.br", b"this is no brotli")
        last = server.write("alone.html.gz", gzip.compress(b"<p>alone</p>"))
        # What was changed less than a second ago is read again at the next look, and then has no variants.
        wait_until(lambda: time.time() - last.stat().st_ctime > 1.1, "the files are a second old")
        yield server


def coding(response):
    return response["Content-Encoding"] if "Content-Encoding" in response else None


def await_variant(server, target, name):
    """The first answer is plain; the variant is there when the compressor has had its time."""
    wait_until(lambda: coding(server.get(target, f"Accept-Encoding: {name}")) == name, "the variant is there")


def test_the_first_visitor_is_not_kept_waiting(server):
    server.write("fresh.js", SCRIPT)
    first = server.get("/fresh.js", "Accept-Encoding: gzip")
    assert (coding(first), first.body, first["Vary"]) == (None, SCRIPT, "Accept-Encoding")
    await_variant(server, "/fresh.js", "gzip")


def test_a_variant_is_the_same_content_with_a_tag_of_its_own(server):
    tags = {server.get("/app.js")["ETag"]}
    for name in ("br", "zstd", "gzip"):
        await_variant(server, "/app.js", name)
        response = server.get("/app.js", f"Accept-Encoding: {name}")
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Vary"] == "Accept-Encoding"
        assert len(response.body) < len(SCRIPT) / 4
        if name == "gzip":
            assert gzip.decompress(response.body) == SCRIPT
        assert not response["ETag"].startswith("W/")
        tags.add(response["ETag"])
        with server.connect() as client:
            head = client.ask("HEAD", "/app.js", f"Accept-Encoding: {name}")
        told = [(key, value) for key, value in response.fields if key != "Date"]
        assert [(key, value) for key, value in head.fields if key != "Date"] == told
    assert len(tags) == 4


def test_conditions_are_about_the_variant(server):
    await_variant(server, "/app.js", "gzip")
    variant = server.get("/app.js", "Accept-Encoding: gzip")["ETag"]
    plain = server.get("/app.js")["ETag"]
    same = server.get("/app.js", "Accept-Encoding: gzip", f"If-None-Match: {variant}")
    assert (same.status, same["Vary"], same["ETag"]) == (304, "Accept-Encoding", variant)
    assert server.get("/app.js", "Accept-Encoding: gzip", f"If-None-Match: {plain}").status == 200
    assert server.get("/app.js", f"If-None-Match: {plain}").status == 304
    assert server.get("/app.js", f"If-None-Match: {variant}").status == 200


def test_ranges_are_of_the_plain_file(server):
    await_variant(server, "/app.js", "gzip")
    part = server.get("/app.js", "Accept-Encoding: gzip", "Range: bytes=10-29")
    assert (part.status, part.body, coding(part), part["Vary"]) == (206, SCRIPT[10:30], None, "Accept-Encoding")
    variant = server.get("/app.js", "Accept-Encoding: gzip")["ETag"]
    whole = server.get("/app.js", "Accept-Encoding: gzip", "Range: bytes=10-29", f"If-Range: {variant}")
    assert (whole.status, whole.body) == (200, SCRIPT)


@pytest.mark.parametrize("accepted, expected", [
    (None, None),
    ("", None),
    ("identity", None),
    ("gzip;q=0", None),
    ("gzip;q=0, br;q=0, zstd;q=0", None),
    ("gzip", "gzip"),
    ("x-gzip", "gzip"),
    ("GZIP", "gzip"),
    ("br, gzip, zstd", "br"),
    ("gzip, zstd", "zstd"),
    ("gzip;q=1, br;q=0.5", "gzip"),
    ("*", "br"),
    ("*;q=0, gzip", "gzip"),
    ("identity;q=0, gzip", "gzip"),
    ("identity;q=1, gzip;q=0.5", None),
    ("deflate, compress", None),
    ("br;q=2, gzip", "gzip"),
    ("," * 7000 + "gzip", "gzip"),
])
def test_what_is_accepted_decides(server, accepted, expected):
    for name in ("br", "zstd", "gzip"):
        await_variant(server, "/app.js", name)
    fields = [] if accepted is None else [f"Accept-Encoding: {accepted}"]
    # A file that has just been written is read again for a second, and its variants are then made anew.
    wait_until(lambda: coding(server.get("/app.js", *fields)) == expected, "the variant is there")
    response = server.get("/app.js", *fields)
    assert (response.status, response["Vary"]) == (200, "Accept-Encoding")


def test_a_client_that_takes_nothing_we_have_gets_406(server):
    response = server.get("/app.js", "Accept-Encoding: *;q=0")
    assert (response.status, response["Vary"]) == (406, "Accept-Encoding")


def test_only_what_could_be_compressed_varies(server):
    assert "Vary" not in server.get("/picture.png", "Accept-Encoding: br")
    assert "Vary" not in server.get("/missing", "Accept-Encoding: br")


def test_what_does_not_gain_stays_plain(server):
    before = server.status()["variants"]["refused"]
    assert server.get("/noise.txt", "Accept-Encoding: gzip").body == NOISE
    wait_until(lambda: server.status()["variants"]["refused"] > before, "the change is seen")
    response = server.get("/noise.txt", "Accept-Encoding: gzip")
    assert (coding(response), response.body, response["Vary"]) == (None, NOISE, "Accept-Encoding")


def test_siblings_are_served_as_they_are(server):
    large = server.get("/large.txt", "Accept-Encoding: gzip")
    assert (coding(large), gzip.decompress(large.body)) == ("gzip", SCRIPT * 60)
    assert large["Content-Type"] == "text/plain; charset=utf-8"
    broken = server.get("/broken.json", "Accept-Encoding: br")
    assert (coding(broken), broken.body) == ("br", b"this is no brotli")
    assert server.get("/alone.html", "Accept-Encoding: gzip").status == 404
    assert gzip.decompress(server.get("/alone.html.gz").body) == b"<p>alone</p>"


def test_an_older_sibling_is_ignored_and_said(server):
    await_variant(server, "/old.css", "br")
    assert server.get("/old.css", "Accept-Encoding: br").body != b"of another time"
    log = (server.directory / "pollux.log").read_text()
    assert log.count("/old.css.br is older than its file") == 1, log


def test_a_sibling_comes_changes_and_goes(server):
    server.write("page.html", b"<p>plain</p>")
    assert server.get("/page.html", "Accept-Encoding: br").body == b"<p>plain</p>"
    server.write("page.html.br", b"first")
    wait_until(lambda: server.get("/page.html", "Accept-Encoding: br").body == b"first", "the change is seen")
    server.write("page.html.br", b"second")
    wait_until(lambda: server.get("/page.html", "Accept-Encoding: br").body == b"second", "the change is seen")
    (server.site / "page.html.br").unlink()
    wait_until(lambda: server.get("/page.html", "Accept-Encoding: br").body == b"<p>plain</p>", "the change is seen")


def test_a_new_version_has_new_variants(server):
    server.write("changing.css", b"a { color: red }\n" * 100)
    await_variant(server, "/changing.css", "gzip")
    server.write("changing.css", b"b { color: blue }\n" * 100)
    wait_until(lambda: b"blue" in server.get("/changing.css").body, "the change is seen")
    await_variant(server, "/changing.css", "gzip")
    assert b"blue" in gzip.decompress(server.get("/changing.css", "Accept-Encoding: gzip").body)


def test_off_is_off(tmp_path, mode):
    with Server(tmp_path, mode=mode, site={"compress": "off", "precompressed": "off"}) as server:
        server.write("app.js", SCRIPT)
        server.write("app.js.br", b"beside it")
        response = server.get("/app.js", "Accept-Encoding: br, gzip")
        assert (response.body, coding(response)) == (SCRIPT, None)
        assert "Vary" not in response

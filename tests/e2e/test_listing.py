"""Directory listings: pages for people, JSON for programs, and nothing that a client could not get anyway."""

import gzip
import html.parser
import json
import os
import urllib.parse

import pytest

from harness import BOUND_BY_PERMISSIONS, FIRST_OF_MODEL, SANITIZED, Server

SECRET = b"not for listings"
CHANGED = 1_600_000_000  # 13 September 2020, 12:26:40 UTC.
HOSTILE = [b"<script>alert(1)<", b"javascript:alert(1)", b"\"' onclick=x", b"line\nbreak", b"caf\xe9", b"\xff\xfe",
           b"100%41", b"?a=b#c", b"a&lt;b", b"\\evil.test", b"https:", b"...", "张.txt".encode()]


class Page(html.parser.HTMLParser):
    """The links of a page, as [address, text], and the tags it has."""

    def __init__(self, octets):
        super().__init__()
        self.links, self.tags, self._inside = [], set(), False
        self.feed(octets.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._inside = tag == "a"
        if tag == "a":
            self.links.append([dict(attrs)["href"], ""])
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        if self._inside:
            self.links[-1][1] += data

    def handle_endtag(self, tag):
        if tag == "a":
            self._inside = False


@pytest.fixture(scope="module", params=FIRST_OF_MODEL, ids=str)
def server(request, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("listing"), mode=request.param, site={"listing": "on"},
                    wrap=BOUND_BY_PERMISSIONS)
    build_site(server)
    with server:
        yield server


def build_site(server):
    (server.site.parent / "secret.txt").write_bytes(SECRET)
    server.write("index.html", b"<h1>start</h1>")
    server.write("files/small.txt", b"abc")
    server.write("files/large.bin", bytes(35 * 1024))
    server.write("files/sub/page.html", b"<p>page</p>")
    for name in ("files/small.txt", "files/large.bin", "files/sub"):
        os.utime(server.site / name, (CHANGED, CHANGED))
    server.write("hostile/.keep", b"")
    for name in HOSTILE:
        with open(os.fsencode(server.site / "hostile") + b"/" + name, "wb") as file:
            file.write(name)
    server.write("picky/.hidden", SECRET)
    server.write("picky/.git/config", SECRET)
    server.write("picky/closed.txt", SECRET).chmod(0)
    server.write("picky/closed/x", SECRET).parent.chmod(0)
    server.write("picky/open.txt", b"open")
    os.mkfifo(server.site / "picky/fifo")
    for name, target in {"inside": "../files", "outside": "../..", "out.txt": "../../secret.txt", "dangling": "nowhere",
                         "loop": "loop", "absolute": str(server.site)}.items():
        (server.site / "picky" / name).symlink_to(target)
    server.write("entered/x", SECRET).parent.chmod(0o100)
    server.write("empty/.keep", b"")


def as_json(server, target):
    response = server.get(target, "Accept: application/json")
    assert (response.status, response["Content-Type"]) == (200, "application/json"), target
    return json.loads(response.body)


def names(server, target):
    return [entry["name"] for entry in as_json(server, target)["entries"]]


def test_an_index_file_comes_first(server):
    assert server.get("/").body == b"<h1>start</h1>"


def test_json(server):
    assert as_json(server, "/files/") == {"path": "/files/", "incomplete": False, "entries": [
        {"name": "sub", "href": "./sub/", "type": "directory", "mtime": "2020-09-13T12:26:40Z"},
        {"name": "large.bin", "href": "./large.bin", "type": "file", "size": 35840, "mtime": "2020-09-13T12:26:40Z"},
        {"name": "small.txt", "href": "./small.txt", "type": "file", "size": 3, "mtime": "2020-09-13T12:26:40Z"}]}
    assert json.loads(server.get("/files/?format=json").body) == as_json(server, "/files/")


def test_html(server):
    response = server.get("/files/")
    assert (response.status, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert response["Cache-Control"] == "no-cache" and "ETag" not in response
    assert "default-src 'none'" in response["Content-Security-Policy"]
    page = Page(response.body)
    assert "script" not in page.tags
    assert page.links[-3:] == [["./sub/", "sub/"], ["./large.bin", "large.bin"], ["./small.txt", "small.txt"]]
    for text in (b">35 KiB<", b">3 B<", b'<time datetime="2020-09-13T12:26:40Z">2020-09-13 12:26</time>'):
        assert text in response.body


def test_orders(server):
    assert names(server, "/files/?sort=size") == ["sub", "small.txt", "large.bin"]
    assert names(server, "/files/?sort=size&order=desc") == ["sub", "large.bin", "small.txt"]
    assert names(server, "/files/?order=desc") == ["sub", "small.txt", "large.bin"]


@pytest.mark.parametrize("query", ["?sort=%3Cscript%3E", "?sort=colour&order=%00", "?after=%ff", "?%", "?after=f", "?&&&=",
                                   "?sort=size&after=f" + "9" * 1000 + ".a"])
def test_queries_without_sense(server, query):
    assert names(server, "/files/" + query)[0] == "sub"


def test_head_is_get_without_the_body(server):
    with server.connect() as client:
        for target in ("/files/", "/files/?format=json"):
            got, told = client.get(target), client.ask("HEAD", target)
            assert told.body == b"" and told.status == 200
            assert [field for field in told.fields if field[0] != "Date"] == [field for field in got.fields if field[0] != "Date"]


def test_every_name_can_be_followed(server):
    page = Page(server.get("/hostile/").body)
    assert "script" not in page.tags
    hrefs = {entry["href"] for entry in as_json(server, "/hostile/")["entries"]}
    visible = [name for name in HOSTILE if not name.startswith(b".")]
    assert len(hrefs) == len(visible) and hrefs <= {href for href, _ in page.links}
    for href in hrefs:
        assert href.startswith("./")
        target = urllib.parse.urljoin("http://a/hostile/", href).removeprefix("http://a")
        response = server.get(target)
        assert (response.status, response.body) == (200, urllib.parse.unquote_to_bytes(href.removeprefix("./")))


def test_what_is_not_listed(server):
    assert names(server, "/picky/") == ["inside", "open.txt"]
    assert names(server, "/picky/inside/") == names(server, "/files/")
    assert names(server, "/empty/") == []
    assert names(server, "/picky/") == names(server, "/picky/?sort=size") == names(server, "/picky/?sort=time")


@pytest.mark.parametrize("target, status", [("/files", 301), ("/missing/", 404), ("/picky/outside/", 403), ("/picky/.git/", 404),
                                            ("/picky/closed/", 403), ("/entered/", 403), ("/files/small.txt/", 404)])
def test_no_listing(server, target, status):
    response = server.get(target)
    assert response.status == status and SECRET not in response.body


def test_other_methods(server):
    with server.connect() as client:
        assert client.ask("DELETE", "/files/").status == 405


def test_compressed(server):
    plain = server.get("/hostile/")
    response = server.get("/hostile/", "Accept-Encoding: gzip")
    assert response["Content-Encoding"] == "gzip" and gzip.decompress(response.body) == plain.body
    assert "Content-Encoding" not in plain
    for answer in (plain, response):
        vary = ",".join(answer.all("Vary")).replace(" ", "")
        assert set(vary.split(",")) == {"Accept", "Accept-Encoding"}


def test_off_by_default(tmp_path):
    server = Server(tmp_path)
    build_site(server)
    with server:
        assert server.get("/files/").status == 404


@pytest.mark.slow
def test_a_hundred_thousand_files(tmp_path):
    server = Server(tmp_path, site={"listing": "on"})
    expected = [f"{number:06}.txt" for number in range(100_000)]
    (server.site / "many").mkdir()
    for name in expected:
        os.mknod(server.site / "many" / name)
    with server, server.connect() as client:
        def pages(target, count):
            """The names on so many pages, one after the other, and the address of the next page, if there is one."""
            found = []
            for _ in range(count):
                page = json.loads(client.get("/many/" + target).body)
                assert len(page["entries"]) == 1000 and not page["incomplete"]
                found += [entry["name"] for entry in page["entries"]]
                target = page.get("next")
            return found, target

        pages("?format=json", 1)  # With the memory that a first request takes.
        before = server.process.memory().anonymous
        assert pages("?format=json", 3)[0] == expected[:3000]
        assert len(set(pages("?format=json&sort=size&order=desc", 3)[0])) == 3000
        assert len(set(pages("?format=json&sort=time", 3)[0])) == 3000
        assert SANITIZED or server.process.memory().anonymous < before + 8 * 1024 * 1024
        assert pages("?format=json&after=f0.098999.txt", 1) == (expected[-1000:], None)

"""A real site that is not ours: the Python documentation as Debian ships it, every file of it."""

import glob
import os
import threading
from pathlib import Path

import pytest

from harness import Server, in_parallel, request

TYPES = {
    ".html": {"text/html; charset=utf-8"},
    ".txt": {"text/plain; charset=utf-8"},
    ".css": {"text/css; charset=utf-8"},
    ".js": {"text/javascript; charset=utf-8"},
    ".json": {"application/json", "application/json; charset=utf-8"},
    ".xml": {"text/xml; charset=utf-8", "application/xml", "application/xml; charset=utf-8"},
    ".svg": {"image/svg+xml", "image/svg+xml; charset=utf-8"},
    ".png": {"image/png"},
    ".gz": {"application/gzip"},
    ".py": {"text/x-python; charset=utf-8", "text/plain; charset=utf-8", "application/octet-stream"},
    ".inv": {"application/octet-stream"},
}


def documentation():
    """The largest tree of what the packages call python3…/html, most of which are links to one of them."""
    trees = {Path(path).resolve() for path in glob.glob("/usr/share/doc/python3*/html")}
    return max((tree for tree in trees if (tree / "index.html").exists()),
               key=lambda tree: len(list(tree.rglob("*"))), default=None)


TREE = documentation()
pytestmark = pytest.mark.skipif(TREE is None, reason="python3-doc is not installed")


@pytest.fixture(scope="module")
def pages():
    """Every file that the site has, by its target: hidden ones and links out of the tree are none of it."""
    pages = {}
    for path in sorted(TREE.rglob("*")):
        name = path.relative_to(TREE)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and path.resolve().is_relative_to(TREE):
            pages["/" + name.as_posix()] = path.read_bytes()
    assert len(pages) > 500
    return pages


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, site={"root": TREE}, limits={"keepalive_requests": 100_000}) as server:
        yield server


def check(response, target, content):
    assert response.status == 200, target
    assert response.body == content, f"{target}: {len(response.body)} octets instead of {len(content)}, or others"
    assert response["Content-Type"].lower() in TYPES[os.path.splitext(target)[1]], target


def test_every_file_over_one_connection(server, pages):
    with server.connect() as client:
        for target, content in pages.items():
            check(client.get(target), target, content)


def test_every_file_pipelined(server, pages):
    """All requests at once, from a thread of their own: answers must come while requests still go out.

    Python's TLS sockets cannot be read while they are written; there it is as many as fit into the socket's buffers.
    """
    items = list(pages.items())
    portion = 64 if server.tls else len(items)
    with server.connect() as client:
        for begin in range(0, len(items), portion):
            asked = items[begin:begin + portion]
            octets = b"".join(request("GET", target) for target, _ in asked)
            sender = threading.Thread(target=client.send, args=(octets,), daemon=True)
            sender.start()
            if server.tls:
                sender.join()
            for target, content in asked:
                check(client.read_response(), target, content)
            sender.join()


def test_every_file_over_a_hundred_connections(server, pages):
    """Each file three times, by a hundred clients that begin at different places."""
    items = list(pages.items())
    clients, rounds = 100, 3
    share = len(items) * rounds // clients + 1

    def fetch(index):
        with server.connect() as client:
            for step in range(share):
                target, content = items[(index * share + step) % len(items)]
                check(client.get(target), target, content)

    in_parallel(clients, fetch)


def test_directories_and_links(server):
    with server.connect() as client:
        assert client.get("/").body == (TREE / "index.html").read_bytes()
        assert client.get("/library")["Location"].endswith("/library/")
        assert client.get("/library/").body == (TREE / "library/index.html").read_bytes()
        for path in TREE.rglob("*"):
            if path.is_symlink() and not path.resolve().is_relative_to(TREE):
                assert client.get("/" + path.relative_to(TREE).as_posix()).status in (403, 404), path

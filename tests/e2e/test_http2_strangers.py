"""Clients of HTTP/2 that others wrote: curl, nghttp and h2load (of nghttp2), and node."""

import json
import pathlib
import re
import subprocess

import pytest

import certificate
from harness import EACH_MODEL, HANG, Server

HELLO = b"hello\n"
LARGE = bytes(range(1, 251)) * 20_000  # 5 MB
DEV = certificate.shared()


@pytest.fixture(scope="session", params=EACH_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def server(mode, module_directory):
    with Server(module_directory, mode=mode, server={"h2c": "on"}, site={"echo": "on"}, limits={"body": "16m"}) as server:
        server.write("hello.txt", HELLO)
        server.write("large.bin", LARGE)
        yield server


@pytest.fixture
def base(server):
    return f"{server.listeners[0].scheme}://localhost:{server.address[1]}"


def run(*command, check=True):
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=2 * HANG, check=False)
    assert not check or done.returncode == 0, (done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout


def curl(mode, *arguments):
    way = ["--http2", "--cacert", DEV.authority] if mode.tls else ["--http2-prior-knowledge"]
    return run("curl", "-sS", "-4", *way, *arguments)


def test_curl(mode, base):
    assert curl(mode, "-w", "%{http_version} %{http_code}", f"{base}/hello.txt") == HELLO + b"2 200"
    assert curl(mode, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{base}/none") == b"2 404"
    assert curl(mode, f"{base}/large.bin") == LARGE
    assert curl(mode, "-r", "100-199", f"{base}/large.bin") == LARGE[100:200]


def test_curl_posts(mode, base, tmp_path):
    (tmp_path / "body").write_bytes(LARGE)
    assert curl(mode, "--data-binary", f"@{tmp_path / 'body'}", f"{base}/echo") == LARGE


def test_curl_many_at_a_time(mode, base, tmp_path):
    if not mode.tls:
        pytest.skip("curl 7.88 cannot do that by prior knowledge (error 16), with nginx neither")
    said = curl(mode, "--parallel", "-w", "%{http_version} %{http_code} %{size_download} %{num_connects}\n",
                *(word for number in range(30) for word in ("-o", tmp_path / f"{number}", f"{base}/large.bin?{number}")))
    lines = said.decode().split("\n")[:-1]
    assert len(lines) == 30 and all(line.startswith(f"2 200 {len(LARGE)} ") for line in lines)
    assert all((tmp_path / f"{number}").read_bytes() == LARGE for number in range(30))


def test_curl_that_would_upgrade_gets_http_1_1(mode, base):
    """The way of RFC 7540, which RFC 9113 has dropped: the request is answered as it stands."""
    if mode.tls:
        pytest.skip("that was for plain text")
    assert run("curl", "-sS", "-4", "--http2", "-w", "%{http_version}", f"{base}/hello.txt") == HELLO + b"1.1"


def test_curl_without_http_2(mode, base):
    assert run("curl", "-sS", "-4", "--http1.1", "--cacert", DEV.authority, "-w", "%{http_version}",
               f"{base}/hello.txt") == HELLO + b"1.1"


def test_nghttp(base):
    said = run("nghttp", "-nv", f"{base}/hello.txt", f"{base}/large.bin", f"{base}/none").decode()
    assert said.count(":status: 200") == 2 and said.count(":status: 404") == 1
    assert "SETTINGS_MAX_CONCURRENT_STREAMS" in said and "error_code=NO_ERROR" in said
    assert run("nghttp", f"{base}/large.bin") == LARGE


def test_nghttp_with_small_windows_and_padding(base):
    assert run("nghttp", "-w", "12", "-W", "12", "-b", "200", "-H", "Range: bytes=0-299999", f"{base}/large.bin") == LARGE[:300_000]


def test_nghttp_posts(base, tmp_path):
    (tmp_path / "body").write_bytes(LARGE)
    assert run("nghttp", "-d", tmp_path / "body", f"{base}/echo") == LARGE


@pytest.mark.parametrize("target, count", [("/hello.txt", 2000), ("/large.bin", 50)])
def test_h2load(base, target, count):
    said = run("h2load", "-n", count, "-c", 4, "-m", 10, f"{base}{target}").decode()
    assert re.search(rf"requests: {count} total, {count} started, {count} done, {count} succeeded, 0 failed, 0 errored", said), said
    assert f"status codes: {count} 2xx" in said


def test_node(mode, base):
    wanted = [("GET", "/hello.txt"), ("GET", "/large.bin"), ("HEAD", "/large.bin"), ("POST", "/echo"), ("GET", "/none")] * 4
    heard = json.loads(run("node", pathlib.Path(__file__).parent / "stranger_http2.js", base, DEV.authority if mode.tls else "",
                           *(word for pair in wanted for word in pair)))
    assert [(answer["method"], answer["path"]) for answer in heard] == wanted
    assert [(answer["status"], answer["length"]) for answer in heard][:4] == [
        (200, len(HELLO)), (200, len(LARGE)), (200, 0), (200, 200_000)]
    assert all(answer["status"] == 404 for answer in heard if answer["path"] == "/none")

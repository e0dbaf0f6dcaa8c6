"""The demo site by its delivered configuration: its rules, its listings, and the commands that its start page shows."""

import configparser
import gzip
import html
import json
import re
import subprocess

import pytest

from harness import FIRST_OF_MODEL, ROOT, Server

SITE = ROOT / "root"
NOTED = ("X-Content-Type-Options", "Referrer-Policy")


@pytest.fixture(scope="session", params=[mode for mode in FIRST_OF_MODEL if not mode.tls], ids=str)
def mode(request):
    return request.param


def delivered(section):
    """The keys of config.ini that are not commented out."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "config.ini")
    return dict(parser[section])


@pytest.fixture(scope="module")
def server(mode, module_directory):
    accounts = {**delivered("accounts"), "database": f"sqlite:{module_directory}/accounts.db"}
    with Server(module_directory, mode=mode, site={**delivered("site"), "root": SITE}, accounts=accounts) as server:
        yield server


def commands():
    """[command, its output] of the start page's terminal."""
    terminal = re.search(r'id="try" [^>]*><code>(.*?)</code>', (SITE / "index.html").read_text(), re.DOTALL)[1]
    text = html.unescape(re.sub(r"<[^>]*>", "", terminal))
    return [entry.split("\n", 1) for entry in text.removeprefix("$ ").split("\n\n$ ")]


@pytest.mark.parametrize("command, output", commands())
def test_the_commands_of_the_start_page(server, command, output):
    host, port = server.address
    run = subprocess.run(command.replace("localhost:8080", f"{host}:{port}"), shell=True, capture_output=True, text=True, check=True)
    assert run.stdout.replace("\r", "").rstrip("\n") == output


@pytest.mark.parametrize("target, noted", [
    ("/", True), ("/index.html", True), ("/video.html", True), ("/css/style.css", True), ("/errors/404.html", True),
    ("/files/", True), ("/no-such-star", True), ("/bench/586.html", False),
])
def test_fields_of_all_but_the_benchmark(server, target, noted):
    fields = server.get(target)
    assert [fields[name] for name in NOTED if name in fields] == (["nosniff", "same-origin"] if noted else [])


@pytest.mark.parametrize("target, has_policy", [
    ("/", True), ("/journey.html", True), ("/css/style.css", False), ("/pictures/gemini-map.svg", False), ("/bench/586.html", False),
])
def test_pages_have_a_content_security_policy(server, target, has_policy):
    response = server.get(target)
    assert ("Content-Security-Policy" in response) == has_policy
    assert not has_policy or response["Content-Security-Policy"].startswith("default-src 'self';")


@pytest.mark.parametrize("target, value", [
    ("/pictures/trails.avif", "public, max-age=86400"),
    ("/media/journey.webp", "public, max-age=86400"),
    ("/css/style.css", "public, max-age=0, must-revalidate"),
    ("/pictures/no-such-picture.png", None),
])
def test_caching(server, target, value):
    assert server.get(target).all("Cache-Control") == ([value] if value else [])


@pytest.mark.parametrize("target, status, location", [
    ("/film", 301, "/video.html"), ("/gallery/twins.webp", 301, "/pictures/twins.webp"), ("/stars", 200, None),
    ("/_headers", 404, None), ("/_redirects", 404, None),
    ("/members/", 303, "/login?next=%2Fmembers%2F"), ("/members/pictures/", 303, "/login?next=%2Fmembers%2Fpictures%2F"),
])
def test_where_requests_lead(server, target, status, location):
    response = server.get(target)
    assert (response.status, response.all("Location")) == (status, [location] if location else [])


def test_the_listing(server):
    entries = json.loads(server.get("/files/?format=json").body)["entries"]
    assert [entry["name"] for entry in entries] == ["about.txt", "light-curve.csv", "light-curve.csv.gz", "stars.csv"]
    assert "sha256-" in server.get("/files/")["Content-Security-Policy"], "its own policy, which allows its style"


def test_what_was_compressed_beforehand_is_its_file():
    files = [path for path in SITE.rglob("*.gz")]
    assert files
    for path in files:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes(), path

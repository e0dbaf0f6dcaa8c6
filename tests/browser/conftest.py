"""Real Chromium against the real server: fixtures.

The server is started from POLLUX_BINARY (default: build/release/server/pollux)
on a free port with the demo site as its root. Nothing here sleeps: everything
waits for a line, an event or a promise.
"""
import base64
import contextlib
import hashlib
import http.cookiejar
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

sys.path.append(str(pathlib.Path(__file__).parents[1]))  # For npm.py.

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "root"
BINARY = pathlib.Path(os.environ.get("POLLUX_BINARY", REPOSITORY / "build/release/server/pollux"))
ERROR_PAGES = ("/errors/403.html", "/errors/404.html", "/errors/500.html", "/errors/503.html")

CONFIG = """\
[server]
listen = 127.0.0.1:0
[site]
root = {root}
error_page_404 = /errors/404.html
protected = /members/
chat = on
listing = on
[accounts]
enabled = on
database = sqlite:accounts.db
"""
MEMBER, PASSWORD = "Ada Lovelace", "correct horse"

CHROMIUM_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,900",
)


def first_line(process, seconds):
    """The process's first line on standard output, or "" when it ends or `seconds` go by without one."""
    deadline, line = time.monotonic() + seconds, b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        octets = os.read(process.stdout.fileno(), 1) if ready else b""
        if not octets:
            break
        line += octets
    return line.decode().strip()


@pytest.fixture(scope="session")
def site_root():
    """The directory that is served."""
    return ROOT


@contextlib.contextmanager
def serving(directory, config):
    """A server with this configuration; gives its address, without a slash at its end."""
    (directory / "config.ini").write_text(config)
    with open(directory / "stderr", "w+") as stderr:
        process = subprocess.Popen([BINARY], cwd=directory, stdout=subprocess.PIPE, stderr=stderr)
        try:
            line = first_line(process, 30)
            prefix = "listening on "
            assert line.startswith(prefix + "http"), f"said {line!r}; {(directory / 'stderr').read_text()}"
            yield line[len(prefix):].rstrip("/")
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, (directory / "stderr").read_text()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def tls_identity(directory):
    """A certificate for localhost, made there: a [tls] section that presents it, and Chromium's option to trust its key."""
    subprocess.run([REPOSITORY / "scripts/dev-cert", directory], check=True, capture_output=True)
    key = subprocess.run(["openssl", "pkey", "-in", directory / "key.pem", "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    section = f"[tls]\nlisten = 127.0.0.1:0\ncertificate = {directory}/certificate.pem\nprivate_key = {directory}/key.pem\n"
    return section, f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(key).digest()).decode()}"


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The demo site, with accounts."""
    subprocess.run([REPOSITORY / "handbook/build"], check=True)
    with serving(tmp_path_factory.mktemp("pollux"), CONFIG.format(root=ROOT)) as address:
        yield address


class Browser:
    """A Chromium with a fresh profile, and what it says about the network and the console."""

    def __init__(self, profile, *more_options):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for option in (*CHROMIUM_OPTIONS, *more_options, f"--user-data-dir={profile}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        # A given driver path keeps selenium from downloading one.
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(60)
        self.driver.set_page_load_timeout(60)

    def open(self, address):
        """Loads a page, with all its lazy images, and forgets what was logged before."""
        self.driver.get("about:blank")
        self.console()
        self.network()
        self.driver.get(address)
        self.wait_for("Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode().catch(() => 0); }))")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, promise):
        """Evaluates a JavaScript expression that gives a promise; returns its value or fails with its error."""
        kind, value = self.driver.execute_async_script(
            f"const done = arguments[0]; Promise.resolve({promise}).then(v => done(['ok', v]), e => done(['error', String(e)]));")
        assert kind == "ok", value
        return value

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def console(self):
        """Messages since the last call, of level WARNING or worse."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]

    def network(self):
        """DevTools' Network events since the last call, as (method, parameters), in order."""
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [(m["method"], m["params"]) for m in messages if m["method"].startswith("Network.")]


def answers_of(events):
    """{address: response} of what Browser.network() gave; names of header fields are in lower case."""
    answers = {p["response"]["url"]: p["response"] for method, p in events if method == "Network.responseReceived"}
    for answer in answers.values():
        answer["headers"] = {name.lower(): value for name, value in answer["headers"].items()}
    return {url: answer for url, answer in answers.items() if url.startswith("http")}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.driver.quit()


class Links(HTMLParser):
    """Collects what a page points at."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src", "poster") and value]


@pytest.fixture(scope="session")
def member(base):
    """The cookies of somebody who has an account, and the opener that has them."""
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(base + "/register", timeout=30) as page:
        csrf = re.search(rb'name="csrf" value="([^"]+)"', page.read())[1].decode()
    form = {"csrf": csrf, "user": MEMBER, "password": PASSWORD}
    with opener.open(base + "/register", urllib.parse.urlencode(form).encode(), timeout=30) as page:
        assert MEMBER in page.read().decode()
    return cookies, opener


@pytest.fixture(scope="session")
def site(base, member):
    """Every address a member reaches from the start page, as {path: media type}; asserts that each answers 200."""
    _, opener = member
    types, waiting = {}, ["/", "/login", *ERROR_PAGES, "/favicon.ico"]
    while waiting:
        path = waiting.pop()
        if path in types:
            continue
        with opener.open(base + path, timeout=30) as response:  # Raises for anything but success.
            assert response.status == 200, path
            types[path] = response.headers.get_content_type()
            body = response.read()
        if types[path] != "text/html":
            continue
        links = Links()
        links.feed(body.decode())
        for link in links.found:
            target = urllib.parse.urlsplit(urllib.parse.urljoin(base + path, link))
            if f"{target.scheme}://{target.netloc}" == base:
                waiting.append(target.path)
    return types


@pytest.fixture(scope="session")
def pages(site):
    """The HTML pages among them. Of the handbook, whose pages are all made alike: each third, and one listing of a file."""
    found = sorted(path for path, kind in site.items() if kind == "text/html")
    listings = [path for path in found if path.startswith("/handbook/source/")]
    chapters = [path for path in found if path.startswith("/handbook/") and path not in listings]
    found = [path for path in found if path not in listings[1:] and (path not in chapters or chapters.index(path) % 3 == 0)]
    assert {"/", "/pictures.html", "/video.html", "/journey.html", "/bench/586.html", "/welcome", "/account",
            "/login", "/register", "/logout", "/members/pictures.html", "/members/video.html"} <= set(found)
    return found

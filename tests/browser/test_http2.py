"""HTTP/2 as a browser speaks it: one connection for a page of many files, and WebSockets on streams of it."""
import json

import pytest
from conftest import ROOT, Browser, serving, tls_identity

FILES = 200


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The demo site over TLS and a page of many files; the port, Chromium's option to trust it, and the log."""
    directory = tmp_path_factory.mktemp("http2")
    section, trust = tls_identity(directory)
    page = directory / "page"
    page.mkdir()
    for number in range(FILES):
        (page / f"{number}.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="{number + 1}" height="1"/>')
    (page / "index.html").write_text("<!doctype html><meta charset=utf-8><title>Many</title><link rel=icon href=data:,>" +
                                     "".join(f"<img alt='' src={number}.svg>" for number in range(FILES)))
    log = directory / "access.log"
    config = (f"[server]\nlisten = off\n[site]\nroot = {ROOT}\nchat = on\n[site 127.0.0.1]\nroot = {page}\n"
              f"{section}[log]\naccess = {log}\naccess_format = json\n")
    with serving(directory, config) as address:
        yield address.rpartition(":")[2], trust, log


@pytest.fixture
def browser(house, tmp_path):
    one = Browser(tmp_path, house[1])
    yield one
    one.driver.quit()


def until(browser, condition):
    browser.wait_for(f"new Promise(done => {{ const look = () => {condition} ? done() : setTimeout(look, 20); look(); }})")


def test_a_page_of_many_files_comes_over_one_connection(house, browser):
    port, _, log = house
    browser.open(f"https://127.0.0.1:{port}/")
    widths = browser.run("return [...document.images].map(image => image.naturalWidth)")
    assert widths == list(range(1, FILES + 1))
    answers = [p["response"] for m, p in browser.network() if m == "Network.responseReceived"
               and p["response"]["url"].startswith("https")]
    assert len(answers) == FILES + 1
    assert {answer["protocol"] for answer in answers} == {"h2"}
    assert len({answer["connectionId"] for answer in answers}) == 1
    assert browser.console() == []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    streams = [line["stream"] for line in lines if line["target"].endswith(".svg")]
    assert len(streams) == len(set(streams)) == FILES


def test_chat_and_live_view_are_streams(house, browser):
    port = house[0]
    browser.open(f"https://localhost:{port}/chat.html")
    until(browser, "document.getElementById('state').textContent.includes('Nobody else')")
    created = [p for m, p in browser.network() if m == "Network.webSocketHandshakeResponseReceived"]
    assert [p["response"]["status"] for p in created] == [200]  # 101 of HTTP/1.1.
    browser.run("document.getElementById('text').value = 'hello'; document.querySelector('form').requestSubmit()")
    until(browser, "document.getElementById('said').textContent.includes('hello')")
    assert browser.console() == []
    browser.open(f"https://localhost:{port}/live")
    until(browser, "typeof before !== 'undefined' && before !== undefined")
    assert browser.console() == []

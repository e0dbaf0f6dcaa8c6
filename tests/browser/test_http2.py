"""HTTP/2 as a browser speaks it: one connection for a page of many files, and WebSockets on streams of it."""
import json
import re

import pytest
from conftest import ROOT, Browser, serving, tls_identity
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

FILES = 200
SMALL = 40  # Files of the page that has a large one, too.
LARGE = 12 << 20  # More than the window Chromium gives a stream: until it is read, there is no end to it.
MIXED = """<!doctype html><meta charset=utf-8><title>Mixed</title><link rel=icon href=data:,><script>
async function show() {
  const large = await fetch('large.bin');
  await Promise.all(Array.from({length: %d}, (_, i) => Object.assign(new Image(), {src: `${i}.svg`}).decode()));
  return (await large.arrayBuffer()).byteLength;
}
</script>""" % SMALL


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
    (page / "large.bin").write_bytes(bytes(LARGE))
    (page / "mixed.html").write_text(MIXED)
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


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).innerText", selector)


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


ASKED = "traces.findIndex(({streams}) => streams?.lanes.find(lane => lane.stream === streams.followed)?.asked === 'GET /large.bin')"


@pytest.fixture
def lanes(house, browser):
    """The live view over HTTP/2, with the trace of a large file's request; many small ones were asked for meanwhile."""
    port = house[0]
    browser.open(f"https://localhost:{port}/live")
    until(browser, "typeof before !== 'undefined' && before !== undefined && !document.querySelector('#orders button').disabled")
    view = browser.driver.current_window_handle
    browser.driver.find_element(By.CSS_SELECTOR, "button[value=from]").send_keys(Keys.ENTER)
    until(browser, "byId('tracing').textContent.startsWith('Followed: from 127.0.0.1')")
    browser.driver.switch_to.new_window("tab")
    browser.open(f"https://127.0.0.1:{port}/mixed.html")
    assert browser.wait_for("show()") == LARGE
    browser.driver.switch_to.window(view)
    until(browser, f"{ASKED} >= 0")
    browser.driver.find_element(By.CSS_SELECTOR, "button[value=off]").send_keys(Keys.ENTER)
    until(browser, "byId('tracing').textContent === 'Nothing is followed.'")
    Select(browser.driver.find_element(By.ID, "traces")).select_by_index(browser.run(f"return {ASKED}"))
    return browser


def test_streams_of_a_connection_are_lanes(lanes):
    shown = lanes.run("""return [...document.querySelectorAll('.stream-lanes li[data-stream]')].map(item => {
        const bar = item.querySelector('.bar').getBoundingClientRect();
        return {stream: Number(item.dataset.stream), followed: item.classList.contains('followed'), from: bar.left, to: bar.right,
                text: item.innerText, frames: item.querySelectorAll('.frame').length}; })""")
    streams = [lane for lane in shown if lane["stream"] > 0]
    followed = [lane for lane in streams if lane["followed"]]
    trace = lanes.run(f"return traces[{ASKED}]")
    assert [lane["stream"] for lane in followed] == [trace["streams"]["followed"]]
    assert "GET /large.bin" in followed[0]["text"] and "12.6 MB" in followed[0]["text"]
    beside = [lane for lane in streams if lane is not followed[0] and lane["from"] < followed[0]["to"] and followed[0]["from"] < lane["to"]]
    assert len(beside) == 31 and all(".svg" in lane["text"] and lane["frames"] >= 3 for lane in beside)
    assert trace["streams"]["left_out"] == SMALL - 31
    words = text(lanes, ".streams")
    assert re.search(r"While stream \d+ was sending its 12\.6 MB, 31 other answers went out between its frames", words), words
    assert "9 more streams had no room here" in words
    assert re.search(r"the thick line\) 6\.3 MB at first, 0 B at the least.* At nothing, DATA waits", words), words
    assert lanes.run("return document.querySelectorAll('.windows path').length") == 2
    # As a list in words, too.
    rows = lanes.run("return [...document.querySelectorAll('#trace tbody tr')].map(row => row.innerText)")
    assert any("DATA, stream" in row and "windows out" in row for row in rows)
    assert lanes.console() == []


def test_frames_can_be_reached_with_the_keyboard(lanes):
    strip = lanes.driver.find_element(By.CSS_SELECTOR, ".followed .strip")
    said = []
    for key in (Keys.HOME, Keys.ARROW_RIGHT, Keys.END):
        strip.send_keys(key)
        said.append(strip.get_attribute("aria-valuetext"))
        assert lanes.run("return document.querySelector('.readout').textContent") == said[-1]
    assert "HEADERS from the client" in said[0] and "May still be sent: stream" in said[0]
    assert len(set(said)) == 3
    assert "followed" in strip.get_attribute("aria-label")


@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_lanes_fit_on_a_phone(lanes, scheme):
    lanes.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    lanes.devtools("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    until(lanes, "innerWidth === 360 && document.documentElement.scrollWidth <= 360")
    cut = lanes.run("""const box = document.querySelector('#tracer').getBoundingClientRect();
        return [...document.querySelectorAll('.streams :is(p, li, .strip, .sum)')].filter(one => {
          const {left, right} = one.getBoundingClientRect(); return left < box.left || right > box.right; }).map(one => one.outerHTML)""")
    assert cut == []

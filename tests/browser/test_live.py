"""The pages that are made of a WebSocket: the live view and the chat, in a real browser."""
import pytest
from conftest import ROOT, Browser, serving
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from test_accounts import patience

CONFIG = f"""\
[server]
listen = 127.0.0.1:0
[site]
root = {ROOT}
chat = on
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("live"), CONFIG) as address:
        yield address


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0]).innerText", selector)


def wait(browser, condition, *arguments):
    """Until an expression of JavaScript is true."""
    patience(browser).until(lambda driver: driver.execute_script(f"return {condition}", *arguments))


def press(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)


@pytest.fixture
def live(browser, house):
    browser.open(f"{house}/live")
    wait(browser, "before !== undefined && !document.querySelector('#orders button').disabled")
    return browser


def ask(browser, path):
    """The page asks the server for something."""
    browser.wait_for(f"fetch('{path}', {{cache: 'no-store'}}).then(answer => answer.text())")


def test_shows_the_server_at_work(live):
    assert "proactor, triggers lt/lt" in text(live, "#state")
    assert {"pollux", "worker-0"} <= set(live.run("return [...lanes.keys()]"))
    shown = live.run("return charts.rate.data[0].length")
    wait(live, "charts.rate.data[0].length > arguments[0] + 1", shown)  # It moves.
    wait(live, "bars.get('message').querySelector('.count').textContent === '1'")  # That is us.
    assert live.run("return document.querySelectorAll('.chart canvas').length") == 2
    assert not live.console()


def test_follows_the_next_request(live):
    press(live, "button[value=next]")
    wait(live, "byId('tracing').textContent.startsWith('The next request')")
    ask(live, "/bench/586.html")
    wait(live, "traces.length === 1")
    steps = text(live, "#trace")
    for part in ("kRequestLine <- GET /bench/586.html HTTP/1.1", "epoll_wait", "EPOLLIN", "writev", "file cache"):
        assert part in steps, steps
    assert "Nothing is followed" in text(live, "#tracing")
    # A line of time as wide as its frame, and one row a step.
    assert live.run("return document.querySelectorAll('#trace .line i').length") == live.run("return traces[0].steps.length - 1")
    assert live.run("return document.querySelectorAll('#trace tbody tr').length") == live.run("return traces[0].steps.length")


def test_follows_many_and_shows_the_one_that_is_chosen(live):
    press(live, "button[value=from]")
    wait(live, "byId('tracing').textContent.startsWith('Followed: from 127.0.0.1')")
    for path in ("/bench/586.html", "/none-such"):
        ask(live, path)
    wait(live, "traces.length >= 2")
    press(live, "button[value=off]")
    wait(live, "byId('tracing').textContent === 'Nothing is followed.'")
    assert "404" in text(live, "#trace")  # The latest.
    Select(live.driver.find_element(By.ID, "traces")).select_by_index(0)
    assert "586.html" in text(live, "#trace")


def test_reachable_with_the_keyboard(live):
    wanted = {"every", "from", "next", "off"}
    body = live.driver.find_element(By.TAG_NAME, "body")
    body.click()
    for _ in range(40):
        live.driver.switch_to.active_element.send_keys(Keys.TAB)
        wanted -= {live.run("return document.activeElement.value"), live.run("return document.activeElement.id")}
    assert not wanted


@pytest.mark.parametrize("width", (360, 1280))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_fits(live, width, scheme):
    live.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    live.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    try:
        wait(live, "document.documentElement.scrollWidth <= innerWidth")
        # The charts take the colours of the scheme.
        wait(live, "charts.rate.plot.axes[0].stroke().toString() === colour('dim')")
    finally:
        live.devtools("Emulation.clearDeviceMetricsOverride")
        live.devtools("Emulation.setEmulatedMedia", features=[])


def test_says_so_when_it_is_not_for_the_visitor(browser, tmp_path):
    with serving(tmp_path, CONFIG + "[status]\nallow = 192.0.2.1\n") as address:
        browser.open(f"{address}/live")
        wait(browser, "byId('state').textContent.includes('[status] allow')")
        browser.driver.get("about:blank")  # So that it does not try again.
    browser.console()


def test_what_one_says_all_hear(browser, house, tmp_path):
    browser.open(f"{house}/chat.html")
    wait(browser, "document.getElementById('state').textContent.includes('Nobody else')")
    other = Browser(tmp_path / "other")
    try:
        other.open(f"{house}/chat.html")
        wait(browser, "document.getElementById('state').textContent.includes('One other')")
        line = "<b>Hello</b>, tw\u00ednn"
        other.driver.find_element(By.ID, "text").send_keys(line, Keys.ENTER)
        for one in (browser, other):
            wait(one, "document.getElementById('said').textContent.includes(arguments[0])", line)
        assert other.run("return document.querySelector('#said b').textContent") == "You"
        assert not browser.console() and not other.console()
    finally:
        other.driver.quit()
    wait(browser, "document.getElementById('state').textContent.includes('Nobody else')")

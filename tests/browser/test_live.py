"""The pages that are made of a WebSocket: the live view and the chat, in a real browser."""
import contextlib

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


def open_live(browser, address):
    browser.open(f"{address}/live")
    wait(browser, "before !== undefined && !document.querySelector('#orders button').disabled")


@pytest.fixture
def live(browser, house):
    open_live(browser, house)
    return browser


def ask(browser, path):
    """The page asks the server for something."""
    browser.wait_for(f"fetch('{path}', {{cache: 'no-store'}}).then(answer => answer.text())")


def follow_next(browser, path):
    """Its trace is then shown."""
    press(browser, "button[value=next]")
    wait(browser, "byId('tracing').textContent.startsWith('The next request')")
    ask(browser, path)
    wait(browser, "traces.length === 1")


@contextlib.contextmanager
def phone(browser):
    browser.devtools("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
    try:
        yield
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")


def cut_cells(browser):
    """Of the table of steps, those whose text does not fit."""
    return browser.run("""const box = document.querySelector('.steps').getBoundingClientRect();
        return [...document.querySelectorAll('#trace td')].filter(cell =>
          cell.getBoundingClientRect().right > box.right + 1 || cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)""")


def test_shows_the_server_at_work(live):
    assert "proactor, triggers lt/lt" in text(live, "#state")
    assert {"pollux", "worker-0"} <= set(live.run("return [...strips.keys()]"))
    shown = live.run("return charts.rate.data[0].length")
    wait(live, "charts.rate.data[0].length > arguments[0] + 1", shown)  # It moves.
    wait(live, "bars.get('message').querySelector('.count').textContent === '1'")  # That is us.
    assert live.run("return document.querySelectorAll('.chart canvas').length") == 2
    assert not live.console()


def test_tells_how_much_a_call_brings(live):
    assert text(live, "#batch-name") == "events a call"
    wait(live, "byId('batch').textContent !== '–'")
    assert live.run("return document.querySelector('#batch-name').title") == "of epoll_wait, on average"


def test_follows_the_next_request(live):
    follow_next(live, "/bench/586.html")
    steps = text(live, "#trace")
    for part in ("kRequestLine <- GET /bench/586.html HTTP/1.1", "epoll_wait", "EPOLLIN", "writev", "file cache"):
        assert part in steps, steps
    assert "Nothing is followed" in text(live, "#tracing")
    # A line of time as wide as its frame, and one row a step.
    assert live.run("return document.querySelectorAll('#trace .line i').length") == live.run("return traces[0].steps.length - 1")
    assert live.run("return document.querySelectorAll('#trace tbody tr').length") == live.run("return traces[0].steps.length")
    assert live.run("return document.querySelector('#trace .streams')") is None, "HTTP/1.1 has none"
    assert live.run("return document.querySelector('#trace .legend')") is None, "io-uring has one"


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


@pytest.fixture(scope="module")
def ring_house(tmp_path_factory):
    """A server in the io-uring model."""
    with serving(tmp_path_factory.mktemp("ring"), CONFIG.replace("[site]", "model = io-uring\n[site]")) as address:
        yield address


@pytest.fixture
def ring(browser, ring_house):
    open_live(browser, ring_house)
    return browser


def test_by_completion_it_tells_of_completions(ring):
    assert "io-uring, by completion, accepting by" in text(ring, "#state")
    assert text(ring, "#batch-name") == "completions a call"
    wait(ring, "Number(byId('batch').textContent) > 0")
    assert ring.run("return document.querySelector('#batch-name').title") == "of io_uring_enter, on average"
    assert not ring.console()


def test_follows_a_request_by_completion(ring):
    follow_next(ring, "/bench/586.html")
    steps = text(ring, "#trace")
    for part in ("io-uring, by completion: ", "kRequestLine <- GET /bench/586.html HTTP/1.1", "sqe send", "cqe send", "sqe recv"):
        assert part in steps, steps
    assert "none" not in steps and "epoll" not in steps, steps
    # Submissions and completions are told apart, row by row and in words.
    marked = ring.run("return [...document.querySelectorAll('#trace td.what')].map(cell => [cell.textContent, [...cell.classList].slice(1).join()])")
    assert {"cqe recv", "sqe send", "cqe send"} <= {name for name, _ in marked}
    assert all(side == (name[:3] if name.startswith(("sqe ", "cqe ")) else "") for name, side in marked), marked
    signs = ring.run("""return ['.sqe', '.cqe'].map(side => ['.steps', '.legend.ring'].map(place =>
        getComputedStyle(document.querySelector(`#trace ${place} ${side}`), '::before').content))""")
    assert signs == [['"→"'] * 2, ['"←"'] * 2]
    said = text(ring, "#trace .legend.ring")
    assert "sqe, a submission" in said and "cqe, a completion" in said
    # What the kernel was waited for lies in the line of time as a wait does.
    assert ring.run("""return [...document.querySelectorAll('#trace .line i')].filter(part => part.title.includes('→ cqe'))
        .every(part => part.className === 'waiting')""")
    assert not ring.console()


def test_a_trace_by_completion_fits_on_a_phone(ring):
    with phone(ring):
        follow_next(ring, "/bench/586.html")
        assert cut_cells(ring) == []


@pytest.mark.parametrize("steps, waits", (
    (("sqe poll", "for room: the socket takes no more"), "1 time it had to wait for room in the socket"),
    (("sqe poll", "for the client's end"), ""),
))
def test_waits_for_room_are_counted(ring, steps, waits):
    trace = {"model": "io-uring", "triggers": "none", "left_out": 0, "peer": "", "number": 1,
             "steps": [{"at": at, "thread": "pollux", "what": what, "detail": detail} for at, (what, detail) in
                       enumerate((("cqe recv", "78 octets"), steps))]}
    ring.run("showTrace(byId('trace'), arguments[0])", trace)
    assert text(ring, "#trace p") == f"io-uring, by completion: 2 steps in 1 µs{waits and ', ' + waits}."


@pytest.mark.parametrize("call, said", (
    ("longTime(3.24)", "3 s"), ("longTime(61)", "1 min 1 s"), ("longTime(1803.24)", "30 min 3 s"), ("longTime(7384)", "2 h 3 min"),
    ("longTime(180000)", "2 d 2 h"),
    ("duration(0)", "0 µs"), ("duration(3.24)", "3.2 µs"), ("duration(850.4)", "850 µs"), ("duration(1250)", "1.3 ms"),
    ("duration(12.5e6)", "12.5 s"),
    ("human(0)", "0"), ("human(9371)", "9 371"), ("human(12345)", "12.3 k"), ("human(2.5e9)", "2.5 G"),
    ("octets(85.5)", "86 B"), ("octets(9371)", "9 371 B"), ("octets(123456)", "123 kB"), ("octets(1.5e6)", "1.5 MB"),
    ("grouped(1234567.5, 1)", "1 234 567.5"),
    # Each tick of an axis has a label of its own.
    ("ticks([0, 0.5, 1], 0.5, MICROSECONDS).join()", "0,0.5 µs,1.0 µs"),
    ("ticks([0, 2.5, 5, 7.5, 10], 2.5, MICROSECONDS).join()", "0,2.5 µs,5.0 µs,7.5 µs,10.0 µs"),
    ("ticks([0, 500, 1000, 1500], 500, MICROSECONDS).join()", "0,0.5 ms,1.0 ms,1.5 ms"),
    ("ticks([0, 250, 500, 750, 1000], 250, MICROSECONDS).join()", "0,0.25 ms,0.50 ms,0.75 ms,1.00 ms"),
    ("ticks([0, 2500, 5000], 2500, COUNT).join()", "0,2 500,5 000"),
    ("ticks([0, 20000, 40000], 20000, COUNT).join()", "0,20 k,40 k"),
    ("readable({what: 'answer', detail: '200, 8388608 octets of content'})", "200, 8 388 608 octets of content"),
    ("readable({what: 'writev', detail: '62464 of 196846 octets in 1 piece'})", "62 464 of 196 846 octets in 1 piece"),
    ("readable({what: 'parser', detail: 'kFields <- X: 12345 octets'})", "kFields <- X: 12345 octets"),
    ("readable({what: 'frame out', frame: {}, detail: 'DATA, stream 3, 16384 octets; windows out: stream 49151'})",
     "DATA, stream 3, 16 384 octets; windows out: stream 49 151"),
))
def test_numbers_can_be_read(live, call, said):
    assert live.run(f"return {call}").replace("\u202f", " ") == said


def stream(number, begun, ended, *data, octets=1000, followed=False):
    """A lane as streams.js has it, with DATA sent at these moments."""
    frames = [{"at": at, "out": True, "name": "DATA", "octets": octets} for at in data]
    return {"stream": number, "from": begun or 0, "begun": begun, "ended": ended, "to": ended or 100, "frames": frames,
            "followed": followed, "out": {"octets": octets * len(data)}}


LARGE = stream(1, 0, 90, 5, 20, 40, 90, octets=1e6, followed=True)


@pytest.mark.parametrize("lanes, said", (
    ((LARGE, stream(3, 10, 30, 30), stream(5, 11, 31, 31)), "While stream 1 was sending its 4 MB, 2 other answers went out between its frames."),
    ((LARGE, stream(3, 10, 30, 30)), "1 other answer went out"),
    ((LARGE, stream(3, 10, 95, 95)), "Stream 3 was asked for while stream 1 was being sent, and had to wait."),
    ((LARGE, stream(3, 10, 95, 95), stream(5, 10, 96, 96)), "2 streams were asked for while stream 1 was being sent"),
    ((stream(1, 0, 20, 20, followed=True), stream(3, 10, 30, 30)), "1 other stream of this connection was open at the same time."),
    ((stream(1, 0, 20, 20, followed=True), stream(3, 10, None), stream(5, 10, None)), "2 other streams of this connection were open"),
    ((LARGE,), "No other stream of this connection was open."),
    ((LARGE, stream(3, 91, 95, 95)), "No other stream of this connection was open."),
))
def test_lanes_are_put_into_words(live, lanes, said):
    absent = "for (const lane of arguments[0]) if (lane.ended === null) delete lane.ended;"
    assert said in live.run(f"{absent} return lessonOf(arguments[0])", lanes)


def test_times_are_the_same_in_every_country(live):
    assert live.run("return clock(new Date(2026, 10, 26, 17, 5, 9) / 1000)") == "17:05:09"
    wait(live, "charts.rate.data[0].length > 2")
    labels = live.run("return charts.rate.plot.axes[0]._values")
    assert labels and all(len(label) == 8 and label.count(":") == 2 for label in labels)


def test_threads_of_accounts_stand_below_those_that_serve(live):
    names = ["hashing-0", "worker-10", "blocking-0", "new-kind", "worker-2", "pollux", "loop-1"]
    assert live.run("return arguments[0].sort((a, b) => rankOf(a) - rankOf(b))", names) == [
        "pollux", "loop-1", "worker-10", "worker-2", "hashing-0", "blocking-0", "new-kind"]


def test_threads_follow_the_scheme_at_run_time(live):
    """What was drawn before the switch is drawn anew, too."""
    pixel = """const c = strips.get('pollux').canvas, p = c.getContext('2d').getImageData(c.width - strips.get('pollux').moments.length, 1, 1, 1).data;
               return [...p].slice(0, 3)"""
    wait(live, "strips.get('pollux').moments.length > 1")
    shade = f"(() => {{ {pixel.replace('slice(0, 3)', 'slice(0, 3).reduce((a, b) => a + b)')} }})()"
    live.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    wait(live, f"{shade} > 400")
    live.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    wait(live, f"{shade} < 300")
    live.devtools("Emulation.setEmulatedMedia", features=[])


def test_all_of_a_trace_can_be_seen_on_a_phone(live):
    with phone(live):
        follow_next(live, "/bench/586.html")
        assert live.run("return document.querySelectorAll('#trace tbody tr').length") > 5
        assert cut_cells(live) == []


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
        assert "[status] allow" in text(browser, "#state")
        assert not browser.console()


def test_works_on_any_site(browser, tmp_path):
    (tmp_path / "site").mkdir()
    config = f"[server]\nlisten = 127.0.0.1:0\n[site]\nroot = {tmp_path}/site\n"
    with serving(tmp_path, config) as address:
        browser.open(f"{address}/live")
        wait(browser, "before !== undefined")
        assert "proactor" in text(browser, "#state")
        assert browser.run("return getComputedStyle(document.querySelector('.live')).display") == "grid", "styled"
        browser.driver.get("about:blank")  # So that it does not ask a server that has gone.
        assert not browser.console()


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

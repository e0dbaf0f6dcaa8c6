"""The video page: playing, and seeking, which is what range requests are for."""
import re

import pytest

READY = """new Promise((done, fail) => {
  const film = document.getElementById('film');
  film.muted = true;
  film.onerror = film.querySelector('source:last-of-type').onerror = () => fail('media error');
  film.readyState >= 1 ? done(film.duration) : film.addEventListener('loadedmetadata', () => done(film.duration));
})"""

SEEK = """new Promise((done, fail) => {
  const film = document.getElementById('film');
  film.addEventListener('seeked', () => done(film.currentTime), { once: true });
  film.addEventListener('error', () => fail('media error'), { once: true });
  film.currentTime = %r;
})"""

# The picture now shown, as the mean of each of 8 by 8 fields.
PICTURE = """(() => {
  const small = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d');
  small.drawImage(document.getElementById('film'), 0, 0, 8, 8);
  return [...small.getImageData(0, 0, 8, 8).data];
})()"""


@pytest.fixture
def film(browser, base):
    """The page with its video's metadata there; gives the duration in seconds."""
    browser.open(base + "/video.html")
    return browser.wait_for(READY)


def exchanges(browser):
    """The video's requests as [(Range asked for, status, Content-Range)], in order."""
    asked, answers = {}, []
    for method, parameters in browser.network():
        if method == "Network.requestWillBeSentExtraInfo":
            headers = {name.lower(): value for name, value in parameters["headers"].items()}
            asked[parameters["requestId"]] = headers.get("range")
        elif method == "Network.responseReceived" and "/media/journey.web" in parameters["response"]["url"]:
            answers.append((parameters["requestId"], parameters["response"]))
    return [(asked.get(key), r["status"], {k.lower(): v for k, v in r["headers"].items()}.get("content-range"))
            for key, r in answers if r["mimeType"].startswith("video/")]


def test_it_plays(browser, film):
    assert 15 <= film <= 30
    browser.wait_for("document.getElementById('film').play()")
    browser.wait_for("""new Promise((done, fail) => {
      const film = document.getElementById('film');
      film.addEventListener('error', () => fail('media error'));
      film.addEventListener('timeupdate', () => film.currentTime > 0.2 && done());
    })""")
    browser.run("document.getElementById('film').pause()")
    assert browser.console() == []


def test_it_can_be_seeked_and_the_pictures_differ(browser, film):
    pictures = []
    for wanted in (0.5, film / 2, film - 0.2, film / 4):
        assert browser.wait_for(SEEK % wanted) == pytest.approx(wanted, abs=0.1)
        pictures.append(tuple(browser.wait_for(PICTURE)))
    assert len(set(pictures)) == len(pictures)
    assert browser.wait_for(SEEK % film) == pytest.approx(film, abs=0.1)
    assert browser.run("return document.getElementById('film').ended")
    assert browser.console() == []


def test_the_browser_asks_for_ranges_and_gets_them(browser, film):
    seen = exchanges(browser)
    # Not every run of Chromium reports the fields it sent; but nobody answers 206 who was not asked for a range.
    assert seen and all(status == 206 and content_range for _, status, content_range in seen), seen


def test_a_seek_on_a_slow_line_asks_for_the_middle_only(browser, base):
    """With 60 KB/s the end is far from loaded when it is wanted: only a range request can get there at once."""
    browser.devtools("Network.enable")
    browser.devtools("Network.setCacheDisabled", cacheDisabled=True)
    browser.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=60_000, uploadThroughput=-1)
    try:
        browser.open(base + "/video.html")
        film = browser.wait_for(READY)
        browser.wait_for(SEEK % (film - 1))
        seen = exchanges(browser)
    finally:
        browser.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        browser.devtools("Network.setCacheDisabled", cacheDisabled=False)
    later = [(asked, status, got) for asked, status, got in seen if asked and asked != "bytes=0-"]
    assert later, seen
    for asked, status, got in later:
        start = re.fullmatch(r"bytes=(\d+)-", asked)[1]
        assert status == 206 and got.startswith(f"bytes {start}-"), (asked, status, got)


def test_a_script_gets_exactly_the_octets_it_asks_for(browser, film):
    status, content_range, same = browser.wait_for("""(async () => {
      const whole = new Uint8Array(await (await fetch('/media/journey.mp4', { cache: 'no-store' })).arrayBuffer());
      const part = await fetch('/media/journey.mp4', { cache: 'no-store', headers: { Range: 'bytes=1000-1999' } });
      const octets = new Uint8Array(await part.arrayBuffer());
      return [part.status, part.headers.get('Content-Range').replace(whole.length, 'ALL'),
              octets.length === 1000 && octets.every((octet, i) => octet === whole[1000 + i])];
    })()""")
    assert (status, content_range, same) == (206, "bytes 1000-1999/ALL", True)


def test_a_chapter_link_seeks_in_the_page(browser, film):
    at = browser.wait_for("""new Promise((done) => {
      const film = document.getElementById('film');
      film.addEventListener('seeked', () => done(film.currentTime), { once: true });
      document.querySelectorAll('#chapters a')[4].click();
    })""")
    assert at == pytest.approx(13, abs=0.1)
    assert browser.run("return location.pathname") == "/video.html"


def test_chinese_subtitles_can_be_switched_on(browser, film):
    cues = browser.wait_for("""new Promise((done, fail) => {
      const track = document.querySelector('track');
      track.addEventListener('load', () => done(track.track.cues.length));
      track.addEventListener('error', () => fail('no subtitles'));
      track.track.mode = 'showing';
    })""")
    assert cues == browser.run("return document.querySelectorAll('#chapters a').length")

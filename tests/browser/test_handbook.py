"""The handbook's pages: search, the way from page to page, the other language, a phone, paper."""
import base64

import pytest
from conftest import REPOSITORY
from test_accounts import patience

CHAPTERS = sorted(path.stem for path in (REPOSITORY / "handbook/en").glob("[0-9]*.md"))


def found(browser):
    return browser.run("return [...document.querySelectorAll('ol.found:not([hidden]) a')].map(a => a.getAttribute('href'))")


def search(browser, words):
    browser.run("""
const field = document.querySelector('input[type=search]');
field.focus();
field.value = arguments[0];
field.dispatchEvent(new Event('input'));""", words)
    patience(browser).until(lambda driver: driver.execute_script("return document.querySelector('ol.found').childElementCount > 0"))


@pytest.mark.parametrize("language, words, chapter", [("en", "edge-triggered", "04-lt-and-et"), ("zh", "边缘触发", "04-lt-and-et"),
                                                      ("en", "custody oneshot", "06-oneshot-and-custody")])
def test_search_finds_chapters(browser, base, language, words, chapter):
    browser.open(f"{base}/handbook/{language}/")
    search(browser, words)
    links = found(browser)
    assert 0 < len(links) <= 12 and any(f"/handbook/{language}/{chapter}.html" in link for link in links), links


def test_search_says_that_there_is_nothing_and_runs_no_markup(browser, base):
    browser.open(f"{base}/handbook/en/")
    search(browser, "<img src=x onerror=alert(1)>")
    assert browser.run("return document.querySelector('ol.found').textContent") == "Nothing found"


def test_one_can_read_on_to_the_end(browser, base):
    browser.open(f"{base}/handbook/en/")
    visited = []
    while address := browser.run("return document.querySelector('a[rel=next]')?.href"):
        browser.driver.get(address)
        visited.append(address.rsplit("/", 1)[1].removesuffix(".html"))
    assert [name for name in visited if name in CHAPTERS] == CHAPTERS


def test_the_other_language_has_the_same_page(browser, base):
    for name in CHAPTERS:
        browser.driver.get(f"{base}/handbook/en/{name}.html")
        assert browser.run("return document.querySelector('.switch').getAttribute('href')") == f"/handbook/zh/{name}.html"
        browser.run("document.querySelector('.switch').click()")
        patience(browser).until(lambda driver: driver.execute_script("return document.documentElement.lang") == "zh-CN")


def test_the_contents_are_folded_on_a_phone(browser, base):
    address = f"{base}/handbook/en/{CHAPTERS[0]}.html"
    for width, is_open in [(400, False), (1280, True)]:
        browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
        browser.driver.get(address)
        assert browser.run("return document.querySelector('.contents details').open") == is_open
    browser.devtools("Emulation.clearDeviceMetricsOverride")


def test_it_can_be_printed(browser, base):
    browser.open(f"{base}/handbook/en/{CHAPTERS[0]}.html")
    paper = base64.b64decode(browser.devtools("Page.printToPDF")["data"])
    assert paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") <= 12
    browser.devtools("Emulation.setEmulatedMedia", media="print")
    assert browser.run("return getComputedStyle(document.querySelector('.contents')).display") == "none"
    browser.devtools("Emulation.setEmulatedMedia", media="")

"""A directory listing as people see it: on a telephone as on a desk, by day and by night, and whatever files are called."""
import os
import urllib.request

import pytest

from conftest import serving

CONFIG = """\
[server]
listen = 127.0.0.1:0
[site]
root = {root}
listing = on
"""
NAMES = ["<script>document.title = 'bad'<", "<img src=x onerror=\"document.title = 'bad'\">", "javascript:document.title='bad'",
         "a\nb", "caf\udce9", "张.txt", "long" * 60, "two  spaces", "?a#b"]
ROWS = "return [...document.querySelectorAll('tbody a')].map(a => a.textContent)"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    directory = tmp_path_factory.mktemp("listing")
    files = directory / "site/files"
    (files / "sub").mkdir(parents=True)
    for name in NAMES:
        with open(os.fsencode(files) + b"/" + name.replace("/", "").encode("utf-8", "surrogateescape"), "w") as file:
            file.write(f"This is {len(name)}")
    (files / "big.bin").write_bytes(bytes(3_000_000))
    with serving(directory, CONFIG.format(root=directory / "site")) as base:
        yield base + "/files/"


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits(browser, address, width):
    browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    try:
        browser.open(address)
        assert browser.run("return document.documentElement.scrollWidth") <= width
        assert browser.run("return getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"
        names = browser.run(ROWS)
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")
    assert names[0] == "sub/" and len(names) == len(NAMES) + 2
    assert browser.run("return document.title") == "Index of /files/"
    assert [entry for entry in browser.console() if "favicon" not in entry["message"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_by_day_and_by_night(browser, address, scheme):
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        browser.open(address)
        ink = browser.run("return getComputedStyle(document.body).color")
    finally:
        browser.devtools("Emulation.setEmulatedMedia", features=[])
    assert ink == {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}[scheme]


def test_the_way_about(browser, address):
    browser.open(address)
    browser.driver.find_element("link text", "Size").click()
    browser.driver.find_element("link text", "Size").click()
    assert browser.run("return document.querySelector('[aria-sort]').textContent") == "Size"
    assert browser.run(ROWS)[:2] == ["sub/", "big.bin"]  # The largest, after the directory.
    browser.driver.find_element("link text", "sub/").click()
    assert browser.run("return document.querySelector('h1').textContent") == "Index of /files/sub/"
    browser.driver.find_element("link text", "files/").click()
    assert browser.run("return document.location.href") == address


def test_every_link_leads_to_its_file(browser, address):
    browser.open(address)
    links = browser.run("return [...document.querySelectorAll('tbody a')].map(a => a.href)")
    assert len(links) == len(NAMES) + 2
    for link in links:
        assert link.startswith(address)
        with urllib.request.urlopen(link, timeout=30) as response:  # Raises for anything but success.
            assert link.endswith(("/sub/", "/big.bin")) or response.read().startswith(b"This is ")

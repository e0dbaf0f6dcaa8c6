"""Castor's report as a page: it can be read on a telephone as on a desk."""
import os
import pathlib
import subprocess

import pytest

from conftest import BINARY

CASTOR = pathlib.Path(os.environ.get("CASTOR_BINARY", BINARY.parents[1] / "castor/castor"))

# Of every text in a chart: what it says, its box, and that of its figure.
TEXTS = """return [...document.querySelectorAll('svg text')].map(text => {
  const box = text.getBoundingClientRect(), figure = text.closest('figure').getBoundingClientRect();
  return {says: text.textContent, size: parseFloat(getComputedStyle(text).fontSize), left: box.left, right: box.right,
          top: box.top, height: box.height, from: figure.left, to: figure.right}; })"""


@pytest.fixture(scope="module")
def report(base, tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    for name in ("before.json", "after.json"):
        subprocess.run([CASTOR, "-c", "4", "-t", "3", "-k", "--quiet", "--json", directory / name, base + "/",
                        base + "/pictures.html"], check=True, timeout=120)
    subprocess.run([CASTOR, "--compare", directory / "before.json", directory / "after.json", "--quiet", "--html",
                    directory / "report.html"], check=True, timeout=60)
    return directory / "report.html"


@pytest.mark.parametrize("width", [360, 400, 800, 1280])
def test_charts_can_be_read(browser, report, width):
    browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    try:
        browser.open(report.as_uri())
        assert browser.run("return document.documentElement.scrollWidth") <= width
        assert browser.run("return document.querySelectorAll('polyline').length") == 8  # 1, 1 and 2 for each result.
        texts = browser.run(TEXTS)
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")
    assert len(texts) > 15
    for text in texts:
        assert text["size"] >= 11 and text["height"] >= 11, text
        assert text["from"] <= text["left"] and text["right"] <= text["to"], text
    for text, following in zip(texts, texts[1:]):
        on_one_line = text["from"] == following["from"] and abs(text["top"] - following["top"]) < 1
        assert not on_one_line or text["right"] <= following["left"], (text, following)

"""The pages that are made of the text."""

import html
import re
import subprocess

import pytest
from book import HANDBOOK

HEAVIEST = 200_000  # Octets, without pictures.


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    directory = tmp_path_factory.mktemp("site") / "handbook"
    subprocess.run([HANDBOOK / "build", directory], check=True)
    return directory


def test_no_page_is_too_heavy(site):
    for path in site.rglob("*"):
        assert path.is_dir() or path.stat().st_size <= HEAVIEST or path.name.startswith("search-"), path


def test_links_lead_somewhere(site):
    anchors = {path: set(re.findall(r' id="([^"]*)"', path.read_text())) for path in site.rglob("*.html")}
    for path in anchors:
        for target in re.findall(r'href="(/handbook/[^"]*)"', path.read_text()):
            place, _, anchor = html.unescape(target).partition("#")
            place = site / place.removeprefix("/handbook/")
            place = place / "index.html" if place.is_dir() else place
            assert place.exists(), f"{path}: {target}"
            assert not anchor or anchor in anchors[place], f"{path}: {target}"


def test_nothing_is_done_twice(site):
    before = (site / "en/index.html").stat()
    subprocess.run([HANDBOOK / "build", site], check=True)
    assert (site / "en/index.html").stat().st_ino == before.st_ino

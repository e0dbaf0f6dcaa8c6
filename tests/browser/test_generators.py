"""Sites that generators of npm have built, as hosted services would get them: served as they are, and browsed.

Skipped only where npm is not installed. npm's registry must be reachable.
"""

import urllib.request

import npm
import pytest
from conftest import answers_of, serving
from generated_sites import SITES
from test_accounts import patience
from test_site import MEDIA_TYPES, assert_quiet

CONFIG = """\
[server]
listen = 127.0.0.1:0
[site]
root = {root}
{settings}
"""
TYPES = {**MEDIA_TYPES, ".woff2": "font/woff2"}
COMPRESSIBLE = (".html", ".css", ".js", ".svg")
HEADING = "return document.querySelector('h1').innerText"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("npm")
    npm.install(directory, *[site.package for site in SITES])
    return directory


@pytest.fixture(scope="module", params=SITES, ids=lambda site: site.name)
def site(request):
    return request.param


@pytest.fixture(scope="module")
def address(packages, site, tmp_path_factory):
    """The site as it was built, on a server that knows nothing of its generator."""
    with serving(tmp_path_factory.mktemp("server"), CONFIG.format(root=site.build(packages), settings=site.settings)) as base:
        yield base


def suffix_of(url):
    name = url.rpartition("/")[2]
    return "." + name.rpartition(".")[2] if "." in name else ".html"


def assert_right(site, base, answers):
    """Types and caching of all that a page loads."""
    for url, answer in answers.items():
        headers = answer["headers"]
        assert headers["content-type"].partition(";")[0] == TYPES[suffix_of(url)], url
        hashed = url.startswith(base + "/assets/")
        assert headers["cache-control"] == (site.immutable if hashed else "public, max-age=0, must-revalidate"), url


def test_a_visit(browser, address, site):
    """From the start page to another one by its link, as a reader goes."""
    browser.open(address + "/")
    answers = assert_quiet(browser, address, "/")
    assert_right(site, address, answers)
    assert {".html", ".css", ".js"} <= {suffix_of(url) for url in answers}
    headers = answers[address + "/"]["headers"]
    assert {name: headers.get(name) for name in site.headers} == site.headers
    browser.driver.find_element("link text", "A deep link").click()
    patience(browser).until(lambda driver: driver.execute_script(HEADING).startswith("Deep"))
    assert browser.run("return location.pathname") == site.deep
    assert_right(site, address, answers_of(browser.network()))
    assert browser.console() == []


def test_a_deep_link(browser, address, site):
    browser.open(address + site.deep)
    assert_right(site, address, assert_quiet(browser, address, site.deep))
    assert browser.run(HEADING).startswith("Deep")


def hashed_assets(browser, address):
    """{address: octets that came over the network} of the assets that the start page loads."""
    browser.open(address + "/")
    return dict(browser.run("return performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))"
                            ".map(e => [e.name, e.transferSize])"))


def test_what_has_a_hash_is_not_asked_for_again(browser, address):
    first = hashed_assets(browser, address)
    again = hashed_assets(browser, address)
    known = first.keys() & again.keys()  # Links to other pages are fetched when there is time for that.
    assert len(known) >= 2 and {again[url] for url in known} == {0}


def coding(url):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "br"}), timeout=30) as response:
        return response.headers["Content-Encoding"]


def test_later_visitors_get_brotli(browser, address):
    """The first visitor's files are plain, and are compressed in the background, in the order in which they were asked for.

    The thread that does it runs while nothing else does. So only the page is waited for; its assets may still be plain.
    """
    browser.devtools("Network.setCacheDisabled", cacheDisabled=True)
    try:
        browser.open(address + "/")
        patience(browser).until(lambda _: coding(address + "/") == "br")
        browser.open(address + "/")
        answers = assert_quiet(browser, address, "/")
    finally:
        browser.devtools("Network.setCacheDisabled", cacheDisabled=False)
    assert answers[address + "/"]["headers"]["content-encoding"] == "br"
    for url, answer in answers.items():
        compressible = suffix_of(url) in COMPRESSIBLE
        assert answer["headers"].get("vary") == ("Accept-Encoding" if compressible else None), url
        assert compressible or "content-encoding" not in answer["headers"], url


def test_redirects(browser, address, site):
    for old, new in site.redirects.items():
        browser.open(address + old)
        assert browser.run("return location.pathname") == new, old
        assert_quiet(browser, address, new)


@pytest.mark.parametrize("path", ["/no-such-page", "/no/such/page/at/any/depth"])
def test_a_missing_page_is_the_sites_own(browser, address, site, path):
    browser.open(address + path)
    answers = answers_of(browser.network())
    assert answers.pop(address + path)["status"] == 404
    assert {answer["status"] for answer in answers.values()} <= {200, 304}, "its own style and script are found"
    assert site.missing in browser.run("return document.body.innerText")
    assert "immutable" not in browser.run("return fetch('/assets/missing.js').then(r => r.headers.get('cache-control') ?? '')")


def test_rule_files_are_not_served(browser, address):
    browser.open(address + "/")
    for name in ("/_headers", "/_redirects"):
        assert browser.wait_for(f"fetch('{name}').then(r => r.status)") == 404

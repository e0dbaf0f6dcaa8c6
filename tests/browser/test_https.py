"""The demo site through TLS, with a certificate of an authority that the browser was told to trust."""
import pytest
from conftest import ROOT, Browser, serving, tls_identity


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The address of a server that speaks TLS only, and Chromium's option to trust it."""
    directory = tmp_path_factory.mktemp("https")
    section, trust = tls_identity(directory)
    with serving(directory, f"[server]\nlisten = off\n[site]\nroot = {ROOT}\n{section}hsts = 1h\n") as address:
        yield "https://localhost:" + address.rpartition(":")[2], trust


def test_the_site_is_secure_and_quiet(secure, tmp_path):
    """Every request of the page goes through TLS 1.3; nothing is mixed content, nothing is complained about."""
    address, trust = secure
    browser = Browser(tmp_path, trust)
    try:
        for path in ("/", "/pictures.html", "/video.html"):
            browser.open(address + path)
            assert browser.run("return window.isSecureContext"), path
            answers = [p["response"] for m, p in browser.network()
                       if m == "Network.responseReceived" and p["response"]["url"].startswith("http")]
            assert answers and {answer["url"].startswith(address + "/") for answer in answers} == {True}
            assert {answer["status"] for answer in answers} <= {200, 206, 304}
            secured = [answer["securityDetails"]["protocol"] for answer in answers if "securityDetails" in answer]
            assert secured and set(secured) == {"TLS 1.3"}, path
            assert browser.console() == [], path
    finally:
        browser.driver.quit()

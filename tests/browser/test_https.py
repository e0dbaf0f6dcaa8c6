"""The demo site through TLS, with a certificate of an authority that the browser was told to trust."""
import base64
import hashlib
import subprocess

import pytest
from conftest import REPOSITORY, ROOT, Browser, serving


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The address of a server that speaks TLS only, and the certificate's public key as Chromium names it."""
    directory = tmp_path_factory.mktemp("https")
    subprocess.run([REPOSITORY / "scripts/dev-cert", directory], check=True, capture_output=True)
    key = subprocess.run(["openssl", "pkey", "-in", directory / "key.pem", "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    config = (f"[server]\nlisten = off\n[site]\nroot = {ROOT}\n[tls]\nlisten = 127.0.0.1:0\n"
              f"certificate = {directory}/certificate.pem\nprivate_key = {directory}/key.pem\nhsts = 1h\n")
    with serving(directory, config) as address:
        yield "https://localhost:" + address.rpartition(":")[2], base64.b64encode(hashlib.sha256(key).digest()).decode()


def test_the_site_is_secure_and_quiet(secure, tmp_path):
    """Every request of the page goes through TLS 1.3; nothing is mixed content, nothing is complained about."""
    address, key = secure
    browser = Browser(tmp_path, f"--ignore-certificate-errors-spki-list={key}")
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

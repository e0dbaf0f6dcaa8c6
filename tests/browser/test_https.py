"""The demo site through TLS, with a certificate of an authority that the browser was told to trust."""
import base64
import hashlib
import signal
import subprocess

import pytest
from conftest import BINARY, REPOSITORY, ROOT, Browser, first_line


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The address of a server that speaks TLS only, and the certificate's public key as Chromium names it."""
    folder = tmp_path_factory.mktemp("https")
    subprocess.run([REPOSITORY / "scripts/dev-cert", folder], check=True, capture_output=True)
    key = subprocess.run(["openssl", "pkey", "-in", folder / "key.pem", "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    config = folder / "config.ini"
    config.write_text(f"[server]\nlisten = off\n[site]\nroot = {ROOT}\n[tls]\nlisten = 127.0.0.1:0\n"
                      f"certificate = {folder}/certificate.pem\nprivate_key = {folder}/key.pem\nhsts = 1h\n")
    with subprocess.Popen([BINARY, "--config", config], stdout=subprocess.PIPE) as process:
        try:
            line = first_line(process, 30)
            assert line.startswith("listening on https://127.0.0.1:"), line
            yield "https://localhost:" + line.rpartition(":")[2], base64.b64encode(hashlib.sha256(key).digest()).decode()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


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

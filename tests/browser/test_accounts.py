"""The journey of a member, in a real browser, with the keyboard: no script is needed, so none is used."""
import uuid

import pytest
from conftest import PASSWORD, ROOT, serving
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait
from test_video import PICTURE, READY, SEEK


def field(browser, name):
    return browser.driver.find_element(By.NAME, name)


def patience(browser):
    """In the midst of a change of pages, chromedriver says all kinds of things."""
    return WebDriverWait(browser.driver, 30, poll_frequency=0.02, ignored_exceptions=(WebDriverException,))


def follow(browser, act):
    """Does what leads to another page, and returns when that is there."""
    old = browser.driver.find_element(By.TAG_NAME, "html")
    act()
    wait = patience(browser)
    wait.until(staleness_of(old))
    wait.until(lambda driver: driver.execute_script("return document.readyState") == "complete")


def send_form(browser, user, password):
    for name, value in (("user", user), ("password", password)):
        field(browser, name).clear()
        field(browser, name).send_keys(value)
    follow(browser, lambda: field(browser, "password").send_keys(Keys.ENTER))


def place(browser):
    return browser.run("return location.pathname")


def text(browser, selector="main"):
    return browser.run("return document.querySelector(arguments[0]).innerText", selector)


def click(browser, selector):
    """With the keyboard, which needs no scrolling."""
    follow(browser, lambda: browser.driver.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER))


@pytest.fixture
def stranger(browser, base):
    browser.driver.get(base)
    browser.driver.delete_all_cookies()
    browser.console()
    return f"Ada {uuid.uuid4().hex[:12]}"


def test_the_journey(browser, base, stranger):
    # To a page for members: the door, and from there to register.
    browser.driver.get(base + "/members/pictures.html")
    assert place(browser) == "/login"
    click(browser, "main a[href='/register']")
    assert browser.run("return document.activeElement.name") == "user"
    send_form(browser, " ", PASSWORD)
    assert place(browser) == "/register" and "The name" in text(browser, "#user-problem")
    send_form(browser, stranger, PASSWORD)
    assert place(browser) == "/welcome" and stranger in text(browser)

    # A member's film plays, and can be seeked.
    click(browser, "main a[href='/members/video.html']")
    length = browser.wait_for(READY)
    pictures = []
    for wanted in (length / 2, length - 0.2, length / 4):
        assert browser.wait_for(SEEK % wanted) == pytest.approx(wanted, abs=0.1)
        pictures.append(tuple(browser.wait_for(PICTURE)))
    assert len(set(pictures)) == len(pictures)

    # Out, and back by the button: nothing for members is shown.
    click(browser, "a[href='/logout']")
    click(browser, "main button")
    assert place(browser) == "/"
    for _ in range(2):
        follow(browser, browser.driver.back)
    assert place(browser) in ("/login", "/members/video.html")
    assert browser.run("return document.getElementById('film')") is None
    browser.driver.get(base + "/welcome")
    assert place(browser) == "/login"

    # Not without the right password; what was typed stays, but for that.
    send_form(browser, stranger, "wrong horse")
    assert place(browser) == "/login" and "do not go together" in text(browser, "[role=alert]")
    assert field(browser, "user").get_attribute("value") == stranger
    assert field(browser, "password").get_attribute("value") == ""
    send_form(browser, stranger.upper(), PASSWORD)
    assert place(browser) == "/welcome" and stranger in text(browser)


def test_the_door_leads_back(browser, base, stranger):
    browser.driver.get(base + "/register")
    send_form(browser, stranger, PASSWORD)
    browser.driver.delete_all_cookies()
    browser.driver.get(base + "/members/pictures.html")
    send_form(browser, stranger, PASSWORD)
    assert place(browser) == "/members/pictures.html"
    assert browser.console() == []


def test_a_password_is_changed(browser, base, stranger):
    browser.driver.get(base + "/register")
    send_form(browser, stranger, PASSWORD)
    browser.driver.get(base + "/account")
    field(browser, "password").send_keys(PASSWORD)
    follow(browser, lambda: field(browser, "new_password").send_keys("battery staple", Keys.ENTER))
    assert "The password is changed." in text(browser)
    browser.driver.delete_all_cookies()
    browser.driver.get(base + "/login")
    send_form(browser, stranger, PASSWORD)
    assert place(browser) == "/login"
    send_form(browser, stranger, "battery staple")
    assert place(browser) == "/welcome"


def test_without_scripts(browser, base, stranger):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.driver.get(base + "/register")
        field(browser, "user").send_keys(stranger)
        field(browser, "password").send_keys(PASSWORD)
        browser.driver.find_element(By.CSS_SELECTOR, "main button").click()
        wait = patience(browser)
        wait.until(lambda driver: driver.current_url == base + "/welcome")
        wait.until(lambda driver: stranger in driver.find_element(By.TAG_NAME, "main").text)
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_out_of_the_box(browser, tmp_path):
    """The configuration as it is shipped: nothing set up by hand."""
    shipped = (ROOT.parent / "config.ini").read_text()
    config = shipped.replace("root = root", f"root = {ROOT}").replace("127.0.0.1:8080", "127.0.0.1:0")
    with serving(tmp_path, config) as address:
        browser.driver.get(address + "/register")
        send_form(browser, "Grace", PASSWORD)
        assert place(browser) == "/welcome"
    assert (tmp_path / "accounts.db").exists()

"""The way about the site: the same on all pages, for guests and for members."""
import pytest
from conftest import MEMBER
from test_accounts import patience

PAGES = ["/", "/journey.html", "/pictures.html", "/video.html", "/chat.html", "/live/", "/errors/403.html", "/errors/404.html",
         "/errors/500.html", "/errors/503.html", "/no-such-page", "/login", "/register", "/logout"]
MEMBERS_PAGES = ["/welcome", "/account", "/members/pictures.html", "/members/video.html"]
LINKS = [["Journey", "/journey.html"], ["Handbook", "/handbook/en/"], ["Pictures", "/pictures.html"], ["Video", "/video.html"], ["Chat", "/chat.html"],
         ["Live", "/live/"], ["Members", "/welcome"]]


def links(browser):
    return browser.run("return [...document.querySelectorAll('nav ul a')].map(a => [a.textContent, a.getAttribute('href')])")


def see(browser, address, name, place):
    """Opens a page and waits for it to say who is logged in."""
    browser.driver.get(address)
    patience(browser).until(lambda driver: driver.execute_script(
        "const a = document.querySelector('nav .member a'); return [a.textContent, a.getAttribute('href')];") == [name, place])


@pytest.fixture
def guest(browser, base):
    browser.driver.get(base)
    browser.driver.delete_all_cookies()
    yield browser
    browser.driver.delete_all_cookies()


@pytest.fixture
def logged_in(guest, member):
    cookies, _ = member
    for cookie in cookies:
        guest.driver.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/", "httpOnly": True})
    return guest


def test_guests_find_the_same_links_everywhere(guest, base):
    for path in PAGES:
        see(guest, base + path, "Log in", "/login")
        assert links(guest) == LINKS, path


def test_members_find_the_same_links_and_their_name_everywhere(logged_in, base):
    for path in PAGES + MEMBERS_PAGES:
        see(logged_in, base + path, MEMBER, "/account")
        assert links(logged_in) == LINKS, path


def test_the_page_one_is_on_is_marked(logged_in, base):
    for path in ("/journey.html", "/pictures.html", "/video.html", "/chat.html", "/live/", "/welcome"):
        logged_in.driver.get(base + path)
        assert logged_in.run("return document.querySelector('nav ul [aria-current]').getAttribute('href')") == path


def test_the_chat_says_who_one_is(logged_in, base):
    logged_in.driver.get(base + "/chat.html")
    state = "return document.getElementById('state').textContent"
    patience(logged_in).until(lambda driver: driver.execute_script(state).startswith(f"You are {MEMBER}."))


def test_cards_of_a_row_are_even(guest, base):
    guest.open(base + "/")
    rows = guest.run("""return [...document.querySelectorAll('.cards')].map(list => [...list.children].map(card => ({
        top: card.offsetTop, height: card.offsetHeight, width: card.offsetWidth, headings: card.querySelectorAll('h3').length,
        more: card.querySelectorAll('.more').length})))""")
    for cards in rows:
        assert len(cards) % 3 == 0
        assert {card["headings"] for card in cards} == {1} and len({card["more"] for card in cards}) == 1
        for row in {card["top"] for card in cards}:
            assert len({(card["height"], card["width"]) for card in cards if card["top"] == row}) == 1


def test_a_wide_table_shows_that_it_scrolls(guest, base):
    guest.devtools("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
    try:
        guest.open(base + "/journey.html")
        box = guest.run("""const box = document.querySelector('.models').parentElement; return {
            scrolls: box.scrollWidth > box.clientWidth, bar: box.offsetHeight - box.clientHeight, text: box.innerText};""")
        assert box["scrolls"] and box["bar"] > 4
        assert all(f"-a {model}" in box["text"] for model in range(3))
        assert "-s" in guest.run("return document.querySelector('main').innerText")
    finally:
        guest.devtools("Emulation.clearDeviceMetricsOverride")

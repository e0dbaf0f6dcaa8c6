"""Every page of the demo site, as a member's browser sees it."""
import urllib.parse

import pytest
from conftest import answers_of
from test_accounts import follow

MEDIA_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".webp": "image/webp",
    ".png": "image/png", ".jpg": "image/jpeg", ".avif": "image/avif", ".webm": "video/webm", ".mp4": "video/mp4",
    ".vtt": "text/vtt",
}


@pytest.fixture(scope="module", autouse=True)
def logged_in(browser, base, member):
    """What a stranger sees of the site, a member sees as well, and more."""
    cookies, _ = member
    browser.driver.get(base)
    for cookie in cookies:
        browser.driver.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/", "httpOnly": True})


def origin(address):
    parts = urllib.parse.urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def test_every_link_resolves_with_its_media_type(site):
    for path, kind in site.items():
        suffix = "." + path.rpartition(".")[2]
        if suffix in MEDIA_TYPES:
            assert kind == MEDIA_TYPES[suffix], path


def test_every_file_of_the_site_is_linked(site, site_root):
    files = {"/" + str(path.relative_to(site_root)) for path in site_root.rglob("*") if path.is_file()}
    directories = {path.removesuffix("index.html") for path in files if path.endswith("/index.html")}
    assert directories <= set(site)
    rules = {"/_headers", "/_redirects"}  # Which are never served.
    handbook = {f"/handbook/{name}.json" for name in ("source", "search-en", "search-zh")}  # For scripts.
    assert files - set(site) - rules - handbook <= {directory + "index.html" for directory in directories}, "nobody can find these"


def test_the_site_is_small(site_root):
    files = [path for path in site_root.rglob("*") if path.is_file() and site_root / "handbook" not in path.parents]
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_the_benchmark_page_has_586_octets(site_root):
    assert (site_root / "bench/586.html").stat().st_size == 586


def test_pages_load_completely_and_say_what_they_are(browser, base, pages):
    titles = set()
    for path in pages:
        browser.open(base + path)
        assert_quiet(browser, base, path)
        titles.add(assert_well_made(browser, path))
    assert len(titles) == len(pages), "each says what it is"


def assert_quiet(browser, base, path):
    """No request of the page has failed or led elsewhere, and nothing was complained about. Returns its answers."""
    events = browser.network()
    requests = {p["request"]["url"] for method, p in events if method == "Network.requestWillBeSent"}
    failures = [p for method, p in events if method == "Network.loadingFailed"]
    answers = answers_of(events)
    assert [p for p in failures if not p.get("canceled")] == [], path  # A media load may be cut when it has enough.
    web = {url for url in requests if url.startswith(("http:", "https:", "ws:", "wss:"))}
    assert base + path in web
    assert {url for url in web if origin(url) != base} == set(), path
    assert {url: a["status"] for url, a in answers.items() if a["status"] not in (200, 206, 304)} == {}, path
    assert browser.console() == [], path
    return answers


def assert_well_made(browser, path):
    """Returns its title."""
    facts = browser.run("""return {
        title: document.title, language: document.documentElement.lang,
        headings: document.querySelectorAll('h1').length,
        main: document.querySelectorAll('main').length,
        unnamed: [...document.images].filter(i => !i.hasAttribute('alt')).map(i => i.src),
        unsized: [...document.images].filter(i => !i.width || !i.height).map(i => i.src),
        inline: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith('on')).length,
        twice: [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) != i),
        lost: [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.querySelector(a.hash)).map(a => a.hash)}""")
    assert facts["title"], path
    language = "zh-CN" if path.startswith("/handbook/zh/") else "en"
    assert facts["language"] == language and facts["headings"] == 1, path
    assert facts["main"] == (0 if path.startswith("/bench/") else 1), path
    assert (facts["unnamed"], facts["unsized"], facts["inline"], facts["twice"], facts["lost"]) == ([], [], 0, [], []), path
    return facts["title"]


def test_pictures_decode(browser, base):
    browser.open(base + "/pictures.html")
    widths = browser.run("return Object.fromEntries([...document.images].map(i => [i.src, i.naturalWidth]))")
    assert len(widths) >= 6
    assert {src: width for src, width in widths.items() if width == 0} == {}
    assert len({src.rpartition(".")[2] for src in widths}) >= 5, "several formats"


# Text must stand out from its background: WCAG 2.2, 1.4.3. Gradients and pictures behind
# a text count as the night they are drawn on.
CONTRAST = """
const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return c.startsWith('color(') ? [m[0]*255, m[1]*255, m[2]*255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
const light = ([r, g, b]) => { const f = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126*f(r) + 0.7152*f(g) + 0.0722*f(b); };
const probe = document.body.appendChild(document.createElement('i'));
probe.style.color = 'Canvas';  // A style attribute in markup would be against the pages' Content-Security-Policy.
const canvas = parse(getComputedStyle(probe).color);
probe.remove();
const ground = e => {
  const layers = [];
  for (; e; e = e.parentElement) {
    const s = getComputedStyle(e);
    const c = e.classList.contains('night') ? [24, 33, 74, 1] : parse(s.backgroundColor);
    layers.push(c);
    if (c[3] === 1) break;
  }
  return layers.reverse().reduce((under, over) => [0, 1, 2].map(i => over[i]*over[3] + under[i]*(1 - over[3])), canvas);
};
const bad = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement, s = getComputedStyle(e);
  if (!walker.currentNode.data.trim() || !e.getClientRects().length || e.closest('svg, script, video')) continue;
  const ink = parse(s.color);
  if (ink[3] === 0) continue;  // Painted by a gradient.
  const [a, b] = [light(ink), light(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) bad.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
}
return bad;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_and_a_phone_needs_no_sideways_scrolling(browser, base, pages, scheme):
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        for path in pages:
            browser.open(base + path)
            assert browser.run(CONTRAST) == [], path
            browser.devtools("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
            browser.wait_for("new Promise(requestAnimationFrame)")
            assert browser.run("return document.documentElement.clientWidth") == 360, path
            assert browser.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= 360, path
            browser.devtools("Emulation.clearDeviceMetricsOverride")
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")
        browser.devtools("Emulation.setEmulatedMedia", features=[])


@pytest.mark.parametrize("path", ["/no-such-page", "/no/such/page/at/any/depth.html", "/pictures/missing.png"])
def test_an_unknown_address_shows_the_404_page(browser, base, path):
    browser.open(base + path)
    statuses = {url: answer["status"] for url, answer in answers_of(browser.network()).items()}
    assert statuses.pop(base + path) == 404
    assert set(statuses.values()) <= {200, 304}, "its own style and icon are found from any depth"
    assert browser.run("return document.querySelector('.code').textContent") == "404"
    assert browser.run("return getComputedStyle(document.querySelector('.lost')).display") == "grid", "styled"
    follow(browser, lambda: browser.run("document.querySelector('.lost .button').click()"))
    assert browser.run("return location.pathname") == "/"

"""RFC 3986 and what a path can be made to mean."""

from conformance.case import EITHER, OPEN, REJECTED, answer, case, request
from conformance.site import HELLO

OUTSIDE = frozenset({400, 403, 404})
MOVED = frozenset({301, 302, 307, 308})


def finds(section, name, target, body, **options):
    return case(section, name, request(target), answer(200, body), **options)


# However it is spelt, nothing of outside the site comes back: these files exist on every Linux.
def leaves(name, target, ours=frozenset({400, 404})):
    return case("3986 5.2.4", f"out of the site: {name}", request(target), OUTSIDE, then=EITHER, ours=ours)


# 9110 15.4 and 17.1: where to is for the server to say, not for who sends Host or a path of two slashes.
def redirects_home(messages):
    location = messages[0].get("Location")
    if messages[0].status in MOVED and not location.startswith(("/folder/", "http://pollux.test/folder/", "http://127.0.0.1")):
        return f"Location: {location}"
    return None


CASES = [
    finds("3986 2.1", "a percent-encoded letter", "/%68ello.txt", HELLO),
    finds("3986 2.1", "percent-encoded in lower case", "/hell%6f.txt", HELLO),
    finds("3986 2.1", "percent-encoded in upper case", "/hell%6F.txt", HELLO),
    finds("3986 2.1", "everything percent-encoded", "/" + "".join(f"%{ord(c):02X}" for c in "hello.txt"), HELLO),
    finds("3986 2.1", "a percent-encoded space", "/a%20b.txt", b"space\n"),
    finds("3986 2.4", "a name that holds a percent sign", "/percent%2541.txt", b"percent\n"),
    finds("3986 2.4", "what is decoded once", "/percent%41.txt", b"another\n"),
    finds("3986 2.5", "percent-encoded UTF-8", "/gr%C3%BC%C3%9Fe.txt", "umlauts\n".encode()),
    finds("3986 2.2", "a plus is a plus", "/plus+sign.txt", b"plus\n"),
    finds("3986 2.2", "a percent-encoded plus", "/plus%2Bsign.txt", b"plus\n"),
    finds("3986 3.3", "a semicolon is a part of the name", "/semi;colon.txt", b"semicolon\n"),
    finds("3986 3.3", "a percent-encoded semicolon", "/semi%3Bcolon.txt", b"semicolon\n"),
    finds("3986 2.3", "a tilde", "/tilde~.txt", b"tilde\n"),
    finds("3986 2.3", "a percent-encoded tilde", "/tilde%7E.txt", b"tilde\n"),
    finds("3986 3.3", "a colon", "/colon:.txt", b"colon\n"),
    finds("3986 2.2", "a percent-encoded question mark", "/what%3F.txt", b"question\n"),
    finds("3986 2.2", "a percent-encoded number sign", "/hash%23.txt", b"hash\n"),
    finds("3986 2.1", "a percent-encoded backslash", "/back%5Cslash.txt", b"backslash\n"),
    case("3986 2.1", "a plain plus is no space", request("/a+b.txt"), 404),
    case("3986 3.4", "a query with every octet it may have", request("/hello.txt?a=b&c=%20/?:@!$'()*+,;-._~"), answer(200, HELLO)),
    case("3986 3.4", "a query with brackets, as browsers send them", request("/hello.txt?a[]=1&b={c|d}"),
         REJECTED | {200}, then=EITHER, ours=200, ours_then=OPEN),
    case("3986 3.4", "a query with bad percent-encoding", request("/hello.txt?%zz%"), frozenset({200, 400}), then=EITHER, ours=200,
         ours_then=OPEN),
    case("3986 3.4", "dots and slashes in a query", request("/hello.txt?/../../etc/passwd"), answer(200, HELLO)),
    case("3986 3.4", "NUL in a query", request("/hello.txt?%00"), frozenset({200, 400}), then=EITHER, ours=200, ours_then=OPEN),
    # Dot segments
    finds("3986 5.2.4", "a dot", "/./hello.txt", HELLO),
    finds("3986 5.2.4", "two dots", "/folder/../hello.txt", HELLO),
    finds("3986 5.2.4", "dots in a row", "/folder/./.././hello.txt", HELLO),
    finds("3986 6.2.2.2", "a percent-encoded dot", "/%2e/hello.txt", HELLO),
    finds("3986 6.2.2.2", "two percent-encoded dots", "/folder/%2e%2E/hello.txt", HELLO),
    finds("3986 6.2.2.2", "one of two dots percent-encoded", "/folder/.%2e/hello.txt", HELLO),
    finds("3986 5.2.4", "two dots behind what is not there", "/none/../hello.txt", HELLO),
    case("3986 5.2.4", "two dots at the end", request("/folder/.."), answer({200} | MOVED), ours=200),
    case("3986 5.2.4", "a dot at the end", request("/folder/."), answer({200} | MOVED), ours=200),
    case("3986 3.3", "three dots are a name", request("/.../hello.txt"), 404),
    case("3986 3.3", "two dots at the end of a name", request("/folder../hello.txt"), 404),
    case("3986 3.3", "two dots at the beginning of a name", request("/..folder/hello.txt"), 404),
    finds("3986 6.2.3", "an empty segment in a path", "/folder//inner.txt", b"inner\n"),
    finds("3986 6.2.3", "several empty segments", "/folder////inner.txt", b"inner\n"),
    leaves("two dots", "/../etc/passwd"),
    leaves("two dots often", "/../../../../../../../../etc/passwd"),
    leaves("down and up", "/folder/../../../../../../../etc/passwd"),
    leaves("percent-encoded dots", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
    leaves("percent-encoded slashes", "/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd"),
    leaves("all of it percent-encoded", "/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    leaves("encoded twice", "/%252e%252e/%252e%252e/%252e%252e/etc/passwd"),
    leaves("backslashes", "/..\\..\\..\\..\\etc\\passwd"),
    leaves("percent-encoded backslashes", "/..%5c..%5c..%5c..%5cetc%5cpasswd"),
    leaves("an overlong slash of two octets", "/..%c0%af..%c0%af..%c0%afetc/passwd"),
    leaves("an overlong slash of three octets", "/..%e0%80%af..%e0%80%afetc/passwd"),
    leaves("an overlong slash of four octets", "/..%f0%80%80%af..%f0%80%80%afetc/passwd"),
    leaves("overlong dots", "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd"),
    leaves("a full-width slash", "/..%ef%bc%8f..%ef%bc%8fetc/passwd"),
    leaves("a semicolon behind dots", "/..;/..;/..;/etc/passwd"),
    leaves("NUL behind dots", "/..%00/..%00/etc/passwd", ours=frozenset({400})),
    leaves("an absolute path", "//etc/passwd"),
    leaves("an absolute path behind a folder", "/folder//etc/passwd"),
    leaves("dots in absolute-form", "http://pollux.test/../../../etc/passwd"),
    leaves("dots behind a query that is none", "/folder/..%3f/../../../../etc/passwd"),
    leaves("%u escapes", "/%u002e%u002e/etc/passwd", ours=frozenset({400})),
    leaves("a proc file", "/proc/self/environ"),
    # Broken encodings
    *[case("3986 2.1", f"bad percent-encoding: {text}", request(f"/hello{text}"), frozenset({400, 404}), then=EITHER, ours=400,
           ours_then=OPEN) for text in ("%", "%4", "%zz", "%4z", "%z4", "%-1", "% 1".replace(" ", "+"), "%%41")],
    case("9110 17.3", "NUL behind a name", request("/hello.txt%00"), frozenset({400, 403, 404}), then=EITHER, ours=400, ours_then=OPEN),
    case("9110 17.3", "NUL and another extension", request("/hello.txt%00.html"), frozenset({400, 403, 404}), then=EITHER, ours=400,
         ours_then=OPEN),
    case("3986 2.2", "a percent-encoded slash is no separator", request("/folder%2finner.txt"), frozenset({200, 400, 404}), then=EITHER,
         ours=404, ours_then=OPEN),
    case("9110 17.3", "a line end in a name", request("/hello.txt%0d%0aX:y"), frozenset({400, 403, 404}), then=EITHER, ours=404,
         ours_then=OPEN),
    case("3986 2.5", "invalid UTF-8", request("/%ff%fe"), frozenset({400, 404}), then=EITHER, ours=404, ours_then=OPEN),
    case("3986 2.5", "half of a character", request("/gr%C3"), frozenset({400, 404}), then=EITHER, ours=404, ours_then=OPEN),
    case("3986 3.3", "a name of 300 octets", request("/" + "n" * 300), frozenset({404, 403, 414}), then=EITHER, ours=404, ours_then=OPEN),
    case("3986 3.3", "a path of 5000 octets", request("/" + "n/" * 2500), frozenset({404, 403, 414}), then=EITHER, ours=404,
         ours_then=OPEN),
    case("3986 5.2.4", "a path of 1000 dot segments", request("/" + "./" * 1000 + "hello.txt"), answer(200, HELLO)),
    # Redirects
    case("9110 15.4.2", "a redirect to a host of two slashes", request("//folder"), frozenset({400, 404}) | MOVED, then=EITHER,
         check=redirects_home),
    case("9110 15.4.2", "a redirect to another host", request("//evil.test/..//folder"), frozenset({400, 404}) | MOVED, then=EITHER,
         check=redirects_home),
    case("9110 15.4.2", "a redirect with a backslash", request("/\\evil.test/..%2ffolder"), frozenset({400, 404}) | MOVED, then=EITHER,
         check=redirects_home),
    case("9110 15.4.2", "a redirect with a line end in its query", request("/folder?%0d%0aX: y".replace(" ", "+")),
         answer(MOVED | {400}, X=None), ours=301),
    case("9110 7.2", "a redirect does not repeat Host", request("/folder", host="evil.test"), answer(MOVED, Location="/folder/"),
         only_pollux=True),
]

"""RFC 9112 section 3.2 and RFC 9110 section 7.2: Host and the four forms of a target."""

from conformance.case import CLOSED, EITHER, OPEN, REJECTED, answer, case, line, request
from conformance.site import HELLO

OK = answer(200, HELLO)


def host(name, value, section="9112 3.2"):
    return case(section, name, request(host=value), OK)


# "A server MUST respond with a 400 status code to any HTTP/1.1 request message that lacks a Host header field and to
# any request message that contains more than one Host header field line or a Host with an invalid field value."
def bad(name, octets, then=CLOSED):
    return case("9112 3.2", name, octets, 400, then=EITHER, ours_then=then)


def bad_host(name, value):
    return bad(f"Host with {name}", request(host=value))


def target(name, text, section="9112 3.2.2", host="pollux.test"):
    return case(section, name, request(text, host=host), OK)


def bad_target(name, text, section="9112 3.2", method="GET", allowed=REJECTED | {404}):
    return case(section, name, request(text, method=method), allowed, then=EITHER, ours=400, ours_then=CLOSED)


CASES = [
    host("a name", "pollux.test"),
    host("a name and a port", "pollux.test:8080"),
    host("a name and an empty port", "pollux.test:", "9110 4.2.1"),
    host("the largest port", "pollux.test:65535"),
    host("an address", "127.0.0.1"),
    host("an IPv6 address", "[::1]"),
    host("an IPv6 address and a port", "[2001:db8::1]:80"),
    host("an IPv6 address with an IPv4 one in it", "[::ffff:127.0.0.1]"),
    host("upper case", "POLLUX.TEST"),
    host("a trailing dot", "pollux.test."),
    host("one label", "localhost"),
    host("a name with a hyphen and digits", "a-1.b-2.test"),
    case("9112 3.2", "an empty Host", request(host=""), frozenset({200, 400}), then=EITHER, ours=200, ours_then=OPEN),
    case("9112 3.2", "spaces around Host", b"GET /hello.txt HTTP/1.1\r\nHost: \t x \t\r\n\r\n", OK),
    case("9112 3.2", "Host not the first field", b"GET /hello.txt HTTP/1.1\r\nX: y\r\nHost: x\r\n\r\n", OK),
    case("3986 3.2.2", "a percent-encoded Host", request(host="%41.test"), frozenset({200, 400}), then=EITHER, ours=200,
         ours_then=OPEN),
    case("3986 3.2.2", "an underscore in Host", request(host="a_b.test"), frozenset({200, 400}), then=EITHER, ours=200,
         ours_then=OPEN),
    case("3986 3.2.2", "a comma in Host, which a name may have", request(host="a,b"), frozenset({200, 400}), then=EITHER, ours=200,
         ours_then=OPEN),
    bad("no Host", request(host=None)),
    bad("no Host, but others", request("/hello.txt", "X-Host: x", "Hos: y", "Hostt: z", host=None)),
    bad("two Hosts", request("/hello.txt", "Host: other.test")),
    bad("the same Host twice", request("/hello.txt", "Host: pollux.test")),
    bad("two Hosts, one of them empty", request("/hello.txt", "Host:")),
    bad("no Host with absolute-form", request("http://pollux.test/hello.txt", host=None)),
    bad_host("a space", "a b"),
    bad_host("a tab", "a\tb"),
    bad_host("a slash", "a/b"),
    bad_host("userinfo", "user@pollux.test"),
    bad_host("userinfo and a password", "user:pass@pollux.test"),
    bad_host("a query", "a?b"),
    bad_host("a fragment", "a#b"),
    bad_host("a scheme", "http://pollux.test"),
    bad_host("a backslash", "a\\b"),
    bad_host("a quote", 'a"b'),
    bad_host("angle brackets", "<script>"),
    bad_host("a port that is no number", "pollux.test:http"),
    bad_host("a negative port", "pollux.test:-1"),
    bad_host("a port with a sign", "pollux.test:+80"),
    bad_host("a port out of range", "pollux.test:65536"),
    bad_host("a huge port", "pollux.test:99999999999999999999"),
    bad_host("two ports", "pollux.test:80:80"),
    bad_host("a space in the port", "pollux.test: 80"),
    bad_host("a bracket that does not close", "[::1"),
    bad_host("a bracket that does not open", "::1]"),
    bad_host("IPv6 without brackets", "::1"),
    bad_host("no address in its brackets", "[]"),
    bad_host("a name in brackets", "[pollux.test]"),
    bad_host("a bad address in brackets", "[1:2:3]"),
    bad_host("text behind the brackets", "[::1]x"),
    bad_host("bad percent-encoding", "a%zz"),
    bad_host("DEL", "a\x7f"),
    bad_host("octets above 0x7f", "\xe4.test"),
    # HTTP/1.0 knows no Host
    case("9112 3.2", "no Host in 1.0", request(host=None, version="HTTP/1.0"), OK, then=CLOSED),
    case("9112 3.2", "two Hosts in 1.0", request("/hello.txt", "Host: x", version="HTTP/1.0"), 400, then=CLOSED),
    case("9112 3.2", "a bad Host in 1.0", request(host="a/b", version="HTTP/1.0"), 400, then=CLOSED),
    # absolute-form: "a server MUST accept the absolute-form in requests"
    target("absolute-form", "http://pollux.test/hello.txt"),
    target("absolute-form with a port", "http://pollux.test:8080/hello.txt", host="pollux.test:8080"),
    target("absolute-form with a query", "http://pollux.test/hello.txt?a=b"),
    target("absolute-form in upper case", "HTTP://POLLUX.TEST/hello.txt", "3986 3.1", host="POLLUX.TEST"),
    target("absolute-form with an IPv6 address", "http://[::1]/hello.txt", host="[::1]"),
    case("9112 3.2.2", "absolute-form overrides Host", request("http://pollux.test/hello.txt", host="other.test"), OK),
    case("9112 3.2.2", "absolute-form without a path", request("http://pollux.test"), answer(200, Content_Type="text/html.*")),
    case("9110 4.2.3", "absolute-form with a query and no path", request("http://pollux.test?a"),
         answer(200, Content_Type="text/html.*")),
    case("9112 3.2.2", "absolute-form of https", request("https://pollux.test/hello.txt"), frozenset({200, 400, 421}),
         then=EITHER, ours=200, ours_then=OPEN),
    bad_target("absolute-form without a host", "http:///hello.txt", "9110 4.2.1"),
    bad_target("absolute-form with only a port", "http://:80/hello.txt", "9110 4.2.1"),
    bad_target("absolute-form with userinfo", "http://user@pollux.test/hello.txt", "9110 4.2.4",
               allowed=REJECTED | {200}),
    bad_target("absolute-form with a bad port", "http://pollux.test:port/hello.txt"),
    bad_target("absolute-form of another scheme", "ftp://pollux.test/hello.txt", "9112 3.2.2"),
    bad_target("a scheme and nothing", "http:", "9112 3.2.2"),
    bad_target("a scheme and a path", "http:/hello.txt", "9112 3.2.2"),
    bad_target("no slash", "hello.txt"),
    bad_target("a query alone", "?a=b"),
    bad_target("a host alone", "pollux.test:80", "9112 3.2.3"),
    bad_target("an asterisk for GET", "*", "9112 3.2.4"),
    bad_target("an asterisk for POST", "*", "9112 3.2.4", method="POST"),
    bad_target("an asterisk and a path", "*/hello.txt", "9112 3.2.4"),
    bad_target("two asterisks for OPTIONS", "**", "9112 3.2.4", method="OPTIONS"),
    # CONNECT is for proxies
    case("9112 3.2.3", "CONNECT", request("pollux.test:80", method="CONNECT"), frozenset({400, 403, 404, 405, 501}), then=EITHER,
         ours=405, ours_then=OPEN),
    case("9110 9.3.6", "CONNECT without a port", request("pollux.test", method="CONNECT"), REJECTED | {404}, then=EITHER,
         ours=400, ours_then=CLOSED),
    case("9112 3.2.3", "CONNECT with a path", request("/hello.txt", method="CONNECT"), REJECTED | {404}, then=EITHER,
         ours=400, ours_then=CLOSED),
    case("9112 3.2.3", "CONNECT with port 0", request("pollux.test:0", method="CONNECT"), REJECTED | {404}, then=EITHER,
         ours=400, ours_then=CLOSED),
    case("9112 3.3", "origin-form of two slashes", line(b"GET //hello.txt HTTP/1.1"), frozenset({200, 301, 308, 400, 404}),
         then=EITHER, ours=200, ours_then=OPEN),
]

"""RFC 9112 sections 2 and 3: how a message begins."""

from conformance.case import BAD, CLOSED, EITHER, OPEN, REJECTED, answer, case, line, request
from conformance.site import HELLO

OK = answer(200, HELLO)


def served(section, name, octets, **options):
    return case(section, name, octets, OK, **options)


def refused(section, name, octets, **options):
    return case(section, name, octets, REJECTED, then=CLOSED, ours=options.pop("ours", 400), **options)


# A recipient MAY take an octet for what it nearly is (section 3); then the request is a usual one.
def lenient(section, name, octets, **options):
    return case(section, name, octets, REJECTED | {200}, then=EITHER, ours=400, ours_then=CLOSED, **options)


CASES = [
    served("9112 3", "GET", request()),
    served("9112 3", "with a query", request("/hello.txt?a=b&c")),
    served("9112 3", "with an empty query", request("/hello.txt?")),
    served("9112 2.2", "an empty line before it", b"\r\n" + request()),
    case("9112 2.2", "two empty lines before it", b"\r\n\r\n" + request(), REJECTED | {200}, then=EITHER, ours=200,
         ours_then=OPEN, methods=["GET"]),
    refused("9112 2.2", "twenty empty lines and no end of them", b"\r\n" * 20, only_pollux=True),
    lenient("9112 2.2", "LF ends the request line", b"GET /hello.txt HTTP/1.1\nHost: x\r\n\r\n"),
    lenient("9112 2.2", "LF ends a field line", b"GET /hello.txt HTTP/1.1\r\nHost: x\n\r\n"),
    lenient("9112 2.2", "LF ends the head", b"GET /hello.txt HTTP/1.1\r\nHost: x\r\n\n"),
    lenient("9112 2.2", "LF ends every line", b"GET /hello.txt HTTP/1.1\nHost: x\n\n"),
    lenient("9112 2.2", "LF before the request", b"\n" + request(), methods=["GET"]),
    refused("9112 2.2", "CR in the method", line(b"GE\rT /hello.txt HTTP/1.1")),
    refused("9112 2.2", "CR in the target", line(b"GET /hel\rlo.txt HTTP/1.1")),
    refused("9112 2.2", "CR in the version", line(b"GET /hello.txt HTTP/1.\r1")),
    lenient("9112 2.2", "CR before CRLF", line(b"GET /hello.txt HTTP/1.1\r")),
    refused("9112 2.2", "CR instead of CRLF", b"GET /hello.txt HTTP/1.1\rHost: x\r\r"),
    case("9112 2.2", "space before the first field", b"GET /hello.txt HTTP/1.1\r\n Host: x\r\n\r\n", REJECTED, then=CLOSED,
         ours=400),
    case("9112 2.2", "space before a field after none", b"GET /hello.txt HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n",
         REJECTED | {200}, then=EITHER, ours=400, ours_then=CLOSED),
    refused("9112 3", "nothing but a method", b"GET\r\n\r\n"),
    refused("9112 3", "a method and a space", b"GET \r\n\r\n"),
    refused("9112 3", "no target", line(b"GET HTTP/1.1")),
    refused("9112 3", "an empty target", line(b"GET  HTTP/1.1")),
    refused("9112 3", "no method", line(b"/hello.txt HTTP/1.1"), methods=["GET"]),
    refused("9112 3", "a space instead of a method", line(b" /hello.txt HTTP/1.1"), methods=["GET"]),
    refused("9112 3", "only spaces", line(b"   "), methods=["GET"]),
    lenient("9112 3", "a space before the method", line(b" GET /hello.txt HTTP/1.1"), methods=["GET"]),
    lenient("9112 3", "two spaces before the target", line(b"GET  /hello.txt HTTP/1.1")),
    lenient("9112 3", "two spaces behind the target", line(b"GET /hello.txt  HTTP/1.1")),
    lenient("9112 3", "a tab before the target", line(b"GET\t/hello.txt HTTP/1.1"), methods=["GET"]),
    lenient("9112 3", "a tab behind the target", line(b"GET /hello.txt\tHTTP/1.1")),
    lenient("9112 3", "a vertical tab before the target", line(b"GET\x0b/hello.txt HTTP/1.1"), methods=["GET"]),
    lenient("9112 3", "a form feed before the target", line(b"GET\x0c/hello.txt HTTP/1.1"), methods=["GET"]),
    lenient("9112 3", "a space behind the version", line(b"GET /hello.txt HTTP/1.1 ")),
    case("9112 3.2", "a space in the target", line(b"GET /hello .txt HTTP/1.1"), REJECTED | {301, 308}, then=EITHER,
         ours=400, ours_then=CLOSED),
    refused("9112 3", "one word more", line(b"GET /hello.txt HTTP/1.1 x")),
    # Methods: tokens, case-sensitive
    case("9110 9.1", "a method in lower case", request(method="get"), frozenset({400, 405, 501}), then=EITHER, ours=501,
         ours_then=OPEN),
    case("9110 9.1", "a mixed method", request(method="Get"), frozenset({400, 405, 501}), then=EITHER, ours=501,
         ours_then=OPEN),
    case("9110 9.1", "an unknown method", request(method="BREW"), frozenset({400, 405, 501}), then=EITHER, ours=501,
         ours_then=OPEN),
    case("9110 9.1", "a method of every kind of token octet", request(method="A!#$%&'*+-.^_`|~09"),
         frozenset({400, 405, 501}), then=EITHER, ours=501, ours_then=OPEN),
    case("9110 9.1", "a method of 200 octets", request(method="M" * 200), frozenset({400, 405, 414, 501}), then=EITHER,
         ours=501, ours_then=OPEN),
    *[refused("9110 9.1", f"{name} in the method", line(b"G" + octet + b"T /hello.txt HTTP/1.1"), methods=["GET"])
      for name, octet in [("@", b"@"), ("a slash", b"/"), ("a colon", b":"), ("a comma", b","), ("a quote", b'"'),
                          ("a bracket", b"("), ("NUL", b"\0"), ("DEL", b"\x7f"), ("0x80", b"\x80"), ("=", b"=")]],
    # Octets of the target
    *[case("9112 3.2", f"{name} in the target", line(b"GET /hello" + octet + b".txt HTTP/1.1"), REJECTED | {404},
           then=EITHER, ours=400, ours_then=CLOSED)
      for name, octet in [("DEL", b"\x7f"), ("0x01", b"\x01"), ("0x1f", b"\x1f"), ("a quote", b'"'), ("<", b"<"),
                          (">", b">"), ("raw UTF-8", "ü".encode()), ("0xff", b"\xff")]],
    refused("9112 3.2", "NUL in the target", line(b"GET /hello.txt\0 HTTP/1.1")),
    refused("9112 3.2", "NUL within the target", line(b"GET /hel\0lo.txt HTTP/1.1")),
    case("9112 3.2", "a fragment in the target", request("/hello.txt#part"), REJECTED | {200, 404}, then=EITHER, ours=400,
         ours_then=CLOSED),
    # Versions
    served("9110 2.5", "HTTP/1.2 is spoken to as 1.1", line(b"GET /hello.txt HTTP/1.2"), ours_then=OPEN, then=EITHER),
    served("9110 2.5", "HTTP/1.9 is spoken to as 1.1", line(b"GET /hello.txt HTTP/1.9"), ours_then=OPEN, then=EITHER),
    *[case("9110 15.6.6", f"version {version}", line(b"GET /hello.txt HTTP/" + version.encode()), frozenset({400, 505}),
           then=CLOSED, ours=505) for version in ("2.0", "3.0", "9.9", "0.9")],
    *[refused("9112 2.3", f"version {version}", line(b"GET /hello.txt " + version.encode()))
      for version in ("HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11", "HTTP/1.10", "HTTP/01.1", "HTTP/1.1x", "HTTP/1,1", "HTTP/-1.1",
                      "HTTP/1.a", "HTTP 1.1", "HTTP", "HTTPS/1.1", "HTTX/1.1", "xHTTP/1.1", "FTP/1.1", "HTTP/ 1.1",
                      "HTTP/1 .1")],
    refused("9112 2.3", "the version is case-sensitive", line(b"GET /hello.txt http/1.1")),
    refused("9112 2.3", "a mixed version", line(b"GET /hello.txt Http/1.1")),
    case("9113 3.4", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REJECTED, then=CLOSED, ours=505,
         only_pollux=True),
    case("9112 3", "a TLS client hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", REJECTED, then=CLOSED,
         ours=400, methods=["GET"]),
    case("9112 3", "a response", b"HTTP/1.1 200 OK\r\nHost: x\r\nContent-Length: 0\r\n\r\n", BAD | {405, 501, 505}, then=CLOSED,
         ours=400, methods=["GET"]),
]

"""How much is too much. The numbers are Pollux's defaults; others have their own."""

from conformance.case import BAD, CLOSED, EITHER, OPEN, answer, case, post, request
from conformance.site import HELLO

OK = answer(200, HELLO)
LINE = 8 * 1024  # Without its CRLF.
HEADERS = 32 * 1024
FIELDS = 100
BODY = 1024 * 1024


def ours(section, name, octets, *answers, then=OPEN, **options):
    return case(section, name, octets, *answers, then=then, only_pollux=True, whole_only=True, **options)


def long_line(length):
    return request("/hello.txt?" + "q" * (length - len("GET /hello.txt? HTTP/1.1")))


CASES = [
    # "It is RECOMMENDED that all HTTP senders and recipients support, at a minimum, request-line lengths of 8000 octets."
    case("9112 3", "a request line of 8000 octets", long_line(8000), OK, whole_only=True),
    # "MUST respond with a 414 status code"
    case("9112 3", "a request line of 100000 octets", long_line(100_000), frozenset({200, 400, 414, 431}), then=EITHER, ours=414,
         ours_then=CLOSED, whole_only=True),
    case("9110 5.4", "a field of 4000 octets", request("/hello.txt", "X: " + "x" * 4000), OK, whole_only=True),
    case("9110 5.4", "fields of 1000000 octets", request("/hello.txt", *["X: " + "x" * 1000] * 1000), frozenset({400, 413, 414, 431}),
         then=CLOSED, ours=431, whole_only=True),
    case("9110 5.4", "50 fields", request("/hello.txt", *(f"X-{n}: y" for n in range(49))), OK),
    ours("9112 3", "a request line of the limit", long_line(LINE), OK),
    ours("9112 3", "a request line of one octet more", long_line(LINE + 1), 414, then=CLOSED),
    ours("9112 3", "a method without an end", b"G" * 100_000, 414, then=CLOSED, methods=["GET"]),
    ours("9112 3", "a request line without an end", b"GET /" + b"a" * 100_000, 414, then=CLOSED, methods=["GET"]),
    ours("9110 5.4", "fields of about the limit", request("/hello.txt", "X: " + "x" * (HEADERS - 40)), OK),
    ours("9110 5.4", "fields of more than the limit", request("/hello.txt", "X: " + "x" * HEADERS), 431, then=CLOSED),
    ours("9110 5.4", "a field without an end", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, 431, then=CLOSED, methods=["GET"]),
    ours("9110 5.4", "a name without an end", b"GET / HTTP/1.1\r\n" + b"x" * 100_000, 431, then=CLOSED, methods=["GET"]),
    ours("9110 5.4", "as many fields as the limit", request("/hello.txt", *["X: y"] * (FIELDS - 1)), OK),
    ours("9110 5.4", "one field more", request("/hello.txt", *["X: y"] * FIELDS), 431, then=CLOSED),
    ours("9110 5.4", "a flood of fields", b"GET / HTTP/1.1\r\n" + b"A:\r\n" * 100_000, 431, then=CLOSED, methods=["GET"]),
    ours("9110 8.6", "a body of the limit", post(f"Content-Length: {BODY}", body=b"x" * BODY, target="/echo"), answer(200, b"x" * BODY)),
    ours("9110 15.5.14", "a body of one octet more", post(f"Content-Length: {BODY + 1}", body=b"x" * (BODY + 1)), 413, then=CLOSED),
    ours("9110 15.5.14", "a chunk of one octet more",
         post("Transfer-Encoding: chunked", body=b"100001\r\n" + b"x" * (BODY + 1)), 413, then=CLOSED),
    ours("9112 9.3", "a thousand requests on one connection", request() * 1000, *[OK] * 1000, then=CLOSED),
    ours("9112 9.3.2", "a pipeline of 900 requests", request() * 900, *[OK] * 900),
    ours("9112 2.2", "octets without a line end", b"\0" * 100_000, frozenset({414}) | BAD, then=CLOSED, methods=["GET"]),
]

"""RFC 9110 section 10.1.1: Expect."""

from conformance.case import CLOSED, DECLINED, EITHER, OPEN, answer, case, chunked, post, request
from conformance.site import HELLO

OK = answer(200, HELLO)
# "A server MAY respond with a 417" to what it does not know; or take no notice.
UNKNOWN = DECLINED | {417}


def unknown(name, value):
    return case("9110 10.1.1", name, request("/hello.txt", f"Expect: {value}"), frozenset({200, 400, 417}), then=EITHER, ours=417,
                ours_then=OPEN)


CASES = [
    case("9110 10.1.1", "100-continue without a body", request("/hello.txt", "Expect: 100-continue"), OK),
    case("9110 10.1.1", "100-continue in 1.0 is ignored",
         post("Expect: 100-continue", "Content-Length: 5", body=b"hello", version="HTTP/1.0"), DECLINED, then=CLOSED, interim=0,
         ours=405),
    case("9110 10.1.1", "an unknown expectation in 1.0", request("/hello.txt", "Expect: magic", version="HTTP/1.0"),
         frozenset({200, 417}), then=CLOSED, ours=200),
    case("9110 10.1.1", "100-continue and a body", post("Expect: 100-continue", "Content-Length: 5", body=b"hello"), UNKNOWN,
         then=EITHER, ours=405, ours_then=CLOSED, interim=None),
    case("9110 10.1.1", "100-continue and a chunked body", chunked(b"5\r\nhello\r\n0\r\n\r\n", "Expect: 100-continue"), UNKNOWN,
         then=EITHER, ours=405, ours_then=CLOSED),
    case("9110 10.1.1", "an unknown expectation and a body", post("Expect: magic", "Content-Length: 5", body=b"hello"), UNKNOWN,
         then=EITHER, ours=417, ours_then=CLOSED),
    unknown("an unknown expectation", "magic"),
    unknown("100-continue with a parameter", "100-continue;x=1"),
    unknown("100-continue and another", "100-continue, magic"),
    unknown("a longer word", "100-continued"),
    unknown("another number", "200-ok"),
    case("9110 10.1.1", "an empty expectation", request("/hello.txt", "Expect:"), frozenset({200, 400, 417}), then=EITHER, ours=200,
         ours_then=OPEN),
    case("9110 10.1.1", "echo: 100-continue", post("Expect: 100-continue", "Content-Length: 5", body=b"hello", target="/echo"),
         answer(200, b"hello"), only_pollux=True),
    case("9110 10.1.1", "echo: 100-continue in upper case",
         post("Expect: 100-CONTINUE", "Content-Length: 5", body=b"hello", target="/echo"), answer(200, b"hello"), only_pollux=True),
    case("9110 10.1.1", "echo: 100-continue twice",
         post("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 5", body=b"hello", target="/echo"),
         answer(200, b"hello"), only_pollux=True),
    case("9110 10.1.1", "echo: 100-continue for too large a body",
         post("Expect: 100-continue", "Content-Length: 9999999", target="/echo"), 413, then=CLOSED, interim=0, only_pollux=True),
]

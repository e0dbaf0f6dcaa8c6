"""RFC 9112 section 6: where a body ends. A doubt about that is how requests are smuggled."""

from conformance.case import CLOSED, DECLINED, EITHER, NOT_DONE, OPEN, REJECTED, answer, case, chunked, post, request
from conformance.site import HELLO

SENDABLE = ("2^31", "2^32", "2^32 + 5", "2^63 - 1", "2^63", "2^64 - 1")  # Octets.
SMUGGLED = b"GET /hello.txt HTTP/1.1\r\nHost: smuggled.test\r\n\r\n"
CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"
OK = answer(200, HELLO)


# The body must be read over (or the connection closed), whatever becomes of the request.
def read_over(section, name, octets, **options):
    return case(section, name, octets, DECLINED, then=EITHER, ours={405}, ours_then=OPEN, **options)


def refused(section, name, octets, ours=400, **options):
    return case(section, name, octets, REJECTED, then=CLOSED, ours=ours, **options)


# "MUST" be understood as an error by 6.3 (5), with 400.
def bad_length(name, value, section="9112 6.3"):
    return case(section, name, post(f"Content-Length: {value}", body=b"hello"), REJECTED, then=CLOSED, ours=400)


def bad_coding(name, *lines, section="9112 6.1", ours=400):
    return case(section, name, post(*lines, body=CHUNKED), REJECTED, then=CLOSED, ours=ours)


def echoed(name, octets, body, section="9112 6"):
    return case(section, name, octets, answer(200, body, Content_Length=str(len(body))), only_pollux=True)


CASES = [
    read_over("9112 6.2", "a body of five octets", post("Content-Length: 5", body=b"hello")),
    read_over("9112 6.2", "a body of none", post("Content-Length: 0")),
    read_over("9112 6.3", "neither of both fields", post()),
    read_over("9112 6.2", "a length with zeros before it", post("Content-Length: 00005", body=b"hello")),
    read_over("9112 6.2", "a body that looks like a request", post(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED)),
    read_over("9112 6.2", "a body of 60000 octets", post("Content-Length: 60000", body=b"x" * 60000), whole_only=True),
    read_over("9112 6.2", "a body of NULs and line ends", post("Content-Length: 8", body=b"\0\r\n\r\n\0\r\n")),
    read_over("9112 7.1", "a chunked body", chunked(CHUNKED)),
    read_over("9112 7.1", "a chunked body that looks like a request", chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED))),
    case("9110 9.3.1", "GET with a body", request("/hello.txt", "Content-Length: 5", body=b"hello"),
         frozenset({200, 400, 413}), then=EITHER, ours=200, ours_then=OPEN),
    case("9110 9.3.1", "GET with a chunked body", request("/hello.txt", "Transfer-Encoding: chunked", body=CHUNKED),
         frozenset({200, 400, 411, 413}), then=EITHER, ours=200, ours_then=OPEN),
    case("9110 9.3.2", "HEAD with a body", request("/hello.txt", "Content-Length: 5", method="HEAD", body=b"hello"),
         frozenset({200, 400, 413}), then=EITHER, ours=200, ours_then=OPEN),
    case("9110 9.3.1", "GET with a body that looks like a request",
         request("/hello.txt", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED), frozenset({200, 400, 413}), then=EITHER,
         ours=200, ours_then=OPEN),
    case("9110 9.3.5", "DELETE with a body", request("/hello.txt", "Content-Length: 5", method="DELETE", body=b"hello"),
         NOT_DONE, then=EITHER, ours=405, ours_then=OPEN),
    case("9110 9.3.4", "PUT with a chunked body", request("/hello.txt", "Transfer-Encoding: chunked", method="PUT", body=CHUNKED),
         NOT_DONE, then=EITHER, ours=405, ours_then=OPEN),
    case("9110 9.3.7", "OPTIONS with a body", request("/hello.txt", "Content-Length: 5", method="OPTIONS", body=b"hello"),
         NOT_DONE, then=EITHER, ours=204, ours_then=OPEN),
    case("9110 9.1", "an unknown method with a body", request("/hello.txt", "Content-Length: 5", method="BREW", body=b"hello"),
         NOT_DONE, then=EITHER, ours=501, ours_then=OPEN),
    case("9110 8.6", "a body to what is not there", request("/none", "Content-Length: 5", method="POST", body=b"hello"),
         DECLINED, then=EITHER, ours=405, ours_then=OPEN),
    # Content-Length = 1*DIGIT
    bad_length("a negative length", "-5"),
    bad_length("a length with a plus", "+5"),
    bad_length("a length in hexadecimal", "0x5"),
    bad_length("a length of letters", "five"),
    bad_length("a length with letters behind it", "5x"),
    bad_length("a length with a space in it", "5 5"),
    bad_length("a fraction", "5.0"),
    bad_length("a length with an exponent", "5e0"),
    bad_length("a length in quotes", '"5"'),
    bad_length("an empty length", ""),
    bad_length("a length and a semicolon", "5;"),
    bad_length("a length with an underscore", "1_0"),
    bad_length("a length of spaces", "   "),
    bad_length("a length with a vertical tab", "\x0b5"),
    bad_length("a length of other digits", "\xb2"),
    bad_length("two different lengths in a list", "5, 6"),
    bad_length("a list with an empty element", "5,"),
    bad_length("a list that begins with a comma", ",5"),
    case("9112 6.3", "the same length twice in a list", post("Content-Length: 5, 5", body=b"hello"), REJECTED | DECLINED,
         then=EITHER, ours=400, ours_then=CLOSED),
    case("9112 6.3", "the same length twice", post("Content-Length: 5", "Content-Length: 5", body=b"hello"),
         REJECTED | DECLINED, then=EITHER, ours=400, ours_then=CLOSED),
    refused("9112 6.3", "two different lengths", post("Content-Length: 5", "Content-Length: 6", body=b"hello")),
    refused("9112 6.3", "two different lengths, the longer one first", post("Content-Length: 6", "Content-Length: 5", body=b"hello")),
    refused("9112 6.3", "a length and an empty one", post("Content-Length: 5", "Content-Length:", body=b"hello")),
    refused("9112 6.3", "lengths of equal value and other spelling", post("Content-Length: 5", "Content-Length: 05", body=b"hello"),
            only_pollux=True),
    # Numbers that overflow
    *[refused("9110 8.6", f"a length of {name}", post(f"Content-Length: {value}", body=b"hello"), ours=413,
              only_pollux=name in SENDABLE)  # To wait for them is no error.
      for name, value in [("2^31", 2 ** 31), ("2^32", 2 ** 32), ("2^32 + 5", 2 ** 32 + 5), ("2^63 - 1", 2 ** 63 - 1),
                          ("2^63", 2 ** 63), ("2^64 - 1", 2 ** 64 - 1), ("2^64", 2 ** 64), ("2^64 + 5", 2 ** 64 + 5),
                          ("a hundred nines", "9" * 100)]],
    # Transfer-Encoding and Content-Length: "ought to be handled as an error"; a server MAY reject (6.1)
    case("9112 6.3", "Content-Length before Transfer-Encoding", post("Content-Length: 15", "Transfer-Encoding: chunked", body=CHUNKED),
         REJECTED | DECLINED, then=CLOSED, ours=400),
    case("9112 6.3", "Transfer-Encoding before Content-Length", post("Transfer-Encoding: chunked", "Content-Length: 15", body=CHUNKED),
         REJECTED | DECLINED, then=CLOSED, ours=400),
    case("9112 6.1", "both, and a body that is no chunk", post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"hello"),
         REJECTED, then=CLOSED, ours=400),
    case("9112 6.1", "both, with a smuggled request", post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
         REJECTED | DECLINED, then=CLOSED, ours=400),
    # Transfer-Encoding
    case("9112 7", "chunked in upper case", post("Transfer-Encoding: CHUNKED", body=CHUNKED), DECLINED, then=EITHER, ours=405,
         ours_then=OPEN),
    case("9112 7", "spaces around chunked", post("Transfer-Encoding: \t chunked \t", body=CHUNKED), DECLINED, then=EITHER,
         ours=405, ours_then=OPEN),
    bad_coding("chunked is not the last", "Transfer-Encoding: chunked, gzip"),
    bad_coding("chunked twice", "Transfer-Encoding: chunked, chunked"),
    bad_coding("chunked twice, in two lines", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    bad_coding("no chunked at all", "Transfer-Encoding: gzip"),
    bad_coding("identity", "Transfer-Encoding: identity"),
    bad_coding("identity and chunked in two lines", "Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
    bad_coding("chunked and identity in two lines", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    bad_coding("an unknown coding and chunked", "Transfer-Encoding: unheard-of, chunked", ours=501),
    bad_coding("gzip and chunked", "Transfer-Encoding: gzip, chunked", ours=501),
    bad_coding("an empty coding", "Transfer-Encoding:"),
    bad_coding("a misspelt coding", "Transfer-Encoding: xchunked"),
    bad_coding("a coding with text behind it", "Transfer-Encoding: chunkedx"),
    bad_coding("a quoted coding", 'Transfer-Encoding: "chunked"'),
    bad_coding("a coding with a parameter", "Transfer-Encoding: chunked;q=1"),
    bad_coding("a vertical tab before the coding", "Transfer-Encoding: \x0bchunked"),
    bad_coding("NUL behind the coding", "Transfer-Encoding: chunked\0"),
    case("9112 6.1", "a folded coding", post("Transfer-Encoding:", " chunked", body=CHUNKED), REJECTED | DECLINED, then=EITHER,
         ours=400, ours_then=CLOSED),
    case("9112 5", "no coding but a field of a similar name", post("Transfer_Encoding: chunked", "Content-Length: 5", body=b"hello"),
         NOT_DONE, then=EITHER, ours=405, ours_then=OPEN),
    # "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the
    # message as if the framing is faulty"
    case("9112 6.1", "Transfer-Encoding in 1.0", post("Transfer-Encoding: chunked", body=CHUNKED, version="HTTP/1.0"), NOT_DONE,
         then=CLOSED, ours=400),
    case("9112 6.1", "Transfer-Encoding in 1.0 with keep-alive",
         post("Transfer-Encoding: chunked", "Connection: keep-alive", body=CHUNKED, version="HTTP/1.0"), NOT_DONE, then=CLOSED,
         ours=400),
    case("9112 6.2", "a body in 1.0", post("Content-Length: 5", body=b"hello", version="HTTP/1.0"), DECLINED, then=CLOSED, ours=405),
    case("9112 6.2", "a body in 1.0 with keep-alive",
         post("Content-Length: 5", "Connection: keep-alive", body=b"hello", version="HTTP/1.0"), DECLINED, then=EITHER, ours=405,
         ours_then=OPEN),
    echoed("echo: a length", post("Content-Length: 5", body=b"hello", target="/echo"), b"hello"),
    echoed("echo: a length of none", post("Content-Length: 0", target="/echo"), b""),
    echoed("echo: nothing", post(target="/echo"), b""),
    echoed("echo: GET", request("/echo"), b""),
    echoed("echo: every octet", post("Content-Length: 256", body=bytes(range(256)), target="/echo"), bytes(range(256))),
    echoed("echo: a smuggled request", post(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED, target="/echo"), SMUGGLED),
    case("9110 8.3", "echo: the type comes back", post("Content-Length: 2", "Content-Type: text/x; a=b", body=b"hi", target="/echo"),
         answer(200, b"hi", Content_Type="text/x; a=b"), only_pollux=True),
    *[case("9110 9", f"echo: {method}", request("/echo", "Content-Length: 2", method=method, body=b"hi"),
           answer(200, b"" if method == "HEAD" else b"hi", Content_Length="2"), only_pollux=True)
      for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "BREW")],
]

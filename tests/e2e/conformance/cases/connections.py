"""RFC 9112 section 9: how long a connection lasts, and what is answered on it in which order."""

from conformance.case import BAD, CLOSED, DECLINED, EITHER, OPEN, REJECTED, answer, case, chunked, post, request
from conformance.site import HELLO, LARGE

OK = answer(200, HELLO)
GET = request()


def stays(section, name, *fields, **options):
    return case(section, name, request("/hello.txt", *fields, **options), OK)


def ends(section, name, *fields, **options):
    return case(section, name, request("/hello.txt", *fields, **options), answer(200, HELLO, Connection="(?i).*close.*"),
                then=CLOSED)


def old(name, *fields, stays_open, **options):
    """HTTP/1.0. A server may always close; one that stays open has to say so."""
    expected = answer(200, HELLO) if not stays_open else answer(200, HELLO, **options)
    return case("9112 9.3", f"1.0: {name}", request("/hello.txt", *fields, version="HTTP/1.0"), expected,
                then=EITHER if stays_open else CLOSED, ours_then=OPEN if stays_open else CLOSED)


CASES = [
    stays("9112 9.3", "1.1 stays open"),
    stays("9112 9.3", "keep-alive in 1.1", "Connection: keep-alive"),
    stays("9112 9.3", "another option", "Connection: x"),
    stays("9112 9.3", "an empty option", "Connection:"),
    stays("9112 9.3", "commas alone", "Connection: , ,"),
    stays("9112 9.3", "an option that begins with close", "Connection: closed"),
    stays("9112 9.3", "an option that ends with close", "Connection: disclose"),
    stays("9112 9.3", "close as the value of another field", "X-Connection: close"),
    stays("9112 9.3", "close in a quoted string", 'Connection: "close"'),
    stays("9112 9.3", "Keep-Alive as a field", "Keep-Alive: timeout=5"),
    stays("9112 9.3", "Proxy-Connection means nothing", "Proxy-Connection: close"),
    ends("9112 9.6", "close", "Connection: close"),
    ends("9112 9.6", "close in upper case", "Connection: CLOSE"),
    ends("9112 9.6", "close in mixed case", "Connection: cLoSe"),
    ends("9112 9.6", "close behind another option", "Connection: x, close"),
    ends("9112 9.6", "close before another option", "Connection: close, x"),
    ends("9112 9.6", "close between others", "Connection: x,close,y"),
    ends("9112 9.6", "close behind an empty element", "Connection: ,close"),
    ends("9112 9.6", "close with tabs around it", "Connection: x,\tclose\t,y"),
    ends("9112 9.6", "close in a second line", "Connection: x", "Connection: close"),
    ends("9112 9.6", "close in a first line", "Connection: close", "Connection: x"),
    ends("9112 9.6", "close and keep-alive", "Connection: close, keep-alive"),
    ends("9112 9.6", "keep-alive and close", "Connection: keep-alive, close"),
    ends("9112 9.6", "keep-alive and close in two lines", "Connection: keep-alive", "Connection: close"),
    case("9112 9.6", "close and a body", post("Connection: close", "Content-Length: 5", body=b"hello"), DECLINED, then=CLOSED,
         ours=405),
    case("9112 9.6", "close and a chunked body", chunked(b"5\r\nhello\r\n0\r\n\r\n", "Connection: close"), DECLINED, then=CLOSED,
         ours=405),
    old("closes", stays_open=False),
    old("close", "Connection: close", stays_open=False),
    old("another option", "Connection: x", stays_open=False),
    old("keep-alive and close", "Connection: keep-alive, close", stays_open=False),
    old("a quoted keep-alive", 'Connection: "keep-alive"', stays_open=False),
    case("9112 9.3", "1.0: keep-alive", request("/hello.txt", "Connection: keep-alive", version="HTTP/1.0"),
         answer(200, HELLO, Connection="(?i)keep-alive|close"), then=EITHER, ours_then=OPEN),
    case("9112 9.3", "1.0: keep-alive in upper case", request("/hello.txt", "Connection: KEEP-ALIVE", version="HTTP/1.0"),
         OK, then=EITHER, ours_then=OPEN),
    case("9112 9.3", "1.0: keep-alive behind another option", request("/hello.txt", "Connection: x, Keep-Alive", version="HTTP/1.0"),
         OK, then=EITHER, ours_then=OPEN),
    case("9112 9.3", "1.0: keep-alive and what is not there", request("/none", "Connection: keep-alive", version="HTTP/1.0"),
         404, then=EITHER, ours_then=OPEN),
    # Pipelines
    case("9112 9.3.2", "three requests", GET * 3, OK, OK, OK),
    case("9112 9.3.2", "forty requests", GET * 40, *[OK] * 40),
    case("9112 9.3.2", "different answers in their order", request("/none") + GET + request("/folder") + request(method="HEAD"),
         404, OK, answer({301, 302, 307, 308}), answer(200, b"", Content_Length="13"), methods=["GET", "GET", "GET", "HEAD"]),
    case("9112 9.3.2", "HEAD between others", GET + request(method="HEAD") + GET, OK, answer(200, b""), OK,
         methods=["GET", "HEAD", "GET"]),
    case("9112 9.3.2", "a large file between small ones", GET + request("/large.bin") + GET, OK, answer(200, LARGE), OK),
    case("9112 9.3.2", "a large file four times", request("/large.bin") * 4, *[answer(200, LARGE)] * 4),
    case("9112 9.3.2", "nothing behind close is answered", request("/hello.txt", "Connection: close") + GET, OK, then=CLOSED),
    case("9112 9.3.2", "an empty line between requests", GET + b"\r\n" + GET, OK, OK),
    case("9112 9.3.2", "1.0 ends a pipeline", GET + request(version="HTTP/1.0") + GET, OK, OK, then=CLOSED),
    case("9112 9.3", "a request behind a body that nobody wanted", post("Content-Length: 5", body=b"hello") + GET, DECLINED, OK,
         then=OPEN, only_pollux=True),
    case("9112 9.3", "two bodies in both framings", chunked(b"2\r\nhi\r\n0\r\n\r\n") + post("Content-Length: 2", body=b"hi") + GET,
         405, 405, OK, methods=["POST", "POST", "GET"], only_pollux=True),
    case("9112 9.3", "echo: a pipeline of bodies",
         chunked(b"2\r\nhi\r\n0\r\n\r\n", target="/echo") + post("Content-Length: 2", body=b"ho", target="/echo")
         + post(target="/echo") + GET,
         answer(200, b"hi"), answer(200, b"ho"), answer(200, b""), OK, methods=["POST", "POST", "POST", "GET"], only_pollux=True),
    # What follows a broken request is never one
    case("9112 2.2", "a good request, then a broken one", GET + b"nonsense\r\n\r\n" + GET, OK, answer(REJECTED), then=CLOSED),
    case("9112 6.3", "nothing behind lost framing is a request", post("Content-Length: x", body=GET * 3), BAD | REJECTED, then=CLOSED,
         ours=400),
    case("9112 6.1", "nothing behind both framings is a request",
         post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"zzz\r\n" + GET * 3), REJECTED, then=CLOSED, ours=400),
    case("9112 7.1", "nothing behind a broken chunk is a request", chunked(b"5\r\nhelloX\r\n" + GET * 3), REJECTED | DECLINED, then=CLOSED,
         ours=400, methods=["POST"]),
    case("9112 9.3", "the rest of a short body is a request", post("Content-Length: 3", body=b"abc") + GET, DECLINED, OK, then=OPEN,
         only_pollux=True),
]

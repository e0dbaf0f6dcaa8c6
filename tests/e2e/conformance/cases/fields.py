"""RFC 9112 section 5 and RFC 9110 section 5: field lines."""

from conformance.case import CLOSED, EITHER, OPEN, REJECTED, answer, case, request
from conformance.site import HELLO

OK = answer(200, HELLO)


def served(section, name, *lines, **options):
    return case(section, name, request("/hello.txt", *lines), OK, **options)


# 9112 section 2.2: what "does not match the HTTP-message grammar" is answered 400 (SHOULD), and the connection closed.
def refused(section, name, *lines, **options):
    return case(section, name, request("/hello.txt", *lines), REJECTED, then=CLOSED, ours=400, **options)


# 9112 section 5.1: "A server MUST reject, with a response status code of 400".
def must_400(section, name, *lines):
    return case(section, name, request("/hello.txt", *lines), 400, then=CLOSED)


def either(section, name, *lines):
    return case(section, name, request("/hello.txt", *lines), REJECTED | {200}, then=EITHER, ours=400, ours_then=CLOSED)


CASES = [
    served("9112 5", "no space behind the colon", "X:y"),
    served("9112 5", "spaces and tabs around a value", "X: \t y \t "),
    served("9112 5", "an empty value", "X:"),
    served("9112 5", "a value of spaces", "X:   "),
    served("9112 5", "a value of tabs", "X:\t\t"),
    served("9112 5", "colons in a value", "X: a:b::c"),
    served("9110 5.5", "spaces and tabs in a value", "X: a \t b"),
    served("9110 5.5", "every visible octet in a value", "X: " + "".join(map(chr, range(0x21, 0x7f)))),
    served("9110 5.5", "octets above 0x7f in a value", "X: " + "".join(map(chr, range(0x80, 0x100)))),
    served("9110 5.1", "every token octet in a name", "A!#$%&'*+-.^_`|~09z: y"),
    served("9110 5.1", "a name of one octet", "X: y"),
    served("9110 5.1", "a name of digits", "123: y"),
    served("9110 5.3", "a repeated unknown field", "X: 1", "X: 2", "X: 3"),
    served("9110 5.5", "a quoted string that does not end", 'X: "open'),
    served("9110 5.5", "a backslash at the end", "X: \\"),
    served("9110 5.1", "a name with an underscore", "X_Y: z"),
    case("9110 5.1", "names in upper case", b"GET /hello.txt HTTP/1.1\r\nHOST: x\r\nCONNECTION: CLOSE\r\n\r\n", OK, then=CLOSED),
    case("9110 5.1", "names in lower case", b"GET /hello.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", OK, then=CLOSED),
    case("9110 5.1", "names in mixed case", b"GET /hello.txt HTTP/1.1\r\nhOsT: x\r\ncOnNeCtIoN: cLoSe\r\n\r\n", OK, then=CLOSED),
    must_400("9112 5.1", "a space before the colon", "X : y"),
    must_400("9112 5.1", "a tab before the colon", "X\t: y"),
    must_400("9112 5.1", "two spaces before the colon", "X  : y"),
    case("9112 5.1", "a space before the colon of Host", b"GET /hello.txt HTTP/1.1\r\nHost : x\r\n\r\n", 400, then=CLOSED),
    case("9112 5.1", "a space before the colon of Content-Length",
         b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", 400, then=CLOSED),
    case("9112 5.1", "a space before the colon of Transfer-Encoding",
         b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, then=CLOSED),
    refused("9112 2.2", "no colon", "nothing"),
    refused("9112 2.2", "no name", ": y"),
    refused("9112 2.2", "nothing but a colon", ":"),
    refused("9112 2.2", "a space in a name", "X Y: z"),
    # obs-fold: "MUST either reject the message by sending a 400 or replace each with one or more SP"
    either("9112 5.2", "a line folded with a space", "X: y", " z"),
    either("9112 5.2", "a line folded with a tab", "X: y", "\tz"),
    either("9112 5.2", "a line folded with nothing", "X: y", " "),
    either("9112 5.2", "a folded empty value", "X:", " y"),
    either("9112 5.2", "folded twice", "X: y", " z", "  z"),
    case("9112 5.2", "a folded Host", b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", REJECTED, then=CLOSED, ours=400),
    # "a recipient of CR, LF, or NUL within a field value MUST either reject the message or replace each of those
    # characters with SP"
    either("9110 5.5", "NUL in a value", "X: a\0b"),
    either("9110 5.5", "NUL at the end of a value", "X: a\0"),
    either("9110 5.5", "CR in a value", "X: a\rb"),
    either("9110 5.5", "CR at the end of a value", "X: a\r"),
    either("9110 5.5", "CR at the beginning of a value", "X:\ra"),
    either("9110 5.5", "CR that hides a field", "X: a\rConnection: close"),
    either("9110 5.5", "LF that ends a field", "X: a\nConnection: close"),
    *[either("9110 5.5", f"0x{octet:02x} in a value", f"X: a{chr(octet)}b")
      for octet in (0x01, 0x07, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f)],
    *[refused("9112 2.2", f"{name} in a name", f"X{octet}Y: z")
      for name, octet in [("NUL", "\0"), ("CR", "\r"), ("0x01", "\x01"), ("DEL", "\x7f"), ("a quote", '"'), ("a bracket", "("),
                          ("a comma", ","), ("a slash", "/"), ("a semicolon", ";"), ("<", "<"), ("=", "="), ("@", "@"),
                          ("[", "["), ("a backslash", "\\"), ("{", "{"), ("0x80", "\x80"), ("0xff", "\xff")]],
    case("9112 2.2", "a head that ends after the request line, in 1.0", b"GET /hello.txt HTTP/1.0\r\n\r\n", OK, then=CLOSED),
    served("9110 10.1.4", "TE: trailers", "TE: trailers", "Connection: TE"),
    served("9110 7.6.2", "Max-Forwards means nothing to GET", "Max-Forwards: 0"),
    served("9110 12.5.1", "Accept of nothing there is", "Accept: nothing/at-all", then=OPEN),
    served("9110 12.5.3", "Accept-Encoding of nothing", "Accept-Encoding:"),
    served("9110 7.8", "Upgrade to something unknown", "Connection: Upgrade", "Upgrade: unheard-of/1"),
    served("9110 7.8", "Upgrade without the option", "Upgrade: websocket", then=OPEN),
]

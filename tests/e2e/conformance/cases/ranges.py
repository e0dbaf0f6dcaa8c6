"""RFC 9110 section 14: ranges, of a file of 10000 octets."""

import re

from conformance.case import answer, case, request
from conformance.site import AFTER, BEFORE, DATE, DIGITS, HELLO

SIZE = len(DIGITS)
WHOLE = answer(200, DIGITS, Content_Length=str(SIZE), Content_Range=None)


def part(first, last):
    """15.3.7: a single part, with the fields a 200 would have."""
    return answer(206, DIGITS[first:last + 1], Content_Range=f"bytes {first}-{last}/{SIZE}", Content_Length=str(last - first + 1),
                  ETag='"[^"]+"', Content_Type="text/plain.*")


def ask(section, name, value, *expected, fields=(), **options):
    return case(section, name, request("/digits.txt", f"Range: {value}", *fields), *expected, **options)


def one(name, value, first, last, **options):
    return ask("9110 14.1.2", name, value, part(first, last), **options)


def ignored(name, value, section="9110 14.2", **options):
    return ask(section, f"ignored: {name}", value, WHOLE, **options)


# Malformed: "a server MAY ignore the Range header field"; 416 is also seen, and not forbidden (14.2).
def invalid(name, value, **options):
    return ask("9110 14.1.1", f"invalid: {name}", value, frozenset({200, 400, 416}), ours=200, **options)


def says_the_size(messages):
    """15.5.17: "SHOULD generate a Content-Range header field"; so it is no fault of every such case to have none."""
    return None if messages[0].get("Content-Range") in ("", f"bytes */{SIZE}") else messages[0].get("Content-Range")


def unsatisfiable(name, value, **options):
    return ask("9110 15.5.17", name, value, 416, check=says_the_size, **options)


# Ranges may be answered whole, put together in other ways, or only some of them ("a server might want to send only a subset of
# the data requested", 15.3.7); but every octet sent must be in its place.
def multipart(*wanted, exactly=False):
    def check(messages):
        message = messages[0]
        if message.status != 206:
            return "not in parts" if exactly else None
        if "Content-Range" in message and not exactly:
            return None
        boundary = re.fullmatch(r'multipart/byteranges; *boundary="?([^"]+?)"?', message.get("Content-Type"))
        if not boundary:
            return f"206 of {message.get('Content-Type')}"
        delimiter = b"--" + boundary[1].encode()
        before, *parts = (b"\r\n" + message.body).split(b"\r\n" + delimiter)
        if not parts or parts[-1].strip(b"\r\n") != b"--":
            return "a multipart body without its end"
        found = []
        for octets in parts[:-1]:
            head, _, body = octets.partition(b"\r\n\r\n")
            place = re.search(rb"(?i)\r\nContent-Range: bytes (\d+)-(\d+)/10000", head)
            if not place:
                return "a part without Content-Range"
            first, last = int(place[1]), int(place[2])
            if body != DIGITS[first:last + 1]:
                return f"part {first}-{last} holds other octets"
            if b"content-type" not in head.lower():
                return "a part without Content-Type"
            found.append((first, last))
        if exactly and (before or found != list(wanted)):
            return f"parts {found} instead of {list(wanted)}"
        return None if found else "206 without a part"
    return check


def several(name, value, *wanted, fields=(), section="9110 15.3.7.2"):
    return ask(section, name, value, frozenset({200, 206}), ours=206, check=multipart(*wanted), fields=fields)


def ours_exactly(name, value, *wanted, fields=()):
    return ask("9110 15.3.7.2", f"exactly: {name}", value, 206, check=multipart(*wanted, exactly=True), only_pollux=True,
               fields=fields)


def if_range(name, value, applies, **options):
    return ask("9110 13.1.5", f"If-Range: {name}", "bytes=0-1", part(0, 1) if applies else WHOLE, fields=[f"If-Range: {value}"],
               **options)


CASES = [
    one("the first octet", "bytes=0-0", 0, 0),
    one("the first ten", "bytes=0-9", 0, 9),
    one("in the midst", "bytes=5000-5009", 5000, 5009),
    one("the last octet", "bytes=9999-9999", 9999, 9999),
    one("to the end", "bytes=9990-", 9990, 9999),
    one("all by an open range", "bytes=0-", 0, 9999),
    one("all by its ends", "bytes=0-9999", 0, 9999),
    one("the last ten", "bytes=-10", 9990, 9999),
    one("the last one", "bytes=-1", 9999, 9999),
    one("all by a suffix", "bytes=-10000", 0, 9999),
    one("a suffix of more than there is", "bytes=-10001", 0, 9999),
    one("an end beyond the end", "bytes=9990-20000", 9990, 9999),
    one("an end of 2^31", "bytes=9990-2147483648", 9990, 9999),
    one("an end of 2^32", "bytes=9990-4294967296", 9990, 9999),
    one("an end of 2^63 - 1", "bytes=9990-9223372036854775807", 9990, 9999),
    one("an end of 2^63", "bytes=9990-9223372036854775808", 9990, 9999),
    one("an end of 2^64 - 1", "bytes=9990-18446744073709551615", 9990, 9999),
    one("an end of 2^64", "bytes=9990-18446744073709551616", 9990, 9999),
    one("an end of thirty digits", "bytes=9990-" + "9" * 30, 9990, 9999),
    one("a suffix of 2^64 - 1", "bytes=-18446744073709551615", 0, 9999),
    one("a suffix of 2^64", "bytes=-18446744073709551616", 0, 9999),
    one("a suffix of thirty digits", "bytes=-" + "9" * 30, 0, 9999),
    one("zeros before the numbers", "bytes=0000-0009", 0, 9),
    one("a unit in upper case", "BYTES=0-9", 0, 9, only_pollux=True),
    one("empty elements", "bytes=,0-9,", 0, 9, only_pollux=True),
    one("a space behind the equals sign", "bytes= 0-9", 0, 9, only_pollux=True),
    unsatisfiable("a first octet at the end", "bytes=10000-"),
    ask("9110 15.5.17", "a 416 says the size", "bytes=10000-", answer(416, Content_Range=rf"bytes \*/{SIZE}")),
    unsatisfiable("a first octet beyond the end", "bytes=10001-20000"),
    unsatisfiable("a first octet of 2^63", "bytes=9223372036854775808-9223372036854775809"),
    unsatisfiable("a first octet of 2^64 - 1", "bytes=18446744073709551615-"),
    unsatisfiable("a first octet of 2^64", "bytes=18446744073709551616-"),
    unsatisfiable("a first octet of 2^64 + 5, which must not wrap", "bytes=18446744073709551621-18446744073709551625"),
    unsatisfiable("a suffix of nothing", "bytes=-0"),
    unsatisfiable("two beyond the end", "bytes=10000-,20000-30000"),
    ignored("another unit", "octets=0-9"),
    ignored("another unit that is registered", "none=0-9"),
    invalid("the last before the first", "bytes=9-0"),
    invalid("no unit", "0-9"),
    invalid("no equals sign", "bytes 0-9"),
    invalid("nothing", ""),
    invalid("a unit alone", "bytes"),
    invalid("no range", "bytes="),
    invalid("a dash alone", "bytes=-"),
    invalid("a number alone", "bytes=5"),
    invalid("two dashes", "bytes=0--9"),
    invalid("two dashes before", "bytes=--9"),
    invalid("a negative first", "bytes=-5-9"),
    invalid("letters", "bytes=a-b"),
    invalid("hexadecimal", "bytes=0x0-0x9"),
    invalid("a plus", "bytes=+0-9"),
    invalid("a space in a range", "bytes=0 -9"),
    invalid("a space within a number", "bytes=1 0-19"),
    invalid("a fraction", "bytes=0.0-9"),
    invalid("text behind it", "bytes=0-9x"),
    invalid("one bad of two", "bytes=0-9,x-y"),
    invalid("one bad before a good one", "bytes=9-0,0-9"),
    invalid("a semicolon between", "bytes=0-9;20-29"),
    invalid("a percent sign", "bytes=%30-9"),
    invalid("NUL-like digits", "bytes=\xb2-9"),
    case("9110 14.2", "two Range lines", request("/digits.txt", "Range: bytes=0-9", "Range: bytes=20-29"), frozenset({200, 206, 400, 416}),
         ours=200),
    # Several ranges
    several("two ranges", "bytes=0-9,20-29", (0, 9), (20, 29)),
    several("two ranges and a space", "bytes=0-9, 20-29", (0, 9), (20, 29)),
    several("a range and a suffix", "bytes=0-9,-10", (0, 9), (9990, 9999)),
    several("a range and an open one", "bytes=0-9,9990-", (0, 9), (9990, 9999)),
    several("two that overlap", "bytes=0-19,10-29", (0, 19), (10, 29)),
    several("two that touch", "bytes=0-9,10-19", (0, 19)),
    several("the same twice", "bytes=0-9,0-9", (0, 9)),
    several("one within another", "bytes=0-99,10-19", (0, 99)),
    several("out of order", "bytes=100-109,0-9", (0, 9), (100, 109)),
    several("one that cannot be, and one that can", "bytes=20000-,0-9", (0, 9)),
    several("one that can be, and one that cannot", "bytes=0-9,20000-", (0, 9)),
    several("sixteen ranges", "bytes=" + ",".join(f"{n * 100}-{n * 100 + 9}" for n in range(16)), *((n * 100, n * 100 + 9) for n in range(16))),
    ours_exactly("two ranges", "bytes=0-9,20-29", (0, 9), (20, 29)),
    ours_exactly("the client's order", "bytes=100-109,0-9,50-59", (100, 109), (0, 9), (50, 59)),
    ours_exactly("overlapping ones are one, in the first one's place", "bytes=100-109,0-9,105-119", (100, 119), (0, 9)),
    ours_exactly("touching ones are one", "bytes=0-9,50-59,10-19", (0, 19), (50, 59)),
    ours_exactly("a range that joins two", "bytes=0-9,20-29,40-49,10-19", (0, 29), (40, 49)),
    ask("9110 15.3.7.2", "two that are one in the end", "bytes=0-9,5-19", part(0, 19), only_pollux=True),
    ask("9110 15.3.7.2", "one that can be is a single part", "bytes=20000-,0-9", part(0, 9), only_pollux=True),
    ask("9110 14.2", "seventeen ranges", "bytes=" + ",".join(f"{n * 100}-{n * 100 + 9}" for n in range(17)), WHOLE, only_pollux=True),
    ask("9110 17.15", "as much as the file twice over", "bytes=0-,0-", frozenset({200, 206, 416}), ours=200),
    ask("9110 17.15", "1000 ranges of one octet", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 2000, 2)), frozenset({200, 206, 400, 416, 431}),
        ours=200),
    ask("9110 17.15", "1000 times the same", "bytes=" + ",".join(["0-"] * 1000), frozenset({200, 206, 400, 416, 431}), ours=200),
    # If-Range
    if_range("the tag", "@ETAG@", True),
    if_range("another tag", '"x"', False),
    if_range("the weak tag", "W/@ETAG@", False),
    if_range("the date", DATE, True),
    if_range("the date of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", True, only_pollux=True),
    if_range("a date before", BEFORE, False),
    if_range("a date after", AFTER, False),
    if_range("no date", "yesterday", False),
    if_range("an asterisk", "*", False),
    if_range("a list of tags", '"x", @ETAG@', False),
    if_range("nothing", "", False),
    case("9110 13.1.5", "If-Range without Range", request("/digits.txt", 'If-Range: "x"'), WHOLE),
    case("9110 13.1.5", "If-Range and a range that cannot be", request("/digits.txt", "Range: bytes=10000-", 'If-Range: "x"'), WHOLE),
    case("9110 13.2.2", "If-None-Match, If-Range and Range",
         request("/digits.txt", "Range: bytes=0-1", 'If-None-Match: "x"', "If-Range: @ETAG@"), part(0, 1)),
    case("9110 15.3.7", "a 206 with If-Range repeats no Last-Modified", request("/digits.txt", "Range: bytes=0-1", "If-Range: @ETAG@"),
         answer(206, ETag='".*"', Last_Modified=None), only_pollux=True),
    case("9110 15.3.7", "a 206 without has what a 200 has", request("/digits.txt", "Range: bytes=0-1"),
         answer(206, ETag='".*"', Last_Modified=DATE, Date=".+ GMT", Content_Type="text/plain.*")),
    # The edges of other files
    case("9110 14.1.2", "a range of an empty file", request("/empty.txt", "Range: bytes=0-"), frozenset({200, 416}), ours=416),
    case("9110 14.1.2", "a suffix of an empty file", request("/empty.txt", "Range: bytes=-5"), frozenset({200, 416}), ours=200),
    case("9110 14.1.2", "a range of a file of 13 octets", request("/hello.txt", "Range: bytes=7-11"),
         answer(206, HELLO[7:12], Content_Range="bytes 7-11/13")),
    case("9110 14.1.2", "a range of what is not there", request("/none", "Range: bytes=0-1"), answer(404, Content_Range=None)),
    case("9110 14.1.2", "a range of 2 MiB", request("/large.bin", "Range: bytes=1048570-1048585"),
         answer(206, bytes(i % 256 for i in range(1048570, 1048586)))),
    case("9110 14.2", "POST ignores Range", request("/hello.txt", "Range: bytes=0-1", "Content-Length: 0", method="POST"),
         answer({200, 204, 403, 404, 405, 411, 501}, Content_Range=None)),
    case("9110 14.2", "a pipeline of ranges", request("/digits.txt", "Range: bytes=0-1") + request("/digits.txt", "Range: bytes=-1"),
         part(0, 1), part(9999, 9999)),
]

"""RFC 9112 section 7.1: chunked bodies.

Every body goes to a file of the site, where any server can be asked whether it still finds the next request, and
to the echo handler, which shows what was understood.
"""

from conformance.case import CLOSED, DECLINED, EITHER, OPEN, REJECTED, answer, case, chunked

SMUGGLED = b"GET /hello.txt HTTP/1.1\r\nHost: smuggled.test\r\n\r\n"

# name, octets, content
GOOD = [
    ("one chunk", b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("two chunks", b"5\r\nhello\r\n2\r\n, \r\n0\r\n\r\n", b"hello, "),
    ("no chunk", b"0\r\n\r\n", b""),
    ("a last chunk of several zeros", b"5\r\nhello\r\n0000\r\n\r\n", b"hello"),
    ("a size with zeros before it", b"0005\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("a size in upper case", b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("a size in lower case", b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("a size of two digits", b"1a\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n", b"x" * 26),
    ("chunks of one octet", b"1\r\nh\r\n1\r\ni\r\n1\r\n!\r\n0\r\n\r\n", b"hi!"),
    ("data that looks like a last chunk", b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"),
    ("data that looks like a request", b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED), SMUGGLED),
    ("an extension without a value", b"5;a\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("an extension", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("several extensions", b"5;a=b;c;d=e\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("an extension with a quoted value", b'5;a="b c"\r\nhello\r\n0\r\n\r\n', b"hello"),
    ("an extension with a quoted semicolon", b'5;a="b;c\\"d"\r\nhello\r\n0\r\n\r\n', b"hello"),
    ("an extension of the last chunk", b"5\r\nhello\r\n0;a=b\r\n\r\n", b"hello"),
    ("an extension with spaces around it", b"5 ; a = b\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("one trailer field", b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", b"hello"),
    ("several trailer fields", b"5\r\nhello\r\n0\r\nX: y\r\nZ: z\r\nX: y\r\n\r\n", b"hello"),
    ("a trailer field without a value", b"5\r\nhello\r\n0\r\nX:\r\n\r\n", b"hello"),
    ("a trailer that would change the framing", b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n", b"hello"),
    ("a trailer that would end the connection", b"5\r\nhello\r\n0\r\nConnection: close\r\n\r\n", b"hello"),
    ("a trailer that is a second Host", b"5\r\nhello\r\n0\r\nHost: other.test\r\n\r\n", b"hello"),
]

# name, octets, and whether some recipients make sense of it without a breach of the RFC. The others must end the
# connection. The answer need not be about the body: a server may have said 405 before it came.
BAD = [
    ("a size of no digits", b"\r\nhello\r\n0\r\n\r\n", False),
    ("a size of letters", b"xyz\r\nhello\r\n0\r\n\r\n", False),
    ("a negative size", b"-5\r\nhello\r\n0\r\n\r\n", False),
    ("a size with a plus", b"+5\r\nhello\r\n0\r\n\r\n", False),
    ("a size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n", False),
    ("a size in quotes", b'"5"\r\nhello\r\n0\r\n\r\n', False),
    ("a space before the size", b" 5\r\nhello\r\n0\r\n\r\n", True),
    ("a tab before the size", b"\t5\r\nhello\r\n0\r\n\r\n", True),
    ("a space behind the size", b"5 \r\nhello\r\n0\r\n\r\n", True),
    ("text behind the size", b"5 hello\r\nhello\r\n0\r\n\r\n", True),
    ("an underscore in the size", b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n", False),
    ("a comma behind the size", b"5,\r\nhello\r\n0\r\n\r\n", True),
    ("a size and a hexadecimal point", b"5.\r\nhello\r\n0\r\n\r\n", True),
    ("a size of 2^64", b"10000000000000000\r\nhello\r\n0\r\n\r\n", False),
    ("a size of 2^64 + 5", b"10000000000000005\r\nhello\r\n0\r\n\r\n", False),
    ("a size of 20 digits", b"fffffffffffffffffffff\r\nhello\r\n0\r\n\r\n", False),
    ("LF behind the size", b"5\nhello\r\n0\r\n\r\n", True),
    ("CR behind the size", b"5\rhello\r\n0\r\n\r\n", False),
    ("CR CR LF behind the size", b"5\r\r\nhello\r\n0\r\n\r\n", True),
    ("LF behind the data", b"5\r\nhello\n0\r\n\r\n", True),
    ("CR behind the data", b"5\r\nhello\r0\r\n\r\n", False),
    ("nothing behind the data", b"5\r\nhello0\r\n\r\n", False),
    ("more data than said", b"4\r\nhello\r\n0\r\n\r\n", False),
    ("two line ends behind the data", b"5\r\nhello\r\n\r\n0\r\n\r\n", False),
    ("less data than said", b"6\r\nhello\r\n0\r\n\r\n", True),
    ("LF in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n", True),
    ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n", True),
    ("NUL in an extension", b"5;a\0b\r\nhello\r\n0\r\n\r\n", True),
    ("NUL in the size", b"5\0\r\nhello\r\n0\r\n\r\n", False),
    ("LF behind the last chunk", b"5\r\nhello\r\n0\n\r\n", True),
    ("LF at the end", b"5\r\nhello\r\n0\r\n\n", True),
    ("a trailer without a colon", b"5\r\nhello\r\n0\r\nnothing\r\n\r\n", True),
    ("a trailer with a space before the colon", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n", True),
    ("a trailer with NUL", b"5\r\nhello\r\n0\r\nX: \0\r\n\r\n", True),
    ("a trailer with CR", b"5\r\nhello\r\n0\r\nX: a\rb\r\n\r\n", True),
    ("a folded trailer", b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n", True),
    ("a trailer without a name", b"5\r\nhello\r\n0\r\n: b\r\n\r\n", True),
]

# Sizes that are numbers, and too large: 413.
HUGE = [("2^31", "80000000"), ("2^32", "100000000"), ("2^32 + 5", "100000005"), ("2^63", "8000000000000000"),
        ("2^64 - 1", "ffffffffffffffff")]

MILLION = 1_000_000

CASES = [
    *[case("9112 7.1", name, chunked(octets), DECLINED, then=EITHER, ours=405, ours_then=OPEN) for name, octets, _ in GOOD],
    *[case("9112 7.1", f"echo: {name}", chunked(octets, target="/echo"), answer(200, content, Content_Length=str(len(content))),
           only_pollux=True) for name, octets, content in GOOD],
    *[case("9112 7.1", name, chunked(octets), REJECTED | DECLINED, then=EITHER if lenient else CLOSED,
           ours=400, ours_then=CLOSED, methods=["POST"]) for name, octets, lenient in BAD],
    *[case("9112 7.1", f"a size of {name}", chunked(f"{size}\r\nhello\r\n0\r\n\r\n".encode()), REJECTED, then=CLOSED, ours=413,
           only_pollux=True) for name, size in HUGE],
    case("9112 7.1", "echo: 100000 octets in chunks of 1000",
         chunked((b"3e8\r\n" + b"x" * 1000 + b"\r\n") * 100 + b"0\r\n\r\n", target="/echo"), answer(200, b"x" * 100_000),
         only_pollux=True, whole_only=True),
    case("9112 7.1.1", "a million chunks of one octet", chunked(b"1\r\nx\r\n" * MILLION + b"0\r\n\r\n", target="/echo"),
         answer(200, b"x" * MILLION), only_pollux=True, whole_only=True),
    case("9112 7.1.1", "more than the limit in chunks of one octet", chunked(b"1\r\nx\r\n" * 1_100_000 + b"0\r\n\r\n"), 413,
         then=CLOSED, only_pollux=True, whole_only=True),
    case("9112 7.1.1", "an extension of 8000 octets", chunked(b"5;" + b"x" * 8000 + b"\r\nhello\r\n0\r\n\r\n"), 400, then=CLOSED,
         only_pollux=True, whole_only=True),
    case("9112 7.1.1", "many extensions", chunked((b"1;" + b"x" * 1000 + b"\r\nx\r\n") * 100 + b"0\r\n\r\n"), 400, then=CLOSED,
         only_pollux=True, whole_only=True),
    case("9112 7.1.1", "many zeros before the sizes", chunked((b"0" * 1000 + b"1\r\nx\r\n") * 100 + b"0\r\n\r\n"), 400, then=CLOSED,
         only_pollux=True, whole_only=True),
    case("9112 7.1.2", "40000 octets of trailers", chunked(b"0\r\n" + (b"X: " + b"y" * 95 + b"\r\n") * 400 + b"\r\n"), 431,
         then=CLOSED, only_pollux=True, whole_only=True),
]

"""RFC 9110 section 13: conditional requests, and which of them counts first."""

from conformance.case import answer, case, request
from conformance.site import AFTER, BEFORE, DATE, HELLO

RFC850 = "Sunday, 06-Nov-94 08:49:37 GMT"
ASCTIME = "Sun Nov  6 08:49:37 1994"

WHOLE = answer(200, HELLO, ETag='"[^"]+"')
NOT_MODIFIED = answer(304, b"", ETag='"[^"]+"', Content_Range=None)
FAILED = answer(412)
BY_WORD = {200: WHOLE, 304: NOT_MODIFIED, 412: FAILED}


def tried(section, name, status, *fields, method="GET", target="/hello.txt", **options):
    expected = BY_WORD[status] if method == "GET" else answer(status, b"")
    return case(section, name, request(target, *fields, method=method), expected, **options)


def none_match(name, status, value, **options):
    return tried("9110 13.1.2", f"If-None-Match: {name}", status, f"If-None-Match: {value}", **options)


def match(name, status, value, **options):
    return tried("9110 13.1.1", f"If-Match: {name}", status, f"If-Match: {value}", **options)


def modified(name, status, value, **options):
    return tried("9110 13.1.3", f"If-Modified-Since: {name}", status, f"If-Modified-Since: {value}", **options)


def unmodified(name, status, value, **options):
    return tried("9110 13.1.4", f"If-Unmodified-Since: {name}", status, f"If-Unmodified-Since: {value}", **options)


# 13.1.3: "A recipient MUST ignore the If-Modified-Since header field if […] the field value is not a valid HTTP-date".
# 5.6.7: "Recipients of timestamp values are encouraged to be robust in parsing timestamps".
NEARLY_DATES = [
    ("ISO 8601", "1994-11-06T08:49:37Z"), ("no zone", "Sun, 06 Nov 1994 08:49:37"),
    ("an offset", "Sun, 06 Nov 1994 08:49:37 +0000"), ("a lower-case zone", "Sun, 06 Nov 1994 08:49:37 gmt"),
    ("one digit of a day", "Sun, 6 Nov 1994 08:49:37 GMT"), ("two digits of a year", "Sun, 06 Nov 94 08:49:37 GMT"),
    ("text behind it", f"{DATE} x"), ("length, as Netscape sent it", f"{DATE}; length=13"),
    ("no comma", "Sun 06 Nov 1994 08:49:37 GMT"), ("dashes of RFC 850, year of IMF", "Sun, 06-Nov-1994 08:49:37 GMT"),
]
NO_DATES = [
    ("nothing", ""), ("a word", "yesterday"), ("a number", "784111777"),
    ("another zone", "Sun, 06 Nov 1994 08:49:37 CET"), ("no such day", "Sun, 31 Nov 1994 08:49:37 GMT"), ("day 0", "Sun, 00 Nov 1994 08:49:37 GMT"),
    ("no such month", "Sun, 06 Nox 1994 08:49:37 GMT"), ("hour 24", "Sun, 06 Nov 1994 24:49:37 GMT"),
    ("minute 60", "Sun, 06 Nov 1994 08:60:37 GMT"), ("second 61", "Sun, 06 Nov 1994 08:49:61 GMT"),
    ("29 February of another year", "Tue, 29 Feb 1995 08:49:37 GMT"), ("two dates", f"{DATE}, {DATE}"),
]

CASES = [
    none_match("the tag", 304, "@ETAG@"),
    none_match("the weak tag", 304, "W/@ETAG@"),
    none_match("another tag", 200, '"x"'),
    none_match("another weak tag", 200, 'W/"x"'),
    none_match("an asterisk", 304, "*"),
    none_match("the tag behind another", 304, '"x", @ETAG@'),
    none_match("the tag before another", 304, '@ETAG@, "x"'),
    none_match("the tag between others", 304, '"x","y",@ETAG@,"z"'),
    none_match("the weak tag behind others", 304, '"x", W/"y", W/@ETAG@'),
    none_match("the tag behind empty elements", 304, ", ,@ETAG@"),
    none_match("the tag behind tabs", 304, '"x",\t@ETAG@'),
    none_match("others", 200, '"x", "y", W/"z"'),
    none_match("an empty tag", 200, '""'),
    none_match("a tag with a comma in it", 304, '"a,b", @ETAG@'),
    none_match("a tag with a backslash at its end", 304, '"a\\", @ETAG@'),
    none_match("a tag of octets above 0x7f", 304, '"\xe4", @ETAG@'),
    none_match("a hundred others and the tag", 304, ", ".join(f'"{n}"' for n in range(100)) + ", @ETAG@"),
    none_match("a quoted asterisk", 200, '"*"'),
    none_match("a lower-case weak tag", 200, "w/@ETAG@", only_pollux=True),
    none_match("a word", 200, "x"),
    none_match("nothing", 200, ""),
    none_match("an open quote", 200, '"x'),
    tried("9110 13.1.2", "If-None-Match: the tag in a second line", 304, 'If-None-Match: "x"', "If-None-Match: @ETAG@"),
    tried("9110 13.1.2", "If-None-Match: the tag in a first line", 304, "If-None-Match: @ETAG@", 'If-None-Match: "x"'),
    none_match("HEAD, the tag", 304, "@ETAG@", method="HEAD"),
    none_match("HEAD, another tag", 200, '"x"', method="HEAD"),
    none_match("a large file", 304, "@ETAG@", target="/digits.txt"),
    case("9110 13.2.1", "If-None-Match of what is not there", request("/none", "If-None-Match: *"), 404),
    case("9110 13.2.1", "If-None-Match and a redirect", request("/folder", "If-None-Match: *"), frozenset({301, 302, 307, 308})),
    match("the tag", 200, "@ETAG@"),
    match("the weak tag", 412, "W/@ETAG@"),
    match("another tag", 412, '"x"'),
    match("an asterisk", 200, "*"),
    match("the tag behind another", 200, '"x", @ETAG@'),
    match("the tag before another", 200, '@ETAG@,"x"'),
    match("others", 412, '"x", "y"'),
    match("an empty tag", 412, '""'),
    match("a word", 412, "x", only_pollux=True),
    match("nothing", 412, "", only_pollux=True),
    tried("9110 13.1.1", "If-Match: the tag in a second line", 200, 'If-Match: "x"', "If-Match: @ETAG@"),
    match("HEAD, another tag", 412, '"x"', method="HEAD"),
    case("9110 13.2.1", "If-Match of what is not there", request("/none", "If-Match: *"), frozenset({404, 412}), ours=404),
    modified("the date", 304, DATE),
    modified("the date of RFC 850", 304, RFC850),
    modified("the date of asctime", 304, ASCTIME),
    modified("a second before", 200, BEFORE),
    modified("a second before, RFC 850", 200, "Sunday, 06-Nov-94 08:49:36 GMT"),
    modified("a second before, asctime", 200, "Sun Nov  6 08:49:36 1994"),
    modified("a second after", 304, AFTER),
    modified("years after", 304, "Mon, 06 Nov 2000 08:49:37 GMT"),
    modified("1970", 200, "Thu, 01 Jan 1970 00:00:00 GMT"),
    modified("HEAD", 304, DATE, method="HEAD"),
    modified("HEAD, a second before", 200, BEFORE, method="HEAD"),
    *[modified(f"no date: {name}", 200, value) for name, value in NO_DATES],
    *[case("9110 5.6.7", f"If-Modified-Since: nearly a date: {name}", request("/hello.txt", f"If-Modified-Since: {value}"),
           frozenset({200, 304}), ours=200) for name, value in NEARLY_DATES],
    unmodified("the date", 200, DATE),
    unmodified("the date of RFC 850", 200, RFC850),
    unmodified("the date of asctime", 200, ASCTIME),
    unmodified("a second before", 412, BEFORE),
    unmodified("a second before, RFC 850", 412, "Sunday, 06-Nov-94 08:49:36 GMT"),
    unmodified("a second before, asctime", 412, "Sun Nov  6 08:49:36 1994"),
    unmodified("a second after", 200, AFTER),
    unmodified("no date", 200, "yesterday"),
    unmodified("HEAD, a second before", 412, BEFORE, method="HEAD"),
    # 13.2.2: precedence
    tried("9110 13.1.3", "a tag that matches, a date that does not", 304, "If-None-Match: @ETAG@", f"If-Modified-Since: {BEFORE}"),
    tried("9110 13.1.3", "a tag that does not match, a date that does", 200, 'If-None-Match: "x"', f"If-Modified-Since: {DATE}"),
    tried("9110 13.1.3", "the same in the other order", 200, f"If-Modified-Since: {DATE}", 'If-None-Match: "x"'),
    tried("9110 13.1.3", "both match", 304, "If-None-Match: @ETAG@", f"If-Modified-Since: {DATE}"),
    tried("9110 13.1.4", "If-Match holds, the date does not", 200, "If-Match: @ETAG@", f"If-Unmodified-Since: {BEFORE}"),
    tried("9110 13.1.4", "If-Match does not hold, the date does", 412, 'If-Match: "x"', f"If-Unmodified-Since: {DATE}"),
    tried("9110 13.2.2", "If-Match fails before If-None-Match", 412, 'If-Match: "x"', "If-None-Match: @ETAG@"),
    tried("9110 13.2.2", "If-Match holds, then If-None-Match", 304, "If-Match: @ETAG@", "If-None-Match: @ETAG@"),
    tried("9110 13.2.2", "If-Unmodified-Since fails before If-None-Match", 412, f"If-Unmodified-Since: {BEFORE}",
          "If-None-Match: @ETAG@"),
    tried("9110 13.2.2", "If-Unmodified-Since holds, then If-Modified-Since", 304, f"If-Unmodified-Since: {DATE}",
          f"If-Modified-Since: {DATE}"),
    tried("9110 13.2.2", "If-Match holds, then If-Modified-Since", 304, "If-Match: @ETAG@", f"If-Modified-Since: {DATE}"),
    case("9110 13.2.2", "If-None-Match counts before Range",
         request("/hello.txt", "If-None-Match: @ETAG@", "Range: bytes=0-1"), NOT_MODIFIED),
    case("9110 13.2.2", "If-Match fails before Range", request("/hello.txt", 'If-Match: "x"', "Range: bytes=0-1"), FAILED),
    case("9110 13.2.2", "If-Modified-Since counts before Range",
         request("/hello.txt", f"If-Modified-Since: {DATE}", "Range: bytes=0-1"), NOT_MODIFIED),
    # 15.4.5
    case("9110 15.4.5", "a 304 has Date and ETag", request("/hello.txt", "If-None-Match: *"), answer(304, ETag='"[^"]+"', Date=".+ GMT")),
    case("9110 15.4.5", "a 304 has no Content-Type", request("/hello.txt", "If-None-Match: @ETAG@"), answer(304, Content_Type=None)),
    case("9110 15.4.5", "a 304 has no metadata but those", request("/hello.txt", "If-None-Match: @ETAG@"),
         answer(304, Last_Modified=None, Content_Type=None, Content_Length=None, Accept_Ranges=None), only_pollux=True),
    case("9112 6.3", "a 304 has no body, whatever follows", request("/hello.txt", "If-None-Match: *") * 3, *[NOT_MODIFIED] * 3),
]

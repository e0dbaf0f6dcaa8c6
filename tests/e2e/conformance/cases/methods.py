"""RFC 9110 section 9 and 15: methods and the fields of their answers."""

from conformance.case import EITHER, OPEN, answer, case, request
from conformance.site import DATE, HELLO

DATED = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
VARYING = {"date", "connection", "server", "keep-alive", "accept-ranges"}


def same_fields(messages):
    """9110 9.3.2: HEAD "SHOULD send the same header fields in response […] as it would have sent if […] GET"."""
    one, other = ({(key.lower(), value) for key, value in message.fields if key.lower() not in VARYING} for message in messages)
    # "However, a server MAY omit header fields for which a value is determined only while generating the content."
    return None if other <= one else f"HEAD has what GET has not: {sorted(other - one)}"


def head(name, target, *fields, status=200, **options):
    pair = request(target, *fields) + request(target, *fields, method="HEAD")
    return case("9110 9.3.2", f"HEAD: {name}", pair, status, answer(status, b""), methods=["GET", "HEAD"], check=same_fields, **options)


# 9110 15.5.6: "The origin server MUST generate an Allow header field in a 405 response"
def allows(messages):
    message = messages[-1]
    if message.status != 405:
        return None
    methods = {one.strip() for one in message.get("Allow").split(",")}
    return None if {"GET", "HEAD"} <= methods else f"405 with Allow: {message.get('Allow') or '(none)'}"


def not_allowed(method):
    return case("9110 15.5.6", f"{method} and Allow", request(method=method), frozenset({200, 204, 403, 404, 405, 411, 501}),
                then=EITHER, ours=405, ours_then=OPEN, check=allows)


# Every method but GET and HEAD is optional (9.1). A refusal is a 405 with Allow, or 501; a yes says what there is.
OPTIONAL = frozenset({200, 204, 404, 405, 501})


def options(name, target, ours=204):
    def check(messages):
        if messages[0].status in (200, 204) and "GET" not in messages[0].get("Allow"):
            return f"{messages[0].status} without Allow"
        return allows(messages)
    return case("9110 9.3.7", f"OPTIONS of {name}", request(target, method="OPTIONS"), OPTIONAL, ours=ours, check=check)


CASES = [
    case("9110 9.3.1", "GET", request(), answer(200, HELLO, Content_Length="13", Content_Type="text/plain.*")),
    case("9110 6.6.1", "Date in a 200", request(), answer(200, Date=DATED)),
    case("9110 6.6.1", "Date in a 404", request("/none"), answer(404, Date=DATED)),
    case("9110 6.6.1", "Date in a redirect", request("/folder"), answer({301, 302, 307, 308}, Date=DATED)),
    case("9110 6.6.1", "Date in a 400", b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", answer(400, Date=DATED), then=EITHER, ours_then="closed"),
    case("9110 8.8.2", "Last-Modified", request(), answer(200, Last_Modified=DATE)),
    case("9110 8.8.3", "ETag", request(), answer(200, ETag=r'"[^"]+"')),
    case("9110 14.3", "Accept-Ranges", request(), answer(200, Accept_Ranges="bytes"), then=OPEN),
    case("9110 8.3", "a type", request("/index.html"), answer(200, Content_Type="text/html.*")),
    case("9110 9.3.1", "an empty file", request("/empty.txt"), answer(200, b"", Content_Length="0")),
    case("9110 9.3.1", "a folder's index", request("/folder/"), answer(200, Content_Type="text/html.*")),
    head("a file", "/hello.txt"),
    head("a large file", "/digits.txt"),
    head("an empty file", "/empty.txt"),
    head("a folder's index", "/"),
    head("what is not there", "/none", status=404),
    head("a redirect", "/folder", status=frozenset({301, 302, 307, 308})),
    head("not modified by tag", "/hello.txt", "If-None-Match: @ETAG@", status=304),
    head("not modified by date", "/hello.txt", f"If-Modified-Since: {DATE}", status=304),
    head("a failed precondition", "/hello.txt", 'If-Match: "x"', status=412, only_pollux=True),
    case("9110 14.2", "HEAD ignores Range", request("/hello.txt", "Range: bytes=0-1", method="HEAD"),
         answer(200, b"", Content_Length="13", Content_Range=None)),
    case("9110 14.2", "HEAD ignores a range that cannot be", request("/hello.txt", "Range: bytes=99-", method="HEAD"),
         answer(200, b"", Content_Length="13")),
    not_allowed("POST"),
    not_allowed("PUT"),
    not_allowed("DELETE"),
    not_allowed("PATCH"),
    # 9110 9.3.7
    options("a file", "/hello.txt"),
    options("a folder", "/folder/"),
    options("what is not there", "/none", ours=404),
    options("the server", "*"),
    case("9110 10.2.1", "OPTIONS of the server, and Allow", request("*", method="OPTIONS"), answer(204, Allow=".*GET.*"),
         only_pollux=True),
    case("9110 13.2.1", "OPTIONS ignores conditions", request("/hello.txt", 'If-Match: "x"', method="OPTIONS"), OPTIONAL, ours=204),
    # 9110 9.3.8; a body would be a message/http that holds the request, cookies and all
    case("9110 9.3.8", "TRACE", request(method="TRACE"), frozenset({200, 403, 404, 405, 501}), then=EITHER, ours=405, ours_then=OPEN),
    case("9110 15.5.5", "what is not there", request("/none"), answer(404, ETag=None, Last_Modified=None)),
    case("9110 15.5.5", "what is not there, deeper", request("/none/none/none"), 404),
    case("9110 15.5.5", "below a file", request("/hello.txt/none"), frozenset({404, 403}), ours=404),
    case("9110 15.5.5", "a file with a slash", request("/hello.txt/"), frozenset({404, 403, 301}), ours=404),
    case("9110 15.4.2", "a folder without its slash", request("/folder"),
         answer({301, 302, 307, 308}, Location=r"(http://[^/]+)?/folder/"), ours=301),
    case("9110 15.4.2", "a redirect keeps the query", request("/folder?a=b"),
         answer({301, 302, 307, 308}, Location=r"(http://[^/]+)?/folder/\?a=b")),
    case("9110 15.4.2", "a redirect of HEAD", request("/folder", method="HEAD"),
         answer({301, 302, 307, 308}, b"", Location=r"(http://[^/]+)?/folder/")),
]

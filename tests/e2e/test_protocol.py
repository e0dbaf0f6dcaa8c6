"""HTTP/1.1 on the wire (RFC 9112): framing, keep-alive, pipelining, and what is refused and how."""

import select

import pytest

from harness import HANG, Server, request

HELLO = b"hello, world\n"
LARGE = bytes(range(256)) * 4096 * 5  # 5 MiB


@pytest.fixture(scope="module")
def server(mode, module_directory):
    limits = {"request_line": "4k", "headers": "8k", "header_fields": 50, "body": "64k", "keepalive_requests": 5000}
    with Server(module_directory, mode=mode, limits=limits) as server:
        server.write("hello.txt", HELLO)
        server.write("large.bin", LARGE)
        for number in range(10):
            server.write(f"{number}.txt", b"%d" % number * (number * 500))
        yield server


@pytest.fixture
def client(server):
    with server.connect() as client:
        yield client


# -- Keep-alive (RFC 9112, section 9.3)


@pytest.mark.parametrize("version, fields, stays", [
    ("HTTP/1.1", [], True),
    ("HTTP/1.1", ["Connection: close"], False),
    ("HTTP/1.1", ["Connection: CLOSE"], False),
    ("HTTP/1.1", ["Connection: keep-alive"], True),
    ("HTTP/1.1", ["Connection: foo, close"], False),
    ("HTTP/1.1", ["Connection: foo", "Connection: close"], False),
    ("HTTP/1.1", ["Connection: closed"], True),
    ("HTTP/1.0", [], False),
    ("HTTP/1.0", ["Connection: keep-alive"], True),
    ("HTTP/1.0", ["Connection: Keep-Alive"], True),
    ("HTTP/1.0", ["Connection: close"], False),
])
def test_keep_alive(client, version, fields, stays):
    for _ in range(3 if stays else 1):
        response = client.get("/hello.txt", *fields, version=version)
        assert response.body == HELLO
        tokens = {token.strip().lower() for value in response.all("Connection") for token in value.split(",")}
        assert ("close" in tokens) == (not stays)
        if version == "HTTP/1.0" and stays:
            assert "keep-alive" in tokens
    if not stays:
        client.expect_end()


def test_keep_alive_ends_after_so_many_requests(serve):
    server = serve(limits={"keepalive_requests": 3})
    server.write("hello.txt", HELLO)
    with server.connect() as client:
        client.send(request("GET", "/hello.txt") * 5)
        responses = [client.read_response() for _ in range(3)]
        assert [("Connection" in response and response["Connection"]) for response in responses] == [
            False, False, "close"]
        client.expect_end()


# -- Pipelining


def test_what_can_never_become_a_request_is_refused_at_once(server):
    """There is no deadline that could help: the client waits for us."""
    for octets in (b"\x16\x03\x01\x02\x00\x01", b"\x05\x01\x00", b"\x04\x01\x00\x50", b"\x00", b"\x80\x2e\x01", b" ",
                   b"GET / HTTP/1.1\rHost", b"GET / HTTP/1.1\r\nHost: a\r "):
        with server.connect() as client:
            client.send(octets)
            assert client.read_response().status == 400, octets


def test_pipelined_requests_are_answered_in_order(client):
    client.send(b"".join(request("GET", f"/{number % 10}.txt") for number in range(200)))
    for number in range(200):
        digit = number % 10
        assert client.read_response().body == b"%d" % digit * (digit * 500)


def test_pipelined_methods_and_errors_keep_their_order(client):
    client.send(request("HEAD", "/hello.txt") + request("GET", "/missing")
                + request("POST", "/hello.txt", body=b"12345") + request("OPTIONS", "*") + request("GET", "/hello.txt"))
    statuses = [client.read_response(method).status for method in ("HEAD", "GET", "POST", "OPTIONS", "GET")]
    assert statuses[:3] == [200, 404, 405] and statuses[3] in (200, 204) and statuses[4] == 200


def test_pipelined_large_files(client):
    client.send(request("GET", "/large.bin") * 4 + request("GET", "/hello.txt", "Connection: close"))
    for _ in range(4):
        assert client.read_response().body == LARGE
    assert client.read_response().body == HELLO
    client.expect_end()


def test_more_pipelined_than_any_buffer_holds(client):
    """The client reads only when it cannot send: the server must not hang, hoard, or lose the order."""
    client.socket.setblocking(False)
    octets = memoryview(request("GET", "/9.txt") * 2000 + request("GET", "/hello.txt", "Connection: close"))
    received = bytearray()
    while octets:
        select.select([client.socket], [client.socket], [], HANG)
        try:
            octets = octets[client.socket.send(octets):]
        except BlockingIOError:
            received += client.socket.recv(1 << 20)
    client.socket.settimeout(HANG)
    received += client.read_to_end()
    assert received.count(b"HTTP/1.1 200 ") == 2001 and received.endswith(HELLO)
    assert received.count(b"9" * 4500) == 2000


# -- Requests in pieces


def deliver(server, client, octets):
    """Sends, and returns when the server has read it: it serves connections in the order they get ready."""
    client.send(octets)
    with server.connect() as other:
        assert other.get("/0.txt").status == 200


def test_request_split_in_two_at_every_octet(server):
    octets = request("GET", "/hello.txt")
    for at in range(1, len(octets)):
        with server.connect() as client:
            deliver(server, client, octets[:at])
            client.send(octets[at:])
            assert client.read_response().body == HELLO, f"split at {at}"


def test_request_octet_by_octet(server, client):
    for octet in request("GET", "/hello.txt"):
        deliver(server, client, bytes([octet]))
    assert client.read_response().body == HELLO


def test_second_request_begins_in_the_segment_of_the_first(server, client):
    octets = request("GET", "/hello.txt")
    deliver(server, client, octets + octets[:10])
    assert client.read_response().body == HELLO
    client.send(octets[10:])
    assert client.read_response().body == HELLO


def test_chunked_body_octet_by_octet(server, client):
    octets = chunked(b"POST", b"4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\nTrailer: x\r\n\r\n")
    head, _, body = octets.partition(b"\r\n\r\n")
    client.send(head + b"\r\n\r\n")
    for octet in body:
        deliver(server, client, bytes([octet]))
    assert client.read_response().status == 405
    assert client.get("/hello.txt").body == HELLO


# -- Half-closed clients


@pytest.mark.parametrize("target, body", [("/hello.txt", HELLO), ("/large.bin", LARGE)], ids=["small", "large"])
def test_half_closed_client_gets_its_answer(client, target, body):
    client.send(request("GET", target))
    client.half_close()
    assert client.read_response().body == body
    client.expect_end()


def test_half_closed_client_gets_all_pipelined_answers(client):
    client.send(request("GET", "/large.bin") + request("GET", "/hello.txt") * 20)
    client.half_close()
    assert client.read_response().body == LARGE
    for _ in range(20):
        assert client.read_response().body == HELLO
    client.expect_end()


@pytest.mark.parametrize("part", [b"", b"GET", b"GET / HTTP/1.1\r\nHo", request("GET", "/")[:-2],
                                  b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"])
def test_half_closed_in_the_midst_of_a_request(client, part):
    client.send(part)
    client.half_close()
    answer = client.read_to_end()
    assert answer == b"" or answer.split()[1] in (b"400", b"405", b"408")


# -- Bodies


def chunked(method, body):
    return method + b" /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body


@pytest.mark.parametrize("octets", [
    request("POST", "/hello.txt", body=b""),
    request("POST", "/hello.txt", body=b"x" * 1000),
    request("POST", "/hello.txt", body=b"GET /0.txt HTTP/1.1\r\nHost: smuggled\r\n\r\n"),
    request("POST", "/hello.txt", body=b"x" * 65536),
    request("GET", "/missing", body=b"x" * 100),
    chunked(b"POST", b"0\r\n\r\n"),
    chunked(b"POST", b"5\r\nhello\r\n0\r\n\r\n"),
    chunked(b"POST", b"00005\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    chunked(b"POST", b"5;ext=\"quoted\"\r\nhello\r\n0;last\r\nTrailer: value\r\nMore: x\r\n\r\n"),
    chunked(b"POST", b"1A\r\nGET /0.txt HTTP/1.1\r\nHost:\r\n0\r\n\r\n"),
    chunked(b"POST", b"1000\r\n" + b"y" * 4096 + b"\r\n0\r\n\r\n"),
], ids=range(11))
def test_unwanted_body_keeps_the_framing(client, octets):
    client.send(octets + request("GET", "/hello.txt"))
    assert client.read_response().status in (404, 405)
    response = client.read_response()
    assert (response.status, response.body) == (200, HELLO)


def test_expect_continue_is_answered_without_the_body(client):
    client.send(b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert client.read_response().status in (100, 405, 417)


# -- Request targets and Host


@pytest.mark.parametrize("target", [
    "http://pollux.test/hello.txt", "http://pollux.test:80/hello.txt?q", "HTTP://x/hello.txt",
    "http://[::1]:8080/hello.txt", "https://pollux.test/hello.txt"])
def test_absolute_form(client, target):
    response = client.get(target)
    assert response.status == 200 and response.body == HELLO


def test_options_asterisk(client):
    response = client.ask("OPTIONS", "*")
    assert response.status in (200, 204) and "Allow" in response and response.body == b""
    assert client.get("/hello.txt").body == HELLO


def test_http_1_0_needs_no_host(client):
    assert client.get("/hello.txt", version="HTTP/1.0", host=None).body == HELLO


def test_empty_host_is_a_host(client):
    assert client.get("/hello.txt", host="").body == HELLO


def test_empty_line_before_the_request_is_ignored(client):
    client.send(b"\r\n" + request("GET", "/hello.txt"))
    assert client.read_response().body == HELLO


def test_fields_are_read_leniently_where_the_grammar_is(client):
    client.send(b"GET /hello.txt HTTP/1.1\r\nhOST:pollux.test\r\nX-Empty:\r\nX-Latin: \xe9\xff\r\nX:\t tabs\t \r\n\r\n")
    assert client.read_response().body == HELLO


# -- What is refused: the status, and then the end of the connection


def with_field(*fields):
    return request("GET", "/hello.txt", *fields)


REFUSED = [
    # The request line
    (b"GET\r\n\r\n", {400}),
    (b"GET /hello.txt\r\n\r\n", {400, 505}),
    (b"GET  /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET /hello.txt  HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET /hel lo.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b" GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET ftp://x/hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400, 421}),
    (b"GET /hello.txt HTTX/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET /hello.txt http/1.1\r\nHost: x\r\n\r\n", {400, 505}),
    (b"GET /hello.txt HTTP/1\r\nHost: x\r\n\r\n", {400, 505}),
    (b"GET /hello.txt HTTP/11\r\nHost: x\r\n\r\n", {400, 505}),
    (b"GET /hello.txt HTTP/2.0\r\nHost: x\r\n\r\n", {505}),
    (b"GET /hello.txt HTTP/9.9\r\nHost: x\r\n\r\n", {505}),
    (b"GET /hello.txt HTTP/0.9\r\nHost: x\r\n\r\n", {505, 400}),
    (b"G@T /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET /hello\x00.txt HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    (b"GET /hello.txt HTTP/1.1 \r\nHost: x\r\n\r\n", {400}),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    # Fields
    (request("GET", "/hello.txt", host=None), {400}),
    (with_field("Host: pollux.test"), {400}),
    (with_field("Host: other.test"), {400}),
    (request("GET", "/hello.txt", host="a b"), {400}),
    (request("GET", "/hello.txt", host="a/b"), {400}),
    (with_field("no colon"), {400}),
    (with_field("Space : before colon"), {400}),
    (with_field(": no name"), {400}),
    (with_field(" Folded: line"), {400}),
    (with_field("Field: a\r\n folded"), {400}),
    (with_field("Field: NUL \0"), {400}),
    (with_field("Field: bare \r CR"), {400}),
    (with_field("Na(me: x"), {400}),
    # Framing
    (with_field("Content-Length: abc"), {400}),
    (with_field("Content-Length: -1"), {400}),
    (with_field("Content-Length: +1"), {400}),
    (with_field("Content-Length: 1 2"), {400}),
    (with_field("Content-Length: 0x10"), {400}),
    (with_field("Content-Length:"), {400}),
    (with_field("Content-Length: 5", "Content-Length: 6"), {400}),
    (with_field("Content-Length: 5, 6"), {400}),
    (with_field("Content-Length: 99999999999999999999999"), {400, 413}),
    (with_field("Content-Length: 18446744073709551616"), {400, 413}),
    (with_field("Content-Length: 5", "Transfer-Encoding: chunked"), {400}),
    (with_field("Transfer-Encoding: chunked", "Content-Length: 5"), {400}),
    (with_field("Transfer-Encoding: gzip"), {400, 501}),
    (with_field("Transfer-Encoding: chunked, gzip"), {400, 501}),
    (with_field("Transfer-Encoding: chunked, chunked"), {400, 501}),
    (with_field("Transfer-Encoding: gzip, chunked"), {400, 501}),
    (with_field("Transfer-Encoding: xchunked"), {400, 501}),
    (with_field("Transfer-Encoding: \"chunked\""), {400, 501}),
    (request("GET", "/hello.txt", "Transfer-Encoding: chunked", version="HTTP/1.0"), {400}),
    (chunked(b"POST", b"x\r\nhello\r\n0\r\n\r\n"), {400}),
    (chunked(b"POST", b"-5\r\nhello\r\n0\r\n\r\n"), {400}),
    (chunked(b"POST", b"0x5\r\nhello\r\n0\r\n\r\n"), {400}),
    (chunked(b"POST", b"\r\nhello\r\n0\r\n\r\n"), {400}),
    (chunked(b"POST", b"4\r\nhello\r\n0\r\n\r\n"), {400}),
    (chunked(b"POST", b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), {400, 413}),
    (chunked(b"POST", b"5\r\nhello\r\n0\r\nTrai ler: x\r\n\r\n"), {400}),
    # Limits
    (request("GET", "/" + "a" * 5000), {414}),
    (b"GET /" + b"a" * 20000, {414}),
    (b"A" * 20000, {400, 414, 501}),
    (with_field("X: " + "a" * 9000), {431}),
    (request("GET", "/hello.txt")[:-2] + b"X: " + b"a" * 20000, {431}),
    (with_field(*("X: y" for _ in range(51))), {431}),
    (with_field("Content-Length: 65537"), {413}),
    (b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nxxx", {413}),
    (chunked(b"POST", b"10001\r\n" + b"x" * 65537), {413}),
    (chunked(b"POST", b"1\r\nx\r\n" * 65537), {413}),
    (chunked(b"POST", b"5\r\nhello\r\n0\r\n" + b"T: x\r\n" * 5000), {400, 413, 431}),
]


@pytest.mark.parametrize("octets, statuses", REFUSED, ids=(f"{o[:60]!r}-{len(o)}" for o, _ in REFUSED))
def test_refused_and_closed(server, client, octets, statuses):
    client.send_while_open(octets)
    response = client.read_response("GET")
    while response.status == 405 and 405 not in statuses:  # Answered early; the body's fault is told next.
        response = client.read_response("GET")
    assert response.status in statuses
    assert response["Connection"].lower() == "close"
    client.read_to_end()
    assert server.get("/hello.txt").body == HELLO


def test_nothing_after_lost_framing_is_a_request(client):
    smuggled = request("GET", "/hello.txt") * 3
    client.send_while_open(with_field("Content-Length: 5", "Transfer-Encoding: chunked") + smuggled)
    assert client.read_response().status == 400
    client.expect_end()


def test_requests_at_their_limits_are_served(client):
    line = 4096 - len("GET /hello.txt? HTTP/1.1\r\n")
    assert client.get("/hello.txt?" + "q" * line).status == 200
    assert client.get("/hello.txt", *("X: y" for _ in range(49))).status == 200  # 50 with Host.
    assert client.get("/hello.txt", "X: " + "x" * 7000).status == 200
    assert client.ask("POST", "/hello.txt", body=b"x" * 65536).status == 405
    assert client.get("/hello.txt").body == HELLO


def test_answer_to_an_oversize_body_is_not_lost(server):
    """The client is still sending when it is refused; a reset must not overtake the answer."""
    with server.connect() as client:
        head = b"POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
        client.send_while_open(head + b"x" * 8_000_000)
        assert client.read_response().status == 413

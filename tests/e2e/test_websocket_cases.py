"""What the Autobahn test suite asserts, section by section, written from RFC 6455 and RFC 7692.

A case: what a client sends, how it is cut, what comes back. The numbers are those of Autobahn's sections; the count
of each is printed with -rA.
"""

import struct
import zlib
from typing import NamedTuple, Sequence

import pytest

from harness import EACH_MODEL
from websocket_client import BINARY, CLOSE, CONTINUATION, PING, PONG, TAIL, TEXT, WebSocket, cut, fragments, frame

HELLO = b"Hello, world!"
KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
CLEAN = "clean"  # The client closes with 1000, and is answered.


class Case(NamedTuple):
    octets: bytes
    back: Sequence = ()  # (opcode, payload), in order,
    end: object = CLEAN  # then: CLEAN, or the code the server closes with; None: a close frame without one.
    chop: int = 0  # Octets of each write; 0: all in one.


@pytest.fixture(scope="module")
def server(mode, tmp_path_factory):
    from harness import Server  # pylint: disable=import-outside-toplevel
    if mode not in EACH_MODEL:
        pytest.skip("triggers have nothing to do with it")
    limits = {"frame": "16m", "message": "16m", "outbox": "1m"}
    with Server(tmp_path_factory.mktemp("websocket"), mode=mode, site={"echo": "on"}, websocket=limits) as started:
        yield started


def play(server, case):
    with WebSocket(server) as client:
        for piece in cut(case.octets, case.chop) if case.chop else [case.octets]:
            client.send_while_open(piece)
        for opcode, payload in case.back:
            got_opcode, got = client.read_message()
            assert (got_opcode, len(got)) == (opcode, len(payload)) and got == payload
        if case.end is CLEAN:
            client.closing()
        else:
            assert client.read_close() == case.end


def echoed(opcode, payload, chop=0):
    return Case(frame(opcode, payload), [(opcode, payload)], chop=chop)


def section_1():
    for opcode in (TEXT, BINARY):
        for size in (0, 125, 126, 127, 128, 65535, 65536):
            yield echoed(opcode, b"*" * size)
        yield echoed(opcode, b"*" * 65536, chop=997)


def section_2():
    for payload in (b"", HELLO, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125):
        yield Case(frame(PING, payload), [(PONG, payload)])
    yield Case(frame(PING, b"\xfe" * 126), end=1002)
    yield Case(frame(PING, b"\xfe" * 125), [(PONG, b"\xfe" * 125)], chop=1)
    yield Case(frame(PONG))
    yield Case(frame(PONG, b"unsolicited"))
    yield Case(frame(PONG, b"unsolicited") + frame(PING, b"p"), [(PONG, b"p")])
    ten = [f"payload-{number}".encode() for number in range(10)]
    for chop in (0, 1):
        yield Case(b"".join(frame(PING, each) for each in ten), [(PONG, each) for each in ten], chop=chop)


def section_3():
    for rsv, chop in ((1, 0), (2, 0), (3, 0), (4, 1)):
        octets = frame(TEXT, HELLO, rsv=rsv)
        if rsv == 1:
            yield Case(octets, end=1002)
        else:
            yield Case(frame(TEXT, HELLO) + octets + frame(PING), [(TEXT, HELLO)], end=1002, chop=chop)
    yield Case(frame(BINARY, HELLO, rsv=5), end=1002)
    yield Case(frame(PING, HELLO, rsv=6), end=1002)
    yield Case(frame(CLOSE, rsv=7), end=1002)


def section_4():
    for opcodes in ((3, 4, 5, 6, 7), (11, 12, 13, 14, 15)):
        for index, opcode in enumerate(opcodes):
            payload = HELLO if index % 2 else b""
            first = [] if index < 2 else [(TEXT, HELLO)]
            octets = b"".join(frame(*each) for each in first) + frame(opcode, payload) + frame(PING)
            yield Case(octets, first, end=1002, chop=1 if index > 2 else 0)


def section_5():
    for opcode in (PING, PONG):
        yield Case(fragments(opcode, [b"fragment1", b"fragment2"]), end=1002)
    two = fragments(TEXT, [b"fragment1", b"fragment2"])
    for chop in (0, len(two) // 2, 1):
        yield Case(two, [(TEXT, b"fragment1fragment2")], chop=chop)
    first, second = frame(TEXT, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2")
    for chop in (0, len(first), 1):
        yield Case(first + frame(PING, b"ping") + second, [(PONG, b"ping"), (TEXT, b"fragment1fragment2")], chop=chop)
    for fin in (True, False):
        stray = frame(CONTINUATION, b"non-continuation", fin=fin)
        for chop in (0, len(stray), 1):
            yield Case(stray + frame(TEXT, HELLO), end=1002, chop=chop)
    yield Case(two + frame(CONTINUATION, b"stray", fin=False) + frame(TEXT, HELLO), [(TEXT, b"fragment1fragment2")], end=1002)
    for fin in (False, True):
        yield Case((frame(CONTINUATION, b"fragment1", fin=fin) + frame(TEXT, b"fragment2", fin=False)) * 2, end=1002)
    yield Case(first + frame(TEXT, b"fragment2"), end=1002)
    five = [frame(TEXT if n == 1 else CONTINUATION, f"fragment{n}".encode(), fin=n == 5) for n in range(1, 6)]
    pings = five[0] + five[1] + frame(PING, b"pongme 1!") + five[2] + five[3] + frame(PING, b"pongme 2!") + five[4]
    back = [(PONG, b"pongme 1!"), (PONG, b"pongme 2!"), (TEXT, b"fragment1fragment2fragment3fragment4fragment5")]
    for chop in (0, 11):
        yield Case(pings, back, chop=chop)


VALID_TEXTS = (
    KOSME, b"\x00", b"\x7f", b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xef\xbf\xbf", b"\xf0\x90\x80\x80",
    b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xf0\x9f\xbf\xbe",
    b"\xf0\x9f\xbf\xbf", b"\xf0\xaf\xbf\xbe", b"\xf1\x8f\xbf\xbf", b"\xf3\xbf\xbf\xbf", b"\xf4\x80\x80\x80")
INVALID_TEXTS = (
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfd\xbf\xbf\xbf\xbf\xbf", b"\xf4\x90\x80\x80", b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf",
    b"\x80\xbf\x80\xbf\x80", b"\x80\xbf\x80\xbf\x80\xbf", bytes(range(0x80, 0xc0)),
    b" ".join(bytes([c]) for c in range(0xc0, 0xe0)) + b" ", b" ".join(bytes([c]) for c in range(0xe0, 0xf0)) + b" ",
    b" ".join(bytes([c]) for c in range(0xf0, 0xf8)) + b" ", b" ".join(bytes([c]) for c in range(0xf8, 0xfc)) + b" ",
    b"\xfc \xfd ", b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80", b"\xdf",
    b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
    b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf",
    b"\xfe", b"\xff", b"\xfe\xfe\xff\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
    b"\xfc\x83\xbf\xbf\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xad\xbf",
    b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80",
    b"\xed\xa0\x80\xed\xbf\xbf", b"\xed\xad\xbf\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf")


def section_6():
    yield echoed(TEXT, b"")
    yield Case(fragments(TEXT, [b"", b"", b""]), [(TEXT, b"")])
    yield Case(fragments(TEXT, [b"", b"middle frame payload", b""]), [(TEXT, b"middle frame payload")])
    mixed = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!".encode()
    yield echoed(TEXT, mixed)
    yield Case(fragments(TEXT, [mixed[:12], mixed[12:]]), [(TEXT, mixed)])
    for text in (mixed, KOSME):
        yield Case(fragments(TEXT, cut(text, 1)), [(TEXT, text)])
    bad = KOSME + b"\xed\xa0\x80" + b"edited"
    yield Case(frame(TEXT, bad), end=1007)
    yield Case(fragments(TEXT, cut(bad, 1)), end=1007)
    # Fail-fast: no more is sent than what shows that it is wrong.
    for good, wrong in ((KOSME, b"\xf4\x90"), (KOSME + b"\xf4", b"\x90")):
        yield Case(frame(TEXT, good, fin=False) + frame(CONTINUATION, wrong, fin=False), end=1007)
        whole = frame(TEXT, good + wrong + b"\x80\x80" + b"edited")
        yield Case(whole[:6 + len(good + wrong)], end=1007)
    for length in range(1, len(KOSME) + 1):  # 6.6
        text = KOSME[:length]
        complete = text.decode(errors="ignore").encode() == text
        yield echoed(TEXT, text) if complete else Case(frame(TEXT, text), end=1007)
    for text in VALID_TEXTS:
        yield echoed(TEXT, text)
        yield Case(fragments(TEXT, cut(text, 1)), [(TEXT, text)])
    for text in INVALID_TEXTS:
        yield Case(frame(TEXT, text), end=1007)


def close(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def section_7():
    two = [(TEXT, HELLO), (TEXT, b"again")]
    yield Case(b"".join(frame(*each) for each in two), two)
    yield Case(close(1000) * 2, end=1000)
    yield Case(close(1000) + frame(PING), end=1000)
    yield Case(close(1000) + frame(TEXT, HELLO), end=1000)
    yield Case(frame(TEXT, b"fragment1", fin=False) + close(1000) + frame(CONTINUATION, b"fragment2"), end=1000)
    large = b"BAsd7&jh23" * 26 * 2 ** 10
    yield Case(frame(TEXT, large) + close(1000) + frame(PING), [(TEXT, large)], end=1000)
    yield Case(frame(CLOSE), end=None)
    yield Case(frame(CLOSE, b"a"), end=1002)
    yield Case(close(1000), end=1000)
    yield Case(close(1000, b"Hello World!"), end=1000)
    yield Case(close(1000, b"*" * 123), end=1000)
    yield Case(close(1000, b"*" * 124), end=1002)
    yield Case(close(1000, KOSME + b"\xed\xa0\x80edited"), end=1007)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
        yield Case(close(code), end=code)
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        yield Case(close(code), end=1002)


def section_9():
    for opcode in (TEXT, BINARY):
        for kilo in (64, 256, 1024, 4096, 8192, 16384):
            yield echoed(opcode, b"*" * (kilo * 1024))
        whole = b"*" * (4 * 1024 * 1024)
        for size in (64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304):
            yield Case(fragments(opcode, cut(whole, size)), [(opcode, whole)])
        for chop in (64, 128, 256, 512, 1024, 2048):
            yield echoed(opcode, b"*" * (1024 * 1024), chop=chop)


def section_10():
    whole = b"*" * 65536
    yield Case(fragments(TEXT, cut(whole, 1300)), [(TEXT, whole)])


SECTIONS = {1: section_1, 2: section_2, 3: section_3, 4: section_4, 5: section_5, 6: section_6, 7: section_7, 9: section_9,
            10: section_10}


@pytest.mark.parametrize("section", SECTIONS)
def test_section(server, section, record_property):
    count = 0
    for count, case in enumerate(SECTIONS[section](), 1):
        try:
            play(server, case)
        except Exception as failure:
            raise AssertionError(f"case {section}, the {count}th: {case.octets[:60]!r} ... {case.end}") from failure
    record_property("cases", count)
    assert count >= {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 100, 7: 40, 9: 40, 10: 1}[section]


@pytest.mark.parametrize("opcode", (TEXT, BINARY), ids=("text", "binary"))
def test_section_9_round_trips(server, opcode):
    """9.7 and 9.8: a thousand messages, each answered before the next."""
    with WebSocket(server) as client:
        for size in (0, 16, 64, 256, 1024, 4096):
            octets = frame(opcode, b"*" * size)
            for _ in range(1000):
                client.send(octets)
                assert client.read_message() == (opcode, b"*" * size)
        client.closing()


OFFERS = ("permessage-deflate", "permessage-deflate; client_no_context_takeover; client_max_window_bits",
          "permessage-deflate; server_no_context_takeover; client_max_window_bits",
          "permessage-deflate; server_max_window_bits=9; client_max_window_bits",
          "permessage-deflate; server_max_window_bits=15; client_max_window_bits",
          "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits",
          "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits, "
          "permessage-deflate; client_max_window_bits, permessage-deflate")
TEXTS = (b"the quick brown fox jumps over the lazy dog. ", b'{"kind": "said", "from": 7, "text": "Hello"}, ', KOSME + b" ",
         bytes(range(32, 127)), b"0")


@pytest.mark.parametrize("offer", range(len(OFFERS)))
def test_sections_12_and_13(server, offer):
    """Messages of many sizes, compressed, whole and in fragments, on one connection."""
    with WebSocket(server, extensions=OFFERS[offer]) as client:
        assert client.extensions.startswith("permessage-deflate")
        bits = int(client.extensions.partition("client_max_window_bits=")[2].partition(";")[0] or 15)
        takeover = "client_no_context_takeover" not in client.extensions
        deflater = zlib.compressobj(wbits=-bits)
        for size in (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072):
            for text in TEXTS:
                payload = (text * (size // len(text) + 1))[:size - size % len(text) or len(text)]
                if not takeover:
                    deflater = zlib.compressobj(wbits=-bits)
                packed = (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)
                pieces = cut(packed, max(1, size // 8)) if size % 3 else [packed]
                client.send(fragments(TEXT, pieces, rsv=4))
                assert client.read_message() == (TEXT, payload)
        client.send(frame(TEXT, HELLO))  # Who may compress need not.
        assert client.read_message() == (TEXT, HELLO)
        client.closing()

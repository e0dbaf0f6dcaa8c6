"""Clients of HTTP/2: one that keeps to the rules (Http2, on h2), and one that sends whatever it is given (Wire).

    with Http2(server) as client:
        first, second = client.begin("GET", "/a.txt"), client.begin("GET", "/b.txt")
        assert client.read(second).body == b"b" and client.read(first).body == b"a"

Http2 judges the server, too: h2 raises when that breaks the protocol. Both are synchronous, and every wait has a
deadline (patience).
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import Callable, NamedTuple, Optional, Sequence

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hpack

import certificate
from client import Client, Cut, Response
from patience import HANG

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 1, 1, 4, 8, 32
Error = h2.errors.ErrorCodes
WINDOW = 65535  # Octets: what a connection and each of its streams begin with.
LAST = (1 << 31) - 1
Fields = Sequence[tuple[str, str]]


class Reset(AssertionError):
    """The server has ended the stream instead of answering."""

    def __init__(self, stream: int, error: int):
        super().__init__(f"stream {stream} was reset: {Error(error)!r}")
        self.error = error


class Gone(AssertionError):
    """The server has ended the connection, with GOAWAY if there is an error."""

    def __init__(self, error: Optional[int], stream: int):
        super().__init__(f"the connection ended before stream {stream}: {error if error is None else Error(error)!r}")
        self.error = error


def context_for(files: certificate.DevCertificate, *protocols: str) -> ssl.SSLContext:
    context = files.client_context()
    context.set_alpn_protocols(list(protocols) or ["h2", "http/1.1"])
    return context


def connect(server, context: Optional[ssl.SSLContext] = None, **options) -> Client:
    """A connection on which HTTP/2 is spoken; `options` are the Client's."""
    if not server.tls:
        return Client(server.address, **options)
    plain = Client(server.address, tls=context or context_for(certificate.shared()), **options)
    assert plain.socket.selected_alpn_protocol() == "h2"
    return plain


def lines(fields: Sequence[str]) -> list[tuple[str, str]]:
    """Fields as tests write them, such as "Range: bytes=0-"."""
    pairs = (line.partition(":") for line in fields)
    return [(name.lower(), value.strip()) for name, _, value in pairs]


@dataclass
class Stream:
    """What the server has said on one stream so far."""

    id: int
    method: str = "GET"
    fields: Fields = ()
    interim: list[Fields] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: Optional[int] = None

    @property
    def closed(self) -> bool:
        return self.ended or self.reset is not None

    @property
    def status(self) -> int:
        return int(dict(self.fields)[":status"])

    def response(self) -> Response:
        return Response("HTTP/2", self.status, "", tuple(self.fields[1:]), bytes(self.body))


class _Connection(h2.connection.H2Connection):
    """h2's, but GOAWAY does not end it: what was begun goes on (RFC 9113 6.8)."""

    def _receive_goaway_frame(self, frame):
        event = h2.events.ConnectionTerminated()
        event.last_stream_id, event.error_code = frame.last_stream_id, frame.error_code
        return [], [event]


class Http2:
    """One connection.

    `generous`: windows are opened as octets come; otherwise only by open(). `window`: that of each stream.
    """

    def __init__(self, server, generous: bool = True, window: int = WINDOW, authority: str = "pollux.test", **options):
        self.authority, self.generous = authority, generous
        self.scheme = "https" if server.tls else "http"
        self.client = connect(server, **options)
        self.socket = self.client.socket
        # What is to be sent is the test's affair.
        self.h2 = _Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values={
            h2.settings.SettingCodes.ENABLE_PUSH: 0, h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.streams: dict[int, Stream] = {}
        self.finished: list[int] = []            # Streams, in the order in which they ended.
        self.goaways: list[tuple[int, int]] = []  # (last stream, error)
        self.pongs: list[bytes] = []
        self.order: list[int] = []  # The stream of each frame of DATA.
        self.settled = False        # The server has acknowledged our settings,
        self.told = False           # and told us its own.
        self.over = False
        self.h2.initiate_connection()
        self.flush()

    def __enter__(self) -> Http2:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.client.close()

    # -- sending

    def flush(self) -> None:
        """Octets that the server does not take any more are dropped: reading tells why."""
        self.client.send_while_open(self.h2.data_to_send())

    def settle(self) -> Http2:
        """Until each side knows the other's settings."""
        self.until(lambda: self.settled and self.told, "settings")
        return self

    def head(self, method: str, path: Optional[str], *fields: str, authority: Optional[str] = "", **pseudo) -> Fields:
        """A request's: pseudo=None leaves that pseudo-field out."""
        named = {":method": method, ":scheme": self.scheme, ":authority": self.authority if authority == "" else authority,
                 ":path": path, **{f":{key}": value for key, value in pseudo.items()}}
        return [(key, value) for key, value in named.items() if value is not None] + lines(fields)

    def begin(self, method: str, path: Optional[str], *fields: str, body: Optional[bytes] = None, end: bool = True,
              length: bool = True, **pseudo) -> int:
        """Sends a request, and its body as the windows allow. Returns the stream."""
        head = self.head(method, path, *fields, **pseudo)
        if body is not None and length:
            head.append(("content-length", str(len(body))))
        return self.begin_with(head, body, end)

    def begin_with(self, head: Fields, body: Optional[bytes] = None, end: bool = True) -> int:
        stream = self.h2.get_next_available_stream_id()
        self.streams[stream] = Stream(stream, dict(head).get(":method", ""))
        self.h2.send_headers(stream, head, end_stream=end and body is None)
        self.flush()
        if body is not None:
            self.send(stream, body, end)
        return stream

    def send(self, stream: int, octets: bytes, end: bool = False) -> None:
        """Waits for the windows; stops when the server has answered or ended the stream."""
        view = memoryview(octets)
        while view:
            self.until(lambda: self.h2.local_flow_control_window(stream) > 0 or self.streams[stream].closed,
                       "a window for the body", stream)
            if self.streams[stream].closed:
                return
            count = min(len(view), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            self.h2.send_data(stream, bytes(view[:count]), end_stream=end and count == len(view))
            view = view[count:]
            self.flush()
        if end and not octets:
            self.h2.end_stream(stream)
            self.flush()

    def reset(self, stream: int, error: int = Error.CANCEL) -> None:
        self.h2.reset_stream(stream, error)
        self.flush()

    def open(self, stream: int, octets: int) -> None:
        """Opens the window of a stream; of the connection, if it is 0."""
        self.h2.increment_flow_control_window(octets, stream or None)
        self.flush()

    def ping(self) -> None:
        """There and back: what the server had received before, it has handled."""
        word = os.urandom(8)
        self.h2.ping(word)
        self.flush()
        self.until(lambda: word in self.pongs, "the answer to a PING")

    # -- receiving

    def read(self, stream: int) -> Response:
        """Raises Reset or Gone if there is no whole answer."""
        self.until(lambda: self.streams[stream].closed, "the end of the answer", stream)
        found = self.streams[stream]
        if found.reset is not None and not found.ended:
            raise Reset(stream, found.reset)
        response = found.response()
        if "content-length" in response and found.method != "HEAD" and response.status != 304:
            assert int(response["content-length"]) == len(response.body)
        return response

    def ask(self, method: str, path: str, *fields: str, **options) -> Response:
        return self.read(self.begin(method, path, *fields, **options))

    def get(self, path: str, *fields: str, **options) -> Response:
        return self.ask("GET", path, *fields, **options)

    def until(self, condition: Callable[[], object], what: str, stream: int = 0) -> None:
        deadline = time.monotonic() + HANG
        while not condition():
            if self.over:
                raise Gone(self.goaways[-1][1] if self.goaways else None, stream)
            assert time.monotonic() < deadline, f"not within {HANG:g} s: {what} of stream {stream}"
            self.take()

    def read_to_end(self) -> None:
        """Until the server has closed."""
        while not self.over:
            self.take()

    def take(self) -> None:
        """One read, and what follows from it."""
        try:
            octets = self.socket.recv(1 << 16)
        except (ConnectionResetError, ssl.SSLEOFError):
            octets = b""
        if not octets:
            self.over = True
            return
        for event in self.h2.receive_data(octets):
            self._note(event)
        self.flush()

    def _note(self, event: h2.events.Event) -> None:
        stream = self.streams.get(getattr(event, "stream_id", 0) or 0)
        if isinstance(event, h2.events.ResponseReceived):
            stream.fields = tuple(event.headers)
        elif isinstance(event, h2.events.InformationalResponseReceived):
            stream.interim.append(tuple(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            stream.body += event.data
            self.order.append(stream.id)
            if self.generous and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, stream.id)
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
            self.finished.append(stream.id)
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.last_stream_id, event.error_code))
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs.append(event.ping_data)
        elif isinstance(event, h2.events.SettingsAcknowledged):
            self.settled = True
        elif isinstance(event, h2.events.RemoteSettingsChanged):
            self.told = True


class Frame(NamedTuple):
    type: int
    flags: int
    stream: int
    payload: bytes

    @property
    def number(self) -> int:
        """The first four octets: RST_STREAM's error, GOAWAY's last stream, WINDOW_UPDATE's increment."""
        return struct.unpack(">I", self.payload[:4])[0]

    @property
    def error(self) -> int:
        """GOAWAY's."""
        return struct.unpack(">I", self.payload[4:8])[0]


def frame(kind: int, payload: bytes = b"", stream: int = 0, flags: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values: int) -> bytes:
    """SETTINGS, by names such as INITIAL_WINDOW_SIZE."""
    codes = h2.settings.SettingCodes
    return frame(SETTINGS, b"".join(struct.pack(">HI", codes[name], value) for name, value in values.items()))


def number(kind: int, value: int, stream: int = 0) -> bytes:
    """RST_STREAM or WINDOW_UPDATE."""
    return frame(kind, struct.pack(">I", value), stream)


class Wire:
    """A connection for frames made by hand: the preface is sent, and an empty SETTINGS. Nothing happens by itself."""

    def __init__(self, server, authority: str = "pollux.test", first: bytes = PREFACE + frame(SETTINGS), **options):
        self.client = connect(server, **options)
        self.scheme, self.authority = ("https" if server.tls else "http"), authority
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.ended = False
        self.fields: dict[str, str] = {}  # Of the response that until() has seen last.
        self.error: Optional[int] = None  # Of GOAWAY, see survives().
        self.next = 1  # Stream.
        self.send(first)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.client.close()

    def send(self, octets: bytes) -> None:
        """As much as the server takes."""
        self.client.send_while_open(octets)

    def pour(self, octets: bytes) -> bool:
        """Sends all of it without reading, for as long as the server takes it. False: it does not any more."""
        self.client.socket.settimeout(HANG)
        try:
            self.client.send(octets)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return False
        return True

    def flood(self, piece: bytes, most: int) -> int:
        """Sends a piece again and again, reading meanwhile, until the server ends the connection.

        Returns how many of them went; `most` is where to stop.
        """
        plain = self.client.socket
        plain.setblocking(False)
        count, rest = 0, memoryview(b"")
        deadline = time.monotonic() + HANG
        try:
            while count < most or rest:
                assert time.monotonic() < deadline, "the server neither reads nor ends the connection"
                if not rest:
                    rest, count = memoryview(piece), count + 1
                readable, _, _ = select.select([plain], [plain], [], 1)
                if readable:
                    try:
                        octets = plain.recv(1 << 16)
                        if not octets:
                            self.ended = True
                            break
                        self.client._ahead += octets  # pylint: disable=protected-access
                    except (BlockingIOError, ssl.SSLWantReadError):
                        pass
                try:
                    rest = rest[plain.send(rest):]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    pass
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self.ended = True
        plain.settimeout(HANG)
        return count

    def survives(self) -> bool:
        """Whether the server still answers, or has ended the connection; then self.error is what GOAWAY said."""
        word = os.urandom(8)
        self.send(frame(PING, word))
        while (found := self.read()) is not None:
            if found.type == PING and found.payload == word:
                return True
            if found.type == GOAWAY:
                self.error = found.error
        return False

    def block(self, fields: Fields) -> bytes:
        return self.encoder.encode(fields, huffman=False)

    def head(self, method: str = "GET", path: str = "/hello.txt") -> Fields:
        return [(":method", method), (":scheme", self.scheme), (":authority", self.authority), (":path", path)]

    def headers(self, fields: Fields, end: bool = True, stream: Optional[int] = None) -> bytes:
        """A request's HEADERS on the next stream, whatever the fields are."""
        if stream is None:
            stream, self.next = self.next, self.next + 2
        return frame(HEADERS, self.block(fields), stream, END_HEADERS | (END_STREAM if end else 0))

    def read(self) -> Optional[Frame]:
        """The next frame; None at the end."""
        if self.ended and len(self.client._ahead) < 9:  # pylint: disable=protected-access
            return None
        try:
            head = self.client.read_exactly(9)
            length, (kind, flags, stream) = int.from_bytes(head[:3], "big"), struct.unpack(">BBI", head[3:])
            return Frame(kind, flags, stream, self.client.read_exactly(length))
        except Cut:
            self.ended = True
            return None

    def until(self, kind: int, stream: Optional[int] = None) -> Optional[Frame]:
        """The next frame of that kind; None if the connection ends before."""
        while (found := self.read()) is not None:
            if found.type == HEADERS:
                self.fields = dict(self.decoder.decode(found.payload))
            if found.type == kind and stream in (None, found.stream) and not (kind in (SETTINGS, PING) and found.flags & ACK):
                return found
        return None

    def next_of(self, *kinds: int) -> Optional[Frame]:
        """The next frame of one of these kinds; acknowledgements of PING count."""
        while (found := self.read()) is not None and found.type not in kinds:
            pass
        return found

    def rest(self) -> list[Frame]:
        """All frames until the end."""
        frames = []
        while (found := self.read()) is not None:
            frames.append(found)
        return frames

    def outcome(self, stream: int) -> tuple[str, int]:
        """What becomes of a stream: ("status", 200), ("reset", error), ("goaway", error) or ("end", 0)."""
        while (found := self.read()) is not None:
            if found.type == HEADERS:
                fields = dict(self.decoder.decode(found.payload))
                if found.stream == stream and not fields[":status"].startswith("1"):
                    return "status", int(fields[":status"])
            elif found.type == RST_STREAM and found.stream == stream:
                return "reset", Error(found.number)
            elif found.type == GOAWAY and found.error != Error.NO_ERROR:
                return "goaway", Error(found.error)
        return "end", 0

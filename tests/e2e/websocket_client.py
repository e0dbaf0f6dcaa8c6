"""A WebSocket client without mercy: it sends whatever frames it is told to, and takes the server's apart by the RFC."""

import base64
import hashlib
import os
import struct
import zlib

from client import Client, Cut, request

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TAIL = b"\x00\x00\xff\xff"


def mask(payload, key):
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True):
    """The octets of one frame of a client's."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def fragments(opcode, pieces, rsv=0):
    """A message in several frames."""
    last = len(pieces) - 1
    return b"".join(frame(CONTINUATION if index else opcode, piece, fin=index == last, rsv=0 if index else rsv)
                    for index, piece in enumerate(pieces))


def cut(octets, size):
    return [octets[at:at + size] for at in range(0, len(octets), size)] or [b""]


class WebSocket(Client):
    """A connection after the handshake, or `answer`, if that was refused."""

    def __init__(self, server, path="/ws/echo", extensions=None, fields=(), host="pollux.test", **options):
        super().__init__(server.address, **{"tls": server.tls, **options})
        key = base64.b64encode(os.urandom(16)).decode()
        offered = [f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []
        self.send(request("GET", path, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                          f"Sec-WebSocket-Key: {key}", *offered, *fields, host=host))
        self.answer = self.read_response()
        if self.answer.status != 101:
            return
        assert self.answer["Upgrade"].lower() == "websocket" and self.answer["Connection"].lower() == "upgrade"
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert self.answer["Sec-WebSocket-Accept"] == expected
        self.extensions = self.answer["Sec-WebSocket-Extensions"] if "Sec-WebSocket-Extensions" in self.answer else ""
        self.takeover = "server_no_context_takeover" not in self.extensions
        self.inflater = zlib.decompressobj(-15)

    def read_frame(self):
        """(opcode, payload, RSV1) of a whole message's frame: our server sends no fragments."""
        first, second = self.read_exactly(2)
        opcode, length = first & 0xF, second & 0x7F
        assert first & 0x80 and not first & 0x30 and not second & 0x80, (first, second)
        compressed = bool(first & 0x40)
        if length == 126:
            length, = struct.unpack(">H", self.read_exactly(2))
            assert length > 125
        elif length == 127:
            length, = struct.unpack(">Q", self.read_exactly(8))
            assert length > 65535
        assert not compressed or (self.extensions and opcode in (TEXT, BINARY))
        assert opcode in (TEXT, BINARY, CLOSE, PING, PONG) and (opcode < 8 or length <= 125)
        return opcode, self.read_exactly(length), compressed

    def read_message(self):
        """(opcode, payload), inflated."""
        opcode, payload, compressed = self.read_frame()
        if compressed:
            if not self.takeover:
                self.inflater = zlib.decompressobj(-15)
            payload = self.inflater.decompress(payload + TAIL)
        if opcode == TEXT:
            payload.decode()
        return opcode, payload

    def read_close(self):
        """The code of the close frame that comes next, None if it has none; and the end of the connection."""
        opcode, payload, _ = self.read_frame()
        assert opcode == CLOSE, (opcode, payload[:50])
        payload[2:].decode()
        self.expect_end()
        return struct.unpack(">H", payload[:2])[0] if payload else None

    def closing(self, code=1000):
        """Says good-bye, and is answered so."""
        self.send(frame(CLOSE, struct.pack(">H", code)))
        assert self.read_close() == code


__all__ = ["BINARY", "CLOSE", "CONTINUATION", "Cut", "PING", "PONG", "TAIL", "TEXT", "WebSocket", "cut", "fragments", "frame"]

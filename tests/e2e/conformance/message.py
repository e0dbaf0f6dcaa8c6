"""Responses, read as strictly as the grammar says (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) ([^\x00-\x08\x0a-\x1f\x7f]*)")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")


class Malformed(Exception):
    """What the server sent is no sequence of responses."""


@dataclass(frozen=True)
class Message:
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        return ", ".join(self.all(name))

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def closes(self) -> bool:
        return "close" in [token.strip().lower() for token in self.get("Connection").split(",")]


def read_messages(octets: bytes, methods: list[str]) -> list[Message]:
    """All responses up to the end of the connection; those beyond `methods` answer a GET."""
    messages: list[Message] = []
    finals = 0
    while octets:
        method = methods[finals] if finals < len(methods) else "GET"
        message, octets = read_message(octets, method)
        messages.append(message)
        finals += message.status >= 200
    return messages


def read_message(octets: bytes, method: str) -> tuple[Message, bytes]:
    head, end, rest = octets.partition(b"\r\n\r\n")
    if not end:
        raise Malformed(f"no whole response: {octets[:100]!r}")
    first, *lines = head.split(b"\r\n")
    status_line = STATUS_LINE.fullmatch(first)
    if not status_line:
        raise Malformed(f"status line {first[:100]!r}")
    fields = []
    for line in lines:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise Malformed(f"field line {line[:100]!r}")
        fields.append((field[1].decode("latin-1"), field[2].decode("latin-1")))
    bare = Message(int(status_line[1]), tuple(fields), b"")
    body, rest = read_body(rest, method, bare)
    return Message(bare.status, bare.fields, body), rest


def read_body(octets: bytes, method: str, message: Message) -> tuple[bytes, bytes]:
    """RFC 9112 section 6.3, in its order."""
    if method == "HEAD" or message.status < 200 or message.status in (204, 304):
        return b"", octets
    if "Transfer-Encoding" in message:
        return read_chunks(octets)
    if "Content-Length" not in message:
        return octets, b""  # Up to the end of the connection.
    if not message.get("Content-Length").isdigit():
        raise Malformed(f"Content-Length: {message.get('Content-Length')}")
    length = int(message.get("Content-Length"))
    if len(octets) < length:
        raise Malformed(f"{len(octets)} of {length} octets of a body")
    return octets[:length], octets[length:]


def read_chunks(octets: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size_line, end, octets = octets.partition(b"\r\n")
        if not end:
            raise Malformed("a chunked body without its end")
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            trailers, _, rest = (b"\r\n" + octets).partition(b"\r\n\r\n")
            return body, rest
        body += octets[:size]
        octets = octets[size + 2:]

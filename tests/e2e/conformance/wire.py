"""Many connections at once: sends on each what it is given, in the pieces it is given, and reads to the end.

The pieces of one connection alternate with those of all others, so the server finds them apart, not put
together again by the kernel; nothing has to sleep for that.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Callable, Iterable, Optional, Sequence

MOST = 256  # Connections at a time.

Open = Callable[[], socket.socket]  # A new connection to the server, in plain text or through TLS.


@dataclass
class Transcript:
    received: bytes
    ended: bool  # The server closed the connection; otherwise we lost patience.


@dataclass
class _Conversation:
    index: int
    socket: socket.socket
    pieces: list[bytes]
    deadline: float
    received: bytearray = field(default_factory=bytearray)


def octet_by_octet(octets: bytes) -> list[bytes]:
    return [octets[at:at + 1] for at in range(len(octets))]


def converse(open_: Open, conversations: Iterable[list[bytes]], patience: float) -> list[Transcript]:
    """One connection for each list of pieces; what came back, in the same order."""
    waiting = list(enumerate(conversations))
    waiting.reverse()
    transcripts: list[Optional[Transcript]] = [None] * len(waiting)
    epoll = select.epoll()
    running: dict[int, _Conversation] = {}
    try:
        while waiting or running:
            while waiting and len(running) < MOST:
                index, pieces = waiting.pop()
                peer = open_()
                peer.setblocking(False)
                running[peer.fileno()] = _Conversation(index, peer, list(reversed(pieces)), time.monotonic() + patience)
                epoll.register(peer, select.EPOLLIN | select.EPOLLOUT)
            for descriptor, events in epoll.poll(0.2):
                if step(running[descriptor], events, epoll):
                    _finish(running.pop(descriptor), True, transcripts)
            now = time.monotonic()
            for descriptor in [key for key, one in running.items() if one.deadline < now]:
                _finish(running.pop(descriptor), False, transcripts)
    finally:
        epoll.close()
        for one in running.values():
            one.socket.close()
    return transcripts  # type: ignore[return-value]  # All are there now.


def connect(address: Sequence, tls: Optional[ssl.SSLContext] = None, patience: float = 20) -> socket.socket:
    peer = socket.create_connection(tuple(address), timeout=patience)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls.wrap_socket(peer, server_hostname="localhost") if tls else peer


def step(one: _Conversation, events: int, epoll: select.epoll) -> bool:
    """One piece out, or what there is in. True: the server has ended the connection."""
    if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and _receive(one):
        return True
    if events & select.EPOLLOUT and one.pieces:
        piece = one.pieces.pop()
        try:
            sent = one.socket.send(piece)
            if sent < len(piece):
                one.pieces.append(piece[sent:])
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            one.pieces.append(piece)
        except OSError:  # The server wants no more. It may have said why.
            one.pieces.clear()
        if not one.pieces:
            epoll.modify(one.socket, select.EPOLLIN)
    return False


def _receive(one: _Conversation) -> bool:
    """All there is: epoll does not see what TLS has decrypted already. True: that is the end."""
    while True:
        try:
            octets = one.socket.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:  # A reset is an end, too; what came before it has been read.
            return True
        if not octets:
            return True
        one.received += octets


def _finish(one: _Conversation, ended: bool, transcripts: list[Optional[Transcript]]) -> None:
    one.socket.close()
    transcripts[one.index] = Transcript(bytes(one.received), ended)


def in_two(open_: Open, octets: Sequence[bytes], cuts: Sequence[int], fences: int, patience: float) -> list[Transcript]:
    """Each of `octets` in two pieces, cut at its place. The second is sent when the server has read the first.

    A server serves connections in the order in which they become ready; so when a request on a
    new connection is answered, everything that was sent before has been read.
    """
    transcripts: list[Transcript] = []
    for start in range(0, len(octets), MOST):
        group = list(zip(octets[start:start + MOST], cuts[start:start + MOST]))
        peers = [open_() for _ in group]
        for peer, (whole, cut) in zip(peers, group):
            peer.send(whole[:cut])
        for _ in range(fences):
            _fence(open_)
        for peer, (whole, cut) in zip(peers, group):
            try:
                peer.sendall(whole[cut:])
            except OSError:
                pass  # Refused by its first piece alone.
        deadline = time.monotonic() + patience
        for peer in peers:
            transcripts.append(_read_to_end(peer, deadline))
    return transcripts


def _fence(open_: Open) -> None:
    with open_() as peer:
        peer.sendall(b"GET /probe.txt HTTP/1.1\r\nHost: fence.test\r\nConnection: close\r\n\r\n")
        while peer.recv(65536):
            pass


def _read_to_end(peer: socket.socket, deadline: float) -> Transcript:
    received = bytearray()
    with peer:
        while True:
            peer.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                octets = peer.recv(1 << 18)
            except TimeoutError:
                return Transcript(bytes(received), False)
            except OSError:
                return Transcript(bytes(received), True)
            if not octets:
                return Transcript(bytes(received), True)
            received += octets

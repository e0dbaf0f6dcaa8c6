"""Thousands of connections in one process: each sends one request, gets its answer, and stays."""

import select
import socket
import ssl
import struct
import time

from bench import probe

# Closing sends a reset: no connection lingers in TIME_WAIT, which would use up local ports.
RESET = struct.pack("ii", 1, 0)


class Crowd:
    """A context manager: inside, the connections are open, and each was served once.

    `window` is how many are opened at a time. A window as large as the crowd is a burst.
    Connections that fail are counted in `errors` by what went wrong.
    """

    def __init__(self, port: int, request: bytes, answer_size: int, count: int, window: int = 256, seconds: float = 30):
        self._port = port
        self._request = request
        self._size = answer_size
        self._count = count
        self._window = window
        self._seconds = seconds
        self._missing: dict[int, int] = {}  # by descriptor: octets of the answer still to come
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()
        self.served = 0
        self.errors: dict[str, int] = {}
        self.seconds_to_last = 0.0

    def __enter__(self) -> "Crowd":
        try:
            self._gather()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._epoll.close()
        for member in self._sockets.values():
            member.close()
        self._sockets.clear()

    def gone(self) -> int:
        """How many of the connections the server has closed since."""
        return sum(_is_closed(member) for member in self._sockets.values())

    def _gather(self) -> None:
        begin = time.monotonic()
        opened = 0
        while opened < self._count or self._missing:
            while opened < self._count and len(self._missing) < self._window:
                self._open()
                opened += 1
            left = begin + self._seconds - time.monotonic()
            if left <= 0:
                self._give_up()
            for fd, events in self._epoll.poll(max(left, 0)):
                self._go_on(fd, events)
        self.seconds_to_last = time.monotonic() - begin

    def _open(self) -> None:
        member = socket.socket()
        member.setblocking(False)
        member.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        member.connect_ex(("127.0.0.1", self._port))
        self._sockets[member.fileno()] = member
        self._missing[member.fileno()] = self._size
        self._epoll.register(member, select.EPOLLOUT)

    def _go_on(self, fd: int, events: int) -> None:
        member = self._sockets[fd]
        try:
            if events & select.EPOLLOUT:
                member.send(self._request)
                self._epoll.modify(fd, select.EPOLLIN)
                return
            octets = len(member.recv(1 << 16))
        except OSError as error:
            return self._fail(fd, error.strerror)
        if octets == 0:
            return self._fail(fd, "closed without an answer")
        self._missing[fd] -= octets
        if self._missing[fd] <= 0:
            self.served += 1
            self._leave(fd)

    def _leave(self, fd: int) -> None:
        del self._missing[fd]
        self._epoll.unregister(fd)

    def _fail(self, fd: int, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1
        self._leave(fd)
        self._sockets.pop(fd).close()

    def _give_up(self) -> None:
        for fd in list(self._missing):
            self._fail(fd, "no answer in time")


class TlsCrowd(Crowd):
    """The same over TLS, one after the other."""

    def _gather(self) -> None:
        begin = time.monotonic()
        for _ in range(self._count):
            try:
                member = probe.connect(self._port, tls=True)
                member.sendall(self._request)
                octets = 0
                while octets < self._size:
                    octets += len(probe.take(member))
            except (OSError, probe.ServerError) as error:
                self.errors[str(error)] = self.errors.get(str(error), 0) + 1
                continue
            self._sockets[member.fileno()] = member
            self.served += 1
        self.seconds_to_last = time.monotonic() - begin

    def gone(self) -> int:
        """What TLS may still have to say, tickets for example, is no end."""
        return sum(_is_closed_after_all(member) for member in self._sockets.values())


def _is_closed_after_all(member) -> bool:
    member.setblocking(False)
    try:
        return member.recv(1) == b""
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True


def _is_closed(member: socket.socket) -> bool:
    try:
        return member.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True

"""Thousands of connections in one process: each sends one request, gets its answer, and stays."""

import select
import socket
import ssl
import struct
import time

import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from bench import probe

# Closing sends a reset: no connection lingers in TIME_WAIT, which would use up local ports.
RESET = struct.pack("ii", 1, 0)

ONE_OCTET = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1}  # Without any, nginx sends no head.


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
                member = self._serve()
            except (OSError, probe.ServerError, h2.exceptions.ProtocolError) as error:
                self.errors[str(error)] = self.errors.get(str(error), 0) + 1
                continue
            self._sockets[member.fileno()] = member
            self.served += 1
        self.seconds_to_last = time.monotonic() - begin

    def _serve(self) -> socket.socket:
        member = probe.connect(self._port, tls=True)
        member.sendall(self._request)
        octets = 0
        while octets < self._size:
            octets += len(probe.take(member))
        return member

    def gone(self) -> int:
        """What TLS may still have to say, tickets for example, is no end."""
        return sum(_is_closed_after_all(member) for member in self._sockets.values())


class Http2Crowd(TlsCrowd):
    """Over HTTP/2: each is served once. Or so many answers are `held` on each: they begin, and find no more window."""

    def __init__(self, port: int, path: str, body_size: int, count: int, held: int):
        super().__init__(port, b"", body_size, count)
        self._path = path
        self._held = held

    def _serve(self) -> socket.socket:
        member = probe.connect(self._port, tls=True, protocol="h2")
        connection = h2.connection.H2Connection()
        if self._held:
            connection.local_settings = h2.settings.Settings(initial_values=ONE_OCTET)
        connection.initiate_connection()
        heads = octets = 0
        self._ask(member, connection, 1)
        while heads < self._held or (not self._held and octets < self._size):
            for event in connection.receive_data(probe.take(member)):
                octets += len(event.data) if isinstance(event, h2.events.DataReceived) else 0
                heads += isinstance(event, h2.events.ResponseReceived)
                if isinstance(event, h2.events.RemoteSettingsChanged):
                    self._ask(member, connection, self._held - 1)
            member.sendall(connection.data_to_send())
        return member

    def _ask(self, member: socket.socket, connection: h2.connection.H2Connection, times: int) -> None:
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", self._path)]
        for _ in range(times):
            connection.send_headers(connection.get_next_available_stream_id(), fields, end_stream=True)
        member.sendall(connection.data_to_send())


def _is_closed_after_all(member) -> bool:
    member.setblocking(False)
    try:
        while member.recv(4096):
            pass
        return True
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

"""More octets than limits.memory has room for: the largest connections are held, then shed, and nobody else notices.

Every client sends without end. The server reads on until its buffers take three quarters of the limit; then it stops
reading from those that hold most, and sheds those that go beyond the limit or wait too long. So in the end each of them
is shed, however the machine schedules them.
"""

import contextlib
import re
import threading

import pytest

from harness import Cut, FIRST_OF_MODEL, SANITIZED, in_parallel, request, seconds, wait_until
from visitor import Visitor
from websocket_client import BINARY, CLOSE, PING, PONG, TEXT, WebSocket, frame

MIB = 1 << 20
LIMIT = 8 * MIB
# Beside the limit: the copy while the largest buffer grows, what is read before it is weighed, and what malloc keeps.
ALLOWANCE = 32 * MIB
CROWD = 24
SIZE = 16 * MIB  # Octets that each client announces.
HELLO = b"hello\n"


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


@pytest.fixture
def server(serve, tmp_path):
    patience = f"{1000 * seconds(2):.0f}ms"  # Of a client that is held; its sender always has more to send.
    server = serve(
        site={"echo": "on"}, timeouts={"body": patience}, limits={"memory": "8m", "body": "64m"},
        websocket={"frame": "64m", "message": "64m", "ping": patience},
        accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"})
    server.write("hello.txt", HELLO)
    return server


class Body:
    """A client that posts a body without end."""

    def __init__(self, server):
        self.client = server.connect()
        self.client.send(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n".encode())

    def told(self):
        """Whether the server has said what becomes of it."""
        return self.client.answered(within=0)

    def shed(self):
        answer = self.client.read_response()
        assert (answer.status, answer["Retry-After"], answer["Connection"]) == (503, "1", "close")


class Message:
    """A client that sends a message without end."""

    def __init__(self, server):
        self.client = WebSocket(server)
        self.client.send(frame(BINARY, bytes(SIZE))[:14])
        self.ending = None  # The frame that ends it, if it has come.

    def told(self):
        """The server also asks for signs of life; more of the message is one."""
        while not self.ending and self.client.answered(within=0):
            opcode, payload, _ = self.client.read_frame()
            self.ending = None if opcode == PING else (opcode, payload)
        return self.ending is not None

    def shed(self):
        while not self.told():
            self.client.answered(within=0.1)
        assert self.ending == (CLOSE, (1013).to_bytes(2, "big"))


def test_who_does_not_read_holds_no_window_onto_a_large_file(serve):
    """What is mapped counts as the process's memory, once for each mapping."""
    server = serve()
    server.write("large.bin", bytes(16 << 20))
    ranges = "Range: bytes=" + ",".join(f"{at}-" for at in range(16))
    with contextlib.ExitStack() as stack:
        before = server.process.memory()
        for index in range(100):
            client = stack.enter_context(server.connect(receive_buffer=4096))
            client.send(request("GET", "/large.bin", *((ranges,) if index % 2 else ())))
        wait_until(lambda: server.status()["connections"]["waiting_for"]["send"] >= 100, "no socket takes more")
        wait_until(lambda: server.process.memory().files - before.files < 100 * (64 << 10), "the windows are unmapped")


def send_until_answered(kind, server):
    """Whether the client was told. One that gets no processor for some seconds is not waited for, and finds the connection cut."""
    sender = kind(server)
    with sender.client as client:
        try:
            for _ in range(SIZE // (64 << 10) - 1):
                if sender.told():
                    break
                client.send_while_open(bytes(64 << 10))
            sender.shed()
        except Cut:
            return False
    return True


def visit(server, member):
    """What small clients do."""
    assert server.get("/hello.txt").body == HELLO
    assert b"Hello, <strong>Ada</strong>" in member.get("/welcome").body
    with WebSocket(server) as client:
        client.send(frame(TEXT, b"short"))
        while (message := client.read_message()) == (PING, b""):  # The machine is busy.
            client.send(frame(PONG))
        assert message == (TEXT, b"short")
    with server.connect() as client:
        client.send(request("POST", "/echo", body=b"small"))
        assert client.read_response().body == b"small"


class Watch:
    """Visits the server again and again, and notes the largest RssAnon."""

    def __init__(self, server):
        self.server = server
        self.member = Visitor(server)
        self.member.register("Ada")
        visit(server, self.member)
        self.before = self.largest = server.process.memory().anonymous
        self.over = threading.Event()

    def __call__(self):
        visits = 0
        while not self.over.is_set() or visits == 0:
            visit(self.server, self.member)
            self.largest = max(self.largest, self.server.process.memory().anonymous)
            visits += 1
        print(f"{visits} visits, {(self.largest - self.before) / MIB:.1f} MiB more at most")


@pytest.mark.parametrize("kind", [Body, Message])
def test_the_largest_are_shed_and_the_small_are_served(server, kind):
    watch = Watch(server)

    def crowd():
        with contextlib.ExitStack() as stack:
            stack.callback(watch.over.set)
            return in_parallel(CROWD, lambda _: send_until_answered(kind, server))

    _, told = in_parallel(2, lambda index: watch() if index == 0 else crowd())
    assert any(told)
    assert SANITIZED or watch.largest - watch.before < LIMIT + ALLOWANCE
    wait_until(lambda: sum(told) <= server.status()["connections"]["shed"], "all that were told are counted")
    shed = server.status()["connections"]["shed"]
    assert shed <= CROWD  # One that gave no sign of life meanwhile, for want of a processor, was closed for that.
    metrics = server.get("/metrics", host="localhost").body.decode()
    assert re.search(r"^pollux_connections_shed_total (\d+)$", metrics, re.M)[1] == str(shed)
    wait_until(lambda: server.process.connections() == 0, "all connections are closed")
    with server.connect() as client:  # There is room again.
        body = bytes(MIB)
        client.send(request("POST", "/echo", body=body))
        assert client.read_response().body == body

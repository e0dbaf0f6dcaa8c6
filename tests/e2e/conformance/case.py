"""What a case is, and the little language the tables are written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Sequence, Union

from conformance.message import Message

OPEN = "open"  # The connection serves the next request.
CLOSED = "closed"  # It does not: the server ends it.
EITHER = "either"

# Every case is followed at once by this request. Whether it is answered, and as what, shows where
# the server believes that the case's octets end.
PROBE = b"GET /probe.txt HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\n\r\n"
PROBE_BODY = b"the probe\n"

# Statuses that say "this is no valid request". RFC 9112 section 3 asks for 400 (SHOULD); other codes of the
# same meaning are let pass where no section says MUST.
REJECTED = frozenset({400, 403, 405, 411, 413, 414, 417, 421, 431, 501, 505})
BAD = frozenset({400})
# What a server may say to a method it does not do here. The body has to be read over, or the connection closed.
NOT_DONE = frozenset({200, 204, 400, 403, 404, 405, 411, 501})
DECLINED = NOT_DONE - {400}  # The same, where the request is beyond reproach.

Check = Callable[[Sequence[Message]], Optional[str]]


@dataclass(frozen=True)
class Answer:
    """One response: allowed statuses, fields (a regular expression; None: must not be there), body."""

    status: frozenset[int]
    fields: Mapping[str, Optional[str]] = field(default_factory=dict)
    body: Optional[bytes] = None


@dataclass(frozen=True)
class Case:
    section: str  # "9112 2.2": RFC and section.
    name: str
    octets: bytes  # @ETAG@ stands for the entity-tag of the file asked for.
    answers: tuple[Answer, ...]
    then: str
    ours: Optional[frozenset[int]]  # Where the RFC leaves a choice: what Pollux answers last.
    ours_then: Optional[str]  # The same, for the connection.
    methods: tuple[str, ...]  # Of the requests, for reading the answers.
    only_pollux: bool  # Uses what others do not have (the echo handler, its limits), so is not held against them.
    interim: Optional[int]  # 1xx answers: None is any number of them.
    check: Optional[Check]
    whole_only: bool  # Too long to be sent in pieces.

    @property
    def id(self) -> str:
        return f"{self.section} {self.name}"


def answer(status: Union[int, frozenset[int], set[int]], body: Optional[bytes] = None, **fields: Optional[str]) -> Answer:
    """Field names are written with underscores: Content_Length="13"."""
    statuses = frozenset({status}) if isinstance(status, int) else frozenset(status)
    return Answer(statuses, {name.replace("_", "-"): value for name, value in fields.items()}, body)


def case(section: str, name: str, octets: bytes, *answers, then: str = OPEN, ours=None, ours_then: Optional[str] = None,
         methods: Sequence[str] = (), only_pollux: bool = False, interim: Optional[int] = None,
         check: Optional[Check] = None, whole_only: bool = False) -> Case:
    expected = tuple(one if isinstance(one, Answer) else answer(one) for one in answers)
    first = octets.lstrip(b"\r\n").split(b" ")[0].decode("latin-1")
    names = tuple(methods) or (first,) + ("GET",) * (len(expected) - 1)
    if isinstance(ours, int):
        ours = {ours}
    return Case(section, name, octets, expected, then, frozenset(ours) if ours else None, ours_then, names, only_pollux,
                interim, check, whole_only)


# ---------------------------------------------------------------------------------------------------
# Requests


def request(target: str = "/hello.txt", *fields: str, method: str = "GET", version: str = "HTTP/1.1",
            host: Optional[str] = "pollux.test", body: bytes = b"") -> bytes:
    """A request; `fields` are whole lines. latin-1, so that every octet can be written."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    return "\r\n".join([*lines, *fields, "", ""]).encode("latin-1") + body


def line(request_line: bytes) -> bytes:
    return request_line + b"\r\nHost: pollux.test\r\n\r\n"


def post(*fields: str, body: bytes = b"", target: str = "/hello.txt", **options) -> bytes:
    return request(target, *fields, method="POST", body=body, **options)


def chunked(body: bytes, *fields: str, target: str = "/hello.txt", **options) -> bytes:
    return post("Transfer-Encoding: chunked", *fields, body=body, target=target, **options)

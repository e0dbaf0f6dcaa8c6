"""Cases against a server that serves the files of site.py."""

from __future__ import annotations

import functools
import re
import ssl
from dataclasses import dataclass
from typing import Iterable, Optional, Sequence

from conformance import wire
from conformance.case import PROBE, Case
from conformance.judge import judge
from conformance.message import read_message


@dataclass(frozen=True)
class Verdict:
    case: Case
    complaint: Optional[str]  # None: passed.
    received: bytes


class Target:
    """A running server. `pollux`: it is held to its own choices, too."""

    def __init__(self, address: Sequence, pollux: bool, patience: float, fences: int = 1,
                 tls: Optional[ssl.SSLContext] = None):
        self.open = functools.partial(wire.connect, address, tls)
        self.pollux = pollux
        self.patience = patience
        self.fences = fences  # Requests after which all that was sent before has been read.
        self._tags: dict[str, bytes] = {}

    def octets(self, case: Case) -> bytes:
        """What is sent: the case with the server's own entity-tag in it, and the probe."""
        octets = case.octets
        if b"@ETAG@" in octets:
            octets = octets.replace(b"@ETAG@", self._tag(octets.split(b" ")[1].decode()))
        return octets + PROBE

    def whole(self, cases: Iterable[Case]) -> list[Verdict]:
        cases = list(cases)
        return self._judge(cases, wire.converse(self.open, ([self.octets(one)] for one in cases), self.patience))

    def octet_by_octet(self, cases: Iterable[Case]) -> list[Verdict]:
        cases = [one for one in cases if not one.whole_only]
        pieces = (wire.octet_by_octet(self.octets(one)) for one in cases)
        return self._judge(cases, wire.converse(self.open, pieces, self.patience))

    def in_two(self, cases: Iterable[Case], first: int = 0, stride: int = 1) -> list[Verdict]:
        """Every case once for each of its octets, cut behind it; of all these, every so many from the first."""
        cuts = [(one, cut) for one in cases if not one.whole_only for cut in range(1, len(one.octets) + 1)][first::stride]
        octets = [self.octets(one) for one, _ in cuts]
        transcripts = wire.in_two(self.open, octets, [cut for _, cut in cuts], self.fences, self.patience)
        return self._judge([one for one, _ in cuts], transcripts)

    def _judge(self, cases: list[Case], transcripts: list[wire.Transcript]) -> list[Verdict]:
        return [Verdict(one, judge(one, transcript, self.pollux), transcript.received)
                for one, transcript in zip(cases, transcripts)]

    def _tag(self, target: str) -> bytes:
        if target not in self._tags:
            with self.open() as peer:
                peer.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                octets = b"".join(iter(lambda: peer.recv(65536), b""))
            message, _ = read_message(octets, "GET")
            tag = re.sub("^W/", "", message.get("ETag"))
            self._tags[target] = tag.encode() or b'"none"'
        return self._tags[target]


def complaints(verdicts: Iterable[Verdict]) -> list[str]:
    """One line for each that failed, with what was asked for and what came."""
    return [f"{verdict.case.id}: {verdict.complaint}\n    {verdict.case.octets[:300]!r}\n    {verdict.received[:300]!r}"
            for verdict in verdicts if verdict.complaint]

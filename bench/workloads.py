"""What is asked of a server: one entry for each workload.

To add one of wrk's kind: a Workload in the list. Other kinds subclass it: see rounds.py, which
knows how each is measured.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A load of wrk's: every connection sends a request, waits for the answer, sends the next."""

    name: str
    title: str
    path: str = "/586.html"
    connections: int = 100
    pipeline: int = 1  # requests sent at once on a connection
    close: bool = False  # a new connection for each request
    conditional: bool = False  # with If-None-Match and the page's tag: the answer is 304
    tls: bool = False  # https
    walk: bool = False  # each request for another page of the large site
    crowd: int = 0  # idle connections that are open all the while
    stretch: float = 1  # times the usual seconds: where opening connections takes a good part
    site: str = "small"
    sendfile: str = "auto"  # Pollux's [site] sendfile; others are configured alike for all workloads
    families: tuple[str, ...] = ()  # which servers: those families; empty: all
    once: bool = False  # the same in every round, so one is enough
    default: bool = True  # part of a run that names no workloads

    @property
    def descriptors(self) -> int:
        """Sockets one process has open, with some to spare."""
        return self.connections + self.crowd + 256


@dataclass(frozen=True)
class Handshakes(Workload):
    """castor's: a new TLS connection for each request, with a full handshake or a resumed one."""

    tls: bool = True
    close: bool = True
    resume: bool = False


@dataclass(frozen=True)
class Http2(Workload):
    """h2load's: `streams` requests at once on every connection, each answer followed by the next request."""

    tls: bool = True
    streams: int = 10
    files: int = 1  # in turn; more than one: of the site named "page"


@dataclass(frozen=True)
class Flood(Workload):
    """castor's: 1,000 plain requests a second, alone and beside 2,000 new TLS connections a second."""


@dataclass(frozen=True)
class Idle(Workload):
    """Memory: `crowd` connections are opened, each is served once and then left alone."""

    http2: bool = False
    held: int = 0  # answers on each connection that the client lets begin, and takes one octet of


@dataclass(frozen=True)
class Burst(Workload):
    """`crowd` new connections at the same moment: how long until the last has its answer?"""


POLLUX = ("pollux",)
HTTPS = ("pollux", "nginx", "h2o", "caddy")

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload("586", "586 octets, 100 keep-alive connections"),
        Workload("10k", "10 KiB, 100 keep-alive connections", path="/10k.html"),
        Workload("100k", "100 KiB, 100 keep-alive connections", path="/100k.html"),
        Workload("1m", "1 MiB, 100 keep-alive connections", path="/1m.html"),
        Workload("100k-sendfile", "100 KiB, sendfile = on", path="/100k.html", sendfile="on"),
        Workload("1m-sendfile", "1 MiB, sendfile = on", path="/1m.html", sendfile="on"),
        Workload("100k-immutable", "100 KiB that cannot change", path="/100k.html", site="immutable"),
        Workload("1m-immutable", "1 MiB that cannot change", path="/1m.html", site="immutable"),
        Workload("close", "586 octets, a new connection for each request", close=True),
        Workload("1000", "586 octets, 1,000 keep-alive connections", connections=1000),
        Workload("10000", "586 octets, 10,000 keep-alive connections", connections=10_000, stretch=2),
        Workload("crowd", "586 octets, 100 connections beside 10,000 idle ones", crowd=10_000),
        Workload("pipelined", "586 octets, 100 connections, 16 requests at once", pipeline=16),
        Workload("304", "304 Not Modified, 100 keep-alive connections", conditional=True),
        Workload("https-586", "https, 586 octets, 100 keep-alive connections", tls=True, families=HTTPS),
        Workload("https-100k", "https, 100 KiB, 100 keep-alive connections", path="/100k.html", tls=True, families=HTTPS),
        Handshakes("handshake", "https, a new connection with a full handshake for each request", families=HTTPS),
        Handshakes("resumed", "https, a new connection with a resumed session for each", resume=True, families=HTTPS),
        Http2("h2-586", "HTTP/2, 586 octets, 100 connections of 10 streams", families=HTTPS),
        Http2("h2-100k", "HTTP/2, 100 KiB, 100 connections of 10 streams", path="/100k.html", families=HTTPS),
        Http2("h2-page", "HTTP/2, a page of 50 files of 16 KiB, 20 visitors who ask for all at once",
              connections=20, streams=50, files=50, path="/part-00.html", site="page", families=HTTPS),
        Workload("files-1", "a site of 1 file", site="single", families=POLLUX),
        Workload("files-100000", "a site of 100,000 files, the same one asked for", site="large", families=POLLUX),
        Workload("files-walk", "a site of 100,000 files, all asked for", site="large", walk=True, families=POLLUX),
        Idle("idle", "memory of an idle connection, 10,000 of them", crowd=10_000, once=True),
        Idle("https-idle", "memory of an idle https connection, 1,000 of them", crowd=1000, tls=True, families=HTTPS, once=True),
        Idle("h2-idle", "memory of an idle HTTP/2 connection, 1,000 of them", crowd=1000, tls=True, http2=True,
             families=HTTPS, once=True),
        Idle("h2-held", "memory of an HTTP/2 connection with 100 answers that wait for its window, 100 of them",
             path="/100k.html", crowd=100, tls=True, http2=True, held=100, families=HTTPS, once=True),
        Flood("flood", "1,000 plain requests/s beside 2,000 new https connections/s", families=HTTPS, default=False),
        Burst("burst", "10,000 new connections at once", crowd=10_000, default=False),
    )
}

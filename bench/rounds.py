"""Interleaved rounds: every server takes its turn at every workload in every round.

What else the machine does, and how warm it is, changes from minute to minute. Servers
that take turns suffer alike, so ratios within one run mean something where absolute
figures of two runs do not. The order is turned round every time, so that none is always
the one that comes after the other's garbage.
"""

import contextlib
import math
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from bench import castor_load, h2load, load, measure, probe, site
from bench.crowd import Crowd, Http2Crowd, TlsCrowd
from bench.process import Server, ServerError
from bench.results import Results, Sample
from bench.workloads import Burst, Flood, Handshakes, Http2, Idle, Workload

WARM_UP = 0.3  # seconds
STILL = 1.5  # seconds without a change: memory has settled
WARM_CROWD = 32  # connections


@dataclass(frozen=True)
class Subject:
    """A running server and what it was found to answer to one workload."""

    server: Server
    headers: dict[str, str]
    answer: probe.Answer
    tls: bool

    @property
    def port(self) -> int:
        return self.server.tls_port if self.tls else self.server.port

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def load(self, workload: Workload, seconds: float) -> load.Load:
        return load.Load(
            connections=workload.connections,
            seconds=seconds,
            pipeline=workload.pipeline,
            headers=self.headers,
            walk=(site.FOLDERS, site.FILES) if workload.walk else (0, 0),
        )

    def crowd(self, path: str, count: int, window: int = 256) -> Crowd:
        wanted = probe.request(self.port, path, self.headers)
        return (TlsCrowd if self.tls else Crowd)(self.port, wanted, self.answer.size, count, window)


class Bench:
    """Keeps servers running, one for each site and way they are asked to serve it, and measures them."""

    def __init__(self, folder: Path, seconds: float, stack: contextlib.ExitStack):
        self._folder = folder
        self._seconds = seconds
        self._stack = stack
        self._sites: dict[str, Path] = {}
        self._servers: dict[tuple[str, str, str], Server] = {}
        self._subjects: dict[tuple[str, str], Subject] = {}
        self._counts: dict[tuple[str, str], int] = {}  # of requests; see _requests()
        self._made = 0

    def site(self, name: str) -> Path:
        if name not in self._sites:
            folder = site.MAKERS[name](self._folder / f"site-{name}")
            if name == "immutable":
                self._stack.enter_context(site.immutable(folder))
            self._sites[name] = folder
        return self._sites[name]

    def new_server(self, kind: type[Server], site_name: str, sendfile: str = "auto") -> Server:
        self._made += 1
        return kind(self.site(site_name), self._folder / f"{self._made}-{kind.name}", sendfile)

    def start(self, kind: type[Server], site_name: str = "small", sendfile: str = "auto") -> Server:
        """Raises ServerError."""
        key = (kind.name, site_name, sendfile)
        if key not in self._servers:
            self._servers[key] = self._stack.enter_context(self.new_server(kind, site_name, sendfile))
        return self._servers[key]

    def sample(self, kind: type[Server], workload: Workload) -> Sample:
        try:
            if isinstance(workload, Idle):
                return self._sample_idle(kind, workload)
            subject = self._subject(kind, workload)
            if isinstance(workload, Burst):
                return self._sample_burst(subject, workload)
            if isinstance(workload, Handshakes):
                return self._sample_handshakes(subject, workload)
            if isinstance(workload, Flood):
                return self._sample_flood(subject, workload)
            if isinstance(workload, Http2):
                return self._sample_http2(subject, workload)
            return self._sample_load(subject, workload)
        except (ServerError, RuntimeError, OSError, subprocess.TimeoutExpired) as error:  # the others go on
            return Sample({}, {str(error): 1})

    def _subject(self, kind: type[Server], workload: Workload) -> Subject:
        """Looks at the answer, and warms up, before the first sample."""
        key = (kind.name, workload.name)
        if key not in self._subjects:
            subject = look(self.start(kind, workload.site, workload.sendfile), workload)
            if not isinstance(workload, (Burst, Flood, Handshakes, Http2)) and self._seconds > WARM_UP:
                self._run(subject, workload, WARM_UP)
            self._subjects[key] = subject
        return self._subjects[key]

    @staticmethod
    def _run(subject: Subject, workload: Workload, seconds: float) -> tuple[load.Report, load.Load]:
        wanted = subject.load(workload, seconds)
        return load.run(subject.url(workload.path), wanted), wanted

    def _sample_load(self, subject: Subject, workload: Workload) -> Sample:
        with subject.crowd(workload.path, workload.crowd) as crowd:
            before = measure.cpu_seconds(subject.server.pid)
            report, wanted = self._run(subject, workload, self._seconds * workload.stretch)
            spent = measure.cpu_seconds(subject.server.pid) - before
            errors = {**crowd.errors, **report.errors, **closed(crowd)}
        complaint = probe.complaint(report, wanted, subject.answer.size)
        if complaint:
            errors[complaint] = 1
        if subject.server.has_ended():
            errors[f"ended: {subject.server.said()}"] = 1
        if not report.requests:
            return Sample({}, {**errors, "no request was answered": 1})
        figures = {"requests_per_second": report.requests_per_second, "cpu_per_request": spent / report.requests}
        if workload.pipeline == 1:  # wrk's percentiles do not know about pipelines, see docs/benchmark.md
            figures |= {"p50": report.p50, "p99": report.p99, "p999": report.p999}
        return Sample(figures, errors)

    def _sample_handshakes(self, subject: Subject, workload: Workload) -> Sample:
        before = measure.cpu_seconds(subject.server.pid)
        report = castor_load.handshakes(subject.url(workload.path), self._seconds, workload.resume).report()
        spent = measure.cpu_seconds(subject.server.pid) - before
        if not report.requests:
            return Sample({}, {**report.errors, "no request was answered": 1})
        figures = {"requests_per_second": report.requests_per_second, "cpu_per_request": spent / report.requests}
        return Sample(figures, report.errors)

    def _sample_flood(self, subject: Subject, workload: Workload) -> Sample:
        plain = f"http://127.0.0.1:{subject.server.port}{workload.path}"
        alone = castor_load.trickle(plain, self._seconds).report()
        https = f"https://127.0.0.1:{subject.server.tls_port}{workload.path}"
        with castor_load.handshakes(https, self._seconds + 1, resume=True, rate=2000) as flood:
            beside = castor_load.trickle(plain, self._seconds).report()
            flooded = flood.report()
        figures = {"p99_alone": alone.p99, "p99": beside.p99, "handshakes_per_second": flooded.requests_per_second}
        return Sample(figures, {**alone.errors, **beside.errors, **flooded.errors})

    def _sample_http2(self, subject: Subject, workload: Http2) -> Sample:
        wanted = self._requests(subject, workload)
        before = measure.cpu_seconds(subject.server.pid)
        report = self._run_http2(subject, workload, wanted)
        spent = measure.cpu_seconds(subject.server.pid) - before
        if not report.requests:
            return Sample({}, {**report.errors, "no request was answered": 1})
        errors = dict(report.errors)
        size = len(subject.answer.body)
        if report.octets != report.requests * size:
            errors[f"{report.octets} octets for {report.requests} answers of {size}"] = 1
        figures = {"requests_per_second": report.requests_per_second, "cpu_per_request": spent / report.requests}
        return Sample(figures, errors)

    def _requests(self, subject: Subject, workload: Http2) -> int:
        """So many as take some seconds. Finding it out warms the server up."""
        key = (subject.server.name, workload.name)
        requests = 2 * workload.connections * workload.streams
        while key not in self._counts:
            seconds = self._run_http2(subject, workload, requests).seconds
            if seconds >= self._seconds / 2:
                self._counts[key] = math.ceil(requests * self._seconds / seconds)
            requests *= 4
        return self._counts[key]

    @staticmethod
    def _run_http2(subject: Subject, workload: Http2, requests: int) -> h2load.Report:
        urls = [subject.url(path) for path in (site.parts() if workload.files > 1 else [workload.path])]
        return h2load.run(urls, workload.connections, workload.streams, requests)

    @staticmethod
    def _sample_burst(subject: Subject, workload: Workload) -> Sample:
        with subject.crowd(workload.path, workload.crowd, window=workload.crowd) as crowd:
            return Sample({"seconds_to_last": crowd.seconds_to_last}, {**crowd.errors, **closed(crowd)})

    def _sample_idle(self, kind: type[Server], workload: Workload) -> Sample:
        """On a server of its own: one that has served a crowd before has memory to give it."""
        with self.new_server(kind, workload.site) as server:
            subject = look(server, workload)
            def crowd_of(count: int) -> Crowd:
                if workload.http2:
                    return Http2Crowd(subject.port, workload.path, len(subject.answer.body), count, workload.held)
                return subject.crowd(workload.path, count)

            with crowd_of(WARM_CROWD):
                pass
            before = measure.settled_octets(server.pid, min(STILL, self._seconds))
            with crowd_of(workload.crowd) as crowd:
                spent = measure.settled_octets(server.pid, min(STILL, self._seconds)) - before
                return Sample({"memory_per_connection": spent / workload.crowd}, {**crowd.errors, **closed(crowd)})


def look(server: Server, workload: Workload) -> Subject:
    headers = {"Connection": "close"} if workload.close else {}
    if workload.conditional:
        tag = probe.ask(server.port, workload.path, {}, times=1).field("ETag")
        if tag is None:
            raise ServerError("sends no ETag")
        headers["If-None-Match"] = tag
    port = server.tls_port if workload.tls else server.port
    answer = probe.verify(port, workload.path, headers, site.body_of(workload.path), tls=workload.tls)
    return Subject(server, headers, answer, workload.tls)


def closed(crowd: Crowd) -> dict[str, int]:
    gone = crowd.gone()
    return {"idle connections closed": gone} if gone else {}


def pairs(results: Results) -> dict[str, list[type[Server]]]:
    """The servers to measure, by the workload's name.

    That is every server its workload is for, except in a smoke: there the first workload of each protocol meets every
    server, which shows that each still starts and serves it, and the others meet one server each, the servers in turn.
    """
    found: dict[str, list[type[Server]]] = {}
    met = set()
    turn = 0
    for workload in results.workloads:
        fit = [kind for kind in results.servers if not workload.families or kind.family in workload.families]
        protocol = (isinstance(workload, Http2), workload.tls)
        if results.settings["smoke"] and protocol in met and fit:
            fit = [fit[turn % len(fit)]]
            turn += 1
        met.add(protocol)
        found[workload.name] = fit
    return found


def run(bench: Bench, results: Results, rounds: int, on_sample: Callable) -> None:
    measured = pairs(results)
    turned = False
    for number in range(rounds):
        for workload in results.workloads:
            if workload.once and number > 0:
                continue
            kinds = measured[workload.name]
            for kind in reversed(kinds) if turned else kinds:
                sample = bench.sample(kind, workload)
                results.add(workload.name, kind.name, sample)
                on_sample(number, workload, kind, sample)
            turned = not turned

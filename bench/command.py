"""The command line of bench/compare and bench/quick, and what they do."""

import argparse
import contextlib
import dataclasses
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import history, machine, page, rounds, servers, table
from bench.figures import FIGURES
from bench.process import REPOSITORY, ServerError
from bench.results import Results
from bench.workloads import WORKLOADS, Flood, Handshakes, Workload

DESCRIPTORS = 32768


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 600:
        raise argparse.ArgumentTypeError("0.1 to 600")
    return value


def names_of(known: dict):
    def parse(text: str) -> list:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no '{unknown[0]}'; there are {', '.join(known)}")
        return [known[name] for name in dict.fromkeys(text.split(","))]

    return parse


def parser(description: str, defaults: dict) -> argparse.ArgumentParser:
    new = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    new.add_argument("--servers", type=names_of(servers.SERVERS), metavar="NAMES", help=", ".join(servers.SERVERS))
    new.add_argument("--workloads", type=names_of(WORKLOADS), metavar="NAMES", help=", ".join(WORKLOADS))
    new.add_argument("--rounds", type=positive, help="default: %(default)s")
    new.add_argument("--seconds", type=seconds, help="of a server under a workload in a round; default: %(default)s")
    new.add_argument("--baseline", choices=servers.SERVERS, metavar="NAME", default="nginx", help="what ratios are to")
    new.add_argument("--pollux", type=Path, metavar="BINARY", help="instead of the one built here")
    new.add_argument("--json", type=Path, metavar="FILE", help="all figures of all rounds; default: %(default)s")
    new.add_argument("--html", type=Path, metavar="FILE", help="a page with charts; default: %(default)s")
    new.add_argument("--history", type=Path, metavar="FILE", help="the ratios of whole runs, a line each; default: %(default)s")
    new.add_argument("--against", metavar="RUN", help="prints what moved by more than the noise since a run of the history: "
                     f"{history.LAST}, a commit, or a line's number")
    new.add_argument("--smoke", action="store_true", help="every server and every workload once, not each with each, too short for any figure to count")
    new.set_defaults(
        servers=[servers.SERVERS[name] for name in servers.DEFAULT],
        workloads=[workload for workload in WORKLOADS.values() if workload.default],
    )
    new.set_defaults(**defaults)
    return new


def build(options: argparse.Namespace) -> None:
    """Also installs what is missing."""
    targets = {machine.TARGET} | {server.target for server in options.servers if server.target}
    if options.pollux:
        servers.Pollux.binary = options.pollux.resolve()
        targets.discard(servers.Pollux.target)
    if any(isinstance(workload, (Flood, Handshakes)) for workload in options.workloads):
        targets.add("castor")
    subprocess.run([REPOSITORY / "scripts/dev-cert"], check=True)
    subprocess.run([REPOSITORY / "bench/build", *sorted(targets)], check=True)
    subprocess.run([REPOSITORY / "scripts/install", "bench"], check=True)


def raise_descriptor_limit() -> int:
    """For the servers as well, which inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (max(hard, DESCRIPTORS), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return wanted
    return soft


def possible(workloads: list[Workload], descriptors: int) -> tuple[list[Workload], dict[str, str]]:
    """The workloads there are enough descriptors for, and why the others are left out."""
    left_out = {
        workload.name: f"needs {workload.descriptors} open files, and the limit (ulimit -Hn) is {descriptors}"
        for workload in workloads
        if workload.descriptors > descriptors
    }
    return [workload for workload in workloads if workload.name not in left_out], left_out


def small(workload: Workload) -> Workload:
    """10,000 connections would not even be open in a moment."""
    most = 1000
    return dataclasses.replace(
        workload, connections=min(workload.connections, most), crowd=min(workload.crowd, most)
    )


def start_all(bench: rounds.Bench, results: Results, wanted: list[type[servers.Server]]) -> None:
    for server in wanted:
        try:
            bench.start(server)
            results.servers.append(server)
            results.versions[server.name] = server.version()
        except ServerError as error:
            results.unavailable[server.name] = str(error)
            say(f"{server.name} is not available: {error}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """A line for each sample, with the time that is left."""

    def __init__(self, results: Results, rounds_: int):
        measured = rounds.pairs(results)
        self._total = sum((1 if workload.once else rounds_) * len(measured[workload.name]) for workload in results.workloads)
        self._rounds = rounds_
        self._done = 0
        self._begin = time.monotonic()

    def __call__(self, number: int, workload: Workload, server: type[servers.Server], sample) -> None:
        self._done += 1
        left = (time.monotonic() - self._begin) / self._done * (self._total - self._done)
        figures = (
            f"{FIGURES[name].text(sample.figures[name])} {FIGURES[name].title}"
            for name in list(sample.figures)[:2]
        )
        errors = [f"{count} x {what}" for what, count in sample.errors.items()]
        say(
            f"[{self._done}/{self._total}, {math.ceil(left)} s left] round {number + 1} of {self._rounds}, "
            f"{workload.name}, {server.name}: {', '.join([*figures, *errors])}"
        )


def measure(options: argparse.Namespace) -> Results:
    workloads, left_out = possible(options.workloads, raise_descriptor_limit())
    results = Results(
        machine=machine.describe(),
        settings={"rounds": options.rounds, "seconds": options.seconds, "smoke": options.smoke},
        servers=[],
        versions={},
        unavailable={},
        workloads=workloads,
        left_out=left_out,
        baseline=options.baseline,
    )
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        bench = rounds.Bench(folder, options.seconds, stack)
        start_all(bench, results, options.servers)
        rounds.run(bench, results, options.rounds, Progress(results, options.rounds))
    return results


def write_files(options: argparse.Namespace, results: Results) -> None:
    documents = (
        (options.json, lambda: json.dumps(results.as_dict(), indent=2) + "\n"),
        (options.html, lambda: page.document(results)),
    )
    for path, text in documents:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text())
            say(f"wrote {path}")


def failed(options: argparse.Namespace, results: Results) -> bool:
    """A server of ours that does not start is a failure of the smoke; one that is not installed is not, nor one
    that the kernel refuses its ring (docs/io-uring.md)."""
    ours = [
        name
        for name, reason in results.unavailable.items()
        if servers.SERVERS[name].target and "no io_uring to be had" not in reason and "io_uring_setup" not in reason
    ]
    return bool(results.failures) or not results.servers or (options.smoke and bool(ours))


def is_whole(options: argparse.Namespace, usual: argparse.Namespace) -> bool:
    """Of the program as it is here, with every server and workload that a run without options has, and as long."""
    return (
        not options.smoke
        and not options.pollux
        and options.rounds >= usual.rounds
        and options.seconds >= usual.seconds
        and set(usual.servers) <= set(options.servers)
        and set(usual.workloads) <= set(options.workloads)
    )


def look_back(options: argparse.Namespace, results: Results, before: dict | None, whole: bool) -> None:
    """At the run to be compared with, if any; and leaves a line for those to come."""
    now = history.entry(results, machine.commit())
    if before:
        print()
        for line in history.lines(before, now):
            print(line)
    if options.history and whole and now["ratios"]:
        history.append(options.history, now)
        say(f"added a line to {options.history}")


def run(arguments: list[str], description: str, defaults: dict) -> int:
    commands = parser(description, defaults)
    options = commands.parse_args(arguments)
    whole = is_whole(options, commands.parse_args([]))
    if options.against and not options.history:
        commands.error("--against wants a --history")
    before = history.find(history.load(options.history), options.against) if options.against else None
    if options.smoke:
        options.rounds, options.seconds = 1, 0.3
        options.workloads = [small(workload) for workload in options.workloads]
    build(options)
    results = measure(options)
    for line in machine.lines(results.machine):
        print(line)
    print(f"{options.rounds} rounds of {options.seconds:g} s; ratios are to {options.baseline}")
    print(", ".join(f"{name} {version}".strip() for name, version in results.versions.items()))
    for line in table.lines(results):
        print(line)
    look_back(options, results, before, whole)
    write_files(options, results)
    bad = failed(options, results)
    if options.smoke:
        print("\nsmoke: " + ("failed" if bad else "passed"))
    return 1 if bad else 0


def main(description: str, **defaults) -> None:
    try:
        sys.exit(run(sys.argv[1:], description, defaults))
    except (ServerError, history.HistoryError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

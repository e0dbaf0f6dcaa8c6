"""One run of bench/million: opens connections until all are held or memory would end, and asks on some of them."""

import time
from pathlib import Path

from bench import holders, limits, measure
from bench.command import say

ASKED = 1000
PATIENCE = 20.0  # seconds without a new connection
GUESS = 16 * 1024  # octets of a connection, until some are there
LOOK = 0.05  # seconds
MIB = 1 << 20


class Run:
    """What it finds out is in `rows`, as text by what it is. `keep`: octets of memory that stay available."""

    def __init__(self, plan: holders.Plan, crew: holders.Servers, keep: int, folder: Path):
        self._keep = keep
        self._before = measure.meminfo()
        self._plan = plan
        self._crew = crew
        self._folder = folder
        self._clients: list[holders.Client] = []
        self._opened = 0
        self._stopped = ""
        self.rows: dict[str, str] = {}

    def go(self) -> bool:
        """Were all held, and all that were asked answered?"""
        user_before = self._crew.octets()
        self._before = measure.meminfo()
        begin = time.monotonic()
        asked = holders.Asked(self._crew.port, self._crew.tls, min(ASKED, self._plan.connections))
        try:
            self._open_all(min(ASKED, self._plan.connections))
            seconds = time.monotonic() - begin
            held = self._crew.held()
            self._costs(held, user_before, seconds)
            self._ask(asked)
            lost = held - self._crew.held()
        finally:
            asked.close()
            reports = self._end_clients()
        self._outcome(held, lost, reports)
        return held == self._plan.connections and not lost and not asked.failed

    def _available(self) -> int:
        return measure.available_octets(measure.meminfo(), self._before)

    def _open_all(self, asked: int) -> None:
        self._opened = asked
        self._await(asked)
        for number, share in enumerate(self._plan.shares(asked)):
            room = self._room()
            if room > 0:
                self._open(number, min(share, room))
            if room < share:
                self._stopped = self._stopped or f"memory: {self._available() / MIB:,.0f} MiB are available"
            if self._stopped:
                return

    def _open(self, number: int, count: int) -> None:
        client = holders.Client(number, count, self._crew.url, limits.ports(), self._folder)
        self._clients.append(client)
        self._opened += count
        self._await(self._opened, client)
        client.pause()
        say(f"{self._crew.held():,} held, {self._available() / MIB:,.0f} MiB available")

    def _room(self) -> int:
        """Connections that memory is left for, by what those that are there have cost."""
        available = self._available()
        each = GUESS
        if self._opened > 10 * ASKED:
            each = max(1024, (self._before["MemAvailable"] - available) / self._opened)
        return int((available - self._keep) / each)

    def _await(self, wanted: int, client: holders.Client | None = None) -> None:
        """Until so many are held; or it will not come to that: then says why."""
        most, since = 0, time.monotonic()
        while (held := self._crew.held()) < wanted and not self._stopped:
            if held > most:
                most, since = held, time.monotonic()
            if client and client.has_ended():
                self._stopped = "a client has ended"
            elif time.monotonic() - since > PATIENCE:
                self._stopped = f"no new connection in {PATIENCE:g} s"
            elif self._available() < self._keep:
                self._stopped = "memory: less available than is to be kept"
            elif ended := self._crew.ended():
                self._stopped = f"a server has ended: {ended[0]}"
            time.sleep(LOOK)

    def _costs(self, held: int, user_before: int, seconds: float) -> None:
        each = max(held, 1)
        user = self._crew.octets() - user_before
        before, now = self._before, measure.meminfo()
        kernel = measure.kernel_octets(now) - measure.kernel_octets(before)
        slab = now["Slab"] - before["Slab"]
        self.rows |= {
            "connections held": f"{held:,}",
            "time to connect": f"{seconds:.1f} s, {held / seconds:,.0f} a second",
            "user memory of the server": f"{user / each:,.0f} bytes each",
            "kernel memory, both ends": f"{kernel / each:,.0f} bytes each; slab alone {slab / each:,.0f}",
            "memory available": f"{before['MemAvailable'] / MIB:,.0f} MiB before, {self._available() / MIB:,.0f} MiB now",
        }

    def _ask(self, asked: holders.Asked) -> None:
        times = sorted(asked.ask())
        text = f"{asked.failed} without the page"
        for name, share in (("p50", 0.5), ("p99", 0.99), ("the slowest", 1)):
            if times:
                text += f", {name} {1000 * times[min(int(len(times) * share), len(times) - 1)]:.2f} ms"
        self.rows[f"{len(times):,} of them asked"] = text

    def _end_clients(self) -> list[dict]:
        for client in self._clients:
            client.end()
        return [client.report() for client in self._clients]

    def _outcome(self, held: int, lost: int, reports: list[dict]) -> None:
        failed = sum(report["lost"] for report in reports)
        memory = sum(report["memory_octets"] for report in reports) / max(1, sum(report["held"] for report in reports))
        self.rows["user memory of the clients"] = f"{memory:,.0f} bytes each"
        self.rows["lost"] = f"{lost} while they were held; the clients say {failed} were lost or not made"
        self.rows["stopped"] = self._stopped or "all there were to be"

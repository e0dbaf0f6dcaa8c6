"""What is measured: one entry for each figure, with the unit people read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    unit: str
    scale: float  # from seconds or octets to the unit
    digits: int
    more_is_better: bool = False

    def text(self, value: float) -> str:
        return f"{value * self.scale:,.{self.digits}f}"


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("requests_per_second", "requests/s", "1/s", 1, 0, more_is_better=True),
        Figure("cpu_per_request", "CPU us/request", "us", 1e6, 2),
        Figure("p50", "p50 ms", "ms", 1e3, 2),
        Figure("p99", "p99 ms", "ms", 1e3, 2),
        Figure("p999", "p99.9 ms", "ms", 1e3, 2),
        Figure("p99_alone", "p99 ms alone", "ms", 1e3, 2),
        Figure("handshakes_per_second", "handshakes/s", "1/s", 1, 0, more_is_better=True),
        Figure("memory_per_connection", "octets/connection", "octets", 1, 0),
        Figure("seconds_to_last", "ms to the last answer", "ms", 1e3, 0),
    )
}

"""One run of castor, our load generator: a new TLS connection for each request, resumed or not.

wrk is not asked: whether its connections resume the session before depends on how that one was closed.
"""

import json
import subprocess
from dataclasses import dataclass

from bench.process import REPOSITORY

CASTOR = REPOSITORY / "build/release/client/castor"
AUTHORITY = REPOSITORY / "build/dev-cert/authority.pem"


@dataclass(frozen=True)
class Report:
    requests: int
    seconds: float
    errors: dict[str, int]

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0


def run(url: str, connections: int, seconds: float, resume: bool) -> Report:
    # --cacert although nothing is verified: reading all the system's authorities would take its time.
    command = [CASTOR, "-j2", f"-c{connections}", f"-t{seconds:g}s", "--insecure", "--cacert", AUTHORITY,
               "--quiet", "--json", "-", *(["--resume"] if resume else []), url]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if not done.stdout:
        raise RuntimeError(f"castor failed: {done.stderr.strip()}")
    said = json.loads(done.stdout)
    return Report(said["succeeded"], said["seconds"], said["errors"])

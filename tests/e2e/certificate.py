"""Certificates for the tests: scripts/dev-cert's, made once a run."""

from __future__ import annotations

import atexit
import functools
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DevCertificate:
    """A certificate for localhost and the loopback addresses, and the authority that signed it."""

    directory: Path

    @property
    def authority(self) -> Path:
        return self.directory / "authority.pem"

    @property
    def settings(self) -> dict[str, Path]:
        """The keys of [tls] that present it."""
        return {"certificate": self.directory / "certificate.pem", "private_key": self.directory / "key.pem"}

    def client_context(self, **versions: ssl.TLSVersion) -> ssl.SSLContext:
        """A client that trusts it, and nobody else."""
        context = ssl.create_default_context(cafile=self.authority)
        for name, version in versions.items():
            setattr(context, name, version)
        return context


def make(directory: Path, *names: str) -> DevCertificate:
    """For this machine's own names, or for others."""
    subprocess.run([ROOT / "scripts/dev-cert", directory, *names], check=True, capture_output=True)
    return DevCertificate(directory)


@functools.cache
def shared() -> DevCertificate:
    directory = Path(tempfile.mkdtemp(prefix="pollux-cert-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return make(directory)

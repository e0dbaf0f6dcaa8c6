"""How each server is started: one class a server, its whole configuration in sight.

The configurations aim at the fastest thing a sensible administrator would write, so that
nobody is compared at a disadvantage: two workers each (as many as the reference machine
has cores), no access log, open files cached, no limit on the requests of a connection.
Every server runs in the foreground in a temporary folder of its own, on a free port of
127.0.0.1, and answers with the same site.

To add a server: subclass Server, say how it starts, enter it in SERVERS.
"""

import getpass
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

WORKERS = 2
REPOSITORY = Path(__file__).resolve().parent.parent
PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"  # where Debian keeps servers


class ServerError(Exception):
    """The server is not there, does not start, or does not serve what it should."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server; a context manager. After __enter__, it accepts connections."""

    name = ""

    def __init__(self, site: Path, folder: Path):
        self.site = site  # what it serves
        self.folder = folder  # its own: configuration, log, scratch
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    # What a subclass says.

    def command(self) -> list[str]:
        """The command line that runs it in the foreground; writes its configuration first."""
        raise NotImplementedError

    def version(self) -> str:
        raise NotImplementedError

    # What is the same for all.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/index.html"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def __enter__(self) -> "Server":
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "PATH": PATH},
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ServerError(f"{self.name}: {error.filename} is not installed") from None
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def wait_until_ready(self, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerError(f"{self.name} ended at once: {self.log.read_text(errors='replace').strip()}")
            if self.is_ready():
                return
            time.sleep(0.02)
        raise ServerError(f"{self.name} was not ready after {seconds:g} s")

    def is_ready(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is None:
            return
        self.signal_group(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass
        self.signal_group(signal.SIGKILL)  # workers that outlived their master
        self.process.wait()

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)  # the group it leads, see start_new_session
        except ProcessLookupError:
            pass


def printed_version(command: list[str], pattern: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, env={**os.environ, "PATH": PATH})
    except FileNotFoundError:
        raise ServerError(f"{command[0]} is not installed") from None
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else "unknown"


class Pollux(Server):
    name = "pollux"
    binary = REPOSITORY / "build/release/server/pollux"

    def command(self) -> list[str]:
        config = self.write(
            "pollux.ini",
            f"""[server]
listen = 127.0.0.1:0
workers = {WORKERS}

[site]
root = {self.site}

[limits]
keepalive_requests = 1000000000

[log]
access = off
file = -
""",
        )
        return [str(self.binary), "--config", str(config)]

    def is_ready(self) -> bool:
        """It says itself which port it got."""
        match = re.search(r"^listening on http://127\.0\.0\.1:(\d+)$", self.log.read_text(), re.MULTILINE)
        if match is None:
            return False
        self.port = int(match[1])
        return True

    def version(self) -> str:
        return printed_version([str(self.binary), "--version"], r"(\d+(?:\.\d+)+)")


class Nginx(Server):
    name = "nginx"

    def command(self) -> list[str]:
        # As root, nginx would give its workers to www-data, who may not read a temporary folder.
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        config = self.write(
            "nginx.conf",
            f"""daemon off;
worker_processes {WORKERS};
pid {self.folder}/nginx.pid;
error_log stderr warn;
{user}

events {{
  worker_connections 16384;
}}

http {{
  types {{ text/html html; }}
  access_log off;
  sendfile on;
  tcp_nopush off;
  open_file_cache max=10000 inactive=60s;
  keepalive_timeout 60s;
  keepalive_requests 1000000000;
  client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fastcgi;
  uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;

  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    root {self.site};
  }}
}}
""",
        )
        return ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(config)]

    def version(self) -> str:
        return printed_version(["nginx", "-v"], r"nginx/(\S+)")


class Lighttpd(Server):
    name = "lighttpd"

    def command(self) -> list[str]:
        config = self.write(
            "lighttpd.conf",
            f"""server.bind = "127.0.0.1"
server.port = {self.port}
server.document-root = "{self.site}"
server.max-worker = {WORKERS}
server.max-fds = 32768
server.max-connections = 16384
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 60
server.listen-backlog = 4096
server.network-backend = "sendfile"
mimetype.assign = (".html" => "text/html")
""",
        )
        return ["lighttpd", "-D", "-f", str(config)]

    def version(self) -> str:
        return printed_version(["lighttpd", "-v"], r"lighttpd/(\S+)")


SERVERS: dict[str, type[Server]] = {server.name: server for server in (Pollux, Nginx, Lighttpd)}

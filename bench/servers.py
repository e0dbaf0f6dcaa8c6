"""How each server is started: one class a server, its whole configuration in sight.

The configurations aim at the fastest thing a sensible administrator would write, so that
nobody is compared at a disadvantage: two workers, loops or threads each (as many as the
reference machine has cores), no access log, open files cached, no limit on the requests of a
connection, idle connections kept for 60 s, room for 16,000 connections, a backlog of 4096.
Every server runs in the foreground in a temporary folder of its own, on a free port of
127.0.0.1, and answers with the same site.

To add a server: subclass Server, say how it starts, enter it in SERVERS.
"""

import getpass
import os
import re

from bench.process import REPOSITORY, Server, ServerError, printed_version

__all__ = ["DEFAULT", "SERVERS", "WORKERS", "Pollux", "Server", "ServerError"]

WORKERS = 2
CONNECTIONS = 16384
BACKLOG = 4096
KEEPALIVE = 60  # seconds
NO_LIMIT = 1_000_000_000  # requests on a connection
IDENTITY = REPOSITORY / "build/dev-cert"  # certificate.pem and key.pem, see scripts/dev-cert
LIGHTTPD_LIMIT = 65535  # the most it has: it keeps 16 bits of the number


def user() -> str:
    """As root, servers would give their workers to somebody who may not read a temporary folder."""
    return getpass.getuser() if os.geteuid() == 0 else ""


class SaysItsPort(Server):
    """A server of ours, which says itself where it listens."""

    schemes = ("http",)

    def is_ready(self) -> bool:
        ports = dict(re.findall(r"^listening on (https?)://127\.0\.0\.1:(\d+)$", self.log.read_text(), re.MULTILINE))
        if ports.keys() != set(self.schemes):
            return False
        self.port = int(ports["http"])
        self.tls_port = int(ports.get("https", 0))
        return True


class Pollux(SaysItsPort):
    """In its default model; the subclasses are the others."""

    name = "pollux"
    label = "Pollux"
    family = "pollux"
    schemes = ("http", "https")
    target = "pollux"
    binary = REPOSITORY / "build/release/server/pollux"
    settings: dict[str, str] = {}

    def command(self) -> list[str]:
        config = self.write(
            "pollux.ini",
            f"""[server]
listen = 127.0.0.1:0
workers = {WORKERS}
loops = {WORKERS}
backlog = {BACKLOG}
defer_accept = on

[site]
root = {self.site}
sendfile = {self.sendfile}

[tls]
listen = 127.0.0.1:0
certificate = {IDENTITY}/certificate.pem
private_key = {IDENTITY}/key.pem

[timeouts]
keepalive = {KEEPALIVE}s

[limits]
keepalive_requests = {NO_LIMIT}

[log]
access = off
file = -
""",
        )
        settings = [part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")]
        return [str(self.binary), "--config", str(config), *settings]

    @classmethod
    def version(cls) -> str:
        return printed_version([str(cls.binary), "--version"], r"(\d+(?:\.\d+)+)")


def pollux(name: str, **settings: str) -> type[Pollux]:
    """Pollux with some settings of [server]."""
    members = {
        "name": f"pollux-{name}",
        "label": f"Pollux {name}",
        "settings": {f"server.{key}": value for key, value in settings.items()},
    }
    return type(f"Pollux_{name}", (Pollux,), members)


class Nginx(Server):
    name = label = family = "nginx"

    def command(self) -> list[str]:
        config = self.write(
            "nginx.conf",
            f"""daemon off;
worker_processes {WORKERS};
pid {self.folder}/nginx.pid;
error_log stderr warn;
{f"user {user()};" if user() else ""}

events {{
  worker_connections {CONNECTIONS};
}}

http {{
  types {{ text/html html; }}
  access_log off;
  sendfile on;
  tcp_nopush off;
  open_file_cache max=10000 inactive=60s;
  keepalive_timeout {KEEPALIVE}s;
  keepalive_requests {NO_LIMIT};
  client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fastcgi;
  uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;

  ssl_certificate {IDENTITY}/certificate.pem;
  ssl_certificate_key {IDENTITY}/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3;

  server {{
    listen 127.0.0.1:{self.port} backlog={BACKLOG} deferred;
    listen 127.0.0.1:{self.tls_port} ssl http2 backlog={BACKLOG} deferred;
    root {self.site};
  }}
}}
""",
        )
        return ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(config)]

    @classmethod
    def version(cls) -> str:
        return printed_version(["nginx", "-v"], r"nginx/(\S+)")


class Lighttpd(Server):
    name = label = family = "lighttpd"

    def command(self) -> list[str]:
        config = self.write(
            "lighttpd.conf",
            f"""server.bind = "127.0.0.1"
server.port = {self.port}
server.document-root = "{self.site}"
server.max-worker = {WORKERS}
server.max-fds = {2 * CONNECTIONS}
server.max-connections = {CONNECTIONS}
server.max-keep-alive-requests = {LIGHTTPD_LIMIT}
server.max-keep-alive-idle = {KEEPALIVE}
server.listen-backlog = {BACKLOG}
server.defer-accept = 1
server.network-backend = "sendfile"
mimetype.assign = (".html" => "text/html")
""",
        )
        return ["lighttpd", "-D", "-f", str(config)]

    @classmethod
    def version(cls) -> str:
        return printed_version(["lighttpd", "-v"], r"lighttpd/(\S+)")


class H2o(Server):
    """Its cache of open files is always on; its backlog is fixed at 65535 (the kernel's limit applies)."""

    name = label = family = "h2o"

    def command(self) -> list[str]:
        config = self.write(
            "h2o.conf",
            f"""num-threads: {WORKERS}
max-connections: {CONNECTIONS}
http1-request-timeout: {KEEPALIVE}
pid-file: {self.folder}/h2o.pid
{f"user: {user()}" if user() else ""}
listen:
  host: 127.0.0.1
  port: {self.port}
listen:
  host: 127.0.0.1
  port: {self.tls_port}
  ssl:
    certificate-file: {IDENTITY}/certificate.pem
    key-file: {IDENTITY}/key.pem
hosts:
  default:
    paths:
      /:
        file.dir: {self.site}
""",
        )
        return ["h2o", "-m", "worker", "-c", str(config)]

    @classmethod
    def version(cls) -> str:
        return printed_version(["h2o", "-v"], r"h2o version (\S+)")


class Caddy(Server):
    """Written in Go: its threads are as many as GOMAXPROCS says. It has no bound on connections, none on the requests of one,
    no switch for TCP_DEFER_ACCEPT, and no cache of open files. Its backlog is the kernel's limit."""

    name = family = "caddy"
    label = "Caddy"

    def command(self) -> list[str]:
        config = self.write(
            "Caddyfile",
            f"""{{
  admin off
  auto_https off
  default_bind 127.0.0.1
  log {{
    level ERROR
  }}
  servers {{
    protocols h1 h2
    timeouts {{
      idle {KEEPALIVE}s
    }}
  }}
}}

http://:{self.port} {{
  root * {self.site}
  file_server
}}

https://:{self.tls_port} {{
  tls {IDENTITY}/certificate.pem {IDENTITY}/key.pem
  root * {self.site}
  file_server
}}
""",
        )
        return ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]

    def environment(self) -> dict[str, str]:
        return {"GOMAXPROCS": str(WORKERS), "XDG_CONFIG_HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}

    @classmethod
    def version(cls) -> str:
        return printed_version(["caddy", "version"], r"v?(\d+(?:\.\d+)+)")


class Limit(SaysItsPort):
    """bench/limit.cpp: the least a server can do with epoll."""

    name = family = "limit"
    label = "the limit, epoll"
    target = "bench_limit"
    arguments: tuple[str, ...] = ()

    def command(self) -> list[str]:
        binary = REPOSITORY / "build/release/bench" / self.target
        return [str(binary), str(self.port), str(WORKERS), str(self.site), *self.arguments]

    @classmethod
    def version(cls) -> str:
        return ""


class LimitRing(Limit):
    """bench/limit_ring.cpp: the least a server can do with io_uring."""

    name = "limit-ring"
    label = "the limit, io_uring"
    target = "bench_limit_ring"


class LimitRingOneshot(LimitRing):
    """It submits each receive anew."""

    name = "limit-ring-oneshot"
    label = "the same, oneshot"
    arguments = ("oneshot",)


DEFAULT = (
    "pollux-proactor",
    "pollux-reactor",
    "pollux-multi-reactor",
    "pollux-io-uring",
    "nginx",
    "lighttpd",
    "h2o",
    "caddy",
    "limit",
    "limit-ring",
)

SERVERS: dict[str, type[Server]] = {
    server.name: server
    for server in (
        Pollux,
        pollux("proactor", model="proactor"),
        pollux("reactor", model="reactor"),
        pollux("multi-reactor", model="multi-reactor", accept="reuseport"),
        pollux("multi-reactor-loop", model="multi-reactor", accept="loop"),
        pollux("multi-reactor-thread", model="multi-reactor", accept="thread"),
        pollux("io-uring", model="io-uring", accept="reuseport"),
        Nginx,
        Lighttpd,
        H2o,
        Caddy,
        Limit,
        LimitRing,
        LimitRingOneshot,
    )
}

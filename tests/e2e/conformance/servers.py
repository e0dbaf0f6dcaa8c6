"""The servers the cases are run against, each with a small configuration and the site of site.py.

Where a setting makes a server more correct than its default, it is set: nginx compares dates instead of asking
for equality, and redirects without repeating Host. Limits are those of the cases, where they can be set.
"""

import getpass
import os
import re
from pathlib import Path

from bench.servers import Server, printed_version

BINARY = Path(__file__).resolve().parents[3] / "build/release/server/pollux"


class Pollux(Server):
    name = "Pollux"

    def command(self) -> list[str]:
        config = self.write("pollux.ini", f"""[server]
listen = 127.0.0.1:0
[site]
root = {self.site}
echo = on
[log]
access = off
""")
        return [os.environ.get("POLLUX_BINARY", str(BINARY)), "--config", str(config)]

    def is_ready(self) -> bool:
        match = re.search(r"^listening on http://127\.0\.0\.1:(\d+)$", self.log.read_text(), re.MULTILINE)
        if match:
            self.port = int(match[1])
        return match is not None

    def version(self) -> str:
        return printed_version([self.command()[0], "--version"], r"(\d+(?:\.\d+)+)")


class Nginx(Server):
    name = "nginx"

    def command(self) -> list[str]:
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        config = self.write("nginx.conf", f"""daemon off;
worker_processes 1;
pid {self.folder}/nginx.pid;
error_log stderr crit;
{user}
events {{ worker_connections 4096; }}
http {{
  types {{ text/html html; text/plain txt; }}
  access_log off;
  if_modified_since before;
  absolute_redirect off;
  client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fastcgi;
  uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    root {self.site};
    index index.html;
  }}
}}
""")
        return ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(config)]

    def version(self) -> str:
        return printed_version(["nginx", "-v"], r"nginx/(\S+)")


class Lighttpd(Server):
    name = "lighttpd"

    def command(self) -> list[str]:
        config = self.write("lighttpd.conf", f"""server.bind = "127.0.0.1"
server.port = {self.port}
server.document-root = "{self.site}"
server.max-keep-alive-requests = 1000
server.max-request-size = 1024
server.listen-backlog = 4096
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".txt" => "text/plain", "" => "application/octet-stream")
""")
        return ["lighttpd", "-D", "-f", str(config)]

    def version(self) -> str:
        return printed_version(["lighttpd", "-v"], r"lighttpd/(\S+)")


class H2o(Server):
    name = "h2o"

    def command(self) -> list[str]:
        user = f"user: {getpass.getuser()}" if os.geteuid() == 0 else ""
        config = self.write("h2o.yaml", f"""{user}
num-threads: 1
pid-file: {self.folder}/h2o.pid
error-log: /dev/null
limit-request-body: 1048576
listen: {{host: 127.0.0.1, port: {self.port}}}
file.index: ["index.html"]
hosts:
  default:
    paths:
      /:
        file.dir: {self.site}
""")
        return ["h2o", "-c", str(config)]

    def version(self) -> str:
        return printed_version(["h2o", "--version"], r"h2o version (\S+)")


SERVERS: tuple[type[Server], ...] = (Pollux, Nginx, Lighttpd, H2o)

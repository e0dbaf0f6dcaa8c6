"""Accounts through the door: register, log in, members' files, log out; as a browser without a script would.

A Visitor keeps cookies and fills in the forms it was given. The database is SQLite, in the server's own folder.
"""

import html
import re
import threading
from urllib.parse import urlencode

import pytest

from harness import request, seconds, wait_until

PASSWORD = "correct horse"


@pytest.fixture
def members(serve, tmp_path):
    server = serve(accounts={"enabled": "on", "database": f"sqlite:{tmp_path}/accounts.db"},
                   site={"root": tmp_path / "site", "protected": "/members/"})
    server.write("hello.txt", b"for all")
    server.write("members/secret.txt", b"0123456789")
    server.write("members/index.html", b"<p>inside</p>")
    return server


class Visitor:
    """A browser's worth of cookies, on connections that are kept."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}

    def ask(self, method, path, body=b"", **fields):
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with self.server.connect() as client:
            client.send(request(method, path, body, **{name.replace("_", "-"): value for name, value in fields.items()}))
            answer = client.read_response(head=method == "HEAD")
        for line in answer.all("Set-Cookie"):
            self.keep(line)
        return answer

    def keep(self, line):
        assert "; HttpOnly" in line and "; SameSite=Lax" in line and "; Path=/" in line
        assert ("; Secure" in line) == self.server.tls
        name, _, value = line.partition(";")[0].partition("=")
        assert name.startswith("__Host-") == self.server.tls
        if "Max-Age=0" in line:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, **fields):
        return self.ask("GET", path, **fields)

    def csrf(self, path):
        return re.search(rb'name="csrf" value="([^"]+)"', self.get(path).body)[1].decode()

    def post(self, path, form, **fields):
        body = urlencode({"csrf": self.csrf(path), **form}).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded", **fields)

    def register(self, user, password=PASSWORD):
        return self.post("/register", {"user": user, "password": password})

    def log_in(self, user, password=PASSWORD, **form):
        return self.post("/login", {"user": user, "password": password, **form})

"""A visitor of the accounts' pages: keeps cookies and fills in the forms it was given, as a browser without a script."""

import re
from urllib.parse import urlencode

from client import request
from patience import wait_until

__all__ = ["FORM", "PASSWORD", "Visitor"]

PASSWORD = "correct horse"
FORM = "Content-Type: application/x-www-form-urlencoded"


class Visitor:
    """A browser's worth of cookies, each request on a connection of its own.

    A patient one asks again where the answer is 503: on a busy machine there may be no turn to hash in time.
    """

    def __init__(self, server, patient=True):
        self.server = server
        self.patient = patient
        self.cookies = {}

    def ask(self, method, path, *fields, body=None):
        answers = []

        def answered():
            answers.append(self.ask_once(method, path, *fields, body=body))
            return answers[-1].status != 503 or not self.patient

        wait_until(answered, f"{path} is served")
        return answers[-1]

    def ask_once(self, method, path, *fields, body=None):
        if self.cookies:
            fields += ("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()),)
        with self.server.connect() as client:
            client.send(request(method, path, *fields, body=body))
            answer = client.read_response(method)
        for line in answer.all("Set-Cookie"):
            self.keep(line)
        return answer

    def keep(self, line):
        assert "; HttpOnly" in line and "; SameSite=Lax" in line and "; Path=/" in line
        assert ("; Secure" in line) == bool(self.server.tls)
        name, _, value = line.partition(";")[0].partition("=")
        assert name.startswith("__Host-") == bool(self.server.tls)
        if "Max-Age=0" in line:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, *fields):
        return self.ask("GET", path, *fields)

    def csrf(self, path):
        return re.search(rb'name="csrf" value="([^"]+)"', self.get(path).body)[1].decode()

    def post(self, path, form):
        return self.ask("POST", path, FORM, body=urlencode({"csrf": self.csrf(path), **form}).encode())

    def register(self, user, password=PASSWORD):
        return self.post("/register", {"user": user, "password": password})

    def log_in(self, user, password=PASSWORD, **form):
        return self.post("/login", {"user": user, "password": password, **form})

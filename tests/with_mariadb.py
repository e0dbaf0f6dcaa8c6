#!/usr/bin/python3
"""Runs programs beside a MariaDB server that lives in a temporary directory as long as they do.

    tests/with_mariadb.py COMMAND [ARGUMENT...] [--- COMMAND [ARGUMENT...]]...

POLLUX_TEST_MYSQL is its address, as in accounts.database. POLLUX_TEST_MYSQL_CONTROL is a Unix socket; a line there
is obeyed and answered "ok": kill (SIGKILL), start (returns when it accepts connections), stop (SIGSTOP), cont (SIGCONT).
POLLUX_TEST_MYSQL_CA is the authority its certificate is signed by.

Debian's mariadb-server-core is all the server needs: no service, no configuration, no user. As a module: MariaDb.
"""

import contextlib
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import pymysql

HERE = pathlib.Path(__file__).resolve().parent
SHARE = pathlib.Path("/usr/share/mysql")
PROGRAM = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
USER, PASSWORD, DATABASE = "pollux", "sesame & co", "pollux"
START_TIMEOUT = 60  # Seconds.
MEMORY = pathlib.Path("/dev/shm")  # Where no statement waits for a disk that others keep busy.
SIZE = 256 << 20  # Bytes: what a server here needs at most, and then some.


def free_port():
    """One that no client is given as its own, so that it is still free when a server is started again."""
    below = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(below // 2, below), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port")


def temporary_directory():
    """In memory if there is room: the server may be killed, but the machine it runs on will not."""
    room = shutil.disk_usage(MEMORY).free if os.access(MEMORY, os.W_OK) else 0
    return tempfile.TemporaryDirectory(prefix="mariadb-", dir=MEMORY if room >= SIZE else None)


class MariaDb:
    """A server with its own directory, port and socket. A context manager: it is killed at the end."""

    def __init__(self):
        self.temporary_directory = temporary_directory()
        self.directory = pathlib.Path(self.temporary_directory.name)
        self.data = self.directory / "data"
        self.temporary = self.directory / "temporary"
        self.socket = self.directory / "socket"
        self.log = self.directory / "log"
        self.port = free_port()
        self.process = None
        self.databases = 0
        self.tls = self.directory / "tls"
        subprocess.run([HERE.parent / "scripts" / "dev-cert", self.tls], check=True, capture_output=True)
        self.initialise()

    @property
    def address(self):
        return self.address_of(DATABASE)

    def address_of(self, database):
        """As accounts.database wants it."""
        password = PASSWORD.replace(" ", "%20").replace("&", "%26")
        return f"mysql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self):
        """The address of an empty one. REQUIRES: it is running."""
        self.databases += 1
        name = f"{DATABASE}_{self.databases}"
        self.query(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self.address_of(name)

    def query(self, sql, database=None):
        """The rows of an answer."""
        with contextlib.closing(pymysql.connect(unix_socket=str(self.socket), user=USER, password=PASSWORD,
                                                database=database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def command(self, *options):
        user = ["--user=root"] if os.geteuid() == 0 else []
        small = ["--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M", "--innodb-fast-shutdown=0",
                 "--skip-innodb-use-native-aio"]  # Of io_uring, there may not be enough for several servers.
        # A server removes what looks like its temporary tables: it must not be another one's.
        return [PROGRAM, "--no-defaults", f"--datadir={self.data}", f"--tmpdir={self.temporary}", *user, *small, *options]

    def initialise(self):
        """What mariadb-install-db does, without help texts."""
        self.data.mkdir()
        self.temporary.mkdir()
        sql = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"]
        for name in ("mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data"):
            sql.append((SHARE / f"{name}.sql").read_text())
        done = subprocess.run(self.command("--bootstrap"), input="\n".join(sql), text=True, check=False,
                              stdout=subprocess.DEVNULL, stderr=self.log.open("a"), timeout=START_TIMEOUT)
        if done.returncode != 0:
            raise RuntimeError(f"mariadbd makes no database ({done.returncode}):\n{self.last_words()}")
        (self.directory / "init.sql").write_text(
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON `{DATABASE}%`.* TO '{USER}'@'127.0.0.1';\n"
            f"GRANT ALL ON `{DATABASE}%`.* TO '{USER}'@'localhost';\n")

    def start(self):
        """Returns when it accepts connections."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind("")  # An address of the kernel's choice.
            self.launch(notices.getsockname())
            self.await_ready(notices)

    def launch(self, notify):
        self.process = subprocess.Popen(
            self.command(f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.socket}",
                         f"--init-file={self.directory / 'init.sql'}", f"--pid-file={self.directory / 'pid'}",
                         f"--ssl-cert={self.tls / 'certificate.pem'}", f"--ssl-key={self.tls / 'key.pem'}",
                         "--skip-name-resolve"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log.open("a"), start_new_session=True,
            env={**os.environ, "NOTIFY_SOCKET": "@" + notify[1:].decode()})

    def await_ready(self, notices):
        """It says so as to systemd: see sd_notify(3)."""
        end = os.pidfd_open(self.process.pid)
        try:
            while True:
                ready = select.select([notices, end], [], [], START_TIMEOUT)[0]
                if notices not in ready:
                    raise RuntimeError(f"mariadbd does not start:\n{self.last_words()}")
                if b"READY=1" in notices.recv(4096).splitlines():
                    return
        finally:
            os.close(end)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def last_words(self):
        return self.log.read_text(errors="replace")[-3000:]

    def kill(self):
        """As a crash: nothing is written any more."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        """Returns when it does nothing any more, but its connections stay."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()  # Nobody wants its data any more.
        self.temporary_directory.cleanup()


def obey(server, listener):
    """One client after the other; each may send many lines."""
    orders = {"kill": server.kill, "start": server.start, "stop": server.stop, "cont": server.go_on}
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, client.makefile("rw") as lines:
                for line in lines:
                    orders[line.strip()]()
                    lines.write("ok\n")
                    lines.flush()


def split(arguments):
    commands = [[]]
    for argument in arguments:
        if argument == "---":
            commands.append([])
        else:
            commands[-1].append(argument)
    return commands


def main():
    commands = split(sys.argv[1:])
    if not all(commands):
        sys.exit(__doc__)
    with MariaDb() as server, socket.socket(socket.AF_UNIX) as listener:
        control = str(server.directory / "control")
        listener.bind(control)
        listener.listen()
        threading.Thread(target=obey, args=(server, listener), daemon=True).start()
        environment = dict(os.environ, POLLUX_TEST_MYSQL=server.address, POLLUX_TEST_MYSQL_CONTROL=control,
                           POLLUX_TEST_MYSQL_CA=str(server.tls / "authority.pem"))
        codes = [subprocess.run(command, env=environment, check=False).returncode for command in commands]
        if any(codes):
            print(f"what the server said last (it {'runs' if server.running() else 'is gone'}):\n{server.last_words()}")
    sys.exit(max(abs(code) for code in codes))


if __name__ == "__main__":
    main()

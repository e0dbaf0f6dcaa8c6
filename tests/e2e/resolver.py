"""A resolver of names that a test may speak to: run in namespaces of its own, where /etc/resolv.conf names it.

    unshare --net --mount --kill-child --fork python3 resolver.py 'NAME=ADDRESS NAME=late NAME=never …' COMMAND…

It answers on 127.0.0.1:53. A name with an address has it at once; one that is late only when it is asked for again, so
that the library has waited; one that is never answered is not; others do not exist. Each query is told on standard
error (QUERY name), and the exit status is that of the command.
"""

import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

LATE_ADDRESS = "127.0.0.1"
TYPE_A, NO_SUCH_NAME = 1, 3


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), query[12 : at + 5], struct.unpack_from(">H", query, at + 1)[0]


def answer(query, question, code, addresses):
    head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
    records = [struct.pack(">HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + socket.inet_aton(address) for address in addresses]
    return head + question + b"".join(records)


def serve(udp, names):
    asked = set()
    while True:
        query, client = udp.recvfrom(512)
        name, question, kind = name_of(query)
        print(f"QUERY {name}", file=sys.stderr, flush=True)
        known = names.get(name)
        again = (name, kind) in asked
        asked.add((name, kind))
        if known == "never" or (known == "late" and not again):
            continue
        addresses = [LATE_ADDRESS if known == "late" else known] if known and kind == TYPE_A else []
        udp.sendto(answer(query, question, 0 if known else NO_SUCH_NAME, addresses), client)


def main():
    names = dict(word.split("=") for word in sys.argv[1].split())
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.NamedTemporaryFile("w") as configuration:
        configuration.write("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
        configuration.flush()
        subprocess.run(["mount", "--bind", configuration.name, "/etc/resolv.conf"], check=True)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 53))
        threading.Thread(target=serve, args=(udp, names), daemon=True).start()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        done = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        status = done.wait()
        sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()

"""Clients by the hundred."""

HELLO = b"hello\n"


def connect_all(server, count):
    """`count` connections that have been served /hello.txt once and are kept alive."""
    clients = []
    for _ in range(count):
        client = server.connect()
        assert client.get("/hello.txt").body == HELLO
        clients.append(client)
    return clients


def close_all(clients):
    for client in clients:
        client.close()

"""What the attacks share: the rig of the end-to-end tests, and requests byte by byte."""

import pathlib
import socket
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import beside  # noqa: E402, F401  (the path comes first)
import rig  # noqa: E402

MOST_REPLY = 1 << 20


def send(port, method, target, headers=(), body=""):
    """One request on a connection of its own, nothing added but the length; (status, text)."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers),
             f"Content-Length: {len(body.encode())}", "Connection: close"]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        reply = b""
        while len(reply) < MOST_REPLY and (piece := connection.recv(65536)):
            reply += piece
    head, _, text = reply.decode(errors="replace").partition("\r\n\r\n")
    return int(head.split(" ", 2)[1]), text


def start(test, binary, folder, config=""):
    """A daemon that ends with the test."""
    daemon = rig.Daemon(binary, folder, config)
    test.addCleanup(daemon.kill)
    daemon.start()
    return daemon

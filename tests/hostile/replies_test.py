"""Goal: whatever a participant, or the web hook, answers, the process lives, is not kept from starting
again, and goes on with the transaction. Method: one destination for each kind of reply, the first of
them interim replies and the end; kills between; then all answer as they should.
"""

import socket
import tempfile
import threading
import unittest

from attacker import rig

OPTIONS, ARGUMENTS = rig.options()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
REPLIES = {
    "interim": b"HTTP/1.1 100 Continue\r\n\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
    "zero": b"HTTP/1.1 000 X\r\n\r\n",
    "many-interim": b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000,
    "half-interim": b"HTTP/1.1 100 Continue\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "nothing": b"",
    "half-line": b"HTTP/1.1 20",
    "half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "short-body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "last-chunk": CHUNKED + b"0\r\n",
    "bad-chunk": CHUNKED + b"zz\r\n",
    "huge-chunk": CHUNKED + b"ffffffffffffffff\r\nx",
    "long-head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "bad-gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "zeros": bytes(10_000),
}
# Calls to each before and after each of the kills.
CALLS = 2
KILLS = 2


class Answering:
    """Answers each request with `reply` and closes."""

    def __init__(self, reply):
        self.reply, self.calls = reply, 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    if connection.recv(65_536):
                        connection.sendall(self.reply)
                        connection.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # It has been killed, or has enough.
            self.calls += 1

    def close(self):
        self._listener.close()


class RepliesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-replies-")
        self.addCleanup(folder.cleanup)
        self.participants = {name: Answering(reply) for name, reply in REPLIES.items()}
        self.hook = Answering(REPLIES["interim"])
        for one in [*self.participants.values(), self.hook]:
            self.addCleanup(one.close)
        self.treatyd = rig.Daemon(
            OPTIONS.treatyd, folder.name,
            config="RetryInterval: 1\nRetryIntervalMax: 1\nAlertRetryLimit: 1\n"
                   f"AlertWebHook: {self.hook.url}/\n")
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def test_no_reply_ends_the_process_or_the_transaction(self):
        client = rig.Client(self.treatyd.port)
        for name, one in self.participants.items():
            self.assertEqual(client.submit(
                {"gid": name, "trans_type": "saga", "payloads": ["{}"],
                 "steps": [{"action": f"{one.url}/do", "compensate": f"{one.url}/undo"}]})[0], 200)
        for _ in range(KILLS):
            self._all_are_called()
            self.treatyd.kill()
            self.treatyd.start()
        self._all_are_called()
        for one in [*self.participants.values(), self.hook]:
            one.reply = GOOD
        client = rig.Client(self.treatyd.port)
        rig.wait_until(lambda: set(client.all().values()) == {"succeed"}, 30, "all go on")
        self.assertFalse(self.treatyd.died())

    def _all_are_called(self):
        asked = [*self.participants.values(), self.hook]
        before = [one.calls for one in asked]
        rig.wait_until(lambda: self.treatyd.died() or all(
            one.calls >= was + CALLS for one, was in zip(asked, before)), 30, "all are called")
        self.assertFalse(self.treatyd.died())


if __name__ == "__main__":
    rig.main(ARGUMENTS)

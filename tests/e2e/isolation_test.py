"""Goal: 1,000 sagas stuck at a destination that accepts and never answers delay no others.
Method: measure sagas to a healthy bank alone, then beside the stuck ones, in the same run.
"""

import socket
import tempfile
import threading
import unittest

import beside
import rig

OPTIONS, ARGUMENTS = rig.options()
STUCK = 1_000
ROUNDS = 3


class BlackHole:
    """Accepts connections, reads nothing, says nothing."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._kept = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self._kept.append(self._listener.accept()[0])
            except OSError:
                return

    def close(self):
        self._listener.close()
        for connection in self._kept:
            connection.close()


class IsolationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-isolation-")
        self.addCleanup(folder.cleanup)
        self.hole = BlackHole()
        self.addCleanup(self.hole.close)
        self.bank = rig.Bank(folder.name, "bank")
        self.addCleanup(self.bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def test_a_black_hole_delays_nobody_else(self):
        measured = beside.Measured(self, self.treatyd.port, self.bank, steps=2)
        measured.p99("warm")
        alone = measured.p99s("alone", ROUNDS)
        client = rig.Client(self.treatyd.port)
        for i in range(STUCK):
            stuck = beside.saga(f"stuck-{i}", self.hole.url, steps=2, request_timeout=60)
            self.assertEqual(client.submit(stuck)[0], 200)

        found = measured.p99s("beside", ROUNDS)

        stuck = [gid for gid, status in client.all().items() if status == "submitted"]
        self.assertEqual(len(stuck), STUCK)
        measured.check(alone, found)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

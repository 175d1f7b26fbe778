"""Goal: 1,000 sagas stuck at a destination that accepts and never answers delay no others.
Method: measure sagas to a healthy bank alone, then beside the stuck ones, in the same run.
"""

import json
import socket
import tempfile
import threading
import time
import unittest

import rig

OPTIONS, ARGUMENTS = rig.options()
STUCK = 1_000
MEASURED = 1_500
CLIENTS = 4
ALLOWED_S = 0.1


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


def saga(gid, url, wait):
    return {"gid": gid, "trans_type": "saga", "wait_result": wait, "request_timeout": 60,
            "steps": [{"action": f"{url}/do", "compensate": f"{url}/undo"}] * 2,
            "payloads": [json.dumps({"account": "a0", "delta": 0})] * 2}


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
        self._p99("warm")
        alone = self._p99("alone")
        client = rig.Client(self.treatyd.port)
        for i in range(STUCK):
            self.assertEqual(client.submit(saga(f"stuck-{i}", self.hole.url, False))[0], 200)

        beside = self._p99("beside")

        print(f"p99 alone {alone * 1e3:.1f} ms, beside {beside * 1e3:.1f} ms", flush=True)
        stuck = [gid for gid, status in client.all().items() if status == "submitted"]
        self.assertEqual(len(stuck), STUCK)
        self.assertLess(beside, alone + ALLOWED_S)

    def _p99(self, name):
        took, lock = [], threading.Lock()

        def submit(index):
            client = rig.Client(self.treatyd.port)
            for i in range(index, MEASURED, CLIENTS):
                start = time.monotonic()
                status, text = client.submit(saga(f"{name}-{i}", self.bank.url, True))
                with lock:
                    took.append((status, time.monotonic() - start))

        threads = [threading.Thread(target=submit, args=(i,)) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({status for status, _ in took}, {200})
        return sorted(seconds for _, seconds in took)[int(MEASURED * 0.99)]


if __name__ == "__main__":
    rig.main(ARGUMENTS)

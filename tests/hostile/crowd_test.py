"""Goal: neither many waiting transactions nor heavy ones of one destination shut out the others, and
what waits takes no more memory than it may, also after a restart.
Method: fill a small treatyd with sagas that are still working, with large ones to a silent
destination, and with those of one, ten and a thousand silent destinations, and of one under many
spellings; each time others are served, and after a kill the memory is bounded again.
"""

import http.server
import json
import re
import resource
import socket
import tempfile
import threading
import time
import unittest

from attacker import rig

OPTIONS, ARGUMENTS = rig.options()
LIVE = 400
WAITING = 1_600
LIVE_BYTES = 32 << 20
HEAVY = 96
SILENT = 1_000
HEAVY_BYTES = 1_000_000
# A sanitizer's memory is another matter: there it is shown that nothing else breaks.
ALLOWED_BYTES = (max(OPTIONS.memory_mib, 256) << 20) + 2 * LIVE_BYTES


class Busy(http.server.ThreadingHTTPServer):
    """Is still working, until it is told to end."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), BusyHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.ready = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class BusyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.server.ready else 425)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def saga(gid, url, payload="{}", **more):
    return {"gid": gid, "trans_type": "saga", "retry_interval": 1,
            "steps": [{"action": f"{url}/do", "compensate": f"{url}/undo"}],
            "payloads": [payload]} | more


BANK = json.dumps({"account": "a0", "delta": 0})


class CrowdTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-crowd-")
        self.addCleanup(folder.cleanup)
        self.bank = rig.Bank(folder.name, "bank")
        self.addCleanup(self.bank.stop)
        self.treatyd = rig.Daemon(
            OPTIONS.treatyd, folder.name,
            config=f"Limits:\n  LiveTransactions: {LIVE}\n  LiveBytes: {LIVE_BYTES}\n")
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)
        self.client = rig.Client(self.treatyd.port)

    def _served(self, name, count):
        """Sagas to a healthy bank end with success, each within its time."""
        for i in range(count):
            body = saga(f"{name}-{i}", self.bank.url, BANK, wait_result=True)
            status = 503
            deadline = time.monotonic() + 5
            while status == 503 and time.monotonic() < deadline:
                status = self.client.submit(body)[0]
            self.assertEqual(status, 200, f"{name}-{i}")

    def test_many_that_wait_shut_nobody_out(self):
        busy = Busy()
        self.addCleanup(busy.close)
        taken = 0
        for i in range(WAITING):
            status = self.client.submit(saga(f"waits-{i}", busy.url))[0]
            self.assertIn(status, (200, 503))
            taken += status == 200
            if i % 100 == 0:
                self._served(f"beside-{i}", 3)
        self.assertGreater(taken, 2 * LIVE)
        self._served("after", 50)
        busy.ready = True
        rig.wait_until(lambda: "submitted" not in self.client.all().values(), 60, "all have ended")

    def test_heavy_ones_are_weighed_also_after_a_restart(self):
        hole = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.addCleanup(hole.close)
        url = f"http://127.0.0.1:{hole.getsockname()[1]}"
        payload = json.dumps("x" * HEAVY_BYTES)
        taken = 0
        for i in range(HEAVY):
            status = self.client.submit(saga(f"heavy-{i}", url, payload, request_timeout=3600))[0]
            self.assertIn(status, (200, 503))
            taken += status == 200
        self.assertGreater(taken, 20)
        self.assertLessEqual(taken * HEAVY_BYTES, LIVE_BYTES)
        self._served("beside", 20)
        self.assertLess(self.treatyd.resident_bytes(), ALLOWED_BYTES)
        self.treatyd.kill()
        self.treatyd.start(ready_within=30)
        self.client = rig.Client(self.treatyd.port)
        rig.wait_until(lambda: self._live_bytes() > LIVE_BYTES / 2, 20, "they are taken up again")
        self._served("again", 20)
        self.assertLessEqual(self._live_bytes(), LIVE_BYTES + LIVE_BYTES / 4 + 2 * HEAVY_BYTES)
        self.assertLess(self.treatyd.resident_bytes(), ALLOWED_BYTES)

    def _crowd(self, urls):
        """Twice as many as there is room for, to destinations that accept and never answer."""
        self._served("before", 3)
        taken = 0
        for i in range(2 * LIVE):
            status = self.client.submit(
                saga(f"crowd-{i}", urls[i % len(urls)], request_timeout=3600))[0]
            self.assertIn(status, (200, 503))
            taken += status == 200
            if i % 100 == 0:
                self._served(f"beside-{i}", 3)
        self.assertGreater(taken, LIVE * 3 // 4)
        self._served("after", 50)

    def _holes(self, count):
        ports = []
        for _ in range(count):
            hole = socket.create_server(("127.0.0.1", 0), backlog=16)
            self.addCleanup(hole.close)
            ports.append(hole.getsockname()[1])
        return ports

    def test_one_silent_destination_shuts_nobody_out(self):
        self._crowd([f"http://127.0.0.1:{port}" for port in self._holes(1)])

    def test_ten_silent_destinations_shut_nobody_out(self):
        self._crowd([f"http://127.0.0.1:{port}" for port in self._holes(10)])

    def test_a_thousand_silent_destinations_shut_nobody_out(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * SILENT)), hard))
        self._crowd([f"http://127.0.0.1:{port}" for port in self._holes(SILENT)])

    def test_one_under_many_spellings_shuts_nobody_out(self):
        port = self._holes(1)[0]
        spellings = ["".join(c.upper() if i >> bit & 1 else c for bit, c in enumerate("localhost"))
                     for i in range(256)]
        self._crowd([f"http://{host}:{port}" for host in spellings])

    def _live_bytes(self):
        page = self.client.call("GET", "/api/metrics")[1]
        return float(re.search(r"^treaty_live_bytes (\S+)$", page, re.MULTILINE).group(1))


if __name__ == "__main__":
    rig.main(ARGUMENTS)

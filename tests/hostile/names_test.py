"""Goal: destinations whose names never resolve delay nobody whose name does, nor one whose name is
lost for a while and found again.
Method: 500 sagas to as many names whose look-up hangs, with a library in front of the system's
look-up; beside them sagas to a bank by name, whose address is asked for again every second. Then the
bank's name is not found for longer than a few look-ups, and is found again.
"""

import argparse
import http.server
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

from attacker import rig

PARSER = argparse.ArgumentParser(add_help=False)
PARSER.add_argument("--names", required=True, help="the library of names.cc")
NAMES, REST = PARSER.parse_known_args()
sys.argv = [sys.argv[0], *REST]
OPTIONS, ARGUMENTS = rig.options()

HOSTILE = 500
BANK = "bank.here.test"
# RequestTimeout, below.
PATIENCE_S = 1
BESIDE_S = 10
LOST_S = 9
FOUND_S = 20


def saga(gid, url, wait=False):
    return {"gid": gid, "trans_type": "saga", "wait_result": wait, "retry_interval": 1,
            "steps": [{"action": f"{url}/do", "compensate": f"{url}/undo"}],
            "payloads": ["{}"]}


class Bank(http.server.ThreadingHTTPServer):
    """Agrees to everything, each time on a connection of its own."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), BankHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class BankHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class NamesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-names-")
        self.addCleanup(folder.cleanup)
        self.lost = pathlib.Path(folder.name) / "lost"
        self.lost.mkdir()
        bank = Bank()
        self.addCleanup(bank.close)
        self.url = f"http://{BANK}:{bank.server_address[1]}"
        self.treatyd = rig.Daemon(
            OPTIONS.treatyd, folder.name,
            config=f"Lanes: 1\nRequestTimeout: {PATIENCE_S}\nRetryInterval: 1\nRetryIntervalMax: 1\n"
                   "Calls:\n  DnsTtl: 1\n")
        os.environ |= {"LD_PRELOAD": NAMES.names, "TREATY_TEST_LOST_NAMES": str(self.lost)}
        self.treatyd.start()
        del os.environ["LD_PRELOAD"]
        self.addCleanup(self.treatyd.kill)
        self.client = rig.Client(self.treatyd.port)

    def test_names_that_never_resolve_delay_nobody(self):
        self.assertEqual(self.client.submit(saga("first", self.url, wait=True))[0], 200)
        attack = threading.Thread(target=self._attack)
        attack.start()
        slowest = self._beside(BESIDE_S)
        attack.join()
        print(f"slowest saga beside {HOSTILE} names that hang: {slowest * 1e3:.0f} ms", flush=True)
        self.assertLess(slowest, PATIENCE_S)

        (self.lost / BANK).touch()
        rig.wait_until(lambda: not self._succeeds(f"lost-{time.monotonic()}", within=0.5), 5,
                       "the name is lost")
        self._beside(LOST_S, must_succeed=False)
        (self.lost / BANK).unlink()
        rig.wait_until(lambda: self._succeeds(f"found-{time.monotonic()}", within=1), FOUND_S,
                       "the name is found again")
        self._beside(BESIDE_S)
        self.assertFalse(self.treatyd.died())

    def _attack(self):
        client = rig.Client(self.treatyd.port)
        for i in range(HOSTILE):
            self.assertEqual(client.submit(saga(f"hostile-{i}", f"http://n{i}.never.test:9"))[0], 200)

    def _beside(self, seconds, must_succeed=True):
        """One saga after the other; the time of the slowest."""
        slowest, end = 0, time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            succeeds = self._succeeds(f"beside-{begun}", within=PATIENCE_S)
            if must_succeed:
                self.assertTrue(succeeds)
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.05)
        return slowest

    def _succeeds(self, gid, within):
        self.assertEqual(self.client.submit(saga(gid, self.url))[0], 200)
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self.client.query(gid)["status"] == "succeed":
                return True
            time.sleep(0.01)
        return False


if __name__ == "__main__":
    rig.main(ARGUMENTS)

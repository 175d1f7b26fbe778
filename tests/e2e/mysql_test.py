"""Goal: on MariaDB too no money is lost or made and nothing acknowledged is forgotten, whichever of
the two dies or stands still, at whatever moment; and a database that is back is used again at once.
Method: as kill_test.py, with a real MariaDB that is killed and frozen as well.
"""

import concurrent.futures
import tempfile
import time
import unittest

import kill_test
import mariadb
import rig


class MysqlTest(kill_test.KillTest):
    def make_store(self, folder):
        self.database = mariadb.MariaDb(folder)
        self.addCleanup(self.database.kill)
        return self.database.store()

    def fault(self, random):
        kind = random.choice(["treatyd", "treatyd", "database", "freeze", "both"])
        if kind in ("treatyd", "both"):
            self.treatyd.kill()
        if kind in ("database", "both"):
            self.database.kill()
            self.database.start()
        if kind == "freeze":
            self.database.freeze(random.choice([0.2, 1.5, 3]))
        if kind in ("treatyd", "both"):
            self.treatyd.start()

    def unexpected_log_lines(self):
        """What is said of the database while it is away is expected."""
        known = ("store: ", "cannot scan", "cannot be read", "could not", "cannot start")
        return [line for line in self.treatyd.bad_log_lines()
                if not any(words in line for words in known)]


class AwayTest(unittest.TestCase):
    """A database that is away costs its clients an answer within five seconds, and nothing else."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-away-")
        self.addCleanup(folder.cleanup)
        self.database = mariadb.MariaDb(folder.name)
        self.addCleanup(self.database.kill)
        self.treatyd = rig.Daemon(kill_test.OPTIONS.treatyd, folder.name,
                                  store=self.database.store(timeout=3))
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def _submit(self, gid):
        saga = {"gid": gid, "trans_type": "saga", "wait_result": True,
                "steps": [{"action": "", "compensate": ""}], "payloads": [""]}
        begun = time.monotonic()
        status, _ = rig.Client(self.treatyd.port, timeout=20).submit(saga)
        return status, time.monotonic() - begun

    def _query(self, gid):
        begun = time.monotonic()
        status, _ = rig.Client(self.treatyd.port, timeout=20).call(
            "GET", f"/api/dtmsvr/query?gid={gid}")
        return status, time.monotonic() - begun

    def _ready(self, _):
        begun = time.monotonic()
        status, _ = rig.Client(self.treatyd.port, timeout=20).call("GET", "/readyz")
        return status, time.monotonic() - begun

    def _check_away(self, come_back):
        """Many at once, three times; reads, writes and probes."""
        for turn in range(3):
            with concurrent.futures.ThreadPoolExecutor(48) as pool:
                asked = [(ask, pool.submit(ask, f"away{turn}-{i}")) for i in range(16)
                         for ask in (self._submit, self._query, self._ready)]
            for ask, one in asked:
                status, took = one.result()
                self.assertLess(took, 5)
                # A probe may hear the word of the second before.
                known = (200, 503) if ask == self._ready and turn == 0 else (503,)
                self.assertIn(status, known)
        come_back()
        begun = time.monotonic()
        rig.wait_until(lambda: self._submit(f"back-{time.time()}")[0] == 200, 10, "it is back")
        print(f"used again after {time.monotonic() - begun:.2f} s", flush=True)

    def test_killed(self):
        self.assertEqual(self._submit("before")[0], 200)
        self.database.kill()
        self._check_away(self.database.start)

    def test_frozen(self):
        self.assertEqual(self._submit("before")[0], 200)
        self.database.signal_stop()
        self._check_away(self.database.signal_continue)


if __name__ == "__main__":
    rig.main(kill_test.ARGUMENTS)

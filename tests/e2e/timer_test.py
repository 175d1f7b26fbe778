"""Goal: what is due is done on time, whether the sleeper stayed in memory or was parked.
Method: a participant answers ONGOING once and notes when it is called again; the database file
tells, to the millisecond, when that was due.
"""

import json
import sqlite3
import tempfile
import unittest

import rig

OPTIONS, ARGUMENTS = rig.options()
# 50 ms is the promise on an idle machine; a shared one gets more.
ALLOWED_S = 0.25


DUE_MS = 5  # The field's number in proto/treaty/record.proto, State.


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def number_field(message, wanted):
    """Returns a number of a serialized message; State has only numbers and lengths."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        value, at = varint(message, at)
        if tag == wanted << 3:
            return value
        at += value if tag & 7 == 2 else 0
    return 0


class TimerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-timer-")
        self.addCleanup(folder.cleanup)
        self.bank = rig.Bank(folder.name, "bank")
        self.addCleanup(self.bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def test_a_short_sleep_ends_on_time(self):
        self._check("short", 1)

    def test_a_parked_sleep_ends_on_time(self):
        self._check("parked", 4)

    def _check(self, gid, interval):
        client = rig.Client(self.treatyd.port)
        order = {"account": "a0", "delta": 1, "faults": {"action": ["ongoing"]}}
        status, _ = client.submit({
            "gid": gid, "trans_type": "saga", "retry_interval": interval,
            "steps": [{"action": f"{self.bank.url}/do", "compensate": f"{self.bank.url}/undo"}],
            "payloads": [json.dumps(order)]})
        self.assertEqual(status, 200)
        rig.wait_until(lambda: self._due_ms(gid) > 0, interval, "it sleeps")
        due = self._due_ms(gid)
        rig.wait_until(lambda: client.query(gid)["status"] == "succeed", interval * 2 + 5, gid)
        _, called = (call[0] for call in self.bank.report()["calls"] if call[1] == gid)
        late = called - due / 1000
        print(f"{gid}: called {late * 1000:.1f} ms after it was due", flush=True)
        self.assertGreater(late, -0.005, "called early")
        self.assertLess(late, ALLOWED_S)

    def _due_ms(self, gid):
        """Returns the stored due time of a transaction that waits for its retry, or 0."""
        database = sqlite3.connect(f"file:{self.treatyd.database}?mode=ro", uri=True)
        row = database.execute("SELECT state FROM txn WHERE gid = ?", (gid,)).fetchone()
        database.close()
        return number_field(row[0], DUE_MS) if row else 0



if __name__ == "__main__":
    rig.main(ARGUMENTS)

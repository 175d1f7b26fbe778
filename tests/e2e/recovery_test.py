"""Goal: a daemon that finds 10,000 unfinished sagas in its file is ready within 3 s, keeps its
memory bounded though it may hold only 2,000 at a time, and finishes them all. Method: fill the
file through the API with a participant that never answers, kill, start again with one that does.
"""

import json
import socket
import tempfile
import threading
import unittest

import rig

OPTIONS, ARGUMENTS = rig.options()
COUNT = 10_000
SUBMITTERS = 4


class Participant:
    """Answers nothing until told to; then SUCCESS, on many connections."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self.answering = threading.Event()
        self.calls = {}  # How often, by gid and branch.
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        body = b'{"dtm_result":"SUCCESS"}'
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with connection, connection.makefile("rb") as reader:
            try:
                while line := reader.readline():
                    length = 0
                    while (field := reader.readline()) not in (b"\r\n", b""):
                        if field.lower().startswith(b"content-length:"):
                            length = int(field.split(b":")[1])
                    reader.read(length)
                    if self.answering.is_set():
                        self._count(line)
                        connection.sendall(reply)
            except OSError:
                pass

    def _count(self, line):
        query = line.split(b" ")[1].split(b"?")[1]
        with self._lock:
            self.calls[query] = self.calls.get(query, 0) + 1

    def close(self):
        self._listener.close()


class RecoveryTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-recovery-")
        self.addCleanup(folder.cleanup)
        self.participant = Participant()
        self.addCleanup(self.participant.close)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def test_ten_thousand_unfinished_sagas_are_finished_within_bounds(self):
        self._submit_all()
        self.treatyd.kill()
        self.participant.answering.set()
        self.treatyd.configure("Limits:\n  LiveTransactions: 2000\n")

        took = self.treatyd.start()

        print(f"ready after {took:.3f} s", flush=True)
        self.assertLessEqual(took, 3.0)
        self._watch_until_finished()
        self._check_calls()
        self.assertEqual(self.treatyd.stop(), 0)
        self.assertEqual(self.treatyd.bad_log_lines(), [])

    def _submit_all(self):
        threads = [threading.Thread(target=self._submit_share, args=(i,))
                   for i in range(SUBMITTERS)]
        self.refused = []
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.refused, [])

    def _submit_share(self, index):
        client = rig.Client(self.treatyd.port)
        url = f"http://127.0.0.1:{self.participant.port}"
        for i in range(index, COUNT, SUBMITTERS):
            status, text = client.submit({
                "gid": f"r-{i}", "trans_type": "saga", "request_timeout": 600,
                "steps": [{"action": f"{url}/do", "compensate": f"{url}/undo"}] * 2,
                "payloads": [json.dumps({"i": i})] * 2})
            if status != 200:
                self.refused.append((i, status, text))

    def _watch_until_finished(self):
        client = rig.Client(self.treatyd.port)
        self.peak = 0

        def all_finished():
            self.peak = max(self.peak, self.treatyd.resident_bytes())
            statuses = client.all()
            self.assertEqual(len(statuses), COUNT)
            return set(statuses.values()) == {"succeed"}

        rig.wait_until(all_finished, 60, "all sagas succeed")
        print(f"peak memory {self.peak / 2**20:.0f} MiB", flush=True)
        self.assertLess(self.peak, OPTIONS.memory_mib * 2**20)

    def _check_calls(self):
        """Each branch of each saga was called; none again, because nothing failed."""
        self.assertEqual(len(self.participant.calls), 2 * COUNT)
        self.assertEqual(set(self.participant.calls.values()), {1})


if __name__ == "__main__":
    rig.main(ARGUMENTS)

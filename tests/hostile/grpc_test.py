"""Goal: who calls by gRPC and goes, or is called and packs what it sends, takes neither places nor
memory from others. Method: thousands of calls that wait for a result and are cancelled, over many
connections; large messages of calls that wait; messages of 60 KB that unpack to 60 MB, from clients
and from participants.
"""

import json
import pathlib
import re
import socket
import tempfile
import unittest

import http2
from attacker import rig

OPTIONS, ARGUMENTS = rig.options()
SERVICE = "/dtmgimp.Dtm"
CONNECTIONS = 20
CALLS_OF_EACH = 300
MOST_CALLS = 200
LARGE = (3 << 20) - 300
LARGE_CALLS = 60
PACKED = 60_000
PACKED_CALLS = 20
# A sanitizer keeps freed memory back.
ALLOWED_BYTES = max(OPTIONS.memory_mib // 2, 48) << 20
RESOURCE_EXHAUSTED = 8
UNIMPLEMENTED = 12
GZIP = [("grpc-encoding", "gzip")]


class GrpcTest(unittest.TestCase):
    def start(self, config=""):
        folder = tempfile.TemporaryDirectory(prefix="treaty-grpc-")
        self.addCleanup(folder.cleanup)
        self.bank = rig.Bank(folder.name, "bank")
        self.addCleanup(self.bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name, config=config)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)
        self.client = rig.Client(self.treatyd.port)

    def connect(self):
        connection = http2.Client(self.treatyd.grpc_port)
        self.addCleanup(connection.close)
        return connection

    def most_resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.treatyd._process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024

    def new_gid(self):
        """The status of a small honest call."""
        client = http2.Client(self.treatyd.grpc_port)
        try:
            return client.status(client.begin(f"{SERVICE}/NewGid", b""))[0]
        finally:
            client.close()

    def others_are_served(self, name):
        rig.wait_until(lambda: self.new_gid() == 0, 10, "a gid by gRPC")
        self.assertEqual(self.client.submit(
            {"gid": name, "trans_type": "saga", "wait_result": True,
             "steps": [{"action": f"{self.bank.url}/do", "compensate": f"{self.bank.url}/undo"}],
             "payloads": [json.dumps({"account": "a0", "delta": 0})]})[0], 200)

    def silent_target(self):
        silent = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.addCleanup(silent.close)
        return f"http://127.0.0.1:{silent.getsockname()[1]}/do"

    def test_cancelled_calls_keep_no_places(self):
        self.start(f"Grpc:\n  MaxCalls: {MOST_CALLS}\n")
        target = self.silent_target()
        for i in range(CONNECTIONS):
            attacker = self.connect()
            for j in range(CALLS_OF_EACH):
                stream = attacker.begin(f"{SERVICE}/Submit", http2.saga(
                    f"gone-{i}-{j}", target, wait=True, request_timeout=3_600))
                attacker.cancel(stream)
            self.others_are_served(f"beside-{i}")
        self.assertFalse(self.treatyd.died())

    def test_places_that_are_held_are_free_once_their_calls_are_cancelled(self):
        self.start(f"Grpc:\n  MaxCalls: {MOST_CALLS}\n")
        target = self.silent_target()
        attacker = self.connect()
        streams = [attacker.begin(f"{SERVICE}/Submit", http2.saga(f"held-{i}", target, wait=True,
                                                                  request_timeout=3_600))
                   for i in range(MOST_CALLS + 50)]  # A probe may have a place meanwhile.
        rig.wait_until(lambda: self.new_gid() == RESOURCE_EXHAUSTED, 10, "all places are taken")
        for stream in streams:
            attacker.cancel(stream)
        self.others_are_served("beside")
        for i in range(0, MOST_CALLS // 2, 10):
            self.assertEqual(self.client.query(f"held-{i}")["status"], "submitted")

    def test_calls_that_wait_or_are_cancelled_keep_no_message(self):
        """All but the first two repeat what is known already: nothing else would count them."""
        for cancelled in (True, False):
            with self.subTest(cancelled=cancelled):
                self.start()
                self.measure()
                self.send_large(cancelled)
                self.little_was_taken(2 * ALLOWED_BYTES)  # Two are kept, and several at work.
                self.doCleanups()

    def send_large(self, cancelled):
        target = self.silent_target()
        attacker = self.connect()
        for i in range(LARGE_CALLS):
            stream = attacker.begin_large(f"{SERVICE}/Submit", http2.saga(
                f"large-{i % 2}", target, wait=True, request_timeout=3_600,
                payload=bytes(LARGE // 3), steps=3))
            # One after the other, so that little is on its way at a time.
            self.assertEqual(self.new_gid(), 0)
            if cancelled:
                attacker.cancel(stream)

    def test_packed_requests_are_refused_with_words(self):
        self.start()
        self.measure()
        packed = http2.bomb(PACKED)
        clients = [self.connect() for _ in range(PACKED_CALLS)]
        streams = [client.begin(f"{SERVICE}/Submit", packed, GZIP, packed=True)
                   for client in clients]
        for client, stream in zip(clients, streams):
            status, text = client.status(stream)
            self.assertEqual(status, UNIMPLEMENTED)
            self.assertIn(b"ompress", text)
        self.little_was_taken()

    def test_packed_replies_without_a_status_are_no_answer(self):
        participant = self.called_by_many(GZIP, None)
        rig.wait_until(lambda: participant.calls >= 2 * PACKED_CALLS, 60, "it is called again")
        self.assertEqual(self.client.query("many-0")["status"], "submitted")
        self.little_was_taken()

    def test_a_status_is_the_answer_however_packed_the_message_is(self):
        """What else a reply holds nobody reads; least of all may it hide a refusal."""
        for fields, pause, status, outcome in (
                (GZIP, 0.2, 0, "succeed"), (GZIP, 0.2, 10, "failed"), (GZIP, 0.2, 9, "submitted"),
                (GZIP, 0, 10, "failed"), ([], 0.2, 10, "failed")):
            with self.subTest(fields=fields, pause=pause, status=status):
                self.is_understood(fields, status, pause, outcome)

    def is_understood(self, fields, status, pause, outcome):
        participant = self.called_by_many(fields, status, pause)
        rig.wait_until(lambda: participant.calls >= PACKED_CALLS, 30, "it is called")
        rig.wait_until(lambda: self.client.query("many-0")["status"] == outcome, 10, outcome)
        self.little_was_taken()
        self.doCleanups()

    def called_by_many(self, fields, status, pause=0):
        self.start("RetryInterval: 1\nRetryIntervalMax: 1\nRequestTimeout: 3\n")
        participant = http2.Participant(fields, http2.bomb(PACKED), status, pause)
        self.addCleanup(participant.close)
        self.measure()
        for i in range(PACKED_CALLS):
            self.assertEqual(self.client.submit(
                {"gid": f"many-{i}", "trans_type": "saga", "payloads": ["{}"],
                 "steps": [{"action": f"grpc://127.0.0.1:{participant.port}/b.B/M"}]})[0], 200)
        return participant

    def measure(self):
        """From here on, with all that a first call needs."""
        self.others_are_served("before")
        self.before = self.most_resident_bytes()

    def little_was_taken(self, allowed=ALLOWED_BYTES):
        self.others_are_served("beside")
        grown = self.most_resident_bytes() - self.before
        print(f"{grown >> 20} MiB more", flush=True)
        self.assertLess(grown, allowed)
        self.assertFalse(self.treatyd.died())


if __name__ == "__main__":
    rig.main(ARGUMENTS)

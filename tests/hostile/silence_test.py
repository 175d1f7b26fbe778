"""Goal: destinations that accept and never answer, or answer just within the time-out, take no room
from others, however long the clients who name them are ready to wait; and an honest service that is
slow is still served.
Method: measure sagas to a healthy bank alone, then beside 200 silent destinations with 60 calls
each, from the first moment on, by HTTP and by gRPC; a third of the silent ones had answered before.
The same beside 250 slow ones where there is little room for calls; a third began quickly.
"""

import http.server
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from attacker import beside, rig

OPTIONS, ARGUMENTS = rig.options()
SILENT = 200
SAGAS_OF_EACH = 60
ROUNDS = 3
# RequestTimeout, below; the slow service takes many times as long.
PATIENCE_S = 1
SLOW_S = 12
HOUR = 3_600
NEARLY_LATE = 250
NEARLY_LATE_S = 0.8
CALLS_IN_FLIGHT = 64
# Of those: what no quick destination needs (docs/limits.md).
THEIR_SHARE = 13 / 16


class Silent:
    """Many destinations on one thread: each answers `polite` requests, and nothing after them."""

    def __init__(self, count, polite):
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=128)
                           for _ in range(count)]
        self.ports = [one.getsockname()[1] for one in self._listeners]
        self._polite = {one: polite(i) for i, one in enumerate(self._listeners)}
        self._kept = []
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            self._kept.append(connection)
            while self._polite[listener] > 0 and connection.recv(65_536):
                self._polite[listener] -= 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    def close(self):
        for one in [*self._listeners, *self._kept]:
            one.close()


class Slow(http.server.ThreadingHTTPServer):
    """Answers everything, after a long time."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.released = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.shutdown()
        self.server_close()


class SlowHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.released.wait(SLOW_S)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class NearlyLate:
    """Many that answer just in time: still working."""

    def __init__(self):
        script = pathlib.Path(__file__).resolve().parent / "slow_ports.py"
        self._process = subprocess.Popen(
            [sys.executable, "-B", script, str(NEARLY_LATE), str(NEARLY_LATE_S), "10"],
            stdout=subprocess.PIPE, text=True, preexec_fn=rig.die_with_parent)
        self.ports = json.loads(self._process.stdout.readline())

    def answered(self):
        return int(rig.Client(self.ports[0]).call("GET", "/")[1])

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class SilenceTest(unittest.TestCase):
    def _start(self, config=""):
        folder = tempfile.TemporaryDirectory(prefix="treaty-silence-")
        self.addCleanup(folder.cleanup)
        self.bank = rig.Bank(folder.name, "bank")
        self.addCleanup(self.bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name,
                                  config=f"RequestTimeout: {PATIENCE_S}\n{config}")
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)
        self.client = rig.Client(self.treatyd.port)
        self.measured = beside.Measured(self, self.treatyd.port, self.bank)
        self.measured.p99("warm")

    def _open(self, services):
        self.addCleanup(services.close)
        return services

    def test_silent_destinations_delay_nobody_else(self):
        self.silent = self._open(Silent(SILENT, polite=lambda i: int(i % 3 == 0)))
        slow = self._open(Slow())
        self._start()
        alone = self.measured.p99s("alone", ROUNDS)
        for port in self.silent.ports[::3]:
            self._submit(beside.saga(f"known-{port}", f"http://127.0.0.1:{port}"))
        for i in range(4):
            self._submit(beside.saga(f"slow-{i}", slow.url, request_timeout=120))
        attack = threading.Thread(target=self._attack)
        attack.start()

        # At first while they come in, and while nobody can know yet that they will not answer.
        found = self.measured.p99s("beside", ROUNDS)
        attack.join()
        found.append(self.measured.p99("after"))

        self.measured.check(alone, found)
        self._a_newcomer_is_served()
        for i in range(4):
            rig.wait_until(lambda: self.client.query(f"slow-{i}")["status"] == "succeed",
                           4 * SLOW_S, f"the slow service serves slow-{i}")
        self.assertFalse(self.treatyd.died())

    def test_slow_destinations_delay_nobody_else(self):
        slow = self._open(NearlyLate())
        self._start(f"Lanes: 1\nCalls:\n  InFlight: {CALLS_IN_FLIGHT}\n")
        alone = self.measured.p99s("alone", ROUNDS)
        for i in range(4):
            for port in slow.ports:
                self._submit(beside.saga(f"nearly-late-{port}-{i}", f"http://127.0.0.1:{port}",
                                         retry_interval=1))

        answered, begun = slow.answered(), time.monotonic()
        found = self.measured.p99s("beside", ROUNDS)
        answered, took = slow.answered() - answered, time.monotonic() - begun

        self.measured.check(alone, found)
        # They have what nobody else needs; half of it, on a machine that does all this at once.
        most = took / NEARLY_LATE_S * CALLS_IN_FLIGHT * THEIR_SHARE
        print(f"{answered} calls of at most {most:.0f} to slow ones", flush=True)
        self.assertGreater(answered, most / 2)
        self.assertFalse(self.treatyd.died())

    def _a_newcomer_is_served(self):
        """Nobody has heard of it when the room is taken."""
        with tempfile.TemporaryDirectory(prefix="treaty-newcomer-") as folder:
            bank = rig.Bank(folder, "newcomer")
            self.addCleanup(bank.stop)
            self._submit(beside.saga("newcomer", bank.url, retry_interval=1))
            rig.wait_until(lambda: self.client.query("newcomer")["status"] == "succeed",
                           20 * PATIENCE_S, "somebody new is served")

    def _attack(self):
        client = rig.Client(self.treatyd.port)
        for i in range(SAGAS_OF_EACH):
            for port in self.silent.ports:
                scheme = "http" if i % 4 else "grpc"
                path = "" if i % 4 else "/bank.Bank"
                client.submit(beside.saga(f"silent-{port}-{i}", f"{scheme}://127.0.0.1:{port}{path}",
                                          request_timeout=HOUR))

    def _submit(self, body):
        self.assertEqual(self.client.submit(body)[0], 200)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

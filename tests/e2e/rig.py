"""Real processes for the end-to-end tests: treatyd, banks, and a client."""

import argparse
import ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
# Loaded before any fork: a child of a threaded process must not take locks.
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def options():
    """The command line of a test: what unittest does not take."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--treatyd", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TREATY_SEED", "1")))
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=120, help="of faults, in the bank's test")
    parser.add_argument("--memory-mib", type=int, default=100, help="allowed to treatyd")
    known, rest = parser.parse_known_args()
    return known, [sys.argv[0], *rest]


def main(arguments):
    """Runs the tests of the calling script; sockets are closed when they are dropped."""
    unittest.main(argv=arguments, verbosity=2, warnings="ignore")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Runs in the child: no process outlives a test."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Client:
    """One keep-alive connection; (status, text), or (0, "") if it broke."""

    def __init__(self, port, timeout=30):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def call(self, method, path, body=None):
        try:
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, {"Content-Type": "application/json"})
            reply = self._connection.getresponse()
            return reply.status, reply.read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, ""

    def submit(self, saga):
        return self.call("POST", "/api/dtmsvr/submit", saga)

    def query(self, gid):
        status, text = self.call("GET", f"/api/dtmsvr/query?gid={gid}")
        return json.loads(text)["transaction"] if status == 200 else None

    def all(self):
        """Returns the status of every transaction, by gid."""
        found, position = {}, ""
        while True:
            query = urllib.parse.urlencode({"limit": 500, "position": position})
            status, text = self.call("GET", f"/api/dtmsvr/all?{query}")
            if status != 200:
                raise AssertionError(f"/all answered {status}: {text}")
            page = json.loads(text)
            found |= {txn["gid"]: txn["status"] for txn in page["transactions"] or []}
            position = page["next_position"]
            if not position:
                return found


class Daemon:
    """treatyd with its own database file; it may be killed and started again."""

    def __init__(self, binary, folder, config="", store=""):
        self._store = store
        self._binary = binary
        self._folder = pathlib.Path(folder)
        self.port = free_port()
        self.grpc_port = free_port()
        while self.grpc_port == self.port:
            self.grpc_port = free_port()
        self.database = self._folder / "treaty.db"
        self.log = self._folder / "treatyd.log"
        self._process = None
        self.configure(config)

    def configure(self, config):
        text = (f"HttpPort: {self.port}\nGrpcPort: {self.grpc_port}\n"
                f"Store:\n  Path: {self.database}\n{self._store}{config}")
        (self._folder / "treaty.yaml").write_text(text)

    def start(self, ready_within=10):
        """Returns how long it took to be ready."""
        took = self.try_start(ready_within)
        if took is None:
            raise AssertionError(f"treatyd ended at its start:\n{self.log.read_text()[-2000:]}")
        return took

    def try_start(self, ready_within=10):
        """The same; None if it ended instead."""
        begun = time.monotonic()
        self._launch()
        wait_until(self._ready_or_dead, ready_within, "treatyd ready")
        return time.monotonic() - begun if self._process.poll() is None else None

    def _launch(self):
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [self._binary, "-c", self._folder / "treaty.yaml"], stdout=log, stderr=log,
                preexec_fn=die_with_parent)

    def run(self):
        """Starts it and waits for its end; returns its exit code."""
        self._launch()
        return self._process.wait()

    def start_in_vain(self):
        """Starts it, which must fail; returns its exit code."""
        if self.try_start() is not None:
            raise AssertionError("it started")
        return self._process.returncode

    def _ready_or_dead(self):
        return (self._process.poll() is not None
                or Client(self.port, timeout=2).call("GET", "/readyz")[0] == 200)

    def kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()

    def signal(self, number):
        """Sends it; where it is SIGSTOP, returns once every thread stands."""
        self._process.send_signal(number)
        if number == signal.SIGSTOP:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def wait(self, seconds):
        """Returns its exit code."""
        return self._process.wait(seconds)

    def stop(self):
        """Ends it politely; returns its exit code."""
        self._process.terminate()
        return self._process.wait(30)

    def died(self):
        return self._process.poll() is not None

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024

    def bad_log_lines(self):
        """Lines of level error, and a sanitizer's."""
        bad = re.compile(r"\b(error|critical|ERROR|CRITICAL)\b|Sanitizer|runtime error|CHECK")
        return [line for line in self.log.read_text(errors="replace").splitlines()
                if bad.search(line)]


class Bank:
    def __init__(self, folder, name, accounts=20, amount=1000):
        self._process = subprocess.Popen(
            [sys.executable, HERE / "bank_service.py", pathlib.Path(folder) / f"{name}.db",
             str(accounts), str(amount)], stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent)
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def report(self):
        return json.loads(Client(self.port).call("GET", "/report")[1])

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

"""What the tests of DTM's SDKs share: installing by a lock file, and playing scenarios."""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import mariadb  # noqa: E402
import rig  # noqa: E402

SKIPPED = 77
# Short: lost replies and time-outs belong to the scenarios.
CONFIG = "RequestTimeout: 3\nRetryInterval: 1\nRetryIntervalMax: 1\nTimeoutToFail: 6\n"
AMOUNT = 30
BALANCE = 1000
BARRIER_COLUMNS = """(
  id bigint PRIMARY KEY AUTO_INCREMENT, trans_type varchar(45) DEFAULT '',
  gid varchar(128) DEFAULT '', branch_id varchar(128) DEFAULT '', op varchar(45) DEFAULT '',
  barrier_id varchar(45) DEFAULT '', reason varchar(45) DEFAULT '',
  create_time datetime DEFAULT now(), update_time datetime DEFAULT now(),
  UNIQUE KEY uniq_barrier (gid, branch_id, op, barrier_id))"""


class NotInstalled(Exception):
    pass


def options():
    """The command line of a test, and what is left of it for unittest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--treatyd", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--work", required=True, type=lambda text: pathlib.Path(text).resolve(),
                        help="the folder that the SDK is installed in")
    known, rest = parser.parse_known_args()
    known.work.mkdir(parents=True, exist_ok=True)
    return known, [sys.argv[0], *rest]


def main(install, treatyd, arguments):
    """Installs the SDK, then runs the tests of the calling script."""
    install_or_skip(install)
    SdkTest.TREATYD = treatyd
    rig.main(arguments)


def install_or_skip(install):
    """Ends the program if the SDK cannot be had: a failure in CI, a skip elsewhere."""
    try:
        install()
    except NotInstalled as reason:
        print(f"the SDK could not be installed: {reason}", flush=True)
        sys.exit(1 if os.environ.get("CI") else SKIPPED)


def run_install(command):
    """Runs a step that may fail for want of a tool or a registry."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode != 0:
        raise NotInstalled(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}")


class Stamp:
    """Remembers in a file what a folder was made of, so that it is made once."""

    def __init__(self, path, files, *facts):
        digest = hashlib.sha256("\n".join(map(str, facts)).encode())
        for file in files:
            digest.update(file.read_bytes())
        self._path = path
        self.text = digest.hexdigest()

    def is_fresh(self):
        return self._path.exists() and self._path.read_text() == self.text

    def write(self):
        self._path.write_text(self.text)


class Program:
    """A program that uses an SDK: it serves its participants until its input ends."""

    def __init__(self, command, log):
        self._log = log
        with open(log, "ab") as stream:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream, text=True,
                preexec_fn=rig.die_with_parent)
        self._watchdog = threading.Timer(60, self._process.kill)
        self._watchdog.start()

    def read(self):
        line = self._process.stdout.readline()
        if not line:
            log = self._log.read_text(errors="replace")
            raise AssertionError(f"the program ended early:\n{log[-3000:]}")
        return json.loads(line)

    def finish(self):
        """Returns the calls that its participants had, in the order of their ends."""
        self._process.stdin.close()
        calls = [tuple(call) for call in self.read()]
        if self._process.wait(30) != 0:
            raise AssertionError(f"the program ended with {self._process.returncode}")
        return calls

    def close(self):
        self._watchdog.cancel()
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class SdkTest(unittest.TestCase):
    """One treatyd on SQLite and one MariaDB, the participants' own, for all tests."""

    TREATYD = None  # Set by main().
    BARRIER = None  # The name that the SDK gives its table.

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="treaty-sdk-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.mariadb = mariadb.MariaDb(folder.name)
        cls.addClassCleanup(cls.mariadb.kill)
        cls.mariadb.run(
            "CREATE DATABASE bank; CREATE DATABASE dtm_barrier;"
            f"CREATE TABLE {cls.BARRIER} {BARRIER_COLUMNS};"
            "CREATE TABLE bank.accounts (name varchar(20) PRIMARY KEY, balance int, reserved int)")
        cls.treatyd = rig.Daemon(cls.TREATYD, folder.name, CONFIG)
        cls.addClassCleanup(cls.treatyd.kill)
        cls.treatyd.start()

    @classmethod
    def tearDownClass(cls):
        if cls.treatyd.stop() != 0 or cls.treatyd.bad_log_lines():
            raise AssertionError(f"treatyd's log: {cls.treatyd.bad_log_lines()}")

    def setUp(self):
        self.mariadb.run("REPLACE INTO bank.accounts VALUES "
                         f"('out', {BALANCE}, 0), ('in', {BALANCE}, 0), ('fee', {BALANCE}, 0)")

    def command(self, scenario):
        """The program that plays a scenario."""
        raise NotImplementedError

    def play(self, scenario, status):
        """Plays it to its end, which has this status; keeps what happened for the checks."""
        program = Program(self.command(scenario), self.folder / f"{scenario}.log")
        self.addCleanup(program.close)
        told = program.read()
        self.gid, self.error = told["gid"], told["error"]
        client = rig.Client(self.treatyd.port)
        rig.wait_until(lambda: self._has_ended(client), 30, f"{scenario}: the end of {self.gid}")
        self.calls = program.finish()
        self.assertEqual(self.answer["transaction"]["status"], status, self.calls)

    def _has_ended(self, client):
        code, text = client.call("GET", f"/api/dtmsvr/query?gid={self.gid}")
        self.assertEqual(code, 200, text)
        self.answer = json.loads(text)
        return (self.answer["transaction"] or {}).get("status") in ("succeed", "failed")

    def assert_moved(self, **moved):
        """Accounts differ by these amounts from their beginning; nothing stays reserved."""
        lines = self.mariadb.run("SELECT name, balance, reserved FROM bank.accounts").splitlines()
        found = {name: (int(balance) - BALANCE, int(reserved))
                 for name, balance, reserved in (line.split("\t") for line in lines)}
        self.assertEqual(found, {name: (moved.get(name, 0), 0) for name in ("out", "in", "fee")})

    def assert_calls(self, *expected):
        """Each a text such as "out action done"; branches that run at once have no order."""
        self.assertEqual(sorted(" ".join(call) for call in self.calls), sorted(expected))

    def assert_branches(self, *expected):
        """Each a text such as "01 action succeed"."""
        found = [f"{branch['branch_id']} {branch['op']} {branch['status']}"
                 for branch in self.answer["branches"]]
        self.assertEqual(sorted(found), sorted(expected))

    def assert_barrier(self, *expected):
        """The rows of this transaction, each a text such as "01 try cancel": op and reason."""
        rows = self.mariadb.run(
            f"SELECT branch_id, op, reason FROM {self.BARRIER} WHERE gid = '{self.gid}'")
        self.assertEqual(sorted(row.replace("\t", " ") for row in rows.splitlines()),
                         sorted(expected))

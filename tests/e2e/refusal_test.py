"""Goal: while the store takes no writes, or one record cannot be written, every request is answered
within five seconds, what was refused is not done later, and nobody else is kept waiting.
Method: a real treatyd on SQLite and on MariaDB, whose file is busy or disk full, whose server is
read-only, frozen, killed, or has a row locked by somebody's console, or takes only small packets.
"""

import concurrent.futures
import errno
import json
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import unittest

import mariadb
import rig

OPTIONS, ARGUMENTS = rig.options()
SOON = 5


def ask(port, path, body):
    """Returns the status of the answer and how long it took."""
    begun = time.monotonic()
    status, _ = rig.Client(port, timeout=30).call("POST", path, body)
    return status, time.monotonic() - begun


def take_room(file):
    """Whether there was room for 4 KiB more."""
    try:
        return file.write(bytes(4096)) > 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


class Base(unittest.TestCase):
    """Prepared transactions, and every request that would change one of them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-refusal-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name, store=self.make_store(folder.name))
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def make_store(self, _):
        return ""

    def post(self, action, body, **more):
        return ask(self.treatyd.port, f"/api/dtmsvr/{action}", body | more)

    def prepare(self, name):
        """Prepares a TCC, an XA and a workflow of their own for each request."""
        requests = []
        for i, (kind, action, more) in enumerate([
                ("tcc", "registerBranch", {"branch_id": "01", "confirm": "", "cancel": ""}),
                ("xa", "registerBranch", {"branch_id": "01", "url": "http://127.0.0.1:1/x"}),
                ("workflow", "registerBranch", {"branch_id": "01", "op": "action",
                                                "status": "succeed"}),
                ("tcc", "submit", {}), ("tcc", "submit", {"wait_result": True}),
                ("tcc", "abort", {}), ("xa", "abort", {"wait_result": True}),
                ("workflow", "submit", {"req_extra": {"status": "succeed"}}),
                ("tcc", "forceStop", {"reason": "test"})]):
            body = {"gid": f"{name}-{i}", "trans_type": kind}
            ready = dict(body)
            if kind == "workflow":
                ready |= {"query_prepared": "http://127.0.0.1:1/q",
                          "custom_data": json.dumps({"name": "move", "data": "e30="})}
            status, _ = self.post("prepareWorkflow" if kind == "workflow" else "prepare", ready,
                                  timeout_to_fail=600, retry_interval=600)
            self.assertEqual(status, 200)
            requests.append((action, body | more))
        return requests

    def ask_all(self, requests):
        """Asks each twice, by HTTP and by JSON-RPC, all at once; each answer comes in time."""
        with concurrent.futures.ThreadPoolExecutor(4 * len(requests) + 2) as pool:
            asked = [pool.submit(self.post, action, body) for action, body in 2 * requests]
            rpc = [pool.submit(self.rpc, action, body) for action, body in requests
                   if action != "forceStop"]
            new = pool.submit(self.post, "submit", {
                "gid": f"new-{time.time()}", "trans_type": "saga", "wait_result": True,
                "steps": [{"action": "", "compensate": ""}], "payloads": [""]})
        statuses = []
        for one in asked:
            status, took = one.result()
            self.assertLess(took, SOON)
            statuses.append(status)
        for one in rpc:
            error, took = one.result()
            self.assertLess(took, SOON)
            self.assertEqual(error, 503)
        return statuses, new.result()

    def rpc(self, action, body):
        begun = time.monotonic()
        _, text = rig.Client(self.treatyd.port, timeout=30).call(
            "POST", "/api/json-rpc", {"jsonrpc": "2.0", "id": 1, "method": action, "params": body})
        error = json.loads(text).get("error", {}).get("data", {}).get("status")
        return error, time.monotonic() - begun

    def states(self):
        return self.treatyd_client().all()

    def treatyd_client(self):
        return rig.Client(self.treatyd.port)

    def check_away(self, begin, end):
        requests = self.prepare("away")
        begin()
        for _ in range(2):
            statuses, new = self.ask_all(requests)
            self.assertEqual(set(statuses), {503})
            self.assertEqual(new[0], 503)
            self.assertLess(new[1], SOON)
        end()
        rig.wait_until(lambda: self.post("submit", {
            "gid": f"back-{time.time()}", "trans_type": "saga",
            "steps": [{"action": "", "compensate": ""}], "payloads": [""]})[0] == 200, 10, "back")
        return requests

    def check_culprits(self):
        """Of those whose gid begins with bad none can be stored: they alone hear of it."""
        sagas = [{"gid": f"{name}-{count}-{i}", "trans_type": "saga", "payloads": [""],
                  "steps": [{"action": "", "compensate": ""}]}
                 for name, count in (("bad", 1), ("good", 40), ("bad", 64), ("good", 1))
                 for i in range(count)]
        for order in (sagas, sagas[1::2] + sagas[::2]):
            with concurrent.futures.ThreadPoolExecutor(len(sagas)) as pool:
                asked = [pool.submit(self.post, "submit", saga) for saga in order]
            for saga, one in zip(order, asked):
                status, took = one.result()
                self.assertLess(took, SOON)
                self.assertEqual(status, 500 if saga["gid"].startswith("bad") else 200, saga["gid"])
        self.assertEqual(self.treatyd_client().call("GET", "/readyz")[0], 200)

    def check_untouched(self, requests):
        """Nothing of what was refused was done; all of it can be."""
        for _, body in requests:
            found = self.treatyd_client().query(body["gid"])
            self.assertEqual(found["status"], "prepared", found)
        for action, body in requests:
            status, _ = self.post(action, body)
            self.assertEqual(status, 200, (action, body))


class SqliteTest(Base):
    def test_many_that_cannot_be_stored(self):
        somebody = sqlite3.connect(self.treatyd.database, isolation_level=None)
        somebody.execute("CREATE TRIGGER bad BEFORE INSERT ON txn WHEN new.gid LIKE 'bad%' "
                         "BEGIN SELECT RAISE(ABORT, 'bad'); END")
        somebody.close()
        self.check_culprits()

    def test_a_file_that_somebody_else_is_writing_to(self):
        holder = sqlite3.connect(self.treatyd.database, isolation_level=None)
        self.addCleanup(holder.close)
        requests = self.check_away(lambda: holder.execute("BEGIN IMMEDIATE"),
                                   lambda: holder.execute("ROLLBACK"))
        self.check_untouched(requests)


class FullDiskTest(Base):
    """Database, log and all else stand on a file system of their own, which fills up."""

    def mount(self, folder):
        command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=True)

    def make_store(self, folder):
        self.mount(folder)
        self.ballast = pathlib.Path(folder) / "ballast"
        return ""

    def fill(self):
        """Takes all room, until what the database had kept for itself is used up, too."""
        with open(self.ballast, "wb", buffering=0) as ballast:
            while take_room(ballast):
                pass
        rig.wait_until(lambda: self.post("submit", {
            "gid": f"fill-{time.time()}", "trans_type": "saga",
            "steps": [{"action": "", "compensate": ""}], "payloads": ["x" * 10_000]})[0] == 503,
            30, "the disk is full")

    def test_a_disk_that_is_full(self):
        self.check_untouched(self.check_away(self.fill, self.ballast.unlink))


class MysqlTest(Base):
    def make_store(self, folder):
        self.database = mariadb.MariaDb(folder)
        self.addCleanup(self.database.kill)
        self.database.run("CREATE USER app; GRANT ALL ON treaty.* TO app")
        return self.database.store(timeout=3) + "  User: app\n"

    def console(self, sql):
        """Somebody's open transaction."""
        console = subprocess.Popen(
            ["mariadb", "--no-defaults", f"--socket={self.database.socket}", "--user=root", "treaty",
             "--unbuffered", "--skip-column-names"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=rig.die_with_parent)
        console.stdin.write("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; "
                            f"BEGIN; {sql}; SELECT 'locked';\n")
        console.stdin.flush()
        while "locked" not in console.stdout.readline():
            pass
        self.addCleanup(console.communicate)
        self.addCleanup(console.kill)
        return console

    def test_a_server_that_is_read_only(self):
        requests = self.check_away(lambda: self.database.run("SET GLOBAL read_only = 1"),
                                   lambda: self.database.run("SET GLOBAL read_only = 0"))
        self.check_untouched(requests)

    def test_a_server_that_is_killed(self):
        self.check_untouched(self.check_away(self.database.kill, self.database.start))

    def test_a_server_that_is_frozen(self):
        """What was under way when it froze may have been done, nothing else; a repeat is safe."""
        requests = self.check_away(self.database.signal_stop, self.database.signal_continue)
        for action, body in requests:
            status, _ = self.post(action, body)
            self.assertIn(status, (200, 409, 412), (action, body))

    def test_a_server_that_is_frozen_for_less_than_the_store_waits(self):
        """Whoever wants to see something hears so too, though a statement may take far longer."""
        folder = pathlib.Path(self.folder, "patient")
        folder.mkdir()
        patient = rig.Daemon(OPTIONS.treatyd, folder,
                             store=self.database.store(timeout=30) + "  User: app\n")
        patient.start()
        self.addCleanup(patient.kill)
        self.addCleanup(self.database.signal_continue)
        self.database.signal_stop()
        asked = [("GET", "/api/dtmsvr/query?gid=g"), ("GET", "/api/dtmsvr/all"),
                 ("GET", "/api/dtmsvr/scanKV?cat=topics"), ("GET", "/api/dtmsvr/resetCronTime"),
                 ("GET", "/readyz")]

        def answer(method, path):
            begun = time.monotonic()
            status, _ = rig.Client(patient.port, timeout=30).call(method, path)
            return status, time.monotonic() - begun
        # What the last write came to is its word for a second.
        rig.wait_until(lambda: answer("GET", "/readyz")[0] == 503, 10, "it is not ready")
        with concurrent.futures.ThreadPoolExecutor(3 * len(asked)) as pool:
            answers = [(path, pool.submit(answer, method, path)) for method, path in 3 * asked]
        for path, one in answers:
            status, took = one.result()
            self.assertEqual(status, 503, path)
            self.assertLess(took, SOON, path)

    def test_rows_that_are_locked(self):
        requests = self.prepare("locked")
        gids = ",".join(f"'{body['gid']}'" for _, body in requests)
        console = self.console("SELECT count(*) FROM treaty_txn FORCE INDEX (treaty_txn_gid) "
                               f"WHERE gid IN ({gids}) FOR UPDATE")
        for _ in range(2):
            statuses, new = self.ask_all(requests)
            self.assertEqual(set(statuses), {503})
            self.assertEqual(new[0], 200)
            self.assertLess(new[1], SOON)
        others = self.prepare("free")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            asked = [pool.submit(self.post, action, body) for action, body in others]
            ready = rig.Client(self.treatyd.port).call("GET", "/readyz")[0]
        self.assertEqual({one.result()[0] for one in asked}, {200})
        self.assertEqual(ready, 200, "one row is no reason")
        console.kill()
        console.wait()
        rig.wait_until(lambda: self.post(*requests[0])[0] == 200, 10, "unlocked")
        self.check_untouched(requests[1:])

    def test_many_that_cannot_be_stored(self):
        self.database.run("USE treaty; CREATE TRIGGER bad BEFORE INSERT ON treaty_txn FOR EACH ROW "
                          "SET NEW.gid = IF(NEW.gid LIKE 'bad%', REPEAT('x', 1000), NEW.gid)")
        self.check_culprits()

    def test_packets_that_have_become_small(self):
        self.database.run("SET GLOBAL max_allowed_packet = 1048576")
        self.database.kill_connections()
        saga = {"gid": "large", "trans_type": "saga", "steps": [{"action": "", "compensate": ""}],
                "payloads": ["x" * 900_000]}
        rig.wait_until(lambda: self.post("submit", saga)[0] == 500, 10, "too large")
        for i in range(20):
            status, _ = self.post("submit", saga | {"gid": f"small{i}", "payloads": ["x"]})
            self.assertEqual(status, 200)
        self.assertEqual(rig.Client(self.treatyd.port).call("GET", "/readyz")[0], 200)


del Base

if __name__ == "__main__":
    rig.main(ARGUMENTS)

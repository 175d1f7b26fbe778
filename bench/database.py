"""A MariaDB for a benchmark: durable, on a real disk, with counters of what it does."""

import pathlib
import subprocess
import time

import rig

# A server of production size would have far more memory; more than 512 MiB changes nothing here.
OPTIONS = ["--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=512M",
           "--skip-name-resolve", "--bind-address=127.0.0.1"]


class Database:
    def __init__(self, folder):
        self._folder = pathlib.Path(folder) / "mariadb"
        self._folder.mkdir()
        self._socket = self._folder / "s"
        (self._folder / "tmp").mkdir()
        folders = [f"--datadir={self._folder / 'data'}", f"--tmpdir={self._folder / 'tmp'}"]
        with open(self._folder / "log", "wb") as log:
            subprocess.run(["mariadb-install-db", "--no-defaults", *folders, "--skip-test-db",
                            "--auth-root-authentication-method=normal", "--user=root"],
                           stdout=log, stderr=log, check=True)
            self._process = subprocess.Popen(
                ["mariadbd", "--no-defaults", *folders, f"--socket={self._socket}",
                 f"--port={rig.free_port()}", "--user=root", *OPTIONS],
                stdout=log, stderr=log, preexec_fn=rig.die_with_parent)
        deadline = time.monotonic() + 60
        while not self._socket.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.run("CREATE DATABASE treaty")

    def store(self):
        """The lines of the section Store."""
        return f"  Driver: mysql\n  Socket: {self._socket}\n  Db: treaty\n"

    def run(self, sql):
        return subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self._socket}", "--user=root", "--batch",
             "--skip-column-names"], input=sql, check=True, capture_output=True, text=True).stdout

    def figures(self):
        """CPU seconds, statements and commits so far."""
        rows = dict(line.split("\t") for line in self.run("SHOW GLOBAL STATUS").splitlines()
                    if line.startswith(("Questions\t", "Com_commit\t")))
        cpu, _ = rig.process_figures(self._process.pid)
        return cpu, int(rows["Questions"]), int(rows["Com_commit"])

    def multiply(self, finished, sleeping):
        """Fills the tables with copies of a finished saga: `finished` as it is, `sleeping` ones
        that are due in a year."""
        far = 365 * 86_400_000
        self.copy(finished, "'.succeed'", "status", "t.due")
        self.copy(sleeping, "''", "1", f"t.due + {far} + seq")

    def leave_behind(self, count):
        """The same, submitted by an instance that is gone; they only need to be ended."""
        self.copy(count, "'@gone/1'", "1", "0")

    def left_behind(self):
        return int(self.run("SELECT COUNT(*) FROM treaty.treaty_txn WHERE place = '@gone/1'"))

    def unfinished(self):
        return int(self.run("SELECT COUNT(*) FROM treaty.treaty_txn WHERE status < 3"))

    def copy(self, count, place, status, due):
        """Copies of the first finished saga, with other values in three columns."""
        self.run(f"""USE treaty;
            CREATE TEMPORARY TABLE first AS SELECT * FROM treaty_txn WHERE status = 3 LIMIT 1;
            INSERT INTO treaty_part (created, gid, n, terms, body)
            SELECT t.created - seq DIV 10, CONCAT('copy', {status}, '-', MD5(seq)), p.n,
                   p.terms, p.body
            FROM first t JOIN treaty_part p ON p.created = t.created AND p.gid = t.gid,
                 seq_1_to_{count};
            INSERT INTO treaty_txn (created, gid, model, status, updated, finished, place, due,
                                    version, write_id, state)
            SELECT t.created - seq DIV 10, CONCAT('copy', {status}, '-', MD5(seq)), t.model,
                   {status}, t.updated, IF({status} = 3, t.finished, 0), {place}, {due},
                   t.version, t.write_id, t.state
            FROM first t, seq_1_to_{count};""")

    def stop(self):
        self._process.kill()
        self._process.wait()

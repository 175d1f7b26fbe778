"""A MariaDB of the test's own: its own folder, port and socket."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import rig


class MariaDb:
    def __init__(self, folder):
        self._folder = pathlib.Path(folder) / "mariadb"
        self._folder.mkdir()
        (self._folder / "tmp").mkdir()
        # Its own folder for temporary tables too: a server that starts removes those it finds.
        self._folders = [f"--datadir={self._folder / 'data'}", f"--tmpdir={self._folder / 'tmp'}"]
        self.port = rig.free_port()
        self.socket = self._folder / "s"
        with open(self._folder / "install.log", "wb") as log:
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", *self._folders,
                 "--auth-root-authentication-method=normal", "--skip-test-db", "--user=root"],
                stdout=log, stderr=log, check=True)
        self.start()
        self.run("CREATE DATABASE treaty")

    def store(self, timeout=1, port=None):
        """The lines of the section Store; `port`: of whoever leads there."""
        return (f"  Driver: mysql\n  Host: 127.0.0.1\n  Port: {port or self.port}\n  Db: treaty\n"
                f"  Timeout: {timeout}\n")

    def start(self):
        with open(self._folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                ["mariadbd", "--no-defaults", *self._folders,
                 f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                 "--innodb-flush-log-at-trx-commit=1", "--skip-name-resolve", "--user=root"],
                stdout=log, stderr=log, preexec_fn=rig.die_with_parent)
        rig.wait_until(self._is_up, 60, "MariaDB is up")

    def _is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def run(self, sql):
        return subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
             "--skip-column-names", "-e", sql],
            check=True, capture_output=True, text=True).stdout

    def kill_connections(self):
        """Ends every client's session: what is set globally holds for those that follow."""
        kills = self.run("SELECT concat('KILL ', id, ';') FROM information_schema.processlist "
                         "WHERE id <> connection_id() AND user NOT IN ('system user', 'event_scheduler')")
        self.run(kills)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def signal_stop(self):
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # Until every thread stands.

    def signal_continue(self):
        self._process.send_signal(signal.SIGCONT)

    def freeze(self, seconds):
        self.signal_stop()
        time.sleep(seconds)
        self.signal_continue()

"""Several treatyd on one MariaDB: each kept running by somebody, each with a network of its own to
the database, and a client that finds one that serves."""

import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import rig

RESTART_DELAY = 0.3
STOPPING = "the coordinator is stopping"


class Network:
    """See proxy.py."""

    def __init__(self, target):
        self._process = subprocess.Popen(
            [sys.executable, rig.HERE / "proxy.py", str(target)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=rig.die_with_parent)
        self.port = int(self._process.stdout.readline())

    def tell(self, line):
        """Returns once it is so."""
        print(line, file=self._process.stdin, flush=True)
        self._process.stdout.readline()

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Instance:
    """A treatyd that is started again whenever it ends, as a supervisor would."""

    def __init__(self, binary, folder, name, database, config):
        home = pathlib.Path(folder) / name
        home.mkdir()
        self.network = Network(database.port)
        self.daemon = rig.Daemon(binary, home, config, database.store(port=self.network.port))
        self.exit_codes = []
        self._kept = True
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _keep(self):
        while self._kept:
            self.exit_codes.append(self.daemon.run())
            time.sleep(RESTART_DELAY)

    @property
    def port(self):
        return self.daemon.port

    def is_ready(self):
        return rig.Client(self.port, timeout=0.5).call("GET", "/readyz")[0] == 200

    def kill(self):
        self.daemon.signal(signal.SIGKILL)

    def freeze(self, seconds):
        """Whichever process it is then, it goes on as it was; unless it has ended meanwhile."""
        try:
            self.daemon.signal(signal.SIGSTOP)
        except ChildProcessError:
            return
        time.sleep(seconds)
        self.daemon.signal(signal.SIGCONT)

    def disturb(self, line, seconds):
        self.network.tell(line)
        time.sleep(seconds)
        self.network.tell("pass")

    def end(self):
        """Ends it in order and for good; returns its exit code."""
        self._kept = False
        self.daemon.signal(signal.SIGTERM)
        self._keeper.join(30)
        return self.exit_codes[-1]

    def abandon(self):
        self._kept = False
        self.kill()
        self._keeper.join(30)
        self.network.stop()


class Anywhere(rig.Client):
    """Asks any instance, and another where there is no answer; one thread's own."""

    def __init__(self, ports, timeout=4):
        self._clients = [rig.Client(port, timeout) for port in ports]

    def call(self, method, path, body=None):
        for client in random.sample(self._clients, len(self._clients)):
            status, text = client.call(method, path, body)
            if status != 0 and not (status == 503 and STOPPING in text):
                return status, text
        return 0, ""

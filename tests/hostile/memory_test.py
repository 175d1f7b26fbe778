"""Goal: nobody fills Treaty's memory or its places. Method: replies that nobody reads, batches of
them, clients that ask and go, heads of every length, little memory and few descriptors, also with
many participants; while that goes on, a probe and an honest client are served.
"""

import json
import os
import resource
import socket
import subprocess
import tempfile
import unittest

import http2
from attacker import rig

OPTIONS, ARGUMENTS = rig.options()
API = "/api/dtmsvr"
MIB = 1 << 20
SUCCESS = '{"dtm_result":"SUCCESS"}'
DESCRIPTORS = 256
GRPC_PARTICIPANTS = 400
UNREAD = 100  # The attack's connections; each asks for 34 MiB.
BUDGET = 64 * MIB
MOST = 3 * BUDGET + OPTIONS.memory_mib * MIB  # What is freed is not given back at once.


def silent_port():
    """A port that takes connections and says nothing; with its socket."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    return listener, listener.getsockname()[1]


def saga(gid, url, payload="x", **more):
    return {"gid": gid, "trans_type": "saga", "steps": [{"action": url}], "payloads": [payload],
            **more}


def attack(port, request):
    """A connection that asks and does not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.sendall(request)
    return connection


def get(target):
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(target, body):
    return (f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            + body).encode()


class Memory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, http="", config=""):
        daemon = rig.Daemon(OPTIONS.treatyd, self.folder,
                            f"Http:\n  MaxMemoryBytes: {BUDGET}\n{http}{config}")
        self.addCleanup(daemon.kill)
        daemon.start()
        return daemon

    def status(self, daemon, target="/readyz"):
        return rig.Client(daemon.port, timeout=5).call("GET", target)[0]

    def keep_probing(self, daemon, times=20):
        """Probes that a load balancer sends; each within five seconds."""
        for _ in range(times):
            self.assertEqual(self.status(daemon), 200)
            self.assertEqual(self.status(daemon, "/livez"), 200)

    def test_replies_that_nobody_reads(self):
        daemon = self.start()
        client = rig.Client(daemon.port)
        large = saga("large", "http://127.0.0.1:9/a", "<" * (MIB - 1), retry_limit=1)
        large["steps"] *= 3
        large["payloads"] *= 3
        self.assertEqual(client.submit(large)[0], 200)
        before = daemon.resident_bytes()
        unread = [attack(daemon.port, get(f"{API}/query?gid=large")) for _ in range(UNREAD)]
        self.keep_probing(daemon)
        heads = [connection.recv(16, socket.MSG_PEEK)[9:12] for connection in unread]
        self.assertLessEqual(set(heads), {b"200", b"503"})
        self.assertIn(b"200", heads)
        self.assertIn(b"503", heads)
        self.assertLess(daemon.resident_bytes() - before, MOST)
        self.assertEqual(client.submit(saga("other", "http://127.0.0.1:9/a"))[0], 200)
        for connection in unread:
            connection.close()
        rig.wait_until(lambda: client.call("GET", f"{API}/query?gid=large")[0] == 200, 10,
                       "the record is shown again")

    def test_batches_of_records(self):
        daemon = self.start()
        workflow = {"gid": "wf", "trans_type": "workflow", "query_prepared": "http://127.0.0.1:9/q",
                    "custom_data": json.dumps({"name": "n", "data": "aW4="})}
        client = rig.Client(daemon.port)
        self.assertEqual(client.call("POST", f"{API}/prepareWorkflow", workflow)[0], 200)
        for step in ("01", "02", "03"):
            self.assertEqual(client.call("POST", f"{API}/registerBranch", {
                "gid": "wf", "trans_type": "workflow", "branch_id": step, "op": "action",
                "status": "succeed", "data": "<" * (MIB - 1)}), (200, SUCCESS))
        before = daemon.resident_bytes()
        one = {"jsonrpc": "2.0", "id": "1", "method": "prepareWorkflow", "params": workflow}
        batch = json.dumps([one] * 100)
        unread = [attack(daemon.port, post("/api/json-rpc", batch)) for _ in range(12)]
        self.keep_probing(daemon)
        for connection in unread:
            self.assertEqual(connection.recv(12, socket.MSG_PEEK)[:5], b"HTTP/")
        self.assertLess(daemon.resident_bytes() - before, MOST)
        for connection in unread:
            connection.close()

    def test_clients_that_have_gone(self):
        listener, port = silent_port()
        self.addCleanup(listener.close)
        daemon = self.start("  MaxConnections: 64\n")
        body = [json.dumps(saga(f"gone{i}", f"http://127.0.0.1:{port}/a", wait_result=True,
                                request_timeout=3600)) for i in range(64)]
        connections = [attack(daemon.port, post(f"{API}/submit", text)) for text in body]
        rig.wait_until(lambda: self.status(daemon, f"{API}/newGid") in (0, 503), 10, "all taken")
        self.keep_probing(daemon, 5)
        for connection in connections:
            connection.close()
        rig.wait_until(lambda: self.status(daemon, f"{API}/newGid") == 200, 10, "places are free")
        client = rig.Client(daemon.port)
        self.assertEqual({client.query(f"gone{i}")["status"] for i in range(64)}, {"submitted"})

    def test_heads_of_every_length(self):
        daemon = self.start("  MaxHeaderBytes: 4096\n")
        begin = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
        for size in (4000, 4095, 4096, 4097, 4098, 8192):
            head = begin + b"x" * (size - len(begin) - 4) + b"\r\n\r\n"
            for piece in (1, 1000, 100_000):
                with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    try:
                        for i in range(0, size, piece):
                            connection.sendall(head[i:i + piece])
                        status = connection.recv(12)[9:12]
                    except ConnectionError:
                        status = b"431"  # It was told before it had sent everything.
                    self.assertEqual(status, b"200" if size <= 4096 else b"431", (size, piece))

    def start_with_few_descriptors(self):
        limited = rig.Daemon(OPTIONS.treatyd, self.folder)
        self.addCleanup(limited.kill)
        limited._launch = lambda: launch_with_descriptors(limited, DESCRIPTORS)
        limited.start()
        return limited

    def test_few_descriptors_and_many_grpc_participants(self):
        """Each of them keeps its connection for as long as it may."""
        limited = self.start_with_few_descriptors()
        participant = http2.Participant([], b"", 0, host="0.0.0.0")
        self.addCleanup(participant.close)
        gids = [f"g{i}" for i in range(GRPC_PARTICIPANTS)]
        for i, gid in enumerate(gids):
            target = f"grpc://127.2.{i >> 8}.{i & 255}:{participant.port}/a.B/M"
            rig.wait_until(lambda: rig.Client(limited.port, timeout=5).submit(
                saga(gid, target, retry_interval=1))[0] == 200, 10, "it is submitted")
            self.assertEqual(self.status(limited, "/livez"), 200)
            self.assertLess(descriptors_of(limited), DESCRIPTORS - 20)
        client = rig.Client(limited.port)
        rig.wait_until(lambda: all(client.query(gid)["status"] == "succeed" for gid in gids),
                       60, "all are called")

    def test_few_descriptors(self):
        limited = self.start_with_few_descriptors()
        held = [socket.create_connection(("127.0.0.1", limited.port)) for _ in range(220)]
        rig.wait_until(lambda: self.status(limited, f"{API}/newGid") == 503, 10, "new ones refused")
        rig.wait_until(lambda: self.status(limited, "/livez") == 200, 10, "a probe gets in")
        self.status(limited, f"{API}/newGid")  # Refused, so that it is known that they are short.
        code, text = rig.Client(limited.port).call("GET", "/readyz")
        self.assertEqual((code, "descriptors" in text), (503, True))
        for connection in held:
            connection.close()
        rig.wait_until(lambda: self.status(limited) == 200, 10, "ready again")
        self.assertEqual(rig.Client(limited.port).submit(saga("g", "http://127.0.0.1:9/a"))[0], 200)


def descriptors_of(daemon):
    return len(os.listdir(f"/proc/{daemon._process.pid}/fd"))


def launch_with_descriptors(daemon, limit):
    def limits():
        rig.die_with_parent()
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with open(daemon.log, "ab") as log:
        daemon._process = subprocess.Popen(
            [daemon._binary, "-c", daemon._folder / "treaty.yaml"], stdout=log, stderr=log,
            preexec_fn=limits)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

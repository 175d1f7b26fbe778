"""Goal: what docker/ starts is one service without a single point: behind its load balancer no client
notices that an instance is stopped, and none loses anything when one is killed. Method: the same
topology without containers: HAProxy with docker/haproxy.cfg, three treatyd with the environment
of docker/compose.yaml, one MariaDB. And what of the files can be checked without a container.
"""

import collections
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import unittest

import mariadb
import rig
import yaml

OPTIONS, ARGUMENTS = rig.options()
DOCKER = rig.HERE.parent.parent / "docker"
CLIENTS = 8


class Instance:
    """A treatyd configured by its environment alone, as in a container."""

    def __init__(self, folder, service, database):
        self.port = rig.free_port()
        self._log = folder / f"{service['environment']['TREATY_INSTANCE_ID']}.log"
        self._folder = folder
        self._environment = os.environ | service["environment"] | {
            "TREATY_HOST": "127.0.0.1", "HTTP_PORT": str(self.port),
            "GRPC_PORT": str(rig.free_port()), "STORE_HOST": "127.0.0.1",
            "STORE_PORT": str(database.port), "TREATY_STORE_PATH": "unused"}

    def start(self):
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [OPTIONS.treatyd], stdout=log, stderr=log, env=self._environment, cwd=self._folder,
                preexec_fn=rig.die_with_parent)
        rig.wait_until(lambda: rig.Client(self.port).call("GET", "/readyz")[0] == 200, 10, "ready")

    def stop(self):
        self._process.terminate()
        return self._process.wait(30)

    def kill(self):
        self._process.kill()
        self._process.wait()


class Load:
    """Sagas with waiting clients through the load balancer."""

    def __init__(self, port, bank):
        self._port, self._bank = port, bank
        self._stop = threading.Event()
        self.answers, self.sent = collections.Counter(), []
        self._threads = [threading.Thread(target=self._run, args=(index,))
                         for index in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, index):
        client = rig.Client(self._port)
        for number in range(1_000_000):
            if self._stop.wait(0.01):
                return
            self._submit(client, f"{self._port}-{index}-{number}")

    def _submit(self, client, gid):
        """Until there is an answer, as every client must; each status counts."""
        step = {"action": f"{self._bank.url}/action", "compensate": ""}
        payload = '{"account": "a1", "delta": 1}'
        saga = {"gid": gid, "trans_type": "saga", "wait_result": True, "steps": [step] * 2,
                "payloads": [payload] * 2}
        self.sent.append(gid)
        status = None
        for _ in range(50):
            if status in (200, 425):
                return
            status, text = client.submit(saga)
            self.answers[status] += 1
            if status not in (0, 200, 425):
                print(status, text, flush=True)
            time.sleep(0.01)

    def end(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        print(f"answers: {dict(self.answers)}", flush=True)


class ClusterTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-cluster-")
        self.addCleanup(folder.cleanup)
        folder = pathlib.Path(folder.name)
        compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
        services = [compose["services"][f"treaty{number}"] for number in (1, 2, 3)]
        database = mariadb.MariaDb(folder)
        self.addCleanup(database.kill)
        database.run("CREATE USER treaty IDENTIFIED BY 'change-me'; "
                     "GRANT ALL ON treaty.* TO treaty")
        self.bank = rig.Bank(folder, "a")
        self.addCleanup(self.bank.stop)
        self.instances = [Instance(folder, service, database) for service in services]
        for instance in self.instances:
            instance.start()
            self.addCleanup(instance.kill)
        self._start_haproxy(folder, compose["services"]["haproxy"]["environment"])

    def _start_haproxy(self, folder, names):
        self.port = rig.free_port()
        places = [self.port, *(instance.port for instance in self.instances)]
        environment = {name: f"127.0.0.1:{port}"
                       for name, port in zip(sorted(names), places, strict=True)}
        with open(folder / "haproxy.log", "wb") as log:
            process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", DOCKER / "haproxy.cfg"], stdout=log,
                                       stderr=log, env=os.environ | environment,
                                       preexec_fn=rig.die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        rig.wait_until(lambda: rig.Client(self.port).call("GET", "/readyz")[0] == 200, 10,
                       "HAProxy passes requests on")

    def _check_done(self, load, seconds):
        """Everything that was sent has been done, and done once."""
        client = rig.Client(self.port)
        rig.wait_until(lambda: all(client.query(gid)["status"] == "succeed" for gid in load.sent),
                       seconds, "all have succeeded")
        done = collections.Counter(gid for gid, _, _ in self.bank.report()["effects"])
        self.assertEqual(done, {gid: 2 for gid in load.sent})

    def test_a_rolling_restart_fails_no_request(self):
        load = Load(self.port, self.bank)
        try:
            for instance in self.instances:
                time.sleep(1.5)
                self.assertEqual(instance.stop(), 0)
                instance.start()
            time.sleep(1.5)
        finally:
            load.end()
        # Asked to stop while it was under way, an instance says that a saga goes on: 425.
        self.assertLessEqual(load.answers.keys(), {200, 425})
        self.assertGreater(load.answers[200], 100)
        self._check_done(load, 10)

    def test_a_kill_loses_nothing(self):
        load = Load(self.port, self.bank)
        try:
            time.sleep(1.5)
            self.instances[0].kill()
            time.sleep(3)
        finally:
            load.end()
        # What was under way at the killed one got no answer: HAProxy says 502, or closes.
        self.assertLessEqual(load.answers.keys(), {0, 200, 425, 502})
        self.assertLessEqual(load.answers[502] + load.answers[0], CLIENTS)
        self._check_done(load, 20)


class FilesTest(unittest.TestCase):
    """docker/ as far as it can be checked without a container."""

    def test_the_image_has_every_library_that_treatyd_needs(self):
        listed = (DOCKER / "Dockerfile").read_text().rpartition("FROM ")[2]
        linked = subprocess.run(["ldd", OPTIONS.treatyd], capture_output=True, text=True,
                                check=True).stdout
        paths = [os.path.realpath(path) for path in re.findall(r"=> (/\S+)", linked)]
        owners = subprocess.run(["dpkg", "-S", *paths], capture_output=True, text=True,
                                check=False).stdout
        packages = {line.split(":")[0] for line in owners.splitlines()}
        always = {"libc6", "libgcc-s1", "zlib1g", "liblzma5", "libzstd1"}  # Those come with others.
        missing = [package for package in packages - always
                   if not package.startswith("libasan") and not package.startswith("libubsan")
                   and package not in listed]
        self.assertGreater(len(packages), 10)
        self.assertEqual(missing, [])

    def test_the_image_is_not_root_and_its_file_system_read_only(self):
        text = (DOCKER / "Dockerfile").read_text()
        self.assertEqual(text.count("\nFROM "), 2)
        self.assertIn("\nUSER treaty\n", text)
        services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
        for name in ("treaty1", "treaty2", "treaty3"):
            self.assertTrue(services[name]["read_only"])
            self.assertEqual(services[name]["cap_drop"], ["ALL"])

    def test_haproxy_takes_its_configuration(self):
        environment = {name: "127.0.0.1:1" for name in ("LISTEN", "TREATY1", "TREATY2", "TREATY3")}
        check = subprocess.run(["/usr/sbin/haproxy", "-c", "-f", DOCKER / "haproxy.cfg"],
                               env=os.environ | environment, capture_output=True, text=True,
                               check=False)
        self.assertEqual((check.returncode, "WARNING" in check.stderr), (0, False), check.stderr)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

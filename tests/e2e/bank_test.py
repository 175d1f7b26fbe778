"""Goal: with three treatyd that share one MariaDB no money is lost or made, in any model, and nothing that
was acknowledged is forgotten, whatever fails: an instance, the database, the network between them.
Method: as models_test.py, with sagas too; each instance reaches the database by a network of its
own. For minutes: kill -9 and SIGSTOP of instances and of the database, connections cut, delayed
and swallowed. --seconds says how long.
"""

import collections
import json
import random
import time

import cluster
import mariadb
import models
import models_test
import rig

OPTIONS = models_test.OPTIONS
INSTANCES = 3


class Walker(models.Walker):
    MODELS = [*models.MODELS, "saga"]

    def saga(self, plan):
        orders = [dict(order) for order in plan["orders"]]
        if not plan["commits"]:
            orders[1]["faults"] = orders[1]["faults"] | {"action": ["refuse"]}
        self._post(plan, "submit", wait_result=plan["waits"],
                   update_branch_sync=self._random.randrange(2),
                   steps=[{"action": f"{bank}/move", "compensate": f"{bank}/undo"}
                          for bank in plan["banks"]],
                   payloads=[json.dumps(order) for order in orders])


class BankTest(models_test.ModelsTest):
    WALKER = Walker

    def start_treatyd(self, folder):
        self.database = mariadb.MariaDb(folder)
        self.addCleanup(self.database.kill)
        self.instances = []
        for number in range(1, INSTANCES + 1):
            instance = cluster.Instance(OPTIONS.treatyd, folder, f"treatyd{number}", self.database,
                                        models_test.CONFIG)
            self.addCleanup(instance.abandon)
            self.instances.append(instance)
        rig.wait_until(self._ready, 10, "an instance is ready")

    def _ready(self):
        return [instance for instance in self.instances if instance.is_ready()]

    def client(self):
        return cluster.Anywhere([instance.port for instance in self.instances])

    def least(self):
        return OPTIONS.seconds / 2

    def run_faults(self, chance):
        happened = collections.Counter()
        end = time.monotonic() + OPTIONS.seconds
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.5, 4))
            kind = chance.choice(["kill", "kill", "freeze", "cut", "delay", "swallow", "database",
                                  "slow database"])
            target = chance.choice(self._ready() or self.instances)
            if chance.random() < 0.3:
                target = chance.choice(self.instances)
            happened[kind] += 1
            self._fail(kind, target, chance)
        print(f"faults: {dict(happened)}", flush=True)

    def _fail(self, kind, instance, chance):
        if kind == "kill":
            instance.kill()
        elif kind == "freeze":
            instance.freeze(chance.choice([0.5, 3, 9]))
        elif kind == "cut":
            instance.disturb("cut", 0)
        elif kind == "delay":
            instance.disturb(f"delay {chance.randint(20, 300)}", chance.uniform(1, 4))
        elif kind == "swallow":
            instance.disturb("swallow", chance.choice([0.5, 3, 9]))
        elif kind == "database":
            self.database.kill()
            self.database.start()
        else:
            self.database.freeze(chance.choice([0.2, 1.5, 5]))

    def check_end(self):
        """Killed, overtaken, or without the database at the start; and in order at the end."""
        rig.wait_until(lambda: len(self._ready()) == INSTANCES, 20, "all are back")
        for instance in self.instances:
            self.assertEqual(instance.end(), 0)
        codes = collections.Counter(code for one in self.instances for code in one.exit_codes)
        print(f"exit codes: {dict(codes)}", flush=True)
        self.assertLessEqual(codes.keys(), {0, 1, -9, 75})
        for instance in self.instances:
            self.assertEqual(self._unexpected(instance.daemon), [])

    @staticmethod
    def _unexpected(daemon):
        """What is said of the database while it is away is expected, and of the others."""
        known = ("store: ", "cannot scan", "cannot be read", "could not", "cannot start", "lease: ",
                 "a former process crashed")
        return [line for line in daemon.bad_log_lines()
                if not any(words in line for words in known)]


if __name__ == "__main__":
    rig.main(models_test.ARGUMENTS)

"""Goal: TCC, XA, messages and workflows lose and make no money either, whatever moment treatyd is
killed at, and whoever dies on the way. Method: as kill_test.py, with clients that lead their
transactions themselves and answer check-backs and resumes.
"""

import collections
import json
import random
import tempfile
import threading
import time
import unittest

import models
import rig

OPTIONS, ARGUMENTS = rig.options()
CLIENTS = 6
ACCOUNTS = 20
AMOUNT = 1000
CONFIG = "RequestTimeout: 1\nRetryInterval: 1\nRetryIntervalMax: 1\n"


class Leader(threading.Thread):
    def __init__(self, walker):
        super().__init__(daemon=True)
        self.walker = walker
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            self.walker.walk(self.walker.plan())


class ModelsTest(unittest.TestCase):
    WALKER = models.Walker

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-models-")
        self.addCleanup(folder.cleanup)
        self.banks = [rig.Bank(folder.name, name, ACCOUNTS, AMOUNT) for name in ("a", "b")]
        for bank in self.banks:
            self.addCleanup(bank.stop)
        self.start_treatyd(folder.name)
        self.book = models.Book()
        self.callbacks = models.Callbacks(self.book, self._resume)
        self.addCleanup(self.callbacks.shutdown)

    def start_treatyd(self, folder):
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder, CONFIG)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def client(self):
        return rig.Client(self.treatyd.port)

    def run_faults(self, chance):
        for _ in range(OPTIONS.kills):
            # Mostly short lives; now and then one long enough for a time-out.
            time.sleep(chance.uniform(0.05, 0.7) if chance.random() < 0.85 else 2.5)
            self.assertFalse(self.treatyd.died(), "it ended by itself")
            self.treatyd.kill()
            self.treatyd.start()

    def least(self):
        """How many of each model must have succeeded."""
        return OPTIONS.kills / 2

    def check_end(self):
        self.assertEqual(self.treatyd.stop(), 0)
        self.assertEqual(self.treatyd.bad_log_lines(), [])

    def _walker(self, index):
        walker = self.WALKER(random.Random(OPTIONS.seed * 1000 + index), self.client(),
                             [bank.url for bank in self.banks], self.book,
                             f"m{OPTIONS.seed}-{index}")
        walker.callbacks = self.callbacks
        return walker

    def _resume(self, plan):
        self._walker(CLIENTS).workflow(plan)

    def test_money_adds_up_in_every_model(self):
        print(f"seed {OPTIONS.seed}; replay with --seed", flush=True)
        self._run_load_under_faults()
        statuses = self._wait_for_the_end()
        self._check_answers(statuses)
        self._check_money(statuses)
        self.check_end()

    def _run_load_under_faults(self):
        leaders = [Leader(self._walker(i)) for i in range(CLIENTS)]
        for leader in leaders:
            leader.start()
        self.run_faults(random.Random(OPTIONS.seed))
        for leader in leaders:
            leader.stopping.set()
        for leader in leaders:
            leader.join(40)
        self.assertEqual(self.book.surprises, [])

    def _wait_for_the_end(self):
        client = self.client()

        def all_finished():
            return set(client.all().values()) <= {"succeed", "failed"}

        rig.wait_until(all_finished, 60, "every transaction finished")
        statuses = client.all()
        counts = collections.Counter((self.book.plans[gid]["model"], status)
                                     for gid, status in statuses.items())
        print(f"{len(statuses)} transactions: {dict(counts)}", flush=True)
        for model in self.WALKER.MODELS:  # A run that exercised nothing proves nothing.
            self.assertGreater(counts[model, "succeed"], self.least(), model)
            self.assertGreater(counts[model, "failed"], self.least() / 5, model)
        return statuses

    def _check_answers(self, statuses):
        for gid, request, status in self.book.answers:
            if status == 200:
                self.assertIn(gid, statuses, "acknowledged and lost")
            plan = self.book.plans[gid]
            if plan["model"] == "workflow" or status != 200:
                continue
            if request == "submit" and (plan["model"] != "saga" or plan["waits"]):
                self.assertEqual(statuses[gid], "succeed", gid)
            if request == "abort":
                self.assertEqual(statuses[gid], "failed", gid)
        self._check_refusals(statuses)
        self._check_registrations()

    def _check_refusals(self, statuses):
        """A definite no tells what has been decided instead."""
        ends = {"prepare": "failed", "submit": "failed", "registerBranch": "failed",
                "abort": "succeed"}
        for gid, request, status in self.book.answers:
            if status == 409 and self.book.plans[gid]["model"] != "workflow":
                self.assertEqual(statuses[gid], ends[request], f"{gid}: 409 to {request}")

    def _check_registrations(self):
        client = self.client()
        self.assertGreater(len(self.book.registered), 2 * self.least())
        for gid, branches in self.book.registered.items():
            shown = json.loads(client.call("GET", f"/api/dtmsvr/query?gid={gid}")[1])["branches"]
            self.assertLessEqual(branches, {one["branch_id"] for one in shown}, gid)

    def _check_money(self, statuses):
        reports = [bank.report() for bank in self.banks]
        total = sum(sum(report["balances"].values()) for report in reports)
        effects = collections.defaultdict(lambda: collections.defaultdict(list))
        for report in reports:
            for gid, branch, delta in report["effects"]:
                effects[gid][branch].append(delta)
        self.assertLessEqual(effects.keys(), statuses.keys(), "effects of an unknown gid")
        for gid, status in statuses.items():
            # What a saga has taken back is no effect.
            left = [deltas for deltas in effects[gid].values()
                    if self.book.plans[gid]["model"] != "saga" or sum(deltas) != 0]
            whole = 2 if status == "succeed" else 0
            self.assertEqual([len(deltas) for deltas in left], [1] * whole,
                             f"{gid} {status}: {effects[gid]}")
            self.assertEqual(sum(map(sum, left)), 0, f"{gid}: {effects[gid]}")
        self.assertEqual(total, len(self.banks) * ACCOUNTS * AMOUNT)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

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
    def __init__(self, index, port, banks, book):
        super().__init__(daemon=True)
        self.walker = models.Walker(random.Random(OPTIONS.seed * 1000 + index), port, banks, book,
                                    f"m{OPTIONS.seed}-{index}")
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            self.walker.walk(self.walker.plan())


class ModelsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-models-")
        self.addCleanup(folder.cleanup)
        self.banks = [rig.Bank(folder.name, name, ACCOUNTS, AMOUNT) for name in ("a", "b")]
        for bank in self.banks:
            self.addCleanup(bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name, CONFIG)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)
        self.book = models.Book()
        self.callbacks = models.Callbacks(self.book, self._resume)
        self.addCleanup(self.callbacks.shutdown)

    def _leader(self, index):
        leader = Leader(index, self.treatyd.port, [bank.url for bank in self.banks], self.book)
        leader.walker.callbacks = self.callbacks
        return leader

    def _resume(self, plan):
        self._leader(CLIENTS).walker.workflow(plan)

    def test_money_adds_up_in_every_model(self):
        print(f"seed {OPTIONS.seed}, {OPTIONS.kills} kills; replay with --seed", flush=True)
        self._run_load_under_kills()
        statuses = self._wait_for_the_end()
        self._check_answers(statuses)
        self._check_money(statuses)
        self.assertEqual(self.treatyd.stop(), 0)
        self.assertEqual(self.treatyd.bad_log_lines(), [])

    def _run_load_under_kills(self):
        kills = random.Random(OPTIONS.seed)
        leaders = [self._leader(i) for i in range(CLIENTS)]
        for leader in leaders:
            leader.start()
        for _ in range(OPTIONS.kills):
            # Mostly short lives; now and then one long enough for a time-out.
            time.sleep(kills.uniform(0.05, 0.7) if kills.random() < 0.85 else 2.5)
            self.assertFalse(self.treatyd.died(), "it ended by itself")
            self.treatyd.kill()
            self.treatyd.start()
        for leader in leaders:
            leader.stopping.set()
        for leader in leaders:
            leader.join(40)
        self.assertEqual(self.book.surprises, [])

    def _wait_for_the_end(self):
        client = rig.Client(self.treatyd.port)

        def all_finished():
            return set(client.all().values()) <= {"succeed", "failed"}

        rig.wait_until(all_finished, 60, "every transaction finished")
        statuses = client.all()
        counts = collections.Counter((self.book.plans[gid]["model"], status)
                                     for gid, status in statuses.items())
        print(f"{len(statuses)} transactions: {dict(counts)}", flush=True)
        for model in models.MODELS:  # A run that exercised nothing proves nothing.
            self.assertGreater(counts[model, "succeed"], OPTIONS.kills / 2, model)
            self.assertGreater(counts[model, "failed"], OPTIONS.kills / 10, model)
        return statuses

    def _check_answers(self, statuses):
        for gid, request, status in self.book.answers:
            if status == 200:
                self.assertIn(gid, statuses, "acknowledged and lost")
            plan = self.book.plans[gid]
            if plan["model"] == "workflow" or status != 200:
                continue
            if request == "submit":
                self.assertEqual(statuses[gid], "succeed", gid)
            if request == "abort":
                self.assertEqual(statuses[gid], "failed", gid)
        self._check_refusals(statuses)
        self._check_registrations()

    def _check_refusals(self, statuses):
        """A definite no tells what has been decided instead."""
        ends = {"submit": "failed", "registerBranch": "failed", "abort": "succeed"}
        for gid, request, status in self.book.answers:
            if status == 409 and self.book.plans[gid]["model"] != "workflow":
                self.assertEqual(statuses[gid], ends[request], f"{gid}: 409 to {request}")

    def _check_registrations(self):
        client = rig.Client(self.treatyd.port)
        self.assertGreater(len(self.book.registered), OPTIONS.kills)
        for gid, branches in self.book.registered.items():
            shown = json.loads(client.call("GET", f"/api/dtmsvr/query?gid={gid}")[1])["branches"]
            self.assertLessEqual(branches, {one["branch_id"] for one in shown}, gid)

    def _check_money(self, statuses):
        reports = [bank.report() for bank in self.banks]
        total = sum(sum(report["balances"].values()) for report in reports)
        effects = collections.defaultdict(list)
        for report in reports:
            for gid, branch, delta in report["effects"]:
                effects[gid].append(delta)
        for gid, deltas in effects.items():
            self.assertEqual(statuses.get(gid), "succeed", f"{gid}: effects of what did not happen")
            self.assertEqual(sum(deltas), 0, f"{gid}: {deltas}")
        for gid, status in statuses.items():
            whole = 2 if status == "succeed" else 0
            self.assertEqual(len(effects[gid]), whole, f"{gid} {status}: {effects[gid]}")
        self.assertEqual(total, len(self.banks) * ACCOUNTS * AMOUNT)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

"""Goal: whatever moment treatyd is killed at, no money is lost or made, and nothing that was
acknowledged is forgotten. Method: a real process on a real file, killed again and again under
load; two banks with barriers as processes of their own. The seed fixes the load and the kills.
"""

import collections
import random
import tempfile
import threading
import time
import unittest

import rig
import sagas

OPTIONS, ARGUMENTS = rig.options()
CLIENTS = 6
ACCOUNTS = 20
AMOUNT = 1000
CONFIG = "RequestTimeout: 1\nRetryInterval: 1\nRetryIntervalMax: 1\n"


class Submitter(threading.Thread):
    """Submits sagas one by one, repeats what was not answered, and writes down the answers."""

    def __init__(self, index, daemon, banks):
        super().__init__(daemon=True)
        self._random = random.Random(OPTIONS.seed * 1000 + index)
        self._maker = sagas.Maker(self._random, banks, f"s{OPTIONS.seed}-{index}")
        self._client = rig.Client(daemon.port)
        self.stopping = threading.Event()
        self.answers = collections.defaultdict(list)  # By gid: (status, text).
        self.sizes = {}  # Steps, by gid.
        self.surprises = []

    def run(self):
        while not self.stopping.is_set():
            saga = self._maker.next()
            self.sizes[saga["gid"]] = len(saga["steps"])
            for _ in range(20):
                if self._try(saga) != 0:
                    break
                self.stopping.wait(0.05)
            if self._random.random() < 0.05:
                self._try(saga)
            if self._random.random() < 0.02:
                self._try_other(saga)
            # Paced: the machine is shared with the banks and the daemon.
            self.stopping.wait(self._random.uniform(0, 0.06))

    def _try(self, saga):
        status, text = self._client.submit(saga)
        if status == 200 and "SUCCESS" not in text or status not in (0, 200, 409, 425, 503):
            self.surprises.append((saga["gid"], status, text))
        self.answers[saga["gid"]].append((status, saga["wait_result"]))
        return status

    def _try_other(self, saga):
        if all(status not in (200, 409, 425) for status, _ in self.answers[saga["gid"]]):
            return  # Not known to be stored: the other content would be a saga of its own.
        status, text = self._client.submit(sagas.other_content(saga))
        if status not in (0, 409, 503):
            self.surprises.append((saga["gid"], "other content", status, text))


class KillTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-kill-")
        self.addCleanup(folder.cleanup)
        self.banks = [rig.Bank(folder.name, name, ACCOUNTS, AMOUNT) for name in ("a", "b")]
        for bank in self.banks:
            self.addCleanup(bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name, CONFIG, self.make_store(folder.name))
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def make_store(self, folder):
        """More lines of the section Store."""
        return ""

    def fault(self, random):
        self.treatyd.kill()
        self.treatyd.start()

    def unexpected_log_lines(self):
        return self.treatyd.bad_log_lines()

    def test_money_adds_up_and_nothing_acknowledged_is_lost(self):
        print(f"seed {OPTIONS.seed}, {OPTIONS.kills} kills; replay with --seed", flush=True)
        self._run_load_under_kills()
        statuses = self._wait_for_the_end()
        self._check_answers(statuses)
        self._check_money(statuses)
        self.assertEqual(self.treatyd.stop(), 0)
        self.assertEqual(self.unexpected_log_lines(), [])

    def _run_load_under_kills(self):
        kills = random.Random(OPTIONS.seed)
        urls = [bank.url for bank in self.banks]
        self.submitters = [Submitter(i, self.treatyd, urls) for i in range(CLIENTS)]
        for submitter in self.submitters:
            submitter.start()
        for _ in range(OPTIONS.kills):
            # Mostly short lives; now and then one long enough for a time-out and its retry.
            time.sleep(kills.uniform(0.05, 0.9) if kills.random() < 0.85 else 2.2)
            self.assertFalse(self.treatyd.died(), "it ended by itself")
            self.fault(kills)
        for submitter in self.submitters:
            submitter.stopping.set()
        for submitter in self.submitters:
            submitter.join(40)
            self.assertEqual(submitter.surprises, [])

    def _wait_for_the_end(self):
        client = rig.Client(self.treatyd.port)

        def all_finished():
            return set(client.all().values()) <= {"succeed", "failed"}

        rig.wait_until(all_finished, 60, "every transaction finished")
        statuses = client.all()
        counts = collections.Counter(statuses.values())
        print(f"{len(statuses)} sagas: {dict(counts)}", flush=True)
        # A run that exercised nothing proves nothing.
        self.assertGreater(counts["succeed"], 4 * OPTIONS.kills)
        self.assertGreater(counts["failed"], OPTIONS.kills / 4)
        return statuses

    def _check_answers(self, statuses):
        submitted = set()
        for submitter in self.submitters:
            submitted |= submitter.answers.keys()
            for gid, answers in submitter.answers.items():
                for status, waited in answers:
                    self._check_answer(statuses, gid, status, waited)
        self.assertLessEqual(statuses.keys(), submitted, "a transaction nobody submitted")

    def _check_answer(self, statuses, gid, status, waited):
        if status in (200, 409, 425):
            self.assertIn(gid, statuses, "acknowledged and lost")
        if status == 200 and waited:
            self.assertEqual(statuses[gid], "succeed", gid)
        if status == 409:
            self.assertEqual(statuses[gid], "failed", gid)

    def _check_money(self, statuses):
        reports = [bank.report() for bank in self.banks]
        total = sum(sum(report["balances"].values()) for report in reports)
        self.assertEqual(total, len(self.banks) * ACCOUNTS * AMOUNT)
        effects = collections.defaultdict(list)
        for report in reports:
            for gid, branch, delta in report["effects"]:
                effects[gid, branch].append(delta)
        self.sizes = {}
        for submitter in self.submitters:
            self.sizes |= submitter.sizes
        in_place = {}
        for (gid, branch), deltas in effects.items():
            self.assertIn(len(deltas), (1, 2), f"{gid} {branch}: {deltas}")
            in_place.setdefault(gid, {})[branch] = len(deltas) == 1
            if len(deltas) == 2:
                self.assertEqual(sum(deltas), 0, f"{gid} {branch}: {deltas}")
        for gid, status in statuses.items():
            self._check_effects(gid, status, in_place.get(gid, {}))
        self.assertLessEqual(in_place.keys(), statuses.keys(), "effects of an unknown gid")

    def _check_effects(self, gid, status, in_place):
        if status == "failed":
            self.assertNotIn(True, in_place.values(), f"{gid}: effects left")
            return
        self.assertNotIn(False, in_place.values(), f"{gid}: effects undone")
        self.assertEqual(len(in_place), self.sizes[gid], f"{gid}: effects missing")


if __name__ == "__main__":
    rig.main(ARGUMENTS)

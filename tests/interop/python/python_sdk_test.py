"""Goal: programs written for DTM's Python SDK run against treatyd as they are. Method: the SDK
of the package registry, by a lock file with hashes; each model succeeds, is rolled back, and meets
lost replies and late calls, which the SDK's barrier on a MariaDB has to suppress.
"""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402

OPTIONS, ARGUMENTS = support.options()
PYTHON = OPTIONS.work / "venv" / "bin" / "python"
AMOUNT = support.AMOUNT


def install():
    """Makes the virtual environment anew where the lock file has changed."""
    lock = HERE / "requirements.txt"
    stamp = support.Stamp(OPTIONS.work / "installed", [lock], sys.version, OPTIONS.work)
    if stamp.is_fresh() and PYTHON.exists():
        return
    shutil.rmtree(OPTIONS.work / "venv", ignore_errors=True)
    support.run_install([sys.executable, "-m", "venv", OPTIONS.work / "venv"])
    support.run_install([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                         "--require-hashes", "--requirement", lock])
    stamp.write()


class PythonSdkTest(support.SdkTest):
    BARRIER = "dtm_barrier.barrier"

    def command(self, scenario):
        return [PYTHON, "-B", HERE / "models.py", scenario,
                "--dtm", f"http://127.0.0.1:{self.treatyd.port}/api/dtmsvr",
                "--database", str(self.mariadb.port)]

    def test_saga_succeeds(self):
        self.play("saga", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out action done", "in action done")
        self.assert_branches("01 action succeed", "01 compensate prepared",
                             "02 action succeed", "02 compensate prepared")

    def test_saga_rolls_back_and_does_not_undo_what_was_not_done(self):
        self.play("saga-refused", "failed")
        self.assertIsNone(self.error)
        self.assert_moved()
        self.assert_calls("out action done", "in action refused",
                          "in compensate suppressed", "out compensate done")
        self.assert_branches("01 action succeed", "01 compensate succeed",
                             "02 action failed", "02 compensate succeed")
        self.assert_barrier("01 action action", "01 compensate compensate",
                            "02 action compensate", "02 compensate compensate")

    def test_saga_repeats_after_lost_replies_what_happens_once(self):
        self.play("saga-lost", "failed")
        self.assert_moved()
        self.assert_calls("out action done", "out action suppressed", "in action refused",
                          "in compensate suppressed",
                          "out compensate done", "out compensate suppressed")

    def test_saga_runs_concurrently_in_the_order_it_names(self):
        self.play("saga-concurrent", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assertEqual(self.calls, [("in", "action", "done"), ("out", "action", "done")])

    def test_saga_that_is_waited_for_tells_its_failure(self):
        self.play("saga-waited", "failed")
        self.assertEqual(self.error, "DTMFailureError: FAILURE")
        self.assert_moved()

    def test_saga_suppresses_an_action_that_comes_after_its_compensation(self):
        self.play("saga-late", "failed")
        self.assert_moved()
        self.assertEqual(set(self.calls), {("out", "compensate", "suppressed"),
                                           ("out", "action", "suppressed")})
        self.assert_barrier("01 action compensate", "01 compensate compensate")

    def test_tcc_succeeds(self):
        self.play("tcc", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out try done", "in try done", "in confirm done", "out confirm done")
        self.assert_branches("01 confirm succeed", "01 cancel prepared",
                             "02 confirm succeed", "02 cancel prepared")

    def test_tcc_rolls_back_and_does_not_cancel_what_was_not_tried(self):
        self.play("tcc-refused", "failed")
        self.assertEqual(self.error, "RuntimeError: rolled back")
        self.assert_moved()
        self.assert_calls("out try done", "in try refused",
                          "in cancel suppressed", "out cancel done")
        self.assert_barrier("01 try try", "01 cancel cancel", "02 try cancel", "02 cancel cancel")

    def test_tcc_repeats_after_lost_replies_what_happens_once(self):
        self.play("tcc-lost", "succeed")
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assertEqual([call for call in self.calls if call[1] == "confirm"],
                         [("in", "confirm", "done"), ("in", "confirm", "suppressed"),
                          ("out", "confirm", "done")])

    def test_tcc_nests(self):
        self.play("tcc-nested", "succeed")
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT, "fee": AMOUNT})
        self.assertIn("0201 confirm", [f"{branch['branch_id']} {branch['op']}"
                                       for branch in self.answer["branches"]])

    def test_tcc_suppresses_a_try_that_comes_after_its_cancel(self):
        self.play("tcc-late", "failed")
        # Its submit is refused; so is the abort that follows, unless a cancel is still to come.
        self.assertIn(self.error, ("DTMFailureError: FAILURE", "RuntimeError: rolled back"))
        self.assert_moved()
        self.assert_calls("out try done", "in cancel suppressed", "in try suppressed",
                          "out cancel done")
        self.assert_barrier("01 try try", "01 cancel cancel", "02 try cancel", "02 cancel cancel")

    def test_message_arrives_with_its_local_transaction(self):
        self.play("msg", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("in action done")

    def test_message_is_aborted_with_its_local_transaction(self):
        self.play("msg-refused", "failed")
        self.assertEqual(self.error, "DTMFailureError: no")
        self.assert_moved()
        self.assert_calls()

    def test_message_of_an_unsure_leader_is_checked_by_the_leader(self):
        self.play("msg-unsure", "succeed")
        self.assertEqual(self.error, "TimeoutError: the reply to the commit")
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out check-back done", "in action done")

    def test_message_of_a_dead_leader_is_checked_by_treatyd(self):
        self.play("msg-unsubmitted", "succeed")
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out check-back done", "in action done")

    def test_message_that_was_denied_suppresses_its_late_local_transaction(self):
        self.play("msg-late", "failed")
        self.assertEqual(self.error, "Exception: msg duplicate error")
        self.assert_moved()
        self.assert_calls("out check-back refused")
        self.assert_barrier("00 msg rollback")


if __name__ == "__main__":
    support.main(install, OPTIONS.treatyd, ARGUMENTS)

"""What the tests of gRPC share, whatever language their program is in: the story, and its checks.

A program plays one scenario. It tells its gid, the error that the story ended with, and what else
it has seen; when its input ends, it tells the calls that its participants had.
"""

import base64
import json
import pathlib
import tempfile
import unittest

import rig
import support

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parents[1] / "proto"
# Each by the folder that its imports begin in.
PROTO_FILES = {PROTO / "dtmgimp" / "dtm.proto": PROTO,
               PROTO / "workflow" / "workflow.proto": PROTO,
               HERE / "bank.proto": HERE}
CONFIG = "RetryInterval: 1\nRetryIntervalMax: 1\nTimeoutToFail: 6\n"
AMOUNT = "30"
SEAL = b"\0sealed\xff\0"
INPUT = b"\0input\xfe\0"
WORKFLOW = "transfer"


def main(install, treatyd, arguments):
    """Installs what the program needs, then runs the tests of the calling script."""
    support.install_or_skip(install)
    GrpcTest.TREATYD = treatyd
    rig.main(arguments)


def protoc_arguments():
    """The folders and the files of the contracts, for protoc and what is like it."""
    folders = [f"--proto_path={folder}" for folder in dict.fromkeys(PROTO_FILES.values())]
    return [*folders, *map(str, PROTO_FILES)]


class GrpcTest(unittest.TestCase):
    """One treatyd for all tests of a language, and one run of the program for each."""

    TREATYD = None  # Set by main().

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="treaty-grpc-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.treatyd = rig.Daemon(cls.TREATYD, folder.name, CONFIG)
        cls.addClassCleanup(cls.treatyd.kill)
        cls.treatyd.start()

    @classmethod
    def tearDownClass(cls):
        if cls.treatyd.stop() != 0 or cls.treatyd.bad_log_lines():
            raise AssertionError(f"treatyd's log: {cls.treatyd.bad_log_lines()}")

    def command(self, scenario, address):
        """The program that plays a scenario against treatyd at this address."""
        raise NotImplementedError

    def play(self, scenario, model=None, status=None):
        """Plays it until its transaction has this status; keeps what happened for the checks."""
        address = f"127.0.0.1:{self.treatyd.grpc_port}"
        program = support.Program(self.command(scenario, address), self.folder / f"{scenario}.log")
        self.addCleanup(program.close)
        told = program.read()
        self.gid, self.error, self.facts = told["gid"], told["error"], told["facts"]
        self.client = rig.Client(self.treatyd.port)
        if model:
            rig.wait_until(self.has_ended, 20, f"{scenario}: the end of {self.gid}")
        self.calls = program.finish()
        if model:
            self.assertEqual(self.transaction["status"], status, self.calls)
            self.check_calls(model)

    def has_ended(self):
        """Asks by HTTP, which shows what gRPC has made."""
        code, text = self.client.call("GET", f"/api/dtmsvr/query?gid={self.gid}")
        self.assertEqual(code, 200, text)
        answer = json.loads(text)
        self.transaction, self.branches = answer["transaction"] or {}, answer["branches"]
        return self.transaction.get("status") in ("succeed", "failed")

    def check_calls(self, model):
        """Every call names this transaction; those that have an order bring it."""
        self.assertEqual((self.transaction["trans_type"], self.transaction["protocol"]),
                         (model, "grpc"))
        for method, gid, trans_type, _, _, amount, *_ in self.calls:
            self.assertTrue(gid.startswith(self.gid), gid)
            self.assertEqual(trans_type, model)
            if method not in ("QueryPrepared", "Execute") and model != "xa":
                self.assertEqual(amount, AMOUNT, method)

    def assert_calls(self, *expected):
        """Each a text such as "TransIn 01 action done": method, branch, op and outcome."""
        found = [f"{method} {branch} {op} {outcome}"
                 for method, _, _, branch, op, _, _, outcome in self.calls]
        self.assertEqual(found, list(expected))

    def assert_branches(self, *expected):
        """Each a text such as "01 action succeed"."""
        found = [f"{branch['branch_id']} {branch['op']} {branch['status']}"
                 for branch in self.branches]
        self.assertEqual(sorted(found), sorted(expected))

    def test_saga_succeeds_and_passes_headers_on(self):
        self.play("saga", "saga", "succeed")
        self.assertIsNone(self.error)
        self.assert_calls("TransOut 01 action done", "TransIn 02 action done")
        self.assertEqual({call[6] for call in self.calls}, {"green t-7"})
        self.assert_branches("01 action succeed", "01 compensate prepared",
                             "02 action succeed", "02 compensate prepared")

    def test_saga_rolls_back_in_reverse_and_tells_why(self):
        self.play("saga-refused", "saga", "failed")
        self.assertRegex(self.error, "^ABORTED: .*no such account")
        self.assertIn("no such account", self.transaction["rollback_reason"])
        self.assert_calls("TransOut 01 action done", "TransIn 02 action refused",
                          "TransInRevert 02 compensate done", "TransOutRevert 01 compensate done")
        self.assert_branches("01 action succeed", "01 compensate succeed",
                             "02 action failed", "02 compensate succeed")

    def test_saga_goes_on_where_a_participant_was_busy(self):
        self.play("saga-busy", "saga", "succeed")
        self.assertRegex(self.error, "^FAILED_PRECONDITION: .*still running")
        self.assert_calls("TransOut 01 action busy", "TransOut 01 action done",
                          "TransIn 02 action done")

    def test_saga_keeps_the_order_it_names(self):
        self.play("saga-ordered", "saga", "succeed")
        self.assertIsNone(self.error)
        self.assert_calls("TransIn 02 action done", "TransOut 01 action done")

    def test_tcc_succeeds(self):
        self.play("tcc", "tcc", "succeed")
        self.assertIsNone(self.error)
        self.assert_calls("TransOut 01 try done", "TransIn 02 try done",
                          "TransInConfirm 02 confirm done", "TransOutConfirm 01 confirm done")
        self.assert_branches("01 confirm succeed", "01 cancel prepared",
                             "02 confirm succeed", "02 cancel prepared")

    def test_tcc_is_cancelled(self):
        self.play("tcc-refused", "tcc", "failed")
        self.assertEqual(self.error, "ABORTED: no such account")
        self.assertEqual(self.transaction["rollback_reason"], "no such account")
        self.assert_calls("TransOut 01 try done", "TransIn 02 try refused",
                          "TransInCancel 02 cancel done", "TransOutCancel 01 cancel done")

    def test_xa_is_committed(self):
        self.play("xa", "xa", "succeed")
        self.assertIsNone(self.error)
        self.assert_calls("TransOut 01 commit done", "TransIn 02 commit done")

    def test_message_is_delivered(self):
        self.play("msg", "msg", "succeed")
        self.assertIsNone(self.error)
        self.assert_calls("TransIn 01 action done")

    def test_message_is_aborted(self):
        self.play("msg-aborted", "msg", "failed")
        self.assertIsNone(self.error)
        self.assert_calls()

    def test_message_of_a_dead_sender_is_delivered_once_it_says_so(self):
        self.play("msg-unsubmitted", "msg", "succeed")
        self.assert_calls("QueryPrepared 00 msg done", "TransIn 01 action done")

    def test_message_of_a_dead_sender_that_did_nothing_is_dropped(self):
        self.play("msg-denied", "msg", "failed")
        self.assert_calls("QueryPrepared 00 msg refused")

    def test_workflow_records_its_steps_and_its_result(self):
        self.play("workflow", "workflow", "succeed")
        self.assertIsNone(self.error)
        self.assertEqual(self.facts, {
            "begun": ["prepared", "", "", []],
            "recorded": ["prepared", "", "", [["01", "action", "succeed", SEAL.hex()]]],
            "twice": "ALREADY_EXISTS",
            "ended": ["succeed", "", base64.b64encode(b"paid").decode(),
                      [["01", "action", "succeed", SEAL.hex()]]],
            "contradicted": "ABORTED",
            "late": "FAILED_PRECONDITION"})
        self.assert_calls("TransOut 01 action done")

    def test_workflow_tells_why_it_failed(self):
        self.play("workflow-failed", "workflow", "failed")
        self.assertIsNone(self.error)
        self.assertEqual(self.facts["ended"], ["failed", "no such account", "", [
            ["01", "action", "failed", b"no such account".hex()]]])
        self.assert_calls("TransIn 01 action refused")

    def test_workflow_is_resumed_with_its_input_and_skips_what_is_recorded(self):
        self.play("workflow-resumed", "workflow", "succeed")
        self.assert_calls("TransOut 01 action done", f"Execute 00 {WORKFLOW} done",
                          "TransIn 02 action done")
        self.assertEqual(self.calls[1][6], INPUT.hex())
        self.assert_branches("01 action succeed", "02 action succeed")

    def test_topic_delivers_to_those_who_have_subscribed(self):
        self.play("topic", "msg", "succeed")
        self.assertIsNone(self.error)
        self.assertEqual(self.facts, {"twice": "ABORTED", "deleted": "INVALID_ARGUMENT"})
        self.calls.sort(key=lambda call: call[1:4])  # The two recipients have no order.
        self.assertEqual([call[1] for call in self.calls],
                         [self.gid, self.gid, f"{self.gid}-2"])
        self.assert_calls("TransOut 01-01 action done", "TransIn 01-02 action done",
                          "TransIn 01 action done")

    def test_mistakes_are_told(self):
        self.play("mistakes")
        self.assertEqual(self.facts, {
            "type": "INVALID_ARGUMENT", "steps": "INVALID_ARGUMENT", "payloads": "INVALID_ARGUMENT",
            "gid": "INVALID_ARGUMENT", "address": "INVALID_ARGUMENT",
            "abort": "NOT_FOUND", "branch": "ABORTED"})
        self.assertEqual(self.calls, [])

"""Plays one scenario of gRPC as a user of grpcio writes it: `story.py SCENARIO TREATYD`.

It serves the participants as well. A line of JSON tells how the story ended; when the input ends,
another tells the calls that the participants had.
"""

import base64
import concurrent.futures
import json
import sys
import threading

import bank_pb2
import bank_pb2_grpc
import grpc
from dtmgimp import dtm_pb2, dtm_pb2_grpc
from google.protobuf import empty_pb2
from workflow import workflow_pb2_grpc

SECONDS = 10
SEAL = b"\0sealed\xff\0"
INPUT = b"\0input\xfe\0"
REFUSED = "no such account"
PASSED = ("x-color", "x-trace")


class Calls:
    """What the participants were asked, in the order they were."""

    def __init__(self):
        self._lock = threading.Lock()
        self._told = []

    def note(self, method, context, amount, note, outcome):
        told = dict(context.invocation_metadata())
        ours = [told.get(f"dtm-{key}", "") for key in ("gid", "trans_type", "branch_id", "op")]
        with self._lock:
            self._told.append([method, *ours, str(amount), note, outcome])

    def all(self):
        with self._lock:
            return list(self._told)


def serves(method):
    """A method of the bank, which are all alike."""
    return lambda bank, order, context: bank.take(method, order, context)


class Bank(bank_pb2_grpc.BankServicer):
    """The participants, and the sender whose local transactions are committed or not."""

    def __init__(self, calls):
        self.committed = False
        self._calls = calls
        self._was_busy = set()

    TransOut = serves("TransOut")
    TransOutRevert = serves("TransOutRevert")
    TransOutConfirm = serves("TransOutConfirm")
    TransOutCancel = serves("TransOutCancel")
    TransIn = serves("TransIn")
    TransInRevert = serves("TransInRevert")
    TransInConfirm = serves("TransInConfirm")
    TransInCancel = serves("TransInCancel")
    QueryPrepared = serves("QueryPrepared")

    def take(self, method, order, context):
        """Notes the call and answers as the order says."""
        outcome, code, why = self._judge(method, order)
        told = dict(context.invocation_metadata())
        note = " ".join(told[key] for key in PASSED if key in told)
        self._calls.note(method, context, order.amount, note, outcome)
        if code:
            context.abort(code, why)
        return bank_pb2.Receipt(seal=SEAL)

    def _judge(self, method, order):
        if method == "QueryPrepared" and not self.committed:
            return "refused", grpc.StatusCode.ABORTED, "nothing was done"
        if method not in ("TransOut", "TransIn"):
            return "done", None, ""
        if order.refuse:
            return "refused", grpc.StatusCode.ABORTED, order.refuse
        if order.busy and method not in self._was_busy:
            self._was_busy.add(method)
            return "busy", grpc.StatusCode.FAILED_PRECONDITION, "come again"
        return "done", None, ""


class Resumed(workflow_pb2_grpc.WorkflowServicer):
    """Where treatyd resumes a workflow."""

    def __init__(self, calls, resume):
        self._calls = calls
        self._resume = resume

    def Execute(self, data, context):
        self._calls.note("Execute", context, "", data.Data.hex(), "done")
        self._resume(dict(context.invocation_metadata())["dtm-gid"])
        return empty_pb2.Empty()


class Story:
    """The scenarios, and what they have in common. Each returns what else it has seen."""

    def __init__(self, treatyd):
        self.calls = Calls()
        self.service = Bank(self.calls)
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        bank_pb2_grpc.add_BankServicer_to_server(self.service, self.server)
        workflow_pb2_grpc.add_WorkflowServicer_to_server(
            Resumed(self.calls, self.resume), self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()
        self.bank = bank_pb2_grpc.BankStub(grpc.insecure_channel(self.address))
        self.dtm = dtm_pb2_grpc.DtmStub(grpc.insecure_channel(treatyd))
        self.gid = self.dtm.NewGid(empty_pb2.Empty(), timeout=SECONDS).Gid

    def url(self, method):
        return f"{self.address}/bank.Bank/{method}"

    def order(self, **flags):
        return bank_pb2.Order(amount=30, **flags)

    def request(self, model, gid=None, options=None, **fields):
        """Of a transaction that is waited for and soon repeated, unless the options differ."""
        return dtm_pb2.DtmRequest(
            Gid=gid or self.gid, TransType=model,
            TransOptions=dtm_pb2.DtmTransOptions(
                **{"WaitResult": True, "RetryInterval": 1} | (options or {})), **fields)

    def ask(self, method, request, **how):
        """One call of treatyd."""
        return getattr(self.dtm, method)(request, timeout=SECONDS, **how)

    def code_of(self, method, request):
        """The name of the status that a call of treatyd ends with."""
        try:
            self.ask(method, request)
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    def step(self, method, model, branch_id, op, order):
        """A call that the story makes itself, as a part of its transaction."""
        metadata = (("dtm-gid", self.gid), ("dtm-trans_type", model),
                    ("dtm-branch_id", branch_id), ("dtm-op", op))
        return getattr(self.bank, method)(order, timeout=SECONDS, metadata=metadata)

    # --- Sagas

    def saga_request(self, out=None, into=None, **more):
        """Moves money, with such flags for the two orders."""
        steps = [{"action": self.url(name), "compensate": self.url(name + "Revert")}
                 for name in ("TransOut", "TransIn")]
        orders = [self.order(**(flags or {})).SerializeToString() for flags in (out, into)]
        return self.request("saga", Steps=json.dumps(steps), BinPayloads=orders, **more)

    def saga(self):
        options = {"BranchHeaders": {"x-color": "green"}, "PassthroughHeaders": ["x-trace"]}
        self.ask("Submit", self.saga_request(options=options), metadata=(("x-trace", "t-7"),))

    def saga_refused(self):
        self.ask("Submit", self.saga_request(into={"refuse": REFUSED}))

    def saga_busy(self):
        self.ask("Submit", self.saga_request(out={"busy": True}))

    def saga_ordered(self):
        order = {"concurrent": True, "orders": {"0": [1]}}
        self.ask("Submit", self.saga_request(CustomedData=json.dumps(order)))

    # --- TCC and XA

    def try_branch(self, branch_id, name, **flags):
        """Registers a branch and tries it."""
        order = self.order(**flags)
        self.ask("RegisterBranch", dtm_pb2.DtmBranchRequest(
            Gid=self.gid, TransType="tcc", BranchID=branch_id,
            BusiPayload=order.SerializeToString(),
            Data={"confirm": self.url(name + "Confirm"), "cancel": self.url(name + "Cancel")}))
        self.step(name, "tcc", branch_id, "try", order)

    def tcc(self, **flags):
        self.ask("Prepare", self.request("tcc"))
        try:
            self.try_branch("01", "TransOut")
            self.try_branch("02", "TransIn", **flags)
        except grpc.RpcError as error:
            self.ask("Abort", self.request("tcc", RollbackReason=error.details()))
            raise
        self.ask("Submit", self.request("tcc"))

    def tcc_refused(self):
        self.tcc(refuse=REFUSED)

    def xa(self):
        self.ask("Prepare", self.request("xa"))
        for branch_id, name in (("01", "TransOut"), ("02", "TransIn")):
            self.ask("RegisterBranch", dtm_pb2.DtmBranchRequest(
                Gid=self.gid, TransType="xa", BranchID=branch_id, Data={"url": self.url(name)}))
        self.ask("Submit", self.request("xa"))

    # --- Messages

    def message(self, action=None, **more):
        """An order for a URL, from a sender that can be asked."""
        return self.request(
            "msg", Steps=json.dumps([{"action": action or self.url("TransIn")}]),
            BinPayloads=[self.order().SerializeToString()],
            QueryPrepared=self.url("QueryPrepared"), **more)

    def msg(self):
        self.ask("Prepare", self.message())
        self.service.committed = True
        self.ask("Submit", self.message())

    def msg_aborted(self):
        self.ask("Prepare", self.message())
        self.ask("Abort", self.message())

    def msg_unsubmitted(self):
        self.service.committed = True
        self.ask("Prepare", self.message(options={"TimeoutToFail": 1}))

    def msg_denied(self):
        self.ask("Prepare", self.message(options={"TimeoutToFail": 1}))

    def topic(self):
        topic = f"news-{self.gid}"
        out, into = (dtm_pb2.DtmTopicRequest(Topic=topic, URL=self.url(name), Remark="a bank")
                     for name in ("TransOut", "TransIn"))
        self.ask("Subscribe", out)
        self.ask("Subscribe", into)
        twice = self.code_of("Subscribe", into)
        self.ask("Submit", self.message(f"topic://{topic}"))
        self.ask("Unsubscribe", out)
        self.ask("Submit", self.message(f"topic://{topic}", gid=f"{self.gid}-2"))
        self.ask("DeleteTopic", dtm_pb2.DtmTopicRequest(Topic=topic))
        deleted = self.code_of("Submit", self.message(f"topic://{topic}", gid=f"{self.gid}-3"))
        return {"twice": twice, "deleted": deleted}

    # --- Workflows

    def workflow_request(self, **more):
        """Names the workflow, its input, and where it is resumed."""
        data = {"name": "transfer", "data": base64.b64encode(INPUT).decode()}
        return self.request("workflow", CustomedData=json.dumps(data),
                            QueryPrepared=f"{self.address}/workflow.Workflow/Execute", **more)

    def begin(self):
        """Stores the workflow; what is recorded of it, in the form that the story tells."""
        found = self.ask("PrepareWorkflow", self.workflow_request())
        steps = [[step.BranchID, step.Op, step.Status, step.BinData.hex()]
                 for step in found.Progresses]
        ended = found.Transaction
        return [ended.Status, ended.RollbackReason, ended.Result, steps]

    def outcome(self, branch_id, status, data):
        """How a step ended."""
        return dtm_pb2.DtmBranchRequest(
            Gid=self.gid, TransType="workflow", BranchID=branch_id,
            Data={"op": "action", "status": status}, BusiPayload=data)

    def do(self, branch_id, method, **flags):
        """Runs a step and records how it ended."""
        try:
            receipt = self.step(method, "workflow", branch_id, "action", self.order(**flags))
            outcome = self.outcome(branch_id, "succeed", receipt.seal)
        except grpc.RpcError as error:
            outcome = self.outcome(branch_id, "failed", error.details().encode())
        self.ask("RegisterBranch", outcome)

    def succeed(self):
        extra = {"status": "succeed", "result": base64.b64encode(b"paid").decode()}
        self.ask("Submit", self.workflow_request(ReqExtra=extra))

    def workflow(self):
        seen = {"begun": self.begin()}
        self.do("01", "TransOut")
        seen["recorded"] = self.begin()
        seen["twice"] = self.code_of("RegisterBranch", self.outcome("01", "succeed", SEAL))
        self.succeed()
        seen["ended"] = self.begin()
        contrary = self.workflow_request(ReqExtra={"status": "failed"})
        seen["contradicted"] = self.code_of("Submit", contrary)
        seen["late"] = self.code_of("RegisterBranch", self.outcome("02", "succeed", SEAL))
        return seen

    def workflow_failed(self):
        self.begin()
        self.do("01", "TransIn", refuse=REFUSED)
        extra = {"status": "failed", "rollback_reason": REFUSED}
        self.ask("Submit", self.workflow_request(ReqExtra=extra))
        return {"ended": self.begin()}

    def workflow_resumed(self):
        self.begin()
        self.do("01", "TransOut")

    def resume(self, gid):
        """Goes on where the workflow was left, by what is recorded of it."""
        self.gid = gid
        recorded = {branch_id for branch_id, *_ in self.begin()[3]}
        for branch_id, method in (("01", "TransOut"), ("02", "TransIn")):
            if branch_id not in recorded:
                self.do(branch_id, method)
        self.succeed()

    # --- Mistakes

    def mistakes(self):
        branch = dtm_pb2.DtmBranchRequest(
            Gid=self.gid, TransType="tcc", BranchID="01", Data={"confirm": "", "cancel": ""})
        wrong = {
            "type": ("Submit", self.request("sago")),
            "steps": ("Submit", self.request("saga", Steps="[{")),
            "payloads": ("Submit", self.request("saga", Steps=self.saga_request().Steps)),
            "gid": ("Prepare", dtm_pb2.DtmRequest(TransType="tcc")),
            "address": ("Submit", self.message("nowhere")),
            "abort": ("Abort", self.request("tcc")),
            "branch": ("RegisterBranch", branch)}
        return {name: self.code_of(*call) for name, call in wrong.items()}


def main():
    scenario, treatyd = sys.argv[1:]
    story = Story(treatyd)
    facts, error = None, None
    try:
        facts = getattr(story, scenario.replace("-", "_"))()
    except grpc.RpcError as failure:
        error = f"{failure.code().name}: {failure.details()}"
    print(json.dumps({"gid": story.gid, "error": error, "facts": facts}), flush=True)
    sys.stdin.read()
    print(json.dumps(story.calls.all()), flush=True)
    story.server.stop(0).wait()


if __name__ == "__main__":
    main()

"""Clients of TCC, XA, messages and workflows: each moves money between two banks, and may die, be
late or change its mind on the way. What a client has decided is known here alone.
"""

import http.server
import json
import threading
import time
import urllib.parse

import rig

FAULTS = ["ongoing", "error", "done_error", "cut", "slow"]
MODELS = ["tcc", "xa", "msg", "workflow"]


class Book:
    """What all clients have done: for the check-back, the resumes and the final account."""

    def __init__(self):
        self._lock = threading.Lock()
        self.plans = {}   # By gid.
        self.answers = []  # (gid, request, status).
        self.registered = {}  # Acknowledged branch ids by gid.
        self.surprises = []

    def add(self, plan):
        with self._lock:
            self.plans[plan["gid"]] = plan

    def heard(self, gid, request, status, text, branch=None):
        with self._lock:
            self.answers.append((gid, request, status))
            if branch and status == 200:
                self.registered.setdefault(gid, set()).add(branch)
            known = (0, 200, 409, 412, 425, 503)
            if status not in known or (status == 412) != ("recorded" in text or "already" in text):
                self.surprises.append((gid, request, status, text))


class Callbacks(http.server.ThreadingHTTPServer):
    """The clients' own end: check-backs of messages, resumes of workflows."""

    daemon_threads = True

    def __init__(self, book, resume):
        super().__init__(("127.0.0.1", 0), CallbackHandler)
        self.book = book
        self.resume = resume
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # The caller was killed.


class CallbackHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        plan = self.server.book.plans[query["gid"][0]]
        if plan["model"] == "workflow":
            threading.Thread(target=self.server.resume, args=(plan,), daemon=True).start()
            status = 425
        else:
            # Not begun: then it may still happen, and nobody can say.
            status = {None: 425, True: 200, False: 409}[plan["local"]]
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


class Walker:
    """Leads one transaction after the other; one thread's own."""

    MODELS = MODELS

    def __init__(self, random, client, banks, book, prefix):
        self._random = random
        self._client = client
        self._banks = banks
        self._book = book
        self._prefix = prefix
        self._count = 0
        self.callbacks = None

    def plan(self):
        self._count += 1
        amount = self._random.randint(1, 9)
        orders = [self._order(-amount), self._order(amount)]
        plan = {"gid": f"{self._prefix}-{self._count}", "model": self._random.choice(self.MODELS),
                "orders": orders, "banks": [self._random.choice(self._banks) for _ in orders],
                "commits": self._random.random() < 0.7, "dies": self._random.random() < 0.15,
                "waits": self._random.random() < 0.5, "local": None}
        self._book.add(plan)
        return plan

    def _order(self, delta):
        ops = ["action", "confirm", "cancel"]
        faults = {op: self._random.choices(FAULTS, k=1) for op in ops
                  if self._random.random() < 0.08}
        return {"account": f"a{self._random.randrange(20)}", "delta": delta, "faults": faults}

    def walk(self, plan):
        getattr(self, plan["model"])(plan)

    def _post(self, plan, request, **fields):
        """Asks until it is heard, or for seconds in vain; returns the status and the text."""
        body = {"gid": plan["gid"], "trans_type": plan["model"], **fields}
        for _ in range(100):
            status, text = self._client.call("POST", f"/api/dtmsvr/{request}", body)
            self._book.heard(plan["gid"], request, status, text, fields.get("branch_id"))
            if status not in (0, 503):
                return status, text
            time.sleep(0.1)
        return 0, ""

    def _bank(self, bank, path, plan, branch, order):
        query = urllib.parse.urlencode({"gid": plan["gid"], "branch_id": branch, "op": "action"})
        port = urllib.parse.urlsplit(bank).port
        return rig.Client(port).call("POST", f"/{path}?{query}", order)[0] == 200

    # Until here or there the client may die: then the time-out decides.
    def tcc(self, plan):
        self._two_phase(plan, lambda branch, bank, order: {
            "confirm": f"{bank}/confirm", "cancel": f"{bank}/cancel", "data": json.dumps(order)})

    def xa(self, plan):
        def register(branch, bank, order):
            self._bank(bank, "hold", plan, branch, order)
            return {"url": f"{bank}/xa"}
        self._two_phase(plan, register)

    def _two_phase(self, plan, fields):
        # Two seconds: those whose client died are given up soon.
        if self._post(plan, "prepare", timeout_to_fail=2, wait_result=plan["waits"])[0] != 200:
            return
        for i, (bank, order) in enumerate(zip(plan["banks"], plan["orders"])):
            branch = f"0{i + 1}"
            status, _ = self._post(plan, "registerBranch", branch_id=branch,
                                   **fields(branch, bank, order))
            if status != 200:
                return
        if not plan["dies"]:
            request = "submit" if plan["commits"] else "abort"
            self._post(plan, request, wait_result=plan["waits"])
            if self._random.random() < 0.1:
                self._post(plan, "submit" if request == "abort" else "abort")

    def msg(self, plan):
        steps = [{"action": f"{plan['banks'][1]}/move"}]
        message = {"steps": steps, "payloads": [json.dumps(plan["orders"][1])],
                   "query_prepared": f"{self.callbacks.url}/check", "timeout_to_fail": 2}
        if self._post(plan, "prepare", **message)[0] != 200:
            plan["local"] = False
            return
        taken = plan["commits"] and self._bank(plan["banks"][0], "move", plan, "local",
                                               plan["orders"][0] | {"faults": {}})
        plan["local"] = taken
        if not plan["dies"]:
            self._post(plan, "submit" if taken else "abort", wait_result=plan["waits"], **message)

    def workflow(self, plan):
        status, text = self._post(
            plan, "prepareWorkflow", query_prepared=f"{self.callbacks.url}/resume",
            custom_data=json.dumps({"name": "move", "data": "e30="}), retry_interval=1)
        if status != 200 or json.loads(text)["transaction"]["status"] != "prepared":
            return
        known = {step["branch_id"] for step in json.loads(text)["progresses"]}
        for i, (bank, order) in enumerate(zip(plan["banks"], plan["orders"])):
            branch = f"0{i + 1}"
            if branch in known:
                continue
            if plan["commits"] and not self._bank(bank, "move", plan, branch, order):
                return  # Resumed later.
            status, _ = self._post(plan, "registerBranch", branch_id=branch, op="action",
                                   status="succeed", data="{}")
            if status != 200 or plan.pop("dies", False):
                return
        result = {"status": "succeed" if plan["commits"] else "failed"}
        self._post(plan, "submit", req_extra=result)

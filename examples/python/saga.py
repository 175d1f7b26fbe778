"""A saga by plain HTTP: moves money from bank A to bank B, once with success and once in vain.

    python3 examples/python/saga.py [http://127.0.0.1:36789]

The argument is a running treatyd. The banks are its participants: it calls them, this program
serves both. It needs nothing but Python's standard library.
"""

import http.server
import json
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

TREATY = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:36789"


class Bank:
    """One account. In real life `balance` and `steps` are rows of one database, and each call
    changes both in one transaction."""

    def __init__(self, name, balance):
        self.name, self.balance = name, balance
        self.steps = {}  # (gid, branch_id): "done" or "undone"
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BankHandler)
        self.server.bank = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def do(self, step, change):
        state = self.steps.get(step)
        if state == "done":
            return 200, "done before"
        if state == "undone":
            return 409, "too late, this step has been undone"
        if self.balance + change < 0:
            return 409, f"{self.name} has only {self.balance}"
        self.balance += change
        self.steps[step] = "done"
        return 200, "done"

    def undo(self, step, change):
        if self.steps.get(step) == "done":
            self.balance -= change
        self.steps[step] = "undone"  # also if it was never done: it may still arrive
        return 200, "undone"

    def answer(self, path, step, amount):
        with self.lock:
            if path == "/out":
                return self.do(step, -amount)
            if path == "/out-undo":
                return self.undo(step, -amount)
            if path == "/in":
                return self.do(step, amount)
            if path == "/in-undo":
                return self.undo(step, amount)
        return 404, "no such call"


class BankHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        step = query["gid"], query["branch_id"]
        amount = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["amount"]
        status, text = self.server.bank.answer(url.path, step, amount)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def treaty(path, body=None):
    """GET, or POST of a body. The reply is JSON whatever its status."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(f"{TREATY}/api/dtmsvr/{path}", data, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        return json.load(error)


def run_saga(amount, actions):
    gid = treaty("newGid")["gid"]
    reply = treaty("submit", {
        "gid": gid,
        "trans_type": "saga",
        "wait_result": True,
        "steps": [{"action": url, "compensate": url + "-undo"} for url in actions],
        "payloads": [json.dumps({"amount": amount}) for _ in actions],
    })
    # 200 SUCCESS, 409 FAILURE: rolled back, 425 ONGOING: still at it, ask /query later.
    # Anything else, or no reply: submit again with the same gid, which never does it twice.
    outcome = reply.get("dtm_result", "unknown")
    reason = re.search(r"return failed: (.*) FAILURE$", reply.get("message", ""))
    return f"{outcome} ({reason[1]})" if reason else outcome


def expect(wanted, line):
    print(line)
    if line != wanted:
        sys.exit(f"expected: {wanted}")


a, b = Bank("A", 100), Bank("B", 100)


def balances():
    return f"A {a.balance}, B {b.balance}"


expect("before: A 100, B 100", f"before: {balances()}")
outcome = run_saga(30, [a.url + "/out", b.url + "/in"])
expect("transfer of 30: SUCCESS; A 70, B 130", f"transfer of 30: {outcome}; {balances()}")
outcome = run_saga(500, [b.url + "/in", a.url + "/out"])
expect("transfer of 500: FAILURE (A has only 70); A 70, B 130",
       f"transfer of 500: {outcome}; {balances()}")

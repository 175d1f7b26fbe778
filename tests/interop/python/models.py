"""Plays one scenario with DTM's own Python SDK, as its users write it: `models.py SCENARIO`.

It serves the participants as well. A line of JSON tells how the SDK's call ended; when the
input ends, another tells the calls that the participants had.
"""

import argparse
import http.server
import json
import sys
import threading
import time
import urllib.parse

import pymysql
from dtmcli import barrier, msg, saga, tcc, utils

FORWARD = ("action", "try")
BACKWARD = ("compensate", "cancel")
BODY = {"amount": 30}
# What an operation does to (balance, reserved), in amounts.
MOVES = {
    "out": {"action": (-1, 0), "compensate": (1, 0), "msg": (-1, 0),
            "try": (-1, 1), "confirm": (0, -1), "cancel": (1, -1)},
    "in": {"action": (1, 0), "compensate": (-1, 0),
           "try": (0, 1), "confirm": (1, -1), "cancel": (0, -1)},
}
MOVES["fee"] = MOVES["in"]


class Bank:
    """The participants: accounts that only change behind the SDK's barrier.

    Modes: `refuse` says no to the forward operation, `lose` loses the first reply to each
    operation, `late` does the forward operation after it was undone, `slow` takes its time,
    `nested` leads a branch of its own.
    """

    def __init__(self, database, dtm):
        self._database = database
        self._dtm = dtm
        self._undone = threading.Event()
        self.checked = threading.Event()
        self._lost = set()
        self.calls = []
        self.url = ""

    def cursor(self):
        """The SDK's way to close both a cursor and its connection."""
        connection = pymysql.connect(host="127.0.0.1", port=self._database, user="root", db="bank")
        return barrier.AutoCursor(connection.cursor())

    def serve(self, account, mode, params, body):
        """Returns the status of the reply, or None where it gets lost."""
        op = params["op"]
        if mode == "late" and op in FORWARD and not self._undone.wait(30):
            return 500
        if mode == "slow":
            time.sleep(0.3)
        if mode == "nested" and op == "try":
            self._lead(params)
        status = self._answer(account, mode, params, body)
        if op in BACKWARD:
            self._undone.set()
        return None if mode == "lose" and self._is_first(op) else status

    def _is_first(self, op):
        first = op not in self._lost
        self._lost.add(op)
        return first and op != "try"  # Nobody repeats a try.

    def _lead(self, params):
        url = f"{self.url}/fee/plain"
        inner = tcc.tcc_from_req(self._dtm, params["gid"], params["branch_id"])
        inner.call_branch(BODY, url, url, url)

    def _answer(self, account, mode, params, body):
        try:
            done = self._work(account, mode, params, body)
            self._note(account, params["op"], "done" if done else "suppressed")
            return 200
        except utils.DTMFailureError:
            self._note(account, params["op"], "refused")
            return 409

    def _note(self, *call):
        self.calls.append(call)

    def _work(self, account, mode, params, body):
        """Returns whether the barrier let it happen."""
        happened = []

        def business(cursor):
            if mode == "refuse" and params["op"] in FORWARD:
                raise utils.DTMFailureError("FAILURE")
            move(cursor, account, params["op"], body["amount"])
            happened.append(True)

        keys = [params[name] for name in ("trans_type", "gid", "branch_id", "op")]
        with self.cursor() as cursor:
            barrier.BranchBarrier(*keys).call(cursor, business)
        return bool(happened)

    def prepared(self, params):
        """Answers the check-back of a message."""
        status = self._answer_check_back(params)
        self._note("out", "check-back", "done" if status == 200 else "refused")
        self.checked.set()
        return status

    def _answer_check_back(self, params):
        keys = [params[name] for name in ("trans_type", "gid", "branch_id", "op")]
        try:
            with self.cursor() as cursor:
                barrier.BranchBarrier(*keys).query_prepared(cursor)
        except utils.DTMFailureError:
            return 409
        return 200


def move(cursor, account, op, amount):
    balance, reserved = (sign * amount for sign in MOVES[account][op])
    cursor.execute("UPDATE accounts SET balance = balance + %s, reserved = reserved + %s"
                   " WHERE name = %s", (balance, reserved, account))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self._reply(self.server.bank.prepared(self._params()))

    def do_POST(self):
        account, mode = urllib.parse.urlsplit(self.path).path.strip("/").split("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply(self.server.bank.serve(account, mode, self._params(), body))

    def _params(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))

    def _reply(self, status):
        """Sends nothing where the reply gets lost; the connection ends either way."""
        if status is None:
            return
        try:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"dtm_result":"SUCCESS"}' if status == 200 else b"FAILURE")
        except OSError:
            pass  # Whoever asked has left: the reply is late too.

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # So that the end waits for calls under way.


class World:
    def __init__(self, dtm, bank):
        self.dtm = dtm
        self.bank = bank

    def url(self, account, mode="plain"):
        return f"{self.bank.url}/{account}/{mode}"

    def saga(self, gid, out="plain", into="plain"):
        """A transfer; one URL serves a step and its compensation."""
        paths = self.url("out", out), self.url("in", into)
        return saga.Saga(self.dtm, gid).add(BODY, paths[0], paths[0]).add(BODY, paths[1], paths[1])

    def tcc(self, gid, out="plain", into="plain"):
        def branches(transaction):
            for url in (self.url("out", out), self.url("in", into)):
                transaction.call_branch(BODY, url, url, url)

        # The SDK swallows what goes wrong and returns no gid then.
        if tcc.tcc_global_transaction(self.dtm, gid, branches) != gid:
            raise RuntimeError("rolled back")

    def msg(self, gid):
        """A message whose check-back comes soon, as far as this SDK lets its users say so."""
        message = msg.Msg(self.dtm, gid).add(BODY, self.url("in"))
        message.trans_base.timeout_to_fail = 1
        return message

    def check_back(self):
        return f"{self.bank.url}/prepared"


def take(cursor):
    """The local transaction of a message."""
    move(cursor, "out", "msg", BODY["amount"])


def play_saga_concurrent(world, gid):
    transaction = world.saga(gid, into="slow").set_concurrent()
    # Its constructor forgets these two, and submit() needs them.
    transaction.orders = {}
    transaction.concurrent = True
    transaction.add_branch_order(0, [1]).submit()


def play_saga_waited(world, gid):
    transaction = world.saga(gid, into="refuse")
    transaction.trans_base.wait_result = True
    transaction.submit()


def play_saga_late(world, gid):
    transaction = world.saga(gid, out="late")
    transaction.trans_base.request_timeout = 1
    transaction.trans_base.timeout_to_fail = 1
    transaction.submit()


def play_msg(world, gid):
    with world.bank.cursor() as cursor:
        world.msg(gid).set_wait_result().do_and_submit_db(world.check_back(), cursor, take)


def play_msg_refused(world, gid):
    def refuse(cursor):
        take(cursor)
        raise utils.DTMFailureError("no")

    with world.bank.cursor() as cursor:
        world.msg(gid).do_and_submit_db(world.check_back(), cursor, refuse)


def play_msg_unsure(world, gid):
    """The local transaction is committed, but its leader is told of an error."""
    def work(branch):
        with world.bank.cursor() as cursor:
            branch.call(cursor, take)
        raise TimeoutError("the reply to the commit")

    world.msg(gid).do_and_submit(world.check_back(), work)


def play_msg_unsubmitted(world, gid):
    """The leader dies between its commit and submit: treatyd asks."""
    world.msg(gid).prepare(world.check_back())
    with world.bank.cursor() as cursor:
        barrier.BranchBarrier("msg", gid, "00", "msg").call(cursor, take)


def play_msg_late(world, gid):
    """The local transaction comes after treatyd was told that there is none."""
    world.msg(gid).prepare(world.check_back())
    if not world.bank.checked.wait(30):
        raise RuntimeError("nobody asked")
    with world.bank.cursor() as cursor:
        barrier.BranchBarrier("msg", gid, "00", "msg").call(cursor, take)


SCENARIOS = {
    "saga": lambda world, gid: world.saga(gid).submit(),
    "saga-refused": lambda world, gid: world.saga(gid, into="refuse").submit(),
    "saga-lost": lambda world, gid: world.saga(gid, out="lose", into="refuse").submit(),
    "saga-concurrent": play_saga_concurrent,
    "saga-waited": play_saga_waited,
    "saga-late": play_saga_late,
    "tcc": lambda world, gid: world.tcc(gid),
    "tcc-refused": lambda world, gid: world.tcc(gid, into="refuse"),
    "tcc-lost": lambda world, gid: world.tcc(gid, out="lose", into="lose"),
    "tcc-nested": lambda world, gid: world.tcc(gid, into="nested"),
    "tcc-late": lambda world, gid: world.tcc(gid, into="late"),
    "msg": play_msg,
    "msg-refused": play_msg_refused,
    "msg-unsure": play_msg_unsure,
    "msg-unsubmitted": play_msg_unsubmitted,
    "msg-late": play_msg_late,
}


def play(scenario, world):
    """Returns the gid and the error that a user of the SDK sees."""
    gid = utils.gen_gid(world.dtm)
    try:
        SCENARIOS[scenario](world, gid)
    except Exception as error:  # Whatever it is, the test judges it.
        return {"gid": gid, "error": f"{type(error).__name__}: {error}"}
    return {"gid": gid, "error": None}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--dtm", required=True)
    parser.add_argument("--database", required=True, type=int, help="the port of a MariaDB")
    arguments = parser.parse_args()
    # The SDK prints what it does; the test's own lines have the output to themselves.
    output, sys.stdout = sys.stdout, sys.stderr
    server = Server(("127.0.0.1", 0), Handler)
    server.bank = Bank(arguments.database, arguments.dtm)
    server.bank.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = play(arguments.scenario, World(arguments.dtm, server.bank))
    print(json.dumps(told), file=output, flush=True)
    sys.stdin.read()
    server.shutdown()
    server.server_close()
    print(json.dumps(server.bank.calls), file=output, flush=True)


if __name__ == "__main__":
    main()

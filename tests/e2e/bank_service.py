"""A bank as a process of its own: durable balances, a barrier, and a log of every call.

The payload of a branch says what to do and how to misbehave:
  {"account": "a1", "delta": -5, "faults": {"action": ["slow", "ok"], ...}}
Each call of a branch and operation uses up one fault of its list; after the last one the bank
behaves. Faults: ok; refuse (409, for good); ongoing; error (500, nothing done); done_error (done,
then 500); hang (done, never answered); cut (nothing done, connection closed); slow (100 ms).

/hold keeps a branch's payload: a second phase without one (XA) then acts on what is held.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
import urllib.parse

SUCCESS = (200, '{"dtm_result":"SUCCESS"}')
FAILURE = (409, '{"dtm_result":"FAILURE"}')
ONGOING = (425, '{"dtm_result":"ONGOING"}')
ERROR = (500, "{}")

SCHEMA = """
CREATE TABLE balance (account TEXT PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE barrier (gid TEXT, branch TEXT, op TEXT, PRIMARY KEY (gid, branch, op));
CREATE TABLE effect (gid TEXT, branch TEXT, delta INTEGER NOT NULL);
CREATE TABLE held (gid TEXT, branch TEXT, body TEXT NOT NULL, PRIMARY KEY (gid, branch));
"""


class Bank:
    def __init__(self, path):
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(SCHEMA)
        self._used = {}  # Faults used up, by (gid, branch, op).
        self.calls = []

    def open_accounts(self, accounts, amount):
        rows = [(f"a{i}", amount) for i in range(accounts)]
        self._db.executemany("INSERT INTO balance VALUES (?, ?)", rows)

    def report(self):
        balances = dict(self._db.execute("SELECT account, amount FROM balance"))
        effects = self._db.execute("SELECT gid, branch, delta FROM effect").fetchall()
        return {"balances": balances, "effects": effects, "calls": self.calls}

    def next_fault(self, key, faults):
        used = self._used.get(key, 0)
        self._used[key] = used + 1
        planned = faults.get(key[2], [])
        if "refuse" in planned:
            return planned[min(used, len(planned) - 1)]
        return planned[used] if used < len(planned) else "ok"

    def _pass(self, gid, branch, op):
        cursor = self._db.execute("INSERT OR IGNORE INTO barrier VALUES (?, ?, ?)",
                                  (gid, branch, op))
        return cursor.rowcount == 1

    def hold(self, gid, branch, body):
        self._db.execute("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", (gid, branch, body))

    def held(self, gid, branch):
        row = self._db.execute("SELECT body FROM held WHERE gid = ? AND branch = ?",
                               (gid, branch)).fetchone()
        return row[0] if row else '{"account": "a0", "delta": 0}'

    def perform(self, key, order):
        """Does what the call asks for, once, however often and in whatever order it comes."""
        gid, branch, op = key
        self._db.execute("BEGIN IMMEDIATE")
        first = self._pass(gid, branch, op)
        if op == "compensate" and first:
            # Never done: the mark keeps a late action out.
            first = not self._pass(gid, branch, "action")
        if first and op not in ("cancel", "rollback"):  # These have nothing to take back.
            delta = -order["delta"] if op == "compensate" else order["delta"]
            self._db.execute("UPDATE balance SET amount = amount + ? WHERE account = ?",
                             (delta, order["account"]))
            self._db.execute("INSERT INTO effect VALUES (?, ?, ?)", (gid, branch, delta))
        self._db.execute("COMMIT")


async def answer_branch(bank, query, body):
    """Returns (status, text), or None for a connection to be closed without an answer."""
    key = (query["gid"][0], query["branch_id"][0], query["op"][0])
    order = json.loads(body or bank.held(*key[:2]))
    fault = bank.next_fault(key, order.get("faults", {}))
    bank.calls.append((time.time(), *key, fault))
    plain = {"refuse": FAILURE, "ongoing": ONGOING, "error": ERROR, "cut": None}
    if fault in plain:
        return plain[fault]
    if fault == "slow":
        await asyncio.sleep(0.1)
    bank.perform(key, order)
    if fault == "hang":
        await asyncio.sleep(3600)
    return ERROR if fault == "done_error" else SUCCESS


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    fields = dict(line.lower().split(":", 1) for line in lines[1:] if ":" in line)
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    return urllib.parse.urlsplit(lines[0].split(" ")[1]), body


async def serve(bank, reader, writer):
    try:
        while True:
            target, body = await read_request(reader)
            if target.path == "/report":
                reply = (200, json.dumps(bank.report()))
            elif target.path == "/hold":
                query = urllib.parse.parse_qs(target.query)
                bank.hold(query["gid"][0], query["branch_id"][0], body.decode())
                reply = SUCCESS
            else:
                reply = await answer_branch(bank, urllib.parse.parse_qs(target.query), body)
            if reply is None:
                break
            text = reply[1].encode()
            writer.write(f"HTTP/1.1 {reply[0]} X\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(text)}\r\n\r\n".encode() + text)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(path, accounts, amount):
    bank = Bank(path)
    bank.open_accounts(accounts, amount)
    server = await asyncio.start_server(lambda r, w: serve(bank, r, w), "127.0.0.1", 0,
                                        backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    os._exit(0)  # Hanging calls are not waited for.


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

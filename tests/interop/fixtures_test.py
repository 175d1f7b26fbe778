"""SDKs of DTM in Go, Node, C# and PHP, as far as treatyd can see them: what they send is replayed
from fixtures/, and each reply is checked as that SDK checks it."""

import datetime
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import rig  # noqa: E402

API = "/api/dtmsvr"


class Bank(http.server.BaseHTTPRequestHandler):
    """Answers 409 where the path says refuse, and notes every path."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0]
        self.server.paths.append(path)
        self.send_response(409 if path == "/refuse" else 200)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


class FixturesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="treaty-fixtures-")
        cls.addClassCleanup(folder.cleanup)
        cls.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name, "RetryInterval: 1\n")
        cls.addClassCleanup(cls.treatyd.kill)
        cls.treatyd.start()
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bank)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.bank = f"http://127.0.0.1:{cls.server.server_port}"

    def setUp(self):
        self.server.paths = []
        self.gid = self.id()
        self.client = rig.Client(self.treatyd.port)

    # --- Sending ---

    def body(self, name):
        text = (HERE / "fixtures" / name).read_text()
        bank = self.bank.replace("/", "\\/") if "BANK\\/" in text else self.bank
        return text.replace("GID", self.gid).replace("BANK", bank)

    def send(self, method, path, body=None):
        """Sends the very bytes; returns status, content type and text."""
        connection = self.client._connection
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.headers["Content-Type"], reply.read().decode()

    def post(self, path, name):
        return self.send("POST", f"{API}/{path}", self.body(name))

    def expect_status(self, wanted):
        rig.wait_until(lambda: self.client.query(self.gid)["status"] == wanted, 10,
                       f"{self.gid} is {wanted}")

    # --- How each SDK decides whether a reply is good ---

    def go(self, reply):
        """dtmcli: 200 without the word FAILURE. Every reply has a JSON content type."""
        status, content_type, text = reply
        self.assertTrue(content_type.startswith("application/json"), content_type)
        return status == 200 and "FAILURE" not in text

    node = go  # axios throws on what is not 2xx; then the same word.

    def csharp(self, reply):
        """A reply is read as UTF-8 JSON, and is good as Go says."""
        json.loads(reply[2])
        return self.go(reply)

    def php(self, reply):
        """Guzzle throws on 4xx and 5xx; exactly 200 is success."""
        return reply[0] == 200

    # --- Go ---

    def test_go_new_gid(self):
        reply = self.send("GET", f"{API}/newGid")
        self.assertTrue(self.go(reply))
        values = json.loads(reply[2])
        self.assertTrue(values["gid"])
        self.assertTrue(all(isinstance(value, str) for value in values.values()), values)

    def test_go_saga(self):
        self.assertTrue(self.go(self.post("submit", "go/saga_submit.json")))
        self.assertEqual(self.server.paths, ["/out", "/in"])
        self.expect_status("succeed")

    def test_go_saga_refused(self):
        reply = self.post("submit", "go/saga_refused.json")
        self.assertFalse(self.go(reply))
        self.assertEqual(reply[0], 409)
        self.expect_status("failed")
        self.assertEqual(self.server.paths, ["/in", "/refuse", "/refuse-undo", "/in-undo"])

    def test_go_saga_with_options(self):
        self.assertTrue(self.go(self.post("submit", "go/saga_concurrent.json")))
        self.assertEqual(self.server.paths, ["/out", "/in"])

    def test_go_saga_of_old_versions(self):
        self.assertTrue(self.go(self.post("submit", "go/saga_old_data.json")))
        self.expect_status("succeed")

    def test_go_tcc(self):
        self.assertTrue(self.go(self.post("prepare", "go/tcc_prepare.json")))
        self.assertTrue(self.go(self.post("registerBranch", "go/tcc_register.json")))
        self.assertTrue(self.go(self.post("submit", "go/tcc_prepare.json")))
        self.assertEqual(self.server.paths, ["/confirm"])

    def test_go_tcc_aborted(self):
        self.assertTrue(self.go(self.post("prepare", "go/tcc_prepare.json")))
        self.assertTrue(self.go(self.post("registerBranch", "go/tcc_register.json")))
        self.assertTrue(self.go(self.post("abort", "go/tcc_abort.json")))
        self.expect_status("failed")
        self.assertEqual(self.server.paths, ["/cancel"])
        self.assertEqual(self.client.query(self.gid)["rollback_reason"], "changed my mind")

    def test_go_xa(self):
        self.assertTrue(self.go(self.post("prepare", "go/xa_prepare.json")))
        self.assertTrue(self.go(self.post("registerBranch", "go/xa_register.json")))
        self.assertTrue(self.go(self.post("submit", "go/xa_prepare.json")))
        self.assertEqual(self.server.paths, ["/xa"])

    def test_go_msg(self):
        self.assertTrue(self.go(self.post("prepare", "go/msg_prepare.json")))
        self.assertTrue(self.go(self.post("submit", "go/msg_submit.json")))
        self.assertEqual(self.server.paths, ["/in"])

    def prepare_workflow(self, name):
        reply = self.post("prepareWorkflow", name)
        self.assertEqual(reply[0], 200)
        return json.loads(reply[2])

    def test_go_workflow(self):
        first = self.prepare_workflow("go/workflow_prepare.json")
        self.assertEqual(first["transaction"]["status"], "prepared")
        self.assertEqual(first["progresses"], [])
        self.assertTrue(self.go(self.post("registerBranch", "go/workflow_register.json")))
        repeated = self.post("registerBranch", "go/workflow_register.json")
        self.assertFalse(self.go(repeated))
        self.assertNotEqual(repeated[0], 409)  # It would make the losing runner roll back.
        progress = self.prepare_workflow("go/workflow_prepare.json")["progresses"]
        self.assertEqual([(p["branch_id"], p["op"], p["status"], p["bin_data"]) for p in progress],
                         [("01", "action", "succeed", "eyJkdG1fcmVzdWx0Ijoib2sifTsK")])
        self.assertTrue(self.go(self.post("submit", "go/workflow_submit.json")))
        last = self.prepare_workflow("go/workflow_prepare.json")["transaction"]
        self.assertEqual((last["status"], last["result"]), ("succeed", "cmVzdWx0"))

    # --- Node ---

    def test_node_tcc(self):
        self.assertTrue(self.node(self.post("prepare", "node/tcc_prepare.json")))
        self.assertTrue(self.node(self.post("registerTccBranch", "node/tcc_register.json")))
        self.assertTrue(self.node(self.post("submit", "node/tcc_prepare.json")))
        self.expect_status("succeed")
        self.assertEqual(self.server.paths, ["/confirm"])

    # On any error it aborts, also what it has just submitted: that changes nothing.
    def test_node_tcc_aborted_after_its_submit(self):
        self.post("prepare", "node/tcc_prepare.json")
        self.post("submit", "node/tcc_prepare.json")
        self.assertFalse(self.node(self.post("abort", "node/tcc_prepare.json")))
        self.expect_status("succeed")

    def test_node_msg(self):
        self.assertTrue(self.node(self.post("submit", "node/msg_submit.json")))
        self.assertEqual(self.server.paths, ["/in"])

    # --- C# ---

    def test_csharp_saga_and_query(self):
        self.assertTrue(self.csharp(self.post("submit", "csharp/saga_submit.json")))
        reply = self.send("GET", f"{API}/query?gid={self.gid}")
        self.assertTrue(self.csharp(reply))
        found = json.loads(reply[2])
        txn = found["transaction"]
        self.assertLess(abs(txn["id"]), 2**31)
        for branch in [txn, *found["branches"]]:
            for key in ("create_time", "update_time"):
                datetime.datetime.fromisoformat(branch[key].replace("Z", "+00:00"))
        self.assertTrue(all(isinstance(b["bin_data"], str) for b in found["branches"]))
        self.assertIn("compensate", [key.lower() for key in txn["steps"][0]])

    def test_csharp_tcc(self):
        self.assertTrue(self.csharp(self.post("prepare", "csharp/tcc_prepare.json")))
        self.assertTrue(self.csharp(self.post("registerBranch", "csharp/tcc_register.json")))
        self.assertTrue(self.csharp(self.post("submit", "csharp/tcc_prepare.json")))
        self.expect_status("succeed")

    # Its XA gives participants a base URL that ends in a slash: theirs has two then.
    def test_csharp_xa(self):
        self.assertTrue(self.csharp(self.post("prepare", "csharp/xa_prepare.json")))
        self.assertTrue(self.go(self.post("/registerBranch", "go/xa_register.json")))
        self.assertTrue(self.csharp(self.post("submit", "csharp/xa_prepare.json")))
        self.expect_status("succeed")

    def test_csharp_workflow(self):
        reply = self.prepare_workflow("csharp/workflow_prepare.json")
        self.assertIsInstance(reply["progresses"], list)
        self.assertEqual(reply["transaction"]["gid"], self.gid)
        self.assertTrue(self.csharp(self.post("submit", "csharp/workflow_submit.json")))
        self.expect_status("succeed")

    # A query_prepared of null: nobody resumes it, the next run goes on.
    def test_csharp_workflow_without_a_url(self):
        first = self.prepare_workflow("csharp/workflow_alone.json")
        self.assertEqual((first["transaction"]["status"], first["progresses"]), ("prepared", []))
        self.assertTrue(self.csharp(self.post("registerBranch", "go/workflow_register.json")))
        again = self.prepare_workflow("csharp/workflow_alone.json")
        self.assertEqual([p["branch_id"] for p in again["progresses"]], ["01"])
        self.assertTrue(self.csharp(self.post("submit", "csharp/workflow_submit.json")))
        self.expect_status("succeed")
        self.assertEqual(self.server.paths, [])

    # Null for what there is not, as a serializer writes it that leaves nothing out.
    def test_csharp_tcc_that_only_tries(self):
        self.assertTrue(self.csharp(self.post("prepare", "csharp/tcc_prepare.json")))
        self.assertTrue(self.csharp(self.post("registerBranch", "csharp/tcc_register_none.json")))
        self.assertTrue(self.csharp(self.post("submit", "csharp/tcc_prepare.json")))
        self.expect_status("succeed")
        self.assertEqual(self.server.paths, [])

    # --- PHP ---

    def test_php_new_gid(self):
        reply = self.send("GET", f"{API}/newGid")
        self.assertTrue(self.php(reply))
        self.assertEqual(json.loads(reply[2])["dtm_result"], "SUCCESS")

    def test_php_saga(self):
        self.assertTrue(self.php(self.post("submit", "php/saga_submit.json")))
        self.assertEqual(self.server.paths, ["/out"])

    def test_php_tcc(self):
        self.assertTrue(self.php(self.post("prepare", "php/tcc_prepare.json")))
        self.assertTrue(self.php(self.post("registerBranch", "php/tcc_register.json")))
        self.assertTrue(self.php(self.post("submit", "php/tcc_prepare.json")))
        self.expect_status("succeed")

    # The steps and options of the transaction before, in a context that is used again.
    def test_php_tcc_with_what_a_saga_left_over(self):
        self.assertTrue(self.php(self.post("prepare", "php/tcc_left_over.json")))
        self.assertTrue(self.php(self.post("registerBranch", "php/tcc_register.json")))
        self.assertTrue(self.php(self.post("submit", "php/tcc_left_over.json")))
        self.expect_status("succeed")
        self.assertEqual(self.server.paths, ["/confirm"])
        for what in ("steps", "request_timeout"):
            rig.wait_until(lambda: self.treatyd.log.read_text().count(f"let pass: {what}") == 1, 10,
                           f"one line tells of {what}")

    def test_php_reads(self):
        self.post("submit", "php/saga_submit.json")
        for path in (f"query?gid={self.gid}", "all?limit=10",
                     f"subscribe?topic=php&url={self.bank}/in&remark="):
            self.assertTrue(self.php(self.send("GET", f"{API}/{path}")), path)

    def rpc(self, name):
        reply = self.send("POST", "/api/json-rpc", self.body(name))
        self.assertEqual(reply[0], 200)
        answer = json.loads(reply[2])
        self.assertIn("result", answer)
        return answer["result"]

    def test_php_json_rpc(self):
        self.assertTrue(self.rpc("php/rpc_new_gid.json")["gid"])
        self.rpc("php/rpc_tcc_prepare.json")
        self.rpc("php/rpc_tcc_submit.json")
        self.expect_status("succeed")

    @classmethod
    def tearDownClass(cls):
        if cls.treatyd.stop() != 0 or cls.treatyd.bad_log_lines():
            raise AssertionError(f"treatyd's log: {cls.treatyd.bad_log_lines()}")


if __name__ == "__main__":
    OPTIONS, ARGUMENTS = rig.options()
    rig.main(ARGUMENTS)

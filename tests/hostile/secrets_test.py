"""Goal: what a participant is given as a credential, and what operators keep in URLs, shows up
nowhere else; what a client writes into a gid misleads nobody who reads a list or a log. Method:
secrets in every place that takes one, a participant that never answers well, and a search of every
reply, alert, metric and log line for them.
"""

import http.server
import json
import subprocess
import tempfile
import threading
import unittest

import attacker
from attacker import rig, send

OPTIONS, ARGUMENTS = rig.options()
API = "/api/dtmsvr"
HOST = [("Host", "localhost")]
SECRET = "s3cret-0815"
UNSEEN = "\u202e\u2066\u200b\u200f\ufeff\U000e0041"


class Kept(http.server.BaseHTTPRequestHandler):
    """A participant and a web hook: keeps what it gets; 500, but for alerts."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.kept.append((self.path, dict(self.headers), body))
        self.send_response(200 if self.path.startswith("/hook") else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class SecretsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-secrets-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Kept)
        self.server.kept = []
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def get(self, daemon, path):
        status, text = send(daemon.port, "GET", path, HOST)
        self.assertEqual(status, 200, path)
        return text

    def kept(self, prefix):
        return [one for one in self.server.kept if one[0].startswith(prefix)]

    def test_credentials_of_participants_show_up_nowhere(self):
        daemon = attacker.start(
            self, OPTIONS.treatyd, self.folder,
            f"AlertRetryLimit: 1\nAlertWebHook: {self.url}/hook?token={SECRET}\nLogLevel: debug\n")
        saga = {"gid": "g", "trans_type": "saga", "payloads": ["{}"],
                "branch_headers": {"Authorization": f"Bearer {SECRET}"},
                "passthrough_headers": ["X-Token"],
                "steps": [{"action": f"{self.url}/bank?key={SECRET}-url", "compensate": ""}]}
        status, _ = send(daemon.port, "POST", f"{API}/submit", [*HOST, ("X-Token", SECRET)],
                         json.dumps(saga))
        self.assertEqual(status, 200)
        rig.wait_until(lambda: self.kept("/hook"), 20, "an alert")
        _, headers, _ = self.kept("/bank")[0]
        self.assertEqual((headers["Authorization"], headers["X-Token"]), (f"Bearer {SECRET}", SECRET))
        alert = self.kept("/hook")[0][2]
        self.assertNotIn(SECRET, alert)
        self.assertEqual(json.loads(alert)["branch"], f"{self.url}/bank")
        for path in ("/all", "/query?gid=g"):
            shown = self.get(daemon, API + path).replace(f"{SECRET}-url", "")  # The URL is the client's.
            self.assertNotIn(SECRET, shown)
            self.assertIn('"branch_headers":{"Authorization":"***"}', shown)
        self.assertNotIn(SECRET, self.get(daemon, "/api/metrics"))
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn(SECRET, daemon.log.read_text())

    def test_the_printed_configuration_has_no_secret(self):
        printed = subprocess.run(
            [OPTIONS.treatyd, "--print-config", "--store-password", SECRET,
             "--alert-web-hook", f"https://hooks.example/services/{SECRET}?token={SECRET}"],
            capture_output=True, text=True, timeout=20, check=True)
        self.assertNotIn(SECRET, printed.stdout + printed.stderr)
        self.assertIn("https://hooks.example/***", printed.stdout)
        wrong = subprocess.run(
            [OPTIONS.treatyd, "--check-config", "--alert-web-hook", f"https://u:{SECRET}@a/{SECRET}"],
            capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertNotIn(SECRET, wrong.stdout + wrong.stderr)

    def test_a_gid_misleads_nobody_who_reads_lists_or_logs(self):
        for form in ("text", "json"):
            daemon = attacker.start(self, OPTIONS.treatyd, self.folder,
                                    f"GidCharset: utf8\nLogFormat: {form}\nLogLevel: debug\n")
            gid = f"pay-{form}{UNSEEN}7"
            saga = {"gid": gid, "trans_type": "saga", "payloads": ["{}"],
                    "steps": [{"action": f"{self.url}/bank", "compensate": ""}]}
            for path, body in (("submit", saga), ("forceStop", {"gid": gid, "reason": UNSEEN})):
                status, _ = send(daemon.port, "POST", f"{API}/{path}", HOST, json.dumps(body))
                self.assertEqual(status, 200, path)
            listed = self.get(daemon, f"{API}/all")
            self.assertIn(gid, [one["gid"] for one in json.loads(listed)["transactions"]])
            self.assertEqual([c for c in UNSEEN if c in listed], [])
            self.assertEqual(daemon.stop(), 0)
            log = daemon.log.read_text()
            self.assertIn(f"pay-{form}\\", log)
            self.assertEqual([c for c in UNSEEN if c in log], [])


if __name__ == "__main__":
    rig.main(ARGUMENTS)

"""Goal: no page of another site has any control over a daemon that listens on loopback, and the
console of the reference still works. Method: the requests that browsers send, as bytes: of a page
whose name was led to this machine, of images and forms, with doubled headers; and every call of the
reference's console through a proxy that writes a Host of its own.
"""

import http.client
import http.server
import json
import tempfile
import threading
import unittest

import attacker
from attacker import rig, send

OPTIONS, ARGUMENTS = rig.options()
API = "/api/dtmsvr"
SAGA = json.dumps({"gid": "evil", "trans_type": "saga",
                   "steps": [{"action": "http://127.0.0.1:9/a", "compensate": ""}],
                   "payloads": ["{}"]})
RPC = '{"jsonrpc":"2.0","id":1,"method":"newGid"}'
CHANGES = [("POST", f"{API}/submit", SAGA), ("POST", f"{API}/prepare", SAGA),
           ("POST", f"{API}/forceStop", '{"gid":"mine"}'),
           ("POST", f"{API}/resetNextCronTime", '{"gid":"mine"}'),
           ("POST", f"{API}/abort", '{"gid":"mine","trans_type":"tcc"}'),
           ("POST", f"{API}/registerBranch", "{}"), ("POST", f"{API}/prepareWorkflow", "{}"),
           ("POST", "/api/json-rpc", RPC),
           ("GET", f"{API}/subscribe?topic=evil&url=http://a/", ""),
           ("GET", f"{API}/unsubscribe?topic=news&url=http://127.0.0.1:9/", ""),
           ("GET", f"{API}/resetCronTime?timeout=0", ""), ("DELETE", f"{API}/topic/news", "")]
READS = [("GET", path, "") for path in
         (f"{API}/all", f"{API}/query?gid=mine", f"{API}/scanKV", f"{API}/newGid", "/api/ping",
          "/api/metrics", "/livez", "/readyz", "/")]


class RewritingProxy(http.server.BaseHTTPRequestHandler):
    """What stands before the console: passes everything on, but for the Host."""

    protocol_version = "HTTP/1.1"
    upstream = 0

    def forward(self):
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=10)
        upstream.request(self.command, self.path, body,
                         headers | {"Host": f"127.0.0.1:{self.upstream}"})
        reply = upstream.getresponse()
        text = reply.read()
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        upstream.close()

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, *arguments):
        pass


class BrowserTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-browser-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, config=""):
        self.rpc_port = rig.free_port()
        daemon = attacker.start(self, OPTIONS.treatyd, self.folder,
                                f"JsonRpcPort: {self.rpc_port}\n{config}")
        own = [("Host", f"127.0.0.1:{daemon.port}")]
        prepared = SAGA.replace("evil", "mine")
        self.assertEqual(send(daemon.port, "POST", f"{API}/prepare", own, prepared)[0], 200)
        subscribe = f"{API}/subscribe?topic=news&url=http://127.0.0.1:9/"
        self.assertEqual(send(daemon.port, "GET", subscribe, own)[0], 200)
        self.own, self.before = own, self.state(daemon.port)
        return daemon

    def state(self, port):
        host = [("Host", "localhost")]
        return [send(port, "GET", f"{API}/{path}", host) for path in ("all", "queryKV")]

    def assert_nothing_changed(self, daemon):
        self.assertEqual(self.state(daemon.port), self.before)
        self.assertEqual(daemon.bad_log_lines(), [])

    def test_a_page_whose_name_leads_here_has_no_control(self):
        daemon = self.start()
        for host in ("evil.example", f"evil.example:{daemon.port}", "localhost.evil.example",
                     "127.0.0.1.nip.io", "localhost@evil.example", "10.0.0.1", "[::2]", "127.1"):
            page = [("Host", host), ("Origin", f"http://{host}"), ("Referer", f"http://{host}/"),
                    ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")]
            for method, path, body in CHANGES + READS:
                for headers in (page, page[:1]):
                    with self.subTest(host=host, path=path, headers=len(headers)):
                        self.assertEqual(send(daemon.port, method, path, headers, body)[0], 421)
            self.assertEqual(send(self.rpc_port, "POST", "/", page, RPC)[0], 421)
            self.assertEqual(
                send(daemon.port, "GET", f"http://{host}{API}/all", self.own)[0], 421)
        self.assert_nothing_changed(daemon)

    def test_loopback_is_served_under_all_its_names(self):
        daemon = self.start()
        for host in ("localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "a.localhost", "127.9.9.9"):
            for port in ("", f":{daemon.port}", ":1", ":"):
                headers = [("Host", host + port)]
                self.assertEqual(send(daemon.port, "GET", f"{API}/all", headers)[0], 200, host + port)
                self.assertEqual(send(self.rpc_port, "POST", "/", headers, RPC)[0], 200, host + port)
        self.assertEqual(send(daemon.port, "GET", f"http://localhost{API}/all", self.own)[0], 200)

    def assert_names_of_the_configuration_are_served(self, where=""):
        daemon = self.start(f"{where}Http:\n  Hosts: treaty.example,[fd00::7]:8080\n")
        for host in ("treaty.example", "Treaty.Example:80", "[fd00::7]", "localhost"):
            self.assertEqual(send(daemon.port, "GET", f"{API}/all", [("Host", host)])[0], 200, host)
        for host in ("evil.example", "a.treaty.example", "203.0.113.9"):
            self.assertEqual(send(daemon.port, "GET", f"{API}/all", [("Host", host)])[0], 421, host)

    def test_names_of_the_configuration_are_served(self):
        self.assert_names_of_the_configuration_are_served()

    def test_names_of_the_configuration_decide_elsewhere_too(self):
        self.assert_names_of_the_configuration_are_served(
            "Host: 0.0.0.0\nInsecure: true\nAllowLoopbackTargets: true\n")

    def test_elsewhere_any_name_is_served_where_none_is_given(self):
        daemon = self.start("Host: 0.0.0.0\nInsecure: true\nAllowLoopbackTargets: true\n")
        for host in ("treaty", "treaty.svc.cluster.local:36789", "203.0.113.9"):
            self.assertEqual(send(daemon.port, "GET", f"{API}/all", [("Host", host)])[0], 200, host)

    def test_images_forms_and_links_of_other_sites_change_nothing(self):
        daemon = self.start()
        marks = [[("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
                 [("Sec-Fetch-Site", "none")], [("Origin", "http://evil.example")],
                 [("Origin", "null")], [("Origin", "http://127.0.0.1:1")],
                 [("Referer", "http://evil.example/a")], [("Referer", "http://127.0.0.1:1/")],
                 [("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Mode", "no-cors")]]
        for mark in marks:
            for method, path, body in CHANGES:
                with self.subTest(mark=mark, path=path):
                    status, _ = send(daemon.port, method, path, self.own + mark, body)
                    self.assertEqual(status, 403)
            status, _ = send(self.rpc_port, "POST", "/", self.own + mark, RPC)
            self.assertEqual(status, 403)
        self.assert_nothing_changed(daemon)

    def test_programs_that_fetch_are_served(self):
        daemon = self.start()
        for said in ([], [("sec-fetch-mode", "cors"), ("User-Agent", "node")]):
            gid = f"program-{len(said)}"
            status, _ = send(daemon.port, "POST", f"{API}/prepare", self.own + said,
                             SAGA.replace("evil", gid))
            self.assertEqual(status, 200)
            reset = f"{API}/resetCronTime?timeout=1000"
            self.assertEqual(send(daemon.port, "GET", reset, self.own + said)[0], 200)

    def test_doubled_headers_hide_nothing(self):
        daemon = self.start()
        origin = f"http://127.0.0.1:{daemon.port}"
        pairs = [("Origin", origin, "http://evil.example"), ("Referer", f"{origin}/", "http://evil/"),
                 ("Sec-Fetch-Site", "same-origin", "cross-site"),
                 ("Sec-Fetch-Mode", "cors", "no-cors"), ("Sec-Fetch-Dest", "empty", "image")]
        for name, good, bad in pairs:
            for first, second in ((good, bad), (bad, good), (good, good)):
                doubled = self.own + [(name, first), ("Accept", "*/*"), (name.lower(), second)]
                for method, path, body in CHANGES:
                    status, _ = send(daemon.port, method, path, doubled, body)
                    self.assertEqual(status, 400, (name, path))
        twice = self.own + [("Host", "localhost")]
        self.assertEqual(send(daemon.port, "GET", f"{API}/all", twice)[0], 400)
        self.assert_nothing_changed(daemon)

    def console(self, daemon):
        """A proxy; a page's calls through it, with what its browser adds."""
        handler = type("Handler", (RewritingProxy,), {"upstream": daemon.port})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = f"http://localhost:{server.server_port}"
        fetched = [("Host", page[7:]), ("Referer", f"{page}/admin/global-transactions/all"),
                   ("User-Agent", "Mozilla/5.0"), ("Sec-Fetch-Site", "same-origin"),
                   ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]

        def call(method, path, body=None):
            origin = [] if method == "GET" else [("Origin", page)]
            text = "" if body is None else json.dumps(body)
            return send(server.server_port, method, API + path, fetched + origin, text)
        return call

    def test_the_console_works_through_a_proxy_that_writes_its_own_host(self):
        daemon = self.start()
        call = self.console(daemon)
        status, text = call("GET", "/all?limit=10&position=")
        self.assertEqual((status, json.loads(text)["transactions"][0]["gid"]), (200, "mine"))
        self.assertEqual(call("GET", "/query?gid=mine")[0], 200)
        self.assertEqual(call("GET", "/subscribe?topic=t&url=http%3A%2F%2F127.0.0.1%3A9%2F&remark=r")[0],
                         200)
        self.assertEqual(call("GET", "/scanKV?cat=topics&limit=100")[0], 200)
        self.assertEqual(call("GET", "/queryKV?cat=topics&key=t")[0], 200)
        self.assertEqual(call("GET", "/unsubscribe?topic=t&url=http%3A%2F%2F127.0.0.1%3A9%2F")[0], 200)
        self.assertEqual(call("DELETE", "/topic/t")[0], 200)
        self.assertEqual(call("POST", "/resetNextCronTime", {"gid": "mine"})[0], 200)
        self.assertEqual(call("POST", "/forceStop", {"gid": "mine"})[0], 200)
        self.assertEqual(json.loads(call("GET", "/query?gid=mine")[1])["transaction"]["status"],
                         "failed")


if __name__ == "__main__":
    rig.main(ARGUMENTS)

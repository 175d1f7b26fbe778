"""Goal: no client makes Treaty call what is forbidden, nor Treaty itself, nor more than AllowTargets
says, under any spelling and through any door. Method: every form of address that holds another one,
given where each model and door takes a URL; a listener sees that nobody comes.
"""

import ipaddress
import json
import socket
import tempfile
import unittest

import attacker
from attacker import rig, send

OPTIONS, ARGUMENTS = rig.options()
API = "/api/dtmsvr"
METADATA = ["169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "100.96.0.96",
            "100.80.80.80"]
METADATA_V6 = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fd00:c1::a9fe:a9fe",
               "fd00:100::100:200", "fd00:a9fe:a9fe::1", "fe80::a9fe:a9fe", "fe80::5efe:808:808"]


def embeddings(text):
    """Every IPv6 address that leads to the IPv4 one, but for ::ffff:, which is the same address."""
    inner = int(ipaddress.IPv4Address(text))
    words = f"{inner >> 16:x}:{inner & 0xffff:x}"
    inverted = f"{(inner >> 16) ^ 0xffff:x}:{(inner & 0xffff) ^ 0xffff:x}"
    a, b, c, d = text.split(".")
    a, b, c, d = int(a), int(b), int(c), int(d)
    return [f"::{words}", f"::ffff:0:{words}", f"64:ff9b::{words}", f"64:ff9b:1::{words}",
            f"64:ff9b:1:{a << 8 | b:x}:{c:x}:{d << 8:x}::", f"64:ff9b:1:{a:x}:{b:x}:{c << 8 | d:x}::",
            f"64:ff9b:1:0:{a:x}:{b << 8 | c:x}:{d << 8:x}:0", f"2002:{words}::1",
            f"2001:0:808:808:0:0:{inverted}", f"2001:0:{words}:0:0:f7f7:f7f7",
            f"2001:db8::5efe:{words}", f"2001:db8::200:5efe:{words}",
            f"2002:808:808::5efe:{words}"]


def machine():
    """The address by which this machine would reach others, if it has one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return []
        return [probe.getsockname()[0]]


class TargetsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-targets-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.setblocking(False)
        self.count = 0

    def start(self, config=""):
        return attacker.start(self, OPTIONS.treatyd, self.folder, config)

    def post(self, port, path, body):
        return send(port, "POST", path, [("Host", "localhost")], json.dumps(body))

    def tries(self, port, url):
        """Through every door and model that takes a URL; yields (what, whether it was refused)."""
        self.count += 1
        saga = {"gid": f"s{self.count}", "trans_type": "saga", "payloads": ["{}"],
                "steps": [{"action": url, "compensate": ""}]}
        undo = saga | {"gid": f"u{self.count}", "steps": [{"action": "", "compensate": url}]}
        message = {"gid": f"m{self.count}", "trans_type": "msg", "query_prepared": url,
                   "payloads": ["{}"], "steps": [{"action": ""}]}
        workflow = {"gid": f"w{self.count}", "trans_type": "workflow", "query_prepared": url,
                    "custom_data": json.dumps({"name": "w", "data": ""})}
        for what, path, body in (("saga", "submit", saga), ("undo", "submit", undo),
                                 ("check-back", "prepare", message),
                                 ("workflow", "prepareWorkflow", workflow)):
            yield what, self.post(port, f"{API}/{path}", body)[0] == 400
            call = {"jsonrpc": "2.0", "id": 1, "method": path, "params": body}
            yield f"{what}, JSON-RPC", "error" in json.loads(
                self.post(port, "/api/json-rpc", call)[1])
        tcc = f"t{self.count}"
        self.post(port, f"{API}/prepare", {"gid": tcc, "trans_type": "tcc"})
        branch = {"gid": tcc, "trans_type": "tcc", "branch_id": "01", "confirm": url, "cancel": url,
                  "data": "{}"}
        yield "branch", self.post(port, f"{API}/registerBranch", branch)[0] == 400

    def assert_refused(self, daemon, urls):
        for url in urls:
            for what, refused in self.tries(daemon.port, url):
                with self.subTest(url=url, what=what):
                    self.assertTrue(refused)

    def assert_nobody_came(self, daemon):
        with self.assertRaises(BlockingIOError):
            self.listener.accept()
        self.assertEqual(daemon.bad_log_lines(), [])

    def test_metadata_services_are_called_under_no_spelling(self):
        daemon = self.start()
        urls = [f"http://{address}/latest/" for address in METADATA]
        urls += [f"http://[::ffff:{address}]/" for address in METADATA]
        urls += [f"http://[{form}]/" for address in METADATA for form in embeddings(address)]
        urls += [f"http://[{address}]/" for address in METADATA_V6]
        self.assert_refused(daemon, urls)
        self.assert_nobody_came(daemon)

    def test_itself_is_called_under_no_address_or_name(self):
        daemon = self.start("Http:\n  Hosts: treaty.example,front.example:443\n")
        urls = [f"http://{host}:{port}/api/ping"
                for port in (daemon.port, daemon.grpc_port)
                for host in ("127.0.0.1", "127.0.0.2", "localhost", "a.localhost.", "[::1]",
                             "treaty.example", "TREATY.example.", "front.example", *machine(),
                             *(f"[{form}]" for form in embeddings("127.0.0.1")))]
        self.assert_refused(daemon, [*urls, "https://front.example/"])
        self.assert_nobody_came(daemon)

    def test_loopback_is_closed_where_it_is_not_permitted(self):
        daemon = self.start("AllowLoopbackTargets: false\n")
        port = self.listener.getsockname()[1]
        hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
                 *(f"[{form}]" for form in embeddings("127.0.0.1"))]
        self.assert_refused(daemon, [f"http://{host}:{port}/" for host in hosts])
        self.assert_nobody_came(daemon)

    def test_a_rule_for_an_address_opens_no_form_that_holds_it(self):
        daemon = self.start("AllowTargets: 10.0.0.5\n")
        self.assert_refused(daemon, [*(f"http://[{form}]/" for form in embeddings("10.0.0.5")),
                                     "http://10.0.0.6/", "http://[2001:db8::1]/"])
        taken = {"gid": "taken", "trans_type": "saga", "payloads": ["{}", "{}"],
                 "steps": [{"action": f"http://{host}/", "compensate": ""}
                           for host in ("10.0.0.5", "[::ffff:10.0.0.5]")]}
        self.assertEqual(self.post(daemon.port, f"{API}/prepare", taken)[0], 200)
        self.assert_nobody_came(daemon)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

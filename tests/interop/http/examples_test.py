"""Goal: a newcomer who copies from examples/ and docs/languages.md copies what works.
Method: runs each language's saga against a real treatyd on SQLite and compares every line it
prints and what treatyd keeps of it; plays a nasty coordinator to the same programs, which repeats
calls and mixes up their order; and looks for the page's excerpts in the programs.

A language that is not installed is skipped; with CI in the environment it fails.
"""

import concurrent.futures
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import rig

OPTIONS, ARGUMENTS = rig.options()
PAGE = ROOT / "docs" / "languages.md"
# name: interpreter and its arguments, the file
LANGUAGES = {
    "go": (["go", "run"], "saga.go"),
    "node": (["node"], "saga.mjs"),
    "php": (["php"], "saga.php"),
    "python": ([sys.executable], "saga.py"),
    "ruby": (["ruby"], "saga.rb"),
}
PRINTS = """\
before: A 100, B 100
transfer of 30: SUCCESS; A 70, B 130
transfer of 500: FAILURE (A has only 70); A 70, B 130
"""
# A first `go run` compiles the standard library.
PATIENCE = 300


def environment(folder):
    """What the programs run in: no proxy, and nothing of a Go project around them."""
    kept = {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}
    return kept | {"GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "",
                   "TMPDIR": str(folder)}


def run_example(test, name, url):
    """Returns exit code, output and errors of a language's program."""
    command, file = LANGUAGES[name]
    program = shutil.which(command[0])
    if not program:
        if os.environ.get("CI"):
            test.fail(f"{command[0]} is not installed")
        test.skipTest(f"{command[0]} is not installed")
    with tempfile.TemporaryDirectory(prefix="treaty-examples-") as folder:
        process = subprocess.Popen(
            [program, *command[1:], ROOT / "examples" / name / file, url], cwd=folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(folder),
            start_new_session=True, preexec_fn=rig.die_with_parent)
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        test.assertFalse(group_lives(process.pid), "processes left behind")
        left = [path.name for path in pathlib.Path(folder).iterdir()]
    test.assertEqual(left, [], "files left behind")
    return process.returncode, output, errors


def group_lives(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def compact(text):
    """Excerpts on a page may be indented otherwise."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def contains(whole, part):
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


class SagaTest(unittest.TestCase):
    """Against treatyd."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-examples-")
        self.addCleanup(folder.cleanup)
        self._treatyd = rig.Daemon(OPTIONS.treatyd, folder.name)
        self.addCleanup(self._treatyd.kill)
        self._treatyd.start()

    def _check(self, name):
        code, output, errors = run_example(self, name, f"http://127.0.0.1:{self._treatyd.port}")
        self.assertEqual((code, output, errors), (0, PRINTS, ""))

    def _check_kept(self, sagas):
        """What treatyd has kept of so many pairs of sagas."""
        client = rig.Client(self._treatyd.port)
        kept = [client.query(gid) for gid in client.all()]
        # The outcome follows from the order of the calls: which bank was first.
        found = {(txn["status"], "has only 70" in txn.get("rollback_reason", "")) for txn in kept}
        self.assertEqual(found, {("succeed", False), ("failed", True)})
        self.assertEqual(sorted(txn["status"] for txn in kept),
                         ["failed"] * sagas + ["succeed"] * sagas)
        self.assertEqual(self._treatyd.bad_log_lines(), [])

    def _check_alone(self, name):
        self._check(name)
        self._check_kept(1)
        # `all` has the newest first.
        statuses = list(rig.Client(self._treatyd.port).all().values())
        self.assertEqual(statuses, ["failed", "succeed"])

    def test_go(self):
        self._check_alone("go")

    def test_node(self):
        self._check_alone("node")

    def test_php(self):
        self._check_alone("php")

    def test_python(self):
        self._check_alone("python")

    def test_ruby(self):
        self._check_alone("ruby")

    def test_all_at_once(self):
        installed = [name for name, (command, _) in LANGUAGES.items() if shutil.which(command[0])]
        with concurrent.futures.ThreadPoolExecutor(len(installed)) as pool:
            list(pool.map(self._check, installed))
        self._check_kept(len(installed))


class NastyTreaty:
    """A coordinator that makes, in each saga, every call that a participant must stand."""

    REPEATS = 5

    def __init__(self):
        self.complaints = []
        self._gids = 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NastyHandler)
        self._server.nasty = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def new_gid(self):
        self._gids += 1
        return {"dtm_result": "SUCCESS", "gid": f"nasty-{self._gids}"}

    def submit(self, saga):
        """Returns HTTP status and reply, as treatyd would."""
        steps = [(f"{i + 1:02}", step, saga["payloads"][i]) for i, step in enumerate(saga["steps"])]
        for branch, step, payload in steps:
            self._undo_before(saga["gid"] + "-late", branch, step, payload)
        for done, (branch, step, payload) in enumerate(steps):
            status, text = self._call_often(step["action"], saga["gid"], branch, "action", payload)
            if status == 409:
                for other, step_, payload_ in reversed(steps[:done + 1]):
                    self._expect(200, "compensation", self._call_often(
                        step_["compensate"], saga["gid"], other, "compensate", payload_))
                self._expect(409, "action after its compensation", self._call(
                    step["action"], saga["gid"], branch, "action", payload))
                reason = f"url:{step['action']} return failed: {text} FAILURE"
                return 409, {"dtm_result": "FAILURE", "message": reason}
            self._expect(200, "action", (status, text))
        return 200, {"dtm_result": "SUCCESS"}

    def _undo_before(self, gid, branch, step, payload):
        """A compensation first, and then its action; none may move money."""
        self._expect(200, "empty compensation", self._call(
            step["compensate"], gid, branch, "compensate", payload))
        self._expect(409, "action after its empty compensation", self._call(
            step["action"], gid, branch, "action", payload))
        self._expect(200, "compensation again", self._call(
            step["compensate"], gid, branch, "compensate", payload))

    def _call_often(self, *call):
        """The same call several times at once; their answers must be one."""
        with concurrent.futures.ThreadPoolExecutor(self.REPEATS) as pool:
            replies = list(pool.map(lambda _: self._call(*call), range(self.REPEATS)))
        if len({status for status, _ in replies}) != 1:
            self.complaints.append(f"different answers to one call: {replies}")
        return replies[0]

    def _call(self, url, gid, branch, op, payload):
        query = f"branch_id={branch}&gid={gid}&op={op}&trans_type=saga"
        request = urllib.request.Request(f"{url}?{query}", payload.encode(),
                                         {"Content-Type": "application/json"})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _expect(self, status, what, reply):
        if reply[0] != status:
            self.complaints.append(f"{what}: {reply}")


class NastyHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self._reply(200, self.server.nasty.new_gid())

    def do_POST(self):
        saga = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply(*self.server.nasty.submit(saga))

    def _reply(self, status, content):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class BarrierTest(unittest.TestCase):
    """Each call repeated at the same time, compensations without an action, late actions: the
    balances that the programs print stay the same."""

    def _check(self, name):
        nasty = NastyTreaty()
        self.addCleanup(nasty.close)
        code, output, errors = run_example(self, name, nasty.url)
        self.assertEqual(nasty.complaints, [])
        self.assertEqual((code, output, errors), (0, PRINTS, ""))

    def test_go(self):
        self._check("go")

    def test_node(self):
        self._check("node")

    def test_php(self):
        self._check("php")

    def test_python(self):
        self._check("python")

    def test_ruby(self):
        self._check("ruby")


class WrongTreaty(NastyTreaty):
    """It says that all went well, and has called nobody."""

    def submit(self, saga):
        return 200, {"dtm_result": "SUCCESS"}


class SelfCheckTest(unittest.TestCase):
    """The programs notice when something is not as it should be, and still clear up."""

    def test_a_wrong_balance_is_an_error(self):
        wrong = WrongTreaty()
        self.addCleanup(wrong.close)
        for name in LANGUAGES:
            with self.subTest(language=name):
                code, output, errors = run_example(self, name, wrong.url)
                self.assertEqual(code, 1)
                self.assertEqual(output.splitlines(), [
                    "before: A 100, B 100", "transfer of 30: SUCCESS; A 100, B 100"])
                self.assertIn("expected: transfer of 30: SUCCESS; A 70, B 130", errors)

    def test_no_coordinator_is_an_error(self):
        for name in LANGUAGES:
            with self.subTest(language=name):
                code, output, errors = run_example(
                    self, name, f"http://127.0.0.1:{rig.free_port()}")
                self.assertEqual((code, output), (1, "before: A 100, B 100\n"))
                self.assertNotEqual(errors, "")


class PageTest(unittest.TestCase):
    def test_the_page_shows_what_is_in_the_programs(self):
        page = PAGE.read_text(encoding="utf-8")
        for name, (_, file) in LANGUAGES.items():
            with self.subTest(language=name):
                mark = {"node": "javascript"}.get(name, name)
                blocks = re.findall(rf"```{mark}\n(.*?)```", page, flags=re.S)
                self.assertTrue(blocks)
                program = (ROOT / "examples" / name / file).read_text(encoding="utf-8")
                for block in blocks:
                    self.assertTrue(contains(compact(program), compact(block)), block)
                self.assertIn(f"examples/{name}/{file}", page)

    def test_the_page_shows_what_they_print(self):
        self.assertIn(f"```\n{PRINTS}```", PAGE.read_text(encoding="utf-8"))

    def test_lines_are_short(self):
        for name, (_, file) in LANGUAGES.items():
            for line in (ROOT / "examples" / name / file).read_text(encoding="utf-8").splitlines():
                self.assertLessEqual(len(line.expandtabs(4)), 100, line)


if __name__ == "__main__":
    rig.main(ARGUMENTS)

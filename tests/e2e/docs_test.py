"""Goal: what the documentation shows is what happens.
Method: runs the sessions of docs/ and the README, the fenced blocks marked `console`, in a shell,
against a real treatyd and examples/participant, and compares what they print with what the page says.

In a session a line that begins with "$ " is a command, one with "> " goes on with it; the lines that
follow are its output. There, … stands for any text, and a time for any time. With --update the pages
are rewritten with what was printed; read the difference.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import rig

UPDATE = "--update" in sys.argv
sys.argv = [argument for argument in sys.argv if argument != "--update"]
OPTIONS, ARGUMENTS = rig.options()
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(
    page for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    if "```console" in page.read_text(encoding="utf-8"))
# A page names the usual ports; the test takes free ones.
DAEMON, PARTICIPANT = "36789", "8081"
END = "--- end of one command ---"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def session_of(text):
    """Returns [(command, expected output)] of a block."""
    steps = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif line.startswith("> ") and not steps[-1][1]:
            steps[-1] = (steps[-1][0] + "\n" + line[2:], [])
        else:
            steps[-1][1].append(line)
    return steps


def block_of(steps):
    lines = []
    for command, output in steps:
        first, *more = command.split("\n")
        lines += ["$ " + first, *("> " + line for line in more), *output]
    return "\n".join(lines) + "\n"


def agrees(expected, printed):
    if len(expected) != len(printed):
        return False
    return all(
        re.fullmatch(".*".join(map(re.escape, TIME.sub("TIME", one).split("…"))),
                     TIME.sub("TIME", other)) for one, other in zip(expected, printed))


class Session:
    """A shell beside a daemon and a participant of its own."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="treaty-docs-")
        self._treatyd = rig.Daemon(OPTIONS.treatyd, self._folder.name)
        self._treatyd.start()
        self._port = rig.free_port()
        program = ROOT / "examples" / "participant" / "participant.py"
        with open(pathlib.Path(self._folder.name) / "calls.txt", "ab") as calls:
            self._participant = subprocess.Popen(
                [sys.executable, program, str(self._port)], stdout=calls,
                preexec_fn=rig.die_with_parent)
        self._ports = {DAEMON: str(self._treatyd.port), PARTICIPANT: str(self._port)}
        rig.wait_until(self._listens, 10, "the participant listens")

    def _listens(self):
        return rig.Client(self._port).call("GET", "/ready?op=ready")[0] == 200

    def run(self, steps):
        """Returns the output of each step."""
        script = ": > calls.txt\n" + "".join(
            f"{command}\necho; echo '{END}'\n" for command, _ in steps)
        for name, port in self._ports.items():
            script = script.replace(name, port)
        done = subprocess.run(["bash", "-c", script], cwd=self._folder.name, timeout=60, check=False,
                              capture_output=True, text=True)
        printed = done.stdout
        for name, port in self._ports.items():
            printed = printed.replace(port, name)
        outputs = printed.split(END + "\n")
        if len(outputs) != len(steps) + 1:
            raise AssertionError(f"the shell ended early:\n{done.stdout}\n{done.stderr}")
        return [output.strip("\n").split("\n") if output.strip() else [] for output in outputs[:-1]]

    def close(self):
        self._treatyd.kill()
        self._participant.kill()
        self._participant.wait()
        self._folder.cleanup()


class DocsTest(unittest.TestCase):
    def test_every_session_prints_what_the_page_says(self):
        self.assertGreaterEqual(len(PAGES), 5)
        for page in PAGES:
            with self.subTest(page=page.name):
                self._check_page(page)

    def _check_page(self, page):
        text = page.read_text(encoding="utf-8")
        session = Session()
        self.addCleanup(session.close)
        parts = re.split(r"(?<=```console\n)(.*?)(?=```)", text, flags=re.S)
        for i in range(1, len(parts), 2):
            parts[i] = self._check_block(session, session_of(parts[i]))
        if UPDATE:
            page.write_text("".join(parts), encoding="utf-8")

    def _check_block(self, session, steps):
        """Returns the block as it should be."""
        right = []
        for (command, expected), printed in zip(steps, session.run(steps)):
            matches = agrees(expected, printed)
            if not matches and not UPDATE:
                self.fail("\n".join(["$ " + command, "--- the page:", *expected, "--- printed:",
                                     *printed]))
            right.append((command, expected if matches else printed))
        return block_of(right)


class RulesTest(unittest.TestCase):
    """The comparison itself can fail."""

    def test_other_output_does_not_agree(self):
        self.assertTrue(agrees(["a … c", "2026-01-01T00:00:00Z"], ["a b c", "2027-02-02T01:02:03.4Z"]))
        self.assertFalse(agrees(["a"], ["b"]))
        self.assertFalse(agrees(["a"], ["a", "b"]))
        self.assertFalse(agrees(["a"], []))
        self.assertFalse(agrees(["a…"], ["b"]))


if __name__ == "__main__":
    rig.main(ARGUMENTS)

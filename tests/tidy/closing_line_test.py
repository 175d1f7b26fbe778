"""The closing line counts what ctest reported, and never calls an empty run a success."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "closing_line.py"


def report(*cases):
    body = "".join(f'<testcase name="t" status="{status}">{inner}</testcase>'
                   for status, inner in cases)
    return f'<?xml version="1.0"?><testsuite>{body}</testsuite>'


class ClosingLineTest(unittest.TestCase):
    def run_on(self, *reports):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, text in enumerate(reports):
                paths.append(pathlib.Path(folder) / f"{number}.xml")
                if text is not None:
                    paths[-1].write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, "-B", SCRIPT, *paths], check=False,
                                  capture_output=True, text=True)
        return done.stdout, done.returncode

    def test_adds_up_reports(self):
        line = self.run_on(report(("run", ""), ("run", "")),
                           report(("run", ""), ("notrun", '<skipped message="SKIP_RETURN_CODE"/>')))
        self.assertEqual(line, ("3 passed, 0 failed, 1 skipped\n", 0))

    def test_a_failure_fails(self):
        self.assertEqual(self.run_on(report(("run", ""), ("fail", ""))),
                         ("1 passed, 1 failed, 0 skipped\n", 1))

    def test_a_test_that_could_not_start_failed(self):
        cases = report(("run", ""), ("notrun", '<skipped message="Unable to find executable"/>'))
        self.assertEqual(self.run_on(cases), ("1 passed, 1 failed, 0 skipped\n", 1))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.run_on(report())[1], 1)
        self.assertEqual(self.run_on(report(("run", "")), None)[1], 1)
        self.assertEqual(self.run_on()[1], 1)


if __name__ == "__main__":
    sys.exit(unittest.main())

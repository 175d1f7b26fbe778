"""What others build with: Treaty installed, and a project of its own that finds it there."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import rig  # noqa: E402

ROOT = HERE.parent.parent
EXPECTED = """\
before; A 100, B 100
transfer of 30: SUCCESS; A 70, B 130
transfer of 500: """


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


class InstallTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="treaty-install-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prefix = self.folder / "prefix"
        run("cmake", "--install", str(OPTIONS.treatyd.parent.parent), "--prefix", str(self.prefix))

    def test_a_project_of_its_own_builds_and_runs_against_it(self):
        build = self.folder / "build"
        run("cmake", "-G", "Ninja", "-S", str(ROOT / "examples/grpc_client"), "-B", str(build),
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", str(build))
        daemon = rig.Daemon(self.prefix / "bin" / "treatyd", self.folder)
        daemon.start()
        self.addCleanup(daemon.kill)
        said = run(str(build / "treaty_grpc_client"), f"127.0.0.1:{daemon.grpc_port}")
        self.assertTrue(said.startswith(EXPECTED), said)
        self.assertIn("A has only 70", said)
        self.assertTrue(said.endswith("FAILURE; A 70, B 130\n"), said)
        self.assertEqual(sorted(rig.Client(daemon.port).all().values()), ["failed", "succeed"])
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.bad_log_lines(), [])

    def test_nothing_that_is_installed_names_this_source_tree(self):
        for file in sorted(self.prefix.rglob("*")):
            if file.suffix in (".cmake", ".h", ".proto", ".yaml"):
                self.assertNotIn(str(ROOT), file.read_text(errors="replace"), file)


if __name__ == "__main__":
    OPTIONS, ARGUMENTS = rig.options()
    rig.main(ARGUMENTS)

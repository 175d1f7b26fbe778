"""Goal: programs that use treatyd by gRPC from Python, with stubs made from its contracts, work in
every model; so do the tools that rely on reflection and on the health service. Method: grpcio and
grpcio-tools by a lock file with hashes; the story that all languages share.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (Before those that it shows where the rig is.)
import grpc_story  # noqa: E402
import rig  # noqa: E402

OPTIONS, ARGUMENTS = support.options()
VENV = OPTIONS.work / "venv"
PYTHON = VENV / "bin" / "python"
STUBS = OPTIONS.work / "stubs"


def install():
    make_environment()
    make_stubs()


def make_environment():
    """Makes the virtual environment anew where the lock file has changed."""
    lock = HERE / "requirements.txt"
    stamp = support.Stamp(OPTIONS.work / "installed", [lock], sys.version, OPTIONS.work)
    if stamp.is_fresh() and PYTHON.exists():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    support.run_install([sys.executable, "-m", "venv", VENV])
    support.run_install([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                         "--require-hashes", "--requirement", lock])
    stamp.write()


def make_stubs():
    """Generates them from the contracts; that it fails is a failure, never a skip."""
    stamp = support.Stamp(OPTIONS.work / "generated",
                          [*grpc_story.PROTO_FILES, HERE / "requirements.txt"])
    if stamp.is_fresh() and STUBS.exists():
        return
    shutil.rmtree(STUBS, ignore_errors=True)
    STUBS.mkdir()
    subprocess.run([PYTHON, "-m", "grpc_tools.protoc", f"--python_out={STUBS}",
                    f"--grpc_python_out={STUBS}", *grpc_story.protoc_arguments()], check=True)
    stamp.write()


def run(script, *arguments):
    """The command that runs a script of this folder with the stubs."""
    return ["env", f"PYTHONPATH={STUBS}", PYTHON, "-B", HERE / script, *arguments]


class GrpcPythonTest(grpc_story.GrpcTest):
    def command(self, scenario, address):
        return run("story.py", scenario, address)


class ServicesTest(unittest.TestCase):
    """What a server offers besides its API."""

    def ask(self, config=""):
        """Starts a treatyd with this configuration and returns what it says of itself."""
        with tempfile.TemporaryDirectory(prefix="treaty-grpc-") as folder:
            treatyd = rig.Daemon(OPTIONS.treatyd, folder, config)
            self.addCleanup(treatyd.kill)
            treatyd.start()
            done = subprocess.run(run("services.py", f"127.0.0.1:{treatyd.grpc_port}"),
                                  stdout=subprocess.PIPE, text=True, timeout=60, check=True)
            self.assertEqual(treatyd.stop(), 0)
            self.assertEqual(treatyd.bad_log_lines(), [])
        return json.loads(done.stdout)

    def test_reflection_lists_the_services_and_their_methods(self):
        said = self.ask("Grpc:\n  Reflection: true\n")
        self.assertEqual([name for name in said["services"] if "reflection" not in name],
                         ["dtmgimp.Dtm", "grpc.health.v1.Health"])
        self.assertEqual(said["methods"], [
            "Abort", "DeleteTopic", "NewGid", "Prepare", "PrepareWorkflow", "RegisterBranch",
            "Submit", "Subscribe", "Unsubscribe"])

    def test_without_reflection_nothing_is_listed(self):
        said = self.ask()
        self.assertEqual((said["services"], said["methods"]), ("UNIMPLEMENTED",) * 2)

    def test_health_is_told_of_the_server_and_of_the_api(self):
        said = self.ask()
        self.assertEqual(said["checks"], {"": "SERVING", "dtmgimp.Dtm": "SERVING",
                                          "nobody.Knows": "NOT_FOUND"})
        self.assertEqual(said["watches"], {"": "SERVING", "dtmgimp.Dtm": "SERVING",
                                           "nobody.Knows": "SERVICE_UNKNOWN"})


if __name__ == "__main__":
    grpc_story.main(install, OPTIONS.treatyd, ARGUMENTS)

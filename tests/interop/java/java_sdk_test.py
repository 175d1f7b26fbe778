"""Goal: programs written for DTM's Java SDK run against treatyd as they are. Method: the SDK of the
package registry, by a lock file with hashes; each model succeeds, is rolled back, and meets lost
replies and late calls, which the SDK's barrier on a MariaDB has to suppress.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402

OPTIONS, ARGUMENTS = support.options()
JARS = OPTIONS.work / "jars"
CLASSES = OPTIONS.work / "classes"
AMOUNT = support.AMOUNT


def install():
    download()
    build()


def download():
    """Fetches the SDK and all it needs where the lock has changed."""
    pom, lock = HERE / "pom.xml", HERE / "jars.sha256"
    stamp = support.Stamp(OPTIONS.work / "downloaded", [pom, lock])
    if not stamp.is_fresh() or not JARS.exists():
        shutil.rmtree(JARS, ignore_errors=True)
        support.run_install(
            ["mvn", "--batch-mode", "--quiet", "--file", pom,
             f"-Dmaven.repo.local={OPTIONS.work / 'repository'}", "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={JARS}"])
        check_hashes(lock)
        stamp.write()


def check_hashes(lock):
    """Nothing but what the lock names, each with its hash: Maven itself keeps no such list."""
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in JARS.iterdir()}
    named = {name: digest for digest, name in map(str.split, lock.read_text().splitlines())}
    if found != named:
        differ = sorted({name for name, _ in found.items() ^ named.items()})
        raise SystemExit(f"not as {lock.name} has it: {', '.join(differ)}")


def build():
    """Compiles the program; a mistake in it is a failure, never a skip."""
    sources = sorted(HERE.glob("src/main/java/**/*.java"))
    stamp = support.Stamp(OPTIONS.work / "built", [*sources, HERE / "jars.sha256"])
    if stamp.is_fresh() and CLASSES.exists():
        return
    if shutil.which("javac") is None:
        raise support.NotInstalled("there is no javac")
    shutil.rmtree(CLASSES, ignore_errors=True)
    # The SDK brings an annotation processor that does not know this Java; none is needed.
    subprocess.run(["javac", "--release", "17", "-proc:none", "-cp", f"{JARS}/*",
                    "-d", CLASSES, *sources], check=True)
    stamp.write()


class JavaSdkTest(support.SdkTest):
    BARRIER = "bank.barrier"

    def command(self, scenario):
        return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                f"{CLASSES}:{JARS}/*", "interop.Main", scenario,
                f"127.0.0.1:{self.treatyd.port}", str(self.mariadb.port)]

    def test_saga_succeeds(self):
        self.play("saga", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out action done", "in action done")
        self.assert_branches("01 action succeed", "01 compensate prepared",
                             "02 action succeed", "02 compensate prepared")

    def test_saga_rolls_back(self):
        self.play("saga-refused", "failed")
        self.assertIsNone(self.error)
        self.assert_moved()
        self.assert_calls("out action done", "in action refused",
                          "in compensate unneeded", "out compensate done")
        self.assert_branches("01 action succeed", "01 compensate succeed",
                             "02 action failed", "02 compensate succeed")

    def test_saga_repeats_after_lost_replies_what_happens_once(self):
        self.play("saga-lost", "failed")
        self.assert_moved()
        self.assert_calls("out action done", "out action suppressed", "in action refused",
                          "in compensate unneeded",
                          "out compensate done", "out compensate suppressed")

    def test_saga_runs_concurrently_in_the_order_it_names(self):
        self.play("saga-concurrent", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assertEqual(self.calls, [("in", "action", "done"), ("out", "action", "done")])

    def test_saga_that_is_waited_for_tells_its_success(self):
        self.play("saga-waited", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})

    def test_saga_that_is_waited_for_tells_its_failure(self):
        self.play("saga-waited-refused", "failed")
        self.assertEqual(self.error, "FailureException")
        self.assert_moved()

    def test_tcc_succeeds(self):
        self.play("tcc", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assert_calls("out try done", "in try done", "in confirm done", "out confirm done")
        self.assert_branches("01 confirm succeed", "01 cancel prepared",
                             "02 confirm succeed", "02 cancel prepared")

    def test_tcc_rolls_back_and_does_not_cancel_what_was_not_tried(self):
        self.play("tcc-refused", "failed")
        self.assertEqual(self.error, "FailureException")
        self.assert_moved()
        self.assert_calls("out try done", "in try refused",
                          "in cancel suppressed", "out cancel done")
        self.assert_barrier("01 try try", "01 cancel cancel", "02 try cancel", "02 cancel cancel")

    def test_tcc_repeats_after_lost_replies_what_happens_once(self):
        self.play("tcc-lost", "succeed")
        self.assertIsNone(self.error)
        self.assert_moved(**{"out": -AMOUNT, "in": AMOUNT})
        self.assertEqual([call for call in self.calls if call[1] == "confirm"],
                         [("in", "confirm", "done"), ("in", "confirm", "suppressed"),
                          ("out", "confirm", "done")])

    def test_tcc_suppresses_a_try_that_comes_after_its_cancel(self):
        self.play("tcc-late", "failed")
        self.assertEqual(self.error, "FailureException")
        self.assert_moved()
        self.assert_calls("out try done", "in cancel suppressed", "in try suppressed",
                          "out cancel done")
        self.assert_barrier("01 try try", "01 cancel cancel", "02 try cancel", "02 cancel cancel")


if __name__ == "__main__":
    support.main(install, OPTIONS.treatyd, ARGUMENTS)

"""Prints the closing line "N passed, N failed, N skipped" of ctest reports (JUnit form).

Several reports are added up. Fails when there is none, when one is empty, or when a test failed:
a run that tested nothing has not passed.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count(report):
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status == "disabled" or asked_to_be_skipped(case):
            skipped += 1
        else:
            failed += 1
    return passed, failed, skipped


def asked_to_be_skipped(case):
    """Tells a test that skipped itself from one that could not be started."""
    reason = case.find("skipped")
    return reason is not None and (reason.get("message") or "").startswith("SKIP_")


def main():
    totals = [0, 0, 0]
    complete = len(sys.argv) > 1
    for report in map(pathlib.Path, sys.argv[1:]):
        if not report.is_file():
            complete = False
            continue
        totals = [total + more for total, more in zip(totals, count(report))]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if complete and passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

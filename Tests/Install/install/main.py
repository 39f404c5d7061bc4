"""The suite's parts, and its command line."""

from __future__ import annotations

import argparse

from harness.report import Report, guarded

from . import fault_test, installation_test, script_test

PARTS = {"script": script_test.check, "faults": fault_test.check, "installation": installation_test.check}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="only these parts")
    options = parser.parse_args(arguments)

    def body() -> int:
        report = Report("mkimage")
        for name in options.part or PARTS:
            PARTS[name](report)
        return report.summary()

    return guarded("mkimage", body)

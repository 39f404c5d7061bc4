"""The command line of Tests/OpenCore/run."""

from __future__ import annotations

import argparse

from harness.report import Report, guarded

from .given import Given
from .places import WORK
from .real_test import real_test
from .stand_in_test import stand_in_test


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="Tests/OpenCore/run", description="The OpenCore disk, started by UEFI and by BIOS. See Tests/OpenCore/README.md."
    )
    parser.add_argument("--real-only", action="store_true", help="leave out the stand-ins")
    options = parser.parse_args(words)
    WORK.mkdir(parents=True, exist_ok=True)
    return guarded("opencore", lambda: _run(stand_ins=not options.real_only))


def _run(stand_ins: bool) -> int:
    report = Report("opencore")
    if stand_ins:
        stand_in_test(report)
    given = Given.from_environment()
    if given is None:
        why = "no OpenCore is given: OPENCORE_ZIP=OpenCore-X.Y.Z-RELEASE.zip make test-opencore"
        report.skip("a real OpenCore by UEFI and by BIOS", why)
        report.skip("the nested boot of boot and its guest through a real OpenCore", why)
    else:
        real_test(report, given)
    return report.summary()

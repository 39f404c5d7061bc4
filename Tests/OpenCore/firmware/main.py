"""The command line of Tests/OpenCore/run."""

from __future__ import annotations

import argparse
import sys

from nested.paths import HarnessError

from .checks import Checks
from .given import Given
from .places import WORK
from .real_test import real_test
from .stand_in_test import stand_in_test


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="Tests/OpenCore/run", description=__doc__)
    parser.add_argument("--real-only", action="store_true", help="leave out the stand-ins")
    options = parser.parse_args(words)
    WORK.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    try:
        if not options.real_only:
            stand_in_test(checks)
        given = Given.from_environment()
        if given is None:
            why = "no OpenCore is given: OPENCORE_ZIP=OpenCore-X.Y.Z-RELEASE.zip make test-opencore"
            checks.skip("a real OpenCore by UEFI and by BIOS", why)
            checks.skip("the nested boot of boot and its guest through a real OpenCore", why)
        else:
            real_test(checks, given)
    except HarnessError as error:
        print(f"opencore: {error}", file=sys.stderr)
        return 2
    return checks.summary()

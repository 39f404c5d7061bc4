"""The command line of Tests/OpenCore/run."""

from __future__ import annotations

import argparse
import sys

from nested.paths import HarnessError

from .checks import Checks
from .places import WORK
from .real_test import Given, real_test
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
            checks.skip("a real OpenCore", "none is given: OPENCORE_ZIP=OpenCore-X.Y.Z-RELEASE.zip make test-opencore")
        else:
            real_test(checks, given)
    except HarnessError as error:
        print(f"opencore: {error}", file=sys.stderr)
        return 2
    return checks.summary()

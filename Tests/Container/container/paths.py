"""Where things are, and what the harness says when something is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent.parent
#: Everything that is made or downloaded; `make clean` removes it.
WORK = ROOT / "build" / "container"
LOGS = WORK / "logs"


class HarnessError(Exception):
    """The test could not be carried out: what is wrong, and what to do about it."""


def tool(name: str) -> str:
    """The path of a program, also of those in the administrator's directories."""
    search = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=search)
    if found is None:
        raise HarnessError(f"{name} is not installed\n  install what Tests/Container/packages.txt lists")
    return found

"""Where things are: the repository, what the harness builds, and what it says when something is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent
ROOT = SUITE.parent.parent
IMAGES = SUITE / "images"
#: Everything that is made or downloaded; `make clean` removes it.
WORK = ROOT / "build" / "e2e"
LOGS = WORK / "logs"
BOOT = ROOT / "build" / "boot"
MACOS_VIRT = ROOT / "build" / "macos-virt"


class HarnessError(Exception):
    """The test could not be carried out: what is wrong, and what to do about it."""


def tool(name: str) -> str:
    """The path of a program, also of those in the administrator's directories."""
    search = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=search)
    if found is None:
        raise HarnessError(f"{name} is not installed\n  install what the packages.txt of this test lists")
    return found


def existing(path: str | Path) -> Path:
    """A file of an installed package."""
    path = Path(path)
    if not path.exists():
        raise HarnessError(f"{path} is missing\n  install what the packages.txt of this test lists")
    return path

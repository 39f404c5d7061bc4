"""Device nodes."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def numbers(path: Path) -> tuple[str, int, int]:
    """c or b, major and minor."""
    status = path.stat()
    return "b" if stat.S_ISBLK(status.st_mode) else "c", os.major(status.st_rdev), os.minor(status.st_rdev)


def make(path: Path, kind: str, major: int, minor: int, mode: int = 0o666) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(path, mode | (stat.S_IFBLK if kind == "b" else stat.S_IFCHR), os.makedev(major, minor))

"""Running a program whose failure ends the test, with what it said."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .paths import HarnessError


def run(*argv: str | Path, cwd: Path | None = None) -> str:
    """Standard output of a program that succeeded."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise HarnessError(f"{' '.join(words)}: exit {done.returncode}\n{(done.stderr or done.stdout).strip()}")
    return done.stdout

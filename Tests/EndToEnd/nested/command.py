"""Running a program whose failure ends the test, with what it said."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .paths import HarnessError


def run(*argv: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Standard output of a program that succeeded."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise HarnessError(f"{' '.join(words)}: exit {done.returncode}\n{(done.stderr or done.stdout).strip()}")
    return done.stdout

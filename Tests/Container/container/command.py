"""Running other programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from nested.paths import HarnessError, tool

from .paths import LOGS


def run(name: str, *arguments: str | Path, log: str | None = None, stdin: str | None = None) -> str:
    """Its output; with `log`, written to that file below LOGS instead. Raises when the program fails."""
    words = [tool(name), *map(str, arguments)]
    done = subprocess.run(
        words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if log else subprocess.PIPE, text=True
    )
    if log:
        LOGS.mkdir(parents=True, exist_ok=True)
        (LOGS / log).write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        said = done.stdout if log else done.stderr
        tail = "\n    ".join(said.strip().splitlines()[-15:])
        raise HarnessError(f"{name} ended with {done.returncode}: {' '.join(words)}\n    {tail}")
    return "" if log else done.stdout

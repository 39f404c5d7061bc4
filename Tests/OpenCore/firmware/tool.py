"""macos-virt mkopencore."""

from __future__ import annotations

import subprocess
from pathlib import Path

from nested.paths import HarnessError

from .places import ROOT


def binary() -> Path:
    """The program that was built last, for debugging or for release."""
    found = [path for path in (ROOT / "build/macos-virt", ROOT / ".build/debug/macos-virt") if path.exists()]
    if not found:
        raise HarnessError("macos-virt is not built\n  swift build --product macos-virt")
    return max(found, key=lambda path: path.stat().st_mtime)


def mkopencore(*words: str | Path, check: bool = True, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Runs it; a failure ends the test unless it is what the test is about."""
    argv = [*prefix, str(binary()), "mkopencore", *[str(word) for word in words]]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise HarnessError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr.strip()}")
    return done

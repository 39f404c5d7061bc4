"""macos-virt mkopencore."""

from __future__ import annotations

from pathlib import Path

from harness.paths import BUILD, ROOT
from harness.programs import Ended, HarnessError, execute


def binary() -> Path:
    """The program that was built last, for debugging or for release. Raises HarnessError when there is none."""
    found = [path for path in (BUILD / "macos-virt", ROOT / ".build/debug/macos-virt") if path.exists()]
    if not found:
        raise HarnessError("macos-virt is not built\n  swift build --product macos-virt")
    return max(found, key=lambda path: path.stat().st_mtime)


def mkopencore(*words: str | Path, check: bool = True) -> Ended:
    """Runs it. Raises HarnessError when it fails, unless `check` is False."""
    done = execute(binary(), "mkopencore", *words)
    if check and done.status != 0:
        command = " ".join(str(word) for word in words)
        raise HarnessError(f"macos-virt mkopencore {command}: exit status {done.status}\n{done.errors.strip()}")
    return done

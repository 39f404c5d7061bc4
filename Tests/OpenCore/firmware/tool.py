"""macos-virt mkopencore."""

from __future__ import annotations

from pathlib import Path

from harness.programs import Ended, HarnessError, execute, macos_virt


def mkopencore(*words: str | Path, check: bool = True) -> Ended:
    """Runs it. Raises HarnessError when it fails, unless `check` is False."""
    done = execute(macos_virt(), "mkopencore", *words)
    if check and done.status != 0:
        command = " ".join(str(word) for word in words)
        raise HarnessError(f"macos-virt mkopencore {command}: exit status {done.status}\n{done.errors.strip()}")
    return done

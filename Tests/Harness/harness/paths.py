"""Where things are in the repository, and directories that go away by themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The repository.
ROOT = Path(__file__).resolve().parents[3]
#: Everything that is made, downloaded or logged; `make clean` removes it. Each suite has a directory of its own in it.
BUILD = ROOT / "build"
#: The static binary that `make static` builds.
BOOT = BUILD / "boot"
#: The host's tool that `make host` builds.
MACOS_VIRT = BUILD / "macos-virt"
#: Of the harness itself: results that are kept for the next run.
CACHE = BUILD / "harness"


@contextmanager
def scratch_directory(below: Path | None = None, prefix: str = "run-") -> Iterator[Path]:
    """A new directory, removed with its content at the end.

    It is made in `below`, which is created when it is missing. Without `below` it is in the system's place for temporary
    files: use that for sockets, whose paths must be shorter than 108 bytes.
    """
    if below is not None:
        below.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=below, prefix=prefix) as name:
        yield Path(name)

"""buildah with a store of its own, below build/."""

from __future__ import annotations

from pathlib import Path

from harness.programs import run

from .paths import WORK

#: vfs needs nothing of the kernel; chroot isolation needs no user namespaces.
_STORE = ("--storage-driver", "vfs", "--root", str(WORK / "storage"), "--runroot", str(WORK / "runroot"))
ISOLATION = ("--isolation", "chroot")


def buildah(*arguments: str | Path, log: Path | None = None) -> str:
    return run("buildah", *_STORE, *arguments, log=log).strip()


def has(image: str) -> bool:
    return bool(buildah("images", "--quiet", "--filter", f"reference={image}"))


def words(*arguments: str) -> list[str]:
    """The command line of buildah, for callers that look at its exit status."""
    return ["buildah", *_STORE, *arguments]

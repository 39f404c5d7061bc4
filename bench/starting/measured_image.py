"""The Linux image with bench/mark.c where boot is, and a stand-in of it whose initrd is nothing but that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from nested.archive import Archive
from nested.command import run
from nested.linux_image import EMULATED_WORDS

#: What any image of the kernel says to a serial console.
BARE_WORDS = f"console=ttyS0,115200 quiet loglevel=4 panic=10 {EMULATED_WORDS}"
#: A guest that a machine of 4 GiB has room for.
_WORDS = f"{EMULATED_WORDS} boot.guest.macos=10.15"


def measured_image(macos_virt: Path, boot: Path, mark: Path, place: Path) -> None:
    run(
        str(macos_virt), "mklinux", "--output", place, "--boot", boot, "--append", _WORDS,
        "--add", f"{boot}:/usr/bin/boot.real", "--add", f"{mark}:/usr/bin/boot",
    )  # fmt: skip


def empty_image(mark: Path, image: Path, place: Path, words: str | None = None) -> Path:
    """The same kernel, with the same words or others."""
    archive = Archive()
    for directory in ("dev", "proc"):
        archive.directory(directory)
    archive.file("init", mark.read_bytes(), 0o755)
    place.mkdir(exist_ok=True)
    (place / "initrd").write_bytes(archive.encoded())
    shutil.copyfile(image / "vmlinuz", place / "vmlinuz")
    manifest = json.loads((image / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps({"kernelCommandLine": words or manifest["kernelCommandLine"]}))
    return place

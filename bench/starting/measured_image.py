"""The Linux image with bench/mark.c in place of boot, and its kernel with an initrd that has nothing but bench/mark.c."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from harness.image_machine import EMULATED_WORDS
from harness.initramfs import Initramfs
from harness.programs import run

#: The words that any image would need to print on a serial console.
BARE_WORDS = f"console=ttyS0,115200 quiet loglevel=4 panic=10 {EMULATED_WORDS}"
#: With a guest that fits into a machine of 4 GiB.
_WORDS = f"{EMULATED_WORDS} boot.guest.macos=10.15"


def measured_image(macos_virt: Path, boot: Path, mark: Path, place: Path) -> None:
    run(
        macos_virt, "mklinux", "--output", place, "--boot", boot, "--append", _WORDS,
        "--add", f"{boot}:/usr/bin/boot.real", "--add", f"{mark}:/usr/bin/boot",
    )  # fmt: skip


def empty_image(mark: Path, image: Path, place: Path, words: str | None = None) -> Path:
    """Makes an image with the same kernel and an empty init. `words` replaces the kernel command line."""
    archive = Initramfs()
    for directory in ("dev", "proc"):
        archive.directory(directory)
    archive.file("init", mark.read_bytes(), 0o755)
    place.mkdir(exist_ok=True)
    (place / "initrd").write_bytes(archive.encoded())
    shutil.copyfile(image / "vmlinuz", place / "vmlinuz")
    manifest = json.loads((image / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps({"kernelCommandLine": words or manifest["kernelCommandLine"]}))
    return place

"""The Linux image of the test: as users make it, with what emulation needs."""

from __future__ import annotations

from pathlib import Path

from harness.image_machine import EMULATED_WORDS
from harness.programs import run

from .images import Images


def linux_image(place: Path, macos_virt: Path, boot: Path, images: Images, *options: str | Path) -> None:
    """Has mklinux make an image in a directory."""
    # The guest's firmware, which in emulation is the copy that starts faster.
    run(
        macos_virt, "mklinux", "--output", place, "--boot", boot, "--append", EMULATED_WORDS,
        "--add", f"{images.firmware.code}:/usr/share/OVMF/OVMF_CODE_4M.fd",
        "--add", f"{images.firmware.variables}:/usr/share/OVMF/OVMF_VARS_4M.fd", *options,
    )  # fmt: skip

"""The Linux image of the test: the distributed one, with what emulation needs."""

from __future__ import annotations

from pathlib import Path

from .command import run
from .images import Images

#: As in the other test: emulated SVM loses an interrupt now and then, which a periodic tick forgives.
EMULATED_WORDS = "mitigations=off nohz=off highres=off macosvirt.report"


def linux_image(place: Path, macos_virt: Path, boot: Path, images: Images, *options: str | Path) -> None:
    """Has mklinux fill a directory."""
    # The guest's firmware without its wait for a TPM, which takes 40 s when it is emulated twice.
    run(
        macos_virt, "mklinux", "--output", place, "--boot", boot, "--append", EMULATED_WORDS,
        "--add", f"{images.firmware.code}:/usr/share/OVMF/OVMF_CODE_4M.fd",
        "--add", f"{images.firmware.variables}:/usr/share/OVMF/OVMF_VARS_4M.fd", *options,
    )  # fmt: skip

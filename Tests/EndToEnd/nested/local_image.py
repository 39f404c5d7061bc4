"""The Linux image that `make run` starts, and what emulation needs beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.cache import cached, digest
from harness.disk import write_disk
from harness.image_machine import EMULATED_WORDS
from harness.patched_qemu import patched_modules
from harness.programs import run
from harness.report import say

from .firmware import Firmware
from .local_run import ask
from .places import WORK

#: Has the image print when boot has become QEMU.
_REPORT = "macosvirt.report"


@dataclass(frozen=True)
class LocalImage:
    #: A directory of mklinux.
    place: Path
    accelerated: bool
    #: What QEMU's environment needs.
    environment: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def prepare(macos_virt: Path, boot: Path, want: str, guest: bytes) -> LocalImage:
        """Makes the image, or takes that of the last run. `want` is auto, kvm or emulation, `guest` a boot loader for a disk."""
        choice = ask(macos_virt, want)
        if choice.accelerated:
            return LocalImage(_make(macos_virt, boot, _REPORT, {}), True)
        if want == "auto":
            say(f"# {choice.reason}: L1 is emulated")
        scratch = WORK / "scratch.img"
        write_disk(scratch, guest, "")
        # The copy of the guest's firmware that starts faster.
        firmware = Firmware.tuned(scratch)
        added = {"/usr/share/OVMF/OVMF_CODE_4M.fd": firmware.code, "/usr/share/OVMF/OVMF_VARS_4M.fd": firmware.variables}
        place = _make(macos_virt, boot, EMULATED_WORDS, added)
        return LocalImage(place, False, {"QEMU_MODULE_DIR": str(patched_modules())})


def _make(macos_virt: Path, boot: Path, words: str, added: dict[str, Path]) -> Path:
    def make(draft: Path) -> None:
        say("# making the Linux image: some 40 s, and the packages' download the first time")
        more = [word for inside, file in added.items() for word in ("--add", f"{file}:{inside}")]
        run(macos_virt, "mklinux", "--output", draft, "--boot", boot, "--append", words, *more)

    return cached("linux-image", digest(macos_virt, boot, words, *added.values()), make)

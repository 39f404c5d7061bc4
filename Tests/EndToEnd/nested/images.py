"""Everything that a nested boot starts from: made now, or taken from the last run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.accelerator import Accelerator
from harness.disk import write_disk
from harness.kernel import Kernel

from .firmware import Firmware
from .firmware_disk import FirmwareDisk
from .guest_image import guest_loader
from .keys import Keys
from .machine_image import machine_initramfs
from .places import WORK


@dataclass(frozen=True)
class Images:
    accelerator: Accelerator
    kernel: Kernel
    keys: Keys
    #: EFI/BOOT/BOOTX64.EFI of the guest's disk.
    loader: bytes
    #: L1's root file system.
    initramfs: Path
    firmware: Firmware
    #: None where the firmware starts the system disk itself.
    firmware_disk: FirmwareDisk | None = None

    @staticmethod
    def prepare(boot: Path, want: str, firmware_disk: FirmwareDisk | None = None) -> tuple[Images, list[str]]:
        """The images, and remarks about them for people. `want` is auto, kvm or emulation."""
        WORK.mkdir(parents=True, exist_ok=True)
        kernel, keys = Kernel.fetch(), Keys.get()
        loader = guest_loader(kernel, keys)
        accelerator, remarks = Accelerator.choose(want)
        firmware = Firmware.installed()
        if not accelerator.is_kvm:
            scratch = WORK / "scratch.img"
            write_disk(scratch, loader, "")
            firmware = Firmware.tuned(scratch)
        initramfs = WORK / "l1.cpio"
        initramfs.write_bytes(machine_initramfs(kernel, boot, firmware, firmware_disk))
        return Images(accelerator, kernel, keys, loader, initramfs, firmware, firmware_disk), remarks

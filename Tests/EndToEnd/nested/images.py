"""Everything that a nested boot starts from, made or taken from the last run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .accelerator import Accelerator, emulation, nested_kvm, why_not_kvm
from .disk import write_disk
from .firmware import Firmware
from .firmware_disk import FirmwareDisk
from .guest_image import guest_loader
from .kernel import Kernel
from .keys import Keys
from .machine import Specification
from .machine_image import machine_initramfs
from .paths import WORK
from .qemu_module import patched_modules


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
        """The images and what is to be said about them. `want` is auto, kvm or emulation."""
        WORK.mkdir(parents=True, exist_ok=True)
        remarks: list[str] = []
        kernel, keys = Kernel.fetch(), Keys.get()
        loader = guest_loader(kernel, keys)
        initramfs = WORK / "l1.cpio"
        scratch = WORK / "scratch.img"
        write_disk(scratch, loader, "")

        def built(firmware: Firmware, accelerator: Accelerator) -> Images:
            initramfs.write_bytes(machine_initramfs(kernel, boot, firmware, firmware_disk))
            return Images(accelerator, kernel, keys, loader, initramfs, firmware, firmware_disk)

        accelerator, firmware = nested_kvm(), Firmware.installed()
        if want != "emulation":
            images = built(firmware, accelerator)
            trial = Specification(
                accelerator, kernel.image, initramfs, scratch, scratch, snapshot=True, command_line="e2e.trial"
            )
            reason = why_not_kvm(trial)
            if reason is None or want == "kvm":
                return images, remarks
            remarks.append(f"no nested KVM here ({reason}): L1 is emulated")
        accelerator = emulation(patched_modules())
        return built(Firmware.tuned(scratch), accelerator), remarks

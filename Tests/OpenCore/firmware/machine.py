"""QEMU with an OpenCore disk and perhaps a second one, until it ends by itself or prints something."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.process import run_with_serial_file
from harness.qemu import escaped, headless, uefi

from .places import WORK

#: Seconds, in emulation on a busy machine. A disk that does not start takes all of them.
PATIENCE = 150.0


@dataclass
class Machine:
    """What is started. By BIOS both disks are on SATA: OpenDuet has no virtio driver."""

    image: Path
    bios: bool
    disk: Path | None = None
    memory_mib: int = 512
    #: The name of its files in WORK.
    name: str = "machine"

    def run(self, until: str | None = None, seconds: float = PATIENCE) -> str:
        """What the serial port printed until QEMU ended, until this text, or until the time was over."""
        serial = WORK / f"{self.name}.serial"
        return run_with_serial_file(self._arguments(serial), serial, until, seconds)

    def _arguments(self, serial: Path) -> list[str]:
        argv = [
            *headless(), "-accel", "tcg", "-cpu", "Haswell-noTSX,vendor=GenuineIntel", "-m", str(self.memory_mib),
            "-device", "VGA", "-serial", f"file:{serial}", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
        ]  # fmt: skip
        disks = [disk for disk in (self.image, self.disk) if disk is not None]
        for number, disk in enumerate(disks):
            device = f"ide-hd,bus=ide.{number}" if self.bios else "virtio-blk-pci"
            argv += ["-drive", f"if=none,id=d{number},format=raw,snapshot=on,file={escaped(disk)}"]
            argv += ["-device", f"{device},drive=d{number},bootindex={number}"]
        return argv if self.bios else [*argv, *uefi(WORK / f"{self.name}.variables")]

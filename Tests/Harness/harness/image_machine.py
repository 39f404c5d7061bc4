"""A machine (L1) that runs the Linux image as a user's would: from a disk by UEFI or BIOS, or its kernel directly."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .accelerator import Accelerator
from .process import ConsoleProcess
from .programs import HarnessError
from .qemu import FORMATS, escaped, headless, uefi, user_network
from .qmp import Control, control_arguments
from .waiting import Events

#: Of L1: room for a guest of macOS 26.
MEMORY_MIB = 6656
#: What emulation adds to the image's kernel command line. Emulated SVM loses an interrupt now and then; a periodic tick
#: makes up for it. The last word has the image print when `boot` has become QEMU.
EMULATED_WORDS = "mitigations=off nohz=off highres=off macosvirt.report"


@dataclass(frozen=True)
class Disk:
    """A disk of L1."""

    file: Path
    #: Whether what is written to the disk stays out of its file.
    snapshot: bool = False
    #: Whether the firmware starts it first.
    boots: bool = False


@dataclass(frozen=True)
class Start:
    """How L1 starts, and what its disks are attached to."""

    #: uefi, bios or direct.
    firmware: str
    #: ahci, nvme or virtio-scsi.
    bus: str


class ImageMachine(ConsoleProcess):
    """A running L1. Its serial console becomes events."""

    def __init__(
        self, start: Start, image: Path, disks: list[Disk], accelerator: Accelerator, folder: Path, log: Path, events: Events,
        ports: dict[int, int] | None = None, memory_mib: int = MEMORY_MIB, more: list[str] | None = None,
    ) -> None:  # fmt: skip
        """`image` is a directory of mklinux, `folder` one for the machine's own files, `more` further options of QEMU."""
        self._control = folder / "control"
        argv = [
            *headless("q35,memory-backend=ram"), *accelerator.arguments, "-smp", "1", "-m", str(memory_mib),
            # L1 takes only the pages that it uses, and its memory may exceed this machine's.
            "-object", f"memory-backend-ram,id=ram,size={memory_mib}M,reserve=off",
            *_firmware(start, image, folder), *_disks(start.bus, disks), *(more or []), *user_network(ports or {}),
            "-serial", "stdio", *control_arguments(self._control),
        ]  # fmt: skip
        super().__init__(argv, accelerator.environment, log, events)

    def press_power_button(self) -> None:
        """Asks L1 to shut down by ACPI, as a cloud does that stops the machine."""
        with Control(self._control) as control:
            control.execute("system_powerdown")


def _firmware(start: Start, image: Path, folder: Path) -> list[str]:
    match start.firmware:
        case "uefi":
            return uefi(folder / "variables.fd")
        case "bios":
            return []
        case _:
            files = ["-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd")]
            return [*files, "-append", _command_line(image)]


def _command_line(image: Path) -> str:
    line = json.loads((image / "manifest.json").read_text())["kernelCommandLine"]
    if not isinstance(line, str) or re.search(r"\broot=", line):
        raise HarnessError(f"the manifest's kernel command line is {line!r}")
    return line


def _disks(bus: str, disks: list[Disk]) -> list[str]:
    words = ["-device", "virtio-scsi-pci,id=scsi"] if bus == "virtio-scsi" else []
    for number, disk in enumerate(disks):
        drive = f"if=none,id=disk{number},format={FORMATS[disk.file.suffix]},file={escaped(disk.file)}"
        words += ["-drive", drive + (",snapshot=on" if disk.snapshot else "")]
        words += ["-device", f"{_device(bus, number)},drive=disk{number}" + (",bootindex=0" if disk.boots else "")]
    return words


def _device(bus: str, number: int) -> str:
    match bus:
        case "ahci":
            return f"ide-hd,bus=ide.{number}"
        case "nvme":
            return f"nvme,serial=disk{number}"
        case _:
            return f"scsi-hd,bus=scsi.0,scsi-id={number},lun=0"

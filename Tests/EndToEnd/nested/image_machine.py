"""A machine (L1) that runs the distributed Linux image, as a user's would: from a disk, by UEFI or BIOS, or directly."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from pathlib import Path

from .accelerator import Accelerator
from .console_process import ConsoleProcess
from .disk import write_configuration
from .events import Events
from .firmware import Firmware
from .image_ways import Way
from .options_image import add_words, write_cd
from .paths import HarnessError, tool

#: Of L1: room for a guest of macOS 26.
MEMORY_MIB = 6656
#: QEMU's names.
_FORMATS = {".img": "raw", ".qcow2": "qcow2", ".vmdk": "vmdk", ".vhd": "vpc"}


class ImageMachine(ConsoleProcess):
    """A running L1 of that image."""

    def __init__(
        self, way: Way, image: Path, system: Path, accelerator: Accelerator, ports: dict[int, int], folder: Path, log: Path,
        events: Events, memory_mib: int = MEMORY_MIB,
    ) -> None:  # fmt: skip
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in ports.items())
        self._control = folder / "control"
        argv = [
            tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-machine", "q35,memory-backend=ram", *accelerator.arguments, "-smp", "1", "-m", str(memory_mib),
            # It takes what it touches, and may be more than this machine has.
            "-object", f"memory-backend-ram,id=ram,size={memory_mib}M,reserve=off",
            *_start(way, image, folder), *_disks(way, image, system),
            "-netdev", f"user,id=uplink{forwards}", "-device", "virtio-net-pci,netdev=uplink,romfile=",
            "-serial", "stdio", "-monitor", "none", "-qmp", f"unix:{self._control},server=on,wait=off",
        ]  # fmt: skip
        super().__init__(argv, accelerator.environment, log, events)

    def press_power_button(self) -> None:
        """As a cloud does that stops the machine: by ACPI."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._control))
            for command in ("qmp_capabilities", "system_powerdown"):
                connection.sendall(json.dumps({"execute": command}).encode() + b"\n")
            time.sleep(1)


def _start(way: Way, image: Path, folder: Path) -> list[str]:
    match way.firmware:
        case "uefi":
            firmware = Firmware.installed()
            mine = folder / "variables.fd"
            shutil.copyfile(firmware.variables, mine)
            return [
                "-drive", f"if=pflash,format=raw,readonly=on,file={firmware.code}", "-drive", f"if=pflash,format=raw,file={mine}",
            ]  # fmt: skip
        case "bios":
            return []
        case _:
            return [
                "-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd"), "-append", _command_line(image),
            ]  # fmt: skip


def _command_line(image: Path) -> str:
    line = json.loads((image / "manifest.json").read_text())["kernelCommandLine"]
    if not isinstance(line, str) or re.search(r"\broot=", line):
        raise HarnessError(f"the manifest's kernel command line is {line!r}")
    return line


def _disks(way: Way, image: Path, system: Path) -> list[str]:
    """The image's own disk is written to (its state partition), but not the file; the guest's is written for real."""
    own = (image / f"linux.{way.suffix}", ",snapshot=on", ",bootindex=0")
    if way.overruled:
        mine = system.with_name(own[0].name)
        shutil.copyfile(own[0], mine)
        add_words(mine)
        own = (mine, *own[1:])
    if way.firmware == "direct":
        empty = system.with_name("empty.img")
        empty.write_bytes(bytes(1 << 20))
        own = (empty, "", "")
    disks = [own, (system, "", "")]
    if way.hostile:
        disks.reverse()
    words = ["-device", "virtio-scsi-pci,id=scsi"] if way.bus == "virtio-scsi" else []
    for number, (file, drive, device) in enumerate(disks):
        kind = _FORMATS[file.suffix]
        words += ["-drive", f"if=none,id=disk{number},format={kind},file={file}{drive}"]
        words += ["-device", f"{_device(way.bus, number)},drive=disk{number}{device}"]
    if way.hostile:
        configuration = system.with_name("configuration.img")
        write_configuration(configuration)
        words += ["-drive", f"if=virtio,format=raw,readonly=on,file={configuration}"]
    if way.overruled:
        disc = system.with_name("configuration.iso")
        write_cd(disc)
        # Not by AHCI, which the smaller kernel does not know.
        words += ["-device", "virtio-scsi-pci,id=cds", "-device", "scsi-cd,bus=cds.0,drive=cd"]
        words += ["-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={disc}"]
    return words


def _device(bus: str, number: int) -> str:
    match bus:
        case "ahci":
            return f"ide-hd,bus=ide.{number}"
        case "nvme":
            return f"nvme,serial=disk{number}"
        case _:
            return f"scsi-hd,bus=scsi.0,scsi-id={number},lun=0"

"""The ways in which the Linux image is booted, and the disks that each of them has."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.image_machine import Disk, Start

from .disks import write_configuration
from .options_image import add_words, write_cd


@dataclass(frozen=True)
class Way:
    """How L1 starts, what its disks are attached to, and what is special about them."""

    firmware: str
    bus: str
    #: The extension of the file of mklinux that is L1's disk: img, qcow2, vmdk or vhd.
    suffix: str = "img"
    #: The guest's disk comes first, and looks like the image's and like a configuration. A third disk is a configuration.
    hostile: bool = False
    #: The second image, with the smaller kernel, ways in, a boot loader and a configuration inside.
    options: bool = False
    #: A CD and the kernel command line overrule the configuration inside.
    overruled: bool = False
    #: Started by `macos-virt run`, as on a user's own machine.
    local: bool = False

    @property
    def start(self) -> Start:
        return Start(self.firmware, self.bus)

    @property
    def name(self) -> str:
        more = [
            text
            for text, holds in (
                (self.suffix, self.suffix != "img"),
                ("hostile disk", self.hostile),
                ("options", self.options),
                ("overruled", self.overruled),
                ("macos-virt run", self.local),
            )
            if holds
        ]
        return ", ".join([self.firmware, self.bus, *more])


WAYS = [
    Way("uefi", "ahci"),
    Way("uefi", "virtio-scsi", local=True),
    Way("uefi", "nvme", "vmdk", options=True),
    Way("bios", "ahci", "qcow2"),
    Way("bios", "virtio-scsi"),
    Way("bios", "nvme", "vhd", options=True, overruled=True),
    Way("direct", "virtio-scsi"),
    # Without a /dev/sdb, boot looks for the one disk with macOS on it.
    Way("uefi", "nvme", hostile=True),
    Way("bios", "nvme", hostile=True),
]


def attached(way: Way, image: Path, system: Path) -> tuple[list[Disk], list[str]]:
    """L1's disks, and options of QEMU for what else is attached. Files for them are made beside the guest's disk, `system`."""
    # L1 writes to the image's disk, to its state partition. The file is kept as it is, for the next way.
    own, more = Disk(image / f"linux.{way.suffix}", snapshot=True, boots=True), []
    if way.overruled:
        mine = system.with_name(own.file.name)
        shutil.copyfile(own.file, mine)
        add_words(mine)
        own = Disk(mine, snapshot=True, boots=True)
    if way.firmware == "direct":
        empty = system.with_name("empty.img")
        empty.write_bytes(bytes(1 << 20))
        own = Disk(empty)
    disks = [own, Disk(system)]
    if way.hostile:
        disks.reverse()
        configuration = system.with_name("configuration.img")
        write_configuration(configuration)
        more += ["-drive", f"if=virtio,format=raw,readonly=on,file={configuration}"]
    if way.overruled:
        disc = system.with_name("configuration.iso")
        write_cd(disc)
        # Not by AHCI: the smaller kernel has no driver for it.
        more += ["-device", "virtio-scsi-pci,id=cds", "-device", "scsi-cd,bus=cds.0,drive=cd"]
        more += ["-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={disc}"]
    return disks, more

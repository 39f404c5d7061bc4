"""The ways in which the Linux image is booted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """How L1 starts, and what its disks hang on."""

    firmware: str
    bus: str
    #: Which of mklinux's files the disk is: img, qcow2, vmdk or vhd.
    suffix: str = "img"
    #: The guest's disk comes first, and pretends to be the image's and to bring a configuration; a third disk really brings one.
    hostile: bool = False
    #: Another image: with ways in, a boot loader and a configuration inside, on the smaller kernel.
    options: bool = False
    #: A CD and words for the kernel have more to say than the configuration inside.
    overruled: bool = False
    #: As on a user's own machine: by `macos-virt run`.
    local: bool = False

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

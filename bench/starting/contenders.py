"""What is started: the image in its ways, and the least that its kernel can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nested.image_ways import Way

EMPTY, BARE, BIOS = "empty init", "empty init, no words of ours", "BIOS, virtio-scsi"


@dataclass(frozen=True)
class Contender:
    name: str
    way: Way
    #: The directory that mklinux filled.
    image: Path


def contenders(image: Path, empty: Path, bare: Path) -> list[Contender]:
    return [
        Contender(EMPTY, Way("direct", "virtio-scsi"), empty),
        Contender(BARE, Way("direct", "virtio-scsi"), bare),
        Contender(BIOS, Way("bios", "virtio-scsi"), image),
        Contender("UEFI, virtio-scsi", Way("uefi", "virtio-scsi"), image),
        Contender("BIOS, NVMe", Way("bios", "nvme"), image),
        Contender("UEFI, AHCI", Way("uefi", "ahci"), image),
        Contender("kernel and initrd", Way("direct", "virtio-scsi"), image),
    ]

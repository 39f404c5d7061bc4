"""What is started: the image, in several ways, and its kernel with an empty init."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.image_machine import Start

EMPTY, BARE, BIOS = "empty init", "empty init, no words of ours", "BIOS, virtio-scsi"


@dataclass(frozen=True)
class Contender:
    name: str
    start: Start
    #: The directory that mklinux filled.
    image: Path


def contenders(image: Path, empty: Path, bare: Path) -> list[Contender]:
    return [
        Contender(EMPTY, Start("direct", "virtio-scsi"), empty),
        Contender(BARE, Start("direct", "virtio-scsi"), bare),
        Contender(BIOS, Start("bios", "virtio-scsi"), image),
        Contender("UEFI, virtio-scsi", Start("uefi", "virtio-scsi"), image),
        Contender("BIOS, NVMe", Start("bios", "nvme"), image),
        Contender("UEFI, AHCI", Start("uefi", "ahci"), image),
        Contender("kernel and initrd", Start("direct", "virtio-scsi"), image),
    ]

"""HFS+ volumes by xorriso, for disks that are laid out like Apple's."""

from __future__ import annotations

import uuid
from pathlib import Path

from .paths import scratch_directory
from .programs import HarnessError, run

#: The type of a GPT partition with such a volume.
HFS_PLUS = uuid.UUID("48465300-0000-11aa-aa11-00306543ecac")


def hfs_plus(tree: Path, name: str) -> bytes:
    """A volume with the files of a directory. xorriso puts it into a partition of an ISO image."""
    with scratch_directory() as place:
        image = place / "image"
        run("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-V", name, "-o", image, tree)
        data = image.read_bytes()
    for index in range(1, 64):
        entry = data[index * 512 : (index + 1) * 512]
        if entry[:2] == b"PM" and entry[48:58] == b"Apple_HFS\0":
            start, count = (int.from_bytes(entry[offset : offset + 4], "big") for offset in (8, 12))
            return data[start * 512 : (start + count) * 512]
    raise HarnessError("xorriso made no HFS+ volume")

"""An OpenCore disk where `boot` looks for one, and the configuration that tells `boot` which Mac the disk makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from harness.initramfs import Initramfs
from harness.programs import existing


@dataclass(frozen=True)
class FirmwareDisk:
    image: Path
    #: boot.toml, as `macos-virt mkopencore --boot-toml` wrote it.
    configuration: Path

    @property
    def identity(self) -> dict[str, str]:
        """model, serial, boardSerial, uuid and mac, from the file beside the image."""
        identity = json.loads(existing(self.image.with_suffix(".identity.json")).read_text())
        return {str(key): str(value) for key, value in identity.items()}

    def add(self, root: Initramfs) -> None:
        """Adds both to L1's root file system, where `boot` looks for them by default."""
        root.file("macos/bootloader.img", existing(self.image).read_bytes())
        root.file("etc/macos-virt/boot.toml", existing(self.configuration).read_bytes())

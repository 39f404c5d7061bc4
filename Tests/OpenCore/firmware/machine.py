"""QEMU with an OpenCore disk and perhaps a second one, until it ends by itself or says something."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from nested.paths import existing, tool

from .places import WORK

_CODE, _VARIABLES = Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
#: Emulation on a loaded machine; a disk that does not start ends by this.
PATIENCE = 150.0


@dataclass
class Machine:
    """What is started. By BIOS both disks are on SATA: OpenDuet has no virtio."""

    image: Path
    bios: bool
    disk: Path | None = None
    memory_mib: int = 512
    name: str = "machine"

    def run(self, until: str | None = None, seconds: float = PATIENCE) -> str:
        """What the serial port said, up to the end of QEMU, to a text, or to the end of patience."""
        serial = WORK / f"{self.name}.serial"
        serial.write_bytes(b"")
        argv = [tool("setpriv"), "--pdeathsig", "KILL", *self._arguments(serial)]
        (WORK / f"{self.name}.argv").write_text("\n".join(argv) + "\n")
        with (WORK / f"{self.name}.stderr").open("wb") as stderr:
            machine = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
            deadline = time.monotonic() + seconds
            try:
                while machine.poll() is None and time.monotonic() < deadline:
                    if until is not None and until in _text(serial):
                        break
                    time.sleep(0.1)
            finally:
                if machine.poll() is None:
                    machine.terminate()
                machine.wait()
        return _text(serial)

    def _arguments(self, serial: Path) -> list[str]:
        # fmt: off
        argv = [
            tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35", "-accel", "tcg", "-cpu", "Haswell-noTSX,vendor=GenuineIntel", "-m", str(self.memory_mib),
            "-device", "VGA", "-serial", f"file:{serial}", "-monitor", "none",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
        ]
        # fmt: on
        disks = [disk for disk in (self.image, self.disk) if disk is not None]
        for number, disk in enumerate(disks):
            device = f"ide-hd,bus=ide.{number}" if self.bios else "virtio-blk-pci"
            argv += ["-drive", f"if=none,id=d{number},format=raw,snapshot=on,file={disk}"]
            argv += ["-device", f"{device},drive=d{number},bootindex={number}"]
        if not self.bios:
            variables = WORK / f"{self.name}.variables"
            shutil.copyfile(existing(_VARIABLES), variables)
            argv += ["-drive", f"if=pflash,format=raw,readonly=on,file={existing(_CODE)}"]
            argv += ["-drive", f"if=pflash,format=raw,file={variables}"]
        return argv


def _text(serial: Path) -> str:
    return serial.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")

"""A machine (L1) that runs the distributed Linux image, as a user's would: from a disk, by UEFI or BIOS, or directly."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .accelerator import Accelerator
from .events import Events, Exit, Line
from .firmware import Firmware
from .machine import SSH, plain
from .paths import HarnessError, tool

#: What the two disks hang on.
BUSES = {
    "ahci": lambda number: ["-device", f"ide-hd,drive=disk{number},bus=ide.{number}"],
    "virtio-scsi": lambda number: (
        (["-device", "virtio-scsi-pci,id=scsi"] if number == 0 else [])
        + ["-device", f"scsi-hd,drive=disk{number},bus=scsi.0,scsi-id={number},lun=0"]
    ),
    "nvme": lambda number: ["-device", f"nvme,drive=disk{number},serial=disk{number}"],
}
_MEMORY_MIB = 6656


@dataclass(frozen=True)
class Way:
    """How L1 starts, and what its disks hang on."""

    firmware: str
    bus: str

    @property
    def name(self) -> str:
        return f"{self.firmware}, {self.bus}"


WAYS = [Way(firmware, bus) for firmware in ("uefi", "bios") for bus in BUSES] + [Way("direct", "virtio-scsi")]


class ImageMachine:
    """A running L1, whose console becomes events. It ends when told to, and with this process."""

    def __init__(
        self, way: Way, image: Path, system: Path, accelerator: Accelerator, ssh_port: int, folder: Path, log: Path, events: Events
    ) -> None:  # fmt: skip
        self._events = events
        self._log = log.open("w", encoding="utf-8")
        self._control = folder / "control"
        self.stopped = False
        argv = [
            tool("setpriv"), "--pdeathsig", "KILL", tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-machine", "q35", *accelerator.arguments, "-smp", "1", "-m", str(_MEMORY_MIB),
            *_start(way, image, folder), *_disks(way, image, system),
            "-netdev", f"user,id=uplink,hostfwd=tcp:127.0.0.1:{ssh_port}-:{SSH}", "-device", "virtio-net-pci,netdev=uplink,romfile=",
            "-serial", "stdio", "-monitor", "none", "-qmp", f"unix:{self._control},server=on,wait=off",
        ]  # fmt: skip
        self._note(" ".join(argv))
        self._process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **accelerator.environment}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read_console, daemon=True).start()

    def press_power_button(self) -> None:
        """As a cloud does that stops the machine: by ACPI."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._control))
            for command in ("qmp_capabilities", "system_powerdown"):
                connection.sendall(json.dumps({"execute": command}).encode() + b"\n")
            time.sleep(1)

    def stop(self) -> None:
        """Ends this QEMU, by its own process and no other's."""
        if self._process.poll() is None:
            self.stopped = True
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def _read_console(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            text = plain(raw)
            if text:
                self._note(text)
                self._events.put(Line(text))
        self._events.put(Exit(self._process.wait()))
        self._log.close()

    def _note(self, text: str) -> None:
        self._log.write(f"{self._events.elapsed:8.2f} {text}\n")
        self._log.flush()


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
    files = [(image / "linux.img", ",snapshot=on"), (system, "")]
    if way.firmware == "direct":
        empty = system.with_name("empty.img")
        empty.write_bytes(bytes(1 << 20))
        files[0] = (empty, "")
    words: list[str] = []
    for number, (file, more) in enumerate(files):
        words += ["-drive", f"if=none,id=disk{number},format=raw,file={file}{more}", *BUSES[way.bus](number)]
    return words

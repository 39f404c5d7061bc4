"""QEMU on this machine (L0), which runs the Linux VM (L1)."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .accelerator import Accelerator
from .console_process import ConsoleProcess
from .events import Events, Fact
from .paths import tool

#: Ports of L1 that this machine reaches: `boot` forwards the first two to the guest, the third is the guest's screen.
SSH, SCREEN_SHARING, SCREEN = 10022, 15900, 5901
#: Not the usual 1500, so that the test sees whether the guest gets it: Google's cloud has 1460.
UPLINK_MTU = 1460
#: What L1 says it is, so that the guest's identity is the same at every start.
MACHINE_UUID = "b0075e1f-0000-4000-8000-6d61636f7376"
# nohz and highres: emulated SVM loses an interrupt now and then, which a periodic tick forgives.
_COMMAND_LINE = "console=ttyS0 quiet loglevel=4 scsi_mod.scan=manual mitigations=off nohz=off highres=off"


@dataclass
class Specification:
    """What the VM is made of."""

    accelerator: Accelerator
    kernel: Path
    initramfs: Path
    own_disk: Path
    system_disk: Path
    #: Nothing written to the disks reaches their files.
    snapshot: bool = False
    vcpus: int = 1
    memory_mib: int = 6656
    command_line: str = ""
    #: Free ports of this machine by L1's port.
    forwards: dict[int, int] = field(default_factory=dict)


class Machine(ConsoleProcess):
    """A running L1, whose reports become events too."""

    def __init__(self, specification: Specification, folder: Path, log: Path, events: Events) -> None:
        self._connection: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "reports"))
        self._listener.listen(1)
        accelerator = specification.accelerator
        super().__init__(_arguments(specification, folder / "reports"), accelerator.environment, log, events)
        threading.Thread(target=self._read_reports, daemon=True).start()

    def stop(self) -> None:
        super().stop()
        self._listener.close()

    def order(self, word: str) -> None:
        """Tells L1's init something: "powerdown" presses the guest's power button."""
        if self._connection is not None and self.runs:
            self._connection.sendall(word.encode() + b"\n")

    def _read_reports(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        self._connection = connection
        with connection, connection.makefile("r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, _, value = line.strip().partition(" ")
                self._events.put(Fact(key, value.strip()))


def free_ports(*inner: int) -> dict[int, int]:
    """A free port of this machine's loopback for each of L1's."""
    sockets = {port: socket.create_server(("127.0.0.1", 0)) for port in inner}
    ports = {port: server.getsockname()[1] for port, server in sockets.items()}
    for server in sockets.values():
        server.close()
    return ports


def _arguments(it: Specification, reports: Path) -> list[str]:
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in it.forwards.items())
    snapshot = ",snapshot=on" if it.snapshot else ""
    # fmt: off
    return [
        tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-machine", "q35", *it.accelerator.arguments, "-smp", str(it.vcpus), "-m", str(it.memory_mib),
        "-uuid", MACHINE_UUID,
        "-kernel", str(it.kernel), "-initrd", str(it.initramfs), "-append", f"{_COMMAND_LINE} {it.command_line}".strip(),
        "-device", "virtio-scsi-pci,id=scsi",
        "-drive", f"if=none,id=own,format={_format(it.own_disk)},file={_escaped(it.own_disk)}{snapshot}",
        "-device", "scsi-hd,drive=own,bus=scsi.0,scsi-id=0,lun=0",
        "-drive", f"if=none,id=system,format={_format(it.system_disk)},file={_escaped(it.system_disk)}{snapshot}",
        "-device", "scsi-hd,drive=system,bus=scsi.0,scsi-id=1,lun=0",
        "-netdev", f"user,id=uplink{forwards}",
        "-device", f"virtio-net-pci,netdev=uplink,host_mtu={UPLINK_MTU},romfile=",
        "-serial", "stdio", "-chardev", f"socket,id=reports,path={reports}", "-serial", "chardev:reports",
        "-monitor", "none",
    ]
    # fmt: on


def _format(path: Path) -> str:
    with path.open("rb") as image:
        return "qcow2" if image.read(4) == b"QFI\xfb" else "raw"


def _escaped(path: Path) -> str:
    """QEMU's option strings end a value at a comma and read two as one."""
    return str(path).replace(",", ",,")

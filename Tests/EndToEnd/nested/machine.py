"""QEMU on this machine (L0), which runs the Linux VM (L1) of the nested boot."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from harness.accelerator import Accelerator
from harness.process import ConsoleProcess
from harness.qemu import escaped, headless, user_network
from harness.waiting import Events

from .events import Fact

#: Ports of L1 that this machine reaches. `boot` forwards the first two to the guest; the third shows the guest's screen.
SSH, SCREEN_SHARING, SCREEN = 10022, 15900, 5901
#: Not the usual 1500, so that the test sees whether the guest gets it. Google's cloud has 1460.
UPLINK_MTU = 1460
#: L1's own UUID, so that the guest's identity, which derives from it, is the same at every start.
MACHINE_UUID = "b0075e1f-0000-4000-8000-6d61636f7376"
# nohz and highres: emulated SVM loses an interrupt now and then; a periodic tick makes up for it.
_COMMAND_LINE = "console=ttyS0 quiet loglevel=4 scsi_mod.scan=manual mitigations=off nohz=off highres=off"
#: With more than one, emulated nesting hangs more often. Memory is in MiB.
_VCPUS, _MEMORY = 1, 6656


@dataclass(frozen=True)
class Specification:
    """What the VM is made of."""

    accelerator: Accelerator
    kernel: Path
    initramfs: Path
    own_disk: Path
    system_disk: Path
    #: Free ports of this machine by L1's port.
    forwards: dict[int, int]


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

    def end(self) -> None:
        """Ends L1, and stops listening for its reports."""
        self.stop()
        self._listener.close()

    def order(self, word: str) -> None:
        """Gives L1's init an order: "powerdown" has it press the guest's power button."""
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


def _arguments(it: Specification, reports: Path) -> list[str]:
    return [
        *headless(), *it.accelerator.arguments, "-smp", str(_VCPUS), "-m", str(_MEMORY), "-uuid", MACHINE_UUID,
        "-kernel", str(it.kernel), "-initrd", str(it.initramfs), "-append", _COMMAND_LINE,
        "-device", "virtio-scsi-pci,id=scsi",
        "-drive", f"if=none,id=own,format=raw,file={escaped(it.own_disk)}",
        "-device", "scsi-hd,drive=own,bus=scsi.0,scsi-id=0,lun=0",
        "-drive", f"if=none,id=system,format=raw,file={escaped(it.system_disk)}",
        "-device", "scsi-hd,drive=system,bus=scsi.0,scsi-id=1,lun=0",
        *user_network(it.forwards, f"virtio-net-pci,host_mtu={UPLINK_MTU}"),
        "-serial", "stdio", "-chardev", f"socket,id=reports,path={reports}", "-serial", "chardev:reports",
    ]  # fmt: skip

"""A disk that comes long after the initrd has begun to look for its root: on a slow controller, or by USB."""

from __future__ import annotations

import json
import re
import socket
import tempfile
import time
from pathlib import Path

from .accelerator import Accelerator
from .command import run
from .console_process import ConsoleProcess
from .events import Event, Events, Line
from .paths import LOGS, WORK, tool
from .report import Report, show_tail

#: Seconds with KVM, from the initrd's first word: longer than it waits until it looks for drivers again.
_LATE = 2.0
_PATIENCE = 20.0


def judge_late(image: Path, accelerator: Accelerator, report: Report) -> None:
    log = LOGS / "image-late-disk.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK, prefix="late-") as name:
        folder, events = Path(name), Events()
        machine = _machine(image, folder, accelerator, log, events)
        try:
            waits = _await(events, r"macos-virt: initrd$", accelerator)
            time.sleep(_LATE * accelerator.patience)
            _plug(folder)
            found = _await(events, r"^\[1/\d+\] probe", accelerator)
        finally:
            machine.stop()
    report.check("late disk: the initrd waits for it", True, waits)
    report.check("late disk: boot runs from it", True, found)
    if not found:
        show_tail(log)


def _machine(image: Path, folder: Path, accelerator: Accelerator, log: Path, events: Events) -> ConsoleProcess:
    """With the disk's own kernel, initrd and words, as GRUB would load them."""
    disk = image / "linux.img"
    system = f"{disk}@@1M"
    for file in ("vmlinuz", "initrd"):
        run(tool("mcopy"), "-i", system, f"::/macos-virt/{file}", folder / file)
    line = re.search(r"^linux \S+ (.*) \$words$", run(tool("mtype"), "-i", system, "::/macos-virt/grub.cfg"), re.MULTILINE)
    # What the scripts note in the kernel's log is shown.
    words = line[1].replace("quiet loglevel=4", "loglevel=7") if line else ""
    argv = [
        tool("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35",
        *accelerator.arguments, "-smp", "1", "-m", "1024", "-kernel", str(folder / "vmlinuz"), "-initrd", str(folder / "initrd"),
        "-append", words, "-device", "virtio-scsi-pci,id=scsi", "-drive", f"if=none,id=late,format=raw,file={disk},snapshot=on",
        "-serial", "stdio", "-monitor", "none", "-qmp", f"unix:{folder}/control,server=on,wait=off",
    ]  # fmt: skip
    return ConsoleProcess(argv, accelerator.environment, log, events)


def _await(events: Events, pattern: str, accelerator: Accelerator) -> bool:
    deadline = time.monotonic() + _PATIENCE * accelerator.patience
    event: Event | None
    while (event := events.next(deadline)) is not None:
        if isinstance(event, Line):
            if re.search(pattern, event.text):
                return True
            if "no partition named" in event.text:
                return False
    return False


def _plug(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{folder}/control")
        plug = {"execute": "device_add", "arguments": {"driver": "scsi-hd", "drive": "late", "bus": "scsi.0"}}
        for command in ({"execute": "qmp_capabilities"}, plug):
            connection.sendall(json.dumps(command).encode() + b"\n")
        time.sleep(1)
